"""The limits that findings apply: policy data of rule set 0 with DOMAIN's defaults, never numbers in a rule's code.

`corridor/data/rules.json` holds them; the genesis names the set's number and the SHA-256 of its canonical bytes, so
that everybody judges a log by the same numbers. Until release 1.0 the set is number 0 and may change.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import resources
from typing import Final

import orjson

from ledger.canonical import write

DAY_MS: Final = 86_400_000
HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds with their units; where each comes from stands in docs/reference/findings.md."""

    number: int
    claimed_ahead_h: int
    several_signers_days: int
    late_warned_h: int
    filings_a_party: int
    handover_gain_warned_ppm: int
    handover_gain_refuted_ppm: int
    handover_loss_refuted_ppm: int
    outturn_metal_short_ppm: int
    certificate_days: int
    inspection_valid_days: int
    yellow_cure_days: int


def _load() -> tuple[Limits, str]:
    data = orjson.loads(resources.files("corridor").joinpath("data/rules.json").read_bytes())
    return Limits(**data["limits"]), hashlib.sha256(write(data)).hexdigest()


LIMITS, RULES_DIGEST = _load()
