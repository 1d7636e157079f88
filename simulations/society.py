"""The society of the play: introducers, states, certifiers, laboratories, traders and carriers, and their admission.

All names are invented. A state has one mines authority, one inspectorate, one customs office; a certifier has three
officers, so that two of them can disagree about who the third is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from corridor.places import post
from corridor.vocabulary import COMMODITIES, Role
from ledger.canonical import Value
from ledger.times import format_time
from simulations.cast import Actor, HeldKey
from simulations.conductor import DAY_MS, Conductor, by, own
from simulations.dice import Dice

MINUTE_MS: Final = 60_000
START_MS: Final = 1_772_427_600_000
"""2026-03-02T05:00:00Z, a Monday: the first working day of the season."""
SEASON_DAYS: Final = 730
"""Accreditations of the play last two years, longer than any of its stories."""
ALL_MINERALS: Final = sorted(COMMODITIES)
STATES: Final = ("AO", "CD", "GN", "MA", "RW", "TZ")


@dataclass(frozen=True, slots=True)
class State:
    """A country's offices."""

    country: str
    authority: Actor
    inspectorate: Actor
    inspector: HeldKey
    customs: Actor
    tagging: Actor


@dataclass(frozen=True, slots=True)
class Certifier:
    """A certifier of one country and its officers."""

    country: str
    actor: Actor
    verifier: HeldKey
    validator: HeldKey
    double: HeldKey
    """A second officer's key of the verifier: the same person twice."""


