"""What a lot's bundle must hold, computed from the entries alone (PROTOCOL sections 9 and 11, "Whole or not").

Assembly, verifier and mirrors call this one function, so that a bundle carries no list of what it should contain.
A subject is taken whole: its chain and its file. Begin with `log` and the lot; a lot in the closure is on the *path*.

1. **Path.** From each event in the chain or file of a path lot:
   - every site, tag block, certificate, incident and policy that it links, speaks about, or names in a member of
     its body that the type's schema marks with `x-otc-subject`;
   - where a split, merge, blend or process begins the lot: each linked input with an edge into the lot, on the path;
   - where any event begins the lot and links an account: the account; and on the path each lot that an event of
     the account's chain before that draw links without beginning it: what had been moved in.
   Nothing else: no other lots, so that neither siblings nor descendants are pulled in, and nothing from the events
   of the other subjects.
2. **Policies.** The lot's minerals are the values of each member `hs`; its countries those of each `country`,
   `origin_country` and `destination`, and what stands before the first hyphen of each `post`, `from_post` and
   `to_post`: in the bodies, at any depth, of the events in chain and file of path lots and in the chain of sites
   and accounts. Each policy that an event of `log`'s file links joins, unless that is a `policy.published` with
   `countries` without any of these countries, or `minerals` without any of these minerals.
3. **Parties.** Each signer's party of each event in the chain or file of each subject in the closure, and so on up
   to the roots; of `log`'s file, only events that link a policy of the closure bring theirs.

Beside these subjects a bundle has the entry that each `after` of its entries names, and the last `log.heads`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from corridor.statements import TYPES
from ledger.chain import GENESIS_PREV
from ledger.envelope import Entry, Payload
from ledger.errors import FormError
from ledger.subjects import LOG, check_subject, kind_of
from ledger.values import Value

SUBJECT_MARK: Final = "x-otc-subject"
"""The keyword by which a type's published schema says that a member holds a subject, and of which kind."""

EACH: Final = "*"
"""In the path to a member: every item of an array, or every member of an object with free names."""

EDGE_TYPES: Final = frozenset({"lot.split", "lot.merged", "lot.blended", "lot.processed"})

_FOLLOWED: Final = frozenset({"site", "tag", "certificate", "incident", "policy"})
_COUNTRY_MEMBERS: Final = frozenset({"country", "origin_country", "destination"})
_POST_MEMBERS: Final = frozenset({"post", "from_post", "to_post"})
_MINERAL_MEMBER: Final = "hs"

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """An entry in its place in the log."""

    index: int
    entry: Entry

    @property
    def payload(self) -> Payload:
        """What it says."""
        return self.entry.envelope.payload

    def begins(self, subject: str) -> bool:
        """Tell whether it is the subject's first event."""
        return any(link.subject == subject and link.prev == GENESIS_PREV for link in self.payload.links)

    def continues(self, kind: str) -> list[str]:
        """The linked subjects of a kind that do not begin here, ascending."""
        links = (link for link in self.payload.links if link.prev != GENESIS_PREV)
        return [link.subject for link in links if kind_of(link.subject) == kind]

    def linked(self, kind: str) -> list[str]:
        """The linked subjects of a kind, ascending."""
        return [link.subject for link in self.payload.links if kind_of(link.subject) == kind]


@dataclass(frozen=True, slots=True)
class Whole:
    """A subject's chain and file, both ascending and complete up to one `log.heads`."""

    chain: tuple[Event, ...]
    file: tuple[Event, ...]

    @property
    def events(self) -> tuple[Event, ...]:
        """Chain, then file."""
        return self.chain + self.file


Reader = Callable[[str], Whole | None]
"""Give a subject whole, or None if it is not there (left out, or not begun)."""


@dataclass(frozen=True, slots=True)
class Closure:
    """What was asked for, and what was there.

    `included` are subjects by name; `missing` maps each subject that is not there to the indexes of the events that
    need it, ascending (none: it was asked for); `path` are the included path lots, ascending.
    """

    lot: str
    included: Mapping[str, Whole]
    missing: Mapping[str, tuple[int, ...]]
    path: tuple[str, ...]

    @property
    def events(self) -> dict[int, Event]:
        """Every event of an included subject by its index, ascending."""
        found = {event.index: event for whole in self.included.values() for event in whole.events}
        return dict(sorted(found.items()))

    @property
    def missing_lots(self) -> dict[str, tuple[int, ...]]:
        """The path lots that are not there, with the path events that need them."""
        return {subject: needed for subject, needed in self.missing.items() if kind_of(subject) == "lot"}


