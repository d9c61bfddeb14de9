"""The start page: what can be begun, and what was begun last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from console.trainer.kept.store import Kept
from console.trainer.lessons import lesson, lesson_ids
from console.trainer.pages import render
from console.words import moment
from scenarios.loader import library

SHOWN_COUNT: Final = 8
"""So many runs are on the start page; all are on a page of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A run that was begun, as the start page tells it."""

    id: str
    title: str
    trainee: str
    branch: str
    begun: str
    reached: str
    is_over: bool

    @property
    def go(self) -> str:
        """Where one goes on with it."""
        return f"/run/{self.id}/{'debrief' if self.is_over else 'instructor'}"


def start_page(kept: Sequence[Kept]) -> str:
    """Return the start page, with the last of the runs that are kept."""
    return render(
        "start.html.j2",
        here="/",
        lessons=[lesson(name) for name in lesson_ids()],
        library=library(),
        runs=[_begun(each) for each in kept[:SHOWN_COUNT]],
    )


def _begun(kept: Kept) -> Begun:
    origin = kept.origin
    return Begun(
        id=origin.run_id,
        title=origin.title,
        trainee=origin.trainee,
        branch=moment(origin.branch_s) if origin.parent_id else "",
        begun=datetime.fromtimestamp(origin.wall_s).astimezone().strftime("%Y-%m-%d %H:%M"),
        reached=moment(kept.reached_s),
        is_over=kept.is_over,
    )
