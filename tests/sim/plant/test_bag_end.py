"""How a bag ends: hold-up, its own air, collapse, floor; and the supply line that is delivered first.

The set holds 3 mL: 0.75 mL before the pump, 2.25 mL behind it. A bag of 6 mL with 2 mL hold-up that has
primed the set has 1 mL to give, 6000 s at 0.6 mL/h.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.events import BagDry
from sim.plant import actions as do
from tests.sim.plant.rig import BAG, C_ML_MMHG, R_MMHG_H_ML, Rig, running

SMALL = replace(BAG, fill_ml=6.0, holdup_ml=2.0)


def almost_dry(**bag: float | bool) -> Rig:
    """A small bag, primed, running at 0.6 mL/h from now on."""
    return running(0.6, settled_s=0.0, bag=replace(SMALL, **bag))  # type: ignore[arg-type]


def test_liquid_ends_at_the_hold_up() -> None:
    rig = almost_dry()
    begun_s = rig.t_s
    rig.go(7000.0)
    dry = [event for event in rig.journal.events if isinstance(event, BagDry)]
    assert [event.t_s - begun_s for event in dry] == pytest.approx([6000.0])
    assert rig.bag_ml == pytest.approx(2.0)


def test_a_purged_flexible_bag_collapses() -> None:
    rig = almost_dry()
    # Dry after 6000 s; then 0.8 uL/mmHg x 100 mmHg = 80 uL, 8 min at 0.6 mL/h.
    assert rig.until("p_up_mmhg", above=False, level=-100.0) == pytest.approx(6480.0)
    assert rig.until("p_up_mmhg", above=False, level=-150.0) == pytest.approx(240.0)


def test_at_the_floor_strokes_move_nothing() -> None:
    rig = almost_dry()
    rig.go(6000.0 + 960.0 + 36000.0)
    assert rig.p_up_mmhg == -200.0
    # 1 mL of the bag and C_up x 200 mmHg = 0.16 mL of the line.
    assert rig.delivered_ml == pytest.approx(1.16)
    assert rig.drug_flow_ml_h == pytest.approx(0.0, abs=1e-9)
    rig.check()


def test_nothing_is_strictly_below_the_floor() -> None:
    rig = almost_dry()
    assert rig.until("p_up_mmhg", above=False, level=-200.0) == float("inf")
    rig.go(36000.0)
    assert rig.until("p_up_mmhg", above=False, level=-200.0) == float("inf")


def test_the_inlet_recovers_when_the_bag_gives_again() -> None:
    rig = almost_dry()
    rig.go(36000.0)
    rig.do(do.HangBag(fill_ml=50.0, holdup_ml=2.0, ug_per_ml=1.0))
    assert rig.p_up_mmhg == 0.0
    assert rig.bag_ml == pytest.approx(50.0 - 0.16), "the emptied line fills first"
    rig.check()


def test_a_bag_gives_its_own_air_after_its_liquid_and_then_collapses() -> None:
    rig = almost_dry(air_ml=0.3)
    # 0.3 mL of air at 0.6 mL/h is 30 min, then 80 uL to -100 mmHg.
    assert rig.until("p_up_mmhg", above=False, level=-100.0) == pytest.approx(6000.0 + 1800.0 + 480.0)


@pytest.mark.parametrize("bag", [{"vented": True}, {"air_ml": 2.0}])
def test_air_reaches_the_detector_after_the_supply_volume(bag: dict[str, float | bool]) -> None:
    rig = almost_dry(**bag)
    rig.go(6000.0)
    before_ml = rig.delivered_ml
    # 0.75 mL at 0.6 mL/h: 75 min.
    assert rig.until("air_frac", above=True, level=0.5) == pytest.approx(75.0 * 60.0)
    assert rig.delivered_ml - before_ml == pytest.approx(0.75), "that liquid is delivered first"


def test_a_vented_container_gives_air_without_end() -> None:
    rig = almost_dry(vented=True)
    rig.go(20 * 3600.0)
    # 12 mL pumped: 1 of the bag, 3 of the set, 8 of air that follow; R Q C of it stands under pressure.
    assert rig.p_up_mmhg == 0.0
    assert rig.delivered_ml == pytest.approx(4.0)
    assert rig.books.patient.air_ml == pytest.approx(8.0 - R_MMHG_H_ML * 0.6 * C_ML_MMHG)
    rig.check()


@pytest.mark.parametrize("fill_ml", [0.0, 1.0, 2.0])
def test_a_bag_hung_empty_is_dry_at_once(fill_ml: float) -> None:
    rig = running(0.6, settled_s=60.0)
    rig.do(do.HangBag(fill_ml=fill_ml, holdup_ml=2.0, ug_per_ml=1.0))
    assert isinstance(rig.journal.events[-1], BagDry)
    assert rig.until("p_up_mmhg", above=False, level=-100.0) == pytest.approx(480.0)
    assert rig.plant.obstacle() == "dry"


@pytest.mark.parametrize(
    ("close", "reopen"),
    [
        (do.Clamp(where="upstream", closed=True), do.Clamp(where="upstream", closed=False)),
        (do.Kink(where="upstream", closed=True), do.Kink(where="upstream", closed=False)),
        (do.Occlude(where="upstream"), do.ClearOcclusion(where="upstream")),
    ],
)
def test_a_closed_supply_line_is_like_a_collapsed_bag(close: do.PlantAction, reopen: do.PlantAction) -> None:
    rig = running(0.6)
    rig.do(close)
    assert rig.until("p_up_mmhg", above=False, level=-100.0) == pytest.approx(480.0)
    bag_ml = rig.bag_ml
    rig.go(36000.0)
    assert rig.bag_ml == bag_ml
    # Everything but what the line itself gave is missing, and comes at once on opening.
    rig.do(reopen)
    assert rig.p_up_mmhg == 0.0
    assert bag_ml - rig.bag_ml == pytest.approx(C_ML_MMHG * 200.0)
    rig.check()


def test_a_bag_hung_higher_pushes_harder_on_the_inlet() -> None:
    rig = running(0.6)
    rig.do(do.MovePump(site_above_cm=0.0, bag_above_cm=40.0))
    assert rig.p_up_mmhg == pytest.approx(29.4)
    bag_ml = rig.bag_ml
    rig.do(do.MovePump(site_above_cm=0.0, bag_above_cm=0.0))
    assert rig.bag_ml - bag_ml == pytest.approx(C_ML_MMHG * 29.4), "the supply line gives it back"
    rig.check()


def test_a_bag_from_the_refrigerator_gives_off_gas() -> None:
    rig = Rig(bag=replace(BAG, fill_ml=110.0, temperature_c=4.0))
    rig.do(do.SetTemperature(temperature_c=25.0))
    # 1 mL per 110 mL between 4 and 25 C (unverified)
    assert rig.plant.upstream.bag.air_ml == pytest.approx(1.0)


def test_what_is_drawn_late_is_the_same_fluid_to_the_last_bit() -> None:
    rig = running(0.6, bag=replace(BAG, ug_per_ml=1.944))
    for _ in range(200):
        rig.do(do.Wait())
        rig.go(600.0)
    assert [len(tube.slugs) for tube in (rig.plant.upstream.line, rig.plant.downstream.line)] == [1, 1]
    assert rig.plant.upstream.bag.fluid.ug_per_ml == 1.944
    assert rig.plant.next_event_s() > rig.t_s + 86400.0


def test_what_comes_back_mixes() -> None:
    rig = running(0.6, settled_s=60.0, bag=replace(BAG, ug_per_ml=1.944))
    rig.do(do.HangBag(fill_ml=10.0, holdup_ml=2.0, ug_per_ml=0.5, drug_frac=0.5))
    rig.do(do.Clamp(where="downstream", closed=True))
    rig.drive(0.0, push_ml=0.5)
    rig.drive(0.0, reverse_to_ml=0.0)
    # 0.5 mL and what P0 had stored came back through the supply line, which still held the old solution.
    back_ml = 0.5 + 0.000144
    came_ml = 0.5
    bag = rig.plant.upstream.bag
    old_back_ml = back_ml - came_ml
    assert bag.liquid_ml == pytest.approx(10.0 + old_back_ml)
    assert bag.drug_ml == pytest.approx(5.0 - 0.5 * came_ml + 0.5 * came_ml + old_back_ml)
    rig.check()


def test_a_bag_that_is_cooled_again_has_no_gas_left_to_give() -> None:
    rig = Rig(bag=replace(BAG, temperature_c=4.0))
    rig.do(do.SetTemperature(temperature_c=25.0))
    given_ml = rig.plant.upstream.bag.air_ml
    rig.do(do.SetTemperature(temperature_c=4.0), do.SetTemperature(temperature_c=25.0))
    assert rig.plant.upstream.bag.air_ml == given_ml
