"""What the demonstration says, in English and French: whole sentences, figures filled in, nothing glued."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    "title": (
        "OTC Ledger: mineral lots on their way through origin, transit, certification",
        "OTC Ledger : des lots de minerai, de l'origine à la certification",
    ),
    "invented": (
        "True places and lot sizes; every party is invented. Seed {seed}.",
        "Lieux et tailles de lots réels ; toutes les parties sont inventées. Graine {seed}.",
    ),
    "act.found": ("The log is founded", "Le registre est fondé"),
    "found": (
        "Genesis {genesis}… names 3 roots, an operator, 2 introducers. A server and {witnesses} "
        "witnesses run as processes of their own.",
        "La genèse {genesis}… nomme 3 racines, un opérateur, 2 introducteurs. Un serveur et "
        "{witnesses} témoins tournent dans leurs propres processus.",
    ),
    "act.stories": ("Four corridors, over HTTP", "Quatre corridors, par HTTP"),
    "society": (
        "{parties} parties are admitted, with {keys} keys; {roles} roles are accredited.",
        "{parties} parties sont admises, avec {keys} clés ; {roles} rôles sont accrédités.",
    ),
    "lobito": (
        "Lobito: {mass} (dry) of copper concentrate by train, Kolwezi to the sea; "
        "{seals} seals, border Dilolo-Luau, two hand-overs with both masses; "
        "the importer received {received}.",
        "Lobito : {mass} (sec) de concentré de cuivre par train, de Kolwezi à la mer ; "
        "{seals} scellés, frontière Dilolo-Luau, deux remises avec les deux masses ; "
        "l'importateur a reçu {received}.",
    ),
    "central": (
        "Central: {bags} tagged bags of coltan from two cooperatives, two days without "
        "network, {mass} (dry) of concentrate; a certificate signed twice by one person "
        "was refused ({refusal}), then issued by two.",
        "Central : {bags} sacs étiquetés de coltan de deux coopératives, deux jours sans "
        "réseau, {mass} (sec) de concentré ; un certificat signé deux fois par la même "
        "personne a été refusé ({refusal}), puis délivré par deux.",
    ),
    "morocco": (
        "Morocco: {mass} (dry) of cobalt from a mine and from recycling, refined together; "
        "it leaves without a certificate.",
        "Maroc : {mass} (sec) de cobalt, minier et recyclé, affinés ensemble ; il part sans certificat.",
    ),
    "guinea": (
        "Guinea: {trains} bauxite trains into a stockpile, a ship of {mass} (dry) out of "
        "it; one gram more than it held was refused ({refusal}).",
        "Guinée : {trains} trains de bauxite vers un stock, un navire de {mass} (sec) en "
        "sort ; un gramme de plus que le stock a été refusé ({refusal}).",
    ),
    "act.tricks": ("Tricks", "Ruses"),
    "trick.reuse": (
        "A certificate used twice: refused ({refusal}).",
        "Un certificat utilisé deux fois : refusé ({refusal}).",
    ),
    "trick.replay": (
        "A phone sends everything twice: {count} times the same receipt, nobody blamed.",
        "Un téléphone envoie tout deux fois : {count} fois le même reçu, aucun reproche.",
    ),
    "trick.held": (
        "A sale dated before a site's ban, recorded after it: it enters, and the lot is held.",
        "Une vente datée d'avant l'interdiction d'un site, enregistrée après : elle entre, et le lot est retenu.",
    ),
    "trick.stones": (
        "Stones under perfect papers: the audit and the verifier ran over them and found "
        "nothing. Then the importer weighed and assayed {mass}: {found} of copper where "
        "the papers said {stated}. No ledger alone catches this.",
        "Des pierres sous des papiers parfaits : l'audit et le vérificateur n'ont rien "
        "trouvé. Puis l'importateur a pesé et analysé {mass} : {found} de cuivre là où les "
        "papiers disaient {stated}. Aucun registre seul ne peut le voir.",
    ),
    "act.bundles": ("Bundles, examined offline", "Dossiers, examinés hors ligne"),
    "bundle.head": (
        "bundle                origin        transit       certification  exit",
        "dossier               origine       transit       certification  code",
    ),
    "standing.shown": ("shown", "établie"),
    "standing.shown_in_part": ("in part", "en partie"),
    "standing.not_shown": ("not shown", "non démontrée"),
    "standing.contradicted": ("contradicted", "contredite"),
    "standing.held": ("held", "retenue"),
    "standing.unusable": ("unusable", "inutilisable"),
    "unexpected": (
        "NOT AS DECLARED: {what}. Please report it with the seed.",
        "CONTRAIRE AU SCÉNARIO : {what}. Merci de le signaler avec la graine.",
    ),
    "unexpected.stones": (
        "the audit or the verifier found something in the stones' papers before the outturn",
        "l'audit ou le vérificateur a trouvé quelque chose dans les papiers des pierres avant la réception",
    ),
    "unexpected.bundle": ("{name} ended with exit code {code}", "{name} s'est terminé avec le code {code}"),
    "unexpected.cheat": (
        "somebody did not notice what the operator did",
        "quelqu'un n'a pas remarqué ce que l'opérateur a fait",
    ),
    "unexpected.audit": (
        "the audit of the log found something",
        "l'audit du registre a trouvé quelque chose",
    ),
    "act.cheats": ("The operator cheats", "L'opérateur triche"),
    "cheat.byte": (
        "One digit changed in a copy of the database: the audit names entry {index}, event "
        "{event}…, lot {lot}.",
        "Un chiffre changé dans une copie de la base : l'audit nomme l'entrée {index}, "
        "l'événement {event}…, le lot {lot}.",
    ),
    "cheat.tree": (
        "The whole tree recomputed and signed with the log's key: {refused} of {witnesses} "
        "witnesses refuse ({statuses}).",
        "L'arbre entier recalculé et signé avec la clé du registre : {refused} témoins sur "
        "{witnesses} refusent ({statuses}).",
    ),
    "act.report": ("One lot's report", "Le rapport d'un lot"),
    "act.end": ("What stands now", "Ce qui est là"),
    "audit.clean": (
        "The audit replayed all {size} entries: nothing is wrong.",
        "L'audit a rejoué les {size} entrées : rien à signaler.",
    ),
    "root": ("Log root at {size} entries: {root}", "Racine du registre à {size} entrées : {root}"),
    "left": (
        "All of it is in {out}; README.txt there says what to try.",
        "Tout est dans {out} ; voir README.txt.",
    ),
    "took": ("{seconds} s.", "{seconds} s."),
    "stays": (
        "The server stays at {url} until you press Ctrl-C.",
        "Le serveur reste à {url} ; Ctrl-C l'arrête.",
    ),
    "progress": ("events posted", "événements envoyés"),
}


def say(key: str, lang: str, **values: object) -> str:
    """Give a sentence in a language (`en`, `fr`) with its figures."""
    english, french = WORDS[key]
    return (french if lang == "fr" else english).format(**values)
