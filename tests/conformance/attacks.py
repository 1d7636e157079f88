"""Attacks with a name, each on one rule, and the step that the page says must stop it (0: nothing does).

Every bundle here is right but for its one point: what lies above it has been signed again, by whoever's keys it takes.
"""

from __future__ import annotations

import base64
import gzip
import importlib.util
import json
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import forge
from forge import ZERO, Lies, Payload, canonical
from small_log import ORIGIN, SmallLog, inception_of, make_key, party_of

from ledger.cosignature import cosign
from ledger.keys import encode_multikey
from ledger.note import COSIGNATURE_V1, ED25519, VerifierKey, sign_note

Attack = Callable[[], tuple[bytes, bytes]]
ATTACKS: Final[dict[str, tuple[int, Attack]]] = {}


def stops_at(step: int) -> Callable[[Attack], Attack]:
    """Register an attack with the step that stops it."""

    def register(attack: Attack) -> Attack:
        ATTACKS[attack.__name__] = step, attack
        return attack

    return register


def load_edwards() -> ModuleType:
    """Load the textbook curve of the ledger's tests."""
    place = Path(__file__).parents[1] / "ledger" / "edwards.py"
    spec = importlib.util.spec_from_file_location("edwards", place)
    assert spec is not None
    assert spec.loader is not None
    sys.modules.setdefault("edwards", module := importlib.util.module_from_spec(spec))
    spec.loader.exec_module(module)
    return module


edwards = load_edwards()


class Scalar:
    """A key of which the scalar is known, to sign as no library would."""

    def __init__(
        self, key_part: tuple[int, int] = (0, 1), *, nonce: int = 0x5EED, raised: bool = False
    ) -> None:
        self.forger = edwards.Forger(key_part=key_part)
        self.text = encode_multikey(self.forger.public)
        self.nonce = nonce
        self.raised = raised

    def sign(self, message: bytes) -> bytes:
        """Sign with a chosen nonce; `raised` adds the group's order to S."""
        signature: bytes = self.forger.sign(message, nonce=self.nonce)
        s = int.from_bytes(signature[32:], "little") + (edwards.L if self.raised else 0)
        return signature[:32] + s.to_bytes(32, "little")


class Constant:
    """The identity point as a key: one signature, R = B and S = 1, fits every message."""

    text = encode_multikey(edwards.encode((0, 1)))

    def sign(self, message: bytes) -> bytes:
        """Give it, whatever is asked."""
        return bytes(edwards.encode(edwards.B)) + (1).to_bytes(32, "little")


# --- edits --------------------------------------------------------------------------------------------------------


def good() -> tuple[bytes, bytes]:
    """Give an honest bundle of the small log."""
    log = SmallLog()
    return log.bundle(), log.trust


def with_header(change: Callable[[dict[str, Any]], object], **choices: Any) -> tuple[bytes, bytes]:  # noqa: ANN401  # the bundle's
    """Edit the header of a good bundle, in good form."""
    log = SmallLog()
    return log.bundle(Lies(header=change), **choices), log.trust


def with_bytes(change: Callable[[bytes], bytes]) -> tuple[bytes, bytes]:
    """Edit the bytes of a good bundle."""
    data, trust = good()
    edited = change(data)
    assert edited != data
    return edited, trust


def with_payload(change: Callable[[Payload], object]) -> tuple[bytes, bytes]:
    """Append an event about the lot by the introducer that is signed, but of a form that is not the page's."""
    log = SmallLog()
    payload = log.payload("border.crossed", ["introducer"], {}, about=[log.lot])
    change(payload)
    log.add(payload)
    return log.bundle(), log.trust


def with_envelope(change: Callable[[dict[str, Any]], object]) -> tuple[bytes, bytes]:
    """Edit the envelope of the event about the lot, and make all proofs anew."""
    log = SmallLog()
    entry = json.loads(log.entries[3])
    change(entry["event"])
    log.entries[3] = canonical(entry)
    return log.bundle(), log.trust


