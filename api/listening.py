"""Listening: a socket that is bound before anything else, and a server that says where it listens when it is ready.

    listening at http://127.0.0.1:8000

Port 0 takes a free one. A request's head is cut off where no request of ours is as long: the HTTP parser itself
would keep a header of any length in memory.
"""

from __future__ import annotations

import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api import settings
from api.refusal import RequestRefused

BACKLOG: Final = 2_048
"""Connections that the system holds while the server accepts others."""

PORTS: Final = range(2**16)

Announce = Callable[[str], None]


def say(line: str) -> None:
    """Write a line for whoever started the process, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def listen(host: str, port: int) -> socket.socket:
    """Return a socket bound to an address; RequestRefused `serve.port` if somebody else has it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    if port not in PORTS:
        raise _not_ours(host, port, "there is no such port")
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as fault:
        raise _not_ours(host, port, str(fault.strerror)) from None


def _not_ours(host: str, port: int, reason: str) -> RequestRefused:
    hint = "Choose another port with --port, or stop who uses it."
    return RequestRefused("serve.port", f"{host}:{port} cannot be listened at: {reason}.", hint=hint)


def address_of(listener: socket.socket) -> str:
    """Return the URL at which a socket listens."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def server_for(
    app: ASGIApp, listener: socket.socket, announce: Announce = say, *, lifespan: bool = True
) -> Server:
    """Return a server that serves `app` on a bound socket: `server.run(sockets=[listener])`."""
    config = uvicorn.Config(
        app,
        http=BoundedProtocol,
        ws="none",
        lifespan="on" if lifespan else "off",
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=settings.MAX_CONNECTIONS,
        timeout_keep_alive=settings.KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=settings.STOP_SECONDS,
    )
    return Server(config, lambda: announce(f"listening at {address_of(listener)}"))


class Server(uvicorn.Server):
    """A server that tells when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept connections."""
        await super().startup(sockets)
        if self.started:
            self._ready()


class BoundedProtocol(HttpToolsProtocol):
    """HTTP by httptools, with an end to what a request's head may take."""

    _head_bytes = 0
    _in_head = False

    def data_received(self, data: bytes) -> None:
        """Take in bytes; close the connection if a head goes on for too long."""
        super().data_received(data)
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > settings.MAX_HEAD_BYTES:
                self.transport.close()

    def on_message_begin(self) -> None:
        """Begin to count."""
        self._head_bytes, self._in_head = 0, True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Stop counting: bodies have limits of their own."""
        self._in_head = False
        super().on_headers_complete()


def run(server: uvicorn.Server, listener: socket.socket) -> None:
    """Serve until a signal or `server.should_exit`; a process that was asked to end ends with success."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    if threading.current_thread() is threading.main_thread():
        # The server puts these back when it has ended, and raises the signal once more.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _done)
    server.run(sockets=[listener])


def _done(_number: int, _frame: Any) -> None:  # noqa: ANN401  # the signature of every signal's receiver
    """Take note of a signal that has been obeyed already."""
