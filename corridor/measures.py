"""The measured and coded values that event bodies share, each with its bounds.

Members that hold the id of a subject are marked in the published schema with `x-otc-subject`, so that a second
implementer's verifier knows which members name subjects (docs/reference/events.md).
"""

from __future__ import annotations

import unicodedata
from itertools import pairwise
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from corridor.quantities import LARGEST_MASS_G, PPM, is_dry_mass
from corridor.vocabulary import COUNTRIES, is_container
from ledger.errors import FormError
from ledger.times import parse_time

MAX_MILLIGRAMS: Final = 2**53 - 1
"""The protocol's largest integer: the metal of nine million tonnes."""

Grams = Annotated[int, Field(ge=0, le=LARGEST_MASS_G)]
PositiveGrams = Annotated[int, Field(ge=1, le=LARGEST_MASS_G)]
Milligrams = Annotated[int, Field(ge=0, le=MAX_MILLIGRAMS)]
Ppm = Annotated[int, Field(ge=0, le=PPM)]
Analyte = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]{1,32}$")]
Metal = Annotated[dict[Analyte, Milligrams], Field(max_length=16)]
"""Contained metal (or oxide) in mg per analyte."""

_PARTY = r"party:[a-z2-7]{32}"
_CODE = r"[A-Z0-9][A-Z0-9._-]{0,63}"


def _subject(kind: str) -> Any:  # noqa: ANN401  # pydantic's Field gives a value of no public type
    return Field(json_schema_extra={"x-otc-subject": kind})


PartyId = Annotated[str, StringConstraints(pattern=rf"^{_PARTY}$"), _subject("party")]
SiteId = Annotated[str, StringConstraints(pattern=rf"^site:{_PARTY[6:]}/{_CODE}$"), _subject("site")]
LotId = Annotated[str, StringConstraints(pattern=rf"^lot:{_PARTY[6:]}/{_CODE}$"), _subject("lot")]
TagBlockId = Annotated[str, StringConstraints(pattern=rf"^tag:{_PARTY[6:]}/{_CODE}$"), _subject("tag")]
CertificateId = Annotated[
    str, StringConstraints(pattern=rf"^certificate:{_PARTY[6:]}/{_CODE}$"), _subject("certificate")
]


def _assigned(code: str) -> str:
    if code not in COUNTRIES:
        msg = "not an assigned ISO 3166-1 alpha-2 code"
        raise ValueError(msg)
    return code


def _checked_container(code: str) -> str:
    if not is_container(code):
        msg = "the ISO 6346 check digit does not fit"
        raise ValueError(msg)
    return code


def _of_the_calendar(time: str) -> str:
    try:
        parse_time(time)
    except FormError as error:
        raise ValueError(error.detail) from None
    return time


def check_order(begins: str, ends: str) -> None:
    """Raise ValueError for a span of time that ends before it begins; the one spelling of times sorts like them."""
    if begins > ends:
        msg = "the window ends before it begins"
        raise ValueError(msg)


def _clean(name: str) -> str:
    if unicodedata.normalize("NFC", name) != name or not name.isprintable() or name != name.strip():
        msg = "a name is NFC text without control or format characters, and without space at its ends"
        raise ValueError(msg)
    return name


Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
KeyText = Annotated[str, StringConstraints(pattern=r"^z6Mk[1-9A-HJ-NP-Za-km-z]{44}$")]
Time = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"),
    AfterValidator(_of_the_calendar),
]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$"), AfterValidator(_assigned)]
HsCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
PostId = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9-]{1,31}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9._/-]{0,63}$")]
"""A reference of somebody else's register: a licence, a customs declaration, a consignment, a seal (ISO 17712)."""
ContainerId = Annotated[
    str, StringConstraints(pattern=r"^[A-Z]{3}[UJZ][0-9]{7}$"), AfterValidator(_checked_container)
]
Name = Annotated[str, StringConstraints(min_length=1, max_length=120), AfterValidator(_clean)]
"""The only free text: names and addresses of facilities (NFC, no control characters, checked at admission)."""

LAX: Final[Any] = Field(strict=False)
"""For members of a code list: they arrive as text, and we keep the list's member."""


def _in_set_order(values: tuple[str, ...]) -> tuple[str, ...]:
    if any(a >= b for a, b in pairwise(values)):
        msg = "a set is ascending and without doubles"
        raise ValueError(msg)
    return values


SET: Final = AfterValidator(_in_set_order)
"""For arrays of codes or ids that are sets (PROTOCOL section 2)."""


class Part(BaseModel):
    """A member of a body: strict types, no unknown members, never changed once read."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class OfAnalyte(Part):
    """A figure that holds for one analyte."""

    analyte: Analyte


def _each_analyte_once(figures: tuple[OfAnalyte, ...]) -> tuple[OfAnalyte, ...]:
    _in_set_order(tuple(figure.analyte for figure in figures))
    return figures


BY_ANALYTE: Final = AfterValidator(_each_analyte_once)
"""For arrays of figures, one an analyte, analytes ascending: two grades of one would leave open which is booked."""


class Weight(Part):
    """Wet mass, moisture and the dry mass that follows from them, within a gram."""

    wet_mass_g: PositiveGrams
    moisture_ppm: Ppm
    dry_mass_g: PositiveGrams

    @model_validator(mode="after")
    def _dry_follows_from_wet(self) -> Weight:
        if not is_dry_mass(self.dry_mass_g, self.wet_mass_g, self.moisture_ppm):
            msg = "dry_mass_g differs by more than 1 g from wet_mass_g x (1 - moisture)"
            raise ValueError(msg)
        return self


class Position(Part):
    """A place on the Earth (WGS 84) in integer micro-degrees, with its accuracy."""

    latitude_udeg: Annotated[int, Field(ge=-90_000_000, le=90_000_000)]
    longitude_udeg: Annotated[int, Field(ge=-180_000_000, le=180_000_000)]
    accuracy_m: Annotated[int, Field(ge=0, le=100_000)]


class Document(Part):
    """A document that stays outside the log: its digest, media type and length."""

    sha256: Digest
    media_type: Annotated[str, StringConstraints(pattern=r"^[a-z]+/[a-z0-9.+-]{1,60}$")]
    size: Annotated[int, Field(ge=1, le=2**40)]


class Instrument(Part):
    """A scale or an analyser: its serial code and when it was last calibrated."""

    serial: Code
    calibrated_at: Time


def items(least: int, most: int) -> Any:  # noqa: ANN401  # as above
    """Bound an array; JSON arrays arrive as lists, and we keep tuples."""
    return Field(strict=False, min_length=least, max_length=most)
