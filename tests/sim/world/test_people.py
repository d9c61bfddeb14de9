"""People around the pump, at times worked out by hand.

A kink at 2 h stops a bag of 0.6 mL/h. Pressure rises from 10 + 0.3 x 0.6 = 10.18 mmHg by Q/C to 525 mmHg:
0.0008 mL/mmHg x 514.82 mmHg / 0.6 mL/h = 2471.136 s later the pump alarms.
"""

from __future__ import annotations

import math
import pickle
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from statistics import median

import pytest

from pump.commands import LockLevel
from pump.events import (
    AlarmRaised,
    AlarmSilenced,
    CommandAccepted,
    CommandRefused,
    Event,
    ModeChanged,
)
from pump.profiles import load_profile
from pump.program import Program
from pump.settings import PumpSettings
from sim.events import PersonActed, PlantActed
from sim.plant.config import BagConfig, PlantConfig
from sim.world.people import DOES, Attendant, Situation
from sim.world.procedure import TASKS, Chances, Policy, Procedure, Times, When, rule_for
from sim.world.result import Result
from sim.world.setup import Order, Response, Setup, Step, Value
from sim.world.world import World

KINK_S = 7200.0
ALARM_S = KINK_S + 2471.136
H = 3600.0

SURE = Chances(
    hears_high_awake_frac=1.0,
    hears_medium_awake_frac=1.0,
    hears_low_awake_frac=1.0,
    hears_high_asleep_frac=1.0,
    hears_medium_asleep_frac=1.0,
    hears_low_asleep_frac=1.0,
    finds_closed_frac=1.0,
    tap_works_frac=1.0,
    forgets_clamp_frac=0.0,
    forgets_restart_frac=0.0,
    reprimes_frac=0.0,
    stays_connected_frac=0.0,
    nurse_answers_frac=1.0,
    thrombolytic_works_frac=1.0,
)
"""Nobody errs."""

FIXED = Times(spread_frac=1.0)
"""Every time is its median: awake from 07:00 to 23:00, there after 10 min, or 30 min at night."""

LOOK_AND_RESTART = When(
    alarm="OCCLUSION_DOWNSTREAM",
    then=("silence", "check_line", "acknowledge", "restart"),
    second=("silence", "call_nurse"),
)
HOME = Procedure(
    id="home",
    title="A home",
    policy=Policy.MAY_TAP,
    rules=(
        LOOK_AND_RESTART,
        When(alarm="AIR_IN_LINE", then=("clamp", "tap", "unclamp", "acknowledge", "restart")),
        When(alarm="PUMP_STOPPED", then=("restart",)),
        When(alarm="any high", then=("call_nurse",)),
    ),
    visits=(
        When(alarm="any high", then=("check_line", "acknowledge", "restart")),
        When(alarm="any medium", then=("restart",)),
    ),
    chances=SURE,
    times=FIXED,
)


def step(at_s: float, verb: str, by: str | None = None, **params: Value) -> Step:
    return Step(at_s=at_s, verb=verb, by=by, params=tuple(sorted(params.items())))


def setup(
    *steps: Step,
    procedure: Procedure = HOME,
    seed: int = 1,
    until_s: float = 2 * 86400.0,
    lock_level: LockLevel = LockLevel.LL2,
    clock_start_s: float = 8 * H,
    **overrides: Value,
) -> Setup:
    """A primed seven-day bag, started at 10 min, with somebody beside it."""
    order = Order()
    program = Program(rate_ml_h=0.6, vtbi_ml=100.8, reservoir_ml=110.0)
    return Setup(
        id="home",
        seed=seed,
        pump=PumpSettings(profile=load_profile("generic-ambulatory"), program=program, lock_level=lock_level),
        plant=PlantConfig(bag=BagConfig(ug_per_ml=order.ug_per_ml)),
        order=order,
        steps=(step(0.0, "prime", volume_ml=3.0), step(600.0, "start"), *steps),
        until_s=until_s,
        clock_start_s=clock_start_s,
        response=Response(procedure=procedure.id, overrides=tuple(overrides.items())),
        procedures={procedure.id: procedure},
    )


def kinked(at_s: float = KINK_S, **options: object) -> Setup:
    return setup(step(at_s, "kink"), **options)  # type: ignore[arg-type]


def replayed(world: World) -> Result:
    """The recorded steps alone, without people."""
    return World(replace(world.setup, steps=tuple(world.recorded), response=None)).run()


def deeds(result: Result, who: str | None = None) -> list[tuple[str, str]]:
    return [
        (event.what, event.detail)
        for event in result.events
        if isinstance(event, PersonActed) and who in (None, event.who)
    ]


