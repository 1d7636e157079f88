"""Gathering cosignatures from witnesses that lie, stammer, sleep or are away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, closing
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from api.cosigners import Cosigners, Gathered
from api.settings import WitnessAddress
from ledger.checkpoint import Checkpoint
from ledger.cosignature import cosign
from ledger.keys import SigningKey
from ledger.log import Pending
from ledger.merkle import MemoryTree, consistency_proof, leaf_hash
from ledger.note import COSIGNATURE_V1, ED25519, VerifierKey, sign_note, write_note
from ledger.ports import Signed

if TYPE_CHECKING:
    from conftest import Host

pytestmark = pytest.mark.slow

ORIGIN = "log.example/kat"
LOG_KEY, KEY, STRANGER = (SigningKey(bytes([number] * 32)) for number in (1, 2, 3))
NAME = "w.example/kat"
LOG_VKEY = VerifierKey.of(ORIGIN, ED25519, LOG_KEY.public)
VKEY = VerifierKey.of(NAME, COSIGNATURE_V1, KEY.public)
TREE = MemoryTree([leaf_hash(bytes([number])) for number in range(64)])
TIME_S = 1_700_000_000

Answer = Callable[[], Response]


def note_of(size: int, *, key: SigningKey = LOG_KEY, origin: str = ORIGIN) -> str:
    """A checkpoint, signed."""
    text = Checkpoint(origin, size, TREE.root(size)).text()
    return write_note(text, [sign_note(text, origin, key)])


PENDING = Pending(9, TREE.root(9), note_of(9), {})
TEXT = PENDING.note.partition("\n\n")[0] + "\n"
GOOD = cosign(TEXT, NAME, KEY, TIME_S)
FORGED = GOOD[:-10] + ("A" if GOOD[-10] != "A" else "B") + GOOD[-9:]


def said(body: str | bytes, status: int = 200) -> Answer:
    """A witness that answers this, whatever it is asked."""
    return lambda: Response(body, status)


UNSEEN = said("", 404)
"""What a witness shows that has cosigned nothing."""


def dripping() -> Response:
    """An answer that comes a byte at a time, for ever."""

    async def drip() -> AsyncIterator[bytes]:
        while True:
            yield b"x"
            await asyncio.sleep(0.05)

    return StreamingResponse(drip())


@pytest.fixture
def gather(host: Host) -> Iterator[Callable[..., Gathered]]:
    """Ask a witness that answers so, beside others at these addresses."""
    with ExitStack() as everything:

        def ask(answer: Answer, shown: Answer = UNSEEN, *others: str) -> Gathered:
            async def add(_request: Request) -> Response:
                return answer()

            async def show(request: Request) -> Response:
                assert request.path_params["origin"] == sha256(ORIGIN.encode()).hexdigest()
                return shown()

            routes = [Route("/add-checkpoint", add, methods=["POST"]), Route("/{origin}/checkpoint", show)]
            url = host(Starlette(routes=routes))
            addresses = [WitnessAddress(VKEY, one) for one in (url, *others)]
            cosigners = everything.enter_context(closing(Cosigners(addresses, LOG_VKEY)))
            return cosigners.gather(PENDING, lambda old: consistency_proof(TREE, old, 9)).result(10)

        yield ask


def test_a_good_cosignature_is_kept_with_its_time(gather: Callable[..., Gathered]) -> None:
    """The line comes as it was sent, the time in ms."""
    assert gather(said(GOOD)) == Gathered((GOOD,), TIME_S * 1_000, ())


def test_lines_of_strangers_are_passed_over(gather: Callable[..., Gathered]) -> None:
    """A witness may send more lines than its own; only its key's line is taken."""
    other = cosign(TEXT, "v.example/kat", STRANGER, TIME_S)
    assert gather(said(other + GOOD)).lines == (GOOD,)
    assert gather(said(other)).lines == ()


@pytest.mark.parametrize(
    "answer",
    [
        said(FORGED),
        said(cosign(TEXT, NAME, STRANGER, TIME_S)),
        said(cosign(note_of(8).partition("\n\n")[0] + "\n", NAME, KEY, TIME_S)),
        said(""),
        said(b"\xff\xfe"),
        said("no line at all\n"),
        said(GOOD.removesuffix("\n")),
        said("x" * 100_000),
        said("", 500),
        said("", 422),
        said("x", 409),
        said("07\n", 409),
        said("3\n", 409),
        said("", 302),
    ],
)
def test_what_is_no_cosignature_counts_for_nothing(gather: Callable[..., Gathered], answer: Answer) -> None:
    """Forged, foreign, misshapen, endless and refused answers are all the same: no line."""
    assert gather(answer) == Gathered()


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://[", "ftp://127.0.0.1", "nothing", ""])
def test_who_cannot_be_reached_harms_nobody(gather: Callable[..., Gathered], url: str) -> None:
    """A dead or impossible address beside a good witness costs nothing but its own line."""
    assert gather(said(GOOD), UNSEEN, url).lines == (GOOD,)


def test_no_witness_takes_more_than_its_second(gather: Callable[..., Gathered]) -> None:
    """One that answers a byte at a time is given up after a second."""
    begun = time.monotonic()
    assert gather(dripping) == Gathered()
    assert time.monotonic() - begun < 3


def test_a_larger_checkpoint_counts_only_under_the_logs_key(gather: Callable[..., Gathered]) -> None:
    """A witness that says 409 with a larger size has to show it, signed by the log; else it is believed nothing."""
    stale = said("20\n", 409)
    assert gather(stale, said(note_of(20))).ahead == (Signed(20, TREE.root(20)),)
    assert gather(stale, said(note_of(20, key=STRANGER))).ahead == ()
    assert gather(stale, said(note_of(20, origin="other.example"))).ahead == ()
    assert gather(stale, said(note_of(5))).ahead == ()
    assert gather(stale, UNSEEN).ahead == ()


def test_without_witnesses_nobody_is_asked() -> None:
    """A log alone gathers nothing, at once."""
    with closing(Cosigners([], LOG_VKEY)) as cosigners:
        assert len(cosigners) == 0
        assert cosigners.standings() == []
        assert cosigners.gather(PENDING, lambda _old: []).result(5) == Gathered()
