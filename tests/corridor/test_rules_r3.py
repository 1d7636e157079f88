"""Rule R3: who may write where. Custody is the custodian's, a filing takes a role, and each key its duty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from corridor.refusals import Refused
from ledger.envelope import Link, format_time

if TYPE_CHECKING:
    from conftest import Play

DAY_MS = 86_400_000
STORED = {"post": "CD-KOLWEZI"}
CROSSING = {"country": "CD", "post": "CD-DILOLO", "direction": "exit", "customs_reference": "C1"}
DISPATCH = {
    "consignment": "CN-1",
    "corridor": "LOBITO",
    "from_post": "CD-KOLWEZI",
    "to_post": "AO-LOBITO",
    "mode": "rail",
}
SEAL = {"action": "applied", "seals": ["S1"]}
SPILL = {"kind": "spillage", "dry_mass_g": 1, "contained_mg": {}}
ASSAY = {"assay": {"basis": "dry", "grades": [{"analyte": "Sn", "grade_ppm": 5, "uncertainty_ppm": 0}]}}
PASSAGE = {"country": "CD", "post": "CD-DILOLO"}


def custody_acts(play: Play, lot: str, owner: str = "trader") -> dict[str, dict[str, Any]]:
    """Everything that extends a living lot's chain alone, by type."""
    mass_g = play.lot(lot).holding.dry_mass_g
    member = play.named(owner)
    halves = [member.subject("lot", code) for code in ("X1", "X2")]
    edges = [play.edge(lot, halves[0], 1), play.edge(lot, halves[1], mass_g - 1)]
    outputs = [{"lot": half, **play.goods()} for half in halves]
    return {
        "lot.stored": {"body": STORED, "links": [lot]},
        "lot.sealed": {"body": SEAL, "links": [lot]},
        "lot.measured": {"body": ASSAY, "links": [lot]},
        "lot.dispatched": {"body": DISPATCH, "links": [lot]},
        "loss.recorded": {"body": SPILL, "links": [lot]},
        "lot.tendered": {
            "body": {"receiver": play.refiner.party, "given": play.weight(mass_g)},
            "links": [lot],
        },
        "lot.exported": {"body": play.exportation(), "links": [lot]},
        "lot.split": {"body": {"edges": edges, "outputs": outputs}, "links": sorted([lot, *halves])},
    }


CUSTODY_TYPES = [
    "lot.stored",
    "lot.sealed",
    "lot.measured",
    "lot.dispatched",
    "loss.recorded",
    "lot.tendered",
    "lot.exported",
    "lot.split",
]


@pytest.mark.parametrize("kind", CUSTODY_TYPES)
def test_only_the_custodian_extends_a_lot(kind: str, play: Play) -> None:
    """Former holders, officials, certifiers, introducers, roots and the operator cannot act for the custodian."""
    lot = play.declare()
    play.hand_over(lot, play.trader, play.carrier)
    act = custody_acts(play, lot)[kind]
    others = [
        "trader",
        "miner",
        "authority",
        "customs",
        "certifier",
        "laboratory",
        "introducer1",
        "root1",
        "operator",
    ]
    for name in others:
        assert (
            play.refusal(kind, play.named(name), act["body"], links=act["links"]) == "authority.not_entitled"
        )


@pytest.mark.parametrize("kind", CUSTODY_TYPES)
def test_a_device_does_custody_acts_and_an_officer_does_none(kind: str, play: Play) -> None:
    """The custodian's device may do each custody act; its officer's key may do none."""
    act = custody_acts(play, play.declare())[kind]
    clerk, tablet = play.hand("trader", "clerk"), play.hand("trader", "tablet")
    assert play.refusal(kind, clerk, act["body"], links=act["links"]) == "authority.not_entitled"
    play.post(kind, tablet, act["body"], links=act["links"])


