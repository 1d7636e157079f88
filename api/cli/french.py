"""The catalogue of problems in French, for `otc explain --lang fr`: each code with what is the matter and what to do.

One line a code, as in api/catalogue.py, of which a test holds this page to every code:

    chain.stale_head | prev n'est pas la tête de la chaîne. | Lire la tête actuelle, reconstruire, signer, renvoyer.
"""

from __future__ import annotations

from typing import Final

TABLE: Final = """
form.size | Il y a plus d'octets que la forme n'en admet. | Diviser l'événement : les grandes fusions se font en deux temps.
form.bom | Les octets commencent par un indicateur d'ordre. | Écrire de l'UTF-8 sans lui.
form.encoding | Les octets ne sont pas de l'UTF-8. | Écrire de l'UTF-8.
form.syntax | Les octets ne sont pas du JSON. | Les comparer à la RFC 8259.
form.depth | Tableaux et objets sont imbriqués trop profondément. | Seize niveaux suffisent à tout événement.
form.duplicate_key | Un objet contient deux fois le même membre. | Écrire chaque membre une fois.
form.key_name | Un nom de membre n'est pas en minuscules avec soulignés. | Le comparer au schéma du type.
form.float | Un nombre a une fraction ou un exposant. | Écrire un entier dans une unité plus petite : grammes, ppm.
form.null | Il n'y a pas de null dans cette forme. | Omettre le membre.
form.not_a_number | NaN et Infinity ne sont pas du JSON. | Écrire un entier, ou omettre le membre.
form.integer_range | Un entier est hors de ±(2^53-1). | Employer l'unité que nomme le schéma.
form.surrogate | Une chaîne contient la moitié d'une paire de substitution. | Écrire des caractères entiers.
form.not_canonical | Les octets ne sont pas leur propre forme canonique. | Trier les clés, ôter espaces et échappements (RFC 8785).
form.type | Une valeur est d'une autre sorte que celle attendue. | La comparer au schéma du type.
form.missing_member | Un membre obligatoire manque. | Comparer au schéma du type.
form.unknown_member | Un membre est inconnu de cette forme. | L'omettre ; `v` est la façon dont la forme grandit.
form.text | Un texte n'a pas la forme attendue ici. | Le comparer au motif du schéma.
form.range | Un entier est hors de ses bornes. | Le détail du problème les donne.
form.value | Une valeur n'est pas de celles que son membre admet. | La comparer au schéma du type.
form.too_many | Un tableau a trop d'éléments. | Diviser l'événement : les grandes fusions se font en deux temps.
form.too_few | Un tableau ou un objet a trop peu d'éléments. | Omettre un membre facultatif quand il est vide.
form.not_a_set | Un ensemble n'est pas en ordre croissant, ou a un élément en double. | Le trier.
form.hex | Une empreinte n'est pas en hexadécimal minuscule de la bonne longueur. | Un SHA-256 a 64 chiffres.
form.base64 | Un texte n'est pas du base64 strict. | RFC 4648 section 4 : remplissage, sans retour à la ligne, bits libres à zéro.
form.subject | Un texte n'est pas l'identifiant d'un sujet. | L'écrire comme lot:<32 caractères>/<CODE>.
form.short_code | Un texte n'est pas un code court. | Le comparer à sa source, caractère par caractère.
form.salt | Un sel n'a pas 32 octets. | En tirer un autre de la bonne longueur.
form.time | Un texte n'est pas une heure du calendrier. | L'écrire comme 2026-01-17T06:42:00Z, en UTC.
form.version | La version de la forme est inconnue. | Ce registre lit la version 1.
form.payload_type | L'enveloppe ne contient pas un événement. | Son payloadType est application/vnd.otc.event+json.
form.signature | Une signature n'a pas 64 octets. | Signer avec Ed25519.
form.batch_path | Un chemin de lot de signatures n'a pas le nombre d'empreintes fixé. | Refaire le chemin.
form.commitment | Un champ ne peut pas voyager comme engagement dans ce type. | L'écrire dans le corps.
event.actor | L'acteur n'est pas parmi les signataires. | Nommer la partie qui agit, et la faire signer.
event.linked_and_about | Un sujet est à la fois poursuivi et visé. | Le nommer une fois.
key.form | Un texte n'est pas celui d'une clé Ed25519. | Il a 48 caractères et commence par z6Mk.
key.weak | Une clé n'est pas propre à signer : d'autres pourraient signer aussi. | Faire une nouvelle clé.
key.file | Un fichier ne contient pas de clé privée utilisable. | Nommer un autre fichier ; les clés d'un registre ne reviennent que d'une copie.
key.entropy | Une clé demande au moins 32 octets de hasard. | Relancer les dés.
signature.invalid | Une signature ne vaut pas pour sa clé et ces octets. | Signer les octets mêmes qui sont envoyés.
signature.missing | Un signataire n'a pas signé. | Faire signer chaque partie de `signers` ; `otc sign` ajoute une signature.
signature.extra | Il y a une signature que personne n'attend. | L'ôter, ou nommer sa clé dans `signers`.
signature.order | Les signatures ne sont pas dans l'ordre des signataires. | Les deux sont triés par clé.
chain.broken | Un événement ne suit pas celui qui le précède. | Relire la chaîne.
event.unknown_type | Aucun événement de ce type n'existe. | GET /v1/types donne ce que cette version lit.
event.reserved_type | Le nom de ce type est réservé à une version ultérieure. | GET /v1/types donne ce que cette version lit.
event.wrong_log | L'événement a été signé pour un autre registre. | Le signer pour celui-ci : GET /v1/heads?subject=log nomme sa genèse.
event.claimed_ahead | claimed_at avance de plus de 48 heures sur l'horloge du registre. | Régler l'horloge de l'appareil.
event.stale_signatures | Un événement signé par plusieurs parties a plus de 30 jours. | Le recomposer et faire signer toutes les parties.
event.after_unknown | `after` ne nomme ni la genèse ni un état des têtes de ce registre. | Nommer l'un d'eux, ou omettre `after`.
event.shape | L'événement poursuit ou vise des sujets que son type n'admet pas. | GET /v1/types dit lesquels il prend.
event.body_disagrees | Un membre du corps contredit les sujets ou les signataires. | Faire dire la même chose aux deux.
key.unknown | Une clé signataire n'est pas enregistrée. | L'enregistrer par key.added, ou la partie par party.incepted.
key.other_party | Une clé signataire appartient à une autre partie que celle indiquée. | L'indiquer avec la partie qui l'a enregistrée.
key.registered | La clé à enregistrer l'est déjà. | Une clé appartient à une partie et à une charge pour toujours : en faire une autre.
subject.unknown | Un sujet sur lequel l'événement s'appuie n'a pas commencé. | Le commencer d'abord, ou corriger son identifiant.
subject.exists | Le sujet à commencer a déjà commencé. | Choisir un autre code.
chain.stale_head | prev n'est pas la tête de la chaîne du sujet. | Lire la tête actuelle, reconstruire l'événement, signer et renvoyer.
authority.not_entitled | Aucun signataire n'a le droit d'écrire sur un sujet de l'événement. | Voir qui écrit ce type : GET /v1/types.
authority.signer_not_named | Un signataire n'a ni droit sur un sujet ni n'est nommé comme contrepartie. | L'ôter, ou le nommer dans le corps.
authority.duty | La charge de la clé ne couvre pas cet acte. | Signer d'une clé de la charge voulue.
authority.quorum | Il y a moins de signataires que cet acte n'en demande. | Faire signer aussi les autres.
authority.operator_only | Seul le registre écrit ses têtes. | Le registre les écrit lui-même.
authority.filings_spent | Cette partie a épuisé ses 16 dépôts sur le lot. | Passer par un rôle accrédité.
custody.ended | Le lot a pris fin ; rien ne peut le poursuivre. | Poursuivre le lot qui en est issu.
custody.exported | Le lot est exporté ; seul son destinataire peut le poursuivre, une fois. | Le destinataire consigne la réception par lot.received.
custody.no_tender | Aucune offre à cette partie n'est en cours. | Demander une offre au détenteur.
mass.not_balanced | Flux et pertes ne font pas exactement la masse ou le métal des entrées. | Rendre compte de chaque gramme et milligramme.
mass.insufficient | On prend plus qu'il n'y a. | Ne pas prendre plus qu'il n'y a.
mass.edge | Un flux joint des lots que l'événement ne nomme pas en entrée et en sortie. | Les nommer, ou ôter le flux.
tag.used | Une étiquette a déjà servi, ou n'est pas de ce bloc. | Employer chaque étiquette du bloc une fois.
certificate.other_lot | Le certificat est celui d'un autre lot. | Nommer le certificat de ce lot.
certificate.consumed | Le certificat a déjà servi. | Un certificat sert à une exportation ; en demander un autre.
certificate.not_valid | Le certificat est suspendu ou retiré. | S'adresser à son émetteur.
certificate.officers | Vérificateur et validateur ne sont pas deux agents de détenteurs différents. | Faire signer deux personnes.
certificate.held_lot | Le certificateur a détenu le lot. | Faire signer un certificateur qui n'a jamais détenu le lot ni un ascendant.
custody.model_strengthened | Le modèle de garde est plus fort que ses entrées ne le permettent. | Il ne fait que s'affaiblir en aval (ISO 22095).
quantity.negative | Une quantité est négative. | Les masses se comptent à partir de zéro.
quantity.no_weight | Il n'y a rien selon quoi partager. | Donner un poids supérieur à zéro.
quantity.overdrawn | On prend plus qu'il n'y a. | Ne pas prendre plus qu'il n'y a.
quantity.too_fine | Une quantité est plus fine que son unité. | Arrondir au gramme ou au milligramme.
quantity.too_large | Une quantité dépasse ce qu'un lot peut avoir. | Vérifier son unité.
quantity.unit | Une unité est inconnue. | Écrire g, kg, t ou lb après le nombre.
quantity.unreadable | Un texte n'est pas une quantité. | L'écrire comme 52.4kg.
place.unknown_post | Aucun poste de contrôle n'a cet identifiant. | Ils ressemblent à CD-KOLWEZI : GET /v1/corridors.
world.outside | Un sujet est hors de ce qui est connu ici. | Obtenir un dossier qui le contient.
note.form | Les octets ne sont pas une note signée. | Les comparer à C2SP signed-note.
note.signature | La signature d'une clé connue ne vaut pas pour la note. | La note a été altérée : la relire.
note.unknown | Aucune des clés connues n'a signé la note. | Vérifier le fichier de confiance.
note.vkey | Une clé de vérification est mal formée. | Elle est <nom>+<8 chiffres hexadécimaux>+<base64>.
note.other | La note n'est pas celle à publier. | Regarder le journal du serveur.
checkpoint.form | Le texte de la note n'est pas un état signé. | Trois lignes : origine, taille, racine.
cosignature.time | L'heure d'une cosignature n'est pas un nombre positif de secondes. | Régler l'horloge du témoin.
quorum.origin | Le fichier de confiance n'a pas de clé pour un registre de cette origine. | Ajouter sa ligne log.
quorum.unmet | Les cosignatures ne font pas le quorum. | Attendre d'autres témoins.
trust.form | Le fichier de confiance est mal formé. | La phrase nomme la ligne.
trust.size | Le fichier de confiance dépasse 256 Kio. | Est-ce le bon fichier ?
tile.form | Ce n'est pas le chemin d'une tuile. | tile/<L>/<N>[.p/<W>], comme dans C2SP tlog-tiles.
tile.entry | Un paquet d'entrées est vide, coupé ou trop long. | Le relire.
proof.form | Les octets ne sont pas un fichier de preuve. | Les comparer à C2SP tlog-proof.
proof.length | Une preuve n'a pas le nombre d'empreintes fixé par les tailles. | La relire.
proof.inclusion | Une preuve d'inclusion ne vaut pas. | L'entrée n'est pas dans ce registre.
proof.consistency | Une preuve de cohérence ne vaut pas. | Garder les deux états signés et avertir les témoins.
proof.multiproof | Une preuve multiple ne vaut pas. | Redemander le dossier.
proof.heads | Les têtes d'un dossier ne valent pas. | Redemander le dossier.
proof.absent | Une absence n'est pas prouvée. | Redemander le dossier.
proof.over | Un dossier porte plus que ses têtes ne demandent. | Redemander le dossier.
witness.form | Les octets ne sont pas une requête add-checkpoint. | Les comparer à C2SP tlog-witness.
witness.state | Le fichier d'état du témoin est inutilisable. | Ne jamais le remplacer par une copie plus ancienne : un témoin qui oublie pourrait cosigner une double version.
witness.in_use | Un autre témoin emploie ce fichier d'état. | Donner à chaque témoin le sien.
head.missing | Le fichier de tête a disparu. | Regarder où il était : son disque est-il monté ?
head.stale | Le fichier de tête est plus ancien que ce qui est publié. | Base, fichier de tête et clés vont-ils ensemble ?
head.moved | Le fichier de tête contient une autre taille ou racine que la base. | Arrêter l'autre serveur de ce registre.
head.unreadable | Le fichier de tête ne dit pas ce qui fut signé en dernier. | Ne pas l'effacer ; demander taille et racine à un témoin.
head.unwritable | Le fichier de tête ne peut pas être écrit. | Vérifier son disque et ses droits.
store.absent | Il n'y a pas de base à cet endroit. | Lancer d'abord `otc init`.
store.behind | La base est plus ancienne que ce que le registre a signé. | Remettre une copie plus récente de la base ; rien ne permet d'accepter le retour en arrière.
store.forked | La base n'est pas le registre qui fut signé. | Base, fichier de tête et clés vont-ils ensemble ?
store.pending | Le dernier état signé n'est pas encore publié. | Attendre les témoins.
store.busy | Il y a trop de lecteurs à la fois. | Réessayer.
store.conflict | Un autre écrivain fut plus rapide. | Renvoyer les mêmes octets.
grade.impossible | Aucune marchandise de ce code SH ne peut contenir autant de cet analyte. | Vérifier l'unité et la base de l'analyse.
store.corrupt | Le fichier de la base est abîmé. | Lancer `otc audit`, qui nomme les dégâts ; continuer avec une copie entière.
store.failed | La base a échoué. | Regarder le journal du serveur.
store.foreign | La base n'est pas ce registre. | Vérifier son nom.
store.full | Le disque est plein ; rien n'a été écrit. | Libérer de la place ; la lecture continue.
store.in_use | La base a déjà des tables. | Choisir un autre fichier.
store.locked | Quelqu'un d'autre écrit dans la base. | Réessayer.
store.missing | Il n'y a pas d'entrée de cet index. | Lancer `otc audit`, qui nomme les dégâts.
store.node | L'arbre n'a pas encore ce sous-arbre complet. | Lancer `otc audit`, qui nomme les dégâts.
store.read_only | La base ne peut pas être écrite. | Vérifier ses droits.
store.served | Un autre serveur sert ce dossier. | L'arrêter, ou choisir un autre dossier.
store.unsafe | L'état du disque est inconnu après une écriture manquée. | Examiner le disque, puis redémarrer.
store.version | La base vient d'une autre version de ce logiciel. | Employer cette version, ou reconstruire.
founding.in_use | Le dossier est occupé. | Un registre commence une fois : choisir un dossier vide ou nouveau.
founding.refused | Un registre ne peut pas être fondé ainsi. | La phrase dit pourquoi.
file.exists | Le fichier existe déjà. | Choisir un autre nom ; rien n'est remplacé.
file.form | Le fichier n'a pas la forme attendue. | Est-ce le bon fichier ?
file.unreadable | Le fichier ne peut pas être lu ou créé. | Vérifier son nom et ses droits.
bundle.unpublished | Le registre n'a pas publié d'état signé. | Redemander après le premier.
bundle.unknown_lot | Aucun lot de ce nom n'est dans ce qui est publié. | Vérifier son identifiant ; un nouveau lot y est dans la seconde.
bundle.size | Le dossier serait plus grand que ce qu'un vérificateur ouvre. | Demander le dossier d'un lot bien plus en aval.
request.media_type | Le corps est d'un autre type de média que celui lu ici. | L'indice du problème nomme le bon.
request.encoding | Les corps ne sont pas compressés ici. | Envoyer sans Content-Encoding.
request.too_large | Le corps est plus grand que ce qui est lu ici. | Envoyer moins à la fois.
request.too_many_rows | Il y a plus de lignes que ce qui est lu à la fois. | Envoyer en plusieurs fois.
request.empty | Le corps est vide. | Envoyer au moins un événement.
request.slow | Le corps a mis trop longtemps à arriver. | Envoyer moins à la fois, ou par une meilleure liaison.
request.parameter | Un paramètre du chemin ou de la requête est mal formé. | Son pointeur le nomme.
request.unknown_parameter | Un paramètre de requête est inconnu ici. | Son pointeur nomme la requête.
request.header | Un en-tête est mal formé. | La phrase le nomme.
request.headers_too_large | Les en-têtes sont plus grands que ce qu'aucune requête ne demande. | En envoyer moins.
route.unknown | Il n'y a rien à ce chemin. | GET /openapi.json donne les chemins.
route.method | Le chemin n'admet pas cette méthode. | L'en-tête Allow nomme celles qu'il admet.
absent.event | Aucun événement de cet identifiant n'est au registre. | Le vérifier ; un événement refusé n'a pas d'index.
absent.subject | Aucun sujet de ce nom n'a commencé dans ce registre. | Vérifier son identifiant.
absent.corridor | Aucun corridor n'a cet identifiant. | GET /v1/corridors les donne.
absent.type | Aucun type de ce nom n'est lu ici. | GET /v1/types les donne.
absent.code | Aucun problème n'a ce code. | docs/reference/problems.md les donne.
absent.checkpoint | Aucun état signé n'est encore publié. | Attendre le premier.
absent.tile | L'état signé publié ne va pas jusqu'à cette tuile. | Relire /log/checkpoint.
absent.proof | L'événement est enregistré, mais pas encore publié. | Redemander dans une seconde.
access.delayed | Une entrée n'est pas publique avant l'heure que fixe la genèse. | Redemander plus tard.
server.busy | Plus d'événements attendent qu'on n'en peut tenir. | Renvoyer les mêmes octets plus tard.
server.clock | Aucun témoin n'a attesté l'horloge du registre depuis une heure. | Réessayer plus tard.
server.halted | Le serveur n'écrit plus, après une faute. | La lecture continue ; son exploitant doit regarder.
server.quorum | Les témoins n'ont pas fait le quorum. | Renvoyer les mêmes octets plus tard.
server.stopping | Le serveur s'arrête. | Renvoyer les mêmes octets plus tard.
server.fault | Le serveur a commis une erreur. | La signaler ; son journal nomme l'endroit.
serve.port | L'adresse ne peut pas être écoutée. | Choisir un autre port, ou arrêter qui l'emploie.
serve.simulated | Seul un registre dont l'origine finit par .demo peut simuler son horloge. | Omettre l'option.
serve.keys | Les clés ou le fichier de confiance ne sont pas de ce registre. | Les prendre dans le dossier de ce registre.
client.unreachable | Le serveur n'a pas répondu. | `otc serve` tourne-t-il à cette adresse ?
client.address | L'adresse n'est pas celle d'un serveur. | L'écrire comme http://127.0.0.1:8000.
client.answer | La réponse n'est pas de celles qu'un serveur de registre donne. | Qu'y a-t-il entre lui et nous ?
"""
