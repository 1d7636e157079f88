"""A stage without processes: the play posts straight into a journal over the package's memory store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from api.client import ClientProblem, Receipt
from api.founding import Founder, Terms, compose_genesis, log_vkey, majority
from corridor import rules
from corridor.findings import Finding
from corridor.journal import Committed, Journal, read_signed
from corridor.states import State
from corridor.world import World
from ledger.envelope import Entry, read_entry, sign
from ledger.keys import SigningKey
from ledger.store.memory import MemoryStore
from simulations.cast import Actor
from simulations.dice import Dice
from simulations.society import START_MS, Society


@dataclass
class JournalClient:
    """What a conductor needs of a client, without HTTP."""

    store: MemoryStore

    def __post_init__(self) -> None:
        self.journal = Journal(self.store)

    def post(self, envelope: bytes, *, wait_published: bool = False, now_ms: int | None = None) -> Receipt:
        """Post one event through the journal, as the server does."""
        (outcome,) = self.journal.post([read_signed(envelope)], lambda _envelope: now_ms or 0)
        if isinstance(outcome, Committed):
            return Receipt(outcome.event_id, outcome.index, outcome.at, "committed", not outcome.duplicate)
        raise ClientProblem(409, outcome.error.code, outcome.error.detail, pointer=outcome.error.pointer)

    def entries(self) -> list[Entry]:
        """Every entry so far."""
        with self.store.read() as snapshot:
            return [read_entry(raw) for raw in snapshot.entries(0, snapshot.size())]


@dataclass
class Stage:
    """A founded log in memory with its society."""

    client: JournalClient
    society: Society
    genesis: str

    def replay(self) -> tuple[dict[str, State], list[tuple[str, Finding]]]:
        """Replay every entry through the rules; give the states and each finding with its event's type."""
        states: dict[str, State] = {}
        findings: list[tuple[str, Finding]] = []
        world = World(states.get, lambda _event_id: None)
        for index, entry in enumerate(self.client.entries()):
            act = rules.act_of(entry.envelope, index, entry.at, world)
            rules.admit(act)
            findings += [(act.header.type, finding) for finding in rules.assess(act)]
            states.update(rules.evolve(act))
        return states, findings


def _founder(actor: Actor) -> Founder:
    salt = actor.dice.octets(f"{actor.name}/salt")
    return Founder(key=actor.key, next_key=actor.next_key, salt=salt, value={"name": actor.name})


@pytest.fixture
def stage() -> Stage:
    """A stage of seed 7."""
    return _stage_of(7)


@pytest.fixture
def a_stage() -> Callable[[int], Stage]:
    """A maker of stages by seed."""
    return _stage_of


def _stage_of(seed: int) -> Stage:
    """Found a log in memory with the society of a seed."""
    society = Society(Dice(seed))
    log_key = SigningKey.from_seed(society.dice.octets("log key"))
    founders = [_founder(actor) for actor in (*society.roots, society.operator, *society.introducers)]
    roots = founders[: len(society.roots)]
    payload = compose_genesis(
        Terms("corridor.otc.demo", majority(len(roots))),
        roots=[root.inception for root in roots],
        operator=founders[len(roots)].inception,
        introducers=[introducer.inception for introducer in founders[len(roots) + 1 :]],
        vkey=log_vkey("corridor.otc.demo", log_key),
        at_ms=START_MS,
    )
    client = JournalClient(MemoryStore())
    receipt = client.post(sign(payload, [founder.key for founder in founders]), now_ms=START_MS)
    return Stage(client, society, receipt.event_id)
