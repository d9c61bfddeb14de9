"""Beeps: a key that the pump takes beeps once, one that it does not take is silent."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from console.trainer.live.beeps import Beeps
from scenarios.loader import load
from sim.world.setup import Step
from sim.world.world import World

BEGIN_S = 3600.0


def pressed(keys: Iterable[str], *, before: Iterable[Step] = ()) -> Beeps:
    """The beeps of a running pump at lock level LL2 whose keys a caregiver presses, a second each."""
    world = World(load("bag-7-day-nominal").setup)
    world.advance_to(BEGIN_S)
    for step in before:
        world.do(step)
    at_s = world.now_s + 10.0
    beeps = Beeps()
    world.listen(lambda event: beeps.hear(event, world.bench.core))
    for key in keys:
        for verb, wait_s in (("key_down", 0.5), ("key_up", 0.5)):
            world.do(Step(at_s=at_s + wait_s, verb=verb, by="caregiver", params=(("key", key),)))
            at_s += wait_s
    world.advance_to(at_s + 1.0)
    return beeps


def test_a_key_beeps_once_when_it_goes_down() -> None:
    assert pressed(["info", "info", "stop"]).keys_count == 3


def test_a_key_without_access_is_silent() -> None:
    to_prime = ["ok", "down", "down", "down"]
    assert pressed(["stop", *to_prime]).keys_count == 5
    assert pressed(["stop", *to_prime, "ok"]).keys_count == 5, "to prime needs the nurse's code at LL2"


def test_a_refused_command_is_silent() -> None:
    to_enter_code = ["ok", "down", "down", "down", "down", "down", "ok"]
    assert pressed([*to_enter_code, "ok", "ok", "ok"]).keys_count == 10
    assert pressed([*to_enter_code, "ok", "ok", "ok", "ok"]).keys_count == 10, "0000 is nobody's code"


@pytest.mark.parametrize(
    "before",
    [
        [Step(at_s=BEGIN_S + 1.0, verb="stop"), Step(at_s=BEGIN_S + 2.0, verb="power_off")],
        [Step(at_s=BEGIN_S + 1.0, verb="fault", params=(("kind", "tone"), ("present", True)))],
    ],
    ids=["off", "with a broken sounder"],
)
def test_a_pump_is_silent(before: list[Step]) -> None:
    assert pressed(["info", "info"], before=before).keys_count == 0


def test_a_cassette_that_is_lost_while_stopped_beeps_twice() -> None:
    world = World(load("bag-7-day-nominal").setup)
    world.advance_to(BEGIN_S)
    beeps = Beeps()
    world.listen(lambda event: beeps.hear(event, world.bench.core))
    world.do(Step(at_s=BEGIN_S + 1.0, verb="stop"))
    world.do(Step(at_s=BEGIN_S + 2.0, verb="detach_cassette"))
    world.advance_to(BEGIN_S + 3.0)
    assert (beeps.doubles_count, beeps.keys_count) == (1, 0)
