"""Certification: certificates and their status, incidents, policies, and verifications on the record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, model_validator

from corridor.body import Act, Body, Slot, accredited, beginner, found, has_role, key_of
from corridor.custody import filed_by, signed_on_chain
from corridor.findings import Finding
from corridor.measures import (
    LAX,
    SET,
    Code,
    Country,
    Digest,
    Document,
    HsCode,
    KeyText,
    LotId,
    Part,
    PositiveGrams,
    Time,
    check_order,
    items,
)
from corridor.policies import DAY_MS, LIMITS
from corridor.refusals import refuse
from corridor.states import CertificateState, IncidentState, PolicyNotice, PolicyState, State
from corridor.vocabulary import IncidentClass, Role
from corridor.world import LOG
from ledger.payload import Signer
from ledger.subjects import party_of
from ledger.times import parse_time


class Window(Part):
    """A span of time that does not end before it begins."""

    valid_from: Time
    valid_until: Time

    @model_validator(mode="after")
    def _in_order(self) -> Window:
        check_order(self.valid_from, self.valid_until)
        return self


class Inspection(Part):
    """The certifier's look at the goods before it certified."""

    inspected_at: Time
    report: Document


class Assessment(Part):
    """An assessment against a framework of criteria, by version: environment, social, governance."""

    framework: Code
    version: Code
    assessed_at: Time
    result: Literal["conforms", "conforms_with_conditions", "does_not_conform"]
    report: Document


def _issuing_officer(act: Act, subject: str, signer: Signer) -> bool:
    """two officers of the certifier in the certificate's id, accredited for the mineral and country."""
    return signer.party == party_of(subject) and _certifies(act, subject, signer)


_certifies = accredited(Role.CERTIFIER, officer=True)


OFFICERS_OF_A_CERTIFICATE: Final = 2
"""Verifier and validator: two persons, so that one alone cannot make a certificate (rule R12)."""


