"""Posting: the doors through which everything is written, one event at a time, and the door that only asks.

    POST /v1/events     201 {"event_id":"9f86…","index":4711,"at":1768632120000,"status":"committed"}, 200 for a repeat
    POST /v1/check      200 {…,"status":"admissible"}, writing nothing

Bodies are read as bytes; form and signatures are checked in parallel, before the one writer sees the event. These
are plain routes, without the framework's dependencies and models: they are most of what a server does.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api import settings
from api.intake import asked, read_body, simulated_now
from api.problems import MEDIA_TYPE, answer
from api.receipts import receipt, refused
from api.replies import JSON, json_answer
from api.wiring import Ledger
from corridor.journal import Committed, NotCommitted, check, read_signed
from ledger.envelope import Envelope, read_entry
from ledger.errors import LedgerError
from ledger.ports import Snapshot

CREATED: Final = 201
OK: Final = 200


async def post_event(request: Request) -> Response:
    """Answer with a receipt once the event is durable; `?wait=published` waits for its checkpoint."""
    ledger: Ledger = request.app.state.ledger
    wait = bool(asked(request, wait=("published",)))
    envelope = await _read(request)
    now_ms = simulated_now(request)
    pending = ledger.sequencer.submit([envelope], now_ms=now_ms, publish=wait)
    (outcome,) = await asyncio.wrap_future(pending)
    if isinstance(outcome, NotCommitted):
        return refused(outcome)
    if wait:
        await _published(ledger.sequencer.when_published(outcome.index))
    said = receipt(outcome, ledger.sequencer.published)
    return json_answer(said, OK if outcome.duplicate else CREATED)


async def check_event(request: Request) -> Response:
    """Answer as the post of the event would be, writing nothing; `admissible` stands for `committed`."""
    ledger: Ledger = request.app.state.ledger
    asked(request)
    envelope = await _read(request)
    now_ms = simulated_now(request)
    if now_ms is None:
        now_ms = envelope.payload.claimed_at_ms if ledger.simulated else ledger.clock()
    return await run_in_threadpool(_check, ledger, envelope, now_ms)


async def _read(request: Request) -> Envelope:
    """Read an envelope and check its signatures, in a thread: libsodium lets others run while it computes."""
    body = await read_body(request, JSON, settings.MAX_EVENT_BODY_BYTES)
    return await run_in_threadpool(read_signed, body)


async def _published(future: Future[int]) -> None:
    """Wait for publication, but not for ever: what is committed stays committed."""
    try:
        async with asyncio.timeout(settings.WAIT_PUBLISHED_SECONDS):
            await asyncio.wrap_future(future)
    except (TimeoutError, LedgerError):
        return


def _check(ledger: Ledger, envelope: Envelope, now_ms: int) -> Response:
    with ledger.store.read() as snapshot:
        known = snapshot.index_of(bytes.fromhex(envelope.event_id))
        if known is not None:
            at = read_entry(snapshot.entry(known)).at
            return json_answer(receipt(Committed(envelope.event_id, known, at), ledger.sequencer.published))
        try:
            check(snapshot, envelope, now_ms)
        except LedgerError as error:
            return answer(error, **_head(snapshot, error))
        said = {
            "event_id": envelope.event_id,
            "index": snapshot.size(),
            "at": max(snapshot.last_at(), now_ms),
            "status": "admissible",
        }
    return json_answer(said)


def _head(snapshot: Snapshot, error: LedgerError) -> dict[str, str]:
    """Return the current head of the chain that a stale event wanted to extend."""
    head = snapshot.head(getattr(error, "subject", "")) if error.code == "chain.stale_head" else None
    return {} if head is None else {"head": head.event_id.hex()}


_ENVELOPE: Final = {"type": "object", "required": ["payload", "payloadType", "signatures"]}
_RECEIPT: Final = {"type": "object", "required": ["event_id", "index", "at", "status"]}


def _described(summary: str, answers: dict[str, str], parameters: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the OpenAPI description of a door for one event."""
    return {
        "post": {
            "tags": ["events"],
            "summary": summary,
            "parameters": parameters,
            "requestBody": {"required": True, "content": {JSON: {"schema": _ENVELOPE}}},
            "responses": {
                **{
                    status: {"description": text, "content": {JSON: {"schema": _RECEIPT}}}
                    for status, text in answers.items()
                },
                "4XX": {
                    "description": "Why it is refused",
                    "content": {MEDIA_TYPE: {"schema": {"type": "object"}}},
                },
            },
        }
    }


_WAIT: Final = {"name": "wait", "in": "query", "schema": {"const": "published"}, "required": False}

ROUTES: Final = (
    Route("/v1/events", post_event, methods=["POST"]),
    Route("/v1/check", check_event, methods=["POST"]),
)
DESCRIPTIONS: Final = {
    "/v1/events": _described(
        "Post a signed event", {"201": "The event is durable", "200": "It was there before"}, [_WAIT]
    ),
    "/v1/check": _described("Ask whether an event would be admitted now", {"200": "It would be"}, []),
}
"""What OpenAPI says of these routes, by path."""
