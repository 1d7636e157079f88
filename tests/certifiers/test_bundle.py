"""The bundle's form: one spelling, hard limits, and a sentence for everything else (PROTOCOL sections 9 and 11)."""

from __future__ import annotations

import base64
import gzip
import json
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certifiers import bundle as form
from certifiers.bundle import (
    MAX_ENTRIES,
    MAX_OPENED_BYTES,
    MIN_ENTRY_BYTES,
    BundleError,
    Header,
    compress,
    in_order,
    open_file,
    read_bundle,
    write_bundle,
)
from certifiers.examined import Disclosure
from ledger.canonical import write
from ledger.envelope import Signature, Signer, assemble, entry_bytes, write_payload
from ledger.keys import encode_multikey

MIB = 2**20
LOT = "lot:" + "a" * 32 + "/KOL-1"
HEADS: dict[str, Any] = {
    "buckets": [
        {"bucket": 7, "leaves": [{"index": 0, "leaf": "0007" + "ab" * 94}], "proof": "", "size": 1},
        {"bucket": 9, "leaves": [], "proof": "", "size": 0},
    ],
    "proof": base64.b64encode(bytes(range(32))).decode(),
}
HEADER = Header(
    log="5f" * 32,
    lot=LOT,
    checkpoint="otc.example/kivu\n62\nAAAA\n\n— otc.example/kivu AAAA\n",
    indexes=(0, 4),
    proof=bytes(64),
    heads=HEADS,
    absent=("certificate:" + "a" * 32 + "/C-1",),
    disclosures=(Disclosure("9f" * 32, "supplier", "2c" * 32, ["GOMA-7", 7]),),
)


def an_entry(index: int = 0, signers: int = 1) -> bytes:
    """An entry of good form whose signatures hold for nothing."""
    keys = sorted(encode_multikey(sha256(f"{index} {number}".encode()).digest()) for number in range(signers))
    party = "party:" + "a" * 32
    payload = write_payload(
        log="5f" * 32,
        type="a.b",
        actor=party,
        signers=[Signer(key, party) for key in keys],
        claimed_at="2026-01-05T06:00:00Z",
        counter=0,
        body={},
    )
    return entry_bytes(0, assemble(payload, [Signature(key, bytes(64), None) for key in keys]))


ENTRIES = (an_entry(0), an_entry(1))
GOOD = write_bundle(HEADER, ENTRIES)


def refused(data: bytes) -> BundleError:
    """The error with which a file is refused."""
    with pytest.raises(BundleError) as caught:
        read_bundle(data)
    return caught.value


def with_header(**members: object) -> bytes:
    """The good bundle with members of its header replaced, or left out if None."""
    said = {**json.loads(GOOD.split(b"\n")[0]), **members}
    line = write({key: value for key, value in said.items() if value is not None})
    return b"\n".join([line, *ENTRIES, b""])


def test_a_bundle_is_written_byte_for_byte_as_the_protocol_says() -> None:
    """Sorted members, no spaces, hashes of a proof in one base64 string, lines ended by LF."""
    first, *rest = GOOD.split(b"\n")
    assert first.decode() == (
        '{"absent":["certificate:' + "a" * 32 + '/C-1"],'
        '"checkpoint":"otc.example/kivu\\n62\\nAAAA\\n\\n— otc.example/kivu AAAA\\n",'
        '"disclosures":[{"event":"' + "9f" * 32 + '","name":"supplier","salt":"' + "2c" * 32 + '",'
        '"value":["GOMA-7",7]}],'
        '"heads":{"buckets":[{"bucket":7,"leaves":[{"index":0,"leaf":"0007' + "ab" * 94 + '"}],'
        '"proof":"","size":1},{"bucket":9,"leaves":[],"proof":"","size":0}],'
        '"proof":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="},'
        '"indexes":[0,4],"log":"' + "5f" * 32 + '","lot":"lot:' + "a" * 32 + '/KOL-1",'
        '"proof":"' + "A" * 86 + '==","v":1}'
    )
    assert rest == [*ENTRIES, b""]


