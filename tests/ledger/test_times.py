"""Times: one spelling, real days, whole seconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import FormError
from ledger.times import format_time, parse_time


@given(st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59)), st.integers(0, 999))  # noqa: DTZ001  # hypothesis wants naive bounds
def test_times_are_whole_seconds_of_the_calendar(moment: datetime, ms: int) -> None:
    """A time is read as ms since 1970 and written back; ms within the second are cut off."""
    text = moment.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")
    since = moment.replace(microsecond=0, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    assert parse_time(text) == since // timedelta(milliseconds=1)
    assert format_time(parse_time(text) + ms) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-01-17",
        "2026-01-17T06:42Z",
        "2026-01-17T06:42:00",
        "2026-01-17t06:42:00z",
        "2026-01-17 06:42:00Z",
        "2026-01-17T06:42:00.0Z",
        "2026-01-17T06:42:00+00:00",
        "2026-01-17T06:42:60Z",
        "2026-01-17T06:60:00Z",
        "2026-01-17T24:00:00Z",
        "2025-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "+2026-01-17T06:42:00Z",
        "2026-01-17T06:42:00Z\n",
        "٢٠٢٦-01-17T06:42:00Z",
        "20260117T064200Z",
        "2026-W03-6T06:42:00Z",
    ],
)
def test_other_spellings_and_impossible_days_are_no_times(text: str) -> None:
    """Seconds of 60, fractions, zones, missing days and other spellings are `form.time`."""
    with pytest.raises(FormError) as refused:
        parse_time(text, "/at")
    assert (refused.value.code, refused.value.pointer) == ("form.time", "/at")


@pytest.mark.parametrize("ms", [10**15, -(10**15), 2**63])
def test_a_time_beyond_the_year_9999_cannot_be_written(ms: int) -> None:
    """Times that no calendar text of ours can hold are `form.time`."""
    with pytest.raises(FormError, match=r"form\.time"):
        format_time(ms)
