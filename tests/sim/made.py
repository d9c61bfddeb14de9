"""Benches and worlds of the seven-day bag, with what a test wants different."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import Any

from pump.commands import NewBag, Prime, Start
from pump.events import AlarmRaised, Event
from pump.profiles import Profile, load_profile
from pump.program import Program
from pump.settings import PumpSettings
from sim.bench import Bench
from sim.plant.actions import Connect
from sim.plant.config import BagConfig, PlantConfig
from sim.world.setup import Order, Setup, Step
from sim.world.world import World

H = 3600.0
D = 86400.0
ORDER = Order()
"""0.6 mL/h for 7 days, 196 ug in 100.8 mL."""

PROGRAM = Program(rate_ml_h=0.6, vtbi_ml=100.8, reservoir_ml=110.0)
BAG = BagConfig(ug_per_ml=ORDER.ug_per_ml)
PLANT = PlantConfig(bag=BAG)


@cache
def profile() -> Profile:
    return load_profile("generic-ambulatory")


def pump(program: Program = PROGRAM, **more: Any) -> PumpSettings:
    return PumpSettings(profile=profile(), program=program, **more)


def bench(plant: PlantConfig = PLANT, *, order_ml_h: float = 0.6, **pump_more: Any) -> Bench:
    return Bench(pump(**pump_more), plant, order_ml_h)


def primed(plant: PlantConfig = PLANT, *, order_ml_h: float = 0.6, **pump_more: Any) -> Bench:
    """A bench at 60 s: 3 mL primed, on the patient, ready to start."""
    made = bench(plant, order_ml_h=order_ml_h, **pump_more)
    made.apply(Prime(volume_ml=3.0, disconnected_confirmed=True))
    made.advance_to(60.0)
    made.apply(Connect(connected=True))
    return made


def running(plant: PlantConfig = PLANT, *, order_ml_h: float = 0.6, **pump_more: Any) -> Bench:
    """A bench that delivers since 60 s."""
    made = primed(plant, order_ml_h=order_ml_h, **pump_more)
    made.apply(NewBag())
    made.apply(Start())
    return made


def restored(made: Bench, fresh: Bench) -> Bench:
    """`fresh` with the state of `made`, gone through a text."""
    fresh.restore(json.loads(json.dumps(made.snapshot(), allow_nan=False)))
    return fresh


def codes(events: list[Event] | tuple[Event, ...]) -> list[tuple[float, str]]:
    """Every alarm that was raised, with its time."""
    return [(event.t_s, event.code) for event in events if isinstance(event, AlarmRaised)]


def step(at_s: float, verb: str, by: str | None = None, **params: Any) -> Step:
    return Step(at_s=at_s, verb=verb, by=by, params=tuple(sorted(params.items())))


def setup(*steps: Step, plant: PlantConfig = PLANT, program: Program = PROGRAM, **more: Any) -> Setup:
    """A setup of the seven-day bag; `pump` settings and fields of the plant by name."""
    figures = {name: more.pop(name) for name in tuple(more) if name in PlantConfig.__slots__}
    own = {name: more.pop(name) for name in tuple(more) if name in Setup.__slots__}
    made: dict[str, Any] = {"id": "made", "seed": 20, "order": ORDER, "steps": tuple(steps)}
    return Setup(**made | {"pump": pump(program, **more), "plant": replace(plant, **figures)} | own)


STARTED = (step(0.0, "prime", volume_ml=3.0), step(600.0, "start"))
"""Primed and started by hand: the beginning of most stories."""


def world(*steps: Step, started: bool = True, **more: Any) -> World:
    return World(setup(*(STARTED if started else ()), *steps, **more))
