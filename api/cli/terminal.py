"""What the commands share at the terminal: how arguments are read, and how reports, JSON and progress are written."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any, Final, NoReturn

import orjson

from ledger.errors import LedgerError

LANGUAGES: Final = ("en", "fr")


class Arguments(argparse.ArgumentParser):
    """A parser whose complaint is one sentence on stderr, with exit code 2."""

    def error(self, message: str) -> NoReturn:
        """Complain and leave."""
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def arguments(command: str, about: str, examples: Sequence[str], *, more: str = "") -> Arguments:
    """Return a parser for `otc COMMAND` whose help ends with examples."""
    shown = "\n".join(f"  {example}" for example in examples)
    return Arguments(
        prog=f"otc {command}",
        description=about,
        epilog=f"{more}\n\nexamples:\n{shown}" if more else f"examples:\n{shown}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def add_report(parser: Arguments, *, json: bool = True, lang: bool = True) -> None:
    """Add --json and --lang, for a command that reports."""
    if json:
        parser.add_argument("--json", action="store_true", help="report as JSON on stdout")
    if lang:
        parser.add_argument("--lang", choices=LANGUAGES, default="en", help="language of what people read")


def print_json(value: Any) -> None:  # noqa: ANN401  # whatever orjson can write
    """Write a value as JSON, indented, on stdout."""
    say(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def say(line: str) -> None:
    """Write a line of the answer, on stdout."""
    sys.stdout.write(f"{line}\n")


def tell(line: str) -> None:
    """Write a line for the person at the terminal, on stderr, where it is in no pipe's way."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def sentence(error: LedgerError) -> str:
    """Say an error in one line: what is wrong, where, what to do, and the code by which `otc explain` says more."""
    where = f" (at {error.pointer})" if error.pointer else ""
    hint = f" {error.hint}" if error.hint else ""
    return f"{error.detail}{where}{hint} [{error.code}]"


def is_interactive() -> bool:
    """Tell whether somebody is there to answer."""
    return sys.stdin.isatty() and sys.stderr.isatty()


class Progress:
    """A count that runs on stderr while a person looks on; silent in pipes and scripts."""

    def __init__(self, unit: str, *, quiet: bool = False) -> None:
        """`quiet` where the answer's own lines already show how far it is."""
        self._unit = unit
        self._shown = sys.stderr.isatty() and not quiet

    def show(self, count: int, total: int | None = None) -> None:
        """Write the count over the last one."""
        if self._shown:
            whole = "" if total is None else f" of {total:,}"
            sys.stderr.write(f"\r{count:,}{whole} {self._unit} ")
            sys.stderr.flush()

    def close(self) -> None:
        """End the line."""
        if self._shown:
            sys.stderr.write("\n")
