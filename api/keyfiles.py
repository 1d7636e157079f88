"""Key files: what `otc keygen` leaves on disk, and how a key finds its party (PROTOCOL section 4).

    FILE             the private key, PKCS #8 in PEM, for its owner alone (mode 0600)
    FILE.next        the key that follows it, to which the inception has committed (0600); keep it elsewhere
    FILE.inception   {"identity":"4c8f…","key":"z6Mk…","next":"91b0…"}, for an introducer or a log's founder
    FILE.identity    {"salt":"07d2…","value":{"name":"…"}}, which opens the identity one day (0600)
    FILE.counter     the counter of the key's next event, in decimal

Nothing here ever replaces a key: files are created, or the call fails.
Problem codes: `file.exists`, `file.unreadable`, `file.form`, `key.file`.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ledger.canonical import MAX_INTEGER, hex_digest, members, read, text, write
from ledger.errors import LedgerError
from ledger.keys import SigningKey, decode_multikey
from ledger.subjects import identity_digest, next_digest, party_id
from ledger.values import Value

PRIVATE_MODE: Final = 0o600
PUBLIC_MODE: Final = 0o644
MAX_KEY_FILE_BYTES: Final = 64 * 1024
"""A key in PEM has 119 bytes; whoever names a disk image by mistake gets a sentence at once."""

_COUNTER: Final = re.compile(r"[0-9]{1,15}\n?")


class FileProblem(LedgerError):
    """A file of ours that cannot be made, read or believed; the sentence names the file (codes `file.*`)."""


@dataclass(frozen=True, slots=True)
class Founder:
    """A party's keys at its inception: current and next one, and the salted value of its identity."""

    key: SigningKey
    next_key: SigningKey
    salt: bytes
    value: Value

    @property
    def inception(self) -> dict[str, str]:
        """The inception object, of which the party's id is the hash."""
        return make_inception(self.key, self.next_key, self.salt, self.value)

    @property
    def party(self) -> str:
        """The party's id."""
        return party_of(self.inception)


def make_inception(key: SigningKey, next_key: SigningKey, salt: bytes, value: Value) -> dict[str, str]:
    """Return {identity, key, next}: identity commits to who the party is (salt of 32 bytes), next to its next key."""
    return {
        "identity": identity_digest(salt, value),
        "key": key.text,
        "next": next_digest(next_key.text),
    }


def party_of(inception: Mapping[str, str]) -> str:
    """Return the id of the party that an inception object begins."""
    return party_id(inception["identity"], inception["key"], inception["next"])


def beside(path: Path, suffix: str) -> Path:
    """Return the file of the same name with a suffix more: `beside(Path("a.key"), "next")` is `a.key.next`."""
    return path.with_name(f"{path.name}.{suffix}")


def write_new(path: Path, data: bytes, mode: int = PUBLIC_MODE) -> None:
    """Create a file with its mode from the first byte on, durably; FileProblem `file.exists` if it is there."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        hint = "Choose another name; nothing is replaced."
        raise FileProblem("file.exists", f"{path} exists already.", hint=hint) from None
    except OSError as fault:
        raise FileProblem("file.unreadable", f"{path} cannot be made: {fault.strerror}.") from fault
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def read_file(path: Path, max_bytes: int = MAX_KEY_FILE_BYTES) -> bytes:
    """Return a file's bytes; FileProblem `file.unreadable`, or `file.form` if there are more than `max_bytes`."""
    try:
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
    except OSError as fault:
        raise FileProblem("file.unreadable", f"{path} cannot be read: {fault.strerror}.") from fault
    if len(data) > max_bytes:
        raise FileProblem(
            "file.form", f"{path} has more than {max_bytes} bytes.", hint="Is it the right file?"
        )
    return data


def read_key(path: Path) -> SigningKey:
    """Return the private key of a file; FileProblem that names the file and says what is wrong with it."""
    try:
        return SigningKey.read_pem(read_file(path))
    except FileProblem:
        raise
    except LedgerError as error:
        raise FileProblem(error.code, f"{path}: {error.detail}", hint=error.hint) from error


def write_founder(path: Path, founder: Founder) -> list[Path]:
    """Write FILE, FILE.next, FILE.inception and FILE.identity, or none of them; return their names."""
    identity: Value = {"salt": founder.salt.hex(), "value": founder.value}
    inception: Value = dict(founder.inception)
    return write_all(
        {
            path: (founder.key.write_pem(), PRIVATE_MODE),
            beside(path, "next"): (founder.next_key.write_pem(), PRIVATE_MODE),
            beside(path, "inception"): (write(inception), PUBLIC_MODE),
            beside(path, "identity"): (write(identity), PRIVATE_MODE),
        }
    )


def write_all(files: Mapping[Path, tuple[bytes, int]]) -> list[Path]:
    """Create all of some files (bytes and mode), or take those made back and raise FileProblem."""
    made: list[Path] = []
    try:
        for path, (data, mode) in files.items():
            write_new(path, data, mode)
            made.append(path)
    except FileProblem:
        for path in made:
            path.unlink(missing_ok=True)
        raise
    return made


def read_inception(path: Path) -> dict[str, str]:
    """Return an inception object from its file; FileProblem if it is none."""
    try:
        said = members(read(read_file(path), max_bytes=MAX_KEY_FILE_BYTES), "", ("identity", "key", "next"))
        key = text(said["key"], "/key")
        decode_multikey(key, "/key")
        digests = {name: hex_digest(said[name], f"/{name}").hex() for name in ("identity", "next")}
    except FileProblem:
        raise
    except LedgerError as error:
        hint = "`otc keygen --inception` makes one."
        detail = f"{path} is no inception file: {error.detail}"
        raise FileProblem("file.form", detail, pointer=error.pointer, hint=hint) from error
    return {"identity": digests["identity"], "key": key, "next": digests["next"]}


def take_counter(key_file: Path) -> int:
    """Return the counter for the key's next event, and count on; other processes wait for their turn."""
    path = beside(key_file, "counter")
    try:
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE_MODE), "r+", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            counter = _counter(path, file.read(32))
            file.seek(0)
            file.truncate()
            file.write(f"{counter + 1}\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as fault:
        raise FileProblem("file.unreadable", f"{path} cannot be written: {fault.strerror}.") from fault
    return counter


def peek_counter(key_file: Path) -> int:
    """Return what `take_counter` would, counting nothing."""
    path = beside(key_file, "counter")
    return _counter(path, read_file(path).decode("ascii", "replace")) if path.exists() else 0


def _counter(path: Path, written: str) -> int:
    if not written:
        return 0
    if not _COUNTER.fullmatch(written) or int(written) > MAX_INTEGER:
        hint = "Write the number of events that the key has signed into it."
        raise FileProblem("file.form", f"{path} does not hold a number.", hint=hint)
    return int(written)
