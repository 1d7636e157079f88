"""Documentation cannot drift: what the code knows stands in the docs, and what the docs show runs."""

from __future__ import annotations

import ast
import importlib
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# Where a list of codes lives, and the page that explains each of them.
CATALOGUES = [
    ("corridor.findings", "CATALOGUE", "docs/reference/findings.md"),
    ("api.problems", "CATALOGUE", "docs/reference/problems.md"),
    ("corridor.statements", "TYPES", "docs/reference/events.md"),
    ("certifiers.claims", "CLAIMS", "docs/reference/claims.md"),
    ("api.cli.main", "COMMANDS", "docs/reference/cli.md"),
]

# What an editor sees as an entry: a heading or the first cell of a row that is one code, in backticks.
ENTRY = re.compile(r"^(?:#+|\|) *`([^` ]+)`", re.MULTILINE)

LONGEST_README = 150

VERBS = {"get", "post", "put", "patch", "delete", "head", "api_route", "add_api_route", "add_route", "Route"}

# The command as a user has it, whatever folder the interpreter lives in.
OTC = [
    sys.executable,
    "-c",
    "import sys; from api.cli.main import main; sys.argv[0] = 'otc'; sys.exit(main())",
]

BLOCK = re.compile(r"^```sh\n# tested\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXIT = re.compile(r"\s+# exit ([0-9]+)$")


def run_otc(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Call the command line in a folder, as wide as a page, without a terminal."""
    quiet = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1"}
    return subprocess.run(
        [*OTC, *arguments],
        cwd=folder,
        env=quiet,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def codes_of(module: str, name: str) -> set[str]:
    """Import a catalogue and return its codes."""
    return {str(code) for code in getattr(importlib.import_module(module), name)}


@pytest.mark.parametrize(("module", "name", "page"), CATALOGUES)
def test_every_code_is_explained(root: Path, module: str, name: str, page: str) -> None:
    """Each code of a catalogue stands in its reference page, in backticks."""
    text = (root / page).read_text(encoding="utf-8")
    assert sorted(code for code in codes_of(module, name) if f"`{code}`" not in text) == []


@pytest.mark.parametrize(("module", "name", "page"), CATALOGUES)
def test_no_page_explains_what_is_gone(root: Path, module: str, name: str, page: str) -> None:
    """Each entry of a reference page (a heading or first cell that is one code) is a code that exists."""
    entries = set(ENTRY.findall((root / page).read_text(encoding="utf-8")))
    assert sorted(entries - codes_of(module, name)) == []


def route_paths(text: str) -> set[str]:
    """Find the paths of a file's routes: string literals with which a verb or a Route is called."""
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call) and node.args]
    named = [
        call.args[0]
        for call in calls
        if (isinstance(call.func, ast.Attribute) and call.func.attr in VERBS)
        or (isinstance(call.func, ast.Name) and call.func.id in VERBS)
    ]
    paths = {node.value for node in named if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {re.sub(r":\w+}", "}", path) for path in paths if path.startswith("/")}


def test_every_route_is_documented(root: Path, house: dict[str, str]) -> None:
    """Each path that the server answers stands in the HTTP reference."""
    page = (root / "docs" / "reference" / "http.md").read_text(encoding="utf-8")
    files = [path for path in house if path.startswith("api/routes/") or path == "api/app.py"]
    paths = {path for file in files for path in route_paths(house[file])}
    assert paths
    assert sorted(path for path in paths if path not in page) == []


@pytest.mark.slow
def test_every_option_is_documented(root: Path, tmp_path: Path) -> None:
    """Each option that a command's help names stands in the reference of the command line."""
    page = (root / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    missing = []
    for command in sorted(codes_of("api.cli.main", "COMMANDS")):
        shown = run_otc([command, "--help"], tmp_path)
        assert shown.returncode == 0, shown.stderr
        options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", shown.stdout)) - {"--help"}
        missing += [f"{command} {option}" for option in sorted(options) if f"`{option}" not in page]
    assert missing == []


def test_the_readme_is_short(root: Path) -> None:
    """A newcomer reads it to the end: at most 150 lines, with the two commands in it."""
    text = (root / "README.md").read_text(encoding="utf-8")
    assert text.count("\n") <= LONGEST_README
    assert "./run demo" in text
    assert "./run test" in text


def marked_commands(text: str) -> list[tuple[list[str], int]]:
    """Read the marked blocks of a page: the arguments of each `otc` call and the exit code it shall have."""
    lines = "".join(BLOCK.findall(text)).replace("\\\n", " ").splitlines()
    commands = []
    for line in (line.strip() for line in lines):
        if not line or line.startswith("#"):
            continue
        expected = EXIT.search(line)
        program, *arguments = shlex.split(EXIT.sub("", line))
        assert program == "./run", f"a tested block calls nothing but ./run: {line}"
        assert arguments[0] in {"otc", "demo"}, f"a tested block calls ./run otc or ./run demo: {line}"
        assert not {"|", ">", ">>", "<", "&", "&&", ";"} & set(arguments), (
            f"no shell in a tested block: {line}"
        )
        commands.append((arguments[arguments[0] == "otc" :], int(expected[1]) if expected else 0))
    return commands


def test_a_tested_block_is_read_as_it_is_written() -> None:
    """The convention of CONTRIBUTING: marked blocks only, one command a line, expected exit codes at its end."""
    page = """Text
```sh
./run not tested
```
```sh
# tested
./run demo --seed 7 \\
    --out d

# a comment
./run otc verify "a b.bundle"  # exit 1
```
"""
    assert marked_commands(page) == [
        (["demo", "--seed", "7", "--out", "d"], 0),
        (["verify", "a b.bundle"], 1),
    ]


def pages_with_tested_blocks() -> list[Any]:
    """Find the pages whose examples are promised to run."""
    top = Path(__file__).parents[2]
    pages = [top / "README.md", *sorted((top / "docs").rglob("*.md"))]
    marked = [page for page in pages if page.exists() and BLOCK.search(page.read_text(encoding="utf-8"))]
    return [pytest.param(page, id=page.relative_to(top).as_posix()) for page in marked]


@pytest.mark.slow
@pytest.mark.parametrize("page", pages_with_tested_blocks())
def test_the_examples_of_a_page_run(page: Path, tmp_path: Path) -> None:
    """Each command of a page's marked blocks ends as the page says, one after the other in one folder."""
    for arguments, expected in marked_commands(page.read_text(encoding="utf-8")):
        done = run_otc(arguments, tmp_path)
        assert done.returncode == expected, f"otc {shlex.join(arguments)}\n{done.stdout}{done.stderr}"


@pytest.mark.slow
def test_the_readme_has_examples_that_run(root: Path) -> None:
    """At least one block of the README is marked as tested."""
    assert marked_commands((root / "README.md").read_text(encoding="utf-8"))
