"""What stands beside a bundle's subjects in their events: other lots of a hand-over, inputs cut off, named parties.

An event on a lot's path needs no closure for its other subjects (PROTOCOL section 11). Where each subject is ruled on
by itself, the others are left out of the act (`narrow`). Where the rules weigh all together, a lot that is not there
is stood in for by what the event says of it (`stand_ins`): its mass enters the sum under a class of its own, its name,
and no claim ever covers that class. Stand-ins are made so that they cannot break a rule; they cannot prove one either.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from corridor.body import Act
from corridor.handover import LotAccepted, LotExported, LotHandedOver
from corridor.measures import Metal
from corridor.states import AccountState, Holding, LotState, PartyState, State
from corridor.transformation import AccountMoved, Edges
from corridor.vocabulary import UNKNOWN, CustodyModel, LotForm
from ledger.chain import GENESIS_PREV
from ledger.subjects import kind_of, party_of

Known = Callable[[str], bool]
"""Tell whether a subject's state is known."""


def bystander(party: str) -> PartyState:
    """A party that an event names and that signs nothing in it: that it was admitted, mirrors have checked."""
    return PartyState(subject=party, keys=(), next="")


def narrow(act: Act, known: Known) -> Act:
    """Leave out of an act the subjects beside it; the act as it is where nothing of it would remain."""
    links = tuple(
        link for link in act.header.links if known(link.subject) or not _is_separable(act, link.subject)
    )
    about = tuple(subject for subject in act.header.about if known(subject)) or act.header.about
    if not links and act.header.links:
        links = act.header.links
    if (links, about) == (act.header.links, act.header.about):
        return act
    kept = {link.subject for link in links}
    body = act.body
    if isinstance(body, LotHandedOver | LotAccepted):
        body = body.model_copy(update={"lots": tuple(line for line in body.lots if line.lot in kept)})
    if isinstance(body, LotExported) and body.certificate not in kept:
        body = body.model_copy(update={"certificate": None})
    return replace(act, header=replace(act.header, links=links, about=about), body=body)


def _is_separable(act: Act, subject: str) -> bool:
    """Tell whether the act's other subjects can be ruled on without this one."""
    if kind_of(subject) == "certificate":
        return isinstance(act.body, LotExported)
    return kind_of(subject) == "lot" and act.header.type in {"lot.handed_over", "lot.accepted", "lot.refused"}


def stand_ins(act: Act, known: Known, states: Mapping[str, State]) -> dict[str, State]:
    """Stand in for the lots that end in this act and are not known; the class of each is its own name."""
    body = act.body
    unknown = [
        link
        for link in act.header.links
        if kind_of(link.subject) == "lot" and link.prev != GENESIS_PREV and not known(link.subject)
    ]
    found: dict[str, State] = {}
    for link in unknown:
        if isinstance(body, Edges):
            owner, hs, form = party_of(body.outputs[0].lot), body.outputs[0].hs, body.outputs[0].form
            flows = [
                (edge.dry_mass_g, edge.contained_mg) for edge in body.edges if edge.source == link.subject
            ]
            flows += [
                (loss.dry_mass_g, loss.contained_mg) for loss in body.losses if loss.source == link.subject
            ]
        elif isinstance(body, AccountMoved):
            account = next(filter(None, (states.get(name) for name in act.linked("account"))), None)
            owner, hs = (account.party, account.hs) if isinstance(account, AccountState) else ("", "")
            form, flows = body.form, [(body.dry_mass_g, body.contained_mg)]
        else:
            continue
        found[link.subject] = _lot(link.subject, link.prev, owner, hs, form, _held(link.subject, flows))
    return found


def as_one_of(stood_in: Mapping[str, State], inputs: Iterable[State | None]) -> dict[str, State]:
    """The same stand-ins with the class of a known input: several sources would bar a model that is lawful."""
    classes = [key for lot in inputs if isinstance(lot, LotState) for key in lot.holding.classes_g]
    key = classes[0] if classes else UNKNOWN
    return {
        subject: lot.model_copy(update={"holding": _reclassed(lot.holding, key)})
        for subject, lot in stood_in.items()
        if isinstance(lot, LotState)
    }


def _lot(subject: str, head: str, owner: str, hs: str, form: LotForm, holding: Holding) -> LotState:
    return LotState(
        subject=subject,
        head=head,
        custodian=owner,
        hs=hs,
        form=form,
        custody_model=CustodyModel.IDENTITY_PRESERVED,
        holding=holding,
        holders=(),
    )


def _held(subject: str, flows: Iterable[tuple[int, Metal]]) -> Holding:
    mass_g, metal_mg = 0, Counter[str]()
    for grams, contained_mg in flows:
        mass_g += grams
        metal_mg.update(contained_mg)
    return Holding(
        dry_mass_g=mass_g,
        classes_g={subject: mass_g},
        contained_mg=dict(metal_mg),
        classes_mg={analyte: {subject: mg} for analyte, mg in metal_mg.items()},
    )


def _reclassed(holding: Holding, key: str) -> Holding:
    return holding.model_copy(
        update={
            "classes_g": {key: holding.dry_mass_g},
            "classes_mg": {analyte: {key: mg} for analyte, mg in holding.contained_mg.items()},
        }
    )
