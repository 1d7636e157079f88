"""Heads against brute force: all 65,536 buckets hashed with nothing but hashlib, and every proof attacked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import canonical, heads
from ledger.canonical import Value
from ledger.errors import LedgerError
from ledger.heads_proof import HeadsProof, ProvedHeads, build_heads_proof, check_heads_proof, read_heads_proof
from ledger.ports import Record, Snapshot
from ledger.store.memory import MemoryStore

HEADS = "/heads"


def tree_root(hashes: list[bytes]) -> bytes:
    """Compute a root over leaf hashes by the recursion of RFC 6962, section 2.1."""
    if len(hashes) <= 1:
        return hashes[0] if hashes else sha256(b"").digest()
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return sha256(b"\x01" + tree_root(hashes[:split]) + tree_root(hashes[split:])).digest()


def leaf_hashes(data: list[bytes]) -> list[bytes]:
    """Compute the hashes of leaves."""
    return [sha256(b"\x00" + each).digest() for each in data]


def naive_root(standing: Mapping[str, tuple[bytes, bytes]]) -> bytes:
    """Compute PROTOCOL section 8's root from each subject's head and file, bucket after bucket."""
    buckets: list[list[bytes]] = [[] for _ in range(65536)]
    for subject, (head, file) in standing.items():
        digest = sha256(subject.encode()).digest()
        buckets[digest[0] * 256 + digest[1]].append(digest + head + file)
    tops = [len(each).to_bytes(4, "big") + tree_root(leaf_hashes(sorted(each))) for each in buckets]
    return tree_root(leaf_hashes(tops))


@cache
def neighbours() -> tuple[str, ...]:
    """Find subjects that share four buckets, for in a small log hardly any two meet in one."""
    names = (f"lot:{number}" for number in range(300_000))
    wanted = {b"\x00\x00", b"\x12\x34", b"\x80\x00", b"\xff\xff"}
    return tuple(name for name in names if sha256(name.encode()).digest()[:2] in wanted)


def an_event(number: int, links: tuple[str, ...], about: tuple[str, ...] = ()) -> Record:
    """Give a record with an id of its own."""
    return Record(b"%d" % number, number, sha256(b"%d" % number).digest(), links, about)


@dataclass
class World:
    """A published log, and where each of its subjects stands."""

    snapshot: Snapshot
    root: bytes
    standing: dict[str, tuple[bytes, bytes]]


def a_world(subjects: list[str], filed: frozenset[str] = frozenset()) -> World:
    """Publish a log in which each of the subjects has one event, and some also a file of one."""
    store, standing = MemoryStore(), {}
    with store.write() as transaction:
        for number, subject in enumerate(subjects):
            transaction.append([an_event(number, (subject,))])
            standing[subject] = (sha256(b"%d" % number).digest(), bytes(32))
        for number, subject in enumerate(sorted(filed & set(subjects)), start=len(subjects)):
            transaction.append([an_event(number, (), (subject,))])
            file = sha256(bytes(32) + sha256(b"%d" % number).digest()).digest()
            standing[subject] = (standing[subject][0], file)
        size = transaction.size()
        transaction.append([an_event(size, ())])
        top = heads.changes(transaction, size)
        root = heads.root_after(transaction, top)
        transaction.publish(size + 1, b"note", top)
    with store.read() as snapshot:
        return World(snapshot, root, standing)


def proved(value: Value, named: list[str], absent: list[str]) -> ProvedHeads:
    """Read and check a `heads` member, as a verifier does, from its bytes."""
    again = canonical.read(canonical.write(value), max_bytes=2**24)
    return check_heads_proof(read_heads_proof(again, HEADS), named=named, absent=absent, pointer=HEADS)


def test_a_leaf_is_subject_head_and_file() -> None:
    """SHA-256 of the subject, its head and its file, 96 bytes; the first two choose the bucket."""
    head, file = bytes([1] * 32), bytes([2] * 32)
    digest = bytes.fromhex(
        "836ff184e7b41b1e13cb5fd89fa1de98dbbab99e9d2918913ff43b86a5c7c213"
    )  # sha256sum of "log"
    assert heads.leaf("log", head, file) == digest + head + file
    assert (heads.bucket_of("log"), heads.bucket_of_digest(digest)) == (0x836F, 0x836F)


def test_an_empty_log_has_65536_empty_buckets() -> None:
    """The root of nothing is that of 65,536 leaves that each say: no subjects, root SHA-256 of nothing."""
    empty = b"\x00\x00\x00\x00" + bytes.fromhex(
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )
    level = sha256(b"\x00" + empty).digest()
    for expected in heads.EMPTY_NODES:
        assert level == expected
        level = sha256(b"\x01" + level + level).digest()
    with MemoryStore().read() as snapshot:
        assert heads.root_at(snapshot, 0) == heads.EMPTY_NODES[16] == naive_root({})


def test_each_publication_equals_brute_force() -> None:
    """Five times, after some dozens of events each, the nodes updated from the last tree give the naive root."""
    store, standing, number = MemoryStore(), dict[str, tuple[bytes, bytes]](), 0
    names = [*neighbours(), "log", *(f"party:{each}" for each in range(40))]
    for round_ in range(5):
        with store.write() as transaction:
            for subject in names[round_ :: 4 - round_ % 2]:
                about = tuple(each for each in list(standing)[: number % 3] if each != subject)
                event = an_event(number, (subject,), about)
                transaction.append([event])
                standing[subject] = (event.event_id, standing.get(subject, (b"", bytes(32)))[1])
                for filed in event.about:
                    head, file = standing[filed]
                    standing[filed] = (head, sha256(file + event.event_id).digest())
                number += 1
            root = heads.root_at(transaction, number)
            top = heads.changes(transaction, number)
            transaction.append([an_event(number, ())])
            number += 1
            transaction.publish(number, b"note", top)
        assert root == naive_root(standing)
        with store.read() as snapshot:
            assert snapshot.heads_node(16, 0) == root
            assert heads.changes(snapshot, number) == {}


def test_an_update_costs_seventeen_hashes_a_bucket() -> None:
    """One changed bucket changes its own path alone; two neighbours share all but their leaves."""
    with MemoryStore().read() as snapshot:
        top = heads.PublishedTop(snapshot)
        one = heads.update(top, {5: bytes(32)})
        assert sorted(one) == [(level, 5 >> level) for level in range(17)]
        assert len(heads.update(top, {4: bytes(32), 5: bytes(32)})) == 18
        assert heads.update(top, {}) == {}


subsets = st.lists(st.sampled_from(neighbours()), unique=True, max_size=12)


@settings(max_examples=60, deadline=None)
@given(begun=subsets, asked=subsets, filed=st.frozensets(st.sampled_from(neighbours()), max_size=4))
def test_each_subject_is_proved_present_or_absent(
    begun: list[str], asked: list[str], filed: frozenset[str]
) -> None:
    """Any choice of subjects is proved under the one root: those that have begun with head and file, others absent."""
    world = a_world(begun, filed)
    present = [subject for subject in asked if subject in world.standing] or begun[:1]
    absent = [subject for subject in asked if subject not in world.standing]
    if present or absent:
        value = build_heads_proof(world.snapshot, present, absent)
        result = proved(value, list(neighbours()), absent)
        assert result.root == world.root
        shown = {subject: (each.head, each.file) for subject, each in result.present.items()}
        assert shown.items() >= {subject: world.standing[subject] for subject in present}.items()
        assert shown.items() <= world.standing.items()


def test_a_root_is_that_of_brute_force_in_the_proof_too() -> None:
    """What a proof leads to is the root of all 65,536 buckets, hashed without us."""
    world = a_world([*neighbours(), "log"])
    value = build_heads_proof(world.snapshot, ["log", neighbours()[0]], ["party:nobody"])
    assert proved(value, ["log", neighbours()[0]], ["party:nobody"]).root == naive_root(world.standing)


def refused(code: str, call: Callable[[], object]) -> None:
    """Expect that a call raises an error of the ledger with this code."""
    with pytest.raises(LedgerError) as refusal:
        call()
    assert refusal.value.code == code


def test_nobody_who_exists_is_proved_absent() -> None:
    """Whatever leaves of its bucket are shown, a subject that has begun is never absent, nor is one not looked at."""
    bucket = [name for name in neighbours() if heads.bucket_of(name) == 0x1234]
    world = a_world(bucket)
    for victim in bucket:
        refused("proof.absent", lambda victim=victim: build_heads_proof(world.snapshot, [], [victim]))
    for shown in range(1, 2 ** len(bucket)):
        chosen = [name for bit, name in enumerate(bucket) if shown >> bit & 1]
        value = build_heads_proof(world.snapshot, chosen, [])
        for victim in bucket:
            refused("proof.absent", lambda value=value, victim=victim: proved(value, bucket, [victim]))
    elsewhere = build_heads_proof(a_world(["log"]).snapshot, ["log"], [])
    refused("proof.absent", lambda: proved(elsewhere, ["log"], bucket))


def test_a_subject_that_has_not_begun_cannot_be_built_as_present() -> None:
    """The builder says so instead of leaving it out; and a proof of nothing is none."""
    world = a_world(["log"])
    refused("proof.heads", lambda: build_heads_proof(world.snapshot, ["log", "party:a"], []))
    refused("proof.heads", lambda: build_heads_proof(world.snapshot, [], []))


def test_what_serves_nobody_is_over() -> None:
    """A leaf, or an empty bucket, that no subject asked for needs is refused."""
    world = a_world(["log", "party:a"])
    both = build_heads_proof(world.snapshot, ["log", "party:a"], [])
    refused("proof.over", lambda: proved(both, ["log"], []))
    empty = build_heads_proof(world.snapshot, ["log"], ["party:nobody"])
    refused("proof.over", lambda: proved(empty, ["log"], []))
    assert proved(empty, ["log"], ["party:nobody"]).root == world.root


def forged(leaves: Mapping[int, bytes], size: int) -> Value:
    """Write a `heads` member of one bucket whose shown leaves are all it needs (size 1 or 2)."""
    digest = next(iter(leaves.values()))
    bucket = {
        "bucket": int.from_bytes(digest[:2], "big"),
        "leaves": [{"index": index, "leaf": leaf.hex()} for index, leaf in leaves.items()],
        "proof": canonical.base64_text(bytes(32 * (size - len(leaves)))),
        "size": size,
    }
    return {"buckets": [bucket], "proof": canonical.base64_text(bytes(32 * 16))}


def test_a_bucket_with_subjects_shows_one() -> None:
    """A bucket's size is only as good as the leaves that lead to its root."""
    value = forged({0: bytes(96)}, 1)
    value["buckets"][0]["leaves"] = []
    refused("form.missing_member", lambda: proved(value, [], []))


