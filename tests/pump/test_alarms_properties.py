"""Whatever happens to an alarm set, in whatever order, these things hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from math import inf

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pump.alarms import ALARMS, AlarmSet, AlarmTimings, Priority, Standing
from pump.events import (
    AlarmAcknowledged,
    AlarmCleared,
    AlarmRaised,
    AlarmSilenced,
    AlarmSounded,
    Journal,
    Noted,
)

SOME = (
    "AIR_IN_LINE",
    "OCCLUSION_DOWNSTREAM",
    "BATTERY_DEPLETED",
    "SYSTEM_FAULT",
    "KEY_STUCK",
    "INFUSION_COMPLETE",
    "PUMP_STOPPED",
    "TAMPER",
    "LINK_LOST",
    "RESERVOIR_LOW",
    "BATTERY_LOW",
    "PRIME_TIMEOUT",
    "MAINS_LOST",
)
"""At least two of every priority and of every way to end."""

TABLE_PLACE = {row.code: place for place, row in enumerate(ALARMS)}
URGENCY = {Priority.HIGH: 0, Priority.MEDIUM: 1, Priority.LOW: 2}
LONGEST_QUIET_S = 240.0


def queue_place(standing: Standing) -> tuple[int, float, int]:
    return (URGENCY[standing.priority], standing.raised_s, TABLE_PLACE[standing.code])


class AlarmLife(RuleBasedStateMachine):
    """Conditions come and go, hands do something, time passes; a restored twin does the same."""

    @initialize(escalates=st.booleans(), audio_pause_s=st.sampled_from([15.0, 120.0]))
    def set_up(self, escalates: bool, audio_pause_s: float) -> None:
        self.t_s = 0.0
        self.timings = AlarmTimings(audio_pause_s=audio_pause_s, escalates=escalates)
        self.alarms = AlarmSet(Journal(), self.timings)
        self.twin = AlarmSet(Journal(), self.timings)
        self.causes: set[str] = set()

    def both(self, act: Callable[[AlarmSet], object]) -> None:
        assert act(self.alarms) == act(self.twin)
        assert self.alarms.journal.events == self.twin.journal.events

    def pass_time(self, t_s: float) -> None:
        while (due_s := self.alarms.next_deadline_s()) <= t_s:
            self.both(lambda each, due_s=due_s: each.wake(due_s))  # type: ignore[misc]
            assert self.alarms.next_deadline_s() > due_s, "what was due is done"
        self.t_s = t_s

    @rule(code=st.sampled_from(SOME), urgent=st.booleans())
    def begin(self, code: str, urgent: bool) -> None:
        self.causes.add(code)
        debounce_s = 0.0 if urgent else None
        self.both(lambda each: each.begin(self.t_s, code, "found", debounce_s=debounce_s))

    @rule(code=st.sampled_from(SOME))
    def end(self, code: str) -> None:
        self.causes.discard(code)
        self.both(lambda each: each.end(self.t_s, code))

    @rule()
    def acknowledge(self) -> None:
        self.both(lambda each: each.acknowledge(self.t_s))

    @rule()
    def silence(self) -> None:
        self.both(lambda each: each.silence(self.t_s))

    @rule()
    def power_cycle(self) -> None:
        self.causes.clear()
        self.both(lambda each: each.clear_all(self.t_s))

    @rule(passed_s=st.one_of(st.sampled_from([0.0, 5.0, 120.0, 240.0, 600.0]), st.floats(0.0, 2000.0)))
    def wait(self, passed_s: float) -> None:
        self.pass_time(self.t_s + passed_s)

    @rule()
    def next_deadline(self) -> None:
        due_s = self.alarms.next_deadline_s()
        if due_s < inf:
            self.pass_time(due_s)

    @rule()
    def restore(self) -> None:
        kept = json.loads(json.dumps(self.alarms.snapshot(), allow_nan=False))
        self.twin = AlarmSet.restore(self.twin.journal, self.timings, kept)

    @invariant()
    def one_is_signalled_and_it_is_the_highest(self) -> None:
        standing = self.alarms.standing()
        signalled = self.alarms.signalled()
        calling = [each for each in standing if not each.stepped_back]
        if calling:
            assert signalled is min(calling, key=queue_place)
        elif urgent := [each for each in standing if each.priority is not Priority.LOW]:
            assert signalled is min(urgent, key=queue_place)
        else:
            assert signalled is None

    @invariant()
    def what_sounds_has_begun_to_sound(self) -> None:
        calling = next((each for each in self.alarms.standing() if not each.stepped_back), None)
        for each in self.alarms.standing():
            if each is calling and each.is_sounding:
                assert each.sounded_s is not None
                assert each.escalated or each.unanswered_s is not None
            elif each is not calling and calling is not None:
                assert each.sounded_s is None, "it waits"
                assert each.unanswered_s is None

    @invariant()
    def silence_is_never_permanent(self) -> None:
        signalled = self.alarms.signalled()
        if signalled is None or signalled.is_sounding:
            return
        assert self.alarms.next_deadline_s() <= self.t_s + LONGEST_QUIET_S
        for each in self.alarms.standing():
            if each.silenced_until_s is not None:
                assert each.silenced_until_s <= self.t_s + 120.0

    @invariant()
    def what_stands_has_a_cause_or_is_latched(self) -> None:
        for each in self.alarms.standing():
            assert each.is_active == (each.code in self.causes)
            assert each.is_active or each.row.latching
        waiting = set(self.alarms.pending_codes())
        assert waiting <= self.causes

    @invariant()
    def halts_while_a_stopping_alarm_stands(self) -> None:
        stopping = [each.code for each in self.alarms.standing() if each.row.stops_delivery]
        assert self.alarms.halts() == bool(stopping)
        assert self.alarms.start_blockers() == tuple(sorted(stopping, key=TABLE_PLACE.__getitem__))

    @invariant()
    def events_are_ordered_and_come_in_pairs(self) -> None:
        events = self.alarms.journal.events
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert all(before.t_s <= after.t_s for before, after in pairwise(events))
        open_codes: set[str] = set()
        for event in events:
            match event:
                case AlarmRaised():
                    assert event.code not in open_codes
                    open_codes.add(event.code)
                case AlarmCleared():
                    open_codes.remove(event.code)
                case AlarmAcknowledged() | AlarmSilenced() | AlarmSounded():
                    assert event.code in open_codes
                case Noted():
                    pass
        assert open_codes == {each.code for each in self.alarms.standing()}


AlarmLife.TestCase.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
TestAlarmLife = AlarmLife.TestCase
