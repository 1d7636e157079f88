"""What can be read of subjects: lists, states, histories, lineages, bundles, and the server's own verification."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest

from api import settings
from api.founding import Founder
from certifiers.bundle import read_bundle
from certifiers.verifier import verify
from corridor.places import corridors
from corridor.statements import TYPES
from ledger.subjects import short_code

if TYPE_CHECKING:
    from conftest import Author, Served

START_MS = 1_767_592_800_000


@pytest.fixture
def trader(author: Author, served: Served) -> Founder:
    """A party that is in the served log."""
    trader = author.trader("Trader")
    assert served.post(author.incept(trader)).status_code == 201
    return trader


def path_of(author: Author, trader: Founder, code: str) -> str:
    """The path of a lot."""
    return f"/v1/lots/{author.lot(trader, code).removeprefix('lot:')}"


def family(author: Author, trader: Founder, served: Served) -> list[bytes]:
    """Post a lot A of 1,000 g that is split into B and C, and B into D and E; return the events."""
    begun = author.declare(trader, "A")
    first = author.split(trader, "A", author.id_of(begun), {"B": 600, "C": 400})
    second = author.split(trader, "B", author.id_of(first), {"D": 599, "E": 1})
    verdicts = served.post_all([begun, first, second])
    assert [verdict["status"] for verdict in verdicts] == ["committed"] * 3
    served.post(author.declare(trader, "Z"), wait=True)
    return [begun, first, second]


def test_a_lot_shows_where_it_stands(author: Author, served: Served, trader: Founder) -> None:
    """Custodian, mass, origin and head, and the short code that people read out."""
    begun = author.declare(trader, "A")
    served.post(begun)
    said = served.get(path_of(author, trader, "A"))
    lot = author.lot(trader, "A")
    assert (said["subject"], said["short_code"]) == (lot, short_code(lot))
    assert (said["head"], said["custodian"]) == (author.id_of(begun), trader.party)
    assert said["holding"]["classes_g"] == {"recycled:FR": 1_000}
    assert None not in said.values()


def test_a_list_is_walked_in_pages(author: Author, served: Served, trader: Founder) -> None:
    """Every lot comes once, in ascending order, whatever the size of the page."""
    served.post_all([author.declare(trader, f"L{number}") for number in range(7)])
    lots = [author.lot(trader, f"L{number}") for number in range(7)]
    for limit in (1, 3, 7, 100):
        found, after = [], ""
        while True:
            page = served.get("/v1/lots", limit=limit, after=after)
            found += [item["subject"] for item in page["items"]]
            after = page.get("next", "")
            if not after:
                break
        assert found == lots


def test_parties_sites_and_certificates_have_lists(author: Author, served: Served, trader: Founder) -> None:
    """The founders and the trader are parties; of other kinds there are none yet."""
    parties = [item["subject"] for item in served.get("/v1/parties")["items"]]
    assert trader.party in parties
    assert len(parties) == 7
    for plural in ("sites", "tags", "accounts", "certificates", "incidents", "policies"):
        assert served.get(f"/v1/{plural}") == {"items": []}
    said = served.get(f"/v1/parties/{trader.party.removeprefix('party:')}")
    assert [key["key"] for key in said["keys"]] == [trader.key.text]
    assert author.keys.introducers[0].party in said["admitted_by"]


@pytest.mark.parametrize("path", ["lots", "sites", "certificates"])
def test_what_has_not_begun_is_not_found(quiet: Served, path: str) -> None:
    """An id of the right form that is no subject of this log gets 404."""
    for tail in ("", "/history", "/lineage") if path == "lots" else ("",):
        answer = quiet.http.get(f"/v1/{path}/{'a' * 32}/NONE{tail}")
        assert (answer.status_code, answer.json()["code"]) == (404, "absent.subject")


@pytest.mark.parametrize(
    "path", ["lots/short/A", f"lots/{'A' * 32}/A", f"lots/{'a' * 32}/lower", "parties/x"]
)
def test_an_id_of_the_wrong_form_is_a_bad_request(quiet: Served, path: str) -> None:
    """The pointer leads to the part of the path that is wrong; what it was is not repeated."""
    answer = quiet.http.get(f"/v1/{path}")
    said = answer.json()
    assert (answer.status_code, said["code"]) == (400, "request.parameter")
    assert said["pointer"] in {"/path/party", "/path/code"}


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=1001", "limit=x", "after=%FF", "limit=1&limit=2", "page=2", "=1", "after=é"]
)
def test_a_query_that_the_route_does_not_know_is_refused(quiet: Served, query: str) -> None:
    """A misspelt or misshapen parameter is never passed over in silence."""
    answer = quiet.http.get(f"/v1/lots?{query}")
    assert answer.status_code == 400
    assert answer.json()["code"] in {"request.parameter", "request.unknown_parameter"}


def test_a_history_is_the_lots_events_in_order(author: Author, served: Served, trader: Founder) -> None:
    """Chain and file in the log's order, in pages."""
    begun = author.declare(trader, "A")
    stored = author.store(trader, "A", author.id_of(begun))
    served.post_all([begun, stored])
    path = f"{path_of(author, trader, 'A')}/history"
    whole = served.get(path)["items"]
    assert [item["event_id"] for item in whole] == [author.id_of(begun), author.id_of(stored)]
    assert [(item["type"], item["in"], item["at"]) for item in whole] == [
        ("lot.declared", "chain", START_MS),
        ("lot.stored", "chain", START_MS),
    ]
    assert whole[1]["payload"]["body"] == {"post": "CD-KOLWEZI"}
    first = served.get(path, limit=1)
    assert first["items"] == whole[:1]
    assert served.get(path, limit=1, after=first["next"])["items"] == whole[1:]


