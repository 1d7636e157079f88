"""Signed events beyond the log: what somebody holds in hand that the log does not have (`otc verify --also`).

They are replayed after the bundle's last entry, as if they had been recorded at the as-of time, and can only lower a
claim. One that takes a place in a chain which the log has given to another event shows a conflict; it carries blame
only where one key signed the lot over to two receivers (PROTOCOL section 6).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from certifiers.examined import Examined
from corridor.findings import Finding
from corridor.journal import read_signed
from ledger.envelope import Entry, Envelope, Payload

RECEIVING = ("lot.handed_over", "lot.tendered")
"""Types by which a giver signs a lot over to the receiver in their body."""


def read_beyond(data: bytes) -> Envelope:
    """Read an envelope and check its signatures; LedgerError if they do not hold or it is none."""
    return read_signed(data.strip(b"\n"))


def add_beyond(
    examined: Examined, envelopes: Iterable[Envelope], admits: Callable[[Examined, int], bool]
) -> tuple[Examined, list[Finding]]:
    """Give what was examined with these envelopes behind its last entry, and the conflicts that they show.

    Added are those of this log that are not in the bundle, that follow the head of a subject which is whole there, and
    that `admits` (asked with what they were added to, and their index) lets in.
    """
    conflicts: list[Finding] = []
    for envelope in envelopes:
        known = {entry.envelope.event_id for entry in examined.entries.values()}
        if envelope.event_id in known or envelope.payload.log != examined.genesis:
            continue
        conflicts += _conflicts(examined, envelope.payload)
        longer, index = _add(examined, envelope)
        if _touches(examined, envelope.payload) and admits(longer, index):
            examined = longer
    return examined, conflicts


def _touches(examined: Examined, payload: Payload) -> bool:
    """Tell whether an event extends, or speaks about, a subject that is whole in the bundle."""
    named = {*(link.subject for link in payload.links), *payload.about}
    return not examined.chains.keys().isdisjoint(named)


def _add(examined: Examined, envelope: Envelope) -> tuple[Examined, int]:
    last = max(examined.entries)
    entry = Entry(b"", max(examined.as_of_ms, examined.entries[last].at), envelope)
    linked = {link.subject for link in envelope.payload.links}
    longer = replace(
        examined,
        entries={**examined.entries, last + 1: entry},
        chains=_longer(examined.chains, linked, last + 1),
        files=_longer(examined.files, envelope.payload.about, last + 1),
    )
    return longer, last + 1


def _longer(
    places: Mapping[str, tuple[int, ...]], subjects: Collection[str], index: int
) -> dict[str, tuple[int, ...]]:
    return {name: (*indexes, index) if name in subjects else indexes for name, indexes in places.items()}


def _conflicts(examined: Examined, other: Payload) -> Iterator[Finding]:
    """Yield a finding where a key of the log's event signed the same place over to somebody else."""
    for link in other.links:
        for index in examined.chains.get(link.subject, ()):
            entry = examined.entries[index]
            ours = entry.envelope.payload
            same_place = any(one == link for one in ours.links)
            same_hand = {one.key for one in ours.signers} & {one.key for one in other.signers}
            handing = ours.type in RECEIVING and other.type in RECEIVING
            if (
                same_place
                and same_hand
                and handing
                and ours.body.get("receiver") != other.body.get("receiver")
            ):
                yield Finding("also.conflict", index, entry.envelope.event_id, link.subject)