def test_an_officer_accepts_and_receives_nothing(play: Play) -> None:
    """Neither a tender, nor a hand-over, nor an outturn is signed by an officer's key of the receiver."""
    lot, other = play.declare("A"), play.declare("B", by=play.carrier)
    clerk = play.hand("trader", "clerk")
    play.tender(other, play.carrier, play.trader)
    assert (
        play.refusal("lot.accepted", clerk, play.acceptance(other), links=[other]) == "authority.not_entitled"
    )
    assert play.refusal("lot.refused", clerk, {"reason": "WET"}, links=[other]) == "authority.not_entitled"
    handing = play.handing(play.trader, other)
    assert play.refusal("lot.handed_over", [play.carrier, clerk], handing, links=[other]) == "authority.duty"
    third = play.declare("C", by=play.carrier)
    play.post("lot.exported", play.carrier, play.exportation(consignee=play.trader.party), links=[third])
    outturn = {"weight": play.weight(100_000), "contained_mg": {}}
    assert play.refusal("lot.received", clerk, outturn, links=[third]) == "authority.not_entitled"
    assert play.lot(lot).custodian == play.trader.party


@pytest.mark.parametrize(
    ("kind", "subject"),
    [("lot.declared", "lot"), ("lot.extracted", "lot"), ("account.opened", "account"), ("lot.split", "lot")],
)
def test_nobody_begins_a_subject_under_anothers_id(kind: str, subject: str, play: Play) -> None:
    """An id holds the party that begins it; another party cannot, even where it may do the rest."""
    site, lot = play.site(), play.declare("A", 10)
    foreign = play.miner.subject(subject, "Z")
    own = play.trader.subject("lot", "Y")
    edges = [play.edge(lot, foreign, 4), play.edge(lot, own, 6)]
    bodies: dict[str, Any] = {
        "lot.declared": {"source": "unknown", **play.goods(), "weight": play.weight(1), "contained_mg": {}},
        "lot.extracted": play.extraction(site),
        "account.opened": {
            "account_kind": "plant",
            "hs": "260900",
            "form": "ore",
            "country": "CD",
            "post": "CD-KOLWEZI",
        },
        "lot.split": {
            "edges": edges,
            "outputs": [{"lot": one, **play.goods()} for one in sorted([foreign, own])],
        },
    }
    links = sorted([lot, foreign, own]) if kind == "lot.split" else [foreign]
    assert play.refusal(kind, play.trader, bodies[kind], links=links) == "authority.not_entitled"


def test_officials_begin_nothing_under_each_others_ids(play: Play) -> None:
    """Two authorities, taggers or certifiers with the same role cannot begin each other's subjects."""
    site, lot = play.site(), play.declare()
    for name in ("transport", "auditor"):
        play.accredit(play.named(name), "authority")
        play.accredit(play.named(name), "tagging_agent")
    mine = play.authority.subject("site", "NEW")
    registered = {
        "name": "Kolo",
        "address": "Maniema",
        "country": "CD",
        "minerals": ["260900"],
        "scale": "small",
        "position": {"latitude_udeg": 0, "longitude_udeg": 0, "accuracy_m": 1},
        "concession_radius_m": 1,
        "licence": "PE-1",
        "licence_from": "2026-01-01T00:00:00Z",
        "licence_until": "2026-01-01T00:00:00Z",
        "capacity_g_per_day": 1,
    }
    assert (
        play.refusal("site.registered", play.transport, registered, links=[mine]) == "authority.not_entitled"
    )
    body = {"country": "CD", "site": site, "holder": play.miner.party, "first": 1, "count": 1}
    block = play.tagger.subject("tag", "T")
    assert play.refusal("tag.issued", play.transport, body, links=[block]) == "authority.not_entitled"
    ban = {"policy_kind": "ban", "country": "CD", "countries": ["CD"], "minerals": ["260900"]}
    window = {"valid_from": "2026-01-01T00:00:00Z", "valid_until": "2027-01-01T00:00:00Z"}
    policy = play.authority.subject("policy", "BAN")
    code = play.refusal(
        "policy.published", play.transport, ban | {"window": window}, links=[policy], about=["log"]
    )
    assert code == "authority.not_entitled"
    rivals = [play.hand("rival", "cleo"), play.hand("rival", "dan")]
    certified = play.certification(lot, verifier=play.seeded("cleo").text, validator=play.seeded("dan").text)
    certificate = play.certifier.subject("certificate", "C")
    refused = play.refusal("certificate.issued", rivals, certified, links=[certificate], about=[lot])
    assert refused == "authority.not_entitled"


