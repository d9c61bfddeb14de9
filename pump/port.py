"""The two sides of a port: what a controller may ask of a pump, and what an emulator serves.

`PumpPort` is spoken by whoever steers a pump, near or far away: `sim/local_pump.py` asks a simulated one
directly, a serial driver asks over a wire. `PumpDevice` is the other side: a pump for an emulator to serve.

Both sides answer with values. A refusal is an `Outcome`; exceptions are for the link alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pump.commands import Command
from pump.events import Event
from pump.log import LogRow
from pump.panel import Panel, PanelSound
from pump.program import Program
from pump.seam import Readings


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a command: whether it was carried out, why not, and the number of the event that says so.

    `reason` is a value of `pump.errors.Reason`, empty where `accepted`. `seq` is the number in the journal,
    or None where the link tells none.
    """

    accepted: bool
    reason: str = ""
    seq: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmView:
    """One alarm that stands, as a controller sees it. `state` is active or latched."""

    code: str
    priority: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PumpStatus:
    """What a pump says of itself at `t_s`, in its own time. What a dialect does not carry is None."""

    t_s: float | None
    mode: str
    rate_ml_h: float
    given_ml: float | None = None
    vtbi_left_ml: float | None = None
    reservoir_ml: float | None = None
    lock_level: str | None = None
    battery_frac: float | None = None
    external_power: bool | None = None
    alarms: tuple[AlarmView, ...] = ()


class PumpPort(Protocol):
    """What a controller may ask of a pump."""

    def send(self, command: Command) -> Outcome:
        """Ask for something. A refusal is an outcome.

        Raises:
            Exception: of the link only; a link that cannot tell whether the command took effect says so
                with an error of its own, and nothing is sent twice.
        """
        ...

    def status(self) -> PumpStatus:
        """Ask how the pump is."""
        ...

    def program(self) -> Program:
        """Ask for the programme in force."""
        ...

    def log(self, after_number: int = 0) -> tuple[LogRow, ...]:
        """Ask for the rows of the pump's log whose number is above `after_number`."""
        ...

    def close(self) -> None:
        """Let go of the link; the pump goes on by itself."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceView:
    """All that an emulator may show of its pump at one instant."""

    panel: Panel
    readings: Readings
    status: PumpStatus
    log: tuple[LogRow, ...]
    sound: PanelSound | None


class PumpDevice(Protocol):
    """A pump for an emulator to serve."""

    @property
    def t_s(self) -> float:
        """The pump's own time."""
        ...

    def apply(self, command: Command) -> Outcome:
        """Carry out `command` now, or refuse it."""
        ...

    def view(self) -> DeviceView:
        """Show the pump as it is now, all at once."""
        ...

    def status(self) -> PumpStatus:
        """Say how the pump is: what a controller asks for most, without the rest of the view."""
        ...

    def readings(self) -> Readings:
        """Give what the pump's sensors say, and its supply, without the rest of the view."""
        ...

    def program(self) -> Program:
        """Give the programme in force."""
        ...

    def log(self, after_number: int = 0) -> tuple[LogRow, ...]:
        """Give the rows of the log whose number is above `after_number`, oldest first."""
        ...

    def events_since(self, seq: int) -> tuple[Event, ...]:
        """Give the events whose number is above `seq`."""
        ...

    def on_change(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` after every change; the function returned takes it off again."""
        ...
