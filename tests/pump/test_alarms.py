"""The life of an alarm, path by path. Times are worked out by hand from the table's figures."""

from __future__ import annotations

from itertools import product
from math import inf

import pytest

from pump.alarms import LIFE_CYCLE, AlarmSet, AlarmTimings, State
from pump.events import (
    AlarmAcknowledged,
    AlarmCauseGone,
    AlarmCleared,
    AlarmEvent,
    AlarmRaised,
    AlarmSilenced,
    AlarmSounded,
    Event,
    Journal,
    Noted,
)


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def alarms(journal: Journal) -> AlarmSet:
    return AlarmSet(journal)


def told(journal: Journal) -> list[tuple[float, str, str]]:
    """When, which event, and whose or why."""
    return [
        (event.t_s, type(event).__name__.removeprefix("Alarm"), _about(event)) for event in journal.events
    ]


def _about(event: Event) -> str:
    match event:
        case AlarmSounded():
            return f"{event.code} {event.why}"
        case AlarmEvent():
            return event.code
        case Noted():
            return f"{event.what} {event.detail}"
        case _:
            raise AssertionError(event)


def run_until(alarms: AlarmSet, t_s: float) -> None:
    while alarms.next_deadline_s() <= t_s:
        alarms.wake(alarms.next_deadline_s())


def test_not_latching_begins_and_ends_with_its_cause(alarms: AlarmSet, journal: Journal) -> None:
    alarms.begin(10.0, "LINK_LOST", "no answer for 30 s")
    assert alarms.is_active("LINK_LOST")
    assert alarms.next_deadline_s() == 610.0
    alarms.end(20.0, "LINK_LOST")
    assert not alarms.is_standing("LINK_LOST")
    assert alarms.next_deadline_s() == inf
    assert told(journal) == [
        (10.0, "Raised", "LINK_LOST"),
        (20.0, "CauseGone", "LINK_LOST"),
        (20.0, "Cleared", "LINK_LOST"),
    ]
    raised = journal.events[0]
    assert isinstance(raised, AlarmRaised)
    assert (raised.priority, raised.detail) == ("medium", "no answer for 30 s")


def test_latching_outlives_its_cause_until_acknowledged(alarms: AlarmSet, journal: Journal) -> None:
    alarms.begin(0.0, "OCCLUSION_DOWNSTREAM")
    alarms.end(1.0, "OCCLUSION_DOWNSTREAM")
    (standing,) = alarms.standing()
    assert standing.state == "latched"
    assert not alarms.is_active("OCCLUSION_DOWNSTREAM")
    assert alarms.halts()
    assert alarms.start_blockers() == ("OCCLUSION_DOWNSTREAM",)
    assert alarms.acknowledge(2.0) == ("OCCLUSION_DOWNSTREAM",)
    assert not alarms.halts()
    assert [name for _, name, _ in told(journal)] == ["Raised", "CauseGone", "Acknowledged", "Cleared"]


def test_acknowledged_before_the_cause_goes_ends_with_the_cause(alarms: AlarmSet, journal: Journal) -> None:
    alarms.begin(0.0, "OCCLUSION_DOWNSTREAM")
    alarms.acknowledge(5.0)
    assert alarms.start_blockers() == ("OCCLUSION_DOWNSTREAM",), "the cause is still there"
    alarms.end(9.0, "OCCLUSION_DOWNSTREAM")
    assert alarms.standing() == ()
    assert told(journal)[-2:] == [
        (9.0, "CauseGone", "OCCLUSION_DOWNSTREAM"),
        (9.0, "Cleared", "OCCLUSION_DOWNSTREAM"),
    ]


def test_an_acknowledged_alarm_sounds_again_while_its_cause_persists(
    alarms: AlarmSet, journal: Journal
) -> None:
    alarms.begin(0.0, "OCCLUSION_UPSTREAM")
    alarms.acknowledge(5.0)
    signalled = alarms.signalled()
    assert signalled is not None, "the light stays"
    assert not signalled.is_sounding
    assert alarms.next_deadline_s() == 125.0
    alarms.wake(125.0)
    assert told(journal)[-1] == (125.0, "Sounded", "OCCLUSION_UPSTREAM still_there")
    assert alarms.acknowledge(130.0) == ("OCCLUSION_UPSTREAM",), "and can be acknowledged again"


def test_a_momentary_alarm_ends_when_acknowledged_though_nothing_has_gone(alarms: AlarmSet) -> None:
    alarms.begin(0.0, "AIR_IN_LINE")
    assert alarms.acknowledge(60.0) == ("AIR_IN_LINE",)
    assert not alarms.halts()
    alarms.begin(70.0, "AIR_IN_LINE")
    alarms.end(80.0, "AIR_IN_LINE")
    assert alarms.halts(), "without notice it stays though the air is gone"


