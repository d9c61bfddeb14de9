"""The pages about scenarios, from the tables of `scenarios/`, from the library and the procedures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from inspect import getdoc

from docs.markdown import MARKS, code, page, section, span, table, yes
from pump.events import Event
from scenarios import expectations
from scenarios.expectations import EVENT_KINDS, QUANTITIES, quantity_fields
from scenarios.fields import Field
from scenarios.loader import library as load_library
from scenarios.procedures import OVERRIDES, load_procedure, procedure_names
from scenarios.quantities import DIMENSIONS, VOLUME, dimension_of
from scenarios.tables import TABLES, TOP
from scenarios.verbs import AT, BY, VERBS, Verb
from sim.world.procedure import TASKS, Procedure, When

ROOMS = {
    "pump": ("At the pump", "Keys and commands. `by` names the hand."),
    "people": ("People's hands", "At bag, line, catheter and power. `by` names the hand."),
    "environment": ("Accidents and weather", "What happens by nobody's hand."),
    "wire": ("The serial line", "A host without a wire notes that it skipped them."),
}
"""By a verb's room: the section's title and what it says."""


# ---------------------------------------------------------------- verbs


def verbs() -> str:
    """Write every verb of a scenario's steps."""
    return page(
        "Verbs of a scenario's steps",
        "`scenarios/verbs.py`",
        "A step is a `[[step]]` table with `at`, `do` and the verb's own parameters. What a verb does is "
        "told in [physics.md](../physics.md#what-people-do-takes-time). A parameter without a default must "
        "be given.",
        *(_room(room) for room in ROOMS),
    )


def _room(room: str) -> str:
    title, text = ROOMS[room]
    here = [verb for verb in VERBS.values() if verb.room == room]
    return section(title, text, *(_verb(verb) for verb in here))


def _verb(verb: Verb) -> str:
    hand = f" By default the {verb.hand}." if verb.hand else ""
    parts = [f"### {verb.name}", f"{_sentence(verb.meaning)}{hand}"]
    if verb.parameters:
        parts.append(field_table(verb.parameters))
    return "\n\n".join(parts)


def field_table(given: Iterable[Field]) -> str:
    """Return the table of the keys of one table of a file."""
    return table(
        ("Key", "Meaning", "Such as", "Default"),
        (
            (
                code(field.key),
                field.meaning + _choices(field),
                code(field.kind.sample),
                "**required**" if field.required else field.default,
            )
            for field in given
        ),
    )


def _choices(field: Field) -> str:
    choices: tuple[str, ...] = getattr(field.kind, "choices", ())
    return f": {', '.join(code(choice) for choice in choices)}" if 1 < len(choices) <= 8 else ""


# ---------------------------------------------------------------- the file


def scenario_file() -> str:
    """Write every key of a scenario file."""
    return page(
        "The scenario file",
        "`tables.py`, `verbs.py`, `expectations.py` and `quantities.py` of `scenarios/`",
        "TOML. Unknown keys are errors, and every fault of a file is said at once, with its line. An editor "
        "gets the same from `ambupump schema`. How to write one: "
        "[write-your-own-scenario.md](../howto/write-your-own-scenario.md).",
        section("Above the tables", field_table(TOP)),
        *(
            section(
                f"[{each.name}]",
                _sentence(each.meaning) + (" Required." if each.required else ""),
                field_table(each.fields),
            )
            for each in TABLES.values()
        ),
        section(
            "[[step]]",
            "Something is done. The other keys depend on the verb: [verbs.md](verbs.md).",
            field_table((AT, BY)),
        ),
        section(
            "[[expect]]",
            "What the run is held to. Each gives one of the first keys below; it reads the result and "
            "nothing else, and always says what was found.",
            "### An alarm",
            field_table(expectations.ALARM),
            "### No alarm",
            field_table(expectations.NO_ALARM),
            "### A number",
            "Limits carry the unit of the number's name.",
            field_table(quantity_fields(VOLUME)),
            "### An event",
            field_table(expectations.EVENT),
            "### A refusal",
            field_table(expectations.REFUSED),
            "### A mode",
            field_table(expectations.MODE),
        ),
        section(
            "Numbers of a result", table(("Name", "Unit"), ((code(name), _unit(name)) for name in QUANTITIES))
        ),
        section(
            "Kinds of events", table(("Kind", "What it is", "What it says"), map(_event, EVENT_KINDS.items()))
        ),
        section(
            "Units",
            "A quantity is a text: a number, a blank, a unit. Times may be sums, `6 d 20 h`. `mcg`, `ug` "
            "and `µg` are the same. A bare number, a decimal comma, `nan` and a wrong capital (`ML`) are "
            "refused.",
            table(
                ("Quantity", "Inside", "Units of a file", "Such as"),
                (
                    (
                        dimension.name,
                        dimension.inner_unit,
                        ", ".join(dimension.units) or "none",
                        code(dimension.sample),
                    )
                    for dimension in DIMENSIONS
                ),
            ),
        ),
    )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _unit(name: str) -> str:
    dimension = dimension_of(name)
    return dimension.inner_unit if dimension else ""


