"""The courses, day by day."""

from __future__ import annotations

import pytest

from sim.therapy.courses import COURSES, INFUSION_DAYS_COUNT, CycleKind
from sim.therapy.labels import DoseStep


def test_every_cycle_has_28_infusion_days_and_then_rests() -> None:
    for course in COURSES.values():
        for cycle in course.cycles:
            infused = [day for day in range(1, cycle.length_d + 1) if cycle.dose_step(day) is not None]
            assert infused == list(range(1, INFUSION_DAYS_COUNT + 1))
            assert cycle.rest_days_count == cycle.length_d - 28


@pytest.mark.parametrize(
    ("indication", "lengths_d", "hospital_days"),
    [
        ("consolidation", [42] * 4, [3, 2, 0, 0]),
        ("mrd", [42] * 4, [3, 2, 0, 0]),
        ("relapsed", [42] * 5 + [84] * 4, [9, 2, 0, 0, 0, 0, 0, 0, 0]),
    ],
)
def test_lengths_and_days_in_hospital(
    indication: str, lengths_d: list[int], hospital_days: list[int]
) -> None:
    cycles = COURSES[indication].cycles
    assert [cycle.length_d for cycle in cycles] == lengths_d
    assert [cycle.hospital_days_count for cycle in cycles] == hospital_days


def test_only_the_first_cycle_of_relapsed_disease_steps_up_and_on_day_8() -> None:
    steps = {
        (indication, number): cycle.step_up_day_no
        for indication, course in COURSES.items()
        for number, cycle in enumerate(course.cycles, start=1)
        if cycle.step_up_day_no is not None
    }
    assert steps == {("relapsed", 1): 8}
    first = COURSES["relapsed"].cycles[0]
    assert [first.dose_step(day) for day in (1, 7, 8, 28, 29, 42)] == [
        DoseStep.STARTING,
        DoseStep.STARTING,
        DoseStep.FULL,
        DoseStep.FULL,
        None,
        None,
    ]


def test_a_day_beyond_the_cycle_is_refused() -> None:
    cycle = COURSES["mrd"].cycles[0]
    for day_no in (0, 43):
        with pytest.raises(ValueError, match=f"no day {day_no}"):
            cycle.dose_step(day_no)


def test_cycles_follow_each_other() -> None:
    starts = [(cycle.kind, day_no) for cycle, day_no in COURSES["relapsed"].starts()]
    assert [day_no for _, day_no in starts] == [1, 43, 85, 127, 169, 211, 295, 379, 463]
    assert [kind for kind, _ in starts][:3] == [
        CycleKind.INDUCTION,
        CycleKind.INDUCTION,
        CycleKind.CONSOLIDATION,
    ]
    assert [kind for kind, _ in starts].count(CycleKind.MAINTENANCE) == 4
