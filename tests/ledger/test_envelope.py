"""Envelopes and entries: their form, and the signatures that must hold."""

from __future__ import annotations

import base64
import copy
import hashlib
from collections.abc import Callable
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ledger import envelope as dsse
from ledger.canonical import MAX_ENTRY_BYTES
from ledger.errors import FormError, LedgerError, SignatureRefused
from ledger.keys import Engine, SigningKey, cryptography_engine, encode_multikey, pynacl_engine

ENGINES = [pytest.param(pynacl_engine, id="pynacl"), pytest.param(cryptography_engine, id="cryptography")]
GIVER, RECEIVER = sorted((SigningKey.from_seed(bytes([n]) * 32) for n in (1, 2)), key=lambda key: key.text)
GIVER_PARTY, RECEIVER_PARTY = "party:" + "a" * 32, "party:" + "b" * 32
LOT = "lot:" + "a" * 32 + "/KOL-1"
ZEROS, ONES = "0" * 64, "1" * 64


def a_payload(**changes: object) -> dict[str, Any]:
    """Build a hand-over of one lot, signed by both sides, with some members changed; `...` leaves one out."""
    payload = {
        "v": 1,
        "log": ONES,
        "type": "lot.handed_over",
        "actor": GIVER_PARTY,
        "signers": [
            {"key": GIVER.text, "party": GIVER_PARTY},
            {"key": RECEIVER.text, "party": RECEIVER_PARTY},
        ],
        "claimed_at": "2026-01-17T06:42:00Z",
        "counter": 7,
        "links": [{"prev": ZEROS, "subject": LOT}],
        "about": [],
        "body": {"given": {"dry_mass_g": 24_500}, "received": {"dry_mass_g": 24_480}},
        **changes,
    }
    return {name: value for name, value in payload.items() if value is not ...}


def pae(kind: bytes, body: bytes) -> bytes:
    """Write DSSE's pre-authentication encoding as its specification spells it out."""
    return b" ".join([b"DSSEv1", str(len(kind)).encode(), kind, str(len(body)).encode(), body])


def signed_by_openssl(key: SigningKey, message: bytes) -> str:
    """Sign, in base64, with the library that `SigningKey` does not use where it has PyNaCl."""
    return base64.b64encode(Ed25519PrivateKey.from_private_bytes(key._seed).sign(message)).decode()


def an_envelope(
    payload: dict[str, Any] | bytes | None = None, *, signed_by: tuple[SigningKey, ...] = ()
) -> dict[str, Any]:
    """Sign a payload with another library than ours, and put it into an envelope."""
    raw = payload if isinstance(payload, bytes) else rfc8785.dumps(payload or a_payload())
    message = pae(b"application/vnd.otc.event+json", raw)
    return {
        "payload": base64.b64encode(raw).decode(),
        "payloadType": "application/vnd.otc.event+json",
        "signatures": [
            {"keyid": key.text, "sig": signed_by_openssl(key, message)}
            for key in signed_by or (GIVER, RECEIVER)
        ],
    }


def refusal_of(read: Callable[[bytes], object], value: Any) -> tuple[str, str]:  # noqa: ANN401  # any JSON
    """Give code and pointer with which the canonical bytes of `value` are refused."""
    with pytest.raises(LedgerError) as refused:
        read(rfc8785.dumps(value))
    return refused.value.code, refused.value.pointer


def test_the_pre_authentication_encoding_of_dsse() -> None:
    """The example of the DSSE specification, and an empty body."""
    expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert dsse.pae("http://example.com/HelloWorld", b"hello world") == expected
    assert dsse.pae("", b"") == b"DSSEv1 0  0 "


@pytest.mark.parametrize("engine", ENGINES)
def test_an_envelope_signed_elsewhere_holds(engine: Engine) -> None:
    """An envelope built by hand from the specification is read, and its signatures verify under each engine."""
    value = an_envelope()
    envelope = dsse.read_envelope(rfc8785.dumps(value))
    dsse.check_signatures(envelope, engine)
    assert [one.keyid for one in envelope.signatures] == [GIVER.text, RECEIVER.text]
    signed = pae(b"application/vnd.otc.event+json", envelope.payload.raw)
    assert envelope.event_id == hashlib.sha256(signed).hexdigest() == dsse.event_id(envelope.payload.raw)


