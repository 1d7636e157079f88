"""Claims K1-K5: what a certificate is worth, and what stands against it as of the heads."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from certifiers.outcome import Outcome
from certifiers.report import Report
from certifiers.verifier import verify
from ledger.envelope import format_time

COLTAN = "261590"
DAY_MS = 86_400_000


@pytest.fixture
def road(scene: SimpleNamespace) -> SimpleNamespace:
    """A log with a certifier of two officers, and a lot of 10 kg that a mine has sold to a trader."""
    scene.join("mines", "authority")
    scene.join("inspector", "inspector")
    scene.add_officer("inspector")
    scene.join("certifier", "certifier")
    scene.add_officer("certifier")
    scene.add_officer("certifier")
    for name in ("mine", "trader", "importer"):
        scene.join(name)
    scene.site = scene.register_site(scene.players["mines"], "N", scene.players["inspector"])
    scene.lot = scene.extract(scene.players["mine"], "N-1", scene.site, 10_000)
    scene.hand_over(scene.lot, scene.players["mine"], scene.players["trader"], 10_000)
    return scene


def report_on(scene: SimpleNamespace, lot: str = "", **choices: object) -> Report:
    """Publish, and verify the lot's bundle under a trust file with a mirror."""
    scene.publish()
    report = verify(scene.bundle(lot or scene.lot, **choices), scene.trust())
    assert report.failure is None
    return report


def claim(report: Report, code: str) -> Outcome:
    """One claim of a report."""
    return next(outcome for outcome in report.claims if outcome.claim == code)


def statuses(report: Report, *wanted: str) -> list[str]:
    """The statuses of some claims."""
    return [claim(report, code).status.value for code in wanted]


def standing(report: Report, name: str = "certification") -> str:
    """How a verdict stands."""
    return next(verdict.standing.value for verdict in report.verdicts if verdict.name == name)


def certify(scene: SimpleNamespace, code: str = "C-1", mass_g: int = 10_000, **members: object) -> str:
    """A certificate whose body differs from the scene's own in some members (None: left out)."""
    certifier = scene.players["certifier"]
    certificate = certifier.subject("certificate", code)
    verifying, validating = certifier.officers[:2]
    document = {"sha256": "ab" * 32, "media_type": "application/pdf", "size": 10}
    body: dict[str, Any] = {
        "lot": scene.lot,
        "lot_head": scene.head(scene.lot),
        "country": "CD",
        "hs": COLTAN,
        "maximum_dry_mass_g": mass_g,
        "window": window(scene, 0, 60),
        "verifier": verifying.text,
        "validator": validating.text,
        "inspection": {"inspected_at": format_time(scene.now - DAY_MS), "report": document},
        "assessment": {
            "framework": "AFRICA-ESG",
            "version": "2025",
            "assessed_at": format_time(scene.now - DAY_MS),
            "result": "conforms",
            "report": document,
        },
    }
    body = {name: value for name, value in {**body, **members}.items() if value is not None}
    hands = [(certifier, verifying), (certifier, validating)]
    scene.post("certificate.issued", hands, body, links=[certificate], about=[scene.lot])
    return str(certificate)


def window(scene: SimpleNamespace, start_days: int, end_days: int) -> dict[str, str]:
    """A window in days from now."""
    start, end = (scene.now + days * DAY_MS for days in (start_days, end_days))
    return {"valid_from": format_time(start), "valid_until": format_time(end)}


def change_status(scene: SimpleNamespace, certificate: str, status: str) -> None:
    """The certifier suspends, reinstates or withdraws."""
    body = {"status": status, "reason": "REVIEW"}
    scene.post(
        "certificate.status_changed",
        scene.players["certifier"],
        body,
        links=[certificate],
        about=[scene.lot],
    )


