"""The floors of the house: imports go downwards only."""

from __future__ import annotations

import configparser
import subprocess
import sys
from pathlib import Path

PROMISED = {"floors", "pure", "small-ground", "client", "tables"}


def test_the_import_contracts_are_kept(root: Path) -> None:
    """Every contract of .importlinter holds for the code as it is."""
    lint = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_logo=True))"
    done = subprocess.run([sys.executable, "-c", lint], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_contract_was_dropped(root: Path) -> None:
    """The contracts that the house promises stand in the file, whatever else does."""
    contracts = configparser.ConfigParser()
    contracts.read(root / ".importlinter")
    written = {section.rpartition(":")[2] for section in contracts.sections()}
    assert written >= PROMISED
