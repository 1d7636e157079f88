"""The example bundle of the reference: it fits the published schema, and its first five steps hold for ever."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest

from certifiers.examined import Examined
from certifiers.steps import examine
from corridor.reference import reference
from ledger.trust_file import read_trust

DOCS = Path(__file__).parents[2] / "docs"
LINES = (DOCS / "examples" / "lot.bundle").read_bytes().splitlines()


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """The published schema."""
    found: dict[str, Any] = orjson.loads((DOCS / "reference" / "bundle.schema.json").read_bytes())
    return found


def test_the_golden_bundle_still_holds() -> None:
    """A bundle made by an earlier build passes steps 1 to 5 with its trust file, whatever the rules say of it."""
    trust = read_trust((DOCS / "examples" / "trust.policy").read_bytes())
    examined = examine(b"\n".join(LINES) + b"\n", trust)
    assert isinstance(examined, Examined)
    assert examined.lot.endswith("/CO-2026-04")


def test_each_line_fits_the_published_schema(schema: dict[str, Any]) -> None:
    """Header, entries, their payloads and, by type, their bodies are what the published schemas say."""
    line = jsonschema_rs.validator_for(schema)
    payload = jsonschema_rs.validator_for({**schema["$defs"]["payload"], "$defs": schema["$defs"]})
    bodies = {name: jsonschema_rs.validator_for(told["schema"]) for name, told in reference().items()}
    for raw in LINES:
        line.validate(orjson.loads(raw))
    for raw in LINES[1:]:
        said = orjson.loads(b64decode(orjson.loads(raw)["event"]["payload"]))
        payload.validate(said)
        bodies[said["type"]].validate(said["body"])


def test_the_schema_refuses_what_the_form_refuses(schema: dict[str, Any]) -> None:
    """An unknown member, a missing one and a float are refused in header and entry."""
    line = jsonschema_rs.validator_for(schema)
    for raw in LINES[:2]:
        said = orjson.loads(raw)
        name = min(said)
        for broken in (
            {**said, "more": 1},
            {k: v for k, v in said.items() if k != name},
            {**said, name: 1.5},
        ):
            assert not line.is_valid(broken)
