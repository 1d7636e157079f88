"""Statements: a body is read as its type or refused with a place and a rule, and its schema says the same."""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.body import Body
from corridor.reference import reference
from corridor.refusals import Refused
from corridor.statements import RESERVED, TYPES, read_body
from ledger.envelope import Payload, read_entry
from ledger.errors import FormError, LedgerError
from ledger.subjects import kind_of
from ledger.values import Value

if TYPE_CHECKING:
    from conftest import Member, Play

# The first release's names as DOMAIN section 3 and the table of PROTOCOL section 6 list them.
NAMES = {
    "log.genesis",
    "log.heads",
    "log.rules",
    "log.trust",
    "log.key_changed",
    "log.vetoed",
    "log.operated",
    "party.incepted",
    "party.accredited",
    "party.status_changed",
    "party.rekeyed",
    "key.added",
    "key.rotated",
    "key.revoked",
    "key.compromised",
    "site.registered",
    "site.inspected",
    "tag.issued",
    "tag.voided",
    "lot.extracted",
    "lot.declared",
    "lot.measured",
    "lot.sealed",
    "lot.purchased",
    "lot.dispatched",
    "lot.tendered",
    "lot.accepted",
    "lot.refused",
    "lot.handed_over",
    "lot.stored",
    "lot.split",
    "lot.merged",
    "lot.blended",
    "lot.processed",
    "lot.exported",
    "lot.received",
    "loss.recorded",
    "post.passed",
    "border.crossed",
    "account.opened",
    "account.moved",
    "account.closed",
    "certificate.issued",
    "certificate.reaffirmed",
    "certificate.status_changed",
    "incident.opened",
    "incident.updated",
    "incident.closed",
    "record.corrected",
    "record.annulled",
    "record.disputed",
    "record.conflict",
    "record.withdrawn",
    "policy.published",
    "tax.paid",
    "verification.performed",
}
LATER = {"lot.transferred_out", "lot.transferred_in"}  # reserved by PROTOCOL section 7
SUBJECT = re.compile(
    r"party:[a-z2-7]{32}|(?:site|lot|tag|account|certificate|incident|policy):[a-z2-7]{32}/\S+"
)
MARKED = {  # which members hold subjects, by hand from each type's table of members
    "site.registered": {"operators": "party"},
    "tag.issued": {"site": "site", "holder": "party"},
    "lot.extracted": {"site": "site", "tags/block": "tag"},
    "lot.measured": {"assay/laboratory": "party"},
    "lot.dispatched": {"carrier": "party", "consignee": "party"},
    "lot.tendered": {"receiver": "party"},
    "lot.accepted": {"lots/lot": "lot"},
    "lot.handed_over": {"receiver": "party", "lots/lot": "lot"},
    "lot.exported": {"consignee": "party", "certificate": "certificate"},
    "certificate.issued": {"lot": "lot"},
} | {
    kind: {"edges/source": "lot", "edges/target": "lot", "losses/source": "lot", "outputs/lot": "lot"}
    for kind in ("lot.split", "lot.merged", "lot.blended", "lot.processed")
}
ECHO = "EVIL-INPUT"

