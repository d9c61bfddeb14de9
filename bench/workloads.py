"""What is run: the hard 7-day bag, and a course of four of them. No file is read but the pump's profile."""

from __future__ import annotations

from typing import Final

from pump.profiles import load_profile
from pump.program import Program
from pump.settings import PumpSettings
from sim.plant.config import BagConfig, PlantConfig
from sim.world.setup import Order, Setup, Step, Value

HOUR_S: Final = 3600.0
DAY_S: Final = 86400.0
WEEK_S: Final = 7 * DAY_S
BAGS_COUNT: Final = 4

START_S: Final = 600.0
REPRIMES_S: Final = (2 * DAY_S + 3 * HOUR_S, 4 * DAY_S + 8 * HOUR_S)
PRIME_ML: Final = 3.0


def step(at_s: float, verb: str, **params: Value) -> Step:
    """One step of a script."""
    return Step(at_s=at_s, verb=verb, params=tuple(sorted(params.items())))


def reprimes(from_s: float = 0.0) -> tuple[Step, ...]:
    """The two re-primes of a week that eat the overfill, so that the bag runs dry before its change."""
    return tuple(step(from_s + at_s, "reprime", volume_ml=PRIME_ML) for at_s in REPRIMES_S)


def setup(name: str, order: Order, steps: tuple[Step, ...]) -> Setup:
    """A world of the generic pump with 110 mL in the bag and 100.8 mL to give."""
    program = Program(rate_ml_h=0.6, vtbi_ml=100.8, reservoir_ml=110.0)
    return Setup(
        id=name,
        seed=20,
        pump=PumpSettings(profile=load_profile("generic-ambulatory"), program=program),
        plant=PlantConfig(bag=BagConfig(ug_per_ml=order.ug_per_ml)),
        order=order,
        steps=steps,
    )


def one_bag() -> Setup:
    """One 7-day bag with two re-primes: dry hours before day 7."""
    beginning = (step(0.0, "prime", volume_ml=PRIME_ML), step(START_S, "start"))
    return setup("one-bag", Order(), beginning + reprimes())


def course() -> Setup:
    """28 days: four such bags, each changed at the same hour, with new set and counters reset."""
    order = Order(duration_s=BAGS_COUNT * WEEK_S, dose_ug=BAGS_COUNT * 196.0)
    steps = one_bag().steps
    for week in range(1, BAGS_COUNT):
        steps += (step(START_S + week * WEEK_S, "change_bag"), *reprimes(START_S + week * WEEK_S))
    return setup("course", order, steps)


def ticking(for_s: float, every_s: float) -> Setup:
    """A running bag of so many simulated seconds in which something is due every so often."""
    order = Order(duration_s=for_s)
    ticks = (step(every_s * count, "wait") for count in range(1, int(for_s / every_s)))
    return setup("ticking", order, (step(0.0, "start"), *ticks))
