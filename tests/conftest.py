"""What holds for every test: nothing reaches the network, and made-up data is the same on every machine."""

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("cib", deadline=None, derandomize=True, max_examples=100)
settings.load_profile("cib")


_HERE = {"127.0.0.1", "localhost", "::1"}


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    """Refuse whatever leads out of this machine; Spark's two halves talk to each other on it."""

    def only_here(call: Callable[..., Any], place: int) -> Callable[..., Any]:
        def checked(*args: Any, **kwargs: Any) -> Any:
            where = args[place] if len(args) > place else None
            host = where[0] if isinstance(where, tuple) else where
            if host not in _HERE:
                msg = "a test reached for the network"
                raise AssertionError(msg)
            return call(*args, **kwargs)

        return checked

    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, only_here(getattr(socket.socket, name), 1))
        for name in ("create_connection", "getaddrinfo", "gethostbyname"):
            patch.setattr(socket, name, only_here(getattr(socket, name), 0))
        yield
