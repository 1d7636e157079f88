"""Merkle trees: hashes, roots, the two proofs of RFC 6962 section 2, and their verifiers.

A tree over n leaves splits at the largest power of two below n. A subtree is *perfect* if it holds exactly
2^level leaves; once full it never changes. So a store keeps nodes of perfect subtrees only, named by (level,
index), and every other hash is folded from them::

    level 2          (2,0)
    level 1     (1,0)     (1,1)
    level 0     0   1     2   3     4       size 5: its maximal perfect subtrees are (2,0) and (0,4)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from hashlib import sha256
from typing import Protocol, TypeAlias

from ledger.errors import ProofError, StoreError

HASH_BYTES = 32
# Sizes fit a signed 64-bit integer, as in every other implementation; no path is then longer than 63 hashes.
MAX_TREE_SIZE = 2**63 - 1
EMPTY_ROOT = sha256(b"").digest()

# A perfect subtree: its level, its index in the level, its hash.
Node: TypeAlias = tuple[int, int, bytes]


class NodeReader(Protocol):
    """Where the hashes of perfect subtrees are read from."""

    def node(self, level: int, index: int) -> bytes:
        """Return the 32-byte hash over leaves [index << level, (index + 1) << level)."""
        ...


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf; its prefix byte keeps it apart from every inner node."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node over its two children."""
    return sha256(b"\x01" + left + right).digest()


def left_size(size: int) -> int:
    """Return how many of `size` (> 1) leaves lie under the left child: the largest power of two below it."""
    return 1 << ((size - 1).bit_length() - 1)


