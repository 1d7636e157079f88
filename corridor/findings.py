"""What the log holds that a reader should know: findings, each a value with a code, never an error.

A finding refutes a claim, weakens it, holds the lot, or is a note. They decide no state, so they may improve from
release to release under a version of their own (PROTOCOL section 1.6). English and French sentences stand here,
whole, and are formatted with the finding's values.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

FINDINGS_VERSION: Final = 1

Effect = Literal["refutes", "weakens", "holds", "notes"]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a code means: its rule, what it does to which claims, and its two sentences."""

    rule: str
    effect: Effect
    claims: tuple[str, ...]
    en: str
    fr: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact worth saying about one event; `values` fill the sentence (integers with units in their names)."""

    code: str
    index: int
    event_id: str
    subject: str = ""
    values: dict[str, str | int] = field(default_factory=dict)

    @property
    def kind(self) -> Kind:
        """What the code means."""
        return CATALOGUE[self.code]

    def sentence(self, lang: str) -> str:
        """Say it in English (`en`) or French (`fr`)."""
        return (self.kind.fr if lang == "fr" else self.kind.en).format(**self.values)


CATALOGUE: Final[dict[str, Kind]] = {
    "time.claimed_outside": Kind(
        "R4",
        "notes",
        (),
        "The claimed time lies outside the interval that the log proves; its nearer end counts.",
        "L'heure déclarée sort de l'intervalle prouvé par le registre ; sa borne la plus proche compte.",
    ),
    "time.late": Kind(
        "R4",
        "notes",
        (),
        "Recorded {delay_h} h after the claimed time; more than a week is worth a question.",
        "Enregistré {delay_h} h après l'heure déclarée ; au-delà d'une semaine, il faut demander pourquoi.",
    ),
    "handover.gain_warned": Kind(
        "R6",
        "weakens",
        ("T5",),
        "The receiver weighed {change_g} g more dry mass than the giver; nothing honest gains mass.",
        "Le réceptionnaire a pesé {change_g} g de masse sèche de plus que le cédant ; rien d'honnête ne gagne.",
    ),
    "handover.mass_gained": Kind(
        "R6",
        "refutes",
        ("T5",),
        "The receiver weighed {change_g} g more dry mass than the giver, beyond the limit for a gain.",
        "Le réceptionnaire a pesé {change_g} g de masse sèche de plus que le cédant, au-delà de la limite.",
    ),
    "handover.mass_lost": Kind(
        "R6",
        "refutes",
        ("T5",),
        "The receiver weighed {change_g} g of dry mass against the giver's, beyond the limit for a loss.",
        "Le réceptionnaire a pesé {change_g} g de masse sèche par rapport au cédant, au-delà de la limite.",
    ),
    "outturn.mass_differs": Kind(
        "R6",
        "refutes",
        ("T5",),
        "The importer's outturn differs from the exported dry mass by {change_g} g, beyond the limits.",
        "La réception par l'importateur s'écarte de {change_g} g de la masse sèche exportée, hors limites.",
    ),
    "outturn.metal_short": Kind(
        "R7",
        "refutes",
        ("T5",),
        "The importer's assay found {found_mg} mg of {analyte} where the papers said {stated_mg} mg.",
        "L'analyse de l'importateur a trouvé {found_mg} mg de {analyte} ; les documents en annonçaient {stated_mg} mg.",
    ),
    "certificate.too_long": Kind(
        "R11",
        "refutes",
        ("K2",),
        "The certificate is valid for {days} days; the limit is {limit_days}.",
        "Le certificat est valable {days} jours ; la limite est de {limit_days}.",
    ),
    "certificate.expired": Kind(
        "R11",
        "refutes",
        ("K2",),
        "The certificate was not valid when the export consumed it.",
        "Le certificat n'était pas valable au moment de l'exportation.",
    ),
    "certificate.over_mass": Kind(
        "R11",
        "refutes",
        ("K2",),
        "The exported dry mass exceeds the certified maximum by {excess_g} g.",
        "La masse sèche exportée dépasse de {excess_g} g le maximum certifié.",
    ),
    "certificate.withdrawn": Kind(
        "R20",
        "refutes",
        ("K2",),
        "The certificate was withdrawn on {date}.",
        "Le certificat a été retiré le {date}.",
    ),
    "certificate.suspended": Kind(
        "R20",
        "holds",
        ("K2",),
        "The certificate is suspended since {date}.",
        "Le certificat est suspendu depuis le {date}.",
    ),
    "certificate.stale_head": Kind(
        "R11",
        "weakens",
        ("K1", "K2"),
        "The lot changed after the certificate saw it; it must be reaffirmed.",
        "Le lot a changé après l'établissement du certificat ; celui-ci doit être réaffirmé.",
    ),
    "site.unlawful_sale": Kind(
        "R16",
        "refutes",
        ("O2",),
        "At the claimed time the site's status did not allow sale.",
        "À l'heure déclarée, le statut du site n'autorisait pas la vente.",
    ),
    "site.sale_held": Kind(
        "R16",
        "holds",
        ("O2",),
        "The sale is dated before the site's status changed, but was recorded after: it is held.",
        "La vente est datée d'avant le changement de statut du site mais enregistrée après : elle est retenue.",
    ),
    "site.sale_consistent": Kind(
        "R16",
        "weakens",
        ("O2",),
        "The site's status allowed sale from the claimed time on, but not throughout the proven interval.",
        "Le statut du site autorisait la vente dès l'heure déclarée, mais pas sur tout l'intervalle prouvé.",
    ),
    "licence.not_valid": Kind(
        "R16",
        "refutes",
        ("O1",),
        "At the claimed time the site's licence was not valid.",
        "À l'heure déclarée, la licence du site n'était pas valable.",
    ),
    "licence.not_operator": Kind(
        "R16",
        "refutes",
        ("O1",),
        "The party that declared the lot is not among the site's registered operators.",
        "La partie qui a déclaré le lot n'est pas parmi les exploitants enregistrés du site.",
    ),
    "tag.other_site": Kind(
        "R10",
        "refutes",
        ("O1",),
        "A tag used on the lot was issued for another site.",
        "Une étiquette utilisée sur le lot a été délivrée pour un autre site.",
    ),
    "licence.held": Kind(
        "R16",
        "holds",
        ("O1",),
        "The site's licence was valid at the claimed time, but not up to the record: it is held.",
        "La licence du site était valable à l'heure déclarée, mais plus à l'enregistrement : le lot est retenu.",
    ),
    "licence.consistent": Kind(
        "R16",
        "weakens",
        ("O1",),
        "The site's licence was valid from the claimed time on, but not throughout the proven interval.",
        "La licence du site était valable dès l'heure déclarée, mais pas sur tout l'intervalle prouvé.",
    ),
    "policy.banned": Kind(
        "R16",
        "refutes",
        ("V4",),
        "A ban was in force at the claimed time of the export.",
        "Une interdiction était en vigueur à l'heure déclarée de l'exportation.",
    ),
    "policy.ban_held": Kind(
        "R16",
        "holds",
        ("V4",),
        "The export is dated before a ban and was recorded after it began: it is held.",
        "L'exportation est datée d'avant une interdiction et enregistrée après son début : elle est retenue.",
    ),
    "policy.ban_consistent": Kind(
        "R16",
        "weakens",
        ("V4",),
        "No ban was in force from the claimed time on, but one was within the proven interval.",
        "Aucune interdiction dès l'heure déclarée, mais une était en vigueur dans l'intervalle prouvé.",
    ),
    "incident.open": Kind(
        "R18",
        "holds",
        ("K5",),
        "A critical incident is open on the lot, its site or an ancestor.",
        "Un incident critique est ouvert sur le lot, son site ou un ascendant.",
    ),
    "party.suspended": Kind(
        "R20",
        "weakens",
        ("K1",),
        "A party that certified is suspended as of the heads.",
        "Une partie ayant certifié est suspendue à la date de l'état.",
    ),
    "seal.broken": Kind(
        "R13",
        "refutes",
        ("T2",),
        "A seal was found broken, or another was found in its place.",
        "Un scellé a été trouvé rompu, ou remplacé par un autre.",
    ),
    "incident.moved_on": Kind(
        "R18",
        "notes",
        ("K5",),
        "The lot was handed over or exported while a critical incident held it.",
        "Le lot a été remis ou exporté alors qu'un incident critique le retenait.",
    ),
    "introducer.suspended": Kind(
        "R20",
        "weakens",
        ("K1",),
        "A party that accredited the certifier is suspended as of the heads.",
        "Une partie ayant accrédité le certificateur est suspendue à la date de l'état.",
    ),
    "authority.broken": Kind(
        "R3",
        "refutes",
        (),
        "The log holds an event whose signers were not entitled to it ({refusal}); what rests on it is refuted.",
        "Le registre contient un événement que ses signataires n'avaient pas le droit d'écrire ({refusal}) ; "
        "ce qui repose sur lui est contredit.",
    ),
    "rule.broken": Kind(
        "R5",
        "refutes",
        (),
        "The log holds an event that its own rules refuse ({refusal}); what rests on it is refuted.",
        "Le registre contient un événement que ses propres règles refusent ({refusal}) ; "
        "ce qui repose sur lui est contredit.",
    ),
    "event.unreadable": Kind(
        "R1",
        "notes",
        (),
        "The log holds an event of a type that this release cannot read; what rests on it is not shown.",
        "Le registre contient un événement d'un type que cette version ne sait pas lire ; "
        "ce qui repose sur lui n'est pas démontré.",
    ),
    "trust.distrusted": Kind(
        "R3",
        "notes",
        (),
        "The trust file no longer believes a signer of this event; what rests on it is not shown.",
        "Le fichier de confiance ne croit plus un signataire de cet événement ; "
        "ce qui repose sur lui n'est pas démontré.",
    ),
    "also.conflict": Kind(
        "R2",
        "weakens",
        ("T1",),
        "A key signed this hand-over and another one, outside the log, of the same lot to another receiver.",
        "Une clé a signé cette remise et une autre, hors registre, du même lot à un autre réceptionnaire.",
    ),
    "rules.other_set": Kind(
        "R1",
        "weakens",
        ("O1", "O2", "O4", "O5", "T1", "T2", "T3", "T4", "T5", "K1", "K2", "K3", "K5", "V4"),
        "The log names a rule set that this release does not have, so that its events cannot be judged.",
        "Le registre désigne un jeu de règles absent de cette version : ses événements ne peuvent être jugés.",
    ),
}
