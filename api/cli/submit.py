"""`otc submit`: posts signed events from a file, one a line; exit code 1 if any of them is refused."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import orjson

from api.cli.terminal import Arguments, Progress, add_report, arguments, say, sentence, tell
from api.client import Client, Verdict

REFUSED = "refused"
SUMMARY = {
    "en": "{committed:,} committed, {duplicate:,} there before, {refused:,} refused",
    "fr": "{committed:,} enregistrés, {duplicate:,} déjà présents, {refused:,} refusés",
}


def main(argv: Sequence[str]) -> int:
    """Post every line; write a verdict for each; return 1 if one is refused."""
    given = _parser().parse_args(argv)
    counts = Counter(committed=0, duplicate=0, refused=0)
    progress = Progress("events", quiet=sys.stdout.isatty())
    with Client(given.url, timeout_s=given.timeout) as client:
        for verdict in client.post_batch(_lines(given.file), now_ms=given.now):
            counts[verdict.status] += 1
            say(orjson.dumps(_as_json(verdict)).decode() if given.json else _sentence(verdict))
            progress.show(counts.total())
    progress.close()
    tell(SUMMARY[given.lang].format(**counts))
    return 1 if counts[REFUSED] else 0


def _lines(path: Path) -> Iterator[bytes]:
    """Yield the envelopes of an NDJSON file as they stand, blank lines left out; `-` is stdin."""
    if path == Path("-"):
        yield from _rows(sys.stdin.buffer)
        return
    with path.open("rb") as file:
        yield from _rows(file)


def _rows(file: BinaryIO) -> Iterator[bytes]:
    return (row for line in file if (row := line.removesuffix(b"\n")).strip())


def _as_json(verdict: Verdict) -> dict[str, object]:
    said: dict[str, object] = {"row": verdict.row, "status": verdict.status, "event_id": verdict.event_id}
    if verdict.index is not None:
        said["index"] = verdict.index
    if problem := verdict.problem:
        said["problem"] = {
            "code": problem.code,
            "detail": problem.detail,
            "pointer": problem.pointer,
            "hint": problem.hint,
            "head": problem.head,
        }
    return said


def _sentence(verdict: Verdict) -> str:
    where = "" if verdict.index is None else f" at index {verdict.index}"
    why = f": {sentence(verdict.problem)}" if verdict.problem else ""
    return f"{verdict.row} {verdict.status}{where} {verdict.event_id}{why}".rstrip()


def _parser() -> Arguments:
    parser = arguments(
        "submit",
        "Post signed events, one envelope a line, and write a verdict for each line.",
        [
            "otc submit events.ndjson --url http://127.0.0.1:8000",
            "otc submit - --url http://127.0.0.1:8000 --json < events.ndjson",
        ],
        more="Exit code 0: each is in the log, now or before; 1: at least one was refused. Sending a file again is safe.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="NDJSON of envelopes; - for stdin")
    parser.add_argument("--url", required=True, help="address of the log's server")
    parser.add_argument(
        "--timeout", type=float, default=120.0, metavar="SECONDS", help="for each request (120)"
    )
    parser.add_argument("--now", type=int, metavar="MS", help="the clock of a log that is a play, in ms")
    add_report(parser)
    return parser
