"""Trust files and quorums: C2SP tlog-policy's structure, our own lines, and what a note amounts to."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.checkpoint import Checkpoint
from ledger.cosignature import cosign
from ledger.errors import LedgerError, ProofError
from ledger.keys import SigningKey
from ledger.note import (
    COSIGNATURE_V1,
    ED25519,
    ML_DSA_44,
    Note,
    SignatureLine,
    VerifierKey,
    read_note,
    sign_note,
    write_note,
)
from ledger.quorum import Group, TrustedLog, TrustedWitness, TrustFile, judge, read_trust, write_trust

VECTORS = Path(__file__).parents[3] / "shared/vectors/tlog"
ORIGIN = "otc.example/log"
GENESIS = "5f" * 32
PARTY = "party:mfrggzdfmztwq2lknnwg23tpobyxe43u"


def a_key(name: str) -> SigningKey:
    """Make the one key of a name."""
    return SigningKey.from_seed(sha256(name.encode()).digest())


def a_vkey(name: str, kind: int = COSIGNATURE_V1) -> VerifierKey:
    """Build the verifier key of a witness, or of a log with kind ED25519."""
    return VerifierKey.of(name, kind, a_key(name).public)


LOG = a_vkey(ORIGIN, ED25519)
POST_QUANTUM = VerifierKey.of("pq.example", ML_DSA_44, bytes(1312))
CHECKPOINT = Checkpoint(ORIGIN, 7, bytes(32))


def a_trust_file(*lines: str, quorum: str = "none") -> TrustFile:
    """Read a trust file with our log, three witnesses X, Y and Z, and these lines."""
    witnesses = [f"witness {name} {a_vkey(name)}" for name in ("X", "Y", "Z")]
    text = "".join(f"{line}\n" for line in (f"log {LOG}", *witnesses, *lines, f"quorum {quorum}"))
    return read_trust(text.encode())


def a_note(times_s: Mapping[str, int], *more: str, log: str | None = ORIGIN) -> Note:
    """Build a checkpoint signed by the log and cosigned by the named witnesses at their times."""
    text = CHECKPOINT.text()
    signed = [sign_note(text, log, a_key(log))] if log else []
    cosigned = [cosign(text, name, a_key(name), time_s) for name, time_s in times_s.items()]
    return read_note(write_note(text, [*signed, *cosigned, *more]))


def test_every_line_of_a_trust_file_is_read() -> None:
    """Logs, witnesses, groups, quorum and our own lines, whatever spaces, tabs and comments stand between."""
    text = f"""
    # a comment, as is the next line: its first word is not ours
    #otcgenesis anything
    log {LOG} https://otc.example/log/
    #otc genesis {ORIGIN} {GENESIS}
\t#otc\tissued  2026-11-24T00:00:00Z\t
    witness X {a_vkey("X")} http://127.0.0.1:1/
    witness Y {a_vkey("Y")}
    witness Z {POST_QUANTUM}
    #otc distrust {PARTY} 4711
    #otc distrust {a_key("thief").text} 0
    group mirrors any X
    group both all mirrors Y
    group most 1 both Z
    quorum most
