"""Claims T1-T5: from whose hands into whose, under which seals, along which way, and what two scales found."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from certifiers.outcome import Outcome, Status
from certifiers.report import Report
from certifiers.verifier import verify

HOUR_MS = 3_600_000


@pytest.fixture
def road(scene: SimpleNamespace) -> SimpleNamespace:
    """A log with a mine and its lot of 10 kg, a trader, and customs of DR Congo and Zambia."""
    scene.join("mines", "authority")
    scene.join("inspector", "inspector")
    scene.add_officer("inspector")
    scene.join("customs", "customs", countries=["CD", "ZM"])
    for name in ("mine", "trader"):
        scene.join(name)
    scene.site = scene.register_site(scene.players["mines"], "N", scene.players["inspector"])
    scene.lot = scene.extract(scene.players["mine"], "N-1", scene.site, 10_000)
    return scene


def report_on(scene: SimpleNamespace, lot: str, **choices: object) -> Report:
    """Publish, and verify the lot's bundle under a trust file with a mirror."""
    scene.publish()
    report = verify(scene.bundle(lot, **choices), scene.trust(), lot=lot)
    assert report.failure is None
    return report


def claim(report: Report, code: str) -> Outcome:
    """One claim of a report."""
    return next(outcome for outcome in report.claims if outcome.claim == code)


def codes(outcome: Outcome) -> set[str]:
    """The codes of a claim's reasons."""
    return {reason.code for reason in outcome.reasons}


def standing(report: Report, name: str) -> str:
    """How a verdict stands."""
    return next(verdict.standing.value for verdict in report.verdicts if verdict.name == name)


def send(
    scene: SimpleNamespace, sender: str = "mine", *, corridor: str = "NORTH-SOUTH", **members: str
) -> None:
    """Send the lot from Kolwezi over the border at Kasumbalesa."""
    body = {
        "consignment": "C-1",
        "corridor": corridor,
        "from_post": "CD-KOLWEZI",
        "to_post": "ZM-KASUMBALESA",
        "mode": "road",
        **members,
    }
    scene.post("lot.dispatched", scene.players[sender], body, links=[scene.lot])


def cross(scene: SimpleNamespace, country: str, direction: str) -> None:
    """Customs of a country record the lot at the border."""
    body = {
        "country": country,
        "post": f"{country}-KASUMBALESA",
        "direction": direction,
        "customs_reference": "EX-1",
    }
    scene.post("border.crossed", scene.players["customs"], body, about=[scene.lot])


def seal(scene: SimpleNamespace, action: str, *seals: str, by: str = "mine") -> None:
    """The custodian, or customs, record what they did to seals."""
    place = {"links": [scene.lot]} if by == "mine" else {"about": [scene.lot]}
    scene.post("lot.sealed", scene.players[by], {"action": action, "seals": sorted(seals)}, **place)


def tender(scene: SimpleNamespace, **members: str) -> None:
    """The mine offers the lot to the trader."""
    given = {"wet_mass_g": 10_000, "moisture_ppm": 0, "dry_mass_g": 10_000}
    body = {"receiver": scene.players["trader"].party, "given": given, **members}
    scene.post("lot.tendered", scene.players["mine"], body, links=[scene.lot])


def accept(scene: SimpleNamespace, mass_g: int) -> None:
    """The trader takes the tendered lot with its own weight."""
    received = {"wet_mass_g": mass_g, "moisture_ppm": 0, "dry_mass_g": mass_g}
    body = {"lots": [{"lot": scene.lot, "received": received}]}
    scene.post("lot.accepted", scene.players["trader"], body, links=[scene.lot])


def test_a_lot_that_never_left_its_holder_says_so(road: SimpleNamespace) -> None:
    """Custody that never changed is proved, with a sentence that names the holder."""
    outcome = claim(report_on(road, road.lot), "T1")
    assert (outcome.status, codes(outcome)) == (Status.PROVED, {"custody.never_left"})
    assert outcome.reasons[0].values["party"] == road.players["mine"].party


