"""Rule R1: an event is of this log, of its type's shape, signed by registered keys, and of its time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from corridor import rules
from corridor.journal import NotCommitted, world_of
from corridor.refusals import Refused
from ledger.envelope import Link

if TYPE_CHECKING:
    from conftest import Hands, Play

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
ZEROS = "0" * 64
STORED = {"post": "CD-KOLWEZI"}


def test_an_event_of_another_log_is_refused(play: Play) -> None:
    """What was signed for one log cannot be replayed into another."""
    lot = play.declare()
    for log in (ZEROS, play.digest("another genesis")):
        code = play.refusal("lot.stored", play.trader, STORED, links=[lot], log=log)
        assert code == "event.wrong_log"


def test_a_log_begins_with_its_genesis_and_has_one(play: Play) -> None:
    """Nothing enters an empty log but a genesis, and no second genesis enters any."""
    genesis = play.envelope("lot.stored", play.trader, STORED, links=[play.trader.subject("lot", "A")])
    empty = type(play)()
    (outcome,) = empty.send(genesis)
    assert isinstance(outcome, NotCommitted)
    assert outcome.error.code == "event.shape"
    other = type(play)()
    other.found()
    with other.store.read() as snapshot:
        size = snapshot.size()
    assert size == play.size()
    again = play.refusal("log.genesis", play.trader, genesis_body(play), links=["log"], log=ZEROS)
    assert again == "event.shape"


def genesis_body(play: Play, **changes: object) -> dict[str, object]:
    """The body of a genesis of one root, who is no party of the log yet."""
    return {
        "log_origin": "otc.example/second",
        "log_vkey": "key",
        "rule_set": {"number": 0, "digest": ZEROS},
        "root_delay_s": 0,
        "root_threshold": 1,
        "entries_public_after_s": 0,
        "roots": [play.named("new root").inception],
        "operator": play.named("new operator").inception,
        "introducers": [play.named("new introducer").inception],
    } | changes


def founding(play: Play, signing: list[str], linked: list[str] | None = None, **changes: object) -> str:
    """The code with which a genesis is refused in an empty log; `admitted` if it is not."""
    empty = type(play)()
    links = ["log", *(play.named(name).party for name in (signing if linked is None else linked))]
    hands = [play.named(name) for name in signing]
    (outcome,) = empty.send(
        empty.envelope("log.genesis", hands, genesis_body(play, **changes), links=links, log=ZEROS)
    )
    return outcome.error.code if isinstance(outcome, NotCommitted) else "admitted"


def test_a_genesis_is_signed_by_all_whom_it_embeds(play: Play) -> None:
    """Root, operator and introducer all sign and are all linked; nobody else is, and no two are one party."""
    all_three = ["new root", "new operator", "new introducer"]
    assert founding(play, all_three) == "admitted"
    assert founding(play, all_three[:2], all_three) == "authority.not_entitled"
    assert founding(play, all_three[:2]) == "event.body_disagrees"
    assert founding(play, all_three, all_three[:2]) == "event.body_disagrees"
    assert founding(play, [*all_three, "guest"]) == "key.unknown"
    twice = [play.named("new root").inception]
    assert founding(play, all_three[::2], operator=twice[0]) == "event.body_disagrees"
    assert founding(play, all_three[:2], introducers=twice) == "event.body_disagrees"
    assert founding(play, all_three, root_threshold=2) == "event.body_disagrees"


def test_two_parties_of_a_genesis_cannot_share_a_key(play: Play) -> None:
    """One key in two inception objects could sign for only one of them, so the genesis is refused."""
    sharing = type(play.miner).named("new operator", key="new root")
    assert sharing.key.text == play.named("new root").key.text
    code = founding(play, ["new root", "new introducer"], operator=sharing.inception)
    assert code == "key.other_party"


def test_an_unregistered_key_signs_nothing(play: Play) -> None:
    """A party that was never admitted, or a key that its party never registered, is refused."""
    stranger = play.named("stranger")
    lot = stranger.subject("lot", "A")
    body = {"source": "unknown", **play.goods(), "weight": play.weight(1), "contained_mg": {}}
    assert play.refusal("lot.declared", stranger, body, links=[lot]) == "key.unknown"
    lot = play.declare()
    assert play.refusal("lot.stored", play.hand("trader", "new phone"), STORED, links=[lot]) == "key.unknown"


def test_nobody_signs_for_another_party(play: Play) -> None:
    """A key listed with a party that did not register it is refused, whatever else is right."""
    lot = play.declare()
    body = {"source": "unknown", **play.goods(), "weight": play.weight(1), "contained_mg": {}}
    thief = (play.trader, play.miner.key)
    assert play.refusal("lot.stored", thief, STORED, links=[lot]) == "key.other_party"
    begun = [play.trader.subject("lot", "B")]
    assert play.refusal("lot.declared", thief, body, links=begun) == "key.other_party"
    both = [play.trader, (play.refiner, play.miner.key)]
    handing = play.handing(play.refiner, lot)
    assert play.refusal("lot.handed_over", both, handing, links=[lot]) == "key.other_party"
    device = play.hand("miner", "tablet")  # the trader's
    assert (
        play.refusal("lot.declared", device, body, links=[play.miner.subject("lot", "B")])
        == "key.other_party"
    )


def test_an_event_extends_only_what_its_type_allows(play: Play) -> None:
    """Other kinds, two subjects for one, none at all, or a filing where a link belongs: refused as misshapen."""
    lot, other, account = play.declare("A"), play.declare("B"), play.account()
    shapes: list[dict[str, list[str]]] = [
        {},
        {"links": [lot, other]},
        {"links": [lot, account]},
        {"links": [account]},
        {"about": [lot]},
        {"links": [lot], "about": [other]},
        {"links": [lot], "about": ["log"]},
        {"links": [lot], "about": [play.trader.party]},
    ]
    for shape in shapes:
        assert play.refusal("lot.stored", play.trader, STORED, **shape) == "event.shape"


def test_a_measurement_is_of_one_lot(play: Play) -> None:
    """An event without links and abouts is refused, and one that both extends a lot and files on another."""
    lot, other = play.declare("A"), play.declare("B")
    seal = {"action": "applied", "seals": ["S1"]}
    for shape in ({}, {"links": [lot], "about": [other]}):
        assert play.refusal("lot.sealed", play.trader, seal, **shape) == "event.shape"
    nothing = play.refusal("lot.measured", play.trader, {}, links=[lot])
    assert nothing == "event.body_disagrees"


def test_the_clock_of_a_phone_may_run_ahead_by_48_hours(play: Play) -> None:
    """A claim 48 hours ahead enters, with a finding; one second more is refused."""
    lot = play.declare()
    ahead = play.now + 48 * HOUR_MS
    assert (
        play.refusal("lot.stored", play.trader, STORED, links=[lot], claimed=ahead + 1_000)
        == "event.claimed_ahead"
    )
    play.post("lot.stored", play.trader, STORED, links=[lot], claimed=ahead)
    assert play.codes == ["time.claimed_outside"]


def test_what_several_parties_signed_stands_for_30_days(play: Play) -> None:
    """A hand-over that lay about for 30 days and a second is refused; alone, a party may be later."""
    lot = play.declare()
    signed = play.now
    play.now = signed + 30 * DAY_MS + 1_000
    hands, body = [play.trader, play.refiner], play.handing(play.refiner, lot)
    late = play.refusal("lot.handed_over", hands, body, links=[lot], claimed=signed)
    assert late == "event.stale_signatures"
    play.post("lot.handed_over", hands, body, links=[lot], claimed=signed + 1_000)
    play.post("lot.stored", play.refiner, STORED, links=[lot], claimed=signed)
    assert "time.late" in play.codes


def test_two_keys_of_one_party_are_not_several_parties(play: Play) -> None:
    """Only what several parties signed goes stale: a party's own two keys can be late together."""
    lot = play.declare()
    claimed = play.now
    play.now += 40 * DAY_MS
    hands = [play.trader, play.hand("trader", "tablet")]
    play.post("lot.stored", hands, STORED, links=[lot], claimed=claimed)