def test_what_is_written_is_read_back() -> None:
    """Header and entries come back as they were."""
    read = read_bundle(GOOD)
    assert read.header == HEADER
    assert [entry.raw for entry in read.entries] == list(ENTRIES)
    assert read.heads.buckets[0].leaves == {0: bytes.fromhex("0007" + "ab" * 94)}


DIGESTS = st.binary(min_size=32, max_size=32).map(bytes.hex)
NAMES = st.text("abc_", max_size=3).map(lambda rest: f"n{rest}")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=5,
)
PARTIES = st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=32, max_size=32)
CODES = st.text("A0._-", max_size=63).map(lambda rest: f"K{rest}")
HEADERS = st.builds(
    Header,
    log=DIGESTS,
    lot=st.builds("lot:{}/{}".format, PARTIES, CODES),
    checkpoint=TEXTS,
    indexes=st.sets(st.integers(0, 2**53 - 1), min_size=2, max_size=2).map(sorted).map(tuple),
    proof=st.integers(0, 5).map(lambda hashes: bytes(32 * hashes)),
    heads=st.just(HEADS),
    absent=st.sets(st.builds("site:{}/{}".format, PARTIES, CODES), max_size=3).map(sorted).map(tuple),
    disclosures=st.lists(st.builds(Disclosure, DIGESTS, NAMES, DIGESTS, VALUES), max_size=2).map(in_order),
)


@given(HEADERS)
def test_every_header_comes_back(header: Header) -> None:
    """Writing and reading are inverse, plain and gzipped."""
    data = write_bundle(header, ENTRIES)
    assert read_bundle(data).header == header
    assert read_bundle(compress(data)).header == header


def outcome(data: bytes) -> str:
    """What comes of a file: nothing to say, or a code and a sentence."""
    try:
        read_bundle(data)
    except BundleError as error:
        return f"{error.code} {error.detail}"
    return ""


@given(st.integers(0, len(GOOD)), st.integers(0, 2), st.binary(max_size=4))
def test_a_bundle_with_some_bytes_replaced_is_read_or_refused(at: int, length: int, instead: bytes) -> None:
    """No other exception comes out than the one with a code and a sentence."""
    said = outcome(GOOD[:at] + instead + GOOD[at + length :])
    assert not said or (said.startswith("bundle.") and said.endswith("."))


@given(st.binary(max_size=100))
def test_bytes_that_are_no_bundle_are_refused(data: bytes) -> None:
    """Neither as they are nor gzipped nor behind gzip's magic do they raise anything else."""
    for file in (data, compress(data), b"\x1f\x8b" + data):
        assert outcome(file).startswith("bundle.")


def test_gzip_is_what_everybody_s_gzip_opens() -> None:
    """The standard library's reader, an independent one, opens it; no time or name is inside, and it is stable."""
    packed = compress(GOOD)
    assert gzip.decompress(packed) == GOOD
    assert packed[:10] == bytes.fromhex("1f8b0800000000000 2ff".replace(" ", ""))
    assert compress(GOOD) == packed
    assert read_bundle(gzip.compress(GOOD)).header == HEADER


@pytest.mark.parametrize(
    "spoil",
    [
        lambda packed: packed[:-1],
        lambda packed: packed[:40],
        lambda packed: packed + b"\n",
        lambda packed: packed + compress(GOOD),
        lambda packed: packed[:-8] + bytes(4) + packed[-4:],
        lambda packed: packed[:-4] + bytes(4),
        lambda packed: packed[:2] + b"\x07" + packed[3:],
        lambda packed: packed[:2],
    ],
    ids=[
        "cut",
        "cut early",
        "a byte after",
        "two members",
        "wrong crc",
        "wrong length",
        "method",
        "magic only",
    ],
)
def test_a_damaged_gzip_file_is_refused(spoil: Callable[[bytes], bytes]) -> None:
    """One whole member and nothing after it, or nothing."""
    assert refused(spoil(compress(GOOD))).code == "bundle.gzip"