class CertificateIssued(Body):
    """A certificate for one lot, seen at one head, by two officers of a certifier that never held it."""

    type: ClassVar[str] = "certificate.issued"
    links: ClassVar[Mapping[str, Slot]] = {"certificate": Slot((_issuing_officer,), begins=True)}
    about: ClassVar[Mapping[str, Slot]] = {"lot": Slot((_certifies,))}

    lot: LotId
    lot_head: Digest
    country: Country
    hs: HsCode
    maximum_dry_mass_g: PositiveGrams
    window: Window
    verifier: KeyText
    validator: KeyText
    inspection: Inspection | None = None
    assessment: Assessment | None = None

    def check(self, act: Act) -> None:
        """Refuse another lot or mineral, officers who are one person, and a certifier that held the lot (R12)."""
        lot = act.world.lot(self.lot)
        if list(act.about("lot")) != [self.lot] or lot.hs != self.hs:
            refuse("event.body_disagrees", "/body/lot")
        issuer = party_of(act.only("certificate"))
        keys = {self.verifier, self.validator}
        signing = [signer for signer in act.header.signers if signer.key in keys and signer.party == issuer]
        officers = [key for key in (key_of(act, signer) for signer in signing) if key.duty == "officer"]
        if len({officer.holder for officer in officers}) != OFFICERS_OF_A_CERTIFICATE:
            refuse("certificate.officers", "/body/validator", subject=act.only("certificate"))
        if issuer in lot.holders:
            refuse("certificate.held_lot", "/links/0/subject", subject=self.lot)

    def evolve(self, act: Act) -> Iterator[State]:
        """Begin the certificate."""
        subject = act.only("certificate")
        yield CertificateState(
            subject=subject,
            issuer=party_of(subject),
            lot=self.lot,
            lot_head=self.lot_head,
            maximum_dry_mass_g=self.maximum_dry_mass_g,
            valid_from=parse_time(self.window.valid_from),
            valid_until=parse_time(self.window.valid_until),
        )

    def assess(self, act: Act) -> Iterator[Finding]:
        """Its length (ICGLR: at most 90 days)."""
        days = -(-(parse_time(self.window.valid_until) - parse_time(self.window.valid_from)) // DAY_MS)
        if days > LIMITS.certificate_days:
            yield found(act, "certificate.too_long", self.lot, days=days, limit_days=LIMITS.certificate_days)


def _issuer(act: Act, _subject: str, signer: Signer) -> bool:
    """the certificate's issuer."""
    issuer = party_of(act.only("certificate"))
    return signer.party == issuer and key_of(act, signer).duty in {"party", "officer"}


class CertificateStatusChanged(Body):
    """The issuer suspends, reinstates or withdraws a certificate, also after its use."""

    type: ClassVar[str] = "certificate.status_changed"
    links: ClassVar[Mapping[str, Slot]] = {"certificate": Slot((_issuer,))}
    about: ClassVar[Mapping[str, Slot]] = {"lot": Slot((_issuer,))}

    status: Literal["suspended", "reinstated", "withdrawn"]
    reason: Code

    def check(self, act: Act) -> None:
        """Refuse another lot, any change after a withdrawal, and a reinstatement by who is no certifier any more."""
        certificate = act.world.certificate(act.only("certificate"))
        if list(act.about("lot")) != [certificate.lot]:
            refuse("event.body_disagrees", "/about")
        if certificate.status == "withdrawn":
            refuse("certificate.not_valid", "/links/0/subject", subject=certificate.subject)
        issuer, hs = act.world.party(certificate.issuer), act.world.lot(certificate.lot).hs
        if self.status == "reinstated" and not has_role(issuer, Role.CERTIFIER, act.at, hs=hs):
            refuse("authority.not_entitled", "/body/status", subject=certificate.subject)

    def evolve(self, act: Act) -> Iterator[State]:
        """Change its status."""
        certificate = act.world.certificate(act.only("certificate"))
        status = "issued" if self.status == "reinstated" else self.status
        yield certificate.model_copy(update={"status": status})


_OPENERS = (Role.AUTHORITY, Role.INSPECTOR, Role.INTERMEDIARY, Role.CERTIFIER)


def _opens(act: Act, subject: str, signer: Signer) -> bool:
    """the party in the incident's id, accredited as authority, inspector, intermediary or certifier."""
    return beginner(act, subject, signer) and any(accredited(role)(act, subject, signer) for role in _OPENERS)


_CONCERNED: Mapping[str, Slot] = {
    "lot": Slot((accredited(Role.AUTHORITY),), least=0, most=16),
    "site": Slot((accredited(Role.AUTHORITY),), least=0, most=16),
}


class IncidentOpened(Body):
    """An incident of OECD Annex II; an authority that names lots or sites in `about` holds them while it is open."""

    type: ClassVar[str] = "incident.opened"
    links: ClassVar[Mapping[str, Slot]] = {"incident": Slot((_opens,), begins=True)}
    about: ClassVar[Mapping[str, Slot]] = _CONCERNED
    committed: ClassVar[frozenset[str]] = frozenset({"reporter"})

    incident_class: Annotated[IncidentClass, LAX]
    severity: Literal["critical", "serious", "minor"]

    def evolve(self, act: Act) -> Iterator[State]:
        """Begin the incident, open."""
        subject = act.only("incident")
        yield IncidentState(
            subject=subject, opener=party_of(subject), concerns=act.header.about, severity=self.severity
        )


class IncidentClosed(Body):
    """Its opener closes the incident; an authority names again what it clears."""

    type: ClassVar[str] = "incident.closed"
    links: ClassVar[Mapping[str, Slot]] = {"incident": Slot((_opens,))}
    about: ClassVar[Mapping[str, Slot]] = _CONCERNED

    outcome: Literal["unfounded", "mitigated", "confirmed"]

    def check(self, act: Act) -> None:
        """Refuse to clear something else than what the incident concerns, and to close it again."""
        incident = act.world.incident(act.only("incident"))
        if act.header.about != incident.concerns:
            refuse("event.body_disagrees", "/about", hint="Name exactly what the incident concerns.")
        if incident.status == "closed":
            refuse("event.body_disagrees", "/links/0/subject", hint="It is closed already.")

    def evolve(self, act: Act) -> Iterator[State]:
        """Close it."""
        yield act.world.incident(act.only("incident")).model_copy(update={"status": "closed"})


def _the_authority(act: Act, subject: str, signer: Signer) -> bool:
    """the party in the policy's id, accredited as authority."""
    return beginner(act, subject, signer) and accredited(Role.AUTHORITY)(act, subject, signer)


class PolicyPublished(Body):
    """A dated rule of an authority; its first event stands in the log's file, so that it cannot be left out."""

    type: ClassVar[str] = "policy.published"
    links: ClassVar[Mapping[str, Slot]] = {"policy": Slot((_the_authority,), begins=None)}
    about: ClassVar[Mapping[str, Slot]] = {"log": Slot((accredited(Role.AUTHORITY),), least=0)}

    policy_kind: Literal["ban"]
    country: Country
    countries: Annotated[tuple[Country, ...], items(1, 64), SET]
    minerals: Annotated[tuple[HsCode, ...], items(1, 64), SET]
    window: Window

    def check(self, act: Act) -> None:
        """Refuse a first publication outside of the log's file, a later one in it, and another scope than announced."""
        policy = act.only("policy")
        if act.begins(policy) != (act.header.about == (LOG,)):
            refuse("event.shape", "/about", hint="The first publication, and only it, speaks about `log`.")
        if not act.begins(policy):
            announced = act.world.policy(policy)
            scope = (announced.policy_kind, announced.countries, announced.minerals)
            if scope != (self.policy_kind, self.countries, self.minerals):
                refuse(
                    "event.body_disagrees", "/body", hint="Kind, countries and minerals stay as announced."
                )
        if self.countries != (self.country,):
            refuse("event.body_disagrees", "/body/countries", hint="An authority rules its own country.")

    def evolve(self, act: Act) -> Iterator[State]:
        """Set the policy; announce a new one."""
        subject = act.only("policy")
        yield PolicyState(
            subject=subject,
            authority=party_of(subject),
            policy_kind=self.policy_kind,
            countries=self.countries,
            minerals=self.minerals,
            valid_from=parse_time(self.window.valid_from),
            valid_until=parse_time(self.window.valid_until),
        )
        if act.begins(subject):
            log = act.world.log
            notice = PolicyNotice(
                policy=subject, kind=self.policy_kind, countries=self.countries, minerals=self.minerals
            )
            yield log.model_copy(update={"policies": (*log.policies, notice)})


class VerificationPerformed(Body):
    """An auditor or a buyer says as of which checkpoint it examined the lot, and what came out (claim G2).

    The checkpoint's size and root fix what was looked at; a bundle's own bytes vary with its cosignatures' times.
    """

    type: ClassVar[str] = "verification.performed"
    about: ClassVar[Mapping[str, Slot]] = {
        "lot": Slot((*filed_by(Role.AUDITOR, Role.CERTIFIER).writers, signed_on_chain))
    }

    as_of_root: Digest
    as_of_size: Annotated[int, Field(ge=2)]
    origin: Literal["shown", "shown_in_part", "not_shown", "contradicted", "held"]
    transit: Literal["shown", "shown_in_part", "not_shown", "contradicted", "held"]
    certification: Literal["shown", "shown_in_part", "not_shown", "contradicted", "held"]
