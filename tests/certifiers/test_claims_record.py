"""Claims V1-V4 and G1-G2, and what holds for every claim: mirrors, doubt, broken rules, evidence left out."""

from __future__ import annotations

from itertools import combinations
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certifiers.claims import CLAIMS
from certifiers.outcome import Outcome, Status
from certifiers.report import Report
from certifiers.steps import examine
from certifiers.verifier import verify

ABSENCES = {"O2", "T1", "T2", "K2", "K5", "V4", "G1"}
"""PROTOCOL section 9: the claims that say that something did not happen."""

STRENGTH = {"refuted": 0, "not_shown": 0, "attested": 1, "consistent": 2, "proved": 3, "not_applicable": 4}
STANDING = {"held": 0, "not_shown": 0, "contradicted": 0, "shown_in_part": 1, "shown": 2}


def claim(report: Report, code: str) -> Outcome:
    """One claim of a report."""
    return next(outcome for outcome in report.claims if outcome.claim == code)


def standings(report: Report) -> list[str]:
    """How the verdicts stand: origin, transit, certification."""
    return [verdict.standing.value for verdict in report.verdicts]


def report_on(scene: SimpleNamespace, lot: str, **options: object) -> Report:
    """Publish, and verify the lot's bundle."""
    scene.publish()
    report = verify(scene.bundle(lot), scene.trust(**options))
    assert report.failure is None
    return report


def test_all_twenty_one_claims_are_there_once_and_in_order() -> None:
    """O1-O5, T1-T5, K1-K5, V1-V4, G1-G2, as DOMAIN section 2 lists them."""
    counts = {"O": 5, "T": 5, "K": 5, "V": 4, "G": 2}
    assert list(CLAIMS) == [
        f"{stage}{number}" for stage, most in counts.items() for number in range(1, most + 1)
    ]
    assert {code for code, one in CLAIMS.items() if one.absence} == ABSENCES


def test_what_cannot_be_recorded_yet_is_not_shown(story: SimpleNamespace) -> None:
    """V1 to V3 have no data in this release, and say so."""
    report = verify(story.scene.bundle(story.lot), story.trust)
    assert [claim(report, code).status for code in ("V1", "V2", "V3")] == [Status.NOT_SHOWN] * 3
    assert all(claim(report, code).reasons for code in ("V1", "V2", "V3"))


def test_a_complete_record_under_a_mirror_is_proved(story: SimpleNamespace) -> None:
    """A mirror has replayed the rules and witnesses have bounded the time: G1 is proved, and nobody attests it."""
    outcome = claim(verify(story.scene.bundle(story.lot), story.trust), "G1")
    assert (outcome.status, outcome.by) == (Status.PROVED, ())


@pytest.mark.parametrize("quorum", ["quorum customs\n", "quorum none\n"])
def test_without_a_mirror_an_absence_is_attested_by_the_operator(story: SimpleNamespace, quorum: str) -> None:
    """Witnesses that do not replay rules leave each claim of an absence at most attested, and the others as they are."""
    data = story.scene.bundle(story.lot)
    with_mirror = verify(data, story.trust)
    without = verify(data, story.scene.trust(quorum=quorum))
    operator = story.scene.players["operator"].party
    for before, after in zip(with_mirror.claims, without.claims, strict=True):
        if before.claim in ABSENCES and before.status is Status.PROVED:
            assert (after.status, operator in after.by) == (Status.ATTESTED, True)
        else:
            assert after.status is before.status
    assert standings(without) == ["shown", "shown", "shown"]
    assert without.verdicts[0].weakest is Status.ATTESTED


def test_who_examined_the_lot_is_told(story: SimpleNamespace) -> None:
    """G2 names the importer that put its examination on record, and where nobody did it is not shown."""
    outcome = claim(verify(story.scene.bundle(story.lot), story.trust), "G2")
    assert (outcome.status, outcome.by) == (Status.ATTESTED, (story.scene.players["importer"].party,))
    assert claim(verify(story.scene.bundle(story.sibling), story.trust), "G2").status is Status.NOT_SHOWN


def test_an_export_under_a_ban_is_refuted(fresh_story: SimpleNamespace) -> None:
    """A ban on the mineral in its country of origin refutes V4, which no verdict asks for."""
    scene, by = fresh_story.scene, fresh_story.scene.players
    scene.ban(by["mines"], "BAN-NOW", country="CD", hs="261590", begins="2026-01-01T00:00:00Z")
    scene.export(fresh_story.sibling, by["trader"], by["importer"])
    report = report_on(scene, fresh_story.sibling)
    assert claim(report, "V4").status is Status.REFUTED
    assert standings(report)[:2] == ["shown", "shown"]
    assert report.exit_code(["origin", "transit"]) == 1


