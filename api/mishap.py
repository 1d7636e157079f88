"""Mistakes of our own: told to the server's log by kind and place, never with values, which may be somebody's data."""

from __future__ import annotations

from logging import Logger
from pathlib import Path
from traceback import extract_tb


def report(log: Logger, what: str, fault: BaseException) -> None:
    """Log the kind of an exception and where it was raised: `KeyError at corridor/rules.py:57`."""
    frames = extract_tb(fault.__traceback__)
    place = f"{_short(frames[-1].filename)}:{frames[-1].lineno}" if frames else "nowhere"
    log.error("%s: %s at %s", what, type(fault).__name__, place)


def _short(path: str) -> str:
    return "/".join(Path(path).parts[-2:])
