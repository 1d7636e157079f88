"""Why an event does not enter: the catalogue of refusals by the corridor's rules (R1-R3, R5, R8, R10-R12, R17).

PROTOCOL section 1.7: only what is malformed, unauthorised or spends something twice is refused. Unlawful or unlikely
facts enter and become findings. Each code has one sentence and the rule it stands on; docs/reference/problems.md
lists them with what to do.
"""

from __future__ import annotations

from typing import Final, NoReturn

from corridor.errors import CorridorError

REFUSALS: Final[dict[str, tuple[str, str]]] = {
    # R1: form, signatures, keys valid at that index
    "event.unknown_type": ("R1", "no event of this type exists"),
    "event.reserved_type": ("R1", "this type's name is reserved for a later release"),
    "event.wrong_log": ("R1", "the event was signed for another log"),
    "event.claimed_ahead": ("R1", "claimed_at runs more than 48 hours ahead of the log's clock"),
    "event.stale_signatures": ("R1", "an event signed by several parties is older than 30 days"),
    "event.after_unknown": ("R1", "`after` names neither the genesis nor a heads statement of this log"),
    "event.shape": ("R1", "the event links or speaks about subjects that its type does not allow"),
    "event.body_disagrees": ("R1", "a member of the body disagrees with the event's links, about or signers"),
    "event.duplicate": ("R1", "an event with this id is already in the log"),
    "key.unknown": ("R1", "a signing key is not registered"),
    "key.other_party": ("R1", "a signing key belongs to another party than the one it is listed with"),
    "key.registered": ("R1", "the key to register is already registered"),
    "subject.unknown": ("R1", "a subject that the event builds on has not begun"),
    "subject.exists": ("R1", "the subject to begin has begun already"),
    # R2: each prev is the head of its chain
    "chain.stale_head": ("R2", "prev is not the head of the subject's chain"),
    # R3: role and accreditation for mineral, country and act
    "authority.not_entitled": ("R3", "no signer is entitled to write on a subject of this event"),
    "authority.signer_not_named": (
        "R3",
        "a signer is neither entitled to a subject nor named as counterparty",
    ),
    "authority.duty": ("R3", "the key's duty does not cover this act"),
    "authority.quorum": ("R3", "fewer signers than this act needs"),
    "authority.operator_only": ("R3", "only the log itself writes its heads"),
    "authority.filings_spent": ("R3", "this party has used its 16 filings on the lot"),
    "custody.ended": ("R3", "the lot has ended; nothing can extend it"),
    "custody.exported": ("R3", "the lot is exported; only its consignee may extend it, once"),
    "custody.no_tender": ("R3", "no tender to this party stands"),
    # R5: exact integers
    "mass.not_balanced": ("R5", "edges and losses do not sum exactly to the input's mass or metal"),
    "mass.insufficient": ("R5", "more is taken than is there"),
    "mass.edge": ("R5", "an edge joins lots that the event does not link as input and output"),
    # R8: grades beyond physics
    "grade.impossible": ("R8", "no goods of this HS code can hold that much of the analyte"),
    # R10 (uniqueness only), R11, R12, R17
    "tag.used": ("R10", "a tag is used already, or is not of this block"),
    "certificate.other_lot": ("R11", "the certificate is for another lot"),
    "certificate.consumed": ("R11", "the certificate has been used already"),
    "certificate.not_valid": ("R11", "the certificate is suspended or withdrawn"),
    "certificate.officers": ("R12", "verifier and validator are not two officers' keys of different holders"),
    "certificate.held_lot": ("R12", "the certifier has held the lot"),
    "custody.model_strengthened": ("R17", "the custody model is stronger than its inputs allow"),
}


class Refused(CorridorError):
    """An event that a reject rule keeps out: `code` of the catalogue, a pointer into the payload, its rule."""

    def __init__(self, code: str, pointer: str = "", *, subject: str = "", hint: str = "") -> None:
        rule, detail = REFUSALS[code]
        place = f"/payload{pointer}" if pointer else ""
        super().__init__(code, _sentence(detail), pointer=place, hint=_sentence(hint))
        self.rule = rule
        self.subject = subject


def _sentence(text: str) -> str:
    """Begin with a capital and end with a full stop, as every error does that people read."""
    return f"{text[0].upper()}{text[1:].rstrip('.')}." if text else ""


def refuse(code: str, pointer: str = "", *, subject: str = "", hint: str = "") -> NoReturn:
    """Raise the refusal of a code."""
    raise Refused(code, pointer, subject=subject, hint=hint)
