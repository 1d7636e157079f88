"""Keys, their text, their admission, and the one signature rule: PROTOCOL section 4.

A key's text is a Multikey: `z`, then base58btc of the bytes ed 01 (the code of an Ed25519 key) and the 32 of the key:

    z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2

Libraries differ at the edges: for some, one constant signature under the identity point passes for any message. So
a key is admitted only if canonical, not of small order and in the subgroup of prime order; and a signature holds
only if S < L, A and R are canonical and not of small order, and [S]B = R + [k]A without cofactor.
Problem codes: `key.form`, `key.weak`, `key.file`, `key.entropy`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import sha256
from typing import Final

from ledger import engines
from ledger.ed25519 import is_reduced_scalar, is_strict_encoding
from ledger.engines import (
    DEFAULT_ENGINE,
    MAX_KEPT_KEYS,
    SEED_BYTES,
    SIGNATURE_BYTES,
    Engine,
    cryptography_engine,
    pynacl_engine,
)
from ledger.errors import SignatureRefused

__all__ = [
    "DEFAULT_ENGINE",
    "SIGNATURE_BYTES",
    "Engine",
    "SigningKey",
    "admit_key",
    "check_public_key",
    "cryptography_engine",
    "decode_multikey",
    "encode_multikey",
    "pynacl_engine",
    "verify",
]

PUBLIC_KEY_BYTES: Final = 32

_ED25519_CODE: Final = b"\xed\x01"
_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE58_DIGITS: Final = 47
"""34 bytes that begin with ed always take this many digits: each key has exactly one text."""

_MULTIKEY: Final = re.compile(rf"z([{_BASE58}]{{{_BASE58_DIGITS}}})")


def encode_multikey(raw: bytes) -> str:
    """Write the 32 bytes of a public key as a Multikey."""
    if len(raw) != PUBLIC_KEY_BYTES:
        raise _no_multikey("")
    number = int.from_bytes(_ED25519_CODE + raw, "big")
    digits = ""
    while number:
        number, digit = divmod(number, len(_BASE58))
        digits = _BASE58[digit] + digits
    return "z" + digits


def decode_multikey(text: str, pointer: str = "") -> bytes:
    """Read the 32 bytes of a public key from its one text; SignatureRefused `key.form` if it is none."""
    match = _MULTIKEY.fullmatch(text)
    raw = _decode_digits(match.group(1)) if match else b""
    if not raw.startswith(_ED25519_CODE):
        raise _no_multikey(pointer)
    return raw.removeprefix(_ED25519_CODE)


@lru_cache(maxsize=MAX_KEPT_KEYS)
def _decode_digits(digits: str) -> bytes:
    """Give the bytes that base58 digits stand for; one byte too many for a key leaves no key's code in front."""
    number = 0
    for digit in digits:
        number = number * len(_BASE58) + _BASE58.index(digit)
    return number.to_bytes(len(_ED25519_CODE) + PUBLIC_KEY_BYTES + 1, "big").removeprefix(b"\x00")


def _no_multikey(pointer: str) -> SignatureRefused:
    hint = "An Ed25519 key's text is 48 characters and begins with z6Mk."
    return SignatureRefused("key.form", "This is not the text of an Ed25519 key.", pointer=pointer, hint=hint)


def admit_key(text: str, pointer: str = "") -> bytes:
    """Give the 32 bytes of a key that may sign; SignatureRefused `key.form` or `key.weak` if it may not."""
    return check_public_key(decode_multikey(text, pointer), pointer)


def check_public_key(public: bytes, pointer: str = "") -> bytes:
    """Give a public key back if it is fit to sign, whoever uses it; else SignatureRefused `key.weak`."""
    if not _is_strong(public):
        detail = "The key is not a canonical point of the subgroup of prime order: others could sign as well."
        raise SignatureRefused("key.weak", detail, pointer=pointer, hint="Make a new key.")
    return public


@lru_cache(maxsize=MAX_KEPT_KEYS)
def _is_strong(public: bytes) -> bool:
    return is_strict_encoding(public) and engines.is_in_prime_subgroup(public)


def verify(public: bytes, message: bytes, signature: bytes, *, engine: Engine = DEFAULT_ENGINE) -> bool:
    """Say whether a signature holds by the one rule. It does not say whether the key was ever fit to sign.

    The equation also holds for keys with a part of small order, if their owner takes care: admission refuses them.
    """
    r, s = signature[:PUBLIC_KEY_BYTES], signature[PUBLIC_KEY_BYTES:]
    return (
        is_reduced_scalar(s)
        and is_strict_encoding(r)
        and is_strict_encoding(public)
        and engine.verify(public, message, signature)
    )


class SigningKey:
    """A private key, from its seed of 32 bytes (RFC 8032); it shows itself only by its public text."""

    __slots__ = ("_seed", "public", "text")

    def __init__(self, seed: bytes) -> None:
        if len(seed) != SEED_BYTES:
            raise SignatureRefused("key.form", f"A seed has {SEED_BYTES} bytes.")
        self._seed = seed
        self.public = DEFAULT_ENGINE.public_key(seed)
        self.text = encode_multikey(self.public)

    def __repr__(self) -> str:
        return f"SigningKey({self.text})"

    @classmethod
    def from_seed(cls, seed: bytes) -> SigningKey:
        """Give the key of a seed."""
        return cls(seed)

    @classmethod
    def generate(cls, entropy: bytes) -> SigningKey:
        """Make a key from at least 32 bytes of the caller's dice; the same bytes give the same key."""
        if len(entropy) < SEED_BYTES:
            raise SignatureRefused("key.entropy", f"A key needs at least {SEED_BYTES} bytes of entropy.")
        return cls(sha256(b"otc/seed/v1\n" + entropy).digest())

    @classmethod
    def read_pem(cls, data: bytes) -> SigningKey:
        """Read an unencrypted PKCS #8 file (RFC 8410); SignatureRefused `key.file` says what is wrong with it."""
        from ledger.keyfile import read_seed  # noqa: PLC0415  # it loads OpenSSL, which takes 40 ms

        return cls(read_seed(data))

    def write_pem(self) -> bytes:
        """Write the private key as an unencrypted PKCS #8 file: keep it to its owner (mode 0600)."""
        from ledger.keyfile import write_seed  # noqa: PLC0415  # it loads OpenSSL, which takes 40 ms

        return write_seed(self._seed)

    def sign(self, message: bytes) -> bytes:
        """Give the 64 bytes of the signature over `message`."""
        return DEFAULT_ENGINE.sign(self._seed, message)
