"""When a bag is planned to end: the order's duration after the first start, or the plan's hour."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pump.commands import Stop
from pump.profiles import load_profile
from pump.program import Program
from pump.settings import PumpSettings
from sim.plant.config import PlantConfig
from sim.world.remote import remote_step
from sim.world.setup import Order, Setup, Step
from sim.world.world import World

MIN, H, D = 60.0, 3600.0, 86400.0
PRIME = Step(at_s=0.0, verb="prime", params=(("volume_ml", 3.0),))
START = Step(at_s=10 * MIN, verb="start")


def setup(*, change_clock_s: float | None, until_s: float | None = None) -> Setup:
    program = Program(rate_ml_h=0.6, vtbi_ml=100.8, reservoir_ml=110.0)
    pump = PumpSettings(profile=load_profile("generic-ambulatory"), program=program)
    return Setup(
        id="plan",
        seed=1,
        pump=pump,
        plant=PlantConfig(),
        order=Order(),
        steps=(PRIME, START),
        clock_start_s=8 * H,
        change_clock_s=change_clock_s,
        until_s=until_s,
    )


@pytest.mark.parametrize(
    ("change_clock_s", "planned_end_s"),
    [
        (None, 7 * D + 10 * MIN),  # started at 08:10
        (8 * H, 7 * D),  # 08:00 is ten minutes before
        (9 * H, 7 * D + H),  # 09:00 is fifty minutes after
        (20 * H, 7 * D + 12 * H),  # 20:00 of that day is nearer than that of the day before
        (20 * H + 20 * MIN, 6 * D + 12 * H + 20 * MIN),  # and now it is not
    ],
)
def test_the_planned_end_is_the_hour_nearest_to_the_orders_end(
    change_clock_s: float | None, planned_end_s: float
) -> None:
    result = World(setup(change_clock_s=change_clock_s)).run()
    assert result.planned_end_s == planned_end_s
    assert result.end_s == planned_end_s


def test_what_is_missing_at_the_plans_hour_is_the_shortfall() -> None:
    result = World(setup(change_clock_s=8 * H, until_s=8 * D)).run()
    # ten minutes less than the order, and what stands in the line under pressure
    assert result.shortfall_ml == pytest.approx(0.1 + 0.000144, abs=1e-6)


def test_nothing_can_be_done_in_a_world_that_is_over() -> None:
    world = World(setup(change_clock_s=None))
    world.run()
    with pytest.raises(ValueError, match="ended"):
        world.do(Step(at_s=world.now_s, verb="stop"))


def test_what_was_never_started_is_missing_altogether() -> None:
    result = World(replace(setup(change_clock_s=None), steps=(PRIME,))).run()
    assert result.start_s is None
    assert result.shortfall_ml == pytest.approx(100.8)


def test_a_keyed_delay_does_not_move_the_planned_end() -> None:
    made = setup(change_clock_s=None)
    delayed = replace(made.pump, program=replace(made.pump.program, delay_s=6 * H))
    result = World(replace(made, pump=delayed)).run()
    assert result.planned_end_s == 7 * D + 10 * MIN
    assert result.shortfall_ml == pytest.approx(3.6 + 0.000144)
    # RC ln(1/0.9) until a tenth of the order flows: 0.864 s x 0.10536
    assert result.gap_s == pytest.approx(6 * H + 0.0910, abs=1e-4)


def test_no_verb_is_a_callers_mistake_and_leaves_nothing_behind() -> None:
    world = World(setup(change_clock_s=None))
    with pytest.raises(ValueError, match="no verb"):
        world.do(Step(at_s=1.0, verb="dance"))
    assert world.injected == []


def test_a_rewind_hears_what_came_over_a_wire_again() -> None:
    world = World(setup(change_clock_s=None))
    world.advance_to(2 * H)
    world.do(replace(remote_step(Stop()), at_s=2 * H))
    world.advance_to(3 * H)
    assert world.rewound(3 * H).bench.journal.events == world.bench.journal.events
    assert world.rewound(2 * H - 1.0).bench.core.mode == "running"
