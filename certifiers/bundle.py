r"""A lot's evidence in one file that anybody can verify offline: its form (PROTOCOL sections 9 and 11).

NDJSON, each line canonical JSON and ended by one LF; the file may be gzipped, in one member. First a header, then
the exact bytes of the entries in the order of `indexes`, of which the last is the `log.heads`::

    {"absent":[],"checkpoint":"otc.example/kivu\n62\n…","disclosures":[],"heads":{"buckets":[…],"proof":"rCJc…"},
     "indexes":[0,4,17,61],"log":"5f70…c6ef","lot":"lot:mfrg…/KOL-1","proof":"hNbA…","v":1}
    {"at":1767592800000,"event":{"payload":"eyJh…","payloadType":"application/vnd.otc.event+json",…}}
    …

The header is shown in two lines; it is one. `proof` is the multiproof of the entries in the log's tree, `heads` that
of the subjects' leaves (ledger.heads_proof), and each disclosure opens a commitment of a bundled entry::

    {"event":"9f86…0a08","name":"supplier","salt":"2cf2…9824","value":"GOMA-7"}

Problem codes, beside those of ledger.canonical and ledger.payload: `bundle.size`, `bundle.ratio`, `bundle.gzip`,
`bundle.lines`, `bundle.header`, `bundle.entry`, `bundle.keys`.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from certifiers.examined import Disclosure
from ledger.canonical import (
    MAX_INTEGER,
    array,
    base64_bytes,
    base64_text,
    check_set,
    hex_digest,
    integer,
    members,
    read,
    text,
    write,
)
from ledger.envelope import Entry, read_entry
from ledger.errors import FormError, LedgerError
from ledger.heads_proof import HeadsProof, read_heads_proof
from ledger.merkle import HASH_BYTES
from ledger.subjects import SALT_BYTES, check_subject, kind_of
from ledger.values import Value

VERSION: Final = 1

MAX_OPENED_BYTES: Final = 16 * 2**20
"""More than a thousand events of several signers; a phone still opens it in memory."""

MAX_RATIO: Final = 100
"""Opened bytes for each byte of the file: entries full of hashes hardly compress tenfold, bombs a thousandfold."""

MAX_KEYS: Final = 4096
"""Distinct signing keys: each is admitted anew, the dearest thing that a verifier does."""

MIN_ENTRY_BYTES: Final = 500
"""No entry is shorter: id, two parties' names, a key and a signature are. It bounds the lines before any is read."""

MAX_ENTRIES: Final = MAX_OPENED_BYTES // MIN_ENTRY_BYTES

_GZIP_MAGIC: Final = b"\x1f\x8b"
_GZIP_WINDOW: Final = 31  # zlib: the largest window, and the gzip container around it
_RAW_WINDOW: Final = -15  # zlib: the same window and no container
# RFC 1952: deflate, no flags, no time, "slowest", an unknown system: nothing tells when or where it was made.
_GZIP_HEADER: Final = _GZIP_MAGIC + b"\x08\x00" + bytes(4) + b"\x02\xff"

_HEADER: Final = ("absent", "checkpoint", "disclosures", "heads", "indexes", "log", "lot", "proof", "v")
_DISCLOSURE: Final = ("event", "name", "salt", "value")


class BundleError(LedgerError):
    """A file that is no bundle, or a bundle that cannot be made (codes `bundle.*`); `index` is the entry's."""

    def __init__(self, code: str, detail: str, *, index: int | None = None, hint: str = "") -> None:
        super().__init__(code, detail, hint=hint)
        self.index = index


