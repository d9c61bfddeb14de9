"""Whole processes: what somebody waits for who types a command, against a bare interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Final

from bench.table import Row
from bench.timing import Work, paired

ROUNDS_COUNT: Final = 15
REPLAYED: Final = "day7-shortfall-after-two-reprimes"


def process(*arguments: str) -> Work:
    """One process from start to end, its output thrown away, with modules compiled by an earlier one."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return lambda: subprocess.run(arguments, stdout=subprocess.DEVNULL, env=environment, check=True)


def rows() -> Iterator[Row]:
    """The rows of this file."""
    bare = process(sys.executable, "-c", "pass")
    program = str(Path(sys.executable).with_name("ambupump"))
    for name, arguments, first, then in (
        ("ambupump --help against a bare interpreter", ("--help",), 6, 6),
        ("a plain replay against a bare interpreter", ("replay", REPLAYED), 16, 12),
    ):
        ratio_frac = paired(process(program, *arguments), bare, ROUNDS_COUNT, perf_counter).ratio_frac
        yield Row(name=name, found=ratio_frac, unit="times", first=first, then=then)
