"""The rule by which a witness cosigns a checkpoint or refuses it (C2SP tlog-witness, add-checkpoint).

A request is the size that the log believes the witness has seen, the consistency proof from it, an empty line
and the signed checkpoint::

    old 20852014
    PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=

    example.com/behind-the-sofa
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+...

The decision is pure. Whoever carries it out holds a lock from reading `latest` until the new checkpoint is on
disk, and only then answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ledger.checkpoint import Checkpoint, read_checkpoint, read_hashes, read_size, write_hashes
from ledger.errors import ProofError
from ledger.merkle import EMPTY_ROOT, check_consistency
from ledger.note import Note, VerifierKey, read_note, read_text, verify_note

ACCEPTED = 200
MALFORMED = 400
UNSIGNED = 403
UNKNOWN_LOG = 404
STALE = 409
INCONSISTENT = 422

TEXT = "text/plain; charset=utf-8"
SIZE = "text/x.tlog.size"  # of an answer that tells the size last cosigned

_FORM = "witness.form"


@dataclass(frozen=True, slots=True)
class Request:
    """An add-checkpoint request, nothing verified."""

    old_size: int
    proof: tuple[bytes, ...]
    note: Note


@dataclass(frozen=True, slots=True)
class Decision:
    """An HTTP status and, if it is 200, the checkpoint to remember and cosign; else the answer's body."""

    status: int
    checkpoint: Checkpoint | None = None
    body: str = ""
    content_type: str = TEXT


def write_add_checkpoint(request: Request) -> str:
    """Return the request's body."""
    return f"old {request.old_size}\n{write_hashes(request.proof)}\n{request.note}"


def read_add_checkpoint(data: str | bytes) -> Request:
    """Return the request that a body holds; raise ProofError (`witness.form`, `note.form`): answer it with 400."""
    head, _, checkpoint = read_text(data, _FORM).partition("\n\n")
    old, *proof = head.split("\n")
    if not old.startswith("old "):
        raise ProofError(_FORM, "A request begins with the old size.")
    old_size = read_size(old.removeprefix("old "), _FORM)
    return Request(old_size, read_hashes(proof, _FORM), read_note(checkpoint))


def decide(
    request: Request, log_keys: Mapping[str, Sequence[VerifierKey]], latest: Checkpoint | None
) -> Decision:
    """Return whether to cosign, given the keys of each known origin and the origin's latest cosigned checkpoint.

    In the specification's order: 400 for no checkpoint, 404 for an unknown origin, 403 without a good
    signature, 400 if the old size exceeds the new one, 409 with the true size if the old size is not the
    latest one, 422 if the new tree does not extend the latest.
    """
    try:
        checkpoint = read_checkpoint(request.note.text)
    except ProofError as error:
        return _refusal(MALFORMED, error)
    if checkpoint.origin not in log_keys:
        return Decision(UNKNOWN_LOG, body="The witness does not know this log.\n")
    try:
        verify_note(request.note, log_keys[checkpoint.origin])
    except ProofError as error:
        return _refusal(UNSIGNED, error)
    if request.old_size > checkpoint.size:
        return Decision(MALFORMED, body="The old size is larger than the checkpoint's.\n")
    seen = latest or Checkpoint(checkpoint.origin, 0, EMPTY_ROOT)
    if request.old_size != seen.size:
        return Decision(STALE, body=f"{seen.size}\n", content_type=SIZE)
    try:
        check_consistency(seen.size, checkpoint.size, seen.root, checkpoint.root, request.proof)
    except ProofError as error:
        return _refusal(INCONSISTENT, error)
    return Decision(ACCEPTED, checkpoint)


def _refusal(status: int, error: ProofError) -> Decision:
    return Decision(status, body=f"{error.detail}\n")
