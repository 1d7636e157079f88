"""Steps 1-5: each way in which a bundle can be false has a step, a code and a sentence (PROTOCOL sections 9, 11)."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from certifiers.bundle import BundleError
from certifiers.examined import Disclosure, Examined, Failure
from certifiers.steps import STEP_CODES, STEP_OF, examine
from ledger import merkle
from ledger.canonical import write
from ledger.checkpoint import Checkpoint
from ledger.cosignature import cosign
from ledger.envelope import (
    BATCH_TYPE,
    BatchPath,
    Link,
    Signature,
    Signer,
    assemble,
    entry_bytes,
    format_time,
    pae,
    read_entry,
    read_envelope,
    sign,
    write_payload,
)
from ledger.heads import bucket_of, root_at
from ledger.heads_proof import build_heads_proof
from ledger.keys import encode_multikey
from ledger.merkle import leaf_hash, node_hash
from ledger.note import VerifierKey, sign_note, write_note
from ledger.trust_file import TrustedLog

ZEROS = "0" * 64
IDENTITY_POINT = bytes([1]) + bytes(31)  # RFC 8032: the neutral element, (0, 1)
Built = Any
"""A value of a class of conftest.py, which has no name here: tests are no package."""
Opener = Callable[[bytes], Built]


def examined(story: SimpleNamespace, data: bytes, **asked: object) -> Examined:
    """What the steps establish; the test fails if they do not."""
    found = examine(data, story.trust, **asked)
    assert isinstance(found, Examined), found
    return found


def filings(story: SimpleNamespace) -> int:
    """How many events a bundle of the lot has in the lot's file."""
    return len(examined(story, story.scene.bundle(story.lot)).files[story.lot])


# What steps 1-5 establish


def test_an_honest_bundle_passes(story: SimpleNamespace) -> None:
    """Everything that the store knows of the subjects is established, from the file and the trust file alone."""
    found = examined(story, story.scene.bundle(story.lot))
    assert (found.lot, found.genesis) == (story.lot, story.scene.genesis)
    with story.scene.store.read() as snapshot:
        size = snapshot.heads_size()
        assert found.size == size == snapshot.size() - 1
        assert found.checkpoint.size == size + 1
        for subject in found.chains:
            assert list(found.chains[subject]) == snapshot.chain(subject, size)
            assert list(found.files[subject]) == snapshot.file(subject, size)
        assert all(entry.raw == snapshot.entry(index) for index, entry in found.entries.items())
    assert found.quorum.mirrors
    assert found.absent == frozenset()


def test_every_lot_of_the_log_has_a_bundle_that_passes(story: SimpleNamespace) -> None:
    """Drawn, split, moved, exported: whatever happened to a lot, its bundle holds, gzipped as well."""
    with story.scene.store.read() as snapshot:
        lots = snapshot.subjects("lot")
    assert len(lots) == 10
    for lot in lots:
        assert examined(story, story.scene.bundle(lot)) == examined(
            story, story.scene.bundle(lot, gzipped=True), lot=lot
        )


def test_a_bundle_of_an_older_checkpoint_holds_as_of_then(fresh_story: SimpleNamespace) -> None:
    """What was published once can be verified for ever: later events change nothing of it."""
    story = fresh_story
    before = story.scene.bundle(story.lot)
    story.scene.post(
        "post.passed", story.scene.players["customs"], {"country": "CD", "post": "CD-GOMA"}, about=[story.lot]
    )
    story.scene.publish()
    assert len(examined(story, story.scene.bundle(story.lot)).files[story.lot]) == 1 + len(
        examined(story, before).files[story.lot]
    )


def test_the_as_of_time_is_the_quorum_s(story: SimpleNamespace) -> None:
    """Both witnesses cosigned in one second: that second is what the heads are known as of."""
    found = examined(story, story.scene.bundle(story.lot))
    assert found.as_of_ms == found.quorum.cosigned["mirror"] * 1000


