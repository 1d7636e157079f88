"""The journal: one way in, one writer, one transaction; the same answer to the same event, however it is sent."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.journal import Committed, Journal, NotCommitted, check, read_signed
from corridor.states import read_state
from ledger.envelope import Envelope, Link, Signature, assemble, read_entry
from ledger.errors import FormError, LedgerError, SignatureRefused, StoreError
from ledger.store.memory import MemorySnapshot, MemoryStore, MemoryTransaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Play

STORED = {"post": "CD-KOLWEZI"}
CROSSING = {"country": "CD", "post": "CD-DILOLO", "direction": "exit", "customs_reference": "C1"}


def declaring(play: Play, code: str, dry_g: int = 10) -> Envelope:
    """A signed declaration of a lot."""
    body = {"source": "unknown", **play.goods(), "weight": play.weight(dry_g), "contained_mg": {}}
    return play.envelope("lot.declared", play.trader, body, links=[play.trader.subject("lot", code)])


def chain(play: Play, code: str, length: int) -> list[Envelope]:
    """A declaration and what follows on it, each on the one before, all signed in advance."""
    lot = play.trader.subject("lot", code)
    envelopes = [declaring(play, code)]
    for _ in range(length - 1):
        link = Link(envelopes[-1].event_id, lot)
        envelopes.append(play.envelope("lot.stored", play.trader, STORED, links=[link]))
    return envelopes


def test_a_duplicate_gets_the_same_receipt(play: Play) -> None:
    """Sent again an hour or a batch later, an event is not written again, and its receipt is the first one's."""
    envelope = declaring(play, "A")
    (first,) = play.send(envelope)
    assert isinstance(first, Committed)
    assert not first.duplicate
    play.now += 3_600_000
    size = play.size()
    for batch in ([envelope], [envelope, envelope]):
        for again in play.send(*batch):
            assert again == Committed(first.event_id, first.index, first.at, duplicate=True)
    assert play.size() == size


def test_a_duplicate_within_a_batch_is_written_once(play: Play) -> None:
    """A double tap on a button sends one event twice in one batch: one entry, one receipt and its copy."""
    envelope = declaring(play, "A")
    size = play.size()
    first, second = play.send(envelope, envelope)
    assert (first, second) == (
        Committed(envelope.event_id, size, play.now - 60_000),
        Committed(envelope.event_id, size, play.now - 60_000, duplicate=True),
    )
    assert play.size() == size + 1


def test_other_signature_bytes_are_the_same_event(play: Play) -> None:
    """Identity is the payload's: the same payload in another envelope is a duplicate, and the first bytes stay."""
    envelope = declaring(play, "A")
    (receipt,) = play.send(envelope)
    noted = Envelope(envelope.raw + b" ", envelope.payload, envelope.signatures, envelope.event_id)
    (again,) = play.send(noted)
    assert isinstance(receipt, Committed)
    assert isinstance(again, Committed)
    assert again.duplicate
    with play.store.read() as snapshot:
        assert read_entry(snapshot.entry(receipt.index)).envelope.raw == envelope.raw


def test_a_refused_event_harms_no_other(play: Play) -> None:
    """Between two good events a bad one is refused, and both are written as if it had not been there."""
    good, bad, better = declaring(play, "A"), declaring(play, "A", 11), declaring(play, "B")
    size = play.size()
    first, refused, second = play.send(good, bad, better)
    assert isinstance(refused, NotCommitted)
    assert refused.error.code == "subject.exists"
    assert [one.index for one in (first, second) if isinstance(one, Committed)] == [size, size + 1]
    assert play.lot(play.trader.subject("lot", "A")).holding.dry_mass_g == 10


def test_what_builds_on_a_refused_event_is_refused(play: Play) -> None:
    """A chain whose second link is refused ends there: nothing is written on an event that is not in the log."""
    envelopes = chain(play, "A", 5)
    spoilt = [envelopes[0], *envelopes[2:]]
    first, *later = play.send(*spoilt)
    assert isinstance(first, Committed)
    assert [one.error.code for one in later if isinstance(one, NotCommitted)] == ["chain.stale_head"] * 3
    assert {one.head for one in later if isinstance(one, NotCommitted)} == {first.event_id}


