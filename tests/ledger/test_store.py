"""The contract of a store, run on every implementation against a naive one that keeps a list and scans it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger import merkle
from ledger.errors import StoreError
from ledger.ports import Head, Record, Signed, Snapshot, Store
from ledger.store import memory, sqlite
from ledger.store.memory import MemoryStore
from ledger.store.sql import SqlStore

MakeStore: TypeAlias = Callable[[], Store]

SUBJECTS = ["log", *(f"{kind}:{name}" for kind in ("lot", "party", "site") for name in ("a/1", "a/2", "b/1"))]


@pytest.fixture(params=["memory", "sqlite"])
def make_store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MakeStore]:
    """A maker of empty stores of each kind."""
    made: list[Store] = []

    def make() -> Store:
        folder = tmp_path_factory.mktemp("store")
        made.append(
            MemoryStore() if request.param == "memory" else SqlStore.create(Path(folder, "ledger.db"))
        )
        return made[-1]

    yield make
    for store in made:
        store.close()


@pytest.fixture
def store(make_store: MakeStore) -> Store:
    """One empty store of each kind."""
    return make_store()


def a_record(number: int, links: Sequence[str] = (), about: Sequence[str] = ()) -> Record:
    """Give the record with this number; its time is 1,000 ms and ten for each number."""
    event_id = sha256(b"event %d" % number).digest()
    return Record(b"entry %d" % number, 1000 + 10 * number, event_id, tuple(links), tuple(about))


def append(store: Store, *records: Record) -> None:
    """Append records in one transaction."""
    with store.write() as transaction:
        transaction.append(records)


def refused(code: str, call: Callable[[], object]) -> None:
    """Expect that a call raises StoreError with this code."""
    with pytest.raises(StoreError) as refusal:
        call()
    assert refusal.value.code == code


class Undone(Exception):
    """Raised in a transaction that is to be undone."""


def undo_unless(*, kept: bool) -> None:
    """End a transaction, one way or the other."""
    if not kept:
        raise Undone


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """Compute the root by the recursion of RFC 6962, section 2.1."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + tree_root(leaves[:split]) + tree_root(leaves[split:])).digest()


@dataclass
class Naive:
    """What a store says, by scanning a list."""

    records: list[Record]

    def chain(self, subject: str, size: int) -> list[int]:
        """Scan for the events that extend a subject's chain."""
        return [index for index, each in enumerate(self.records[:size]) if subject in each.links]

    def file(self, subject: str, size: int) -> list[int]:
        """Scan for the events filed on a subject."""
        return [index for index, each in enumerate(self.records[:size]) if subject in each.about]

    def leaf(self, subject: str, size: int) -> bytes | None:
        """Compute the leaf of PROTOCOL section 8 from its definition."""
        chain, digest = self.chain(subject, size), bytes(32)
        for index in self.file(subject, size):
            digest = sha256(digest + self.records[index].event_id).digest()
        return (
            sha256(subject.encode()).digest() + self.records[chain[-1]].event_id + digest if chain else None
        )

    def head(self, subject: str) -> Head | None:
        """Give first and last event of a chain, and the file's digest."""
        chain, leaf = self.chain(subject, len(self.records)), self.leaf(subject, len(self.records))
        return Head(chain[0], chain[-1], leaf[32:64], leaf[64:]) if leaf else None

    def changed(self, start: int, stop: int) -> list[str]:
        """Scan for the subjects that a range of entries names."""
        return sorted({name for each in self.records[start:stop] for name in each.links + each.about})

    def bucket(self, bucket: int, size: int) -> list[bytes]:
        """Compute the leaves of all subjects and choose."""
        leaves = [self.leaf(subject, size) for subject in SUBJECTS]
        return sorted(leaf for leaf in leaves if leaf and int.from_bytes(leaf[:2], "big") == bucket)


