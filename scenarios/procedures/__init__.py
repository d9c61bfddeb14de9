"""Procedures as files: what people do when the pump alarms, with the source of every figure.

    schema = 1
    id = "our-ward"
    title = "..."
    policy = "staff"                  # may-tap, call-only (both at home) or staff
    source = "..."
    like = "hospital"                 # what this file leaves out is as there
    hand = "nurse"
    [chances]
    tap_works = { value = "60 %", source = "our audit", certainty = "F" }
    [times]
    awake_from = "07:00"
    look = { value = "1 h", source = "hourly rounds", certainty = "X" }
    [[when]]                          # who lives beside the pump
    alarm = "AIR_IN_LINE"             # a code of the alarm table, or "any high", "any medium", "any low"
    then = ["silence", "tap", "acknowledge", "restart"]
    second = ["silence", "reprime"]   # when it comes again within this time
    within = "24 h"
    [[nurse]]                         # who comes when called, or receives the patient in hospital
    alarm = "any high"
    then = ["check_line", "acknowledge", "restart"]

Everything wrong with a file is said at once, each fault with its line, in one `ScenarioError`. Tasks
stand in `sim/world/procedure.py`; what the policy forbids and what only staff may do is a fault here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, get_args

from pump.alarm_table import ALARM_BY_CODE, Certainty
from scenarios.faults import FaultList, ScenarioError, did_you_mean
from scenarios.fields import Field, Integer, Kind, ListOf, Name, Text, TimeOfDay, read_fields
from scenarios.files import file_error, parse, text_of
from scenarios.locate import Path as KeyPath
from scenarios.quantities import FACTOR, SHARE, TIME, VOLUME, QuantityError, shorten
from sim.world.procedure import (
    ANY_PRIORITY,
    CHANCE_NAMES,
    TASKS,
    TIME_NAMES,
    Chances,
    Figure,
    Policy,
    Procedure,
    Times,
    When,
)

__all__ = ["OVERRIDES", "load_procedure", "loads_procedure", "procedure_names"]

FOLDER: Final = Path(__file__).parent
SCHEMA: Final = 1
CERTAINTIES: Final = get_args(Certainty)
TIMES_OF_DAY: Final = ("awake_from_s", "awake_until_s")


def procedure_names() -> tuple[str, ...]:
    """Return the names of the procedures that come with the product."""
    return tuple(sorted(file.stem for file in FOLDER.glob("*.toml")))


def load_procedure(path_or_name: str | Path) -> Procedure:
    """Return the procedure of a file, or the one that comes with the product under that name.

    Raises:
        ScenarioError: with everything that is wrong.
    """
    shown = str(path_or_name)
    path = Path(path_or_name)
    if shown in procedure_names():
        path = FOLDER / f"{shown}.toml"
    elif isinstance(path_or_name, str) and path.suffix != ".toml":
        remedy = f"{did_you_mean(shown, procedure_names())}, or give the path of a .toml file"
        raise file_error(shown, "is no procedure that comes with the product", remedy)
    return loads_procedure(text_of(path, shown, "procedure"), file=shown)


def loads_procedure(text: str, *, file: str = "<text>") -> Procedure:
    """Return the procedure of a text. Messages call it `file`.

    Raises:
        ScenarioError: with everything that is wrong.
    """
    faults = FaultList(text)
    procedure = _read(parse(text, file), faults)
    if procedure is None or faults.faults:
        raise ScenarioError(file, faults.faults)
    return procedure


# ---------------------------------------------------------------- what a file may hold


@dataclass(frozen=True, slots=True)
class Cited:
    """A figure with its source: `{ value = "60 %", source = "...", certainty = "X" }`."""

    kind: Kind[Any]

    @property
    def sample(self) -> str:
        """An example, as a file would have it."""
        return f'{{ value = {self.kind.sample}, source = "...", certainty = "X" }}'

    def read(self, value: object) -> tuple[float, str, str]:
        """Return value, source and certainty."""
        keys = {"value", "source", "certainty"}
        if not isinstance(value, dict) or set(value) != keys:
            raise QuantityError("it needs value, source and certainty", f"write such as {self.sample}")
        if value["certainty"] not in CERTAINTIES:
            remedy = f"write one of {', '.join(CERTAINTIES)}"
            raise QuantityError(f"certainty {shorten(value['certainty'])} is not known", remedy)
        return self.kind.read(value["value"]), Text('"page 12"').read(value["source"]), value["certainty"]

    def write(self, inner: tuple[float, str, str]) -> dict[str, object]:
        """Return the figure as a file would have it."""
        number, source, certainty = inner
        return {"value": self.kind.write(number), "source": source, "certainty": certainty}


def _number_fields() -> Iterator[Field]:
    """Every chance and time as a plain number, by its name without the unit."""
    for name in CHANCE_NAMES:
        yield Field(key=name.removesuffix("_frac"), inner=name, kind=SHARE, meaning=_words(name))
    for name in TIME_NAMES:
        kind: Kind[Any] = FACTOR if name.endswith("_frac") else TIME
        if name in TIMES_OF_DAY:
            kind = TimeOfDay()
        yield Field(key=name.rsplit("_", 1)[0], inner=name, kind=kind, meaning=_words(name))


def _words(name: str) -> str:
    return name.rsplit("_", 1)[0].replace("_", " ")


OVERRIDES: Final = tuple(_number_fields())
"""What a scenario's `[response]` may change: every chance and time, without a source."""

