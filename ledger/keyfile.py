"""Key files: an Ed25519 private key in unencrypted PKCS #8 (RFC 8410), as PEM.

    -----BEGIN PRIVATE KEY-----
    MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
    -----END PRIVATE KEY-----

The example is RFC 8410's own. A module by itself, because it loads OpenSSL, for which a verifier need not wait.
"""

from __future__ import annotations

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ledger.errors import SignatureRefused


def write_seed(seed: bytes) -> bytes:
    """Write a seed of 32 bytes as a key file."""
    key = Ed25519PrivateKey.from_private_bytes(seed)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def read_seed(pem: bytes) -> bytes:
    """Read the seed from a key file; SignatureRefused `key.file` says what is wrong with it."""
    try:
        key = load_pem_private_key(pem, password=None)
    except TypeError:
        hint = "Remove the password first: openssl pkcs8 -in FILE -out FILE2."
        raise SignatureRefused("key.file", "The key file is encrypted.", hint=hint) from None
    except (ValueError, UnsupportedAlgorithm):
        hint = "Name another file; a log's own keys can only be brought back from a copy."
        raise SignatureRefused("key.file", "The file holds no private key in PEM.", hint=hint) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise SignatureRefused("key.file", "The private key is of another kind than Ed25519.")
    return key.private_bytes_raw()
