"""A season of all four stories, played in memory into one log, and the bundles of its lots.

Beside the stories there is what they lack: declared lots of which one hides its supplier, events signed in a batch, an
`after`, and checkpoints on the way, so that there are old heads.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pytest
import simpy

from api.client import Client, ClientProblem, Receipt
from api.compose import compose
from api.founding import Founder, Terms, compose_genesis, log_vkey
from certifiers.assembly import assemble
from certifiers.examined import Disclosure
from corridor.journal import Committed, Journal, read_signed
from ledger.chain import GENESIS_PREV
from ledger.cosignature import cosign
from ledger.envelope import read_payload, sign
from ledger.keys import SigningKey
from ledger.log import Log
from ledger.payload import Signer
from ledger.store.memory import MemoryHeadFile, MemoryStore
from ledger.subjects import commitment
from simulations.cast import Actor
from simulations.conductor import Conductor, Hand, own
from simulations.dice import Dice
from simulations.society import START_MS, Society
from simulations.stories.central import Central
from simulations.stories.guinea import Guinea
from simulations.stories.lobito import Lobito
from simulations.stories.morocco import Morocco

ORIGIN = "corridor.otc.example/season"
SEED = 11
SALT = "5a" * 32
SUPPLIER = "SCRAP-AND-SONS"


def load(name: str) -> ModuleType:
    """Load a module of this folder, which is no package, so that tests can import it by its name."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


second = load("second_verifier")
forge = load("forge")
for name in ("mutants", "small_log", "attack_tools"):
    load(name)
for name in ("good_oddities", "attacks_form", "attacks_trust", "attacks_log", "attacks_heads"):
    load(name)  # each enters its attacks into the table of attack_tools


@dataclass
class JournalClient:
    """What a conductor needs of a client, without HTTP."""

    store: MemoryStore

    def post(self, envelope: bytes, *, wait_published: bool = False, now_ms: int | None = None) -> Receipt:
        """Post one event through the journal, as the server does."""
        (outcome,) = Journal(self.store).post([read_signed(envelope)], lambda _envelope: now_ms or 0)
        if isinstance(outcome, Committed):
            return Receipt(outcome.event_id, outcome.index, outcome.at, "committed", not outcome.duplicate)
        raise ClientProblem(409, outcome.error.code, outcome.error.detail, pointer=outcome.error.pointer)


@dataclass
class Recorder(Conductor):
    """A conductor that remembers every key, so that a forger can sign for anybody."""

    keys: dict[str, SigningKey] = field(default_factory=dict)

    def sign(self, kind: str, hands: Sequence[Hand], body: Any, **members: Any) -> bytes:  # noqa: ANN401  # its parent's
        """Sign, and keep the keys."""
        self.keys |= {key.text: key for _, key in hands}
        return super().sign(kind, hands, body, **members)


@dataclass
class Season:
    """A published log: its entries without the last heads, honest bundles by name, and who forges it."""

    entries: list[bytes]
    bundles: dict[str, bytes]
    lots: dict[str, str]
    genesis: str
    trust: bytes
    forger: Any
    disclosure: dict[str, Any]
    supplied: str
    """The lot whose supplier is disclosed."""
    old_heads: list[int]
    """Where earlier statements stand."""
    subjects: dict[str, set[str]]
    """What each bundle holds whole, by the bundle's name."""


@dataclass
class Stage:
    """A log being played."""

    society: Society
    store: MemoryStore
    conductor: Recorder
    log: Log
    forger: Any

    def publish(self) -> str:
        """Publish a checkpoint that all witnesses cosign; give the id of its heads statement."""
        pending = self.log.cut(int(self.conductor.env.now))
        assert pending is not None
        text = pending.note.partition("\n\n")[0] + "\n"
        lines = [
            cosign(text, f"w.example/{name}", key, forge.COSIGNED_AT_S)
            for name, key in self.forger.witnesses.items()
        ]
        self.log.publish(pending, pending.note + "".join(lines))
        with self.store.read() as snapshot:
            return cast("str", forge.facts(snapshot.entry(snapshot.size() - 1)).event_id)

    def bundle(self, lot: str, **choices: Any) -> bytes:  # noqa: ANN401  # assemble's
        """Assemble a bundle."""
        with self.store.read() as snapshot:
            return assemble(snapshot, lot, **choices)


def _founder(actor: Actor) -> Founder:
    salt = actor.dice.octets(f"{actor.name}/salt")
    return Founder(key=actor.key, next_key=actor.next_key, salt=salt, value={"name": actor.name})


