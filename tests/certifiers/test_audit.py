"""The audit: a whole log read once; whatever is changed in it is named with index, event, lot and table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certifiers.audit import Auditor, Problem, audit_entries, audit_signatures, parse
from certifiers.audit_tables import audit_store
from certifiers.audit_words import PROBLEMS
from certifiers.kept_states import KeptStates
from certifiers.running_heads import RunningHeads
from corridor.states import KeyOwner, State, write_state
from ledger.envelope import assemble, read_entry, read_envelope
from ledger.errors import StoreError
from ledger.heads import root_at
from ledger.ports import Snapshot
from ledger.trust_file import TrustFile

Audit = Callable[..., list[Problem]]


def audit(story: SimpleNamespace, trust: TrustFile | None = None) -> list[Problem]:
    """Audit the story's store."""
    with story.scene.store.read() as snapshot:
        found = list(audit_store(snapshot, trust or story.trust))
    assert all(problem.code in PROBLEMS for problem in found)
    return found


def test_an_honest_log_has_no_problem(story: SimpleNamespace) -> None:
    """Bytes, signatures, rules, chains, files, tree, heads, checkpoints, states: nothing to say."""
    assert audit(story) == []


def test_a_log_fetched_over_http_is_audited_by_its_entries(story: SimpleNamespace) -> None:
    """Entries and the newest checkpoint suffice; another checkpoint's root is found out."""
    with story.scene.store.read() as snapshot:
        entries, note = list(snapshot.entries(0, snapshot.size())), snapshot.checkpoint()
    assert list(audit_entries(entries, note, story.trust)) == []
    assert [p.code for p in audit_entries(entries[:-1], note, story.trust)] == ["checkpoint.root"]


@pytest.mark.slow
def test_every_byte_changed_is_named_by_index_and_event(tell_story: Callable[[], SimpleNamespace]) -> None:
    """A byte of each entry, anywhere in it: its index, its event's id as recorded, and no other entry."""
    story, dice = tell_story(), Random(7)
    grown = story.scene.store._grown
    for index, entry in enumerate(list(grown.entries)):
        place, bit = dice.randrange(len(entry)), 1 << dice.randrange(7)
        grown.entries[index] = entry[:place] + bytes([entry[place] ^ bit]) + entry[place + 1 :]
        found = audit(story)
        assert {problem.index for problem in found} == {index}, (index, place)
        assert grown.event_ids[index].hex() in {problem.event_id for problem in found}
        grown.entries[index] = entry


def test_a_changed_lot_is_named_and_the_rest_still_judged(fresh_story: SimpleNamespace) -> None:
    """A digit of the dispatch: entry, event and lot in one problem of table `entries`."""
    scene = fresh_story.scene
    index = place_of(scene, "lot.dispatched")
    entry = scene.store._grown.entries[index]
    end = entry.index(b",")
    scene.store._grown.entries[index] = entry[: end - 1] + b"1" + entry[end:]
    (problem,) = audit(fresh_story)
    assert (problem.code, problem.table, problem.index) == ("entry.leaf", "entries", index)
    assert (problem.event_id, problem.subjects) == (scene.event_at(index), (fresh_story.lot,))


def place_of(scene: SimpleNamespace, kind: str) -> int:
    """The index of the first event of a type."""
    entries = scene.store._grown.entries
    return next(n for n, entry in enumerate(entries) if read_entry(entry).envelope.payload.type == kind)


def test_the_id_of_a_damaged_chain_event_is_found_in_what_follows(fresh_story: SimpleNamespace) -> None:
    """Where the store cannot tell ids by index, the next event of the chain names the damaged one, or the head."""
    scene = fresh_story.scene
    for kind in ("lot.dispatched", "lot.received"):
        index = place_of(scene, kind)
        expected, entry = scene.event_at(index), scene.store._grown.entries[index]
        scene.store._grown.entries[index] = b"x" + entry[1:]
        with scene.store.read() as snapshot:
            silent = Damaged(snapshot, "event_at", lambda *_: None)
            found = list(audit_store(silent, fresh_story.trust))
        assert {(p.event_id, p.index) for p in found if p.code == "entry.form"} == {(expected, index)}
        scene.store._grown.entries[index] = entry


