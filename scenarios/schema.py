"""The scenario schema as pydantic models and as JSON Schema, for editors and for other programs.

The models are built from the tables that the reader follows, so that there is one list of keys. They
know shape and quantities; what contradicts what is the reader's. Importing this module takes pydantic,
which is why nothing on the way of a replay does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from types import GenericAlias
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema, create_model
from pydantic import Field as ModelField
from pydantic.json_schema import JsonSchemaValue

from scenarios.expectations import ALARM, EVENT, MODE, NO_ALARM, QUANTITIES, REFUSED, quantity_fields
from scenarios.fields import Field, Flag, Integer, Kind, ListOf, Name, Pairs, Text, TimeOfDay
from scenarios.quantities import DIMENSIONS, Dimension, dimension_of
from scenarios.tables import SCHEMA, TABLES, TOP
from scenarios.verbs import VERBS, Verb

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


@cache
def model() -> type[BaseModel]:
    """Return the model of a whole scenario file."""
    steps = tuple(_step_model(verb) for verb in VERBS.values())
    tables: dict[str, Any] = {
        name: (_model(name.title(), table.fields), ...)
        if table.required
        else (_model(name.title(), table.fields), ModelField(None, description=table.meaning))
        for name, table in TABLES.items()
    }
    step, expect = _union(steps), _union(_expectation_models())
    lists: dict[str, Any] = {
        "step": (GenericAlias(list, (Annotated[step, ModelField(discriminator="do")],)), ModelField([])),
        "expect": (GenericAlias(list, (expect,)), ModelField([])),
    }
    top = {field.key: _model_field(field) for field in TOP if field.key != "schema"}
    # A literal would take true for 1, as Python does.
    words = {"const": SCHEMA, "description": f"always {SCHEMA}", "type": "integer"}
    version = Annotated[int, ModelField(alias="schema", ge=SCHEMA, le=SCHEMA), WithJsonSchema(words)]
    return create_model("Scenario", __base__=_Strict, schema_=(version, ...), **top, **tables, **lists)


def json_schema() -> JsonSchemaValue:
    """Return the JSON Schema of a scenario file, every verb and its parameters included."""
    schema = _without_noise(model().model_json_schema(by_alias=True))
    return {"$schema": DIALECT, **schema}


def _without_noise(schema: Any) -> Any:  # noqa: ANN401 - any part of a JSON document
    """Leave out titles, which repeat the keys, and the null that stands for a key left out."""
    if isinstance(schema, list):
        return [_without_noise(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _without_noise(item)
        for key, item in schema.items()
        if not (key == "title" and isinstance(item, str)) and not (key == "default" and item is None)
    }


def _union(models: tuple[type[BaseModel], ...]) -> Any:  # noqa: ANN401 - a type made at run time
    union: Any = models[0]
    for each in models[1:]:
        union |= each
    return union


def _step_model(verb: Verb) -> type[BaseModel]:
    do: dict[str, Any] = {"do": (Literal[verb.name], ModelField(description=verb.meaning))}
    return _model(f"Step_{verb.name}", verb.fields, verb.meaning, **do)


def _expectation_models() -> tuple[type[BaseModel], ...]:
    plain = {"Alarm": ALARM, "NoAlarm": NO_ALARM, "Event": EVENT, "Refused": REFUSED, "Mode": MODE}
    numbers = []
    for dimension in DIMENSIONS:
        names = tuple(name for name in QUANTITIES if dimension_of(name) is dimension)
        if names:
            kind = Text(f'"{names[0]}"', choices=names)
            fields = tuple(
                replace(field, kind=kind) if field.key == "quantity" else field
                for field in quantity_fields(dimension)
            )
            numbers.append(_model(f"Expect_{dimension.name.replace(' ', '_')}{dimension.ending}", fields))
    return (*(_model(f"Expect{name}", fields) for name, fields in plain.items()), *numbers)


def _model(name: str, fields: Iterable[Field], meaning: str = "", **more: Any) -> type[BaseModel]:
    return create_model(
        name,
        __base__=_Strict,
        __doc__=meaning or None,
        **more,
        **{field.key: _model_field(field) for field in fields},
    )


def _model_field(field: Field) -> Any:  # noqa: ANN401 - pydantic's (type, default) pair
    words = f"{field.meaning}; default: {field.default}" if field.default else field.meaning
    kind = Annotated[
        Any,
        BeforeValidator(field.kind.read),
        WithJsonSchema({**kind_schema(field.kind), "description": words}),
    ]
    return (kind, ... if field.required else None)


def kind_schema(kind: Kind[Any]) -> JsonSchemaValue:
    """Return the JSON Schema of one kind of value."""
    match kind:
        case Dimension(bare=True):
            number = {"type": "number", "minimum": kind.lowest, "maximum": kind.highest}
            percent = [{"type": "string", "pattern": r"^\s*[0-9.]+\s*%?\s*$"}] if kind.units else []
            return {"anyOf": [number, *percent], "examples": [_example(kind)]}
        case Dimension():
            return {"type": "string", "examples": [kind.example]}
        case Text(choices=choices) if choices:
            return {"type": "string", "enum": list(choices)}
        case Text():
            return {"type": "string", "maxLength": kind.most_count}
        case Name():
            return {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]*$", "maxLength": kind.most_count}
        case Flag():
            return {"type": "boolean"}
        case Integer():
            return {"type": "integer", "minimum": kind.lowest, "maximum": kind.highest}
        case TimeOfDay():
            return {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"}
        case ListOf():
            bounds = {"minItems": kind.least_count, "maxItems": kind.most_count}
            return {"type": "array", "items": kind_schema(kind.kind), **bounds}
        case Pairs():
            names = {"propertyNames": {"enum": list(kind.names)}} if kind.names else {}
            return {"type": "object", "additionalProperties": {"type": "string"}, **names}
        case _:
            raise TypeError(f"no schema for {kind}")


def _example(kind: Dimension) -> float:
    return kind.read(kind.example)
