"""Whether the server lives, and whether it is ready: a balancer sends nobody to one that is not."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.parameters import Here
from api.problems import CATALOGUE
from api.replies import json_answer

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="The process answers")
async def healthz() -> Response:
    """Answer: that is all."""
    return json_answer({"status": "ok"})


@router.get("/readyz", summary="The server takes events and publishes them; 503 with reasons if not")
async def readyz(ledger: Here) -> Response:
    """Answer with what keeps the server from being ready: a halt, a stop, a missing quorum, an unvouched clock."""
    complaints = ledger.sequencer.complaints()
    reasons = [
        {"code": code, "title": CATALOGUE[code].title, "hint": CATALOGUE[code].hint} for code in complaints
    ]
    said = {"ready": not reasons, "published": ledger.sequencer.published, "reasons": reasons}
    return json_answer(said, 503 if reasons else 200)
