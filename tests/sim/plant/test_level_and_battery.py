"""Drug level and battery, each against what is reckoned by hand."""

from __future__ import annotations

from math import exp, inf, log

import pytest

from sim.plant import actions as do
from sim.plant.config import BagConfig, BatteryConfig
from sim.plant.level import ELIMINATION_PER_H, amount_after_ug, concentration_pg_ml
from tests.sim.plant.rig import Rig, connected


def steady(ug_per_day: float) -> Rig:
    """Seven days on a 0.6 mL/h bag that gives `ug_per_day`."""
    bag = BagConfig(fill_ml=200.0, ug_per_ml=ug_per_day / 24.0 / 0.6)
    rig = connected(bag=bag)
    rig.drive(0.6)
    rig.go(7 * 86400.0)
    return rig


@pytest.mark.parametrize(
    ("ug_per_day", "pg_per_ml"),
    [(28.0, 616.0), (9.0, 198.0)],  # the label says 616 and 228: 9/28 x 616 = 198 does not fit it
)
def test_steady_state(ug_per_day: float, pg_per_ml: float) -> None:
    rig = steady(ug_per_day)
    assert rig.plant.level_pg_ml(rig.t_s) == pytest.approx(pg_per_ml, rel=1e-6)


def test_half_life_is_2_20_h() -> None:
    rig = steady(28.0)
    rig.drive(0.0)
    rig.go(60.0)  # what pressure had stored has gone in
    level = rig.plant.level_pg_ml(rig.t_s)
    rig.go(2.20 * 3600.0)
    assert rig.plant.level_pg_ml(rig.t_s) == pytest.approx(level / 2.0)
    rig.go(1.80 * 3600.0)
    assert rig.plant.level_pg_ml(rig.t_s) == pytest.approx(level * 0.5 ** (4.0 / 2.20)), "28 % after 4 h"


def test_the_volume_follows_from_clearance_and_half_life() -> None:
    # CL = 28e6 / 24 / 616 mL/h = 1.894 L/h; V = CL 2.20 / ln 2 = 6.01 L
    litres = 28e6 / 24.0 / 616.0 / 1000.0 * 2.20 / log(2.0)
    assert litres == pytest.approx(6.01, abs=0.005)
    assert concentration_pg_ml(1.0) == pytest.approx(1e6 / (litres * 1000.0))


@pytest.mark.parametrize(
    "fade_per_h", [0.0, 0.01, ELIMINATION_PER_H, ELIMINATION_PER_H * (1 + 1e-9), 5.0, 4166.0]
)
def test_one_compartment_against_integration(fade_per_h: float) -> None:
    """Runge-Kutta of dA/dt = c + f exp(-fade t) - k A, in steps that follow the faster of the two."""
    amount, constant, fading, end_h = 3.0, 0.7, 2.0, 2.0
    steps = 20000

    def slope(tau_h: float, a: float) -> float:
        return constant + fading * exp(-fade_per_h * tau_h) - ELIMINATION_PER_H * a

    a, h = amount, end_h / steps
    for step in range(steps):
        t = step * h
        k1 = slope(t, a)
        k2 = slope(t + h / 2, a + h / 2 * k1)
        k3 = slope(t + h / 2, a + h / 2 * k2)
        k4 = slope(t + h, a + h * k3)
        a += h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    assert amount_after_ug(amount, end_h, constant, fading, fade_per_h) == pytest.approx(a, rel=1e-6)


def test_a_release_is_a_bolus_in_the_level() -> None:
    rig = connected()
    rig.do(do.Clamp(where="downstream", closed=True))
    rig.drive(0.6)
    rig.go(3600.0)
    rig.drive(0.0)
    rig.do(do.Clamp(where="downstream", closed=False))
    rig.go(30.0)
    # 0.6 mL of 2 ug/mL within seconds
    expected = concentration_pg_ml(1.2 * exp(-ELIMINATION_PER_H * 30.0 / 3600.0))
    assert rig.plant.level_pg_ml(rig.t_s) == pytest.approx(expected, rel=1e-3)


def on_battery(**battery: float | bool) -> Rig:
    """A plant unplugged, with a battery of its own."""
    return Rig(mains=False, battery=BatteryConfig(**battery))  # type: ignore[arg-type]


@pytest.mark.parametrize("rate_ml_h", [0.6, 125.0])
def test_a_running_pump_lasts_1_over_a_plus_b_q(rate_ml_h: float) -> None:
    rig = on_battery()
    rig.drive(rate_ml_h)
    # 1/T = 0.064 + 0.00011 Q: 15.6 h at 0.6 mL/h
    life_h = 1.0 / (0.064 + 0.00011 * rate_ml_h)
    assert rig.until("battery_frac", above=False, level=0.25) == pytest.approx(0.75 * life_h * 3600.0)
    assert rig.until("supply_frac", above=False, level=0.5) == pytest.approx(0.25 * life_h * 3600.0)
    assert rig.reading("battery_frac") == 0.0


def test_a_stopped_pump_draws_half_and_one_that_is_off_nothing() -> None:
    rig = on_battery()
    rig.go(3600.0)
    assert rig.reading("battery_frac") == pytest.approx(1.0 - 0.032)
    rig.drive(0.0, powered=False)
    rig.go(36000.0)
    assert rig.reading("battery_frac") == pytest.approx(1.0 - 0.032)


def test_mains_charge_in_eight_hours() -> None:
    rig = on_battery(level_frac=0.5)
    rig.do(do.PlugMains(present=True))
    rig.go(2 * 3600.0)
    assert rig.reading("battery_frac") == pytest.approx(0.75)
    rig.go(36000.0)
    assert rig.reading("battery_frac") == 1.0
    assert rig.plant.next_event_s() == inf


@pytest.mark.parametrize(
    ("action", "shown_frac", "present_frac", "supply_frac"),
    [
        (do.InsertBattery(present=False), 0.0, 0.0, 0.0),
        (do.InsertBattery(present=True, level_frac=0.8), 0.8, 1.0, 1.0),
        (do.InsertBattery(present=True, level_frac=0.8, reversed_poles=True), 1.0, 1.0, 0.0),
        (do.InsertBattery(present=True, level_frac=0.8, sound=False), 0.8, 1.0, 0.0),
        (do.SetBattery(level_frac=0.0), 0.0, 1.0, 0.0),
    ],
)
def test_what_a_battery_shows_and_what_it_gives(
    action: do.PlantAction, shown_frac: float, present_frac: float, supply_frac: float
) -> None:
    rig = on_battery()
    rig.do(action)
    assert rig.reading("battery_frac") == shown_frac
    assert rig.reading("battery_present_frac") == present_frac
    assert rig.reading("supply_frac") == supply_frac
    rig.do(do.PlugMains(present=True))
    assert rig.reading("supply_frac") == 1.0


def test_a_flush_of_a_line_full_of_drug_is_in_the_body_at_once() -> None:
    rig = steady(28.0)
    before = rig.plant.level_pg_ml(rig.t_s)
    rig.do(do.Flush(volume_ml=5.0, where="line"))
    # 2.25 mL, and 0.144 uL under pressure, of 28 / 24 / 0.6 ug/mL in V = 1.8939 L/h x 2.20 h / ln 2
    bolus_ug = (2.25 + 0.000144) * 28.0 / 24.0 / 0.6
    volume_l = 28e6 / 24.0 / 616.0 / 1000.0 * 2.20 / log(2.0)
    assert rig.plant.level_pg_ml(rig.t_s) - before == pytest.approx(bolus_ug / volume_l * 1000.0)
