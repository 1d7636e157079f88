"""The operator cheats: what it could do with its database and its key, and who notices.

One byte of an entry changed in a copy of the database: the audit names entry, event and lot. The whole tree
recomputed over the changed entry and signed with the log's own key: every signature and hash is right, and the
witnesses refuse it, because they remember the root they cosigned.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import httpx2

from api.client import Client
from ledger.checkpoint import Checkpoint
from ledger.envelope import read_entry
from ledger.keys import SigningKey
from ledger.merkle import MemoryTree, leaf_hash
from ledger.note import read_note, sign_note, write_note
from ledger.tiles import TILE_WIDTH, entries_path, read_entry_bundle
from ledger.witness import Request, write_add_checkpoint

CONTENT_TYPE = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Tampering:
    """Where a byte was changed: the entry's index, its event's id and the subject it speaks of."""

    index: int
    event_id: str
    subject: str


def change_one_byte(ledger: Path, copy: Path, event_id: str) -> Tampering:
    """Copy a log's folder and change one digit of one entry in the copy's database, as its administrator could."""
    shutil.copytree(ledger, copy, ignore=shutil.ignore_patterns("*.key", "*.lock"))
    with closing(sqlite3.connect(copy / "ledger.db")) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        index, entry = database.execute(
            "SELECT idx, entry FROM entries JOIN events USING (idx) WHERE event_id = ?",
            (bytes.fromhex(event_id),),
        ).fetchone()
        changed = _one_digit_up(entry)
        database.execute("UPDATE entries SET entry = ? WHERE idx = ?", (changed, index))
        database.commit()
    links = read_entry(entry).envelope.payload.links
    return Tampering(index, event_id, next((link.subject for link in links), ""))


def _one_digit_up(entry: bytes) -> bytes:
    """Change the last digit of the log's time: `{"at":1772427600000,…` stays well-formed."""
    end = entry.index(b",")
    return entry[: end - 1] + (b"1" if entry[end - 1 : end] == b"0" else b"0") + entry[end:]


def fetch_entries(client: Client, size: int) -> list[bytes]:
    """Fetch the first `size` entries from the log's own tiles."""
    entries: list[bytes] = []
    while len(entries) < size:
        width = min(TILE_WIDTH, size - len(entries))
        path = entries_path(len(entries) // TILE_WIDTH, width)
        entries += read_entry_bundle(client.fetch(f"/log/tile/{path}"))
    return entries


def forge_checkpoint(entries: list[bytes], changed: int, origin: str, log_key: SigningKey) -> str:
    """Recompute the whole tree over entries of which one is changed, and sign its checkpoint with the log's key."""
    tree = MemoryTree()
    for index, entry in enumerate(entries):
        tree.append(leaf_hash(_one_digit_up(entry) if index == changed else entry))
    text = Checkpoint(origin, len(entries), tree.root()).text()
    return write_note(text, [sign_note(text, origin, log_key)])


def ask_to_cosign(witness_url: str, note: str, size: int) -> int:
    """Send a checkpoint to a witness as the log would; give the status it answers."""
    body = write_add_checkpoint(Request(size, (), read_note(note)))
    answer = httpx2.post(
        f"{witness_url}/add-checkpoint", content=body, headers={"Content-Type": CONTENT_TYPE}
    )
    return answer.status_code
