"""Rule R10: a tag is issued for a site, held by one party, and used once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from corridor.findings import CATALOGUE
from corridor.journal import Committed, NotCommitted
from ledger.envelope import Link

if TYPE_CHECKING:
    from conftest import Play


def issue(play: Play, site: str, code: str = "T1", **changes: Any) -> str:  # noqa: ANN401  # any member of the body
    """A block of the tags 11 to 20, in the miner's hands."""
    block = play.tagger.subject("tag", code)
    body = {"country": "CD", "site": site, "holder": play.miner.party, "first": 11, "count": 10} | changes
    play.post("tag.issued", play.tagger, body, links=[block])
    return block


def tagged(play: Play, site: str, *used: tuple[str, list[int]]) -> dict[str, Any]:
    """The body of an extraction with tags."""
    return play.extraction(site, 10, tags=[{"block": block, "numbers": numbers} for block, numbers in used])


def test_a_tag_is_used_once(play: Play) -> None:
    """A tag used for one lot cannot be used for another, alone or among fresh ones."""
    site = play.site()
    block = issue(play, site)
    a, b = (play.miner.subject("lot", code) for code in "AB")
    play.post("lot.extracted", play.miner, tagged(play, site, (block, [11, 12])), links=[a, block])
    for numbers in ([11], [12, 13], [11, 12]):
        body = tagged(play, site, (block, numbers))
        assert play.refusal("lot.extracted", play.miner, body, links=[b, block]) == "tag.used"
    play.post("lot.extracted", play.miner, tagged(play, site, (block, [13, 20])), links=[b, block])
    assert play.state(block).used == (11, 12, 13, 20)


@pytest.mark.parametrize("number", [0, 10, 21, -11, 10**15])
def test_a_tag_is_of_its_block(number: int, play: Play) -> None:
    """Numbers before the block's first and beyond its last do not exist."""
    site = play.site()
    block = issue(play, site)
    body = tagged(play, site, (block, [number]))
    lot = play.miner.subject("lot", "A")
    assert play.refusal("lot.extracted", play.miner, body, links=[lot, block]) == "tag.used"


def test_two_lots_signed_offline_cannot_share_a_tag(play: Play) -> None:
    """Two extractions on one head of the block: one enters, whichever comes first."""
    site = play.site()
    block = issue(play, site)
    envelopes = [
        play.envelope(
            "lot.extracted",
            play.miner,
            tagged(play, site, (block, [11])),
            links=[play.miner.subject("lot", code), block],
        )
        for code in "AB"
    ]
    first, second = play.send(*envelopes)
    assert isinstance(first, Committed)
    assert isinstance(second, NotCommitted)


def test_tags_are_used_by_their_holder(play: Play) -> None:
    """Another miner cannot use a block that was handed to the first, nor can its issuer."""
    site = play.site()
    block = issue(play, site)
    for name in ("neighbour", "tagger"):
        lot = play.named(name).subject("lot", "A")
        code = play.refusal(
            "lot.extracted", play.named(name), tagged(play, site, (block, [11])), links=[lot, block]
        )
        assert code == "authority.not_entitled"
    play.post(
        "lot.extracted",
        play.hand("miner", "phone"),
        tagged(play, site, (block, [11])),
        links=[play.miner.subject("lot", "A"), block],
    )


def test_tags_and_links_agree(play: Play) -> None:
    """Blocks named but not linked, linked but not named, or named twice: refused."""
    site = play.site()
    one, two = issue(play, site, "T1"), issue(play, site, "T2")
    lot = play.miner.subject("lot", "A")
    for used, linked in (
        ([(one, [11])], []),
        ([], [one]),
        ([(one, [11])], [two]),
        ([(one, [11])], [one, two]),
        ([(one, [11]), (one, [12])], [one]),
    ):
        code = play.refusal("lot.extracted", play.miner, tagged(play, site, *used), links=[lot, *linked])
        assert code == "event.body_disagrees"
    play.post(
        "lot.extracted", play.miner, tagged(play, site, (one, [11]), (two, [11])), links=[lot, one, two]
    )


def test_a_block_is_not_issued_again(play: Play) -> None:
    """A second block under the same id, which would make its used tags fresh, is refused."""
    site = play.site()
    block = issue(play, site)
    body = {"country": "CD", "site": site, "holder": play.miner.party, "first": 11, "count": 10}
    code = play.refusal("tag.issued", play.tagger, body, links=[Link("0" * 64, block)])
    assert code == "subject.exists"


def test_refused_tags_stay_fresh(play: Play) -> None:
    """An extraction that is refused uses up no tag."""
    site = play.site()
    block = issue(play, site)
    lot = play.miner.subject("lot", "A")
    body = tagged(play, site, (block, [11, 99]))
    assert play.refusal("lot.extracted", play.miner, body, links=[lot, block]) == "tag.used"
    assert play.state(block).used == ()
    play.post("lot.extracted", play.miner, tagged(play, site, (block, [11])), links=[lot, block])


def test_a_tag_of_another_site_refutes_the_origin(play: Play) -> None:
    """A tag that was issued for one site and is used at another enters, with a finding against O1."""
    home, other = play.site(), play.site("OTHER")
    block = issue(play, home)
    lot = play.miner.subject("lot", "A")
    play.post("lot.extracted", play.miner, tagged(play, other, (block, [11])), links=[lot, block])
    assert play.codes == ["tag.other_site"]
    assert CATALOGUE["tag.other_site"].claims == ("O1",)
