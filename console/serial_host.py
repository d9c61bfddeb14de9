"""The gated host: a scenario whose pump is at the far end of a line, and whose world waits for the line.

Everything that a step asks of the pump goes over the `ambupump` dialect, out at one end of a serial port and
in at the other; what is done to bag, line and patient goes straight to the bench. During each exchange the
world stands still, and no protocol timer runs. The events are those of the virtual host, one for one.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from console.errors import LinkLostError
from drivers.background import BackgroundLoop
from drivers.dialects.ambupump import AMBUPUMP
from drivers.emulator import Emulator, Served
from drivers.errors import DriverError, LinkGarbled, NotAllowed
from drivers.serial_pump import SerialPump
from drivers.serve_pty import on_pty
from drivers.transport import MemoryPair, Port, open_port
from pump.commands import Command
from pump.events import Event
from pump.port import PumpDevice
from sim.local_pump import WorldPump, outcome_of
from sim.world.result import Result
from sim.world.setup import Setup
from sim.world.world import World

PATIENCE_S: Final = 10.0
"""So long may a reply take: nobody but a busy machine makes it wait."""

Pipe = Callable[[PumpDevice], AbstractContextManager[Callable[[], Port]]]
"""Serves a pump for as long as the context lasts, and gives what opens a port to it."""


class SerialHost:
    """Runs a setup to its end with its pump behind a serial line.

    Args:
        pipe: What the line consists of; None: a pty.
    """

    def __init__(self, pipe: Pipe | None = None) -> None:
        self._pipe = pty_pipe if pipe is None else pipe

    def run(self, setup: Setup) -> Result:
        """Run to the end, as fast as the line allows.

        Raises:
            LinkLostError: the line failed, or cannot carry what was to be said.
        """
        world = World(setup)
        device = GatedPump(world)
        try:
            with (
                self._pipe(device) as opener,
                SerialPump(opener, AMBUPUMP, allow_control=True, patience_s=PATIENCE_S) as port,
            ):
                world.road = partial(_over_the_line, port, device)
                return world.run()
        except DriverError as error:
            raise LinkLostError(f"at {world.now_s:g} s: {error}") from error


class GatedPump(WorldPump):
    """The pump of a world that moves only while nobody speaks: it is changed and asked by turns."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.answered: list[Event] = []

    def on_change(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call nobody: what this pump would say by itself would come while the world moves."""
        del listener
        return lambda: None

    def _obey(self, command: Command) -> list[Event]:
        self.answered = super()._obey(command)
        return self.answered


def _over_the_line(port: SerialPump, device: GatedPump, command: Command) -> list[Event]:
    """Have the pump at the far end carry out `command`; returns what followed it there."""
    device.answered = []
    heard = port.send(command)
    if not device.answered:
        raise NotAllowed(
            f"{command} cannot be said on the line: give volumes in whole nanolitres, or another host"
        )
    meant = outcome_of(command, device.answered)
    if (heard.accepted, heard.reason) != (meant.accepted, meant.reason):
        raise LinkGarbled(f"the pump said {meant}, and {heard} was heard: that is a fault of the dialect")
    return device.answered


@contextmanager
def memory_pipe(device: PumpDevice) -> Iterator[Callable[[], Port]]:
    """A null modem in memory: the pump answers while the host writes."""
    pair = MemoryPair(AMBUPUMP.line)
    side = AMBUPUMP.pump(device, timers=False)
    pair.pump.heard = lambda data: pair.pump.write(side.receive(data, pair.pump.now_s()))
    yield lambda: pair.host


@contextmanager
def pty_pipe(device: PumpDevice) -> Iterator[Callable[[], Port]]:
    """A pty of this machine, with the emulator behind it."""
    with tempfile.TemporaryDirectory(prefix="ambupump-") as folder, BackgroundLoop() as loop:
        served = Served(device, AMBUPUMP.pump(device, timers=False))
        emulator = loop.enter(Emulator([served], line=AMBUPUMP.line))
        link = loop.enter(on_pty(emulator, Path(folder) / "pump"))
        yield lambda: open_port(str(link), AMBUPUMP.line)
