"""Cosignatures: a witness's dated word that a checkpoint extends all it saw (C2SP tlog-cosignature, Ed25519).

The signature in the note line is eight bytes of time and 64 of Ed25519 over two lines and the checkpoint::

    cosignature/v1
    time 1679315147
    example.com/behind-the-sofa
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
"""

from __future__ import annotations

from collections.abc import Iterable

from ledger.errors import ProofError
from ledger.keys import SigningKey, verify
from ledger.note import COSIGNATURE_V1, Note, VerifierKey, known_signatures, signature_line

MAX_TIME_S = 2**63 - 1  # the specification's
_TIME_BYTES = 8
_SIGNATURE_BYTES = 64


def cosign(checkpoint_text: str, name: str, key: SigningKey, time_s: int) -> str:
    """Return the signature line of witness `name` over a checkpoint's text at `time_s` (seconds since 1970).

    Raise ProofError `cosignature.time` for a time that is not positive or does not fit the format: witnesses
    never omit the time.
    """
    if not 0 < time_s <= MAX_TIME_S:
        raise ProofError("cosignature.time", "A cosignature's time is a positive 63-bit number of seconds.")
    signature = time_s.to_bytes(_TIME_BYTES, "big") + key.sign(_message(checkpoint_text, time_s))
    return signature_line(VerifierKey.of(name, COSIGNATURE_V1, key.public), signature)


def verify_cosignatures(note: Note, known: Iterable[VerifierKey]) -> dict[VerifierKey, int]:
    """Return the time (seconds since 1970) at which each known witness cosigned the note: its latest.

    Keys of other types and lines of unknown keys are passed over. Raise ProofError `note.signature` if a known
    key's cosignature is bad.
    """
    times_s: dict[VerifierKey, int] = {}
    for key, signature in known_signatures(
        note, known, COSIGNATURE_V1, lambda key, signature: _holds(note.text, key, signature)
    ):
        times_s[key] = max(_time_s(signature), times_s.get(key, 0))
    return times_s


def _holds(text: str, key: VerifierKey, signature: bytes) -> bool:
    time_s = _time_s(signature)
    if len(signature) != _TIME_BYTES + _SIGNATURE_BYTES or time_s > MAX_TIME_S:
        return False
    return verify(key.public, _message(text, time_s), signature[_TIME_BYTES:])


def _time_s(signature: bytes) -> int:
    return int.from_bytes(signature[:_TIME_BYTES], "big")


def _message(text: str, time_s: int) -> bytes:
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()
