"""The dispatcher: every command is listed and helps, only what is asked for is loaded, and nobody sees a traceback."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from api.cli import main as dispatcher
from api.cli.main import COMMANDS, Command, main
from ledger.errors import FormError

PROMISED = {
    "demo",
    "keygen",
    "init",
    "serve",
    "act",
    "sign",
    "submit",
    "bundle",
    "verify",
    "audit",
    "witness",
    "explain",
    "doctor",
}
ROOT = Path(dispatcher.__file__).parents[2]


def python(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a script in a fresh interpreter from the project's folder."""
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_help_lists_every_command_with_an_example(lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`otc --help` is complete in both languages, and fits 80 columns where it lists."""
    assert main(["--help", "--lang", lang]) == 0
    said = capsys.readouterr().out
    assert set(COMMANDS) == PROMISED
    for name, command in COMMANDS.items():
        (line,) = [line for line in said.splitlines() if line.startswith(f"  {name} ")]
        assert getattr(command, lang) in line
        assert len(line) <= 80
        assert f"  {command.example}\n" in said


def test_without_a_command_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever types `otc` alone learns what there is."""
    assert main([]) == 0
    assert "otc keygen" in capsys.readouterr().out


def test_an_unknown_command_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, one line on stderr, nothing on stdout."""
    assert main(["verfy"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n"), err[:4]) == ("", 1, "otc:")


def test_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """One line, beginning with the command's name."""
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("otc ")


@pytest.mark.parametrize("name", sorted(PROMISED - {"demo", "verify"}))
def test_every_command_helps_with_examples(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`otc COMMAND --help` exits 0 and shows how it is called."""
    assert main([name, "--help"]) == 0
    said = capsys.readouterr().out
    assert f"usage: otc {name}" in said
    assert f"  otc {name}" in said[said.index("examples:") :]


@pytest.mark.parametrize("name", sorted(PROMISED - {"demo", "verify"}))
def test_a_wrong_option_is_a_sentence(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and one line that says where to read on, never a page of usage."""
    assert main([name, "--no-such-option"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert f"see otc {name} --help" in err


@pytest.mark.parametrize("name", ["keygen", "sign", "submit", "bundle", "explain", "init"])
def test_light_commands_load_no_framework(name: str) -> None:
    """What needs no web and no database code does not wait for it."""
    script = (
        "import sys\nfrom api.cli.main import COMMANDS\nimport importlib\n"
        "importlib.import_module(COMMANDS[sys.argv[1]].module)\n"
        "loaded = {'fastapi', 'starlette', 'uvicorn'} & set(sys.modules)\nsys.exit(str(loaded) if loaded else 0)"
    )
    done = python(script, name)
    assert done.returncode == 0, done.stderr


def test_the_dispatcher_loads_nearly_nothing() -> None:
    """`otc verify` begins with no more than the errors' page: no framework, no database, no HTTP, no pydantic."""
    script = (
        "import sys, api.cli.main\n"
        "heavy = {'fastapi', 'starlette', 'uvicorn', 'sqlalchemy', 'httpx', 'httpx2', 'pydantic', 'nacl'}\n"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    done = python(script)
    assert done.returncode == 0, done.stderr


def test_verify_loads_neither_web_nor_database_code() -> None:
    """PROTOCOL section 9: offline, in a process that loads no web and no database code."""
    script = (
        "import sys\nfrom api.cli.main import main\ncode = main(['verify', '--help'])\n"
        "heavy = {'fastapi', 'starlette', 'uvicorn', 'sqlalchemy', 'httpx', 'httpx2', 'sqlite3'}\n"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else code)"
    )
    done = python(script)
    assert done.returncode == 0, done.stderr


class Playing:
    """A command whose main does what a test says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, raises: BaseException) -> None:
        module = type(sys)("otc_playing")

        def run(_argv: list[str]) -> int:
            raise raises

        module.main = run
        monkeypatch.setitem(sys.modules, "otc_playing", module)
        monkeypatch.setitem(COMMANDS, "play", Command("otc_playing", "", "", ""))


def test_an_error_of_ours_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What, where, what to do, and the code by which `otc explain` says more."""
    Playing(monkeypatch, FormError("form.float", "A fraction.", pointer="/body/mass", hint="Use grams."))
    assert main(["play"]) == 2
    assert capsys.readouterr().err == "otc play: A fraction. (at /body/mass) Use grams. [form.float]\n"


def test_a_fault_of_the_system_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A missing file is named with the system's own reason."""
    Playing(monkeypatch, FileNotFoundError(2, "No such file or directory", "gone.ndjson"))
    assert main(["play"]) == 2
    assert capsys.readouterr().err == "otc play: gone.ndjson: No such file or directory.\n"


def test_a_fault_of_ours_shows_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Even a bug is a sentence that says what to do, and does not repeat values."""
    monkeypatch.delenv("OTC_TRACE", raising=False)
    Playing(monkeypatch, KeyError("somebody's secret"))
    assert main(["play"]) == 2
    err = capsys.readouterr().err
    assert (err.count("\n"), "KeyError" in err, "secret" in err) == (1, True, False)


def test_a_developer_may_see_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """With OTC_TRACE=1 the fault comes through."""
    monkeypatch.setenv("OTC_TRACE", "1")
    Playing(monkeypatch, KeyError("x"))
    with pytest.raises(KeyError):
        main(["play"])


def test_an_interrupt_exits_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """As shells count: 128 and the number of SIGINT, in silence."""
    Playing(monkeypatch, KeyboardInterrupt())
    assert main(["play"]) == 130
    assert capsys.readouterr().err == ""


def test_a_reader_that_leaves_early_is_no_error() -> None:
    """`otc explain | head -1` ends without a word of complaint."""
    script = "import sys; from api.cli.main import main; sys.exit(main(['explain']))"
    command = f'{sys.executable} -c "{script}" | head -1'
    done = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout.count("\n"), done.stderr) == (1, "")


def test_demo_is_played_by_the_floor_above(monkeypatch: pytest.MonkeyPatch) -> None:
    """`otc demo` hands its arguments to simulations by name, and its exit code back."""
    stage = type(sys)("simulations.demo")
    seen: list[list[str]] = []

    def play(argv: list[str]) -> int:
        seen.append(argv)
        return 7

    stage.main = play
    monkeypatch.setitem(sys.modules, "simulations.demo", stage)
    assert main(["demo", "--seed", "7"]) == 7
    assert seen == [["--seed", "7"]]


@pytest.mark.parametrize("name", sorted(PROMISED - {"demo", "verify", "audit"}))
def test_every_command_has_a_main(name: str) -> None:
    """A command is a module with `main(argv) -> int`."""
    assert callable(importlib.import_module(COMMANDS[name].module).main)