def same_as_naive(snapshot: Snapshot, naive: Naive) -> None:
    """Compare every answer, as of every size, with the naive store's."""
    total = len(naive.records)
    assert snapshot.size() == total
    assert list(snapshot.entries(0, total)) == [each.entry for each in naive.records]
    assert [snapshot.index_of(each.event_id) for each in naive.records] == list(range(total))
    for size in range(total + 1):
        for subject in SUBJECTS:
            assert snapshot.chain(subject, size) == naive.chain(subject, size)
            assert snapshot.file(subject, size) == naive.file(subject, size)
            assert snapshot.leaf(subject, size) == naive.leaf(subject, size)
            bucket = int.from_bytes(sha256(subject.encode()).digest()[:2], "big")
            assert snapshot.bucket(bucket, size) == naive.bucket(bucket, size)
        assert snapshot.changed(size, total) == naive.changed(size, total)
        assert merkle.root(snapshot, size) == tree_root([each.entry for each in naive.records[:size]])
    for subject in SUBJECTS:
        assert snapshot.head(subject) == naive.head(subject)


def test_an_empty_log_has_nothing(store: Store) -> None:
    """A new store answers every question, with nothing."""
    with store.read() as snapshot:
        assert (snapshot.size(), snapshot.last_at()) == (0, 0)
        assert (snapshot.heads_size(), snapshot.heads_count()) == (0, 0)
        assert snapshot.signed() == Signed(0, sha256(b"").digest())
        assert snapshot.checkpoint() is None
        assert list(snapshot.entries(0, 0)) == []
        assert (snapshot.head("log"), snapshot.leaf("log", 0), snapshot.state("log")) == (None, None, None)
        assert (snapshot.changed(0, 9), snapshot.subjects("lot"), snapshot.bucket(33647, 9)) == ([], [], [])
        assert snapshot.index_of(bytes(32)) is None


def test_an_entry_comes_back_byte_for_byte(store: Store) -> None:
    """Entries are found by index, range and event id; any bytes will do."""
    every_byte = Record(bytes(range(256)), 5, bytes(32), ("log",), ())
    append(store, every_byte, a_record(1))
    with store.read() as snapshot:
        assert (snapshot.entry(0), snapshot.entry(1)) == (bytes(range(256)), b"entry 1")
        assert list(snapshot.entries(1, 2)) == [b"entry 1"]
        assert (snapshot.index_of(bytes(32)), snapshot.last_at()) == (0, 1010)


def test_an_entry_that_is_not_there_is_missing(store: Store) -> None:
    """Asking beyond the end, or before the beginning, is an error and not an empty answer."""
    append(store, a_record(0))
    with store.read() as snapshot:
        for index in (-1, 1, 2**40):
            refused("store.missing", lambda index=index: snapshot.entry(index))
        refused("store.missing", lambda: list(snapshot.entries(0, 2)))


