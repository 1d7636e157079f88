"""Every type of event, and the way from a signed payload to a typed statement.

`TYPES` is the list of what this release reads; `RESERVED` are names kept for later releases, refused as such.
"""

from __future__ import annotations

from typing import Final

from pydantic import ValidationError

from corridor import certification, handover, logbook, origin, parties, transformation, transit
from corridor.body import Body
from corridor.refusals import refuse
from ledger.errors import FormError
from ledger.payload import Payload

TYPES: Final[dict[str, type[Body]]] = {
    body.type: body
    for body in (
        logbook.LogGenesis,
        logbook.LogHeads,
        parties.PartyIncepted,
        parties.PartyAccredited,
        parties.PartyStatusChanged,
        parties.KeyAdded,
        origin.SiteRegistered,
        origin.SiteInspected,
        origin.TagIssued,
        origin.LotExtracted,
        origin.LotDeclared,
        transit.LotMeasured,
        transit.LotSealed,
        transit.LotDispatched,
        transit.LotStored,
        transit.LossRecorded,
        transit.PostPassed,
        transit.BorderCrossed,
        handover.LotTendered,
        handover.LotAccepted,
        handover.LotRefused,
        handover.LotHandedOver,
        handover.LotExported,
        handover.LotReceived,
        transformation.LotSplit,
        transformation.LotMerged,
        transformation.LotBlended,
        transformation.LotProcessed,
        transformation.AccountOpened,
        transformation.AccountMoved,
        certification.CertificateIssued,
        certification.CertificateStatusChanged,
        certification.IncidentOpened,
        certification.IncidentClosed,
        certification.PolicyPublished,
        certification.VerificationPerformed,
    )
}

RESERVED: Final = frozenset(
    {
        "log.rules",
        "log.trust",
        "log.key_changed",
        "log.vetoed",
        "log.operated",
        "party.rekeyed",
        "key.rotated",
        "key.revoked",
        "key.compromised",
        "tag.voided",
        "lot.purchased",
        "lot.transferred_out",
        "lot.transferred_in",
        "account.closed",
        "certificate.reaffirmed",
        "incident.updated",
        "record.corrected",
        "record.annulled",
        "record.disputed",
        "record.conflict",
        "record.withdrawn",
        "tax.paid",
    }
)

_CODES: Final = {
    "extra_forbidden": ("form.unknown_member", "a member that this type does not have"),
    "missing": ("form.missing_member", "a member that this type needs is missing"),
}


def read_body(payload: Payload) -> Body:
    """Read a payload's body as its type; FormError or Refused with a pointer into the payload, never an echo."""
    kind = TYPES.get(payload.type)
    if kind is None:
        refuse("event.reserved_type" if payload.type in RESERVED else "event.unknown_type", "/type")
    try:
        body = kind.model_validate(payload.body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        pointer = "/payload/body" + "".join(f"/{_escape(str(step))}" for step in first["loc"])
        code, detail = _CODES.get(first["type"], ("form.value", first["msg"]))
        raise FormError(code, detail, pointer=pointer) from None
    if payload.commitments and not payload.commitments.keys() <= kind.committed:
        raise FormError(
            "form.commitment",
            "a field that this type does not let travel as a commitment",
            pointer="/payload/commitments",
        )
    return body


def _escape(step: str) -> str:
    """A JSON pointer's reference token (RFC 6901 section 3), cut where it is the sender's own long text."""
    return step.replace("~", "~0").replace("/", "~1")[:64]
