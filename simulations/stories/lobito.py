"""Lobito: copper concentrate by train from Kolwezi to the sea, and stones that travel under perfect papers.

True: the route, the border Dilolo-Luau, a trial train of 1,110 t in forty containers. Invented: every party.
The stones leave as the remainder of the same split, with the same good papers; only the importer's scale and
assay can tell, and the story lets them.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import simpy

from corridor.vocabulary import SealAct, container_check_digit
from ledger.canonical import Value
from simulations.cast import Actor
from simulations.conductor import DAY_MS, HOUR_MS, Conductor, own
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
from simulations.society import Society, open_site

COPPER_CONCENTRATE = "260300"
CONTAINERS = 40
TRAIN_WET_G = 1_110_000_000
"""The published trial train: 1,110 t."""
MOISTURE_PPM = 90_000
COPPER_PPM = 315_000
TRANSIT = "LOBITO"


@dataclass
class Lobito:
    """The story's parties and lots; `train` is the honest lot, `stones` the other."""

    society: Society
    train: Lot | None = None
    stones: Lot | None = None
    received_g: int = 0

    def play(self, conductor: Conductor) -> Generator[simpy.Event, Any, None]:
        """Mine, assay, split, certify, seal, carry, cross, export, receive."""
        env, society, state = conductor.env, self.society, self.society.states["CD"]
        mine, rail, agent, buyer = society.enrol(
            conductor, ["Mutanda Copper", "Benguela Rail", "Lobito Shipping", "Northern Smelter"]
        )
        site = open_site(
            conductor,
            state,
            "KOLWEZI-1",
            name="Kolwezi north pit",
            near="CD-KOLWEZI",
            hs=COPPER_CONCENTRATE,
            scale="industrial",
            capacity_g_per_day=2_000_000_000,
            operators=[mine.party],
        )
        yield env.timeout(DAY_MS)
        whole = self._mine(conductor, mine, site)
        yield env.timeout(6 * HOUR_MS)
        train, rest = _split(conductor, mine, whole)
        parties = (mine, rail, agent, buyer)
        self.train = yield env.process(self._travel(conductor, train, parties, honest=True))
        yield env.timeout(DAY_MS)
        self.stones = yield env.process(self._travel(conductor, rest, parties, honest=False))

    def _mine(self, conductor: Conductor, mine: Actor, site: str) -> Lot:
        extra_g = self.society.dice.between(180_000_000, 260_000_000, "lobito/extra")
        lot = mined(
            mine.subject("lot", "KOL-2026-03"),
            COPPER_CONCENTRATE,
            "concentrate",
            TRAIN_WET_G + extra_g,
            MOISTURE_PPM,
            {"Cu": self.society.dice.vary(COPPER_PPM, 20_000, "lobito/grade")},
        )
        conductor.act(
            "lot.extracted", [own(mine)], extraction(conductor, lot, site, "CD-KOLWEZI"), links=[lot.subject]
        )
        return lot

    def _travel(
        self, conductor: Conductor, lot: Lot, parties: tuple[Actor, Actor, Actor, Actor], *, honest: bool
    ) -> Generator[simpy.Event, Any, Lot]:
        """One consignment's way; the papers are the same, only the outturn differs."""
        env, states, dice = conductor.env, self.society.states, self.society.dice
        mine, rail, agent, buyer = parties
        code = lot.subject.rsplit("/", 1)[1]
        paper, envelope = certificate(conductor, lot, self.society.certifiers["CD"], f"CD-{code}")
        conductor.post(envelope)
        yield env.timeout(2 * HOUR_MS)
        number = CONTAINERS if honest else 8
        seals = [f"LOB{code[-1]}{n:04d}" for n in range(number)]
        _seal(conductor, mine, lot, SealAct.APPLIED, seals)
        dispatch(
            conductor,
            lot,
            mine,
            corridor=TRANSIT,
            route=("CD-KOLWEZI", "AO-LOBITO"),
            mode="rail",
            consignment=f"WB-{code}",
            containers=sorted(_container(n) for n in range(number)),
        )
        yield env.timeout(4 * HOUR_MS)
        spilled_g = dice.between(100_000, 900_000, f"lobito/{code}/load")
        lot = hand_over(conductor, lot, mine, rail, lot.dry_mass_g - spilled_g, "CD-KOLWEZI")
        yield env.timeout(2 * DAY_MS)
        cross(conductor, lot, states["CD"], "CD-DILOLO", "exit")
        yield env.timeout(5 * HOUR_MS)
        cross(conductor, lot, states["AO"], "AO-LUAU", "entry")
        for where in ("AO-LUENA", "AO-HUAMBO"):
            yield env.timeout(DAY_MS)
            body: dict[str, Value] = {"country": "AO", "post": where}
            conductor.act("post.passed", [own(rail)], body, about=[lot.subject])
        yield env.timeout(2 * DAY_MS)
        _seal(conductor, rail, lot, SealAct.VERIFIED, seals)
        spilled_g = dice.between(100_000, 900_000, f"lobito/{code}/unload")
        lot = hand_over(conductor, lot, rail, agent, lot.dry_mass_g - spilled_g, "AO-LOBITO")
        yield env.timeout(DAY_MS)
        envelope = export(
            conductor,
            lot,
            agent,
            buyer,
            country="CD",
            destination="DE",
            where="AO-LOBITO",
            certificate_id=paper,
        )
        conductor.post(envelope)
        if honest:
            yield env.timeout(20 * DAY_MS)
            found_g = dice.vary(lot.dry_mass_g, 1_000, f"lobito/{code}/outturn")
            outturn(conductor, lot, buyer, found_g, lot.contained_mg)
            self.received_g = found_g
        return lot

    def unmask(self, conductor: Conductor) -> None:
        """The importer opens the containers: the weight is right, the copper is not there."""
        if self.stones is not None:
            buyer = self.society.trader("Northern Smelter")
            outturn(
                conductor,
                self.stones,
                buyer,
                self.stones.dry_mass_g,
                dict.fromkeys(self.stones.contained_mg, 0),
            )