def with_trust(change: Callable[[str], str]) -> tuple[bytes, bytes]:
    """Edit the trust file of a good bundle."""
    data, trust = good()
    edited = change(trust.decode()).encode()
    assert edited != trust
    return data, edited


def with_genesis(change: Callable[[Payload], object]) -> tuple[bytes, bytes]:
    """Begin the log with another genesis, which the trust file names."""
    log = SmallLog(change)
    return log.bundle(), log.trust


def with_lies(**lies: Any) -> tuple[bytes, bytes]:  # noqa: ANN401  # as Lies takes them
    """Let the operator lie."""
    log = SmallLog()
    return log.bundle(Lies(**lies)), log.trust


def with_key(key: Any) -> tuple[bytes, bytes]:  # noqa: ANN401  # small_log.Key
    """Let a party with this key join and speak about the lot."""
    log = SmallLog()
    inception = log.join("odd", key)
    log.post("party.incepted", ["odd", "introducer"], {"inception": inception}, [log.parties["odd"]])
    log.post("border.crossed", ["odd"], {}, about=[log.lot])
    return log.bundle(), log.trust


def batched(log: SmallLog, numbers: int = 3) -> list[bytes]:
    """Give envelopes about the lot that the introducer signs in a batch."""
    payloads = [
        log.payload("border.crossed", ["introducer"], {"n": number}, about=[log.lot])
        for number in range(numbers)
    ]
    return log.forger.batch(payloads)


def nested(levels: int) -> object:
    """Give arrays in arrays."""
    return [nested(levels - 1)] if levels > 1 else []


# --- what is good -------------------------------------------------------------------------------------------------


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


# --- step 1 -------------------------------------------------------------------------------------------------------


FORMS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "an_empty_file": lambda _data: b"",
    "no_last_newline": lambda data: data[:-1],
    "an_empty_line_at_the_end": lambda data: data + b"\n",
    "carriage_returns": lambda data: data.replace(b"\n", b"\r\n"),
    "a_byte_order_mark": lambda data: b"\xef\xbb\xbf" + data,
    "a_blank_in_the_header": lambda data: data.replace(b'"v":1', b'"v": 1', 1),
    "a_float": lambda data: data.replace(b'"v":1', b'"v":1.0', 1),
    "an_exponent": lambda data: data.replace(b'"v":1', b'"v":1e0', 1),
    "a_null": lambda data: data.replace(b'"disclosures":[]', b'"disclosures":null', 1),
    "a_boolean_for_a_number": lambda data: data.replace(b'"v":1', b'"v":true', 1),
    "a_doubled_member": lambda data: data.replace(b'"v":1', b'"v":1,"v":1', 1),
    "a_needless_escape": lambda data: data.replace(b'"log":"', b'"l\\u006fg":"', 1),
    "half_a_surrogate_pair": lambda data: data.replace(b'"lot":"', b'"lot":"\\ud800', 1),
    "a_number_too_large": lambda data: data.replace(b'"v":1', b'"v":9007199254740992', 1),
    "ten_thousand_digits": lambda data: data.replace(b'"v":1', b'"v":' + b"1" * 10_000, 1),
    "ten_thousand_arrays": lambda data: data.replace(b'"v":1', b'"v":' + b"[" * 10_000 + b"]" * 10_000, 1),
    "an_entry_too_few": lambda data: b"".join(data.splitlines(keepends=True)[:-1]),
    "two_gzip_members": lambda data: gzip.compress(data[:99]) + gzip.compress(data[99:]),
    "bytes_after_the_gzip_member": lambda data: gzip.compress(data) + b"\0",
    "half_a_gzip_member": lambda data: gzip.compress(data)[:-9],
    "a_bomb": lambda _data: gzip.compress(bytes(10_000_000)),
    "seventeen_mebibytes": lambda data: data + b"0" * (17 * 2**20) + b"\n",
}


def _register_forms() -> None:
    for name, change in FORMS.items():
        ATTACKS[name] = 1, lambda change=change: with_bytes(change)


