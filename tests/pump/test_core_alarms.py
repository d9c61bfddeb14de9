"""Readings that go beyond their levels, and what the pump makes of it."""

from typing import Any

import pytest

from pump.commands import (
    Acknowledge,
    Key,
    LinkLost,
    LinkRestored,
    PowerOff,
    PowerOn,
    PressKey,
    Prime,
    Start,
    Stop,
    Unlock,
)
from pump.delivery import Mode
from pump.events import AlarmCauseGone, Noted, RateCommanded
from pump.program import Program
from tests.pump.rig import NURSE_CODE, Rig


def running(**more: Any) -> Rig:
    rig = Rig(**more)
    assert rig.do(Start())
    return rig


# ---------------------------------------------------------------- occlusion


def test_a_downstream_occlusion_halts_and_turns_back() -> None:
    rig = running()
    rig.to(4000.0).read(p_down_mmhg=526.0)
    assert rig.mode == Mode.HALTED
    assert (rig.drives[-1].rate_ml_h, rig.drives[-1].reverse_to_ml) == (0.0, 0.2)
    given_ml, reservoir_ml = rig.given_ml, rig.reservoir_ml
    rig.core.turned_back(rig.t_s, 0.212)
    assert rig.given_ml == pytest.approx(given_ml - 0.212)
    assert rig.reservoir_ml == pytest.approx(reservoir_ml + 0.212)


def test_a_pump_without_anti_bolus_does_not_turn_back() -> None:
    rig = running(anti_bolus=False)
    rig.read(p_down_mmhg=600.0)
    assert rig.drives[-1].reverse_to_ml is None


def test_the_way_back_has_a_level_of_its_own() -> None:
    rig = running()
    rig.read(p_down_mmhg=530.0)
    rig.read(p_down_mmhg=510.0)
    assert rig.core.alarms.is_active("OCCLUSION_DOWNSTREAM")
    rig.read(p_down_mmhg=499.0)
    assert not rig.core.alarms.is_active("OCCLUSION_DOWNSTREAM")


def test_a_restart_needs_the_cause_gone_and_the_alarm_acknowledged_but_no_code() -> None:
    rig = running()
    rig.read(p_down_mmhg=600.0)
    assert rig.refusal(Start()) == "alarm"
    rig.do(Acknowledge())
    assert rig.refusal(Start()) == "alarm"
    assert rig.mode == Mode.HALTED
    rig.read(p_down_mmhg=10.0)
    assert rig.mode == Mode.STOPPED
    assert rig.do(Start())


def test_pressure_is_not_watched_while_the_pump_stands() -> None:
    rig = Rig()
    rig.read(p_down_mmhg=800.0, p_up_mmhg=-150.0)
    assert not rig.raised()


def test_a_start_against_pressure_halts_at_once() -> None:
    rig = Rig()
    rig.read(p_up_mmhg=-150.0).do(Start())
    assert rig.mode == Mode.HALTED
    assert rig.raised() == [(0.0, "OCCLUSION_UPSTREAM")]
    assert rig.given_ml == 0.0


def test_upstream_limit_is_minus_one_hundred() -> None:
    rig = running()
    rig.read(p_up_mmhg=-100.0)
    assert rig.mode == Mode.RUNNING
    rig.read(p_up_mmhg=-100.1)
    assert rig.mode == Mode.HALTED
    rig.read(p_up_mmhg=-80.0)
    assert rig.core.alarms.is_active("OCCLUSION_UPSTREAM")
    rig.read(p_up_mmhg=-70.0)
    assert not rig.core.alarms.is_active("OCCLUSION_UPSTREAM")


def test_a_cassette_pump_is_blind_at_the_end_of_the_entered_reservoir() -> None:
    rig = running(
        profile="cassette-peristaltic", program=Program(rate_ml_h=0.6, vtbi_ml=100.8, reservoir_ml=104.0)
    )
    blind_s = (104.0 - 6.24) / 0.6 * 3600.0
    rig.to(blind_s - 1.0)
    assert any(watch.reading == "p_up_mmhg" for watch in rig.core.watches())
    rig.to(blind_s)
    assert not any(watch.reading == "p_up_mmhg" for watch in rig.core.watches())
    rig.read(p_up_mmhg=-200.0).to(blind_s + 3600.0)
    assert rig.mode == Mode.RUNNING
    assert "OCCLUSION_UPSTREAM" not in rig.standing()


