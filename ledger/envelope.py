"""Events, signed and sequenced: DSSE envelopes, batch signatures and entries (PROTOCOL sections 5, 7 and 11).

An envelope holds a payload's bytes and one signature for each of its signers, in the same order:

    {"payload":"eyJhYm91dCI6W10…","payloadType":"application/vnd.otc.event+json",
     "signatures":[{"keyid":"z6Mk…","sig":"4pbX…"}]}

Signed is PAE(payloadType, payload), and the event's id is its SHA-256: signatures have no part in it. A device that
signs thousands of events signs the root of a tree over their ids once; such a member of `signatures` reads

    {"batch":{"index":3,"path":"m7bR…","size":256},"keyid":"z6Mk…","sig":"4pbX…"}

An entry is what the log keeps: {"at":1768632120000,"event":<envelope>}. All bytes are canonical JSON.
Problem codes, beside those of `ledger.payload`: `form.payload_type`, `form.signature`, `form.batch_path`,
`signature.missing`, `signature.extra`, `signature.order`, `signature.invalid`, `key.weak`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final

from ledger.canonical import (
    MAX_ENTRY_BYTES,
    array,
    base64_bytes,
    base64_text,
    integer,
    members,
    read,
    text,
    write,
)
from ledger.errors import FormError, SignatureRefused
from ledger.keys import DEFAULT_ENGINE, SIGNATURE_BYTES, Engine, SigningKey, admit_key, verify
from ledger.merkle import HASH_BYTES, leaf_hash, root_from_inclusion
from ledger.payload import MAX_SIGNERS, Link, Payload, Signer, read_payload, write_payload
from ledger.times import format_time, parse_time
from ledger.values import Value

__all__ = [
    "BATCH_TYPE",
    "PAYLOAD_TYPE",
    "BatchPath",
    "Entry",
    "Envelope",
    "Link",
    "Payload",
    "Signature",
    "Signer",
    "assemble",
    "check_signatures",
    "entry_bytes",
    "event_id",
    "format_time",
    "pae",
    "parse_time",
    "read_entry",
    "read_envelope",
    "read_payload",
    "sign",
    "write_payload",
]

PAYLOAD_TYPE: Final = "application/vnd.otc.event+json"
BATCH_TYPE: Final = "application/vnd.otc.batch+json"
BATCH_VERSION: Final = 1
MIN_BATCH_SIZE: Final = 2
MAX_BATCH_SIZE: Final = 4096
"""A path of at most 12 hashes, so that a batch signature still costs less to carry than to make."""

MAX_ENVELOPE_BYTES: Final = MAX_ENTRY_BYTES - len('{"at":1768632120000,"event":}')
"""What fits into an entry, until `at` needs a fourteenth digit in the year 2286."""

_MAX_KEPT_BATCHES: Final = 1024
"""Batch signatures remembered as good or bad: the next event of the batch need not compute them again."""


@dataclass(frozen=True, slots=True)
class BatchPath:
    """Where an event's id stands in the tree of a batch, and the hashes from the leaf up to its root."""

    index: int
    size: int
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """The 64 bytes that one key gave, over the event itself or over the root of a batch that holds it."""

    keyid: str
    sig: bytes
    batch: BatchPath | None


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload with one signature for each signer. Their form is good; `check_signatures` says if they hold."""

    raw: bytes
    payload: Payload
    signatures: tuple[Signature, ...]
    event_id: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A leaf of the log: an envelope, and the log's time `at` in ms since 1970."""

    raw: bytes
    at: int
    envelope: Envelope


def pae(payload_type: str, body: bytes) -> bytes:
    """Give DSSE's pre-authentication encoding: type and body with their lengths, so that neither runs into the other."""
    kind = payload_type.encode("ascii")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(body), body)


def event_id(payload: bytes) -> str:
    """Give the hex SHA-256 of what an event's signers sign."""
    return sha256(pae(PAYLOAD_TYPE, payload)).hexdigest()


def sign(payload: bytes, keys: Sequence[SigningKey]) -> bytes:
    """Give the envelope with the signatures of these keys; who else has to sign is not looked at."""
    message = pae(PAYLOAD_TYPE, payload)
    return assemble(payload, [Signature(key.text, key.sign(message), None) for key in keys])


def assemble(payload: bytes, signatures: Sequence[Signature]) -> bytes:
    """Give the bytes of an envelope, its signatures sorted by key."""
    in_order = sorted(signatures, key=lambda signature: signature.keyid)
    return write(
        {
            "payload": base64_text(payload),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [_signature_value(signature) for signature in in_order],
        }
    )


def _signature_value(signature: Signature) -> Value:
    value: dict[str, Value] = {"keyid": signature.keyid, "sig": base64_text(signature.sig)}
    if batch := signature.batch:
        path = base64_text(b"".join(batch.path))
        value["batch"] = {"index": batch.index, "path": path, "size": batch.size}
    return value


def entry_bytes(at_ms: int, envelope: bytes) -> bytes:
    """Give the bytes of an entry; FormError if the time or the whole is too large."""
    integer(at_ms, "/at", minimum=0)
    entry = b'{"at":%d,"event":%b}' % (at_ms, envelope)
    if len(entry) > MAX_ENTRY_BYTES:
        raise FormError("form.size", f"There are more than {MAX_ENTRY_BYTES} bytes.")
    return entry


