"""Downstream: occlusion, stored volume, release, partial occlusion, anti-bolus, gravity.

Nominal figures: C = 0.8 uL/mmHg, vein 10 mmHg, R = 0.3 mmHg h/mL, so that a line that runs at Q
stands at P0 = 10 + 0.3 Q, and R C = 0.24 uh = 0.864 s.
"""

from __future__ import annotations

from math import exp, inf, log

import pytest

from sim.plant import actions as do
from sim.plant.config import MechanismConfig
from tests.sim.plant.rig import C_ML_MMHG, P_VEIN_MMHG, R_MMHG_H_ML, Rig, connected, running

CLOSE = do.Clamp(where="downstream", closed=True)
OPEN = do.Clamp(where="downstream", closed=False)
RC_S = 0.3 * 0.0008 * 3600.0  # 0.864 s

RATES_ML_H = (0.6, 1.8, 2.5, 3.3, 5.0, 10.0)
MINUTES_TO_ALARM = {
    225.0: (17.0, 5.7, 4.1, 3.1, 2.1, 1.0),
    300.0: (23.0, 7.7, 5.6, 4.2, 2.8, 1.4),
    525.0: (41.0, 13.7, 9.9, 7.5, 4.9, 2.5),
    900.0: (71.0, 23.7, 17.1, 12.9, 8.5, 4.3),
}
"""The published derivation, printed to two or three digits and reckoned from 10 mmHg, without R Q."""

STORED_ML = {225.0: 0.17, 300.0: 0.23, 525.0: 0.41, 900.0: 0.71}


@pytest.mark.parametrize("limit_mmhg", MINUTES_TO_ALARM)
@pytest.mark.parametrize("column", range(6))
def test_time_to_a_downstream_limit(limit_mmhg: float, column: int) -> None:
    rate_ml_h = RATES_ML_H[column]
    rig = running(rate_ml_h)
    rig.do(CLOSE)
    found_s = rig.until("p_down_mmhg", above=True, level=limit_mmhg)
    p0_mmhg = P_VEIN_MMHG + R_MMHG_H_ML * rate_ml_h
    assert found_s == pytest.approx(C_ML_MMHG * (limit_mmhg - p0_mmhg) / rate_ml_h * 3600.0, rel=1e-9)
    printed_min = MINUTES_TO_ALARM[limit_mmhg][column]
    assert found_s / 60.0 == pytest.approx(printed_min, abs=0.5 if printed_min > 15.0 else 0.06)
    # What is stored does not depend on the rate: C (P - P_vein).
    assert rig.stored_ml == pytest.approx(C_ML_MMHG * (limit_mmhg - P_VEIN_MMHG), rel=1e-9)
    assert rig.stored_ml == pytest.approx(STORED_ML[limit_mmhg], abs=0.005)


def test_seven_day_bag_alarms_after_41_min_with_412_ul_stored() -> None:
    rig = running(0.6)
    before_ml = rig.delivered_ml
    rig.do(CLOSE)
    # 0.0008 (525 - 10.18) / 0.6 h = 0.68643 h
    assert rig.until("p_down_mmhg", above=True, level=525.0) / 60.0 == pytest.approx(41.1856)
    assert rig.stored_ml == pytest.approx(0.412)
    assert rig.delivered_ml == before_ml, "a closed line gives nothing to the vein"


@pytest.mark.parametrize(
    "close",
    [
        CLOSE,
        do.Kink(where="downstream", closed=True),
        do.ClampCatheter(closed=True),
        do.Occlude(where="downstream"),
        do.Occlude(where="downstream", fraction_frac=1.0),
    ],
)
def test_every_full_closure_downstream_is_the_same_to_the_pressure(close: do.PlantAction) -> None:
    rig = running(0.6)
    rig.do(close)
    assert rig.until("p_down_mmhg", above=True, level=525.0) == pytest.approx(41.1856 * 60.0)


def test_release_runs_off_with_r_c() -> None:
    rig = running(0.6)
    rig.do(CLOSE)
    rig.until("p_down_mmhg", above=True, level=525.0)
    rig.drive(0.0)
    before_ml = rig.delivered_ml
    rig.do(OPEN)
    for after_s in (0.1, 0.864, 2.0, 10.0):
        rig.go(after_s - (rig.t_s - rig.plant.anchor_s))
        faded = exp(-after_s / RC_S)
        assert rig.p_mmhg == pytest.approx(10.0 + 515.0 * faded, rel=1e-9)
        assert rig.delivered_ml - before_ml == pytest.approx(0.412 * (1.0 - faded), rel=1e-9)


