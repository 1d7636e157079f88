"""Bad input: each fault has its own code and place, nothing of it is written or repeated, and nothing is a 5xx."""

from __future__ import annotations

import base64
import json
import socket
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import httpx2
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api import settings as limits
from api.problems import CATALOGUE, MEDIA_TYPE
from ledger.envelope import PAYLOAD_TYPE, pae
from ledger.keys import SigningKey, encode_multikey

if TYPE_CHECKING:
    from conftest import Market, Served

START_MS = 1_767_592_800_000
JSON = {"Content-Type": "application/json"}
CANARY = "kanarienvogel"
IDENTITY_KEY = encode_multikey(bytes([1]) + bytes(31))
"""The identity point of the curve: for it one constant signature passes for any message."""


def canonical(value: object) -> bytes:
    """Sorted keys, no spaces."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def envelope_of(payload: bytes, keys: list[SigningKey]) -> bytes:
    """Sign any bytes as if they were a payload."""
    message = pae(PAYLOAD_TYPE, payload)
    signatures = [
        {"keyid": key.text, "sig": base64.b64encode(key.sign(message)).decode()}
        for key in sorted(keys, key=lambda key: key.text)
    ]
    return canonical(
        {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": PAYLOAD_TYPE,
            "signatures": signatures,
        }
    )


def said_by(market: Market) -> dict[str, Any]:
    """The payload of a good event, decoded; its counter is 2."""
    event = market.author.declare(market.trader, "L1")
    said: dict[str, Any] = orjson.loads(base64.b64decode(orjson.loads(event)["payload"]))
    return {**said, "counter": 2}


def changed(change: Callable[[dict[str, Any]], object]) -> Callable[[dict[str, Any]], bytes]:
    """A payload whose decoded members were changed before it was written again."""

    def apply(said: dict[str, Any]) -> bytes:
        change(said)
        return canonical(said)

    return apply


def replaced(old: bytes, new: bytes) -> Callable[[dict[str, Any]], bytes]:
    """A payload whose bytes were changed after it was written."""
    return lambda said: canonical(said).replace(old, new, 1)


BODY = "/payload/body"
COUNTER = b'"counter":2'
PAYLOADS: dict[str, tuple[Callable[[dict[str, Any]], bytes], str, str]] = {
    "unknown member": (changed(lambda s: s.update(extra=1)), "form.unknown_member", "/payload/extra"),
    "unknown body member": (
        changed(lambda s: s["body"].update(extra=1)),
        "form.unknown_member",
        f"{BODY}/extra",
    ),
    "missing member": (changed(lambda s: s.pop("actor")), "form.missing_member", "/payload/actor"),
    "float": (replaced(COUNTER, COUNTER + b".0"), "form.float", "/payload/counter"),
    "exponent": (replaced(COUNTER, COUNTER + b"e0"), "form.float", "/payload/counter"),
    "null": (replaced(COUNTER, b'"counter":null'), "form.null", "/payload/counter"),
    "NaN": (replaced(COUNTER, b'"counter":NaN'), "form.not_a_number", "/payload/counter"),
    "Infinity": (replaced(COUNTER, b'"counter":-Infinity'), "form.not_a_number", "/payload/counter"),
    "2^53": (
        replaced(COUNTER, b'"counter":9007199254740992'),
        "form.integer_range",
        "/payload/counter",
    ),
    "1e400": (replaced(COUNTER, b'"counter":1e400'), "form.float", "/payload/counter"),
    "boolean for integer": (
        replaced(COUNTER, b'"counter":true'),
        "form.type",
        "/payload/counter",
    ),
    "duplicate key": (
        replaced(COUNTER, COUNTER + b',"counter":2'),
        "form.duplicate_key",
        "/payload/counter",
    ),
    "lone surrogate": (replaced(b'"hs":"810530"', b'"hs":"\\ud800"'), "form.surrogate", f"{BODY}/hs"),
    "BOM": (lambda s: b"\xef\xbb\xbf" + canonical(s), "form.bom", "/payload"),
    "not UTF-8": (replaced(b'"hs":"810530"', b'"hs":"\xff"'), "form.encoding", "/payload"),
    "space": (replaced(COUNTER, b'"counter": 2'), "form.not_canonical", "/payload/counter"),
    "not sorted": (
        lambda s: orjson.dumps(dict(sorted(s.items(), reverse=True))),
        "form.not_canonical",
        "/payload/type",
    ),
    "depth": (
        changed(lambda s: s["body"].update(extra=orjson.loads("[" * 20 + "]" * 20))),
        "form.depth",
        f"{BODY}/extra" + "/0" * 14,
    ),
    "size": (changed(lambda s: s["body"].update(extra="x" * 41_000)), "form.size", "/payload"),
    "capital key": (changed(lambda s: s["body"].update(Extra=1)), "form.key_name", BODY),
    "wrong log": (changed(lambda s: s.update(log="ab" * 32)), "event.wrong_log", "/payload/log"),
    "unknown type": (changed(lambda s: s.update(type="lot.vanished")), "event.unknown_type", "/payload/type"),
    "reserved type": (changed(lambda s: s.update(type="tax.paid")), "event.reserved_type", "/payload/type"),
    "version": (changed(lambda s: s.update(v=2)), "form.version", "/payload/v"),
    "no calendar day": (
        changed(lambda s: s.update(claimed_at="2026-02-30T00:00:00Z")),
        "form.time",
        "/payload/claimed_at",
    ),
    "from the future": (
        changed(lambda s: s.update(claimed_at="2026-02-05T06:00:00Z")),
        "event.claimed_ahead",
        "/payload/claimed_at",
    ),
    "no subject": (
        changed(lambda s: s["links"][0].update(subject="lot:x")),
        "form.subject",
        "/payload/links/0/subject",
    ),
    "stale head": (
        changed(lambda s: s["links"][0].update(prev="ab" * 32)),
        "event.shape",
        "/payload/links/0/prev",
    ),
    "foreign actor": (
        changed(lambda s: s.update(actor="party:" + "a" * 32)),
        "event.actor",
        "/payload/actor",
    ),
    "committed mass": (
        changed(lambda s: s.update(commitments={"weight": "ab" * 32})),
        "form.commitment",
        "/payload/commitments",
    ),
    "wrong mass": (
        changed(lambda s: s["body"]["weight"].update(dry_mass_g=7)),
        "form.value",
        f"{BODY}/weight",
    ),
}


@pytest.mark.parametrize("fault", PAYLOADS)
def test_each_fault_of_a_payload_has_its_code_and_place(market: Market, fault: str) -> None:
    """A signed event with one fault is refused with that fault's code and a pointer to it; nothing is written."""
    change, code, pointer = PAYLOADS[fault]
    event = envelope_of(change(said_by(market)), [market.trader.key])
    before = size_of(market.served)
    answer = market.served.post(event)
    said = answer.json()
    assert (said["code"], said["pointer"]) == (code, pointer)
    assert answer.status_code == said["status"] == CATALOGUE[code].status
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert size_of(market.served) == before


