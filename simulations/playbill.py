"""What the demonstration declares beforehand: each bundle, and how its examination must end.

The demonstration exits with 0 only if every line of this bill comes true.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

REQUIRED: Final = "origin,transit,certification"

SHOWN: Final = 0
NOT_SHOWN: Final = 1
UNUSABLE: Final = 2


@dataclass(frozen=True, slots=True)
class Expected:
    """A bundle's file name, the exit code of `otc verify --require origin,transit,certification`, and why."""

    name: str
    exit_code: int
    why: str


BILL: Final = (
    Expected("lobito-copper", SHOWN, "the clean lot: copper concentrate by train"),
    Expected("central-coltan", SHOWN, "bags of two cooperatives, processed, certified by two officers"),
    Expected("guinea-bauxite", SHOWN, "a ship drawn from a stockpile under the mass-balance model"),
    Expected("morocco-cobalt", NOT_SHOWN, "mined and recycled cobalt that nobody certified"),
    Expected("central-held", NOT_SHOWN, "a sale dated before its site's ban, recorded after it"),
    Expected("lobito-stones-before", SHOWN, "stones under perfect papers: no ledger alone catches them"),
    Expected("lobito-stones", NOT_SHOWN, "the same lot after the importer's outturn"),
    Expected("lobito-damaged", UNUSABLE, "the clean lot's bundle, cut short"),
)
