"""The mutant campaign: whatever is done to a bundle, nobody is shown more than the log holds.

A mutant is refused by steps 1-5, or gives the identical report, or one in which no claim is stronger and no mass
covered is greater; and never a traceback. OTC_MUTANTS sets the scale: 6,000 by default, which makes 5,506 mutants.
"""

from __future__ import annotations

import base64
import json
import os
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from itertools import combinations
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from certifiers.bundle import compress
from certifiers.examined import Examined, Failure
from certifiers.steps import examine
from certifiers.verifier import verify
from ledger.heads_proof import build_heads_proof

MUTANTS = int(os.environ.get("OTC_MUTANTS", "6000"))
SEED = 2026
Mutant = tuple[str, bytes]
Opener = Callable[[bytes], Any]


@dataclass
class Target:
    """A bundle to be mutated, and the log that it came from."""

    story: SimpleNamespace
    lot: str
    data: bytes
    open_bundle: Opener
    other_log: list[bytes]

    def edited(self, **members: object) -> bytes:
        """The bundle with members of its header replaced."""
        opened = self.open_bundle(self.data)
        opened.header |= members
        return opened.write()


def another_log(make_scene: Callable[[str], Any]) -> list[bytes]:
    """The entries of a log of somebody else's, as many as a bundle can have indexes here."""
    scene = make_scene("otc.example/other")
    for code in range(40):
        scene.join(f"party {code}")
    scene.publish()
    with scene.store.read() as snapshot:
        return list(snapshot.entries(0, snapshot.size()))


def with_troubles(story: SimpleNamespace) -> SimpleNamespace:
    """The story goes on: a critical incident holds the lot, its certificate is withdrawn, its site turns red."""
    scene, by = story.scene, story.scene.players
    incident = by["mines"].subject("incident", "I-2")
    opened = {"incident_class": "forced_labour", "severity": "critical"}
    scene.post(
        "incident.opened", by["mines"], opened, links=[incident], about=sorted([story.lot, story.north_site])
    )
    withdrawn = {"status": "withdrawn", "reason": "FALSE-PAPERS"}
    scene.post(
        "certificate.status_changed",
        by["certifier"],
        withdrawn,
        links=[story.certificate],
        about=[story.lot],
    )
    scene.inspect(by["inspector"], story.south_site, "red")
    suspended = {"status": "suspended", "reason": "UNDER-INQUIRY"}
    introducers = [by["introducer 1"], by["introducer 2"]]
    hands = [(introducer, introducer.officers[0]) for introducer in introducers]
    scene.post("party.status_changed", hands, suspended, about=[by["certifier"].party])
    scene.publish()
    return story


@pytest.fixture(scope="module")
def targets(
    story: SimpleNamespace,
    tell_story: Callable[[], SimpleNamespace],
    open_bundle: Opener,
    make_scene: Callable[[str], Any],
) -> dict[str, Target]:
    """Bundles of a lot for which all is shown, of one with troubles, and of one drawn from an account."""
    foreign = another_log(make_scene)
    troubled = with_troubles(tell_story())
    absent = story.scene.players["certifier"].subject("certificate", "NEVER-1")
    drawn = open_bundle(story.scene.bundle(story.first_drawn, absent=[absent]))
    disclosed = {"event": story.declared_first, "name": "supplier", "salt": story.salt}
    drawn.header["disclosures"] = [{**disclosed, "value": story.supplier}]
    return {
        "shown": Target(story, story.lot, story.scene.bundle(story.lot), open_bundle, foreign),
        "troubled": Target(troubled, story.lot, troubled.scene.bundle(story.lot), open_bundle, foreign),
        "drawn": Target(story, story.first_drawn, drawn.write(), open_bundle, foreign),
    }


def byte_mutants(data: bytes, dice: Random, number: int) -> Iterator[Mutant]:
    """Single bytes with a bit turned, dropped or doubled: all of them if `number` allows, else a sample."""
    positions = range(3 * len(data))
    chosen = positions if number >= len(positions) else sorted(dice.sample(positions, number))
    for position in chosen:
        at, way = divmod(position, 3)
        here = data[at : at + 1]
        instead = (bytes([here[0] ^ 1 << dice.randrange(8)]), b"", here * 2)[way]
        yield f"byte {at} {('turned', 'dropped', 'doubled')[way]}", data[:at] + instead + data[at + 1 :]


def hash_mutants(target: Target) -> Iterator[Mutant]:
    """Every hash of every proof dropped, doubled, turned, and swapped with the next one."""
    header = target.open_bundle(target.data).header
    for changed in proof_variants(header["proof"]):
        yield "log proof", target.edited(proof=changed)
    heads = header["heads"]
    for changed in proof_variants(heads["proof"]):
        yield "heads proof", target.edited(heads={**heads, "proof": changed})
    for number, bucket in enumerate(heads["buckets"]):
        for changed in proof_variants(bucket["proof"]):
            yield f"bucket {number}", with_bucket(target, number, {**bucket, "proof": changed})