@dataclass
class Society:
    """Everybody, made from the dice; `settle` admits them over HTTP."""

    dice: Dice
    traders: dict[str, Actor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make the institutions."""
        self.roots = [self.actor(f"Root {letter}") for letter in "ABC"]
        self.operator = self.actor("Operator of the log")
        self.introducers = [self.actor("Introducer North"), self.actor("Introducer South")]
        self.introducing = [one.held("registrar", "officer") for one in self.introducers]
        self.states = {country: self._state(country) for country in STATES}
        self.certifiers = {country: self._certifier(country) for country in ("CD", "GN", "MA", "RW")}
        self.laboratory = self.actor("Laboratory of the Lakes")
        self.auditor = self.actor("Auditor of the Corridor")

    def actor(self, name: str) -> Actor:
        """Make an actor without admitting it."""
        return Actor(name, self.dice)

    def trader(self, name: str) -> Actor:
        """Give a miner, carrier, plant or buyer by name, making it the first time."""
        return self.traders.setdefault(name, self.actor(name))

    def _state(self, country: str) -> State:
        inspectorate = self.actor(f"Mines inspectorate of {country}")
        return State(
            country,
            self.actor(f"Mines authority of {country}"),
            inspectorate,
            inspectorate.held("inspector", "officer"),
            self.actor(f"Customs of {country}"),
            self.actor(f"Tagging agency of {country}"),
        )

    def _certifier(self, country: str) -> Certifier:
        actor = self.actor(f"Certifier of {country}")
        return Certifier(
            country,
            actor,
            actor.held("first officer", "officer"),
            actor.held("second officer", "officer"),
            actor.held("first officer", "officer", "/second key"),
        )

    def settle(self, conductor: Conductor) -> None:
        """Admit and accredit everybody but the traders, who come with their stories."""
        for introducer, key in zip(self.introducers, self.introducing, strict=True):
            add_key(conductor, introducer, key)
        for state in self.states.values():
            for actor, role in (
                (state.authority, Role.AUTHORITY),
                (state.inspectorate, Role.INSPECTOR),
                (state.customs, Role.CUSTOMS),
                (state.tagging, Role.TAGGING_AGENT),
            ):
                self.admit(conductor, actor)
                self.accredit(conductor, actor, role, [state.country])
            add_key(conductor, state.inspectorate, state.inspector)
        for certifier in self.certifiers.values():
            self.admit(conductor, certifier.actor)
            self.accredit(conductor, certifier.actor, Role.CERTIFIER, [certifier.country])
            for key in (certifier.verifier, certifier.validator, certifier.double):
                add_key(conductor, certifier.actor, key)
        for actor, role in ((self.laboratory, Role.LABORATORY), (self.auditor, Role.AUDITOR)):
            self.admit(conductor, actor)
            self.accredit(conductor, actor, role, sorted(STATES))

    def admit(self, conductor: Conductor, actor: Actor) -> Actor:
        """Let an introducer admit a party: admission and inception are one event."""
        introducer = self.introducers[0]
        body: dict[str, Value] = {"inception": actor.inception}
        conductor.act("party.incepted", [own(actor), own(introducer)], body, links=[actor.party])
        return actor

    def accredit(self, conductor: Conductor, actor: Actor, role: Role, countries: list[str]) -> None:
        """Let introducers' officers give a role: two of them for a certifier."""
        number = 2 if role == Role.CERTIFIER else 1
        hands = [
            by(introducer, key)
            for introducer, key in list(zip(self.introducers, self.introducing, strict=True))[:number]
        ]
        body: dict[str, Value] = {
            "role": role.value,
            "countries": list(countries),
            "minerals": list(ALL_MINERALS),
            "valid_from": format_time(START_MS),
            "valid_until": format_time(START_MS + SEASON_DAYS * DAY_MS),
        }
        conductor.act("party.accredited", hands, body, about=[actor.party])

    def enrol(self, conductor: Conductor, names: Sequence[str]) -> list[Actor]:
        """Admit a story's traders."""
        return [self.admit(conductor, self.trader(name)) for name in names]


def add_key(conductor: Conductor, actor: Actor, held: HeldKey) -> None:
    """Register a device's or an officer's key."""
    body: dict[str, Value] = {"key": held.key.text, "duty": held.duty, "holder": held.holder}
    conductor.act("key.added", [own(actor), (actor, held.key)], body, about=[actor.party])


def open_site(  # a site has that many facts
    conductor: Conductor,
    state: State,
    code: str,
    *,
    name: str,
    near: str,
    hs: str,
    scale: str,
    capacity_g_per_day: int,
    operators: Sequence[str],
) -> str:
    """Register a site at a control post's coordinates and inspect it green; give its id."""
    site = state.authority.subject("site", code)
    place = post(near)
    body: dict[str, Value] = {
        "name": name,
        "address": f"{place.name}, {state.country}",
        "country": state.country,
        "minerals": [hs],
        "scale": scale,
        "position": position_of(near, 10_000),
        "concession_radius_m": 15_000,
        "licence": f"LIC-{code}",
        "licence_from": format_time(START_MS - 365 * DAY_MS),
        "licence_until": format_time(START_MS + SEASON_DAYS * DAY_MS),
        "capacity_g_per_day": capacity_g_per_day,
        "operators": list[Value](sorted(operators)),
    }
    conductor.act("site.registered", [own(state.authority)], body, links=[site])
    inspect_site(conductor, state, site, "green")
    return site


def position_of(post_id: str, accuracy_m: int) -> dict[str, Value]:
    """The coordinates of a control post as an event's member."""
    place = post(post_id).coordinates
    return {
        "latitude_udeg": place.latitude_udeg,
        "longitude_udeg": place.longitude_udeg,
        "accuracy_m": accuracy_m,
    }


def inspect_site(conductor: Conductor, state: State, site: str, status: str) -> None:
    """Set a site's status."""
    body: dict[str, Value] = {
        "status": status,
        "inspected_at": format_time(int(conductor.env.now)),
        "report": document(conductor, f"inspection of {site}"),
    }
    conductor.act("site.inspected", [by(state.inspectorate, state.inspector)], body, about=[site])


def document(conductor: Conductor, title: str) -> dict[str, Value]:
    """A document of the play: its digest is real, of a text that nobody needs."""
    text = f"{title} at {int(conductor.env.now)}".encode()
    return {"sha256": sha256(text).hexdigest(), "media_type": "application/pdf", "size": len(text)}
