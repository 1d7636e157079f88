"""A snapshot of a log in a database: point reads, each by the rows of one or two indexes.

Where a subject stood after `size` entries is read from its chain backwards. The primary key leads to the last row
whose `prev` lies below `size`; if its own entry does not, it is the row before::

    prev  idx
      -1    7                 as of 7: (-1, 7) is looked at and passed over; nothing comes before it: not begun
       7    9                 as of 8: (7, 9) is looked at and passed over, so it is entry 7
       9   11                 as of 10: (9, 11) is passed over, so it is entry 9
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.chain import EMPTY_FILE
from ledger.errors import StoreError
from ledger.heads import EMPTY_NODES, LEAF_BYTES, TOP_LEVEL, leaf_of_name
from ledger.merkle import HASH_BYTES
from ledger.ports import Head, Signed
from ledger.store.packing import LOG_HEIGHT, TOP_HEIGHT, Place, place
from ledger.store.sqlite import Session

# Packs a snapshot keeps at hand: a megabyte; a proof in a log of 2^32 entries needs four.
MAX_PACKS_AT_HAND = 64

LOG_ROW = "SELECT size, last_at, heads_count, heads_size, signed_size, signed_root FROM log WHERE id = 1"
ENTRY = "SELECT entry FROM entries WHERE idx = ?"
ENTRIES = "SELECT idx, entry FROM entries WHERE idx >= ? AND idx < ? ORDER BY idx"
INDEX_OF = "SELECT idx FROM events WHERE event_id = ?"
EVENT_AT = "SELECT event_id FROM events WHERE idx = ?"
STANDING = """
    SELECT s.sid, b.idx, h.idx, h.event_id,
           (SELECT f.digest FROM file f WHERE f.sid = s.sid ORDER BY f.idx DESC LIMIT 1)
    FROM subjects s
    JOIN chain b ON b.sid = s.sid AND b.prev = -1
    JOIN chain h ON h.sid = s.sid AND h.prev = (SELECT MAX(c.prev) FROM chain c WHERE c.sid = s.sid)
    WHERE s.subject = ?"""
_LEAVES = """
    SELECT s.subject,
           (SELECT c.event_id FROM chain c
            WHERE c.sid = s.sid AND c.prev < ? AND c.idx < ? ORDER BY c.prev DESC LIMIT 1),
           (SELECT f.digest FROM file f WHERE f.sid = s.sid AND f.idx < ? ORDER BY f.idx DESC LIMIT 1)
    FROM subjects s WHERE """
LEAF = _LEAVES + "s.subject = ?"
BUCKET = _LEAVES + "s.bucket = ?"
CHAIN = """
    SELECT c.idx FROM subjects s JOIN chain c ON c.sid = s.sid
    WHERE s.subject = ? AND c.prev < ? AND c.idx < ? ORDER BY c.prev"""
FILE = """
    SELECT f.idx FROM subjects s JOIN file f ON f.sid = s.sid
    WHERE s.subject = ? AND f.idx < ? ORDER BY f.idx"""
SUBJECTS = """
    SELECT subject FROM subjects
    WHERE subject >= ? AND subject < ? AND subject <> ? ORDER BY subject LIMIT ?"""
CHANGED = """
    SELECT subject FROM subjects WHERE sid IN (
        SELECT sid FROM chain WHERE idx >= ? AND idx < ? UNION SELECT sid FROM file WHERE idx >= ? AND idx < ?)
    ORDER BY subject"""
PACK = {
    "nodes": "SELECT hashes FROM nodes WHERE level = ? AND pack = ?",
    "tops": "SELECT hashes FROM tops WHERE level = ? AND pack = ?",
}
STATE = "SELECT state FROM states WHERE subject = ?"
CHECKPOINT = "SELECT note FROM checkpoints WHERE size = ?"
NEWEST_CHECKPOINT = "SELECT note FROM checkpoints ORDER BY size DESC LIMIT 1"


_FSCK = "Run `otc audit`."


@dataclass(slots=True)
class LogRow:
    """The one row of the table `log`: sizes are counts of entries, `last_at` is ms since 1970."""

    size: int
    last_at: int
    heads_count: int
    heads_size: int
    signed_size: int
    signed_root: bytes


@dataclass(slots=True)
class Standing:
    """A subject's number in the tables, and where it stands: what Head says of it."""

    sid: int
    begun: int
    index: int
    event_id: bytes
    file: bytes


