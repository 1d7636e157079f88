"""The demonstration as a newcomer runs it: real processes, real HTTP, a folder left behind."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from simulations.playbill import BILL, REQUIRED, Expected

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def _otc(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "api", *arguments]
    return subprocess.run(
        command,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
    )


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The folder and the figures of a demonstration with seed 7."""
    out = tmp_path_factory.mktemp("demo") / "show"
    done = _otc("demo", "--seed", "7", "--out", str(out), "--json", cwd=out.parent)
    assert done.returncode == 0, done.stderr + done.stdout
    return out, json.loads(done.stdout)


def test_seed_7_gives_the_root_that_the_readme_prints(shown: tuple[Path, dict[str, Any]]) -> None:
    """The log root and size of seed 7 are those of README's table."""
    row = re.search(r"^\| 7 \| (\d+) \| `([0-9a-f]{64})` \|$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert row is not None
    assert (shown[1]["size"], shown[1]["root"]) == (int(row[1]), row[2])


def test_another_seed_gives_another_root(shown: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    """Seed 8 ends as declared too, with a root of its own; and in French."""
    done = _otc("demo", "--seed", "8", "--out", str(tmp_path / "show"), "--lang", "fr", cwd=tmp_path)
    assert done.returncode == 0, done.stderr + done.stdout
    assert "Racine du registre" in done.stdout
    assert shown[1]["root"] not in done.stdout
    assert max(len(line) for line in done.stdout.splitlines() if "show" not in line) <= 80


def test_it_leaves_what_the_outside_relies_on(shown: tuple[Path, dict[str, Any]]) -> None:
    """The folder holds the log, the tampered copy without keys, the bundles, the trust file and a page."""
    out = shown[0]
    names = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert {"README.txt", "trust.policy"} <= names
    assert {f"ledger/{name}" for name in ("ledger.db", "head", "trust.policy", "genesis.json")} <= names
    assert {f"bundles/{expected.name}.bundle" for expected in BILL} <= names
    assert "tampered/ledger.db" in names
    assert not [name for name in names if name.startswith("tampered/") and name.endswith(".key")]


@pytest.mark.parametrize("expected", BILL, ids=lambda expected: expected.name)
def test_each_bundle_ends_as_the_bill_declares(
    shown: tuple[Path, dict[str, Any]], expected: Expected
) -> None:
    """`otc verify --require` exits as declared, with its reason, without network and without web or database code."""
    out = shown[0]
    script = (
        "import socket, sys\n"
        "def refuse(*_a, **_k): raise OSError('no network here')\n"
        "socket.socket = refuse\n"
        "from api.cli.main import main\n"
        "code = main(sys.argv[1:])\n"
        "loaded = {'fastapi', 'starlette', 'sqlalchemy', 'httpx', 'httpx2', 'uvicorn'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
        "sys.exit(code)\n"
    )
    done = subprocess.run(
        [
            *(sys.executable, "-c", script, "verify", f"bundles/{expected.name}.bundle"),
            *("--trust", "trust.policy", "--require", REQUIRED),
        ],
        cwd=out,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == expected.exit_code, done.stderr + done.stdout
    assert "Traceback" not in done.stderr + done.stdout


def test_the_audit_names_the_changed_entry(shown: tuple[Path, dict[str, Any]]) -> None:
    """The log audits to 0; the tampered copy to 1, naming index, event and lot."""
    out = shown[0]
    assert _otc("audit", "--data", "ledger", cwd=out).returncode == 0
    done = _otc("audit", "--data", "tampered", "--json", cwd=out)
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert re.search(r"lot:[a-z2-7]{32}/KOL-2026-03-A", json.dumps(found))


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    """A folder that no demonstration made is refused with a sentence, exit 2, and stays as it was."""
    (tmp_path / "show").mkdir()
    (tmp_path / "show" / "mine.txt").write_text("precious")
    done = _otc("demo", "--out", str(tmp_path / "show"), cwd=tmp_path)
    assert done.returncode == 2
    assert "--out" in done.stderr
    assert [path.name for path in (tmp_path / "show").iterdir()] == ["mine.txt"]
    shutil.rmtree(tmp_path / "show")