"""
    assert read_trust(text.encode()) == TrustFile(
        logs=(TrustedLog(LOG, "https://otc.example/log/"),),
        witnesses=(
            TrustedWitness("X", a_vkey("X"), "http://127.0.0.1:1/"),
            TrustedWitness("Y", a_vkey("Y")),
            TrustedWitness("Z", POST_QUANTUM),
        ),
        groups=(
            Group("mirrors", 1, ("X",)),
            Group("both", 2, ("mirrors", "Y")),
            Group("most", 1, ("both", "Z")),
        ),
        quorum="most",
        genesis={ORIGIN: GENESIS},
        issued_ms=1_795_478_400_000,  # 20,781 days of 86,400,000 ms after 1970-01-01
        distrust=((PARTY, 4711), (a_key("thief").text, 0)),
    )


WITNESS_X = f"witness X {a_vkey('X')}\n"
QUORUM = "quorum none\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        WITNESS_X,
        "quorum none",
        QUORUM + "# cut",
        QUORUM * 2,
        "quorum X\n" + WITNESS_X,
        "quorum\n",
        "quorum none none\n",
        "quorum Unknown\n",
        "Quorum none\n",
        "policy none\n" + QUORUM,
        "log\n" + QUORUM,
        f"log {LOG} url more\n" + QUORUM,
        f"log {LOG}\nlog {LOG}\n" + QUORUM,
        f"log {LOG}\nlog {VerifierKey.of('renamed', ED25519, LOG.public)}\n" + QUORUM,
        f"witness {a_vkey('X')}\n" + QUORUM,
        WITNESS_X + WITNESS_X + QUORUM,
        WITNESS_X + f"witness Y {a_vkey('X')}\n" + QUORUM,
        WITNESS_X + f"witness X {a_vkey('Y')}\n" + QUORUM,
        f"witness none {a_vkey('X')}\n" + QUORUM,
        WITNESS_X + "group none any X\n" + QUORUM,
        WITNESS_X + "group X any X\n" + QUORUM,
        WITNESS_X + "group G any\n" + QUORUM,
        WITNESS_X + "group G X\n" + QUORUM,
        WITNESS_X + "group G 0 X\n" + QUORUM,
        WITNESS_X + "group G 2 X\n" + QUORUM,
        WITNESS_X + "group G 01 X\n" + QUORUM,
        WITNESS_X + "group G -1 X\n" + QUORUM,
        WITNESS_X + "group G \u0661 X\n" + QUORUM,
        WITNESS_X + "group G " + "9" * 5000 + " X\n" + QUORUM,
        WITNESS_X + "group G any X X\n" + QUORUM,
        WITNESS_X + "group G any X\ngroup H any X\n" + QUORUM,
        WITNESS_X + "group G any G\n" + QUORUM,
        WITNESS_X + "group G any H\ngroup H any X\n" + QUORUM,
        WITNESS_X + "group G any none\n" + QUORUM,
        "#otc\n" + QUORUM,
        "#otc unknown word\n" + QUORUM,
        f"#otc genesis {ORIGIN}\n" + QUORUM,
        f"#otc genesis {ORIGIN} {GENESIS[1:]}\n" + QUORUM,
        f"#otc genesis {ORIGIN} {GENESIS.upper()}\n" + QUORUM,
        f"#otc genesis {ORIGIN} {GENESIS}\n" * 2 + QUORUM,
        "#otc issued 2026-11-24T00:00:00Z\n" * 2 + QUORUM,
        "#otc issued 2026-11-24\n" + QUORUM,
        "#otc issued 2026-11-24T00:00:00+00:00\n" + QUORUM,
        "#otc issued 2026-02-29T00:00:00Z\n" + QUORUM,
        "#otc issued 2026-11-24T24:00:00Z\n" + QUORUM,
        "#otc issued 2026-11-24T23:59:60Z\n" + QUORUM,
        "#otc issued 0000-01-01T00:00:00Z\n" + QUORUM,
        f"#otc distrust {PARTY}\n" + QUORUM,
        f"#otc distrust {PARTY} 01\n" + QUORUM,
        f"#otc distrust {PARTY} {2**63}\n" + QUORUM,
        f"#otc distrust {PARTY[:-1]} 1\n" + QUORUM,
        "#otc distrust z6Mkshort 1\n" + QUORUM,
        QUORUM.replace("\n", "\r\n"),
        QUORUM + "# \x00\n",
        QUORUM + "# \x7f\n",
        QUORUM + "# \x0c\n",
        "quorum\u00a0none\n",
    ],
)
def test_a_trust_file_that_could_be_misread_is_refused(text: str) -> None:
    """Unknown words, doubles, forward references, thresholds out of range, loose dates and cut lines."""
    with pytest.raises(ProofError, match=r"trust\.form"):
        read_trust(text.encode())


def test_a_refusal_names_the_line_and_not_its_words() -> None:
    """The error says where, and repeats nothing of the file."""
    with pytest.raises(ProofError, match=r"Line 2: ") as refusal:
        read_trust(b"# first\nsecret none\n")
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("vkey", "code"),
    [
        (str(a_vkey("X")).replace("X+", "Y+"), "note.vkey"),
        ("X+00000000+AA==", "note.vkey"),
        (str(VerifierKey.of("X", COSIGNATURE_V1, b"\x01" + bytes(31))), "key.weak"),
        (str(VerifierKey.of("X", ED25519, b"\x01" + bytes(31))), "key.weak"),
    ],
)
def test_keys_pass_admission_and_fit_their_ids(vkey: str, code: str) -> None:
    """An id that does not fit its key, and the identity point as a key, refuse the file for log and witness."""
    for line in (f"log {vkey}", f"witness X {vkey}"):
        with pytest.raises(ProofError) as refusal:
            read_trust(f"{line}\nquorum none\n".encode())
        assert refusal.value.code == code


def test_a_trust_file_has_at_most_256_kib() -> None:
    """The limit is 262,144 bytes."""
    read_trust(b"#" * (262_144 - 13) + b"\nquorum none\n")
    with pytest.raises(ProofError, match=r"trust\.size"):
        read_trust(b"#" * (262_144 - 12) + b"\nquorum none\n")


def test_names_and_comments_may_be_any_octets() -> None:
    """Octets that are no UTF-8 do no harm, and different ones stay different names."""
    first, second = str(a_vkey("X")).encode(), str(a_vkey("Y")).encode()
    data = b"# \xfe\nwitness \xff %b\nwitness \xc3\xbf %b\ngroup G all \xff \xc3\xbf\nquorum G\n" % (
        first,
        second,
    )
    trust = read_trust(data)
    assert [witness.key for witness in trust.witnesses] == [a_vkey("X"), a_vkey("Y")]
    assert trust.groups[0].members == tuple(witness.name for witness in trust.witnesses)


names = st.text(
    st.characters(min_codepoint=0x21, exclude_categories=["Cs"], exclude_characters="#\x7f"),
    min_size=1,
    max_size=8,
)
nodes = st.lists(names, unique=True, min_size=1, max_size=8).map(
    lambda found: [name for name in found if name != "none"]
)


@st.composite
def trust_files(draw: st.DrawFn) -> TrustFile:
    """Draw a trust file: up to eight witnesses, in groups of groups."""
    witnesses = [TrustedWitness(name, a_vkey(f"w{at}")) for at, name in enumerate(draw(nodes))]
    free = [witness.name for witness in witnesses]
    groups: list[Group] = []
    while free and len(groups) < draw(st.integers(0, 4)):
        members = draw(st.lists(st.sampled_from(free), min_size=1, max_size=4, unique=True))
        name = f"group-of-many-{len(groups)}"
        groups.append(Group(name, draw(st.integers(1, len(members))), tuple(members)))
        free = [each for each in free if each not in members] + [name]
    return TrustFile(
        logs=(TrustedLog(LOG, draw(st.sampled_from(["", "https://otc.example/"]))),),
        witnesses=tuple(witnesses),
        groups=tuple(groups),
        quorum=draw(st.sampled_from(["none", *free])),
        genesis=draw(st.sampled_from([{}, {ORIGIN: GENESIS}])),
        issued_ms=draw(st.none() | st.integers(0, 4 * 10**9).map(lambda time_s: time_s * 1000)),
        distrust=tuple(draw(st.lists(st.tuples(st.just(PARTY), st.integers(0, 2**53)), max_size=2))),
    )


@given(trust_files())
def test_a_trust_file_reads_back_as_written(trust: TrustFile) -> None:
    """What is written is what is read."""
    assert trust == read_trust(write_trust(trust))


LINE_WORDS = [
    "log",
    "witness",
    "group",
    "quorum",
    "none",
    "any",
    "all",
    "1",
    "X",
    "#otc",
    "genesis",
    "issued",
    "distrust",
    "#",
    "\t",
    "\n",
]
words = st.sampled_from([*LINE_WORDS, str(LOG), str(a_vkey("X")), PARTY, GENESIS])


@given(st.binary(max_size=200) | st.lists(words, max_size=40).map(lambda found: " ".join(found).encode()))
def test_any_bytes_are_refused_or_one_trust_file(data: bytes) -> None:
    """Whatever the bytes: a ProofError, or a trust file that reads back as it is written."""
    try:
        trust = read_trust(data)
    except ProofError:
        return
    assert trust == read_trust(write_trust(trust))


def test_the_documented_example_reads() -> None:
    """The literal example in the module's docstring is a trust file."""
    from ledger import trust_file

    example = (trust_file.__doc__ or "").split("::\n")[1]
    trust = read_trust(example.encode())
    assert trust.quorum == "mirrors"
    assert list(trust.genesis) == ["otc.example/kat"]