def times_of(events: Sequence[Event], kind: type[Event], **fields: object) -> list[float]:
    return [
        event.t_s
        for event in events
        if isinstance(event, kind) and all(getattr(event, name) == value for name, value in fields.items())
    ]


def steps_since(world: World) -> list[tuple[str, float]]:
    """What people did after the alarm, with the seconds since then, to the microsecond."""
    return [(each.verb, round(each.at_s - ALARM_S, 6)) for each in world.recorded if each.at_s > KINK_S]


# ---------------------------------------------------------------- hearing, coming, doing


def test_an_awake_caregiver_comes_after_ten_minutes_and_follows_the_procedure() -> None:
    world = World(kinked())
    result = world.run()
    assert times_of(result.events, AlarmRaised) == [pytest.approx(ALARM_S, abs=1e-6)]
    # 600 s to come, 5 s for each key, 180 s along the line.
    assert steps_since(world) == [
        ("note", 0.0),
        ("silence", 605.0),
        ("unkink", 785.0),
        ("acknowledge", 790.0),
        ("start", 795.0),
    ]
    assert times_of(result.events, AlarmSilenced) == [pytest.approx(ALARM_S + 605.0, abs=1e-6)]
    assert times_of(result.events, ModeChanged, mode_to="running", cause="start")[1:] == [
        pytest.approx(ALARM_S + 795.0, abs=1e-6)
    ]
    assert len(result.interruptions) == 1
    assert result.mass_balance_error_ml < 1e-9


def test_who_sleeps_comes_later() -> None:
    # The kink at 16 h leads to an alarm at 00:41 on a clock that began at 08:00.
    world = World(kinked(16 * H))
    world.run()
    silence = next(each for each in world.recorded if each.verb == "silence")
    assert silence.at_s == pytest.approx(16 * H + 2471.136 + 1800.0 + 5.0, abs=1e-6)


def test_who_sleeps_through_everything_finds_the_alarm_on_waking_up() -> None:
    world = World(kinked(16 * H, hears_high_asleep_frac=0.0, until_s=23 * H + 60.0))
    result = world.run()
    through = [event.t_s for event in result.events if isinstance(event, PersonActed)]
    alarm_s = 16 * H + 2471.136
    # The signal, and once more when it escalates after 10 min; 07:00 is 23 h after 08:00.
    assert through == [pytest.approx(alarm_s, abs=1e-6), pytest.approx(alarm_s + 600.0, abs=1e-6)]
    assert {what for what, _ in deeds(result)} == {"sleeps through the alarm"}
    silence = next(each for each in world.recorded if each.verb == "silence")
    assert silence.at_s == pytest.approx(23 * H + 5.0)


def test_what_nobody_hears_by_day_is_found_at_the_next_look() -> None:
    world = World(kinked(hears_high_awake_frac=0.0))
    world.run()
    silence = next(each for each in world.recorded if each.verb == "silence")
    assert silence.at_s == pytest.approx(ALARM_S + 4 * H + 5.0, abs=1e-6)


def test_an_alarm_that_escalates_may_still_be_heard() -> None:
    """Two signals, two draws: with an even chance somebody hears the second one only."""
    for seed in range(40):
        result = World(kinked(seed=seed, hears_high_awake_frac=0.5)).run()
        if [what for what, _ in deeds(result)] == ["does not hear the alarm", "hears the alarm"]:
            heard_s = times_of(result.events, PersonActed, what="hears the alarm")
            assert heard_s == [pytest.approx(ALARM_S + 600.0, abs=1e-6)]
            return
    raise AssertionError("in forty evenings nobody heard the second signal only")


def test_who_is_busy_with_something_else_comes_when_that_is_done() -> None:
    busy = step(ALARM_S - 300.0, "thrombolytic", by="caregiver", dwell_s=3600.0, works=False)
    world = World(setup(step(KINK_S, "kink"), busy))
    world.run()
    silence = next(each for each in world.recorded if each.verb == "silence")
    assert silence.at_s == pytest.approx(ALARM_S + 3300.0 + 600.0 + 5.0, abs=1e-6)


@pytest.mark.parametrize(
    ("t_h", "awake"),
    [(0.0, True), (14.99, True), (15.0, False), (22.99, False), (23.0, True), (39.0, False)],
)
def test_waking_hours(t_h: float, *, awake: bool) -> None:
    # From 08:00 on: 15 h later it is 23:00, 23 h later 07:00.
    world = World(kinked())
    assert Attendant(world, HOME, "caregiver", Situation(world)).is_awake(t_h * H) is awake


