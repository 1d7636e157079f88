"""Payloads: each member in its one form, and a code and a place for every departure from it."""

from __future__ import annotations

from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger.canonical import MAX_PAYLOAD_BYTES
from ledger.errors import FormError, LedgerError
from ledger.keys import SigningKey
from ledger.payload import Link, Payload, Signer, read_payload, write_payload

GIVER, RECEIVER = sorted((SigningKey.from_seed(bytes([n]) * 32) for n in (1, 2)), key=lambda key: key.text)
GIVER_PARTY, RECEIVER_PARTY = "party:" + "a" * 32, "party:" + "b" * 32
LOT = "lot:" + "a" * 32 + "/KOL-1"
ZEROS, ONES = "0" * 64, "1" * 64


def a_payload(**changes: object) -> dict[str, Any]:
    """Build a hand-over of one lot, signed by both sides, with some members changed; `...` leaves one out."""
    payload = {
        "v": 1,
        "log": ONES,
        "type": "lot.handed_over",
        "actor": GIVER_PARTY,
        "signers": [
            {"key": GIVER.text, "party": GIVER_PARTY},
            {"key": RECEIVER.text, "party": RECEIVER_PARTY},
        ],
        "claimed_at": "2026-01-17T06:42:00Z",
        "counter": 7,
        "links": [{"prev": ZEROS, "subject": LOT}],
        "about": [],
        "body": {"given": {"dry_mass_g": 24_500}, "received": {"dry_mass_g": 24_480}},
        **changes,
    }
    return {name: value for name, value in payload.items() if value is not ...}


def refusal_of(payload: dict[str, Any]) -> tuple[str, str]:
    """Give code and pointer with which a payload's canonical bytes are refused."""
    with pytest.raises(LedgerError) as refused:
        read_payload(rfc8785.dumps(payload))
    return refused.value.code, refused.value.pointer


def test_a_payload_is_read_as_it_is_written() -> None:
    """Each member arrives in its place, and the bytes stay with it."""
    raw = rfc8785.dumps(a_payload(after=ONES, commitments={"driver": ZEROS}, about=["log"]))
    payload = read_payload(raw)
    assert payload == Payload(
        raw=raw,
        log=ONES,
        type="lot.handed_over",
        actor=GIVER_PARTY,
        signers=(Signer(GIVER.text, GIVER_PARTY), Signer(RECEIVER.text, RECEIVER_PARTY)),
        claimed_at="2026-01-17T06:42:00Z",
        claimed_at_ms=1_768_632_120_000,
        counter=7,
        links=(Link(ZEROS, LOT),),
        about=("log",),
        body={"given": {"dry_mass_g": 24_500}, "received": {"dry_mass_g": 24_480}},
        after=ONES,
        commitments={"driver": ZEROS},
    )


def test_what_need_not_be_there_is_absent() -> None:
    """Without `after` and `commitments` an event proves no earliest time and hides nothing."""
    payload = read_payload(rfc8785.dumps(a_payload(links=[], about=[])))
    assert (payload.after, payload.commitments, payload.links, payload.about) == (None, {}, (), ())


