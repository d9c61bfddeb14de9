"""A bench on the wall clock, without a world around it: a pump on a table, with nobody but its host.

What a scenario needs (people, a script, a record) is a world's; see `sim/live.py`. Commands come on the next
whole simulated millisecond here as there.
"""

from __future__ import annotations

import asyncio
from bisect import insort
from collections.abc import Callable
from math import inf
from operator import itemgetter

from pump.commands import Command
from pump.events import Event
from pump.profiles import load_profile
from pump.program import Program
from pump.settings import PumpSettings
from sim.bench import Action, BenchOf
from sim.clocks import PacedClock
from sim.live import PROMPT_S, next_millisecond_s, woken
from sim.local_pump import LocalPump
from sim.plant.protocol import Plant
from sim.plant.syringe import SyringeConfig, SyringePlant


class LiveBench(LocalPump):
    """The pump of `bench`, as it is while the clock goes on. All methods belong to the loop's own thread."""

    def __init__(self, bench: BenchOf[Plant], clock: PacedClock, wall: Callable[[], float]) -> None:
        super().__init__(bench)
        self.clock = clock
        self._wall = wall
        self._wake = asyncio.Event()
        self._planned: list[tuple[float, Action]] = []

    @property
    def t_s(self) -> float:
        """The time that the clock shows, with everything done that was due."""
        now_s = max(self._bench.t_s, self.clock.sim_s(self._wall()))
        if self._due_s() <= now_s:
            self._reach(now_s)
            self._stir()
        return now_s

    def plan(self, at_s: float, action: Action) -> None:
        """Have `action` done at `at_s`, after what is due then and what was planned for then before.

        Raises:
            ValueError: that is past.
        """
        if at_s < self._bench.t_s:
            raise ValueError(f"{at_s} s is past; it is {self._bench.t_s} s")
        insort(self._planned, (at_s, action), key=itemgetter(0))
        self._wake.set()

    def _due_s(self) -> float:
        """When anything happens next if nobody acts."""
        planned_s = self._planned[0][0] if self._planned else inf
        return min(planned_s, self._bench.next_deadline_s())

    def _reach(self, t_s: float) -> None:
        """Let everything happen up to and including `t_s`."""
        while self._planned and self._planned[0][0] <= t_s:
            at_s, action = self._planned.pop(0)
            self._bench.advance_to(at_s)
            self._bench.apply(action)
        self._bench.advance_to(t_s)

    def skip(self, span_s: float) -> None:
        """Let so much simulated time pass at once, with everything that happens in it."""
        self.clock.jump_to(self._wall(), self.t_s + span_s)
        self._reach(self.clock.sim_s(self._wall()))
        self._stir()

    async def run(self) -> None:
        """Follow the clock for ever."""
        while True:
            due_s = self._due_s()
            wait_s = self.clock.wall_s(due_s) - self._wall()
            if wait_s > PROMPT_S:
                await woken(self._wake, wait_s)
            else:
                self._reach(due_s)
                self.changed()
                await asyncio.sleep(0)

    def _obey(self, command: Command) -> list[Event]:
        return self.act(command)

    def act(self, action: Action) -> list[Event]:
        """Do something to the pump, or to what it is fastened to."""
        now_s = max(self._bench.t_s, self.clock.sim_s(self._wall()))
        self._reach(next_millisecond_s(now_s, after_s=-inf))
        events = self._bench.apply(action)
        self._stir()
        return events

    def _stir(self) -> None:
        self.changed()
        self._wake.set()


def syringe_on_a_table(clock: PacedClock, wall: Callable[[], float], begin_s: float = 0.0) -> LiveBench:
    """Give a syringe pump of a laboratory: at `begin_s`, switched on, stopped, with 50 mL in its syringe."""
    profile = load_profile("lab-syringe")
    program = Program(rate_ml_h=1.0, vtbi_ml=profile.volume_max_ml, reservoir_ml=profile.volume_max_ml)
    settings = PumpSettings(profile=profile, program=program)
    bench = BenchOf(settings, SyringeConfig(), program.rate_ml_h, begin_s, SyringePlant)
    return LiveBench(bench, clock, wall)
