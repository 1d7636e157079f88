"""The guard at the door: looks at every request's headers, and lets no mistake of ours out unexplained.

It stands before the framework (plain ASGI): what it refuses costs nothing, and what breaks behind it becomes a
problem with status 500 whose place, not whose values, goes to the log.
"""

from __future__ import annotations

import logging
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.intake import check_headers
from api.mishap import report
from api.problems import answer
from api.refusal import RequestRefused
from ledger.errors import LedgerError

_LOG: Final = logging.getLogger("otc.server")


class Guard:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, *, simulated: bool) -> None:
        self._app = app
        self._simulated = simulated

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with a problem."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def send_noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            check_headers(scope["headers"], simulated=self._simulated)
            await self._app(scope, receive, send_noting)
        except ClientDisconnect:
            return
        except LedgerError as error:
            if not begun:
                await answer(error)(scope, receive, send)
        except Exception as fault:  # noqa: BLE001  # whatever it is, the sender gets a problem and no traceback
            report(_LOG, "a request has broken the server", fault)
            if not begun:
                await answer(_fault())(scope, receive, send)


def _fault() -> RequestRefused:
    return RequestRefused("server.fault", "The server made a mistake.")
