"""Events with several signers: whoever is named adds a signature, in any order, and nobody else."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cosigning import Draft, add_signatures, put_together, read_draft
from ledger.envelope import check_signatures, read_envelope, sign
from ledger.errors import LedgerError
from ledger.keys import SigningKey
from ledger.payload import Signer, write_payload

PARTY = "party:" + "a" * 32
KEYS = [SigningKey(bytes([number]) * 32) for number in (1, 2, 3)]
STRANGER = SigningKey(b"\x09" * 32)


def payload(body: dict[str, int] | None = None) -> bytes:
    """A payload that three keys have to sign."""
    return write_payload(
        log="ab" * 32,
        type="lot.handed_over",
        actor=PARTY,
        signers=[Signer(key.text, PARTY) for key in KEYS],
        claimed_at="2026-01-17T06:42:00Z",
        counter=0,
        body=dict(body or {}),
    )


@pytest.mark.parametrize("order", list(itertools.permutations(KEYS)))
def test_the_order_of_signing_does_not_matter(order: tuple[SigningKey, ...]) -> None:
    """Three signers, one after the other, each on the file of the one before: the same envelope as at once."""
    data = payload()
    for key in order:
        data = add_signatures(read_draft(data), [key]).envelope()
    assert data == sign(payload(), KEYS)
    check_signatures(read_envelope(data))


@given(st.lists(st.sets(st.sampled_from(range(3))), min_size=1, max_size=4))
def test_copies_signed_apart_come_together(shares: list[set[int]]) -> None:
    """Whoever has signed which copy, the union of the signatures is there, and who is missing is named."""
    copies = [add_signatures(read_draft(payload()), [KEYS[number] for number in share]) for share in shares]
    whole = put_together(copies)
    signed = set.union(*shares)
    assert set(whole.signatures) == {KEYS[number].text for number in signed}
    assert set(whole.missing) == {key.text for key in KEYS} - set(whole.signatures)


def test_a_draft_may_end_in_a_newline() -> None:
    """Editors and shells add one; it is not signed."""
    assert read_draft(payload() + b"\n") == read_draft(payload()) == Draft(read_draft(payload()).payload, {})


def test_a_stranger_cannot_sign() -> None:
    """A key that the payload does not name is told so."""
    with pytest.raises(LedgerError) as caught:
        add_signatures(read_draft(payload()), [STRANGER])
    assert caught.value.code == "signature.extra"


def test_copies_of_different_events_do_not_mix() -> None:
    """One file about one hand-over, one about another."""
    with pytest.raises(LedgerError) as caught:
        put_together([read_draft(payload()), read_draft(payload({"mass_g": 1}))])
    assert caught.value.code == "form.value"


def broken(change: str) -> bytes:
    """A half-signed envelope with one thing wrong."""
    outer = json.loads(add_signatures(read_draft(payload()), KEYS[:1]).envelope())
    match change:
        case "signature":
            outer["signatures"][0]["sig"] = "A" * 86 + "=="
        case "stranger":
            outer["signatures"][0]["keyid"] = STRANGER.text
        case "type":
            outer["payloadType"] = "text/plain"
        case "member":
            outer["note"] = "x"
    return json.dumps(outer, sort_keys=True, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("signature", "signature.invalid"),
        ("stranger", "signature.extra"),
        ("type", "form.payload_type"),
        ("member", "form.unknown_member"),
    ],
)
def test_what_was_signed_badly_is_not_signed_further(change: str, code: str) -> None:
    """A draft whose signatures do not hold, or that is something else, is refused before anybody adds to it."""
    with pytest.raises(LedgerError) as caught:
        read_draft(broken(change))
    assert caught.value.code == code
