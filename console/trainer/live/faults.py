"""Faults of the program itself in what lives on the loop: told in a line, and everybody else goes on."""

from __future__ import annotations

import asyncio
import os
import traceback

from console.errors import TRACEBACK_SWITCH, unexpected
from console.places import tell


def say_fault(error: BaseException, where: str) -> str:
    """Say on standard error that something unexpected happened; returns the line."""
    line = unexpected(error, where)
    tell(line)
    if os.environ.get(TRACEBACK_SWITCH):
        traceback.print_exception(error)
    return line


def heard(task: asyncio.Task[None]) -> None:
    """Let a task that ends by a fault be heard of; use it as the task's callback."""
    error = None if task.cancelled() else task.exception()
    if error is not None:
        say_fault(error, task.get_name())