def test_known_notes_make_a_quorum() -> None:
    """Another implementation's note, cosigned at 1,700,000,000, is judged so under its keys."""
    path = VECTORS / "known-answers/tlog_kat.json"
    if not path.exists():
        pytest.skip("the vectors folder ../shared/vectors is absent")
    known = orjson.loads(path.read_bytes())
    policy = f"""log {known["log_vkey"]}
witness w {known["witness_vkey"]}
witness pq {known["pq_witness_vkey"]}
group both any w pq
quorum both
"""
    result = judge(read_note(known["notes"]["600"]), read_trust(policy.encode()))
    assert result.checkpoint == Checkpoint("otc.example/kat", 600, bytes.fromhex(known["roots"]["600"]))
    assert result.log_key == VerifierKey.parse(known["log_vkey"])
    assert result.met
    assert result.cosigned == {"w": 1_700_000_000}
    assert result.quorum_time_s == 1_700_000_000
    assert result.unsupported == ("pq",)
    assert not result.mirrors


def test_the_quorum_time_is_the_latest_that_still_makes_the_quorum() -> None:
    """Of three times 100, 200 and 300, two witnesses of three vouch for 200, any for 300, all for 100."""
    note = a_note({"X": 100, "Y": 300, "Z": 200})
    for threshold, expected in (("any", 300), ("2", 200), ("all", 100)):
        trust = a_trust_file(f"group G {threshold} X Y Z", quorum="G")
        result = judge(note, trust)
        assert result.met
        assert expected == result.quorum_time_s
        assert result.cosigned == {"X": 100, "Y": 300, "Z": 200}


