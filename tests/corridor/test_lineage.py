"""Lineage: mass, metal and origin pass over edges exactly, each class by largest remainder (PROTOCOL section 2)."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from corridor.lineage import EMPTY, Flow, apportion, put_together, reassay, reweigh, take
from corridor.states import Holding

CLASSES = ["country:CD", "recycled:FR", "site:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/A", "unknown"]
ANALYTES = ["Sn", "WO3"]

amounts = st.dictionaries(st.sampled_from(CLASSES), st.integers(1, 10**9), min_size=1)
metals = st.dictionaries(st.sampled_from(ANALYTES), amounts)


def holding(classes_g: dict[str, int], classes_mg: dict[str, dict[str, int]] | None = None) -> Holding:
    """A holding of some classes, its sums counted here."""
    classes_mg = classes_mg or {}
    return Holding(
        dry_mass_g=sum(classes_g.values()),
        classes_g=classes_g,
        contained_mg={analyte: sum(classes.values()) for analyte, classes in classes_mg.items()},
        classes_mg=classes_mg,
    )


holdings = st.builds(holding, amounts, metals)


def check_sums(found: Holding) -> None:
    """The classes sum to the mass and each analyte's to its metal; no class is negative."""
    assert sum(found.classes_g.values()) == found.dry_mass_g
    assert found.contained_mg == {
        analyte: sum(classes.values()) for analyte, classes in found.classes_mg.items()
    }
    for classes in (found.classes_g, *found.classes_mg.values()):
        assert all(amount >= 0 for amount in classes.values())


def share(classes: dict[str, int], amount: int) -> dict[str, int]:
    """Largest remainder in exact fractions: floors, then one more for each of the largest remainders, ties by key."""
    whole = sum(classes.values())
    exact = {key: Fraction(amount * held, whole) for key, held in classes.items()} if whole else {}
    parts = {key: int(value) for key, value in exact.items()}
    rest = amount - sum(parts.values())
    for key in sorted(parts, key=lambda key: (parts[key] - exact[key], key.encode()))[:rest]:
        parts[key] += 1
    return {key: part for key, part in parts.items() if part}


def pooled(*parts: dict[str, int]) -> dict[str, int]:
    """Classes added up, without those of nothing."""
    keys = {key for part in parts for key in part}
    total = {key: sum(part.get(key, 0) for part in parts) for key in keys}
    return {key: amount for key, amount in total.items() if amount}


@given(held=holdings, data=st.data())
def test_taking_parts_and_leaves_everything(held: Holding, data: st.DataObject) -> None:
    """What is taken and what remains are the whole, class by class, and what is taken is the largest remainder."""
    mass_g = data.draw(st.integers(0, held.dry_mass_g))
    metal = {a: data.draw(st.integers(0, mg)) for a, mg in held.contained_mg.items()}
    taken, left = take(held, mass_g, metal)
    check_sums(taken)
    check_sums(left)
    assert taken.dry_mass_g == mass_g
    assert {analyte: taken.contained_mg[analyte] for analyte in metal} == metal
    assert pooled(taken.classes_g, left.classes_g) == held.classes_g
    assert taken.classes_g == share(held.classes_g, mass_g)
    for analyte, mg in metal.items():
        assert pooled(taken.classes_mg[analyte], left.classes_mg[analyte]) == held.classes_mg[analyte]
        assert taken.classes_mg[analyte] == share(held.classes_mg[analyte], mg)


def test_ties_go_to_the_smaller_key() -> None:
    """One gram of three equal grams is the first class's by ascending bytes; the next is the next one's."""
    held = holding({"unknown": 1, "site:a/A": 1, "country:CD": 1})
    first, left = take(held, 1, {})
    second, last = take(left, 1, {})
    assert [first.classes_g, second.classes_g, last.classes_g] == [
        {"country:CD": 1},
        {"site:a/A": 1},
        {"unknown": 1},
    ]


def test_edges_draw_in_array_order_and_losses_last() -> None:
    """Of 2 g Congolese and 1 g unknown: 1.33/0.67 to B, 0.67/0.33 of what is left to C in this order, not another."""
    held = {"A": holding({"country:CD": 2, "unknown": 1})}
    to_b, to_c = Flow("A", "B", 2, {}), Flow("A", "C", 1, {})
    lost = Flow("A", "", 1, {})
    # 2 g of (2, 1): 1.33 and 0.67, so 1 and 1; the last gram is Congolese.
    assert apportion(held, [to_b, to_c])["C"].classes_g == {"country:CD": 1}
    # 1 g first: 0.67 and 0.33, so Congolese; then 2 g of (1, 1).
    assert apportion(held, [to_c, to_b])["C"].classes_g == {"country:CD": 1}
    assert apportion(held, [to_c, to_b])["B"].classes_g == {"country:CD": 1, "unknown": 1}
    # The loss takes what the edge has left.
    assert apportion(held, [to_b, lost]) == {"B": holding({"country:CD": 1, "unknown": 1})}


