"""What can go wrong on the road: misuse and broken data, as few classes under one root.

A fact about the world is never an error but a *finding* (corridor/findings.py). Like the errors of the ground
floor, these name a place and a rule and never repeat the input.
"""

from __future__ import annotations

from ledger.errors import LedgerError


class CorridorError(LedgerError):
    """Root of this floor; `code`, `detail`, `pointer` and `hint` as in ledger/errors.py."""


class QuantityError(CorridorError):
    """A mass, grade or share that is no quantity or cannot be taken from another (codes `quantity.*`)."""


class PlaceError(CorridorError):
    """A control post or corridor that is on no map of ours (codes `place.*`)."""
