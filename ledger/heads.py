"""Heads: one root over where every subject stands, so that a verifier sees offline that nothing was left out.

PROTOCOL section 8. A subject's leaf is 96 bytes: `SHA-256(subject) ‖ head ‖ file`, head the id of the last event
of its chain, file the digest of what others filed on it. The first two bytes of the leaf choose one of 65,536
buckets; a bucket's root is RFC 6962's over its leaves, sorted, and the top tree's leaf is `u32be(n) ‖ root`::

    SHA-256("log")                       836ff184…c213: its leaf is in bucket 0x836f
    top leaf of an empty bucket          00000000 ‖ e3b0c442…b855 (SHA-256 of nothing)

Between two checkpoints only the buckets of subjects with new events are computed again, and in the top tree
only the sixteen nodes above each: the work follows what happened, never what the log holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from itertools import accumulate, repeat
from typing import Final, TypeAlias

from ledger.merkle import HASH_BYTES, NodeReader, leaf_hash, node_hash, root_of
from ledger.ports import Snapshot

BUCKET_BYTES: Final = 2  # of a subject's digest: they name its bucket
TOP_LEVEL: Final = 8 * BUCKET_BYTES
BUCKETS: Final = 1 << TOP_LEVEL
LEAF_BYTES: Final = 3 * HASH_BYTES
# What four bytes can count; the protocol fixes their number.
MAX_BUCKET_SIZE: Final = 2**32 - 1

# (level, index) of a node of the top tree, and its hash.
TopNodes: TypeAlias = dict[tuple[int, int], bytes]


def subject_digest(subject: str) -> bytes:
    """Return the 32 bytes that stand for a subject in its leaf."""
    return sha256(subject.encode()).digest()


def bucket_of(subject: str) -> int:
    """Return the number of a subject's bucket."""
    return bucket_of_digest(subject_digest(subject))


def bucket_of_digest(digest: bytes) -> int:
    """Return the number of the bucket of a subject's digest, or of a leaf."""
    return int.from_bytes(digest[:BUCKET_BYTES], "big")


def leaf(subject: str, head: bytes, file: bytes) -> bytes:
    """Return a subject's 96-byte leaf from its head's event id and its file's digest (32 bytes each)."""
    return leaf_of_name(subject.encode(), head, file)


def leaf_of_name(name: bytes, head: bytes, file: bytes) -> bytes:
    """Return the leaf of a subject whose name is at hand in bytes."""
    return sha256(name).digest() + head + file


def bucket_root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over a bucket's leaves, which must be sorted."""
    return root_of([leaf_hash(each) for each in leaves])


def top_leaf(size: int, root: bytes) -> bytes:
    """Return the top tree's leaf of a bucket of `size` leaves with this root."""
    return size.to_bytes(4, "big") + root


def top_leaf_hash(leaves: Sequence[bytes]) -> bytes:
    """Return the hash by which a bucket of these sorted leaves enters the top tree."""
    return leaf_hash(top_leaf(len(leaves), bucket_root(leaves)))


# By level: the hash of a subtree of the top tree whose buckets are all empty.
EMPTY_NODES: Final = tuple(
    accumulate(repeat(None, TOP_LEVEL), lambda below, _: node_hash(below, below), initial=top_leaf_hash([]))
)


class PublishedTop:
    """The published top tree of a log, as the Merkle functions read it."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of a perfect subtree."""
        return self._snapshot.heads_node(level, index)


def update(top: NodeReader, leaves: Mapping[int, bytes]) -> TopNodes:
    """Return every node of the top tree that differs after the given buckets took new leaf hashes.

    `top` is the tree before. Buckets that share a node share its hash, so the cost is at most sixteen hashes a
    bucket. The root is at (16, 0), unless nothing changed.
    """
    changed: TopNodes = {}
    row = dict(leaves)
    for level in range(TOP_LEVEL):
        above: dict[int, bytes] = {}
        for index, value in row.items():
            changed[level, index] = value
            if index >> 1 not in above:
                sibling = row.get(index ^ 1) or top.node(level, index ^ 1)
                above[index >> 1] = node_hash(sibling, value) if index & 1 else node_hash(value, sibling)
        row = above
    changed.update(((TOP_LEVEL, index), value) for index, value in row.items())
    return changed


def changes(snapshot: Snapshot, size: int) -> TopNodes:
    """Return the nodes in which the top tree after entries [0, size) differs from the published one."""
    moved = snapshot.changed(snapshot.heads_size(), size)
    return update(PublishedTop(snapshot), _bucket_hashes(snapshot, moved, size))


def root_at(snapshot: Snapshot, size: int) -> bytes:
    """Return the root over all subjects after entries [0, size), not before what is published."""
    return root_after(snapshot, changes(snapshot, size))


def root_after(snapshot: Snapshot, nodes: Mapping[tuple[int, int], bytes]) -> bytes:
    """Return the root of the published top tree once it took the changed `nodes`."""
    return nodes.get((TOP_LEVEL, 0)) or snapshot.heads_node(TOP_LEVEL, 0)


def _bucket_hashes(snapshot: Snapshot, subjects: Iterable[str], size: int) -> dict[int, bytes]:
    buckets = sorted({bucket_of(subject) for subject in subjects})
    return {bucket: top_leaf_hash(snapshot.bucket(bucket, size)) for bucket in buckets}
