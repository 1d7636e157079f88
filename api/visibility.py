"""What may be read already: a genesis can keep entries, and what follows from them, back for a time (PROTOCOL 7).

`at` never decreases, so what is public is always a beginning of the log. Hashes are public at once: heads, hash
tiles, receipts and proofs say nothing of what an entry holds.
"""

from __future__ import annotations

from api.refusal import RequestRefused
from api.wiring import Ledger
from ledger.envelope import read_entry
from ledger.ports import Snapshot


def is_public(ledger: Ledger, snapshot: Snapshot, index: int) -> bool:
    """Tell whether the entry at `index`, and so all before it, may be shown to everybody."""
    if not ledger.public_after_ms:
        return True
    return read_entry(snapshot.entry(index)).at + ledger.public_after_ms <= ledger.clock()


def require_public(ledger: Ledger, snapshot: Snapshot, index: int) -> None:
    """Raise RequestRefused `access.delayed` unless the entry at `index` may be shown."""
    if not is_public(ledger, snapshot, index):
        raise RequestRefused(
            "access.delayed",
            "What this shows is not public yet.",
            hint=f"Entries of this log are public after {ledger.public_after_ms} ms.",
        )


def last_index(ledger: Ledger, snapshot: Snapshot, subject: str) -> int:
    """Return the index of the newest entry that a begun subject's state follows from; 0 where no delay is asked."""
    if not ledger.public_after_ms:
        return 0
    size = snapshot.size()
    return max([*snapshot.chain(subject, size)[-1:], *snapshot.file(subject, size)[-1:]])