def test_without_a_quorum_the_as_of_time_is_the_heads_own(story: SimpleNamespace) -> None:
    """Whatever else signed: the trust file asks for nobody."""
    found = examine(story.scene.bundle(story.lot), story.scene.trust(quorum="quorum none\n"))
    assert isinstance(found, Examined)
    assert found.as_of_ms == found.entries[found.size].at


def test_a_simulated_log_s_as_of_time_is_the_heads_own(make_scene: Callable[[str], Any]) -> None:
    """Origins that end in .demo have no clock but the simulation's."""
    scene = make_scene("otc.example/kivu.demo")
    lot = scene.declare(scene.join("plant"), "R-1", 1_000)
    heads_at = scene.now
    scene.now += 60_000
    pending = scene.log.cut(heads_at)
    lines = scene.cosignatures(pending.size, pending.root, ("mirror", "customs"))
    scene.log.publish(pending, pending.note + "".join(lines))
    found = examine(scene.bundle(lot), scene.trust())
    assert isinstance(found, Examined)
    assert found.as_of_ms == heads_at


def test_an_unknown_type_does_not_end_the_steps(fresh_story: SimpleNamespace) -> None:
    """A later release's event is signed, included and in its file; what it means is for the steps after."""
    story, scene = fresh_story, fresh_story.scene
    before = filings(story)
    for kind, body in (
        ("lot.blessed", {"by": "nobody"}),
        ("tax.paid", {}),
        ("lot.sealed", {"colour": "red"}),
    ):
        scene.force(scene.envelope(kind, scene.players["trader"], body, about=[story.lot]))
    scene.publish()
    assert filings(story) == before + 3


def test_a_batch_signature_holds_for_each_event_of_the_batch(fresh_story: SimpleNamespace) -> None:
    """Two events signed once over the root of their tree (PROTOCOL section 5) pass step 4, a third one does not."""
    story, scene = fresh_story, fresh_story.scene
    before = filings(story)
    customs = scene.players["customs"]
    plain = [
        read_envelope(
            scene.envelope("post.passed", customs, {"country": "CD", "post": post}, about=[story.lot])
        )
        for post in ("CD-GOMA", "CD-BUKAVU")
    ]
    leaves = [leaf_hash(bytes.fromhex(one.event_id)) for one in plain]
    root = node_hash(*leaves).hex()
    statement = write({"log": scene.genesis, "root": root, "size": 2, "v": 1})
    sig = customs.key.sign(pae(BATCH_TYPE, statement))
    for index, one in enumerate(plain):
        path = BatchPath(index, 2, (leaves[1 - index],))
        scene.force(assemble(one.payload.raw, [Signature(customs.key.text, sig, path)]))
    scene.publish()
    assert filings(story) == before + 2
    third = read_envelope(scene.envelope("post.passed", customs, {}, about=[story.lot]))
    path = BatchPath(0, 2, (leaves[1],))
    index = scene.force(assemble(third.payload.raw, [Signature(customs.key.text, sig, path)]))
    scene.publish()
    failure = examine(scene.bundle(story.lot), story.trust)
    assert (failure.code, failure.index) == ("envelope.signature", index)


def test_a_lot_can_be_proved_not_to_exist(story: SimpleNamespace) -> None:
    """A bundle about a lot that nobody has begun: the log is whole, and the lot absent."""
    lot = story.scene.players["trader"].subject("lot", "NEVER-1")
    found = examined(story, story.scene.bundle(lot, absent=[lot]), lot=lot)
    assert found.absent == {lot}
    assert lot not in found.chains


def beside(subject: str, player: Built) -> str:
    """A certificate that does not exist and would stand in the bucket of a subject that does."""
    names = (player.subject("certificate", f"C{number}") for number in count())
    return next(name for name in names if bucket_of(name) == bucket_of(subject))


def test_what_stands_beside_an_absent_subject_and_is_named_is_whole(story: SimpleNamespace) -> None:
    """The sibling's leaf is shown to prove an absence; as the split names the sibling, all of it is in the bundle."""
    absent = beside(story.sibling, story.scene.players["certifier"])
    data = story.scene.bundle(story.lot, absent=[absent])
    found = examined(story, data)
    assert found.absent == {absent}
    assert story.sibling in found.chains