def incident(
    scene: SimpleNamespace, code: str, on: str, severity: str = "critical", kind: str = "bribery"
) -> str:
    """The mines authority opens an incident about a lot or a site."""
    authority = scene.players["mines"]
    subject = authority.subject("incident", code)
    body = {"incident_class": kind, "severity": severity}
    scene.post("incident.opened", authority, body, links=[subject], about=[on])
    return str(subject)


def close(scene: SimpleNamespace, subject: str, on: str) -> None:
    """The authority closes it."""
    body = {"outcome": "unfounded"}
    scene.post("incident.closed", scene.players["mines"], body, links=[subject], about=[on])


def test_without_a_certificate_nothing_is_shown(road: SimpleNamespace) -> None:
    """K1 to K4 say that there is none; certification is not shown, the other verdicts are."""
    report = report_on(road)
    assert statuses(report, "K1", "K2", "K3", "K4") == ["not_shown"] * 4
    assert claim(report, "K1").reasons[0].code == "certificate.none"
    assert (standing(report), standing(report, "origin"), standing(report, "transit")) == (
        "not_shown",
        "shown",
        "shown",
    )


def test_a_certificate_in_force_shows_certification(road: SimpleNamespace) -> None:
    """Issued and not used yet: K1, K2 and K5 proved, K3 and K4 attested by the certifier."""
    certify(road)
    report = report_on(road)
    assert statuses(report, "K1", "K2", "K3", "K4", "K5") == [
        "proved",
        "proved",
        "attested",
        "attested",
        "proved",
    ]
    assert claim(report, "K4").by == (road.players["certifier"].party,)
    assert standing(report) == "shown"


def test_a_used_certificate_stays_shown_after_it_ran_out(road: SimpleNamespace) -> None:
    """Expiry is judged when the export consumed it, however old the checkpoint is that shows it."""
    certificate = certify(road)
    road.export(road.lot, road.players["trader"], road.players["importer"], certificate)
    road.now += 200 * DAY_MS
    report = report_on(road)
    assert statuses(report, "K1", "K2") == ["proved", "proved"]


@pytest.mark.parametrize(("start", "end"), [(-20, -10), (10, 20)])
def test_an_unused_certificate_is_judged_at_the_as_of_time(
    road: SimpleNamespace, start: int, end: int
) -> None:
    """Run out, or not begun: K2 is not shown."""
    certify(road, window=window(road, start, end))
    report = report_on(road)
    assert statuses(report, "K1", "K2") == ["proved", "not_shown"]
    assert standing(report) == "not_shown"


def test_a_certificate_that_had_run_out_at_the_export_is_refuted(road: SimpleNamespace) -> None:
    """Used ten days after its end: K2 is refuted and certification contradicted."""
    certificate = certify(road, window=window(road, -20, 1))
    road.now += 10 * DAY_MS
    road.export(road.lot, road.players["trader"], road.players["importer"], certificate)
    report = report_on(road)
    assert (statuses(report, "K2"), standing(report)) == (["refuted"], "contradicted")


def test_more_than_ninety_days_refute(road: SimpleNamespace) -> None:
    """The ICGLR's limit: 91 days are one too many."""
    certify(road, window=window(road, 0, 91))
    assert statuses(report_on(road), "K2") == ["refuted"]


@pytest.mark.parametrize("used", [False, True])
def test_more_mass_than_certified_refutes(road: SimpleNamespace, *, used: bool) -> None:
    """10,000 g under a certificate for 9,999 g, whether it has been used or not."""
    certificate = certify(road, mass_g=9_999)
    if used:
        road.export(road.lot, road.players["trader"], road.players["importer"], certificate)
    report = report_on(road)
    assert statuses(report, "K2") == ["refuted"]
    assert [f.values["excess_g"] for f in report.findings if f.code == "certificate.over_mass"] == [1]


def test_a_withdrawal_after_the_use_refutes(road: SimpleNamespace) -> None:
    """A certificate withdrawn as of the heads is worth nothing, also once its lot is exported."""
    certificate = certify(road)
    road.export(road.lot, road.players["trader"], road.players["importer"], certificate)
    change_status(road, certificate, "withdrawn")
    report = report_on(road)
    assert (statuses(report, "K2"), standing(report)) == (["refuted"], "contradicted")
    assert standing(report, "transit") == "shown"