HEADERS: Final[dict[str, Callable[[dict[str, Any]], object]]] = {
    "an_unknown_header_member": lambda header: header.update(more=1),
    "a_missing_header_member": lambda header: header.pop("absent"),
    "indexes_out_of_order": lambda header: header["indexes"].reverse(),
    "a_lot_that_is_a_site": lambda header: header.update(lot="site:" + "a" * 32 + "/S"),
    "a_code_of_65_characters": lambda header: header.update(lot="lot:" + "a" * 32 + "/" + "A" * 65),
    "part_of_a_hash": lambda header: header.update(proof=forge.b64(bytes(33))),
    "spare_bits_in_base64": lambda header: header["heads"].update(proof=forge.b64(bytes(32))[:-2] + "B="),
    "an_upper_case_id": lambda header: header.update(log=header["log"].upper() + ""),
    "buckets_out_of_order": lambda header: header["heads"]["buckets"].reverse(),
    "a_bucket_too_many": lambda header: header["heads"]["buckets"][-1].update(bucket=65_536),
    "a_bucket_that_shows_nothing": lambda header: header["heads"]["buckets"][0].update(leaves=[]),
    "a_leaf_beyond_its_bucket": lambda header: header["heads"]["buckets"][0]["leaves"][-1].update(index=99),
    "a_short_leaf": lambda header: header["heads"]["buckets"][0]["leaves"][0].update(leaf="00" * 95),
    "a_disclosure_without_salt": lambda header: header["disclosures"].append(
        {"event": ZERO, "name": "a", "value": 1}
    ),
    "absent_subjects_out_of_order": lambda header: header.update(absent=["site:" + "b" * 32 + "/S", "log"]),
}


def _register_headers() -> None:
    for name, change in HEADERS.items():
        ATTACKS[name] = 1, lambda change=change: with_header(change)


PAYLOADS: Final[dict[str, Callable[[Payload], object]]] = {
    "version_2": lambda said: said.update(v=2),
    "an_unknown_member": lambda said: said.update(more=1),
    "an_actor_who_does_not_sign": lambda said: said.update(actor="party:" + "a" * 32),
    "a_negative_counter": lambda said: said.update(counter=-1),
    "a_type_without_dot": lambda said: said.update(type="border"),
    "the_thirtieth_of_february": lambda said: said.update(claimed_at="2026-02-30T00:00:00Z"),
    "second_60": lambda said: said.update(claimed_at="2026-01-01T00:00:60Z"),
    "hour_24": lambda said: said.update(claimed_at="2026-01-01T24:00:00Z"),
    "an_offset": lambda said: said.update(claimed_at="2026-01-01T00:00:00+00:00"),
    "an_empty_after": lambda said: said.update(after=""),
    "empty_commitments": lambda said: said.update(commitments={}),
    "a_commitment_in_capitals": lambda said: said.update(commitments={"Driver": ZERO}),
    "linked_and_spoken_about": lambda said: said.update(links=[{"prev": ZERO, "subject": said["about"][0]}]),
    "abouts_twice": lambda said: said.update(about=said["about"] * 2),
    "a_subject_of_no_kind": lambda said: said.update(about=["mine:" + "a" * 32 + "/M"]),
    "thirty_three_abouts": lambda said: said.update(
        about=[f"lot:{'a' * 32}/{number}" for number in range(10, 43)]
    ),
    "a_hundred_and_twenty_nine_links": lambda said: said.update(
        links=[{"prev": ZERO, "subject": f"lot:{'a' * 32}/{number}"} for number in range(100, 229)]
    ),
    "seventeen_levels": lambda said: said["body"].update(x=nested(15)),
    "a_body_that_is_an_array": lambda said: said.update(body=[]),
    "a_member_in_capitals": lambda said: said["body"].update(Mass=1),
    "an_analyte_outside_of_contained_mg": lambda said: said["body"].update(metal={"Cu": 1}),
    "an_analyte_with_a_blank": lambda said: said["body"].update(contained_mg={"C u": 1}),
    "forty_kibibytes_and_more": lambda said: said["body"].update(x="x" * 40_960),
}


