"""Who takes part: admission, keys, roles and standing (PROTOCOL sections 4 and 6)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import product
from typing import Annotated, ClassVar, Final, Literal

from pydantic import model_validator

from corridor.body import Act, Body, Slot, has_role, key_of, the_party
from corridor.logbook import Inception
from corridor.measures import LAX, SET, Code, Country, Digest, HsCode, KeyText, Time, check_order, items
from corridor.refusals import refuse
from corridor.states import Accreditation, Key, KeyOwner, PartyState, State
from corridor.vocabulary import Role
from ledger.payload import Signer
from ledger.times import parse_time

INTRODUCERS_OF_A_CERTIFIER: Final = 2
"""A certifier decides what others are believed for, so one introducer is not enough (PROTOCOL section 6)."""


Scope = Collection[tuple[str, str]]
"""Countries and minerals (HS codes), in pairs, over which a role extends."""


def _introduces(act: Act, signer: Signer, duty: str) -> bool:
    """An introducer in good standing, by a key of the duty that the act asks for."""
    return (
        has_role(act.world.party(signer.party), Role.INTRODUCER, act.at) and key_of(act, signer).duty == duty
    )


def _is_root(act: Act, signer: Signer) -> bool:
    return signer.party in act.world.log.roots and key_of(act, signer).duty == "party"


def _quorum_of_roots(act: Act) -> bool:
    signing = {signer.party for signer in act.header.signers if _is_root(act, signer)}
    return len(signing) >= act.world.log.root_threshold


def _itself_or_introducer(act: Act, subject: str, signer: Signer) -> bool:
    """the new party's own key, and an introducer or the root quorum."""
    return signer.party == subject or _introduces(act, signer, "party") or _is_root(act, signer)


class PartyIncepted(Body):
    """A party begins: named by its inception object, signed by its key, admitted by an introducer or the roots."""

    type: ClassVar[str] = "party.incepted"
    links: ClassVar[Mapping[str, Slot]] = {"party": Slot((_itself_or_introducer,), begins=True)}

    inception: Inception

    def registers(self, act: Act) -> Mapping[str, tuple[str, Key]]:
        """The party's own key."""
        key = Key(key=self.inception.key, duty="party", since_index=act.index)
        return {key.key: (self.inception.party, key)}

    def check(self, act: Act) -> None:
        """Refuse a foreign id, a missing own signature, a missing introducer, or a key in use."""
        if act.only("party") != self.inception.party:
            refuse("event.body_disagrees", "/links/0/subject")
        if act.signer(self.inception.key) is None:
            refuse("authority.quorum", "/signers", hint="The new party's own key signs its inception.")
        admitting = (signer for signer in act.header.signers if signer.party != self.inception.party)
        admitted = any(_introduces(act, signer, "party") for signer in admitting)
        if not admitted and not _quorum_of_roots(act):
            refuse("authority.quorum", "/signers", hint="An introducer or the root quorum admits a party.")
        if act.world.key_owner(self.inception.key) is not None:
            refuse("key.registered", "/body/inception/key")

    def evolve(self, act: Act) -> Iterator[State]:
        """Begin the party with its one key."""
        by = tuple(party for party in act.parties if party != self.inception.party)
        yield self.inception.state(act, by)
        yield self.inception.owner()


class KeyAdded(Body):
    """A device's or an officer's key joins a party; the party's own key and the new key sign."""

    type: ClassVar[str] = "key.added"
    about: ClassVar[Mapping[str, Slot]] = {"party": Slot((the_party,))}

    key: KeyText
    duty: Literal["device", "officer"]
    holder: Digest
    """A commitment to the person who holds it, the same on all of that person's keys."""

    def registers(self, act: Act) -> Mapping[str, tuple[str, Key]]:
        """The new key, for the party that the event speaks about."""
        key = Key(key=self.key, duty=self.duty, holder=self.holder, since_index=act.index)
        return {self.key: (next(act.about("party"), ""), key)}

    def check(self, act: Act) -> None:
        """Refuse a new key that does not sign, or that is registered already."""
        if act.world.key_owner(self.key) is not None:
            refuse("key.registered", "/body/key")
        if act.signer(self.key) is None:
            refuse("authority.quorum", "/signers", hint="The new key signs its own registration.")

    def evolve(self, act: Act) -> Iterator[State]:
        """Give the party the key."""
        party = act.world.party(next(act.about("party")))
        key = Key(key=self.key, duty=self.duty, holder=self.holder, since_index=act.index)
        yield party.model_copy(update={"keys": (*party.keys, key)})
        yield KeyOwner(subject=f"key:{self.key}", party=party.subject)


