"""Why bytes are not canonical JSON: a strict reader that can explain but never accept.

It walks the bytes from the left, knows the grammar of RFC 8259 and the profile of PROTOCOL section 2, and raises
at the first thing that no re-writing could mend. Only if there is none does it report what is merely not
canonical (RFC 8785): white space, order, needless escapes, trailing bytes. So, for example,

    {"grade_ppm": 1.5}    is `form.float` at /grade_ppm, and
    {"grade_ppm": 15}     is `form.not_canonical` at /grade_ppm, because of the blank.
"""

from __future__ import annotations

import codecs
import itertools
import re
from collections.abc import Iterator
from typing import Final

from ledger.errors import FormError
from ledger.values import MAX_INTEGER, MEMBER_NAMES, NameRule, member_pointer, names_inside

_SPACE: Final = re.compile(r"[ \t\n\r]+")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)((?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)")
_WORD: Final = re.compile(r"-?[A-Za-z]+")
_PLAIN: Final = re.compile(r'[^"\\\x00-\x1f]+')
_ESCAPED_UNIT: Final = re.compile(r"\\u([0-9A-Fa-f]{4})")
_ESCAPED_PAIR: Final = re.compile(r"\\u([dD][89abAB][0-9A-Fa-f]{2})\\u([dD][c-fC-F][0-9A-Fa-f]{2})")
_SHORT_ESCAPES: Final = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}
_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")
"""Python's strings hold only surrogates that have lost their other half; UTF-8 has no bytes for them."""

_MAX_DIGITS: Final = len(f"-{MAX_INTEGER}")
"""Text of an integer in range; a longer one is never handed to int(), whose work grows with the square."""


def explain(data: bytes, *, max_depth: int, pointer: str) -> FormError:
    """Give or raise the FormError that says what is wrong with `data`, whose own reader has refused it."""
    if data.startswith(codecs.BOM_UTF8):
        hint = "Write UTF-8 without one."
        return FormError("form.bom", "The bytes begin with a byte order mark.", pointer=pointer, hint=hint)
    try:
        text = data.decode("utf-8", "surrogatepass")  # encoded surrogates get a code of their own below
    except UnicodeDecodeError:
        return FormError("form.encoding", "The bytes are not UTF-8.", pointer=pointer)
    explainer = _Explainer(text)
    explainer.value(max_depth, pointer, MEMBER_NAMES)
    if explainer.position < len(text):
        explainer.deviate(pointer, "Bytes follow the value.")
    explainer.deviate(pointer, "The bytes are not the canonical form of their value.")
    return explainer.deviations[0]