def test_a_bomb_is_never_expanded() -> None:
    """128 MiB of zeros are refused before more than a bundle's bytes are in memory."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = bytes(MIB)
    bomb = b"".join(packer.compress(zeros) for _ in range(128)) + packer.flush()
    tracemalloc.start()
    try:
        assert refused(bomb).code == "bundle.ratio"
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2 * MAX_OPENED_BYTES


def zeros_in_a_file(opened: int, file: int) -> bytes:
    """A gzip file of `file` bytes that opens to `opened` zeros: a comment fills its header (RFC 1952)."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(bytes(opened)) + packer.flush()
    tail = struct.pack("<II", zlib.crc32(bytes(opened)), opened)
    comment = b"x" * (file - 10 - 1 - len(packed) - len(tail)) + b"\0"
    return b"\x1f\x8b\x08\x10" + bytes(6) + comment + packed + tail


def test_the_ratio_is_opened_bytes_by_file_bytes() -> None:
    """A file of a thousand bytes opens to a hundred thousand, and not to one byte more."""
    assert len(zeros_in_a_file(100_000, 1_000)) == 1_000
    assert open_file(zeros_in_a_file(100_000, 1_000)) == bytes(100_000)
    assert refused(zeros_in_a_file(100_001, 1_000)).code == "bundle.ratio"


@pytest.mark.slow
def test_sixteen_mebibytes_open_and_a_byte_more_does_not() -> None:
    """MiB is 2^20; the limit is of what was opened, gzipped or not."""
    assert MAX_OPENED_BYTES == 16 * MIB
    largest = bytes(16 * MIB)
    assert open_file(largest) == largest
    noise = b"".join(sha256(number.to_bytes(4)).digest() for number in range(16 * MIB // 32))
    assert open_file(gzip.compress(noise, compresslevel=1)) == noise
    for data in (largest + b"\0", gzip.compress(noise + b"\0", compresslevel=1)):
        with pytest.raises(BundleError) as caught:
            open_file(data)
        assert caught.value.code == "bundle.size"


def test_a_bundle_that_nobody_could_open_is_not_written() -> None:
    """The writer keeps to the reader's limit."""
    with pytest.raises(BundleError) as caught:
        write_bundle(HEADER, [b"x" * MAX_OPENED_BYTES])
    assert caught.value.code == "bundle.size"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        GOOD[:-1],
        GOOD + b"\n",
        GOOD + ENTRIES[0] + b"\n",
        b"".join(line + b"\n" for line in GOOD.split(b"\n")[:-2]),
        b"\n" * (MAX_ENTRIES + 2),
    ],
    ids=["empty", "no last LF", "empty line", "entry over", "entry missing", "too many lines"],
)
def test_lines_that_are_not_a_header_and_its_entries_are_refused(data: bytes) -> None:
    """As many entries as indexes, every line ended by LF."""
    assert refused(data).code == "bundle.lines"


