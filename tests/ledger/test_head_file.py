"""The head file's contract, on disk and in memory, and what a crash or a damaged disk may leave of it."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import ports
from ledger.errors import StoreError
from ledger.ports import Signed
from ledger.store.files import HeadFile
from ledger.store.memory import MemoryHeadFile

PROJECT = Path(ports.__file__).parents[1]
FIRST = Signed(2, bytes(range(32)))
SECOND = Signed(7, bytes(range(32, 64)))


@pytest.fixture(params=["disk", "memory"])
def head_file(request: pytest.FixtureRequest, tmp_path: Path) -> ports.HeadFile:
    """An empty head file of each kind."""
    return HeadFile(tmp_path / "head") if request.param == "disk" else MemoryHeadFile()


def refused(code: str, head_file: ports.HeadFile, expected: Signed | None, new: Signed) -> None:
    """Expect that a swap is refused with this code."""
    with pytest.raises(StoreError) as refusal:
        head_file.swap(expected, new)
    assert refusal.value.code == code


def test_before_the_first_signature_it_holds_nothing(head_file: ports.HeadFile) -> None:
    """A new log has no head, and says so."""
    assert head_file.read() is None


def test_what_was_signed_last_is_read_back(head_file: ports.HeadFile) -> None:
    """Each swap replaces the one before."""
    head_file.swap(None, FIRST)
    assert head_file.read() == FIRST
    head_file.swap(FIRST, SECOND)
    assert head_file.read() == SECOND


@pytest.mark.parametrize("expected", [None, Signed(2, bytes(32)), Signed(3, FIRST.root), SECOND])
def test_another_head_than_expected_is_never_replaced(
    head_file: ports.HeadFile, expected: Signed | None
) -> None:
    """Two signers cannot both go on from one head: the second finds another size or root than it knows."""
    head_file.swap(None, FIRST)
    refused("head.moved", head_file, expected, Signed(9, bytes(32)))
    assert head_file.read() == FIRST


@pytest.mark.parametrize("new", [FIRST, Signed(2, bytes(32)), Signed(1, bytes(32))])
def test_it_only_moves_forward(head_file: ports.HeadFile, new: Signed) -> None:
    """A second root for a size, or a smaller size, is not even a head that was asked for."""
    head_file.swap(None, FIRST)
    refused("head.moved", head_file, FIRST, new)
    assert head_file.read() == FIRST


def test_it_survives_its_process(tmp_path: Path) -> None:
    """Another process reads what one has written."""
    HeadFile(tmp_path / "head").swap(None, FIRST)
    assert HeadFile(tmp_path / "head").read() == FIRST


def test_a_file_cut_short_is_noticed_at_each_byte(tmp_path: Path) -> None:
    """No beginning of a head file passes for a head file: it is unreadable, which is not 'nothing signed'."""
    path = tmp_path / "head"
    HeadFile(path).swap(None, SECOND)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(StoreError) as refusal:
            HeadFile(path).read()
        assert refusal.value.code == "head.unreadable"
        refused("head.unreadable", HeadFile(path), SECOND, Signed(8, bytes(32)))


@given(st.binary(max_size=200))
def test_foreign_bytes_are_never_a_head(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    """Whatever stands in the file, reading it gives a head of exactly these bytes or StoreError."""
    path = tmp_path_factory.mktemp("head") / "head"
    path.write_bytes(data)
    with suppress(StoreError):
        head = HeadFile(path).read()
        assert head is not None
        assert data == f"{head.size}\n{head.root.hex()}\n".encode()


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_if_the_disk_fails_before_the_rename_the_old_head_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    """A head that could not be made durable is not reported as held, and the old one is still whole."""
    head_file = HeadFile(tmp_path / "head")
    head_file.swap(None, FIRST)

    def fail(*_arguments: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", fail) if failing == "fsync" else broken.setattr(Path, "replace", fail)
        refused("head.unwritable", head_file, FIRST, SECOND)
    assert head_file.read() == FIRST
    head_file.swap(FIRST, SECOND)
    assert head_file.read() == SECOND


def test_a_folder_instead_of_a_file_is_unreadable(tmp_path: Path) -> None:
    """An operator's mistake is told in a sentence, not in a traceback."""
    with pytest.raises(StoreError, match=r"head\.unreadable"):
        HeadFile(tmp_path).read()


def test_a_missing_folder_is_unwritable(tmp_path: Path) -> None:
    """The head file's disk may not be mounted: then nothing is signed."""
    refused("head.unwritable", HeadFile(tmp_path / "gone" / "head"), None, FIRST)


def test_comparing_and_replacing_is_one_act(tmp_path: Path) -> None:
    """Who waits for the lock compares with what is there when it gets it, not with what was there before."""
    path = tmp_path / "head"
    HeadFile(path).swap(None, FIRST)
    with Path(tmp_path, "head.lock").open("ab") as lock, ThreadPoolExecutor(1) as pool:
        fcntl.flock(lock, fcntl.LOCK_EX)
        waiting = pool.submit(refused, "head.moved", HeadFile(path), FIRST, Signed(8, bytes(32)))
        assert wait([waiting], timeout=0.2).done == set()
        path.write_text(f"{SECOND.size}\n{SECOND.root.hex()}\n")
        fcntl.flock(lock, fcntl.LOCK_UN)
        waiting.result(timeout=30)
    assert HeadFile(path).read() == SECOND


def test_of_racing_processes_one_wins_each_size(tmp_path: Path) -> None:
    """Four processes try to take the head from 1 to 40: each size is taken once, none is lost."""
    path = tmp_path / "head"
    HeadFile(path).swap(None, Signed(1, bytes(32)))
    racer = (
        "import sys\n"
        "from pathlib import Path\n"
        "from ledger.errors import StoreError\n"
        "from ledger.ports import Signed\n"
        "from ledger.store.files import HeadFile\n"
        "file, won = HeadFile(Path(sys.argv[1])), 0\n"
        "while (head := file.read()).size < 40:\n"
        "    try:\n"
        "        file.swap(head, Signed(head.size + 1, head.root))\n"
        "        won += 1\n"
        "    except StoreError:\n"
        "        pass\n"
        "print(won)\n"
    )
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", racer, str(path)], stdout=subprocess.PIPE, text=True, cwd=PROJECT
        )
        for _ in range(4)
    ]
    assert sum(int(each.communicate(timeout=30)[0]) for each in racers) == 39
    assert HeadFile(path).read() == Signed(40, bytes(32))
