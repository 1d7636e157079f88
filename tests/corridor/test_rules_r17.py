"""Rule R17: origin classes sum to the mass, unknown never disappears, and a custody model only weakens."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Play

    from ledger.values import Value

# ISO 22095, strongest first.
MODELS = ["identity_preserved", "segregated", "controlled_blending", "mass_balance", "book_and_claim"]
RANK = {model: rank for rank, model in enumerate(MODELS)}


def split(play: Play, lot: str, model: str, code: str) -> str:
    """Try to split a lot of 10 g into two of a model; gives the code, or nothing where it enters."""
    targets = [play.trader.subject("lot", f"{code}{part}") for part in "12"]
    body = {
        "edges": [play.edge(lot, target, 5) for target in targets],
        "outputs": [{"lot": target, **play.goods(custody_model=model)} for target in targets],
    }
    links = sorted([lot, *targets])
    if RANK[model] < RANK[play.lot(lot).custody_model]:
        return play.refusal("lot.split", play.trader, body, links=links)
    play.post("lot.split", play.trader, body, links=links)
    return ""


@pytest.mark.parametrize(("given", "wanted"), list(product(MODELS, MODELS)))
def test_a_split_never_strengthens_the_model(given: str, wanted: str, play: Play) -> None:
    """Of the 25 pairs of models exactly those that keep or weaken it enter."""
    lot = play.declare("A", 10, custody_model=given)
    expected = "custody.model_strengthened" if RANK[wanted] < RANK[given] else ""
    assert split(play, lot, wanted, "B") == expected


@pytest.mark.parametrize("kind", ["lot.merged", "lot.blended"])
@pytest.mark.parametrize("other", ["CD", "RW"])
def test_a_merge_is_as_strong_as_its_weakest(kind: str, other: str, play: Play) -> None:
    """Two sources are at best segregated, a blend is at best controlled blending; one weak input weakens all."""
    strongest = {"lot.merged": 0 if other == "CD" else 1, "lot.blended": 2}[kind]
    for tried, (first, second, wanted) in enumerate(product(MODELS[:3], MODELS[:4], MODELS)):
        a = play.declare(f"A{tried}", 5, custody_model=first, source="country", country="CD")
        b = play.declare(f"B{tried}", 5, custody_model=second, source="country", country=other)
        m = play.trader.subject("lot", f"M{tried}")
        body = {
            "edges": [play.edge(a, m, 5), play.edge(b, m, 5)],
            "outputs": [{"lot": m, **play.goods(custody_model=wanted)}],
        }
        if RANK[wanted] < max(RANK[first], RANK[second], strongest):
            code = play.refusal(kind, play.trader, body, links=[a, b, m])
            assert code == "custody.model_strengthened"
        else:
            play.post(kind, play.trader, body, links=[a, b, m])


def test_no_output_is_stronger_than_the_others_allow(play: Play) -> None:
    """One output that claims too much refuses the event, whatever the others are."""
    lot = play.declare("A", 10, custody_model="segregated")
    targets = [play.trader.subject("lot", code) for code in "BC"]
    body = {
        "edges": [play.edge(lot, target, 5) for target in targets],
        "outputs": [
            {"lot": targets[0], **play.goods(custody_model="segregated")},
            {"lot": targets[1], **play.goods(custody_model="identity_preserved")},
        ],
    }
    assert play.refusal("lot.split", play.trader, body, links=[lot, *targets]) == "custody.model_strengthened"


@pytest.mark.parametrize("given", MODELS)
def test_what_an_account_gives_is_no_stronger_than_what_it_took(given: str, play: Play) -> None:
    """An account is mass balance at best; once book-and-claim goods went in, all that comes out is book and claim."""
    account = play.account()
    lot = play.declare("A", 10, custody_model=given)
    clean = play.declare("B", 10, custody_model="identity_preserved")
    drawn = [play.trader.subject("lot", code) for code in ("Z1", "Z2")]
    play.post("account.moved", play.trader, play.moving("in", 10), links=[account, lot])
    play.post("account.moved", play.trader, play.moving("out", 10), links=[account, drawn[0]])
    play.post("account.moved", play.trader, play.moving("in", 10), links=[account, clean])
    play.post("account.moved", play.trader, play.moving("out", 10), links=[account, drawn[1]])
    for one in drawn:
        assert RANK[play.lot(one).custody_model] == max(RANK["mass_balance"], RANK[given])
        assert split(play, one, "segregated", one[-2:]) == "custody.model_strengthened"


def test_what_was_processed_stays_processed(play: Play) -> None:
    """After the first processing shares count by metal too: split, merged or drawn, a lot remembers that it was."""
    ore, other = play.declare("A", 10), play.declare("B", 10)
    p, q, r, m, z = (play.trader.subject("lot", code) for code in ("P", "Q", "R", "S", "Z"))
    period = {"period_from": "2026-03-01T00:00:00Z", "period_until": "2026-03-02T00:00:00Z"}
    goods = play.goods(custody_model="mass_balance")

    def become(kind: str, edges: list[Value], **members: Value) -> None:
        targets = sorted({edge["target"] for edge in edges})
        body = {"edges": edges, "outputs": [{"lot": one, **goods} for one in targets]} | members
        play.post(kind, play.trader, body, links=sorted({edge["source"] for edge in edges} | set(targets)))

    become("lot.processed", [play.edge(ore, p, 10)], process="crushing", country="CD", **period)
    become("lot.split", [play.edge(p, q, 4), play.edge(p, r, 6)])
    become("lot.merged", [play.edge(q, m, 4), play.edge(other, m, 10)])
    account = play.account()
    for lot, mass_g in ((m, 14), (play.declare("C", 1), 1)):
        play.post("account.moved", play.trader, play.moving("in", mass_g), links=[account, lot])
    play.post("account.moved", play.trader, play.moving("out", 1), links=[account, z])
    assert {one: play.lot(one).processed for one in (ore, other, p, q, r, m, z)} == {
        ore: False,
        other: False,
        p: True,
        q: True,
        r: True,
        m: True,
        z: True,
    }


def test_unknown_origin_does_not_blend_away(play: Play) -> None:
    """1 g unknown in 3 g is still there after merging and drawing: 59 parts of it, 118 of the known, to the gram."""
    known = play.declare("A", 118, source="country", country="CD")
    unknown = play.declare("B", 59)
    m = play.trader.subject("lot", "M")
    body = {
        "edges": [play.edge(known, m, 118), play.edge(unknown, m, 59)],
        "outputs": [{"lot": m, **play.goods(custody_model="controlled_blending")}],
    }
    play.post("lot.blended", play.trader, body, links=[known, unknown, m])
    assert play.lot(m).holding.classes_g == {"country:CD": 118, "unknown": 59}
    parts = [play.trader.subject("lot", f"P{number}") for number in range(3)]
    cut = {
        "edges": [play.edge(m, part, 59) for part in parts],
        "outputs": [{"lot": part, **play.goods(custody_model="mass_balance")} for part in parts],
    }
    play.post("lot.split", play.trader, cut, links=[m, *parts])
    # Largest remainder, 59 of 177 at 118 : 59, is 39.33 and 19.67, so 39 and 20; then 59 of (79, 39) is 39.5 and
    # 19.5, the tie to the smaller key: 40 and 19; the rest is 39 and 20.
    assert [play.lot(part).holding.classes_g for part in parts] == [
        {"country:CD": 39, "unknown": 20},
        {"country:CD": 40, "unknown": 19},
        {"country:CD": 39, "unknown": 20},
    ]


def test_metal_has_its_own_shares(play: Play) -> None:
    """Half the mass with three quarters of the metal: by mass 50 : 50, by metal 75 : 25, and both are kept."""
    rich = play.declare("A", 100, source="country", country="CD", contained_mg={"Sn": 60_000})
    poor = play.declare("B", 100, source="country", country="RW", contained_mg={"Sn": 20_000})
    m = play.trader.subject("lot", "M")
    body = {
        "edges": [play.edge(rich, m, 100, {"Sn": 60_000}), play.edge(poor, m, 100, {"Sn": 20_000})],
        "outputs": [{"lot": m, **play.goods(custody_model="mass_balance")}],
    }
    play.post("lot.merged", play.trader, body, links=[rich, poor, m])
    drawn = play.trader.subject("lot", "P")
    rest = play.trader.subject("lot", "R")
    cut = {
        "edges": [play.edge(m, drawn, 10, {"Sn": 4_000}), play.edge(m, rest, 190, {"Sn": 76_000})],
        "outputs": [{"lot": one, **play.goods(custody_model="mass_balance")} for one in (drawn, rest)],
    }
    play.post("lot.split", play.trader, cut, links=[drawn, m, rest])
    holding = play.lot(drawn).holding
    assert holding.classes_g == {"country:CD": 5, "country:RW": 5}
    assert holding.classes_mg == {"Sn": {"country:CD": 3_000, "country:RW": 1_000}}


def test_a_declared_lot_has_the_class_of_its_source(play: Play) -> None:
    """Recycled with its country of collection, one country only, or unknown: three classes, never a site."""
    for code, source, country, key in (
        ("A", "recycled", "MA", "recycled:MA"),
        ("B", "country", "CD", "country:CD"),
        ("C", "unknown", None, "unknown"),
    ):
        origin = {"country": country} if country else {}
        lot = play.declare(code, 7, source=source, **origin)
        assert play.lot(lot).holding.classes_g == {key: 7}
    lot = play.trader.subject("lot", "D")
    body = {**play.goods(), "weight": play.weight(7), "contained_mg": {}}
    for origin in ({"source": "unknown", "country": "CD"}, {"source": "recycled"}, {"source": "country"}):
        assert play.refusal("lot.declared", play.trader, body | origin, links=[lot]) == "form.value"
