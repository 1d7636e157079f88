"""Plain words: units are asked for, short names find their place, and what follows is computed exactly."""

from __future__ import annotations

import hashlib
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cli.intent import Intent, read_intent
from api.cli.phrases import FRENCH, describe
from api.cli.placement import place, type_of, with_heads
from api.compose import compose
from corridor.refusals import Refused
from corridor.statements import TYPES
from ledger.errors import LedgerError
from ledger.keys import SigningKey
from ledger.payload import Signer, read_payload

ACTOR = "party:" + "a" * 32
OTHER = "party:" + "b" * 32
NOW_MS = 1_768_632_120_000  # 2026-01-17T06:42:00Z
ZEROS = "0" * 64
DOCUMENT = b"inspected and found green"

EXTRACTED = [
    "lot=KOL-1",
    "site=SITE-7",
    "hs=261590",
    "form=concentrate",
    "custody_model=segregated",
    "mined_from=2026-01-10",
    "mined_until=2026-01-16",
]


def lot(code: str) -> str:
    """A lot of the actor's."""
    return f"lot:{'a' * 32}/{code}"


def meant(kind: str, *words: str) -> Intent:
    """Read an intent as the actor would."""
    return read_intent(type_of(kind), words, actor=ACTOR, now_ms=NOW_MS, load=lambda _name: DOCUMENT)


def refused(kind: str, *words: str) -> LedgerError:
    """The error that an intent meets."""
    with pytest.raises(LedgerError) as caught:
        meant(kind, *words)
    return caught.value


class Log:
    """A log's heads, as the client would tell them."""

    def __init__(self, heads: dict[str, str], custodian: str = ACTOR) -> None:
        self._heads = heads
        self._custodian = custodian

    def head(self, subject: str) -> str:
        """The head of a subject."""
        return self._heads.get(subject, ZEROS)

    def custodian(self, _lot: str) -> str:
        """The holder of every lot."""
        return self._custodian


def test_masses_and_shares_become_grams_and_ppm() -> None:
    """52.4 kg at 8.5 %: 52,400 g, 85,000 ppm, and 52,400 x 0.915 = 47,946 g dry."""
    weight = meant("lot.extracted", *EXTRACTED, "wet=52.4kg", "moisture=8.5%").body["weight"]
    assert weight == {"wet_mass_g": 52_400, "moisture_ppm": 85_000, "dry_mass_g": 47_946}


def test_a_grade_becomes_contained_metal() -> None:
    """30 % of 47,946 g are 14,383.8 g: 14,383,800 mg."""
    body = meant("lot.extracted", *EXTRACTED, "wet=52.4kg", "moisture=8.5%", "grade.Ta2O5=30%").body
    assert body["contained_mg"] == {"Ta2O5": 14_383_800}


def test_metal_can_be_given_as_a_mass() -> None:
    """4.41 kg are 4,410,000 mg; 3 mg are 3 mg."""
    body = meant(
        "loss.recorded", "lot=A", "kind=dust", "dry=1t", "contained.Cu=4.41kg", "contained.Co=3mg"
    ).body
    assert body == {"kind": "dust", "dry_mass_g": 1_000_000, "contained_mg": {"Cu": 4_410_000, "Co": 3}}


def test_net_mass_follows_from_gross_and_tare() -> None:
    """52.4 kg with a bag of 400 g: 52 kg."""
    words = ("instrument.serial=S1", "instrument.calibrated_at=2026-01-01", "uncertainty=0.1%")
    weighing = meant("lot.measured", "lot=A", "gross=52.4kg", "tare=0.4kg", "moisture=8.5%", *words).body[
        "weighing"
    ]
    assert weighing == {
        "gross_mass_g": 52_400,
        "tare_mass_g": 400,
        "net_mass_g": 52_000,
        "moisture_ppm": 85_000,
        "uncertainty_ppm": 1_000,
        "instrument": {"serial": "S1", "calibrated_at": "2026-01-01T00:00:00Z"},
    }


