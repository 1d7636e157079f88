"""A stage for the corridor's tests: a cast with real keys, and a play that signs events and posts them to a journal.

`play` is a log of its own for each test, in which everybody is admitted, accredited and holds the keys of their duty;
`new_play` makes further ones, for tests that hypothesis runs many times. Time is the play's: a minute an event.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from string import Formatter
from typing import Any, TypedDict, Unpack

import pytest

from corridor import rules
from corridor.findings import Finding
from corridor.journal import Committed, Journal, NotCommitted, Outcome, read_signed, world_of
from corridor.policies import RULES_DIGEST
from corridor.states import LotState, State, read_state
from ledger.envelope import Envelope, Link, Signer, format_time, parse_time, read_entry, sign, write_payload
from ledger.keys import SigningKey
from ledger.log import Log
from ledger.store.memory import MemoryHeadFile, MemoryStore
from ledger.subjects import next_digest, party_id
from ledger.values import Value

MINUTE_MS = 60_000
DAY_MS = 86_400_000
OPENING_MS = parse_time("2026-03-02T06:00:00Z")
TIN = "260900"
TANTALUM = "261590"
ZEROS = "0" * 64
FOUNDERS = ("root1", "root2", "root3", "operator", "introducer1", "introducer2")
ROLES = {
    "authority": "authority",
    "inspector": "inspector",
    "tagger": "tagging_agent",
    "certifier": "certifier",
    "rival": "certifier",
    "laboratory": "laboratory",
    "customs": "customs",
    "transport": "transport_officer",
    "auditor": "auditor",
    "intermediary": "intermediary",
}
TRADERS = ("miner", "neighbour", "trader", "carrier", "refiner")
OFFICERS = {
    "introducer1": ("registrar1",),
    "introducer2": ("registrar2",),
    "inspector": ("inspecting",),
    "certifier": ("ana", "ben"),
    "rival": ("cleo", "dan"),
    "trader": ("clerk",),
}
DEVICES = {"miner": "phone", "trader": "tablet", "certifier": "laptop", "refiner": "gate"}


def seeded(name: str) -> SigningKey:
    """The key of a name, the same in every run."""
    return SigningKey.from_seed(sha256(f"corridor tests: {name}".encode()).digest())


def digest(text: str) -> str:
    """Any 64 hex digits, the same for the same text."""
    return sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Member:
    """A party of the cast, with the keys that it holds: its own, and those of its people."""

    name: str
    key: SigningKey = field(compare=False)
    inception: dict[str, str]

    @classmethod
    def named(cls, name: str, key: str | None = None) -> Member:
        """Make one up; it is in no log yet."""
        own = seeded(key or name)
        following = next_digest(seeded(f"{name} next").text)
        return cls(name, own, {"identity": digest(name), "key": own.text, "next": following})

    @property
    def party(self) -> str:
        """Its id."""
        return party_id(**{f"{k}_{'text' if k == 'key' else 'hex'}": v for k, v in self.inception.items()})

    def subject(self, kind: str, code: str) -> str:
        """A subject that it may begin."""
        return f"{kind}:{self.party[6:]}/{code}"


Hand = tuple[Member, SigningKey]
"""Who signs, and with which key."""

Hands = Member | Hand | Sequence[Member | Hand]
"""All who sign, the actor first; a member without a key signs with the party's own."""


class Members(TypedDict, total=False):
    """Members of a payload beside type, actor, signers and body; `claimed` in ms."""

    links: Sequence[str | Link]
    about: Sequence[str]
    claimed: int
    after: str
    commitments: Mapping[str, str]
    log: str


def weight(dry_g: int) -> dict[str, int]:
    """A weight of dry goods."""
    return {"wet_mass_g": dry_g, "moisture_ppm": 0, "dry_mass_g": dry_g}


def document(text: str = "a report") -> dict[str, Any]:
    """A document that stays outside the log."""
    return {"sha256": digest(text), "media_type": "application/pdf", "size": len(text)}


def goods(**changes: Value) -> dict[str, Any]:
    """What a new lot is: tin concentrate of one mine, unless the test says otherwise."""
    return {"hs": TIN, "form": "concentrate", "custody_model": "identity_preserved"} | changes


def edge(source: str, target: str, dry_g: int, metal: Mapping[str, int] | None = None) -> dict[str, Any]:
    """An edge of a transformation."""
    return {"source": source, "target": target, "dry_mass_g": dry_g, "contained_mg": dict(metal or {})}


def loss(source: str, dry_g: int, metal: Mapping[str, int] | None = None) -> dict[str, Any]:
    """A loss beside the edges."""
    return {"source": source, "kind": "dust", "dry_mass_g": dry_g, "contained_mg": dict(metal or {})}


