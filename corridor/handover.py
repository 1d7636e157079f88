"""Hand-over, export and outturn: where one party's figures meet another's (rules R6, R7, R11, R16)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar

from corridor.body import Act, Body, Slot, custodian, found
from corridor.custody import (
    ITS_CUSTODIAN,
    MAX_LOTS_AN_ACT,
    consignee,
    hand_to,
    living_lot,
    named_receiver,
    tendered_to,
)
from corridor.findings import Finding
from corridor.lawfulness import assess_bans, assess_sale, countries_of
from corridor.lineage import reweigh
from corridor.measures import (
    LAX,
    CertificateId,
    Code,
    Country,
    LotId,
    Metal,
    Part,
    PartyId,
    PostId,
    Weight,
    items,
)
from corridor.policies import LIMITS
from corridor.quantities import PPM
from corridor.refusals import refuse
from corridor.states import CertificateState, Export, LotState, State, Tender
from corridor.vocabulary import TransportMode
from ledger.payload import Signer

SEVERAL_LOTS = Slot((custodian,), most=MAX_LOTS_AN_ACT)


def assess_weights(act: Act, lot: str, given_g: int, received_g: int) -> Iterator[Finding]:
    """Compare dry masses (rule R6): a small loss is moisture and spillage, a gain is nothing honest."""
    change_g = received_g - given_g
    change = change_g * PPM  # against limits x given_g: a share of a ppm beyond a limit is beyond it
    code = ""
    if change > LIMITS.handover_gain_refuted_ppm * given_g:
        code = "handover.mass_gained"
    elif change > LIMITS.handover_gain_warned_ppm * given_g:
        code = "handover.gain_warned"
    elif -change > LIMITS.handover_loss_refuted_ppm * given_g:
        code = "handover.mass_lost"
    if code:
        yield found(act, code, lot, change_g=change_g)


def _check_given(lot: LotState, given: Weight, pointer: str) -> None:
    """The giver hands over the book mass: what was lost before is recorded before."""
    if given.dry_mass_g != lot.holding.dry_mass_g:
        refuse("mass.not_balanced", pointer, subject=lot.subject, hint="Record the loss first.")


def _check_taken(lot: LotState, receiver: str) -> None:
    """Who holds a lot cannot receive it: it would book another mass alone, and end the first sale."""
    if lot.custodian == receiver:
        refuse("event.body_disagrees", "/body/receiver", subject=lot.subject, hint="Its receiver holds it.")


class LotTendered(Body):
    """The custodian offers the lot to a named receiver; silence leaves custody where it is."""

    type: ClassVar[str] = "lot.tendered"
    links: ClassVar[Mapping[str, Slot]] = {"lot": ITS_CUSTODIAN}

    receiver: PartyId
    given: Weight
    post: PostId | None = None

    def check(self, act: Act) -> None:
        """Refuse a tender of another mass than the book's, to nobody, or to oneself."""
        lot = living_lot(act, act.only("lot"))
        _check_given(lot, self.given, "/body/given/dry_mass_g")
        act.world.party(self.receiver)
        _check_taken(lot, self.receiver)

    def evolve(self, act: Act) -> Iterator[State]:
        """Let the tender stand until the chain's next event."""
        lot = act.world.lot(act.only("lot"))
        tender = Tender(receiver=self.receiver, given=self.given, event=act.event_id)
        yield lot.model_copy(update={"tender": tender})


class Received(Part):
    """One lot with what its receiver weighed."""

    lot: LotId
    received: Weight


def _agree(act: Act, lots: list[str]) -> None:
    if lots != list(act.linked("lot")):
        refuse("event.body_disagrees", "/body/lots", hint="List exactly the linked lots, ascending.")