_FIGURES: Final[Mapping[str, tuple[Field, ...]]] = MappingProxyType(
    {
        table: tuple(
            Field(
                key=field.key,
                inner=field.inner,
                kind=field.kind if field.inner in TIMES_OF_DAY else Cited(field.kind),
                meaning=field.meaning,
            )
            for field in OVERRIDES
            if field.inner in names
        )
        for table, names in (("chances", CHANCE_NAMES), ("times", TIME_NAMES))
    }
)

_TOP: Final = (
    Field(key="schema", inner="schema", kind=Integer("1", 1), required=True, meaning="version of the format"),
    Field(key="id", inner="id", kind=Name('"our-ward"'), required=True, meaning="the procedure's name"),
    Field(key="title", inner="title", kind=Text('"..."', most_count=160), required=True, meaning="one line"),
    Field(
        key="policy",
        inner="policy",
        kind=Text('"may-tap"', choices=tuple(policy.value for policy in Policy)),
        required=True,
        meaning="what the site allows",
    ),
    Field(key="source", inner="source", kind=Text('"..."'), required=True, meaning="where it comes from"),
    Field(key="like", inner="like", kind=Text('"hospital"'), meaning="what is left out is as there"),
    Field(
        key="hand",
        inner="hand",
        kind=Text('"caregiver"', choices=("caregiver", "nurse")),
        meaning="who follows it",
    ),
    Field(key="reprime", inner="reprime_ml", kind=VOLUME, meaning="what a re-prime takes"),
    Field(
        key="calls",
        inner="calls_count",
        kind=Integer("3", 1, 100),
        meaning="how often nobody answers before the way leads to hospital",
    ),
)
_TASKS: Final = ListOf(Text('"silence"', choices=tuple(TASKS)), 1)
_WHEN: Final = (
    Field(
        key="alarm",
        inner="alarm",
        kind=Text('"AIR_IN_LINE"', choices=(*ALARM_BY_CODE, *ANY_PRIORITY)),
        required=True,
        meaning="which alarm",
    ),
    Field(key="then", inner="then", kind=_TASKS, required=True, meaning="what to do"),
    Field(key="second", inner="second", kind=_TASKS, meaning="what to do when it comes again"),
    Field(key="within", inner="within_s", kind=TIME, meaning="within which time that counts"),
)
_RULES: Final = {"when": "rules", "nurse": "visits"}


# ---------------------------------------------------------------- reading


