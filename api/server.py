"""`otc serve`: one data folder behind one address, until it is asked to stop.

A stop is clean: running requests are answered, what waits is committed, a last checkpoint is published.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from api.app import create_app
from api.listening import Announce, listen, run, say, server_for
from api.wiring import open_ledger


def serve(
    data: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    head: Path | None = None,
    simulated_clock: bool = False,
    announce: Announce = say,
) -> None:
    """Serve a data folder; `announce` gets one line with the address when the server is ready.

    Witnesses are those of the folder's trust file that have a URL. LedgerError with a sentence if the address is
    taken (`serve.port`) or the folder cannot be served (`api.wiring.open_ledger`).
    """
    with closing(listen(host, port)) as listener:
        ledger = open_ledger(data, head=head, simulated=simulated_clock)
        run(server_for(create_app(ledger), listener, announce), listener)