def test_shares_of_a_merge_by_mass_and_by_metal() -> None:
    """16 t of 27 t are 59.3 % by mass, and 1.5 t of 2.4 t of metal are 62.5 % (DOMAIN section 4)."""
    one = holding({"country:CD": 16_000_000}, {"Co": {"country:CD": 1_500_000_000}})
    two = holding({"country:ZM": 11_000_000}, {"Co": {"country:ZM": 900_000_000}})
    both = put_together([one, two])
    assert Fraction(both.classes_g["country:CD"], both.dry_mass_g) == Fraction(16, 27)
    assert round(Fraction(1000 * 16, 27)) == 593
    assert Fraction(both.classes_mg["Co"]["country:CD"], both.contained_mg["Co"]) == Fraction(625, 1000)


@given(parts=st.lists(holdings, max_size=5))
def test_putting_together_adds(parts: list[Holding]) -> None:
    """Masses, metal and every class add up, in any order."""
    together = put_together(parts)
    check_sums(together)
    assert together.dry_mass_g == sum(part.dry_mass_g for part in parts)
    assert pooled(together.classes_g) == pooled(*(part.classes_g for part in parts))
    for analyte in ANALYTES:
        mine = pooled(together.classes_mg.get(analyte, {}))
        assert mine == pooled(*(part.classes_mg.get(analyte, {}) for part in parts))
    assert put_together(parts[::-1]) == together
    assert put_together([EMPTY, together]) == together


@given(inputs=st.lists(holdings, min_size=1, max_size=4), data=st.data())
def test_apportioning_conserves_every_class(inputs: list[Holding], data: st.DataObject) -> None:
    """Any balanced edges over any inputs: each class goes in whole and comes out whole, in outputs and losses."""
    held = {f"I{number}": one for number, one in enumerate(inputs)}
    flows = []
    for source, one in held.items():
        mass_g, metal = one.dry_mass_g, dict(one.contained_mg)
        for _ in range(data.draw(st.integers(0, 3))):
            part_g = data.draw(st.integers(0, mass_g))
            part_mg = {analyte: data.draw(st.integers(0, mg)) for analyte, mg in metal.items()}
            flows.append(Flow(source, data.draw(st.sampled_from(["X", "Y", ""])), part_g, part_mg))
            mass_g -= part_g
            metal = {analyte: mg - part_mg[analyte] for analyte, mg in metal.items()}
        flows.append(Flow(source, "X", mass_g, metal))
    edges = [flow for flow in flows if flow.target]
    losses = [flow for flow in flows if not flow.target]
    outputs = apportion(held, [*edges, *losses])
    with_losses = apportion(
        held, [*edges, *(Flow(f.source, "lost", f.dry_mass_g, f.contained_mg) for f in losses)]
    )
    for target, found in outputs.items():
        check_sums(found)
        assert found == with_losses[target]  # that a flow is a loss changes nothing for the others
        assert found.dry_mass_g == sum(flow.dry_mass_g for flow in edges if flow.target == target)
    assert pooled(*(one.classes_g for one in with_losses.values())) == pooled(
        *(one.classes_g for one in inputs)
    )
    for analyte in ANALYTES:
        out = pooled(*(one.classes_mg.get(analyte, {}) for one in with_losses.values()))
        assert out == pooled(*(one.classes_mg.get(analyte, {}) for one in inputs))


@given(held=holdings, received_g=st.integers(1, 10**10))
def test_reweighing_books_the_received_mass(held: Holding, received_g: int) -> None:
    """A loss leaves every class in proportion and takes its share of metal rounded down; a gain is unknown."""
    after = reweigh(held, received_g)
    check_sums(after)
    assert after.dry_mass_g == received_g
    lost_g = held.dry_mass_g - received_g
    if lost_g <= 0:
        gained = {"unknown": -lost_g} if lost_g else {}
        assert pooled(after.classes_g) == pooled(held.classes_g, gained)
        assert after.classes_mg == held.classes_mg
        return
    assert pooled(after.classes_g, share(held.classes_g, lost_g)) == held.classes_g
    for analyte, mg in held.contained_mg.items():
        lost_mg = int(Fraction(mg * lost_g, held.dry_mass_g))
        assert after.contained_mg[analyte] == mg - lost_mg
        assert (
            pooled(after.classes_mg[analyte], share(held.classes_mg[analyte], lost_mg))
            == held.classes_mg[analyte]
        )


@given(held=holdings, metal=st.dictionaries(st.sampled_from([*ANALYTES, "Ta2O5"]), st.integers(0, 10**12)))
def test_a_new_assay_keeps_mass_and_shares(held: Holding, metal: dict[str, int]) -> None:
    """An assay books its metal and no mass; shares stay as they were, or follow the dry mass for a new analyte."""
    after = reassay(held, metal)
    check_sums(after)
    assert (after.dry_mass_g, after.classes_g) == (held.dry_mass_g, held.classes_g)
    assert after.contained_mg == held.contained_mg | metal
    for analyte, mg in metal.items():
        assert pooled(after.classes_mg[analyte]) == share(held.classes_mg.get(analyte, held.classes_g), mg)
    for analyte in held.classes_mg.keys() - metal.keys():
        assert after.classes_mg[analyte] == held.classes_mg[analyte]


@given(held=holdings)
def test_taking_everything_leaves_nothing(held: Holding) -> None:
    """The last draw takes exactly the rest: no class keeps a gram that no part has."""
    taken, left = take(held, held.dry_mass_g, held.contained_mg)
    assert taken == held
    assert (left.dry_mass_g, left.classes_g) == (0, {})
    assert all(mg == 0 for mg in left.contained_mg.values())
