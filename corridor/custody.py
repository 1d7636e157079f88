"""Custody: who holds a lot, who may take it, and what a lot in each state still allows (PROTOCOL section 6)."""

from __future__ import annotations

from typing import Final

from corridor.body import Act, Slot, Writer, accredited, custodian, key_of
from corridor.policies import LIMITS
from corridor.refusals import refuse
from corridor.states import LotState
from corridor.vocabulary import Role
from ledger.payload import Signer

MAX_LOTS_AN_ACT: Final = 32
"""One filing speaks about at most as many lots as `about` has room for."""


def living_lot(act: Act, subject: str) -> LotState:
    """The lot, if its custodian can still extend its chain."""
    lot = act.world.lot(subject)
    if lot.ended_by:
        refuse("custody.ended", subject=subject)
    if lot.export is not None:
        refuse("custody.exported", subject=subject)
    return lot


def tendered_to(act: Act, subject: str) -> LotState:
    """The lot, if a tender to one of the signers is the last event of its chain."""
    lot = living_lot(act, subject)
    if lot.tender is None or lot.tender.event != lot.head or lot.tender.receiver not in act.parties:
        refuse("custody.no_tender", subject=subject)
    return lot


def named_receiver(act: Act, subject: str, signer: Signer) -> bool:
    """the receiver that a standing tender names."""
    tender = living_lot(act, subject).tender
    if tender is None:
        refuse(
            "custody.no_tender",
            subject=subject,
            hint="The custodian's next event has ended it, or none was made.",
        )
    return tender.receiver == signer.party and key_of(act, signer).duty in {"party", "device"}


def consignee(act: Act, subject: str, signer: Signer) -> bool:
    """the consignee of an exported lot."""
    export = act.world.lot(subject).export
    named = export is not None and export.consignee == signer.party
    return named and key_of(act, signer).duty in {"party", "device"}


def signed_on_chain(act: Act, subject: str, signer: Signer) -> bool:
    """whoever has signed on the lot's chain, at most 16 times."""
    lot = act.world.lot(subject)
    return signer.party in lot.chain_signers and key_of(act, signer).duty in {"party", "device"}


def filed_by(*roles: Role, most: int = MAX_LOTS_AN_ACT) -> Slot:
    """A filing on lots by an accredited role."""
    return Slot(tuple(accredited(role) for role in roles), most=most)


def check_filings(act: Act, subject: str, entitled: tuple[Writer, ...], signer: Signer) -> None:
    """Refuse a filing beyond the limit by a party whose only title is that it signed on the chain."""
    if any(writer(act, subject, signer) for writer in entitled if writer is not signed_on_chain):
        return
    if act.world.lot(subject).filings.get(signer.party, 0) >= LIMITS.filings_a_party:
        refuse("authority.filings_spent", subject=subject)


ITS_CUSTODIAN: Final = Slot((custodian,))
"""One lot, by who holds it: the commonest slot of the road."""


def hand_to(lot: LotState, receiver: str) -> dict[str, object]:
    """The changes of a lot that a receiver takes: the sale is done, the tender is over."""
    holders = lot.holders if receiver in lot.holders else (*lot.holders, receiver)
    return {"custodian": receiver, "holders": holders, "unsold_sites": (), "tender": None}
