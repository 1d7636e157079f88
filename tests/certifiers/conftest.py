"""A small but real log for the certifiers' tests: signed by real keys, written through the journal, published.

`scene` is an empty log with its genesis, to be written by the test; `story` a finished one that all tests read:

    north/N-1 (tags) ──┐                      ┌── trader/A-1 ── certificate ── exported ── received
    south/S-1 ─────────┴─ merge ─ trader/M-1 ─┴── trader/B-1
    plant/R-1 ── in ─ account plant/P ── out ── plant/D-1,   then R-2 in, and D-2 out
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import pytest

from certifiers.assembly import assemble
from corridor.journal import Journal, NotCommitted, read_signed
from corridor.policies import RULES_DIGEST
from ledger import heads, merkle
from ledger.canonical import write
from ledger.checkpoint import Checkpoint
from ledger.cosignature import cosign
from ledger.envelope import (
    Link,
    Signer,
    entry_bytes,
    format_time,
    read_entry,
    read_envelope,
    sign,
    write_payload,
)
from ledger.keys import SigningKey
from ledger.log import Log
from ledger.multiproof import multiproof
from ledger.note import COSIGNATURE_V1, ED25519, VerifierKey, sign_note, write_note
from ledger.ports import Record, Signed, Snapshot
from ledger.store.memory import MemoryHeadFile, MemoryStore
from ledger.subjects import commitment, next_digest, party_id
from ledger.trust_file import TrustFile, read_trust

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
BEGINNING_MS = 1_767_592_800_000  # 2026-01-05T06:00:00Z
COLTAN = "261590"
COPPER = "260300"
ZEROS = "0" * 64
ENOUGH = "group mirrors any mirror\ngroup enough all mirrors customs\nquorum enough\n"


@dataclass
class Player:
    """A party of the test: its name, keys and counter."""

    name: str
    key: SigningKey
    inception: dict[str, str]
    officers: list[SigningKey] = field(default_factory=list)
    counter: int = 0

    @property
    def party(self) -> str:
        """Its subject."""
        return party_id(self.inception["identity"], self.inception["key"], self.inception["next"])

    def subject(self, kind: str, code: str) -> str:
        """A subject that it begins."""
        return f"{kind}:{self.party.removeprefix('party:')}/{code}"


Hand = tuple[Player, SigningKey]


def weight(mass_g: int) -> dict[str, int]:
    """A weight without moisture."""
    return {"wet_mass_g": mass_g, "moisture_ppm": 0, "dry_mass_g": mass_g}


def metal(mass_g: int) -> dict[str, int]:
    """The contained metal of ore with 30 % of Ta2O5: 300 mg in a gram."""
    return {"Ta2O5": 300 * mass_g}


def document(text: str) -> dict[str, Any]:
    """A document outside of the log."""
    return {"sha256": sha256(text.encode()).hexdigest(), "media_type": "application/pdf", "size": 1000}


class Scene:
    """A log being written. Times are the test's: each event is an hour after the one before, unless it says so."""

    def __init__(self, origin: str = "otc.example/test") -> None:
        self.origin = origin
        self.now = BEGINNING_MS
        self.store = MemoryStore()
        self.journal = Journal(self.store)
        self.players: dict[str, Player] = {}
        self.log_key = self.make_key("log")
        self.witness_keys = {name: self.make_key(f"witness {name}") for name in ("mirror", "customs")}
        self.genesis = self._begin()
        self.log = Log(
            self.store,
            MemoryHeadFile(),
            origin=origin,
            log_key=self.log_key,
            operator_key=self.players["operator"].key,
            operator_party=self.players["operator"].party,
            genesis_id=self.genesis,
        )
        for name in ("introducer 1", "introducer 2"):
            self.add_officer(name)

    def make_key(self, name: str) -> SigningKey:
        """The key of a name: the same in every run, another in every log."""
        return SigningKey.generate(sha256(f"{self.origin} {name}".encode()).digest())

    def make_player(self, name: str) -> Player:
        """A party with an inception, not yet in the log."""
        key, following = self.make_key(name), self.make_key(f"{name} next")
        identity = sha256(name.encode()).hexdigest()
        inception = {"identity": identity, "key": key.text, "next": next_digest(following.text)}
        self.players[name] = Player(name, key, inception)
        return self.players[name]

    def _begin(self) -> str:
        roots = [self.make_player(f"root {number}") for number in (1, 2, 3)]
        operator = self.make_player("operator")
        introducers = [self.make_player(f"introducer {number}") for number in (1, 2)]
        everybody = [*roots, operator, *introducers]
        body = {
            "log_origin": self.origin,
            "log_vkey": str(VerifierKey.of(self.origin, ED25519, self.log_key.public)),
            "rule_set": {"number": 0, "digest": RULES_DIGEST},
            "root_delay_s": 0,
            "root_threshold": 2,
            "entries_public_after_s": 0,
            "roots": [root.inception for root in roots],
            "operator": operator.inception,
            "introducers": [one.inception for one in introducers],
        }
        links = ["log", *(one.party for one in everybody)]
        return self.post("log.genesis", everybody, body, links=links, log=ZEROS)

    def envelope(
        self,
        kind: str,
        by: Player | Sequence[Player | Hand],
        body: Mapping[str, Any],
        *,
        links: Sequence[str] = (),
        about: Sequence[str] = (),
        claimed_ms: int | None = None,
        after: str | None = None,
        commitments: Mapping[str, str] | None = None,
        log: str | None = None,
    ) -> bytes:
        """A signed envelope; the first of `by` is the actor; each link names the head that the store has now."""
        hands = [by] if isinstance(by, Player) else list(by)
        signing = [(hand, hand.key) if isinstance(hand, Player) else hand for hand in hands]
        actor = signing[0][0]
        actor.counter += 1
        payload = write_payload(
            log=self.genesis if log is None else log,
            type=kind,
            actor=actor.party,
            signers=[Signer(key.text, player.party) for player, key in signing],
            claimed_at=format_time(self.now if claimed_ms is None else claimed_ms),
            counter=actor.counter,
            links=[Link(self.head(subject), subject) for subject in links],
            about=about,
            body=body,
            after=after,
            commitments=commitments,
        )
        return sign(payload, [key for _, key in signing])

    def post(
        self, kind: str, by: Player | Sequence[Player | Hand], body: Mapping[str, Any], **members: object
    ) -> str:
        """Write an event and give its id; raise the refusal if there is one."""
        envelope = read_signed(self.envelope(kind, by, body, **members))
        (outcome,) = self.journal.post([envelope], lambda _: self.now)
        if isinstance(outcome, NotCommitted):
            raise outcome.error
        self.now += HOUR_MS
        return envelope.event_id

    def force(self, envelope: bytes, *, at: int | None = None, event_id: str | None = None) -> int:
        """Write an event that the journal might refuse, as a crooked operator would, and give its index."""
        read = read_envelope(envelope)
        when = self.now if at is None else at
        record = Record(
            entry=entry_bytes(when, envelope),
            at=when,
            event_id=bytes.fromhex(event_id or read.event_id),
            links=tuple(link.subject for link in read.payload.links),
            about=read.payload.about,
        )
        with self.store.write() as transaction:
            transaction.append([record])
            return transaction.size() - 1

    def state(self, statement: bytes) -> str:
        """Publish a checkpoint that ends with any event at all, signed and witnessed as if it were in order."""
        with self.store.write() as transaction:
            nodes = heads.changes(transaction, transaction.size())
        size = self.force(statement) + 1
        with self.store.write() as transaction:
            checkpoint = Checkpoint(self.origin, size, merkle.root(transaction, size))
            lines = [sign_note(checkpoint.text(), self.origin, self.log_key)]
            lines += self.cosignatures(checkpoint.size, checkpoint.root, ("mirror", "customs"))
            note = write_note(checkpoint.text(), lines)
            transaction.publish(size, note.encode(), nodes)
        return note

    def head(self, subject: str) -> str:
        """The id of the last event of a subject's chain; zeros if it has not begun."""
        with self.store.read() as snapshot:
            found = snapshot.head(subject)
        return found.event_id.hex() if found else ZEROS

    def index_of(self, event_id: str) -> int:
        """Where an event stands in the log."""
        with self.store.read() as snapshot:
            index = snapshot.index_of(bytes.fromhex(event_id))
        assert index is not None
        return index

    def event_at(self, index: int) -> str:
        """The id of the event at an index."""
        with self.store.read() as snapshot:
            return read_entry(snapshot.entry(index)).envelope.event_id

    def publish(self, cosigners: Sequence[str] = ("mirror", "customs")) -> str:
        """Publish a checkpoint at the present time and give its note."""
        pending = self.log.cut(self.now)
        assert pending is not None
        note = pending.note + "".join(self.cosignatures(pending.size, pending.root, cosigners))
        self.log.publish(pending, note)
        return note

    def cosignatures(self, size: int, root: bytes, cosigners: Sequence[str]) -> list[str]:
        """The witnesses' lines for a checkpoint, at the present time."""
        text = Checkpoint(self.origin, size, root).text()
        seconds = self.now // 1000
        return [cosign(text, f"w.example/{one}", self.witness_keys[one], seconds) for one in cosigners]

    def bundle(self, lot: str, **choices: object) -> bytes:
        """The bundle of a lot as of what is published."""
        with self.store.read() as snapshot:
            return assemble(snapshot, lot, **choices)

    def signed(self) -> Signed:
        """Size and root of what was signed last."""
        with self.store.read() as snapshot:
            return snapshot.signed()

    def trust(self, *, quorum: str = ENOUGH, extra: str = "") -> TrustFile:
        """A trust file for this log and its two witnesses, of which one is a mirror."""
        vkey = VerifierKey.of(self.origin, ED25519, self.log_key.public)
        lines = [f"log {vkey}", f"#otc genesis {self.origin} {self.genesis}"]
        for name, key in self.witness_keys.items():
            cosigner = VerifierKey.of(f"w.example/{name}", COSIGNATURE_V1, key.public)
            lines.append(f"witness {name} {cosigner}")
        return read_trust(("\n".join(lines) + f"\n{extra}{quorum}").encode())

    # Who takes part.

    def join(self, name: str, *roles: str, countries: Sequence[str] = ("CD",)) -> Player:
        """A party, admitted by the first introducer and accredited for coltan and copper in some countries."""
        player = self.make_player(name)
        admitting = self.players["introducer 1"]
        self.post(
            "party.incepted", [player, admitting], {"inception": player.inception}, links=[player.party]
        )
        for role in roles:
            self.accredit(player, role, countries)
        return player

    def accredit(self, player: Player, role: str, countries: Sequence[str] = ("CD",)) -> str:
        """Accredit a party by both introducers, for a year from a day ago."""
        introducers = [self.players[f"introducer {number}"] for number in (1, 2)]
        body = {
            "role": role,
            "countries": sorted(countries),
            "minerals": [COPPER, COLTAN],
            "valid_from": format_time(self.now - DAY_MS),
            "valid_until": format_time(self.now + 365 * DAY_MS),
        }
        hands = [(one, one.officers[0]) for one in introducers]
        return self.post("party.accredited", hands, body, about=[player.party])

    def add_officer(self, name: str) -> SigningKey:
        """Another officer, another person, of a party."""
        player = self.players[name]
        person = f"{name} officer {len(player.officers)}"
        key = self.make_key(person)
        body = {"key": key.text, "duty": "officer", "holder": sha256(person.encode()).hexdigest()}
        self.post("key.added", [player, (player, key)], body, about=[player.party])
        player.officers.append(key)
        return key

    # What happens to lots.

    def register_site(self, authority: Player, code: str, inspector: Player, country: str = "CD") -> str:
        """A site, inspected green."""
        site = authority.subject("site", code)
        body = {
            "name": f"Mine {code}",
            "address": "Rubaya",
            "country": country,
            "minerals": [COLTAN],
            "scale": "artisanal",
            "position": {"latitude_udeg": -1_560_000, "longitude_udeg": 28_880_000, "accuracy_m": 50},
            "concession_radius_m": 2000,
            "licence": f"LIC-{code}",
            "licence_from": "2025-01-01T00:00:00Z",
            "licence_until": "2028-01-01T00:00:00Z",
            "capacity_g_per_day": 500_000,
        }
        self.post("site.registered", authority, body, links=[site])
        self.inspect(inspector, site, "green")
        return site

    def inspect(self, inspector: Player, site: str, status: str) -> str:
        """An inspector sets a site's status."""
        body = {"status": status, "inspected_at": format_time(self.now), "report": document(site)}
        return self.post("site.inspected", [(inspector, inspector.officers[0])], body, about=[site])

    def issue_tags(self, agent: Player, code: str, site: str, holder: Player) -> str:
        """A block of ten tags."""
        block = agent.subject("tag", code)
        body = {"country": "CD", "site": site, "holder": holder.party, "first": 1, "count": 10}
        self.post("tag.issued", agent, body, links=[block])
        return block

    def extract(
        self, miner: Player, code: str, site: str, mass_g: int, tags: Sequence[tuple[str, list[int]]] = ()
    ) -> str:
        """A lot from a site, with tags (block, numbers)."""
        lot = miner.subject("lot", code)
        body = {
            "site": site,
            "hs": COLTAN,
            "form": "concentrate",
            "custody_model": "identity_preserved",
            "weight": weight(mass_g),
            "contained_mg": metal(mass_g),
            "mined_from": format_time(self.now - HOUR_MS),
            "mined_until": format_time(self.now),
            "position": {"latitude_udeg": -1_560_500, "longitude_udeg": 28_880_500, "accuracy_m": 10},
            "tags": [{"block": block, "numbers": numbers} for block, numbers in tags],
        }
        self.post("lot.extracted", miner, body, links=[lot, *(block for block, _ in tags)])
        return lot

    def declare(self, party: Player, code: str, mass_g: int, **members: object) -> str:
        """A lot of unknown origin from outside of the log."""
        lot = party.subject("lot", code)
        body = {
            "source": "unknown",
            "hs": COLTAN,
            "form": "concentrate",
            "custody_model": "mass_balance",
            "weight": weight(mass_g),
            "contained_mg": metal(mass_g),
        }
        self.post("lot.declared", party, body, links=[lot], **members)
        return lot

    def hand_over(self, lot: str, giver: Player, receiver: Player, mass_g: int, **members: object) -> str:
        """A hand-over in which both weigh the same."""
        line = {"lot": lot, "given": weight(mass_g), "received": weight(mass_g)}
        body = {"receiver": receiver.party, "lots": [line]}
        return self.post("lot.handed_over", [giver, receiver], body, links=[lot], **members)

    def transform(
        self, kind: str, custodian: Player, edges: Sequence[tuple[str, str, int]], **members: object
    ) -> str:
        """A split, merge or process over edges (source, target, grams), without losses."""
        targets = sorted({target for _, target, _ in edges})
        goods = {"hs": COLTAN, "form": "concentrate", "custody_model": "mass_balance"}
        body = {
            "edges": [
                {"source": source, "target": target, "dry_mass_g": grams, "contained_mg": metal(grams)}
                for source, target, grams in edges
            ],
            "outputs": [{"lot": target, **goods} for target in targets],
            **members,
        }
        return self.post(kind, custodian, body, links=sorted({lot for edge in edges for lot in edge[:2]}))

    def move(self, owner: Player, account: str, lot: str, direction: str, mass_g: int) -> str:
        """A lot into an account, or out of it."""
        body = {
            "direction": direction,
            "dry_mass_g": mass_g,
            "contained_mg": metal(mass_g),
            "form": "concentrate",
        }
        return self.post("account.moved", owner, body, links=[account, lot])

    def certify(self, certifier: Player, code: str, lot: str, mass_g: int) -> str:
        """A certificate for a lot as it stands, by two officers, for 60 days."""
        certificate = certifier.subject("certificate", code)
        verifying, validating = certifier.officers[:2]
        body = {
            "lot": lot,
            "lot_head": self.head(lot),
            "country": "CD",
            "hs": COLTAN,
            "maximum_dry_mass_g": mass_g,
            "window": {
                "valid_from": format_time(self.now),
                "valid_until": format_time(self.now + 60 * DAY_MS),
            },
            "verifier": verifying.text,
            "validator": validating.text,
            "inspection": {"inspected_at": format_time(self.now - HOUR_MS), "report": document(code)},
            "assessment": {
                "framework": "AFRICA-ESG",
                "version": "2025",
                "assessed_at": format_time(self.now - HOUR_MS),
                "result": "conforms",
                "report": document(f"{code} assessment"),
            },
        }
        hands = [(certifier, verifying), (certifier, validating)]
        self.post("certificate.issued", hands, body, links=[certificate], about=[lot])
        return certificate

    def ban(self, authority: Player, code: str, *, country: str, hs: str, begins: str) -> str:
        """A ban on exports, announced in the log's file."""
        policy = authority.subject("policy", code)
        body = {
            "policy_kind": "ban",
            "country": country,
            "countries": [country],
            "minerals": [hs],
            "window": {"valid_from": begins, "valid_until": "2040-01-01T00:00:00Z"},
        }
        self.post("policy.published", authority, body, links=[policy], about=["log"])
        return policy

    def export(self, lot: str, exporter: Player, consignee: Player, certificate: str | None = None) -> str:
        """An export by road, consuming a certificate if there is one."""
        body: dict[str, Any] = {
            "consignee": consignee.party,
            "origin_country": "CD",
            "destination": "MA",
            "post": "CD-KASUMBALESA",
            "mode": "road",
            "customs_reference": "EX-2026-17",
        }
        links = [lot]
        if certificate is not None:
            body["certificate"] = certificate
            links.append(certificate)
        return self.post("lot.exported", exporter, body, links=links)