def test_equal_times_of_day_mean_that_somebody_is_always_awake() -> None:
    world = World(kinked())
    watchful = replace(HOME, times=replace(FIXED, awake_from_s=0.0, awake_until_s=0.0))
    person = Attendant(world, watchful, "nurse", Situation(world))
    assert all(person.is_awake(hour * H) for hour in range(48))
    assert person.next_look_s(5.0) == 5.0 + 4 * H


def test_times_are_lognormal_around_their_median() -> None:
    world = World(kinked())
    person = Attendant(world, replace(HOME, times=Times(spread_frac=2.0)), "caregiver", Situation(world))
    person._chance = Random(7)
    drawn = [person.drawn_s(600.0) for _ in range(4000)]
    assert median(drawn) == pytest.approx(600.0, rel=0.05)
    within = sum(300.0 <= each_s <= 1200.0 for each_s in drawn) / len(drawn)
    assert within == pytest.approx(math.erf(1 / math.sqrt(2)), abs=0.03)  # one sd: 68.3 %


# ---------------------------------------------------------------- the second alarm, the nurse, the hospital


def test_a_second_alarm_of_the_same_kind_goes_to_the_nurse() -> None:
    world = World(setup(step(KINK_S, "kink"), step(KINK_S + 2 * H, "kink")))
    result = world.run()
    assert [each.verb for each in world.recorded[3:] if each.verb in {"start", "call_nurse", "unkink"}] == [
        "unkink",
        "start",
        "call_nurse",
        "unkink",
        "start",
    ]
    assert deeds(result, "nurse") == [("answers the call", ""), ("arrives", ""), ("leaves", "")]


def test_a_second_alarm_after_a_day_is_a_first_one_again() -> None:
    world = World(setup(step(KINK_S, "kink"), step(KINK_S + 25 * H, "kink")))
    world.run()
    assert "call_nurse" not in [each.verb for each in world.recorded]


def test_the_nurse_travels_an_hour_and_does_what_is_written_for_her() -> None:
    call_only = replace(HOME, rules=(When(alarm="any high", then=("silence", "call_nurse")),))
    world = World(kinked(procedure=call_only))
    result = world.run()
    called_s = ALARM_S + 600.0 + 5.0 + 120.0
    arrived_s = called_s + 3600.0
    assert times_of(result.events, PersonActed, what="calls the nurse") == [pytest.approx(called_s, abs=1e-6)]
    assert times_of(result.events, PersonActed, what="arrives") == [pytest.approx(arrived_s, abs=1e-6)]
    assert times_of(result.events, ModeChanged, cause="start", mode_to="running")[1:] == [
        pytest.approx(arrived_s + 180.0 + 5.0 + 5.0, abs=1e-6)
    ]
    assert {each.by for each in world.recorded if each.verb == "unkink"} == {"nurse"}


def test_nobody_answers_three_times_and_the_way_leads_to_hospital() -> None:
    call_only = replace(HOME, rules=(When(alarm="any high", then=("call_nurse",)),))
    result = World(kinked(procedure=call_only, nurse_answers_frac=0.0)).run()
    assert [what for what, _ in deeds(result)] == [
        "hears the alarm",
        *(["calls the nurse", "does not answer"] * 3),
        "goes to hospital",
        "arrives",
        "leaves",
    ]
    left_s = ALARM_S + 600.0 + 3 * (120.0 + 600.0)
    assert times_of(result.events, PersonActed, what="goes to hospital") == [pytest.approx(left_s, abs=1e-6)]
    assert times_of(result.events, PersonActed, what="arrives") == [pytest.approx(left_s + 2700.0, abs=1e-6)]


def test_after_four_hours_nobody_restarts_at_home() -> None:
    result = World(kinked(reaction_awake_s=5 * H)).run()
    assert [what for what, _ in deeds(result)] == [
        "hears the alarm",
        "does not restart: four hours without drug are over",
        "goes to hospital",
        "arrives",
        "does not restart: four hours without drug are over",
        "asks the physician",
        "goes on under supervision",
        "leaves",
    ]
    starts = times_of(result.events, CommandAccepted, command="start")
    supervised_s = times_of(result.events, PersonActed, what="goes on under supervision")
    assert len(starts) == 2
    assert starts[1] > supervised_s[0]


