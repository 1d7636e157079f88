"""A second verifier: steps 1 to 5 of verification, written from the published pages alone.

It shares no line with the project: docs/protocol.md, the public specifications named there, the standard library
and one Ed25519 implementation. Where it and the project differ on any bytes, one of them, or the page, is wrong. It
is also the shortest way to read the protocol in code. The steps carry the page's numbers:

1. form and limits; 2. checkpoint, quorum, genesis; 3. inclusion; 4. envelopes; 5. chains and files equal the heads.

>>> examine(b"", b"")
{'ok': False, 'step': 1}
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from itertools import pairwise
from typing import Any, Final, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Json: TypeAlias = Any  # what json.loads gives; the readers of step 1 say what it must be

OPENED_BYTES: Final = 16 * 2**20
RATIO: Final = 100
ENTRY_BYTES: Final = 65_535
PAYLOAD_BYTES: Final = 40 * 2**10
TRUST_BYTES: Final = 256 * 2**10
DEPTH: Final = 16
KEYS: Final = 4_096
NOTE_SIGNATURES: Final = 64
NOTE_BYTES: Final = 512 * 2**10
BUCKETS: Final = 2**16
LARGEST: Final = 2**53 - 1
ZERO: Final = "0" * 64

EVENT_TYPE: Final = "application/vnd.otc.event+json"
BATCH_TYPE: Final = "application/vnd.otc.batch+json"
SIGNATURE: Final = 1  # types of verifier keys: Ed25519 over the note, and timestamped over a checkpoint
COSIGNATURE: Final = 4
PUBLIC_BYTES: Final = {SIGNATURE: 32, COSIGNATURE: 32, 6: 1312}  # by type; ML-DSA-44 never counts here

HEX: Final = r"[0-9a-f]{64}"
NAME: Final = r"[a-z][a-z0-9_]*|payloadType"
ANALYTE: Final = r"[A-Za-z0-9_]{1,32}"
KIND: Final = r"[a-z]+\.[a-z][a-z_]*"
PARTY: Final = r"party:[a-z2-7]{32}"
LOT: Final = r"lot:[a-z2-7]{32}/[A-Z0-9][A-Z0-9._-]{0,63}"
SUBJECT: Final = rf"log|{PARTY}|(site|tag|account|certificate|incident|policy):{LOT[4:]}|{LOT}"
TIME: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9]Z"
DECIMAL: Final = r"0|[1-9][0-9]*"

HEADER: Final = "absent checkpoint disclosures heads indexes log lot proof v"
PAYLOAD: Final = "about actor body claimed_at counter links log signers type v"


class Refused(ValueError):
    """A rule of the page does not hold; the step it belongs to is the caller's."""


def need(holds: object, rule: str) -> None:
    """Refuse by a rule that does not hold."""
    if not holds:
        raise Refused(rule)


# --- values: one form, one byte string (RFC 8785 inside the profile) ---------------------------------------------


