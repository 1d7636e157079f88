"""The sentences that claims give as reasons, whole, in English and French; never glued from parts.

A phrase is formatted with the values of its reason: integers with units in their names, subjects, posts, dates; `mass`
is the reason's `mass_g` in tonnes or kilograms.
Example: `custody.no_receiver_at` with post CD-GOMA says "No receiver's signature at CD-GOMA: the tender stands open."
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Phrase(NamedTuple):
    """One sentence in both languages."""

    en: str
    fr: str


PHRASES: Final[dict[str, Phrase]] = {
    "lot.absent": Phrase(
        "The log proves that no lot of this name exists.",
        "Le registre prouve qu'aucun lot de ce nom n'existe.",
    ),
    "lot.unknown": Phrase(
        "The lot's events cannot be followed to the end, so that its mass and custody are not known.",
        "Les événements du lot ne peuvent être suivis jusqu'au bout : sa masse et sa possession sont inconnues.",
    ),
    "bundle.not_followed": Phrase(
        "Not in this bundle, or not to be followed to the end: {subject}.",
        "Absent de ce dossier, ou impossible à suivre jusqu'au bout : {subject}.",
    ),
    "bundle.in_doubt": Phrase(
        "An event on this subject cannot be decided from this bundle: {subject}.",
        "Un événement sur ce sujet ne peut être tranché avec ce dossier : {subject}.",
    ),
    "claim.broken": Phrase(
        "The log holds an event that its own rules refuse, and this claim rests on it.",
        "Le registre contient un événement que ses propres règles refusent, et ce point repose sur lui.",
    ),
    "claim.no_mirror": Phrase(
        "No mirror has replayed the rules, so that the operator alone attests that nothing else happened.",
        "Aucun miroir n'a rejoué les règles : l'opérateur seul atteste que rien d'autre ne s'est produit.",
    ),
    "claim.other_events": Phrase(
        "Signed events that are not in the log were taken into account; they can only lower this.",
        "Des événements signés absents du registre ont été pris en compte ; ils ne peuvent qu'affaiblir ce point.",
    ),
    "origin.recycled": Phrase(
        "All of it is recycled, so that no mine answers for it.",
        "Tout est recyclé : aucune mine n'en répond.",
    ),
    "origin.site": Phrase(
        "Mined at a registered site: {site}.",
        "Extrait sur un site enregistré : {site}.",
    ),
    "origin.share": Phrase(
        "{mass} of dry mass from {origin}.",
        "{mass} de masse sèche de {origin}.",
    ),
    "origin.unknown": Phrase(
        "{mass} of dry mass are of unknown origin.",
        "{mass} de masse sèche sont d'origine inconnue.",
    ),
    "origin.country_only": Phrase(
        "{mass} of dry mass come from {country}, from no registered site.",
        "{mass} de masse sèche viennent de {country}, d'aucun site enregistré.",
    ),
    "origin.cut_off": Phrase(
        "{mass} of dry mass come from a lot that is not in this bundle: {subject}.",
        "{mass} de masse sèche viennent d'un lot absent de ce dossier : {subject}.",
    ),
    "origin.in_doubt": Phrase(
        "How this began or was booked cannot be decided from this bundle: {subject}.",
        "Son début ou son écriture ne peut être tranché avec ce dossier : {subject}.",
    ),
    "origin.no_score": Phrase(
        "This release computes no score of declared mass against inspected capacity.",
        "Cette version ne compare pas la masse déclarée à la capacité inspectée du site.",
    ),
    "sale.allowed": Phrase(
        "The status of {site} was judged at each first sale.",
        "Le statut de {site} a été jugé à chaque première vente.",
    ),
    "sale.not_yet": Phrase(
        "Not sold yet; the status of {site} allows sale as of the heads.",
        "Pas encore vendu ; le statut de {site} autorise la vente à la date de l'état.",
    ),
    "sale.barred": Phrase(
        "Not sold yet; the status of {site} does not allow sale as of the heads.",
        "Pas encore vendu ; le statut de {site} n'autorise pas la vente à la date de l'état.",
    ),
    "place.none": Phrase(
        "No position was recorded when this lot was mined: {subject}.",
        "Aucune position n'a été relevée à l'extraction de ce lot : {subject}.",
    ),
    "place.inside": Phrase(
        "The recorded position lies in the concession: {subject}.",
        "La position relevée est dans la concession : {subject}.",
    ),
    "place.outside": Phrase(
        "The recorded position or time does not fit the concession: {subject}.",
        "La position ou l'heure relevée ne convient pas à la concession : {subject}.",
    ),
    "custody.never_left": Phrase(
        "It never left its first holder: {party}.",
        "Il n'a jamais quitté son premier détenteur : {party}.",
    ),
    "custody.signed": Phrase(
        "Changes of custody signed by giver and receiver: {count}.",
        "Remises signées par le cédant et le réceptionnaire : {count}.",
    ),
    "custody.no_receiver": Phrase(
        "No receiver's signature: the tender stands open.",
        "Signature du réceptionnaire absente : l'offre de remise reste ouverte.",
    ),
    "custody.no_receiver_at": Phrase(
        "No receiver's signature at {post}: the tender stands open.",
        "Signature du réceptionnaire absente à {post} : l'offre de remise reste ouverte.",
    ),
    "seal.none": Phrase(
        "It was sent on its way without recorded seals.",
        "Il a été expédié sans scellés enregistrés.",
    ),
    "seal.open": Phrase(
        "A seal was broken on the record, and none was put on since.",
        "Un scellé a été rompu de façon déclarée, et aucun n'a été posé depuis.",
    ),
    "seal.not_seen": Phrase(
        "Seals that nobody has recorded as whole since the last was put on: {count}.",
        "Scellés que personne n'a constatés intacts depuis la dernière pose : {count}.",
    ),
    "seal.replaced": Phrase(
        "Seals were broken on the record and replaced by those who signed for it.",
        "Des scellés ont été rompus de façon déclarée et remplacés par les signataires.",
    ),
    "seal.same": Phrase(
        "Seals put on and later seen whole: {count}.",
        "Scellés posés puis constatés intacts : {count}.",
    ),
    "route.none": Phrase(
        "It was not sent anywhere.",
        "Il n'a été expédié nulle part.",
    ),
    "route.no_corridor": Phrase(
        "No corridor of this name is known: {corridor}.",
        "Aucun corridor de ce nom n'est connu : {corridor}.",
    ),
    "route.planned": Phrase(
        "The corridor {corridor} is planned and does not operate.",
        "Le corridor {corridor} est en projet et n'est pas en service.",
    ),
    "route.off_corridor": Phrase(
        "Start, destination or mode of transport is not that of the corridor {corridor}.",
        "Départ, destination ou mode de transport n'est pas celui du corridor {corridor}.",
    ),
    "route.out_of_order": Phrase(
        "It was seen at a place, or in an order, that is not that of the corridor {corridor}.",
        "Il a été vu en un lieu, ou dans un ordre, qui n'est pas celui du corridor {corridor}.",
    ),
    "route.possible": Phrase(
        "Seen along the corridor {corridor} in the order of its posts.",
        "Vu le long du corridor {corridor} dans l'ordre de ses postes.",
    ),
    "border.none": Phrase(
        "No border lies on its recorded way.",
        "Aucune frontière sur son trajet enregistré.",
    ),
    "border.unknown_way": Phrase(
        "Start and destination are in two countries and on no corridor that says which borders lie between.",
        "Départ et destination sont dans deux pays, sans corridor qui indique les frontières à passer.",
    ),
    "border.no_exit": Phrase(
        "Customs of {country} have recorded no exit.",
        "La douane de {country} n'a enregistré aucune sortie.",
    ),
    "border.no_entry": Phrase(
        "Customs of {country} have recorded no entry.",
        "La douane de {country} n'a enregistré aucune entrée.",
    ),
    "border.both": Phrase(
        "Exit from {country} and entry into {next_country} are recorded by customs of both.",
        "Sortie de {country} et entrée en {next_country} enregistrées par les deux douanes.",
    ),
    "mass.once": Phrase(
        "No second party has weighed it, so that nothing can be compared.",
        "Aucune seconde partie ne l'a pesé : rien ne peut être comparé.",
    ),
    "mass.compared": Phrase(
        "Weighings of two parties that were compared: {count}.",
        "Pesées de deux parties qui ont été comparées : {count}.",
    ),
    "certificate.none": Phrase(
        "No certificate was issued for this lot.",
        "Aucun certificat n'a été délivré pour ce lot.",
    ),
    "certificate.not_used": Phrase(
        "The lot was exported without a certificate.",
        "Le lot a été exporté sans certificat.",
    ),
    "certificate.issued": Phrase(
        "Issued by two officers of {certifier}, accredited by {introducers}.",
        "Délivré par deux agents de {certifier}, accrédité par {introducers}.",
    ),
    "certificate.used": Phrase(
        "Used once, by this lot's export; valid until {until}.",
        "Utilisé une fois, pour l'exportation de ce lot ; valable jusqu'au {until}.",
    ),
    "certificate.in_force": Phrase(
        "Not used yet; valid until {until}.",
        "Pas encore utilisé ; valable jusqu'au {until}.",
    ),
    "certificate.lapsed": Phrase(
        "The certificate was not used and ran out on {until}.",
        "Le certificat n'a pas été utilisé et a expiré le {until}.",
    ),
    "certificate.early": Phrase(
        "The certificate is not valid before {begins}.",
        "Le certificat n'est pas valable avant le {begins}.",
    ),
    "certificate.inspected": Phrase(
        "The certifier says that it inspected the goods on {date}; it never held them.",
        "Le certificateur dit avoir inspecté la marchandise le {date} ; il ne l'a jamais détenue.",
    ),
    "certificate.not_inspected": Phrase(
        "The certificate names no inspection before it was issued.",
        "Le certificat ne mentionne aucune inspection avant sa délivrance.",
    ),
    "certificate.not_assessed": Phrase(
        "The certificate names no assessment.",
        "Le certificat ne mentionne aucune évaluation.",
    ),
    "assessment.passed": Phrase(
        "Assessed against {framework} {version} on {date}: conforms.",
        "Évalué selon {framework} {version} le {date} : conforme.",
    ),
    "assessment.conditions": Phrase(
        "Assessed against {framework} {version} on {date}: conforms with conditions.",
        "Évalué selon {framework} {version} le {date} : conforme sous conditions.",
    ),
    "assessment.failed": Phrase(
        "Assessed against {framework} {version} on {date}: does not conform.",
        "Évalué selon {framework} {version} le {date} : non conforme.",
    ),
    "incident.none": Phrase(
        "No critical incident stands on the lot, its ancestors or their sites.",
        "Aucun incident critique ne pèse sur le lot, ses ascendants ou leurs sites.",
    ),
    "incident.closed": Phrase(
        "A critical incident was opened and has been closed.",
        "Un incident critique a été ouvert, puis clos.",
    ),
    "incident.open_at_issue": Phrase(
        "A critical incident was open when the certificate was issued.",
        "Un incident critique était ouvert à la délivrance du certificat.",
    ),
    "value.no_prices": Phrase(
        "This release records no prices.",
        "Cette version n'enregistre pas de prix.",
    ),
    "value.no_receipts": Phrase(
        "This release records no receipts of taxes and royalties.",
        "Cette version n'enregistre pas de quittances de taxes et redevances.",
    ),
    "policy.not_exported": Phrase(
        "It has not been exported.",
        "Il n'a pas été exporté.",
    ),
    "policy.no_ban": Phrase(
        "Export bans announced in the log were judged at the export; it knows no quotas and permits.",
        "Les interdictions annoncées au registre ont été jugées à l'exportation ; il ignore quotas et permis.",
    ),
    "record.not_in_bundle": Phrase(
        "This belongs to the lot's record and is not in the bundle: {subject}.",
        "Ceci relève de l'historique du lot et manque au dossier : {subject}.",
    ),
    "record.statement_broken": Phrase(
        "The rules refuse the genesis or the statement of heads on which this bundle rests.",
        "Les règles refusent la genèse ou l'état des têtes sur lequel ce dossier repose.",
    ),
    "record.anchored": Phrase(
        "Witnesses have bounded the time of the checkpoint.",
        "Des témoins ont borné l'heure de l'état signé.",
    ),
    "record.not_anchored": Phrase(
        "No quorum of witnesses bounds the time of the checkpoint.",
        "Aucun quorum de témoins ne borne l'heure de l'état signé.",
    ),
    "record.nobody_examined": Phrase(
        "Nobody has put an examination of this lot on record.",
        "Personne n'a consigné d'examen de ce lot.",
    ),
    "record.examined": Phrase(
        "Examined by {party} as of size {size}.",
        "Examiné par {party} à la taille {size}.",
    ),
}

NOT_CHECKED: Final = (
    Phrase(
        "What is physically in the bags, wagons or holds.",
        "Le contenu réel des sacs, des wagons ou des cales.",
    ),
    Phrase(
        "Whether what was declared, measured or inspected was true when it was signed.",
        "La véracité de ce qui a été déclaré, mesuré ou inspecté au moment de la signature.",
    ),
    Phrase(
        "Who held a key: a signature shows that the key signed, not whose hand it was.",
        "Qui tenait une clé : une signature montre que la clé a signé, pas quelle main.",
    ),
    Phrase(
        "What happened after the time above, and what nobody recorded.",
        "Ce qui s'est passé après l'heure ci-dessus, et ce que personne n'a enregistré.",
    ),
    Phrase(
        "Prices, taxes, quotas and permits, which this release does not read.",
        "Prix, taxes, quotas et permis, que cette version ne lit pas.",
    ),
)
"""What no report of this release says anything about."""
