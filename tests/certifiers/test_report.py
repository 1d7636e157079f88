"""The report: the lot and the time first, whole sentences in two languages, nothing that promises too much."""

from __future__ import annotations

import re
from collections.abc import Callable
from string import Formatter
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from certifiers.audit_words import PROBLEMS
from certifiers.claims import CLAIMS
from certifiers.failures import FAILURES, STALE_CODES
from certifiers.outcome import Status
from certifiers.phrases import NOT_CHECKED, PHRASES
from certifiers.report import Report
from certifiers.rollup import Standing
from certifiers.steps import STEP_CODES
from certifiers.verifier import STEPS, Freshness, verify
from certifiers.wording import percent, tell
from certifiers.words import STANDINGS, STATUSES, WORDS
from corridor.findings import CATALOGUE
from ledger.checkpoint import Checkpoint
from ledger.envelope import Link, Signer, format_time, sign, write_payload

LANGUAGES = ("en", "fr")
Verdict = Callable[..., Report]
"""Signed events in, a report out."""

TOO_MUCH = re.compile(
    r"\b(verified|certified clean|conflict-free|guaranteed|vérifié|sans conflit|garanti)", re.IGNORECASE
)


@pytest.fixture(scope="module")
def report(story: SimpleNamespace) -> Report:
    """What the story's certified and exported lot shows."""
    return verify(story.scene.bundle(story.lot), story.trust, lot=story.lot)


def fields(text: str) -> set[str]:
    """The names that a sentence is filled with."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_the_report_names_the_lot_and_the_time_first(story: SimpleNamespace, report: Report) -> None:
    """Which lot, as of which entry and time, whose log, how many witnesses, before anything else."""
    lines = tell(report).splitlines()
    assert lines[0].startswith(f"Lot {story.lot} (")
    time = format_time(report.as_of.time_ms).replace("T", " ")[:16]
    assert lines[1] == f"As of {report.as_of.size} entries, {time} UTC (the witnesses' time)"
    assert lines[2] == "Log otc.example/test"
    assert lines[3] == "Cosigned by 2 of 2 witnesses; mirrors: mirror"
    assert lines[5].startswith("ORIGIN ")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_text_fits_a_terminal(report: Report, lang: str) -> None:
    """No line has more than 80 columns, but for an id that cannot be cut."""
    long = [line for line in tell(report, lang).splitlines() if len(line) > 80 and " " in line.strip()]
    assert long == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_claim_and_verdict_is_told(report: Report, lang: str) -> None:
    """All 21 claims under their verdicts, each with its name and status."""
    text = tell(report, lang)
    flat = " ".join(text.split())
    for code, claim in CLAIMS.items():
        assert re.search(rf"^  {code}  ", text, re.MULTILINE)
        assert claim.name(lang) in flat or claim.name(lang).split(":")[0] in flat
    for name in ("origin", "transit", "certification"):
        assert WORDS[lang][name] in text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_promises_too_much(report: Report, lang: str) -> None:
    """Neither a text nor any sentence of the books says verified, certified clean, conflict-free or guaranteed."""
    place = LANGUAGES.index(lang)
    sentences = [phrase[place] for book in (PHRASES, FAILURES, PROBLEMS) for phrase in book.values()]
    sentences += [*WORDS[lang].values(), *STANDINGS[lang].values(), tell(report, lang)]
    assert [sentence for sentence in sentences if TOO_MUCH.search(sentence)] == []


def test_what_was_not_checked_is_said(report: Report) -> None:
    """The bags' content, the truth of inputs, whose hand held a key, what came later."""
    flat = " ".join(tell(report).split())
    assert all(phrase.en in flat for phrase in NOT_CHECKED)
    assert "What is physically in the bags was not." in flat
    assert len(report.as_json()["not_checked"]) == len(NOT_CHECKED) >= 4


def test_the_reader_learns_what_was_not_required(report: Report) -> None:
    """Without a requirement the report says so of each verdict; with one, what of it is missing."""
    assert "Not required by this call: origin, transit, certification." in tell(report)
    text = tell(report, required=["origin", "O3"])
    assert "Not required by this call: transit, certification." in text
    assert "Required and not shown: O3." in text


