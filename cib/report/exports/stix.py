"""The believed networks as a STIX 2.1 bundle [1]_, for platforms that exchange what is known about operations.

Each network in tiers A to C is a grouping of accounts, links and sites, with what was observed, a note with the tier as
confidence, and the techniques whose behaviour the data show. There is no threat actor, campaign or intrusion set:
nothing here says who or why.

Ids are UUIDs of version 5: of observables from their properties, as the standard has it, of all else from the digests
of what was read and their own name. Times of creation are that of the last post: the same run gives the same bytes.

.. [1] OASIS, STIX Version 2.1, https://docs.oasis-open.org/cti/stix/v2.1/os/stix-v2.1-os.html
"""

import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from cib.report.about import sentence
from cib.report.exports.disarm import SHOWN, techniques, traces_of
from cib.report.grid import by_network
from cib.report.run import RunFiles
from cib.report.words import sentenced, tier_words

__all__ = ["write_stix"]

_OBSERVABLES: Final = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
"""Namespace of observables' ids, from section 2.9 of the standard."""
_OURS: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:cib-graph:stix")
_CONFIDENCE: Final = {"A": 85, "B": 50, "C": 15}
"""High, medium and low of the scale in the standard's appendix A: that these accounts act together beyond chance."""
_MARKING: Final = {
    "open": "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82",
    "research": "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82",
    "public": "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9",
}
"""TLP:AMBER, or TLP:WHITE for what is public; the standard defines both."""
_NOT_SAID: Final = (
    "This is a candidate. Nothing here says who runs an account, or why; fans, activists, parties and newsrooms act "
    "alike too. Confidence is about acting together beyond chance, not about deceit."
)
_MOST: Final = 999_999_999

Thing = dict[str, Any]


