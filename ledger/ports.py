"""What the log asks of the world: a store, a head file. Their contracts: tests/ledger/test_store.py, test_head_file.py.

A store keeps one log. All writing happens in one exclusive transaction at a time; a snapshot never sees half of
one. Every method that takes `size` answers as of the log's first `size` entries, whatever has been added since.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Record:
    """One event ready to be appended: its entry's bytes, its id and the subjects it extends or speaks about.

    `links` are the chains it extends, `about` the files it joins; the previous event of each chain is the
    store's own knowledge and was compared by the journal before.
    """

    entry: bytes
    at: int
    event_id: bytes
    links: tuple[str, ...]
    about: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """Where a subject stands: index of its first and last chain event, that event's id, and its file's digest."""

    begun: int
    index: int
    event_id: bytes
    file: bytes


@dataclass(frozen=True, slots=True)
class Signed:
    """A size and root that the log's key has signed: what the head file outside the database holds."""

    size: int
    root: bytes


class Snapshot(Protocol):
    """A consistent view of one log."""

    def size(self) -> int:
        """Count the entries."""

    def last_at(self) -> int:
        """Time of the last entry in ms since 1970; 0 for an empty log."""

    def entry(self, index: int) -> bytes:
        """Give the bytes of one entry; StoreError `store.missing` if there is none."""

    def entries(self, start: int, stop: int) -> Iterator[bytes]:
        """Give the bytes of entries [start, stop) in order, streaming."""

    def index_of(self, event_id: bytes) -> int | None:
        """Find the index of an event."""

    def event_at(self, index: int) -> bytes | None:
        """Give the event id recorded beside an entry, for an audit whose entry no longer tells it; this may be slow."""

    def head(self, subject: str) -> Head | None:
        """Tell where a subject stands now; None if it has not begun."""

    def leaf(self, subject: str, size: int) -> bytes | None:
        """Give a subject's 96-byte heads leaf as of `size`; None if it had not begun."""

    def chain(self, subject: str, size: int) -> list[int]:
        """Indexes of a subject's chain, ascending, below `size`."""

    def file(self, subject: str, size: int) -> list[int]:
        """Indexes of a subject's file, ascending, below `size`."""

    def subjects(self, kind: str, *, after: str = "", limit: int = 100) -> list[str]:
        """Begun subjects of one kind in ascending order, beyond `after`."""

    def changed(self, start: int, stop: int) -> list[str]:
        """Subjects whose chain or file got an event in [start, stop), ascending."""

    def bucket(self, bucket: int, size: int) -> list[bytes]:
        """Heads leaves of one bucket as of `size`, sorted."""

    def node(self, level: int, index: int) -> bytes:
        """Hash of a perfect subtree of the log's tree (ledger.merkle.NodeReader)."""

    def heads_node(self, level: int, index: int) -> bytes:
        """Hash of a perfect subtree of the published heads' top tree of 65,536 leaves."""

    def heads_size(self) -> int:
        """Size (of the `log.heads` statement) whose top tree `heads_node` serves; 0 if none is published."""

    def heads_count(self) -> int:
        """Count the `log.heads` entries appended so far."""

    def state(self, subject: str) -> bytes | None:
        """Give what the floor above keeps of a subject after its last event."""

    def signed(self) -> Signed:
        """Give the size and root last signed, according to the store; size 0 if none."""

    def checkpoint(self, size: int | None = None) -> bytes | None:
        """Give the published note of a size, or the newest."""


class Transaction(Snapshot, Protocol):
    """The one writer's view: what it appends is visible to it at once, to others after the commit."""

    def append(self, records: Sequence[Record]) -> None:
        """Add entries, tree nodes, chains and files; StoreError `store.conflict` if a chain would fork."""

    def put_states(self, states: Mapping[str, bytes]) -> None:
        """Replace what the floor above keeps of subjects."""

    def count_heads(self) -> None:
        """Count one more `log.heads` entry."""

    def put_signed(self, signed: Signed) -> None:
        """Record the size and root being signed (they never decrease)."""

    def publish(self, size: int, note: bytes, top_nodes: Mapping[tuple[int, int], bytes]) -> None:
        """Store a checkpoint's note and switch the heads' top tree to it, changing only `top_nodes`.

        `top_nodes` maps (level, index) to hashes for every node whose leaves changed since the last publication.
        Publishing a size again (a newer cosignature) replaces its note.
        """


class Store(Protocol):
    """One log's storage."""

    def read(self) -> AbstractContextManager[Snapshot]:
        """Open a consistent snapshot."""

    def write(self) -> AbstractContextManager[Transaction]:
        """Open the one exclusive transaction; it is durable when the block ends, and undone if it raises."""

    def close(self) -> None:
        """Release what the store holds."""


class HeadFile(Protocol):
    """The size and root last signed, kept outside the database so that a restored database is noticed."""

    def read(self) -> Signed | None:
        """Give what was signed last; None before the first; StoreError `head.unreadable` if it cannot be told."""

    def swap(self, expected: Signed | None, new: Signed) -> None:
        """Replace `expected` by `new`, durably; StoreError `head.moved` if it holds anything else."""