def closure(lot: str, read: Reader) -> Closure:
    """Compute the closure of a lot; the same for everybody who reads the same subjects."""
    search = _Search(read)
    search.need(LOG)
    path = _follow_path(search, lot)
    _follow_policies(search, path)
    _follow_signers(search)
    return Closure(
        lot=lot,
        included=dict(sorted(search.found.items())),
        missing={subject: tuple(sorted(needed)) for subject, needed in sorted(search.missing.items())},
        path=tuple(sorted(path)),
    )


def whole_of(entries: Mapping[int, Entry], chain: Iterable[int], file: Iterable[int]) -> Whole:
    """Give a subject whole, from entries by index and the indexes of its chain and file."""
    return Whole(
        tuple(Event(index, entries[index]) for index in chain),
        tuple(Event(index, entries[index]) for index in file),
    )


def reader_of(
    entries: Mapping[int, Entry], chains: Mapping[str, Iterable[int]], files: Mapping[str, Iterable[int]]
) -> Reader:
    """Give the reader of subjects that are whole among some entries: of a bundle after step 5, of a mirror."""

    def read(subject: str) -> Whole | None:
        if subject not in chains:
            return None
        return whole_of(entries, chains[subject], files.get(subject, ()))

    return read


class _Search:
    """The subjects found so far, and those that were needed and are not there."""

    def __init__(self, read: Reader) -> None:
        self._read = read
        self.found: dict[str, Whole] = {}
        self.missing: dict[str, set[int]] = {}

    def need(self, subject: str, index: int | None = None) -> bool:
        """Take a subject in because of the event at `index`; True if it was not there before and is now."""
        if subject in self.found:
            return False
        whole = None if subject in self.missing else self._read(subject)
        if whole is not None:
            self.found[subject] = whole
            return True
        self.missing.setdefault(subject, set()).update(() if index is None else (index,))
        return False

    def wants(self, subject: str) -> bool:
        """Tell whether a subject is in the closure, there or not."""
        return subject in self.found or subject in self.missing


def _follow_path(search: _Search, lot: str) -> set[str]:
    """Take in the lot, its ancestors, and what their events name; give the path lots that are there."""
    path: set[str] = set()
    drawn: dict[str, int] = {}
    waiting = [lot] if search.need(lot) else []
    while waiting:
        current = waiting.pop()
        path.add(current)
        for event in search.found[current].events:
            for subject in _named(event.payload):
                search.need(subject, event.index)
            ancestors = [(source, event.index) for source in _inputs(event, current)]
            for account in event.linked("account") if event.begins(current) else ():
                search.need(account, event.index)
                ancestors += _moved_in(search, account, drawn.get(account, 0), event.index)
                drawn[account] = max(event.index, drawn.get(account, 0))
            waiting += [source for source, index in ancestors if search.need(source, index)]
    return path


def _named(payload: Payload) -> Iterator[str]:
    """Yield the subjects of the kinds that are always followed from an event on the path."""
    named = [link.subject for link in payload.links] + list(payload.about)
    yield from (subject for subject in named if kind_of(subject) in _FOLLOWED)
    yield from (subject for kind, subject in subjects_in(payload) if kind in _FOLLOWED)


def _inputs(event: Event, lot: str) -> Iterator[str]:
    """Yield the linked inputs that have an edge into the lot, if this event begins it over edges."""
    if event.payload.type in EDGE_TYPES and event.begins(lot):
        inputs = set(event.continues("lot"))
        for edge in values_at(event.payload.body, ("edges", EACH)):
            if isinstance(edge, dict) and edge.get("target") == lot and edge.get("source") in inputs:
                yield str(edge["source"])


def _moved_in(search: _Search, account: str, start: int, stop: int) -> list[tuple[str, int]]:
    """Give the lots moved into an account in [start, stop), each with the event's index."""
    chain = search.found[account].chain if account in search.found else ()
    return [
        (lot, event.index) for event in chain if start <= event.index < stop for lot in event.continues("lot")
    ]


