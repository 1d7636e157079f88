"""Founding a log: its genesis, composed and signed, and the data folder that begins with it (PROTOCOL section 7).

The genesis embeds the inception objects of roots, operator and first introducers; all of them sign it. A data folder
then holds:

    ledger.db      the log, of one entry
    log.key        signs checkpoints (0600)         operator.key   signs the heads statements (0600)
    trust.policy   for verifiers: the log's vkey, the genesis hash, the witnesses and how many of them it takes
    genesis.json   the envelope of entry 0, byte for byte

The head file appears beside them with the first checkpoint: until then nothing has been signed. Keys, entropy and
time are arguments; the same ones make the same genesis. Problem codes: `founding.in_use`, `founding.refused`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from api.compose import compose
from api.keyfiles import PRIVATE_MODE, PUBLIC_MODE, Founder, make_inception, party_of, write_all
from corridor.journal import Journal, NotCommitted, read_signed
from corridor.logbook import LogGenesis
from corridor.policies import LIMITS, RULES_DIGEST
from corridor.statements import read_body
from ledger.chain import GENESIS_PREV
from ledger.envelope import Envelope, sign
from ledger.errors import LedgerError
from ledger.keys import SigningKey
from ledger.note import ED25519, VerifierKey
from ledger.payload import Signer
from ledger.quorum import Group, TrustedLog, TrustedWitness, TrustFile, read_trust, write_trust
from ledger.store.sql import SqlStore
from ledger.subjects import LOG
from ledger.values import Value

__all__ = [
    "Founded",
    "Founder",
    "FoundingKeys",
    "Terms",
    "compose_genesis",
    "establish",
    "found",
    "log_vkey",
    "majority",
    "make_founder",
    "make_inception",
    "make_log_key",
    "refuse_folder_in_use",
    "trust_of",
]

ROOT_DELAY_S: Final = 7 * 86_400
"""A root act takes effect a week later, so that the other roots, on leave or at sea, can veto it."""

DEMONSTRATION_ROOTS: Final = 3
DEMONSTRATION_INTRODUCERS: Final = 2
"""A certifier takes two introducers (PROTOCOL section 6)."""

WITNESS_GROUP: Final = "witnesses"

DATABASE: Final = "ledger.db"
LOG_KEY: Final = "log.key"
OPERATOR_KEY: Final = "operator.key"
TRUST_FILE: Final = "trust.policy"
GENESIS_FILE: Final = "genesis.json"


class FoundingRefused(LedgerError):
    """A log that cannot be founded so, or not here (codes `founding.*`)."""


@dataclass(frozen=True, slots=True)
class FoundingKeys:
    """Everybody who signs a genesis, and the key that will sign the log's checkpoints."""

    roots: tuple[Founder, ...]
    operator: Founder
    introducers: tuple[Founder, ...]
    log: SigningKey

    @classmethod
    def from_entropy(
        cls,
        entropy: bytes,
        *,
        roots: int = DEMONSTRATION_ROOTS,
        introducers: int = DEMONSTRATION_INTRODUCERS,
    ) -> FoundingKeys:
        """Make all keys from at least 32 bytes of dice: the same bytes give the same keys."""
        return cls(
            roots=tuple(make_founder(entropy, f"root {number}") for number in range(1, roots + 1)),
            operator=make_founder(entropy, "operator"),
            introducers=tuple(
                make_founder(entropy, f"introducer {number}") for number in range(1, introducers + 1)
            ),
            log=make_log_key(entropy),
        )

    def everybody(self) -> list[Founder]:
        """Roots, operator and introducers."""
        return [*self.roots, self.operator, *self.introducers]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a genesis fixes for ever, beside its parties."""

    origin: str
    root_threshold: int
    root_delay_s: int = ROOT_DELAY_S
    entries_public_after_s: int = 0


@dataclass(frozen=True, slots=True)
class Founded:
    """A log that begins: its genesis event id (hex), the vkey of its checkpoints, and entry 0's envelope."""

    genesis_id: str
    vkey: str
    envelope: bytes


def make_founder(entropy: bytes, name: str) -> Founder:
    """Make a party's keys and salt from dice and a name by which to tell them apart."""
    return Founder(
        key=SigningKey.generate(_dice(entropy, f"{name} key")),
        next_key=SigningKey.generate(_dice(entropy, f"{name} next")),
        salt=_dice(entropy, f"{name} salt"),
        value={"name": name},
    )


def make_log_key(entropy: bytes) -> SigningKey:
    """Make the key of a log's checkpoints from dice."""
    return SigningKey.generate(_dice(entropy, "log"))


def _dice(entropy: bytes, name: str) -> bytes:
    if len(entropy) < sha256().digest_size:
        raise FoundingRefused("founding.refused", "A log's keys need at least 32 bytes of entropy.")
    return sha256(b"otc/founding/v1\n" + name.encode() + b"\n" + entropy).digest()


def log_vkey(origin: str, key: SigningKey) -> VerifierKey:
    """Return the key by which the log's checkpoints are verified."""
    return VerifierKey.of(origin, ED25519, key.public)


def majority(count: int) -> int:
    """Return how many of `count` make a majority."""
    return count // 2 + 1


