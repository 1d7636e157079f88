"""Exact quantities: masses in grams, contained metal in milligrams, grades and moistures in ppm.

Arithmetic of PROTOCOL section 2, in integers throughout: what is divided is divided by largest remainder, so
that parts always sum to the whole. Where one number has to be rounded, the half goes up.

Example: 52,400 g of wet ore at 85,000 ppm of moisture are 47,946 g dry; at a grade of 301,500 ppm they hold
14,455,719 mg. Drawn from the classes {"country:CD": 2, "unknown": 1}, one gram is {"country:CD": 1}.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Final, NamedTuple, TypeVar

from corridor.errors import QuantityError
from corridor.vocabulary import COMMODITIES, UNKNOWN, Unit

PPM: Final = 1_000_000
"""Parts per million in a whole: grades, moistures, recoveries and shares are integers of this unit."""

LARGEST_MASS_G: Final = 10**13
"""Ten million tonnes, four hundred times the largest ore carrier; sums of a thousand stay below 2^53."""

DRY_MASS_TOLERANCE_G: Final = 1
"""A declared dry mass may miss wet x (1 - moisture) by this: scales and spreadsheets round differently."""

MG_PER_G: Final = 1_000

Key = TypeVar("Key", str, int)


def _nearest(numerator: int, denominator: int) -> int:
    """Divide and round to the nearest integer, halves up; both are not negative."""
    return (2 * numerator + denominator) // (2 * denominator)


def dry_mass_g(wet_mass_g: int, moisture_ppm: int) -> int:
    """Return the dry mass in grams of `wet_mass_g` at `moisture_ppm`, to the nearest gram."""
    return _nearest(wet_mass_g * (PPM - moisture_ppm), PPM)


def is_dry_mass(declared_dry_g: int, wet_mass_g: int, moisture_ppm: int) -> bool:
    """Tell whether a declared dry mass lies within a gram of wet x (1 - moisture), exactly computed."""
    miss = declared_dry_g * PPM - wet_mass_g * (PPM - moisture_ppm)
    return abs(miss) <= DRY_MASS_TOLERANCE_G * PPM


def contained_mg(mass_g: int, grade_ppm: int) -> int:
    """Return the milligrams of an analyte in `mass_g` of dry mass at `grade_ppm`, to the nearest."""
    return _nearest(mass_g * MG_PER_G * grade_ppm, PPM)


def grade_ppm(analyte_mg: int, mass_g: int) -> int:
    """Return the grade in ppm of `analyte_mg` contained in `mass_g` (above zero) of dry mass, to the nearest."""
    return _nearest(analyte_mg * PPM, mass_g * MG_PER_G)


def grade_ceiling_ppm(hs: str, analyte: str) -> int:
    """Return the physical limit of an analyte's grade in goods of the HS code, in ppm of dry mass (rule R8)."""
    commodity = COMMODITIES.get(hs)
    return commodity.ceilings_ppm.get(analyte, PPM) if commodity else PPM


