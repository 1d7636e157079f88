r"""What a witness must never forget: for each log, the checkpoint that it cosigned last, on disk before it answers.

One file, replaced whole: a new one is written and synced, renamed over the old one, and the folder is synced. If we
die before the rename nobody has our cosignature; after it we remember. The file is canonical JSON, by origin:

    {"otc.example/kat":"otc.example/kat\n20852163\nCsUY…\n\n— otc.example/kat Az3g…\n— w.example/kat CMp+…\n"}

A file that cannot be read is never taken for an empty one: a witness that forgets can be led to cosign a split view.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from threading import Lock
from typing import Final

import orjson

from ledger.checkpoint import Checkpoint, read_checkpoint
from ledger.errors import LedgerError, StoreError
from ledger.note import read_note
from ledger.store.files import replace_durably

MAX_STATE_BYTES: Final = 16 * 2**20
"""Thousands of logs' checkpoints; a larger file is none of ours."""

_MODE: Final = 0o600


class WitnessState:
    """The state file of one witness process; threads may share it."""

    def __init__(self, path: Path) -> None:
        """Take the file's lock and read it; StoreError `witness.in_use` or `witness.state`."""
        self._path = path
        self._write_lock = Lock()
        self._held = self._take_lock()
        try:
            self._notes = self._read()
        except StoreError:
            os.close(self._held)
            raise

    def note(self, origin: str) -> str | None:
        """Return the checkpoint cosigned last for a log, with the log's and our signatures."""
        return self._notes.get(origin)

    def latest(self, origin: str) -> Checkpoint | None:
        """Return its size and root; None if nothing was cosigned."""
        note = self.note(origin)
        return None if note is None else read_checkpoint(read_note(note).text)

    def keep(self, origin: str, note: str) -> None:
        """Replace what is remembered of a log, durably; StoreError `witness.state` if the disk refuses."""
        with self._write_lock:
            notes = {**self._notes, origin: note}
            try:
                replace_durably(self._path, orjson.dumps(notes, option=orjson.OPT_SORT_KEYS), _MODE)
            except OSError as fault:
                raise _unusable("The state file cannot be written.") from fault
            self._notes = notes

    def close(self) -> None:
        """Give the lock back."""
        os.close(self._held)

    def _take_lock(self) -> int:
        try:
            held = os.open(self._beside(".lock"), os.O_RDWR | os.O_CREAT, _MODE)
        except OSError as fault:
            raise _unusable("The state file's folder cannot be written.") from fault
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(held)
            raise StoreError("witness.in_use", "Another witness uses this state file.") from None
        return held

    def _read(self) -> dict[str, str]:
        try:
            with self._path.open("rb") as file:
                data = file.read(MAX_STATE_BYTES + 1)
        except FileNotFoundError:
            return {}
        except OSError as fault:
            raise _unusable("The state file cannot be read.") from fault
        try:
            notes = orjson.loads(data)
            for origin, note in notes.items():
                if read_checkpoint(read_note(note).text).origin != origin:
                    raise _unusable("The state file mixes logs up.")
        except (orjson.JSONDecodeError, AttributeError, TypeError, LedgerError) as fault:
            raise _unusable("The state file does not say what was cosigned last.") from fault
        return dict(notes)

    def _beside(self, suffix: str) -> Path:
        return self._path.with_name(self._path.name + suffix)


def _unusable(detail: str) -> StoreError:
    return StoreError(
        "witness.state", detail, hint="Restore it: a witness that forgets could cosign a split view."
    )