def test_a_batch_is_taken_in_its_order(play: Play) -> None:
    """A chain in order enters whole; turned around, only its beginning does, and the rest when it is sent again."""
    envelopes = chain(play, "A", 4)
    assert all(isinstance(one, Committed) for one in play.send(*envelopes))
    backwards = chain(play, "B", 4)
    codes = [
        one.error.code if isinstance(one, NotCommitted) else "" for one in play.send(*reversed(backwards))
    ]
    assert codes == ["subject.unknown", "subject.unknown", "subject.unknown", ""]
    assert all(isinstance(one, Committed) for one in play.send(*backwards))


def test_the_clock_never_goes_back(play: Play) -> None:
    """A clock that is set back gives the last entry's time again; it goes on when it has caught up."""
    lots = [declaring(play, code) for code in "ABCD"]
    times = []
    for envelope, now in zip(lots, (5_000, -100_000, 0, 7_000), strict=True):
        (outcome,) = play.journal.post([envelope], lambda _, now=now: play.now + now)
        assert isinstance(outcome, Committed)
        times.append(outcome.at - play.now)
    assert times == [5_000, 5_000, 5_000, 7_000]


def test_each_event_of_a_batch_has_its_own_time(play: Play) -> None:
    """Within a batch times are as the clock gives them, never falling; a refused event moves no clock."""
    good, bad, later = declaring(play, "A"), declaring(play, "A", 11), declaring(play, "B")
    at = {good.event_id: 10, bad.event_id: 10_000, later.event_id: 20}
    outcomes = play.journal.post([good, bad, later], lambda one: play.now + at[one.event_id])
    assert [one.at - play.now for one in outcomes if isinstance(one, Committed)] == [10, 20]


def test_a_genesis_is_written_once(play: Play) -> None:
    """The genesis again is a duplicate of itself; another one is refused for good."""
    with play.store.read() as snapshot:
        genesis = read_entry(snapshot.entry(0))
    (again,) = play.send(genesis.envelope)
    assert again == Committed(play.genesis, 0, genesis.at, duplicate=True)


def test_the_entry_is_the_received_bytes(play: Play) -> None:
    """What was signed is what is stored: an entry is its time and the envelope, byte for byte."""
    envelope = declaring(play, "A")
    (receipt,) = play.send(envelope)
    assert isinstance(receipt, Committed)
    with play.store.read() as snapshot:
        entry = snapshot.entry(receipt.index)
    assert entry == b'{"at":%d,"event":%s}' % (receipt.at, envelope.raw)


def test_a_check_says_what_a_post_would_and_writes_nothing(play: Play) -> None:
    """The rehearsal gives the refusal that the event would meet now, or none."""
    good, bad = declaring(play, "A"), declaring(play, "GHOST")
    stale = play.envelope(
        "lot.stored", play.trader, STORED, links=[Link(play.digest("x"), bad.payload.links[0].subject)]
    )
    size = play.size()
    with play.store.read() as snapshot:
        check(snapshot, good, play.now)
        with pytest.raises(LedgerError) as caught:
            check(snapshot, stale, play.now)
    assert caught.value.code == "subject.unknown"
    assert play.size() == size
    assert play.state(good.payload.links[0].subject) is None


def test_a_signature_that_does_not_hold_never_reaches_the_journal(play: Play) -> None:
    """Bytes are read and signatures checked before: changed payloads and exchanged signatures are refused there."""
    envelope, other = declaring(play, "A"), declaring(play, "B")
    swapped = assemble(envelope.payload.raw, other.signatures)
    with pytest.raises(SignatureRefused, match="does not hold"):
        read_signed(swapped)
    (signature,) = envelope.signatures
    flipped = Signature(signature.keyid, bytes([signature.sig[0] ^ 1]) + signature.sig[1:], None)
    with pytest.raises(SignatureRefused):
        read_signed(assemble(envelope.payload.raw, [flipped]))
    with pytest.raises(SignatureRefused, match="have not signed"):
        read_signed(assemble(envelope.payload.raw, []))
    for data in (b"", b"{}", envelope.raw[:-1], envelope.raw + b"\n"):
        with pytest.raises(FormError):
            read_signed(data)


