"""The types of events, as the corridor describes them: who may write each, its body's JSON Schema, an example."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.refusal import RequestRefused
from api.replies import json_answer
from corridor.reference import reference

router = APIRouter(prefix="/v1", tags=["events"])

TypePart = Annotated[str, Path(pattern=r"^[a-z]+\.[a-z][a-z_]{0,63}$", description="A type's name")]


@router.get("/types", summary="Every type of event that this release reads")
def types() -> Response:
    """Answer with the descriptions of all types."""
    return json_answer({"items": list(reference().values())})


@router.get("/types/{name}", summary="One type of event: links, writers, schema, example")
def one_type(name: TypePart) -> Response:
    """Answer with the description of one type."""
    found = reference().get(name)
    if found is None:
        raise RequestRefused("absent.type", "No type of this name is read here.")
    return json_answer(found)
