"""RFC 6962 trees: roots and both proofs against the RFC's own recursive definitions, spelt out here."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import ProofError, StoreError
from ledger.merkle import (
    EMPTY_ROOT,
    Frontier,
    MemoryTree,
    check_consistency,
    check_inclusion,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    root_from_inclusion,
    root_of,
)

VECTORS = Path(__file__).parents[3] / "shared/vectors/tlog"
LARGEST = 70  # exhaustive up to here: beyond 64, so that seven levels and their edges occur
DATA = [f"leaf {index}".encode() for index in range(LARGEST)]
LEAVES = [sha256(b"\x00" + data).digest() for data in DATA]


def mth(leaves: Sequence[bytes]) -> bytes:
    """Return RFC 6962's MTH, from hashes of leaves."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = rfc_split(len(leaves))
    return sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def rfc_split(n: int) -> int:
    """Return k, the largest power of two smaller than n, by trying them all."""
    return max(1 << power for power in range(8) if 1 << power < n)


def rfc_path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Return RFC 6962's PATH(m, D[n])."""
    if len(leaves) == 1:
        return []
    k = rfc_split(len(leaves))
    if m < k:
        return [*rfc_path(m, leaves[:k]), mth(leaves[k:])]
    return [*rfc_path(m - k, leaves[k:]), mth(leaves[:k])]


def rfc_subproof(m: int, leaves: Sequence[bytes], *, whole: bool) -> list[bytes]:
    """Return RFC 6962's SUBPROOF(m, D[n], b)."""
    n = len(leaves)
    if m == n:
        return [] if whole else [mth(leaves)]
    k = rfc_split(n)
    if m <= k:
        return [*rfc_subproof(m, leaves[:k], whole=whole), mth(leaves[k:])]
    return [*rfc_subproof(m - k, leaves[k:], whole=False), mth(leaves[:k])]


class UniformTree:
    """A tree of any size whose leaves are all alike, so that its nodes need no memory."""

    def node(self, level: int, index: int) -> bytes:
        """Return the hash over 2^level equal leaves."""
        value = LEAVES[0]
        for _ in range(level):
            value = sha256(b"\x01" + value + value).digest()
        return value


def a_tree(size: int = LARGEST) -> MemoryTree:
    """Build the tree over the first leaves."""
    return MemoryTree(LEAVES[:size])


@pytest.fixture(scope="module")
def known_answers() -> dict[str, Any]:
    """Load the answers of another implementation for the leaves "kat leaf 0" and so on."""
    path = VECTORS / "known-answers/tlog_kat.json"
    if not path.exists():
        pytest.skip("the vectors folder ../shared/vectors is absent")
    answers: dict[str, Any] = orjson.loads(path.read_bytes())
    return answers


@pytest.fixture(scope="module")
def known_tree() -> MemoryTree:
    """Build the tree that the known answers are about."""
    return MemoryTree([leaf_hash(f"kat leaf {index}".encode()) for index in range(600)])


def test_hashes_are_sha256_with_the_prefixes_of_rfc_6962() -> None:
    """A leaf, a node and the empty tree hash as section 2.1 says."""
    assert sha256(b"").digest() == EMPTY_ROOT
    assert sha256(b"\x00abc").digest() == leaf_hash(b"abc")
    assert sha256(b"\x01" + LEAVES[0] + LEAVES[1]).digest() == node_hash(LEAVES[0], LEAVES[1])


@pytest.mark.parametrize("size", range(LARGEST + 1))
def test_every_way_to_a_root_gives_the_rfcs(size: int) -> None:
    """Tree, part of a larger tree, frontier, loaded frontier and list of leaves agree with MTH."""
    expected = mth(LEAVES[:size])
    assert expected == a_tree(size).root()
    assert expected == a_tree().root(size)
    assert expected == root(a_tree(), size)
    assert expected == root_of(LEAVES[:size])
    assert expected == Frontier.load(a_tree(), size).root()


