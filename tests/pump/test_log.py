"""The pump's log: numbered, bounded, paired, made of events alone."""

from __future__ import annotations

import json
from dataclasses import dataclass

from pump.alarms import AlarmSet
from pump.events import (
    CommandAccepted,
    CommandRefused,
    Event,
    Journal,
    ModeChanged,
    Noted,
    RateCommanded,
    TurnedBack,
)
from pump.log import LogRow, PumpLog


def logged(journal: Journal) -> PumpLog:
    log = PumpLog()
    for event in journal.events:
        log.note(event)
    return log


def test_an_alarm_has_a_row_where_it_begins_and_one_where_it_ends() -> None:
    journal = Journal()
    alarms = AlarmSet(journal)
    alarms.begin(10.0, "OCCLUSION_DOWNSTREAM", "525 mmHg")
    alarms.silence(11.0)
    alarms.end(12.0, "OCCLUSION_DOWNSTREAM")
    alarms.acknowledge(13.0)
    alarms.begin(20.0, "AIR_IN_LINE")
    rows = logged(journal).rows()
    assert rows == (
        LogRow(1, 10.0, "alarm_begin", "OCCLUSION_DOWNSTREAM", 196940, "high: 525 mmHg"),
        LogRow(2, 11.0, "alarm_silenced", "OCCLUSION_DOWNSTREAM", 196940, "for 120 s"),
        LogRow(3, 12.0, "alarm_cause_gone", "OCCLUSION_DOWNSTREAM", 196940, ""),
        LogRow(4, 13.0, "alarm_acknowledged", "OCCLUSION_DOWNSTREAM", 196940, ""),
        LogRow(5, 13.0, "alarm_end", "OCCLUSION_DOWNSTREAM", 196940, ""),
        LogRow(6, 20.0, "alarm_begin", "AIR_IN_LINE", None, "high"),
    )


def test_the_rest_of_what_a_pump_does() -> None:
    journal = Journal()
    journal.add(CommandAccepted, 1.0, command="start", access="patient", detail="0.6 mL/h")
    journal.add(ModeChanged, 1.0, mode_from="stopped", mode_to="running", cause="start")
    journal.add(RateCommanded, 1.0, rate_ml_h=0.6, push_ml=0.0, given_ml=0.25, reservoir_ml=100.0)
    journal.add(
        CommandRefused, 2.0, command="prime", access="patient", reason="locked", text="needs the code"
    )
    journal.add(TurnedBack, 3.0, volume_ml=0.212)
    journal.add(Noted, 4.0, what="no_access_key", detail="prime")
    journal.add(ModeChanged, 5.0, mode_from="running", mode_to="complete", cause="vtbi")
    assert [(row.what, row.code, row.mdc_code, row.detail) for row in logged(journal).rows()] == [
        ("command", "start", None, "by patient 0.6 mL/h"),
        ("mode", "running", 197288, "from stopped: start"),
        ("rate", "0.6 mL/h", None, "given 0.250 mL"),
        ("refused", "prime", None, "by patient: locked"),
        ("turned_back", "", None, "0.212 mL"),
        ("note", "no_access_key", None, "prime"),
        ("mode", "complete", 197292, "from running: vtbi"),
    ]


def test_what_is_not_the_pumps_leaves_no_row() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class PlantActed(Event):
        action: str

    log = PumpLog()
    log.note(PlantActed(t_s=0.0, seq=1, action="kink"))
    assert log.rows() == ()
    assert log.next_number == 1


def test_it_keeps_two_thousand_rows_and_numbers_on() -> None:
    log = PumpLog()
    for number in range(1, 2501):
        log.note(Noted(t_s=float(number), seq=number, what="key"))
    rows = log.rows()
    assert len(rows) == 2000
    assert [rows[0].number, rows[-1].number] == [501, 2500]
    assert [row.number for row in log.rows(after_number=2498)] == [2499, 2500]


def test_it_survives_power_off() -> None:
    log = PumpLog()
    for number in range(1, 2003):
        log.note(Noted(t_s=float(number), seq=number, what="key"))
    again = PumpLog.restore(json.loads(json.dumps(log.snapshot(), allow_nan=False)))
    assert again.rows() == log.rows()
    again.note(Noted(t_s=9e9, seq=1, what="power_on"))
    assert again.rows()[-1].number == 2003
    assert len(again.rows()) == 2000