json_values = st.recursive(
    st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
every_type = pytest.mark.parametrize("kind", sorted(TYPES))


def transform(play: Play, kind: str, by: Member, edges: list[Value], **members: Value) -> None:
    """Write a transformation of tin concentrate into the targets of some edges."""
    targets = sorted({edge["target"] for edge in edges})
    outputs = [{"lot": lot, **play.goods(custody_model="mass_balance")} for lot in targets]
    links = sorted({edge["source"] for edge in edges} | set(targets))
    play.post(kind, by, {"edges": edges, "outputs": outputs} | members, links=links)


def tour_origin(play: Play) -> str:
    """A site, tags and lots; gives the lot that travels on."""
    site = play.site()
    block = play.tagger.subject("tag", "T1")
    issued = {"country": "CD", "site": site, "holder": play.miner.party, "first": 1, "count": 9}
    play.post("tag.issued", play.tagger, issued, links=[block])
    lot = play.miner.subject("lot", "A")
    tags = {"tags": [{"block": block, "numbers": [1, 4]}]}
    position = {"position": {"latitude_udeg": -1, "longitude_udeg": 1, "accuracy_m": 5}}
    body = play.extraction(site, 100_000, contained_mg={"Sn": 5}, **tags, **position)
    play.post("lot.extracted", play.miner, body, links=[lot, block])
    play.declare("D", source="country", country="RW", documents=[play.document()])
    return lot


def tour_transit(play: Play, lot: str) -> None:
    """What a custodian and officials record of a lot on its way."""
    scale = {"serial": "SC-1", "calibrated_at": "2026-01-01T00:00:00Z"}
    weighing = {
        "gross_mass_g": 2,
        "tare_mass_g": 1,
        "net_mass_g": 1,
        "moisture_ppm": 0,
        "instrument": scale,
        "uncertainty_ppm": 9,
    }
    grade = {"analyte": "Sn", "grade_ppm": 300_000, "uncertainty_ppm": 1_000}
    assay = {"laboratory": play.laboratory.party, "basis": "dry", "grades": [grade]}
    play.post("lot.measured", play.miner, {"weighing": weighing}, links=[lot])
    play.post("lot.measured", play.laboratory, {"assay": assay}, about=[lot])
    seal = {"action": "applied", "seals": ["S-1", "S-2"], "post": "CD-KOLWEZI"}
    play.post("lot.sealed", play.miner, seal, links=[lot])
    dispatch = {
        "consignment": "CN-1",
        "corridor": "LOBITO",
        "from_post": "CD-KOLWEZI",
        "to_post": "AO-LOBITO",
        "mode": "rail",
        "carrier": play.carrier.party,
        "consignee": play.refiner.party,
        "containers": ["CSQU3054383"],
    }
    play.post("lot.dispatched", play.miner, dispatch, links=[lot])
    play.post("lot.stored", play.miner, {"post": "CD-KOLWEZI"}, links=[lot])
    spill = {"kind": "spillage", "dry_mass_g": 1, "contained_mg": {}}
    play.post("loss.recorded", play.miner, spill, links=[lot])
    play.post("post.passed", play.transport, {"country": "CD", "post": "CD-DILOLO"}, about=[lot])
    crossing = {"country": "CD", "post": "CD-DILOLO", "direction": "exit", "customs_reference": "C1"}
    play.post("border.crossed", play.customs, crossing, about=[lot])
    play.tender(lot, play.miner, play.carrier)
    play.post("lot.refused", play.carrier, {"reason": "WET"}, links=[lot])
    play.tender(lot, play.miner, play.carrier)
    play.post("lot.accepted", play.carrier, play.acceptance(lot), links=[lot])
    play.hand_over(lot, play.carrier, play.trader)


def tour_transformation(play: Play, lot: str) -> str:
    """Split, merge, blend, process, into an account and out of it; gives the lot drawn at last."""
    b, c, d, e, f, g = (play.trader.subject("lot", code) for code in "BCJEFG")
    mass, metal = play.lot(lot).holding.dry_mass_g, play.lot(lot).holding.contained_mg
    halves = [play.edge(lot, b, 50_000, metal), play.edge(lot, c, mass - 50_001)]
    transform(play, "lot.split", play.trader, halves, losses=[play.loss(lot, 1)])
    transform(
        play, "lot.merged", play.trader, [play.edge(b, d, 50_000, metal), play.edge(c, d, mass - 50_001)]
    )
    other = play.declare("E")
    both = [play.edge(d, f, mass - 1, metal), play.edge(other, f, 100_000)]
    assert e == other
    transform(play, "lot.blended", play.trader, both)
    blended = play.lot(f).holding
    process = {
        "process": "gravity_separation",
        "country": "CD",
        "recoveries": [{"analyte": "Sn", "recovery_ppm": 900_000}],
        "period_from": "2026-03-01T00:00:00Z",
        "period_until": "2026-03-02T00:00:00Z",
    }
    whole = [play.edge(f, g, blended.dry_mass_g, blended.contained_mg)]
    transform(play, "lot.processed", play.trader, whole, **process)
    account, drawn = play.account(), play.trader.subject("lot", "H")
    body = play.moving("in", blended.dry_mass_g, blended.contained_mg)
    play.post("account.moved", play.trader, body, links=[account, g])
    play.post("account.moved", play.trader, play.moving("out", 9_000), links=[account, drawn])
    return drawn


def tour_certification(play: Play, lot: str) -> None:
    """Certificate, incident, ban, export, outturn and a buyer's verification."""
    when = {"inspected_at": "2026-03-01T00:00:00Z", "report": play.document()}
    against = {
        "framework": "AFRICA-ESG",
        "version": "2025-11",
        "result": "conforms",
        "report": play.document(),
    }
    extra = {"inspection": when, "assessment": {**against, "assessed_at": "2026-03-01T00:00:00Z"}}
    certificate = play.certify(lot, **extra)
    status = {"status": "suspended", "reason": "CHECK"}
    for word in ("suspended", "reinstated"):
        body = status | {"status": word}
        play.post("certificate.status_changed", play.certifier, body, links=[certificate], about=[lot])
    incident = play.authority.subject("incident", "I1")
    opened = {"incident_class": "bribery", "severity": "minor"}
    play.post("incident.opened", play.authority, opened, links=[incident], about=[lot])
    play.post("incident.closed", play.authority, {"outcome": "unfounded"}, links=[incident], about=[lot])
    window = {"valid_from": "2027-01-01T00:00:00Z", "valid_until": "2028-01-01T00:00:00Z"}
    ban = {"policy_kind": "ban", "country": "CD", "countries": ["CD"], "minerals": ["260900"]}
    policy = play.authority.subject("policy", "BAN")
    play.post("policy.published", play.authority, ban | {"window": window}, links=[policy], about=["log"])
    play.export(lot, play.trader, certificate)
    received = {"weight": play.weight(9_000), "contained_mg": {"Sn": 1}}
    play.post("lot.received", play.refiner, received, links=[lot])
    verdicts = {"origin": "shown_in_part", "transit": "shown", "certification": "held"}
    seen = {"as_of_root": play.digest("root"), "as_of_size": 60}
    play.post("verification.performed", play.refiner, verdicts | seen, about=[lot])
    body = {"status": "suspended", "reason": "FRAUD"}
    hands = [play.hand("introducer1", "registrar1"), play.hand("introducer2", "registrar2")]
    play.post("party.status_changed", hands, body, about=[play.rival.party])


@pytest.fixture(scope="module")
def played(new_play: Callable[[], Play]) -> list[Payload]:
    """The payloads of a log in which every type that the journal takes was written at least once."""
    play = new_play()
    lot = tour_origin(play)
    tour_transit(play, lot)
    tour_certification(play, tour_transformation(play, lot))
    with play.store.read() as snapshot:
        return [read_entry(snapshot.entry(index)).envelope.payload for index in range(snapshot.size())]


@pytest.fixture(scope="module")
def samples(played: list[Payload]) -> dict[str, list[Payload]]:
    """Payloads by type; that of `log.heads`, which only the log itself writes, stands beside them."""
    found: dict[str, list[Payload]] = {}
    for payload in played:
        found.setdefault(payload.type, []).append(payload)
    heads = replace(played[0], type="log.heads", body={"size": 3, "root": "0" * 64})
    return found | {"log.heads": [heads]}


def places(value: Value, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Value]]:
    """Every value inside a value, with its place."""
    yield path, value
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from places(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, (*path, index))


