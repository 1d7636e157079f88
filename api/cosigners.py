"""Gathering cosignatures: all witnesses are asked at once, each has a second (C2SP tlog-witness, the log's side).

A witness is sent the size that we believe it has seen, a consistency proof from there, and the checkpoint:

    POST <url>/add-checkpoint      200  its signature line
                                   409  the size it has seen: asked once more, with the proof from there
    GET  <url>/<SHA-256 of the origin>/checkpoint      what it cosigned last, signed by the log: asked at the start

What a witness says is believed only under its key, and that it has seen more of the log than the database holds
only under the log's own: a false witness can be slow or silent, no more.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, TypeVar

import httpx2

from api import settings
from api.settings import WitnessAddress
from ledger.checkpoint import read_checkpoint, read_size
from ledger.cosignature import verify_cosignatures
from ledger.errors import LedgerError, ProofError
from ledger.log import Pending
from ledger.note import Note, VerifierKey, read_note, read_signature_lines, verify_note
from ledger.ports import Signed
from ledger.witness import ACCEPTED, STALE, Request, write_add_checkpoint

T = TypeVar("T")

Consistency = Callable[[int], Sequence[bytes]]
"""Give the consistency proof from an old size to the checkpoint that is to be cosigned."""

_LOG: Final = logging.getLogger("otc.cosigners")


@dataclass(frozen=True, slots=True)
class Gathered:
    """The answers of one round: lines that hold, the newest of their times (ms, 0 without any), and who is ahead.

    `ahead` are checkpoints larger than the one to be cosigned that the log itself has signed.
    """

    lines: tuple[str, ...] = ()
    newest_ms: int = 0
    ahead: tuple[Signed, ...] = ()


class Cosigners:
    """The witnesses of one log, asked from a thread of their own."""

    def __init__(self, witnesses: Iterable[WitnessAddress], log_key: VerifierKey) -> None:
        self._witnesses = [_Witness(address, log_key) for address in witnesses]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="otc-cosigners", daemon=True)
        self._thread.start()
        self._client = self._run(_open_client()).result()

    def __len__(self) -> int:
        return len(self._witnesses)

    def gather(self, pending: Pending, consistency: Consistency) -> Future[Gathered]:
        """Ask every witness to cosign; the future is done when all have answered or their second is over."""
        return self._run(self._gather(pending, consistency))

    def standings(self) -> list[Signed]:
        """Return what the witnesses that answer within a second cosigned last of this log."""
        return self._run(self._standings()).result()

    def close(self) -> None:
        """Release the connections; nothing may be asked afterwards."""
        self._run(self._client.aclose()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[None, None, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _gather(self, pending: Pending, consistency: Consistency) -> Gathered:
        rounds = [
            _within_time(one, one.cosign(self._client, pending, consistency)) for one in self._witnesses
        ]
        answers = [answer for answer in await asyncio.gather(*rounds) if answer is not None]
        return Gathered(
            lines=tuple(line for answer in answers for line in answer.lines),
            newest_ms=max((answer.newest_ms for answer in answers), default=0),
            ahead=tuple(seen for answer in answers for seen in answer.ahead),
        )

    async def _standings(self) -> list[Signed]:
        asked = [_within_time(one, one.standing(self._client)) for one in self._witnesses]
        return [seen for seen in await asyncio.gather(*asked) if seen is not None]


class _Witness:
    """One witness, and the size that we believe it has seen."""

    def __init__(self, address: WitnessAddress, log_key: VerifierKey) -> None:
        self.name = address.key.name
        self._key = address.key
        self._url = address.url.rstrip("/")
        self._log_key = log_key
        self._seen = 0

    async def cosign(
        self, client: httpx2.AsyncClient, pending: Pending, consistency: Consistency
    ) -> Gathered:
        """Send a checkpoint, twice if the witness has seen another size than we believed."""
        status, body = await self._add(client, pending, min(self._seen, pending.size), consistency)
        if status == STALE:
            self._seen = read_size(body.decode().removesuffix("\n"), "witness.form")
            if self._seen > pending.size:
                return await self._ahead(client, pending.size)
            status, body = await self._add(client, pending, self._seen, consistency)
        if status != ACCEPTED:
            _LOG.warning("witness %s does not cosign size %d: HTTP %d", self.name, pending.size, status)
            return Gathered()
        self._seen = pending.size
        return self._accepted(read_note(pending.note), body)

    async def standing(self, client: httpx2.AsyncClient) -> Signed | None:
        """Return what it cosigned last; None for nothing. ProofError if the log has not signed it."""
        origin = sha256(self._log_key.name.encode()).hexdigest()
        status, body = await _exchange(client, "GET", f"{self._url}/{origin}/checkpoint")
        if status != ACCEPTED:
            return None
        note = read_note(body)
        verify_note(note, [self._log_key])
        checkpoint = read_checkpoint(note.text)
        if checkpoint.origin != self._log_key.name:
            raise ProofError("quorum.origin", "The witness shows another log's checkpoint.")
        self._seen = checkpoint.size
        return Signed(checkpoint.size, checkpoint.root)

    async def _add(
        self, client: httpx2.AsyncClient, pending: Pending, old: int, consistency: Consistency
    ) -> tuple[int, bytes]:
        request = Request(old, tuple(consistency(old)), read_note(pending.note))
        return await _exchange(client, "POST", f"{self._url}/add-checkpoint", write_add_checkpoint(request))

    async def _ahead(self, client: httpx2.AsyncClient, size: int) -> Gathered:
        """Ask for the proof that the log has signed more than it knows of."""
        seen = await self.standing(client)
        return Gathered(ahead=(seen,) if seen is not None and seen.size > size else ())

    def _accepted(self, note: Note, body: bytes) -> Gathered:
        """Keep the first line of this witness's key, which holds, or the round ends with ProofError."""
        known = (self._key.name, self._key.key_id)
        lines = read_signature_lines(body)
        line = next((line for line in lines if (line.name, line.key_id) == known), None)
        if line is None:
            return Gathered()
        times_s = verify_cosignatures(Note(note.text, (line,)), [self._key])
        return Gathered((str(line),), max(times_s.values(), default=0) * settings.SECOND_MS)


