"""Heads: what an event has to name as `prev`, and the genesis that it has to name as `log`."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from api.parameters import Here
from api.replies import json_answer
from ledger.chain import EMPTY_FILE, GENESIS_PREV
from ledger.subjects import check_subject

router = APIRouter(prefix="/v1", tags=["events"])


@router.get("/heads", summary="The head of a subject's chain: 64 zeros where it has not begun")
def heads(ledger: Here, subject: Annotated[str, Query(description="A subject's id, or `log`")]) -> Response:
    """Answer with head, index and file of a subject, as of all that is committed."""
    check_subject(subject, "/query/subject")
    with ledger.store.read() as snapshot:
        head = snapshot.head(subject)
        size = snapshot.size()
    said: dict[str, Any] = {
        "genesis": ledger.genesis_id,
        "origin": ledger.origin,
        "size": size,
        "subject": subject,
        "begun": head is not None,
        "head": GENESIS_PREV if head is None else head.event_id.hex(),
        "file": (EMPTY_FILE if head is None else head.file).hex(),
    }
    if head is not None:
        said["index"] = head.index
    return json_answer(said)
