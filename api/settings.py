"""Settings: every limit of the doors, with its unit and the reason for its size.

Limits of the form (entries, payloads, links) belong to the protocol and stand in `ledger`; these protect a server.
What a server is told at its start are the options of `otc serve` (docs/reference/cli.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ledger.canonical import MAX_ENTRY_BYTES
from ledger.note import VerifierKey

DEMONSTRATION_SUFFIX: Final = ".demo"
"""Logs of such origins are plays: their clock may be simulated, and no cosignature bounds it."""

KIB: Final = 1024
MIB: Final = 1024 * KIB
SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60 * SECOND_MS
HOUR_MS: Final = 60 * MINUTE_MS

# Bodies
MAX_EVENT_BODY_BYTES: Final = MAX_ENTRY_BYTES
"""An envelope is part of an entry, so nothing larger can enter the log."""
MAX_BATCH_BODY_BYTES: Final = 8 * MIB
"""Five thousand usual events; a body is read whole before it is answered, lest both sides wait for each other."""
MAX_BATCH_ROWS: Final = 10_000
"""The shortest event has some 800 bytes, so that only rubbish has more rows."""
MAX_BATCHES_AT_ONCE: Final = 4
"""Batches held in memory at a time: 32 MiB of bodies and as much of what is read from them."""
BODY_SECONDS: Final = 30
"""A body that takes longer is given up: a slow sender holds memory, and a batch's place."""
MAX_HEADER_BYTES: Final = 16 * KIB
"""Names and values of a request's headers together; usual requests have some hundred bytes."""
MAX_HEAD_BYTES: Final = 64 * KIB
"""Where a connection is closed whose request line and headers do not end: the parser would keep them all."""

# Connections
MAX_CONNECTIONS: Final = 512
"""Connections at a time: with a body each in memory they stay below 40 MiB."""
KEEP_ALIVE_SECONDS: Final = 15
"""An idle connection is kept for the next request of the same sender, not for longer."""
STOP_SECONDS: Final = 10
"""What requests under way may take when the server stops; then the last checkpoint is cut."""

# The sequencer
MAX_GROUP: Final = 512
"""Events of one transaction: from some hundred on, the one fsync that they share costs nearly nothing each."""
BATCH_CHUNK: Final = 256
"""Rows of a batch that go to the sequencer together; other senders come in between two chunks."""
MAX_WAITING: Final = 4_096
"""Events that wait for the writer, some 10 MiB and about a second; beyond, senders are asked to come back."""
WAIT_PUBLISHED_SECONDS: Final = 30
"""How long `?wait=published` waits; then the answer says `committed`, which is true."""

# Checkpoints
CHECKPOINT_MS: Final = SECOND_MS
"""Time between two checkpoints, unless heads take longer than their share (PROTOCOL section 8)."""
HEADS_SHARE: Final = 10
"""Heads take at most one part in so many of the writer's time."""
RECOSIGN_MS: Final = 10 * MINUTE_MS
"""An idle log has its last checkpoint cosigned again this often (PROTOCOL section 7, "The log's clock")."""
COSIGNED_WITHIN_MS: Final = HOUR_MS
"""Nothing is given a time further than this beyond the newest cosignature (as above)."""
RETRY_MS: Final = SECOND_MS
"""Between two rounds of asking witnesses that did not make the quorum."""
MAX_RETRY_MS: Final = MINUTE_MS
"""Rounds without a quorum are spaced twice as far each time, up to this."""
SIMULATED_CHECKPOINT_MS: Final = HOUR_MS
"""Under a simulated clock: the step of `at` before which a checkpoint is cut (docs/reference/http.md)."""
SIMULATED_ROUNDS: Final = 5
"""Under a simulated clock commits wait for publication: after so many rounds without a quorum they give up."""

# Witnesses
WITNESS_SECONDS: Final = 1
"""How long a witness may take to answer: all are asked at once, so that no round takes longer."""
MAX_WITNESS_ANSWER_BYTES: Final = 64 * KIB
"""A few signature lines, or a cosigned checkpoint: post-quantum ones have some 5 kB each."""

# Reading
DEFAULT_PAGE: Final = 100
MAX_PAGE: Final = 1_000
"""Items of one page of a list: some 500 KiB of JSON."""
MAX_LINEAGE: Final = 1_000
"""Lots in one drawing of a lineage; what is beyond is said to be cut."""
GZIP_LEVEL: Final = 6
"""zlib's own middle: level 9 takes three times as long for a hundredth less."""


@dataclass(frozen=True, slots=True)
class WitnessAddress:
    """A witness's key, and the URL prefix at which it takes checkpoints and shows its last one."""

    key: VerifierKey
    url: str
