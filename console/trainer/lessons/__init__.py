"""The lessons that come with the product: what is to be learnt, as data, on scenarios of the library.

lesson(id)          one of them
lesson_ids()        their names
setup_of(lesson)    the world it is done in
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final

from console.trainer.lessons.lesson import Action, Choice, Lesson, Question
from console.trainer.lessons.reader import loads_lesson
from scenarios.faults import did_you_mean
from scenarios.files import file_error, text_of
from scenarios.loader import load
from scenarios.procedures import load_procedure
from sim.world.setup import Response, Setup

__all__ = ["Action", "Choice", "Lesson", "Question", "lesson", "lesson_ids", "loads_lesson", "setup_of"]

LIBRARY: Final = Path(__file__).parent / "library"

ON_CALL: Final = "on-call"
"""The procedure of a nurse who comes when she is called, with nobody else around."""

ORDER: Final = (
    "first-bag",
    "patency-and-priming",
    "clamp-at-start",
    "kink-at-night",
    "air-in-line",
    "battery-at-night",
    "cut-line",
    "re-prime",
    "silent-clot",
    "thrombotic-occlusion",
    "bag-change",
    "day-seven",
)
"""The order in which they are learnt."""


def lesson_ids() -> tuple[str, ...]:
    """Return the names of the lessons, in the order in which they are learnt."""
    found = {file.stem for file in LIBRARY.glob("*.toml")}
    return (*(name for name in ORDER if name in found), *sorted(found - set(ORDER)))


@cache
def lesson(name: str) -> Lesson:
    """Return the lesson of that name.

    Raises:
        ScenarioError: there is none; or with everything that is wrong with its file.
    """
    if name not in lesson_ids():
        raise file_error(name, "is no lesson", did_you_mean(name, lesson_ids()))
    path = LIBRARY / f"{name}.toml"
    return loads_lesson(text_of(path, path.name, "lesson"), file=path.name)


def setup_of(given: Lesson) -> Setup:
    """Return the world of a lesson: its scenario up to where the trainee takes over, and what is added.

    Nobody lives around the pump; where the lesson has a nurse, she comes when she is called.
    """
    setup = load(given.scenario).setup
    kept = (step for step in setup.steps if step.at_s < given.script_until_s)
    calls = given.nurse_travels_s is not None
    nurse = (
        ("nurse_answers_frac", 1.0),
        ("nurse_travels_s", given.nurse_travels_s or 0.0),
        ("spread_frac", 1.0),
    )
    return replace(
        setup,
        id=given.id,
        seed=setup.seed if given.seed is None else given.seed,
        steps=tuple(sorted((*kept, *given.steps), key=lambda step: step.at_s)),
        until_s=given.begin_s + given.limit_s,
        response=Response(procedure=ON_CALL, overrides=nurse) if calls else None,
        procedures={ON_CALL: load_procedure(ON_CALL)} if calls else {},
    )