FILINGS = {
    "border.crossed": ("customs", CROSSING),
    "post.passed": ("transport", PASSAGE),
    "lot.measured": ("laboratory", ASSAY),
    "lot.sealed": ("customs", SEAL),
}


@pytest.mark.parametrize("kind", sorted(FILINGS))
def test_a_filing_takes_the_role(kind: str, play: Play) -> None:
    """Whoever has neither role nor part in the lot cannot speak about it."""
    lot = play.declare()
    name, body = FILINGS[kind]
    for other in ("miner", "refiner", "introducer1", "root1", "operator", "tagger"):
        assert play.refusal(kind, play.named(other), body, about=[lot]) == "authority.not_entitled"
    play.post(kind, play.named(name), body, about=[lot])


@pytest.mark.parametrize("kind", sorted(FILINGS))
def test_a_role_ends_with_its_minerals_and_its_window(kind: str, play: Play) -> None:
    """An accreditation for tin says nothing of copper, and a role counts on no day before or after its window."""
    name, body = FILINGS[kind]
    copper = play.declare("CU", hs="260300")
    assert play.refusal(kind, play.named(name), body, about=[copper]) == "authority.not_entitled"
    role = "customs" if name == "customs" else {"transport": "transport_officer"}.get(name, name)
    window = {
        "minerals": ["260300"],
        "valid_from": format_time(play.now + DAY_MS),
        "valid_until": format_time(play.now + 2 * DAY_MS),
    }
    begins = play.now + DAY_MS
    play.accredit(play.named(name), role, **window)
    assert play.refusal(kind, play.named(name), body, about=[copper]) == "authority.not_entitled"
    for inside in (begins, begins + DAY_MS):
        play.now = inside
        play.post(kind, play.named(name), body, about=[copper])
    play.now = begins + DAY_MS + 1
    assert play.refusal(kind, play.named(name), body, about=[copper]) == "authority.not_entitled"


def test_the_log_s_time_decides_a_window_not_the_claimed_one(play: Play) -> None:
    """An act dated into the window of a role that has ended meanwhile is refused."""
    lot = play.declare("CU", hs="260300")
    until = play.now + DAY_MS
    play.accredit(play.customs, "customs", minerals=["260300"], valid_until=format_time(until))
    play.now = until + DAY_MS
    code = play.refusal("border.crossed", play.customs, CROSSING, about=[lot], claimed=until - 1_000)
    assert code == "authority.not_entitled"


@pytest.mark.parametrize("kind", ["border.crossed", "post.passed"])
def test_a_role_ends_at_its_border(kind: str, play: Play) -> None:
    """Officials of one country record nothing at another's posts."""
    lot = play.declare()
    name, body = FILINGS[kind]
    code = play.refusal(kind, play.named(name), body | {"country": "AO"}, about=[lot])
    assert code == "authority.not_entitled"


def test_a_foreign_inspector_inspects_no_site(play: Play) -> None:
    """An inspector of one country cannot set the status of another's site, nor can an authority without the role."""
    play.accredit(play.authority, "authority", countries=["RW"])
    site = play.site("RW1", status=None, country="RW")
    body = {"status": "green", "inspected_at": format_time(play.now), "report": play.document()}
    officer = play.hand("inspector", "inspecting")
    assert play.refusal("site.inspected", officer, body, about=[site]) == "authority.not_entitled"
    assert play.refusal("site.inspected", play.authority, body, about=[site]) == "authority.not_entitled"


def test_a_foreign_authority_registers_no_site(play: Play) -> None:
    """A site is registered by an authority of its country, under its own id."""
    with pytest.raises(Refused, match="authority"):
        play.site("RW1", status=None, country="RW")


def test_an_authority_rules_the_minerals_of_its_role(play: Play) -> None:
    """Accredited for tin and tantalum, an authority registers no copper site and bans no copper, not even beside tin."""
    window = {"valid_from": "2026-01-01T00:00:00Z", "valid_until": "2027-01-01T00:00:00Z"}
    ban = {"policy_kind": "ban", "country": "CD", "countries": ["CD"], "window": window}
    policy = play.authority.subject("policy", "BAN")
    for minerals in (["260300"], ["260300", "260900"]):
        with pytest.raises(Refused, match="authority"):
            play.site("CU", status=None, minerals=minerals)
        send = {"links": [policy], "about": ["log"]}
        code = play.refusal("policy.published", play.authority, ban | {"minerals": minerals}, **send)
        assert code == "authority.not_entitled"
    play.post("policy.published", play.authority, ban | {"minerals": ["260900", "261590"]}, **send)