def test_a_short_name_finds_its_place() -> None:
    """`wet` and `weight.wet_mass_g` mean the same where only one member is called so."""
    short = meant("lot.extracted", *EXTRACTED, "wet=1kg", "moisture=0%")
    long = meant("lot.extracted", *EXTRACTED, "weight.wet_mass_g=1000", "weight.moisture_ppm=0")
    assert short == long


def test_a_name_with_two_places_is_not_guessed() -> None:
    """Given and received weights are both wet: which one is meant has to be said."""
    error = refused("lot.handed_over", "lot=A", f"receiver={OTHER}", "wet=1kg")
    assert error.code == "form.value"
    assert "lots.0.given.wet_mass_g, lots.0.received.wet_mass_g" in error.detail


def test_a_unit_is_asked_for_where_the_name_leaves_it_open() -> None:
    """Kilograms and tonnes are what people confuse (rule R22): a bare number has no unit."""
    error = refused("loss.recorded", "lot=A", "kind=dust", "dry=100")
    assert (error.code, error.pointer) == ("quantity.unreadable", "/payload/body/dry_mass_g")
    assert meant("loss.recorded", "lot=A", "kind=dust", "dry_mass_g=100").body["dry_mass_g"] == 100


def test_degrees_become_micro_degrees() -> None:
    """-1.9441 degrees are -1,944,100 millionths; 12 m are 12."""
    words = ("wet=1kg", "moisture=0%", "latitude=-1.9441", "longitude=30", "accuracy=12m")
    assert meant("lot.extracted", *EXTRACTED, *words).body["position"] == {
        "latitude_udeg": -1_944_100,
        "longitude_udeg": 30_000_000,
        "accuracy_m": 12,
    }


@given(st.integers(-90_000_000, 90_000_000))
def test_every_micro_degree_survives_its_decimal(udeg: int) -> None:
    """What is written as an exact decimal comes back as the same integer."""
    sign, (whole, rest) = "-" if udeg < 0 else "", divmod(abs(udeg), 10**6)
    words = ("wet=1kg", "moisture=0%", f"latitude={sign}{whole}.{rest:06}", "longitude=0", "accuracy=1m")
    position = meant("lot.extracted", *EXTRACTED, *words).body["position"]
    assert position["latitude_udeg"] == udeg


@given(st.integers(1, 10**10), st.integers(0, 999_999))
def test_dry_mass_is_the_nearest_gram(wet_g: int, moisture_ppm: int) -> None:
    """For any wet mass and moisture the computed dry mass misses the exact product by at most half a gram."""
    words = (f"wet_mass_g={wet_g}", f"moisture_ppm={moisture_ppm}")
    weight = meant(
        "lot.declared", "lot=A", "source=unknown", "hs=260300", "form=ore", "custody_model=segregated", *words
    )
    dry = weight.body["weight"]["dry_mass_g"]
    assert abs(dry - wet_g * (1 - Fraction(moisture_ppm, 10**6))) <= Fraction(1, 2)


def test_lists_are_sets() -> None:
    """Seals are named in any order and come out sorted, each once; numbers sort as numbers."""
    assert meant("lot.sealed", "lot=A", "action=applied", "seals=S3,S1,S2,S1").body["seals"] == [
        "S1",
        "S2",
        "S3",
    ]
    words = ("wet=1kg", "moisture=0%", "tags.0.block=B", "tags.0.numbers=10,9,1")
    tags = meant("lot.extracted", *EXTRACTED, *words).body["tags"]
    assert tags == [{"block": f"tag:{'a' * 32}/B", "numbers": [1, 9, 10]}]


def test_a_code_is_the_actors_own() -> None:
    """`KOL-1`, `<party>/KOL-1` and the whole id are three ways to name a subject."""
    names = ("KOL-1", f"{'a' * 32}/KOL-1", lot("KOL-1"))
    assert {meant("lot.stored", f"lot={name}", "post=CD-KOLWEZI").subjects["lot"] for name in names} == {
        (lot("KOL-1"),)
    }