@pytest.mark.parametrize("fraction_frac", [0.5, 0.9, 0.99])
def test_partial_occlusion_never_alarms_and_keeps_its_flow(fraction_frac: float) -> None:
    rig = running(0.6)
    rig.do(do.Occlude(where="downstream", fraction_frac=fraction_frac))
    rig.go(36000.0)
    # R = R0 / (1 - f); the settled flow is the pump's, only the pressure is higher.
    resistance = 0.3 / (1.0 - fraction_frac)
    assert rig.p_mmhg == pytest.approx(10.0 + 0.6 * resistance)
    assert rig.drug_flow_ml_h == pytest.approx(0.6)
    assert rig.until("p_down_mmhg", above=True, level=525.0) == inf


def test_525_mmhg_is_reached_only_above_858_mmhg_h_ml() -> None:
    # (525 - 10) / 0.6 = 858.33
    below, above = running(0.6), running(0.6)
    below.do(do.Occlude(where="downstream", resistance_mmhg_h_ml=858.0))
    assert below.until("p_down_mmhg", above=True, level=525.0) == inf
    above.do(do.Occlude(where="downstream", resistance_mmhg_h_ml=900.0))
    final_mmhg = 10.0 + 0.6 * 900.0
    expected_s = 900.0 * C_ML_MMHG * 3600.0 * log((final_mmhg - 10.18) / (final_mmhg - 525.0))
    assert above.until("p_down_mmhg", above=True, level=525.0) == pytest.approx(expected_s, rel=1e-9)


def test_clearing_an_occlusion_brings_the_old_resistance_back() -> None:
    rig = running(0.6)
    rig.do(do.Occlude(where="downstream", resistance_mmhg_h_ml=500.0))
    rig.go(7200.0)
    rig.do(do.ClearOcclusion(where="downstream"))
    rig.go(60.0)
    assert rig.p_mmhg == pytest.approx(10.18)


def test_a_growing_clot_is_a_staircase_of_log_equal_steps() -> None:
    rig = running(0.6)
    begun_s, end = rig.t_s, 900.0
    rig.do(do.GrowClot(resistance_mmhg_h_ml=end, over_s=86400.0))
    for step in range(1, 61):
        rig.go_to(begun_s + 86400.0 * step / 60.0)
        resistance = rig.plant.downstream.catheter_mmhg_h_ml
        assert resistance == pytest.approx(0.3 * (end / 0.3) ** (step / 60.0), rel=1e-12)
    assert rig.plant.downstream.catheter_mmhg_h_ml == pytest.approx(end)
    rig.check()


def test_what_obstructs_takes_the_place_of_a_growing_clot() -> None:
    rig = running(0.6)
    rig.do(do.GrowClot(resistance_mmhg_h_ml=50.0, over_s=86400.0))
    rig.go(60.0)
    rig.do(do.Occlude(where="downstream"))
    rig.go(86400.0)
    assert rig.plant.downstream.closed, "no later stair opens a closed catheter"
    assert rig.drug_flow_ml_h == 0.0


def test_anti_bolus_turns_back_to_200_ul() -> None:
    rig = running(0.6)
    rig.do(CLOSE)
    rig.until("p_down_mmhg", above=True, level=525.0)
    bag_ml = rig.bag_ml
    turned_ml = rig.drive(0.0, reverse_to_ml=0.2)
    assert turned_ml == pytest.approx(0.212)
    assert rig.stored_ml == pytest.approx(0.2)
    assert rig.p_mmhg == pytest.approx(10.0 + 0.2 / C_ML_MMHG)  # 260 mmHg
    assert rig.bag_ml - bag_ml == pytest.approx(0.212), (
        "liquid that leaves the supply line is the bag's again"
    )
    assert rig.p_up_mmhg == 0.0
    before_ml = rig.delivered_ml
    rig.do(OPEN)
    rig.go(60.0)
    assert rig.delivered_ml - before_ml == pytest.approx(0.2), "the bolus that is left"
    rig.check()


def test_anti_bolus_against_a_closed_supply_raises_the_inlet() -> None:
    rig = running(0.6)
    rig.do(CLOSE)
    rig.until("p_down_mmhg", above=True, level=525.0)
    rig.do(do.Clamp(where="upstream", closed=True))
    rig.drive(0.0, reverse_to_ml=0.2)
    assert rig.p_up_mmhg == pytest.approx(0.212 / C_ML_MMHG)
    rig.do(do.Clamp(where="upstream", closed=False))
    assert rig.p_up_mmhg == 0.0
    rig.check()