def test_a_fault_ends_with_a_power_cycle_alone(alarms: AlarmSet, journal: Journal) -> None:
    alarms.begin(0.0, "SYSTEM_FAULT")
    alarms.acknowledge(1.0)
    alarms.end(2.0, "SYSTEM_FAULT")
    assert alarms.standing()[0].state == "latched"
    run_until(alarms, 121.0)
    alarms.acknowledge(122.0)
    assert alarms.start_blockers() == ("SYSTEM_FAULT",)
    alarms.clear_all(130.0)
    assert alarms.standing() == ()
    assert told(journal)[-1] == (130.0, "Cleared", "SYSTEM_FAULT")


def test_the_cause_comes_back_before_anybody_noticed(alarms: AlarmSet, journal: Journal) -> None:
    alarms.begin(0.0, "DOOR_OPEN")
    alarms.silence(1.0)
    alarms.end(2.0, "DOOR_OPEN")
    alarms.begin(3.0, "DOOR_OPEN")
    assert alarms.is_active("DOOR_OPEN")
    signalled = alarms.signalled()
    assert signalled is not None
    assert signalled.is_sounding, "what comes anew is not silent"
    assert told(journal)[-2:] == [
        (3.0, "Noted", "alarm_cause_back DOOR_OPEN"),
        (3.0, "Sounded", "DOOR_OPEN cause_back"),
    ]
    assert sum(isinstance(event, AlarmRaised) for event in journal.events) == 1, "one beginning, one end"


def test_beginning_twice_and_ending_what_is_not_there_change_nothing(
    alarms: AlarmSet, journal: Journal
) -> None:
    alarms.begin(0.0, "LINK_LOST")
    alarms.begin(1.0, "LINK_LOST")
    alarms.end(2.0, "DOOR_OPEN")
    alarms.end(3.0, "LINK_LOST")
    alarms.end(4.0, "LINK_LOST")
    assert [name for _, name, _ in told(journal)] == ["Raised", "CauseGone", "Cleared"]


def test_an_unknown_code_is_the_callers_bug(alarms: AlarmSet) -> None:
    with pytest.raises(KeyError):
        alarms.begin(0.0, "COFFEE_EMPTY")


# -------------------------------------------------------------------- debounce


def test_a_condition_becomes_an_alarm_when_it_has_lasted(alarms: AlarmSet, journal: Journal) -> None:
    alarms.begin(100.0, "PUMP_STOPPED")
    assert alarms.pending_codes() == ("PUMP_STOPPED",)
    assert alarms.standing() == ()
    assert journal.events == []
    assert alarms.next_deadline_s() == 220.0
    alarms.wake(220.0)
    assert alarms.is_active("PUMP_STOPPED")
    assert told(journal) == [(220.0, "Raised", "PUMP_STOPPED")]


def test_a_condition_that_was_too_brief_leaves_a_note_and_no_alarm(
    alarms: AlarmSet, journal: Journal
) -> None:
    alarms.begin(100.0, "KEY_STUCK")
    alarms.end(101.0, "KEY_STUCK")
    assert told(journal) == [(101.0, "Noted", "alarm_too_brief KEY_STUCK")]
    assert alarms.next_deadline_s() == inf


def test_a_cancelled_condition_leaves_nothing(alarms: AlarmSet, journal: Journal) -> None:
    alarms.begin(100.0, "PUMP_STOPPED")
    alarms.cancel("PUMP_STOPPED")
    run_until(alarms, 1e6)
    assert journal.events == []


def test_the_caller_may_debounce_otherwise(alarms: AlarmSet) -> None:
    alarms.begin(0.0, "CASSETTE_DETACHED", debounce_s=120.0)
    assert not alarms.halts()
    alarms.begin(30.0, "CASSETTE_DETACHED")
    assert alarms.halts(), "the pump was started meanwhile: at once"
    assert alarms.pending_codes() == ()


def test_a_later_report_does_not_postpone(alarms: AlarmSet) -> None:
    alarms.begin(0.0, "PUMP_STOPPED")
    alarms.begin(60.0, "PUMP_STOPPED")
    assert alarms.next_deadline_s() == 120.0


# -------------------------------------------------------------------- silence