def test_what_stands_beside_an_absent_subject_and_is_not_named_is_only_a_leaf(story: SimpleNamespace) -> None:
    """A neighbour that no bundled event names proves the absence and brings nothing."""
    absent = beside(story.second_in, story.scene.players["certifier"])
    data = story.scene.bundle(story.lot, absent=[absent])
    assert story.second_in not in examined(story, data).chains


def test_disclosures_travel_with_their_event(story: SimpleNamespace) -> None:
    """The supplier that was committed to is opened beside the log; a disclosure of another lot's event stays out."""
    opened = Disclosure(story.declared_first, "supplier", story.salt, story.supplier)
    data = story.scene.bundle(story.first_drawn, disclosures=[opened])
    assert examined(story, data).disclosures == (opened,)
    assert examined(story, story.scene.bundle(story.lot, disclosures=[opened])).disclosures == ()


# What ends the steps


def an_act(story: SimpleNamespace, **members: object) -> bytes:
    """An honest filing of customs on the lot."""
    said = {"about": [story.lot], "body": {"country": "CD", "post": "CD-GOMA"}, **members}
    body = said.pop("body")
    return story.scene.envelope("post.passed", story.scene.players["customs"], body, **said)


def forced(story: SimpleNamespace, envelope: bytes, **choices: object) -> bytes:
    """The bundle after a crooked operator let an event in."""
    story.scene.force(envelope, **choices)
    story.scene.publish()
    return story.scene.bundle(story.lot)


def unsigned(story: SimpleNamespace, kind: str, key: str, party: str, **members: object) -> bytes:
    """An envelope whose one signature is 64 zeros."""
    payload = write_payload(
        log=story.scene.genesis,
        type=kind,
        actor=party,
        signers=[Signer(key, party)],
        claimed_at=format_time(story.scene.now),
        counter=0,
        **{"body": {}, **members},
    )
    return assemble(payload, [Signature(key, bytes(64), None)])


def stated(story: SimpleNamespace, by: str = "operator", **members: object) -> bytes:
    """The bundle of a checkpoint that ends with a statement whose members are replaced."""
    scene = story.scene
    with scene.store.read() as snapshot:
        said = {"size": snapshot.size(), "root": root_at(snapshot, snapshot.size()).hex(), **members}
    kind = said.pop("type", "log.heads")
    scene.state(
        scene.envelope(
            kind, scene.players[by], {key: value for key, value in said.items() if value is not None}
        )
    )
    return scene.bundle(story.lot)


def edited(story: SimpleNamespace, open_bundle: Opener, lot: str = "", **members: object) -> bytes:
    """The bundle with members of its header replaced."""
    opened = open_bundle(story.scene.bundle(lot or story.lot))
    opened.header |= members
    return opened.write()


def without_entry(story: SimpleNamespace, open_bundle: Opener, index: int) -> bytes:
    """The bundle without one entry, its multiproof made anew."""
    opened = open_bundle(story.scene.bundle(story.lot))
    del opened.entries[index]
    return reproved(story, opened)


def with_entry(story: SimpleNamespace, open_bundle: Opener, index: int) -> bytes:
    """The bundle with one more entry of the log, its multiproof made anew."""
    opened = open_bundle(story.scene.bundle(story.lot))
    with story.scene.store.read() as snapshot:
        opened.entries[index] = snapshot.entry(index)
    return reproved(story, opened)


def reproved(story: SimpleNamespace, opened: Built) -> bytes:
    """The bundle with the right multiproof for its entries."""
    with story.scene.store.read() as snapshot:
        return opened.prove(snapshot, snapshot.size()).write()


def noted(story: SimpleNamespace, open_bundle: Opener, change: Callable[[str], str]) -> bytes:
    """The bundle with another note."""
    opened = open_bundle(story.scene.bundle(story.lot))
    opened.header["checkpoint"] = change(opened.header["checkpoint"])
    return opened.write()


