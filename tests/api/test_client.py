"""The client: what it sends, what it makes of answers, and when it tries again."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import httpx2
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.client import Client, ClientProblem, Receipt, connection

EVENT_ID = "9f" * 32
LOT = "lot:" + "a" * 32 + "/KOL-1"
RECEIPT = {"event_id": EVENT_ID, "index": 4711, "at": 1_768_632_120_000, "status": "committed"}

Answering = Callable[[httpx2.Request], httpx2.Response]


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries wait for nobody here."""
    monkeypatch.setattr(connection, "FIRST_PAUSE_S", 0)


def client(answering: Answering) -> Client:
    """A client whose server is a function."""
    return Client("http://log.example", transport=httpx2.MockTransport(answering))


def answer(status: int, value: object, media_type: str = "application/json") -> httpx2.Response:
    """An answer with a JSON body."""
    return httpx2.Response(status, content=orjson.dumps(value), headers={"Content-Type": media_type})


def raised(answering: Answering, call: Callable[[Client], object]) -> ClientProblem:
    """The problem that a call meets."""
    with client(answering) as speaker, pytest.raises(ClientProblem) as caught:
        call(speaker)
    return caught.value


def test_the_very_bytes_are_posted() -> None:
    """An envelope goes out as it is, as application/json; 201 means that it is new."""
    seen: list[httpx2.Request] = []

    def server(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return answer(201, RECEIPT)

    with client(server) as speaker:
        receipt = speaker.post(b'{"payload":"x"}')
    assert receipt == Receipt(EVENT_ID, 4711, 1_768_632_120_000, "committed", created=True)
    (request,) = seen
    assert (request.method, str(request.url)) == ("POST", "http://log.example/v1/events")
    assert (request.content, request.headers["content-type"]) == (b'{"payload":"x"}', "application/json")
    assert "otc-now" not in request.headers


def test_the_same_event_again_is_no_new_one() -> None:
    """200 with the same receipt: it was there before."""
    with client(lambda _: answer(200, RECEIPT)) as speaker:
        assert not speaker.post(b"{}").created


def test_publication_and_a_plays_clock_are_asked_for() -> None:
    """`?wait=published` and the OTC-Now header are the names of the published interface."""
    seen: list[httpx2.Request] = []

    def server(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return answer(201, RECEIPT)

    with client(server) as speaker:
        speaker.post(b"{}", wait_published=True, now_ms=1_768_632_120_000)
    assert seen[0].url.query == b"wait=published"
    assert seen[0].headers["otc-now"] == "1768632120000"


def test_a_refusal_is_an_error_with_all_it_says() -> None:
    """Status, code, pointer, detail, hint and the current head come out of the problem (RFC 9457)."""
    problem = {
        "type": "/problems/chain.stale_head",
        "title": "prev is not the head",
        "status": 412,
        "code": "chain.stale_head",
        "detail": "prev is not the head of the subject's chain",
        "pointer": "/payload/links/0/prev",
        "hint": "fetch the current head",
        "head": "7c" * 32,
    }
    caught = raised(lambda _: answer(412, problem, "application/problem+json"), lambda c: c.post(b"{}"))
    assert (caught.status, caught.code, caught.pointer) == (412, "chain.stale_head", "/payload/links/0/prev")
    assert (caught.detail, caught.hint, caught.head) == (problem["detail"], problem["hint"], "7c" * 32)


@pytest.mark.parametrize("body", [b"<html>Bad Gateway</html>", b"[1]", b"", b"\xff"])
def test_an_answer_that_is_not_the_servers_is_told_by_its_status(body: bytes) -> None:
    """A gateway between us and the log answers in HTML: that is a problem too, and never a traceback."""
    caught = raised(lambda _: httpx2.Response(502, content=body), lambda c: c.post(b"{}"))
    assert (caught.status, caught.code) == (502, "client.answer")


@pytest.mark.parametrize("body", [b"<html>Welcome</html>", b"[1]", b""])
def test_a_success_that_is_not_ours_is_no_receipt(body: bytes) -> None:
    """A captive portal answers 200 to everything."""
    caught = raised(lambda _: httpx2.Response(200, content=body), lambda c: c.post(b"{}"))
    assert caught.code == "client.answer"


@pytest.mark.parametrize("missing", sorted(RECEIPT))
def test_a_receipt_with_a_hole_is_no_receipt(missing: str) -> None:
    """Each of its four members is needed."""
    holed = {name: value for name, value in RECEIPT.items() if name != missing}
    assert raised(lambda _: answer(201, holed), lambda c: c.post(b"{}")).code == "client.answer"


def test_a_broken_connection_is_tried_three_times() -> None:
    """The same bytes get the same receipt, so that sending them again is safe; the third try may still do."""
    bodies: list[bytes] = []

    def server(request: httpx2.Request) -> httpx2.Response:
        bodies.append(request.content)
        if len(bodies) < 3:
            raise httpx2.ReadError("reset", request=request)
        return answer(201, RECEIPT)

    with client(server) as speaker:
        assert speaker.post(b"same").created
    assert bodies == [b"same"] * 3


def test_after_three_tries_the_server_is_unreachable() -> None:
    """No more than three; status 0 says that nobody answered."""
    tries: list[int] = []

    def server(request: httpx2.Request) -> httpx2.Response:
        tries.append(1)
        raise httpx2.ConnectError("refused", request=request)

    caught = raised(server, lambda c: c.checkpoint())
    assert (caught.status, caught.code, len(tries)) == (0, "client.unreachable", 3)


@pytest.mark.parametrize("status", [403, 412, 500, 503])
def test_an_answer_is_final(status: int) -> None:
    """What the server has decided is not asked again."""
    tries: list[int] = []

    def server(_request: httpx2.Request) -> httpx2.Response:
        tries.append(1)
        return answer(status, {"code": "server.busy", "detail": "later"})

    assert (raised(server, lambda c: c.post(b"{}")).status, len(tries)) == (status, 1)


def test_a_silent_server_is_not_asked_again() -> None:
    """A time-out says nothing about the event: the caller decides whether to send it again."""
    tries: list[int] = []

    def server(request: httpx2.Request) -> httpx2.Response:
        tries.append(1)
        raise httpx2.ReadTimeout("slow", request=request)

    assert (raised(server, lambda c: c.post(b"{}")).code, len(tries)) == ("client.unreachable", 1)


@pytest.mark.parametrize("address", ["nowhere", "http://", "ftp://x", "http://[", "http://a b"])
def test_an_address_that_is_none_is_told(address: str) -> None:
    """A slip in --url is a sentence."""

    def call() -> None:
        with Client(address) as speaker:
            speaker.checkpoint()

    with pytest.raises(ClientProblem) as caught:
        call()
    assert caught.value.status == 0


def batch_server(sizes: list[int], refuse: bytes = b"bad") -> Answering:
    """A server that commits every row but one; it notes how many rows each request had."""

    def server(request: httpx2.Request) -> httpx2.Response:
        rows = request.content.splitlines()
        sizes.append(len(rows))
        lines = [
            {
                "row": number,
                "status": "refused",
                "problem": {"status": 400, "code": "form.syntax", "detail": "d"},
            }
            if row == refuse
            else {"row": number, "status": "committed", "event_id": EVENT_ID, "index": number, "at": 1}
            for number, row in enumerate(rows)
        ]
        content = b"".join(orjson.dumps(line) + b"\n" for line in lines)
        return httpx2.Response(200, content=content, headers={"Content-Type": "application/x-ndjson"})

    return server


def test_every_row_of_a_batch_gets_its_verdict() -> None:
    """Rows are counted over all requests; a refused one has its problem, a committed one its index."""
    rows = [b"{}"] * 1_500 + [b"bad"] + [b"{}"] * 600
    sizes: list[int] = []
    with client(batch_server(sizes)) as speaker:
        verdicts = list(speaker.post_batch(rows))
    assert sizes == [1_000, 1_000, 101]
    assert [verdict.row for verdict in verdicts] == list(range(2_101))
    (bad,) = [verdict for verdict in verdicts if verdict.status == "refused"]
    assert (bad.row, bad.problem.code if bad.problem else "", bad.index) == (1_500, "form.syntax", None)


@given(st.lists(st.integers(1, 65_535), max_size=300))
def test_no_request_of_a_batch_is_too_large(lengths: list[int]) -> None:
    """Whatever the rows' lengths: all are sent, in order, at most 1,000 and 4 MiB a request."""
    rows = [bytes(length) for length in lengths]
    sent = list(connection._batches(rows))
    assert [row for batch in sent for row in batch] == rows
    assert all(len(batch) <= 1_000 and sum(map(len, batch)) <= 4 * 2**20 for batch in sent)


def test_a_batch_that_is_answered_in_part_is_no_success() -> None:
    """A line for each row, or the caller is told that some are in doubt."""

    def server(_request: httpx2.Request) -> httpx2.Response:
        line = orjson.dumps({"row": 0, "status": "committed", "event_id": EVENT_ID, "index": 0, "at": 1})
        return httpx2.Response(200, content=line + b"\n")

    assert raised(server, lambda c: list(c.post_batch([b"1", b"2"]))).code == "client.answer"


def test_a_list_is_read_page_by_page() -> None:
    """`next` of one page is `after` of the next, until there is none; filters stay."""
    pages = {"": ({"items": [{"n": 1}, {"n": 2}], "next": "b"}), "b": {"items": [{"n": 3}]}}
    asked: list[str] = []

    def server(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.query.decode())
        return answer(200, pages[request.url.params.get("after", "")])

    with client(server) as speaker:
        assert [row["n"] for row in speaker.lots()] == [1, 2, 3]
    assert asked == ["limit=100", "limit=100&after=b"]


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (lambda c: c.event(EVENT_ID), f"/v1/events/{EVENT_ID}"),
        (lambda c: c.proof(EVENT_ID), f"/v1/events/{EVENT_ID}/proof"),
        (lambda c: c.lot(LOT), f"/v1/lots/{'a' * 32}/KOL-1"),
        (lambda c: c.bundle(LOT), f"/v1/lots/{'a' * 32}/KOL-1/bundle"),
        (lambda c: c.verification(LOT), f"/v1/lots/{'a' * 32}/KOL-1/verification"),
        (lambda c: c.checkpoint(), "/log/checkpoint"),
        (lambda c: c.types(), "/v1/types"),
        (lambda c: c.fetch("/log/tile/0/000"), "/log/tile/0/000"),
    ],
)
def test_each_reading_goes_to_its_path(call: Callable[[Client], object], path: str) -> None:
    """The paths are those of PROTOCOL section 10."""
    seen: list[str] = []

    def server(request: httpx2.Request) -> httpx2.Response:
        seen.append(request.url.path)
        return answer(200, {"items": []})

    with client(server) as speaker:
        call(speaker)
    assert seen == [path]


