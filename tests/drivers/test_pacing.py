"""Deadlines of a paced line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.pacing import PROMPT_S, Pace

BYTE_S = 10 / 9600
LATE_S = st.floats(0.0, 0.9 * PROMPT_S)


def test_a_frame_is_here_when_its_last_byte_is() -> None:
    pace = Pace(BYTE_S)
    assert pace.heard_s(16, 5.0) == pytest.approx(5.0 + 16 * BYTE_S)


def test_an_answer_begins_when_it_is_ready() -> None:
    pace = Pace(BYTE_S)
    here_s = pace.heard_s(16, 5.0)
    assert pace.said_s(24, here_s) == pytest.approx(5.0 + 40 * BYTE_S)


def test_what_is_sent_meanwhile_waits_for_the_wire() -> None:
    pace = Pace(BYTE_S)
    pace.heard_s(16, 5.0)
    assert pace.heard_s(4, 5.001) == pytest.approx(5.0 + 20 * BYTE_S)
    pace.said_s(24, 6.0)
    assert pace.said_s(1, 6.0) == pytest.approx(6.0 + 25 * BYTE_S)


def test_both_ways_at_once() -> None:
    pace = Pace(BYTE_S)
    pace.said_s(1000, 5.0)
    assert pace.heard_s(16, 5.5) == pytest.approx(5.5 + 16 * BYTE_S)


def test_after_a_rest_it_begins_anew() -> None:
    pace = Pace(BYTE_S)
    ended_s = pace.said_s(24, pace.heard_s(16, 5.0))
    asked_s = ended_s + PROMPT_S + 0.001
    assert pace.heard_s(16, asked_s) == pytest.approx(asked_s + 16 * BYTE_S)


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40), LATE_S), min_size=1, max_size=50))
def test_prompt_answers_lose_nothing_of_the_line(exchanges: list[tuple[int, int, float]]) -> None:
    """However late each wake-up is, as long as it is prompt, the whole takes what the bytes take."""
    pace = Pace(BYTE_S)
    now_s = 5.0
    for asked_count, answered_count, late_s in exchanges:
        answered_s = pace.said_s(answered_count, pace.heard_s(asked_count, now_s))
        now_s = answered_s + late_s
    total_count = sum(asked + answered for asked, answered, _ in exchanges)
    assert answered_s == pytest.approx(5.0 + total_count * BYTE_S)


@given(st.lists(st.tuples(st.integers(1, 40), st.floats(0.0, 0.1)), min_size=1, max_size=50))
def test_never_faster_than_the_line(chunks: list[tuple[int, float]]) -> None:
    pace = Pace(BYTE_S)
    now_s, before_s = 5.0, 5.0
    for count, rest_s in chunks:
        here_s = pace.heard_s(count, now_s)
        assert here_s >= before_s + count * BYTE_S - 1e-9
        before_s, now_s = here_s, now_s + rest_s
