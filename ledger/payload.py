"""What an event says, before anybody signs it: PROTOCOL sections 5 and 11 (Form).

    {"about":[],
     "actor":"party:mfrggzdfmztwq2lknnwg23tpobyxe43u",
     "body":{"dry_mass_g":24500},
     "claimed_at":"2026-01-17T06:42:00Z",
     "counter":7,
     "links":[{"prev":"9f86…0a08","subject":"lot:mfrggzdfmztwq2lknnwg23tpobyxe43u/KOL-2026.0117"}],
     "log":"e3b0…b855",
     "signers":[{"key":"z6Mk…","party":"party:mfrggzdfmztwq2lknnwg23tpobyxe43u"}],
     "type":"lot.measured",
     "v":1}

and, if there are any, `after` (the id of an earlier event: not before it) and `commitments` (name → hex digest).
It is shown in lines and shortened; the bytes have no white space. What a type's body holds is for others to say.
Problem codes, beside those of `ledger.canonical`: `form.version`, `form.too_few`, `form.subject`, `form.time`,
`key.form`, `event.actor`, `event.linked_and_about`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from ledger.canonical import (
    MAX_PAYLOAD_BYTES,
    array,
    check_set,
    hex_digest,
    integer,
    mapping,
    members,
    read,
    text,
    write,
)
from ledger.errors import FormError
from ledger.keys import decode_multikey
from ledger.subjects import check_subject, kind_of
from ledger.times import parse_time
from ledger.values import Value, member_pointer

VERSION: Final = 1
MAX_LINKS: Final = 128
"""Chains that one event extends: what a store locks and compares at once. Larger merges go in two levels."""

MAX_ABOUTS: Final = 32
"""Files that one event joins: each is a subject that every bundle with this event may have to carry."""

MAX_SIGNERS: Final = 16
"""Signatures of one event: a bound on a verifier's work."""

_REQUIRED: Final = (
    "about",
    "actor",
    "body",
    "claimed_at",
    "counter",
    "links",
    "log",
    "signers",
    "type",
    "v",
)
_OPTIONAL: Final = ("after", "commitments")
_SIGNER: Final = ("key", "party")
_LINK: Final = ("prev", "subject")
_TYPE: Final = re.compile(r"[a-z]+\.[a-z][a-z_]*")


@dataclass(frozen=True, slots=True)
class Signer:
    """A key, as Multikey text, and the party for which it signs."""

    key: str
    party: str


@dataclass(frozen=True, slots=True)
class Link:
    """The event's place in a subject's chain: the hex id of the event before it, zeros if it is the first."""

    prev: str
    subject: str


@dataclass(frozen=True, slots=True)
class Payload:
    """An event's content, and `raw`, the bytes that say it. Ids and digests are hex texts."""

    raw: bytes
    log: str
    type: str
    actor: str
    signers: tuple[Signer, ...]
    claimed_at: str
    claimed_at_ms: int
    counter: int
    links: tuple[Link, ...]
    about: tuple[str, ...]
    body: dict[str, Value]
    after: str | None
    commitments: dict[str, str]


def read_payload(data: bytes, pointer: str = "/payload") -> Payload:
    """Read a payload's bytes; FormError, or SignatureRefused `key.form`, with pointers below `pointer`."""
    said = mapping(read(data, max_bytes=MAX_PAYLOAD_BYTES, pointer=pointer), pointer)
    if integer(said.get("v", VERSION), f"{pointer}/v") != VERSION:
        raise FormError("form.version", "This version of the form is unknown.", pointer=f"{pointer}/v")
    members(said, pointer, _REQUIRED, _OPTIONAL)
    payload = Payload(
        raw=data,
        log=hex_digest(said["log"], f"{pointer}/log").hex(),
        type=text(said["type"], f"{pointer}/type", pattern=_TYPE, like="lot.measured"),
        actor=_read_party(said["actor"], f"{pointer}/actor"),
        signers=_read_signers(said["signers"], f"{pointer}/signers"),
        claimed_at=text(said["claimed_at"], f"{pointer}/claimed_at"),
        claimed_at_ms=parse_time(said["claimed_at"], f"{pointer}/claimed_at"),
        counter=integer(said["counter"], f"{pointer}/counter", minimum=0),
        links=_read_links(said["links"], f"{pointer}/links"),
        about=_read_about(said["about"], f"{pointer}/about"),
        body=mapping(said["body"], f"{pointer}/body"),
        after=hex_digest(said["after"], f"{pointer}/after").hex() if "after" in said else None,
        commitments=_read_commitments(said, f"{pointer}/commitments"),
    )
    _check_agreement(payload, pointer)
    return payload


