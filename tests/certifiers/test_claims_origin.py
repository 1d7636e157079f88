"""Claims O1-O5: where the ore comes from, how much of the lot that covers, and whether it could be sold."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certifiers.claims_origin import distance_m
from certifiers.outcome import Outcome, Status
from certifiers.report import Report
from certifiers.rollup import Standing
from certifiers.verifier import verify
from corridor.measures import Position
from ledger.envelope import format_time

COLTAN = "261590"
DAY_MS = 86_400_000
PPM = 1_000_000


@pytest.fixture
def road(scene: SimpleNamespace) -> SimpleNamespace:
    """A log with an authority, an inspector, a mine, a trader, and a green site inspected now."""
    scene.join("mines", "authority")
    scene.join("inspector", "inspector")
    scene.add_officer("inspector")
    for name in ("mine", "trader"):
        scene.join(name)
    scene.site = scene.register_site(scene.players["mines"], "N", scene.players["inspector"])
    return scene


def report_on(scene: SimpleNamespace, lot: str) -> Report:
    """Publish, and verify the lot's bundle under a trust file with a mirror."""
    scene.publish()
    report = verify(scene.bundle(lot), scene.trust(), lot=lot)
    assert report.failure is None
    return report


def claim(report: Report, code: str) -> Outcome:
    """One claim of a report."""
    return next(outcome for outcome in report.claims if outcome.claim == code)


def standings(report: Report) -> dict[str, str]:
    """The verdicts by name."""
    return {verdict.name: verdict.standing.value for verdict in report.verdicts}


def inspect(scene: SimpleNamespace, status: str, *, inspected_ms: int | None = None) -> None:
    """The inspector gives the site a status."""
    inspector = scene.players["inspector"]
    report = {"sha256": "ab" * 32, "media_type": "application/pdf", "size": 10}
    body = {
        "status": status,
        "inspected_at": format_time(scene.now if inspected_ms is None else inspected_ms),
        "report": report,
    }
    scene.post("site.inspected", [(inspector, inspector.officers[0])], body, about=[scene.site])


def mixed(scene: SimpleNamespace, declared: dict[str, Any]) -> str:
    """60 kg mined at the site and 40 kg declared, merged by the trader."""
    mine, trader = scene.players["mine"], scene.players["trader"]
    mined = scene.extract(mine, "N-1", scene.site, 60_000)
    scene.hand_over(mined, mine, trader, 60_000)
    body = {
        "hs": COLTAN,
        "form": "concentrate",
        "custody_model": "mass_balance",
        "weight": {"wet_mass_g": 40_000, "moisture_ppm": 0, "dry_mass_g": 40_000},
        "contained_mg": {"Ta2O5": 300 * 40_000},
        **declared,
    }
    other = trader.subject("lot", "X-1")
    scene.post("lot.declared", trader, body, links=[other])
    merged = trader.subject("lot", "M-1")
    scene.transform("lot.merged", trader, [(mined, merged, 60_000), (other, merged, 40_000)])
    return str(merged)


def test_unknown_origin_is_covered_by_no_claim_and_said(road: SimpleNamespace) -> None:
    """60 kg from a site and 40 kg of unknown origin: O1, O2 and O4 cover 60 %, and origin is shown in part."""
    report = report_on(road, mixed(road, {"source": "unknown"}))
    for code in ("O1", "O2", "O4"):
        outcome = claim(report, code)
        assert (outcome.status, outcome.extent.mass.covered, outcome.extent.mass.applicable) == (
            Status.PROVED,
            60_000,
            100_000,
        )
    assert "40 kg of dry mass are of unknown origin." in [
        r.sentence("en") for r in claim(report, "O4").reasons
    ]
    origin = report.verdicts[0]
    assert (origin.standing, origin.share_ppm) == (Standing.IN_PART, 600_000)
    assert standings(report)["transit"] == "shown"


def test_ore_of_a_country_has_a_share_but_no_site(road: SimpleNamespace) -> None:
    """40 kg of one country only: O4 knows where all of it is from, O1 only what a site answers for."""
    report = report_on(road, mixed(road, {"source": "country", "country": "CD"}))
    assert claim(report, "O4").extent.mass.covered == 100_000
    assert claim(report, "O1").extent.mass.covered == 60_000


def test_recycled_mass_needs_no_mine(road: SimpleNamespace) -> None:
    """What is recycled is outside of O1 and O2: 60 kg of the 60 that were mined are covered, and origin is shown."""
    report = report_on(road, mixed(road, {"source": "recycled", "country": "FR"}))
    assert (claim(report, "O1").extent.mass.covered, claim(report, "O1").extent.mass.applicable) == (
        60_000,
        60_000,
    )
    assert standings(report)["origin"] == "shown"


