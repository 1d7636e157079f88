"""Code lists: complete where the standard is closed, and true to the arithmetic behind them."""

from __future__ import annotations

import math
import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.vocabulary import (
    COMMODITIES,
    COUNTRIES,
    CRITICAL_INCIDENTS,
    SALE_ALLOWED,
    CustodyModel,
    IncidentClass,
    Mineral,
    container_check_digit,
    is_container,
    is_origin_class,
    weakest_model,
)

# Standard atomic weights, abridged (IUPAC 2021).
WEIGHT = {
    element: Fraction(weight)
    for element, weight in {
        "H": "1.008", "Li": "6.94", "O": "15.999", "Al": "26.982", "Si": "28.085", "S": "32.06",
        "Ca": "40.078", "Mn": "54.938", "Fe": "55.845", "Co": "58.933", "Cu": "63.546", "Nb": "92.906",
        "Sn": "118.710", "Ta": "180.948", "W": "183.84",
    }.items()
}  # fmt: skip


def molar_mass(formula: str) -> Fraction:
    """Add up the atomic weights of a formula without brackets, such as Al2O3."""
    atoms = re.findall(r"([A-Z][a-z]?)(\d*)", formula)
    return sum((WEIGHT[element] * int(count or 1) for element, count in atoms), Fraction(0))


@pytest.mark.parametrize(
    ("hs", "analyte", "mineral", "per_formula"),
    [
        ("260900", "Sn", "SnO2", Fraction(1)),
        ("261100", "WO3", "CaWO4", Fraction(1)),
        ("261590", "Ta2O5", "MnTa2O6", Fraction(1)),
        ("261590", "Nb2O5", "MnNb2O6", Fraction(1)),
        ("260300", "Cu", "Cu2O", Fraction(2)),
        ("260500", "Co", "CoO2H", Fraction(1)),
        ("282200", "Co", "CoO", Fraction(1)),
        ("283329", "Co", "CoSO4", Fraction(1)),
        ("253090", "Li2O", "LiAlSiO4", Fraction(1, 2)),
        ("260200", "Mn", "Mn3O4", Fraction(3)),
        ("260111", "Fe", "Fe3O4", Fraction(3)),
        ("260600", "Al2O3", "AlO2H", Fraction(1, 2)),
    ],
)
def test_a_ceiling_is_what_the_pure_mineral_holds(
    hs: str, analyte: str, mineral: str, per_formula: Fraction
) -> None:
    """The ceiling of a grade is the analyte's part in the mineral's formula, raised to the next ppm."""
    share = per_formula * molar_mass(analyte) / molar_mass(mineral)
    assert COMMODITIES[hs].ceilings_ppm[analyte] == math.ceil(share * 1_000_000)


@pytest.mark.parametrize(
    ("hs", "analyte", "mineral", "per_formula"),
    [
        ("261100", "WO3", "MnWO4", Fraction(1)),
        ("261590", "Ta2O5", "FeTa2O6", Fraction(1)),
        ("253090", "Li2O", "LiAlSi2O6", Fraction(1, 2)),
        ("260300", "Cu", "Cu2S", Fraction(2)),
        ("260200", "Mn", "MnO2", Fraction(1)),
    ],
)
def test_a_ceiling_refuses_no_pure_mineral_of_its_code(
    hs: str, analyte: str, mineral: str, per_formula: Fraction
) -> None:
    """Wolframite, tantalite, spodumene, chalcocite and pyrolusite stay below the ceilings of their codes."""
    share = per_formula * molar_mass(analyte) / molar_mass(mineral)
    assert COMMODITIES[hs].ceilings_ppm[analyte] > share * 1_000_000


def test_every_mineral_can_be_traded() -> None:
    """Each mineral has at least one HS code, and each entry stands under its own six digits."""
    assert {commodity.mineral for commodity in COMMODITIES.values()} == set(Mineral)
    for hs, commodity in COMMODITIES.items():
        assert commodity.hs == hs
        assert re.fullmatch("[0-9]{6}", hs)


