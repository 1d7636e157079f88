"""What the first five steps of verification establish, or where they stopped (PROTOCOL sections 9 and 11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ledger.checkpoint import Checkpoint
from ledger.envelope import Entry
from ledger.quorum import QuorumResult
from ledger.values import Value


@dataclass(frozen=True, slots=True)
class Disclosure:
    """A field that travelled as a commitment, opened beside the log."""

    event: str
    name: str
    salt: str
    value: Value


@dataclass(frozen=True, slots=True)
class Examined:
    """A bundle whose form, checkpoint, inclusion, signatures, chains and files hold.

    `chains` and `files` hold every subject that is whole in the bundle, with its entries' indexes ascending;
    `absent` are subjects proved not to exist as of the heads. `size` is the log's size that the heads speak of.
    """

    lot: str
    genesis: str
    size: int
    checkpoint: Checkpoint
    quorum: QuorumResult
    as_of_ms: int
    entries: Mapping[int, Entry]
    chains: Mapping[str, tuple[int, ...]]
    files: Mapping[str, tuple[int, ...]]
    absent: frozenset[str]
    disclosures: tuple[Disclosure, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """The first of steps 1-5 that does not hold: the bundle proves nothing."""

    step: int
    code: str
    index: int | None
    detail: str
