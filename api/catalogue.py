"""The catalogue of problems: every code with its HTTP status, what is the matter, and what to do about it.

One line a code; the refusals of the corridor's rules have their sentence in `corridor.refusals` (`=` here). Codes
that no request can meet (files, founding, proofs) stand here too, for `otc explain`; their status is 400. Example:

    chain.stale_head | 412 | = | Fetch the current head, build the event on it, sign and send again.
"""

from __future__ import annotations

from typing import Final

TABLE: Final = """
form.size | 413 | There are more bytes than the form allows. | Split the event: larger merges go in two levels.
form.bom | 400 | The bytes begin with a byte order mark. | Write UTF-8 without one.
form.encoding | 400 | The bytes are not UTF-8. | Write UTF-8.
form.syntax | 400 | The bytes are not JSON. | Compare them with RFC 8259.
form.depth | 400 | Arrays and objects are nested too deeply. | Sixteen levels are enough for every event.
form.duplicate_key | 400 | An object has a member twice. | Write each member once.
form.key_name | 400 | A member's name is not in lower-case snake case. | Compare it with the type's schema.
form.float | 400 | A number has a fraction or an exponent. | Write an integer in a smaller unit: grams, ppm.
form.null | 400 | There is no null in this form. | Leave the member out.
form.not_a_number | 400 | NaN and Infinity are no JSON. | Write an integer, or leave the member out.
form.integer_range | 400 | An integer lies outside ±(2^53-1). | Use the unit that the schema names.
form.surrogate | 400 | A string holds half of a surrogate pair. | Write whole characters.
form.not_canonical | 400 | The bytes are not their own canonical form. | Sort keys, leave out spaces and escapes (RFC 8785).
form.type | 400 | A value is of another kind than belongs here. | Compare it with the type's schema.
form.missing_member | 400 | A required member is missing. | Compare with the type's schema.
form.unknown_member | 400 | A member is unknown to this form. | Leave it out; `v` is how the form grows.
form.text | 400 | A text is not of the form that belongs here. | Compare it with the schema's pattern.
form.range | 400 | An integer is outside its bounds. | The problem's detail names them.
form.value | 400 | A value is not one that its member can have. | Compare it with the type's schema.
form.too_many | 400 | An array has too many items. | Split the event: larger merges go in two levels.
form.too_few | 400 | An array or object has too few items. | Leave an optional member out when it is empty.
form.not_a_set | 400 | A set is not in ascending order, or has an item twice. | Sort it.
form.hex | 400 | A digest is not lower-case hex of the right length. | A SHA-256 has 64 digits.
form.base64 | 400 | A text is not strict base64. | RFC 4648 section 4: padding, no line breaks, zero spare bits.
form.subject | 400 | A text is not a subject's id. | Write it like lot:<32 characters>/<CODE>.
form.short_code | 400 | A text is not a short code. | Compare it with its source, character by character.
form.salt | 400 | A salt is not 32 bytes. | Make a new one of the right length.
form.time | 400 | A text is not a time of the calendar. | Write it like 2026-01-17T06:42:00Z, in UTC.
form.version | 400 | The version of the form is unknown. | This log reads version 1.
form.payload_type | 400 | The envelope does not hold an event. | Its payloadType is application/vnd.otc.event+json.
form.signature | 400 | A signature does not have 64 bytes. | Sign with Ed25519.
form.batch_path | 400 | A batch path has not the number of hashes that index and size fix. | Make the path again.
form.commitment | 400 | A field may not travel as a commitment in this type. | Write it into the body.
event.actor | 400 | The actor is not among the signers. | Name the party that acts, and let it sign.
event.linked_and_about | 400 | A subject is both linked and spoken about. | Name it once.
key.form | 400 | A text is not the text of an Ed25519 key. | It has 48 characters and begins with z6Mk.
key.weak | 400 | A key is not fit to sign: others could sign as well. | Make a new key.
key.file | 400 | A file holds no usable private key. | Name another file; a log's own keys can only be brought back from a copy.
key.entropy | 400 | A key needs at least 32 bytes of entropy. | Throw the dice again.
signature.invalid | 400 | A signature does not hold for its key and these bytes. | Sign the very bytes that are sent.
signature.missing | 400 | A signer has not signed. | Let every party in `signers` sign; `otc sign` adds a signature.
signature.extra | 400 | There is a signature that nobody awaits. | Leave it out, or name its key in `signers`.
signature.order | 400 | The signatures are not in the order of the signers. | Both are sorted by key.
chain.broken | 400 | An event does not follow the one before it. | Fetch the chain again.
event.unknown_type | 422 | = | GET /v1/types lists what this release reads.
event.reserved_type | 422 | = | GET /v1/types lists what this release reads.
event.wrong_log | 422 | = | Sign it for this log: GET /v1/heads?subject=log names its genesis.
event.claimed_ahead | 422 | = | Set the device's clock.
event.stale_signatures | 422 | = | Compose it anew and let all parties sign again.
event.after_unknown | 422 | = | Name the genesis or a heads statement of this log, or leave `after` out.
event.shape | 422 | = | GET /v1/types says which subjects the type takes.
event.body_disagrees | 422 | = | Make the member and the event say the same.
key.unknown | 403 | = | Register it by key.added, or the party by party.incepted.
key.other_party | 403 | = | List the key with the party that registered it.
key.registered | 409 | = | A key belongs to one party and duty for ever: make a new one.
subject.unknown | 422 | = | Begin the subject first, or correct its id.
subject.exists | 409 | = | Choose another code.
chain.stale_head | 412 | = | Fetch the current head, build the event on it, sign and send again.
authority.not_entitled | 403 | = | See who writes this type: GET /v1/types.
authority.signer_not_named | 403 | = | Leave the signer out, or name it in the body.
authority.duty | 403 | = | Sign with a key of the duty that the act asks for.
authority.quorum | 403 | = | Let the others sign as well.
authority.operator_only | 403 | = | The log writes these itself.
authority.filings_spent | 403 | = | Speak through an accredited role.
custody.ended | 409 | = | Extend the lot that came out of it.
custody.exported | 409 | = | The consignee records the outturn with lot.received.
custody.no_tender | 409 | = | Ask the custodian for a tender to this party.
mass.not_balanced | 422 | = | Edges and losses account for every gram and milligram of each input.
mass.insufficient | 422 | = | Take no more than is there.
mass.edge | 422 | = | Link the lots, or leave the edge out.
grade.impossible | 422 | = | Check the unit and the basis of the assay.
tag.used | 409 | = | Use each tag of the block once.
certificate.other_lot | 422 | = | Name the certificate of this lot.
certificate.consumed | 409 | = | A certificate serves one export; ask for another.
certificate.not_valid | 422 | = | Ask its issuer.
certificate.officers | 422 | = | Two officers of different holders sign: a verifier and a validator.
certificate.held_lot | 422 | = | Let a certifier sign that never held the lot or an ancestor.
custody.model_strengthened | 422 | = | A custody model only weakens downstream (ISO 22095).
quantity.negative | 400 | A quantity is below zero. | Masses are counted from zero.
quantity.no_weight | 400 | There is nothing to share by. | Give a weight above zero.
quantity.overdrawn | 400 | More is taken than is there. | Take no more than is there.
quantity.too_fine | 400 | A quantity is finer than its unit. | Round it to whole grams or milligrams.
quantity.too_large | 400 | A quantity is beyond what a lot can have. | Check its unit.
quantity.unit | 400 | A unit is unknown. | Write g, kg, t or lb after the number.
quantity.unreadable | 400 | A text is no quantity. | Write it like 52.4kg.
place.unknown_post | 400 | No control post has this id. | Ids look like CD-KOLWEZI: GET /v1/corridors.
world.outside | 400 | A subject lies outside of what is known here. | Fetch a bundle that holds it.
note.form | 400 | The bytes are no signed note. | Compare them with C2SP signed-note.
note.signature | 400 | A known key's signature on a note does not hold. | The note was altered: fetch it again.
note.unknown | 400 | None of the known keys has signed the note. | Check the trust file.
note.vkey | 400 | A verifier key is not well formed. | It is <name>+<8 hex digits>+<base64>.
note.other | 503 | The note is not the one that is to be published. | Look at the server's log.
checkpoint.form | 400 | The note's text is no checkpoint. | It is three lines: origin, size, root.
cosignature.time | 400 | A cosignature's time is not a positive number of seconds. | Set the witness's clock.
quorum.origin | 400 | The trust file has no key for a log of this origin. | Add its log line.
quorum.unmet | 400 | The cosignatures do not make the quorum. | Wait for more witnesses.
trust.form | 400 | The trust file is not well formed. | The sentence names the line.
trust.size | 400 | The trust file is longer than 256 KiB. | Is it the right file?
tile.form | 404 | This is not the path of a tile. | tile/<L>/<N>[.p/<W>], as in C2SP tlog-tiles.
tile.entry | 400 | An entry bundle is empty, cut short or too long. | Fetch it again.
proof.form | 400 | The bytes are no proof file. | Compare them with C2SP tlog-proof.
proof.length | 400 | A proof has not the number of hashes that the sizes fix. | Fetch it again.
proof.inclusion | 400 | An inclusion proof does not hold. | The entry is not in this log.
proof.consistency | 400 | A consistency proof does not hold. | Keep both checkpoints and tell the witnesses.
proof.multiproof | 400 | A multiproof does not hold. | Fetch the bundle again.
proof.heads | 400 | The heads of a bundle do not hold. | Fetch the bundle again.
proof.absent | 400 | An absence is not proved. | Fetch the bundle again.
proof.over | 400 | A bundle carries more than its heads need. | Fetch the bundle again.
witness.form | 400 | The bytes are no add-checkpoint request. | Compare them with C2SP tlog-witness.
witness.state | 400 | The witness's state file cannot be used. | Never replace it by an older copy: a witness that forgets could cosign a split view.
witness.in_use | 400 | Another witness uses this state file. | Give each witness a state file of its own.
head.missing | 503 | The head file is gone. | Look where it was: is its disk mounted?
head.stale | 503 | The head file is older than what is published. | Do database, head file and keys belong together?
head.moved | 503 | The head file holds another size or root than the database. | Stop the other server of this log.
head.unreadable | 503 | The head file does not say what was signed last. | Do not delete it; ask a witness for size and root.
head.unwritable | 503 | The head file cannot be written. | Check its disk and permissions.
store.absent | 503 | There is no database at this place. | Run `otc init` first.
store.behind | 503 | The database is older than what the log has signed. | Bring back a newer copy of the database; there is no way to accept the rollback.
store.forked | 503 | The database is not the log that was signed. | Do database, head file and keys belong together?
store.pending | 503 | The last checkpoint signed is not yet published. | Wait for the witnesses.
store.busy | 503 | Too many readers at once. | Try again.
store.conflict | 503 | Another writer was faster. | Send the same bytes again.
store.corrupt | 503 | The database file is damaged. | Run `otc audit`, which names the damage; go on with a whole copy that the head file agrees with.
store.failed | 503 | The database failed. | Look at the server's log.
store.foreign | 503 | The database is not this log. | Check its name.
store.full | 507 | The disk is full; nothing was written. | Free some space; reading goes on.
store.in_use | 503 | The database has tables already. | Choose another file.
store.locked | 503 | Somebody else is writing to the database. | Try again.
store.missing | 503 | The store has no entry with this index. | Run `otc audit`, which names the damage.
store.node | 503 | The tree has no such perfect subtree yet. | Run `otc audit`, which names the damage.
store.read_only | 503 | The database may not be written to. | Check its permissions.
store.served | 503 | Another server serves this data folder. | Stop it, or choose another folder.
store.unsafe | 503 | The disk's state is unknown after a failed write. | Look at the disk, then start again.
store.version | 503 | The database was made by another version of this software. | Use that version, or rebuild.
bundle.unpublished | 404 | The log has published no checkpoint. | Ask again after the first one.
bundle.unknown_lot | 404 | No lot of this name is in what is published. | Check its id; a new lot is there in a second.
bundle.size | 422 | The bundle would be larger than a verifier opens. | Ask for the bundle of a lot further down.
client.address | 400 | The address is not that of a server. | Write it like http://127.0.0.1:8000.
client.answer | 400 | The answer is not one of this ledger's server. | Is something else at this address?
client.unreachable | 400 | The server cannot be reached. | Is `otc serve` running at this address?
founding.in_use | 400 | The folder is in use. | A log is begun once: choose an empty or a new folder.
founding.refused | 400 | A log cannot be founded so. | The sentence says why.
file.exists | 400 | The file exists already. | Choose another name; nothing is replaced.
file.form | 400 | The file is not of the form that is expected. | Is it the right file?
file.unreadable | 400 | The file cannot be read or made. | Check its name and permissions.
request.media_type | 415 | The body is of another media type than this route reads. | The problem's hint names the right one.
request.encoding | 415 | Bodies are not compressed here. | Send the body without Content-Encoding.
request.too_large | 413 | The body is larger than this route reads. | Send less at a time.
request.too_many_rows | 413 | The batch has more rows than are read at a time. | Send several batches.
request.empty | 400 | The body is empty. | Send at least one event.
request.slow | 408 | The body took too long to arrive. | Send less at a time, or over a better line.
request.parameter | 400 | A parameter of the path or query is not well formed. | Its pointer names it.
request.unknown_parameter | 400 | The route does not know a query parameter. | Its pointer names the query.
request.header | 400 | A header is not well formed here. | The sentence names it.
request.headers_too_large | 431 | The headers are larger than any request of ours needs. | Send fewer headers.
route.unknown | 404 | There is nothing at this path. | GET /openapi.json lists the paths.
route.method | 405 | The path does not take this method. | The Allow header names those that it takes.
absent.event | 404 | No event with this id is in the log. | Check the id; an event that was refused has no index.
absent.subject | 404 | No such subject has begun in this log. | Check its id.
absent.corridor | 404 | No corridor has this id. | GET /v1/corridors lists them.
absent.type | 404 | No type of event has this name. | GET /v1/types lists them.
absent.code | 404 | No problem has this code. | docs/reference/problems.md lists them.
absent.checkpoint | 404 | No checkpoint is published yet. | Wait for the first one.
absent.tile | 404 | The published checkpoint does not reach to this tile. | Read /log/checkpoint again.
absent.proof | 404 | The event is committed, but not yet published. | Ask again in a second.
access.delayed | 403 | An entry is not public before the time that the genesis fixes. | Ask again later.
server.busy | 503 | More events wait than can be held. | Send the same bytes again later.
server.clock | 503 | The log's clock is not vouched for: no witness has cosigned within the hour. | Try again later.
server.halted | 503 | The server has stopped writing after a fault. | Reading goes on; its operator has to look.
server.quorum | 503 | The witnesses did not make the quorum. | Send the same bytes again later.
server.stopping | 503 | The server is stopping. | Send the same bytes again later.
server.fault | 500 | The server made a mistake. | Please report it; its log names the place.
serve.port | 400 | The address cannot be listened at. | Choose another port, or stop who uses it.
serve.simulated | 400 | Only a log of a .demo origin may run on a simulated clock. | Leave the option out.
serve.keys | 400 | The keys or the trust file do not belong to this log. | Take them from the folder of this log.
"""