@pytest.mark.parametrize("size", range(1, LARGEST + 1))
def test_every_inclusion_proof_is_the_rfcs_and_holds(size: int) -> None:
    """For each leaf of each size the path is PATH, and leads to the root."""
    tree, expected_root = a_tree(), mth(LEAVES[:size])
    for index in range(size):
        expected = rfc_path(index, LEAVES[:size])
        assert expected == inclusion_proof(tree, index, size)
        assert expected_root == root_from_inclusion(LEAVES[index], index, size, expected)
        check_inclusion(LEAVES[index], index, size, expected, expected_root)


@pytest.mark.parametrize("new", range(1, LARGEST + 1))
def test_every_consistency_proof_is_the_rfcs_and_holds(new: int) -> None:
    """For each pair of sizes the proof is PROOF, and joins the two roots."""
    tree, new_root = a_tree(), mth(LEAVES[:new])
    for old in range(1, new + 1):
        expected = rfc_subproof(old, LEAVES[:new], whole=True)
        assert expected == consistency_proof(tree, old, new)
        check_consistency(old, new, mth(LEAVES[:old]), new_root, expected)


def test_another_implementations_roots_and_proofs_are_ours(
    known_answers: dict[str, Any], known_tree: MemoryTree
) -> None:
    """Roots, inclusion and consistency proofs equal the known answers up to 600 leaves."""
    for size, expected in known_answers["roots"].items():
        assert expected == known_tree.root(int(size)).hex()
    for case in known_answers["inclusion"]:
        proof = inclusion_proof(known_tree, case["index"], case["size"])
        assert case["proof"] == [value.hex() for value in proof]
    for case in known_answers["consistency"]:
        proof = consistency_proof(known_tree, case["old"], case["new"])
        assert case["proof"] == [value.hex() for value in proof]


@pytest.mark.parametrize("number", range(5))
def test_published_merkle_vectors_hold(number: int) -> None:
    """The verifiers accept the vectors of the transparency-dev project."""
    folder = VECTORS / "merkle"
    if not folder.exists():
        pytest.skip("the vectors folder ../shared/vectors is absent")
    inclusion = orjson.loads((folder / f"inclusion-{number}.json").read_bytes())
    consistency = orjson.loads((folder / f"consistency-{number}.json").read_bytes())
    assert not inclusion["wantErr"]
    assert not consistency["wantErr"]
    path = [b64decode(value) for value in inclusion["proof"] or []]
    leaf, expected = b64decode(inclusion["leafHash"]), b64decode(inclusion["root"])
    check_inclusion(leaf, inclusion["leafIdx"], inclusion["treeSize"], path, expected)
    path = [b64decode(value) for value in consistency["proof"] or []]
    roots = b64decode(consistency["root1"]), b64decode(consistency["root2"])
    check_consistency(consistency["size1"], consistency["size2"], *roots, path)


def broken(path: list[bytes], draw: st.DataObject) -> list[bytes]:
    """Return the path with one hash dropped, doubled, swapped with another, changed or added."""
    trick = draw.draw(st.sampled_from(["add", "drop", "double", "change", "swap", "shorten"]))
    if not path or trick == "add":
        return [*path, LEAVES[0]]
    at = draw.draw(st.integers(0, len(path) - 1))
    other = draw.draw(st.integers(0, len(path) - 1))
    if trick == "drop":
        return path[:at] + path[at + 1 :]
    if trick == "double":
        return path[: at + 1] + path[at:]
    if trick == "shorten":
        return [*path[:at], path[at][:-1], *path[at + 1 :]]
    if trick == "swap" and at != other:
        swapped = list(path)
        swapped[at], swapped[other] = path[other], path[at]
        return swapped
    bit = 1 << draw.draw(st.integers(0, 255))
    changed = (int.from_bytes(path[at], "big") ^ bit).to_bytes(32, "big")
    return [*path[:at], changed, *path[at + 1 :]]