def test_json_has_every_member_in_both_languages(report: Report) -> None:
    """As-of, three verdicts, 21 claims, findings, introducers, versions, limits; sentences in English and French."""
    told: dict[str, Any] = orjson.loads(orjson.dumps(report.as_json()))
    assert list(told["verdicts"]) == ["origin", "transit", "certification"]
    assert [claim["claim"] for claim in told["claims"]] == list(CLAIMS)
    assert {"size", "time", "time_ms", "log_origin", "genesis", "witnesses"} <= told["as_of"].keys()
    assert told["versions"].keys() == {"findings", "report", "roll_up", "rule_set", "rule_set_digest"}
    assert told["introducers"]
    for claim in told["claims"]:
        assert claim["status"] in {status.value for status in Status}
        for reason in claim["reasons"]:
            assert reason["sentence"].keys() == {"en", "fr"}


def test_json_and_text_come_from_the_same_bytes_alike(story: SimpleNamespace) -> None:
    """The same bundle gives the same report, gzipped or not."""
    plain, packed = story.scene.bundle(story.lot), story.scene.bundle(story.lot, gzipped=True)
    assert plain != packed
    assert verify(plain, story.trust).as_json() == verify(packed, story.trust).as_json()


def test_a_failure_says_step_code_and_nothing_of_claims(story: SimpleNamespace) -> None:
    """A cut file cannot be examined: step and code, no claim, no verdict, exit 2."""
    report = verify(story.scene.bundle(story.lot)[:-100], story.trust)
    assert report.as_json().keys() == {"failure", "report"}
    assert report.as_json()["failure"]["step"] == 1
    assert (report.claims, report.verdicts, report.exit_code()) == ((), (), 2)
    assert tell(report).startswith("Cannot be examined: the file is incomplete (step 1).")
    assert tell(report, "fr").startswith("Examen impossible : fichier incomplet (étape 1).")


def test_a_lot_proved_absent_shows_nothing(story: SimpleNamespace) -> None:
    """No lot of this name exists: every claim not shown with that sentence, and never exit 0."""
    nobody = story.lot.rpartition("/")[0] + "/NO-SUCH-LOT"
    report = verify(story.scene.bundle(nobody, absent=[nobody]), story.trust, lot=nobody)
    assert report.absent
    assert {outcome.status for outcome in report.claims} == {Status.NOT_SHOWN}
    assert {reason.code for outcome in report.claims for reason in outcome.reasons} == {"lot.absent"}
    assert {verdict.standing for verdict in report.verdicts} == {Standing.NOT_SHOWN}
    assert report.exit_code() == 1
    assert "no lot of this name exists" in tell(report)


def test_every_way_to_fail_has_its_sentences() -> None:
    """Each code of steps 1-5 and of a stale checkpoint has one in English and one in French, and none is left over."""
    assert set(FAILURES) == set(STEP_CODES) | set(STALE_CODES)
    assert all(fields(phrase.en) == fields(phrase.fr) == {"step"} for phrase in FAILURES.values())


def test_both_languages_are_filled_with_the_same_values() -> None:
    """No sentence drops a number in one language."""
    pairs = [(phrase.en, phrase.fr) for book in (PHRASES, PROBLEMS) for phrase in book.values()]
    pairs += [(kind.en, kind.fr) for kind in CATALOGUE.values()]
    pairs += [(WORDS["en"][key], WORDS["fr"][key]) for key in WORDS["en"]]
    pairs += [(STANDINGS["en"][key], STANDINGS["fr"][key]) for key in STANDINGS["en"]]
    assert [(en, fr) for en, fr in pairs if fields(en) != fields(fr)] == []
    assert WORDS["en"].keys() == WORDS["fr"].keys()
    assert STATUSES["en"].keys() == STATUSES["fr"].keys() == set(Status)


def test_the_verifier_is_ten_numbered_steps() -> None:
    """One to ten, as the protocol numbers them."""
    assert list(STEPS) == list(range(1, 11))


@pytest.mark.parametrize(
    ("share_ppm", "text"),
    [
        (1_000_000, "100 %"),
        (999_999, "99.9 %"),
        (620_000, "62 %"),
        (592_592, "59.2 %"),
        (0, "0 %"),
        (999, "0 %"),
    ],
)
def test_a_percentage_is_never_rounded_up(share_ppm: int, text: str) -> None:
    """100 % is said of the whole alone."""
    assert percent(share_ppm) == text