def test_both_ways_of_handing_over_prove_custody(road: SimpleNamespace) -> None:
    """A tender that was accepted, then an event signed by both: two changes of custody, each signed by two."""
    tender(road)
    accept(road, 10_000)
    road.hand_over(road.lot, road.players["trader"], road.players["mine"], 10_000)
    outcome = claim(report_on(road, road.lot), "T1")
    assert (outcome.status, outcome.reasons[0].values["count"]) == (Status.PROVED, 2)


def test_a_tender_without_answer_names_the_place(road: SimpleNamespace) -> None:
    """Nobody has signed for the lot at Kolwezi: transit is not shown, in the words of the pages."""
    tender(road, post="CD-KOLWEZI")
    report = report_on(road, road.lot)
    outcome = claim(report, "T1")
    assert outcome.status is Status.NOT_SHOWN
    assert outcome.reasons[0].sentence("en").startswith("No receiver's signature at CD-KOLWEZI")
    assert outcome.reasons[0].sentence("fr").startswith("Signature du réceptionnaire absente à CD-KOLWEZI")
    assert standing(report, "transit") == "not_shown"


def test_custody_of_what_was_cut_off_is_not_shown(road: SimpleNamespace) -> None:
    """10 kg of the mine and 30 kg from outside, merged; with the 30 kg cut off, T1 covers 10 of 40."""
    mine, trader = road.players["mine"], road.players["trader"]
    road.hand_over(road.lot, mine, trader, 10_000)
    other, merged = road.declare(trader, "X-1", 30_000), trader.subject("lot", "M-1")
    road.transform("lot.merged", trader, [(road.lot, merged, 10_000), (other, merged, 30_000)])
    report = report_on(road, merged, cut={other})
    outcome = claim(report, "T1")
    assert (outcome.extent.mass.covered, outcome.extent.mass.applicable) == (10_000, 40_000)
    assert other in {reason.values.get("subject") for reason in outcome.reasons}
    assert standing(report, "transit") == "shown_in_part"


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([], Status.NOT_SHOWN),
        ([("applied", "A", "B")], Status.NOT_SHOWN),
        ([("applied", "A", "B"), ("verified", "A")], Status.NOT_SHOWN),
        ([("applied", "A", "B"), ("verified", "A", "B")], Status.PROVED),
        ([("applied", "A"), ("verified", "C")], Status.REFUTED),
        ([("applied", "A"), ("broken", "A"), ("applied", "C"), ("verified", "C")], Status.ATTESTED),
        ([("applied", "A"), ("verified", "A"), ("broken", "A")], Status.NOT_SHOWN),
        ([("applied", "A"), ("verified", "A"), ("applied", "C"), ("verified", "C")], Status.NOT_SHOWN),
    ],
)
def test_seals_put_on_are_the_seals_seen(
    road: SimpleNamespace, steps: list[tuple[str, ...]], expected: Status
) -> None:
    """T2 by what was put on, seen, broken on the record and replaced; a strange seal is a break (rule R13)."""
    send(road)
    for action, *seals in steps:
        seal(road, action, *seals, by="mine" if action == "applied" else "customs")
    assert claim(report_on(road, road.lot), "T2").status is expected


def test_who_replaced_a_seal_is_named(road: SimpleNamespace) -> None:
    """A break on the record that customs sealed again is attested by customs."""
    send(road)
    for action, name, by in (
        ("applied", "A", "mine"),
        ("broken", "A", "customs"),
        ("applied", "C", "customs"),
    ):
        seal(road, action, name, by=by)
    seal(road, "verified", "C", by="customs")
    assert claim(report_on(road, road.lot), "T2").by == (road.players["customs"].party,)


def test_a_lot_that_stays_needs_neither_seals_nor_a_way(road: SimpleNamespace) -> None:
    """Nothing was sent anywhere: T2, T3 and T4 do not apply."""
    report = report_on(road, road.lot)
    assert [claim(report, code).status for code in ("T2", "T3", "T4")] == [Status.NOT_APPLICABLE] * 3


