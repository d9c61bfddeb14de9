"""What an instructor can do with one press, and the examples of the form."""

from __future__ import annotations

from typing import Any

import pytest

from console.trainer.live.facts import verb_form
from console.trainer.live.quick import ACTS, EXAMPLES, Act, Steps
from pump.events import Event
from scenarios.faults import FaultList
from scenarios.fields import FLAG, Integer, Text
from scenarios.loader import load
from scenarios.verbs import VERBS, Verb, read_step
from sim.events import LineDisturbed, PlantActed, PlantRefused, StepNotDone
from sim.world.setup import Step
from sim.world.world import World

EVERY_ACT = [pytest.param(act, id=act.name) for acts in ACTS.values() for act in acts]

RUNNING_S = 7200.0
"""By then the nominal bag runs."""


def step_of(verb: str, params: dict[str, Any], at_s: float) -> Step:
    faults = FaultList("")
    step = read_step({**params, "at": f"{at_s:g} s", "do": verb}, (), faults)
    assert step is not None, [str(fault) for fault in faults.faults]
    return step


def done(world: World, steps: Steps) -> list[Event]:
    """What comes at once of doing steps, each a second after the other."""
    before = len(world.bench.journal.events)
    for verb, params in steps:
        world.do(step_of(verb, dict(params), world.now_s + 1.0))
    return list(world.bench.journal.events[before:])


@pytest.mark.parametrize("act", EVERY_ACT)
def test_an_act_does_something_and_its_way_back_too(act: Act) -> None:
    world = World(load("bag-7-day-nominal").setup)
    world.wire = lambda step: step.verb
    world.advance_to(RUNNING_S)
    for steps in (act.steps, act.back):
        came = done(world, steps)
        assert sum(isinstance(event, PlantActed | LineDisturbed) for event in came) >= len(steps)
        assert not [event for event in came if isinstance(event, PlantRefused | StepNotDone)]


@pytest.mark.parametrize("verb", VERBS.values(), ids=lambda verb: verb.name)
def test_what_the_form_holds_from_the_start_can_be_done(verb: Verb) -> None:
    form = verb_form(verb)
    required = {each["key"]: each for each in form["parameters"] if each["required"]}
    filled = {key: each["sample"] for key, each in required.items()}
    assert {each["kind"] for each in required.values()} <= {"quantity", "choice", "text"}
    step_of(verb.name, filled, 0.0)
    for each in required.values():
        assert not each["choices"] or each["sample"] in each["choices"]


def test_every_example_is_of_a_parameter_that_has_to_be_given() -> None:
    required = {
        (verb.name, field.key)
        for verb in VERBS.values()
        for field in verb.parameters
        if field.required and not isinstance(field.kind, Integer) and field.kind is not FLAG
    }
    assert set(EXAMPLES) <= required
    quantities = {
        (name, key)
        for name, key in required
        if not isinstance(next(f for f in VERBS[name].parameters if f.key == key).kind, Text)
    }
    assert quantities <= set(EXAMPLES), "the table's own examples are of no use there"
