"""`otc demo`: the main job in a minute, over real HTTP, with every figure computed.

    otc demo --seed 7 --out otc-demo

It founds a log, starts a server and three witnesses, lets four stories run, tries tricks, examines bundles offline in
processes of their own, and cheats as an operator would. Exit 0 only if every story ends as its scenario declares.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ledger.errors import LedgerError
from simulations.conductor import UnexpectedAnswerError
from simulations.dice import Dice
from simulations.ending import cheat, examine_bundles, final_audit, write_readme
from simulations.play import Play
from simulations.society import Society
from simulations.teller import Teller
from simulations.theatre import Stage, StageError, raise_curtain

MARK: Final = "README.txt"
MARK_LINE: Final = "A demonstration of OTC Ledger"
DEFAULT_OUT: Final = "otc-demo"
DEFAULT_SEED: Final = 7
EXPECTED_EVENTS: Final = 203
"""About how many events the stories post; only the progress bar reads it."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demonstration; 0 = all as declared, 1 = something ended otherwise, 2 = it could not run."""
    arguments = _parse(argv)
    out = Path(arguments.out).resolve()
    refusal = _make_room(out)
    if refusal:
        sys.stderr.write(f"otc demo: {refusal}\n")
        return 2
    teller = Teller(arguments.lang, quiet=arguments.json)
    try:
        return _perform(out, arguments.seed, teller, stays=sys.stdin.isatty() and not arguments.json)
    except (StageError, UnexpectedAnswerError, LedgerError) as error:
        sys.stderr.write(f"otc demo: {error}\n")
        return 1


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="otc demo",
        description="Mineral lots travel real African corridors through a real server on this machine.",
        epilog="examples:\n  otc demo\n  otc demo --seed 8 --lang fr\n  otc demo --out /tmp/show --json",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--seed", type=int, default=DEFAULT_SEED, help="same seed, same log root (default: 7)"
    )
    parser.add_argument(
        "--out", default=DEFAULT_OUT, help="folder to leave everything in (default: otc-demo)"
    )
    parser.add_argument("--lang", choices=("en", "fr"), default="en", help="language of the telling")
    parser.add_argument("--json", action="store_true", help="print one JSON object of figures at the end")
    return parser.parse_args(argv)


def _make_room(out: Path) -> str:
    """Replace an earlier demonstration; say why not if the folder holds anything else."""
    if not out.exists():
        out.mkdir(parents=True)
        return ""
    mark = out / MARK
    if any(out.iterdir()):
        if not mark.is_file() or not mark.read_text(errors="replace").startswith(MARK_LINE):
            return f"{out} holds something other than a demonstration; name another folder with --out"
        shutil.rmtree(out)
        out.mkdir()
    return ""


def _perform(out: Path, seed: int, teller: Teller, *, stays: bool) -> int:
    started = time.monotonic()
    society = Society(Dice(seed))
    (out / MARK).write_text(f"{MARK_LINE} that did not end.\n")
    (out / "bundles").mkdir()
    teller.title(seed)
    with raise_curtain(out, society) as stage:
        teller.founded(stage)
        play = Play(
            stage.client, society, stage.founded.genesis_id, stage.trust, out / "bundles", teller.progress
        )
        with teller.progressing(EXPECTED_EVENTS):
            play.stories()
        teller.stories(play)
        ok = _after_the_stories(out, stage, play, teller)
        teller.took(time.monotonic() - started)
        if stays:
            teller.stays(stage.url)
            signal.pause()
        return 0 if ok else 1


def _after_the_stories(out: Path, stage: Stage, play: Play, teller: Teller) -> bool:
    play.tricks()
    play.auditor_records()
    play.collect_before()
    clean_before = final_audit(stage.data)
    play.unmask()
    play.collect()
    shutil.copyfile(stage.data / "trust.policy", out / "trust.policy")
    results = examine_bundles(out)
    before = next(result for result in results if result.expected.name == "lobito-stones-before")
    teller.tricks(play, nothing_found=clean_before.exit_code == 0 and before.as_declared)
    teller.bundles(results)
    cheats = cheat(out, stage, play)
    teller.cheats(cheats)
    teller.report(out)
    audit = final_audit(stage.data)
    teller.ending(out, play.checkpoint(), audit)
    write_readme(out, MARK_LINE, play, results)
    return (
        clean_before.exit_code == 0
        and audit.exit_code == 0
        and all(result.as_declared for result in results)
        and cheats.noticed
    )
