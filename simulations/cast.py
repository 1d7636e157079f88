"""The cast: parties with keys of their own, as their real counterparts would have."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ledger.canonical import Value
from ledger.keys import SigningKey
from ledger.subjects import commitment, identity_digest, next_digest, party_id
from simulations.dice import Dice


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A device's or an officer's key, and the commitment to the person who holds it."""

    key: SigningKey
    duty: Literal["device", "officer"]
    holder: str


@dataclass
class Actor:
    """A party of the play. `name` is for the narrative only; the log knows it as an inception object."""

    name: str
    dice: Dice
    counters: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Derive its keys from the dice: its own, the committed next one, and the salt of its identity."""
        self.key = SigningKey.from_seed(self.dice.octets(f"{self.name}/key"))
        self.next_key = SigningKey.from_seed(self.dice.octets(f"{self.name}/next"))
        identity: Value = {"name": self.name}
        self.identity = identity_digest(self.dice.octets(f"{self.name}/salt"), identity)
        self.next = next_digest(self.next_key.text)
        self.party = party_id(self.identity, self.key.text, self.next)

    @property
    def inception(self) -> dict[str, Value]:
        """Its inception object, as it goes into `party.incepted` or the genesis."""
        return {"identity": self.identity, "key": self.key.text, "next": self.next}

    def held(self, person: str, duty: Literal["device", "officer"], label: str = "") -> HeldKey:
        """Make one of its people's keys; a person's keys share one commitment, whatever their label."""
        salt = self.dice.octets(f"{self.name}/{person}/salt")
        key = SigningKey.from_seed(self.dice.octets(f"{self.name}/{person}/{duty}{label}"))
        return HeldKey(key, duty, commitment(salt, self.party, "holder", person))

    def subject(self, kind: str, code: str) -> str:
        """Name a subject that this party begins: kind, its own 32 characters, a code."""
        return f"{kind}:{self.party.removeprefix('party:')}/{code}"

    def count(self, key: SigningKey) -> int:
        """Give the next counter of one of its keys, from 0."""
        counter = self.counters.get(key.text, 0)
        self.counters[key.text] = counter + 1
        return counter