def test_the_country_list_is_complete() -> None:
    """ISO 3166-1 has 249 assigned codes; both MA and EH are among them, reserved and user codes are not."""
    assert len(COUNTRIES) == 249
    assert {"MA", "EH", "CD", "RW", "ZM", "GN", "FR"} <= COUNTRIES
    assert COUNTRIES.isdisjoint({"UK", "EU", "XK", "AA", "ZZ", "DD", "SU"})


def test_custody_models_weaken_in_the_order_of_iso_22095() -> None:
    """From identity preserved to book and claim, each is weaker than the one before."""
    in_order = ["identity_preserved", "segregated", "controlled_blending", "mass_balance", "book_and_claim"]
    assert sorted(CustodyModel, key=lambda model: model.weakness) == in_order


@given(models=st.lists(st.sampled_from(CustodyModel), min_size=1))
def test_goods_put_together_are_as_weak_as_the_weakest(models: list[CustodyModel]) -> None:
    """No blend is stronger than one of its parts, and it is the model of one of them."""
    blended = weakest_model(*models)
    assert blended in models
    assert all(model.weakness <= blended.weakness for model in models)


def test_only_inspected_sites_sell() -> None:
    """Green and yellow may sell; red and blue (never inspected) may not."""
    assert {"green", "yellow"} == SALE_ALLOWED


def test_serious_abuses_and_armed_groups_are_critical() -> None:
    """Annex II asks to suspend at once for its first two risks, and for a plan for the others."""
    assert set(IncidentClass) - CRITICAL_INCIDENTS == {
        "security_forces", "bribery", "false_origin", "money_laundering", "unpaid_dues",
    }  # fmt: skip


@pytest.mark.parametrize("code", ["CSQU3054383", "TOLU4734787"])
def test_known_container_numbers_hold(code: str) -> None:
    """The worked examples that are in use for ISO 6346 pass."""
    assert is_container(code)


@given(digit=st.integers(0, 9), place=st.integers(4, 9))
def test_one_wrong_digit_of_a_container_number_shows(digit: int, place: int) -> None:
    """Weights are powers of two and 11 is prime: another digit gives another remainder."""
    code = "CSQU3054383"
    changed = code[:place] + str(digit) + code[place + 1 :]
    assert is_container(changed) is (changed == code)


@pytest.mark.parametrize(
    "code",
    [
        "",
        "CSQU305438",
        "CSQU30543833",
        "csqu3054383",
        "CSQX3054383",
        "C5QU3054383",
        "CSQU305438\N{ARABIC-INDIC DIGIT THREE}",
        "CSQU3054383\n",
    ],
)
def test_what_is_no_container_number_is_told(code: str) -> None:
    """Length, capitals, the category letter and ASCII digits are part of the form."""
    assert not is_container(code)


def test_a_remainder_of_ten_is_written_as_zero() -> None:
    """ISO 6346 writes the remainder 10 as 0: A alone weighs 10, and zeros weigh nothing."""
    assert container_check_digit("A000000000") == 0


@pytest.mark.parametrize(
    ("key", "holds"),
    [
        ("country:CD", True),
        ("country:EH", True),
        ("recycled:FR", True),
        ("unknown", True),
        ("site:" + "a2" * 16 + "/M-1", True),
        ("country:ZZ", False),
        ("recycled:fr", False),
        ("country:", False),
        ("site:M-1", False),
        ("site:" + "a2" * 16 + "/m1", False),
        ("lot:" + "a2" * 16 + "/M-1", False),
        ("Unknown", False),
        ("unknown\n", False),
        ("", False),
    ],
)
def test_origin_classes_are_countries_sites_and_the_unknown(key: str, holds: bool) -> None:  # noqa: FBT001  # a table
    """A class key names a country that exists, a collection country, a site's subject, or the unknown."""
    assert is_origin_class(key) is holds
