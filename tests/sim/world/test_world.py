"""The world: order of one instant, hosts, rewinding, busy hands, the past."""

from __future__ import annotations

import pickle
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pump.events import CommandAccepted, Event, ModeChanged
from sim.events import LineDisturbed, PlantActed, StepSkipped
from sim.world.result import Result
from sim.world.setup import Step
from sim.world.world import World
from tests.sim.made import STARTED, D, H, setup, step, world

REPRIME_S = 2 * D + 3 * H


def played(*steps: Step, until_s: float = 3 * D) -> World:
    """A world that was given all its steps beforehand."""
    made = world(*steps, until_s=until_s)
    made.run()
    return made


def injected(*steps: Step, until_s: float = 3 * D) -> World:
    """A world into which a host put all its steps as time came."""
    made = world(started=False, until_s=until_s)
    for each in (*STARTED, *steps):
        made.do(each)
    made.run()
    return made


def shown(result: Result) -> dict[str, object]:
    return {name: getattr(result, name) for name in Result.__slots__}


def acts(events: tuple[Event, ...] | list[Event], t_s: float) -> list[str]:
    """What was done at one instant, in order, by commands and hands."""
    return [
        event.command if isinstance(event, CommandAccepted) else event.action
        for event in events
        if event.t_s == t_s and isinstance(event, CommandAccepted | PlantActed)
    ]


# --- recorded and live


def test_a_recorded_step_and_a_live_one_are_the_same() -> None:
    steps = (
        step(D, "clamp"),
        step(D + 50 * 60.0, "unclamp"),
        step(D + 51 * 60.0, "acknowledge"),
        step(D + 51 * 60.0, "start"),
        step(REPRIME_S, "reprime", volume_ml=3.0),
        step(REPRIME_S + 30.0, "wait"),
    )
    assert shown(played(*steps).result()) == shown(injected(*steps).result())


TIES = (0.0, 30.0, 48.0, 300.0)
"""Instants of a re-prime of 3 mL: stop, disconnect and prime, prime over, on again."""


@pytest.mark.parametrize("after_s", TIES)
def test_ties_with_work_under_way_fall_the_same_recorded_and_live(after_s: float) -> None:
    at_s = REPRIME_S + after_s
    steps = (
        step(REPRIME_S, "reprime", volume_ml=3.0),
        step(at_s, "clamp"),
        step(at_s, "stop"),
        step(at_s, "unclamp"),
    )
    live, recorded = injected(*steps), played(*steps)
    assert live.bench.journal.events == recorded.bench.journal.events
    # And as a session: what was recorded, played again.
    again = World(setup(*live.recorded, until_s=3 * D))
    again.run()
    assert again.bench.journal.events == live.bench.journal.events


def test_work_under_way_goes_on_before_a_new_step_begins() -> None:
    made = played(step(REPRIME_S, "reprime", volume_ml=3.0), step(REPRIME_S + 30.0, "wait"))
    found = acts(made.bench.journal.events, REPRIME_S + 30.0)
    assert found.index("ClampCatheter") < found.index("Connect") < found.index("Wait")


def test_steps_of_one_instant_keep_the_order_of_the_file() -> None:
    made = played(step(D, "wait"), step(D, "clamp"), step(D, "stop"), step(D, "unclamp"))
    assert acts(made.bench.journal.events, D) == ["Wait", "Clamp", "stop", "Clamp"]


def test_what_the_bench_has_due_comes_before_a_step_of_the_same_instant() -> None:
    """The VTBI is given at the second at which somebody stops the pump: complete, then stopped."""
    end_s = 600.0 + 168 * H
    made = world(step(end_s, "stop"), until_s=end_s + 60.0)
    made.run()
    changes = [each for each in made.bench.journal.events if isinstance(each, ModeChanged)][-2:]
    assert [(each.t_s, each.mode_to) for each in changes] == [(end_s, "complete"), (end_s, "stopped")]