def test_an_inspector_visits_sites_of_its_minerals(play: Play) -> None:
    """An inspector of tin and tantalum sets no status of a copper site, nor of one that also mines copper."""
    play.accredit(play.authority, "authority", minerals=["260300", "260900"])
    site = play.site("CU", status=None, minerals=["260300", "260900"])
    body = {"status": "green", "inspected_at": format_time(play.now), "report": play.document()}
    officer = play.hand("inspector", "inspecting")
    assert play.refusal("site.inspected", officer, body, about=[site]) == "authority.not_entitled"
    play.accredit(play.inspector, "inspector", minerals=["260300"])
    play.inspect(site, "green")


def test_an_inspection_takes_an_officer(play: Play) -> None:
    """To inspect is an officer's act: the inspector's own key does not do it, nor a device."""
    site = play.site(status=None)
    play.add_key("inspector", "camera", "device")
    body = {"status": "green", "inspected_at": format_time(play.now), "report": play.document()}
    for by in (play.inspector, play.hand("inspector", "camera")):
        assert play.refusal("site.inspected", by, body, about=[site]) == "authority.not_entitled"
    play.inspect(site, "green")


def test_tags_are_for_a_site_of_the_agents_country(play: Play) -> None:
    """A tagging agent of one country issues no tags for another's site by naming its own country."""
    play.accredit(play.authority, "authority", countries=["RW"])
    site = play.site("RW1", status=None, country="RW")
    body = {"country": "CD", "site": site, "holder": play.miner.party, "first": 1, "count": 1}
    block = play.tagger.subject("tag", "T")
    assert play.refusal("tag.issued", play.tagger, body, links=[block]) == "event.body_disagrees"
    rwandan = body | {"country": "RW"}
    assert play.refusal("tag.issued", play.tagger, rwandan, links=[block]) == "authority.not_entitled"


def test_a_suspended_party_loses_its_roles_and_never_custody(play: Play) -> None:
    """A suspended certifier or customs office files nothing in its role; a suspended trader keeps moving its goods."""
    lot = play.declare()
    hands = [play.hand("introducer1", "registrar1"), play.hand("introducer2", "registrar2")]
    for name in ("customs", "trader"):
        body = {"status": "suspended", "reason": "FRAUD"}
        play.post("party.status_changed", hands, body, about=[play.named(name).party])
    assert play.refusal("border.crossed", play.customs, CROSSING, about=[lot]) == "authority.not_entitled"
    play.post("lot.stored", play.trader, STORED, links=[lot])
    play.post("lot.sealed", play.trader, SEAL, about=[play.declare("B")])
    play.hand_over(lot, play.trader, play.refiner)
    body = {"status": "reinstated", "reason": "CLEARED"}
    play.post("party.status_changed", hands, body, about=[play.customs.party])
    play.post("border.crossed", play.customs, CROSSING, about=[lot])


def test_custody_is_not_taken_without_a_tender(play: Play) -> None:
    """A lot that was not offered is neither accepted nor refused, by nobody."""
    lot = play.declare()
    for name in ("carrier", "trader", "authority"):
        member = play.named(name)
        for kind, body in (("lot.accepted", play.acceptance(lot)), ("lot.refused", {"reason": "NO"})):
            assert play.refusal(kind, member, body, links=[lot]) == "custody.no_tender"


def test_a_tender_is_its_named_receivers(play: Play) -> None:
    """Only the party that a tender names accepts or refuses it; two receivers cannot take each other's lots."""
    lot, other = play.declare("A"), play.declare("B")
    play.tender(lot, play.trader, play.carrier)
    play.tender(other, play.trader, play.refiner)
    for name in ("refiner", "trader", "miner"):
        code = play.refusal("lot.accepted", play.named(name), play.acceptance(lot), links=[lot])
        assert code == "authority.not_entitled"
    both = {"lots": play.acceptance(lot)["lots"] + play.acceptance(other)["lots"]}
    both["lots"].sort(key=lambda line: line["lot"])
    code = play.refusal("lot.accepted", play.carrier, both, links=sorted([lot, other]))
    assert code == "authority.not_entitled"
    play.post("lot.accepted", play.hand("refiner", "gate"), play.acceptance(other), links=[other])
    assert play.lot(other).custodian == play.refiner.party