class LotAccepted(Body):
    """The named receiver takes tendered lots, with its own weights."""

    type: ClassVar[str] = "lot.accepted"
    links: ClassVar[Mapping[str, Slot]] = {"lot": Slot((named_receiver,), most=MAX_LOTS_AN_ACT)}

    lots: Annotated[tuple[Received, ...], items(1, MAX_LOTS_AN_ACT)]
    post: PostId | None = None

    def check(self, act: Act) -> None:
        """Refuse a lot without a standing tender to the signer."""
        _agree(act, [line.lot for line in self.lots])
        for line in self.lots:
            tendered_to(act, line.lot)

    def evolve(self, act: Act) -> Iterator[State]:
        """Pass custody and book the received mass."""
        for line in self.lots:
            lot = tendered_to(act, line.lot)
            receiver = lot.tender.receiver if lot.tender else ""
            holding = reweigh(lot.holding, line.received.dry_mass_g)
            yield lot.model_copy(update={**hand_to(lot, receiver), "holding": holding})

    def assess(self, act: Act) -> Iterator[Finding]:
        """Compare weights, and judge a first sale."""
        for line in self.lots:
            lot = act.world.lot(line.lot)
            yield from assess_weights(act, line.lot, lot.holding.dry_mass_g, line.received.dry_mass_g)
            yield from assess_sale(act, lot.unsold_sites)


class LotRefused(Body):
    """The named receiver refuses tendered lots; custody stays with the giver."""

    type: ClassVar[str] = "lot.refused"
    links: ClassVar[Mapping[str, Slot]] = {"lot": Slot((named_receiver,), most=MAX_LOTS_AN_ACT)}

    reason: Code

    def check(self, act: Act) -> None:
        """Refuse a lot without a standing tender to the signer."""
        for lot in act.linked("lot"):
            tendered_to(act, lot)

    def evolve(self, act: Act) -> Iterator[State]:
        """End the tender."""
        for lot in act.linked("lot"):
            yield act.world.lot(lot).model_copy(update={"tender": None})


class HandedOver(Part):
    """One lot with the giver's and the receiver's weights."""

    lot: LotId
    given: Weight
    received: Weight


class LotHandedOver(Body):
    """Giver and receiver sign one event with both masses."""

    type: ClassVar[str] = "lot.handed_over"
    links: ClassVar[Mapping[str, Slot]] = {"lot": SEVERAL_LOTS}

    receiver: PartyId
    lots: Annotated[tuple[HandedOver, ...], items(1, MAX_LOTS_AN_ACT)]
    post: PostId | None = None

    def counterparties(self) -> frozenset[str]:
        """The receiver signs too."""
        return frozenset({self.receiver})

    def check(self, act: Act) -> None:
        """Refuse a hand-over that the receiver has not signed, of another mass than the book's, or to oneself."""
        _agree(act, [line.lot for line in self.lots])
        if self.receiver not in act.parties or len(act.parties) < 2:  # noqa: PLR2004  # giver and receiver
            refuse("authority.quorum", "/signers", hint="Giver and receiver both sign a hand-over.")
        for position, line in enumerate(self.lots):
            lot = living_lot(act, line.lot)
            _check_given(lot, line.given, f"/body/lots/{position}/given/dry_mass_g")
            _check_taken(lot, self.receiver)

    def evolve(self, act: Act) -> Iterator[State]:
        """Pass custody and book the received masses."""
        for line in self.lots:
            lot = act.world.lot(line.lot)
            holding = reweigh(lot.holding, line.received.dry_mass_g)
            yield lot.model_copy(update={**hand_to(lot, self.receiver), "holding": holding})

    def assess(self, act: Act) -> Iterator[Finding]:
        """Compare weights, and judge a first sale."""
        for line in self.lots:
            lot = act.world.lot(line.lot)
            yield from assess_weights(act, line.lot, line.given.dry_mass_g, line.received.dry_mass_g)
            yield from assess_sale(act, lot.unsold_sites)


def _exports(act: Act, _certificate: str, signer: Signer) -> bool:
    """the custodian who exports the certificate's lot, once."""
    return custodian(act, act.only("lot"), signer)


