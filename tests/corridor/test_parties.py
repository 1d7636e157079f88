"""Parties: admission, keys and their duties, roles, and what a suspension takes away (PROTOCOL section 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.envelope import Link, format_time

if TYPE_CHECKING:
    from conftest import Hand, Hands, Member, Play

DAY_MS = 86_400_000
SUSPENSION = {"status": "suspended", "reason": "FRAUD"}
REINSTATEMENT = {"status": "reinstated", "reason": "CLEARED"}


def admitting(play: Play, member: Member, hands: Hands) -> str:
    """The code with which an inception is refused."""
    return play.refusal("party.incepted", hands, {"inception": member.inception}, links=[member.party])


def admit(play: Play, member: Member, hands: Hands) -> None:
    """Write an inception that must enter."""
    play.post("party.incepted", hands, {"inception": member.inception}, links=[member.party])


def officers(play: Play, *numbers: int) -> list[Hand]:
    """Officers of some introducers."""
    return [play.hand(f"introducer{number}", f"registrar{number}") for number in numbers]


def key_added(play: Play, by: Hands, person: str, member: Member, duty: str = "device") -> str:
    """The code with which a new key of a member is refused."""
    body = {"key": play.seeded(person).text, "duty": duty, "holder": play.digest(person)}
    return play.refusal("key.added", by, body, about=[member.party])


def test_an_introducer_admits_a_party(play: Play) -> None:
    """Inception and admission are one event: the party's own key and one introducer's."""
    member = play.named("newcomer")
    admit(play, member, [member, play.introducer2])
    state = play.state(member.party)
    assert [(key.key, key.duty) for key in state.keys] == [(member.key.text, "party")]
    assert state.admitted_by == (play.introducer2.party,)
    assert state.accreditations == ()


def test_the_root_quorum_admits_a_party(play: Play) -> None:
    """Two roots of three admit, and one does not."""
    member, other = play.named("newcomer"), play.named("another")
    assert admitting(play, member, [member, play.root1]) == "authority.quorum"
    admit(play, member, [member, play.root1, play.root3])
    admit(play, other, [other, play.root1, play.introducer1])


@pytest.mark.parametrize("name", ["operator", "authority", "certifier", "trader"])
def test_nobody_else_admits_a_party(name: str, play: Play) -> None:
    """A role other than introducer, however weighty, lets nobody in."""
    member = play.named("newcomer")
    assert admitting(play, member, [member, play.named(name)]) == "authority.signer_not_named"


def test_nobody_admits_itself(play: Play) -> None:
    """A party alone, or an introducer under a second name with one key, is refused."""
    member = play.named("newcomer")
    assert admitting(play, member, member) == "authority.quorum"
    alias = type(member).named("alias", key="introducer1")
    assert admitting(play, alias, (alias, play.introducer1.key)) in {"key.registered", "authority.quorum"}


def test_a_new_party_signs_its_inception(play: Play) -> None:
    """Nobody is made a party without its own signature."""
    member = play.named("newcomer")
    assert admitting(play, member, play.introducer1) == "authority.quorum"


def test_only_an_introducers_own_key_admits(play: Play) -> None:
    """Admission is no officer's act and no device's."""
    play.add_key("introducer1", "counter", "device")
    member = play.named("newcomer")
    for hand in (officers(play, 1)[0], play.hand("introducer1", "counter")):
        assert admitting(play, member, [member, hand]) == "authority.signer_not_named"


def test_a_party_is_named_by_its_inception_object(play: Play) -> None:
    """Another identity, key or next key under the same id is refused: an id cannot be squatted."""
    member, other = play.named("newcomer"), play.named("another")
    hands = [member, play.introducer1]
    for change in ({"identity": play.digest("x")}, {"next": play.digest("x")}):
        body = {"inception": member.inception | change}
        code = play.refusal("party.incepted", hands, body, links=[member.party])
        assert code == "key.other_party"
    body = {"inception": member.inception}
    taken = play.refusal("party.incepted", hands, body, links=[other.party])
    assert taken in {"event.body_disagrees", "subject.unknown"}


def test_a_party_begins_once(play: Play) -> None:
    """A second inception of an admitted party is refused."""
    body = {"inception": play.miner.inception}
    hands = [play.miner, play.introducer1]
    code = play.refusal("party.incepted", hands, body, links=[Link("0" * 64, play.miner.party)])
    assert code == "subject.exists"


@pytest.mark.parametrize("owner", ["miner", "phone", "ana", "root1"])
def test_a_key_is_registered_once(owner: str, play: Play) -> None:
    """A party's, a device's, an officer's or a root's key cannot become another party's, nor have a second duty."""
    alias = type(play.miner).named("alias", key=owner)
    assert admitting(play, alias, [(alias, alias.key), play.introducer1]) == "key.registered"
    for name in ("miner", "trader"):
        member = play.named(name)
        for duty in ("device", "officer"):
            hands = list({key.text: (member, key) for key in (member.key, play.seeded(owner))}.values())
            assert key_added(play, hands, owner, member, duty) in {"key.registered", "authority.not_entitled"}
    assert play.state(f"key:{play.seeded(owner).text}").party != alias.party


