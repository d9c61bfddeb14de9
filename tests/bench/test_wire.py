"""What the wire is timed with is what it says it is. How fast it is, is never tested."""

from __future__ import annotations

import pytest

from bench.beside import Wanted, bare_exchange, emulated
from bench.wire import Sizes, line_rate_frac, polls, pump_at, sizes_of_a_status
from pump.delivery import Mode

PLACES = ("pty", "tcp")


@pytest.mark.parametrize("place", PLACES)
def test_the_pump_that_is_asked_runs(place: str) -> None:
    with emulated(Wanted(place)) as (url,), pump_at(url) as pump:
        status = pump.status()
        assert status.mode == Mode.RUNNING
        assert status.rate_ml_h == pytest.approx(0.6)
        assert (pump.status().t_s or 0.0) > (status.t_s or 0.0)
        assert pump.counts.repeated_count == 0


def test_the_size_of_a_status_is_that_of_its_two_frames() -> None:
    # Around a body there are 4 + 2 bytes, and 9 of every body are its head: the question has nothing else.
    with emulated(Wanted()) as (url,):
        sizes = sizes_of_a_status(url)
    assert sizes.heard_count == 4 + 9 + 2
    assert sizes.said_count > 4 + 9 + 2
    assert sizes.both_count == sizes.heard_count + sizes.said_count


@pytest.mark.parametrize("place", PLACES)
def test_the_floor_carries_as_many_bytes(place: str) -> None:
    with bare_exchange(place, asked_count=15, answer_count=64) as exchange:
        assert [exchange() for _ in range(3)] == [64, 64, 64]


def test_a_paced_exchange_uses_the_line() -> None:
    assert line_rate_frac(115_200, for_s=0.1) > 0.0


def test_every_poll_of_every_pump_is_counted() -> None:
    polled = polls(pumps_count=3, polls_count=2)
    assert len(polled.took_s) == 3 * 2
    assert min(polled.took_s) > 0.0


def test_a_tap_counts_both_ways() -> None:
    sizes = Sizes()
    sizes.heard(b"12")
    sizes.said(b"345")
    assert (sizes.heard_count, sizes.said_count, sizes.both_count) == (2, 3, 5)
