"""Was it lawful? The proven interval decides, not the clock of a phone (PROTOCOL section 6, Time).

A field act happened somewhere in [proven_from, at]; `claimed_at` is only a claim, pulled to the nearer end when it
lies outside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from typing import Final, NamedTuple

from corridor.body import Act, found
from corridor.findings import Finding
from corridor.policies import DAY_MS, LIMITS
from corridor.states import Inspection, SiteState
from corridor.vocabulary import SALE_ALLOWED, SiteStatus
from corridor.world import Outside


class Lawful(Enum):
    """What the interval shows."""

    THROUGHOUT = "proved"
    FROM_CLAIM = "consistent"
    HELD = "held"
    REFUTED = "refuted"


def judge(
    lawful_at: Callable[[int], bool], changes: Sequence[int], proven_from: int, claimed_at: int, at: int
) -> Lawful:
    """Judge an act whose lawfulness changes only at the instants `changes` (ms, any order).

    Between two changes nothing changes, so it is enough to look at the interval's ends and at each change inside.
    """
    claimed = min(max(claimed_at, proven_from), at)

    def throughout(start: int) -> bool:
        return all(lawful_at(t) for t in {start, at, *(t for t in changes if start <= t <= at)})

    if throughout(proven_from):
        return Lawful.THROUGHOUT
    if throughout(claimed):
        return Lawful.FROM_CLAIM
    return Lawful.HELD if lawful_at(claimed) else Lawful.REFUTED


class Codes(NamedTuple):
    """The finding's code for each outcome that is worth one."""

    refuted: str
    held: str
    consistent: str


LICENCE: Final = Codes("licence.not_valid", "licence.held", "licence.consistent")
SALE: Final = Codes("site.unlawful_sale", "site.sale_held", "site.sale_consistent")
BAN: Final = Codes("policy.banned", "policy.ban_held", "policy.ban_consistent")


def _judge_act(
    act: Act, subject: str, codes: Codes, lawful_at: Callable[[int], bool], changes: Sequence[int]
) -> Iterator[Finding]:
    """Yield the finding of an act that was not lawful over its whole proven interval."""
    outcome = judge(lawful_at, changes, act.proven_from, act.header.claimed_at_ms, act.at)
    code = {
        Lawful.REFUTED: codes.refuted,
        Lawful.HELD: codes.held,
        Lawful.FROM_CLAIM: codes.consistent,
    }.get(outcome)
    if code:
        yield found(act, code, subject)


def assess_licence(act: Act, subject: str) -> Iterator[Finding]:
    """Yield a finding if the site's licence was not valid over the whole proven interval (rule R16, claim O1)."""
    site = act.world.site(subject)
    ends = [site.licence_from, site.licence_until + 1]
    yield from _judge_act(act, subject, LICENCE, _within(site.licence_from, site.licence_until), ends)


def _within(first: int, last: int) -> Callable[[int], bool]:
    return lambda t: first <= t <= last


def _outside(first: int, last: int) -> Callable[[int], bool]:
    return lambda t: not first <= t <= last


def sale_allowed(site: SiteState, at: int) -> bool:
    """Tell whether the site's status allowed sale at a time (rule R16, claim O2).

    Not before its first inspection (blue), not under red, not once the last inspection has lapsed: a year after
    green, three months to cure after yellow.
    """
    current = next((found for found in reversed(site.inspections) if found.at <= at), None)
    return current is not None and current.status in SALE_ALLOWED and at <= _lapses(current)


def _lapses(inspection: Inspection) -> int:
    days = LIMITS.yellow_cure_days if inspection.status == SiteStatus.YELLOW else LIMITS.inspection_valid_days
    seen = min(inspection.inspected_at, inspection.at)  # nobody inspects in the future
    return seen + days * DAY_MS


def assess_sale(act: Act, sites: Iterable[str]) -> Iterator[Finding]:
    """Judge a first sale by the status of each site whose ore leaves its producer in it (rule R16, claim O2)."""
    for subject in sites:
        site = act.world.site(subject)
        changes = [t for seen in site.inspections for t in (seen.at, _lapses(seen) + 1)]
        yield from _judge_act(act, subject, SALE, _allows_sale(site), changes)


def _allows_sale(site: SiteState) -> Callable[[int], bool]:
    return lambda t: sale_allowed(site, t)


def countries_of(act: Act, classes: Iterable[str]) -> set[str]:
    """The countries in which ore of some origin classes was mined; recycled and unknown origin name none."""
    kinds = [key.partition(":") for key in classes]
    return {name for kind, _, name in kinds if kind == "country"} | {
        act.world.site(f"site:{name}").country for kind, _, name in kinds if kind == "site"
    }


def assess_bans(act: Act, hs: str, countries: Iterable[str]) -> Iterator[Finding]:
    """Judge an export by the export bans on its mineral in the countries that it comes from (R16, claim V4)."""
    places = set(countries)
    for notice in act.world.log.policies:
        if notice.kind != "ban" or hs not in notice.minerals or not places & set(notice.countries):
            continue
        try:
            ban = act.world.policy(notice.policy)
        except Outside:
            continue
        ends = [ban.valid_from, ban.valid_until + 1]
        yield from _judge_act(act, notice.policy, BAN, _outside(ban.valid_from, ban.valid_until), ends)
