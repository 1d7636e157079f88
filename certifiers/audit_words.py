"""What the audit's problems mean, in English and French; `otc audit` prints them, `otc explain` explains them."""

from __future__ import annotations

from typing import Final

from certifiers.phrases import Phrase

PROBLEMS: Final[dict[str, Phrase]] = {
    "entry.form": Phrase(
        "The entry's bytes are not in the one form.", "Les octets de l'entrée sont mal formés."
    ),
    "entry.missing": Phrase("An entry is missing.", "Une entrée manque."),
    "entry.other_event": Phrase(
        "The entry holds another event than the one recorded at its place.",
        "L'entrée contient un autre événement que celui inscrit à sa place.",
    ),
    "entry.index": Phrase(
        "The store does not find this event under its id.",
        "Le registre ne retrouve pas cet événement sous son identifiant.",
    ),
    "entry.leaf": Phrase(
        "The entry's bytes are not those of the tree's leaf: they were changed after they were recorded.",
        "Les octets de l'entrée ne sont pas ceux de la feuille : ils ont été changés après l'inscription.",
    ),
    "entry.time": Phrase("The log's time goes back here.", "L'heure du registre recule ici."),
    "entry.signature": Phrase("A signature does not hold.", "Une signature est fausse."),
    "entry.rule": Phrase("A rule keeps this event out.", "Une règle refuse cet événement."),
    "genesis.vkey": Phrase(
        "The genesis names no usable key of the log.", "La genèse ne donne pas de clé valable."
    ),
    "genesis.not_trusted": Phrase(
        "The genesis is not the one of the trust file.", "La genèse n'est pas celle du fichier de confiance."
    ),
    "heads.root": Phrase(
        "The statement of heads is not what the entries before it give.",
        "L'attestation des têtes n'est pas celle que donnent les entrées précédentes.",
    ),
    "checkpoint.note": Phrase(
        "A published checkpoint cannot be read, or the log has not signed it.",
        "Un état signé publié est illisible, ou non signé par le registre.",
    ),
    "checkpoint.missing": Phrase("The newest checkpoint is missing.", "Le dernier état signé manque."),
    "checkpoint.root": Phrase(
        "A published checkpoint has another size or root than its entries.",
        "Un état signé publié a une autre taille ou racine que ses entrées.",
    ),
    "checkpoint.quorum": Phrase(
        "The newest checkpoint lacks the quorum of the trust file.",
        "Le dernier état signé n'a pas le quorum du fichier de confiance.",
    ),
    "nodes.hash": Phrase("A hash of the log's tree is wrong.", "Un hachage de l'arbre du registre est faux."),
    "tops.hash": Phrase("A hash of the heads tree is wrong.", "Un hachage de l'arbre des têtes est faux."),
    "log.row": Phrase(
        "The row on the log's length is wrong.", "La ligne sur la longueur du registre est fausse."
    ),
    "subjects.row": Phrase(
        "A subject is missing, or has no event.", "Un sujet manque, ou n'a aucun événement."
    ),
    "chain.rows": Phrase(
        "The rows of a subject's chain are not its events.",
        "Les lignes de la chaîne d'un sujet ne sont pas ses événements.",
    ),
    "file.rows": Phrase(
        "The rows of a subject's file are not the events about it.",
        "Les lignes du recueil d'un sujet ne sont pas les événements qui en parlent.",
    ),
    "states.state": Phrase(
        "A kept state is not what the events give.",
        "Un état conservé n'est pas celui que donnent les événements.",
    ),
}