def canonical(value: Json) -> bytes:
    """Write strings, integers, booleans, arrays and objects as RFC 8785 does (member names are ASCII)."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def parse(data: bytes) -> Json:
    """Read one canonical JSON value."""

    def unique(members: list[tuple[str, Any]]) -> dict[str, Any]:
        need(len(dict(members)) == len(members), "no duplicate members")
        return dict(members)

    def no_number(text: str) -> Json:
        raise Refused(f"no floats, no NaN, no infinity, no integer of {len(text)} digits")

    def integer(digits: str) -> int:
        return int(digits) if len(digits) <= len(str(-LARGEST)) else no_number(digits)

    value = json.loads(
        data.decode(),
        object_pairs_hook=unique,
        parse_float=no_number,
        parse_int=integer,
        parse_constant=no_number,
    )
    profile(value, 1, NAME)
    need(canonical(value) == data, "bytes equal their canonical form")
    return value


def profile(value: Json, depth: int, names: str) -> None:
    """Refuse null, large integers, deep values and odd member names, wherever they stand."""
    if isinstance(value, dict | list):
        need(depth <= DEPTH, "depth")
    if isinstance(value, dict):
        for name, member in value.items():
            need(re.fullmatch(names, name), "member names")
            profile(member, depth + 1, ANALYTE if name == "contained_mg" else NAME)
    elif isinstance(value, list):
        for item in value:
            profile(item, depth + 1, NAME)
    else:
        need(
            isinstance(value, str) or (isinstance(value, int) and abs(value) <= LARGEST), "no null, ±(2^53-1)"
        )


def record(value: Json, required: str, optional: str = "") -> dict[str, Any]:
    """Read an object that has all required members and no unknown one."""
    need(isinstance(value, dict), "an object")
    need(set(required.split()) <= value.keys() <= {*required.split(), *optional.split()}, "members")
    return dict(value)


def array(value: Json, least: int = 0, most: int = LARGEST) -> list[Any]:
    """Read an array of a length within bounds."""
    need(isinstance(value, list) and least <= len(value) <= most, "an array")
    return list(value)


def whole(value: Json, least: int, most: int = LARGEST) -> int:
    """Read an integer within bounds; a boolean is none."""
    need(type(value) is int and least <= value <= most, "an integer")
    return int(value)


def text(value: Json, pattern: str = r"(?s).*") -> str:
    """Read a string of a pattern."""
    need(isinstance(value, str) and re.fullmatch(pattern, value), "a string of its pattern")
    return str(value)


def hexes(*values: Json) -> None:
    """Check hashes, ids and salts: 64 lower-case hex digits each."""
    for value in values:
        text(value, HEX)


def moment(value: Json) -> str:
    """Read a time of seconds that is a real date."""
    datetime.strptime(text(value, TIME), "%Y-%m-%dT%H:%M:%SZ")  # noqa: DTZ007  # only asked whether it exists
    return str(value)


def binary(value: Json) -> bytes:
    """Read base64 with padding and zero spare bits."""
    data = base64.b64decode(text(value), validate=True)
    need(base64.b64encode(data).decode() == value, "one base64 for each byte string")
    return data


def hashes(value: Json) -> list[bytes]:
    """Read concatenated 32-byte hashes."""
    data = binary(value)
    need(len(data) % 32 == 0, "whole hashes")
    return [data[start : start + 32] for start in range(0, len(data), 32)]


def ascending(values: Iterable[Any]) -> None:
    """Refuse a set that is unsorted or says something twice."""
    need(all(first < second for first, second in pairwise(values)), "sets are sorted, without doubles")


# --- Ed25519: RFC 8032's arithmetic for key admission, a library for signatures ----------------------------------

P: Final = 2**255 - 19
L: Final = 2**252 + 27742317777372353535851937790883648493
D: Final = -121665 * pow(121666, -1, P) % P
Point: TypeAlias = tuple[int, int, int, int]
NEUTRAL: Final[Point] = (0, 1, 1, 0)


def add(a: Point, b: Point) -> Point:
    """Add two points in extended coordinates (RFC 8032, 5.1.4)."""
    e, f = (a[1] - a[0]) * (b[1] - b[0]), (a[1] + a[0]) * (b[1] + b[0])
    g, h = 2 * a[3] * b[3] * D, 2 * a[2] * b[2]
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(scalar: int, point: Point) -> Point:
    """Add a point to itself, highest bit of the scalar first."""
    total = NEUTRAL
    for bit in f"{scalar:b}":
        total = add(total, total)
        total = add(total, point) if bit == "1" else total
    return total


def neutral(point: Point) -> bool:
    """Tell whether a point is the identity."""
    return point[0] == 0 and point[1] == point[2]


def decode(encoding: bytes) -> Point:
    """Read a canonical encoding of a point (RFC 8032, 5.1.3)."""
    number = int.from_bytes(encoding, "little")
    y, odd = number % 2**255, number >> 255
    need(len(encoding) == 32 and y < P, "a canonical y")
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
    need(x * x % P == square and (x or not odd), "a point, and a canonical x")
    x = x if x % 2 == odd else P - x
    return x, y, 1, x * y % P


@cache
def is_key(public: bytes) -> bool:
    """Admit a key: canonical, not of small order, in the prime-order subgroup."""
    try:
        point = decode(public)
    except ValueError:
        return False
    return not neutral(times(8, point)) and neutral(times(L, point))


@cache
def signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Apply the one signature rule: S < L, R canonical and not of small order, [S]B = R + [k]A without cofactor.

    The library checks the equation by encoding [S]B - [k]A and comparing it with R byte for byte.
    """
    try:
        need(len(signature) == 64 and int.from_bytes(signature[32:], "little") < L, "S < L")
        need(is_key(public) and not neutral(times(8, decode(signature[:32]))), "no point of small order")
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (ValueError, InvalidSignature):
        return False
    return True


