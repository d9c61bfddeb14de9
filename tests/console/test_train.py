"""`ambupump train` where the trainer's own third parties are not installed."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.meta.repository import settings

EXTRA = [re.split(r"[<>=]", each)[0] for each in settings()["project"]["optional-dependencies"]["trainer"]]

WITHOUT = """
import sys
sys.modules[{name!r}] = None
from console.cli import run
sys.exit(run(["train", "--port", "0"]))
"""


@pytest.mark.parametrize("name", EXTRA)
def test_what_is_not_installed_is_named_with_what_helps(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT.format(name=name)], capture_output=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"ambupump: the trainer needs {name}: pip install 'ambupump[trainer]'\n"


def test_everything_can_be_had_at_once() -> None:
    extras = settings()["project"]["optional-dependencies"]
    assert extras["all"] == [f"ambupump[{','.join(sorted(set(extras) - {'all'}))}]"]
