"""The start page: what can be begun."""

from __future__ import annotations

from collections.abc import Sequence

from console.trainer.pages import render
from console.trainer.store import Kept
from scenarios.loader import library


def start_page(kept: Sequence[Kept]) -> str:
    """Give the start page, with the runs that were kept."""
    return render("start.html.j2", here="/", kept=kept, library=library())