@pytest.mark.parametrize(
    "kind", ["lot.stored", "lot.measured", "loss.recorded", "lot.dispatched", "lot.sealed"]
)
def test_the_custodians_next_event_ends_a_tender(kind: str, play: Play) -> None:
    """An offer stands only as the last event of the chain: afterwards the receiver comes too late."""
    lot = play.declare()
    play.tender(lot, play.trader, play.carrier)
    play.post(kind, play.trader, custody_acts(play, lot)[kind]["body"], links=[lot])
    assert (
        play.refusal("lot.accepted", play.carrier, play.acceptance(lot), links=[lot]) == "custody.no_tender"
    )


def test_a_tender_is_accepted_or_refused_once(play: Play) -> None:
    """After a refusal the lot can be tendered again, not accepted; after an acceptance neither."""
    lot = play.declare()
    play.tender(lot, play.trader, play.carrier)
    play.post("lot.refused", play.carrier, {"reason": "WET"}, links=[lot])
    acceptance = play.acceptance(lot)
    assert play.refusal("lot.accepted", play.carrier, acceptance, links=[lot]) == "custody.no_tender"
    assert play.lot(lot).custodian == play.trader.party
    play.tender(lot, play.trader, play.carrier)
    play.post("lot.accepted", play.carrier, acceptance, links=[lot])
    for kind, body in (("lot.accepted", acceptance), ("lot.refused", {"reason": "WET"})):
        assert play.refusal(kind, play.carrier, body, links=[lot]) == "custody.no_tender"


def test_a_filing_leaves_a_tender_standing(play: Play) -> None:
    """What officials say about a lot on the scales does not cancel the offer."""
    lot = play.declare()
    play.tender(lot, play.trader, play.carrier)
    play.post("border.crossed", play.customs, CROSSING, about=[lot])
    play.post("lot.accepted", play.carrier, play.acceptance(lot), links=[lot])


def test_nobody_hands_a_lot_to_itself(play: Play) -> None:
    """A hand-over or a tender to oneself would book another mass and end the first sale without a second party."""
    lot, other = play.declare("A"), play.declare("B", by=play.carrier)
    body = play.handing(play.trader, lot)
    assert play.refusal("lot.handed_over", [play.trader], body, links=[lot]) == "authority.quorum"
    device = [play.trader, play.hand("trader", "tablet")]
    assert play.refusal("lot.handed_over", device, body, links=[lot]) == "authority.quorum"
    tender = {"receiver": play.trader.party, "given": play.weight(100_000)}
    assert play.refusal("lot.tendered", play.trader, tender, links=[lot]) == "event.body_disagrees"
    both = play.handing(play.trader, lot, other)
    hands, links = [play.trader, play.carrier], sorted([lot, other])
    assert play.refusal("lot.handed_over", hands, both, links=links) == "event.body_disagrees"


def test_a_hand_over_takes_all_givers_and_the_named_receiver(play: Play) -> None:
    """A lot of another custodian among the lots, a missing receiver, or a guest who signs too: refused."""
    lot, other = play.declare("A"), play.declare("B", by=play.carrier)
    both, links = play.handing(play.refiner, lot, other), sorted([lot, other])
    hands = [play.trader, play.refiner]
    assert play.refusal("lot.handed_over", hands, both, links=links) == "authority.not_entitled"
    body = play.handing(play.refiner, lot)
    assert play.refusal("lot.handed_over", [play.trader], body, links=[lot]) == "authority.quorum"
    absent = [play.trader, play.miner]
    assert play.refusal("lot.handed_over", absent, body, links=[lot]) == "authority.signer_not_named"
    guest = [play.trader, play.refiner, play.miner]
    assert play.refusal("lot.handed_over", guest, body, links=[lot]) == "authority.signer_not_named"
    play.post("lot.handed_over", [play.trader, play.carrier, play.refiner], both, links=links)
    assert {play.lot(one).custodian for one in links} == {play.refiner.party}


