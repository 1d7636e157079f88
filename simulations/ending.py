"""How the play ends: bundles examined in processes without us, the audit, the operator's cheating, what is left."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from simulations.cheats import Tampering, ask_to_cosign, change_one_byte, fetch_entries, forge_checkpoint
from simulations.play import Play
from simulations.playbill import BILL, REQUIRED, Expected
from simulations.theatre import Stage

WITNESS_ACCEPTS: Final = 200


@dataclass(frozen=True, slots=True)
class Examination:
    """What `otc verify` answered for one bundle."""

    expected: Expected
    exit_code: int
    report: dict[str, Any]

    @property
    def as_declared(self) -> bool:
        """Whether it ended as the bill says."""
        return self.exit_code == self.expected.exit_code


@dataclass(frozen=True, slots=True)
class Audit:
    """What `otc audit` answered."""

    exit_code: int
    report: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cheats:
    """What the operator did, and who noticed."""

    tampering: Tampering
    audit: Audit
    statuses: tuple[int, ...]

    @property
    def noticed(self) -> bool:
        """The audit failed and named event and lot; every witness refused."""
        named = json.dumps(self.audit.report)
        return (
            self.audit.exit_code == 1
            and self.tampering.event_id in named
            and self.tampering.subject in named
            and all(status != WITNESS_ACCEPTS for status in self.statuses)
        )


def otc(*arguments: str) -> tuple[int, str]:
    """Run one `otc` command in a process of its own; give its exit code and what it printed."""
    command: Sequence[str] = [sys.executable, "-m", "api", *arguments]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603  # our own command line
    return done.returncode, done.stdout.decode()


def examine_bundles(out: Path) -> list[Examination]:
    """Examine each bundle of the bill offline, each in a process of its own."""
    results = []
    for expected in BILL:
        bundle, trust = out / "bundles" / f"{expected.name}.bundle", out / "trust.policy"
        code, said = otc("verify", str(bundle), "--trust", str(trust), "--require", REQUIRED, "--json")
        results.append(Examination(expected, code, json.loads(said or "{}")))
    return results


def final_audit(data: Path) -> Audit:
    """Audit a log's folder."""
    code, said = otc("audit", "--data", str(data), "--json")
    return Audit(code, json.loads(said or "{}"))


def cheat(out: Path, stage: Stage, play: Play) -> Cheats:
    """Change one digit of the train's dispatch in a copy; recompute and sign the whole tree over the same change."""
    train = play.lots()["lobito-copper"]
    event_id = next(
        row["event_id"] for row in stage.client.history(train.subject) if row["type"] == "lot.dispatched"
    )
    tampered = out / "tampered"
    shutil.rmtree(tampered, ignore_errors=True)
    tampering = change_one_byte(stage.data, tampered, event_id)
    checkpoint = play.checkpoint()
    entries = fetch_entries(stage.client, checkpoint.size)
    forged = forge_checkpoint(entries, tampering.index, checkpoint.origin, stage.log_key)
    statuses = tuple(ask_to_cosign(witness.url, forged, checkpoint.size) for witness in stage.witnesses)
    return Cheats(tampering, final_audit(tampered), statuses)


def write_readme(out: Path, mark: str, play: Play, results: Sequence[Examination]) -> None:
    """Leave a page that says what lies here and what to try."""
    checkpoint = play.checkpoint()
    lines = [
        f"{mark}, seed {play.society.dice.seed}",
        "",
        f"Log {checkpoint.origin}, {checkpoint.size} entries, root {checkpoint.root.hex()}",
        "",
        "ledger/        the log: otc audit --data ledger",
        "tampered/      the same with one digit changed: otc audit --data tampered",
        "bundles/       one file a lot, to be examined offline",
        "trust.policy   whom to believe: the log, three witnesses, two of them needed",
        "processes/     keys, states and words of the witnesses and the server",
        "",
        "Try, from this folder:",
        "",
    ]
    for result in results:
        name = result.expected.name
        lines += [
            f"# {result.expected.why}: exit {result.exit_code}",
            f"otc verify bundles/{name}.bundle --trust trust.policy --require {REQUIRED}",
            "",
        ]
    (out / "README.txt").write_text("\n".join(lines))
