"""The sequencer: group commit, checkpoints in their rhythm, cosignatures, the clock, and what stops it."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from api import settings
from api.founding import Founder
from api.publisher import Rhythm
from api.refusal import RequestRefused
from corridor.journal import Clock, Committed, NotCommitted, Outcome, read_signed
from ledger.checkpoint import Checkpoint, read_checkpoint
from ledger.envelope import Envelope, read_entry
from ledger.errors import StoreError
from ledger.log import Pending
from ledger.note import read_note
from ledger.quorum import judge
from ledger.store.sql import SqlStore

if TYPE_CHECKING:
    from conftest import Author, Begin, HandClock, Opened, OpenLog, RunWitness

START_MS = 1_767_592_800_000
HOUR_MS = 3_600_000
SLOW = Rhythm(checkpoint_ms=60_000, recosign_ms=600_000, retry_ms=20)
STRICT = "doors.otc.example"


def wait_until(what: Callable[[], object], seconds: int = 10) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.005)


def committed(outcomes: Sequence[Outcome]) -> list[Committed]:
    """All outcomes, every one of which must be a commit."""
    assert all(isinstance(outcome, Committed) for outcome in outcomes), outcomes
    return [outcome for outcome in outcomes if isinstance(outcome, Committed)]


def published(log: Opened) -> Checkpoint:
    """The newest published checkpoint of an open log."""
    with log.ledger.store.read() as snapshot:
        note = snapshot.checkpoint()
    assert note is not None
    return read_checkpoint(read_note(note).text)


def kinds(log: Opened) -> list[tuple[str, int]]:
    """Type and time, in ms after the genesis, of every entry."""
    with log.ledger.store.read() as snapshot:
        entries = [read_entry(entry) for entry in snapshot.entries(0, snapshot.size())]
    return [(entry.envelope.payload.type, entry.at - START_MS) for entry in entries]


def trade(author: Author, lots: int, name: str = "Trader") -> tuple[Founder, list[bytes]]:
    """A trader, and the events by which it enters the log and begins some lots."""
    trader = author.trader(name)
    return trader, [author.incept(trader), *(author.declare(trader, f"L{number}") for number in range(lots))]


def test_what_is_acknowledged_is_in_the_log(author: Author, open_log: OpenLog) -> None:
    """A receipt names the index at which the entry stands, with the time it says."""
    log = open_log(author.data, rhythm=SLOW)
    _, events = trade(author, 3)
    receipts = committed(log.post(*events))
    with log.ledger.store.read() as snapshot:
        entries = [read_entry(snapshot.entry(receipt.index)) for receipt in receipts]
    assert [entry.envelope.raw for entry in entries] == events
    assert [entry.at for entry in entries] == [receipt.at for receipt in receipts] == [START_MS] * 4


def test_the_same_event_gets_the_same_receipt(author: Author, open_log: OpenLog) -> None:
    """Sent twice in one request and once more later, an event is in the log once."""
    log = open_log(author.data, rhythm=SLOW)
    _, events = trade(author, 1)
    log.post(events[0])
    first, second = committed(log.post(events[1], events[1]))
    (third,) = committed(log.post(events[1]))
    assert (first.index, first.at) == (second.index, second.at) == (third.index, third.at)
    assert [first.duplicate, second.duplicate, third.duplicate] == [False, True, True]


def test_one_bad_event_harms_no_other_of_its_group(author: Author, open_log: OpenLog) -> None:
    """A stale event between two good ones is refused alone."""
    log = open_log(author.data, rhythm=SLOW)
    trader, events = trade(author, 1)
    stale = author.store(trader, "L0", "ab" * 32)
    outcomes = log.post(*events, stale, author.declare(trader, "L9"))
    assert isinstance(outcomes[2], NotCommitted)
    assert outcomes[2].error.code == "chain.stale_head"
    assert outcomes[2].head == author.id_of(events[1])
    committed([*outcomes[:2], outcomes[3]])


def test_what_builds_on_a_refused_event_is_refused(author: Author, open_log: OpenLog) -> None:
    """A chain of three of which the first is bad does not enter at all."""
    log = open_log(author.data, rhythm=SLOW)
    trader, events = trade(author, 1)
    first = author.store(trader, "L0", "ab" * 32)
    second = author.store(trader, "L0", author.id_of(first))
    outcomes = log.post(*events, first, second)
    assert [type(outcome) for outcome in outcomes] == [Committed, Committed, NotCommitted, NotCommitted]


def test_events_that_wait_are_committed_together(
    author: Author, open_log: OpenLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one transaction runs, what comes waits, and then goes into the next one together."""
    log = open_log(author.data, rhythm=SLOW)
    _, events = trade(author, 8)
    log.post(events[0])
    transactions: list[int] = []
    entered, leave = threading.Event(), threading.Event()
    post = log.ledger.sequencer._journal.post

    def slow(envelopes: Sequence[Envelope], times: Clock) -> list[Outcome]:
        transactions.append(len(envelopes))
        entered.set()
        leave.wait(10)
        return post(envelopes, times)

    monkeypatch.setattr(log.ledger.sequencer._journal, "post", slow)
    futures = [log.ledger.sequencer.submit([read_signed(events[1])])]
    assert entered.wait(10)
    futures += [log.ledger.sequencer.submit([read_signed(event)]) for event in events[2:]]
    leave.set()
    committed([outcome for future in futures for outcome in future.result(10)])
    assert transactions == [1, 7]


