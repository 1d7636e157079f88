"""Claims V1-V4 and G1-G2: value and dues, and the record itself (DOMAIN section 2)."""

from __future__ import annotations

from typing import Final

from certifiers.case import Case
from certifiers.outcome import Opinion, Reason, Status, because
from certifiers.replay import Ruling
from corridor.certification import VerificationPerformed
from corridor.states import LogState
from corridor.world import LOG
from ledger.subjects import kind_of

EXPORTS: Final = frozenset({"lot.exported"})
VERIFICATIONS: Final = frozenset({"verification.performed"})


def _no_data(case: Case, code: str) -> Opinion:
    return Opinion(Status.NOT_SHOWN, case.whole().nothing(), (because(code),))


def value_added_in_africa(case: Case) -> Opinion:
    """V1: needs prices at two stages, which no event of this release can hold."""
    return _no_data(case, "value.no_prices")


def dues_paid(case: Case) -> Opinion:
    """V2: needs a tax office's receipt, whose event is reserved for a later release."""
    return _no_data(case, "value.no_receipts")


def price_above_reference(case: Case) -> Opinion:
    """V3: needs a disclosed price and a reference price, which no event of this release can hold."""
    return _no_data(case, "value.no_prices")


def within_bans(case: Case) -> Opinion:
    """V4: no ban on the mineral was in force in the country of origin when the lot was exported.

    Quotas and permits are policies of kinds that this release does not know; one that meets the lot cannot be read
    and leaves the claim not shown.
    """
    if case.export is None:
        return Opinion(Status.NOT_APPLICABLE, case.whole(), (because("policy.not_exported"),))
    unread = [name for name in sorted(_policies(case)) if not _can_be_read(case, name)]
    if unread or case.examined.lot in case.doubtful(EXPORTS, assessed=True):
        reasons = [because("bundle.not_followed", subject=subject) for subject in unread]
        return Opinion(
            Status.NOT_SHOWN,
            case.whole().nothing(),
            tuple(reasons) or (because("bundle.in_doubt", subject=case.examined.lot),),
        )
    # Where ore was mined that came by a lot cut off, and what was banned there, nobody can tell here.
    return Opinion(Status.PROVED, case.along_path(case.unknown), (because("policy.no_ban", case.export),))


def _policies(case: Case) -> set[str]:
    """The policies whose minerals and countries meet the lot's, in the bundle or not."""
    return {name for name in (*case.closure.included, *case.closure.missing) if kind_of(name) == "policy"}


def _can_be_read(case: Case, policy: str) -> bool:
    admitted = all(event.ruling is Ruling.ADMITTED for event in case.chain(policy))
    return admitted and case.state(policy) is not None


def record_is_complete(case: Case) -> Opinion:
    """G1: nothing was removed, rewritten or left out up to the checkpoint, whose time others have bounded."""
    missing = case.closure.missing
    siteless = {lot for site in missing if kind_of(site) == "site" for lot in case.lots_of(site)}
    gone = sorted(name for name in missing if kind_of(name) not in {"lot", "account", "site"})
    extent = case.along_path(case.unknown | siteless)
    reasons: list[Reason] = [because("record.not_in_bundle", subject=name) for name in sorted(missing)]
    reasons += [
        because("bundle.not_followed", subject=name) for name in sorted(case.unknown - missing.keys())
    ]
    rulings = {case.replay.judged[index].ruling for index in (0, case.examined.size)}
    if Ruling.BROKEN in rulings:
        return Opinion(Status.REFUTED, extent.nothing(), (because("record.statement_broken"), *reasons))
    if gone or rulings != {Ruling.ADMITTED}:
        return Opinion(Status.NOT_SHOWN, extent.nothing(), tuple(reasons))
    anchored = case.examined.quorum.quorum_time_s is not None
    reasons.append(because("record.anchored" if anchored else "record.not_anchored"))
    return Opinion(Status.PROVED if anchored else Status.ATTESTED, extent, tuple(reasons), _operator(case))


def _operator(case: Case) -> tuple[str, ...]:
    log = case.state(LOG)
    return (log.operator,) if isinstance(log, LogState) else ()


def examined_by_others(case: Case) -> Opinion:
    """G2: who has examined a bundle of this lot, when, and what came out (a buyer's due-diligence evidence)."""
    found = [
        (event, event.body)
        for event in case.file(case.examined.lot)
        if isinstance(event.body, VerificationPerformed) and event.ruling is Ruling.ADMITTED
    ]
    if not found:
        return _no_data(case, "record.nobody_examined")
    by = tuple(sorted({party for event, _ in found for party in event.parties}))
    reasons = tuple(
        because("record.examined", event, party=", ".join(event.parties), size=body.as_of_size)
        for event, body in found
    )
    return Opinion(Status.ATTESTED, case.whole(), reasons, by)
