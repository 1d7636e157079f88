"""The theatre: a real server and three real witnesses, each a process of its own on a free loopback port."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx2

from api.client import Client
from api.founding import Founded, Founder, FoundingKeys, found
from api.keyfiles import PRIVATE_MODE, write_all
from ledger.keys import SigningKey
from ledger.note import COSIGNATURE_V1, VerifierKey
from ledger.trust_file import TrustedWitness, TrustFile, read_trust
from simulations.cast import Actor
from simulations.society import START_MS, Society

ORIGIN: Final = "corridor.otc.demo"
"""Origins that end in `.demo` may run on a simulated clock, and no other (docs/reference/cli.md)."""
WITNESSES: Final = ("Port state", "Civil society", "Customs union")
STARTING_S: Final = 30
"""How long a process may take to answer: a cold start on a slow disk takes a few seconds."""
STOPPING_S: Final = 20


class StageError(Exception):
    """A process of the play did not start or stop as it should; the text says which and shows its last words."""


@dataclass
class Stage:
    """What the play runs on: the folder of the log, its address, its witnesses."""

    data: Path
    url: str
    founded: Founded
    witnesses: tuple[TrustedWitness, ...]
    log_key: SigningKey

    @property
    def client(self) -> Client:
        """A client of the server."""
        return Client(self.url)

    @property
    def trust(self) -> TrustFile:
        """The trust file that the founding left."""
        return read_trust((self.data / "trust.policy").read_bytes())


@contextmanager
def raise_curtain(out: Path, society: Society) -> Iterator[Stage]:
    """Found the log in OUT/ledger and start everything; stop it all at the end, whatever happened."""
    dice, data, private = society.dice, out / "ledger", out / "processes"
    private.mkdir(parents=True)
    keys = [SigningKey.from_seed(dice.octets(f"witness/{name}")) for name in WITNESSES]
    ports = free_ports(len(WITNESSES) + 1)
    witnesses = tuple(_witness(*spec) for spec in zip(WITNESSES, keys, ports[1:], strict=True))
    log_key = SigningKey.from_seed(dice.octets("log key"))
    founding = FoundingKeys(
        roots=tuple(_founder(root) for root in society.roots),
        operator=_founder(society.operator),
        introducers=tuple(_founder(introducer) for introducer in society.introducers),
        log=log_key,
    )
    founded = found(data, origin=ORIGIN, keys=founding, at_ms=START_MS, witnesses=witnesses)
    with ExitStack() as running:
        for witness, key, port in zip(witnesses, keys, ports[1:], strict=True):
            file = private / f"{witness.name}.key"
            write_all({file: (key.write_pem(), PRIVATE_MODE)})
            arguments = ["--key", str(file), "--name", witness.key.name, "--log", founded.vkey]
            state = ["--state", str(private / f"{witness.name}.state"), "--port", str(port)]
            _start(running, ["witness", *arguments, *state], private / f"{witness.name}.log", port)
        serve = ["serve", "--data", str(data), "--port", str(ports[0]), "--simulated-clock"]
        server = _start(running, serve, private / "server.log", ports[0])
        url = f"http://127.0.0.1:{ports[0]}"
        _wait_until_ready(url, server, private / "server.log")
        yield Stage(data, url, founded, witnesses, log_key)


def _founder(actor: Actor) -> Founder:
    salt = actor.dice.octets(f"{actor.name}/salt")
    return Founder(key=actor.key, next_key=actor.next_key, salt=salt, value={"name": actor.name})


def _witness(name: str, key: SigningKey, port: int) -> TrustedWitness:
    slug = name.lower().replace(" ", "-")
    verifier = VerifierKey.of(f"{slug}.otc.demo", COSIGNATURE_V1, key.public)
    return TrustedWitness(slug, verifier, f"http://127.0.0.1:{port}")


def free_ports(number: int) -> list[int]:
    """Find loopback ports that are free now: all are held open until the last is found, so that none is double."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(number)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


def _start(running: ExitStack, command: Sequence[str], log: Path, port: int) -> subprocess.Popen[bytes]:
    """Start `otc COMMAND` with its words in a file, and wait until its port answers."""
    output = running.enter_context(log.open("wb"))
    process = subprocess.Popen(  # noqa: S603  # our own command line, by the interpreter that runs us
        [sys.executable, "-m", "api", *command],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    running.callback(_stop, process, command[0])
    deadline = time.monotonic() + STARTING_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process
        time.sleep(0.05)
    raise StageError(f"otc {command[0]} did not start: {log.read_text(errors='replace')[-600:]}")


def _wait_until_ready(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + STARTING_S
    while time.monotonic() < deadline and server.poll() is None:
        if httpx2.get(f"{url}/healthz").status_code == httpx2.codes.OK:
            return
        time.sleep(0.05)
    raise StageError(f"the server is not healthy: {log.read_text(errors='replace')[-600:]}")


def _stop(process: subprocess.Popen[bytes], name: str) -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(STOPPING_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise StageError(f"{name} did not stop within {STOPPING_S} s") from None
