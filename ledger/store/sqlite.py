"""SQLite as the log wants it: what acknowledges an event has reached the disk, and only one writes at a time.

Python's and SQLAlchemy's defaults begin a transaction only at the first write, so that two writers read the same
head and both extend it. Here every transaction is begun by hand: `BEGIN IMMEDIATE` takes the one write lock before
anything is read, `BEGIN` a snapshot. In WAL mode with `synchronous=FULL` a commit waits for the disk; `NORMAL`
loses acknowledged events in a power cut. What was asked for is read back, for SQLite ignores what it cannot do::

    PRAGMA synchronous=FULL;  PRAGMA synchronous  ->  2
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.exc import TimeoutError as NoConnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from ledger.errors import StoreError

# How long a writer waits for another process's transaction; ours take milliseconds, a backup's some seconds.
BUSY_SECONDS = 10
# Readers keep their connection while they read: one a thread of a usual thread pool, and as many again.
POOL_CONNECTIONS = 8
EXTRA_CONNECTIONS = 56
# Entries are about a kilobyte: in pages of 8 KiB less is left empty behind them than in SQLite's usual 4 KiB.
PAGE_BYTES = 8192
# Each connection's page cache: the upper rows of every index of a log of some millions of entries.
CACHE_KIB = 8192

BEGIN_READING = "BEGIN"
BEGIN_WRITING = "BEGIN IMMEDIATE"

_FULL = 2
# Each pragma with the value that must be read back; `page_size` only takes effect before the first table.
_PRAGMAS: tuple[tuple[str, object, object], ...] = (
    ("page_size", PAGE_BYTES, None),
    ("journal_mode", "WAL", "wal"),
    ("synchronous", "FULL", _FULL),
    ("foreign_keys", "OFF", 0),
    ("recursive_triggers", "ON", 1),  # so that REPLACE, too, meets the triggers that refuse DELETE
    ("cache_size", -CACHE_KIB, -CACHE_KIB),
)

# SQLite's primary result codes: our code, what happened, what to do.
_MEANINGS = {
    sqlite3.SQLITE_BUSY: ("store.locked", "Another process is writing to the database.", "Try again."),
    sqlite3.SQLITE_LOCKED: ("store.locked", "Another process is writing to the database.", "Try again."),
    sqlite3.SQLITE_FULL: ("store.full", "The disk is full; nothing was written.", "Free some space."),
    sqlite3.SQLITE_READONLY: (
        "store.read_only",
        "The database may not be written to.",
        "Check its permissions.",
    ),
    sqlite3.SQLITE_CANTOPEN: ("store.absent", "The database cannot be opened.", "Check its folder."),
    sqlite3.SQLITE_CORRUPT: (
        "store.corrupt",
        "The database file is damaged.",
        "Go on with a whole copy that the head file agrees with.",
    ),
    sqlite3.SQLITE_NOTADB: ("store.foreign", "The file is no SQLite database.", "Check its name."),
    sqlite3.SQLITE_CONSTRAINT: (
        "store.conflict",
        "This would fork a chain or repeat an event.",
        "Read again.",
    ),
}
_PRIMARY_CODE = 0xFF

# What the driver raises; it fails to decode its own messages when they cite damaged table definitions.
FAULTS = (sqlite3.Error, UnicodeDecodeError)


class Session:
    """One connection in one transaction. Every fault of the driver comes out as a StoreError."""

    def __init__(self, engine: Engine, begin: str) -> None:
        try:
            self._connection = engine.raw_connection()
        except FAULTS as fault:
            raise explain(fault) from fault
        except NoConnectionError as fault:
            raise StoreError("store.busy", "Too many readers at once.", hint="Try again.") from fault
        self._cursor = self._connection.cursor()
        try:
            self.change(begin)
        except StoreError:
            self._connection.close()
            raise

    def row(self, sql: str, *values: object) -> tuple[Any, ...] | None:
        """Give the only row of a query, or none."""
        try:
            found: tuple[Any, ...] | None = self._cursor.execute(sql, values).fetchone()
        except FAULTS as fault:
            raise explain(fault) from fault
        return found

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Give all rows of a query."""
        try:
            found: list[tuple[Any, ...]] = self._cursor.execute(sql, values).fetchall()
        except FAULTS as fault:
            raise explain(fault) from fault
        return found

    def stream(self, sql: str, *values: object) -> Iterator[tuple[Any, ...]]:
        """Give the rows of a query one after the other, while other queries go on."""
        with closing(self._connection.cursor()) as cursor:
            try:
                yield from cursor.execute(sql, values)
            except FAULTS as fault:
                raise explain(fault) from fault

    def change(self, sql: str, *values: object) -> int:
        """Run one statement; give the number of rows it changed."""
        try:
            return int(self._cursor.execute(sql, values).rowcount)
        except FAULTS as fault:
            raise explain(fault) from fault

    def change_many(self, sql: str, rows: Sequence[tuple[object, ...]]) -> None:
        """Run one statement for each row."""
        try:
            self._cursor.executemany(sql, rows)
        except FAULTS as fault:
            raise explain(fault) from fault

    def close(self) -> None:
        """Undo what was not committed, and give the connection back."""
        self._cursor.close()
        self._connection.close()


def connect(path: Path) -> Engine:
    """Return an engine for a database file; its connections are begun by hand and may change threads."""
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=str(path)),
        connect_args={"isolation_level": None, "check_same_thread": False, "timeout": BUSY_SECONDS},
        pool_size=POOL_CONNECTIONS,
        max_overflow=EXTRA_CONNECTIONS,
    )
    event.listen(engine, "connect", _prepare)
    return engine


def explain(fault: BaseException | None) -> StoreError:
    """Return what a driver's error means for the log, without what was being written."""
    code = getattr(fault, "sqlite_errorcode", 0) & _PRIMARY_CODE
    known = _MEANINGS.get(sqlite3.SQLITE_CORRUPT if isinstance(fault, UnicodeDecodeError) else code)
    if known is None:
        return StoreError("store.failed", "The database failed.", hint=f"SQLite's result code is {code}.")
    return StoreError(known[0], known[1], hint=known[2])


def is_passing(fault: StoreError) -> bool:
    """Tell whether a failed commit left the disk in a known state, so that writing may go on afterwards.

    After anything else, a failed fsync above all, nobody knows which pages the disk holds.
    """
    return fault.code in {"store.locked", "store.full", "store.conflict", "store.read_only"}


def table_names(session: Session) -> set[object]:
    """Return the names, as bytes, of all tables in the database."""
    return {name for (name,) in session.stream("SELECT name FROM sqlite_master WHERE type = 'table'")}


def _prepare(connection: sqlite3.Connection, _record: ConnectionPoolEntry) -> None:
    """Set up a new connection and read back what it took; raise StoreError `store.unsafe` if it did not."""
    for name, value, expected in _PRAGMAS:
        connection.execute(f"PRAGMA {name}={value}")
        found = connection.execute(f"PRAGMA {name}").fetchone()[0]
        if expected not in {None, found}:
            raise StoreError(
                "store.unsafe", "SQLite does not take a setting that durability needs.", hint=f"PRAGMA {name}"
            )
    # Damage, or an intruder, may have turned bytes into text: we want the bytes, and to decode text ourselves.
    connection.text_factory = bytes
