"""Founding a log: a genesis signed by all it embeds, a folder that a server can open, nothing half done."""

from __future__ import annotations

import hashlib
import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from api.ceremony import copy_log, finish_ceremony, prepare_ceremony, write_demonstration_keys
from api.cosigning import add_signatures, read_draft
from api.founding import FoundingKeys, FoundingRefused, Terms, found, majority
from api.keyfiles import read_key
from corridor.policies import RULES_DIGEST
from ledger.envelope import read_entry, read_envelope
from ledger.errors import LedgerError
from ledger.keys import SigningKey
from ledger.note import COSIGNATURE_V1, VerifierKey
from ledger.quorum import TrustedWitness, read_trust
from ledger.store.sql import SqlStore

ORIGIN = "founding.demo"
AT_MS = 1_768_632_120_123
AT = "2026-01-17T06:42:00Z"
KEYS = FoundingKeys.from_entropy(b"e" * 32)


def genesis_of(folder: Path) -> dict[str, object]:
    """The body that genesis.json holds."""
    return read_envelope((folder / "genesis.json").read_bytes()).payload.body


def witness(number: int) -> TrustedWitness:
    """A witness with a key of its own."""
    key = SigningKey(bytes([100 + number]) * 32)
    name = f"w{number}.example/kat"
    return TrustedWitness(
        f"w{number}", VerifierKey.of(name, COSIGNATURE_V1, key.public), f"http://w{number}.example"
    )


def test_the_folder_holds_what_a_server_needs(tmp_path: Path) -> None:
    """The names are those of the published interface; private keys are private; no founder's key is inside."""
    found(tmp_path / "log", origin=ORIGIN, keys=KEYS, at_ms=AT_MS)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "log").iterdir()}
    assert modes.keys() == {"ledger.db", "log.key", "operator.key", "trust.policy", "genesis.json"}
    assert (modes["log.key"], modes["operator.key"]) == (0o600, 0o600)


def test_the_log_begins_with_its_genesis(tmp_path: Path) -> None:
    """Entry 0 is the envelope of genesis.json at the time given, and its id is the genesis hash."""
    founded = found(tmp_path / "log", origin=ORIGIN, keys=KEYS, at_ms=AT_MS)
    store = SqlStore.open(tmp_path / "log" / "ledger.db")
    with store.read() as snapshot:
        size, entry = snapshot.size(), read_entry(snapshot.entry(0))
    store.close()
    assert (size, entry.at, entry.envelope.event_id) == (1, AT_MS, founded.genesis_id)
    assert entry.envelope.raw == (tmp_path / "log" / "genesis.json").read_bytes() == founded.envelope
    assert entry.envelope.payload.claimed_at == AT


def test_a_genesis_is_signed_by_everybody_it_embeds(tmp_path: Path) -> None:
    """Three roots, the operator and two introducers; `log` and each of them begin with it (64 zeros)."""
    found(tmp_path / "log", origin=ORIGIN, keys=KEYS, at_ms=AT_MS)
    payload = read_envelope((tmp_path / "log" / "genesis.json").read_bytes()).payload
    everybody = {founder.party for founder in KEYS.everybody()}
    assert len(everybody) == 3 + 1 + 2
    assert {signer.party for signer in payload.signers} == everybody
    assert {link.subject: link.prev for link in payload.links} == dict.fromkeys([*everybody, "log"], "0" * 64)
    assert payload.log == "0" * 64


def test_a_genesis_fixes_thresholds_delays_and_rules(tmp_path: Path) -> None:
    """Two of three roots; a rule set by number and digest; the delays that were asked for."""
    found(tmp_path / "log", origin=ORIGIN, keys=KEYS, at_ms=AT_MS, root_delay_s=60, entries_public_after_s=9)
    body = genesis_of(tmp_path / "log")
    fixed = ("root_threshold", "root_delay_s", "entries_public_after_s", "log_origin", "rule_set")
    assert [body[name] for name in fixed] == [2, 60, 9, ORIGIN, {"number": 0, "digest": RULES_DIGEST}]


def test_the_same_dice_make_the_same_log(tmp_path: Path) -> None:
    """A demonstration can be repeated: same entropy and time, same genesis; other entropy, another."""
    one = found(tmp_path / "one", origin=ORIGIN, keys=FoundingKeys.from_entropy(b"e" * 32), at_ms=AT_MS)
    same = found(tmp_path / "same", origin=ORIGIN, keys=FoundingKeys.from_entropy(b"e" * 32), at_ms=AT_MS)
    other = found(tmp_path / "other", origin=ORIGIN, keys=FoundingKeys.from_entropy(b"f" * 32), at_ms=AT_MS)
    assert one == same
    assert one.genesis_id != other.genesis_id