def perfect_subtrees(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield (level, index) of the maximal perfect subtrees of the subtree [start, end), left to right."""
    while start < end:
        level = (end - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level


def subtree_root(nodes: NodeReader, start: int, end: int) -> bytes:
    """Return the hash of the tree's subtree over leaves [start, end), which need not be perfect."""
    return _fold([nodes.node(level, index) for level, index in perfect_subtrees(start, end)])


def root(nodes: NodeReader, size: int) -> bytes:
    """Return the root of the tree over the first `size` leaves."""
    return subtree_root(nodes, 0, size)


def root_of(leaf_hashes: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes held in memory, level by level.

    A last node without a sibling moves up unchanged: that is RFC 6962's split, read from below.
    """
    level = list(leaf_hashes)
    if not level:
        return EMPTY_ROOT
    while len(level) > 1:
        paired = [node_hash(left, right) for left, right in zip(level[::2], level[1::2], strict=False)]
        level = paired + level[len(paired) * 2 :]
    return level[0]


def inclusion_proof(nodes: NodeReader, index: int, size: int) -> list[bytes]:
    """Return the path of leaf `index` in the tree of `size` leaves, from its sibling up (RFC 6962, 2.1.1)."""
    _check_index(index, size)
    path = []
    start, end = 0, size
    while end - start > 1:
        middle = start + left_size(end - start)
        if index < middle:
            path.append(subtree_root(nodes, middle, end))
            end = middle
        else:
            path.append(subtree_root(nodes, start, middle))
            start = middle
    return path[::-1]


def consistency_proof(nodes: NodeReader, old: int, new: int) -> list[bytes]:
    """Return the proof that the tree of `old` leaves is a prefix of that of `new` ones (RFC 6962, 2.1.2).

    It is empty where `old` is 0 or equals `new`.
    """
    _check_growth(old, new)
    if old == 0:
        return []
    path = []
    start, end = 0, new
    while end != old:
        middle = start + left_size(end - start)
        if old <= middle:
            path.append(subtree_root(nodes, middle, end))
            end = middle
        else:
            path.append(subtree_root(nodes, start, middle))
            start = middle
    if start > 0:  # else what is left is the whole old tree, whose root the verifier has
        path.append(subtree_root(nodes, start, end))
    return path[::-1]


def root_from_inclusion(leaf_hash: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root that an inclusion path leads to; raise ProofError `proof.length` if it does not fit."""
    _check_index(index, size)
    sides = _left_siblings(index, size)
    _check_path(path, len(sides))
    climbed = leaf_hash
    for sibling, on_left in zip(path, sides, strict=True):
        climbed = node_hash(sibling, climbed) if on_left else node_hash(climbed, sibling)
    return climbed


def check_inclusion(leaf_hash: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Raise ProofError (`proof.inclusion`, `proof.length`) unless the leaf is in the tree with this root."""
    if root_from_inclusion(leaf_hash, index, size, path) != root:
        raise ProofError("proof.inclusion", "The inclusion path does not lead to the root.")


def check_consistency(
    old_size: int, new_size: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]
) -> None:
    """Raise ProofError (`proof.consistency`, `proof.length`) unless the new tree extends the old one.

    The last perfect subtree of the old tree is in both trees. Climbing from it, all siblings lead to the new
    root, and those on the left alone to the old one.
    """
    _check_growth(old_size, new_size)
    if old_size in {0, new_size}:
        _check_path(path, 0)
        same = old_size != new_size or old_root == new_root
        _check_roots(holds=same and (old_size > 0 or old_root == EMPTY_ROOT))
        return
    level = (old_size & -old_size).bit_length() - 1
    sides = _left_siblings((old_size - 1) >> level, ((new_size - 1) >> level) + 1)
    if old_size == 1 << level:  # that subtree is the whole old tree, and the proof leaves it out
        path = [old_root, *path]
    _check_path(path, 1 + len(sides))
    old = new = path[0]
    for sibling, on_left in zip(path[1:], sides, strict=True):
        new = node_hash(sibling, new) if on_left else node_hash(new, sibling)
        old = node_hash(sibling, old) if on_left else old
    _check_roots(holds=old == old_root and new == new_root)


class Frontier:
    """The right edge of a growing tree: its size and its maximal perfect subtrees' hashes, left to right.

    Appending costs two hashes on average and reads nothing, so a writer needs no more than this of the tree.
    """

    __slots__ = ("_hashes", "size")

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        if size < 0 or len(hashes) != size.bit_count():
            raise ProofError("proof.length", "A frontier has one hash for each bit set in its size.")
        self.size = size
        self._hashes = list(hashes)

    @classmethod
    def load(cls, nodes: NodeReader, size: int) -> Frontier:
        """Return the frontier of the tree over the first `size` leaves of a store."""
        return cls(size, [nodes.node(level, index) for level, index in perfect_subtrees(0, size)])

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """The hashes of the maximal perfect subtrees, left to right."""
        return tuple(self._hashes)

    def copy(self) -> Frontier:
        """Return a frontier that grows apart from this one (for a transaction that may fail)."""
        return Frontier(self.size, self._hashes)

    def append(self, leaf_hash: bytes) -> list[Node]:
        """Add a leaf; return the nodes it completes, the leaf itself first, for the store to write."""
        level, index, value = 0, self.size, leaf_hash
        completed = [(level, index, value)]
        while index & 1:  # a right child: its left sibling is the frontier's last hash
            level, index, value = level + 1, index >> 1, node_hash(self._hashes.pop(), value)
            completed.append((level, index, value))
        self._hashes.append(value)
        self.size += 1
        return completed

    def root(self) -> bytes:
        """Return the root of the tree as it stands."""
        return _fold(self._hashes)


class MemoryTree:
    """A tree in memory: every node of every level, for the memory store, witnesses and tests."""

    def __init__(self, leaf_hashes: Sequence[bytes] = ()) -> None:
        self._levels: list[list[bytes]] = []
        self._frontier = Frontier()
        for value in leaf_hashes:
            self.append(value)

    @property
    def size(self) -> int:
        """The number of leaves."""
        return self._frontier.size

    def append(self, leaf_hash: bytes) -> list[Node]:
        """Add a leaf; return the nodes it completes."""
        completed = self._frontier.append(leaf_hash)
        if len(completed) > len(self._levels):
            self._levels.append([])
        for level, _, value in completed:
            self._levels[level].append(value)
        return completed

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of a perfect subtree; raise StoreError `store.missing` if the tree has none such."""
        if not (0 <= level < len(self._levels) and 0 <= index < len(self._levels[level])):
            raise StoreError("store.missing", "The tree has no such perfect subtree yet.")
        return self._levels[level][index]

    def root(self, size: int | None = None) -> bytes:
        """Return the root over the first `size` leaves, or over all."""
        return self._frontier.root() if size is None else root(self, size)


def _fold(hashes: Sequence[bytes]) -> bytes:
    """Return the root over maximal perfect subtrees: each takes all to its right as its sibling."""
    if not hashes:
        return EMPTY_ROOT
    return reduce(lambda right, left: node_hash(left, right), reversed(hashes))


def _left_siblings(index: int, size: int) -> list[bool]:
    """Return, from leaf `index` up, whether each sibling on its path stands on the left.

    Below the point where the paths of `index` and of the last leaf part, the subtree is perfect and the bits
    of `index` tell; above it, `index` is on the tree's right edge, where only bits that are set have a sibling.
    """
    parting = (index ^ (size - 1)).bit_length()
    below = [bool(index >> level & 1) for level in range(parting)]
    return below + [True] * (index >> parting).bit_count()


def _check_index(index: int, size: int) -> None:
    if not 0 <= index < size <= MAX_TREE_SIZE:
        raise ProofError("proof.inclusion", "The index lies outside the tree.")


def _check_growth(old_size: int, new_size: int) -> None:
    if not 0 <= old_size <= new_size <= MAX_TREE_SIZE:
        raise ProofError("proof.consistency", "The new tree is smaller than the old one.")


def _check_path(path: Sequence[bytes], length: int) -> None:
    if len(path) != length or any(len(value) != HASH_BYTES for value in path):
        raise ProofError("proof.length", "The proof has not the number of hashes that the sizes fix.")


def _check_roots(*, holds: bool) -> None:
    if not holds:
        raise ProofError("proof.consistency", "The proof does not lead from the old root to the new one.")