def test_a_short_upstream_event_clears_by_itself_and_is_logged() -> None:
    rig = running(profile="cassette-peristaltic")
    rig.to(100.0).read(p_up_mmhg=-120.0)
    assert rig.mode == Mode.RUNNING
    rig.to(104.0).read(p_up_mmhg=-20.0)
    assert rig.raised() == [(100.0, "UPSTREAM_TRANSIENT")]
    assert rig.cleared() == [(104.0, "UPSTREAM_TRANSIENT")]
    rig.to(200.0).read(p_up_mmhg=-120.0).to(205.0)
    assert rig.mode == Mode.HALTED
    assert (205.0, "OCCLUSION_UPSTREAM") in rig.raised()
    assert not rig.core.alarms.is_standing("UPSTREAM_TRANSIENT")


def test_an_event_that_is_cut_short_by_a_stop_begins_anew_with_the_next_start() -> None:
    rig = running(profile="cassette-peristaltic")
    rig.read(p_up_mmhg=-120.0).to(3.0).do(Stop())
    rig.to(60.0)
    assert not rig.standing()
    rig.do(Start())
    rig.to(65.0)
    assert rig.raised()[-1] == (65.0, "OCCLUSION_UPSTREAM")


def test_an_occlusion_while_priming_turns_the_prime_back_and_not_the_given() -> None:
    rig = Rig()
    rig.do(Prime(volume_ml=3.0, disconnected_confirmed=True))
    rig.to(6.0).read(p_down_mmhg=700.0)
    assert rig.mode == Mode.HALTED
    rig.core.turned_back(6.0, 0.3)
    now = rig.core.counters(6.0)
    assert now.given_ml == 0.0
    assert now.primed_ml == pytest.approx(0.7)
    assert now.reservoir_ml == pytest.approx(109.3)


# ---------------------------------------------------------------- air


def test_a_bubble_halts_at_the_limit_and_again_after_ten_microlitres() -> None:
    rig = running()
    rig.to(1000.0).read(air_frac=1.0)
    rig.to(2300.0)  # 200 uL at 0.6 mL/h take 1200 s
    assert rig.raised() == [(2200.0, "AIR_IN_LINE")]
    assert rig.refusal(Start()) == "alarm"
    assert rig.do(Acknowledge(), Start())
    rig.to(3000.0)
    assert rig.raised()[1] == (2360.0, "AIR_IN_LINE")


def test_air_that_was_tapped_away_while_halted_does_not_come_back() -> None:
    rig = running()
    rig.read(air_frac=1.0).to(1200.0).read(air_frac=0.0).do(Acknowledge(), Start())
    rig.to(9000.0)
    assert len(rig.raised()) == 1


def test_the_detector_is_off_while_priming_and_its_sum_begins_again() -> None:
    rig = running()
    rig.read(air_frac=1.0).to(1100.0).do(Stop())
    rig.do(Unlock(code=NURSE_CODE), Prime(volume_ml=3.0, disconnected_confirmed=True))
    assert not any(watch.reading == "air_frac" for watch in rig.core.watches())
    rig.to(1200.0).do(Start())
    rig.to(2399.0)
    assert not rig.core.alarms.is_standing("AIR_IN_LINE")
    rig.to(2400.0)
    assert rig.core.alarms.is_standing("AIR_IN_LINE")


def test_a_detector_that_is_switched_off_sees_nothing() -> None:
    rig = running(air_detector_on=False)
    rig.read(air_frac=1.0).to(86_400.0)
    assert rig.mode == Mode.RUNNING