def test_every_founder_has_keys_of_its_own() -> None:
    """Six founders with two keys each and the log's: thirteen different keys."""
    texts = {key.text for founder in KEYS.everybody() for key in (founder.key, founder.next_key)}
    assert len(texts | {KEYS.log.text}) == 13


@pytest.mark.parametrize(("count", "needed"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3)])
def test_a_majority_is_more_than_half(count: int, needed: int) -> None:
    """Two of three, three of four: never half."""
    assert majority(count) == needed


def test_the_trust_file_asks_for_a_majority_of_the_witnesses(tmp_path: Path) -> None:
    """Three witnesses: any two; the log's key and the genesis are named; the file has a date."""
    witnesses = [witness(number) for number in (1, 2, 3)]
    founded = found(tmp_path / "log", origin=ORIGIN, keys=KEYS, at_ms=AT_MS, witnesses=witnesses)
    trust = read_trust((tmp_path / "log" / "trust.policy").read_bytes())
    (group,) = trust.groups
    assert (group.name, group.threshold, group.members) == (trust.quorum, 2, ("w1", "w2", "w3"))
    assert list(trust.witnesses) == witnesses
    assert [str(log.key) for log in trust.logs] == [founded.vkey]
    assert trust.genesis == {ORIGIN: founded.genesis_id}
    assert trust.issued_ms == AT_MS // 1000 * 1000


def test_without_witnesses_nobody_is_asked(tmp_path: Path) -> None:
    """`quorum none`: a demonstration on one machine."""
    found(tmp_path / "log", origin=ORIGIN, keys=KEYS, at_ms=AT_MS)
    lines = (tmp_path / "log" / "trust.policy").read_text().splitlines()
    assert lines[-1] == "quorum none"


@pytest.mark.parametrize(
    "witnesses",
    [
        [witness(1), witness(1)],
        [replace(witness(1), name="a name")],
        [replace(witness(1), url="http://w1 and more")],
        [replace(witness(1), name="none")],
    ],
)
def test_a_trust_file_that_nobody_could_read_is_not_written(
    tmp_path: Path, witnesses: list[TrustedWitness]
) -> None:
    """A witness named twice, a name or an address of two words, a reserved name: refused before the log begins."""
    with pytest.raises(LedgerError):
        found(tmp_path, origin=ORIGIN, keys=KEYS, at_ms=AT_MS, witnesses=witnesses)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["ledger.db", "photo.jpg"])
def test_a_folder_in_use_is_refused(tmp_path: Path, name: str) -> None:
    """Whatever lies in the folder stays as it is."""
    (tmp_path / name).write_bytes(b"mine")
    with pytest.raises(FoundingRefused) as caught:
        found(tmp_path, origin=ORIGIN, keys=KEYS, at_ms=AT_MS)
    assert caught.value.code == "founding.in_use"
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [(name, b"mine")]


def test_a_founding_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """An origin that no log can have: no keys, no database are left in the folder."""
    with pytest.raises(LedgerError):
        found(tmp_path, origin="Not An Origin", keys=KEYS, at_ms=AT_MS)
    assert list(tmp_path.iterdir()) == []


def test_a_founder_cannot_stand_twice(tmp_path: Path) -> None:
    """A root that is also the operator would count as two voices."""
    twice = FoundingKeys(KEYS.roots, KEYS.roots[0], KEYS.introducers, KEYS.log)
    with pytest.raises(FoundingRefused) as caught:
        found(tmp_path, origin=ORIGIN, keys=twice, at_ms=AT_MS)
    assert caught.value.code == "founding.refused"


def test_weak_dice_are_refused() -> None:
    """Sixteen bytes are not enough for a log's keys."""
    with pytest.raises(FoundingRefused):
        FoundingKeys.from_entropy(b"e" * 16)


def prepared(folder: Path, introducers: int = 2) -> Path:
    """A ceremony's data folder with its draft."""
    prepare_ceremony(
        folder,
        Terms(ORIGIN, 2),
        roots=[root.inception for root in KEYS.roots],
        introducers=[each.inception for each in KEYS.introducers[:introducers]],
        entropy=b"o" * 32,
        at_ms=AT_MS,
    )
    return folder


def signed_by(draft: Path, keys: list[SigningKey], target: Path) -> Path:
    """What `otc sign` leaves for some keys."""
    target.write_bytes(add_signatures(read_draft(draft.read_bytes()), keys).envelope() + b"\n")
    return target


