"""Air on its way, the filter and its vent, leaks: what reaches the vein, what is lost, what is seen.

The patient line holds 2.25 mL and a filter of 0.5 mL sits at its end where one is given.
"""

from __future__ import annotations

import pytest

from sim.plant import actions as do
from sim.plant.config import CatheterConfig, FilterConfig
from tests.sim.plant.rig import C_ML_MMHG, R_MMHG_H_ML, Rig, connected, running

STORED_ML = R_MMHG_H_ML * 10.0 * C_ML_MMHG
"""What stands under pressure while a line runs at 10 mL/h."""


def test_an_unprimed_set_gives_its_air_first() -> None:
    rig = connected(primed=False)
    rig.drive(10.0)
    # 3 mL of air at 10 mL/h; what is stored under pressure comes in later.
    expected_s = (3.0 + STORED_ML) / 10.0 * 3600.0
    assert rig.until("drug_flow_ml_h", above=True, level=1.0) == pytest.approx(expected_s, rel=1e-6)
    assert rig.books.patient.air_ml == pytest.approx(3.0)
    assert rig.delivered_ml == 0.0
    rig.go(360.0)
    assert rig.delivered_ml == pytest.approx(1.0)


def test_priming_puts_the_sets_air_out_and_then_drug() -> None:
    rig = Rig()
    rig.prime(3.5)
    assert rig.books.primed_out.air_ml == pytest.approx(3.0)
    assert rig.books.primed_out.drug_ml == pytest.approx(0.5)
    assert rig.books.wasted_ml == pytest.approx(0.5), "air expelled is not waste"
    assert rig.bag_ml == pytest.approx(110.0 - 3.5)
    rig.check()


def test_a_prime_while_connected_goes_into_the_patient() -> None:
    rig = running(0.6)
    before_ml = rig.delivered_ml
    rig.prime(3.0)
    rig.go(60.0)
    assert rig.delivered_ml - before_ml == pytest.approx(3.0 + 0.6 * 0.3 * C_ML_MMHG)
    assert rig.books.primed_out.drug_ml == 0.0


@pytest.mark.parametrize(("where", "before_detector_ml"), [("bag", 0.75), ("detector", 0.0)])
def test_a_bubble_comes_to_the_detector_from_where_it_entered(where: str, before_detector_ml: float) -> None:
    rig = running(10.0)
    bag_ml = rig.bag_ml
    rig.do(do.AddAir(volume_ml=0.1, where=where))  # type: ignore[arg-type]
    assert rig.bag_ml == pytest.approx(bag_ml + (0.1 if where == "detector" else 0.0)), "pushed back"
    arrives_s = rig.until("air_frac", above=True, level=0.5)
    assert max(arrives_s, 0.0) == pytest.approx(before_detector_ml / 10.0 * 3600.0, abs=1e-6)
    assert rig.until("air_frac", above=False, level=0.5) == pytest.approx(36.0), "0.1 mL at 10 mL/h"
    before_ml = rig.delivered_ml
    rig.go(3600.0)
    assert rig.books.patient.air_ml == pytest.approx(0.1)
    assert rig.delivered_ml - before_ml == pytest.approx(9.9)
    rig.check()


def test_air_behind_the_pump_is_not_seen() -> None:
    rig = running(10.0)
    before_ml = rig.delivered_ml
    rig.do(do.AddAir(volume_ml=0.1, where="patient"))
    assert rig.delivered_ml - before_ml == pytest.approx(0.1), "it displaces what stands at the other end"
    assert rig.p_mmhg == pytest.approx(13.0), "and no pressure stays behind it"
    assert rig.until("air_frac", above=True, level=0.5) == float("inf")
    assert rig.books.patient.air_ml == pytest.approx(0.1)


def test_a_dead_detector_sees_nothing_and_the_air_goes_in() -> None:
    rig = running(10.0)
    rig.do(do.SetFault(kind="air_detector_dead"), do.AddAir(volume_ml=0.3, where="detector"))
    assert rig.reading("air_frac") == 0.0
    rig.go(3600.0)
    assert rig.books.patient.air_ml == pytest.approx(0.3)


