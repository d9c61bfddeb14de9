"""What hands do at catheter, bag and set, where the fluid goes, and what they cannot do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pump.events import Event
from sim.events import PlantActed
from sim.plant import actions as do
from sim.plant.config import CatheterConfig, SetConfig
from sim.plant.hands import HANDS
from tests.sim.plant.rig import BAG, UG_PER_ML, Rig, connected, running

CATHETER = CatheterConfig(volume_ml=0.5)


def test_every_action_has_its_hand() -> None:
    assert set(HANDS) == set(do.PlantAction.__args__)


@pytest.mark.parametrize(
    "refused",
    [
        do.Occlude(where="upstream", fraction_frac=0.5),
        do.Occlude(where="upstream", resistance_mmhg_h_ml=5.0),
        do.Occlude(where="downstream", resistance_mmhg_h_ml=0.0),
        do.ClearOcclusion(where="upstream"),
        do.ClearOcclusion(where="downstream"),
        do.GrowClot(resistance_mmhg_h_ml=0.0, over_s=60.0),
        do.UseLumen(volume_ml=0.5, resistance_mmhg_h_ml=0.0),
        do.TapLine(works=True),
        do.ClogFilter(resistance_mmhg_h_ml=5.0),
        do.InfuseSaline(rate_ml_h=0.6, volume_ml=1.0),
        do.SetFault(kind="motor_stall", present=False),
    ],
)
def test_what_has_nothing_to_act_on_is_refused(refused: do.PlantAction) -> None:
    assert running(0.6, catheter=CATHETER).refuses(refused)


@pytest.mark.parametrize(
    "refused",
    [
        do.GrowClot(resistance_mmhg_h_ml=5.0, over_s=60.0),
        do.Flush(volume_ml=1.0, where="catheter"),
        do.Flush(volume_ml=1.0, where="line"),
        do.Aspirate(volume_ml=0.1),
        do.Aspirate(volume_ml=0.1, where="line"),
    ],
)
def test_a_closed_catheter_refuses_what_must_go_through_it(refused: do.PlantAction) -> None:
    rig = running(0.6, catheter=CATHETER)
    rig.do(do.Occlude(where="downstream"))
    assert rig.refuses(refused)


def test_set_battery_without_a_battery_is_refused() -> None:
    rig = Rig()
    rig.do(do.InsertBattery(present=False))
    assert rig.refuses(do.SetBattery(level_frac=0.5))


def test_the_first_start_delivers_the_catheters_saline_first() -> None:
    rig = connected(catheter=CATHETER)
    rig.drive(0.6)
    first_s = rig.until("drug_flow_ml_h", above=True, level=0.06)
    # 0.5 mL of saline, and R Q C = 0.144 uL that stays under pressure
    assert first_s == pytest.approx((0.5 + 0.000144) / 0.6 * 3600.0, rel=1e-6)
    assert rig.books.patient.saline_ml == pytest.approx(0.5)


def test_flushing_the_catheter_is_a_bolus_of_what_stands_in_it() -> None:
    rig = running(0.6, catheter=CATHETER, settled_s=36000.0)
    before_ml = rig.delivered_ml
    rig.do(do.Flush(volume_ml=0.3, where="catheter"))
    assert rig.delivered_ml - before_ml == pytest.approx(0.3)
    rig.do(do.Flush(volume_ml=1.0, where="catheter"))
    assert rig.delivered_ml - before_ml == pytest.approx(0.5), "only 0.2 mL of drug was left in it"
    assert rig.books.filled.saline_ml == pytest.approx(0.5 + 1.3)
    rig.check()


def test_flushing_a_line_full_of_drug_gives_all_of_it_at_once() -> None:
    rig = running(0.6)
    before_ml = rig.delivered_ml
    rig.do(do.Flush(volume_ml=5.0, where="line"))
    assert rig.delivered_ml - before_ml == pytest.approx(2.25 + 0.000144)
    rig.check()


def words_of(event: Event) -> str:
    assert isinstance(event, PlantActed)
    return event.detail


def test_a_flush_says_how_much_drug_went_ahead_of_it() -> None:
    rig = connected(catheter=CATHETER)
    nothing_but_saline = rig.do(do.Flush(volume_ml=1.0, where="catheter"))
    assert words_of(nothing_but_saline) == "1 mL of saline through the catheter"
    rig = running(0.6, catheter=CATHETER, settled_s=36000.0)
    bolus = rig.do(do.Flush(volume_ml=0.3, where="catheter"))
    assert words_of(bolus) == "0.3 mL of saline through the catheter, 0.3 mL of drug solution ahead of it"


def test_flushing_a_disconnected_line_is_spilled() -> None:
    rig = Rig()
    rig.prime()
    rig.do(do.Flush(volume_ml=1.0, where="line"))
    assert rig.books.spilled.drug_ml == pytest.approx(1.0)


def test_aspirating_takes_what_stands_nearest_and_blood_comes_back() -> None:
    rig = running(0.6, catheter=CATHETER, settled_s=36000.0)
    rig.do(do.Aspirate(volume_ml=0.2))
    assert rig.books.aspirated.drug_ml == pytest.approx(0.2)
    before_ml = rig.delivered_ml
    # 0.2 mL of blood stands at the tip now: 20 min without drug at 0.6 mL/h.
    rig.go(1199.0)
    assert rig.delivered_ml == before_ml
    rig.go(601.0)
    assert rig.delivered_ml - before_ml == pytest.approx(0.1)
    rig.do(do.Aspirate(volume_ml=9.0))
    assert rig.books.aspirated.drug_ml == pytest.approx(0.2 + 0.5), "then blood"
    rig.check()


def test_aspirating_the_line_draws_the_catheter_back_into_it() -> None:
    rig = connected(catheter=CATHETER)
    rig.do(do.Aspirate(volume_ml=0.8, where="line"))
    assert rig.books.aspirated.drug_ml == pytest.approx(0.8)
    # 0.8 mL came back: the catheter's 0.5 mL of saline and 0.3 mL of blood behind it.
    line = rig.plant.downstream.line
    assert line.slugs[0].fluid.drug_frac == line.slugs[0].fluid.saline_frac == 0.0
    assert [slug.volume_ml for slug in line.slugs] == pytest.approx([0.3, 0.5, 1.45])
    rig.check()


def test_aspirating_a_line_that_hangs_free_is_refused() -> None:
    rig = Rig()
    rig.prime()
    assert rig.refuses(do.Aspirate(volume_ml=0.5, where="line"))


def test_saline_bridges_a_gap_until_it_is_used_up() -> None:
    rig = running(0.6, catheter=CATHETER, settled_s=36000.0)
    rig.drive(0.0)
    rig.go(60.0)
    rig.do(do.Connect(connected=False), do.InfuseSaline(rate_ml_h=0.6, volume_ml=0.8))
    before_ml = rig.delivered_ml
    rig.go(3600.0)
    # 0.6 mL in: the catheter's 0.5 mL of drug went in first, then 0.1 mL of saline.
    assert rig.delivered_ml - before_ml == pytest.approx(0.5)
    rig.go(36000.0)
    assert rig.books.patient.saline_ml == pytest.approx(0.5 + 0.3), "the catheter's own, then 0.8 - 0.5"
    rig.do(do.InfuseSaline(rate_ml_h=0.6, volume_ml=5.0))
    rig.go(600.0)
    rig.do(do.Connect(connected=True))
    saline_ml = rig.books.patient.saline_ml
    rig.go(3600.0)
    assert rig.books.patient.saline_ml == saline_ml, "one connector: the saline came off"
    rig.check()


def test_saline_stops_when_told() -> None:
    rig = Rig(catheter=CATHETER)
    rig.do(do.InfuseSaline(rate_ml_h=10.0, volume_ml=5.0))
    rig.go(360.0)
    rig.do(do.InfuseSaline(rate_ml_h=0.0, volume_ml=0.0))
    rig.go(3600.0)
    assert rig.books.patient.saline_ml == pytest.approx(1.0)


def test_another_lumen_is_free_and_the_old_one_keeps_what_it_holds() -> None:
    rig = running(0.6, catheter=CATHETER, settled_s=36000.0)
    rig.do(do.Occlude(where="downstream"))
    rig.go(600.0)
    rig.do(do.UseLumen(volume_ml=0.4))
    saline_ml = rig.books.patient.saline_ml
    rig.go(36000.0)
    assert rig.books.patient.saline_ml - saline_ml == pytest.approx(0.4)
    assert rig.p_mmhg == pytest.approx(10.18)
    rig.check()  # with 0.5 mL of drug parked in the old lumen
    assert sum(slug.volume_ml for slug in rig.plant.downstream.parked) == pytest.approx(0.5)


def test_a_needle_out_of_the_vein_gives_into_tissue() -> None:
    rig = running(0.6)
    before_ml = rig.delivered_ml
    rig.do(do.DislodgeNeedle(out=True))
    rig.go(36000.0)
    assert rig.delivered_ml == before_ml
    assert rig.drug_flow_ml_h == 0.0
    assert rig.books.tissue.drug_ml == pytest.approx(6.0)
    assert rig.plant.obstacle() == "disconnected"
    rig.do(do.DislodgeNeedle(out=False))
    assert rig.drug_flow_ml_h == pytest.approx(0.6)


def test_a_running_pump_on_a_loose_line_spills() -> None:
    rig = running(0.6)
    before_ml = rig.delivered_ml
    rig.do(do.Connect(connected=False))
    rig.go(36000.0)
    assert rig.delivered_ml == before_ml
    assert rig.books.spilled.drug_ml == pytest.approx(6.0 + 0.000144)


def test_another_bag_goes_through_the_old_set() -> None:
    # 24 h bag to 7-day bag with the set kept: 3 mL of the old solution at 0.6 mL/h last 5 h.
    rig = running(0.6)
    discarded_ml = rig.bag_ml
    rig.do(do.HangBag(fill_ml=110.0, holdup_ml=2.0, ug_per_ml=16.0 * UG_PER_ML))
    assert rig.books.discarded.drug_ml == pytest.approx(discarded_ml)
    before_ug = rig.plant.delivered_ug(rig.t_s)
    rig.go(5 * 3600.0)
    assert rig.plant.delivered_ug(rig.t_s) - before_ug == pytest.approx(3.0 * UG_PER_ML)
    rig.go(3600.0)
    # The set holds what pressure has stored, too: 3 mL and R Q C = 0.144 uL.
    new_ml = 0.6 - 0.000144
    assert rig.plant.delivered_ug(rig.t_s) - before_ug == pytest.approx(
        (3.000144 + 16.0 * new_ml) * UG_PER_ML
    )
    rig.check()


def test_a_bag_may_be_hung_with_saline_in_it() -> None:
    rig = running(0.6)
    rig.do(do.HangBag(fill_ml=100.0, holdup_ml=2.0, ug_per_ml=0.0, drug_frac=0.0))
    saline_ml = rig.books.filled.saline_ml
    rig.go(6 * 3600.0)
    assert rig.books.patient.saline_ml == pytest.approx(0.6 - 0.000144), "3.000144 mL of drug came first"
    assert saline_ml == 100.0
    rig.check()


def test_a_new_set_is_full_of_air_and_the_old_one_is_discarded() -> None:
    rig = running(0.6)
    rig.drive(0.0)
    rig.go(60.0)
    rig.do(do.SetLeak(where="upstream", fraction_frac=0.1), do.HangSet(prime_ml=4.0, supply_ml=1.5))
    assert rig.books.discarded.drug_ml == pytest.approx(3.0)
    copy = rig.plant.as_of(rig.t_s)
    assert copy.upstream.line.air_ml == pytest.approx(1.5)
    assert copy.downstream.line.air_ml == pytest.approx(2.5)
    assert rig.reading("air_frac") == 1.0
    assert copy.upstream.leak_frac == 0.0, "a new set is tight"
    rig.check()


@pytest.mark.parametrize(("prime_ml", "supply_ml"), [(0.0, 0.0), (1.0, 1.0), (3.0, 0.15)])
def test_a_set_without_two_sides_is_not_hung(prime_ml: float, supply_ml: float) -> None:
    rig = running(0.6)
    rig.drive(0.0)
    assert rig.refuses(do.HangSet(prime_ml=prime_ml, supply_ml=supply_ml))
    assert rig.books.discarded.drug_ml == 0.0, "the old set stays"
    rig.check()


def test_a_saline_primed_set_counts_as_saline() -> None:
    rig = running(10.0, primed=False, line=SetConfig(filled_with="saline"), settled_s=0.0)
    rig.go(3600.0)
    assert rig.books.patient.saline_ml == pytest.approx(3.0)
    assert rig.delivered_ml == pytest.approx(7.0 - 0.3 * 10.0 * 0.0008)
    rig.check()


def test_a_pinched_flow_stop_moves_nothing_and_no_pressure_tells() -> None:
    rig = running(0.6)
    rig.do(do.SetFault(kind="flow_stop_pinched"))
    rig.go(60.0)
    before_ml, bag_ml = rig.delivered_ml, rig.bag_ml
    rig.go(36000.0)
    assert rig.delivered_ml == pytest.approx(before_ml)
    assert rig.bag_ml == bag_ml
    assert rig.p_mmhg == pytest.approx(10.0)
    assert rig.p_up_mmhg == 0.0
    assert rig.plant.obstacle() == "occluded"


@pytest.mark.parametrize("stops", [do.AttachCassette(attached=False), do.SetFault(kind="motor_stall")])
def test_without_cassette_or_motor_nothing_moves(stops: do.PlantAction) -> None:
    rig = running(0.6)
    rig.do(stops)
    bag_ml = rig.bag_ml
    rig.go(36000.0)
    assert rig.bag_ml == bag_ml


def test_another_mechanism_comes_without_the_old_ones_faults() -> None:
    rig = running(0.6)
    rig.do(do.SetFault(kind="flow_stop_pinched"), do.SwapPump(gain_frac=0.95))
    rig.go(600.0)
    assert rig.drug_flow_ml_h == pytest.approx(0.57)


def test_switches_are_read_as_they_stand() -> None:
    rig = Rig()
    for action, name in (
        (do.AttachCassette(attached=False), "cassette_frac"),
        (do.SetDoor(closed=False), "door_frac"),
        (do.PlugMains(present=False), "mains_frac"),
    ):
        assert rig.reading(name) == 1.0  # type: ignore[arg-type]
        rig.do(action)
        assert rig.reading(name) == 0.0  # type: ignore[arg-type]
    rig.do(do.SetTemperature(temperature_c=56.0))
    assert rig.reading("temperature_c") == 56.0
    rig.do(do.SetFault(kind="rom_crc"), do.SetFault(kind="free_flow"))
    assert rig.plant.readings(0.0).faults == {"rom_crc"}, "what changes the physics no self-test finds"


def test_a_dead_pressure_sensor_reads_nothing() -> None:
    rig = running(0.6)
    rig.do(do.SetFault(kind="pressure_sensor_dead"), do.Clamp(where="downstream", closed=True))
    rig.go(36000.0)
    assert rig.reading("p_down_mmhg") == rig.reading("p_up_mmhg") == 0.0
    assert rig.p_mmhg > 5000.0


def test_doing_nothing_is_on_record_and_changes_nothing() -> None:
    rig = running(0.6)
    before = rig.plant.as_of(rig.t_s).snapshot()
    rig.do(do.Wait())
    after = rig.plant.snapshot()
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= {"epoch_count", "peak_p_down_mmhg", "max_error_ml", "max_error_ug"}


def test_the_obstacle_is_named_by_what_stands_in_the_way() -> None:
    rig = running(10.0, bag=replace(BAG, fill_ml=25.0))
    assert rig.plant.obstacle() is None
    rig.do(do.Clamp(where="upstream", closed=True))
    assert rig.plant.obstacle() == "occluded"
    rig.do(do.Clamp(where="upstream", closed=False), do.Clamp(where="downstream", closed=True))
    assert rig.plant.obstacle() == "occluded"
    rig.do(do.Clamp(where="downstream", closed=False), do.Connect(connected=False))
    assert rig.plant.obstacle() == "disconnected"
    rig.do(do.Connect(connected=True), do.AddAir(volume_ml=0.5, where="detector"))
    rig.go(2.3 / 10.0 * 3600.0)
    assert rig.plant.obstacle() == "air"
    rig.go(3600.0)
    assert rig.plant.obstacle() == "dry"
