"""Rule R16: site status, licence and ban over the proven interval. No claimed time gets around them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ledger.envelope import format_time

if TYPE_CHECKING:
    from conftest import Play

DAY_MS = 86_400_000


def sell(play: Play, lot: str, **members: Any) -> list[str]:  # noqa: ANN401  # any member of the payload
    """The miner sells the lot to the trader; gives the findings that are not about the clock."""
    play.hand_over(lot, play.miner, play.trader, **members)
    return [code for code in play.codes if not code.startswith("time.")]


@pytest.mark.parametrize(
    ("status", "codes"),
    [("green", []), ("yellow", []), ("red", ["site.unlawful_sale"]), (None, ["site.unlawful_sale"])],
)
def test_a_first_sale_takes_a_site_that_may_sell(status: str | None, codes: list[str], play: Play) -> None:
    """Green and yellow sites sell, red ones and those never inspected do not; the event enters all the same."""
    site = play.site(status=status)
    lot = play.extract(site)
    assert sell(play, lot) == codes
    assert play.lot(lot).custodian == play.trader.party


def test_only_the_first_sale_is_judged(play: Play) -> None:
    """Whoever bought from a green site may sell on, whatever becomes of the site."""
    site = play.site()
    lot = play.extract(site)
    assert sell(play, lot) == []
    play.inspect(site, "red")
    play.hand_over(lot, play.trader, play.refiner)
    assert play.codes == []


def test_a_sale_by_tender_or_export_is_a_sale(play: Play) -> None:
    """An acceptance and an export out of the producer's hands are judged like a hand-over."""
    site = play.site(status="red")
    tendered, exported = play.extract(site, "A"), play.extract(site, "B")
    play.tender(tendered, play.miner, play.trader)
    play.post("lot.accepted", play.trader, play.acceptance(tendered), links=[tendered])
    assert play.codes == ["site.unlawful_sale"]
    play.export(exported, play.miner)
    assert play.codes == ["site.unlawful_sale"]
    assert play.lot(exported).unsold_sites == ()


def test_transformation_launders_no_red_site(play: Play) -> None:
    """Split, merged with green ore, processed or moved through an account, red ore is still unsold red ore."""
    red, green = play.site("RED", status="red"), play.site("GREEN")
    a, b = play.extract(red, "A", 10), play.extract(green, "B", 10)
    c, d, m, p, z = (play.miner.subject("lot", code) for code in ("S1", "S2", "S3", "S4", "S5"))

    def become(kind: str, edges: list[Any], targets: list[str], **members: Any) -> None:  # noqa: ANN401  # as above
        outputs = [{"lot": one, **play.goods(custody_model="mass_balance")} for one in targets]
        links = sorted({edge["source"] for edge in edges} | set(targets))
        play.post(kind, play.miner, {"edges": edges, "outputs": outputs} | members, links=links)

    become("lot.split", [play.edge(a, c, 4), play.edge(a, d, 6)], [c, d])
    become("lot.merged", [play.edge(b, m, 10), play.edge(c, m, 4)], [m])
    period = {"period_from": "2026-03-01T00:00:00Z", "period_until": "2026-03-02T00:00:00Z"}
    become("lot.processed", [play.edge(m, p, 14)], [p], process="crushing", country="CD", **period)
    account = play.account(by=play.miner)
    play.post("account.moved", play.miner, play.moving("in", 14), links=[account, p])
    play.post("account.moved", play.miner, play.moving("out", 14), links=[account, z])
    assert sell(play, d) == ["site.unlawful_sale"]
    assert sell(play, z) == ["site.unlawful_sale"]
    assert play.findings[0].subject == red