def test_a_new_bag_comes_from_the_pharmacy_after_the_rest_of_the_old_one_was_checked() -> None:
    brings = replace(
        HOME,
        rules=(When(alarm="any high", then=("call_nurse",)),),
        visits=(When(alarm="any high", then=("change_bag",)),),
    )
    world = World(kinked(procedure=brings, nurse_travels_s=0.0, pharmacy_s=1 * H))
    result = world.run()
    checked, ordered, brought = deeds(result, "nurse")[2:5]
    assert checked[0] == "checks the residual"
    assert checked[1].startswith("as expected")
    assert ordered[0] == "orders a bag from the pharmacy"
    # 7 d after it is there: the call at 720 s after the alarm, and an hour for the pharmacy.
    assert brought == (
        "has a new bag from the pharmacy",
        f"expires at {(ALARM_S + 720.0 + H) / H + 168:.1f} h",
    )
    assert result.filled_ml == pytest.approx(220.0)
    assert times_of(result.events, PlantActed, action="HangBag") != []


# ---------------------------------------------------------------- errors


def test_a_forgotten_restart_ends_in_the_reminder_of_the_stopped_pump() -> None:
    result = World(kinked(forgets_restart_frac=1.0, until_s=ALARM_S + 1500.0)).run()
    assert ("forgets to restart the pump", "") in deeds(result)
    # Acknowledged 790 s after the alarm; the reminder comes after 2 min of standing still.
    reminders = times_of(result.events, AlarmRaised, code="PUMP_STOPPED")
    assert reminders == [pytest.approx(ALARM_S + 790.0 + 120.0, abs=1e-6)]


def test_a_forgotten_clamp_becomes_the_next_occlusion() -> None:
    air = step(KINK_S, "air", volume_ml=1.0, where="bag")
    careful = World(setup(air)).run()
    careless = World(setup(air, forgets_clamp_frac=1.0)).run()
    assert ("forgets to open the clamp", "") in deeds(careless)
    assert times_of(careful.events, AlarmRaised, code="OCCLUSION_DOWNSTREAM") == []
    assert len(times_of(careless.events, AlarmRaised, code="OCCLUSION_DOWNSTREAM")) == 1


def test_the_lock_refuses_a_forbidden_re_prime() -> None:
    air = step(KINK_S, "air", volume_ml=1.0, where="bag")
    result = World(setup(air, reprimes_frac=1.0)).run()
    assert ("re-primes, though it is forbidden", "") in deeds(result)
    assert times_of(result.events, CommandRefused, command="prime", access="caregiver") != []
    assert result.primed_out_ml == pytest.approx(0.0)  # the first prime of 3 mL filled a set of 3 mL


def test_without_a_lock_the_prime_goes_into_who_stays_connected() -> None:
    air = step(KINK_S, "air", volume_ml=1.0, where="bag")
    careless = setup(air, lock_level=LockLevel.LL0, reprimes_frac=1.0, stays_connected_frac=1.0)
    result = World(careless).run()
    primes = times_of(result.events, CommandAccepted, command="prime", access="caregiver")
    assert primes != []
    # 3 mL at once, of which 0.8 mL at most are the air that was in the line.
    assert result.excess_ml > 1.0


def test_tapping_in_vain_brings_the_alarm_back() -> None:
    air = step(KINK_S, "air", volume_ml=1.0, where="bag")
    works = World(setup(air, until_s=6 * H)).run()
    fails = World(setup(air, until_s=6 * H, tap_works_frac=0.0)).run()
    assert len(times_of(works.events, AlarmRaised, code="AIR_IN_LINE")) == 1
    assert len(times_of(fails.events, AlarmRaised, code="AIR_IN_LINE")) > 1


def test_what_is_closed_may_be_overlooked() -> None:
    result = World(kinked(finds_closed_frac=0.0, until_s=4.5 * H)).run()
    assert ("finds nothing closed", "") in deeds(result)
    assert len(times_of(result.events, AlarmRaised, code="OCCLUSION_DOWNSTREAM")) == 2


# ---------------------------------------------------------------- chance and the record

TROUBLES = {
    "kinks": (step(KINK_S, "kink"), step(15 * H, "kink")),
    "air": (step(KINK_S, "air", volume_ml=2.0, where="bag"),),
    "clamp left closed": (step(KINK_S, "clamp", by="patient"), step(20 * H, "occlude")),
    "clot": (step(KINK_S, "occlude"),),
    "line off": (step(KINK_S, "disconnect"), step(KINK_S + 60.0, "clamp")),
    "stopped": (step(KINK_S, "stop", by="patient"),),
    "door": (step(KINK_S, "open_door"),),
    "scripted work": (
        step(KINK_S, "kink"),
        step(ALARM_S + 590.0, "reprime", volume_ml=3.0),
        step(ALARM_S + 700.0, "tap", works=False),
    ),
}
HUMAN = replace(
    HOME,
    chances=Chances(hears_high_awake_frac=0.7, tap_works_frac=0.5, finds_closed_frac=0.7, reprimes_frac=0.3),
    times=Times(),
)
"""Somebody who errs."""


