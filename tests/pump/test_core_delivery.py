"""Starting, stopping, priming and coming to the end: what the pump believes, and when."""

from typing import Any

import pytest

from pump.commands import (
    Acknowledge,
    ClearGiven,
    NewBag,
    Prime,
    ResetReservoir,
    Start,
    Stop,
    Unlock,
)
from pump.delivery import Mode
from pump.events import CommandAccepted, ModeChanged, Noted, RateCommanded
from pump.program import Program
from tests.pump.rig import NURSE_CODE, Rig

PRIME = Prime(volume_ml=3.0, disconnected_confirmed=True)
UNLOCK = Unlock(code=NURSE_CODE)
WEEK_S = 604_800.0


def program(**more: Any) -> Program:
    return Program(**{"rate_ml_h": 0.6, "vtbi_ml": 100.8, "reservoir_ml": 110.0, **more})


def test_a_week_is_a_week_to_the_bit() -> None:
    rig = Rig()
    assert rig.do(PRIME)
    rig.to(18.0)
    assert (rig.mode, rig.core.counters(18.0).primed_ml, rig.reservoir_ml) == (Mode.STOPPED, 3.0, 107.0)
    rig.to(600.0)
    assert rig.do(Start())
    rig.to(600.0 + WEEK_S)
    assert rig.mode == Mode.COMPLETE
    end = rig.last(RateCommanded)
    assert (end.t_s, end.rate_ml_h, end.push_ml, end.given_ml) == (600.0 + WEEK_S, 0.0, 0.0, 100.8)
    assert end.reservoir_ml == pytest.approx(6.2, abs=1e-12)


def test_every_command_is_answered_by_an_event() -> None:
    rig = Rig()
    rig.do(Start(), Stop(), PRIME)
    assert [event.command for event in rig.all(CommandAccepted)] == ["start", "stop"]
    assert rig.refusal(PRIME) == "locked"


def test_do_nothing_commands_change_no_bit() -> None:
    quiet, asked = Rig(), Rig()
    for rig in (quiet, asked):
        rig.do(Start())
    for t_s in (1.1, 333.3, 77_777.7):
        asked.to(t_s).do(Start())
        asked.do(Acknowledge())
        asked.core.counters(t_s)
    assert asked.to(5e5).core.counters(5e5) == quiet.to(5e5).core.counters(5e5)
    assert asked.to(WEEK_S).last(RateCommanded).t_s == quiet.to(WEEK_S).last(RateCommanded).t_s == WEEK_S


def test_stop_finishes_the_stroke_and_the_next_start_goes_on_from_the_mark() -> None:
    rig = Rig()
    rig.do(Start())
    rig.to(400.0).do(Stop())  # 66.667 uL pumped: the stroke ends at 100 uL
    assert rig.drives[-1].push_ml == pytest.approx(0.0333333, abs=1e-6)
    assert rig.given_ml == 0.1
    rig.to(1000.0).do(Start())
    rig.to(1000.0 + WEEK_S)
    assert rig.last(RateCommanded).t_s == 1000.0 + (100.8 - 0.1) / 0.6 * 3600.0


def test_an_occlusion_stops_in_the_middle_of_a_stroke_which_the_next_start_finishes() -> None:
    rig = Rig(anti_bolus=False)
    rig.do(Start())
    rig.to(400.0).read(p_down_mmhg=530.0)
    assert rig.mode == Mode.HALTED
    assert rig.drives[-1].push_ml == 0.0
    assert rig.given_ml == pytest.approx(0.0666667, abs=1e-6)
    rig.read(p_down_mmhg=10.0).do(Acknowledge(), Start())
    rig.to(500.0).do(Stop())  # 16.667 uL more, and 16.667 uL to the mark at 100 uL
    assert rig.drives[-1].push_ml == pytest.approx(0.0166667, abs=1e-6)
    assert rig.given_ml == 0.1


def test_without_primes_the_reservoir_outlasts_the_vtbi() -> None:
    rig = Rig()
    rig.do(Start())
    rig.to(WEEK_S)
    assert [code for _, code in rig.raised()] == ["RESERVOIR_LOW", "INFUSION_COMPLETE"]


def test_a_reservoir_that_ends_with_the_vtbi_is_complete() -> None:
    rig = Rig(program=program(reservoir_ml=100.8))
    rig.do(Start())
    rig.to(WEEK_S)
    assert rig.mode == Mode.COMPLETE
    assert not rig.core.alarms.is_standing("RESERVOIR_EMPTY")


def test_a_tie_is_complete_after_a_stop_too() -> None:
    rig = Rig(program=program(reservoir_ml=100.8))
    rig.do(Start())
    rig.to(123_456.7).do(Stop(), Start())
    rig.to(123_456.7 + WEEK_S)
    assert rig.mode == Mode.COMPLETE


