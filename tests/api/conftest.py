"""A served log for the doors' tests: founded with real keys, opened by the real wiring, over real HTTP.

Time is the test's own: `clock.now_ms` is what the wall clock says. `author` signs events for the log's parties.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import httpx2
import pytest

from api.app import create_app
from api.compose import compose
from api.founding import Founded, Founder, FoundingKeys, found, make_founder
from api.listening import address_of, listen, server_for
from api.publisher import Rhythm
from api.settings import WitnessAddress
from api.wiring import Ledger, open_ledger
from api.witness_server import Witness, create_witness_app
from api.witness_state import WitnessState
from ledger.chain import GENESIS_PREV
from ledger.envelope import event_id, read_envelope, sign
from ledger.keys import SigningKey
from ledger.note import COSIGNATURE_V1, VerifierKey
from ledger.payload import Signer
from ledger.trust_file import TrustedWitness
from ledger.values import Value

ORIGIN = "doors.otc.demo"
STRICT_ORIGIN = "doors.otc.example"
START_MS = 1_767_592_800_000  # 2026-01-05T06:00:00Z
QUICK = Rhythm(checkpoint_ms=20, recosign_ms=600_000, retry_ms=20)
JSON = {"Content-Type": "application/json"}
NDJSON = {"Content-Type": "application/x-ndjson"}


@dataclass
class HandClock:
    """A wall clock that stands still until the test moves it."""

    now_ms: int = START_MS

    def __call__(self) -> int:
        """Tell the time."""
        return self.now_ms


@dataclass
class Author:
    """Composes and signs events for one log; every event of a party has the next counter."""

    founded: Founded
    keys: FoundingKeys
    counters: dict[str, int] = field(default_factory=dict)

    def write(
        self,
        kind: str,
        founders: Sequence[Founder],
        body: Mapping[str, Value],
        links: Mapping[str, str],
        *,
        at_ms: int = START_MS,
        after: str | None = None,
    ) -> bytes:
        """Return the envelope of an event; the first founder acts, all sign."""
        actor = founders[0].party
        counter = self.counters[actor] = self.counters.get(actor, 0) + 1
        payload = compose(
            kind,
            log_id=self.founded.genesis_id,
            actor=actor,
            signers=[Signer(founder.key.text, founder.party) for founder in founders],
            body=body,
            links=links,
            claimed_at_ms=at_ms,
            counter=counter,
            after=after,
        )
        return sign(payload, [founder.key for founder in founders])

    def trader(self, name: str) -> Founder:
        """Return a party of that name, with keys of its own."""
        return make_founder(sha256(name.encode()).digest(), name)

    def incept(self, trader: Founder, *, at_ms: int = START_MS) -> bytes:
        """Return the event by which a trader enters the log."""
        body: dict[str, Value] = {"inception": dict[str, Value](trader.inception)}
        return self.write(
            "party.incepted",
            [trader, self.keys.introducers[0]],
            body,
            {trader.party: GENESIS_PREV},
            at_ms=at_ms,
        )

    def declare(self, trader: Founder, code: str, mass_g: int = 1_000, *, at_ms: int = START_MS) -> bytes:
        """Return the event by which a lot of recycled cobalt begins."""
        body: dict[str, Value] = {
            "source": "recycled",
            "country": "FR",
            "hs": "810530",
            "form": "scrap",
            "custody_model": "segregated",
            "weight": {"wet_mass_g": mass_g, "moisture_ppm": 0, "dry_mass_g": mass_g},
            "contained_mg": {},
            "documents": [],
        }
        return self.write("lot.declared", [trader], body, {lot_of(trader, code): GENESIS_PREV}, at_ms=at_ms)

    def store(self, trader: Founder, code: str, prev: str, *, at_ms: int = START_MS) -> bytes:
        """Return the event by which a lot is put into a store."""
        return self.write(
            "lot.stored", [trader], {"post": "CD-KOLWEZI"}, {lot_of(trader, code): prev}, at_ms=at_ms
        )

    def split(
        self, trader: Founder, code: str, prev: str, parts: Mapping[str, int], *, at_ms: int = START_MS
    ) -> bytes:
        """Return the event by which a lot becomes several, with the dry mass in grams of each."""
        lot, outputs = lot_of(trader, code), {lot_of(trader, part): mass for part, mass in parts.items()}
        body: dict[str, Value] = {
            "edges": [
                {"source": lot, "target": part, "dry_mass_g": mass, "contained_mg": {}}
                for part, mass in sorted(outputs.items())
            ],
            "losses": [],
            "outputs": [
                {"lot": part, "hs": "810530", "form": "scrap", "custody_model": "segregated", "product": "main"}
                for part in sorted(outputs)
            ],
        }
        links = {lot: prev, **dict.fromkeys(outputs, GENESIS_PREV)}
        return self.write("lot.split", [trader], body, links, at_ms=at_ms)


def lot_of(trader: Founder, code: str) -> str:
    """Return the id of a lot that a trader begins."""
    return f"lot:{trader.party.removeprefix('party:')}/{code}"


def id_of(envelope: bytes) -> str:
    """Return the id of the event in an envelope."""
    return event_id(read_envelope(envelope).payload.raw)


@dataclass
class Served:
    """A served log: its folder, its ledger, its address and a client's connection."""

    data: Path
    ledger: Ledger
    url: str
    http: httpx2.Client

    def post(self, envelope: bytes, **request: object) -> httpx2.Response:
        """Post one event."""
        headers = {**JSON, **request.pop("headers", {})}
        return self.http.post("/v1/events", content=envelope, headers=headers, **request)

    def post_all(self, envelopes: Sequence[bytes], **request: object) -> list[dict[str, object]]:
        """Post a batch; return the verdict on each row."""
        headers = {**NDJSON, **request.pop("headers", {})}
        body = b"".join(envelope + b"\n" for envelope in envelopes)
        answer = self.http.post("/v1/events/batch", content=body, headers=headers, **request)
        assert answer.status_code == 200, answer.text
        return [httpx2.Response(200, content=line).json() for line in answer.content.splitlines()]


