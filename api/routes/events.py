"""Events, read again: an entry as the log holds it, and the proof that it is there."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.parameters import EventPart, Here
from api.portraits import portray_entry
from api.refusal import RequestRefused
from api.replies import FRESH, TEXT, json_answer
from api.visibility import require_public
from ledger.checkpoint import read_checkpoint
from ledger.envelope import read_entry
from ledger.merkle import inclusion_proof
from ledger.note import read_note
from ledger.ports import Snapshot
from ledger.proof import TlogProof, write_tlog_proof

router = APIRouter(prefix="/v1", tags=["events"])


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


def _index(snapshot: Snapshot, event_id: str) -> int:
    index = snapshot.index_of(bytes.fromhex(event_id))
    if index is None:
        raise RequestRefused("absent.event", "No event with this id is in the log.")
    return index
