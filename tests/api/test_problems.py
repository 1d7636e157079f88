"""Problems: every code that any floor can raise is in the catalogue, with a status and a way out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from api.problems import CATALOGUE, MEDIA_TYPE, answer, document
from api.refusal import RequestRefused, come_back
from corridor.findings import CATALOGUE as FINDINGS
from corridor.refusals import REFUSALS, Refused
from corridor.statements import RESERVED, TYPES
from ledger import errors

ROOT = Path(errors.__file__).parents[1]
CODE = re.compile(r"[a-z]+\.[a-z_]+")
FILES = re.compile(r".*\.(?:json|db|key|lock|policy|example|demo|py|md)")


def floors() -> Iterator[ast.AST]:
    """Yield every node of the source files that answers of the server can come from."""
    for floor in ("ledger", "corridor", "api"):
        for path in sorted((ROOT / floor).rglob("*.py")):
            yield from ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def raised() -> set[str]:
    """The codes that stand first in a call: of an error's class, of `refuse`, of a function that makes an error."""
    return {
        node.args[0].value
        for node in floors()
        if isinstance(node, ast.Call)
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
        and CODE.fullmatch(node.args[0].value)
        and is_about_errors(node.func)
    }


def is_about_errors(called: ast.expr) -> bool:
    """Tell whether a called name is an error's class or makes an error."""
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    return bool(re.search(r"Error|Refused|Problem|refuse|come_back|_form|_unusable|_wrong", name))


def mentioned() -> set[str]:
    """Every literal of the source that begins like a code of the catalogue and names nothing else."""
    families = {code.partition(".")[0] for code in CATALOGUE}
    texts = {
        node.value
        for node in floors()
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value)
    }
    others = set(TYPES) | set(RESERVED) | set(FINDINGS)
    return {
        text for text in texts - others if text.partition(".")[0] in families and not FILES.fullmatch(text)
    }


def test_every_code_that_is_raised_is_catalogued() -> None:
    """Whoever reads a code finds it explained."""
    assert raised() - CATALOGUE.keys() == set()


def test_every_code_that_is_mentioned_is_catalogued() -> None:
    """Codes that travel through constants and arguments are explained too."""
    assert mentioned() - CATALOGUE.keys() == set()


def test_every_refusal_of_the_corridor_has_a_status() -> None:
    """The corridor's rules say why; the door says with which status."""
    assert REFUSALS.keys() - CATALOGUE.keys() == set()


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_a_problem_says_what_is_wrong_and_what_to_do(code: str) -> None:
    """Each entry has an error status, a sentence and a way out."""
    problem = CATALOGUE[code]
    assert 400 <= problem.status < 600
    assert problem.title
    assert problem.hint.endswith((".", "?"))


def test_only_our_own_mistake_has_status_500() -> None:
    """What a sender did wrong is never the server's fault."""
    assert [code for code, problem in CATALOGUE.items() if problem.status == 500] == ["server.fault"]


def test_an_answer_has_the_members_of_rfc_9457() -> None:
    """type, title, status and detail, and beside them code, pointer and hint."""
    said = answer(Refused("chain.stale_head", "/links/0/prev"), head="ab" * 32)
    assert said.status_code == 412
    assert said.headers["content-type"] == MEDIA_TYPE
    assert orjson.loads(said.body) == {
        "type": "/problems/chain.stale_head",
        "title": "`prev` is not the head of the subject's chain.",
        "status": 412,
        "code": "chain.stale_head",
        "detail": "`prev` is not the head of the subject's chain.",
        "pointer": "/payload/links/0/prev",
        "hint": "Fetch the current head, build the event on it, sign and send again.",
        "head": "ab" * 32,
    }


def test_the_hint_of_an_error_comes_before_the_catalogues() -> None:
    """Who refuses knows more than a catalogue."""
    assert document(RequestRefused("route.unknown", "Nothing.", hint="Go home."))["hint"] == "Go home."


def test_what_may_be_sent_again_says_when() -> None:
    """A 503 carries Retry-After in seconds."""
    said = answer(come_back("server.clock", "Not now.", seconds=60))
    assert (said.status_code, said.headers["retry-after"]) == (503, "60")


def test_a_code_that_nobody_knows_is_our_mistake() -> None:
    """An uncatalogued error is answered all the same, as a fault of the server."""
    assert document(RequestRefused("never.heard", "Oh."))["status"] == 500
