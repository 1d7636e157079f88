"""Attacks on form and limits (step 1), most of them tables: one edit, one rule."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final

import forge
from attack_tools import (
    ATTACKS,
    NoKey,
    good,
    longer,
    nested,
    stops_at,
    with_bytes,
    with_envelope,
    with_header,
    with_key,
    with_payload,
)
from forge import ZERO, Payload, canonical
from small_log import SmallLog, make_key

from ledger.keys import encode_multikey

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
    "a_ratio_above_a_hundred": lambda data: gzip.compress(longer(data, 2**22)),
    "sixteen_mebibytes_and_one_byte": lambda data: longer(data, 2**24 + 1 - len(data)),
    "more_indexes_than_entries": lambda data: b"".join(data.splitlines(keepends=True)[:-1]),
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
    "a_checkpoint_that_is_a_number": lambda header: header.update(checkpoint=1),
    "leaves_out_of_turn": lambda header: header["heads"]["buckets"][0].update(
        leaves=[{"index": index, "leaf": "00" * 96} for index in (1, 0)], size=2
    ),
    "a_disclosure_of_a_number": lambda header: header["disclosures"].append(
        {"event": ZERO, "name": 1, "salt": ZERO, "value": 1}
    ),
    "a_disclosure_with_half_a_salt": lambda header: header["disclosures"].append(
        {"event": ZERO, "name": "a", "salt": ZERO[:32], "value": 1}
    ),
    "a_disclosure_without_salt": lambda header: header["disclosures"].append(
        {"event": ZERO, "name": "a", "value": 1}
    ),
    "absent_subjects_out_of_order": lambda header: header.update(absent=["site:" + "b" * 32 + "/S", "log"]),
}


def _register_headers() -> None:
    for name, change in HEADERS.items():
        ATTACKS[name] = 1, lambda change=change: with_header(change)


def last_key_first(name: str) -> list[int]:
    """Sort names by their keys, backwards."""
    return [-ord(character) for character in make_key(name).text]


PAYLOADS: Final[dict[str, Callable[[Payload], object]]] = {
    "version_2": lambda said: said.update(v=2),
    "an_unknown_member": lambda said: said.update(more=1),
    "an_actor_who_does_not_sign": lambda said: said.update(actor="party:" + "a" * 32),
    "a_signer_who_is_no_party": lambda said: said.update(
        actor="log", signers=[{"key": said["signers"][0]["key"], "party": "log"}]
    ),
    "signers_out_of_order": lambda said: said.update(
        signers=[
            {"key": make_key(name).text, "party": said["actor"]}
            for name in sorted(("root", "holder"), key=last_key_first)
        ]
    ),
    "links_out_of_order": lambda said: said.update(
        links=[{"prev": ZERO, "subject": f"lot:{'a' * 32}/{code}"} for code in "BA"]
    ),
    "a_link_to_nothing": lambda said: said.update(links=[{"prev": ZERO, "subject": "lot"}]),
    "a_null_in_a_body": lambda said: said["body"].update(x=None),
    "a_number_too_large_in_a_body": lambda said: said["body"].update(x=-(2**53)),
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
def a_key_of_another_code() -> tuple[bytes, bytes]:
    """Forty-eight characters that begin like an Ed25519 key's and are none."""
    return with_key(NoKey())


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