def test_a_stale_checkpoint_is_refused_only_where_asked(story: SimpleNamespace, report: Report) -> None:
    """Older than allowed, too small, of another size, behind or beside what was seen: step 2, each with its code."""
    data = story.scene.bundle(story.lot)
    size, time_ms = report.as_of.size, report.as_of.time_ms
    origin = report.as_of.log_origin
    cases = {
        "checkpoint.other_size": Freshness(as_of_size=size - 1),
        "checkpoint.too_small": Freshness(min_size=size + 1),
        "checkpoint.too_old": Freshness(max_age_ms=1_000, now_ms=time_ms + 1_001),
        "checkpoint.behind_seen": Freshness(seen=Checkpoint(origin, size + 1, bytes(32))),
        "checkpoint.split_view": Freshness(seen=Checkpoint(origin, size, bytes(32))),
        "checkpoint.seen_other_log": Freshness(seen=Checkpoint("other.example", 2, bytes(32))),
    }
    for code, fresh in cases.items():
        failure = verify(data, story.trust, fresh=fresh).failure
        assert failure is not None
        assert (failure.code, failure.step) == (code, 2)
    for fresh in (
        Freshness(as_of_size=size, min_size=size, max_age_ms=1_000, now_ms=time_ms + 1_000),
        Freshness(seen=Checkpoint(origin, size - 1, bytes(32))),
    ):
        assert verify(data, story.trust, fresh=fresh).as_json() == report.as_json()


def test_what_is_required_must_be_shown_for_the_whole(report: Report) -> None:
    """A verdict or claim that is shown for all of the lot, or does not apply, is met; anything else is exit 1."""
    assert report.exit_code(["origin", "transit", "certification", "K2", "O1"]) == 0
    assert report.exit_code(["O3"]) == 1


@pytest.fixture
def beyond(fresh_story: SimpleNamespace) -> Verdict:
    """Verify the sibling lot with signed events that the log does not have."""

    def look(*envelopes: bytes) -> Report:
        return verify(fresh_story.scene.bundle(fresh_story.sibling), fresh_story.trust, also=envelopes)

    return look


def test_an_event_outside_the_log_only_lowers(fresh_story: SimpleNamespace, beyond: Verdict) -> None:
    """A critical incident that the mines authority has signed holds the lot, though the log has not recorded it."""
    scene, mines = fresh_story.scene, fresh_story.scene.players["mines"]
    subject = mines.subject("incident", "I-OUT")
    body = {"incident_class": "torture", "severity": "critical"}
    opened = scene.envelope("incident.opened", mines, body, links=[subject], about=[fresh_story.sibling])
    report = beyond(opened)
    assert {verdict.standing for verdict in report.verdicts} == {Standing.HELD}
    assert report.also == 1


def test_an_event_outside_the_log_by_nobody_entitled_changes_nothing(
    fresh_story: SimpleNamespace, beyond: Verdict
) -> None:
    """The same incident signed by a mine without that role is no evidence of anything."""
    scene, north = fresh_story.scene, fresh_story.scene.players["north"]
    subject = north.subject("incident", "I-OUT")
    body = {"incident_class": "torture", "severity": "critical"}
    opened = scene.envelope("incident.opened", north, body, links=[subject], about=[fresh_story.sibling])
    before, after = beyond(), beyond(opened)
    assert [one.status for one in after.claims] == [one.status for one in before.claims]
    assert after.verdicts == before.verdicts


def test_a_key_that_signed_two_receivers_is_found_out(story: SimpleNamespace) -> None:
    """The trader's key signed the lot over to the plant at a place of its chain that the log gave to another."""
    scene, by = story.scene, story.scene.players
    weight = {"wet_mass_g": 60_000, "moisture_ppm": 0, "dry_mass_g": 60_000}
    line = {"lot": story.north_lot, "given": weight, "received": weight}
    body = {"receiver": by["plant"].party, "lots": [line]}
    first = scene.event_at(examine_chain(story)[0])
    payload = write_payload(
        log=scene.genesis,
        type="lot.handed_over",
        actor=by["north"].party,
        signers=[Signer(by[name].key.text, by[name].party) for name in ("north", "plant")],
        claimed_at=format_time(scene.now),
        counter=99,
        links=[Link(first, story.north_lot)],
        body=body,
    )
    other = sign(payload, [by["north"].key, by["plant"].key])
    report = verify(scene.bundle(story.lot), story.trust, also=[other])
    assert "also.conflict" in {finding.code for finding in report.findings}
    assert next(one for one in report.claims if one.claim == "T1").status is Status.NOT_SHOWN


def examine_chain(story: SimpleNamespace) -> list[int]:
    """The indexes of the northern lot's chain."""
    with story.scene.store.read() as snapshot:
        return list(snapshot.chain(story.north_lot, snapshot.size()))


def test_rubbish_beside_the_bundle_is_refused(beyond: Verdict) -> None:
    """What is no signed event at all cannot be taken into account: exit 2 with a sentence."""
    report = beyond(b'{"not":"an event"}')
    assert report.failure is not None
    assert (report.failure.code, report.exit_code()) == ("bundle.also", 2)
