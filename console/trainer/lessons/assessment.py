"""How a run stands against its lesson: tasks, questions, what was wrong, and how long things took. Pure.

`assess` looks at the run's events and entries and at nothing else, so that it says the same of a run under
way, of one that was kept, and of a branch. `to_page` gives of it what a page may know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from console.trainer.kept.record import Entry, Mode, Origin
from console.trainer.lessons import Lesson, Question
from console.trainer.lessons.course import Course
from console.trainer.lessons.rules import RULES, Wrong, wrongs
from console.trainer.lessons.tasks import Checklist, Outcome, State, answer_that_counts, judge
from pump.events import AlarmAcknowledged, AlarmSilenced, Event
from sim.world.result import AlarmSpan, Result


@dataclass(frozen=True, slots=True)
class Answered:
    """A question, and the answer that counts: in an assessment the first one, else the last."""

    question: Question
    choice: str | None = None
    at_s: float | None = None

    @property
    def right(self) -> bool | None:
        """Whether it is right; None: nothing was answered."""
        return None if self.choice is None else self.choice == self.question.right


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """How long things took after an alarm was raised, or after the trainee came to it; None: they never came.

    Attributes:
        alarm: The alarm's code.
        raised_s: When it was raised, or the trainee came to it.
        notice_s: To the first thing that the trainee did.
        silence_s: To a pause of its sound.
        cause_s: To the right answer about its cause.
        flow_s: To drug at the vein again.
    """

    alarm: str
    raised_s: float
    notice_s: float | None = None
    silence_s: float | None = None
    cause_s: float | None = None
    flow_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """How a run stands.

    Attributes:
        tasks: Every task with its state.
        questions: Every question with the answer that counts.
        wrongs: What was done against the rules, in the order of time.
        times: How long things took after the lesson's alarm; None: it was never raised.
        now_s: The world's time.
        over: Whether the run is over.
    """

    tasks: tuple[Outcome, ...]
    questions: tuple[Answered, ...]
    wrongs: tuple[Wrong, ...]
    times: Times | None
    now_s: float
    over: bool

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to do, but to keep what is to be kept."""
        return all(
            outcome.done_s is not None or outcome.state is State.FAILED
            for outcome in self.tasks
            if outcome.task.kind != "keep"
        )

    @property
    def is_passed(self) -> bool:
        """Whether every task that was needed was done in time, all answers are right and nothing was wrong.

        Asked of a run that is over.
        """
        return (
            all(outcome.state in (State.DONE, State.WAITING) for outcome in self.tasks)
            and all(answered.right for answered in self.questions)
            and not self.wrongs
        )


def assess(
    lesson: Lesson | None,
    origin: Origin,
    entries: Sequence[Entry],
    result_or_events: Result | Sequence[Event],
    now_s: float,
    over: bool,
) -> Assessment:
    """Hold a run against its lesson; one without a lesson is held against every rule.

    Args:
        lesson: The lesson; None: the run has none.
        origin: What the run was made from.
        entries: What was done at its pages.
        result_or_events: What happened in its world, from the first second on.
        now_s: The world's time.
        over: Whether the run is over.
    """
    events = result_or_events.events if isinstance(result_or_events, Result) else result_or_events
    course = Course(origin=origin, entries=entries, events=events, now_s=now_s, over=over)
    questions = () if lesson is None else lesson.questions
    return Assessment(
        tasks=() if lesson is None else judge(lesson.tasks_for(origin.policy), course),
        questions=tuple(_answered(question, course) for question in questions),
        wrongs=wrongs(RULES if lesson is None else lesson.rules, course),
        times=times_of(course, "" if lesson is None else lesson.alarm, questions),
        now_s=now_s,
        over=over,
    )


def _answered(question: Question, course: Course) -> Answered:
    given = answer_that_counts(course, question.id)
    return Answered(question) if given is None else Answered(question, given[1], given[0])


# ---------------------------------------------------------------- times


def times_of(course: Course, code: str, questions: Sequence[Question] = ()) -> Times | None:
    """Give how long things took after the alarm `code`, or after the first of high priority."""
    alarm = _alarm_of(course, code)
    if alarm is None:
        return None
    raised_s = max(alarm.raised_s, course.origin.begin_s)
    silenced_s = (
        event.t_s
        for event in course.events
        if isinstance(event, AlarmSilenced | AlarmAcknowledged)
        and event.code == alarm.code
        and event.t_s >= raised_s
        and event.t_s in course.noticed_s
    )
    causes_s = (
        answered.at_s
        for answered in (_answered(question, course) for question in questions if question.cause)
        if answered.right and answered.at_s is not None
    )
    return Times(
        alarm=alarm.code,
        raised_s=raised_s,
        notice_s=_since(raised_s, next((e.at_s for e in course.done if e.at_s >= raised_s), None)),
        silence_s=_since(raised_s, next(silenced_s, None)),
        cause_s=_since(raised_s, next(causes_s, None)),
        flow_s=_since(raised_s, course.flows_s(raised_s)),
    )


def _alarm_of(course: Course, code: str) -> AlarmSpan | None:
    """Give the alarm `code`, or else the first that calls for somebody at once."""
    begin_s = course.origin.begin_s
    if code:
        return course.raised(code, begin_s)
    codes = (alarm.code for alarm in course.alarms if alarm.priority == "high")
    return next((alarm for each in codes if (alarm := course.raised(each, begin_s)) is not None), None)


def _since(from_s: float, at_s: float | None) -> float | None:
    return None if at_s is None else max(0.0, at_s - from_s)


# ---------------------------------------------------------------- for the pages


def to_page(assessment: Assessment, mode: Mode, over: bool) -> dict[str, Any]:
    """Give the section `tasks` of a page's state. An assessment tells right from wrong at the end."""
    tells = over or mode is not Mode.ASSESSMENT
    return {
        "tasks": [_task(outcome, assessment.now_s, mode, tells=tells) for outcome in assessment.tasks],
        "questions": [
            {
                "id": answered.question.id,
                "answered": answered.choice,
                "right": answered.right if tells else None,
                "why": answered.question.why if tells and answered.choice is not None else "",
            }
            for answered in assessment.questions
        ],
        "wrongs": [
            {"rule": wrong.rule.id, "text": wrong.text, "why": wrong.rule.why, "at_s": wrong.at_s}
            for wrong in assessment.wrongs
            if tells
        ],
    }


def _task(outcome: Outcome, now_s: float, mode: Mode, *, tells: bool) -> dict[str, Any]:
    task = outcome.task
    hints = () if mode is Mode.ASSESSMENT else task.hints
    steps = task.check.items if isinstance(task.check, Checklist) and tells else ()
    return {
        "id": task.id,
        "text": task.text,
        "state": outcome.state.value,
        "left_s": _left_s(outcome, now_s),
        "hints_count": len(hints),
        "hints_taken": list(hints[: outcome.hints_count]),
        "steps": [
            {"text": item.text, "done": done_s is not None}
            for item, done_s in zip_longest(steps, outcome.steps_s[: len(steps)])
        ],
    }


def _left_s(outcome: Outcome, now_s: float) -> float | None:
    """Give how long a task may still take; None: it is done, not open yet, or may take until the end."""
    if outcome.due_s is None or outcome.done_s is not None:
        return None
    return max(0.0, outcome.due_s - now_s)
