"""The log as files: checkpoint, hash tiles and entry bundles, exactly as C2SP tlog-tiles wants them.

    /log/checkpoint    /log/tile/0/x001/234    /log/tile/1/000.p/17    /log/tile/entries/273.p/112

Only what the published checkpoint covers is served: what is committed beyond it might still be lost to a power cut
of this machine and be sequenced again in another order, and nobody should have seen it.
"""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.parameters import Here
from api.refusal import RequestRefused
from api.replies import BYTES, FRESH, IMMUTABLE, TEXT, compressed
from api.visibility import require_public
from ledger.checkpoint import read_checkpoint
from ledger.note import read_note
from ledger.ports import Snapshot
from ledger.tiles import TILE_WIDTH, Tile, entry_bundle, parse_tile_path, tile_bytes, tile_exists

router = APIRouter(prefix="/log", tags=["log"])


@router.get("/checkpoint", summary="The newest published checkpoint: a signed note (C2SP tlog-checkpoint)")
def checkpoint(ledger: Here) -> Response:
    """Answer with the note as it was published, cosignatures and all."""
    with ledger.store.read() as snapshot:
        return Response(_published(snapshot), headers=FRESH, media_type=TEXT)


@router.get("/tile/{path:path}", summary="A hash tile or an entry bundle (C2SP tlog-tiles)")
def tile(request: Request, ledger: Here, path: str) -> Response:
    """Answer with the tile's bytes; 404 beyond the published checkpoint."""
    wanted = parse_tile_path(path)
    with ledger.store.read() as snapshot:
        size = read_checkpoint(read_note(_published(snapshot)).text).size
        if not tile_exists(wanted, size):
            raise RequestRefused("absent.tile", "The published checkpoint does not reach to this tile.")
        if wanted.level is not None:
            return Response(tile_bytes(snapshot, wanted), headers=IMMUTABLE, media_type=BYTES)
        first, stop = _entries(wanted)
        require_public(ledger, snapshot, stop - 1)
        return compressed(request, entry_bundle(snapshot.entries(first, stop)), BYTES, IMMUTABLE)


def _published(snapshot: Snapshot) -> bytes:
    note = snapshot.checkpoint()
    if note is None:
        raise RequestRefused("absent.checkpoint", "No checkpoint is published yet.")
    return note


def _entries(wanted: Tile) -> tuple[int, int]:
    first = wanted.index * TILE_WIDTH
    return first, first + wanted.width
