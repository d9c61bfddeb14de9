"""Simulated pumps for tests: their time and their hands are the test's."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final, Protocol, TypeVar

from console.behind import NOMINAL, ON_A_TABLE, TABLE, beneath, knows, power_of
from console.line_faults import wire_of
from drivers.background import BackgroundLoop
from drivers.dialects import Dialect
from drivers.faults.end import FaultyEnd
from drivers.faults.script import parse_script
from pump.commands import Acknowledge, Command, ConfirmProgram, ProgramChange, Start, Stop
from pump.port import PumpDevice, PumpPort
from scenarios.loader import load
from sim.clocks import PacedClock
from sim.live import LiveSession
from sim.live_bench import syringe_on_a_table
from sim.local_pump import LivePump
from sim.plant.actions import PlantAction, PlugMains
from sim.world.setup import Setup, Step
from sim.world.world import World

T = TypeVar("T")
Life = Coroutine[Any, Any, None]


class Emulated(Protocol):
    """A simulated pump that somebody else's code is to steer.

    Its own time goes by the wall clock, and further only by `let_pass`.
    """

    @property
    def device(self) -> PumpDevice:
        """The pump, as an emulator serves it."""
        ...

    def life(self) -> Life:
        """Follow the wall clock until cancelled."""
        ...

    def port(self) -> PumpPort:
        """Give the pump at hand, without any link."""
        ...

    def make_ready(self, port: PumpPort) -> None:
        """Do what is to be done at a new pump before it can be used; `port` is connected to it."""
        ...

    def now_s(self) -> float:
        """Give the pump's own time."""
        ...

    def do(self, verb: str, **params: str | float | bool) -> None:
        """Carry out a step of the scenario language now, as `do("clamp", where="downstream")`."""
        ...

    def let_pass(self, span_s: float) -> None:
        """Let so much of the pump's time pass at once."""
        ...

    def power(self, on: bool) -> None:
        """Take all its power, or give back what was taken; on the loop where it lives."""
        ...

    def lay(self, line: FaultyEnd) -> None:
        """Have a line on which faults can happen; on the loop where it lives."""
        ...

    def disturb(self, faults: str) -> None:
        """Let happen on its line from now on what a script says, as `disturb("drop reply 3")`."""
        ...


def emulated(dialect: Dialect, loop: BackgroundLoop | None = None) -> Emulated:
    """Give a new pump of the kind that speaks `dialect`."""
    return EmulatedSyringe(loop) if dialect.name in ON_A_TABLE else EmulatedPump(loop=loop)


class _OnALoop:
    """What every kind has: the loop where it lives, and perhaps a line.

    Args:
        loop: Where it lives; None: with whoever asks.
    """

    def __init__(self, loop: BackgroundLoop | None) -> None:
        self._loop = loop
        self._line: FaultyEnd | None = None

    def _there(self, work: Callable[[], T]) -> T:
        """Do something where it lives."""
        if self._loop is None:
            return work()

        async def there() -> T:
            return work()

        return self._loop.call(there())

    def lay(self, line: FaultyEnd) -> None:
        """Have a line on which faults can happen."""
        self._line = line

    def disturb(self, faults: str) -> None:
        """Let happen on its line from now on what a script says, as `disturb("drop reply 3")`.

        Raises:
            FaultScriptError: it cannot be read, or not be had on this line.
            ValueError: it is at no line.
        """
        rules = parse_script(faults).rules
        line = self._line
        if line is None:
            raise ValueError(f"{faults!r} happens on a line, and this pump is at none")
        for rule in rules:
            self._there(partial(line.add, rule))


