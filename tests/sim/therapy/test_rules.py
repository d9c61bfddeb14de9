"""Interruptions, premedication, occluded catheters, pauses: at their limits."""

from __future__ import annotations

import pytest

from sim.therapy.courses import COURSES
from sim.therapy.labels import DoseStep
from sim.therapy.rules import (
    Cause,
    FourHours,
    Occasion,
    Pause,
    Restart,
    Route,
    Stop,
    infusion_left_s,
    interruption_deadlines,
    is_too_long,
    needs_new_bag,
    pause_for,
    premedication,
    restart_after,
    restart_by_both_readings,
    route_meanwhile,
    saline_before_flush_s,
)

H = 3600.0
D = 86400.0


@pytest.mark.parametrize(
    ("length_s", "restart"),
    [
        (0.0, Restart.CONTINUE),
        (4 * H - 1, Restart.CONTINUE),
        (4 * H, Restart.SUPERVISED),
        (7 * D, Restart.SUPERVISED),
        (7 * D + 1, Restart.NEW_CYCLE),
    ],
)
def test_what_an_interruption_asks_for(length_s: float, restart: Restart) -> None:
    assert restart_after(length_s) is restart


def test_the_two_readings_differ_at_exactly_four_hours_only() -> None:
    assert restart_by_both_readings(4 * H) == {
        FourHours.OR_MORE: Restart.SUPERVISED,
        FourHours.MORE_THAN: Restart.CONTINUE,
    }
    for length_s in (4 * H - 0.001, 4 * H + 0.001, 8 * D):
        assert len(set(restart_by_both_readings(length_s).values())) == 1


def test_no_interruption_is_negative() -> None:
    with pytest.raises(ValueError, match="-1"):
        restart_after(-1.0)


def test_deadlines_count_from_the_beginning() -> None:
    deadlines = interruption_deadlines(100_000.0)
    assert deadlines.continue_before_s == 114_400.0
    assert deadlines.same_cycle_until_s == 704_800.0


def test_a_cycle_goes_on_to_28_infusion_days() -> None:
    assert infusion_left_s(27 * D) == D
    assert infusion_left_s(29 * D) == 0.0


@pytest.mark.parametrize(
    ("cycle_no", "occasion", "interruption_s", "reading", "given"),
    [
        (1, Occasion.CYCLE_START, 0.0, FourHours.OR_MORE, True),
        (5, Occasion.CYCLE_START, 0.0, FourHours.OR_MORE, True),
        (1, Occasion.STEP_UP, 0.0, FourHours.OR_MORE, True),
        (2, Occasion.STEP_UP, 0.0, FourHours.OR_MORE, False),
        (1, Occasion.RESTART, 4 * H, FourHours.OR_MORE, True),
        (1, Occasion.RESTART, 4 * H, FourHours.MORE_THAN, False),
        (2, Occasion.RESTART, 5 * H, FourHours.OR_MORE, False),
        (2, Occasion.RESTART, 5 * H, FourHours.MORE_THAN, True),
        (1, Occasion.RESTART, 3 * H, FourHours.OR_MORE, False),
    ],
)
def test_premedication(
    cycle_no: int, occasion: Occasion, interruption_s: float, reading: FourHours, *, given: bool
) -> None:
    course = COURSES["relapsed"]
    drug = premedication(course, cycle_no, occasion, interruption_s=interruption_s, reading=reading)
    assert (drug is not None) is given
    if given:
        assert drug == course.premedication
        assert "dexamethasone 20 mg" in course.premedication


def test_residual_disease_has_its_own_premedication() -> None:
    assert "prednisone 100 mg" in (premedication(COURSES["mrd"], 1, Occasion.CYCLE_START) or "")


def test_the_drug_goes_on_where_it_can() -> None:
    assert route_meanwhile(free_lumen=True, peripheral_line=True) is Route.LUMEN
    assert route_meanwhile(free_lumen=False, peripheral_line=True) is Route.PERIPHERAL
    assert route_meanwhile(free_lumen=False, peripheral_line=False) is Route.NONE


def test_only_the_way_back_from_a_peripheral_line_needs_a_new_bag() -> None:
    assert needs_new_bag(Route.PERIPHERAL, Route.LUMEN)
    assert not needs_new_bag(Route.LUMEN, Route.PERIPHERAL)
    assert not needs_new_bag(Route.LUMEN, Route.LUMEN)
    assert not needs_new_bag(Route.PERIPHERAL, Route.PERIPHERAL)


def test_saline_clears_the_line_at_the_rate_of_the_drug() -> None:
    # 0.6 mL of drug in the catheter at 0.6 mL/h: one hour before anybody may flush.
    assert saline_before_flush_s(0.6, 0.6) == pytest.approx(H)
    with pytest.raises(ValueError, match="clears nothing"):
        saline_before_flush_s(0.6, 0.0)


def test_a_general_pause_ends_within_14_days_at_the_starting_dose() -> None:
    pause = pause_for(Cause.GENERAL, D, step=DoseStep.FULL)
    assert isinstance(pause, Pause)
    assert (pause.earliest_restart_s, pause.latest_restart_s) == (D, 15 * D)
    assert pause.restart_step is DoseStep.STARTING
    assert pause.full_dose_s(5 * D) == 12 * D
    assert not is_too_long(pause, 15 * D)
    assert is_too_long(pause, 15 * D + 1)


def test_a_neurologic_pause_lasts_three_to_seven_days() -> None:
    pause = pause_for(Cause.NEUROLOGIC, 0.0, step=DoseStep.FULL, seizures_count=1)
    assert isinstance(pause, Pause)
    assert (pause.earliest_restart_s, pause.latest_restart_s) == (3 * D, 7 * D)
    with pytest.raises(ValueError, match="outside"):
        pause.full_dose_s(2 * D)


def test_when_the_therapy_ends_for_good() -> None:
    assert pause_for(Cause.NEUROLOGIC, 0.0, step=DoseStep.STARTING) is Stop.AT_STARTING_DOSE
    assert pause_for(Cause.NEUROLOGIC, 0.0, step=DoseStep.FULL, seizures_count=2) is Stop.SEIZURES
    assert isinstance(pause_for(Cause.GENERAL, 0.0, step=DoseStep.STARTING, seizures_count=2), Pause)
