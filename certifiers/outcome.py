"""What is said of a claim: a status, how much of the lot it covers, and why, in whole sentences.

PROTOCOL section 9 (Report). Seven statuses, from the strongest to the weakest: *proved* from signatures and the log,
*consistent* with them, *attested* by somebody, *not shown*, *refuted*; beside them *not applicable* and *withheld*.

Example: `Opinion(Status.PROVED, extent, (because("custody.never_left"),))` is what the decider of T1 answers for a lot
that its first holder still has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from certifiers.extent import Extent
from certifiers.phrases import PHRASES
from corridor.quantities import format_mass

if TYPE_CHECKING:
    from certifiers.case import Case
    from certifiers.replay import Judged


class Status(StrEnum):
    """How a claim stands."""

    PROVED = "proved"
    CONSISTENT = "consistent"
    ATTESTED = "attested"
    NOT_SHOWN = "not_shown"
    REFUTED = "refuted"
    NOT_APPLICABLE = "not_applicable"
    WITHHELD = "withheld"


WEAKEST_FIRST: Final = (
    Status.REFUTED,
    Status.NOT_SHOWN,
    Status.WITHHELD,
    Status.ATTESTED,
    Status.CONSISTENT,
    Status.PROVED,
    Status.NOT_APPLICABLE,
)


def weaker(one: Status, other: Status) -> Status:
    """The weaker of two statuses."""
    return min(one, other, key=WEAKEST_FIRST.index)


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence of the phrase book with its values, and the events (index, id) it speaks of."""

    code: str
    values: Mapping[str, str | int] = field(default_factory=dict)
    events: tuple[tuple[int, str], ...] = ()

    def sentence(self, lang: str) -> str:
        """Say it in English (`en`) or French (`fr`)."""
        phrase = PHRASES[self.code]
        mass = format_mass(int(self.values.get("mass_g", 0)), lang=lang)
        return (phrase.fr if lang == "fr" else phrase.en).format(**self.values, mass=mass)


def because(code: str, *events: Judged, **values: str | int) -> Reason:
    """Give a reason with the events it rests on."""
    return Reason(code, values, tuple((event.index, event.event_id) for event in events))


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a claim's own decider says, before findings and missing cosignatures weaken it."""

    status: Status
    extent: Extent
    reasons: tuple[Reason, ...] = ()
    by: tuple[str, ...] = ()
    """Parties on whose word it rests, where it is attested."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One of the 21 statements that a reader may want shown.

    `absence`: it also says that something did not happen, so that without a mirror it is at most attested.
    `rests_on`: event types whose breach of a rule refutes it.
    """

    code: str
    en: str
    fr: str
    decide: Callable[[Case], Opinion]
    absence: bool = False
    rests_on: frozenset[str] = frozenset()

    def name(self, lang: str) -> str:
        """Name it in English (`en`) or French (`fr`)."""
        return self.fr if lang == "fr" else self.en


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a claim stands in the end. `findings` are the codes that weighed on it."""

    claim: str
    status: Status
    extent: Extent
    reasons: tuple[Reason, ...] = ()
    by: tuple[str, ...] = ()
    findings: tuple[tuple[str, int], ...] = ()
    """(code, index) of each finding that weighed on it."""

    def least(self, other: Outcome) -> Outcome:
        """The weaker of two outcomes of one claim."""
        weak = self if weaker(self.status, other.status) == self.status else other
        return Outcome(
            self.claim,
            weak.status,
            self.extent.least(other.extent),
            weak.reasons,
            weak.by,
            tuple(sorted({*self.findings, *other.findings})),
        )