def test_a_way_along_an_operating_corridor_is_consistent(road: SimpleNamespace) -> None:
    """From Kolwezi over Kasumbalesa, seen at both sides of the border in their order."""
    send(road)
    cross(road, "CD", "exit")
    cross(road, "ZM", "entry")
    report = report_on(road, road.lot)
    assert claim(report, "T3").status is Status.CONSISTENT
    assert claim(report, "T4").status is Status.PROVED


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"corridor": "NOWHERE"}, "route.no_corridor"),
        ({"corridor": "ATLANTIC-PLANNED"}, "route.planned"),
        ({"to_post": "AO-LOBITO"}, "route.off_corridor"),
        ({"from_post": "ZM-KASUMBALESA", "to_post": "CD-KOLWEZI"}, "route.off_corridor"),
        ({"mode": "sea"}, "route.off_corridor"),
    ],
)
def test_a_way_that_no_corridor_has_is_not_shown(
    road: SimpleNamespace, members: dict[str, str], reason: str
) -> None:
    """An unknown or planned corridor, posts that are not on it or backwards, another mode: each with its reason."""
    send(road, **members)
    outcome = claim(report_on(road, road.lot), "T3")
    assert (outcome.status, codes(outcome)) == (Status.NOT_SHOWN, {reason})


def test_posts_in_the_wrong_order_are_not_shown(road: SimpleNamespace) -> None:
    """Seen in Zambia first and at the Congolese side afterwards."""
    send(road)
    cross(road, "ZM", "entry")
    cross(road, "CD", "exit")
    assert codes(claim(report_on(road, road.lot), "T3")) == {"route.out_of_order"}


def test_an_officer_without_network_may_file_late(road: SimpleNamespace) -> None:
    """The exit is recorded after the entry but claimed before it: the order of claimed times counts."""
    send(road)
    at_the_border = road.now
    road.now += HOUR_MS
    cross(road, "ZM", "entry")
    body = {"country": "CD", "post": "CD-KASUMBALESA", "direction": "exit", "customs_reference": "EX-1"}
    road.post("border.crossed", road.players["customs"], body, about=[road.lot], claimed_ms=at_the_border)
    assert claim(report_on(road, road.lot), "T3").status is Status.CONSISTENT


@pytest.mark.parametrize(
    ("sides", "reason"),
    [([], "border.no_exit"), (["CD"], "border.no_entry"), (["ZM"], "border.no_exit")],
)
def test_a_border_needs_customs_of_both_sides(road: SimpleNamespace, sides: list[str], reason: str) -> None:
    """Without exit or entry T4 is not shown, and says which side is silent."""
    send(road)
    for country in sides:
        cross(road, country, "exit" if country == "CD" else "entry")
    outcome = claim(report_on(road, road.lot), "T4")
    assert (outcome.status, codes(outcome)) == (Status.NOT_SHOWN, {reason})


def test_a_way_off_the_map_has_unknown_borders(road: SimpleNamespace) -> None:
    """From Congo to Angola on a corridor that does not join the posts: the borders are not shown, not absent."""
    send(road, to_post="AO-LOBITO")
    assert codes(claim(report_on(road, road.lot), "T4")) == {"border.unknown_way"}


@pytest.mark.parametrize(
    ("received_g", "expected"),
    [
        (10_000, Status.CONSISTENT),
        (9_800, Status.CONSISTENT),
        (9_799, Status.REFUTED),
        (10_051, Status.CONSISTENT),
        (10_100, Status.CONSISTENT),
        (10_101, Status.REFUTED),
    ],
)
def test_two_scales_agree_within_the_limits(road: SimpleNamespace, received_g: int, expected: Status) -> None:
    """2 % of loss and 1 % of gain pass (rule R6); a gram beyond refutes T5."""
    tender(road)
    accept(road, received_g)
    assert claim(report_on(road, road.lot), "T5").status is expected


def test_one_weighing_compares_nothing(road: SimpleNamespace) -> None:
    """Where nobody has weighed a second time T5 is not shown, not consistent."""
    assert codes(claim(report_on(road, road.lot), "T5")) == {"mass.once"}
