"""A run: keys, hands, the clock, and what is kept of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from console.errors import UserError
from console.trainer.kept.lived import live_again
from console.trainer.kept.record import Kind, Who
from console.trainer.kept.saved import scenario_of
from console.trainer.live.run import AskRefusedError, Run, taken_up
from pump.commands import Key
from pump.events import AlarmRaised, CommandAccepted, Event, ModeChanged
from scenarios.loader import loads
from sim.events import PlantActed
from sim.world.world import World
from tests.console.trainer.running import Memory, living, origin
from tests.drivers.virtual_loop import at_once

KINK_S = 2 * 86400.0


async def _hold(run: Run, key: Key, held_s: float, finger: object = "a finger") -> None:
    run.key(key, down=True, finger=finger, who=Who.TRAINEE)
    await asyncio.sleep(held_s)
    run.key(key, down=False, finger=finger, who=Who.TRAINEE)


def _events(run: Run, kind: type) -> list[object]:
    return [event for event in run.world.bench.journal.events if isinstance(event, kind)]


def test_a_held_key_acts_after_its_time_and_a_short_press_does_not() -> None:
    """RUN starts after a second [F: a press counts after 1 s]."""

    async def trying() -> tuple[str, str]:
        async with living(origin("bag-7-day-nominal", script="faults"), Memory()) as run:
            run.resume(Who.INSTRUCTOR)
            await _hold(run, Key.STOP, 0.2)
            await _hold(run, Key.RUN, 0.4)
            short = run.world.bench.core.mode.value
            await _hold(run, Key.RUN, 1.1)
            return short, run.world.bench.core.mode.value

    assert at_once(trying()) == ("stopped", "running")


def test_while_a_key_is_held_time_goes_at_the_pace_of_the_hand() -> None:
    async def trying() -> tuple[float, float, float]:
        async with living(origin("bag-7-day-nominal"), Memory()) as run:
            run.set_rate(3600.0, Who.INSTRUCTOR)
            run.resume(Who.INSTRUCTOR)
            await asyncio.sleep(1.0)
            before_s = run.now_s
            await _hold(run, Key.INFO, 0.5)
            held_s = run.now_s - before_s
            await asyncio.sleep(1.0)
            return before_s, held_s, run.now_s - before_s - held_s

    before_s, held_s, after_s = at_once(trying())
    assert before_s == pytest.approx(3600.0, abs=20.0)
    assert held_s == pytest.approx(0.5, abs=0.01)
    assert after_s == pytest.approx(3600.0, abs=20.0)


@pytest.mark.parametrize(
    "pass_time",
    [
        lambda run: run.skip(3600.0, Who.INSTRUCTOR),
        lambda run: run.next_event(Who.INSTRUCTOR),
        lambda run: run.wait_for_call(Who.TRAINEE),
    ],
    ids=["skip", "next event", "until the pump calls"],
)
def test_no_time_passes_at_once_under_a_finger(pass_time: Callable[[Run], None]) -> None:
    async def trying() -> tuple[float, float]:
        async with living(origin("bag-7-day-nominal"), Memory()) as run:
            run.resume(Who.INSTRUCTOR)
            run.key(Key.INFO, down=True, finger=1, who=Who.TRAINEE)
            with pytest.raises(AskRefusedError, match="info is held down"):
                pass_time(run)
            held_s = run.now_s
            run.key(Key.INFO, down=False, finger=1, who=Who.TRAINEE)
            pass_time(run)
            return held_s, run.now_s

    held_s, passed_s = at_once(trying())
    assert held_s == pytest.approx(0.0, abs=0.01)
    assert passed_s > 1.0


def test_a_finger_that_has_gone_holds_nothing() -> None:
    async def trying() -> tuple[tuple[Key, ...], int]:
        async with living(origin("bag-7-day-nominal"), Memory()) as run:
            run.resume(Who.INSTRUCTOR)
            run.key(Key.RUN, down=True, finger="one", who=Who.TRAINEE)
            run.key(Key.INFO, down=True, finger="other", who=Who.TRAINEE)
            run.let_go("one", Who.TRAINEE)
            return run.held, len(run.world.bench.core.keypad.held_since_s)

    assert at_once(trying()) == ((Key.INFO,), 1)


def test_nobody_lets_go_of_a_key_under_another_finger() -> None:
    async def trying() -> tuple[Key, ...]:
        async with living(origin("bag-7-day-nominal"), Memory()) as run:
            run.resume(Who.INSTRUCTOR)
            run.key(Key.RUN, down=True, finger="one", who=Who.TRAINEE)
            with pytest.raises(AskRefusedError, match="held down already"):
                run.key(Key.RUN, down=True, finger="other", who=Who.TRAINEE)
            run.key(Key.RUN, down=False, finger="other", who=Who.TRAINEE)
            return run.held

    assert at_once(trying()) == (Key.RUN,)


@pytest.mark.parametrize("begins", [False, True])
def test_a_run_that_stands_still_takes_no_keys(begins: bool) -> None:
    async def trying() -> int:
        async with living(origin("bag-7-day-nominal"), Memory()) as run:
            if begins:
                run.resume(Who.INSTRUCTOR)
                run.pause(Who.INSTRUCTOR)
            with pytest.raises(AskRefusedError, match="stands still" if begins else "not begun"):
                run.key(Key.STOP, down=True, finger=1, who=Who.TRAINEE)
            return len([entry for entry in run.entries if entry.kind is Kind.STEP])

    assert at_once(trying()) == 0


def test_what_only_goes_wrong_leaves_the_rest_to_the_trainee() -> None:
    """Of the kink that is cleared in time stays the kink: who clears it is the trainee."""

    async def trying() -> tuple[list[object], list[object], str]:
        async with living(origin("kink-cleared-in-time", script="faults"), Memory()) as run:
            run.resume(Who.INSTRUCTOR)
            run.skip(KINK_S + 7200.0 - run.now_s, Who.INSTRUCTOR)
            raised = _events(run, AlarmRaised)
            run.do("unkink", {"where": "downstream"}, Who.TRAINEE)
            return raised, _events(run, PlantActed)[-1:], run.world.bench.core.mode.value

    raised, freed, mode = at_once(trying())
    assert [event.code for event in raised if isinstance(event, AlarmRaised)][:1] == ["OCCLUSION_DOWNSTREAM"]
    assert isinstance(freed[0], PlantActed)
    assert freed[0].action == "Kink"
    assert mode == "halted"


@pytest.mark.parametrize(
    ("verb", "params", "says"),
    [
        ("fly", {}, "no verb"),
        ("kink", {"where": "sideways"}, "not known"),
        ("flush", {}, "volume"),
        ("flush", {"volume": "10"}, "unit"),
        ("flush", {"volume": "10 mL", "colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    verb: str, params: dict[str, str], says: str
) -> None:
    async def trying() -> tuple[int, int]:
        async with living(origin("bag-7-day-nominal"), Memory()) as run:
            run.resume(Who.INSTRUCTOR)
            before_count = len(run.world.bench.journal.events)
            with pytest.raises(AskRefusedError, match=says):
                run.do(verb, params, Who.INSTRUCTOR)
            return before_count, len(run.world.bench.journal.events)

    before_count, after_count = at_once(trying())
    assert before_count == after_count


def test_a_busy_hand_does_nothing_else() -> None:
    async def trying() -> str:
        async with living(origin("bag-7-day-nominal", hand="nurse", script="faults"), Memory()) as run:
            run.resume(Who.INSTRUCTOR)
            run.do("reprime", {"volume": "3 mL"}, Who.TRAINEE)
            with pytest.raises(AskRefusedError) as refusal:
                run.do("tap", {}, Who.TRAINEE)
            assert [(each.hand, each.verb) for each in run.busy()] == [("nurse", "reprime")]
            return str(refusal.value)

    assert at_once(trying()) == "the nurse is still busy: reprime"


def test_the_next_event_is_one_that_is_worth_telling() -> None:
    """From the start of a kinked line: the kink itself, then the alarm 41 minutes later [PHYSICS 4]."""

    async def trying() -> list[float]:
        async with living(origin("kink-cleared-in-time", script="faults"), Memory()) as run:
            run.resume(Who.INSTRUCTOR)
            times_s = []
            for _ in range(2):
                run.next_event(Who.INSTRUCTOR)
                times_s.append(run.now_s)
            return times_s

    kink_s, alarm_s = at_once(trying())
    assert kink_s == KINK_S
    # 0.0008 x (525 - 10.18) / 0.6 h
    assert alarm_s == pytest.approx(KINK_S + 2471.136, abs=0.01)


def test_who_waits_for_the_pump_does_not_wait_for_ever() -> None:
    async def trying() -> float:
        async with living(origin("bag-7-day-nominal", script="faults", alone=True), Memory()) as run:
            run.resume(Who.TRAINEE)
            begun_s = run.now_s
            run.wait_for_call(Who.TRAINEE)
            return run.now_s - begun_s

    assert at_once(trying()) == pytest.approx(12 * 3600.0, abs=1.0)


async def _a_session(run: Run) -> None:
    """Somebody trains: a bubble, keys, a tap and a restart, at another speed."""
    run.resume(Who.INSTRUCTOR)
    run.set_rate(60.0, Who.INSTRUCTOR)
    await asyncio.sleep(3.0)
    run.do("air", {"volume": "0.5 mL"}, Who.INSTRUCTOR)
    run.wait_for_call(Who.INSTRUCTOR)
    await _hold(run, Key.SILENCE, 0.3)
    run.do("tap", {}, Who.TRAINEE)
    await asyncio.sleep(3.0)
    await _hold(run, Key.OK, 0.3)
    await _hold(run, Key.RUN, 1.2)
    run.add(Kind.NOTE, Who.TRAINEE, {"alarm": "AIR_IN_LINE", "text": ""})
    await asyncio.sleep(10.0)


def test_a_run_is_lived_again_from_what_was_kept() -> None:
    async def trying() -> tuple[list[object], Memory]:
        keeper = Memory()
        async with living(origin("bag-7-day-nominal", script="faults"), keeper) as run:
            await _a_session(run)
            keeper.reached("r1", run.now_s)
            return list(run.world.bench.journal.events), keeper

    events, keeper = at_once(trying())
    assert live_again(keeper.record("r1")).bench.journal.events == events
    assert sum(isinstance(event, AlarmRaised) for event in events) >= 1
    assert sum(isinstance(event, CommandAccepted) for event in events) >= 6


def test_a_saved_run_replays_to_the_same_events() -> None:
    async def trying() -> tuple[list[object], str]:
        async with living(origin("bag-7-day-nominal", script="faults"), Memory()) as run:
            await _a_session(run)
            return list(run.world.bench.journal.events), scenario_of(run.record)

    events, text = at_once(trying())
    assert list(World(loads(text).setup).run().events) == events


def test_a_run_that_is_taken_up_again_stands_still_with_no_finger_on_a_key() -> None:
    async def trying() -> tuple[bool, tuple[Key, ...], int, list[Event], list[Event]]:
        keeper = Memory()
        async with living(origin("bag-7-day-nominal", script="faults"), keeper) as run:
            run.resume(Who.INSTRUCTOR)
            await asyncio.sleep(5.0)
            run.key(Key.RUN, down=True, finger=1, who=Who.TRAINEE)
            keeper.reached("r1", run.now_s)
            kept = keeper.record("r1")
            lived = list(run.world.bench.journal.events)
        again = taken_up(kept, keeper)
        core = again.world.bench.core
        return (
            again.session.clock.paused,
            again.held,
            len(core.keypad.held_since_s),
            lived,
            again.world.bench.journal.events[: len(lived)],
        )

    paused, held, held_count, lived, again = at_once(trying())
    assert paused
    assert held == ()
    assert held_count == 0
    assert again == lived


def test_a_run_that_is_over_takes_nothing_more() -> None:
    async def trying() -> None:
        async with living(origin("bag-7-day-nominal"), Memory()) as run:
            run.resume(Who.INSTRUCTOR)
            run.finish(Who.INSTRUCTOR)
            for ask in (
                lambda: run.do("kink", {}, Who.INSTRUCTOR),
                lambda: run.key(Key.STOP, down=True, finger=1, who=Who.TRAINEE),
                lambda: run.resume(Who.INSTRUCTOR),
                lambda: run.skip(1.0, Who.INSTRUCTOR),
            ):
                with pytest.raises(AskRefusedError, match="over"):
                    ask()

    at_once(trying())


def test_people_are_off_unless_they_are_asked_for() -> None:
    with_people = loads(origin("alarm-at-night-unheard", people=True).scenario_toml).setup
    without = loads(origin("alarm-at-night-unheard").scenario_toml).setup
    assert (with_people.response is None, without.response is None) == (False, True)


def test_a_blank_pump_waits_with_a_set_that_is_not_primed() -> None:
    async def trying() -> tuple[str, list[object]]:
        async with living(origin(), Memory()) as run:
            return run.world.bench.core.mode.value, _events(run, ModeChanged)

    assert at_once(trying()) == ("stopped", [])


def test_a_full_disk_stops_no_run_and_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    class Full(Memory):
        is_full = False

        def reached(self, run_id: str, t_s: float) -> None:
            if self.is_full:
                raise UserError("cannot keep runs in r.sqlite3: the disk is full; make room")
            super().reached(run_id, t_s)

    async def trying() -> tuple[float, float]:
        keeper = Full()
        async with living(origin("bag-7-day-nominal"), keeper) as run:
            run.resume(Who.INSTRUCTOR)
            keeper.is_full = True
            await asyncio.sleep(5.0)
            reached_s = run.now_s
            keeper.is_full = False
            await asyncio.sleep(2.0)
            return reached_s, keeper.reached_s["r1"]

    reached_s, kept_s = at_once(trying())
    assert reached_s == pytest.approx(5.0, abs=0.1)
    assert kept_s >= 6.0
    assert capsys.readouterr().err.count("the disk is full") == 1


def test_a_run_that_stands_still_is_not_kept_again_and_again() -> None:
    class Counting(Memory):
        times_count = 0

        def reached(self, run_id: str, t_s: float) -> None:
            self.times_count += 1
            super().reached(run_id, t_s)

    async def trying() -> int:
        keeper = Counting()
        async with living(origin("bag-7-day-nominal"), keeper):
            await asyncio.sleep(1.5)
            before_count = keeper.times_count
            await asyncio.sleep(100.0)
            return keeper.times_count - before_count

    assert at_once(trying()) == 0


def test_who_comes_back_into_a_stretch_that_passed_at_once_finds_a_run_that_has_begun() -> None:
    async def trying() -> tuple[bool, float]:
        keeper = Memory()
        async with living(origin("bag-7-day-nominal"), keeper) as run:
            run.skip(7200.0, Who.INSTRUCTOR)
            kept = replace(keeper.record("r1"), reached_s=3600.0)
            kept = replace(kept, entries=tuple(each for each in kept.entries if each.at_s <= 3600.0))
            return taken_up(kept, keeper).begun, keeper.reached_s["r1"]

    begun, reached_s = at_once(trying())
    assert begun
    assert reached_s == 7200.0
