"""The roll-up: three verdicts out of 21 claims, by versioned data (data/rollup.json; PROTOCOL section 9).

A verdict is *contradicted* if one of its claims is refuted; else *not shown* if one that it requires is; else *shown
in part* below full coverage of those; else *shown*. A hold makes all three *held*. Not applicable is met, withheld
counts as not shown, and the weakest status among the required claims is named.

Example: O1 proved for 62 % of the metal, O2 for 62 %, O4 and G1 for all: origin is shown in part, for 620,000 ppm.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from typing import Final

import orjson

from certifiers.outcome import Outcome, Status, weaker
from corridor.quantities import PPM

SHOWN: Final = frozenset({Status.PROVED, Status.CONSISTENT, Status.ATTESTED})
MET: Final = SHOWN | {Status.NOT_APPLICABLE}


class Standing(StrEnum):
    """How a verdict stands; the words are those of `verification.performed`."""

    SHOWN = "shown"
    IN_PART = "shown_in_part"
    NOT_SHOWN = "not_shown"
    CONTRADICTED = "contradicted"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Group:
    """The claims that can contradict a verdict, and those that it requires."""

    claims: tuple[str, ...]
    required: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One of origin, transit and certification.

    `weakest` is the weakest status on which it rests, where it is shown; `share_ppm` the smallest share covered,
    `of_metal` whether that is of contained metal; `because` the claims that decided against it, or the weakest.
    """

    name: str
    standing: Standing
    share_ppm: int
    of_metal: bool
    weakest: Status | None
    because: tuple[str, ...]


def _load() -> tuple[int, dict[str, Group]]:
    data = orjson.loads(resources.files("certifiers").joinpath("data/rollup.json").read_bytes())
    groups = {
        name: Group(tuple(data["verdicts"][name]["claims"]), tuple(data["verdicts"][name]["required"]))
        for name in ("origin", "transit", "certification")
    }
    return data["version"], groups


ROLLUP_VERSION, GROUPS = _load()


def roll_up(outcomes: Iterable[Outcome], *, held: bool) -> tuple[Verdict, ...]:
    """Give the verdicts, in the order origin, transit, certification."""
    by_claim = {outcome.claim: outcome for outcome in outcomes}
    return tuple(_verdict(name, group, by_claim, held=held) for name, group in GROUPS.items())


def _verdict(name: str, group: Group, outcomes: Mapping[str, Outcome], *, held: bool) -> Verdict:
    refuted = tuple(
        claim
        for claim in dict.fromkeys((*group.claims, *group.required))
        if outcomes[claim].status is Status.REFUTED
    )
    required = [outcomes[claim] for claim in group.required]
    unmet = tuple(outcome.claim for outcome in required if outcome.status not in MET)
    if held or refuted or unmet:
        standing = Standing.HELD if held else Standing.CONTRADICTED if refuted else Standing.NOT_SHOWN
        return Verdict(name, standing, 0, of_metal=False, weakest=None, because=refuted or unmet)
    resting = [outcome for outcome in required if outcome.status in SHOWN]
    if not resting:  # nothing that is required applies, so nothing that is required is missing
        return Verdict(name, Standing.SHOWN, PPM, of_metal=False, weakest=None, because=())
    least = min(resting, key=lambda outcome: outcome.extent.share_ppm)
    weakest = Status.PROVED
    for outcome in resting:
        weakest = weaker(weakest, outcome.status)
    return Verdict(
        name,
        Standing.SHOWN if least.extent.share_ppm >= PPM else Standing.IN_PART,
        least.extent.share_ppm,
        of_metal=least.extent.of_metal,
        weakest=weakest,
        because=tuple(outcome.claim for outcome in resting if outcome.status is weakest),
    )
