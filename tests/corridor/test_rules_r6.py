"""Rules R6 and R7: what one party weighed and assayed against what the other gave; limits are policy data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Play

GIVEN_G = 1_000_000
# Limits in rules.json: a gain of 5,000 ppm is noted and of 10,000 ppm refutes, a loss of 20,000 ppm refutes.
# Of 1,000,000 g these are 5,000 g, 10,000 g and 20,000 g; a limit itself is still allowed.
LIMITS = [
    (1_000_000, []),
    (1_005_000, []),
    (1_005_001, ["handover.gain_warned"]),
    (1_010_000, ["handover.gain_warned"]),
    (1_010_001, ["handover.mass_gained"]),
    (980_000, []),
    (979_999, ["handover.mass_lost"]),
    (1, ["handover.mass_lost"]),
]


@pytest.mark.parametrize(("received_g", "codes"), LIMITS)
def test_a_hand_over_is_judged_by_its_change(received_g: int, codes: list[str], play: Play) -> None:
    """Each limit lets its own value pass and speaks one gram beyond it; the finding says the change in grams."""
    lot = play.declare("A", GIVEN_G)
    play.hand_over(lot, play.trader, play.refiner, received_g)
    assert play.codes == codes
    assert [finding.values for finding in play.findings] == [{"change_g": received_g - GIVEN_G}] * len(codes)
    assert play.lot(lot).holding.dry_mass_g == received_g


@pytest.mark.parametrize(("received_g", "codes"), LIMITS)
def test_an_acceptance_is_judged_alike(received_g: int, codes: list[str], play: Play) -> None:
    """A tender with its acceptance is weighed by the same limits as a hand-over signed by both."""
    lot = play.declare("A", GIVEN_G)
    play.tender(lot, play.trader, play.refiner)
    play.post("lot.accepted", play.refiner, play.acceptance(lot, received_g), links=[lot])
    assert play.codes == codes
    assert play.lot(lot).holding.dry_mass_g == received_g


@pytest.mark.parametrize("received_g", [3_030_000, 3_030_001, 2_940_000, 2_939_999, 3_015_000, 3_015_001])
def test_a_limit_is_not_rounded(received_g: int, play: Play) -> None:
    """Of 3,000,000 g 1 % is 30,000 g and 2 % 60,000 g: the gram beyond counts though it is a third of a ppm."""
    lot = play.declare("A", 3_000_000)
    play.hand_over(lot, play.trader, play.refiner, received_g)
    expected = {
        3_015_001: ["handover.gain_warned"],
        3_030_000: ["handover.gain_warned"],
        3_030_001: ["handover.mass_gained"],
        2_939_999: ["handover.mass_lost"],
    }
    assert play.codes == expected.get(received_g, [])


@given(given_g=st.integers(1, 10**7), received_g=st.integers(1, 10**7))
def test_the_limits_are_asymmetric_shares_of_what_was_given(
    given_g: int, received_g: int, new_play: Callable[[], Play]
) -> None:
    """For any two masses: a gain beyond 1 % or a loss beyond 2 % refutes, a gain beyond 0.5 % is noted."""
    play = new_play()
    lot = play.declare("A", given_g)
    play.hand_over(lot, play.trader, play.refiner, received_g)
    gained_g = received_g - given_g
    expected = []
    if gained_g * 100 > given_g:
        expected = ["handover.mass_gained"]
    elif gained_g * 200 > given_g:
        expected = ["handover.gain_warned"]
    elif -gained_g * 50 > given_g:
        expected = ["handover.mass_lost"]
    assert play.codes == expected


def test_each_lot_of_a_hand_over_is_judged_by_itself(play: Play) -> None:
    """A loss of one lot is not made up by the gain of another."""
    lots = sorted([play.declare("A", 1_000), play.declare("B", 1_000)])
    body = play.handing(play.refiner, *lots)
    body["lots"][0]["received"], body["lots"][1]["received"] = play.weight(900), play.weight(1_100)
    play.post("lot.handed_over", [play.trader, play.refiner], body, links=lots)
    assert [(finding.code, finding.subject) for finding in play.findings] == [
        ("handover.mass_lost", lots[0]),
        ("handover.mass_gained", lots[1]),
    ]


@pytest.mark.parametrize(
    ("received_g", "codes"),
    [
        (1_005_001, []),
        (1_010_000, []),
        (1_010_001, ["outturn.mass_differs"]),
        (980_000, []),
        (979_999, ["outturn.mass_differs"]),
    ],
)
def test_an_outturn_is_judged_by_the_exported_mass(received_g: int, codes: list[str], play: Play) -> None:
    """The importer's scale refutes beyond 1 % more or 2 % less; the book keeps what was exported."""
    lot = play.declare("A", GIVEN_G)
    play.export(lot, play.trader)
    outturn = {"weight": play.weight(received_g), "contained_mg": {}}
    play.post("lot.received", play.refiner, outturn, links=[lot])
    assert play.codes == codes
    assert [finding.values for finding in play.findings] == [{"change_g": received_g - GIVEN_G}] * len(codes)
    assert play.lot(lot).holding.dry_mass_g == GIVEN_G


@pytest.mark.parametrize(
    ("found_mg", "short"),
    [(200_000, False), (190_000, False), (189_999, True), (0, True), (300_000, False)],
)
def test_an_outturn_finds_stones_behind_good_papers(found_mg: int, short: bool, play: Play) -> None:  # noqa: FBT001  # a table's column
    """5 % of 200,000 mg are 10,000 mg: the importer's assay refutes at 189,999 mg, with both figures."""
    lot = play.declare("A", 1_000, contained_mg={"Sn": 200_000, "WO3": 0})
    play.export(lot, play.trader)
    outturn = {"weight": play.weight(1_000), "contained_mg": {"Sn": found_mg}}
    play.post("lot.received", play.refiner, outturn, links=[lot])
    values = {"analyte": "Sn", "found_mg": found_mg, "stated_mg": 200_000}
    expected = [("outturn.metal_short", values)] if short else []
    assert [(finding.code, finding.values) for finding in play.findings] == expected


def test_a_loss_leaves_each_origin_in_proportion(play: Play) -> None:
    """10 g, 6 of the Congo and 4 of Rwanda, weighed as 5 g are 3 g and 2 g; their metal is halved with them."""
    a = play.declare("A", 6, source="country", country="CD", contained_mg={"Sn": 600})
    b = play.declare("B", 4, source="country", country="RW", contained_mg={"Sn": 400})
    m = play.trader.subject("lot", "M")
    edges = [play.edge(a, m, 6, {"Sn": 600}), play.edge(b, m, 4, {"Sn": 400})]
    outputs = [{"lot": m, **play.goods(custody_model="mass_balance")}]
    play.post("lot.merged", play.trader, {"edges": edges, "outputs": outputs}, links=[a, b, m])
    play.hand_over(m, play.trader, play.refiner, 5)
    holding = play.lot(m).holding
    assert holding.classes_g == {"country:CD": 3, "country:RW": 2}
    assert holding.classes_mg == {"Sn": {"country:CD": 300, "country:RW": 200}}


def test_a_gain_is_of_unknown_origin_and_brings_no_metal(play: Play) -> None:
    """What the receiver weighs beyond the book has no origin that anybody has shown."""
    lot = play.declare("A", 1_000, source="country", country="CD", contained_mg={"Sn": 500})
    play.hand_over(lot, play.trader, play.refiner, 1_003)
    holding = play.lot(lot).holding
    assert holding.classes_g == {"country:CD": 1_000, "unknown": 3}
    assert holding.classes_mg == {"Sn": {"country:CD": 500}}
