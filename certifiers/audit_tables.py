"""The audit of a store: the log read entry by entry, and each table that follows from the entries beside it.

Tables by the names of docs and problems: `entries`, `chain` and `file` (which entries extend or join a subject),
`subjects`, `nodes` (the log's tree), `tops` (the published heads' tree), `states`, `checkpoints`, and `log`, the one
row that says how far all of it goes. What a store recorded beside an entry's bytes tells whom a damaged entry was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from certifiers.audit import Auditor, CheckSignatures, Problem, Recorded, parse
from certifiers.running_heads import sum_places
from ledger.envelope import Entry, check_signatures, read_entry
from ledger.errors import LedgerError, StoreError
from ledger.heads import TOP_LEVEL
from ledger.log import HEADS_TYPE
from ledger.merkle import Frontier, leaf_hash
from ledger.ports import Snapshot
from ledger.quorum import TrustFile
from ledger.subjects import KINDS

Progress = Callable[[int], None]
"""Told the number of entries read so far."""

PAGE: Final = 1_000
"""Subjects asked for at a time."""


def audit_store(
    snapshot: Snapshot,
    trust: TrustFile | None = None,
    *,
    check: CheckSignatures = check_signatures,
    progress: Progress = lambda _: None,
) -> Iterator[Problem]:
    """Audit a whole log in its store and yield every problem."""
    reading = _Reading(snapshot, Auditor(trust, check))
    entries = snapshot.entries(0, snapshot.size())
    while True:
        try:
            data = next(entries, None)
        except StoreError as error:
            yield Problem("entry.missing", "entries", reading.auditor.size, detail=str(error))
            return
        if data is None:
            break
        yield from reading.take(data)
        progress(reading.auditor.size)
    yield from _check_log_row(snapshot, reading.auditor)
    yield from _check_subjects(snapshot, reading.auditor)
    yield from _check_states(snapshot, reading.auditor)


class _Reading:
    """One pass over a store's entries, its tree and its checkpoints."""

    def __init__(self, snapshot: Snapshot, auditor: Auditor) -> None:
        self.auditor = auditor
        self._snapshot = snapshot
        # The tree as the store has it: where a leaf differs, the store's goes on, so that one byte is one problem.
        self._stored = Frontier()
        self._newest = snapshot.heads_size()

    def take(self, data: bytes) -> Iterator[Problem]:
        """Audit the next entry with what the store says of it."""
        index, entry = self.auditor.size, parse(data)
        event_id = "" if isinstance(entry, LedgerError) else entry.envelope.event_id
        recorded = Recorded(event_id)
        if not event_id or self._snapshot.index_of(bytes.fromhex(event_id)) != index:
            recorded = self._recorded(index)
            if recorded.event_id == event_id:
                yield Problem("entry.index", "entries", index, event_id, (*recorded.links, *recorded.about))
        yield from self.auditor.take(data, entry, recorded)
        yield from self._check_nodes(index, data)
        if isinstance(entry, Entry) and entry.envelope.payload.type == HEADS_TYPE:
            yield from self._check_checkpoint(index)

    def _recorded(self, index: int) -> Recorded:
        """All that the store can tell of an entry that it does not find under its event's id."""
        size = self._snapshot.size()
        changed = self._snapshot.changed(index, index + 1)
        links = tuple(name for name in changed if index in self._snapshot.chain(name, size))
        about = tuple(name for name in changed if name not in links)
        event_id = self._snapshot.event_at(index)
        return Recorded(event_id.hex() if event_id else self._id_from_chains(index, links), links, about)

    def _id_from_chains(self, index: int, links: tuple[str, ...]) -> str:
        """The id by which the next event of a chain names this one, or the head of a chain that ends here."""
        for name in links:
            chain = self._snapshot.chain(name, self._snapshot.size())
            later = [place for place in chain if place > index]
            head = self._snapshot.head(name)
            if not later and head is not None and head.index == index:
                return head.event_id.hex()
            try:
                following = read_entry(self._snapshot.entry(later[0])).envelope.payload if later else None
            except LedgerError:
                continue
            for link in following.links if following else ():
                if link.subject == name:
                    return link.prev
        return ""

    def _check_nodes(self, index: int, data: bytes) -> Iterator[Problem]:
        """Compare the nodes of the log's tree that this leaf completes with the store's."""
        computed, stored = leaf_hash(data), self._node(0, index)
        if stored is not None and stored != computed:
            told = self._recorded(index)
            yield Problem("entry.leaf", "entries", index, told.event_id, (*told.links, *told.about))
        for level, place, value in self._stored.append(stored or computed):
            found = self._node(level, place)
            if found is None or found != value:
                yield Problem("nodes.hash", "nodes", index, detail=f"level {level}, index {place}")

    def _node(self, level: int, index: int) -> bytes | None:
        try:
            return self._snapshot.node(level, index)
        except StoreError:
            return None

    def _check_checkpoint(self, index: int) -> Iterator[Problem]:
        """Compare the checkpoint that ends with this statement, and the published heads tree if it is the newest."""
        newest = index == self._newest
        note = self._snapshot.checkpoint(index + 1)
        if note is not None:
            for problem in self.auditor.check_note(note, newest=newest):
                # A changed entry has been named; the root that was signed is then the stored tree's.
                explained = self._stored.root() != self.auditor.tree.root()
                if problem.code != "checkpoint.root" or not explained:
                    yield problem
        elif newest:
            yield Problem("checkpoint.missing", "checkpoints", index)
        if newest:
            yield from self._check_tops(index)

    def _check_tops(self, index: int) -> Iterator[Problem]:
        for level in range(TOP_LEVEL + 1):
            for place in range(1 << (TOP_LEVEL - level)):
                if self._snapshot.heads_node(level, place) != self.auditor.heads.node(level, place):
                    yield Problem("tops.hash", "tops", index, detail=f"level {level}, index {place}")


