"""A lot's bundle, made from a store as of its newest published checkpoint (PROTOCOL section 9).

Everything is read from one snapshot at one size, that of the checkpoint's `log.heads`: what was committed since is not
in it. The same snapshot and the same choices give the same bytes. For example, a lot cut off from its ancestors::

    assemble(snapshot, "lot:mfrg…/KOL-1", cut={"lot:mfrg…/RUB-7"})

Problem codes: `bundle.unpublished`, `bundle.unknown_lot`, `bundle.size`; of ledger.heads_proof, `proof.absent`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence

from certifiers.bundle import BundleError, Header, compress, in_order, write_bundle
from certifiers.closure import Closure, Event, Whole, closure
from certifiers.examined import Disclosure
from ledger.envelope import Entry, read_entry
from ledger.heads import bucket_of, subject_digest
from ledger.heads_proof import build_heads_proof
from ledger.merkle import HASH_BYTES
from ledger.multiproof import multiproof
from ledger.ports import Snapshot


def assemble(
    snapshot: Snapshot,
    lot: str,
    *,
    absent: Collection[str] = (),
    cut: Collection[str] = (),
    disclosures: Sequence[Disclosure] = (),
    gzipped: bool = False,
) -> bytes:
    """Make the bundle of a lot.

    `absent` are subjects to be proved not to exist; the lot itself may be one of them. `cut` are subjects to leave
    out, to keep the bundle small: a verifier shows nothing of what depends on them. Of the `disclosures` those of
    bundled entries travel along.

    Raise BundleError `bundle.unpublished` for a log without a checkpoint, `bundle.unknown_lot` for a lot that has not
    begun in what is published, `bundle.size` if the bundle would be too large to be opened; ProofError
    `proof.absent` if a subject to be proved absent has begun.
    """
    note = snapshot.checkpoint()
    if note is None:
        raise BundleError(
            "bundle.unpublished", "The log has published no checkpoint.", hint="Publish one, then ask again."
        )
    shelf = _Shelf(snapshot, snapshot.heads_size())
    if lot not in absent and snapshot.leaf(lot, shelf.size) is None:
        raise BundleError(
            "bundle.unknown_lot", "No lot of this name is in what is published.", hint=_ASK_AGAIN
        )
    found = closure(lot, lambda subject: None if subject in cut else shelf.whole(subject))
    included = _with_named_neighbours(shelf, found, absent)
    entries = _bundled(shelf, included)
    header = Header(
        log=shelf.entry(0).envelope.event_id,
        lot=lot,
        checkpoint=note.decode(),
        indexes=tuple(entries),
        proof=multiproof(snapshot, list(entries), shelf.size + 1),
        heads=build_heads_proof(snapshot, included, absent),
        absent=tuple(sorted(set(absent))),
        disclosures=_travelling(disclosures, entries),
    )
    data = write_bundle(header, (entry.raw for entry in entries.values()))
    return compress(data) if gzipped else data


_ASK_AGAIN = "If the lot is new, ask again after the next checkpoint."


class _Shelf:
    """The entries of a snapshot as of one size, each read once."""

    def __init__(self, snapshot: Snapshot, size: int) -> None:
        self._snapshot = snapshot
        self._read: dict[int, Entry] = {}
        self.size = size

    def entry(self, index: int) -> Entry:
        """Give an entry."""
        if index not in self._read:
            self._read[index] = read_entry(self._snapshot.entry(index))
        return self._read[index]

    def whole(self, subject: str) -> Whole | None:
        """Give a subject's chain and file, None if it has not begun."""
        chain = self._events(self._snapshot.chain(subject, self.size))
        return Whole(chain, self._events(self._snapshot.file(subject, self.size))) if chain else None

    def _events(self, indexes: list[int]) -> tuple[Event, ...]:
        return tuple(Event(index, self.entry(index)) for index in indexes)

    def index_of(self, event_id: str) -> int | None:
        """Find an event among the entries below the size."""
        index = self._snapshot.index_of(bytes.fromhex(event_id))
        return index if index is not None and index < self.size else None

    def neighbours(self, subject: str) -> set[bytes]:
        """Give the digests of the subjects between which one that does not exist would stand in its bucket."""
        digests = [leaf[:HASH_BYTES] for leaf in self._snapshot.bucket(bucket_of(subject), self.size)]
        place = bisect_left(digests, subject_digest(subject))
        return set(digests[max(place - 1, 0) : place + 1])


def _with_named_neighbours(shelf: _Shelf, found: Closure, absent: Collection[str]) -> dict[str, Whole]:
    """Give the closure's subjects and, whole, those that the proofs of absence show and that a bundled event names.

    What stands beside an absent subject is shown by its leaf; if an event names it, the leaf says that it is here.
    """
    shown = {digest for subject in absent for digest in shelf.neighbours(subject)}
    included = dict(found.included)
    while True:
        named = {name for entry in _bundled(shelf, included).values() for name in _names(entry)}
        added = {
            name: whole
            for name in sorted(named - included.keys())
            if subject_digest(name) in shown and (whole := shelf.whole(name)) is not None
        }
        if not added:
            return included
        included |= added


def _names(entry: Entry) -> list[str]:
    payload = entry.envelope.payload
    return [link.subject for link in payload.links] + list(payload.about)


def _bundled(shelf: _Shelf, included: Mapping[str, Whole]) -> dict[int, Entry]:
    """Give the entries of the included subjects, those that an `after` names, and the last, by ascending index."""
    indexes = {event.index for whole in included.values() for event in whole.events}
    fresh = set(indexes)
    while fresh:
        afters = {shelf.entry(index).envelope.payload.after for index in fresh}
        named = {shelf.index_of(after) for after in afters if after is not None}
        fresh = {index for index in named if index is not None} - indexes
        indexes |= fresh
    return {index: shelf.entry(index) for index in [*sorted(indexes), shelf.size]}


def _travelling(disclosures: Sequence[Disclosure], entries: Mapping[int, Entry]) -> tuple[Disclosure, ...]:
    bundled = {entry.envelope.event_id for entry in entries.values()}
    return in_order([one for one in disclosures if one.event in bundled])
