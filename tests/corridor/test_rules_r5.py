"""Rules R5 and R8: exact integers. Edges and losses sum to what goes in, stock never falls below zero."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Play

TIN = {"Sn": 3_000}  # of a lot of 10 g: 30 %
COPPER_ORE, TIN_ORE = "260300", "260900"


def shape(play: Play, edges: list[Any], losses: list[Any] | None = None, **goods: Any) -> dict[str, Any]:  # noqa: ANN401  # any member of an output
    """The body of a transformation into the targets of its edges."""
    targets = sorted({edge["target"] for edge in edges})
    outputs = [{"lot": target, **play.goods(custody_model="mass_balance", **goods)} for target in targets]
    return {"edges": edges, "losses": losses or [], "outputs": outputs}


def process(**members: Any) -> dict[str, Any]:  # noqa: ANN401  # any member of the body
    """What a process says beside its edges."""
    period = {"period_from": "2026-03-01T00:00:00Z", "period_until": "2026-03-02T00:00:00Z"}
    return {"process": "smelting", "country": "CD"} | period | members


def lots(play: Play, *codes: str) -> list[str]:
    """Ids under which the trader can begin lots."""
    return [play.trader.subject("lot", code) for code in codes]


@pytest.mark.parametrize(
    ("b_g", "c_g", "lost_g", "b_mg", "c_mg", "lost_mg"),
    [
        (6, 5, 0, 3_000, 0, 0),  # 11 g of 10
        (6, 3, 0, 3_000, 0, 0),  # 9 g of 10
        (6, 4, 1, 3_000, 0, 0),  # a loss on top
        (6, 4, 0, 3_000, 1, 0),  # 3,001 mg of 3,000
        (6, 4, 0, 2_999, 0, 0),  # a milligram missing
        (6, 3, 1, 2_000, 1_000, 1),  # metal that the loss invents
    ],
)
def test_a_split_creates_and_loses_nothing(
    b_g: int, c_g: int, lost_g: int, b_mg: int, c_mg: int, lost_mg: int, play: Play
) -> None:
    """One gram or milligram too many or too few in edges and losses together, and the split is refused."""
    lot, (b, c) = play.declare("A", 10, contained_mg=TIN), lots(play, "B", "C")
    edges = [play.edge(lot, b, b_g, {"Sn": b_mg}), play.edge(lot, c, c_g, {"Sn": c_mg})]
    losses = [play.loss(lot, lost_g, {"Sn": lost_mg})] if lost_g else []
    code = play.refusal("lot.split", play.trader, shape(play, edges, losses), links=[lot, b, c])
    assert code == "mass.not_balanced"


def test_masses_do_not_move_between_inputs(play: Play) -> None:
    """Each input balances by itself: what is missing from one is not made up by another."""
    a, b, (m,) = play.declare("A", 10), play.declare("B", 20), lots(play, "M")
    edges = [play.edge(a, m, 11), play.edge(b, m, 19)]
    code = play.refusal("lot.merged", play.trader, shape(play, edges), links=[a, b, m])
    assert code == "mass.not_balanced"


def test_edges_join_inputs_to_outputs_only(play: Play) -> None:
    """An edge to oneself, backwards, from a lot not linked, to one not linked, or a foreign loss: refused."""
    lot, (b, c, d) = play.declare("A", 10), lots(play, "B", "C", "D")
    other = play.declare("X", 10)
    good = [play.edge(lot, b, 6), play.edge(lot, c, 4)]
    outputs = shape(play, good)["outputs"]
    bad: list[list[Any]] = [
        [*good, play.edge(lot, lot, 1)],
        [*good, play.edge(b, c, 1)],
        [*good, play.edge(b, lot, 1)],
        [*good, play.edge(other, c, 1)],
        [*good, play.edge(lot, d, 1)],
        [*good, play.edge(lot, other, 1)],
        [play.edge(lot, b, 10)],
    ]
    for edges in bad:
        body = {"edges": edges, "outputs": outputs}
        assert play.refusal("lot.split", play.trader, body, links=[lot, b, c]) == "mass.edge"
    for source in (other, b):
        body = {"edges": good, "losses": [play.loss(source, 0)], "outputs": outputs}
        assert play.refusal("lot.split", play.trader, body, links=[lot, b, c]) == "mass.edge"


def test_outputs_are_the_lots_that_begin(play: Play) -> None:
    """An output left out, one too many, twice, in another order, or an input among them: refused."""
    lot, (b, c, d) = play.declare("A", 10), lots(play, "B", "C", "D")
    body = shape(play, [play.edge(lot, b, 6), play.edge(lot, c, 4)])
    first, second = body["outputs"]
    for outputs in (
        [first],
        [second, first],
        [first, first, second],
        [first, second, first | {"lot": d}],
        [first | {"lot": lot}, first, second],
    ):
        code = play.refusal("lot.split", play.trader, body | {"outputs": outputs}, links=[lot, b, c])
        assert code == "event.body_disagrees"
    code = play.refusal("lot.split", play.trader, body, links=[lot, b, c, d])
    assert code == "event.body_disagrees"
    nothing_in = play.refusal("lot.split", play.trader, body, links=[b, c])
    assert nothing_in == "event.body_disagrees"


def test_an_edge_listed_twice_counts_twice(play: Play) -> None:
    """Two edges between the same lots add up: listing one again is refused unless the mass is there."""
    lot, (b, c) = play.declare("A", 10), lots(play, "B", "C")
    twice = [play.edge(lot, b, 5), play.edge(lot, c, 5), play.edge(lot, b, 5)]
    code = play.refusal("lot.split", play.trader, shape(play, twice), links=[lot, b, c])
    assert code == "mass.not_balanced"
    thrice = [play.edge(lot, b, 3), play.edge(lot, c, 5), play.edge(lot, b, 2)]
    play.post("lot.split", play.trader, shape(play, thrice), links=[lot, b, c])
    assert [play.lot(one).holding.dry_mass_g for one in (b, c)] == [5, 5]


def test_an_analyte_cannot_appear_or_vanish(play: Play) -> None:
    """Metal that the input does not have, or that no edge carries on, is refused; a zero is nothing."""
    lot, (b, c) = play.declare("A", 10, contained_mg=TIN), lots(play, "B", "C")
    links = [lot, b, c]
    for first, second in (({"Sn": 3_000, "Au": 1}, {}), ({}, {}), ({"Sn": 3_000}, {"WO3": 7})):
        edges = [play.edge(lot, b, 6, first), play.edge(lot, c, 4, second)]
        assert play.refusal("lot.split", play.trader, shape(play, edges), links=links) == "mass.not_balanced"
    edges = [play.edge(lot, b, 6, {"Sn": 3_000, "Au": 0}), play.edge(lot, c, 4)]
    play.post("lot.split", play.trader, shape(play, edges), links=links)
    assert play.lot(b).holding.contained_mg["Sn"] == 3_000
    assert sum(play.lot(c).holding.contained_mg.values()) == 0


def test_a_type_s_name_says_how_many_lots(play: Play) -> None:
    """A split has one input and several outputs, a merge or blend several inputs and one output."""
    a, b, (c, d) = play.declare("A", 10), play.declare("B", 10), lots(play, "C", "D")
    one = shape(play, [play.edge(a, c, 10)])
    two = shape(play, [play.edge(a, c, 5), play.edge(a, d, 5)])
    merged = shape(play, [play.edge(a, c, 10), play.edge(b, c, 10)])
    four = shape(play, [play.edge(a, c, 10), play.edge(b, d, 10)])
    for kind, body, links in (
        ("lot.split", one, [a, c]),
        ("lot.split", merged, [a, b, c]),
        ("lot.split", four, [a, b, c, d]),
        ("lot.merged", one, [a, c]),
        ("lot.merged", two, [a, c, d]),
        ("lot.blended", four, [a, b, c, d]),
    ):
        assert play.refusal(kind, play.trader, body, links=links) == "event.shape"


def test_goods_change_their_code_only_in_a_process(play: Play) -> None:
    """Splitting or merging tin ore does not make copper of it: roles, certificates and bans go by the HS code."""
    a, b, (c, d) = play.declare("A", 10), play.declare("B", 10), lots(play, "C", "D")
    split = shape(play, [play.edge(a, c, 5), play.edge(a, d, 5)], hs=COPPER_ORE)
    merged = shape(play, [play.edge(a, c, 10), play.edge(b, c, 10)], hs=COPPER_ORE)
    assert play.refusal("lot.split", play.trader, split, links=[a, c, d]) == "event.body_disagrees"
    for kind in ("lot.merged", "lot.blended"):
        assert play.refusal(kind, play.trader, merged, links=[a, b, c]) == "event.body_disagrees"
    smelted = shape(play, [play.edge(a, c, 10)], hs="800110") | process()
    play.post("lot.processed", play.trader, smelted, links=[a, c])
    assert play.lot(c).hs == "800110"


def test_metal_cannot_be_parted_from_its_ore(play: Play) -> None:
    """Cassiterite holds at most 787,683 ppm of tin: 10 g at most 7,877 mg, however they are declared or moved."""
    body = {"source": "unknown", **play.goods(), "weight": play.weight(10), "contained_mg": {"Sn": 7_878}}
    a, (b, c) = lots(play, "A")[0], lots(play, "B", "C")
    assert play.refusal("lot.declared", play.trader, body, links=[a]) == "grade.impossible"
    site = play.site()
    mined = play.extraction(site, 10, contained_mg={"Sn": 7_878})
    lot = play.miner.subject("lot", "M")
    assert play.refusal("lot.extracted", play.miner, mined, links=[lot]) == "grade.impossible"
    play.declare("A", 10, contained_mg={"Sn": 7_877})
    edges = [play.edge(a, b, 1, {"Sn": 7_877}), play.edge(a, c, 9)]
    assert play.refusal("lot.split", play.trader, shape(play, edges), links=[a, b, c]) == "grade.impossible"
    losses = [play.loss(a, 1)]  # 9 g of concentrate hold at most 7,089 mg
    richer = shape(play, [play.edge(a, b, 9, {"Sn": 7_877})], losses) | process()
    assert play.refusal("lot.processed", play.trader, richer, links=[a, b]) == "grade.impossible"
    losses = [play.loss(a, 1, {"Sn": 7_877})]
    whole = shape(play, [play.edge(a, b, 9)], losses) | process()
    assert play.refusal("lot.processed", play.trader, whole, links=[a, b]) == "grade.impossible"
    for dry_g, metal in ((1, {"Sn": 7_877}), (9, {})):
        spill = {"kind": "dust", "dry_mass_g": dry_g, "contained_mg": metal}
        assert play.refusal("loss.recorded", play.trader, spill, links=[a]) == "grade.impossible"
    grade = {"analyte": "Sn", "uncertainty_ppm": 0}
    for ppm, code in ((787_783, "grade.impossible"), (787_683, "")):
        assay = {"assay": {"basis": "dry", "grades": [grade | {"grade_ppm": ppm}]}}
        if code:
            assert play.refusal("lot.measured", play.trader, assay, links=[a]) == code
        else:
            play.post("lot.measured", play.trader, assay, links=[a])


def test_a_loss_takes_what_is_there(play: Play) -> None:
    """No loss of more mass or metal than the lot holds; a lot that is lost whole ends, with all its metal."""
    lot = play.declare("A", 10, contained_mg=TIN)
    for dry_g, metal in ((11, {}), (1, {"Sn": 3_001}), (1, {"Au": 1})):
        spill = {"kind": "theft", "dry_mass_g": dry_g, "contained_mg": metal}
        assert play.refusal("loss.recorded", play.trader, spill, links=[lot]) == "mass.insufficient"
    theft = {"kind": "theft", "dry_mass_g": 10, "contained_mg": {"Sn": 2_999}}
    assert play.refusal("loss.recorded", play.trader, theft, links=[lot]) == "grade.impossible"
    play.post("loss.recorded", play.trader, theft | {"contained_mg": TIN}, links=[lot])
    assert play.lot(lot).holding.dry_mass_g == 0
    assert play.refusal("lot.stored", play.trader, {"post": "CD-KOLWEZI"}, links=[lot]) == "custody.ended"


def test_a_part_that_is_lost_leaves_the_rest(play: Play) -> None:
    """10 g with 3,000 mg of tin less 4 g with 1,200 mg are 6 g with 1,800 mg, and the lot lives on."""
    lot = play.declare("A", 10, contained_mg=TIN)
    spill = {"kind": "spillage", "dry_mass_g": 4, "contained_mg": {"Sn": 1_200}}
    play.post("loss.recorded", play.trader, spill, links=[lot])
    assert (play.lot(lot).holding.dry_mass_g, play.lot(lot).holding.contained_mg) == (6, {"Sn": 1_800})
    play.post("lot.stored", play.trader, {"post": "CD-KOLWEZI"}, links=[lot])


def test_the_book_mass_is_what_is_handed_over(play: Play) -> None:
    """A giver who weighs another mass than the book's records the loss first: neither tender nor hand-over hides it."""
    lot = play.declare("A", 10)
    for dry_g in (9, 11):
        tender = {"receiver": play.refiner.party, "given": play.weight(dry_g)}
        assert play.refusal("lot.tendered", play.trader, tender, links=[lot]) == "mass.not_balanced"
        body = play.handing(play.refiner, lot)
        body["lots"][0]["given"] = play.weight(dry_g)
        hands = [play.trader, play.refiner]
        assert play.refusal("lot.handed_over", hands, body, links=[lot]) == "mass.not_balanced"


