"""Rules for interruptions, premedication, occluded catheters and pauses after toxicity: as deadlines.

They time what published texts say for a cause that is given; nothing here grades a toxicity, chooses a
treatment or advises on one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sim.therapy.courses import INFUSION_DAYS_COUNT, Course
from sim.therapy.labels import DoseStep
from sim.therapy.limits import RESTART_LIMIT_S

HOUR_S: Final = 3600.0
DAY_S: Final = 86400.0

SAME_CYCLE_LIMIT_S: Final = 7 * DAY_S
"""After a longer interruption a new cycle starts [F: QRG]."""


# ---------------------------------------------------------------- interruptions


class FourHours(StrEnum):
    """How a source reads its limit; they differ only for exactly four hours."""

    OR_MORE = "4 h or more"
    """QRG and the US label. The simulator's own clock counts so."""
    MORE_THAN = "more than 4 h"
    """HK."""


class Restart(StrEnum):
    """What an interruption asks for."""

    CONTINUE = "continue"
    SUPERVISED = "physician first; supervised or in-hospital re-start; dexamethasone may be needed"
    NEW_CYCLE = "start a new cycle"


@dataclass(frozen=True, slots=True, kw_only=True)
class InterruptionDeadlines:
    """Until when an interruption that began at a given time is still what it is."""

    continue_before_s: float
    same_cycle_until_s: float


def interruption_deadlines(began_s: float) -> InterruptionDeadlines:
    """Return when four hours and seven days are over."""
    return InterruptionDeadlines(
        continue_before_s=began_s + RESTART_LIMIT_S, same_cycle_until_s=began_s + SAME_CYCLE_LIMIT_S
    )


def restart_after(length_s: float, reading: FourHours = FourHours.OR_MORE) -> Restart:
    """Return what an interruption of `length_s` asks for.

    Raises:
        ValueError: a negative length.
    """
    if length_s < 0.0:
        raise ValueError(f"an interruption cannot last {length_s} s")
    if length_s > SAME_CYCLE_LIMIT_S:
        return Restart.NEW_CYCLE
    is_long = length_s >= RESTART_LIMIT_S if reading is FourHours.OR_MORE else length_s > RESTART_LIMIT_S
    return Restart.SUPERVISED if is_long else Restart.CONTINUE


def restart_by_both_readings(length_s: float) -> dict[FourHours, Restart]:
    """Return what each reading of the limit asks for; they differ at exactly four hours."""
    return {reading: restart_after(length_s, reading) for reading in FourHours}


def infusion_left_s(infused_s: float) -> float:
    """Return how much infusion is left of a cycle that goes on: 28 infusion days in total [F: QRG]."""
    return max(0.0, INFUSION_DAYS_COUNT * DAY_S - infused_s)


# ---------------------------------------------------------------- premedication


class Occasion(StrEnum):
    """When premedication may be due."""

    CYCLE_START = "first dose of a cycle"
    STEP_UP = "step-up of the dose"
    RESTART = "re-start after an interruption"


def premedication(
    course: Course,
    cycle_no: int,
    occasion: Occasion,
    *,
    interruption_s: float = 0.0,
    reading: FourHours = FourHours.OR_MORE,
) -> str | None:
    """Return what is given before a dose, or None.

    Before the first dose of every cycle; in cycle 1 before a step-up; on a re-start after an interruption
    of four hours: in cycle 1 by the US label (`FourHours.OR_MORE`), in any cycle by HK
    (`FourHours.MORE_THAN`).
    """
    due = {
        Occasion.CYCLE_START: True,
        Occasion.STEP_UP: cycle_no == 1,
        Occasion.RESTART: restart_after(interruption_s, reading) is not Restart.CONTINUE
        and (cycle_no == 1 or reading is FourHours.MORE_THAN),
    }
    return course.premedication if due[occasion] else None


# ---------------------------------------------------------------- an occluded catheter