def _found() -> Stage:
    society, store = Society(Dice(SEED)), MemoryStore()
    log_key, operator = SigningKey.from_seed(society.dice.octets("log")), society.operator
    payload = compose_genesis(
        Terms(ORIGIN, 2),
        roots=[_founder(root).inception for root in society.roots],
        operator=_founder(operator).inception,
        introducers=[_founder(introducer).inception for introducer in society.introducers],
        vkey=log_vkey(ORIGIN, log_key),
        at_ms=START_MS,
    )
    founders = [*society.roots, operator, *society.introducers]
    client = JournalClient(store)
    genesis = client.post(sign(payload, [founder.key for founder in founders]), now_ms=START_MS).event_id
    log = Log(
        store,
        MemoryHeadFile(),
        origin=ORIGIN,
        log_key=log_key,
        operator_key=operator.key,
        operator_party=operator.party,
        genesis_id=genesis,
    )
    conductor = Recorder(cast("Client", client), genesis, simpy.Environment(initial_time=START_MS))
    conductor.keys = {founder.key.text: founder.key for founder in founders}
    witnesses = {
        name: SigningKey.from_seed(society.dice.octets(name)) for name in ("customs", "mirror", "ngo")
    }
    forger = forge.Forger(ORIGIN, log_key, (operator.party, operator.key), witnesses, conductor.keys)
    return Stage(society, store, conductor, log, forger)


def _declare(stage: Stage, trader: Actor, code: str, after: str) -> dict[str, Any]:
    """Compose the declaration of a lot of scrap that hides its supplier."""
    hidden = commitment(bytes.fromhex(SALT), trader.party, "supplier", SUPPLIER)
    body: dict[str, Any] = {
        "source": "recycled",
        "country": "FR",
        "hs": "810530",
        "form": "scrap",
        "custody_model": "segregated",
        "weight": {"wet_mass_g": 1_000_000, "moisture_ppm": 0, "dry_mass_g": 1_000_000},
        "contained_mg": {"Co": 5_000_000},
    }
    payload = compose(
        "lot.declared",
        log_id=stage.conductor.log_id,
        actor=trader.party,
        signers=[Signer(trader.key.text, trader.party)],
        body=body,
        links={trader.subject("lot", code): GENESIS_PREV},
        claimed_at_ms=int(stage.conductor.env.now),
        counter=trader.count(trader.key),
        after=after,
        commitments={"supplier": hidden},
    )
    return cast(
        "dict[str, Any]", forge.payload_of(forge.entry_of(forge.enclosed(read_payload(payload).raw, []), 0))
    )


def _play() -> Season:
    stage = _found()
    society, conductor = stage.society, stage.conductor
    society.settle(conductor)
    first_heads = stage.publish()
    lobito, central, morocco, guinea = (kind(society) for kind in (Lobito, Central, Morocco, Guinea))
    processes = [conductor.env.process(story.play(conductor)) for story in (lobito, central, morocco, guinea)]
    conductor.env.run(conductor.env.all_of(processes))
    stage.publish()
    lobito.unmask(conductor)
    (trader,) = society.enrol(conductor, ["Scrap of the Coast"])
    conductor.keys[trader.key.text] = trader.key
    payloads = [_declare(stage, trader, f"SCRAP-{number}", first_heads) for number in range(1, 6)]
    receipts = [conductor.post(envelope) for envelope in stage.forger.batch(payloads)]
    scrap = trader.subject("lot", "SCRAP-2")
    conductor.act("lot.sealed", [own(trader)], {"action": "applied", "seals": ["SEAL-1"]}, links=[scrap])
    stage.publish()

    told = {
        "train": lobito.train,
        "stones": lobito.stones,
        "coltan": central.product,
        "held": central.held,
        "cobalt": morocco.metal,
        "ship": guinea.ship,
    }
    lots = {name: lot.subject for name, lot in told.items() if lot is not None} | {"scrap": scrap}
    disclosure = {"event": receipts[1].event_id, "name": "supplier", "salt": SALT, "value": SUPPLIER}
    never = [trader.subject("lot", f"NEVER-{number}") for number in range(1, 9)]
    bundles = {name: stage.bundle(lot) for name, lot in lots.items()}
    bundles["disclosed"] = stage.bundle(scrap, disclosures=[Disclosure(**disclosure)])
    bundles["with absent"] = stage.bundle(lots["held"], absent=never)
    bundles["never begun"] = stage.bundle(never[0], absent=never[:1])
    bundles["cut"] = stage.bundle(
        lots["coltan"], cut=[site for site in _sites(stage) if site.startswith("site:")]
    )
    with stage.store.read() as snapshot:
        entries = [snapshot.entry(index) for index in range(snapshot.size() - 1)]
    statements = [index for index, entry in enumerate(entries) if forge.kind_of(entry) == "log.heads"]
    genesis = conductor.log_id
    trust = stage.forger.trust(genesis)
    subjects = {name: set(second.examine(data, trust)["subjects"]) for name, data in bundles.items()}
    return Season(
        entries, bundles, lots, genesis, trust, stage.forger, disclosure, scrap, statements, subjects
    )


def _sites(stage: Stage) -> set[str]:
    with stage.store.read() as snapshot:
        entries = [snapshot.entry(index) for index in range(snapshot.size())]
    return {subject for entry in entries for subject in forge.facts(entry).subjects}


@pytest.fixture(scope="session")
def season() -> Season:
    """One season for all tests: nobody writes on it."""
    return _play()
