"""What goes wrong in the program itself: whoever asked is told so, once, and everybody else goes on.

Where the fault came from is shown to those who work on the program, as everywhere in the console.
"""

from __future__ import annotations

import asyncio
import os
import traceback

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.errors import TRACEBACK_SWITCH, unexpected
from console.places import tell

UNEXPECTED = 1011
"""Why a socket is closed by a fault of the server."""


def say_fault(error: BaseException, where: str) -> str:
    """Say on standard error that something unexpected happened; returns the line."""
    line = unexpected(error, where)
    tell(line)
    if os.environ.get(TRACEBACK_SWITCH):
        traceback.print_exception(error)
    return line


def heard(task: asyncio.Task[None]) -> None:
    """Let a task that ends by a fault be heard of; use it as the task's callback."""
    error = None if task.cancelled() else task.exception()
    if error is not None:
        say_fault(error, task.get_name())


class Calm:
    """Answers in place of an application that fails."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on; answer it where nobody else did."""
        has_begun = False

        async def sending(message: Message) -> None:
            nonlocal has_begun
            has_begun = has_begun or message["type"] in {"http.response.start", "websocket.close"}
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
            line = say_fault(error, scope.get("path", scope["type"]))
            if has_begun or scope["type"] not in {"http", "websocket"}:
                return
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": UNEXPECTED})
            else:
                await PlainTextResponse(f"{line}\n", status_code=500)(scope, receive, send)