def test_an_account_forgets_a_site_whose_ore_is_gone(play: Play) -> None:
    """Red ore drawn and sold long ago refutes no later sale of green ore from the same stockpile."""
    red, green = play.site("RED", status="red"), play.site("GREEN")
    a, b = play.extract(red, "A", 10), play.extract(green, "B", 10)
    account = play.account(by=play.miner)
    drawn = [play.miner.subject("lot", code) for code in ("Z1", "Z2")]
    for lot, out, codes in ((a, drawn[0], ["site.unlawful_sale"]), (b, drawn[1], [])):
        play.post("account.moved", play.miner, play.moving("in", 10), links=[account, lot])
        play.post("account.moved", play.miner, play.moving("out", 10), links=[account, out])
        assert sell(play, out) == codes


def test_a_sale_dated_before_a_red_status_is_held(play: Play) -> None:
    """Recorded after the site turned red but claimed before: held, neither shown nor refuted."""
    site = play.site()
    lot = play.extract(site)
    sold = play.now
    play.now += DAY_MS
    play.inspect(site, "red")
    play.now += DAY_MS
    assert sell(play, lot, claimed=sold) == ["site.sale_held"]


def test_a_status_counts_from_its_own_millisecond(play: Play) -> None:
    """A sale recorded in the very millisecond of a red inspection, after it, meets it."""
    site = play.site()
    lot = play.extract(site)
    sold, play.now = play.now, play.now + DAY_MS
    play.inspect(site, "red")
    play.now = sold + DAY_MS
    assert sell(play, lot, claimed=sold) == ["site.sale_held"]


def test_a_sale_claimed_under_a_red_status_is_refuted(play: Play) -> None:
    """No held sale for a date on which the site was red, even if the lot was mined under green."""
    site = play.site()
    lot = play.extract(site)
    play.inspect(site, "red")
    play.now += DAY_MS
    assert sell(play, lot) == ["site.unlawful_sale"]


def test_a_claim_before_the_lot_existed_counts_as_its_beginning(play: Play) -> None:
    """Backdating a sale to before the red status helps nobody whose lot was first recorded under it."""
    site = play.site()
    green = play.now
    play.now += DAY_MS
    play.inspect(site, "red")
    lot = play.extract(site)
    play.now += DAY_MS
    assert sell(play, lot, claimed=green) == ["site.unlawful_sale"]


def test_after_a_later_statement_a_claim_before_it_is_void(play: Play) -> None:
    """Who cites the log's heads from under the red status cannot claim to have sold before it."""
    site = play.site()
    lot = play.extract(site)
    sold = play.now
    play.now += DAY_MS
    play.inspect(site, "red")
    heads = play.publish()
    play.now += DAY_MS
    assert sell(play, lot, claimed=sold, after=heads) == ["site.unlawful_sale"]


def test_a_sale_after_the_site_recovered(play: Play) -> None:
    """Red while the lot lay in store and green at the sale: consistent, for nobody proves it was not sold before."""
    site = play.site(status="red")
    lot = play.extract(site)
    play.now += DAY_MS
    play.inspect(site, "green")
    seen = play.publish()
    assert sell(play, lot) == ["site.sale_consistent"]
    second = play.extract(site, "B")
    assert sell(play, second, after=seen) == []


@pytest.mark.parametrize(
    ("status", "days", "codes"),
    [
        ("green", 365, []),
        ("green", 366, ["site.unlawful_sale"]),
        ("yellow", 90, []),
        ("yellow", 91, ["site.unlawful_sale"]),
    ],
)
def test_an_inspection_lapses(status: str, days: int, codes: list[str], play: Play) -> None:
    """A year after green, 90 days after yellow, a site that nobody inspected again may not sell."""
    site = play.site(status=None)
    inspected = play.now
    play.inspect(site, status)
    play.now = inspected + days * DAY_MS
    lot = play.extract(site)  # its record bounds the interval: the sale was not earlier
    play.now = inspected + days * DAY_MS
    assert sell(play, lot) == codes


