"""Lineage: how ore, its metal and its origin pass over edges, to the gram and the milligram (PROTOCOL section 2).

An edge takes dry mass and contained metal from one input to one output. Origin classes follow by largest remainder,
edges in array order, then losses, each from what remains; so unknown origin never disappears by blending (rule R17).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from corridor.quantities import draw, largest_remainder, pool, rebook
from corridor.states import Holding


@dataclass(frozen=True, slots=True)
class Flow:
    """Grams of dry mass and milligrams per analyte that leave `source`, to `target` or as a loss (empty)."""

    source: str
    target: str
    dry_mass_g: int
    contained_mg: Mapping[str, int]


EMPTY = Holding(dry_mass_g=0, classes_g={})


def take(holding: Holding, dry_mass_g: int, contained_mg: Mapping[str, int]) -> tuple[Holding, Holding]:
    """Take mass and metal out of a holding: (taken, remaining); the caller has checked that it is there."""
    mass = draw(holding.classes_g, dry_mass_g)
    taken_mg: dict[str, dict[str, int]] = {}
    left_mg: dict[str, dict[str, int]] = {}
    for analyte, classes in holding.classes_mg.items():
        metal = draw(classes, contained_mg.get(analyte, 0))
        taken_mg[analyte], left_mg[analyte] = metal.taken, metal.remaining
    return (_holding(mass.taken, taken_mg), _holding(mass.remaining, left_mg))


def _holding(classes_g: dict[str, int], classes_mg: dict[str, dict[str, int]]) -> Holding:
    return Holding(
        dry_mass_g=sum(classes_g.values()),
        classes_g=classes_g,
        contained_mg={analyte: sum(classes.values()) for analyte, classes in classes_mg.items()},
        classes_mg=classes_mg,
    )


def put_together(parts: Iterable[Holding]) -> Holding:
    """Add holdings: masses, metal and each origin class."""
    parts = list(parts)
    analytes = sorted({analyte for part in parts for analyte in part.classes_mg})
    return _holding(
        pool(*(part.classes_g for part in parts)),
        {a: pool(*(part.classes_mg.get(a, {}) for part in parts)) for a in analytes},
    )


def apportion(inputs: Mapping[str, Holding], flows: Sequence[Flow]) -> dict[str, Holding]:
    """Give each output's holding, from edges in array order and then losses; balances were checked before."""
    left = dict(inputs)
    parts: dict[str, list[Holding]] = {}
    for flow in flows:
        taken, left[flow.source] = take(left[flow.source], flow.dry_mass_g, flow.contained_mg)
        if flow.target:
            parts.setdefault(flow.target, []).append(taken)
    return {target: put_together(found) for target, found in parts.items()}


def reweigh(holding: Holding, dry_mass_g: int) -> Holding:
    """Book a received mass: a loss leaves every class in proportion, with its metal; a gain is of unknown origin.

    A gain brings no metal that anybody has assayed; a loss takes its share of the metal, rounded down.
    """
    lost_g = holding.dry_mass_g - dry_mass_g
    if lost_g <= 0:
        return holding.model_copy(
            update={"dry_mass_g": dry_mass_g, "classes_g": rebook(holding.classes_g, dry_mass_g)}
        )
    lost_mg = {analyte: mg * lost_g // holding.dry_mass_g for analyte, mg in holding.contained_mg.items()}
    return take(holding, lost_g, lost_mg)[1]


def reassay(holding: Holding, contained_mg: Mapping[str, int]) -> Holding:
    """Book a new assay: each analyte's metal is shared among the classes as before, or as the dry mass if new."""
    classes_mg = dict(holding.classes_mg)
    for analyte, mg in contained_mg.items():
        before = holding.classes_mg.get(analyte) or holding.classes_g
        weights = before if any(before.values()) else holding.classes_g
        shares = largest_remainder(mg, weights)
        classes_mg[analyte] = {key: part for key, part in shares.items() if part}
    return _holding(dict(holding.classes_g), classes_mg)
