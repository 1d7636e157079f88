"""What became of events, as answers say it: receipts, problems, and the lines of a batch.

{"event_id":"9f86…0a08","index":4711,"at":1768632120000,"status":"committed"}
{"row":3,"status":"refused","event_id":"7c1e…","problem":{"code":"chain.stale_head",…}}
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from api.problems import answer, document
from corridor.journal import Committed, NotCommitted, Outcome
from ledger.errors import LedgerError


def receipt(outcome: Committed, published: int) -> dict[str, Any]:
    """Return the receipt of an event, given the size of the newest published checkpoint."""
    return {
        "event_id": outcome.event_id,
        "index": outcome.index,
        "at": outcome.at,
        "status": "published" if outcome.index < published else "committed",
    }


def refused(outcome: NotCommitted) -> Response:
    """Return the problem of an event that was refused, with the current head where that was the reason."""
    return answer(outcome.error, **_head(outcome))


def row_verdict(row: int, outcome: Outcome) -> dict[str, Any]:
    """Return the line of a batch's answer about one row that could be read."""
    if isinstance(outcome, NotCommitted):
        return {
            "row": row,
            "status": "refused",
            "event_id": outcome.event_id,
            "problem": document(outcome.error, **_head(outcome)),
        }
    status = "duplicate" if outcome.duplicate else "committed"
    return {
        "row": row,
        "status": status,
        "event_id": outcome.event_id,
        "index": outcome.index,
        "at": outcome.at,
    }


def row_problem(row: int, error: LedgerError) -> dict[str, Any]:
    """Return the line of a batch's answer about a row that could not be read, or was not written."""
    return {"row": row, "status": "refused", "problem": document(error)}


def _head(outcome: NotCommitted) -> dict[str, str]:
    return {"head": outcome.head} if outcome.head else {}
