"""How much of a lot a claim covers: grams of dry mass, and milligrams of metal once the lot has been processed.

DOMAIN section 2: the report says of each claim the share of mass it covers. Origin shares are of dry mass until the
first processing and of contained metal after it; both are kept, and `share_ppm` is of the one that counts. Shares are
rounded down, so that nothing below the whole is ever shown as the whole.

Example: 600 g of 1,000 g with 450 mg of 450 mg of Sn is `Extent(Part(600, 1000), {"Sn": Part(450, 450)})`: a share of
1,000,000 ppm, of the metal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from corridor.quantities import PPM
from corridor.states import Holding


@dataclass(frozen=True, slots=True)
class Part:
    """What is covered of what the claim speaks of, both in grams or both in milligrams."""

    covered: int
    applicable: int

    @property
    def share_ppm(self) -> int:
        """The covered share in ppm, rounded down; the whole where there is nothing to cover."""
        return self.covered * PPM // self.applicable if self.applicable else PPM


@dataclass(frozen=True, slots=True)
class Extent:
    """Dry mass in grams and, after the first processing, contained metal in milligrams per analyte."""

    mass: Part
    metal: Mapping[str, Part] = field(default_factory=dict)

    @property
    def share_ppm(self) -> int:
        """The share that counts: the smallest of the metals', or the dry mass's where no metal is followed."""
        parts = [part for part in self.metal.values() if part.applicable]
        return min((part.share_ppm for part in parts), default=self.mass.share_ppm)

    @property
    def of_metal(self) -> bool:
        """Tell whether the share is one of contained metal."""
        return any(part.applicable for part in self.metal.values())

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is covered."""
        return not self.mass.covered and not any(part.covered for part in self.metal.values())

    def nothing(self) -> Extent:
        """The same lot with nothing covered."""
        return Extent(
            Part(0, self.mass.applicable), {a: Part(0, part.applicable) for a, part in self.metal.items()}
        )

    def least(self, other: Extent) -> Extent:
        """What both cover at least."""
        metal = {a: _least(part, other.metal[a]) for a, part in self.metal.items() if a in other.metal}
        return Extent(_least(self.mass, other.mass), metal)


NOTHING: Final = Extent(Part(0, 0))
"""The extent of a claim on a lot whose mass nobody can tell."""


def _least(one: Part, other: Part) -> Part:
    return min(one, other, key=lambda part: part.share_ppm)


def measure(holding: Holding, *, processed: bool, part: Callable[[str, Mapping[str, int]], Part]) -> Extent:
    """Take an extent of a holding: `part` gets an analyte (empty: dry mass) and the origin classes of it."""
    metal = {a: part(a, classes) for a, classes in sorted(holding.classes_mg.items())} if processed else {}
    return Extent(part("", holding.classes_g), metal)


def portion(share: Fraction, classes: Mapping[str, int]) -> Part:
    """A share of all classes together, rounded down to the gram or milligram."""
    whole = sum(classes.values())
    return Part(int(share * whole), whole)