def _event(kind: tuple[str, type[Event]]) -> tuple[str, str, str]:
    name, event = kind
    says = [code(field.name) for field in fields(event) if field.name not in {"t_s", "seq"}]
    first, _, _ = (getdoc(event) or "").partition("\n\n")
    return code(name), first, ", ".join(says)


# ---------------------------------------------------------------- the library


def library() -> str:
    """Write every scenario that comes with the product."""
    every = load_library()
    return page(
        "The library",
        "`scenarios/library/*.toml`",
        f"{len(every)} of them. Each is run by the tests and held to its expectations; "
        "`ambupump replay` runs one by its name.",
        table(
            ("Scenario", "Title", "Tags"),
            ((f"[{code(each.id)}](#{each.id})", each.title, ", ".join(each.tags)) for each in every),
        ),
        *(
            section(
                each.id,
                f"**{each.title}.**",
                *((" ".join(each.text.split()),) if each.text else ()),
                *((f"Source: {each.source}.",) if each.source else ()),
            )
            for each in every
        ),
    )


# ---------------------------------------------------------------- procedures


def procedures() -> str:
    """Write what people do when the pump alarms, with every chance and time."""
    return page(
        "Procedures",
        "`sim/world/procedure.py` and `scenarios/procedures/*.toml`",
        "What people do when the pump alarms, as data. A scenario's `[response]` names one and may change "
        "its chances and times. How people hear, come and err is told in "
        "[physics.md](../physics.md#people-who-follow-a-procedure).",
        MARKS,
        section(
            "Tasks",
            "`staff`: for trained staff only. `repairs`: forbidden where the site lets people only call.",
            table(
                ("Task", "What it is", "staff", "repairs"),
                (
                    (code(name), task.meaning, yes(when=task.staff), yes(when=task.repairs))
                    for name, task in TASKS.items()
                ),
            ),
        ),
        *(_procedure(load_procedure(name)) for name in procedure_names()),
    )


def _procedure(procedure: Procedure) -> str:
    parts = [
        f"**{procedure.title}.** Policy {code(procedure.policy.value)}, followed by the {procedure.hand}.",
        f"Source: {procedure.source}.",
    ]
    if procedure.rules:
        parts.append(_rules(f"What the {procedure.hand} does", procedure.rules))
    if procedure.visits:
        parts.append(
            _rules("What the nurse does who comes, or receives the patient in hospital", procedure.visits)
        )
    cited = {figure.name: figure for figure in procedure.figures}
    values = {
        name: getattr(part, name) for part in (procedure.chances, procedure.times) for name in part.__slots__
    }
    figures = table(
        ("Figure", "Value", "Source", ""),
        (
            (
                code(field.key),
                str(field.kind.write(values[field.inner])),
                cited[field.inner].source if field.inner in cited else "",
                cited[field.inner].certainty if field.inner in cited else "X",
            )
            for field in OVERRIDES
        ),
    )
    return section(procedure.id, *parts, figures)


def _rules(title: str, rules: Iterable[When]) -> str:
    rows = ((code(rule.alarm), ", ".join(rule.then), _second(rule)) for rule in rules)
    return f"{title}:\n\n{table(('Alarm', 'Tasks', 'When it comes again'), rows)}"


def _second(rule: When) -> str:
    return f"{', '.join(rule.second)}, within {span(rule.within_s)}" if rule.second else ""