@dataclass(frozen=True)
class _Maker:
    """Makes objects: all of one run, with its time, marking and author."""

    at: str
    scope: str
    marking: str
    author: str

    def thing(self, kind: str, named: str, **content: Any) -> Thing:
        """Return a domain object or relationship, its id made of the run and `named`."""
        number = uuid.uuid5(_OURS, "\0".join([self.scope, kind, named]))
        return {
            "type": kind,
            "spec_version": "2.1",
            "id": f"{kind}--{number}",
            "created_by_ref": self.author,
            "created": self.at,
            "modified": self.at,
            "object_marking_refs": [self.marking],
        } | content

    def observable(self, kind: str, named: Sequence[str], **content: Any) -> Thing:
        """Return an observable, its id made of the properties `named`, all texts, as canonical JSON (RFC 8785)."""
        content = {name: value for name, value in content.items() if value is not None}
        own = {name: content[name] for name in named if name in content}
        text = json.dumps(own, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        marked = {"object_marking_refs": [self.marking]}
        return (
            {"type": kind, "spec_version": "2.1", "id": f"{kind}--{uuid.uuid5(_OBSERVABLES, text)}"} | marked | content
        )


def write_stix(run: RunFiles, tables: dict[str, pl.DataFrame], objects: pl.DataFrame, path: Path) -> None:
    """Write the bundle; of a run without believed networks it holds no more than its author.

    Parameters
    ----------
    objects : see :func:`cib.report.exports.indicators.shown_objects`.

    Notes
    -----
    About 10 microseconds an account that is a member of such a network; the bundle is held in memory.
    """
    things = {thing["id"]: thing for thing in _bundle(run, tables, objects)}
    scope = uuid.uuid5(_OURS, "\0".join(things))
    bundle = {"type": "bundle", "id": f"bundle--{scope}", "objects": list(things.values())}
    path.write_text(json.dumps(bundle, indent=1) + "\n", encoding="utf-8")


def _bundle(run: RunFiles, tables: dict[str, pl.DataFrame], objects: pl.DataFrame) -> Iterable[Thing]:
    manifest = run.manifest
    at, profile = manifest["read"]["last_at"], manifest.get("privacy", {}).get("profile", "open")
    digests = [str(file["blake2b"]) for file in manifest["inputs"]]
    author = f"identity--{uuid.uuid5(_OURS, 'identity')}"
    when = _time(datetime.fromisoformat(at)) if at else "1970-01-01T00:00:00.000Z"
    make = _Maker(when, "\0".join([*digests, profile]), _MARKING[profile], author)
    yield _author(make)
    believed = tables["networks"].filter(pl.col("tier") != "abstain").sort("network")
    if believed.is_empty():
        return
    known = _techniques(make, tables, traces_of(run))
    accounts, shared = _accounts(make, tables), _shared(make, objects)
    told: list[str] = []
    for row in believed.iter_rows(named=True):
        seen = [*accounts.get(row["network"], []), *shared.get(row["network"], [])]
        for thing in [*seen, *_network(make, run, row, [one["id"] for one in seen], known.get(row["network"], []))]:
            told.append(thing["id"])
            yield thing
    yield make.thing(
        "report",
        "report",
        name=f"Coordination report: {manifest['config']['name']}",
        description=_NOT_SAID,
        report_types=["observed-data"],
        published=when,
        object_refs=list(dict.fromkeys(told)),
    )


def _author(make: _Maker) -> Thing:
    thing = make.thing("identity", "cib", name="cib", identity_class="system", id=make.author)
    thing["description"] = "Finds accounts that act together in a way that chance does not explain."
    return thing


def _accounts(make: _Maker, tables: dict[str, pl.DataFrame]) -> dict[int, list[Thing]]:
    """Return the members of each network as user accounts."""
    columns = ["account_id", "platform", "handle", "name", "created_at"]
    members = (
        tables["members"].select("network", "account_id").join(tables["accounts"].select(columns), on="account_id")
    )
    named = members.sort("network", "account_id").with_columns(
        native=pl.col("account_id").str.extract(r"(?s)^[^:]*:(.*)$")
    )
    return {
        network: [
            make.observable(
                "user-account",
                ("account_type", "user_id", "account_login"),
                user_id=row["native"],
                account_login=row["handle"],
                account_type=row["platform"],
                display_name=row["name"],
                account_created=_time(row["created_at"]) if row["created_at"] else None,
            )
            for row in part.iter_rows(named=True)
        ]
        for network, part in by_network(named).items()
    }


def _shared(make: _Maker, objects: pl.DataFrame) -> dict[int, list[Thing]]:
    """Return the links and sites that each network shared most."""
    kinds = {"url": ("url", "https://"), "domain": ("domain-name", "")}
    return {
        network: [
            make.observable(kinds[kind][0], ("value",), value=kinds[kind][1] + value)
            for kind, value in part.filter(pl.col("kind").is_in(list(kinds))).select("kind", "object").iter_rows()
        ]
        for network, part in by_network(objects).items()
    }


def _techniques(
    make: _Maker, tables: dict[str, pl.DataFrame], traces: dict[str, str]
) -> dict[int, list[tuple[Thing, str]]]:
    """Return the techniques that each network shows, each with what the data show of it."""
    found: dict[int, list[tuple[Thing, str]]] = {}
    for network, number, name in techniques(tables, traces).iter_rows():
        reference = {"source_name": "DISARM", "external_id": number}
        thing = make.thing("attack-pattern", number, name=name, external_references=[reference])
        found.setdefault(network, []).append((thing, SHOWN[number][1]))
    return found


def _network(
    make: _Maker, run: RunFiles, row: dict[str, Any], seen: list[str], known: list[tuple[Thing, str]]
) -> Iterable[Thing]:
    """Return grouping, observation, note and techniques of one network."""
    number, confidence = row["network"], _CONFIDENCE[row["tier"]]
    observed = make.thing(
        "observed-data",
        f"network {number}",
        first_observed=_time(row["first_at"]),
        last_observed=_time(row["last_at"]),
        number_observed=min(row["objects"], _MOST),
        object_refs=seen,
    )
    name = f"Candidate network {number}"
    grouping = make.thing(
        "grouping",
        f"network {number}",
        name=name,
        description=sentence(run, row),
        context="suspicious-activity",
        confidence=confidence,
        object_refs=[*seen, observed["id"]],
    )
    word, meaning = tier_words(row["tier"])
    note = make.thing(
        "note",
        f"network {number}",
        abstract=f"{name}: tier {row['tier']}, {word}",
        content=f"{meaning} Why no higher tier: {sentenced(row['tier_reason'])} {_NOT_SAID}",
        confidence=confidence,
        object_refs=[grouping["id"]],
    )
    yield from (observed, grouping, note)
    for thing, shows in known:
        yield thing
        yield make.thing(
            "relationship",
            f"network {number} {thing['id']}",
            relationship_type="related-to",
            description=f"Behaviour of this kind: {shows}. Whether it is this technique is for an analyst to say.",
            source_ref=grouping["id"],
            target_ref=thing["id"],
        )


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