def batch_signed_genesis(story: SimpleNamespace, open_bundle: Opener) -> bytes:
    """The genesis with its first signature turned into one over a batch."""
    opened = open_bundle(story.scene.bundle(story.lot))
    entry = read_entry(opened.entries[0])
    first, *others = entry.envelope.signatures
    batched = replace(first, batch=BatchPath(0, 2, (bytes(32),)))
    opened.entries[0] = entry_bytes(entry.at, assemble(entry.envelope.payload.raw, [batched, *others]))
    return opened.write()


def party_in_another_name(story: SimpleNamespace) -> bytes:
    """An inception that begins a party of another id."""
    scene = story.scene
    one, other = scene.make_player("one"), scene.make_player("other")
    body = {"inception": one.inception}
    return scene.envelope("party.incepted", [other, one], body, links=[other.party], about=[story.lot])


def party_by_another_type(story: SimpleNamespace) -> bytes:
    """A party that begins in an event of a type that begins none."""
    one = story.scene.make_player("one")
    body = {"inception": one.inception}
    return story.scene.envelope("party.adopted", one, body, links=[one.party], about=[story.lot])


def lot_in_another_name(story: SimpleNamespace) -> bytes:
    """A lot of the plant's that the trader begins."""
    lot = story.scene.players["plant"].subject("lot", "STOLEN-1")
    return story.scene.envelope(
        "lot.declared", story.scene.players["trader"], {}, links=[lot], about=[story.lot]
    )


def broken_prev(story: SimpleNamespace) -> bytes:
    """An event of the lot's custodian that builds on something else than the head."""
    importer = story.scene.players["importer"]
    payload = write_payload(
        log=story.scene.genesis,
        type="lot.stored",
        actor=importer.party,
        signers=[Signer(importer.key.text, importer.party)],
        claimed_at=format_time(story.scene.now),
        counter=9,
        links=[Link("ab" * 32, story.lot)],
        body={"post": "CD-GOMA"},
    )
    return sign(payload, [importer.key])


def twice(story: SimpleNamespace) -> bytes:
    """An event and once more the same."""
    act = an_act(story)
    story.scene.force(act)
    return forced(story, act, event_id="ab" * 32)


def damaged_signature(envelope: bytes) -> bytes:
    """The envelope with a bit of its signature turned."""
    read = read_envelope(envelope)
    first = read.signatures[0]
    return assemble(read.payload.raw, [replace(first, sig=bytes([first.sig[0] ^ 1]) + first.sig[1:])])


def without_entries(story: SimpleNamespace, open_bundle: Opener) -> bytes:
    """A header alone, that says so."""
    opened = open_bundle(story.scene.bundle(story.lot))
    opened.entries.clear()
    return opened.write()


def another_checkpoint(story: SimpleNamespace) -> int:
    """The index of the newest heads, after which one event and another checkpoint came."""
    index = story.scene.signed().size - 1
    forced(story, an_act(story))
    return index


def with_index_beyond(story: SimpleNamespace, open_bundle: Opener) -> bytes:
    """The bundle with its last entry said to stand beyond the log."""
    opened = open_bundle(story.scene.bundle(story.lot))
    opened.entries[10**6] = opened.entries.pop(story.scene.signed().size - 1)
    return opened.write()


def disclosed(story: SimpleNamespace, open_bundle: Opener, copies: int = 1, **members: str) -> bytes:
    """A bundle with a disclosure of which members are replaced."""
    true = {"event": story.declared_first, "name": "supplier", "salt": story.salt, "value": story.supplier}
    return edited(story, open_bundle, story.first_drawn, disclosures=[{**true, **members}] * copies)


def old_heads(story: SimpleNamespace, open_bundle: Opener) -> bytes:
    """The heads of the first checkpoint at the end of a bundle with the note of the second."""
    opened = open_bundle(story.scene.bundle(story.lot))
    for index in [index for index in opened.entries if index > story.first_heads_index]:
        del opened.entries[index]
    return reproved(story, opened)


