"""Attacks on the trust file, the checkpoint and the genesis (step 2)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from hashlib import sha256
from typing import Final

import forge
from attack_tools import (
    ATTACKS,
    edwards,
    stops_at,
    with_genesis,
    with_header,
    with_lies,
    with_payload,
    with_trust,
)
from forge import ZERO, Lies, canonical
from small_log import ORIGIN, SmallLog, make_key

from ledger.cosignature import cosign
from ledger.note import COSIGNATURE_V1, ED25519, VerifierKey, sign_note, signature_line

MORE: Final = forge.b64(bytes([COSIGNATURE_V1]) + make_key("more").public)
"""The key of a witness that nobody asks for, as a vkey ends."""


BLANK: Final = "a\N{NO-BREAK SPACE}b"


def vkey_id(name: str) -> str:
    """Give the id that fits this key under a name."""
    return sha256(name.encode() + b"\n" + base64.b64decode(MORE)).hexdigest()[:8]


TRUSTS: Final[dict[str, Callable[[str], str]]] = {
    "a_trust_file_without_genesis": lambda text: text.replace("#otc genesis", "# genesis"),
    "a_trust_file_of_another_genesis": lambda text: text.replace(
        "#otc genesis " + ORIGIN, "#otc genesis other.example"
    ),
    "a_second_genesis_line": lambda text: f"#otc genesis {ORIGIN} {ZERO}\n{text}",
    "a_second_time_of_issue": lambda text: f"#otc issued 2026-01-01T00:00:00Z\n{text}",
    "an_unknown_line_of_ours": lambda text: f"#otc allow everything\n{text}",
    "an_unknown_word": lambda text: f"allow everything\n{text}",
    "a_trust_file_cut_short": lambda text: text[:-1],
    "a_second_quorum": lambda text: f"{text}quorum none\n",
    "no_quorum": lambda text: text.replace("quorum enough\n", ""),
    "a_quorum_of_four_of_three": lambda text: text.replace("enough 2", "enough 4"),
    "a_member_of_two_groups": lambda text: text.replace("quorum", "group more any ngo\nquorum"),
    "a_vkey_of_another_id": lambda text: f"witness more w.example/more+00000000+{MORE}\n{text}",
    "a_vkey_without_name": lambda text: f"witness more +{vkey_id('')}+{MORE}\n{text}",
    "a_vkey_with_a_blank_in_its_name": lambda text: f"witness more {BLANK}+{vkey_id(BLANK)}+{MORE}\n{text}",
    "a_post_quantum_vkey_too_short": lambda text: (
        f"witness pq {VerifierKey.of('pq.example', 6, bytes(32))}\n{text}"
    ),
    "a_witness_called_none": lambda text: text.replace("witness ngo", "witness none").replace(
        "mirror ngo", "mirror"
    ),
    "a_group_called_none": lambda text: text.replace("quorum enough", "group none any enough\nquorum none"),
    "a_group_called_as_a_witness": lambda text: text.replace("quorum", "group ngo any enough\nquorum"),
    "a_member_of_a_later_line": lambda text: text.replace("group", "group early any enough\ngroup"),
    "a_quorum_of_nobody": lambda text: text.replace("quorum enough", "quorum nobody"),
    "a_threshold_of_nought": lambda text: text.replace("enough 2", "enough 0"),
    "distrust_of_no_index": lambda text: f"#otc distrust party:{'a' * 32} 007\n{text}",
    "distrust_of_nobody": lambda text: f"#otc distrust log 7\n{text}",
    "a_carriage_return": lambda text: text.replace("\n", "\r\n"),
    "no_log_of_this_origin": lambda text: "\n".join(
        line for line in text.split("\n") if not line.startswith("log")
    ),
    "more_than_256_kibibytes": lambda text: text + "#\n" * 2**17,
}


def _register_trusts() -> None:
    for name, change in TRUSTS.items():
        ATTACKS[name] = 2, lambda change=change: with_trust(change)


_register_trusts()


@stops_at(2)
def a_weak_witness_key() -> tuple[bytes, bytes]:
    """The identity point would cosign everything."""
    vkey = VerifierKey.of("w.example/weak", COSIGNATURE_V1, edwards.encode((0, 1)))
    return with_trust(lambda text: f"witness weak {vkey}\n{text}")


@stops_at(2)
def a_weak_log_key() -> tuple[bytes, bytes]:
    """The point of order two is no key of a log."""
    vkey = VerifierKey.of(ORIGIN, ED25519, edwards.encode((0, edwards.P - 1)))
    return with_trust(lambda text: f"log {vkey}\n{text}")


@stops_at(2)
def an_unsupported_witness_that_is_asked_for() -> tuple[bytes, bytes]:
    """It never counts."""
    vkey = VerifierKey.of("w.example/pq", 6, bytes(1312))
    return with_trust(lambda text: f"witness pq {vkey}\n{text.replace('quorum enough', 'quorum pq')}")


@stops_at(2)
def one_witness_of_two() -> tuple[bytes, bytes]:
    """The quorum is two of three."""
    return with_lies(note=lambda note: "".join(note.splitlines(keepends=True)[:-2]))


@stops_at(2)
def one_witness_twice() -> tuple[bytes, bytes]:
    """One key counts once."""

    def twice(note: str) -> str:
        *lines, _, _ = note.splitlines(keepends=True)
        return "".join([*lines, lines[-1]])

    return with_lies(note=twice)


@stops_at(2)
def a_bad_cosignature_beside_a_quorum() -> tuple[bytes, bytes]:
    """A known key's bad signature refuses the note, whoever else has signed."""

    def spoil(note: str) -> str:
        lines = note.splitlines(keepends=True)
        name, _, blob = lines[-1].rstrip("\n").rpartition(" ")
        data = base64.b64decode(blob)
        lines[-1] = f"{name} {forge.b64(data[:-1] + bytes([data[-1] ^ 1]))}\n"
        return "".join(lines)

    return with_lies(note=spoil)


