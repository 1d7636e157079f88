"""Rule R18: what an incident holds, and who opens and closes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Play

CRITICAL = {"incident_class": "forced_labour", "severity": "critical"}


@pytest.mark.parametrize("kind", ["lot", "site"])
def test_an_incident_remembers_what_it_concerns(kind: str, play: Play) -> None:
    """Open, an incident names its lots and sites; closed, it names them still."""
    subject = play.declare() if kind == "lot" else play.site()
    incident = play.authority.subject("incident", "I")
    play.post("incident.opened", play.authority, CRITICAL, links=[incident], about=[subject])
    state = play.state(incident)
    assert (state.status, state.severity, state.concerns) == ("open", "critical", (subject,))
    play.post("incident.closed", play.authority, {"outcome": "mitigated"}, links=[incident], about=[subject])
    state = play.state(incident)
    assert (state.status, state.severity, state.concerns) == ("closed", "critical", (subject,))


def test_an_incident_bars_no_event(play: Play) -> None:
    """A held lot can still be moved, handed over and exported: the record stays honest, the verdict waits."""
    lot = play.declare()
    incident = play.authority.subject("incident", "I")
    play.post("incident.opened", play.authority, CRITICAL, links=[incident], about=[lot])
    play.hand_over(lot, play.trader, play.carrier)
    play.export(lot, play.carrier)


def test_an_incident_is_closed_by_its_opener(play: Play) -> None:
    """Another authority, the lot's custodian or a certifier cannot clear what it holds."""
    play.accredit(play.auditor, "authority")
    lot = play.declare()
    incident = play.authority.subject("incident", "I")
    play.post("incident.opened", play.authority, CRITICAL, links=[incident], about=[lot])
    closing = {"outcome": "unfounded"}
    for name in ("auditor", "trader", "certifier", "intermediary"):
        code = play.refusal("incident.closed", play.named(name), closing, links=[incident], about=[lot])
        assert code == "authority.not_entitled"
    assert play.state(incident).status == "open"


def test_an_authority_holds_only_minerals_of_its_scope(play: Play) -> None:
    """An authority accredited for tin and tantalum puts no copper under an incident."""
    lot = play.declare(hs="260300")
    incident = play.authority.subject("incident", "I")
    code = play.refusal("incident.opened", play.authority, CRITICAL, links=[incident], about=[lot])
    assert code == "authority.not_entitled"


def test_an_inspector_or_certifier_opens_without_holding(play: Play) -> None:
    """Roles that see wrongs may record them; only an authority's name puts them on a lot."""
    for name in ("inspector", "certifier", "intermediary"):
        incident = play.named(name).subject("incident", "I")
        play.post("incident.opened", play.named(name), CRITICAL, links=[incident])
        assert play.state(incident).concerns == ()


def test_a_reporter_stays_a_commitment(play: Play) -> None:
    """Who reported is a digest in the log, and no member of an incident's body can name a person."""
    incident = play.intermediary.subject("incident", "I")
    committed = {"reporter": play.digest("salted")}
    play.post("incident.opened", play.intermediary, CRITICAL, links=[incident], commitments=committed)
    named = CRITICAL | {"reporter": "somebody"}
    second = play.intermediary.subject("incident", "J")
    code = play.refusal("incident.opened", play.intermediary, named, links=[second])
    assert code == "form.unknown_member"


def test_a_closed_incident_is_not_closed_again(play: Play) -> None:
    """One closing ends it; a second one with another outcome is refused."""
    lot = play.declare()
    incident = play.authority.subject("incident", "I")
    play.post("incident.opened", play.authority, CRITICAL, links=[incident], about=[lot])
    play.post("incident.closed", play.authority, {"outcome": "mitigated"}, links=[incident], about=[lot])
    again = {"outcome": "unfounded"}
    code = play.refusal("incident.closed", play.authority, again, links=[incident], about=[lot])
    assert code == "event.body_disagrees"