def _register_payloads() -> None:
    for name, change in PAYLOADS.items():
        ATTACKS[name] = 1, lambda change=change: with_payload(change)


ENVELOPES: Final[dict[str, Callable[[dict[str, Any]], object]]] = {
    "another_payload_type": lambda event: event.update(payloadType="application/json"),
    "an_unknown_envelope_member": lambda event: event.update(more=1),
    "no_signature": lambda event: event["signatures"].clear(),
    "a_signature_twice": lambda event: event["signatures"].append(event["signatures"][0]),
    "a_signature_of_another_key": lambda event: event["signatures"][0].update(keyid=make_key("x").text),
    "a_signature_of_63_bytes": lambda event: event["signatures"][0].update(sig=forge.b64(bytes(63))),
    "a_batch_of_one": lambda event: event["signatures"][0].update(batch={"index": 0, "path": "", "size": 1}),
    "a_batch_of_4097": lambda event: event["signatures"][0].update(
        batch={"index": 0, "path": forge.b64(bytes(32 * 13)), "size": 4_097}
    ),
    "a_path_too_long": lambda event: event["signatures"][0].update(
        batch={"index": 2, "path": forge.b64(bytes(64)), "size": 3}
    ),
    "a_place_outside_of_the_batch": lambda event: event["signatures"][0].update(
        batch={"index": 2, "path": forge.b64(bytes(32)), "size": 2}
    ),
}


def _register_envelopes() -> None:
    for name, change in ENVELOPES.items():
        ATTACKS[name] = 1, lambda change=change: with_envelope(change)


for _register in (_register_forms, _register_headers, _register_payloads, _register_envelopes):
    _register()


def many_keys(count: int) -> tuple[bytes, bytes]:
    """Give a bundle with this many more distinct keys than its own, sixteen an event; nobody really signs."""
    data, trust = good()
    header, *lines = data.splitlines()
    keys = sorted(encode_multikey(sha256(b"%d" % number).digest()) for number in range(count))
    log = SmallLog()
    for start in range(0, count, 16):
        payload = log.payload("border.crossed", ["introducer"], {}, about=["log"])
        payload["signers"] = [{"key": key, "party": payload["actor"]} for key in keys[start : start + 16]]
        signatures = [{"keyid": key, "sig": forge.b64(bytes(64))} for key in keys[start : start + 16]]
        lines.append(forge.entry_of(forge.enclosed(canonical(payload), signatures), 2**41))
    said = json.loads(header)
    said["indexes"] = [*range(len(lines))]
    return b"".join(line + b"\n" for line in [canonical(said), *lines]), trust


@stops_at(1)
def more_than_4096_keys() -> tuple[bytes, bytes]:
    """The four of the small log (root, operator, introducer, holder) and 4,093 more."""
    return many_keys(4_093)


@stops_at(3)
def no_more_than_4096_keys() -> tuple[bytes, bytes]:
    """As many as there may be: then only the proof is wrong."""
    return many_keys(4_092)


@stops_at(1)
def an_entry_too_long() -> tuple[bytes, bytes]:
    """Forty kibibytes of payload pass, but with a batch path and sixteen signatures the entry does not."""
    log = SmallLog()
    payload = log.payload("border.crossed", ["introducer"], {}, about=[log.lot])
    names = [f"signer {number}" for number in range(15)]
    for name in names:
        log.join(name)
        payload["signers"].append({"key": log.keys[name].text, "party": log.parties[name]})
    payload["signers"].sort(key=lambda one: one["key"])
    payload["body"]["x"] = "x" * (40_960 - len(canonical(payload)) - len('"x":""'))
    signatures = [
        {
            "batch": {"index": 0, "path": forge.b64(bytes(32 * 12)), "size": 4_096},
            "keyid": signer["key"],
            "sig": forge.b64(bytes(64)),
        }
        for signer in payload["signers"]
    ]
    log.append(forge.enclosed(canonical(payload), signatures))
    assert len(canonical(payload)) == 40_960
    assert len(log.entries[-1]) > 65_535
    return log.bundle(), log.trust


