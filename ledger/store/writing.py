"""The one writer's transaction: rows go in as they come, packs and the log's row when it ends.

If we die before the commit, none of it was; if we die after it, all of it is. Nothing of the tree or of the
chains is kept from one transaction to the next, so that two processes on one database cannot work from two pasts;
and should two ever hold the lock at once, the primary key of `chain` and the comparison of `log.size` let only
one commit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ledger.chain import EMPTY_FILE, extend_file
from ledger.errors import StoreError
from ledger.heads import BUCKETS, EMPTY_NODES, bucket_of
from ledger.merkle import HASH_BYTES, Frontier, leaf_hash
from ledger.ports import Record, Signed
from ledger.store.packing import LOG_HEIGHT, TOP_HEIGHT, Place, place
from ledger.store.reading import SqlSnapshot, Standing
from ledger.store.sqlite import Session
from ledger.store.tables import NO_EVENT

NEXT_SUBJECT = "SELECT COALESCE(MAX(sid), -1) + 1 FROM subjects"
ADD_SUBJECT = "INSERT INTO subjects (sid, bucket, subject) VALUES (?, ?, ?)"
ADD_ENTRY = "INSERT INTO entries (idx, entry) VALUES (?, ?)"
ADD_EVENT = "INSERT INTO events (event_id, idx) VALUES (?, ?)"
ADD_CHAIN = "INSERT INTO chain (sid, prev, idx, event_id) VALUES (?, ?, ?, ?)"
ADD_FILE = "INSERT INTO file (sid, idx, digest) VALUES (?, ?, ?)"
PUT_STATE = """
    INSERT INTO states (subject, state) VALUES (?, ?)
    ON CONFLICT (subject) DO UPDATE SET state = excluded.state"""
PUT_CHECKPOINT = """
    INSERT INTO checkpoints (size, note) VALUES (?, ?)
    ON CONFLICT (size) DO UPDATE SET note = excluded.note"""
PUT_PACK = {
    "nodes": """
        INSERT INTO nodes (level, pack, hashes) VALUES (?, ?, ?)
        ON CONFLICT (level, pack) DO UPDATE SET hashes = excluded.hashes""",
    "tops": """
        INSERT INTO tops (level, pack, hashes) VALUES (?, ?, ?)
        ON CONFLICT (level, pack) DO UPDATE SET hashes = excluded.hashes""",
}
ADVANCE = """
    UPDATE log SET size = ?, last_at = ?, heads_count = ?, heads_size = ?, signed_size = ?, signed_root = ?
    WHERE id = 1 AND size = ?"""


@dataclass(slots=True)
class _Rows:
    """What one call of `append` inserts, by table."""

    subjects: list[tuple[object, ...]] = field(default_factory=list)
    entries: list[tuple[object, ...]] = field(default_factory=list)
    events: list[tuple[object, ...]] = field(default_factory=list)
    chain: list[tuple[object, ...]] = field(default_factory=list)
    file: list[tuple[object, ...]] = field(default_factory=list)


class SqlTransaction(SqlSnapshot):
    """The writer's view (ledger.ports.Transaction)."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._size_before = self._log.size
        self._next_sid = 0
        self._frontier: Frontier | None = None
        self._standings: dict[str, Standing | None] = {}
        self._changed_packs: dict[tuple[str, int, int], bytearray] = {}
        self._broken = False

    def append(self, records: Sequence[Record]) -> None:
        """Add entries, tree nodes, chains and files; StoreError `store.conflict` if a chain would fork."""
        whole, self._broken = not self._broken, True
        rows = _Rows()
        for record in records:
            self._take(record, rows)
        self._session.change_many(ADD_SUBJECT, rows.subjects)
        self._session.change_many(ADD_ENTRY, rows.entries)
        self._session.change_many(ADD_EVENT, rows.events)
        self._session.change_many(ADD_CHAIN, rows.chain)
        self._session.change_many(ADD_FILE, rows.file)
        self._broken = not whole

    def put_states(self, states: Mapping[str, bytes]) -> None:
        """Replace what the floor above keeps of subjects."""
        self._session.change_many(PUT_STATE, list(states.items()))

    def count_heads(self) -> None:
        """Count one more `log.heads` entry."""
        self._log.heads_count += 1

    def put_signed(self, signed: Signed) -> None:
        """Record the size and root being signed; StoreError `store.conflict` if that is a step back."""
        if signed.size <= self._log.signed_size and signed != self.signed():
            raise StoreError(
                "store.conflict", "A larger log, or another one of this size, was signed before."
            )
        self._log.signed_size, self._log.signed_root = signed.size, signed.root

    def publish(self, size: int, note: bytes, top_nodes: Mapping[tuple[int, int], bytes]) -> None:
        """Store a checkpoint's note and switch the heads' top tree to it, changing only `top_nodes`.

        Raise StoreError `store.conflict` for a size below the one published last.
        """
        if size <= self._log.heads_size:
            raise StoreError("store.conflict", "A larger log was published before.")
        self._session.change(PUT_CHECKPOINT, size, note)
        self._log.heads_size = size - 1
        for (level, index), value in top_nodes.items():
            self._put("tops", place(level, index, TOP_HEIGHT), value)

    def finish(self) -> None:
        """Write what waited for the end; StoreError `store.conflict` if another transaction came between."""
        if self._broken:
            raise StoreError("store.conflict", "An event of this transaction was refused before.")
        for (tree, level, pack), hashes in self._changed_packs.items():
            self._session.change(PUT_PACK[tree], level, pack, bytes(hashes))
        log = self._log
        scalars = (log.last_at, log.heads_count, log.heads_size, log.signed_size, log.signed_root)
        if self._session.change(ADVANCE, log.size, *scalars, self._size_before) != 1:
            raise StoreError(
                "store.conflict", "Another writer advanced the log meanwhile.", hint="Read again."
            )

    def _take(self, record: Record, rows: _Rows) -> None:
        """Sort one record into rows, and move along everything that follows from it."""
        index = self._log.size
        rows.entries.append((index, record.entry))
        rows.events.append((record.event_id, index))
        for subject in record.links:
            standing = self._standing(subject)
            if standing is None:
                standing = self._begin(subject, rows)
            rows.chain.append((standing.sid, standing.index, index, record.event_id))
            standing.begun = index if standing.index == NO_EVENT else standing.begun
            standing.index, standing.event_id = index, record.event_id
        for subject in record.about:
            standing = self._standing(subject)
            if standing is None:
                raise StoreError(
                    "store.conflict", "An event would join the file of a subject that has not begun."
                )
            standing.file = extend_file(standing.file, record.event_id.hex())
            rows.file.append((standing.sid, index, standing.file))
        self._grow(record.entry)
        self._log.size, self._log.last_at = index + 1, record.at

    def _begin(self, subject: str, rows: _Rows) -> Standing:
        """Give a new subject its number."""
        if not self._next_sid:
            row = self._session.row(NEXT_SUBJECT)
            self._next_sid = row[0] if row else 0
        standing = Standing(self._next_sid, NO_EVENT, NO_EVENT, b"", EMPTY_FILE)
        self._next_sid += 1
        self._standings[subject] = standing
        rows.subjects.append((standing.sid, bucket_of(subject), subject))
        return standing

    def _grow(self, entry: bytes) -> None:
        """Add a leaf: each node that it completes goes to the end of its pack."""
        if self._frontier is None:
            self._frontier = Frontier.load(self, self._log.size)
        for level, index, value in self._frontier.append(leaf_hash(entry)):
            self._put("nodes", place(level, index, LOG_HEIGHT), value)

    def _standing(self, subject: str) -> Standing | None:
        """Read where a subject stands once; from then on this transaction's own appends move it."""
        if subject not in self._standings:
            self._standings[subject] = super()._standing(subject)
        return self._standings[subject]

    def _pack(self, tree: str, level: int, pack: int) -> bytes | bytearray:
        changed = self._changed_packs.get((tree, level, pack))
        return super()._pack(tree, level, pack) if changed is None else changed

    def _put(self, tree: str, at: Place, value: bytes) -> None:
        """Set one hash of a pack, which is written when the transaction ends."""
        key = (tree, at.level, at.pack)
        hashes = self._changed_packs.get(key)
        if hashes is None:
            hashes = bytearray(self._pack(*key) or (_empty_top_pack(at.level) if tree == "tops" else b""))
            self._changed_packs[key] = hashes
        start = at.position * HASH_BYTES
        if start > len(hashes):
            raise StoreError("store.corrupt", "Hashes are missing from the tree.", hint="Run `otc audit`.")
        hashes[start : start + HASH_BYTES] = value


def _empty_top_pack(level: int) -> bytes:
    """Return a pack of the top tree whose buckets are all empty: its nodes in the order of completion."""
    lowest = level * TOP_HEIGHT
    leaves = min(1 << TOP_HEIGHT, BUCKETS >> lowest)
    return b"".join(
        EMPTY_NODES[lowest + inner]
        for leaf in range(1, leaves + 1)
        for inner in range(min((leaf & -leaf).bit_length(), TOP_HEIGHT))
    )