def test_what_was_not_exported_meets_no_ban(story: SimpleNamespace) -> None:
    """V4 is about the date of the export; before it, it does not apply."""
    assert claim(verify(story.scene.bundle(story.sibling), story.trust), "V4").status is Status.NOT_APPLICABLE


def test_a_policy_left_out_is_no_missing_ban(story: SimpleNamespace) -> None:
    """Without the policy that meets the lot V4 is not shown, nor is the record complete."""
    report = verify(story.scene.bundle(story.lot, cut={story.ban}), story.trust)
    assert [claim(report, code).status for code in ("V4", "G1")] == [Status.NOT_SHOWN, Status.NOT_SHOWN]


def force(
    scene: SimpleNamespace, kind: str, by: SimpleNamespace, body: dict[str, Any], **members: object
) -> int:
    """Write an event that the rules refuse, as a crooked operator would."""
    index = scene.force(scene.envelope(kind, by, body, **members))
    scene.now += 3_600_000
    return int(index)


def weighed(mass_g: int) -> dict[str, int]:
    """A weight without moisture."""
    return {"wet_mass_g": mass_g, "moisture_ppm": 0, "dry_mass_g": mass_g}


def test_a_hand_over_that_a_thief_signed_refutes_custody(fresh_story: SimpleNamespace) -> None:
    """The operator let in a hand-over by who never held the lot: T1 is refuted, with the entry's index."""
    scene, by = fresh_story.scene, fresh_story.scene.players
    line = {"lot": fresh_story.sibling, "given": weighed(30_000), "received": weighed(30_000)}
    body = {"receiver": by["plant"].party, "lots": [line]}
    index = force(scene, "lot.handed_over", [by["north"], by["plant"]], body, links=[fresh_story.sibling])
    report = report_on(scene, fresh_story.sibling)
    assert claim(report, "T1").status is Status.REFUTED
    assert standings(report)[1] == "contradicted"
    assert [(f.code, f.index) for f in report.findings if f.kind.effect == "refutes"] == [
        ("authority.broken", index)
    ]
    assert report.exit_code() == 1


def test_mass_that_a_split_lost_refutes_the_shares(fresh_story: SimpleNamespace) -> None:
    """30 kg split into twice 10: the edges do not sum, so that nothing is built on them."""
    scene, trader = fresh_story.scene, fresh_story.scene.players["trader"]
    parts = [trader.subject("lot", code) for code in ("Q-1", "Q-2")]
    goods = {"hs": "261590", "form": "concentrate", "custody_model": "mass_balance"}
    edges = [
        {
            "source": fresh_story.sibling,
            "target": part,
            "dry_mass_g": 10_000,
            "contained_mg": {"Ta2O5": 3_000_000},
        }
        for part in parts
    ]
    body = {"edges": edges, "outputs": [{"lot": part, **goods} for part in parts]}
    index = force(scene, "lot.split", trader, body, links=sorted([fresh_story.sibling, *parts]))
    report = report_on(scene, parts[0])
    assert [claim(report, code).status for code in ("O4", "T1")] == [Status.REFUTED, Status.REFUTED]
    assert [(f.code, f.index) for f in report.findings] == [("rule.broken", index)]
    assert {outcome.status for outcome in report.claims} == {Status.REFUTED, Status.NOT_SHOWN}


def test_a_certificate_by_one_person_is_refuted(fresh_story: SimpleNamespace) -> None:
    """Two keys of one officer: the operator let it in, the verifier does not (rule R12)."""
    scene, certifier = fresh_story.scene, fresh_story.scene.players["certifier"]
    first = certifier.officers[0]
    certificate = certifier.subject("certificate", "C-9")
    body = {
        "lot": fresh_story.sibling,
        "lot_head": scene.head(fresh_story.sibling),
        "country": "CD",
        "hs": "261590",
        "maximum_dry_mass_g": 30_000,
        "window": {"valid_from": "2026-01-01T00:00:00Z", "valid_until": "2026-02-01T00:00:00Z"},
        "verifier": first.text,
        "validator": first.text,
    }
    hands = [(certifier, first)]
    force(scene, "certificate.issued", hands, body, links=[certificate], about=[fresh_story.sibling])
    report = report_on(scene, fresh_story.sibling)
    assert claim(report, "K1").status is Status.REFUTED
    assert standings(report) == ["shown", "shown", "contradicted"]