def test_what_we_sign_is_what_the_specification_asks() -> None:
    """`sign` gives the same bytes as the specification followed by hand, in whatever order keys are given."""
    payload = rfc8785.dumps(a_payload())
    assert dsse.sign(payload, [RECEIVER, GIVER]) == rfc8785.dumps(an_envelope())
    assert dsse.sign(payload, [GIVER, RECEIVER]) == rfc8785.dumps(an_envelope())


def without(value: dict[str, Any], name: str) -> dict[str, Any]:
    """Leave one member out."""
    return {key: member for key, member in value.items() if key != name}


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        (lambda e: e | {"extra": 1}, "form.unknown_member", "/extra"),
        (lambda e: without(e, "payloadType"), "form.missing_member", "/payloadType"),
        (lambda e: e | {"payloadType": "application/vnd.in-toto+json"}, "form.payload_type", "/payloadType"),
        (lambda e: e | {"payload": e["payload"] + "="}, "form.base64", "/payload"),
        (lambda e: e | {"payload": 1}, "form.type", "/payload"),
        (lambda e: e | {"payload": ""}, "form.syntax", "/payload"),
        (lambda e: e | {"signatures": {}}, "form.type", "/signatures"),
        (lambda e: e | {"signatures": []}, "signature.missing", "/signatures"),
        (lambda e: e | {"signatures": e["signatures"][:1]}, "signature.missing", "/signatures"),
        (lambda e: e | {"signatures": e["signatures"][::-1]}, "signature.order", "/signatures"),
        (lambda e: e | {"signatures": e["signatures"][:1] * 2}, "signature.extra", "/signatures/1/keyid"),
        (lambda e: e | {"signatures": e["signatures"] * 9}, "form.too_many", "/signatures"),
        (lambda e: e | {"signatures": ["x", "y"]}, "form.type", "/signatures/0"),
    ],
)
def test_an_envelope_out_of_form_is_refused(
    change: Callable[[dict[str, Any]], Any], code: str, pointer: str
) -> None:
    """Each departure from the envelope's form has its code and its place."""
    assert refusal_of(dsse.read_envelope, change(an_envelope())) == (code, pointer)


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"alg": "none"}, "form.unknown_member", "/signatures/1/alg"),
        ({"keyid": 1}, "form.type", "/signatures/1/keyid"),
        ({"keyid": ""}, "signature.extra", "/signatures/1/keyid"),
        ({"sig": "A" * 86}, "form.base64", "/signatures/1/sig"),
        ({"sig": base64.b64encode(bytes(63)).decode()}, "form.signature", "/signatures/1/sig"),
        ({"sig": ""}, "form.signature", "/signatures/1/sig"),
        ({"batch": 1}, "form.type", "/signatures/1/batch"),
        ({"batch": {"index": 0, "size": 2}}, "form.missing_member", "/signatures/1/batch/path"),
        ({"batch": {"index": 0, "path": "", "size": 1}}, "form.range", "/signatures/1/batch/size"),
        ({"batch": {"index": 0, "path": "", "size": 4097}}, "form.range", "/signatures/1/batch/size"),
        ({"batch": {"index": 2, "path": "", "size": 2}}, "form.range", "/signatures/1/batch/index"),
        ({"batch": {"index": 0, "path": "", "size": 2}}, "form.batch_path", "/signatures/1/batch/path"),
        ({"batch": {"index": 0, "path": "AAAA", "size": 2}}, "form.batch_path", "/signatures/1/batch/path"),
    ],
)
def test_a_signature_out_of_form_is_refused(changes: dict[str, Any], code: str, pointer: str) -> None:
    """Each departure from a signature's form has its code and its place."""
    value = an_envelope()
    value["signatures"][1] |= changes
    assert refusal_of(dsse.read_envelope, value) == (code, pointer)


def test_a_signature_by_a_stranger_is_extra() -> None:
    """A third party's signature is refused even where all the signers have signed."""
    stranger = SigningKey.from_seed(bytes(32))
    value = an_envelope(signed_by=(GIVER, RECEIVER, stranger))
    assert refusal_of(dsse.read_envelope, value) == ("signature.extra", "/signatures/2/keyid")


