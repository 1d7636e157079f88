"""Conservation: whatever is mined, moved, mixed and lost, in any order, every gram and milligram is accounted for.

A machine plays seasons through the journal and keeps a book of its own, which knows only what went in, what was lost
and what a receiver's scale added. After each event the log's lots and accounts together must hold the difference,
class by class. `OTC_STATEFUL_EXAMPLES` asks for longer runs.
"""

from __future__ import annotations

import os
from collections import Counter
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from corridor.refusals import Refused
from corridor.states import AccountState, Holding, LotState, read_state

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from conftest import Member, Play

EXAMPLES: Final = int(os.environ.get("OTC_STATEFUL_EXAMPLES", "30"))
STEPS: Final = 50
ANALYTES: Final = ("Sn", "WO3")
HOLDERS: Final = ("miner", "trader", "carrier")
masses = st.integers(1, 5_000)


def totals(holdings: Sequence[Holding]) -> tuple[Counter[str], dict[str, Counter[str]]]:
    """Grams by class, and milligrams of each analyte by class, over all holdings."""
    grams, milligrams = Counter[str](), {analyte: Counter[str]() for analyte in ANALYTES}
    for holding in holdings:
        grams.update(holding.classes_g)
        for analyte, classes in holding.classes_mg.items():
            milligrams[analyte].update(classes)
    return +grams, {analyte: +classes for analyte, classes in milligrams.items()}


def shared(classes: Counter[str], amount: int) -> Counter[str]:
    """An amount shared among classes: whole parts, then one each to the largest remainders, ties to the smaller key."""
    whole = max(1, classes.total())
    parts = {key: divmod(amount * held, whole) for key, held in classes.items()}
    rest = amount - sum(part for part, _ in parts.values())
    first = sorted(parts, key=lambda key: (-parts[key][1], key))[:rest]
    return Counter({key: part + (key in first) for key, (part, _) in parts.items()})


