"""Checkpoints: the specification's example, and one spelling only."""

from __future__ import annotations

from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.checkpoint import (
    Checkpoint,
    read_checkpoint,
    read_hash,
    read_hashes,
    read_size,
    write_hash,
    write_hashes,
)
from ledger.errors import ProofError

ROOT = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
EXAMPLE = f"example.com/behind-the-sofa\n20852163\n{ROOT}\n"


def test_the_specifications_example_reads_and_writes() -> None:
    """The example's three lines are origin, size and root, and are written the same way."""
    checkpoint = Checkpoint("example.com/behind-the-sofa", 20852163, b64decode(ROOT))
    assert read_checkpoint(EXAMPLE) == checkpoint
    assert checkpoint.text() == EXAMPLE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        EXAMPLE[:-1],
        EXAMPLE + "extension\n",
        EXAMPLE + "\n",
        "\n" + EXAMPLE,
        EXAMPLE.replace("20852163", "020852163"),
        EXAMPLE.replace("20852163", "+20852163"),
        EXAMPLE.replace("20852163", "-1"),
        EXAMPLE.replace("20852163", "20_852_163"),
        EXAMPLE.replace("20852163", " 20852163"),
        EXAMPLE.replace("20852163", ""),
        EXAMPLE.replace("20852163", "00"),
        EXAMPLE.replace("20852163", str(2**63)),
        EXAMPLE.replace("20852163", "9" * 5000),
        EXAMPLE.replace("20852163", "\u0662\u0660"),
        EXAMPLE.replace("example.com/behind-the-sofa", ""),
        EXAMPLE.replace("example.com/behind-the-sofa", "o\x00"),
        EXAMPLE.replace("example.com/behind-the-sofa", "o\ud800"),
        EXAMPLE.replace("=", ""),
        EXAMPLE.replace("2I=", "2J="),
        EXAMPLE.replace("CsUY", ""),
        EXAMPLE.replace("CsUY", "CsUYCsUY"),
        EXAMPLE.replace("CsUY", "CsU-"),
        EXAMPLE.replace("\n", "\r\n"),
    ],
)
def test_any_other_spelling_is_no_checkpoint(text: str) -> None:
    """Leading zeros, extension lines, other line ends, loose base64 and sizes out of range are refused."""
    with pytest.raises(ProofError, match=r"checkpoint\.form"):
        read_checkpoint(text)


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=63),
    st.integers(0, 2**63 - 1),
    st.binary(min_size=32, max_size=32),
)
def test_every_checkpoint_reads_back(origin: str, size: int, root: bytes) -> None:
    """What is written is what is read."""
    checkpoint = Checkpoint(origin, size, root)
    assert checkpoint == read_checkpoint(checkpoint.text())


@given(st.text() | st.builds(lambda origin, size: f"{origin}\n{size}\n{ROOT}\n", st.text(), st.text()))
def test_any_text_is_refused_or_one_checkpoint(text: str) -> None:
    """Whatever the text: a ProofError, or a checkpoint that is written the same way."""
    try:
        checkpoint = read_checkpoint(text)
    except ProofError:
        return
    assert text == checkpoint.text()


@pytest.mark.parametrize(("text", "size"), [("0", 0), ("9", 9), ("10", 10), (str(2**63 - 1), 2**63 - 1)])
def test_sizes_run_from_0_to_the_largest_signed_64_bit_number(text: str, size: int) -> None:
    """Both ends of the range are read."""
    assert size == read_size(text, "any.code")


def test_a_proof_has_at_most_63_hashes_of_32_bytes() -> None:
    """The limits of a proof's lines; each refusal bears the code of what is being read."""
    hashes = [bytes([index]) * 32 for index in range(63)]
    lines = write_hashes(hashes).split("\n")[:-1]
    assert tuple(hashes) == read_hashes(lines, "any.code")
    with pytest.raises(ProofError, match=r"any\.code"):
        read_hashes([*lines, ROOT], "any.code")
    for length in (0, 31, 33):
        with pytest.raises(ProofError, match=r"any\.code"):
            read_hash(write_hash(bytes(length)), "any.code")
