"""Where a tree's nodes lie in a database: packed subtrees, a few rows a proof instead of a row a hash.

A tree is cut into packs of `height` levels, as a tile is (C2SP tlog-tiles), but a pack keeps all of its nodes but
the topmost, which is a leaf of the pack above. They lie in the order in which a growing tree completes them::

    leaf  0     1           2     3                     a pack of height 2
    node  (0,0) (0,1) (1,0) (0,2) (0,3) (1,1)           192 bytes; the node over all four is in the next pack

so that a growing pack is only ever appended to: after n leaves it holds 2n - popcount(n) nodes.
"""

from __future__ import annotations

from typing import NamedTuple

# The log's tree: the eight levels of a hash tile, at most 510 hashes in 16,320 bytes.
LOG_HEIGHT = 8
# The heads' top tree changes all over: a changed bucket rewrites four rows of at most 960 bytes.
TOP_HEIGHT = 4


class Place(NamedTuple):
    """Where a node lies: the level and index of its pack, and its position in the pack, in hashes."""

    level: int
    pack: int
    position: int


def place(level: int, index: int, height: int) -> Place:
    """Return where a tree's node lies in packs of `height` levels."""
    pack_level, inner = divmod(level, height)
    pack = index << inner >> height
    last_leaf = (index + 1 << inner) - 1 - (pack << height)  # the one that completes the node
    return Place(pack_level, pack, 2 * last_leaf - last_leaf.bit_count() + inner)
