"""`otc verify`: exit codes, options, inputs that cannot be read, and what the process loads."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import orjson
import pytest

from certifiers.cli import main
from ledger.trust_file import write_trust

ALL = "origin,transit,certification"


@pytest.fixture
def files(story: SimpleNamespace, tmp_path: Path) -> SimpleNamespace:
    """The story's lot and its sibling, which nobody certified, as bundles beside a trust file."""
    made = SimpleNamespace(folder=tmp_path, lot=story.lot)
    for name in ("lot", "sibling"):
        path = tmp_path / f"{name}.bundle"
        path.write_bytes(story.scene.bundle(getattr(story, name)))
        setattr(made, f"{name}_bundle", str(path))
    made.trust = str(tmp_path / "trust.policy")
    Path(made.trust).write_bytes(write_trust(story.trust))
    return made


@pytest.fixture
def run(files: SimpleNamespace, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run the command on the lot's bundle with more arguments: exit code, stdout, stderr."""

    def call(*arguments: str, bundle: str = "", trust: str = "") -> tuple[int, str, str]:
        try:
            code = main([bundle or files.lot_bundle, "--trust", trust or files.trust, *arguments])
        except SystemExit as left:
            code = int(left.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


Run = Callable[..., tuple[int, str, str]]


def test_a_lot_whose_verdicts_are_shown_exits_0(run: Run, files: SimpleNamespace) -> None:
    """All three verdicts required and shown: 0, and the report begins with the lot."""
    code, said, complaint = run("--require", ALL, "--lot", files.lot)
    assert (code, complaint) == (0, "")
    assert said.startswith(f"Lot {files.lot}")


def test_what_is_required_and_not_shown_exits_1(run: Run, files: SimpleNamespace) -> None:
    """Nobody certified the sibling: 1 with certification required, 0 with what is shown of it."""
    code, said, _ = run("--require", ALL, bundle=files.sibling_bundle)
    assert code == 1
    assert "Required and not shown: certification." in said
    assert run("--require", "origin,transit,O1", bundle=files.sibling_bundle)[0] == 0
    assert run(bundle=files.sibling_bundle)[0] == 0


def test_a_damaged_file_exits_2_with_its_step(run: Run, files: SimpleNamespace) -> None:
    """Cut short, it proves nothing."""
    path = Path(files.lot_bundle)
    path.write_bytes(path.read_bytes()[:-1000])
    code, said, _ = run("--require", ALL)
    assert code == 2
    assert said.startswith("Cannot be examined: the file is incomplete (step 1).")


def test_another_lot_s_bundle_is_refused(run: Run, files: SimpleNamespace) -> None:
    """The bearer chooses the bundle, the reader the lot."""
    code, said, _ = run("--lot", files.lot, bundle=files.sibling_bundle)
    assert (code, said.startswith("Cannot be examined: it is about another lot")) == (2, True)


def test_json_is_one_document_on_stdout(run: Run) -> None:
    """--json writes the report as JSON, also of a failure."""
    _, said, _ = run("--json")
    assert len(orjson.loads(said)["claims"]) == 21
    _, said, _ = run("--json", "--min-size", "999999")
    assert orjson.loads(said)["failure"]["code"] == "checkpoint.too_small"


def test_french_is_spoken(run: Run) -> None:
    """--lang fr."""
    assert "Origine établie pour 100 % de la masse sèche." in run("--lang", "fr")[1]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--require", "origin,K9"], "it takes origin, transit, certification, O1"),
        (["--max-age", "soon"], "an age is a number"),
        (["--as-of", "many"], "a size is a whole number"),
        (["--lang", "xx"], "invalid choice"),
        (["--loud"], "unrecognized arguments"),
    ],
)
def test_a_wrong_argument_is_one_sentence(run: Run, arguments: list[str], complaint: str) -> None:
    """Exit 2, one line on stderr that says what is taken, nothing on stdout."""
    code, said, told = run(*arguments)
    assert (code, said, told.count("\n")) == (2, "", 1)
    assert complaint in told


def test_a_file_that_is_not_there_is_a_sentence(run: Run, files: SimpleNamespace) -> None:
    """Bundle, trust file, other events: each missing one is named, exit 2, no traceback."""
    nowhere = str(files.folder / "nowhere")
    for said in (run(bundle=nowhere), run(trust=nowhere), run("--also", nowhere)):
        assert (said[0], said[1]) == (2, "")
        assert "nowhere cannot be read: No such file or directory" in said[2]


def test_a_trust_file_without_a_genesis_is_refused(run: Run, files: SimpleNamespace) -> None:
    """Without it one log cannot be told from another (PROTOCOL section 7)."""
    path = Path(files.trust)
    path.write_text(
        "".join(line for line in path.read_text().splitlines(keepends=True) if "genesis" not in line)
    )
    code, _, told = run()
    assert (code, "no `#otc genesis` line" in told) == (2, True)
    path.write_text("quorum nobody\n")
    assert "the trust file cannot be used" in run()[2]


def test_the_largest_checkpoint_met_is_kept(run: Run, files: SimpleNamespace) -> None:
    """--seen writes the checkpoint's three lines, and refuses what is behind a larger one that is kept there."""
    seen = files.folder / "seen"
    assert run("--seen", str(seen))[0] == 0
    origin, size, _ = seen.read_text().splitlines()
    assert origin == "otc.example/test"
    assert run("--seen", str(seen))[0] == 0
    seen.write_text(seen.read_text().replace(f"\n{size}\n", f"\n{int(size) + 1}\n"))
    code, said, _ = run("--seen", str(seen))
    assert (code, "a later checkpoint of this log is known here" in said) == (2, True)
    assert seen.read_text().splitlines()[1] == str(int(size) + 1)
    seen.write_text("rubbish")
    assert "holds no checkpoint" in run("--seen", str(seen))[2]


def test_an_old_checkpoint_is_refused_by_the_reader_s_clock(run: Run) -> None:
    """The story is of January 2026: a second later it is too old, in a million days it is not."""
    code, said, _ = run("--max-age", "1s")
    assert (code, "the checkpoint is too old" in said) == (2, True)
    assert run("--max-age", "999999d")[0] == 0


def test_events_beside_the_log_are_read_line_by_line(run: Run, files: SimpleNamespace) -> None:
    """--also takes envelopes, one a line; what is none cannot be used."""
    also = files.folder / "also.ndjson"
    also.write_bytes(b"\n")
    assert run("--also", str(also))[0] == 0
    also.write_bytes(b'{"no":"envelope"}\n')
    code, said, _ = run("--also", str(also))
    assert (code, "a signed event given beside the bundle cannot be used" in said) == (2, True)


def test_the_process_loads_no_web_and_no_database_code(files: SimpleNamespace) -> None:
    """`otc verify` runs where no network is: neither FastAPI, Starlette, SQLAlchemy nor an HTTP client is loaded."""
    code = (
        "import sys; from certifiers.cli import main; "
        f"code = main([{files.lot_bundle!r}, '--trust', {files.trust!r}]); "
        "loaded = {name.partition('.')[0] for name in sys.modules}; "
        "banned = {'fastapi', 'starlette', 'sqlalchemy', 'httpx', 'httpx2', 'uvicorn', 'rich', 'asyncio', 'api'}; "
        "sys.stderr.write(' '.join(sorted(loaded & banned))); sys.exit(code)"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=root)
    assert (done.returncode, done.stderr) == (0, "")
