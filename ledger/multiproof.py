"""One proof for many leaves of an RFC 6962 tree (PROTOCOL section 9): the bundle's and the heads' proofs.

Walking down from the root, left before right: the hash of each subtree that holds no chosen leaf while its
parent does, concatenated. Leaves 1 and 4 of a tree of five, in brackets what the proof carries::

                  root
            n            4
      n         [2,3]
    [0]  1                          proof = hash(0) ‖ hash(2,3)

Indexes and size fix the number of hashes, so that nothing can be added or left out.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from ledger.errors import ProofError
from ledger.merkle import HASH_BYTES, MAX_TREE_SIZE, NodeReader, left_size, node_hash, subtree_root


def multiproof(nodes: NodeReader, indexes: Sequence[int], size: int) -> bytes:
    """Return the proof that the leaves at `indexes` (ascending, no doubles) are in the tree of `size` leaves.

    Raise ProofError `proof.multiproof` for no index, an index outside the tree or indexes out of order.
    """
    _check_indexes(indexes, size)
    return b"".join(subtree_root(nodes, start, end) for start, end in _unchosen(indexes, size))


def root_from_multiproof(leaves: Mapping[int, bytes], size: int, proof: bytes) -> bytes:
    """Return the root that `proof` leads to from `leaves` (index to 32-byte leaf hash).

    Raise ProofError `proof.multiproof` unless the proof has exactly the hashes that indexes and size ask for.
    """
    indexes = sorted(leaves)
    _check_indexes(indexes, size)
    given = [proof[at : at + HASH_BYTES] for at in range(0, len(proof), HASH_BYTES)]
    if len(proof) % HASH_BYTES:
        raise _wrong_length()
    hashes = iter(given)
    root = _climb(_Chosen(indexes, leaves, hashes), 0, size, 0, len(indexes))
    if next(hashes, None) is not None:
        raise _wrong_length()
    return root


class _Chosen:
    """What the climb reads: the chosen leaves, and the proof's hashes in the order of the walk."""

    __slots__ = ("hashes", "indexes", "leaves")

    def __init__(self, indexes: Sequence[int], leaves: Mapping[int, bytes], hashes: Iterator[bytes]) -> None:
        self.indexes = indexes
        self.leaves = leaves
        self.hashes = hashes


def _climb(chosen: _Chosen, start: int, end: int, low: int, high: int) -> bytes:
    """Return the hash of the subtree [start, end), whose chosen leaves are indexes[low:high].

    It calls itself once a level, so never deeper than the 63 levels of the largest tree.
    """
    if low == high:
        value = next(chosen.hashes, None)
        if value is None:
            raise _wrong_length()
        return value
    if end - start == 1:
        return chosen.leaves[start]
    middle = start + left_size(end - start)
    cut = bisect_left(chosen.indexes, middle, low, high)
    left = _climb(chosen, start, middle, low, cut)
    return node_hash(left, _climb(chosen, middle, end, cut, high))


def _unchosen(indexes: Sequence[int], size: int) -> Iterator[tuple[int, int]]:
    """Yield [start, end) of each subtree without a chosen leaf whose parent has one, left to right."""
    waiting = [(0, size, 0, len(indexes))]
    while waiting:
        start, end, low, high = waiting.pop()
        if low == high:
            yield start, end
        elif end - start > 1:
            middle = start + left_size(end - start)
            cut = bisect_left(indexes, middle, low, high)
            waiting.append((middle, end, cut, high))
            waiting.append((start, middle, low, cut))


def _check_indexes(indexes: Sequence[int], size: int) -> None:
    if not indexes:
        raise ProofError("proof.multiproof", "A multiproof needs at least one chosen leaf.")
    if indexes[0] < 0 or indexes[-1] >= size or size > MAX_TREE_SIZE:
        raise ProofError("proof.multiproof", "A chosen leaf lies outside the tree.")
    if any(left >= right for left, right in pairwise(indexes)):
        raise ProofError("proof.multiproof", "The chosen leaves are not in ascending order without doubles.")


def _wrong_length() -> ProofError:
    return ProofError("proof.multiproof", "The proof has hashes missing, hashes over or part of a hash.")
