"""Events: the doors through which everything is written, one at a time or as NDJSON, and where one is read again.

Bodies are read as bytes; form and signatures are checked in parallel, before the one writer sees the event. The
same bytes get the same receipt, as often as they come: 201 the first time, 200 after that.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from api import settings
from api.intake import read_body, simulated_now
from api.parameters import EventPart, Here
from api.portraits import portray_entry
from api.problems import answer
from api.receipts import receipt, refused
from api.refusal import RequestRefused
from api.replies import FRESH, JSON, TEXT, json_answer
from api.visibility import require_public
from api.wiring import Ledger
from corridor.journal import Committed, NotCommitted, check, read_signed
from ledger.checkpoint import read_checkpoint
from ledger.envelope import Envelope, read_entry
from ledger.errors import LedgerError
from ledger.merkle import inclusion_proof
from ledger.note import read_note
from ledger.ports import Snapshot
from ledger.proof import TlogProof, write_tlog_proof

CREATED: Final = 201
OK: Final = 200

_ENVELOPE: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {"schema": {"type": "object", "required": ["payload", "payloadType", "signatures"]}}
        },
    }
}

router = APIRouter(prefix="/v1", tags=["events"])

Wait = Annotated[Literal["published"] | None, Query(description="Answer when the event is published")]


@router.post("/events", status_code=CREATED, summary="Post a signed event", openapi_extra=_ENVELOPE)
async def post_event(request: Request, ledger: Here, wait: Wait = None) -> Response:
    """Answer with a receipt once the event is durable; `?wait=published` waits for its checkpoint."""
    envelope = await _read(request)
    now_ms = simulated_now(request)
    pending = ledger.sequencer.submit([envelope], now_ms=now_ms, publish=wait is not None)
    (outcome,) = await asyncio.wrap_future(pending)
    if isinstance(outcome, NotCommitted):
        return refused(outcome)
    if wait is not None:
        await _published(ledger.sequencer.when_published(outcome.index))
    said = receipt(outcome, ledger.sequencer.published)
    return json_answer(said, OK if outcome.duplicate else CREATED)


@router.post("/check", summary="Ask whether an event would be admitted now", openapi_extra=_ENVELOPE)
async def check_event(request: Request, ledger: Here) -> Response:
    """Answer as the post of the event would be, writing nothing; `admissible` stands for `committed`."""
    envelope = await _read(request)
    now_ms = simulated_now(request)
    if now_ms is None:
        now_ms = envelope.payload.claimed_at_ms if ledger.simulated else ledger.clock()
    return await run_in_threadpool(_check, ledger, envelope, now_ms)


@router.get("/events/{event_id}", summary="An entry: decoded, and as the very text that the log holds")
def event(ledger: Here, event_id: EventPart) -> Response:
    """Answer with the entry of an event."""
    with ledger.store.read() as snapshot:
        index = _index(snapshot, event_id)
        require_public(ledger, snapshot, index)
        entry = read_entry(snapshot.entry(index))
    return json_answer(portray_entry(entry, index, published=index < ledger.sequencer.published))


@router.get(
    "/events/{event_id}/proof", summary="Proof that an event is in the published log (C2SP tlog-proof)"
)
def proof(ledger: Here, event_id: EventPart) -> Response:
    """Answer with a `.tlog-proof` under the newest published checkpoint."""
    with ledger.store.read() as snapshot:
        index = _index(snapshot, event_id)
        published = snapshot.checkpoint()
        note = None if published is None else read_note(published)
        size = 0 if note is None else read_checkpoint(note.text).size
        if note is None or index >= size:
            raise RequestRefused(
                "absent.proof", "The event is committed, but not yet published.", headers={"Retry-After": "1"}
            )
        path = tuple(inclusion_proof(snapshot, index, size))
    return Response(write_tlog_proof(TlogProof(index, path, note)), headers=FRESH, media_type=TEXT)


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


def _index(snapshot: Snapshot, event_id: str) -> int:
    index = snapshot.index_of(bytes.fromhex(event_id))
    if index is None:
        raise RequestRefused("absent.event", "No event with this id is in the log.")
    return index
