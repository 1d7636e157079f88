"""Signed notes and verifier keys: C2SP's example, known answers, and strictness towards everything else."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import ProofError
from ledger.keys import SigningKey
from ledger.note import (
    COSIGNATURE_V1,
    ED25519,
    ML_DSA_44,
    Note,
    SignatureLine,
    VerifierKey,
    is_key_name,
    read_note,
    read_signature_lines,
    sign_note,
    verify_note,
    write_note,
)

VECTORS = Path(__file__).parents[3] / "shared/vectors/tlog"
# The example of the specification: a key and a note that it verifies.
VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
TEXT = "This is an example message.\n"
LINE = (
    "— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
EXAMPLE = f"{TEXT}\n{LINE}"

ALICE = SigningKey.from_seed(sha256(b"alice").digest())
ALICE_KEY = VerifierKey.of("alice.example", ED25519, ALICE.public)


@pytest.fixture(scope="module")
def known_answers() -> dict[str, Any]:
    """Load the notes of another implementation, signed with seeds SHA-256("kat log") and SHA-256("kat w")."""
    path = VECTORS / "known-answers/tlog_kat.json"
    if not path.exists():
        pytest.skip("the vectors folder ../shared/vectors is absent")
    answers: dict[str, Any] = orjson.loads(path.read_bytes())
    return answers


def test_the_specifications_example_verifies() -> None:
    """The example key verifies the example note."""
    key = VerifierKey.parse(VKEY)
    note = read_note(EXAMPLE)
    assert note.text == TEXT
    assert [key] == [signer for signer, _ in verify_note(note, [key])]
    assert str(note) == EXAMPLE
    assert note == read_note(EXAMPLE.encode())


def test_known_notes_verify_and_are_signed_alike(known_answers: dict[str, Any]) -> None:
    """Known notes verify under the known log key, and its seed makes the very same lines."""
    key = VerifierKey.parse(known_answers["log_vkey"])
    signer = SigningKey.from_seed(sha256(b"kat log").digest())
    for data in known_answers["notes"].values():
        note = read_note(data)
        [(found, _)] = verify_note(note, [key])
        assert key == found
        assert str(note.lines[0]) == sign_note(note.text, "otc.example/kat", signer)


def test_known_verifier_keys_read_and_write_back(known_answers: dict[str, Any]) -> None:
    """Keys of all three types of the ecosystem read, with their type, and are written as they were."""
    for member, kind in (
        ("log_vkey", ED25519),
        ("witness_vkey", COSIGNATURE_V1),
        ("pq_witness_vkey", ML_DSA_44),
    ):
        key = VerifierKey.parse(known_answers[member])
        assert kind == key.kind
        assert known_answers[member] == str(key)


def vkey_text(name: str, kind: int, public: bytes) -> str:
    """Write a vkey by the specification's formula."""
    key_id = sha256(name.encode() + b"\n" + bytes([kind]) + public).hexdigest()[:8]
    return f"{name}+{key_id}+{b64encode(bytes([kind]) + public).decode()}"


