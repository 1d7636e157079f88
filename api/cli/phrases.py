"""An event in words, for the person who is about to sign it: what it says, with which masses, about what, as whom.

Pure. Every member of the payload is shown; masses in kg or t, shares in %, places in degrees, with short codes beside
the subjects' ids. Names of members are the protocol's own in both languages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from corridor.quantities import format_mass
from corridor.statements import TYPES
from ledger.chain import GENESIS_PREV
from ledger.payload import Payload
from ledger.subjects import short_code

WIDTH: Final = 22
"""Columns of the labels: the longest usual member is `weight.moisture_ppm`."""

FRAME: Final[dict[str, dict[str, str]]] = {
    "en": {
        "title": "To be signed: {kind}. {says}",
        "log": "in the log",
        "actor": "as",
        "counter": "counter",
        "claimed": "claimed at",
        "after": "not before",
        "begins": "begins",
        "continues": "continues",
        "after_head": "after {head}",
        "about": "speaks about",
        "hidden": "kept secret",
        "hidden_note": "only a commitment is published",
        "signer": "signs",
    },
    "fr": {
        "title": "À signer : {kind}. {says}",
        "log": "dans le registre",
        "actor": "en tant que",
        "counter": "compteur",
        "claimed": "heure déclarée",
        "after": "pas avant",
        "begins": "commence",
        "continues": "poursuit",
        "after_head": "après {head}",
        "about": "porte sur",
        "hidden": "tenu secret",
        "hidden_note": "seul un engagement est publié",
        "signer": "signe",
    },
}

FRENCH: Final[dict[str, str]] = {
    "log.genesis": "Entrée 0 : racines, opérateur et premiers introducteurs, et ce qui reste fixé à jamais.",
    "log.heads": "L'opérateur atteste la tête et le dossier de chaque sujet.",
    "party.incepted": "Une partie commence, signée de sa clé, admise par un introducteur ou par les racines.",
    "party.accredited": "Un rôle pour des minerais et des pays, sur une période.",
    "party.status_changed": "Une partie est suspendue (elle perd ses rôles, jamais la garde) ou rétablie.",
    "key.added": "La clé d'un appareil ou d'un agent rejoint une partie.",
    "site.registered": "Un site minier entre au registre de son autorité.",
    "site.inspected": "Un inspecteur fixe le statut du site.",
    "tag.issued": "Un bloc d'étiquettes numérotées pour un site, remis à un détenteur.",
    "lot.extracted": "Un lot est extrait d'un site enregistré et pesé pour la première fois.",
    "lot.declared": "Un lot vient d'ailleurs : recyclé, d'un pays sans site enregistré, ou d'origine inconnue.",
    "lot.measured": "Une pesée ou une analyse.",
    "lot.sealed": "Des scellés posés, constatés intacts ou trouvés rompus.",
    "lot.dispatched": "Le détenteur met le lot en route le long d'un corridor.",
    "lot.stored": "Le détenteur entrepose le lot à un poste.",
    "loss.recorded": "Le détenteur enregistre une perte de masse sèche, avec son métal.",
    "post.passed": "Des lots passent un poste de contrôle.",
    "border.crossed": "La douane constate une sortie ou une entrée.",
    "lot.tendered": "Le détenteur offre le lot à un réceptionnaire nommé.",
    "lot.accepted": "Le réceptionnaire prend les lots offerts, avec ses propres pesées.",
    "lot.refused": "Le réceptionnaire refuse les lots offerts ; la garde ne change pas.",
    "lot.handed_over": "Cédant et réceptionnaire signent un même acte, avec leurs deux pesées.",
    "lot.exported": "Le détenteur exporte le lot ; son certificat, s'il en a un, est consommé.",
    "lot.received": "L'importateur constate la masse et la teneur reçues.",
    "lot.split": "Un lot en devient plusieurs, de la même marchandise.",
    "lot.merged": "Plusieurs lots en deviennent un, de la même marchandise.",
    "lot.blended": "Plusieurs lots sont mélangés selon une spécification.",
    "lot.processed": "Des lots sont traités : produits, sous-produits et rejets, avec leur récupération.",
    "account.opened": "Un stock ou une usine ouvre son compte selon le modèle du bilan massique.",
    "account.moved": "Un lot entre dans un compte et prend fin, ou en sort et commence.",
    "certificate.issued": "Un certificat pour un lot, par deux agents d'un certificateur.",
    "certificate.status_changed": "L'émetteur suspend, rétablit ou retire un certificat.",
    "incident.opened": "Un incident de l'annexe II de l'OCDE est ouvert.",
    "incident.closed": "L'incident est clos par qui l'a ouvert.",
    "policy.published": "Une règle datée d'une autorité.",
    "verification.performed": "Un auditeur ou un acheteur consigne quel dossier il a examiné, et le résultat.",
}
"""What each type says, in French; in English the type's own docstring says it."""