class LotExported(Body):
    """The custodian exports the lot to its consignee, consuming its certificate if it has one."""

    type: ClassVar[str] = "lot.exported"
    links: ClassVar[Mapping[str, Slot]] = {
        "lot": ITS_CUSTODIAN,
        "certificate": Slot((_exports,), least=0),
    }

    consignee: PartyId
    origin_country: Country
    destination: Country
    post: PostId
    mode: Annotated[TransportMode, LAX]
    customs_reference: Code
    certificate: CertificateId | None = None

    def check(self, act: Act) -> None:
        """Refuse a second use of a certificate, another lot's, and one that is not in force."""
        lot = living_lot(act, act.only("lot"))
        act.world.party(self.consignee)
        if list(act.linked("certificate")) != ([self.certificate] if self.certificate else []):
            refuse("event.body_disagrees", "/body/certificate")
        if self.certificate is None:
            return
        certificate = act.world.certificate(self.certificate)
        if certificate.consumed_by:
            refuse("certificate.consumed", "/body/certificate", subject=self.certificate)
        if certificate.lot != lot.subject:
            refuse("certificate.other_lot", "/body/certificate", subject=self.certificate)
        if certificate.status != "issued":
            refuse("certificate.not_valid", "/body/certificate", subject=self.certificate)

    def evolve(self, act: Act) -> Iterator[State]:
        """Consign the lot; use up the certificate."""
        lot = act.world.lot(act.only("lot"))
        export = Export(consignee=self.consignee, certificate=self.certificate or "", event=act.event_id)
        yield lot.model_copy(update={"export": export, "tender": None, "unsold_sites": ()})
        if self.certificate is not None:
            certificate = act.world.certificate(self.certificate)
            yield certificate.model_copy(update={"consumed_by": act.event_id})

    def assess(self, act: Act) -> Iterator[Finding]:
        """Judge the certificate's window and maximum, bans, and a sale by the producer itself."""
        lot = act.world.lot(act.only("lot"))
        yield from assess_sale(act, lot.unsold_sites)
        if self.certificate is not None:
            yield from _assess_use(act, act.world.certificate(self.certificate), lot)
        mined_in = countries_of(act, lot.holding.classes_g)
        yield from assess_bans(act, lot.hs, {self.origin_country, *mined_in})


def _assess_use(act: Act, certificate: CertificateState, lot: LotState) -> Iterator[Finding]:
    """Rule R11, judged at the consuming entry's `at` (PROTOCOL section 9)."""
    if not certificate.valid_from <= act.at <= certificate.valid_until:
        yield found(act, "certificate.expired", certificate.subject)
    excess_g = lot.holding.dry_mass_g - certificate.maximum_dry_mass_g
    if excess_g > 0:
        yield found(act, "certificate.over_mass", certificate.subject, excess_g=excess_g)


class LotReceived(Body):
    """The importer's outturn: independent mass and assay, once; only it can meet papers with stones behind them."""

    type: ClassVar[str] = "lot.received"
    links: ClassVar[Mapping[str, Slot]] = {"lot": Slot((consignee,))}

    weight: Weight
    contained_mg: Metal

    def check(self, act: Act) -> None:
        """Refuse a second outturn."""
        if act.world.lot(act.only("lot")).received:
            refuse("custody.exported", subject=act.only("lot"))

    def evolve(self, act: Act) -> Iterator[State]:
        """The lot has arrived; its book stays what the exporter declared."""
        lot = act.world.lot(act.only("lot"))
        receiver = lot.export.consignee if lot.export else ""
        yield lot.model_copy(update={"received": True, **hand_to(lot, receiver)})

    def assess(self, act: Act) -> Iterator[Finding]:
        """Compare mass and metal with the book (rules R6 and R7)."""
        lot = act.world.lot(act.only("lot"))
        change_g = self.weight.dry_mass_g - lot.holding.dry_mass_g
        for seen in assess_weights(act, lot.subject, lot.holding.dry_mass_g, self.weight.dry_mass_g):
            if seen.kind.effect == "refutes":
                yield found(act, "outturn.mass_differs", lot.subject, change_g=change_g)
        for analyte, stated_mg in sorted(lot.holding.contained_mg.items()):
            found_mg = self.contained_mg.get(analyte, 0)
            if (stated_mg - found_mg) * PPM > stated_mg * LIMITS.outturn_metal_short_ppm:
                yield found(
                    act,
                    "outturn.metal_short",
                    lot.subject,
                    analyte=analyte,
                    found_mg=found_mg,
                    stated_mg=stated_mg,
                )