def test_a_clinging_bubble_does_not_travel() -> None:
    rig = running(10.0)
    rig.do(do.AddAir(volume_ml=0.05, where="detector", clinging=True))
    assert rig.reading("air_frac") == 1.0
    rig.go(3600.0)
    assert rig.reading("air_frac") == 1.0
    assert rig.books.patient.air_ml == 0.0
    rig.do(do.TapLine(works=True))
    assert rig.reading("air_frac") == 0.0


@pytest.mark.parametrize("vented", [True, False])
def test_only_a_vent_keeps_air_from_the_patient(vented: bool) -> None:
    rig = running(10.0, filter=FilterConfig(volume_ml=0.5, vented=vented))
    rig.do(do.AddAir(volume_ml=0.1, where="detector"))
    before_ml = rig.delivered_ml
    rig.go(3600.0)
    assert rig.books.patient.air_ml == pytest.approx(0.0 if vented else 0.1)
    # The air of the unprimed set, 0.75 + 2.25 + 0.5 mL, went out through the vent as well.
    assert rig.books.vented_air_ml == pytest.approx(3.5 + 0.1 if vented else 0.0)
    assert rig.delivered_ml - before_ml == pytest.approx(9.9)
    rig.check()


def test_a_filter_without_liquid_lets_no_drug_through() -> None:
    rig = connected(primed=False, filter=FilterConfig(volume_ml=0.5))
    rig.drive(10.0)
    rig.go(600.0)
    assert rig.drug_flow_ml_h == 0.0
    assert rig.books.patient.air_ml == 0.0
    assert rig.books.vented_air_ml == pytest.approx(10.0 / 6.0 - STORED_ML)


def test_a_clogged_filter_adds_its_resistance() -> None:
    rig = running(0.6, filter=FilterConfig(volume_ml=0.5))
    rig.do(do.ClogFilter(resistance_mmhg_h_ml=100.0))
    rig.go(7200.0)
    assert rig.p_mmhg == pytest.approx(10.0 + 0.6 * 100.3)
    assert rig.drug_flow_ml_h == pytest.approx(0.6)


def test_a_new_filter_takes_its_contents_along_and_comes_full_of_air() -> None:
    rig = running(10.0, filter=FilterConfig(volume_ml=0.5, vented=False))
    rig.do(do.ChangeFilter(volume_ml=0.3, vented=False))
    assert rig.books.discarded.drug_ml == pytest.approx(0.5)
    before_ml = rig.delivered_ml
    rig.go(360.0)
    assert rig.books.patient.air_ml == pytest.approx(0.3)
    assert rig.delivered_ml - before_ml == pytest.approx(0.7)
    rig.do(do.ChangeFilter(volume_ml=0.0))
    assert rig.plant.downstream.line_ml == pytest.approx(2.25)
    rig.check()


@pytest.mark.parametrize("where", ["downstream", "filter"])
def test_a_leak_behind_the_pump_loses_its_part(where: str) -> None:
    rig = running(10.0, filter=FilterConfig(volume_ml=0.5))
    rig.do(do.SetLeak(where=where, fraction_frac=0.3))  # type: ignore[arg-type]
    rig.go(60.0)
    before_ml, spilled_ml = rig.delivered_ml, rig.books.spilled.drug_ml
    rig.go(3600.0)
    assert rig.delivered_ml - before_ml == pytest.approx(7.0)
    assert rig.books.spilled.drug_ml - spilled_ml == pytest.approx(3.0)
    rig.do(do.SetLeak(where=where, fraction_frac=0.0))  # type: ignore[arg-type]
    rig.go(60.0)
    assert rig.drug_flow_ml_h == pytest.approx(10.0)
    rig.check()


def test_a_cut_line_gives_the_patient_nothing() -> None:
    rig = running(10.0)
    rig.do(do.SetLeak(where="downstream", fraction_frac=1.0))
    rig.go(60.0)
    before_ml = rig.delivered_ml
    assert rig.plant.obstacle() == "disconnected"
    rig.go(3600.0)
    assert rig.delivered_ml == before_ml
    assert rig.books.spilled.drug_ml == pytest.approx(10.0 + 10.0 / 60.0)


