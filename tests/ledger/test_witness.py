"""The witness's rule (C2SP tlog-witness): one test a status, their order, and strictness of the request."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.checkpoint import Checkpoint
from ledger.errors import LedgerError, ProofError
from ledger.keys import SigningKey
from ledger.merkle import EMPTY_ROOT, MemoryTree, consistency_proof, leaf_hash
from ledger.note import ED25519, Note, SignatureLine, VerifierKey, read_note, sign_note, write_note
from ledger.witness import Decision, Request, decide, read_add_checkpoint, write_add_checkpoint

ORIGIN = "otc.example/log"
LOG = SigningKey.from_seed(sha256(b"log").digest())
LOG_KEY = VerifierKey.of(ORIGIN, ED25519, LOG.public)
KNOWN = {ORIGIN: [LOG_KEY]}
TREE = MemoryTree([leaf_hash(bytes([index])) for index in range(20)])
FORK = MemoryTree([leaf_hash(bytes([index, 1])) for index in range(20)])


def a_checkpoint(size: int, tree: MemoryTree = TREE, origin: str = ORIGIN) -> Checkpoint:
    """Build the checkpoint of a tree's first leaves."""
    return Checkpoint(origin, size, tree.root(size))


def signed(text: str) -> Note:
    """Sign a text with the log's key."""
    return read_note(write_note(text, [sign_note(text, ORIGIN, LOG)]))


def a_request(old: int, new: int, tree: MemoryTree = TREE) -> Request:
    """Build the request of an honest log for `tree`."""
    proof = consistency_proof(tree, old, new) if old <= new else []
    return Request(old, tuple(proof), signed(a_checkpoint(new, tree).text()))


def status(request: Request, latest: Checkpoint | None) -> int:
    """Decide, and check that only an acceptance has a checkpoint, and only a refusal a body."""
    decision = decide(request, KNOWN, latest)
    assert (decision.checkpoint is not None) == (decision.status == 200)
    assert bool(decision.body) == (decision.status != 200)
    return decision.status


@pytest.mark.parametrize(("old", "new"), [(0, 1), (0, 20), (1, 2), (5, 20), (7, 7), (16, 17)])
def test_200_for_a_tree_that_extends_the_latest(old: int, new: int) -> None:
    """A first checkpoint, a larger one and the same again are accepted, to be remembered and cosigned."""
    latest = a_checkpoint(old) if old else None
    assert decide(a_request(old, new), KNOWN, latest) == Decision(200, a_checkpoint(new))


def test_200_for_the_empty_tree() -> None:
    """A checkpoint of size zero has the root of the empty tree, and may be the first or the second."""
    for latest in (None, Checkpoint(ORIGIN, 0, EMPTY_ROOT)):
        assert status(a_request(0, 0), latest) == 200
    assert status(a_request(0, 5), Checkpoint(ORIGIN, 0, EMPTY_ROOT)) == 200


def test_200_under_either_of_two_keys() -> None:
    """After a change of key the log may sign with each that the witness trusts."""
    second = SigningKey.from_seed(sha256(b"second").digest())
    known = {ORIGIN: [VerifierKey.of(ORIGIN, ED25519, second.public), LOG_KEY]}
    assert decide(a_request(0, 5), known, None).status == 200


@pytest.mark.parametrize("text", ["nothing\n", a_checkpoint(5).text() + "extension\n"])
def test_400_for_a_note_that_is_no_checkpoint(text: str) -> None:
    """Extension lines and texts of another kind are malformed, however well signed."""
    assert status(Request(0, (), signed(text)), None) == 400


def test_400_for_an_old_size_beyond_the_new_one() -> None:
    """The old size is at most the checkpoint's, whatever the witness has seen."""
    for latest in (None, a_checkpoint(5), a_checkpoint(9)):
        assert status(a_request(9, 5), latest) == 400


def test_403_without_a_good_signature_by_a_trusted_key() -> None:
    """No signature by a known key, or one that does not verify, is forbidden."""
    text = a_checkpoint(5).text()
    stranger = SigningKey.from_seed(sha256(b"stranger").digest())
    good, bad = sign_note(text, ORIGIN, LOG), str(SignatureLine(ORIGIN, LOG_KEY.key_id, bytes(64)))
    for lines in ([sign_note(text, ORIGIN, stranger)], [bad], [good, bad]):
        assert status(Request(0, (), read_note(write_note(text, lines))), None) == 403


def test_404_for_a_log_that_the_witness_does_not_know() -> None:
    """An unknown origin is not found, even if a known log's key has signed it."""
    text = a_checkpoint(5, origin="other.example/log").text()
    assert status(Request(0, (), signed(text)), None) == 404


@pytest.mark.parametrize(("old", "latest"), [(0, 5), (4, 5), (6, 5), (3, None)])
def test_409_with_the_size_that_the_witness_has_seen(old: int, latest: int | None) -> None:
    """Another old size than the latest conflicts; the body is the latest size and a newline."""
    decision = decide(a_request(old, 9), KNOWN, a_checkpoint(latest) if latest else None)
    assert decision == Decision(409, None, f"{latest or 0}\n", "text/x.tlog.size")


def test_409_for_a_checkpoint_older_than_the_latest() -> None:
    """A replayed older checkpoint conflicts, so that no witness ever rolls back."""
    assert status(a_request(3, 4), a_checkpoint(5)) == 409


