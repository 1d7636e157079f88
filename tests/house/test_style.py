"""The style of the house: small pieces, honest names, nothing unfinished."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import PurePosixPath

LONGEST_MODULE = 400
LONGEST_FUNCTION = 60

# Words that say nothing of what a thing is; the plural says no more.
EMPTY_WORDS = {"util", "helper", "common", "base", "core", "misc", "manager", "handler", "service"}

# Written so that this file does not find itself.
UNFINISHED = re.compile(r"\b(TO[D]O|FIX[M]E|X{3})\b")
MACHINE_PATH = re.compile(r"(?<![\w.:/~<-])/(?:home|root|work|Users|private)/\w")
SILENCED = re.compile(r"# (?:noqa|type: ignore)\b")
REASONED = re.compile(r"# (?:noqa: [A-Z]+[0-9]+(?:, ?[A-Z]+[0-9]+)*|type: ignore\[[a-z, -]+\])  # \S")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def nodes(text: str) -> tuple[ast.AST, ...]:
    """Take a file of Python apart."""
    return tuple(ast.walk(ast.parse(text)))


def functions(files: dict[str, str]) -> Iterator[tuple[str, Function]]:
    """Yield every function and method with its place."""
    for path, text in files.items():
        for node in nodes(text):
            if isinstance(node, Function):
                yield f"{path}:{node.lineno} {node.name}", node


def words(name: str) -> set[str]:
    """Take a name in snake_case or CamelCase apart, in lower case, each word as it is and in the singular."""
    parts = [part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]
    return {*parts, *(part.removesuffix("s") for part in parts)}


def test_no_module_is_a_giant(house: dict[str, str]) -> None:
    """A module fits into a reader's head: at most 400 lines."""
    assert [path for path, text in house.items() if text.count("\n") > LONGEST_MODULE] == []


def test_no_function_is_a_giant(house: dict[str, str]) -> None:
    """A function fits on a screen: at most 60 lines."""
    long = [
        place
        for place, function in functions(house)
        if (function.end_lineno or function.lineno) - function.lineno >= LONGEST_FUNCTION
    ]
    assert long == []


def test_names_say_what_things_are(house: dict[str, str]) -> None:
    """No module and no class hides behind a word that fits everything."""
    modules = [(path, part) for path in house for part in PurePosixPath(path).with_suffix("").parts]
    classes = [
        (f"{path}:{node.lineno}", node.name)
        for path, text in house.items()
        for node in nodes(text)
        if isinstance(node, ast.ClassDef)
    ]
    assert [place for place, name in modules + classes if words(name) & EMPTY_WORDS] == []


def test_every_test_says_what_it_promises(inspectors: dict[str, str]) -> None:
    """Each test has a docstring of one line, which is its promise."""
    silent = [
        place
        for place, function in functions(inspectors)
        if function.name.startswith("test_") and not re.fullmatch(".+", ast.get_docstring(function) or "")
    ]
    assert silent == []


def test_annotations_are_never_run(house: dict[str, str], inspectors: dict[str, str]) -> None:
    """Every file with code in it begins with the same future import."""
    late = [
        path
        for path, text in (house | inspectors).items()
        if "\nfrom __future__ import annotations\n" not in text
        and any(isinstance(node, Function | ast.Import | ast.ImportFrom) for node in nodes(text))
    ]
    assert late == []


def test_every_exception_to_a_rule_has_its_reason(house: dict[str, str], inspectors: dict[str, str]) -> None:
    """A silenced check names its rule, and a second comment beside it says why that is right."""
    unreasoned = [
        f"{path}:{number}"
        for path, text in (house | inspectors).items()
        for number, line in enumerate(text.splitlines(), 1)
        if SILENCED.search(line) and not REASONED.search(line)
    ]
    assert unreasoned == []


def test_nothing_is_left_unfinished(written: dict[str, str]) -> None:
    """What is not done is not promised in a comment: no mark of unfinished work in any file."""
    assert [path for path, text in written.items() if UNFINISHED.search(text)] == []


def test_no_file_knows_a_machine(written: dict[str, str]) -> None:
    """The project runs anywhere: no file names a folder of somebody's computer."""
    assert [path for path, text in written.items() if MACHINE_PATH.search(text)] == []
