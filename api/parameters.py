"""What every reading route asks for: the ledger, ids in paths, pages in queries, and nothing unknown beside them."""

from __future__ import annotations

from typing import Annotated, Final, cast

from fastapi import Depends, Path, Query, Request

from api import settings
from api.refusal import RequestRefused
from api.wiring import Ledger

MAX_CURSOR_CHARACTERS: Final = 128
"""A subject's id has at most 109."""


async def _ledger(request: Request) -> Ledger:
    return cast("Ledger", request.app.state.ledger)


async def refuse_unknown_parameters(request: Request) -> None:
    """Refuse a query parameter that the route does not declare, or one given twice: both would pass in silence."""
    declared = {field.alias for field in request.scope["route"].dependant.query_params}
    given = [name for name, _ in request.query_params.multi_items()]
    if not declared.issuperset(given) or len(set(given)) < len(given):
        raise RequestRefused(
            "request.unknown_parameter",
            "The route does not know a query parameter, or it is given twice.",
            pointer="/query",
            hint=f"It knows: {', '.join(sorted(declared)) or 'none'}.",
        )


Here = Annotated[Ledger, Depends(_ledger)]
PartyPart = Annotated[str, Path(pattern=r"^[a-z2-7]{32}$", description="The 32 characters of a party's id")]
CodePart = Annotated[
    str, Path(pattern=r"^[A-Z0-9][A-Z0-9._-]{0,63}$", description="The code after the slash")
]
EventPart = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="An event's id, in hex")]
Limit = Annotated[int, Query(ge=1, le=settings.MAX_PAGE, description="Items of the page")]
AfterSubject = Annotated[
    str, Query(max_length=MAX_CURSOR_CHARACTERS, pattern=r"^[ -~]*$", description="`next` of the page before")
]
AfterIndex = Annotated[int, Query(ge=-1, le=2**53 - 1, description="`next` of the page before")]