def test_an_event_against_the_rules_is_named_with_its_rule(fresh_story: SimpleNamespace) -> None:
    """What the operator let in by itself, every root recomputed and signed: the rules still refuse it."""
    scene, by = fresh_story.scene, fresh_story.scene.players
    weight = {"wet_mass_g": 30_000, "moisture_ppm": 0, "dry_mass_g": 30_000}
    line = {"lot": fresh_story.sibling, "given": weight, "received": weight}
    body = {"receiver": by["plant"].party, "lots": [line]}
    stolen = scene.envelope("lot.handed_over", [by["north"], by["plant"]], body, links=[fresh_story.sibling])
    index = scene.force(stolen)
    scene.publish()
    first = audit(fresh_story)[0]
    assert (first.code, first.index, first.subjects) == ("entry.rule", index, (fresh_story.sibling,))
    assert first.detail.startswith("authority.not_entitled")


def test_a_signature_that_does_not_hold_is_named(fresh_story: SimpleNamespace) -> None:
    """An envelope with another event's signature, in a tree that is right."""
    scene, trader = fresh_story.scene, fresh_story.scene.players["trader"]
    good = [
        scene.envelope("lot.stored", trader, {"post": post}, links=[fresh_story.sibling])
        for post in ("CD-GOMA", "CD-KOLWEZI")
    ]
    first, second = map(read_envelope, good)
    index = scene.force(assemble(first.payload.raw, second.signatures))
    scene.publish()
    with scene.store.read() as snapshot:
        alone = list(audit_signatures(enumerate(snapshot.entries(0, snapshot.size()))))
    for found in (audit(fresh_story), alone):
        assert ("entry.signature", index) in {(problem.code, problem.index) for problem in found}


def test_time_that_goes_back_is_named(fresh_story: SimpleNamespace) -> None:
    """The log's time never decreases."""
    scene, trader = fresh_story.scene, fresh_story.scene.players["trader"]
    envelope = scene.envelope("lot.stored", trader, {"post": "CD-GOMA"}, links=[fresh_story.sibling])
    index = scene.force(envelope, at=scene.now - 10 * 86_400_000)
    assert ("entry.time", index) in {(problem.code, problem.index) for problem in audit(fresh_story)}


def test_heads_that_state_another_root_are_named(fresh_story: SimpleNamespace) -> None:
    """A statement of heads signed by the operator over a root that its entries do not give."""
    scene, operator = fresh_story.scene, fresh_story.scene.players["operator"]
    with scene.store.read() as snapshot:
        size = snapshot.size()
    scene.state(scene.envelope("log.heads", operator, {"size": size, "root": "ab" * 32}))
    assert ("heads.root", size) in {(problem.code, problem.index) for problem in audit(fresh_story)}


def test_a_genesis_that_is_not_trusted_is_named(
    story: SimpleNamespace, make_scene: Callable[[str], Any]
) -> None:
    """Another log of the same name has another genesis, and its key did not sign this checkpoint."""
    other = make_scene("otc.example/other").trust()
    codes = [problem.code for problem in audit(story, other)]
    assert codes[0] == "genesis.not_trusted"
    assert "checkpoint.note" in codes


def test_a_checkpoint_without_its_quorum_is_named(fresh_story: SimpleNamespace) -> None:
    """The newest checkpoint needs the cosignatures that the trust file asks for."""
    scene = fresh_story.scene
    scene.post("lot.stored", scene.players["trader"], {"post": "CD-GOMA"}, links=[fresh_story.sibling])
    scene.publish(cosigners=["customs"])
    assert [problem.code for problem in audit(fresh_story)] == ["checkpoint.quorum"]


class Damaged:
    """A snapshot that answers one question wrongly."""

    def __init__(self, snapshot: Snapshot, question: str, answer: Callable[..., Any]) -> None:
        self._snapshot = snapshot
        self._question = question
        self._answer = answer

    def __getattr__(self, name: str) -> object:
        right = getattr(self._snapshot, name)
        if name != self._question:
            return right
        return lambda *given, **named: self._answer(right(*given, **named), *given)


