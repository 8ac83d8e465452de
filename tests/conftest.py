"""What holds for every test: nothing reaches the network, and made-up data is the same on every machine."""

import socket
from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.register_profile("cib", deadline=None, derandomize=True, max_examples=100)
settings.load_profile("cib")


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    def refuse(*_args: object, **_kwargs: object) -> None:
        msg = "a test reached for the network"
        raise AssertionError(msg)

    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, refuse)
        for name in ("create_connection", "getaddrinfo", "gethostbyname"):
            patch.setattr(socket, name, refuse)
        yield
