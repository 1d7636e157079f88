"""One value, one byte string: canonical JSON (RFC 8785) inside the profile of PROTOCOL section 2.

`read` takes only bytes that are their own canonical form; `write` gives that form. An example:

    {"at":1767225600000,"tags":["RW-0001","RW-0002"],"tested":true}

Inside the profile (integers, ASCII names) orjson with sorted keys writes the bytes of RFC 8785. The rest of this
page reads members of such values strictly. Problem codes of bytes: `form.size`, `form.bom`, `form.encoding`,
`form.syntax`, `form.depth`, `form.duplicate_key`, `form.key_name`, `form.float`, `form.null`,
`form.not_a_number`, `form.integer_range`, `form.surrogate`, `form.not_canonical`; of members: `form.type`,
`form.missing_member`, `form.unknown_member`, `form.text`, `form.range`, `form.too_many`, `form.not_a_set`,
`form.hex`, `form.base64`.
"""

from __future__ import annotations

import binascii
from collections.abc import Collection, Sequence
from itertools import pairwise
from re import Pattern
from typing import Final

import orjson

from ledger.diagnosis import explain
from ledger.errors import FormError
from ledger.values import MAX_DEPTH, MAX_INTEGER, Value, is_allowed, member_pointer

__all__ = [
    "MAX_DEPTH",
    "MAX_ENTRY_BYTES",
    "MAX_INTEGER",
    "MAX_PAYLOAD_BYTES",
    "Value",
    "array",
    "base64_bytes",
    "base64_text",
    "check_set",
    "hex_digest",
    "integer",
    "mapping",
    "members",
    "read",
    "text",
    "write",
]

MAX_PAYLOAD_BYTES: Final = 40 * 1024
"""What a signer signs; in base64 and with 16 signatures it still fits into an entry."""

MAX_ENTRY_BYTES: Final = 2**16 - 1
"""C2SP tlog-tiles writes an entry's length into two bytes."""

_WRITING: Final = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME
"""Left alone, orjson would choose a text for dates and an object for dataclasses: neither is ours to guess."""


def read(data: bytes, *, max_bytes: int, max_depth: int = MAX_DEPTH, pointer: str = "") -> Value:
    """Give the value that `data` is the canonical form of, or raise the FormError that says why it is none.

    A machine's JSON reader decides, and the explainer is asked only about what has been refused already: so the
    two cannot disagree about what is accepted. `pointer` leads to where the bytes came from.
    """
    if len(data) > max_bytes:
        raise FormError("form.size", f"There are more than {max_bytes} bytes.", pointer=pointer)
    try:
        value: Value = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise explain(data, max_depth=max_depth, pointer=pointer) from None
    if not is_allowed(value, max_depth) or orjson.dumps(value, option=orjson.OPT_SORT_KEYS) != data:
        raise explain(data, max_depth=max_depth, pointer=pointer)
    return value


def write(value: Value) -> bytes:
    """Give the canonical bytes of `value`; FormError if it is outside the profile."""
    try:
        data = orjson.dumps(value, option=_WRITING)
    except TypeError:
        detail = "A value has a type that is not JSON's, or a string holds half of a surrogate pair."
        raise FormError("form.type", detail) from None
    read(data, max_bytes=len(data))
    return data


def mapping(value: Value, pointer: str) -> dict[str, Value]:
    """Read an object, whatever its members are called."""
    if not isinstance(value, dict):
        raise _wrong_type("an object", pointer)
    return value


def members(
    value: Value, pointer: str, required: Collection[str], optional: Collection[str] = ()
) -> dict[str, Value]:
    """Read an object that has every required member, and no member that is neither required nor optional."""
    given = mapping(value, pointer)
    for name in required:
        if name not in given:
            here = member_pointer(pointer, name)
            raise FormError("form.missing_member", "A required member is missing.", pointer=here)
    for name in given:
        if name not in required and name not in optional:
            here = member_pointer(pointer, name)
            raise FormError("form.unknown_member", "This form has no such member.", pointer=here)
    return given


def text(value: Value, pointer: str, *, pattern: Pattern[str] | None = None, like: str = "") -> str:
    """Read a string, the whole of which matches `pattern`; `like` shows the reader a right one."""
    if not isinstance(value, str):
        raise _wrong_type("a string", pointer)
    if pattern is not None and not pattern.fullmatch(value):
        hint = f"Write it like {like}." if like else ""
        raise FormError(
            "form.text", "The text is not of the form that belongs here.", pointer=pointer, hint=hint
        )
    return value


def integer(value: Value, pointer: str, *, minimum: int = -MAX_INTEGER, maximum: int = MAX_INTEGER) -> int:
    """Read an integer between two bounds, both included."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong_type("an integer", pointer)
    if not minimum <= value <= maximum:
        raise FormError("form.range", f"The integer is not in [{minimum}, {maximum}].", pointer=pointer)
    return value


def array(value: Value, pointer: str, *, max_items: int | None = None) -> list[Value]:
    """Read an array of at most `max_items` items."""
    if not isinstance(value, list):
        raise _wrong_type("an array", pointer)
    if max_items is not None and len(value) > max_items:
        raise FormError("form.too_many", f"There are more than {max_items} items.", pointer=pointer)
    return value


def check_set(items: Sequence[str], pointer: str) -> None:
    """Check that the texts by which the items of an array are told apart ascend, none of them twice."""
    for index, (before, after) in enumerate(pairwise(items), start=1):
        if before >= after:
            detail = "A set is not in ascending order, or has an item twice."
            raise FormError("form.not_a_set", detail, pointer=f"{pointer}/{index}")


def hex_digest(value: Value, pointer: str, octets: int = 32) -> bytes:
    """Read lower-case hexadecimal digits for exactly `octets` bytes."""
    digits = text(value, pointer)
    try:
        raw = bytes.fromhex(digits)
    except ValueError:
        raw = b""
    if len(raw) != octets or raw.hex() != digits:
        raise FormError("form.hex", f"These are not {2 * octets} lower-case hex digits.", pointer=pointer)
    return raw


def base64_bytes(value: Value, pointer: str) -> bytes:
    """Read RFC 4648 base64: with padding, no other character, and zeros in the bits left over."""
    characters = text(value, pointer)
    try:
        raw = binascii.a2b_base64(characters)
    except ValueError:  # of which binascii.Error is a kind
        raw = b""
    if base64_text(raw) != characters:
        hint = "RFC 4648 section 4: padding, no line breaks, zero spare bits."
        raise FormError("form.base64", "This is not strict base64.", pointer=pointer, hint=hint)
    return raw


def base64_text(raw: bytes) -> str:
    """Write RFC 4648 base64 with padding."""
    return binascii.b2a_base64(raw, newline=False).decode("ascii")


def _wrong_type(expected: str, pointer: str) -> FormError:
    return FormError("form.type", f"This is not {expected}.", pointer=pointer)
