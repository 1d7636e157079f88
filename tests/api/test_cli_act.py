"""act, submit and bundle against a served log: from words to an entry, and what is refused on the way."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api.cli import main as dispatcher
from api.cli.main import main
from api.client import Client, ClientProblem
from api.keyfiles import beside, party_of, read_inception, read_key
from ledger.envelope import read_envelope
from ledger.subjects import commitment

pytestmark = pytest.mark.slow

Otc = Callable[..., tuple[int, str, str]]


OTC = "import sys; from api.cli.main import main; sys.exit(main())"
ROOT = Path(dispatcher.__file__).parents[2]


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for this file's log (`log`) and its founders' keys (`log-roots`), founded with `otc init`."""
    folder = tmp_path_factory.mktemp("ground")
    assert main(["init", "--data", str(folder / "log"), "--origin", "acting.demo"]) == 0
    return folder


@pytest.fixture(scope="module")
def url(ground: Path) -> Iterator[str]:
    """The address of `otc serve`, which serves that log in a process of its own."""
    command = [sys.executable, "-c", OTC, "serve", "--data", str(ground / "log"), "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip().removeprefix("listening at ")
        process.terminate()


@pytest.fixture
def otc(capsys: pytest.CaptureFixture[str]) -> Otc:
    """Run a command; give its exit code, stdout and stderr."""

    def run(*words: object) -> tuple[int, str, str]:
        code = main([str(word) for word in words])
        return code, *capsys.readouterr()

    return run


def admit(otc: Otc, url: str, ground: Path, key: Path) -> Path:
    """Make a key and have its party admitted, with `otc act` itself."""
    otc("keygen", "--out", key, "--inception")
    words = ("party.incepted", f"inception=@{key}.inception", "--key", key)
    code, out, err = otc("act", *words, "--key", ground / "log-roots" / "introducer-1", "--url", url)
    assert code == 0, err
    assert "party.incepted is committed at index" in out
    return key


@pytest.fixture
def trader(otc: Otc, url: str, ground: Path, tmp_path: Path) -> Path:
    """The key file of a party that has just been admitted."""
    return admit(otc, url, ground, tmp_path / "mine.key")


def declare(otc: Otc, url: str, key: Path, code: str = "SCRAP-1", *more: object) -> tuple[int, str, str]:
    """Declare a lot of recycled cobalt, in plain words."""
    words = ("source=recycled", "country=FR", "hs=810530", "form=scrap", "custody_model=segregated")
    masses = ("wet=1.5t", "moisture=2%", "grade.Co=10%")
    return otc("act", "lot.declared", f"lot={code}", *words, *masses, "--key", key, "--url", url, *more)


def lot_of(key: Path, code: str = "SCRAP-1") -> str:
    """A lot of the party of a key."""
    return f"lot:{party_of(read_inception(beside(key, 'inception'))).removeprefix('party:')}/{code}"


def test_plain_words_become_an_entry(otc: Otc, url: str, trader: Path) -> None:
    """1.5 t at 2 % moisture: the log holds a lot of 1,470,000 g dry with 147 kg of cobalt, held by its declarer."""
    code, out, _ = declare(otc, url, trader, "SCRAP-1", "--json")
    assert code == 0
    receipt = json.loads(out)
    with Client(url) as client:
        lot = client.lot(lot_of(trader))
        body = client.event(receipt["event_id"])["payload"]["body"]
    assert lot["holding"]["dry_mass_g"] == 1_470_000
    assert lot["holding"]["contained_mg"] == {"Co": 147_000_000}
    assert body["weight"] == {"wet_mass_g": 1_500_000, "moisture_ppm": 20_000, "dry_mass_g": 1_470_000}
    assert receipt["created"] is True


def test_what_is_signed_is_said_first(otc: Otc, url: str, trader: Path) -> None:
    """On stderr, in words, in the reader's language: masses with their units, whose key signs."""
    _, _, english = declare(otc, url, trader, "A")
    _, _, french = declare(otc, url, trader, "B", "--lang", "fr")
    assert "To be signed: lot.declared" in english
    assert "1.500 t" in english
    assert "À signer : lot.declared" in french
    assert "1,500 t" in french
    assert read_key(trader).text in english


def test_the_next_event_builds_on_the_head(otc: Otc, url: str, trader: Path) -> None:
    """Heads are fetched: a lot declared, then stored, then dispatched, each naming the one before."""
    declare(otc, url, trader)
    where = ("--key", trader, "--url", url)
    assert otc("act", "lot.stored", "lot=SCRAP-1", "post=CD-KOLWEZI", *where)[0] == 0
    words = ("consignment=C-1", "corridor=LOBITO", "from_post=CD-KOLWEZI", "to_post=AO-LOBITO", "mode=rail")
    assert otc("act", "lot.dispatched", "lot=SCRAP-1", *words, *where)[0] == 0
    with Client(url) as client:
        history = client.history(lot_of(trader))
    assert [event["payload"]["type"] for event in history] == ["lot.declared", "lot.stored", "lot.dispatched"]
    prevs = [event["payload"]["links"][0]["prev"] for event in history]
    assert prevs == ["0" * 64, history[0]["event_id"], history[1]["event_id"]]
    assert [event["payload"]["counter"] for event in history] == [1, 2, 3]  # 0 was the inception


def test_a_dry_run_posts_and_counts_nothing(otc: Otc, url: str, trader: Path) -> None:
    """The payload is on stdout, the log is as it was, the counter too."""
    code, out, err = declare(otc, url, trader, "SCRAP-1", "--dry-run")
    assert (code, json.loads(out)["type"]) == (0, "lot.declared")
    assert "To be signed" in err
    with Client(url) as client, pytest.raises(ClientProblem):
        client.lot(lot_of(trader))
    assert beside(trader, "counter").read_text() == "1\n"


def test_a_hand_over_is_drafted_signed_by_both_and_submitted(
    otc: Otc, url: str, ground: Path, trader: Path, tmp_path: Path
) -> None:
    """The giver drafts, both sign with `otc sign`, `otc submit` posts; custody passes."""
    declare(otc, url, trader)
    buyer = admit(otc, url, ground, tmp_path / "buyer.key")
    receiver = party_of(read_inception(beside(buyer, "inception")))
    weights = ("given.wet=1.5t", "given.moisture=2%", "received.wet=1.499t", "received.moisture=2%")
    cosigner = f"{read_key(buyer).text}={buyer}.inception"
    draft = tmp_path / "hand-over.draft"
    intent = ("lot.handed_over", "lot=SCRAP-1", f"receiver={receiver}", *weights)
    code, out, _ = otc(
        "act", *intent, "--key", trader, "--cosigner", cosigner, "--draft", "--out", draft, "--url", url
    )
    assert (code, out) == (0, f"{draft}\n")
    assert otc("sign", draft, "--key", trader, "--out", tmp_path / "one")[0] == 0
    assert otc("sign", tmp_path / "one", "--key", buyer, "--out", tmp_path / "both")[0] == 0
    code, out, err = otc("submit", tmp_path / "both", "--url", url)
    assert (code, "committed" in out, "1 committed" in err) == (0, True, True)
    with Client(url) as client:
        assert client.lot(lot_of(trader))["custodian"] == receiver


def test_others_who_must_sign_ask_for_a_draft(otc: Otc, url: str, trader: Path) -> None:
    """An event that others sign too cannot be posted at once."""
    words = ("lot.stored", "lot=A", "post=CD-KOLWEZI", "--key", trader, "--cosigner", "z6Mk=party:x")
    code, _, err = otc("act", *words, "--url", url)
    assert (code, "--draft" in err) == (2, True)


def test_a_refusal_of_the_logs_is_exit_code_1(otc: Otc, url: str, trader: Path) -> None:
    """A lot that exists cannot begin again: the answer is no, with code and advice."""
    declare(otc, url, trader)
    code, out, err = declare(otc, url, trader)
    assert (code, out) == (1, "")
    assert "subject.exists" in err.splitlines()[-1]


def test_a_wrong_word_is_exit_code_2(otc: Otc, url: str, trader: Path) -> None:
    """What cannot be built is told before anything is signed."""
    words = ("lot.stored", "lot=A", "pots=CD-KOLWEZI")
    code, out, err = otc("act", *words, "--key", trader, "--url", url)
    assert (code, out, err.count("\n"), "form.unknown_member" in err) == (2, "", 1, True)


def test_an_unreachable_server_is_exit_code_2(otc: Otc, tmp_path: Path) -> None:
    """Nobody listens: a sentence with what to do."""
    otc("keygen", "--out", tmp_path / "k", "--inception")
    words = ("act", "lot.stored", "lot=A", "post=CD-KOLWEZI", "--key", tmp_path / "k")
    code, out, err = otc(*words, "--url", "http://127.0.0.1:9")
    assert (code, out, err.count("\n"), "client.unreachable" in err) == (2, "", 1, True)


def test_a_key_without_inception_needs_its_party(otc: Otc, url: str, tmp_path: Path) -> None:
    """A device's key file alone does not say whose it is."""
    otc("keygen", "--out", tmp_path / "phone.key")
    words = ("act", "lot.stored", "lot=A", "post=CD-KOLWEZI", "--key", tmp_path / "phone.key")
    code, _, err = otc(*words, "--url", url)
    assert (code, "--party" in err) == (2, True)


def test_a_device_joins_and_acts_for_its_party(otc: Otc, url: str, trader: Path, tmp_path: Path) -> None:
    """key.added is signed by the party's key and the device's; then the device stores the lot."""
    declare(otc, url, trader)
    phone = tmp_path / "phone.key"
    text = otc("keygen", "--out", phone)[1].strip()
    words = (f"key={text}", "duty=device", f"holder={'ab' * 32}")
    code, _, err = otc("act", "key.added", *words, "--key", trader, "--key", phone, "--url", url)
    assert code == 0, err
    whose = ("--key", phone, "--party", f"{trader}.inception")
    assert otc("act", "lot.stored", "lot=SCRAP-1", "post=CD-KOLWEZI", *whose, "--url", url)[0] == 0


def test_a_secret_field_is_committed_to_and_can_be_opened(otc: Otc, url: str, trader: Path) -> None:
    """The driver's name is nowhere in the log; what opens the commitment is kept beside the key, for its owner."""
    declare(otc, url, trader)
    words = ("consignment=C-1", "corridor=LOBITO", "from_post=CD-KOLWEZI", "to_post=AO-LOBITO", "mode=rail")
    where = ("--key", trader, "--url", url, "--json")
    _, out, err = otc("act", "lot.dispatched", "lot=SCRAP-1", "driver=Jean Kabila", *words, *where)
    event_id = json.loads(out)["event_id"]
    kept = beside(trader, "disclosures")
    opened = json.loads(kept.read_bytes())
    with Client(url) as client:
        event = client.event(event_id)
    assert "Jean" not in event["entry"]
    assert str(kept) in err
    assert (opened["event"], opened["name"], opened["value"]) == (event_id, "driver", "Jean Kabila")
    digest = commitment(bytes.fromhex(opened["salt"]), event["payload"]["actor"], "driver", "Jean Kabila")
    assert event["payload"]["commitments"] == {"driver": digest}
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def written(otc: Otc, url: str, key: Path, code: str) -> bytes:
    """The envelope of a declaration that has not been posted yet: drafted, then signed."""
    folder = key.parent
    assert declare(otc, url, key, code, "--draft", "--out", folder / f"{code}.draft")[0] == 0
    assert otc("sign", folder / f"{code}.draft", "--key", key, "--out", folder / f"{code}.signed")[0] == 0
    return (folder / f"{code}.signed").read_bytes()


def test_submit_gives_a_verdict_for_each_line(otc: Otc, url: str, trader: Path, tmp_path: Path) -> None:
    """One committed, one sent twice, one broken: three verdicts, a sum on stderr, exit code 1."""
    good = written(otc, url, trader, "A")
    (tmp_path / "events.ndjson").write_bytes(good + b"\n" + good + b"{}\n")
    code, out, err = otc("submit", tmp_path / "events.ndjson", "--url", url, "--json")
    verdicts = [json.loads(line) for line in out.splitlines()]
    assert code == 1
    assert [each["status"] for each in verdicts] == ["committed", "duplicate", "refused"]
    assert [each["row"] for each in verdicts] == [0, 1, 2]
    assert verdicts[0]["event_id"] == verdicts[1]["event_id"] == read_envelope(good.rstrip()).event_id
    assert verdicts[2]["problem"]["code"] == "form.missing_member"
    assert err == "1 committed, 1 there before, 1 refused\n"


def test_submit_says_yes_where_nothing_is_refused(otc: Otc, url: str, trader: Path, tmp_path: Path) -> None:
    """Sending a file again is safe: the second time everything was there before, exit code 0 both times."""
    rows = [written(otc, url, trader, code) for code in "ABCDE"]
    (tmp_path / "events.ndjson").write_bytes(b"".join(rows))
    assert otc("submit", tmp_path / "events.ndjson", "--url", url)[0] == 0
    code, _, err = otc("submit", tmp_path / "events.ndjson", "--url", url, "--lang", "fr")
    assert (code, err) == (0, "0 enregistrés, 5 déjà présents, 0 refusés\n")


def test_submit_of_an_absent_file_is_a_sentence(otc: Otc, url: str, tmp_path: Path) -> None:
    """Exit code 2 with the file's name."""
    code, out, err = otc("submit", tmp_path / "gone", "--url", url)
    assert (code, out, "gone" in err, err.count("\n")) == (2, "", True, 1)


def test_bundle_writes_a_file_that_is_never_replaced(
    otc: Otc, url: str, trader: Path, tmp_path: Path
) -> None:
    """The bundle of a published lot: a header line and entries; a second call keeps the first file."""
    declare(otc, url, trader, "SCRAP-1", "--wait")
    target = tmp_path / "scrap-1.bundle"
    code, out, _ = otc("bundle", lot_of(trader), "--url", url, "--out", target)
    header, *entries = target.read_bytes().splitlines()
    assert (code, str(target) in out) == (0, True)
    assert json.loads(header)["lot"] == lot_of(trader)
    assert len(json.loads(header)["indexes"]) == len(entries)
    assert otc("bundle", lot_of(trader), "--url", url, "--out", target)[0] == 2


@pytest.mark.parametrize("lot", ["lot:x", "site:" + "a" * 32 + "/X", "a b", "log"])
def test_bundle_takes_lots_only(otc: Otc, url: str, tmp_path: Path, lot: str) -> None:
    """What is no lot is refused before anybody is asked."""
    code, _, err = otc("bundle", lot, "--url", url, "--out", tmp_path / "x")
    assert (code, "form.subject" in err) == (2, True)


def test_the_bundle_of_an_unknown_lot_is_a_sentence(otc: Otc, url: str, tmp_path: Path) -> None:
    """No file is left where the server has none."""
    code, out, err = otc("bundle", f"lot:{'a' * 32}/X", "--url", url, "--out", tmp_path / "x")
    assert (code, out, err.count("\n"), (tmp_path / "x").exists()) == (2, "", 1, False)
