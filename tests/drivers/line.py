"""A pump on a table at the far end of a line in memory; its clock is moved by hand: no threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import count
from random import Random
from typing import Any

from drivers.dialects import Dialect, PumpSide
from drivers.dialects.ambupump import AMBUPUMP
from drivers.errors import LinkDown
from drivers.serial_pump import SerialPump
from drivers.transport import MemoryPair, Port
from pump.commands import Command
from pump.events import CommandAccepted, CommandRefused, Event
from pump.hands import COMMAND_NAMES
from pump.log import LogRow
from pump.panel import panel
from pump.port import AlarmView, DeviceView, Outcome, PumpStatus
from pump.program import Program
from pump.seam import Readings
from tests.pump.rig import Rig


class Drawn(Random):
    """Chance without chance: sessions from `session_no` on, and as jitter what is in `fracs`, then 0."""

    def __init__(self, session_no: int, fracs: Iterable[float] = ()) -> None:
        super().__init__()
        self._sessions = count(session_no)
        self._fracs = iter(fracs)

    def randrange(self, start: int, stop: int | None = None, step: int = 1) -> int:
        return next(self._sessions)

    def random(self) -> float:
        return next(self._fracs, 0.0)


class RigPump:
    """The pump of a rig, served. `applied` keeps every command that reached it."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.applied: list[Command] = []
        self._listeners: list[Callable[[], None]] = []

    @property
    def t_s(self) -> float:
        return self.rig.t_s

    def apply(self, command: Command) -> Outcome:
        self.applied.append(command)
        seen = len(self.rig.journal.events)
        self.rig.do(command)
        name = COMMAND_NAMES[type(command)]
        for event in self.rig.journal.events[seen:]:
            if isinstance(event, CommandAccepted) and event.command == name:
                return Outcome(accepted=True, seq=event.seq)
            if isinstance(event, CommandRefused) and event.command == name:
                return Outcome(accepted=False, reason=event.reason, seq=event.seq)
        raise AssertionError(f"{name} left no event")

    def status(self) -> PumpStatus:
        core = self.rig.core
        counters = core.counters(self.rig.t_s)
        return PumpStatus(
            t_s=self.rig.t_s,
            mode=core.mode.value,
            rate_ml_h=core.drive.rate_ml_h,
            given_ml=counters.given_ml,
            vtbi_left_ml=counters.vtbi_left_ml,
            reservoir_ml=counters.reservoir_ml,
            lock_level=core.lock.level.value,
            battery_frac=self.rig.readings.battery_frac,
            external_power=self.rig.readings.mains_frac > 0.5,
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
        return self.rig.core.program

    def log(self, after_number: int = 0) -> tuple[LogRow, ...]:
        return self.rig.core.log.rows(after_number)

    def readings(self) -> Readings:
        return self.rig.readings

    def view(self) -> DeviceView:
        shown = panel(self.rig.core, self.rig.t_s)
        return DeviceView(
            panel=shown,
            readings=self.rig.readings,
            status=self.status(),
            log=self.log(),
            sound=shown.sound,
        )

    def events_since(self, seq: int) -> tuple[Event, ...]:
        return tuple(event for event in self.rig.journal.events if event.seq > seq)

    def on_change(self, listener: Callable[[], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)


class Line:
    """A host and a pump on a line. What goes over it can be bent on its way.

    `to_pump` and `to_host` are given each piece and return what arrives. Wall time passes only while
    somebody waits, or by `pass_time`; `plugged` False is a cable that hangs loose, `present` False a port
    that is not there any more.
    """

    def __init__(self, dialect: Dialect = AMBUPUMP, device: RigPump | None = None, **options: Any) -> None:
        self.wall_s = 1000.0
        self.device = device or RigPump(Rig())
        self.side: PumpSide = dialect.pump(self.device, timers=options.pop("timers", True))
        self.dialect = dialect
        self.present = True
        self.to_pump: Callable[[bytes], bytes] = lambda data: data
        self.to_host: Callable[[bytes], bytes] = lambda data: data
        self.opened_count = 0
        self.sent: list[bytes] = []
        self._later: list[tuple[float, Callable[[], bytes]]] = []
        self._pair: MemoryPair | None = None
        self.pump = SerialPump(
            self.open,
            dialect,
            clock=lambda: self.wall_s,
            sleep=self.pass_time,
            **{"chance": Drawn(0xC0DE)} | options,
        )

    def open(self) -> Port:
        """Plug the cable in."""
        if not self.present:
            raise LinkDown("there is no such port")
        self.opened_count += 1
        self._pair = MemoryPair(self.dialect.line, lambda: self.wall_s, self._wait)
        self._pair.pump.heard = self._heard
        return self._pair.host

    def unplug(self) -> None:
        """Pull the cable out, so that the host's port is gone."""
        assert self._pair is not None
        self._pair.pump.close()
        self._pair = None

    def pass_time(self, span_s: float) -> None:
        """Let wall time pass, with the pump's protocol timers."""
        end_s = self.wall_s + span_s
        while self.side.next_deadline_s() <= end_s:
            self.wall_s = max(self.wall_s, self.side.next_deadline_s())
            self._say(self.side.wake(self.wall_s))
        self.wall_s = end_s

    def stir(self) -> None:
        """Have the pump say what is new."""
        self._say(self.side.on_change(self.wall_s))

    def say(self, data: bytes) -> None:
        """Put bytes on the line to the host."""
        assert self._pair is not None
        self._pair.host.arrive(data)

    def later(self, due_s: float, data: Callable[[], bytes]) -> None:
        """Have `data` arrive at the host at `due_s`, if somebody waits then."""
        self._later.append((due_s, data))

    def _wait(self, deadline_s: float) -> None:
        """Let time go on to the next thing that the pump says, at most to the deadline."""
        if self._later and self._later[0][0] <= deadline_s:
            self.wall_s, data = self._later.pop(0)
            self.say(data())
            return
        due_s = self.side.next_deadline_s()
        if due_s <= deadline_s:
            self.pass_time(max(0.0, due_s - self.wall_s))
        else:
            self.wall_s = deadline_s

    def _heard(self, data: bytes) -> None:
        self.sent.append(data)
        data = self.to_pump(data)
        if data:
            self._say(self.side.receive(data, self.wall_s))

    def _say(self, data: bytes) -> None:
        if data and self._pair is not None and (data := self.to_host(data)):
            self._pair.host.arrive(data)