@given(st.data(), st.integers(1, LARGEST))
def test_a_broken_inclusion_path_is_refused(draw: st.DataObject, size: int) -> None:
    """No path with a hash dropped, doubled, swapped, changed, shortened or added leads to the root."""
    index = draw.draw(st.integers(0, size - 1))
    path = broken(inclusion_proof(a_tree(), index, size), draw)
    with pytest.raises(ProofError) as refusal:
        check_inclusion(LEAVES[index], index, size, path, mth(LEAVES[:size]))
    assert refusal.value.code in {"proof.inclusion", "proof.length"}


@given(st.data(), st.integers(1, LARGEST))
def test_a_broken_consistency_proof_is_refused(draw: st.DataObject, new: int) -> None:
    """No proof with a hash dropped, doubled, swapped, changed, shortened or added joins two roots."""
    old = draw.draw(st.integers(1, new))
    path = broken(consistency_proof(a_tree(), old, new), draw)
    with pytest.raises(ProofError) as refusal:
        check_consistency(old, new, mth(LEAVES[:old]), mth(LEAVES[:new]), path)
    assert refusal.value.code in {"proof.consistency", "proof.length"}


@given(st.data(), st.integers(2, LARGEST))
def test_a_path_proves_its_leaf_at_its_index_only(draw: st.DataObject, size: int) -> None:
    """Neither another leaf at the index nor the leaf at another index passes."""
    index, other = draw.draw(st.lists(st.integers(0, size - 1), min_size=2, max_size=2, unique=True))
    path, expected_root = inclusion_proof(a_tree(), index, size), mth(LEAVES[:size])
    for leaf, claimed in ((LEAVES[other], index), (LEAVES[index], other)):
        with pytest.raises(ProofError):
            check_inclusion(leaf, claimed, size, path, expected_root)


@given(st.data(), st.integers(2, LARGEST))
def test_a_rewritten_history_is_inconsistent(draw: st.DataObject, new: int) -> None:
    """A tree in which one old leaf was changed has no proof from the old root, its own included."""
    old = draw.draw(st.integers(1, new - 1))
    changed = draw.draw(st.integers(0, old - 1))
    rewritten = MemoryTree([*LEAVES[:changed], leaf_hash(b"forged"), *LEAVES[changed + 1 : new]])
    with pytest.raises(ProofError, match=r"proof\.consistency"):
        check_consistency(
            old, new, mth(LEAVES[:old]), rewritten.root(), consistency_proof(rewritten, old, new)
        )


def test_the_empty_tree_grows_into_any_tree_without_proof() -> None:
    """From size 0 the proof is empty, and the old root must be that of the empty tree."""
    assert consistency_proof(a_tree(), 0, 5) == []
    check_consistency(0, 5, EMPTY_ROOT, mth(LEAVES[:5]), [])
    check_consistency(0, 0, EMPTY_ROOT, EMPTY_ROOT, [])
    for old_root, new_root, path in (
        (LEAVES[0], mth(LEAVES[:5]), []),
        (EMPTY_ROOT, mth(LEAVES[:5]), [LEAVES[0]]),
    ):
        with pytest.raises(ProofError):
            check_consistency(0, 5, old_root, new_root, path)
    with pytest.raises(ProofError, match=r"proof\.consistency"):
        check_consistency(0, 0, EMPTY_ROOT, LEAVES[0], [])


def test_a_tree_is_consistent_with_itself_alone() -> None:
    """At equal sizes the proof is empty and the roots are equal."""
    assert consistency_proof(a_tree(), 7, 7) == []
    check_consistency(7, 7, mth(LEAVES[:7]), mth(LEAVES[:7]), [])
    with pytest.raises(ProofError, match=r"proof\.consistency"):
        check_consistency(7, 7, mth(LEAVES[:7]), mth(LEAVES[1:8]), [])
    with pytest.raises(ProofError, match=r"proof\.length"):
        check_consistency(7, 7, mth(LEAVES[:7]), mth(LEAVES[:7]), [LEAVES[0]])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5), (0, -1), (0, 2**63)])
