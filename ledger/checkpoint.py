"""Checkpoints: the log's origin, size and root, as the text of a note (C2SP tlog-checkpoint).

Three lines and no extension lines (PROTOCOL section 7)::

    example.com/behind-the-sofa
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

Sizes and hashes are spelt the same way in proofs and witness requests, which read them with the functions here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ledger.canonical import base64_text
from ledger.errors import ProofError
from ledger.merkle import HASH_BYTES, MAX_TREE_SIZE
from ledger.note import read_base64, read_text

# No path in a tree of at most 2^63 - 1 leaves is longer.
MAX_PROOF_HASHES = 63

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's identity, number of entries and Merkle root (32 bytes) at one moment."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the note text that logs sign and witnesses cosign."""
        return f"{self.origin}\n{self.size}\n{write_hash(self.root)}\n"


def read_checkpoint(text: str) -> Checkpoint:
    """Return the checkpoint that a note's text holds; raise ProofError `checkpoint.form` if it is none."""
    match read_text(text, "checkpoint.form").split("\n"):
        case [origin, size, root, ""] if origin:
            return Checkpoint(origin, read_size(size, "checkpoint.form"), read_hash(root, "checkpoint.form"))
        case _:
            raise ProofError("checkpoint.form", "A checkpoint is three lines: origin, size and root.")


def read_size(text: str, code: str) -> int:
    """Return a size or index up to 2^63 - 1 in decimal without leading zeros; raise ProofError with `code`."""
    if not _DECIMAL.fullmatch(text) or int(text) > MAX_TREE_SIZE:
        raise ProofError(code, "A size or index is a decimal number without leading zeros, below 2^63.")
    return int(text)


def write_hash(value: bytes) -> str:
    """Return a hash in base64."""
    return base64_text(value)


def read_hash(text: str, code: str) -> bytes:
    """Return a 32-byte hash from base64; raise ProofError with `code`."""
    value = read_base64(text, code)
    if len(value) != HASH_BYTES:
        raise ProofError(code, "A hash is 32 bytes in base64.")
    return value


def write_hashes(hashes: Iterable[bytes]) -> str:
    """Return a proof's hashes, one a line."""
    return "".join(f"{write_hash(value)}\n" for value in hashes)


def read_hashes(lines: Sequence[str], code: str) -> tuple[bytes, ...]:
    """Return a proof's hashes from its lines, 63 at most; raise ProofError with `code`."""
    if len(lines) > MAX_PROOF_HASHES:
        raise ProofError(code, "A proof has at most 63 hashes.")
    return tuple(read_hash(line, code) for line in lines)
