"""The play itself: four stories at once on one simulated clock, then the tricks, then the bundles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import simpy

from api.client import Client, Receipt
from certifiers.verifier import verify
from ledger.canonical import Value
from ledger.checkpoint import Checkpoint, read_checkpoint
from ledger.envelope import Envelope
from ledger.note import read_note
from ledger.trust_file import TrustFile
from simulations.conductor import DAY_MS, Conductor, own
from simulations.goods import Lot
from simulations.society import START_MS, Society
from simulations.stories.central import Central
from simulations.stories.guinea import Guinea
from simulations.stories.lobito import Lobito
from simulations.stories.morocco import Morocco


@dataclass
class Play:
    """One performance over HTTP: everything that the telling needs is computed here."""

    client: Client
    society: Society
    log_id: str
    trust: TrustFile
    bundles: Path
    on_event: Callable[[Envelope, Receipt], None] = lambda _envelope, _receipt: None
    types: Counter[str] = field(default_factory=Counter)
    reused: str = ""

    def __post_init__(self) -> None:
        """Set the stage's clock and the four stories."""
        self.env = simpy.Environment(initial_time=START_MS)
        self.conductor = Conductor(self.client, self.log_id, self.env, self._seen)
        self.lobito = Lobito(self.society)
        self.central = Central(self.society)
        self.morocco = Morocco(self.society)
        self.guinea = Guinea(self.society)

    def _seen(self, envelope: Envelope, receipt: Receipt) -> None:
        self.types[envelope.payload.type] += 1
        self.on_event(envelope, receipt)

    def stories(self) -> None:
        """Settle the society, then let the four stories run side by side to their ends."""
        self.society.settle(self.conductor)
        stories = (self.lobito, self.central, self.morocco, self.guinea)
        running = [self.env.process(story.play(self.conductor)) for story in stories]
        self.env.run(self.env.all_of(running))

    def tricks(self) -> None:
        """Use a certificate twice; the phone's replay and the sale around the ban are in the stories."""
        self.reused = self.central.reuse_certificate(self.conductor)

    def lots(self) -> dict[str, Lot]:
        """The lots whose bundles are examined, by the bundle's name."""
        found = {
            "lobito-copper": self.lobito.train,
            "central-coltan": self.central.product,
            "guinea-bauxite": self.guinea.ship,
            "morocco-cobalt": self.morocco.metal,
            "central-held": self.central.held,
            "lobito-stones": self.lobito.stones,
        }
        return {name: lot for name, lot in found.items() if lot is not None}

    def auditor_records(self) -> None:
        """The auditor examines the train's bundle and puts that on the record: evidence of due diligence."""
        self._publish()
        train = self.lots()["lobito-copper"]
        report = verify(self.client.bundle(train.subject), self.trust, lot=train.subject)
        checkpoint = self.checkpoint()
        body: dict[str, Value] = {
            "as_of_root": checkpoint.root.hex(),
            "as_of_size": checkpoint.size,
            **{verdict.name: verdict.standing.value for verdict in report.verdicts},
        }
        auditor = self.society.auditor
        self.conductor.act("verification.performed", [own(auditor)], body, about=[train.subject])

    def collect_before(self) -> None:
        """Fetch the stones' bundle while their papers are still all there is."""
        self._publish()
        stones = self.lots()["lobito-stones"]
        (self.bundles / "lobito-stones-before.bundle").write_bytes(self.client.bundle(stones.subject))

    def unmask(self) -> None:
        """Let the importer open the containers."""
        self.env.run(until=int(self.env.now) + DAY_MS)
        self.lobito.unmask(self.conductor)

    def collect(self) -> None:
        """Fetch every bundle, and cut one short."""
        self._publish()
        for name, lot in self.lots().items():
            (self.bundles / f"{name}.bundle").write_bytes(self.client.bundle(lot.subject))
        whole = (self.bundles / "lobito-copper.bundle").read_bytes()
        (self.bundles / "lobito-damaged.bundle").write_bytes(whole[: len(whole) * 2 // 3])

    def checkpoint(self) -> Checkpoint:
        """The newest published checkpoint."""
        return read_checkpoint(read_note(self.client.checkpoint()).text)

    def _publish(self) -> None:
        """Have everything so far published: post the last event again and wait for its checkpoint."""
        self.client.post(self.conductor.last, wait_published=True, now_ms=int(self.env.now))
