"""Claims O1-O5: where a lot's ore comes from, and whether it could be sold (DOMAIN sections 2 and 4).

Each decider reads the case and answers with an opinion; findings such as `site.unlawful_sale`, and what a missing
cosignature weakens, are laid over it in certifiers.claims.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from certifiers.case import Case
from certifiers.outcome import Opinion, Reason, Status, because
from corridor.lawfulness import sale_allowed
from corridor.measures import Position
from corridor.origin import LotExtracted, SiteRegistered
from corridor.places import EARTH_RADIUS_KM, MICRODEGREES
from corridor.vocabulary import UNKNOWN, is_origin_class
from ledger.subjects import kind_of

BEGINNINGS: Final = frozenset({"site.registered", "tag.issued", "lot.extracted"})
FIRST_SALES: Final = frozenset({"lot.accepted", "lot.handed_over", "lot.exported"})
BOOKINGS: Final = frozenset(
    {
        "lot.extracted",
        "lot.declared",
        "lot.measured",
        "lot.accepted",
        "lot.handed_over",
        "lot.split",
        "lot.merged",
        "lot.blended",
        "lot.processed",
        "account.opened",
        "account.moved",
        "loss.recorded",
    }
)
"""Types that set or change what origin a lot's mass and metal are booked under."""


def _is_site(key: str) -> bool:
    return kind_of(key) == "site"


def _is_mined(key: str) -> bool:
    """What was recycled has no mine: claims about sites do not speak of it."""
    return kind_of(key) != "recycled"


def mined_lots_in_doubt(case: Case, types: frozenset[str], *, assessed: bool) -> frozenset[str]:
    """The mined lots whose beginning, site or tags rest on an event that is not admitted, or is not there."""
    doubtful = case.doubtful(types, assessed=assessed)
    return frozenset(
        lot
        for lot, body in case.extractions.items()
        if lot in doubtful
        or body.site in doubtful
        or case.site(body.site) is None
        or any(used.block in doubtful for used in body.tags)
    )


def site_and_licence(case: Case) -> Opinion:
    """O1: declared at a registered site, under a licence that was valid over the proven interval."""
    doubtful = mined_lots_in_doubt(case, BEGINNINGS, assessed=True)
    extent = case.by_class(_is_site, speaks_of=_is_mined, unsound=doubtful)
    if not extent.mass.applicable:
        return Opinion(Status.NOT_APPLICABLE, extent, (because("origin.recycled"),))
    reasons = [because("origin.site", site=site) for site in sorted(case.sites)]
    return Opinion(Status.PROVED, extent, (*reasons, *_not_from_sites(case), *_doubts(doubtful)))


def _not_from_sites(case: Case) -> Iterator[Reason]:
    """Say which mass no site answers for, and why."""
    for key, grams in sorted(case.lot.holding.classes_g.items()) if case.lot else ():
        if key == UNKNOWN:
            yield because("origin.unknown", mass_g=grams)
        elif kind_of(key) == "country":
            yield because("origin.country_only", mass_g=grams, country=key.partition(":")[2])
        elif not is_origin_class(key):
            yield because("origin.cut_off", mass_g=grams, subject=key)


def _doubts(subjects: frozenset[str]) -> Iterator[Reason]:
    for subject in sorted(subjects):
        yield because("origin.in_doubt", subject=subject)


def sale_allowed_by_status(case: Case) -> Opinion:
    """O2: the site's status allowed sale when its ore left the producer; unsold ore is judged as of the heads."""
    doubtful = mined_lots_in_doubt(case, BEGINNINGS | {"site.inspected"}, assessed=False)
    sold_in_doubt = case.doubtful(FIRST_SALES, assessed=True)
    unsold = frozenset(case.lot.unsold_sites) if case.lot else frozenset()
    barred = frozenset(site for site in unsold if not _may_sell_now(case, site))
    barred_lots = frozenset(lot for site in barred for lot in case.lots_of(site))
    unsound = doubtful | sold_in_doubt | barred_lots
    extent = case.by_class(_is_site, speaks_of=_is_mined, unsound=unsound)
    if not extent.mass.applicable:
        return Opinion(Status.NOT_APPLICABLE, extent, (because("origin.recycled"),))
    reasons = [
        because("sale.barred" if site in barred else "sale.not_yet", site=site) for site in sorted(unsold)
    ]
    reasons += [because("sale.allowed", site=site) for site in sorted(case.sites - unsold)]
    return Opinion(
        Status.PROVED, extent, (*reasons, *_not_from_sites(case), *_doubts(doubtful | sold_in_doubt))
    )


