"""What goes wrong in the program itself while it answers: whoever asked is told so, and the others go on."""

from __future__ import annotations

from typing import Final

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.trainer.live.faults import say_fault

UNEXPECTED: Final = 1011
"""Why a socket is closed by a fault of the server."""


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