def says(kind: str, lang: str) -> str:
    """Say in one sentence what an event of a known type means."""
    return FRENCH[kind] if lang == "fr" else (TYPES[kind].__doc__ or "").strip().partition("\n")[0]


def describe(payload: Payload, lang: str) -> list[str]:
    """Return the lines that say what a payload says."""
    frame = FRAME[lang]
    rows = [(frame["log"], payload.log), (frame["actor"], f"{payload.actor}  {short_code(payload.actor)}")]
    rows += [(frame["counter"], str(payload.counter)), (frame["claimed"], payload.claimed_at)]
    if payload.after is not None:
        rows.append((frame["after"], payload.after))
    for link in payload.links:
        begins = link.prev == GENESIS_PREV
        after = "" if begins else "  " + frame["after_head"].format(head=f"{link.prev[:8]}…")
        label = frame["begins" if begins else "continues"]
        rows.append((label, f"{link.subject}  {short_code(link.subject)}{after}"))
    rows += [(frame["about"], f"{subject}  {short_code(subject)}") for subject in payload.about]
    rows += _members(payload.body, "", lang)
    rows += [(frame["hidden"], f"{name}: {frame['hidden_note']}") for name in payload.commitments]
    rows += [(frame["signer"], f"{signer.key} ({signer.party})") for signer in payload.signers]
    title = frame["title"].format(kind=payload.type, says=says(payload.type, lang))
    return [title, *(f"  {label:<{WIDTH}} {text}" for label, text in rows)]


def _members(value: Any, path: str, lang: str, unit: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401  # JSON
    """Yield each leaf of a body by its dotted path, in words; free names below a unit bear it on."""
    if isinstance(value, Mapping):
        for name, member in value.items():
            here = f"{path}.{name}" if path else name
            yield from _members(member, here, lang, unit or _unit(name))
        if not value:
            yield path, "-"
    elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        for position, item in enumerate(value):
            yield from _members(item, f"{path}.{position}", lang)
    elif isinstance(value, list):
        yield path, ", ".join(map(str, value)) or "-"
    else:
        yield path, _leaf(value, unit, lang)


def _unit(name: str) -> str:
    if name.endswith("_g_per_day"):
        return "g"
    last = name.rpartition("_")[2]
    return last if last in {"g", "mg", "ppm", "udeg", "m"} else ""


def _leaf(value: object, unit: str, lang: str) -> str:
    """Write one value with its unit."""
    if not isinstance(value, int) or isinstance(value, bool):
        return str(value)
    point = "," if lang == "fr" else "."
    match unit:
        case "g":
            return f"{format_mass(value, lang=lang)}  ({value} g)"
        case "mg":
            return f"{_decimal(value, 6, point)} kg"
        case "ppm":
            return f"{_decimal(value, 4, point)} %"
        case "udeg":
            return f"{_decimal(value, 6, point)}°"
        case "m":
            return f"{value} m"
        case _:
            return str(value)


def _decimal(value: int, places: int, point: str) -> str:
    """Write an integer of 10^-places as an exact decimal: 85,000 ppm with four places is 8.5 per cent."""
    whole, rest = divmod(abs(value), 10**places)
    digits = f"{rest:0{places}}".rstrip("0")
    return f"{'-' if value < 0 else ''}{whole}{point if digits else ''}{digits}"
