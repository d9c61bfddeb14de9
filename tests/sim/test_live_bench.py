"""A bench on a clock that is moved by hand."""

from __future__ import annotations

import asyncio

import pytest

from pump.commands import Start
from pump.profiles import load_profile
from pump.program import Program
from pump.settings import PumpSettings
from sim.bench import BenchOf
from sim.clocks import PacedClock
from sim.events import PlantActed
from sim.live_bench import LiveBench, syringe_on_a_table
from sim.plant.actions import Clamp
from sim.plant.syringe import SyringeConfig, SyringePlant
from tests.drivers.virtual_loop import at_once


def live(wall_s: list[float], rate_frac: float = 1.0) -> LiveBench:
    program = Program(rate_ml_h=100.0, vtbi_ml=2.0, reservoir_ml=9999.0)
    pump = PumpSettings(profile=load_profile("lab-syringe"), program=program)
    bench = BenchOf(pump, SyringeConfig(), 1.0, 0.0, SyringePlant)
    return LiveBench(bench, PacedClock(wall_s[0], rate_frac=rate_frac), lambda: wall_s[0])


def test_it_is_as_far_as_the_clock() -> None:
    wall_s = [50.0]
    pump = live(wall_s, rate_frac=10.0)
    assert pump.send(Start()).accepted
    wall_s[0] += 3.6
    status = pump.status()
    assert status.t_s == pytest.approx(36.0)
    assert status.mode == "running"
    assert status.given_ml == pytest.approx(1.0)
    wall_s[0] += 3.7
    assert pump.status().mode == "complete"


def test_commands_come_on_whole_milliseconds_and_everyone_hears() -> None:
    wall_s = [0.0]
    pump = live(wall_s)
    heard: list[float] = []
    pump.on_change(lambda: heard.append(wall_s[0]))
    wall_s[0] = 1.2345
    pump.send(Start())
    assert pump.events_since(0)[0].t_s == 1.235
    assert pump.act(Clamp(where="downstream", closed=True))[0].t_s == 1.235
    assert heard == [1.2345, 1.2345]


def test_time_that_passes_at_once_brings_everything_that_happens_in_it() -> None:
    wall_s = [0.0]
    pump = live(wall_s)
    pump.send(Start())
    heard: list[str] = []
    pump.on_change(lambda: heard.append(pump.status().mode))
    pump.skip(36.0)
    assert pump.t_s == pytest.approx(36.0)
    assert pump.status().given_ml == pytest.approx(1.0)
    pump.skip(3600.0)
    assert heard[-1] == "complete"
    assert pump.status().given_ml == pytest.approx(2.0)


def test_its_life_ends_when_it_is_cancelled_just_as_it_is_woken() -> None:
    async def story() -> bool:
        wall = asyncio.get_running_loop().time
        pump = syringe_on_a_table(PacedClock(wall()), wall)
        living = asyncio.create_task(pump.run())
        await asyncio.sleep(0.1)
        pump.send(Start())
        await asyncio.sleep(0)  # what it waited for is there, and it has not looked yet
        living.cancel()
        await asyncio.wait((living,), timeout=1.0)
        return living.cancelled()

    assert at_once(story())


def test_what_is_due_happens_when_nobody_asks() -> None:
    async def story() -> list[float]:
        wall = asyncio.get_running_loop().time
        program = Program(rate_ml_h=100.0, vtbi_ml=2.0, reservoir_ml=9999.0)
        settings = PumpSettings(profile=load_profile("lab-syringe"), program=program)
        bench = BenchOf(settings, SyringeConfig(), 1.0, 0.0, SyringePlant)
        pump = LiveBench(bench, PacedClock(wall(), rate_frac=2.0), wall)
        living = asyncio.create_task(pump.run())
        await asyncio.sleep(10.0)
        pump.send(Start())
        modes: list[float] = []
        pump.on_change(lambda: modes.append(wall()) if bench.core.mode == "complete" and not modes else None)
        await asyncio.sleep(100.0)
        living.cancel()
        return modes

    # 72 s of the pump's time are 36 s on the wall.
    assert at_once(story()) == [pytest.approx(1000.0 + 10.0 + 36.0, abs=1e-3)]


def test_what_is_planned_happens_at_its_time_however_late_anybody_looks() -> None:
    wall_s = [0.0]
    pump = live(wall_s, rate_frac=60.0)
    pump.send(Start())
    for at_s, closed in ((100.25, True), (50.125, True), (75.0, False)):
        pump.plan(at_s, Clamp(where="downstream", closed=closed))
    wall_s[0] = 3.0
    assert pump.status().t_s == pytest.approx(180.0)
    acted = [event for event in pump._bench.journal.events if isinstance(event, PlantActed)]
    assert [event.t_s for event in acted] == [50.125, 75.0, 100.25]
    with pytest.raises(ValueError, match="past"):
        pump.plan(60.0, Clamp(where="downstream", closed=False))


def test_who_follows_the_clock_wakes_for_what_is_planned() -> None:
    async def following() -> list[float]:
        wall = asyncio.get_running_loop().time
        program = Program(rate_ml_h=100.0, vtbi_ml=2.0, reservoir_ml=9999.0)
        settings = PumpSettings(profile=load_profile("lab-syringe"), program=program)
        bench = BenchOf(settings, SyringeConfig(), 1.0, 0.0, SyringePlant)
        pump = LiveBench(bench, PacedClock(wall(), rate_frac=10.0), wall)
        life = asyncio.create_task(pump.run())
        await asyncio.sleep(1.0)
        pump.plan(30.0, Clamp(where="downstream", closed=True))
        heard: list[float] = []
        pump.on_change(lambda: heard.append(bench.t_s))
        await asyncio.sleep(2.5)
        life.cancel()
        await asyncio.gather(life, return_exceptions=True)
        return heard

    assert at_once(following())[0] == 30.0