def old_heads_proof(story: SimpleNamespace, open_bundle: Opener) -> bytes:
    """The heads proof of a bundle with hashes changed for those of another root."""
    heads = open_bundle(story.scene.bundle(story.lot)).header["heads"]
    other = open_bundle(story.scene.bundle(story.first_drawn)).header["heads"]
    return edited(story, open_bundle, heads={**heads, "proof": other["proof"]})


def leaf_over(story: SimpleNamespace, open_bundle: Opener) -> bytes:
    """A bundle whose heads show one subject more than its events name."""
    found = examined(story, story.scene.bundle(story.lot))
    with story.scene.store.read() as snapshot:
        heads = build_heads_proof(snapshot, [*found.chains, story.second_in], [])
    return edited(story, open_bundle, heads=heads)


def begins_again(story: SimpleNamespace) -> bytes:
    """A root that begins the log's own chain a second time."""
    root = story.scene.players["root 1"]
    payload = write_payload(
        log=story.scene.genesis,
        type="log.rules",
        actor=root.party,
        signers=[Signer(root.key.text, root.party)],
        claimed_at=format_time(story.scene.now),
        counter=9,
        links=[Link(ZEROS, "log")],
        body={},
    )
    return sign(payload, [root.key])


def filed(story: SimpleNamespace) -> int:
    """The index of an event that is only in the lot's file."""
    with story.scene.store.read() as snapshot:
        return snapshot.file(story.lot, snapshot.size())[-1]