def changed(payload: Payload, path: tuple[str | int, ...], value: Value) -> Payload:
    """The payload with one value of its body replaced."""
    body = copy.deepcopy(payload.body)
    target: Any = body
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    return replace(payload, body=body)


def pointer(path: tuple[str | int, ...]) -> str:
    """The JSON pointer to a place in the body."""
    return "/payload/body" + "".join(f"/{step}" for step in path)


def refused(payload: Payload) -> FormError:
    """The error with which a body is refused."""
    with pytest.raises(FormError) as caught:
        read_body(payload)
    return caught.value


def test_the_types_are_those_of_the_protocol() -> None:
    """Every name of the first release is read or refused as reserved, and no other name is known."""
    assert TYPES.keys() | RESERVED == NAMES | LATER
    assert TYPES.keys() & RESERVED == set()


def test_every_type_that_is_read_can_be_written(samples: dict[str, list[Payload]]) -> None:
    """A log can hold every type of this release: none has a law that nobody can fulfil."""
    assert samples.keys() == TYPES.keys()


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_reserved_names_are_refused_as_reserved(name: str, played: list[Payload]) -> None:
    """A name kept for a later release says so, and nobody can use it meanwhile."""
    with pytest.raises(Refused) as caught:
        read_body(replace(played[0], type=name, body={}))
    assert (caught.value.code, caught.value.pointer) == ("event.reserved_type", "/payload/type")


