"""Running a scenario on a host, and holding the run to what the scenario expects."""

from __future__ import annotations

from dataclasses import dataclass

from scenarios.expectations import EventExpected, Found, show_time
from scenarios.reader import Scenario
from sim.events import PlantRefused, StepNotDone
from sim.world.host import Host
from sim.world.result import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A run, and what was found for each expectation."""

    scenario: Scenario
    result: Result
    found: tuple[Found, ...]

    @property
    def passed(self) -> bool:
        """Whether everything was as expected."""
        return all(each.passed for each in self.found)


def run(scenario: Scenario, host: Host) -> Verdict:
    """Run `scenario` on `host` and check everything it expects."""
    return judge(scenario, host.run(scenario.setup))


def judge(scenario: Scenario, result: Result) -> Verdict:
    """Hold `result` to what `scenario` expects.

    A step that could not be carried out is a failed expectation, unless the file expects just that.
    """
    found = [expectation.check(result) for expectation in scenario.expectations]
    undone = _undone(scenario, result)
    if undone:
        found.append(Found(passed=False, limit="every step is carried out", found="; ".join(undone)))
    return Verdict(scenario=scenario, result=result, found=tuple(found))


def _undone(scenario: Scenario, result: Result) -> list[str]:
    expected = {each.kind for each in scenario.expectations if isinstance(each, EventExpected)}
    told = []
    for event in result.events:
        if isinstance(event, StepNotDone) and "step_not_done" not in expected:
            told.append(f"{event.verb} at {show_time(event.t_s)}: {event.text}")
        elif isinstance(event, PlantRefused) and "plant_refused" not in expected:
            told.append(f"{event.action} at {show_time(event.t_s)}: {event.text}")
    return told
