"""The libraries that compute Ed25519, and the probes by which one is chosen.

PyNaCl is twice as fast; `cryptography` is the fallback, and reads key files. Neither decides by itself what a good
signature is: `ledger.keys` holds both to one rule. What they do when left alone (measured with `cryptography` 50
and PyNaCl 1.6, and read in libsodium's source):

- OpenSSL, under `cryptography`, takes small-order and non-canonical keys and a small-order R; it refuses S ≥ L and
  compares R as bytes, so without cofactor.
- libsodium up to 1.0.22 refuses all of these and compares R as bytes. Its development branch verifies *with*
  cofactor, and before 2025-12-31 its subgroup check overlooked the point of order 2 (CVE-2025-69277). PyNaCl may be
  built on any libsodium that a system has: hence the probes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, Protocol

from ledger import ed25519

try:
    import nacl.bindings as sodium
    from nacl.exceptions import BadSignatureError

    HAS_SODIUM = True
except ImportError:
    HAS_SODIUM = False

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SEED_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64

MAX_KEPT_KEYS: Final = 8192
"""Keys kept in a cache: twice what a bundle may name, a few MiB at most."""


class Engine(Protocol):
    """Computes whether [S]B = R + [k]A, for 32, any and 64 bytes whose encodings have been checked before."""

    def verify(self, public: bytes, message: bytes, signature: bytes) -> bool:
        """Say whether the equation holds."""

    def __hash__(self) -> int:
        """Tell engines apart in caches."""


class SigningEngine(Engine, Protocol):
    """Signs as well; Ed25519 is deterministic, so every engine gives the same bytes."""

    def public_key(self, seed: bytes) -> bytes:
        """Give the 32 bytes of the public key that belongs to a seed of 32 bytes."""

    def sign(self, seed: bytes, message: bytes) -> bytes:
        """Give the 64 bytes of the signature."""


class PyNaClEngine:
    """libsodium by way of PyNaCl; it lets other threads run while it computes."""

    def verify(self, public: bytes, message: bytes, signature: bytes) -> bool:
        """Say whether the equation holds."""
        try:
            sodium.crypto_sign_open(signature + message, public)
        except BadSignatureError:
            return False
        return True

    def public_key(self, seed: bytes) -> bytes:
        """Give the public key of a seed."""
        return sodium.crypto_sign_seed_keypair(seed)[0]

    def sign(self, seed: bytes, message: bytes) -> bytes:
        """Give the signature; libsodium wants the seed and the public key as one secret."""
        return sodium.crypto_sign(message, sodium.crypto_sign_seed_keypair(seed)[1])[:SIGNATURE_BYTES]


class CryptographyEngine:
    """OpenSSL by way of `cryptography`, which is loaded when first needed: that takes 40 ms."""

    def verify(self, public: bytes, message: bytes, signature: bytes) -> bool:
        """Say whether the equation holds."""
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415  # see the class

        try:
            _load_public(public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    def public_key(self, seed: bytes) -> bytes:
        """Give the public key of a seed."""
        return _load_private(seed).public_key().public_bytes_raw()

    def sign(self, seed: bytes, message: bytes) -> bytes:
        """Give the signature."""
        return _load_private(seed).sign(message)


@lru_cache(maxsize=MAX_KEPT_KEYS)
def _load_public(public: bytes) -> Ed25519PublicKey:
    from cryptography.hazmat.primitives.asymmetric import ed25519 as openssl  # noqa: PLC0415  # see above

    return openssl.Ed25519PublicKey.from_public_bytes(public)


def _load_private(seed: bytes) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ed25519 as openssl  # noqa: PLC0415  # see above

    return openssl.Ed25519PrivateKey.from_private_bytes(seed)


# The key of RFC 8032, section 7.1, test 1; its signature of the empty message; and a second one for the same
# message whose R is [5]B plus the point of order 2: [8][S]B = [8]R + [8][k]A holds, [S]B = R + [k]A does not.
PROBE_KEY: Final = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
PROBE_GOOD: Final = bytes.fromhex(
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
)
PROBE_COFACTORED: Final = bytes.fromhex(
    "003789297ce02defa2f4bc7635d1d7ce99b96d76eb91d31f905101674ddab7203dab6ad18ddab5f619c2f4f2f4bb7b26e8ce149420c29745c2b701a9c5ebb10c"
)
# The base point plus the point of order 2: on the curve, and outside the subgroup.
PROBE_MIXED_POINT: Final = bytes.fromhex("95" + "99" * 31)


def verifies_without_cofactor(engine: Engine) -> bool:
    """Say whether an engine accepts the good probe and refuses the one that needs a cofactor."""
    return engine.verify(PROBE_KEY, b"", PROBE_GOOD) and not engine.verify(PROBE_KEY, b"", PROBE_COFACTORED)


pynacl_engine: Final = PyNaClEngine()
"""Not to be called where HAS_SODIUM is false."""

cryptography_engine: Final = CryptographyEngine()

DEFAULT_ENGINE: Final[SigningEngine] = (
    pynacl_engine if HAS_SODIUM and verifies_without_cofactor(pynacl_engine) else cryptography_engine
)

SODIUM_KNOWS_SUBGROUPS: Final = (
    HAS_SODIUM
    and sodium.has_crypto_core_ed25519
    and not sodium.crypto_core_ed25519_is_valid_point(PROBE_MIXED_POINT)
)


def is_in_prime_subgroup(encoded: bytes) -> bool:
    """Say whether 32 strictly encoded bytes are a point of the subgroup of prime order L."""
    if SODIUM_KNOWS_SUBGROUPS:
        return sodium.crypto_core_ed25519_is_valid_point(encoded)
    return ed25519.is_in_prime_subgroup(encoded)