def largest_remainder(total: int, weights: Mapping[Key, int]) -> dict[Key, int]:
    """Divide `total` in proportion to `weights` into integers that sum to it exactly.

    Each key gets its share cut down to an integer; what is left goes, one each, to the largest remainders,
    ties to the smaller key. Strings compare here by code point, which is the order of their UTF-8 bytes.
    Raises QuantityError where `total` or a weight is negative, or nothing has weight and something is left.
    """
    whole = sum(weights.values())
    if total < 0 or any(weight < 0 for weight in weights.values()):
        raise QuantityError("quantity.negative", "A total and its weights cannot be negative.")
    if whole == 0:
        if total:
            raise QuantityError("quantity.no_weight", "A total cannot be divided where nothing has weight.")
        return dict.fromkeys(weights, 0)
    parts = {key: total * weight // whole for key, weight in weights.items()}
    left = total - sum(parts.values())
    by_remainder = sorted(weights, key=lambda key: (-(total * weights[key] % whole), key))
    for key in by_remainder[:left]:
        parts[key] += 1
    return parts


class Draw(NamedTuple):
    """What was taken out of classes, and what remains in them; classes of zero are left out of both."""

    taken: dict[str, int]
    remaining: dict[str, int]


def draw(classes: Mapping[str, int], amount: int) -> Draw:
    """Take `amount` out of `classes` (grams, or milligrams of one analyte) in proportion to what each holds.

    Parts of a lot are drawn one after the other, edges in array order, then losses, each from what the last
    one left; so the last part takes exactly the rest. Raises QuantityError where less is there than `amount`.
    """
    if amount > sum(classes.values()):
        raise QuantityError("quantity.overdrawn", "More is drawn than the classes hold.")
    taken = largest_remainder(amount, classes)
    return Draw(
        taken={key: part for key, part in taken.items() if part},
        remaining={key: held - taken[key] for key, held in classes.items() if held > taken[key]},
    )


def pool(*parts: Mapping[str, int]) -> dict[str, int]:
    """Add up the classes of parts that are put together."""
    pooled: dict[str, int] = {}
    for part in parts:
        for key, amount in part.items():
            pooled[key] = pooled.get(key, 0) + amount
    return pooled


def rebook(classes: Mapping[str, int], amount: int) -> dict[str, int]:
    """Return `classes` changed to sum to `amount`, as after a hand-over that weighed another mass.

    A loss is taken from the classes in proportion; a gain is of unknown origin.
    """
    held = sum(classes.values())
    if amount > held:
        return pool(classes, {UNKNOWN: amount - held})
    return draw(classes, held - amount).remaining


def shares_ppm(classes: Mapping[str, int]) -> dict[str, int]:
    """Return each class's share in ppm, summing to a million (to nothing where nothing is held); for display."""
    return largest_remainder(PPM if any(classes.values()) else 0, classes)


_GRAMS: Final[Mapping[Unit, Fraction]] = MappingProxyType(
    {
        Unit.GRAM: Fraction(1),
        Unit.KILOGRAM: Fraction(1_000),
        Unit.TONNE: Fraction(1_000_000),
        Unit.POUND: Fraction("453.59237"),  # by definition, international yard and pound agreement, 1959
    }
)
_WRITTEN: Final[Mapping[str, Unit]] = MappingProxyType(
    {"g": Unit.GRAM, "kg": Unit.KILOGRAM, "t": Unit.TONNE, "lb": Unit.POUND}
)
# As many digits before the point as the largest mass has in grams; behind it, a milligram of a tonne.
_MEASURED: Final = re.compile(r"([0-9]{1,14}(?:\.[0-9]{1,9})?) ?([a-z]{1,3}|%)")


def _split_measured(text: str, units: str) -> tuple[Fraction, str]:
    match = _MEASURED.fullmatch(text)
    if match is None:
        raise QuantityError(
            "quantity.unreadable",
            "Not a number with a unit.",
            hint=f"Write digits, a point for decimals, no separators, and one of {units}, as in 52.4kg or 8.5%.",
        )
    return Fraction(match[1]), match[2]


def parse_mass(text: str) -> int:
    """Read a mass as people write it ("52.4kg", "30 t", "1200 g", "110lb") and return it in grams.

    Metric masses must be whole grams. Pounds never are: they are rounded to the nearest gram.
    Raises QuantityError for another unit, a finer mass, a comma, or more than the largest mass.
    """
    number, written = _split_measured(text, "g, kg, t, lb")
    unit = _WRITTEN.get(written)
    if unit is None:
        raise QuantityError("quantity.unit", "Not a unit of mass.", hint="Use g, kg, t or lb.")
    exact_g = number * _GRAMS[unit]
    if unit is not Unit.POUND and exact_g.denominator != 1:
        raise QuantityError("quantity.too_fine", "Masses are whole grams.", hint="Round to the gram.")
    mass_g = _nearest(exact_g.numerator, exact_g.denominator)
    if mass_g > LARGEST_MASS_G:
        raise QuantityError(
            "quantity.too_large", "The mass is beyond ten million tonnes.", hint="Check the unit."
        )
    return mass_g


def parse_share(text: str) -> int:
    """Read a grade or a moisture as people write it ("8.5%", "85000ppm") and return it in ppm.

    Raises QuantityError for another unit, for parts of a ppm, or for more than the whole.
    """
    number, written = _split_measured(text, "%, ppm")
    if written not in {"%", "ppm"}:
        raise QuantityError("quantity.unit", "Not a unit of share.", hint="Use % or ppm.")
    share = number * (PPM // 100) if written == "%" else number
    if share.denominator != 1:
        raise QuantityError(
            "quantity.too_fine", "Shares are whole ppm.", hint="Give at most four decimals of a percent."
        )
    if share > PPM:
        raise QuantityError(
            "quantity.too_large", "A share cannot be more than the whole.", hint="Check the unit."
        )
    return share.numerator


_GRAMS_PER_KG: Final = 1_000
_GRAMS_PER_TONNE: Final = 1_000_000
_FRENCH_MARKS: Final = str.maketrans({",": "\N{NARROW NO-BREAK SPACE}", ".": ","})


def format_mass(mass_g: int, *, lang: str = "en") -> str:
    """Write a mass for people: tonnes with three decimals, kilograms (to the gram) below one tonne.

    "28,950.000 t" and "52.4 kg" in English, "28 950,000 t" and "52,4 kg" in French (`lang="fr"`). The sign of a
    loss is kept. Tonnes are rounded to the nearest kilogram; the caller says whether the mass is wet or dry.
    """
    size_g = abs(mass_g)
    if size_g < _GRAMS_PER_TONNE:
        kilograms, grams = divmod(size_g, _GRAMS_PER_KG)
        figure = f"{kilograms}.{grams:03}".rstrip("0").rstrip(".") if grams else f"{kilograms}"
        unit = "kg"
    else:
        tonnes, kilograms = divmod(_nearest(size_g, _GRAMS_PER_KG), _GRAMS_PER_KG)
        figure = f"{tonnes:,}.{kilograms:03}"
        unit = "t"
    if lang == "fr":
        figure = figure.translate(_FRENCH_MARKS)
    return f"{'-' if mass_g < 0 else ''}{figure} {unit}"
