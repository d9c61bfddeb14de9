"""Quantities: what is read, what is refused with which remedy, and that writing loses nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.quantities import (
    COMPLIANCE,
    CONCENTRATION,
    COUNT,
    DIMENSIONS,
    DOSE,
    FACTOR,
    FLOW,
    LENGTH,
    PRESSURE,
    RESISTANCE,
    SHARE,
    SHARE_PER_PRESSURE,
    SMALL_VOLUME,
    TEMPERATURE,
    TIME,
    VOLUME,
    Dimension,
    QuantityError,
    dimension_of,
    format_clock,
    format_quantity,
    parse_clock,
    parse_quantity,
)


@pytest.mark.parametrize(
    ("text", "dimension", "number"),
    [
        ("0.6 mL/h", FLOW, 0.6),
        ("10 mL/h", FLOW, 10.0),
        ("600 uL/h", FLOW, 0.6),
        ("1 mL/min", FLOW, 60.0),
        ("100.8 mL", VOLUME, 100.8),
        ("200uL", VOLUME, 0.2),
        ("0.11 L", VOLUME, 110.0),
        ("0.2 mL", SMALL_VOLUME, 200.0),
        ("6 d 20 h", TIME, 590400.0),
        ("6d 20h", TIME, 590400.0),
        ("90 min", TIME, 5400.0),
        ("1 h 30 min 0.5 s", TIME, 5400.5),
        ("250 ms", TIME, 0.25),
        ("0.5 d", TIME, 43200.0),
        ("525 mmHg", PRESSURE, 525.0),
        ("-100 mmHg", PRESSURE, -100.0),
        ("10 psi", PRESSURE, 517.149),
        ("196 ug", DOSE, 196.0),
        ("196 mcg", DOSE, 196.0),
        ("196 \u00b5g", DOSE, 196.0),
        ("196 \u03bcg", DOSE, 196.0),
        ("0.196 mg", DOSE, 196.0),
        ("1.944 \u00b5g/mL", CONCENTRATION, 1.944),
        ("0.8 \u03bcL/mmHg", COMPLIANCE, 0.0008),
        ("0.3 mmHg h/mL", RESISTANCE, 0.3),
        ("900 mmHg*h/mL", RESISTANCE, 900.0),
        ("-30 cm", LENGTH, -30.0),
        ("4 \u00b0C", TEMPERATURE, 4.0),
        ("90 %", SHARE, 0.9),
        (0.9, SHARE, 0.9),
        (1, SHARE, 1.0),
        ("106 %", FACTOR, 1.06),
        ("0.03 %/mmHg", SHARE_PER_PRESSURE, 0.0003),
        (2, COUNT, 2.0),
    ],
)
def test_reads(text: str | float, dimension: Dimension, number: float) -> None:
    assert dimension.read(text) == number


@pytest.mark.parametrize(
    ("text", "dimension", "what", "remedy"),
    [
        (0.6, FLOW, "has no unit", "in quotes with its unit"),
        (3, VOLUME, "has no unit", '"100.8 mL"'),
        ("0.6", FLOW, "has no unit", "mL/h"),
        ("0,6 mL/h", FLOW, "has a comma", "decimal point"),
        ("nan mL", VOLUME, "does not begin with a number", '"100.8 mL"'),
        ("inf mL", VOLUME, "does not begin with a number", '"100.8 mL"'),
        (float("nan"), SHARE, "no number that could be a share", "0.9"),
        (float("inf"), VOLUME, "no number that could be a volume", "mL"),
        ("0.6 ML/h", FLOW, "has its capitals wrong", '"mL/h"'),
        ("3 ml", VOLUME, "has its capitals wrong", '"mL"'),
        ("3 H", TIME, "has its capitals wrong", '"h"'),
        ("3 h", VOLUME, "is a time", "a volume is wanted"),
        ("3 mL", FLOW, "is a volume", "a rate is wanted"),
        ("3 furlongs", VOLUME, '"furlongs" is not known', "mL, uL, L"),
        ("-3 mL", VOLUME, "cannot be negative", "such as"),
        ("-1 h", TIME, "cannot be negative", "such as"),
        ("1e9 mL", VOLUME, "absurdly large", "100000 mL"),
        ("1e999999999 mL", VOLUME, "is absurd", "exponent"),
        ("1e399 mL", VOLUME, "absurdly large", "100000 mL"),
        ("20 h 6 d", TIME, "not in order", "longest first"),
        ("1 h 1 h", TIME, "not in order", "longest first"),
        ("6 d 20", TIME, "not known", "d, h, min"),
        ("", VOLUME, "does not begin with a number", "such as"),
        ("x" * 200, VOLUME, "too long", "such as"),
        (50, SHARE, "absurdly large", "1.0"),
        (10**400, SHARE, "absurdly large", "1.0"),
        (-1, SHARE, "cannot be negative", "0.9"),
        (True, VOLUME, "a volume is wanted", "100.8 mL"),
        (["3 mL"], VOLUME, "a volume is wanted", "100.8 mL"),
        ("\u0663 mL", VOLUME, "does not begin with a number", "such as"),
        ("2 mL", COUNT, "is a volume", "a count is wanted"),
        ("-999 mmHg", PRESSURE, "cannot be below -760 mmHg", "such as"),
    ],
)
def test_refuses_with_a_remedy(text: object, dimension: Dimension, what: str, remedy: str) -> None:
    with pytest.raises(QuantityError) as caught:
        dimension.read(text)
    assert what in caught.value.what
    assert remedy in caught.value.remedy


@pytest.mark.parametrize("dimension", DIMENSIONS, ids=lambda dimension: dimension.ending)
@settings(max_examples=30)
@given(st.data())
def test_writing_loses_no_bit(dimension: Dimension, data: st.DataObject) -> None:
    number = data.draw(st.floats(dimension.lowest, dimension.highest)) + 0.0
    written = dimension.write(number)
    assert dimension.read(written) == number
    assert parse_quantity(format_quantity(number, dimension), dimension) == number


@pytest.mark.parametrize("dimension", DIMENSIONS, ids=lambda dimension: dimension.ending)
def test_its_own_example_reads_and_its_ending_is_its_own(dimension: Dimension) -> None:
    parse_quantity(dimension.example, dimension)
    found = dimension_of(f"any{dimension.ending}")
    assert found is not None
    assert found.ending == dimension.ending


@given(st.floats(0, TIME.highest))
def test_times_are_written_in_the_longest_units(time_s: float) -> None:
    text = format_quantity(time_s, TIME)
    units = [part for part in text.split() if part.isalpha()]
    assert units == [unit for unit in ("d", "h", "min", "s") if unit in units]


@pytest.mark.parametrize(
    ("time_s", "text"),
    [(590400.0, "6 d 20 h"), (0.0, "0 s"), (5400.5, "1 h 30 min 0.5 s"), (86399.0, "23 h 59 min 59 s")],
)
def test_times_for_people(time_s: float, text: str) -> None:
    assert format_quantity(time_s, TIME) == text


@pytest.mark.parametrize(
    ("number", "dimension", "text"),
    [
        (100.8, VOLUME, "100.8 mL"),
        (110.0, VOLUME, "110 mL"),
        (1e-7, VOLUME, "0.0000001 mL"),
        (-100.0, PRESSURE, "-100 mmHg"),
    ],
)
def test_numbers_for_people(number: float, dimension: Dimension, text: str) -> None:
    assert format_quantity(number, dimension) == text


@given(st.integers(0, 86399))
def test_time_of_day_round_trip(day_s: int) -> None:
    assert parse_clock(format_clock(day_s)) == day_s


@pytest.mark.parametrize("text", ["8:00", "24:00", "08:60", "08.00", 8, ""])
def test_no_time_of_day(text: object) -> None:
    with pytest.raises(QuantityError, match="no time of day"):
        parse_clock(text)
