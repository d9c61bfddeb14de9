"""The pump core, the plant and the bench know no clock, no chance, no host and no file."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Final

import pytest

from tests.meta.repository import ROOT, python_files, shown

PURE: Final = ("pump", "sim/plant", "sim/bench.py")

IMPURE: Final = frozenset(
    {
        *("time", "datetime", "sched", "random", "secrets", "uuid"),  # clocks and chance
        *("asyncio", "threading", "_thread", "multiprocessing", "concurrent", "queue", "signal"),  # hosts
        *("subprocess", "socket", "select", "selectors", "ssl", "ctypes", "platform", "locale"),  # machines
        *("os", "io", "pathlib", "shutil", "tempfile", "glob", "fileinput", "sqlite3"),  # files
        *("logging", "importlib"),
    }
)
"""Of the standard library. Third parties are refused by not being named in `THIRD_PARTIES`."""

THIRD_PARTIES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {"pump": frozenset({"pump", "transitions"}), "sim": frozenset({"pump", "sim"})}
)

EXCUSED: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {"pump/profiles/__init__.py": frozenset({"pathlib", "importlib"})}  # the one file that reads profiles
)

HOST_CALLS: Final = frozenset({"open", "input", "print", "breakpoint", "__import__", "exec", "eval"})

MUTABLE_CALLS: Final = frozenset(
    {"list", "dict", "set", "bytearray", "defaultdict", "deque", "Counter", "OrderedDict"}
)


def imported(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and top name of every absolute import, wherever in the file it stands."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, name.name.split(".")[0]) for name in names)
            case ast.ImportFrom(level=0, module=str(module)):
                yield node.lineno, module.split(".")[0]
            case _:
                pass


def is_mutable(value: ast.expr | None) -> bool:
    """Whether an expression makes a list, a dict, a set or one of their kin."""
    match value:
        case ast.List() | ast.Dict() | ast.Set() | ast.ListComp() | ast.DictComp() | ast.SetComp():
            return True
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in MUTABLE_CALLS
        case _:
            return False


def is_final(annotation: ast.expr) -> bool:
    """Whether an annotation is `Final` or `Final[...]`."""
    match annotation:
        case ast.Subscript(value=inner):
            return is_final(inner)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name == "Final"
        case _:
            return False


def module_state(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and words for what a module could remember between two runs."""
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="__all__")]):
                pass
            case ast.Assign(value=value) if is_mutable(value):
                yield node.lineno, "mutable module state"
            case ast.AnnAssign(value=value, annotation=annotation) if is_mutable(value) and not is_final(
                annotation
            ):
                yield node.lineno, "mutable module state"
            case _:
                pass
    for inner in ast.walk(tree):
        if isinstance(inner, ast.Global):
            yield inner.lineno, "global"


def purity_faults(place: str, source: str) -> list[str]:
    """What is impure in a source text that stands at `place` in the repository."""
    tree = ast.parse(source)
    allowed = (
        (sys.stdlib_module_names - IMPURE)
        | THIRD_PARTIES[PurePosixPath(place).parts[0]]
        | EXCUSED.get(place, frozenset())
    )
    found = [(line, f"import {name}") for line, name in imported(tree) if name not in allowed]
    found += [
        (node.lineno, f"{node.func.id}()")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in HOST_CALLS
    ]
    found += module_state(tree)
    return [f"{place}:{line}: {words}" for line, words in sorted(found)]


def test_the_pure_rooms_are_pure() -> None:
    files = [path for place in PURE if (ROOT / place).exists() for path in python_files(place)]
    assert {shown(path).split("/")[0] for path in files} == {"pump", "sim"}
    faults = [
        fault for path in files for fault in purity_faults(shown(path), path.read_text(encoding="utf-8"))
    ]
    assert not faults, "not pure:\n" + "\n".join(faults)


@pytest.mark.parametrize(
    ("place", "source"),
    [
        ("pump/core.py", "import time"),
        ("pump/core.py", "import os.path"),
        ("pump/core.py", "from datetime import timedelta"),
        ("pump/core.py", "import numpy as np"),
        ("pump/core.py", "import simpy"),
        ("pump/core.py", "from sim.bench import Bench"),
        ("pump/core.py", "def f():\n    import random"),
        ("pump/core.py", "def f():\n    print('x')"),
        ("pump/core.py", "from pathlib import Path"),
        ("pump/profiles/__init__.py", "import time"),
        ("pump/core.py", "CACHE = {}"),
        ("pump/core.py", "CACHE: dict[str, int] = {}"),
        ("pump/core.py", "SEEN = [x for x in range(3)]"),
        ("pump/core.py", "SEEN = collections.deque()"),
        ("pump/core.py", "def f():\n    global n"),
        ("sim/plant/fluids.py", "import transitions"),
        ("sim/bench.py", "from simpy import Environment"),
    ],
)
def test_what_is_impure_is_found(place: str, source: str) -> None:
    assert len(purity_faults(place, source)) == 1


@pytest.mark.parametrize(
    ("place", "source"),
    [
        (
            "pump/core.py",
            "from transitions import Machine\nimport math\nfrom pump import events\nfrom . import x",
        ),
        ("pump/profiles/__init__.py", "from importlib import resources\nfrom pathlib import Path"),
        ("sim/plant/fluids.py", "from pump.seam import Watch\nfrom sim.events import Event"),
        ("pump/core.py", "TABLE: Final = {}\nOTHER: Final[Mapping[str, int]] = {}\nT = (1, 2)"),
        ("pump/core.py", "TABLE = MappingProxyType({})\nNAMES = frozenset({1})\n__all__ = ['x']"),
        ("pump/core.py", "def f():\n    found = []\n    return found"),
    ],
)
def test_what_is_pure_is_left_alone(place: str, source: str) -> None:
    assert purity_faults(place, source) == []
