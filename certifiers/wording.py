"""The report for people: plain text of 80 columns in English or French, whole sentences, nothing glued.

First which lot and as of when, then the three verdicts with what decides them, the claims folded by verdict, the
findings, what it rests on and what was not checked (PAGES, "Words"):

    ORIGIN          Origin shown for 62 % of the dry mass.
      O1  proved          62 %  Declared at a registered site, under a valid licence
            380 g of dry mass are of unknown origin.
"""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from certifiers.claims import CLAIMS
from certifiers.failures import FAILURES
from certifiers.outcome import Outcome, Status
from certifiers.phrases import NOT_CHECKED
from certifiers.report import AsOf, Report
from certifiers.rollup import GROUPS, MET, Standing, Verdict
from certifiers.words import STANDINGS, STATUSES, WORDS
from corridor.quantities import PPM, format_mass
from ledger.envelope import format_time
from ledger.subjects import short_code

COLUMNS: Final = 80
MOST_REASONS: Final = 4
"""Reasons shown under a claim; `--json` has all."""

_PERCENT: Final = PPM // 100
_TENTH: Final = PPM // 1000


def tell(report: Report, lang: str = "en", required: Collection[str] = ()) -> str:
    """Give the report's text, ending in a newline; `required` are the verdicts and claims that the reader asked for."""
    if report.failure is not None:
        return _fill(_phrase(FAILURES[report.failure.code], lang).format(step=report.failure.step)) + _where(
            report, lang
        )
    words = WORDS[lang]
    lines = [*_heading(report, lang), ""]
    for verdict in report.verdicts:
        lines += [*_verdict(verdict, report.claims, lang), ""]
    others = [
        outcome for outcome in report.claims if not any(outcome.claim in g.claims for g in GROUPS.values())
    ]
    lines += [words["others"], *_claims(others, lang), ""]
    if report.findings:
        lines += [words["findings"], *_findings(report, lang), ""]
    lines += [*_rests_on(report, lang), "", words["not_checked"]]
    lines += [line for phrase in NOT_CHECKED for line in _item(_phrase(phrase, lang))]
    lines += ["", *_closing(report, lang, required)]
    return "\n".join(lines) + "\n"


def _where(report: Report, lang: str) -> str:
    """Say at which entry a step failed, and its code."""
    failure = report.failure
    if failure is None:
        return "\n"
    words = WORDS[lang]
    at = "" if failure.index is None else words["at_entry"].format(index=failure.index)
    return "\n" + _fill(words["code"].format(code=failure.code)) + ("\n" + at if at else "") + "\n"


def _heading(report: Report, lang: str) -> Iterator[str]:
    words, as_of = WORDS[lang], report.as_of
    yield from _item(words["lot"].format(lot=report.lot, code=short_code(report.lot)), indent=0)
    if as_of is None:
        return
    time = format_time(as_of.time_ms).replace("T", " ")[:16]
    yield words[f"as_of_{as_of.time_basis}"].format(size=as_of.size, time=time)
    yield from _item(words["log"].format(origin=as_of.log_origin), indent=0)
    yield from _item(_witnesses(as_of, lang), indent=0)
    if report.absent:
        yield words["absent"]


def _witnesses(as_of: AsOf, lang: str) -> str:
    words = WORDS[lang]
    code = "witnesses_and_mirrors" if as_of.mirrors else "witnesses"
    return words[code].format(
        cosigned=len(as_of.cosigned), configured=as_of.witnesses, mirrors=", ".join(as_of.mirrors)
    )


def _verdict(verdict: Verdict, claims: Iterable[Outcome], lang: str) -> Iterator[str]:
    """A verdict's sentence, and its claims below."""
    of = "metal" if verdict.of_metal else "mass"
    kind = "part_" + of if verdict.standing is Standing.IN_PART else verdict.standing.value
    if verdict.standing is Standing.SHOWN:
        kind = "shown_" + of
    sentence = STANDINGS[lang][verdict.name, kind].format(
        share=percent(verdict.share_ppm), claims=", ".join(verdict.because)
    )
    name = WORDS[lang][verdict.name]
    yield from textwrap.wrap(sentence, COLUMNS, initial_indent=f"{name:<16}", subsequent_indent=" " * 16)
    if verdict.weakest is not None and verdict.weakest is not Status.PROVED:
        weakest = WORDS[lang]["weakest"].format(
            status=STATUSES[lang][verdict.weakest], claims=", ".join(verdict.because)
        )
        yield " " * 16 + weakest
    yield from _claims([outcome for outcome in claims if outcome.claim in GROUPS[verdict.name].claims], lang)


