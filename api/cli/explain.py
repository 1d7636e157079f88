"""`otc explain`: what a code means, in English or French.

Findings of a report, its claims and the reasons it gives; what an audit finds; refusals by a rule; problems of
form and use.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from typing import Final

from api import catalogue
from api.cli import french
from api.cli.terminal import Arguments, add_report, arguments, print_json, say
from certifiers.audit_words import PROBLEMS as DAMAGES
from certifiers.claims import CLAIMS
from certifiers.failures import FAILURES
from certifiers.phrases import PHRASES
from corridor.findings import CATALOGUE as FINDINGS
from corridor.refusals import REFUSALS
from ledger.errors import FormError

EFFECTS: Final = {
    "en": {
        "refutes": "refutes {claims}",
        "weakens": "weakens {claims}",
        "holds": "holds the lot ({claims}): all three verdicts are not shown while it stands",
        "notes": "is a note; it decides nothing",
    },
    "fr": {
        "refutes": "réfute {claims}",
        "weakens": "affaiblit {claims}",
        "holds": "retient le lot ({claims}) : aucun des trois verdicts n'est établi tant que cela dure",
        "notes": "est une remarque ; elle ne décide rien",
    },
}
SENTENCES: Final = PHRASES | DAMAGES | FAILURES
STEPS: Final = ("bundle", "checkpoint", "inclusion", "envelope", "heads")
"""The first word of a failure's code tells the step (PROTOCOL section 9, steps 1 to 5)."""
NOTHING: Final = {"en": "the bundle proves nothing", "fr": "le dossier ne prouve rien"}
ABSENCE: Final = {
    "en": "it needs an absence: without a mirror's cosignature it is at most attested",
    "fr": "il demande une absence : sans la cosignature d'un miroir il est au plus attesté",
}
KINDS: Final = {
    "en": {
        "finding": "finding",
        "claim": "claim",
        "reason": "reason",
        "refusal": "refusal",
        "problem": "problem",
        "failure": "failure",
        "damage": "found by an audit",
    },
    "fr": {
        "finding": "constat",
        "claim": "point",
        "reason": "motif",
        "refusal": "refus",
        "problem": "problème",
        "failure": "échec",
        "damage": "constaté par un audit",
    },
}
LABELS: Final = {
    "en": {"rule": "rule", "effect": "effect", "advice": "what to do", "status": "HTTP status"},
    "fr": {"rule": "règle", "effect": "effet", "advice": "que faire", "status": "statut HTTP"},
}

_VALUE: Final = re.compile(r"\{[a-z_]+\}")
"""A place in a finding's sentence that only an event can fill."""


@dataclass(frozen=True, slots=True)
class Explained:
    """A code in words: its kind, the rule it stands on, what it does to claims, what to do; empty where there is none."""

    code: str
    kind: str
    sentence: str
    rule: str = ""
    effect: str = ""
    advice: str = ""
    status: int = 0


def main(argv: Sequence[str]) -> int:
    """Explain one code, or list all of them."""
    given = _parser().parse_args(argv)
    if given.code is None:
        codes = sorted({*FINDINGS, *CLAIMS, *SENTENCES, *_problems()})
        if given.json:
            print_json(codes)
        else:
            say("\n".join(codes))
        return 0
    explained = explain(given.code, given.lang)
    if given.json:
        print_json({name: value for name, value in asdict(explained).items() if value})
        return 0
    say(f"{explained.code} ({explained.kind})")
    say(explained.sentence)
    for name, label in LABELS[given.lang].items():
        if value := getattr(explained, name):
            say(f"  {label}: {value}")
    return 0


def explain(code: str, lang: str) -> Explained:
    """Return what a code means; FormError `absent.code`, with the likeliest ones, if there is none such."""
    if code in FINDINGS:
        return _finding(code, lang)
    if code in CLAIMS:
        return _claim(code, lang)
    if code in SENTENCES:
        phrase = SENTENCES[code]
        sentence = phrase.fr if lang == "fr" else phrase.en
        if code not in FAILURES:
            kind = KINDS[lang]["damage" if code in DAMAGES else "reason"]
            return Explained(code, kind, _VALUE.sub("…", sentence))
        step = STEPS.index(code.partition(".")[0]) + 1
        return Explained(code, KINDS[lang]["failure"], sentence.format(step=step), effect=NOTHING[lang])
    problems = _problems()
    if code not in problems:
        near = get_close_matches(code, [*FINDINGS, *SENTENCES, *problems], n=3)
        hint = f"Is it {', '.join(near)}?" if near else "`otc explain` without a code lists all."
        raise FormError("absent.code", "No finding and no problem has this code.", hint=hint)
    status, sentence, advice = problems[code]
    if lang == "fr":
        sentence, advice = _french()[code]
    rule = REFUSALS[code][0] if code in REFUSALS else ""
    kind = KINDS[lang]["refusal" if rule else "problem"]
    return Explained(code, kind, sentence, rule=rule, advice=advice, status=status)


def _finding(code: str, lang: str) -> Explained:
    found = FINDINGS[code]
    effect = EFFECTS[lang][found.effect].format(claims=", ".join(found.claims))
    sentence = _VALUE.sub("…", found.fr if lang == "fr" else found.en)
    return Explained(code, KINDS[lang]["finding"], sentence, rule=found.rule, effect=effect)


def _claim(code: str, lang: str) -> Explained:
    claim = CLAIMS[code]
    effect = ABSENCE[lang] if claim.absence else ""
    return Explained(code, KINDS[lang]["claim"], f"{claim.name(lang)}.", effect=effect)


def _problems() -> dict[str, tuple[int, str, str]]:
    """Return status, sentence and advice of every problem, in English."""
    rows = [line.split(" | ") for line in catalogue.TABLE.splitlines() if line]
    return {
        code: (int(status), REFUSALS[code][1] if title == "=" else title, advice)
        for code, status, title, advice in rows
    }


def _french() -> dict[str, tuple[str, str]]:
    """Return sentence and advice of every problem, in French."""
    rows = [line.split(" | ") for line in french.TABLE.splitlines() if line]
    return {code: (sentence, advice) for code, sentence, advice in rows}


def _parser() -> Arguments:
    parser = arguments(
        "explain",
        "Say what a code means: a finding, claim or reason of a report, a refusal by a rule, a problem of form or use.",
        [
            "otc explain site.unlawful_sale",
            "otc explain K2",
            "otc explain chain.stale_head --lang fr",
            "otc explain",
        ],
    )
    parser.add_argument("code", nargs="?", metavar="CODE", help="the code; without one, all codes are listed")
    add_report(parser)
    return parser
