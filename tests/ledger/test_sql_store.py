"""What only a database can get wrong: durability settings, forgotten locks, foreign files, failing disks."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from hashlib import sha256
from pathlib import Path

import pytest

from ledger import merkle, ports
from ledger.errors import StoreError
from ledger.ports import Record
from ledger.store import sqlite
from ledger.store.packing import place
from ledger.store.sql import SqlStore

PROJECT = Path(ports.__file__).parents[1]


def a_record(number: int, *links: str) -> Record:
    """Give the record with this number."""
    return Record(b"entry %d" % number, number, sha256(b"event %d" % number).digest(), links, ())


def append(store: SqlStore, *records: Record) -> None:
    """Append records in one transaction."""
    with store.write() as transaction:
        transaction.append(records)


def refused(code: str, call: Callable[[], object]) -> None:
    """Expect that a call raises StoreError with this code, a sentence and a way out."""
    with pytest.raises(StoreError) as refusal:
        call()
    assert refusal.value.code == code
    assert refusal.value.detail.endswith(".")
    assert refusal.value.hint


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database lies."""
    return tmp_path / "ledger.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqlStore]:
    """A log of three entries in which one lot has a chain of two."""
    store = SqlStore.create(path)
    append(store, a_record(0, "log"), a_record(1, "lot:a"), a_record(2, "lot:a"))
    with store.write() as transaction:
        transaction.append([Record(b"filed", 3, bytes(32), (), ("lot:a",))])
    yield store
    store.close()


@pytest.fixture
def intruder(store: SqlStore, path: Path) -> Iterator[sqlite3.Connection]:
    """Somebody else's connection to the same file, without any of our settings."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=0)
    yield connection
    connection.close()


def test_a_commit_waits_for_the_disk(store: SqlStore) -> None:
    """WAL with synchronous=FULL (2), read back on a connection of the pool."""
    session = sqlite.Session(store._engine, sqlite.BEGIN_READING)
    assert session.row("PRAGMA journal_mode") == (b"wal",)
    assert session.row("PRAGMA synchronous") == (2,)
    assert session.row("PRAGMA foreign_keys") == (0,)
    session.close()


def test_a_database_that_cannot_do_that_is_refused(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """A setting that does not read back as asked stops the start: here synchronous=NORMAL is found."""
    weaker = [("synchronous", "NORMAL", 2)]
    monkeypatch.setattr(sqlite, "_PRAGMAS", weaker)
    refused("store.unsafe", lambda: SqlStore.create(path))


def test_a_forgotten_lock_cannot_fork_a_chain(intruder: sqlite3.Connection) -> None:
    """Whatever the program does, one subject has one event after each event, one after none, and one id once."""
    (sid,) = intruder.execute("SELECT sid FROM subjects WHERE subject = 'lot:a'").fetchone()
    for prev in (-1, 1):
        with pytest.raises(sqlite3.IntegrityError):
            intruder.execute("INSERT INTO chain VALUES (?, ?, 9, 'id')", (sid, prev))
    with pytest.raises(sqlite3.IntegrityError):
        intruder.execute("INSERT INTO chain VALUES (?, 5, 5, 'id')", (sid,))
    with pytest.raises(sqlite3.IntegrityError):
        intruder.execute("INSERT INTO events VALUES (?, 9)", (bytes(32),))
    with pytest.raises(sqlite3.IntegrityError):
        intruder.execute("INSERT INTO subjects VALUES (9, 0, 'lot:a')")


@pytest.mark.parametrize("table", ["entries", "events", "subjects", "chain", "file"])
def test_rows_of_the_log_refuse_update_and_delete(intruder: sqlite3.Connection, table: str) -> None:
    """Nobody changes or deletes what was logged by an ordinary statement, not even to the same value."""
    columns = [name for _, name, *_ in intruder.execute(f"PRAGMA table_info({table})")]
    for change in (*(f"UPDATE {table} SET {name} = {name}" for name in columns), f"DELETE FROM {table}"):
        with pytest.raises(sqlite3.IntegrityError, match="never changed"):
            intruder.execute(change)


def test_two_transactions_from_one_past_cannot_both_commit(store: SqlStore) -> None:
    """If the lock fails and another writer commits in between, the size compared at the end does not match."""

    def overtaken() -> None:
        with store.write() as transaction:
            transaction._session.change("UPDATE log SET size = size + 1")  # as if the lock had let someone in
            transaction.append([a_record(7)])

    refused("store.conflict", overtaken)
    with store.read() as snapshot:
        assert snapshot.size() == 4


def test_writers_of_several_processes_take_turns(store: SqlStore, path: Path) -> None:
    """Two stores on one file share no lock but the database's: each of 60 transactions builds on the one before."""
    other = SqlStore.open(path)

    def write(mine: SqlStore, number: int) -> None:
        for turn in range(30):
            with mine.write() as transaction:
                before = transaction.head("log")
                transaction.append([a_record(number + turn, "log")])
                assert before is not None
                assert transaction.chain("log", 100)[-2:] == [before.index, transaction.size() - 1]

    with ThreadPoolExecutor(2) as pool:
        for finished in [pool.submit(write, store, 100), pool.submit(write, other, 200)]:
            finished.result(timeout=30)
    other.close()
    with store.read() as snapshot:
        assert (snapshot.size(), len(snapshot.chain("log", 100))) == (64, 61)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE chain SET event_id = 5",
        "UPDATE chain SET event_id = 'short'",
        "UPDATE file SET digest = 7",
        "UPDATE file SET digest = 'short'",
        "UPDATE subjects SET subject = CAST(x'ff' AS TEXT) WHERE sid = 0",
        "UPDATE log SET size = 'many'",
        "DELETE FROM log",
        "DELETE FROM nodes",
    ],
)
def test_values_of_another_kind_are_named(store: SqlStore, intruder: sqlite3.Connection, change: str) -> None:
    """Where an intruder, or a flipped bit, left a number for a digest or half of one, the database is damaged."""
    for table in ("chain", "file", "subjects"):
        intruder.execute(f"DROP TRIGGER {table}_refuse_update")
    intruder.execute(change)

    def read_all() -> None:
        with store.read() as snapshot:
            snapshot.leaf("lot:a", 4)
            snapshot.changed(0, 4)
            merkle.root(snapshot, 4)

    refused("store.node" if "nodes" in change else "store.corrupt", read_all)
    if change.endswith(("= 5", "= 7")):
        refused("store.corrupt", lambda: append(store, a_record(5, "lot:a")))


