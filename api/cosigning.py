"""Several signers, one event: envelopes that still wait for signatures (PROTOCOL sections 5 and 10).

A draft is a payload, or an envelope with some of its signatures; whoever is named in `signers` adds one. Both are
files of one canonical JSON value: {"about":[],…,"v":1}, or {"payload":"eyJh…","payloadType":…,"signatures":[…]}.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ledger.canonical import array, base64_bytes, members, read, text
from ledger.envelope import (
    MAX_ENVELOPE_BYTES,
    PAYLOAD_TYPE,
    Payload,
    Signature,
    assemble,
    pae,
    read_payload,
)
from ledger.errors import FormError, SignatureRefused
from ledger.keys import SigningKey, admit_key, verify
from ledger.payload import MAX_SIGNERS
from ledger.values import Value


@dataclass(frozen=True, slots=True)
class Draft:
    """A payload and the signatures over it so far, each of which holds, by key text."""

    payload: Payload
    signatures: dict[str, bytes]

    @property
    def missing(self) -> list[str]:
        """Keys that have still to sign, in the signers' order."""
        return [signer.key for signer in self.payload.signers if signer.key not in self.signatures]

    def envelope(self) -> bytes:
        """Return the envelope with the signatures so far."""
        return assemble(self.payload.raw, [Signature(key, sig, None) for key, sig in self.signatures.items()])


def read_draft(data: bytes) -> Draft:
    """Read a payload, or an envelope whether complete or not; FormError or SignatureRefused with a pointer."""
    value = read(data.removesuffix(b"\n"), max_bytes=MAX_ENVELOPE_BYTES)
    if not isinstance(value, dict) or "payload" not in value:
        return Draft(read_payload(data.removesuffix(b"\n"), ""), {})
    outer = members(value, "", ("payload", "payloadType", "signatures"))
    if outer["payloadType"] != PAYLOAD_TYPE:
        raise FormError("form.payload_type", "This is not the envelope of an event.", pointer="/payloadType")
    payload = read_payload(base64_bytes(outer["payload"], "/payload"))
    given = array(outer["signatures"], "/signatures", max_items=MAX_SIGNERS)
    signatures = dict(_signature(item, f"/signatures/{index}") for index, item in enumerate(given))
    return _with(Draft(payload, {}), signatures)


def add_signatures(draft: Draft, keys: Iterable[SigningKey]) -> Draft:
    """Return the draft signed by some keys more; SignatureRefused `signature.extra` for a key it does not name."""
    message = pae(PAYLOAD_TYPE, draft.payload.raw)
    return _with(draft, {key.text: key.sign(message) for key in keys})


def put_together(drafts: Sequence[Draft]) -> Draft:
    """Return one draft with the signatures of several copies of it; FormError if they are not of one event."""
    first, *others = drafts
    for other in others:
        if other.payload.raw != first.payload.raw:
            hint = "Each file must come from the same draft."
            raise FormError("form.value", "The files sign different events.", hint=hint)
        first = _with(first, other.signatures)
    return first


def _signature(value: Value, pointer: str) -> tuple[str, bytes]:
    one = members(value, pointer, ("keyid", "sig"))
    return text(one["keyid"], f"{pointer}/keyid"), base64_bytes(one["sig"], f"{pointer}/sig")


def _with(draft: Draft, signatures: dict[str, bytes]) -> Draft:
    """Add signatures, each by a signer of the payload and each checked."""
    message = pae(PAYLOAD_TYPE, draft.payload.raw)
    named = {signer.key for signer in draft.payload.signers}
    for key, sig in signatures.items():
        if key not in named:
            raise SignatureRefused("signature.extra", f"The event names no signer with the key {key}.")
        if not verify(admit_key(key), message, sig):
            raise SignatureRefused("signature.invalid", f"The signature by {key} does not hold.")
    return replace(draft, signatures={**draft.signatures, **signatures})
