"""The doors for writing: one event, a batch, a check; and reading an event back with its proof."""

from __future__ import annotations

import threading
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from api import settings
from api.client import Client, ClientProblem
from api.founding import Founder
from ledger.envelope import read_entry
from ledger.merkle import leaf_hash
from ledger.proof import check_tlog_proof, read_tlog_proof

if TYPE_CHECKING:
    from conftest import Author, Begin, RunWitness, Serve, Served

START_MS = 1_767_592_800_000
HOUR_MS = 3_600_000


@pytest.fixture
def trader(author: Author, served: Served) -> Founder:
    """A party that is in the served log."""
    trader = author.trader("Trader")
    assert served.post(author.incept(trader)).status_code == 201
    return trader


def test_a_posted_event_gets_a_receipt(author: Author, served: Served, trader: Founder) -> None:
    """201 with id, index and time; the entry is at that index."""
    event = author.declare(trader, "L1")
    answer = served.post(event)
    said = answer.json()
    assert answer.status_code == 201
    assert said == {**said, "event_id": author.id_of(event), "at": START_MS}
    assert said["status"] in {"committed", "published"}
    with served.ledger.store.read() as snapshot:
        assert read_entry(snapshot.entry(said["index"])).envelope.raw == event


def test_the_same_bytes_get_the_same_receipt(author: Author, served: Served, trader: Founder) -> None:
    """Sent again, an event is answered with 200 and the receipt that it had."""
    event = author.declare(trader, "L1")
    first, second = served.post(event), served.post(event)
    assert (first.status_code, second.status_code) == (201, 200)
    assert [first.json()[name] for name in ("event_id", "index", "at")] == [
        second.json()[name] for name in ("event_id", "index", "at")
    ]


def test_a_known_event_with_a_bad_signature_is_not_acknowledged(
    author: Author, served: Served, trader: Founder
) -> None:
    """Its id is known, but the receipt is for those who can show signatures that hold."""
    event = author.declare(trader, "L1")
    served.post(event)
    forged = orjson.loads(event)
    forged["signatures"][0]["sig"] = "A" * 86 + "=="
    answer = served.post(orjson.dumps(forged, option=orjson.OPT_SORT_KEYS))
    assert (answer.status_code, answer.json()["code"]) == (400, "signature.invalid")


def test_waiting_for_publication_gives_a_published_receipt(
    author: Author, served: Served, trader: Founder
) -> None:
    """`?wait=published` answers when the checkpoint covers the event."""
    said = served.post(author.declare(trader, "L1"), wait=True).json()
    assert said["status"] == "published"
    assert int(served.http.get("/log/checkpoint").text.splitlines()[1]) > said["index"]


def test_a_head_taken_by_another_gets_412_with_the_current_head(
    author: Author, served: Served, trader: Founder
) -> None:
    """Who comes second learns the head to build on."""
    begun = author.declare(trader, "L1")
    served.post(begun)
    first, second = (author.store(trader, "L1", author.id_of(begun)) for _ in range(2))
    assert served.post(first).status_code == 201
    answer = served.post(second)
    said = answer.json()
    assert answer.status_code == 412
    assert answer.headers["content-type"] == "application/problem+json"
    assert (said["code"], said["pointer"]) == ("chain.stale_head", "/payload/links/0/prev")
    assert said["head"] == author.id_of(first)
    rebuilt = author.store(trader, "L1", said["head"])
    assert served.post(rebuilt).status_code == 201


@pytest.mark.parametrize("path", ["/v1/events", "/v1/check"])
def test_check_answers_as_the_post_would_and_writes_nothing(
    author: Author, served: Served, trader: Founder, path: str
) -> None:
    """The same refusals with the same statuses on both doors."""
    stale = author.store(trader, "NONE", "ab" * 32)
    answer = served.http.post(path, content=stale, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "subject.unknown")


def test_a_check_leaves_no_trace(author: Author, served: Served, trader: Founder) -> None:
    """What was found admissible can be posted afterwards, at the index that was announced or later."""
    event = author.declare(trader, "L1")
    said = served.http.post("/v1/check", content=event, headers={"Content-Type": "application/json"}).json()
    assert said["status"] == "admissible"
    assert served.http.get(f"/v1/events/{author.id_of(event)}").status_code == 404
    posted = served.post(event)
    assert posted.status_code == 201
    assert posted.json()["index"] >= said["index"]
    again = served.http.post("/v1/check", content=event, headers={"Content-Type": "application/json"}).json()
    assert again["index"] == posted.json()["index"]


def test_a_stale_check_names_the_head(author: Author, served: Served, trader: Founder) -> None:
    """As the post would."""
    begun = author.declare(trader, "L1")
    served.post(begun)
    stale = author.store(trader, "L1", "ab" * 32)
    answer = served.http.post("/v1/check", content=stale, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["head"]) == (412, author.id_of(begun))