def test_a_pause_ends_after_two_minutes(alarms: AlarmSet, journal: Journal) -> None:
    alarms.begin(0.0, "OCCLUSION_DOWNSTREAM")
    assert alarms.silence(10.0)
    silenced = journal.events[-1]
    assert isinstance(silenced, AlarmSilenced)
    assert silenced.until_s == 130.0
    assert not alarms.silence(20.0), "nothing sounds"
    assert alarms.next_deadline_s() == 130.0
    alarms.wake(130.0)
    assert told(journal)[-1] == (130.0, "Sounded", "OCCLUSION_DOWNSTREAM pause_over")


def test_nothing_to_silence(alarms: AlarmSet, journal: Journal) -> None:
    assert not alarms.silence(0.0)
    assert journal.events == []


@pytest.mark.parametrize("audio_pause_s", [0.0, -1.0, 120.5, inf])
def test_no_pause_longer_than_two_minutes_can_be_set(audio_pause_s: float) -> None:
    with pytest.raises(ValueError, match="audio_pause_s"):
        AlarmTimings(audio_pause_s=audio_pause_s)


def test_a_shorter_pause_can() -> None:
    alarms = AlarmSet(Journal(), AlarmTimings(audio_pause_s=60.0))
    alarms.begin(0.0, "DOOR_OPEN")
    alarms.silence(5.0)
    assert alarms.next_deadline_s() == 65.0


def test_a_new_alarm_of_the_same_urgency_ends_the_pause(alarms: AlarmSet, journal: Journal) -> None:
    alarms.begin(0.0, "DOOR_OPEN")
    alarms.silence(1.0)
    alarms.begin(2.0, "BATTERY_DEPLETED")
    assert told(journal)[-2:] == [
        (2.0, "Raised", "BATTERY_DEPLETED"),
        (2.0, "Sounded", "DOOR_OPEN new_alarm"),
    ]


def test_a_new_alarm_of_less_urgency_does_not(alarms: AlarmSet, journal: Journal) -> None:
    alarms.begin(0.0, "DOOR_OPEN")
    alarms.silence(1.0)
    alarms.begin(2.0, "LINK_LOST")
    assert told(journal)[-1] == (2.0, "Raised", "LINK_LOST")


# -------------------------------------------------------------------- one at a time


def test_the_highest_then_the_oldest_is_signalled(alarms: AlarmSet, journal: Journal) -> None:
    alarms.begin(0.0, "MAINS_LOST")
    alarms.begin(1.0, "LINK_LOST")
    alarms.begin(2.0, "DOOR_OPEN")
    alarms.begin(3.0, "AIR_IN_LINE")
    assert [each.code for each in alarms.standing()] == [
        "DOOR_OPEN",
        "AIR_IN_LINE",
        "LINK_LOST",
        "MAINS_LOST",
    ]
    alarms.end(4.0, "DOOR_OPEN")
    assert alarms.acknowledge(5.0) == ("DOOR_OPEN",)
    assert alarms.acknowledge(6.0) == ("AIR_IN_LINE",)
    assert told(journal)[-1] == (6.0, "Sounded", "LINK_LOST turn")
    alarms.end(7.0, "LINK_LOST")
    assert told(journal)[-1] == (7.0, "Sounded", "MAINS_LOST turn")


def test_at_one_instant_the_table_decides(alarms: AlarmSet) -> None:
    alarms.begin(0.0, "SYSTEM_FAULT")
    alarms.begin(0.0, "OCCLUSION_UPSTREAM")
    alarms.begin(0.0, "AIR_IN_LINE")
    assert [each.code for each in alarms.standing()] == ["AIR_IN_LINE", "OCCLUSION_UPSTREAM", "SYSTEM_FAULT"]
    assert alarms.start_blockers() == ("AIR_IN_LINE", "OCCLUSION_UPSTREAM", "SYSTEM_FAULT")


def test_two_debounces_that_end_together_are_raised_in_table_order(
    alarms: AlarmSet, journal: Journal
) -> None:
    alarms.begin(0.0, "DELIVERY_NOT_STARTED", debounce_s=50.0)
    alarms.begin(10.0, "PUMP_STOPPED", debounce_s=40.0)
    alarms.wake(50.0)
    assert [what for _, name, what in told(journal) if name == "Raised"] == [
        "PUMP_STOPPED",
        "DELIVERY_NOT_STARTED",
    ]


