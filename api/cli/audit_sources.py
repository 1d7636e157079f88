"""Where an audit reads a log: a data folder, with processes for the signatures if asked, or a server's public tiles."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api.client import Client, ClientProblem
from certifiers.audit import Auditor, Problem, audit_signatures, parse
from certifiers.audit_tables import audit_store
from ledger.checkpoint import read_checkpoint
from ledger.envelope import Envelope, check_signatures
from ledger.errors import StoreError
from ledger.merkle import root
from ledger.note import read_note
from ledger.ports import Snapshot
from ledger.quorum import TrustFile
from ledger.store.files import HeadFile
from ledger.store.sql import SqlStore
from ledger.tiles import TILE_WIDTH, entries_path, read_entry_bundle

CHUNK_ENTRIES: Final = 2_000
"""Entries whose signatures a process checks at a time: about half a second's work."""

NO_INDEX: Final = 2**63
DELAYED: Final = "access.delayed"
"""The server's code for entries that the genesis keeps back for a while."""

Show = Callable[[int, int | None], None]
"""Told how many entries have been read, of how many."""


@dataclass(frozen=True, slots=True)
class Audited:
    """What an audit found: the log's size, how many of its entries could be read, and every problem in order."""

    size: int
    audited: int
    problems: list[Problem]
    not_compared: tuple[str, ...] = ()
    """What the log was not held against, because it was not there."""


def audit_folder(data: Path, trust: TrustFile | None, *, workers: int, progress: Show) -> Audited:
    """Audit the log of a data folder with its tables and its head file; StoreError if it cannot be read."""
    path = data / "ledger.db"
    with ExitStack() as opened:
        # Processes are forked before the database is open, for a connection must not be shared with them.
        pool = opened.enter_context(_processes(workers)) if workers > 1 else None
        store = SqlStore.open(path)
        opened.callback(store.close)
        snapshot = opened.enter_context(store.read())
        size = snapshot.size()
        checking = [] if pool is None else _share(pool, path, size)

        problems = list(
            audit_store(
                snapshot,
                trust,
                check=check_signatures if pool is None else _leave_to_others,
                progress=lambda count: progress(count, size),
            )
        )
        problems += (problem for part in checking for problem in part.result())
        problems += _check_head_file(snapshot, HeadFile(data / "head"))
    absent = [] if trust else ["trust file"]
    absent += [] if (data / "head").exists() else ["head file"]
    return Audited(size, size, sorted(problems, key=_place), tuple(absent))


def audit_url(url: str, trust: TrustFile | None, *, progress: Show) -> Audited:
    """Audit what a server publishes: its newest checkpoint and the entries below it, as far as they are public."""
    auditor, problems = Auditor(trust), list[Problem]()
    with Client(url) as client:
        note = client.checkpoint().encode()
        size = read_checkpoint(read_note(note).text).size
        for data in _public_entries(client, size):
            problems += auditor.take(data, parse(data))
            progress(auditor.size, size)
    if auditor.size == size:
        problems += auditor.check_note(note, newest=True)
    absent = ("head file",) if trust else ("trust file", "head file")
    return Audited(size, auditor.size, sorted(problems, key=_place), absent)


def _public_entries(client: Client, size: int) -> Iterator[bytes]:
    """Yield the entries below a checkpoint's size, up to the first bundle that is not public yet."""
    for tile in range(-(-size // TILE_WIDTH)):
        width = min(TILE_WIDTH, size - tile * TILE_WIDTH)
        try:
            data = client.fetch(f"/log/tile/{entries_path(tile, width)}")
        except ClientProblem as problem:
            if problem.code == DELAYED:
                return
            raise
        yield from read_entry_bundle(data)


def _check_head_file(snapshot: Snapshot, head_file: HeadFile) -> Iterator[Problem]:
    """Compare what the log has signed, according to the file outside the database, with what the database holds."""
    held = head_file.read()
    if held is None:
        return
    if held.size > snapshot.size():
        yield Problem("store.behind", "head", detail=f"{held.size} entries were signed")
    elif root(snapshot, held.size) != held.root:
        yield Problem("store.forked", "head", held.size - 1)


def _processes(workers: int) -> ProcessPoolExecutor:
    """Return a pool whose processes import nothing anew."""
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("fork"))


def _share(pool: ProcessPoolExecutor, path: Path, size: int) -> list[Future[list[Problem]]]:
    """Give the signatures of all entries to the processes, a stretch at a time."""
    starts = range(0, size, CHUNK_ENTRIES)
    return [pool.submit(_check_stretch, path, start, min(start + CHUNK_ENTRIES, size)) for start in starts]


def _check_stretch(path: Path, start: int, stop: int) -> list[Problem]:
    """Check, in a process of its own, the signatures of entries [start, stop)."""
    store = SqlStore.open(path)
    try:
        with store.read() as snapshot:
            return list(audit_signatures(enumerate(snapshot.entries(start, stop), start)))
    except StoreError:
        return []  # a missing entry is the auditor's to report
    finally:
        store.close()


def _leave_to_others(_envelope: Envelope) -> None:
    """Check no signature: processes do."""


def _place(problem: Problem) -> int:
    """Sort problems by index, those of whole tables last."""
    return NO_INDEX if problem.index is None else problem.index
