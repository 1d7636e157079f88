"""Notes: text signed by one or more keys (C2SP signed-note), and the keys that verify them.

Text, an empty line, then one line a signature: an em dash, the key's name, base64 of its id and signature::

    This is an example message.

    — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=

A verifier key (vkey) is name, id in hex and base64 of type and key, joined by plus signs::

    example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from ledger.canonical import base64_bytes, base64_text
from ledger.errors import FormError, ProofError
from ledger.keys import SigningKey, verify

ED25519 = 0x01
COSIGNATURE_V1 = 0x04
ML_DSA_44 = 0x06

MAX_SIGNATURES = 64
# 64 signatures of nearly 5 kB (post-quantum ones) in base64, their names, and a text.
MAX_NOTE_BYTES = 512 * 2**10

_KEY_ID_BYTES = 4
_SIGNATURE_MARK = "\N{EM DASH} "
# Public key lengths of the types that this log's ecosystem knows; others are carried unread.
_PUBLIC_BYTES = {ED25519: 32, COSIGNATURE_V1: 32, ML_DSA_44: 1312}
_CONTROL_CHARACTER = re.compile(r"[\x00-\x09\x0b-\x1f]")  # all but the newline
_UNNAMEABLE = re.compile(r"[\s+\x00-\x1f\ud800-\udfff]")  # a lone surrogate is no UTF-8
_VKEY = re.compile(r"([^+]*)\+([0-9a-f]{8})\+(.+)")


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key under the name and signature type it signs notes with."""

    name: str
    key_id: bytes
    kind: int
    public: bytes

    @classmethod
    def of(cls, name: str, kind: int, public: bytes) -> VerifierKey:
        """Return the key with the id that follows from its name, type and public key."""
        return cls(name, key_id(name, kind, public), kind, public)

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Return the key that a vkey text holds; raise ProofError `note.vkey` if its id does not fit its key."""
        match = _VKEY.fullmatch(text)
        if match is None or not is_key_name(match[1]):
            raise ProofError("note.vkey", "A verifier key is <name>+<8 hex digits>+<base64>.")
        material = read_base64(match[3], "note.vkey")
        kind, public = int.from_bytes(material[:1], "big"), material[1:]
        if not public or len(public) != _PUBLIC_BYTES.get(kind, len(public)):
            raise ProofError("note.vkey", "The public key has not the length of its type.")
        key = cls.of(match[1], kind, public)
        if key.key_id.hex() != match[2]:
            raise ProofError("note.vkey", "The verifier key's id does not fit its name and key.")
        return key

    def __str__(self) -> str:
        material = bytes([self.kind]) + self.public
        return f"{self.name}+{self.key_id.hex()}+{base64_text(material)}"


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One signature of a note: who says to have made it, and its bytes, not yet verified."""

    name: str
    key_id: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"{_SIGNATURE_MARK}{self.name} {base64_text(self.key_id + self.signature)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A note as read: its text (ending in a newline) and its signature lines, in order."""

    text: str
    lines: tuple[SignatureLine, ...]

    def __str__(self) -> str:
        return write_note(self.text, map(str, self.lines))


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """Return the four bytes that name a key in signature lines."""
    return sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:_KEY_ID_BYTES]


def is_key_name(name: str) -> bool:
    """Return whether a key may bear this name: not empty, no spaces, plus signs or control characters."""
    return name != "" and not _UNNAMEABLE.search(name)


def signature_line(key: VerifierKey, signature: bytes) -> str:
    """Return the line, with its newline, that carries a signature by `key`."""
    return str(SignatureLine(key.name, key.key_id, signature))


def sign_note(text: str, name: str, key: SigningKey) -> str:
    """Return the Ed25519 signature line over a note's text, made by `key` under `name`."""
    return signature_line(VerifierKey.of(name, ED25519, key.public), key.sign(text.encode()))


def write_note(text: str, lines: Iterable[str]) -> str:
    """Return the note of a text (ending in a newline) and its signature lines."""
    return f"{text}\n{''.join(lines)}"


