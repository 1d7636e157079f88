"""Problems: every error as RFC 9457 problem details, with a stable code, a JSON pointer and what to do.

    {"type":"/problems/chain.stale_head","title":"prev is not the head of the subject's chain","status":412,
     "code":"chain.stale_head","detail":"prev is not the head of the subject's chain","pointer":"/links/0/prev",
     "hint":"another event took this head; fetch the current one and build on it","head":"7c1e…"}

`GET /problems/<code>` explains a code. Nothing that was sent is ever repeated: neither values nor unknown names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import orjson
from starlette.responses import Response

from api.catalogue import TABLE
from api.refusal import RequestRefused
from corridor.refusals import REFUSALS
from ledger.errors import LedgerError

MEDIA_TYPE: Final = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Problem:
    """What a code means: its HTTP status, a sentence, and what to do about it."""

    status: int
    title: str
    hint: str


def _read(line: str) -> tuple[str, Problem]:
    code, status, title, hint = line.split(" | ")
    return code, Problem(int(status), REFUSALS[code][1] if title == "=" else title, hint)


CATALOGUE: Final[Mapping[str, Problem]] = dict(map(_read, TABLE.strip().splitlines()))
"""Every code that any floor raises."""

_FAULT: Final = CATALOGUE["server.fault"]


def document(error: LedgerError, **more: str | int) -> dict[str, str | int]:
    """Return the problem details of an error; `more` are extension members such as the current `head`."""
    problem = CATALOGUE.get(error.code, _FAULT)
    return {
        "type": f"/problems/{error.code}",
        "title": problem.title,
        "status": problem.status,
        "code": error.code,
        "detail": error.detail,
        "pointer": error.pointer,
        "hint": error.hint or problem.hint,
        **more,
    }


def answer(error: LedgerError, **more: str | int) -> Response:
    """Return the HTTP answer that tells of an error."""
    said = document(error, **more)
    headers = error.headers if isinstance(error, RequestRefused) else {}
    return Response(
        orjson.dumps(said), int(said["status"]), {**headers, "Cache-Control": "no-store"}, MEDIA_TYPE
    )