# --- step 2 -------------------------------------------------------------------------------------------------------


TRUSTS: Final[dict[str, Callable[[str], str]]] = {
    "a_trust_file_without_genesis": lambda text: text.replace("#otc genesis", "# genesis"),
    "a_trust_file_of_another_genesis": lambda text: text.replace(
        "#otc genesis " + ORIGIN, "#otc genesis other.example"
    ),
    "a_second_genesis_line": lambda text: f"#otc genesis {ORIGIN} {ZERO}\n{text}",
    "a_second_time_of_issue": lambda text: f"#otc issued 2026-01-01T00:00:00Z\n{text}",
    "an_unknown_line_of_ours": lambda text: f"#otc allow everything\n{text}",
    "an_unknown_word": lambda text: f"allow everything\n{text}",
    "a_trust_file_cut_short": lambda text: text[:-1],
    "a_second_quorum": lambda text: f"{text}quorum none\n",
    "no_quorum": lambda text: text.replace("quorum enough\n", ""),
    "a_quorum_of_four_of_three": lambda text: text.replace("enough 2", "enough 4"),
    "a_member_of_two_groups": lambda text: text.replace("quorum", "group more any ngo\nquorum"),
    "a_vkey_of_another_id": lambda text: text.replace("+", "+0", 1).replace("+0", "+00", 1),
    "no_log_of_this_origin": lambda text: "\n".join(
        line for line in text.split("\n") if not line.startswith("log")
    ),
    "more_than_256_kibibytes": lambda text: text + "#\n" * 2**17,
}


def _register_trusts() -> None:
    for name, change in TRUSTS.items():
        ATTACKS[name] = 2, lambda change=change: with_trust(change)


_register_trusts()


@stops_at(2)
def a_weak_witness_key() -> tuple[bytes, bytes]:
    """The identity point would cosign everything."""
    vkey = VerifierKey.of("w.example/weak", COSIGNATURE_V1, edwards.encode((0, 1)))
    return with_trust(lambda text: f"witness weak {vkey}\n{text}")


@stops_at(2)
def a_weak_log_key() -> tuple[bytes, bytes]:
    """The point of order two is no key of a log."""
    vkey = VerifierKey.of(ORIGIN, ED25519, edwards.encode((0, edwards.P - 1)))
    return with_trust(lambda text: f"log {vkey}\n{text}")


@stops_at(2)
def an_unsupported_witness_that_is_asked_for() -> tuple[bytes, bytes]:
    """It never counts."""
    vkey = VerifierKey.of("w.example/pq", 6, bytes(1312))
    return with_trust(lambda text: f"witness pq {vkey}\n{text.replace('quorum enough', 'quorum pq')}")


@stops_at(2)
def one_witness_of_two() -> tuple[bytes, bytes]:
    """The quorum is two of three."""
    return with_lies(note=lambda note: "".join(note.splitlines(keepends=True)[:-2]))


@stops_at(2)
def one_witness_twice() -> tuple[bytes, bytes]:
    """One key counts once."""

    def twice(note: str) -> str:
        *lines, _, _ = note.splitlines(keepends=True)
        return "".join([*lines, lines[-1]])

    return with_lies(note=twice)


@stops_at(2)
def a_bad_cosignature_beside_a_quorum() -> tuple[bytes, bytes]:
    """A known key's bad signature refuses the note, whoever else has signed."""

    def spoil(note: str) -> str:
        lines = note.splitlines(keepends=True)
        name, _, blob = lines[-1].rstrip("\n").rpartition(" ")
        data = base64.b64decode(blob)
        lines[-1] = f"{name} {forge.b64(data[:-1] + bytes([data[-1] ^ 1]))}\n"
        return "".join(lines)

    return with_lies(note=spoil)


@stops_at(2)
def the_log_does_not_sign() -> tuple[bytes, bytes]:
    """Witnesses alone are not enough."""
    return with_lies(note=lambda note: note.replace(note.split("\n\n")[1].split("\n")[0] + "\n", ""))


