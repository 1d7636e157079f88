"""Findings and refusals: every code stands in its catalogue, says itself in two languages, and is used."""

from __future__ import annotations

import hashlib
import re
from dataclasses import fields
from pathlib import Path
from string import Formatter
from typing import get_args

import orjson
import pytest
import rfc8785

from corridor.findings import CATALOGUE, FINDINGS_VERSION, Effect, Finding
from corridor.policies import LIMITS, RULES_DIGEST, Limits
from corridor.refusals import REFUSALS, Refused, refuse

ROOT = Path(__file__).parents[2]
DATA = ROOT / "corridor" / "data" / "rules.json"
SOURCES = {
    path: path.read_text(encoding="utf-8")
    for floor in ("corridor", "certifiers")
    for path in sorted((ROOT / floor).rglob("*.py"))
}
CLAIMS = {f"O{n}" for n in range(1, 6)} | {f"T{n}" for n in range(1, 6)} | {f"K{n}" for n in range(1, 6)}
CLAIMS |= {f"V{n}" for n in range(1, 5)} | {"G1", "G2"}  # the 21 of DOMAIN section 2
RULES = {f"R{n}" for n in range(1, 23)}  # DOMAIN section 4
UNITS = re.compile(r"_(g|mg|h|days|ppm)$")

every_finding = pytest.mark.parametrize("code", sorted(CATALOGUE))
every_refusal = pytest.mark.parametrize("code", sorted(REFUSALS))


def placeholders(sentence: str) -> list[str]:
    """The names of the values that a sentence wants, sorted."""
    return sorted(name for _, name, _, _ in Formatter().parse(sentence) if name is not None)


def example(name: str) -> str | int:
    """A value for a placeholder: a number where its name ends in a unit."""
    return 1_234 if UNITS.search(name) or name == "days" else "EXAMPLE"


@every_finding
def test_a_finding_says_itself_in_two_languages(code: str) -> None:
    """Each sentence takes the same values in English and in French, and leaves no brace behind."""
    kind = CATALOGUE[code]
    names = placeholders(kind.en)
    assert placeholders(kind.fr) == names
    finding = Finding(code, 7, "0" * 64, values={name: example(name) for name in names})
    english, french = finding.sentence("en"), finding.sentence("fr")
    assert english != french
    for sentence in (english, french):
        assert sentence.endswith(".")
        assert "{" not in sentence
        assert all(str(example(name)) in sentence for name in names)


@every_finding
def test_a_finding_names_its_rule_effect_and_claims(code: str) -> None:
    """Rules are those of the domain, claims those of the verifier, and what refutes, weakens or holds has an effect."""
    kind = CATALOGUE[code]
    assert kind.rule in RULES
    assert kind.effect in get_args(Effect)
    assert set(kind.claims) <= CLAIMS
    assert Finding(code, 0, "").kind is kind


@every_finding
def test_a_finding_of_the_catalogue_is_found_somewhere(code: str) -> None:
    """No sentence waits for a finding that nobody makes."""
    spelt = {f'"{code}"', f'f"{code.partition(".")[0]}.{{'}  # whole, or put together from a status
    texts = [text for path, text in SOURCES.items() if path.name != "findings.py"]
    assert any(one in text for one in spelt for text in texts)


def test_every_code_that_is_found_stands_in_the_catalogue() -> None:
    """A finding without its sentences could not be shown to anybody."""
    named = re.compile(r'\b(?:found\(act|Finding\(|Finding\(\s*code=),?\s*"([a-z_.]+)"')
    codes = {code for text in SOURCES.values() for code in named.findall(text)}
    assert len(codes) > 5
    assert codes - CATALOGUE.keys() == set()


@every_refusal
def test_a_refusal_has_a_sentence_and_its_rule(code: str) -> None:
    """Each refusal names its rule, says one sentence, points into the payload and repeats nothing."""
    rule, sentence = REFUSALS[code]
    assert rule in RULES
    assert sentence == sentence.strip() != ""
    with pytest.raises(Refused) as caught:
        refuse(code, "/body/dry_mass_g", subject="lot:x/A", hint="check the scale")
    refused = caught.value
    assert (refused.code, refused.rule, refused.pointer) == (code, rule, "/payload/body/dry_mass_g")
    assert refused.detail.rstrip(".").lower() == sentence.rstrip(".").lower()
    assert refused.hint.rstrip(".").lower() == "check the scale"
    assert refused.subject == "lot:x/A"
    assert "lot:x/A" not in str(refused)


@pytest.mark.parametrize("code", sorted(REFUSALS))
def test_every_refusal_is_raised_somewhere(code: str) -> None:
    """No code stands in the catalogue for a rule that nothing enforces."""
    raising = [path for path, text in SOURCES.items() if f'"{code}"' in text and path.name != "refusals.py"]
    assert raising != []


def test_every_code_that_is_raised_stands_in_the_catalogue() -> None:
    """A rule that refuses with an unknown code would fail instead of refusing."""
    texts = {path: text for path, text in SOURCES.items() if path.parent.name == "corridor"}
    codes = {code for text in texts.values() for code in re.findall(r'\brefuse\(\s*"([a-z_.]+)"', text)}
    assert len(codes) > 20
    assert codes - REFUSALS.keys() == set()


@pytest.mark.parametrize(
    ("limit", "value"),
    [  # DOMAIN section 4 and PROTOCOL section 6
        ("number", 0),
        ("claimed_ahead_h", 48),
        ("several_signers_days", 30),
        ("late_warned_h", 7 * 24),
        ("filings_a_party", 16),
        ("handover_gain_warned_ppm", 5_000),
        ("handover_gain_refuted_ppm", 10_000),
        ("handover_loss_refuted_ppm", 20_000),
        ("outturn_metal_short_ppm", 50_000),
        ("certificate_days", 90),
        ("inspection_valid_days", 365),
        ("yellow_cure_days", 90),
    ],
)
def test_a_limit_is_the_data_s(limit: str, value: int) -> None:
    """Each threshold has the default that the domain gives, and stands in the dated data, not in code."""
    assert getattr(LIMITS, limit) == value
    assert orjson.loads(DATA.read_bytes())["limits"][limit] == value


def test_every_limit_is_applied() -> None:
    """A threshold that no rule reads would promise a rule that is not there."""
    texts = "".join(text for path, text in SOURCES.items() if path.name != "policies.py")
    unread = [
        one.name for one in fields(Limits) if one.name != "number" and f"LIMITS.{one.name}" not in texts
    ]
    assert unread == []


def test_the_rule_set_is_named_by_its_canonical_bytes() -> None:
    """The digest in a genesis is the SHA-256 of the data's RFC 8785 form, by an independent writer."""
    data = orjson.loads(DATA.read_bytes())
    assert hashlib.sha256(rfc8785.dumps(data)).hexdigest() == RULES_DIGEST
    assert data["limits"]["number"] == LIMITS.number


def test_findings_have_a_version_of_their_own() -> None:
    """Findings may improve from release to release while states stay: a report names both versions."""
    assert FINDINGS_VERSION >= 1
