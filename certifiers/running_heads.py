"""The heads of a log while it is read: where every subject stands, and the root that `log.heads` must state.

PROTOCOL section 8, computed from the events alone. Only the buckets that changed since the last root are computed
again; kept are two digests a subject, and two that sum up the indexes of its events, never the events.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from ledger.chain import EMPTY_FILE, extend_file
from ledger.heads import EMPTY_NODES, TOP_LEVEL, bucket_of, leaf, top_leaf_hash, update

NO_PLACES = bytes(32)
"""What sums up no indexes at all."""


@dataclass(slots=True)
class Stand:
    """A subject's head and file, and a digest over the indexes of its chain's and its file's events."""

    head: bytes
    file: bytes = EMPTY_FILE
    chain_places: bytes = NO_PLACES
    file_places: bytes = NO_PLACES


def sum_places(indexes: Iterable[int], before: bytes = NO_PLACES) -> bytes:
    """Sum up indexes in their order, going on from what was summed up before."""
    for index in indexes:
        before = sha256(before + index.to_bytes(8, "big")).digest()
    return before


class RunningHeads:
    """Where every subject stands after the entries read so far; a NodeReader of the top tree as last computed."""

    def __init__(self) -> None:
        self._stands: dict[str, Stand] = {}
        self._buckets: dict[int, list[str]] = {}
        self._changed: set[int] = set()
        self._nodes: dict[tuple[int, int], bytes] = {}

    def extend(self, subject: str, index: int, event_id: bytes) -> None:
        """Take in the next event of a subject's chain."""
        stand = self._stands.get(subject)
        if stand is None:
            stand = self._stands[subject] = Stand(event_id)
            self._buckets.setdefault(bucket_of(subject), []).append(subject)
        stand.head = event_id
        stand.chain_places = sum_places([index], stand.chain_places)
        self._changed.add(bucket_of(subject))

    def file(self, subject: str, index: int, event_id: bytes) -> None:
        """Take in an event that speaks about a subject; nothing for one that has not begun."""
        stand = self._stands.get(subject)
        if stand is None:
            return
        stand.file = extend_file(stand.file, event_id.hex())
        stand.file_places = sum_places([index], stand.file_places)
        self._changed.add(bucket_of(subject))

    def root(self) -> bytes:
        """The root over all subjects."""
        hashes = {bucket: top_leaf_hash(self._leaves(bucket)) for bucket in sorted(self._changed)}
        self._changed.clear()
        self._nodes.update(update(self, hashes))
        return self.node(TOP_LEVEL, 0)

    def node(self, level: int, index: int) -> bytes:
        """The hash of a perfect subtree of the top tree as of the last root."""
        return self._nodes.get((level, index), EMPTY_NODES[level])

    def stand(self, subject: str) -> Stand | None:
        """Where a subject stands; None if it has not begun."""
        return self._stands.get(subject)

    def leaf(self, subject: str) -> bytes:
        """The 96-byte leaf of a subject that has begun."""
        stand = self._stands[subject]
        return leaf(subject, stand.head, stand.file)

    def subjects(self) -> Iterator[str]:
        """Every subject that has begun."""
        return iter(self._stands)

    def _leaves(self, bucket: int) -> list[bytes]:
        return sorted(self.leaf(subject) for subject in self._buckets.get(bucket, ()))
