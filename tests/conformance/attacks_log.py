"""Attacks on inclusion (step 3) and on envelopes (step 4)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final

import forge
from attack_tools import (
    Constant,
    Scalar,
    batched,
    edwards,
    stops_at,
    with_bytes,
    with_envelope,
    with_genesis,
    with_header,
    with_key,
)
from forge import ZERO, Lies, canonical
from small_log import SmallLog, inception_of

# --- step 3 -------------------------------------------------------------------------------------------------------


@stops_at(3)
def a_hash_missing() -> tuple[bytes, bytes]:
    """The last of the proof."""
    log = SmallLog()
    other = log.subject("holder", "lot", "OTHER")
    log.post("lot.declared", ["holder"], {}, [other])
    cut: Callable[[dict[str, Any]], object] = lambda header: header.update(proof="")  # noqa: E731  # one of two
    return log.bundle(Lies(header=cut), without=[other, log.parties["holder"]]), log.trust


@stops_at(3)
def a_hash_over() -> tuple[bytes, bytes]:
    """A proof has exactly what it needs."""
    return with_header(lambda header: header.update(proof=forge.b64(bytes(32))))


@stops_at(3)
def an_index_beyond_the_log() -> tuple[bytes, bytes]:
    """The last entry stands elsewhere."""
    return with_header(lambda header: header["indexes"].append(header["indexes"].pop() + 1))


@stops_at(3)
def an_entry_changed_after_the_checkpoint() -> tuple[bytes, bytes]:
    """Its time is one millisecond later."""
    return with_bytes(lambda data: data.replace(b'{"at":1772427660000', b'{"at":1772427660001'))


@stops_at(3)
def time_goes_back() -> tuple[bytes, bytes]:
    """By one millisecond, in the tree."""
    log = SmallLog()
    log.entries[3] = canonical({**json.loads(log.entries[3]), "at": forge.time_of(log.entries[2]) - 1})
    return log.bundle(), log.trust


@stops_at(0)
def time_stands_still() -> tuple[bytes, bytes]:
    """Two entries of one millisecond."""
    log = SmallLog()
    log.entries[3] = canonical({**json.loads(log.entries[3]), "at": forge.time_of(log.entries[2])})
    return log.bundle(), log.trust


# --- step 4 -------------------------------------------------------------------------------------------------------


@stops_at(4)
def a_signature_of_nothing() -> tuple[bytes, bytes]:
    """Sixty-four zeros."""
    return with_envelope(lambda event: event["signatures"][0].update(sig=forge.b64(bytes(64))))


@stops_at(4)
def a_key_of_the_identity() -> tuple[bytes, bytes]:
    """Its constant signature holds by the equation alone, for every message."""
    return with_key(Constant())


@stops_at(4)
def a_key_with_a_part_of_order_eight() -> tuple[bytes, bytes]:
    """Its owner signs again until a library agrees; admission refuses the key."""
    odd = Scalar(edwards.T[1])
    log = SmallLog()
    inception = log.join("odd", odd)
    log.post("party.incepted", ["odd", "introducer"], {"inception": inception}, [log.parties["odd"]])
    while True:
        payload = log.payload("border.crossed", ["odd"], {"n": odd.nonce}, about=[log.lot])
        message = forge.pae(forge.EVENT_TYPE, canonical(payload))
        if edwards.challenge(odd.sign(message)[:32], odd.forger.public, message) % 8 == 0:
            log.add(payload)
            return log.bundle(), log.trust
        odd.nonce += 1


@stops_at(0)
def a_key_whose_scalar_is_known() -> tuple[bytes, bytes]:
    """Signed by the textbook, and good: what the next attacks change is what refuses them."""
    return with_key(Scalar())


@stops_at(4)
def s_not_reduced() -> tuple[bytes, bytes]:
    """S + L satisfies the equation as well."""
    return with_key(Scalar(raised=True))


@stops_at(4)
def r_is_the_identity() -> tuple[bytes, bytes]:
    """A nonce of nought: the equation holds, and R is of small order."""
    return with_key(Scalar(nonce=0))


@stops_at(4)
def a_path_to_another_event() -> tuple[bytes, bytes]:
    """The signature is good, over a batch in which this event is not."""
    log = SmallLog()
    envelope = json.loads(batched(log, 4)[0])
    batch = envelope["signatures"][0]["batch"]
    batch["path"] = forge.b64(bytes(32) + base64.b64decode(batch["path"])[32:])
    log.append(canonical(envelope))
    return log.bundle(), log.trust


@stops_at(4)
def a_place_next_door() -> tuple[bytes, bytes]:
    """The right path at another index of the batch."""
    log = SmallLog()
    envelope = json.loads(batched(log, 4)[0])
    envelope["signatures"][0]["batch"]["index"] = 1
    log.append(canonical(envelope))
    return log.bundle(), log.trust


@stops_at(4)
def a_batch_signature_for_one_event() -> tuple[bytes, bytes]:
    """What was signed for a batch is no signature of its event."""
    log = SmallLog()
    envelope = json.loads(batched(log)[0])
    del envelope["signatures"][0]["batch"]
    log.append(canonical(envelope))
    return log.bundle(), log.trust


@stops_at(4)
def an_event_twice() -> tuple[bytes, bytes]:
    """The same event at two places of the log."""
    log = SmallLog()
    log.append(canonical(json.loads(log.entries[3])["event"]))
    return log.bundle(), log.trust


@stops_at(4)
def a_party_of_another_inception() -> tuple[bytes, bytes]:
    """Its id is not what its inception object says."""
    log = SmallLog()
    log.join("odd")
    log.post("party.incepted", ["odd", "introducer"], {"inception": inception_of("x")}, [log.parties["odd"]])
    return log.bundle(), log.trust


@stops_at(4)
def an_inception_of_four_members() -> tuple[bytes, bytes]:
    """The id is made of three, and the object has one more."""
    log = SmallLog()
    inception = log.join("odd") | {"more": 1}
    log.post("party.incepted", ["odd", "introducer"], {"inception": inception}, [log.parties["odd"]])
    return log.bundle(), log.trust


@stops_at(4)
def a_party_begun_by_another_type() -> tuple[bytes, bytes]:
    """Only two types begin one."""
    log = SmallLog()
    log.join("odd")
    log.post("key.added", ["odd"], {"inception": inception_of("odd")}, [log.parties["odd"]])
    return log.bundle(), log.trust


@stops_at(4)
def a_founder_of_another_inception() -> tuple[bytes, bytes]:
    """The genesis links a party that it does not embed."""
    return with_genesis(lambda said: said["body"]["roots"][0].update(next=ZERO))


@stops_at(4)
def a_lot_begun_by_a_stranger() -> tuple[bytes, bytes]:
    """The party in its id has not signed."""
    log = SmallLog()
    log.post("lot.declared", ["introducer"], {}, [log.subject("holder", "lot", "L-2")])
    return log.bundle(), log.trust


SALT: Final = "5a" * 32


def disclosed(**edits: object) -> tuple[bytes, bytes]:
    """Hide a driver in an event about the lot, and show him, with edits."""
    log = SmallLog()
    opened = canonical({"actor": log.parties["introducer"], "name": "driver", "value": "D-1"})
    hidden = sha256(b"otc/commitment/v1\n" + bytes.fromhex(SALT) + opened).hexdigest()
    index = log.post("border.crossed", ["introducer"], {}, about=[log.lot], commitments={"driver": hidden})
    one = {"event": forge.facts(log.entries[index]).event_id, "name": "driver", "salt": SALT, "value": "D-1"}
    return log.bundle(disclosures=[one | edits]), log.trust


@stops_at(0)
def a_driver_disclosed() -> tuple[bytes, bytes]:
    """Salt and value open the commitment."""
    return disclosed()


@stops_at(4)
def another_driver_disclosed() -> tuple[bytes, bytes]:
    """The value is not the one committed to."""
    return disclosed(value="D-2")


@stops_at(4)
def another_member_disclosed() -> tuple[bytes, bytes]:
    """There is no commitment of this name."""
    return disclosed(name="vehicle")


@stops_at(4)
def a_disclosure_of_no_bundled_event() -> tuple[bytes, bytes]:
    """Nothing in the bundle says so."""
    return disclosed(event="11" * 32)


@stops_at(4)
def a_disclosure_twice() -> tuple[bytes, bytes]:
    """One each."""
    data, trust = disclosed()
    header, _, rest = data.partition(b"\n")
    said = json.loads(header)
    said["disclosures"] *= 2
    return canonical(said) + b"\n" + rest, trust
