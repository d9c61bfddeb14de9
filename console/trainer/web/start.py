"""The start page: what can be begun, and what was begun last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from console.trainer.kept.store import Kept
from console.trainer.lessons import lesson, lesson_ids
from console.trainer.pages import render
from scenarios.loader import library

SHOWN_COUNT: Final = 8
"""So many runs are on the start page; all are on a page of their own."""


def start_page(kept: Sequence[Kept]) -> str:
    """Return the start page, with the last of the runs that are kept, the newest first."""
    return render(
        "start.html.j2",
        here="/",
        lessons=[lesson(name) for name in lesson_ids()],
        library=library(),
        runs=kept[:SHOWN_COUNT],
    )