def met_by(name: str, groups: Mapping[str, Group], cosigned: set[str]) -> bool:
    """Say by the definition whether a witness or group has witnessed, given who has cosigned."""
    if name not in groups:
        return name in cosigned
    group = groups[name]
    return sum(met_by(member, groups, cosigned) for member in group.members) >= group.threshold


@given(trust_files(), st.data())
def test_any_quorum_is_judged_by_the_definition(trust: TrustFile, draw: st.DataObject) -> None:
    """Met, and since when, as trying every time of every cosignature tells."""
    seeds = {witness.name: f"w{at}" for at, witness in enumerate(trust.witnesses)}
    times_s = draw.draw(
        st.dictionaries(st.sampled_from(sorted(seeds)) if seeds else st.nothing(), st.integers(1, 9))
    )
    result = judge(a_note({seeds[name]: time_s for name, time_s in times_s.items()}), trust)
    groups = {group.name: group for group in trust.groups}
    enough = [
        since
        for since in times_s.values()
        if met_by(trust.quorum, groups, {name for name, time_s in times_s.items() if time_s >= since})
    ]
    assert times_s == result.cosigned
    assert (trust.quorum == "none" or bool(enough)) == result.met
    assert max(enough, default=None) == result.quorum_time_s


def test_a_quorum_may_be_one_witness() -> None:
    """A quorum line may name a witness: its cosignature, and no other, makes the quorum."""
    trust = a_trust_file(quorum="Y")
    assert judge(a_note({"Y": 5}), trust).quorum_time_s == 5
    unmet = judge(a_note({"X": 5, "Z": 5}), trust)
    assert not unmet.met
    assert unmet.quorum_time_s is None


def test_quorum_none_asks_for_nothing_and_has_no_time() -> None:
    """Without a quorum the note holds on the log's word, whoever else signed."""
    for times_s in ({}, {"X": 5}):
        result = judge(a_note(times_s), a_trust_file())
        assert result.met
        assert result.quorum_time_s is None
        assert times_s == result.cosigned


