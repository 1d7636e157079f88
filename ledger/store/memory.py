"""A log in memory, for tests, simulations and whoever wants to read how a store behaves.

What is append-only is shared by all and cut at each snapshot's size; what a commit replaces (states, notes, the top
tree) is copied by the transaction that changes it. So a snapshot sees nothing of a later commit::

    snapshot of size 2      entries  e0 e1 | e2 e3      states as they were when e1 was the last
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Lock

from ledger.chain import EMPTY_FILE, extend_file
from ledger.errors import StoreError
from ledger.heads import EMPTY_NODES, TOP_LEVEL, bucket_of, leaf
from ledger.merkle import EMPTY_ROOT, Frontier, leaf_hash
from ledger.ports import Head, Record, Signed

# How long a writer waits for its turn: as long as in a database.
TURN_SECONDS = 10

_NOTHING_SIGNED = Signed(0, EMPTY_ROOT)


@dataclass(slots=True)
class _Subject:
    """A subject's chain and file: indexes of their events, ascending, and the file's digest after each."""

    chain: list[int] = field(default_factory=list)
    file: list[int] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)


@dataclass(slots=True)
class _Grown:
    """What only ever grows, shared by all snapshots; `touched` holds the subjects of each entry."""

    entries: list[bytes] = field(default_factory=list)
    event_ids: list[bytes] = field(default_factory=list)
    index_of: dict[bytes, int] = field(default_factory=dict)
    touched: list[tuple[str, ...]] = field(default_factory=list)
    levels: list[list[bytes]] = field(default_factory=list)
    subjects: dict[str, _Subject] = field(default_factory=dict)
    buckets: dict[int, list[str]] = field(default_factory=dict)

    def cut(self, size: int) -> None:
        """Take back everything that entries from `size` on brought."""
        for event_id in self.event_ids[size:]:
            self.index_of.pop(event_id, None)
        for name in {name for touched in self.touched[size:] for name in touched}:
            self._cut_subject(name, size)
        for level, hashes in enumerate(self.levels):
            del hashes[size >> level :]
        for grown in (self.entries, self.event_ids, self.touched):
            del grown[size:]

    def _cut_subject(self, name: str, size: int) -> None:
        subject = self.subjects.get(name)
        if subject is None:  # an event named it that was refused for that
            return
        del subject.chain[bisect_left(subject.chain, size) :]
        stays = bisect_left(subject.file, size)
        del subject.file[stays:], subject.digests[stays:]
        if not subject.chain:
            del self.subjects[name]
            self.buckets[bucket_of(name)].remove(name)


@dataclass(frozen=True, slots=True)
class _View:
    """What a commit replaces as a whole."""

    size: int = 0
    last_at: int = 0
    heads_count: int = 0
    heads_size: int = 0
    signed: Signed = _NOTHING_SIGNED
    states: Mapping[str, bytes] = field(default_factory=dict)
    checkpoints: Mapping[int, bytes] = field(default_factory=dict)
    top: Mapping[tuple[int, int], bytes] = field(default_factory=dict)


class MemorySnapshot:
    """One consistent view (ledger.ports.Snapshot)."""

    def __init__(self, grown: _Grown, view: _View) -> None:
        self._grown = grown
        self._view = view

    def size(self) -> int:
        """Count the entries."""
        return self._view.size

    def last_at(self) -> int:
        """Time of the last entry in ms since 1970; 0 for an empty log."""
        return self._view.last_at

    def entry(self, index: int) -> bytes:
        """Give the bytes of one entry; StoreError `store.missing` if there is none."""
        if not 0 <= index < self._view.size:
            raise StoreError("store.missing", "The store has no entry with this index.")
        return self._grown.entries[index]

    def entries(self, start: int, stop: int) -> Iterator[bytes]:
        """Give the bytes of entries [start, stop) in order; StoreError `store.missing` where one is not there."""
        return (self.entry(index) for index in range(start, stop))

    def index_of(self, event_id: bytes) -> int | None:
        """Find the index of an event."""
        index = self._grown.index_of.get(event_id)
        return index if index is not None and index < self._view.size else None

    def event_at(self, index: int) -> bytes | None:
        """Give the event id recorded beside an entry; a scan, for audits of damaged logs only."""
        found = (event_id for event_id, at in self._grown.index_of.items() if at == index < self._view.size)
        return next(found, None)

    def head(self, subject: str) -> Head | None:
        """Tell where a subject stands now; None if it has not begun."""
        chain = self.chain(subject, self._view.size)
        if not chain:
            return None
        file = self._file_digest(subject, self._view.size)
        return Head(chain[0], chain[-1], self._grown.event_ids[chain[-1]], file)

    def leaf(self, subject: str, size: int) -> bytes | None:
        """Give a subject's 96-byte heads leaf as of `size`; None if it had not begun."""
        chain = self.chain(subject, size)
        if not chain:
            return None
        return leaf(subject, self._grown.event_ids[chain[-1]], self._file_digest(subject, size))

    def chain(self, subject: str, size: int) -> list[int]:
        """Indexes of a subject's chain, ascending, below `size`."""
        return self._below(self._subject(subject).chain, size)

    def file(self, subject: str, size: int) -> list[int]:
        """Indexes of a subject's file, ascending, below `size`."""
        return self._below(self._subject(subject).file, size)

    def subjects(self, kind: str, *, after: str = "", limit: int = 100) -> list[str]:
        """Begun subjects of one kind in ascending order, beyond `after`."""
        names = sorted(name for name in list(self._grown.subjects) if name.partition(":")[0] == kind)
        begun = [name for name in names if name > after and self.chain(name, self._view.size)]
        return begun[:limit]

    def changed(self, start: int, stop: int) -> list[str]:
        """Subjects whose chain or file got an event in [start, stop), ascending."""
        touched = self._grown.touched[start : min(stop, self._view.size)]
        return sorted({name for names in touched for name in names})

    def bucket(self, bucket: int, size: int) -> list[bytes]:
        """Heads leaves of one bucket as of `size`, sorted."""
        leaves = (self.leaf(name, size) for name in list(self._grown.buckets.get(bucket, ())))
        return sorted(each for each in leaves if each is not None)

    def node(self, level: int, index: int) -> bytes:
        """Hash of a perfect subtree of the log's tree; StoreError `store.node` if it is not full."""
        if level < 0 or index < 0 or (index + 1) << level > self._view.size:
            raise _no_node()
        return self._grown.levels[level][index]

    def heads_node(self, level: int, index: int) -> bytes:
        """Hash of a perfect subtree of the published heads' top tree of 65,536 leaves; StoreError `store.node`."""
        if not 0 <= level <= TOP_LEVEL or not 0 <= index < 1 << (TOP_LEVEL - level):
            raise _no_node()
        return self._view.top.get((level, index), EMPTY_NODES[level])

    def heads_size(self) -> int:
        """Size (of the `log.heads` statement) whose top tree `heads_node` serves; 0 if none is published."""
        return self._view.heads_size

    def heads_count(self) -> int:
        """Count the `log.heads` entries appended so far."""
        return self._view.heads_count

    def state(self, subject: str) -> bytes | None:
        """Give what the floor above keeps of a subject after its last event."""
        return self._view.states.get(subject)

    def signed(self) -> Signed:
        """Give the size and root last signed, according to the store; size 0 if none."""
        return self._view.signed

    def checkpoint(self, size: int | None = None) -> bytes | None:
        """Give the published note of a size, or the newest."""
        notes = self._view.checkpoints
        return notes.get(max(notes, default=0) if size is None else size)

    def _subject(self, subject: str) -> _Subject:
        return self._grown.subjects.get(subject, _Subject())

    def _below(self, indexes: list[int], size: int) -> list[int]:
        return indexes[: bisect_left(indexes, min(size, self._view.size))]

    def _file_digest(self, subject: str, size: int) -> bytes:
        filed = len(self.file(subject, size))
        return self._subject(subject).digests[filed - 1] if filed else EMPTY_FILE


