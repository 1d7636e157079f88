"""Checkpoints: each root recomputed from the entries alone, and a crash at each step never forks the log."""

from __future__ import annotations

import base64
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import merkle
from ledger.envelope import check_signatures, read_entry
from ledger.errors import LedgerError, StoreError
from ledger.keys import SigningKey
from ledger.log import Log, Pending
from ledger.note import ED25519, VerifierKey, read_note, verify_note
from ledger.ports import HeadFile, Record, Signed, Snapshot, Store, Transaction
from ledger.store import files
from ledger.store.memory import MemoryHeadFile, MemoryStore
from ledger.store.sql import SqlStore

ORIGIN = "log.example/kivu.demo"
LOG_KEY, OPERATOR_KEY = SigningKey(bytes([1] * 32)), SigningKey(bytes([2] * 32))
OPERATOR = "party:" + "o" * 32
GENESIS = sha256(b"genesis").digest()
COSIGNATURE = "— witness.example d2l0bmVzcw==\n"
SUBJECTS = [f"lot:{'a' * 32}/{number}" for number in range(6)]


class Crash(Exception):
    """The process dies right here."""


@dataclass
class Fate:
    """At which durable act the process dies: before it (lost) or right after it (kept)."""

    at: int
    kept: bool
    acts: int = 0

    def strikes(self) -> bool:
        """Count one durable act; tell whether it is the last."""
        self.acts += 1
        return self.acts == self.at


@dataclass
class DyingStore:
    """A store one of whose transactions is lost at its end, or kept without anybody hearing of it."""

    store: Store
    fate: Fate

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """Open the one transaction."""
        last = self.fate.strikes()
        with self.store.write() as transaction:
            yield transaction
            if last and not self.fate.kept:
                raise Crash
        if last:
            raise Crash

    def read(self) -> AbstractContextManager[Snapshot]:
        """Open a snapshot."""
        return self.store.read()


@dataclass
class DyingHead:
    """A head file whose move is lost or kept."""

    head: HeadFile
    fate: Fate

    def read(self) -> Signed | None:
        """Give what is held."""
        return self.head.read()

    def swap(self, expected: Signed | None, new: Signed) -> None:
        """Move on, or die."""
        last = self.fate.strikes()
        if last and not self.fate.kept:
            raise Crash
        self.head.swap(expected, new)
        if last:
            raise Crash


@dataclass
class World:
    """A log with its store and head file, and every root that ever left it, by size."""

    store: Store = field(default_factory=MemoryStore)
    head: HeadFile = field(default_factory=MemoryHeadFile)
    number: int = 0
    roots: dict[int, set[bytes]] = field(default_factory=dict)
    notes: dict[int, set[str]] = field(default_factory=dict)

    def log(self, at: int = 0, *, kept: bool = False) -> Log:
        """Give the log as a fresh process would make it, to die at its durable act number `at`, if not 0."""
        fate = Fate(at, kept)
        return Log(
            DyingStore(self.store, fate),
            DyingHead(self.head, fate),
            origin=ORIGIN,
            log_key=LOG_KEY,
            operator_key=OPERATOR_KEY,
            operator_party=OPERATOR,
            genesis_id=GENESIS.hex(),
        )

    def append(self, *links: str, about: tuple[str, ...] = (), at: int | None = None) -> None:
        """Append an event that extends these subjects; the first is the genesis."""
        event_id = sha256(b"event %d" % self.number).digest() if self.number else GENESIS
        with self.store.write() as transaction:
            time = transaction.last_at() if at is None else at
            transaction.append([Record(b"entry %d" % self.number, time, event_id, links, about)])
        self.number += 1

    def saw(self, pending: Pending | None) -> Pending | None:
        """Remember what left the log."""
        if pending is not None:
            self.roots.setdefault(pending.size, set()).add(pending.root)
            self.notes.setdefault(pending.size, set()).add(pending.note)
        return pending

    def checkpoint(self, at_ms: int | None = None) -> Pending:
        """Cut and publish."""
        log = self.log()
        pending = self.saw(log.cut(at_ms))
        assert pending is not None
        log.publish(pending, pending.note + COSIGNATURE)
        return pending


@pytest.fixture
def world() -> World:
    """A log in memory with its genesis."""
    world = World()
    world.append("log", at=1_000)
    return world


@pytest.fixture
def disk(tmp_path: Path) -> World:
    """A log on disk with its genesis."""
    world = World(SqlStore.create(tmp_path / "ledger.db"), files.HeadFile(tmp_path / "head"))
    world.append("log", at=1_000)
    return world


def refused(code: str, call: Callable[[], object]) -> None:
    """Expect that a call raises an error of the ledger with this code."""
    with pytest.raises(LedgerError) as refusal:
        call()
    assert refusal.value.code == code