def read_note(data: str | bytes) -> Note:
    """Return the parts of a note, nothing verified; raise ProofError `note.form` if it is none."""
    content = read_text(data, "note.form")
    text, separator, signatures = content.rpartition("\n\n")
    if not separator:
        raise ProofError("note.form", "A note has an empty line between its text and its signatures.")
    return Note(f"{text}\n", read_signature_lines(signatures))


def read_signature_lines(data: str | bytes) -> tuple[SignatureLine, ...]:
    """Return 1 to 64 signature lines, as in a note or a witness's answer; raise ProofError `note.form`."""
    *lines, rest = read_text(data, "note.form").split("\n", MAX_SIGNATURES + 1)
    if rest or not 1 <= len(lines) <= MAX_SIGNATURES:
        raise ProofError("note.form", "A note has 1 to 64 signature lines, each ending in a newline.")
    return tuple(map(_read_signature_line, lines))


def verify_note(note: Note, known: Iterable[VerifierKey]) -> list[tuple[VerifierKey, bytes]]:
    """Return the Ed25519 signatures on the note by known keys, each key once.

    Unknown keys' lines are passed over. Raise ProofError `note.signature` if a known key's signature is bad,
    and `note.unknown` if no known key signed.
    """
    message = note.text.encode()
    found: dict[VerifierKey, bytes] = {}
    for key, signature in known_signatures(
        note, known, ED25519, lambda key, signature: verify(key.public, message, signature)
    ):
        found.setdefault(key, signature)
    if not found:
        raise ProofError("note.unknown", "None of the keys that signed the note is known.")
    return list(found.items())


def known_signatures(
    note: Note, known: Iterable[VerifierKey], kind: int, holds: Callable[[VerifierKey, bytes], bool]
) -> Iterator[tuple[VerifierKey, bytes]]:
    """Yield each signature by a known key of one type once `holds` has verified it.

    Raise ProofError `note.signature` for the first that does not hold.

    Ids are 32 bits, so that two keys of one name may share one: then either may have signed.
    """
    candidates: dict[tuple[str, bytes], list[VerifierKey]] = {}
    for key in (key for key in known if key.kind == kind):
        candidates.setdefault((key.name, key.key_id), []).append(key)
    for line in note.lines:
        named: Sequence[VerifierKey] = candidates.get((line.name, line.key_id), ())
        signer = next((key for key in named if holds(key, line.signature)), None)
        if signer is not None:
            yield signer, line.signature
        elif named:
            raise ProofError("note.signature", "A known key's signature on the note is not valid.")


def read_text(data: str | bytes, code: str) -> str:
    """Return UTF-8 text of at most 512 KiB without control characters but newlines; raise ProofError with `code`."""
    try:
        raw = data.encode() if isinstance(data, str) else data
        text = raw.decode()
    except UnicodeError:
        raise ProofError(code, "Notes and what carries them are UTF-8 text.") from None
    if len(raw) > MAX_NOTE_BYTES:
        raise ProofError(code, "The text is longer than the 512 KiB that a note may have.")
    if _CONTROL_CHARACTER.search(text):
        raise ProofError(code, "The text has control characters other than newlines.")
    return text


def read_base64(text: str, code: str) -> bytes:
    """Return the bytes of padded base64 with zero spare bits; raise ProofError with `code` for any other form."""
    try:
        return base64_bytes(text, "")
    except FormError as error:
        raise ProofError(code, "This is not base64 with padding and zero spare bits.") from error


def _read_signature_line(line: str) -> SignatureLine:
    name, separator, encoded = line.removeprefix(_SIGNATURE_MARK).partition(" ")
    if not (line.startswith(_SIGNATURE_MARK) and separator and is_key_name(name)):
        raise ProofError(
            "note.form", "A signature line is an em dash, a key name and base64, spaces between."
        )
    data = read_base64(encoded, "note.form")
    if len(data) <= _KEY_ID_BYTES:
        raise ProofError("note.form", "A signature line holds a key id and a signature.")
    return SignatureLine(name, data[:_KEY_ID_BYTES], data[_KEY_ID_BYTES:])
