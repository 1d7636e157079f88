"""The log's checkpoints: cut, sealed, cosigned by others, published (PROTOCOL section 7, "Each checkpoint").

Entries are appended by the journal; here the log states where every subject stands and signs its size and root::

    cut       1, 2  one transaction: `log.heads` is appended, size and root to be signed are recorded
    seal      3     the entries that the database returns are added to the last signed tree, and compared
              4     the checkpoint is signed
              5     the head file outside the database moves from the last signed size and root to the new ones
    (caller)  6     witnesses cosign
    publish   7     the note is stored, and the heads tree switched to it

If we die right here: before or in the transaction, nothing has happened. Between it and 5, the database holds a
checkpoint that nobody has seen signed; `start` seals it, and since signatures are deterministic and the recorded
root is compared with the entries again, the same bytes come out. Between 5 and 7, `start` finds it in the head
file and gives it back to be cosigned and published. In 7, one transaction, it is the one or the other. So there is
one root for each size, unless the database was replaced by an older one: then the head file is ahead, and nothing
is signed.

A `log.heads` body: {"root":"5a1c…","size":4711}; it is entry 4711, and the checkpoint's size 4712.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ledger import heads, merkle
from ledger.checkpoint import Checkpoint
from ledger.envelope import Signer, entry_bytes, event_id, format_time, read_entry, sign, write_payload
from ledger.errors import ProofError, StoreError
from ledger.keys import SigningKey
from ledger.merkle import EMPTY_ROOT, Frontier, leaf_hash
from ledger.note import sign_note, write_note
from ledger.ports import HeadFile, Record, Signed, Snapshot, Store

HEADS_TYPE = "log.heads"

_NOTHING_SIGNED = Signed(0, EMPTY_ROOT)


@dataclass(frozen=True, slots=True)
class Pending:
    """A signed checkpoint on its way to publication: its note bears the log's signature alone.

    `top_nodes` are the hashes, by (level, index), in which its heads tree differs from the published one.
    """

    size: int
    root: bytes
    note: str
    top_nodes: Mapping[tuple[int, int], bytes]


class Log:
    """One log's sequence of checkpoints. It has no clock; one caller at a time, who holds the log's lock."""

    def __init__(
        self,
        store: Store,
        head_file: HeadFile,
        *,
        origin: str,
        log_key: SigningKey,
        operator_key: SigningKey,
        operator_party: str,
        genesis_id: str,
    ) -> None:
        self._store = store
        self._head_file = head_file
        self._origin = origin
        self._log_key = log_key
        self._operator = Signer(operator_key.text, operator_party)
        self._operator_key = operator_key
        self._genesis_id = genesis_id

    def start(self, witnessed: Iterable[Signed] = ()) -> Pending | None:
        """Make sure that this database is the log that was signed; return what a crash left to be published.

        `witnessed` is what witnesses say they cosigned last. StoreError `store.behind` if the head file or a
        witness knows a larger log, `store.forked` if one knows another log, `store.foreign` if the log begins with
        another genesis, `store.corrupt` if the database contradicts itself, `head.missing` and `head.stale` if the
        head file is not the one of this database.
        """
        held = self._head_file.read()
        with self._store.read() as snapshot:
            signed = snapshot.signed()
            self._check_genesis(snapshot)
            _recount(snapshot, signed, signed)
            for seen in (held or _NOTHING_SIGNED, *witnessed):
                _check_seen(snapshot, seen)
            _check_not_stale(snapshot, held)
            if _is_published(snapshot):
                return None
            top_nodes = heads.changes(snapshot, signed.size - 1)
        return self._seal(held, signed, top_nodes)

    def cut(self, at_ms: int | None = None) -> Pending | None:
        """Append `log.heads` and seal a checkpoint that ends with it; None if nothing happened since the last one.

        `at_ms` is the log's clock; None gives the statement the time of the entry before it. StoreError
        `store.pending` while the checkpoint before is not published, `head.moved` if another signer was faster.
        """
        with self._store.write() as transaction:
            before, size = transaction.signed(), transaction.size()
            if not _is_published(transaction):
                raise StoreError("store.pending", "The last checkpoint signed is not yet published.")
            if size == before.size:
                return None
            top_nodes = heads.changes(transaction, size)
            root = heads.root_after(transaction, top_nodes)
            at = max(transaction.last_at(), at_ms or 0)
            transaction.append([self._statement(size, root, at, transaction.heads_count() + 1)])
            transaction.count_heads()
            signed = Signed(size + 1, merkle.root(transaction, size + 1))
            transaction.put_signed(signed)
        return self._seal(before if before.size else None, signed, top_nodes)

    def publish(self, pending: Pending, note: str) -> None:
        """Publish a checkpoint with its cosignatures, or once more with newer ones.

        `note` is the pending note and lines after it, else ProofError `note.other`; StoreError `store.conflict`
        if a later checkpoint has been signed.
        """
        if not note.startswith(pending.note):
            raise ProofError("note.other", "The note is not the one that is to be published.")
        with self._store.write() as transaction:
            if transaction.signed() != Signed(pending.size, pending.root):
                raise StoreError("store.conflict", "A later checkpoint has been signed.")
            transaction.publish(pending.size, note.encode(), pending.top_nodes)

    def newest(self) -> Pending | None:
        """Return the checkpoint published last, to be cosigned again; None while a later one is pending."""
        with self._store.read() as snapshot:
            signed = snapshot.signed()
            if not signed.size or not _is_published(snapshot):
                return None
        return Pending(signed.size, signed.root, self._signed_note(signed), {})

    def consistency(self, old_size: int, pending: Pending) -> list[bytes]:
        """Return the proof, for a witness, that the pending checkpoint extends the log of `old_size` entries."""
        with self._store.read() as snapshot:
            return merkle.consistency_proof(snapshot, old_size, pending.size)

    def _seal(
        self, held: Signed | None, signed: Signed, top_nodes: Mapping[tuple[int, int], bytes]
    ) -> Pending:
        """Take steps 3 to 5: compare, sign, move the head file on from what it held."""
        with self._store.read() as snapshot:
            _recount(snapshot, held or _NOTHING_SIGNED, signed)
            _check_statement(snapshot, signed.size - 1, heads.root_after(snapshot, top_nodes))
        note = self._signed_note(signed)
        if held != signed:
            self._head_file.swap(held, signed)
        return Pending(signed.size, signed.root, note, top_nodes)

    def _signed_note(self, signed: Signed) -> str:
        text = Checkpoint(self._origin, signed.size, signed.root).text()
        return write_note(text, [sign_note(text, self._origin, self._log_key)])

    def _statement(self, size: int, root: bytes, at: int, counter: int) -> Record:
        """Return the `log.heads` that the operator signs about entries [0, size)."""
        payload = write_payload(
            log=self._genesis_id,
            type=HEADS_TYPE,
            actor=self._operator.party,
            signers=[self._operator],
            claimed_at=format_time(at),
            counter=counter,
            body={"root": root.hex(), "size": size},
        )
        entry = entry_bytes(at, sign(payload, [self._operator_key]))
        return Record(entry, at, bytes.fromhex(event_id(payload)), (), ())

    def _check_genesis(self, snapshot: Snapshot) -> None:
        if snapshot.size() and snapshot.index_of(bytes.fromhex(self._genesis_id)) != 0:
            raise StoreError(
                "store.foreign", "The database holds a log with another genesis.", hint=_CHECK_PATHS
            )


_CHECK_PATHS = "Do database, head file and keys belong together?"
_REFILL = (
    "Do not go on with it: bring back the newest copy of the database, of that size at least; without one, a "
    "successor log is needed. There is no way to accept the rollback."
)


def _is_published(snapshot: Snapshot) -> bool:
    """Tell whether the checkpoint signed last, if any, is published: its last entry is the heads statement."""
    signed = snapshot.signed()
    return signed.size == 0 or snapshot.heads_size() == signed.size - 1


def _check_seen(snapshot: Snapshot, seen: Signed) -> None:
    """Refuse a database that lacks what the log has signed, or has something else in its place."""
    signed = snapshot.signed()
    if seen.size > signed.size:
        raise StoreError("store.behind", "The database is older than what the log has signed.", hint=_REFILL)
    if merkle.root(snapshot, seen.size) != seen.root:
        raise StoreError("store.forked", "The database is not the log that was signed.", hint=_CHECK_PATHS)


def _check_not_stale(snapshot: Snapshot, held: Signed | None) -> None:
    """Refuse a head file that is older than what was published: someone has put an old one there, or none."""
    published = snapshot.heads_size() + 1 if snapshot.heads_size() else 0
    if held is None and published:
        raise StoreError(
            "head.missing", "The head file is gone.", hint="Look where it was: is its disk mounted?"
        )
    if held is not None and held.size < published:
        raise StoreError("head.stale", "The head file is older than what is published.", hint=_CHECK_PATHS)


def _recount(snapshot: Snapshot, base: Signed, signed: Signed) -> None:
    """Add the entries that the database returns to the tree signed before, and compare the root to be signed."""
    frontier = Frontier.load(snapshot, base.size)
    whole = frontier.root() == base.root
    for entry in snapshot.entries(base.size, signed.size):
        frontier.append(leaf_hash(entry))
    if not whole or frontier.root() != signed.root:
        raise StoreError("store.corrupt", "The entries are not those whose root was recorded.", hint=_AUDIT)


def _check_statement(snapshot: Snapshot, index: int, root: bytes) -> None:
    """Make sure that the entry at `index` is the statement of this heads root, as the database returns it."""
    payload = read_entry(snapshot.entry(index)).envelope.payload
    if payload.type != HEADS_TYPE or payload.body != {"root": root.hex(), "size": index}:
        raise StoreError("store.corrupt", "The last entry does not state the heads of its log.", hint=_AUDIT)


_AUDIT = "Run `otc audit`, which names the damage."
