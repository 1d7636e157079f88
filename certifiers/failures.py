"""What is said when a bundle cannot be examined: one sentence for each code of steps 1-5, in English and French.

The codes are those of certifiers.steps.STEP_CODES and the refusals of a stale checkpoint below.
Example: "Cannot be examined: the file is incomplete (step 3)".
"""

from __future__ import annotations

from typing import Final

from certifiers.phrases import Phrase

STALE_CODES: Final[dict[str, str]] = {
    "checkpoint.other_size": "The checkpoint is not of the size asked for by --as-of.",
    "checkpoint.too_old": "The checkpoint is older than --max-age allows.",
    "checkpoint.too_small": "The checkpoint is smaller than --min-size.",
    "checkpoint.behind_seen": "A larger checkpoint of this log was met before.",
    "checkpoint.split_view": "Another root was met for this size of a log of this name: a split view, or two logs that share a name.",
    "checkpoint.seen_other_log": "The checkpoint met before is of another log.",
    "bundle.also": "A signed event given beside the bundle cannot be read, or its signatures do not hold.",
}
"""Refusals that the caller asks for, beside those of certifiers.steps; the first word tells the step as there."""


def _failed(en: str, fr: str) -> Phrase:
    return Phrase(f"Cannot be examined: {en} (step {{step}}).", f"Examen impossible : {fr} (étape {{step}}).")


FAILURES: Final[dict[str, Phrase]] = {
    "bundle.size": _failed("the file is too large", "fichier trop volumineux"),
    "bundle.ratio": _failed("the file opens to far more than its size", "fichier anormalement compressé"),
    "bundle.gzip": _failed("the compressed file is damaged", "fichier compressé endommagé"),
    "bundle.lines": _failed("the file is incomplete", "fichier incomplet"),
    "bundle.header": _failed("the first line is no bundle's header", "en-tête de dossier illisible"),
    "bundle.entry": _failed("a line is no entry of a log", "une ligne n'est pas une entrée de registre"),
    "bundle.keys": _failed("too many different keys have signed", "trop de clés différentes ont signé"),
    "bundle.other_lot": _failed(
        "it is about another lot than the one asked for", "dossier d'un autre lot que celui demandé"
    ),
    "bundle.also": _failed(
        "a signed event given beside the bundle cannot be used",
        "un événement signé joint au dossier est inutilisable",
    ),
    "checkpoint.note": _failed("the checkpoint cannot be read", "état signé du registre illisible"),
    "checkpoint.origin": _failed(
        "the trust file does not know this log", "registre inconnu du fichier de confiance"
    ),
    "checkpoint.signature": _failed(
        "a signature on the checkpoint is missing or does not hold",
        "signature de l'état signé absente ou fausse",
    ),
    "checkpoint.weak_key": _failed(
        "a key in the trust file is not fit to sign", "clé inapte dans le fichier de confiance"
    ),
    "checkpoint.quorum": _failed(
        "too few witnesses have cosigned the checkpoint", "trop peu de témoins ont cosigné l'état signé"
    ),
    "checkpoint.size": _failed("the log is too small to have heads", "registre trop court"),
    "checkpoint.genesis": _failed(
        "the log does not begin as the trust file says",
        "le registre ne commence pas comme l'indique le fichier de confiance",
    ),
    "checkpoint.other_log": _failed(
        "an event was signed for another log", "un événement a été signé pour un autre registre"
    ),
    "checkpoint.other_size": _failed(
        "the checkpoint is not of the size asked for", "l'état signé n'a pas la taille demandée"
    ),
    "checkpoint.too_old": _failed(
        "the checkpoint is too old; ask for a newer one", "état trop ancien ; demandez-en un plus récent"
    ),
    "checkpoint.too_small": _failed(
        "the checkpoint is too small; ask for a newer one", "état trop court ; demandez-en un plus récent"
    ),
    "checkpoint.behind_seen": _failed(
        "a later checkpoint of this log is known here; ask for a newer bundle",
        "un état plus récent de ce registre est connu ici ; demandez un dossier plus récent",
    ),
    "checkpoint.split_view": _failed(
        "another root was met for this size: a split view, or two logs that share a name",
        "une autre racine a été vue pour cette taille : double version, ou deux registres de même nom",
    ),
    "checkpoint.seen_other_log": _failed(
        "the checkpoint met before is of another log", "l'état déjà vu est celui d'un autre registre"
    ),
    "inclusion.proof": _failed(
        "the entries are not those of the log that was signed",
        "les entrées ne sont pas celles du registre signé",
    ),
    "inclusion.time": _failed("the log's time runs backwards", "l'heure du registre recule"),
    "envelope.repeated": _failed("an event is there twice", "un événement figure deux fois"),
    "envelope.key": _failed("a signing key is not fit to sign", "clé de signature inapte"),
    "envelope.signature": _failed("a signature does not hold", "une signature est fausse"),
    "envelope.party_id": _failed(
        "a party's id does not follow from its inception", "identifiant de partie inexact"
    ),
    "envelope.first_event": _failed(
        "a first event is not signed by the party in its id",
        "premier événement non signé par la partie concernée",
    ),
    "envelope.disclosure": _failed(
        "a disclosed field does not fit its commitment", "un champ révélé ne correspond pas à son engagement"
    ),
    "heads.statement": _failed(
        "the last entry does not state the heads of this checkpoint",
        "la dernière entrée n'atteste pas l'état des sujets",
    ),
    "heads.proof": _failed(
        "the heads are not those that the log states", "les têtes ne sont pas celles qu'atteste le registre"
    ),
    "heads.absent": _failed(
        "a subject said to be absent is not proved to be", "l'absence annoncée d'un sujet n'est pas prouvée"
    ),
    "heads.over": _failed("it holds something that serves nothing", "dossier contenant un élément superflu"),
    "heads.chain": _failed("a chain is incomplete", "chaîne d'événements incomplète"),
    "heads.file": _failed("a file of filings is incomplete", "recueil de déclarations incomplet"),
    "heads.not_whole": _failed(
        "the lot or the log itself is not whole in it", "lot ou registre incomplet dans le dossier"
    ),
}