def multikey(value: Json) -> bytes:
    """Read an Ed25519 Multikey (`z6Mk…`): base58btc of ed01 and 32 bytes."""
    digits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    number = 0
    for digit in text(value, r"z6Mk[1-9A-HJ-NP-Za-km-z]{44}")[1:]:
        number = number * 58 + digits.index(digit)
    need(number >> 256 == 0xED01, "an Ed25519 key")
    return (number % 2**256).to_bytes(32, "big")


# --- trees: RFC 6962 ---------------------------------------------------------------------------------------------


def leaf_hash(data: bytes) -> bytes:
    """Hash a leaf."""
    return sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash an inner node."""
    return sha256(b"\1" + left + right).digest()


def split(size: int) -> int:
    """Give the size of the left subtree: the largest power of two below the tree's size."""
    return 1 << (size - 1).bit_length() - 1


def root_by_multiproof(size: int, chosen: Mapping[int, bytes], proof: Sequence[bytes]) -> bytes:
    """Compute a root from chosen leaf hashes and the hash of each subtree without one whose parent has one."""
    need(chosen and all(0 <= index < size for index in chosen), "leaves of this tree")
    spare = list(reversed(proof))

    def walk(low: int, high: int, indexes: list[int]) -> bytes:
        if not indexes:
            need(spare, "no hash is missing")
            return spare.pop()
        if high - low == 1:
            return chosen[low]
        middle = low + split(high - low)
        left = walk(low, middle, [index for index in indexes if index < middle])
        return node_hash(left, walk(middle, high, [index for index in indexes if index >= middle]))

    root = walk(0, size, sorted(chosen))
    need(not spare, "no hash is over")
    return root


def root_by_path(index: int, size: int, leaf: bytes, path: Sequence[bytes]) -> bytes:
    """Compute a root from one leaf hash and its path, leaf up (RFC 6962, 2.1.1)."""
    if size == 1:
        need(not path, "no hash is over")
        return leaf
    need(path, "no hash is missing")
    middle = split(size)
    if index < middle:
        return node_hash(root_by_path(index, middle, leaf, path[:-1]), path[-1])
    return node_hash(path[-1], root_by_path(index - middle, size - middle, leaf, path[:-1]))


# --- step 1: form and limits -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """One line of the bundle after the header, read."""

    index: int
    at: int
    leaf: bytes
    payload: dict[str, Any]
    message: bytes
    signatures: list[dict[str, Any]]

    @property
    def event_id(self) -> str:
        """Hex SHA-256 of the pre-authentication encoding."""
        return sha256(self.message).hexdigest()

    @property
    def linked(self) -> dict[str, str]:
        """The subjects whose chains the event extends, each with the event before."""
        return {link["subject"]: link["prev"] for link in self.payload["links"]}

    @property
    def named(self) -> set[str]:
        """The subjects in links and about."""
        return {*self.linked, *self.payload["about"]}


def authenticated(kind: str, body: bytes) -> bytes:
    """Give DSSE's pre-authentication encoding."""
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind.encode(), len(body), body)


def open_bundle(data: bytes) -> list[bytes]:
    """Give the lines of a bundle, plain or one gzip member."""
    opened = data
    if data.startswith(b"\x1f\x8b"):
        member = zlib.decompressobj(wbits=31)
        opened = member.decompress(data, OPENED_BYTES + 1)
        need(member.eof and not member.unused_data, "one gzip member and nothing after it")
    need(len(opened) <= OPENED_BYTES and len(opened) <= RATIO * len(data), "size and ratio")
    need(opened.endswith(b"\n"), "each line ends in one LF")
    return opened[:-1].split(b"\n")


