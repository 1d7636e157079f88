"""A log in a database: SQLAlchemy for the tables and the pool, the driver's own SQL for everything that is hot.

store = SqlStore.create(Path("ledger.db"))
with store.write() as transaction:
    transaction.append(records)
with store.read() as snapshot:
    snapshot.size()
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Lock

from sqlalchemy import Engine, insert
from sqlalchemy.exc import DBAPIError

from ledger.errors import StoreError
from ledger.merkle import EMPTY_ROOT
from ledger.store import sqlite, tables
from ledger.store.reading import SqlSnapshot
from ledger.store.writing import SqlTransaction


class SqlStore:
    """One log's storage (ledger.ports.Store) in one database; threads may share it, and so may processes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._turn = Lock()  # threads queue here, in turn, where SQLite would let them poll
        self._unsafe = False

    @classmethod
    def create(cls, path: Path) -> SqlStore:
        """Make the tables of an empty log; StoreError `store.in_use` if the database has tables already."""
        engine = sqlite.connect(path)
        with _looking(engine) as session:
            if sqlite.table_names(session):
                raise StoreError(
                    "store.in_use", "The database has tables already.", hint="Choose another file."
                )
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql(sqlite.BEGIN_WRITING)
                tables.tables.create_all(connection, checkfirst=False)
                connection.execute(insert(tables.log).values(_EMPTY_LOG))
                connection.exec_driver_sql("COMMIT")
        except DBAPIError as fault:
            engine.dispose()
            raise sqlite.explain(fault.orig) from fault.orig
        return cls(engine)

    @classmethod
    def open(cls, path: Path) -> SqlStore:
        """Open an existing log.

        StoreError `store.absent` without such a file, `store.foreign` for a database that is no log of ours,
        `store.version` for one of another version.
        """
        if not path.is_file():
            raise StoreError(
                "store.absent", "There is no database at this place.", hint="Run `otc init` first."
            )
        engine = sqlite.connect(path)
        with _looking(engine) as session:
            if not {name.encode() for name in tables.tables.tables} <= sqlite.table_names(session):
                raise StoreError(
                    "store.foreign", "The database is not a log of ours.", hint="Check its name."
                )
            if session.row("SELECT version FROM log") != (tables.VERSION,):
                raise StoreError(
                    "store.version",
                    "The database was made by another version of this software.",
                    hint=f"This one reads version {tables.VERSION}.",
                )
        return cls(engine)

    @contextmanager
    def read(self) -> Iterator[SqlSnapshot]:
        """Open a consistent snapshot."""
        with closing(sqlite.Session(self._engine, sqlite.BEGIN_READING)) as session:
            yield SqlSnapshot(session)

    @contextmanager
    def write(self) -> Iterator[SqlTransaction]:
        """Open the one exclusive transaction; it is durable when the block ends, and undone if it raises.

        StoreError `store.locked` if another writer holds it for 10 s, `store.unsafe` after a commit of which
        nobody knows whether it reached the disk.
        """
        with self._my_turn(), closing(sqlite.Session(self._engine, sqlite.BEGIN_WRITING)) as session:
            transaction = SqlTransaction(session)
            yield transaction
            transaction.finish()
            self._commit(session)

    def close(self) -> None:
        """Release all connections."""
        self._engine.dispose()

    @contextmanager
    def _my_turn(self) -> Iterator[None]:
        if not self._turn.acquire(timeout=sqlite.BUSY_SECONDS):
            raise StoreError("store.locked", "Another thread is writing to the database.", hint="Try again.")
        try:
            if self._unsafe:
                raise StoreError(
                    "store.unsafe", "A commit failed before; the disk's state is unknown.", hint=_RESTART
                )
            yield
        finally:
            self._turn.release()

    def _commit(self, session: sqlite.Session) -> None:
        try:
            session.change("COMMIT")
        except StoreError as fault:
            self._unsafe = not sqlite.is_passing(fault)
            raise


@contextmanager
def _looking(engine: Engine) -> Iterator[sqlite.Session]:
    """Give a session to look at a database of which nothing is known yet; release the engine if that fails."""
    try:
        with closing(sqlite.Session(engine, sqlite.BEGIN_READING)) as session:
            yield session
    except StoreError:
        engine.dispose()
        raise


_RESTART = "Look at the disk, then start again."

_EMPTY_LOG = {
    "id": 1,
    "version": tables.VERSION,
    "size": 0,
    "last_at": 0,
    "heads_count": 0,
    "heads_size": 0,
    "signed_size": 0,
    "signed_root": EMPTY_ROOT,
}