def test_an_unknown_type_leaves_what_rests_on_it_not_shown(fresh_story: SimpleNamespace) -> None:
    """An event of a later release on the lot's chain is never skipped: from there on nothing is known."""
    scene, trader = fresh_story.scene, fresh_story.scene.players["trader"]
    force(scene, "lot.purchased", trader, {}, links=[fresh_story.sibling])
    report = report_on(scene, fresh_story.sibling)
    assert {outcome.status for outcome in report.claims} == {Status.NOT_SHOWN}
    assert "event.unreadable" in {finding.code for finding in report.findings}


def test_who_is_distrusted_shows_nothing_from_there_on(story: SimpleNamespace) -> None:
    """A trust file that gives up on the northern mine from the start: its 60 % are not shown, the south's 40 % are."""
    extra = f"#otc distrust {story.scene.players['north'].party} 0\n"
    report = verify(story.scene.bundle(story.lot), story.scene.trust(extra=extra))
    assert claim(report, "O1").extent.mass.covered == 28_000
    assert claim(report, "T1").extent.mass.covered == 28_000
    assert "trust.distrusted" in {finding.code for finding in report.findings}


def test_distrust_from_an_index_on_leaves_what_was_before(story: SimpleNamespace) -> None:
    """Distrusted from the log's last entry on, a party's earlier events still count."""
    with story.scene.store.read() as snapshot:
        last = snapshot.size()
    extra = f"#otc distrust {story.scene.players['north'].party} {last}\n"
    report = verify(story.scene.bundle(story.lot), story.scene.trust(extra=extra))
    assert standings(report) == ["shown", "shown", "shown"]


def test_a_log_of_another_rule_set_is_not_judged_by_ours(
    story: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A genesis that names other rules than this release has: nothing that rests on rules is shown."""
    data = story.scene.bundle(story.lot)
    from corridor.logbook import RuleSet

    monkeypatch.setattr("certifiers.standing.OUR_RULES", RuleSet(number=1, digest="ab" * 32))
    report = verify(data, story.trust)
    assert standings(report) == ["not_shown", "not_shown", "not_shown"]
    assert [finding.code for finding in report.findings] == ["rules.other_set"]


LOTS = ("lot", "sibling", "merged", "second_drawn")


@pytest.mark.slow
@settings(max_examples=60)
@given(chosen=st.sampled_from(LOTS), data=st.data())
def test_less_evidence_never_shows_more(story: SimpleNamespace, chosen: str, data: st.DataObject) -> None:
    """Whatever a bearer leaves out of a bundle: no claim is stronger, no mass covered greater, no verdict better."""
    lot = getattr(story, chosen)
    bundle = story.scene.bundle(lot)
    members = sorted(set(examine(bundle, story.trust).chains) - {"log", lot})
    cut = data.draw(st.sets(st.sampled_from(members), min_size=1, max_size=5))
    before, after = verify(bundle, story.trust), verify(story.scene.bundle(lot, cut=cut), story.trust)
    assert_no_stronger(before, after)


def test_no_single_subject_left_out_shows_more(story: SimpleNamespace) -> None:
    """The same for every subject of the merged and certified lot's bundle, one by one and two of its lots at a time."""
    bundle = story.scene.bundle(story.lot)
    before = verify(bundle, story.trust)
    members = sorted(set(examine(bundle, story.trust).chains) - {"log", story.lot})
    pairs = combinations([name for name in members if name.startswith("lot:")], 2)
    for cut in [{name} for name in members] + [set(pair) for pair in pairs]:
        after = verify(story.scene.bundle(story.lot, cut=cut), story.trust)
        assert_no_stronger(before, after)
        assert after.missing


def assert_no_stronger(before: Report, after: Report) -> None:
    """Compare two reports of one lot."""
    assert after.failure is None
    for one, other in zip(before.claims, after.claims, strict=True):
        assert STRENGTH[other.status] <= STRENGTH[one.status], other.claim
        assert other.extent.mass.covered <= one.extent.mass.covered, other.claim
        for analyte, part in other.extent.metal.items():
            assert part.covered <= one.extent.metal[analyte].covered, other.claim
    for old, new in zip(before.verdicts, after.verdicts, strict=True):
        assert STANDING[new.standing] <= STANDING[old.standing], new.name
        assert new.share_ppm <= old.share_ppm, new.name
