"""Answers: JSON without surprises, pages of lists, compression where it was asked for, and caching headers.

A page is {"items":[…],"next":"lot:mfrg…/KOL-7"}: `next` is the `after` of the next page, absent on the last one.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from api import settings

JSON: Final = "application/json"
NDJSON: Final = "application/x-ndjson"
TEXT: Final = "text/plain; charset=utf-8"
BYTES: Final = "application/octet-stream"

IMMUTABLE: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
"""For what never changes once it is there: tiles and entry bundles (C2SP tlog-tiles)."""
FRESH: Final = {"Cache-Control": "no-cache"}
"""For what the next second may change: it may be kept, but not used unasked."""

_GZIP_WINDOW: Final = 31


def json_answer(value: object, status: int = 200, headers: Mapping[str, str] = FRESH) -> Response:
    """Return a value as JSON."""
    return Response(orjson.dumps(value), status, dict(headers), JSON)


def page_answer(items: Sequence[Any], cursors: Sequence[str | int], limit: int) -> Response:
    """Return one page of a list; `cursors` tell where each item found stands, shown or not."""
    page: dict[str, Any] = {"items": items}
    if len(cursors) == limit:
        page["next"] = cursors[-1]
    return json_answer(page)


def compressed(
    request: Request, data: bytes, media_type: str, headers: Mapping[str, str] = FRESH
) -> Response:
    """Return bytes, in gzip if the client takes that; the same bytes always compress to the same."""
    vary = {**headers, "Vary": "Accept-Encoding"}
    if not takes_gzip(request.headers.get("accept-encoding", "")):
        return Response(data, headers=vary, media_type=media_type)
    packer = zlib.compressobj(settings.GZIP_LEVEL, wbits=_GZIP_WINDOW)
    packed = packer.compress(data) + packer.flush()
    return Response(packed, headers={**vary, "Content-Encoding": "gzip"}, media_type=media_type)


def takes_gzip(accept_encoding: str) -> bool:
    """Tell whether an Accept-Encoding header takes gzip (RFC 9110, section 12.5.3); unasked we do not compress."""
    for choice in accept_encoding.lower().split(","):
        coding, _, weight = choice.replace(" ", "").partition(";q=")
        if coding == "gzip":
            return weight.strip("0.") != "" or weight == ""
    return False