class Season(RuleBasedStateMachine):
    """Trade among three parties that hold lots, each with a stockpile."""

    def __init__(self, play: Play) -> None:
        super().__init__()
        self.play = play
        self.count = 0
        self.book_g = Counter[str]()
        self.book_mg = {analyte: Counter[str]() for analyte in ANALYTES}

    @initialize()
    def open(self) -> None:
        """Two sites, and a stockpile for each holder."""
        self.sites = [self.play.site("ONE"), self.play.site("TWO")]
        self.accounts = {name: self.play.account(by=self.play.named(name)) for name in HOLDERS}

    # What the log knows.

    def lots(self) -> list[LotState]:
        """The lots that live: neither ended nor exported."""
        return [lot for lot in self.all_lots() if not lot.ended_by and lot.export is None]

    def all_lots(self) -> list[LotState]:
        """Every lot of the log."""
        states = self.play.store._view.states
        return [
            state
            for name in sorted(states)
            if name[:4] == "lot:" and isinstance(state := read_state(states[name]), LotState)
        ]

    def account(self, name: str) -> AccountState:
        """A holder's stockpile."""
        state = self.play.state(self.accounts[name])
        assert isinstance(state, AccountState)
        return state

    def holdings(self) -> list[Holding]:
        """All that has not ended, exported lots too, and the stockpiles."""
        lots = [lot.holding for lot in self.all_lots() if not lot.ended_by]
        return lots + [self.account(name).holding for name in HOLDERS]

    def holder(self, party: str) -> Member:
        """The member who is a party."""
        return next(member for member in map(self.play.named, HOLDERS) if member.party == party)

    # How the machine draws.

    def fresh(self, member: Member, number: int = 1) -> list[str]:
        """Ids for new lots of a member, ascending."""
        self.count += number
        return [member.subject("lot", f"L{self.count - left:05}") for left in range(number)][::-1]

    def pick(self, data: st.DataObject) -> LotState:
        """A living lot."""
        return data.draw(st.sampled_from(self.lots()))

    def parts(self, data: st.DataObject, holding: Holding, number: int) -> list[tuple[int, dict[str, int]]]:
        """A holding cut into up to so many parts of a gram or more, each with about its share of metal."""
        number = min(number, holding.dry_mass_g)
        cuts = (
            data.draw(
                st.sets(st.integers(1, holding.dry_mass_g - 1), min_size=number - 1, max_size=number - 1)
            )
            if number > 1
            else set()
        )
        bounds = [0, *sorted(cuts), holding.dry_mass_g]
        grams = [stop - start for start, stop in pairwise(bounds)]
        metal = [
            {analyte: mg * part // holding.dry_mass_g for analyte, mg in holding.contained_mg.items()}
            for part in grams
        ]
        for analyte, mg in holding.contained_mg.items():
            metal[-1][analyte] += mg - sum(part[analyte] for part in metal)
            moved = data.draw(st.integers(0, metal[0][analyte] // 5))
            metal[0][analyte] -= moved
            metal[-1][analyte] += moved
        return list(zip(grams, metal, strict=True))

    def act(self, kind: str, by: Any, body: dict[str, Any], links: list[str]) -> bool:  # noqa: ANN401  # as Play.post
        """Write an event; tell whether it entered. Only a grade that became impossible may keep it out."""
        before = self.play.size()
        try:
            self.play.post(kind, by, body, links=sorted(links))
        except Refused as refused:
            assert refused.code == "grade.impossible"  # noqa: PT017  # any other refusal is a failure of the machine
            assert self.play.size() == before
            return False
        return True

    def metal(self, data: st.DataObject, mass_g: int) -> dict[str, int]:
        """Metal of up to 40 % of a mass."""
        found = {analyte: data.draw(st.integers(0, 400 * mass_g)) for analyte in ANALYTES}
        return {analyte: mg for analyte, mg in found.items() if mg or data.draw(st.booleans())}

    # The machine's own book.

    def bring(self, key: str, mass_g: int, metal: dict[str, int]) -> None:
        """Enter what has come into the log, all of one class."""
        self.book_g[key] += mass_g
        for analyte, mg in metal.items():
            self.book_mg[analyte][key] += mg

    def lose_last(self, holding: Holding, parts: list[tuple[int, dict[str, int]]]) -> None:
        """Strike out the last of the parts that are drawn from a holding one after the other."""
        left_g = Counter(holding.classes_g)
        left_mg = {analyte: Counter(classes) for analyte, classes in holding.classes_mg.items()}
        for number, (grams, metal) in enumerate(parts, 1):
            drawn_g = shared(left_g, grams)
            left_g -= drawn_g
            drawn_mg = {analyte: shared(left_mg[analyte], mg) for analyte, mg in metal.items() if mg}
            for analyte, drawn in drawn_mg.items():
                left_mg[analyte] -= drawn
                if number == len(parts):
                    self.book_mg[analyte] -= drawn
            if number == len(parts):
                self.book_g -= drawn_g

    # What happens.

    @rule(data=st.data(), mass_g=masses)
    def extract(self, data: st.DataObject, mass_g: int) -> None:
        """The miner mines at one of the sites."""
        metal = self.metal(data, mass_g)
        body = self.play.extraction(
            data.draw(st.sampled_from(self.sites)), mass_g, contained_mg=metal, custody_model="mass_balance"
        )
        assert self.act("lot.extracted", self.play.miner, body, self.fresh(self.play.miner))
        self.bring(body["site"], mass_g, metal)

    @rule(
        data=st.data(),
        mass_g=masses,
        origin=st.sampled_from([("unknown", None), ("recycled", "FR"), ("country", "RW")]),
    )
    def declare(self, data: st.DataObject, mass_g: int, origin: tuple[str, str | None]) -> None:
        """Somebody brings a lot from outside of the log."""
        member, metal = self.play.named(data.draw(st.sampled_from(HOLDERS))), self.metal(data, mass_g)
        source, country = origin
        goods = self.play.goods(custody_model="mass_balance")
        body = {"source": source, **goods, "weight": self.play.weight(mass_g), "contained_mg": metal}
        body |= {"country": country} if country else {}
        assert self.act("lot.declared", member, body, self.fresh(member))
        self.bring(f"{source}:{country}" if country else source, mass_g, metal)

    def become(
        self, data: st.DataObject, kind: str, inputs: list[LotState], outputs: int, *, lossy: bool
    ) -> None:
        """Turn lots of one holder into others, every input into every output where it is heavy enough."""
        member = self.holder(inputs[0].custodian)
        targets = self.fresh(member, outputs)
        edges, losses, cut = [], [], []
        for position, lot in enumerate(inputs):
            wanted = outputs + lossy if position == 0 else 1 + lossy
            parts = self.parts(data, lot.holding, wanted)
            kept = parts[:-1] if lossy and len(parts) == wanted else parts
            edges += [self.play.edge(lot.subject, to, *part) for to, part in zip(targets, kept, strict=False)]
            losses += [self.play.loss(lot.subject, *part) for part in parts[len(kept) :]]
            cut += [(lot.holding, parts)] * (len(parts) - len(kept))
        targets = sorted({edge["target"] for edge in edges})
        goods = [{"lot": target, **self.play.goods(custody_model="mass_balance")} for target in targets]
        body: dict[str, Any] = {"edges": edges, "losses": losses, "outputs": goods}
        if kind == "lot.processed":
            body |= {"process": "crushing", "country": "CD"}
            body |= {"period_from": "2026-03-01T00:00:00Z", "period_until": "2026-03-02T00:00:00Z"}
        links = [lot.subject for lot in inputs] + targets
        self.cheat(data, kind, member, body, links)
        if self.act(kind, member, body, links):
            for holding, parts in cut:
                self.lose_last(holding, parts)

    def cheat(
        self, data: st.DataObject, kind: str, member: Member, body: dict[str, Any], links: list[str]
    ) -> None:
        """The same event with one gram or milligram too much or too little on one edge is refused."""
        changed = data.draw(st.sampled_from(range(len(body["edges"]))))
        edges = [dict(edge) for edge in body["edges"]]
        if data.draw(st.booleans()):
            edges[changed]["dry_mass_g"] += 1
        else:
            metal = edges[changed]["contained_mg"]
            edges[changed]["contained_mg"] = metal | {"Sn": metal.get("Sn", 0) + 1}
        code = self.play.refusal(kind, member, body | {"edges": edges}, links=sorted(links))
        assert code in {"mass.not_balanced", "grade.impossible"}

    @precondition(lambda self: any(lot.holding.dry_mass_g > 3 for lot in self.lots()))
    @rule(data=st.data(), number=st.integers(2, 4), lossy=st.booleans())
    def split(self, data: st.DataObject, number: int, lossy: bool) -> None:  # noqa: FBT001  # drawn, not passed
        """One lot becomes several."""
        heavy = [lot for lot in self.lots() if lot.holding.dry_mass_g > number]
        if heavy:
            self.become(data, "lot.split", [data.draw(st.sampled_from(heavy))], number, lossy=lossy)

    def combine(self, data: st.DataObject, kind: str) -> None:
        """Up to four lots of one holder become one."""
        first = self.pick(data)
        same = [lot for lot in self.lots() if lot.custodian == first.custodian and lot != first][:3]
        if same:
            self.become(data, kind, [first, *same], 1, lossy=data.draw(st.booleans()))

    @precondition(lambda self: len(self.lots()) > 1)
    @rule(data=st.data())
    def merge(self, data: st.DataObject) -> None:
        """Lots are put together."""
        self.combine(data, "lot.merged")

    @precondition(lambda self: len(self.lots()) > 1)
    @rule(data=st.data())
    def blend(self, data: st.DataObject) -> None:
        """Lots are blended."""
        self.combine(data, "lot.blended")

    @precondition(lambda self: len(self.lots()) > 1)
    @rule(data=st.data())
    def process(self, data: st.DataObject) -> None:
        """Lots are processed."""
        self.combine(data, "lot.processed")

    @precondition(lambda self: len(self.lots()) > 3)
    @rule(data=st.data())
    def put(self, data: st.DataObject) -> None:
        """A lot goes into its holder's stockpile."""
        lot = self.pick(data)
        member = self.holder(lot.custodian)
        body = self.play.moving("in", lot.holding.dry_mass_g, lot.holding.contained_mg)
        assert self.act("account.moved", member, body, [self.accounts[member.name], lot.subject])

    @rule(data=st.data(), name=st.sampled_from(HOLDERS))
    def draw(self, data: st.DataObject, name: str) -> None:
        """A lot is drawn from a stockpile, with any metal that its ore can hold."""
        holding, member = self.account(name).holding, self.play.named(name)
        if holding.dry_mass_g:
            mass_g = data.draw(st.integers(1, holding.dry_mass_g))
            metal = {
                analyte: mg * mass_g // holding.dry_mass_g for analyte, mg in holding.contained_mg.items()
            }
            self.act(
                "account.moved",
                member,
                self.play.moving("out", mass_g, metal),
                [self.accounts[name], *self.fresh(member)],
            )

    @precondition(lambda self: self.lots())
    @rule(
        data=st.data(),
        to=st.sampled_from(HOLDERS),
        scale_ppm=st.integers(-30_000, 15_000),
        tendered=st.booleans(),
    )
    def hand_over(self, data: st.DataObject, to: str, scale_ppm: int, tendered: bool) -> None:  # noqa: FBT001  # as above
        """A lot changes hands and is weighed again, up to 3 % lighter or 1.5 % heavier."""
        lot, receiver = self.pick(data), self.play.named(to)
        giver, holding = self.holder(lot.custodian), lot.holding
        if giver == receiver:
            return
        received_g = max(1, holding.dry_mass_g + holding.dry_mass_g * scale_ppm // 1_000_000)
        if tendered:
            self.play.tender(lot.subject, giver, receiver)
            self.play.post(
                "lot.accepted", receiver, self.play.acceptance(lot.subject, received_g), links=[lot.subject]
            )
        else:
            self.play.hand_over(lot.subject, giver, receiver, received_g)
        lost_g = holding.dry_mass_g - received_g
        if lost_g > 0:
            mass_g = holding.dry_mass_g
            share = {
                analyte: int(Fraction(mg * lost_g, mass_g)) for analyte, mg in holding.contained_mg.items()
            }
            self.lose_last(holding, [(lost_g, share)])
        else:
            self.book_g["unknown"] -= lost_g

    @precondition(lambda self: self.lots())
    @rule(data=st.data())
    def lose(self, data: st.DataObject) -> None:
        """Some of a lot, or all of it, is lost."""
        lot = self.pick(data)
        part = self.parts(data, lot.holding, data.draw(st.integers(1, 2)))[0]
        body = {"kind": "spillage", "dry_mass_g": part[0], "contained_mg": part[1]}
        if self.act("loss.recorded", self.holder(lot.custodian), body, [lot.subject]):
            self.lose_last(lot.holding, [part])

    @precondition(lambda self: len(self.lots()) > 3)
    @rule(data=st.data(), weighed_g=masses)
    def export(self, data: st.DataObject, weighed_g: int) -> None:
        """A lot leaves; whatever the importer weighs, the book keeps what was exported."""
        lot = self.pick(data)
        self.play.export(lot.subject, self.holder(lot.custodian))
        outturn = {"weight": self.play.weight(weighed_g), "contained_mg": {}}
        self.play.post("lot.received", self.play.refiner, outturn, links=[lot.subject])

    # What must always hold.

    @invariant()
    def nothing_is_created_or_lost(self) -> None:
        """Lots and stockpiles hold what was mined and gained less what was lost, class by class, to the milligram."""
        if not self.count:
            return
        grams, milligrams = totals(self.holdings())
        assert grams == +self.book_g
        assert milligrams == {analyte: +classes for analyte, classes in self.book_mg.items()}

    @invariant()
    def every_holding_sums(self) -> None:
        """Each lot's and stockpile's classes sum to its mass and metal, and nothing is negative."""
        if not self.count:
            return
        for holding in self.holdings():
            assert sum(holding.classes_g.values()) == holding.dry_mass_g
            assert {a: sum(c.values()) for a, c in holding.classes_mg.items()} == holding.contained_mg
            assert all(g >= 0 for c in (holding.classes_g, *holding.classes_mg.values()) for g in c.values())


@pytest.mark.slow
def test_no_season_creates_or_loses_a_gram(new_play: Callable[[], Play]) -> None:
    """Any sequence of events conserves grams and milligrams exactly, and one gram of cheating is refused."""
    run_state_machine_as_test(
        lambda: Season(new_play()),
        settings=settings(max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None),
    )
