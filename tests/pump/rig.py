"""A pump core on a table: readings set by hand, time moved by hand, no physics."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any, TypeVar

from pump.commands import Command
from pump.core import PumpCore
from pump.events import AlarmCleared, AlarmRaised, CommandAccepted, CommandRefused, Event, Journal
from pump.profiles import Profile, load_profile
from pump.program import Program
from pump.seam import Drive, Readings, Watch
from pump.settings import PumpSettings

SEVEN_DAYS = Program(rate_ml_h=0.6, vtbi_ml=100.8, reservoir_ml=110.0)
NURSE_CODE = "2580"
SUPPLIER_CODE = "6500"

EventT = TypeVar("EventT", bound=Event)


@cache
def profile_named(name: str) -> Profile:
    """The profile, read once for all tests."""
    return load_profile(name)


def settings_of(
    profile: str = "generic-ambulatory", program: Program = SEVEN_DAYS, **more: Any
) -> PumpSettings:
    """Settings of a pump of `profile`; fields of the profile may be replaced by name."""
    base = profile_named(profile)
    figures = {
        name: more.pop(name)
        for name in tuple(more)
        if hasattr(base, name) and name not in PumpSettings.__slots__
    }
    return PumpSettings(profile=replace(base, **figures), program=program, **more)


class Rig:
    """A core with its journal; what it asks of the mechanism is kept in `drives`."""

    def __init__(self, settings: PumpSettings | None = None, **more: Any) -> None:
        self.settings = settings or settings_of(**more)
        self.journal = Journal()
        self.readings = Readings()
        self.core = PumpCore(self.settings, self.journal, self.readings)
        self.t_s = 0.0
        self.drives: list[Drive] = []

    @property
    def mode(self) -> str:
        return self.core.mode  # as text, so that a type checker lets it change between two asserts

    @property
    def given_ml(self) -> float:
        return self.core.counters(self.t_s).given_ml

    @property
    def reservoir_ml(self) -> float:
        return self.core.counters(self.t_s).reservoir_ml

    def to(self, t_s: float) -> Rig:
        """Move time to `t_s`, doing everything that is due on the way."""
        while self.core.next_deadline_s() <= t_s:
            due_s = max(self.t_s, self.core.next_deadline_s())
            self._keep(self.core.wake(due_s, self.readings))
            self.t_s = due_s
            self._sense_jumps()
        self.t_s = t_s
        return self

    def do(self, *commands: Command) -> bool:
        """Give commands now; whether the last one was accepted."""
        accepted = False
        for command in commands:
            seen = len(self.journal.events)
            self._keep(self.core.command(self.t_s, command, self.readings))
            new = self.journal.events[seen:]
            accepted = any(isinstance(event, CommandAccepted) for event in new)
            assert new, "every command leaves an event"
            self._sense_jumps()
        return accepted

    def read(self, **readings: Any) -> Rig:
        """Let sensors say something else from now on, and the core find out by its watches."""
        self.readings = replace(self.readings, **readings)
        self._sense_jumps()
        return self

    def refusal(self, command: Command) -> str:
        """Give a command that is to be refused; the reason."""
        assert not self.do(command)
        return self.last(CommandRefused).reason

    def last(self, kind: type[EventT]) -> EventT:
        return next(event for event in reversed(self.journal.events) if isinstance(event, kind))

    def all(self, kind: type[EventT]) -> list[EventT]:
        return [event for event in self.journal.events if isinstance(event, kind)]

    def raised(self) -> list[tuple[float, str]]:
        return [(event.t_s, event.code) for event in self.all(AlarmRaised)]

    def cleared(self) -> list[tuple[float, str]]:
        return [(event.t_s, event.code) for event in self.all(AlarmCleared)]

    def standing(self) -> set[str]:
        return {each.code for each in self.core.alarms.standing()}

    def _keep(self, drive: Drive | None) -> None:
        if drive is not None:
            self.drives.append(drive)

    def _sense_jumps(self) -> None:
        for _ in range(50):
            watch = next(self._beyond(), None)
            if watch is None:
                return
            self._keep(self.core.sense(self.t_s, watch, self.readings))
        raise AssertionError(f"the core ignores {watch}")

    def _beyond(self) -> Iterator[Watch]:
        for watch in self.core.watches():
            value = getattr(self.readings, watch.reading)
            if value > watch.level if watch.above else value < watch.level:
                yield watch