def test_the_last_millisecond_of_an_inspection(play: Play) -> None:
    """A sale recorded one millisecond after the lapse and claimed on it is held."""
    site = play.site(status=None)
    inspected = play.now
    play.inspect(site, "green")
    lapse = inspected + 365 * DAY_MS
    play.now = lapse - 60_000
    lot = play.extract(site)
    play.now = lapse + 1
    assert sell(play, lot, claimed=lapse) == ["site.sale_held"]


def test_a_gap_between_two_inspections_counts(play: Play) -> None:
    """Green lapsed and green again: a sale of that time is held if claimed before the gap, consistent after it."""
    site = play.site(status=None)
    inspected = play.now
    play.inspect(site, "green")
    lots = [play.extract(site, code) for code in "AB"]
    play.now = inspected + 370 * DAY_MS
    play.inspect(site, "green")
    play.now += DAY_MS
    sold = inspected + 5 * DAY_MS
    for lot, claimed, code in (
        (lots[0], sold, "site.sale_held"),
        (lots[1], play.now, "site.sale_consistent"),
    ):
        play.export(lot, play.miner, claimed=claimed)
        assert code in play.codes


def test_an_inspection_dated_into_the_future_lasts_no_longer(play: Play) -> None:
    """An inspector who dates a green status ten years ahead gives a year from the record, not eleven."""
    site = play.site(status=None)
    inspected = play.now
    play.inspect(site, "green", inspected=inspected + 3_650 * DAY_MS)
    play.now = inspected + 366 * DAY_MS
    assert sell(play, play.extract(site)) == ["site.unlawful_sale"]


def test_an_inspection_recorded_late_does_not_reach_back(play: Play) -> None:
    """A green status counts from its record on: a sale before it, under no status at all, stays refuted."""
    site = play.site(status=None)
    lot = play.extract(site)
    assert sell(play, lot) == ["site.unlawful_sale"]
    play.inspect(site, "green", inspected=play.now - 30 * DAY_MS)
    assert play.codes == []


@pytest.mark.parametrize(
    ("ends_in_days", "codes"),
    [(30, []), (-1, ["licence.not_valid"]), (0, ["licence.held"])],
)
def test_a_licence_covers_the_extraction(ends_in_days: int, codes: list[str], play: Play) -> None:
    """Valid throughout passes, ended before the claim refutes, ended between claim and record holds."""
    ends = play.now + ends_in_days * DAY_MS + 600_000
    site = play.site(licence_until=format_time(ends))
    play.now += DAY_MS
    body = play.extraction(site)
    claimed = ends if ends_in_days == 0 else play.now
    play.post("lot.extracted", play.miner, body, links=[play.miner.subject("lot", "A")], claimed=claimed)
    assert play.codes == codes


def test_a_licence_that_began_after_the_genesis_is_consistent(play: Play) -> None:
    """A first record proves no earliest time: a licence that began since leaves the extraction consistent at best."""
    site = play.site(licence_from=format_time(play.now))
    play.now += DAY_MS
    play.extract(site)
    assert play.codes == ["licence.consistent"]
    heads = play.publish()
    body = play.extraction(site)
    play.post("lot.extracted", play.miner, body, links=[play.miner.subject("lot", "B")], after=heads)
    assert play.codes == []


def ban(play: Play, begins: int, ends: int, country: str = "CD", mineral: str = "260900", **body: Any) -> str:  # noqa: ANN401  # as above
    """The authority bans exports of a mineral."""
    policy = play.authority.subject("policy", "BAN")
    said = {
        "policy_kind": "ban",
        "country": country,
        "countries": [country],
        "minerals": [mineral],
        "window": {"valid_from": format_time(begins), "valid_until": format_time(ends)},
    }
    about = [] if play.state(policy) else ["log"]
    play.post("policy.published", play.authority, said | body, links=[policy], about=about)
    return policy


def ship(play: Play, lot: str, **members: Any) -> list[str]:  # noqa: ANN401  # as above
    """The trader exports a lot; gives the findings about policies."""
    play.export(lot, play.trader, **members)
    return [code for code in play.codes if code.startswith("policy.")]


