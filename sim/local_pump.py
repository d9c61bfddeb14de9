"""A simulated pump at hand: asked directly by a controller, and served by an emulator.

One object has both sides of `pump/port.py`. As a `PumpPort` it is what a driver over a wire is measured by:
whoever steers a pump cannot tell the two apart. As a `PumpDevice` it stands behind a dialect.

`LocalPump` is the pump of a bench, at the bench's own time. `WorldPump` is the one of a world that somebody
else advances; people and script hear of what it does. `LivePump` is the one of a live session, at the time
that its clock shows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pump.commands import Command
from pump.events import (
    AlarmEvent,
    CommandAccepted,
    CommandRefused,
    Event,
    ModeChanged,
    Noted,
    RateCommanded,
    TurnedBack,
)
from pump.hands import COMMAND_NAMES
from pump.log import LogRow
from pump.panel import panel
from pump.port import AlarmView, DeviceView, Outcome, PumpStatus
from pump.program import Program
from pump.seam import BEYOND_HALF, Readings
from sim.bench import BenchOf
from sim.live import LiveSession
from sim.plant.protocol import Plant
from sim.world.world import World

OWN: Final = (AlarmEvent, CommandAccepted, CommandRefused, ModeChanged, Noted, RateCommanded, TurnedBack)
"""The events that a pump knows of. What plant, truth and people do is in the same journal, and no pump's."""

Listener = Callable[[], None]


class LocalPump:
    """The pump on `bench`. Whoever advances the bench calls `changed`, so that listeners hear of it."""

    def __init__(self, bench: BenchOf[Plant]) -> None:
        self._bench = bench
        self._listeners: list[Listener] = []

    @property
    def t_s(self) -> float:
        """The pump's own time, with everything done that was due."""
        return self._bench.t_s

    # As a port

    def send(self, command: Command) -> Outcome:
        """Ask for something; what comes of it is known at once."""
        return self.apply(command)

    def status(self) -> PumpStatus:
        """Say how the pump is."""
        t_s = self.t_s
        core = self._bench.core
        counters = core.counters(t_s)
        readings = self._bench.plant.readings(t_s)
        has_battery = readings.battery_present_frac > BEYOND_HALF
        return PumpStatus(
            t_s=t_s,
            mode=core.mode.value,
            rate_ml_h=core.drive.rate_ml_h,
            given_ml=counters.given_ml,
            vtbi_left_ml=counters.vtbi_left_ml,
            reservoir_ml=counters.reservoir_ml,
            lock_level=core.lock.level.value,
            battery_frac=readings.battery_frac if has_battery else None,
            external_power=readings.mains_frac > BEYOND_HALF,
            alarms=tuple(
                AlarmView(
                    code=each.code,
                    priority=each.priority.value,
                    state="active" if each.is_active else "latched",
                )
                for each in core.alarms.standing()
            ),
        )

    def program(self) -> Program:
        """Give the programme in force."""
        return self._bench.core.program

    def log(self, after_number: int = 0) -> tuple[LogRow, ...]:
        """Give the rows of the log whose number is above `after_number`."""
        return self._bench.core.log.rows(after_number)

    def close(self) -> None:
        """Have nobody called any more."""
        self._listeners.clear()

    # As a device

    def apply(self, command: Command) -> Outcome:
        """Carry out `command` now, or refuse it."""
        return outcome_of(command, self._obey(command))

    def readings(self) -> Readings:
        """Give what the pump's sensors say, and its supply."""
        return self._bench.plant.readings(self.t_s)

    def view(self) -> DeviceView:
        """Show the pump as it is now."""
        t_s = self.t_s
        core = self._bench.core
        shown = panel(core, t_s)
        return DeviceView(
            panel=shown,
            readings=self._bench.plant.readings(t_s),
            status=self.status(),
            log=core.log.rows(),
            sound=shown.sound,
        )

    def events_since(self, seq: int) -> tuple[Event, ...]:
        """Give the pump's own events whose number is above `seq`."""
        events = self._bench.journal.events
        known_count = max(0, seq + 1 - events[0].seq) if events else 0
        return tuple(event for event in events[known_count:] if isinstance(event, OWN))

    def on_change(self, listener: Listener) -> Listener:
        """Call `listener` after every change; the function returned takes it off again."""
        self._listeners.append(listener)

        def take_off() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return take_off

    def changed(self) -> None:
        """Let everyone who listens know that something has happened."""
        for listener in tuple(self._listeners):
            listener()

    def _obey(self, command: Command) -> list[Event]:
        events = self._bench.apply(command)
        self.changed()
        return events


class WorldPump(LocalPump):
    """The pump of `world`. Commands come in their own hand's name, at the world's time."""

    def __init__(self, world: World) -> None:
        super().__init__(world.bench)
        self._world = world
        self._is_closed = False
        world.listen(self._hear)

    @property
    def t_s(self) -> float:
        """The world's time."""
        return self._world.now_s

    def close(self) -> None:
        """Have nobody called any more, and hear no more."""
        super().close()
        if not self._is_closed:
            self._is_closed = True
            self._world.unlisten(self._hear)

    def _obey(self, command: Command) -> list[Event]:
        return self._world.apply(command)

    def _hear(self, _event: Event) -> None:
        self.changed()


class LivePump(WorldPump):
    """The pump of a live `session`, as it is while the clock goes on."""

    def __init__(self, session: LiveSession) -> None:
        super().__init__(session.world)
        self._session = session

    @property
    def t_s(self) -> float:
        """The time that the session's clock shows, with everything done that was due."""
        return self._session.settle()

    def _obey(self, command: Command) -> list[Event]:
        return self._session.command(command)


def outcome_of(command: Command, events: list[Event]) -> Outcome:
    """Find what came of `command` among the events that followed it."""
    name = COMMAND_NAMES[type(command)]
    for event in events:
        if isinstance(event, CommandAccepted) and event.command == name:
            return Outcome(accepted=True, seq=event.seq)
        if isinstance(event, CommandRefused) and event.command == name:
            return Outcome(accepted=False, reason=event.reason, seq=event.seq)
    raise RuntimeError(f"the pump neither did nor refused {name}: that is a fault of the core")
