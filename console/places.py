"""Where a line is served: a pty, TCP or RFC 2217; what the commands that serve one have in common."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

if TYPE_CHECKING:
    from asyncio import Future
    from signal import Signals

    from drivers.emulator import LineEnd

LOOPBACK: Final = "127.0.0.1"
HIGHEST_PORT_NO: Final = 65535


class Address(NamedTuple):
    """Where to listen: a host's name or number, and a port (0: any that is free)."""

    host: str
    port_no: int

    def __str__(self) -> str:
        """Give both, as a URL has them."""
        return f"[{self.host}]:{self.port_no}" if ":" in self.host else f"{self.host}:{self.port_no}"


def address(text: str) -> Address:
    """Read HOST:PORT, or a port alone for the loopback.

    Raises:
        click.BadParameter: it is neither.
    """
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") if colon else LOOPBACK
    if not (port.isascii() and port.isdigit() and int(port) <= HIGHEST_PORT_NO):
        raise click.BadParameter(f"{text!r} is no HOST:PORT: give for instance 127.0.0.1:5000")
    return Address(host or LOOPBACK, int(port))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line is served, one of three."""

    pty: Path | None
    tcp: Address | None
    rfc2217: Address | None


def at_a_place(command: Callable[..., int]) -> Callable[..., int]:
    """Add the options that say where a command serves its line; it is called with the `place`."""

    @click.option(
        "--pty", type=click.Path(path_type=Path), metavar="LINK", help="Serve a pty that LINK points to."
    )
    @click.option("--tcp", type=address, metavar="HOST:PORT", help="Serve TCP, the bytes as they are.")
    @click.option("--rfc2217", type=address, metavar="HOST:PORT", help="Serve Telnet with line settings.")
    @wraps(command)
    def placed(*, pty: Path | None, tcp: Address | None, rfc2217: Address | None, **others: object) -> int:
        from console.errors import UserError

        if sum(each is not None for each in (pty, tcp, rfc2217)) != 1:
            raise UserError("give one place: --pty LINK, --tcp HOST:PORT or --rfc2217 HOST:PORT")
        return command(place=Place(pty, tcp, rfc2217), **others)

    return placed


def until_a_signal() -> Future[Signals]:
    """Give what is done when SIGTERM or SIGINT comes, or an error that nobody else would hear of."""
    import asyncio
    from signal import SIGINT, SIGTERM

    loop = asyncio.get_running_loop()
    ended: Future[Signals] = loop.create_future()

    def end(signal: Signals) -> None:
        if not ended.done():
            ended.set_result(signal)

    def fail(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if not ended.done():
            ended.set_exception(context.get("exception") or RuntimeError(context["message"]))

    for each in (SIGTERM, SIGINT):
        loop.add_signal_handler(each, end, each)
    loop.set_exception_handler(fail)
    return ended


@asynccontextmanager
async def opened(place: Place, end: LineEnd) -> AsyncIterator[str]:
    """Serve `end` at `place`; gives what a client opens.

    Raises:
        UserError: the place cannot be had; says why and what helps.
    """
    from console.errors import UserError
    from drivers.serve_pty import on_pty
    from drivers.serve_rfc2217 import on_rfc2217
    from drivers.serve_tcp import on_tcp

    async with AsyncExitStack() as stack:
        try:
            if place.pty is not None:
                url = str(await stack.enter_async_context(on_pty(end, place.pty)))
            elif place.tcp is not None:
                url = f"socket://{_at(*await stack.enter_async_context(on_tcp(end, *place.tcp)))}"
            elif place.rfc2217 is not None:
                url = f"rfc2217://{_at(*await stack.enter_async_context(on_rfc2217(end, *place.rfc2217)))}"
        except OSError as error:
            raise UserError(_no_place(place, error)) from error
        yield url


def _at(host: str, port_no: int) -> str:
    return str(Address(host, port_no))


def _no_place(place: Place, error: OSError) -> str:
    import errno

    why = (error.strerror or str(error)).lower()
    if place.pty is not None:
        if error.errno == errno.EEXIST:
            return f"{place.pty} is there already, and not ours: remove it, or give another name"
        return f"cannot make {place.pty}: {why}; give the name of a link in a folder that you may write to"
    where = place.tcp or place.rfc2217
    return f"cannot listen on {where}: {why}; give another host or port (0: any that is free)"


def tell(text: str) -> None:
    """Say a line to whoever watches, apart from what scripts read."""
    click.echo(f"ambupump: {text}", err=True)
