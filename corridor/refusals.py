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
    "event.unknown_type": ("R1", "No event of this type exists."),
    "event.reserved_type": ("R1", "This type's name is reserved for a later release."),
    "event.wrong_log": ("R1", "The event was signed for another log."),
    "event.claimed_ahead": ("R1", "`claimed_at` runs more than 48 hours ahead of the log's clock."),
    "event.stale_signatures": ("R1", "An event signed by several parties is older than 30 days."),
    "event.after_unknown": ("R1", "`after` names neither the genesis nor a heads statement of this log."),
    "event.shape": ("R1", "The event links or speaks about subjects that its type does not allow."),
    "event.body_disagrees": (
        "R1",
        "A member of the body disagrees with the event's links, about or signers.",
    ),
    "key.unknown": ("R1", "A signing key is not registered."),
    "key.other_party": ("R1", "A signing key belongs to another party than the one it is listed with."),
    "key.registered": ("R1", "The key to register is already registered."),
    "subject.unknown": ("R1", "A subject that the event builds on has not begun."),
    "subject.exists": ("R1", "The subject to begin has begun already."),
    # R2: each prev is the head of its chain
    "chain.stale_head": ("R2", "`prev` is not the head of the subject's chain."),
    # R3: role and accreditation for mineral, country and act
    "authority.not_entitled": ("R3", "No signer is entitled to write on a subject of this event."),
    "authority.signer_not_named": (
        "R3",
        "A signer is neither entitled to a subject nor named as counterparty.",
    ),
    "authority.duty": ("R3", "The key's duty does not cover this act."),
    "authority.quorum": ("R3", "Fewer signers than this act needs."),
    "authority.operator_only": ("R3", "Only the log itself writes its heads."),
    "authority.filings_spent": ("R3", "This party has used its 16 filings on the lot."),
    "custody.ended": ("R3", "The lot has ended; nothing can extend it."),
    "custody.exported": ("R3", "The lot is exported; only its consignee may extend it, once."),
    "custody.no_tender": ("R3", "No tender to this party stands."),
    # R5: exact integers
    "mass.not_balanced": ("R5", "Edges and losses do not sum exactly to the input's mass or metal."),
    "mass.insufficient": ("R5", "More is taken than is there."),
    "mass.edge": ("R5", "An edge joins lots that the event does not link as input and output."),
    # R8: grades beyond physics
    "grade.impossible": ("R8", "No goods of this HS code can hold that much of the analyte."),
    # R10 (uniqueness only), R11, R12, R17
    "tag.used": ("R10", "A tag is used already, or is not of this block."),
    "certificate.other_lot": ("R11", "The certificate is for another lot."),
    "certificate.consumed": ("R11", "The certificate has been used already."),
    "certificate.not_valid": ("R11", "The certificate is suspended or withdrawn."),
    "certificate.officers": (
        "R12",
        "Verifier and validator are not two officers' keys of different holders.",
    ),
    "certificate.held_lot": ("R12", "The certifier has held the lot."),
    "custody.model_strengthened": ("R17", "The custody model is stronger than its inputs allow."),
}


class Refused(CorridorError):
    """An event that a reject rule keeps out: `code` of the catalogue, a pointer into the payload, its rule."""

    def __init__(self, code: str, pointer: str = "", *, subject: str = "", hint: str = "") -> None:
        rule, detail = REFUSALS[code]
        place = f"/payload{pointer}" if pointer else ""
        super().__init__(code, detail, pointer=place, hint=hint)
        self.rule = rule
        self.subject = subject


def refuse(code: str, pointer: str = "", *, subject: str = "", hint: str = "") -> NoReturn:
    """Raise the refusal of a code."""
    raise Refused(code, pointer, subject=subject, hint=hint)