def test_after_a_failed_transaction_nothing_is_there(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the store fails, no entry and no state of the batch stays, and the same batch enters afterwards."""
    envelopes = chain(play, "A", 3)
    size = play.size()

    def fail(self: MemoryTransaction, states: object) -> None:
        raise StoreError("store.locked", "The disk is full.")

    with monkeypatch.context() as broken:
        broken.setattr(MemoryTransaction, "put_states", fail)
        with pytest.raises(StoreError):
            play.send(*envelopes)
    assert play.size() == size
    assert play.state(play.trader.subject("lot", "A")) is None
    assert all(isinstance(one, Committed) for one in play.send(*envelopes))


def test_a_store_that_cannot_answer_refuses_nothing(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failing read is the store's fault and never a refusal: the batch fails as a whole and can be sent again."""
    envelopes = chain(play, "A", 2)
    size = play.size()

    def fail(self: MemorySnapshot, subject: str) -> bytes:
        raise StoreError("store.locked", "The database is busy.")

    with monkeypatch.context() as broken:
        broken.setattr(MemorySnapshot, "state", fail)
        with pytest.raises(StoreError):
            play.send(*envelopes)
    assert play.size() == size
    assert all(isinstance(one, Committed) for one in play.send(*envelopes))


def test_after_holds_within_one_batch_too(play: Play) -> None:
    """What `after` may name does not depend on where a batch was cut: the genesis is known in its own batch."""
    genesis = play.genesis
    with play.store.read() as snapshot:
        entries = [read_entry(snapshot.entry(index)).envelope for index in range(3)]
    member, introducer = play.named("newcomer"), play.introducer1
    incepted = play.envelope(
        "party.incepted",
        [member, introducer],
        {"inception": member.inception},
        links=[member.party],
        after=genesis,
    )
    for batches in ([[*entries, incepted]], [entries, [incepted]]):
        journal = Journal(MemoryStore())
        outcomes = [one for batch in batches for one in journal.post(batch, lambda _: play.now)]
        assert all(isinstance(one, Committed) for one in outcomes)


@given(data=st.data())
def test_how_events_are_batched_changes_nothing(data: st.DataObject, new_play: Callable[[], Play]) -> None:
    """Any mixture of good, bad and repeated events, cut into any batches, leads to one log and the same states."""
    play = new_play()
    first, second = chain(play, "A", 4), chain(play, "B", 3)
    fork = play.envelope(
        "lot.sealed",
        play.trader,
        {"action": "applied", "seals": ["S"]},
        links=[Link(first[0].event_id, first[0].payload.links[0].subject)],
    )
    filing = play.envelope("border.crossed", play.customs, CROSSING, about=[play.trader.subject("lot", "A")])
    pool = [*first, *second, fork, filing, declaring(play, "B", 11)]
    order = data.draw(st.lists(st.sampled_from(range(len(pool))), min_size=1, max_size=14))
    cuts = data.draw(st.sets(st.integers(1, len(order))))
    events = [pool[position] for position in order]
    one_by_one, in_batches = play.fork(), play.fork()
    outcomes = [one_by_one.journal.post([event], lambda _: play.now)[0] for event in events]
    bounds = [0, *sorted(cuts), len(events)]
    batched = [
        outcome
        for start, stop in pairwise(bounds)
        for outcome in in_batches.journal.post(events[start:stop], lambda _: play.now)
    ]
    assert [told(outcome) for outcome in batched] == [told(outcome) for outcome in outcomes]
    assert in_batches.store._grown.entries == one_by_one.store._grown.entries
    assert in_batches.store._view.states == one_by_one.store._view.states


def told(outcome: Committed | NotCommitted) -> tuple[object, ...]:
    """An outcome with its error by code."""
    if isinstance(outcome, NotCommitted):
        return outcome.event_id, outcome.error.code, outcome.head
    return outcome.event_id, outcome.index, outcome.at, outcome.duplicate


def test_states_can_be_rebuilt_from_the_log(play: Play) -> None:
    """Every state beside the log is what replaying its entries gives, byte for byte."""
    site = play.site()
    lot = play.extract(site, contained_mg={"Sn": 4})
    play.hand_over(lot, play.miner, play.trader, 99_000)
    certificate = play.certify(lot)
    play.export(lot, play.trader, certificate)
    rebuilt = MemoryStore()
    with play.store.read() as snapshot:
        entries = [read_entry(data) for data in snapshot.entries(0, snapshot.size())]
    times = {entry.envelope.event_id: entry.at for entry in entries}
    Journal(rebuilt).post([entry.envelope for entry in entries], lambda one: times[one.event_id])
    assert rebuilt._view.states == play.store._view.states
    assert rebuilt._grown.entries == play.store._grown.entries
    assert all(read_state(data).subject == name for name, data in rebuilt._view.states.items())
