"""What a wrong setting makes of bytes, bit by bit."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.transport import LineSettings
from drivers.uart import byte_s, frame_bits, heard

LINE = LineSettings(baud=9600)
SEVEN_EVEN = replace(LINE, data_bits=7, parity="E")
BAUDS = (300, 1200, 2400, 9600, 19200, 38400, 115200)


def test_a_byte_has_a_start_its_bits_lowest_first_and_a_stop() -> None:
    assert frame_bits(0x41, LINE) == [0, 1, 0, 0, 0, 0, 0, 1, 0, 1]


@pytest.mark.parametrize(("parity", "bit"), [("E", 1), ("O", 0), ("M", 1), ("S", 0)])
def test_a_parity_bit_comes_before_the_stop(parity: str, bit: int) -> None:
    # 0x43 has three ones: even parity makes four of them, odd leaves them.
    assert frame_bits(0x43, replace(SEVEN_EVEN, parity=parity)) == [0, 1, 1, 0, 0, 0, 0, 1, bit, 1]


def test_how_long_a_byte_takes() -> None:
    assert byte_s(LINE) == 10 / 9600
    assert byte_s(replace(LINE, stop_bits=2)) == 11 / 9600
    assert byte_s(SEVEN_EVEN) == 10 / 9600


def test_a_receiver_twice_as_fast_sees_every_bit_twice() -> None:
    # 0x41 as the receiver's bits: 00 11 00 00 00 00 00 11 00 11, then rest. From the first fall: data
    # 01100000, and 0 where the stop should be. Up at place 14, down at 16: data 01111111 and a stop.
    assert heard(b"\x41", LINE, replace(LINE, baud=19200)) == b"\x00\xfe"


def test_a_receiver_half_as_fast_sees_every_other_bit() -> None:
    # Bits 0 1 0 0 0 0 0 1 0 1. The first fall is over by the middle of the receiver's bit, at 1: no start.
    # The next is at 2, and still low at 3; then come 5, 7, 9 and rest: 0 1 1 1 1 1 1 1.
    assert heard(b"\x41", LINE, replace(LINE, baud=4800)) == b"\xfe"


def test_a_start_that_is_over_by_its_middle_is_none() -> None:
    # 0xFF is low for one bit only, a quarter of the receiver's.
    assert heard(b"\xff", LINE, replace(LINE, baud=2400)) == b""


def test_eight_bits_show_the_parity_of_seven() -> None:
    assert heard(b"AC", SEVEN_EVEN, LINE) == b"\x41\xc3"
    assert heard(b"\x41\xc3", LINE, SEVEN_EVEN) == b"AC"


def test_a_wrong_parity_is_not_checked() -> None:
    assert heard(b"AC", SEVEN_EVEN, replace(SEVEN_EVEN, parity="O")) == b"AC"


@given(st.binary(max_size=50), st.sampled_from(BAUDS))
def test_with_the_same_settings_it_is_the_same(data: bytes, baud: int) -> None:
    line = replace(LINE, baud=baud)
    assert heard(data, line, line) == data
    # Told in another way: two stop bits are no gap that matters to a receiver that wants one.
    assert heard(data, replace(line, stop_bits=2), line) == data


@given(st.binary(min_size=1, max_size=50), st.sampled_from(BAUDS), st.sampled_from(BAUDS))
def test_whatever_the_settings_not_more_is_heard_than_fits(
    data: bytes, said_baud: int, hearing_baud: int
) -> None:
    received = heard(data, replace(LINE, baud=said_baud), replace(LINE, baud=hearing_baud))
    # Every byte received has a fall of its own; a byte sent has at most five.
    assert len(received) <= 5 * len(data)
    if hearing_baud > said_baud:
        assert received
