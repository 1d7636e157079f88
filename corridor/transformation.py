"""Transformation: splits, merges, blends and processes over edges, and accounts for stockpiles and plants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Final, Literal

from pydantic import model_validator

from corridor.balance import check_available, check_balance, check_grades
from corridor.body import Act, Body, Slot, beginner, custodian
from corridor.custody import living_lot
from corridor.lineage import EMPTY, Flow, apportion, put_together, take
from corridor.measures import (
    BY_ANALYTE,
    LAX,
    Country,
    Grams,
    HsCode,
    LotId,
    Metal,
    OfAnalyte,
    Part,
    PositiveGrams,
    PostId,
    Ppm,
    Time,
    check_order,
    items,
)
from corridor.refusals import refuse
from corridor.states import AccountState, LotState, State
from corridor.vocabulary import CustodyModel, LossKind, LotForm, Process, weakest_model
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

    same_goods: ClassVar[bool] = True
    """Whether outputs keep an HS code of the inputs: roles, certificates and bans are scoped by it."""

    edges: Annotated[tuple[Edge, ...], items(1, MAX_EDGES)]
    losses: Annotated[tuple[Loss, ...], items(0, MAX_EDGES)] = ()
    outputs: Annotated[tuple[Output, ...], items(1, MAX_LINKS)]

    def _inputs(self, act: Act) -> dict[str, LotState]:
        return {lot: living_lot(act, lot) for lot in act.linked("lot") if not act.begins(lot)}

    def _flows(self) -> list[Flow]:
        flows = [Flow(edge.source, edge.target, edge.dry_mass_g, edge.contained_mg) for edge in self.edges]
        return flows + [Flow(loss.source, "", loss.dry_mass_g, loss.contained_mg) for loss in self.losses]

    def check(self, act: Act) -> None:
        """Refuse outputs that differ from the links, several parties, a strengthened model, and any imbalance."""
        inputs = self._inputs(act)
        outputs = [output.lot for output in self.outputs]
        if not inputs or outputs != [lot for lot in act.linked("lot") if act.begins(lot)]:
            refuse(
                "event.body_disagrees", "/body/outputs", hint="List exactly the lots that begin, ascending."
            )
        if len({*(lot.custodian for lot in inputs.values()), *map(party_of, outputs)}) != 1:
            refuse(
                "authority.not_entitled", "/links", hint="One party holds all inputs and begins all outputs."
            )
        self.check_counts(len(inputs), len(outputs))
        floor = self.weakest(inputs)
        for position, output in enumerate(self.outputs):
            if output.custody_model.weakness < floor.weakness:
                refuse("custody.model_strengthened", f"/body/outputs/{position}/custody_model")
        self._check_goods(inputs)
        check_balance(
            {lot: state.holding for lot, state in inputs.items()}, frozenset(outputs), self._flows()
        )

    def _check_goods(self, inputs: Mapping[str, LotState]) -> None:
        """Refuse another HS code where goods stay what they are, and metal that its output's ore cannot hold."""
        codes = {lot.hs for lot in inputs.values()}
        for position, output in enumerate(self.outputs):
            if self.same_goods and output.hs not in codes:
                refuse(
                    "event.body_disagrees", f"/body/outputs/{position}/hs", hint="Only a process changes it."
                )
            edges = [edge for edge in self.edges if edge.target == output.lot]
            metal = Counter[str]()
            for edge in edges:
                metal.update(edge.contained_mg)
            check_grades(output.hs, sum(edge.dry_mass_g for edge in edges), metal, "/body/edges")
        for loss in self.losses:
            less_than_g = loss.dry_mass_g + 1  # a loss is cut down to whole grams
            check_grades("", less_than_g, loss.contained_mg, "/body/losses")

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
            refuse("event.shape", "/links", hint="A split has one input and at least two outputs.")


class LotMerged(Edges):
    """Several lots become one of the same goods."""

    type: ClassVar[str] = "lot.merged"

    def check_counts(self, inputs: int, outputs: int) -> None:
        """Refuse anything but several inputs and one output."""
        if inputs < 2 or outputs != 1:  # noqa: PLR2004  # what a merge is
            refuse("event.shape", "/links", hint="A merge has at least two inputs and one output.")


