"""The case: all that the claims are decided from, in one place, with the questions that they share.

Made of what steps 1-5 hold (`Examined`), the closure, the replay of steps 6 and 7 and the lot's path. Nothing here
knows one claim from another.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from certifiers.closure import Closure, Whole, closure, whole_of
from certifiers.examined import Examined
from certifiers.extent import Extent, Part, measure, portion
from certifiers.replay import Judged, Replay, Ruling, replay
from certifiers.upstream import SOUND, Upstream, upstream_of
from corridor.findings import Finding
from corridor.handover import LotExported
from corridor.origin import LotExtracted
from corridor.states import CertificateState, LotState, SiteState, State
from corridor.vocabulary import is_origin_class
from ledger.subjects import kind_of


@dataclass(frozen=True)
class Case:
    """One lot as of one checkpoint. `findings` are those that bear on it, each step adding its own."""

    examined: Examined
    closure: Closure
    replay: Replay
    upstream: Upstream
    findings: tuple[Finding, ...] = ()

    @cached_property
    def lot(self) -> LotState | None:
        """The lot's last state; None where it does not exist or cannot be told."""
        state = self.replay.state(self.examined.lot)
        return state if isinstance(state, LotState) else None

    def state(self, subject: str) -> State | None:
        """A subject's last state, None where it cannot be told."""
        return self.replay.state(subject)

    def chain(self, subject: str) -> tuple[Judged, ...]:
        """The events of a subject's chain, ascending; empty for one that is not in the bundle."""
        return tuple(self.replay.judged[index] for index in self.examined.chains.get(subject, ()))

    def file(self, subject: str) -> tuple[Judged, ...]:
        """The events filed on a subject, ascending."""
        return tuple(self.replay.judged[index] for index in self.examined.files.get(subject, ()))

    def events(self, subject: str) -> tuple[Judged, ...]:
        """Chain and file together, ascending."""
        return tuple(sorted((*self.chain(subject), *self.file(subject)), key=lambda event: event.index))

    def on_path(self, *types: str) -> Iterator[tuple[str, Judged]]:
        """Yield (lot, event) of some types on each lot of the path, lots ascending, events ascending."""
        for lot in sorted(self.upstream.lots):
            for event in self.events(lot):
                if event.type in types:
                    yield lot, event

    @cached_property
    def extractions(self) -> Mapping[str, LotExtracted]:
        """The bodies by which the mined lots of the path began."""
        found = ((lot, event) for lot, event in self.on_path("lot.extracted") if event.begins(lot))
        return {lot: event.body for lot, event in found if isinstance(event.body, LotExtracted)}

    @cached_property
    def sites(self) -> frozenset[str]:
        """The sites that the path's lots were mined at."""
        return frozenset(body.site for body in self.extractions.values())

    def lots_of(self, site: str) -> frozenset[str]:
        """The path's lots that were mined at a site."""
        return frozenset(lot for lot, body in self.extractions.items() if body.site == site)

    def site(self, subject: str) -> SiteState | None:
        """A site's last state, None where it cannot be told."""
        state = self.state(subject)
        return state if isinstance(state, SiteState) else None

    @cached_property
    def unknown(self) -> frozenset[str]:
        """Lots and accounts of the path that are not in the bundle or cannot be followed."""
        path = self.upstream.lots | self.upstream.accounts
        return frozenset(
            name for name in path if name in self.replay.lost or name not in self.examined.chains
        )

    @cached_property
    def export(self) -> Judged | None:
        """The event by which the lot was exported."""
        return next((event for event in self.chain(self.examined.lot) if event.type == "lot.exported"), None)

    @cached_property
    def certificate(self) -> str:
        """The certificate that counts: the one its export used, else the last one issued for it; empty if none.

        A certificate never flows through an edge, so that those of ancestors do not count (PROTOCOL section 6).
        """
        if self.export is not None and isinstance(self.export.body, LotExported):
            return self.export.body.certificate or ""
        issued = [event for event in self.file(self.examined.lot) if event.type == "certificate.issued"]
        return next((name for event in reversed(issued) for name in event.links), "")

    @cached_property
    def certificate_state(self) -> CertificateState | None:
        """The last state of the certificate that counts."""
        state = self.state(self.certificate)
        return state if isinstance(state, CertificateState) else None

    @cached_property
    def subjects(self) -> frozenset[str]:
        """The subjects whose events decide on this lot, parties and the log apart."""
        about = {self.certificate} if self.certificate else set()
        tags = {used.block for body in self.extractions.values() for used in body.tags}
        return self.upstream.lots | self.upstream.accounts | self.sites | tags | about

    @cached_property
    def indexes(self) -> frozenset[int]:
        """The indexes of these subjects' events; of an account only up to the path's last draw."""
        last_draw = max((flow.index for flow in self.upstream.inflows), default=0)
        return frozenset(
            event.index
            for subject in self.subjects
            for event in self.events(subject)
            if kind_of(subject) != "account" or event.index <= last_draw
        )

    def doubtful(self, types: Collection[str], *, assessed: bool = False) -> frozenset[str]:
        """The subjects on which an event of some types is not admitted (`assessed`: or not fully assessed)."""
        return frozenset(
            subject
            for subject in self.subjects
            for event in self.events(subject)
            if event.type in types
            and event.index in self.indexes
            and (event.ruling is not Ruling.ADMITTED or (assessed and not event.assessed))
        )

    def whole(self) -> Extent:
        """All of the lot."""
        return self.along_path(())

    def along_path(self, unsound: Collection[str]) -> Extent:
        """The part of the lot that passed through no lot or account of `unsound`."""

        def part(analyte: str, classes: Mapping[str, int]) -> Part:
            share = self.upstream.share(lambda _: SOUND, lambda subject: subject not in unsound, analyte)
            return portion(share, classes)

        return self._measure(part)

    def by_class(
        self,
        covers: Callable[[str], bool],
        *,
        speaks_of: Callable[[str], bool] = lambda _: True,
        unsound: Collection[str] = (),
    ) -> Extent:
        """The part of the lot in origin classes that are covered, of those that the claim speaks of.

        What passed through `unsound` lots is taken off, rounded up; what is not followed is in no class anyway. Where
        an ancestor was cut off, rounding may have favoured a class by a gram (or mg) at each edge: so much is taken
        off, for less evidence never shows more.
        """
        taken_off = frozenset(unsound) - self.unknown

        def part(analyte: str, classes: Mapping[str, int]) -> Part:
            share = self.upstream.share(lambda _: SOUND, lambda subject: subject not in taken_off, analyte)
            whole = sum(classes.values())
            off = whole - int(share * whole)
            if not all(map(is_origin_class, classes)):
                off += len(self.upstream.inflows)
            covered = sum(amount for key, amount in classes.items() if covers(key))
            applicable = sum(amount for key, amount in classes.items() if speaks_of(key))
            return Part(max(covered - off, 0), applicable)

        return self._measure(part)

    def _measure(self, part: Callable[[str, Mapping[str, int]], Part]) -> Extent:
        if self.lot is None:
            return Extent(Part(0, 0))
        return measure(self.lot.holding, processed=self.lot.processed, part=part)

    def with_findings(self, findings: Iterable[Finding]) -> Case:
        """The same case with more findings."""
        known = set(map(_identity, self.findings))
        return replace(
            self, findings=(*self.findings, *(one for one in findings if _identity(one) not in known))
        )


def _identity(finding: Finding) -> tuple[str, int, str]:
    return finding.code, finding.index, finding.subject


def open_case(examined: Examined, distrust: Iterable[tuple[str, int]] = ()) -> Case:
    """Replay what was examined (steps 6 and 7); `distrust` is the trust file's."""
    told = replay(examined.entries, examined.chains, examined.absent, distrust)
    return Case(
        examined=examined,
        closure=closure(examined.lot, lambda subject: _whole(examined, subject)),
        replay=told,
        upstream=upstream_of(examined.lot, told.judged),
    )


def _whole(examined: Examined, subject: str) -> Whole | None:
    chain = examined.chains.get(subject)
    if not chain:
        return None
    return whole_of(examined.entries, iter(chain), iter(examined.files.get(subject, ())))