@dataclass
class Opened:
    """A bundle taken apart, to be changed and put together again by somebody who is careful about the form."""

    header: dict[str, Any]
    entries: dict[int, bytes]

    @classmethod
    def read(cls, data: bytes) -> Opened:
        """Take a bundle apart."""
        first, *lines = data.splitlines()
        header = json.loads(first)
        return cls(header, dict(zip(header["indexes"], lines, strict=True)))

    def write(self) -> bytes:
        """Put it together; header and indexes agree with the entries."""
        self.header["indexes"] = sorted(self.entries)
        lines = [write(self.header), *(self.entries[index] for index in self.header["indexes"])]
        return b"".join(line + b"\n" for line in lines)

    def prove(self, snapshot: Snapshot, size: int) -> Opened:
        """Make the proof of the entries anew, as anybody can who has the log's public tree."""
        proof = multiproof(snapshot, sorted(self.entries), size)
        self.header["proof"] = base64.b64encode(proof).decode()
        return self


@pytest.fixture(scope="session")
def open_bundle() -> Callable[[bytes], Opened]:
    """Take a bundle apart."""
    return Opened.read


@pytest.fixture
def scene() -> Scene:
    """An empty log, to be written by the test."""
    return Scene()


@pytest.fixture(scope="session")
def make_scene() -> Callable[[str], Scene]:
    """A maker of empty logs by origin."""
    return Scene


