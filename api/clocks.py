"""The clocks of a server, in ms: the wall's, which people set, and the steady one, which only goes forward.

Nothing else on this floor asks the machine for the time, so that a test can say what time it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], int]

_NS_A_MS = 1_000_000


def wall_ms() -> int:
    """Return the ms since 1970."""
    return time.time_ns() // _NS_A_MS


def steady_ms() -> int:
    """Return the ms since some moment in the past: for measuring spans only."""
    return time.monotonic_ns() // _NS_A_MS
