"""Steps 8 and 9: the certificate that counts, and what stands against the lot as of the heads.

Findings that no single event shows: a certificate that saw another lot than the one exported, a withdrawal after the
use, a suspension of the certifier, an incident still open, a seal in another's place.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from certifiers.case import Case
from certifiers.claims_certification import issue_of
from certifiers.incidents import incidents_on
from certifiers.replay import DISTRUSTED, UNREADABLE, Judged, Ruling
from certifiers.seals import find_breaks
from corridor.body import accreditation_for
from corridor.certification import CertificateIssued, CertificateStatusChanged
from corridor.findings import Finding
from corridor.logbook import LogGenesis, RuleSet
from corridor.parties import PartyStatusChanged
from corridor.policies import LIMITS, RULES_DIGEST
from corridor.quantities import PPM
from corridor.states import PartyState
from corridor.transit import LossRecorded, LotMeasured
from ledger.envelope import format_time
from ledger.subjects import kind_of, party_of

KEPT_BY: Final = frozenset(
    {
        "lot.sealed",
        "lot.dispatched",
        "lot.stored",
        "lot.tendered",
        "lot.accepted",
        "lot.refused",
        "lot.handed_over",
        "lot.exported",
        "lot.received",
        "loss.recorded",
        "lot.measured",
    }
)
"""Types that leave a certificate as it is: transport, and within limits losses and weighings (PROTOCOL section 6)."""

OUR_RULES: Final = RuleSet(number=LIMITS.number, digest=RULES_DIGEST)
"""The rule set by which this release judges; a log that names another cannot be judged by it."""

MOVES: Final = ("lot.accepted", "lot.handed_over", "lot.exported")


def bears_on(case: Case, finding: Finding) -> bool:
    """Tell whether a finding of the replay concerns this lot: an event on its path, and one of its subjects."""
    if finding.index not in case.indexes:
        return False
    if finding.code.startswith("certificate."):
        return finding.index in {event.index for event in case.chain(case.certificate)}
    return not finding.subject or finding.subject in case.subjects or kind_of(finding.subject) == "policy"


def replay_findings(case: Case) -> Iterator[Finding]:
    """Steps 6 and 7: what the events show, rules that the log itself has broken, seals that do not fit."""
    for event in case.replay.judged.values():
        yield from (finding for finding in event.findings if bears_on(case, finding))
        if event.ruling is Ruling.BROKEN:
            code = "authority.broken" if event.rule in {"R1", "R2", "R3"} else "rule.broken"
            yield Finding(code, event.index, event.event_id, values={"refusal": event.code})
        elif event.code in UNREADABLE:
            yield Finding("event.unreadable", event.index, event.event_id)
        elif event.code == DISTRUSTED:
            yield Finding("trust.distrusted", event.index, event.event_id)
        elif isinstance(event.body, LogGenesis) and event.body.rule_set != OUR_RULES:
            yield Finding("rules.other_set", event.index, event.event_id)
    for lot in sorted(case.upstream.lots):
        yield from find_breaks(lot, case.events(lot))


def certificate_findings(case: Case) -> Iterator[Finding]:
    """Step 8: the certificate against the lot as it is now."""
    issue = issue_of(case)
    if issue is None or case.lot is None:
        return
    event, body = issue
    if not _saw_this_lot(case, body):
        yield Finding("certificate.stale_head", event.index, event.event_id, case.certificate)
    excess_g = case.lot.holding.dry_mass_g - body.maximum_dry_mass_g
    if case.export is None and excess_g > 0:
        yield Finding(
            "certificate.over_mass", event.index, event.event_id, case.certificate, {"excess_g": excess_g}
        )


def _saw_this_lot(case: Case, body: CertificateIssued) -> bool:
    """Tell whether the lot is still what the certifier saw: only transport and small losses since that head."""
    chain = case.chain(case.examined.lot)
    seen = next((place for place, event in enumerate(chain) if event.event_id == body.lot_head), None)
    if seen is None or case.lot is None:
        return False
    since = chain[seen + 1 :]
    lost_g = sum(event.body.dry_mass_g for event in since if isinstance(event.body, LossRecorded))
    before_g = case.lot.holding.dry_mass_g + lost_g
    return all(map(_keeps, since)) and lost_g * PPM <= before_g * LIMITS.handover_loss_refuted_ppm


def _keeps(event: Judged) -> bool:
    new_assay = isinstance(event.body, LotMeasured) and event.body.assay is not None
    return event.type in KEPT_BY and not new_assay


def standing_findings(case: Case) -> Iterator[Finding]:
    """Step 9: withdrawn, suspended, or under an open critical incident as of the heads."""
    yield from _certificate_standing(case)
    yield from _certifier_standing(case)
    for held in incidents_on(case):
        if held.closed is None:
            yield Finding("incident.open", held.opened.index, held.opened.event_id, held.subject)
        for lot, moved in case.on_path(*MOVES):
            if held.is_open_at(moved.index):
                yield Finding("incident.moved_on", moved.index, moved.event_id, lot)


def _certificate_standing(case: Case) -> Iterator[Finding]:
    state = case.certificate_state
    if state is None or state.status == "issued":
        return
    for event in reversed(case.chain(case.certificate)):
        if isinstance(event.body, CertificateStatusChanged) and event.body.status == state.status:
            date = format_time(event.at)[:10]
            code = f"certificate.{state.status}"
            yield Finding(code, event.index, event.event_id, case.certificate, {"date": date})
            return


def _certifier_standing(case: Case) -> Iterator[Finding]:
    """The certifier, and those whose word its accreditation rests on."""
    issue = issue_of(case)
    if issue is None:
        return
    event, body = issue
    certifier = party_of(case.certificate)
    state = case.state(certifier)
    if not isinstance(state, PartyState):
        return
    then = state.model_copy(update={"suspended": False})
    role = accreditation_for(then, "certifier", event.at, hs=body.hs, country=body.country)
    yield from _suspension(case, certifier, "party.suspended")
    for introducer in role.by if role else ():
        yield from _suspension(case, introducer, "introducer.suspended")


def _suspension(case: Case, party: str, code: str) -> Iterator[Finding]:
    state = case.state(party)
    if not isinstance(state, PartyState) or not state.suspended:
        return
    changes = [event for event in case.file(party) if isinstance(event.body, PartyStatusChanged)]
    for event in changes[-1:]:
        yield Finding(code, event.index, event.event_id, party)


FINDINGS_BY_STEP: Final = {7: replay_findings, 8: certificate_findings, 9: standing_findings}
"""Step number to what it adds; the numbers are those of certifiers.verifier."""