def test_a_lot_goes_into_an_account_whole(play: Play) -> None:
    """Another mass or metal than the lot's is refused, also a lot of other goods; zeros say nothing."""
    account, lot = play.account(), play.declare("A", 10, contained_mg=TIN)
    for dry_g, metal in ((9, TIN), (11, TIN), (10, {}), (10, {"Sn": 2_999}), (10, TIN | {"Au": 1})):
        moving = play.moving("in", dry_g, metal)
        code = play.refusal("account.moved", play.trader, moving, links=[account, lot])
        assert code == "mass.not_balanced"
    copper = play.declare("CU", 10, hs=COPPER_ORE)
    code = play.refusal("account.moved", play.trader, play.moving("in", 10), links=[account, copper])
    assert code == "event.body_disagrees"
    play.post("account.moved", play.trader, play.moving("in", 10, TIN | {"Au": 0}), links=[account, lot])
    assert play.state(account).holding.contained_mg == TIN


def test_an_account_never_falls_below_zero(play: Play) -> None:
    """No draw beyond mass or metal, none out of an empty account, none that leaves metal without ore."""
    account, lot, (b, c) = play.account(), play.declare("A", 10, contained_mg=TIN), lots(play, "B", "C")
    empty = play.refusal("account.moved", play.trader, play.moving("out", 1), links=[account, b])
    assert empty == "mass.insufficient"
    play.post("account.moved", play.trader, play.moving("in", 10, TIN), links=[account, lot])
    for dry_g, metal, code in (
        (11, {}, "mass.insufficient"),
        (5, {"Sn": 3_001}, "mass.insufficient"),
        (5, {"Au": 1}, "mass.insufficient"),
        (10, {}, "grade.impossible"),
        (1, TIN, "grade.impossible"),
    ):
        moving = play.moving("out", dry_g, metal)
        assert play.refusal("account.moved", play.trader, moving, links=[account, b]) == code
    play.post("account.moved", play.trader, play.moving("out", 6, {"Sn": 2_000}), links=[account, b])
    late = play.moving("out", 5, {"Sn": 1_000})
    assert play.refusal("account.moved", play.trader, late, links=[account, c]) == "mass.insufficient"
    play.post("account.moved", play.trader, play.moving("out", 4, {"Sn": 1_000}), links=[account, c])
    assert play.state(account).holding.dry_mass_g == 0
    gone = play.refusal("account.moved", play.trader, play.moving("in", 10, TIN), links=[account, lot])
    assert gone == "custody.ended"


def test_two_lots_drawn_at_once_share_one_account(play: Play) -> None:
    """Two draws on one head of the account, together beyond what it holds: the second is refused."""
    account, lot, (b, c) = play.account(), play.declare("A", 10), lots(play, "B", "C")
    play.post("account.moved", play.trader, play.moving("in", 10), links=[account, lot])
    draws = [
        play.envelope("account.moved", play.trader, play.moving("out", 6), links=[account, one])
        for one in (b, c)
    ]
    outcomes = play.send(*draws)
    assert [getattr(outcome, "error", None) is None for outcome in outcomes] == [True, False]
    assert play.state(account).holding.dry_mass_g == 4
    assert play.state(c) is None
