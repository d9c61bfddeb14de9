"""Rigs for the contract of a pump port.

A pump that is emulated for a test: its time and its hands are the test's. Or a real one: its hands are a
person's.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Final, Literal

from console.emulated import Emulated, emulated
from console.line_faults import serve_with_faults
from console.places import LOOPBACK, Address, Place
from drivers.background import BackgroundLoop
from drivers.dialects import Capability, Dialect
from drivers.emulator import Emulator, Served
from drivers.faults.frames import Frames, frames_of
from drivers.faults.script import Script
from drivers.hil.contract import CONTROL
from drivers.hil.rig import Deed
from drivers.serial_pump import SerialPump
from drivers.transport import LineSettings, MemoryPair, Port, open_port
from pump.commands import Acknowledge, Stop
from pump.lock import NURSE_CODE
from pump.port import PumpPort

Way = Literal["local", "memory", "pty", "tcp", "rfc2217"]
WAYS: Final[tuple[Way, ...]] = ("local", "memory", "pty", "tcp", "rfc2217")
"""How a simulated pump can be reached, from no wire at all to a port over the network."""

POLL_EVERY_S: Final = 0.5
LOOK_EVERY_S: Final = 60.0
"""So much pump time passes at once while something is waited for."""

AFTERWARDS_S: Final = 60.0
"""So long is waited with the answer to an alarm after its cause was taken away."""

VERBS: Final = {
    Deed.START: "start",
    Deed.STOP: "stop",
    Deed.ANSWER: "acknowledge",
    Deed.CLAMP_BELOW: "clamp",
    Deed.OPEN_BELOW: "unclamp",
}
"""What hands do, by the verbs of the scenario language."""


class EmulatedRig:
    """An emulated pump under the contract, reached by one of the `WAYS`.

    Args:
        pump: The pump.
        opened: Gives a port to it, connected, each time anew.
        offers: What can be asked over it.
        tells_outcomes: Whether it comes back over it what became of a command.
        volume_step_ml: The finest volume that the link tells.
    """

    nurse_code: str | None = NURSE_CODE
    watched_s = 1800.0

    def __init__(
        self,
        pump: Emulated,
        opened: Callable[[], PumpPort],
        offers: frozenset[Capability],
        *,
        tells_outcomes: bool,
        volume_step_ml: float,
    ) -> None:
        self._pump = pump
        self._opened = opened
        self.offers = offers
        self.tells_outcomes = tells_outcomes
        self.volume_step_ml = volume_step_ml
        self.port = opened()

    def now_s(self) -> float:
        """Give the pump's own time."""
        return self._pump.now_s()

    def do(self, deed: Deed) -> None:
        """Have something done."""
        match deed:
            case Deed.MAKE_READY:
                self._pump.make_ready(self.port)
            case Deed.CLAMP_BELOW | Deed.OPEN_BELOW:
                self._pump.do(VERBS[deed], where="downstream")
            case Deed.ANSWER:
                self._pump.let_pass(AFTERWARDS_S)
                self._pump.do(VERBS[deed])
            case _:
                self._pump.do(VERBS[deed])

    def let_pass(self, span_s: float) -> None:
        """Let pump time pass."""
        self._pump.let_pass(span_s)

    def wait_until(self, holds: Callable[[], bool], limit_s: float) -> bool:
        """Let pump time pass until `holds`."""
        end_s = self.now_s() + limit_s
        while not holds():
            if self.now_s() > end_s:
                return False
            self.let_pass(LOOK_EVERY_S)
        return True

    def reopen(self) -> None:
        """Let go of the link and take it up again."""
        self.port.close()
        self.port = self._opened()


@contextmanager
def emulated_rig(way: Way, dialect: Dialect, folder: Path, volume_step_ml: float) -> Iterator[EmulatedRig]:
    """Give an emulated pump under the contract for as long as the context lasts.

    Args:
        way: How it is reached.
        dialect: What it speaks, unless it is at hand.
        folder: Where the link to a pty may stand.
        volume_step_ml: The finest volume that the dialect tells.
    """
    with _served(way, dialect, folder) as (pump, opened):
        rig = EmulatedRig(
            pump,
            opened,
            frozenset(Capability) if way == "local" else dialect.capabilities,
            tells_outcomes=way == "local" or dialect.tells_outcomes,
            volume_step_ml=volume_step_ml,
        )
        try:
            yield rig
        finally:
            rig.port.close()


def _served(
    way: Way, dialect: Dialect, folder: Path
) -> AbstractContextManager[tuple[Emulated, Callable[[], PumpPort]]]:
    if way == "local":
        return _at_hand(dialect)
    if way == "memory":
        return _in_memory(dialect)
    return _on_a_port(way, dialect, folder)


@contextmanager
def _at_hand(dialect: Dialect) -> Iterator[tuple[Emulated, Callable[[], PumpPort]]]:
    pump = emulated(dialect)
    yield pump, pump.port


