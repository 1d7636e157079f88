"""The closure: what a lot's bundle must hold, no less and no more (PROTOCOL sections 9 and 11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certifiers.closure import (
    Closure,
    Event,
    Reader,
    Whole,
    closure,
    marked_members,
    reader_of,
    subjects_in,
    values_at,
)
from certifiers.examined import Examined
from certifiers.steps import examine
from corridor.statements import TYPES
from ledger.envelope import Entry, Envelope, Link, Payload, Signer, read_entry
from ledger.ports import Snapshot

ZEROS = "0" * 64
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def name(kind: str, letter: str, code: str = "X") -> str:
    """A subject of the party of a letter."""
    return f"party:{letter * 32}" if kind == "party" else f"{kind}:{letter * 32}/{code}"


def an_event(
    index: int,
    kind: str,
    *,
    begins: Sequence[str] = (),
    continues: Sequence[str] = (),
    about: Sequence[str] = (),
    body: Mapping[str, Any] | None = None,
    by: Sequence[str] = ("a",),
    after: str | None = None,
) -> Event:
    """An event that nobody signed: the closure asks for no signatures."""
    begun = [Link(ZEROS, subject) for subject in begins]
    links = sorted(
        [*begun, *(Link("f" * 64, subject) for subject in continues)], key=lambda link: link.subject
    )
    payload = Payload(
        raw=b"",
        log=ZEROS,
        type=kind,
        actor=name("party", by[0]),
        signers=tuple(Signer("z", name("party", letter)) for letter in by),
        claimed_at="2026-01-05T06:00:00Z",
        claimed_at_ms=0,
        counter=0,
        links=tuple(links),
        about=tuple(about),
        body=dict(body or {}),
        after=after,
        commitments={},
    )
    event_id = sha256(str(index).encode()).hexdigest()
    return Event(index, Entry(b"", index, Envelope(b"", payload, (), event_id)))


def read_from(events: Sequence[Event]) -> Reader:
    """A reader of every subject that these events link."""
    chains: dict[str, list[Event]] = {}
    files: dict[str, list[Event]] = {}
    for event in events:
        for link in event.payload.links:
            chains.setdefault(link.subject, []).append(event)
        for subject in event.payload.about:
            files.setdefault(subject, []).append(event)

    def read(subject: str) -> Whole | None:
        if subject not in chains:
            return None
        return Whole(tuple(chains[subject]), tuple(files.get(subject, ())))

    return read


def closure_of(story: SimpleNamespace, lot: str) -> Closure:
    """The closure of a lot in a story, by way of its bundle."""
    examined = examine(story.scene.bundle(lot), story.trust)
    assert isinstance(examined, Examined), examined
    return closure(lot, reader_of(examined.entries, examined.chains, examined.files))


def parties(story: SimpleNamespace, found: Closure) -> set[str]:
    """The names of the parties in a closure."""
    return {player.name for player in story.scene.players.values() if player.party in found.included}


def test_the_closure_holds_the_lot_s_past_and_nothing_beside_it(story: SimpleNamespace) -> None:
    """Ancestors, sites, tags, certificate, incident, meeting policy; no sibling, no other lot of the tag block."""
    found = closure_of(story, story.lot)
    things = {subject for subject in found.included if not subject.startswith("party:")}
    assert things == {
        "log",
        story.lot,
        story.merged,
        story.north_lot,
        story.south_lot,
        story.north_site,
        story.south_site,
        story.tags,
        story.certificate,
        story.incident,
        story.ban,
    }
    assert found.path == tuple(sorted([story.lot, story.merged, story.north_lot, story.south_lot]))
    assert found.missing == {}


def test_every_signer_s_party_is_there_up_to_the_roots(story: SimpleNamespace) -> None:
    """Who signed on the path, who admitted and accredited them, and the genesis's parties; nobody else."""
    everybody = set(story.scene.players)
    assert parties(story, closure_of(story, story.lot)) == everybody - {"plant"}
    drawn = parties(story, closure_of(story, story.first_drawn))
    genesis = {"root 1", "root 2", "root 3", "operator", "introducer 1", "introducer 2"}
    assert drawn == genesis | {"plant", "mines"}


def test_an_account_brings_what_was_in_it_before_the_draw(story: SimpleNamespace) -> None:
    """The first draw has only the first lot moved in as an ancestor, the second both, and neither the other draw."""
    first, second = closure_of(story, story.first_drawn), closure_of(story, story.second_drawn)
    assert set(first.path) == {story.first_drawn, story.first_in}
    assert set(second.path) == {story.second_drawn, story.first_in, story.second_in}
    assert story.account in first.included