def _check_log_row(snapshot: Snapshot, auditor: Auditor) -> Iterator[Problem]:
    """The one row of `log`, against what was read."""
    if auditor.knows_last and snapshot.last_at() != auditor.last_at:
        yield Problem("log.row", "log", detail="last_at")
    if snapshot.heads_count() != auditor.heads_count:
        yield Problem("log.row", "log", detail="heads_count")
    signed = snapshot.signed()
    if signed.size > auditor.size:
        yield Problem("log.row", "log", detail="signed_size")


def _check_subjects(snapshot: Snapshot, auditor: Auditor) -> Iterator[Problem]:
    """Tables `subjects`, `chain` and `file`: the same subjects, each with the same events."""
    size, ours = snapshot.size(), set(auditor.heads.subjects())
    for kind in KINDS:
        theirs = set(_subjects(snapshot, kind))
        for name in sorted(theirs ^ {subject for subject in ours if subject.partition(":")[0] == kind}):
            yield Problem("subjects.row", "subjects", subjects=(name,))
    for name in sorted(ours):
        stand = auditor.heads.stand(name)
        if stand is None:
            continue
        if sum_places(snapshot.chain(name, size)) != stand.chain_places or not _same_head(
            snapshot, name, stand.head
        ):
            yield Problem("chain.rows", "chain", subjects=(name,))
        leaf = snapshot.leaf(name, size)
        same_file = leaf is not None and leaf[-len(stand.file) :] == stand.file
        if sum_places(snapshot.file(name, size)) != stand.file_places or not same_file:
            yield Problem("file.rows", "file", subjects=(name,))


def _same_head(snapshot: Snapshot, name: str, head: bytes) -> bool:
    found = snapshot.head(name)
    return found is not None and found.event_id == head


def _subjects(snapshot: Snapshot, kind: str) -> Iterator[str]:
    after = ""
    while page := snapshot.subjects(kind, after=after, limit=PAGE):
        yield from page
        after = page[-1]


def _check_states(snapshot: Snapshot, auditor: Auditor) -> Iterator[Problem]:
    """Table `states`: byte for byte what follows from the events, where that could be followed."""
    for subject, state in auditor.states.items():
        if subject not in auditor.unfollowed and snapshot.state(subject) != state:
            yield Problem("states.state", "states", subjects=(subject,))
