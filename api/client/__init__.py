"""The client: what a party's own software says to a log's server over HTTP (PROTOCOL section 10).

    with Client("http://127.0.0.1:8000") as client:
        receipt = client.post(envelope)
        receipt.event_id, receipt.index, receipt.status        "9f86…0a08", 4711, "committed"

It signs nothing and believes nothing: what a bundle proves is for the verifier to say. It never imports the server.
The same bytes always get the same receipt, so that sending an event once more after a broken connection is safe.
"""

from __future__ import annotations

from api.client.answers import ClientProblem, Receipt, Verdict
from api.client.connection import Client

__all__ = ["Client", "ClientProblem", "Receipt", "Verdict"]