def test_an_event_is_read_back_decoded_and_raw(author: Author, served: Served, trader: Founder) -> None:
    """The entry's text is the very leaf of the log; beside it stands what it says."""
    event = author.declare(trader, "L1")
    receipt = served.post(event, wait=True).json()
    said = served.get(f"/v1/events/{receipt['event_id']}")
    entry = read_entry(said["entry"].encode())
    assert (entry.at, entry.envelope.raw) == (START_MS, event)
    assert said["payload"] == orjson.loads(entry.envelope.payload.raw)
    assert (said["index"], said["status"], said["type"]) == (receipt["index"], "published", "lot.declared")
    assert [one["keyid"] for one in said["signatures"]] == [trader.key.text]


def test_a_proof_shows_the_entry_in_the_published_log(
    author: Author, served: Served, trader: Founder
) -> None:
    """The `.tlog-proof` leads from the entry's hash to the signed root."""
    receipt = served.post(author.declare(trader, "L1"), wait=True).json()
    said = served.get(f"/v1/events/{receipt['event_id']}")
    answer = served.http.get(f"/v1/events/{receipt['event_id']}/proof")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    proof = read_tlog_proof(answer.content)
    assert proof.index == receipt["index"]
    leaf = sha256(b"\x00" + said["entry"].encode()).digest()
    assert leaf == leaf_hash(said["entry"].encode())
    check_tlog_proof(proof, leaf, served.ledger.trust)


def test_what_is_not_published_has_no_proof_yet(author: Author, serve: Serve) -> None:
    """A committed event's proof is asked for again a second later."""
    served = serve(author.data, simulated=True)
    event = author.incept(author.trader("Trader"))
    served.post(event)
    answer = served.http.get(f"/v1/events/{author.id_of(event)}/proof")
    assert (answer.status_code, answer.json()["code"]) == (404, "absent.proof")
    assert answer.headers["retry-after"] == "1"


def test_an_unknown_event_is_not_found(quiet: Served) -> None:
    """An id that is in no entry leads nowhere."""
    answer = quiet.http.get(f"/v1/events/{'ab' * 32}")
    assert (answer.status_code, answer.json()["code"]) == (404, "absent.event")


def test_a_batch_is_answered_row_by_row(author: Author, served: Served, trader: Founder) -> None:
    """Good, repeated, broken and stale rows each get their verdict, in order, and harm no other."""
    declared = author.declare(trader, "L1")
    stale = author.store(trader, "L1", "ab" * 32)
    rows = [declared, declared, b'{"payload":NaN}', stale, author.declare(trader, "L2"), b""]
    verdicts = served.post_all(rows)
    assert [verdict["row"] for verdict in verdicts] == list(range(6))
    assert [verdict["status"] for verdict in verdicts] == [
        "committed",
        "duplicate",
        "refused",
        "refused",
        "committed",
        "refused",
    ]
    assert verdicts[0]["index"] == verdicts[1]["index"]
    assert verdicts[0]["event_id"] == author.id_of(declared)
    assert [verdicts[row]["problem"]["code"] for row in (2, 3, 5)] == [
        "form.not_a_number",
        "chain.stale_head",
        "form.syntax",
    ]
    assert verdicts[3]["problem"]["head"] == author.id_of(declared)


def test_rows_that_build_on_a_refused_row_are_refused(
    author: Author, served: Served, trader: Founder
) -> None:
    """A chain whose first link is missing does not enter; a chain beside it does."""
    begun = author.declare(trader, "L1")
    served.post(begun)
    bad = author.store(trader, "L1", "ab" * 32)
    on_bad = author.store(trader, "L1", author.id_of(bad))
    good = author.store(trader, "L1", author.id_of(begun))
    on_good = author.store(trader, "L1", author.id_of(good))
    verdicts = served.post_all([bad, on_bad, good, on_good])
    assert [verdict["status"] for verdict in verdicts] == ["refused", "refused", "committed", "committed"]


