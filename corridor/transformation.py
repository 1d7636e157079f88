"""Transformation: splits, merges, blends and processes over edges, and accounts for stockpiles and plants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Final, Literal

from corridor.balance import check_available, check_balance
from corridor.body import Body, Slot, beginner, custodian
from corridor.custody import living_lot
from corridor.lineage import EMPTY, Flow, apportion, put_together, take
from corridor.measures import (
    LAX,
    Analyte,
    Country,
    Grams,
    HsCode,
    LotId,
    Metal,
    Part,
    PositiveGrams,
    PostId,
    Ppm,
    Time,
    items,
)
from corridor.refusals import refuse
from corridor.states import AccountState, LotState, State
from corridor.vocabulary import CustodyModel, LossKind, LotForm, Process, weakest_model
from corridor.world import Act
from ledger.subjects import party_of

MAX_EDGES: Final = 256
"""Every link can have a few edges; larger merges go in two levels (PROTOCOL section 2)."""
MAX_LINKS: Final = 128
"""Links of an event (PROTOCOL section 2)."""


class Edge(Part):
    """Dry mass and contained metal that go from an input lot into an output lot."""

    source: LotId
    target: LotId
    dry_mass_g: PositiveGrams
    contained_mg: Metal


class Loss(Part):
    """Dry mass and metal that leave an input lot for none: tailings, slag, dust."""

    source: LotId
    kind: Annotated[LossKind, LAX]
    dry_mass_g: Grams
    contained_mg: Metal


class Output(Part):
    """What an output lot is."""

    lot: LotId
    hs: HsCode
    form: Annotated[LotForm, LAX]
    custody_model: Annotated[CustodyModel, LAX]
    product: Literal["main", "by_product", "tailings", "remainder"] = "main"


class Edges(Body):
    """Lots end and others begin; edges and losses account for every gram and milligram."""

    links: ClassVar[Mapping[str, Slot]] = {"lot": Slot((custodian,), least=2, most=MAX_LINKS, begins=None)}

    edges: Annotated[tuple[Edge, ...], items(1, MAX_EDGES)]
    losses: Annotated[tuple[Loss, ...], items(0, MAX_EDGES)] = ()
    outputs: Annotated[tuple[Output, ...], items(1, MAX_LINKS)]

    def _inputs(self, act: Act) -> dict[str, LotState]:
        return {lot: living_lot(act, lot) for lot in act.linked("lot") if not act.begins(lot)}

    def _flows(self) -> list[Flow]:
        flows = [Flow(edge.source, edge.target, edge.dry_mass_g, edge.contained_mg) for edge in self.edges]
        return flows + [Flow(loss.source, "", loss.dry_mass_g, loss.contained_mg) for loss in self.losses]

    def check(self, act: Act) -> None:
        """Refuse outputs that differ from the links, a strengthened custody model, and any imbalance."""
        inputs = self._inputs(act)
        outputs = [output.lot for output in self.outputs]
        if not inputs or outputs != [lot for lot in act.linked("lot") if act.begins(lot)]:
            refuse(
                "event.body_disagrees", "/body/outputs", hint="list exactly the lots that begin, ascending"
            )
        self.check_counts(len(inputs), len(outputs))
        floor = self.weakest(inputs)
        for position, output in enumerate(self.outputs):
            if output.custody_model.weakness < floor.weakness:
                refuse("custody.model_strengthened", f"/body/outputs/{position}/custody_model")
        check_balance(
            {lot: state.holding for lot, state in inputs.items()}, frozenset(outputs), self._flows()
        )

    def check_counts(self, inputs: int, outputs: int) -> None:
        """Refuse a number of inputs or outputs that the type's name does not mean."""

    def weakest(self, inputs: Mapping[str, LotState]) -> CustodyModel:
        """The strongest model that the outputs can have (ISO 22095): several sources are at best segregated."""
        sources = {site for state in inputs.values() for site in state.holding.classes_g}
        together = CustodyModel.IDENTITY_PRESERVED if len(sources) == 1 else CustodyModel.SEGREGATED
        return weakest_model(together, *(state.custody_model for state in inputs.values()))

    def evolve(self, act: Act) -> Iterator[State]:
        """End the inputs; begin the outputs with their holdings."""
        inputs = self._inputs(act)
        for lot in inputs.values():
            yield lot.model_copy(update={"ended_by": act.event_id, "tender": None})
        holdings = apportion({lot: state.holding for lot, state in inputs.items()}, self._flows())
        for output in self.outputs:
            sources = [inputs[edge.source] for edge in self.edges if edge.target == output.lot]
            yield LotState(
                subject=output.lot,
                custodian=party_of(output.lot),
                hs=output.hs,
                form=output.form,
                custody_model=output.custody_model,
                holding=holdings[output.lot],
                holders=_union(state.holders for state in sources),
                unsold_sites=_union(state.unsold_sites for state in sources),
                processed=isinstance(self, LotProcessed) or any(state.processed for state in sources),
            )


