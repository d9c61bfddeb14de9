"""A run told to those who were there: what people did, and what came of it, in one order of time.

What a step brought about at the same instant stands beside the step, and is not told a second time. A key
that was held is one thing that was done, not two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from console.story import Entry as Told
from console.story import Lane, timeline
from console.trainer.debrief.judged import lesson_of
from console.trainer.debrief.material import Material, is_release
from console.trainer.kept.record import Entry, Kind, step_of
from console.trainer.lessons import Lesson
from console.words import plain, spaced, span
from scenarios.verbs import write_step

OF_KEYS: Final = "press key by"
"""How the pump's word for a key begins: whoever pressed it is told of already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of what happened.

    Attributes:
        t_s: When.
        who: Whose line it is: trainee, instructor, pump, alarm, action or truth.
        text: What happened.
        came: What came of it at once.
        mark: An alarm's priority, `refused`, or what kind of entry it is.
    """

    t_s: float
    who: str
    text: str
    came: tuple[str, ...] = ()
    mark: str = ""


def rows(material: Material) -> tuple[Row, ...]:
    """Tell a run from where somebody was let at it."""
    told = [entry for entry in timeline(material.result) if entry.t_s >= material.begin_s]
    entries = material.record.entries
    ends_s = held_until_s(entries)
    given = lesson_of(material.origin)
    found: list[Row] = []
    for entry in entries:
        text = "" if is_release(entry) else IN_WORDS[entry.kind](entry, given)
        if not text:
            continue
        until_s = ends_s.get(entry.number)
        came = _take(told, entry, until_s)
        found.append(
            Row(
                t_s=entry.at_s,
                who=str(entry.who),
                text=text + _held(entry, until_s),
                came=tuple(each.text for each in came if not each.text.startswith(OF_KEYS)),
                mark="refused" if any(each.mark == "refused" for each in came) else str(entry.kind),
            )
        )
    found += [
        Row(t_s=each.t_s, who=str(each.lane), text=each.text, mark=each.mark)
        for each in told
        if not each.text.startswith(OF_KEYS)
    ]
    return tuple(sorted(found, key=lambda row: row.t_s))


def held_until_s(entries: Iterable[Entry]) -> dict[int, float]:
    """Give, by the number of each entry that presses a key, when the key was let go."""
    down: dict[str, int] = {}
    found: dict[int, float] = {}
    for entry in entries:
        if entry.kind is not Kind.STEP:
            continue
        verb, key = entry.body["verb"], entry.body["params"].get("key", "")
        if verb == "key_down":
            down[key] = entry.number
        elif verb == "key_up" and key in down:
            found[down.pop(key)] = entry.at_s
    return found


def _take(told: list[Told], entry: Entry, until_s: float | None) -> list[Told]:
    """Take out of `told` what a step brought about at once, and what a key did while it was held."""
    if entry.kind is not Kind.STEP:
        return []
    taken = [each for each in told if each.lane is Lane.ACTION and each.t_s == entry.at_s]
    if until_s is not None:
        by = f"by the {entry.body['by']}"
        taken += [
            each
            for each in told
            if each.lane is Lane.ACTION and entry.at_s < each.t_s <= until_s and by in each.text
        ]
    told[:] = [each for each in told if each not in taken]
    return taken


def _held(entry: Entry, until_s: float | None) -> str:
    if entry.kind is not Kind.STEP or entry.body["verb"] != "key_down":
        return ""
    return ", and did not let go" if until_s is None else f", for {plain(until_s - entry.at_s, 1)} s"


def _step(entry: Entry, _lesson: Lesson | None) -> str:
    verb, params = entry.body["verb"], entry.body["params"]
    if verb == "key_down":
        return f"pressed {str(params['key']).upper()}"
    table = write_step(step_of(entry))
    said = [_said(key, value) for key, value in table.items() if key not in NOT_SAID]
    return ", ".join([spaced(verb), *said])


def _said(key: str, value: object) -> str:
    """Say one parameter: a place by itself, a flag as yes or no, anything else by its name."""
    if key == "where":
        return str(value)
    said = ("yes" if value else "no") if isinstance(value, bool) else value
    return f"{spaced(key)} {said}"


def _answer(entry: Entry, given: Lesson | None) -> str:
    """Say question and choice as they stood on the page, or by their names where the lesson is gone."""
    name, choice = entry.body["question"], entry.body["choice"]
    question = None if given is None else given.question(name)
    if question is None:
        return f"answered {name}: {choice}"
    texts = {each.id: each.text for each in question.choices}
    return f"answered: {question.text} {texts.get(choice, choice)}"


def _hint(entry: Entry, given: Lesson | None) -> str:
    texts = {} if given is None else {task.id: task.text for task in given.tasks}
    return f"took a hint: {texts.get(entry.body['task'], entry.body['task'])}"


def _note(entry: Entry, _lesson: Lesson | None) -> str:
    parts = (entry.body.get("alarm", ""), entry.body.get("text", ""))
    return f"wrote in the diary: {' - '.join(part for part in parts if part)}"


def _clock(entry: Entry, _lesson: Lesson | None) -> str:
    return f"let {span(entry.body['span_s'])} pass at once" if entry.body.get("what") == "skip" else ""


NOT_SAID: Final = frozenset({"at", "do", "by", "works"})
"""Of a step: when and who stands beside it, and what came of it behind it."""

IN_WORDS: Final[Mapping[Kind, Callable[[Entry, Lesson | None], str]]] = {
    Kind.STEP: _step,
    Kind.MARK: lambda entry, _lesson: f"marked: {entry.body['text']}",
    Kind.NOTE: _note,
    Kind.ANSWER: _answer,
    Kind.HINT: _hint,
    Kind.CLOCK: _clock,
    Kind.END: lambda _entry, _lesson: "declared the run over",
}
"""By kind of entry: its words; none, where it is not told."""


def acts_s(entries: Sequence[Entry], who: str) -> tuple[float, ...]:
    """Give when somebody did something at the pump or wrote something."""
    return tuple(
        entry.at_s
        for entry in entries
        if entry.who == who and entry.kind in (Kind.STEP, Kind.NOTE, Kind.MARK) and not is_release(entry)
    )
