"""The sum of air: alarms in closed form, gaps, and rolling windows."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pump.detection import AirLimits, AirPiece, AirSum, window_full_s

LIMITS = AirLimits(
    single_ul=200.0,
    gap_ul=50.0,
    again_ul=10.0,
    windows=((1000.0, 900.0), (1500.0, 3600.0), (1000.0, 86400.0)),
)
RATE_NL_H = 600_000.0
"""0.6 mL/h: 200 uL pass in 1200 s, 50 uL in 300 s, 10 uL in 60 s."""


def running() -> AirSum:
    air = AirSum(0.0, LIMITS)
    air.change(0.0, rate_nl_h=RATE_NL_H)
    return air


def test_no_air_no_alarm() -> None:
    assert running().next_alarm_s() == math.inf


def test_a_bubble_alarms_when_its_limit_has_passed() -> None:
    air = running()
    air.change(100.0, air_frac=1.0)
    assert air.next_alarm_s() == 1300.0


def test_half_a_field_of_air_counts_half() -> None:
    air = running()
    air.change(0.0, air_frac=0.5)
    assert air.next_alarm_s() == 2400.0


def test_small_gaps_keep_the_sum() -> None:
    air = running()
    air.change(0.0, air_frac=1.0)
    air.change(600.0, air_frac=0.0)  # 100 uL
    air.change(899.0, air_frac=1.0)  # after 49.8 uL of liquid
    assert air.next_alarm_s() == pytest.approx(899.0 + 600.0)


def test_fifty_microlitres_of_liquid_end_the_bubble() -> None:
    air = running()
    air.change(0.0, air_frac=1.0)
    air.change(600.0, air_frac=0.0)
    air.change(900.0, air_frac=1.0)
    assert air.next_alarm_s() == 900.0 + 1200.0


def test_a_gap_may_be_made_of_several_runs() -> None:
    air = running()
    air.change(0.0, air_frac=1.0)
    air.change(600.0, air_frac=0.0)
    air.change(750.0, rate_nl_h=0.0)
    air.change(5000.0, rate_nl_h=RATE_NL_H)
    air.change(5149.0, air_frac=1.0)  # 25 + 24.8 uL
    assert air.next_alarm_s() == pytest.approx(5149.0 + 600.0)


def test_after_an_alarm_the_next_comes_after_ten_microlitres() -> None:
    air = running()
    air.change(0.0, air_frac=1.0)
    assert air.alarm(1200.0) is None
    air.change(1200.0, rate_nl_h=0.0)
    assert air.next_alarm_s() == math.inf
    air.change(2000.0, rate_nl_h=RATE_NL_H)
    assert air.next_alarm_s() == pytest.approx(2060.0)


def test_a_prime_resets_the_bubble_but_not_the_windows() -> None:
    air = running()
    air.change(0.0, air_frac=1.0)
    air.reset(1100.0)
    assert air.next_alarm_s() == 1100.0 + 1200.0
    assert sum(
        piece.air_nl_h * (piece.to_s - piece.from_s) / 3600.0 for piece in air.pieces
    ) == pytest.approx(183_333.3)


def test_many_small_bubbles_fill_the_day_window() -> None:
    air = running()
    t_s = 0.0
    for _ in range(9):  # 9 x 100 uL, each after 50 uL of liquid
        air.change(t_s, air_frac=1.0)
        assert air.next_alarm_s() > t_s + 600.0
        air.change(t_s + 600.0, air_frac=0.0)
        t_s += 900.0
    air.change(t_s, air_frac=1.0)
    assert air.next_alarm_s() == pytest.approx(t_s + 600.0)
    assert air.alarm(t_s + 600.0) == "1000 uL in 24 h"


def test_a_snapshot_goes_on_bit_by_bit() -> None:
    air = running()
    air.change(10.3, air_frac=0.3)
    air.change(99.7, air_frac=0.0)
    air.change(123.4, air_frac=0.7)
    again = AirSum.restore(LIMITS, air.snapshot())
    assert again.next_alarm_s() == air.next_alarm_s()


PIECES = st.lists(st.tuples(st.floats(1.0, 500.0), st.floats(1.0, 500.0), st.floats(0.0, 6e6)), max_size=6)


@given(PIECES, st.floats(1e3, 5e6), st.floats(1e4, 1e7), st.sampled_from([100.0, 900.0, 3600.0]))
def test_the_window_is_solved_where_a_search_finds_it(
    spans: list[tuple[float, float, float]], air_nl_h: float, limit_nl: float, length_s: float
) -> None:
    pieces, t_s = [], 0.0
    for gap_s, span_s, piece_nl_h in spans:
        pieces.append(AirPiece(t_s + gap_s, t_s + gap_s + span_s, piece_nl_h))
        t_s += gap_s + span_s
    now_s = t_s

    def sum_nl(at_s: float) -> float:
        begin_s = at_s - length_s
        past = sum(
            max(0.0, min(piece.to_s, at_s) - max(piece.from_s, begin_s)) * piece.air_nl_h for piece in pieces
        )
        return (past + (at_s - max(now_s, begin_s)) * air_nl_h) / 3600.0

    found_s = window_full_s(pieces, now_s, air_nl_h, limit_nl, length_s)
    slack_nl = 1e-6 * limit_nl
    if found_s < math.inf:
        assert sum_nl(found_s) >= limit_nl - slack_nl
    end_s = min(found_s, now_s + 2 * length_s)
    for step in range(200):
        at_s = now_s + (end_s - now_s) * step / 200
        assert at_s == found_s or sum_nl(at_s) <= limit_nl + slack_nl
