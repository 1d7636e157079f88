"""The journal: the one way in for writing.

Registrations, accreditations, lot events, certificates, withdrawals: all come as signed envelopes through
`Journal.post`. Reading and checking signatures (`read_signed`) is stateless and may run in parallel before it; then
one writer in one transaction admits each event against the world as the events before it left it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from corridor import rules
from corridor.refusals import refuse
from corridor.states import State, read_state, write_state
from corridor.world import World
from ledger.envelope import Envelope, check_signatures, entry_bytes, read_entry, read_envelope
from ledger.errors import LedgerError, StoreError
from ledger.ports import Record, Snapshot, Store

STATES_CACHED: Final = 65_536
"""States kept parsed, by their bytes: a cache of a pure function can never be stale, whoever else writes."""

Clock = Callable[[Envelope], int]
"""The log's time in ms for an event: the wall clock of a server, or a simulation's."""


@dataclass(frozen=True, slots=True)
class Committed:
    """The event is durable at this index; `duplicate` = it was there before."""

    event_id: str
    index: int
    at: int
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class NotCommitted:
    """The event was refused, for this reason; `head` is the current one where a stale head was the reason."""

    event_id: str
    error: LedgerError
    head: str = ""


Outcome = Committed | NotCommitted

_read_state = lru_cache(maxsize=STATES_CACHED)(read_state)


def read_signed(data: bytes) -> Envelope:
    """Read an envelope and check its signatures; FormError or SignatureRefused. Stateless."""
    envelope = read_envelope(data)
    check_signatures(envelope)
    return envelope


def world_of(snapshot: Snapshot) -> World:
    """The world as a store's snapshot keeps it: every subject is known, so nothing is ever `Outside`."""

    def load(subject: str) -> State | None:
        data = snapshot.state(subject)
        return None if data is None else _read_state(data)

    def heads_at(event_id: str) -> int | None:
        index = snapshot.index_of(bytes.fromhex(event_id))
        if index is None:
            return None
        entry = read_entry(snapshot.entry(index))
        return entry.at if entry.envelope.payload.type in {"log.heads", "log.genesis"} else None

    return World(load, heads_at)


class Journal:
    """Admits events into one log's store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def post(self, envelopes: Sequence[Envelope], clock: Clock) -> list[Outcome]:
        """Admit or refuse each envelope (signatures checked before), in order, in one transaction.

        What is returned as committed is durable. A refused event harms no other, but those that build on it are
        refused in their turn. StoreError if the transaction fails: then nothing of it is in the log.
        """
        with self._store.write() as transaction:
            size, last_at = transaction.size(), transaction.last_at()
            world = world_of(transaction)
            fresh: dict[str, Committed] = {}
            records: list[Record] = []
            outcomes: list[Outcome] = []
            for envelope in envelopes:
                known = fresh.get(envelope.event_id) or _find(transaction, envelope.event_id)
                if known is not None:
                    outcomes.append(known)
                    continue
                index, at = size + len(records), max(last_at, clock(envelope))
                try:
                    record = _admit(envelope, index, at, world)
                except StoreError:
                    raise  # what the store cannot tell is no refusal: the batch fails, and can be sent again
                except LedgerError as error:
                    outcomes.append(NotCommitted(envelope.event_id, error, _head(error, world)))
                    continue
                records.append(record)
                last_at = at
                outcomes.append(Committed(envelope.event_id, index, at))
                fresh[envelope.event_id] = Committed(envelope.event_id, index, at, duplicate=True)
            transaction.append(records)
            transaction.put_states(
                {subject: write_state(state) for subject, state in world.take_changes().items()}
            )
        return outcomes


def check(snapshot: Snapshot, envelope: Envelope, at: int) -> None:
    """Refuse what `post` would refuse now, writing nothing."""
    _admit(envelope, snapshot.size(), max(snapshot.last_at(), at), world_of(snapshot))


def _admit(envelope: Envelope, index: int, at: int, world: World) -> Record:
    if envelope.payload.type == "log.heads":
        refuse("authority.operator_only", "/type")
    act = rules.act_of(envelope, index, at, world)
    rules.admit(act)
    entry = entry_bytes(at, envelope.raw)
    world.lay(rules.evolve(act))
    return Record(
        entry=entry,
        at=at,
        event_id=bytes.fromhex(envelope.event_id),
        links=tuple(link.subject for link in envelope.payload.links),
        about=envelope.payload.about,
    )


def _find(snapshot: Snapshot, event_id: str) -> Committed | None:
    index = snapshot.index_of(bytes.fromhex(event_id))
    if index is None:
        return None
    return Committed(event_id, index, read_entry(snapshot.entry(index)).at, duplicate=True)


def _head(error: LedgerError, world: World) -> str:
    """The current head of the chain that a stale event wanted to extend."""
    if error.code != "chain.stale_head":
        return ""
    state = world.find(getattr(error, "subject", ""))
    return state.head if state else ""
