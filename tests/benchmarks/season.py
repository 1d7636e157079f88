"""A long honest season for measuring: lots mined, handed over and split, with keys from a seed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import simpy

from api.founding import Founder, Terms, compose_genesis, log_vkey, majority, trust_of
from certifiers.assembly import assemble
from corridor.journal import Journal
from corridor.logbook import LogGenesis
from corridor.statements import read_body
from ledger.canonical import Value
from ledger.envelope import event_id, read_envelope, sign
from ledger.keys import SigningKey
from ledger.log import Log
from ledger.store.memory import MemoryHeadFile, MemoryStore
from ledger.trust_file import write_trust
from simulations.conductor import Conductor, own
from simulations.dice import Dice
from simulations.goods import extraction, hand_over, mined
from simulations.society import MINUTE_MS, START_MS, Society, open_site

ORIGIN = "bench.otc.demo"


@dataclass
class Season:
    """Envelopes in an order that a new log admits, with the log's time of each."""

    society: Society
    envelopes: list[bytes] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    now: int = START_MS

    def post(self, envelope: bytes, *, wait_published: bool = False, now_ms: int | None = None) -> Any:  # noqa: ANN401  # nothing, where the client gives a receipt
        """Take what a conductor posts."""
        self.envelopes.append(envelope)
        self.times.append(now_ms or self.now)

    @classmethod
    def make(cls, events: int) -> Season:
        """Make about as many events as asked: a third extractions, a third hand-overs of two signers, a third storing."""
        society = Society(Dice(1))
        season = cls(society)
        genesis = _genesis(society)
        season.post(genesis, now_ms=START_MS)
        env = simpy.Environment(initial_time=START_MS)
        conductor = Conductor(cast("Any", season), event_id(read_envelope(genesis).payload.raw), env)
        society.settle(conductor)
        mine, buyer = society.enrol(conductor, ["Bench Mine", "Bench Trader"])
        state = society.states["CD"]
        site = open_site(
            conductor,
            state,
            "BENCH",
            name="Bench",
            near="CD-KOLWEZI",
            hs="260300",
            scale="small",
            capacity_g_per_day=10**9,
            operators=[mine.party],
        )
        number = 0
        while len(season.envelopes) < events:
            number += 1
            env.run(until=int(env.now) + MINUTE_MS)
            lot = mined(
                mine.subject("lot", f"L{number}"), "260300", "ore", 1_000_000 + number, 50_000, {"Cu": 30_000}
            )
            conductor.act(
                "lot.extracted",
                [own(mine)],
                extraction(conductor, lot, site, "CD-KOLWEZI"),
                links=[lot.subject],
            )
            lot = hand_over(conductor, lot, mine, buyer, lot.dry_mass_g - 10, "CD-KOLWEZI")
            body: dict[str, Value] = {"post": "CD-KOLWEZI"}
            conductor.act("lot.stored", [own(buyer)], body, links=[lot.subject])
        return season


def _genesis(society: Society) -> bytes:
    founders = [
        Founder(key=a.key, next_key=a.next_key, salt=a.dice.octets(f"{a.name}/salt"), value={"name": a.name})
        for a in (*society.roots, society.operator, *society.introducers)
    ]
    log_key = SigningKey.from_seed(society.dice.octets("log key"))
    payload = compose_genesis(
        Terms(ORIGIN, majority(3)),
        roots=[f.inception for f in founders[:3]],
        operator=founders[3].inception,
        introducers=[f.inception for f in founders[4:]],
        vkey=log_vkey(ORIGIN, log_key),
        at_ms=START_MS,
    )
    return sign(payload, [f.key for f in founders])


@dataclass(frozen=True, slots=True)
class Kept:
    """A season kept and published in a memory store: its entries, a bundle of one lot, and what to believe."""

    entries: list[bytes]
    bundle: bytes
    trust: bytes


def keep(season: Season) -> Kept:
    """Post a whole season, publish it, and take one lot's bundle."""
    store, society = MemoryStore(), season.society
    envelopes = [read_envelope(envelope) for envelope in season.envelopes]
    times = dict(zip((envelope.event_id for envelope in envelopes), season.times, strict=True))
    Journal(store).post(envelopes, lambda envelope: times[envelope.event_id])
    genesis = envelopes[0]
    log_key = SigningKey.from_seed(society.dice.octets("log key"))
    log = Log(
        store,
        MemoryHeadFile(),
        origin=ORIGIN,
        log_key=log_key,
        operator_key=society.operator.key,
        operator_party=society.operator.party,
        genesis_id=genesis.event_id,
    )
    log.start()
    pending = log.cut()
    if pending is None:
        raise RuntimeError("a season that ends with an event has something to publish")
    log.publish(pending, pending.note)
    body = read_body(genesis.payload)
    if not isinstance(body, LogGenesis):
        raise TypeError("entry 0 is the genesis")
    with store.read() as snapshot:
        lot = snapshot.subjects("lot", limit=1)[0]
        entries = list(snapshot.entries(0, snapshot.size()))
        return Kept(
            entries, assemble(snapshot, lot), write_trust(trust_of(body, genesis.event_id, (), START_MS))
        )