def test_a_suspension_holds_and_a_reinstatement_frees(road: SimpleNamespace) -> None:
    """While a certificate is suspended all three verdicts are held; reinstated, all is as before."""
    certificate = certify(road)
    change_status(road, certificate, "suspended")
    held = report_on(road)
    assert {verdict.standing.value for verdict in held.verdicts} == {"held"}
    assert statuses(held, "K2") == ["not_shown"]
    change_status(road, certificate, "reinstated")
    assert standing(report_on(road)) == "shown"


def test_a_new_certificate_stands_for_a_withdrawn_one(road: SimpleNamespace) -> None:
    """Only the certificate that counts is judged: the last one issued, where none was used."""
    change_status(road, certify(road), "withdrawn")
    certify(road, "C-2")
    assert statuses(report_on(road), "K1", "K2") == ["proved", "proved"]


def test_an_export_without_its_certificate_shows_none(road: SimpleNamespace) -> None:
    """A certificate that the export did not use is not this export's."""
    certify(road)
    road.export(road.lot, road.players["trader"], road.players["importer"])
    report = report_on(road)
    assert statuses(report, "K1") == ["not_shown"]
    assert claim(report, "K1").reasons[0].code == "certificate.not_used"


def test_transport_keeps_a_certificate(road: SimpleNamespace) -> None:
    """Stored, handed over and losing 2 % after it was certified, the lot is still what the certifier saw."""
    certify(road)
    trader = road.players["trader"]
    road.post("lot.stored", trader, {"post": "CD-GOMA"}, links=[road.lot])
    body = {"kind": "handling", "dry_mass_g": 200, "contained_mg": {"Ta2O5": 60_000}}
    road.post("loss.recorded", trader, body, links=[road.lot])
    road.hand_over(road.lot, trader, road.players["importer"], 9_800)
    assert statuses(report_on(road), "K1", "K2") == ["proved", "proved"]


@pytest.mark.parametrize("change", ["loss", "assay", "split"])
def test_a_changed_lot_needs_its_certificate_reaffirmed(road: SimpleNamespace, change: str) -> None:
    """A loss beyond 2 %, a new assay, a split: K1 and K2 are not shown, and a finding says why."""
    certify(road)
    trader = road.players["trader"]
    if change == "loss":
        body: dict[str, Any] = {"kind": "handling", "dry_mass_g": 201, "contained_mg": {"Ta2O5": 60_300}}
        road.post("loss.recorded", trader, body, links=[road.lot])
    elif change == "assay":
        grades = [{"analyte": "Ta2O5", "grade_ppm": 310_000, "uncertainty_ppm": 1_000}]
        body = {"assay": {"basis": "dry", "grades": grades}}
        road.post("lot.measured", trader, body, links=[road.lot])
    else:
        parts = [trader.subject("lot", code) for code in ("A-1", "A-2")]
        road.transform("lot.split", trader, [(road.lot, part, 5_000) for part in parts])
    report = report_on(road)
    assert statuses(report, "K1", "K2") == ["not_shown", "not_shown"]
    assert "certificate.stale_head" in {finding.code for finding in report.findings}


def test_a_certificate_does_not_flow_through_an_edge(road: SimpleNamespace) -> None:
    """Half of a certified lot has no certificate of its own."""
    certify(road)
    trader = road.players["trader"]
    parts = [trader.subject("lot", code) for code in ("A-1", "A-2")]
    road.transform("lot.split", trader, [(road.lot, part, 5_000) for part in parts])
    assert claim(report_on(road, parts[0]), "K1").reasons[0].code == "certificate.none"


