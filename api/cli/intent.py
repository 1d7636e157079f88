"""From plain words to a typed event: `lot=KOL-1 wet=52.4kg moisture=8.5% grade.Ta2O5=30%` and what follows from them.

Pure but for the files that `@FILE` names, which the caller reads. What is computed: dry mass from wet mass and
moisture, net mass from gross and tare, contained metal from grades, a document's digest; arrays that are sets come
out sorted. Short codes of subjects are the actor's own: `KOL-1` is `lot:<actor>/KOL-1`.
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

import orjson

from api.cli.shapes import Place, Shape, locate, pointer, read_leaf, shape_of
from api.keyfiles import party_of
from corridor.body import Body
from corridor.quantities import contained_mg, dry_mass_g
from ledger.errors import FormError
from ledger.subjects import check_subject
from ledger.times import format_time
from ledger.values import Value

_PLAIN_SUBJECT: Final = re.compile(r"[A-Z0-9][A-Z0-9._-]{0,63}")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NAMES_ITEM: Final = ("lot", "block", "analyte")
"""The member by which the items of an array of objects are told apart; such an array is sorted by it."""

Load = Callable[[str], bytes]
"""Read a file that the intent names."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What somebody means to say: the body, its subjects by kind, and what is to travel as a commitment."""

    kind: str
    body: dict[str, Value]
    subjects: Mapping[str, tuple[str, ...]]
    hidden: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Grade:
    """A share of dry mass, in ppm, until the dry mass is known."""

    ppm: int


@dataclass(slots=True)
class _Reading:
    """What has been read so far; arrays are kept as {position: item}."""

    root: Shape
    actor: str
    now_ms: int
    load: Load
    tree: dict[str | int, Any] = field(default_factory=dict)
    subjects: dict[str, list[str]] = field(default_factory=dict)
    hidden: dict[str, str] = field(default_factory=dict)


def read_intent(body: type[Body], words: Sequence[str], *, actor: str, now_ms: int, load: Load) -> Intent:
    """Read `key=value` words for one type of event; FormError names the word's place and what belongs there."""
    reading = _Reading(shape_of(body), actor, now_ms, load)
    for word in words:
        path, equals, text = word.partition("=")
        if not equals or not path:
            raise FormError(
                "form.value", "An intent is given as key=value.", hint="Quote values with spaces."
            )
        _read_word(reading, body, path, text)
    _name_lots(reading)
    whole = _complete(reading.root, reading.tree)
    for kind in {*body.links, *body.about} - {"log"}:
        named = {*reading.subjects.get(kind, ()), *_subjects_in(reading.root, whole, kind)}
        reading.subjects[kind] = sorted(named)
    if "inception" in whole:
        reading.subjects["party"] = [party_of(whole["inception"])]
    subjects = {kind: tuple(named) for kind, named in reading.subjects.items()}
    return Intent(body.type, whole, subjects, reading.hidden)


def _read_word(reading: _Reading, body: type[Body], path: str, text: str) -> None:
    if path in body.committed:
        reading.hidden[path] = text
        return
    if path in {*body.links, *body.about}:
        reading.subjects[path] = [expand(path, one, reading.actor) for one in text.split(",")]
        if path not in reading.root.members:
            return
    place = locate(reading.root, path)
    _put(reading.tree, place, _value(reading, place, text))


def expand(kind: str, text: str, actor: str) -> str:
    """Return the subject that people mean: a whole id, `<party>/<code>`, or the actor's own `<code>`."""
    if _PLAIN_SUBJECT.fullmatch(text) and kind != "party":
        text = f"{actor.removeprefix('party:')}/{text}"
    subject = text if text == kind or text.startswith(f"{kind}:") else f"{kind}:{text}"
    return check_subject(subject, f"/{kind}")


def _value(reading: _Reading, place: Place, text: str) -> Any:  # noqa: ANN401  # a part of the tree
    if text.startswith("@"):
        return _from_file(reading, place, text[1:])
    if place.grade:
        return Grade(_whole(read_leaf(place, text)))
    if place.shape.items is not None:
        item = Place((*place.steps, 0), place.shape.items, place.exact)
        parts = {_scalar(reading, item, part) for part in text.split(",")}
        return dict(enumerate(sorted(parts)))
    return _scalar(reading, place, text)


def _scalar(reading: _Reading, place: Place, text: str) -> Any:  # noqa: ANN401  # as above
    if place.shape.subject:
        return expand(place.shape.subject, text, reading.actor)
    if place.shape.is_time:
        return format_time(reading.now_ms) if text == "now" else _midnight(text)
    return read_leaf(place, text)


def _midnight(text: str) -> str:
    """Return the time that a day begins in UTC; what is no day alone stays as it is."""
    return f"{text}T00:00:00Z" if _DAY.fullmatch(text) else text


