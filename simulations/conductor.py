"""The conductor: lets the actors sign and posts what they sign, one request at a time, in simulated order.

With the server's simulated clock the log then depends on the order of bytes alone, so the same seed gives the
same root on every machine. The kernel of time is simpy; its clock counts ms since 1970.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import simpy

from api.client import Client, ClientProblem, Receipt
from api.compose import compose
from ledger.canonical import Value
from ledger.chain import GENESIS_PREV
from ledger.envelope import Envelope, read_envelope, sign
from ledger.keys import SigningKey
from ledger.payload import Signer
from simulations.cast import Actor, HeldKey

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS

Hand = tuple[Actor, SigningKey]
"""Who signs, with which of its keys."""


def own(actor: Actor) -> Hand:
    """The party's own key."""
    return actor, actor.key


def by(actor: Actor, held: HeldKey) -> Hand:
    """One of its people's keys."""
    return actor, held.key


class UnexpectedAnswerError(Exception):
    """The server answered otherwise than the scenario declares; the play is over."""


@dataclass
class Conductor:
    """Signs for actors and posts for them."""

    client: Client
    log_id: str
    env: simpy.Environment
    on_event: Callable[[Envelope, Receipt], None] = lambda _envelope, _receipt: None
    heads: dict[str, str] = field(default_factory=dict)
    posted: int = 0
    last: bytes = b""

    def sign(
        self,
        kind: str,
        hands: Sequence[Hand],
        body: Mapping[str, Value],
        *,
        links: Iterable[str] = (),
        about: Iterable[str] = (),
        claimed_at_ms: int | None = None,
    ) -> bytes:
        """Build and sign an event on the heads known here; it claims the simulated time unless told otherwise."""
        actor, first = hands[0]
        signers = [Signer(key.text, who.party) for who, key in hands]
        counting = min((s.key for s in signers if s.party == actor.party), default=first.text)
        payload = compose(
            kind,
            log_id=self.log_id,
            actor=actor.party,
            signers=signers,
            body=body,
            links={subject: self.heads.get(subject, GENESIS_PREV) for subject in links},
            about=about,
            claimed_at_ms=int(self.env.now) if claimed_at_ms is None else claimed_at_ms,
            counter=actor.count(next(key for _, key in hands if key.text == counting)),
        )
        return sign(payload, [key for _, key in hands])

    def expect_on_heads(self, envelope: bytes) -> str:
        """Let what is signed next build on this event, as a device without network does; give its id."""
        event = read_envelope(envelope)
        for link in event.payload.links:
            self.heads[link.subject] = event.event_id
        return event.event_id

    def post(self, envelope: bytes, *, published: bool = False) -> Receipt:
        """Post an event that must be admitted."""
        try:
            receipt = self.client.post(envelope, wait_published=published, now_ms=int(self.env.now))
        except ClientProblem as problem:
            kind = read_envelope(envelope).payload.type
            raise UnexpectedAnswerError(f"{kind} was refused: {problem}") from problem
        self.expect_on_heads(envelope)
        self.posted += 1
        self.last = envelope
        self.on_event(read_envelope(envelope), receipt)
        return receipt

    def act(
        self,
        kind: str,
        hands: Sequence[Hand],
        body: Mapping[str, Value],
        *,
        links: Iterable[str] = (),
        about: Iterable[str] = (),
        claimed_at_ms: int | None = None,
    ) -> Receipt:
        """Sign and post an event that must be admitted."""
        envelope = self.sign(kind, hands, body, links=links, about=about, claimed_at_ms=claimed_at_ms)
        return self.post(envelope)

    def refused(self, envelope: bytes, code: str) -> ClientProblem:
        """Post an event that must be refused with this code; give the problem."""
        try:
            self.client.post(envelope, now_ms=int(self.env.now))
        except ClientProblem as problem:
            if problem.code != code:
                raise UnexpectedAnswerError(
                    f"refused as {problem.code}, the scenario says {code}"
                ) from problem
            return problem
        raise UnexpectedAnswerError(f"admitted, but the scenario says it is refused as {code}")
