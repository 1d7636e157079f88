"""Steps 6 and 7: the bundle's events replayed through the corridor's rules, in the log's order (PROTOCOL section 9).

Each event gets a ruling. *Admitted*: every rule that this bundle can decide lets it in. *Broken*: a rule keeps it
out, and the operator admitted it all the same. *Undecided*: a rule needs a subject that is not in the bundle, or
that cannot be told any more, or the type is unknown here; what rests on such an event is at most "not shown".

A subject is *lost* once an event on it cannot be followed: from then on its state is unknown, never guessed. What
stands beside the bundle's subjects is left out or stood in for (certifiers.beside). Rules of the whole log (is a
named party admitted, was a key registered before) are not decided here; they stand at the strength of mirrors.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from certifiers.beside import as_one_of, bystander, narrow, stand_ins
from corridor import rules
from corridor.body import Act, Body
from corridor.findings import Finding
from corridor.refusals import Refused
from corridor.statements import read_body
from corridor.states import State
from corridor.world import LOG, Outside, World
from ledger.chain import GENESIS_PREV
from ledger.envelope import Entry, Payload
from ledger.errors import LedgerError
from ledger.subjects import kind_of

UNREADABLE: Final = frozenset({"event.unknown_type", "event.reserved_type"})
"""Refusals that say what this release cannot read, not what is wrong."""

DISTRUSTED: Final = "trust.distrusted"
OUTSIDE: Final = "world.outside"

_TIMED: Final = frozenset({"log.genesis", "log.heads"})
_FOR_ANOTHER: Final = frozenset({"authority.signer_not_named", "authority.duty"})
"""Refusals of a signer who may be entitled to a subject beside the bundle's."""


class Ruling(StrEnum):
    """What the rules say of an event that the log holds."""

    ADMITTED = "admitted"
    UNDECIDED = "undecided"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """An event in its place, with its ruling; `code` and `rule` say why it is not admitted (else empty).

    `body` is None where it cannot be read. `assessed` is False where findings could not all be looked for.
    """

    index: int
    at: int
    event_id: str
    header: Payload
    body: Body | None
    ruling: Ruling
    code: str = ""
    rule: str = ""
    findings: tuple[Finding, ...] = ()
    assessed: bool = True

    @property
    def type(self) -> str:
        """The event's type."""
        return self.header.type

    @property
    def links(self) -> tuple[str, ...]:
        """The subjects whose chains it extends."""
        return tuple(link.subject for link in self.header.links)

    @property
    def parties(self) -> tuple[str, ...]:
        """The signing parties, ascending, each once."""
        return tuple(sorted({signer.party for signer in self.header.signers}))

    def begins(self, subject: str) -> bool:
        """Tell whether this is the subject's first event."""
        return any(link.subject == subject and link.prev == GENESIS_PREV for link in self.header.links)


@dataclass(frozen=True, slots=True)
class Replay:
    """Every event judged, by index ascending; the last state of each subject that can be told; what is lost."""

    judged: Mapping[int, Judged]
    states: Mapping[str, State]
    lost: frozenset[str]

    def state(self, subject: str) -> State | None:
        """The last state of a subject, None where it cannot be told."""
        return None if subject in self.lost else self.states.get(subject)


def replay(
    entries: Mapping[int, Entry],
    whole: Collection[str],
    absent: Collection[str] = (),
    distrust: Iterable[tuple[str, int]] = (),
) -> Replay:
    """Judge entries (by index) of a log of which the subjects `whole` are known completely.

    `absent` are proved not to exist; `distrust` names parties and keys with the index from which on they are not
    believed any more (the trust file's). It never raises for what the entries hold.
    """
    followed = frozenset(whole) | _incidents(entries.values(), whole)
    court = _Court(entries, followed, frozenset(absent), tuple(distrust))
    judged = {index: court.judge(index, entries[index]) for index in sorted(entries)}
    return Replay(judged, court.states, frozenset(court.lost))


def _incidents(entries: Iterable[Entry], whole: Collection[str]) -> frozenset[str]:
    """The incidents laid on a subject that is whole: each event that holds or clears it is in its file (section 6)."""
    return frozenset(
        link.subject
        for entry in entries
        if not set(whole).isdisjoint(entry.envelope.payload.about)
        for link in entry.envelope.payload.links
        if kind_of(link.subject) == "incident"
    )


_Why = tuple[Ruling, str, str]
"""A ruling with the code and the rule that made it."""


