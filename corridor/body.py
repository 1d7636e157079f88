"""What every event type brings: its members, who may write it, when it is refused, what it changes, what it shows.

An `Act` is one event in its place: header, body, index, the log's time, and the world before it.

A type is one class. Its law stands with its members, so that a reader finds a thing once:

- `links` and `about` say which kinds of subject it extends and speaks about, how many, and who is entitled;
- `check` refuses (reject rules), `evolve` gives the states after it, `assess` gives findings; all three are pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from corridor.findings import Finding
from corridor.measures import Part
from corridor.refusals import refuse
from corridor.states import Accreditation, Key, PartyState, State
from corridor.world import Outside, World
from ledger.chain import GENESIS_PREV
from ledger.payload import Payload, Signer
from ledger.subjects import kind_of, party_of


@dataclass(frozen=True, slots=True)
class Act:
    """One event in its place: header, body, index, the log's time, and the world before it."""

    header: Payload
    body: Body
    event_id: str
    index: int
    at: int
    world: World

    def linked(self, kind: str) -> Iterator[str]:
        """Subjects of one kind whose chains this event extends, ascending."""
        return (link.subject for link in self.header.links if link.subject.split(":", 1)[0] == kind)

    def about(self, kind: str) -> Iterator[str]:
        """Subjects of one kind that this event speaks about, ascending."""
        return (subject for subject in self.header.about if subject.split(":", 1)[0] == kind)

    def begins(self, subject: str) -> bool:
        """Tell whether this event is the subject's first."""
        return any(link.subject == subject and link.prev == GENESIS_PREV for link in self.header.links)

    def only(self, kind: str) -> str:
        """The one linked subject of a kind; refuses `event.shape` where there is not exactly one."""
        found = list(self.linked(kind))
        if len(found) != 1:
            refuse("event.shape", "/links")
        return found[0]

    @property
    def parties(self) -> tuple[str, ...]:
        """The signing parties, ascending, each once."""
        return tuple(sorted({signer.party for signer in self.header.signers}))

    def signer(self, key: str) -> Signer | None:
        """The signer of a key, if it signs."""
        return next((signer for signer in self.header.signers if signer.key == key), None)

    @property
    def proven_from(self) -> int:
        """Start of the proven interval in ms: the largest `at` among its prevs and `after` (PROTOCOL section 6).

        Without them it begins at the genesis. A prev outside of what is known counts as the genesis.
        """
        times = [self.world.log.genesis_at if self.index else self.at]
        for link in self.header.links:
            state = self._known(link.subject)
            if state is not None and state.head == link.prev:
                times.append(state.head_at)
        if self.header.after is not None:
            times.append(self.world.heads_at(self.header.after) or 0)
        return max(times)

    def _known(self, subject: str) -> State | None:
        try:
            return self.world.find(subject)
        except Outside:
            return None


Writer = Callable[[Act, str, Signer], bool]
"""Tell whether a signer is entitled to a subject of this act."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Subjects of one kind in `links` or `about`: how many, whether they begin here, and who may write on them.

    `begins`: True = the event must be their first, False = they must have begun, None = either.
    """

    writers: tuple[Writer, ...]
    least: int = 1
    most: int = 1
    begins: bool | None = False

    def who(self) -> list[str]:
        """Say in words who is entitled: the first line of each writer's own description."""
        return [(writer.__doc__ or "").partition("\n")[0].rstrip(".") for writer in self.writers]


class Body(Part):
    """One event type's members and law."""

    type: ClassVar[str]
    links: ClassVar[Mapping[str, Slot]] = {}
    about: ClassVar[Mapping[str, Slot]] = {}
    committed: ClassVar[frozenset[str]] = frozenset()
    """Names of fields that may travel as commitments instead of in clear."""

    def counterparties(self) -> frozenset[str]:
        """Parties that the body names, and that may sign beside those entitled."""
        return frozenset()

    def registers(self, act: Act) -> Mapping[str, tuple[str, Key]]:  # noqa: ARG002  # a type that registers keys uses it
        """Keys that this event registers: text to (party, key); they count as entitled in it."""
        return {}

    def check(self, act: Act) -> None:
        """Refuse what this type's own reject rules keep out."""

    def evolve(self, act: Act) -> Iterator[State]:  # noqa: ARG002  # the type that changes nothing needs none
        """Give the states that this event changes; chain heads advance by themselves."""
        return iter(())

    def assess(self, act: Act) -> Iterator[Finding]:  # noqa: ARG002  # as above
        """Give the findings that this event alone, in its place, deserves."""
        return iter(())