class _Explainer:
    """A position in a text, and how the text before it deviates from canonical form."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.deviations: list[FormError] = []

    def deviate(self, pointer: str, detail: str) -> None:
        """Remember what writing the same value again would mend; only the first is ever told."""
        if not self.deviations:
            hint = "Write it as RFC 8785 does: sorted members, no white space, no needless escapes."
            self.deviations.append(FormError("form.not_canonical", detail, pointer=pointer, hint=hint))

    def syntax(self, pointer: str) -> FormError:
        """Say at which byte the text stops being JSON."""
        offset = len(self.text[: self.position].encode("utf-8", "surrogatepass"))
        return FormError("form.syntax", f"The text stops being JSON at byte {offset}.", pointer=pointer)

    def space(self, pointer: str) -> None:
        """Skip white space, of which canonical bytes have none."""
        if space := _SPACE.match(self.text, self.position):
            self.position = space.end()
            self.deviate(pointer, "There is white space between tokens.")

    def takes(self, mark: str) -> bool:
        """Step over `mark` if it comes next."""
        found = self.text.startswith(mark, self.position)
        self.position += len(mark) * found
        return found

    def value(self, depth_left: int, pointer: str, names: NameRule) -> None:
        """Walk over one value of any kind."""
        self.space(pointer)
        mark = self.text[self.position : self.position + 1]
        if mark in {"{", "["} and depth_left < 1:
            raise _too_deep(pointer)
        if mark == "{":
            self.object(depth_left, pointer, names)
        elif mark == "[":
            self.array(depth_left, pointer)
        elif mark == '"':
            self.string(pointer)
        elif number := _NUMBER.match(self.text, self.position):
            self.number(number, pointer)
        else:
            self.word(pointer)

    def object(self, depth_left: int, pointer: str, names: NameRule) -> None:
        """Walk over an object: its members' names, their order, their values."""
        seen: set[str] = set()
        last = ""
        for _ in self.items("{", "}", pointer):
            if not self.text.startswith('"', self.position):
                raise self.syntax(pointer)
            name = self.string(pointer)
            if not names.matches(name):
                raise _bad_name(pointer)
            here = member_pointer(pointer, name)
            if name in seen:
                raise FormError("form.duplicate_key", "Two members have one name.", pointer=here)
            if name < last:
                self.deviate(here, "The members are not sorted by name.")
            seen.add(name)
            last = name
            self.space(here)
            if not self.takes(":"):
                raise self.syntax(here)
            self.value(depth_left - 1, here, names_inside(name))

    def array(self, depth_left: int, pointer: str) -> None:
        """Walk over an array."""
        for index in self.items("[", "]", pointer):
            self.value(depth_left - 1, f"{pointer}/{index}", MEMBER_NAMES)

    def items(self, opening: str, closing: str, pointer: str) -> Iterator[int]:
        """Step through brackets and commas; the caller walks over what lies between."""
        self.takes(opening)
        self.space(pointer)
        if self.takes(closing):
            return
        for index in itertools.count():
            self.space(pointer)
            yield index
            self.space(pointer)
            if self.takes(closing):
                return
            if not self.takes(","):
                raise self.syntax(pointer)

    def number(self, number: re.Match[str], pointer: str) -> None:
        """Weigh a number of JSON's grammar."""
        digits = number.group()
        if number.group(1):
            raise _floating(pointer)
        if len(digits) > _MAX_DIGITS or abs(int(digits)) > MAX_INTEGER:
            raise _integer_range(pointer)
        if digits == "-0":
            self.deviate(pointer, "Zero has a sign.")
        self.position = number.end()

    def word(self, pointer: str) -> None:
        """Walk over true and false; refuse every other word."""
        word = _WORD.match(self.text, self.position)
        if word and word.group() in {"true", "false"}:
            self.position = word.end()
            return
        if word and word.group() == "null":
            raise _null(pointer)
        if word and word.group() in {"NaN", "Infinity", "-Infinity"}:
            raise _not_a_number(pointer)
        raise self.syntax(pointer)

    def string(self, pointer: str) -> str:
        """Walk over a string and give what it says."""
        said = []
        self.position += 1
        while not self.takes('"'):
            if self.text.startswith("\\", self.position):
                said.append(self.escape(pointer))
                continue
            plain = _PLAIN.match(self.text, self.position)
            if plain is None:  # a control character, or the end of the text
                raise self.syntax(pointer)
            if _LONE_SURROGATE.search(plain.group()):
                raise _lone_surrogate(pointer)
            said.append(plain.group())
            self.position = plain.end()
        return "".join(said)

    def escape(self, pointer: str) -> str:
        """Walk over an escape, which is canonical only where a character cannot stand as itself."""
        mark = self.text[self.position + 1 : self.position + 2]
        if short := _SHORT_ESCAPES.get(mark):
            self.position += 2
            return short
        if mark == "/":
            self.position += 2
            self.deviate(pointer, "A character is escaped without need.")
            return mark
        return self.unicode_escape(pointer)

    def unicode_escape(self, pointer: str) -> str:
        """Walk over an escape by number, or two of them if they are the halves of one character."""
        if halves := _ESCAPED_PAIR.match(self.text, self.position):
            self.position = halves.end()
            self.deviate(pointer, "A character is escaped without need.")
            return bytes.fromhex("".join(halves.groups())).decode("utf-16-be")
        unit = _ESCAPED_UNIT.match(self.text, self.position)
        if unit is None:
            raise self.syntax(pointer)
        character = chr(int(unit.group(1), 16))
        if _LONE_SURROGATE.search(character):
            raise _lone_surrogate(pointer)
        self.position = unit.end()
        if (
            character >= " "
            or character in _SHORT_ESCAPES.values()
            or unit.group(1) != f"{ord(character):04x}"
        ):
            self.deviate(pointer, "A character is escaped without need, or not in the shortest way.")
        return character


def _too_deep(pointer: str) -> FormError:
    return FormError("form.depth", "Arrays and objects are nested too deeply.", pointer=pointer)


def _bad_name(pointer: str) -> FormError:
    """Point to the object, for the name is foreign text."""
    return FormError("form.key_name", "A member's name is not in lower-case snake case.", pointer=pointer)


def _lone_surrogate(pointer: str) -> FormError:
    return FormError("form.surrogate", "A string holds half of a surrogate pair.", pointer=pointer)


def _integer_range(pointer: str) -> FormError:
    return FormError("form.integer_range", "An integer lies outside ±(2^53-1).", pointer=pointer)


def _floating(pointer: str) -> FormError:
    hint = "Write an integer in a smaller unit: grams, ppm, micro-degrees."
    return FormError("form.float", "A number has a fraction or an exponent.", pointer=pointer, hint=hint)


def _not_a_number(pointer: str) -> FormError:
    return FormError("form.not_a_number", "NaN and Infinity are no JSON.", pointer=pointer)


def _null(pointer: str) -> FormError:
    return FormError("form.null", "There is no null here.", pointer=pointer, hint="Leave the member out.")
