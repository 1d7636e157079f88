"""A subject's chain and file, as plain digests: PROTOCOL sections 1 and 8.

The chain of a lot of three events, each naming the one before it:

    (e1, 000…0)  (e2, e1)  (e3, e2)        its head is e3

The file of a subject folds in, in log order, the ids of events that speak about it: f₀ = 32 zero bytes,
fᵢ₊₁ = SHA-256(fᵢ ‖ event_id).
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from ledger.errors import ProofError

GENESIS_PREV: Final = "0" * 64
"""The `prev` of a subject's first event, for nothing comes before it."""

EMPTY_FILE: Final = bytes(32)
"""The file of a subject that nobody has spoken about."""


def extend_file(file: bytes, event_id_hex: str) -> bytes:
    """Give the file after one more event."""
    return sha256(file + bytes.fromhex(event_id_hex)).digest()


def check_chain(ids_and_prevs: Iterable[tuple[str, str]]) -> str:
    """Give the head of an unbroken chain of (event_id, prev); GENESIS_PREV if there are no events.

    Raises ProofError `chain.broken`, the pointer being the position of the first event that does not follow.
    """
    head = GENESIS_PREV
    for position, (event_id, prev) in enumerate(ids_and_prevs):
        if prev != head:
            raise ProofError(
                "chain.broken", "An event does not follow the one before it.", pointer=f"/{position}"
            )
        head = event_id
    return head