@pytest.mark.parametrize("name", ["lot.sold", "log.head", "gold.minted", "a.b"])
def test_unknown_names_are_refused_as_unknown(name: str, played: list[Payload]) -> None:
    """A name of no release is unknown, and the answer does not repeat it."""
    with pytest.raises(Refused) as caught:
        read_body(replace(played[0], type=name, body={}))
    assert (caught.value.code, caught.value.pointer) == ("event.unknown_type", "/payload/type")
    assert name not in str(caught.value)


@every_type
def test_a_missing_member_is_named_by_its_pointer(kind: str, samples: dict[str, list[Payload]]) -> None:
    """Each member that a type needs is asked for; each that it does not need can be left out."""
    for payload in samples[kind]:
        for name in payload.body:
            rest = {key: value for key, value in payload.body.items() if key != name}
            if TYPES[kind].model_fields[name].is_required():
                error = refused(replace(payload, body=rest))
                assert (error.code, error.pointer) == ("form.missing_member", f"/payload/body/{name}")
            else:
                with suppress(FormError):  # some optional members depend on each other
                    assert read_body(replace(payload, body=rest)).type == kind


@every_type
def test_an_unknown_member_is_refused_at_every_depth(kind: str, samples: dict[str, list[Payload]]) -> None:
    """Nothing can be smuggled into a body or a part of it under a name that its type does not have."""
    for payload in samples[kind]:
        for path, value in places(payload.body):
            if isinstance(value, dict) and "contained_mg" not in path:
                error = refused(changed(payload, (*path, "smuggled"), 1))
                assert (error.code, error.pointer) == ("form.unknown_member", pointer((*path, "smuggled")))


@every_type
def test_no_value_is_converted_from_another_type(kind: str, samples: dict[str, list[Payload]]) -> None:
    """A boolean is no integer, digits in a text are none, and an array or object is no text: always a FormError."""
    for payload in samples[kind]:
        for path, value in places(payload.body):
            if not path:
                continue
            others: list[Any] = [True, 1.0, [], {}]
            others += [str(value)] if isinstance(value, int) else [7]
            if isinstance(value, list):
                others.remove([])
            if isinstance(value, dict):
                others.remove({})
            for other in others:
                assert refused(changed(payload, path, other)).pointer.startswith(pointer(path[:1]))


@every_type
def test_an_error_never_repeats_what_was_sent(kind: str, samples: dict[str, list[Payload]]) -> None:
    """Hostile text in any value of a body stays out of the answer."""
    names = {"name", "address", "log_vkey"}  # free text: any is as good as another
    codes = re.compile(r"[A-Z0-9][A-Z0-9._/-]{0,63}")
    for payload in samples[kind]:
        for path, value in places(payload.body):
            if not isinstance(value, str) or path[-1] in names or codes.fullmatch(value):
                continue
            error = refused(changed(payload, path, f"<{ECHO}>"))
            assert ECHO not in str(error)
            assert ECHO not in repr(error)


@every_type
def test_a_commitment_stands_only_where_the_type_allows(kind: str, samples: dict[str, list[Payload]]) -> None:
    """Masses, places and times can never be hidden: only the names that the type lists may be committed."""
    payload = replace(samples[kind][0], commitments={"dry_mass_g": "0" * 64})
    error = refused(payload)
    assert (error.code, error.pointer) == ("form.commitment", "/payload/commitments")
    allowed = {"lot.declared": "supplier", "lot.dispatched": "vehicle", "incident.opened": "reporter"}
    for name in ("supplier", "vehicle", "reporter"):
        committed = replace(samples[kind][0], commitments={name: "0" * 64})
        if allowed.get(kind) == name:
            read_body(committed)
        else:
            assert refused(committed).code == "form.commitment"


@every_type
def test_the_schema_says_what_the_reader_does(kind: str, samples: dict[str, list[Payload]]) -> None:
    """A second implementer's validator accepts what we accept and knows no other members."""
    schema = TYPES[kind].model_json_schema()
    validator = jsonschema_rs.validator_for(schema)
    for payload in samples[kind]:
        assert [error.message for error in validator.iter_errors(payload.body)] == []
        assert not validator.is_valid(payload.body | {"smuggled": 1})
    for path, part in places(schema):
        if isinstance(part, dict) and part.get("type") == "object" and "properties" in part:
            assert part["additionalProperties"] is False, path


