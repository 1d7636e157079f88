"""The composition root: the one place where a data folder becomes a running ledger.

    ledger = open_ledger(Path("DATA"))      database, keys, trust file and head file are read and compared
    ledger.start()                          from here on it writes
    ledger.stop()                           what waits is committed, a last checkpoint published

Whoever opens a folder for serving holds its lock: two servers on one folder would get into each other's way, and
the second is told so. Only the head file may lie elsewhere, on another disk.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api import founding
from api.clocks import Clock, wall_ms
from api.cosigners import Cosigners
from api.keyfiles import read_file, read_key
from api.publisher import Publisher, Rhythm
from api.refusal import RequestRefused
from api.sequencer import Sequencer
from api.settings import DEMONSTRATION_SUFFIX, SECOND_MS, WitnessAddress
from corridor.logbook import LogGenesis
from corridor.statements import read_body
from ledger.envelope import read_entry
from ledger.errors import StoreError
from ledger.keys import SigningKey
from ledger.log import Log
from ledger.note import VerifierKey
from ledger.ports import Store
from ledger.quorum import TrustFile, read_trust
from ledger.store.files import HeadFile
from ledger.store.sql import SqlStore
from ledger.trust_file import MAX_TRUST_BYTES

__all__ = ["Ledger", "WitnessAddress", "open_ledger"]

HEAD_FILE: Final = "head"
LOCK_FILE: Final = "server.lock"


@dataclass(frozen=True, slots=True)
class Ledger:
    """A ledger that is being served: what routes read, and what writes."""

    store: Store
    sequencer: Sequencer
    trust: TrustFile
    origin: str
    genesis_id: str
    log_key: VerifierKey
    public_after_ms: int
    simulated: bool
    clock: Clock
    lock: int
    """Descriptor of the folder's lock file."""

    def start(self) -> None:
        """Begin to write."""
        self.sequencer.start()

    def stop(self) -> None:
        """Finish what waits, publish it, and release the folder."""
        try:
            self.sequencer.stop()
        finally:
            self.store.close()
            os.close(self.lock)


@dataclass(frozen=True, slots=True)
class _Folder:
    """What a data folder holds beside its database, read and understood."""

    log_key: SigningKey
    operator_key: SigningKey
    trust: TrustFile


def open_ledger(
    data: Path,
    *,
    head: Path | None = None,
    simulated: bool = False,
    witnesses: Sequence[WitnessAddress] = (),
    rhythm: Rhythm | None = None,
    clock: Clock = wall_ms,
) -> Ledger:
    """Open a data folder for serving.

    `witnesses` replace the addresses of the trust file's; `head` is the head file's place, if not in the folder.
    LedgerError with a sentence: `store.absent`, `store.served` (by another server), `store.behind` its head file or
    a witness, and the like; `file.unreadable` and `key.file` for keys; `serve.keys` if what lies in the folder does
    not belong together; `serve.simulated` if a clock is to be simulated for a log that is no demonstration.
    """
    if not (data / founding.DATABASE).is_file():
        raise StoreError("store.absent", f"{data} holds no ledger.", hint="Run `otc init` first.")
    with ExitStack() as opened:
        lock = _take_lock(data / LOCK_FILE)
        opened.callback(os.close, lock)
        folder = _read_folder(data)
        store = SqlStore.open(data / founding.DATABASE)
        opened.callback(store.close)
        genesis_id, genesis = _read_genesis(store)
        log_key = VerifierKey.parse(genesis.log_vkey)
        _check_clock(genesis.log_origin, simulated=simulated)
        _check_folder(folder, genesis, genesis_id, log_key)
        log = _log(store, HeadFile(head or data / HEAD_FILE), folder, genesis, genesis_id)
        cosigners = Cosigners(witnesses or _addresses(folder.trust), log_key)
        opened.callback(cosigners.close)
        publisher = Publisher(log, store, cosigners, folder.trust, rhythm=rhythm or Rhythm())
        publisher.start()
        opened.pop_all()
    return Ledger(
        store=store,
        sequencer=Sequencer(store, publisher, origin=genesis.log_origin, simulated=simulated, clock=clock),
        trust=folder.trust,
        origin=genesis.log_origin,
        genesis_id=genesis_id,
        log_key=log_key,
        public_after_ms=genesis.entries_public_after_s * SECOND_MS,
        simulated=simulated,
        clock=clock,
        lock=lock,
    )


def _log(store: Store, head_file: HeadFile, folder: _Folder, genesis: LogGenesis, genesis_id: str) -> Log:
    return Log(
        store,
        head_file,
        origin=genesis.log_origin,
        log_key=folder.log_key,
        operator_key=folder.operator_key,
        operator_party=genesis.operator.party,
        genesis_id=genesis_id,
    )


def _read_folder(data: Path) -> _Folder:
    return _Folder(
        read_key(data / founding.LOG_KEY),
        read_key(data / founding.OPERATOR_KEY),
        read_trust(read_file(data / founding.TRUST_FILE, MAX_TRUST_BYTES)),
    )


def _read_genesis(store: Store) -> tuple[str, LogGenesis]:
    """Return the id and body of entry 0."""
    with store.read() as snapshot:
        if not snapshot.size():
            raise StoreError("store.absent", "The database holds an empty log.", hint="Run `otc init` first.")
        envelope = read_entry(snapshot.entry(0)).envelope
    body = read_body(envelope.payload)
    if not isinstance(body, LogGenesis):
        raise StoreError("store.foreign", "The log does not begin with a genesis.", hint="Check its name.")
    return envelope.event_id, body


def _check_clock(origin: str, *, simulated: bool) -> None:
    if simulated and not origin.endswith(DEMONSTRATION_SUFFIX):
        raise RequestRefused(
            "serve.simulated", "Only a log whose origin ends in .demo may simulate its clock."
        )


def _check_folder(folder: _Folder, genesis: LogGenesis, genesis_id: str, log_key: VerifierKey) -> None:
    """Refuse keys and a trust file that belong to another log: its checkpoints would be worth nothing."""
    for fits, sentence in (
        (folder.log_key.public == log_key.public, "log.key is not the key that the genesis names."),
        (folder.operator_key.text == genesis.operator.key, "operator.key is not the operator's."),
        (any(log.key == log_key for log in folder.trust.logs), "trust.policy does not name this log's key."),
        (folder.trust.genesis.get(genesis.log_origin) == genesis_id, "trust.policy names another genesis."),
    ):
        if not fits:
            raise RequestRefused("serve.keys", sentence)


def _addresses(trust: TrustFile) -> list[WitnessAddress]:
    return [WitnessAddress(witness.key, witness.url) for witness in trust.witnesses if witness.url]


def _take_lock(path: Path) -> int:
    """Hold the folder's lock, which the system gives back even if we die; return its descriptor."""
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as fault:
        raise StoreError("store.read_only", f"{path} cannot be made: {fault.strerror}.") from fault
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise StoreError(
            "store.served", "Another server serves this data folder.", hint="Stop it first."
        ) from None
    return lock
