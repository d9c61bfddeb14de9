"""Deadlines of a paced line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.pacing import PIECE_S, PROMPT_S, Pace, Piece

BYTE_S = 10 / 9600
LATE_S = st.floats(0.0, 0.9 * PROMPT_S)


def whole(pieces: list[Piece]) -> tuple[float, bytes]:
    """When the last byte is through, and all of them."""
    return pieces[-1][0], b"".join(data for _, data in pieces)


def test_a_frame_is_here_when_its_last_byte_is() -> None:
    pace = Pace(BYTE_S)
    here_s, data = whole(pace.heard(b"0123456789abcdef", 5.0))
    assert here_s == pytest.approx(5.0 + 16 * BYTE_S)
    assert data == b"0123456789abcdef"


@pytest.mark.parametrize(
    ("baud", "expected"),
    [
        (300, [1] * 10),  # a byte of 33 ms is not cut
        (9600, [3, 3, 3, 1]),  # 3.1 ms
        (19200, [7, 3]),  # 3.6 ms
        (115200, [10]),  # 46 bytes would be 4.0 ms
    ],
)
def test_it_comes_in_pieces_each_when_its_last_byte_would(baud: int, expected: list[int]) -> None:
    byte_s = 10 / baud
    pace = Pace(byte_s)
    pieces = pace.said(b"0123456789", 5.0)
    assert [len(data) for _, data in pieces] == expected
    ends = [sum(expected[: place + 1]) for place in range(len(expected))]
    assert [at_s for at_s, _ in pieces] == pytest.approx([5.0 + end * byte_s for end in ends])
    assert pace.piece_s == pytest.approx(byte_s * max(1, int(PIECE_S / byte_s)))


def test_an_answer_begins_when_it_is_ready() -> None:
    pace = Pace(BYTE_S)
    here_s, _ = whole(pace.heard(b"x" * 16, 5.0))
    assert whole(pace.said(b"x" * 24, here_s))[0] == pytest.approx(5.0 + 40 * BYTE_S)


def test_what_takes_its_time_to_answer_is_given_it() -> None:
    pace = Pace(BYTE_S)
    here_s, _ = whole(pace.heard(b"x" * 16, 5.0))
    ready_s = here_s + 10 * PROMPT_S
    assert whole(pace.said(b"x" * 24, ready_s))[0] == pytest.approx(ready_s + 24 * BYTE_S)


def test_what_is_sent_meanwhile_waits_for_the_wire() -> None:
    pace = Pace(BYTE_S)
    pace.heard(b"x" * 16, 5.0)
    assert whole(pace.heard(b"x" * 4, 5.001))[0] == pytest.approx(5.0 + 20 * BYTE_S)
    pace.said(b"x" * 24, 6.0)
    assert whole(pace.said(b"x", 6.0))[0] == pytest.approx(6.0 + 25 * BYTE_S)


def test_both_ways_at_once() -> None:
    pace = Pace(BYTE_S)
    pace.said(b"x" * 1000, 5.0)
    assert whole(pace.heard(b"x" * 16, 5.5))[0] == pytest.approx(5.5 + 16 * BYTE_S)


def test_after_a_rest_it_begins_anew() -> None:
    pace = Pace(BYTE_S)
    ended_s, _ = whole(pace.said(b"x" * 24, whole(pace.heard(b"x" * 16, 5.0))[0]))
    asked_s = ended_s + PROMPT_S + 0.001
    assert whole(pace.heard(b"x" * 16, asked_s))[0] == pytest.approx(asked_s + 16 * BYTE_S)


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40), LATE_S, LATE_S), min_size=1, max_size=50))
def test_prompt_answers_lose_nothing_of_the_line(exchanges: list[tuple[int, int, float, float]]) -> None:
    """However late each wake-up is, as long as it is prompt, the whole takes what the bytes take."""
    pace = Pace(BYTE_S)
    now_s = 5.0
    for asked_count, answered_count, pump_late_s, host_late_s in exchanges:
        asked_s, _ = whole(pace.heard(b"x" * asked_count, now_s))
        answered_s, _ = whole(pace.said(b"x" * answered_count, asked_s + pump_late_s))
        now_s = answered_s + host_late_s
    total_count = sum(asked + answered for asked, answered, _, _ in exchanges)
    assert answered_s == pytest.approx(5.0 + total_count * BYTE_S)


@given(st.lists(st.tuples(st.binary(min_size=1, max_size=40), st.floats(0.0, 0.1)), min_size=1, max_size=50))
def test_never_faster_than_the_line_and_nothing_is_lost(chunks: list[tuple[bytes, float]]) -> None:
    pace = Pace(BYTE_S)
    now_s, before_s = 5.0, 5.0
    for chunk, rest_s in chunks:
        pieces = pace.heard(chunk, now_s)
        assert whole(pieces)[1] == chunk
        for at_s, data in pieces:
            assert at_s >= before_s + len(data) * BYTE_S - 1e-9
            before_s = at_s
        now_s += rest_s
