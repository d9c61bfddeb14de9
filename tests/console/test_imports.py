"""What is slow to import is imported only where it is needed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.console.samples import DAY7

HEAVY = frozenset({"numpy", "matplotlib", "rich", "pydantic", "pydantic_core", "jinja2", "markupsafe", "PIL"})
SIMULATOR = frozenset({"simpy", "transitions", "pump", "sim", "scenarios"})

SPY = """\
import json, sys
from console.cli import run
code = run(sys.argv[1:])
print(json.dumps([code, sorted({name.split(".")[0] for name in sys.modules})]), file=sys.stderr)
"""


def imported_by(folder: Path, *arguments: str) -> tuple[int, set[str]]:
    """Exit code and top modules of a command."""
    done = subprocess.run(
        [sys.executable, "-c", SPY, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    code, names = json.loads(done.stderr.splitlines()[-1])
    return code, set(names)


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [("replay", DAY7), ("replay", DAY7, "--json"), ("check", DAY7), ("list",), ("profiles",)],
    ids=" ".join,
)
def test_plain_commands_import_nothing_heavy(arguments: tuple[str, ...], tmp_path: Path) -> None:
    code, names = imported_by(tmp_path, *arguments)
    assert code == 0
    assert not names & HEAVY


@pytest.mark.parametrize("arguments", [("--help",), ("replay", "--help"), ("no-such-command",)], ids=" ".join)
def test_help_imports_nothing_but_click(arguments: tuple[str, ...], tmp_path: Path) -> None:
    _, names = imported_by(tmp_path, *arguments)
    assert "click" in names
    assert not names & (HEAVY | SIMULATOR)


def test_the_spy_sees_what_is_imported(tmp_path: Path) -> None:
    _, names = imported_by(tmp_path, "schema")
    assert {"pydantic", "scenarios"} <= names