class MemoryTransaction(MemorySnapshot):
    """The writer's view (ledger.ports.Transaction): what it appends lies beyond every snapshot's size."""

    def __init__(self, grown: _Grown, view: _View) -> None:
        super().__init__(grown, view)
        self._frontier = Frontier.load(self, view.size)
        self._broken = False

    def append(self, records: Sequence[Record]) -> None:
        """Add entries, tree nodes, chains and files; StoreError `store.conflict` if a chain would fork."""
        whole, self._broken = not self._broken, True
        for record in records:
            self._take(record)
        self._broken = not whole

    def put_states(self, states: Mapping[str, bytes]) -> None:
        """Replace what the floor above keeps of subjects."""
        self._view = replace(self._view, states={**self._view.states, **states})

    def count_heads(self) -> None:
        """Count one more `log.heads` entry."""
        self._view = replace(self._view, heads_count=self._view.heads_count + 1)

    def put_signed(self, signed: Signed) -> None:
        """Record the size and root being signed; StoreError `store.conflict` if that is a step back."""
        if signed.size <= self._view.signed.size and signed != self._view.signed:
            raise StoreError(
                "store.conflict", "A larger log, or another one of this size, was signed before."
            )
        self._view = replace(self._view, signed=signed)

    def publish(self, size: int, note: bytes, top_nodes: Mapping[tuple[int, int], bytes]) -> None:
        """Store a checkpoint's note and switch the heads' top tree to it, changing only `top_nodes`.

        Raise StoreError `store.conflict` for a size below the one published last.
        """
        if size <= self._view.heads_size:
            raise StoreError("store.conflict", "A larger log was published before.")
        self._view = replace(
            self._view,
            heads_size=size - 1,
            checkpoints={**self._view.checkpoints, size: note},
            top={**self._view.top, **top_nodes},
        )

    def finish(self) -> _View:
        """Give what is to be committed; StoreError `store.conflict` if an event was refused before."""
        if self._broken:
            raise StoreError("store.conflict", "An event of this transaction was refused before.")
        return self._view

    def _take(self, record: Record) -> None:
        """Add one entry and everything that follows from it."""
        grown, index = self._grown, self._view.size
        if record.event_id in grown.index_of:
            raise StoreError(
                "store.conflict", "This would fork a chain or repeat an event.", hint="Read again."
            )
        grown.entries.append(record.entry)
        grown.event_ids.append(record.event_id)
        grown.index_of[record.event_id] = index
        grown.touched.append(record.links + record.about)
        for name in record.links:
            if name not in grown.subjects:
                grown.subjects[name] = _Subject()
                grown.buckets.setdefault(bucket_of(name), []).append(name)
            grown.subjects[name].chain.append(index)
        for name in record.about:
            self._file(name, index, record.event_id)
        for level, _, value in self._frontier.append(leaf_hash(record.entry)):
            if level == len(grown.levels):
                grown.levels.append([])
            grown.levels[level].append(value)
        self._view = replace(self._view, size=index + 1, last_at=record.at)

    def _file(self, name: str, index: int, event_id: bytes) -> None:
        subject = self._grown.subjects.get(name)
        if subject is None:
            raise StoreError(
                "store.conflict", "An event would join the file of a subject that has not begun."
            )
        file = subject.digests[-1] if subject.digests else EMPTY_FILE
        subject.digests.append(extend_file(file, event_id.hex()))
        subject.file.append(index)