def test_anti_bolus_counts_what_the_mechanism_counts() -> None:
    rig = running(0.6, mechanism=MechanismConfig(gain_frac=1.06))
    rig.do(CLOSE)
    rig.until("p_down_mmhg", above=True, level=525.0)
    assert rig.drive(0.0, reverse_to_ml=0.2) == pytest.approx(0.212 / 1.06)


def test_anti_bolus_of_less_than_200_ul_does_nothing() -> None:
    rig = running(0.6)
    assert rig.drive(0.0, reverse_to_ml=0.2) == 0.0


def test_a_push_moves_at_once_what_the_gain_makes_of_it() -> None:
    rig = connected(mechanism=MechanismConfig(gain_frac=0.94))
    rig.do(CLOSE)
    rig.drive(0.0, push_ml=0.05)
    assert rig.p_mmhg == pytest.approx(10.0 + 0.05 * 0.94 / C_ML_MMHG)
    rig.check()


def test_air_in_an_occluded_line_makes_it_softer_until_the_next_full_occlusion() -> None:
    rig = running(0.6)
    rig.do(do.AddAir(volume_ml=0.1, where="patient"))
    rig.go(60.0)  # the push of the bubble has run off, the bubble itself has moved 10 uL
    soft = C_ML_MMHG + 0.1 / 760.0
    rig.do(CLOSE)
    found_s = rig.until("p_down_mmhg", above=True, level=525.0)
    assert found_s == pytest.approx(soft * (525.0 - 10.18) / 0.6 * 3600.0, rel=1e-6)
    rig.drive(0.0)
    before_ml = rig.delivered_ml
    rig.do(OPEN)
    # Pressure and stored volume were continuous: above P0 what is stored is soft (525 - 10.18), all runs off.
    rig.go(0.3 * soft * 3600.0)
    assert rig.p_mmhg == pytest.approx(10.0 + 515.0 * exp(-1.0), rel=1e-9)
    rig.go(60.0)
    assert rig.delivered_ml - before_ml == pytest.approx(soft * 515.0, rel=1e-6)
    rig.drive(0.6)
    rig.go(6 * 3600.0)  # 3.6 mL: the bubble has gone
    assert rig.books.patient.air_ml == pytest.approx(0.1)
    rig.do(CLOSE)
    assert rig.until("p_down_mmhg", above=True, level=525.0) == pytest.approx(41.1856 * 60.0, rel=1e-6)
    rig.check()


def test_back_pressure_against_a_closed_line_is_one_exponential() -> None:
    # dP/dt = Q (1 - k P) / C
    k = 0.0003
    rig = running(5.0, mechanism=MechanismConfig(back_pressure_per_mmhg=k))
    p0_mmhg = (5.0 + 10.0 / 0.3) / (5.0 * k + 1.0 / 0.3)  # pump's flow equals the vein's
    assert rig.p_mmhg == pytest.approx(p0_mmhg)
    assert rig.drug_flow_ml_h == pytest.approx(5.0 * (1.0 - k * p0_mmhg))
    rig.do(CLOSE)
    expected_h = C_ML_MMHG / (5.0 * k) * log((1.0 / k - p0_mmhg) / (1.0 / k - 525.0))
    assert rig.until("p_down_mmhg", above=True, level=525.0) == pytest.approx(expected_h * 3600.0, rel=1e-9)
    rig.check()


def test_a_pump_at_its_end_pressure_moves_nothing_more() -> None:
    rig = running(5.0, mechanism=MechanismConfig(back_pressure_per_mmhg=0.001))
    bag_ml = rig.bag_ml
    rig.do(CLOSE)
    rig.go(86400.0)
    assert rig.p_mmhg == pytest.approx(1000.0)
    p0_mmhg = (5.0 + 10.0 / 0.3) / (5.0 * 0.001 + 1.0 / 0.3)
    assert bag_ml - rig.bag_ml == pytest.approx(C_ML_MMHG * (1000.0 - p0_mmhg))
    assert rig.plant.next_event_s() == inf


def test_gain_and_temperature_scale_what_is_moved() -> None:
    rig = running(1.0, mechanism=MechanismConfig(gain_frac=1.06, temperature_per_c=0.002))
    assert rig.drug_flow_ml_h == pytest.approx(1.06)
    rig.do(do.SetTemperature(temperature_c=32.0))
    rig.go(600.0)
    assert rig.drug_flow_ml_h == pytest.approx(1.06 * 1.02)
    rig.do(do.SetGain(gain_frac=0.94), do.SetTemperature(temperature_c=22.0))
    rig.go(600.0)
    assert rig.drug_flow_ml_h == pytest.approx(0.94)