def size_of(served: Served) -> int:
    """The number of the log's entries but its heads."""
    with served.ledger.store.read() as snapshot:
        return snapshot.size() - snapshot.heads_count()


def weak(said: dict[str, Any]) -> dict[str, Any]:
    """The event signed by the identity point, with the signature that holds for every message without admission."""
    said["signers"] = [{"key": IDENTITY_KEY, "party": said["actor"]}]
    envelope: dict[str, Any] = orjson.loads(envelope_of(canonical(said), []))
    sig = base64.b64encode(bytes([1]) + bytes(63)).decode()
    envelope["signatures"] = [{"keyid": IDENTITY_KEY, "sig": sig}]
    return envelope


def test_each_fault_of_the_signatures_has_its_code_and_place(market: Market) -> None:
    """Missing, extra, wrong, weak and misshapen signatures are told apart."""
    trader, said, other = market.trader, said_by(market), SigningKey(bytes([7] * 32))
    payload = canonical(said)
    good = orjson.loads(envelope_of(payload, [trader.key]))
    signature = good["signatures"][0]
    cases: list[tuple[object, str, str]] = [
        ({**good, "signatures": []}, "signature.missing", "/signatures"),
        (
            orjson.loads(envelope_of(payload, [trader.key, other])),
            "signature.extra",
            f"/signatures/{int(other.text > trader.key.text)}/keyid",
        ),
        (
            {**good, "signatures": [{**signature, "sig": base64.b64encode(bytes(64)).decode()}]},
            "signature.invalid",
            "/signatures/0/sig",
        ),
        ({**good, "signatures": [{**signature, "sig": "QUJD"}]}, "form.signature", "/signatures/0/sig"),
        ({**good, "signatures": [{**signature, "sig": "?"}]}, "form.base64", "/signatures/0/sig"),
        ({**good, "signatures": [{**signature, "more": 1}]}, "form.unknown_member", "/signatures/0/more"),
        ({**good, "payloadType": "text/plain"}, "form.payload_type", "/payloadType"),
        ({**good, "payload": "e30"}, "form.base64", "/payload"),
        (weak(said), "key.weak", "/payload/signers/0/key"),
    ]
    for envelope, code, pointer in cases:
        refused = market.served.post(canonical(envelope)).json()
        assert (refused["code"], refused["pointer"]) == (code, pointer)
        assert 400 <= refused["status"] < 500