def test_a_lot_going_into_an_account_does_not_bring_the_account(story: SimpleNamespace) -> None:
    """Where a lot went is no part of its past."""
    found = closure_of(story, story.first_in)
    assert set(found.path) == {story.first_in}
    assert story.account not in found.included


def test_assembly_and_verifier_compute_one_closure(story: SimpleNamespace) -> None:
    """From the bundle alone a verifier finds every subject that the store knew, and misses none."""
    with story.scene.store.read() as snapshot:
        size = snapshot.heads_size()
        for lot in snapshot.subjects("lot"):
            entries = dict(enumerate(examined_entries(story)))
            chains = {subject: snapshot.chain(subject, size) for subject in all_subjects(snapshot)}
            files = {subject: snapshot.file(subject, size) for subject in chains}
            whole_log = closure(lot, reader_of(entries, chains, files))
            assert whole_log == closure_of(story, lot)
            assert whole_log.missing == {}


def examined_entries(story: SimpleNamespace) -> list[Entry]:
    """All entries of a story's log."""
    with story.scene.store.read() as snapshot:
        return [read_entry(raw) for raw in snapshot.entries(0, snapshot.size())]


def all_subjects(snapshot: Snapshot) -> list[str]:
    """Every subject of a log."""
    return snapshot.changed(0, snapshot.size())


def test_only_inputs_with_an_edge_into_the_lot_are_ancestors() -> None:
    """Two inputs processed side by side: what goes into the other output is not this lot's past."""
    one, two, mine, other = (name("lot", letter) for letter in "bcde")
    edges = [
        {"source": one, "target": mine, "dry_mass_g": 5, "contained_mg": {}},
        {"source": two, "target": other, "dry_mass_g": 5, "contained_mg": {}},
    ]
    processed = an_event(
        3, "lot.processed", begins=[mine, other], continues=[one, two], body={"edges": edges}, by=["d"]
    )
    events = [
        an_event(0, "log.genesis", begins=["log", name("party", "a")]),
        an_event(1, "lot.declared", begins=[one]),
        an_event(2, "lot.declared", begins=[two]),
        processed,
    ]
    assert closure(mine, read_from(events)).path == (one, mine)
    assert closure(one, read_from(events)).path == (one,)


def test_an_edge_from_a_lot_that_is_not_linked_leads_nowhere() -> None:
    """An edge in the body cannot pull in a lot that the event does not end."""
    mine, foreign = name("lot", "b"), name("lot", "c")
    edges = [{"source": foreign, "target": mine}, {"target": mine}, 7, {"source": 7, "target": mine}]
    events = [
        an_event(0, "log.genesis", begins=["log"]),
        an_event(1, "lot.declared", begins=[foreign]),
        an_event(2, "lot.merged", begins=[mine], body={"edges": edges}),
    ]
    assert closure(mine, read_from(events)).path == (mine,)


def test_a_cut_ancestor_is_listed_with_the_event_that_needs_it(story: SimpleNamespace) -> None:
    """Left out to keep a bundle small: the lot and the index of the merge; what lies behind it is not even known."""
    data = story.scene.bundle(story.lot, cut=[story.south_lot])
    examined = examine(data, story.trust)
    assert isinstance(examined, Examined)
    found = closure(story.lot, reader_of(examined.entries, examined.chains, examined.files))
    assert found.missing == {story.south_lot: (story.scene.index_of(story.merge),)}
    assert found.missing_lots == found.missing
    assert story.south_site not in found.included
    assert story.incident not in found.included


def test_a_lot_that_is_not_there_is_missing_and_needed_by_nobody() -> None:
    """The lot that was asked for stands in no event."""
    found = closure(name("lot", "b"), read_from([an_event(0, "log.genesis", begins=["log"])]))
    assert found.missing[name("lot", "b")] == ()
    assert found.path == ()


SITE, POLICY = name("site", "s"), name("policy", "p")


