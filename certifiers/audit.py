"""The audit: a whole log read once, everything that follows from its entries computed again and compared.

For each entry: its form, the log's time, signatures, the rules in its place, chains and files, the tree; at each
`log.heads` the root it states and the checkpoint published with it; at the end, where it reads a store, every table
that follows from the entries (certifiers.audit_tables). Problems name index, event, subjects and table; after one,
the reading goes on with what the store recorded, so that one changed byte is one problem and not a hundred.

Pure and streaming: memory follows the number of subjects and checkpoints, not of entries. Example of a problem:

    Problem("entry.leaf", "entries", 4711, "9f86…0a08", ("lot:mfrg…/KOL-1",), "")
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from certifiers.running_heads import RunningHeads
from corridor import rules
from corridor.logbook import LogGenesis, LogHeads
from corridor.states import State, read_state, write_state
from corridor.world import Act, World
from ledger.chain import GENESIS_PREV
from ledger.checkpoint import read_checkpoint
from ledger.envelope import Entry, Envelope, check_signatures, read_entry
from ledger.errors import LedgerError
from ledger.merkle import Frontier, leaf_hash
from ledger.note import VerifierKey, read_note, verify_note
from ledger.quorum import TrustFile, judge

PARSED_STATES: Final = 16_384
"""States kept parsed, by their bytes; the others cost a parse when they are needed again."""

_read_state = lru_cache(maxsize=PARSED_STATES)(read_state)

CheckSignatures = Callable[[Envelope], None]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong: a code of certifiers.audit_words, the table it stands in, and whom it concerns."""

    code: str
    table: str
    index: int | None = None
    event_id: str = ""
    subjects: tuple[str, ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a store says of the entry at an index, beside its bytes; empty where it cannot tell."""

    event_id: str = ""
    links: tuple[str, ...] = ()
    about: tuple[str, ...] = ()


NOT_RECORDED: Final = Recorded()


class Auditor:
    """Reads one log, entry by entry."""

    def __init__(self, trust: TrustFile | None = None, check: CheckSignatures = check_signatures) -> None:
        """`check` raises SignatureRefused; one that does nothing leaves signatures to other processes."""
        self.heads = RunningHeads()
        self.states: dict[str, bytes] = {}
        self.tree = Frontier()
        self.last_at = 0
        self.heads_count = 0
        self.tainted: set[str] = set()
        """Subjects whose events can no longer be judged, because one of them could not be read."""
        self._trust = trust
        self._check = check
        self._times: dict[str, int | None] = {}
        self._log_key: VerifierKey | None = None
        self._world = World(self._load, self._times.get)

    @property
    def size(self) -> int:
        """The number of entries read."""
        return self.tree.size

    def take(self, data: bytes, recorded: Recorded = NOT_RECORDED) -> Iterator[Problem]:
        """Read the next entry and yield what is wrong with it."""
        index = self.size
        self.tree.append(leaf_hash(data))
        try:
            entry = read_entry(data)
        except LedgerError as error:
            yield self._problem("entry.form", index, recorded, str(error))
            self._pass_over(index, recorded)
            return
        event_id = entry.envelope.event_id
        if recorded.event_id not in {"", event_id}:
            yield self._problem("entry.other_event", index, recorded, "")
        else:
            payload = entry.envelope.payload
            links = tuple(link.subject for link in payload.links)
            recorded = Recorded(event_id, links, payload.about)
        yield from self._check_entry(entry, index, recorded)
        yield from self._judge(entry, index, recorded)
        self._advance(index, recorded)

    def _problem(self, code: str, index: int, recorded: Recorded, detail: str) -> Problem:
        subjects = (*recorded.links, *recorded.about)
        return Problem(code, "entries", index, recorded.event_id, subjects, detail)

    def _load(self, subject: str) -> State | None:
        data = self.states.get(subject)
        return None if data is None else _read_state(data)

    def _check_entry(self, entry: Entry, index: int, recorded: Recorded) -> Iterator[Problem]:
        if entry.at < self.last_at:
            yield self._problem("entry.time", index, recorded, "")
        self.last_at = max(self.last_at, entry.at)
        try:
            self._check(entry.envelope)
        except LedgerError as error:
            yield self._problem("entry.signature", index, recorded, str(error))

    def _judge(self, entry: Entry, index: int, recorded: Recorded) -> Iterator[Problem]:
        """Admit the event to the world as it is, and take over what it changes."""
        named = {*recorded.links, *recorded.about}
        if named & self.tainted:
            self.tainted |= _beginning(entry)
            return
        try:
            act = rules.act_of(entry.envelope, index, entry.at, self._world)
        except LedgerError as error:
            yield self._problem("entry.rule", index, recorded, str(error))
            self.tainted |= named
            return
        try:
            rules.admit(act)
        except LedgerError as error:
            yield self._problem("entry.rule", index, recorded, str(error))
        try:
            self._take_over(rules.evolve(act), recorded)
        except (LedgerError, RuntimeError):  # an event against the rules may make no sense at all
            self.tainted |= named
        yield from self._read_own(act, recorded)

    def _take_over(self, changes: dict[str, State], recorded: Recorded) -> None:
        for subject, state in changes.items():
            if subject in recorded.links and recorded.event_id:
                state = state.model_copy(update={"head": recorded.event_id})  # noqa: PLW2901  # the same state, one member apart
            self.states[subject] = write_state(state)

    def _read_own(self, act: Act, recorded: Recorded) -> Iterator[Problem]:
        """What the log says of itself: its key, its operator's statements on heads, the genesis that is trusted."""
        body = act.body
        if isinstance(body, LogGenesis):
            self._times[recorded.event_id] = act.at
            try:
                self._log_key = VerifierKey.parse(body.log_vkey)
            except LedgerError as error:
                yield self._problem("genesis.vkey", act.index, recorded, str(error))
            trusted = self._trust.genesis.get(body.log_origin) if self._trust else recorded.event_id
            if trusted != recorded.event_id:
                yield self._problem("genesis.not_trusted", act.index, recorded, "")
        elif isinstance(body, LogHeads):
            self._times[recorded.event_id] = act.at
            self.heads_count += 1
            if body.root != self.heads.root().hex():
                yield self._problem("heads.root", act.index, recorded, "")

    def _advance(self, index: int, recorded: Recorded) -> None:
        for subject in recorded.links:
            self.heads.extend(subject, index, bytes.fromhex(recorded.event_id))
        for subject in recorded.about:
            self.heads.file(subject, index, bytes.fromhex(recorded.event_id))

    def _pass_over(self, index: int, recorded: Recorded) -> None:
        """Go on behind an entry that cannot be read: chains as the store recorded them, states unknown."""
        self.tainted.update(recorded.links, recorded.about)
        if recorded.event_id:
            self._advance(index, recorded)

    def check_note(self, note: bytes, *, newest: bool) -> Iterator[Problem]:
        """Compare a published checkpoint with the entries read so far, which must be as many as it says.

        The newest one must also have the quorum of the trust file, where one is given.
        """
        try:
            signed = read_note(note)
            checkpoint = read_checkpoint(signed.text)
            if self._log_key is not None:
                verify_note(signed, [self._log_key])
            if newest and self._trust is not None and not judge(signed, self._trust).met:
                yield Problem("checkpoint.quorum", "checkpoints", self.size - 1)
        except LedgerError as error:
            yield Problem("checkpoint.note", "checkpoints", self.size - 1, detail=str(error))
            return
        if (checkpoint.size, checkpoint.root) != (self.size, self.tree.root()):
            yield Problem("checkpoint.root", "checkpoints", self.size - 1)


def _beginning(entry: Entry) -> set[str]:
    """The subjects that an event begins."""
    return {link.subject for link in entry.envelope.payload.links if link.prev == GENESIS_PREV}


def audit_entries(
    entries: Iterable[bytes],
    note: bytes | None = None,
    trust: TrustFile | None = None,
    check: CheckSignatures = check_signatures,
) -> Iterator[Problem]:
    """Audit a log of which only entries and perhaps its newest checkpoint are at hand (as fetched over HTTP).

    The checkpoint must be that of exactly these entries.
    """
    auditor = Auditor(trust, check)
    for data in entries:
        yield from auditor.take(data)
    if note is not None:
        yield from auditor.check_note(note, newest=True)
