"""What a door refuses by itself, before or beside the floors below: one error class, and its codes' home.

Codes: `request.*` what was sent, `route.*` where to, `absent.*` what is not there (yet), `access.*` what may not be
read (yet), `server.*` what this server cannot do now.
"""

from __future__ import annotations

from collections.abc import Mapping

from ledger.errors import LedgerError


class RequestRefused(LedgerError):
    """A request that this server does not carry out; `headers` go out with the answer (`Allow`, `Retry-After`)."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        pointer: str = "",
        hint: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code, detail, pointer=pointer, hint=hint)
        self.headers = dict(headers or {})


def come_back(code: str, detail: str, *, seconds: int = 1) -> RequestRefused:
    """Return the refusal of what may be asked again in some seconds."""
    return RequestRefused(
        code, detail, hint="Send the same bytes again later.", headers={"Retry-After": str(seconds)}
    )