def test_a_hand_over_lists_exactly_its_lots(play: Play) -> None:
    """Lines for other lots than those linked, or in another order, are refused."""
    lot, other = sorted([play.declare("A"), play.declare("B")])
    hands = [play.trader, play.refiner]
    both = play.handing(play.refiner, lot, other)
    turned = both | {"lots": both["lots"][::-1]}
    for links, body in (
        ([lot], both),
        ([lot, other], play.handing(play.refiner, lot)),
        ([lot, other], turned),
    ):
        assert play.refusal("lot.handed_over", hands, body, links=links) == "event.body_disagrees"
    for one in (lot, other):
        play.tender(one, play.trader, play.refiner)
    for links, lines in (([lot], both), ([lot, other], turned)):
        body = {"lots": [{"lot": line["lot"], "received": line["received"]} for line in lines["lots"]]}
        assert play.refusal("lot.accepted", play.refiner, body, links=links) == "event.body_disagrees"


@pytest.mark.parametrize("kind", CUSTODY_TYPES)
def test_an_ended_lot_is_extended_by_nobody(kind: str, play: Play) -> None:
    """What was split is spent: each further custody act is refused, also a hand-over and a movement."""
    lot = play.declare("A", 10)
    acts = custody_acts(play, lot)
    handing, account = play.handing(play.refiner, lot), play.account()
    play.post("lot.split", play.trader, acts["lot.split"]["body"], links=acts["lot.split"]["links"])
    again = play.trader.subject("lot", "X3"), play.trader.subject("lot", "X4")
    if kind == "lot.split":
        edges = [play.edge(lot, again[0], 5), play.edge(lot, again[1], 5)]
        body = {"edges": edges, "outputs": [{"lot": one, **play.goods()} for one in again]}
        acts["lot.split"] = {"body": body, "links": sorted([lot, *again])}
    assert play.refusal(kind, play.trader, acts[kind]["body"], links=acts[kind]["links"]) == "custody.ended"
    hands = [play.trader, play.refiner]
    assert play.refusal("lot.handed_over", hands, handing, links=[lot]) == "custody.ended"
    code = play.refusal("account.moved", play.trader, play.moving("in", 10), links=[account, lot])
    assert code == "custody.ended"


@pytest.mark.parametrize("kind", CUSTODY_TYPES)
def test_an_exported_lot_is_extended_by_its_consignee_once(kind: str, play: Play) -> None:
    """After the export neither exporter nor consignee acts on the lot, but for one outturn."""
    lot = play.declare("A", 10)
    act = custody_acts(play, lot)[kind]
    play.export(lot, play.trader)
    assert play.refusal(kind, play.trader, act["body"], links=act["links"]) == "custody.exported"
    outturn = {"weight": play.weight(10), "contained_mg": {}}
    for name in ("trader", "carrier", "customs"):
        code = play.refusal("lot.received", play.named(name), outturn, links=[lot])
        assert code == "authority.not_entitled"
    play.post("lot.received", play.refiner, outturn, links=[lot])
    assert play.refusal("lot.received", play.refiner, outturn, links=[lot]) == "custody.exported"
    mine = custody_acts(play, lot, "refiner")[kind]
    assert play.refusal(kind, play.refiner, mine["body"], links=mine["links"]) == "custody.exported"


def test_no_outturn_without_an_export(play: Play) -> None:
    """Nobody records the arrival of a lot that was not exported to it."""
    lot = play.declare()
    outturn = {"weight": play.weight(10), "contained_mg": {}}
    for name in ("trader", "refiner"):
        code = play.refusal("lot.received", play.named(name), outturn, links=[lot])
        assert code == "authority.not_entitled"


