"""What every address asks of a request, and what is said where no page is shown."""

from __future__ import annotations

from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from console.trainer.live.runs import Runs
from console.trainer.pages import render
from console.trainer.web.guard import Role


def runs_of(asked: HTTPConnection) -> Runs:
    """Give all runs of the server."""
    runs: Runs = asked.app.state.runs
    return runs


def is_guest(asked: HTTPConnection) -> bool:
    """Whether who comes does and sees no more than a trainee."""
    return asked.state.role is Role.GUEST


def nothing_there(path: str) -> Response:
    """Say that there is nothing at an address."""
    return HTMLResponse(render("nothing.html.j2", what=path), status_code=404)


def refused(text: str) -> Response:
    """Say why something is not shown to who comes."""
    return PlainTextResponse(f"{text}\n", status_code=403)


def not_for_guests() -> Response:
    """Say that something is the instructor's."""
    return refused("that is the instructor's: come with the instructor's address")
