"""The served log in foreign eyes: `tlog-scales`, a reader of C2SP tiles that nobody here wrote, over plain HTTP.

Between that reader and the tiles stands no line of ours: it fetches, hashes and verifies by itself.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from tlog_scales.backend import HttpBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey

from ledger.envelope import Signer, entry_bytes, event_id, format_time, sign, write_payload
from ledger.keys import SigningKey
from ledger.log import Log
from ledger.ports import Record
from ledger.store.files import HeadFile
from ledger.store.sql import SqlStore

if TYPE_CHECKING:
    from conftest import Author, Begin, Serve

START_MS = 1_767_592_800_000
SIZES = (2, 3, 255, 256, 257)
BEYOND = 65_536 + 259
"""Past the first full tile of level 1, and past a full tile of level 0 after it."""
CHUNK = 8_192


@dataclass
class Filler:
    """Writes events and checkpoints into a log's folder through the store and `Log` alone: no rules, no server."""

    author: Author
    store: SqlStore
    log: Log
    written: int = 0

    def fill(self, size: int) -> None:
        """Bring the log to a published checkpoint of `size`, its last entry the heads."""
        with self.store.read() as snapshot:
            missing = size - 1 - snapshot.size()
        while missing > 0:
            count = min(missing, CHUNK)
            with self.store.write() as transaction:
                transaction.append([self._record() for _ in range(count)])
            missing -= count
        pending = self.log.cut()
        assert pending is not None
        assert pending.size == size
        self.log.publish(pending, pending.note)

    def _record(self) -> Record:
        """A signed event on a subject of its own."""
        self.written += 1
        trader = self.author.keys.introducers[0]
        payload = write_payload(
            log=self.author.founded.genesis_id,
            type="lot.stored",
            actor=trader.party,
            signers=[Signer(trader.key.text, trader.party)],
            claimed_at=format_time(START_MS),
            counter=self.written,
            body={"post": "CD-KOLWEZI"},
            links=(),
        )
        subject = self.author.lot(trader, f"L{self.written}")
        entry = entry_bytes(START_MS, sign(payload, [trader.key]))
        return Record(entry, START_MS, bytes.fromhex(event_id(payload)), (subject,), ())


@contextmanager
def filling(author: Author) -> Iterator[Filler]:
    """Open a founded log's folder for filling."""
    keys = author.keys
    with closing(SqlStore.open(author.data / "ledger.db")) as store:
        log = Log(
            store,
            HeadFile(author.data / "head"),
            origin="doors.otc.demo",
            log_key=SigningKey.read_pem((author.data / "log.key").read_bytes()),
            operator_key=keys.operator.key,
            operator_party=keys.operator.party,
            genesis_id=author.founded.genesis_id,
        )
        yield Filler(author, store, log)


@contextmanager
def reading(url: str) -> Iterator[TilesReader]:
    """The foreign reader at the served log."""
    backend = HttpBackend(f"{url}/log")
    with closing(backend.session):
        yield TilesReader(backend)


def believe(reader: TilesReader, vkey: str, size: int) -> None:
    """Let the reader fetch the checkpoint, verify its signature and recompute its root from tiles."""
    checkpoint = reader.get_checkpoint()
    checkpoint.verify(Vkey.from_string(vkey))
    assert checkpoint.size == size
    assert reader.calculate_root_hash() == checkpoint.root_hash


@pytest.mark.parametrize("size", SIZES)
def test_a_foreign_reader_recomputes_the_root(begin: Begin, serve: Serve, size: int) -> None:
    """At sizes around tile borders: signature, root, every entry against its leaf, every inclusion proof."""
    author = begin(f"size-{size}")
    with filling(author) as filler:
        filler.fill(size)
    served = serve(author.data, simulated=True)
    with reading(served.url) as reader:
        believe(reader, author.founded.vkey, size)
        root = reader.calculate_root_hash()
        for index in range(size):
            leaf = sha256(b"\x00" + reader.get_entry(index)).digest()
            assert leaf == reader.mth(index, index + 1)
        for index in {0, 1, size // 2, size - 1}:
            leaf = reader.mth(index, index + 1)
            reader.get_inclusion_proof(index, size).check(leaf, root)


@pytest.mark.slow
def test_a_foreign_reader_follows_a_log_beyond_two_levels(begin: Begin, serve: Serve) -> None:
    """One log from 2 entries to more than 65,536: each root, and its consistency with every one before it."""
    author = begin("large")
    seen: dict[int, bytes] = {}
    with filling(author) as filler:
        for size in (2, 255, 257, 65_536, BEYOND):
            filler.fill(size)
            with filler.store.read() as snapshot:
                note = snapshot.checkpoint(size)
            assert note is not None
            seen[size] = note
    served = serve(author.data, simulated=True)
    with reading(served.url) as reader:
        believe(reader, author.founded.vkey, BEYOND)
        roots = {size: reader.mth(0, size) for size in seen}
        for size, note in seen.items():
            assert note.decode().splitlines()[2] == b64encode(roots[size]).decode()
            proof = reader.get_consistency_proof(size, BEYOND)
            proof.check(roots[size], roots[BEYOND])
        for index in (0, 255, 256, 65_535, 65_536, BEYOND - 1):
            leaf = sha256(b"\x00" + reader.get_entry(index)).digest()
            reader.get_inclusion_proof(index, BEYOND).check(leaf, roots[BEYOND])