def read_header(line: bytes) -> dict[str, Any]:
    """Read the bundle's first line."""
    header = record(parse(line), HEADER)
    whole(header["v"], 1, 1)
    hexes(header["log"])
    text(header["lot"], LOT)
    text(header["checkpoint"])
    hashes(header["proof"])
    ascending(whole(index, 0) for index in array(header["indexes"]))
    ascending(text(subject, SUBJECT) for subject in array(header["absent"]))
    for disclosure in array(header["disclosures"]):
        record(disclosure, "event name salt value")
        text(disclosure["name"])
        hexes(disclosure["event"], disclosure["salt"])
    hashes(record(header["heads"], "buckets proof")["proof"])
    for bucket in array(header["heads"]["buckets"]):
        size = whole(record(bucket, "bucket leaves proof size")["size"], 0, 2**32 - 1)
        whole(bucket["bucket"], 0, BUCKETS - 1)
        hashes(bucket["proof"])
        need(bool(array(bucket["leaves"])) == (size > 0), "a bucket of leaves shows one")
        for leaf in bucket["leaves"]:
            whole(record(leaf, "index leaf")["index"], 0, size - 1)
            text(leaf["leaf"], r"[0-9a-f]{192}")
        ascending(leaf["index"] for leaf in bucket["leaves"])
    ascending(bucket["bucket"] for bucket in header["heads"]["buckets"])
    return header


def read_payload(data: bytes) -> dict[str, Any]:
    """Read an event's payload: its form, not yet what its body means."""
    need(len(data) <= PAYLOAD_BYTES, "payload size")
    payload = record(parse(data), PAYLOAD, "after commitments")
    whole(payload["v"], 1, 1)
    whole(payload["counter"], 0)
    text(payload["type"], KIND)
    moment(payload["claimed_at"])
    need(isinstance(payload["body"], dict), "a body")
    for signer in array(payload["signers"], 1, 16):
        multikey(record(signer, "key party")["key"])
        text(signer["party"], PARTY)
    ascending(signer["key"] for signer in payload["signers"])
    need(payload["actor"] in [signer["party"] for signer in payload["signers"]], "the actor signs")
    for link in array(payload["links"], 0, 128):
        text(record(link, "prev subject")["subject"], SUBJECT)
    ascending(link["subject"] for link in payload["links"])
    ascending(text(subject, SUBJECT) for subject in array(payload["about"], 0, 32))
    linked = {link["subject"] for link in payload["links"]}
    need(linked.isdisjoint(payload["about"]), "linked or spoken about")
    commitments = payload.get("commitments", {"none": ZERO})
    need(isinstance(commitments, dict) and commitments, "commitments are absent rather than empty")
    prevs = [link["prev"] for link in payload["links"]]
    hexes(payload["log"], payload.get("after", ZERO), *prevs, *commitments.values())
    return payload


def read_signature(value: Json) -> None:
    """Check the form of a signature over one event, or over a batch of them."""
    need(len(binary(record(value, "keyid sig", "batch")["sig"])) == 64, "64 bytes of signature")
    if "batch" in value:
        batch = record(value["batch"], "index path size")
        index = whole(batch["index"], 0, whole(batch["size"], 2, 4_096) - 1)
        root_by_path(index, batch["size"], b"", hashes(batch["path"]))  # only for the path's length


def read_entry(index: int, line: bytes) -> Entry:
    """Read one entry: `{"at":…,"event":{"payload":…,"payloadType":…,"signatures":[…]}}`."""
    need(len(line) <= ENTRY_BYTES, "entry size")
    entry = record(parse(line), "at event")
    event = record(entry["event"], "payload payloadType signatures")
    text(event["payloadType"], re.escape(EVENT_TYPE))
    data = binary(event["payload"])
    payload, signatures = read_payload(data), array(event["signatures"])
    for signature in signatures:
        read_signature(signature)
    keys = [signer["key"] for signer in payload["signers"]]
    need([signature["keyid"] for signature in signatures] == keys, "one signature a signer, in their order")
    return Entry(
        index, whole(entry["at"], 0), leaf_hash(line), payload, authenticated(EVENT_TYPE, data), signatures
    )