def write_payload(
    *,
    log: str,
    type: str,  # noqa: A002  # the form's own name
    actor: str,
    signers: Iterable[Signer],
    claimed_at: str,
    counter: int,
    body: Mapping[str, Value],
    links: Iterable[Link] = (),
    about: Iterable[str] = (),
    after: str | None = None,
    commitments: Mapping[str, str] | None = None,
) -> bytes:
    """Write a payload, its sets put in order; raise as `read_payload` does if it is not of the form."""
    said: dict[str, Value] = {
        "v": VERSION,
        "log": log,
        "type": type,
        "actor": actor,
        "signers": [{"key": one.key, "party": one.party} for one in sorted(signers, key=lambda one: one.key)],
        "claimed_at": claimed_at,
        "counter": counter,
        "links": [
            {"prev": one.prev, "subject": one.subject} for one in sorted(links, key=lambda one: one.subject)
        ],
        "about": list[Value](sorted(about)),
        "body": dict(body),
    }
    if after is not None:
        said["after"] = after
    if commitments:
        said["commitments"] = dict(commitments)
    return read_payload(write(said)).raw


def _read_party(value: Value, pointer: str) -> str:
    subject = check_subject(text(value, pointer), pointer)
    if kind_of(subject) != "party":
        raise FormError("form.subject", "Only a party can stand here.", pointer=pointer)
    return subject


def _read_signers(value: Value, pointer: str) -> tuple[Signer, ...]:
    signers = []
    for index, item in enumerate(array(value, pointer, max_items=MAX_SIGNERS)):
        here = f"{pointer}/{index}"
        one = members(item, here, _SIGNER)
        key = text(one["key"], f"{here}/key")
        decode_multikey(key, f"{here}/key")
        signers.append(Signer(key, _read_party(one["party"], f"{here}/party")))
    if not signers:
        raise FormError("form.too_few", "An event has at least one signer.", pointer=pointer)
    check_set([signer.key for signer in signers], pointer)
    return tuple(signers)


def _read_links(value: Value, pointer: str) -> tuple[Link, ...]:
    links = []
    for index, item in enumerate(array(value, pointer, max_items=MAX_LINKS)):
        here = f"{pointer}/{index}"
        one = members(item, here, _LINK)
        prev = hex_digest(one["prev"], f"{here}/prev").hex()
        subject = f"{here}/subject"
        links.append(Link(prev, check_subject(text(one["subject"], subject), subject)))
    check_set([link.subject for link in links], pointer)
    return tuple(links)


def _read_about(value: Value, pointer: str) -> tuple[str, ...]:
    items = array(value, pointer, max_items=MAX_ABOUTS)
    about = []
    for index, item in enumerate(items):
        here = f"{pointer}/{index}"
        about.append(check_subject(text(item, here), here))
    check_set(about, pointer)
    return tuple(about)


def _read_commitments(said: Mapping[str, Value], pointer: str) -> dict[str, str]:
    if "commitments" not in said:
        return {}
    digests = mapping(said["commitments"], pointer)
    if not digests:
        hint = "Leave the member out."
        raise FormError("form.too_few", "There are no commitments.", pointer=pointer, hint=hint)
    return {name: hex_digest(digest, member_pointer(pointer, name)).hex() for name, digest in digests.items()}


def _check_agreement(payload: Payload, pointer: str) -> None:
    """Check what two members say about each other."""
    if all(signer.party != payload.actor for signer in payload.signers):
        raise FormError("event.actor", "The actor is not among the signers.", pointer=f"{pointer}/actor")
    linked = {link.subject for link in payload.links}
    for index, subject in enumerate(payload.about):
        if subject in linked:
            detail = "A subject is both linked and spoken about."
            raise FormError("event.linked_and_about", detail, pointer=f"{pointer}/about/{index}")
