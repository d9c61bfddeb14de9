"""Keying a programme: two of three, steps, limits, and what is confirmed when."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pump.commands import (
    Access,
    CancelProgram,
    ConfirmProgram,
    ProgramChange,
    Start,
    Stop,
    Unlock,
)
from pump.events import CommandRefused, Noted, RateCommanded
from pump.limits import hard_faults, soft_faults
from pump.program import Draft, Program
from tests.pump.rig import NURSE_CODE, SEVEN_DAYS, SUPPLIER_CODE, Rig, profile_named, settings_of

SUPPLIER = Access.SUPPLIER
GENERIC = profile_named("generic-ambulatory")


def opened() -> Rig:
    rig = Rig()
    assert rig.do(Unlock(code=SUPPLIER_CODE, access=SUPPLIER))
    return rig


def changed(**values: Any) -> ProgramChange:
    return ProgramChange(access=SUPPLIER, **values)


CONFIRM = ConfirmProgram(access=SUPPLIER)


@pytest.mark.parametrize(
    ("keyed", "rate_ml_h", "vtbi_ml"),
    [
        ({"vtbi_ml": 129.6, "duration_s": 259_200.0}, 1.8, 129.6),
        ({"rate_ml_h": 1.8, "duration_s": 259_200.0}, 1.8, 129.6),
        ({"rate_ml_h": 1.8, "vtbi_ml": 129.6}, 1.8, 129.6),
        ({"rate_ml_h": 1.8, "vtbi_ml": 129.6, "duration_s": 259_200.0}, 1.8, 129.6),
        ({"duration_s": 86_400.0}, 0.6, 14.4),
        ({"vtbi_ml": 50.0}, 0.6, 50.0),
    ],
)
def test_two_of_rate_volume_and_duration_are_enough(
    keyed: dict[str, float], rate_ml_h: float, vtbi_ml: float
) -> None:
    rig = opened()
    assert rig.do(changed(**keyed), CONFIRM)
    assert (rig.core.program.rate_ml_h, rig.core.program.vtbi_ml) == (rate_ml_h, vtbi_ml)
    assert rig.core.counters(0.0).vtbi_left_ml == vtbi_ml


def test_three_that_disagree_are_refused_with_what_two_would_make() -> None:
    rig = opened()
    assert rig.refusal(changed(rate_ml_h=3.3, vtbi_ml=240.0, duration_s=259_200.0)) == "hard_limit"
    assert "3.3 mL/h for 72 h is 237.6 mL, not 240 mL" in rig.last(CommandRefused).text


def test_nothing_is_rounded_and_the_neighbours_are_shown() -> None:
    rig = opened()
    assert rig.refusal(changed(rate_ml_h=0.65)) == "hard_limit"
    assert "nearest are 0.6 and 0.7 mL/h" in rig.last(CommandRefused).text
    assert rig.refusal(changed(vtbi_ml=100.0, duration_s=604_800.0)) == "hard_limit"  # 0.595 mL/h
    assert rig.core.draft.is_empty


def test_everything_that_is_wrong_is_said_at_once() -> None:
    rig = opened()
    rig.do(changed(rate_ml_h=999.95, vtbi_ml=0.05, kvo_ml_h=4.0, delay_s=1e9))
    text = rig.last(CommandRefused).text
    for what in ("rate 999.95", "nearest are 999.9 and 1000.0", "VTBI 0.05", "KVO 4", "delay 1e+09"):
        assert what in text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0])
@pytest.mark.parametrize(
    "name", ["rate_ml_h", "vtbi_ml", "duration_s", "reservoir_ml", "kvo_ml_h", "delay_s"]
)
def test_what_is_no_volume_rate_or_time_is_refused(name: str, value: float) -> None:
    assert opened().refusal(changed(**{name: value})) == "hard_limit"


@pytest.mark.parametrize("name", ["rate_ml_h", "vtbi_ml", "reservoir_ml"])
def test_steps_hold_over_the_whole_range(name: str) -> None:
    top = GENERIC.rate_max_ml_h if name == "rate_ml_h" else GENERIC.volume_max_ml
    for value in (0.1, 0.3, 0.7, 1.1, top - 0.1, top):
        values: dict[str, Any] = {"rate_ml_h": 0.6, "vtbi_ml": 100.8, "reservoir_ml": 110.0}
        values[name] = round(value, 1)
        assert hard_faults(Program(**values), GENERIC) == ()


def test_a_soft_limit_needs_a_confirmation_that_stays_visible() -> None:
    rig = opened()
    rig.do(changed(rate_ml_h=20.0))
    assert rig.refusal(CONFIRM) == "soft_limit"
    assert rig.core.program == SEVEN_DAYS
    assert rig.do(ConfirmProgram(soft_override=True, access=SUPPLIER))
    assert rig.core.program.rate_ml_h == 20.0
    assert rig.core.soft_overrides == soft_faults(rig.core.program, GENERIC) != ()
    assert "RATE_LIMIT" in rig.standing()
    rig.do(changed(rate_ml_h=0.6), CONFIRM)
    assert rig.core.soft_overrides == ()
    assert "RATE_LIMIT" not in rig.standing()


def test_only_the_supplier_changes_the_rate() -> None:
    rig = Rig()
    rig.do(Unlock(code=NURSE_CODE))
    assert rig.refusal(ProgramChange(rate_ml_h=1.0)) == "needs_supplier"
    assert rig.do(ProgramChange(vtbi_ml=50.0))
    assert rig.do(ConfirmProgram())


def test_a_duration_that_makes_another_rate_is_the_suppliers_to_confirm() -> None:
    rig = Rig()
    rig.do(Unlock(code=NURSE_CODE))
    rig.do(ProgramChange(vtbi_ml=129.6, duration_s=259_200.0))
    assert rig.refusal(ConfirmProgram()) == "needs_supplier"


def test_a_profile_may_leave_the_rate_to_the_nurse() -> None:
    rig = Rig(rate_change="nurse")
    rig.do(Unlock(code=NURSE_CODE))
    assert rig.do(ProgramChange(rate_ml_h=1.0), ConfirmProgram())


def test_a_change_while_running_keeps_the_old_rate_until_it_is_confirmed() -> None:
    rig = opened()
    rig.do(Start())
    rig.to(3600.0).do(Unlock(code=SUPPLIER_CODE, access=SUPPLIER), changed(rate_ml_h=1.8))
    assert len(rig.drives) == 1
    rig.to(3660.0).do(CONFIRM)
    assert (rig.drives[-1].rate_ml_h, rig.drives[-1].push_ml) == (1.8, 0.0)
    given_ml = 0.6 * 3660.0 / 3600.0
    assert rig.last(RateCommanded).given_ml == pytest.approx(given_ml, abs=1e-12)
    rig.to(3660.0 + (100.8 - given_ml) / 1.8 * 3600.0 + 1.0)
    assert rig.last(RateCommanded).t_s == pytest.approx(3660.0 + (100.8 - given_ml) / 1.8 * 3600.0)


def test_another_vtbi_while_running_moves_the_end_and_nothing_else() -> None:
    rig = opened()
    rig.do(Start())
    rig.to(1234.5).do(Unlock(code=SUPPLIER_CODE, access=SUPPLIER), changed(vtbi_ml=50.4), CONFIRM)
    assert len(rig.drives) == 1
    rig.to(400_000.0)
    assert rig.last(RateCommanded).t_s == 302_400.0


def test_a_vtbi_that_has_been_given_already_is_refused() -> None:
    rig = opened()
    rig.do(Start())
    rig.to(36_000.0).do(Stop(), Unlock(code=NURSE_CODE), ProgramChange(vtbi_ml=6.0))
    assert rig.refusal(ConfirmProgram()) == "hard_limit"
    assert "clear given first" in rig.last(CommandRefused).text


def test_the_reservoir_is_not_entered_while_the_pump_delivers() -> None:
    rig = opened()
    rig.do(Start(), Unlock(code=NURSE_CODE))
    assert rig.refusal(ProgramChange(reservoir_ml=50.0)) == "delivering"


def test_a_keyed_reservoir_is_entered_when_confirmed() -> None:
    rig = opened()
    rig.do(changed(reservoir_ml=105.0), CONFIRM)
    assert rig.reservoir_ml == 105.0


def test_cancel_forgets_what_was_keyed() -> None:
    rig = opened()
    rig.do(changed(vtbi_ml=50.0), CancelProgram())
    assert rig.core.draft.is_empty
    assert rig.refusal(CONFIRM) == "nothing_keyed"


def test_idle_keying_is_reminded_and_then_dropped() -> None:
    rig = opened()
    rig.do(changed(vtbi_ml=50.0))
    rig.to(200.0).do(changed(vtbi_ml=60.0))
    assert rig.core.draft == Draft(vtbi_ml=60.0)
    rig.to(499.0)
    assert not rig.raised()
    rig.to(500.0)
    assert rig.raised() == [(500.0, "PROGRAM_INCOMPLETE")]
    rig.to(800.0)
    assert rig.core.draft.is_empty
    assert not rig.standing()
    assert any(event.what == "program_dropped" for event in rig.all(Noted))


def test_kvo_is_not_switched_off_while_it_runs() -> None:
    rig = Rig(program=Program(rate_ml_h=10.0, vtbi_ml=10.0, reservoir_ml=110.0, kvo_ml_h=3.0))
    rig.do(Start())
    rig.to(3600.0).do(Unlock(code=SUPPLIER_CODE, access=SUPPLIER), changed(rate_ml_h=0.6, kvo_ml_h=0.0))
    assert rig.refusal(CONFIRM) == "delivering"
    assert rig.do(changed(kvo_ml_h=1.0), CONFIRM)
    assert rig.drives[-1].rate_ml_h == 0.6


def test_a_first_programme_beyond_soft_limits_is_marked_from_the_beginning() -> None:
    rig = Rig(settings_of(program=replace(SEVEN_DAYS, rate_ml_h=12.0)))
    assert rig.core.alarms.is_standing("RATE_LIMIT")
    assert "12 mL/h" in rig.core.soft_overrides[0]
    assert not Rig().core.soft_overrides