@stops_at(2)
def an_extension_line() -> tuple[bytes, bytes]:
    """Signed and cosigned, and refused."""
    return with_lies(text=lambda text: text + "extension\n")


@stops_at(2)
def another_origin() -> tuple[bytes, bytes]:
    """Signed by the log's key under its own name."""
    return with_lies(text=lambda text: text.replace(ORIGIN, "other.example"))


@stops_at(2)
def sixty_five_signatures() -> tuple[bytes, bytes]:
    """Four of them known, the others of nobody."""
    line = f"— unknown.example {forge.b64(bytes(68))}\n"
    return with_lies(note=lambda note: note + line * 61)


@stops_at(0)
def sixty_four_signatures() -> tuple[bytes, bytes]:
    """As many as there may be."""
    line = f"— unknown.example {forge.b64(bytes(68))}\n"
    return with_lies(note=lambda note: note + line * 60)


@stops_at(2)
def a_log_of_one_entry() -> tuple[bytes, bytes]:
    """There are no heads in it."""
    log = SmallLog()
    text = f"{ORIGIN}\n1\n{forge.b64(forge.leaf_hash(log.entries[0]))}\n"
    lines = [sign_note(text, ORIGIN, log.forger.log_key)]
    lines += [cosign(text, f"w.example/{name}", key, 1) for name, key in log.forger.witnesses.items()]
    note = f"{text}\n{''.join(lines)}"
    header = json.loads(log.bundle().split(b"\n")[0]) | {"checkpoint": note, "indexes": [0], "proof": ""}
    return canonical(header) + b"\n" + log.entries[0] + b"\n", log.trust


@stops_at(2)
def no_genesis() -> tuple[bytes, bytes]:
    """Entry 0 is left out, with a proof that it may be."""
    return with_lies(omit=[0])


@stops_at(2)
def a_header_of_another_log() -> tuple[bytes, bytes]:
    """The header names another genesis."""
    return with_header(lambda header: header.update(log="11" * 32))


@stops_at(2)
def an_event_of_another_log() -> tuple[bytes, bytes]:
    """Signed for another log, and entered into this one."""
    return with_payload(lambda said: said.update(log="11" * 32))


@stops_at(2)
def a_batch_signed_genesis() -> tuple[bytes, bytes]:
    """The genesis is signed one by one."""
    log = SmallLog()
    entry = json.loads(log.entries[0])
    entry["event"]["signatures"][0]["batch"] = {"index": 0, "path": forge.b64(bytes(32)), "size": 2}
    log.entries[0] = canonical(entry)
    return log.bundle(), log.trust


@stops_at(2)
def a_genesis_of_another_origin() -> tuple[bytes, bytes]:
    """It says for which log it is."""
    return with_genesis(lambda said: said["body"].update(log_origin="other.example"))


@stops_at(2)
def a_genesis_of_another_type() -> tuple[bytes, bytes]:
    """Entry 0 is log.genesis, whatever the trust file names."""
    return with_genesis(lambda said: said.update(type="log.heads"))


@stops_at(2)
def a_genesis_of_another_log() -> tuple[bytes, bytes]:
    """Its own `log` is zeros."""
    return with_genesis(lambda said: said.update(log="11" * 32))


@stops_at(2)
def a_genesis_without_operator() -> tuple[bytes, bytes]:
    """Somebody must sign the heads."""
    return with_genesis(lambda said: said["body"].pop("operator"))


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


# --- step 5 -------------------------------------------------------------------------------------------------------


@stops_at(5)
def a_link_of_a_chain_left_out() -> tuple[bytes, bytes]:
    """The first event of the lot, with a proof of all others."""
    return with_lies(omit=[2])


@stops_at(5)
def the_newest_event_left_out() -> tuple[bytes, bytes]:
    """The chain is unbroken, and not the one that the heads state."""
    return with_lies(omit=[4])


@stops_at(5)
def a_filing_left_out() -> tuple[bytes, bytes]:
    """The file is not the one that the heads state."""
    return with_lies(omit=[3])


