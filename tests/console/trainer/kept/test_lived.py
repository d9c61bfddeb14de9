"""A run that was kept gives the same events when it is lived again, however it went on the first time."""

from __future__ import annotations

from typing import Final

import pytest

from console.trainer.kept.lived import live_again
from console.trainer.kept.record import Entry, Kind, Origin, RunRecord, Who, body_of
from scenarios.loader import LIBRARY, loads
from scenarios.verbs import step
from sim.world.setup import Step
from sim.world.world import World

WITH_PEOPLE: Final = (LIBRARY / "alarm-at-night-unheard.toml").read_text(encoding="utf-8")
DAY7: Final = (LIBRARY / "day7-shortfall-after-two-reprimes.toml").read_text(encoding="utf-8")

MOST_STEPS: Final = (
    step(3600.0, "clamp", where="downstream"),
    step(9000.0, "silence", by="caregiver"),
    step(9000.0, "unclamp", where="downstream"),
    step(9000.5, "press", key="run", by="patient"),
    step(9100.0, "reprime", volume_ml=3.0),
    step(9101.0, "call_nurse"),
    step(40_000.0, "air", volume_ml=0.4, where="detector"),
)


def advance(world: World, until_s: float, piece_s: float) -> None:
    """Go on in pieces, never past what comes next."""
    while world.now_s + piece_s < until_s and not world.finished:
        world.advance_to(world.now_s + piece_s)
    if world.now_s < until_s:
        world.advance_to(until_s)


def lived(text: str, steps: tuple[Step, ...], until_s: float, *, piece_s: float) -> tuple[RunRecord, World]:
    """A run as a live host lives it, in pieces, and what is kept of it."""
    world = World(loads(text).setup)
    for each in steps:
        advance(world, each.at_s - 1e-3, piece_s)
        world.do(each)
    advance(world, until_s, piece_s)
    entries = [
        Entry(number=number, at_s=each.at_s, wall_s=0.0, kind=Kind.STEP, who=Who.TRAINEE, body=body_of(each))
        for number, each in enumerate(steps, start=1)
    ]
    origin = Origin(run_id="a", title="", scenario_toml=text)
    return RunRecord(origin=origin, entries=tuple(entries), reached_s=until_s), world


@pytest.mark.parametrize("text", [DAY7, WITH_PEOPLE], ids=["script", "people"])
@pytest.mark.parametrize("piece_s", [333.0, 1e9], ids=["in pieces", "in one go"])
def test_living_again_gives_equal_events(text: str, piece_s: float) -> None:
    record, world = lived(text, MOST_STEPS, 60_000.0, piece_s=piece_s)
    again = live_again(record)
    assert again.bench.journal.events == world.bench.journal.events
    assert again.recorded == world.recorded
    assert again.now_s == world.now_s
    assert len(again.bench.journal.events) > 50


def test_it_stands_where_the_run_had_got_to_and_can_go_on() -> None:
    record, world = lived(DAY7, MOST_STEPS[:2], 10_000.0, piece_s=1e9)
    again = live_again(record)
    assert again.now_s == 10_000.0
    for each in (world, again):
        each.do(step(12_000.0, "unclamp", where="downstream"))
        each.advance_to(20_000.0)
    assert again.bench.journal.events == world.bench.journal.events


def test_a_run_that_is_over_stays_so() -> None:
    record, world = lived(DAY7, (), 1e7, piece_s=86_400.0)
    assert world.finished
    again = live_again(record)
    assert again.finished
    assert again.result() == world.result()


def test_entries_that_are_no_steps_change_nothing() -> None:
    record, world = lived(DAY7, MOST_STEPS[:1], 10_000.0, piece_s=1e9)
    note = Entry(number=2, at_s=9_999.0, wall_s=0.0, kind=Kind.NOTE, who=Who.TRAINEE, body={"text": "beeps"})
    with_note = RunRecord(origin=record.origin, entries=(*record.entries, note), reached_s=record.reached_s)
    assert live_again(with_note).bench.journal.events == world.bench.journal.events