@pytest.mark.parametrize(
    ("countries", "minerals", "meets"),
    [
        (["CD"], ["261590"], True),
        (["AO", "CD"], ["260300", "261590"], True),
        (["RW"], ["261590"], True),  # the post that it passed
        (["MA"], ["261590"], True),  # its destination
        (["ZM"], ["261590"], False),
        (["CD"], ["260300"], False),
        ([], ["261590"], False),
        ("CD", ["261590"], True),  # not a list: it cannot be told, so it is not skipped
        (None, ["261590"], True),
    ],
)
def test_a_policy_joins_where_it_meets_the_lot(countries: object, minerals: object, *, meets: bool) -> None:
    """Countries of sites, posts and declarations, and the HS codes of path lots, decide; doubt counts as meeting."""
    lot = name("lot", "b")
    body = {"countries": countries, "minerals": minerals}
    events = [
        an_event(0, "log.genesis", begins=["log", name("party", "a")]),
        an_event(1, "party.incepted", begins=[name("party", "q")], by=["a", "q"]),
        an_event(2, "site.registered", begins=[SITE], body={"country": "CD", "minerals": ["260300"]}),
        an_event(3, "policy.published", begins=[POLICY], about=["log"], body=body, by=["q"]),
        an_event(4, "lot.extracted", begins=[lot], body={"site": SITE, "hs": "261590"}),
        an_event(5, "post.passed", about=[lot], body={"post": "RW-RUSIZI"}),
        an_event(6, "lot.exported", continues=[lot], body={"destination": "MA"}),
    ]
    found = closure(lot, read_from(events))
    assert (POLICY in found.included) is meets
    assert (name("party", "q") in found.included) is meets


def test_an_unknown_type_in_the_log_s_file_is_never_skipped() -> None:
    """A policy announced by an event of a later release may meet the lot, so it joins."""
    lot = name("lot", "b")
    body = {"countries": ["ZM"], "minerals": ["260300"]}
    events = [
        an_event(0, "log.genesis", begins=["log"]),
        an_event(1, "policy.renewed", begins=[POLICY], about=["log"], body=body),
        an_event(2, "lot.declared", begins=[lot]),
    ]
    assert POLICY in closure(lot, read_from(events)).included


def test_a_missing_policy_is_listed(story: SimpleNamespace) -> None:
    """Nobody can leave a ban out without a trace: the log's file names it."""
    examined = examine(story.scene.bundle(story.lot, cut=[story.ban]), story.trust)
    assert isinstance(examined, Examined)
    found = closure(story.lot, reader_of(examined.entries, examined.chains, examined.files))
    assert list(found.missing) == [story.ban]


def test_a_party_that_is_only_named_does_not_join() -> None:
    """A carrier in a body has signed nothing: parties join as signers only."""
    lot = name("lot", "b")
    events = [
        an_event(0, "log.genesis", begins=["log", name("party", "a")]),
        an_event(1, "party.incepted", begins=[name("party", "c")]),
        an_event(2, "lot.declared", begins=[lot]),
        an_event(3, "lot.dispatched", continues=[lot], body={"carrier": name("party", "c")}),
    ]
    found = closure(lot, read_from(events))
    assert name("party", "a") in found.included
    assert name("party", "c") not in found.included


def test_other_subjects_of_a_site_s_or_tag_block_s_events_stay_out() -> None:
    """An incident filed on a site concerns it; the other lots and sites that it names are not the lot's past."""
    lot, other = name("lot", "b"), name("lot", "c")
    elsewhere, incident = name("site", "t"), name("incident", "i")
    events = [
        an_event(0, "log.genesis", begins=["log"]),
        an_event(1, "site.registered", begins=[SITE]),
        an_event(2, "site.registered", begins=[elsewhere]),
        an_event(3, "lot.declared", begins=[other]),
        an_event(4, "lot.extracted", begins=[lot], body={"site": SITE}),
        an_event(5, "incident.opened", begins=[incident], about=[other, SITE, elsewhere]),
    ]
    found = closure(lot, read_from(events))
    assert SITE in found.included
    assert not {other, elsewhere, incident} & found.included.keys()


# By hand, from PROTOCOL section 6 and the members' meaning: which members of which body name a subject.
MARKED = {
    "tag.issued": {("site", "site"), ("party", "holder")},
    "lot.extracted": {("site", "site"), ("tag", "tags/*/block")},
    "lot.measured": {("party", "assay/laboratory")},
    "lot.dispatched": {("party", "carrier"), ("party", "consignee")},
    "lot.tendered": {("party", "receiver")},
    "lot.accepted": {("lot", "lots/*/lot")},
    "lot.handed_over": {("party", "receiver"), ("lot", "lots/*/lot")},
    "lot.exported": {("party", "consignee"), ("certificate", "certificate")},
    "lot.split": {
        ("lot", "edges/*/source"),
        ("lot", "edges/*/target"),
        ("lot", "losses/*/source"),
        ("lot", "outputs/*/lot"),
    },
    "certificate.issued": {("lot", "lot")},
}


