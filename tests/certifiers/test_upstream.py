"""Upstream: the path of a lot, and exact shares along it."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from certifiers.case import open_case
from certifiers.steps import examine
from certifiers.upstream import SOUND, UNSOUND, Inflow, Upstream

METAL = "Ta2O5"


def merged(parts: dict[str, tuple[int, int]]) -> Upstream:
    """Lots of (grams, mg) merged into one."""
    flows = tuple(Inflow(1, lot, "lot:m", grams, {METAL: mg}) for lot, (grams, mg) in parts.items())
    return Upstream("lot:m", frozenset({*parts, "lot:m"}), frozenset(), flows)


def share(path: Upstream, unsound: set[str], analyte: str = "") -> Fraction:
    """The share that passed through no unsound lot."""
    return path.share(lambda _: SOUND, lambda subject: subject not in unsound, analyte)


def test_a_merge_mixes_by_mass_and_by_metal() -> None:
    """600 g with 50 mg and 400 g with 150 mg: without the second, 3/5 of the mass and 1/4 of the metal."""
    path = merged({"lot:a": (600, 50), "lot:b": (400, 150)})
    assert share(path, {"lot:b"}) == Fraction(3, 5)
    assert share(path, {"lot:b"}, METAL) == Fraction(1, 4)


def test_metal_assayed_later_follows_the_mass() -> None:
    """No inflow carried cobalt: its share is that of the dry mass."""
    path = merged({"lot:a": (600, 50), "lot:b": (400, 150)})
    assert share(path, {"lot:b"}, "Co") == Fraction(3, 5)


def test_an_account_mixes_all_that_it_holds() -> None:
    """10 unsound of 40 in, 20 drawn, 20 sound in, then a draw: 3/4 of 20 and 20 of 40, 7/8 in all."""
    flows = (
        Inflow(1, "lot:a", "account:p", 30, {}),
        Inflow(2, "lot:b", "account:p", 10, {}),
        Inflow(3, "account:p", "lot:other", 20, {}),
        Inflow(4, "lot:c", "account:p", 20, {}),
        Inflow(5, "account:p", "lot:m", 8, {}),
    )
    path = Upstream("lot:m", frozenset({"lot:a", "lot:b", "lot:c", "lot:m"}), frozenset({"account:p"}), flows)
    assert share(path, {"lot:b"}) == Fraction(7, 8)
    assert share(path, {"account:p"}) == UNSOUND
    assert path.sources == {"lot:a", "lot:b", "lot:c"}


def test_the_path_of_a_draw_ends_with_it(story: SimpleNamespace) -> None:
    """The first draw from the plant comes from what was in before it, the second from all."""
    first, second = (path_of(story, lot) for lot in (story.first_drawn, story.second_drawn))
    assert first.lots == {story.first_drawn, story.first_in}
    assert second.lots == {story.second_drawn, story.first_in, story.second_in}
    assert first.accounts == second.accounts == {story.account}


def test_siblings_are_not_on_the_path(story: SimpleNamespace) -> None:
    """Half of a split has the ancestors of both, and not the other half."""
    assert path_of(story, story.lot).lots == {story.lot, story.merged, story.north_lot, story.south_lot}


def path_of(story: SimpleNamespace, lot: str) -> Upstream:
    """The path as the verifier finds it in a bundle."""
    return open_case(examine(story.scene.bundle(lot), story.trust)).upstream


lots = st.dictionaries(
    st.sampled_from([f"lot:{n}" for n in range(6)]),
    st.tuples(st.integers(1, 10**13), st.integers(0, 10**15)),
    min_size=1,
)


@given(parts=lots, data=st.data())
def test_shares_of_a_partition_sum_to_the_whole(
    parts: dict[str, tuple[int, int]], data: st.DataObject
) -> None:
    """What passed through some lots and what passed through the others is all of it, in mass and in metal."""
    path = merged(parts)
    some = data.draw(st.sets(st.sampled_from(sorted(parts))))
    others = set(parts) - some
    for analyte in ("", METAL):
        assert share(path, some, analyte) + share(path, others, analyte) == SOUND
