"""Reading lesson files: everything that is wrong with one is said at once, each fault with its line.

schema = 1
id = "kink-at-night"
title = "..."
aims = ["..."]
brief = "..."                     # the situation, for the trainee
for_trainer = "..."
answer_text = "..."               # the model answer, for people
scenario = "alarm-at-night-unheard"
begin = "8 h 40 min"              # what happens before happens at once
script_until = "8 h 1 min"        # the scenario's steps from then on are dropped
limit = "4 h"
hand = "caregiver"
nurse = "1 h"                     # how long the nurse who is called is on her way
forbidden = ["silence-only"]      # rules of rules.py
[[step]]                          # as in a scenario: what happens besides
[[task]]                          # what is asked for: see tasks.py
id = "silence"
text = "..."
kind = "silence"
alarm = "OCCLUSION_DOWNSTREAM"
within = "2 min"
hints = ["..."]
[[question]]
id = "cause"
text = "..."
[[question.choice]]
id = "kink"
text = "..."
right = true
[[answer]]                        # the model answer, at times from `begin` on
at = "2 min"
keys = ["silence", "run 1.2 s"]
[[answer]]
at = "3 min"
do = "unkink"
[[answer]]
at = "4 min"
question = "cause"
choice = "kink"
[[answer]]
at = "5 min"
note = "OCCLUSION_DOWNSTREAM"
text = "..."
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from console.trainer.kept.record import HANDS, POLICIES
from console.trainer.lessons.lesson import Action, Choice, Lesson, Played, Question
from console.trainer.lessons.rules import RULE_BY_ID
from console.trainer.lessons.tasks import HAND_VERBS, Answer, Checklist, Task, read_task
from pump.alarm_table import ALARM_BY_CODE
from pump.commands import Key
from scenarios.faults import FaultList, ScenarioError, did_you_mean
from scenarios.fields import FLAG, Field, Integer, ListOf, Name, Text, read_fields
from scenarios.files import parse
from scenarios.loader import library_names
from scenarios.locate import Path
from scenarios.quantities import TIME, QuantityError, parse_quantity, shorten
from scenarios.verbs import read_step
from sim.world.setup import Step

SCHEMA: Final = 1
LISTS: Final = ("step", "task", "question", "answer")

TAP_S: Final = 0.1
"""How long a key is pressed that is not held."""

NEXT_KEY_S: Final = 0.5
"""From letting one key go to pressing the next."""

_PROSE: Final = Text('"..."')
_ID: Final = Name('"kink-at-night"')
_POLICY: Final = Text('"may-tap"', choices=POLICIES)


@dataclass(frozen=True, slots=True)
class KeyPress:
    """A key with how long it is held where that matters: `"ok"`, `"run 1.2 s"`."""

    sample: str = '"run 1.2 s"'

    def read(self, value: object) -> tuple[str, float]:
        """Return the key and how long it is held."""
        name, _, held = value.partition(" ") if isinstance(value, str) else ("", "", "")
        if name not in tuple(Key):
            raise QuantityError(f"{shorten(value)} is no key", f"write one of {', '.join(Key)}")
        return name, parse_quantity(held, TIME) if held else TAP_S

    def write(self, inner: tuple[str, float]) -> str:
        """Return the key as a file would have it."""
        name, hold_s = inner
        return name if hold_s == TAP_S else f"{name} {hold_s:g} s"


TOP: Final = (
    Field(
        key="schema",
        inner="schema",
        kind=Integer("1", SCHEMA, SCHEMA),
        required=True,
        meaning="version of the format",
    ),
    Field(key="id", inner="id", kind=_ID, required=True, meaning="the lesson's name, as its file's"),
    Field(key="title", inner="title", kind=Text('"..."', most_count=160), required=True, meaning="one line"),
    Field(
        key="aims",
        inner="aims",
        kind=ListOf(Text('"..."', most_count=200), 1, 6),
        required=True,
        meaning="what the trainee can do afterwards",
    ),
    Field(key="brief", inner="brief", kind=_PROSE, required=True, meaning="the situation, for the trainee"),
    Field(key="for_trainer", inner="for_trainer", kind=_PROSE, required=True, meaning="for the trainer"),
    Field(
        key="answer_text",
        inner="answer_text",
        kind=_PROSE,
        required=True,
        meaning="the model answer, for people",
    ),
    Field(
        key="scenario", inner="scenario", kind=Name('"bag-7-day-nominal"'), required=True, meaning="built on"
    ),
    Field(
        key="begin", inner="begin_s", kind=TIME, required=True, meaning="when the trainee is first let at it"
    ),
    Field(
        key="script_until",
        inner="script_until_s",
        kind=TIME,
        default="`begin`",
        meaning="the scenario's steps from then on are dropped",
    ),
    Field(key="limit", inner="limit_s", kind=TIME, required=True, meaning="how long it lasts at most"),
    Field(
        key="hand",
        inner="hand",
        kind=Text('"caregiver"', choices=HANDS),
        required=True,
        meaning="whose hand the trainee's is",
    ),
    Field(
        key="nurse",
        inner="nurse_travels_s",
        kind=TIME,
        default="nobody comes",
        meaning="how long the nurse who is called is on her way",
    ),
    Field(key="seed", inner="seed", kind=Integer("7"), default="the scenario's", meaning="begins chance"),
    Field(
        key="forbidden",
        inner="rules",
        kind=ListOf(Text('"silence-only"', choices=tuple(RULE_BY_ID))),
        default="none",
        meaning="what must not be done",
    ),
)
"""What stands above the tables."""

QUESTION: Final = (
    Field(key="id", inner="id", kind=Name('"cause"'), required=True, meaning="the question's name"),
    Field(
        key="text", inner="text", kind=Text('"..."', most_count=300), required=True, meaning="the question"
    ),
    Field(key="why", inner="why", kind=_PROSE, default="nothing", meaning="what is said afterwards"),
    Field(
        key="cause",
        inner="cause",
        kind=FLAG,
        default="false",
        meaning="whether it asks for the alarm's cause",
    ),
)
CHOICE: Final = (
    Field(key="id", inner="id", kind=Name('"kink"'), required=True, meaning="the choice's name"),
    Field(key="text", inner="text", kind=Text('"..."', most_count=200), required=True, meaning="the answer"),
    Field(key="right", inner="right", kind=FLAG, default="false", meaning="whether it is right"),
)

AT: Final = Field(key="at", inner="after_s", kind=TIME, required=True, meaning="when, from `begin` on")
POLICY: Final = Field(
    key="policy", inner="policy", kind=_POLICY, default="any", meaning="only where this is the site's policy"
)
ANSWERS: Final[Mapping[str, tuple[Field, ...]]] = {
    "keys": (
        Field(
            key="keys",
            inner="keys",
            kind=ListOf(KeyPress(), 1),
            required=True,
            meaning="keys, one after the other",
        ),
    ),
    "do": (),
    "question": (
        Field(key="question", inner="name", kind=Name('"cause"'), required=True, meaning="which question"),
        Field(key="choice", inner="text", kind=Name('"kink"'), required=True, meaning="which choice"),
    ),
    "note": (
        Field(
            key="note",
            inner="name",
            kind=Text('"AIR_IN_LINE"', choices=("", *ALARM_BY_CODE), may_be_empty=True),
            required=True,
            meaning="of which alarm, or empty",
        ),
        Field(
            key="text",
            inner="text",
            kind=Text('"..."', most_count=500),
            required=True,
            meaning="what it says",
        ),
    ),
}
"""By the key that tells what is done: the other keys of an `[[answer]]`; a verb has its own."""


def loads_lesson(text: str, *, file: str = "<text>") -> Lesson:
    """Return the lesson of a text. Messages call it `file`.

    Raises:
        ScenarioError: with everything that is wrong.
    """
    faults = FaultList(text)
    lesson = _read(parse(text, file), faults)
    if lesson is None or faults.faults:
        raise ScenarioError(file, faults.faults)
    return lesson


def _read(document: Mapping[str, Any], faults: FaultList) -> Lesson | None:
    known = (*(field.key for field in TOP), *LISTS)
    for key in document:
        if key not in known:
            faults.add((key,), f"{shorten(key)} is not known here", did_you_mean(key, known))
    top = read_fields(
        {field.key: document[field.key] for field in TOP if field.key in document}, TOP, (), faults
    )
    top.pop("schema", None)
    scenario = top.get("scenario")
    if scenario is not None and scenario not in library_names():
        remedy = did_you_mean(scenario, library_names())
        faults.add(("scenario",), f"{shorten(scenario)} is no scenario of the library", remedy)
    questions = _questions(document, faults)
    tasks = _tasks(document, questions, faults)
    answer = _answers(document, questions, faults)
    steps = _steps(document, faults)
    if faults.faults:
        return None
    lesson = Lesson(
        **{
            "script_until_s": top["begin_s"],
            **top,
            "rules": tuple(RULE_BY_ID[name] for name in top.get("rules", ())),
            "steps": steps,
            "tasks": tasks,
            "questions": questions,
            "answer": answer,
        }
    )
    _note_too_late(lesson, faults)
    return lesson


def _tables(
    name: str, holder: Mapping[str, Any], above: Path, faults: FaultList
) -> Iterator[tuple[Path, Any]]:
    tables = holder.get(name, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        faults.add((*above, name), f"{name} is no list of tables", f"write [[{name}]] with two brackets")
        return
    for place, table in enumerate(tables):
        yield (*above, name, place), table


def _note_twice(name: str, seen: set[str], path: Path, faults: FaultList) -> None:
    if name in seen:
        faults.add((*path, "id"), f"there is a {shorten(name)} already", "give it another name")
    seen.add(name)


def _steps(document: Mapping[str, Any], faults: FaultList) -> tuple[Step, ...]:
    steps = [read_step(table, path, faults) for path, table in _tables("step", document, (), faults)]
    return tuple(step for step in steps if step is not None)


# ---------------------------------------------------------------- questions and tasks


def _questions(document: Mapping[str, Any], faults: FaultList) -> tuple[Question, ...]:
    questions: list[Question] = []
    seen: set[str] = set()
    for path, table in _tables("question", document, (), faults):
        given = {key: value for key, value in table.items() if key != "choice"}
        values = read_fields(given, QUESTION, path, faults)
        choices = _choices(table, path, faults)
        if {"id", "text"} <= set(values):
            _note_twice(values["id"], seen, path, faults)
            questions.append(Question(choices=choices, **values))
    return tuple(questions)


def _choices(table: Mapping[str, Any], above: Path, faults: FaultList) -> tuple[Choice, ...]:
    choices: list[Choice] = []
    seen: set[str] = set()
    before_count = len(faults.faults)
    for path, each in _tables("choice", table, above, faults):
        values = read_fields(each, CHOICE, path, faults)
        if {"id", "text"} <= set(values):
            _note_twice(values["id"], seen, path, faults)
            choices.append(Choice(**values))
    if len(faults.faults) == before_count:
        right_count = sum(choice.right for choice in choices)
        if len(choices) < 2 or right_count != 1:
            found = f"{len(choices)} choices, {right_count} of them right"
            faults.add(above, found, "give two or more [[question.choice]], and right = true to one")
    return tuple(choices)


def _tasks(
    document: Mapping[str, Any], questions: tuple[Question, ...], faults: FaultList
) -> tuple[Task, ...]:
    rights = {question.id: question for question in questions}
    tasks: list[Task] = []
    seen: set[str] = set()
    for path, table in _tables("task", document, (), faults):
        task = read_task(table, path, faults)
        after, name = table.get("after", ""), table.get("id")
        if isinstance(after, str) and after and after not in seen:
            remedy = did_you_mean(after, tuple(seen)) if seen else "put it below the one it waits for"
            faults.add((*path, "after"), f"{shorten(after)} is no task above this one", remedy)
        if isinstance(name, str):
            _note_twice(name, seen, path, faults)
        if task is not None:
            tasks.append(_with_right_answers(task, rights, path, faults))
    return tuple(tasks)


def _with_right_answers(task: Task, rights: Mapping[str, Question], path: Path, faults: FaultList) -> Task:
    """Give the task with what is right filled in, where it is about a question."""
    match task.check:
        case Answer() as check:
            return replace(task, check=_right(check, rights, (*path, "question"), faults))
        case Checklist() as check:
            items = tuple(
                replace(item, check=_right(item.check, rights, (*path, "step", place, "question"), faults))
                if isinstance(item.check, Answer)
                else item
                for place, item in enumerate(check.items)
            )
            return replace(task, check=replace(check, items=items))
        case _:
            return task


def _right(check: Answer, rights: Mapping[str, Question], path: Path, faults: FaultList) -> Answer:
    question = rights.get(check.question)
    if question is None:
        _note_no_question(check.question, tuple(rights), path, faults)
        return check
    right = next((choice.id for choice in question.choices if choice.right), "")
    return replace(check, right=right)


def _note_no_question(name: str, known: tuple[str, ...], path: Path, faults: FaultList) -> None:
    remedy = did_you_mean(name, known) if known else "add [[question]] with this id"
    faults.add(path, f"{shorten(name)} is no question of this lesson", remedy)


# ---------------------------------------------------------------- the model answer


def _answers(
    document: Mapping[str, Any], questions: tuple[Question, ...], faults: FaultList
) -> tuple[Played, ...]:
    by_id = {question.id: question for question in questions}
    played = []
    for path, table in _tables("answer", document, (), faults):
        kinds = [kind for kind in ANSWERS if kind in table]
        if len(kinds) != 1:
            what = f"{' and '.join(kinds)} are two things" if kinds else "it does not say what is done"
            faults.add(path, what, f"give one of {', '.join(ANSWERS)}")
            continue
        actions = _by_hand(table, path, faults) if kinds == ["do"] else _asked(kinds[0], table, path, faults)
        for action in actions:
            if action.ask == "answer":
                _note_no_choice(action, by_id, path, faults)
        policy = table.get("policy", "")
        if policy not in ("", *POLICIES):
            faults.add((*path, "policy"), f"{shorten(policy)} is no policy", f"write {' or '.join(POLICIES)}")
        played.append(Played(actions=actions, policy=policy))
    return tuple(played)


def _by_hand(table: Mapping[str, Any], path: Path, faults: FaultList) -> tuple[Action, ...]:
    given = {key: value for key, value in table.items() if key != "policy"}
    step = read_step(given, path, faults)
    if step is None:
        return ()
    if step.verb not in HAND_VERBS:
        faults.add((*path, "do"), f"{step.verb} is not done by hand", 'write keys = ["..."], or another verb')
    return (Action(after_s=step.at_s, ask="do", name=step.verb, params=step.params),)


def _asked(kind: str, table: Mapping[str, Any], path: Path, faults: FaultList) -> tuple[Action, ...]:
    before_count = len(faults.faults)
    values = read_fields(table, (AT, POLICY, *ANSWERS[kind]), path, faults)
    values.pop("policy", None)
    if len(faults.faults) > before_count:
        return ()
    if kind != "keys":
        return (Action(ask="answer" if kind == "question" else "note", **values),)
    actions = []
    after_s = values["after_s"]
    for name, hold_s in values["keys"]:
        actions.append(Action(after_s=after_s, ask="key", name=name, hold_s=hold_s))
        after_s = round(after_s + hold_s + NEXT_KEY_S, 3)
    return tuple(actions)


def _note_no_choice(action: Action, questions: Mapping[str, Question], path: Path, faults: FaultList) -> None:
    question = questions.get(action.name)
    if question is None:
        _note_no_question(action.name, tuple(questions), (*path, "question"), faults)
        return
    known = tuple(choice.id for choice in question.choices)
    if action.text not in known:
        faults.add(
            (*path, "choice"), f"{shorten(action.text)} is no choice of it", did_you_mean(action.text, known)
        )


def _note_too_late(lesson: Lesson, faults: FaultList) -> None:
    """Note everything that lies after the lesson's end."""
    end_s = lesson.begin_s + lesson.limit_s
    if lesson.limit_s <= 0.0:
        faults.add(("limit",), "the lesson ends before it begins", "write more than zero")
    if lesson.script_until_s > end_s:
        faults.add(("script_until",), "it lies after the lesson's end", "write less, or a longer limit")
    for place, step in enumerate(lesson.steps):
        if step.at_s > end_s:
            faults.add(
                ("step", place, "at"), "it lies after the lesson's end", "write less, or a longer limit"
            )
    for place, played in enumerate(lesson.answer):
        if any(action.after_s + action.hold_s > lesson.limit_s for action in played.actions):
            faults.add(
                ("answer", place, "at"), "it lies after the lesson's end", "write less, or a longer limit"
            )
