"""`ambupump proxy`: faults of the line between a real host and a real pump."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import click

from console.places import Place, at_a_place

if TYPE_CHECKING:
    from asyncio import Future

    from drivers.faults.frames import Frames
    from drivers.faults.script import Script
    from drivers.transport import Port

LINK_LOST = 3


@click.command("proxy")
@click.option("--port", "url", required=True, metavar="URL", help="Where the pump is.")
@at_a_place
@click.option(
    "--faults",
    default="",
    metavar="FAULTS",
    help='What happens on the line: "drop reply 3; delay 200 ms 10%", or a file with that.',
)
@click.option("--seed", type=click.IntRange(min=0), metavar="N", help="The seed of chance.")
@click.option(
    "--dialect",
    "dialect_name",
    metavar="DIALECT",
    help="What is spoken; without it a frame ends with a pause of 20 ms.",
)
@click.option(
    "--baud",
    type=click.IntRange(min=50, max=4_000_000),
    metavar="BAUD",
    help="How the pump's port is set.  [default: as the dialect has it, or 9600]",
)
def command(
    *,
    url: str,
    place: Place,
    faults: str,
    seed: int | None,
    dialect_name: str | None,
    baud: int | None,
) -> int:
    """Stand between a host and a pump, and let happen on the line what happens to cables.

    Give the host's side by one of --pty, --tcp and --rfc2217. Everything goes through unchanged but what
    FAULTS say. On a bench only: it is made to disturb, and no pump behind it may be connected to a person.
    """
    import asyncio
    from dataclasses import replace

    from console.dialects import dialect_of
    from console.errors import UserError
    from console.line_faults import script_of
    from drivers.errors import LinkError
    from drivers.faults.frames import BY_PAUSE, frames_of
    from drivers.transport import LineSettings, open_port

    script = script_of(faults, seed)
    line = LineSettings(baud=9600) if dialect_name is None else dialect_of(dialect_name).line
    frames = BY_PAUSE if dialect_name is None else frames_of(dialect_name)
    try:
        port = open_port(url, line if baud is None else replace(line, baud=baud))
    except LinkError as error:
        raise UserError(str(error)) from error
    return asyncio.run(_stand_between(port, place, script, frames))


async def _stand_between(port: Port, place: Place, script: Script, frames: Frames) -> int:
    """Serve until SIGTERM, or until the pump's port is lost; returns the exit code.

    Raises:
        UserError: the host's port or a fault cannot be had.
        KeyboardInterrupt: it was interrupted.
    """
    import asyncio
    import signal

    from console.line_faults import serve_with_faults
    from console.places import tell, until_a_signal
    from drivers.faults.port_end import PortEnd

    async with AsyncExitStack() as stack:
        ended = until_a_signal()
        pump = await stack.enter_async_context(PortEnd(port))
        url, _ = await serve_with_faults(pump, place, script, frames, stack)
        click.echo(f"ready: {url}")
        either: set[Future[Any]] = {ended, pump.lost}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not ended.done():
            tell(str(pump.lost.result()))
            return LINK_LOST
    if await ended is signal.SIGINT:
        raise KeyboardInterrupt
    return 0
