"""The models and the JSON Schema come from the reader's tables: both accept the same files."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from scenarios.faults import FaultList
from scenarios.loader import LIBRARY, ScenarioError, library_names, loads
from scenarios.schema import json_schema, model
from scenarios.tables import TABLES
from scenarios.toml import toml_document
from scenarios.verbs import VERBS, read_step

SCHEMA = json_schema()


def accepted(document: dict[str, Any]) -> bool:
    try:
        model().model_validate(document)
    except ValidationError:
        return False
    return True


def test_every_verb_and_table_is_in_the_json_schema() -> None:
    steps = {name for name in SCHEMA["$defs"] if name.startswith("Step_")}
    assert steps == {f"Step_{name}" for name in VERBS}
    assert set(TABLES) <= set(SCHEMA["properties"])
    prime = SCHEMA["$defs"]["Step_prime"]
    assert set(prime["required"]) == {"at", "do", "volume"}
    assert prime["properties"]["do"]["const"] == "prime"
    assert prime["additionalProperties"] is False
    assert SCHEMA["properties"]["schema"]["const"] == 1


@pytest.mark.parametrize("name", library_names())
def test_accepts_the_library(name: str) -> None:
    assert accepted(tomllib.loads((LIBRARY / f"{name}.toml").read_text(encoding="utf-8")))


JUNK = st.sampled_from(
    [1, 1.5, True, "", "x", "3 mL", "0,6 mL/h", "7 d", "0.6 mL/h", [], ["1 h", "2 h"], {}, "LL1"]
)
BASE = LIBRARY / "day7-shortfall-after-two-reprimes.toml"


BEYOND_SHAPE = (
    "can be set up so",
    "after the end",
    "no profile",
    "more than the bag",
    "nothing could ever come out",
    "before the pump",
    "is above max",
    "has no limit",
    "ends before it begins",
)
"""What only the reader can know: parts that contradict each other, or a file that is not there."""


def shape_faults(text: str) -> list[str]:
    try:
        loads(text)
    except ScenarioError as error:
        return [
            str(fault) for fault in error.faults if not any(known in str(fault) for known in BEYOND_SHAPE)
        ]
    return []


def places(document: dict[str, Any]) -> list[tuple[dict[str, Any], str]]:
    """Every key of the document, with the table that holds it."""
    found = [(document, key) for key in document]
    for value in document.values():
        for table in value if isinstance(value, list) else [value]:
            if isinstance(table, dict):
                found += places(table)
    return found


@pytest.mark.parametrize("version", [True, False, 1.0, 0, 2, "1", None])
def test_reader_and_models_take_no_version_but_1(version: object) -> None:
    document = tomllib.loads(BASE.read_text(encoding="utf-8"))
    assert accepted(document)
    del document["schema"]
    if version is not None:
        document["schema"] = version
    assert not accepted(document)
    assert shape_faults(toml_document(document))


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_reader_and_models_agree_on_a_file_with_one_thing_changed(data: st.DataObject) -> None:
    document = tomllib.loads(BASE.read_text(encoding="utf-8"))
    table, key = data.draw(st.sampled_from(places(document)))
    match data.draw(st.sampled_from(["junk", "gone", "renamed"])):
        case "junk":
            table[key] = data.draw(JUNK)
        case "gone":
            del table[key]
        case _:
            table[f"{key}x"] = table.pop(key)
    assert accepted(document) == (not shape_faults(toml_document(document)))


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_is_accepted_by_both_and_refused_by_both_with_a_strange_key(name: str) -> None:
    verb = VERBS[name]
    needed = {
        field.key: tomllib.loads(f"v = {field.kind.sample}")["v"] for field in verb.fields if field.required
    }
    base = tomllib.loads(BASE.read_text(encoding="utf-8"))
    for extra, good in (({}, True), ({"strange": 1}, False)):
        step = {"do": name, **needed, **extra}
        faults = FaultList("")
        read_step(step, ("step", 0), faults)
        assert (not faults.faults) == good
        assert accepted({**base, "step": [step]}) == good
