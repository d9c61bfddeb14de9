"""What a debrief is made from: a run lived again, and what it was like on the way.

It takes a tenth of a second or two, so that a server does it beside its loop (`desk.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from console.signals import Sample, sample_run
from console.trainer.kept.lived import live_on, setup_of
from console.trainer.kept.record import Entry, Kind, Origin, RunRecord, Who, declared_over, steps_of
from pump.events import Event
from sim.plant.level import CLEARANCE_L_H
from sim.world.result import Result
from sim.world.setup import Setup
from sim.world.world import World

AT_WORK = (Kind.STEP, Kind.NOTE)
"""Entries by which somebody shows that they have noticed something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """A run lived again.

    Attributes:
        record: What is kept of it.
        setup: What its world was made from.
        result: What it came to.
        samples: What pump, line and patient were like.
        ways: Each time at which it was looked at, and why no drug could flow then as far as the line was
            to blame; None: it was not.
        over: Whether nothing can be done in it any more.
    """

    record: RunRecord
    setup: Setup
    result: Result
    samples: tuple[Sample, ...]
    ways: tuple[tuple[float, str | None], ...]
    over: bool

    @property
    def origin(self) -> Origin:
        """What the run was made from."""
        return self.record.origin

    @property
    def begin_s(self) -> float:
        """When somebody was first let at it."""
        return self.record.origin.begin_s

    @property
    def end_s(self) -> float:
        """How far it got."""
        return self.result.end_s

    @property
    def trainees(self) -> tuple[Entry, ...]:
        """What the trainee did at the pump or wrote in the diary, in its order."""
        return tuple(
            entry
            for entry in self.record.entries
            if entry.who is Who.TRAINEE and entry.kind in AT_WORK and not is_release(entry)
        )

    @property
    def planned_level_pg_ml(self) -> float:
        """The level at which an uninterrupted infusion at the order's rate comes to rest."""
        order = self.setup.order
        return order.rate_ml_h * order.ug_per_ml * 1000.0 / CLEARANCE_L_H

    def planned_so_far_ml(self, t_s: float) -> float:
        """What the order would have had delivered by `t_s`."""
        start_s, order = self.result.start_s, self.setup.order
        if start_s is None or t_s < start_s:
            return 0.0
        return min(order.planned_ml, order.rate_ml_h * (t_s - start_s) / 3600.0)


def is_release(entry: Entry) -> bool:
    """Whether an entry is a key that was let go: what was meant was pressing it."""
    return entry.kind is Kind.STEP and entry.body["verb"] == "key_up"


def material_of(record: RunRecord) -> Material:
    """Live a run again and look at it on the way.

    Raises:
        ScenarioError: the scenario in its origin is none that this program reads.
    """
    setup = setup_of(record)
    world = World(setup)
    ways: list[tuple[float, str | None]] = []

    def look(event: Event) -> None:
        ways.append((event.t_s, world.bench.plant.obstacle()))

    world.listen(look)
    live_on(world, record)
    result = world.result()
    # The same world once more, so that asking in between can change nothing of the first.
    whole = replace(setup, steps=(*setup.steps, *steps_of(record)))
    return Material(
        record=record,
        setup=setup,
        result=result,
        samples=sample_run(whole, result).samples,
        ways=tuple(ways),
        over=world.finished or declared_over(record.entries),
    )
