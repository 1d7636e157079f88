"""Two clients, one lot: over real HTTP on a served SQLite log exactly one of two spends enters, every time."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx2
import pytest

from api.founding import Founder
from ledger.store.sql import SqlStore

if TYPE_CHECKING:
    from conftest import Author, Served

JSON = {"Content-Type": "application/json"}
SENDERS = 2


def spends(author: Author, trader: Founder, tries: int) -> tuple[list[bytes], list[tuple[bytes, ...]]]:
    """Lots of a kilogram, and for each two events that split it whole in two different ways."""
    lots = [author.declare(trader, f"L{number}") for number in range(tries)]
    pairs = [
        tuple(
            author.split(
                trader, f"L{number}", author.id_of(lot), {f"L{number}{half}A": 1, f"L{number}{half}B": 999}
            )
            for half in "XY"
        )
        for number, lot in enumerate(lots)
    ]
    return lots, pairs


def race(url: str, pairs: list[tuple[bytes, ...]]) -> Counter[tuple[int, ...]]:
    """Send the events of each pair at the same moment, each over a connection of its own; count the outcomes."""
    together = threading.Barrier(SENDERS)

    def send(side: int) -> list[int]:
        statuses = []
        with httpx2.Client(base_url=url, trust_env=False, timeout=30) as http:
            for pair in pairs:
                together.wait(30)
                answer = http.post("/v1/events", content=pair[side], headers=JSON)
                if answer.status_code == 412:
                    assert answer.json()["code"] == "chain.stale_head"
                statuses.append(answer.status_code)
        return statuses

    with ThreadPoolExecutor(SENDERS) as pool:
        sides = list(pool.map(send, range(SENDERS)))
    return Counter(tuple(sorted(statuses)) for statuses in zip(*sides, strict=True))


def run(author: Author, served: Served, tries: int) -> None:
    """Race for some lots; afterwards each is spent exactly once, with all of its mass."""
    trader = author.trader("Trader")
    served.post(author.incept(trader))
    lots, pairs = spends(author, trader, tries)
    assert {verdict["status"] for verdict in served.post_all(lots)} == {"committed"}
    assert race(served.url, pairs) == {(201, 412): tries}
    served.stop()
    store = SqlStore.open(author.data / "ledger.db")
    with store.read() as snapshot:
        chains = [
            snapshot.chain(author.lot(trader, f"L{number}"), snapshot.size()) for number in range(tries)
        ]
        kinds = snapshot.subjects("lot", limit=10 * tries)
    store.close()
    assert [len(chain) for chain in chains] == [2] * tries
    assert len(kinds) == 3 * tries


def test_one_of_two_spends_enters(author: Author, served: Served) -> None:
    """One gets 201, the other 412 with the head that was faster."""
    run(author, served, 40)


@pytest.mark.slow
def test_one_of_two_spends_enters_in_a_thousand_tries(author: Author, served: Served) -> None:
    """A thousand lots, two spends each: one 201 and one 412 in every try, and no lot is spent twice."""
    run(author, served, 1_000)


def test_an_event_sent_twice_at_once_lands_once(author: Author, served: Served) -> None:
    """Both senders of the same bytes get the same receipt, one 201 and one 200."""
    trader = author.trader("Trader")
    served.post(author.incept(trader))
    events = [author.declare(trader, f"L{number}") for number in range(40)]
    assert race(served.url, [(event, event) for event in events]) == {(200, 201): 40}
    with served.ledger.store.read() as snapshot:
        assert snapshot.size() - snapshot.heads_count() == 2 + 40
