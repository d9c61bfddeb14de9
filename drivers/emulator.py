"""The emulator: pumps behind a dialect on one line, and whoever is connected to it.

Sans transport: `serve_pty.py`, `serve_tcp.py` and `serve_rfc2217.py` bring bytes from a client and carry
bytes to it; on the way they may take their time (`paced_end.py`) and suffer (`faults/end.py`). All of it runs
on one asyncio loop, the live host of the pumps as well. Protocol timers (inter-byte, watchdog, lease) run on
the loop's clock, which is wall time, whatever the pumps' own time does.

A line has one client at a time; a second one is told why it is turned away. On a line with several pumps each
hears everything and answers what is addressed to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from types import TracebackType
from typing import Protocol, Self

from drivers.dialects import PumpSide
from drivers.record import Tap
from drivers.transport import LineSettings
from pump.port import PumpDevice
from pump.seam import BEYOND_HALF


class Client(Protocol):
    """Whoever is at the far end of the line."""

    @property
    def name(self) -> str:
        """Where the client is, for people."""
        ...

    def write(self, data: bytes) -> None:
        """Carry bytes to the client; what it does not take in time is lost, as on a line."""
        ...


class LineEnd(Protocol):
    """What a pty or a socket serves: the pumps' end of a line, or something on the way to it."""

    @property
    def line(self) -> LineSettings:
        """What this end of the line is set to."""
        ...

    def connect(self, client: Client) -> str | None:
        """Take `client` on the line; returns why not where the line is taken."""
        ...

    def disconnect(self, client: Client) -> None:
        """Take `client` off the line."""
        ...

    def receive(self, data: bytes) -> None:
        """Take in what the client sent just now."""
        ...


@dataclass(slots=True)
class Served:
    """One pump on the line: the pump, and the side of the dialect that speaks for it, while it has power."""

    device: PumpDevice
    side: PumpSide
    has_power: bool = True

    def look(self, wall_s: float) -> bytes:
        """Take notice of a change of the pump; returns what it says unasked."""
        had_power = self.has_power
        self.has_power = self.device.readings().supply_frac > BEYOND_HALF
        if not self.has_power:
            return b""
        return self.side.on_change(wall_s) if had_power else self.side.restart(wall_s)


class Emulator:
    """Pumps on a line. All methods belong to the loop's own thread.

    Args:
        pumps: Each with its side of the dialect.
        line: What the pumps' end of the line is set to.
        tap: Takes everything down; None: nobody does.
        told: Is told in a line of text who comes and goes.
    """

    def __init__(
        self,
        pumps: Sequence[Served],
        *,
        line: LineSettings,
        tap: Tap | None = None,
        told: Callable[[str], None] = lambda _text: None,
    ) -> None:
        self._pumps = tuple(pumps)
        self.line = line
        self._tap = tap
        self._told = told
        self._client: Client | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_s = inf
        self._stir_is_due = False
        self._take_offs: list[Callable[[], None]] = []

    # Coming and going

    async def __aenter__(self) -> Self:
        """Begin: hear the pumps' changes, and keep their sides' timers."""
        self._loop = asyncio.get_running_loop()
        self._take_offs = [each.device.on_change(self._stirred) for each in self._pumps]
        self._stirred()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End: no pump calls any more, and no timer runs."""
        for take_off in self._take_offs:
            take_off()
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._timer_s, self._loop = None, inf, None
        self._client = None

    def connect(self, client: Client) -> str | None:
        """Take `client` on the line; returns why not where the line is taken."""
        if self._client is not None:
            reason = f"busy: {self._client.name} is connected, and the line has one client at a time"
            self._told(f"{client.name} turned away, {reason}")
            return reason
        self._client = client
        self._told(f"{client.name} connected")
        return None

    def disconnect(self, client: Client) -> None:
        """Take `client` off the line. The pumps go on; what they say meanwhile nobody hears."""
        if self._client is client:
            self._client = None
            self._told(f"{client.name} gone")

    # Bytes

    def receive(self, data: bytes) -> None:
        """Take in what the client sent just now."""
        if self._tap is not None:
            self._tap.heard(data)
        now_s = self._running().time()
        for each in self._with_power():
            self._say(each.side.receive(data, now_s))
        self._arm()

    def _say(self, data: bytes) -> None:
        if not data or self._client is None:
            return
        if self._tap is not None:
            self._tap.said(data)
        self._client.write(data)

    # What comes without being asked for

    def _stirred(self) -> None:
        """A pump has changed, perhaps in the middle of a command: look at it when that is over."""
        if not self._stir_is_due and self._loop is not None:
            self._stir_is_due = True
            self._loop.call_soon(self._stir)

    def _stir(self) -> None:
        self._stir_is_due = False
        if self._loop is None:
            return
        now_s = self._loop.time()
        for each in self._pumps:
            self._say(each.look(now_s))
        self._arm()

    def _ring(self) -> None:
        self._timer, self._timer_s = None, inf
        now_s = self._running().time()
        for each in self._with_power():
            if each.side.next_deadline_s() <= now_s:
                self._say(each.side.wake(now_s))
        self._arm()

    def _arm(self) -> None:
        """Keep one timer on the earliest of the sides' deadlines."""
        due_s = min((each.side.next_deadline_s() for each in self._with_power()), default=inf)
        if due_s == self._timer_s:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._timer_s = due_s
        if due_s < inf:
            self._timer = self._running().call_at(due_s, self._ring)

    def _with_power(self) -> list[Served]:
        """The pumps whose electronics work. Whatever is sent to the others is lost."""
        return [each for each in self._pumps if each.has_power]

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            raise RuntimeError("the emulator has not begun, or is over")
        return self._loop
