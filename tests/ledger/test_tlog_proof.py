"""Proof files (C2SP tlog-proof): layout, strictness, and what they prove to whom."""

from __future__ import annotations

from base64 import b64encode
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
from ledger.merkle import MemoryTree, inclusion_proof, leaf_hash
from ledger.note import COSIGNATURE_V1, ED25519, VerifierKey, read_note, sign_note, write_note
from ledger.proof import TlogProof, check_tlog_proof, read_tlog_proof, write_tlog_proof
from ledger.quorum import TrustedLog, TrustedWitness, TrustFile

VECTORS = Path(__file__).parents[3] / "shared/vectors/tlog"
ORIGIN = "otc.example/log"
LOG = SigningKey.from_seed(sha256(b"log").digest())
WITNESS = SigningKey.from_seed(sha256(b"witness").digest())
LEAVES = [leaf_hash(bytes([index])) for index in range(7)]
TREE = MemoryTree(LEAVES)
TEXT = Checkpoint(ORIGIN, 7, TREE.root()).text()
NOTE = write_note(TEXT, [sign_note(TEXT, ORIGIN, LOG), cosign(TEXT, "w.example", WITNESS, 1000)])
TRUST = TrustFile(
    logs=(TrustedLog(VerifierKey.of(ORIGIN, ED25519, LOG.public)),),
    witnesses=(TrustedWitness("W", VerifierKey.of("w.example", COSIGNATURE_V1, WITNESS.public)),),
    quorum="W",
)


def a_proof(index: int = 3, extra: bytes = b"") -> TlogProof:
    """Build the proof of one of seven leaves."""
    return TlogProof(index, tuple(inclusion_proof(TREE, index, 7)), read_note(NOTE), extra)


def in_base64(value: bytes) -> str:
    """Write base64 as the specification wants it."""
    return b64encode(value).decode()


PATH = "".join(f"{in_base64(value)}\n" for value in inclusion_proof(TREE, 3, 7))
FILE = f"c2sp.org/tlog-proof@v1\nindex 3\n{PATH}\n{NOTE}"


def test_a_proof_is_laid_out_as_the_specification_says() -> None:
    """Version, extra if there is any, index, one hash a line, an empty line, the checkpoint verbatim."""
    assert write_tlog_proof(a_proof()) == FILE
    with_extra = FILE.replace("index", "extra aGVsbG8=\nindex", 1)
    assert write_tlog_proof(a_proof(extra=b"hello")) == with_extra
    assert read_tlog_proof(FILE) == a_proof()
    assert read_tlog_proof(with_extra.encode()) == a_proof(extra=b"hello")


def test_a_proof_from_known_answers_holds() -> None:
    """Another implementation's path and note make a file whose leaf is proved to be in its log."""
    path = VECTORS / "known-answers/tlog_kat.json"
    if not path.exists():
        pytest.skip("the vectors folder ../shared/vectors is absent")
    known = orjson.loads(path.read_bytes())
    trust = TrustFile(
        logs=(TrustedLog(VerifierKey.parse(known["log_vkey"])),),
        witnesses=(TrustedWitness("w", VerifierKey.parse(known["witness_vkey"])),),
        quorum="w",
    )
    for case in known["inclusion"]:
        if str(case["size"]) not in known["notes"]:
            continue
        lines = "".join(f"{in_base64(bytes.fromhex(value))}\n" for value in case["proof"])
        note = known["notes"][str(case["size"])]
        proof = read_tlog_proof(f"c2sp.org/tlog-proof@v1\nindex {case['index']}\n{lines}\n{note}")
        result = check_tlog_proof(proof, leaf_hash(f"kat leaf {case['index']}".encode()), trust)
        assert case["size"] == result.checkpoint.size
        assert result.quorum_time_s == 1_700_000_000


def test_each_leaf_is_proved_and_no_other() -> None:
    """The proof of a leaf holds for that leaf alone, and tells who cosigned."""
    for index in range(7):
        assert check_tlog_proof(a_proof(index), LEAVES[index], TRUST).cosigned == {"W": 1000}
        with pytest.raises(ProofError, match=r"proof\.inclusion"):
            check_tlog_proof(a_proof(index), LEAVES[index - 1], TRUST)


def test_a_proof_needs_log_quorum_and_path() -> None:
    """Without the log's key, the quorum or the whole path nothing is proved."""
    lonely = read_note(write_note(TEXT, [sign_note(TEXT, ORIGIN, LOG)]))
    path = a_proof().path
    for proof, trust, code in (
        (a_proof(), TrustFile(), "quorum.origin"),
        (TlogProof(3, path, lonely), TRUST, "quorum.unmet"),
        (TlogProof(3, path[:-1], read_note(NOTE)), TRUST, "proof.length"),
        (TlogProof(7, path, read_note(NOTE)), TRUST, "proof.inclusion"),
    ):
        with pytest.raises(ProofError) as refusal:
            check_tlog_proof(proof, LEAVES[3], trust)
        assert refusal.value.code == code


@pytest.mark.parametrize(
    "data",
    [
        "",
        FILE[1:],
        "\n" + FILE,
        "\ufeff" + FILE,
        FILE.replace("@v1", "@v2"),
        FILE.replace("index 3\n", ""),
        FILE.replace("index 3", "3"),
        f"c2sp.org/tlog-proof@v1\n\n{NOTE}",
        FILE.replace("index 3", "index 03"),
        FILE.replace("index 3", "index  3"),
        FILE.replace("index 3", "index -3"),
        FILE.replace("index 3", f"index {2**63}"),
        FILE.replace("index 3", "index"),
        FILE.replace("index 3\n", "index 3\nindex 3\n"),
        FILE.replace("index 3", "extra \nindex 3"),
        FILE.replace("index 3", "extra aGVsbG8\nindex 3"),
        FILE.replace("index 3", "extra aGVsbG8=\nextra aGVsbG8=\nindex 3"),
        FILE.replace("index 3", "index 3\nextra aGVsbG8="),
        FILE.replace("index 3\n", "index 3\n" + PATH * 21),
        FILE.replace("index 3\n", "index 3\nAAAA\n"),
        FILE.replace("=\n", "=\r\n"),
        FILE.partition("\n\n")[0],
        f"c2sp.org/tlog-proof@v1\nindex 3\n{PATH}{NOTE}",
        FILE[:-1],
        FILE + "\n",
        FILE.encode() + b"\xff",
    ],
)
def test_any_other_layout_is_refused(data: str | bytes) -> None:
    """Lines missing, doubled, out of order or loosely spelt, more than 63 hashes, and text that is none."""
    with pytest.raises(ProofError, match=r"(proof|note)\.form"):
        read_tlog_proof(data)


@given(
    st.integers(0, 2**63 - 1),
    st.lists(st.binary(min_size=32, max_size=32), max_size=63),
    st.binary(max_size=50),
)
def test_every_proof_reads_back(index: int, path: list[bytes], extra: bytes) -> None:
    """What is written is what is read."""
    proof = TlogProof(index, tuple(path), read_note(NOTE), extra)
    assert proof == read_tlog_proof(write_tlog_proof(proof))


@given(st.binary(max_size=200), st.integers(0, len(FILE.encode())), st.integers(0, 40))
def test_any_bytes_are_refused_or_one_proof(noise: bytes, position: int, cut: int) -> None:
    """Whatever the bytes, also within a good file: a LedgerError, or a proof that is written the same way."""
    good = FILE.encode()
    for data in (noise, good[:position] + noise + good[position + cut :]):
        try:
            proof = read_tlog_proof(data)
        except LedgerError:
            continue
        assert data == write_tlog_proof(proof).encode()
