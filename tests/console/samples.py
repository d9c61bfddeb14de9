"""Scenarios for the console's tests, and the two ways to run the program."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

DAY7: Final = "day7-shortfall-after-two-reprimes"

KINK: Final = """\
schema = 1
id = "kink"
title = "A kink for an hour"
seed = 3
until = "6 h"
[order]
rate = "0.6 mL/h"
duration = "7 d"
dose = "196 ug"
[[step]]
at = "0 s"
do = "prime"
volume = "3 mL"
[[step]]
at = "10 min"
do = "start"
[[step]]
at = "2 h"
do = "kink"
where = "downstream"
[[step]]
at = "3 h"
do = "unkink"
where = "downstream"
"""
"""At 0.6 mL/h and 525 mmHg the alarm comes 0.0008 x (525 - 10.18) / 0.6 h = 41 min 11.136 s later."""

KINK_ALARM_S: Final = 7200.0 + 0.0008 * (525.0 - 10.0 - 0.3 * 0.6) / 0.6 * 3600.0

FAILS: Final = (
    KINK
    + """\
[[expect]]
alarm = "OCCLUSION_DOWNSTREAM"
[[expect]]
alarm = "AIR_IN_LINE"
"""
)
"""The second expectation is not met: there is no air."""


def written(folder: Path, text: str, name: str = "scenario.toml") -> str:
    """Write a file and return its path as a person would type it."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def program(
    *arguments: str, folder: Path, variables: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run the program in a process of its own, in `folder`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST_"))}
    return subprocess.run(
        [sys.executable, "-m", "console", *arguments],
        cwd=folder,
        env=kept | (variables or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )
