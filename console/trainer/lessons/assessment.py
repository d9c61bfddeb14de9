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
from pump.events import Event


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
class Assessment:
    """How a run stands.

    Attributes:
        tasks: Every task with its state.
        questions: Every question with the answer that counts.
        wrongs: What was done against the rules, in the order of time.
        cause_s: When the cause was named rightly; None: it was not, or nobody asked.
        now_s: The world's time.
        over: Whether the run is over.
    """

    tasks: tuple[Outcome, ...]
    questions: tuple[Answered, ...]
    wrongs: tuple[Wrong, ...]
    cause_s: float | None
    now_s: float
    over: bool

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
    events: Sequence[Event],
    now_s: float,
    over: bool,
) -> Assessment:
    """Hold a run against its lesson; one without a lesson is held against every rule.

    Args:
        lesson: The lesson; None: the run has none.
        origin: What the run was made from.
        entries: What was done at its pages.
        events: What happened in its world, from the first second on.
        now_s: The world's time.
        over: Whether the run is over.
    """
    course = Course(origin=origin, entries=entries, events=events, now_s=now_s, over=over)
    questions = tuple(_answered(each, course) for each in (() if lesson is None else lesson.questions))
    return Assessment(
        tasks=() if lesson is None else judge(lesson.tasks_for(origin.policy), course),
        questions=questions,
        wrongs=wrongs(RULES if lesson is None else lesson.rules, course),
        cause_s=_cause_s(questions),
        now_s=now_s,
        over=over,
    )


def _answered(question: Question, course: Course) -> Answered:
    given = answer_that_counts(course, question.id)
    return Answered(question) if given is None else Answered(question, given[1], given[0])


def _cause_s(questions: Sequence[Answered]) -> float | None:
    """Give when the cause was first named rightly."""
    named_s = (
        each.at_s for each in questions if each.question.cause and each.right and each.at_s is not None
    )
    return min(named_s, default=None)


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
