"""Rule R2: each `prev` is the head of its chain, so that no chain forks and nothing is spent twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from corridor.journal import Committed, NotCommitted
from ledger.envelope import Link

if TYPE_CHECKING:
    from conftest import Play

STORED = {"post": "CD-KOLWEZI"}


def test_an_old_head_is_refused_with_the_present_one(play: Play) -> None:
    """Whoever builds on a head that is taken learns the one to build on."""
    lot = play.declare()
    old = play.head(lot)
    present = play.post("lot.stored", play.trader, STORED, links=[lot])
    late = play.envelope("lot.stored", play.trader, STORED, links=[Link(old, lot)])
    (outcome,) = play.send(late)
    assert isinstance(outcome, NotCommitted)
    assert (outcome.error.code, outcome.head) == ("chain.stale_head", present)


def test_a_lot_cannot_be_handed_to_two_receivers(play: Play) -> None:
    """Of two hand-overs signed on one head the first enters and the second is refused: no lot is spent twice."""
    lot = play.declare()
    to_one = play.envelope(
        "lot.handed_over", [play.trader, play.carrier], play.handing(play.carrier, lot), links=[lot]
    )
    to_two = play.envelope(
        "lot.handed_over", [play.trader, play.refiner], play.handing(play.refiner, lot), links=[lot]
    )
    first, second = play.send(to_one, to_two)
    assert isinstance(first, Committed)
    assert isinstance(second, NotCommitted)
    assert (second.error.code, second.head) == ("chain.stale_head", to_one.event_id)
    assert play.lot(lot).custodian == play.carrier.party


def test_a_lot_cannot_be_split_twice(play: Play) -> None:
    """Of two splits of one lot the second is refused, in one batch as in two."""
    lot = play.declare("A", 10)
    splits = []
    for codes in ("BC", "DE"):
        targets = [play.trader.subject("lot", code) for code in codes]
        body = {
            "edges": [play.edge(lot, target, 5) for target in targets],
            "outputs": [{"lot": target, **play.goods()} for target in targets],
        }
        splits.append(play.envelope("lot.split", play.trader, body, links=sorted([lot, *targets])))
    first, second = play.send(*splits)
    assert isinstance(first, Committed)
    assert isinstance(second, NotCommitted)
    assert second.error.code == "chain.stale_head"
    (again,) = play.send(splits[1])
    assert isinstance(again, NotCommitted)


def test_a_certificate_cannot_be_consumed_by_two_exports(play: Play) -> None:
    """Two exports on one certificate's head, each of a lot of its own: one enters."""
    lots = [play.declare("A"), play.declare("B")]
    certificate = play.certify(lots[0])
    exports = [
        play.envelope("lot.exported", play.trader, play.exportation(certificate), links=[lot, certificate])
        for lot in lots
    ]
    first, second = play.send(*exports)
    assert isinstance(first, Committed)
    assert isinstance(second, NotCommitted)
    assert second.error.code == "chain.stale_head"


@pytest.mark.parametrize("missed", [0, 1])
def test_every_chain_of_an_event_counts(missed: int, play: Play) -> None:
    """An event that extends two chains is refused if either of its heads is old."""
    lots = [play.declare("A"), play.declare("B")]
    old = [Link(play.head(lot), lot) for lot in lots]
    play.post("lot.stored", play.trader, STORED, links=[lots[missed]])
    body = play.handing(play.refiner, *lots)
    code = play.refusal("lot.handed_over", [play.trader, play.refiner], body, links=old)
    assert code == "chain.stale_head"


def test_a_filing_makes_no_event_stale(play: Play) -> None:
    """Others speak about a lot in its file: what its custodian signed offline before still enters."""
    lot = play.declare()
    offline = play.envelope("lot.stored", play.trader, STORED, links=[lot])
    crossing = {"country": "CD", "post": "CD-DILOLO", "direction": "exit", "customs_reference": "C1"}
    play.post("border.crossed", play.customs, crossing, about=[lot])
    (outcome,) = play.send(offline)
    assert isinstance(outcome, Committed)


def test_a_state_knows_its_beginning_and_its_head(play: Play) -> None:
    """When a chain began stays; where its head stands, in the log and in time, moves with each event."""
    begun, index = play.now, play.size()
    lot = play.declare()
    state = play.lot(lot)
    assert (state.begun_at, state.head_at, state.head_index) == (begun, begun, index)
    play.now = begun + 500_000
    stored = play.post("lot.stored", play.trader, STORED, links=[lot])
    state = play.lot(lot)
    assert (state.begun_at, state.head_at, state.head_index) == (begun, begun + 500_000, index + 1)
    assert state.head == stored
    assert state.chain_signers == (play.trader.party,)


def test_a_head_of_another_chain_is_none_of_this_one(play: Play) -> None:
    """A prev that names a real event, but of another lot, is refused."""
    lot, other = play.declare("A"), play.declare("B")
    link = Link(play.head(other), lot)
    assert play.refusal("lot.stored", play.trader, STORED, links=[link]) == "chain.stale_head"