def once(subject: str, change: Callable[[Any], Any]) -> Callable[..., Any]:
    """Change the answer for one subject alone."""
    return lambda right, asked, *_: change(right) if asked == subject else right


def damages(story: SimpleNamespace) -> Iterator[tuple[str, Callable[..., Any], str, str]]:
    """A question, the wrong answer to it, and the code and table of the problem."""
    lot = story.lot
    yield "state", once(lot, lambda right: right.replace(b"70000", b"70001", 1)), "states.state", "states"
    yield "state", once(story.account, lambda _: None), "states.state", "states"
    yield "chain", once(lot, lambda right: right[:-1]), "chain.rows", "chain"
    yield "file", once(lot, lambda right: right[1:]), "file.rows", "file"
    yield "leaf", once(lot, lambda right: right[:-1] + b"\0"), "file.rows", "file"
    yield (
        "subjects",
        lambda right, *_, **__: [name for name in right if name != lot],
        "subjects.row",
        "subjects",
    )
    yield (
        "node",
        lambda right, level, index: bytes(32) if (level, index) == (3, 1) else right,
        "nodes.hash",
        "nodes",
    )
    yield (
        "heads_node",
        lambda right, level, index: bytes(32) if (level, index) == (9, 5) else right,
        "tops.hash",
        "tops",
    )
    yield "last_at", lambda right: right + 1, "log.row", "log"
    yield "heads_count", lambda right: right + 1, "log.row", "log"
    yield "checkpoint", lambda right, size: right.replace(b"A", b"B", 3), "checkpoint.note", "checkpoints"
    yield "index_of", lambda right, _: None if right == 20 else right, "entry.index", "entries"


@pytest.mark.slow
def test_each_table_is_compared_with_the_entries(story: SimpleNamespace) -> None:
    """One wrong answer of the store, whichever table it comes from: named by that table."""
    for question, answer, code, table in damages(story):
        with story.scene.store.read() as snapshot:
            found = list(audit_store(Damaged(snapshot, question, answer), story.trust))
        assert {(problem.code, problem.table) for problem in found} == {(code, table)}, question


def test_a_missing_entry_ends_the_reading(fresh_story: SimpleNamespace) -> None:
    """The store has one entry less than it counts: named by the index at which it stops."""
    grown = fresh_story.scene.store._grown
    last = len(grown.entries) - 1

    def cut(right: Iterator[bytes], *_: int) -> Iterator[bytes]:
        for index, entry in enumerate(right):
            if index == last:
                raise StoreError("store.missing", "gone")
            yield entry

    with fresh_story.scene.store.read() as snapshot:
        found = list(audit_store(Damaged(snapshot, "entries", cut), fresh_story.trust))
    assert [(problem.code, problem.index) for problem in found] == [("entry.missing", last)]


def test_the_running_heads_are_the_store_s(fresh_story: SimpleNamespace) -> None:
    """Root after root, two independent computations of PROTOCOL section 8 agree."""
    scene = fresh_story.scene
    scene.post("lot.stored", scene.players["trader"], {"post": "CD-GOMA"}, links=[fresh_story.sibling])
    auditor = Auditor(fresh_story.trust)
    with scene.store.read() as snapshot:
        for data in snapshot.entries(0, snapshot.size()):
            assert list(auditor.take(data, parse(data))) == []
        assert auditor.heads.root() == root_at(snapshot, snapshot.size())
    assert RunningHeads().root() != auditor.heads.root()


steps = st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 3)), max_size=40)


@given(steps=steps, room=st.integers(1, 4))
def test_states_are_kept_whatever_the_room(steps: list[tuple[str, int]], room: int) -> None:
    """However few states are at hand as values, each subject has its last one, and the same bytes in the end."""
    kept, expected = KeptStates(at_hand=room), dict[str, State]()
    for name, index in steps:
        state = KeyOwner(subject=name, party="party:x", head_index=index)
        kept.update({name: state})
        expected[name] = state
        assert kept.get(name) == state
    assert {name: kept.get(name) for name in "abcdef"} == {name: expected.get(name) for name in "abcdef"}
    assert list(kept.items()) == [(name, write_state(state)) for name, state in sorted(expected.items())]
