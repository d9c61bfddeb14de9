"""Every scenario of the library: it is told, it runs, everything is as expected, and it replays itself."""

from __future__ import annotations

import pytest

from scenarios.expectations import NoAlarm
from scenarios.loader import LIBRARY, Scenario, library, load, loads
from scenarios.runner import Verdict, judge, run
from scenarios.trace import trace_lines
from scenarios.writer import dump
from sim.live import LiveHost
from sim.world.host import VirtualHost
from sim.world.world import World

SCENARIOS = library()


@pytest.fixture(scope="module", params=SCENARIOS, ids=lambda scenario: scenario.id)
def scenario(request: pytest.FixtureRequest) -> Scenario:
    found: Scenario = request.param
    return found


@pytest.fixture(scope="module")
def verdict(scenario: Scenario) -> Verdict:
    return run(scenario, VirtualHost())


def test_everything_is_as_expected(verdict: Verdict) -> None:
    failed = [found for found in verdict.found if not found.passed]
    assert not failed, failed


def test_nothing_is_lost(verdict: Verdict) -> None:
    assert verdict.result.mass_balance_error_ml < 1e-9
    assert verdict.result.mass_balance_error_ug < 1e-9


def test_it_replays_byte_by_byte(scenario: Scenario, verdict: Verdict) -> None:
    again = run(load(scenario.id), VirtualHost())
    assert list(trace_lines(again, "1")) == list(trace_lines(verdict, "1"))


def test_the_live_host_gives_the_same(scenario: Scenario, verdict: Verdict) -> None:
    assert LiveHost(rate_frac=1e9).run(scenario.setup) == verdict.result


def test_what_was_done_is_a_scenario_that_does_the_same(scenario: Scenario, verdict: Verdict) -> None:
    world = World(scenario.setup)
    world.run()
    recorded = loads(dump(scenario.setup, title="A session", steps=world.recorded))
    assert World(recorded.setup).run().events == verdict.result.events


def test_it_is_told_and_pinned(scenario: Scenario) -> None:
    assert (LIBRARY / f"{scenario.id}.toml").is_file()
    assert scenario.title
    assert len(scenario.text) > 80
    assert scenario.tags
    told = [str(each) for each in scenario.expectations if not isinstance(each, NoAlarm)]
    assert len([text for text in told if any(char.isdigit() for char in text)]) >= 2


def test_no_scenario_passes_by_itself(scenario: Scenario) -> None:
    """A run in which nothing ever happens fails every scenario."""
    idle = World(loads(dump(scenario.setup, title="T", steps=())).setup).run()
    assert not judge(scenario, idle).passed
