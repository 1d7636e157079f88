"""Transit: measuring, sealing, moving and handing over; control posts, borders, export and the importer's outturn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from corridor.balance import check_available, check_grades
from corridor.body import Act, Body, Slot, custodian
from corridor.custody import (
    ITS_CUSTODIAN,
    filed_by,
    living_lot,
    signed_on_chain,
)
from corridor.lineage import reassay, take
from corridor.measures import (
    BY_ANALYTE,
    LAX,
    SET,
    Code,
    ContainerId,
    Country,
    Instrument,
    Metal,
    OfAnalyte,
    Part,
    PartyId,
    PositiveGrams,
    PostId,
    Ppm,
    items,
)
from corridor.quantities import contained_mg
from corridor.refusals import refuse
from corridor.states import State
from corridor.vocabulary import AssayBasis, LossKind, Role, SealAct, TransportMode

LAB_AND_OFFICIALS = (Role.LABORATORY, Role.INSPECTOR, Role.CERTIFIER, Role.CUSTOMS, Role.AUTHORITY)


def _custodian_or_filed(act: Act) -> None:
    """Refuse an act that is neither one custodian's nor filed on one lot."""
    if len(act.header.links) + len(act.header.about) != 1:
        refuse("event.shape", "/links", hint="The custodian links the lot, everybody else speaks about it.")


class Weighing(Part):
    """Gross, tare and net (wet) mass on one instrument, with the moisture found."""

    gross_mass_g: PositiveGrams
    tare_mass_g: Annotated[int, Field(ge=0)]
    net_mass_g: PositiveGrams
    moisture_ppm: Ppm
    instrument: Instrument
    uncertainty_ppm: Ppm


class Grade(OfAnalyte):
    """One analyte's grade, with its expanded uncertainty."""

    grade_ppm: Ppm
    uncertainty_ppm: Ppm


class Assay(Part):
    """A laboratory's result: grades of dry mass or as received, analytes ascending."""

    laboratory: PartyId | None = None
    basis: Annotated[AssayBasis, LAX]
    grades: Annotated[tuple[Grade, ...], items(1, 16), BY_ANALYTE]


class LotMeasured(Body):
    """A weighing or an assay: the custodian's assay of dry mass changes the metal booked; a filed one is evidence."""

    type: ClassVar[str] = "lot.measured"
    links: ClassVar[Mapping[str, Slot]] = {"lot": Slot((custodian,), least=0)}
    about: ClassVar[Mapping[str, Slot]] = {
        "lot": Slot((*filed_by(*LAB_AND_OFFICIALS).writers, signed_on_chain), least=0)
    }

    weighing: Weighing | None = None
    assay: Assay | None = None

    def check(self, act: Act) -> None:
        """Refuse anything but one measurement of one lot."""
        _custodian_or_filed(act)
        if (self.weighing is None) == (self.assay is None):
            refuse("event.body_disagrees", "/body", hint="Give either a weighing or an assay.")
        for subject in act.linked("lot"):
            lot = living_lot(act, subject)
            check_grades(
                lot.hs, lot.holding.dry_mass_g, self._metal(lot.holding.dry_mass_g), "/body/assay/grades"
            )

    def _metal(self, dry_mass_g: int) -> dict[str, int]:
        """The metal in a dry mass by this assay; nothing where it speaks of no dry mass."""
        if self.assay is None or self.assay.basis != AssayBasis.DRY:
            return {}
        return {grade.analyte: contained_mg(dry_mass_g, grade.grade_ppm) for grade in self.assay.grades}

    def evolve(self, act: Act) -> Iterator[State]:
        """Book the custodian's assay of dry mass."""
        for subject in act.linked("lot"):
            lot = act.world.lot(subject)
            metal = self._metal(lot.holding.dry_mass_g)
            yield lot.model_copy(update={"holding": reassay(lot.holding, metal)})