@dataclass
class Play:
    """A log being written. `findings` are those of the event written last."""

    store: MemoryStore = field(default_factory=MemoryStore)
    now: int = OPENING_MS
    genesis: str = ZEROS
    counter: int = 0
    findings: list[Finding] = field(default_factory=list)
    head_file: MemoryHeadFile = field(default_factory=MemoryHeadFile)

    # The builders above, for tests that cannot import them from here.
    named = staticmethod(Member.named)
    seeded = staticmethod(seeded)
    digest = staticmethod(digest)
    weight = staticmethod(weight)
    document = staticmethod(document)
    goods = staticmethod(goods)
    edge = staticmethod(edge)
    loss = staticmethod(loss)

    def __post_init__(self) -> None:
        """Open the one way in."""
        self.journal = Journal(self.store)

    def fork(self) -> Play:
        """Another log with the same past."""
        store = MemoryStore()
        store._grown, store._view = copy.deepcopy(self.store._grown), self.store._view
        return Play(store, self.now, self.genesis, self.counter)

    # Who is who.

    def __getattr__(self, name: str) -> Member:
        """`play.miner` is the miner of the cast."""
        if name not in {*FOUNDERS, *ROLES, *TRADERS}:
            raise AttributeError(name)
        return Member.named(name)

    def hand(self, name: str, person: str) -> Hand:
        """A member signing with the key of one of its people or devices."""
        return Member.named(name), seeded(person)

    # Writing.

    def envelope(self, kind: str, by: Hands, body: Mapping[str, Any], **members: Unpack[Members]) -> Envelope:
        """A signed event; each of its links names the present head, unless it is a Link."""
        hands = [by] if isinstance(by, Member | tuple) else list(by)
        signing = [(hand, hand.key) if isinstance(hand, Member) else hand for hand in hands]
        links = [
            one if isinstance(one, Link) else Link(self.head(one), one) for one in members.get("links", ())
        ]
        self.counter += 1
        payload = write_payload(
            log=members.get("log", self.genesis),
            type=kind,
            actor=signing[0][0].party,
            signers=[Signer(key.text, member.party) for member, key in signing],
            claimed_at=format_time(members.get("claimed", self.now)),
            counter=self.counter,
            body=body,
            links=links,
            about=members.get("about", ()),
            after=members.get("after"),
            commitments=members.get("commitments"),
        )
        return read_signed(sign(payload, [key for _, key in signing]))

    def send(self, *envelopes: Envelope) -> list[Outcome]:
        """Post envelopes in one batch, at the play's time."""
        outcomes = self.journal.post(envelopes, lambda _: self.now)
        self.now += MINUTE_MS
        return outcomes

    def post(self, kind: str, by: Hands, body: Mapping[str, Any], **members: Unpack[Members]) -> str:
        """Write an event that must enter, keep its findings, and give its id."""
        envelope = self.envelope(kind, by, body, **members)
        with self.store.read() as snapshot:
            act = rules.act_of(envelope, snapshot.size(), self.now, world_of(snapshot))
            rules.admit(act)
            self.findings = list(rules.assess(act))
        for finding in self.findings:  # whatever is found can be said, with all its values and no others
            named = {name for _, name, _, _ in Formatter().parse(finding.kind.en) if name}
            assert finding.values.keys() == named
        (outcome,) = self.send(envelope)
        assert outcome == Committed(envelope.event_id, act.index, act.at)
        return envelope.event_id

    def refusal(self, kind: str, by: Hands, body: Mapping[str, Any], **members: Unpack[Members]) -> str:
        """The code with which the journal refuses an event; nothing of it may stay behind."""
        size, states = self.size(), self.store._view.states
        (outcome,) = self.journal.post([self.envelope(kind, by, body, **members)], lambda _: self.now)
        assert isinstance(outcome, NotCommitted), f"a {kind} was admitted"
        assert (self.size(), self.store._view.states) == (size, states)
        return outcome.error.code

    @property
    def codes(self) -> list[str]:
        """The codes of the findings of the event written last."""
        return [finding.code for finding in self.findings]

    # Reading.

    def size(self) -> int:
        """Count the entries."""
        with self.store.read() as snapshot:
            return snapshot.size()

    def head(self, subject: str) -> str:
        """The last event of a subject's chain, zeros before the first."""
        with self.store.read() as snapshot:
            head = snapshot.head(subject)
        return head.event_id.hex() if head else ZEROS

    def state(self, subject: str) -> Any:  # noqa: ANN401  # the test knows which kind it asks for
        """A subject's state; None where it has not begun."""
        with self.store.read() as snapshot:
            data = snapshot.state(subject)
        return None if data is None else read_state(data)

    def states(self) -> Iterator[State]:
        """All states."""
        return map(read_state, self.store._view.states.values())

    def lot(self, subject: str) -> LotState:
        """A lot's state."""
        lot = self.state(subject)
        assert isinstance(lot, LotState)
        return lot

    def publish(self) -> str:
        """Let the log state its heads and publish them; gives the statement's id."""
        operator = Member.named("operator")
        log = Log(
            self.store,
            self.head_file,
            origin="otc.example/test",
            log_key=seeded("log"),
            operator_key=operator.key,
            operator_party=operator.party,
            genesis_id=self.genesis,
        )
        pending = log.cut(self.now)
        assert pending is not None
        log.publish(pending, pending.note)
        self.now += MINUTE_MS
        with self.store.read() as snapshot:
            return read_entry(snapshot.entry(pending.size - 1)).envelope.event_id

    # What happens often.

    def found(self) -> None:
        """Write the genesis and admit the cast."""
        founders = [Member.named(name) for name in FOUNDERS]
        roots, operator, introducers = founders[:3], founders[3], founders[4:]
        body = {
            "log_origin": "otc.example/test",
            "log_vkey": "otc.example/test+00000000+AAAA",
            "rule_set": {"number": 0, "digest": RULES_DIGEST},
            "root_delay_s": 0,
            "root_threshold": 2,
            "entries_public_after_s": 0,
            "roots": [one.inception for one in roots],
            "operator": operator.inception,
            "introducers": [one.inception for one in introducers],
        }
        links = ["log", *(one.party for one in founders)]
        self.genesis = self.post("log.genesis", founders, body, links=links, log=ZEROS)
        for name in (*ROLES, *TRADERS):
            self.admit(Member.named(name))
        for name, people in OFFICERS.items():
            for person in people:
                self.add_key(name, person, "officer")
        for name, device in DEVICES.items():
            self.add_key(name, device, "device")
        for name, role in ROLES.items():
            self.accredit(Member.named(name), role)

    def admit(self, member: Member) -> str:
        """The first introducer admits a party."""
        hands = [member, Member.named("introducer1")]
        return self.post("party.incepted", hands, {"inception": member.inception}, links=[member.party])

    def add_key(self, name: str, person: str, duty: str, holder: str | None = None) -> str:
        """A member registers the key of one of its people or devices."""
        body = {"key": seeded(person).text, "duty": duty, "holder": digest(holder or person)}
        hands = [Member.named(name), self.hand(name, person)]
        return self.post("key.added", hands, body, about=[Member.named(name).party])

    def accreditation(self, role: str, **changes: Value) -> dict[str, Any]:
        """The body of an accreditation for tin and tantalum in the Congo, from yesterday for two years."""
        window = {
            "valid_from": format_time(self.now - DAY_MS),
            "valid_until": format_time(self.now + 730 * DAY_MS),
        }
        return {"role": role, "countries": ["CD"], "minerals": [TIN, TANTALUM]} | window | changes

    def accredit(self, member: Member, role: str, **changes: Value) -> str:
        """Both introducers' officers accredit a party."""
        hands = [self.hand("introducer1", "registrar1"), self.hand("introducer2", "registrar2")]
        body = self.accreditation(role, **changes)
        return self.post("party.accredited", hands, body, about=[member.party])

    def site(self, code: str = "KOL", status: str | None = "green", **changes: Value) -> str:
        """A site, licensed from 2025 to 2028 and inspected now."""
        site = self.authority.subject("site", code)
        body = {
            "name": "Kolo",
            "address": "Kolo, Maniema",
            "country": "CD",
            "minerals": [TIN],
            "scale": "artisanal",
            "position": {"latitude_udeg": -2_100_000, "longitude_udeg": 26_500_000, "accuracy_m": 20},
            "concession_radius_m": 2_000,
            "licence": "PE-1",
            "licence_from": "2025-01-01T00:00:00Z",
            "licence_until": "2028-01-01T00:00:00Z",
            "capacity_g_per_day": 1_000_000,
        }
        self.post("site.registered", self.authority, body | changes, links=[site])
        if status:
            self.inspect(site, status)
        return site

    def inspect(self, site: str, status: str, inspected: int | None = None) -> str:
        """The inspector's officer sets a site's status."""
        seen = format_time(self.now if inspected is None else inspected)
        body = {"status": status, "inspected_at": seen, "report": document()}
        return self.post("site.inspected", self.hand("inspector", "inspecting"), body, about=[site])

    def extraction(self, site: str, dry_g: int = 100_000, **changes: Value) -> dict[str, Any]:
        """The body of an extraction."""
        mined = {"mined_from": format_time(self.now - DAY_MS), "mined_until": format_time(self.now)}
        return {"site": site, **goods(), "weight": weight(dry_g), "contained_mg": {}} | mined | changes

    def extract(
        self, site: str, code: str = "A", dry_g: int = 100_000, by: Member | None = None, **body: Value
    ) -> str:
        """A lot from a site, the miner's unless another mines it."""
        member = by or self.miner
        lot = member.subject("lot", code)
        self.post("lot.extracted", member, self.extraction(site, dry_g, **body), links=[lot])
        return lot

    def declare(self, code: str = "A", dry_g: int = 100_000, by: Member | None = None, **body: Value) -> str:
        """A lot of unknown origin, the trader's unless another declares it."""
        member = by or self.trader
        lot = member.subject("lot", code)
        said = {"source": "unknown", **goods(), "weight": weight(dry_g), "contained_mg": {}} | body
        self.post("lot.declared", member, said, links=[lot])
        return lot

    def tender(self, lot: str, giver: Hands, receiver: Member, **members: Unpack[Members]) -> str:
        """The custodian offers a lot with its book mass."""
        body = {"receiver": receiver.party, "given": weight(self.lot(lot).holding.dry_mass_g)}
        return self.post("lot.tendered", giver, body, links=[lot], **members)

    def acceptance(self, lot: str, received_g: int | None = None) -> dict[str, Any]:
        """The body of an acceptance of one lot."""
        dry_g = self.lot(lot).holding.dry_mass_g if received_g is None else received_g
        return {"lots": [{"lot": lot, "received": weight(dry_g)}]}

    def handing(self, receiver: Member, *lots: str, received_g: int | None = None) -> dict[str, Any]:
        """The body of a hand-over, in which both weigh the book mass unless the receiver weighs another."""
        lines = []
        for lot in sorted(lots):
            given_g = self.lot(lot).holding.dry_mass_g
            received = weight(given_g if received_g is None else received_g)
            lines.append({"lot": lot, "given": weight(given_g), "received": received})
        return {"receiver": receiver.party, "lots": lines}

    def hand_over(
        self,
        lot: str,
        giver: Member,
        receiver: Member,
        received_g: int | None = None,
        **members: Unpack[Members],
    ) -> str:
        """Giver and receiver sign."""
        body = self.handing(receiver, lot, received_g=received_g)
        return self.post("lot.handed_over", [giver, receiver], body, links=[lot], **members)

    def certification(self, lot: str, /, **changes: Value) -> dict[str, Any]:
        """The body of a certificate for 60 days."""
        window = {"valid_from": format_time(self.now), "valid_until": format_time(self.now + 60 * DAY_MS)}
        return {
            "lot": lot,
            "lot_head": self.head(lot),
            "country": "CD",
            "hs": TIN,
            "maximum_dry_mass_g": self.lot(lot).holding.dry_mass_g,
            "window": window,
            "verifier": seeded("ana").text,
            "validator": seeded("ben").text,
        } | changes

    def certify(self, lot: str, code: str = "C1", **changes: Value) -> str:
        """Two officers of the certifier sign a certificate."""
        certificate = self.certifier.subject("certificate", code)
        hands = [self.hand("certifier", "ana"), self.hand("certifier", "ben")]
        body = self.certification(lot, **changes)
        self.post("certificate.issued", hands, body, links=[certificate], about=[lot])
        return certificate

    def exportation(self, certificate: str | None = None, **changes: Value) -> dict[str, Any]:
        """The body of an export to the refiner."""
        body: dict[str, Any] = {
            "consignee": self.refiner.party,
            "origin_country": "CD",
            "destination": "MA",
            "post": "CD-KOLWEZI",
            "mode": "road",
            "customs_reference": "EX-1",
        }
        return body | ({"certificate": certificate} if certificate else {}) | changes

    def export(self, lot: str, by: Member, certificate: str | None = None, **members: Unpack[Members]) -> str:
        """A lot is exported to the refiner, with its certificate if it has one."""
        links = [lot, certificate] if certificate else [lot]
        return self.post("lot.exported", by, self.exportation(certificate), links=links, **members)

    def account(self, code: str = "PLANT", by: Member | None = None) -> str:
        """An empty account, the trader's unless another opens it."""
        member = by or self.trader
        account = member.subject("account", code)
        body = {
            "account_kind": "stockpile",
            "hs": TIN,
            "form": "concentrate",
            "country": "CD",
            "post": "CD-KOLWEZI",
        }
        self.post("account.opened", member, body, links=[account])
        return account

    def moving(self, direction: str, dry_g: int, metal: Mapping[str, int] | None = None) -> dict[str, Any]:
        """The body of a movement into or out of an account."""
        return {
            "direction": direction,
            "dry_mass_g": dry_g,
            "contained_mg": dict(metal or {}),
            "form": "concentrate",
        }


@pytest.fixture(scope="session")
def new_play() -> Callable[[], Play]:
    """Open another log in which the cast is admitted."""
    stage = Play()
    stage.found()
    return stage.fork


@pytest.fixture
def play(new_play: Callable[[], Play]) -> Play:
    """A log in which the cast is admitted, the test's own."""
    return new_play()
