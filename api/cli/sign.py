"""`otc sign`: from a payload, or an envelope that waits for signatures, to an envelope with some more."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from api.cli.terminal import Arguments, arguments, tell
from api.cosigning import add_signatures, put_together, read_draft
from api.keyfiles import read_file, read_key, write_new
from ledger.envelope import MAX_ENVELOPE_BYTES


def main(argv: Sequence[str]) -> int:
    """Sign, and write the envelope to stdout or --out; who has still to sign is told on stderr."""
    given = _parser().parse_args(argv)
    drafts = [read_draft(read_file(path, MAX_ENVELOPE_BYTES + 1)) for path in given.payload]
    draft = add_signatures(put_together(drafts), [read_key(path) for path in given.key])
    tell(f"{draft.payload.type}, claimed at {draft.payload.claimed_at}, actor {draft.payload.actor}")
    for key in draft.missing:
        tell(f"has still to sign: {key}")
    envelope = draft.envelope() + b"\n"
    if given.out is None:
        sys.stdout.buffer.write(envelope)
        sys.stdout.flush()
    else:
        write_new(given.out, envelope)
    return 0


def _parser() -> Arguments:
    parser = arguments(
        "sign",
        "Add the signatures of one or more keys to a payload, or to envelopes of it signed by others before.",
        [
            "otc sign genesis.draft --key root-1.key > by-root-1",
            "otc sign by-root-1 --key root-2.key --key root-3.key --out genesis.signed",
            "otc sign by-root-1 by-root-2 --key root-3.key --out genesis.signed",
        ],
    )
    parser.add_argument(
        "payload", type=Path, nargs="+", metavar="PAYLOAD", help="a payload, or envelopes of the same one"
    )
    parser.add_argument(
        "--key",
        type=Path,
        nargs="+",
        action="extend",
        default=[],
        metavar="FILE",
        help="private keys that the payload names as signers; may be repeated",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="write to a new file instead of stdout")
    return parser