def test_after_names_the_genesis_or_heads_of_this_log(play: Play) -> None:
    """`after` proves a time only by what the log itself timed: any other event, and any other digest, is refused."""
    lot = play.declare()
    stored = play.post("lot.stored", play.trader, STORED, links=[lot])
    for after in (stored, play.digest("nothing"), ZEROS):
        assert (
            play.refusal("lot.stored", play.trader, STORED, links=[lot], after=after) == "event.after_unknown"
        )
    for after in (play.genesis, play.publish()):
        play.post("lot.stored", play.trader, STORED, links=[lot], after=after)


def test_heads_are_the_operators_and_of_the_entries_before_them(play: Play) -> None:
    """A mirror that replays the log refuses a statement by another party, or of another size than its own place."""
    size = play.size()
    with play.store.read() as snapshot:
        world = world_of(snapshot)

    def judged(by: Hands, stated: int) -> None:
        envelope = play.envelope("log.heads", by, {"size": stated, "root": ZEROS})
        rules.admit(rules.act_of(envelope, size, play.now, world))

    judged(play.operator, size)
    for by, stated in ((play.operator, size + 1), (play.trader, size), ([play.operator, play.root1], size)):
        with pytest.raises(Refused) as caught:
            judged(by, stated)
        assert caught.value.code == "authority.operator_only"