def test_a_key_joins_by_its_party_and_itself(play: Play) -> None:
    """The party's own key and the new key sign; a device, an officer, another party or the new key alone do not do."""
    new = play.hand("trader", "new phone")
    assert key_added(play, [play.trader], "new phone", play.trader) == "authority.quorum"
    for hands in (
        [new],
        [play.hand("trader", "tablet"), new],
        [play.hand("trader", "clerk"), new],
        [play.introducer1, new],
        [play.root1, play.root2, new],
    ):
        code = key_added(play, hands, "new phone", play.trader)
        assert code in {"authority.not_entitled", "authority.signer_not_named"}
    play.add_key("trader", "new phone", "device")
    lot = play.declare()
    play.post("lot.stored", new, {"post": "CD-KOLWEZI"}, links=[lot])


def test_a_key_joins_only_its_own_party(play: Play) -> None:
    """Nobody adds a key to another party, nor lists its new key with a third one."""
    thief = [play.trader, play.hand("trader", "new phone")]
    assert key_added(play, thief, "new phone", play.miner) in {"key.other_party", "authority.not_entitled"}
    third = [play.trader, play.hand("miner", "new phone")]
    assert key_added(play, third, "new phone", play.trader) == "key.other_party"


def test_a_key_signs_nothing_before_its_registration(play: Play) -> None:
    """In one batch as alone, the event that registers a key comes first."""
    lot = play.declare()
    new = play.hand("trader", "new phone")
    use = play.envelope("lot.stored", new, {"post": "CD-KOLWEZI"}, links=[lot])
    body = {"key": new[1].text, "duty": "device", "holder": play.digest("x")}
    register = play.envelope("key.added", [play.trader, new], body, about=[play.trader.party])
    early, registered, later = play.send(use, register, use)
    assert early.error.code == "key.unknown"
    assert registered.event_id == register.event_id
    assert later.event_id == use.event_id
    assert play.head(lot) == use.event_id


def test_a_key_remembers_its_duty_and_its_holder(play: Play) -> None:
    """A state says of each key who holds it, for what, and since which entry."""
    index = play.size()
    play.add_key("trader", "new phone", "device", holder="amina")
    key = play.state(play.trader.party).key(play.seeded("new phone").text)
    assert (key.duty, key.holder, key.since_index) == ("device", play.digest("amina"), index)


def accrediting(play: Play, hands: Hands, role: str, member: Member, **changes: object) -> str:
    """The code with which an accreditation is refused."""
    body = play.accreditation(role, **changes)
    return play.refusal("party.accredited", hands, body, about=[member.party])


@pytest.mark.parametrize("role", ["authority", "inspector", "customs", "laboratory", "auditor"])
def test_one_introducer_gives_most_roles(role: str, play: Play) -> None:
    """One introducer's officer is enough for every role but two."""
    play.post("party.accredited", officers(play, 2), play.accreditation(role), about=[play.trader.party])
    (given,) = play.state(play.trader.party).accreditations
    assert (given.role, given.by) == (role, (play.introducer2.party,))


