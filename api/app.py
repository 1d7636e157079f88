"""The application: every route of the house behind its guard, and every refusal as a problem (RFC 9457).

create_app(open_ledger(Path("DATA")))      an ASGI application; its lifespan starts and stops the writer
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from api import settings
from api.guard import Guard
from api.parameters import refuse_unknown_parameters
from api.problems import answer
from api.refusal import RequestRefused
from api.routes import (
    batch,
    corridors,
    events,
    explain,
    heads,
    health,
    log,
    lots,
    posting,
    subjects,
    types,
)
from api.wiring import Ledger
from ledger.errors import LedgerError

NOT_FOUND: Final = 404
NOT_ALLOWED: Final = 405

_ROUTERS: Final = (
    log.router,
    events.router,
    heads.router,
    lots.router,
    subjects.router,
    corridors.router,
    types.router,
    health.router,
    explain.router,
)


def create_app(ledger: Ledger) -> FastAPI:
    """Return the application that serves a ledger."""
    app = FastAPI(
        title="OTC ledger",
        version=_version(),
        lifespan=_lifespan,
        dependencies=[Depends(refuse_unknown_parameters)],
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers={
            LedgerError: _explain,
            RequestValidationError: _explain_parameter,
            HTTPException: _explain_routing,
        },
    )
    app.state.ledger = ledger
    app.state.batch_places = asyncio.Semaphore(settings.MAX_BATCHES_AT_ONCE)
    app.router.routes.extend([*posting.ROUTES, *batch.ROUTES])
    for router in _ROUTERS:
        app.include_router(router)
    app.openapi = partial(_describe, app)  # type: ignore[method-assign]  # FastAPI's own way to extend the document
    app.add_middleware(Guard, simulated=ledger.simulated)
    return app


def _describe(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document, with the doors that the framework does not know."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, routes=app.routes)
        document["paths"] |= posting.DESCRIPTIONS | batch.DESCRIPTIONS
        app.openapi_schema = document
    return app.openapi_schema


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Start the ledger's writer; at the end let it finish, which may take the witnesses' second."""
    ledger: Ledger = app.state.ledger
    ledger.start()
    try:
        yield
    finally:
        await run_in_threadpool(ledger.stop)


async def _explain(_request: Request, error: Exception) -> Response:
    if not isinstance(error, LedgerError):
        raise error
    return answer(error)


async def _explain_parameter(_request: Request, error: Exception) -> Response:
    """Answer for a parameter of a path or query: where it is, never what it was."""
    place = error.errors()[0]["loc"][:2] if isinstance(error, RequestValidationError) else ()
    pointer = "".join(f"/{step}" for step in place)
    return answer(RequestRefused("request.parameter", "A parameter is not well formed.", pointer=pointer))


async def _explain_routing(_request: Request, error: Exception) -> Response:
    """Answer for a path or method that no route takes."""
    status = error.status_code if isinstance(error, HTTPException) else 0
    if status == NOT_ALLOWED:
        headers = (error.headers if isinstance(error, HTTPException) else None) or {}
        return answer(RequestRefused("route.method", "The path does not take this method.", headers=headers))
    if status == NOT_FOUND:
        return answer(RequestRefused("route.unknown", "There is nothing at this path."))
    return answer(RequestRefused("request.header", "The request is not one that this server reads."))


def _version() -> str:
    try:
        return version("otc-ledger")
    except PackageNotFoundError:
        return "0"
