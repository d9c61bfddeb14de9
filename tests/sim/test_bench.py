"""The bench: its API to the letter, the order of one instant, crossings, persistence."""

from __future__ import annotations

import json
from dataclasses import replace
from math import inf

import pytest

from pump import commands as ask
from pump.errors import SnapshotError
from pump.events import (
    AlarmRaised,
    CommandAccepted,
    CommandRefused,
    Event,
    ModeChanged,
    RateCommanded,
    TurnedBack,
)
from pump.program import Program
from sim.bench import Action, Bench
from sim.events import BagDry, InterruptionBegan, InterruptionEnded, PlantActed, PlantRefused
from sim.plant import actions as do
from sim.plant.config import BagConfig, CatheterConfig, PlantConfig
from tests.sim.made import BAG, PLANT, H, bench, codes, primed, pump, restored, running

CLOSE = do.Clamp(where="downstream", closed=True)
OPEN = do.Clamp(where="downstream", closed=False)
OCCLUDED_S = 0.0008 * (525.0 - 10.18) / 0.6 * 3600.0  # 2471.136 s


def all_of(made: Bench) -> list[Event]:
    return list(made.journal.events)


# --- the API


def test_the_past_is_refused() -> None:
    made = bench()
    made.advance_to(100.0)
    with pytest.raises(ValueError, match="cannot go back"):
        made.advance_to(99.999)
    assert made.t_s == 100.0
    assert made.advance_to(100.0) == []


@pytest.mark.parametrize("t_s", [inf, float("nan")])
def test_what_is_no_time_to_arrive_at_is_refused(t_s: float) -> None:
    made = running()
    with pytest.raises(ValueError, match="cannot arrive"):
        made.advance_to(t_s)
    assert made.t_s < inf


def test_both_calls_return_the_new_events_and_nothing_is_due_after() -> None:
    made = running()
    seen = all_of(made)
    for at_s, action in ((1000.0, CLOSE), (3 * H, ask.Stop())):
        seen += made.advance_to(at_s)
        assert seen == all_of(made)
        assert made.next_deadline_s() > made.t_s
        seen += made.apply(action)
        assert seen == all_of(made)
        assert made.next_deadline_s() > made.t_s
    assert [event.seq for event in seen] == list(range(1, len(seen) + 1))
    assert [event.t_s for event in seen] == sorted(event.t_s for event in seen)


def test_nothing_is_due_for_ever_when_nobody_acts() -> None:
    made = bench()
    made.apply(ask.PowerOff())
    made.advance_to(100 * H)
    assert made.next_deadline_s() == inf


ACCEPTED_OR_NOT: tuple[Action, ...] = (
    ask.Start(),
    ask.Start(),
    ask.Stop(),
    ask.Stop(),
    ask.PowerOn(),
    ask.Silence(),
    ask.Acknowledge(),
    ask.Unlock(code="nonsense"),
    ask.Lock(level=ask.LockLevel.LL1),
    ask.ProgramChange(),
    ask.ProgramChange(vtbi_ml=50.0),
    ask.ConfirmProgram(),
    ask.CancelProgram(),
    ask.ResetReservoir(),
    ask.ClearGiven(),
    ask.NewBag(),
    ask.LinkLost(),
    ask.LinkRestored(),
    ask.PressKey(key=ask.Key.INFO, down=True),
    ask.PressKey(key=ask.Key.INFO, down=False),
    ask.Prime(volume_ml=1.0, disconnected_confirmed=False),
    ask.PowerOff(),
    do.Wait(),
    do.TapLine(works=True),
    do.PlugMains(present=True),
)


@pytest.mark.parametrize("locked", [True, False])
def test_every_action_leaves_an_event_of_its_own(locked: bool) -> None:
    made = running() if locked else primed()
    for action in ACCEPTED_OR_NOT:
        events = made.apply(action)
        answers = [
            event
            for event in events
            if isinstance(event, CommandAccepted | CommandRefused | PlantActed | PlantRefused)
        ]
        assert answers, action
        assert all(event.t_s == made.t_s for event in events)


def test_an_action_comes_after_all_that_was_due() -> None:
    due_now = bench(maintenance_due_s=0.0)
    events = due_now.apply(ask.Start())
    assert [type(event) for event in events][:1] == [AlarmRaised], "it was due before anybody acted"


