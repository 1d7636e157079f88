"""`otc witness`: forwards to the witness's server, which is loaded only here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from api.cli.terminal import Arguments, arguments
from api.keyfiles import read_key
from ledger.note import VerifierKey


def main(argv: Sequence[str]) -> int:
    """Serve a C2SP tlog-witness until asked to stop; its vkey is printed first, then its address."""
    given = _parser().parse_args(argv)
    key, logs = read_key(given.key), [VerifierKey.parse(vkey) for vkey in given.log]
    from api.witness_server import serve_witness  # noqa: PLC0415  # its help should not wait for a web framework

    serve_witness(given.name, key, given.state, logs, host=given.host, port=given.port)
    return 0


def _parser() -> Arguments:
    parser = arguments(
        "witness",
        "Run a witness (C2SP tlog-witness): it cosigns a log's checkpoint only if it extends all that it has seen.",
        [
            "otc keygen --out w.key",
            "otc witness --key w.key --name w.example/1 --state w.state --log VKEY --port 8090",
        ],
        more="Its vkey is printed first. Keep the state file: a witness that forgets can be led to cosign two views.",
    )
    parser.add_argument("--key", type=Path, required=True, metavar="FILE", help="the witness's private key")
    parser.add_argument(
        "--name", required=True, metavar="NAME", help="its name for ever, such as w.example/1"
    )
    parser.add_argument("--state", type=Path, required=True, metavar="FILE", help="what it must never forget")
    parser.add_argument(
        "--log",
        nargs="+",
        action="extend",
        required=True,
        metavar="VKEY",
        help="vkeys of the logs that it knows (`otc init` prints a log's)",
    )
    parser.add_argument("--host", default="127.0.0.1", metavar="H", help="address to listen at (127.0.0.1)")
    parser.add_argument("--port", type=int, default=0, metavar="P", help="port, 0 for a free one (0)")
    return parser