def test_a_ban_refutes_an_export_under_it(play: Play) -> None:
    """In force at the claimed time: refuted; lifted before the lot began: nothing to say."""
    now = play.now
    ban(play, now - DAY_MS, now + DAY_MS)
    assert ship(play, play.declare("A", 10)) == ["policy.banned"]
    play.now = now + 2 * DAY_MS
    assert ship(play, play.declare("B", 10)) == []


@pytest.mark.parametrize(
    ("after_ms", "codes"),
    [
        (-1, []),
        (0, ["policy.banned"]),
        (DAY_MS, ["policy.banned"]),
        (DAY_MS + 1_000, ["policy.ban_consistent"]),
    ],
)
def test_a_ban_holds_from_its_first_to_its_last_instant(after_ms: int, codes: list[str], play: Play) -> None:
    """The millisecond before a ban is free, its first and its last are not."""
    lot = play.declare("A", 10)
    begins = play.now + DAY_MS
    ban(play, begins, begins + DAY_MS)
    play.now = begins + after_ms
    assert ship(play, lot) == codes


def test_a_backdated_export_is_held(play: Play) -> None:
    """Recorded under a ban and claimed before it (fraud F12): held; with an honest date, refuted."""
    lot, other = play.declare("A", 10), play.declare("B", 10)
    before = play.now
    ban(play, before + DAY_MS, before + 100 * DAY_MS)
    play.now = before + 2 * DAY_MS
    assert ship(play, lot, claimed=before) == ["policy.ban_held"]
    assert ship(play, other) == ["policy.banned"]


def test_an_export_after_a_ban_is_consistent(play: Play) -> None:
    """The lot lay there under the ban: exported after it by its own claim, which nothing proves."""
    lot = play.declare("A", 10)
    now = play.now
    ban(play, now, now + DAY_MS)
    play.now = now + 2 * DAY_MS
    assert ship(play, lot) == ["policy.ban_consistent"]


def test_another_country_or_mineral_is_not_banned(play: Play) -> None:
    """A ban on tantalum, or one of another country, says nothing of Congolese tin."""
    now = play.now
    ban(play, now - DAY_MS, now + DAY_MS, mineral="261590")
    assert ship(play, play.declare("A", 10)) == []


def test_a_ban_follows_the_ore_and_not_the_paper(play: Play) -> None:
    """Ore of a Congolese site or declared Congolese is banned though its export names another country of origin."""
    now = play.now
    site = play.site()
    mined = play.extract(site, "M", 10)
    play.hand_over(mined, play.miner, play.trader)
    declared = play.declare("D", 10, source="country", country="CD")
    scrap = play.declare("S", 10, source="recycled", country="CD")
    ban(play, now - DAY_MS, now + DAY_MS)
    for lot, codes in ((mined, ["policy.banned"]), (declared, ["policy.banned"]), (scrap, [])):
        play.post("lot.exported", play.trader, play.exportation(origin_country="RW"), links=[lot])
        assert [code for code in play.codes if code.startswith("policy.")] == codes


def test_a_ban_can_be_ended(play: Play) -> None:
    """A later version of the policy decides exports recorded after it, and none recorded before."""
    now = play.now
    ban(play, now - DAY_MS, now + 100 * DAY_MS)
    assert ship(play, play.declare("A", 10)) == ["policy.banned"]
    ban(play, now - DAY_MS, now)
    play.now = now + DAY_MS
    lot = play.declare("B", 10)
    assert ship(play, lot) == []


def test_only_a_sites_operators_mine_there(play: Play) -> None:
    """Where the register names operators, another party's extraction enters, with a finding against O1."""
    site = play.site("OPEN", operators=[play.miner.party])
    play.extract(site, "A")
    assert play.codes == []
    body = play.extraction(site)
    play.post("lot.extracted", play.trader, body, links=[play.trader.subject("lot", "B")])
    assert play.codes == ["licence.not_operator"]
