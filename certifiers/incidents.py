"""Incidents that an authority has laid on a lot, its ancestors or their sites (rule R18, claim K5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from certifiers.case import Case
from certifiers.replay import Judged, Ruling
from corridor.certification import IncidentOpened
from corridor.vocabulary import CRITICAL_INCIDENTS


@dataclass(frozen=True, slots=True)
class Held:
    """A critical incident on a subject; `closed` is the admitted event that cleared it, if any."""

    subject: str
    incident: str
    opened: Judged
    closed: Judged | None

    def is_open_at(self, index: int) -> bool:
        """Tell whether it was open when the event at an index was recorded."""
        return self.opened.index < index and (self.closed is None or index < self.closed.index)


def incidents_on(case: Case) -> Iterator[Held]:
    """Yield each critical incident on the path's lots and sites, subjects ascending.

    An incident whose closing is in doubt counts as open; one whose class this release cannot read, as critical.
    """
    for subject in sorted(case.upstream.lots | case.sites):
        for event in case.file(subject):
            if event.type == "incident.opened" and event.ruling is not Ruling.BROKEN and _is_critical(event):
                incident = next(iter(event.links), "")
                yield Held(subject, incident, event, _closing(case, subject, incident))


def _is_critical(event: Judged) -> bool:
    body = event.body
    if not isinstance(body, IncidentOpened):
        return True
    return body.severity == "critical" or body.incident_class in CRITICAL_INCIDENTS


def _closing(case: Case, subject: str, incident: str) -> Judged | None:
    """The event that cleared the subject: it speaks about all that the opening did, so that it is in the same file."""
    return next(
        (
            event
            for event in case.file(subject)
            if event.type == "incident.closed" and incident in event.links and event.ruling is Ruling.ADMITTED
        ),
        None,
    )
