"""A crooked operator for the tests: holds every key of a log and writes whatever bundle is wanted of it.

Its trees are RFC 6962's definitions written down, with nothing in common with the code under test: a bundle that both
verifiers accept has been made by a third hand. What honest software cannot make is made by editing what it did make,
at each of its layers, and signing again everything above:

    entries ── heads (leaves, root, statement) ── checkpoint (note, signatures) ── header
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from typing import Any

from ledger.cosignature import cosign
from ledger.keys import SigningKey
from ledger.note import COSIGNATURE_V1, ED25519, VerifierKey, sign_note

ZERO = "0" * 64
EVENT_TYPE = "application/vnd.otc.event+json"
BATCH_TYPE = "application/vnd.otc.batch+json"
COSIGNED_AT_S = 1_780_000_000

Payload = dict[str, Any]
Leaves = dict[str, bytes]
"""By SHA-256 of the subject in hex: SHA-256(subject) ‖ head ‖ file."""


def canonical(value: object) -> bytes:
    """Write canonical JSON of values inside the profile."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def b64(data: bytes) -> str:
    """Write base64."""
    return base64.b64encode(data).decode()


def digest(subject: str) -> str:
    """Give a subject's place in the heads, in hex."""
    return sha256(subject.encode()).hexdigest()


def pae(kind: str, body: bytes) -> bytes:
    """Give what is signed."""
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind.encode(), len(body), body)


def event_id(payload: bytes) -> str:
    """Give an event's id."""
    return sha256(pae(EVENT_TYPE, payload)).hexdigest()


# --- trees, as RFC 6962 defines them ------------------------------------------------------------------------------


def leaf_hash(data: bytes) -> bytes:
    """Hash a leaf."""
    return sha256(b"\0" + data).digest()


def cut(size: int) -> int:
    """Give the largest power of two below a size."""
    half = 1
    while half * 2 < size:
        half *= 2
    return half


def mth(leaves: Sequence[bytes]) -> bytes:
    """Give the Merkle tree hash of leaf hashes."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    half = cut(len(leaves))
    return sha256(b"\1" + mth(leaves[:half]) + mth(leaves[half:])).digest()


def path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Give the hashes from a leaf up."""
    if len(leaves) < 2:
        return []
    half = cut(len(leaves))
    if index < half:
        return [*path(leaves[:half], index), mth(leaves[half:])]
    return [*path(leaves[half:], index - half), mth(leaves[:half])]


def multiproof(leaves: Sequence[bytes], chosen: Collection[int]) -> bytes:
    """Give the hashes of subtrees without a chosen leaf whose parent has one, left to right."""
    if not chosen:
        return mth(leaves)
    if len(leaves) < 2:
        return b""
    half = cut(len(leaves))
    left = multiproof(leaves[:half], {index for index in chosen if index < half})
    return left + multiproof(leaves[half:], {index - half for index in chosen if index >= half})


EMPTY = [leaf_hash(bytes(4) + sha256(b"").digest())]
"""Roots of subtrees of the top tree, by level, where all buckets are empty."""
while len(EMPTY) <= 16:
    EMPTY.append(sha256(b"\1" + EMPTY[-1] * 2).digest())


def top_root(tops: Mapping[int, bytes], level: int = 16, start: int = 0) -> bytes:
    """Give the root of the top tree's subtree at a level, from the leaf hashes of buckets that are not empty."""
    inside = {bucket: top for bucket, top in tops.items() if start <= bucket < start + (1 << level)}
    if not inside or not level:
        return inside.get(start, EMPTY[level])
    half = start + (1 << level - 1)
    return sha256(b"\1" + top_root(inside, level - 1, start) + top_root(inside, level - 1, half)).digest()


def top_proof(tops: Mapping[int, bytes], chosen: Collection[int], level: int = 16, start: int = 0) -> bytes:
    """Give the multiproof of buckets."""
    inside = [bucket for bucket in chosen if start <= bucket < start + (1 << level)]
    if not inside:
        return top_root(tops, level, start)
    if not level:
        return b""
    half = start + (1 << level - 1)
    return top_proof(tops, inside, level - 1, start) + top_proof(tops, inside, level - 1, half)


# --- what an entry says -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Facts:
    """What the forger needs to know of an entry."""

    event_id: str
    chains: tuple[str, ...]
    files: tuple[str, ...]
    after: str | None

    @property
    def subjects(self) -> set[str]:
        """All that it names."""
        return {*self.chains, *self.files}


def entry_of(envelope: bytes, at: int) -> bytes:
    """Write an entry."""
    return b'{"at":%d,"event":%b}' % (at, envelope)


