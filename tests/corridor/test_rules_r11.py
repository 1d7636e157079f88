"""Rule R11: a certificate is for one lot, is consumed once, and is judged when it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.envelope import format_time

if TYPE_CHECKING:
    from conftest import Play

DAY_MS = 86_400_000


def window(play: Play, days: int, extra_s: int = 0) -> dict[str, object]:
    """A window of some days from now on."""
    until = play.now + days * DAY_MS + extra_s * 1_000
    return {"window": {"valid_from": format_time(play.now), "valid_until": format_time(until)}}


def change(play: Play, certificate: str, lot: str, status: str) -> str:
    """Its issuer changes a certificate's status."""
    body = {"status": status, "reason": "CHECK"}
    return play.post("certificate.status_changed", play.certifier, body, links=[certificate], about=[lot])


def test_a_certificate_is_consumed_by_its_lot(play: Play) -> None:
    """Another lot cannot travel on it, not even a part of its own lot after a split."""
    lot, other = play.declare("A", 10), play.declare("B", 10)
    certificate = play.certify(lot)
    export = play.exportation(certificate)
    code = play.refusal("lot.exported", play.trader, export, links=[certificate, other])
    assert code == "certificate.other_lot"
    b, c = (play.trader.subject("lot", code) for code in ("X", "Y"))
    edges = [play.edge(lot, b, 4), play.edge(lot, c, 6)]
    outputs = [{"lot": one, **play.goods()} for one in (b, c)]
    play.post("lot.split", play.trader, {"edges": edges, "outputs": outputs}, links=[lot, b, c])
    for part in (b, c):
        code = play.refusal("lot.exported", play.trader, export, links=[certificate, part])
        assert code == "certificate.other_lot"


def test_a_certificate_is_consumed_once(play: Play) -> None:
    """A consumed certificate cannot be used again, even under another lot's export."""
    lot, other = play.declare("A", 10), play.declare("B", 10)
    certificate = play.certify(lot)
    play.export(lot, play.trader, certificate)
    assert play.state(certificate).consumed_by == play.head(lot)
    for one, code in ((other, "certificate.consumed"), (lot, "custody.exported")):
        export = play.exportation(certificate)
        assert play.refusal("lot.exported", play.trader, export, links=[certificate, one]) == code


def test_export_and_certificate_agree(play: Play) -> None:
    """A certificate linked but not named would be used up silently, one named but not linked not at all: refused."""
    lot = play.declare("A", 10)
    certificate, second = play.certify(lot, "C1"), play.certify(lot, "C2")
    for named, linked in ((None, [certificate]), (certificate, []), (certificate, [second])):
        code = play.refusal("lot.exported", play.trader, play.exportation(named), links=[*linked, lot])
        assert code == "event.body_disagrees"
    code = play.refusal(
        "lot.exported", play.trader, play.exportation(certificate), links=[certificate, second, lot]
    )
    assert code == "event.shape"


@pytest.mark.parametrize("status", ["suspended", "withdrawn"])
def test_a_certificate_out_of_force_is_not_consumed(status: str, play: Play) -> None:
    """Suspended or withdrawn, a certificate cannot be used; reinstated it can, withdrawn it never comes back."""
    lot = play.declare("A", 10)
    certificate = play.certify(lot)
    change(play, certificate, lot, status)
    export = play.exportation(certificate)
    code = play.refusal("lot.exported", play.trader, export, links=[certificate, lot])
    assert code == "certificate.not_valid"
    if status == "suspended":
        change(play, certificate, lot, "reinstated")
        play.export(lot, play.trader, certificate)
    else:
        for word in ("reinstated", "suspended"):
            body = {"status": word, "reason": "CHECK"}
            send = {"links": [certificate], "about": [lot]}
            refused = play.refusal("certificate.status_changed", play.certifier, body, **send)
            assert refused == "certificate.not_valid"


def test_an_issuer_withdraws_also_after_use(play: Play) -> None:
    """A certificate that was consumed can still be withdrawn, and stays consumed."""
    lot = play.declare("A", 10)
    certificate = play.certify(lot)
    play.export(lot, play.trader, certificate)
    change(play, certificate, lot, "withdrawn")
    state = play.state(certificate)
    assert (state.status, state.consumed_by != "") == ("withdrawn", True)


def test_a_suspended_issuer_still_withdraws_and_cannot_reinstate(play: Play) -> None:
    """A certifier that lost its role can take back what it said, and say nothing new."""
    lot = play.declare("A", 10)
    certificate = play.certify(lot)
    hands = [play.hand("introducer1", "registrar1"), play.hand("introducer2", "registrar2")]
    suspension = {"status": "suspended", "reason": "FRAUD"}
    play.post("party.status_changed", hands, suspension, about=[play.certifier.party])
    change(play, certificate, lot, "suspended")
    body = {"status": "reinstated", "reason": "CHECK"}
    send = {"links": [certificate], "about": [lot]}
    code = play.refusal("certificate.status_changed", play.certifier, body, **send)
    assert code == "authority.not_entitled"
    change(play, certificate, lot, "withdrawn")


