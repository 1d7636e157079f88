"""The log's own files: what is served, as what, and that nothing shows before it is published."""

from __future__ import annotations

import gzip
import struct
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from ledger.checkpoint import read_checkpoint
from ledger.note import read_note, verify_note

if TYPE_CHECKING:
    from conftest import Author, Begin, HandClock, Serve, Served

IMMUTABLE = "public, max-age=31536000, immutable"
START_MS = 1_767_592_800_000


def rfc6962(leaves: list[bytes]) -> bytes:
    """RFC 6962's tree hash by its recursive definition, over leaf hashes."""
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return sha256(b"\x01" + rfc6962(leaves[:half]) + rfc6962(leaves[half:])).digest()


def entries_of(bundle: bytes) -> list[bytes]:
    """The entries of a bundle, read by the specification's words."""
    entries = []
    while bundle:
        (size,) = struct.unpack(">H", bundle[:2])
        entries.append(bundle[2 : 2 + size])
        bundle = bundle[2 + size :]
    return entries


def test_tiles_and_entries_add_up_to_the_signed_root(author: Author, served: Served) -> None:
    """Checkpoint, level-0 tile and entry bundle agree, by hashes computed here."""
    trader = author.trader("Trader")
    served.post(author.incept(trader))
    served.post(author.declare(trader, "L1"), wait=True)
    answer = served.http.get("/log/checkpoint")
    note = read_note(answer.content)
    verify_note(note, [served.ledger.log_key])
    checkpoint = read_checkpoint(note.text)
    tile = served.http.get(f"/log/tile/0/000.p/{checkpoint.size}")
    entries = served.http.get(f"/log/tile/entries/000.p/{checkpoint.size}")
    leaves = [tile.content[start : start + 32] for start in range(0, len(tile.content), 32)]
    assert rfc6962(leaves) == checkpoint.root
    assert [sha256(b"\x00" + entry).digest() for entry in entries_of(entries.content)] == leaves


def test_media_types_and_caching_are_the_specifications(quiet: Served) -> None:
    """A checkpoint is text that is never used unasked; tiles and entries are bytes for ever."""
    checkpoint = quiet.http.get("/log/checkpoint")
    assert checkpoint.headers["content-type"] == "text/plain; charset=utf-8"
    assert checkpoint.headers["cache-control"] == "no-cache"
    for path in ("/log/tile/0/000.p/2", "/log/tile/entries/000.p/2"):
        answer = quiet.http.get(path)
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["cache-control"] == IMMUTABLE


def test_entries_are_compressed_for_those_who_take_it(quiet: Served) -> None:
    """gzip where Accept-Encoding names it, plain bytes where it does not or weighs it at nothing."""
    path = "/log/tile/entries/000.p/2"
    plain = quiet.http.get(path, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    for accept in ("gzip", "br, gzip;q=0.5", "GZIP"):
        with quiet.http.stream("GET", path, headers={"Accept-Encoding": accept}) as packed:
            raw = b"".join(packed.iter_raw())
        assert packed.headers["content-encoding"] == "gzip"
        assert gzip.decompress(raw) == plain.content
    for accept in ("gzip;q=0", "gzip;q=0.000", "br"):
        answer = quiet.http.get(path, headers={"Accept-Encoding": accept})
        assert "content-encoding" not in answer.headers


def test_nothing_shows_before_it_is_published(author: Author, serve: Serve) -> None:
    """Committed entries are in no tile until a checkpoint covers them."""
    served = serve(author.data, simulated=True)
    none = served.http.get("/log/checkpoint")
    assert (none.status_code, none.json()["code"]) == (404, "absent.checkpoint")
    served.post(author.incept(author.trader("Trader")))
    assert served.http.get("/log/tile/0/000.p/1").status_code == 404
    served.post(author.incept(author.trader("Other")), wait=True)
    assert served.http.get("/log/tile/0/000.p/4").status_code == 200
    served.post(author.incept(author.trader("Third")))
    assert served.http.get("/log/tile/0/000.p/5").status_code == 404
    assert served.http.get("/log/tile/entries/000.p/5").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "0/000",
        "0/001.p/1",
        "1/000.p/1",
        "0/000.p/0",
        "0/000.p/256",
        "0/000.p/02",
        "00/000.p/1",
        "0/0.p/1",
        "0/x000/000.p/1",
        "64/000",
        "entries/000",
        "data/000",
        "",
        "%2e%2e/ledger.db",
        "0/000.p/1/",
    ],
)
def test_other_tiles_and_other_spellings_are_not_found(quiet: Served, path: str) -> None:
    """A tile beyond the checkpoint, an empty one, and every other spelling of a path gets 404."""
    assert quiet.http.get(f"/log/tile/{path}").status_code == 404


def test_a_delay_keeps_entries_back_but_not_hashes(begin: Begin, serve: Serve, clock: HandClock) -> None:
    """Hash tiles are public at once; what an entry says, on every route, only after the genesis's delay."""
    author = begin("delayed", delay_s=60)
    served = serve(author.data)
    trader = author.trader("Trader")
    receipt = served.post(author.incept(trader), wait=True).json()
    size = int(served.http.get("/log/checkpoint").text.splitlines()[1])
    shown = [
        f"/log/tile/entries/000.p/{size}",
        f"/v1/events/{receipt['event_id']}",
        f"/v1/parties/{trader.party.removeprefix('party:')}",
    ]
    for path in shown:
        answer = served.http.get(path)
        assert (answer.status_code, answer.json()["code"]) == (403, "access.delayed")
    assert served.get("/v1/parties")["items"] == []
    assert served.http.get(f"/log/tile/0/000.p/{size}").status_code == 200
    assert served.http.get(f"/v1/events/{receipt['event_id']}/proof").status_code == 200
    clock.now_ms = START_MS + 60_000
    assert [served.http.get(path).status_code for path in shown] == [200, 200, 200]
    assert len(served.get("/v1/parties")["items"]) == 7
