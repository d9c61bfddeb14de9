"""The engine in one process: a bag against raw SimPy, the floor and a course, and what takes its share."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from dataclasses import fields
from typing import Any, Final
from unittest.mock import patch

import transitions

from bench.stepped import SteppedBag
from bench.table import Row
from bench.timing import Work, paired, timeouts
from bench.workloads import course, one_bag
from pump.alarm_table import ALARM_BY_CODE, Priority
from pump.alarms import LIFE_CYCLE, Standing
from pump.events import Event, Journal
from sim.world.setup import Setup
from sim.world.world import World

ROUNDS_COUNT: Final = 25
FLOOR_ROUNDS_COUNT: Final = 3
TIMEOUTS_COUNT: Final = 20_000


def running(setup: Setup) -> Work:
    """One whole run: world, events and the numbers at its end."""
    return lambda: World(setup).run()


def rows() -> Iterator[Row]:
    """The rows of this file, each as soon as it is measured."""
    bag, four_bags = one_bag(), course()
    events_count = len(World(bag).run().events)
    against_simpy = paired(running(bag), timeouts(TIMEOUTS_COUNT), ROUNDS_COUNT)
    yield Row(
        name="7-day bag against (logged events x raw SimPy timeout)",
        found=against_simpy.ratio_frac * TIMEOUTS_COUNT / events_count,
        unit="times",
        first=30,
        then=12,
    )
    floor = paired(lambda: SteppedBag(bag).run(), running(bag), FLOOR_ROUNDS_COUNT)
    yield Row(
        name="7-day bag against the same bag stepped at 1 s, faster",
        found=floor.ratio_frac,
        unit="times",
        first=1000,
        then=3000,
        more_is_better=True,
    )
    against_bag = paired(running(four_bags), running(bag), ROUNDS_COUNT)
    yield Row(
        name="28-day course against one bag", found=against_bag.ratio_frac, unit="times", first=6, then=4.5
    )
    yield Row(name="7-day bags, one process", found=1.0 / against_bag.second_s, unit="a second")
    yield from _shares(bag)


def _shares(bag: Setup) -> Iterator[Row]:
    """What parts of a bag cost, each against the bag as a whole."""
    for name, work in (
        ("  of it: the garbage collector", _uncollected(bag)),
        ("  of it: making and keeping the events", _logging(bag)),
        ("  of it: the balance at every event of the plant", _balancing(bag)),
        ("  of it: triggers of the library transitions", _triggering(bag)),
    ):
        share_frac = paired(work, running(bag), ROUNDS_COUNT).ratio_frac
        if "garbage" in name:
            share_frac = 1.0 - share_frac
        yield Row(name=name, found=100.0 * share_frac, unit="%")


def _uncollected(bag: Setup) -> Work:
    """The bag with the collector off; what it leaves behind is collected outside the clock of other work."""

    def run() -> None:
        gc.disable()
        try:
            World(bag).run()
        finally:
            gc.enable()

    return run


def _logging(bag: Setup) -> Work:
    """All events of the bag, made and kept once more."""
    told: list[tuple[Any, float, dict[str, Any]]] = [
        (
            type(event),
            event.t_s,
            {
                field.name: getattr(event, field.name)
                for field in fields(event)
                if field.name not in {"t_s", "seq"}
            },
        )
        for event in World(bag).run().events
    ]

    def run() -> list[Event]:
        journal = Journal()
        for kind, t_s, rest in told:
            journal.add(kind, t_s, **rest)
        return journal.events

    return run


def _balancing(bag: Setup) -> Work:
    """The balance, as often as the bag makes it."""
    world = World(bag)
    world.run()
    plant = world.bench.plant

    def run() -> tuple[float, float]:
        for _ in range(plant.epoch_count - 1):
            plant.ledger.error(plant.held())
        return plant.ledger.error(plant.held())

    return run


def _triggering(bag: Setup) -> Work:
    """As many triggers of a machine of the library as the bag fires; none where tables stand in for it."""
    with patch.object(
        transitions.Event, "trigger", autospec=True, side_effect=transitions.Event.trigger
    ) as fired:
        World(bag).run()
    standing = Standing(row=ALARM_BY_CODE["PUMP_STOPPED"], priority=Priority.MEDIUM, raised_s=0.0)
    begin, reset = LIFE_CYCLE.events["begin"], LIFE_CYCLE.events["reset"]
    pairs_count = fired.call_count // 2

    def run() -> None:
        for _ in range(pairs_count):
            begin.trigger(standing)
            reset.trigger(standing)

    return run
