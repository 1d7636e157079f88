"""A log of a few entries written by hand, for attacks that no journal would let in.

    0 log.genesis    one root, the operator, one introducer
    1 party.incepted   the holder
    2 lot.declared     the lot
    3 border.crossed   about the lot
    4 loss.recorded    the lot
    5 log.heads        when a bundle is asked for

Bodies hold what the first five steps read of them and nothing else: nobody judges them here.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Protocol

import forge
from forge import ZERO, Forger, Lies, Payload

from ledger.keys import SigningKey

ORIGIN = "small.example/log"
START_MS = 1_772_427_600_000


class Key(Protocol):
    """What signs: an honest key, or one whose scalar somebody plays with."""

    text: str

    def sign(self, message: bytes) -> bytes:
        """Give 64 bytes."""


def make_key(name: str) -> SigningKey:
    """Make a key of a name."""
    return SigningKey.from_seed(sha256(name.encode()).digest())


def inception_of(name: str, key: Key | None = None) -> dict[str, str]:
    """Make an inception object."""
    text = (key or make_key(name)).text
    return {"identity": sha256(name.encode()).hexdigest(), "key": text, "next": sha256(b"next").hexdigest()}


def party_of(inception: Mapping[str, str]) -> str:
    """Name a party."""
    digest = sha256(b"otc/party/v1\n" + forge.canonical(inception)).digest()
    return "party:" + base64.b32encode(digest[:20]).decode().lower()


class SmallLog:
    """The log, ready to be added to; `genesis` edits the genesis before anybody signs it."""

    def __init__(self, genesis: Callable[[Payload], object] = lambda _payload: None) -> None:
        self.keys: dict[str, Key] = {}
        self.parties: dict[str, str] = {}
        self.entries: list[bytes] = []
        founders = {name: self.join(name) for name in ("root", "operator", "introducer")}
        operator = self.parties["operator"], make_key("operator")
        witnesses = {name: make_key(f"witness {name}") for name in ("customs", "mirror", "ngo")}
        self.forger = Forger(ORIGIN, make_key("log"), operator, witnesses, {})
        body = {
            "log_origin": ORIGIN,
            "roots": [founders["root"]],
            "operator": founders["operator"],
            "introducers": [founders["introducer"]],
        }
        payload = self.payload(
            "log.genesis", [*founders], body, ["log", *sorted(self.parties.values())], log=ZERO
        )
        genesis(payload)
        self.add(payload)
        holder = self.join("holder")
        self.post("party.incepted", ["holder", "introducer"], {"inception": holder}, [self.parties["holder"]])
        self.lot = self.subject("holder", "lot", "L-1")
        self.post("lot.declared", ["holder"], {}, [self.lot])
        self.post("border.crossed", ["introducer"], {}, about=[self.lot])
        self.post("loss.recorded", ["holder"], {}, [self.lot])

    def join(self, name: str, key: Key | None = None) -> dict[str, str]:
        """Let a party have a key and a name, not yet a place in the log."""
        inception = inception_of(name, key)
        self.keys[name] = key or make_key(name)
        self.parties[name] = party_of(inception)
        return inception

    def subject(self, name: str, kind: str, code: str) -> str:
        """Name a subject that a party begins."""
        return f"{kind}:{self.parties[name].removeprefix('party:')}/{code}"

    def head(self, subject: str) -> str:
        """Give the id of the last event of a chain."""
        ids = [said.event_id for said in map(forge.facts, self.entries) if subject in said.chains]
        return ids[-1] if ids else ZERO

    def payload(
        self,
        kind: str,
        by: Sequence[str],
        body: Mapping[str, Any],
        links: Sequence[str] = (),
        about: Sequence[str] = (),
        **more: object,
    ) -> Payload:
        """Write a payload on the present heads, signed for by these parties' own keys; the first is the actor."""
        signers = [{"key": self.keys[name].text, "party": self.parties[name]} for name in by]
        return {
            "about": sorted(about),
            "actor": self.parties[by[0]],
            "body": dict(body),
            "claimed_at": "2026-03-02T05:00:00Z",
            "counter": len(self.entries),
            "links": [{"prev": self.head(subject), "subject": subject} for subject in sorted(links)],
            "log": forge.facts(self.entries[0]).event_id if self.entries else ZERO,
            "signers": sorted(signers, key=lambda one: one["key"]),
            "type": kind,
            "v": 1,
            **more,
        }

    def add(self, payload: Payload) -> int:
        """Sign a payload and append it, a minute after the one before."""
        self.forger.keys |= {key.text: key for key in self.keys.values()}
        return self.append(self.forger.envelope(payload))

    def append(self, envelope: bytes) -> int:
        """Append an envelope and give its index."""
        self.entries.append(forge.entry_of(envelope, START_MS + 60_000 * len(self.entries)))
        return len(self.entries) - 1

    def post(
        self,
        kind: str,
        by: Sequence[str],
        body: Mapping[str, Any],
        *links: Sequence[str],
        **more: Any,  # noqa: ANN401  # payload's
    ) -> int:
        """Write, sign and append an event, and give its index."""
        return self.add(self.payload(kind, by, body, *links, **more))

    @property
    def trust(self) -> bytes:
        """The trust file."""
        return self.forger.trust(forge.facts(self.entries[0]).event_id)

    @property
    def subjects(self) -> set[str]:
        """Everything that the log names."""
        return {subject for entry in self.entries for subject in forge.facts(entry).subjects}

    def bundle(self, lies: Lies | None = None, *, without: Sequence[str] = (), **choices: Any) -> bytes:  # noqa: ANN401  # the forger's
        """Bundle the lot with all that the log names, but for what is left out."""
        shown = self.subjects - {*without}
        return self.forger.bundle(self.entries, choices.pop("lot", self.lot), shown, lies=lies, **choices)
