"""How a run begins: from a lesson, from a scenario of the library, or with a blank pump.

Of a scenario all of the script may happen, or only what goes wrong in it, so that the rest is
the trainee's to do.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from console.behind import NOMINAL
from console.trainer.kept.record import HANDS, POLICIES, Mode, Origin
from console.trainer.lessons import lesson, setup_of
from scenarios.loader import load
from scenarios.verbs import VERBS
from scenarios.writer import dump
from sim.world.procedure import Policy
from sim.world.setup import Setup
from sim.world.work import CAREGIVER

Script = Literal["all", "faults"]


MISHAPS: Final = frozenset(
    {
        "clamp",
        "detach_cassette",
        "disconnect",
        "dislodge_needle",
        "kink",
        "move_pump",
        "open_door",
        "unplug",
    }
)
"""What hands do in a scenario that is something going wrong. What they do besides is the trainee's to do."""

ID_BYTES_COUNT: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody asked for on the start page. `lesson` or `scenario`, or neither: a blank pump."""

    lesson: str = ""
    scenario: str = ""
    script: Script = "all"
    mode: Mode = Mode.FREE
    policy: str = Policy.CALL_ONLY.value
    hand: str = CAREGIVER
    trainee: str = ""
    people: bool = False
    alone: bool = False


class WishError(ValueError):
    """Something on the start page's form is not to be had; says what there is."""


def wish_of(form: Mapping[str, str]) -> Wish:
    """Read the form of the start page.

    Raises:
        WishError: a field holds something that is not on offer.
    """
    mode = _one_of(form, "mode", tuple(Mode), Mode.FREE)
    return Wish(
        lesson=form.get("lesson", "").strip(),
        scenario=form.get("scenario", "").strip(),
        script="faults" if _one_of(form, "script", ("all", "faults"), "all") == "faults" else "all",
        mode=Mode(mode),
        policy=_one_of(form, "policy", POLICIES, Policy.CALL_ONLY.value),
        hand=_one_of(form, "hand", HANDS, CAREGIVER),
        trainee=" ".join(form.get("trainee", "").split())[:60],
        people=form.get("people", "") not in {"", "off"},
        alone=form.get("alone", "") not in {"", "off"},
    )


def _one_of(form: Mapping[str, str], name: str, choices: tuple[str, ...], default: str) -> str:
    chosen = form.get(name, "") or default
    if chosen not in choices:
        raise WishError(f"{name}: {chosen[:40]!r} is not on offer; choose one of {', '.join(choices)}")
    return chosen


def origin_of(wish: Wish) -> Origin:
    """Give what the wished run is made from.

    Raises:
        ScenarioError: there is no such scenario or lesson.
    """
    if wish.lesson:
        return _of_lesson(wish)
    scenario = load(wish.scenario or NOMINAL)
    setup = scenario.setup
    begin_s = 0.0
    title = scenario.title
    if not wish.scenario:
        setup, title = (
            replace(setup, id="blank-pump", steps=()),
            "A pump, a full bag, and a set that is not primed",
        )
    elif wish.script == "faults":
        setup, begin_s = what_goes_wrong(setup)
    wanted = replace(wish, mode=Mode.FREE)  # nothing is asked where there is no lesson
    return _origin(wanted, setup if wish.people else replace(setup, response=None), title, begin_s)


def _of_lesson(wish: Wish) -> Origin:
    found = lesson(wish.lesson)
    mode = Mode.GUIDED if wish.mode is Mode.FREE else wish.mode
    wanted = replace(wish, mode=mode, hand=found.hand)
    return _origin(wanted, setup_of(found), found.title, found.begin_s)


def _origin(wish: Wish, setup: Setup, title: str, begin_s: float) -> Origin:
    return Origin(
        run_id=new_id(),
        title=title,
        scenario_toml=dump(setup, title=title),
        begin_s=begin_s,
        lesson_id=wish.lesson,
        mode=wish.mode,
        policy=wish.policy,
        hand=wish.hand,
        trainee=wish.trainee,
        alone=wish.alone,
        wall_s=time.time(),
    )


def branch_of(parent: Origin, branch_s: float) -> Origin:
    """Give what a run is made from that leaves `parent` at `branch_s`: the same, under another name."""
    return replace(parent, run_id=new_id(), parent_id=parent.run_id, branch_s=branch_s, wall_s=time.time())


def what_goes_wrong(setup: Setup) -> tuple[Setup, float]:
    """Give `setup` with its script up to the first start and what goes wrong later, and when that is."""
    steps = sorted(setup.steps, key=lambda step: step.at_s)
    starts = [place for place, step in enumerate(steps) if step.verb == "start"]
    first = starts[0] + 1 if starts else 0
    later = [step for step in steps[first:] if _goes_wrong(step.verb)]
    begin_s = steps[first - 1].at_s if first else 0.0
    return replace(setup, steps=(*steps[:first], *later)), begin_s


def _goes_wrong(verb: str) -> bool:
    return VERBS[verb].room in ("environment", "wire") or verb in MISHAPS


def new_id() -> str:
    """Give a name that no other run has: it stands in addresses."""
    return secrets.token_hex(ID_BYTES_COUNT)