class LotSealed(Body):
    """Seals (ISO 17712 numbers) applied, seen whole, or broken."""

    type: ClassVar[str] = "lot.sealed"
    links: ClassVar[Mapping[str, Slot]] = {"lot": Slot((custodian,), least=0)}
    about: ClassVar[Mapping[str, Slot]] = {
        "lot": Slot((*filed_by(*LAB_AND_OFFICIALS, Role.TRANSPORT_OFFICER).writers, signed_on_chain), least=0)
    }

    action: Annotated[SealAct, LAX]
    seals: Annotated[tuple[Code, ...], items(1, 512), SET]
    post: PostId | None = None

    def check(self, act: Act) -> None:
        """Refuse anything but one lot."""
        _custodian_or_filed(act)
        for subject in act.linked("lot"):
            living_lot(act, subject)


class LotDispatched(Body):
    """The custodian sends the lot on its way along a corridor."""

    type: ClassVar[str] = "lot.dispatched"
    links: ClassVar[Mapping[str, Slot]] = {"lot": ITS_CUSTODIAN}
    committed: ClassVar[frozenset[str]] = frozenset({"vehicle", "driver"})

    consignment: Code
    corridor: Code
    from_post: PostId
    to_post: PostId
    mode: Annotated[TransportMode, LAX]
    carrier: PartyId | None = None
    consignee: PartyId | None = None
    containers: Annotated[tuple[ContainerId, ...], items(0, 512), SET] = ()

    def check(self, act: Act) -> None:
        """Refuse a lot that has ended or is exported."""
        living_lot(act, act.only("lot"))


class LotStored(Body):
    """The custodian puts the lot into store at a control post."""

    type: ClassVar[str] = "lot.stored"
    links: ClassVar[Mapping[str, Slot]] = {"lot": ITS_CUSTODIAN}

    post: PostId

    def check(self, act: Act) -> None:
        """Refuse a lot that has ended or is exported."""
        living_lot(act, act.only("lot"))


class LossRecorded(Body):
    """The custodian books a loss of dry mass, with the metal in it."""

    type: ClassVar[str] = "loss.recorded"
    links: ClassVar[Mapping[str, Slot]] = {"lot": ITS_CUSTODIAN}

    kind: Annotated[LossKind, LAX]
    dry_mass_g: PositiveGrams
    contained_mg: Metal

    def check(self, act: Act) -> None:
        """Refuse a loss of more than is there, and one that parts metal from its ore."""
        lot = living_lot(act, act.only("lot"))
        check_available(lot.holding, self.dry_mass_g, self.contained_mg, "/body")
        left = take(lot.holding, self.dry_mass_g, self.contained_mg)[1]
        check_grades(lot.hs, self.dry_mass_g, self.contained_mg, "/body/contained_mg")
        check_grades(lot.hs, left.dry_mass_g, left.contained_mg, "/body/contained_mg")

    def evolve(self, act: Act) -> Iterator[State]:
        """Take the loss from every origin class in proportion; a lot that is lost whole ends."""
        lot = act.world.lot(act.only("lot"))
        left = take(lot.holding, self.dry_mass_g, self.contained_mg)[1]
        yield lot.model_copy(update={"holding": left, "ended_by": "" if left.dry_mass_g else act.event_id})


class PostPassed(Body):
    """Lots pass a control post."""

    type: ClassVar[str] = "post.passed"
    about: ClassVar[Mapping[str, Slot]] = {
        "lot": Slot((*filed_by(Role.TRANSPORT_OFFICER, Role.CUSTOMS).writers, signed_on_chain), most=32)
    }

    country: Country
    post: PostId


class BorderCrossed(Body):
    """Customs of one side record that lots leave or enter a country."""

    type: ClassVar[str] = "border.crossed"
    about: ClassVar[Mapping[str, Slot]] = {"lot": filed_by(Role.CUSTOMS)}

    country: Country
    post: PostId
    direction: Literal["exit", "entry"]
    customs_reference: Code
