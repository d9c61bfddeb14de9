"""What is kept of a run: who did what and when. Everything else comes out of living it again.

A run is made from an `Origin` and goes on by entries, which are only ever added. Steps among them are what
was done in the world: the same origin and the same steps give the same events, so a run that was kept is
a run that can be taken up again, looked at, or branched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from sim.world.procedure import Policy
from sim.world.setup import Step
from sim.world.work import CAREGIVER, NURSE, PATIENT

POLICIES: Final = (Policy.CALL_ONLY.value, Policy.MAY_TAP.value)
"""What a site may let the people at home do: one of these is in force in a run."""

HANDS: Final = (PATIENT, CAREGIVER, NURSE)
"""Whose hand a trainee's may be."""


class Who(StrEnum):
    """Who did it."""

    TRAINEE = "trainee"
    INSTRUCTOR = "instructor"
    REMOTE = "remote"
    """Whoever is connected to the pump's port."""


class Kind(StrEnum):
    """What an entry is."""

    STEP = "step"
    """Something done in the world: a `Step`, by `step_of`."""
    MARK = "mark"
    """The instructor marks a moment: `text`."""
    NOTE = "note"
    """The trainee writes in the diary: `alarm` (a code, or empty) and `text`."""
    ANSWER = "answer"
    """The trainee answers a question: `question` and `choice`, both ids of the lesson."""
    HINT = "hint"
    """The trainee took a hint: `task`, its id in the lesson."""
    CLOCK = "clock"
    """Time was let go, held, sped up or skipped: `what`, and `rate_frac` or `span_s`."""
    END = "end"
    """The run was declared over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that was done at a run.

    Attributes:
        number: Its place in the run, from 1.
        at_s: When, in the world's time.
        wall_s: When, in seconds since 1970.
        kind: What it is.
        who: Who did it.
        body: What belongs to the kind, JSON-able.
    """

    number: int
    at_s: float
    wall_s: float
    kind: Kind
    who: Who
    body: Mapping[str, Any] = field(default_factory=dict)


class Mode(StrEnum):
    """How a run is meant."""

    FREE = "free"
    """Nothing is asked of anybody."""
    GUIDED = "guided"
    """Tasks are shown and hints can be had."""
    ASSESSMENT = "assessment"
    """Tasks are shown, hints cannot be had, and what was wrong is said afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What a run is made from.

    Attributes:
        run_id: The run's name in addresses.
        title: One line for people.
        scenario_toml: The scenario that the world is built from, whole: it must not change with the library.
        begin_s: The world's time at which somebody is first let at it.
        lesson_id: The lesson that is done; empty: none.
        mode: How it is meant.
        policy: The site's policy, one of `POLICIES`: whether a patient may tap and restart.
        hand: Whose hand the trainee's is, one of `HANDS`.
        trainee: What the trainee is called; empty where nobody said.
        alone: Whether the trainee runs the clock, with no instructor.
        parent_id: The run that this one branched from; empty: none.
        branch_s: Where it branched.
        wall_s: When it was made, in seconds since 1970.
    """

    run_id: str
    title: str
    scenario_toml: str
    begin_s: float = 0.0
    lesson_id: str = ""
    mode: Mode = Mode.FREE
    policy: str = Policy.CALL_ONLY.value
    hand: str = CAREGIVER
    trainee: str = ""
    alone: bool = False
    parent_id: str = ""
    branch_s: float = 0.0
    wall_s: float = 0.0

    @property
    def first_page(self) -> str:
        """The page at which the run begins, and is taken up again."""
        return "trainee" if self.alone else "instructor"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """A run as it is kept: its origin, its entries in their order, and how far it got."""

    origin: Origin
    entries: tuple[Entry, ...]
    reached_s: float


def body_of(step: Step) -> dict[str, Any]:
    """Take a step apart, JSON-able."""
    return {"verb": step.verb, "by": step.by, "params": dict(step.params)}


def step_of(entry: Entry) -> Step:
    """Give the step that `body_of` took apart, at the entry's time."""
    body = entry.body
    return Step(
        at_s=entry.at_s, verb=body["verb"], by=body["by"], params=tuple(sorted(body["params"].items()))
    )


def declared_over(entries: Iterable[Entry]) -> bool:
    """Whether somebody declared the run over."""
    return any(entry.kind is Kind.END for entry in entries)


def steps_of(record: RunRecord) -> tuple[Step, ...]:
    """Give everything that was done in the world of a run, in its order."""
    return tuple(step_of(entry) for entry in record.entries if entry.kind is Kind.STEP)