# --- what the pump believes, what happened


def test_a_nominal_bag() -> None:
    made = running()
    made.advance_to(60.0 + 168 * H)
    assert made.core.mode == "complete"
    assert codes(all_of(made))[-1] == (60.0 + 168 * H, "INFUSION_COMPLETE")
    # 100.8 mL moved; R Q C = 0.144 uL of them still hold the line at 10.18 mmHg, and go on now.
    assert made.plant.delivered_ml(made.t_s) == pytest.approx(100.8 - 0.000144, abs=1e-9)
    made.advance_to(made.t_s + 60.0)
    assert made.plant.delivered_ml(made.t_s) == pytest.approx(100.8, abs=1e-9)
    assert made.core.counters(made.t_s).given_ml == 100.8
    assert made.plant.max_error_ml < 1e-9


def test_occlusion_alarm_anti_bolus_and_release() -> None:
    made = running()
    made.advance_to(1000 * 60.0)
    made.apply(CLOSE)
    began_s = made.t_s
    events = made.advance_to(began_s + H)
    ((alarm_s, code),) = codes(events)[:1]
    assert code == "OCCLUSION_DOWNSTREAM"
    assert alarm_s == pytest.approx(began_s + OCCLUDED_S, abs=1e-6)
    turned = [event.volume_ml for event in events if isinstance(event, TurnedBack)]
    assert turned == [pytest.approx(0.212)], "0.8 uL/mmHg x 515 mmHg - 0.2 mL"
    given_ml = (began_s + OCCLUDED_S - 60.0) / H * 0.6 - 0.212
    assert made.core.counters(made.t_s).given_ml == pytest.approx(given_ml), "taken off given, mid-stroke"
    before_ml = made.plant.delivered_ml(made.t_s)
    made.apply(OPEN)
    made.advance_to(made.t_s + 60.0)
    assert made.plant.delivered_ml(made.t_s) - before_ml == pytest.approx(0.2)
    # Belief and truth agree again: nothing was lost but time.
    assert made.plant.delivered_ml(made.t_s) == pytest.approx(given_ml)


def test_stop_advances_to_the_next_mark_in_both_ledgers() -> None:
    made = running()
    made.advance_to(60.0 + 400.0)  # 66.7 uL given: the second stroke of 50 uL was begun
    made.apply(ask.Stop())
    assert made.core.counters(made.t_s).given_ml == 0.1
    made.advance_to(made.t_s + 60.0)
    assert made.plant.delivered_ml(made.t_s) == pytest.approx(0.1)


def test_no_interruption_where_a_tenth_of_the_order_flows_exactly() -> None:
    program = Program(rate_ml_h=10.0, vtbi_ml=1.0, reservoir_ml=110.0, kvo_ml_h=1.0)
    made = running(order_ml_h=10.0, program=program)
    made.advance_to(6 * H)
    assert made.core.mode == "kvo"
    assert made.plant.drug_flow_ml_h(made.t_s) == pytest.approx(1.0)
    assert not [event for event in all_of(made) if isinstance(event, InterruptionBegan)]
    made.apply(ask.Stop())
    made.advance_to(7 * H)
    assert [event for event in all_of(made) if isinstance(event, InterruptionBegan)]


# --- one instant


def test_plant_then_watches_then_core_timers_then_truth() -> None:
    """All at one second: the bag runs dry, the VTBI is given, and a hand closes the line."""
    plant = PlantConfig(bag=replace(BAG, fill_ml=11.0))  # 11 - 2 - 3 = 6 mL to give
    program = Program(rate_ml_h=0.6, vtbi_ml=6.0, reservoir_ml=110.0)
    made = running(plant, program=program)
    end_s = 60.0 + 10 * H
    events = made.advance_to(end_s) + made.apply(CLOSE)
    kinds = [type(event) for event in events if event.t_s == end_s]
    places = [
        kinds.index(BagDry),
        kinds.index(AlarmRaised),
        kinds.index(ModeChanged),
        kinds.index(RateCommanded),
        kinds.index(PlantActed),
    ]
    assert places == sorted(places)
    assert made.core.mode == "complete"


