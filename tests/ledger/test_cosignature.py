"""Cosignatures: known answers, whose times count, and what refuses a note."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.cosignature import cosign, verify_cosignatures
from ledger.errors import ProofError
from ledger.keys import SigningKey
from ledger.note import (
    COSIGNATURE_V1,
    ED25519,
    ML_DSA_44,
    Note,
    SignatureLine,
    VerifierKey,
    read_note,
    write_note,
)

VECTORS = Path(__file__).parents[3] / "shared/vectors/tlog"
TEXT = f"otc.example/log\n7\n{b64encode(bytes(32)).decode()}\n"
WITNESS = SigningKey.from_seed(sha256(b"witness").digest())
WITNESS_KEY = VerifierKey.of("w.example", COSIGNATURE_V1, WITNESS.public)
OTHER = SigningKey.from_seed(sha256(b"other").digest())
OTHER_KEY = VerifierKey.of("other.example", COSIGNATURE_V1, OTHER.public)


def a_note(*lines: str, text: str = TEXT) -> Note:
    """Build a note from signature lines."""
    return read_note(write_note(text, lines))


def a_line(signature: bytes) -> str:
    """Write any bytes as the witness's cosignature."""
    return str(SignatureLine(WITNESS_KEY.name, WITNESS_KEY.key_id, signature))


@pytest.fixture(scope="module")
def known_answers() -> dict[str, Any]:
    """Load notes cosigned by another implementation at 1,700,000,000 with the seed SHA-256("kat w")."""
    path = VECTORS / "known-answers/tlog_kat.json"
    if not path.exists():
        pytest.skip("the vectors folder ../shared/vectors is absent")
    answers: dict[str, Any] = orjson.loads(path.read_bytes())
    return answers


def test_known_cosignatures_verify_and_are_made_alike(known_answers: dict[str, Any]) -> None:
    """Known cosignatures verify with their time, and the witness's seed makes the very same lines."""
    key = VerifierKey.parse(known_answers["witness_vkey"])
    signer = SigningKey.from_seed(sha256(b"kat w").digest())
    for data in known_answers["notes"].values():
        note = read_note(data)
        assert verify_cosignatures(note, [key]) == {key: 1_700_000_000}
        assert str(note.lines[1]) == cosign(note.text, "w.example/kat", signer, 1_700_000_000)


def test_the_signed_message_is_header_time_and_checkpoint() -> None:
    """The signature is eight bytes of time, then Ed25519 over `cosignature/v1`, the time line and the text."""
    message = f"cosignature/v1\ntime 1679315147\n{TEXT}".encode()
    expected = (1679315147).to_bytes(8, "big") + WITNESS.sign(message)
    assert cosign(TEXT, "w.example", WITNESS, 1679315147) == a_line(expected)


@given(st.integers(1, 2**63 - 1))
def test_any_time_of_the_format_comes_back(time_s: int) -> None:
    """A cosignature verifies with the time it was made at."""
    assert verify_cosignatures(a_note(cosign(TEXT, "w.example", WITNESS, time_s)), [WITNESS_KEY]) == {
        WITNESS_KEY: time_s
    }


@pytest.mark.parametrize("time_s", [0, -1, 2**63])
def test_a_witness_never_omits_the_time(time_s: int) -> None:
    """No cosignature is made at zero, before it, or beyond 63 bits."""
    with pytest.raises(ProofError, match=r"cosignature\.time"):
        cosign(TEXT, "w.example", WITNESS, time_s)


def test_a_cosignature_of_time_zero_is_read() -> None:
    """The format allows it, though no witness makes one: it counts, and for nothing later than 1970."""
    line = a_line(bytes(8) + WITNESS.sign(f"cosignature/v1\ntime 0\n{TEXT}".encode()))
    assert verify_cosignatures(a_note(line), [WITNESS_KEY]) == {WITNESS_KEY: 0}


def test_a_witness_counts_once_with_its_later_time() -> None:
    """Of two cosignatures by one key the later counts, wherever it stands."""
    early, late = (cosign(TEXT, "w.example", WITNESS, time_s) for time_s in (1000, 2000))
    for lines in ((early, late), (late, early), (late, late)):
        assert verify_cosignatures(a_note(*lines), [WITNESS_KEY]) == {WITNESS_KEY: 2000}


def test_each_known_witness_has_its_own_time() -> None:
    """Two witnesses' cosignatures are told apart, and unknown ones passed over."""
    lines = cosign(TEXT, "w.example", WITNESS, 1000), cosign(TEXT, "other.example", OTHER, 2000)
    assert verify_cosignatures(a_note(*lines), [WITNESS_KEY, OTHER_KEY]) == {
        WITNESS_KEY: 1000,
        OTHER_KEY: 2000,
    }
    assert verify_cosignatures(a_note(*lines), [OTHER_KEY]) == {OTHER_KEY: 2000}
    assert verify_cosignatures(a_note(*lines), []) == {}


def test_keys_of_other_types_do_not_cosign() -> None:
    """A note key and an ML-DSA key are passed over, with whatever lines bear their names."""
    note_key = VerifierKey.of("w.example", ED25519, WITNESS.public)
    post_quantum = VerifierKey.of("pq.example", ML_DSA_44, bytes(1312))
    lines = [str(SignatureLine(key.name, key.key_id, bytes(72))) for key in (note_key, post_quantum)]
    assert verify_cosignatures(a_note(*lines), [note_key, post_quantum]) == {}


def bad_signatures() -> list[bytes]:
    """Return what is near to a cosignature and none."""
    time = (1000).to_bytes(8, "big")
    good = WITNESS.sign(f"cosignature/v1\ntime 1000\n{TEXT}".encode())
    beyond = WITNESS.sign(f"cosignature/v1\ntime {2**63}\n{TEXT}".encode())
    return [
        time + WITNESS.sign(TEXT.encode()),
        time + WITNESS.sign(f"cosignature/v1\ntime 1001\n{TEXT}".encode()),
        (1001).to_bytes(8, "big") + good,
        time + OTHER.sign(f"cosignature/v1\ntime 1000\n{TEXT}".encode()),
        time + good[:-1],
        time + good + b"\x00",
        good,
        b"\x00",
        (2**63).to_bytes(8, "big") + beyond,
    ]


@pytest.mark.parametrize("signature", bad_signatures())
def test_a_known_witnesss_bad_cosignature_refuses_the_note(signature: bytes) -> None:
    """Another message, time, key or length than the format's is fatal, even beside a good cosignature."""
    good = cosign(TEXT, "w.example", WITNESS, 1000)
    for lines in ([a_line(signature)], [good, a_line(signature)], [a_line(signature), good]):
        with pytest.raises(ProofError, match=r"note\.signature"):
            verify_cosignatures(a_note(*lines), [WITNESS_KEY])


@given(st.binary(min_size=1, max_size=80))
def test_any_bytes_as_a_cosignature_are_refused(signature: bytes) -> None:
    """Whatever the bytes under a known witness's name: a ProofError."""
    with pytest.raises(ProofError, match=r"note\.signature"):
        verify_cosignatures(a_note(a_line(signature)), [WITNESS_KEY])


def test_a_cosignature_is_for_one_checkpoint() -> None:
    """Moved to another checkpoint it is bad."""
    line = cosign(TEXT, "w.example", WITNESS, 1000)
    with pytest.raises(ProofError, match=r"note\.signature"):
        verify_cosignatures(a_note(line, text=TEXT.replace("7", "8")), [WITNESS_KEY])
