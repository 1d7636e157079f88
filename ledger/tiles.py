"""Tiles: the log's tree and entries as files of fixed content (C2SP tlog-tiles).

A hash tile of level L holds up to 256 hashes of perfect subtrees of 256^L leaves; an entry bundle holds the
entries below a tile of level 0, each behind its length as a big-endian uint16. Paths, after `tile/`::

    0/x001/x234/067          level 0, tile 1,234,067, full
    1/000.p/17               level 1, tile 0, its first 17 hashes
    entries/273.p/112        entries of tile 273, the first 112
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ledger.errors import ProofError
from ledger.merkle import MAX_TREE_SIZE, NodeReader

TILE_HEIGHT = 8  # tree levels from one tile's hashes to the next one's
TILE_WIDTH = 1 << TILE_HEIGHT
MAX_LEVEL = 63  # the specification's
MAX_TILE_INDEX = MAX_TREE_SIZE >> TILE_HEIGHT
MAX_ENTRY_BYTES = 2**16 - 1  # what the length prefix can say
# The longest path: entries, the six groups of three digits of the largest index, and a width.
MAX_PATH_CHARACTERS = len("entries/x036/x028/x797/x018/x963/967.p/255")

_PREFIX_BYTES = 2
_PATH = re.compile(r"(entries|[0-9]{1,2})/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([0-9]{1,3}))?")


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile: its level (None for entries), its index in the level, and its width (256 = full)."""

    level: int | None
    index: int
    width: int = TILE_WIDTH


def tile_path(level: int, index: int, width: int = TILE_WIDTH) -> str:
    """Return the path of a hash tile, after `tile/`."""
    return f"{level}/{_index_path(index)}{_width_suffix(width)}"


def entries_path(index: int, width: int = TILE_WIDTH) -> str:
    """Return the path of an entry bundle, after `tile/`."""
    return f"entries/{_index_path(index)}{_width_suffix(width)}"


def parse_tile_path(text: str) -> Tile:
    """Return the tile that a path (after `tile/`) names; raise ProofError `tile.form` for any other spelling."""
    match = _PATH.fullmatch(text) if len(text) <= MAX_PATH_CHARACTERS else None
    if match is None:
        raise _not_a_tile()
    kind, groups, suffix = match.groups()
    level = None if kind == "entries" else int(kind)
    tile = Tile(level, int(groups.replace("/", "").replace("x", "")), int(suffix or TILE_WIDTH))
    in_range = (
        (tile.level or 0) <= MAX_LEVEL and tile.index <= MAX_TILE_INDEX and 1 <= tile.width <= TILE_WIDTH
    )
    if not in_range or _path(tile) != text:
        raise _not_a_tile()
    return tile


def width_at(size: int, level: int | None, index: int) -> int:
    """Return how many hashes (or entries) the tile holds in a tree of `size` leaves: 0, if none, to 256."""
    complete = size >> (TILE_HEIGHT * (level or 0))
    return min(max(complete - index * TILE_WIDTH, 0), TILE_WIDTH)


def tile_exists(tile: Tile, size: int) -> bool:
    """Return whether a log of `size` leaves has the tile, now or as the partial tile of a smaller size."""
    return tile.width <= width_at(size, tile.level, tile.index)


def tile_bytes(nodes: NodeReader, tile: Tile) -> bytes:
    """Return a hash tile's content: `width` hashes of 32 bytes. Raise ProofError `tile.form` for entries."""
    if tile.level is None:
        raise ProofError("tile.form", "An entry bundle has no hashes.")
    level, first = tile.level * TILE_HEIGHT, tile.index * TILE_WIDTH
    return b"".join(nodes.node(level, first + offset) for offset in range(tile.width))


def entry_bundle(entries: Iterable[bytes]) -> bytes:
    """Return an entry bundle's content; raise ProofError `tile.entry` for an entry over 65,535 bytes."""
    return b"".join(_prefixed(entry) for entry in entries)


def read_entry_bundle(data: bytes) -> list[bytes]:
    """Return the entries of a bundle; raise ProofError `tile.entry` unless it holds 1 to 256 whole ones."""
    entries: list[bytes] = []
    at = 0
    while at < len(data) and len(entries) < TILE_WIDTH:
        start = at + _PREFIX_BYTES
        at = start + int.from_bytes(data[at:start], "big")
        entries.append(data[start:at])
    if at != len(data) or not entries:
        raise ProofError("tile.entry", "The entry bundle is empty, cut short or too long.")
    return entries


def _path(tile: Tile) -> str:
    if tile.level is None:
        return entries_path(tile.index, tile.width)
    return tile_path(tile.level, tile.index, tile.width)


def _index_path(index: int) -> str:
    """Write the index in groups of three digits, all but the last after an `x`."""
    groups = f"{index:,}".split(",")
    groups[0] = groups[0].zfill(3)
    return "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])


def _width_suffix(width: int) -> str:
    return "" if width == TILE_WIDTH else f".p/{width}"


def _prefixed(entry: bytes) -> bytes:
    if len(entry) > MAX_ENTRY_BYTES:
        raise ProofError("tile.entry", "An entry is longer than its length prefix can say.")
    return len(entry).to_bytes(_PREFIX_BYTES, "big") + entry


def _not_a_tile() -> ProofError:
    return ProofError("tile.form", "This is not the path of a tile.", hint="tile/<L>/<N>[.p/<W>]")
