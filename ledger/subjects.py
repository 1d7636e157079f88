"""The names of what the ledger speaks of, and the digests that names and commitments are made of.

PROTOCOL section 3. A subject is `log`, a party, or something that a party begins:

    party:mfrggzdfmztwq2lknnwg23tpobyxe43u
    lot:mfrggzdfmztwq2lknnwg23tpobyxe43u/KOL-2026.0117

People read short codes, for display and look-up only: ten digits in Crockford's base32, and a check character.
Problem code: `form.subject`; of short codes `form.short_code`; of salts `form.salt`.
"""

from __future__ import annotations

import base64
import re
from hashlib import sha256
from typing import Final

from ledger.canonical import write
from ledger.errors import FormError
from ledger.values import Value

LOG: Final = "log"
KINDS: Final = ("log", "party", "site", "lot", "tag", "account", "certificate", "incident", "policy")
SALT_BYTES: Final = 32
"""As long as the digest, so that a hidden value cannot be found by guessing."""

_PARTY_BYTES: Final = 20
"""160 bits: no two parties' ids meet by chance, and nobody can aim at one; 32 characters without padding."""

_SUBJECT: Final = re.compile(
    r"log|party:[a-z2-7]{32}|(?:site|lot|tag|account|certificate|incident|policy):[a-z2-7]{32}/[A-Z0-9][A-Z0-9._-]{0,63}"
)

_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKALIKES: Final = str.maketrans("ILO", "110")
_SHORT_CODE: Final = re.compile(r"[0-9A-HJKMNP-TV-Z]{11}")
_SHORT_BITS: Final = 50
_CHECK_MODULUS: Final = 29
"""The largest prime below the alphabet's 32: it shows each swap of neighbours and nearly each wrong character."""


def check_subject(text: str, pointer: str) -> str:
    """Give `text` back if it is a subject's id, else raise FormError `form.subject`."""
    if not _SUBJECT.fullmatch(text):
        hint = "Write `log`, `party:` and 32 characters, or `lot:`, those characters, `/` and a code."
        raise FormError("form.subject", "This is not a subject's id.", pointer=pointer, hint=hint)
    return text


def kind_of(subject: str) -> str:
    """Give the kind, one of KINDS, of a subject whose form has been checked."""
    return subject.partition(":")[0]


def party_of(subject: str) -> str:
    """Give the id of the party that begins a checked subject; FormError for `log`, which no party begins alone."""
    if subject == LOG:
        raise FormError("form.subject", "The log is not begun by one party.")
    return "party:" + subject.partition(":")[2].partition("/")[0]


def party_id(identity_hex: str, key_text: str, next_hex: str) -> str:
    """Name a party by its inception object: its identity's digest, its first key, its next key's digest."""
    inception = write({"identity": identity_hex, "key": key_text, "next": next_hex})
    digest = sha256(b"otc/party/v1\n" + inception).digest()
    return "party:" + base64.b32encode(digest[:_PARTY_BYTES]).decode("ascii").lower()


def next_digest(key_text: str) -> str:
    """Commit to a party's next key: hex SHA-256 of the key's text."""
    return sha256(key_text.encode("ascii")).hexdigest()


def identity_digest(salt: bytes, value: Value) -> str:
    """Commit to who a party is: hex digest of a salt of 32 bytes and a canonical value."""
    return sha256(b"otc/identity/v1\n" + _checked_salt(salt) + write(value)).hexdigest()


def commitment(salt: bytes, actor: str, name: str, value: Value) -> str:
    """Commit to one member of an event without showing it: hex digest, opened by showing salt and value.

    The actor and the member's name are inside, so that nobody can carry the commitment over to another place.
    """
    hidden = write({"actor": actor, "name": name, "value": value})
    return sha256(b"otc/commitment/v1\n" + _checked_salt(salt) + hidden).hexdigest()


def _checked_salt(salt: bytes) -> bytes:
    if len(salt) != SALT_BYTES:
        raise FormError("form.salt", f"A salt is {SALT_BYTES} bytes.")
    return salt


def short_code(subject: str) -> str:
    """Give what people read out for a subject, like `WB5C-0JZ9-QA9`: 50 bits of its SHA-256, and a check."""
    digest = sha256(subject.encode("ascii")).digest()
    number = int.from_bytes(digest, "big") >> (8 * len(digest) - _SHORT_BITS)
    digits = "".join(_CROCKFORD[number >> shift & 31] for shift in range(_SHORT_BITS - 5, -1, -5))
    code = digits + _CROCKFORD[number % _CHECK_MODULUS]
    return f"{code[:4]}-{code[4:8]}-{code[8:]}"


def read_short_code(text: str) -> int:
    """Give the 50 bits of a short code: small letters will do, also no dashes, also I, L and O for 1, 1 and 0.

    Raises FormError `form.short_code` if it is none or its check character is wrong.
    """
    code = text.upper().replace("-", "").translate(_LOOKALIKES)
    if not (text.isascii() and _SHORT_CODE.fullmatch(code)):  # a long s has the capital S
        raise FormError("form.short_code", "This is not a short code.", hint="Write it like WB5C-0JZ9-QA9.")
    *digits, check = (_CROCKFORD.index(character) for character in code)
    number = 0
    for digit in digits:
        number = number << 5 | digit
    if number % _CHECK_MODULUS != check:
        raise FormError(
            "form.short_code", "The check character does not fit.", hint="Compare it with its source."
        )
    return number
