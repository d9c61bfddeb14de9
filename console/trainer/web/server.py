"""Serving the trainer until somebody ends it."""

from __future__ import annotations

import asyncio
import signal
import socket
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from console.errors import UserError
from console.places import tell, until_a_signal
from console.trainer.kept.record import Origin
from console.trainer.kept.store import Store, default_path
from console.trainer.live.origins import Wish, origin_of
from console.trainer.web.app import make_app
from console.trainer.web.guard import Tokens, in_address, is_loopback
from scenarios.faults import ScenarioError

GRACE_S: Final = 2
"""So long the pages have to let go when the server ends."""

EVERYWHERE: Final = ("0.0.0.0", "::")  # noqa: S104 - only compared with
"""Hosts that are all of this machine's addresses: what is printed is its name."""

MOST_MESSAGE_BYTES: Final = 65536


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the command line asks for."""

    host: str
    port_no: int
    scenario: str = ""
    lesson: str = ""
    names: tuple[str, ...] = ()
    runs_file: Path | None = None
    opens: bool = False


class Server(uvicorn.Server):
    """Uvicorn's server; signals are the command's own."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take none."""
        yield


async def serve(asked: Asked, say: Callable[[str], None]) -> int:
    """Serve until SIGTERM, and `say` where; returns the exit code.

    Raises:
        UserError: the address, the file of runs or the scenario cannot be had.
        KeyboardInterrupt: it was interrupted.
    """
    origin = _origin(asked)
    tokens = Tokens()
    with closing(Store(asked.runs_file or default_path())) as store, _listener(asked) as listener:
        app = make_app(
            store, host=asked.host, tokens=tokens, names=(*asked.names, socket.gethostname().lower())
        )
        server = Server(
            uvicorn.Config(
                app,
                log_level="critical",  # what goes wrong is told by calm.py, in a line
                ws=WebSocketsSansIOProtocol,
                ws_max_size=MOST_MESSAGE_BYTES,
                timeout_graceful_shutdown=GRACE_S,
                server_header=False,
            )
        )
        ended = until_a_signal()
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started and not serving.done():  # noqa: ASYNC110 - a turn or two
            await asyncio.sleep(0.01)
        if not serving.done():
            begun = None if origin is None else app.state.runs.begin(origin).run.origin
            page = _announce(say, asked, listener, tokens, begun)
            if asked.opens and not await asyncio.to_thread(webbrowser.open, page):
                tell("no browser could be opened: open the address yourself")
        either: set[asyncio.Future[Any]] = {serving, ended}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        await serving
    if not ended.done():
        return 2
    if await ended is signal.SIGINT:
        raise KeyboardInterrupt
    return 0


def _origin(asked: Asked) -> Origin | None:
    if not (asked.scenario or asked.lesson):
        return None
    if asked.scenario and asked.lesson:
        raise UserError("give a scenario or a lesson, not both")
    try:
        return origin_of(Wish(scenario=asked.scenario, lesson=asked.lesson))
    except ScenarioError as error:
        raise UserError(str(error)) from error


def _listener(asked: Asked) -> socket.socket:
    family = socket.AF_INET6 if ":" in asked.host else socket.AF_INET
    try:
        listener = socket.create_server((asked.host, asked.port_no), family=family)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise UserError(
            f"cannot listen on {asked.host}:{asked.port_no}: {why}; give another --port (0: any that is free)"
        ) from error
    # Whoever is let in by it inherits this: a small message must not wait for the other end's thanks, 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _announce(
    say: Callable[[str], None], asked: Asked, listener: socket.socket, tokens: Tokens, begun: Origin | None
) -> str:
    """Say where the trainer is, and give it; what a browser opens stands alone on its line."""
    name = socket.gethostname() if asked.host in EVERYWHERE else in_address(asked.host)
    address = f"http://{name}:{listener.getsockname()[1]}"
    is_open = not is_loopback(asked.host)
    own, guests = (f"?token={each}" if is_open else "" for each in (tokens.instructor, tokens.guest))
    path = "/" if begun is None else f"/run/{begun.run_id}/instructor"
    page = f"{address}{path}{own}"
    say(f"ready: {page}")
    if begun is not None:
        tell(f"the trainee's page: {address}/run/{begun.run_id}/trainee{guests}")
        tell(f"for the wall: {address}/run/{begun.run_id}/projector{guests}")
    elif is_open:
        tell(f"for trainees, behind the address of a page that is theirs: {guests}")
    tell("simulated: not a medical device; end it with Ctrl-C")
    return page
