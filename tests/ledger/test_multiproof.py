"""Multiproofs (PROTOCOL section 9) against the sentence that defines them, spelt out recursively here."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from hashlib import sha256
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import ProofError
from ledger.merkle import MemoryTree, inclusion_proof, root_of
from ledger.multiproof import multiproof, root_from_multiproof

LARGEST = 70
LEAVES = [sha256(b"\x00" + bytes([index])).digest() for index in range(LARGEST)]
TREE = MemoryTree(LEAVES)

subsets = st.integers(1, LARGEST).flatmap(
    lambda size: st.tuples(st.just(size), st.sets(st.integers(0, size - 1), min_size=1))
)


def mth(leaves: Sequence[bytes]) -> bytes:
    """Return RFC 6962's MTH, from hashes of leaves."""
    if len(leaves) == 1:
        return leaves[0]
    k = rfc_split(len(leaves))
    return sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def rfc_split(n: int) -> int:
    """Return the largest power of two smaller than n, by trying them all."""
    return max(1 << power for power in range(8) if 1 << power < n)


def by_definition(chosen: Collection[int], start: int, end: int) -> bytes:
    """Walk down, left before right: the hash of each subtree without a chosen leaf whose parent has one."""
    if not any(start <= index < end for index in chosen):
        return mth(LEAVES[start:end])
    if end - start == 1:
        return b""
    middle = start + rfc_split(end - start)
    return by_definition(chosen, start, middle) + by_definition(chosen, middle, end)


def chosen_leaves(chosen: Collection[int]) -> dict[int, bytes]:
    """Return what the verifier has of its own: index to leaf hash."""
    return {index: LEAVES[index] for index in chosen}


@pytest.mark.parametrize("size", range(1, 10))
def test_every_choice_in_a_small_tree_is_as_defined(size: int) -> None:
    """For each set of leaves of each size to nine: proof as defined, root the tree's."""
    expected_root = mth(LEAVES[:size])
    for count in range(1, size + 1):
        for chosen in combinations(range(size), count):
            proof = multiproof(TREE, chosen, size)
            assert by_definition(chosen, 0, size) == proof
            assert expected_root == root_from_multiproof(chosen_leaves(chosen), size, proof)


@given(subsets)
def test_any_choice_is_as_defined(case: tuple[int, set[int]]) -> None:
    """In trees of up to 70 leaves, perfect or not, proof and root are as defined."""
    size, chosen = case
    proof = multiproof(TREE, sorted(chosen), size)
    assert by_definition(chosen, 0, size) == proof
    assert mth(LEAVES[:size]) == root_from_multiproof(chosen_leaves(chosen), size, proof)


@pytest.mark.parametrize("index", range(13))
def test_one_leafs_multiproof_is_its_path_from_left_to_right(index: int) -> None:
    """With one chosen leaf the hashes are those of the inclusion proof."""
    proof = multiproof(TREE, [index], 13)
    hashes = {proof[at : at + 32] for at in range(0, len(proof), 32)}
    assert hashes == set(inclusion_proof(TREE, index, 13))


@given(subsets, st.data())
def test_a_broken_multiproof_never_reaches_the_root(case: tuple[int, set[int]], draw: st.DataObject) -> None:
    """A hash dropped, doubled, added or cut is an error; one swapped or changed leads elsewhere."""
    size, chosen = case
    proof = multiproof(TREE, sorted(chosen), size)
    hashes = [proof[at : at + 32] for at in range(0, len(proof), 32)]
    wrong_length = [[*hashes, LEAVES[0]], [*hashes, b"\x00"]]
    wrong_value = []
    if hashes:
        wrong_length.append([*hashes[:-1], hashes[-1][:-1]])
        at = draw.draw(st.integers(0, len(hashes) - 1))
        wrong_length += [hashes[:at] + hashes[at + 1 :], hashes[: at + 1] + hashes[at:]]
        wrong_value.append([*hashes[:at], sha256(hashes[at]).digest(), *hashes[at + 1 :]])
    if len(hashes) > 1:
        at = draw.draw(st.integers(1, len(hashes) - 1))
        wrong_value.append([*hashes[: at - 1], hashes[at], hashes[at - 1], *hashes[at + 1 :]])
    for mutant in wrong_length:
        with pytest.raises(ProofError, match=r"proof\.multiproof"):
            root_from_multiproof(chosen_leaves(chosen), size, b"".join(mutant))
    for mutant in wrong_value:
        assert mth(LEAVES[:size]) != root_from_multiproof(chosen_leaves(chosen), size, b"".join(mutant))


