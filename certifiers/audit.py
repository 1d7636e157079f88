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
from typing import Final

from certifiers.kept_states import KeptStates
from certifiers.running_heads import RunningHeads
from corridor import rules
from corridor.body import Act
from corridor.logbook import LogGenesis, LogHeads
from corridor.refusals import Refused
from corridor.states import State
from corridor.world import LOG, Outside, World
from ledger.checkpoint import read_checkpoint
from ledger.envelope import Entry, Envelope, check_signatures, read_entry
from ledger.errors import LedgerError
from ledger.merkle import Frontier, leaf_hash
from ledger.note import VerifierKey, read_note, verify_note
from ledger.quorum import TrustFile, judge

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
        self.states = KeptStates()
        self.tree = Frontier()
        self.last_at = 0
        self.knows_last = True
        """Whether the last entry could be read, so that `last_at` is its time."""
        self.heads_count = 0
        self.tainted: set[str] = set()
        """Subjects whose events can no longer be judged, because one of them could not be read."""
        self.unfollowed: set[str] = set()
        """Subjects whose last state is therefore not known in full."""
        self.unjudged = 0
        self._trust = trust
        self._check = check
        self._times: dict[str, int | None] = {}
        self._log_key: VerifierKey | None = None
        self._world = World(self._load, self._times.get)

    @property
    def size(self) -> int:
        """The number of entries read."""
        return self.tree.size

    def take(
        self, data: bytes, entry: Entry | LedgerError, recorded: Recorded = NOT_RECORDED
    ) -> Iterator[Problem]:
        """Take in the next entry, as `parse` read it, and yield what is wrong with it."""
        index = self.size
        self.tree.append(leaf_hash(data))
        if isinstance(entry, LedgerError):
            yield self._problem("entry.form", index, recorded, str(entry))
            self._pass_over(index, recorded)
            return
        event_id = entry.envelope.event_id
        if recorded.event_id not in {"", event_id}:
            yield self._problem("entry.other_event", index, recorded, "")
            self._pass_over(index, recorded)
            return
        payload = entry.envelope.payload
        recorded = Recorded(event_id, tuple(link.subject for link in payload.links), payload.about)
        yield from self._check_entry(entry, index, recorded)
        yield from self._judge(entry, index, recorded)
        yield from self._read_own(entry, index, recorded)
        self._advance(index, recorded)

    def _problem(self, code: str, index: int, recorded: Recorded, detail: str) -> Problem:
        subjects = (*recorded.links, *recorded.about)
        return Problem(code, "entries", index, recorded.event_id, subjects, detail)

    def _load(self, subject: str) -> State | None:
        if subject in self.tainted:
            raise Outside(subject)
        return self.states.get(subject)

    def _check_entry(self, entry: Entry, index: int, recorded: Recorded) -> Iterator[Problem]:
        if entry.at < self.last_at:
            yield self._problem("entry.time", index, recorded, "")
        self.last_at, self.knows_last = max(self.last_at, entry.at), True
        try:
            self._check(entry.envelope)
        except LedgerError as error:
            yield self._problem("entry.signature", index, recorded, str(error))

    def _judge(self, entry: Entry, index: int, recorded: Recorded) -> Iterator[Problem]:
        """Admit the event to the world as it is, and take over what it changes."""
        try:
            act = self._bring(entry, index)
            try:
                rules.admit(act)
            except Refused as refusal:
                yield self._problem("entry.rule", index, recorded, str(refusal))
            self.states.update(rules.evolve(act))
        except Outside:
            self.unjudged += 1
            self._taint(recorded)
        except (LedgerError, RuntimeError) as error:  # an event against the rules may make no sense at all
            yield self._problem("entry.rule", index, recorded, str(error))
            self._taint(recorded)

    def _bring(self, entry: Entry, index: int) -> Act:
        for signer in entry.envelope.payload.signers:
            if signer.party in self.tainted:
                raise Outside(signer.party)
        return rules.act_of(entry.envelope, index, entry.at, self._world)

    def _taint(self, recorded: Recorded) -> None:
        """Follow the event's subjects no further; of `log` only the list of policies is then incomplete."""
        self.unfollowed.update(recorded.links, recorded.about)
        self.tainted.update(recorded.links, (name for name in recorded.about if name != LOG))

    def _read_own(self, entry: Entry, index: int, recorded: Recorded) -> Iterator[Problem]:
        """What the log says of itself: its key, its operator's statements on heads, the genesis that is trusted."""
        payload = entry.envelope.payload
        if payload.type == LogGenesis.type:
            self._times[recorded.event_id] = entry.at
            try:
                self._log_key = VerifierKey.parse(str(payload.body.get("log_vkey")))
            except LedgerError as error:
                yield self._problem("genesis.vkey", index, recorded, str(error))
            origin = str(payload.body.get("log_origin"))
            if self._trust is not None and self._trust.genesis.get(origin) != recorded.event_id:
                yield self._problem("genesis.not_trusted", index, recorded, "")
        elif payload.type == LogHeads.type:
            self._times[recorded.event_id] = entry.at
            self.heads_count += 1
            if payload.body.get("root") != self.heads.root().hex():
                yield self._problem("heads.root", index, recorded, "")

    def _advance(self, index: int, recorded: Recorded) -> None:
        for subject in recorded.links:
            self.heads.extend(subject, index, bytes.fromhex(recorded.event_id))
        for subject in recorded.about:
            self.heads.file(subject, index, bytes.fromhex(recorded.event_id))

    def _pass_over(self, index: int, recorded: Recorded) -> None:
        """Go on behind an entry that cannot be read: chains as the store recorded them, states unknown.

        An event on no subject is a statement of heads, whose time later events may name.
        """
        self._taint(recorded)
        self.knows_last = False
        if recorded.event_id:
            self._advance(index, recorded)
            if not recorded.links and not recorded.about:
                self.heads_count += 1
                self._times[recorded.event_id] = self.last_at
                self.heads.root()

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


def parse(data: bytes) -> Entry | LedgerError:
    """Read an entry's bytes; give the error where they are none."""
    try:
        return read_entry(data)
    except LedgerError as error:
        return error


def audit_signatures(entries: Iterable[tuple[int, bytes]]) -> Iterator[Problem]:
    """Check the signatures of entries with their indexes: stateless, so that processes may share a log's work.

    Whoever uses it gives the auditor a `check` that does nothing. What cannot be read is the auditor's to report.
    """
    for index, data in entries:
        entry = parse(data)
        if isinstance(entry, LedgerError):
            continue
        try:
            check_signatures(entry.envelope)
        except LedgerError as error:
            payload = entry.envelope.payload
            subjects = (*(link.subject for link in payload.links), *payload.about)
            yield Problem("entry.signature", "entries", index, entry.envelope.event_id, subjects, str(error))


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
        yield from auditor.take(data, parse(data))
    if note is not None:
        yield from auditor.check_note(note, newest=True)