def test_a_certifier_takes_two_introducers(play: Play) -> None:
    """One introducer, or two officers of one introducer, is not two introducers."""
    play.add_key("introducer1", "second registrar", "officer")
    two_of_one = [*officers(play, 1), play.hand("introducer1", "second registrar")]
    assert accrediting(play, officers(play, 1), "certifier", play.trader) == "authority.quorum"
    assert accrediting(play, two_of_one, "certifier", play.trader) == "authority.quorum"
    with_root = [*officers(play, 1), play.root1]
    assert accrediting(play, with_root, "certifier", play.trader) == "authority.quorum"
    play.accredit(play.trader, "certifier")


def test_an_introducer_takes_the_root_quorum(play: Play) -> None:
    """Introducers do not make introducers, nor does one root: two roots of three do."""
    assert accrediting(play, officers(play, 1, 2), "introducer", play.trader) == "authority.quorum"
    assert accrediting(play, [play.root1], "introducer", play.trader) == "authority.quorum"
    body = play.accreditation("introducer")
    play.post("party.accredited", [play.root1, play.root2], body, about=[play.trader.party])
    member = play.named("newcomer")
    admit(play, member, [member, play.trader])


def test_roots_give_no_other_role(play: Play) -> None:
    """Roots make introducers, and leave the rest to them."""
    roots = [play.root1, play.root2, play.root3]
    assert accrediting(play, roots, "authority", play.trader) == "authority.quorum"


@pytest.mark.parametrize("name", ["operator", "authority", "certifier", "trader"])
def test_nobody_else_gives_roles(name: str, play: Play) -> None:
    """No other party accredits, and no introducer by its own key instead of an officer's."""
    assert accrediting(play, play.named(name), "customs", play.miner) == "authority.not_entitled"
    assert accrediting(play, play.introducer1, "customs", play.miner) == "authority.not_entitled"


def test_nobody_vouches_for_itself(play: Play) -> None:
    """An introducer gives itself no role, alone or as one of two."""
    assert accrediting(play, officers(play, 1), "authority", play.introducer1) == "authority.quorum"
    assert accrediting(play, officers(play, 1, 2), "certifier", play.introducer1) == "authority.quorum"


def test_an_introducer_gives_what_it_was_given(play: Play) -> None:
    """An introducer for Congolese tin makes no authority for Rwanda or copper, nor for both, nor after its window."""
    until = play.now + 10 * DAY_MS
    scope = {"countries": ["CD"], "minerals": ["260900"], "valid_until": format_time(until)}
    body = play.accreditation("introducer", **scope)
    play.post("party.accredited", [play.root1, play.root2], body, about=[play.refiner.party])
    play.add_key("refiner", "registrar", "officer")
    hand = [play.hand("refiner", "registrar")]
    for wider in (
        {"countries": ["RW"], "minerals": ["260900"]},
        {"countries": ["CD", "RW"], "minerals": ["260900"]},
        {"minerals": ["260300"]},
        {"minerals": ["260300", "260900"]},
    ):
        assert accrediting(play, hand, "authority", play.trader, **wider) == "authority.quorum"
    within = play.accreditation("authority", minerals=["260900"])
    play.post("party.accredited", hand, within, about=[play.trader.party])
    play.now = until + 1
    assert accrediting(play, hand, "authority", play.trader, minerals=["260900"]) == "authority.not_entitled"


def test_a_window_of_a_role_does_not_end_before_it_begins(play: Play) -> None:
    """A role of negative duration, or for no country or mineral, is malformed."""
    for wrong in (
        {"valid_until": format_time(play.now - 2 * DAY_MS)},
        {"countries": []},
        {"minerals": []},
        {"minerals": ["261590", "260900"]},
    ):
        assert accrediting(play, officers(play, 1), "customs", play.trader, **wrong).startswith("form.")


def suspending(play: Play, hands: Hands, member: Member) -> str:
    """The code with which a suspension is refused."""
    return play.refusal("party.status_changed", hands, SUSPENSION, about=[member.party])