class LotBlended(LotMerged):
    """Several lots are blended on purpose to a specification: at best controlled blending."""

    type: ClassVar[str] = "lot.blended"

    def weakest(self, inputs: Mapping[str, LotState]) -> CustodyModel:
        """Blending is controlled blending at best."""
        return weakest_model(CustodyModel.CONTROLLED_BLENDING, super().weakest(inputs))


class Recovery(OfAnalyte):
    """The share of an analyte's metal that the process carries into its products."""

    recovery_ppm: Ppm


class LotProcessed(Edges):
    """Lots are processed: products, by-products and tailings come out, with a recovery per analyte."""

    type: ClassVar[str] = "lot.processed"
    same_goods: ClassVar[bool] = False

    process: Annotated[Process, LAX]
    country: Country
    recoveries: Annotated[tuple[Recovery, ...], items(0, 16), BY_ANALYTE] = ()
    period_from: Time
    period_until: Time
    post: PostId | None = None

    @model_validator(mode="after")
    def _window_in_order(self) -> LotProcessed:
        check_order(self.period_from, self.period_until)
        return self


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
        """Refuse another party's lot, an inflow that is not the whole lot, and an outflow beyond what is there."""
        account = act.world.account(act.only("account"))
        lot = act.only("lot")
        if account.party != (party_of(lot) if act.begins(lot) else act.world.lot(lot).custodian):
            refuse(
                "authority.not_entitled", "/links", subject=lot, hint="An account holds its party's goods."
            )
        if act.begins(lot) != (self.direction == "out"):
            refuse(
                "event.body_disagrees", "/body/direction", hint="A lot ends going in and begins coming out."
            )
        if self.direction == "out":
            check_available(account.holding, self.dry_mass_g, self.contained_mg, "/body")
            left = take(account.holding, self.dry_mass_g, self.contained_mg)[1]
            check_grades(account.hs, self.dry_mass_g, self.contained_mg, "/body/contained_mg")
            check_grades(account.hs, left.dry_mass_g, left.contained_mg, "/body/contained_mg")
            return
        holding = living_lot(act, lot).holding
        if self.dry_mass_g != holding.dry_mass_g or +Counter(self.contained_mg) != +Counter(
            holding.contained_mg
        ):
            refuse("mass.not_balanced", "/body/dry_mass_g", hint="A lot goes in whole; split it first.")
        if act.world.lot(lot).hs != account.hs:
            refuse("event.body_disagrees", "/links", hint="The account holds goods of another HS code.")

    def evolve(self, act: Act) -> Iterator[State]:
        """Move mass, metal and origin."""
        account = act.world.account(act.only("account"))
        subject = act.only("lot")
        return self._put(act, account, subject) if self.direction == "in" else self._draw(account, subject)

    def _put(self, act: Act, account: AccountState, subject: str) -> Iterator[State]:
        lot = act.world.lot(subject)
        yield lot.model_copy(update={"ended_by": act.event_id, "tender": None})
        yield account.model_copy(
            update={
                "holding": put_together([account.holding, lot.holding]),
                "custody_model": weakest_model(account.custody_model, lot.custody_model),
                "holders": _union(iter([account.holders, lot.holders])),
                "unsold_sites": _union(iter([account.unsold_sites, lot.unsold_sites])),
                "processed": account.processed or lot.processed,
            }
        )

    def _draw(self, account: AccountState, subject: str) -> Iterator[State]:
        taken, left = take(account.holding, self.dry_mass_g, self.contained_mg)
        unsold = account.unsold_sites
        yield account.model_copy(
            update={"holding": left, "unsold_sites": tuple(s for s in unsold if s in left.classes_g)}
        )
        yield LotState(
            subject=subject,
            custodian=account.party,
            hs=account.hs,
            form=self.form,
            custody_model=account.custody_model,
            holding=taken,
            holders=_union(iter([account.holders, (account.party,)])),
            unsold_sites=tuple(site for site in unsold if site in taken.classes_g),
            processed=account.processed,
        )
