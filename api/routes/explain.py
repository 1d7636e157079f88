"""Every problem's own page: what the `type` of an answer leads to."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.problems import CATALOGUE
from api.refusal import RequestRefused
from api.replies import json_answer

router = APIRouter(tags=["problems"])

CodeOfProblem = Annotated[str, Path(pattern=r"^[a-z_.]{1,64}$", description="A problem's code")]


@router.get("/problems/{code}", summary="What a problem's code means, and what to do about it")
def problem(code: CodeOfProblem) -> Response:
    """Answer with status, title and hint of a code."""
    found = CATALOGUE.get(code)
    if found is None:
        raise RequestRefused("absent.code", "No problem has this code.")
    return json_answer({"code": code, **asdict(found)})
