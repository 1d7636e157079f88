"""`./run bench`: figures as ratios to the raw limit and to a naive baseline, measured in one run on one machine.

V is the number of Ed25519 verifications a second of one core with the `cryptography` package. Each figure names its
mix. Nothing here asserts: timing on a shared machine is no test.

    ./run bench --json figures.json
"""

from __future__ import annotations

import argparse
import json
import platform
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from season import Kept, Season, keep

from certifiers.audit import audit_entries
from certifiers.verifier import verify
from corridor import rules
from corridor.journal import Journal, read_signed
from corridor.states import State
from corridor.world import World
from ledger.engines import pynacl_engine
from ledger.envelope import read_envelope
from ledger.merkle import MemoryTree, inclusion_proof, leaf_hash
from ledger.ports import Record
from ledger.store.memory import MemoryStore
from ledger.store.sql import SqlStore
from ledger.trust_file import read_trust

ROOT = Path(__file__).resolve().parents[2]
ENTRIES_OF_A_TREE = 100_000
GROUP = 50


def timed(work: Callable[[], int]) -> float:
    """Do work that returns how many things it did; give things a second."""
    start = time.perf_counter()
    done = work()
    return done / (time.perf_counter() - start)


def raw_verifications() -> float:
    """V: `cryptography`, one core, one key, 300 bytes."""
    key = Ed25519PrivateKey.generate()
    message = b"x" * 300
    signature, public = key.sign(message), key.public_key()

    def work() -> int:
        for _ in range(4_000):
            public.verify(signature, message)
        return 4_000

    return timed(work)


def engine_verifications(season: Season) -> float:
    """The engine in use, on the season's own signatures."""
    from ledger.envelope import PAYLOAD_TYPE, pae
    from ledger.keys import decode_multikey, verify

    jobs = [
        (decode_multikey(s.keyid), pae(PAYLOAD_TYPE, e.payload.raw), s.sig)
        for e in map(read_envelope, season.envelopes)
        for s in e.signatures
    ]

    def work() -> int:
        for public, message, signature in jobs:
            verify(public, message, signature, engine=pynacl_engine)
        return len(jobs)

    return timed(work)


