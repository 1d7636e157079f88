"""The trust file: whose logs and which witnesses a verifier believes, and how many of them it asks for.

A C2SP tlog-policy file. Lines whose first word is `#otc` are ours (PROTOCOL section 11); to other readers they
are comments::

    log otc.example/kat+85be0eb2+AS7vobyWcYDBVkFXRJBnwXCbAMfBlKmU7bfiaUykQhUw
    #otc genesis otc.example/kat 5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef
    #otc issued 2026-11-24T00:00:00Z
    #otc distrust party:mfrggzdfmztwq2lknnwg23tpobyxe43u 4711
    witness customs w.example/kat+e947b908+BAhcyMfWspW0h9vVcdDzTBO8MMlOBQvSbXJ8QSNM3Ixg
    group mirrors any customs
    quorum mirrors
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ledger.checkpoint import read_size
from ledger.errors import LedgerError, ProofError
from ledger.keys import check_public_key
from ledger.note import COSIGNATURE_V1, ED25519, VerifierKey

MAX_TRUST_BYTES = 256 * 2**10  # PROTOCOL section 11: room for two thousand witnesses
NO_QUORUM = "none"  # the predefined name: no cosignature is asked for

_FOREIGN_OCTET = re.compile(rb"[^\t\n\x20-\x7e\x80-\xff]")
_WORD = re.compile(r"[^ \t]+")
_THRESHOLD = re.compile(r"[1-9][0-9]{0,5}")
_EVENT_ID = re.compile(r"[0-9a-f]{64}")
_PARTY_OR_KEY = re.compile(r"party:[a-z2-7]{32}|z6Mk[1-9A-HJ-NP-Za-km-z]{44}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class TrustedLog:
    """A log whose checkpoints are accepted: its key, named as its origin, and where it answers, if told."""

    key: VerifierKey
    url: str = ""


@dataclass(frozen=True, slots=True)
class TrustedWitness:
    """A witness under its name in this file, its key, and where it answers, if told."""

    name: str
    key: VerifierKey
    url: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Witnesses and earlier groups, of which `threshold` must have witnessed for the group to have."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrustFile:
    """What a verifier believes before it reads anything else.

    `quorum` names a witness, a group or NO_QUORUM; `genesis` maps an origin to its genesis event id in hex;
    `issued_ms` is the file's own date; `distrust` lists parties and keys with the log index from which on they
    are no longer believed.
    """

    logs: tuple[TrustedLog, ...] = ()
    witnesses: tuple[TrustedWitness, ...] = ()
    groups: tuple[Group, ...] = ()
    quorum: str = NO_QUORUM
    genesis: Mapping[str, str] = field(default_factory=dict)
    issued_ms: int | None = None
    distrust: tuple[tuple[str, int], ...] = ()


def read_trust(data: bytes) -> TrustFile:
    """Return what a trust file says; raise ProofError naming the line.

    Codes: `trust.size`, `trust.form`, `note.vkey`, and those of key admission. Names are octets to the
    specification; here octets that are not UTF-8 are written as escapes, in every place alike.
    """
    if len(data) > MAX_TRUST_BYTES:
        raise ProofError("trust.size", "The trust file is longer than 256 KiB.")
    if _FOREIGN_OCTET.search(data):
        raise _form("The trust file has control characters other than tab and newline.")
    *lines, rest = data.decode(errors="backslashreplace").split("\n")
    if rest:
        raise _form("The last line of the trust file has no newline: it may have been cut.")
    reader = _Reader()
    for number, line in enumerate(lines, start=1):
        try:
            reader.read(_WORD.findall(line))
        except LedgerError as error:
            raise ProofError(error.code, f"Line {number}: {error.detail}", hint=error.hint) from error
    return reader.finish()


def write_trust(trust: TrustFile) -> bytes:
    """Return the file that `read_trust` reads back as `trust`."""
    return "".join(f"{line}\n" for line in _lines(trust)).encode()


def _lines(trust: TrustFile) -> Iterator[str]:
    for log in trust.logs:
        yield f"log {log.key} {log.url}".rstrip(" ")
    for origin, event_id in trust.genesis.items():
        yield f"#otc genesis {origin} {event_id}"
    if trust.issued_ms is not None:
        yield f"#otc issued {_write_time(trust.issued_ms)}"
    for subject, index in trust.distrust:
        yield f"#otc distrust {subject} {index}"
    for witness in trust.witnesses:
        yield f"witness {witness.name} {witness.key} {witness.url}".rstrip(" ")
    for group in trust.groups:
        yield f"group {group.name} {group.threshold} {' '.join(group.members)}"
    yield f"quorum {trust.quorum}"


class _Reader:
    """What has been read so far: a line may only name what stands before it."""

    def __init__(self) -> None:
        self._logs: dict[bytes, TrustedLog] = {}  # by public key, as are the witnesses
        self._witnesses: dict[bytes, TrustedWitness] = {}
        self._groups: list[Group] = []
        self._quorum: str | None = None
        self._genesis: dict[str, str] = {}
        self._issued_ms: int | None = None
        self._distrust: list[tuple[str, int]] = []
        self._defined: set[str] = set()
        self._grouped: set[str] = set()

    def read(self, words: list[str]) -> None:
        """Take in one line, given as its words."""
        match words:
            case ["log", vkey] | ["log", vkey, _]:
                self._read_log(vkey, *words[2:])
            case ["witness", name, vkey] | ["witness", name, vkey, _]:
                self._read_witness(name, vkey, *words[3:])
            case ["group", name, threshold, _, *_]:
                self._read_group(name, threshold, tuple(words[3:]))
            case ["quorum", name]:
                self._read_quorum(name)
            case ["#otc", "genesis", origin, event_id]:
                self._read_genesis(origin, event_id)
            case ["#otc", "issued", time]:
                self._read_issued(time)
            case ["#otc", "distrust", subject, index]:
                self._read_distrust(subject, index)
            case [first, *_] if first == "#otc" or not first.startswith("#"):
                raise _form("This line begins with an unknown word or has too few or too many words.")

    def finish(self) -> TrustFile:
        """Return the whole file."""
        if self._quorum is None:
            raise _form("The trust file has no quorum line.")
        return TrustFile(
            logs=tuple(self._logs.values()),
            witnesses=tuple(self._witnesses.values()),
            groups=tuple(self._groups),
            quorum=self._quorum,
            genesis=self._genesis,
            issued_ms=self._issued_ms,
            distrust=tuple(self._distrust),
        )

    def _read_log(self, vkey: str, url: str = "") -> None:
        key = _admitted(vkey)
        if key.public in self._logs:
            raise _form("Two logs have one public key.")
        self._logs[key.public] = TrustedLog(key, url)

    def _read_witness(self, name: str, vkey: str, url: str = "") -> None:
        key = _admitted(vkey)
        if key.public in self._witnesses:
            raise _form("Two witnesses have one public key.")
        self._define(name)
        self._witnesses[key.public] = TrustedWitness(name, key, url)

    def _read_group(self, name: str, threshold: str, members: tuple[str, ...]) -> None:
        for member in members:
            if member not in self._defined or member in self._grouped:
                raise _form("A member of a group is defined on an earlier line and in no other group.")
            self._grouped.add(member)
        self._define(name)
        self._groups.append(Group(name, _threshold(threshold, len(members)), members))

    def _read_quorum(self, name: str) -> None:
        if self._quorum is not None:
            raise _form("The trust file has a second quorum line.")
        if name != NO_QUORUM and name not in self._defined:
            raise _form("The quorum is a witness or group defined on an earlier line, or none.")
        self._quorum = name

    def _read_genesis(self, origin: str, event_id: str) -> None:
        if origin in self._genesis or not _EVENT_ID.fullmatch(event_id):
            raise _form("An origin has one genesis line, with an event id of 64 lower-case hex digits.")
        self._genesis[origin] = event_id

    def _read_issued(self, time: str) -> None:
        if self._issued_ms is not None:
            raise _form("The trust file has a second issued line.")
        self._issued_ms = _read_time(time)

    def _read_distrust(self, subject: str, index: str) -> None:
        if not _PARTY_OR_KEY.fullmatch(subject):
            raise _form("A distrust line names a party or a key.")
        self._distrust.append((subject, read_size(index, "trust.form")))

    def _define(self, name: str) -> None:
        if name == NO_QUORUM or name in self._defined:
            raise _form("A name is defined twice, or is the predefined one.")
        self._defined.add(name)


def _admitted(vkey: str) -> VerifierKey:
    """Return the key of a vkey; one of a type that we verify passes key admission first (PROTOCOL section 4)."""
    key = VerifierKey.parse(vkey)
    if key.kind in {ED25519, COSIGNATURE_V1}:
        check_public_key(key.public)
    return key


def _threshold(text: str, members: int) -> int:
    if text in {"all", "any"}:
        return members if text == "all" else 1
    if not _THRESHOLD.fullmatch(text) or int(text) > members:
        raise _form("A group's threshold is all, any or a number from 1 to that of its members.")
    return int(text)


def _read_time(text: str) -> int:
    """Return the milliseconds since 1970 of `YYYY-MM-DDTHH:MM:SSZ`."""
    try:
        time_ms = (datetime.fromisoformat(text) - _EPOCH) // _MILLISECOND if _TIME.fullmatch(text) else None
    except ValueError:
        time_ms = None
    if time_ms is None or _write_time(time_ms) != text:
        raise _form("The time is not a real one of the form YYYY-MM-DDTHH:MM:SSZ.")
    return time_ms


def _write_time(time_ms: int) -> str:
    moment = _EPOCH + time_ms * _MILLISECOND
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _form(detail: str) -> ProofError:
    return ProofError("trust.form", detail)
