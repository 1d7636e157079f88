"""What a lot has been through: its history, its lineage, its bundle, and the server's own reading of that bundle."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request, Response

from api.lineage import trace
from api.parameters import AfterIndex, CodePart, Here, Limit, PartyPart
from api.portraits import portray_event
from api.replies import NDJSON, compressed, json_answer, page_answer
from api.routes.subjects import state_of
from api.settings import DEFAULT_PAGE
from api.visibility import require_public
from api.wiring import Ledger
from certifiers.assembly import assemble
from certifiers.verifier import verify
from ledger.envelope import read_entry

GZIP_FILE: Final = "application/gzip"

router = APIRouter(prefix="/v1/lots/{party}/{code}", tags=["lots"])

GzipFile = Annotated[
    Literal["", "1", "true"] | None,
    Query(description="Answer with a gzipped file instead of an encoded answer"),
]


@router.get("/history", summary="The events of a lot's chain and file, in the log's order")
def history(
    ledger: Here, party: PartyPart, code: CodePart, after: AfterIndex = -1, limit: Limit = DEFAULT_PAGE
) -> Response:
    """Answer with a page of events; `in` tells whether an event extends the lot's chain or was filed on it."""
    lot = f"lot:{party}/{code}"
    with ledger.store.read() as snapshot:
        state_of(ledger, snapshot, lot)
        size = snapshot.size()
        places = dict.fromkeys(snapshot.file(lot, size), "file") | dict.fromkeys(
            snapshot.chain(lot, size), "chain"
        )
        indexes = sorted(index for index in places if index > after)[:limit]
        items: list[dict[str, Any]] = [
            {**portray_event(read_entry(snapshot.entry(index)), index), "in": places[index]}
            for index in indexes
        ]
    return page_answer(items, indexes, limit)


@router.get("/lineage", summary="Ancestors and descendants of a lot, with the mass that each step carried")
def lineage(ledger: Here, party: PartyPart, code: CodePart) -> Response:
    """Answer with the lots and accounts that a lot came from and went into, and the edges between them."""
    lot = f"lot:{party}/{code}"
    with ledger.store.read() as snapshot:
        state_of(ledger, snapshot, lot)
        found = trace(snapshot, lot)
        require_public(ledger, snapshot, max((edge.index for edge in found.edges), default=0))
    edges = sorted(found.edges, key=lambda edge: (edge.index, edge.source, edge.target))
    return json_answer(
        {
            "lot": lot,
            "subjects": sorted(found.subjects),
            "edges": [asdict(edge) for edge in edges],
            "cut": found.cut,
        }
    )


@router.get("/bundle", summary="The lot's evidence in one file that anybody can verify offline")
def bundle(
    request: Request,
    ledger: Here,
    party: PartyPart,
    code: CodePart,
    gzip: GzipFile = None,
) -> Response:
    """Answer with the bundle as of the newest published checkpoint."""
    data = _bundle(ledger, f"lot:{party}/{code}", gzipped=gzip is not None)
    if gzip is not None:
        name = {"Content-Disposition": f'attachment; filename="{code}.bundle"'}
        return Response(data, headers=name, media_type=GZIP_FILE)
    return compressed(request, data, NDJSON)


@router.get(
    "/verification", summary="The report of the server's own verifier on that bundle: a convenience, no proof"
)
def verification(ledger: Here, party: PartyPart, code: CodePart) -> Response:
    """Answer with the report as JSON, under the trust file of this server."""
    lot = f"lot:{party}/{code}"
    return json_answer(verify(_bundle(ledger, lot), ledger.trust, lot=lot).as_json())


def _bundle(ledger: Ledger, lot: str, *, gzipped: bool = False) -> bytes:
    with ledger.store.read() as snapshot:
        require_public(ledger, snapshot, snapshot.heads_size())
        return assemble(snapshot, lot, gzipped=gzipped)