def test_nothing_builds_on_what_has_not_begun(play: Play) -> None:
    """Linking, filing on or naming a subject that has not begun is refused as unknown."""
    ghost, certificate = play.trader.subject("lot", "GHOST"), play.certifier.subject("certificate", "C")
    site, nobody = play.authority.subject("site", "GHOST"), play.named("nobody")
    lot = play.declare()
    crossing = {"country": "CD", "post": "CD-DILOLO", "direction": "exit", "customs_reference": "C1"}
    tender = {"receiver": nobody.party, "given": play.weight(100_000)}
    issued = {"country": "CD", "site": site, "holder": play.miner.party, "first": 1, "count": 1}
    hands = [play.hand("certifier", "ana"), play.hand("certifier", "ben")]
    certified = play.certification(lot) | {"lot": ghost}
    mined = play.extraction(site)
    block = play.tagger.subject("tag", "T")
    for code in (
        play.refusal("lot.stored", play.trader, STORED, links=[ghost]),
        play.refusal("lot.stored", play.trader, STORED, links=[Link(play.digest("x"), ghost)]),
        play.refusal("border.crossed", play.customs, crossing, about=[ghost]),
        play.refusal("border.crossed", play.customs, crossing, about=sorted([ghost, lot])),
        play.refusal("certificate.issued", hands, certified, links=[certificate], about=[ghost]),
        play.refusal("lot.extracted", play.miner, mined, links=[play.miner.subject("lot", "A")]),
        play.refusal("tag.issued", play.tagger, issued, links=[block]),
        play.refusal("lot.tendered", play.trader, tender, links=[lot]),
        play.refusal("lot.exported", play.trader, play.exportation(consignee=nobody.party), links=[lot]),
        play.refusal("lot.exported", play.trader, play.exportation(certificate), links=[lot, certificate]),
        play.refusal(
            "account.moved",
            play.trader,
            play.moving("in", 9),
            links=[play.trader.subject("account", "X"), lot],
        ),
    ):
        assert code == "subject.unknown"


def test_nothing_begins_twice(play: Play) -> None:
    """An id that has begun is spent, alive or ended, for every kind and for every event that begins it."""
    lot, site, account = play.declare("A", 10), play.site(), play.account()
    body = {"source": "unknown", **play.goods(), "weight": play.weight(10), "contained_mg": {}}
    mined = play.extraction(site)
    first = play.miner.subject("lot", "M")
    play.post("lot.extracted", play.miner, mined, links=[first])
    opened = {"account_kind": "plant", "hs": "260900", "form": "ore", "country": "CD", "post": "CD-KOLWEZI"}
    again = [
        play.refusal("lot.declared", play.trader, body, links=[Link(ZEROS, lot)]),
        play.refusal("lot.extracted", play.miner, mined, links=[Link(ZEROS, first)]),
        play.refusal("account.opened", play.trader, opened, links=[Link(ZEROS, account)]),
    ]
    other = play.declare("B", 10)
    edges = [play.edge(lot, other, 4), play.edge(lot, play.trader.subject("lot", "C"), 6)]
    outputs = [{"lot": one["target"], **play.goods(custody_model="segregated")} for one in edges]
    split = {"edges": edges, "outputs": outputs}
    linked = [lot, Link(ZEROS, other), play.trader.subject("lot", "C")]
    again.append(play.refusal("lot.split", play.trader, split, links=linked))
    moved = [account, Link(ZEROS, lot)]
    again.append(play.refusal("account.moved", play.trader, play.moving("out", 1), links=moved))
    assert again == ["subject.exists"] * 5


def test_a_beginning_has_nothing_before_it(play: Play) -> None:
    """A first event that claims a predecessor is refused, and so is a later event that claims to be the first."""
    lot = play.declare()
    body = {"source": "unknown", **play.goods(), "weight": play.weight(1), "contained_mg": {}}
    link = Link(play.head(lot), play.trader.subject("lot", "B"))
    assert play.refusal("lot.declared", play.trader, body, links=[link]) == "event.shape"
    assert play.refusal("lot.stored", play.trader, STORED, links=[Link(ZEROS, lot)]) == "subject.unknown"
