"""Times as people claim them: whole seconds of UTC, in the one spelling of PROTOCOL section 2.

2026-01-17T06:42:00Z is 1768632120000 ms since 1970. Leap seconds do not exist, as in Unix time.
Problem code: `form.time`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from ledger.errors import FormError
from ledger.values import Value

_SPELLING: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


def parse_time(value: Value, pointer: str = "") -> int:
    """Give the ms since 1970 of a time; FormError `form.time` if it is misspelt or no day of the calendar."""
    try:
        if isinstance(value, str) and _SPELLING.fullmatch(value):
            return (datetime.fromisoformat(value) - _EPOCH) // _MILLISECOND
    except ValueError:
        pass  # the 30th of February
    hint = "Write it like 2026-01-17T06:42:00Z, in UTC."
    raise FormError("form.time", "This is not a time of the calendar.", pointer=pointer, hint=hint)


def format_time(ms: int) -> str:
    """Write the second in which a time, in ms since 1970, lies; FormError `form.time` outside years 1 to 9999."""
    try:
        moment = _EPOCH + timedelta(milliseconds=ms)
    except OverflowError:
        raise FormError("form.time", "The time lies outside the years 1 to 9999.") from None
    return moment.isoformat()[: len("2026-01-17T06:42:00")] + "Z"
