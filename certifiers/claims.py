"""The 21 claims (DOMAIN section 2) and how one is settled: its decider's opinion, then whatever weakens it.

CLAIMS is the list; the deciders stand by stage in claims_origin, claims_transit, claims_certification and
claims_record. Nothing below can strengthen an opinion: a rule that the log broke and a refuting finding refute it, a
weakening or holding one lowers it, and where no mirror has cosigned, a claim that needs an absence is at most attested
by the operator (PROTOCOL section 9).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from certifiers import claims_certification as certification
from certifiers import claims_origin as origin
from certifiers import claims_record as record
from certifiers import claims_transit as transit
from certifiers.case import Case
from certifiers.extent import NOTHING
from certifiers.outcome import Claim, Opinion, Outcome, Status, because, weaker
from certifiers.replay import Judged, Ruling
from certifiers.rollup import SHOWN
from corridor.findings import Finding
from corridor.states import LogState
from corridor.world import LOG

NOT_UNTIL_MENDED: Final = frozenset(
    {"certificate.stale_head", "party.suspended", "introducer.suspended", "also.conflict", "rules.other_set"}
)
"""Weakening findings that leave nothing to show until somebody mends what they say."""

CLAIMS: Final[dict[str, Claim]] = {
    claim.code: claim
    for claim in (
        Claim(
            "O1",
            "Declared at a registered site, under a valid licence",
            "Déclaré sur un site enregistré, sous une licence valable",
            origin.site_and_licence,
            rests_on=origin.BEGINNINGS,
        ),
        Claim(
            "O2",
            "The site's status allowed sale on that date",
            "Le statut du site autorisait la vente à cette date",
            origin.sale_allowed_by_status,
            absence=True,
            rests_on=origin.BEGINNINGS | origin.FIRST_SALES | {"site.inspected"},
        ),
        Claim(
            "O3",
            "Declared mass plausible for that site",
            "Masse déclarée plausible pour ce site",
            origin.plausible_mass,
        ),
        Claim(
            "O4",
            "Origin shares by site and country, the unknown share shown",
            "Parts d'origine par site et pays, part inconnue indiquée",
            origin.origin_shares,
            rests_on=origin.BOOKINGS,
        ),
        Claim(
            "O5",
            "Place and time of the first record lie in the concession",
            "Lieu et heure du premier enregistrement dans la concession",
            origin.within_concession,
            rests_on=origin.BEGINNINGS,
        ),
        Claim(
            "T1",
            "Unbroken custody: each hand-over signed by giver and receiver",
            "Chaîne de possession continue : chaque remise signée des deux parties",
            transit.unbroken_custody,
            absence=True,
            rests_on=transit.CUSTODY | transit.CHANGES_OF_CUSTODY,
        ),
        Claim(
            "T2",
            "Seal continuity: the seals put on are those seen later",
            "Continuité des scellés : les scellés posés sont ceux constatés ensuite",
            transit.seal_continuity,
            absence=True,
            rests_on=transit.SEALS,
        ),
        Claim(
            "T3",
            "Route and times possible, on a declared corridor",
            "Trajet et durées possibles, sur un corridor déclaré",
            transit.possible_route,
            rests_on=transit.MOVEMENTS,
        ),
        Claim(
            "T4",
            "Border crossings recorded on both sides",
            "Passages de frontière enregistrés des deux côtés",
            transit.border_crossings,
            rests_on=transit.MOVEMENTS,
        ),
        Claim(
            "T5",
            "Mass, moisture and grade changes within tolerance",
            "Variations de masse, d'humidité et de teneur dans les tolérances",
            transit.changes_in_tolerance,
            rests_on=transit.WEIGHINGS,
        ),
        Claim(
            "K1",
            "Certificate by an accredited authority, by two different persons",
            "Certificat d'une autorité accréditée, par deux personnes différentes",
            certification.issued_by_accredited,
            rests_on=certification.ISSUES,
        ),
        Claim(
            "K2",
            "Certificate unexpired, not withdrawn, used by one lot, mass within it",
            "Certificat non expiré, non retiré, utilisé par un seul lot, masse couverte",
            certification.in_force_and_used_once,
            absence=True,
            rests_on=certification.USES,
        ),
        Claim(
            "K3",
            "Inspected before certification, by a certifier independent of the holders",
            "Inspecté avant certification, par un certificateur indépendant des détenteurs",
            certification.inspected_and_independent,
            rests_on=certification.ISSUES,
        ),
        Claim(
            "K4",
            "ESG assessment against a framework version, with date and result",
            "Évaluation ESG selon une version du référentiel, avec date et résultat",
            certification.assessed_by_framework,
            rests_on=certification.ISSUES,
        ),
        Claim(
            "K5",
            "No open critical incident upstream",
            "Aucun incident critique ouvert en amont",
            certification.no_critical_incident,
            absence=True,
            rests_on=certification.INCIDENTS,
        ),
        Claim(
            "V1",
            "Share of value added in Africa",
            "Part de la valeur ajoutée en Afrique",
            record.value_added_in_africa,
        ),
        Claim(
            "V2",
            "Taxes and royalties paid, with receipt",
            "Taxes et redevances payées, avec quittance",
            record.dues_paid,
        ),
        Claim(
            "V3",
            "Unit price not below the reference of that stage and date",
            "Prix unitaire non inférieur à la référence de ce stade et de cette date",
            record.price_above_reference,
        ),
        Claim(
            "V4",
            "Within quota, ban and permit on that date",
            "Conforme aux quotas, interdictions et permis à cette date",
            record.within_bans,
            absence=True,
            rests_on=record.EXPORTS,
        ),
        Claim(
            "G1",
            "The record is complete: nothing removed, rewritten or left out",
            "L'historique est complet : rien d'ôté, de réécrit ni d'omis",
            record.record_is_complete,
            absence=True,
        ),
        Claim(
            "G2",
            "Who examined what, and when",
            "Qui a examiné quoi, et quand",
            record.examined_by_others,
            rests_on=record.VERIFICATIONS,
        ),
    )
}


def decide(case: Case) -> tuple[Outcome, ...]:
    """Settle all claims of a case, in the order of CLAIMS."""
    return tuple(_settle(case, claim) for claim in CLAIMS.values())


def is_held(case: Case) -> bool:
    """Tell whether a finding holds the lot."""
    return any(finding.kind.effect == "holds" for finding in case.findings)


def _settle(case: Case, claim: Claim) -> Outcome:
    if case.lot is None:
        absent = case.examined.lot in case.examined.absent
        reason = because("lot.absent" if absent else "lot.unknown")
        opinion = Opinion(Status.NOT_SHOWN, NOTHING, (reason,))
    else:
        opinion = claim.decide(case)
    broken = _broken(case, claim)
    against = [finding for finding in case.findings if claim.code in finding.kind.claims]
    if broken:
        opinion = replace(opinion, reasons=(because("claim.broken", *broken), *opinion.reasons))
    opinion = replace(opinion, status=_lowered(opinion, against, refuted=bool(broken)))
    if claim.absence:
        opinion = _without_mirror(case, opinion)
    if opinion.status in SHOWN and opinion.extent.is_empty:
        opinion = replace(opinion, status=Status.NOT_SHOWN)
    shown = opinion.status in SHOWN or opinion.status is Status.NOT_APPLICABLE
    return Outcome(
        claim.code,
        opinion.status,
        opinion.extent if shown else opinion.extent.nothing(),
        opinion.reasons,
        opinion.by if opinion.status is Status.ATTESTED else (),
        tuple(sorted((finding.code, finding.index) for finding in against)),
    )


def _broken(case: Case, claim: Claim) -> list[Judged]:
    """The events of this lot that the claim rests on and that the log's own rules refuse."""
    ours = (case.replay.judged[index] for index in sorted(case.indexes))
    return [event for event in ours if event.ruling is Ruling.BROKEN and event.type in claim.rests_on]


def _lowered(opinion: Opinion, against: list[Finding], *, refuted: bool) -> Status:
    effects = {finding.kind.effect for finding in against}
    if refuted or "refutes" in effects:
        return Status.REFUTED
    if opinion.status is Status.NOT_APPLICABLE:
        return opinion.status
    if "holds" in effects or any(finding.code in NOT_UNTIL_MENDED for finding in against):
        return weaker(opinion.status, Status.NOT_SHOWN)
    return weaker(opinion.status, Status.CONSISTENT) if "weakens" in effects else opinion.status


def _without_mirror(case: Case, opinion: Opinion) -> Opinion:
    """At most attested by the operator where no mirror has replayed the rules."""
    if case.examined.quorum.mirrors or opinion.status not in {Status.PROVED, Status.CONSISTENT}:
        return opinion
    log = case.state(LOG)
    by = (*opinion.by, log.operator) if isinstance(log, LogState) else opinion.by
    reasons = (*opinion.reasons, because("claim.no_mirror"))
    return replace(opinion, status=Status.ATTESTED, reasons=reasons, by=tuple(sorted(set(by))))
