"""An emulator in a process of its own, as users have it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE_S = 20.0


@contextmanager
def emulating(*arguments: str, dialect: str = "ambupump") -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process and the URL that it says it is ready at; killed in the end, if need be."""
    with subprocess.Popen(
        [sys.executable, "-m", "console", "emulate", dialect, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            ready = process.stdout.readline()
            assert ready.startswith("ready: "), process.communicate(timeout=PATIENCE_S)
            yield process, ready.removeprefix("ready: ").strip()
        finally:
            process.kill()


def ended(process: subprocess.Popen[str], by: signal.Signals) -> tuple[int, str]:
    """Exit code and what was said to people."""
    process.send_signal(by)
    _, said = process.communicate(timeout=PATIENCE_S)
    return process.returncode, said
