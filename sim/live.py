"""The live host: a world that follows the wall clock, with rate, pause and skip, on one asyncio loop.

Steps are injected while it runs. Each is put on the next whole simulated millisecond that the world
has not reached yet, queued there and carried out, so that the recorded session is exact: replayed
at once it gives the same events.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from math import floor, inf

from pump.commands import Command
from pump.events import Event
from sim.clocks import PacedClock
from sim.world.remote import remote_step
from sim.world.result import Result
from sim.world.setup import Setup, Step
from sim.world.world import World

BUDGET_S = 0.0005
"""So long the world may work before the loop's other tasks get a turn: a command waits behind it."""

PROMPT_S = 1e-6
"""A loop may wake so much too early: waiting for the rest would be waiting for nothing."""

LONGEST_WAIT_S = 3600.0
"""A wait is cut into pieces: asyncio refuses very long ones."""


@dataclass(slots=True)
class Lateness:
    """How late events were carried out, in wall seconds: the live host's own measure."""

    events_count: int = 0
    worst_s: float = 0.0
    latest_s: float = 0.0

    def note(self, late_s: float) -> None:
        """Take in one event."""
        self.events_count += 1
        self.latest_s = late_s
        self.worst_s = max(self.worst_s, late_s)


class LiveSession:
    """One world on the wall clock. All methods belong to the loop's own thread."""

    def __init__(self, world: World, clock: PacedClock, wall: Callable[[], float]) -> None:
        self.world = world
        self.clock = clock
        self.lateness = Lateness()
        self._wall = wall
        self._wake = asyncio.Event()

    @property
    def now_s(self) -> float:
        """The simulated time that the clock shows, never behind what the world has lived through."""
        return max(self.world.now_s, self.clock.sim_s(self._wall()))

    async def run(self) -> None:
        """Follow the clock until the world is over."""
        while not self.world.finished:
            await self._catch_up()
            if not self.world.finished:
                await woken(self._wake, self.clock.wall_s(self.world.next_event_s()) - self._wall())

    async def _catch_up(self) -> None:
        """Carry out all that is due, giving way to the loop when it takes long."""
        begun_s = self._wall()
        while not self.world.finished:
            due_s = self.world.next_event_s()
            wall_s = self._wall()
            if due_s > self.clock.sim_s(wall_s) and self.clock.wall_s(due_s) - wall_s > PROMPT_S:
                return
            if not self.clock.paused:
                self.lateness.note(wall_s - self.clock.wall_s(due_s))
            self.world.advance_to(due_s)
            if self._wall() - begun_s > BUDGET_S:
                await asyncio.sleep(0)
                begun_s = self._wall()

    def inject(self, step: Step) -> Step:
        """Carry out `step` now; returns it with the time at which it was.

        Its own `at_s` is ignored: it happens on the next whole millisecond that is still ahead.
        """
        now_s = self.now_s
        timed = replace(step, at_s=next_millisecond_s(now_s, after_s=self.world.now_s))
        self.world.do(timed)
        self._wake.set()
        return timed

    def settle(self) -> float:
        """Carry out what is due but late; returns the time that the pump's counters may be read at."""
        now_s = self.now_s
        if not self.world.finished and self.world.next_event_s() <= now_s:
            self.world.advance_to(now_s)
            self._wake.set()
        return self.world.now_s if self.world.finished else now_s

    def command(self, command: Command) -> list[Event]:
        """Give the pump a command of a wire, as a step of its own; returns what followed it.

        Several in one millisecond happen at one time, in their order. When the world is over its pump still
        answers, and nothing is recorded.
        """
        if self.world.finished:
            return self.world.command(command, command.access.value)
        at_s = next_millisecond_s(self.now_s, after_s=-inf)
        self.world.advance_to(at_s)
        events = self.world.bench.journal.events
        before_count = len(events)
        self.world.do(replace(remote_step(command), at_s=at_s))
        self._wake.set()
        return events[before_count:]

    def set_rate(self, rate_frac: float) -> None:
        """Run at `rate_frac` simulated seconds per wall second."""
        self.clock.set_rate(self._wall(), rate_frac)
        self._wake.set()

    def pause(self) -> None:
        """Stand still; steps can still be injected, one millisecond after the other."""
        self.clock.pause(self._wall())
        self._wake.set()

    def resume(self) -> None:
        """Go on."""
        self.clock.resume(self._wall())
        self._wake.set()

    def skip(self, span_s: float) -> None:
        """Let so much simulated time pass at once, with everything that happens in it."""
        self.clock.jump_to(self._wall(), self.now_s + span_s)
        self.settle()
        self._wake.set()


async def woken(wake: asyncio.Event, within_s: float) -> None:
    """Wait until somebody wakes a host, or until `within_s` have passed."""
    wake.clear()
    with suppress(TimeoutError):
        async with asyncio.timeout(min(within_s, LONGEST_WAIT_S)):
            await wake.wait()


def next_millisecond_s(now_s: float, *, after_s: float) -> float:
    """The first whole millisecond at or after `now_s` that lies strictly after `after_s`."""
    count = floor(now_s * 1000.0)
    while count / 1000.0 < now_s or count / 1000.0 <= after_s:
        count += 1
    return count / 1000.0


class LiveHost:
    """Runs a setup to its end on the wall clock, `rate_frac` times as fast."""

    def __init__(self, rate_frac: float) -> None:
        self.rate_frac = rate_frac

    def run(self, setup: Setup) -> Result:
        """Run in an event loop of its own until the world is over."""
        return asyncio.run(self._run(setup))

    async def _run(self, setup: Setup) -> Result:
        wall = asyncio.get_running_loop().time
        session = LiveSession(World(setup), PacedClock(wall(), rate_frac=self.rate_frac), wall)
        await session.run()
        return session.world.result()
