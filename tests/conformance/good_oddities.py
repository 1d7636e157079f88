"""What looks odd and is good: nothing may stop it."""

from __future__ import annotations

import gzip

import forge
from attack_tools import (
    batched,
    good,
    nested,
    stops_at,
    with_lies,
    with_payload,
    with_trust,
)
from forge import Lies
from small_log import ORIGIN, SmallLog, make_key, party_of

from ledger.note import ED25519, VerifierKey


@stops_at(0)
def an_honest_bundle() -> tuple[bytes, bytes]:
    """The small log's."""
    return good()


@stops_at(0)
def an_honest_bundle_in_gzip() -> tuple[bytes, bytes]:
    """One gzip member."""
    data, trust = good()
    return gzip.compress(data), trust


@stops_at(0)
def an_unknown_type_in_a_chain() -> tuple[bytes, bytes]:
    """What it means is for later steps."""
    log = SmallLog()
    log.post("lot.blessed", ["holder"], {"by": ["x"]}, [log.lot])
    return log.bundle(), log.trust


@stops_at(0)
def an_unknown_signature_line() -> tuple[bytes, bytes]:
    """Lines of unknown keys are passed over."""
    line = f"— unknown.example {forge.b64(bytes(68))}\n"
    return with_lies(note=lambda note: note + line)


@stops_at(0)
def a_known_name_with_an_unknown_id() -> tuple[bytes, bytes]:
    """Name and id together say who signed."""
    line = f"— {ORIGIN} {forge.b64(bytes(68))}\n"
    return with_lies(note=lambda note: note + line)


@stops_at(0)
def a_party_cut_away() -> tuple[bytes, bytes]:
    """A subject is whole in a bundle or not in it; only log and lot must be."""
    log = SmallLog()
    return log.bundle(without=[log.parties["holder"]], lies=Lies(omit=[1])), log.trust


@stops_at(0)
def a_party_begun_by_another_of_its_keys() -> tuple[bytes, bytes]:
    """Somebody signs for the party in the id; whether with a key of its own is for step 6."""
    log = SmallLog()
    inception = log.join("odd")
    log.keys["odd"] = make_key("another")
    log.post("party.incepted", ["odd", "introducer"], {"inception": inception}, [log.parties["odd"]])
    return log.bundle(), log.trust


@stops_at(0)
def an_inception_of_three_words() -> tuple[bytes, bytes]:
    """The id is made of it all the same; what a body must hold is for step 7."""
    log = SmallLog()
    inception = {"identity": "x", "key": "y", "next": "z"}
    log.join("odd")
    log.parties["odd"] = party_of(inception)
    log.post("party.incepted", ["odd", "introducer"], {"inception": inception}, [log.parties["odd"]])
    return log.bundle(), log.trust


@stops_at(0)
def a_second_event_of_the_log() -> tuple[bytes, bytes]:
    """The log's own chain goes on like any other."""
    log = SmallLog()
    log.post("log.trust", ["root"], {}, ["log"])
    return log.bundle(), log.trust


@stops_at(0)
def absent_lots_between_neighbours() -> tuple[bytes, bytes]:
    """Twenty lots that never were, most of them in empty buckets."""
    log = SmallLog()
    never = [log.subject("holder", "lot", f"NEVER-{number}") for number in range(20)]
    return log.bundle(absent=never), log.trust


@stops_at(0)
def an_absent_lot_asked_for() -> tuple[bytes, bytes]:
    """A bundle may say that its lot does not exist."""
    log = SmallLog()
    never = log.subject("holder", "lot", "NEVER")
    return log.bundle(lot=never, absent=[never]), log.trust


@stops_at(0)
def a_batch_of_three() -> tuple[bytes, bytes]:
    """Events signed by one signature over their tree."""
    log = SmallLog()
    for envelope in batched(log):
        log.append(envelope)
    return log.bundle(), log.trust


@stops_at(0)
def an_entry_named_by_an_after() -> tuple[bytes, bytes]:
    """It is there although none of its subjects is."""
    log = SmallLog()
    other = log.subject("holder", "lot", "OTHER")
    index = log.post("lot.declared", ["holder"], {}, [other])
    after = forge.facts(log.entries[index]).event_id
    log.post("border.crossed", ["introducer"], {}, about=[log.lot], after=after)
    return log.bundle(without=[other]), log.trust


@stops_at(0)
def sixteen_levels() -> tuple[bytes, bytes]:
    """As deep as a payload may be: the outer object, its body, and 14 arrays."""
    return with_payload(lambda said: said["body"].update(x=nested(14)))


@stops_at(0)
def a_second_log_key_in_the_trust_file() -> tuple[bytes, bytes]:
    """After the log's key has changed there are two."""
    vkey = VerifierKey.of(ORIGIN, ED25519, make_key("another").public)
    return with_trust(lambda text: f"log {vkey}\n{text}")


@stops_at(0)
def an_unsupported_witness_that_is_not_needed() -> tuple[bytes, bytes]:
    """It never counts, and does no harm."""
    vkey = VerifierKey.of("w.example/pq", 6, bytes(1312))
    return with_trust(lambda text: f"witness pq {vkey}\n{text}")