def test_mirrors_are_the_group_of_that_name() -> None:
    """The group `mirrors` is told apart, in the quorum or not; a witness of that name is no group."""
    trust = a_trust_file("group mirrors any X Y", quorum="Z")
    assert not judge(a_note({"Z": 5}), trust).mirrors
    assert judge(a_note({"Z": 5, "X": 5}), trust).mirrors
    impostor = TrustFile(
        logs=(TrustedLog(LOG),), witnesses=(TrustedWitness("mirrors", a_vkey("X")),), quorum="mirrors"
    )
    result = judge(a_note({"X": 5}), impostor)
    assert result.met
    assert not result.mirrors


def test_a_witness_of_an_unsupported_type_never_counts_and_is_reported() -> None:
    """An ML-DSA witness is named, whatever stands in its line, and makes no quorum."""
    line = str(SignatureLine(POST_QUANTUM.name, POST_QUANTUM.key_id, bytes(2428)))
    result = judge(a_note({"X": 5}, line), a_trust_file(f"witness PQ {POST_QUANTUM}", quorum="PQ"))
    assert result.unsupported == ("PQ",)
    assert not result.met
    assert result.cosigned == {"X": 5}


def test_the_logs_own_signature_decides() -> None:
    """Missing, unknown or another log's, it is no checkpoint of this log; a changed key is as good."""
    trust = a_trust_file(quorum="X")
    with pytest.raises(ProofError, match=r"note\.unknown"):
        judge(a_note({"X": 5}, log=None), trust)
    other = a_vkey("other.example/log", ED25519)
    with pytest.raises(ProofError, match=r"note\.unknown"):
        judge(a_note({"X": 5}, log="other.example/log"), a_trust_file(f"log {other}"))
    with pytest.raises(ProofError, match=r"quorum\.origin"):
        judge(a_note({"X": 5}), TrustFile(logs=(TrustedLog(other),)))
    second = VerifierKey.of(ORIGIN, ED25519, a_key("second").public)
    changed = a_trust_file(f"log {second}", quorum="X")
    line = sign_note(CHECKPOINT.text(), ORIGIN, a_key("second"))
    assert judge(a_note({"X": 5}, line, log=None), changed).log_key == second


def test_a_log_key_of_another_type_signs_nothing() -> None:
    """A trust file may list such a log, and finds no key for its origin."""
    trust = TrustFile(logs=(TrustedLog(a_vkey(ORIGIN)),))
    with pytest.raises(ProofError, match=r"quorum\.origin"):
        judge(a_note({}), trust)


@pytest.mark.parametrize("key", [LOG, a_vkey("X"), a_vkey("other.example/log", ED25519)])
def test_any_known_keys_bad_signature_refuses_the_note(key: VerifierKey) -> None:
    """Log's, witness's, or that of another log in the trust file: one bad line is fatal."""
    trust = a_trust_file(f"log {a_vkey('other.example/log', ED25519)}")
    bad = str(SignatureLine(key.name, key.key_id, bytes(72 if key.kind == COSIGNATURE_V1 else 64)))
    with pytest.raises(ProofError, match=r"note\.signature"):
        judge(a_note({}, bad), trust)


def test_extension_lines_refuse() -> None:
    """A note of four lines, well signed, is no checkpoint."""
    text = f"{CHECKPOINT.text()}extension\n"
    note = read_note(write_note(text, [sign_note(text, ORIGIN, a_key(ORIGIN))]))
    with pytest.raises(ProofError, match=r"checkpoint\.form"):
        judge(note, a_trust_file())


@given(st.integers(0, 255), st.integers(0, 10_000))
def test_a_changed_note_is_never_judged_better(octet: int, position: int) -> None:
    """With any byte changed a note is refused, or its text is whole and its quorum no stronger."""
    trust = a_trust_file("group G 2 X Y Z", quorum="G")
    data = bytearray(str(a_note({"X": 100, "Y": 200})).encode())
    data[position % len(data)] = octet
    try:
        result = judge(read_note(bytes(data)), trust)
    except LedgerError:
        return
    assert result.checkpoint == CHECKPOINT
    assert result.cosigned.items() <= {"X": 100, "Y": 200}.items()


def test_a_thousand_nested_groups_are_judged() -> None:
    """Groups may nest as deep as the file is long."""
    groups = ["group G0 any X"] + [f"group G{at} any G{at - 1}" for at in range(1, 1001)]
    assert judge(a_note({"X": 5}), a_trust_file(*groups, quorum="G1000")).quorum_time_s == 5