def test_another_limit_may_be_chosen() -> None:
    rig = running(air_limit_ul=300.0)
    rig.read(air_frac=1.0).to(3600.0)
    assert rig.raised() == [(1800.0, "AIR_IN_LINE")]


# ---------------------------------------------------------------- cassette and door


@pytest.mark.parametrize(
    ("reading", "code"), [("cassette_frac", "CASSETTE_DETACHED"), ("door_frac", "DOOR_OPEN")]
)
def test_set_lost_while_running_halts(reading: str, code: str) -> None:
    rig = running()
    rig.to(50.0).read(**{reading: 0.0})
    assert (rig.mode, rig.raised()) == (Mode.HALTED, [(50.0, code)])
    rig.read(**{reading: 1.0}).do(Acknowledge())
    assert rig.do(Start())


@pytest.mark.parametrize(
    ("reading", "code"), [("cassette_frac", "CASSETTE_DETACHED"), ("door_frac", "DOOR_OPEN")]
)
def test_set_lost_while_stopped_beeps_and_alarms_after_two_minutes(reading: str, code: str) -> None:
    rig = Rig()
    rig.to(10.0).read(**{reading: 0.0})
    assert rig.last(Noted).what == "double_beep"
    assert rig.refusal(Start()) in {"cassette_off", "door_open"}
    rig.to(129.0)
    assert not rig.raised()
    rig.to(130.0)
    assert rig.raised() == [(130.0, code)]


def test_set_back_in_time_is_no_alarm() -> None:
    rig = Rig()
    rig.read(cassette_frac=0.0).to(119.0).read(cassette_frac=1.0).to(600.0)
    assert not rig.raised()


def test_a_cassette_that_is_attached_again_is_a_new_set_for_the_air_sum() -> None:
    rig = running()
    rig.read(air_frac=1.0).to(1100.0)
    rig.read(cassette_frac=0.0).read(cassette_frac=1.0).do(Acknowledge(), Start())
    rig.to(1100.0 + 1199.0)
    assert "AIR_IN_LINE" not in rig.standing()
    rig.to(1100.0 + 1200.0)
    assert "AIR_IN_LINE" in rig.standing()


# ---------------------------------------------------------------- reminders


def test_a_pump_that_was_stopped_and_forgotten_reminds() -> None:
    rig = running()
    rig.to(3000.0).do(Stop())
    rig.to(3119.0)
    assert not rig.raised()
    rig.to(3120.0)
    assert rig.raised() == [(3120.0, "PUMP_STOPPED")]
    rig.do(Start())
    assert not rig.standing()


def test_a_pump_made_ready_and_not_started_reminds() -> None:
    rig = Rig()
    rig.do(Prime(volume_ml=3.0, disconnected_confirmed=True))
    rig.to(18.0 + 900.0)
    assert rig.raised() == [(918.0, "DELIVERY_NOT_STARTED")]


def test_an_hour_of_standing_is_standby() -> None:
    rig = Rig()
    rig.to(3600.0)
    assert rig.raised() == [(3600.0, "STANDBY_LONG")]


def test_maintenance_falls_due_once() -> None:
    rig = Rig(maintenance_due_s=5000.0)
    rig.do(Start())
    rig.to(6000.0)
    assert (5000.0, "MAINTENANCE_DUE") in rig.raised()


def test_the_link_is_the_remote_controllers_to_lose() -> None:
    rig = running()
    rig.do(LinkLost())
    assert rig.mode == Mode.RUNNING
    assert "LINK_LOST" in rig.standing()
    rig.do(LinkRestored())
    assert not rig.standing()


# ---------------------------------------------------------------- power