class MemoryStore:
    """One log's storage (ledger.ports.Store), gone when the process ends."""

    def __init__(self) -> None:
        self._grown = _Grown()
        self._view = _View()
        self._turn = Lock()

    @contextmanager
    def read(self) -> Iterator[MemorySnapshot]:
        """Open a consistent snapshot."""
        yield MemorySnapshot(self._grown, self._view)

    @contextmanager
    def write(self) -> Iterator[MemoryTransaction]:
        """Open the one exclusive transaction, undone if the block raises; StoreError `store.locked` after 10 s."""
        if not self._turn.acquire(timeout=TURN_SECONDS):
            raise StoreError("store.locked", "Another thread is writing to the store.", hint="Try again.")
        try:
            transaction = MemoryTransaction(self._grown, self._view)
            yield transaction
            self._view = transaction.finish()
        finally:
            self._grown.cut(self._view.size)
            self._turn.release()

    def close(self) -> None:
        """Nothing is held."""


class MemoryHeadFile:
    """A head file in memory (ledger.ports.HeadFile)."""

    def __init__(self) -> None:
        self._held: Signed | None = None
        self._turn = Lock()

    def read(self) -> Signed | None:
        """Give what was signed last; None before the first."""
        return self._held

    def swap(self, expected: Signed | None, new: Signed) -> None:
        """Replace `expected` by `new`; StoreError `head.moved` if it holds anything else, or is not before `new`."""
        with self._turn:
            if self._held != expected or (expected is not None and new.size <= expected.size):
                raise StoreError("head.moved", "The head file holds another size or root than expected.")
            self._held = new


def _no_node() -> StoreError:
    return StoreError(
        "store.node", "The tree has no such perfect subtree yet.", hint="Ask for a smaller size."
    )
