"""Chance that is the same on every machine and in every version: SHA-256 over a seed and a name.

Python's own generators promise no such thing across versions, and a published log root must be.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dice:
    """Draws named numbers: the same seed and name always give the same one, in any order of asking."""

    seed: int

    def octets(self, name: str) -> bytes:
        """Draw 32 octets."""
        return hashlib.sha256(f"otc/simulation\n{self.seed}\n{name}".encode()).digest()

    def between(self, least: int, most: int, name: str) -> int:
        """Draw an integer of [least, most]; the bias of the modulus is below 2^-200 and does not matter here."""
        return least + int.from_bytes(self.octets(name)) % (most - least + 1)

    def vary(self, value: int, ppm: int, name: str) -> int:
        """Draw a value within `ppm` parts per million of another."""
        spread = value * ppm // 1_000_000
        return self.between(value - spread, value + spread, name)