def test_no_entry_is_shorter_than_the_bound_on_lines_assumes() -> None:
    """The shortest entry there can be has one signer, a type of three characters and an empty body."""
    shortest = b'{"at":0,' + an_entry()[len(b'{"at":0,') :]
    assert len(shortest) > MIN_ENTRY_BYTES
    assert MAX_ENTRIES * MIN_ENTRY_BYTES <= MAX_OPENED_BYTES


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\xef\xbb\xbf" + GOOD, "form.bom"),
        (GOOD.replace(b'{"absent"', b'{ "absent"', 1), "form.not_canonical"),
        (GOOD.replace(b'"v":1}\n', b'"v":1}\r\n', 1), "form.not_canonical"),
        (GOOD.replace(b'"v":1}', b'"v":1.0}', 1), "form.float"),
        (GOOD.replace(b'"v":1}', b'"v":1,"v":1}', 1), "form.duplicate_key"),
        (with_header(v=2), "form.version"),
        (with_header(v=True), "form.type"),
        (with_header(extra=1), "form.unknown_member"),
        (with_header(log=None), "form.missing_member"),
        (with_header(log="5F" * 32), "form.hex"),
        (with_header(log="5f" * 31), "form.hex"),
        (with_header(lot=LOT.replace("lot:", "site:")), "form.subject"),
        (with_header(lot="lot:x"), "form.subject"),
        (with_header(checkpoint=7), "form.type"),
        (with_header(indexes=[4, 0]), "form.not_a_set"),
        (with_header(indexes=[0, 0]), "form.not_a_set"),
        (with_header(indexes=[-1, 4]), "form.range"),
        (with_header(indexes=[False, 4]), "form.type"),
        (with_header(proof="AAAA"), "form.hashes"),
        (with_header(proof="A" * 86 + "="), "form.base64"),
        (with_header(absent=[LOT, LOT]), "form.not_a_set"),
        (with_header(absent=["b", "a"]), "form.subject"),
        (
            with_header(disclosures=[{"event": "9f" * 32, "name": "x", "salt": "2c" * 32}]),
            "form.missing_member",
        ),
        (with_header(disclosures=[{"event": "9f" * 32, "name": "x", "salt": "2c", "value": 1}]), "form.hex"),
        (with_header(heads={**HEADS, "proof": "AAAA"}), "form.hashes"),
        (with_header(heads={**HEADS, "more": 1}), "form.unknown_member"),
        (with_header(heads={**HEADS, "buckets": HEADS["buckets"][::-1]}), "form.not_a_set"),
        (
            with_header(heads={**HEADS, "buckets": [{**HEADS["buckets"][1], "size": 1}]}),
            "form.missing_member",
        ),
        (with_header(heads={**HEADS, "buckets": [{**HEADS["buckets"][1], "bucket": 65_536}]}), "form.range"),
        (with_header(heads={**HEADS, "buckets": [{**HEADS["buckets"][0], "proof": "AAAA"}]}), "form.hashes"),
        (with_header(heads={**HEADS, "buckets": [{**HEADS["buckets"][0], "size": 0}]}), "form.range"),
    ],
)
def test_a_header_of_any_other_form_is_refused(data: bytes, why: str) -> None:
    """One spelling, each member strictly typed, none over and none missing; the sentence names the reason."""
    error = refused(data)
    assert error.code == "bundle.header"
    assert error.detail.startswith(f"{why}")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda line: line.replace(b'"at":0', b'"at":-1'),
        lambda line: line.replace(b'"at":0', b'"at": 0'),
        lambda line: line.replace(b'"at":0', b'"at":0,"by":1'),
        lambda line: line.replace(b'"payloadType"', b'"payloadKind"'),
        lambda line: line[:-1],
        lambda line: b"",
    ],
    ids=["negative time", "space", "unknown member", "not an envelope", "cut", "empty"],
)
def test_a_line_that_is_no_entry_is_refused_by_its_index(spoil: Callable[[bytes], bytes]) -> None:
    """The report names the index in the log, not the line in the file."""
    error = refused(write_bundle(HEADER, [ENTRIES[0], spoil(ENTRIES[1])]))
    assert (error.code, error.index) == ("bundle.entry", 4)


def test_more_than_4096_keys_are_refused() -> None:
    """256 entries of 16 signers are read; one more key is one too many."""
    indexes = tuple(range(257))
    lines = [an_entry(index, signers=16) for index in indexes[:-1]]
    enough = replace(HEADER, indexes=indexes[:-1])
    assert len(read_bundle(write_bundle(enough, lines)).entries) == 256
    over = write_bundle(replace(HEADER, indexes=indexes), [*lines, an_entry(256)])
    assert refused(over).code == "bundle.keys"
    assert form.MAX_KEYS == 4096


def test_an_assembled_bundle_has_the_form(story: SimpleNamespace) -> None:
    """What the assembly makes is read, is the same each time, and is in the log's order with its heads last."""
    data = story.scene.bundle(story.lot)
    read = read_bundle(data)
    assert story.scene.bundle(story.lot) == data
    assert read.header.lot == story.lot
    assert read.header.log == story.scene.genesis
    assert read.header.indexes[0] == 0
    assert read.header.indexes[-1] == story.scene.signed().size - 1
    assert read.entries[-1].envelope.payload.type == "log.heads"
    assert gzip.decompress(story.scene.bundle(story.lot, gzipped=True)) == data
