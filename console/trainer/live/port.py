"""The port of a run's pump: whoever connects to it talks to the very pump on the screen.

What comes over it is done in the run like all else, and kept. Faults of the line that the instructor injects
happen on it; without a port the run notes that it had no wire.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Final

from console.behind import ON_A_TABLE
from console.line_faults import serve_with_faults, wire_of
from console.places import LOOPBACK, Address, Place
from console.trainer.live.run import Run
from drivers.dialects import catalogue
from drivers.emulator import Emulator, Served
from drivers.faults.frames import frames_of
from drivers.faults.script import Script
from pump.commands import Command
from pump.events import Event
from sim.local_pump import LivePump
from sim.world.setup import Step

DIALECTS: Final = tuple(name for name in catalogue.DIALECTS if name not in ON_A_TABLE)
"""What a pump with a bag can speak."""


class RunPump(LivePump):
    """The pump of a run; what it is told over the wire is kept as the run's."""

    def __init__(self, run: Run) -> None:
        super().__init__(run.session)
        self._run = run

    def _obey(self, command: Command) -> list[Event]:
        return self._run.remote(command)


async def open_port(run: Run, dialect_name: str, stack: AsyncExitStack) -> str:
    """Serve the pump of `run` on this machine until `stack` ends; gives what a client opens.

    Raises:
        UserError: the port cannot be had.
    """
    dialect = catalogue.dialect_named(dialect_name)
    device = RunPump(run)
    stack.callback(device.close)
    emulator = await stack.enter_async_context(
        Emulator([Served(device, dialect.pump(device))], line=dialect.line)
    )
    place = Place(pty=None, tcp=Address(LOOPBACK, 0), rfc2217=None)
    url, end = await serve_with_faults(emulator, place, Script(), frames_of(dialect_name), stack)

    def disturb(step: Step) -> str:
        return wire_of(end, run.session.clock.rate_frac)(step)

    run.world.wire = disturb
    stack.callback(_cut, run)
    return url


def _cut(run: Run) -> None:
    run.world.wire = None