def _split(conductor: Conductor, mine: Actor, whole: Lot) -> tuple[Lot, Lot]:
    """Forty containers for the train; the rest goes later."""
    share_g = TRAIN_WET_G * (1_000_000 - MOISTURE_PPM) // 1_000_000
    metal = {a: mg * share_g // whole.dry_mass_g for a, mg in whole.contained_mg.items()}
    rest_metal = {a: mg - metal[a] for a, mg in whole.contained_mg.items()}
    train = Lot(mine.subject("lot", "KOL-2026-03-A"), whole.hs, whole.form, share_g, MOISTURE_PPM, metal)
    rest = Lot(
        mine.subject("lot", "KOL-2026-03-B"),
        whole.hs,
        whole.form,
        whole.dry_mass_g - share_g,
        MOISTURE_PPM,
        rest_metal,
    )
    parts = (train, rest)
    body: dict[str, Value] = {
        "edges": [
            {
                "source": whole.subject,
                "target": part.subject,
                "dry_mass_g": part.dry_mass_g,
                "contained_mg": part.metal(),
            }
            for part in parts
        ],
        "losses": [],
        "outputs": [
            {
                "lot": part.subject,
                "hs": part.hs,
                "form": part.form,
                "custody_model": "identity_preserved",
                "product": "main" if part is train else "remainder",
            }
            for part in parts
        ],
    }
    links = [whole.subject, *(part.subject for part in parts)]
    conductor.act("lot.split", [own(mine)], body, links=links)
    return train, rest


def _seal(conductor: Conductor, holder: Actor, lot: Lot, action: str, seals: list[str]) -> None:
    body: dict[str, Value] = {"action": action, "seals": list(seals)}
    conductor.act("lot.sealed", [own(holder)], body, links=[lot.subject])


def _container(number: int) -> str:
    """A container number with its ISO 6346 check digit, of an owner code that nobody has registered here."""
    code = f"OTCU{410_000 + number:06d}"
    return f"{code}{container_check_digit(code)}"