def test_a_recycled_lot_has_no_mine_to_ask_about(road: SimpleNamespace) -> None:
    """All recycled: O1 and O2 do not apply, O4 covers all of it."""
    trader = road.players["trader"]
    lot = trader.subject("lot", "X-1")
    body = {
        "source": "recycled",
        "country": "FR",
        "hs": COLTAN,
        "form": "scrap",
        "custody_model": "segregated",
        "weight": {"wet_mass_g": 1_000, "moisture_ppm": 0, "dry_mass_g": 1_000},
        "contained_mg": {},
    }
    road.post("lot.declared", trader, body, links=[lot])
    report = report_on(road, lot)
    assert [claim(report, code).status for code in ("O1", "O2", "O5")] == [Status.NOT_APPLICABLE] * 3
    assert claim(report, "O4").extent.mass.covered == 1_000
    assert standings(report)["origin"] == "shown"


def test_after_processing_the_share_of_metal_counts(road: SimpleNamespace) -> None:
    """16 kg with 500 g of metal and 11 kg with 300 g: 592,592 ppm of the mass, but 625,000 ppm of the metal."""
    mine, trader = road.players["mine"], road.players["trader"]
    parts = {"N-1": (16_000, 500_000), "X-1": (11_000, 300_000)}
    goods = {"hs": COLTAN, "form": "concentrate", "custody_model": "mass_balance"}
    mined, other, product = (
        mine.subject("lot", "N-1"),
        trader.subject("lot", "X-1"),
        trader.subject("lot", "P-1"),
    )
    for lot, party, kind, more in (
        (mined, mine, "lot.extracted", {"site": road.site, "mined_from": format_time(road.now - DAY_MS)}),
        (other, trader, "lot.declared", {"source": "unknown"}),
    ):
        mass_g, metal_mg = parts[lot.rpartition("/")[2]]
        weight = {"wet_mass_g": mass_g, "moisture_ppm": 0, "dry_mass_g": mass_g}
        body = {**goods, "weight": weight, "contained_mg": {"Ta2O5": metal_mg}, **more}
        if kind == "lot.extracted":
            body["mined_until"] = format_time(road.now)
        road.post(kind, party, body, links=[lot])
    road.hand_over(mined, mine, trader, 16_000)
    edges = [
        {"source": lot, "target": product, "dry_mass_g": grams, "contained_mg": {"Ta2O5": mg}}
        for lot, grams, mg in ((mined, 1_600, 500_000), (other, 1_100, 300_000))
    ]
    losses = [
        {"source": lot, "kind": "tailings", "dry_mass_g": grams, "contained_mg": {"Ta2O5": 0}}
        for lot, grams in ((mined, 14_400), (other, 9_900))
    ]
    body = {
        "edges": edges,
        "losses": losses,
        "outputs": [{"lot": product, **goods}],
        "process": "gravity_separation",
        "country": "CD",
        "period_from": format_time(road.now - DAY_MS),
        "period_until": format_time(road.now),
    }
    road.post("lot.processed", trader, body, links=sorted([mined, other, product]))
    extent = claim(report_on(road, product), "O1").extent
    assert (extent.mass.covered, extent.mass.applicable) == (1_600, 2_700)
    assert extent.metal["Ta2O5"].covered == 500_000
    assert extent.share_ppm == 5 * PPM // 8


def test_a_licence_that_had_ended_refutes_o1(road: SimpleNamespace) -> None:
    """The licence ends in 2028; ore mined in 2029 has none, and origin is contradicted."""
    road.now += 4 * 365 * DAY_MS
    mine = road.players["mine"]
    report = report_on(road, road.extract(mine, "N-1", road.site, 1_000))
    assert claim(report, "O1").status is Status.REFUTED
    assert ("licence.not_valid", "O1") in {(f.code, c) for f in report.findings for c in f.kind.claims}
    assert standings(report)["origin"] == "contradicted"
    assert report.exit_code() == 1


def test_ore_sold_from_a_red_site_refutes_o2(road: SimpleNamespace) -> None:
    """A sale that begins and ends under red status was not allowed."""
    mine, trader = road.players["mine"], road.players["trader"]
    inspect(road, "red")
    lot = road.extract(mine, "N-1", road.site, 1_000)
    road.hand_over(lot, mine, trader, 1_000)
    report = report_on(road, lot)
    assert claim(report, "O2").status is Status.REFUTED
    assert standings(report)["origin"] == "contradicted"


