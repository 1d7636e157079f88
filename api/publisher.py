"""Publication: when a checkpoint is cut, who cosigns it, and when the world may see it (PROTOCOL sections 7 and 8).

One checkpoint is on its way at a time; commits go on meanwhile:

    committed 812   cut -> 813 signed   witnesses asked …   committed 840   quorum -> 813 published   cut -> 841 …

Without a quorum the same checkpoint is offered again, at growing distances; nothing else is cut until it is
published. An idle log has its last checkpoint cosigned anew, so that its age tells how long the log has been alive.

If we die right here: between cut and publication `Log.start` gives the same checkpoint back, and it goes on as if
nothing had been.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Final

from api import settings
from api.clocks import Clock, steady_ms
from api.cosigners import Cosigners, Gathered
from ledger.envelope import read_entry
from ledger.errors import LedgerError, StoreError
from ledger.log import Log, Pending
from ledger.note import read_note
from ledger.ports import Store
from ledger.quorum import QuorumResult, TrustFile, judge

_LOG: Final = logging.getLogger("otc.publisher")


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often what happens, in ms; tests play faster."""

    checkpoint_ms: int = settings.CHECKPOINT_MS
    recosign_ms: int = settings.RECOSIGN_MS
    retry_ms: int = settings.RETRY_MS


@dataclass(slots=True)
class _Round:
    """A checkpoint before the witnesses; `again` = it is published already."""

    pending: Pending
    again: bool
    answers: Future[Gathered]


