"""Batches: many signed events as NDJSON, one verdict a row as NDJSON, in the order of the rows.

Rows go to the sequencer in chunks, while the next chunk's signatures are being checked, so that other senders come
in between. A row that builds on a refused one is refused in its turn, for its head is stale; a broken row harms no
other. The body is read whole before the first line goes out: a sender that reads only after it has sent everything
must not find us waiting for it to read.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Final

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from api import settings
from api.intake import asked, read_body, simulated_now
from api.receipts import row_problem, row_verdict
from api.refusal import RequestRefused
from api.replies import NDJSON
from api.sequencer import Sequencer
from api.wiring import Ledger
from corridor.journal import read_signed
from ledger.envelope import Envelope
from ledger.errors import LedgerError

Row = Envelope | LedgerError
"""A row as read: an envelope whose signatures hold, or why it is none."""


async def post_batch(request: Request) -> Response:
    """Answer with one line a row: `committed`, `duplicate`, or `refused` with its problem."""
    ledger: Ledger = request.app.state.ledger
    asked(request)
    now_ms = simulated_now(request)
    places: asyncio.Semaphore = request.app.state.batch_places
    await places.acquire()
    try:
        rows = _split(await read_body(request, NDJSON, settings.MAX_BATCH_BODY_BYTES))
    except BaseException:
        places.release()
        raise
    return _Verdicts(_verdicts(rows, ledger.sequencer, now_ms), places.release)


class _Verdicts(StreamingResponse):
    """A stream of lines that gives its place back when it ends, however it ends."""

    def __init__(self, lines: AsyncIterator[bytes], release: Callable[[], None]) -> None:
        super().__init__(lines, media_type=NDJSON, headers={"Cache-Control": "no-store"})
        self._release = release

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the lines."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._release()


def _split(body: bytes) -> list[bytes]:
    """Return the rows, of which the last may or may not end in a newline."""
    rows = body.removesuffix(b"\n").split(b"\n")
    if len(rows) > settings.MAX_BATCH_ROWS:
        raise RequestRefused(
            "request.too_many_rows", f"The batch has more than {settings.MAX_BATCH_ROWS} rows."
        )
    return rows


async def _verdicts(rows: Sequence[bytes], sequencer: Sequencer, now_ms: int | None) -> AsyncIterator[bytes]:
    """Yield the lines about each chunk as soon as it is durable."""
    starts = range(0, len(rows), settings.BATCH_CHUNK)
    checking = _check(rows, 0)
    try:
        for start in starts:
            chunk = await checking
            if start + settings.BATCH_CHUNK < len(rows):
                checking = _check(rows, start + settings.BATCH_CHUNK)
            lines = await _write(chunk, start, sequencer, now_ms)
            yield b"".join(orjson.dumps(line) + b"\n" for line in lines)
    finally:
        checking.cancel()


def _check(rows: Sequence[bytes], start: int) -> asyncio.Task[list[Row]]:
    """Begin to read the rows of a chunk and check their signatures, in a thread."""
    return asyncio.create_task(
        run_in_threadpool(lambda: [_read(row) for row in rows[start : start + settings.BATCH_CHUNK]])
    )


def _read(row: bytes) -> Row:
    try:
        return read_signed(row)
    except LedgerError as error:
        return error


async def _write(
    chunk: Sequence[Row], start: int, sequencer: Sequencer, now_ms: int | None
) -> list[dict[str, Any]]:
    """Have the events of a chunk admitted; return the verdict on each of its rows."""
    envelopes = [row for row in chunk if isinstance(row, Envelope)]
    try:
        outcomes = await asyncio.wrap_future(sequencer.submit(envelopes, now_ms=now_ms)) if envelopes else []
    except LedgerError as error:
        return [row_problem(start + place, _reason(row, error)) for place, row in enumerate(chunk)]
    coming = iter(outcomes)
    return [
        row_verdict(start + place, next(coming))
        if isinstance(row, Envelope)
        else row_problem(start + place, row)
        for place, row in enumerate(chunk)
    ]


def _reason(row: Row, error: LedgerError) -> LedgerError:
    return error if isinstance(row, Envelope) else row


_ROWS: Final = {"description": "One value a line", "content": {NDJSON: {"schema": {"type": "string"}}}}

ROUTES: Final = (Route("/v1/events/batch", post_batch, methods=["POST"]),)
DESCRIPTIONS: Final = {
    "/v1/events/batch": {
        "post": {
            "tags": ["events"],
            "summary": "Post signed events as NDJSON; one verdict a row",
            "requestBody": {"required": True, **_ROWS},
            "responses": {"200": _ROWS},
        }
    }
}
"""What OpenAPI says of this route, by path."""
