"""Guinea: bauxite trains from Sangaredi into a stockpile at Kamsar, and a ship drawn from it.

True: trains of 120 cars of 82 t, the stockpile, ships of 50 to 70 kt. Invented: every party. No bag exists here: the
stockpile is an account under the mass-balance model, and more than it holds cannot be drawn.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any

import simpy

from corridor.lineage import EMPTY, put_together, take
from corridor.states import Holding
from ledger.canonical import Value
from simulations.cast import Actor
from simulations.conductor import DAY_MS, HOUR_MS, Conductor, own
from simulations.goods import Lot, certificate, dispatch, export, extraction, mined, outturn
from simulations.society import Society, open_site

BAUXITE = "260600"
TRAIN_WET_G = 9_840_000_000
"""120 cars of 82 t, published."""
TRAINS = 6
SHIP_WET_G = 50_000_000_000
MOISTURE_PPM = 120_000
AL2O3_PPM = 520_000


@dataclass
class Guinea:
    """The story's parties, its stockpile and its ship."""

    society: Society
    ship: Lot | None = None
    overdrawn: str = ""
    book: Holding = EMPTY

    def play(self, conductor: Conductor) -> Generator[simpy.Event, Any, None]:
        """Open the stockpile, bring trains, draw too much (refused), draw the ship, certify, export, receive."""
        env, society = conductor.env, self.society
        mine, buyer = society.enrol(conductor, ["Sangaredi Bauxite", "Asian Alumina"])
        site = open_site(
            conductor,
            society.states["GN"],
            "SANGAREDI",
            name="Sangaredi plateau",
            near="GN-SANGAREDI",
            hs=BAUXITE,
            scale="industrial",
            capacity_g_per_day=60_000_000_000,
            operators=[mine.party],
        )
        account = mine.subject("account", "KAMSAR-STOCK")
        opening: dict[str, Value] = {
            "account_kind": "stockpile",
            "hs": BAUXITE,
            "form": "ore",
            "country": "GN",
            "post": "GN-KAMSAR-PLANT",
        }
        conductor.act("account.opened", [own(mine)], opening, links=[account])
        for number in range(TRAINS):
            yield env.timeout(11 * HOUR_MS)
            self._train(conductor, mine, site, account, number)
        yield env.timeout(DAY_MS)
        self._overdraw(conductor, mine, account)
        self.ship = self._draw(conductor, mine, account)
        yield env.process(self._ship(conductor, mine, buyer, self.ship))

    def _train(self, conductor: Conductor, mine: Actor, site: str, account: str, number: int) -> None:
        dice = self.society.dice
        lot = mined(
            mine.subject("lot", f"TRAIN-{number + 1:03d}"),
            BAUXITE,
            "ore",
            dice.vary(TRAIN_WET_G, 5_000, f"guinea/train/{number}"),
            MOISTURE_PPM,
            {"Al2O3": dice.vary(AL2O3_PPM, 15_000, f"guinea/grade/{number}")},
        )
        body = extraction(conductor, lot, site, "GN-SANGAREDI")
        conductor.act("lot.extracted", [own(mine)], body, links=[lot.subject])
        moved = _move("in", lot.dry_mass_g, lot.contained_mg)
        conductor.act("account.moved", [own(mine)], moved, links=[account, lot.subject])
        metal = dict(lot.contained_mg)
        classes = {analyte: {site: mg} for analyte, mg in metal.items()}
        arrived = Holding(
            dry_mass_g=lot.dry_mass_g,
            classes_g={site: lot.dry_mass_g},
            contained_mg=metal,
            classes_mg=classes,
        )
        self.book = put_together([self.book, arrived])

    def _overdraw(self, conductor: Conductor, mine: Actor, account: str) -> None:
        """One gram more than the stockpile holds."""
        lot = mine.subject("lot", "SHIP-TOO-BIG")
        body = _move("out", self.book.dry_mass_g + 1, {})
        envelope = conductor.sign("account.moved", [own(mine)], body, links=[account, lot])
        self.overdrawn = conductor.refused(envelope, "mass.insufficient").code

    def _draw(self, conductor: Conductor, mine: Actor, account: str) -> Lot:
        dry_g = SHIP_WET_G * (1_000_000 - MOISTURE_PPM) // 1_000_000
        metal = {a: mg * dry_g // self.book.dry_mass_g for a, mg in self.book.contained_mg.items()}
        self.book = take(self.book, dry_g, metal)[1]
        lot = Lot(mine.subject("lot", "SHIP-2026-05"), BAUXITE, "ore", dry_g, MOISTURE_PPM, metal)
        body = _move("out", dry_g, metal)
        conductor.act("account.moved", [own(mine)], body, links=[account, lot.subject])
        return lot

    def _ship(
        self, conductor: Conductor, mine: Actor, buyer: Actor, lot: Lot
    ) -> Generator[simpy.Event, Any, None]:
        env = conductor.env
        yield env.timeout(2 * HOUR_MS)
        paper, envelope = certificate(conductor, lot, self.society.certifiers["GN"], "GN-2026-0088")
        conductor.post(envelope)
        dispatch(
            conductor,
            lot,
            mine,
            corridor="GUINEA-BAUXITE",
            route=("GN-KAMSAR-PLANT", "GN-PORT-KAMSAR"),
            mode="rail",
            consignment="WB-SHIP-2026-05",
        )
        yield env.timeout(12 * HOUR_MS)
        envelope = export(
            conductor,
            lot,
            mine,
            buyer,
            country="GN",
            destination="CN",
            where="GN-PORT-KAMSAR",
            certificate_id=paper,
        )
        conductor.post(envelope)
        yield env.timeout(28 * DAY_MS)
        found_g = self.society.dice.vary(lot.dry_mass_g, 1_500, "guinea/outturn")
        outturn(conductor, lot, buyer, found_g, lot.contained_mg)


def _move(direction: str, dry_mass_g: int, metal: Mapping[str, int]) -> dict[str, Value]:
    return {
        "direction": direction,
        "dry_mass_g": dry_mass_g,
        "contained_mg": dict(metal),
        "form": "ore",
    }