def _from_file(reading: _Reading, place: Place, name: str) -> Any:  # noqa: ANN401  # as above
    """Return a document's digest, or the JSON of a file."""
    data = reading.load(name)
    if place.shape.is_document:
        media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return {"sha256": sha256(data).hexdigest(), "media_type": media_type, "size": len(data)}
    try:
        return _positions(orjson.loads(data))
    except orjson.JSONDecodeError:
        raise FormError("form.value", "The file holds no JSON.", pointer=pointer(place)) from None


def _positions(value: Any) -> Any:  # noqa: ANN401  # as above
    """Write arrays of objects as the tree does."""
    if isinstance(value, dict):
        return {name: _positions(member) for name, member in value.items()}
    return dict(enumerate(map(_positions, value))) if isinstance(value, list) else value


def _put(tree: dict[str | int, Any], place: Place, value: Any) -> None:  # noqa: ANN401  # as above
    *way, last = place.steps
    for step in way:
        tree = tree.setdefault(step, {})
        if not isinstance(tree, dict):
            raise FormError("form.value", "A value and its members are both given.", pointer=pointer(place))
    if last in tree and isinstance(tree[last], dict) and isinstance(value, dict):
        tree[last] = {**value, **tree[last]}
    elif last in tree:
        raise FormError("form.value", "The same member is given twice.", pointer=pointer(place))
    else:
        tree[last] = value


def _name_lots(reading: _Reading) -> None:
    """Give the items of `lots` the lots that the event extends, in the order in which they were named."""
    lots = reading.root.members.get("lots")
    if lots is None or lots.items is None or "lot" not in lots.items.members:
        return
    for position, lot in enumerate(reading.subjects.get("lot", ())):
        reading.tree.setdefault("lots", {}).setdefault(position, {}).setdefault("lot", lot)


def _complete(shape: Shape, tree: Any) -> Any:  # noqa: ANN401  # as above
    """Turn a part of the tree into a value, with what follows from what is given."""
    if not isinstance(tree, dict):
        return tree
    if shape.items is not None:
        if sorted(tree) != list(range(len(tree))):
            raise FormError("form.value", "The positions in an array begin at 0 and leave none out.")
        return _in_order([_complete(shape.items, tree[position]) for position in range(len(tree))])
    members = shape.members
    _weigh(members, tree)
    free = {name for name, member in members.items() if member.values is not None}
    whole = {
        name: _complete(members[name], part) if name in members else part
        for name, part in tree.items()
        if name not in free
    }
    for name in free & (tree.keys() | shape.required):
        whole[name] = {analyte: _metal(share, whole) for analyte, share in tree.get(name, {}).items()}
    return whole


def _weigh(members: Mapping[str, Shape], tree: dict[str | int, Any]) -> None:
    """Compute the masses that follow from others of the same object."""
    if "dry_mass_g" in members and "dry_mass_g" not in tree and {"wet_mass_g", "moisture_ppm"} <= tree.keys():
        tree["dry_mass_g"] = dry_mass_g(tree["wet_mass_g"], tree["moisture_ppm"])
    if (
        "net_mass_g" in members
        and "net_mass_g" not in tree
        and {"gross_mass_g", "tare_mass_g"} <= tree.keys()
    ):
        tree["net_mass_g"] = tree["gross_mass_g"] - tree["tare_mass_g"]


def _metal(share: Any, around: Mapping[str | int, Any]) -> Any:  # noqa: ANN401  # as above
    """Return the milligrams that a grade means, from the dry mass beside it or in the weight beside it."""
    if not isinstance(share, Grade):
        return share
    weight = around.get("weight", around)
    if not isinstance(weight, dict) or not isinstance(weight.get("dry_mass_g"), int):
        hint = "Give the dry mass, or wet mass and moisture, of the same goods."
        raise FormError("form.value", "A grade is a share of a dry mass.", hint=hint)
    return contained_mg(weight["dry_mass_g"], share.ppm)


def _in_order(items: list[Any]) -> list[Any]:
    """Sort the objects of an array that is a set; edges and losses keep the order in which they are drawn."""
    if items and all(isinstance(item, dict) for item in items):
        name = next((name for name in _NAMES_ITEM if name in items[0]), "")
        return sorted(items, key=lambda item: str(item.get(name, "")))
    return items


def _subjects_in(shape: Shape, value: Any, kind: str) -> Iterator[str]:  # noqa: ANN401  # as above
    """Yield the subjects of a kind that members of the body hold."""
    if isinstance(value, list) and shape.items is not None:
        for item in value:
            yield from _subjects_in(shape.items, item, kind)
    elif isinstance(value, dict):
        for name, member in shape.members.items():
            if name in value:
                yield from _subjects_in(member, value[name], kind)
    elif shape.subject == kind and isinstance(value, str):
        yield value


def _whole(value: object) -> int:
    if not isinstance(value, int):
        raise FormError("form.value", "A whole number belongs here.")
    return value