def test_steps_come_before_the_planned_end_of_the_same_instant() -> None:
    end_s = 600.0 + 168 * H
    without = played(until_s=end_s + 60.0).result()
    with_bolus = played(step(end_s, "flush", volume_ml=0.5), until_s=end_s + 60.0).result()
    assert with_bolus.excess_ml == pytest.approx(0.5, abs=1e-3)
    assert without.excess_ml == 0.0


# --- hosts


@settings(max_examples=15)
@given(cuts=st.lists(st.integers(0, 3000), max_size=12))
def test_a_host_may_call_time_as_often_as_it_likes(cuts: list[int]) -> None:
    steps = (step(D, "kink"), step(D + H, "unkink"), step(D + 4000.0, "reprime", volume_ml=3.0))
    whole = played(*steps, until_s=2 * D)
    made = world(*steps, until_s=2 * D)
    for cut in sorted(cuts):
        made.advance_to(cut * 60.0)
        made.result()
        made.next_event_s()
    made.run()
    assert shown(made.result()) == shown(whole.result())


def test_asking_for_the_result_changes_nothing() -> None:
    made = world(until_s=2 * D)
    made.advance_to(D)
    assert made.result() == made.result()
    assert made.next_event_s() == made.next_event_s() >= D


def test_the_past_is_refused() -> None:
    made = world()
    made.advance_to(D)
    before = list(made.recorded)
    with pytest.raises(ValueError, match="past"):
        made.do(step(D - 1.0, "stop"))
    with pytest.raises(ValueError, match="past"):
        made.advance_to(D - 1.0)
    assert made.recorded == before
    made.do(step(D, "stop"))
    assert made.bench.core.mode == "stopped"


def test_no_gap_is_a_number_of_seconds_like_any_other() -> None:
    gap_s = world(*STARTED).run().gap_s
    assert (gap_s, type(gap_s)) == (0.0, float), "0 and 0.0 are not the same bytes"


def test_a_world_ends_at_the_planned_end_or_at_until() -> None:
    planned = world()
    planned.run()
    assert planned.now_s == 600.0 + 168 * H
    assert planned.finished
    assert planned.next_event_s() == float("inf")
    short = world(until_s=D)
    assert short.run().end_s == D
    never_started = world(started=False)
    assert never_started.run().end_s == 168 * H


# --- rewinding


@pytest.mark.parametrize("after_s", [0.0, 10.0, 30.0, 40.0, 48.0, 100.0, 299.0, 300.0, 5000.0])
def test_rewinding_equals_never_having_gone_on(after_s: float) -> None:
    """To the middle of a re-prime, too: before, in and after every part of it."""
    back_s = REPRIME_S + after_s
    story = (step(D, "clamp"), step(D + 1800.0, "unclamp"), step(REPRIME_S, "reprime", volume_ml=3.0))
    never = world(until_s=3 * D)
    went_on = world(until_s=3 * D)
    for each in story:
        never.do(each)
        went_on.do(each)
    never.advance_to(back_s)
    went_on.do(step(REPRIME_S + 20000.0, "stop"))
    went_on.advance_to(REPRIME_S + 30000.0)
    back = went_on.rewound(back_s)
    assert back.now_s == back_s
    assert shown(back.result()) == shown(never.result())
    assert back.bench.snapshot() == never.bench.snapshot()
    later = step(back_s + 3600.0, "kink")
    back.do(later)
    never.do(later)
    assert shown(back.run()) == shown(never.run())
    assert back.recorded == never.recorded


def test_rewinding_leaves_the_world_as_it_is() -> None:
    made = world(until_s=2 * D)
    made.advance_to(D)
    kept = made.bench.snapshot()
    made.rewound(H)
    assert made.bench.snapshot() == kept
    with pytest.raises(ValueError, match="not been yet"):
        made.rewound(D + 1.0)