class SqlSnapshot:
    """One consistent view (ledger.ports.Snapshot), for one thread at a time."""

    def __init__(self, session: Session) -> None:
        self._session = session
        row = session.row(LOG_ROW)  # the first read, which fixes what this transaction sees
        if row is None or not all(isinstance(count, int) for count in row[:-1]):
            raise StoreError(
                "store.corrupt", "The row that says how long the log is, is damaged.", hint=_FSCK
            )
        self._log = LogRow(*row)
        self._packs: dict[tuple[str, int, int], bytes] = {}

    def size(self) -> int:
        """Count the entries."""
        return self._log.size

    def last_at(self) -> int:
        """Time of the last entry in ms since 1970; 0 for an empty log."""
        return self._log.last_at

    def entry(self, index: int) -> bytes:
        """Give the bytes of one entry; StoreError `store.missing` if there is none."""
        row = self._session.row(ENTRY, index)
        if row is None:
            raise _missing()
        entry: bytes = row[0]
        return entry

    def entries(self, start: int, stop: int) -> Iterator[bytes]:
        """Give the bytes of entries [start, stop) in order; StoreError `store.missing` where one is not there."""
        expected = start
        for index, entry in self._session.stream(ENTRIES, start, stop):
            if index != expected:
                raise _missing()
            yield entry
            expected += 1
        if expected < stop:
            raise _missing()

    def index_of(self, event_id: bytes) -> int | None:
        """Find the index of an event."""
        row = self._session.row(INDEX_OF, event_id)
        return row[0] if row else None

    def event_at(self, index: int) -> bytes | None:
        """Give the event id recorded beside an entry; a scan, for audits of damaged logs only."""
        row = self._session.row(EVENT_AT, index)
        return bytes(row[0]) if row else None

    def head(self, subject: str) -> Head | None:
        """Tell where a subject stands now; None if it has not begun."""
        standing = self._standing(subject)
        if standing is None:
            return None
        return Head(standing.begun, standing.index, standing.event_id, standing.file)

    def leaf(self, subject: str, size: int) -> bytes | None:
        """Give a subject's 96-byte heads leaf as of `size`; None if it had not begun."""
        return next(iter(self._leaves(LEAF, size, subject)), None)

    def chain(self, subject: str, size: int) -> list[int]:
        """Indexes of a subject's chain, ascending, below `size`."""
        return [index for (index,) in self._session.rows(CHAIN, subject, size, size)]

    def file(self, subject: str, size: int) -> list[int]:
        """Indexes of a subject's file, ascending, below `size`."""
        return [index for (index,) in self._session.rows(FILE, subject, size)]

    def subjects(self, kind: str, *, after: str = "", limit: int = 100) -> list[str]:
        """Begun subjects of one kind in ascending order, beyond `after`."""
        beyond_kind = (
            f"{kind};"  # a subject is its kind alone, or goes on with a colon, which sorts just before
        )
        rows = self._session.rows(SUBJECTS, max(kind, after), beyond_kind, after, limit)
        return [_text(subject) for (subject,) in rows]

    def changed(self, start: int, stop: int) -> list[str]:
        """Subjects whose chain or file got an event in [start, stop), ascending."""
        return [_text(subject) for (subject,) in self._session.rows(CHANGED, start, stop, start, stop)]

    def bucket(self, bucket: int, size: int) -> list[bytes]:
        """Heads leaves of one bucket as of `size`, sorted."""
        return sorted(self._leaves(BUCKET, size, bucket))

    def node(self, level: int, index: int) -> bytes:
        """Hash of a perfect subtree of the log's tree; StoreError `store.node` if it is not full or not there."""
        if level < 0 or index < 0 or (index + 1) << level > self._log.size:
            raise _no_node()
        value = self._hash("nodes", place(level, index, LOG_HEIGHT))
        if value is None:
            raise _no_node()
        return value

    def heads_node(self, level: int, index: int) -> bytes:
        """Hash of a perfect subtree of the published heads' top tree of 65,536 leaves; StoreError `store.node`."""
        if not 0 <= level <= TOP_LEVEL or not 0 <= index < 1 << (TOP_LEVEL - level):
            raise _no_node()
        return self._hash("tops", place(level, index, TOP_HEIGHT)) or EMPTY_NODES[level]

    def heads_size(self) -> int:
        """Size (of the `log.heads` statement) whose top tree `heads_node` serves; 0 if none is published."""
        return self._log.heads_size

    def heads_count(self) -> int:
        """Count the `log.heads` entries appended so far."""
        return self._log.heads_count

    def state(self, subject: str) -> bytes | None:
        """Give what the floor above keeps of a subject after its last event."""
        row = self._session.row(STATE, subject)
        return row[0] if row else None

    def signed(self) -> Signed:
        """Give the size and root last signed, according to the store; size 0 if none."""
        return Signed(self._log.signed_size, self._log.signed_root)

    def checkpoint(self, size: int | None = None) -> bytes | None:
        """Give the published note of a size, or the newest."""
        row = self._session.row(NEWEST_CHECKPOINT) if size is None else self._session.row(CHECKPOINT, size)
        return row[0] if row else None

    def _standing(self, subject: str) -> Standing | None:
        row = self._session.row(STANDING, subject)
        if row is None:
            return None
        sid, begun, index, event_id, file = row
        standing = Standing(sid, begun, index, event_id, file or EMPTY_FILE)
        if not isinstance(standing.event_id, bytes) or not isinstance(standing.file, bytes):
            raise _damaged()
        return standing

    def _leaves(self, sql: str, size: int, key: object) -> list[bytes]:
        """Give the leaves of those subjects that a query finds and that have a head below `size`."""
        rows = self._session.rows(sql, size, size, size, key)
        try:
            leaves = [
                leaf_of_name(name, head, file or EMPTY_FILE) for name, head, file in rows if head is not None
            ]
        except TypeError as fault:
            raise _damaged() from fault
        if any(len(each) != LEAF_BYTES for each in leaves):
            raise _damaged()
        return leaves

    def _hash(self, tree: str, at: Place) -> bytes | None:
        """Give the hash at a place of a tree, or None if there is no such pack."""
        hashes = self._pack(tree, at.level, at.pack)
        if not hashes:
            return None
        start = at.position * HASH_BYTES
        value = bytes(hashes[start : start + HASH_BYTES])
        if len(value) != HASH_BYTES:
            raise StoreError("store.corrupt", "Hashes are missing from the tree.", hint=_FSCK)
        return value

    def _pack(self, tree: str, level: int, pack: int) -> bytes | bytearray:
        """Give the hashes of a pack, empty if there is none; the last ones used are kept at hand."""
        key = (tree, level, pack)
        if key not in self._packs:
            if len(self._packs) >= MAX_PACKS_AT_HAND:
                self._packs.clear()
            row = self._session.row(PACK[tree], level, pack)
            self._packs[key] = row[0] if row else b""
        return self._packs[key]


def _text(raw: object) -> str:
    """Return a subject, which is ASCII, as it was written."""
    if not isinstance(raw, bytes) or not raw.isascii():
        raise _damaged()
    return raw.decode()


def _damaged() -> StoreError:
    return StoreError("store.corrupt", "A subject's name, head or file is damaged.", hint=_FSCK)


def _missing() -> StoreError:
    return StoreError("store.missing", "The store has no entry with this index.")


def _no_node() -> StoreError:
    return StoreError(
        "store.node", "The tree has no such perfect subtree yet.", hint="Ask for a smaller size."
    )