Story = SimpleNamespace
"""A finished scene: `scene`, the names of its subjects and events, and its trust file."""


def _cast(scene: Scene) -> None:
    scene.join("mines", "authority", countries=["AO", "CD"])
    scene.join("inspector", "inspector")
    scene.add_officer("inspector")
    scene.join("tagger", "tagging_agent")
    scene.join("customs", "customs", countries=["CD", "ZM"])
    scene.join("certifier", "certifier")
    scene.add_officer("certifier")
    scene.add_officer("certifier")
    for name in ("north", "south", "trader", "plant", "importer"):
        scene.join(name)


def _tell_origin(scene: Scene, told: Story) -> None:
    by = scene.players
    told.north_site = scene.register_site(by["mines"], "N", by["inspector"])
    told.south_site = scene.register_site(by["mines"], "S", by["inspector"])
    told.ban = scene.ban(by["mines"], "BAN-CD", country="CD", hs=COLTAN, begins="2039-01-01T00:00:00Z")
    told.ban_elsewhere = scene.ban(
        by["mines"], "BAN-AO", country="AO", hs=COLTAN, begins="2026-01-01T00:00:00Z"
    )
    told.ban_other = scene.ban(by["mines"], "BAN-CU", country="CD", hs=COPPER, begins="2026-01-01T00:00:00Z")
    told.tags = scene.issue_tags(by["tagger"], "T-1", told.north_site, by["north"])
    told.north_lot = scene.extract(by["north"], "N-1", told.north_site, 60_000, [(told.tags, [1, 2, 3])])
    told.other_lot = scene.extract(by["north"], "N-2", told.north_site, 20_000, [(told.tags, [4])])
    told.south_lot = scene.extract(by["south"], "S-1", told.south_site, 40_000)
    scene.publish()
    with scene.store.read() as snapshot:
        told.first_heads_index = snapshot.size() - 1
    told.first_heads = scene.event_at(told.first_heads_index)


