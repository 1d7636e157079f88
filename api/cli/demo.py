"""`otc demo`: forwards to the floor above, which this one may not import, by name."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Final

ENTRY: Final = "simulations.demo"


def main(argv: Sequence[str]) -> int:
    """Play the four stories and the tricks; the exit code is 0 only if each ends as its scenario declares."""
    code: int = importlib.import_module(ENTRY).main(list(argv))
    return code
