"""The world an event acts in: the states of subjects before it, and the event in its place.

The journal gives states from its store, an offline verifier only those of its bundle's closure. A rule that needs a
subject outside of what is known raises `Outside`: in the journal that cannot happen, in the verifier it makes
what depends on it "not shown" instead of a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from corridor.errors import CorridorError
from corridor.refusals import refuse
from corridor.states import (
    AccountState,
    CertificateState,
    IncidentState,
    KeyOwner,
    LogState,
    LotState,
    PartyState,
    PolicyState,
    SiteState,
    State,
    TagBlockState,
)
from ledger.payload import Payload, Signer

if TYPE_CHECKING:
    from corridor.body import Body

S = TypeVar("S", bound=State)

LOG: Final = "log"


class Outside(CorridorError):
    """A subject that this world does not know, and cannot tell whether it exists."""

    def __init__(self, subject: str) -> None:
        super().__init__("world.outside", "the subject is outside of what is known here")
        self.subject = subject


Load = Callable[[str], State | None]
"""Give a subject's state, or None where it has not begun; raises Outside where that cannot be told."""


class World:
    """States of subjects, with the changes of a transaction laid over them."""

    def __init__(self, load: Load, heads_at: Callable[[str], int | None]) -> None:
        """`heads_at` gives the `at` (ms) of the genesis or of a heads statement by event id, else None."""
        self._load = load
        self._changes: dict[str, State] = {}
        self._heads_at = heads_at

    def find(self, subject: str) -> State | None:
        """Give a subject's state, None where it has not begun."""
        return self._changes[subject] if subject in self._changes else self._load(subject)

    def heads_at(self, event_id: str) -> int | None:
        """Give the `at` (ms) of the genesis or of a heads statement, else None.

        The genesis is known from the log's own state: also within the transaction that writes it.
        """
        log = self.find(LOG)
        if isinstance(log, LogState) and log.genesis == event_id:
            return log.genesis_at
        return self._heads_at(event_id)

    def lay(self, changes: Mapping[str, State]) -> None:
        """Lay the states after an admitted event over those before it."""
        self._changes.update(changes)

    def take_changes(self) -> dict[str, State]:
        """Give what has changed since the last call, for the store to keep."""
        changes, self._changes = self._changes, {}
        return changes

    def changes(self) -> Mapping[str, State]:
        """What has changed since `take_changes`."""
        return self._changes

    def _of(self, kind: type[S], subject: str) -> S:
        state = self.find(subject)
        if not isinstance(state, kind):
            refuse("subject.unknown", subject=subject)
        return state

    @property
    def log(self) -> LogState:
        """The log's own state; refuses where there is no genesis yet."""
        return self._of(LogState, LOG)

    def party(self, subject: str) -> PartyState:
        """A party that has begun; refuses `subject.unknown` otherwise (so do the ones below)."""
        return self._of(PartyState, subject)

    def site(self, subject: str) -> SiteState:
        """A registered site."""
        return self._of(SiteState, subject)

    def tag_block(self, subject: str) -> TagBlockState:
        """An issued tag block."""
        return self._of(TagBlockState, subject)

    def lot(self, subject: str) -> LotState:
        """A lot that has begun."""
        return self._of(LotState, subject)

    def account(self, subject: str) -> AccountState:
        """An opened account."""
        return self._of(AccountState, subject)

    def certificate(self, subject: str) -> CertificateState:
        """An issued certificate."""
        return self._of(CertificateState, subject)

    def incident(self, subject: str) -> IncidentState:
        """An opened incident."""
        return self._of(IncidentState, subject)

    def policy(self, subject: str) -> PolicyState:
        """A published policy."""
        return self._of(PolicyState, subject)

    def key_owner(self, key: str) -> KeyOwner | None:
        """Who registered a key."""
        state = self.find(f"key:{key}")
        return state if isinstance(state, KeyOwner) else None


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
        return any(link.subject == subject and link.prev == "0" * 64 for link in self.header.links)

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
