"""People's work that is keyed by the step: the hand-over to another pump."""

from __future__ import annotations

from pump.events import ModeChanged
from pump.profiles import load_profile
from pump.program import Program
from pump.settings import PumpSettings
from sim.events import StepNotDone
from sim.plant.config import BagConfig, PlantConfig
from sim.world.result import Result
from sim.world.setup import Order, Setup, Step, Value
from sim.world.world import World

HAND_OVER_S = 36600.0
"""Ten hours after the start at 10 min, when 6 mL are given."""


def handed_over(**keyed: Value) -> Result:
    """A primed seven-day bag, taken over by another pump at `HAND_OVER_S`, twenty hours long."""
    order = Order()
    program = Program(rate_ml_h=0.6, vtbi_ml=100.8, reservoir_ml=110.0)
    swap = Step(at_s=HAND_OVER_S, verb="swap_pump", params=tuple(sorted(keyed.items())))
    return World(
        Setup(
            id="hand-over",
            seed=1,
            pump=PumpSettings(profile=load_profile("generic-ambulatory"), program=program),
            plant=PlantConfig(bag=BagConfig(ug_per_ml=order.ug_per_ml)),
            order=order,
            steps=(
                Step(at_s=0.0, verb="prime", params=(("volume_ml", 3.0),)),
                Step(at_s=600.0, verb="start"),
                swap,
            ),
            until_s=72000.0,
        )
    ).run()


def test_another_pump_runs_what_was_keyed_into_it() -> None:
    result = handed_over(rate_ml_h=1.2, vtbi_ml=6.0, reservoir_ml=20.0, takes_s=600.0)
    # 6 mL by the first; by the second 6 mL at 1.2 mL/h, five hours after the ten minutes of the hand-over.
    assert abs(result.believed_ml - 12.0) < 1e-6
    complete_s = [event.t_s for event in result.events if getattr(event, "mode_to", "") == "complete"]
    assert complete_s == [HAND_OVER_S + 600.0 + 18000.0]


def test_another_pump_is_keyed_as_the_first_one_by_default() -> None:
    result = handed_over()
    # 6 mL, and 0.6 mL/h from 10 h 15 min to 20 h: 9 h 45 min = 5.85 mL.
    assert abs(result.believed_ml - 11.85) < 1e-6


def test_what_no_pump_can_be_keyed_with_leaves_the_first_one_running() -> None:
    result = handed_over(rate_ml_h=200.0)
    told = [event for event in result.events if isinstance(event, StepNotDone)]
    assert [(event.t_s, event.verb) for event in told] == [(HAND_OVER_S, "swap_pump")]
    assert "200 mL/h is not between 0.1 and 125 mL/h" in told[0].text
    modes = [event.mode_to for event in result.events if isinstance(event, ModeChanged)]
    assert modes[-1] == "running"
    # 0.6 mL/h from 10 min to 20 h, as if nobody had tried.
    assert abs(result.believed_ml - 11.9) < 1e-6