KEY_0, KEY_1 = ({"key": key.text, "party": GIVER_PARTY} for key in (GIVER, RECEIVER))
A_LINK = {"prev": ZEROS, "subject": LOT}


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"v": 2}, "form.version", "/payload/v"),
        ({"v": 2, "members_of_v2": 1}, "form.version", "/payload/v"),
        ({"v": True}, "form.type", "/payload/v"),
        ({"v": "1"}, "form.type", "/payload/v"),
        ({"note": "x"}, "form.unknown_member", "/payload/note"),
        ({"log": ONES[1:]}, "form.hex", "/payload/log"),
        ({"log": "A" * 64}, "form.hex", "/payload/log"),
        ({"log": 1}, "form.type", "/payload/log"),
        ({"type": "lot"}, "form.text", "/payload/type"),
        ({"type": "Lot.split"}, "form.text", "/payload/type"),
        ({"type": "lot.split.twice"}, "form.text", "/payload/type"),
        ({"type": "lot._split"}, "form.text", "/payload/type"),
        ({"type": "lot_.split"}, "form.text", "/payload/type"),
        ({"type": "lot.split\n"}, "form.text", "/payload/type"),
        ({"actor": "log"}, "form.subject", "/payload/actor"),
        ({"actor": LOT}, "form.subject", "/payload/actor"),
        ({"actor": "party:" + "c" * 32}, "event.actor", "/payload/actor"),
        ({"signers": []}, "form.too_few", "/payload/signers"),
        ({"signers": {}}, "form.type", "/payload/signers"),
        ({"signers": [KEY_1, KEY_0]}, "form.not_a_set", "/payload/signers/1"),
        ({"signers": [KEY_0, KEY_0]}, "form.not_a_set", "/payload/signers/1"),
        ({"signers": [KEY_0] * 17}, "form.too_many", "/payload/signers"),
        ({"signers": [{**KEY_0, "role": "x"}]}, "form.unknown_member", "/payload/signers/0/role"),
        ({"signers": [{"key": GIVER.text}]}, "form.missing_member", "/payload/signers/0/party"),
        ({"signers": [{**KEY_0, "key": "z6Mk"}]}, "key.form", "/payload/signers/0/key"),
        ({"signers": [{**KEY_0, "party": LOT}]}, "form.subject", "/payload/signers/0/party"),
        ({"signers": ["x"]}, "form.type", "/payload/signers/0"),
        ({"claimed_at": "2026-02-30T00:00:00Z"}, "form.time", "/payload/claimed_at"),
        ({"claimed_at": 0}, "form.type", "/payload/claimed_at"),
        ({"counter": -1}, "form.range", "/payload/counter"),
        ({"counter": True}, "form.type", "/payload/counter"),
        ({"links": [{**A_LINK, "prev": "0"}]}, "form.hex", "/payload/links/0/prev"),
        ({"links": [{"subject": LOT}]}, "form.missing_member", "/payload/links/0/prev"),
        ({"links": [{**A_LINK, "subject": "lot"}]}, "form.subject", "/payload/links/0/subject"),
        ({"links": [{**A_LINK, "next": ZEROS}]}, "form.unknown_member", "/payload/links/0/next"),
        ({"links": [A_LINK, A_LINK]}, "form.not_a_set", "/payload/links/1"),
        ({"links": [A_LINK, {**A_LINK, "subject": "log"}]}, "form.not_a_set", "/payload/links/1"),
        ({"links": [A_LINK] * 129}, "form.too_many", "/payload/links"),
        ({"about": ["lot"]}, "form.subject", "/payload/about/0"),
        ({"about": [GIVER_PARTY, "log"]}, "form.not_a_set", "/payload/about/1"),
        ({"about": ["log", "log"]}, "form.not_a_set", "/payload/about/1"),
        ({"about": ["log"] * 33}, "form.too_many", "/payload/about"),
        ({"about": ["log", LOT]}, "event.linked_and_about", "/payload/about/1"),
        ({"about": [LOT]}, "event.linked_and_about", "/payload/about/0"),
        ({"body": []}, "form.type", "/payload/body"),
        ({"after": ""}, "form.hex", "/payload/after"),
        ({"commitments": {}}, "form.too_few", "/payload/commitments"),
        ({"commitments": {"price": "x"}}, "form.hex", "/payload/commitments/price"),
        ({"commitments": []}, "form.type", "/payload/commitments"),
    ],
)
def test_a_payload_out_of_form_is_refused(changes: dict[str, object], code: str, pointer: str) -> None:
    """Each departure from the payload's form has its code and its place."""
    assert refusal_of(a_payload(**changes)) == (code, pointer)


@pytest.mark.parametrize("name", sorted(a_payload()))
def test_no_member_may_be_missing(name: str) -> None:
    """Each of the ten members is required, links and about too where they are empty."""
    expected = ("form.missing_member", f"/payload/{name}")
    assert refusal_of(a_payload(**{name: ...})) == expected