def enclosed(payload: bytes, signatures: Sequence[Mapping[str, Any]]) -> bytes:
    """Write an envelope."""
    return canonical({"payload": b64(payload), "payloadType": EVENT_TYPE, "signatures": signatures})


def time_of(entry: bytes) -> int:
    """Read an entry's time."""
    return int(json.loads(entry)["at"])


def payload_of(entry: bytes) -> Payload:
    """Open an entry down to its payload."""
    payload: Payload = json.loads(base64.b64decode(json.loads(entry)["event"]["payload"]))
    return payload


@cache
def kind_of(entry: bytes) -> str:
    """Read an entry's type."""
    return str(payload_of(entry)["type"])


@cache
def facts(entry: bytes) -> Facts:
    """Read an entry."""
    raw = base64.b64decode(json.loads(entry)["event"]["payload"])
    payload = json.loads(raw)
    chains = tuple(link["subject"] for link in payload["links"])
    return Facts(event_id(raw), chains, tuple(payload["about"]), payload.get("after"))


def leaves_of(entries: Iterable[bytes]) -> Leaves:
    """Give the leaf of every subject, as an honest operator would."""
    heads: dict[str, str] = {}
    files: dict[str, bytes] = {}
    for entry in entries:
        said = facts(entry)
        for subject in said.chains:
            heads[subject] = said.event_id
        for subject in said.files:
            chained = files.get(subject, bytes(32)) + bytes.fromhex(said.event_id)
            files[subject] = sha256(chained).digest()
    return {
        digest(subject): bytes.fromhex(digest(subject) + heads.get(subject, ZERO))
        + files.get(subject, bytes(32))
        for subject in {*heads, *files}
    }


# --- the forger ---------------------------------------------------------------------------------------------------


@dataclass
class Lies:
    """Where a bundle differs from an honest one; each edit gets what would have been written, to change it."""

    leaves: Callable[[Leaves], object] = lambda _leaves: None
    statement: Callable[[Payload], object] = lambda _payload: None
    header: Callable[[dict[str, Any]], object] = lambda _header: None
    text: Callable[[str], str] = lambda text: text
    """The checkpoint's text, before it is signed."""
    note: Callable[[str], str] = lambda note: note
    """The whole note, after."""
    omit: Collection[int] = ()
    add: Collection[int] = ()
    unshown: Collection[str] = ()
    """Subjects whose entries are bundled and whose leaves are not."""
    later: Sequence[bytes] = ()
    """Entries after the statement: it is then old, under a fresh checkpoint."""


