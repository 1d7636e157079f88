"""The sequencer: the one writer of a served log, its group commit, and its clock (PROTOCOL section 7).

Requests bring envelopes whose form and signatures are checked already; one thread admits them in the order of their
coming, as many as wait in one transaction, and answers when that is durable:

    waiting   [A] [B C] [D]   ->  one transaction  A B C D  ->  four outcomes

If we die right here: before the commit nobody was answered and nothing is in the log; after it all is, and who asks
again gets the same receipt. After a fault that leaves the disk's state unknown nothing more is acknowledged.

Under a simulated clock no wall clock and no timer enters the log: a checkpoint is cut only before the first event
whose `at` is an hour or more after the last heads', when somebody waits for publication, and at a clean stop.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final

from api import settings
from api.clocks import Clock, wall_ms
from api.mishap import report
from api.publisher import Publisher
from api.refusal import RequestRefused, come_back
from corridor.journal import Journal, NotCommitted, Outcome, check
from ledger.envelope import Envelope
from ledger.errors import LedgerError, StoreError
from ledger.ports import Store

PASSING: Final = frozenset({"store.locked", "store.full", "store.conflict", "store.read_only", "store.busy"})
"""Faults after which the disk's state is known: nothing was written, and writing may go on."""

_LOG: Final = logging.getLogger("otc.sequencer")


@dataclass(frozen=True, slots=True)
class _Unit:
    """Envelopes that came together, with the simulated clock's times, and who waits for their outcomes."""

    envelopes: Sequence[Envelope]
    now_ms: int | None
    publish: bool
    outcomes: Future[list[Outcome]]


