"""The law of the road in three pure functions: `admit` refuses, `evolve` gives the next states, `assess` finds.

Rules are numbered as in docs/reference/findings.md. The journal calls admit and evolve on every event; an offline
verifier calls all three on the events of its bundle, in the log's order; so both come to the same states.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from corridor.body import Act, Slot, key_of
from corridor.custody import check_filings
from corridor.findings import Finding
from corridor.logbook import LogGenesis
from corridor.policies import DAY_MS, HOUR_MS, LIMITS
from corridor.refusals import refuse
from corridor.statements import read_body
from corridor.states import LotState, State
from corridor.world import World
from ledger.chain import GENESIS_PREV
from ledger.envelope import Envelope
from ledger.subjects import kind_of

NO_LOG: Final = GENESIS_PREV
"""The `log` member of a genesis, which cannot name its own hash."""


def act_of(envelope: Envelope, index: int, at: int, world: World) -> Act:
    """Read an envelope as the act it would be at an index and time; FormError or Refused."""
    return Act(envelope.payload, read_body(envelope.payload), envelope.event_id, index, at, world)


def admit(act: Act) -> None:
    """Refuse what rules R1-R3, R5, R8, R10-R12 and R17 keep out; return where the event may enter."""
    _check_log(act)
    _check_shape(act)
    _check_heads(act)
    _check_times(act)
    _check_authority(act)
    act.body.check(act)


def evolve(act: Act) -> dict[str, State]:
    """Give every state that an admitted event changes, with chain heads advanced."""
    changes = {state.subject: state for state in act.body.evolve(act)}
    for link in act.header.links:
        state = changes.get(link.subject) or act.world.find(link.subject)
        if state is None:
            continue
        update: dict[str, object] = {"head": act.event_id, "head_at": act.at, "head_index": act.index}
        if link.prev == GENESIS_PREV:
            update["begun_at"] = act.at
        if isinstance(state, LotState):
            update["chain_signers"] = tuple(sorted({*state.chain_signers, *act.parties}))
            if state.tender is not None and state.tender.event != act.event_id:
                update["tender"] = None
        changes[link.subject] = state.model_copy(update=update)
    for subject in act.about("lot"):
        lot = changes.get(subject) or act.world.lot(subject)
        if isinstance(lot, LotState):
            filings = Counter(lot.filings)
            filings.update(act.parties)
            changes[subject] = lot.model_copy(update={"filings": dict(sorted(filings.items()))})
    return changes


def assess(act: Act) -> Iterator[Finding]:
    """Give the findings of one event in its place; they decide no state."""
    claimed = act.header.claimed_at_ms
    if not act.proven_from - _SECOND_MS < claimed <= act.at:
        yield Finding("time.claimed_outside", act.index, act.event_id)
    if act.at - claimed > LIMITS.late_warned_h * HOUR_MS:
        yield Finding("time.late", act.index, act.event_id, values={"delay_h": (act.at - claimed) // HOUR_MS})
    yield from act.body.assess(act)


_SECOND_MS: Final = 1_000
"""`claimed_at` counts seconds and `at` milliseconds: within the second is not outside."""


def _check_log(act: Act) -> None:
    """R1: signed for this log; the first entry is a genesis, and no other is."""
    genesis = isinstance(act.body, LogGenesis)
    if genesis != (act.index == 0):
        refuse("event.shape", "/type", hint="A log begins with its genesis, once.")
    expected = NO_LOG if genesis else act.world.log.genesis
    if act.header.log != expected:
        refuse("event.wrong_log", "/log", hint="Read the genesis from /v1/heads?subject=log.")


def _check_shape(act: Act) -> None:
    """R1: links and about hold the kinds and numbers of subjects that the type allows."""
    for member, subjects, slots in (
        ("links", [link.subject for link in act.header.links], act.body.links),
        ("about", list(act.header.about), act.body.about),
    ):
        counts = Counter(kind_of(subject) for subject in subjects)
        if counts.keys() - slots.keys():
            refuse("event.shape", f"/{member}")
        for kind, slot in slots.items():
            if not slot.least <= counts[kind] <= slot.most:
                refuse("event.shape", f"/{member}", hint=f"{slot.least} to {slot.most} of kind {kind}.")


def _check_heads(act: Act) -> None:
    """R2: each prev is the head of its chain; what is spoken about has begun."""
    for position, link in enumerate(act.header.links):
        slot = act.body.links[kind_of(link.subject)]
        state = act.world.find(link.subject)
        begins = link.prev == GENESIS_PREV
        if slot.begins is not None and slot.begins != begins:
            code = "event.shape" if slot.begins else "subject.unknown"
            refuse(code, f"/links/{position}/prev", subject=link.subject)
        if (state.head if state else GENESIS_PREV) != link.prev:
            if state is None:
                refuse("subject.unknown", f"/links/{position}/subject", subject=link.subject)
            if begins:
                refuse("subject.exists", f"/links/{position}/subject", subject=link.subject)
            refuse(
                "chain.stale_head",
                f"/links/{position}/prev",
                subject=link.subject,
                hint="Another event took this head; fetch the current one and build on it.",
            )
    for position, subject in enumerate(act.header.about):
        if act.world.find(subject) is None:
            refuse("subject.unknown", f"/about/{position}", subject=subject)


def _check_times(act: Act) -> None:
    """R1: not from the future, not by several parties long ago, and `after` names what it may."""
    claimed = act.header.claimed_at_ms
    if claimed - act.at > LIMITS.claimed_ahead_h * HOUR_MS:
        refuse("event.claimed_ahead", "/claimed_at")
    if len(act.parties) > 1 and act.at - claimed > LIMITS.several_signers_days * DAY_MS:
        refuse("event.stale_signatures", "/claimed_at", hint="Sign it again.")
    if act.header.after is not None and act.world.heads_at(act.header.after) is None:
        refuse("event.after_unknown", "/after")


def _check_authority(act: Act) -> None:
    """R3: every subject has its entitled signers, and every signer is entitled or named as counterparty."""
    duties = {signer.key: key_of(act, signer).duty for signer in act.header.signers}
    entitled: set[str] = set(act.body.registers(act))
    for position, link in enumerate(act.header.links):
        slot = act.body.links[kind_of(link.subject)]
        entitled |= _entitled(act, slot, link.subject, f"/links/{position}/subject")
    for position, subject in enumerate(act.header.about):
        slot = act.body.about[kind_of(subject)]
        entitled |= _entitled(act, slot, subject, f"/about/{position}")
    if not act.header.links and not act.header.about:
        entitled |= {signer.key for signer in act.header.signers}  # log.heads: its own check decides
    named = act.body.counterparties()
    for position, signer in enumerate(act.header.signers):
        if signer.key in entitled:
            continue
        if signer.party not in named:
            refuse("authority.signer_not_named", f"/signers/{position}")
        if duties[signer.key] == "officer":
            refuse("authority.duty", f"/signers/{position}/key")


def _entitled(act: Act, slot: Slot, subject: str, pointer: str) -> set[str]:
    """Keys of the signers entitled to one subject; refuses where there are none."""
    signers = [s for s in act.header.signers if any(writer(act, subject, s) for writer in slot.writers)]
    if not signers:
        refuse("authority.not_entitled", pointer, subject=subject, hint=f"Entitled: {'; '.join(slot.who())}.")
    if kind_of(subject) == "lot" and subject in act.header.about:
        for signer in signers:
            check_filings(act, subject, slot.writers, signer)
    return {signer.key for signer in signers}