Case = Callable[[SimpleNamespace, Opener], bytes]
CASES: Mapping[str, Mapping[str, Case]] = {
    "bundle.size": {"large": lambda s, o: bytes(16 * 2**20 + 1)},
    "bundle.ratio": {"zeros": lambda s, o: gzip.compress(bytes(2**20))},
    "bundle.gzip": {"cut": lambda s, o: s.scene.bundle(s.lot, gzipped=True)[:-1]},
    "bundle.lines": {"no last LF": lambda s, o: s.scene.bundle(s.lot)[:-1]},
    "bundle.header": {"two versions": lambda s, o: edited(s, o, v=2)},
    "bundle.entry": {"damaged": lambda s, o: s.scene.bundle(s.lot)[:-9] + b"}}\n"},
    "checkpoint.note": {
        "no note": lambda s, o: edited(s, o, checkpoint="otc.example/test\n2\n"),
        "extension": lambda s, o: noted(s, o, lambda note: note.replace("\n\n", "\nmore\n\n", 1)),
    },
    "checkpoint.origin": {
        "unknown": lambda s, o: noted(
            s, o, lambda note: note.replace("otc.example/test\n", "otc.example/x\n", 1)
        ),
    },
    "checkpoint.signature": {
        "other size": lambda s, o: noted(
            s, o, lambda note: note.replace(f"\n{s.scene.signed().size}\n", "\n99\n", 1)
        ),
        "no log": lambda s, o: noted(
            s,
            o,
            lambda note: "".join(
                line for line in note.splitlines(keepends=True) if not line.startswith("— otc.example")
            ),
        ),
        "bad cosignature": lambda s, o: noted(
            s,
            o,
            lambda note: (
                note
                + cosign("otc.example/test\n1\nAAAA\n", "w.example/mirror", s.scene.witness_keys["mirror"], 7)
            ),
        ),
    },
    "checkpoint.quorum": {
        "one witness": lambda s, o: noted(s, o, lambda note: "".join(note.splitlines(keepends=True)[:-1])),
    },
    "checkpoint.genesis": {
        "left out": lambda s, o: without_entry(s, o, 0),
        "other header": lambda s, o: edited(s, o, log="ab" * 32),
        "batch": batch_signed_genesis,
        "no entries": without_entries,
    },
    "checkpoint.other_log": {"other": lambda s, o: forced(s, an_act(s, log="ab" * 32))},
    "inclusion.proof": {
        "none": lambda s, o: edited(s, o, proof=""),
        "swapped": lambda s, o: edited(s, o, proof=o(s.scene.bundle(s.first_drawn)).header["proof"]),
        "beyond": with_index_beyond,
    },
    "inclusion.time": {"back": lambda s, o: forced(s, an_act(s), at=s.scene.now - 10**9)},
    "envelope.repeated": {"twice": lambda s, o: twice(s)},
    "envelope.key": {
        "identity": lambda s, o: forced(
            s,
            unsigned(
                s,
                "post.passed",
                encode_multikey(IDENTITY_POINT),
                s.scene.players["customs"].party,
                about=[s.lot],
            ),
        ),
    },
    "envelope.signature": {"a bit": lambda s, o: forced(s, damaged_signature(an_act(s)))},
    "envelope.party_id": {
        "other inception": lambda s, o: forced(s, party_in_another_name(s)),
        "other type": lambda s, o: forced(s, party_by_another_type(s)),
    },
    "envelope.first_event": {"stolen": lambda s, o: forced(s, lot_in_another_name(s))},
    "envelope.disclosure": {
        "other value": lambda s, o: disclosed(s, o, value="GOMA-7"),
        "other salt": lambda s, o: disclosed(s, o, salt="ab" * 32),
        "other name": lambda s, o: disclosed(s, o, name="price"),
        "other event": lambda s, o: disclosed(s, o, event=s.first_heads),
        "twice": lambda s, o: disclosed(s, o, copies=2),
    },
    "heads.statement": {
        "by a root": lambda s, o: stated(s, by="root 1"),
        "size": lambda s, o: stated(s, size=10),
        "true": lambda s, o: stated(s, size=True),
        "upper case": lambda s, o: stated(s, root="AB" * 32),
        "no root": lambda s, o: stated(s, root=None),
        "another member": lambda s, o: stated(s, more=1),
        "another type": lambda s, o: stated(s, type="log.feet"),
        "old heads": old_heads,
    },
    "heads.proof": {
        "another root": lambda s, o: stated(s, root="ab" * 32),
        "no hashes": lambda s, o: edited(
            s, o, heads={**o(s.scene.bundle(s.lot)).header["heads"], "proof": ""}
        ),
        "another lot's": old_heads_proof,
    },
    "heads.absent": {"present": lambda s, o: edited(s, o, absent=[s.lot])},
    "heads.over": {
        "an entry": lambda s, o: with_entry(s, o, s.scene.index_of(s.scene.head(s.first_in))),
        "heads that no `after` names": lambda s, o: with_entry(s, o, another_checkpoint(s)),
        "a leaf": leaf_over,
    },
    "heads.chain": {
        "an event left out": lambda s, o: without_entry(s, o, s.scene.index_of(s.split)),
        "broken": lambda s, o: forced(s, broken_prev(s)),
        "the genesis twice": lambda s, o: forced(s, begins_again(s)),
    },
    "heads.file": {"an event left out": lambda s, o: without_entry(s, o, filed(s))},
    "heads.not_whole": {
        "the lot": lambda s, o: s.scene.bundle(s.lot, cut=[s.lot]),
        "the log": lambda s, o: s.scene.bundle(s.lot, cut=["log"]),
    },
}


ALL = [(code, name) for code, cases in CASES.items() for name in cases]


@pytest.mark.parametrize(("code", "name"), ALL, ids=[f"{code} {name}" for code, name in ALL])
def test_a_false_bundle_ends_at_its_step(
    fresh_story: SimpleNamespace, open_bundle: Opener, code: str, name: str
) -> None:
    """The first step that does not hold names its code; the sentence is the catalogue's."""
    failure = examine(CASES[code][name](fresh_story, open_bundle), fresh_story.trust)
    assert isinstance(failure, Failure)
    assert failure.code == code
    assert failure.step == STEP_OF[code.partition(".")[0]]
    assert failure.detail.startswith(STEP_CODES[code])


def test_the_bundle_of_another_lot_is_refused(story: SimpleNamespace) -> None:
    """The bearer chooses the bundle; who asks for a lot is not shown another."""
    failure = examine(story.scene.bundle(story.sibling), story.trust, lot=story.lot)
    assert (failure.step, failure.code) == (1, "bundle.other_lot")


