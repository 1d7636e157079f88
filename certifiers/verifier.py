"""The verifier: one lot's bundle, ten numbered steps, a report (PROTOCOL section 9).

Offline and pure: bytes and a trust file in, a Report out; nothing is raised for what a bundle holds. Steps 1-5 say
whether the bundle proves anything at all, and the first that does not hold ends it. Steps 6-10 only give findings and
claims. The numbers are the same in code, docs and reports.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from certifiers.beyond import add_beyond, read_beyond
from certifiers.case import Case, open_case
from certifiers.claims import decide, is_held
from certifiers.examined import Examined, Failure
from certifiers.failures import STALE_CODES
from certifiers.outcome import Outcome
from certifiers.phrases import Phrase
from certifiers.replay import Ruling
from certifiers.report import AsOf, Report
from certifiers.rollup import roll_up
from certifiers.standing import FINDINGS_BY_STEP
from certifiers.steps import DEMO_SUFFIX, STEP_OF, examine
from corridor.findings import Finding
from corridor.states import PartyState
from ledger.checkpoint import Checkpoint
from ledger.errors import LedgerError
from ledger.quorum import MIRRORS, NO_QUORUM, TrustFile

STEPS: Final[dict[int, Phrase]] = {
    1: Phrase("form and limits", "forme et limites"),
    2: Phrase("checkpoint signature, witness quorum, genesis", "état signé, quorum de témoins, genèse"),
    3: Phrase("inclusion of every entry", "inclusion de chaque entrée"),
    4: Phrase("envelopes: signature rule, signers", "enveloppes : règle de signature, signataires"),
    5: Phrase("chains unbroken, files whole, as the heads say", "chaînes et recueils entiers, selon l'état"),
    6: Phrase("authority of each signer at that index", "droits de chaque signataire à cet indice"),
    7: Phrase("rules that this bundle can decide", "règles que ce dossier permet de trancher"),
    8: Phrase("certificates", "certificats"),
    9: Phrase("withdrawals, suspensions, holds, incidents", "retraits, suspensions, retenues, incidents"),
    10: Phrase("claims and verdicts", "points et verdicts"),
}


@dataclass(frozen=True, slots=True)
class Freshness:
    """What makes a checkpoint too stale for the caller; nothing by default.

    `max_age_ms` counts back from `now_ms`, the caller's clock: no verdict reads it. `seen` is the largest checkpoint
    of the log that the caller has met.
    """

    as_of_size: int | None = None
    min_size: int = 0
    max_age_ms: int | None = None
    now_ms: int = 0
    seen: Checkpoint | None = None


ANY: Final = Freshness()


def verify(
    data: bytes,
    trust: TrustFile,
    *,
    lot: str | None = None,
    also: Sequence[bytes] = (),
    fresh: Freshness = ANY,
) -> Report:
    """Take the ten steps with a bundle.

    `lot` refuses the bundle of any other; `also` are envelopes that are not in the log, which can only lower a claim.
    """
    examined = examine(data, trust, lot=lot)  # steps 1 to 5
    if isinstance(examined, Failure):
        return Report(failure=examined)
    stale = _stale_code(examined, fresh)
    if stale:
        return Report(failure=_refusal(stale))
    try:
        beyond = [read_beyond(envelope) for envelope in also]
    except LedgerError:
        return Report(failure=_refusal("bundle.also"))
    case = judge(examined, trust)
    outcomes, findings = decide(case), case.findings
    held = is_held(case)
    if beyond:
        longer, conflicts = add_beyond(examined, beyond, lambda it, index: _admits(it, trust, index))
        other = judge(longer, trust, conflicts)
        outcomes = tuple(map(Outcome.least, outcomes, decide(other)))
        findings = case.with_findings(other.findings).findings
        held = held or is_held(other)
    return Report(
        lot=examined.lot,
        as_of=_as_of(examined, trust),
        absent=examined.lot in examined.absent,
        verdicts=roll_up(outcomes, held=held),
        claims=outcomes,
        findings=tuple(sorted(findings, key=lambda one: (one.index, one.code, one.subject))),
        holding=case.lot.holding if case.lot else None,
        introducers=_introducers(case),
        missing=tuple(sorted(case.closure.missing)),
        disclosed=tuple((one.event, one.name) for one in examined.disclosures),
        also=len(beyond),
    )


def judge(examined: Examined, trust: TrustFile, more: Sequence[Finding] = ()) -> Case:
    """Take steps 6 to 9: replay, then what each step finds."""
    case = open_case(examined, trust.distrust)
    if case.lot is not None:
        case = case.with_findings(more)
    for find in FINDINGS_BY_STEP.values():
        case = case.with_findings(find(case))
    return case


def _admits(examined: Examined, trust: TrustFile, index: int) -> bool:
    """Tell whether the rules let in the event at an index."""
    return open_case(examined, trust.distrust).replay.judged[index].ruling is Ruling.ADMITTED


def _stale_code(examined: Examined, fresh: Freshness) -> str:
    """Say which of the caller's own conditions the checkpoint fails, if any."""
    checkpoint, seen = examined.checkpoint, fresh.seen
    if fresh.as_of_size is not None and checkpoint.size != fresh.as_of_size:
        return "checkpoint.other_size"
    if checkpoint.size < fresh.min_size:
        return "checkpoint.too_small"
    if fresh.max_age_ms is not None and fresh.now_ms - examined.as_of_ms > fresh.max_age_ms:
        return "checkpoint.too_old"
    if seen is None:
        return ""
    if seen.origin != checkpoint.origin:
        return "checkpoint.seen_other_log"
    if seen.size > checkpoint.size:
        return "checkpoint.behind_seen"
    return "checkpoint.split_view" if seen.size == checkpoint.size and seen.root != checkpoint.root else ""


def _refusal(code: str) -> Failure:
    return Failure(STEP_OF[code.partition(".")[0]], code, None, STALE_CODES[code])


def _as_of(examined: Examined, trust: TrustFile) -> AsOf:
    quorum = examined.quorum
    mirroring = {name for group in trust.groups if group.name == MIRRORS for name in group.members}
    by_heads = (
        trust.quorum == NO_QUORUM
        or quorum.quorum_time_s is None
        or examined.checkpoint.origin.endswith(DEMO_SUFFIX)
    )
    return AsOf(
        log_origin=examined.checkpoint.origin,
        genesis=examined.genesis,
        size=examined.checkpoint.size,
        time_ms=examined.as_of_ms,
        time_basis="heads" if by_heads else "quorum",
        cosigned=tuple(sorted(quorum.cosigned)),
        witnesses=len(trust.witnesses),
        mirrors=tuple(sorted(mirroring & set(quorum.cosigned))),
        unsupported=quorum.unsupported,
        checkpoint=examined.checkpoint.text(),
    )


def _introducers(case: Case) -> tuple[str, ...]:
    """Those on whose word the verdicts rest: who admitted and accredited the signers of the lot's events."""
    signers = {party for index in case.indexes for party in case.replay.judged[index].parties}
    found: set[str] = set()
    for party in signers:
        state = case.state(party)
        if isinstance(state, PartyState):
            found.update(state.admitted_by)
            found.update(by for role in state.accreditations for by in role.by)
    return tuple(sorted(found))
