"""The live host: how late a tick is, and how long an injected command takes to have its effect."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from typing import Final

from bench.table import Row
from bench.workloads import step, ticking
from pump.events import CommandAccepted, CommandRefused, Event
from sim.clocks import PacedClock
from sim.live import Lateness, LiveSession
from sim.world.world import World

TICKS: Final = ((60.0, 1.0), (3600.0, 6.0))
"""How fast the clock runs, and every how many simulated seconds something is due."""

LASTS_S: Final = 6.0
INJECT_EVERY_S: Final = 0.02
MS: Final = 1000.0


class LatenessKept(Lateness):
    """A lateness that keeps every tick's."""

    def __init__(self) -> None:
        super().__init__()
        self.all_s: list[float] = []

    def note(self, late_s: float) -> None:
        """Take in one event."""
        super().note(late_s)
        self.all_s.append(late_s)


def p99(values: list[float]) -> float:
    """Below which 99 of 100 lie."""
    return sorted(values)[int(0.99 * (len(values) - 1))]


def rows() -> Iterator[Row]:
    """The rows of this file."""
    effects_s: list[float] = []
    for rate_frac, every_s in TICKS:
        late_s, took_s = asyncio.run(_session(rate_frac, every_s))
        effects_s += took_s
        yield Row(
            name=f"live host at {rate_frac:.0f}x, {rate_frac / every_s:.0f} ticks a second: lateness, p99",
            found=p99(late_s) * MS,
            unit="ms",
            first=5,
            then=5,
        )
    yield Row(
        name="live host at both: injected command to its effect, p99",
        found=p99(effects_s) * MS,
        unit="ms",
        first=2,
        then=2,
    )


async def _session(rate_frac: float, every_s: float) -> tuple[list[float], list[float]]:
    """Run a ticking bag while another thread sends commands; (lateness of ticks, command to effect)."""
    loop = asyncio.get_running_loop()
    world = World(ticking(rate_frac * LASTS_S, every_s))
    session = LiveSession(world, PacedClock(loop.time(), rate_frac=rate_frac), loop.time)
    session.lateness = kept = LatenessKept()
    sent_s: list[float] = []
    took_s: list[float] = []

    def hear(event: Event) -> None:
        if isinstance(event, CommandAccepted | CommandRefused) and event.command == "silence":
            took_s.append(time.perf_counter() - sent_s[len(took_s)])

    def send() -> None:
        until_s = time.perf_counter() + LASTS_S - 4 * INJECT_EVERY_S
        while time.perf_counter() < until_s:
            time.sleep(INJECT_EVERY_S)
            sent_s.append(time.perf_counter())
            loop.call_soon_threadsafe(session.inject, step(0.0, "silence"))

    world.listen(hear)
    sender = threading.Thread(target=send)
    sender.start()
    await session.run()
    sender.join()
    return kept.all_s, took_s
