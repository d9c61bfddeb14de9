"""Typing at a prompt of `prompt.py`, with a limit for every answer."""

from __future__ import annotations

import ast
import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.meta.repository import ROOT

LIMIT_S = 20.0


class RaisedError(Exception):
    """The foreign program raised something."""


class Prompt:
    """A prompt that runs; `line` is one that is typed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def __call__(self, line: str) -> object:
        """Type a line; gives the value that came of it, or how Python writes it where it is no literal."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(line + "\n")
        stdin.flush()
        ready, _, _ = select.select((stdout,), (), (), LIMIT_S)
        assert ready, f"no answer to {line!r} within {LIMIT_S:g} s"
        answer = json.loads(stdout.readline())
        if "raised" in answer:
            raise RaisedError(answer["raised"])
        try:
            value: object = ast.literal_eval(answer["came"])
        except (ValueError, SyntaxError):
            return str(answer["came"])
        return value


@contextmanager
def prompt(folder: Path) -> Iterator[Prompt]:
    """Run a prompt in `folder`."""
    with (
        (folder / "printed.txt").open("w") as printed,
        subprocess.Popen(
            [sys.executable, "-m", "tests.drivers.independent.prompt"],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=printed,
            text=True,
        ) as process,
    ):
        try:
            yield Prompt(process)
        finally:
            process.kill()
