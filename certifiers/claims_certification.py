"""Claims K1-K5: what a certificate is worth, and what stands against it (DOMAIN sections 2 and 4).

A certificate belongs to one lot and never flows through an edge, so that only the examined lot's own counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from certifiers.case import Case
from certifiers.incidents import Held, incidents_on
from certifiers.outcome import Opinion, Reason, Status, because
from certifiers.replay import Judged, Ruling
from corridor.body import accreditation_for
from corridor.certification import CertificateIssued
from corridor.states import PartyState
from ledger.envelope import format_time, parse_time
from ledger.subjects import party_of

ISSUES: Final = frozenset({"certificate.issued"})
USES: Final = frozenset({"certificate.issued", "certificate.status_changed", "lot.exported"})
INCIDENTS: Final = frozenset({"incident.opened", "incident.closed"})


def issue_of(case: Case) -> tuple[Judged, CertificateIssued] | None:
    """The event that issued the certificate that counts, if it was admitted and can be read."""
    for event in case.chain(case.certificate):
        if isinstance(event.body, CertificateIssued) and event.ruling is Ruling.ADMITTED:
            return event, event.body
    return None


def _no_certificate(case: Case) -> Opinion:
    """Not shown, and why: there is none, it was not used, or it is not in the bundle."""
    if case.certificate:
        reason = because("bundle.not_followed", subject=case.certificate)
    elif case.export is not None:
        reason = because("certificate.not_used", case.export)
    else:
        reason = because("certificate.none")
    return Opinion(Status.NOT_SHOWN, case.whole().nothing(), (reason,))


def _in_doubt(case: Case, types: frozenset[str]) -> Opinion | None:
    """Not shown where the certificate, or the lot's use of it, rests on an event that is not admitted."""
    ours = case.doubtful(types, assessed=True) & {case.certificate, case.examined.lot}
    if not ours:
        return None
    reasons = tuple(because("bundle.in_doubt", subject=subject) for subject in sorted(ours))
    return Opinion(Status.NOT_SHOWN, case.whole().nothing(), reasons)


def issued_by_accredited(case: Case) -> Opinion:
    """K1: issued by two officers of a certifier that was accredited for mineral, country and time."""
    issue = issue_of(case)
    if issue is None or case.certificate_state is None:
        return _no_certificate(case)
    event, body = issue
    certifier = party_of(case.certificate)
    state = case.state(certifier)
    if not isinstance(state, PartyState):
        return Opinion(
            Status.NOT_SHOWN, case.whole().nothing(), (because("bundle.not_followed", subject=certifier),)
        )
    # Suspension as of the heads is a finding of step 9; here the standing at the issue counts.
    then = state.model_copy(update={"suspended": False})
    found = accreditation_for(then, "certifier", event.at, hs=body.hs, country=body.country)
    by = ", ".join(found.by) if found else ""
    reason = because("certificate.issued", event, certifier=certifier, introducers=by)
    return _in_doubt(case, ISSUES) or Opinion(Status.PROVED, case.whole(), (reason,))


def in_force_and_used_once(case: Case) -> Opinion:
    """K2: unexpired, not withdrawn, used by one lot, and no more mass than certified."""
    issue, state = issue_of(case), case.certificate_state
    if issue is None or state is None:
        return _no_certificate(case)
    event, as_of_ms = issue[0], case.examined.as_of_ms
    until = format_time(state.valid_until)
    if case.export is not None:
        reason = because("certificate.used", event, case.export, until=until)
    elif as_of_ms > state.valid_until:
        return Opinion(
            Status.NOT_SHOWN, case.whole().nothing(), (because("certificate.lapsed", event, until=until),)
        )
    elif as_of_ms < state.valid_from:
        begins = format_time(state.valid_from)
        return Opinion(
            Status.NOT_SHOWN, case.whole().nothing(), (because("certificate.early", event, begins=begins),)
        )
    else:
        reason = because("certificate.in_force", event, until=until)
    return _in_doubt(case, USES) or Opinion(Status.PROVED, case.whole(), (reason,))


def inspected_and_independent(case: Case) -> Opinion:
    """K3: the certifier says that it inspected before it certified, and it never held the lot or an ancestor."""
    issue = issue_of(case)
    if issue is None:
        return _no_certificate(case)
    event, body = issue
    if body.inspection is None or parse_time(body.inspection.inspected_at) > event.at:
        return Opinion(
            Status.NOT_SHOWN, case.whole().nothing(), (because("certificate.not_inspected", event),)
        )
    reason = because("certificate.inspected", event, date=body.inspection.inspected_at[:10])
    extent = case.along_path(case.unknown)  # who held what was cut off, nobody can tell here
    return _in_doubt(case, ISSUES) or Opinion(
        Status.ATTESTED, extent, (reason,), (party_of(case.certificate),)
    )


def assessed_by_framework(case: Case) -> Opinion:
    """K4: the certifier attests an assessment against a version of a framework, with its date and result."""
    issue = issue_of(case)
    if issue is None:
        return _no_certificate(case)
    event, body = issue
    if body.assessment is None:
        return Opinion(
            Status.NOT_SHOWN, case.whole().nothing(), (because("certificate.not_assessed", event),)
        )
    told = {
        "framework": body.assessment.framework,
        "version": body.assessment.version,
        "date": body.assessment.assessed_at[:10],
    }
    by = (party_of(case.certificate),)
    if body.assessment.result == "does_not_conform":
        return Opinion(Status.REFUTED, case.whole(), (because("assessment.failed", event, **told),), by)
    conditions = body.assessment.result == "conforms_with_conditions"
    reason = because("assessment.conditions" if conditions else "assessment.passed", event, **told)
    return _in_doubt(case, ISSUES) or Opinion(Status.ATTESTED, case.whole(), (reason,), by)


def no_critical_incident(case: Case) -> Opinion:
    """K5: no critical incident was open upstream when the certificate was issued, or is open as of the heads."""
    held = list(incidents_on(case))
    issue = issue_of(case)
    at_issue = [incident for incident in held if issue is not None and incident.is_open_at(issue[0].index)]
    if at_issue:
        return Opinion(Status.REFUTED, case.whole(), tuple(_open_at_issue(at_issue)))
    siteless = {lot for site in case.sites if case.site(site) is None for lot in case.lots_of(site)}
    extent = case.along_path(case.unknown | siteless)
    closed = [because("incident.closed", incident.opened) for incident in held if incident.closed]
    return Opinion(Status.PROVED, extent, tuple(closed) or (because("incident.none"),))


def _open_at_issue(incidents: list[Held]) -> Iterator[Reason]:
    for incident in incidents:
        yield because("incident.open_at_issue", incident.opened)
