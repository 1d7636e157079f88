"""explain and doctor: every code in words, in both languages, and an installation looked over."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

from api import catalogue
from api.cli import doctor, explain, french
from api.cli.main import main
from certifiers.claims import CLAIMS
from corridor.findings import CATALOGUE as FINDINGS
from corridor.refusals import REFUSALS

Otc = Callable[..., tuple[int, str, str]]


@pytest.fixture
def otc(capsys: pytest.CaptureFixture[str]) -> Otc:
    """Run a command; give its exit code, stdout and stderr."""

    def run(*words: object) -> tuple[int, str, str]:
        code = main([str(word) for word in words])
        return code, *capsys.readouterr()

    return run


def codes(table: str) -> list[str]:
    """The first column of a table."""
    return [line.partition(" | ")[0] for line in table.splitlines() if line]


def test_every_problem_is_said_in_french() -> None:
    """No code leaves a French reader with English alone, and none is translated twice."""
    ours = codes(french.TABLE)
    assert len(ours) == len(set(ours))
    assert set(codes(catalogue.TABLE)) - set(ours) == set()


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_every_code_is_explained(lang: str) -> None:
    """Findings, claims, reasons, failures, refusals and problems: each has a sentence without holes."""
    everything = {
        *FINDINGS,
        *CLAIMS,
        *explain.SENTENCES,
        *codes(catalogue.TABLE),
    }
    said = {code: explain.explain(code, lang) for code in everything}
    assert [code for code, found in said.items() if not found.sentence or "{" in found.sentence] == []


def test_a_finding_says_its_rule_and_what_it_does(otc: Otc) -> None:
    """R16 holds the lot: the three verdicts are not shown while it stands."""
    code, out, _ = otc("explain", "site.sale_held")
    assert code == 0
    assert "R16" in out
    assert FINDINGS["site.sale_held"].en in out
    assert "holds the lot" in out


def test_a_refusal_says_its_rule_and_what_to_do(otc: Otc) -> None:
    """A stale head: rule R2, HTTP 412, fetch the head."""
    report = json.loads(otc("explain", "chain.stale_head", "--json")[1])
    assert (report["rule"], report["status"], report["kind"]) == ("R2", 412, "refusal")
    assert report["sentence"] == REFUSALS["chain.stale_head"][1]
    assert "head" in report["advice"]


def test_a_claim_is_named(otc: Otc) -> None:
    """K2 by its name, and that it needs an absence."""
    out = otc("explain", "K2", "--lang", "fr")[1]
    assert CLAIMS["K2"].fr in out
    assert "miroir" in out


def test_a_slip_is_answered_with_the_likeliest(otc: Otc) -> None:
    """A code that nobody knows: exit code 2, one line, a proposal."""
    code, out, err = otc("explain", "chain.stale_heads")
    assert (code, out, err.count("\n"), "chain.stale_head" in err) == (2, "", 1, True)


def test_all_codes_can_be_listed(otc: Otc) -> None:
    """Without a code: all of them, sorted, one a line."""
    lines = otc("explain")[1].splitlines()
    assert lines == sorted(set(lines))
    assert {"K2", "site.sale_held", "chain.stale_head", "form.float", "heads.file"} <= set(lines)


def test_a_healthy_installation_is_told(otc: Otc, tmp_path: Path) -> None:
    """Exit code 0: engines agree with RFC 8032, SQLite keeps what it acknowledges, the folder is private."""
    code, out, _ = otc("doctor", "--data", tmp_path, "--json")
    report = json.loads(out)
    status = {check["name"]: check["status"] for check in report["checks"]}
    assert (code, report["ok"]) == (0, True)
    for name in ("Python", "signatures (PyNaCl)", "signatures (cryptography)", "SQLite durability", "folder"):
        assert status[name] == "ok"
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_two_packages_install_is_a_fault(
    otc: Otc, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Somebody else's top-level `api` overwrites ours, or ours theirs: exit code 1, and who it is."""
    monkeypatch.setattr(metadata, "packages_distributions", lambda: {"api": ["otc-ledger", "flask-api-kit"]})
    code, out, _ = otc("doctor", "--data", tmp_path)
    (line,) = [line for line in out.splitlines() if "package api:" in line]
    assert (code, line.startswith("FAULT"), "flask-api-kit" in line) == (1, True, True)


def test_a_missing_dependency_is_a_fault(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, otc: Otc) -> None:
    """What our distribution asks for and is not there is named; optional extras are not asked for."""
    asked = ["orjson>=3.10", "no-such-package>=1", "also-absent>=2; extra == 'dev'"]
    monkeypatch.setattr(metadata, "requires", lambda _name: asked)
    code, out, _ = otc("doctor", "--data", tmp_path, "--json")
    status = {check["name"]: check["status"] for check in json.loads(out)["checks"]}
    assert (code, status["no-such-package"], status["orjson"]) == (1, "fault", "ok")
    assert "also-absent" not in status


def test_a_folder_that_cannot_be_written_is_a_fault(otc: Otc, tmp_path: Path) -> None:
    """A log could not live there: in words, with exit code 1."""
    code, out, _ = otc("doctor", "--data", tmp_path / "gone", "--lang", "fr")
    (line,) = [line for line in out.splitlines() if "folder:" in line]
    assert (code, line.startswith("DÉFAUT")) == (1, True)


def test_an_engine_that_lies_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine for which every signature holds does not pass for a good one."""

    class Agreeable:
        def verify(self, _public: bytes, _message: bytes, _signature: bytes) -> bool:
            return True

    from ledger import keys

    monkeypatch.setattr(keys, "pynacl_engine", Agreeable())
    found = doctor._tried("signatures (PyNaCl)", lambda: doctor._signs("pynacl_engine"))
    assert (found.status, "RFC 8032" in found.found) == ("fault", True)


def test_an_old_interpreter_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """3.10 lacks what the code is written in."""
    monkeypatch.setattr(sys, "version_info", (3, 10, 14))
    assert doctor._python() == doctor.Examined("Python", "fault", "3.10.14")