def test_a_level_is_told_before_a_timer_of_the_same_second() -> None:
    """The inlet comes to -100 mmHg when the VTBI is given: the occlusion is first and the pump halts."""
    # 5.92 mL to give and 0.08 mL of collapse make the 6 mL of the programme.
    plant = PlantConfig(bag=replace(BAG, fill_ml=10.92))
    program = Program(rate_ml_h=0.6, vtbi_ml=6.0, reservoir_ml=110.0)
    made = running(plant, program=program)
    made.advance_to(60.0 + 10 * H + 1.0)
    found = codes(all_of(made))
    times = {code: t_s for t_s, code in found}
    assert times["OCCLUSION_UPSTREAM"] == 60.0 + 10 * H, "to the last bit, or this is no tie"
    assert "INFUSION_COMPLETE" not in times
    assert made.core.mode == "halted"


# --- crossings


def test_a_level_crossed_by_motion_is_told_once() -> None:
    made = running(occlusion_limit_mmhg=300.0, anti_bolus=False)
    made.apply(CLOSE)
    made.advance_to(30 * 60.0)
    made.apply(OPEN)
    events = made.advance_to(30 * 60.0 + 60.0)
    # Through the hysteresis on an exponential, down: once, at its closed form.
    gone = [event for event in events if type(event).__name__ == "AlarmCauseGone"]
    assert len(gone) == 1
    assert len(codes(all_of(made))) == 1


def test_a_reading_put_beyond_a_level_by_a_jump_is_told_at_once() -> None:
    made = running()
    made.apply(CLOSE)
    events = made.apply(do.AddAir(volume_ml=0.6, where="patient"))  # + 0.6 / 0.0008 = 750 mmHg
    assert codes(events) == [(made.t_s, "OCCLUSION_DOWNSTREAM")]
    assert made.core.mode == "halted"
    events = made.apply(do.AttachCassette(attached=False))
    assert any(event.t_s == made.t_s for event in events)


def test_an_exponential_that_ends_beyond_is_not_found_again() -> None:
    made = running()
    made.apply(do.Occlude(where="downstream", resistance_mmhg_h_ml=859.0))
    made.advance_to(200 * H)
    down = [found for found in codes(all_of(made)) if found[1] == "OCCLUSION_DOWNSTREAM"]
    assert len(down) == 1


def test_an_exponential_that_ends_short_of_it_is_never_found() -> None:
    made = running()
    made.apply(do.Occlude(where="downstream", resistance_mmhg_h_ml=858.0))
    made.advance_to(100 * H)
    assert not [found for found in codes(all_of(made)) if found[1] == "OCCLUSION_DOWNSTREAM"]


def test_truth_sees_saline_air_and_closure_at_the_tip() -> None:
    plant = PlantConfig(bag=BAG, catheter=CatheterConfig(volume_ml=0.5))
    made = running(plant)
    made.advance_to(5 * H)
    (began,) = [event for event in all_of(made) if isinstance(event, InterruptionBegan)]
    (ended,) = [event for event in all_of(made) if isinstance(event, InterruptionEnded)]
    # 0.5 mL of saline in the catheter, and 0.144 uL under pressure
    assert (began.start_s, began.cause) == (60.0, "lag")
    assert ended.end_s == pytest.approx(60.0 + 0.500144 / 0.6 * H, abs=1e-3)


def test_an_unprimed_set_is_seen_to_give_air() -> None:
    made = bench(air_detector_on=False)
    made.apply(do.Connect(connected=True))
    made.apply(ask.Start())
    made.advance_to(6 * H)
    ended = [event for event in all_of(made) if isinstance(event, InterruptionEnded)]
    assert [event.end_s for event in ended] == [pytest.approx(3.000144 / 0.6 * H, abs=1e-3)]
    assert ended[0].cause == "air"


# --- persistence