def test_a_transaction_has_a_largest_size(
    author: Author, open_log: OpenLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many wait, none waits for more than a group before it."""
    monkeypatch.setattr(settings, "MAX_GROUP", 3)
    log = open_log(author.data, rhythm=SLOW)
    _, events = trade(author, 6)
    sizes: list[int] = []
    post = log.ledger.sequencer._journal.post
    gate = threading.Event()

    def noting(envelopes: Sequence[Envelope], times: Clock) -> list[Outcome]:
        gate.wait(10)
        sizes.append(len(envelopes))
        return post(envelopes, times)

    monkeypatch.setattr(log.ledger.sequencer._journal, "post", noting)
    futures = [log.ledger.sequencer.submit([read_signed(event)]) for event in events]
    gate.set()
    committed([outcome for future in futures for outcome in future.result(10)])
    assert max(sizes) <= 3
    assert sum(sizes) == 7


def test_more_than_can_be_held_is_sent_away(
    author: Author, open_log: OpenLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The queue has an end: beyond it senders are asked to come back."""
    monkeypatch.setattr(settings, "MAX_WAITING", 1)
    log = open_log(author.data, rhythm=SLOW)
    _, events = trade(author, 2)
    with pytest.raises(RequestRefused) as refused:
        log.ledger.sequencer.submit([read_signed(event) for event in events])
    assert refused.value.code == "server.busy"
    assert refused.value.headers["Retry-After"] == "1"


def test_who_does_not_wait_any_longer_is_not_written_for(author: Author, open_log: OpenLog) -> None:
    """A request given up before its turn writes nothing, and harms nobody."""
    log = open_log(author.data, rhythm=SLOW)
    _, events = trade(author, 1)
    sequencer = log.ledger.sequencer
    with sequencer._changed:  # the writer cannot take anything yet
        given_up = sequencer.submit([read_signed(events[0])])
        assert given_up.cancel()
    assert isinstance(log.post(events[1])[0], NotCommitted), "the trader was never admitted"


@pytest.mark.slow
def test_every_checkpoint_ends_with_heads_and_extends_the_last(author: Author, open_log: OpenLog) -> None:
    """Under a stream of events each published checkpoint ends with `log.heads` of the entries before it."""
    log = open_log(author.data)
    _, events = trade(author, 30)
    seen = []
    for event in events:
        (receipt,) = committed(log.post(event))
        seen.append(log.ledger.sequencer.when_published(receipt.index).result(10))
    assert all(earlier <= later for earlier, later in pairwise(seen))
    with log.ledger.store.read() as snapshot:
        for size in sorted(set(seen)):
            heads = read_entry(snapshot.entry(size - 1)).envelope.payload
            assert (heads.type, heads.body["size"]) == ("log.heads", size - 1)


def test_checkpoints_keep_their_distance(author: Author, open_log: OpenLog) -> None:
    """However often something is committed, no second checkpoint follows within the interval."""
    log = open_log(author.data, rhythm=SLOW)
    wait_until(lambda: log.ledger.sequencer.published == 2)  # the genesis comes out at once
    _, events = trade(author, 5)
    for event in events:
        committed(log.post(event))
    time.sleep(0.2)
    assert published(log).size == 2


@pytest.mark.slow
def test_heads_keep_to_their_share_of_the_writers_time(
    author: Author, open_log: OpenLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If a cut takes 40 ms, the next one comes no sooner than 400 ms after it began, whatever the interval."""
    log = open_log(author.data)
    publisher, begun = log.ledger.sequencer._publisher, []
    cut = publisher._log.cut

    def slow(at_ms: int | None) -> Pending | None:
        begun.append(time.monotonic_ns() // 1_000_000)
        time.sleep(0.04)
        return cut(at_ms)

    monkeypatch.setattr(publisher._log, "cut", slow)
    trader, events = trade(author, 0)
    log.post(*events)
    for number in range(60):
        committed(log.post(author.declare(trader, f"L{number}")))
        time.sleep(0.015)
    assert len(begun) >= 2
    assert all(later - earlier >= 390 for earlier, later in pairwise(begun))


def test_a_clean_stop_publishes_what_is_committed(author: Author, open_log: OpenLog) -> None:
    """After a stop the last checkpoint covers everything, and a reopened log has nothing to add."""
    log = open_log(author.data, rhythm=SLOW)
    wait_until(lambda: log.ledger.sequencer.published == 2)
    _, events = trade(author, 2)
    log.post(*events)
    log.stop()
    again = open_log(author.data, rhythm=SLOW)
    assert published(again).size == 2 + 3 + 1
    assert again.ledger.sequencer.complaints() == []


def test_after_a_stop_nothing_is_taken(author: Author, open_log: OpenLog) -> None:
    """A request that comes while the server stops is told to come back."""
    log = open_log(author.data)
    log.stop()
    with pytest.raises(RequestRefused) as refused:
        log.post(trade(author, 0)[1][0])
    assert refused.value.code == "server.stopping"


def test_after_a_fault_nothing_more_is_acknowledged(
    author: Author, open_log: OpenLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When a commit fails and nobody knows what the disk holds, the server stops writing for good."""
    log = open_log(author.data, rhythm=SLOW)
    _, events = trade(author, 1)

    def broken(*_: object) -> None:
        raise StoreError("store.unsafe", "A commit failed.")

    with monkeypatch.context() as patch:
        patch.setattr(log.ledger.sequencer._journal, "post", broken)
        with pytest.raises(StoreError, match=r"store\.unsafe"):
            log.post(events[0])
    wait_until(log.ledger.sequencer.complaints)
    assert log.ledger.sequencer.complaints() == ["store.unsafe"]
    with pytest.raises(RequestRefused, match=r"server\.halted"):
        log.post(events[0])


@pytest.mark.parametrize("code", ["store.full", "store.locked"])
def test_a_passing_fault_is_survived(
    author: Author, open_log: OpenLog, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    """A full disk or a lock held elsewhere fails this transaction alone."""
    log = open_log(author.data, rhythm=SLOW)
    _, events = trade(author, 0)

    def broken(*_: object) -> None:
        raise StoreError(code, "Not now.")

    with monkeypatch.context() as patch:
        patch.setattr(log.ledger.sequencer._journal, "post", broken)
        with pytest.raises(StoreError, match=code):
            log.post(*events)
    committed(log.post(*events))


def test_a_mistake_of_ours_hits_one_event_alone(
    author: Author, open_log: OpenLog, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An event that breaks the journal is refused by itself; the log names the place, not the values."""
    log = open_log(author.data, rhythm=SLOW)
    _, events = trade(author, 2)
    poison, post = author.id_of(events[1]), log.ledger.sequencer._journal.post

    def fragile(envelopes: Sequence[Envelope], times: Clock) -> list[Outcome]:
        if any(envelope.event_id == poison for envelope in envelopes):
            raise KeyError("a secret value")
        return post(envelopes, times)

    monkeypatch.setattr(log.ledger.sequencer._journal, "post", fragile)
    outcomes = log.post(*events)
    assert isinstance(outcomes[1], NotCommitted)
    assert outcomes[1].error.code == "server.fault"
    committed([outcomes[0], outcomes[2]])
    assert "KeyError at" in caplog.text
    assert "a secret value" not in caplog.text


def test_a_checkpoint_broken_off_is_made_good(
    author: Author, open_log: OpenLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the disk is full when a checkpoint is published, the same checkpoint comes out later."""
    log = open_log(author.data, rhythm=SLOW)
    wait_until(lambda: log.ledger.sequencer.published == 2)
    publisher, tries = log.ledger.sequencer._publisher, []
    publish = publisher._log.publish

    def full_once(pending: Pending, note: str) -> None:
        tries.append(pending.size)
        if len(tries) == 1:
            raise StoreError("store.full", "The disk is full.")
        publish(pending, note)

    monkeypatch.setattr(publisher._log, "publish", full_once)
    log.post(*trade(author, 0)[1])
    publisher._due_ms = 0
    publisher.wake()
    wait_until(lambda: log.ledger.sequencer.published == 4)
    assert tries == [4, 4]


def test_a_quorum_of_witnesses_cosigns_every_checkpoint(
    begin: Begin, witness: RunWitness, open_log: OpenLog
) -> None:
    """Three witnesses run, two are enough: what is published makes the trust file's quorum."""
    author = begin("ledger", witnesses=[witness(name) for name in ("w1", "w2", "w3")])
    log = open_log(author.data)
    (receipt,) = committed(log.post(*trade(author, 0)[1]))
    assert log.ledger.sequencer.when_published(receipt.index).result(10) > receipt.index
    with log.ledger.store.read() as snapshot:
        note = snapshot.checkpoint()
    assert note is not None
    result = judge(read_note(note), log.ledger.trust)
    assert result.met
    assert len(result.cosigned) >= 2
    assert result.quorum_time_s == START_MS // 1_000


def test_without_a_quorum_nothing_is_published(begin: Begin, witness: RunWitness, open_log: OpenLog) -> None:
    """With one of three witnesses events are committed, but nothing is published until a second answers."""
    witnesses = [witness(name) for name in ("w1", "w2", "w3")]
    author = begin("ledger", witnesses=witnesses)
    port = int(witnesses[1].trusted.url.rpartition(":")[2])
    witnesses[1].stop()
    witnesses[2].stop()
    log = open_log(author.data)
    committed(log.post(*trade(author, 0)[1]))
    wait_until(lambda: "server.quorum" in log.ledger.sequencer.complaints())
    assert log.ledger.sequencer.published == 0
    witness("w2", port=port)
    wait_until(lambda: log.ledger.sequencer.published >= 2)
    wait_until(lambda: log.ledger.sequencer.complaints() == [])


def test_a_checkpoint_left_by_a_crash_is_published_by_the_next_start(
    begin: Begin, witness: RunWitness, open_log: OpenLog
) -> None:
    """What was signed before the witnesses could answer comes out unchanged, not as another log of that size."""
    only = witness("w1")
    author = begin("ledger", witnesses=[only])
    port = int(only.trusted.url.rpartition(":")[2])
    only.stop()
    log = open_log(author.data)
    wait_until(lambda: "server.quorum" in log.ledger.sequencer.complaints())
    log.stop()
    store = SqlStore.open(author.data / "ledger.db")
    with store.read() as snapshot:
        signed = snapshot.signed()
        assert snapshot.checkpoint() is None
    store.close()
    witness("w1", port=port)
    again = open_log(author.data)
    wait_until(lambda: again.ledger.sequencer.published == signed.size)
    assert published(again).root == signed.root


def test_an_idle_log_is_cosigned_anew(
    begin: Begin, witness: RunWitness, open_log: OpenLog, clock: HandClock
) -> None:
    """While nothing happens the last checkpoint gets newer cosignatures, and stays the same checkpoint."""
    author = begin("ledger", witnesses=[witness("w1")])
    log = open_log(author.data, rhythm=Rhythm(checkpoint_ms=20, recosign_ms=30, retry_ms=20))
    wait_until(lambda: log.ledger.sequencer.published == 2)
    clock.now_ms += 90_000

    def time_s() -> int | None:
        with log.ledger.store.read() as snapshot:
            note = snapshot.checkpoint()
        return None if note is None else judge(read_note(note), log.ledger.trust).quorum_time_s

    wait_until(lambda: time_s() == START_MS // 1_000 + 90)
    assert published(log).size == 2


def test_a_start_has_the_last_checkpoint_cosigned_again(
    begin: Begin, witness: RunWitness, open_log: OpenLog, clock: HandClock
) -> None:
    """A log that was off for a day is vouched for again as soon as it is on."""
    author = begin("ledger", origin=STRICT, witnesses=[witness("w1", origin=STRICT)])
    open_log(author.data).stop()
    clock.now_ms += 24 * HOUR_MS
    log = open_log(author.data)
    wait_until(lambda: log.ledger.sequencer.complaints() == [])
    trader = author.trader("Trader")
    committed(log.post(author.incept(trader, at_ms=clock.now_ms)))


def test_no_time_is_used_that_no_witness_vouches_for(
    begin: Begin, witness: RunWitness, open_log: OpenLog, clock: HandClock
) -> None:
    """An hour after the newest cosignature events are taken, a second later none is; the clock back, they are."""
    only = witness("w1", origin=STRICT)
    author = begin("ledger", origin=STRICT, witnesses=[only])
    log = open_log(author.data, rhythm=SLOW)
    wait_until(lambda: log.ledger.sequencer.published == 2)
    only.stop()
    _, events = trade(author, 2)
    clock.now_ms = START_MS + HOUR_MS
    committed(log.post(events[0]))
    clock.now_ms += 1
    assert log.ledger.sequencer.complaints() == ["server.clock"]
    with pytest.raises(RequestRefused) as refused:
        log.post(events[1])
    assert refused.value.code == "server.clock"
    clock.now_ms = START_MS + HOUR_MS
    committed(log.post(events[1]))


def test_a_demonstration_needs_nobody_to_vouch_for_its_clock(
    begin: Begin, witness: RunWitness, open_log: OpenLog, clock: HandClock
) -> None:
    """Under an origin that ends in .demo years may pass between two events."""
    author = begin("ledger", witnesses=[witness("w1")])
    log = open_log(author.data)
    clock.now_ms += 9_000 * HOUR_MS
    committed(log.post(author.incept(author.trader("Trader"), at_ms=clock.now_ms)))


def test_the_logs_time_never_goes_back(author: Author, open_log: OpenLog, clock: HandClock) -> None:
    """Whatever the wall clock does, `at` does not decrease."""
    log = open_log(author.data, rhythm=SLOW)
    _, events = trade(author, 4)
    for event, jump in zip(events, [0, -90 * 24 * HOUR_MS, HOUR_MS, -1, 2 * HOUR_MS], strict=True):
        clock.now_ms = START_MS + jump
        committed(log.post(event))
    times = [at for kind, at in kinds(log) if kind != "log.heads"]
    assert times == [0, 0, 0, HOUR_MS, HOUR_MS, 2 * HOUR_MS]


def test_a_simulated_clock_cuts_before_the_hour_is_over(author: Author, open_log: OpenLog) -> None:
    """A checkpoint precedes the first event an hour or more after the last heads, at the time before it."""
    log = open_log(author.data, simulated=True)
    _, events = trade(author, 4)
    for event, at in zip(events, [0, HOUR_MS - 1, HOUR_MS, HOUR_MS + 5, 3 * HOUR_MS], strict=True):
        committed(log.post(event, now_ms=START_MS + at))
    assert kinds(log) == [
        ("log.genesis", 0),
        ("party.incepted", 0),
        ("lot.declared", HOUR_MS - 1),
        ("log.heads", HOUR_MS - 1),
        ("lot.declared", HOUR_MS),
        ("lot.declared", HOUR_MS + 5),
        ("log.heads", HOUR_MS + 5),
        ("lot.declared", 3 * HOUR_MS),
    ]
    log.stop()
    reopened = open_log(author.data, simulated=True)
    assert kinds(reopened)[-1] == ("log.heads", 3 * HOUR_MS)
    assert published(reopened).size == 9


def test_a_simulated_log_depends_on_the_order_of_bytes_alone(begin: Begin, open_log: OpenLog) -> None:
    """One by one or in one request, with refused and repeated events between: the same bytes, the same root."""
    roots = set()
    for name, size in (("single", 1), ("pairs", 2), ("all", 99)):
        author = begin(name)
        log = open_log(author.data, simulated=True)
        trader, events = trade(author, 3)
        events = [
            events[0],
            *(author.declare(trader, f"H{n}", at_ms=START_MS + n * HOUR_MS // 2) for n in range(6)),
        ]
        stale = author.store(trader, "H0", "ab" * 32, at_ms=START_MS + 90 * HOUR_MS // 60)
        events[3:3] = [stale, events[1]]
        for start in range(0, len(events), size):
            log.post(*events[start : start + size])
        log.stop()
        roots.add(published(open_log(author.data, simulated=True)))
    assert len(roots) == 1


def test_a_refused_or_repeated_event_moves_no_simulated_clock(author: Author, open_log: OpenLog) -> None:
    """Only an event that enters can bring a checkpoint about."""
    log = open_log(author.data, simulated=True)
    trader, events = trade(author, 1)
    log.post(*events)
    log.post(events[1], now_ms=START_MS + 50 * HOUR_MS)
    log.post(author.store(trader, "L0", "ab" * 32), now_ms=START_MS + 50 * HOUR_MS)
    assert [kind for kind, _ in kinds(log)] == ["log.genesis", "party.incepted", "lot.declared"]


def test_under_a_simulated_clock_waiting_cuts_at_once(author: Author, open_log: OpenLog) -> None:
    """Who waits for publication gets a checkpoint; nothing else cuts one within the hour."""
    log = open_log(author.data, simulated=True)
    _, events = trade(author, 1)
    log.post(events[0])
    assert log.ledger.sequencer.published == 0
    (receipt,) = committed(log.post(events[1], publish=True))
    assert log.ledger.sequencer.published == receipt.index + 2
    assert kinds(log)[-1] == ("log.heads", 0)


def test_under_a_simulated_clock_commits_wait_for_the_quorum(
    begin: Begin, witness: RunWitness, open_log: OpenLog
) -> None:
    """While the witnesses are away, an event that needs a checkpoint before it is not taken."""
    only = witness("w1")
    author = begin("ledger", witnesses=[only])
    log = open_log(author.data, simulated=True)
    trader, events = trade(author, 0)
    log.post(*events)
    only.stop()
    with pytest.raises(RequestRefused) as refused:
        log.post(author.declare(trader, "L1"), now_ms=START_MS + HOUR_MS)
    assert refused.value.code == "server.quorum"
    assert [kind for kind, _ in kinds(log)] == ["log.genesis", "party.incepted", "log.heads"]


def test_only_a_demonstration_simulates_its_clock(begin: Begin, open_log: OpenLog) -> None:
    """A log that is no play runs on the wall's clock."""
    author = begin("ledger", origin=STRICT)
    with pytest.raises(RequestRefused) as refused:
        open_log(author.data, simulated=True)
    assert refused.value.code == "serve.simulated"


def test_events_of_many_threads_are_each_answered_with_their_own_receipt(
    author: Author, open_log: OpenLog
) -> None:
    """Whoever sends what, each gets the index of its own event, and all indexes differ."""
    log = open_log(author.data)
    trader = author.trader("Trader")
    log.post(author.incept(trader))
    lots = [[author.declare(trader, f"T{thread}-{n}") for n in range(20)] for thread in range(4)]
    receipts: list[tuple[bytes, Committed]] = []

    def send(events: list[bytes]) -> None:
        receipts.extend((event, committed(log.post(event))[0]) for event in events)

    threads = [threading.Thread(target=send, args=(events,)) for events in lots]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with log.ledger.store.read() as snapshot:
        for event, receipt in receipts:
            assert read_entry(snapshot.entry(receipt.index)).envelope.raw == event
    assert len({receipt.index for _, receipt in receipts}) == 80


def test_a_folder_is_served_once(author: Author, open_log: OpenLog) -> None:
    """A second server on one folder is told so, and harms nothing."""
    log = open_log(author.data)
    with pytest.raises(StoreError) as refused:
        open_log(author.data)
    assert refused.value.code == "store.served"
    committed(log.post(*trade(author, 1)[1]))


def test_a_database_behind_its_head_file_is_not_served(
    author: Author, open_log: OpenLog, tmp_path: Path
) -> None:
    """A restored older database is noticed by the head file, wherever that lies."""
    head = tmp_path / "elsewhere.head"
    open_log(author.data, head=head).stop()
    old = (author.data / "ledger.db").read_bytes()
    log = open_log(author.data, head=head)
    log.post(*trade(author, 1)[1])
    log.stop()
    for file in author.data.glob("ledger.db*"):
        file.unlink()
    (author.data / "ledger.db").write_bytes(old)
    with pytest.raises(StoreError) as refused:
        open_log(author.data, head=head)
    assert refused.value.code == "store.behind"
    assert not (author.data / "head").exists()


def test_a_database_behind_a_witness_is_not_served(
    begin: Begin, witness: RunWitness, open_log: OpenLog, tmp_path: Path
) -> None:
    """Even with its old head file a restored database is noticed: the witnesses remember."""
    author = begin("ledger", witnesses=[witness("w1")])
    open_log(author.data).stop()
    kept = {name: (author.data / name).read_bytes() for name in ("ledger.db", "head")}
    log = open_log(author.data)
    log.post(*trade(author, 1)[1])
    log.stop()
    for file in author.data.glob("ledger.db*"):
        file.unlink()
    for name, data in kept.items():
        (author.data / name).write_bytes(data)
    with pytest.raises(StoreError) as refused:
        open_log(author.data)
    assert refused.value.code == "store.behind"


@pytest.mark.parametrize(
    ("name", "code"),
    [("ledger.db", "store.absent"), ("log.key", "file.unreadable"), ("trust.policy", "file.unreadable")],
)
def test_a_folder_that_lacks_something_is_not_served(
    author: Author, open_log: OpenLog, name: str, code: str
) -> None:
    """A missing file gets a sentence that names it."""
    (author.data / name).unlink()
    with pytest.raises(Exception, match=code):
        open_log(author.data)


def test_keys_of_another_log_are_not_used(author: Author, open_log: OpenLog) -> None:
    """A log key that the genesis does not name would sign checkpoints that nobody believes."""
    (author.data / "log.key").write_bytes((author.data / "operator.key").read_bytes())
    with pytest.raises(RequestRefused) as refused:
        open_log(author.data)
    assert refused.value.code == "serve.keys"


def copies(begin: Begin, witness: RunWitness, open_log: OpenLog, tmp_path: Path) -> tuple[Author, Path]:
    """A log of two entries with one witness, and a copy of its folder: two servers with the same keys."""
    author = begin("ledger", witnesses=[witness("w1")])
    open_log(author.data).stop()
    other = tmp_path / "copy"
    shutil.copytree(author.data, other)
    return author, other


def test_of_two_logs_with_one_key_only_one_is_published(
    begin: Begin, witness: RunWitness, open_log: OpenLog, tmp_path: Path
) -> None:
    """What a copy signs for a size that the witness has seen is not cosigned, and so never published."""
    author, other = copies(begin, witness, open_log, tmp_path)
    first, second = open_log(author.data, rhythm=SLOW), open_log(other, rhythm=SLOW)
    wait_until(lambda: published_size(first) == published_size(second) == 2)
    first.post(author.incept(author.trader("One")))
    first.stop()  # its checkpoint of size 4 reaches the witness before the copy has anything to sign
    second.post(author.incept(author.trader("Two")))
    second.stop()
    sizes = {}
    for data in (author.data, other):
        store = SqlStore.open(data / "ledger.db")
        with store.read() as snapshot:
            note = snapshot.checkpoint()
        store.close()
        sizes[data] = read_checkpoint(read_note(note or b"").text).size
    assert sizes == {author.data: 4, other: 2}


def published_size(log: Opened) -> int:
    """Size of the newest published checkpoint, 0 without one."""
    return log.ledger.sequencer.published


def test_a_log_that_a_witness_knows_more_of_stops_for_good(
    begin: Begin, witness: RunWitness, open_log: OpenLog, tmp_path: Path
) -> None:
    """A witness that shows a larger checkpoint of the log's own key proves that this copy is the old one."""
    author, other = copies(begin, witness, open_log, tmp_path)
    first, second = open_log(author.data), open_log(other)
    wait_until(lambda: published_size(first) == published_size(second) == 2)
    for name in ("One", "Three"):
        (receipt,) = committed(first.post(author.incept(author.trader(name))))
        first.ledger.sequencer.when_published(receipt.index).result(10)
    committed(second.post(author.incept(author.trader("Two"))))
    wait_until(second.ledger.sequencer.complaints)
    assert second.ledger.sequencer.complaints()[0] == "store.behind"


def test_a_simulated_checkpoint_broken_off_is_made_good(
    author: Author, open_log: OpenLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the disk is full when a simulated checkpoint is published, the event waits, and the same log comes out."""
    log = open_log(author.data, simulated=True)
    trader, events = trade(author, 0)
    log.post(*events)
    publisher = log.ledger.sequencer._publisher

    def full(_pending: Pending, _note: str) -> None:
        raise StoreError("store.full", "The disk is full.")

    late = author.declare(trader, "L1")
    with monkeypatch.context() as patch:
        patch.setattr(publisher._log, "publish", full)
        with pytest.raises(StoreError, match=r"store\.full"):
            log.post(late, now_ms=START_MS + HOUR_MS)
    committed(log.post(late, now_ms=START_MS + HOUR_MS))
    assert [kind for kind, _ in kinds(log)] == ["log.genesis", "party.incepted", "log.heads", "lot.declared"]
    assert published(log).size == 3
