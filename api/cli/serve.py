"""`otc serve`: forwards to the server, which is loaded only here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from api.cli.terminal import Arguments, arguments
from ledger.errors import StoreError

DEFAULT_HOST: Final = "127.0.0.1"
"""Only this machine: whoever opens a log to others says so."""
DEFAULT_PORT: Final = 8000


def main(argv: Sequence[str]) -> int:
    """Serve a data folder until asked to stop; one line with the address is printed when it is ready."""
    given = _parser().parse_args(argv)
    if given.db is not None:
        hint = "Leave --db out: the log is in DIR/ledger.db."
        raise StoreError("store.foreign", "This release keeps a log in SQLite only.", hint=hint)
    from api.server import serve  # noqa: PLC0415  # its help should not wait for a web framework

    serve(
        given.data,
        host=given.host,
        port=given.port,
        head=given.head,
        simulated_clock=given.simulated_clock,
    )
    return 0


def _parser() -> Arguments:
    parser = arguments(
        "serve",
        "Run the HTTP server of a log; print one line with its address when it is ready.",
        [
            "otc serve --data log",
            "otc serve --data log --head /mnt/other-disk/head --host 0.0.0.0 --port 8000",
            "otc serve --data play --port 0 --simulated-clock",
        ],
        more="SIGINT or SIGTERM stop it cleanly: what waits is committed, a last checkpoint is published.",
    )
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the log's folder")
    parser.add_argument("--db", metavar="URL", help="another database than DIR/ledger.db (a later release)")
    parser.add_argument(
        "--head", type=Path, metavar="FILE", help="the head file, best on another disk (DIR/head)"
    )
    parser.add_argument(
        "--host", default=DEFAULT_HOST, metavar="H", help=f"address to listen at ({DEFAULT_HOST})"
    )
    parser.add_argument(
        "--port", type=int, default=DEFAULT_PORT, metavar="P", help=f"port, 0 for a free one ({DEFAULT_PORT})"
    )
    parser.add_argument(
        "--simulated-clock",
        action="store_true",
        help="no wall clock enters an entry; only for origins that end in .demo",
    )
    return parser
