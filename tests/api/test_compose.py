"""Composing events: what comes out is canonical, sorted and of its type, or it fails with a pointer."""

from __future__ import annotations

import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from api.compose import compose
from corridor.refusals import Refused
from ledger.errors import FormError, LedgerError
from ledger.keys import SigningKey
from ledger.payload import Signer, read_payload

LOG_ID = "ab" * 32
PARTY = "party:" + "a" * 32
LOT = "lot:" + "a" * 32 + "/KOL-1"
KEY = SigningKey(bytes(range(32)))
AT_MS = 1_768_632_120_000  # 2026-01-17T06:42:00Z, as ledger/times.py and a calendar say


def stored(**changes: object) -> dict[str, object]:
    """The arguments of a good event: a lot put into store."""
    intent: dict[str, object] = {
        "log_id": LOG_ID,
        "actor": PARTY,
        "signers": [Signer(KEY.text, PARTY)],
        "body": {"post": "CD-KOLWEZI"},
        "links": {LOT: "cd" * 32},
        "claimed_at_ms": AT_MS,
        "counter": 7,
    }
    return intent | changes


def composed(kind: str = "lot.stored", **changes: object) -> bytes:
    """Compose a good event with some arguments changed."""
    return compose(kind, **stored(**changes))


def test_a_payload_has_exactly_the_protocols_members() -> None:
    """PROTOCOL section 5 names ten members; `after` and `commitments` are absent rather than empty."""
    assert json.loads(composed()) == {
        "about": [],
        "actor": PARTY,
        "body": {"post": "CD-KOLWEZI"},
        "claimed_at": "2026-01-17T06:42:00Z",
        "counter": 7,
        "links": [{"prev": "cd" * 32, "subject": LOT}],
        "log": LOG_ID,
        "signers": [{"key": KEY.text, "party": PARTY}],
        "type": "lot.stored",
        "v": 1,
    }


def test_after_and_commitments_stand_where_they_are_given() -> None:
    """An event that is proved to be no older, and one whose driver stays secret, say so."""
    body = {
        "consignment": "C-1",
        "corridor": "LOBITO",
        "from_post": "CD-KOLWEZI",
        "to_post": "AO-LOBITO",
        "mode": "rail",
    }
    said = json.loads(
        composed("lot.dispatched", body=body, after="ef" * 32, commitments={"driver": "01" * 32})
    )
    assert (said["after"], said["commitments"]) == ("ef" * 32, {"driver": "01" * 32})


@given(
    st.sets(st.sampled_from("ABCDEFGH"), min_size=1),
    st.integers(0, 2**53 - 1),
    st.integers(0, 4_102_444_800_000),
)
def test_what_is_composed_is_canonical_and_sorted(codes: set[str], counter: int, at_ms: int) -> None:
    """For any subjects, counter and time the bytes are RFC 8785's own, and read back as what was meant."""
    links = {f"lot:{'b' * 32}/{code}": "00" * 32 for code in sorted(codes, reverse=True)}
    body = {"reason": "DAMP"}
    payload = composed("lot.refused", body=body, links=links, counter=counter, claimed_at_ms=at_ms)
    assert payload == rfc8785.dumps(json.loads(payload))
    said = read_payload(payload)
    assert [link.subject for link in said.links] == sorted(links)
    assert (said.counter, said.claimed_at_ms) == (counter, at_ms // 1000 * 1000)


def test_signers_come_out_sorted_by_key() -> None:
    """Whoever is named first, the order is that of the keys' texts, so that signatures have one order."""
    keys = [SigningKey(bytes([number]) * 32) for number in range(1, 5)]
    said = json.loads(composed(signers=[Signer(key.text, PARTY) for key in keys]))
    assert [signer["key"] for signer in said["signers"]] == sorted(key.text for key in keys)


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"body": {}}, "form.missing_member", "/payload/body/post"),
        ({"body": {"post": "CD-KOLWEZI", "shelf": 3}}, "form.unknown_member", "/payload/body/shelf"),
        ({"body": {"post": "Kolwezi"}}, "form.value", "/payload/body/post"),
        ({"links": {LOT: "cd"}}, "form.hex", "/payload/links/0/prev"),
        ({"links": {"lot:x": "cd" * 32}}, "form.subject", "/payload/links/0/subject"),
        ({"actor": "party:" + "b" * 32}, "event.actor", "/payload/actor"),
        ({"about": [LOT]}, "event.linked_and_about", "/payload/about/0"),
        ({"commitments": {"driver": "01" * 32}}, "form.commitment", "/payload/commitments"),
        ({"counter": -1}, "form.range", "/payload/counter"),
        ({"log_id": "AB" * 32}, "form.hex", "/payload/log"),
    ],
)
def test_a_wrong_intent_fails_here_with_a_pointer(
    changes: dict[str, object], code: str, pointer: str
) -> None:
    """What the log would not read is refused before anybody signs, and the pointer leads to the place."""
    with pytest.raises(LedgerError) as caught:
        composed(**changes)
    assert (caught.value.code, caught.value.pointer) == (code, pointer)


def test_an_unknown_type_fails_here() -> None:
    """A type that this release does not read is no event yet."""
    with pytest.raises(Refused) as caught:
        composed("lot.eaten")
    assert caught.value.code == "event.unknown_type"


def test_a_reserved_type_fails_as_such() -> None:
    """A name that is kept for later is not called unknown."""
    with pytest.raises(Refused) as caught:
        composed("key.rotated")
    assert caught.value.code == "event.reserved_type"


def test_a_float_never_enters_a_payload() -> None:
    """Half a gram is no integer."""
    with pytest.raises(FormError) as caught:
        composed("loss.recorded", body={"kind": "dust", "dry_mass_g": 0.5, "contained_mg": {}})
    assert caught.value.code == "form.float"
