"""Claims T1-T5: how a lot travelled, from whose hands into whose, under which seals (DOMAIN sections 2 and 4)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from certifiers.case import Case
from certifiers.outcome import Opinion, Reason, Status, because
from certifiers.replay import Judged, Ruling
from certifiers.seals import judge_seals
from corridor.handover import LotTendered
from corridor.logbook import FOREVER
from corridor.places import Corridor, CorridorStatus, corridors
from corridor.transit import BorderCrossed, LotDispatched, PostPassed

CHANGES_OF_CUSTODY: Final = frozenset({"lot.accepted", "lot.handed_over", "lot.received"})
CUSTODY: Final = CHANGES_OF_CUSTODY | {
    "lot.extracted",
    "lot.declared",
    "lot.dispatched",
    "lot.stored",
    "loss.recorded",
    "lot.tendered",
    "lot.refused",
    "lot.split",
    "lot.merged",
    "lot.blended",
    "lot.processed",
    "account.opened",
    "account.moved",
    "lot.exported",
}
"""Types by which a custodian extends a lot's chain: each is signed by whoever holds it."""

SEALS: Final = frozenset({"lot.sealed"})
PASSAGES: Final = frozenset({"post.passed", "border.crossed"})
MOVEMENTS: Final = PASSAGES | {"lot.dispatched"}
WEIGHINGS: Final = frozenset({"lot.accepted", "lot.handed_over", "lot.received", "lot.measured"})


def unbroken_custody(case: Case) -> Opinion:
    """T1: every change of custody is signed by giver and receiver, and nobody else extended the chain."""
    extent = case.along_path(case.unknown | case.doubtful(CUSTODY))
    open_tender = _open_tender(case)
    if open_tender is not None:
        return Opinion(Status.NOT_SHOWN, extent.nothing(), (open_tender,))
    changes = [event for _, event in case.on_path(*CHANGES_OF_CUSTODY) if event.ruling is Ruling.ADMITTED]
    if not changes:
        reason = because("custody.never_left", party=case.lot.custodian if case.lot else "")
    else:
        reason = because("custody.signed", *dict.fromkeys(changes), count=len(dict.fromkeys(changes)))
    return Opinion(Status.PROVED, extent, (reason, *_cut_off(case), *_doubts(case, CUSTODY)))


def _open_tender(case: Case) -> Reason | None:
    """The tender that nobody has answered, if it is the last event of the lot's chain."""
    last = next(reversed(case.chain(case.examined.lot)), None)
    if last is None or not isinstance(last.body, LotTendered):
        return None
    if last.body.post is None:
        return because("custody.no_receiver", last)
    return because("custody.no_receiver_at", last, post=last.body.post)


def _cut_off(case: Case) -> Iterator[Reason]:
    for subject in sorted(case.unknown):
        yield because("bundle.not_followed", subject=subject)


def _doubts(case: Case, types: frozenset[str]) -> Iterator[Reason]:
    for subject in sorted(case.doubtful(types) - case.unknown):
        yield because("bundle.in_doubt", subject=subject)


def _nothing(case: Case, code: str) -> Opinion:
    """Nothing of the kind happened: the claim does not apply, unless it may have happened to what was cut off."""
    if case.unknown:
        return Opinion(Status.NOT_SHOWN, case.whole().nothing(), tuple(_cut_off(case)))
    return Opinion(Status.NOT_APPLICABLE, case.whole(), (because(code),))


def seal_continuity(case: Case) -> Opinion:
    """T2: on each lot that was sent on its way, the seals that were applied were seen whole later."""
    sent = {lot for lot, _ in case.on_path("lot.dispatched", "lot.sealed")}
    if not sent:
        return _nothing(case, "route.none")
    verdicts = {lot: judge_seals(case.events(lot)) for lot in sorted(sent)}
    unsound = {lot for lot, verdict in verdicts.items() if verdict.status is Status.NOT_SHOWN}
    extent = case.along_path(case.unknown | unsound | case.doubtful(SEALS))
    resealed = any(verdict.status is Status.ATTESTED for verdict in verdicts.values())
    by = sorted({party for verdict in verdicts.values() for party in verdict.by})
    status = Status.ATTESTED if resealed else Status.PROVED
    reasons = tuple(reason for verdict in verdicts.values() for reason in verdict.reasons)
    return Opinion(status, extent, (*reasons, *_doubts(case, SEALS)), tuple(by) if resealed else ())


class Journey(NamedTuple):
    """A dispatch along a corridor, and the filings about the lot (and what came out of it) that followed.

    Filings are in the order of their claimed times: an officer without network files late. `until_ms` is when the
    next journey began.
    """

    lot: str
    sent: Judged
    order: LotDispatched
    passages: tuple[Judged, ...]
    until_ms: int

    @property
    def corridor(self) -> Corridor | None:
        """The corridor that it was declared for, if there is one of this name."""
        return corridors().get(self.order.corridor)

    @property
    def posts(self) -> tuple[str, ...]:
        """Ids of the posts from the first to the last, in travelling order; empty if they are not on it so."""
        names = [post.post_id for post in self.corridor.posts] if self.corridor else []
        if self.order.from_post not in names or self.order.to_post not in names:
            return ()
        start, stop = names.index(self.order.from_post), names.index(self.order.to_post)
        return tuple(names[start : stop + 1])


