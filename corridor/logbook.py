"""What the log says of itself: its genesis and its heads (PROTOCOL sections 7 and 8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Final

from pydantic import Field, StringConstraints

from corridor.body import Act, Body, Slot
from corridor.measures import Digest, KeyText, Part, items
from corridor.refusals import refuse
from corridor.states import Accreditation, Key, KeyOwner, LogState, PartyState, State
from corridor.vocabulary import Role
from corridor.world import LOG
from ledger.payload import Signer
from ledger.subjects import party_id

FOREVER: Final = 2**53 - 1
"""End of a window that has none, in ms: the protocol's largest integer."""


class Inception(Part):
    """A party's inception object: what its id is the hash of (PROTOCOL sections 3 and 4)."""

    identity: Digest
    key: KeyText
    next: Digest

    @property
    def party(self) -> str:
        """The party's id."""
        return party_id(self.identity, self.key, self.next)

    def state(self, act: Act, admitted_by: tuple[str, ...] = ()) -> PartyState:
        """The party as it begins, with its one key."""
        own = Key(key=self.key, duty="party", since_index=act.index)
        return PartyState(subject=self.party, keys=(own,), next=self.next, admitted_by=admitted_by)

    def owner(self) -> KeyOwner:
        """The entry of its key among all keys."""
        return KeyOwner(subject=f"key:{self.key}", party=self.party)


class RuleSet(Part):
    """The rules that decide this log's states: their number and the SHA-256 of their canonical data."""

    number: Annotated[int, Field(ge=0, le=1_000_000)]
    digest: Digest


def _at_genesis(_act: Act, subject: str, signer: Signer) -> bool:
    """the parties that the genesis embeds, all of them."""
    return subject in {LOG, signer.party}


class LogGenesis(Body):
    """Entry 0: who the roots, the operator and the first introducers are, and what stays fixed for ever."""

    type: ClassVar[str] = "log.genesis"
    links: ClassVar[Mapping[str, Slot]] = {
        "log": Slot((_at_genesis,), begins=True),
        "party": Slot((_at_genesis,), least=2, most=64, begins=True),
    }

    log_origin: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9./-]{0,127}$")]
    log_vkey: Annotated[str, StringConstraints(pattern=r"^[!-~]{1,512}$")]
    rule_set: RuleSet
    root_delay_s: Annotated[int, Field(ge=0, le=366 * 86_400)]
    root_threshold: Annotated[int, Field(ge=1, le=16)]
    entries_public_after_s: Annotated[int, Field(ge=0, le=366 * 86_400)]
    roots: Annotated[tuple[Inception, ...], items(1, 16)]
    operator: Inception
    introducers: Annotated[tuple[Inception, ...], items(0, 32)]

    def _embedded(self) -> list[Inception]:
        return [*self.roots, self.operator, *self.introducers]

    def registers(self, act: Act) -> Mapping[str, tuple[str, Key]]:
        """The keys of all embedded parties."""
        return {
            found.key: (found.party, Key(key=found.key, duty="party", since_index=act.index))
            for found in self._embedded()
        }

    def check(self, act: Act) -> None:
        """Refuse a genesis that is not the first entry, or whose parties, links and signers differ."""
        if act.index:
            refuse("subject.exists", "/links", subject=LOG)
        parties = [found.party for found in self._embedded()]
        if len(set(parties)) != len(parties) or self.root_threshold > len(self.roots):
            refuse("event.body_disagrees", "/body")
        if sorted(parties) != list(act.linked("party")) or sorted(parties) != list(act.parties):
            refuse("event.body_disagrees", "/links")

    def evolve(self, act: Act) -> Iterator[State]:
        """Begin the log and every embedded party; introducers may introduce anywhere from the start."""
        yield LogState(
            subject=LOG,
            genesis=act.event_id,
            genesis_at=act.at,
            log_origin=self.log_origin,
            operator=self.operator.party,
            roots=tuple(root.party for root in self.roots),
            root_threshold=self.root_threshold,
            rule_set=self.rule_set.number,
        )
        introducers = {found.party for found in self.introducers}
        for found in self._embedded():
            state = found.state(act)
            if found.party in introducers:
                state = state.model_copy(update={"accreditations": (_introducer(act),)})
            yield state
            yield found.owner()


def _introducer(act: Act) -> Accreditation:
    return Accreditation(
        role=Role.INTRODUCER,
        countries=(),
        minerals=(),
        valid_from=act.at,
        valid_until=FOREVER,
        event=act.event_id,
        by=(),
    )


class LogHeads(Body):
    """The operator's statement of every subject's head and file after the log's first `size` entries."""

    type: ClassVar[str] = "log.heads"

    size: Annotated[int, Field(ge=1)]
    root: Digest

    def check(self, act: Act) -> None:
        """Refuse a statement that is not the operator's, or not of the entries before it."""
        if self.size != act.index or act.parties != (act.world.log.operator,):
            refuse("authority.operator_only", "/body")