def test_a_suspended_certifier_or_introducer_certifies_nothing(road: SimpleNamespace) -> None:
    """Suspended as of the heads, by both introducers: K1 is not shown until it is reinstated."""
    certify(road)
    hands = [(road.players[f"introducer {n}"], road.players[f"introducer {n}"].officers[0]) for n in (1, 2)]
    body = {"status": "suspended", "reason": "REVIEW"}
    road.post("party.status_changed", hands, body, about=[road.players["certifier"].party])
    report = report_on(road)
    assert statuses(report, "K1") == ["not_shown"]
    assert "party.suspended" in {finding.code for finding in report.findings}


def test_no_inspection_and_no_assessment_are_said(road: SimpleNamespace) -> None:
    """A certificate may name neither; then K3 and K4 are not shown, and certification, which requires neither, is."""
    certify(road, inspection=None, assessment=None)
    report = report_on(road)
    assert (statuses(report, "K3", "K4"), standing(report)) == (["not_shown", "not_shown"], "shown")


@pytest.mark.parametrize(
    ("result", "expected"),
    [("conforms_with_conditions", "attested"), ("does_not_conform", "refuted")],
)
def test_an_assessment_says_its_result(road: SimpleNamespace, result: str, expected: str) -> None:
    """Conditions are told; a certificate over a failed assessment contradicts itself."""
    assessment = {
        "framework": "AFRICA-ESG",
        "version": "2025",
        "assessed_at": format_time(road.now),
        "result": result,
        "report": {"sha256": "ab" * 32, "media_type": "application/pdf", "size": 10},
    }
    certify(road, assessment=assessment)
    assert statuses(report_on(road), "K4") == [expected]


@pytest.mark.parametrize("upstream", ["lot", "site"])
def test_an_open_critical_incident_upstream_holds(road: SimpleNamespace, upstream: str) -> None:
    """On an ancestor or on its site: K5 is not shown and nothing is, until the authority closes it."""
    certify(road)
    target = road.lot if upstream == "lot" else road.site
    subject = incident(road, "I-1", target)
    held = report_on(road)
    assert statuses(held, "K5") == ["not_shown"]
    assert {verdict.standing.value for verdict in held.verdicts} == {"held"}
    close(road, subject, target)
    cleared = report_on(road)
    assert (statuses(cleared, "K5"), standing(cleared)) == (["proved"], "shown")


def test_an_incident_that_is_not_critical_holds_nothing(road: SimpleNamespace) -> None:
    """Serious, and of a class for which Annex II asks for a plan: K5 stands."""
    incident(road, "I-1", road.lot, severity="serious")
    assert statuses(report_on(road), "K5") == ["proved"]


def test_a_class_that_annex_ii_calls_critical_is_critical(road: SimpleNamespace) -> None:
    """Forced labour holds, whatever severity its opener gave it."""
    incident(road, "I-1", road.lot, severity="minor", kind="forced_labour")
    assert standing(report_on(road)) == "held"


def test_a_certificate_issued_over_an_open_incident_is_contradicted(road: SimpleNamespace) -> None:
    """Closed since, but open at the issue: K5 is refuted."""
    subject = incident(road, "I-1", road.lot)
    certify(road)
    close(road, subject, road.lot)
    report = report_on(road)
    assert (statuses(report, "K5"), standing(report)) == (["refuted"], "contradicted")


def test_moving_on_under_a_hold_is_said(road: SimpleNamespace) -> None:
    """A hand-over made while an incident holds the lot has a finding of its own."""
    incident(road, "I-1", road.lot)
    road.hand_over(road.lot, road.players["trader"], road.players["importer"], 10_000)
    assert "incident.moved_on" in {finding.code for finding in report_on(road).findings}


def test_leaving_out_an_open_incident_frees_nothing(road: SimpleNamespace) -> None:
    """What opened it stands in the lot's file: without the incident itself the lot is held all the same."""
    subject = incident(road, "I-1", road.lot)
    assert {verdict.standing.value for verdict in report_on(road, cut={subject}).verdicts} == {"held"}