def test_the_reservoir_counter_ends_delivery_first_when_primes_have_eaten_the_overfill() -> None:
    rig = Rig(program=program(reservoir_ml=102.0))
    rig.do(PRIME)
    rig.to(18.0).do(Start())
    rig.to(18.0 + 99.0 / 0.6 * 3600.0)  # 102 - 3 = 99 mL
    assert rig.mode == Mode.HALTED
    assert rig.raised()[-1] == (18.0 + 594_000.0, "RESERVOIR_EMPTY")
    assert rig.core.alarms.signalled().priority == "high"  # type: ignore[union-attr]
    assert (rig.given_ml, rig.reservoir_ml) == (99.0, 0.0)


def test_reservoir_low_comes_by_volume_at_a_low_rate() -> None:
    rig = Rig()
    rig.do(Start())
    rig.to(WEEK_S)
    low_s = 95.8 / 0.6 * 3600.0  # the last 5 mL are 8.3 h
    assert rig.raised()[0] == (low_s, "RESERVOIR_LOW")


def test_reservoir_low_comes_by_time_at_a_high_rate() -> None:
    rig = Rig(program=program(rate_ml_h=10.0, vtbi_ml=240.0, reservoir_ml=250.0))
    rig.do(Start())
    rig.to(86_400.0)
    assert rig.raised()[0] == (16 * 3600.0, "RESERVOIR_LOW")  # 8 h before 24 h are over


def test_a_new_bag_ends_the_low_warning_and_restores_the_counters() -> None:
    rig = Rig()
    rig.do(Start())
    rig.to(580_000.0).do(Stop(), UNLOCK, NewBag())
    assert not rig.core.alarms.is_standing("RESERVOIR_LOW")
    now = rig.core.counters(rig.t_s)
    assert (now.given_ml, now.vtbi_left_ml, now.reservoir_ml) == (0.0, 100.8, 110.0)


def test_a_new_bag_ends_the_complete_message() -> None:
    rig = Rig()
    rig.do(Start())
    rig.to(WEEK_S + 60.0)
    assert rig.refusal(Start()) == "nothing_left"
    assert rig.do(UNLOCK, NewBag(reservoir_ml=112.0))
    assert rig.mode == Mode.STOPPED
    assert not rig.core.alarms.is_standing("INFUSION_COMPLETE")
    assert rig.do(Start())
    assert rig.reservoir_ml == 112.0


def test_clear_given_restores_the_vtbi_and_leaves_the_reservoir() -> None:
    rig = Rig()
    rig.do(Start())
    rig.to(6000.0).do(Stop(), UNLOCK, ClearGiven())
    now = rig.core.counters(rig.t_s)
    assert (now.given_ml, now.vtbi_left_ml, now.reservoir_ml) == (0.0, 100.8, 109.0)


def test_an_empty_reservoir_that_is_entered_again_can_go_on() -> None:
    rig = Rig(program=program(reservoir_ml=50.0))
    rig.do(Start())
    rig.to(300_000.0)
    assert rig.refusal(Start()) == "alarm"
    rig.do(Acknowledge())
    assert rig.refusal(Start()) == "alarm"
    assert rig.do(ResetReservoir(reservoir_ml=52.0))
    assert rig.mode == Mode.STOPPED
    assert rig.do(Start())


# ---------------------------------------------------------------- priming


def test_a_prime_needs_the_confirmation_that_nobody_is_connected() -> None:
    refused = Prime(volume_ml=3.0, disconnected_confirmed=False)
    assert Rig().refusal(refused) == "not_confirmed_disconnected"


@pytest.mark.parametrize("volume_ml", [0.0, -1.0, float("nan"), 1e-9])
def test_a_prime_of_nothing_is_refused(volume_ml: float) -> None:
    assert Rig().refusal(Prime(volume_ml=volume_ml, disconnected_confirmed=True)) == "bad_value"


@pytest.mark.parametrize(("high_volume", "cap_ml"), [(False, 10.0), (True, 20.0)])
def test_a_prime_stops_itself_at_its_cap(cap_ml: float, *, high_volume: bool) -> None:
    rig = Rig(high_volume_set=high_volume)
    rig.do(Prime(volume_ml=50.0, disconnected_confirmed=True))
    rig.to(3600.0)
    assert rig.core.counters(3600.0).primed_ml == cap_ml
    assert rig.last(RateCommanded).t_s == cap_ml / 600.0 * 3600.0


def test_a_prime_that_goes_on_too_long_times_out() -> None:
    rig = Rig(prime_rate_ml_h=60.0)
    rig.do(Prime(volume_ml=10.0, disconnected_confirmed=True))  # would take 10 min
    rig.to(600.0)
    assert rig.raised() == [(300.0, "PRIME_TIMEOUT")]
    assert rig.core.counters(600.0).primed_ml == 5.0
    assert rig.mode == Mode.STOPPED