def test_a_key_that_nobody_registered_is_refused(market: Market) -> None:
    """A stranger's signature holds, and gives no right."""
    stranger = market.author.trader("Stranger")
    said = market.served.post(market.author.declare(stranger, "L1")).json()
    assert (said["status"], said["code"], said["pointer"]) == (403, "key.unknown", "/payload/signers/0/key")


def test_no_answer_repeats_what_was_sent(market: Market) -> None:
    """Values and unknown names of hostile input are in no answer: not in bodies, paths, queries or headers."""
    long = CANARY * 20
    said, http = said_by(market), market.served.http
    bodies = [
        CANARY.encode(),
        canonical({CANARY: CANARY}),
        canonical({"payload": CANARY, "payloadType": CANARY, "signatures": [CANARY]}),
        envelope_of(canonical({**said, "type": f"lot.{CANARY}"}), [market.trader.key]),
        envelope_of(canonical({**said, "log": CANARY}), [market.trader.key]),
        envelope_of(canonical({**said, "body": {**said["body"], "hs": long, long: 1}}), [market.trader.key]),
    ]
    answers = [http.post("/v1/events", content=body, headers=JSON) for body in bodies]
    answers += [
        http.post("/v1/events", content=b"{}", headers={"Content-Type": CANARY}),
        http.get(f"/{CANARY}"),
        http.get(f"/v1/lots/{CANARY}/{CANARY}"),
        http.get("/v1/lots", params={CANARY: CANARY}),
        http.get("/v1/lots", params={"limit": CANARY}),
        http.get(f"/log/tile/{CANARY}"),
        http.get(f"/problems/{CANARY}"),
        http.request(CANARY.upper(), "/v1/events"),
        http.get("/healthz", headers={f"OTC-{CANARY}": CANARY}),
    ]
    for answer in answers:
        assert 400 <= answer.status_code < 500
        assert CANARY not in answer.text.lower().replace(f"/payload/body/{CANARY}", "")
        assert CANARY not in str(answer.headers).lower()


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 415, "request.media_type"),
        ({"Content-Type": "text/plain"}, 415, "request.media_type"),
        ({"Content-Type": "application/json; charset=latin-1"}, 415, "request.media_type"),
        ({"Content-Type": "application/x-ndjson"}, 415, "request.media_type"),
        ({**JSON, "Content-Encoding": "gzip"}, 415, "request.encoding"),
        ({**JSON, "OTC-Now": "1"}, 400, "request.header"),
        ({**JSON, "OTC-Root": "1"}, 400, "request.header"),
        ({**JSON, "X-Long": "x" * 20_000}, 431, "request.headers_too_large"),
    ],
)
def test_headers_that_ask_for_something_else_are_refused(
    quiet: Served, headers: dict[str, str], status: int, code: str
) -> None:
    """Another media type, a compressed body, an unknown OTC header and headers without end."""
    answer = quiet.http.post("/v1/events", content=b"{}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json",
        "Application/JSON",
        "application/json;charset=utf-8",
        'application/json; charset="UTF-8"',
    ],
)
def test_a_media_type_has_several_spellings(quiet: Served, media_type: str) -> None:
    """Case and a charset of UTF-8 make no difference: the body is read, and found wanting."""
    answer = quiet.http.post("/v1/events", content=b"{}", headers={"Content-Type": media_type})
    assert answer.json()["code"] == "form.missing_member"