OCCLUSION_STEPS: Final = (
    "stop and disconnect the drug",
    "withdraw the drug from the line and aspirate for blood return",
    "no return: saline at the same rate until the drug is cleared, only then flush",
    "no return and full occlusion: thrombolytic, stopcock preferred",
    "keep the drug going through another lumen or a peripheral line if possible",
)
"""A thrombotic occlusion, adapted from QRG [F]."""


class Route(StrEnum):
    """Where the drug can go on meanwhile."""

    LUMEN = "another lumen"
    PERIPHERAL = "a peripheral line"
    NONE = "nowhere: the interruption goes on"


def route_meanwhile(*, free_lumen: bool, peripheral_line: bool) -> Route:
    """Return where the drug is to go on while a catheter is occluded: step 5 of `OCCLUSION_STEPS`."""
    if free_lumen:
        return Route.LUMEN
    return Route.PERIPHERAL if peripheral_line else Route.NONE


def needs_new_bag(from_route: Route, to_route: Route) -> bool:
    """Whether the bag must be a new one: always when it comes back from a peripheral line [F: QRG]."""
    return from_route is Route.PERIPHERAL and to_route is not Route.PERIPHERAL


def saline_before_flush_s(drug_ml: float, rate_ml_h: float) -> float:
    """Return how long saline at the drug's rate takes to clear `drug_ml`: step 3, and why nobody flushes.

    Raises:
        ValueError: a rate that is not above zero.
    """
    if rate_ml_h <= 0.0:
        raise ValueError(f"saline at {rate_ml_h} mL/h clears nothing")
    return drug_ml / rate_ml_h * HOUR_S


# ---------------------------------------------------------------- after toxicity


class Cause(StrEnum):
    """What kind of grade 3 event interrupted the therapy, as somebody else has judged it."""

    GENERAL = "toxicity of grade 3"
    NEUROLOGIC = "neurologic toxicity of grade 3"


class Stop(StrEnum):
    """Why the therapy ends for good."""

    AT_STARTING_DOSE = "neurologic toxicity arose at the starting dose"
    SEIZURES = "more than one seizure"
    TOO_LONG = "not back to grade 1 or less in time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A pause for a toxicity: when it may end, and when it is too long.

    The dose after it is the starting dose for `starting_for_s` without recurrence, then the full one.
    """

    earliest_restart_s: float
    latest_restart_s: float
    restart_step: DoseStep = DoseStep.STARTING
    starting_for_s: float = 7 * DAY_S

    def full_dose_s(self, restarted_s: float) -> float:
        """Return from when on the full dose is due again, without recurrence.

        Raises:
            ValueError: a re-start outside the pause's limits.
        """
        first_s, last_s = self.earliest_restart_s, self.latest_restart_s
        if not first_s <= restarted_s <= last_s:
            raise ValueError(f"a re-start at {restarted_s} s lies outside {first_s} to {last_s} s")
        return restarted_s + self.starting_for_s


def pause_for(cause: Cause, began_s: float, *, step: DoseStep, seizures_count: int = 0) -> Pause | Stop:
    """Return the pause that a grade 3 event asks for from when the infusion stopped, or why it is the end.

    In general until grade 1 or less, at most 14 days; after a neurologic event at least 3 and at most
    7 days, and for good if it arose at the starting dose or with more than one seizure [F: QRG, label].
    """
    if cause is Cause.NEUROLOGIC:
        if seizures_count > 1:
            return Stop.SEIZURES
        if step is DoseStep.STARTING:
            return Stop.AT_STARTING_DOSE
        return Pause(earliest_restart_s=began_s + 3 * DAY_S, latest_restart_s=began_s + 7 * DAY_S)
    return Pause(earliest_restart_s=began_s, latest_restart_s=began_s + 14 * DAY_S)


def is_too_long(pause: Pause, now_s: float) -> bool:
    """Whether a pause that still lasts at `now_s` has ended the therapy (`Stop.TOO_LONG`)."""
    return now_s > pause.latest_restart_s