def tree_root(hashes: list[bytes]) -> bytes:
    """Compute a root over leaf hashes by the recursion of RFC 6962, section 2.1."""
    if len(hashes) <= 1:
        return hashes[0] if hashes else sha256(b"").digest()
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return sha256(b"\x01" + tree_root(hashes[:split]) + tree_root(hashes[split:])).digest()


def leaf_hashes(data: list[bytes]) -> list[bytes]:
    """Compute the hashes of leaves."""
    return [sha256(b"\x00" + each).digest() for each in data]


def heads_root(records: list[tuple[bytes, tuple[str, ...], tuple[str, ...]]]) -> bytes:
    """Compute PROTOCOL section 8's root from (event id, links, about) of all entries, bucket after bucket."""
    heads: dict[str, list[bytes]] = {}
    for event_id, links, about in records:
        for subject in links:
            heads.setdefault(subject, [b"", bytes(32)])[0] = event_id
        for subject in about:
            heads[subject][1] = sha256(heads[subject][1] + event_id).digest()
    buckets: dict[bytes, list[bytes]] = {}
    for subject, (head, file) in heads.items():
        digest = sha256(subject.encode()).digest()
        buckets.setdefault(digest[:2], []).append(digest + head + file)
    tops = []
    for bucket in range(65536):
        leaves = sorted(buckets.get(bucket.to_bytes(2, "big"), []))
        tops.append(len(leaves).to_bytes(4, "big") + tree_root(leaf_hashes(leaves)))
    return tree_root(leaf_hashes(tops))


def check_published(world: World) -> list[int]:
    """Check every published checkpoint against the entries alone; give their sizes."""
    with world.store.read() as snapshot:
        entries = list(snapshot.entries(0, snapshot.size()))
        sizes = [size for size in range(len(entries) + 1) if snapshot.checkpoint(size)]
        notes = [read_note(snapshot.checkpoint(size) or b"") for size in sizes]
        proofs = [merkle.consistency_proof(snapshot, *pair) for pair in pairwise(sizes)]
    roots = [tree_root(leaf_hashes(entries[:size])) for size in sizes]
    for size, root, note in zip(sizes, roots, notes, strict=True):
        assert note.text == f"{ORIGIN}\n{size}\n{base64.b64encode(root).decode()}\n"
        assert verify_note(note, [VerifierKey.of(ORIGIN, ED25519, LOG_KEY.public)])
        statement = read_entry(entries[size - 1]).envelope
        check_signatures(statement)
        assert (statement.payload.type, statement.payload.body["size"]) == ("log.heads", size - 1)
        assert world.roots.get(size, {root}) == {root}
    for at, proof in enumerate(proofs):
        merkle.check_consistency(sizes[at], sizes[at + 1], roots[at], roots[at + 1], proof)
    assert all(len(each) == 1 for each in (*world.roots.values(), *world.notes.values()))
    return sizes


def test_the_first_checkpoint_is_genesis_and_heads(world: World) -> None:
    """Size 2: the genesis, and the operator's signed statement about it, at the genesis' time."""
    world.checkpoint()
    assert check_published(world) == [2]
    with world.store.read() as snapshot:
        entry = read_entry(snapshot.entry(1))
    payload = entry.envelope.payload
    assert payload.body == {"root": heads_root([(GENESIS, ("log",), ())]).hex(), "size": 1}
    assert (payload.type, payload.actor, payload.counter, payload.log) == (
        "log.heads",
        OPERATOR,
        1,
        GENESIS.hex(),
    )
    assert (payload.links, payload.about, entry.at, payload.claimed_at) == (
        (),
        (),
        1000,
        "1970-01-01T00:00:01Z",
    )


@pytest.mark.slow
def test_heads_are_those_of_brute_force_checkpoint_after_checkpoint(disk: World) -> None:
    """Each statement's root is that of all 65,536 buckets, computed from the events alone."""
    records = [(GENESIS, ("log",), ())]
    for round_ in range(4):
        for number in range(round_ + 1):
            links, about = (SUBJECTS[number], SUBJECTS[round_ + 1]), (("log",) if round_ % 2 else ())
            records.append((sha256(b"event %d" % disk.number).digest(), links, about))
            disk.append(*links, about=about)
        pending = disk.checkpoint()
        with disk.store.read() as snapshot:
            stated = read_entry(snapshot.entry(pending.size - 1)).envelope
            assert stated.payload.body == {"root": heads_root(records).hex(), "size": len(records)}
            assert snapshot.heads_node(16, 0) == heads_root(records)
            assert (stated.payload.counter, snapshot.heads_count()) == (round_ + 1, round_ + 1)
        records.append((bytes.fromhex(stated.event_id), (), ()))
    assert check_published(disk) == [3, 6, 10, 15]