@contextmanager
def running(app: object, *, lifespan: bool = True) -> Iterator[str]:
    """Serve an ASGI application on a free loopback port, in a thread; give its URL."""
    listener = listen("127.0.0.1", 0)
    ready = threading.Event()
    server = server_for(app, listener, lambda _line: ready.set(), lifespan=lifespan)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        assert ready.wait(10), "the server did not start"
        yield address_of(listener)
    finally:
        server.should_exit = True
        thread.join(15)
        listener.close()
        assert not thread.is_alive()


@contextmanager
def serving(data: Path, **options: object) -> Iterator[Served]:
    """Serve a data folder with these options of `open_ledger`."""
    ledger = open_ledger(data, **options)
    with running(create_app(ledger)) as url, httpx2.Client(base_url=url, trust_env=False, timeout=30) as http:
        yield Served(data, ledger, url, http)


@dataclass
class Bystander:
    """A witness that runs: its name in a trust file, its key, its address."""

    trusted: TrustedWitness
    witness: Witness

    @property
    def address(self) -> WitnessAddress:
        """Where the log finds it."""
        return WitnessAddress(self.trusted.key, self.trusted.url)


@contextmanager
def witnessing(
    state: Path, name: str, logs: Sequence[VerifierKey], clock: Callable[[], int]
) -> Iterator[Bystander]:
    """Run a witness of that name for some logs."""
    key = witness_key(name)
    remembered = WitnessState(state)
    witness = Witness(f"{name}.example", key, logs, remembered, clock)
    try:
        with running(create_witness_app(witness), lifespan=False) as url:
            yield Bystander(TrustedWitness(name, witness.vkey, url), witness)
    finally:
        remembered.close()


def witness_key(name: str) -> SigningKey:
    """Return the key of a witness of that name."""
    return SigningKey.generate(sha256(f"witness {name}".encode()).digest())


def witness_vkey(name: str) -> VerifierKey:
    """Return its verifier key."""
    return VerifierKey.of(f"{name}.example", COSIGNATURE_V1, witness_key(name).public)


@pytest.fixture
def clock() -> HandClock:
    """The wall clock, at the time of the genesis."""
    return HandClock()


@pytest.fixture(scope="session")
def keys() -> FoundingKeys:
    """Everybody's keys: the same in every run."""
    return FoundingKeys.from_entropy(sha256(b"doors").digest())


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, keys: FoundingKeys) -> tuple[Path, Founded]:
    """A folder with a founded log, to be copied."""
    data = tmp_path_factory.mktemp("founded") / "ledger"
    return data, found(data, origin=ORIGIN, keys=keys, at_ms=START_MS)


@pytest.fixture
def data(template: tuple[Path, Founded], tmp_path: Path) -> Path:
    """A fresh folder with a founded log."""
    folder = tmp_path / "ledger"
    shutil.copytree(template[0], folder)
    return folder


@pytest.fixture
def author(template: tuple[Path, Founded], keys: FoundingKeys) -> Author:
    """Who writes events for the log in `data`."""
    return Author(template[1], keys)


@pytest.fixture
def served(data: Path, clock: HandClock) -> Iterator[Served]:
    """The log in `data`, served without witnesses; checkpoints follow one another quickly."""
    with serving(data, rhythm=QUICK, clock=clock) as found_served:
        yield found_served
