"""The report: what a bundle shows of a lot, as a value; never a bare boolean, never a traceback (PROTOCOL section 9).

Either a failure of steps 1-5, then nothing else is said, or the lot as of a size and time, three verdicts, 21 claims,
findings, what it all rests on, and what was not looked at. `as_json` gives the same members to programs; sentences
stand there in both languages. The text for people is made in certifiers.wording.

Example: `{"as_of": {"size": 62, "time": "2026-01-08T19:00:00Z", …}, "claims": […], "lot": "lot:mfrg…/KOL-1", …}`
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from certifiers.claims import CLAIMS
from certifiers.examined import Failure
from certifiers.extent import Extent, Part
from certifiers.failures import FAILURES
from certifiers.outcome import Outcome, Status
from certifiers.phrases import NOT_CHECKED
from certifiers.rollup import GROUPS, MET, ROLLUP_VERSION, Standing, Verdict
from corridor.findings import FINDINGS_VERSION, Finding
from corridor.policies import LIMITS, RULES_DIGEST
from corridor.quantities import PPM
from corridor.states import Holding
from ledger.envelope import format_time
from ledger.subjects import short_code

REPORT_VERSION: Final = 1
LANGUAGES: Final = ("en", "fr")

EXIT_SHOWN: Final = 0
EXIT_NOT_SHOWN: Final = 1
EXIT_UNUSABLE: Final = 2


@dataclass(frozen=True, slots=True)
class AsOf:
    """What the checkpoint is: its log, size, time (ms; the quorum's, else the heads'), and who cosigned it."""

    log_origin: str
    genesis: str
    size: int
    time_ms: int
    time_basis: str
    cosigned: tuple[str, ...]
    witnesses: int
    mirrors: tuple[str, ...]
    unsupported: tuple[str, ...]
    checkpoint: str
    """The three lines that the log signed, for whoever keeps the largest one met."""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that is said of one bundle."""

    lot: str = ""
    failure: Failure | None = None
    as_of: AsOf | None = None
    absent: bool = False
    verdicts: tuple[Verdict, ...] = ()
    claims: tuple[Outcome, ...] = ()
    findings: tuple[Finding, ...] = ()
    holding: Holding | None = None
    introducers: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    disclosed: tuple[tuple[str, str], ...] = ()
    """(event, name) of the fields that travelled opened beside the log."""
    also: int = 0
    """How many signed events outside the log were taken into account."""
    versions: Mapping[str, int | str] = field(default_factory=lambda: VERSIONS)

    @property
    def is_held(self) -> bool:
        """Tell whether something holds the lot."""
        return any(verdict.standing is Standing.HELD for verdict in self.verdicts)

    def is_shown(self, required: str) -> bool:
        """Tell whether a verdict (`origin`) or a claim (`K2`) is shown for all of the lot, or met."""
        for verdict in self.verdicts:
            if verdict.name == required:
                return verdict.standing is Standing.SHOWN
        for outcome in self.claims:
            if outcome.claim == required:
                full = outcome.status is Status.NOT_APPLICABLE or outcome.extent.share_ppm >= PPM
                return outcome.status in MET and full
        return False

    def exit_code(self, required: Collection[str] = ()) -> int:
        """0: nothing is refuted and all that is required is shown; 1: not so; 2: the bundle proves nothing.

        A lot that is proved not to exist is never 0.
        """
        if self.failure is not None:
            return EXIT_UNUSABLE
        refuted = any(outcome.status is Status.REFUTED for outcome in self.claims)
        unmet = any(not self.is_shown(one) for one in required)
        return EXIT_NOT_SHOWN if refuted or unmet or self.absent else EXIT_SHOWN

    def as_json(self) -> dict[str, Any]:
        """Give the report as JSON's own types, with every sentence in English and French."""
        if self.failure is not None:
            return {"failure": _failure(self.failure), "report": REPORT_VERSION}
        return {
            "absent": self.absent,
            "also": self.also,
            "as_of": _as_of(self.as_of) if self.as_of else {},
            "claims": [_outcome(outcome) for outcome in self.claims],
            "disclosed": [{"event": event, "name": name} for event, name in self.disclosed],
            "findings": [_finding(finding) for finding in self.findings],
            "introducers": list(self.introducers),
            "lot": self.lot,
            "missing": list(self.missing),
            "not_checked": [{"en": phrase.en, "fr": phrase.fr} for phrase in NOT_CHECKED],
            "origin_shares": _holding(self.holding) if self.holding else {},
            "report": REPORT_VERSION,
            "short_code": short_code(self.lot),
            "verdicts": {verdict.name: _verdict(verdict) for verdict in self.verdicts},
            "versions": dict(self.versions),
        }