def test_a_ceremony_is_finished_with_signatures_made_apart(tmp_path: Path) -> None:
    """Five founders sign five copies of the draft; the operator's signature is added; the log begins."""
    log = prepared(tmp_path / "log")
    founders = [*KEYS.roots, *KEYS.introducers]
    files = [
        signed_by(log / "genesis.draft", [founder.key], tmp_path / f"by-{number}")
        for number, founder in enumerate(founders)
    ]
    founded = finish_ceremony(log, files, at_ms=AT_MS + 86_400_000)
    assert not (log / "genesis.draft").exists()
    assert read_envelope((log / "genesis.json").read_bytes()).event_id == founded.genesis_id
    operator = read_key(log / "operator.key").text
    assert genesis_of(log)["operator"]["key"] == operator


def test_a_ceremony_without_introducers_leaves_admission_to_the_roots(tmp_path: Path) -> None:
    """Three roots alone can begin a log: the root quorum admits the first introducer later."""
    log = prepared(tmp_path / "log", introducers=0)
    file = signed_by(log / "genesis.draft", [root.key for root in KEYS.roots], tmp_path / "signed")
    finish_ceremony(log, [file], at_ms=AT_MS)
    assert genesis_of(log)["introducers"] == []


def test_a_ceremony_waits_for_everybody(tmp_path: Path) -> None:
    """Two roots of three have signed: the third is named, and nothing begins."""
    log = prepared(tmp_path / "log", introducers=0)
    file = signed_by(log / "genesis.draft", [root.key for root in KEYS.roots[:2]], tmp_path / "signed")
    with pytest.raises(FoundingRefused) as caught:
        finish_ceremony(log, [file], at_ms=AT_MS)
    assert KEYS.roots[2].key.text in caught.value.detail
    assert not (log / "ledger.db").exists()


def test_signatures_of_another_draft_do_not_count(tmp_path: Path) -> None:
    """What the roots signed for one log cannot found another."""
    here, there = prepared(tmp_path / "here", introducers=0), tmp_path / "there"
    prepare_ceremony(
        there,
        Terms("other.demo", 2),
        roots=[root.inception for root in KEYS.roots],
        introducers=[],
        entropy=b"x" * 32,
        at_ms=AT_MS,
    )
    file = signed_by(there / "genesis.draft", [root.key for root in KEYS.roots], tmp_path / "signed")
    with pytest.raises(LedgerError) as caught:
        finish_ceremony(here, [file], at_ms=AT_MS)
    assert caught.value.code == "form.value"


def test_what_the_server_must_not_have_lies_beside_its_folder(tmp_path: Path) -> None:
    """Founders' keys of a demonstration: a folder of their own, for their owner alone."""
    folder = write_demonstration_keys(tmp_path / "log", KEYS)
    assert (folder.name, stat.S_IMODE(folder.stat().st_mode)) == ("log-roots", 0o700)
    keys = {read_key(folder / f"root-{number}").text for number in (1, 2, 3)}
    assert keys == {root.key.text for root in KEYS.roots}


def test_a_play_can_be_begun_again(tmp_path: Path) -> None:
    """The copy has the genesis, its time and the keys, and no other entry."""
    founded = found(tmp_path / "play" / "ledger", origin=ORIGIN, keys=KEYS, at_ms=AT_MS)
    copy = copy_log(tmp_path / "copy", tmp_path / "play")
    assert copy == founded
    for name in ("genesis.json", "log.key", "operator.key"):
        ours, theirs = tmp_path / "copy" / name, tmp_path / "play" / "ledger" / name
        assert hashlib.sha256(ours.read_bytes()).digest() == hashlib.sha256(theirs.read_bytes()).digest()
    store = SqlStore.open(tmp_path / "copy" / "ledger.db")
    with store.read() as snapshot:
        assert (snapshot.size(), snapshot.last_at()) == (1, AT_MS)
    store.close()


def test_a_real_log_cannot_be_begun_again(tmp_path: Path) -> None:
    """Two logs with one key are a fork: only an origin that ends in .demo may be copied."""
    found(tmp_path / "log", origin="log.example/otc", keys=KEYS, at_ms=AT_MS)
    with pytest.raises(FoundingRefused):
        copy_log(tmp_path / "copy", tmp_path / "log")
    assert not (tmp_path / "copy").exists()


def test_the_genesis_is_json_that_anybody_reads(tmp_path: Path) -> None:
    """genesis.json is a DSSE envelope: its payload is JSON once more."""
    import base64

    founded = found(tmp_path / "log", origin=ORIGIN, keys=KEYS, at_ms=AT_MS)
    outer = json.loads((tmp_path / "log" / "genesis.json").read_bytes())
    payload = base64.b64decode(outer["payload"])
    kind = outer["payloadType"]
    pae = f"DSSEv1 {len(kind)} {kind} {len(payload)} ".encode() + payload
    assert hashlib.sha256(pae).hexdigest() == founded.genesis_id
    assert json.loads(payload)["type"] == "log.genesis"
