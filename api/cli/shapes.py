"""Where a plain name belongs in an event's body, and how what people write becomes its value.

A type's published schema names members with their units: `wet_mass_g`, `moisture_ppm`, `latitude_udeg`. People write
`wet=52.4kg`, `moisture=8.5%`, `latitude=-1.9441`; a unit is asked for wherever the name leaves it open.
Problem codes: `form.unknown_member`, `form.value`, and `quantity.*`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

from corridor.body import Body
from corridor.quantities import MG_PER_G, parse_mass, parse_share
from ledger.errors import FormError, LedgerError
from ledger.values import Value

MICRO: Final = 1_000_000

_INTEGER: Final = re.compile(r"-?[0-9]{1,16}")
_DEGREES: Final = re.compile(r"-?[0-9]{1,3}(?:\.[0-9]{1,6})?")
_METRES: Final = re.compile(r"([0-9]{1,6}) ?(m|km)")
_MILLIGRAMS: Final = re.compile(r"([0-9]{1,16}) ?mg")
_DEPTH: Final = 3
"""Objects within each other in a body: a short name is looked for no deeper."""


@dataclass(frozen=True, slots=True)
class Unit:
    """The unit that a member's name ends in, and the reader of what people write for it."""

    suffix: str
    read: Callable[[str], int]


def _read_degrees(text: str) -> int:
    if not _DEGREES.fullmatch(text):
        raise _bad_value("Degrees are a decimal number of at most six places, like -1.9441.")
    return int(Fraction(text) * MICRO)


def _read_metres(text: str) -> int:
    match = _METRES.fullmatch(text)
    if match is None:
        raise _bad_value("A length is a whole number of m or km, like 12m.")
    return int(match[1]) * (1_000 if match[2] == "km" else 1)


def _read_metal(text: str) -> int:
    match = _MILLIGRAMS.fullmatch(text)
    return int(match[1]) if match else parse_mass(text) * MG_PER_G


UNITS: Final = (
    Unit("_g_per_day", parse_mass),
    Unit("_mass_g", parse_mass),
    Unit("_g", parse_mass),
    Unit("_mg", _read_metal),
    Unit("_ppm", parse_share),
    Unit("_udeg", _read_degrees),
    Unit("_m", _read_metres),
)
"""The first suffix that fits is a member's."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A node of a type's schema, references and optionality resolved, with the unit that its name bears."""

    node: Mapping[str, Any]
    definitions: Mapping[str, Any]
    unit: Unit | None = None

    @property
    def members(self) -> dict[str, Shape]:
        """An object's members by their full names."""
        listed = self.node.get("properties", {})
        return {name: self._inner(node, _unit_of(name)) for name, node in listed.items()}

    @property
    def items(self) -> Shape | None:
        """What an array holds."""
        return self._inner(self.node["items"], self.unit) if "items" in self.node else None

    @property
    def values(self) -> Shape | None:
        """What an object with free names, such as analytes, holds."""
        free = self.node.get("patternProperties")
        return self._inner(next(iter(free.values())), self.unit) if free else None

    @property
    def required(self) -> frozenset[str]:
        """Names of the members that an object must have."""
        return frozenset(self.node.get("required", ()))

    @property
    def subject(self) -> str:
        """The kind of subject that a text names, or nothing."""
        return str(self.node.get("x-otc-subject", ""))

    @property
    def is_time(self) -> bool:
        """Whether a text is a time."""
        return str(self.node.get("pattern", "")).startswith("^[0-9]{4}-")

    @property
    def is_document(self) -> bool:
        """Whether an object stands for a document that stays outside the log."""
        return self.members.keys() == {"sha256", "media_type", "size"}

    def named(self, plain: str) -> str | None:
        """Return the full name of the member that people call `plain`, or none."""
        members = self.members
        if plain in members:
            return plain
        found = [name for name in members if (unit := _unit_of(name)) and plain in _short_names(name, unit)]
        return found[0] if len(found) == 1 else None

    def plain_names(self) -> list[str]:
        """Return what people may call the members, shortest first spelling."""
        return [
            min(_short_names(name, shape.unit), key=len) if shape.unit else name
            for name, shape in self.members.items()
        ]

    def _inner(self, node: Mapping[str, Any], unit: Unit | None) -> Shape:
        while "$ref" in node or "anyOf" in node:
            if "$ref" in node:
                node = self.definitions[node["$ref"].rpartition("/")[2]]
            else:
                node = next(each for each in node["anyOf"] if each.get("type") != "null")
        return Shape(node, self.definitions, unit)