def story(made: Bench) -> list[tuple[float, Action]]:
    """A day with a bit of everything."""
    t_s = made.t_s
    return [
        (t_s + 1000.0, CLOSE),
        (t_s + 1500.0, do.Wait()),
        (t_s + 4000.0, ask.Silence()),
        (t_s + 4500.0, OPEN),
        (t_s + 4600.0, ask.Acknowledge()),
        (t_s + 4601.0, ask.Start()),
        (t_s + 8000.0, do.AddAir(volume_ml=0.5, where="detector")),
        (t_s + 12000.0, do.GrowClot(resistance_mmhg_h_ml=900.0, over_s=20000.0)),
        (t_s + 15000.0, ask.PressKey(key=ask.Key.STOP, down=True)),
        (t_s + 15001.0, ask.PressKey(key=ask.Key.STOP, down=False)),
        (t_s + 16000.0, do.PlugMains(present=False)),
        (t_s + 30000.0, ask.Start()),
        (t_s + 70000.0, do.Wait()),
        (t_s + 99000.0, do.PlugMains(present=True)),
        (t_s + 99001.0, ask.PowerOn()),
        (t_s + 99100.0, ask.Start()),
        (t_s + 120000.0, do.Wait()),
    ]


def test_snapshot_and_restore_in_the_middle_of_anything() -> None:
    whole = running()
    for t_s, action in story(whole):
        whole.advance_to(t_s)
        whole.apply(action)
    events = all_of(whole)
    for cut_s in (60.0, 1060.0, 1300.0, 3531.2, 3600.0, 4561.5, 8100.0, 13000.0, 15060.5, 60000.0, 99062.0):
        part, rest = running(), running()
        replayed: list[Event] = []
        for t_s, action in story(part):
            if part.t_s <= cut_s < t_s:
                part.advance_to(cut_s)
                replayed += all_of(part)
                part = restored(part, rest)
            part.advance_to(t_s)
            part.apply(action)
        replayed += all_of(part)
        assert replayed == events, cut_s
        assert json.dumps(part.snapshot()) == json.dumps(whole.snapshot())


def test_a_snapshot_in_the_middle_of_a_prime_goes_on_priming() -> None:
    made = bench()
    made.apply(ask.Prime(volume_ml=3.0, disconnected_confirmed=True))
    made.advance_to(7.0)
    other = restored(made, bench())
    assert other.advance_to(60.0) == made.advance_to(60.0)
    assert other.plant.ledger == made.plant.ledger


def test_snapshots_of_others_are_refused() -> None:
    kept = running().snapshot()
    for other in (
        bench(occlusion_limit_mmhg=300.0),
        bench(replace(PLANT, bag=BagConfig(fill_ml=100.0))),
        bench(order_ml_h=0.5),
        Bench(pump(Program(rate_ml_h=0.7, vtbi_ml=100.0, reservoir_ml=110.0)), PLANT, 0.6),
    ):
        with pytest.raises(ValueError, match="configuration"):
            other.restore(kept)
    with pytest.raises(ValueError, match="schema"):
        running().restore(kept | {"schema": 99})
    assert issubclass(SnapshotError, Exception)


def test_a_snapshot_after_a_hand_over_to_another_pump() -> None:
    made = running()
    made.advance_to(H)
    made.apply(ask.Stop())
    made.swap_pump(Program(rate_ml_h=0.6, vtbi_ml=100.2, reservoir_ml=106.0), 1.0)
    made.apply(ask.Start())
    made.advance_to(2 * H)
    other = restored(made, bench())
    assert other.core.program.vtbi_ml == 100.2
    assert other.advance_to(200 * H) == made.advance_to(200 * H)
    assert json.dumps(other.snapshot()) == json.dumps(made.snapshot())


def test_power_loss_never_resumes_delivery() -> None:
    made = running(replace(PLANT, mains=False, battery=replace(PLANT.battery, level_frac=0.1)))
    made.advance_to(100 * H)
    assert made.core.mode == "off"
    made.apply(do.PlugMains(present=True))
    made.advance_to(101 * H)
    assert made.core.mode == "off"
    delivered_ml = made.plant.delivered_ml(made.t_s)
    made.apply(ask.PowerOn())
    made.advance_to(110 * H)
    assert made.core.mode == "stopped"
    assert made.plant.delivered_ml(made.t_s) == delivered_ml
    assert made.core.counters(made.t_s).given_ml > 0.0, "programme and counters were kept"


def test_a_battery_that_is_not_sound_is_an_alarm_on_mains_and_no_endless_watch() -> None:
    made = bench()
    made.apply(do.InsertBattery(present=True, level_frac=0.5, sound=False))
    made.advance_to(H)
    assert made.core.alarms.is_active("BATTERY_DEFECTIVE")
