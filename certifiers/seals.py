"""Seals: applied, seen whole, broken on purpose and put on again (rule R13, claim T2).

Example: applied {A, B}, verified {A, B} is proved. Applied {A}, broken {A} by customs, applied {C} by customs, verified
{C} is attested by customs. Applied {A}, verified {C} is a break.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from certifiers.outcome import Reason, Status, because
from certifiers.replay import Judged, Ruling
from corridor.findings import Finding
from corridor.transit import LotSealed
from corridor.vocabulary import SealAct


@dataclass(frozen=True, slots=True)
class SealVerdict:
    """How the seals of one lot stand; `by` are those on whose word a seal was replaced."""

    status: Status
    reasons: tuple[Reason, ...]
    by: tuple[str, ...] = ()


def judge_seals(events: Iterable[Judged]) -> SealVerdict:
    """Follow the seals of one lot through its events, ascending."""
    whole: set[str] = set()
    unseen: set[str] = set()
    broken: Judged | None = None
    sealed: list[Judged] = []
    by: set[str] = set()
    for event, body in _sealings(events):
        sealed.append(event)
        seals = set(body.seals)
        if body.action is SealAct.APPLIED:
            if broken is not None:
                by.update(event.parties)
            whole |= seals
            unseen, broken = set(whole), None  # who puts a seal on shows nothing of those that were there
        elif body.action is SealAct.BROKEN:
            whole, unseen, broken = whole - seals, unseen - seals, event
        else:
            unseen -= seals
    if not sealed:
        return SealVerdict(Status.NOT_SHOWN, (because("seal.none"),))
    if broken is not None:
        return SealVerdict(Status.NOT_SHOWN, (because("seal.open", broken),))
    if unseen:
        return SealVerdict(Status.NOT_SHOWN, (because("seal.not_seen", sealed[0], count=len(unseen)),))
    if by:
        return SealVerdict(Status.ATTESTED, (because("seal.replaced", *sealed),), tuple(sorted(by)))
    return SealVerdict(Status.PROVED, (because("seal.same", *sealed, count=len(whole)),))


def find_breaks(lot: str, events: Iterable[Judged]) -> Iterator[Finding]:
    """Yield a finding where other seals are seen than those that were put on (rule R13).

    Nothing where one of the sealings is in doubt: it may be the one that put them on.
    """
    events = tuple(events)
    if any(event.type == LotSealed.type and event.ruling is not Ruling.ADMITTED for event in events):
        return
    whole: set[str] = set()
    for event, body in _sealings(events):
        seals = set(body.seals)
        if body.action is SealAct.APPLIED:
            whole |= seals
            continue
        if seals - whole:
            yield Finding("seal.broken", event.index, event.event_id, lot)
        if body.action is SealAct.BROKEN:
            whole -= seals


def _sealings(events: Iterable[Judged]) -> Iterator[tuple[Judged, LotSealed]]:
    for event in events:
        if isinstance(event.body, LotSealed) and event.ruling is Ruling.ADMITTED:
            yield event, event.body
