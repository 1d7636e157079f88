"""Morocco: cobalt from Bou Azzer and cobalt recycled in France, worked in one plant near Marrakech.

True: the mine, the plant's place, tolling of recycled cobalt with mined feed. Invented: every party and figure.
The lot leaves without a certificate, so its origin is shown with the recycled share, and certification is not.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import simpy

from ledger.canonical import Value
from ledger.times import format_time
from simulations.conductor import DAY_MS, HOUR_MS, Conductor, own
from simulations.goods import Lot, dispatch, extraction, hand_over, mined
from simulations.society import Society, document, open_site

COBALT_ORE = "260500"
COBALT_SCRAP = "810530"
COBALT_METAL = "810520"
METAL_PPM = 996_000
RECOVERY_PPM = 930_000


@dataclass
class Morocco:
    """The story's parties and its lot of metal."""

    society: Society
    metal: Lot | None = None

    def play(self, conductor: Conductor) -> Generator[simpy.Event, Any, None]:
        """Mine, declare the recycled feed, work both, send the drums to the port."""
        env, society = conductor.env, self.society
        mine, recycler, plant, carrier = society.enrol(
            conductor, ["Bou Azzer Cobalt", "Rhone Recycling", "Guemassa Refinery", "Atlas Trucking"]
        )
        site = open_site(
            conductor,
            society.states["MA"],
            "BOU-AZZER",
            name="Bou Azzer",
            near="MA-BOU-AZZER",
            hs=COBALT_ORE,
            scale="industrial",
            capacity_g_per_day=60_000_000,
            operators=[mine.party],
        )
        yield env.timeout(DAY_MS)
        ore = mined(
            mine.subject("lot", "BAZ-2026-04"),
            COBALT_ORE,
            "concentrate",
            society.dice.between(180_000_000, 220_000_000, "morocco/ore"),
            80_000,
            {"Co": society.dice.vary(95_000, 30_000, "morocco/grade")},
        )
        conductor.act(
            "lot.extracted",
            [own(mine)],
            extraction(conductor, ore, site, "MA-BOU-AZZER"),
            links=[ore.subject],
        )
        yield env.timeout(5 * HOUR_MS)
        scrap = mined(
            recycler.subject("lot", "REC-2026-17"),
            COBALT_SCRAP,
            "scrap",
            society.dice.between(14_000_000, 18_000_000, "morocco/scrap"),
            10_000,
            {"Co": society.dice.vary(620_000, 10_000, "morocco/scrap/grade")},
        )
        self._declare(conductor, scrap)
        yield env.timeout(2 * DAY_MS)
        ore = hand_over(conductor, ore, mine, plant, ore.dry_mass_g - 55_000, "MA-GUEMASSA")
        yield env.timeout(HOUR_MS)
        scrap = hand_over(conductor, scrap, recycler, plant, scrap.dry_mass_g, "MA-GUEMASSA")
        yield env.timeout(3 * DAY_MS)
        metal = self._refine(conductor, ore, scrap)
        dispatch(
            conductor,
            metal,
            plant,
            corridor="MOROCCO-COBALT",
            route=("MA-GUEMASSA", "MA-CASABLANCA"),
            mode="road",
            consignment="WB-CO-2026-04",
        )
        yield env.timeout(DAY_MS)
        self.metal = hand_over(conductor, metal, plant, carrier, metal.dry_mass_g, "MA-GUEMASSA")

    def _declare(self, conductor: Conductor, scrap: Lot) -> None:
        recycler = self.society.trader("Rhone Recycling")
        body: dict[str, Value] = {
            "source": "recycled",
            "country": "FR",
            "hs": scrap.hs,
            "form": scrap.form,
            "custody_model": "segregated",
            "weight": scrap.weight(),
            "contained_mg": scrap.metal(),
            "documents": [document(conductor, "collection notes")],
        }
        conductor.act("lot.declared", [own(recycler)], body, links=[scrap.subject])

    def _refine(self, conductor: Conductor, ore: Lot, scrap: Lot) -> Lot:
        """One campaign over both feeds; what is no metal leaves as slag, the unrecovered cobalt with it."""
        plant, now = self.society.trader("Guemassa Refinery"), int(conductor.env.now)
        recovery = self.society.dice.vary(RECOVERY_PPM, 8_000, "morocco/recovery")
        subject = plant.subject("lot", "CO-2026-04")
        edges: list[Value] = []
        losses: list[Value] = []
        mass_g = metal_mg = 0
        for feed in (ore, scrap):
            got_mg = feed.contained_mg["Co"] * recovery // 1_000_000
            out_g = got_mg * 1_000 // METAL_PPM
            mass_g, metal_mg = mass_g + out_g, metal_mg + got_mg
            edges.append(
                {
                    "source": feed.subject,
                    "target": subject,
                    "dry_mass_g": out_g,
                    "contained_mg": {"Co": got_mg},
                }
            )
            losses.append(
                {
                    "source": feed.subject,
                    "kind": "slag",
                    "dry_mass_g": feed.dry_mass_g - out_g,
                    "contained_mg": {"Co": feed.contained_mg["Co"] - got_mg},
                }
            )
        metal = Lot(subject, COBALT_METAL, "metal", mass_g, 0, {"Co": metal_mg})
        body: dict[str, Value] = {
            "edges": edges,
            "losses": losses,
            "outputs": [
                {
                    "lot": subject,
                    "hs": COBALT_METAL,
                    "form": "metal",
                    "custody_model": "controlled_blending",
                    "product": "main",
                }
            ],
            "process": "refining",
            "country": "MA",
            "recoveries": [{"analyte": "Co", "recovery_ppm": recovery}],
            "period_from": format_time(now - 3 * DAY_MS),
            "period_until": format_time(now),
            "post": "MA-GUEMASSA",
        }
        links = [ore.subject, scrap.subject, subject]
        conductor.act("lot.processed", [own(plant)], body, links=links)
        return metal
