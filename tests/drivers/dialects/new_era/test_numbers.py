"""Numbers as the pump takes and writes them, and what a syringe allows."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.dialects.new_era.tables import (
    NE_1000,
    exact_number,
    is_within,
    number_of,
    number_text,
    whole_number_of,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [("5", "5"), ("26.59", "26.59"), ("2000.", "2000"), (".5", "0.5"), ("0.001", "0.001"), ("9999", "9999")],
)
def test_numbers_are_read(text: str, value: str) -> None:
    assert number_of(text) == Decimal(value)


@pytest.mark.parametrize(
    "text", ["", ".", "12345", "1.2345", "0.0001", "-1", "+1", "1e3", "1,5", "1.2.3", "²", "nan", "12345."]
)
def test_what_is_no_number_is_none(text: str) -> None:
    assert number_of(text) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2000", "2000."),
        ("26.59", "26.59"),
        ("0.1", "0.100"),
        ("14", "14.00"),
        ("0", "0.000"),
        ("999.99", "999.9"),
        ("9.9999", "9.999"),
        ("12345", "9999."),
    ],
)
def test_numbers_are_written_with_four_digits_and_a_point(value: str, text: str) -> None:
    assert number_text(Decimal(value)) == text


@given(st.integers(0, 9999), st.integers(0, 3))
def test_what_four_digits_can_say_is_read_back_as_it_was(digits: int, decimals: int) -> None:
    value = Decimal(digits).scaleb(-decimals)
    text = exact_number(value)
    assert text is not None
    assert number_of(text) == value


@given(st.decimals(0, 20000, places=6))
def test_nothing_is_said_that_is_not_exact(value: Decimal) -> None:
    text = exact_number(value)
    assert text is None or Decimal(text.rstrip(".")) == value


@pytest.mark.parametrize("text", ["", "1.0", "-1", "123456", "²", "1 "])
def test_whole_numbers_only(text: str) -> None:
    assert whole_number_of(text) is None


def test_rates_follow_from_the_pushers_speed_and_the_plunger() -> None:
    # 26.59 mm: 5.553 cm²; 0.004205 cm/h and 5.1005 cm/min on it are 23.35 uL/h and 1699 mL/h.
    limits = NE_1000.rates_ml_h(Decimal("26.59"))
    assert is_within(Decimal("0.02335"), limits)
    assert not is_within(Decimal("0.02334"), limits)
    assert is_within(Decimal(1699), limits)
    assert not is_within(Decimal(1700), limits)
    assert not is_within(Decimal(0), limits)