def test_power_loss_keeps_programme_and_counters_and_never_resumes() -> None:
    rig = running()
    rig.to(6400.0).read(mains_frac=0.0, battery_present_frac=0.0, supply_frac=0.0)
    assert rig.mode == Mode.OFF
    assert (rig.drives[-1].rate_ml_h, rig.drives[-1].push_ml, rig.drives[-1].powered) == (0.0, 0.0, False)
    assert rig.core.watches() == ()
    given_ml = rig.given_ml
    rig.read(mains_frac=1.0, supply_frac=1.0).to(7000.0)
    assert rig.mode == Mode.OFF
    assert rig.do(PowerOn())
    assert rig.mode == Mode.SELF_TEST
    rig.to(7010.0)
    assert rig.mode == Mode.STOPPED
    assert rig.given_ml == given_ml == pytest.approx(6400.0 * 0.6 / 3600.0)
    rig.to(20_000.0)
    assert rig.last(RateCommanded).rate_ml_h == 0.0


def test_a_profile_may_say_that_the_pump_resumes() -> None:
    rig = running(resumes_after_power_loss=True)
    rig.to(100.0).read(mains_frac=0.0, battery_present_frac=0.0, supply_frac=0.0)
    rig.to(200.0).read(mains_frac=1.0, supply_frac=1.0).to(210.0)
    assert rig.mode == Mode.RUNNING


def test_a_pump_that_was_stopped_does_not_resume_even_then() -> None:
    rig = Rig(resumes_after_power_loss=True)
    rig.read(mains_frac=0.0, battery_present_frac=0.0, supply_frac=0.0)
    rig.read(mains_frac=1.0, supply_frac=1.0).to(300.0)
    assert rig.mode == Mode.OFF


def test_a_profile_may_say_that_power_switches_the_pump_on_and_it_delivers_nothing_by_that() -> None:
    rig = running(comes_on_with_supply=True)
    rig.to(100.0).read(mains_frac=0.0, battery_present_frac=0.0, supply_frac=0.0)
    assert rig.mode == Mode.OFF
    rig.to(200.0).read(mains_frac=1.0, supply_frac=1.0)
    assert rig.mode == Mode.SELF_TEST
    rig.to(1000.0)
    assert rig.mode == Mode.STOPPED


def test_what_a_hand_switched_off_no_power_switches_on() -> None:
    rig = Rig(comes_on_with_supply=True)
    assert rig.do(PowerOff())
    rig.read(mains_frac=0.0, battery_present_frac=0.0, supply_frac=0.0)
    rig.read(mains_frac=1.0, supply_frac=1.0).to(300.0)
    assert rig.mode == Mode.OFF


def test_without_power_the_pump_does_not_come_on() -> None:
    rig = Rig()
    rig.read(mains_frac=0.0, supply_frac=0.0)
    assert rig.refusal(PowerOn()) == "no_power"


def test_the_battery_is_low_half_an_hour_before_it_is_depleted() -> None:
    rig = running()
    rig.read(mains_frac=0.0)
    assert "MAINS_LOST" in rig.standing()
    # depleted: 3 min at half of 0.064 /h = 0.0016; low: 30 min at 0.064 + 0.00011 x 0.6 above that
    rig.read(battery_frac=0.0337)
    assert "BATTERY_LOW" not in rig.standing()
    rig.read(battery_frac=0.0336)
    assert "BATTERY_LOW" in rig.standing()
    assert rig.mode == Mode.RUNNING
    rig.read(battery_frac=0.00159)
    assert rig.mode == Mode.HALTED
    assert "BATTERY_DEPLETED" in rig.standing()
    assert rig.refusal(Start()) == "alarm"
    rig.read(mains_frac=1.0)
    assert rig.mode == Mode.STOPPED
    assert rig.do(Start())


def test_power_off_is_refused_while_delivering() -> None:
    rig = running()
    assert rig.refusal(PowerOff()) == "delivering"
    assert rig.do(Stop(), PowerOff())
    assert rig.mode == Mode.OFF


# ---------------------------------------------------------------- faults and keys


def test_a_motor_fault_is_found_by_the_running_pump_and_only_a_power_cycle_ends_it() -> None:
    rig = Rig()
    rig.read(faults=frozenset({"motor_stall"}))
    rig.to(100.0)
    assert rig.mode == Mode.STOPPED
    rig.do(Start())
    rig.to(100.0)
    assert rig.mode == Mode.FAULT
    assert rig.drives[-1].rate_ml_h == 0.0
    assert rig.refusal(Start()) == "fault"
    rig.read(faults=frozenset()).do(Acknowledge())
    assert rig.mode == Mode.FAULT
    rig.do(PowerOff(), PowerOn())
    rig.to(110.0)
    assert (rig.mode, rig.standing()) == (Mode.STOPPED, set())