def _may_sell_now(case: Case, subject: str) -> bool:
    site = case.site(subject)
    return site is not None and sale_allowed(site, case.examined.as_of_ms)


def plausible_mass(case: Case) -> Opinion:
    """O3: a score against the site's inspected capacity, which this release does not compute (rule R9)."""
    return Opinion(Status.NOT_SHOWN, case.whole().nothing(), (because("origin.no_score"),))


def origin_shares(case: Case) -> Opinion:
    """O4: the shares of a mixed lot by site and country follow from the log; the unknown share is shown as such."""
    unsound = case.doubtful(BOOKINGS)
    extent = case.by_class(lambda key: key != UNKNOWN and is_origin_class(key), unsound=unsound)
    reasons: list[Reason] = []
    for key, grams in sorted(case.lot.holding.classes_g.items()) if case.lot else ():
        if not is_origin_class(key):
            reasons.append(because("origin.cut_off", mass_g=grams, subject=key))
        elif key == UNKNOWN:
            reasons.append(because("origin.unknown", mass_g=grams))
        else:
            reasons.append(because("origin.share", mass_g=grams, origin=key))
    return Opinion(Status.PROVED, extent, (*reasons, *_doubts(unsound)))


def within_concession(case: Case) -> Opinion:
    """O5: the place and time of the first record lie in the concession."""
    doubtful = mined_lots_in_doubt(case, BEGINNINGS, assessed=False)
    silent = frozenset(lot for lot, body in case.extractions.items() if body.position is None)
    outside = frozenset(
        lot for lot, body in case.extractions.items() if lot not in silent and not _is_inside(case, lot, body)
    )
    extent = case.by_class(_is_site, speaks_of=_is_mined, unsound=doubtful | silent | outside)
    if not extent.mass.applicable:
        return Opinion(Status.NOT_APPLICABLE, extent, (because("origin.recycled"),))
    reasons = [because("place.none", subject=lot) for lot in sorted(silent)]
    reasons += [because("place.outside", subject=lot) for lot in sorted(outside)]
    inside = case.extractions.keys() - silent - outside - doubtful
    reasons += [because("place.inside", subject=lot) for lot in sorted(inside)]
    return Opinion(Status.CONSISTENT, extent, (*reasons, *_doubts(doubtful)))


def _is_inside(case: Case, lot: str, body: LotExtracted) -> bool:
    first = next((event for event in case.chain(lot) if event.begins(lot)), None)
    sites = (event.body for event in case.chain(body.site) if isinstance(event.body, SiteRegistered))
    site = next(sites, None)
    if first is None or site is None or body.position is None:
        return False
    reach_m = site.concession_radius_m + site.position.accuracy_m + body.position.accuracy_m
    return distance_m(site.position, body.position) <= reach_m and body.mined_until <= first.header.claimed_at


def distance_m(here: Position, there: Position) -> int:
    """The distance in metres of two places a concession apart, as on a plane; good to a part in a thousand."""
    metre_a_degree = math.radians(EARTH_RADIUS_KM * 1000)
    latitude = math.radians((here.latitude_udeg + there.latitude_udeg) / 2 / MICRODEGREES)
    half_turn = 180 * MICRODEGREES
    east_udeg = (here.longitude_udeg - there.longitude_udeg + half_turn) % (2 * half_turn) - half_turn
    north = (here.latitude_udeg - there.latitude_udeg) / MICRODEGREES
    return round(metre_a_degree * math.hypot(north, east_udeg / MICRODEGREES * math.cos(latitude)))
