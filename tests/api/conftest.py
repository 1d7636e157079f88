"""Served logs for the doors' tests: founded with real keys, opened by the real wiring, over real HTTP.

Time is the test's own: `clock.now_ms` is what the wall clock of server and witnesses says. An `author` writes and
signs events for one log; `begin` founds further logs, `serve` serves them, `open_log` opens them without HTTP, and
`witness` runs a witness.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol, TypedDict, Unpack

import httpx2
import orjson
import pytest
from starlette.types import ASGIApp

from api.app import create_app
from api.compose import compose
from api.founding import Founded, Founder, FoundingKeys, found, log_vkey, make_founder
from api.listening import address_of, listen, server_for
from api.publisher import Rhythm
from api.settings import WitnessAddress
from api.wiring import Ledger, open_ledger
from api.witness_server import Witness, create_witness_app
from api.witness_state import WitnessState
from corridor.journal import Outcome, read_signed
from ledger.chain import GENESIS_PREV
from ledger.envelope import read_envelope, sign
from ledger.keys import SigningKey
from ledger.payload import Signer
from ledger.trust_file import TrustedWitness
from ledger.values import Value

ORIGIN = "doors.otc.demo"
START_MS = 1_767_592_800_000  # 2026-01-05T06:00:00Z
QUICK = Rhythm(checkpoint_ms=20, recosign_ms=600_000, retry_ms=20)


@dataclass
class HandClock:
    """A wall clock that stands still until the test moves it."""

    now_ms: int = START_MS

    def __call__(self) -> int:
        """Tell the time."""
        return self.now_ms


@dataclass
class Author:
    """Composes and signs events for one log, whose folder is `data`; each event of a party counts one up."""

    data: Path
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

    def lot(self, trader: Founder, code: str) -> str:
        """Return the id of a lot that a trader begins."""
        return f"lot:{trader.party.removeprefix('party:')}/{code}"

    def id_of(self, envelope: bytes) -> str:
        """Return the id of the event in an envelope."""
        return read_envelope(envelope).event_id

    def incept(self, trader: Founder, *, at_ms: int = START_MS) -> bytes:
        """Return the event by which a trader enters the log."""
        body: dict[str, Value] = {"inception": dict[str, Value](trader.inception)}
        links = {trader.party: GENESIS_PREV}
        return self.write("party.incepted", [trader, self.keys.introducers[0]], body, links, at_ms=at_ms)

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
        links = {self.lot(trader, code): GENESIS_PREV}
        return self.write("lot.declared", [trader], body, links, at_ms=at_ms)

    def store(self, trader: Founder, code: str, prev: str, *, at_ms: int = START_MS) -> bytes:
        """Return the event by which a lot is put into a store."""
        body: dict[str, Value] = {"post": "CD-KOLWEZI"}
        return self.write("lot.stored", [trader], body, {self.lot(trader, code): prev}, at_ms=at_ms)

    def split(
        self, trader: Founder, code: str, prev: str, parts: Mapping[str, int], *, at_ms: int = START_MS
    ) -> bytes:
        """Return the event by which a lot becomes several, with the dry mass in grams of each."""
        lot, outputs = self.lot(trader, code), {self.lot(trader, part): mass for part, mass in parts.items()}
        body: dict[str, Value] = {
            "edges": [
                {"source": lot, "target": part, "dry_mass_g": mass, "contained_mg": {}}
                for part, mass in sorted(outputs.items())
            ],
            "losses": [],
            "outputs": [
                {
                    "lot": part,
                    "hs": "810530",
                    "form": "scrap",
                    "custody_model": "segregated",
                    "product": "main",
                }
                for part in sorted(outputs)
            ],
        }
        links = {lot: prev, **dict.fromkeys(outputs, GENESIS_PREV)}
        return self.write("lot.split", [trader], body, links, at_ms=at_ms)


@dataclass
class Served:
    """A served log: its ledger, its address, a client's connection, and how to stop it."""

    ledger: Ledger
    url: str
    http: httpx2.Client
    stop: Callable[[], None]

    def post(
        self, envelope: bytes, *, wait: bool = False, headers: Mapping[str, str | bytes] | None = None
    ) -> httpx2.Response:
        """Post one event."""
        return self.http.post(
            "/v1/events",
            content=envelope,
            params={"wait": "published"} if wait else {},
            headers=httpx2.Headers([(b"Content-Type", b"application/json"), *_raw(headers or {})]),
        )

    def post_all(
        self, rows: Sequence[bytes], *, headers: Mapping[str, str] | None = None
    ) -> list[dict[str, Any]]:
        """Post a batch; return the verdict on each row."""
        answer = self.http.post(
            "/v1/events/batch",
            content=b"".join(row + b"\n" for row in rows),
            headers={"Content-Type": "application/x-ndjson", **(headers or {})},
        )
        assert answer.status_code == 200, answer.text
        return [orjson.loads(line) for line in answer.content.splitlines()]

    def get(self, path: str, **params: str | int) -> dict[str, Any]:
        """Read a route that answers with JSON."""
        answer = self.http.get(path, params=params)
        assert answer.status_code == 200, answer.text
        said: dict[str, Any] = answer.json()
        return said