@pytest.mark.parametrize("steps", TROUBLES.values(), ids=TROUBLES.keys())
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_recorded_steps_give_the_same_events_without_people(steps: tuple[Step, ...], seed: int) -> None:
    world = World(setup(*steps, procedure=HUMAN, seed=seed))
    result = world.run()
    assert any(each.verb == "note" for each in world.recorded)
    assert replayed(world) == result


def test_steps_injected_at_the_very_instants_at_which_people_act_replay_alike() -> None:
    first = World(kinked(procedure=HUMAN))
    first.run()
    instants = sorted({each.at_s for each in first.recorded if each.at_s >= ALARM_S})
    assert len(instants) > 3
    world = World(kinked(procedure=HUMAN))
    for at_s in instants:
        world.do(step(at_s, "wait"))
    world.run()
    assert replayed(world) == world.result()


def test_same_seed_same_run_and_another_seed_another() -> None:
    runs = [World(kinked(procedure=HUMAN, seed=seed)).run() for seed in (5, 5, 6)]
    assert runs[0] == runs[1]
    assert runs[0].events != runs[2].events


def test_asking_in_between_changes_nothing() -> None:
    world = World(kinked(procedure=HUMAN))
    for hour in range(1, 48):
        world.advance_to(hour * H)
        world.result()
    world.run()
    assert world.result() == World(kinked(procedure=HUMAN)).run()


def test_what_others_draw_disturbs_nobody() -> None:
    world = World(kinked(procedure=HUMAN))
    disturber = world.stream("weather")
    for hour in range(1, 48):
        world.advance_to(hour * H)
        disturber.random()
        world.stream("pharmacy").random()
    world.run()
    assert world.result() == World(kinked(procedure=HUMAN)).run()


def test_how_one_alarm_was_answered_changes_nothing_for_the_next() -> None:
    """The second alarm draws from a stream of its own: the reaction to it is the same."""

    careful = replace(SURE, hears_medium_awake_frac=0.5)

    def second_reaction_s(check_s: float) -> float:
        procedure = replace(HUMAN, chances=careful, times=Times(check_s=check_s))
        world = World(setup(step(KINK_S, "kink"), step(12 * H, "kink"), procedure=procedure))
        result = world.run()
        alarm_s = times_of(result.events, AlarmRaised, code="OCCLUSION_DOWNSTREAM")[1]
        return next(each.at_s for each in world.recorded if each.at_s > alarm_s) - alarm_s

    assert second_reaction_s(180.0) == pytest.approx(second_reaction_s(20.0), abs=1e-6)


def test_a_setup_with_people_can_be_sent_to_another_process() -> None:
    there = pickle.loads(pickle.dumps(kinked(procedure=HUMAN)))  # noqa: S301  (our own bytes)
    assert World(there).run() == World(kinked(procedure=HUMAN)).run()


# ---------------------------------------------------------------- the data


def test_every_task_is_done_by_somebody() -> None:
    assert set(DOES) == set(TASKS)


def test_an_own_rule_goes_before_that_of_the_priority() -> None:
    assert rule_for(HOME.rules, "OCCLUSION_DOWNSTREAM", "high") is LOOK_AND_RESTART
    other = rule_for(HOME.rules, "SYSTEM_FAULT", "high")
    assert other is not None
    assert other.alarm == "any high"
    assert rule_for(HOME.rules, "RESERVOIR_LOW", "low") is None


def test_an_alarm_without_a_rule_is_on_record() -> None:
    silent = replace(HOME, rules=(When(alarm="BATTERY_LOW", then=("plug",)),))
    assert ("has no rule for the alarm", "OCCLUSION_DOWNSTREAM") in deeds(
        World(kinked(procedure=silent)).run()
    )


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"tap_work_frac": 0.5}, "no procedure has tap_work_frac"),
        ({"tap_s": "soon"}, "tap_s is a number"),
        ({"tap_works_frac": True}, "tap_works_frac is a number"),
    ],
)
def test_overrides_are_chances_and_times(overrides: dict[str, Value], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        World(replace(kinked(), response=Response(procedure="home", overrides=tuple(overrides.items()))))


def test_a_response_needs_its_procedure() -> None:
    lost = replace(kinked(), response=Response(procedure="elsewhere"))
    with pytest.raises(ValueError, match="no procedure elsewhere; the setup has home"):
        World(lost)
