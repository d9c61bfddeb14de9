"""Whatever hands and accidents do to a pump and its line, in whatever order, these things hold."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from pump import commands as ask
from pump.alarms import ALARM_BY_CODE
from pump.commands import Access, Key, LockLevel
from pump.events import AlarmCleared, AlarmRaised, Event, ModeChanged, RateCommanded
from sim.bench import Action, Bench
from sim.plant import actions as do
from tests.sim.made import bench, restored, running
from tests.sim.plant.drawn import ACTIONS, GAPS_S

HANDS = st.sampled_from(list(Access))
COMMANDS: st.SearchStrategy[Action] = st.one_of(
    st.builds(ask.Start, access=HANDS),
    st.builds(ask.Stop, access=HANDS),
    st.builds(ask.Acknowledge),
    st.builds(ask.Silence),
    st.builds(ask.PowerOn),
    st.builds(ask.PowerOff),
    st.builds(
        ask.Prime,
        volume_ml=st.sampled_from([0.5, 3.0, 20.0]),
        disconnected_confirmed=st.booleans(),
        access=HANDS,
    ),
    st.builds(ask.Unlock, code=st.sampled_from(["2580", "6500", "0000"]), access=HANDS),
    st.builds(ask.Lock, level=st.sampled_from(list(LockLevel)), access=HANDS),
    st.builds(
        ask.ProgramChange,
        rate_ml_h=st.none() | st.sampled_from([0.1, 0.6, 2.0, 50.0]),
        vtbi_ml=st.none() | st.sampled_from([0.5, 100.0]),
        reservoir_ml=st.none() | st.sampled_from([1.0, 110.0]),
        kvo_ml_h=st.none() | st.sampled_from([0.0, 0.1]),
        delay_s=st.none() | st.sampled_from([0.0, 600.0]),
        access=HANDS,
    ),
    st.builds(ask.ConfirmProgram, soft_override=st.booleans(), access=HANDS),
    st.builds(ask.CancelProgram, access=HANDS),
    st.builds(ask.ResetReservoir, access=HANDS),
    st.builds(ask.ClearGiven, access=HANDS),
    st.builds(ask.NewBag, access=HANDS),
    st.builds(ask.PressKey, key=st.sampled_from(list(Key)), down=st.booleans()),
)
STORY = st.lists(st.tuples(GAPS_S, st.one_of(COMMANDS, COMMANDS, ACTIONS)), max_size=12)
Story = list[tuple[float, Action]]

OPEN_TO_GRAVITY = {"free_flow", "flow_stop_failed"}


def play(story: Story, *, cuts_frac: tuple[float, ...] = ()) -> tuple[Bench, list[Event]]:
    """Play a story, with extra calls of `advance_to` on the way."""
    made = running()
    events: list[Event] = list(made.journal.events)
    for gap_s, action in story:
        begun_s = made.t_s
        for cut_frac in cuts_frac:
            events += made.advance_to(begun_s + gap_s * cut_frac)
        events += made.advance_to(begun_s + gap_s)
        events += made.apply(action)
    begun_s = made.t_s
    for cut_frac in cuts_frac:
        events += made.advance_to(begun_s + 7200.0 * cut_frac)
    events += made.advance_to(begun_s + 7200.0)
    return made, events


@settings(max_examples=40)
@given(story=STORY, cuts_frac=st.lists(st.floats(0.0, 1.0), max_size=4).map(lambda each: tuple(sorted(each))))
def test_the_event_list_is_the_same_however_often_time_is_called(
    story: Story, cuts_frac: tuple[float, ...]
) -> None:
    whole, events = play(story)
    cut, cut_events = play(story, cuts_frac=cuts_frac)
    assert cut_events == events == whole.journal.events
    assert json.dumps(cut.snapshot()) == json.dumps(whole.snapshot())


@settings(max_examples=30)
@given(story=STORY)
def test_a_restored_bench_goes_on_to_the_last_bit(story: Story) -> None:
    whole, events = play(story)
    made = running()
    seen = list(made.journal.events)
    for gap_s, action in story:
        begun_s = made.t_s
        seen += made.advance_to(begun_s + gap_s * 0.5)
        made = restored(made, bench())
        seen += made.advance_to(begun_s + gap_s)
        seen += made.apply(action)
        made = restored(made, bench())
    seen += made.advance_to(whole.t_s)
    assert seen == events
    assert json.dumps(made.snapshot()) == json.dumps(whole.snapshot())


@settings(max_examples=60)
@given(story=STORY)
def test_the_pump_never_asks_for_more_than_its_programme(story: Story) -> None:
    made = running()
    priming = False
    for gap_s, action in [*story, (7200.0, do.Wait())]:
        for events in (made.advance_to(made.t_s + gap_s), made.apply(action)):
            for event in events:
                if isinstance(event, ModeChanged):
                    priming = event.mode_to == "priming"
                elif isinstance(event, RateCommanded) and not priming:
                    assert event.rate_ml_h <= made.core.program.rate_ml_h
        assert made.core.drive.rate_ml_h == 0.0 or made.core.mode in {"running", "kvo", "priming"}
        assert made.plant.drive_now.rate_ml_h == made.core.drive.rate_ml_h
    assert made.plant.max_error_ml < 1e-9
    assert made.plant.max_error_ug < 1e-9


class Guard:
    """Keeps account of what a line under a stopping alarm may still give: what pressure had stored."""

    def __init__(self, made: Bench) -> None:
        self.made = made
        self.standing: set[str] = set()
        self.budget_ml = 0.0
        self.delivered_ml = made.plant.delivered_ml(made.t_s)

    @property
    def stored_ml(self) -> float:
        """What runs off into the vein if the way is open."""
        down = self.made.plant.downstream
        over_mmhg = self.made.plant.p_down_mmhg(self.made.t_s) - down.end_mmhg
        return max(0.0, over_mmhg * down.c_ml_mmhg)

    def hear(self, events: list[Event], by_hand_ml: float | None) -> None:
        """Take in what came of a call; `by_hand_ml` is what an action brought in itself, None: no action."""
        was_held = bool(self.standing)
        for event in events:
            if isinstance(event, AlarmRaised) and ALARM_BY_CODE[event.code].stops_delivery:
                self.standing.add(event.code)
            elif isinstance(event, AlarmCleared):
                self.standing.discard(event.code)
        before_ml, self.delivered_ml = self.delivered_ml, self.made.plant.delivered_ml(self.made.t_s)
        if not self.standing:
            return
        assert self.made.core.drive.rate_ml_h == 0.0
        if was_held:
            self.budget_ml += (by_hand_ml or 0.0) - (self.delivered_ml - before_ml)
            assert self.budget_ml >= -1e-9
        if not was_held or by_hand_ml is not None:
            self.budget_ml = max(self.budget_ml, self.stored_ml)


def brought_ml(action: Action) -> float:
    """What an action itself can move into the vein."""
    if isinstance(action, do.MovePump):
        return 0.0008 * 0.735 * 80.0  # the line's own volume, from one height to the other
    return getattr(action, "volume_ml", 0.0)


@settings(max_examples=60)
@given(story=STORY)
def test_no_drug_while_a_stopping_alarm_stands_beyond_what_was_stored(story: Story) -> None:
    made = running()
    guard = Guard(made)
    for gap_s, action in [*story, (7200.0, do.Wait())]:
        until_s = made.t_s + gap_s
        while made.next_deadline_s() <= until_s:
            guard.hear(made.advance_to(made.next_deadline_s()), None)
        guard.hear(made.advance_to(until_s), None)
        guard.hear(made.apply(action), brought_ml(action))
        if made.plant.faults & OPEN_TO_GRAVITY:
            return
