"""The teller: says what happens, in 80 columns, with progress where somebody watches."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from api.client import Receipt
from corridor.quantities import format_mass
from ledger.checkpoint import Checkpoint
from ledger.envelope import Envelope
from simulations.stories.central import BAGS
from simulations.stories.guinea import TRAINS
from simulations.stories.lobito import CONTAINERS
from simulations.words import say

if TYPE_CHECKING:
    from simulations.ending import Audit, Cheats, Examination
    from simulations.play import Play
    from simulations.theatre import Stage

WIDTH: Final = 80
MG_PER_G: Final = 1_000


class Teller:
    """Tells the play to a person (`en`, `fr`), or, when quiet, collects its figures for one JSON object."""

    def __init__(self, lang: str, *, quiet: bool) -> None:
        """`quiet`: say nothing until the end, then one JSON object."""
        self._lang = lang
        self._quiet = quiet
        self._console = Console(width=WIDTH, highlight=False, quiet=quiet)
        self._bar = Progress(
            TextColumn("  {task.description}"),
            BarColumn(30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            disable=quiet or not self._console.is_terminal,
        )
        self.figures: dict[str, Any] = {}

    def _say(self, key: str, **values: object) -> None:
        text = textwrap.fill(
            say(key, self._lang, **values),
            WIDTH,
            initial_indent="  ",
            subsequent_indent="  ",
            break_long_words=False,
        )
        self._console.print(text, markup=False, soft_wrap=True)

    def _print(self, line: str) -> None:
        self._console.print(f"  {line}", markup=False, soft_wrap=True)

    def _act(self, key: str) -> None:
        self._console.print(f"\n[bold]{say(key, self._lang)}[/bold]")

    def title(self, seed: int) -> None:
        """Say what this is."""
        self._console.print(f"[bold]{say('title', self._lang)}[/bold]")
        self._say("invented", seed=seed)

    def founded(self, stage: Stage) -> None:
        """Say who runs."""
        self._act("act.found")
        self._say("found", genesis=stage.founded.genesis_id[:16], witnesses=len(stage.witnesses))

    @contextmanager
    def progressing(self, total: int) -> Iterator[None]:
        """Show a bar while events are posted."""
        with self._bar:
            self._task = self._bar.add_task(say("progress", self._lang), total=total)
            yield

    def progress(self, _envelope: Envelope, _receipt: Receipt) -> None:
        """One event more."""
        if self._bar.tasks:
            self._bar.advance(self._task)

    def stories(self, play: Play) -> None:
        """Sum up the four stories."""
        types = play.types
        self._act("act.stories")
        parties = types["party.incepted"] + len(play.society.roots) + 1 + len(play.society.introducers)
        self._say(
            "society", parties=parties, keys=parties + types["key.added"], roles=types["party.accredited"]
        )
        lots = play.lots()
        train, ship = lots["lobito-copper"], lots["guinea-bauxite"]
        self._say(
            "lobito",
            mass=self._mass(train.dry_mass_g),
            seals=CONTAINERS,
            received=self._mass(play.lobito.received_g),
        )
        self._say(
            "central",
            bags=2 * BAGS,
            mass=self._mass(lots["central-coltan"].dry_mass_g),
            refusal=play.central.one_person,
        )
        self._say("morocco", mass=self._mass(lots["morocco-cobalt"].dry_mass_g))
        self._say("guinea", trains=TRAINS, mass=self._mass(ship.dry_mass_g), refusal=play.guinea.overdrawn)

    def _mass(self, mass_g: int) -> str:
        return format_mass(mass_g, lang=self._lang)

    def unexpected(self, key: str, **values: object) -> None:
        """Say loudly that something did not end as declared."""
        self._say("unexpected", what=say(f"unexpected.{key}", self._lang, **values))

    def tricks(self, play: Play, *, nothing_found: bool) -> None:
        """Say what was tried and what became of it; `nothing_found` in the stones' papers before the outturn."""
        self._act("act.tricks")
        self._say("trick.reuse", refusal=play.reused)
        self._say("trick.replay", count=play.central.replayed)
        self._say("trick.held")
        stones = play.lots()["lobito-stones"]
        if not nothing_found:
            self.unexpected("stones")
            return
        self._say(
            "trick.stones",
            mass=self._mass(stones.dry_mass_g),
            found=self._mass(0),
            stated=self._mass(stones.contained_mg["Cu"] // MG_PER_G),
        )

    def bundles(self, results: Sequence[Examination]) -> None:
        """Say how each bundle was examined."""
        self._act("act.bundles")
        self._print(say("bundle.head", self._lang))
        for result in results:
            verdicts = result.report.get("verdicts", {})
            standings = [verdicts.get(name, {}).get("standing", "unusable") for name in _VERDICTS]
            origin, transit, certified = (say(f"standing.{one}", self._lang) for one in standings)
            name = result.expected.name
            self._print(f"{name:<22}{origin:<14}{transit:<14}{certified:<15}{result.exit_code:>4}")
            if not result.as_declared:
                self.unexpected("bundle", name=name, code=result.exit_code)
        self.figures["bundles"] = {result.expected.name: result.exit_code for result in results}

    def cheats(self, cheats: Cheats) -> None:
        """Say who noticed."""
        self._act("act.cheats")
        tampering = cheats.tampering
        if not cheats.noticed:
            self.unexpected("cheat")
            return
        self._say(
            "cheat.byte",
            index=tampering.index,
            event=tampering.event_id[:16],
            lot=tampering.subject.rsplit("/", 1)[-1],
        )
        refused = [status for status in cheats.statuses if status != 200]  # noqa: PLR2004  # HTTP's OK
        self._say(
            "cheat.tree",
            refused=len(refused),
            witnesses=len(cheats.statuses),
            statuses=", ".join(str(status) for status in cheats.statuses),
        )

    def report(self, out: Path) -> None:
        """Show one bundle's whole report."""
        from simulations.ending import otc  # noqa: PLC0415  # it tells, they act: the two know each other here only

        self._act("act.report")
        bundle = str(out / "bundles" / "lobito-copper.bundle")
        _, said = otc("verify", bundle, "--trust", str(out / "trust.policy"), "--lang", self._lang)
        self._console.print(said, markup=False, soft_wrap=True)

    def ending(self, out: Path, checkpoint: Checkpoint, audit: Audit) -> None:
        """Say what stands."""
        self._act("act.end")
        report = audit.report
        if audit.exit_code:
            self.unexpected("audit")
        self._say("audit.clean", size=report.get("audited", 0))
        self._say("root", size=checkpoint.size, root=checkpoint.root.hex())
        self._say("left", out=out)
        self.figures.update(size=checkpoint.size, root=checkpoint.root.hex(), out=str(out))

    def took(self, seconds: float) -> None:
        """Say how long it took, or print the figures."""
        self._say("took", seconds=round(seconds))
        if self._quiet:
            sys.stdout.write(f"{json.dumps({**self.figures, 'seconds': round(seconds)})}\n")

    def stays(self, url: str) -> None:
        """Say where the server is."""
        self._say("stays", url=url)


_VERDICTS: Final = ("origin", "transit", "certification")