@stops_at(5)
def a_fork() -> tuple[bytes, bytes]:
    """Two events name one event before them; the heads state the second."""
    log = SmallLog()
    log.append(log.forger.envelope(forge.payload_of(log.entries[4]) | {"counter": 77}))
    return log.bundle(), log.trust


@stops_at(5)
def a_second_beginning() -> tuple[bytes, bytes]:
    """The lot begins again, by its own party."""
    log = SmallLog()
    payload = log.payload("lot.declared", ["holder"], {}, [log.lot])
    payload["links"][0]["prev"] = ZERO
    log.add(payload)
    return log.bundle(), log.trust


@stops_at(5)
def a_second_beginning_of_the_log() -> tuple[bytes, bytes]:
    """The log begins once."""
    log = SmallLog()
    payload = log.payload("log.trust", ["root"], {}, ["log"])
    payload["links"][0]["prev"] = ZERO
    log.add(payload)
    return log.bundle(), log.trust


@stops_at(5)
def a_file_without_a_chain() -> tuple[bytes, bytes]:
    """Somebody speaks about a lot that has not begun, and the heads give it a leaf."""
    log = SmallLog()
    log.post("border.crossed", ["introducer"], {}, about=[log.subject("holder", "lot", "NEVER")])
    return log.bundle(), log.trust


@stops_at(5)
def heads_of_another_head() -> tuple[bytes, bytes]:
    """The operator states an older head of the lot."""
    log = SmallLog()
    key, older = forge.digest(log.lot), forge.facts(log.entries[2]).event_id

    def lie(leaves: dict[str, bytes]) -> None:
        leaves[key] = leaves[key][:32] + bytes.fromhex(older) + leaves[key][64:]

    return log.bundle(Lies(leaves=lie)), log.trust


@stops_at(5)
def heads_of_another_file() -> tuple[bytes, bytes]:
    """The operator states that nobody has spoken about the lot."""
    log = SmallLog()
    key = forge.digest(log.lot)
    return log.bundle(
        Lies(leaves=lambda leaves: leaves.update({key: leaves[key][:64] + bytes(32)}))
    ), log.trust


@stops_at(5)
def heads_by_somebody_else() -> tuple[bytes, bytes]:
    """The statement is the introducer's."""
    log = SmallLog()
    signer = {"key": log.keys["introducer"].text, "party": log.parties["introducer"]}
    lie = {"actor": signer["party"], "signers": [signer]}
    return log.bundle(Lies(statement=lambda said: said.update(lie))), log.trust


@stops_at(5)
def heads_of_another_size() -> tuple[bytes, bytes]:
    """One entry fewer."""
    return with_lies(statement=lambda said: said["body"].update(size=4))


@stops_at(5)
def heads_with_another_member() -> tuple[bytes, bytes]:
    """The statement has a root and a size and nothing else."""
    return with_lies(statement=lambda said: said["body"].update(more=1))


@stops_at(5)
def heads_about_a_subject() -> tuple[bytes, bytes]:
    """The statement links nothing and is about nothing: its own file would never be whole."""
    return with_lies(statement=lambda said: said.update(about=["lot:" + "a" * 32 + "/X"]))


@stops_at(5)
def another_event_at_the_end() -> tuple[bytes, bytes]:
    """The last entry of a checkpoint is log.heads."""
    return with_lies(statement=lambda said: said.update(type="log.operated"))


@stops_at(5)
def old_heads_under_a_fresh_checkpoint() -> tuple[bytes, bytes]:
    """All that the bundle shows was true once: the lot has gone on since."""
    log = SmallLog()
    log.post("lot.sealed", ["holder"], {}, [log.lot])
    later = log.entries.pop()
    return log.bundle(Lies(later=[later])), log.trust


@stops_at(5)
def no_lot() -> tuple[bytes, bytes]:
    """Everything is there but the lot."""
    log = SmallLog()
    return log.bundle(without=[log.lot], lies=Lies(omit=[2, 3, 4])), log.trust