def test_a_lineage_shows_ancestors_and_descendants(author: Author, served: Served, trader: Founder) -> None:
    """Each lot of the family sees its way up and down, with the grams of each step, and no sideways kin."""
    family(author, trader, served)

    def seen(code: str) -> tuple[str, list[tuple[str, str, int]]]:
        said = served.get(f"{path_of(author, trader, code)}/lineage")
        edges = [(edge["source"][-1], edge["target"][-1], edge["dry_mass_g"]) for edge in said["edges"]]
        assert said["cut"] is False
        return "".join(subject[-1] for subject in said["subjects"]), edges

    down = [("A", "B", 600), ("A", "C", 400), ("B", "D", 599), ("B", "E", 1)]
    assert seen("A") == ("ABCDE", down)
    assert seen("B") == ("ABDE", [down[0], *down[2:]])
    assert seen("C") == ("AC", [down[1]])
    assert seen("D") == ("ABD", [down[0], down[2]])
    assert seen("Z") == ("Z", [])


def test_a_lineage_that_is_too_large_is_said_to_be_cut(
    author: Author, served: Served, trader: Founder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not drawn is not passed over in silence."""
    family(author, trader, served)
    monkeypatch.setattr("api.routes.lots.trace.__defaults__", (3,))
    said = served.get(f"{path_of(author, trader, 'A')}/lineage")
    assert said["cut"] is True
    assert len(said["subjects"]) == 3


def test_a_bundle_is_verified_offline(author: Author, served: Served, trader: Founder) -> None:
    """The bytes that the server gives pass steps 1 to 5 of the verifier, compressed or not."""
    family(author, trader, served)
    path = f"{path_of(author, trader, 'D')}/bundle"
    plain = served.http.get(path, headers={"Accept-Encoding": "identity"})
    assert plain.headers["content-type"] == "application/x-ndjson"
    assert read_bundle(plain.content).header.lot == author.lot(trader, "D")
    encoded = served.http.get(path, headers={"Accept-Encoding": "gzip"})
    assert encoded.headers["content-encoding"] == "gzip"
    file = served.http.get(path, params={"gzip": "true"}, headers={"Accept-Encoding": "identity"})
    assert file.headers["content-type"] == "application/gzip"
    assert plain.content == encoded.content == gzip.decompress(file.content)
    assert served.http.get(f"{path}?gzip").content == file.content
    for data in (plain.content, file.content):
        assert verify(data, served.ledger.trust, lot=author.lot(trader, "D")).failure is None


def test_the_servers_verification_is_the_verifiers_report(
    author: Author, served: Served, trader: Founder
) -> None:
    """The route computes nothing of its own: it is the report on the bundle that it serves."""
    family(author, trader, served)
    path = path_of(author, trader, "D")
    report: dict[str, Any] = served.get(f"{path}/verification")
    bundle = served.http.get(f"{path}/bundle").content
    assert report == verify(bundle, served.ledger.trust, lot=author.lot(trader, "D")).as_json()


def test_a_lot_that_is_not_published_has_no_bundle(author: Author, served: Served, trader: Founder) -> None:
    """An unknown lot gets a problem, not a bundle of nothing."""
    assert trader.party
    answer = served.http.get(f"{path_of(author, trader, 'NONE')}/bundle")
    assert (answer.status_code, answer.json()["code"]) == (404, "bundle.unknown_lot")


def test_heads_tell_what_to_build_on(author: Author, served: Served, trader: Founder) -> None:
    """Head, index and genesis of what has begun; 64 zeros for what has not."""
    begun = author.declare(trader, "A")
    receipt = served.post(begun).json()
    said = served.get("/v1/heads", subject=author.lot(trader, "A"))
    assert (said["head"], said["index"], said["begun"]) == (author.id_of(begun), receipt["index"], True)
    assert (said["genesis"], said["origin"]) == (author.founded.genesis_id, "doors.otc.demo")
    unborn = served.get("/v1/heads", subject=author.lot(trader, "B"))
    assert (unborn["head"], unborn["begun"], "index" in unborn) == ("0" * 64, False, False)
    log = served.get("/v1/heads", subject="log")
    assert (log["head"], log["index"]) == (author.founded.genesis_id, 0)


@pytest.mark.parametrize(
    "query", ["", "subject=", "subject=Lot", "subject=log&subject=log", "subject=log&x=1"]
)
def test_heads_of_nothing_are_refused(quiet: Served, query: str) -> None:
    """The one parameter is a subject's id."""
    answer = quiet.http.get(f"/v1/heads?{query}")
    assert answer.status_code == 400
    assert answer.json()["pointer"].startswith("/query")


def test_corridors_are_those_of_the_data_file(quiet: Served) -> None:
    """All corridors, in order; the planned one is shown as planned."""
    said = quiet.get("/v1/corridors")["items"]
    assert [item["corridor_id"] for item in said] == list(corridors())
    assert [item["corridor_id"] for item in said if item["status"] == "planned"] == [
        corridor.corridor_id for corridor in corridors().values() if corridor.status == "planned"
    ]
    assert quiet.get("/v1/corridors/LOBITO") == next(item for item in said if item["corridor_id"] == "LOBITO")
    assert quiet.http.get("/v1/corridors/ATLANTIS").status_code == 404


def test_every_type_is_described_with_schema_and_example(quiet: Served) -> None:
    """Who builds a client finds each type's members, writers and an example that the type itself reads."""
    said = {item["type"]: item for item in quiet.get("/v1/types")["items"]}
    assert said.keys() == TYPES.keys()
    for name, item in said.items():
        assert item["schema"]["additionalProperties"] is False
        TYPES[name].model_validate(item["example"]["body"])
    assert quiet.get("/v1/types/lot.split") == said["lot.split"]
    assert quiet.http.get("/v1/types/lot.vanished").json()["code"] == "absent.type"


def test_problems_explain_themselves(quiet: Served) -> None:
    """The `type` of a problem leads to its page."""
    missing = quiet.http.get("/v1/nowhere").json()
    page = quiet.get(missing["type"])
    assert (page["code"], page["status"], page["title"]) == ("route.unknown", 404, missing["title"])
    assert quiet.http.get("/problems/never.heard").json()["code"] == "absent.code"


def test_the_openapi_document_names_every_route(quiet: Served) -> None:
    """Tools find each path with its parameters; the bodies of events are described, not parsed."""
    document = quiet.get("/openapi.json")
    assert {
        "/v1/events",
        "/v1/events/batch",
        "/v1/check",
        "/v1/events/{event_id}",
        "/v1/events/{event_id}/proof",
        "/v1/lots",
        "/v1/lots/{party}/{code}",
        "/v1/lots/{party}/{code}/history",
        "/v1/lots/{party}/{code}/lineage",
        "/v1/lots/{party}/{code}/bundle",
        "/v1/lots/{party}/{code}/verification",
        "/v1/heads",
        "/v1/parties/{party}",
        "/v1/sites/{party}/{code}",
        "/v1/certificates/{party}/{code}",
        "/v1/corridors",
        "/v1/types",
        "/log/checkpoint",
        "/log/tile/{path}",
        "/healthz",
        "/readyz",
    } <= document["paths"].keys()
    post = document["paths"]["/v1/events"]["post"]
    assert list(post["requestBody"]["content"]) == ["application/json"]
    for path, methods in document["paths"].items():
        for method in methods.values():
            named = {
                parameter["name"] for parameter in method.get("parameters", ()) if parameter["in"] == "path"
            }
            assert named == {part.strip("{}") for part in path.split("/") if part.startswith("{")}


def test_pages_have_a_largest_size() -> None:
    """A page of the largest size stays far below what a client reads at once."""
    assert settings.DEFAULT_PAGE <= settings.MAX_PAGE <= 1_000