class Sequencer:
    """Admits events into a log, and drives its publisher."""

    def __init__(
        self,
        store: Store,
        publisher: Publisher,
        *,
        origin: str,
        simulated: bool = False,
        clock: Clock = wall_ms,
    ) -> None:
        self._journal = Journal(store)
        self._store = store
        self._publisher = publisher
        self._simulated = simulated
        self._clock = clock
        self._vouched = publisher.has_witnesses and not origin.endswith(settings.DEMONSTRATION_SUFFIX)
        self._waiting: deque[_Unit] = deque()
        self._waiting_events = 0
        self._changed = threading.Condition()
        self._woken = self._stopping = False
        self._halted = ""
        self._thread = threading.Thread(target=self._run, name="otc-sequencer", daemon=True)
        publisher.wake = self._wake

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def submit(
        self, envelopes: Sequence[Envelope], *, now_ms: int | None = None, publish: bool = False
    ) -> Future[list[Outcome]]:
        """Have envelopes admitted, in order; `now_ms` is the simulated clock's time, if the sender gave one.

        The future fails with RequestRefused `server.*` or StoreError if nothing of it was written. `publish`
        brings a checkpoint out at once under a simulated clock; elsewhere the next one will come anyway.
        """
        unit = _Unit(envelopes, now_ms, publish, Future())
        with self._changed:
            if self._halted:
                raise _stopped()
            if self._stopping:
                raise come_back("server.stopping", "The server is stopping.")
            if self._waiting_events + len(envelopes) > settings.MAX_WAITING:
                raise come_back("server.busy", "More events wait than can be held.")
            self._waiting.append(unit)
            self._waiting_events += len(envelopes)
            self._changed.notify()
        return unit.outcomes

    def when_published(self, index: int) -> Future[int]:
        """Return a future of the size of the first published checkpoint that covers an entry."""
        return self._publisher.when_published(index)

    @property
    def published(self) -> int:
        """Size of the newest published checkpoint, 0 without one."""
        return self._publisher.published

    def complaints(self) -> list[str]:
        """Return the codes of what keeps this server from being ready, none if it is."""
        found = [self._halted] if self._halted else []
        if self._stopping:
            found.append("server.stopping")
        if self._publisher.lacks_quorum:
            found.append("server.quorum")
        if not self._simulated and not self._is_vouched_for(self._clock()):
            found.append("server.clock")
        return found

    def stop(self) -> None:
        """Finish what waits, bring a last checkpoint out, and end."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.ident is not None:
            self._thread.join()
        self._publisher.give_up(come_back("server.stopping", "The server is stopping."))
        self._publisher.close()

    def _wake(self) -> None:
        with self._changed:
            self._woken = True
            self._changed.notify()

    def _run(self) -> None:
        try:
            while self._turn():
                pass
            self._publisher.flush(self._cut_at())
        except StoreError as fault:
            self._halt(fault.code)
        except Exception as fault:  # noqa: BLE001  # whatever it is, nothing may be acknowledged after it
            report(_LOG, "the sequencer has failed", fault)
            self._halt("server.fault")

    def _turn(self) -> bool:
        """Commit what waits and do what the publisher has due; False when there is nothing left to do."""
        group = self._take()
        if group:
            self._commit(group)
        self._step()
        with self._changed:
            return not (self._stopping and not self._waiting)

    def _take(self) -> list[_Unit]:
        """Wait for something to do; take the units of one transaction."""
        group: list[_Unit] = []
        events = 0
        with self._changed:
            if not (self._waiting or self._stopping or self._woken):
                sleep_ms = settings.MINUTE_MS if self._simulated else self._publisher.sleep_ms()
                self._changed.wait(sleep_ms / settings.SECOND_MS)
            self._woken = False
            while self._waiting and (
                not group or events + len(self._waiting[0].envelopes) <= settings.MAX_GROUP
            ):
                unit = self._waiting.popleft()
                events += len(unit.envelopes)
                group.append(unit)
            self._waiting_events -= events
        return [unit for unit in group if unit.outcomes.set_running_or_notify_cancel()]

    def _commit(self, group: list[_Unit]) -> None:
        """Admit a group and answer; a StoreError that does not pass goes on after everybody has been told."""
        try:
            if self._simulated:
                outcomes = self._post_simulated(group)
            else:
                outcomes = self._post_now([envelope for unit in group for envelope in unit.envelopes])
        except LedgerError as fault:
            for unit in group:
                unit.outcomes.set_exception(fault)
            if isinstance(fault, StoreError):
                if fault.code not in PASSING:
                    raise
                if self._simulated:  # it may have been a checkpoint that was broken off
                    self._publisher.doubt()
            return
        for unit in group:
            unit.outcomes.set_result(outcomes[: len(unit.envelopes)])
            del outcomes[: len(unit.envelopes)]

    def _post_now(self, envelopes: Sequence[Envelope]) -> list[Outcome]:
        """Admit envelopes at the wall clock's time, if witnesses vouch for it."""
        now = self._clock()
        if not self._is_vouched_for(now):
            raise come_back("server.clock", "No witness has cosigned within the hour.", seconds=60)
        return self._post(envelopes, dict.fromkeys((envelope.event_id for envelope in envelopes), now))

    def _post(self, envelopes: Sequence[Envelope], times: dict[str, int]) -> list[Outcome]:
        """Admit envelopes at the times given by event id; should one break the journal, no other suffers."""
        if not envelopes:
            return []
        try:
            outcomes = self._journal.post(envelopes, lambda envelope: times[envelope.event_id])
        except LedgerError:
            raise
        except Exception as fault:  # noqa: BLE001  # a mistake of ours that one event found
            if len(envelopes) > 1:
                return [outcome for one in envelopes for outcome in self._post([one], times)]
            report(_LOG, "an event has broken the journal", fault)
            mistake = RequestRefused("server.fault", "The server made a mistake.")
            return [NotCommitted(envelopes[0].event_id, mistake)]
        with self._store.read() as snapshot:
            self._publisher.committed = snapshot.size()
        return outcomes

    def _step(self) -> None:
        """Let the publisher do what is due; under a simulated clock nothing is due by itself."""
        try:
            if self._simulated:
                self._publisher.settle(0)
            else:
                self._publisher.step(self._cut_at())
        except StoreError as fault:
            if fault.code not in PASSING:
                raise
            _LOG.warning("a checkpoint was broken off: %s", fault.code)
            self._publisher.doubt()

    def _cut_at(self) -> int | None:
        """Give the time of the next heads statement; None = that of the entry before it."""
        now = self._clock()
        return None if self._simulated or not self._is_vouched_for(now) else now

    def _is_vouched_for(self, now_ms: int) -> bool:
        """Tell whether a time is within an hour of the newest cosignature, where that is asked for."""
        return not self._vouched or now_ms <= self._publisher.newest_cosigned_ms + settings.COSIGNED_WITHIN_MS

    def _halt(self, code: str) -> None:
        """Acknowledge nothing from now on."""
        _LOG.error("the sequencer has stopped: %s", code)
        with self._changed:
            self._halted = code
            units, self._waiting = list(self._waiting), deque()
        for unit in units:
            if unit.outcomes.set_running_or_notify_cancel():
                unit.outcomes.set_exception(_stopped())
        self._publisher.give_up(_stopped())

    def _post_simulated(self, group: list[_Unit]) -> list[Outcome]:
        """Admit events at the times that they bring, as if each were alone: grouping must not show in the root."""
        if not self._publisher.settle(settings.SIMULATED_ROUNDS):
            raise _no_quorum()
        outcomes: list[Outcome] = []
        together: list[Envelope] = []
        times: dict[str, int] = {}

        def post() -> None:
            outcomes.extend(self._post(together, times))
            together.clear()
            times.clear()

        for unit in group:
            for envelope in unit.envelopes:
                now = envelope.payload.claimed_at_ms if unit.now_ms is None else unit.now_ms
                late = now >= self._publisher.heads_at + settings.SIMULATED_CHECKPOINT_MS
                if late or envelope.event_id in times:
                    post()
                if late:
                    self._cut_before(envelope, now)
                times[envelope.event_id] = now
                together.append(envelope)
            if unit.publish:
                post()
                self._publisher.flush(None, settings.SIMULATED_ROUNDS)
        post()
        return outcomes

    def _cut_before(self, envelope: Envelope, now_ms: int) -> None:
        """Cut and publish a checkpoint if the event would enter an hour or more after the last heads."""
        with self._store.read() as snapshot:
            if snapshot.index_of(bytes.fromhex(envelope.event_id)) is not None:
                return
            try:
                check(snapshot, envelope, now_ms)
            except LedgerError:
                return
        if not self._publisher.flush(None, settings.SIMULATED_ROUNDS):
            raise _no_quorum()


def _no_quorum() -> RequestRefused:
    return come_back("server.quorum", "The witnesses did not make the quorum.")


def _stopped() -> RequestRefused:
    return RequestRefused("server.halted", "The server has stopped writing after a fault.")
