"""A scripted trainee: does at a world what a page would ask for, and keeps the entries that a run keeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from console.trainer.kept.record import Entry, Kind, Mode, Origin, Who, body_of
from console.trainer.lessons import Action, Lesson, setup_of
from console.trainer.lessons.assessment import Assessment, assess
from console.trainer.live.run import RESTARTS
from sim.world.setup import Setup, Step
from sim.world.world import World


@dataclass(frozen=True)
class Run:
    """A run that was played."""

    lesson: Lesson | None
    origin: Origin
    world: World
    entries: tuple[Entry, ...]

    def assess(self, *, over: bool = False) -> Assessment:
        events = tuple(self.world.bench.journal.events)
        return assess(self.lesson, self.origin, self.entries, events, self.world.now_s, over)


def key(after_s: float, name: str, hold_s: float = 0.1) -> Action:
    return Action(after_s=after_s, ask="key", name=name, hold_s=hold_s)


def do(after_s: float, verb: str, **params: Any) -> Action:
    return Action(after_s=after_s, ask="do", name=verb, params=tuple(sorted(params.items())))


def answer(after_s: float, question: str, choice: str) -> Action:
    return Action(after_s=after_s, ask="answer", name=question, text=choice)


def note(after_s: float, alarm: str, text: str = "noted") -> Action:
    return Action(after_s=after_s, ask="note", name=alarm, text=text)


def play(
    lesson: Lesson,
    actions: Iterable[Action],
    *,
    policy: str = "call-only",
    mode: Mode = Mode.GUIDED,
    until_s: float | None = None,
) -> Run:
    """Play `actions` in the lesson's world, up to its end or to `until_s` after its beginning."""
    origin = Origin(
        run_id="run",
        title=lesson.title,
        scenario_toml="",
        begin_s=lesson.begin_s,
        lesson_id=lesson.id,
        mode=mode,
        policy=policy,
        hand=lesson.hand,
    )
    run = play_in(setup_of(lesson), origin, actions, until_s=lesson.limit_s if until_s is None else until_s)
    return replace(run, lesson=lesson)


def play_in(setup: Setup, origin: Origin, actions: Iterable[Action], *, until_s: float) -> Run:
    """Play `actions` in the world of any setup, up to `until_s` after its beginning."""
    world = World(setup)
    world.advance_to(origin.begin_s)
    entries: list[Entry] = []
    end_s = origin.begin_s + until_s
    for at_s, kind, body in sorted(_asks(actions, origin), key=lambda each: each[0]):
        if at_s > end_s:
            break
        world.advance_to(at_s)
        kept = body
        if kind is Kind.STEP:
            params = tuple(sorted(body["params"].items()))
            step = Step(at_s=at_s, verb=body["verb"], by=origin.hand, params=params)
            world.do(step)
            kept = body_of(step)
        entries.append(
            Entry(number=len(entries) + 1, at_s=at_s, wall_s=0.0, kind=kind, who=Who.TRAINEE, body=kept)
        )
    world.advance_to(end_s)
    return Run(lesson=None, origin=origin, world=world, entries=tuple(entries))


def _asks(actions: Iterable[Action], origin: Origin) -> Iterable[tuple[float, Kind, Mapping[str, Any]]]:
    for each in actions:
        at_s = round(origin.begin_s + each.after_s, 3)
        match each.ask:
            case "key":
                yield at_s, Kind.STEP, {"verb": "key_down", "params": {"key": each.name}}
                yield (
                    round(at_s + each.hold_s, 3),
                    Kind.STEP,
                    {"verb": "key_up", "params": {"key": each.name}},
                )
            case "do":
                given = dict(each.params)
                if each.name in RESTARTS:
                    given.setdefault("restart", False)
                yield at_s, Kind.STEP, {"verb": each.name, "params": given}
            case "answer":
                yield at_s, Kind.ANSWER, {"question": each.name, "choice": each.text}
            case "note":
                yield at_s, Kind.NOTE, {"alarm": each.name, "text": each.text}