def test_a_leak_before_the_pump_draws_air_for_drug() -> None:
    rig = running(10.0)
    bag_ml = rig.bag_ml
    rig.do(do.SetLeak(where="upstream", fraction_frac=0.2))
    assert rig.reading("air_frac") == pytest.approx(0.2)
    rig.go(3600.0)
    assert bag_ml - rig.bag_ml == pytest.approx(8.0)
    # 2.25 mL of pure drug stood in the line, and the rest of 10 mL is a fifth air.
    assert rig.books.patient.air_ml == pytest.approx(0.2 * 7.75, rel=1e-3)
    rig.check()


@pytest.mark.parametrize("catheter_ml", [0.0, 0.5])
def test_behind_a_vent_a_mixture_is_counted_without_its_air(catheter_ml: float) -> None:
    rig = running(10.0, filter=FilterConfig(volume_ml=0.5), catheter=CatheterConfig(volume_ml=catheter_ml))
    rig.do(do.SetLeak(where="upstream", fraction_frac=0.2))
    rig.go(3600.0)
    assert rig.drug_flow_ml_h == pytest.approx(8.0)
    before_ml = rig.delivered_ml
    rig.go(1800.0)
    assert rig.delivered_ml - before_ml == pytest.approx(4.0)
    assert rig.delivered_ml == pytest.approx(rig.books.patient.drug_ml, abs=1e-12)


def test_a_leak_that_takes_all_draws_air_alone() -> None:
    rig = running(10.0)
    bag_ml = rig.bag_ml
    rig.do(do.SetLeak(where="upstream", fraction_frac=1.0))
    rig.go(3600.0)
    assert rig.bag_ml == bag_ml
    assert rig.drug_flow_ml_h == 0.0
    assert rig.books.patient.air_ml == pytest.approx(10.0 - 2.25 - STORED_ML)


def test_a_tap_returns_air_of_the_supply_line_only() -> None:
    rig = running(10.0)
    rig.do(do.AddAir(volume_ml=0.1, where="bag"), do.AddAir(volume_ml=0.05, where="patient"))
    rig.go(60.0)  # 0.167 mL on: the bubble is in the supply line
    bag_ml = rig.bag_ml
    rig.do(do.TapLine(works=False))
    assert rig.plant.upstream.line.air_ml == pytest.approx(0.1)
    rig.do(do.TapLine(works=True))
    assert rig.plant.upstream.line.air_ml == 0.0
    assert rig.plant.upstream.bag.air_ml == pytest.approx(0.1)
    assert rig.bag_ml == pytest.approx(bag_ml - 0.1), "liquid takes its place"
    assert rig.plant.downstream.line.air_ml == pytest.approx(0.05)
    rig.check()


def test_a_tap_lets_air_at_the_bags_port_rise() -> None:
    rig = running(10.0)
    rig.do(do.AddAir(volume_ml=0.1, where="bag"), do.TapLine(works=True))
    assert rig.plant.upstream.bag.air_ml == pytest.approx(0.1)
    rig.go(3600.0)
    assert rig.books.patient.air_ml == 0.0


def test_a_tap_needs_liquid_to_take_the_airs_place() -> None:
    rig = running(10.0)
    rig.do(do.AddAir(volume_ml=0.1, where="detector"), do.Clamp(where="upstream", closed=True))
    event = rig.do(do.TapLine(works=True))
    assert "in vain" in event.detail  # type: ignore[attr-defined]
    assert rig.plant.upstream.line.air_ml == pytest.approx(0.1)


def test_a_tap_on_no_air_is_refused() -> None:
    rig = running(10.0)
    rig.do(do.AddAir(volume_ml=0.1, where="patient"))
    assert rig.refuses(do.TapLine(works=True)), "air past the pump cannot go back"


def test_a_bag_can_be_purged() -> None:
    rig = running(10.0)
    rig.do(do.AddAir(volume_ml=0.1, where="bag"), do.PurgeBag())
    rig.go(3600.0)
    assert rig.books.patient.air_ml == 0.0
    assert rig.until("air_frac", above=True, level=0.5) == float("inf")


def test_air_behind_the_pump_of_a_closed_line_is_pressure() -> None:
    rig = running(10.0)
    rig.do(do.Clamp(where="downstream", closed=True), do.AddAir(volume_ml=0.1, where="patient"))
    assert rig.p_mmhg == pytest.approx(13.0 + 0.1 / C_ML_MMHG)