def test_acknowledging_walks_through_all_that_stands(alarms: AlarmSet) -> None:
    alarms.begin(0.0, "OCCLUSION_UPSTREAM")
    alarms.begin(1.0, "DOOR_OPEN")
    alarms.begin(2.0, "LINK_LOST")
    walked = [alarms.acknowledge(3.0) for _ in range(4)]
    assert walked == [("OCCLUSION_UPSTREAM",), ("DOOR_OPEN",), ("LINK_LOST",), ()]
    signalled = alarms.signalled()
    assert signalled is not None, "the most urgent of those that stand keeps its light"
    assert signalled.code == "OCCLUSION_UPSTREAM"


def test_a_pre_empted_alarm_does_not_escalate_while_it_waits(alarms: AlarmSet, journal: Journal) -> None:
    alarms.begin(0.0, "LINK_LOST")
    alarms.begin(500.0, "DOOR_OPEN")
    run_until(alarms, 1099.0)
    assert not any("escalated" in what for _, _, what in told(journal))
    assert [each.code for each in alarms.standing() if each.escalated] == []
    alarms.wake(1100.0)
    assert told(journal)[-1] == (1100.0, "Sounded", "DOOR_OPEN escalated")


# -------------------------------------------------------------------- messages, reminders, escalation


def test_a_low_message_is_over_after_five_seconds(alarms: AlarmSet, journal: Journal) -> None:
    alarms.begin(0.0, "RESERVOIR_LOW")
    assert alarms.signalled() is not None
    assert alarms.next_deadline_s() == 5.0
    alarms.wake(5.0)
    assert told(journal)[-1] == (5.0, "Noted", "alarm_message_over RESERVOIR_LOW")
    assert alarms.signalled() is None, "an icon is no signal"
    assert alarms.is_standing("RESERVOIR_LOW")
    assert alarms.next_deadline_s() == inf


def test_low_messages_follow_each_other(alarms: AlarmSet, journal: Journal) -> None:
    alarms.begin(0.0, "MAINS_LOST")
    alarms.begin(1.0, "RATE_LIMIT")
    run_until(alarms, 10.0)
    assert told(journal)[2:] == [
        (5.0, "Noted", "alarm_message_over MAINS_LOST"),
        (5.0, "Sounded", "RATE_LIMIT turn"),
        (10.0, "Noted", "alarm_message_over RATE_LIMIT"),
    ]


def test_a_low_battery_reminds_every_five_minutes(alarms: AlarmSet, journal: Journal) -> None:
    alarms.begin(0.0, "BATTERY_LOW")
    run_until(alarms, 700.0)
    assert [when_s for when_s, name, _ in told(journal) if name == "Sounded"] == [305.0, 610.0]


def test_a_complete_infusion_repeats_every_four_minutes_and_escalates(
    alarms: AlarmSet, journal: Journal
) -> None:
    # Ten seconds of sound, then 240 s of quiet; nobody answers for 600 s.
    alarms.begin(0.0, "INFUSION_COMPLETE")
    run_until(alarms, 2000.0)
    assert told(journal)[1:] == [
        (10.0, "Noted", "alarm_message_over INFUSION_COMPLETE"),
        (250.0, "Sounded", "INFUSION_COMPLETE repeat"),
        (260.0, "Noted", "alarm_message_over INFUSION_COMPLETE"),
        (500.0, "Sounded", "INFUSION_COMPLETE repeat"),
        (510.0, "Noted", "alarm_message_over INFUSION_COMPLETE"),
        (600.0, "Sounded", "INFUSION_COMPLETE escalated"),
    ]
    assert alarms.acknowledge(2000.0) == ("INFUSION_COMPLETE",)
    assert alarms.next_deadline_s() == 2240.0


def test_what_nobody_answers_escalates_after_ten_minutes(alarms: AlarmSet, journal: Journal) -> None:
    alarms.begin(0.0, "AIR_IN_LINE")
    run_until(alarms, 1e5)
    assert told(journal)[1:] == [(600.0, "Sounded", "AIR_IN_LINE escalated")]
    assert alarms.standing()[0].escalated


def test_an_answer_puts_escalation_off(alarms: AlarmSet, journal: Journal) -> None:
    alarms.begin(0.0, "AIR_IN_LINE")
    alarms.silence(590.0)
    run_until(alarms, 1e5)
    assert told(journal)[2:] == [
        (710.0, "Sounded", "AIR_IN_LINE pause_over"),
        (1310.0, "Sounded", "AIR_IN_LINE escalated"),
    ]


