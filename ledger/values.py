"""Which values may stand in signed bytes, and where: the profile of PROTOCOL section 2.

Strings, integers within ±(2^53-1), booleans, arrays and objects; no float, no null. An example:

    {"contained_mg":{"Cu":4410000},"dry_mass_g":24500,"seals":["RW-0001","RW-0002"],"tagged":true}
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final, TypeAlias

Value: TypeAlias = "str | int | bool | list[Value] | dict[str, Value]"

MAX_INTEGER: Final = 2**53 - 1
"""The largest integer that every JSON reader holds exactly (RFC 8259, section 6)."""

MAX_DEPTH: Final = 16
"""Arrays and objects within each other, the outermost counted: more than any event needs, less than any stack."""

MAX_POINTER_NAME: Final = 64
"""Longer member names are left out of pointers, so that an error cannot carry a hostile text."""

_MAX_KNOWN_NAMES: Final = 1024
"""Names a rule remembers: more than all schemas have, and 64 KiB at most."""


class NameRule:
    """What the members of an object may be called. It remembers good names, for the same ones come every time."""

    def __init__(self, pattern: str) -> None:
        self.matches = re.compile(pattern).fullmatch
        self._known: set[str] = set()

    def allows(self, names: Collection[str]) -> bool:
        """Say whether every name matches the rule."""
        if self._known.issuperset(names):
            return True
        if not all(map(self.matches, names)):
            return False
        if len(self._known) + len(names) <= _MAX_KNOWN_NAMES:
            self._known.update(name for name in names if len(name) <= MAX_POINTER_NAME)
        return True


MEMBER_NAMES: Final = NameRule(r"[a-z][a-z0-9_]*|payloadType")
"""Snake case, and the one name that DSSE brings along."""

ANALYTE_NAMES: Final = NameRule(r"[A-Za-z0-9_]{1,32}")
"""Analytes, as laboratories write them: `Cu`, `Ta2O5`."""


def names_inside(name: str) -> NameRule:
    """Choose the rule for the members of the object called `name`."""
    return ANALYTE_NAMES if name == "contained_mg" else MEMBER_NAMES


def member_pointer(pointer: str, name: str) -> str:
    """Extend a JSON pointer by an allowed member name, or by nothing if no schema of ours has one as long."""
    return f"{pointer}/{name}" if len(name) <= MAX_POINTER_NAME else pointer


def is_allowed(value: object, depth_left: int, names: NameRule = MEMBER_NAMES) -> bool:
    """Say whether what a JSON reader gave is inside the profile; `names` is the rule for its own members."""
    if isinstance(value, dict):
        return depth_left > 0 and names.allows(value) and _members_are_allowed(value, depth_left - 1)
    if isinstance(value, list):
        return depth_left > 0 and _items_are_allowed(value, depth_left - 1)
    if type(value) is int:
        return -MAX_INTEGER <= value <= MAX_INTEGER
    return isinstance(value, str | bool)


# Every byte of a log passes through these two loops: strings, which most values are, are spared the call.


def _members_are_allowed(members: dict[str, object], depth_left: int) -> bool:
    for name, member in members.items():
        if type(member) is str:
            continue
        if not is_allowed(member, depth_left, names_inside(name)):
            return False
    return True


def _items_are_allowed(items: list[object], depth_left: int) -> bool:
    for item in items:
        if type(item) is str:
            continue
        if not is_allowed(item, depth_left):
            return False
    return True
