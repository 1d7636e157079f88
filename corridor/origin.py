"""Origin: sites and their status, tags, and the two ways in which a lot begins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, model_validator

from corridor.balance import check_grades
from corridor.body import Act, Body, Slot, accredited, beginner, custodian, found, key_of
from corridor.findings import Finding
from corridor.lawfulness import assess_licence
from corridor.measures import (
    LAX,
    SET,
    Code,
    Country,
    Document,
    HsCode,
    Metal,
    Name,
    Part,
    PartyId,
    Position,
    PositiveGrams,
    SiteId,
    TagBlockId,
    Time,
    Weight,
    check_order,
    items,
)
from corridor.refusals import refuse
from corridor.states import Holding, Inspection, LotState, SiteState, State, TagBlockState
from corridor.vocabulary import UNKNOWN, CustodyModel, LotForm, Role, SiteStatus
from ledger.payload import Signer
from ledger.subjects import party_of
from ledger.times import parse_time

MAX_TAGS_A_BLOCK: Final = 100
"""One block is carried by one device without network (PROTOCOL section 6), so blocks stay small."""


class SiteRegistered(Body):
    """A mine site enters the register of its authority."""

    type: ClassVar[str] = "site.registered"
    links: ClassVar[Mapping[str, Slot]] = {"site": Slot((accredited(Role.AUTHORITY),), begins=True)}

    name: Name
    address: Name
    country: Country
    minerals: Annotated[tuple[HsCode, ...], items(1, 32), SET]
    scale: Literal["artisanal", "small", "industrial"]
    position: Position
    concession_radius_m: Annotated[int, Field(ge=1, le=200_000)]
    licence: Code
    licence_from: Time
    licence_until: Time
    capacity_g_per_day: PositiveGrams
    operators: Annotated[tuple[PartyId, ...], items(0, 64), SET] = ()
    """Who may mine there under the licence; where it is not said, anybody's extraction is taken as declared."""

    @model_validator(mode="after")
    def _window_in_order(self) -> SiteRegistered:
        check_order(self.licence_from, self.licence_until)
        return self

    def check(self, act: Act) -> None:
        """Refuse an authority that registers under another's id."""
        site = act.only("site")
        if not any(beginner(act, site, signer) for signer in act.header.signers):
            refuse("authority.not_entitled", "/links/0/subject", subject=site)

    def evolve(self, act: Act) -> Iterator[State]:
        """Begin the site, not inspected."""
        yield SiteState(
            subject=act.only("site"),
            country=self.country,
            minerals=self.minerals,
            operators=self.operators,
            licence_from=parse_time(self.licence_from),
            licence_until=parse_time(self.licence_until),
        )


class SiteInspected(Body):
    """An inspector sets the site's status."""

    type: ClassVar[str] = "site.inspected"
    about: ClassVar[Mapping[str, Slot]] = {"site": Slot((accredited(Role.INSPECTOR, officer=True),))}

    status: Annotated[SiteStatus, LAX]
    inspected_at: Time
    report: Document

    def evolve(self, act: Act) -> Iterator[State]:
        """Add to the history of its status."""
        site = act.world.site(next(act.about("site")))
        inspection = Inspection(
            status=self.status, at=act.at, inspected_at=parse_time(self.inspected_at), event=act.event_id
        )
        yield site.model_copy(update={"inspections": (*site.inspections, inspection)})


class TagIssued(Body):
    """A block of numbered tags for one site, handed to one holder."""

    type: ClassVar[str] = "tag.issued"
    links: ClassVar[Mapping[str, Slot]] = {"tag": Slot((accredited(Role.TAGGING_AGENT),), begins=True)}

    country: Country
    site: SiteId
    holder: PartyId
    first: Annotated[int, Field(ge=1, le=10**12)]
    count: Annotated[int, Field(ge=1, le=MAX_TAGS_A_BLOCK)]

    def check(self, act: Act) -> None:
        """Refuse a block under another's id, or for a site that is not registered in the country."""
        block = act.only("tag")
        if not any(beginner(act, block, signer) for signer in act.header.signers):
            refuse("authority.not_entitled", "/links/0/subject", subject=block)
        if act.world.site(self.site).country != self.country:
            refuse("event.body_disagrees", "/body/country", hint="Name the site's country.")

    def evolve(self, act: Act) -> Iterator[State]:
        """Begin the block in its holder's hands."""
        yield TagBlockState(
            subject=act.only("tag"), site=self.site, holder=self.holder, first=self.first, count=self.count
        )


def _holder_of_tags(act: Act, subject: str, signer: Signer) -> bool:
    """the tag block's holder."""
    holder = act.world.tag_block(subject).holder
    return signer.party == holder and key_of(act, signer).duty in {"party", "device"}


