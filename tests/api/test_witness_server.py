"""A witness over HTTP, held to C2SP tlog-witness: what it answers, what it remembers, and that nothing rolls back."""

from __future__ import annotations

import base64
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from api import witness_state
from api.witness_server import Witness
from api.witness_state import WitnessState
from ledger.checkpoint import Checkpoint, read_checkpoint
from ledger.errors import StoreError
from ledger.keys import SigningKey
from ledger.merkle import MemoryTree, consistency_proof, leaf_hash
from ledger.note import ED25519, VerifierKey, read_note, sign_note, write_note
from ledger.witness import Request, write_add_checkpoint

ORIGIN = "log.example/kat"
OTHER = "other.example/kat"
LOG_KEY = SigningKey(bytes([1] * 32))
KEY = SigningKey(bytes([2] * 32))
NAME = "w.example/kat"
NOW_MS = 1_679_315_147_000
"""The time of the example in C2SP tlog-cosignature, 1679315147 s."""

TREE = MemoryTree([leaf_hash(bytes([number])) for number in range(64)])
FORK = MemoryTree([leaf_hash(bytes([number + 1])) for number in range(64)])


def vkey(origin: str = ORIGIN) -> VerifierKey:
    """The log's key under an origin."""
    return VerifierKey.of(origin, ED25519, LOG_KEY.public)


def note_of(size: int, *, tree: MemoryTree = TREE, origin: str = ORIGIN, key: SigningKey = LOG_KEY) -> str:
    """A checkpoint of the test's tree, signed."""
    text = Checkpoint(origin, size, tree.root(size)).text()
    return write_note(text, [sign_note(text, origin, key)])


def request_of(
    old: int, new: int, *, tree: MemoryTree = TREE, origin: str = ORIGIN, key: SigningKey = LOG_KEY
) -> bytes:
    """An add-checkpoint request from one size to another."""
    proof = tuple(consistency_proof(TREE, old, new)) if 0 < old <= new else ()
    note = note_of(new, tree=tree, origin=origin, key=key)
    return write_add_checkpoint(Request(old, proof, read_note(note))).encode()


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Where the witness remembers."""
    return tmp_path / "w.state"


@pytest.fixture
def witness(state: Path) -> Iterator[Witness]:
    """A witness of two logs, not behind HTTP."""
    remembered = WitnessState(state)
    yield Witness(NAME, KEY, [vkey(), vkey(OTHER)], remembered, lambda: NOW_MS)
    remembered.close()


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A witness in a process of its own: its vkey and its URL, as it prints them."""
    code = (
        "import sys; from pathlib import Path; from api.witness_server import serve_witness;"
        "from ledger.keys import SigningKey; from ledger.note import VerifierKey;"
        "serve_witness(sys.argv[1], SigningKey(bytes([2] * 32)), Path(sys.argv[2]),"
        "[VerifierKey.parse(sys.argv[3])])"
    )
    state = tmp_path_factory.mktemp("witness") / "w.state"
    arguments = [sys.executable, "-c", code, NAME, str(state), str(vkey())]
    root = Path(witness_state.__file__).parents[1]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, cwd=root) as running:
        assert running.stdout is not None
        first, second = running.stdout.readline().strip(), running.stdout.readline().strip()
        yield first, second.removeprefix("listening at ")
        running.terminate()
        assert running.wait(20) == 0, "a witness that was asked to stop ends with success"


