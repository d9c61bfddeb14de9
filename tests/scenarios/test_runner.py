"""The runner: the host gets the setup, the result is held to every expectation, undone steps fail."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from scenarios.expectations import EventExpected, QuantityExpected
from scenarios.loader import load
from scenarios.runner import judge, run
from sim.events import PlantRefused, StepNotDone
from sim.world.result import Result
from sim.world.setup import Setup
from tests.scenarios.results import AFTERNOON, EVENTS, afternoon

SCENARIO = replace(
    load("day7-shortfall-after-two-reprimes"),
    expectations=(QuantityExpected(name="shortfall_ml", least_number=1.6, most_number=2.0),),
)


@dataclass
class HandHost:
    """Gives a result made by hand, and remembers what it was to run."""

    result: Result
    asked: list[Setup] = field(default_factory=list)

    def run(self, setup: Setup) -> Result:
        self.asked.append(setup)
        return self.result


def test_runs_the_setup_and_judges_the_result() -> None:
    host = HandHost(AFTERNOON)
    verdict = run(SCENARIO, host)
    assert host.asked == [SCENARIO.setup]
    assert verdict.result is AFTERNOON
    assert verdict.passed
    assert [found.found for found in verdict.found] == ["1.6 mL"]


def test_one_failed_expectation_fails_the_run() -> None:
    verdict = judge(SCENARIO, afternoon(shortfall_ml=1.0))
    assert not verdict.passed
    assert [found.passed for found in verdict.found] == [False]


def test_without_expectations_everything_is_as_expected() -> None:
    verdict = judge(replace(SCENARIO, expectations=()), AFTERNOON)
    assert verdict.passed
    assert verdict.found == ()


def test_a_step_that_could_not_be_carried_out_fails_unless_it_is_expected() -> None:
    undone = StepNotDone(t_s=120.0, seq=98, verb="tap", text="there is no line to tap")
    refused = PlantRefused(t_s=180.0, seq=99, action="Aspirate", text="the catheter is closed")
    result = afternoon(events=(*EVENTS, undone, refused))
    verdict = judge(SCENARIO, result)
    assert not verdict.passed
    assert verdict.found[-1].limit == "every step is carried out"
    assert verdict.found[-1].found == (
        "tap at 2 min: there is no line to tap; Aspirate at 3 min: the catheter is closed"
    )
    expected = (EventExpected(kind="step_not_done"), EventExpected(kind="plant_refused"))
    assert judge(replace(SCENARIO, expectations=expected), result).passed
