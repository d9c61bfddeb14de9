"""What a lesson asks for, as data: tasks, when they open, how long they may take, and what shows them done.

A task is judged from the course of the run alone. A new kind of task is a class with its fields, and a row
of `KINDS`. Each says when it was met; whether that was in time is the same question for all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol, get_args

from console.trainer.kept.record import POLICIES, Kind, Mode
from console.trainer.lessons.course import Act, Course
from pump.alarm_table import ALARM_BY_CODE
from pump.commands import CommandName
from pump.events import AlarmAcknowledged, AlarmSilenced, CommandAccepted
from scenarios.faults import FaultList
from scenarios.fields import FLAG, Field, ListOf, Name, Text, read_fields
from scenarios.locate import Path
from scenarios.quantities import FLOW, TIME, VOLUME, shorten
from scenarios.verbs import VERBS

HAND_VERBS: Final = tuple(verb.name for verb in VERBS.values() if verb.room == "people")

PLACES: Final = Text('"downstream"', choices=("upstream", "downstream", "line", "catheter"))

WHERE: Final[Mapping[str, str]] = {"flush": "line", "aspirate": "catheter"}
"""Where a verb acts that does not say it; all others act downstream."""


class State(StrEnum):
    """How a task stands."""

    WAITING = "waiting"
    """Its time has not come. What is still waiting at the end was not needed."""
    OPEN = "open"
    DONE = "done"
    LATE = "late"
    """Its time is over: it is not done yet, or was done afterwards."""
    FAILED = "failed"
    """It can no longer be done."""


class Check(Protocol):
    """Something that can be met in the course of a run."""

    def met_s(self, course: Course, from_s: float) -> float | None:
        """Give when it was first met from `from_s` on; None: it has not been."""


# ---------------------------------------------------------------- kinds of tasks


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """The trainee pauses the sound of `alarm`, or acknowledges the alarm, which ends it as well."""

    alarm: str

    def met_s(self, course: Course, from_s: float) -> float | None:
        """Look for the first of the two."""
        kinds = (AlarmSilenced, AlarmAcknowledged)
        return _first(
            event.t_s
            for event in course.events
            if isinstance(event, kinds)
            and event.code == self.alarm
            and event.t_s >= from_s
            and event.t_s in course.noticed_s
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    """The trainee takes notice of `alarm`."""

    alarm: str

    def met_s(self, course: Course, from_s: float) -> float | None:
        """Look for it."""
        return _first(
            event.t_s
            for event in course.events
            if isinstance(event, AlarmAcknowledged)
            and event.code == self.alarm
            and event.t_s >= from_s
            and event.t_s in course.noticed_s
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Do:
    """The trainee does one of `verbs` by hand.

    `where` None: anywhere. `least_ml` and `rate_ml_h` are asked of the verb's own parameters where they are
    given. `tries`: what could not be done counts as well, because trying is what is asked for.
    """

    verbs: tuple[str, ...]
    where: str | None = None
    least_ml: float | None = None
    rate_ml_h: float | None = None
    tries: bool = False

    def met_s(self, course: Course, from_s: float) -> float | None:
        """Look for the first that is as it should be."""
        return _first(act.at_s for act in course.acts if act.at_s >= from_s and self._is_it(act))

    def _is_it(self, act: Act) -> bool:
        where = act.params.get("where", WHERE.get(act.verb, "downstream"))
        return (
            not act.is_command
            and act.verb in self.verbs
            and (self.tries or not act.refused)
            and self.where in (None, where)
            and (self.least_ml is None or act.params.get("volume_ml", 0.0) >= self.least_ml)
            and self.rate_ml_h in (None, act.params.get("rate_ml_h", self.rate_ml_h))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """The trainee makes the pump carry out one of `commands`, by its keys or within a piece of work."""

    commands: tuple[str, ...]

    def met_s(self, course: Course, from_s: float) -> float | None:
        """Look for the first that was accepted."""
        return _first(
            event.t_s
            for event in course.events
            if isinstance(event, CommandAccepted)
            and event.command in self.commands
            and event.t_s >= from_s
            and course.is_own(event)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Drug reaches the vein, in truth."""

    def met_s(self, course: Course, from_s: float) -> float | None:
        """Look for it; it is known a minute after it was."""
        return course.flows_s(from_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """The trainee writes in the diary, of `alarm` where one is named."""

    alarm: str = ""

    def met_s(self, course: Course, from_s: float) -> float | None:
        """Look for the note."""
        return _first(
            entry.at_s
            for entry in course.of_kind(Kind.NOTE)
            if entry.at_s >= from_s and self.alarm in ("", entry.body.get("alarm", ""))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The trainee answers `question` with `right`."""

    question: str
    right: str = ""

    def met_s(self, course: Course, from_s: float) -> float | None:  # noqa: ARG002 - whenever it was given
        """Look at the answer that counts."""
        given = answer_that_counts(course, self.question)
        return given[0] if given is not None and given[1] == self.right else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One step of a checklist."""

    text: str
    check: Check


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """Steps that are done one after the other, in this order."""

    items: tuple[Item, ...]

    def met_s(self, course: Course, from_s: float) -> float | None:
        """Give when the last step was done."""
        return self.steps_s(course, from_s)[-1]

    def steps_s(self, course: Course, from_s: float) -> tuple[float | None, ...]:
        """Give when each step was done; a step counts only after the one before it."""
        found: list[float | None] = []
        since_s: float | None = from_s
        for item in self.items:
            since_s = None if since_s is None else item.check.met_s(course, since_s)
            found.append(since_s)
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """No stretch without drug gets longer than `most_s`. Met when the run is over; broken before."""

    most_s: float

    def met_s(self, course: Course, from_s: float) -> float | None:
        """Give the end of the run, unless it was broken."""
        return course.now_s if course.over and self.broken_s(course, from_s) is None else None

    def broken_s(self, course: Course, from_s: float) -> float | None:
        """Give when a stretch got too long; None: none did so far."""
        return _first(
            gap.start_s + self.most_s
            for gap in course.gaps
            if (course.now_s if gap.end_s is None else gap.end_s) > max(from_s, gap.start_s + self.most_s)
        )


def _first(times_s: Any) -> float | None:  # noqa: ANN401 - any iterable of times
    return next(iter(times_s), None)


def answer_that_counts(course: Course, question: str) -> tuple[float, str] | None:
    """Give time and choice of the answer that counts: in an assessment the first one, else the last."""
    given = [entry for entry in course.of_kind(Kind.ANSWER) if entry.body["question"] == question]
    if not given:
        return None
    entry = given[0] if course.origin.mode is Mode.ASSESSMENT else given[-1]
    return entry.at_s, entry.body["choice"]


# ---------------------------------------------------------------- tasks


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing that is asked of the trainee.

    Attributes:
        id: Its name in the lesson.
        text: What is asked.
        kind: Its kind's name in `KINDS`.
        check: What shows it done.
        alarm: It opens when this alarm is raised, or stands; empty: at the beginning.
        after: It opens when this task is done; with an alarm, when the later of both has come.
        within_s: How long it may take from then on; None: until the end.
        policy: Where the site's policy is another, nobody asks for it; empty: everywhere.
        hints: What helps, each saying more than the one before.
    """

    id: str
    text: str
    kind: str
    check: Check
    alarm: str = ""
    after: str = ""
    within_s: float | None = None
    policy: str = ""
    hints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one task stands.

    Attributes:
        task: The task.
        state: How it stands.
        opened_s: When it opened.
        due_s: Until when it should be done.
        done_s: When it was done.
        steps_s: When each step of a checklist was done.
        hints_count: How many hints were taken.
    """

    task: Task
    state: State
    opened_s: float | None = None
    due_s: float | None = None
    done_s: float | None = None
    steps_s: tuple[float | None, ...] = ()
    hints_count: int = 0


def judge(tasks: Sequence[Task], course: Course) -> tuple[Outcome, ...]:
    """Give how each of `tasks` stands; what opens after another task stands behind it."""
    outcomes: dict[str, Outcome] = {}
    hints = [entry.body["task"] for entry in course.of_kind(Kind.HINT)]
    for task in tasks:
        opened_s = _opened_s(task, outcomes, course)
        outcomes[task.id] = _outcome(task, opened_s, course, min(hints.count(task.id), len(task.hints)))
    return tuple(outcomes.values())


def _opened_s(task: Task, outcomes: Mapping[str, Outcome], course: Course) -> float | None:
    from_s: float | None = course.origin.begin_s
    if task.after:
        # A task that the site's policy leaves out is no reason to wait.
        before = outcomes.get(task.after)
        from_s = from_s if before is None else before.done_s
    if from_s is None or not task.alarm:
        return from_s
    span = course.raised(task.alarm, from_s)
    return None if span is None else max(from_s, span.raised_s)


def _outcome(task: Task, opened_s: float | None, course: Course, hints_count: int) -> Outcome:
    if opened_s is None:
        return Outcome(task=task, state=State.WAITING, hints_count=hints_count)
    check = task.check
    due_s = None if task.within_s is None else opened_s + task.within_s
    done_s = check.met_s(course, opened_s)
    broken = isinstance(check, Keep) and check.broken_s(course, opened_s) is not None
    return Outcome(
        task=task,
        state=_state(course, done_s, due_s, broken=broken),
        opened_s=opened_s,
        due_s=due_s,
        done_s=done_s,
        steps_s=check.steps_s(course, opened_s) if isinstance(check, Checklist) else (),
        hints_count=hints_count,
    )


def _state(course: Course, done_s: float | None, due_s: float | None, *, broken: bool) -> State:
    if done_s is not None:
        return State.DONE if due_s is None or done_s <= due_s else State.LATE
    if course.over or broken:
        return State.FAILED
    return State.OPEN if due_s is None or course.now_s <= due_s else State.LATE


# ---------------------------------------------------------------- how they are written


_ALARM_CODE: Final = Text('"AIR_IN_LINE"', choices=tuple(ALARM_BY_CODE))
_ID: Final = Name('"silence"')

COMMON: Final = (
    Field(key="id", inner="id", kind=_ID, required=True, meaning="the task's name in the lesson"),
    Field(key="alarm", inner="alarm", kind=_ALARM_CODE, default="none", meaning="opens when it is raised"),
    Field(key="after", inner="after", kind=_ID, default="none", meaning="opens when that task is done"),
    Field(key="within", inner="within_s", kind=TIME, default="to the end", meaning="how long it may take"),
    Field(
        key="policy",
        inner="policy",
        kind=Text('"may-tap"', choices=POLICIES),
        default="any",
        meaning="asked for only where this is the site's policy",
    ),
    Field(
        key="hints",
        inner="hints",
        kind=ListOf(Text('"..."', most_count=300), most_count=5),
        default="none",
        meaning="what helps, each saying more than the one before",
    ),
)
"""What every task may say."""

WORDING: Final = Field(
    key="text", inner="text", kind=Text('"..."', most_count=200), required=True, meaning="what is asked"
)


@dataclass(frozen=True, slots=True)
class TaskKind:
    """One kind of task: what it is, its own keys, and its check."""

    meaning: str
    make: Callable[..., Check]
    fields: tuple[Field, ...] = ()
    needs_alarm: bool = False
    of_alarm: bool = False
    """Whether the check is about the task's alarm."""


KINDS: Final[Mapping[str, TaskKind]] = {
    "silence": TaskKind("the sound of the alarm is paused", Silence, needs_alarm=True, of_alarm=True),
    "acknowledge": TaskKind("notice is taken of the alarm", Acknowledge, needs_alarm=True, of_alarm=True),
    "do": TaskKind(
        "something is done by hand",
        Do,
        (
            Field(
                key="verbs",
                inner="verbs",
                kind=ListOf(Text('"unkink"', choices=HAND_VERBS), least_count=1),
                required=True,
                meaning="one of these",
            ),
            Field(key="where", inner="where", kind=PLACES, default="anywhere", meaning="where"),
            Field(key="least", inner="least_ml", kind=VOLUME, default="any", meaning="at least so much"),
            Field(key="rate", inner="rate_ml_h", kind=FLOW, default="any", meaning="at this rate"),
            Field(key="tries", inner="tries", kind=FLAG, default="false", meaning="whether trying is enough"),
        ),
    ),
    "press": TaskKind(
        "the pump is made to carry out a command",
        Press,
        (
            Field(
                key="commands",
                inner="commands",
                kind=ListOf(Text('"start"', choices=get_args(CommandName)), least_count=1),
                required=True,
                meaning="one of these",
            ),
        ),
    ),
    "flow": TaskKind("drug reaches the vein", Flow),
    "note": TaskKind("a note is in the diary, of the alarm where one is named", Note, of_alarm=True),
    "answer": TaskKind(
        "a question is answered right",
        Answer,
        (Field(key="question", inner="question", kind=_ID, required=True, meaning="which question"),),
    ),
    "checklist": TaskKind("steps are done in their order", Checklist),
    "keep": TaskKind(
        "no stretch without drug gets too long",
        Keep,
        (Field(key="most", inner="most_s", kind=TIME, required=True, meaning="how long one may be"),),
    ),
}
"""Every kind of task by its name."""

KIND: Final = Field(
    key="kind",
    inner="kind",
    kind=Text('"do"', choices=tuple(KINDS)),
    required=True,
    meaning="what shows it done",
)


def read_task(table: Mapping[str, object], path: Path, faults: FaultList) -> Task | None:
    """Return the task of a `[[task]]` table, or None; what is wrong with it goes to `faults`."""
    before_count = len(faults.faults)
    kind = _kind_of(table, path, faults)
    if kind is None:
        return None
    given = {key: value for key, value in table.items() if key != "step"}
    values = read_fields(given, (*COMMON, WORDING, KIND, *kind.fields), path, faults)
    if kind.needs_alarm and "alarm" not in table:
        faults.add(path, "it does not say of which alarm", f"write alarm = {_ALARM_CODE.sample}")
    own = {field.inner: values.pop(field.inner) for field in kind.fields if field.inner in values}
    if kind.make is Checklist:
        own["items"] = _items(table.get("step"), path, faults)
    elif "step" in table:
        faults.add(
            (*path, "step"), "only a checklist has steps", 'write kind = "checklist", or take them out'
        )
    if kind.of_alarm and "alarm" in values:
        own["alarm"] = values["alarm"]
    if len(faults.faults) > before_count:
        return None
    return Task(check=kind.make(**own), **values)


def _items(tables: object, path: Path, faults: FaultList) -> tuple[Item, ...]:
    if not isinstance(tables, list) or not tables:
        faults.add((*path, "step"), "a checklist has steps", "write [[task.step]] and its keys below")
        return ()
    items = []
    for place, table in enumerate(tables):
        here: Path = (*path, "step", place)
        kind = _kind_of(table, here, faults) if isinstance(table, dict) else None
        if kind is None:
            continue
        if kind.make in (Checklist, Keep) or kind.needs_alarm:
            faults.add((*here, "kind"), f"{table['kind']} is no step of a checklist", "make it a task")
            continue
        values = read_fields(table, (WORDING, KIND, *kind.fields), here, faults)
        own = {field.inner: values[field.inner] for field in kind.fields if field.inner in values}
        if len(own) >= sum(field.required for field in kind.fields) and "text" in values:
            items.append(Item(text=values["text"], check=kind.make(**own)))
    return tuple(items)


def _kind_of(table: Mapping[str, object], path: Path, faults: FaultList) -> TaskKind | None:
    name = table.get("kind")
    if isinstance(name, str) and name in KINDS:
        return KINDS[name]
    if name is None:
        faults.add(path, "kind is missing", f"write kind = {KIND.kind.sample}, or {', '.join(KINDS)}")
    else:
        faults.add((*path, "kind"), f"{shorten(name)} is no kind of task", f"write one of {', '.join(KINDS)}")
    return None
