"""Records of the event log: as printed, round and round, and out of the pump's own log."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.dialects.miva.records import ERASED, Record, bounds, digits_at, record_of, row_of
from drivers.dialects.miva.tables import ALARM_KINDS, LATEST_S, RING_COUNT, RecordType
from pump.alarm_table import ALARM_BY_CODE
from pump.log import LogRow
from tests.drivers.dialects.feeding import vectors

NUMBERS = st.none() | st.floats(width=32, allow_nan=False)
RECORDS = st.builds(
    Record,
    type_code=st.integers(0, 255),
    t_s=st.integers(0, LATEST_S),
    subtype_code=st.integers(0, 0xFFFF),
    first=NUMBERS,
    second=NUMBERS,
).filter(lambda record: record.digits != ERASED)


@pytest.mark.parametrize("row", vectors("miva")["record"], ids=lambda row: row["says"])
def test_a_record_is_as_printed_both_ways(row: dict[str, object]) -> None:
    digits = str(row["digits"]).replace(" ", "")
    record = record_of(digits)
    assert record is not None
    assert (record.type_code, record.t_s, record.subtype_code) == (row["type"], row["t_s"], row["subtype"])
    assert (record.first, record.second) == (row.get("first"), row.get("second"))
    assert record.digits == digits


@given(RECORDS)
def test_a_record_comes_back_as_it_was(record: Record) -> None:
    assert len(record.digits) == 32
    assert record_of(record.digits) == record


def test_erased_memory_is_no_record() -> None:
    assert record_of("F" * 32) is None


def rows_of(*cells: tuple[str, str, str], first_number: int = 1) -> tuple[LogRow, ...]:
    return tuple(
        LogRow(number, 60.0, what, code, None, detail)
        for number, (what, code, detail) in enumerate(cells, start=first_number)
    )


def read(rows: tuple[LogRow, ...], number: int) -> Record:
    record = record_of(digits_at(rows, number % RING_COUNT))
    assert record is not None
    return record


@pytest.mark.parametrize("code", ALARM_KINDS)
def test_an_alarm_becomes_its_record_and_comes_back(code: str) -> None:
    record = read(rows_of(("alarm_begin", code, "high")), 1)
    assert record.type_code == ALARM_KINDS[code].type
    assert record.t_s == 60
    assert row_of(record, 1) == LogRow(1, 60.0, "alarm_begin", code, ALARM_BY_CODE[code].mdc_code, "")


def test_the_end_of_either_occlusion_is_one_record() -> None:
    rows = rows_of(("alarm_end", "OCCLUSION_UPSTREAM", ""), ("alarm_end", "OCCLUSION_DOWNSTREAM", ""))
    assert {(read(rows, n).type_code, read(rows, n).subtype_code) for n in (1, 2)} == {(9, 4)}


def test_a_pause_tells_the_volume_that_the_log_tells_with_it() -> None:
    rows = rows_of(("mode", "stopped", "from running: stop"), ("rate", "0 mL/h", "given 3.125 mL"))
    assert read(rows, 1) == Record(type_code=RecordType.INFUSION_PAUSED, t_s=60, first=3.125)
    assert row_of(read(rows, 1), 1) == LogRow(1, 60.0, "mode", "stopped", None, "given 3.125 mL")


@pytest.mark.parametrize("came", ["from priming: volume", "from self_test: self_test", "from halted: alarms"])
def test_to_stop_without_having_run_is_no_pause(came: str) -> None:
    assert read(rows_of(("mode", "stopped", came)), 1).type_code == RecordType.DEBUG


def test_what_the_format_does_not_know_bears_its_number() -> None:
    rows = rows_of(("note", "tap", ""), first_number=70_000)
    assert read(rows, 70_000) == Record(type_code=RecordType.DEBUG, t_s=60, subtype_code=70_000 - 65_536)


def test_the_ring_begins_anew_when_it_is_full() -> None:
    rows = rows_of(*[("mode", "off", "")] * 2000, first_number=RING_COUNT - 5)
    assert bounds(rows) == (RING_COUNT - 5, 1994)
    assert digits_at(rows, RING_COUNT - 5) != ERASED
    assert digits_at(rows, 1994) != ERASED
    assert digits_at(rows, 1995) == ERASED
    assert digits_at(rows, RING_COUNT - 6) == ERASED


def test_an_empty_log_has_no_record() -> None:
    assert bounds(()) == (0, 0)
    assert digits_at((), 0) == ERASED


@given(RECORDS)
def test_every_record_can_be_shown_as_a_row(record: Record) -> None:
    row = row_of(record, 7)
    assert (row.number, row.t_s) == (7, record.t_s)
    assert row.what in {"alarm_begin", "mode", "record"}
