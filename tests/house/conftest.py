"""What the inspectors of the house look at: its source files, path from the root -> text."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

FLOORS = ("ledger", "corridor", "certifiers", "api", "simulations")
TEXT_FILES = {".py", ".md", ".toml", ".sh", ".ini", ".json", ".html", ".js", ".css", ".svg", ".yml", ""}
NOT_WRITTEN = {"build", "dist", "otc-demo", "__pycache__"}
HIDDEN_BUT_WRITTEN = {".gitignore", ".importlinter"}


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the project."""
    return Path(__file__).parents[2]


@pytest.fixture(scope="session")
def written(root: Path) -> dict[str, str]:
    """Every text file that people wrote for this project."""
    texts = {}
    for folder, below, files in os.walk(root):
        below[:] = sorted(
            name for name in below if name == ".ci" or (name[0] != "." and name not in NOT_WRITTEN)
        )
        for file in (Path(folder, name) for name in sorted(files)):
            hidden = file.name.startswith(".") and file.name not in HIDDEN_BUT_WRITTEN
            if file.suffix in TEXT_FILES and not hidden:
                texts[file.relative_to(root).as_posix()] = file.read_text(encoding="utf-8")
    return texts


@pytest.fixture(scope="session")
def house(written: dict[str, str]) -> dict[str, str]:
    """The modules of the five floors."""
    return {path: text for path, text in written.items() if path.endswith(".py") and path.startswith(FLOORS)}


@pytest.fixture(scope="session")
def inspectors(written: dict[str, str]) -> dict[str, str]:
    """The Python files of tests/."""
    return {
        path: text for path, text in written.items() if path.endswith(".py") and path.startswith("tests/")
    }