def test_who_signed_on_a_lot_files_sixteen_times(play: Play) -> None:
    """A former holder may speak about the lot 16 times and not a 17th; an accredited role is not counted out."""
    lot = play.declare()
    play.hand_over(lot, play.trader, play.carrier)
    for _ in range(16):
        play.post("lot.sealed", play.trader, SEAL, about=[lot])
    assert play.refusal("lot.sealed", play.trader, SEAL, about=[lot]) == "authority.filings_spent"
    assert play.refusal("lot.measured", play.trader, ASSAY, about=[lot]) == "authority.filings_spent"
    for _ in range(17):
        play.post("border.crossed", play.customs, CROSSING, about=[lot])
    play.post("lot.sealed", play.carrier, SEAL, about=[lot])


def test_filings_are_taken_after_the_lot_has_ended(play: Play) -> None:
    """A laboratory's late result and a former holder's protest still reach a lot that was split or exported."""
    lot = play.declare("A", 10)
    play.export(lot, play.trader)
    play.post("lot.measured", play.laboratory, ASSAY, about=[lot])
    play.post("lot.sealed", play.trader, SEAL, about=[lot])


def test_one_filing_on_several_lots_asks_for_each(play: Play) -> None:
    """A passage of two lots is filed by a party that is entitled to both."""
    lot, other = play.declare("A"), play.declare("B", by=play.carrier)
    about = sorted([lot, other])
    assert play.refusal("post.passed", play.trader, PASSAGE, about=about) == "authority.not_entitled"
    play.post("post.passed", play.transport, PASSAGE, about=about)


def test_the_heads_are_not_posted(play: Play) -> None:
    """Nobody writes `log.heads` through the journal, not even the operator."""
    body = {"size": play.size(), "root": "0" * 64}
    envelope = play.envelope("log.heads", play.operator, body)
    (outcome,) = play.send(envelope)
    assert outcome.error.code == "authority.operator_only"


def test_a_merge_joins_the_lots_of_one_custodian(play: Play) -> None:
    """Two parties cannot merge their lots into one of them: that would be a hand-over without weights."""
    lot, other = play.declare("A", 10), play.declare("B", 10, by=play.carrier)
    for name in ("trader", "carrier", "miner"):
        target = play.named(name).subject("lot", "M")
        body = {
            "edges": [play.edge(lot, target, 10), play.edge(other, target, 10)],
            "outputs": [{"lot": target, **play.goods(custody_model="mass_balance")}],
        }
        hands = {play.trader.name: play.trader, play.carrier.name: play.carrier, name: play.named(name)}
        links = sorted([lot, other, target])
        code = play.refusal("lot.merged", list(hands.values()), body, links=links)
        assert code == "authority.not_entitled"


def test_an_account_takes_and_gives_lots_of_its_party(play: Play) -> None:
    """Nobody else's lot goes in, nobody else draws, and no lot is drawn under another's id, whoever signs."""
    account, lot = play.account(), play.declare("A", 10, by=play.carrier)
    own = play.declare("B", 10)
    play.post("account.moved", play.trader, play.moving("in", 10), links=[account, own])
    drawn = play.carrier.subject("lot", "Z")
    mine = play.trader.subject("lot", "Z")
    tries: list[tuple[Any, str, str]] = [
        (play.carrier, "in", lot),
        (play.trader, "in", lot),
        ([play.trader, play.carrier], "in", lot),
        (play.carrier, "out", drawn),
        (play.trader, "out", drawn),
        ([play.trader, play.carrier], "out", drawn),
        (play.carrier, "out", mine),
        (play.hand("trader", "clerk"), "out", mine),
    ]
    for by, direction, subject in tries:
        code = play.refusal("account.moved", by, play.moving(direction, 10), links=sorted([account, subject]))
        assert code == "authority.not_entitled"


def test_a_movement_s_direction_is_that_of_its_lot(play: Play) -> None:
    """Going in, a lot has begun; coming out, it begins."""
    account, lot = play.account(), play.declare("A", 10)
    fresh = play.trader.subject("lot", "B")
    code = play.refusal("account.moved", play.trader, play.moving("out", 10), links=[account, lot])
    assert code == "event.body_disagrees"
    code = play.refusal("account.moved", play.trader, play.moving("in", 10), links=[account, fresh])
    assert code == "event.body_disagrees"


