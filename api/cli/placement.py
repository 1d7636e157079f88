"""Where an intent's subjects belong: whose chains it extends, whose files it joins, and the heads it builds on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from api.cli.intent import Intent
from corridor.body import Body, Slot, the_party
from corridor.refusals import refuse
from corridor.statements import RESERVED, TYPES
from ledger.chain import GENESIS_PREV
from ledger.subjects import LOG
from ledger.values import Value

WRITTEN_BY_THE_LOG = frozenset({"log.genesis", "log.heads"})


class Heads(Protocol):
    """What has to be asked of a log; the client answers it."""

    def head(self, subject: str) -> str:
        """Return the id of the last event of a subject's chain; 64 zeros if it has not begun."""

    def custodian(self, lot: str) -> str:
        """Return the party that holds a lot; nothing if it has not begun."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Chains extended, with their heads, and files joined."""

    links: dict[str, str]
    about: tuple[str, ...]


def type_of(kind: str) -> type[Body]:
    """Return the type of an event that people can write; Refused `event.unknown_type` and the like otherwise."""
    if kind in WRITTEN_BY_THE_LOG:
        refuse("authority.operator_only", "/type", hint="`otc init` and the server write these.")
    if kind not in TYPES:
        known = ", ".join(sorted(TYPES.keys() - WRITTEN_BY_THE_LOG))
        refuse(
            "event.reserved_type" if kind in RESERVED else "event.unknown_type",
            "/type",
            hint=f"There are: {known}.",
        )
    return TYPES[kind]


def place(intent: Intent, actor: str, heads: Heads, *, holds: bool | None = None) -> Placement:
    """Sort an intent's subjects into links and about; Refused `event.shape` if one is missing or too many.

    Where a type may do either, the lot's custodian extends its chain and everybody else speaks about it; `holds`
    says which it is if the log is not to be asked.
    """
    body = TYPES[intent.kind]
    subjects = dict(intent.subjects)
    if not subjects.get("party") and any(the_party in slot.writers for slot in body.about.values()):
        subjects["party"] = (actor,)
    links: dict[str, str] = {}
    about: list[str] = []
    for kind, named in subjects.items():
        for subject in named:
            extends = kind in body.links
            if extends and kind in body.about:
                extends = heads.custodian(subject) == actor if holds is None else holds
            if extends:
                links[subject] = GENESIS_PREV if body.links[kind].begins else heads.head(subject)
            else:
                about.append(subject)
    if LOG in body.about and GENESIS_PREV in links.values():
        about.append(LOG)
    _check_numbers("links", body.links, list(links))
    _check_numbers("about", body.about, about)
    return Placement(links, tuple(about))


def _check_numbers(member: str, slots: Mapping[str, Slot], subjects: list[str]) -> None:
    for kind, slot in slots.items():
        count = sum(subject.partition(":")[0] == kind for subject in subjects)
        if not slot.least <= count <= slot.most:
            asked = f"{slot.least}" if slot.least == slot.most else f"{slot.least} to {slot.most}"
            refuse("event.shape", f"/{member}", hint=f"It takes {asked} of kind {kind}: {kind}=CODE.")


def with_heads(intent: Intent, heads: Heads) -> dict[str, Value]:
    """Return the body with the head that a certificate has seen, unless it is given."""
    body = TYPES[intent.kind]
    lot = intent.body.get("lot")
    if "lot_head" in body.model_fields and "lot_head" not in intent.body and isinstance(lot, str):
        return {**intent.body, "lot_head": heads.head(lot)}
    return intent.body
