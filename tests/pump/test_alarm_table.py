"""The alarm table against hand-written truths: what exists, how urgent it is, what it stops."""

from __future__ import annotations

import textwrap
from math import inf

import pytest

from pump.alarm_table import ALARM_BY_CODE, ALARMS, AlarmRow, Clears, Priority
from pump.panel import COLUMNS_COUNT, LINES_COUNT, URGENCY

HIGH = [
    "AIR_IN_LINE",
    "OCCLUSION_DOWNSTREAM",
    "OCCLUSION_UPSTREAM",
    "RESERVOIR_EMPTY",
    "BATTERY_DEPLETED",
    "CASSETTE_DETACHED",
    "DOOR_OPEN",
    "KEY_STUCK",
    "SYSTEM_FAULT",
    "AIR_ACCUMULATED",
    "MOTOR_FAULT",
    "SENSOR_FAULT",
    "OVER_TEMPERATURE",
    "OVER_INFUSION",
    "SELFTEST_CPU",
    "SELFTEST_ROM",
    "SELFTEST_RAM",
    "SELFTEST_BATTERY",
    "SELFTEST_KEY",
    "SELFTEST_WATCHDOG",
    "SELFTEST_CLOCK",
    "SELFTEST_TONE",
]
MEDIUM = [
    "INFUSION_COMPLETE",
    "PUMP_STOPPED",
    "TAMPER",
    "LINK_LOST",
    "DELIVERY_NOT_STARTED",
    "STANDBY_LONG",
    "UNDER_INFUSION",
]
LOW = [
    "RESERVOIR_LOW",
    "BATTERY_LOW",
    "PRIME_TIMEOUT",
    "MAINTENANCE_DUE",
    "UPSTREAM_TRANSIENT",
    "PROGRAM_INCOMPLETE",
    "BATTERY_MISSING",
    "BATTERY_DEFECTIVE",
    "MAINS_LOST",
    "KVO_RUNNING",
    "RATE_LIMIT",
]
MDC = {
    "OCCLUSION_DOWNSTREAM": 196940,
    "RESERVOIR_EMPTY": 196634,
    "DOOR_OPEN": 196842,
    "SYSTEM_FAULT": 196660,
    "MOTOR_FAULT": 196646,
    "SENSOR_FAULT": 196920,
    "SELFTEST_CPU": 196646,
    "SELFTEST_ROM": 196646,
    "SELFTEST_RAM": 196646,
    "SELFTEST_BATTERY": 196800,
    "SELFTEST_KEY": 196646,
    "SELFTEST_WATCHDOG": 196646,
    "SELFTEST_CLOCK": 196646,
    "SELFTEST_TONE": 196646,
    "INFUSION_COMPLETE": 197292,
    "STANDBY_LONG": 202774,
    "RESERVOIR_LOW": 197334,
    "BATTERY_LOW": 196802,
    "PRIME_TIMEOUT": 197192,
    "UPSTREAM_TRANSIENT": 196860,
    "BATTERY_DEFECTIVE": 196804,
}
"""The codes that a readable source gives, by hand; everything else has none."""

each_row = pytest.mark.parametrize("row", ALARMS, ids=lambda row: row.code)


def test_the_table_is_whole_and_in_order_of_priority() -> None:
    assert [row.code for row in ALARMS] == [*HIGH, *MEDIUM, *LOW]
    assert {row.code: row for row in ALARMS} == ALARM_BY_CODE
    assert len(ALARM_BY_CODE) == len(ALARMS)


@each_row
def test_priority_and_effect(row: AlarmRow) -> None:
    expected = Priority.HIGH if row.code in HIGH else Priority.MEDIUM if row.code in MEDIUM else Priority.LOW
    assert row.priority is expected
    assert row.stops_delivery == (row.code in HIGH)


@each_row
def test_codes_are_the_sources_or_none(row: AlarmRow) -> None:
    assert row.mdc_code == MDC.get(row.code)
    assert row.mdc_code is None or row.mdc_name.startswith("MDC_EVT_")


@each_row
def test_every_row_tells_people_what_they_need(row: AlarmRow) -> None:
    assert row.trigger
    assert row.remedy
    assert row.source
    assert row.certainty in {"F", "S", "D", "G", "X"}
    assert len(f"{URGENCY[row.priority]} {row.display}") <= COLUMNS_COUNT
    assert 1 <= len(textwrap.wrap(row.help, COLUMNS_COUNT)) <= LINES_COUNT - 2


@each_row
def test_the_weakest_mark_of_the_source_text_is_the_rows(row: AlarmRow) -> None:
    order = "FSDGX"
    marks = [mark for mark in order if f"[{mark}" in row.source]
    assert marks, "a source text marks its parts"
    assert row.certainty == max(marks, key=order.index)


@each_row
def test_what_is_urgent_never_keeps_quiet_for_ever(row: AlarmRow) -> None:
    if row.priority is Priority.LOW:
        assert row.sounds_for_s == 5.0
        assert row.escalates_after_s == inf
    else:
        assert 0.0 < row.repeat_s <= 240.0
        assert row.escalates_after_s == 600.0


def test_particular_timings() -> None:
    assert ALARM_BY_CODE["INFUSION_COMPLETE"].repeat_s == 240.0
    assert ALARM_BY_CODE["KEY_STUCK"].debounce_s == 180.0
    assert ALARM_BY_CODE["PUMP_STOPPED"].debounce_s == 120.0
    assert ALARM_BY_CODE["STANDBY_LONG"].debounce_s == 3600.0
    assert ALARM_BY_CODE["CASSETTE_DETACHED"].stopped_debounce_s == 120.0
    assert ALARM_BY_CODE["OVER_INFUSION"].debounce_s == 900.0
    assert ALARM_BY_CODE["UNDER_INFUSION"].debounce_s == 900.0


def test_what_ends_what() -> None:
    by_clears: dict[Clears, set[str]] = {clears: set() for clears in Clears}
    for row in ALARMS:
        by_clears[row.clears].add(row.code)
    broken = {code for code in HIGH if code.startswith("SELFTEST_")} | {
        "SYSTEM_FAULT",
        "MOTOR_FAULT",
        "SENSOR_FAULT",
    }
    assert by_clears[Clears.POWER_CYCLE] == broken
    assert by_clears[Clears.NOTICE] == {"AIR_IN_LINE", "AIR_ACCUMULATED", "TAMPER", "PRIME_TIMEOUT"}
    assert by_clears[Clears.CAUSE_AND_NOTICE] == {
        "OCCLUSION_DOWNSTREAM",
        "OCCLUSION_UPSTREAM",
        "RESERVOIR_EMPTY",
        "CASSETTE_DETACHED",
        "DOOR_OPEN",
        "KEY_STUCK",
        "OVER_TEMPERATURE",
        "OVER_INFUSION",
    }
    assert {row.code for row in ALARMS if not row.latching} == by_clears[Clears.CAUSE]


def test_the_bedside_word_leads_to_the_right_row() -> None:
    assert "flow irregularity" in ALARM_BY_CODE["UPSTREAM_TRANSIENT"].trigger
    assert "partial resistance downstream" in ALARM_BY_CODE["UPSTREAM_TRANSIENT"].trigger
