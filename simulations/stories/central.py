"""Central corridor: coltan in tagged bags from two cooperatives, through a plant in Kigali, to Dar es Salaam.

True: the route, bags of 20-100 kg, the four designated minerals' codes. Invented: every party. The cooperatives'
phones are without network for two days, then send everything, twice; a third cooperative sells on the day its
site turns red and the sale reaches the log after the ban.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

import simpy

from ledger.canonical import Value
from ledger.times import format_time
from simulations.cast import Actor, HeldKey
from simulations.conductor import DAY_MS, HOUR_MS, Conductor, by, own
from simulations.goods import (
    Lot,
    certificate,
    cross,
    dispatch,
    export,
    extraction,
    hand_over,
    mined,
    outturn,
)
from simulations.society import MINUTE_MS, Society, add_key, inspect_site, open_site

COLTAN = "261590"
BAGS = 8
MOISTURE_PPM = 40_000
TA2O5_PPM = 210_000
RECOVERY_PPM = 880_000
CONCENTRATE_PPM = 400_000


@dataclass
class Central:
    """The story's parties and lots; `product` travels, `held` is the sale around the ban."""

    society: Society
    product: Lot | None = None
    spare: Lot | None = None
    held: Lot | None = None
    consumed: str = ""
    replayed: int = 0
    one_person: str = ""
    batches: list[list[bytes]] = field(default_factory=list)

    def play(self, conductor: Conductor) -> Generator[simpy.Event, Any, None]:
        """Dig, tag, merge without network, sell, process, certify, carry, export."""
        env, society = conductor.env, self.society
        names = ["Cooperative Rutongo", "Cooperative Masoro", "Cooperative Gasabo"]
        *cooperatives, plant, carrier, agent, buyer = society.enrol(
            conductor, [*names, "Kigali Tantalum", "Lakes Haulage", "Dar Forwarding", "Eastern Refinery"]
        )
        sites = [self._site(conductor, number, one) for number, one in enumerate(cooperatives)]
        phones = [one.held("agent", "device") for one in cooperatives]
        for one, phone in zip(cooperatives, phones, strict=True):
            add_key(conductor, one, phone)
        blocks = [self._tags(conductor, one, site) for one, site in zip(cooperatives, sites, strict=True)]
        yield env.timeout(DAY_MS)
        merged: list[Lot] = []
        for number, (one, phone) in enumerate(zip(cooperatives[:2], phones[:2], strict=True)):
            merged.append(
                (yield env.process(self._offline(conductor, one, phone, sites[number], blocks[number])))
            )
        bought: list[Lot] = []
        for lot, one in zip(merged, cooperatives[:2], strict=True):
            bought.append((yield env.process(self._sell(conductor, lot, one, plant))))
        yield env.process(self._around_the_ban(conductor, cooperatives[2], plant, sites[2], blocks[2]))
        product = yield env.process(self._process(conductor, plant, bought))
        yield env.process(self._certify_and_export(conductor, product, (plant, carrier, agent, buyer)))

    def _site(self, conductor: Conductor, number: int, operator: Actor) -> str:
        return open_site(
            conductor,
            self.society.states["RW"],
            f"RUTONGO-{number + 1}",
            name=f"Rutongo pit {number + 1}",
            near="RW-RUTONGO",
            hs=COLTAN,
            scale="artisanal",
            capacity_g_per_day=400_000,
            operators=[operator.party],
        )

    def _tags(self, conductor: Conductor, holder: Actor, site: str) -> str:
        agency = self.society.states["RW"].tagging
        block = agency.subject("tag", f"RW-{site.rsplit('/', 1)[1]}")
        body: dict[str, Value] = {
            "country": "RW",
            "site": site,
            "holder": holder.party,
            "first": self.society.dice.between(1, 9_000_000, f"tags/{site}"),
            "count": 50,
        }
        conductor.act("tag.issued", [own(agency)], body, links=[block])
        return block

    def _bag(
        self, conductor: Conductor, one: Actor, phone: HeldKey, site: str, block: str, number: int
    ) -> Lot:
        """Sign one tagged bag on the phone, on what the phone knows."""
        dice, code = self.society.dice, site.rsplit("/", 1)[1]
        lot = mined(
            one.subject("lot", f"{code}-BAG-{number + 1:02d}"),
            COLTAN,
            "ore",
            dice.between(38_000, 62_000, f"{code}/bag/{number}"),
            MOISTURE_PPM,
            {"Ta2O5": dice.vary(TA2O5_PPM, 40_000, f"{code}/grade/{number}")},
        )
        first = dice.between(1, 9_000_000, f"tags/{site}")
        body = extraction(conductor, lot, site, "RW-RUTONGO")
        body["tags"] = [{"block": block, "numbers": [first + number]}]
        envelope = conductor.sign("lot.extracted", [by(one, phone)], body, links=[block, lot.subject])
        conductor.expect_on_heads(envelope)
        self.batches[-1].append(envelope)
        return lot

    def _offline(
        self, conductor: Conductor, one: Actor, phone: HeldKey, site: str, block: str
    ) -> Generator[simpy.Event, Any, Lot]:
        """Two days of bags and their merging on a phone without network; then everything is sent, twice."""
        env = conductor.env
        self.batches.append([])
        bags = []
        for number in range(BAGS):
            bags.append(self._bag(conductor, one, phone, site, block, number))
            yield env.timeout(5 * HOUR_MS)
        merged = _merge(one.subject("lot", f"{site.rsplit('/', 1)[1]}-W10"), bags)
        envelope = conductor.sign(
            "lot.merged",
            [by(one, phone)],
            _merging(bags, merged, "identity_preserved"),
            links=[merged.subject, *(bag.subject for bag in bags)],
        )
        conductor.expect_on_heads(envelope)
        self.batches[-1].append(envelope)
        yield env.timeout(8 * HOUR_MS)
        first = [conductor.post(envelope) for envelope in self.batches[-1]]
        again = [conductor.client.post(envelope, now_ms=int(env.now)) for envelope in self.batches[-1]]
        self.replayed += sum(
            (a.event_id, a.index, a.at) == (b.event_id, b.index, b.at) and not b.created
            for a, b in zip(first, again, strict=True)
        )
        return merged

    def _sell(
        self, conductor: Conductor, lot: Lot, seller: Actor, buyer: Actor
    ) -> Generator[simpy.Event, Any, Lot]:
        """Tender, then acceptance with the buyer's own weight."""
        env = conductor.env
        tender: dict[str, Value] = {"receiver": buyer.party, "given": lot.weight(), "post": "RW-RUTONGO"}
        conductor.act("lot.tendered", [own(seller)], tender, links=[lot.subject])
        yield env.timeout(9 * HOUR_MS)
        received_g = lot.dry_mass_g - self.society.dice.between(100, 1_500, f"{lot.subject}/dust")
        body: dict[str, Value] = {
            "lots": [{"lot": lot.subject, "received": lot.weight(received_g)}],
            "post": "RW-KIGALI",
        }
        conductor.act("lot.accepted", [own(buyer)], body, links=[lot.subject])
        return lot.lighter(received_g)

    def _around_the_ban(
        self, conductor: Conductor, one: Actor, plant: Actor, site: str, block: str
    ) -> Generator[simpy.Event, Any, None]:
        """Giver and receiver sign a sale in the morning; the site turns red at noon; the sale is sent at night."""
        env, phone = conductor.env, one.held("agent", "device")
        self.batches.append([])
        lot = self._bag(conductor, one, phone, site, block, 0)
        conductor.post(self.batches[-1][0])
        yield env.timeout(2 * HOUR_MS)
        body: dict[str, Value] = {
            "receiver": plant.party,
            "lots": [{"lot": lot.subject, "given": lot.weight(), "received": lot.weight()}],
            "post": "RW-RUTONGO",
        }
        sale = conductor.sign("lot.handed_over", [own(one), own(plant)], body, links=[lot.subject])
        yield env.timeout(6 * HOUR_MS)
        inspect_site(conductor, self.society.states["RW"], site, "red")
        yield env.timeout(10 * HOUR_MS)
        conductor.post(sale)
        self.held = lot

    def _process(
        self, conductor: Conductor, plant: Actor, bought: Sequence[Lot]
    ) -> Generator[simpy.Event, Any, Lot]:
        """The plant merges what it bought and concentrates it, with recovery, tailings and dust."""
        env = conductor.env
        feed = _merge(plant.subject("lot", "FEED-2026-10"), bought)
        conductor.act(
            "lot.merged",
            [own(plant)],
            _merging(bought, feed, "segregated"),
            links=[feed.subject, *(lot.subject for lot in bought)],
        )
        yield env.timeout(DAY_MS)
        metal = feed.contained_mg["Ta2O5"]
        got_mg = metal * self.society.dice.vary(RECOVERY_PPM, 10_000, "kigali/recovery") // 1_000_000
        product_g = got_mg * 1_000 // CONCENTRATE_PPM
        dust_g = feed.dry_mass_g // 500
        product = Lot(
            plant.subject("lot", "TA-2026-10"), COLTAN, "concentrate", product_g, 5_000, {"Ta2O5": got_mg}
        )
        tailings = Lot(
            plant.subject("lot", "TAILINGS-2026-10"),
            COLTAN,
            "tailings",
            feed.dry_mass_g - product_g - dust_g,
            150_000,
            {"Ta2O5": metal - got_mg},
        )
        parts = (product, tailings)
        body: dict[str, Value] = {
            "edges": [_edge(feed, part) for part in parts],
            "losses": [
                {"source": feed.subject, "kind": "dust", "dry_mass_g": dust_g, "contained_mg": {"Ta2O5": 0}}
            ],
            "outputs": [
                _output(part, "segregated", "main" if part is product else "tailings")
                for part in sorted(parts, key=lambda part: part.subject)
            ],
            "process": "gravity_separation",
            "country": "RW",
            "recoveries": [{"analyte": "Ta2O5", "recovery_ppm": got_mg * 1_000_000 // metal}],
            "period_from": format_time(int(env.now) - DAY_MS),
            "period_until": format_time(int(env.now)),
            "post": "RW-KIGALI",
        }
        links = [feed.subject, product.subject, tailings.subject]
        conductor.act("lot.processed", [own(plant)], body, links=links)
        self.spare = tailings
        return product

    def _certify_and_export(
        self, conductor: Conductor, product: Lot, parties: tuple[Actor, Actor, Actor, Actor]
    ) -> Generator[simpy.Event, Any, None]:
        """A certificate signed twice by one person is refused; then it is issued, and the drums go to the sea."""
        env, states = conductor.env, self.society.states
        plant, carrier, agent, buyer = parties
        certifier = self.society.certifiers["RW"]
        yield env.timeout(3 * HOUR_MS)
        _, envelope = certificate(conductor, product, certifier, "RW-2026-0310-X", one_person=True)
        self.one_person = conductor.refused(envelope, "certificate.officers").code
        yield env.timeout(HOUR_MS)
        paper, envelope = certificate(conductor, product, certifier, "RW-2026-0310")
        conductor.post(envelope)
        dispatch(
            conductor,
            product,
            plant,
            corridor="CENTRAL",
            route=("RW-KIGALI", "TZ-DAR-ES-SALAAM"),
            mode="road",
            consignment="WB-TA-2026-10",
        )
        yield env.timeout(2 * HOUR_MS)
        lot = hand_over(conductor, product, plant, carrier, product.dry_mass_g, "RW-KIGALI")
        yield env.timeout(8 * HOUR_MS)
        cross(conductor, lot, states["RW"], "RW-RUSUMO", "exit")
        yield env.timeout(40 * MINUTE_MS)
        cross(conductor, lot, states["TZ"], "TZ-RUSUMO", "entry")
        yield env.timeout(4 * DAY_MS)
        lot = hand_over(conductor, lot, carrier, agent, lot.dry_mass_g - 40, "TZ-DAR-ES-SALAAM")
        yield env.timeout(DAY_MS)
        envelope = export(
            conductor,
            lot,
            agent,
            buyer,
            country="RW",
            destination="KZ",
            where="TZ-DAR-ES-SALAAM",
            certificate_id=paper,
        )
        conductor.post(envelope)
        yield env.timeout(30 * DAY_MS)
        outturn(conductor, lot, buyer, lot.dry_mass_g - 20, lot.contained_mg)
        self.product, self.consumed = lot, paper

    def reuse_certificate(self, conductor: Conductor) -> str:
        """The plant exports its tailings under the certificate that the product has used; give the refusal's code."""
        if self.spare is None:
            return ""
        plant, buyer = self.society.trader("Kigali Tantalum"), self.society.trader("Eastern Refinery")
        envelope = export(
            conductor,
            self.spare,
            plant,
            buyer,
            country="RW",
            destination="KZ",
            where="TZ-DAR-ES-SALAAM",
            certificate_id=self.consumed,
        )
        return str(conductor.refused(envelope, "certificate.consumed").code)


def _merge(subject: str, parts: Sequence[Lot]) -> Lot:
    metal = {a: sum(part.contained_mg[a] for part in parts) for a in parts[0].contained_mg}
    mass_g = sum(part.dry_mass_g for part in parts)
    return Lot(subject, parts[0].hs, parts[0].form, mass_g, parts[0].moisture_ppm, metal)


def _edge(source: Lot, target: Lot) -> dict[str, Value]:
    """The whole of the smaller of two lots goes over the edge: an input merged, or an output made."""
    whole = source if source.dry_mass_g <= target.dry_mass_g else target
    return {
        "source": source.subject,
        "target": target.subject,
        "dry_mass_g": whole.dry_mass_g,
        "contained_mg": whole.metal(),
    }


def _output(lot: Lot, model: str, product: str) -> dict[str, Value]:
    return {"lot": lot.subject, "hs": lot.hs, "form": lot.form, "custody_model": model, "product": product}


def _merging(parts: Sequence[Lot], merged: Lot, model: str) -> dict[str, Value]:
    return {
        "edges": [_edge(part, merged) for part in parts],
        "losses": [],
        "outputs": [_output(merged, model, "main")],
    }