def test_gravity_runs_where_nothing_holds_it_back() -> None:
    rig = connected(bag_above_cm=50.0)
    rig.go(600.0)
    assert rig.delivered_ml == 0.0, "a stopped mechanism holds the line closed"
    rig.do(do.SetFault(kind="free_flow"))
    rig.go(600.0)
    # 0.735 mmHg/cm x 50 cm = 36.75 mmHg over 0.1 mmHg h/mL of the open set and 0.3 of catheter and vein
    assert rig.drug_flow_ml_h == pytest.approx((36.75 - 10.0) / 0.4)
    rig.go(3600.0)
    rig.do(do.SetFault(kind="free_flow", present=False))
    before_ml = rig.delivered_ml
    rig.go(600.0)
    # What pressure had stored: P settles from 10 + 0.3 x 66.875 to 10.
    assert rig.delivered_ml - before_ml == pytest.approx(C_ML_MMHG * 0.3 * 66.875)
    rig.check()


def test_a_failed_flow_stop_lets_gravity_run_only_without_the_cassette() -> None:
    rig = connected(bag_above_cm=50.0)
    rig.do(do.SetFault(kind="flow_stop_failed"))
    rig.go(600.0)
    assert rig.delivered_ml == 0.0
    rig.do(do.AttachCassette(attached=False))
    rig.go(600.0)
    assert rig.drug_flow_ml_h == pytest.approx((36.75 - 10.0) / 0.4)


def test_gravity_cannot_run_uphill() -> None:
    rig = connected()
    event = rig.do(do.SetFault(kind="free_flow"))
    assert "too low" in event.detail  # type: ignore[attr-defined]
    rig.go(3600.0)
    assert rig.delivered_ml == 0.0


def test_gravity_through_a_cut_line_is_all_spilled() -> None:
    rig = connected(bag_above_cm=50.0)
    rig.do(do.SetFault(kind="free_flow"), do.SetLeak(where="downstream", fraction_frac=1.0))
    before_ml = rig.delivered_ml
    rig.go(360.0)
    assert rig.books.spilled.drug_ml == pytest.approx(36.75 / 0.1 * 0.1)
    assert rig.delivered_ml == pytest.approx(before_ml)
    rig.check()


def test_a_higher_site_needs_a_higher_pressure_first() -> None:
    rig = running(0.6)
    rig.do(do.MovePump(site_above_cm=50.0, bag_above_cm=0.0))
    assert rig.drug_flow_ml_h == 0.0, "nothing flows back"
    # Up by 36.75 mmHg, of which R Q = 0.18 is there already, at 0.6 mL/h into 0.8 uL/mmHg.
    until_s = C_ML_MMHG * (36.75 - 0.18) / 0.6 * 3600.0
    rig.go(until_s - 1.0)
    assert rig.drug_flow_ml_h == 0.0
    rig.go(60.0)
    assert rig.drug_flow_ml_h == pytest.approx(0.6)
    assert rig.p_mmhg == pytest.approx(10.0 + 36.75 + 0.18)
    rig.check()


def test_a_lower_site_takes_what_the_height_had_stored() -> None:
    rig = connected()
    rig.do(do.MovePump(site_above_cm=-50.0, bag_above_cm=0.0))
    rig.go(60.0)
    assert rig.delivered_ml == pytest.approx(C_ML_MMHG * 36.75)


def test_disconnecting_under_pressure_spills_what_was_stored() -> None:
    rig = running(0.6)
    rig.do(CLOSE)
    rig.until("p_down_mmhg", above=True, level=525.0)
    rig.drive(0.0)
    rig.do(do.Connect(connected=False))
    assert rig.books.spilled.drug_ml == 0.0, "taking it off moves no fluid while the clamp is closed"
    assert rig.stored_ml == pytest.approx(0.412)
    rig.do(OPEN)
    assert rig.books.spilled.drug_ml == pytest.approx(0.412)
    assert rig.p_mmhg == 10.0
    rig.check()


def test_asking_a_rig_twice_gives_the_same() -> None:
    rig = Rig()
    rig.prime()
    assert rig.plant.snapshot() == rig.plant.snapshot()
    assert (rig.books, rig.p_mmhg, rig.delivered_ml) == (rig.books, rig.p_mmhg, rig.delivered_ml)


def test_the_peak_is_read_before_the_pump_turns_back() -> None:
    rig = running(0.6)
    rig.do(do.Clamp(where="downstream", closed=True))
    rig.go((525.0 - 10.18) * C_ML_MMHG / 0.6 * 3600.0)
    rig.drive(0.0, reverse_to_ml=0.2)
    assert rig.plant.downstream.p_mmhg == pytest.approx(10.0 + 0.2 / C_ML_MMHG)
    assert rig.plant.peak_p_down_mmhg == pytest.approx(525.0)
