"""A witness as an HTTP process (C2SP tlog-witness): it cosigns what extends all that it has seen of a log.

    POST /add-checkpoint                        200 with a cosignature, or why not (ledger.witness)
    GET  /<SHA-256 of an origin>/checkpoint     what was cosigned last

The decision is `ledger.witness.decide`; here stand its lock, its disk and its clock. One lock a log is held from
reading what was cosigned last until the new checkpoint is on disk, so that no log is ever rolled back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.clocks import Clock, wall_ms
from api.listening import Announce, listen, run, say, server_for
from api.settings import SECOND_MS
from api.witness_state import WitnessState
from ledger.cosignature import cosign
from ledger.errors import LedgerError, ProofError
from ledger.keys import SigningKey
from ledger.note import COSIGNATURE_V1, MAX_NOTE_BYTES, VerifierKey, signature_line, verify_note, write_note
from ledger.witness import ACCEPTED, MALFORMED, TEXT, decide, read_add_checkpoint

NOT_FOUND: Final = 404
TOO_LARGE: Final = 413
BROKEN: Final = 500


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, body and media type of an answer."""

    status: int
    body: str
    media_type: str = TEXT


class Witness:
    """One witness: its key and name, the logs it knows, and what it remembers of them."""

    def __init__(
        self,
        name: str,
        key: SigningKey,
        logs: Iterable[VerifierKey],
        state: WitnessState,
        clock: Clock = wall_ms,
    ) -> None:
        self.vkey = VerifierKey.of(name, COSIGNATURE_V1, key.public)
        self._key = key
        self._logs: dict[str, list[VerifierKey]] = {}
        for log in logs:
            self._logs.setdefault(log.name, []).append(log)
        self._locks = {origin: Lock() for origin in self._logs}
        self._any = Lock()
        self._state = state
        self._clock = clock

    def add_checkpoint(self, body: bytes) -> Reply:
        """Cosign the checkpoint of a request, or say why not; what is cosigned is on disk before this returns."""
        try:
            request = read_add_checkpoint(body)
        except ProofError as error:
            return Reply(MALFORMED, f"{error.detail}\n")
        origin = request.note.text.partition("\n")[0]
        with self._locks.get(origin, self._any):
            decision = decide(request, self._logs, self._state.latest(origin))
            if decision.checkpoint is None:
                return Reply(decision.status, decision.body, decision.content_type)
            line = cosign(request.note.text, self.vkey.name, self._key, self._clock() // SECOND_MS)
            signed = [
                signature_line(key, signature)
                for key, signature in verify_note(request.note, self._logs[origin])
            ]
            self._state.keep(origin, write_note(request.note.text, [*signed, line]))
        return Reply(ACCEPTED, line)

    def checkpoint(self, origin_hash: str) -> Reply:
        """Return what was cosigned last for the log whose origin has this SHA-256 in hex; 404 if nothing was."""
        for origin in self._logs:
            note = self._state.note(origin)
            if note is not None and sha256(origin.encode()).hexdigest() == origin_hash:
                return Reply(ACCEPTED, note)
        return Reply(NOT_FOUND, "Nothing was cosigned for such a log.\n")


def create_witness_app(witness: Witness) -> Starlette:
    """Return the witness as an ASGI application."""

    async def add_checkpoint(request: Request) -> Response:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_NOTE_BYTES:
                return _response(Reply(TOO_LARGE, "The request is longer than 512 KiB.\n"))
        try:
            return _response(await run_in_threadpool(witness.add_checkpoint, bytes(body)))
        except LedgerError as error:
            return _response(Reply(BROKEN, f"{error.detail}\n"))

    async def checkpoint(request: Request) -> Response:
        return _response(witness.checkpoint(request.path_params["origin_hash"]))

    return Starlette(
        routes=[
            Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
            Route("/{origin_hash}/checkpoint", checkpoint, methods=["GET"]),
        ]
    )


def serve_witness(
    name: str,
    key: SigningKey,
    state: Path,
    logs: Sequence[VerifierKey],
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    announce: Announce = say,
) -> None:
    """Serve a witness until it is asked to stop; `announce` gets its vkey first, then its address.

    LedgerError with a sentence if the address is taken (`serve.port`) or the state file cannot be used
    (`witness.state`, `witness.in_use`).
    """
    with closing(listen(host, port)) as listener, closing(WitnessState(state)) as remembered:
        witness = Witness(name, key, logs, remembered)
        announce(str(witness.vkey))
        run(server_for(create_witness_app(witness), listener, announce, lifespan=False), listener)


def _response(reply: Reply) -> Response:
    return Response(reply.body, reply.status, {"Content-Type": reply.media_type})
