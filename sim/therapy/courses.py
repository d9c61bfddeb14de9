"""Courses: how many cycles of which days at which dose, and how many of them in hospital.

Days are numbered from 1, as the labels do. All of it is from QRG, for patients of 45 kg or more [F].
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from sim.therapy.labels import DoseStep

INFUSION_DAYS_COUNT: Final = 28
"""Infusion days of a cycle, however often it is interrupted [F: QRG]."""


class CycleKind(StrEnum):
    """What a cycle is for."""

    INDUCTION = "induction"
    CONSOLIDATION = "consolidation"
    MAINTENANCE = "maintenance"


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseSpan:
    """Days at one dose, both ends included."""

    first_day_no: int
    last_day_no: int
    step: DoseStep

    @property
    def days_count(self) -> int:
        """How many days."""
        return self.last_day_no - self.first_day_no + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """One cycle: infusion days first, then rest.

    `hospital_days_count` is how many days from its start are spent in hospital; 0: only the start is
    supervised.
    """

    kind: CycleKind
    length_d: int
    spans: tuple[DoseSpan, ...]
    hospital_days_count: int = 0

    def dose_step(self, day_no: int) -> DoseStep | None:
        """Return the dose of a day; None in the rest.

        Raises:
            ValueError: the cycle has no such day.
        """
        if not 1 <= day_no <= self.length_d:
            raise ValueError(f"a cycle of {self.length_d} days has no day {day_no}")
        for span in self.spans:
            if span.first_day_no <= day_no <= span.last_day_no:
                return span.step
        return None

    @property
    def step_up_day_no(self) -> int | None:
        """The first day at the full dose after days at the starting dose; None: no step."""
        for before, after in zip(self.spans, self.spans[1:], strict=False):
            if (before.step, after.step) == (DoseStep.STARTING, DoseStep.FULL):
                return after.first_day_no
        return None

    @property
    def rest_days_count(self) -> int:
        """Days without drug at the end."""
        return self.length_d - sum(span.days_count for span in self.spans)


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The cycles of an indication, at most. `premedication` is given before the first dose of each."""

    indication: str
    title: str
    cycles: tuple[Cycle, ...]
    premedication: str

    def starts(self) -> Iterator[tuple[Cycle, int]]:
        """Give each cycle with the day, counted from 1 through the whole course, on which it starts."""
        day_no = 1
        for cycle in self.cycles:
            yield cycle, day_no
            day_no += cycle.length_d


_FULL: Final = (DoseSpan(first_day_no=1, last_day_no=28, step=DoseStep.FULL),)
_STEPPED: Final = (
    DoseSpan(first_day_no=1, last_day_no=7, step=DoseStep.STARTING),
    DoseSpan(first_day_no=8, last_day_no=28, step=DoseStep.FULL),
)
_INDUCTION: Final = Cycle(kind=CycleKind.INDUCTION, length_d=42, spans=_FULL)
_CONSOLIDATION: Final = Cycle(kind=CycleKind.CONSOLIDATION, length_d=42, spans=_FULL)
_MAINTENANCE: Final = Cycle(kind=CycleKind.MAINTENANCE, length_d=84, spans=_FULL)

_DEXAMETHASONE: Final = "dexamethasone 20 mg IV within 1 h"
_PREDNISONE: Final = "prednisone 100 mg IV or equivalent within 1 h"

COURSES: Final = MappingProxyType(
    {
        course.indication: course
        for course in (
            Course(
                indication="consolidation",
                title="Consolidation, Ph-negative CD19-positive: up to 4 cycles",
                cycles=(
                    replace(_CONSOLIDATION, hospital_days_count=3),
                    replace(_CONSOLIDATION, hospital_days_count=2),
                    _CONSOLIDATION,
                    _CONSOLIDATION,
                ),
                premedication=_DEXAMETHASONE,
            ),
            Course(
                indication="mrd",
                title="MRD-positive: 1 induction and 3 consolidation cycles",
                cycles=(
                    replace(_INDUCTION, hospital_days_count=3),
                    replace(_CONSOLIDATION, hospital_days_count=2),
                    _CONSOLIDATION,
                    _CONSOLIDATION,
                ),
                premedication=_PREDNISONE,
            ),
            Course(
                indication="relapsed",
                title="Relapsed or refractory: 2 induction, 3 consolidation, up to 4 maintenance cycles",
                cycles=(
                    replace(_INDUCTION, spans=_STEPPED, hospital_days_count=9),
                    replace(_INDUCTION, hospital_days_count=2),
                    _CONSOLIDATION,
                    _CONSOLIDATION,
                    _CONSOLIDATION,
                    _MAINTENANCE,
                    _MAINTENANCE,
                    _MAINTENANCE,
                    _MAINTENANCE,
                ),
                premedication=_DEXAMETHASONE,
            ),
        )
    }
)
"""Every course by its indication."""