def step_1(data: bytes) -> tuple[dict[str, Any], list[Entry]]:
    """Form and limits."""
    first, *lines = open_bundle(data)
    header = read_header(first)
    need(len(lines) == len(header["indexes"]), "one entry an index")
    entries = [read_entry(index, line) for index, line in zip(header["indexes"], lines, strict=True)]
    keys = {signer["key"] for entry in entries for signer in entry.payload["signers"]}
    need(len(keys) <= KEYS, "distinct keys")
    return header, entries


# --- step 2: checkpoint, witness quorum, genesis -----------------------------------------------------------------


@dataclass(frozen=True)
class Vkey:
    """A C2SP verifier key: `<name>+<hex id>+<base64 of type and key>`."""

    name: str
    id: bytes
    kind: int
    public: bytes


@dataclass(frozen=True)
class Trust:
    """A trust file, as far as these steps need it."""

    logs: list[Vkey]
    cosigners: dict[str, Vkey | tuple[int, list[str]]]  # a witness, or a group's threshold and members
    quorum: str
    genesis: dict[str, str]  # event_id by origin

    @property
    def known(self) -> dict[tuple[str, bytes], Vkey]:
        """The keys whose signatures on a note are looked at; a log or witness of another type never counts."""
        logs = [key for key in self.logs if key.kind == SIGNATURE]
        witnesses = [
            key for key in self.cosigners.values() if isinstance(key, Vkey) and key.kind == COSIGNATURE
        ]
        return {(key.name, key.id): key for key in (*logs, *witnesses)}


def read_vkey(word: str) -> Vkey:
    """Read a verifier key, whose id must fit; one of a type that can be checked here must be admissible."""
    name, identifier, material = word.split("+", 2)
    key = binary(material)
    need(name and not re.search(r"\s", name) and len(key) > 1, "a name and a key")
    vkey = Vkey(name, bytes.fromhex(text(identifier, "[0-9a-f]{8}")), key[0], key[1:])
    need(sha256(name.encode() + b"\n" + key).digest()[:4] == vkey.id, "an id that fits the key")
    need(len(vkey.public) == PUBLIC_BYTES.get(vkey.kind, len(vkey.public)), "the length of its type")
    need(vkey.kind not in (SIGNATURE, COSIGNATURE) or is_key(vkey.public), "an admitted key")
    return vkey


def read_trust(data: bytes) -> Trust:  # noqa: C901  # one case a word of the grammar
    """Read a tlog-policy file with the lines of ours, whose first word is `#otc`."""
    need(len(data) <= TRUST_BYTES and not re.search(rb"[^\t\n -~\x80-\xff]", data), "octets of a policy")
    need(data.endswith(b"\n"), "each line ends in a newline")
    logs: list[Vkey] = []
    cosigners: dict[str, Vkey | tuple[int, list[str]]] = {}
    genesis: dict[str, str] = {}
    quorums: list[str] = []
    issued: list[str] = []
    listed: list[str] = []
    for line in data.decode(errors="surrogateescape").split("\n"):
        match re.split("[ \t]+", line.strip(" \t")):
            case ["#otc", "genesis", origin, event_id]:
                need(origin not in genesis, "one genesis an origin")
                genesis[origin] = text(event_id, HEX)
            case ["#otc", "issued", time]:
                issued.append(moment(time))
            case ["#otc", "distrust", who, index]:
                text(index, DECIMAL)
                _ = text(who, PARTY) if who.startswith("party:") else multikey(who)
            case ["log", vkey] | ["log", vkey, _]:
                logs.append(read_vkey(vkey))
            case ["witness", name, vkey] | ["witness", name, vkey, _]:
                need(name != "none" and name not in cosigners, "one name, one meaning")
                cosigners[name] = read_vkey(vkey)
            case ["group", name, k, *members] if members:
                need(name != "none" and name not in cosigners, "one name, one meaning")
                need(cosigners.keys() >= {*members}, "names of lines before")
                threshold = {"any": 1, "all": len(members)}.get(k) or int(text(k, DECIMAL))
                cosigners[name] = whole(threshold, 1, len(members)), members
                listed += members
            case ["quorum", name]:
                need(name == "none" or name in cosigners, "names of lines before")
                quorums.append(name)
            case [first, *_]:
                need(first == "" or (first.startswith("#") and first != "#otc"), "known words")
    need(genesis and len(quorums) == 1 and len(issued) <= 1, "a genesis, one quorum, one time of issue")
    witnesses = [witness.public for witness in cosigners.values() if isinstance(witness, Vkey)]
    for once in ([log.public for log in logs], witnesses, listed):
        need(len({*once}) == len(once), "no key, and no member of groups, twice")
    return Trust(logs, cosigners, quorums[0], genesis)