@pytest.mark.parametrize("kind", sorted(MARKED))
def test_the_schema_marks_the_members_that_hold_subjects(kind: str) -> None:
    """Nested, in arrays and optional ones: each is found, and nothing else."""
    assert {(kind_of, "/".join(path)) for kind_of, path in marked_members(kind)} == MARKED[kind]


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_every_mark_of_a_type_s_schema_is_found(kind: str) -> None:
    """The walk sees as many different marked members as the schema's text has places that lead to one."""
    text = str(TYPES[kind].model_json_schema())
    assert bool(marked_members(kind)) == ("x-otc-subject" in text)


def test_subjects_in_a_body_are_of_the_marked_kind() -> None:
    """A text that is no subject, or one of another kind, is passed over; so is a body of the wrong shape."""
    site, block = name("site", "s"), name("tag", "t")
    good = an_event(1, "lot.extracted", body={"site": site, "tags": [{"block": block}, {"block": site}, 7]})
    assert set(subjects_in(good.payload)) == {("site", site), ("tag", block)}
    assert (
        list(subjects_in(an_event(1, "lot.extracted", body={"site": {"x": site}, "tags": 7}).payload)) == []
    )
    assert list(subjects_in(an_event(1, "lot.invented", body={"site": site}).payload)) == []


def test_values_are_found_by_their_path() -> None:
    """`*` is each item of an array or each member of an object with free names."""
    value: Any = {"a": [{"b": 1}, {"b": 2}, {"c": 3}], "m": {"x": 4, "y": 5}}
    assert list(values_at(value, ("a", "*", "b"))) == [1, 2]
    assert list(values_at(value, ("m", "*"))) == [4, 5]
    assert list(values_at(value, ())) == [value]


SUBJECTS = ["log"] + [name(kind, letter) for kind in ("lot", "account", "site", "policy") for letter in "bcd"]
PARTIES = [name("party", letter) for letter in "abcde"]


@st.composite
def tangles(draw: st.DrawFn) -> list[Event]:
    """Events that link anything with anything, cycles too: no journal would admit them."""
    events = [an_event(0, "log.genesis", begins=["log", *PARTIES[:2]])]
    kinds = ["lot.split", "lot.processed", "account.moved", "policy.published", "post.passed", "lot.invented"]
    for index in range(1, draw(st.integers(1, 12))):
        subjects = draw(st.lists(st.sampled_from(SUBJECTS + PARTIES), min_size=1, max_size=5, unique=True))
        cuts = sorted(draw(st.tuples(st.integers(0, 5), st.integers(0, 5))))
        lots = [subject for subject in subjects if subject.startswith("lot:")]
        edges = [{"source": source, "target": target} for source in lots for target in lots]
        events.append(
            an_event(
                index,
                draw(st.sampled_from(kinds)),
                begins=subjects[: cuts[0]],
                continues=subjects[cuts[0] : cuts[1]],
                about=subjects[cuts[1] :],
                body={"edges": edges, "country": "CD", "hs": "261590"},
                by=draw(st.lists(st.sampled_from("abcde"), min_size=1, max_size=3)),
            )
        )
    return events


@given(tangles(), st.randoms(use_true_random=False))
def test_the_closure_of_any_tangle_ends_and_is_closed(events: list[Event], dice: Random) -> None:
    """Whatever events say, the search ends; every signer of a path lot is in or listed, and no lot came from a file."""
    lot = name("lot", "b")
    found = closure(lot, read_from(events))
    known = found.included.keys() | found.missing.keys()
    for subject in found.path:
        for event in found.included[subject].events:
            assert {signer.party for signer in event.payload.signers} <= known
            assert {link.subject for link in event.payload.links if link.subject.startswith("site:")} <= known
    assert {subject for subject in found.included if subject.startswith("lot:")} == set(found.path)
    shuffled = list(events)
    dice.shuffle(shuffled)
    again = closure(lot, read_from(sorted(shuffled, key=lambda event: event.index)))
    assert again == found


@given(tangles(), st.sampled_from(SUBJECTS[1:]))
def test_leaving_a_subject_out_never_adds_one(events: list[Event], cut: str) -> None:
    """With less to read there is less in the closure, and what was left out is listed if it was in it."""
    lot = name("lot", "b")
    read = read_from(events)
    whole = closure(lot, read)
    less = closure(lot, lambda subject: None if subject == cut else read(subject))
    assert less.included.keys() <= whole.included.keys() - {cut}
    assert set(less.path) <= set(whole.path)
    if cut in whole.included:
        assert cut in less.missing
