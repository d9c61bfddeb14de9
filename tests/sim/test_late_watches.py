"""A watch that is posted late: the reading has moved since the plant's last event."""

from __future__ import annotations

import math

import pytest

from bench.workloads import one_bag
from pump.events import AlarmRaised
from pump.seam import Watch
from sim.bench import Bench
from sim.plant.config import BatteryConfig, PlantConfig

IDLE_PER_H = 0.032
DEPLETED_FRAC = IDLE_PER_H * 180.0 / 3600.0


def bench_on_battery(level_frac: float) -> Bench:
    """A stopped pump, unplugged, whose battery runs down by 0.032 an hour."""
    plant = PlantConfig(mains=False, battery=BatteryConfig(level_frac=level_frac, idle_per_h=IDLE_PER_H))
    return Bench(one_bag().pump, plant, order_ml_h=0.6)


def test_a_level_that_was_passed_long_ago_is_not_told() -> None:
    bench = bench_on_battery(0.06)
    above = Watch("battery_frac", above=True, level=0.05)
    # 0.06 is above 0.05 at the anchor; after an hour 0.028 is not, and it falls.
    assert bench.plant.when(above) == 0.0
    bench.advance_to(3600.0)
    assert bench.plant.when(above, 3600.0) == math.inf


def test_a_level_that_is_still_passed_is_told_at_once() -> None:
    bench = bench_on_battery(0.06)
    below = Watch("battery_frac", above=False, level=0.05)
    bench.advance_to(3600.0)
    assert bench.plant.when(below, 3600.0) == 3600.0
    # From the beginning it is the time at which 0.01 has gone: 0.3125 h.
    assert bench.plant.when(below, 0.0) == pytest.approx(1125.0)


def test_a_battery_goes_from_low_to_depleted_and_each_is_told_once() -> None:
    bench = bench_on_battery(0.06)
    bench.advance_to(6600.0)
    raised = [(event.code, event.t_s) for event in bench.journal.events if isinstance(event, AlarmRaised)]
    codes = [code for code, _ in raised]
    assert codes.count("BATTERY_LOW") == codes.count("BATTERY_DEPLETED") == 1
    assert dict(raised)["BATTERY_DEPLETED"] == pytest.approx((0.06 - DEPLETED_FRAC) / IDLE_PER_H * 3600.0)