def _tell_transit(scene: Scene, told: Story) -> None:
    by = scene.players
    trader = by["trader"]
    scene.hand_over(told.north_lot, by["north"], trader, 60_000, after=told.first_heads)
    scene.hand_over(told.south_lot, by["south"], trader, 40_000)
    told.incident = by["mines"].subject("incident", "I-1")
    opened = {"incident_class": "bribery", "severity": "minor"}
    scene.post("incident.opened", by["mines"], opened, links=[told.incident], about=[told.south_lot])
    closed = {"outcome": "unfounded"}
    scene.post("incident.closed", by["mines"], closed, links=[told.incident], about=[told.south_lot])
    told.merged, told.lot, told.sibling = (trader.subject("lot", code) for code in ("M-1", "A-1", "B-1"))
    edges = [(told.north_lot, told.merged, 60_000), (told.south_lot, told.merged, 40_000)]
    told.merge = scene.transform("lot.merged", trader, edges)
    edges = [(told.merged, told.lot, 70_000), (told.merged, told.sibling, 30_000)]
    told.split = scene.transform("lot.split", trader, edges)
    scene.post("lot.sealed", trader, {"action": "applied", "seals": ["SEAL-1"]}, links=[told.lot])
    dispatched = {
        "consignment": "CONS-1",
        "corridor": "NORTH-SOUTH",
        "from_post": "CD-KOLWEZI",
        "to_post": "ZM-KASUMBALESA",
        "mode": "road",
    }
    scene.post("lot.dispatched", trader, dispatched, links=[told.lot])
    scene.post("lot.stored", trader, {"post": "CD-KOLWEZI"}, links=[told.sibling])
    scene.now += 2 * DAY_MS
    passed = {"country": "CD", "post": "CD-KASUMBALESA"}
    scene.post("post.passed", by["customs"], passed, about=sorted([told.lot, told.sibling]))
    seen = {"action": "verified", "seals": ["SEAL-1"], "post": "CD-KASUMBALESA"}
    scene.post("lot.sealed", by["customs"], seen, about=[told.lot])