def test_a_verifier_key_of_an_unknown_type_is_carried() -> None:
    """A type that is not assigned yet reads, with whatever key material it has."""
    text = vkey_text("later.example", 0xFA, b"whatever")
    assert text == str(VerifierKey.parse(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.com/foo",
        "example.com/foo+530d903a",
        "example.com/foo+530d903a+",
        VKEY.replace("530d903a", "530d903b"),
        VKEY.replace("530d903a", "530D903A"),
        VKEY.replace("530d903a", "530d903"),
        VKEY.replace("example.com/foo", "example.com/fop"),
        VKEY.replace("example.com/foo", ""),
        VKEY + "=",
        VKEY + "\n",
        " " + VKEY,
        VKEY.replace("3U2k", "3U2l"),
        vkey_text("two words", ED25519, bytes(32)),
        vkey_text("no-break\u00a0space", ED25519, bytes(32)),
        vkey_text("short.example", ED25519, bytes(31)),
        vkey_text("long.example", COSIGNATURE_V1, bytes(33)),
        vkey_text("short.example", ML_DSA_44, bytes(1311)),
        vkey_text("none.example", 0xFA, b""),
        "a\ud800b+00000000+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    ],
)
def test_a_verifier_key_that_does_not_fit_is_refused(text: str) -> None:
    """Wrong ids, lengths, names and spellings of a vkey are refused."""
    with pytest.raises(ProofError, match=r"note\.vkey"):
        VerifierKey.parse(text)


@given(st.text() | st.from_regex(r"\A[a-z]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}\Z"))
def test_any_text_is_refused_or_one_verifier_key(text: str) -> None:
    """Whatever the text: a ProofError, or a key that is written the same way."""
    try:
        key = VerifierKey.parse(text)
    except ProofError:
        return
    assert text == str(key)


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("example.com/foo", True),
        ("été.example", True),
        ("x", True),
        ("n" * 300, True),
        ("a+b", False),
        ("a b", False),
        ("a\u2003b", False),
        ("a\nb", False),
        ("a\x00b", False),
        ("", False),
        ("\udc80", False),
    ],
)
def test_a_key_name_has_no_spaces_plus_signs_or_control_characters(name: str, good: bool) -> None:  # noqa: FBT001  # a table's column
    """Names are as the specification wants them, and such that they can be written at all."""
    assert good == is_key_name(name)


@pytest.mark.parametrize(
    "data",
    [
        "",
        "\n",
        TEXT,
        TEXT + "\n",
        TEXT + LINE,
        LINE,
        "\n" + LINE,
        EXAMPLE[:-1],
        EXAMPLE + "\n",
        EXAMPLE + LINE + "trailing\n",
        EXAMPLE.replace("\n", "\r\n"),
        "\ufeff".encode("utf-16"),
        EXAMPLE.encode() + b"\xff",
        "a\x00b\n\n" + LINE,
        "a\tb\n\n" + LINE,
        "a\ud800b\n\n" + LINE,
        f"{TEXT}\n{LINE.replace('—', '-')}",
        f"{TEXT}\n{LINE.replace('— ', '—')}",
        f"{TEXT}\n{LINE.replace('foo ', 'foo  ')}",
        f"{TEXT}\n{LINE.replace('foo', 'f oo')}",
        f"{TEXT}\n{LINE.replace('foo', 'f+oo')}",
        f"{TEXT}\n{LINE.replace('aQM=', 'aQN=')}",
        f"{TEXT}\n{LINE.replace('aQM=', 'aQM')}",
        f"{TEXT}\n— example.com/foo Uw2QOg==\n",
        f"{TEXT}\n— example.com/foo \n",
        f"{TEXT}\n— example.com/foo\n",
        f"{TEXT}\n" + LINE * 65,
        "x" * (512 * 1024 - len(LINE.encode()) - 1) + "\n\n" + LINE,
    ],
)
def test_what_is_not_a_note_is_refused(data: str | bytes) -> None:
    """Missing parts, foreign characters, loose base64, too many signatures and too much text are refused."""
    with pytest.raises(ProofError, match=r"note\.form"):
        read_note(data)


def test_a_notes_text_may_contain_empty_lines() -> None:
    """The last empty line parts text from signatures."""
    assert read_note(f"a\n\nb\n\n{LINE}").text == "a\n\nb\n"
    assert read_note(f"\n\n{LINE}").text == "\n"


def test_a_note_may_have_512_kib() -> None:
    """The limit is 524,288 bytes, signatures included."""
    text = "x" * (524_288 - len(LINE.encode()) - 2) + "\n"
    assert read_note(f"{text}\n{LINE}").text == text


def test_a_note_may_have_64_signatures() -> None:
    """The limit is 64 lines; a witness's answer is read by the same rule."""
    assert len(read_note(f"{TEXT}\n{LINE * 64}").lines) == 64
    assert len(read_signature_lines(LINE * 64)) == 64
    for data in (LINE * 65, "", "\n", LINE[:-1]):
        with pytest.raises(ProofError, match=r"note\.form"):
            read_signature_lines(data)


