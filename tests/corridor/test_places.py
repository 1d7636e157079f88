"""Places: every number of the compiled corridors, exactly, in integers, with its basis."""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.errors import PlaceError
from corridor.places import Coordinates, CorridorStatus, PostKind, corridors, distance_km, post, posts
from corridor.quantities import grade_ceiling_ppm
from corridor.vocabulary import COMMODITIES, COUNTRIES

ROOT = Path(__file__).parents[2]
COMPILED = ROOT.parent / "shared" / "data" / "corridors.json"

points = st.builds(
    Coordinates,
    st.integers(min_value=-90_000_000, max_value=90_000_000),
    st.integers(min_value=-180_000_000, max_value=180_000_000),
)


@pytest.fixture(scope="module")
def compiled() -> list[dict[str, Any]]:
    """The corridors as they were compiled, with decimals read exactly."""
    if not COMPILED.exists():
        pytest.skip(f"the compiled corridors are not here to compare with: {COMPILED}")
    data: list[dict[str, Any]] = json.loads(COMPILED.read_text(), parse_float=Decimal)["corridors"]
    return data


def scaled(values: list[Any], factor: int) -> tuple[int, ...]:
    """Change the unit of some values, exactly."""
    exact = [Decimal(value) * factor for value in values]
    assert all(value == int(value) for value in exact)
    return tuple(map(int, exact))


def test_all_fourteen_corridors_are_carried_over_in_order(compiled: list[dict[str, Any]]) -> None:
    """The same corridors under the same ids, with their modes, distances and sources."""
    ours = list(corridors().values())
    assert len(ours) == 14
    for mine, theirs in zip(ours, compiled, strict=True):
        assert mine.corridor_id == theirs["id"]
        assert mine.name == theirs["name"].replace("; do not present as operating", "")
        assert mine.status == theirs.get("status", "operating")
        assert list(mine.modes) == theirs["mode"]
        assert mine.great_circle_km == theirs["great_circle_km_total"]
        assert mine.published_distance_km == theirs.get("published_distance_km")
        assert mine.source == theirs["source"]


def test_all_87_posts_are_carried_over_in_order(compiled: list[dict[str, Any]]) -> None:
    """Each stop of each corridor keeps its name, country, kind, UN/LOCODE, coordinates and their basis."""
    ours = [stop for corridor in corridors().values() for stop in corridor.posts]
    theirs = [row for corridor in compiled for row in corridor["checkpoints"]]
    assert len(ours) == 87
    for mine, row in zip(ours, theirs, strict=True):
        assert (mine.name, mine.country, mine.kind) == (row["name"], row["country"], row["kind"])
        assert mine.coordinates == scaled([row["lat"], row["lon"]], 1_000_000)
        assert (mine.unlocode, mine.note) == (row["unlocode"], row.get("note", ""))
        assert mine.coordinates_basis == row["coord_basis"]


def test_legs_lots_and_transit_times_are_carried_over(compiled: list[dict[str, Any]]) -> None:
    """Kilometres stay, tonnes become grams, days become minutes (0.7 days have no whole hours)."""
    for mine, theirs in zip(corridors().values(), compiled, strict=True):
        legs = [(post(leg.start).name, post(leg.end).name, leg.great_circle_km) for leg in mine.legs]
        assert legs == [(leg["frm"], leg["to"], leg["great_circle_km"]) for leg in theirs["legs"]]
        lot = theirs["lot"]
        assert (mine.lot.unit, mine.lot.basis) == (lot["unit"], lot["basis"])
        assert mine.lot.typical_g == scaled(lot["typical_t"], 1_000_000)
        assert mine.lot.per_unit_g == scaled(lot["per_unit_t"], 1_000_000)
        assert (mine.lot.ship_g or ()) == scaled(lot.get("ship_t", []), 1_000_000)
        days = [theirs["transit"][f"days_{which}"] for which in ("min", "typical", "max")]
        minutes = (mine.transit.shortest_minutes, mine.transit.usual_minutes, mine.transit.longest_minutes)
        assert minutes == scaled(days, 24 * 60)
        assert mine.transit.basis == theirs["transit"]["basis"]


def test_products_are_carried_over(compiled: list[dict[str, Any]]) -> None:
    """Percentages become ppm; the planned corridor's placeholder (000000, n/a) becomes "any"."""
    ours = [product for corridor in corridors().values() for product in corridor.products]
    theirs = [row for corridor in compiled for row in corridor["minerals"]]
    for mine, row in zip(ours, theirs, strict=True):
        assert (mine.name, mine.packing, mine.basis) == (row["product"], row["form"], row["basis"])
        if row["grade_unit"] == "n/a":
            assert (mine.hs, mine.analyte, mine.grade_ppm) == (None, None, None)
            continue
        assert mine.hs == row["hs6"]
        assert mine.grade_ppm == scaled(row["typical_grade"], 10_000)
        written = {"C_fixed": "fixed carbon"}.get(str(mine.analyte), mine.analyte)
        dry = " dry" if mine.assay_basis == "dry" else ""
        assert f"% {written}{dry}" == row["grade_unit"]


