"""keygen, sign and init, as people call them: what is printed, what is left on disk, what is refused."""

from __future__ import annotations

import io
import json
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from api.cli.main import main
from api.keyfiles import beside, party_of, read_inception, read_key
from ledger.envelope import check_signatures, read_envelope
from ledger.note import COSIGNATURE_V1, VerifierKey
from ledger.quorum import read_trust

Otc = Callable[..., tuple[int, str, str]]


@pytest.fixture
def otc(capsys: pytest.CaptureFixture[str]) -> Otc:
    """Run a command; give its exit code, stdout and stderr."""

    def run(*words: object) -> tuple[int, str, str]:
        code = main([str(word) for word in words])
        return code, *capsys.readouterr()

    return run


def incept(otc: Otc, path: Path) -> Path:
    """Make a key with its inception; return the inception's file."""
    assert otc("keygen", "--out", path, "--inception")[0] == 0
    return beside(path, "inception")


def test_keygen_prints_the_public_key_alone(otc: Otc, tmp_path: Path) -> None:
    """KEY=$(otc keygen --out FILE) is the key's text; the private one is for its owner alone."""
    code, out, err = otc("keygen", "--out", tmp_path / "a.key")
    assert (code, err) == (0, "")
    assert out == read_key(tmp_path / "a.key").text + "\n"
    assert out.startswith("z6Mk")
    assert stat.S_IMODE((tmp_path / "a.key").stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["a.key"]


def test_no_two_keys_are_the_same(otc: Otc, tmp_path: Path) -> None:
    """The dice are the system's."""
    assert len({otc("keygen", "--out", tmp_path / str(number))[1] for number in range(5)}) == 5


def test_keygen_with_inception_makes_what_a_party_begins_with(otc: Otc, tmp_path: Path) -> None:
    """The key on stdout, the party on stderr, four files, the identity's value kept for later."""
    code, out, err = otc("keygen", "--out", tmp_path / "a", "--inception", "--identity", "name=Coopérative")
    assert code == 0
    assert out == read_key(tmp_path / "a").text + "\n"
    assert party_of(read_inception(tmp_path / "a.inception")) in err
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a", "a.identity", "a.inception", "a.next"]
    assert json.loads((tmp_path / "a.identity").read_bytes())["value"] == {"name": "Coopérative"}


def test_keygen_reports_as_json(otc: Otc, tmp_path: Path) -> None:
    """Key, party and files, for scripts."""
    _, out, _ = otc("keygen", "--out", tmp_path / "a", "--inception", "--json")
    report = json.loads(out)
    assert report["key"] == read_key(tmp_path / "a").text
    assert report["party"] == party_of(read_inception(tmp_path / "a.inception"))
    assert report["files"][0] == str(tmp_path / "a")


def test_keygen_never_replaces_a_key(otc: Otc, tmp_path: Path) -> None:
    """A second call on the same name fails with a sentence, and leaves nothing new beside it."""
    otc("keygen", "--out", tmp_path / "a")
    before = (tmp_path / "a").read_bytes()
    code, out, err = otc("keygen", "--out", tmp_path / "a", "--inception")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "exists already" in err
    assert (tmp_path / "a").read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


def test_init_makes_a_demonstration_and_says_so(otc: Otc, tmp_path: Path) -> None:
    """Genesis hash and vkey on stdout; the roots' keys are beside the folder, and stderr names the place."""
    code, out, err = otc("init", "--data", tmp_path / "log", "--origin", "try.demo")
    genesis, vkey = (line.split()[1] for line in out.splitlines())
    assert code == 0
    assert read_envelope((tmp_path / "log" / "genesis.json").read_bytes()).event_id == genesis
    assert VerifierKey.parse(vkey).name == "try.demo"
    assert str(tmp_path / "log-roots") in err
    assert stat.S_IMODE((tmp_path / "log-roots").stat().st_mode) == 0o700
    inside = {file.name for file in (tmp_path / "log").iterdir()}
    assert inside == {"ledger.db", "log.key", "operator.key", "trust.policy", "genesis.json"}


def test_keygen_tells_a_witness_its_vkey(otc: Otc, tmp_path: Path) -> None:
    """A log's founders name its witnesses before these can know the log: the vkey is there from the key on."""
    out = otc("keygen", "--out", tmp_path / "w", "--vkey", "w.example/1")[1]
    expected = VerifierKey.of("w.example/1", COSIGNATURE_V1, read_key(tmp_path / "w").public)
    assert out.splitlines() == [read_key(tmp_path / "w").text, f"vkey {expected}"]
    code, _, err = otc("keygen", "--out", tmp_path / "x", "--vkey", "a name")
    assert (code, err.count("\n"), (tmp_path / "x").exists()) == (2, 1, False)


def test_init_takes_witnesses_into_the_trust_file(otc: Otc, tmp_path: Path) -> None:
    """Name, vkey and address of each; a majority must cosign."""
    words: list[object] = []
    for number in (1, 2, 3):
        vkey = otc("keygen", "--out", tmp_path / f"w{number}", "--vkey", f"w{number}.example")[1].split()[-1]
        words += ["--witness", f"w{number}", vkey, f"http://127.0.0.1:{8_090 + number}"]
    assert otc("init", "--data", tmp_path / "log", "--origin", "try.demo", *words)[0] == 0
    trust = read_trust((tmp_path / "log" / "trust.policy").read_bytes())
    assert (trust.witnesses[0].name, trust.witnesses[0].url) == ("w1", "http://127.0.0.1:8091")
    assert [(group.threshold, len(group.members)) for group in trust.groups] == [(2, 3)]


def test_three_roots_found_a_log_by_signing_a_draft(otc: Otc, tmp_path: Path) -> None:
    """The published way: --root-key thrice, `otc sign` with three keys, --genesis; nothing else is needed."""
    inceptions = [incept(otc, tmp_path / f"root-{number}") for number in (1, 2, 3)]
    roots = [word for path in inceptions for word in ("--root-key", path)]
    code, out, _ = otc("init", "--data", tmp_path / "log", "--origin", "log.example/otc", *roots)
    assert (code, out) == (0, f"{tmp_path / 'log' / 'genesis.draft'}\n")
    keys = [tmp_path / f"root-{number}" for number in (1, 2, 3)]
    assert otc("sign", out.strip(), "--key", *keys, "--out", tmp_path / "signed")[0] == 0
    code, out, _ = otc("init", "--data", tmp_path / "log", "--genesis", tmp_path / "signed", "--json")
    assert code == 0
    genesis = read_envelope((tmp_path / "log" / "genesis.json").read_bytes())
    check_signatures(genesis)
    assert json.loads(out)["genesis"] == genesis.event_id
    assert len(genesis.payload.signers) == 3 + 1
    assert (tmp_path / "log-operator" / "operator.next").exists()


def test_roots_may_sign_apart_and_one_is_missed(otc: Otc, tmp_path: Path) -> None:
    """Each root its own copy; while one is missing the log does not begin, and the sentence names the key."""
    inceptions = [incept(otc, tmp_path / f"root-{number}") for number in (1, 2, 3)]
    draft = otc("init", "--data", tmp_path / "log", "--origin", "log.example/otc", "--root-key", *inceptions)[
        1
    ].strip()
    signed = []
    for number in (1, 2, 3):
        signed.append(tmp_path / f"by-{number}")
        otc("sign", draft, "--key", tmp_path / f"root-{number}", "--out", signed[-1])
    code, _, err = otc("init", "--data", tmp_path / "log", "--genesis", *signed[:2])
    assert (code, read_key(tmp_path / "root-3").text in err) == (2, True)
    assert otc("init", "--data", tmp_path / "log", "--genesis", *signed)[0] == 0
    assert otc("init", "--data", tmp_path / "log", "--genesis", *signed)[0] == 2


def test_init_begins_a_play_again(otc: Otc, tmp_path: Path) -> None:
    """--from: the same genesis and vkey, in another folder."""
    first = otc("init", "--data", tmp_path / "log", "--origin", "try.demo")[1]
    assert otc("init", "--data", tmp_path / "copy", "--from", tmp_path / "log")[:2] == (0, first)


def test_init_does_not_begin_a_real_log_again(otc: Otc, tmp_path: Path) -> None:
    """--from is refused unless the origin ends in .demo."""
    otc("init", "--data", tmp_path / "log", "--origin", "log.example/otc")
    code, out, err = otc("init", "--data", tmp_path / "copy", "--from", tmp_path / "log")
    assert (code, out, err.count("\n"), ".demo" in err) == (2, "", 1, True)


def test_init_refuses_a_folder_in_use(otc: Otc, tmp_path: Path) -> None:
    """A sentence, exit code 2, and no keys left beside the folder."""
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "mine.txt").write_text("mine")
    code, out, err = otc("init", "--data", tmp_path / "log", "--origin", "try.demo")
    assert (code, out, err.count("\n"), "in use" in err) == (2, "", 1, True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log"]


@pytest.mark.parametrize("origin", ["Try.Demo", "a b", "", "x" * 200, "a+b"])
def test_init_refuses_an_origin_that_no_log_can_have(otc: Otc, tmp_path: Path, origin: str) -> None:
    """Exit code 2 with a sentence, nothing left behind."""
    code, out, err = otc("init", "--data", tmp_path / "log", "--origin", origin)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert not (tmp_path / "log-roots").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("--origin", "a.demo", "--from", "x"),
        ("--root-key", "x"),
        ("--origin", "a.demo", "--introducer", "x"),
        (),
    ],
)
def test_init_refuses_two_ways_at_once(otc: Otc, tmp_path: Path, words: tuple[str, ...]) -> None:
    """Options of different ways, or of none, are told apart in one line."""
    code, _, err = otc("init", "--data", tmp_path / "log", *words)
    assert (code, err.count("\n")) == (2, 1)
    assert not (tmp_path / "log").exists()


