"""The `heads` member of a bundle: where some subjects stand, and that others do not exist, under one heads root.

PROTOCOL sections 8, 9 and 11. Buckets ascend by number and leaves by index; each bucket has the multiproof of its
leaves, and one multiproof leads from the buckets to the root of `log.heads`. The log alone in its bucket::

    {"buckets":[{"bucket":33647,"leaves":[{"index":0,"leaf":"836ff184…"}],"proof":"","size":1}],"proof":"rCJc…"}

A subject is absent if its bucket is empty, or if its place is taken by nobody: between two leaves next to each
other, before the first or behind the last. Each leaf and each bucket must serve one of the subjects asked for.
Problem codes: `proof.heads`, `proof.absent`, `proof.over`, `proof.multiproof`; of the form, `form.*`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ledger import canonical
from ledger.canonical import Value
from ledger.errors import FormError, ProofError
from ledger.heads import (
    BUCKETS,
    LEAF_BYTES,
    MAX_BUCKET_SIZE,
    PublishedTop,
    bucket_of,
    bucket_of_digest,
    subject_digest,
    top_leaf,
)
from ledger.merkle import EMPTY_ROOT, HASH_BYTES, MemoryTree, leaf_hash
from ledger.multiproof import multiproof, root_from_multiproof
from ledger.ports import Snapshot


@dataclass(frozen=True, slots=True)
class BucketProof:
    """Some leaves of one bucket: its number and size, 96-byte leaves by ascending index, and their multiproof."""

    bucket: int
    size: int
    leaves: Mapping[int, bytes]
    proof: bytes


@dataclass(frozen=True, slots=True)
class HeadsProof:
    """The `heads` member as read, nothing verified; `proof` is the top tree's multiproof."""

    buckets: Sequence[BucketProof]
    proof: bytes


@dataclass(frozen=True, slots=True)
class Standing:
    """What a leaf says of its subject: the id of its chain's last event, and its file's digest (32 bytes each)."""

    head: bytes
    file: bytes


@dataclass(frozen=True, slots=True)
class ProvedHeads:
    """What a proof shows if its root is that of a `log.heads`; what was asked for as absent does not exist."""

    root: bytes
    present: Mapping[str, Standing]


def build_heads_proof(snapshot: Snapshot, present: Collection[str], absent: Collection[str]) -> Value:
    """Return the `heads` member for subjects that have begun and for others that have not, as published.

    Raise ProofError `proof.heads` if a subject of `present` has not begun or none is asked for at all, and
    `proof.absent` if one of `absent` has begun.
    """
    asked: dict[int, tuple[list[bytes], list[bytes]]] = {}
    for column, subjects in enumerate((present, absent)):
        for subject in subjects:
            asked.setdefault(bucket_of(subject), ([], []))[column].append(subject_digest(subject))
    buckets: list[Value] = [_build_bucket(snapshot, bucket, *asked[bucket]) for bucket in sorted(asked)]
    if not buckets:
        raise ProofError("proof.heads", "A heads proof speaks of one subject at least.")
    proof = multiproof(PublishedTop(snapshot), sorted(asked), BUCKETS)
    return {"buckets": buckets, "proof": canonical.base64_text(proof)}


def read_heads_proof(value: Value, pointer: str) -> HeadsProof:
    """Return the `heads` member of a bundle's header; raise FormError for any other form."""
    member = canonical.members(value, pointer, ("buckets", "proof"))
    buckets = [
        _read_bucket(item, f"{pointer}/buckets/{position}")
        for position, item in enumerate(
            canonical.array(member["buckets"], f"{pointer}/buckets", max_items=BUCKETS)
        )
    ]
    _check_ascending([each.bucket for each in buckets], f"{pointer}/buckets")
    return HeadsProof(buckets, canonical.base64_bytes(member["proof"], f"{pointer}/proof"))


def check_heads_proof(
    proof: HeadsProof, *, named: Iterable[str], absent: Collection[str], pointer: str
) -> ProvedHeads:
    """Return the root that the proof leads to, and where those of the `named` subjects that it speaks of stand.

    Raise ProofError: `proof.heads` for leaves in a wrong bucket or out of order, `proof.multiproof` for hashes
    missing or over, `proof.absent` unless each of `absent` is proved not to exist, `proof.over` if a leaf or a
    bucket serves no subject. The caller compares the root.
    """
    top = {
        each.bucket: _top_leaf_hash(each, f"{pointer}/buckets/{position}")
        for position, each in enumerate(proof.buckets)
    }
    root = _climb(top, BUCKETS, proof.proof, f"{pointer}/proof")
    shelves = {each.bucket: _Shelf(each) for each in proof.buckets}
    present: dict[str, Standing] = {}
    serving: set[tuple[int, int]] = set()
    for subject in named:
        digest = subject_digest(subject)
        bucket = bucket_of_digest(digest)
        index = shelves[bucket].find(digest) if bucket in shelves else None
        if index is not None:
            leaf = shelves[bucket].bucket.leaves[index]
            present[subject] = Standing(leaf[HASH_BYTES : 2 * HASH_BYTES], leaf[2 * HASH_BYTES :])
            serving.add((bucket, index))
    asked = {bucket_of(subject) for subject in absent}
    for subject in absent:
        digest = subject_digest(subject)
        bucket = bucket_of_digest(digest)
        ends = shelves[bucket].neighbours(digest) if bucket in shelves else None
        if ends is None:
            raise _not_absent(pointer)
        serving |= {(bucket, index) for index in ends}
    for position, each in enumerate(proof.buckets):
        idle = [index for index in each.leaves if (each.bucket, index) not in serving]
        if idle or (not each.leaves and each.bucket not in asked):
            raise ProofError(
                "proof.over", "A leaf or a bucket serves no subject.", pointer=f"{pointer}/buckets/{position}"
            )
    return ProvedHeads(root, present)


