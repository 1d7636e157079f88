"""What a server answers: receipts, verdicts, and problems (RFC 9457) as errors.

{"event_id":"9f86…0a08","index":4711,"at":1768632120000,"status":"committed"}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import httpx2
import orjson

from ledger.errors import LedgerError

T = TypeVar("T")

CREATED: Final = 201
NOT_FOUND: Final = 404
REFUSED: Final = "refused"


class ClientProblem(LedgerError):
    """The server's refusal (RFC 9457), or that it cannot be reached: then `status` is 0, `code` `client.unreachable`.

    `head` is the current head of the chain where another event has taken the one that was built on.
    """

    def __init__(
        self, status: int, code: str, detail: str, *, pointer: str = "", hint: str = "", head: str = ""
    ) -> None:
        super().__init__(code, detail, pointer=pointer, hint=hint)
        self.status = status
        self.head = head


@dataclass(frozen=True, slots=True)
class Receipt:
    """An event is durable at `index` since `at` (ms); `created` is False if it was there before."""

    event_id: str
    index: int
    at: int
    status: str
    created: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one row of a batch, counted from 0: `committed`, `duplicate`, or `refused` with its problem."""

    row: int
    status: str
    event_id: str
    index: int | None
    problem: ClientProblem | None


def read_object(content: bytes) -> dict[str, Any]:
    """Read the JSON object that an answer, or a line of one, is; ClientProblem `client.answer` if it is none."""
    try:
        said = orjson.loads(content)
    except orjson.JSONDecodeError:
        said = None
    if not isinstance(said, dict):
        raise foreign_answer()
    return said


def member(said: Mapping[str, Any], name: str, kind: type[T]) -> T:
    """Return a member of an answer; ClientProblem `client.answer` if it is not there, or of another kind."""
    value = said.get(name)
    if not isinstance(value, kind):
        raise foreign_answer()
    return value


def read_receipt(answer: httpx2.Response) -> Receipt:
    """Read the receipt of an event."""
    said = read_object(answer.content)
    return Receipt(
        event_id=member(said, "event_id", str),
        index=member(said, "index", int),
        at=member(said, "at", int),
        status=member(said, "status", str),
        created=answer.status_code == CREATED,
    )


def read_verdicts(content: bytes, start: int, count: int) -> Iterator[Verdict]:
    """Read a batch's answer, a line for each of `count` rows; rows are counted from `start`.

    ClientProblem `client.answer` if there are fewer: the rows without a verdict may or may not be in the log.
    """
    lines = content.splitlines()
    for line in lines[:count]:
        yield _read_verdict(read_object(line), start)
    if len(lines) != count:
        raise foreign_answer()


def _read_verdict(said: Mapping[str, Any], start: int) -> Verdict:
    status = member(said, "status", str)
    problem = member(said, "problem", dict) if status == REFUSED else None
    return Verdict(
        row=start + member(said, "row", int),
        status=status,
        event_id=member(said, "event_id", str) if "event_id" in said else "",
        index=None if status == REFUSED else member(said, "index", int),
        problem=None if problem is None else _read_problem(member(problem, "status", int), problem),
    )


def problem_of(answer: httpx2.Response) -> ClientProblem:
    """Read an answer that is no success."""
    try:
        said = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        said = None
    return _read_problem(answer.status_code, said if isinstance(said, dict) else {})


def _read_problem(status: int, said: Mapping[str, Any]) -> ClientProblem:
    """Read a problem (RFC 9457); an answer of something between us and the server has only its status."""
    return ClientProblem(
        status,
        str(said.get("code", "client.answer")),
        str(said.get("detail") or said.get("title") or f"The server answered {status}."),
        pointer=str(said.get("pointer", "")),
        hint=str(said.get("hint", "")),
        head=str(said.get("head", "")),
    )


def unreachable(detail: str) -> ClientProblem:
    """Say that no answer came."""
    return ClientProblem(0, "client.unreachable", detail, hint="Is `otc serve` running at this address?")


def no_address() -> ClientProblem:
    """Say that nobody can be asked at such an address."""
    return ClientProblem(
        0,
        "client.address",
        "The address is not that of a server.",
        hint="Write it like http://127.0.0.1:8000.",
    )


def foreign_answer() -> ClientProblem:
    """Say that somebody else answered, or half an answer came."""
    return ClientProblem(
        0,
        "client.answer",
        "The answer is not one that a log's server gives.",
        hint="What stands between it and us? Sending the same bytes again is safe.",
    )