@dataclass(frozen=True, slots=True)
class Header:
    """A bundle's first line.

    `log` is the hex id of the genesis, `checkpoint` the note, `proof` the hashes of the log's multiproof, `heads`
    the member as ledger.heads_proof builds it, `absent` the subjects proved not to exist.
    """

    log: str
    lot: str
    checkpoint: str
    indexes: tuple[int, ...]
    proof: bytes
    heads: Value
    absent: tuple[str, ...] = ()
    disclosures: tuple[Disclosure, ...] = ()


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle whose form is good and of which nothing has been verified; `entries` ascend as `header.indexes`."""

    header: Header
    heads: HeadsProof
    entries: tuple[Entry, ...]


def write_bundle(header: Header, entries: Iterable[bytes]) -> bytes:
    """Give the bytes of a bundle; BundleError `bundle.size` if they are too many to be opened."""
    lines = [write(_header_value(header)), *entries, b""]
    data = b"\n".join(lines)
    if len(data) > MAX_OPENED_BYTES:
        raise BundleError("bundle.size", _TOO_LARGE, hint="Leave ancestors out: they are then not shown.")
    return data


def compress(data: bytes) -> bytes:
    """Give the gzip file of some bytes (RFC 1952): the same bytes, the same file."""
    deflate = zlib.compressobj(zlib.Z_BEST_COMPRESSION, zlib.DEFLATED, _RAW_WINDOW)
    packed = deflate.compress(data) + deflate.flush()
    return _GZIP_HEADER + packed + struct.pack("<II", zlib.crc32(data), len(data))


def open_file(data: bytes) -> bytes:
    """Give the NDJSON of a file that may be gzipped, never expanding more than a bundle may have.

    BundleError `bundle.size`, `bundle.ratio`, or `bundle.gzip` for a damaged file or anything after its one member.
    """
    if not data.startswith(_GZIP_MAGIC):
        if len(data) > MAX_OPENED_BYTES:
            raise BundleError("bundle.size", _TOO_LARGE)
        return data
    most = min(MAX_OPENED_BYTES, MAX_RATIO * len(data))
    inflate = zlib.decompressobj(_GZIP_WINDOW)
    try:
        opened = inflate.decompress(data, most + 1)
    except zlib.error:
        raise BundleError("bundle.gzip", "The gzip file is damaged.") from None
    if len(opened) > MAX_OPENED_BYTES:
        raise BundleError("bundle.size", _TOO_LARGE)
    if len(opened) > most:
        raise BundleError("bundle.ratio", f"The file opens to more than {MAX_RATIO} times its size.")
    if not inflate.eof or inflate.unused_data:
        raise BundleError("bundle.gzip", "The file is not one whole gzip member with nothing after it.")
    return opened


def read_bundle(data: bytes) -> Bundle:
    """Read a file as a bundle, gzipped or not; BundleError as of `open_file` or with one of these codes.

    `bundle.lines`, `bundle.header`, `bundle.entry` (with the entry's index), `bundle.keys`.
    """
    lines = _split(open_file(data))
    try:
        header = _read_header(lines[0])
        heads = _read_heads(header.heads)
    except LedgerError as error:
        raise BundleError("bundle.header", _why(error)) from error
    if len(lines) - 1 != len(header.indexes):
        raise BundleError("bundle.lines", "There are not as many entries as indexes.")
    entries = tuple(map(_read_entry, header.indexes, lines[1:]))
    keys = {signer.key for entry in entries for signer in entry.envelope.payload.signers}
    if len(keys) > MAX_KEYS:
        raise BundleError("bundle.keys", f"More than {MAX_KEYS} different keys have signed.")
    return Bundle(header, heads, entries)


_TOO_LARGE: Final = f"A bundle has at most {MAX_OPENED_BYTES} bytes once it is opened."


def _split(opened: bytes) -> list[bytes]:
    """Give the lines; they are counted first, for sixteen million empty ones would fill a machine."""
    if not opened.endswith(b"\n") or opened.count(b"\n") > 1 + MAX_ENTRIES:
        raise BundleError(
            "bundle.lines", f"A bundle is a header and up to {MAX_ENTRIES} entries, each line ended by LF."
        )
    return opened.split(b"\n")[:-1]


def _read_entry(index: int, line: bytes) -> Entry:
    try:
        return read_entry(line)
    except LedgerError as error:
        raise BundleError("bundle.entry", _why(error), index=index) from error


def _why(error: LedgerError) -> str:
    where = f" at {error.pointer}" if error.pointer else ""
    return f"{error.code}{where}: {error.detail}"


def _header_value(header: Header) -> Value:
    return {
        "absent": list[Value](header.absent),
        "checkpoint": header.checkpoint,
        "disclosures": [
            {"event": one.event, "name": one.name, "salt": one.salt, "value": one.value}
            for one in header.disclosures
        ],
        "heads": header.heads,
        "indexes": list[Value](header.indexes),
        "log": header.log,
        "lot": header.lot,
        "proof": base64_text(header.proof),
        "v": VERSION,
    }


def _read_header(line: bytes) -> Header:
    said = members(read(line, max_bytes=MAX_OPENED_BYTES), "", _HEADER)
    if integer(said["v"], "/v") != VERSION:
        raise FormError("form.version", "This version of the form is unknown.", pointer="/v")
    return Header(
        log=hex_digest(said["log"], "/log").hex(),
        lot=_read_lot(said["lot"], "/lot"),
        checkpoint=text(said["checkpoint"], "/checkpoint"),
        indexes=_read_indexes(said["indexes"], "/indexes"),
        proof=_read_hashes(said["proof"], "/proof"),
        heads=said["heads"],
        absent=_read_absent(said["absent"], "/absent"),
        disclosures=tuple(
            _read_disclosure(item, f"/disclosures/{position}")
            for position, item in enumerate(array(said["disclosures"], "/disclosures"))
        ),
    )


def _read_lot(value: Value, pointer: str) -> str:
    lot = check_subject(text(value, pointer), pointer)
    if kind_of(lot) != "lot":
        raise FormError("form.subject", "Only a lot can stand here.", pointer=pointer)
    return lot


def _read_indexes(value: Value, pointer: str) -> tuple[int, ...]:
    indexes = [
        integer(item, f"{pointer}/{position}", minimum=0, maximum=MAX_INTEGER)
        for position, item in enumerate(array(value, pointer, max_items=MAX_ENTRIES))
    ]
    if any(before >= after for before, after in pairwise(indexes)):
        raise FormError(
            "form.not_a_set", "The indexes do not ascend, or one is there twice.", pointer=pointer
        )
    return tuple(indexes)


def _read_hashes(value: Value, pointer: str) -> bytes:
    hashes = base64_bytes(value, pointer)
    _check_whole_hashes(hashes, pointer)
    return hashes


def _check_whole_hashes(hashes: bytes, pointer: str) -> None:
    if len(hashes) % HASH_BYTES:
        detail = f"A proof is hashes of {HASH_BYTES} bytes and nothing else."
        raise FormError("form.hashes", detail, pointer=pointer)


def _read_absent(value: Value, pointer: str) -> tuple[str, ...]:
    absent = [
        check_subject(text(item, f"{pointer}/{position}"), f"{pointer}/{position}")
        for position, item in enumerate(array(value, pointer))
    ]
    check_set(absent, pointer)
    return tuple(absent)


def _read_disclosure(value: Value, pointer: str) -> Disclosure:
    one = members(value, pointer, _DISCLOSURE)
    return Disclosure(
        event=hex_digest(one["event"], f"{pointer}/event").hex(),
        name=text(one["name"], f"{pointer}/name"),
        salt=hex_digest(one["salt"], f"{pointer}/salt", SALT_BYTES).hex(),
        value=one["value"],
    )


def _read_heads(value: Value) -> HeadsProof:
    heads = read_heads_proof(value, "/heads")
    _check_whole_hashes(heads.proof, "/heads/proof")
    for position, bucket in enumerate(heads.buckets):
        _check_whole_hashes(bucket.proof, f"/heads/buckets/{position}/proof")
    return heads


def in_order(disclosures: Sequence[Disclosure]) -> tuple[Disclosure, ...]:
    """Give disclosures in the order of the form: by event, then by name."""
    return tuple(sorted(disclosures, key=lambda one: (one.event, one.name)))
