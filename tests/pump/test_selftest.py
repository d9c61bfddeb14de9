"""Which fault is found by whom, and when."""

from __future__ import annotations

import pytest

from pump.alarm_table import ALARM_BY_CODE
from pump.selftest import DURATION_S, FAULTS, STEPS, first_failure, supervised


def test_the_steps_in_the_order_of_the_requirement() -> None:
    names = [step.name for step in STEPS]
    assert names == ["cpu", "rom", "ram", "battery", "key", "watchdog", "clock", "tone"]
    assert 0.0 < DURATION_S <= 70.0
    assert sum(step.duration_s for step in STEPS) == DURATION_S


def test_every_alarm_named_is_in_the_table() -> None:
    for step in STEPS:
        assert step.alarm == f"SELFTEST_{step.name.upper()}"
        assert step.alarm in ALARM_BY_CODE
    for fault in FAULTS:
        assert fault.alarm == "" or fault.alarm in ALARM_BY_CODE
        assert fault.step == "" or fault.step in {step.name for step in STEPS}
        assert fault.step or fault.alarm, "somebody finds it"
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)


def test_a_sound_pump_passes() -> None:
    result = first_failure(frozenset())
    assert result.failed is None
    assert result.duration_s == DURATION_S


def test_the_first_failure_ends_it() -> None:
    # cpu 1 s, rom 2 s, ram 2 s, battery 1 s, key 0.5 s, watchdog 1.5 s
    result = first_failure(frozenset({"tone", "watchdog", "motor_stall"}))
    assert result.failed is not None
    assert result.failed.alarm == "SELFTEST_WATCHDOG"
    assert result.fault is not None
    assert result.fault.name == "watchdog"
    assert result.duration_s == 8.0


@pytest.mark.parametrize(
    "name", ["motor_stall", "motor_runaway", "sensor_air_dead", "sensor_pressure_dead", "task_hung"]
)
def test_what_only_a_running_pump_finds(name: str) -> None:
    assert first_failure(frozenset({name})).failed is None
    assert [fault.name for fault in supervised(frozenset({name}), moving=True)] == [name]


@pytest.mark.parametrize("name", ["tone", "watchdog", "battery"])
def test_what_only_a_self_test_finds(name: str) -> None:
    assert first_failure(frozenset({name})).failed is not None
    assert list(supervised(frozenset({name}), moving=True)) == []


@pytest.mark.parametrize(
    ("name", "alarm", "found_after_s"),
    [
        ("cpu", "SYSTEM_FAULT", 3600.0),
        ("ram", "SYSTEM_FAULT", 60.0),
        ("rom_crc", "SYSTEM_FAULT", 60.0),
        ("task_hung", "SYSTEM_FAULT", 180.0),
        ("clock", "SYSTEM_FAULT", 0.0),
        ("key", "KEY_STUCK", 0.0),
        ("motor_runaway", "MOTOR_FAULT", 0.0),
        ("sensor_air_dead", "SENSOR_FAULT", 0.0),
    ],
)
def test_what_the_supervisor_finds_and_how_soon(name: str, alarm: str, found_after_s: float) -> None:
    (fault,) = supervised(frozenset({name}), moving=False)
    assert (fault.alarm, fault.found_after_s) == (alarm, found_after_s)


def test_a_stalled_motor_shows_only_when_it_shall_move() -> None:
    assert list(supervised(frozenset({"motor_stall"}), moving=False)) == []


def test_an_unknown_fault_is_the_callers_bug() -> None:
    with pytest.raises(KeyError):
        first_failure(frozenset({"gremlins"}))