def _follow_policies(search: _Search, path: set[str]) -> None:
    """Take in each policy that `log`'s file links, unless it is seen not to meet the lot's."""
    log = search.found.get(LOG)
    minerals, countries = _scope(search, path)
    for event in log.file if log else ():
        body = event.payload.body
        apart = event.payload.type == "policy.published" and (
            _is_apart(body.get("countries"), countries) or _is_apart(body.get("minerals"), minerals)
        )
        for policy in () if apart else event.linked("policy"):
            search.need(policy, event.index)


def _scope(search: _Search, path: set[str]) -> tuple[set[str], set[str]]:
    """Give the minerals (HS codes) and countries that the path speaks of."""
    minerals: set[str] = set()
    countries: set[str] = set()
    for subject, whole in search.found.items():
        events = whole.events if subject in path else whole.chain
        if subject not in path and kind_of(subject) not in {"site", "account"}:
            continue
        for event in events:
            for name, value in _members(event.payload.body):
                if not isinstance(value, str):
                    continue
                if name == _MINERAL_MEMBER:
                    minerals.add(value)
                elif name in _COUNTRY_MEMBERS:
                    countries.add(value)
                elif name in _POST_MEMBERS:
                    countries.add(value.partition("-")[0])
    return minerals, countries


def _is_apart(said: Value | None, found: set[str]) -> bool:
    """Tell whether a policy's list is there and meets none of what was found."""
    return isinstance(said, list) and found.isdisjoint(item for item in said if isinstance(item, str))


def _follow_signers(search: _Search) -> None:
    """Take in the parties that signed, and those that signed theirs, up to the roots."""
    waiting = list(search.found)
    while waiting:
        subject = waiting.pop()
        for event in _binding(search, subject):
            parties = [signer.party for signer in event.payload.signers]
            waiting += [party for party in parties if search.need(party, event.index)]


def _binding(search: _Search, subject: str) -> Iterator[Event]:
    """Yield the events of a subject whose signers' parties belong to the closure."""
    whole = search.found[subject]
    yield from whole.chain
    for event in whole.file:
        if subject != LOG or any(search.wants(policy) for policy in event.linked("policy")):
            yield event


def _members(value: Value) -> Iterator[tuple[str, Value]]:
    """Yield every member of a value, at any depth."""
    if isinstance(value, dict):
        yield from value.items()
        for member in value.values():
            yield from _members(member)
    elif isinstance(value, list):
        for item in value:
            yield from _members(item)


def subjects_in(payload: Payload) -> Iterator[tuple[str, str]]:
    """Yield (kind, subject) of what an event's body names in marked members; of an unknown type, nothing."""
    for kind, path in marked_members(payload.type):
        for value in values_at(payload.body, path):
            if isinstance(value, str) and _is_subject(value, kind):
                yield kind, value


@cache
def marked_members(event_type: str) -> tuple[tuple[str, Path], ...]:
    """Give the kind and path of each member that the schema of a type marks: ("tag", ("tags", "*", "block"))."""
    if event_type not in TYPES:
        return ()
    schema = TYPES[event_type].model_json_schema()
    return tuple(dict.fromkeys(_marks(schema, schema.get("$defs", {}), ())))


def _marks(schema: Any, parts: Mapping[str, Any], path: Path) -> Iterator[tuple[str, Path]]:  # noqa: ANN401  # JSON Schema
    if not isinstance(schema, dict):  # `true` and `false` are schemas too
        return
    if SUBJECT_MARK in schema:
        yield schema[SUBJECT_MARK], path
    if "$ref" in schema:
        yield from _marks(parts[schema["$ref"].rpartition("/")[2]], parts, path)
    for option in schema.get("anyOf", ()):
        yield from _marks(option, parts, path)
    for name, member in schema.get("properties", {}).items():
        yield from _marks(member, parts, (*path, name))
    free = [
        schema.get("items"),
        schema.get("additionalProperties"),
        *schema.get("patternProperties", {}).values(),
    ]
    for item in free:
        yield from _marks(item, parts, (*path, EACH))


def values_at(value: Value, path: Path) -> Iterator[Value]:
    """Yield what stands at a path; nothing where a value is not of the shape that the path expects."""
    if not path:
        yield value
    elif path[0] == EACH:
        items = value if isinstance(value, list) else value.values() if isinstance(value, dict) else ()
        for item in items:
            yield from values_at(item, path[1:])
    elif isinstance(value, dict) and path[0] in value:
        yield from values_at(value[path[0]], path[1:])


def _is_subject(text: str, kind: str) -> bool:
    try:
        return kind_of(check_subject(text, "")) == kind
    except FormError:
        return False
