"""The pumps that `ambupump emulate` puts on a line: in a world, or on a table.

A scenario runs underneath: what is not the pump's to do is carried out, and so is what was done to the pump
before its first start. From there on the pump belongs to whoever is at the port.

Behind the dialect of a bench-top syringe pump stands a syringe on a table. Of a scenario happens there what
can happen without bag and patient.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from math import inf
from types import MappingProxyType
from typing import Any, Final

from pump.port import PumpDevice
from scenarios.verbs import VERBS
from sim.clocks import PacedClock
from sim.live import LiveSession
from sim.live_bench import LiveBench, syringe_on_a_table
from sim.local_pump import LivePump
from sim.plant.actions import (
    Clamp,
    ClearOcclusion,
    InsertBattery,
    Kink,
    Occlude,
    PlantAction,
    PlugMains,
    SetGain,
)
from sim.world.params import maybe_number, number
from sim.world.setup import Setup, Step
from sim.world.world import World

NOMINAL: Final = "bag-7-day-nominal"
"""What the pump is fastened to unless a scenario says otherwise: primed, stopped, on the catheter."""

ON_A_TABLE: Final = frozenset({"new-era"})
"""Dialects of bench-top syringe pumps: no bag, and no patient."""


TABLE: Final[Mapping[str, Callable[[Step], PlantAction]]] = MappingProxyType(
    {
        "clamp": lambda _step: Clamp(where="downstream", closed=True),
        "unclamp": lambda _step: Clamp(where="downstream", closed=False),
        "kink": lambda _step: Kink(where="downstream", closed=True),
        "unkink": lambda _step: Kink(where="downstream", closed=False),
        "occlude": lambda step: Occlude(
            where="downstream",
            fraction_frac=number(step, "fraction_frac", 1.0),
            resistance_mmhg_h_ml=maybe_number(step, "resistance_mmhg_h_ml"),
        ),
        "clear_occlusion": lambda _step: ClearOcclusion(where="downstream"),
        "plug": lambda _step: PlugMains(present=True),
        "unplug": lambda _step: PlugMains(present=False),
        "gain": lambda step: SetGain(gain_frac=number(step, "gain_frac")),
    }
)
"""What can happen to a syringe on its pump, by the verbs of the scenario language."""


@dataclass(frozen=True, slots=True)
class Living:
    """A pump to be served, on the running loop.

    Attributes:
        device: The pump.
        life: Lets it follow the wall clock.
        power: Takes all its power, and gives back what it took.
        speed_frac: Its seconds in one of the wall's.
        world: What it lives in, where that is more than a table.
    """

    device: PumpDevice
    life: Coroutine[Any, Any, None]
    power: Callable[[bool], None]
    speed_frac: float
    world: World | None = None

    @property
    def asks_for_a_wire(self) -> bool:
        """Whether something will happen to its line by the scenario."""
        steps = () if self.world is None else self.world.setup.steps
        return any(VERBS[step.verb].room == "wire" for step in steps)


def beneath(setup: Setup) -> tuple[Setup, float]:
    """Give what happens to a pump whose keys are somebody else's from its first scripted start on, and when.

    That start is left to whoever is at the port; the line is put on the catheter then, as a start would,
    unless somebody took it off on purpose. What runs underneath has no end.
    """
    steps = sorted(setup.steps, key=lambda step: step.at_s)
    starts = [place for place, step in enumerate(steps) if step.verb == "start"]
    first = starts[0] if starts else len(steps)
    kept = [step for place, step in enumerate(steps) if place < first or VERBS[step.verb].room != "pump"]
    if not starts:
        return replace(setup, steps=tuple(kept), until_s=inf), 0.0
    is_off = _is_off_on_purpose(steps[:first])
    begin = () if is_off else (replace(steps[first], verb="reconnect", by=None, params=()),)
    return replace(setup, steps=(*kept[:first], *begin, *kept[first:]), until_s=inf), steps[first].at_s


def _is_off_on_purpose(steps: list[Step]) -> bool:
    last = [step.verb for step in steps if step.verb in ("disconnect", "reconnect")][-1:]
    return last == ["disconnect"]


def in_a_world(setup: Setup, begin_s: float, speed_frac: float) -> Living:
    """Give the pump of a world that has lived up to `begin_s` at once."""
    world = World(setup)
    world.advance_to(begin_s)
    wall = asyncio.get_running_loop().time
    session = LiveSession(world, PacedClock(wall(), rate_frac=speed_frac, sim_s=begin_s), wall)
    return Living(LivePump(session), session.run(), power_of(session), speed_frac, world)


def on_a_table(setup: Setup | None, speed_frac: float) -> Living:
    """Give a syringe pump on a table, switched on and stopped, with 50 mL in its syringe.

    What happens to it is what a table knows of a scenario; its time begins with the scenario's first start.
    """
    wall = asyncio.get_running_loop().time
    steps, begin_s = ((), 0.0) if setup is None else on_the_table(setup)
    pump = syringe_on_a_table(PacedClock(wall(), rate_frac=speed_frac, sim_s=begin_s), wall, begin_s)
    for step in steps:
        pump.plan(step.at_s, TABLE[step.verb](step))
    return Living(pump, pump.run(), lambda on: _plug(pump, on=on), speed_frac)


def on_the_table(setup: Setup) -> tuple[tuple[Step, ...], float]:
    """Give the steps that a table knows, from the first scripted start on, and when that is."""
    below, begin_s = beneath(setup)
    return tuple(step for step in below.steps if step.at_s >= begin_s and knows(step)), begin_s


def knows(step: Step) -> bool:
    """Whether a step can happen on a table: to the line below the pump, its plug or its mechanism."""
    return step.verb in TABLE and step.get("where", "downstream") == "downstream"


def unknown_on_a_table(setup: Setup) -> tuple[str, ...]:
    """Give the verbs of a scenario, from its first start on, that mean nothing on a table."""
    below, begin_s = beneath(setup)
    later = (step for step in below.steps if step.at_s >= begin_s and step.verb != "reconnect")
    return tuple(sorted({step.verb for step in later if not knows(step)}))


def _plug(pump: LiveBench, *, on: bool) -> None:
    """Put the plug of a pump without a battery in, or pull it out."""
    pump.act(PlugMains(present=on))


def power_of(session: LiveSession) -> Callable[[bool], None]:
    """Give what takes all power from the pump of `session`, and gives back what it took."""
    taken: list[InsertBattery | PlugMains] = []

    def power(on: bool) -> None:
        session.inject(Step(at_s=0.0, verb="wait"))  # the world is at the present, and its host is awake
        plant = session.world.bench.plant
        if on:
            actions, taken[:] = tuple(taken), []
        else:
            battery = plant.battery
            frac = plant.readings(session.world.now_s).battery_frac
            taken[:] = [
                PlugMains(present=plant.mains),
                InsertBattery(
                    present=battery.present,
                    level_frac=frac,
                    reversed_poles=battery.reversed_poles,
                    sound=battery.sound,
                ),
            ]
            actions = (PlugMains(present=False), InsertBattery(present=False))
        for action in actions:
            session.world.act(action, "environment")

    return power