def test_a_log_without_a_genesis_line_is_not_trusted(story: SimpleNamespace) -> None:
    """A key alone does not say which log it signs for."""
    failure = examine(story.scene.bundle(story.lot), replace(story.trust, genesis={}))
    assert (failure.step, failure.code) == (2, "checkpoint.origin")


def test_a_weak_key_in_a_trust_file_is_refused(story: SimpleNamespace) -> None:
    """Key admission is done again, whoever read the file."""
    weak = TrustedLog(VerifierKey.of("otc.example/weak", 1, IDENTITY_POINT))
    failure = examine(story.scene.bundle(story.lot), replace(story.trust, logs=(*story.trust.logs, weak)))
    assert (failure.step, failure.code) == (2, "checkpoint.weak_key")


def test_a_log_of_one_entry_has_no_bundle(scene: Built) -> None:
    """Size two at least: a genesis, and the heads that speak of it."""
    lot = scene.declare(scene.join("plant"), "R-1", 1_000)
    scene.publish()
    with scene.store.read() as snapshot:
        text = Checkpoint(scene.origin, 1, merkle.root(snapshot, 1)).text()
    note = write_note(text, [sign_note(text, scene.origin, scene.log_key)])
    header = scene.bundle(lot).split(b"\n")[0]
    small = write({**json.loads(header), "checkpoint": note}) + b"\n"
    data = small + scene.bundle(lot).split(b"\n", 1)[1]
    failure = examine(data, scene.trust(quorum="quorum none\n"))
    assert (failure.step, failure.code) == (2, "checkpoint.size")


def test_a_neighbour_that_is_named_and_not_whole_is_refused(
    story: SimpleNamespace, open_bundle: Opener
) -> None:
    """Its leaf says that it is in the bundle; then all of its events are."""
    absent = beside(story.sibling, story.scene.players["certifier"])
    opened = open_bundle(story.scene.bundle(story.lot, absent=[absent]))
    assert story.scene.index_of(story.scene.head(story.sibling)) in opened.entries
    plain = open_bundle(story.scene.bundle(story.lot))
    plain.header |= {"absent": [absent], "heads": opened.header["heads"]}
    failure = examine(reproved(story, plain), story.trust)
    assert (failure.step, failure.code) == (5, "heads.chain")


def test_a_bundle_of_another_log_is_refused(story: SimpleNamespace, make_scene: Callable[[str], Any]) -> None:
    """A log with the same origin and witnesses and another genesis: its key is not the trusted one."""
    other = make_scene("otc.example/other")
    lot = other.declare(other.join("plant"), "R-1", 1_000)
    other.publish()
    assert isinstance(examine(other.bundle(lot), other.trust()), Examined)
    failure = examine(other.bundle(lot), story.trust)
    assert (failure.step, failure.code) == (2, "checkpoint.origin")


def test_every_code_has_its_sentence_and_its_case() -> None:
    """No code is promised that nothing provokes, and none comes without a sentence."""
    elsewhere = {"bundle.other_lot", "bundle.keys", "checkpoint.weak_key", "checkpoint.size"}
    assert set(CASES) | elsewhere == set(STEP_CODES)
    assert {code.partition(".")[0] for code in STEP_CODES} == set(STEP_OF)
    assert all(sentence.endswith(".") for sentence in STEP_CODES.values())


def test_an_unknown_or_unpublished_lot_has_no_bundle(scene: Built) -> None:
    """The assembly says so with a code: before the first checkpoint, before the next one, and for a name of nobody's."""
    plant = scene.join("plant")
    lot = scene.declare(plant, "R-1", 1_000)
    with pytest.raises(BundleError, match=r"bundle\.unpublished"):
        scene.bundle(lot)
    scene.publish()
    assert scene.bundle(lot)
    new = scene.declare(plant, "R-2", 1_000)
    for unknown in (new, plant.subject("lot", "R-3")):
        with pytest.raises(BundleError, match=r"bundle\.unknown_lot"):
            scene.bundle(unknown)