@pytest.mark.parametrize(
    ("path", "media_type", "most"),
    [
        ("/v1/events", "application/json", limits.MAX_EVENT_BODY_BYTES),
        ("/v1/check", "application/json", limits.MAX_EVENT_BODY_BYTES),
        ("/v1/events/batch", "application/x-ndjson", limits.MAX_BATCH_BODY_BYTES),
    ],
)
def test_a_body_has_an_end(quiet: Served, path: str, media_type: str, most: int) -> None:
    """Too large by its Content-Length, or found so while it streams without one: 413 either way."""

    def stream() -> Iterator[bytes]:
        for _ in range(most // 65_536 + 2):
            yield b"x" * 65_536

    for content in (b"x" * (most + 1), stream()):
        answer = quiet.http.post(path, content=content, headers={"Content-Type": media_type})
        assert (answer.status_code, answer.json()["code"]) == (413, "request.too_large")


@pytest.mark.parametrize("path", ["/v1/events", "/v1/check", "/v1/events/batch"])
def test_an_empty_body_is_refused(quiet: Served, path: str) -> None:
    """Nothing is not an event."""
    kind = "application/x-ndjson" if path.endswith("batch") else "application/json"
    answer = quiet.http.post(path, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["code"]) == (400, "request.empty")


def test_a_body_that_trickles_is_given_up(quiet: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who sends a byte now and then does not hold the door open."""
    monkeypatch.setattr(limits, "BODY_SECONDS", 0.1)

    def trickle() -> Iterator[bytes]:
        yield b"{"
        time.sleep(0.4)
        yield b"}"

    try:
        answer = quiet.http.post("/v1/events", content=trickle(), headers=JSON)
    except httpx2.NetworkError:
        return  # the server closed the connection under the sender's hands
    assert (answer.status_code, answer.json()["code"]) == (408, "request.slow")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "GET", "OPTIONS"])
def test_a_method_that_a_path_does_not_take_is_a_problem(quiet: Served, method: str) -> None:
    """405 with the methods that it does take."""
    answer = quiet.http.request(method, "/v1/check")
    assert (answer.status_code, answer.json()["code"]) == (405, "route.method")
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/", "/v1/events/", "/v2/events", "/docs", "/%00", "/v1/lots/a/b/c"]
)
def test_a_path_that_leads_nowhere_is_a_problem(quiet: Served, path: str) -> None:
    """404, as a problem like all others."""
    answer = quiet.http.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "route.unknown")


def spoken(served: Served, *pieces: bytes) -> bytes:
    """Say bytes to the server's socket; return what it answers until it closes or falls silent."""
    address = urlsplit(served.url)
    with socket.create_connection((address.hostname, address.port or 0), timeout=5) as connection:
        connection.settimeout(2)
        answer = b""
        try:
            for piece in pieces:
                connection.sendall(piece)
            while chunk := connection.recv(65_536):
                answer += chunk
        except (TimeoutError, ConnectionError):
            pass
        return answer


def test_a_head_without_end_is_cut_off(quiet: Served) -> None:
    """A header of megabytes is not kept: the connection is closed, and the server lives."""
    begun = time.monotonic()
    spoken(quiet, b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: ", *[b"x" * 65_536] * 64)
    assert time.monotonic() - begun < 2
    assert quiet.http.get("/healthz").status_code == 200


@pytest.mark.slow
def test_what_is_no_http_harms_nobody(quiet: Served) -> None:
    """Rubbish on the wire gets at most a 400."""
    for rubbish in (
        b"\x16\x03\x01",
        b"\r\n\r\n\r\n",
        b"GET\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    ):
        answer = spoken(quiet, rubbish + b"\r\n\r\n")
        assert answer == b"" or answer.startswith(b"HTTP/1.1 4")
    assert quiet.http.get("/healthz").status_code == 200


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
ENVELOPES = st.fixed_dictionaries(
    {
        "payload": st.binary(max_size=60).map(lambda raw: base64.b64encode(raw).decode()) | JSON_VALUES,
        "payloadType": st.just(PAYLOAD_TYPE) | JSON_VALUES,
        "signatures": st.lists(st.fixed_dictionaries({"keyid": st.text(), "sig": st.text()}), max_size=3)
        | JSON_VALUES,
    }
)


def rough_json(value: object) -> bytes:
    """Write a value as JSON as Python would, NaN and lone surrogates included."""
    return json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode()


@settings(max_examples=150)
@given(body=st.binary(max_size=300) | JSON_VALUES.map(rough_json) | ENVELOPES.map(rough_json))
def test_no_body_breaks_the_server(quiet: Served, body: bytes) -> None:
    """Whatever the bytes, single or as rows of a batch: a 4xx with a catalogued code, or a verdict a row."""
    single = quiet.http.post("/v1/events", content=body, headers=JSON)
    assert 400 <= single.status_code < 500
    assert single.json()["code"] in CATALOGUE
    batch = quiet.http.post(
        "/v1/events/batch", content=body, headers={"Content-Type": "application/x-ndjson"}
    )
    assert batch.status_code in {200, 400}
    for line in batch.content.splitlines():
        said = orjson.loads(line)
        assert said.get("status") in {"refused", 400}


@settings(max_examples=150)
@given(
    data=st.data(),
    path=st.sampled_from(
        [
            "/v1/lots",
            "/v1/parties",
            "/v1/heads",
            "/v1/events",
            "/log/tile",
            "/v1/corridors",
            "/problems",
            "/v1/types",
        ]
    ),
)
def test_no_path_or_query_breaks_the_server(quiet: Served, data: st.DataObject, path: str) -> None:
    """Whatever stands in a path or query: a 2xx or a problem of our catalogue."""
    parts = data.draw(st.lists(st.text(max_size=12), max_size=3))
    query = data.draw(
        st.dictionaries(st.sampled_from(["limit", "after", "subject", "x"]), st.text(max_size=12))
    )
    answer = quiet.http.get(
        "/".join([path, *(quote(part, safe="", errors="replace") for part in parts)]), params=query
    )
    assert answer.status_code < 500
    if answer.status_code >= 400:
        assert answer.json()["code"] in CATALOGUE


@settings(max_examples=100)
@given(data=st.data())
def test_no_mutant_of_a_good_event_enters(data: st.DataObject, market: Market) -> None:
    """A good event with some bytes changed is refused with a 4xx; none enters."""
    good = market.author.declare(market.trader, "L1")
    event = bytearray(good)
    for _ in range(data.draw(st.integers(1, 3))):
        event[data.draw(st.integers(0, len(event) - 1))] ^= data.draw(st.integers(1, 255))
    before = size_of(market.served)
    answer = market.served.post(bytes(event)) if event != good else market.served.post(b"{}")
    assert 400 <= answer.status_code < 500
    assert answer.json()["code"] in CATALOGUE
    assert size_of(market.served) == before