@contextmanager
def _in_memory(dialect: Dialect) -> Iterator[tuple[Emulated, Callable[[], PumpPort]]]:
    pump = emulated(dialect)
    side = dialect.pump(pump.device)

    def opener() -> Port:
        pair = MemoryPair(dialect.line)
        pair.pump.heard = lambda data: pair.pump.write(side.receive(data, time.monotonic()))
        return pair.host

    yield pump, lambda: connected(opener, dialect)


@contextmanager
def _on_a_port(way: Way, dialect: Dialect, folder: Path) -> Iterator[tuple[Emulated, Callable[[], PumpPort]]]:
    with emulated_pump(way, dialect, folder) as (pump, url):
        yield pump, lambda: connected(lambda: open_port(url, dialect.line), dialect)


@contextmanager
def emulated_pump(way: Way, dialect: Dialect, folder: Path) -> Iterator[tuple[Emulated, str]]:
    """Serve an emulated pump on a port; gives it, and the URL of the port."""
    here = Address(LOOPBACK, 0)
    places = {
        "pty": Place(folder / "pump", None, None),
        "tcp": Place(None, here, None),
        "rfc2217": Place(None, None, here),
    }
    with BackgroundLoop() as loop:
        pump = emulated(dialect, loop)
        loop.enter(_living(pump))
        served = Served(pump.device, dialect.pump(pump.device))
        emulator = loop.enter(Emulator([served], line=dialect.line))
        yield pump, loop.enter(_on_a_line(pump, emulator, frames_of(dialect.name), places[way]))


@asynccontextmanager
async def _on_a_line(pump: Emulated, emulator: Emulator, frames: Frames, place: Place) -> AsyncIterator[str]:
    """Serve a pump behind a line on which nothing happens unless asked for; gives what a client opens."""
    async with AsyncExitStack() as stack:
        url, line = await serve_with_faults(emulator, place, Script(), frames, stack, power=pump.power)
        pump.lay(line)
        yield url


@asynccontextmanager
async def _living(pump: Emulated) -> AsyncIterator[None]:
    """Let a pump follow its clock."""
    task = asyncio.create_task(pump.life())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def connected(opener: Callable[[], Port], dialect: Dialect, *, allow_control: bool = True) -> SerialPump:
    """Connect to the pump at a port."""
    pump = SerialPump(opener, dialect, allow_control=allow_control)
    pump.connect()
    return pump


class RealRig:
    """A real pump under the contract. Whatever needs hands is asked of a person, by `ask`, which waits.

    Args:
        url: Where it is.
        dialect: What it speaks.
        line: How the line is set.
        ask: Asks a person for something and waits until it is done.
        allow_control: Whether commands may be sent; without, only questions are.
        nurse_code: The code that opens its keyboard; None: it needs none.
    """

    watched_s = 120.0
    volume_step_ml = 0.01

    def __init__(
        self,
        url: str,
        dialect: Dialect,
        line: LineSettings,
        ask: Callable[[str], None],
        *,
        allow_control: bool,
        nurse_code: str | None,
    ) -> None:
        self.nurse_code = nurse_code
        self._ask = ask
        self._is_ready = False
        self._allow_control = allow_control
        self.tells_outcomes = dialect.tells_outcomes
        opener = partial(open_port, url, line)
        self._opened = partial(connected, opener, dialect, allow_control=allow_control)
        self.port = self._opened()

    @property
    def offers(self) -> frozenset[Capability]:
        """What can be asked of it; without control, questions only."""
        found = self.port.capabilities
        return found if self._allow_control else found - CONTROL

    def now_s(self) -> float:
        """Give the wall's time."""
        return time.monotonic()

    def do(self, deed: Deed) -> None:
        """Ask for something by hand; for a pump that is ready only once."""
        if deed is Deed.MAKE_READY and self._is_ready and self._has_settled():
            return
        self._ask(deed.value)
        if deed is Deed.MAKE_READY:
            self._is_ready = True
            self.reopen()  # a new host has heard of no alarm that was answered meanwhile
            self._has_settled()

    def _has_settled(self) -> bool:
        """Stop the pump and answer its alarms, as far as that may be done; says whether it is ready then."""
        if Capability.STOP in self.offers:
            self.port.send(Stop())
        if Capability.ACKNOWLEDGE in self.offers and self.port.status().alarms:
            self.port.send(Acknowledge())
        status = self.port.status()
        return status.mode == "stopped" and not status.alarms

    def let_pass(self, span_s: float) -> None:
        """Wait."""
        end_s = time.monotonic() + span_s
        while (left_s := end_s - time.monotonic()) > 0.0:
            self.port.poll()
            time.sleep(min(left_s, POLL_EVERY_S))

    def wait_until(self, holds: Callable[[], bool], limit_s: float) -> bool:
        """Wait until `holds`."""
        end_s = time.monotonic() + limit_s
        while not holds():
            if time.monotonic() > end_s:
                return False
            self.let_pass(POLL_EVERY_S)
        return True

    def reopen(self) -> None:
        """Let go of the link and take it up again."""
        self.port.close()
        self.port = self._opened()