def test_an_index_outside_the_tree_is_refused(index: int, size: int) -> None:
    """Prover and verifier refuse an index that the tree has not, and a tree larger than 2^63 - 1."""
    with pytest.raises(ProofError, match=r"proof\.inclusion"):
        inclusion_proof(UniformTree(), index, size)
    with pytest.raises(ProofError, match=r"proof\.inclusion"):
        root_from_inclusion(LEAVES[0], index, size, [])


@pytest.mark.parametrize(("old", "new"), [(6, 5), (-1, 5), (1, 2**63)])
def test_a_tree_that_shrinks_is_refused(old: int, new: int) -> None:
    """Prover and verifier refuse an old size beyond the new one, and sizes out of range."""
    with pytest.raises(ProofError, match=r"proof\.consistency"):
        consistency_proof(UniformTree(), old, new)
    with pytest.raises(ProofError, match=r"proof\.consistency"):
        check_consistency(old, new, LEAVES[0], LEAVES[0], [])


@given(st.data(), st.integers(1, 2**63 - 1))
def test_proofs_hold_in_trees_of_every_size_up_to_the_limit(draw: st.DataObject, size: int) -> None:
    """In trees up to 2^63 - 1 leaves both proofs hold, with at most ceil(log2 n) and ceil(log2 n) + 1 hashes."""
    tree = UniformTree()
    index, old = draw.draw(st.integers(0, size - 1)), draw.draw(st.integers(1, size))
    inclusion, consistency = inclusion_proof(tree, index, size), consistency_proof(tree, old, size)
    depth = (size - 1).bit_length()
    assert len(inclusion) <= depth
    assert len(consistency) <= depth + 1  # RFC 6962 section 2.1.2
    check_inclusion(LEAVES[0], index, size, inclusion, root(tree, size))
    check_consistency(old, size, root(tree, old), root(tree, size), consistency)


def test_a_frontier_hands_out_each_node_once_when_it_is_complete() -> None:
    """Appending n leaves yields 2n - popcount(n) nodes, each perfect and with its RFC hash."""
    frontier, seen = Frontier(), {}
    for size, leaf in enumerate(LEAVES, start=1):
        for level, index, value in frontier.append(leaf):
            assert (level, index) not in seen
            assert (index + 1) << level <= size
            assert mth(LEAVES[index << level : (index + 1) << level]) == value
            seen[level, index] = value
        assert len(seen) == 2 * size - size.bit_count()
        assert frontier.size == size
        assert frontier.hashes == Frontier.load(a_tree(), size).hashes


def test_a_frontiers_copy_grows_apart() -> None:
    """What is appended to a copy does not touch the original."""
    frontier = Frontier.load(a_tree(), 5)
    frontier.copy().append(LEAVES[5])
    assert frontier.size == 5
    assert mth(LEAVES[:5]) == frontier.root()


@pytest.mark.parametrize(("size", "count"), [(0, 1), (3, 1), (4, 2), (-1, 1)])
def test_a_frontier_without_its_hashes_is_refused(size: int, count: int) -> None:
    """A size and a number of hashes that do not belong together make no frontier."""
    with pytest.raises(ProofError, match=r"proof\.length"):
        Frontier(size, LEAVES[:count])


@pytest.mark.parametrize(("level", "index"), [(0, 5), (1, 2), (3, 0), (0, -1), (-1, 0), (9, 0)])
def test_a_node_that_is_not_complete_cannot_be_read(level: int, index: int) -> None:
    """A tree of five leaves has no nodes but its eight perfect subtrees."""
    with pytest.raises(StoreError, match=r"store\.missing"):
        a_tree(5).node(level, index)