@pytest.mark.parametrize("engine", ENGINES)
@given(data=st.data())
def test_no_bit_of_a_signed_event_can_change(engine: Engine, data: st.DataObject) -> None:
    """Flip any bit of a payload or a signature: the form or a signature is refused."""
    value = an_envelope()
    places = [(value, "payload"), *((one, "sig") for one in value["signatures"])]
    place, name = data.draw(st.sampled_from(places))
    raw = bytearray(base64.b64decode(place[name]))
    bit = data.draw(st.integers(0, 8 * len(raw) - 1))
    raw[bit // 8] ^= 1 << bit % 8
    place[name] = base64.b64encode(raw).decode()
    with pytest.raises(LedgerError):
        dsse.check_signatures(dsse.read_envelope(rfc8785.dumps(value)), engine)


def test_a_wrong_signature_is_named() -> None:
    """The second signer's bad signature is `signature.invalid` at the second signature."""
    value = an_envelope()
    value["signatures"][1]["sig"] = value["signatures"][0]["sig"]
    envelope = dsse.read_envelope(rfc8785.dumps(value))
    with pytest.raises(SignatureRefused) as refused:
        dsse.check_signatures(envelope)
    assert (refused.value.code, refused.value.pointer) == ("signature.invalid", "/signatures/1/sig")


def test_a_weak_key_cannot_speak_in_an_event() -> None:
    """Under the identity point one constant signature passes for any message: admission is redone here."""
    identity = (1).to_bytes(32, "little")
    key = encode_multikey(identity)
    payload = rfc8785.dumps(a_payload(signers=[{"key": key, "party": GIVER_PARTY}]))
    raw = dsse.assemble(payload, [dsse.Signature(key, identity + bytes(32), None)])
    envelope = dsse.read_envelope(raw)
    with pytest.raises(SignatureRefused) as refused:
        dsse.check_signatures(envelope)
    assert (refused.value.code, refused.value.pointer) == ("key.weak", "/payload/signers/0/key")


def tree_root(leaves: list[bytes]) -> bytes:
    """Compute MTH as RFC 6962 section 2.1 defines it."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = largest_power_below(len(leaves))
    return hashlib.sha256(b"\x01" + tree_root(leaves[:k]) + tree_root(leaves[k:])).digest()


def tree_path(index: int, leaves: list[bytes]) -> list[bytes]:
    """Compute PATH as RFC 6962 section 2.1.1 defines it."""
    if len(leaves) == 1:
        return []
    k = largest_power_below(len(leaves))
    if index < k:
        return [*tree_path(index, leaves[:k]), tree_root(leaves[k:])]
    return [*tree_path(index - k, leaves[k:]), tree_root(leaves[:k])]


def largest_power_below(n: int) -> int:
    """Give the largest power of two smaller than n."""
    return max(2**e for e in range(n.bit_length()) if 2**e < n)


def a_batch(size: int, index: int, key: SigningKey = GIVER) -> dict[str, Any]:
    """Sign `size` events at once; give the envelope of one of them."""
    payloads = [
        rfc8785.dumps(a_payload(signers=[{"key": key.text, "party": GIVER_PARTY}], counter=n))
        for n in range(size)
    ]
    leaves = [hashlib.sha256(pae(b"application/vnd.otc.event+json", raw)).digest() for raw in payloads]
    signed = rfc8785.dumps({"log": ONES, "root": tree_root(leaves).hex(), "size": size, "v": 1})
    value = an_envelope(payloads[index], signed_by=(key,))
    path = base64.b64encode(b"".join(tree_path(index, leaves))).decode()
    value["signatures"][0] |= {
        "sig": signed_by_openssl(key, pae(b"application/vnd.otc.batch+json", signed)),
        "batch": {"index": index, "path": path, "size": size},
    }
    return value


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("size", [2, 3, 4, 5, 7, 8, 9])
def test_each_event_of_a_batch_holds(engine: Engine, size: int) -> None:
    """One signature over a tree's root signs every event in it, whatever the shape of the tree."""
    for index in range(size):
        raw = rfc8785.dumps(a_batch(size, index))
        envelope = dsse.read_envelope(raw)
        dsse.check_signatures(envelope, engine)
        assert dsse.assemble(envelope.payload.raw, envelope.signatures) == raw


@given(st.integers(2, 9), st.data())
def test_a_batch_path_holds_only_where_it_belongs(size: int, data: st.DataObject) -> None:
    """Another index, size, hash or log makes the path misfit or the signature fail."""
    index = data.draw(st.integers(0, size - 1))
    good = a_batch(size, index)
    bad = copy.deepcopy(good)
    batch = bad["signatures"][0]["batch"]
    match data.draw(st.sampled_from(["index", "size", "path", "payload"])):
        case "index":
            batch["index"] = data.draw(st.integers(0, size - 1).filter(lambda other: other != index))
        case "size":
            batch["size"] = data.draw(st.integers(2, 4096).filter(lambda other: other != size))
        case "path":
            hashes = bytearray(base64.b64decode(batch["path"]))
            hashes[data.draw(st.integers(0, len(hashes) - 1))] ^= 1
            batch["path"] = base64.b64encode(hashes).decode()
        case _:
            bad["payload"] = a_batch(size, (index + 1) % size)["payload"]
    dsse.check_signatures(dsse.read_envelope(rfc8785.dumps(good)))
    with pytest.raises(LedgerError, match=r"form\.(batch_path|range)|signature\.invalid"):
        dsse.check_signatures(dsse.read_envelope(rfc8785.dumps(bad)))


def test_the_largest_batch_has_paths_of_twelve_hashes() -> None:
    """In a batch of 4,096 each path has log2(4096) = 12 hashes; the form asks for exactly so many."""
    value = an_envelope()
    value["signatures"][1]["batch"] = {
        "index": 4095,
        "path": base64.b64encode(bytes(12 * 32)).decode(),
        "size": 4096,
    }
    batch = dsse.read_envelope(rfc8785.dumps(value)).signatures[1].batch
    assert batch is not None
    assert len(batch.path) == 12


def test_an_entry_is_an_envelope_with_the_logs_time() -> None:
    """An entry's bytes are its canonical form, and give the very bytes of its envelope back."""
    raw = rfc8785.dumps(an_envelope())
    data = dsse.entry_bytes(1_768_632_120_123, raw)
    assert data == rfc8785.dumps({"at": 1_768_632_120_123, "event": an_envelope()})
    entry = dsse.read_entry(data)
    assert (entry.raw, entry.at, entry.envelope) == (data, 1_768_632_120_123, dsse.read_envelope(raw))


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"at": -1}, "form.range", "/at"),
        ({"at": "1"}, "form.type", "/at"),
        ({"index": 1}, "form.unknown_member", "/index"),
        ({"event": 1}, "form.type", "/event"),
        ({"event": an_envelope() | {"signatures": []}}, "signature.missing", "/event/signatures"),
        ({"event": an_envelope(a_payload(v=2))}, "form.version", "/event/payload/v"),
        ({"event": an_envelope(b"[null]")}, "form.null", "/event/payload/0"),
    ],
)
def test_an_entry_out_of_form_is_refused(change: dict[str, Any], code: str, pointer: str) -> None:
    """Each departure from the entry's form has its code and its place, down into the payload."""
    value = {"at": 1, "event": an_envelope()} | change
    assert refusal_of(dsse.read_entry, value) == (code, pointer)


def test_an_entry_has_at_most_65535_bytes() -> None:
    """The largest envelope taken just fits; one byte more is `form.size` in every reader and writer."""
    at = 1_768_632_120_000
    filled = '{"payload":"' + "A" * (MAX_ENTRY_BYTES - len(f'{{"at":{at},"event":{{"payload":""}}}}')) + '"}'
    entry = dsse.entry_bytes(at, filled.encode())
    assert len(entry) == 65_535
    for read, data in [(dsse.read_entry, entry), (dsse.read_envelope, filled.encode())]:
        with pytest.raises(FormError, match=r"form\.missing_member"):
            read(data)
    longer = filled.replace("AA", "AAA", 1).encode()
    for refuse in (
        lambda: dsse.entry_bytes(at, longer),
        lambda: dsse.read_envelope(longer),
        lambda: dsse.read_entry(entry.replace(b"AA", b"AAA", 1)),
    ):
        with pytest.raises(FormError, match=r"form\.size"):
            refuse()


def test_an_entrys_time_is_never_negative() -> None:
    """The log's time is ms since 1970, and an integer that every reader holds."""
    for at in (-1, 2**53):
        with pytest.raises(FormError, match=r"form\.range at /at"):
            dsse.entry_bytes(at, b"{}")