class _Court:
    """The states so far, and what is known beside them of the event at the bar."""

    def __init__(
        self,
        entries: Mapping[int, Entry],
        whole: frozenset[str],
        absent: frozenset[str],
        distrust: tuple[tuple[str, int], ...],
    ) -> None:
        self.states: dict[str, State] = {}
        self.lost: set[str] = set()
        self._whole = whole
        self._absent = absent
        self._distrust = distrust
        self._times = {
            entry.envelope.event_id: entry.at if entry.envelope.payload.type in _TIMED else None
            for entry in entries.values()
        }
        self._beside: Mapping[str, State] = {}
        self._begun: frozenset[str] = frozenset()
        self._signing: Mapping[str, str] = {}
        self._world = World(self._load, self._heads_at)

    def judge(self, index: int, entry: Entry) -> Judged:
        """Rule on one event and take over what it changes."""
        header, event_id = entry.envelope.payload, entry.envelope.event_id
        links = [link.subject for link in header.links]
        try:
            body = read_body(header)
        except LedgerError as error:
            self._lose([*links, *header.about])
            ruling = Ruling.UNDECIDED if error.code in UNREADABLE else Ruling.BROKEN
            return Judged(index, entry.at, event_id, header, None, ruling, error.code, "R1", assessed=False)
        if LOG in self.lost:
            self._lose(links)
            why: _Why = (Ruling.UNDECIDED, OUTSIDE, "R1")
            return Judged(index, entry.at, event_id, header, body, *why, assessed=False)
        act = self._bring(Act(header, body, event_id, index, entry.at, self._world))
        why = self._rule(act, narrowed=act.header is not header)
        findings, assessed = self._assess(act)
        self._follow(act, why[0])
        return Judged(index, entry.at, event_id, header, body, *why, findings, assessed)

    def _bring(self, act: Act) -> Act:
        """Prepare the world for an act: what begins in it, who signs it, what stands beside; and narrow it."""
        self._begun = frozenset(link.subject for link in act.header.links if link.prev == GENESIS_PREV)
        self._signing = {signer.key: signer.party for signer in act.header.signers}
        self._beside = stand_ins(act, self._knows, self.states)
        return narrow(act, lambda subject: self._knows(subject) or subject in self._begun)

    def _knows(self, subject: str) -> bool:
        return subject in self._whole and subject not in self.lost

    def _load(self, subject: str) -> State | None:
        if subject in self._beside:
            return self._beside[subject]
        if subject.startswith("key:"):
            return self._key_owner(subject)
        if self._knows(subject):
            return self.states.get(subject)
        if subject in self._absent or subject in self._begun:
            return None
        if kind_of(subject) == "party" and subject not in {*self._signing.values(), *self.lost}:
            return bystander(subject)
        raise Outside(subject)

    def _key_owner(self, subject: str) -> State | None:
        """Who registered a key: told for each party of the bundle, unknown for a signer outside of it."""
        owner = self.states.get(subject)
        party = self._signing.get(subject.removeprefix("key:"), "")
        if owner is None and party and not self._knows(party) and party not in self._begun:
            raise Outside(party)
        return owner

    def _heads_at(self, event_id: str) -> int | None:
        if event_id not in self._times:
            raise Outside(LOG)
        return self._times[event_id]

    def _rule(self, act: Act, *, narrowed: bool) -> _Why:
        """Let the rules speak, with stand-ins that bar nothing."""
        beside = self._beside
        known = (self.states.get(name) for name in act.linked("lot") if self._knows(name))
        self._beside = as_one_of(beside, known)
        try:
            return self._admit(act, narrowed=narrowed)
        except Refused as refusal:
            return Ruling.BROKEN, refusal.code, refusal.rule
        finally:
            self._beside = beside

    def _admit(self, act: Act, *, narrowed: bool) -> _Why:
        """Rule by rule as far as they can be decided; raise Refused where one keeps the event out."""
        undecided = False
        try:
            rules.admit(act)
        except Refused as refusal:
            if not narrowed or refusal.code not in _FOR_ANOTHER:
                raise
            undecided = not self._passes_own_check(act)
        except Outside:
            self._passes_own_check(act)
            undecided = True
        if undecided:
            return Ruling.UNDECIDED, OUTSIDE, ""
        names = {*self._signing, *self._signing.values()}
        if any(name in names and act.index >= since for name, since in self._distrust):
            return Ruling.UNDECIDED, DISTRUSTED, ""
        return Ruling.ADMITTED, "", ""

    def _passes_own_check(self, act: Act) -> bool:
        """Ask the type's own rules, which stand last, where one before them stopped; False if undecided too."""
        try:
            act.body.check(act)
        except Outside:
            return False
        return True

    def _assess(self, act: Act) -> tuple[tuple[Finding, ...], bool]:
        """The findings that this world shows, and whether it shows all."""
        found: list[Finding] = []
        try:
            found.extend(rules.assess(act))  # what came before an error stays
        except LedgerError:
            return tuple(found), False
        return tuple(found), True

    def _follow(self, act: Act, ruling: Ruling) -> None:
        """Take over the states after an event; what cannot be followed is lost.

        A party whose standing rests on an undecided event is lost too: what it signs is then undecided in turn.
        """
        links = [link.subject for link in act.header.links]
        parties = [subject for subject in (*links, *act.header.about) if kind_of(subject) == "party"]
        if ruling is Ruling.BROKEN:
            self._lose([*links, *parties])
            return
        try:
            changes = rules.evolve(act)
        except LedgerError:
            self._lose([*links, *parties])
            return
        for subject, state in changes.items():
            if subject.startswith("key:") or self._knows(subject):
                self.states[subject] = state
        if ruling is Ruling.UNDECIDED:
            self._lose(parties)

    def _lose(self, subjects: Iterable[str]) -> None:
        self.lost.update(subject for subject in subjects if subject in self._whole)