def test_422_for_a_tree_that_does_not_extend_the_latest() -> None:
    """A fork, with whatever proof, is unprocessable: larger, of the same size, or from a broken proof."""
    latest = a_checkpoint(5)
    for request in (
        a_request(5, 9, FORK),
        a_request(5, 5, FORK),
        replace(a_request(5, 9), proof=a_request(5, 9).proof[:-1]),
        replace(a_request(5, 9), proof=(*a_request(5, 9).proof, EMPTY_ROOT)),
        replace(a_request(5, 9), proof=()),
        replace(a_request(5, 5), proof=(EMPTY_ROOT,)),
    ):
        assert status(request, latest) == 422


def test_422_for_a_proof_from_size_zero() -> None:
    """The empty tree needs no proof, so that one is wrong."""
    assert status(replace(a_request(0, 5), proof=(EMPTY_ROOT,)), None) == 422


def test_422_for_an_empty_tree_with_another_root() -> None:
    """Size zero has one root."""
    text = Checkpoint(ORIGIN, 0, bytes(32)).text()
    assert status(Request(0, (), signed(text)), None) == 422


def test_the_checks_come_in_the_specifications_order() -> None:
    """With every fault at once the first check answers; each one mended, the next does: 404, 403, 400, 409, 422."""
    unknown = Request(9, (), signed(a_checkpoint(5, FORK, "other.example/log").text()))
    text = a_checkpoint(5, FORK).text()
    unsigned = Request(9, (), read_note(write_note(text, [str(SignatureLine("x", bytes(4), bytes(64)))])))
    too_old = Request(9, (), signed(text))
    stale = Request(4, (), signed(text))
    forked = Request(3, (), signed(text))
    latest = a_checkpoint(3)
    assert [status(each, latest) for each in (unknown, unsigned, too_old, stale, forked)] == [
        404,
        403,
        400,
        409,
        422,
    ]


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20), st.booleans()), max_size=20))
def test_a_witness_never_leaves_the_first_history_it_saw(tries: list[tuple[int, int, bool]]) -> None:
    """Whatever two rival logs ask for, all that is cosigned lies in one growing tree."""
    latest: Checkpoint | None = None
    history: set[bool] = set()
    for old, new, forked in tries:
        decision = decide(a_request(old, new, FORK if forked else TREE), KNOWN, latest)
        if decision.checkpoint is None:
            continue
        assert decision.checkpoint.size >= (latest.size if latest else 0)
        latest = decision.checkpoint
        history |= {forked} if new else set()
    assert len(history) <= 1


NOTE = str(a_request(0, 9).note)
HASH = b64encode(bytes(32)).decode()
BODY = f"old 5\n{HASH}\n{HASH}\n\n{NOTE}"


def test_a_request_is_laid_out_as_the_specification_says() -> None:
    """The old size, one hash a line, an empty line, the checkpoint verbatim."""
    request = Request(5, (bytes(32), bytes(32)), read_note(NOTE))
    assert write_add_checkpoint(request) == BODY
    assert read_add_checkpoint(BODY) == request
    assert read_add_checkpoint(f"old 0\n\n{NOTE}".encode()) == Request(0, (), read_note(NOTE))


@pytest.mark.parametrize(
    "data",
    [
        "",
        "old 5\n",
        "old 5\n\n",
        NOTE,
        "\n" + BODY,
        BODY.replace("old 5", "old 05"),
        BODY.replace("old 5", "old -5"),
        BODY.replace("old 5", "old  5"),
        BODY.replace("old 5", "old"),
        BODY.replace("old 5", "new 5"),
        BODY.replace("old 5", "5"),
        BODY.replace("old 5", f"old {2**63}"),
        BODY.replace("old 5\n", "old 5\n" + f"{HASH}\n" * 62),
        BODY.replace("AAA=", "AAB="),
        BODY.replace("AAA=", "AA=="),
        BODY.replace("\n", "\r\n"),
        f"old 5\n{HASH}\n{NOTE}",
        f"old 5\n\n{a_checkpoint(9).text()}",
        BODY[:-1],
        BODY.encode() + b"\xff",
    ],
)
def test_any_other_layout_is_refused(data: str | bytes) -> None:
    """Sizes and hashes loosely spelt, over 63 hashes, and what is no note: to be answered with 400."""
    with pytest.raises(ProofError, match=r"(witness|note)\.form"):
        read_add_checkpoint(data)


def test_a_request_may_have_63_hashes() -> None:
    """The specification's limit is read."""
    body = f"old 5\n{HASH}\n".encode() + f"{HASH}\n".encode() * 62 + b"\n" + NOTE.encode()
    assert len(read_add_checkpoint(body).proof) == 63


@given(
    st.integers(0, 2**63 - 1),
    st.lists(st.binary(min_size=32, max_size=32), max_size=63),
)
def test_every_request_reads_back(old_size: int, proof: list[bytes]) -> None:
    """What is written is what is read."""
    request = Request(old_size, tuple(proof), read_note(NOTE))
    assert request == read_add_checkpoint(write_add_checkpoint(request))


@given(st.binary(max_size=200), st.integers(0, len(BODY.encode())), st.integers(0, 40))
def test_any_bytes_are_refused_or_decided(noise: bytes, position: int, cut: int) -> None:
    """Whatever the bytes, also within a good request: a LedgerError, or a decision without a traceback."""
    good = BODY.encode()
    for data in (noise, good[:position] + noise + good[position + cut :]):
        try:
            request = read_add_checkpoint(data)
        except LedgerError:
            continue
        assert data == write_add_checkpoint(request).encode()
        assert status(request, a_checkpoint(5)) in {200, 400, 403, 404, 409, 422}
