"""The corridors and their control posts, as the data file has them: what is planned is shown as planned."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from api.refusal import RequestRefused
from api.replies import json_answer
from corridor.places import Corridor
from corridor.places import corridors as all_corridors

router = APIRouter(prefix="/v1", tags=["corridors"])

CorridorPart = Annotated[str, Path(pattern=r"^[A-Z][A-Z0-9_-]{0,63}$", description="A corridor's id")]


@router.get("/corridors", summary="All corridors")
def corridors() -> Response:
    """Answer with every corridor; there are few enough for one page."""
    return json_answer({"items": [_portray(corridor) for corridor in all_corridors().values()]})


@router.get("/corridors/{corridor}", summary="One corridor: posts, legs, products, lot sizes, transit days")
def corridor(corridor: CorridorPart) -> Response:
    """Answer with one corridor."""
    found = all_corridors().get(corridor)
    if found is None:
        raise RequestRefused("absent.corridor", "No corridor has this id.")
    return json_answer(_portray(found))


def _portray(corridor: Corridor) -> dict[str, Any]:
    return {name: _without_none(member) for name, member in asdict(corridor).items() if member is not None}


def _without_none(value: Any) -> Any:  # noqa: ANN401  # any JSON value
    """Leave out members without a value, as everywhere."""
    if isinstance(value, dict):
        return {name: _without_none(member) for name, member in value.items() if member is not None}
    if isinstance(value, list | tuple):
        return [_without_none(item) for item in value]
    return value
