"""The head file: the size and root last signed, kept outside the database so that a restored one is noticed.

Two lines, on another disk than the database where there is one::

    20852163
    0ac5146299863dde1d90c8200540a89be5daa31ede1dd3c1dbc3c4dc0f0fa3c1

It is replaced whole: a new file is written and synced, then renamed over the old one, then the folder is synced.
If we die before the rename the old head stands, after it the new one; a lock beside it lets one process compare
and replace at a time.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.errors import StoreError
from ledger.ports import Signed

# Two lines of at most 19 and 64 characters; a longer file is none of ours.
MAX_FILE_BYTES = 128

_HEAD = re.compile(rb"([1-9][0-9]{0,18})\n([0-9a-f]{64})\n")


class HeadFile:
    """A head file on disk (ledger.ports.HeadFile)."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Signed | None:
        """Give what was signed last; None before the first; StoreError `head.unreadable` if it cannot be told."""
        try:
            with self._path.open("rb") as file:
                data = file.read(MAX_FILE_BYTES)
        except FileNotFoundError:
            return None
        except OSError as fault:
            raise _unreadable() from fault
        match = _HEAD.fullmatch(data)
        if match is None:
            raise _unreadable()
        return Signed(int(match[1]), bytes.fromhex(match[2].decode()))

    def swap(self, expected: Signed | None, new: Signed) -> None:
        """Replace `expected` by `new`, durably.

        Raise StoreError `head.moved` if it holds anything else or would go back, `head.unwritable` if the disk
        refuses.
        """
        try:
            with self._locked():
                if self.read() != expected or (expected is not None and new.size <= expected.size):
                    raise StoreError(
                        "head.moved",
                        "The head file holds another size or root than the database.",
                        hint="Is another server signing for this log? Stop it, then start again.",
                    )
                replace_durably(self._path, f"{new.size}\n{new.root.hex()}\n".encode())
        except OSError as fault:
            raise StoreError(
                "head.unwritable", "The head file cannot be written.", hint="Check its disk and permissions."
            ) from fault

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock beside the head file, which the system gives back even if we die."""
        with self._beside(".lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _beside(self, suffix: str) -> Path:
        return self._path.with_name(self._path.name + suffix)


def replace_durably(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Replace a file's content so that after a crash it holds the old or the new, whole; durable on return.

    A new file beside it is written and synced, takes its name, and then the folder is synced. OSError if any fails.
    """
    fresh = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _unreadable() -> StoreError:
    return StoreError(
        "head.unreadable",
        "The head file does not say what was signed last.",
        hint="Do not delete it: find the size and root in a witness or the newest published checkpoint.",
    )
