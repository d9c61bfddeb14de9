"""The trainer's server: which address shows what.

What a page shows stands in its template, what it is told in `live/view.py`, and what it may ask in
`live/asks.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Final
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from console.trainer.debrief.desk import Desk, UntoldError
from console.trainer.kept.store import Store
from console.trainer.live import asks
from console.trainer.live.feed import Viewer
from console.trainer.live.origins import WishError, origin_of, wish_of
from console.trainer.live.runs import Runs
from console.trainer.live.view import Page
from console.trainer.pages import STATIC, render
from console.trainer.web.answers import is_guest, not_for_guests, nothing_there, runs_of
from console.trainer.web.calm import Calm
from console.trainer.web.guard import POLICY_VIOLATION, Guard, Tokens
from console.trainer.web.kept_runs import ROUTES
from console.trainer.web.start import start_page
from scenarios.faults import ScenarioError

MOST_FORM_BYTES: Final = 10_000
FOR_GUESTS: Final = frozenset({Page.TRAINEE, Page.PROJECTOR})
"""What is shown of a run to who comes with a guest's token."""

AGAIN: Final = 1013
"""Why a socket is closed whose page did not take what it was told: come anew."""


def make_app(store: Store, *, host: str, tokens: Tokens, names: tuple[str, ...] = ()) -> Starlette:
    """Make the server's application.

    Args:
        store: Where runs are kept.
        host: The address that the server listens on.
        tokens: What whoever changes something must know.
        names: Further names that the server has.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.runs = Runs(store)
        app.state.desk = Desk()
        try:
            yield
        finally:
            app.state.desk.close()
            await app.state.runs.close()

    return Starlette(
        routes=[
            Route("/", _start),
            Route("/runs", _begin, methods=["POST"]),
            *ROUTES,
            Route("/run/{run_id}/{page:str}", _page, methods=["GET"]),
            WebSocketRoute("/run/{run_id}/live", _live),
            Mount("/static", StaticFiles(directory=STATIC), name="static"),
        ],
        middleware=[Middleware(Calm), Middleware(Guard, host=host, tokens=tokens, names=names)],
        exception_handlers={
            404: _not_found,
            ScenarioError: _broken,
            WishError: _broken,
            UntoldError: _broken,
        },
        lifespan=lifespan,
    )


# ---------------------------------------------------------------- the start, and the list


async def _start(request: Request) -> Response:
    # A guest is shown nothing of what others did.
    return HTMLResponse(start_page(() if is_guest(request) else runs_of(request).store.origins()))


async def _begin(request: Request) -> Response:
    """Begin a run as the start page's form says, and go to it."""
    if is_guest(request):
        return not_for_guests()
    origin = await run_in_threadpool(origin_of, wish_of(await _form(request)))
    runs_of(request).begin(origin)
    return RedirectResponse(f"/run/{origin.run_id}/{origin.first_page}", status_code=303)


async def _form(request: Request) -> Mapping[str, str]:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_FORM_BYTES:
            raise WishError("that form is too long")
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


# ---------------------------------------------------------------- the pages of one run


async def _page(request: Request) -> Response:
    """Show a page that follows a run."""
    name, here = request.path_params["page"], request.url.path
    if is_guest(request) and name not in FOR_GUESTS:
        return not_for_guests()
    living = runs_of(request).get(request.path_params["run_id"]) if name in set(Page) else None
    if living is None:
        return nothing_there(here)
    return HTMLResponse(render(f"{name}.html.j2", here=here, origin=living.run.origin, page=name))


# ---------------------------------------------------------------- sockets


async def _live(socket: WebSocket) -> None:
    """Keep a page in step with its run, and do what it asks."""
    living = runs_of(socket).get(socket.path_params["run_id"])
    name = socket.query_params.get("page", "")
    if living is None or name not in set(Page):
        await socket.close(code=POLICY_VIOLATION, reason="there is no such run or page")
        return
    if is_guest(socket) and name not in FOR_GUESTS:
        await socket.close(code=POLICY_VIOLATION, reason="that page is the instructor's")
        return
    await socket.accept()
    viewer = living.feed.add(Page(name))
    telling = asyncio.create_task(_tell(socket, viewer))
    try:
        while (message := await socket.receive())["type"] != "websocket.disconnect":
            asks.carry_out(living.run, viewer, message.get("text") or "")
    finally:
        telling.cancel()
        living.feed.remove(viewer)
        living.run.let_go(viewer, asks.who_is_at(viewer))
        with suppress(RuntimeError, WebSocketDisconnect):
            await socket.close()


async def _tell(socket: WebSocket, viewer: Viewer) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):
        while (message := await viewer.outbox.get()) is not None:
            await socket.send_text(message)
        await socket.close(code=AGAIN)


# ---------------------------------------------------------------- what is not there


async def _not_found(request: Request, _error: Exception) -> Response:
    return nothing_there(request.url.path)


async def _broken(_request: Request, error: Exception) -> Response:
    return HTMLResponse(render("refused.html.j2", why=str(error)), status_code=400)
