"""Power by hand: 1/T = 0.064 + 0.00011 Q, half of the electronics while stopped."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pump.power import (
    BatteryLoad,
    PowerState,
    Supply,
    depleted_frac,
    drain_per_h,
    left_s,
    low_frac,
)
from pump.seam import Readings, Watch

LOAD = BatteryLoad()
PLUGGED = Readings()
UNPLUGGED = replace(PLUGGED, mains_frac=0.0)


@pytest.mark.parametrize(("rate_ml_h", "life_h"), [(25.0, 15.0), (100.0, 13.3), (1200.0, 5.1), (0.6, 15.6)])
def test_a_full_battery_lasts_as_the_fit_says(rate_ml_h: float, life_h: float) -> None:
    assert 1.0 / drain_per_h(LOAD, rate_ml_h, running=True) == pytest.approx(life_h, abs=0.05)


def test_stopped_it_draws_half() -> None:
    assert drain_per_h(LOAD, 0.6, running=False) == 0.032


def test_low_is_half_an_hour_before_delivery_ends_and_that_is_three_minutes_before_flat() -> None:
    low = low_frac(LOAD, 0.6)
    after_half_an_hour = low - 0.5 * (0.064 + 0.00011 * 0.6)
    assert after_half_an_hour == pytest.approx(depleted_frac(LOAD), abs=1e-15)
    assert after_half_an_hour - 0.05 * 0.032 == pytest.approx(0.0, abs=1e-15)
    assert left_s(LOAD, low, 0.6, running=True) == pytest.approx(1800.0)


def test_a_faster_rate_warns_earlier() -> None:
    assert low_frac(LOAD, 125.0) > low_frac(LOAD, 0.6)


def test_what_is_left_is_never_negative() -> None:
    assert left_s(LOAD, 0.0, 0.6, running=True) == 0.0


def sensed(readings: Readings, *before: Readings) -> PowerState:
    power = PowerState(LOAD, before[0] if before else PLUGGED, 0.6)
    for each in (*before[1:], readings):
        power.sense(each, 0.6)
    return power


@pytest.mark.parametrize(
    ("readings", "supply", "causes"),
    [
        (PLUGGED, Supply.EXTERNAL, set()),
        (replace(PLUGGED, battery_frac=0.5), Supply.CHARGING, set()),
        (replace(PLUGGED, battery_present_frac=0.0, battery_frac=0.0), Supply.EXTERNAL, {"BATTERY_MISSING"}),
        (replace(PLUGGED, battery_sound_frac=0.0, battery_frac=0.5), Supply.EXTERNAL, {"BATTERY_DEFECTIVE"}),
        (UNPLUGGED, Supply.BATTERY, {"MAINS_LOST"}),
        (replace(UNPLUGGED, battery_frac=0.03), Supply.LOW, {"MAINS_LOST", "BATTERY_LOW"}),
        (
            replace(UNPLUGGED, battery_frac=0.001),
            Supply.DEPLETED,
            {"MAINS_LOST", "BATTERY_LOW", "BATTERY_DEPLETED"},
        ),
        (
            replace(UNPLUGGED, battery_frac=0.0, supply_frac=0.0),
            Supply.FLAT,
            {"MAINS_LOST", "BATTERY_LOW", "BATTERY_DEPLETED"},
        ),
        (replace(PLUGGED, battery_frac=0.001), Supply.CHARGING, set()),
    ],
)
def test_what_the_pump_runs_on(readings: Readings, supply: Supply, causes: set[str]) -> None:
    assert sensed(readings).state == supply
    assert sensed(readings).causes() == causes


@pytest.mark.parametrize("supply", Supply)
def test_from_every_state_the_readings_decide(supply: Supply) -> None:
    for readings, expected in (
        (PLUGGED, Supply.EXTERNAL),
        (replace(PLUGGED, battery_frac=0.5), Supply.CHARGING),
        (replace(UNPLUGGED, battery_frac=0.5), Supply.BATTERY),
        (replace(UNPLUGGED, battery_frac=0.0, supply_frac=0.0), Supply.FLAT),
    ):
        power = PowerState.restore(LOAD, readings, 0.6, supply.value)
        assert power.sense(readings, 0.6) == (supply != expected)
        assert power.state == expected


def test_a_crossing_snapped_to_its_level_is_past_it_and_the_way_back_is_elsewhere() -> None:
    power = sensed(replace(UNPLUGGED, battery_frac=0.5))
    (low,) = (watch for watch in power.watches() if watch.reading == "battery_frac")
    assert low == Watch("battery_frac", above=False, level=low_frac(LOAD, 0.6))
    at_level = replace(UNPLUGGED, battery_frac=low.level)
    assert power.sense(at_level, 0.6)
    assert power.state == Supply.LOW
    further, back = (watch for watch in power.watches() if watch.reading == "battery_frac")
    assert further == Watch("battery_frac", above=False, level=depleted_frac(LOAD))
    assert back.above
    assert back.level > low.level
    assert not power.sense(at_level, 0.5), "a slower rate lowers the level a little and changes nothing"
    assert power.sense(replace(UNPLUGGED, battery_frac=back.level), 0.6)
    assert power.state == Supply.BATTERY


def test_a_faster_programme_can_make_the_battery_low() -> None:
    readings = replace(UNPLUGGED, battery_frac=low_frac(LOAD, 0.6) + 1e-6)
    power = sensed(readings)
    assert power.state == Supply.BATTERY
    assert power.sense(readings, 125.0)
    assert power.state == Supply.LOW


def test_a_full_battery_is_left_alone_until_it_has_lost_something() -> None:
    charging = replace(PLUGGED, battery_frac=0.9)
    power = sensed(charging)
    (full,) = (watch for watch in power.watches() if watch.reading == "battery_frac")
    power.sense(replace(PLUGGED, battery_frac=full.level), 0.6)
    assert power.state == Supply.EXTERNAL
    (again,) = (watch for watch in power.watches() if watch.reading == "battery_frac")
    assert not again.above
    assert again.level < full.level
    power.sense(replace(PLUGGED, battery_frac=again.level), 0.6)
    assert power.state == Supply.CHARGING


def test_a_battery_the_wrong_way_round_looks_full_and_is_found_out_too_late() -> None:
    shows_full = replace(PLUGGED, battery_frac=1.0)
    assert sensed(shows_full).causes() == set()
    unplugged = replace(shows_full, mains_frac=0.0, supply_frac=0.0)
    assert sensed(unplugged).state == Supply.FLAT


@pytest.mark.parametrize(
    "readings", [PLUGGED, UNPLUGGED, replace(UNPLUGGED, supply_frac=0.0, battery_frac=0.0)]
)
def test_every_switch_is_watched_towards_the_other_side(readings: Readings) -> None:
    watches = {
        watch.reading: watch for watch in sensed(readings).watches() if watch.reading != "battery_frac"
    }
    assert set(watches) == {"supply_frac", "mains_frac", "battery_present_frac", "battery_sound_frac"}
    for name, watch in watches.items():
        assert watch.level == 0.5
        assert watch.above == (getattr(readings, name) < 0.5)