def compose_genesis(
    terms: Terms,
    *,
    roots: Sequence[dict[str, str]],
    operator: dict[str, str],
    introducers: Sequence[dict[str, str]],
    vkey: VerifierKey,
    at_ms: int,
) -> bytes:
    """Return the genesis payload for these inception objects; FormError with a pointer if one does not fit."""
    embedded = [*roots, operator, *introducers]
    parties = {party_of(inception): inception["key"] for inception in embedded}
    if len(parties) != len(embedded):
        raise FoundingRefused("founding.refused", "A party is named twice among the founders.")
    if not 1 <= terms.root_threshold <= len(roots):
        raise FoundingRefused("founding.refused", f"The root threshold is from 1 to {len(roots)}.")
    body: dict[str, Value] = {
        "log_origin": terms.origin,
        "log_vkey": str(vkey),
        "rule_set": {"number": LIMITS.number, "digest": RULES_DIGEST},
        "root_delay_s": terms.root_delay_s,
        "root_threshold": terms.root_threshold,
        "entries_public_after_s": terms.entries_public_after_s,
        "roots": [dict[str, Value](inception) for inception in roots],
        "operator": dict[str, Value](operator),
        "introducers": [dict[str, Value](inception) for inception in introducers],
    }
    return compose(
        "log.genesis",
        log_id=GENESIS_PREV,
        actor=party_of(operator),
        signers=[Signer(key, party) for party, key in parties.items()],
        body=body,
        links=dict.fromkeys([LOG, *parties], GENESIS_PREV),
        claimed_at_ms=at_ms,
        counter=0,
    )


def found(
    data: Path,
    *,
    origin: str,
    keys: FoundingKeys,
    at_ms: int,
    witnesses: Sequence[TrustedWitness] = (),
    root_delay_s: int = ROOT_DELAY_S,
    entries_public_after_s: int = 0,
) -> Founded:
    """Found a log whose founders' keys are all at hand, as in a demonstration, in the empty or new folder `data`.

    `at_ms` is the time of entry 0 in ms since 1970. The founders' private keys are not written.
    """
    refuse_folder_in_use(data)
    payload = compose_genesis(
        Terms(origin, majority(len(keys.roots)), root_delay_s, entries_public_after_s),
        roots=[founder.inception for founder in keys.roots],
        operator=keys.operator.inception,
        introducers=[founder.inception for founder in keys.introducers],
        vkey=log_vkey(origin, keys.log),
        at_ms=at_ms,
    )
    envelope = sign(payload, [founder.key for founder in keys.everybody()])
    files = {
        LOG_KEY: (keys.log.write_pem(), PRIVATE_MODE),
        OPERATOR_KEY: (keys.operator.key.write_pem(), PRIVATE_MODE),
    }
    data.mkdir(parents=True, exist_ok=True)
    try:
        write_all({data / name: file for name, file in files.items()})
        return establish(data, envelope, at_ms=at_ms, witnesses=witnesses)
    except (LedgerError, OSError):
        for path in data.iterdir():
            path.unlink()
        raise


def establish(
    data: Path, envelope: bytes, *, at_ms: int, witnesses: Sequence[TrustedWitness] = ()
) -> Founded:
    """Begin a log with its signed genesis in a folder that holds `log.key` and `operator.key` already.

    The signatures are checked, and the genesis goes in through the journal like every event. The database is made
    last, under its name only when whole: a call that fails leaves no log behind.
    """
    signed = read_signed(envelope)
    body = read_body(signed.payload)
    if not isinstance(body, LogGenesis):
        raise FoundingRefused("founding.refused", "The event is not a genesis.")
    trust = write_trust(trust_of(body, signed.event_id, witnesses, at_ms))
    # Names and addresses of witnesses are the caller's: what nobody could read is refused here.
    read_trust(trust)
    building = data / f"{DATABASE}.new"
    try:
        _begin_log(building, signed, at_ms)
        write_all(
            {
                data / GENESIS_FILE: (envelope, PUBLIC_MODE),
                data / TRUST_FILE: (trust, PUBLIC_MODE),
            }
        )
    except (LedgerError, OSError):
        for file in data.glob(f"{building.name}*"):
            file.unlink()
        raise
    building.rename(data / DATABASE)
    return Founded(signed.event_id, body.log_vkey, envelope)


def _begin_log(path: Path, genesis: Envelope, at_ms: int) -> None:
    """Make a database whose one entry is the genesis."""
    store = SqlStore.create(path)
    try:
        (outcome,) = Journal(store).post([genesis], lambda _envelope: at_ms)
    finally:
        store.close()
    if isinstance(outcome, NotCommitted):
        raise outcome.error


def trust_of(
    genesis: LogGenesis, genesis_id: str, witnesses: Sequence[TrustedWitness], issued_ms: int
) -> TrustFile:
    """Return the trust file of a new log: a majority of the witnesses must cosign; `quorum none` without any."""
    names = tuple(witness.name for witness in witnesses)
    group = Group(WITNESS_GROUP, majority(len(names)), names)
    return TrustFile(
        logs=(TrustedLog(VerifierKey.parse(genesis.log_vkey)),),
        witnesses=tuple(witnesses),
        groups=(group,) if names else (),
        quorum=WITNESS_GROUP if names else "none",
        genesis={genesis.log_origin: genesis_id},
        issued_ms=issued_ms,
    )


def refuse_folder_in_use(data: Path) -> None:
    """Raise FoundingRefused `founding.in_use` unless `data` is an empty folder or does not exist."""
    if not data.exists():
        return
    if not data.is_dir():
        raise FoundingRefused("founding.in_use", f"{data} is no folder.", hint="Choose another name.")
    if any(data.iterdir()):
        hint = "A log is begun once: choose an empty or a new folder."
        raise FoundingRefused("founding.in_use", f"{data} is in use.", hint=hint)