class EmulatedPump(_OnALoop):
    """A pump with its bag and people. A new one is primed and stopped, with its line on the catheter.

    Args:
        setup: The pump and what happens to it; None: a 7-day bag, and nothing.
        loop: Where it lives; None: with whoever asks.
    """

    def __init__(self, setup: Setup | None = None, loop: BackgroundLoop | None = None) -> None:
        super().__init__(loop)
        below, begin_s = beneath(load(NOMINAL).setup if setup is None else setup)
        world = World(below)
        world.advance_to(begin_s)
        self.session = LiveSession(world, PacedClock(time.monotonic(), sim_s=begin_s), time.monotonic)
        self.device = LivePump(self.session)
        self.power = power_of(self.session)

    def lay(self, line: FaultyEnd) -> None:
        """Have a line, on which steps of the line happen too."""
        super().lay(line)
        self.session.world.wire = wire_of(line, self.session.clock.rate_frac)

    def life(self) -> Life:
        """Follow the wall clock until the world is over."""
        return self.session.run()

    def port(self) -> PumpPort:
        """Give the pump at hand, to be closed apart from others."""
        return LivePump(self.session)

    def make_ready(self, port: PumpPort) -> None:
        """Do nothing: a new one is ready."""

    def now_s(self) -> float:
        """Give the pump's own time."""
        return self._there(lambda: self.device.t_s)

    def do(self, verb: str, **params: str | float | bool) -> None:
        """Carry out a step of the scenario language now, as `do("clamp", where="downstream")`."""
        step = Step(at_s=0.0, verb=verb, params=tuple(sorted(params.items())))
        self._there(lambda: self.session.inject(step))

    def let_pass(self, span_s: float) -> None:
        """Let so much of the pump's time pass at once."""
        self._there(lambda: self.session.skip(span_s))


DEEDS: Final[Mapping[str, Command]] = MappingProxyType(
    {
        "start": Start(),
        "stop": Stop(),
        "acknowledge": Acknowledge(),
    }
)
"""What hands can do at a syringe pump, besides what can happen to it (`behind.TABLE`)."""

RATE_ML_H: Final = 20.0
VTBI_ML: Final = 30.0
"""What a syringe pump is set to: it gives 10 mL in half an hour, and stalls within a quarter of an hour after
its line was closed."""


class EmulatedSyringe(_OnALoop):
    """A syringe pump on a table, for which there are no scenarios. A new one says first that it was off.

    Args:
        loop: Where it lives; None: with whoever asks.
    """

    def __init__(self, loop: BackgroundLoop | None = None) -> None:
        super().__init__(loop)
        self.device = syringe_on_a_table(PacedClock(time.monotonic()), time.monotonic)

    def life(self) -> Life:
        """Follow the wall clock for ever."""
        return self.device.run()

    def power(self, on: bool) -> None:
        """Pull its plug out, or put it back."""
        self.device.act(PlugMains(present=on))

    def port(self) -> PumpPort:
        """Give the pump at hand."""
        return self.device

    def make_ready(self, port: PumpPort) -> None:
        """Take notice that it was off, and set rate and volume."""
        if port.status().alarms:
            port.send(Acknowledge())
        port.send(ProgramChange(rate_ml_h=RATE_ML_H, vtbi_ml=VTBI_ML))
        port.send(ConfirmProgram())

    def now_s(self) -> float:
        """Give the pump's own time."""
        return self._there(lambda: self.device.t_s)

    def do(self, verb: str, **params: str | float | bool) -> None:
        """Press one of its keys, or let happen to it what can happen on a table, now.

        Raises:
            ValueError: there is no such thing there.
        """
        step = Step(at_s=0.0, verb=verb, params=tuple(sorted(params.items())))
        if verb in DEEDS:
            deed: Command | PlantAction = DEEDS[verb]
        elif knows(step):
            deed = TABLE[verb](step)
        else:
            there_are = ", ".join((*DEEDS, *TABLE))
            raise ValueError(f"nobody can {verb!r} {params} on a table; there are {there_are}")
        self._there(lambda: self.device.act(deed))

    def let_pass(self, span_s: float) -> None:
        """Let so much of the pump's time pass at once."""
        self._there(lambda: self.device.skip(span_s))