def test_a_reminder_that_returns_behind_another_alarm_waits_without_its_clock(
    alarms: AlarmSet, journal: Journal
) -> None:
    alarms.begin(0.0, "INFUSION_COMPLETE")
    run_until(alarms, 10.0)
    alarms.begin(100.0, "DOOR_OPEN")
    run_until(alarms, 650.0)  # past 250, when it would have returned, and 600, when it would have escalated
    assert [each.escalated for each in alarms.standing()] == [False, False]
    alarms.acknowledge(660.0)
    assert told(journal)[-1] == (660.0, "Sounded", "INFUSION_COMPLETE turn")
    alarms.acknowledge(661.0)
    assert alarms.next_deadline_s() == 780.0, "the door, 120 s after its notice"


def test_the_same_alarm_again_is_a_new_one(alarms: AlarmSet) -> None:
    alarms.begin(0.0, "LINK_LOST")
    run_until(alarms, 700.0)
    alarms.end(800.0, "LINK_LOST")
    alarms.begin(900.0, "LINK_LOST")
    assert not alarms.standing()[0].escalated
    assert alarms.next_deadline_s() == 1500.0


def test_a_site_may_switch_escalation_off() -> None:
    journal = Journal()
    alarms = AlarmSet(journal, AlarmTimings(escalates=False))
    alarms.begin(0.0, "AIR_IN_LINE")
    assert alarms.next_deadline_s() == inf
    alarms.silence(5.0)
    run_until(alarms, 1e5)
    assert told(journal)[-1] == (125.0, "Sounded", "AIR_IN_LINE pause_over")


def test_a_low_alarm_whose_message_is_over_can_still_be_acknowledged(
    alarms: AlarmSet, journal: Journal
) -> None:
    alarms.begin(0.0, "PRIME_TIMEOUT")
    run_until(alarms, 10.0)
    assert alarms.acknowledge(11.0) == ("PRIME_TIMEOUT",)
    assert told(journal)[-1] == (11.0, "Cleared", "PRIME_TIMEOUT")
    assert alarms.acknowledge(12.0) == ()


def test_the_priority_may_be_another_than_the_tables(alarms: AlarmSet, journal: Journal) -> None:
    alarms.begin(0.0, "RESERVOIR_EMPTY", priority="medium")
    alarms.acknowledge(1.0)
    alarms.end(2.0, "RESERVOIR_EMPTY")
    assert {event.priority for event in journal.events if isinstance(event, AlarmEvent)} == {"medium"}
    assert [type(event) for event in journal.events] == [
        AlarmRaised,
        AlarmAcknowledged,
        AlarmCauseGone,
        AlarmCleared,
    ]


def test_a_power_cycle_ends_all_in_table_order(alarms: AlarmSet, journal: Journal) -> None:
    for code in ("MAINS_LOST", "SYSTEM_FAULT", "AIR_IN_LINE", "PUMP_STOPPED"):
        alarms.begin(0.0, code)
    alarms.clear_all(1.0)
    assert [what for _, name, what in told(journal) if name == "Cleared"] == [
        "AIR_IN_LINE",
        "SYSTEM_FAULT",
        "MAINS_LOST",
    ]
    assert alarms.next_deadline_s() == inf, "what was being debounced is gone as well"


# -------------------------------------------------------------------- the machine itself


class Model:
    def __init__(self, state: str, *, latches: bool, outlives_notice: bool) -> None:
        self.state = state
        self.latches = latches
        self.outlives_notice = outlives_notice


LEADS_TO = {
    ("inactive", "begin"): "active",
    ("latched", "begin"): "active",
    ("active", "cause_gone"): "inactive",
    ("active", "acknowledge"): "inactive",
    ("latched", "acknowledge"): "inactive",
    ("active", "reset"): "inactive",
    ("latched", "reset"): "inactive",
}
"""Every cell that leads anywhere, for an alarm that neither latches nor outlives notice."""


CELLS = list(product(State, ("begin", "cause_gone", "acknowledge", "reset")))


@pytest.mark.parametrize(("state", "trigger"), CELLS)
def test_every_cell_of_the_life_cycle(state: State, trigger: str) -> None:
    model = Model(state.value, latches=False, outlives_notice=False)
    if (state.value, trigger) in LEADS_TO:
        assert LIFE_CYCLE.events[trigger].trigger(model)
        assert model.state == LEADS_TO[state.value, trigger]
    else:
        assert trigger not in LIFE_CYCLE.get_triggers(state.value)


def test_the_guarded_cells_of_the_life_cycle() -> None:
    latching = Model("active", latches=True, outlives_notice=True)
    LIFE_CYCLE.events["acknowledge"].trigger(latching)
    assert latching.state == "active"
    LIFE_CYCLE.events["cause_gone"].trigger(latching)
    assert latching.state == "latched"
    LIFE_CYCLE.events["acknowledge"].trigger(latching)
    assert latching.state == "latched"