def _union(parts: Iterator[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(sorted({item for part in parts for item in part}))


class LotSplit(Edges):
    """One lot becomes several of the same goods."""

    type: ClassVar[str] = "lot.split"

    def check_counts(self, inputs: int, outputs: int) -> None:
        """Refuse anything but one input and at least two outputs."""
        if inputs != 1 or outputs < 2:  # noqa: PLR2004  # what a split is
            refuse("event.shape", "/links", hint="a split has one input and at least two outputs")


class LotMerged(Edges):
    """Several lots become one of the same goods."""

    type: ClassVar[str] = "lot.merged"

    def check_counts(self, inputs: int, outputs: int) -> None:
        """Refuse anything but several inputs and one output."""
        if inputs < 2 or outputs != 1:  # noqa: PLR2004  # what a merge is
            refuse("event.shape", "/links", hint="a merge has at least two inputs and one output")


class LotBlended(LotMerged):
    """Several lots are blended on purpose to a specification: at best controlled blending."""

    type: ClassVar[str] = "lot.blended"

    def weakest(self, inputs: Mapping[str, LotState]) -> CustodyModel:
        """Blending is controlled blending at best."""
        return weakest_model(CustodyModel.CONTROLLED_BLENDING, super().weakest(inputs))


class Recovery(Part):
    """The share of an analyte's metal that the process carries into its products."""

    analyte: Analyte
    recovery_ppm: Ppm


class LotProcessed(Edges):
    """Lots are processed: products, by-products and tailings come out, with a recovery per analyte."""

    type: ClassVar[str] = "lot.processed"

    process: Annotated[Process, LAX]
    country: Country
    recoveries: Annotated[tuple[Recovery, ...], items(0, 16)] = ()
    period_from: Time
    period_until: Time
    post: PostId | None = None


class AccountOpened(Body):
    """A stockpile or a plant opens its book under the mass-balance model."""

    type: ClassVar[str] = "account.opened"
    links: ClassVar[Mapping[str, Slot]] = {"account": Slot((beginner,), begins=True)}

    account_kind: Literal["stockpile", "plant"]
    hs: HsCode
    form: Annotated[LotForm, LAX]
    country: Country
    post: PostId

    def evolve(self, act: Act) -> Iterator[State]:
        """Begin an empty account."""
        account = act.only("account")
        yield AccountState(subject=account, party=party_of(account), hs=self.hs, holding=EMPTY)


class AccountMoved(Body):
    """A lot goes into an account and ends, or is drawn from it and begins, with the classes it holds then."""

    type: ClassVar[str] = "account.moved"
    links: ClassVar[Mapping[str, Slot]] = {
        "account": Slot((beginner,)),
        "lot": Slot((custodian,), begins=None),
    }

    direction: Literal["in", "out"]
    dry_mass_g: PositiveGrams
    contained_mg: Metal
    form: Annotated[LotForm, LAX]

    def check(self, act: Act) -> None:
        """Refuse an inflow that is not the whole lot, and an outflow beyond what is there."""
        account = act.world.account(act.only("account"))
        lot = act.only("lot")
        if act.begins(lot) != (self.direction == "out"):
            refuse(
                "event.body_disagrees", "/body/direction", hint="a lot ends going in and begins coming out"
            )
        if self.direction == "out":
            check_available(account.holding, self.dry_mass_g, self.contained_mg, "/body")
            return
        holding = living_lot(act, lot).holding
        if (self.dry_mass_g, self.contained_mg) != (holding.dry_mass_g, holding.contained_mg):
            refuse("mass.not_balanced", "/body/dry_mass_g", hint="a lot goes in whole; split it first")
        if act.world.lot(lot).hs != account.hs:
            refuse("event.body_disagrees", "/links", hint="the account holds goods of another HS code")

    def evolve(self, act: Act) -> Iterator[State]:
        """Move mass, metal and origin."""
        account = act.world.account(act.only("account"))
        subject = act.only("lot")
        if self.direction == "in":
            lot = act.world.lot(subject)
            yield lot.model_copy(update={"ended_by": act.event_id, "tender": None})
            yield account.model_copy(
                update={
                    "holding": put_together([account.holding, lot.holding]),
                    "holders": _union(iter([account.holders, lot.holders])),
                    "unsold_sites": _union(iter([account.unsold_sites, lot.unsold_sites])),
                    "processed": account.processed or lot.processed,
                }
            )
            return
        taken, left = take(account.holding, self.dry_mass_g, self.contained_mg)
        yield account.model_copy(update={"holding": left})
        yield LotState(
            subject=subject,
            custodian=account.party,
            hs=account.hs,
            form=self.form,
            custody_model=CustodyModel.MASS_BALANCE,
            holding=taken,
            holders=_union(iter([account.holders, (account.party,)])),
            unsold_sites=account.unsold_sites,
            processed=account.processed,
        )
