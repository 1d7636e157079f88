"""The published reference of every event type: who may write it, the schema of its body, and an example.

It is read off the classes that decide, so it cannot drift from them. Examples are data (`data/examples.json`), and a
test reads each of them through its type.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import orjson

from corridor.body import Body, Slot
from corridor.statements import TYPES


def _slots(slots: Mapping[str, Slot]) -> list[dict[str, Any]]:
    return [
        {"kind": kind, "least": slot.least, "most": slot.most, "begins": slot.begins, "who": slot.who()}
        for kind, slot in slots.items()
    ]


def _without_null(schema: Any) -> Any:  # noqa: ANN401  # JSON Schema
    """Say of a member that may be absent only that: the form has no null (PROTOCOL section 2)."""
    if isinstance(schema, list):
        return [_without_null(item) for item in schema if item != {"type": "null"}]
    if not isinstance(schema, dict):
        return schema
    kept = {name: _without_null(part) for name, part in schema.items() if (name, part) != ("default", None)}
    choices = kept.get("anyOf")
    return {**kept.pop("anyOf")[0], **kept} if choices and len(choices) == 1 else kept


@cache
def _examples() -> dict[str, dict[str, Any]]:
    data: dict[str, dict[str, Any]] = orjson.loads(
        resources.files("corridor").joinpath("data/examples.json").read_bytes()
    )
    return data


def describe(body: type[Body]) -> dict[str, Any]:
    """Describe one type: what it means, what it links and speaks about and by whom, its body's schema, an example."""
    return {
        "type": body.type,
        "meaning": (body.__doc__ or "").partition("\n")[0],
        "links": _slots(body.links),
        "about": _slots(body.about),
        "committed": sorted(body.committed),
        "schema": _without_null(body.model_json_schema()),
        "example": _examples()[body.type],
    }


@cache
def reference() -> dict[str, dict[str, Any]]:
    """Describe every type, by name, in the order of `TYPES`."""
    return {name: describe(body) for name, body in TYPES.items()}