def proof_variants(encoded: str) -> Iterator[str]:
    """A proof with one hash dropped, doubled, turned or swapped."""
    hashes = base64.b64decode(encoded)
    parts = [hashes[at : at + 32] for at in range(0, len(hashes), 32)]
    for at, here in enumerate(parts):
        before, after = parts[:at], parts[at + 1 :]
        turned = bytes([here[0] ^ 1]) + here[1:]
        yield text(before + after)
        yield text([*before, here, here, *after])
        yield text([*before, turned, *after])
        if after:
            yield text([*before, after[0], here, *after[1:]])
    yield text([*parts, bytes(32)])


def text(parts: list[bytes]) -> str:
    """Hashes as a proof's text."""
    return base64.b64encode(b"".join(parts)).decode()


def with_bucket(target: Target, number: int, *instead: dict[str, Any]) -> bytes:
    """The bundle with one bucket of its heads replaced by others, or by none."""
    heads = target.open_bundle(target.data).header["heads"]
    buckets = [*heads["buckets"][:number], *instead, *heads["buckets"][number + 1 :]]
    return target.edited(heads={**heads, "buckets": buckets})


def heads_mutants(target: Target) -> Iterator[Mutant]:
    """Buckets left out, doubled, moved and grown; leaves left out, moved, and with head and file exchanged."""
    buckets = target.open_bundle(target.data).header["heads"]["buckets"]
    for number, bucket in enumerate(buckets):
        yield "bucket dropped", with_bucket(target, number)
        yield "bucket doubled", with_bucket(target, number, bucket, bucket)
        yield "bucket moved", with_bucket(target, number, {**bucket, "bucket": bucket["bucket"] + 1})
        yield "bucket emptied", with_bucket(target, number, {**bucket, "leaves": [], "size": 0})
        yield "bucket grown", with_bucket(target, number, {**bucket, "size": bucket["size"] + 1})
        for one in bucket["leaves"]:
            subject, head, file = one["leaf"][:64], one["leaf"][64:128], one["leaf"][128:]
            for leaf in (subject + file + head, subject + head + "00" * 32, subject + "00" * 32 + file):
                changed = {**bucket, "leaves": [{**one, "leaf": leaf}]}
                yield "leaf changed", with_bucket(target, number, changed)
            moved = {**bucket, "leaves": [{**one, "index": one["index"] + 1}], "size": bucket["size"] + 1}
            yield "leaf moved", with_bucket(target, number, moved)


def header_mutants(target: Target) -> Iterator[Mutant]:
    """Members of the header replaced by others of good form, taken from everywhere."""
    opened = target.open_bundle(target.data)
    told = target.story
    for lot in (told.merged, told.north_lot, told.sibling, told.first_in, told.first_drawn, told.lot):
        if lot != target.lot:
            yield "other lot", target.edited(lot=lot)
    yield "other log", target.edited(log="ab" * 32)
    for absent in ([], ["log"], [target.lot], [told.certificate], [told.scene.players["plant"].party]):
        yield "absent", target.edited(absent=absent)
    for version in (0, 2, "1"):
        yield "version", target.edited(v=version)
    for name in opened.header:
        short = {key: value for key, value in opened.header.items() if key != name}
        yield f"without {name}", target.data.replace(target.data.split(b"\n")[0], json.dumps(short).encode())
    for disclosures in ([], opened.header["disclosures"] * 2, [an_invented_disclosure(told)]):
        yield "disclosures", target.edited(disclosures=disclosures)
    for one in opened.header["disclosures"]:
        for name, value in (
            ("value", "GOMA-7"),
            ("name", "price"),
            ("event", "ab" * 32),
            ("salt", "ab" * 32),
        ):
            yield "disclosure edited", target.edited(disclosures=[{**one, name: value}])


def an_invented_disclosure(story: SimpleNamespace) -> dict[str, str]:
    """A disclosure of what nobody committed to."""
    return {"event": story.export, "name": "supplier", "salt": "ab" * 32, "value": "NOBODY"}


def note_mutants(target: Target) -> Iterator[Mutant]:
    """Lines of the checkpoint dropped, doubled and swapped; the note of another log, and an older one."""
    note = target.open_bundle(target.data).header["checkpoint"]
    lines = note.splitlines(keepends=True)
    for at, line in enumerate(lines):
        yield "line dropped", target.edited(checkpoint="".join(lines[:at] + lines[at + 1 :]))
        yield "line doubled", target.edited(checkpoint="".join([*lines[: at + 1], line, *lines[at + 1 :]]))
        swapped = [*lines[:at], *lines[at + 1 : at + 2], line, *lines[at + 2 :]]
        yield "lines swapped", target.edited(checkpoint="".join(swapped))
    scene = target.story.scene
    with scene.store.read() as snapshot:
        old = snapshot.checkpoint(target.story.first_heads_index + 1).decode()
    yield "older checkpoint", target.edited(checkpoint=old)
    yield "unknown cosigner", target.edited(checkpoint=note + "— w.example/nobody AAAAAAAAAAA=\n")


