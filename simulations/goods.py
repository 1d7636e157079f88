"""Goods as the actors speak of them: weights, metal, hand-overs, certificates, in the form that events want."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from corridor.quantities import PPM, contained_mg, dry_mass_g
from ledger.canonical import Value
from ledger.times import format_time
from simulations.cast import Actor
from simulations.conductor import DAY_MS, Conductor, by, own
from simulations.society import Certifier, State, document, position_of


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot as its holder knows it: dry mass in g, metal in mg per analyte, moisture for the scale."""

    subject: str
    hs: str
    form: str
    dry_mass_g: int
    moisture_ppm: int
    contained_mg: Mapping[str, int] = field(default_factory=dict)

    def weight(self, dry_mass_g: int | None = None) -> dict[str, Value]:
        """Weigh it: the wet mass whose dry mass is the lot's (or the one given), to the gram."""
        return weight(self.dry_mass_g if dry_mass_g is None else dry_mass_g, self.moisture_ppm)

    def metal(self) -> dict[str, Value]:
        """Its metal as a body's member."""
        return dict(self.contained_mg)

    def lighter(self, dry_mass_g: int) -> Lot:
        """The lot after a hand-over that booked less: its metal goes with the loss, as the ledger books it."""
        lost_g = self.dry_mass_g - dry_mass_g
        metal = {a: mg - mg * lost_g // self.dry_mass_g for a, mg in self.contained_mg.items()}
        return Lot(self.subject, self.hs, self.form, dry_mass_g, self.moisture_ppm, metal)


def weight(dry_g: int, moisture_ppm: int) -> dict[str, Value]:
    """Give wet mass (rounded up), moisture and dry mass that agree within a gram."""
    wet_g = -(-dry_g * PPM // (PPM - moisture_ppm))
    return {"wet_mass_g": wet_g, "moisture_ppm": moisture_ppm, "dry_mass_g": dry_g}


def mined(
    subject: str, hs: str, form: str, wet_g: int, moisture_ppm: int, grades_ppm: Mapping[str, int]
) -> Lot:
    """A lot as first weighed: dry mass from the scale, metal from the declared grades."""
    dry_g = dry_mass_g(wet_g, moisture_ppm)
    metal = {analyte: contained_mg(dry_g, grade) for analyte, grade in grades_ppm.items()}
    return Lot(subject, hs, form, dry_g, moisture_ppm, metal)


def extraction(conductor: Conductor, lot: Lot, site: str, near: str) -> dict[str, Value]:
    """Give the body of a `lot.extracted`: mined during the day before, at a control post's coordinates."""
    now = int(conductor.env.now)
    return {
        "site": site,
        "hs": lot.hs,
        "form": lot.form,
        "custody_model": "identity_preserved",
        "weight": lot.weight(),
        "contained_mg": lot.metal(),
        "mined_from": format_time(now - DAY_MS),
        "mined_until": format_time(now),
        "position": position_of(near, 50),
        "tags": [],
    }


def hand_over(
    conductor: Conductor, lot: Lot, giver: Actor, receiver: Actor, received_g: int, where: str
) -> Lot:
    """Giver and receiver weigh and sign one event; give the lot as booked after it."""
    body: dict[str, Value] = {
        "receiver": receiver.party,
        "lots": [{"lot": lot.subject, "given": lot.weight(), "received": lot.weight(received_g)}],
        "post": where,
    }
    conductor.act("lot.handed_over", [own(giver), own(receiver)], body, links=[lot.subject])
    return lot.lighter(received_g)


def dispatch(  # a consignment note has that many boxes
    conductor: Conductor,
    lot: Lot,
    holder: Actor,
    *,
    corridor: str,
    route: tuple[str, str],
    mode: str,
    consignment: str,
    containers: list[str] | None = None,
) -> None:
    """The holder sends the lot on its way."""
    body: dict[str, Value] = {
        "consignment": consignment,
        "corridor": corridor,
        "from_post": route[0],
        "to_post": route[1],
        "mode": mode,
        "containers": list(containers or []),
    }
    conductor.act("lot.dispatched", [own(holder)], body, links=[lot.subject])


def cross(conductor: Conductor, lot: Lot, state: State, post: str, direction: str) -> None:
    """Customs of one side record the crossing."""
    body: dict[str, Value] = {
        "country": state.country,
        "post": post,
        "direction": direction,
        "customs_reference": f"{state.country}-{direction.upper()}-{lot.subject.rsplit('/', 1)[1]}"[:64],
    }
    conductor.act("border.crossed", [own(state.customs)], body, about=[lot.subject])


def certificate(
    conductor: Conductor, lot: Lot, certifier: Certifier, code: str, *, one_person: bool = False
) -> tuple[str, bytes]:
    """Two officers sign a certificate for the lot as it stands; give its id and the envelope, not yet posted."""
    subject = certifier.actor.subject("certificate", code)
    now = int(conductor.env.now)
    second = certifier.double if one_person else certifier.validator
    body: dict[str, Value] = {
        "lot": lot.subject,
        "lot_head": conductor.heads[lot.subject],
        "country": certifier.country,
        "hs": lot.hs,
        "maximum_dry_mass_g": lot.dry_mass_g,
        "window": {"valid_from": format_time(now), "valid_until": format_time(now + 90 * DAY_MS)},
        "verifier": certifier.verifier.key.text,
        "validator": second.key.text,
        "inspection": {
            "inspected_at": format_time(now - DAY_MS),
            "report": document(conductor, f"goods {code}"),
        },
        "assessment": {
            "framework": "AFRICA-ESG",
            "version": "2025-11",
            "assessed_at": format_time(now - DAY_MS),
            "result": "conforms",
            "report": document(conductor, f"assessment {code}"),
        },
    }
    hands = [by(certifier.actor, certifier.verifier), by(certifier.actor, second)]
    return subject, conductor.sign("certificate.issued", hands, body, links=[subject], about=[lot.subject])


def export(  # a customs declaration has that many boxes
    conductor: Conductor,
    lot: Lot,
    holder: Actor,
    consignee: Actor,
    *,
    country: str,
    destination: str,
    where: str,
    certificate_id: str | None = None,
) -> bytes:
    """The holder exports the lot to its consignee; give the envelope, not yet posted."""
    body: dict[str, Value] = {
        "consignee": consignee.party,
        "origin_country": country,
        "destination": destination,
        "post": where,
        "mode": "sea",
        "customs_reference": f"EX-{lot.subject.rsplit('/', 1)[1]}"[:64],
    }
    links = [lot.subject]
    if certificate_id is not None:
        body["certificate"] = certificate_id
        links.append(certificate_id)
    return conductor.sign("lot.exported", [own(holder)], body, links=links)


def outturn(
    conductor: Conductor, lot: Lot, importer: Actor, dry_mass_g: int, metal: Mapping[str, int]
) -> None:
    """The importer weighs and assays what has arrived."""
    body: dict[str, Value] = {"weight": lot.weight(dry_mass_g), "contained_mg": dict(metal)}
    conductor.act("lot.received", [own(importer)], body, links=[lot.subject])
