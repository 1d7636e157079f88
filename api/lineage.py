"""A lot's lineage: which lots and accounts it came from and went into, with the dry mass that each step carried.

Read from the log's own entries, along first and last events of chains; an account under the mass-balance model is
fed by all that went in before a draw, and feeds all that came out after an inflow. For example, a split in two:

    {"lots":["lot:…/A","lot:…/B","lot:…/C"],"edges":[{"source":"lot:…/A","target":"lot:…/B","dry_mass_g":600,…},…]}
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from api import settings
from ledger.envelope import Entry, read_entry
from ledger.ports import Snapshot
from ledger.subjects import kind_of

_MOVED: Final = "account.moved"


@dataclass(frozen=True, slots=True)
class Edge:
    """Dry mass that one event took from a lot or account into another."""

    source: str
    target: str
    dry_mass_g: int
    index: int
    event_id: str


@dataclass(slots=True)
class Lineage:
    """Ancestors and descendants of a lot, itself among them; `cut` = there are more than are drawn."""

    subjects: set[str] = field(default_factory=set)
    edges: set[Edge] = field(default_factory=set)
    cut: bool = False


Step = Callable[[Snapshot, str, int], Iterator[tuple[Edge, str]]]
"""Give the edges next to a subject that was reached by the event at an index, and the subject at their other end."""


def trace(snapshot: Snapshot, lot: str, most: int = settings.MAX_LINEAGE) -> Lineage:
    """Return the lineage of a begun lot, as of all that is committed, of at most `most` subjects."""
    found = Lineage({lot})
    _follow(snapshot, found, lot, snapshot.size(), _above, most)
    _follow(snapshot, found, lot, -1, _below, most)
    return found


def _follow(snapshot: Snapshot, found: Lineage, lot: str, start: int, step: Step, most: int) -> None:
    waiting, reached = [(lot, start)], {lot: start}
    while waiting:
        subject, index = waiting.pop(0)
        for edge, neighbour in step(snapshot, subject, index):
            if neighbour not in found.subjects and len(found.subjects) >= most:
                found.cut = True
                return
            found.subjects.add(neighbour)
            found.edges.add(edge)
            known = reached.get(neighbour)
            # An account shows more of itself when it is reached from further away than before.
            if known is None or (
                kind_of(neighbour) == "account" and abs(edge.index - start) < abs(known - start)
            ):
                reached[neighbour] = edge.index
                waiting.append((neighbour, edge.index))


def _above(snapshot: Snapshot, subject: str, before: int) -> Iterator[tuple[Edge, str]]:
    """Edges into a subject: into a lot with its first event, into an account with each inflow before a draw."""
    chain = snapshot.chain(subject, before)
    for index in chain[:1] if kind_of(subject) == "lot" else chain:
        for edge in _edges(read_entry(snapshot.entry(index)), index):
            if edge.target == subject:
                yield edge, edge.source


def _below(snapshot: Snapshot, subject: str, after: int) -> Iterator[tuple[Edge, str]]:
    """Edges out of a subject: out of a lot with its last event, out of an account with each draw after an inflow."""
    chain = snapshot.chain(subject, snapshot.size())
    for index in chain[-1:] if kind_of(subject) == "lot" else chain:
        for edge in _edges(read_entry(snapshot.entry(index)), index):
            if edge.source == subject and index > after:
                yield edge, edge.target


def _edges(entry: Entry, index: int) -> Iterator[Edge]:
    """Give the edges of a transformation, summed by source and target, or of a movement on an account."""
    payload = entry.envelope.payload
    body: dict[str, Any] = payload.body
    event_id = entry.envelope.event_id
    if payload.type == _MOVED:
        account, lot = (link.subject for link in payload.links)  # in this order, for links ascend
        source, target = (lot, account) if body["direction"] == "in" else (account, lot)
        yield Edge(source, target, body["dry_mass_g"], index, event_id)
        return
    masses_g: dict[tuple[str, str], int] = {}
    for edge in body.get("edges", ()):
        ends = (edge["source"], edge["target"])
        masses_g[ends] = masses_g.get(ends, 0) + edge["dry_mass_g"]
    for (source, target), dry_mass_g in masses_g.items():
        yield Edge(source, target, dry_mass_g, index, event_id)
