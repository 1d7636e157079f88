"""The script `run`: one set-up, done once and whole, and exit codes handed through.

A stand-in for Python makes virtual environments here, so that no test waits for a network.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

# `python -m venv DIR` puts itself there and a command `otc`; `python -m pip …` takes as long as PIP_SECONDS
# says, counts its calls, and ends with PIP_EXIT.
STAND_IN = """#!/bin/sh
case "$*" in
    -c*version_info*) exit "${OLD:-0}" ;;
    -c*ensurepip*) exit "${NO_ENSUREPIP:-0}" ;;
    --version) echo "Python 3.9.2" ;;
    "-m venv "*)
        mkdir -p "$3/bin"
        cp "$0" "$3/bin/python"
        printf '#!/bin/sh\\nprintf "[%%s]" "$@"\\nexit 7\\n' >"$3/bin/otc"
        chmod +x "$3/bin/otc" ;;
    "-m pip "*)
        echo pip >>"$CALLS"
        echo "pip speaks"
        sleep "${PIP_SECONDS:-0}"
        exit "${PIP_EXIT:-0}" ;;
esac
"""


class Project:
    """A copy of `run` in a folder whose name has spaces, with a stand-in for Python and without uv."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.top = folder / "my project"
        self.top.mkdir()
        self.calls = folder / "calls"
        self.calls.touch()
        shutil.copy(root / "run", self.top)
        (self.top / "pyproject.toml").touch()
        os.utime(self.top / "pyproject.toml", (1, 1))
        tools = folder / "bin"
        tools.mkdir()
        for tool in (
            "sh",
            "cat",
            "cp",
            "chmod",
            "date",
            "dirname",
            "find",
            "mkdir",
            "mv",
            "rm",
            "rmdir",
            "sleep",
        ):
            (tools / tool).symlink_to(str(shutil.which(tool)))
        (tools / "python3").write_text(STAND_IN)
        (tools / "python3").chmod(0o755)
        self.environment = {"PATH": str(tools), "CALLS": str(self.calls)}

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start the script from another folder."""
        return subprocess.Popen(
            [str(self.top / "run"), *arguments],
            cwd=self.top.parent,
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, **environment: str) -> tuple[int, str, str]:
        """Run the script to its end; return exit code, output and errors."""
        with self.start(*arguments, **environment) as process:
            out, err = process.communicate(timeout=60)
            return process.returncode, out, err

    def installs(self) -> int:
        """Count how often something was installed."""
        return self.calls.read_text().count("pip")

    def wait_for_install(self) -> None:
        """Wait until an installation has begun."""
        for _ in range(500):
            if self.installs():
                return
            time.sleep(0.01)
        pytest.fail("no installation began")


@pytest.fixture
def project(root: Path, tmp_path: Path) -> Project:
    """A fresh clone, as far as the script is concerned."""
    return Project(root, tmp_path)


def test_a_task_gets_its_arguments_and_gives_its_exit_code(project: Project) -> None:
    """What stands behind the task reaches the command untouched, from any folder; its exit code comes back."""
    assert project.run("otc", "a b", "--c")[:2] == (7, "[a b][--c]")
    assert project.run("demo", "--seed", "7")[:2] == (7, "[demo][--seed][7]")


def test_set_up_happens_once(project: Project) -> None:
    """The second call installs nothing, and what the first one printed while installing is not its output."""
    _, out, err = project.run("otc", "x")
    assert (out, project.installs()) == ("[x]", 1)
    assert "pip speaks" in err
    assert project.run("otc", "x") == (7, "[x]", "")
    assert project.installs() == 1


def test_a_changed_pyproject_is_installed(project: Project) -> None:
    """A stamp older than pyproject.toml is no stamp."""
    project.run("otc")
    os.utime(project.top / "pyproject.toml")
    project.run("otc")
    assert project.installs() == 2


def test_a_moved_folder_is_set_up_again(project: Project) -> None:
    """Scripts in a virtual environment name their folder; after a move they are made anew."""
    project.run("otc")
    project.top = project.top.rename(project.top.with_name("moved"))
    assert project.run("otc", "x")[:2] == (7, "[x]")
    assert project.installs() == 2


def test_a_failed_set_up_is_not_taken_for_done(project: Project) -> None:
    """If the installation fails, so does the call, with a sentence, and the next call installs again."""
    code, out, err = project.run("otc", PIP_EXIT="3")
    assert (code, out) == (1, "")
    assert "the set-up failed" in err
    assert project.run("otc", "x")[:2] == (7, "[x]")
    assert project.installs() == 2


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_set_up_is_not_taken_for_done(project: Project, how: signal.Signals) -> None:
    """Whatever ends an installation half-way, the next call does it again and is not locked out."""
    with project.start("otc", PIP_SECONDS="30") as process:
        project.wait_for_install()
        os.killpg(process.pid, how)
        process.communicate(timeout=30)
        assert process.returncode != 0
    assert project.run("otc", "x")[:2] == (7, "[x]")
    assert project.installs() == 2


def test_two_calls_at_once_set_up_once(project: Project) -> None:
    """The second call waits for the first one's set-up and then uses it; no lock stays behind."""
    with project.start("otc", "1", PIP_SECONDS="1") as first:
        project.wait_for_install()
        with project.start("otc", "2") as second:
            assert first.communicate(timeout=60)[0] == "[1]"
            assert second.communicate(timeout=60)[0] == "[2]"
    assert project.installs() == 1
    assert sorted(path.name for path in project.top.iterdir()) == [".venv", "pyproject.toml", "run"]


def test_an_old_python_is_named(project: Project) -> None:
    """Without Python 3.11 the script says which one it found and what to do."""
    code, _, err = project.run("otc", OLD="1")
    assert code == 1
    assert "Python 3.11 or newer is needed; here is Python 3.9.2" in err
    assert "PYTHON=" in err


def test_a_missing_venv_module_is_named(project: Project) -> None:
    """On Debian without python3-venv the script says which package is missing."""
    code, _, err = project.run("otc", NO_ENSUREPIP="1")
    assert code == 1
    assert "apt install python3-venv" in err


def test_help_needs_no_set_up(project: Project) -> None:
    """`--help` shows each task and examples, and installs nothing."""
    code, out, _ = project.run("--help")
    assert code == 0
    assert all(f"./run {task}" in out for task in ("demo", "otc", "test", "check", "bench"))
    assert project.installs() == 0


def test_an_unknown_task_is_refused(project: Project) -> None:
    """A wrong word, or none, gets the help on the error stream and exit code 2; it is not echoed."""
    code, out, err = project.run("nonsense")
    assert (code, out) == (2, "")
    assert "there is no task of that name" in err
    assert "nonsense" not in err
    assert project.run()[0] == 2


def test_the_build_runs_what_the_readme_says(root: Path) -> None:
    """.ci/run is the README's own command, and installs nothing besides."""
    lines = (root / ".ci" / "run").read_text().splitlines()
    assert [line for line in lines if line and line[0] != "#"] == [
        "set -eu",
        'cd "$(dirname "$0")/.."',
        './run test "$@"',
    ]
    assert os.access(root / ".ci" / "run", os.X_OK)
    assert os.access(root / "run", os.X_OK)