def open_note(note: str, trust: Trust) -> tuple[str, int, bytes, set[Vkey]]:
    """Read a checkpoint and give origin, size, root, and the known keys whose signatures on it hold."""
    need(len(note.encode()) <= NOTE_BYTES, "note size")
    need(not re.search(r"[\x00-\x09\x0b-\x1f]", note), "no control characters")
    body, gap, tail = note.rpartition("\n\n")
    body += "\n"
    need(gap and tail.endswith("\n"), "a body, a blank line, signatures")
    need(tail.count("\n") <= NOTE_SIGNATURES, "number of signatures")
    origin, size, root, _ = text(body, r"([^\n]+\n){3}").split("\n")
    holding = set()
    for line in tail[:-1].split("\n"):
        name, material = text(line, "\N{EM DASH} [^\\s+]+ \\S+")[2:].split(" ")
        blob = binary(material)
        need(len(blob) > 4, "a key id and a signature")
        if key := trust.known.get((name, blob[:4])):
            message, signature = body, blob[4:]
            if key.kind == COSIGNATURE:
                time, signature = int.from_bytes(blob[4:12], "big"), blob[12:]
                need(time < 2**63, "a time")
                message = f"cosignature/v1\ntime {time}\n{body}"
            need(signed(key.public, message.encode(), signature), "a known key's signature holds")
            holding.add(key)
    (root_hash,) = hashes(root)
    return origin, whole(int(text(size, DECIMAL)), 2, 2**63 - 1), root_hash, holding


def met(name: str, trust: Trust, holding: set[Vkey]) -> bool:
    """Tell whether a witness, or enough of a group, has cosigned."""
    if name == "none":
        return True
    cosigner = trust.cosigners[name]
    if isinstance(cosigner, Vkey):
        return cosigner in holding
    threshold, members = cosigner
    return sum(met(member, trust, holding) for member in members) >= threshold


def step_2(header: dict[str, Any], entries: list[Entry], data: bytes) -> tuple[int, bytes, str]:
    """Checkpoint signature, witness quorum, genesis; gives the log's size and root, and its operator's party."""
    trust = read_trust(data)
    origin, size, root, holding = open_note(header["checkpoint"], trust)
    need(any(log in holding and log.name == origin for log in trust.logs), "signed by the log")
    need(met(trust.quorum, trust, holding), "cosigned by the quorum")
    genesis, *others = entries
    need(genesis.index == 0 and genesis.payload["type"] == "log.genesis", "entry 0 is the genesis")
    need(genesis.event_id == header["log"] == trust.genesis.get(origin), "the genesis that is trusted")
    body = genesis.payload["body"]
    need(genesis.payload["log"] == ZERO and body.get("log_origin") == origin, "of this log")
    need(all("batch" not in signature for signature in genesis.signatures), "never signed in a batch")
    need(all(entry.payload["log"] == header["log"] for entry in others), "each event is of this log")
    return size, root, party_id(body.get("operator"))


# --- step 3: inclusion of every entry ----------------------------------------------------------------------------


def step_3(header: dict[str, Any], entries: list[Entry], size: int, root: bytes) -> None:
    """Every entry is in the tree of the checkpoint, in the order of time."""
    leaves = {entry.index: entry.leaf for entry in entries}
    need(root_by_multiproof(size, leaves, hashes(header["proof"])) == root, "the root of the checkpoint")
    need(all(first.at <= second.at for first, second in pairwise(entries)), "time never goes back")


# --- step 4: envelopes -------------------------------------------------------------------------------------------