def test_a_first_checkpoint_is_cosigned(witness: Witness) -> None:
    """The answer is one line by the witness's key, which another library verifies over the specified bytes."""
    reply = witness.add_checkpoint(request_of(0, 7))
    assert (reply.status, reply.media_type) == (200, "text/plain; charset=utf-8")
    dash, name, encoded = reply.body.removesuffix("\n").split(" ")
    raw = base64.b64decode(encoded)
    text = note_of(7).partition("\n\n")[0] + "\n"
    message = f"cosignature/v1\ntime 1679315147\n{text}".encode()
    assert (dash, name) == ("—", NAME)
    assert raw[:4] == sha256(NAME.encode() + b"\n\x04" + KEY.public).digest()[:4]
    assert int.from_bytes(raw[4:12], "big") == 1_679_315_147
    Ed25519PublicKey.from_public_bytes(KEY.public).verify(raw[12:], message)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"old x\n\n" + note_of(3).encode(), 400),
        (b"old 00\n\n" + note_of(3).encode(), 400),
        (b"old 0\n\nno checkpoint\n", 400),
        (request_of(9, 5), 400),
        (request_of(0, 3, origin="unknown.example"), 404),
        (request_of(0, 3, key=SigningKey(bytes([9] * 32))), 403),
        (request_of(4, 9), 409),
        (b"old 0\n" + base64.b64encode(bytes(32)) + b"\n\n" + note_of(3).encode(), 422),
        (b"\xff\xfe", 400),
    ],
)
def test_each_refusal_has_its_status(witness: Witness, body: bytes, status: int) -> None:
    """What the specification asks to be refused is refused with its status, and remembered by nobody."""
    assert witness.add_checkpoint(body).status == status
    assert witness.checkpoint(sha256(ORIGIN.encode()).hexdigest()).status == 404


def test_a_stale_request_is_told_the_size(witness: Witness) -> None:
    """409 carries the size last cosigned, a newline, and a media type of its own."""
    witness.add_checkpoint(request_of(0, 7))
    reply = witness.add_checkpoint(request_of(0, 9))
    assert (reply.status, reply.body, reply.media_type) == (409, "7\n", "text/x.tlog.size")
    assert witness.add_checkpoint(request_of(7, 9)).status == 200


def test_a_fork_is_never_cosigned(witness: Witness) -> None:
    """Another root for a size, or a tree that does not extend the one seen, gets 422."""
    witness.add_checkpoint(request_of(0, 8))
    assert witness.add_checkpoint(request_of(8, 8, tree=FORK)).status == 422
    assert witness.add_checkpoint(request_of(8, 16, tree=FORK)).status == 422
    assert witness.add_checkpoint(request_of(8, 8)).status == 200


def test_a_checkpoint_is_cosigned_again(witness: Witness) -> None:
    """The same size and root is extended by itself, with an empty proof: that is how an idle log stays young."""
    assert witness.add_checkpoint(request_of(0, 7)).status == 200
    assert witness.add_checkpoint(request_of(7, 7)).status == 200


def test_each_log_has_a_memory_of_its_own(witness: Witness) -> None:
    """What one log has shown says nothing about another."""
    witness.add_checkpoint(request_of(0, 7))
    assert witness.add_checkpoint(request_of(0, 3, origin=OTHER)).status == 200


def test_what_was_cosigned_survives_the_process(state: Path) -> None:
    """A witness that starts again goes on where it was, and shows what it had cosigned."""
    for old, new in ((0, 7), (7, 9)):
        remembered = WitnessState(state)
        its = Witness(NAME, KEY, [vkey()], remembered, lambda: NOW_MS)
        assert its.add_checkpoint(request_of(old, new)).status == 200
        shown = its.checkpoint(sha256(ORIGIN.encode()).hexdigest())
        remembered.close()
        note = read_note(shown.body)
        assert read_checkpoint(note.text).size == new
        assert [line.name for line in note.lines] == [ORIGIN, NAME]


