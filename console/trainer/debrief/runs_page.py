"""The list of runs: to find one again, to look at it, to take it up, to choose several for a debrief."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from console.trainer.debrief.debrief_page import run_name
from console.trainer.debrief.judged import lesson_of
from console.trainer.kept.record import Origin
from console.trainer.kept.store import Kept
from console.trainer.pages import ASSETS, render

SHOWN_COUNT: Final = 50
"""So many runs stand on one page."""

OF_SCENARIO: Final = "scenario:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which runs are to be shown: of one lesson or title, by one trainee, and which page of them from 1."""

    thing: str = ""
    trainee: str = ""
    page_number: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """One run of the list."""

    kept: Kept
    name: str
    lesson_title: str


def runs_page(kept: Sequence[Kept], wanted: Wanted, *, assets: str = ASSETS) -> str:
    """Give the list.

    Args:
        kept: Every run, the newest first.
        wanted: Which of them.
        assets: Where static files are.
    """
    found = [each for each in kept if _fits(each.origin, wanted)]
    pages_count = max(1, -(-len(found) // SHOWN_COUNT))
    page_number = min(max(1, wanted.page_number), pages_count)
    first = (page_number - 1) * SHOWN_COUNT
    return render(
        "runs.html.j2",
        here="/runs",
        assets=assets,
        rows=[_row(each) for each in found[first : first + SHOWN_COUNT]],
        wanted=wanted,
        things=sorted(
            {(thing_of(each.origin), _title(each.origin)) for each in kept}, key=lambda pair: pair[1]
        ),
        trainees=sorted({each.origin.trainee for each in kept if each.origin.trainee}),
        all_count=len(kept),
        found_count=len(found),
        first_count=first + 1,
        newer=_address(wanted, page_number - 1) if page_number > 1 else "",
        older=_address(wanted, page_number + 1) if page_number < pages_count else "",
    )


def thing_of(origin: Origin) -> str:
    """Give what runs are found by: their lesson, or what they were made from."""
    return origin.lesson_id or f"{OF_SCENARIO}{origin.title}"


def _title(origin: Origin) -> str:
    given = lesson_of(origin)
    return origin.title if given is None else given.title


def _fits(origin: Origin, wanted: Wanted) -> bool:
    return (
        wanted.thing in ("", thing_of(origin))
        and wanted.trainee.strip().casefold() in origin.trainee.casefold()
    )


def _row(kept: Kept) -> RunRow:
    given = lesson_of(kept.origin)
    return RunRow(kept=kept, name=run_name(kept.origin), lesson_title="" if given is None else given.title)


def _address(wanted: Wanted, page_number: int) -> str:
    asked = {"lesson": wanted.thing, "trainee": wanted.trainee, "page": str(page_number)}
    return f"/runs?{urlencode({name: value for name, value in asked.items() if value})}"
