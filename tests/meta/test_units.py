"""Every number says its unit: parameters of public functions and fields of data classes."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

import pytest

from tests.meta.repository import python_files, shown

ROOMS: Final = ("pump", "sim", "drivers", "scenarios")

UNITS: Final = frozenset(
    {
        *("ml", "ul", "nl", "l"),
        *("s", "ms", "min", "h", "d", "hz"),
        *("mmhg", "kpa"),
        *("ug", "pg"),
        *("cm", "mm", "m2"),
        *("kg", "n"),
        *("c", "v", "ma", "mah", "db"),
        *("baud", "bits"),
        *("frac", "count", "index", "no", "number", "seq", "code"),  # without a dimension, and saying so
    }
)
"""What the last word of a name may be. A compound unit ends in one of them: `_ml_h`, `_ul_mmhg`, `_per_h`."""

UNITLESS: Final = {
    "seed": "names a stream of chance",
    "schema": "the version of a file format",
    "line": "the number of a line in a file",
    "byte": "eight bits of a line, which the language happens to write as a number",
    "level": "in the unit of whatever reading or function is to reach it",
    "hysteresis": "in the unit of the level that it stands beside",
}

ANY_UNIT: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "scenarios/quantities.py": {
            "lowest": "in the inner unit of the dimension that it bounds",
            "highest": "likewise",
        },
        "scenarios/fields.py": {
            "lowest": "of a field that has no unit, or in the field's inner unit",
            "highest": "likewise",
            "inner": "in the field's inner unit, by its name",
        },
        "pump/keypad.py": {
            "per_unit": "how many inner units one shown unit is",
            "step": "in the unit of the field being edited",
            "low": "likewise",
            "high": "likewise",
            "value": "likewise",
        },
        "sim/world/params.py": {"default": "in the unit that the parameter's name ends with"},
        "drivers/dialects/ambupump/payload.py": {
            "numbers": "the fields of a payload, each in its own unit",
            "quantity": "in the unit of which a step is the given part",
        },
        "drivers/dialects/miva/records.py": {
            "first": "in mL or V, by the type of the record",
            "second": "likewise",
        },
        "drivers/dialects/new_era/phases.py": {
            "keyed_rate": "in the unit that stands beside it, as it was keyed",
            "keyed_volume": "in the unit that stands in the table",
        },
        "drivers/dialects/new_era/tables.py": {
            "value": "in whatever unit is written behind it, or in that of the limits",
        },
        "sim/plant/flow.py": {"target": "in the unit of the function that is to reach it"},
    }
)
"""Files that handle numbers of any unit: name and reason."""

BARE: Final = frozenset({"rate", "volume", "time", "pressure", "duration"})
"""Names that never hold a number, in public or in private: they hide the unit that matters."""

NUMERIC: Final = frozenset({"float", "int", "Decimal"})
WRAPPERS: Final = frozenset({"Final", "ClassVar", "Annotated", "Optional", "Required", "NotRequired"})


def named(node: ast.expr) -> str:
    """The last part of a dotted name, or an empty text."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Call(func=func):
            return named(func)
        case _:
            return ""


def is_numeric(annotation: ast.expr | None) -> bool:
    """Whether an annotation is a number or nothing: `float`, `int | None`, `Final[float]`, `"float"`."""
    match annotation:
        case ast.Constant(value=str(text)):
            return is_numeric(ast.parse(text, mode="eval").body)
        case ast.Subscript(value=wrapper, slice=inner) if named(wrapper) in WRAPPERS:
            return is_numeric(inner.elts[0] if isinstance(inner, ast.Tuple) else inner)
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            sides = [side for side in (left, right) if not is_none(side)]
            return bool(sides) and all(is_numeric(side) for side in sides)
        case ast.Name() | ast.Attribute():
            return named(annotation) in NUMERIC
        case _:
            return False


def is_none(node: ast.expr) -> bool:
    """Whether a member of a union is None."""
    return isinstance(node, ast.Constant) and node.value is None


def has_unit(name: str) -> bool:
    """Whether a name ends in its unit, or needs none."""
    return name in UNITLESS or name.lower().rsplit("_", 1)[-1] in UNITS


def is_record(node: ast.ClassDef) -> bool:
    """Whether a class is a data class or a named tuple."""
    return any(named(item) == "dataclass" for item in node.decorator_list) or any(
        named(base) == "NamedTuple" for base in node.bases
    )


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.arg]:
    """All parameters of a function."""
    given = function.args
    starred = [argument for argument in (given.vararg, given.kwarg) if argument]
    return [*given.posonlyargs, *given.args, *given.kwonlyargs, *starred]