def key_of(act: Act, signer: Signer) -> Key:
    """The registered key of a signer, or the one registered by this very event; R1 refuses all else."""
    registered = act.body.registers(act).get(signer.key)
    if registered is not None:
        party, key = registered
    else:
        owner = act.world.key_owner(signer.key)
        if owner is None:
            refuse("key.unknown", f"/signers/{act.header.signers.index(signer)}/key", hint=_ADMISSION)
        party = owner.party
        found = act.world.party(party).key(signer.key)
        if found is None:
            refuse("key.unknown", f"/signers/{act.header.signers.index(signer)}/key", hint=_ADMISSION)
        key = found
    if party != signer.party:
        refuse("key.other_party", f"/signers/{act.header.signers.index(signer)}/party")
    return key


_ADMISSION = "Register the key by key.added, or the party by party.incepted, first."


def _has_duty(act: Act, signer: Signer, *duties: str) -> bool:
    return key_of(act, signer).duty in duties


def beginner(act: Act, subject: str, signer: Signer) -> bool:
    """the party in the subject's id."""
    return signer.party == party_of(subject) and _has_duty(act, signer, "party", "device")


def custodian(act: Act, subject: str, signer: Signer) -> bool:
    """the lot's custodian; for a lot that begins here, the party in its id."""
    if act.begins(subject):
        return beginner(act, subject, signer)
    return signer.party == act.world.lot(subject).custodian and _has_duty(act, signer, "party", "device")


def the_party(act: Act, subject: str, signer: Signer) -> bool:
    """the party itself, by its own key."""
    return signer.party == subject and _has_duty(act, signer, "party")


def accredited(role: str, *, officer: bool = False) -> Writer:
    """A party in good standing with a role whose scope covers the subject's mineral and country at this time.

    `officer`: only an officer's key may (inspect, certify, accredit); else the party's own key or a device.
    """
    duties = ("officer",) if officer else ("party", "device")

    def entitled(act: Act, subject: str, signer: Signer) -> bool:
        minerals, country = scope_of(act, subject)
        party = act.world.party(signer.party)
        covered = (has_role(party, role, act.at, hs=hs, country=country) for hs in minerals)
        return all(covered) and _has_duty(act, signer, *duties)

    entitled.__doc__ = f"{'an officer of a party' if officer else 'a party'} accredited as {role}"
    return entitled


def has_role(party: PartyState, role: str, at: int, *, hs: str = "", country: str = "") -> bool:
    """Tell whether a party holds a role over a mineral and country at a time; an empty value asks nothing."""
    return accreditation_for(party, role, at, hs=hs, country=country) is not None


def accreditation_for(
    party: PartyState, role: str, at: int, *, hs: str = "", country: str = ""
) -> Accreditation | None:
    """Find the accreditation that covers a mineral and country at a time; None while suspended."""
    if party.suspended:
        return None
    return next(
        (
            found
            for found in party.accreditations
            if found.role == role
            and found.valid_from <= at <= found.valid_until
            and (not hs or not found.minerals or hs in found.minerals)
            and (not country or not found.countries or country in found.countries)
        ),
        None,
    )


def scope_of(act: Act, subject: str) -> tuple[tuple[str, ...], str]:
    """The minerals and the country that an accreditation must cover for this act on a subject; empty asks nothing.

    The minerals are the lot's or the site's, else those that the body names; the country is the act's own where its
    body names one (a control post's, a certificate's), else the site's.
    """
    kind = kind_of(subject)
    country: str = getattr(act.body, "country", None) or ""
    if kind == "lot" and not act.begins(subject):
        return (act.world.lot(subject).hs,), country
    if kind == "site" and not act.begins(subject):
        site = act.world.site(subject)
        return site.minerals, site.country
    named: str = getattr(act.body, "hs", "")
    minerals: tuple[str, ...] = getattr(act.body, "minerals", ())
    return (named,) if named else minerals or ("",), country


def found(act: Act, code: str, subject: str, **values: str | int) -> Finding:
    """A finding about this act."""
    return Finding(code, act.index, act.event_id, subject, values)