texts = st.lists(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30), min_size=1, max_size=4
).map(lambda lines: "".join(f"{line}\n" for line in lines))


@given(texts)
def test_whatever_is_signed_reads_back_and_verifies(text: str) -> None:
    """Any text of lines, signed and written, reads back and verifies; no other text does."""
    note = read_note(write_note(text, [sign_note(text, "alice.example", ALICE)]))
    assert text == note.text
    assert [key for key, _ in verify_note(note, [ALICE_KEY])] == [ALICE_KEY]
    with pytest.raises(ProofError, match=r"note\.signature"):
        verify_note(Note(f"{text}!\n", note.lines), [ALICE_KEY])


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda noise: EXAMPLE.encode() + noise))
def test_any_bytes_are_refused_or_one_note(data: bytes) -> None:
    """Whatever the bytes: a ProofError, or a note that is written the same way."""
    try:
        note = read_note(data)
    except ProofError:
        return
    assert data == str(note).encode()


def test_unknown_keys_are_passed_over() -> None:
    """A line shares a name or an id with a known key, but not both: it neither helps nor harms."""
    alice = sign_note(TEXT, "alice.example", ALICE)
    renamed = str(SignatureLine("mallory.example", ALICE_KEY.key_id, bytes(64)))
    other_id = str(SignatureLine("alice.example", bytes(4), bytes(64)))
    note = read_note(write_note(TEXT, [renamed, other_id, alice]))
    assert [key for key, _ in verify_note(note, [ALICE_KEY])] == [ALICE_KEY]
    with pytest.raises(ProofError, match=r"note\.unknown"):
        verify_note(read_note(write_note(TEXT, [renamed, other_id])), [ALICE_KEY])
    with pytest.raises(ProofError, match=r"note\.unknown"):
        verify_note(note, [])


@pytest.mark.parametrize("signature", [bytes(64), bytes(1), bytes(72)])
def test_a_known_keys_bad_signature_refuses_the_note(signature: bytes) -> None:
    """Beside a good signature of another known key, and even of its own, a bad one is fatal."""
    bad = str(SignatureLine("alice.example", ALICE_KEY.key_id, signature))
    good = sign_note(TEXT, "alice.example", ALICE)
    for lines in ([bad], [LINE, bad], [good, bad], [bad, good]):
        with pytest.raises(ProofError, match=r"note\.signature"):
            verify_note(read_note(write_note(TEXT, lines)), [ALICE_KEY, VerifierKey.parse(VKEY)])


def test_one_key_counts_once() -> None:
    """The same key's line repeated is one signature."""
    note = read_note(write_note(TEXT, [LINE, sign_note(TEXT, "alice.example", ALICE), LINE]))
    signers = [key for key, _ in verify_note(note, [ALICE_KEY, VerifierKey.parse(VKEY)])]
    assert [VerifierKey.parse(VKEY), ALICE_KEY] == signers


def test_keys_of_other_types_do_not_sign_notes() -> None:
    """A key registered for cosignatures is no Ed25519 note key, even with the same bytes."""
    cosigner = VerifierKey.of("alice.example", COSIGNATURE_V1, ALICE.public)
    line = str(SignatureLine("alice.example", cosigner.key_id, ALICE.sign(TEXT.encode())))
    with pytest.raises(ProofError, match=r"note\.unknown"):
        verify_note(read_note(write_note(TEXT, [line])), [cosigner])


def test_two_keys_that_share_name_and_id_are_both_tried() -> None:
    """Ids are 32 bits: under a collision either key's signature is found, and neither's absence is fatal."""
    twin = VerifierKey("alice.example", ALICE_KEY.key_id, ED25519, VerifierKey.parse(VKEY).public)
    note = read_note(write_note(TEXT, [sign_note(TEXT, "alice.example", ALICE)]))
    for known in ([ALICE_KEY, twin], [twin, ALICE_KEY]):
        assert [key for key, _ in verify_note(note, known)] == [ALICE_KEY]
