"""Parties, sites, certificates and the other subjects: lists by keyset, and each one's state.

`/v1/parties/<32 characters>`, `/v1/sites/<32 characters>/<CODE>`: the id of a subject, without its kind, is its path.
"""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Response

from api.parameters import AfterSubject, CodePart, Here, Limit, PartyPart
from api.portraits import portray_state
from api.refusal import RequestRefused
from api.replies import json_answer, page_answer
from api.settings import DEFAULT_PAGE
from api.visibility import is_public, last_index, require_public
from api.wiring import Ledger
from corridor.journal import world_of
from corridor.states import State
from ledger.ports import Snapshot

PLURALS: Final = {
    "lots": "lot",
    "sites": "site",
    "tags": "tag",
    "accounts": "account",
    "certificates": "certificate",
    "incidents": "incident",
    "policies": "policy",
}
"""Kinds of subjects that a party begins, by the name of their list."""

router = APIRouter(prefix="/v1", tags=["subjects"])


def state_of(ledger: Ledger, snapshot: Snapshot, subject: str) -> State:
    """Return a subject's state; RequestRefused `absent.subject` or `access.delayed`."""
    state = world_of(snapshot).find(subject)
    if state is None:
        raise RequestRefused("absent.subject", "No such subject has begun in this log.")
    require_public(ledger, snapshot, last_index(ledger, snapshot, subject))
    return state


def _page(ledger: Ledger, kind: str, after: str, limit: int) -> Response:
    with ledger.store.read() as snapshot:
        found = snapshot.subjects(kind, after=after, limit=limit)
        world = world_of(snapshot)
        shown: list[dict[str, Any]] = [
            portray_state(state)
            for subject in found
            if is_public(ledger, snapshot, last_index(ledger, snapshot, subject))
            and (state := world.find(subject)) is not None
        ]
    return page_answer(shown, found, limit)


def _one(ledger: Ledger, subject: str) -> Response:
    with ledger.store.read() as snapshot:
        return json_answer(portray_state(state_of(ledger, snapshot, subject)))


@router.get("/parties", summary="Parties, in ascending order of their ids")
def parties(ledger: Here, after: AfterSubject = "", limit: Limit = DEFAULT_PAGE) -> Response:
    """Answer with a page of parties."""
    return _page(ledger, "party", after, limit)


@router.get("/parties/{party}", summary="A party: keys, roles and standing")
def party(ledger: Here, party: PartyPart) -> Response:
    """Answer with a party's state."""
    return _one(ledger, f"party:{party}")


def _add(plural: str, kind: str) -> None:
    """Add the list of a kind and the route of one of it."""

    def page(ledger: Here, after: AfterSubject = "", limit: Limit = DEFAULT_PAGE) -> Response:
        return _page(ledger, kind, after, limit)

    def one(ledger: Here, party: PartyPart, code: CodePart) -> Response:
        return _one(ledger, f"{kind}:{party}/{code}")

    router.add_api_route(
        f"/{plural}", page, name=plural, summary=f"{plural.capitalize()}, in ascending order"
    )
    router.add_api_route(
        f"/{plural}/{{party}}/{{code}}", one, name=kind, summary=f"Where one of the {plural} stands"
    )


for _plural, _kind in PLURALS.items():
    _add(_plural, _kind)