def test_a_split_names_its_lots_by_its_edges() -> None:
    """Inputs and outputs are what edges join: nobody lists them twice; edges keep their order."""
    words = ["edges.0.source=A", "edges.0.target=C", "edges.0.dry=20kg", "edges.1.source=A"]
    words += ["edges.1.target=B", "edges.1.dry=10kg", "outputs.0.lot=C", "outputs.1.lot=B"]
    split = meant("lot.split", *words)
    assert split.subjects["lot"] == (lot("A"), lot("B"), lot("C"))
    assert [edge["target"] for edge in split.body["edges"]] == [lot("C"), lot("B")]
    assert [output["lot"] for output in split.body["outputs"]] == [lot("B"), lot("C")]


def test_lots_of_a_hand_over_are_named_once() -> None:
    """The lots that change hands are those of `lot=`; weights of the second go by its position."""
    words = ["lot=A,B", "lots.0.received.wet=1kg", "lots.0.received.moisture=0%"]
    words += ["lots.1.received.wet=2kg", "lots.1.received.moisture=0%"]
    lines = meant("lot.accepted", *words).body["lots"]
    assert [(line["lot"], line["received"]["dry_mass_g"]) for line in lines] == [
        (lot("A"), 1_000),
        (lot("B"), 2_000),
    ]


def test_a_document_is_named_by_its_digest() -> None:
    """@FILE: SHA-256, media type by its name, length; the document itself stays outside."""
    report = meant("site.inspected", "site=X", "status=green", "inspected_at=now", "report=@visit.pdf").body[
        "report"
    ]
    assert report == {
        "sha256": hashlib.sha256(DOCUMENT).hexdigest(),
        "media_type": "application/pdf",
        "size": len(DOCUMENT),
    }


def test_now_and_days_are_times() -> None:
    """`now` is the second of the clock; a day alone begins at midnight, UTC."""
    words = ("site=X", "status=green", "report=@visit.pdf")
    assert meant("site.inspected", *words, "inspected_at=now").body["inspected_at"] == "2026-01-17T06:42:00Z"
    assert (
        meant("site.inspected", *words, "inspected_at=2026-01-02").body["inspected_at"]
        == "2026-01-02T00:00:00Z"
    )


def test_a_driver_stays_secret() -> None:
    """A field that may travel as a commitment is in no body."""
    words = ("lot=A", "consignment=C", "corridor=X", "from_post=AA", "to_post=BB", "mode=rail", "driver=Jean")
    dispatched = meant("lot.dispatched", *words)
    assert dispatched.hidden == {"driver": "Jean"}
    assert "driver" not in dispatched.body


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("lot=A", "post"), "form.value"),
        (("lot=A", "=x"), "form.value"),
        (("lot=A", "pots=AA"), "form.unknown_member"),
        (("lot=A", "post=AA", "post=BB"), "form.value"),
        (("lot=a b",), "form.subject"),
        (("lot=site:" + "a" * 32 + "/X",), "form.subject"),
    ],
)
def test_a_slip_of_the_pen_is_told(words: tuple[str, ...], code: str) -> None:
    """A missing value, an unknown or doubled member, a wrong subject: each in a sentence."""
    assert refused("lot.stored", *words).code == code


@pytest.mark.parametrize("kind", ["lot.eaten", "key.rotated", "log.heads"])
def test_what_nobody_can_write_is_refused(kind: str) -> None:
    """Unknown and reserved types, and what the log writes itself."""
    with pytest.raises(Refused):
        type_of(kind)


def test_an_event_builds_on_the_heads_of_now() -> None:
    """The chain that is extended has its head; a lot that begins has zeros."""
    intent = meant("lot.stored", "lot=A", "post=CD-KOLWEZI")
    placed = place(intent, ACTOR, Log({lot("A"): "ab" * 32}))
    assert (placed.links, placed.about) == ({lot("A"): "ab" * 32}, ())
    assert place(intent, ACTOR, Log({})).links == {lot("A"): ZEROS}


