"""Places: control posts and the corridors that join them, from data/corridors.json.

A post has an id of our own (`CD-KOLWEZI`: country, then place), because UN/LOCODE lacks many posts and places
some of them wrongly; its UN/LOCODE stands beside it where there is one. Numbers are carried over with their
basis: what is an estimate says so, and a planned corridor is `planned`. Country codes take no side.

Example: `corridors()["LOBITO"].legs[1]` runs from `CD-DILOLO` to `AO-LUAU`, 13 km as the crow flies.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import orjson

from corridor.errors import PlaceError
from corridor.vocabulary import AssayBasis, TransportMode

EARTH_RADIUS_KM: Final = 6_371
"""The mean radius (IUGG); a sphere is within 0.6 % of the ellipsoid, far finer than our coordinates."""

MICRODEGREES: Final = 1_000_000


class PostKind(StrEnum):
    """What a control post is on the way from the pit to the ship."""

    MINE = "mine"
    ORIGIN_HUB = "origin_hub"
    AGGREGATION = "aggregation"
    PROCESSING = "processing"
    WAYPOINT = "waypoint"
    BORDER_EXIT = "border_exit"
    BORDER_ENTRY = "border_entry"
    EXPORT_PORT = "export_port"


class CorridorStatus(StrEnum):
    """Whether ore travels a corridor today; a planned one is never shown as operating."""

    OPERATING = "operating"
    PLANNED = "planned"


class Coordinates(NamedTuple):
    """A point of WGS 84 in integer micro-degrees, north and east positive."""

    latitude_udeg: int
    longitude_udeg: int


class Range(NamedTuple):
    """The lowest and the highest value in use."""

    lowest: int
    highest: int


@dataclass(frozen=True, slots=True)
class ControlPost:
    """A place where goods are loaded, checked, cross a border, are worked or shipped."""

    post_id: str
    name: str
    country: str
    kind: PostKind
    coordinates: Coordinates
    coordinates_basis: str
    unlocode: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Leg:
    """The way from one post (id) to the next, measured along the great circle."""

    start: str
    end: str
    great_circle_km: int


@dataclass(frozen=True, slots=True)
class Product:
    """What travels a corridor: its HS code (None: any), packing, and usual grade in ppm of `analyte`."""

    name: str
    packing: str
    basis: str
    hs: str | None = None
    analyte: str | None = None
    assay_basis: AssayBasis | None = None
    grade_ppm: Range | None = None


@dataclass(frozen=True, slots=True)
class LotSize:
    """The usual mass of a lot in its unit of transport, of one piece of it, and of a ship it is built into."""

    unit: str
    typical_g: Range
    per_unit_g: Range
    basis: str
    ship_g: Range | None = None


@dataclass(frozen=True, slots=True)
class TransitTime:
    """How long the whole way takes."""

    shortest_minutes: int
    usual_minutes: int
    longest_minutes: int
    basis: str


@dataclass(frozen=True, slots=True)
class PolicyWindow:
    """A published rule on what may leave, and the day (or months) from which it holds."""

    rule: str
    begins: str
    basis: str


@dataclass(frozen=True, slots=True)
class Corridor:
    """A way from mines to a port: posts in travelling order, joined by legs."""

    corridor_id: str
    name: str
    status: CorridorStatus
    modes: tuple[TransportMode, ...]
    posts: tuple[ControlPost, ...]
    legs: tuple[Leg, ...]
    great_circle_km: int
    products: tuple[Product, ...]
    lot: LotSize
    transit: TransitTime
    source: str
    published_distance_km: int | None = None
    alternate_export_port: ControlPost | None = None
    policy_windows: tuple[PolicyWindow, ...] = ()
    notes: tuple[str, ...] = ()


def corridors() -> Mapping[str, Corridor]:
    """Return all corridors by id, in the order of the data file."""
    return _atlas().corridors


def posts() -> Mapping[str, ControlPost]:
    """Return all control posts by id; some serve several corridors."""
    return _atlas().posts


def post(post_id: str) -> ControlPost:
    """Return the control post of that id, or raise PlaceError."""
    found = posts().get(post_id)
    if found is None:
        raise PlaceError(
            "place.unknown_post", "No control post has this id.", hint="Ids look like CD-KOLWEZI."
        )
    return found


def distance_km(here: Coordinates, there: Coordinates) -> int:
    """Return the great-circle distance in whole kilometres, by the haversine formula.

    Floating point is fine here: a distance is compared with limits that leave more room than its rounding,
    and is neither signed nor added up.
    """
    phi_here, lambda_here, phi_there, lambda_there = (
        math.radians(udeg / MICRODEGREES) for udeg in (*here, *there)
    )
    haversine = (
        math.sin((phi_there - phi_here) / 2) ** 2
        + math.cos(phi_here) * math.cos(phi_there) * math.sin((lambda_there - lambda_here) / 2) ** 2
    )
    return round(2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(haversine))))


class _Atlas(NamedTuple):
    posts: Mapping[str, ControlPost]
    corridors: Mapping[str, Corridor]


@cache
def _atlas() -> _Atlas:
    """Read the data file, once and only when somebody asks: a verifier starts without it."""
    data = orjson.loads(files("corridor").joinpath("data", "corridors.json").read_bytes())
    by_id = {post_id: _read_post(post_id, row) for post_id, row in data["posts"].items()}
    roads = {row["id"]: _read_corridor(row, by_id) for row in data["corridors"]}
    return _Atlas(MappingProxyType(by_id), MappingProxyType(roads))


def _read_post(post_id: str, row: dict[str, Any]) -> ControlPost:
    coordinates = Coordinates(row.pop("latitude_udeg"), row.pop("longitude_udeg"))
    return ControlPost(post_id, kind=PostKind(row.pop("kind")), coordinates=coordinates, **row)


def _read_corridor(row: dict[str, Any], by_id: Mapping[str, ControlPost]) -> Corridor:
    return Corridor(
        corridor_id=row["id"],
        name=row["name"],
        status=CorridorStatus(row["status"]),
        modes=tuple(map(TransportMode, row["modes"])),
        posts=tuple(by_id[post_id] for post_id in row["posts"]),
        legs=tuple(Leg(leg["from"], leg["to"], leg["great_circle_km"]) for leg in row["legs"]),
        great_circle_km=row["great_circle_km"],
        products=tuple(_read_product(product) for product in row["products"]),
        lot=_read_lot_size(row["lot"]),
        transit=TransitTime(**row["transit"]),
        source=row["source"],
        published_distance_km=row.get("published_distance_km"),
        alternate_export_port=by_id.get(row.get("alternate_export_port", "")),
        policy_windows=tuple(PolicyWindow(**window) for window in row.get("policy_windows", ())),
        notes=tuple(row.get("notes", ())),
    )


def _read_product(row: dict[str, Any]) -> Product:
    grade, basis = row.pop("grade_ppm", None), row.pop("assay_basis", None)
    return Product(
        assay_basis=AssayBasis(basis) if basis else None,
        grade_ppm=Range(*grade) if grade else None,
        **row,
    )


def _read_lot_size(row: dict[str, Any]) -> LotSize:
    return LotSize(
        unit=row["unit"],
        typical_g=Range(*row["typical_g"]),
        per_unit_g=Range(*row["per_unit_g"]),
        basis=row["basis"],
        ship_g=Range(*row["ship_g"]) if "ship_g" in row else None,
    )
