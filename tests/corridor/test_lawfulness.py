"""The proven interval: what a log proves of the time of a field act, and what that says of its lawfulness."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.lawfulness import Lawful, judge

if TYPE_CHECKING:
    from conftest import Play

instants = st.integers(0, 30)


def lawful_between(spans: list[tuple[int, int]], t: int) -> bool:
    """Whether a time lies in one of some spans, their ends included."""
    return any(start <= t <= end for start, end in spans)


def oracle(spans: list[tuple[int, int]], proven_from: int, claimed: int, at: int) -> Lawful:
    """PROTOCOL section 6, Time, word for word, by looking at every instant of the interval."""
    claimed = max(proven_from, min(claimed, at))
    if all(lawful_between(spans, t) for t in range(proven_from, at + 1)):
        return Lawful.THROUGHOUT
    if all(lawful_between(spans, t) for t in range(claimed, at + 1)):
        return Lawful.FROM_CLAIM
    return Lawful.HELD if lawful_between(spans, claimed) else Lawful.REFUTED


@given(
    spans=st.lists(st.tuples(instants, instants), max_size=4),
    proven_from=instants,
    length=instants,
    claimed=st.integers(-10, 70),
)
def test_looking_at_the_changes_is_looking_at_every_instant(
    spans: list[tuple[int, int]], proven_from: int, length: int, claimed: int
) -> None:
    """Judging at the ends and at each change gives what judging every millisecond of the interval gives."""
    changes = [t for start, end in spans for t in (start, end + 1)]
    at = proven_from + length
    outcome = judge(lambda t: lawful_between(spans, t), changes, proven_from, claimed, at)
    assert outcome == oracle(spans, proven_from, claimed, at)


@given(proven_from=instants, length=instants, claimed=st.integers(-10, 70), later=st.integers(0, 30))
def test_a_later_record_never_helps(proven_from: int, length: int, claimed: int, later: int) -> None:
    """With a ban from 20 on, waiting longer to record an act never makes it more lawful."""
    order = [Lawful.THROUGHOUT, Lawful.FROM_CLAIM, Lawful.HELD, Lawful.REFUTED]
    at = proven_from + length

    def judged(at: int) -> int:
        return order.index(judge(lambda t: t < 20, [20], proven_from, min(claimed, at), at))

    assert judged(at + later) >= judged(at)


def test_the_interval_begins_at_the_genesis_without_a_predecessor(play: Play) -> None:
    """A first event can be as old as the log; a claim from before the log counts as its beginning, with a finding."""
    site = play.site(licence_from="2026-03-02T06:00:00Z")  # the log's first minute
    play.extract(site, "A")
    assert play.codes == []
    body = play.extraction(site, 10)
    play.post(
        "lot.extracted", play.miner, body, links=[play.miner.subject("lot", "B")], claimed=play.now - 10**9
    )
    assert play.codes == ["time.claimed_outside", "time.late"]


@pytest.mark.parametrize(
    ("recorded_ms", "claimed_s", "codes"),
    [(0, 0, []), (0, -1, ["time.claimed_outside"]), (999, 0, []), (999, -1, ["time.claimed_outside"])],
)
def test_a_predecessor_bounds_the_interval_from_below(
    recorded_ms: int, claimed_s: int, codes: list[str], play: Play
) -> None:
    """A claim of the second in which the lot's last event was recorded is inside, one of the second before is not."""
    second = play.now
    play.now = second + recorded_ms
    lot = play.declare()
    claimed = second + claimed_s * 1_000
    play.post("lot.stored", play.trader, {"post": "CD-KOLWEZI"}, links=[lot], claimed=claimed)
    assert play.codes == codes


@pytest.mark.parametrize(("ahead_ms", "codes"), [(0, []), (1_000, ["time.claimed_outside"])])
def test_a_claim_from_the_future_is_outside(ahead_ms: int, codes: list[str], play: Play) -> None:
    """A clock that runs ahead is tolerated and said; the log's own time counts."""
    lot = play.declare()
    play.post("lot.stored", play.trader, {"post": "CD-KOLWEZI"}, links=[lot], claimed=play.now + ahead_ms)
    assert play.codes == codes


@pytest.mark.parametrize(("late_s", "codes"), [(168 * 3_600, []), (168 * 3_600 + 1, ["time.late"])])
def test_a_week_is_not_late(late_s: int, codes: list[str], play: Play) -> None:
    """168 hours after the claim nothing is said; a second more is late, counted in whole hours (rule R4)."""
    lot = play.declare()
    claimed = play.now
    play.now = claimed + late_s * 1_000
    play.post("lot.stored", play.trader, {"post": "CD-KOLWEZI"}, links=[lot], claimed=claimed)
    assert play.codes == codes
    assert [finding.values for finding in play.findings] == [{"delay_h": 168}] * len(codes)
