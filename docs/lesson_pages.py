"""The page about the trainer's lessons, from the lesson files, and from the tables of tasks and rules."""

from __future__ import annotations

from collections.abc import Iterable

from console.trainer.lessons import Action, Lesson, lesson, lesson_ids
from console.trainer.lessons import reader as lesson_file
from console.trainer.lessons.rules import RULES, Rule, Source
from console.trainer.lessons.tasks import COMMON, KINDS, WORDING, Checklist, Task, TaskKind
from console.words import moment, span
from docs.markdown import MARKS, code, page, section, table
from docs.scenario_pages import field_table


def lessons() -> str:
    """Write every lesson, every rule, and what a lesson file may hold."""
    every = [lesson(name) for name in lesson_ids()]
    return page(
        "Lessons of the trainer",
        "`console/trainer/lessons/`: `library/*.toml`, `tasks.py` and `rules.py`",
        f"{len(every)} of them, each on a scenario of the [library](library.md): pump and physics are the "
        "simulator's, and alarms come when they would. The tests play every model answer through a real "
        "world, and break every rule by really doing it.",
        "Whether a patient may tap and restart is a site policy to choose, never the right answer. A lesson "
        "that depends on it asks for different things under `call-only` and `may-tap`, with a model answer "
        "for both.",
        table(
            ("Lesson", "Title", "By whose hand"),
            ((f"[{code(each.id)}](#{each.id})", each.title, each.hand) for each in every),
        ),
        *(_lesson(each) for each in every),
        _rules(),
        _kinds(),
        _file(),
    )


# ---------------------------------------------------------------- one lesson


def _lesson(given: Lesson) -> str:
    return section(
        given.id,
        f"**{given.title}**",
        f"By the {given.hand}'s hand, from {moment(given.begin_s)} of "
        f"[{code(given.scenario)}](library.md#{given.scenario}), for {span(given.limit_s)} at most."
        f"{_nurse(given)}",
        _listed(given.aims),
        f"For the trainee: {_plain(given.brief)}",
        f"For the trainer: {_plain(given.for_trainer)}",
        table(
            ("What is asked for", "Opens", "Within", "Only under"),
            (_task(task, given) for task in given.tasks),
        ),
        _questions(given),
        f"[Rules](#what-must-not-be-done) looked at: {', '.join(code(rule.id) for rule in given.rules)}.",
        f"Model answer: {_plain(given.answer_text)}",
        table(("After", "What is done", "Only under"), _answer(given)),
    )


def _nurse(given: Lesson) -> str:
    if given.nurse_travels_s is None:
        return ""
    return f" The nurse who is called is there after {span(given.nurse_travels_s)}."


def _plain(text: str) -> str:
    return " ".join(text.split())


def _listed(texts: Iterable[str]) -> str:
    return "\n".join(f"- {text}" for text in texts)


def _task(task: Task, given: Lesson) -> tuple[str, str, str, str]:
    opens = " and ".join(
        part
        for part in (
            f"after “{_task_text(task.after, given)}”" if task.after else "",
            f"with {code(task.alarm)}" if task.alarm else "",
        )
        if part
    )
    steps = task.check.items if isinstance(task.check, Checklist) else ()
    ways = f": {'; '.join(_small(item.text) for item in steps)}" if steps else ""
    within = "" if task.within_s is None else span(task.within_s)
    return f"{task.text}{ways}", opens or "at once", within, code(task.policy)


def _small(text: str) -> str:
    return f"{text[:1].lower()}{text[1:]}"


def _task_text(name: str, given: Lesson) -> str:
    return next(task.text for task in given.tasks if task.id == name)


def _questions(given: Lesson) -> str:
    rows = (
        (question.text, next(each.text for each in question.choices if each.right), question.why)
        for question in given.questions
    )
    return table(("Question", "Right", "Because"), rows)


def _answer(given: Lesson) -> Iterable[tuple[str, str, str]]:
    played = sorted(given.answer, key=lambda each: each.actions[0].after_s)
    for each in played:
        yield span(each.actions[0].after_s), "; ".join(_told(each.actions, given)), code(each.policy)


def _told(actions: tuple[Action, ...], given: Lesson) -> Iterable[str]:
    keys = [_key(action) for action in actions if action.ask == "key"]
    if keys:
        yield f"keys {' '.join(keys)}"
    for action in actions:
        match action.ask:
            case "do":
                words = [f"{key} {value}" for key, value in action.written.items()]
                yield ", ".join((action.name.replace("_", " "), *words))
            case "answer":
                question = given.question(action.name)
                choices = () if question is None else question.choices
                yield f"answers: {next(each.text for each in choices if each.id == action.text)}"
            case "note":
                yield f"notes: {action.text}"


def _key(action: Action) -> str:
    name = action.name.upper()
    return f"{name} ({action.hold_s:g} s)" if action.hold_s > lesson_file.TAP_S else name


# ---------------------------------------------------------------- rules, kinds, file


def _rules() -> str:
    return section(
        "What must not be done",
        "A lesson names the rules that it looks at; a run without a lesson is held against all. Home: "
        "patients and caregivers, not staff.",
        MARKS,
        table(
            ("Rule", "What was done", "Why not", "Binds", "Source"),
            (
                (code(rule.id), rule.title, rule.why, _bound(rule), ", ".join(map(_source, rule.sources)))
                for rule in RULES
            ),
        ),
    )


def _bound(rule: Rule) -> str:
    who = "everybody" if "nurse" in rule.hands else "home"
    return who if len(rule.policies) > 1 else f"{who}, under {code(rule.policies[0])}"


def _source(source: Source) -> str:
    return f"{source.key} [{source.certainty}]" if source.key else f"[{source.certainty}]"


def _kinds() -> str:
    return section(
        "Kinds of tasks",
        "Judged from the run's events and from what was done at its pages, by nothing else.",
        table(
            ("Kind", "What shows it done", "Its own keys"),
            (_kind(name, kind) for name, kind in KINDS.items()),
        ),
    )


def _kind(name: str, kind: TaskKind) -> tuple[str, str, str]:
    keys = ["`[[task.step]]`"] if kind.make is Checklist else [code(field.key) for field in kind.fields]
    return code(name), kind.meaning, ", ".join(keys)


def _file() -> str:
    return section(
        "The lesson file",
        "TOML, read like a [scenario file](scenario-file.md): unknown keys are errors, and every fault is "
        "said at once, with its line. A `[[step]]` is a scenario's.",
        field_table(lesson_file.TOP),
        "### [[task]]",
        field_table((*COMMON, WORDING)),
        "### [[question]] and [[question.choice]]",
        field_table(lesson_file.QUESTION),
        field_table(lesson_file.CHOICE),
        "### [[answer]]",
        "Each gives `at`, and one of `keys`, `do` (with the verb's own keys), `question` or `note`.",
        field_table(
            (
                lesson_file.AT,
                lesson_file.POLICY,
                *(field for fields in lesson_file.ANSWERS.values() for field in fields),
            )
        ),
    )