class Publisher:
    """Brings a log's commits out. All but `when_published` is for the writer's thread alone."""

    def __init__(
        self,
        log: Log,
        store: Store,
        cosigners: Cosigners,
        trust: TrustFile,
        *,
        rhythm: Rhythm = Rhythm(),
        clock: Clock = steady_ms,
    ) -> None:
        self._log = log
        self._store = store
        self._cosigners = cosigners
        self._trust = trust
        self._rhythm = rhythm
        self._clock = clock
        self._round: _Round | None = None
        self._pending: Pending | None = None
        self._unsure = False
        self._due_ms = self._recosign_ms = self._retry_ms = clock()
        self._retries = 0
        self._waiting: list[tuple[int, Future[int]]] = []
        self._waiting_lock = Lock()
        self.committed = 0
        self.published = 0
        self.heads_at = 0
        self.newest_cosigned_ms = 0
        self.wake: Callable[[], None] = lambda: None

    @property
    def has_witnesses(self) -> bool:
        """Tell whether anybody is asked to cosign."""
        return len(self._cosigners) > 0

    @property
    def lacks_quorum(self) -> bool:
        """Tell whether the last round of cosigning did not make the quorum."""
        return self._retries > 0

    def start(self) -> None:
        """Make sure that this is the log that was signed, and take up what a crash left; StoreError if it is not."""
        self._take_up(self._log.start(self._cosigners.standings()))
        if self._pending is not None:
            self._ask(self._pending)
        else:
            self._recosign()

    def _take_up(self, pending: Pending | None) -> None:
        """Read from the store where the log stands."""
        self._pending = pending
        with self._store.read() as snapshot:
            self.committed = snapshot.size()
            note = snapshot.checkpoint()
            signed = snapshot.signed()
            genesis = read_entry(snapshot.entry(0))
            heads = read_entry(snapshot.entry(signed.size - 1)) if signed.size else genesis
        self.heads_at = heads.at
        self.newest_cosigned_ms = max(self.newest_cosigned_ms, genesis.at)
        if note is not None:
            result = self._judge(note.decode())
            newest_s = max(result.cosigned.values(), default=0)
            self.newest_cosigned_ms = max(self.newest_cosigned_ms, newest_s * settings.SECOND_MS)
            self._release(result.checkpoint.size)

    def step(self, cut_at_ms: int | None) -> None:
        """Do what is due: take in answers, ask again, cut, cosign anew. StoreError if the log cannot go on."""
        self._make_sure()
        now = self._clock()
        if self._round is not None:
            if self._round.answers.done():
                self._conclude(self._round)
        elif self._pending is not None:
            if now >= self._retry_ms:
                self._ask(self._pending)
        elif self.committed > self.published:
            if now >= self._due_ms:
                self._cut(cut_at_ms)
        elif now >= self._recosign_ms:
            self._recosign()

    def sleep_ms(self) -> int:
        """Return how long nothing will be due; a round that is done wakes the writer by itself."""
        if self._round is not None:
            return settings.MINUTE_MS
        if self._pending is not None:
            due = self._retry_ms
        elif self.committed > self.published:
            due = self._due_ms
        else:
            due = self._recosign_ms if self.has_witnesses else self._clock() + settings.MINUTE_MS
        return max(due - self._clock(), 0)

    def settle(self, rounds: int = 1) -> bool:
        """Finish what is on its way, asking at most `rounds` times; False if the quorum was not made."""
        self._make_sure()
        while self._round is not None or (self._pending is not None and rounds > 0):
            if self._round is None and self._pending is not None:
                self._ask(self._pending)
            elif self._round is not None:
                asked = self._round
                asked.answers.result()
                rounds -= 0 if asked.again else 1
                self._conclude(asked)
        return self._pending is None

    def flush(self, cut_at_ms: int | None, rounds: int = 1) -> bool:
        """Bring out all that is committed before returning; False if the quorum was not made."""
        if self.settle(rounds) and self.committed > self.published:
            self._cut(cut_at_ms)
        return self.settle(rounds)

    def doubt(self) -> None:
        """Note that a step was broken off: before the next one the log is asked where it stands."""
        self._round, self._unsure = None, True
        self._put_off()

    def _make_sure(self) -> None:
        if self._unsure:
            self._take_up(self._log.start())
            self._unsure = False

    def when_published(self, index: int) -> Future[int]:
        """Return a future of the size of the first checkpoint that covers an entry; from any thread."""
        future: Future[int] = Future()
        with self._waiting_lock:
            if self.published > index:
                future.set_result(self.published)
            else:
                self._waiting.append((index, future))
        return future

    def give_up(self, reason: LedgerError) -> None:
        """Let those go who wait for publication; from any thread."""
        with self._waiting_lock:
            waiting, self._waiting = self._waiting, []
        for _, future in waiting:
            if future.set_running_or_notify_cancel():
                future.set_exception(reason)

    def close(self) -> None:
        """Release the witnesses' connections."""
        self._cosigners.close()

    def _cut(self, at_ms: int | None) -> None:
        began = self._clock()
        with self._store.read() as snapshot:
            last_at = snapshot.last_at()
        self._pending = self._log.cut(at_ms)
        self._keep_share(began)
        if self._pending is None:
            self.published = self.committed
            return
        self.committed = max(self.committed, self._pending.size)
        self.heads_at = max(last_at, at_ms or 0)
        self._ask(self._pending)

    def _recosign(self) -> None:
        self._recosign_ms = self._clock() + self._rhythm.recosign_ms
        newest = self._log.newest() if self.has_witnesses else None
        if newest is not None:
            self._ask(newest, again=True)

    def _ask(self, pending: Pending, *, again: bool = False) -> None:
        consistency = partial(self._log.consistency, pending=pending)
        answers = self._cosigners.gather(pending, consistency)
        self._round = _Round(pending, again, answers)
        answers.add_done_callback(lambda _: self.wake())

    def _conclude(self, asked: _Round) -> None:
        """Publish what the quorum has cosigned; else put it off."""
        self._round = None
        gathered = asked.answers.result()
        self.newest_cosigned_ms = max(self.newest_cosigned_ms, gathered.newest_ms)
        if gathered.ahead:
            raise StoreError(
                "store.behind", "A witness has cosigned a larger log, which this log's key has signed."
            )
        note = asked.pending.note + "".join(gathered.lines)
        if not self._judge(note).met:
            self._put_off()
            return
        began = self._clock()
        self._log.publish(asked.pending, note)
        self._retries = 0
        self._recosign_ms = self._clock() + self._rhythm.recosign_ms
        if not asked.again:
            self._keep_share(began)
            self._pending = None
            self._release(asked.pending.size)

    def _release(self, size: int) -> None:
        """Let those go on who wait for an entry that is now published."""
        with self._waiting_lock:
            self.published = size
            released = [future for index, future in self._waiting if index < size]
            self._waiting = [(index, future) for index, future in self._waiting if index >= size]
        for future in released:
            if future.set_running_or_notify_cancel():
                future.set_result(size)

    def _put_off(self) -> None:
        wait_ms = min(self._rhythm.retry_ms << self._retries, settings.MAX_RETRY_MS)
        self._retries = min(self._retries + 1, settings.MAX_RETRY_MS.bit_length())
        self._retry_ms = self._recosign_ms = self._clock() + wait_ms
        _LOG.warning("the witnesses have not made the quorum; next round in %d ms", wait_ms)

    def _keep_share(self, began: int) -> None:
        """Put the next checkpoint off so far that heads keep to their share of the writer's time."""
        spent = self._clock() - began
        distance = max(self._rhythm.checkpoint_ms, settings.HEADS_SHARE * spent)
        self._due_ms = max(self._due_ms, began + distance)

    def _judge(self, note: str) -> QuorumResult:
        return judge(read_note(note), self._trust)
