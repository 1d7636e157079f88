"""Upstream: from which lots a lot's mass and metal came, and what share of it passed only through sound ones.

The path is the lot and its ancestors over edges and through accounts. A share is followed exactly, as a fraction: it
is what it was in the inputs, weighed by what each edge carried (grams, or milligrams of one analyte), and in an
account it is that of all the account held at the index of the draw (the mass-balance model).

Example: 600 g of a lot signed for at every hand-over and 400 g of one that was not, merged and split, are a share of
3/5 in each part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from certifiers.replay import Judged
from corridor.transformation import AccountMoved, Edges
from ledger.subjects import kind_of

SOUND = Fraction(1)
UNSOUND = Fraction(0)

Start = Callable[[str], Fraction]
"""The share with which a lot begins that has no inputs here: mined, declared, or not in the bundle."""

Keep = Callable[[str], bool]
"""Tell whether the share survives what happened to a lot or an account itself."""


@dataclass(frozen=True, slots=True)
class Inflow:
    """Dry mass in grams and metal in mg that one event brought from a lot or an account into another."""

    index: int
    source: str
    target: str
    dry_mass_g: int
    contained_mg: Mapping[str, int]

    def weight(self, analyte: str) -> int:
        """Milligrams of an analyte, or grams of dry mass where it is empty."""
        return self.contained_mg.get(analyte, 0) if analyte else self.dry_mass_g


@dataclass(frozen=True, slots=True)
class Upstream:
    """The path of a lot: itself and its ancestors, the accounts between, and the inflows in the log's order.

    An account's draws for other lots are among the inflows up to the last draw of the path: they took their share.
    """

    lot: str
    lots: frozenset[str]
    accounts: frozenset[str]
    inflows: tuple[Inflow, ...]

    @property
    def sources(self) -> frozenset[str]:
        """The path's lots that have no inputs here: mined, declared, or not in the bundle."""
        return self.lots - {flow.target for flow in self.inflows}

    def downstream_of(self, lot: str) -> frozenset[str]:
        """A lot of the path and what of the path came out of it."""
        found = {lot}
        for flow in self.inflows:
            if flow.source in found:
                found.add(flow.target)
        return frozenset(found & self.lots)

    def share(self, start: Start, keep: Keep, analyte: str = "") -> Fraction:
        """Follow a share of an analyte's metal (empty: of dry mass) down to the lot.

        Where no inflow of a lot carried the analyte, because it was assayed later, it follows the dry mass.
        """
        shares = _follow(self.inflows, start, keep, "", {})
        if analyte:
            shares = _follow(self.inflows, start, keep, analyte, shares)
        if self.lot in shares:
            return shares[self.lot]
        return start(self.lot) if keep(self.lot) else UNSOUND


def _follow(
    inflows: Iterable[Inflow], start: Start, keep: Keep, analyte: str, otherwise: Mapping[str, Fraction]
) -> dict[str, Fraction]:
    """Give the share of every lot that inflows name; `otherwise` those to take where an analyte weighs nothing."""
    shares: dict[str, Fraction] = {}
    pools: dict[str, _Pool] = {}
    for (_, target), parts in _by_target(inflows).items():
        for part in parts:
            if part.source not in shares and not part.source.startswith("account:"):
                shares[part.source] = start(part.source) if keep(part.source) else UNSOUND
        source, weight = parts[0].source, parts[0].weight(analyte)
        mixed: Fraction | None
        if target.startswith("account:"):
            pools.setdefault(target, _Pool()).take_in(weight, shares[source])
            continue
        if source.startswith("account:"):
            mixed = pools.setdefault(source, _Pool()).draw(weight) if keep(source) else UNSOUND
        else:
            mixed = _mix((part.weight(analyte), shares[part.source]) for part in parts)
        if mixed is None:
            mixed = otherwise.get(target, UNSOUND)
        shares[target] = mixed if keep(target) else UNSOUND
    return shares


class _Pool:
    """What an account holds, and how much of it is sound."""

    def __init__(self) -> None:
        self._held = 0
        self._sound = UNSOUND

    def take_in(self, weight: int, share: Fraction) -> None:
        self._held += weight
        self._sound += weight * share

    def draw(self, weight: int) -> Fraction | None:
        """The share of what is drawn; None from an account that holds none of what is weighed."""
        if not self._held:
            return None
        share = self._sound / self._held
        self._held -= weight
        self._sound -= weight * share
        return share


def _mix(parts: Iterable[tuple[int, Fraction]]) -> Fraction | None:
    """The mean of shares by weight; None where nothing weighs."""
    parts = list(parts)
    whole = sum(weight for weight, _ in parts)
    return sum((weight * share for weight, share in parts), UNSOUND) / whole if whole else None


def _by_target(inflows: Iterable[Inflow]) -> dict[tuple[int, str], list[Inflow]]:
    """Inflows by event and what they fill, in the log's order."""
    found: dict[tuple[int, str], list[Inflow]] = {}
    for flow in inflows:
        found.setdefault((flow.index, flow.target), []).append(flow)
    return found


def upstream_of(lot: str, judged: Mapping[int, Judged]) -> Upstream:
    """Find the path of a lot in a bundle's events, whatever their ruling: mass went where the log says it went."""
    wanted: set[str] = {lot}
    drawn: dict[str, int] = {}  # account -> index of the path's last draw
    kept: list[Inflow] = []
    for flow in (flow for index in sorted(judged, reverse=True) for flow in reversed(_flows(judged[index]))):
        fills_account = flow.index < drawn.get(flow.target, 0)
        if flow.target in wanted or fills_account or flow.index < drawn.get(flow.source, 0):
            kept.append(flow)
        if flow.target in wanted and flow.source.startswith("account:"):
            drawn.setdefault(flow.source, flow.index)
        elif flow.target in wanted or fills_account:
            wanted.add(flow.source)
    return Upstream(lot, frozenset(wanted), frozenset(drawn), tuple(reversed(kept)))


def _flows(event: Judged) -> list[Inflow]:
    body = event.body
    if isinstance(body, Edges):
        return [
            Inflow(event.index, edge.source, edge.target, edge.dry_mass_g, edge.contained_mg)
            for edge in body.edges
        ]
    if not isinstance(body, AccountMoved):
        return []
    lot, account = (
        next((name for name in event.links if kind_of(name) == kind), "") for kind in ("lot", "account")
    )
    source, target = (lot, account) if body.direction == "in" else (account, lot)
    return [Inflow(event.index, source, target, body.dry_mass_g, body.contained_mg)]