class TagsUsed(Part):
    """Tags of one block, by number, ascending."""

    block: TagBlockId
    numbers: Annotated[tuple[int, ...], items(1, MAX_TAGS_A_BLOCK)]

    @model_validator(mode="after")
    def _ascending(self) -> TagsUsed:
        if list(self.numbers) != sorted(set(self.numbers)):
            msg = "tag numbers are ascending and without doubles"
            raise ValueError(msg)
        return self


def new_lot(
    act: Act, body: LotExtracted | LotDeclared, origin_class: str, unsold: tuple[str, ...]
) -> LotState:
    """A lot whose whole mass and metal are of one origin class."""
    lot = act.only("lot")
    party = party_of(lot)
    return LotState(
        subject=lot,
        custodian=party,
        hs=body.hs,
        form=body.form,
        custody_model=body.custody_model,
        holding=Holding(
            dry_mass_g=body.weight.dry_mass_g,
            classes_g={origin_class: body.weight.dry_mass_g},
            contained_mg=body.contained_mg,
            classes_mg={analyte: {origin_class: mg} for analyte, mg in body.contained_mg.items()},
        ),
        holders=(party,),
        unsold_sites=unsold,
    )


class LotExtracted(Body):
    """A lot is mined at a registered site and weighed for the first time."""

    type: ClassVar[str] = "lot.extracted"
    links: ClassVar[Mapping[str, Slot]] = {
        "lot": Slot((custodian,), begins=True),
        "tag": Slot((_holder_of_tags,), least=0, most=100),
    }

    site: SiteId
    hs: HsCode
    form: Annotated[LotForm, LAX]
    custody_model: Annotated[CustodyModel, LAX]
    weight: Weight
    contained_mg: Metal
    mined_from: Time
    mined_until: Time
    position: Position | None = None
    tags: Annotated[tuple[TagsUsed, ...], items(0, 100)] = ()

    @model_validator(mode="after")
    def _window_in_order(self) -> LotExtracted:
        check_order(self.mined_from, self.mined_until)
        return self

    def check(self, act: Act) -> None:
        """Refuse an unregistered site, an impossible grade, tags that differ from the links, and tags used before."""
        act.world.site(self.site)
        check_grades(self.hs, self.weight.dry_mass_g, self.contained_mg, "/body/contained_mg")
        if sorted(used.block for used in self.tags) != list(act.linked("tag")):
            refuse("event.body_disagrees", "/body/tags")
        for position, used in enumerate(self.tags):
            block = act.world.tag_block(used.block)
            last = block.first + block.count - 1
            if any(n in block.used or not block.first <= n <= last for n in used.numbers):
                refuse("tag.used", f"/body/tags/{position}/numbers", subject=used.block)

    def evolve(self, act: Act) -> Iterator[State]:
        """Begin the lot, all of it from the site; mark the tags."""
        yield new_lot(act, self, self.site, (self.site,))
        for used in self.tags:
            block = act.world.tag_block(used.block)
            yield block.model_copy(update={"used": tuple(sorted({*block.used, *used.numbers}))})

    def assess(self, act: Act) -> Iterator[Finding]:
        """The licence over the proven interval and who holds it (R16), and tags of another site (R10)."""
        yield from assess_licence(act, self.site)
        operators = act.world.site(self.site).operators
        if operators and party_of(act.only("lot")) not in operators:
            yield found(act, "licence.not_operator", self.site)
        for used in self.tags:
            if act.world.tag_block(used.block).site != self.site:
                yield found(act, "tag.other_site", used.block)


class LotDeclared(Body):
    """A lot comes from outside the log: recycled, of a country without a registered site, or of unknown origin."""

    type: ClassVar[str] = "lot.declared"
    links: ClassVar[Mapping[str, Slot]] = {"lot": Slot((custodian,), begins=True)}
    committed: ClassVar[frozenset[str]] = frozenset({"supplier"})

    source: Literal["recycled", "country", "unknown"]
    country: Country | None = None
    hs: HsCode
    form: Annotated[LotForm, LAX]
    custody_model: Annotated[CustodyModel, LAX]
    weight: Weight
    contained_mg: Metal
    documents: Annotated[tuple[Document, ...], items(0, 16)] = ()

    @model_validator(mode="after")
    def _country_where_known(self) -> LotDeclared:
        if (self.country is None) != (self.source == "unknown"):
            msg = "a recycled or one-country lot names its country, an unknown one does not"
            raise ValueError(msg)
        return self

    def check(self, act: Act) -> None:  # noqa: ARG002  # what a grade can be depends on no state
        """Refuse an impossible grade."""
        check_grades(self.hs, self.weight.dry_mass_g, self.contained_mg, "/body/contained_mg")

    def evolve(self, act: Act) -> Iterator[State]:
        """Begin the lot in its declared class."""
        yield new_lot(act, self, UNKNOWN if self.country is None else f"{self.source}:{self.country}", ())
