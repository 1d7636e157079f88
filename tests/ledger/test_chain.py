"""Chains never fork and never skip; files fold in what others say."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import chain
from ledger.errors import ProofError

event_ids = st.lists(st.integers(1, 2**256 - 1).map("{:064x}".format), max_size=6, unique=True)


def linked(ids: list[str]) -> list[tuple[str, str]]:
    """Give each event the one before it as its prev."""
    return list(zip(ids, ["0" * 64, *ids], strict=False))


@given(event_ids)
def test_an_unbroken_chain_ends_in_its_head(ids: list[str]) -> None:
    """The head of a chain is its last event; of no events, 64 zeros."""
    assert chain.check_chain(linked(ids)) == (ids[-1] if ids else "0" * 64)


@given(event_ids.filter(lambda ids: len(ids) > 1), st.data())
def test_a_chain_with_an_event_missing_or_moved_is_broken(ids: list[str], data: st.DataObject) -> None:
    """Where one event is left out before the last, or two are swapped, the first misfit is named."""
    events = linked(ids)
    at = data.draw(st.integers(0, len(events) - 2))
    for damaged in (
        events[:at] + events[at + 1 :],
        [*events[:at], events[at + 1], events[at], *events[at + 2 :]],
        [*events[: at + 1], events[at], *events[at + 1 :]],
    ):
        with pytest.raises(ProofError) as refused:
            chain.check_chain(damaged)
        misfit = at + (len(damaged) > len(events))
        assert (refused.value.code, refused.value.pointer) == ("chain.broken", f"/{misfit}")


def test_a_file_is_a_fold_of_sha_256() -> None:
    """Thirty-two zero bytes, then SHA-256 over what was and the next event's id."""
    first, second = "aa" * 32, "bb" * 32
    assert bytes(32) == chain.EMPTY_FILE
    once = sha256(bytes(32) + b"\xaa" * 32).digest()
    assert chain.extend_file(chain.EMPTY_FILE, first) == once
    assert chain.extend_file(once, second) == sha256(once + b"\xbb" * 32).digest()
    assert chain.GENESIS_PREV == "0" * 64