def public_numbers(body: list[ast.stmt], *, record: bool = False) -> Iterator[tuple[int, str]]:
    """Line and name of every number in a public signature or a data class."""
    for node in body:
        match node:
            case ast.ClassDef(name=name) if not name.startswith("_"):
                yield from public_numbers(node.body, record=is_record(node))
            case ast.FunctionDef() | ast.AsyncFunctionDef() if (
                not node.name.startswith("_") or node.name == "__init__"
            ):
                for argument in parameters(node):
                    if is_numeric(argument.annotation):
                        yield argument.lineno, argument.arg
            case ast.AnnAssign(target=ast.Name(id=name)) if record and is_numeric(node.annotation):
                yield node.lineno, name
            case _:
                pass


def bare_numbers(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and name of every number, however private, that has one of the bare names."""
    for node in ast.walk(tree):
        match node:
            case ast.arg(arg=name, annotation=annotation) if name in BARE and is_numeric(annotation):
                yield node.lineno, name
            case ast.AnnAssign(target=ast.Name(id=name)) if name in BARE and is_numeric(node.annotation):
                yield node.lineno, name
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=float() | int())) if (
                name in BARE
            ):
                yield node.lineno, name
            case _:
                pass


def unit_faults(source: str) -> list[tuple[int, str]]:
    """Line and name of every number in a source text that does not say its unit."""
    tree = ast.parse(source)
    missing = {(line, name) for line, name in public_numbers(tree.body) if not has_unit(name)}
    return sorted(missing | set(bare_numbers(tree)))


def test_every_public_number_ends_in_its_unit() -> None:
    files = python_files(*ROOMS)
    assert files
    found = [
        (shown(path), line, name)
        for path in files
        for line, name in unit_faults(path.read_text(encoding="utf-8"))
    ]
    faults = [f"{place}:{line}: {name}" for place, line, name in found if name not in ANY_UNIT.get(place, {})]
    assert not faults, "numbers without a unit:\n" + "\n".join(faults)
    used = {(place, name) for place, _, name in found}
    unused = [
        (place, name) for place, names in ANY_UNIT.items() for name in names if (place, name) not in used
    ]
    assert not unused, "no longer needed in ANY_UNIT"


def test_the_rooms_hold_numbers_to_look_at() -> None:
    found = [
        name
        for path in python_files(*ROOMS)
        for _, name in public_numbers(ast.parse(path.read_text(encoding="utf-8")).body)
    ]
    assert "t_s" in found
    assert any(name.endswith("_ml") for name in found)


@pytest.mark.parametrize(
    "source",
    [
        "def flow(rate: float): ...",
        "def flow(speed: int | None): ...",
        "def flow(*, speed: 'float'): ...",
        "def flow(*speeds: float): ...",
        "async def flow(speed: float): ...",
        "class Pump:\n    def push(self, amount: None | float): ...",
        "class Pump:\n    def __init__(self, amount: float): ...",
        "@dataclass\nclass Bag:\n    fill: float = 110.0",
        "@dataclass(frozen=True)\nclass Bag:\n    fill: Optional[Decimal] = None",
        "@dataclasses.dataclass(frozen=True)\nclass Bag:\n    fill: ClassVar[float] = 1.0",
        "class Bag(NamedTuple):\n    fill: float",
        "class Outer:\n    @dataclass\n    class Bag:\n        fill: int",
        "def _private(volume: float): ...",
        "def f():\n    pressure: float = f()",
        "duration = 3.0",
    ],
)
def test_a_number_without_a_unit_is_found(source: str) -> None:
    assert len(unit_faults(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "def flow(rate_ml_h: float, t_s: float, seed: int, next_seq: int, mdc_code: int): ...",
        "def flow(c_up_ul_mmhg: float, resistance_mmhg_h_ml: float | None, k_per_h: float): ...",
        "def flow(name: str, rate: Rate, on: bool, values: tuple[float, ...]): ...",
        "def flow(value: str | float): ...",
        "def _private(amount: float): ...",
        "class _Private:\n    def push(self, amount: float): ...",
        "class Plain:\n    amount: float",
        "@dataclass\nclass Bag:\n    fill_ml: float = 110.0\n    label: str = ''",
        "rate = parse('0.6 mL/h')",
    ],
)
def test_what_says_its_unit_is_left_alone(source: str) -> None:
    assert unit_faults(source) == []