def test_packs_cut_short_are_named(store: SqlStore, intruder: sqlite3.Connection) -> None:
    """A tree with hashes missing is damaged: neither is it empty, nor is it written on from there."""
    with store.write() as transaction:
        transaction.publish(4, b"note", {(0, 3): bytes(32)})
    intruder.execute("UPDATE tops SET hashes = zeroblob(32)")
    with store.read() as snapshot:
        refused("store.corrupt", lambda: snapshot.heads_node(0, 3))

    def publish() -> None:
        with store.write() as transaction:
            transaction.publish(5, b"note", {(0, 3): bytes(32)})

    refused("store.corrupt", publish)


def test_a_log_is_found_again(store: SqlStore, path: Path) -> None:
    """What one process closed another opens: entries, tree and chains."""
    store.close()
    again = SqlStore.open(path)
    append(again, a_record(4, "lot:a"))
    with again.read() as snapshot:
        assert (snapshot.size(), snapshot.chain("lot:a", 9)) == (5, [1, 2, 4])
        assert merkle.root(snapshot, 5) == merkle.root_of(list(map(merkle.leaf_hash, snapshot.entries(0, 5))))
    again.close()


def test_what_is_no_log_of_ours_is_refused(tmp_path: Path, store: SqlStore, path: Path) -> None:
    """No file, a text, an empty file, another program's tables, another version: each has its sentence."""
    refused("store.absent", lambda: SqlStore.open(tmp_path / "nothing.db"))
    assert not (tmp_path / "nothing.db").exists()
    refused("store.absent", lambda: SqlStore.create(tmp_path / "no folder" / "ledger.db"))
    (tmp_path / "text.db").write_text("not a database, but long enough to be looked at\n" * 40)
    refused("store.foreign", lambda: SqlStore.open(tmp_path / "text.db"))
    (tmp_path / "empty.db").touch()
    refused("store.foreign", lambda: SqlStore.open(tmp_path / "empty.db"))
    refused("store.in_use", lambda: SqlStore.create(path))
    store.close()
    with sqlite3.connect(path) as other:
        other.execute("UPDATE log SET version = 999")
    other.close()
    refused("store.version", lambda: SqlStore.open(path))


