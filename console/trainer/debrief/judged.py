"""What a run came to against its lesson and the rules, as plain values that can be kept, sent and shown."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from console.trainer.debrief.material import Material
from console.trainer.kept.record import Origin
from console.trainer.lessons import Lesson, lesson, lesson_ids
from console.trainer.lessons.assessment import Answered, assess
from console.trainer.lessons.rules import Wrong
from console.trainer.lessons.tasks import Checklist, Outcome, State

SOURCES: Final = {
    "QRG": "CANO/ACIO quick reference guide, to September 2025",
    "HK": "From hospital to home, interview in MIMS Oncology, 24 Oct 2025",
    "ONC": "OncoLink, patient sheet, 2025",
}
"""What the keys of rules say to people who have no list of sources at hand."""

CERTAINTY: Final = {
    "F": "read there",
    "S": "from a secondary source",
    "D": "by arithmetic",
    "G": "general knowledge, unverified",
    "X": "a choice of this project",
}
"""How sure a source is, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStory:
    """One task and how it went.

    Attributes:
        id: Its name in the lesson.
        text: What was asked.
        state: How it stands, by the names of `State`.
        opened_s: When it was asked for; None: it never was.
        due_s: Until when it should have been done; None: there was time until the end.
        done_s: When it was done.
        hints_count: How many hints were taken.
        steps: The steps of a checklist, and when each was done.
    """

    id: str
    text: str
    state: str
    opened_s: float | None
    due_s: float | None
    done_s: float | None
    hints_count: int
    steps: tuple[tuple[str, float | None], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerStory:
    """One question and what was answered. `is_right` None: nothing was."""

    id: str
    text: str
    given: str
    right: str
    is_right: bool | None
    at_s: float | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongStory:
    """Something that was done against a rule, with the reason and where that comes from.

    `detail` is what was done just then; `sources` are keys and marks, as in docs/sources.md.
    """

    rule: str
    title: str
    detail: str
    why: str
    sources: tuple[tuple[str, str], ...]
    at_s: float

    @property
    def source_text(self) -> str:
        """Say where the reason comes from."""
        return "; ".join(
            f"{SOURCES.get(key, key)} ({CERTAINTY[mark]})" if key else CERTAINTY[mark]
            for key, mark in self.sources
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """How a run stands against its lesson and the rules.

    Attributes:
        lesson_title: The lesson's title; empty: the run has none, or one that this program does not know.
        aims: What the lesson is for.
        answer_text: A way to solve it, for people.
        tasks: What was asked for.
        answers: What was asked.
        wrongs: What was done against the rules, in the order of time.
        cause_s: When the cause was named rightly; None: it was not, or nobody asked.
        is_passed: Whether all was done in time, right and nothing wrong; None: there is no lesson.
    """

    lesson_title: str = ""
    aims: tuple[str, ...] = ()
    answer_text: str = ""
    tasks: tuple[TaskStory, ...] = ()
    answers: tuple[AnswerStory, ...] = ()
    wrongs: tuple[WrongStory, ...] = ()
    cause_s: float | None = None
    is_passed: bool | None = None

    def tasks_count(self, *states: State) -> int:
        """Give how many tasks stand so."""
        return sum(task.state in states for task in self.tasks)


def lesson_of(origin: Origin) -> Lesson | None:
    """Give the lesson of a run; None: it has none, or one that this program does not know any more."""
    return lesson(origin.lesson_id) if origin.lesson_id in lesson_ids() else None


def judged(material: Material) -> Judged:
    """Hold a run against its lesson, and against every rule where it has none."""
    given = lesson_of(material.origin)
    found = assess(
        given,
        material.origin,
        material.record.entries,
        material.result.events,
        material.end_s,
        material.over,
    )
    return Judged(
        lesson_title="" if given is None else given.title,
        aims=() if given is None else given.aims,
        answer_text="" if given is None else " ".join(given.answer_text.split()),
        tasks=tuple(_task(outcome) for outcome in found.tasks),
        answers=tuple(_answer(answered) for answered in found.questions),
        wrongs=tuple(_wrong(wrong) for wrong in found.wrongs),
        cause_s=found.cause_s,
        is_passed=found.is_passed if given is not None and material.over else None,
    )


def _task(outcome: Outcome) -> TaskStory:
    task = outcome.task
    items = task.check.items if isinstance(task.check, Checklist) else ()
    steps = zip_longest((item.text for item in items), outcome.steps_s[: len(items)])
    return TaskStory(
        id=task.id,
        text=task.text,
        state=outcome.state.value,
        opened_s=outcome.opened_s,
        due_s=outcome.due_s,
        done_s=outcome.done_s,
        hints_count=outcome.hints_count,
        steps=tuple(steps),
    )


def _answer(answered: Answered) -> AnswerStory:
    question = answered.question
    texts = {choice.id: choice.text for choice in question.choices}
    return AnswerStory(
        id=question.id,
        text=question.text,
        given="" if answered.choice is None else texts.get(answered.choice, answered.choice),
        right=texts[question.right],
        is_right=answered.right,
        at_s=answered.at_s,
        why=question.why,
    )


def _wrong(wrong: Wrong) -> WrongStory:
    rule = wrong.rule
    return WrongStory(
        rule=rule.id,
        title=rule.title,
        detail=wrong.detail,
        why=rule.why,
        sources=tuple((source.key, source.certainty) for source in rule.sources),
        at_s=wrong.at_s,
    )