def figures(events: int) -> list[tuple[str, float, str]]:
    """Measure; each row is (what, figure, unit or ratio)."""
    season = Season.make(events)
    v = raw_verifications()
    rows: list[tuple[str, float, str]] = [("V: raw verifications", v, "signatures/s")]
    rows.append(("engine under the one signature rule", engine_verifications(season) / v, "V signatures"))
    rows.append(
        (
            "envelopes read (form only)",
            timed(lambda: len([read_envelope(e) for e in season.envelopes])),
            "events/s",
        )
    )
    rows.append(
        (
            "envelopes read and signatures checked",
            timed(lambda: len([read_signed(e) for e in season.envelopes])) / v,
            "V events",
        )
    )
    rows.append(("admitted and evolved, in memory", _replayed(season), "events/s"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        rows.append(
            (
                f"journal on SQLite, groups of {GROUP}, no signatures",
                _journal(SqlStore.create(path / "a.db"), season),
                "events/s",
            )
        )
        ours = _rows(path / "b.db", season)
        raw = _raw_rows(path / "c.db", season)
        rows.append(("commit path without rules or signatures (S5)", ours / raw, "of raw executemany"))
    kept = keep(season)
    signatures = sum(len(read_envelope(e).signatures) for e in season.envelopes) + 1
    rows.append(("audit of entries, one process (S1)", _audited(kept, signatures) / v, "V signatures"))
    rows += _verified(kept)
    p99 = _proofs()
    rows.append((f"inclusion proof at {ENTRIES_OF_A_TREE} entries in memory, p99", p99 * 1e6, "µs"))
    return rows


def _replayed(season: Season) -> float:
    envelopes = [read_envelope(e) for e in season.envelopes]
    states: dict[str, State] = {}
    world = World(states.get, lambda _: None)

    def work() -> int:
        for index, envelope in enumerate(envelopes):
            act = rules.act_of(envelope, index, season.times[index], world)
            rules.admit(act)
            states.update(rules.evolve(act))
        return len(envelopes)

    return timed(work)


def _journal(store: SqlStore | MemoryStore, season: Season) -> float:
    envelopes = [read_envelope(e) for e in season.envelopes]
    clock = dict(zip((e.event_id for e in envelopes), season.times, strict=True))
    journal = Journal(store)

    def work() -> int:
        for start in range(0, len(envelopes), GROUP):
            journal.post(envelopes[start : start + GROUP], lambda e: clock[e.event_id])
        return len(envelopes)

    rate = timed(work)
    store.close()
    return rate


def _rows(path: Path, season: Season) -> float:
    store = SqlStore.create(path)
    records = [
        Record(e, at, read_envelope(e).event_id.encode()[:32], (), ())
        for e, at in zip(season.envelopes, season.times, strict=True)
    ]

    def work() -> int:
        for start in range(0, len(records), GROUP):
            with store.write() as transaction:
                transaction.append(records[start : start + GROUP])
        return len(records)

    rate = timed(work)
    store.close()
    return rate


def _raw_rows(path: Path, season: Season) -> float:
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute(
        "CREATE TABLE entries (idx INTEGER PRIMARY KEY, event_id BLOB UNIQUE, at INTEGER, entry BLOB)"
    )
    rows = [
        (i, read_envelope(e).event_id.encode()[:32], at, e)
        for i, (e, at) in enumerate(zip(season.envelopes, season.times, strict=True))
    ]

    def work() -> int:
        for start in range(0, len(rows), GROUP):
            database.execute("BEGIN IMMEDIATE")
            database.executemany("INSERT INTO entries VALUES (?,?,?,?)", rows[start : start + GROUP])
            database.execute("COMMIT")
        return len(rows)

    rate = timed(work)
    database.close()
    return rate


def _audited(kept: Kept, signatures: int) -> float:
    def work() -> int:
        problems = list(audit_entries(kept.entries))
        if problems:
            raise RuntimeError("the season audits to problems")
        return signatures

    return timed(work)


def _verified(kept: Kept) -> list[tuple[str, float, str]]:
    """One lot's bundle: inside a process, and as a whole process beside a bare import of `cryptography`."""
    trust = read_trust(kept.trust)
    inside = 1_000 / timed(lambda: len([verify(kept.bundle, trust) for _ in range(50)]))
    with tempfile.TemporaryDirectory() as folder:
        bundle, policy = Path(folder, "lot.bundle"), Path(folder, "trust.policy")
        bundle.write_bytes(kept.bundle)
        policy.write_bytes(kept.trust)
        ours = _process("-m", "api", "verify", str(bundle), "--trust", str(policy))
        bare = _process("-c", "import cryptography.hazmat.primitives.asymmetric.ed25519")
    return [
        (f"verify a bundle of {len(kept.bundle):,} bytes, in a process", inside, "ms"),
        ("`otc verify` as a whole process (S14)", ours / bare, "of a bare import of cryptography"),
    ]


def _process(*arguments: str) -> float:
    took = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True, cwd=ROOT)
        took.append(time.perf_counter() - start)
    return sorted(took)[2]


def _proofs() -> float:
    tree = MemoryTree([leaf_hash(i.to_bytes(8, "big")) for i in range(ENTRIES_OF_A_TREE)])
    took = []
    for i in range(2_000):
        start = time.perf_counter()
        inclusion_proof(tree, i * 7_919 % ENTRIES_OF_A_TREE, ENTRIES_OF_A_TREE)
        took.append(time.perf_counter() - start)
    return sorted(took)[len(took) * 99 // 100]


def main() -> int:
    """Print a table; write JSON if asked."""
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("--json", type=Path, help="write every figure to this file")
    parser.add_argument("--events", type=int, default=4_000, help="events of the measured season")
    arguments = parser.parse_args()
    rows = figures(arguments.events)
    machine = f"{platform.machine()}, Python {platform.python_version()}, {time.strftime('%Y-%m-%d')}"
    sys.stdout.write(f"{machine}\n\n| what | figure | unit |\n|---|---|---|\n")
    for what, figure, unit in rows:
        sys.stdout.write(f"| {what} | {figure:,.2f} | {unit} |\n")
    if arguments.json:
        found: list[dict[str, Any]] = [{"what": w, "figure": f, "unit": u} for w, f, u in rows]
        arguments.json.write_text(json.dumps({"machine": machine, "figures": found}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
