"""Tiles and entry bundles: C2SP tlog-tiles' own examples, known answers, and strictness towards other spellings."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import ProofError
from ledger.merkle import MemoryTree, leaf_hash, root_of
from ledger.tiles import (
    MAX_TILE_INDEX,
    Tile,
    entries_path,
    entry_bundle,
    parse_tile_path,
    read_entry_bundle,
    tile_bytes,
    tile_exists,
    tile_path,
    width_at,
)

VECTORS = Path(__file__).parents[3] / "shared/vectors/tlog"


def test_known_indexes_have_their_known_paths() -> None:
    """Another implementation's spelling of tile indexes is ours, in both directions."""
    path = VECTORS / "known-answers/tlog_kat.json"
    if not path.exists():
        pytest.skip("the vectors folder ../shared/vectors is absent")
    for index, expected in orjson.loads(path.read_bytes())["paths"].items():
        assert f"3/{expected}" == tile_path(3, int(index))
        assert f"entries/{expected}.p/9" == entries_path(int(index), 9)
        assert Tile(3, int(index)) == parse_tile_path(f"3/{expected}")
        assert Tile(None, int(index), 9) == parse_tile_path(f"entries/{expected}.p/9")


@given(st.integers(0, 63) | st.none(), st.integers(0, MAX_TILE_INDEX), st.integers(1, 256))
def test_every_tile_has_one_path(level: int | None, index: int, width: int) -> None:
    """A tile's path names that tile again."""
    path = entries_path(index, width) if level is None else tile_path(level, index, width)
    assert Tile(level, index, width) == parse_tile_path(path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "0/",
        "0/0",
        "0/00",
        "0/0000",
        "00/000",
        "64/000",
        "-1/000",
        "0/x000/001",
        "0/x1/000",
        "0/001/000",
        "0/x001",
        "0/000.p/0",
        "0/000.p/00",
        "0/000.p/01",
        "0/000.p/256",
        "0/000.p/257",
        "0/000.p/999",
        "0/000.p/",
        "0/000.p",
        "0/000/",
        "/0/000",
        "tile/0/000",
        "data/000",
        "Entries/000",
        "entries/000.p/300",
        "0/000\n",
        "0/\u0660\u0660\u0660",
        "0/x036/x028/x797/x018/x963/968",
        "0/" + "x999/" * 20 + "999",
    ],
)
def test_any_other_spelling_is_no_tile(text: str) -> None:
    """Leading zeros, wrong groups, widths and levels out of range and foreign digits are refused."""
    with pytest.raises(ProofError, match=r"tile\.form"):
        parse_tile_path(text)


@given(
    st.text()
    | st.from_regex(r"(entries|[0-9]{1,3})/(x?[0-9]{3}/){0,3}[0-9]{1,4}(\.p/[0-9]{1,4})?", fullmatch=True)
)
def test_a_path_is_refused_or_spelt_as_we_spell_it(text: str) -> None:
    """Whatever the text: a ProofError, or a tile whose path it is."""
    try:
        tile = parse_tile_path(text)
    except ProofError:
        return
    spelt = entries_path(tile.index, tile.width)
    assert text == (spelt if tile.level is None else tile_path(tile.level, tile.index, tile.width))


def test_the_largest_tree_has_tiles() -> None:
    """The entry bundle of the last leaves of a tree of 2^63 - 1 has a path, the next index none."""
    last = Tile(None, (2**63 - 1) // 256, 255)
    assert tile_exists(last, 2**63 - 1)
    assert last == parse_tile_path("entries/x036/x028/x797/x018/x963/967.p/255")


def test_a_tree_of_70_000_has_the_tiles_of_the_specification() -> None:
    """273 full tiles and one of 112; one full and one of 17; one of width 1; as the specification counts."""
    for level in (0, None):
        assert [width_at(70_000, level, index) for index in (0, 272, 273, 274)] == [256, 256, 112, 0]
    assert [width_at(70_000, 1, index) for index in (0, 1, 2)] == [256, 17, 0]
    assert [width_at(70_000, 2, index) for index in (0, 1)] == [1, 0]
    assert width_at(70_000, 3, 0) == 0
    assert [width_at(256, level, 0) for level in (0, 1)] == [256, 1]


def test_a_tile_exists_up_to_its_width_at_the_checkpoint() -> None:
    """Partial tiles of smaller sizes are still served; wider ones do not exist yet."""
    assert tile_exists(Tile(0, 273, 112), 70_000)
    assert tile_exists(Tile(0, 273, 111), 70_000)
    assert not tile_exists(Tile(0, 273, 113), 70_000)
    assert not tile_exists(Tile(0, 273), 70_000)
    assert tile_exists(Tile(None, 272), 70_000)
    assert not tile_exists(Tile(63, 0, 1), 2**63 - 1)


def test_a_tile_holds_the_hashes_of_its_subtrees() -> None:
    """A tile of level 0 is leaf hashes in order; one of level 1 the roots of full tiles below."""
    leaves = [leaf_hash(index.to_bytes(2, "big")) for index in range(600)]
    tree = MemoryTree(leaves)
    assert b"".join(leaves[256:512]) == tile_bytes(tree, Tile(0, 1))
    assert b"".join(leaves[512:600]) == tile_bytes(tree, Tile(0, 2, 88))
    assert root_of(leaves[:256]) + root_of(leaves[256:512]) == tile_bytes(tree, Tile(1, 0, 2))
    with pytest.raises(ProofError, match=r"tile\.form"):
        tile_bytes(tree, Tile(None, 0))


def test_an_entry_bundle_is_entries_behind_their_lengths() -> None:
    """Each entry follows its length as a big-endian uint16."""
    assert entry_bundle([b"abc", b"", b"x" * 258]) == b"\x00\x03abc" + b"\x00\x00" + b"\x01\x02" + b"x" * 258


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_an_entry_bundle_reads_back(entries: list[bytes]) -> None:
    """What is written is what is read."""
    assert entries == read_entry_bundle(entry_bundle(entries))


def test_the_longest_entry_fits_and_the_next_does_not() -> None:
    """65,535 bytes is the limit of the length prefix."""
    longest = bytes(65_535)
    assert [longest] == read_entry_bundle(entry_bundle([longest]))
    with pytest.raises(ProofError, match=r"tile\.entry"):
        entry_bundle([bytes(65_536)])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"\x00\x01",
        b"\x00\x00\x00",
        b"\x00\x03ab",
        b"\x00\x00" * 257,
        b"\xff\xff" + bytes(65_534),
    ],
)
def test_a_bundle_that_is_empty_cut_or_too_long_is_refused(data: bytes) -> None:
    """A bundle holds 1 to 256 whole entries and nothing after them."""
    with pytest.raises(ProofError, match=r"tile\.entry"):
        read_entry_bundle(data)


@given(st.binary(max_size=600))
def test_bytes_are_refused_or_one_entry_bundle(data: bytes) -> None:
    """Whatever the bytes: a ProofError, or entries that write the same bytes again."""
    try:
        entries = read_entry_bundle(data)
    except ProofError:
        return
    assert data == entry_bundle(entries)