def test_a_suspension_takes_what_the_role_took(play: Play) -> None:
    """One introducer suspends a customs office, two a certifier, two roots an introducer; fewer are refused."""
    for hands, member in (
        (officers(play, 1), play.certifier),
        (officers(play, 1, 2), play.introducer1),
        ([play.root1], play.introducer1),
        ([play.root1], play.customs),
    ):
        assert suspending(play, hands, member) == "authority.quorum"
    for hands, member in (
        (officers(play, 1), play.customs),
        (officers(play, 1), play.trader),
        (officers(play, 1, 2), play.certifier),
        ([play.root2, play.root3], play.introducer1),
    ):
        play.post("party.status_changed", hands, SUSPENSION, about=[member.party])
        assert play.state(member.party).suspended


@pytest.mark.parametrize("name", ["operator", "authority", "certifier", "rival", "trader"])
def test_nobody_else_suspends(name: str, play: Play) -> None:
    """Competitors and authorities cannot silence a party, and nobody lifts its own suspension."""
    assert suspending(play, play.named(name), play.customs) == "authority.not_entitled"


def test_a_suspended_introducer_introduces_nobody(play: Play) -> None:
    """Suspended, it neither admits nor accredits nor reinstates itself; reinstated by the roots, it does again."""
    roots = [play.root1, play.root2]
    play.post("party.status_changed", roots, SUSPENSION, about=[play.introducer1.party])
    member = play.named("newcomer")
    assert admitting(play, member, [member, play.introducer1]) == "authority.signer_not_named"
    assert accrediting(play, officers(play, 1), "customs", play.trader) == "authority.not_entitled"
    assert accrediting(play, officers(play, 1, 2), "certifier", play.trader) == "authority.signer_not_named"
    send = {"about": [play.introducer1.party]}
    assert (
        play.refusal("party.status_changed", officers(play, 1), REINSTATEMENT, **send)
        == "authority.not_entitled"
    )
    assert (
        play.refusal("party.status_changed", officers(play, 2), REINSTATEMENT, **send) == "authority.quorum"
    )
    play.post("party.status_changed", roots, REINSTATEMENT, **send)
    admit(play, member, [member, play.introducer1])


def test_a_suspension_never_touches_custody(play: Play) -> None:
    """A suspended party tenders, hands over, receives, splits, exports, adds a key: its goods are not stranded."""
    lot, other = play.declare("A", 10), play.declare("B", 10, by=play.carrier)
    play.tender(other, play.carrier, play.trader)
    play.post("party.status_changed", officers(play, 1), SUSPENSION, about=[play.trader.party])
    play.post("lot.accepted", play.trader, play.acceptance(other), links=[other])
    play.add_key("trader", "new phone", "device")
    play.post("lot.stored", play.hand("trader", "new phone"), {"post": "CD-KOLWEZI"}, links=[lot])
    b, c = (play.trader.subject("lot", code) for code in ("X", "Y"))
    edges = [play.edge(lot, b, 4), play.edge(lot, c, 6)]
    body = {"edges": edges, "outputs": [{"lot": one, **play.goods()} for one in (b, c)]}
    play.post("lot.split", play.trader, body, links=[lot, b, c])
    play.hand_over(b, play.trader, play.refiner)
    play.export(c, play.trader)


def test_a_suspended_certifier_certifies_nothing(play: Play) -> None:
    """From the suspension's index on, its officers' certificates are refused, whatever they claim to be dated."""
    lot = play.declare()
    before = play.now
    play.post("party.status_changed", officers(play, 1, 2), SUSPENSION, about=[play.certifier.party])
    hands = [play.hand("certifier", "ana"), play.hand("certifier", "ben")]
    body = play.certification(lot)
    certificate = play.certifier.subject("certificate", "C")
    send = {"links": [certificate], "about": [lot], "claimed": before}
    assert play.refusal("certificate.issued", hands, body, **send) == "authority.not_entitled"
    play.post("party.status_changed", officers(play, 1, 2), REINSTATEMENT, about=[play.certifier.party])
    play.certify(lot)
