"""The connection: requests with few retries, lists page by page, batches in pieces."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote

import httpx2

from api.client.answers import (
    NOT_FOUND,
    ClientProblem,
    Receipt,
    Verdict,
    member,
    no_address,
    problem_of,
    read_object,
    read_receipt,
    read_verdicts,
    unreachable,
)

DEFAULT_TIMEOUT_S: Final = 30.0
"""A published receipt waits for a checkpoint and its witnesses, which take seconds; a dead server takes no longer."""

MAX_TRIES: Final = 3
"""A connection that breaks twice in a row is no accident."""

FIRST_PAUSE_S: Final = 0.2
"""Before the second try; twice as long before the third: time for a server to start again."""

BATCH_ROWS: Final = 1_000
BATCH_BYTES: Final = 4 * 2**20
"""What is sent in one request: half of what a server reads, and a verdict for each row some seconds later."""

PAGE_ROWS: Final = 100
"""Rows of a list fetched at once."""

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
"""Hosts that no proxy of the environment can reach for us."""

JSON: Final = "application/json"
NDJSON: Final = "application/x-ndjson"


class Client:
    """One server of one log; threads may share it. Every call raises ClientProblem where the server refuses."""

    def __init__(
        self,
        base_url: str,
        *,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        try:
            self._http = httpx2.Client(
                base_url=base_url.rstrip("/"),
                timeout=timeout_s,
                transport=transport,
                trust_env=httpx2.URL(base_url).host not in LOOPBACK,
            )
        except httpx2.InvalidURL as fault:
            raise no_address() from fault

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def post(self, envelope: bytes, *, wait_published: bool = False, now_ms: int | None = None) -> Receipt:
        """Post one signed event; wait for its checkpoint if asked. `now_ms` is for a log on a simulated clock."""
        answer = self._send(
            "POST",
            "/v1/events",
            content=envelope,
            params={"wait": "published"} if wait_published else {},
            headers={"Content-Type": JSON, **_clock(now_ms)},
        )
        return read_receipt(answer)

    def post_batch(self, envelopes: Iterable[bytes], *, now_ms: int | None = None) -> Iterator[Verdict]:
        """Post signed events in order, and give the verdict on each; a broken row harms no other."""
        start = 0
        for rows in _batches(envelopes):
            answer = self._send(
                "POST",
                "/v1/events/batch",
                content=b"".join(row + b"\n" for row in rows),
                headers={"Content-Type": NDJSON, **_clock(now_ms)},
            )
            yield from read_verdicts(answer.content, start, len(rows))
            start += len(rows)

    def check(self, envelope: bytes) -> None:
        """Ask whether the log would take an event now; it writes nothing."""
        self._send("POST", "/v1/check", content=envelope, headers={"Content-Type": JSON})

    def head(self, subject: str) -> str:
        """Return the id of the last event of a subject's chain; 64 zeros if it has not begun."""
        return member(self._get("/v1/heads", subject=subject), "head", str)

    def genesis(self) -> str:
        """Return the id of the log's genesis event: the `log` of every event signed for it."""
        return member(self._get("/v1/heads", subject="log"), "genesis", str)

    def event(self, event_id: str) -> dict[str, Any]:
        """Return an entry and where it stands."""
        return self._get(f"/v1/events/{event_id}")

    def proof(self, event_id: str) -> str:
        """Return an event's `.tlog-proof` (C2SP): its inclusion in the published log."""
        return self._send("GET", f"/v1/events/{event_id}/proof").text

    def lots(self, **filters: str) -> Iterator[dict[str, Any]]:
        """Give the lots, page after page, in ascending order of their ids."""
        return self.rows("/v1/lots", **filters)

    def lot(self, lot: str) -> dict[str, Any]:
        """Return where a lot stands."""
        return self._get(_lot_path(lot))

    def custodian(self, lot: str) -> str:
        """Return the party that holds a lot; nothing if it has not begun."""
        try:
            return member(self.lot(lot), "custodian", str)
        except ClientProblem as problem:
            if problem.status == NOT_FOUND:
                return ""
            raise

    def history(self, lot: str) -> list[dict[str, Any]]:
        """Return a lot's events in order."""
        return list(self.rows(f"{_lot_path(lot)}/history"))

    def bundle(self, lot: str) -> bytes:
        """Return the bundle that proves a lot offline, as of the newest published checkpoint."""
        return self._send("GET", f"{_lot_path(lot)}/bundle").content

    def verification(self, lot: str) -> dict[str, Any]:
        """Return the report of the server's own verifier: a convenience, no proof."""
        return self._get(f"{_lot_path(lot)}/verification")

    def checkpoint(self) -> str:
        """Return the newest published checkpoint, a signed note (C2SP)."""
        return self._send("GET", "/log/checkpoint").text

    def types(self) -> list[dict[str, Any]]:
        """Return schema, writers and example of every type of event."""
        return member(self._get("/v1/types"), "items", list)

    def fetch(self, path: str) -> bytes:
        """Return the bytes at a path below the server's address, such as a tile of the log."""
        return self._send("GET", path).content

    def rows(self, path: str, **filters: str) -> Iterator[dict[str, Any]]:
        """Give the rows of a list that comes in pages."""
        cursor: dict[str, str] = {}
        while True:
            page = self._get(path, limit=str(PAGE_ROWS), **filters, **cursor)
            yield from member(page, "items", list)
            if not page.get("next"):
                return
            cursor = {"after": str(page["next"])}

    def _get(self, path: str, **params: str) -> dict[str, Any]:
        return read_object(self._send("GET", path, params=params).content)

    def _send(self, method: str, path: str, **request: Any) -> httpx2.Response:  # noqa: ANN401  # httpx2's own arguments
        """Send a request, and again after a broken connection; ClientProblem for every answer but success."""
        for attempt in range(MAX_TRIES):
            if attempt:
                time.sleep(FIRST_PAUSE_S * 2 ** (attempt - 1))
            try:
                answer = self._http.request(method, path, **request)
            except (httpx2.NetworkError, httpx2.RemoteProtocolError) as fault:
                broken: Exception = fault
                continue
            except httpx2.TimeoutException as fault:
                raise unreachable("The server did not answer in time.") from fault
            except (httpx2.HTTPError, httpx2.InvalidURL) as fault:
                raise no_address() from fault
            if answer.is_success:
                return answer
            raise problem_of(answer)
        raise unreachable("The server cannot be reached.") from broken


def _batches(envelopes: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Yield the rows of one request after the other."""
    rows: list[bytes] = []
    size_bytes = 0
    for envelope in envelopes:
        if rows and (len(rows) == BATCH_ROWS or size_bytes + len(envelope) > BATCH_BYTES):
            yield rows
            rows, size_bytes = [], 0
        rows.append(envelope)
        size_bytes += len(envelope) + 1
    if rows:
        yield rows


def _clock(now_ms: int | None) -> Mapping[str, str]:
    return {} if now_ms is None else {"OTC-Now": str(now_ms)}


def _lot_path(lot: str) -> str:
    """Return the path of a lot: `lot:<party>/<code>` is at /v1/lots/<party>/<code>."""
    return f"/v1/lots/{quote(lot.removeprefix('lot:'), safe='/')}"