def test_a_memory_fault_is_found_in_its_time() -> None:
    rig = running()
    rig.to(1000.0).read(faults=frozenset({"ram"}))
    rig.to(1059.0)
    assert rig.mode == Mode.RUNNING
    rig.to(1060.0)
    assert (rig.mode, rig.raised()[-1]) == (Mode.FAULT, (1060.0, "SYSTEM_FAULT"))


def test_the_self_test_stops_at_the_first_failure() -> None:
    rig = Rig()
    rig.do(PowerOff())
    rig.read(faults=frozenset({"tone", "ram"})).do(PowerOn())
    rig.to(5.0)  # processor 1 s, program memory 2 s, working memory 2 s
    assert rig.mode == Mode.FAULT
    assert rig.raised() == [(5.0, "SELFTEST_RAM")]


def test_a_key_held_for_three_minutes_is_stuck() -> None:
    rig = running()
    rig.to(10.0).do(PressKey(key=Key.INFO, down=True))
    rig.to(189.0)
    assert rig.mode == Mode.RUNNING
    rig.to(190.0)
    assert rig.mode == Mode.HALTED
    rig.do(PressKey(key=Key.INFO, down=False))
    assert rig.last(AlarmCauseGone).code == "KEY_STUCK"


def test_a_key_that_comes_up_in_time_is_not_stuck() -> None:
    rig = running()
    rig.do(PressKey(key=Key.INFO, down=True))
    rig.to(179.0).do(PressKey(key=Key.INFO, down=False))
    rig.to(1000.0)
    assert not rig.raised()


def test_run_held_starts_and_stop_stops() -> None:
    rig = Rig()
    rig.do(PressKey(key=Key.RUN, down=True))
    assert rig.mode == Mode.STOPPED
    rig.to(1.0)
    assert rig.mode == Mode.RUNNING
    rig.do(PressKey(key=Key.RUN, down=False), PressKey(key=Key.STOP, down=True))
    assert rig.mode == Mode.STOPPED


# ---------------------------------------------------------------- flow sensor, temperature


def test_a_flow_sensor_tells_too_much_and_too_little_after_a_quarter_of_an_hour() -> None:
    rig = Rig(
        profile="volumetric-bodyworn", program=Program(rate_ml_h=2.0, vtbi_ml=100.0, reservoir_ml=110.0)
    )
    rig.do(Start())
    rig.read(flow_ml_h=2.0).to(100.0).read(flow_ml_h=1.79).to(999.0)
    assert not rig.raised()
    rig.to(1000.0)
    assert rig.raised() == [(1000.0, "UNDER_INFUSION")]
    assert rig.mode == Mode.RUNNING
    rig.read(flow_ml_h=2.3)
    assert "UNDER_INFUSION" not in rig.standing()
    rig.to(1900.0)
    assert rig.mode == Mode.HALTED
    rig.read(flow_ml_h=0.0)
    assert "OVER_INFUSION" in rig.standing()
    rig.do(Acknowledge())
    assert rig.mode == Mode.STOPPED


def test_free_flow_through_a_stopped_pump_is_told_at_once_where_there_is_a_sensor() -> None:
    rig = Rig(profile="volumetric-bodyworn")
    rig.to(10.0).read(flow_ml_h=40.0)
    assert rig.raised() == [(10.0, "OVER_INFUSION")]


def test_heat_halts_the_pump() -> None:
    rig = running()
    rig.read(temperature_c=56.0)
    assert rig.mode == Mode.HALTED
    rig.read(temperature_c=54.0)
    assert rig.core.alarms.is_active("OVER_TEMPERATURE")
    rig.read(temperature_c=52.0).do(Acknowledge())
    assert rig.do(Start())