def read_entry(data: bytes) -> Entry:
    """Read an entry's bytes; the pointers of errors in its envelope begin with /event."""
    leaf = members(read(data, max_bytes=MAX_ENTRY_BYTES), "", ("at", "event"))
    at = integer(leaf["at"], "/at", minimum=0)
    raw = data[
        len(b'{"at":%d,"event":' % at) : -len(b"}")
    ]  # canonical bytes have one spelling, so this is it
    return Entry(data, at, _read_envelope(raw, leaf["event"], "/event"))


def read_envelope(data: bytes) -> Envelope:
    """Read an envelope's bytes, its payload's too; FormError or SignatureRefused with a pointer.

    Pointers into the payload go on from /payload, as if it were not a string.
    """
    return _read_envelope(data, read(data, max_bytes=MAX_ENVELOPE_BYTES), "")


def _read_envelope(raw: bytes, value: Value, pointer: str) -> Envelope:
    outer = members(value, pointer, ("payload", "payloadType", "signatures"))
    if outer["payloadType"] != PAYLOAD_TYPE:
        here = f"{pointer}/payloadType"
        raise FormError("form.payload_type", "This is not the envelope of an event.", pointer=here)
    inside = base64_bytes(outer["payload"], f"{pointer}/payload")
    payload = read_payload(inside, f"{pointer}/payload")
    here = f"{pointer}/signatures"
    items = array(outer["signatures"], here, max_items=MAX_SIGNERS)
    signatures = tuple(_read_signature(item, f"{here}/{index}") for index, item in enumerate(items))
    _check_keyids(payload, [signature.keyid for signature in signatures], here)
    return Envelope(raw, payload, signatures, event_id(inside))


def _read_signature(value: Value, pointer: str) -> Signature:
    one = members(value, pointer, ("keyid", "sig"), ("batch",))
    keyid = text(one["keyid"], f"{pointer}/keyid")
    sig = base64_bytes(one["sig"], f"{pointer}/sig")
    if len(sig) != SIGNATURE_BYTES:
        detail = f"An Ed25519 signature has {SIGNATURE_BYTES} bytes."
        raise FormError("form.signature", detail, pointer=f"{pointer}/sig")
    batch = _read_batch(one["batch"], f"{pointer}/batch") if "batch" in one else None
    return Signature(keyid, sig, batch)


def _read_batch(value: Value, pointer: str) -> BatchPath:
    one = members(value, pointer, ("index", "path", "size"))
    size = integer(one["size"], f"{pointer}/size", minimum=MIN_BATCH_SIZE, maximum=MAX_BATCH_SIZE)
    index = integer(one["index"], f"{pointer}/index", minimum=0, maximum=size - 1)
    hashes = base64_bytes(one["path"], f"{pointer}/path")
    if len(hashes) != HASH_BYTES * _path_length(index, size):
        detail = "The path has not the number of hashes that index and size fix."
        raise FormError("form.batch_path", detail, pointer=f"{pointer}/path")
    starts = range(0, len(hashes), HASH_BYTES)
    return BatchPath(index, size, tuple(hashes[start : start + HASH_BYTES] for start in starts))


def _path_length(index: int, size: int) -> int:
    """Count the siblings on the way up (RFC 6962, 2.1.1).

    Up to where the paths of `index` and of the last leaf meet there is one on each level; above, only on the left.
    """
    meeting = (index ^ (size - 1)).bit_length()
    return meeting + (index >> meeting).bit_count()


def _check_keyids(payload: Payload, keyids: list[str], pointer: str) -> None:
    """Check that there is exactly one signature for each signer, in the signers' order."""
    expected = [signer.key for signer in payload.signers]
    if keyids == expected:
        return
    for index, keyid in enumerate(keyids):
        if keyid not in expected or keyid in keyids[:index]:
            here = f"{pointer}/{index}/keyid"
            raise SignatureRefused("signature.extra", "Nobody awaits this signature.", pointer=here)
    if len(keyids) < len(expected):
        detail = f"{len(expected) - len(keyids)} of {len(expected)} signers have not signed."
        raise SignatureRefused("signature.missing", detail, pointer=pointer)
    detail = "The signatures are not in the order of the signers."
    raise SignatureRefused("signature.order", detail, pointer=pointer)


def check_signatures(envelope: Envelope, engine: Engine = DEFAULT_ENGINE) -> None:
    """Raise SignatureRefused unless every signer's key is fit to sign and its signature holds.

    Key admission is done again, for a verifier has not seen it done: a weak key passes for any message.
    """
    message = pae(PAYLOAD_TYPE, envelope.payload.raw)
    for index, signature in enumerate(envelope.signatures):
        public = admit_key(signature.keyid, f"/payload/signers/{index}/key")
        if signature.batch is None:
            holds = verify(public, message, signature.sig, engine=engine)
        else:
            holds = _batch_holds(engine, public, _batch_message(envelope, signature.batch), signature.sig)
        if not holds:
            detail = "The signature does not hold for this key and these bytes."
            raise SignatureRefused("signature.invalid", detail, pointer=f"/signatures/{index}/sig")


def _batch_message(envelope: Envelope, batch: BatchPath) -> bytes:
    """Give what a batch's signer signed, if the event was in the batch."""
    leaf = leaf_hash(bytes.fromhex(envelope.event_id))
    root = root_from_inclusion(leaf, batch.index, batch.size, batch.path)
    statement: Value = {
        "log": envelope.payload.log,
        "root": root.hex(),
        "size": batch.size,
        "v": BATCH_VERSION,
    }
    return pae(BATCH_TYPE, write(statement))


@lru_cache(maxsize=_MAX_KEPT_BATCHES)
def _batch_holds(engine: Engine, public: bytes, message: bytes, signature: bytes) -> bool:
    return verify(public, message, signature, engine=engine)