def test_without_new_entries_nothing_is_cut(world: World) -> None:
    """An idle log makes no checkpoints, and an empty one neither."""
    assert World().log().cut(5) is None
    world.checkpoint()
    assert world.log().cut(9_000_000) is None
    assert check_published(world) == [2]


def test_the_logs_time_never_goes_back(world: World) -> None:
    """The statement's time is the clock's, or that of the entry before it if that is later or there is no clock."""
    for at_ms, expected in ((5_000, 5_000), (4_000, 5_000), (None, 5_000), (7_999, 7_999)):
        world.append(SUBJECTS[0])
        pending = world.checkpoint(at_ms)
        with world.store.read() as snapshot:
            entry = read_entry(snapshot.entry(pending.size - 1))
            assert (entry.at, entry.envelope.payload.claimed_at_ms) == (expected, expected // 1000 * 1000)
            assert snapshot.last_at() == expected


def test_one_checkpoint_is_in_flight_at_a_time(world: World) -> None:
    """Until what was signed is published nothing further is signed."""
    pending = world.log().cut()
    world.append(SUBJECTS[0])
    refused("store.pending", world.log().cut)
    assert pending is not None
    world.log().publish(pending, pending.note)
    world.checkpoint()
    assert check_published(world) == [2, 4]


def test_a_checkpoint_is_cosigned_again(world: World) -> None:
    """The newest one may be published again with newer lines, until a later one is signed."""
    assert world.log().newest() is None
    first = world.checkpoint()
    again = world.log().newest()
    assert again is not None
    assert (again.size, again.root, again.note) == (first.size, first.root, first.note)
    world.log().publish(again, again.note + COSIGNATURE + COSIGNATURE)
    with world.store.read() as snapshot:
        assert snapshot.checkpoint() == (again.note + COSIGNATURE + COSIGNATURE).encode()
    world.append(SUBJECTS[0])
    second = world.log().cut()
    assert (second is not None, world.log().newest()) == (True, None)
    refused("store.conflict", lambda: world.log().publish(again, again.note))
    refused("note.other", lambda: world.log().publish(again, first.note.replace("2\n", "3\n", 1)))


def test_a_witness_gets_a_proof_from_any_size(world: World) -> None:
    """The proof from each earlier size leads to the pending root."""
    for number in range(9):
        world.append(SUBJECTS[number % 6])
    pending = world.log().cut()
    assert pending is not None
    with world.store.read() as snapshot:
        for size in range(pending.size + 1):
            proof = world.log().consistency(size, pending)
            merkle.check_consistency(size, pending.size, merkle.root(snapshot, size), pending.root, proof)


@pytest.mark.parametrize("first", ["first", "later"])
@pytest.mark.parametrize("outcome", ["lost", "kept"])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_crash_at_each_step_is_finished_by_the_next_start(
    world: World, at: int, outcome: str, first: str
) -> None:
    """Transaction, head file, publication: lost or kept, `start` signs the same bytes or nothing was signed."""
    kept = outcome == "kept"
    if first != "first":
        world.checkpoint()
        world.append(SUBJECTS[0], SUBJECTS[1])
    dying = world.log(at, kept=kept)
    with suppress(Crash):
        pending = world.saw(dying.cut(2_000))
        dying.publish(pending, pending.note)
        pytest.fail("there are three durable acts")
    left = world.saw(world.log().start())
    assert (left is None) == ((at, kept) in {(1, False), (3, True)})
    if left is not None:
        world.log().publish(left, left.note + COSIGNATURE)
    assert world.log().start() is None
    world.append(SUBJECTS[2])
    world.checkpoint(3_000)
    sizes = check_published(world)
    before, entries = ([], 1) if first == "first" else ([2], 3)
    nothing_happened = (at, kept) == (1, False)
    assert sizes == before + ([entries + 2] if nothing_happened else [entries + 1, entries + 3])


steps = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 4), st.booleans(), st.sampled_from([None, 2_000, 90_000])),
    max_size=8,
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(steps)
def test_no_crashes_ever_give_two_roots_for_one_size(steps: list[tuple[int, int, bool, int | None]]) -> None:
    """Whatever is appended and wherever we die, again and again: one root a size, each extending the last."""
    world = World()
    world.append("log", at=1_000)
    for events, at, kept, at_ms in steps:
        for number in range(events):
            world.append(SUBJECTS[number], about=("log",))
        log = world.log(at, kept=kept)
        with suppress(Crash):
            left = world.saw(log.start())
            if left is not None:
                log.publish(left, left.note + COSIGNATURE)
            pending = world.saw(log.cut(at_ms))
            if pending is not None:
                log.publish(pending, pending.note + COSIGNATURE)
        held = world.head.read()
        if held is not None:
            world.roots.setdefault(held.size, set()).add(held.root)
    left = world.saw(world.log().start())
    if left is not None:
        world.log().publish(left, left.note)
    check_published(world)