def shape_of(body: type[Body]) -> Shape:
    """Return the shape of a type's body."""
    schema = body.model_json_schema()
    return Shape(schema, schema.get("$defs", {}))


def _unit_of(name: str) -> Unit | None:
    return next((unit for unit in UNITS if name.endswith(unit.suffix)), None)


def _short_names(name: str, unit: Unit) -> set[str]:
    """Return a member's name without its unit, and without `_mass` before it."""
    stem = name.removesuffix(unit.suffix)
    return {stem, f"{stem}_mass"} if unit.suffix == "_mass_g" else {stem}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value belongs: member names and array positions from the body down.

    `exact` = the path bears the unit itself, so that a bare number will do; `grade` = a share of dry mass is given
    where contained metal belongs.
    """

    steps: tuple[str | int, ...]
    shape: Shape
    exact: bool = False
    grade: bool = False


def locate(root: Shape, path: str) -> Place:
    """Find the one place that a dotted plain path names; FormError if there is none, or more than one.

    A path that leads nowhere from the body itself is looked for inside its objects: `wet` is `weight.wet`, as
    long as only one of them has it.
    """
    segments = path.split(".")
    for depth in range(_DEPTH + 1):
        found = [place for start in _inside(root, (), depth) if (place := _walk(*start, segments))]
        if len(found) > 1:
            ways = ", ".join(".".join(map(str, place.steps)) for place in found)
            raise FormError("form.value", f"`{path}` could be: {ways}.", hint="Write the whole of it.")
        if found:
            unit = found[0].shape.unit
            return replace(
                found[0], exact=unit is None or any(each.endswith(unit.suffix) for each in segments)
            )
    names = ", ".join(root.plain_names())
    raise FormError("form.unknown_member", f"This type has no member `{path}`.", hint=f"It has: {names}.")


def _inside(
    shape: Shape, steps: tuple[str | int, ...], depth: int
) -> Iterator[tuple[tuple[str | int, ...], Shape]]:
    """Yield the objects at a depth below a shape, the first item standing for each array."""
    if depth == 0:
        yield steps, shape
        return
    for name, member in shape.members.items():
        if member.items is not None:
            yield from _inside(member.items, (*steps, name, 0), depth - 1)
        elif member.members:
            yield from _inside(member, (*steps, name), depth - 1)


def _walk(steps: tuple[str | int, ...], shape: Shape, segments: list[str]) -> Place | None:
    """Follow a path from one shape; none if it leads nowhere."""
    if not segments:
        return Place(steps, shape)
    first, *rest = segments
    if shape.items is not None:
        explicit = first.isdecimal()
        return _walk((*steps, int(first) if explicit else 0), shape.items, rest if explicit else segments)
    if shape.values is not None:
        return _walk((*steps, first), shape.values, rest)
    name = shape.named(first)
    if name is not None:
        return _walk((*steps, name), shape.members[name], rest)
    metal = shape.members.get("contained_mg")
    if first == "grade" and metal is not None and metal.values is not None and len(rest) == 1:
        return Place((*steps, "contained_mg", rest[0]), metal.values, grade=True)
    return None


def read_leaf(place: Place, text: str) -> Value:
    """Return the value that people mean by `text` at a place that holds a number or a text."""
    kind = place.shape.node.get("type")
    if kind == "integer":
        return _read_number(place, text)
    if kind == "string" or "const" in place.shape.node:
        return text
    names = ", ".join(place.shape.plain_names())
    hint = f"Give its members with dots ({names})." if names else "Give its members with dots."
    raise FormError(
        "form.value", "A value of several members stands here.", pointer=pointer(place), hint=hint
    )


def _read_number(place: Place, text: str) -> int:
    if place.exact and _INTEGER.fullmatch(text):
        return int(text)
    if place.shape.unit is None:
        raise FormError("form.value", "A whole number belongs here.", pointer=pointer(place))
    try:
        return parse_share(text) if place.grade else place.shape.unit.read(text)
    except LedgerError as error:
        raise FormError(error.code, error.detail, pointer=pointer(place), hint=error.hint) from None


def pointer(place: Place) -> str:
    """Return the JSON pointer of a place in the payload."""
    return "/payload/body" + "".join(f"/{step}" for step in place.steps)


def _bad_value(detail: str) -> FormError:
    return FormError("form.value", detail)
