"""The server as a process: its one line, its clean stop, and what survives when it is killed."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest

from api import server
from api.listening import listen
from api.refusal import RequestRefused
from ledger.envelope import read_entry
from ledger.store.sql import SqlStore

if TYPE_CHECKING:
    from conftest import Author

pytestmark = pytest.mark.slow

ROOT = Path(server.__file__).parents[1]
START_MS = 1_767_592_800_000
PROGRAM = (
    "import sys; from pathlib import Path; from api.server import serve;"
    "serve(Path(sys.argv[1]), port=int(sys.argv[2]), simulated_clock=True)"
)
JSON = {"Content-Type": "application/json"}


@contextmanager
def process(data: Path, port: int = 0) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Serve a folder in a process of its own; give it and its URL. It is killed at the end, if it still runs."""
    arguments = [sys.executable, "-c", PROGRAM, str(data), str(port)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, cwd=ROOT) as running:
        try:
            assert running.stdout is not None
            yield running, running.stdout.readline().strip().removeprefix("listening at ")
        finally:
            running.kill()


def entries(data: Path) -> list[bytes]:
    """The envelopes of all entries but the heads."""
    store = SqlStore.open(data / "ledger.db")
    with store.read() as snapshot:
        found = [read_entry(entry).envelope for entry in snapshot.entries(0, snapshot.size())]
    store.close()
    return [envelope.raw for envelope in found if envelope.payload.type != "log.heads"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_is_clean(author: Author, number: signal.Signals) -> None:
    """Asked to stop, the server publishes what is committed and ends with success."""
    event = author.incept(author.trader("Trader"))
    with process(author.data) as (running, url):
        assert url.startswith("http://127.0.0.1:")
        assert httpx2.post(f"{url}/v1/events", content=event, headers=JSON).status_code == 201
        running.send_signal(number)
        assert running.wait(20) == 0
    store = SqlStore.open(author.data / "ledger.db")
    with store.read() as snapshot:
        note = snapshot.checkpoint()
    store.close()
    assert note is not None
    assert note.decode().splitlines()[1] == "3"


def test_what_was_acknowledged_survives_a_kill(author: Author) -> None:
    """Killed without warning, again and again, the server loses nothing that it had acknowledged."""
    trader = author.trader("Trader")
    sent = [author.incept(trader), *(author.declare(trader, f"L{number}") for number in range(24))]
    acknowledged: list[bytes] = []
    for start in range(0, len(sent), 5):
        with process(author.data) as (running, url), httpx2.Client(base_url=url, trust_env=False) as http:
            for event in [*acknowledged[-1:], *sent[start : start + 5]]:
                answer = http.post("/v1/events", content=event, headers=JSON)
                assert answer.status_code == (200 if event in acknowledged else 201)
                acknowledged += [event] if answer.status_code == 201 else []
            running.kill()
            running.wait(20)
    assert entries(author.data)[1:] == sent


def test_a_busy_port_gets_a_sentence(author: Author) -> None:
    """A second server on one port is told what to do, and has touched nothing."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(RequestRefused) as refused:
            server.serve(author.data, port=port)
    assert refused.value.code == "serve.port"
    assert "Address already in use" in refused.value.detail
    assert "--port" in refused.value.hint
    assert not (author.data / "server.lock").exists()


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70_000), ("203.0.113.7", 0)])
def test_an_address_that_is_not_ours_gets_a_sentence(host: str, port: int) -> None:
    """A port that does not exist and a host that is another machine are refused, not waited for."""
    with pytest.raises(RequestRefused, match=r"serve\.port"):
        listen(host, port).close()


def test_the_log_of_a_server_holds_no_payload(author: Author, tmp_path: Path) -> None:
    """Good, stale and broken events leave no trace of what they said in anything that the process prints."""
    trader = author.trader("Trader")
    begun = author.declare(trader, "KANARIENVOGEL")
    stale = author.store(trader, "KANARIENVOGEL", "ab" * 32)
    words = tmp_path / "words"
    arguments = [sys.executable, "-c", PROGRAM, str(author.data), "0"]
    with words.open("wb") as output:
        running = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=output, text=True, cwd=ROOT)
        assert running.stdout is not None
        url = running.stdout.readline().strip().removeprefix("listening at ")
        for event in (author.incept(trader), begun, stale, b'{"KANARIENVOGEL":NaN}', begun[:-9]):
            httpx2.post(f"{url}/v1/events", content=event, headers=JSON)
        httpx2.get(f"{url}/v1/lots?KANARIENVOGEL=1")
        running.terminate()
        said, _ = running.communicate(timeout=20)
    assert "KANARIENVOGEL" not in said + words.read_text()
    assert (author.data / "server.lock").stat().st_mode & 0o077 == 0
