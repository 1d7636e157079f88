"""What attacks are made with: the table of them, keys that sign as no library would, and edits of good bundles.

Each attack has a name, is on one rule, and says at which step the page has it stopped (0: nothing stops it).
Every bundle is right but for its one point: what lies above it has been signed again, by whoever's keys it takes.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from forge import Lies, Payload, canonical
from small_log import SmallLog

from ledger.keys import encode_multikey

Attack = Callable[[], tuple[bytes, bytes]]
ATTACKS: Final[dict[str, tuple[int, Attack]]] = {}


def stops_at(step: int) -> Callable[[Attack], Attack]:
    """Register an attack with the step that stops it."""

    def register(attack: Attack) -> Attack:
        ATTACKS[attack.__name__] = step, attack
        return attack

    return register


def load_edwards() -> ModuleType:
    """Load the textbook curve of the ledger's tests."""
    place = Path(__file__).parents[1] / "ledger" / "edwards.py"
    spec = importlib.util.spec_from_file_location("edwards", place)
    assert spec is not None
    assert spec.loader is not None
    sys.modules.setdefault("edwards", module := importlib.util.module_from_spec(spec))
    spec.loader.exec_module(module)
    return module


edwards = load_edwards()


class Scalar:
    """A key of which the scalar is known, to sign as no library would."""

    def __init__(
        self, key_part: tuple[int, int] = (0, 1), *, nonce: int = 0x5EED, raised: bool = False
    ) -> None:
        self.forger = edwards.Forger(key_part=key_part)
        self.text = encode_multikey(self.forger.public)
        self.nonce = nonce
        self.raised = raised

    def sign(self, message: bytes) -> bytes:
        """Sign with a chosen nonce; `raised` adds the group's order to S."""
        signature: bytes = self.forger.sign(message, nonce=self.nonce)
        s = int.from_bytes(signature[32:], "little") + (edwards.L if self.raised else 0)
        return signature[:32] + s.to_bytes(32, "little")


class Constant:
    """The identity point as a key: one signature, R = B and S = 1, fits every message."""

    text = encode_multikey(edwards.encode((0, 1)))

    def sign(self, message: bytes) -> bytes:
        """Give it, whatever is asked."""
        return bytes(edwards.encode(edwards.B)) + (1).to_bytes(32, "little")


class NoKey:
    """The text of no key, and signatures of zeros."""

    text = "z6Mk" + "z" * 44

    def sign(self, _message: bytes) -> bytes:
        """Give zeros."""
        return bytes(64)


# --- edits --------------------------------------------------------------------------------------------------------


def good() -> tuple[bytes, bytes]:
    """Give an honest bundle of the small log."""
    log = SmallLog()
    return log.bundle(), log.trust


def with_header(change: Callable[[dict[str, Any]], object], **choices: Any) -> tuple[bytes, bytes]:  # noqa: ANN401  # the bundle's
    """Edit the header of a good bundle, in good form."""
    log = SmallLog()
    return log.bundle(Lies(header=change), **choices), log.trust


def with_bytes(change: Callable[[bytes], bytes]) -> tuple[bytes, bytes]:
    """Edit the bytes of a good bundle."""
    data, trust = good()
    edited = change(data)
    assert edited != data
    return edited, trust


def with_payload(change: Callable[[Payload], object]) -> tuple[bytes, bytes]:
    """Append an event about the lot by the introducer that is signed, but of a form that is not the page's."""
    log = SmallLog()
    payload = log.payload("border.crossed", ["introducer"], {}, about=[log.lot])
    change(payload)
    log.add(payload)
    return log.bundle(), log.trust


def with_envelope(change: Callable[[dict[str, Any]], object]) -> tuple[bytes, bytes]:
    """Edit the envelope of the event about the lot, and make all proofs anew."""
    log = SmallLog()
    entry = json.loads(log.entries[3])
    change(entry["event"])
    log.entries[3] = canonical(entry)
    return log.bundle(), log.trust


def with_trust(change: Callable[[str], str]) -> tuple[bytes, bytes]:
    """Edit the trust file of a good bundle."""
    data, trust = good()
    edited = change(trust.decode()).encode()
    assert edited != trust
    return data, edited


def with_genesis(change: Callable[[Payload], object]) -> tuple[bytes, bytes]:
    """Begin the log with another genesis, which the trust file names."""
    log = SmallLog(change)
    return log.bundle(), log.trust


def with_lies(**lies: Any) -> tuple[bytes, bytes]:  # noqa: ANN401  # as Lies takes them
    """Let the operator lie."""
    log = SmallLog()
    return log.bundle(Lies(**lies)), log.trust


def with_key(key: Any) -> tuple[bytes, bytes]:  # noqa: ANN401  # small_log.Key
    """Let a party with this key join and speak about the lot."""
    log = SmallLog()
    inception = log.join("odd", key)
    log.post("party.incepted", ["odd", "introducer"], {"inception": inception}, [log.parties["odd"]])
    log.post("border.crossed", ["odd"], {}, about=[log.lot])
    return log.bundle(), log.trust


def batched(log: SmallLog, numbers: int = 3) -> list[bytes]:
    """Give envelopes about the lot that the introducer signs in a batch."""
    payloads = [
        log.payload("border.crossed", ["introducer"], {"n": number}, about=[log.lot])
        for number in range(numbers)
    ]
    return log.forger.batch(payloads)


def longer(data: bytes, count: int) -> bytes:
    """Lengthen the header by some bytes that no form forbids: they stand before the checkpoint's origin."""
    return data.replace(b'"checkpoint":"', b'"checkpoint":"' + b"x" * count, 1)


def nested(levels: int) -> object:
    """Give arrays in arrays."""
    return [nested(levels - 1)] if levels > 1 else []
