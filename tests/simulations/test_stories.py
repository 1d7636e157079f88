"""The four stories, played into a journal without processes."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, cast

import pytest
import simpy

from corridor.states import AccountState, LotState
from simulations.conductor import Conductor
from simulations.dice import Dice
from simulations.society import START_MS
from simulations.stories.central import BAGS, Central
from simulations.stories.guinea import TRAINS, Guinea
from simulations.stories.lobito import Lobito
from simulations.stories.morocco import Morocco

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Stage

    from api.client import Client


def _play(stage: Stage, *stories: Lobito | Central | Morocco | Guinea) -> Conductor:
    env = simpy.Environment(initial_time=START_MS)
    conductor = Conductor(cast("Client", stage.client), stage.genesis, env)
    stage.society.settle(conductor)
    env.run(env.all_of([env.process(story.play(conductor)) for story in stories]))
    return conductor


def _lot(stage: Stage, subject: str) -> LotState:
    state = stage.replay()[0][subject]
    assert isinstance(state, LotState)
    return state


def test_the_copper_train_keeps_its_mass_and_metal_in_the_book(stage: Stage) -> None:
    """After the split and two hand-overs the ledger books what the holders weighed, to the gram and milligram."""
    story = Lobito(stage.society)
    _play(stage, story)
    assert story.train is not None
    state = _lot(stage, story.train.subject)
    assert state.holding.dry_mass_g == story.train.dry_mass_g
    assert state.holding.contained_mg == story.train.contained_mg
    assert state.received


def test_stones_are_found_by_the_outturn_and_by_nothing_before_it(stage: Stage) -> None:
    """The same papers give no finding until the importer's assay; then its lack of copper refutes T5."""
    story = Lobito(stage.society)
    conductor = _play(stage, story)
    assert [finding for _, finding in stage.replay()[1]] == []
    story.unmask(conductor)
    ((kind, finding),) = stage.replay()[1]
    assert (kind, finding.code, finding.kind.claims) == ("lot.received", "outturn.metal_short", ("T5",))


def test_a_phone_that_sends_everything_twice_gets_the_same_receipts(stage: Stage) -> None:
    """Each bag and each merge of both offline cooperatives is answered twice with one receipt, and blamed for nothing."""
    story = Central(stage.society)
    _play(stage, story)
    assert story.replayed == 2 * (BAGS + 1)
    assert {finding.kind.effect for _, finding in stage.replay()[1]} <= {"notes", "holds"}


def test_one_person_cannot_sign_a_certificate_twice(stage: Stage) -> None:
    """Two keys of one holder are one officer: refused; two officers are admitted."""
    story = Central(stage.society)
    _play(stage, story)
    assert story.one_person == "certificate.officers"
    assert story.consumed


def test_a_certificate_is_used_once(stage: Stage) -> None:
    """A second export under a consumed certificate is refused by its own code."""
    story = Central(stage.society)
    conductor = _play(stage, story)
    assert story.reuse_certificate(conductor) == "certificate.consumed"


def test_a_sale_around_a_ban_is_held(stage: Stage) -> None:
    """A sale claimed before its site turned red and recorded after it enters, with a finding that holds."""
    story = Central(stage.society)
    _play(stage, story)
    held = [(kind, f) for kind, f in stage.replay()[1] if f.kind.effect == "holds"]
    assert [(kind, finding.code) for kind, finding in held] == [("lot.handed_over", "site.sale_held")]


def test_recycled_cobalt_stays_recycled_in_the_metal(stage: Stage) -> None:
    """The refined lot's classes are the site and recycled:FR, and sum to its mass and its cobalt exactly."""
    story = Morocco(stage.society)
    _play(stage, story)
    assert story.metal is not None
    holding = _lot(stage, story.metal.subject).holding
    assert sorted(key.split(":")[0] for key in holding.classes_g) == ["recycled", "site"]
    assert sum(holding.classes_g.values()) == holding.dry_mass_g == story.metal.dry_mass_g
    assert sum(holding.classes_mg["Co"].values()) == story.metal.contained_mg["Co"]


def test_a_stockpile_never_goes_below_zero(stage: Stage) -> None:
    """One gram more than the trains brought is refused; the ship and what stays are exactly what came."""
    story = Guinea(stage.society)
    _play(stage, story)
    states = stage.replay()[0]
    assert story.overdrawn == "mass.insufficient"
    assert story.ship is not None
    trains = [s for name, s in states.items() if isinstance(s, LotState) and "/TRAIN-" in name]
    (account,) = [s for s in states.values() if isinstance(s, AccountState)]
    assert len(trains) == TRAINS
    assert sum(train.holding.dry_mass_g for train in trains) == (
        account.holding.dry_mass_g + states[story.ship.subject].holding.dry_mass_g  # type: ignore[attr-defined]  # a ship that began is a lot
    )


@pytest.mark.parametrize("story", [Lobito, Central, Morocco, Guinea])
def test_the_same_seed_gives_the_same_bytes(
    story: Callable[..., Lobito | Central | Morocco | Guinea], a_stage: Callable[[int], Stage]
) -> None:
    """Two plays of one seed leave identical entries; another seed leaves others."""

    def entries(seed: int) -> list[bytes]:
        stage = a_stage(seed)
        _play(stage, story(stage.society))
        return [entry.raw for entry in stage.client.entries()]

    first = entries(7)
    assert entries(7) == first
    assert entries(8) != first


def test_dice_do_not_depend_on_the_order_of_asking() -> None:
    """A named draw is a function of seed and name alone: SHA-256 of the documented text."""
    expected = hashlib.sha256(b"otc/simulation\n7\nbag").digest()
    dice = Dice(7)
    dice.between(1, 6, "other")
    assert dice.octets("bag") == expected
    assert dice.between(10, 19, "bag") == 10 + int.from_bytes(expected) % 10