def test_the_payloads_limits_are_inside() -> None:
    """128 links, 32 abouts and 16 signers are allowed, and a payload of exactly 40 KiB."""
    keys = sorted(SigningKey.from_seed(bytes([n]) * 32).text for n in range(16))
    full = a_payload(
        signers=[{"key": key, "party": GIVER_PARTY} for key in keys],
        links=[{"prev": ZEROS, "subject": f"lot:{'a' * 32}/{n:03}"} for n in range(128)],
        about=[f"site:{'a' * 32}/{n:02}" for n in range(32)],
    )
    payload = read_payload(rfc8785.dumps(full))
    assert (len(payload.links), len(payload.about), len(payload.signers)) == (128, 32, 16)
    room = MAX_PAYLOAD_BYTES - len(rfc8785.dumps(a_payload(body={"fill": ""})))
    largest = rfc8785.dumps(a_payload(body={"fill": "x" * room}))
    assert len(read_payload(largest).raw) == 40 * 1024
    assert refusal_of(a_payload(body={"fill": "x" * (room + 1)})) == (
        "form.size",
        "/payload",
    )


def test_the_payloads_object_is_the_first_of_sixteen_levels() -> None:
    """The body may nest fifteen levels, itself counted, and no more."""
    inside: dict[str, Any] = {}
    for _ in range(14):
        inside = {"a": inside}
    read_payload(rfc8785.dumps(a_payload(body=inside)))
    code, pointer = refusal_of(a_payload(body={"a": inside}))
    assert (code, pointer) == ("form.depth", "/payload/body" + "/a" * 15)


parties = st.sampled_from([GIVER_PARTY, RECEIVER_PARTY])
lots = st.from_regex(r"[A-Z0-9][A-Z0-9._-]{0,8}", fullmatch=True).map(lambda code: f"lot:{'a' * 32}/{code}")


@given(
    st.lists(lots, unique=True, max_size=8), st.integers(0, 8), st.permutations([GIVER, RECEIVER]), parties
)
def test_sets_are_put_in_order_by_the_writer(
    subjects: list[str], split: int, keys: list[SigningKey], actor: str
) -> None:
    """In whatever order links, abouts and signers are given, the payload written is of the form."""
    party = {GIVER.text: GIVER_PARTY, RECEIVER.text: RECEIVER_PARTY}
    links, about = subjects[:split], subjects[split:]
    raw = write_payload(
        log=ONES,
        type="lot.merged",
        actor=actor,
        signers=[Signer(key.text, party[key.text]) for key in keys],
        claimed_at="2026-01-17T06:42:00Z",
        counter=0,
        body={},
        links=[Link(ZEROS, subject) for subject in links],
        about=about,
    )
    expected = a_payload(
        type="lot.merged",
        actor=actor,
        counter=0,
        body={},
        links=[{"prev": ZEROS, "subject": subject} for subject in sorted(links)],
        about=sorted(about),
    )
    assert raw == rfc8785.dumps(expected)


def test_the_writer_refuses_what_the_reader_would() -> None:
    """A subject given twice, or an actor who does not sign, is told when the payload is written."""
    event: dict[str, Any] = {
        "log": ONES,
        "type": "lot.stored",
        "actor": GIVER_PARTY,
        "signers": [Signer(GIVER.text, GIVER_PARTY)],
        "claimed_at": "2026-01-17T06:42:00Z",
        "counter": 0,
        "body": {},
        "after": ZEROS,
        "commitments": {"price": ONES},
    }
    assert read_payload(write_payload(**event)).after == ZEROS
    with pytest.raises(FormError, match=r"form\.not_a_set"):
        write_payload(**event, links=[Link(ZEROS, LOT), Link(ONES, LOT)])
    with pytest.raises(FormError, match=r"event\.actor"):
        write_payload(**{**event, "actor": RECEIVER_PARTY})
