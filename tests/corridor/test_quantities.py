"""Exact quantities: what is divided sums to what was there, and what people write is read exactly."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.errors import QuantityError
from corridor.quantities import (
    LARGEST_MASS_G,
    PPM,
    contained_mg,
    draw,
    dry_mass_g,
    format_mass,
    grade_ceiling_ppm,
    grade_ppm,
    is_dry_mass,
    largest_remainder,
    parse_mass,
    parse_share,
    pool,
    rebook,
    shares_ppm,
)

masses_g = st.integers(min_value=0, max_value=LARGEST_MASS_G)
shares = st.integers(min_value=0, max_value=PPM)
class_keys = st.sampled_from(["country:CD", "country:RW", "country:ZM", "recycled:FR", "unknown"])
classes = st.dictionaries(class_keys, masses_g, max_size=5)
classes_that_hold = st.dictionaries(class_keys, st.integers(1, LARGEST_MASS_G), min_size=1, max_size=5)


def test_dry_mass_is_rounded_to_the_nearest_gram() -> None:
    """Wet x (1 - moisture), halves up: 100 g at 8.5 % are 91.5 g, so 92."""
    assert dry_mass_g(52_400, 85_000) == 47_946
    assert dry_mass_g(100, 85_000) == 92
    assert dry_mass_g(28_950_000_000, 0) == 28_950_000_000
    assert dry_mass_g(1_000, PPM) == 0


@given(wet_mass_g=masses_g, moisture_ppm=shares)
def test_the_dry_mass_we_compute_is_within_half_a_gram(wet_mass_g: int, moisture_ppm: int) -> None:
    """The nearest gram misses the exact fraction by a half at most, and passes its own check."""
    exact_g = wet_mass_g * (1 - Fraction(moisture_ppm, PPM))
    assert abs(dry_mass_g(wet_mass_g, moisture_ppm) - exact_g) <= Fraction(1, 2)
    assert is_dry_mass(dry_mass_g(wet_mass_g, moisture_ppm), wet_mass_g, moisture_ppm)


@pytest.mark.parametrize(("declared_g", "holds"), [(90, False), (91, True), (92, True), (93, False)])
def test_a_declared_dry_mass_may_miss_by_a_gram(declared_g: int, holds: bool) -> None:  # noqa: FBT001  # a table
    """100 g at 8.5 % are 91.5 g: 91 and 92 are within a gram of it, 90 and 93 are not."""
    assert is_dry_mass(declared_g, 100, 85_000) is holds


def test_contained_metal_and_grade_are_each_others_inverse() -> None:
    """47,946 g at 30.15 % hold 14,455.719 g: 14,455,719 mg, and back."""
    assert contained_mg(47_946, 301_500) == 14_455_719
    assert grade_ppm(14_455_719, 47_946) == 301_500


@given(mass_g=st.integers(1_000, LARGEST_MASS_G), grade=shares)
def test_a_grade_survives_the_way_to_milligrams_and_back(mass_g: int, grade: int) -> None:
    """From one kilogram on, the rounding to a milligram is finer than a ppm."""
    assert grade_ppm(contained_mg(mass_g, grade), mass_g) == grade


def test_no_goods_hold_more_of_an_analyte_than_their_mineral() -> None:
    """Tin ore stops at pure SnO2; copper in tin ore, and goods of a code we do not know, at the whole."""
    assert grade_ceiling_ppm("260900", "Sn") == 787_683
    assert grade_ceiling_ppm("260900", "Cu") == PPM
    assert grade_ceiling_ppm("999999", "Sn") == PPM


def test_ties_go_to_the_smaller_key() -> None:
    """Ten into three equal classes: the tenth goes to the key whose bytes come first."""
    equal = {"unknown": 1, "country:RW": 1, "country:CD": 1}
    assert largest_remainder(10, equal) == {"unknown": 3, "country:RW": 3, "country:CD": 4}
    assert largest_remainder(11, equal) == {"unknown": 3, "country:RW": 4, "country:CD": 4}
    assert largest_remainder(1, {1: 5, 0: 5}) == {0: 1, 1: 0}


def test_the_largest_remainder_wins_over_the_largest_class() -> None:
    """Seven by 47 : 16 : 37 is 3.29, 1.12 and 2.59: the seventh goes to the third."""
    assert largest_remainder(7, {"a": 47, "b": 16, "c": 37}) == {"a": 3, "b": 1, "c": 3}


@given(total=masses_g, weights=classes_that_hold)
def test_parts_sum_to_the_whole_and_each_is_next_to_its_share(total: int, weights: dict[str, int]) -> None:
    """Division by largest remainder is exact in sum, and off by less than one in each part."""
    parts = largest_remainder(total, weights)
    assert sum(parts.values()) == total
    for key, part in parts.items():
        assert abs(part - Fraction(total * weights[key], sum(weights.values()))) < 1


@given(total=masses_g, weights=classes_that_hold)
def test_division_does_not_depend_on_the_order_of_keys(total: int, weights: dict[str, int]) -> None:
    """The same classes in another order are divided alike, on every machine."""
    backwards = dict(reversed(weights.items()))
    assert largest_remainder(total, backwards) == largest_remainder(total, weights)


def test_nothing_can_be_divided_only_by_nothing() -> None:
    """No weight takes nothing; a total needs a weight, and no number here is negative."""
    assert largest_remainder(0, {"unknown": 0}) == {"unknown": 0}
    with pytest.raises(QuantityError, match="no_weight"):
        largest_remainder(1, {"unknown": 0})
    with pytest.raises(QuantityError, match="negative"):
        largest_remainder(-1, {"unknown": 1})
    with pytest.raises(QuantityError, match="negative"):
        largest_remainder(1, {"unknown": 2, "country:CD": -1})


@given(held=classes, data=st.data())
def test_a_draw_neither_makes_nor_loses_mass(held: dict[str, int], data: st.DataObject) -> None:
    """Taken and remaining are what was there, class by class, and no class goes below zero."""
    amount = data.draw(st.integers(0, sum(held.values())))
    taken, remaining = draw(held, amount)
    assert sum(taken.values()) == amount
    assert all(part > 0 for part in [*taken.values(), *remaining.values()])
    assert pool(taken, remaining) == {key: part for key, part in held.items() if part}


@given(held=classes_that_hold, cuts=st.lists(st.integers(0, PPM), max_size=6))
def test_parts_drawn_one_after_the_other_use_a_lot_up(held: dict[str, int], cuts: list[int]) -> None:
    """Whatever is drawn before, the last part takes the rest exactly: nothing remains."""
    remaining = held
    parts = []
    for cut in cuts:
        part, remaining = draw(remaining, sum(remaining.values()) * cut // PPM)
        parts.append(part)
    last, nothing = draw(remaining, sum(remaining.values()))
    assert nothing == {}
    assert pool(*parts, last) == held


def test_no_more_is_drawn_than_is_there() -> None:
    """A class cannot be overdrawn, not even by a gram."""
    with pytest.raises(QuantityError, match="overdrawn"):
        draw({"country:CD": 5, "unknown": 5}, 11)


def test_a_loss_is_shared_and_a_gain_is_unknown() -> None:
    """What a hand-over finds missing leaves all classes in proportion; what it finds more is of unknown origin."""
    before = {"country:CD": 600, "country:RW": 300, "unknown": 100}
    assert rebook(before, 990) == {"country:CD": 594, "country:RW": 297, "unknown": 99}
    assert rebook(before, 1_005) == {"country:CD": 600, "country:RW": 300, "unknown": 105}
    assert rebook({"country:CD": 600}, 605) == {"country:CD": 600, "unknown": 5}
    assert rebook(before, 1_000) == before


@given(held=classes, amount=masses_g)
def test_a_rebooked_lot_weighs_what_was_booked(held: dict[str, int], amount: int) -> None:
    """After a hand-over the classes sum to the received mass, whatever the difference was."""
    assert sum(rebook(held, amount).values()) == amount


@given(held=classes_that_hold)
def test_shares_for_display_sum_to_a_million(held: dict[str, int]) -> None:
    """Rounded shares still make one whole."""
    assert sum(shares_ppm(held).values()) == PPM


def test_an_empty_lot_has_no_shares() -> None:
    """Where nothing is held, every share is nothing."""
    assert shares_ppm({"unknown": 0}) == {"unknown": 0}
    assert shares_ppm({}) == {}


@pytest.mark.parametrize(
    ("text", "mass_g"),
    [
        ("52.4kg", 52_400),
        ("52.4 kg", 52_400),
        ("0.001 kg", 1),
        ("9840t", 9_840_000_000),
        ("28950.000 t", 28_950_000_000),
        ("1200 g", 1_200),
        ("110lb", 49_895),  # 110 x 453.59237 = 49,895.1607
        ("0lb", 0),
    ],
)
def test_masses_are_read_as_people_write_them(text: str, mass_g: int) -> None:
    """Kilograms, tonnes, grams and pounds become whole grams, without a float between."""
    assert parse_mass(text) == mass_g


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("52,4kg", "quantity.unreadable"),
        ("1 200 kg", "quantity.unreadable"),
        ("-5kg", "quantity.unreadable"),
        ("1e3kg", "quantity.unreadable"),
        ("52.kg", "quantity.unreadable"),
        ("52.4", "quantity.unreadable"),
        ("kg", "quantity.unreadable"),
        ("\N{ARABIC-INDIC DIGIT FIVE}kg", "quantity.unreadable"),
        ("52.4kg\n", "quantity.unreadable"),
        ("52.4KG", "quantity.unreadable"),
        ("52.4st", "quantity.unit"),
        ("52.4%", "quantity.unit"),
        ("52.0001kg", "quantity.too_fine"),
        ("0.5g", "quantity.too_fine"),
        ("10000001t", "quantity.too_large"),
        ("99999999999999t", "quantity.too_large"),
    ],
)
def test_what_is_no_mass_is_refused_with_a_reason(text: str, code: str) -> None:
    """A comma, another unit, a part of a gram or a slip of the unit is named, never guessed."""
    with pytest.raises(QuantityError) as refused:
        parse_mass(text)
    assert refused.value.code == code
    assert refused.value.hint


def test_a_refused_mass_is_not_echoed() -> None:
    """Hostile text goes no further than the reader that refused it."""
    with pytest.raises(QuantityError) as refused:
        parse_mass("<script>kg")
    assert "script" not in str(refused.value)


def test_shares_are_read_as_people_write_them() -> None:
    """Percent and ppm become whole ppm."""
    assert parse_share("8.5%") == 85_000
    assert parse_share("8.5 %") == 85_000
    assert parse_share("99.9999%") == 999_999
    assert parse_share("85000ppm") == 85_000
    assert parse_share("100%") == PPM


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("8,5%", "quantity.unreadable"),
        ("8.5", "quantity.unreadable"),
        ("8.5kg", "quantity.unit"),
        ("99.99999%", "quantity.too_fine"),
        ("0.5ppm", "quantity.too_fine"),
        ("250%", "quantity.too_large"),
        ("1000001ppm", "quantity.too_large"),
    ],
)
def test_what_is_no_share_is_refused_with_a_reason(text: str, code: str) -> None:
    """A grade of 250 % is a slip, and is said to be one."""
    with pytest.raises(QuantityError) as refused:
        parse_share(text)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("mass_g", "english", "french"),
    [
        (0, "0 kg", "0 kg"),
        (1, "0.001 kg", "0,001 kg"),
        (52_400, "52.4 kg", "52,4 kg"),
        (100_000, "100 kg", "100 kg"),
        (999_999, "999.999 kg", "999,999 kg"),
        (1_000_000, "1.000 t", "1,000 t"),
        (9_840_000_000, "9,840.000 t", "9\N{NARROW NO-BREAK SPACE}840,000 t"),
        (28_950_000_499, "28,950.000 t", "28\N{NARROW NO-BREAK SPACE}950,000 t"),
        (28_950_000_500, "28,950.001 t", "28\N{NARROW NO-BREAK SPACE}950,001 t"),
        (-52_400, "-52.4 kg", "-52,4 kg"),
    ],
)
def test_masses_are_written_for_people(mass_g: int, english: str, french: str) -> None:
    """Tonnes with three decimals, kilograms below one tonne, in the reader's own decimal mark."""
    assert format_mass(mass_g) == english
    assert format_mass(mass_g, lang="fr") == french


@given(mass_g=st.integers(0, 999_999))
def test_a_small_mass_written_is_read_back(mass_g: int) -> None:
    """Below a tonne nothing is rounded away."""
    assert parse_mass(format_mass(mass_g)) == mass_g