@stops_at(2)
def the_log_does_not_sign() -> tuple[bytes, bytes]:
    """Witnesses alone are not enough."""
    return with_lies(note=lambda note: note.replace(note.split("\n\n")[1].split("\n")[0] + "\n", ""))


@stops_at(2)
def an_extension_line() -> tuple[bytes, bytes]:
    """Signed and cosigned, and refused."""
    return with_lies(text=lambda text: text + "extension\n")


@stops_at(2)
def a_bell_in_the_note() -> tuple[bytes, bytes]:
    """A control character in the name of an unknown key."""
    line = f"— un\akno.wn {forge.b64(bytes(68))}\n"
    return with_lies(note=lambda note: note + line)


@stops_at(2)
def a_note_of_half_a_mebibyte() -> tuple[bytes, bytes]:
    """Whoever has signed."""
    line = f"— unknown.example {forge.b64(bytes(400_000))}\n"
    return with_lies(note=lambda note: note + line)


@stops_at(2)
def a_line_with_a_key_id_alone() -> tuple[bytes, bytes]:
    """Unknown lines are passed over if their form is good."""
    line = f"— unknown.example {forge.b64(bytes(4))}\n"
    return with_lies(note=lambda note: note + line)


@stops_at(2)
def a_cosignature_beyond_all_time() -> tuple[bytes, bytes]:
    """Good but for its time, 2^63 s."""
    log = SmallLog()
    key = log.forger.witnesses["ngo"]

    def late(note: str) -> str:
        text = note.partition("\n\n")[0] + "\n"
        stamp = (2**63).to_bytes(8, "big") + key.sign(f"cosignature/v1\ntime {2**63}\n{text}".encode())
        return note + str(signature_line(VerifierKey.of("w.example/ngo", COSIGNATURE_V1, key.public), stamp))

    return log.bundle(Lies(note=late)), log.trust


@stops_at(2)
def another_origin() -> tuple[bytes, bytes]:
    """Signed by the log's key under its own name."""
    return with_lies(text=lambda text: text.replace(ORIGIN, "other.example"))


@stops_at(2)
def sixty_five_signatures() -> tuple[bytes, bytes]:
    """Four of them known, the others of nobody."""
    line = f"— unknown.example {forge.b64(bytes(68))}\n"
    return with_lies(note=lambda note: note + line * 61)


@stops_at(0)
def sixty_four_signatures() -> tuple[bytes, bytes]:
    """As many as there may be."""
    line = f"— unknown.example {forge.b64(bytes(68))}\n"
    return with_lies(note=lambda note: note + line * 60)


@stops_at(2)
def a_log_of_one_entry() -> tuple[bytes, bytes]:
    """There are no heads in it."""
    log = SmallLog()
    text = f"{ORIGIN}\n1\n{forge.b64(forge.leaf_hash(log.entries[0]))}\n"
    lines = [sign_note(text, ORIGIN, log.forger.log_key)]
    lines += [cosign(text, f"w.example/{name}", key, 1) for name, key in log.forger.witnesses.items()]
    note = f"{text}\n{''.join(lines)}"
    header = json.loads(log.bundle().split(b"\n")[0]) | {"checkpoint": note, "indexes": [0], "proof": ""}
    return canonical(header) + b"\n" + log.entries[0] + b"\n", log.trust


@stops_at(2)
def no_genesis() -> tuple[bytes, bytes]:
    """Entry 0 is left out, with a proof that it may be."""
    return with_lies(omit=[0])


@stops_at(2)
def a_header_of_another_log() -> tuple[bytes, bytes]:
    """The header names another genesis."""
    return with_header(lambda header: header.update(log="11" * 32))


@stops_at(2)
def an_event_of_another_log() -> tuple[bytes, bytes]:
    """Signed for another log, and entered into this one."""
    return with_payload(lambda said: said.update(log="11" * 32))


@stops_at(2)
def a_batch_signed_genesis() -> tuple[bytes, bytes]:
    """The genesis is signed one by one."""
    log = SmallLog()
    entry = json.loads(log.entries[0])
    entry["event"]["signatures"][0]["batch"] = {"index": 0, "path": forge.b64(bytes(32)), "size": 2}
    log.entries[0] = canonical(entry)
    return log.bundle(), log.trust


@stops_at(2)
def a_genesis_of_another_origin() -> tuple[bytes, bytes]:
    """It says for which log it is."""
    return with_genesis(lambda said: said["body"].update(log_origin="other.example"))


@stops_at(2)
def a_genesis_of_another_type() -> tuple[bytes, bytes]:
    """Entry 0 is log.genesis, whatever the trust file names."""
    return with_genesis(lambda said: said.update(type="log.heads"))


@stops_at(2)
def a_genesis_of_another_log() -> tuple[bytes, bytes]:
    """Its own `log` is zeros."""
    return with_genesis(lambda said: said.update(log="11" * 32))


@stops_at(2)
def a_genesis_without_operator() -> tuple[bytes, bytes]:
    """Somebody must sign the heads."""
    return with_genesis(lambda said: said["body"].pop("operator"))