@every_type
def test_the_reference_describes_a_type_by_an_example(kind: str, samples: dict[str, list[Payload]]) -> None:
    """The published example of a type is read by it, fits its schema and shape, and somebody is said to write it."""
    described = reference()[kind]
    example = described["example"]
    assert read_body(replace(samples[kind][0], body=example["body"])).type == kind
    assert jsonschema_rs.validator_for(described["schema"]).is_valid(example["body"])
    assert described["meaning"] != ""
    for member in ("links", "about"):
        counts = Counter(kind_of(subject) for subject in example[member])
        for slot in described[member]:
            assert slot["least"] <= counts.pop(slot["kind"], 0) <= slot["most"]
            assert slot["who"] != []
            assert all(slot["who"])
        assert counts == {}


def marks(schema: dict[str, Any], part: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Every mark of a schema, with the members that lead to it."""
    if "$ref" in part:
        part = schema["$defs"][part["$ref"].rpartition("/")[2]]
    if "x-otc-subject" in part:
        yield path, part["x-otc-subject"]
    for option in part.get("anyOf", []):
        yield from marks(schema, option, path)
    if "items" in part:
        yield from marks(schema, part["items"], path)
    for name, member in part.get("properties", {}).items():
        yield from marks(schema, member, f"{path}/{name}".lstrip("/"))


@every_type
def test_each_member_that_holds_a_subject_is_marked(kind: str) -> None:
    """The closure of a bundle follows these marks, so none may be missing and none may be wrong."""
    schema = TYPES[kind].model_json_schema()
    assert dict(marks(schema, schema)) == MARKED.get(kind, {})


@every_type
def test_no_subject_hides_in_an_unmarked_member(kind: str, samples: dict[str, list[Payload]]) -> None:
    """Every value of the samples that has the form of a subject stands where the schema marks one."""
    for payload in samples[kind]:
        for path, value in places(payload.body):
            if isinstance(value, str) and SUBJECT.fullmatch(value):
                member = "/".join(step for step in path if isinstance(step, str))
                assert MARKED[kind][member] == value.partition(":")[0]


def test_dates_are_days_of_the_calendar(samples: dict[str, list[Payload]]) -> None:
    """No body holds a 30th of February, a 25th hour or a 60th second, whether a rule reads that time or not."""
    tried = 0
    for payloads in samples.values():
        for payload in payloads:
            for path, value in places(payload.body):
                if isinstance(value, str) and re.fullmatch(r"2\d{3}-.*Z", value):
                    for wrong in ("2026-02-30T00:00:00Z", "2026-01-01T25:00:00Z", "2026-01-01T00:00:60Z"):
                        error = refused(changed(payload, path, wrong))
                        assert (error.code, error.pointer) == ("form.value", pointer(path))
                    tried += 1
    assert tried > 20


def one(samples: dict[str, list[Payload]], kind: str, *path: str | int, value: Value) -> Body | FormError:
    """Read a sample with one value replaced: the body, or the error."""
    try:
        return read_body(changed(samples[kind][-1], path, value))
    except FormError as error:
        return error


@pytest.mark.parametrize(
    ("kind", "path", "good", "bad"),
    [
        # ten million tonnes; a hundred tags a block; micro-degrees of the poles; parts of a million; 32 containers
        ("loss.recorded", ("dry_mass_g",), [1, 10**13], [0, -1, 10**13 + 1]),
        ("tag.issued", ("count",), [1, 100], [0, 101]),
        (
            "lot.extracted",
            ("position", "latitude_udeg"),
            [-90_000_000, 90_000_000],
            [-90_000_001, 90_000_001],
        ),
        ("lot.measured", ("assay", "grades", 0, "grade_ppm"), [0, 1_000_000], [-1, 1_000_001]),
        (
            "lot.extracted",
            ("contained_mg",),
            [{}, {"Ta2O5": 2**53 - 1}],
            [{"Ta2O5": -1}, {"Ta-2": 1}, {"": 1}],
        ),
        ("lot.sealed", ("seals",), [["A"], ["A", "B"]], [[], ["B", "A"], ["A", "A"]]),
        ("lot.dispatched", ("containers",), [[], ["CSQU3054383"]], [["CSQU3054384"], ["CSQU3054383"] * 2]),
        ("policy.published", ("minerals",), [["260300"]], [["260300", "260300"], ["2603"], []]),
        ("site.registered", ("country",), ["MA", "EH"], ["XX", "ma", "UK"]),
        (
            "site.registered",
            ("name",),
            ["Mine d'Élé"],
            ["", "a\u0301b", "tab\there", " a", "x\u202ey", "é" * 121],
        ),
        ("lot.extracted", ("tags", 0, "numbers"), [[1, 2]], [[], [2, 1], [1, 1]]),
        ("border.crossed", ("country",), ["RW"], ["ZZ"]),
        ("verification.performed", ("as_of_size",), [2], [1, 0]),
        ("lot.extracted", ("mined_until",), ["2026-03-02T06:00:00Z"], ["2026-03-02T06:00:00", "2026-03-02"]),
        ("lot.measured", ("assay", "grades"), [], [[]]),
    ],
)
def test_values_have_bounds(
    kind: str, path: tuple[str | int, ...], good: list[Any], bad: list[Any], samples: dict[str, list[Payload]]
) -> None:
    """Each bound of a measure lets in its last good value and refuses the first beyond it."""
    for value in good:
        assert isinstance(one(samples, kind, *path, value=value), Body), value
    for value in bad:
        assert isinstance(one(samples, kind, *path, value=value), FormError), value


def test_each_analyte_has_one_figure(samples: dict[str, list[Payload]]) -> None:
    """Two grades or recoveries of one analyte would leave open which is meant: analytes ascend, none twice."""
    for kind, path, figure in (
        ("lot.measured", ("assay", "grades"), {"grade_ppm": 1, "uncertainty_ppm": 0}),
        ("lot.processed", ("recoveries",), {"recovery_ppm": 1}),
    ):
        figures = [{"analyte": analyte, **figure} for analyte in ("Sn", "WO3")]
        assert isinstance(one(samples, kind, *path, value=figures), Body)
        for wrong in (figures[::-1], [figures[0], figures[0]]):
            assert isinstance(one(samples, kind, *path, value=wrong), FormError)


@pytest.mark.parametrize(
    ("kind", "begins", "ends"),
    [
        ("site.registered", "licence_from", "licence_until"),
        ("lot.extracted", "mined_from", "mined_until"),
        ("lot.processed", "period_from", "period_until"),
        ("party.accredited", "valid_from", "valid_until"),
    ],
)
def test_no_span_of_time_ends_before_it_begins(
    kind: str, begins: str, ends: str, samples: dict[str, list[Payload]]
) -> None:
    """A span may be a moment; one second backwards is malformed."""
    payload = changed(samples[kind][-1], (begins,), "2026-03-02T06:00:01Z")
    assert isinstance(read_body(changed(payload, (ends,), "2026-03-02T06:00:01Z")), Body)
    assert refused(changed(payload, (ends,), "2026-03-02T06:00:00Z")).code == "form.value"


@pytest.mark.parametrize("wet_g", [100_000, 99_999, 100_001])
def test_dry_mass_follows_from_wet_mass_and_moisture(wet_g: int, samples: dict[str, list[Payload]]) -> None:
    """100,000 g with 10 % of water hold 90,000 g, give or take one gram: units and bases cannot be confused."""
    exact = wet_g * 9 // 10
    for dry_g in range(exact - 2, exact + 4):
        fits = abs(dry_g * 10 - wet_g * 9) <= 10
        weight = {"wet_mass_g": wet_g, "moisture_ppm": 100_000, "dry_mass_g": dry_g}
        assert isinstance(one(samples, "lot.extracted", "weight", value=weight), Body) == fits


@given(
    kind=st.sampled_from(sorted(TYPES)), body=st.dictionaries(st.text(max_size=8), json_values, max_size=4)
)
def test_any_body_is_read_or_refused(kind: str, body: dict[str, Any], played: list[Payload]) -> None:
    """Whatever JSON a body holds, the answer is a statement or an error of ours."""
    with suppress(LedgerError):
        assert isinstance(read_body(replace(played[0], type=kind, body=body)), Body)


@given(data=st.data())
def test_a_sample_with_any_value_replaced_is_read_or_refused(
    data: st.DataObject, samples: dict[str, list[Payload]]
) -> None:
    """One hostile value in a good body gives a statement or an error of ours, with a pointer into the body."""
    payload = data.draw(st.sampled_from(samples[data.draw(st.sampled_from(sorted(samples)))]))
    path = data.draw(st.sampled_from([path for path, _ in places(payload.body) if path] or [()]))
    if not path:
        return
    with suppress(LedgerError):
        assert read_body(changed(payload, path, data.draw(json_values))).type == payload.type


def test_no_published_schema_offers_null() -> None:
    """Optional members are absent, never null (PROTOCOL section 2): no schema has the type or the default."""
    for described in reference().values():
        text = orjson.dumps(described["schema"])
        assert b'"null"' not in text
        assert b":null" not in text
