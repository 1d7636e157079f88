"""Proofs in a file of their own: that one entry is in a witnessed log (C2SP tlog-proof, `.tlog-proof`).

An index, the inclusion path from the leaf's sibling up, an empty line and the checkpoint as signed::

    c2sp.org/tlog-proof@v1
    extra aGVsbG8=
    index 1
    mfw4Xf2U/xPRWjaSLzgGxUjTosj19JrxFed7vh9XEjc=

    otc.example/kat
    2
    ...

The `extra` line is optional, and nobody has signed it.
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.canonical import base64_text
from ledger.checkpoint import read_hashes, read_size, write_hashes
from ledger.errors import ProofError
from ledger.merkle import check_inclusion
from ledger.note import Note, read_base64, read_note, read_text
from ledger.quorum import QuorumResult, TrustFile, judge

_FIRST_LINE = "c2sp.org/tlog-proof@v1"
_FORM = "proof.form"


@dataclass(frozen=True, slots=True)
class TlogProof:
    """What a proof file holds, nothing verified: leaf index, inclusion path, signed checkpoint, unsigned extra."""

    index: int
    path: tuple[bytes, ...]
    note: Note
    extra: bytes = b""


def write_tlog_proof(proof: TlogProof) -> str:
    """Return the proof as a file."""
    extra = f"extra {base64_text(proof.extra)}\n" if proof.extra else ""
    return f"{_FIRST_LINE}\n{extra}index {proof.index}\n{write_hashes(proof.path)}\n{proof.note}"


def read_tlog_proof(data: str | bytes) -> TlogProof:
    """Return what a proof file holds; raise ProofError (`proof.form`, `note.form`) if it is none."""
    head, _, checkpoint = read_text(data, _FORM).partition("\n\n")
    first, *lines = head.split("\n")
    if first != _FIRST_LINE:
        raise ProofError(_FORM, "A proof begins with the line that names its version.")
    extra = _read_extra(lines.pop(0)) if lines and lines[0].startswith("extra ") else b""
    if not lines or not lines[0].startswith("index "):
        raise ProofError(_FORM, "A proof has an index line before its hashes.")
    index = read_size(lines[0].removeprefix("index "), _FORM)
    return TlogProof(index, read_hashes(lines[1:], _FORM), read_note(checkpoint), extra)


def check_tlog_proof(proof: TlogProof, leaf_hash: bytes, trust: TrustFile) -> QuorumResult:
    """Return by whom it is shown that the leaf is in the log; raise ProofError if it is not shown.

    Codes: those of `judge`; `quorum.unmet`; `proof.inclusion`, `proof.length`.
    """
    result = judge(proof.note, trust)
    if not result.met:
        raise ProofError("quorum.unmet", "The cosignatures on the checkpoint do not make the quorum.")
    check_inclusion(leaf_hash, proof.index, result.checkpoint.size, proof.path, result.checkpoint.root)
    return result


def _read_extra(line: str) -> bytes:
    extra = read_base64(line.removeprefix("extra "), _FORM)
    if not extra:
        raise ProofError(_FORM, "A proof without extra data has no extra line.")
    return extra