def test_a_batch_longer_than_a_chunk_keeps_its_order(
    author: Author, served: Served, trader: Founder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chunks follow one another: a long chain in one request enters whole, in order."""
    monkeypatch.setattr(settings, "BATCH_CHUNK", 4)
    events = [author.declare(trader, "L1")]
    for _ in range(21):
        events.append(author.store(trader, "L1", author.id_of(events[-1])))
    verdicts = served.post_all(events)
    assert [verdict["status"] for verdict in verdicts] == ["committed"] * 22
    indexes = [verdict["index"] for verdict in verdicts]
    assert indexes == sorted(set(indexes))


def test_a_batch_has_a_largest_number_of_rows(quiet: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond it nothing is read."""
    monkeypatch.setattr(settings, "MAX_BATCH_ROWS", 3)
    answer = quiet.http.post(
        "/v1/events/batch", content=b"{}\n" * 4, headers={"Content-Type": "application/x-ndjson"}
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "request.too_many_rows")


def test_batches_give_their_place_back(quiet: Served) -> None:
    """More batches than are read at once, good and bad ones, are all answered in the end."""
    places = settings.MAX_BATCHES_AT_ONCE
    statuses: list[int] = []

    def send(media_type: str) -> None:
        answer = quiet.http.post("/v1/events/batch", content=b"{}\n", headers={"Content-Type": media_type})
        statuses.append(answer.status_code)

    kinds = ["application/x-ndjson", "text/plain"] * (places + 2)
    threads = [threading.Thread(target=send, args=(kind,)) for kind in kinds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(statuses) == [200] * (places + 2) + [415] * (places + 2)


def test_the_simulated_clock_is_the_requests_header(author: Author, serve: Serve) -> None:
    """`OTC-Now` is the event's time; without it the event's own claim is."""
    served = serve(author.data, simulated=True)
    trader = author.trader("Trader")
    first = served.post(author.incept(trader), headers={"OTC-Now": str(START_MS + 7)}).json()
    second = served.post(author.declare(trader, "L1", at_ms=START_MS + 9_000)).json()
    (third,) = served.post_all([author.declare(trader, "L2")], headers={"OTC-Now": str(START_MS + 9_500)})
    assert [said["at"] - START_MS for said in (first, second, third)] == [7, 9_000, 9_500]


def test_a_wall_clock_takes_no_orders(author: Author, served: Served) -> None:
    """Nobody tells a real log what time it is."""
    event = author.incept(author.trader("Trader"))
    answer = served.post(event, headers={"OTC-Now": str(START_MS)})
    assert (answer.status_code, answer.json()["code"]) == (400, "request.header")


def test_a_simulated_time_is_a_number(author: Author, serve: Serve) -> None:
    """A header that is no number of milliseconds is refused; a superscript two is a digit, but no number."""
    served = serve(author.data, simulated=True)
    event = author.incept(author.trader("Trader"))
    for now in (b"", b"-1", b"1.5", b"soon", b"9" * 17, b"\xb2", b"1_0"):
        answer = served.post(event, headers={"OTC-Now": now})
        assert (answer.status_code, answer.json()["code"]) == (400, "request.header")


def test_the_projects_client_and_server_agree(author: Author, served: Served) -> None:
    """Receipts, verdicts, heads, lists, histories and refusals come through the SDK as they were meant."""
    trader = author.trader("Trader")
    with Client(served.url) as client:
        assert client.genesis() == author.founded.genesis_id
        receipt = client.post(author.incept(trader), wait_published=True)
        assert (receipt.status, receipt.created) == ("published", True)
        begun = author.declare(trader, "L1")
        lot = author.lot(trader, "L1")
        assert client.head(lot) == "0" * 64
        client.check(begun)
        verdicts = list(client.post_batch([begun, author.store(trader, "L1", author.id_of(begun))]))
        assert [verdict.status for verdict in verdicts] == ["committed", "committed"]
        assert client.head(lot) == verdicts[1].event_id
        with pytest.raises(ClientProblem) as refused:
            client.post(author.store(trader, "L1", author.id_of(begun)))
        assert (refused.value.status, refused.value.head) == (412, verdicts[1].event_id)
        assert [row["type"] for row in client.history(lot)] == ["lot.declared", "lot.stored"]
        assert [row["subject"] for row in client.lots()] == [lot]
        assert client.lot(lot)["head"] == verdicts[1].event_id
        assert client.event(receipt.event_id)["index"] == receipt.index
        assert "lot.split" in str(client.types())
        assert client.checkpoint().startswith("doors.otc.demo\n")


def test_a_halted_server_still_reads(author: Author, served: Served, trader: Founder) -> None:
    """When writing has stopped for good, every post gets 503 and every page is still there."""
    event = author.declare(trader, "L1")
    served.post(event)
    served.ledger.sequencer._halt("store.unsafe")
    answer = served.post(author.declare(trader, "L2"))
    assert (answer.status_code, answer.json()["code"]) == (503, "server.halted")
    assert served.get(f"/v1/events/{author.id_of(event)}")["type"] == "lot.declared"
    ready = served.http.get("/readyz")
    assert (ready.status_code, ready.json()["reasons"][0]["code"]) == (503, "store.unsafe")


def test_readiness_tells_of_a_missing_quorum(begin: Begin, witness: RunWitness, serve: Serve) -> None:
    """A server whose witnesses are away lives, but is not ready."""
    only = witness("w1")
    author = begin("watched", witnesses=[only])
    only.stop()
    served = serve(author.data)
    for _ in range(1_000):
        ready = served.http.get("/readyz")
        if ready.status_code == 503:
            break
    said: dict[str, Any] = ready.json()
    assert [reason["code"] for reason in said["reasons"]] == ["server.quorum"]
    assert served.get("/healthz") == {"status": "ok"}