def test_nothing_is_answered_before_it_is_on_disk(
    witness: Witness, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the disk refuses there is no cosignature, and the old memory stands."""
    witness.add_checkpoint(request_of(0, 7))
    before = state.read_bytes()

    def refuse(_descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(witness_state.os, "fsync", refuse)
        with pytest.raises(StoreError, match=r"witness\.state"):
            witness.add_checkpoint(request_of(7, 9))
    assert state.read_bytes() == before
    assert witness.add_checkpoint(request_of(0, 9)).body == "7\n"


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[]", b"null", b'{"log.example/kat":1}', b'{"log.example/kat":"x"}', b'{"a":"b"}']
)
def test_a_damaged_memory_is_not_taken_for_none(state: Path, damage: bytes) -> None:
    """A witness whose state cannot be read does not start."""
    state.write_bytes(damage)
    with pytest.raises(StoreError, match=r"witness\.state"):
        WitnessState(state)


def test_a_memory_that_mixes_logs_up_is_refused(state: Path) -> None:
    """A checkpoint under another origin's name is damage too."""
    note = note_of(7, origin=OTHER).replace("\n", "\\n")
    state.write_text(f'{{"{ORIGIN}":"{note}"}}', encoding="utf-8")
    with pytest.raises(StoreError, match=r"witness\.state"):
        WitnessState(state)


def test_two_witnesses_do_not_share_a_memory(witness: Witness, state: Path) -> None:
    """A second process on the same state file is turned away."""
    assert witness.vkey.name == NAME
    with pytest.raises(StoreError, match=r"witness\.in_use"):
        WitnessState(state)


def test_requests_in_parallel_never_roll_back(witness: Witness) -> None:
    """Of many requests from one size at once exactly one is cosigned, and the size only grows."""
    witness.add_checkpoint(request_of(0, 4))
    start = threading.Barrier(8)

    def ask(new: int) -> int:
        start.wait(10)
        return witness.add_checkpoint(request_of(4, new)).status

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(ask, range(5, 13)))
    assert sorted(statuses) == [200] + [409] * 7
    size = read_checkpoint(read_note(witness.checkpoint(sha256(ORIGIN.encode()).hexdigest()).body).text).size
    assert size == 5 + statuses.index(200)


def test_a_process_prints_its_vkey_first_and_answers(process: tuple[str, str]) -> None:
    """The first line is the vkey, the second the address; there it takes checkpoints and shows the last one."""
    printed, url = process
    assert VerifierKey.parse(printed).name == NAME
    with httpx2.Client(base_url=url, trust_env=False) as http:
        empty = http.get(f"/{sha256(ORIGIN.encode()).hexdigest()}/checkpoint")
        added = http.post("/add-checkpoint", content=request_of(0, 7))
        stale = http.post("/add-checkpoint", content=request_of(3, 9))
        shown = http.get(f"/{sha256(ORIGIN.encode()).hexdigest()}/checkpoint")
    assert (empty.status_code, added.status_code, stale.status_code, shown.status_code) == (
        404,
        200,
        409,
        200,
    )
    assert stale.headers["content-type"] == "text/x.tlog.size"
    assert stale.content == b"7\n"
    assert shown.text == note_of(7) + added.text


def test_a_request_has_a_largest_size(process: tuple[str, str]) -> None:
    """What is longer than any note is refused before it is kept in memory."""
    with httpx2.Client(base_url=process[1], trust_env=False) as http:
        assert http.post("/add-checkpoint", content=bytes(600_000)).status_code == 413


def test_other_paths_and_methods_lead_nowhere(process: tuple[str, str]) -> None:
    """A witness has two doors, each for one method."""
    with httpx2.Client(base_url=process[1], trust_env=False) as http:
        answers = [http.get("/"), http.get("/add-checkpoint"), http.post("/ab/checkpoint")]
    assert [answer.status_code for answer in answers] == [404, 405, 405]


def test_a_witness_waits_for_no_other_log(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One log's lock is its own: while one log's request is decided, another log's goes through."""
    remembered = WitnessState(state)
    its = Witness(NAME, KEY, [vkey(), vkey(OTHER)], remembered, lambda: NOW_MS)
    hold, entered = threading.Event(), threading.Event()
    latest: Callable[[str], Checkpoint | None] = remembered.latest

    def slow(origin: str) -> Checkpoint | None:
        if origin == ORIGIN:
            entered.set()
            hold.wait(10)
        return latest(origin)

    monkeypatch.setattr(remembered, "latest", slow)
    first = threading.Thread(target=its.add_checkpoint, args=(request_of(0, 7),))
    first.start()
    assert entered.wait(10)
    assert its.add_checkpoint(request_of(0, 3, origin=OTHER)).status == 200
    hold.set()
    first.join()
    remembered.close()