async def _within_time(witness: _Witness, work: Coroutine[None, None, T]) -> T | None:
    """Return a witness's answer, or None if it is late, unreachable or nonsense: then the log says why."""
    try:
        async with asyncio.timeout(settings.WITNESS_SECONDS):
            return await work
    except TimeoutError:
        _LOG.warning("witness %s has not answered in time", witness.name)
    except (httpx2.HTTPError, httpx2.InvalidURL) as fault:
        _LOG.warning("witness %s cannot be reached: %s", witness.name, type(fault).__name__)
    except (LedgerError, UnicodeDecodeError) as fault:
        _LOG.warning("witness %s answers nonsense: %s", witness.name, getattr(fault, "code", "not text"))
    return None


async def _open_client() -> httpx2.AsyncClient:
    """Open a client in the loop's own thread; it follows no redirects and reads no proxy settings."""
    return httpx2.AsyncClient(
        timeout=settings.WITNESS_SECONDS, trust_env=False, headers={"Accept-Encoding": "identity"}
    )


async def _exchange(
    client: httpx2.AsyncClient, method: str, url: str, body: str | None = None
) -> tuple[int, bytes]:
    """Return status and body of an answer, which is cut off where no witness's answer is as long."""
    headers: Mapping[str, str] = {"Content-Type": "text/plain; charset=utf-8"} if body else {}
    answer = bytearray()
    async with client.stream(method, url, content=body, headers=headers) as response:
        async for chunk in response.aiter_raw():
            answer += chunk
            if len(answer) > settings.MAX_WITNESS_ANSWER_BYTES:
                break
    return response.status_code, bytes(answer[: settings.MAX_WITNESS_ANSWER_BYTES])