def journeys(case: Case) -> list[Journey]:
    """The journeys of the path's lots."""
    dispatches = list(case.on_path("lot.dispatched"))
    found = []
    for lot, sent in dispatches:
        if not isinstance(sent.body, LotDispatched):
            continue
        moved = case.upstream.downstream_of(lot)
        filed = dict.fromkeys(
            event
            for name in moved
            for event in case.file(name)
            if event.type in PASSAGES and event.index > sent.index and event.ruling is Ruling.ADMITTED
        )
        later = (
            next_sent for name, next_sent in dispatches if name in moved and next_sent.index > sent.index
        )
        until_ms = min((event.header.claimed_at_ms for event in later), default=FOREVER)
        passages = tuple(sorted(filed, key=lambda event: (event.header.claimed_at_ms, event.index)))
        found.append(Journey(lot, sent, sent.body, passages, until_ms))
    return found


def possible_route(case: Case) -> Opinion:
    """T3: sent along a declared corridor that operates, and seen at its posts in their order."""
    made = journeys(case)
    if not made:
        return _nothing(case, "route.none")
    reasons = {journey: _route_reason(journey) for journey in made}
    unsound = {journey.lot for journey, reason in reasons.items() if reason.code != "route.possible"}
    extent = case.along_path(case.unknown | unsound | case.doubtful(MOVEMENTS))
    return Opinion(Status.CONSISTENT, extent, (*reasons.values(), *_doubts(case, MOVEMENTS)))


def _route_reason(journey: Journey) -> Reason:
    corridor, sent = journey.corridor, journey.sent
    if corridor is None:
        return because("route.no_corridor", sent, corridor=journey.order.corridor)
    if corridor.status is not CorridorStatus.OPERATING:
        return because("route.planned", sent, corridor=corridor.corridor_id)
    if not journey.posts or journey.order.mode not in corridor.modes:
        return because("route.off_corridor", sent, corridor=corridor.corridor_id)
    seen = [event for event in journey.passages if event.header.claimed_at_ms < journey.until_ms]
    strays = [event for event in seen if _place(event) not in journey.posts]
    ahead = [journey.posts.index(_place(event)) for event in seen if event not in strays]
    if strays or any(before > after for before, after in pairwise(ahead)):
        return because("route.out_of_order", sent, *strays, corridor=corridor.corridor_id)
    return because("route.possible", sent, *seen, corridor=corridor.corridor_id)


def _place(event: Judged) -> str:
    return event.body.post if isinstance(event.body, PostPassed | BorderCrossed) else ""


def border_crossings(case: Case) -> Opinion:
    """T4: customs of both sides recorded each border between the posts of a journey, exit and entry."""
    made = journeys(case)
    crossings = [(journey, *border) for journey in made for border in _borders(journey)]
    untold = [journey for journey in made if not journey.posts and _leaves_country(journey)]
    if not crossings and not untold:
        return _nothing(case, "border.none")
    reasons = [because("border.unknown_way", journey.sent) for journey in untold]
    unsound = {journey.lot for journey in untold}
    for journey, here, there in crossings:
        leaving = _crossing(journey, "exit", here)
        entering = _crossing(journey, "entry", there)
        if leaving is None or entering is None:
            unsound.add(journey.lot)
            code = "border.no_exit" if leaving is None else "border.no_entry"
            reasons.append(because(code, journey.sent, country=here if leaving is None else there))
        else:
            reasons.append(because("border.both", leaving, entering, country=here, next_country=there))
    extent = case.along_path(case.unknown | unsound | case.doubtful(MOVEMENTS))
    return Opinion(Status.PROVED, extent, (*reasons, *_doubts(case, MOVEMENTS)))


def _borders(journey: Journey) -> list[tuple[str, str]]:
    """The borders of a journey as (country left, country entered); none where its posts are on no corridor."""
    on_way = journey.corridor.posts if journey.corridor else ()
    countries = [post.country for post in on_way if post.post_id in journey.posts]
    return [(here, there) for here, there in pairwise(countries) if here != there]


def _leaves_country(journey: Journey) -> bool:
    """Tell whether start and destination are in two countries, by the ids of their posts."""
    return journey.order.from_post.partition("-")[0] != journey.order.to_post.partition("-")[0]


def _crossing(journey: Journey, direction: str, country: str) -> Judged | None:
    return next(
        (
            event
            for event in journey.passages
            if isinstance(event.body, BorderCrossed)
            and (event.body.direction, event.body.country) == (direction, country)
        ),
        None,
    )


def changes_in_tolerance(case: Case) -> Opinion:
    """T5: where two parties weighed the same lot, they found the same, within the limits (rules R6 and R7)."""
    compared = dict.fromkeys(event for _, event in case.on_path(*CHANGES_OF_CUSTODY) if event.assessed)
    extent = case.along_path(case.unknown | case.doubtful(WEIGHINGS, assessed=True))
    if not compared:
        return Opinion(Status.NOT_SHOWN, extent.nothing(), (because("mass.once"),))
    return Opinion(
        Status.CONSISTENT,
        extent,
        (because("mass.compared", *compared, count=len(compared)), *_doubts(case, WEIGHINGS)),
    )