def _accrediting(act: Act, _subject: str, signer: Signer) -> bool:
    """an introducer's officer (two introducers for a certifier), or the root quorum (for an introducer)."""
    return _introduces(act, signer, "officer") or _is_root(act, signer)


def _vouches(act: Act, signer: Signer, scope: Scope) -> bool:
    """An introducer's officer, within the scope that the introducer itself was given, and never for itself."""
    state = act.world.party(signer.party)
    return (
        signer.party not in act.header.about
        and _introduces(act, signer, "officer")
        and all(has_role(state, Role.INTRODUCER, act.at, hs=hs, country=country) for country, hs in scope)
    )


def _check_quorum(act: Act, roles: Collection[str], scope: Scope) -> None:
    """Refuse fewer signers than the gravest role asks for: roots for an introducer, two introducers for a certifier."""
    if Role.INTRODUCER in roles:
        enough = _quorum_of_roots(act)
    else:
        signing = {signer.party for signer in act.header.signers if _vouches(act, signer, scope)}
        enough = len(signing) >= (INTRODUCERS_OF_A_CERTIFIER if Role.CERTIFIER in roles else 1)
    if not enough:
        refuse("authority.quorum", "/signers")


class PartyAccredited(Body):
    """A role for minerals and countries in a window, by an introducer (two for a certifier, roots for an introducer)."""

    type: ClassVar[str] = "party.accredited"
    about: ClassVar[Mapping[str, Slot]] = {"party": Slot((_accrediting,))}

    role: Annotated[Role, LAX]
    countries: Annotated[tuple[Country, ...], items(1, 64), SET]
    minerals: Annotated[tuple[HsCode, ...], items(1, 64), SET]
    valid_from: Time
    valid_until: Time

    @model_validator(mode="after")
    def _window_in_order(self) -> PartyAccredited:
        check_order(self.valid_from, self.valid_until)
        return self

    def check(self, act: Act) -> None:
        """Refuse fewer accrediting parties than the role asks for."""
        _check_quorum(act, {self.role}, set(product(self.countries, self.minerals)))

    def evolve(self, act: Act) -> Iterator[State]:
        """Give the party the role."""
        party = act.world.party(next(act.about("party")))
        role = Accreditation(
            role=self.role,
            countries=self.countries,
            minerals=self.minerals,
            valid_from=parse_time(self.valid_from),
            valid_until=parse_time(self.valid_until),
            event=act.event_id,
            by=act.parties,
        )
        yield party.model_copy(update={"accreditations": (*party.accreditations, role)})


class PartyStatusChanged(Body):
    """A party is suspended (it loses its roles, never custody) or reinstated."""

    type: ClassVar[str] = "party.status_changed"
    about: ClassVar[Mapping[str, Slot]] = {"party": Slot((_accrediting,))}

    status: Literal["suspended", "reinstated"]
    reason: Code

    def check(self, act: Act) -> None:
        """Refuse fewer signers than it takes to give the party its roles."""
        party = act.world.party(next(act.about("party")))
        held = party.accreditations
        scope = {pair for role in held for pair in product(role.countries, role.minerals)}
        _check_quorum(act, {role.role for role in held}, scope)

    def evolve(self, act: Act) -> Iterator[State]:
        """Change its standing."""
        party: PartyState = act.world.party(next(act.about("party")))
        yield party.model_copy(update={"suspended": self.status == "suspended"})