def test_a_status_is_the_issuers_to_change(play: Play) -> None:
    """No other certifier, custodian or introducer changes it, nor a device of the issuer, nor about another lot."""
    lot, other = play.declare("A", 10), play.declare("B", 10)
    certificate = play.certify(lot)
    body = {"status": "suspended", "reason": "CHECK"}
    for by in (
        play.rival,
        play.hand("rival", "cleo"),
        play.trader,
        play.introducer1,
        play.hand("certifier", "laptop"),
    ):
        code = play.refusal("certificate.status_changed", by, body, links=[certificate], about=[lot])
        assert code == "authority.not_entitled"
    send = {"links": [certificate], "about": [other]}
    assert play.refusal("certificate.status_changed", play.certifier, body, **send) == "event.body_disagrees"
    officer = play.hand("certifier", "ana")
    play.post("certificate.status_changed", officer, body, links=[certificate], about=[lot])


@pytest.mark.parametrize(
    ("days", "extra_s", "codes"), [(90, 0, []), (90, 1, ["certificate.too_long"]), (60, 0, [])]
)
def test_a_certificate_lasts_at_most_90_days(days: int, extra_s: int, codes: list[str], play: Play) -> None:
    """90 days pass, a second more is found too long, and counts as the 91st day."""
    play.certify(play.declare(), **window(play, days, extra_s))
    assert play.codes == codes
    assert all(finding.values == {"days": 91, "limit_days": 90} for finding in play.findings)


def test_a_window_does_not_end_before_it_begins(play: Play) -> None:
    """A certificate of no duration lasts a moment; one of negative duration is malformed."""
    lot = play.declare()
    play.certify(lot, "C1", **window(play, 0))
    hands = [play.hand("certifier", "ana"), play.hand("certifier", "ben")]
    body = play.certification(lot, **window(play, 0, -1))
    certificate = play.certifier.subject("certificate", "C2")
    code = play.refusal("certificate.issued", hands, body, links=[certificate], about=[lot])
    assert code == "form.value"


@pytest.mark.parametrize(("late_ms", "codes"), [(0, []), (1, ["certificate.expired"])])
def test_expiry_is_judged_when_the_export_is_recorded(late_ms: int, codes: list[str], play: Play) -> None:
    """The log's time decides, to the millisecond, and no claimed time brings an expired certificate back."""
    lot = play.declare("A", 10)
    claimed = play.now
    certificate = play.certify(lot, **window(play, 5))
    play.now = claimed + 5 * DAY_MS + late_ms
    play.export(lot, play.trader, certificate, claimed=claimed + 60_000)
    assert play.codes == codes


@pytest.mark.parametrize(("early_ms", "codes"), [(0, []), (1, ["certificate.expired"])])
def test_a_certificate_is_not_valid_before_its_window(early_ms: int, codes: list[str], play: Play) -> None:
    """A certificate dated for next week refutes an export a millisecond before it begins, and none from then on."""
    lot = play.declare("A", 10)
    begins = play.now + 7 * DAY_MS
    dates = {"valid_from": format_time(begins), "valid_until": format_time(begins + DAY_MS)}
    certificate = play.certify(lot, window=dates)
    play.now = begins - early_ms
    play.export(lot, play.trader, certificate)
    assert play.codes == codes


@pytest.mark.parametrize(("maximum_g", "excess_g"), [(10, 0), (9, 1), (1, 9)])
def test_the_certified_maximum_is_dry_mass(maximum_g: int, excess_g: int, play: Play) -> None:
    """10 g exported on a certificate for 9 g exceed it by one gram, which the finding says."""
    lot = play.declare("A", 10)
    certificate = play.certify(lot, maximum_dry_mass_g=maximum_g)
    play.export(lot, play.trader, certificate)
    expected = [("certificate.over_mass", {"excess_g": excess_g})] if excess_g else []
    assert [(finding.code, finding.values) for finding in play.findings] == expected


def test_a_certificate_travels_with_its_lot(play: Play) -> None:
    """Hand-overs on the way leave a certificate to the lot: its last custodian consumes it, nobody else."""
    lot = play.declare("A", 10)
    certificate = play.certify(lot)
    play.hand_over(lot, play.trader, play.carrier)
    export = play.exportation(certificate)
    code = play.refusal("lot.exported", play.trader, export, links=[certificate, lot])
    assert code == "authority.not_entitled"
    play.export(lot, play.carrier, certificate)