@dataclass
class Forger:
    """All keys of a log: its own, its operator's, its witnesses', and by their text those of its parties."""

    origin: str
    log_key: SigningKey
    operator: tuple[str, SigningKey]
    witnesses: Mapping[str, SigningKey]
    keys: dict[str, SigningKey]

    def trust(
        self, genesis: str, quorum: str = "group enough 2 customs mirror ngo\nquorum enough\n"
    ) -> bytes:
        """Write the trust file of the log."""
        lines = [f"log {VerifierKey.of(self.origin, ED25519, self.log_key.public)}"]
        for name, key in self.witnesses.items():
            lines.append(f"witness {name} {VerifierKey.of(f'w.example/{name}', COSIGNATURE_V1, key.public)}")
        lines += [f"#otc genesis {self.origin} {genesis}", "#otc issued 2026-11-24T00:00:00Z"]
        return ("\n".join(lines) + "\n" + quorum).encode()

    def envelope(self, payload: Payload) -> bytes:
        """Sign a payload with all its signers' keys."""
        raw = canonical(payload)
        message = pae(EVENT_TYPE, raw)
        keys = [signer["key"] for signer in payload["signers"]]
        return enclosed(raw, [{"keyid": key, "sig": b64(self.keys[key].sign(message))} for key in keys])

    def batch(self, payloads: Sequence[Payload]) -> list[bytes]:
        """Sign events of one signer by one signature over the tree of their ids."""
        raws = [canonical(payload) for payload in payloads]
        hashes = [leaf_hash(bytes.fromhex(event_id(raw))) for raw in raws]
        statement = {"log": payloads[0]["log"], "root": mth(hashes).hex(), "size": len(raws), "v": 1}
        key = payloads[0]["signers"][0]["key"]
        sig = b64(self.keys[key].sign(pae(BATCH_TYPE, canonical(statement))))
        paths = [b64(b"".join(path(hashes, index))) for index in range(len(raws))]
        return [
            enclosed(
                raw,
                [{"batch": {"index": index, "path": hashes, "size": len(raws)}, "keyid": key, "sig": sig}],
            )
            for index, (raw, hashes) in enumerate(zip(raws, paths, strict=True))
        ]

    def resigned(self, entry: bytes, change: Callable[[Payload], object]) -> bytes:
        """Change an entry's payload and sign it again."""
        payload = payload_of(entry)
        change(payload)
        return entry_of(self.envelope(payload), time_of(entry))

    def statement(self, entries: Sequence[bytes], root: bytes, lies: Lies) -> bytes:
        """Write the operator's `log.heads`."""
        party, key = self.operator
        payload: Payload = {
            "about": [],
            "actor": party,
            "body": {"root": root.hex(), "size": len(entries)},
            "claimed_at": datetime.fromtimestamp(time_of(entries[-1]) // 1000, UTC).isoformat()[:19] + "Z",
            "counter": 1 + sum(kind_of(entry) == "log.heads" for entry in entries),
            "links": [],
            "log": facts(entries[0]).event_id,
            "signers": [{"key": key.text, "party": party}],
            "type": "log.heads",
            "v": 1,
        }
        lies.statement(payload)
        return entry_of(self.envelope(payload), time_of(entries[-1]))

    def note(self, log: Sequence[bytes], lies: Lies) -> str:
        """Sign a checkpoint and have it cosigned."""
        text = lies.text(f"{self.origin}\n{len(log)}\n{b64(mth([leaf_hash(entry) for entry in log]))}\n")
        lines = [sign_note(text, self.origin, self.log_key)]
        lines += [
            cosign(text, f"w.example/{name}", key, COSIGNED_AT_S) for name, key in self.witnesses.items()
        ]
        return lies.note(text + "\n" + "".join(lines))

    def bundle(
        self,
        entries: Sequence[bytes],
        lot: str,
        subjects: Collection[str],
        *,
        absent: Collection[str] = (),
        disclosures: Sequence[Mapping[str, Any]] = (),
        lies: Lies | None = None,
    ) -> bytes:
        """Write a bundle of some subjects of a log, honest but for the lies."""
        lies = lies or Lies()
        leaves = leaves_of(entries)
        lies.leaves(leaves)
        buckets: dict[int, list[bytes]] = {}
        for key in sorted(leaves):
            buckets.setdefault(int(key[:4], 16), []).append(leaves[key])
        tops = {bucket: _top(inside) for bucket, inside in buckets.items()}
        log = [*entries, self.statement(entries, top_root(tops), lies), *lies.later]
        named = {index for index, entry in enumerate(entries) if facts(entry).subjects & {*subjects}}
        afters = {facts(entries[index]).after for index in named}
        named |= {index for index, entry in enumerate(entries) if facts(entry).event_id in afters}
        indexes = sorted((named | {len(entries)} | {*lies.add}) - {*lies.omit})
        shown = {digest(subject) for subject in subjects} - {digest(subject) for subject in lies.unshown}
        header = {
            "absent": sorted(absent),
            "checkpoint": self.note(log, lies),
            "disclosures": sorted(disclosures, key=lambda one: (one["event"], one["name"])),
            "heads": _heads(buckets, tops, shown & leaves.keys(), [digest(subject) for subject in absent]),
            "indexes": [*indexes],
            "log": facts(entries[0]).event_id,
            "lot": lot,
            "proof": b64(multiproof([leaf_hash(entry) for entry in log], indexes)),
            "v": 1,
        }
        lies.header(header)
        return b"".join(line + b"\n" for line in [canonical(header), *(log[index] for index in indexes)])


def _top(inside: Sequence[bytes]) -> bytes:
    return leaf_hash(len(inside).to_bytes(4, "big") + mth([leaf_hash(leaf) for leaf in inside]))


def _heads(
    buckets: Mapping[int, list[bytes]],
    tops: Mapping[int, bytes],
    shown: Collection[str],
    absent: Collection[str],
) -> dict[str, Any]:
    chosen: dict[int, set[int]] = {int(key[:4], 16): set() for key in (*shown, *absent)}
    for bucket, indexes in chosen.items():
        keys = [leaf[:32].hex() for leaf in buckets.get(bucket, ())]
        places = [sum(key < one for key in keys) for one in absent if int(one[:4], 16) == bucket]
        beside = {place - 1 for place in places} | {*places}
        indexes.update(index for index, key in enumerate(keys) if key in shown or index in beside)
    return {
        "buckets": [
            {
                "bucket": bucket,
                "leaves": [
                    {"index": index, "leaf": buckets[bucket][index].hex()} for index in sorted(indexes)
                ],
                "proof": b64(multiproof([leaf_hash(leaf) for leaf in buckets[bucket]], indexes))
                if indexes
                else "",
                "size": len(buckets.get(bucket, ())),
            }
            for bucket, indexes in sorted(chosen.items())
        ],
        "proof": b64(top_proof(tops, chosen)),
    }
