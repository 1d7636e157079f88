"""Key files: private to their owner, never replaced, and counted without repeats."""

from __future__ import annotations

import hashlib
import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import rfc8785
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from api.keyfiles import (
    FileProblem,
    Founder,
    beside,
    party_of,
    peek_counter,
    read_inception,
    read_key,
    take_counter,
    write_all,
    write_founder,
    write_new,
)
from ledger.keys import SigningKey


@pytest.fixture
def founder() -> Founder:
    """A cooperative's keys, from fixed seeds."""
    return Founder(SigningKey(b"1" * 32), SigningKey(b"2" * 32), b"s" * 32, {"name": "Coopérative"})


def mode(path: Path) -> int:
    """A file's permission bits."""
    return stat.S_IMODE(path.stat().st_mode)


def test_a_founders_files_are_private_where_they_must_be(tmp_path: Path, founder: Founder) -> None:
    """Keys and the identity's opening are for their owner alone, the inception is for everybody."""
    write_founder(tmp_path / "a.key", founder)
    assert {path.name: mode(path) for path in tmp_path.iterdir()} == {
        "a.key": 0o600,
        "a.key.next": 0o600,
        "a.key.identity": 0o600,
        "a.key.inception": 0o644,
    }


def test_an_inception_commits_to_identity_and_next_key(tmp_path: Path, founder: Founder) -> None:
    """The digests are those of PROTOCOL section 4, computed here with the standard library and rfc8785."""
    write_founder(tmp_path / "a.key", founder)
    opened = json.loads((tmp_path / "a.key.identity").read_bytes())
    identity = hashlib.sha256(
        b"otc/identity/v1\n" + bytes.fromhex(opened["salt"]) + rfc8785.dumps(opened["value"])
    )
    assert read_inception(tmp_path / "a.key.inception") == {
        "identity": identity.hexdigest(),
        "key": read_key(tmp_path / "a.key").text,
        "next": hashlib.sha256(read_key(tmp_path / "a.key.next").text.encode()).hexdigest(),
    }


def test_a_partys_id_is_the_hash_of_its_inception(founder: Founder) -> None:
    """PROTOCOL section 3: 160 bits of a SHA-256 in lower-case base32, computed here without our code."""
    import base64

    digest = hashlib.sha256(b"otc/party/v1\n" + rfc8785.dumps(founder.inception)).digest()
    assert party_of(founder.inception) == "party:" + base64.b32encode(digest[:20]).decode().lower()


def test_another_library_reads_our_key_files(tmp_path: Path, founder: Founder) -> None:
    """A key file is PKCS #8 in PEM: cryptography's own reader finds the same public key."""
    write_founder(tmp_path / "a.key", founder)
    theirs = load_pem_private_key((tmp_path / "a.key").read_bytes(), password=None).public_key()
    assert theirs.public_bytes_raw() == founder.key.public


def test_no_file_is_ever_replaced(tmp_path: Path) -> None:
    """A second key under the same name fails, and the first one stands."""
    write_new(tmp_path / "a.key", b"first")
    with pytest.raises(FileProblem) as caught:
        write_new(tmp_path / "a.key", b"second")
    assert caught.value.code == "file.exists"
    assert (tmp_path / "a.key").read_bytes() == b"first"


def test_either_all_files_are_written_or_none(tmp_path: Path) -> None:
    """If the last name is taken, the first file is not left behind."""
    (tmp_path / "b").write_bytes(b"mine")
    with pytest.raises(FileProblem):
        write_all({tmp_path / "a": (b"1", 0o600), tmp_path / "b": (b"2", 0o600)})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b"]
    assert (tmp_path / "b").read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"not a key", "key.file"), (b"x" * 65_537, "file.form")],
)
def test_a_file_that_is_no_key_is_named_in_a_sentence(tmp_path: Path, data: bytes, code: str) -> None:
    """Whoever names a wrong file is told which one, and never shown its content."""
    path = tmp_path / "picture.png"
    path.write_bytes(data)
    with pytest.raises(FileProblem) as caught:
        read_key(path)
    assert caught.value.code == code
    assert "picture.png" in caught.value.detail
    assert data.decode() not in str(caught.value)


def test_an_absent_key_is_named_in_a_sentence(tmp_path: Path) -> None:
    """A file that is not there is a problem of that file."""
    with pytest.raises(FileProblem) as caught:
        read_key(tmp_path / "gone.key")
    assert (caught.value.code, "gone.key" in caught.value.detail) == ("file.unreadable", True)


@pytest.mark.parametrize(
    "data",
    [b"{}", b'{"identity":"00","key":"z6Mk","next":"00"}', b"[1]", b"\xff", b'{"identity": "a"}'],
)
def test_a_file_that_is_no_inception_is_refused(tmp_path: Path, data: bytes) -> None:
    """An inception has three members of the right form, in canonical bytes."""
    path = tmp_path / "x.inception"
    path.write_bytes(data)
    with pytest.raises(FileProblem) as caught:
        read_inception(path)
    assert caught.value.code == "file.form"


def test_a_counter_counts_from_zero_without_gaps(tmp_path: Path) -> None:
    """The first event of a key has counter 0, the next 1; looking does not count."""
    key = tmp_path / "a.key"
    seen = [peek_counter(key), take_counter(key), peek_counter(key), take_counter(key), peek_counter(key)]
    assert seen == [0, 0, 1, 1, 2]


def test_two_at_once_never_take_the_same_counter(tmp_path: Path) -> None:
    """Forty takers in eight threads get forty different counters: repeats would be findings against the key."""
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: take_counter(tmp_path / "a.key"), range(40)))
    assert sorted(taken) == list(range(40))


@pytest.mark.parametrize("written", ["-1", "x", "9" * 20, "1 2"])
def test_a_damaged_counter_is_not_guessed(tmp_path: Path, written: str) -> None:
    """What is no number is refused with what to do, not taken for zero."""
    key = tmp_path / "a.key"
    beside(key, "counter").write_text(written)
    with pytest.raises(FileProblem) as caught:
        take_counter(key)
    assert caught.value.code == "file.form"
