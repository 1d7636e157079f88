"""Rule R12: two officers, two persons, of one certifier that never held the lot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Hand, Member, Play


def issuing(play: Play, lot: str, hands: list[Member | Hand], /, **changes: Any) -> str:  # noqa: ANN401  # any member of the body
    """The code with which a certificate of the certifier is refused."""
    certificate = play.certifier.subject("certificate", "C")
    body = play.certification(lot, **changes)
    return play.refusal("certificate.issued", hands, body, links=[certificate], about=[lot])


def test_one_officer_is_not_two(play: Play) -> None:
    """The same key as verifier and validator, or a validator who does not sign, is refused."""
    lot = play.declare()
    ana, ben = play.hand("certifier", "ana"), play.hand("certifier", "ben")
    same = play.seeded("ana").text
    assert issuing(play, lot, [ana], validator=same) == "certificate.officers"
    assert issuing(play, lot, [ana, ben], validator=same) == "certificate.officers"
    assert issuing(play, lot, [ana]) == "certificate.officers"
    assert issuing(play, lot, [ben]) == "certificate.officers"


def test_two_keys_of_one_person_are_one_person(play: Play) -> None:
    """A second officer's key of the same holder does not make a second pair of eyes."""
    play.add_key("certifier", "ana's second key", "officer", holder="ana")
    hands = [play.hand("certifier", "ana"), play.hand("certifier", "ana's second key")]
    second = play.seeded("ana's second key").text
    assert issuing(play, play.declare(), hands, validator=second) == "certificate.officers"


@pytest.mark.parametrize("person", ["laptop", None])
def test_a_device_or_the_partys_own_key_certifies_nothing(person: str | None, play: Play) -> None:
    """To certify is an officer's act: any other key of the certifier is no second officer."""
    key = play.seeded(person) if person else play.certifier.key
    hands = [play.hand("certifier", "ana"), (play.certifier, key)]
    code = issuing(play, play.declare(), hands, validator=key.text)
    assert code in {"authority.signer_not_named", "certificate.officers"}
    assert issuing(play, play.declare("B"), [(play.certifier, key)]) == "authority.not_entitled"


def test_the_second_officer_is_of_the_same_certifier(play: Play) -> None:
    """Another certifier's officer, perhaps of one that holds the lot, is not the issuer's second person."""
    hands = [play.hand("certifier", "ana"), play.hand("rival", "dan")]
    dan = play.seeded("dan").text
    assert issuing(play, play.declare("A"), hands, validator=dan) == "certificate.officers"
    own = play.declare("B", by=play.rival)
    assert issuing(play, own, hands, validator=dan) == "certificate.officers"
    certificate = play.rival.subject("certificate", "C")
    body = play.certification(own, verifier=dan, validator=play.seeded("cleo").text)
    rivals = [play.hand("rival", "cleo"), play.hand("rival", "dan")]
    code = play.refusal("certificate.issued", rivals, body, links=[certificate], about=[own])
    assert code == "certificate.held_lot"


def test_a_certifier_does_not_certify_what_it_held(play: Play) -> None:
    """Neither its own lot, nor one that it has sold, nor what was made of it by split, merge or account."""
    lot = play.declare("A", 10, by=play.certifier)
    hands = [play.hand("certifier", "ana"), play.hand("certifier", "ben")]
    assert issuing(play, lot, hands) == "certificate.held_lot"
    play.hand_over(lot, play.certifier, play.trader)
    assert issuing(play, lot, hands) == "certificate.held_lot"
    other = play.declare("B", 10)
    merged = play.trader.subject("lot", "M")
    body = {
        "edges": [play.edge(lot, merged, 10), play.edge(other, merged, 10)],
        "outputs": [{"lot": merged, **play.goods(custody_model="mass_balance")}],
    }
    play.post("lot.merged", play.trader, body, links=sorted([lot, other, merged]))
    assert issuing(play, merged, hands) == "certificate.held_lot"
    account, drawn = play.account(), play.trader.subject("lot", "Z")
    play.post("account.moved", play.trader, play.moving("in", 20), links=[account, merged])
    play.post("account.moved", play.trader, play.moving("out", 1), links=[account, drawn])
    assert issuing(play, drawn, hands) == "certificate.held_lot"


def test_a_consignee_has_held_what_it_received(play: Play) -> None:
    """After the outturn the importer is among the lot's holders, as after any hand-over."""
    lot = play.declare("A", 10)
    play.export(lot, play.trader)
    assert play.refiner.party not in play.lot(lot).holders
    outturn = {"weight": play.weight(10), "contained_mg": {}}
    play.post("lot.received", play.refiner, outturn, links=[lot])
    assert play.refiner.party in play.lot(lot).holders
    assert play.lot(lot).custodian == play.refiner.party


def test_a_tender_makes_no_holder(play: Play) -> None:
    """Being offered a lot, or carrying its papers, does not bar a certifier; accepting it does."""
    lot = play.declare("A", 10)
    play.tender(lot, play.trader, play.certifier)
    play.certify(lot)
    play.post("lot.accepted", play.certifier, play.acceptance(lot), links=[lot])
    hands = [play.hand("certifier", "ana"), play.hand("certifier", "ben")]
    body = play.certification(lot)
    certificate = play.certifier.subject("certificate", "C2")
    code = play.refusal("certificate.issued", hands, body, links=[certificate], about=[lot])
    assert code == "certificate.held_lot"


@pytest.mark.parametrize(
    "changes", [{"country": "RW"}, {"hs": "260300"}], ids=["another country", "another mineral"]
)
def test_a_certifier_stays_in_its_scope(changes: dict[str, str], play: Play) -> None:
    """Outside the country of its accreditation, or for goods that the lot is not, no certificate begins."""
    hands = [play.hand("certifier", "ana"), play.hand("certifier", "ben")]
    assert issuing(play, play.declare(), hands, **changes) == "authority.not_entitled"


def test_a_certificate_speaks_of_the_lot_in_its_file(play: Play) -> None:
    """The lot it names is the one whose file it joins, under the lot's own HS code."""
    lot, other = play.declare("A"), play.declare("B")
    hands = [play.hand("certifier", "ana"), play.hand("certifier", "ben")]
    assert issuing(play, lot, hands, lot=other) == "event.body_disagrees"
    assert issuing(play, lot, hands, hs="261590") == "event.body_disagrees"
