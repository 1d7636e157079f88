"""The tables of one log, and what they refuse by themselves.

`entries` is the log, `events` finds an entry; `subjects`, `chain` and `file` say which extend or join what; `nodes` and `tops` hold
the two trees, packed; `states` is what the floor above keeps; `checkpoints` are the published notes; the one row
of `log` is where all of it stands. A lot that began with entry 7 and was weighed in entry 9 has two chain rows::

    sid  prev  idx  event_id
      3    -1    7  5a1c…        -1: nothing came before
      3     7    9  e04b…        whoever writes (3, 7, …) again, lock or no lock, breaks the primary key

Heads as of any size follow from `chain` and `file`, so nothing old is ever rewritten: triggers refuse UPDATE and
DELETE wherever rows are for ever.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    event,
)

# Raised with each change of these tables; a store of another version is refused, never guessed at.
VERSION = 1
# `prev` of a subject's first event.
NO_EVENT = -1

tables = MetaData()

# SQLite numbers rows by itself only in a column of this very type.
_RowNumber = BigInteger().with_variant(Integer, "sqlite")

log = Table(
    "log",
    tables,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("heads_count", BigInteger, nullable=False),
    Column("heads_size", BigInteger, nullable=False),
    Column("signed_size", BigInteger, nullable=False),
    Column("signed_root", LargeBinary, nullable=False),
)

entries = Table(
    "entries",
    tables,
    Column("idx", _RowNumber, primary_key=True, autoincrement=False),
    Column("entry", LargeBinary, nullable=False),
)

events = Table(
    "events",
    tables,
    Column("event_id", LargeBinary, primary_key=True),
    Column("idx", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

subjects = Table(
    "subjects",
    tables,
    Column("sid", _RowNumber, primary_key=True, autoincrement=False),
    Column("bucket", Integer, nullable=False, index=True),
    Column("subject", Text, nullable=False, unique=True),
)

chain = Table(
    "chain",
    tables,
    Column("sid", BigInteger, primary_key=True, autoincrement=False),
    Column("prev", BigInteger, primary_key=True, autoincrement=False),
    Column("idx", BigInteger, CheckConstraint("idx > prev"), nullable=False),
    Column("event_id", LargeBinary, nullable=False),
    Index("chain_by_idx", "idx"),
    sqlite_with_rowid=False,
)

file = Table(
    "file",
    tables,
    Column("sid", BigInteger, primary_key=True, autoincrement=False),
    Column("idx", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", LargeBinary, nullable=False),
    Index("file_by_idx", "idx"),
    sqlite_with_rowid=False,
)


def _packs(name: str) -> Table:
    """Return a table for the packs of one tree (ledger.store.packing)."""
    return Table(
        name,
        tables,
        Column("level", Integer, primary_key=True, autoincrement=False),
        Column("pack", BigInteger, primary_key=True, autoincrement=False),
        Column("hashes", LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )


nodes = _packs("nodes")
tops = _packs("tops")

states = Table(
    "states",
    tables,
    Column("subject", Text, primary_key=True),
    Column("state", LargeBinary, nullable=False),
)

checkpoints = Table(
    "checkpoints",
    tables,
    Column("size", _RowNumber, primary_key=True, autoincrement=False),
    Column("note", LargeBinary, nullable=False),
)


def _refuse_changes(table: Table, connection: Connection, **_options: object) -> None:
    """Set the triggers that keep a new table's rows for ever."""
    for change in ("UPDATE", "DELETE"):
        connection.exec_driver_sql(
            f"CREATE TRIGGER {table.name}_refuse_{change.lower()} BEFORE {change} ON {table.name} "
            f"BEGIN SELECT RAISE(ABORT, 'rows of the log are never changed'); END"
        )


for _table in (entries, events, subjects, chain, file):
    event.listen(_table, "after_create", _refuse_changes)
