"""Which values may stand in signed bytes, and where: the profile of PROTOCOL section 2.

Strings, integers within ±(2^53-1), booleans, arrays and objects; no float, no null. An example:

    {"contained_mg":{"Cu":4410000},"dry_mass_g":24500,"seals":["RW-0001","RW-0002"],"tagged":true}
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from ledger.errors import FormError

Value: TypeAlias = "str | int | bool | list[Value] | dict[str, Value]"

MAX_INTEGER = 2**53 - 1
"""The largest integer that every JSON reader holds exactly (RFC 8259, section 6)."""

MAX_DEPTH = 16
"""Arrays and objects within each other, the outermost counted: more than any event needs, less than any stack."""

MAX_POINTER_NAME = 64
"""Longer member names are left out of pointers, so that an error cannot carry a hostile text."""

NameRule: TypeAlias = Callable[[str], object]
"""Truthy for the names that the members of one object may have."""

is_member_name: NameRule = re.compile(r"[a-z][a-z0-9_]*|payloadType").fullmatch
is_analyte_name: NameRule = re.compile(r"[A-Za-z0-9_]{1,32}").fullmatch
find_lone_surrogate = re.compile("[\ud800-\udfff]").search
"""Python's strings hold only surrogates that have lost their other half; UTF-8 has no bytes for them."""


def names_inside(name: str) -> NameRule:
    """Choose the rule for the object called `name`: snake case, but analytes are written `Cu`, `Ta2O5`."""
    return is_analyte_name if name == "contained_mg" else is_member_name


def member_pointer(pointer: str, name: str) -> str:
    """Extend a JSON pointer by an allowed member name, or by nothing if no schema of ours has one as long."""
    return f"{pointer}/{name}" if len(name) <= MAX_POINTER_NAME else pointer


def check_value(value: object, *, max_depth: int = MAX_DEPTH) -> None:
    """Raise FormError, with a pointer, at the first part of `value` that is outside the profile."""
    _check(value, max_depth, "", is_member_name)


def _check(value: object, depth_left: int, pointer: str, names: NameRule) -> None:
    """Check one value; `names` is the rule for its members, should it be an object."""
    if isinstance(value, str):
        if not value.isascii() and find_lone_surrogate(value):
            raise lone_surrogate(pointer)
    elif isinstance(value, bool):
        pass
    elif isinstance(value, int):
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise integer_range(pointer)
    elif isinstance(value, dict):
        _check_object(value, depth_left, pointer, names)
    elif isinstance(value, list):
        if depth_left < 1:
            raise too_deep(pointer)
        for index, item in enumerate(value):
            _check(item, depth_left - 1, f"{pointer}/{index}", is_member_name)
    else:
        raise _foreign(value, pointer)


def _check_object(members: dict[object, object], depth_left: int, pointer: str, names: NameRule) -> None:
    """Check the names and the values of an object's members."""
    if depth_left < 1:
        raise too_deep(pointer)
    for name, member in members.items():
        if type(name) is not str or not names(name):
            raise bad_name(pointer)
        if not (isinstance(member, str) and member.isascii()):  # most members: spare them the call
            _check(member, depth_left - 1, member_pointer(pointer, name), names_inside(name))


def _foreign(value: object, pointer: str) -> FormError:
    """Explain a Python value that no JSON of ours can hold."""
    if value is None:
        return null(pointer)
    if isinstance(value, float):
        return not_a_number(pointer) if value - value != 0 else floating(pointer)
    return FormError(
        "form.type", "Only strings, integers, booleans, arrays and objects exist here.", pointer=pointer
    )


def too_deep(pointer: str) -> FormError:
    """Explain arrays or objects nested too deeply."""
    return FormError("form.depth", "Arrays and objects are nested too deeply.", pointer=pointer)


def bad_name(pointer: str) -> FormError:
    """Explain a member name outside the rule; the pointer leads to its object, for the name is foreign text."""
    return FormError("form.key_name", "A member's name is not in lower-case snake case.", pointer=pointer)


def lone_surrogate(pointer: str) -> FormError:
    """Explain half of a surrogate pair, raw or escaped."""
    return FormError("form.surrogate", "A string holds half of a surrogate pair.", pointer=pointer)


def integer_range(pointer: str) -> FormError:
    """Explain an integer that not every reader holds exactly."""
    return FormError("form.integer_range", "An integer lies outside ±(2^53-1).", pointer=pointer)


def floating(pointer: str) -> FormError:
    """Explain a number with a fraction or an exponent."""
    hint = "Write an integer in a smaller unit: grams, ppm, micro-degrees."
    return FormError("form.float", "A number has a fraction or an exponent.", pointer=pointer, hint=hint)


def not_a_number(pointer: str) -> FormError:
    """Explain NaN and the infinities."""
    return FormError("form.not_a_number", "NaN and Infinity are no JSON.", pointer=pointer)


def null(pointer: str) -> FormError:
    """Explain null."""
    return FormError("form.null", "There is no null here.", pointer=pointer, hint="Leave the member out.")
