"""Strict reading of what comes in: bodies as bytes, bounded in size and time; headers and queries without surprises.

Nothing here looks into a body: its bytes go as they are to the one reader of `ledger.canonical`. A body is refused
by its Content-Length before the first byte is read, and while it streams as soon as it has grown too large.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Final

from starlette.requests import Request

from api import settings
from api.refusal import RequestRefused

NOW_HEADER: Final = "otc-now"
"""The simulated clock's header (docs/reference/http.md)."""

_MAX_DIGITS: Final = 16
"""Of 2^53-1, the largest integer of the form."""


async def read_body(request: Request, media_type: str, max_bytes: int) -> bytes:
    """Return a request's body; RequestRefused if it is of another media type, compressed, too large, slow or empty."""
    _check_media_type(request, media_type)
    _check_length(request, max_bytes)
    try:
        async with asyncio.timeout(settings.BODY_SECONDS):
            body = await _collect(request, max_bytes)
    except TimeoutError:
        raise RequestRefused(
            "request.slow",
            f"The body took longer than {settings.BODY_SECONDS} s.",
            headers={"Connection": "close"},
        ) from None
    if not body:
        raise RequestRefused("request.empty", "The body is empty.")
    return body


async def _collect(request: Request, max_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            raise _too_large(max_bytes)
    return bytes(body)


def _check_media_type(request: Request, media_type: str) -> None:
    given, _, parameters = request.headers.get("content-type", "").lower().partition(";")
    utf8 = parameters.replace(" ", "").replace('"', "") in {"", "charset=utf-8"}
    if given.strip() != media_type or not utf8:
        raise RequestRefused(
            "request.media_type", "The body is of another media type.", hint=f"Content-Type: {media_type}"
        )
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise RequestRefused("request.encoding", "Bodies are not compressed here.")


def _check_length(request: Request, max_bytes: int) -> None:
    length = request.headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit():
        raise RequestRefused("request.header", "Content-Length is not a number.")
    if len(length) > _MAX_DIGITS or int(length) > max_bytes:
        raise _too_large(max_bytes)


def _too_large(max_bytes: int) -> RequestRefused:
    return RequestRefused("request.too_large", f"The body has more than {max_bytes} bytes.")


def check_headers(headers: Collection[tuple[bytes, bytes]], *, simulated: bool) -> None:
    """Refuse headers that are too large together, and `OTC-…` headers that nobody reads here."""
    if sum(len(name) + len(value) for name, value in headers) > settings.MAX_HEADER_BYTES:
        raise RequestRefused("request.headers_too_large", "The headers are too large together.")
    ours = [name for name, _ in headers if name.startswith(b"otc-")]
    if ours and (ours != [NOW_HEADER.encode()] or not simulated):
        raise RequestRefused(
            "request.header",
            "No OTC header is read here but one OTC-Now, and that only under a simulated clock.",
        )


def simulated_now(request: Request) -> int | None:
    """Return the ms since 1970 of the request's `OTC-Now` header, if it has one."""
    said = request.headers.get(NOW_HEADER)
    if said is None:
        return None
    if not said.isascii() or not said.isdigit() or len(said) > _MAX_DIGITS:
        raise RequestRefused("request.header", "OTC-Now is not a number of milliseconds since 1970.")
    return int(said)


def asked(request: Request, **allowed: Collection[str]) -> dict[str, str]:
    """Return the query's parameters, each at most once and of the `allowed` values; refuse every other query.

    For routes that read their requests themselves; the others declare their parameters.
    """
    given = request.query_params.multi_items()
    if len(dict(given)) < len(given) or not allowed.keys() >= dict(given).keys():
        raise RequestRefused(
            "request.unknown_parameter",
            "The route does not know a query parameter, or it is given twice.",
            pointer="/query",
        )
    for name, value in given:
        if value not in allowed[name]:
            raise RequestRefused(
                "request.parameter", "A parameter is not well formed.", pointer=f"/query/{name}"
            )
    return dict(given)