def test_leaves_must_lie_sorted_in_their_own_bucket() -> None:
    """An operator who signs a bucket out of order, or a leaf in a foreign bucket, could hide what is there."""
    low, high = bytes(96), b"\x00\x00" + bytes([255] * 94)
    refused(
        "proof.over", lambda: proved(forged({0: low, 1: high}, 2), [], [])
    )  # in order: only not asked for
    for leaves in ({0: high, 1: low}, {0: low, 1: low}, {0: low, 1: b"\x00\x01" + bytes(94)}):
        refused("proof.heads", lambda leaves=leaves: proved(forged(leaves, 2), [], []))


def mutants(value: Value) -> Iterator[Value]:
    """Give a JSON value with each of its parts dropped, doubled, moved or changed, one at a time."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield {other: kept for other, kept in value.items() if other != name}
            yield from ({**value, name: changed} for changed in mutants(inner))
        yield {**value, "v": 1}
    elif isinstance(value, list):
        for at, item in enumerate(value):
            before, after = value[:at], value[at + 1 :]
            yield from (before + after, [*before, item, item, *after], [*before, *after, item])
            yield from ([*before, changed, *after] for changed in mutants(item))
    elif isinstance(value, int):
        yield from (value - 1, value + 1, value ^ 2**16, 0)
    else:
        yield from ("", value[:-44], f"{canonical.base64_text(bytes(33))[:-4]}{value}")
        for at in range(0, len(value), 7):
            yield from (value[:at] + other + value[at + 1 :] for other in "0Af")


def test_no_mutant_leads_to_the_root() -> None:
    """Each part of a proof dropped, doubled, moved or changed: refused, or the root is another."""
    world = a_world([*neighbours()[::2], "log"])
    present, absent = ["log", *neighbours()[:4:2]], [*neighbours()[1:8:2], "party:nobody"]
    value = build_heads_proof(world.snapshot, present, absent)
    emptied = [{**each, "leaves": [], "proof": "", "size": 0} for each in value["buckets"]]
    hidden = [
        {**value, "buckets": [*value["buckets"][:at], empty, *value["buckets"][at + 1 :]]}
        for at, empty in enumerate(emptied)
    ]
    attacks = [mutant for mutant in (*mutants(value), *hidden) if mutant != value]
    assert len(attacks) > 1000
    named = ["log", *neighbours()]
    assert proved(value, named, absent).root == world.root
    for mutant in attacks:
        with suppress(LedgerError):
            assert proved(mutant, named, absent).root != world.root


@given(
    st.recursive(
        st.integers() | st.text(max_size=8) | st.booleans(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["buckets", "proof", "bucket", "leaves", "size", "index", "leaf"]),
                inner,
                max_size=5,
            )
        ),
        max_leaves=12,
    )
)
def test_reading_takes_a_heads_member_or_says_why_not(value: Value) -> None:
    """Any JSON value is read, or refused with an error of ours: never another exception."""
    with suppress(LedgerError):
        assert isinstance(read_heads_proof(value, HEADS), HeadsProof)
