"""audit, as people call it: a sound log passes, a changed byte is named, and a server's public log can be audited too."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from api.cli import main as dispatcher
from api.cli.main import main
from ledger.envelope import read_entry

pytestmark = pytest.mark.slow

ROOT = Path(dispatcher.__file__).parents[2]
OTC = "import sys; from api.cli.main import main; sys.exit(main())"
Otc = Callable[..., tuple[int, str, str]]


@pytest.fixture
def otc(capsys: pytest.CaptureFixture[str]) -> Otc:
    """Run a command; give its exit code, stdout and stderr."""

    def run(*words: object) -> tuple[int, str, str]:
        code = main([str(word) for word in words])
        return code, *capsys.readouterr()

    return run


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for this file's log (`log`) and its founders' keys (`log-roots`), founded with `otc init`."""
    folder = tmp_path_factory.mktemp("ground")
    assert main(["init", "--data", str(folder / "log"), "--origin", "audited.demo"]) == 0
    return folder


@pytest.fixture(scope="module")
def url(ground: Path) -> Iterator[str]:
    """The address of `otc serve`, in a process of its own; three parties with a lot each are in the log."""
    command = [sys.executable, "-c", OTC, "serve", "--data", str(ground / "log"), "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip().removeprefix("listening at ")
        for name in "abc":
            _trade(ground, address, ground / name)
        yield address
        process.terminate()


def _trade(ground: Path, url: str, key: Path) -> None:
    """Have a party admitted, and a lot of its declared."""
    assert main(["keygen", "--out", str(key), "--inception"]) == 0
    introducer = ground / "log-roots" / "introducer-1"
    admission = f"act party.incepted inception=@{key}.inception --key {key} --key {introducer} --url {url}"
    assert main(admission.split()) == 0
    lot = "lot=L source=unknown hs=810530 form=scrap custody_model=segregated wet=1t moisture=0%"
    wait = "--wait" if key.name == "c" else "--yes"
    assert main(f"act lot.declared {lot} --key {key} --url {url} {wait}".split()) == 0


@pytest.fixture
def log(ground: Path, url: str, tmp_path: Path) -> Path:
    """A consistent copy of the served log's folder, to be harmed."""
    copy = tmp_path / "copy"
    copy.mkdir()
    with _database(ground / "log") as source, _database(copy) as target:
        source.backup(target)
    for name in ("head", "trust.policy"):
        shutil.copy(ground / "log" / name, copy / name)
    return copy


def _database(folder: Path) -> closing[sqlite3.Connection]:
    """The database of a folder, closed at the end."""
    return closing(sqlite3.connect(folder / "ledger.db", isolation_level=None))


def entries(log: Path) -> list[tuple[int, bytes, bytes]]:
    """Index, event id and bytes of every entry, as the database has them."""
    with _database(log) as database:
        return [
            (index, bytes(event_id), bytes(entry))
            for index, event_id, entry in database.execute(
                "SELECT idx, event_id, entry FROM entries JOIN events USING (idx) ORDER BY idx"
            )
        ]


def change(log: Path, sql: str, *values: object) -> None:
    """Do what an operator with the database's password can do: take the triggers away, then change a row."""
    with _database(log) as database:
        for (trigger,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            database.execute(f"DROP TRIGGER {trigger}")
        assert database.execute(sql, values).rowcount == 1


def test_a_sound_log_passes(otc: Otc, log: Path) -> None:
    """Exit code 0, and how many entries were read."""
    code, out, err = otc("audit", "--data", log)
    assert (code, out, err) == (0, f"{len(entries(log))} entries audited: nothing is wrong\n", "")


def test_a_changed_byte_of_any_entry_is_named(otc: Otc, log: Path, tmp_path: Path) -> None:
    """Genesis, inception, declaration, heads: in each one byte, and the audit names its index and its event."""
    kinds = {read_entry(entry).envelope.payload.type: index for index, _, entry in entries(log)}
    assert kinds.keys() == {"log.genesis", "log.heads", "party.incepted", "lot.declared"}
    for index, event_id, entry in [entries(log)[index] for index in kinds.values()]:
        changed = tmp_path / f"changed-{index}"
        shutil.copytree(log, changed)
        middle = len(entry) // 2
        flipped = entry[:middle] + bytes([entry[middle] ^ 1]) + entry[middle + 1 :]
        change(changed, "UPDATE entries SET entry = ? WHERE idx = ?", flipped, index)
        code, out, _ = otc("audit", "--data", changed, "--json")
        named = {(problem["index"], problem["event_id"]) for problem in json.loads(out)["problems"]}
        assert code == 1
        assert (index, event_id.hex()) in named


def test_a_problem_is_a_sentence_in_both_languages(otc: Otc, log: Path) -> None:
    """Where, which event, what, in which table, whom it concerns."""
    index, event_id, entry = entries(log)[-2]
    change(log, "UPDATE entries SET entry = ? WHERE idx = ?", entry.replace(b"sig", b"sog", 1), index)
    code, english, _ = otc("audit", "--data", log)
    french = otc("audit", "--data", log, "--lang", "fr")[1]
    assert code == 1
    assert f"entry {index} (event {event_id.hex()}), table entries: " in english
    assert f"entrée {index} (événement {event_id.hex()}), table entries : " in french or "entrée" in french
    assert "[entry.leaf]" in english


def test_a_database_behind_its_head_file_is_told(otc: Otc, log: Path) -> None:
    """An older database with a newer head file: entries that were signed are missing."""
    size = len(entries(log))
    (log / "head").write_text(f"{size + 10}\n{'ab' * 32}\n")
    code, out, _ = otc("audit", "--data", log)
    assert (code, "[store.behind]" in out) == (1, True)


def test_another_log_than_was_signed_is_told(otc: Otc, log: Path) -> None:
    """The head file has another root for this size."""
    (log / "head").write_text(f"{len(entries(log))}\n{'ab' * 32}\n")
    code, out, _ = otc("audit", "--data", log)
    assert (code, "[store.forked]" in out) == (1, True)


def test_processes_find_what_one_finds(log: Path) -> None:
    """Signatures shared among two processes: a false one is still named once."""
    index, event_id, entry = entries(log)[3]
    start = entry.index(b'"sig":"') + len(b'"sig":"')
    other = b"B" if entry[start : start + 1] == b"A" else b"A"
    change(
        log, "UPDATE entries SET entry = ? WHERE idx = ?", entry[:start] + other + entry[start + 1 :], index
    )
    command = [sys.executable, "-c", OTC, "audit", "--data", str(log), "--workers", "2", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    found = [
        problem for problem in json.loads(done.stdout)["problems"] if problem["code"] == "entry.signature"
    ]
    assert [(problem["index"], problem["event_id"]) for problem in found] == [(index, event_id.hex())]


def test_a_served_log_can_be_audited_by_anybody(otc: Otc, url: str, log: Path) -> None:
    """Over HTTP, from checkpoint and entry bundles alone, with the trust file or without."""
    trust = log / "trust.policy"
    code, out, _ = otc("audit", "--url", url, "--trust", trust, "--json")
    report = json.loads(out)
    assert (code, report["ok"]) == (0, True)
    assert report["audited"] == report["size"] >= 8
    assert otc("audit", "--url", url)[0] == 0


def test_a_genesis_that_is_not_the_trusted_one_is_told(otc: Otc, url: str, log: Path) -> None:
    """A trust file of another log: the whole of it may be sound and still be the wrong one."""
    trust = log / "trust.policy"
    lines = [
        line if not line.startswith("#otc genesis") else line[:-64] + "ab" * 32
        for line in trust.read_text().splitlines()
    ]
    trust.write_text("\n".join(lines) + "\n")
    code, out, _ = otc("audit", "--url", url, "--trust", trust)
    assert (code, "[genesis.not_trusted]" in out) == (1, True)


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--data", "x", "--url", "y"),
        ("--data", "gone"),
        ("--db", "postgresql+psycopg://x"),
        ("--url", "http://127.0.0.1:9"),
    ],
)
def test_what_cannot_be_read_is_exit_code_2(otc: Otc, words: tuple[str, ...]) -> None:
    """No log, two logs, an absent one, a database of a later release, nobody there: a sentence each."""
    code, out, err = otc("audit", *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
