"""The words of the report in English and French: frame, statuses and verdict sentences, whole.

The claims' own names stand in certifiers.claims, their reasons in certifiers.phrases, findings in corridor.findings.
"""

from __future__ import annotations

from typing import Final

from certifiers.outcome import Status

STATUSES: Final[dict[str, dict[Status, str]]] = {
    "en": {
        Status.PROVED: "proved",
        Status.CONSISTENT: "consistent",
        Status.ATTESTED: "attested",
        Status.NOT_SHOWN: "not shown",
        Status.REFUTED: "contradicted",
        Status.NOT_APPLICABLE: "not applicable",
        Status.WITHHELD: "withheld",
    },
    "fr": {
        Status.PROVED: "prouvé",
        Status.CONSISTENT: "cohérent",
        Status.ATTESTED: "attesté",
        Status.NOT_SHOWN: "non démontré",
        Status.REFUTED: "contredit",
        Status.NOT_APPLICABLE: "sans objet",
        Status.WITHHELD: "non communiqué",
    },
}

STANDINGS: Final[dict[str, dict[tuple[str, str], str]]] = {
    "en": {
        ("origin", "shown_mass"): "Origin shown for {share} of the dry mass.",
        ("origin", "shown_metal"): "Origin shown for {share} of the metal.",
        ("origin", "part_mass"): "Origin shown for {share} of the dry mass; the rest is not shown.",
        ("origin", "part_metal"): "Origin shown for {share} of the metal; the rest is not shown.",
        ("origin", "not_shown"): "Origin not shown: see {claims}.",
        ("origin", "contradicted"): "Origin contradicted: see {claims}.",
        ("origin", "held"): "Origin not shown (held): see the findings.",
        ("transit", "shown_mass"): "Transit shown for {share} of the dry mass.",
        ("transit", "shown_metal"): "Transit shown for {share} of the metal.",
        ("transit", "part_mass"): "Transit shown for {share} of the dry mass; the rest is not shown.",
        ("transit", "part_metal"): "Transit shown for {share} of the metal; the rest is not shown.",
        ("transit", "not_shown"): "Transit not shown: see {claims}.",
        ("transit", "contradicted"): "Transit contradicted: see {claims}.",
        ("transit", "held"): "Transit not shown (held): see the findings.",
        ("certification", "shown_mass"): "Certification shown for {share} of the dry mass.",
        ("certification", "shown_metal"): "Certification shown for {share} of the metal.",
        (
            "certification",
            "part_mass",
        ): "Certification shown for {share} of the dry mass; the rest is not shown.",
        (
            "certification",
            "part_metal",
        ): "Certification shown for {share} of the metal; the rest is not shown.",
        ("certification", "not_shown"): "Certification not shown: see {claims}.",
        ("certification", "contradicted"): "Certification contradicted: see {claims}.",
        ("certification", "held"): "Certification not shown (held): see the findings.",
    },
    "fr": {
        ("origin", "shown_mass"): "Origine établie pour {share} de la masse sèche.",
        ("origin", "shown_metal"): "Origine établie pour {share} du métal contenu.",
        (
            "origin",
            "part_mass",
        ): "Origine établie pour {share} de la masse sèche ; le reste n'est pas démontré.",
        (
            "origin",
            "part_metal",
        ): "Origine établie pour {share} du métal contenu ; le reste n'est pas démontré.",
        ("origin", "not_shown"): "Origine non démontrée : voir {claims}.",
        ("origin", "contradicted"): "Origine contredite : voir {claims}.",
        ("origin", "held"): "Origine non démontrée (lot retenu) : voir les constats.",
        ("transit", "shown_mass"): "Transit établi pour {share} de la masse sèche.",
        ("transit", "shown_metal"): "Transit établi pour {share} du métal contenu.",
        (
            "transit",
            "part_mass",
        ): "Transit établi pour {share} de la masse sèche ; le reste n'est pas démontré.",
        (
            "transit",
            "part_metal",
        ): "Transit établi pour {share} du métal contenu ; le reste n'est pas démontré.",
        ("transit", "not_shown"): "Transit non démontré : voir {claims}.",
        ("transit", "contradicted"): "Transit contredit : voir {claims}.",
        ("transit", "held"): "Transit non démontré (lot retenu) : voir les constats.",
        ("certification", "shown_mass"): "Certification établie pour {share} de la masse sèche.",
        ("certification", "shown_metal"): "Certification établie pour {share} du métal contenu.",
        (
            "certification",
            "part_mass",
        ): "Certification établie pour {share} de la masse sèche ; le reste n'est pas démontré.",
        (
            "certification",
            "part_metal",
        ): "Certification établie pour {share} du métal contenu ; le reste n'est pas démontré.",
        ("certification", "not_shown"): "Certification non démontrée : voir {claims}.",
        ("certification", "contradicted"): "Certification contredite : voir {claims}.",
        ("certification", "held"): "Certification non démontrée (lot retenu) : voir les constats.",
    },
}
"""By verdict, and by its standing with what the share is of."""

WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "lot": "Lot {lot} ({code})",
        "see_finding": "See finding {code}, entry {index}.",
        "as_of_quorum": "As of {size} entries, {time} UTC (the witnesses' time)",
        "as_of_heads": "As of {size} entries, {time} UTC (the log's own time)",
        "log": "Log {origin}",
        "witnesses": "Cosigned by {cosigned} of {configured} witnesses, no mirror among them: the operator alone "
        "attests that nothing else happened",
        "witnesses_and_mirrors": "Cosigned by {cosigned} of {configured} witnesses; mirrors: {mirrors}",
        "absent": "The log proves that no lot of this name exists.",
        "origin": "ORIGIN",
        "transit": "TRANSIT",
        "certification": "CERTIFICATION",
        "origin_word": "origin",
        "transit_word": "transit",
        "certification_word": "certification",
        "others": "VALUE AND RECORD",
        "weakest": "Weakest: {status} ({claims}).",
        "by": "Attested by {parties}.",
        "more": "Further reasons, shown by --json: {count}.",
        "findings": "FINDINGS",
        "finding": "({effect}; {code}, entry {index}, event {event}…)",
        "refutes": "contradicts",
        "weakens": "weakens",
        "holds": "holds",
        "notes": "note",
        "rests_on": "RESTS ON",
        "mass": "Booked dry mass: {mass}.",
        "versions": "Rule set {rule_set}, findings {findings}, roll-up {roll_up}.",
        "missing": "Subjects of the record that are not in the bundle: {count}.",
        "also": "Signed events outside the log that were taken into account: {count}.",
        "not_checked": "NOT CHECKED",
        "limits": "Signatures and order were checked up to {time} UTC. What is physically in the bags was not.",
        "not_required": "Not required by this call: {names}.",
        "unmet": "Required and not shown: {names}.",
        "code": "Code: {code}",
        "at_entry": "At entry {index}",
    },
    "fr": {
        "lot": "Lot {lot} ({code})",
        "see_finding": "Voir le constat {code}, entrée {index}.",
        "as_of_quorum": "À {size} entrées, {time} UTC (heure des témoins)",
        "as_of_heads": "À {size} entrées, {time} UTC (heure du registre lui-même)",
        "log": "Registre {origin}",
        "witnesses": "Cosigné par {cosigned} témoins sur {configured}, sans miroir : l'opérateur seul atteste que rien "
        "d'autre ne s'est produit",
        "witnesses_and_mirrors": "Cosigné par {cosigned} témoins sur {configured} ; miroirs : {mirrors}",
        "absent": "Le registre prouve qu'aucun lot de ce nom n'existe.",
        "origin": "ORIGINE",
        "transit": "TRANSIT",
        "certification": "CERTIFICATION",
        "origin_word": "origine",
        "transit_word": "transit",
        "certification_word": "certification",
        "others": "VALEUR ET HISTORIQUE",
        "weakest": "Le plus faible : {status} ({claims}).",
        "by": "Attesté par {parties}.",
        "more": "Autres raisons, données par --json : {count}.",
        "findings": "CONSTATS",
        "finding": "({effect} ; {code}, entrée {index}, événement {event}…)",
        "refutes": "contredit",
        "weakens": "affaiblit",
        "holds": "retient",
        "notes": "note",
        "rests_on": "REPOSE SUR",
        "mass": "Masse sèche inscrite : {mass}.",
        "versions": "Jeu de règles {rule_set}, constats {findings}, synthèse {roll_up}.",
        "missing": "Sujets de l'historique absents du dossier : {count}.",
        "also": "Événements signés hors registre pris en compte : {count}.",
        "not_checked": "NON CONTRÔLÉ",
        "limits": "Signatures et ordre contrôlés jusqu'à {time} UTC. Le contenu réel des sacs ne l'a pas été.",
        "not_required": "Non exigé par cet appel : {names}.",
        "unmet": "Exigé et non démontré : {names}.",
        "code": "Code : {code}",
        "at_entry": "À l'entrée {index}",
    },
}