@stops_at(5)
def no_leaf_of_the_log() -> tuple[bytes, bytes]:
    """The log's own chain must be whole."""
    return with_lies(unshown=["log"])


@stops_at(5)
def no_leaf_at_all() -> tuple[bytes, bytes]:
    """A proof of nothing."""
    return with_header(lambda header: header.update(heads={"buckets": [], "proof": ""}))


@stops_at(5)
def a_leaf_over() -> tuple[bytes, bytes]:
    """The leaf of a lot that no bundled event names."""
    log = SmallLog()
    other = log.subject("holder", "lot", "OTHER")
    index = log.post("lot.declared", ["holder"], {}, [other])
    return log.bundle(Lies(omit=[index])), log.trust


@stops_at(5)
def a_neighbour_over() -> tuple[bytes, bytes]:
    """An absent subject is named no more, and its neighbours and empty buckets stay."""
    log = SmallLog()
    never = [log.subject("holder", "lot", "NEVER")]
    return log.bundle(Lies(header=lambda header: header.update(absent=[])), absent=never), log.trust


@stops_at(5)
def an_entry_over() -> tuple[bytes, bytes]:
    """An event of a lot that is not in the bundle."""
    log = SmallLog()
    other = log.subject("holder", "lot", "OTHER")
    index = log.post("lot.declared", ["holder"], {}, [other])
    return log.bundle(Lies(add=[index]), without=[other]), log.trust


@stops_at(5)
def a_subject_said_to_be_absent() -> tuple[bytes, bytes]:
    """The holder exists."""
    log = SmallLog()
    return with_header(lambda header: header.update(absent=[log.parties["holder"]]))


@stops_at(5)
def absence_without_proof() -> tuple[bytes, bytes]:
    """Nothing is shown of its bucket."""
    log = SmallLog()
    return with_header(lambda header: header.update(absent=[log.subject("holder", "lot", "NEVER")]))


@stops_at(5)
def absent_in_the_heads_and_present_in_the_log() -> tuple[bytes, bytes]:
    """The operator's heads deny a lot of which the bundle holds an event."""
    log = SmallLog()
    other = log.subject("holder", "lot", "OTHER")
    log.post("lot.split", ["holder"], {}, [log.lot, other])
    deny: Callable[[dict[str, bytes]], object] = lambda leaves: leaves.pop(forge.digest(other))  # noqa: E731  # short
    return log.bundle(Lies(leaves=deny), without=[other], absent=[other]), log.trust


@stops_at(5)
def leaves_out_of_order() -> tuple[bytes, bytes]:
    """Two leaves of one bucket, the greater first: who looks for a gap between neighbours finds one."""
    log = SmallLog()
    bucket = forge.digest(log.lot)[:4]
    low, high = bucket + "00" * 30, bucket + "ff" * 30

    def lie(leaves: dict[str, bytes]) -> None:
        leaves[low] = bytes.fromhex(high + ZERO * 2)
        leaves[high] = bytes.fromhex(low + ZERO * 2)

    def show(header: dict[str, Any]) -> None:
        (shown,) = [one for one in header["heads"]["buckets"] if one["bucket"] == int(bucket, 16)]
        leaves = {low: b""}
        lie(leaves)
        own = shown["leaves"][0]["leaf"]
        shown["leaves"] = [
            {"index": index, "leaf": leaf}
            for index, leaf in enumerate([leaves[low].hex(), own, leaves[high].hex()])
        ]
        shown["proof"] = ""

    return log.bundle(Lies(leaves=lie, header=show)), log.trust


@stops_at(5)
def a_leaf_in_the_wrong_bucket() -> tuple[bytes, bytes]:
    """Beside an absent lot stands a leaf that does not begin as its bucket does."""
    log = SmallLog()
    never = log.subject("holder", "lot", "NEVER")
    strange = {forge.digest(never)[:4] + "00" * 30: bytes(96)}
    return log.bundle(Lies(leaves=lambda leaves: leaves.update(strange)), absent=[never]), log.trust


assert party_of(inception_of("holder")) == SmallLog().parties["holder"]