def test_a_writer_elsewhere_is_waited_for_and_then_named(
    monkeypatch: pytest.MonkeyPatch, store: SqlStore, path: Path
) -> None:
    """A database that another process keeps locked gives `store.locked`; readers go on; then writing does, too."""
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.05)
    ours = SqlStore.open(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    refused("store.locked", lambda: append(ours, a_record(5)))
    with ours.read() as snapshot:
        assert snapshot.size() == 4
    other.execute("ROLLBACK")
    other.close()
    append(ours, a_record(5))

    def twice_in_one_thread() -> None:
        with ours.write():
            append(ours, a_record(6))

    refused("store.locked", twice_in_one_thread)
    ours.close()


def test_a_full_disk_loses_nothing_and_passes(store: SqlStore) -> None:
    """Without room for more pages an append is refused whole; with room again it goes through."""
    large = Record(bytes(50_000), 9, bytes([9] * 32), ("lot:b",), ())

    def limited(pages: int) -> None:
        with store.write() as transaction:
            (used,) = transaction._session.row("PRAGMA page_count")
            transaction._session.row(f"PRAGMA max_page_count = {used + pages}")
            transaction.append([large])

    refused("store.full", lambda: limited(2))
    with store.read() as snapshot:
        assert (snapshot.size(), snapshot.head("lot:b")) == (4, None)
    limited(1000)
    with store.read() as snapshot:
        assert snapshot.entry(4) == bytes(50_000)


def test_a_read_only_database_is_named(store: SqlStore, path: Path) -> None:
    """Reading goes on where writing is forbidden."""
    store.close()
    engine = sqlite.connect(path)
    session = sqlite.Session(engine, sqlite.BEGIN_READING)
    session.row("PRAGMA query_only = ON")
    refused("store.read_only", lambda: session.change("UPDATE log SET last_at = 0"))
    session.close()
    engine.dispose()


def test_after_a_commit_that_failed_nothing_more_is_written(
    monkeypatch: pytest.MonkeyPatch, store: SqlStore, path: Path
) -> None:
    """An fsync that failed leaves the disk unknown: no later transaction is acknowledged until a new start."""
    change = sqlite.Session.change

    def failing(session: sqlite.Session, sql: str, *values: object) -> int:
        if sql == "COMMIT":
            raise sqlite.explain(sqlite3.OperationalError("disk I/O error"))
        return change(session, sql, *values)

    with monkeypatch.context() as broken:
        broken.setattr(sqlite.Session, "change", failing)
        refused("store.failed", lambda: append(store, a_record(5)))
    refused("store.unsafe", lambda: append(store, a_record(5)))
    with store.read() as snapshot:
        assert snapshot.size() == 4
    again = SqlStore.open(path)
    append(again, a_record(5))
    again.close()


def test_damage_is_never_a_foreign_exception(store: SqlStore, path: Path) -> None:
    """Each 512th byte of the file inverted in turn: reading everything works, or raises StoreError."""
    append(store, *(a_record(number, "log", f"lot:{number}") for number in range(4, 300)))
    store.close()
    whole = path.read_bytes()
    for at in range(0, len(whole), 512):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        with suppress(StoreError), closing(SqlStore.open(path)) as damaged, damaged.read() as snapshot:
            size = min(snapshot.size(), 300)
            list(snapshot.entries(0, size))
            merkle.root(snapshot, size)
            answers = [[snapshot.head(name), snapshot.leaf(name, size)] for name in ("log", "lot:77")]
            answers += [snapshot.chain("log", size), snapshot.changed(0, size), snapshot.subjects("lot")]
            assert len(answers) == 5


def test_packs_hold_each_node_once_and_only_grow() -> None:
    """In the order in which a growing tree completes its nodes, places are 0, 1, 2, … of each pack."""
    filled: dict[tuple[int, int], int] = {}
    tree = merkle.Frontier()
    for height, leaves in ((8, 70_000), (4, 5_000)):
        filled.clear()
        tree = merkle.Frontier()
        for _ in range(leaves):
            for level, index, _hash in tree.append(bytes(32)):
                at = place(level, index, height)
                assert at.position == filled.get((at.level, at.pack), 0)
                filled[at.level, at.pack] = at.position + 1
        assert filled[0, 0] == 2 * (2**height - 1)
    assert max(pack_level for pack_level, _ in filled) == 3


def test_an_acknowledged_event_survives_kill(tmp_path: Path) -> None:
    """A process that is killed while it appends and acknowledges loses nothing of what it acknowledged."""
    path = tmp_path / "killed.db"
    SqlStore.create(path).close()
    writer = (
        "import sys\n"
        "from hashlib import sha256\n"
        "from pathlib import Path\n"
        "from ledger.ports import Record\n"
        "from ledger.store.sql import SqlStore\n"
        "store = SqlStore.open(Path(sys.argv[1]))\n"
        "while True:\n"
        "    with store.write() as transaction:\n"
        "        size = transaction.size()\n"
        "        events = [b'%d' % number for number in range(size, size + 7)]\n"
        "        records = [Record(each, 0, sha256(each).digest(), ('log',), ()) for each in events]\n"
        "        transaction.append(records)\n"
        "    print(size + 7, flush=True)\n"
    )
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", writer, str(path)], stdout=subprocess.PIPE, text=True, cwd=PROJECT
        )
        assert process.stdout is not None
        acknowledged = [int(process.stdout.readline()) for _ in range(20)][-1]
        process.send_signal(signal.SIGKILL)
        acknowledged = max([acknowledged, *(int(line) for line in process.communicate()[0].splitlines())])
        store = SqlStore.open(path)
        with store.read() as snapshot:
            size = snapshot.size()
            assert size >= acknowledged
            assert size % 7 == 0
            assert list(snapshot.entries(0, size)) == [b"%d" % number for number in range(size)]
            assert snapshot.chain("log", size) == list(range(size))
            assert merkle.root(snapshot, size) == merkle.root_of(
                list(map(merkle.leaf_hash, snapshot.entries(0, size)))
            )
        store.close()