def entry_mutants(target: Target) -> Iterator[Mutant]:
    """Entries left out, exchanged, at other times, of another log; with the old proof and with a new one."""
    opened = target.open_bundle(target.data)
    for index in opened.entries:
        yield "entry dropped", rebuilt(target, lambda entries, index=index: entries.pop(index))
        yield (
            "entry dropped, proved",
            rebuilt(target, lambda entries, index=index: entries.pop(index), prove=True),
        )
        foreign = {index: target.other_log[index % len(target.other_log)]}
        yield "foreign entry", rebuilt(target, lambda entries, foreign=foreign: entries.update(foreign))
        later = {index: opened.entries[index].replace(b'{"at":1', b'{"at":2', 1)}
        yield "later", rebuilt(target, lambda entries, later=later: entries.update(later))
    lines = target.data.splitlines(keepends=True)
    for at in range(1, len(lines) - 1):
        yield "lines swapped", b"".join([*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]])
        yield "line doubled", b"".join([*lines[: at + 1], *lines[at:]])


def rebuilt(target: Target, change: Callable[[dict[int, bytes]], object], *, prove: bool = False) -> bytes:
    """The bundle after a change of its entries, its multiproof made anew or not."""
    opened = target.open_bundle(target.data)
    change(opened.entries)
    if prove and opened.entries:
        with target.story.scene.store.read() as snapshot:
            opened.prove(snapshot, snapshot.size())
    return opened.write()


def old_heads_mutants(target: Target) -> Iterator[Mutant]:
    """Older heads, stated in the log long ago, at the end of a bundle with the newest checkpoint."""
    first = target.story.first_heads_index

    def end_early(entries: dict[int, bytes]) -> None:
        for index in [index for index in entries if index > first]:
            del entries[index]
        with target.story.scene.store.read() as snapshot:
            entries[first] = snapshot.entry(first)

    def keep_all(entries: dict[int, bytes]) -> None:
        entries[max(entries)] = old

    with target.story.scene.store.read() as snapshot:
        old = snapshot.entry(first)
    yield "old heads", rebuilt(target, end_early)
    yield "old heads, proved", rebuilt(target, end_early, prove=True)
    yield "old heads in the new place", rebuilt(target, keep_all)