steps = st.lists(
    st.tuples(
        st.booleans(),
        st.lists(
            st.tuples(
                st.sets(st.sampled_from(SUBJECTS), max_size=3), st.sets(st.sampled_from(SUBJECTS), max_size=2)
            ),
            min_size=1,
            max_size=4,
        ),
    ),
    max_size=5,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_any_history_answers_like_a_scan_of_it(
    make_store: MakeStore, steps: list[tuple[bool, list[tuple[set[str], set[str]]]]]
) -> None:
    """After any commits and undone transactions, each answer as of each size is that of the naive store."""
    store, naive, number = make_store(), Naive([]), 0
    for kept, events in steps:
        records = []
        begun = {subject for each in naive.records for subject in each.links}
        for links, about in events:
            begun |= links
            records.append(a_record(number, sorted(links), sorted((about & begun) - links)))
            number += 1
        try:
            with store.write() as transaction:
                for record in records:
                    transaction.append([record])
                same_as_naive(transaction, Naive(naive.records + records))
                undo_unless(kept=kept)
        except Undone:
            records = []
        naive.records += records
        with store.read() as snapshot:
            same_as_naive(snapshot, naive)


def test_nodes_are_those_of_rfc_6962_at_each_size(store: Store) -> None:
    """Roots at sizes 1 to 600, written in commits of 1, 2, 3, … entries, are those of the naive recursion."""
    records = [a_record(number) for number in range(600)]
    at = 0
    for step in range(1, 36):
        if at < 600:
            append(store, *records[at : at + step])
            at = min(at + step, 600)
    with store.read() as snapshot:
        for size in range(1, 601):
            assert merkle.root(snapshot, size) == tree_root([each.entry for each in records[:size]])


def test_a_node_that_is_not_full_is_refused(store: Store) -> None:
    """Only hashes that can never change are served."""
    append(store, *(a_record(number) for number in range(3)))
    with store.read() as snapshot:
        assert snapshot.node(1, 0) == tree_root([b"entry 0", b"entry 1"])
        for level, index in ((0, 3), (1, 1), (2, 0), (-1, 0), (0, -1), (63, 0)):
            refused("store.node", lambda level=level, index=index: snapshot.node(level, index))
        for level, index in ((0, 65536), (16, 1), (17, 0), (-1, 0), (0, -1)):
            refused("store.node", lambda level=level, index=index: snapshot.heads_node(level, index))


def test_a_snapshot_sees_nothing_of_later_commits(store: Store) -> None:
    """What was read once is read again, whatever is committed meanwhile."""
    append(store, a_record(0, ["lot:a/1"]))
    with store.write() as transaction:
        transaction.put_states({"lot:a/1": b"old"})
        transaction.publish(1, b"note 1", {(0, 5): bytes(32)})
    with store.read() as snapshot:
        with store.write() as transaction:
            transaction.append(
                [a_record(1, ["lot:a/1", "lot:a/2"], ["log"] * 0), a_record(2, [], ["lot:a/1"])]
            )
            transaction.put_states({"lot:a/1": b"new"})
            transaction.count_heads()
            transaction.put_signed(Signed(3, bytes(32)))
            transaction.publish(3, b"note 3", {(0, 5): bytes([1] * 32)})
        same_as_naive(snapshot, Naive([a_record(0, ["lot:a/1"])]))
        assert (snapshot.state("lot:a/1"), snapshot.checkpoint(), snapshot.checkpoint(3)) == (
            b"old",
            b"note 1",
            None,
        )
        assert (snapshot.heads_node(0, 5), snapshot.heads_size(), snapshot.heads_count()) == (bytes(32), 0, 0)
        assert (snapshot.signed().size, snapshot.subjects("lot"), snapshot.last_at()) == (
            0,
            ["lot:a/1"],
            1000,
        )
        assert (snapshot.changed(0, 9), snapshot.chain("lot:a/1", 9)) == (["lot:a/1"], [0])
        assert (snapshot.file("lot:a/1", 9), snapshot.index_of(a_record(1).event_id)) == ([], None)
        assert (snapshot.leaf("lot:a/2", 9), snapshot.leaf("lot:a/1", 9)) == (
            None,
            snapshot.leaf("lot:a/1", 1),
        )
        refused("store.missing", lambda: snapshot.entry(1))
        refused("store.node", lambda: snapshot.node(0, 1))
    with store.read() as later:
        assert (later.state("lot:a/1"), later.checkpoint(), later.checkpoint(1)) == (
            b"new",
            b"note 3",
            b"note 1",
        )
        assert (later.heads_node(0, 5), later.heads_size(), later.heads_count()) == (bytes([1] * 32), 2, 1)
        assert (later.signed(), later.subjects("lot")) == (Signed(3, bytes(32)), ["lot:a/1", "lot:a/2"])


def test_a_transaction_that_raises_leaves_nothing(store: Store) -> None:
    """Entries, nodes, states, counts, heads and notes all go, and the next writer finds the log as it was."""
    append(store, a_record(0, ["log"]))
    with suppress(Undone), store.write() as transaction:
        transaction.append([a_record(number, ["log", "lot:a/1"]) for number in range(1, 300)])
        transaction.put_states({"log": b"state"})
        transaction.count_heads()
        transaction.put_signed(Signed(9, bytes(32)))
        transaction.publish(9, b"note", {(0, 7): bytes(32)})
        undo_unless(kept=False)
    with store.read() as snapshot:
        same_as_naive(snapshot, Naive([a_record(0, ["log"])]))
        assert (snapshot.state("log"), snapshot.heads_count(), snapshot.signed().size) == (None, 0, 0)
        assert (snapshot.checkpoint(), snapshot.heads_size(), snapshot.subjects("lot")) == (None, 0, [])
        assert snapshot.heads_node(0, 7) != bytes(32)
    append(store, a_record(1, ["lot:a/1"]))
    with store.read() as snapshot:
        same_as_naive(snapshot, Naive([a_record(0, ["log"]), a_record(1, ["lot:a/1"])]))


def test_an_event_enters_a_log_once(store: Store) -> None:
    """An event id that is there already is refused, in the same transaction and in a later one."""
    append(store, a_record(0, ["log"]))
    refused("store.conflict", lambda: append(store, a_record(1), a_record(0)))
    refused("store.conflict", lambda: append(store, a_record(1), a_record(1)))
    with store.read() as snapshot:
        same_as_naive(snapshot, Naive([a_record(0, ["log"])]))


def test_nothing_is_filed_on_a_subject_that_has_not_begun(store: Store) -> None:
    """A file without a chain would be a leaf without a head."""
    refused("store.conflict", lambda: append(store, a_record(0, ["lot:a/1"], ["lot:a/2", "lot:a/1"])))
    with store.read() as snapshot:
        same_as_naive(snapshot, Naive([]))


def test_a_refused_event_undoes_its_transaction_even_if_nobody_listens(store: Store) -> None:
    """A caller that swallows the refusal cannot commit the half that went in."""

    def swallow() -> None:
        with store.write() as transaction:
            transaction.append([a_record(1, ["log"])])
            with pytest.raises(StoreError):
                transaction.append([a_record(2), a_record(0)])
            transaction.append([a_record(3)])

    append(store, a_record(0))
    refused("store.conflict", swallow)
    with store.read() as snapshot:
        same_as_naive(snapshot, Naive([a_record(0)]))


def test_subjects_are_listed_by_kind_and_in_pages(store: Store) -> None:
    """A page begins beyond the last subject of the page before; `log` is a kind of its own."""
    append(store, a_record(0, ["log", "lot:b/1", "lot:a/2", "lot:a/1", "party:a"]), a_record(1, ["lots:a/1"]))
    with store.read() as snapshot:
        assert snapshot.subjects("lot") == ["lot:a/1", "lot:a/2", "lot:b/1"]
        assert snapshot.subjects("lot", limit=2) == ["lot:a/1", "lot:a/2"]
        assert snapshot.subjects("lot", after="lot:a/2", limit=2) == ["lot:b/1"]
        assert snapshot.subjects("lot", after="lot:b/1") == []
        assert (snapshot.subjects("log"), snapshot.subjects("log", after="log")) == (["log"], [])
        assert (snapshot.subjects("party"), snapshot.subjects("site")) == (["party:a"], [])


def test_states_are_replaced_one_by_one(store: Store) -> None:
    """What the floor above keeps of one subject does not touch another's."""
    for states in ({"lot:a/1": b"1", "lot:a/2": b"2"}, {"lot:a/2": b"3"}):
        with store.write() as transaction:
            transaction.put_states(states)
            assert transaction.state("lot:a/2") == states["lot:a/2"]
    with store.read() as snapshot:
        assert [snapshot.state(f"lot:a/{number}") for number in (1, 2, 3)] == [b"1", b"3", None]


@pytest.mark.parametrize("back", [Signed(4, bytes(32)), Signed(5, bytes([1] * 32)), Signed(0, bytes(32))])
def test_what_is_signed_never_goes_back(store: Store, back: Signed) -> None:
    """Neither a smaller size nor another root for the same size can be recorded as signed."""
    with store.write() as transaction:
        transaction.put_signed(Signed(5, bytes(32)))
        transaction.put_signed(Signed(5, bytes(32)))

    def go_back() -> None:
        with store.write() as transaction:
            transaction.put_signed(back)

    refused("store.conflict", go_back)
    with store.read() as snapshot:
        assert snapshot.signed() == Signed(5, bytes(32))


def test_publishing_switches_the_top_tree_and_keeps_the_notes(store: Store) -> None:
    """Only the given nodes change; a size published again has its newest note; an older size is refused."""
    with store.read() as snapshot:
        empty_leaf, empty_root = snapshot.heads_node(0, 9), snapshot.heads_node(16, 0)
    with store.write() as transaction:
        transaction.publish(2, b"two", {(0, 8): bytes([8] * 32), (16, 0): bytes([2] * 32)})
        assert transaction.heads_node(16, 0) == bytes([2] * 32)
    with store.write() as transaction:
        transaction.publish(
            5, b"five", {(0, 65535): bytes([9] * 32), (3, 8191): bytes([7] * 32), (4, 0): bytes(32)}
        )
        transaction.publish(5, b"five, cosigned again", {})
    with store.read() as snapshot:
        assert (snapshot.heads_node(0, 8), snapshot.heads_node(0, 9)) == (bytes([8] * 32), empty_leaf)
        assert (snapshot.heads_node(0, 65535), snapshot.heads_node(3, 8191)) == (
            bytes([9] * 32),
            bytes([7] * 32),
        )
        assert (snapshot.heads_node(4, 0), snapshot.heads_node(16, 0)) == (bytes(32), bytes([2] * 32))
        assert snapshot.heads_node(16, 0) != empty_root
        assert (snapshot.checkpoint(2), snapshot.checkpoint(), snapshot.heads_size()) == (
            b"two",
            b"five, cosigned again",
            4,
        )

    def go_back() -> None:
        with store.write() as transaction:
            transaction.publish(4, b"four", {})

    refused("store.conflict", go_back)


@pytest.mark.slow
def test_readers_never_see_half_a_commit(store: Store) -> None:
    """While one writes 60 commits, eight readers find size, entries, tree, chain and state in agreement."""
    done = threading.Event()

    def read_until_done() -> int:
        seen = last = 0
        while not done.is_set() or seen == 0:
            with store.read() as snapshot:
                size = snapshot.size()
                entries = list(snapshot.entries(0, size))
                assert merkle.root(snapshot, size) == merkle.root_of(
                    [merkle.leaf_hash(each) for each in entries]
                )
                assert snapshot.chain("log", size) == list(range(size))
                assert snapshot.state("log") == (b"%d" % size if size else None)
                assert (len(entries), size >= last) == (size, True)
                last, seen = size, seen + 1
        return seen

    with ThreadPoolExecutor(8) as pool:
        readers = [pool.submit(read_until_done) for _ in range(8)]
        for commit in range(60):
            with store.write() as transaction:
                transaction.append([a_record(3 * commit + each, ["log"]) for each in range(3)])
                transaction.put_states({"log": b"%d" % (3 * commit + 3)})
        done.set()
        assert all(reader.result(timeout=30) > 0 for reader in readers)


def test_a_writer_waits_only_so_long(monkeypatch: pytest.MonkeyPatch, make_store: MakeStore) -> None:
    """Who opens a transaction while another is open is refused after a while, and the first one is not harmed."""
    monkeypatch.setattr(memory, "TURN_SECONDS", 0.05)
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.05)
    store = make_store()
    with store.write() as transaction:
        refused("store.locked", lambda: append(store, a_record(1)))
        transaction.append([a_record(0)])
    append(store, a_record(1))
    with store.read() as snapshot:
        assert snapshot.size() == 2


def test_racing_writers_take_turns(store: Store) -> None:
    """Each of 100 transactions reads the size and builds on it: none is lost, none forks the chain."""

    def write(writer: int) -> None:
        for turn in range(25):
            with store.write() as transaction:
                before = transaction.head("log")
                state = transaction.state("log") or b"0"
                transaction.append([a_record(1000 * writer + turn, ["log"])])
                transaction.put_states({"log": b"%d" % (int(state) + 1)})
                assert (before.index if before else -1) + 1 == transaction.size() - 1

    with ThreadPoolExecutor(4) as pool:
        for finished in [pool.submit(write, writer) for writer in range(4)]:
            finished.result(timeout=30)
    with store.read() as snapshot:
        assert (snapshot.size(), snapshot.state("log"), snapshot.chain("log", 100)) == (
            100,
            b"100",
            list(range(100)),
        )
