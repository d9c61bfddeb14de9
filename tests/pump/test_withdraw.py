"""A pump that turns both ways: direction is a part of the programme, and the counters are of what moves."""

from __future__ import annotations

import pytest

from pump.commands import Access, ClearGiven, ConfirmProgram, LockLevel, ProgramChange, Start, Stop
from pump.limits import hard_faults
from pump.profiles import load_profile
from pump.program import Program
from tests.pump.rig import Rig, settings_of

LAB = Program(rate_ml_h=36.0, vtbi_ml=10.0, reservoir_ml=100.0)
BACK = Program(rate_ml_h=36.0, vtbi_ml=10.0, reservoir_ml=100.0, withdraws=True)


def lab(program: Program = LAB) -> Rig:
    return Rig(settings_of("lab-syringe", program))


def test_an_infusion_pump_cannot_withdraw() -> None:
    assert hard_faults(BACK, load_profile("generic-ambulatory")) == ("this pump cannot withdraw",)


def test_kvo_is_no_withdrawing() -> None:
    profile = settings_of("lab-syringe", LAB, kvo_max_ml_h=3.0).profile
    keyed = Program(rate_ml_h=1.0, vtbi_ml=1.0, reservoir_ml=1.0, kvo_ml_h=0.1, withdraws=True)
    assert len(hard_faults(keyed, profile)) == 1


def test_the_mechanism_is_told_the_direction_while_it_turns() -> None:
    rig = lab(BACK)
    rig.do(Start())
    assert rig.drives[-1].withdraws
    rig.do(Stop())
    assert not rig.drives[-1].withdraws


def test_what_is_withdrawn_is_counted_and_leaves_the_reservoir_as_it_is() -> None:
    rig = lab(BACK)
    rig.do(Start())
    rig.to(100.0)
    assert rig.given_ml == pytest.approx(1.0, abs=1e-12)
    assert rig.reservoir_ml == 100.0
    rig.to(1000.0)
    assert (rig.mode, rig.given_ml, rig.reservoir_ml) == ("complete", 10.0, 100.0)


def test_direction_changes_only_at_rest() -> None:
    rig = lab()
    rig.do(Start())
    rig.do(ProgramChange(withdraws=True))
    assert rig.refusal(ConfirmProgram()) == "delivering"
    rig.do(Stop())
    assert rig.do(ConfirmProgram(), Start())
    assert rig.drives[-1].withdraws


def test_a_pump_without_a_lock_asks_for_no_code_at_any_level() -> None:
    rig = lab()
    rig.core.lock.set_level(0.0, LockLevel.LL2)
    assert rig.do(ProgramChange(rate_ml_h=18.0, access=Access.PATIENT), ConfirmProgram(), Start())
    assert rig.do(ProgramChange(rate_ml_h=9.0), ConfirmProgram())
    assert rig.core.drive.rate_ml_h == 9.0
    assert rig.refusal(ClearGiven()) == "delivering", "what needs a pump at rest still does"


def test_smallest_numbers_are_steps_of_the_pump() -> None:
    assert lab(Program(rate_ml_h=1e-6, vtbi_ml=1e-6, reservoir_ml=1.0)).do(Start())