def check_signatures(entry: Entry) -> None:
    """Each signature holds by the one rule, over the event or over a batch of which it is one."""
    for signature in entry.signatures:
        message = entry.message
        if batch := signature.get("batch"):
            leaf = leaf_hash(bytes.fromhex(entry.event_id))
            root = root_by_path(batch["index"], batch["size"], leaf, hashes(batch["path"])).hex()
            statement = {"log": entry.payload["log"], "root": root, "size": batch["size"], "v": 1}
            message = authenticated(BATCH_TYPE, canonical(statement))
        need(signed(multikey(signature["keyid"]), message, binary(signature["sig"])), "the signature rule")


def party_id(inception: Json) -> str:
    """Name a party by its inception object: three strings."""
    for member in record(inception, "identity key next").values():
        text(member)
    digest = sha256(b"otc/party/v1\n" + canonical(inception)).digest()
    return "party:" + base64.b32encode(digest[:20]).decode().lower()


def inceptions(entry: Entry) -> set[str]:
    """Name the parties whose inception objects an event holds; what cannot be read names nobody."""
    body, held = entry.payload["body"], []
    if entry.payload["type"] == "log.genesis":
        groups = [body.get("roots"), body.get("introducers")]
        held = [body.get("operator"), *(one for group in groups if isinstance(group, list) for one in group)]
    elif entry.payload["type"] == "party.incepted":
        held = [body.get("inception")]
    parties = set()
    for inception in held:
        with suppress(ValueError):
            parties.add(party_id(inception))
    return parties


def check_beginnings(entry: Entry) -> None:
    """The party in a subject's id begins it; a party begins where its inception object stands."""
    begun = {subject for subject, prev in entry.linked.items() if prev == ZERO} - {"log"}
    parties = {subject for subject in begun if subject.startswith("party:")}
    need(parties <= inceptions(entry), "a party's inception")
    signing = {signer["party"].removeprefix("party:") for signer in entry.payload["signers"]}
    need({re.split("[:/]", subject)[1] for subject in begun} <= signing, "begun by the party in the id")


def step_4(header: dict[str, Any], entries: list[Entry]) -> None:
    """Envelopes: signatures, party ids, first events, disclosures."""
    for entry in entries:
        check_signatures(entry)
        check_beginnings(entry)
    ascending((disclosure["event"], disclosure["name"]) for disclosure in header["disclosures"])
    events = {entry.event_id: entry.payload for entry in entries}
    need(len(events) == len(entries), "an event occurs once in a log")
    for disclosure in header["disclosures"]:
        payload = events.get(disclosure["event"], {})
        opened = {"actor": payload.get("actor"), "name": disclosure["name"], "value": disclosure["value"]}
        salted = b"otc/commitment/v1\n" + bytes.fromhex(disclosure["salt"]) + canonical(opened)
        commitment = payload.get("commitments", {}).get(disclosure["name"])
        need(commitment == sha256(salted).hexdigest(), "a disclosure opens a commitment")


# --- step 5: chains unbroken, files whole, both equal to the heads ------------------------------------------------


def key_of(subject: str) -> str:
    """Give a subject's place in the heads tree, in hex."""
    return sha256(subject.encode()).hexdigest()


def root_of_heads(heads: dict[str, Any]) -> bytes:
    """Compute the root of the top tree from the buckets and leaves shown."""
    chosen = {}
    for bucket in heads["buckets"]:
        leaves = {leaf["index"]: leaf_hash(bytes.fromhex(leaf["leaf"])) for leaf in bucket["leaves"]}
        proof = hashes(bucket["proof"])
        need(leaves or not proof, "no hash is over")
        root = root_by_multiproof(bucket["size"], leaves, proof) if leaves else sha256(b"").digest()
        chosen[bucket["bucket"]] = leaf_hash(bucket["size"].to_bytes(4, "big") + root)
        keys = [leaf["leaf"][:64] for leaf in bucket["leaves"]]
        ascending(keys)
        need(all(int(key[:4], 16) == bucket["bucket"] for key in keys), "leaves of this bucket")
    return root_by_multiproof(BUCKETS, chosen, hashes(heads["proof"]))


