"""serve and witness as processes: what they print first, how they end, and what keeps them from starting."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from api.cli import main as dispatcher
from api.cli.main import main
from api.keyfiles import read_key
from ledger.note import COSIGNATURE_V1, VerifierKey

pytestmark = pytest.mark.slow

ROOT = Path(dispatcher.__file__).parents[2]
OTC = "import sys; from api.cli.main import main; sys.exit(main())"


@contextmanager
def otc(*words: object) -> Iterator[subprocess.Popen[str]]:
    """A running command; it is killed if the test leaves it behind."""
    command = [sys.executable, "-c", OTC, *map(str, words)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def line_of(process: subprocess.Popen[str]) -> str:
    """The next line that a process prints."""
    assert process.stdout is not None
    return process.stdout.readline().rstrip("\n")


@pytest.fixture
def log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A new log's folder."""
    assert main(["init", "--data", str(tmp_path / "log"), "--origin", "serving.demo"]) == 0
    capsys.readouterr()
    return tmp_path / "log"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_tells_its_address_and_stops_cleanly(log: Path, number: signal.Signals) -> None:
    """One line when ready; a signal ends it with success, a last checkpoint published, the head file written."""
    with otc("serve", "--data", log, "--port", 0) as process:
        said = line_of(process)
        url = said.removeprefix("listening at ")
        assert said == f"listening at {url}"
        assert httpx2.get(f"{url}/healthz", trust_env=False).json() == {"status": "ok"}
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "", "")
    assert (log / "head").exists()


def sentence(process: subprocess.Popen[str]) -> str:
    """What a process that could not start says; it says it in one line, with exit code 2."""
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err.count("\n")) == (2, "", 1), err
    return err


def test_serve_refuses_a_folder_without_a_log(tmp_path: Path) -> None:
    """The sentence says what to do first."""
    with otc("serve", "--data", tmp_path, "--port", 0) as process:
        assert "otc init" in sentence(process)


def test_serve_refuses_a_busy_port(log: Path) -> None:
    """Somebody else listens there: choose another."""
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        with otc("serve", "--data", log, "--port", port) as process:
            assert f"127.0.0.1:{port}" in sentence(process)


def test_serve_takes_no_other_database_yet(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--db is a name of the published interface; this release says that it cannot."""
    assert main(["serve", "--data", str(log), "--db", "postgresql+psycopg://x"]) == 2
    assert "SQLite" in capsys.readouterr().err


def test_a_witness_prints_its_vkey_first(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The vkey is that of its key under its name; then its address; then it answers."""
    main(["keygen", "--out", str(tmp_path / "w.key")])
    vkey = (log / "trust.policy").read_text().split()[1]
    words = (
        "--key",
        tmp_path / "w.key",
        "--name",
        "w.example/1",
        "--state",
        tmp_path / "w.state",
        "--log",
        vkey,
    )
    with otc("witness", *words) as process:
        expected = VerifierKey.of("w.example/1", COSIGNATURE_V1, read_key(tmp_path / "w.key").public)
        assert line_of(process) == str(expected)
        url = line_of(process).removeprefix("listening at ")
        assert httpx2.post(f"{url}/add-checkpoint", content=b"x", trust_env=False).status_code == 400
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    assert process.returncode == 0


def test_a_witness_refuses_a_log_key_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A vkey cut short is a sentence, before anything is listened at."""
    main(["keygen", "--out", str(tmp_path / "w.key")])
    words = [
        "--key",
        str(tmp_path / "w.key"),
        "--name",
        "w",
        "--state",
        str(tmp_path / "s"),
        "--log",
        "x+00+AA",
    ]
    assert main(["witness", *words]) == 2
    assert capsys.readouterr().err.count("\n") == 1
