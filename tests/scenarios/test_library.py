"""Every scenario of the library: what it is for, whether it runs as expected, and the same everywhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scenarios.loader import library, library_names, load
from scenarios.reader import Scenario
from scenarios.runner import judge
from scenarios.trace import summary
from sim.live import LiveHost
from sim.world.host import VirtualHost
from sim.world.world import World

LIVE_RATE_FRAC = 1e9
"""So fast that the wall clock is never waited for, and yet the live host's own code."""

LEAST_EXPECTATIONS_COUNT = 2
LEAST_LIBRARY_COUNT = 48


@pytest.fixture(params=library_names())
def scenario(request: pytest.FixtureRequest) -> Scenario:
    return load(str(request.param))


def test_the_library_is_large_enough() -> None:
    assert len(library()) >= LEAST_LIBRARY_COUNT


def test_it_says_what_it_teaches(scenario: Scenario) -> None:
    assert scenario.title
    assert scenario.text.count(".") >= 1
    assert len(scenario.text) > len(scenario.title)


def test_it_pins_numbers(scenario: Scenario) -> None:
    assert len(scenario.expectations) >= LEAST_EXPECTATIONS_COUNT


def test_it_runs_as_expected_and_the_books_balance(scenario: Scenario) -> None:
    verdict = judge(scenario, VirtualHost().run(scenario.setup))
    assert [found for found in verdict.found if not found.passed] == []
    assert verdict.result.mass_balance_error_ml < 1e-9
    assert verdict.result.mass_balance_error_ug < 1e-9


def test_both_hosts_tell_the_same(scenario: Scenario) -> None:
    assert LiveHost(LIVE_RATE_FRAC).run(scenario.setup) == VirtualHost().run(scenario.setup)


def test_the_same_file_and_seed_print_the_same(scenario: Scenario) -> None:
    first, second = (judge(scenario, VirtualHost().run(scenario.setup)) for _ in range(2))
    assert summary(first) == summary(second)


def test_what_was_recorded_replays_without_the_people(scenario: Scenario) -> None:
    world = World(scenario.setup)
    lived = world.run()
    recorded = replace(scenario.setup, steps=tuple(world.recorded), response=None)
    assert World(recorded).run().events == lived.events