def check_whole(subject: str, leaf: str, entries: list[Entry]) -> tuple[list[int], list[int]]:
    """Follow a subject's chain and file to the leaf in the heads; gives the indexes of both."""
    chain = [entry for entry in entries if subject in entry.linked]
    file = [entry for entry in entries if subject in entry.payload["about"]]
    ids = [ZERO, *(entry.event_id for entry in chain)]
    need([entry.linked[subject] for entry in chain] == ids[:-1], "an unbroken chain")
    digest = bytes(32)
    for entry in file:
        digest = sha256(digest + bytes.fromhex(entry.event_id)).digest()
    need(chain and leaf == key_of(subject) + ids[-1] + digest.hex(), "chain and file equal the heads")
    return [entry.index for entry in chain], [entry.index for entry in file]


def neighbours(subject: str, heads: dict[str, Any]) -> set[str]:
    """Prove that a subject does not exist: give the leaves between which, next to each other, it would stand."""
    key = key_of(subject)
    (bucket,) = [bucket for bucket in heads["buckets"] if bucket["bucket"] == int(key[:4], 16)]
    keys = {-1: "", **{leaf["index"]: leaf["leaf"][:64] for leaf in bucket["leaves"]}, bucket["size"]: "g"}
    below = max(index for index, other in keys.items() if other < key)
    above = min(index for index, other in keys.items() if other >= key)
    need(keys[above] != key and above == below + 1, "absent between neighbours")
    return {keys[below], keys[above]} - {"", "g"}


def step_5(header: dict[str, Any], entries: list[Entry], log_size: int, operator: str) -> dict[str, Any]:
    """Chains unbroken, files whole, both equal to the heads; nothing is over."""
    *events, last = entries
    need(last.index == log_size - 1 and last.payload["type"] == "log.heads", "heads come last")
    need(not last.named, "heads are about nothing")
    need(all(signer["party"] == operator for signer in last.payload["signers"]), "heads by the operator")
    statement = record(last.payload["body"], "root size")
    need(whole(statement["size"], 0) == last.index, "heads of all entries before")
    heads, absent = header["heads"], header["absent"]
    need(root_of_heads(heads).hex() == statement["root"], "the root of the heads")

    leaves = {leaf["leaf"][:64]: leaf["leaf"] for bucket in heads["buckets"] for leaf in bucket["leaves"]}
    named = {subject for entry in events for subject in entry.named}
    shown = {subject: leaves[key_of(subject)] for subject in sorted(named) if key_of(subject) in leaves}
    subjects = {subject: check_whole(subject, leaf, events) for subject, leaf in shown.items()}
    need("log" in subjects and header["lot"] in {*subjects, *absent}, "log and lot are whole")
    need(named.isdisjoint(absent), "what does not exist has no event")

    beside = [neighbours(subject, heads) for subject in absent]
    need(leaves.keys() == {key_of(subject) for subject in subjects}.union(*beside), "every leaf serves")
    buckets = {int(key_of(subject)[:4], 16) for subject in (*subjects, *absent)}
    need(buckets == {bucket["bucket"] for bucket in heads["buckets"]}, "every bucket too")
    afters = {entry.payload.get("after") for entry in entries}
    need(all(entry.named & subjects.keys() or entry.event_id in afters for entry in events), "every entry")
    return {
        "size": statement["size"],
        "root": statement["root"],
        "lot": header["lot"],
        "subjects": {subject: chain for subject, (chain, _) in subjects.items()},
        "files": {subject: file for subject, (_, file) in subjects.items()},
        "absent": absent,
    }


def examine(data: bytes, trust: bytes, lot: str | None = None) -> dict[str, Any]:
    """Verify a bundle, plain or gzipped, against a trust file; `lot` is the one that was asked for.

    Gives `{"ok": False, "step": n}`, n the step that failed first, or `ok` with size and root of the heads, the lot,
    and by subject the log indexes of its chain (`subjects`) and of its file (`files`), each whole; `absent` exist not.
    """
    step = 1
    try:
        header, entries = step_1(data)
        need(lot in (None, header["lot"]), "the lot that was asked for")
        step = 2
        size, root, operator = step_2(header, entries, trust)
        step = 3
        step_3(header, entries, size, root)
        step = 4
        step_4(header, entries)
        step = 5
        return {"ok": True, **step_5(header, entries, size, operator)}
    except (ValueError, zlib.error, RecursionError):
        return {"ok": False, "step": step}
