"""`otc bundle`: fetches from a server what proves a lot offline."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from api.cli.terminal import Arguments, arguments, say
from api.client import Client
from api.keyfiles import write_new
from ledger.errors import FormError
from ledger.subjects import check_subject, kind_of


def main(argv: Sequence[str]) -> int:
    """Fetch a lot's bundle into a new file, or to stdout with `--out -`."""
    given = _parser().parse_args(argv)
    lot = check_lot(given.lot)
    with Client(given.url) as client:
        data = client.bundle(lot)
    if given.out == Path("-"):
        sys.stdout.buffer.write(data)
        return 0
    write_new(given.out, data)
    say(f"{given.out}: {len(data):,} bytes; verify it with: otc verify {given.out} --trust FILE --lot {lot}")
    return 0


def check_lot(text: str) -> str:
    """Return a lot's id, written with or without `lot:` before it; FormError `form.subject` if it is none."""
    subject = check_subject(text if text.startswith("lot:") else f"lot:{text}", "")
    if kind_of(subject) != "lot":
        raise FormError("form.subject", "This is not a lot's id.")
    return subject


def _parser() -> Arguments:
    parser = arguments(
        "bundle",
        "Fetch the bundle that proves a lot offline, as of the newest published checkpoint.",
        [
            "otc bundle lot:mfrggzdfmztwq2lknnwg23tpobyxe43u/KOL-1 --url http://127.0.0.1:8000 --out kol-1.bundle",
        ],
    )
    parser.add_argument("lot", metavar="LOT", help="the lot's id, lot:<party>/<CODE>")
    parser.add_argument("--url", required=True, help="address of the log's server")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="a new file; - for stdout")
    return parser