def test_heads_and_genesis_are_read_from_one_route() -> None:
    """`/v1/heads?subject=` tells the head of a chain, and the genesis that every event has to name."""

    def server(request: httpx2.Request) -> httpx2.Response:
        assert request.url.path == "/v1/heads"
        head = "cd" * 32 if request.url.params["subject"] == LOT else "00" * 32
        return answer(200, {"genesis": "ab" * 32, "head": head})

    with client(server) as speaker:
        assert (speaker.head(LOT), speaker.head("log"), speaker.genesis()) == (
            "cd" * 32,
            "00" * 32,
            "ab" * 32,
        )


def test_a_lot_that_has_not_begun_has_no_custodian() -> None:
    """404 is an answer here: nobody holds it."""
    with client(lambda _: answer(404, {"code": "absent.subject", "detail": "d"})) as speaker:
        assert speaker.custodian(LOT) == ""
    with client(lambda _: answer(200, {"custodian": "party:x"})) as speaker:
        assert speaker.custodian(LOT) == "party:x"


def test_the_client_loads_no_server() -> None:
    """A party's own software needs neither web framework nor database."""
    script = (
        "import sys, api.client\n"
        "loaded = {'fastapi', 'starlette', 'uvicorn', 'sqlalchemy', 'pydantic'} & set(sys.modules)\n"
        "sys.exit(str(loaded) if loaded else 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