def subset_mutants(target: Target, dice: Random, number: int) -> Iterator[Mutant]:
    """Any subjects of the log, whole, left out or added, everything else in order: the strongest of attackers.

    First each subject of the bundle left out alone, then pairs, then any number, others of the log added.
    """
    found = examine(target.data, target.story.trust)
    assert isinstance(found, Examined)
    ours = set(found.chains)
    with target.story.scene.store.read() as snapshot:
        others = set(snapshot.changed(0, snapshot.size())) - ours
    loose = sorted(ours - {"log", target.lot})
    choices: list[tuple[str, ...]] = [(), *((one,) for one in loose)]
    pairs = list(combinations(loose, 2))
    choices += dice.sample(pairs, min(number // 2, len(pairs)))
    for left_out in choices:
        yield f"without {len(left_out)} subjects", chosen(target, ours - set(left_out))
    while number > 0:
        number -= 2
        kept = {subject for subject in loose if dice.random() < 0.7}
        added = {subject for subject in sorted(others) if dice.random() < 0.2}
        yield "some subjects", chosen(target, {"log", target.lot} | kept | added)


def chosen(target: Target, subjects: Collection[str]) -> bytes:
    """A bundle of these subjects, whole, whatever the closure says."""
    opened = target.open_bundle(target.data)
    with target.story.scene.store.read() as snapshot:
        size = snapshot.size()
        indexes = {size - 1}
        for subject in subjects:
            indexes |= {*snapshot.chain(subject, size), *snapshot.file(subject, size)}
        opened.entries = {index: snapshot.entry(index) for index in indexes}
        opened.header["heads"] = build_heads_proof(snapshot, sorted(subjects), opened.header["absent"])
        return opened.prove(snapshot, size).write()


def gzip_mutants(target: Target, dice: Random, number: int) -> Iterator[Mutant]:
    """The gzipped file with its bytes changed, something after it, and other headers of gzip's."""
    packed = compress(target.data)
    yield "gzipped", packed
    for tail in (b"\0", b"\n", packed, compress(b"")):
        yield "after it", packed + tail
    flags, rest = packed[:3], packed[10:]
    for flag, extra in ((0x08, b"name\0"), (0x10, b"comment\0"), (0x04, b"\2\0ab"), (0xE0, b"")):
        yield "gzip header", flags + bytes([flag]) + b"\1\2\3\4\2\xff" + extra + rest
    yield from byte_mutants(packed, dice, number)


def campaign(target: Target, number: int) -> Iterator[Mutant]:
    """About `number` mutants: few of a kind are there all, of hashes, subjects and bytes as many as are asked for."""
    dice = Random(SEED)
    yield from header_mutants(target)
    yield from note_mutants(target)
    yield from old_heads_mutants(target)
    yield from heads_mutants(target)
    yield from entry_mutants(target)
    hashes = list(hash_mutants(target))
    yield from dice.sample(hashes, min(number // 5, len(hashes)))
    yield from subset_mutants(target, dice, number // 10)
    yield from gzip_mutants(target, dice, number // 10)
    yield from byte_mutants(target.data, dice, number // 2)


STRENGTH = {
    "refuted": 0,
    "not_shown": 0,
    "withheld": 0,
    "attested": 1,
    "consistent": 2,
    "proved": 3,
    "not_applicable": 4,
}
"""How much a reader is shown; a claim that is met because it does not apply must not come about by leaving out."""

STANDING = {"held": 0, "not_shown": 0, "contradicted": 0, "shown_in_part": 1, "shown": 2}

SHARES = {"shown": 3, "troubled": 5, "drawn": 5}
"""One in how many mutants is of which bundle."""


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("shown", marks=pytest.mark.slow),
        pytest.param("troubled", marks=pytest.mark.slow),
        pytest.param("drawn", marks=pytest.mark.slow),
    ],
)
def test_no_mutant_shows_more_than_the_bundle_did(targets: dict[str, Target], name: str) -> None:
    """Refused, the identical report, or one in which no claim is stronger and no mass covered is greater."""
    target = targets[name]
    trust = target.story.trust
    honest = examine(target.data, trust)
    assert isinstance(honest, Examined)
    before = verify(target.data, trust, lot=target.lot).as_json()
    for kind, data in campaign(target, MUTANTS // SHARES[name]):
        found = examine(data, trust, lot=target.lot)
        if isinstance(found, Failure):
            continue
        assert is_true(target, honest, found), kind
        after = verify(data, trust, lot=target.lot)
        assert after.failure is None
        assert stronger(before, after.as_json()) == [], kind


def is_true(target: Target, honest: Examined, found: Examined) -> bool:
    """Tell whether all that a mutant establishes is what the log holds."""
    with target.story.scene.store.read() as snapshot:
        size = snapshot.heads_size()
        return (
            all(entry.raw == snapshot.entry(index) for index, entry in found.entries.items())
            and all(list(chain) == snapshot.chain(name, size) for name, chain in found.chains.items())
            and all(list(file) == snapshot.file(name, size) for name, file in found.files.items())
            and not any(snapshot.chain(name, size) for name in found.absent)
            and found.quorum.cosigned.items() <= honest.quorum.cosigned.items()
            and found.as_of_ms <= honest.as_of_ms
            and set(found.disclosures) <= set(honest.disclosures)
            and found.lot == target.lot
        )


def stronger(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Name what the second report shows that the first did not."""
    found = [
        f"{name}: {verdict['standing']}"
        for name, verdict in after["verdicts"].items()
        if STANDING[verdict["standing"]] > STANDING[before["verdicts"][name]["standing"]]
        or verdict["share_ppm"] > before["verdicts"][name]["share_ppm"]
    ]
    for old, new in zip(before["claims"], after["claims"], strict=True):
        more = STRENGTH[new["status"]] > STRENGTH[old["status"]]
        if more or covered(new) - covered(old):
            found.append(f"{new['claim']}: {old['status']} {covered(old)}, {new['status']} {covered(new)}")
    return found


def covered(claim: dict[str, Any]) -> Counter[str]:
    """The mass and metal that a claim covers; subtraction leaves what is greater."""
    metal = {name: part["covered"] for name, part in claim["extent"]["metal_mg"].items()}
    return Counter({"": claim["extent"]["mass_g"]["covered"], **metal})


def test_the_comparison_sees_what_is_stronger(targets: dict[str, Target]) -> None:
    """The campaign's own judge: the untroubled report shows more than the troubled one, and none more than itself."""
    shown, troubled = (
        verify(targets[name].data, targets[name].story.trust).as_json() for name in ("shown", "troubled")
    )
    assert stronger(shown, shown) == []
    assert stronger(shown, troubled) == []
    assert {line.partition(":")[0] for line in stronger(troubled, shown)} >= {"origin", "certification", "K2"}