VERSIONS: Final[Mapping[str, int | str]] = {
    "findings": FINDINGS_VERSION,
    "report": REPORT_VERSION,
    "roll_up": ROLLUP_VERSION,
    "rule_set": LIMITS.number,
    "rule_set_digest": RULES_DIGEST,
}

REQUIRABLE: Final = (*GROUPS, *CLAIMS)
"""What `--require` takes."""


def _failure(failure: Failure) -> dict[str, Any]:
    phrase = FAILURES[failure.code]
    told: dict[str, Any] = {
        "code": failure.code,
        "detail": failure.detail,
        "sentence": {
            lang: sentence.format(step=failure.step) for lang, sentence in zip(LANGUAGES, phrase, strict=True)
        },
        "step": failure.step,
    }
    return told if failure.index is None else {**told, "index": failure.index}


def _as_of(as_of: AsOf) -> dict[str, Any]:
    return {
        "checkpoint": as_of.checkpoint,
        "genesis": as_of.genesis,
        "log_origin": as_of.log_origin,
        "size": as_of.size,
        "time": format_time(as_of.time_ms),
        "time_basis": as_of.time_basis,
        "time_ms": as_of.time_ms,
        "witnesses": {
            "configured": as_of.witnesses,
            "cosigned": list(as_of.cosigned),
            "mirrors": list(as_of.mirrors),
            "unsupported": list(as_of.unsupported),
        },
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    told: dict[str, Any] = {
        "because": list(verdict.because),
        "of_metal": verdict.of_metal,
        "share_ppm": verdict.share_ppm,
        "standing": verdict.standing.value,
    }
    return told if verdict.weakest is None else {**told, "weakest": verdict.weakest.value}


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "by": list(outcome.by),
        "claim": outcome.claim,
        "extent": _extent(outcome.extent),
        "findings": [{"code": code, "index": index} for code, index in outcome.findings],
        "name": {lang: CLAIMS[outcome.claim].name(lang) for lang in LANGUAGES},
        "reasons": [
            {
                "code": reason.code,
                "events": [{"event_id": event_id, "index": index} for index, event_id in reason.events],
                "sentence": {lang: reason.sentence(lang) for lang in LANGUAGES},
                "values": dict(reason.values),
            }
            for reason in outcome.reasons
        ],
        "status": outcome.status.value,
    }


def _extent(extent: Extent) -> dict[str, Any]:
    return {
        "metal_mg": {analyte: _part(part) for analyte, part in extent.metal.items()},
        "mass_g": _part(extent.mass),
        "share_ppm": extent.share_ppm if not extent.is_empty else 0,
    }


def _part(part: Part) -> dict[str, int]:
    return {"applicable": part.applicable, "covered": part.covered}


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "claims": list(finding.kind.claims),
        "code": finding.code,
        "effect": finding.kind.effect,
        "event_id": finding.event_id,
        "index": finding.index,
        "rule": finding.kind.rule,
        "sentence": {lang: finding.sentence(lang) for lang in LANGUAGES},
        "subject": finding.subject,
        "values": dict(finding.values),
    }


def _holding(holding: Holding) -> dict[str, Any]:
    return {
        "classes_g": dict(sorted(holding.classes_g.items())),
        "classes_mg": {
            analyte: dict(sorted(classes.items())) for analyte, classes in sorted(holding.classes_mg.items())
        },
        "dry_mass_g": holding.dry_mass_g,
    }