@given(subsets, st.data())
def test_a_leaf_moved_or_forged_never_reaches_the_root(
    case: tuple[int, set[int]], draw: st.DataObject
) -> None:
    """A chosen leaf under another index, or another leaf in its place, is an error or leads elsewhere."""
    size, chosen = case
    proof = multiproof(TREE, sorted(chosen), size)
    taken = draw.draw(st.sampled_from(sorted(chosen)))
    moved = {index: leaf for index, leaf in chosen_leaves(chosen).items() if index != taken}
    free = sorted(set(range(size)) - chosen)
    forgeries = [chosen_leaves(chosen) | {taken: sha256(b"forged").digest()}]
    if free:
        forgeries.append(moved | {draw.draw(st.sampled_from(free)): LEAVES[taken]})
    for forged in forgeries:
        try:
            reached = root_from_multiproof(forged, size, proof)
        except ProofError:
            continue
        assert mth(LEAVES[:size]) != reached


@given(st.binary(max_size=400), st.sets(st.integers(-1, 20)), st.integers(-1, 20))
def test_hostile_proofs_are_refused_or_lead_somewhere(proof: bytes, chosen: set[int], size: int) -> None:
    """Whatever the bytes, indexes and size: a root of 32 bytes or a ProofError."""
    leaves = dict.fromkeys(chosen, LEAVES[0])
    try:
        reached = root_from_multiproof(leaves, size, proof)
    except ProofError:
        return
    assert len(reached) == 32


@pytest.mark.parametrize(
    ("indexes", "size"), [([], 5), ([5], 5), ([-1], 5), ([0], 0), ([1, 1], 5), ([2, 1], 5), ([0], 2**63)]
)
def test_a_choice_outside_the_tree_or_out_of_order_is_refused(indexes: list[int], size: int) -> None:
    """No leaf, a leaf beyond the tree, a double, a disorder and an immense tree are errors."""
    with pytest.raises(ProofError, match=r"proof\.multiproof"):
        multiproof(TREE, indexes, size)


@pytest.mark.parametrize(("indexes", "size"), [([], 5), ([5], 5), ([-1], 5), ([0], 0), ([0], 2**63)])
def test_a_verifier_refuses_leaves_outside_the_tree(indexes: list[int], size: int) -> None:
    """The verifier names the same misuse as the prover."""
    with pytest.raises(ProofError, match=r"proof\.multiproof"):
        root_from_multiproof(dict.fromkeys(indexes, LEAVES[0]), size, b"")


class CountingTree:
    """A tree of equal leaves that counts how often it is read."""

    def __init__(self) -> None:
        self.reads = 0
        self.levels = [LEAVES[0]]
        for _ in range(63):
            self.levels.append(sha256(b"\x01" + self.levels[-1] * 2).digest())

    def node(self, level: int, index: int) -> bytes:
        """Return the hash over 2^level equal leaves."""
        self.reads += 1
        return self.levels[level]


@pytest.mark.parametrize("size", [10**6, 2**63 - 1])
def test_the_work_follows_the_chosen_leaves_and_not_the_tree(size: int) -> None:
    """Ten leaves of a million, or of 2^63 - 1, cost at most one node a leaf and level, and one right edge."""
    tree = CountingTree()
    chosen = [size // 10 * step for step in range(10)]
    proof = multiproof(tree, chosen, size)
    assert tree.reads <= (10 + 1) * size.bit_length()
    tree_root = root_from_multiproof(dict.fromkeys(chosen, LEAVES[0]), size, proof)
    assert root_from_multiproof({0: LEAVES[0]}, size, multiproof(tree, [0], size)) == tree_root


def test_all_leaves_need_no_proof() -> None:
    """Choosing every leaf leaves nothing to prove."""
    assert multiproof(TREE, range(LARGEST), LARGEST) == b""
    assert root_of(LEAVES) == root_from_multiproof(dict(enumerate(LEAVES)), LARGEST, b"")