def _raw(headers: Mapping[str, str | bytes]) -> list[tuple[bytes, bytes]]:
    """Headers as the bytes that go over the wire."""
    return [
        (name.encode(), value if isinstance(value, bytes) else value.encode())
        for name, value in headers.items()
    ]


@dataclass
class Opened:
    """A log that is open and written to, without HTTP."""

    ledger: Ledger
    stop: Callable[[], None]

    def post(self, *envelopes: bytes, now_ms: int | None = None, publish: bool = False) -> list[Outcome]:
        """Have events admitted as one request; wait for the outcomes."""
        signed = [read_signed(envelope) for envelope in envelopes]
        return self.ledger.sequencer.submit(signed, now_ms=now_ms, publish=publish).result(20)


@dataclass
class Running:
    """A witness that runs: its name in a trust file, its key, its address."""

    trusted: TrustedWitness
    stop: Callable[[], None]

    @property
    def address(self) -> WitnessAddress:
        """Where the log finds it."""
        return WitnessAddress(self.trusted.key, self.trusted.url)


class Begin(Protocol):
    """Found a log with these witnesses in its trust file."""

    def __call__(
        self, name: str, *, origin: str = ORIGIN, witnesses: Sequence[Running] = (), delay_s: int = 0
    ) -> Author:
        """Return its author."""


class Options(TypedDict, total=False):
    """What `open_ledger` can be told."""

    head: Path
    simulated: bool
    witnesses: Sequence[WitnessAddress]
    rhythm: Rhythm


class Serve(Protocol):
    """Serve a folder over HTTP."""

    def __call__(self, data: Path, **options: Unpack[Options]) -> Served:
        """Return it, served."""


class OpenLog(Protocol):
    """Open a folder without HTTP."""

    def __call__(self, data: Path, **options: Unpack[Options]) -> Opened:
        """Return it, open."""


class RunWitness(Protocol):
    """Run a witness for the log of an origin."""

    def __call__(self, name: str, *, origin: str = ORIGIN, port: int = 0) -> Running:
        """Return it, running."""


@contextmanager
def running(app: ASGIApp, *, lifespan: bool = True, port: int = 0) -> Iterator[str]:
    """Serve an ASGI application on a loopback port, in a thread; give its URL."""
    listener = listen("127.0.0.1", port)
    ready = threading.Event()
    server = server_for(app, listener, lambda _line: ready.set(), lifespan=lifespan)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        assert ready.wait(20), "the server did not start"
        yield address_of(listener)
    finally:
        server.should_exit = True
        thread.join(30)
        listener.close()
        assert not thread.is_alive()


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
def author(template: tuple[Path, Founded], keys: FoundingKeys, tmp_path: Path) -> Author:
    """The author of a fresh log without witnesses."""
    folder = tmp_path / "ledger"
    shutil.copytree(template[0], folder)
    return Author(folder, template[1], keys)


