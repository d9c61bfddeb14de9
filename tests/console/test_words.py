"""Times and numbers as people read them."""

from __future__ import annotations

import pytest

from console.words import clock, listed, moment, plain, spaced, span, tiny, volume


@pytest.mark.parametrize(
    ("t_s", "text"),
    [
        (0.0, "0 d 00:00:00"),
        (59.6, "0 d 00:01:00"),
        (595680.0, "6 d 21:28:00"),
        (86399.6, "1 d 00:00:00"),
        (40 * 86400.0, "40 d 00:00:00"),
    ],
)
def test_moments(t_s: float, text: str) -> None:
    assert moment(t_s) == text


@pytest.mark.parametrize(
    ("t_s", "start_s", "text"),
    [(0.0, 28800.0, "08:00:00"), (595680.0, 28800.0, "05:28:00"), (57600.0, 28800.0, "00:00:00"),
     (57599.6, 28800.0, "00:00:00")],
)  # fmt: skip
def test_the_time_of_day(t_s: float, start_s: float, text: str) -> None:
    assert clock(t_s, start_s) == text


@pytest.mark.parametrize(
    ("length_s", "text"),
    [
        (0.0, "0 s"),
        (0.26, "0.3 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min"),
        (298.1, "4 min 58 s"),
        (3600.0, "1 h"),
        (9714.0, "2 h 41 min 54 s"),
        (604800.0, "7 d"),
        (90061.0, "1 d 1 h 1 min 1 s"),
    ],
)
def test_how_long(length_s: float, text: str) -> None:
    assert span(length_s) == text


@pytest.mark.parametrize(
    ("number", "digits_count", "text"),
    [(1.72, 3, "1.72"), (1.7199999, 3, "1.72"), (100.0, 3, "100"), (-0.0001, 3, "0"), (-2.5, 1, "-2.5"),
     (616.4, 0, "616"), (10.0, 0, "10")],
)  # fmt: skip
def test_plain_numbers(number: float, digits_count: int, text: str) -> None:
    assert plain(number, digits_count) == text


def test_volumes_are_to_the_microlitre() -> None:
    assert volume(99.0804) == "99.08 mL"


@pytest.mark.parametrize(
    ("number", "text"), [(0.0, "0"), (8.9e-15, "below 1e-12"), (2e-11, "below 1e-10"), (3e-3, "below 1e-2")]
)
def test_what_should_be_nothing_is_told_by_its_size(number: float, text: str) -> None:
    assert tiny(number) == text


def test_names_become_words() -> None:
    assert spaced("clear_given") == "clear given"
    assert spaced("ClampCatheter") == "clamp catheter"


def test_counts_have_their_nouns() -> None:
    assert listed(1, "interruption") == "1 interruption"
    assert listed(0, "stretch", "stretches") == "0 stretches"