def test_a_sale_dated_before_the_ban_but_recorded_after_is_held(road: SimpleNamespace) -> None:
    """Claimed under green, recorded under red: nobody can tell, so that all three verdicts are held."""
    mine, trader = road.players["mine"], road.players["trader"]
    lot = road.extract(mine, "N-1", road.site, 1_000)
    before = road.now
    road.now += DAY_MS
    inspect(road, "red")
    road.hand_over(lot, mine, trader, 1_000, claimed_ms=before)
    report = report_on(road, lot)
    assert claim(report, "O2").status is Status.NOT_SHOWN
    assert set(standings(report).values()) == {"held"}
    assert report.exit_code(["origin"]) == 1


def test_a_sale_lawful_only_from_its_claimed_time_is_consistent(road: SimpleNamespace) -> None:
    """Mined under red and sold under green: the interval since mining began unlawful, the claimed time did not."""
    mine, trader = road.players["mine"], road.players["trader"]
    inspect(road, "red")
    lot = road.extract(mine, "N-1", road.site, 1_000)
    inspect(road, "green")
    road.hand_over(lot, mine, trader, 1_000)
    report = report_on(road, lot)
    assert claim(report, "O2").status is Status.CONSISTENT
    assert (report.verdicts[0].standing, report.verdicts[0].weakest) == (Standing.SHOWN, Status.CONSISTENT)


@pytest.mark.parametrize(("status", "expected"), [("green", Status.PROVED), ("red", Status.NOT_SHOWN)])
def test_unsold_ore_is_judged_by_the_status_now(road: SimpleNamespace, status: str, expected: Status) -> None:
    """Ore that its producer still holds: sale would be allowed as of the heads, or it is not shown."""
    lot = road.extract(road.players["mine"], "N-1", road.site, 1_000)
    inspect(road, status)
    assert claim(report_on(road, lot), "O2").status is expected


def test_no_capacity_score_is_guessed(road: SimpleNamespace) -> None:
    """O3 says not shown, with its reason, whatever else is known."""
    outcome = claim(report_on(road, road.extract(road.players["mine"], "N-1", road.site, 1_000)), "O3")
    assert outcome.status is Status.NOT_SHOWN
    assert outcome.reasons


@pytest.mark.parametrize(
    ("north_udeg", "expected"),
    [
        (0, Status.CONSISTENT),
        (18_000, Status.CONSISTENT),
        (20_000, Status.NOT_SHOWN),
        (None, Status.NOT_SHOWN),
    ],
)
def test_the_first_record_lies_in_the_concession(
    road: SimpleNamespace, north_udeg: int | None, expected: Status
) -> None:
    """2,000 m of radius and twice 50 m of accuracy: 18,000 udeg north are 2,001 m, 20,000 are 2,224 m."""
    mine = road.players["mine"]
    lot = mine.subject("lot", "N-1")
    body: dict[str, Any] = {
        "site": road.site,
        "hs": COLTAN,
        "form": "ore",
        "custody_model": "segregated",
        "weight": {"wet_mass_g": 1_000, "moisture_ppm": 0, "dry_mass_g": 1_000},
        "contained_mg": {},
        "mined_from": format_time(road.now - DAY_MS),
        "mined_until": format_time(road.now - 3_600_000),
    }
    if north_udeg is not None:
        latitude = -1_560_000 + north_udeg
        body["position"] = {"latitude_udeg": latitude, "longitude_udeg": 28_880_000, "accuracy_m": 50}
    road.post("lot.extracted", mine, body, links=[lot])
    assert claim(report_on(road, lot), "O5").status is expected


@given(
    latitude=st.integers(-80_000_000, 80_000_000),
    longitude=st.integers(-180_000_000, 179_900_000),
    north=st.integers(0, 100_000),
)
def test_a_degree_of_latitude_has_one_length_everywhere(latitude: int, longitude: int, north: int) -> None:
    """Due north, 111,195 m a degree on a sphere of 6,371 km, to the metre; and both ways the same."""
    here = Position(latitude_udeg=latitude, longitude_udeg=longitude, accuracy_m=0)
    there = Position(latitude_udeg=latitude + north, longitude_udeg=longitude, accuracy_m=0)
    assert abs(distance_m(here, there) - north * 111_195 // PPM) <= 1
    assert distance_m(here, there) == distance_m(there, here)


def test_the_date_line_is_no_distance() -> None:
    """A tenth of a degree across 180 degrees on the equator is 11,119 m, not once around the Earth."""
    here = Position(latitude_udeg=0, longitude_udeg=179_950_000, accuracy_m=0)
    there = Position(latitude_udeg=0, longitude_udeg=-179_950_000, accuracy_m=0)
    assert distance_m(here, there) == 11_119