def test_a_restored_database_is_refused(disk: World, tmp_path: Path) -> None:
    """A copy from before the last checkpoint is behind the head file: `start` says so and nothing is signed."""
    disk.checkpoint()
    disk.append(SUBJECTS[0])
    disk.store.close()
    shutil.copy(tmp_path / "ledger.db", tmp_path / "old.db")
    disk.append(SUBJECTS[1])
    disk.checkpoint()
    old = World(SqlStore.open(tmp_path / "old.db"), disk.head, number=100)
    refused("store.behind", old.log().start)
    held = disk.head.read()
    refused("head.moved", old.log().cut)  # who does not ask `start` is stopped before anything leaves the log
    assert disk.head.read() == held
    refused("store.behind", old.log().start)


def test_a_database_with_another_past_is_refused(world: World) -> None:
    """Same size, other entries: the head file and each witness notice."""
    world.checkpoint()
    other = World(head=world.head)
    other.append("log", about=(), at=999)
    log = World(other.store, MemoryHeadFile())
    log.checkpoint()
    refused("store.forked", other.log().start)
    held = world.head.read()
    assert held is not None
    refused("store.forked", lambda: log.log().start([held]))
    assert world.log().start([held, Signed(0, sha256(b"").digest())]) is None
    refused("store.behind", lambda: world.log().start([Signed(3, bytes(32))]))


def test_another_logs_database_is_refused() -> None:
    """A database that begins with another genesis is not signed for with this log's keys."""
    world = World(number=1)
    world.append("log", at=1_000)
    refused("store.foreign", world.log().start)


def test_a_head_file_lost_or_set_back_is_noticed(world: World) -> None:
    """Without the head file of this database nobody can tell whether the database is the newest."""
    first = world.checkpoint()
    world.append(SUBJECTS[0])
    world.checkpoint()
    world.head = MemoryHeadFile()
    refused("head.missing", world.log().start)
    world.head.swap(None, Signed(first.size, first.root))
    refused("head.stale", world.log().start)


@pytest.mark.parametrize("hashes", ["zeroblob(96)", "zeroblob(32)"])
def test_a_tree_changed_behind_our_back_is_never_signed(disk: World, tmp_path: Path, hashes: str) -> None:
    """Nodes from which the next root would be computed are compared with the root signed before."""
    disk.checkpoint()
    with sqlite3.connect(tmp_path / "ledger.db", isolation_level=None) as intruder:
        intruder.execute(f"UPDATE nodes SET hashes = {hashes}")
    intruder.close()
    held = disk.head.read()
    refused("store.corrupt", disk.log().start)
    refused("store.corrupt", lambda: [disk.append(SUBJECTS[0]), disk.log().cut()])
    assert disk.head.read() == held


@pytest.mark.parametrize("when", ["appended", "signed"])
def test_entries_changed_behind_our_back_are_never_signed(disk: World, tmp_path: Path, when: str) -> None:
    """What the database returns is counted again before signing: one changed byte, and nothing leaves the log."""
    disk.checkpoint()
    disk.append(SUBJECTS[0])
    held = disk.head.read()
    if when == "signed":
        with pytest.raises(Crash):
            disk.log(at=1, kept=True).cut()
    with sqlite3.connect(tmp_path / "ledger.db", isolation_level=None) as intruder:
        intruder.execute("DROP TRIGGER entries_refuse_update")
        intruder.execute("UPDATE entries SET entry = ? WHERE idx = 2", (b"entry X",))
    intruder.close()
    refused("store.corrupt", disk.log().start if when == "signed" else disk.log().cut)
    assert disk.head.read() == held
    refused("store.corrupt", disk.log().start)


def test_heads_changed_behind_our_back_are_never_signed(disk: World, tmp_path: Path) -> None:
    """A statement about other heads than the database now shows is not sealed."""
    disk.append(SUBJECTS[0])
    with pytest.raises(Crash):
        disk.log(at=1, kept=True).cut()
    with sqlite3.connect(tmp_path / "ledger.db", isolation_level=None) as intruder:
        intruder.execute("INSERT INTO file VALUES (0, 1, ?)", (bytes([1] * 32),))
    intruder.close()
    refused("store.corrupt", disk.log().start)
    assert disk.head.read() is None


def test_a_head_file_that_cannot_be_read_stops_the_start(disk: World, tmp_path: Path) -> None:
    """Half a head file is not taken for none."""
    disk.checkpoint()
    (tmp_path / "head").write_text("2\n")
    with pytest.raises(StoreError, match=r"head\.unreadable"):
        disk.log().start()