def test_who_holds_the_lot_extends_it_and_others_speak_about_it() -> None:
    """A seal of the custodian's is on the chain, an officer's in the file; the log tells who holds it."""
    intent = meant("lot.sealed", f"lot={lot('A')}", "action=applied", "seals=S1")
    assert place(intent, ACTOR, Log({}, custodian=ACTOR)).links == {lot("A"): ZEROS}
    assert place(intent, ACTOR, Log({}, custodian=OTHER)).about == (lot("A"),)
    assert place(intent, ACTOR, Log({}, custodian=OTHER), holds=True).links == {lot("A"): ZEROS}


def test_a_policy_is_announced_once() -> None:
    """The first publication speaks about `log`, a later one does not."""
    words = ("policy=BAN", "policy_kind=ban", "country=RW", "countries=RW", "minerals=261590")
    intent = meant("policy.published", *words, "valid_from=2026-01-01", "valid_until=2026-02-01")
    policy = f"policy:{'a' * 32}/BAN"
    assert place(intent, ACTOR, Log({})).about == ("log",)
    assert place(intent, ACTOR, Log({policy: "ab" * 32})).about == ()


def test_a_key_is_added_to_its_own_party() -> None:
    """Nobody has to say whose device it is."""
    key = SigningKey(b"\x05" * 32)
    intent = meant("key.added", f"key={key.text}", "duty=device", f"holder={'ab' * 32}")
    assert place(intent, ACTOR, Log({})).about == (ACTOR,)


def test_a_certificate_states_the_head_it_saw() -> None:
    """`lot_head` is fetched, unless it is given."""
    words = ("lot=A", "certificate=C", "country=RW", "hs=261590", "maximum_dry=1t")
    assert (
        with_heads(meant("certificate.issued", *words), Log({lot("A"): "ab" * 32}))["lot_head"] == "ab" * 32
    )
    given_head = meant("certificate.issued", *words, f"lot_head={'cd' * 32}")
    assert with_heads(given_head, Log({}))["lot_head"] == "cd" * 32


@pytest.mark.parametrize(
    ("kind", "words"),
    [("lot.stored", ("post=CD-KOLWEZI",)), ("lot.stored", ("lot=A,B", "post=CD-KOLWEZI"))],
)
def test_a_missing_subject_is_told_here(kind: str, words: tuple[str, ...]) -> None:
    """An event that stores no lot, or two, is refused before it is signed."""
    with pytest.raises(Refused) as caught:
        place(meant(kind, *words), ACTOR, Log({}))
    assert caught.value.code == "event.shape"
    assert "lot" in caught.value.hint


def a_loss() -> bytes:
    """The payload of a loss, composed from words."""
    intent = meant("loss.recorded", "lot=A", "kind=dust", "dry=1.25t", "grade.Cu=30.15%")
    return compose(
        intent.kind,
        log_id="ab" * 32,
        actor=ACTOR,
        signers=[Signer(SigningKey(b"\x05" * 32).text, ACTOR)],
        body=intent.body,
        links={lot("A"): "cd" * 32},
        claimed_at_ms=NOW_MS,
        counter=3,
    )


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        (
            "en",
            ["loss.recorded", "1.250 t", "(1250000 g)", "376.875 kg", "continues", "2026-01-17T06:42:00Z"],
        ),
        ("fr", ["Le détenteur enregistre une perte", "1,250 t", "376,875 kg", "poursuit", "À signer"]),
    ],
)
def test_what_will_be_signed_is_said_in_words(lang: str, said: list[str]) -> None:
    """1.25 t at 30.15 % hold 376.875 kg of copper; every member is shown, in both languages."""
    text = "\n".join(describe(read_payload(a_loss()), lang))
    assert [words for words in said if words not in text] == []


def test_every_type_is_said_in_french() -> None:
    """No type of event leaves a French reader with English alone."""
    assert FRENCH.keys() == TYPES.keys()
