"""`otc verify`: read a bundle and a trust file, take the ten steps, say what came out.

    otc verify kol-1.bundle --trust trust.policy --lot lot:mfrg…/KOL-1 --require origin,transit

The one module of this floor that touches files and a clock. It loads no web and no database code and needs no
network. Exit codes: 0 the bundle holds, nothing is refuted and all that is required is shown; 1 it holds, but not so;
2 it proves nothing (steps 1-5), or an input cannot be read.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn

import orjson

from certifiers.bundle import MAX_OPENED_BYTES
from certifiers.report import EXIT_UNUSABLE, REQUIRABLE, Report
from certifiers.verifier import Freshness, verify
from certifiers.wording import tell
from ledger.checkpoint import Checkpoint, read_checkpoint
from ledger.errors import LedgerError
from ledger.trust_file import MAX_TRUST_BYTES, read_trust

MAX_SEEN_BYTES: Final = 512 * 2**10
"""A checkpoint's text is three lines; a whole note with its signatures fits as well."""

_UNITS_MS: Final = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_AGE: Final = re.compile(r"([0-9]{1,6})([smhd])")

HELP: Final = """exit codes:
  0  the bundle holds, nothing is refuted, all that is required is shown
  1  the bundle holds, but something is refuted or a requirement is not shown
  2  the bundle proves nothing (steps 1-5), or an input cannot be read

examples:
  otc verify kol-1.bundle --trust trust.policy
  otc verify kol-1.bundle --trust trust.policy --require origin,transit,K2
  otc verify kol-1.bundle --trust trust.policy --max-age 12d --seen seen.txt"""


class _Unreadable(Exception):
    """An input that cannot be used: what to tell the reader."""


class _Parser(argparse.ArgumentParser):
    """A parser whose complaint is one sentence on stderr, with exit code 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(EXIT_UNUSABLE, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(argv: Sequence[str]) -> int:
    """Run the command with its arguments; return the exit code."""
    given = _parser().parse_args(argv)
    try:
        report = _examine(given)
        if given.seen is not None and report.failure is None:
            _remember(given.seen, report)
    except _Unreadable as error:
        sys.stderr.write(f"otc verify: {error}\n")
        return EXIT_UNUSABLE
    if given.json:
        options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS
        sys.stdout.write(orjson.dumps(report.as_json(), option=options).decode() + "\n")
    else:
        sys.stdout.write(tell(report, given.lang, given.require))
    return report.exit_code(given.require)


def _parser() -> _Parser:
    parser = _Parser(
        prog="otc verify",
        description="Verify a lot's bundle offline, in ten steps.",
        epilog=HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("bundle", type=Path, help="the bundle, gzipped or not")
    parser.add_argument(
        "--trust", type=Path, required=True, help="the trust file: whose logs, which witnesses"
    )
    parser.add_argument("--lot", help="refuse the bundle of any other lot")
    parser.add_argument(
        "--require", type=_requirements, default=(), help="verdicts and claims to be shown: origin,transit,K2"
    )
    parser.add_argument("--as-of", type=_size, metavar="SIZE", help="refuse a checkpoint of any other size")
    parser.add_argument(
        "--max-age", type=_age, metavar="AGE", help="refuse an older checkpoint: 90m, 36h, 12d"
    )
    parser.add_argument(
        "--min-size", type=_size, metavar="SIZE", default=0, help="refuse a smaller checkpoint"
    )
    parser.add_argument(
        "--seen",
        type=Path,
        metavar="FILE",
        help="the largest checkpoint met; refuse what is behind it, then keep it",
    )
    parser.add_argument(
        "--also", type=Path, metavar="FILE", help="signed events that are not in the log, one a line"
    )
    parser.add_argument("--json", action="store_true", help="report as JSON on stdout")
    parser.add_argument("--lang", choices=("en", "fr"), default="en", help="language of what people read")
    return parser


def _requirements(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    unknown = [name for name in names if name not in REQUIRABLE]
    if unknown or not names:
        message = f"it takes {', '.join(REQUIRABLE)}"
        raise argparse.ArgumentTypeError(message)
    return names


def _size(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,19}", text):
        message = "a size is a whole number of entries"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def _age(text: str) -> int:
    match = _AGE.fullmatch(text)
    if match is None:
        message = "an age is a number and s, m, h or d, as in 36h"
        raise argparse.ArgumentTypeError(message)
    return int(match[1]) * _UNITS_MS[match[2]]


def _examine(given: argparse.Namespace) -> Report:
    trust_bytes = _read(given.trust, MAX_TRUST_BYTES)
    try:
        trust = read_trust(trust_bytes)
    except LedgerError as error:
        message = f"the trust file cannot be used: {error.detail}"
        raise _Unreadable(message) from error
    if not trust.genesis:
        message = "the trust file has no `#otc genesis` line, so that no log can be told from another"
        raise _Unreadable(message)
    also = [] if given.also is None else _read(given.also, MAX_OPENED_BYTES).splitlines()
    fresh = Freshness(
        as_of_size=given.as_of,
        min_size=given.min_size,
        max_age_ms=given.max_age,
        now_ms=time.time_ns() // 1_000_000,
        seen=None if given.seen is None else _seen(given.seen),
    )
    data = _read(given.bundle, MAX_OPENED_BYTES)
    return verify(data, trust, lot=given.lot, also=[line for line in also if line], fresh=fresh)


def _read(path: Path, most: int) -> bytes:
    """Read at most one byte more than is allowed: what is longer is refused by its reader."""
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise _Unreadable(message) from error


def _seen(path: Path) -> Checkpoint | None:
    """Read the largest checkpoint met: its three lines, or a whole note; None before the first."""
    if not path.exists():
        return None
    text, _, _ = _read(path, MAX_SEEN_BYTES).decode(errors="replace").partition("\n\n")
    try:
        return read_checkpoint(text.rstrip("\n") + "\n")
    except LedgerError as error:
        message = f"{path} holds no checkpoint"
        raise _Unreadable(message) from error


def _remember(path: Path, report: Report) -> None:
    """Keep the checkpoint just met, which is no smaller than the one before: it was refused otherwise."""
    if report.as_of is None:
        return
    try:
        path.write_text(report.as_of.checkpoint, encoding="utf-8")
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror}"
        raise _Unreadable(message) from error