@pytest.fixture
def begin(keys: FoundingKeys, tmp_path: Path) -> Begin:
    """How to found further logs."""

    def begin_log(
        name: str, *, origin: str = ORIGIN, witnesses: Sequence[Running] = (), delay_s: int = 0
    ) -> Author:
        trusted = [one.trusted for one in witnesses]
        founded = found(
            tmp_path / name,
            origin=origin,
            keys=keys,
            at_ms=START_MS,
            witnesses=trusted,
            entries_public_after_s=delay_s,
        )
        return Author(tmp_path / name, founded, keys)

    return begin_log


@pytest.fixture
def serve(clock: HandClock) -> Iterator[Serve]:
    """How to serve a folder, with options of `open_ledger`; everything is stopped at the end."""
    with ExitStack() as everything:

        def serve_log(data: Path, **options: Unpack[Options]) -> Served:
            mine = everything.enter_context(ExitStack())
            ledger = open_ledger(data, clock=clock, **{"rhythm": QUICK, **options})
            url = mine.enter_context(running(create_app(ledger)))
            http = mine.enter_context(httpx2.Client(base_url=url, trust_env=False, timeout=30))
            return Served(ledger, url, http, mine.close)

        yield serve_log


@pytest.fixture
def served(author: Author, serve: Serve) -> Served:
    """The author's log, served; checkpoints follow one another quickly."""
    return serve(author.data)


@contextmanager
def serving_copy(template: tuple[Path, Founded], folder: Path) -> Iterator[Served]:
    """Serve a copy of the founded log until the tests are over."""
    shutil.copytree(template[0], folder)
    ledger = open_ledger(folder, rhythm=QUICK, clock=HandClock())
    with running(create_app(ledger)) as url, httpx2.Client(base_url=url, trust_env=False, timeout=30) as http:
        ledger.sequencer.when_published(0).result(20)
        yield Served(ledger, url, http, lambda: None)


@pytest.fixture(scope="session")
def quiet(template: tuple[Path, Founded], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A served log that holds its genesis and one checkpoint, for tests that write nothing."""
    with serving_copy(template, tmp_path_factory.mktemp("quiet") / "ledger") as served:
        yield served


@dataclass
class Market:
    """A served log that many tests share, its author, and a party that has entered it."""

    served: Served
    author: Author
    trader: Founder


@pytest.fixture(scope="session")
def market(
    template: tuple[Path, Founded], keys: FoundingKeys, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Market]:
    """A log in which a trader waits for something to be refused."""
    folder = tmp_path_factory.mktemp("market") / "ledger"
    author = Author(folder, template[1], keys)
    trader = author.trader("Trader")
    with serving_copy(template, folder) as served:
        assert served.post(author.incept(trader)).status_code == 201
        yield Market(served, author, trader)


@pytest.fixture
def open_log(clock: HandClock) -> Iterator[OpenLog]:
    """How to open a folder without HTTP, with options of `open_ledger`; everything is stopped at the end."""
    with ExitStack() as everything:

        def open_it(data: Path, **options: Unpack[Options]) -> Opened:
            mine = everything.enter_context(ExitStack())
            ledger = open_ledger(data, clock=clock, **{"rhythm": QUICK, **options})
            mine.callback(ledger.stop)
            ledger.start()
            return Opened(ledger, mine.close)

        yield open_it


Host = Callable[[ASGIApp], str]
"""Serve an application without a lifespan until the test is over; give its URL."""


@pytest.fixture
def host() -> Iterator[Host]:
    """How to serve an application of the test's own."""
    with ExitStack() as everything:
        yield lambda app: everything.enter_context(running(app, lifespan=False))


@pytest.fixture
def witness(keys: FoundingKeys, clock: HandClock, tmp_path: Path) -> Iterator[RunWitness]:
    """How to run witnesses; all are stopped at the end."""
    with ExitStack() as everything:

        def run_witness(name: str, *, origin: str = ORIGIN, port: int = 0) -> Running:
            mine = everything.enter_context(ExitStack())
            state = WitnessState(tmp_path / f"{name}.state")
            mine.callback(state.close)
            key = SigningKey.generate(sha256(f"witness {name}".encode()).digest())
            its = Witness(f"{name}.example", key, [log_vkey(origin, keys.log)], state, clock)
            url = mine.enter_context(running(create_witness_app(its), lifespan=False, port=port))
            return Running(TrustedWitness(name, its.vkey, url), mine.close)

        yield run_witness