def test_a_policy_is_its_authoritys_and_of_its_country(play: Play) -> None:
    """A ban is published under the authority's own id, for its own country, first in the log's file and then not."""
    window = {"valid_from": "2026-01-01T00:00:00Z", "valid_until": "2027-01-01T00:00:00Z"}
    ban = {
        "policy_kind": "ban",
        "country": "CD",
        "countries": ["CD"],
        "minerals": ["260900"],
        "window": window,
    }
    policy = play.authority.subject("policy", "BAN")
    send = {"links": [policy], "about": ["log"]}
    for name in ("customs", "introducer1", "root1"):
        code = play.refusal("policy.published", play.named(name), ban, **send)
        assert code == "authority.not_entitled"
    for wrong in ({"countries": ["RW"]}, {"countries": ["CD", "RW"]}):
        assert play.refusal("policy.published", play.authority, ban | wrong, **send) == "event.body_disagrees"
    foreign = ban | {"country": "RW", "countries": ["RW"]}
    assert play.refusal("policy.published", play.authority, foreign, **send) == "authority.not_entitled"
    assert play.refusal("policy.published", play.authority, ban, links=[policy]) == "event.shape"
    play.post("policy.published", play.authority, ban, **send)
    assert play.refusal("policy.published", play.authority, ban, **send) == "event.shape"
    play.post("policy.published", play.authority, ban, links=[policy])


def test_a_policy_keeps_what_the_log_announced(play: Play) -> None:
    """Country and minerals of a policy stand in the log's file: a later version cannot quietly rule another mineral."""
    play.accredit(play.authority, "authority", countries=["RW"])
    window = {"valid_from": "2026-01-01T00:00:00Z", "valid_until": "2027-01-01T00:00:00Z"}
    ban = {
        "policy_kind": "ban",
        "country": "CD",
        "countries": ["CD"],
        "minerals": ["260900"],
        "window": window,
    }
    policy = play.authority.subject("policy", "BAN")
    play.post("policy.published", play.authority, ban, links=[policy], about=["log"])
    for change in ({"minerals": ["260900", "261590"]}, {"country": "RW", "countries": ["RW"]}):
        code = play.refusal("policy.published", play.authority, ban | change, links=[policy])
        assert code == "event.body_disagrees"


def test_an_incident_holds_a_lot_only_by_an_authority(play: Play) -> None:
    """An intermediary opens an incident, but only an authority's signature puts a lot or site under it."""
    lot = play.declare()
    incident = play.intermediary.subject("incident", "I")
    body = {"incident_class": "forced_labour", "severity": "critical"}
    code = play.refusal("incident.opened", play.intermediary, body, links=[incident], about=[lot])
    assert code == "authority.not_entitled"
    play.post("incident.opened", play.intermediary, body, links=[incident])
    stranger = play.trader.subject("incident", "I")
    assert play.refusal("incident.opened", play.trader, body, links=[stranger]) == "authority.not_entitled"
    second = play.intermediary.subject("incident", "J")
    play.post("incident.opened", [play.intermediary, play.authority], body, links=[second], about=[lot])
    closing = {"outcome": "unfounded"}
    alone = play.refusal("incident.closed", play.intermediary, closing, links=[second], about=[lot])
    assert alone == "authority.not_entitled"
    hands = [play.intermediary, play.authority]
    other = play.refusal("incident.closed", hands, closing, links=[second], about=[play.declare("B")])
    assert other == "event.body_disagrees"
    none = play.refusal("incident.closed", play.intermediary, closing, links=[second])
    assert none == "event.body_disagrees"
    play.post("incident.closed", hands, closing, links=[second], about=[lot])


def test_a_first_link_does_not_make_a_custodian(play: Play) -> None:
    """The party in a lot's id that has handed it over cannot come back by pretending to begin it again."""
    lot = play.declare("A", 10)
    play.hand_over(lot, play.trader, play.carrier)
    zeros = Link("0" * 64, lot)
    targets = [play.trader.subject("lot", code) for code in ("B", "C")]
    edges = [play.edge(lot, target, 5) for target in targets]
    body = {"edges": edges, "outputs": [{"lot": target, **play.goods()} for target in targets]}
    assert play.refusal("lot.split", play.trader, body, links=[zeros, *targets]) == "subject.exists"
    assert play.refusal("lot.stored", play.trader, STORED, links=[zeros]) == "subject.unknown"