def _tell_certification(scene: Scene, told: Story) -> None:
    by = scene.players
    told.certificate = scene.certify(by["certifier"], "C-1", told.lot, 70_000)
    told.export = scene.export(told.lot, by["trader"], by["importer"], told.certificate)
    crossed = {
        "country": "CD",
        "post": "CD-KASUMBALESA",
        "direction": "exit",
        "customs_reference": "EX-2026-17",
    }
    scene.post("border.crossed", by["customs"], crossed, about=[told.lot])
    crossed |= {"country": "ZM", "post": "ZM-KASUMBALESA", "direction": "entry"}
    scene.post("border.crossed", by["customs"], crossed, about=[told.lot])
    received = {"weight": weight(69_900), "contained_mg": metal(69_900)}
    scene.post("lot.received", by["importer"], received, links=[told.lot])
    looked = dict.fromkeys(("origin", "transit", "certification"), "shown")
    looked |= {"as_of_root": sha256(b"a root").hexdigest(), "as_of_size": 2}
    scene.post("verification.performed", by["importer"], looked, about=[told.lot])


def _tell_account(scene: Scene, told: Story) -> None:
    plant = scene.players["plant"]
    told.account = plant.subject("account", "P")
    body = {
        "account_kind": "plant",
        "hs": COLTAN,
        "form": "concentrate",
        "country": "CD",
        "post": "CD-KOLWEZI",
    }
    scene.post("account.opened", plant, body, links=[told.account])
    told.salt = sha256(b"salt").hexdigest()
    told.supplier = "SCRAP-AND-SONS"
    hidden = {"supplier": commitment(bytes.fromhex(told.salt), plant.party, "supplier", told.supplier)}
    told.first_in = scene.declare(plant, "R-1", 50_000, commitments=hidden)
    told.declared_first = scene.head(told.first_in)
    scene.move(plant, told.account, told.first_in, "in", 50_000)
    told.first_drawn = plant.subject("lot", "D-1")
    scene.move(plant, told.account, told.first_drawn, "out", 10_000)
    told.second_in = scene.declare(plant, "R-2", 30_000)
    scene.move(plant, told.account, told.second_in, "in", 30_000)
    told.second_drawn = plant.subject("lot", "D-2")
    scene.move(plant, told.account, told.second_drawn, "out", 20_000)


def _tell(scene: Scene) -> Story:
    told = Story(scene=scene, trust=scene.trust())
    _cast(scene)
    _tell_origin(scene, told)
    _tell_transit(scene, told)
    _tell_certification(scene, told)
    _tell_account(scene, told)
    told.note = scene.publish()
    return told


@pytest.fixture
def fresh_story() -> Story:
    """A story of the test's own, to be written on."""
    return _tell(Scene())


@pytest.fixture(scope="session")
def tell_story() -> Callable[[], Story]:
    """A teller of stories to be written on."""
    return lambda: _tell(Scene())


@pytest.fixture(scope="session")
def story() -> Story:
    """One finished story for all tests: nobody writes on it."""
    return _tell(Scene())