def test_what_was_said_about_a_corridor_is_kept(compiled: list[dict[str, Any]]) -> None:
    """Notes, published export bans and the other port are not lost on the way."""
    for mine, theirs in zip(corridors().values(), compiled, strict=True):
        said = [theirs[key] for key in ("seal", "route_note", "coc_model", "note") if key in theirs]
        assert list(mine.notes) == said
        bans = [(row["rule"], row["from_"], row["basis"]) for row in theirs.get("policy_windows", [])]
        assert [(window.rule, window.begins, window.basis) for window in mine.policy_windows] == bans
        other = theirs.get("alternate_export_port", {}).get("name")
        assert (mine.alternate_export_port and mine.alternate_export_port.name) == other


def test_post_ids_are_stable_codes_of_our_own() -> None:
    """An id is ASCII, begins with its post's country, and names one place however many corridors share it."""
    assert len(posts()) == 80  # 79 places on the way, and San-Pedro as the other port
    for post_id, stop in posts().items():
        assert stop.post_id == post_id
        assert re.fullmatch(r"[A-Z]{2}(-[A-Z0-9]+)+", post_id)
        assert len(post_id) <= 32
        assert post_id[:2] == stop.country
    assert len({(stop.country, stop.name) for stop in posts().values()}) == len(posts())


def test_posts_lie_in_countries_that_exist() -> None:
    """18 countries and territories by their neutral codes; a UN/LOCODE begins with the country's."""
    countries = {stop.country for stop in posts().values()}
    assert len(countries) == 18
    assert countries <= COUNTRIES
    assert all(stop.unlocode is None or stop.unlocode[:2] == stop.country for stop in posts().values())


def test_only_the_atlantic_corridor_is_planned() -> None:
    """What does not exist yet is not shown as operating."""
    planned = [road.corridor_id for road in corridors().values() if road.status is CorridorStatus.PLANNED]
    assert planned == ["ATLANTIC-PLANNED"]


def test_a_corridor_is_joined_up_and_ends_at_a_port() -> None:
    """Each leg begins where the last ended; where one operates, each border has an exit and an entry."""
    for corridor in corridors().values():
        ids = [stop.post_id for stop in corridor.posts]
        assert [(leg.start, leg.end) for leg in corridor.legs] == list(pairwise(ids))
        assert corridor.posts[-1].kind is PostKind.EXPORT_PORT
        if corridor.status is CorridorStatus.PLANNED:
            continue  # nobody has said yet where it leaves Mali
        for here, there in pairwise(corridor.posts):
            exits, enters = here.kind is PostKind.BORDER_EXIT, there.kind is PostKind.BORDER_ENTRY
            assert exits is enters is (here.country != there.country)


def test_published_legs_agree_with_their_coordinates() -> None:
    """The great circle between two posts is the leg's length, within the rounding of a kilometre."""
    for corridor in corridors().values():
        for leg in corridor.legs:
            measured_km = distance_km(post(leg.start).coordinates, post(leg.end).coordinates)
            assert abs(measured_km - leg.great_circle_km) <= 1


def test_transit_times_and_grades_are_ordered_and_possible() -> None:
    """Shortest before longest, lowest before highest, and no usual grade beyond what its mineral can hold."""
    for corridor in corridors().values():
        transit = corridor.transit
        assert transit.shortest_minutes <= transit.usual_minutes <= transit.longest_minutes
        assert corridor.lot.typical_g.lowest <= corridor.lot.typical_g.highest
        for product in corridor.products:
            if product.hs and product.analyte and product.grade_ppm:
                assert product.hs in COMMODITIES
                assert 0 < product.grade_ppm.lowest <= product.grade_ppm.highest
                assert product.grade_ppm.highest <= grade_ceiling_ppm(product.hs, product.analyte)


def test_the_data_file_holds_no_fraction() -> None:
    """Every number is an integer whose name ends in its unit."""

    def refuse(text: str) -> None:
        raise AssertionError(text)

    text = (ROOT / "corridor" / "data" / "corridors.json").read_text(encoding="ascii")
    assert json.loads(text, parse_float=refuse, parse_constant=refuse)["format"] == "otc-corridors/1"


def test_an_unknown_post_is_refused_without_an_echo() -> None:
    """A post that is on no map of ours has its own code, and what was asked for is not repeated."""
    with pytest.raises(PlaceError) as refused:
        post("<script>")
    assert refused.value.code == "place.unknown_post"
    assert "script" not in str(refused.value)


def test_a_quarter_of_the_equator_is_ten_thousand_kilometres() -> None:
    """6,371 km x pi / 2 = 10,007.5 km from the pole to the equator, and twice that to the other side."""
    pole, null = Coordinates(90_000_000, 0), Coordinates(0, 0)
    assert distance_km(pole, null) in {10_007, 10_008}
    assert distance_km(null, Coordinates(0, 180_000_000)) == 20_015


@given(here=points, there=points)
def test_distance_agrees_with_the_law_of_cosines(here: Coordinates, there: Coordinates) -> None:
    """Two formulas, one distance: on unit vectors the angle is the arc of their dot product."""

    def unit(point: Coordinates) -> tuple[float, float, float]:
        phi, lam = (math.radians(udeg / 1_000_000) for udeg in point)
        return math.cos(phi) * math.cos(lam), math.cos(phi) * math.sin(lam), math.sin(phi)

    dot = sum(a * b for a, b in zip(unit(here), unit(there), strict=True))
    arc_km = 6_371 * math.acos(max(-1.0, min(1.0, dot)))
    assert abs(distance_km(here, there) - arc_km) <= 1
    assert distance_km(here, there) == distance_km(there, here)
    assert distance_km(here, here) == 0