def _build_bucket(
    snapshot: Snapshot, bucket: int, present: list[bytes], absent: list[bytes]
) -> dict[str, Value]:
    """Return one bucket with the leaves of present digests and the neighbours of absent ones."""
    leaves = snapshot.bucket(bucket, snapshot.heads_size())
    digests = [leaf[:HASH_BYTES] for leaf in leaves]
    if not set(present) <= set(digests):
        raise ProofError("proof.heads", "A subject has not begun in what is published.")
    if not set(absent).isdisjoint(digests):
        raise ProofError("proof.absent", "A subject to be proved absent has begun.")
    indexes = {digests.index(digest) for digest in present}
    for digest in absent:
        after = bisect_left(digests, digest)
        indexes.update({after - 1, after} & set(range(len(leaves))))
    chosen = sorted(indexes)
    tree = MemoryTree([leaf_hash(leaf) for leaf in leaves])
    proof = multiproof(tree, chosen, len(leaves)) if leaves else b""
    return {
        "bucket": bucket,
        "leaves": [{"index": index, "leaf": leaves[index].hex()} for index in chosen],
        "proof": canonical.base64_text(proof),
        "size": len(leaves),
    }


def _read_bucket(value: Value, pointer: str) -> BucketProof:
    member = canonical.members(value, pointer, ("bucket", "leaves", "proof", "size"))
    bucket = canonical.integer(member["bucket"], f"{pointer}/bucket", minimum=0, maximum=BUCKETS - 1)
    size = canonical.integer(member["size"], f"{pointer}/size", minimum=0, maximum=MAX_BUCKET_SIZE)
    leaves = [
        _read_leaf(item, size, f"{pointer}/leaves/{position}")
        for position, item in enumerate(canonical.array(member["leaves"], f"{pointer}/leaves"))
    ]
    _check_ascending([index for index, _ in leaves], f"{pointer}/leaves")
    if size and not leaves:
        raise FormError(
            "form.missing_member", "A bucket that is not empty shows a leaf.", pointer=f"{pointer}/leaves"
        )
    return BucketProof(
        bucket, size, dict(leaves), canonical.base64_bytes(member["proof"], f"{pointer}/proof")
    )


def _read_leaf(value: Value, size: int, pointer: str) -> tuple[int, bytes]:
    member = canonical.members(value, pointer, ("index", "leaf"))
    index = canonical.integer(member["index"], f"{pointer}/index", minimum=0, maximum=size - 1)
    return index, canonical.hex_digest(member["leaf"], f"{pointer}/leaf", LEAF_BYTES)


def _check_ascending(numbers: Sequence[int], pointer: str) -> None:
    for position, (before, after) in enumerate(pairwise(numbers), start=1):
        if before >= after:
            raise FormError(
                "form.not_a_set",
                "The numbers do not ascend, or one is there twice.",
                pointer=f"{pointer}/{position}",
            )


def _top_leaf_hash(bucket: BucketProof, pointer: str) -> bytes:
    """Return the hash by which a bucket enters the top tree, once its leaves are found to be its own and in order."""
    if any(bucket_of_digest(leaf) != bucket.bucket for leaf in bucket.leaves.values()):
        raise ProofError(
            "proof.heads", "A leaf lies in a bucket that is not its own.", pointer=f"{pointer}/leaves"
        )
    digests = [leaf[:HASH_BYTES] for leaf in bucket.leaves.values()]
    if any(before >= after for before, after in pairwise(digests)):
        raise ProofError("proof.heads", "The leaves of a bucket are not sorted.", pointer=f"{pointer}/leaves")
    if bucket.size:
        leaves = {index: leaf_hash(leaf) for index, leaf in bucket.leaves.items()}
        root = _climb(leaves, bucket.size, bucket.proof, f"{pointer}/proof")
    elif bucket.proof:
        raise ProofError("proof.multiproof", "An empty bucket has no hashes.", pointer=f"{pointer}/proof")
    else:
        root = EMPTY_ROOT
    return leaf_hash(top_leaf(bucket.size, root))


def _climb(leaves: Mapping[int, bytes], size: int, proof: bytes, pointer: str) -> bytes:
    try:
        return root_from_multiproof(leaves, size, proof)
    except ProofError as refused:
        raise ProofError(refused.code, refused.detail, pointer=pointer) from None


class _Shelf:
    """One bucket's leaves by digest, in order, so that a search among many is a bisection."""

    def __init__(self, bucket: BucketProof) -> None:
        self.bucket = bucket
        self.indexes = list(bucket.leaves)
        self.digests = [leaf[:HASH_BYTES] for leaf in bucket.leaves.values()]

    def find(self, digest: bytes) -> int | None:
        """Return the index of a subject's leaf, None if it is not shown."""
        place = bisect_left(self.digests, digest)
        return self.indexes[place] if self.digests[place : place + 1] == [digest] else None

    def neighbours(self, digest: bytes) -> set[int] | None:
        """Return the indexes of the leaves between which a subject would stand; None if they do not show that."""
        place = bisect_left(self.digests, digest)
        before = self.indexes[place - 1] if place else -1
        after = before + 1  # the leaves ascend, so the next one shown, if it is the next one, lies beyond
        ends = {before, after} - {-1, self.bucket.size}
        return ends if ends <= self.bucket.leaves.keys() and self.find(digest) is None else None


def _not_absent(pointer: str) -> ProofError:
    return ProofError("proof.absent", "The proof does not show that a subject is absent.", pointer=pointer)
