"""Words that promise too much: no page, report or command says them, in either language.

A ledger shows who said what and that nobody changed it; it never shows what is in the bags. So no string that
people may read holds one of these words, unless it stands below with its reason.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

FORBIDDEN = re.compile(
    r"\b(verified|certified clean|conflict[- ]free|guaranteed"
    r"|vérifiée?s?|certifiée?s? propres?|sans conflits?|garantie?s?)\b"
    r"|[\N{CHECK MARK}\N{HEAVY CHECK MARK}\N{WHITE HEAVY CHECK MARK}]",
    re.IGNORECASE,
)

# Where sentences for people are written. Pages and templates count whole; of Python, the string literals.
SPOKEN = ("certifiers/", "api/", "simulations/", "corridor/findings.py", "corridor/refusals.py")
PAGES = (".html", ".js", ".svg")

# (file, the whole string) -> why it may stand there: a code that is never shown, or a sentence that denies it.
ALLOWED: dict[tuple[str, str], str] = {}


def literals(text: str) -> Iterator[str]:
    """Yield the string literals of a Python file, docstrings apart (nobody but its readers sees them)."""
    tree = ast.parse(text)
    silent = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent:
            yield node.value


def spoken(written: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield file and text of everything that people may come to read."""
    for path, text in written.items():
        if path.startswith(SPOKEN) and path.endswith(".py"):
            yield from ((path, literal) for literal in literals(text))
        elif path.startswith(SPOKEN) and path.endswith(PAGES):
            yield from ((path, line.strip()) for line in text.splitlines())


def test_nothing_shown_promises_too_much(written: dict[str, str]) -> None:
    """Verified, certified clean, conflict-free, guaranteed, or a bare tick: never, in any language."""
    said = {(path, text) for path, text in spoken(written) if FORBIDDEN.search(text)}
    assert sorted(said - ALLOWED.keys()) == []


def test_each_permission_is_needed_and_has_a_reason(written: dict[str, str]) -> None:
    """What no file says any more is not permitted any more."""
    said = set(spoken(written))
    assert [key for key, reason in ALLOWED.items() if key not in said or not reason] == []


def test_the_words_are_found_where_people_read_them() -> None:
    """The inspector sees them in literals and f-strings, whatever their case, and not in docstrings or names."""
    code = "'''verified'''\nverified = f\"Lot {lot}: Verified.\"\nprint(\"unverified\", \"non vérifié\")\n"
    assert [text for text in literals(code) if FORBIDDEN.search(text)] == [": Verified.", "non vérifié"]