def test_recorded_steps_played_again_are_the_same_session() -> None:
    chance = Random("a session")
    verbs = ("wait", "clamp", "unclamp", "stop", "start", "acknowledge", "silence", "kink", "unkink", "tap")
    made = world(until_s=D)
    at_s = 1000.0
    for _ in range(40):
        at_s += chance.choice((0.0, 0.5, 60.0, 2000.0))
        made.do(step(at_s, chance.choice(verbs)))
    made.do(step(at_s + 100.0, "reprime", volume_ml=1.0))
    made.run()
    again = World(replace(made.setup, steps=tuple(made.recorded)))
    assert shown(again.run()) == shown(made.result())


# --- people


def test_a_busy_hand_finishes_first() -> None:
    made = played(step(D, "reprime", volume_ml=3.0), step(D + 60.0, "stop", by="nurse"))
    stops = [
        each.t_s
        for each in made.bench.journal.events
        if isinstance(each, CommandAccepted) and each.command == "stop"
    ]
    assert stops == [D, D + 300.0], "the nurse is busy for five minutes"


def test_another_hand_does_not_wait() -> None:
    made = played(step(D, "reprime", volume_ml=3.0), step(D + 60.0, "stop", by="patient"))
    stops = [
        each.t_s
        for each in made.bench.journal.events
        if isinstance(each, CommandAccepted) and each.command == "stop"
    ]
    assert stops == [D, D + 60.0]


def test_nobodys_steps_never_wait() -> None:
    made = played(step(D, "reprime", volume_ml=3.0), step(D + 60.0, "kink"))
    assert acts(made.bench.journal.events, D + 60.0) == ["Kink"]


# --- setups


def test_a_setup_can_be_pickled() -> None:
    made = setup(*STARTED, step(D, "reprime", volume_ml=3.0))
    assert pickle.loads(pickle.dumps(made)) == made  # noqa: S301


def test_the_same_setup_gives_the_same_world() -> None:
    made = setup(*STARTED, step(D, "reprime", volume_ml=3.0))
    assert shown(World(made).run()) == shown(World(pickle.loads(pickle.dumps(made))).run())  # noqa: S301


def test_streams_of_chance_are_the_actors_own() -> None:
    one, other = world(), world()
    other.stream("nurse")
    assert one.stream("caregiver").random() == other.stream("caregiver").random()
    assert one.stream("caregiver").random() != world(seed=21).stream("caregiver").random()


WIRE_STEPS = (step(3600.0, "link_silence", for_s=60.0), step(7200.0, "link_drop"))


def of_the_wire(made: World) -> list[Event]:
    return [event for event in made.bench.journal.events if isinstance(event, StepSkipped | LineDisturbed)]


def test_without_a_wire_its_steps_are_skipped_on_the_record() -> None:
    told = of_the_wire(played(*WIRE_STEPS))
    assert [(each.t_s, type(each)) for each in told] == [(3600.0, StepSkipped), (7200.0, StepSkipped)]


def test_whoever_lays_a_wire_is_handed_its_steps_at_their_time() -> None:
    made = world(*WIRE_STEPS, until_s=3 * D)
    made.advance_to(5000.0)
    handed: list[tuple[float, Step]] = []

    def wire(asked: Step) -> str:
        handed.append((made.now_s, asked))
        return "frames are lost"

    made.wire = wire
    made.run()
    assert handed == [(7200.0, WIRE_STEPS[1])]
    first, second = of_the_wire(made)
    assert isinstance(first, StepSkipped)
    assert isinstance(second, LineDisturbed)
    assert (second.t_s, second.verb, second.detail) == (7200.0, "link_drop", "frames are lost")


def test_a_world_that_is_lived_again_disturbs_nobodys_line() -> None:
    made = world(*WIRE_STEPS, until_s=3 * D)
    handed: list[str] = []

    def wire(asked: Step) -> str:
        handed.append(asked.verb)
        return "noted"

    made.wire = wire
    made.run()
    made.rewound(1 * D)
    assert handed == ["link_silence", "link_drop"]