def test_a_prime_may_be_stopped_without_any_push() -> None:
    rig = Rig()
    rig.do(PRIME)
    rig.to(9.01).do(Stop())
    assert rig.drives[-1].push_ml == 0.0
    assert rig.core.counters(9.01).primed_ml == pytest.approx(1.501666667)
    rig.to(100.0)
    assert rig.mode == Mode.STOPPED


def test_priming_the_reservoir_dry_is_an_alarm() -> None:
    rig = Rig(program=program(reservoir_ml=2.0))
    rig.do(PRIME)
    rig.to(60.0)
    assert rig.raised() == [(12.0, "RESERVOIR_EMPTY")]
    rig.do(Acknowledge())
    assert rig.refusal(PRIME) == "alarm"


def test_the_prime_does_not_count_as_given_nor_shift_the_strokes() -> None:
    rig = Rig(anti_bolus=False)
    rig.do(Start())
    rig.to(400.0).read(p_down_mmhg=600.0)
    rig.read(p_down_mmhg=0.0).do(Acknowledge(), UNLOCK, Prime(volume_ml=0.777, disconnected_confirmed=True))
    rig.to(500.0)
    assert rig.given_ml == pytest.approx(0.0666667, abs=1e-6)
    rig.do(Start(), Stop())
    assert rig.given_ml == 0.1


# ---------------------------------------------------------------- keep vein open, delayed start


def test_kvo_follows_the_vtbi_and_is_never_above_the_rate() -> None:
    rig = Rig(program=program(kvo_ml_h=1.0))
    rig.do(Start())
    rig.to(WEEK_S)
    assert rig.mode == Mode.KVO
    assert rig.drives[-1].rate_ml_h == 0.6
    assert rig.standing() >= {"INFUSION_COMPLETE", "KVO_RUNNING"}


def test_kvo_ends_with_the_reservoir_in_a_medium_alarm() -> None:
    rig = Rig(program=program(kvo_ml_h=0.1))
    rig.do(Start())
    empty_s = WEEK_S + 9.2 / 0.1 * 3600.0
    rig.to(empty_s + 1.0)
    assert rig.mode == Mode.HALTED
    assert (empty_s, "RESERVOIR_EMPTY") in rig.raised()
    standing = {each.code: each.priority for each in rig.core.alarms.standing()}
    assert standing["RESERVOIR_EMPTY"] == "medium"


def test_a_delayed_start_waits_and_then_runs() -> None:
    rig = Rig(program=program(delay_s=3600.0))
    assert rig.do(Start())
    assert rig.mode == Mode.STOPPED
    assert rig.core.waits
    assert rig.refusal(Start()) == "waiting"
    assert not rig.raised()
    rig.to(3600.0)
    assert rig.mode == Mode.RUNNING
    assert rig.last(ModeChanged).cause == "delayed_start"


def test_a_delay_runs_at_kvo_where_it_is_on() -> None:
    rig = Rig(program=program(delay_s=3600.0, kvo_ml_h=0.1))
    rig.do(Start())
    assert (rig.mode, rig.drives[-1].rate_ml_h) == (Mode.KVO, 0.1)
    rig.to(3600.0)
    assert (rig.mode, rig.drives[-1].rate_ml_h) == (Mode.RUNNING, 0.6)
    assert not rig.core.alarms.is_standing("KVO_RUNNING")


def test_stop_cancels_a_delayed_start() -> None:
    rig = Rig(program=program(delay_s=3600.0))
    rig.do(Start(), Stop())
    rig.to(7200.0)
    assert rig.mode == Mode.STOPPED


def test_a_delayed_start_without_a_cassette_says_so() -> None:
    rig = Rig(program=program(delay_s=60.0))
    rig.do(Start())
    rig.read(cassette_frac=0.0).to(60.0)
    assert rig.mode == Mode.STOPPED
    assert rig.core.alarms.is_standing("DELIVERY_NOT_STARTED")
    assert any(event.what == "delayed_start_failed" for event in rig.all(Noted))


# ---------------------------------------------------------------- time


def test_time_does_not_go_back() -> None:
    rig = Rig()
    rig.to(10.0).do(Start())
    with pytest.raises(ValueError, match=r"9\.0 s is before 10\.0 s"):
        rig.core.command(9.0, Stop(), rig.readings)


def test_a_drive_is_returned_only_when_it_changes() -> None:
    rig = Rig()
    rig.do(Start(), Start(), Acknowledge())
    rig.to(500.0)
    assert len(rig.drives) == 1