def _read(document: Mapping[str, Any], faults: FaultList) -> Procedure | None:
    known = (*(field.key for field in _TOP), *_FIGURES, *_RULES)
    for key in document:
        if key not in known:
            faults.add((key,), f"{shorten(key)} is not known here", did_you_mean(key, known))
    top = read_fields(
        {field.key: document[field.key] for field in _TOP if field.key in document}, _TOP, (), faults
    )
    if top.pop("schema", SCHEMA) > SCHEMA:
        faults.add(("schema",), f"this program reads schema {SCHEMA}", "use a newer version of the program")
        return None
    base = _base(top.pop("like", None), faults)
    figures = {figure.name: figure for figure in (base.figures if base else ())}
    numbers = {table: _numbers(table, document, figures, faults) for table in _FIGURES}
    rules = {inner: _rules(key, document, faults) for key, inner in _RULES.items() if key in document}
    if faults.faults:
        return None
    procedure = Procedure(
        **{
            **(_taken_over(base) if base else {}),
            **top,
            **rules,
            "policy": Policy(top["policy"]),
            "chances": replace(base.chances if base else Chances(), **numbers["chances"]),
            "times": replace(base.times if base else Times(), **numbers["times"]),
            "figures": tuple(figures.values()),
        }
    )
    _note_forbidden(procedure, faults)
    return procedure


def _base(name: str | None, faults: FaultList) -> Procedure | None:
    if name is None:
        return None
    if name not in procedure_names():
        faults.add(("like",), f"{shorten(name)} is no procedure", did_you_mean(name, procedure_names()))
        return None
    return load_procedure(name)


def _taken_over(base: Procedure) -> dict[str, Any]:
    return {name: getattr(base, name) for name in ("hand", "rules", "visits", "reprime_ml", "calls_count")}


def _numbers(
    table: str, document: Mapping[str, Any], figures: dict[str, Figure], faults: FaultList
) -> dict[str, float]:
    given = document.get(table, {})
    if not isinstance(given, dict):
        faults.add((table,), f"{table} is no table", f"write [{table}] on a line of its own")
        return {}
    numbers = {}
    for name, value in read_fields(given, _FIGURES[table], (table,), faults).items():
        if isinstance(value, tuple):
            numbers[name], source, certainty = value
            figures[name] = Figure(name, source, certainty)
        else:
            numbers[name] = value
    return numbers


def _rules(key: str, document: Mapping[str, Any], faults: FaultList) -> tuple[When, ...]:
    tables = document[key]
    if not isinstance(tables, list):
        faults.add((key,), f"{key} is no list of tables", f"write [[{key}]] with two brackets")
        return ()
    rules: list[When] = []
    for index, table in enumerate(tables):
        path: KeyPath = (key, index)
        if not isinstance(table, dict):
            faults.add(path, f"{shorten(table)} is no table", f"write [[{key}]] and its keys below")
            continue
        values = read_fields(table, _WHEN, path, faults)
        if "alarm" not in values or "then" not in values:
            continue
        if any(rule.alarm == values["alarm"] for rule in rules):
            faults.add((*path, "alarm"), f"{values['alarm']} has a rule already", "write one rule for it")
        rules.append(When(**values))
    return tuple(rules)


# ---------------------------------------------------------------- what must not be


def _note_forbidden(procedure: Procedure, faults: FaultList) -> None:
    if (procedure.policy is Policy.STAFF) is not (procedure.hand == "nurse"):
        faults.add(
            ("policy",),
            f"policy {procedure.policy.value} is not for the {procedure.hand}",
            'write policy = "staff" and hand = "nurse" together, or neither',
        )
        return
    if procedure.policy is Policy.STAFF:
        return
    for index, rule in enumerate(procedure.rules):
        for part, names in (("then", rule.then), ("second", rule.second)):
            for name in names:
                _note_task(name, procedure, ("when", index, part), faults)


def _note_task(name: str, procedure: Procedure, path: KeyPath, faults: FaultList) -> None:
    if TASKS[name].staff:
        faults.add(
            path, f"{name} is for trained staff", 'let the rule say "call_nurse", and put it to [[nurse]]'
        )
    elif TASKS[name].repairs and procedure.policy is Policy.CALL_ONLY:
        remedy = 'leave it out, or write policy = "may-tap" where the site allows it'
        faults.add(path, f"{name} is forbidden by the policy {procedure.policy.value}", remedy)
    elif name == "call_nurse" and not procedure.visits:
        faults.add(path, "there is nobody to call", "add [[nurse]] rules for the one who comes")
