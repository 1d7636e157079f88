"""The world an event acts in: the states of subjects before it.

The journal gives states from its store, an offline verifier only those of its bundle's closure. A rule that needs a
subject outside of what is known raises `Outside`: in the journal that cannot happen, in the verifier it makes
what depends on it "not shown" instead of a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

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