def test_sign_writes_an_envelope_to_stdout(otc: Otc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --out the envelope is the only thing on stdout; who is missing is told on stderr."""
    inceptions = [incept(otc, tmp_path / f"root-{number}") for number in (1, 2, 3)]
    draft = otc("init", "--data", tmp_path / "log", "--origin", "log.example/otc", "--root-key", *inceptions)[
        1
    ].strip()
    written = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", written)
    assert main(["sign", draft, "--key", str(tmp_path / "root-2")]) == 0
    said = json.loads(written.buffer.getvalue())
    assert [each["keyid"] for each in said["signatures"]] == [read_key(tmp_path / "root-2").text]


def test_sign_refuses_a_key_that_nobody_awaits(otc: Otc, tmp_path: Path) -> None:
    """A stranger's key is named, and nothing is written."""
    inceptions = [incept(otc, tmp_path / f"root-{number}") for number in (1, 2, 3)]
    draft = otc("init", "--data", tmp_path / "log", "--origin", "log.example/otc", "--root-key", *inceptions)[
        1
    ].strip()
    otc("keygen", "--out", tmp_path / "stranger")
    code, out, err = otc("sign", draft, "--key", tmp_path / "stranger", "--out", tmp_path / "signed")
    assert (code, out, "signature.extra" in err) == (2, "", True)
    assert not (tmp_path / "signed").exists()


@pytest.mark.parametrize("content", [b"", b"{}", b"not json", b'{"payload":"x"}', b"\x00" * 70_000])
def test_sign_refuses_what_is_no_payload(otc: Otc, tmp_path: Path, content: bytes) -> None:
    """A wrong file is a sentence."""
    (tmp_path / "x").write_bytes(content)
    otc("keygen", "--out", tmp_path / "k")
    code, out, err = otc("sign", tmp_path / "x", "--key", tmp_path / "k")
    assert (code, out, err.count("\n")) == (2, "", 1)