def _claims(outcomes: Iterable[Outcome], lang: str) -> Iterator[str]:
    for outcome in outcomes:
        shown = outcome.status in MET and outcome.status is not Status.NOT_APPLICABLE
        share = percent(outcome.extent.share_ppm) if shown else ""
        status = STATUSES[lang][outcome.status]
        head = f"  {outcome.claim}  {status:<14} {share:>7}  "
        name = CLAIMS[outcome.claim].name(lang)
        yield from textwrap.wrap(name, COLUMNS, initial_indent=head, subsequent_indent=" " * len(head))
        if outcome.by:
            by = WORDS[lang]["by"].format(parties=", ".join(map(short_code, outcome.by)))
            yield from _item(by, indent=8)
        for code, index in outcome.findings[:MOST_REASONS]:
            yield from _item(WORDS[lang]["see_finding"].format(code=code, index=index), indent=8)
        reasons = [
            reason for reason in outcome.reasons if reason.code != "claim.no_mirror"
        ]  # told once, above
        for reason in reasons[:MOST_REASONS]:
            yield from _item(reason.sentence(lang), indent=8)
        if len(reasons) > MOST_REASONS:
            yield from _item(WORDS[lang]["more"].format(count=len(reasons) - MOST_REASONS), indent=8)


def _findings(report: Report, lang: str) -> Iterator[str]:
    words = WORDS[lang]
    for finding in report.findings:
        effect = words[finding.kind.effect]
        yield from _item(f"{finding.sentence(lang)}")
        where = words["finding"].format(
            effect=effect, code=finding.code, index=finding.index, event=finding.event_id[:16]
        )
        yield from _item(where, indent=4)


def _rests_on(report: Report, lang: str) -> Iterator[str]:
    words = WORDS[lang]
    yield words["rests_on"]
    for party in report.introducers:
        yield from _item(party)
    if report.holding is not None:
        yield from _item(words["mass"].format(mass=format_mass(report.holding.dry_mass_g, lang=lang)))
    yield from _item(words["versions"].format(**report.versions))
    if report.missing:
        yield from _item(words["missing"].format(count=len(report.missing)))
    if report.also:
        yield from _item(words["also"].format(count=report.also))


def _closing(report: Report, lang: str, required: Collection[str]) -> Iterator[str]:
    words = WORDS[lang]
    if report.as_of is not None:
        yield from _item(words["limits"].format(time=format_time(report.as_of.time_ms)[11:16]), indent=0)
    optional = [verdict.name for verdict in report.verdicts if verdict.name not in required]
    if optional:
        names = ", ".join(words[f"{name}_word"] for name in optional)
        yield from _item(words["not_required"].format(names=names), indent=0)
    unmet = [one for one in required if not report.is_shown(one)]
    if unmet:
        names = ", ".join(words.get(f"{one}_word", one) for one in unmet)
        yield from _item(words["unmet"].format(names=names), indent=0)


def percent(share_ppm: int) -> str:
    """Write a share in percent, cut to a tenth below: 999,999 ppm are 99.9 %, and 100 % only the whole."""
    whole, rest = divmod(share_ppm, _PERCENT)
    tenth = rest // _TENTH
    return f"{whole}.{tenth} %" if tenth else f"{whole} %"


def _phrase(phrase: tuple[str, str], lang: str) -> str:
    return phrase[1] if lang == "fr" else phrase[0]


def _fill(sentence: str) -> str:
    return textwrap.fill(sentence, COLUMNS)


def _item(sentence: str, indent: int = 2) -> list[str]:
    """A sentence on its own lines; long ids are never cut."""
    return textwrap.wrap(
        sentence,
        COLUMNS,
        initial_indent=" " * indent,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
