"""Frames of the ambupump protocol in streams that are whole, cut up, damaged and full of garbage."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.dialects.ambupump.frames import (
    LONGEST_FRAME_COUNT,
    LONGEST_PAYLOAD_COUNT,
    Frame,
    encode,
    framer,
    length_check,
)
from tests.drivers.dialects.ambupump.crc import crc_by_bits

PING = bytes.fromhex("A5 09 00 F6 03 DE C0 00 00 15 00 00 00")
"""A ping of session C0DE with the number 21, up to its CRC."""

FRAMES = st.builds(
    Frame,
    st.integers(0, 0xFF),
    st.integers(0, 0xFFFFFFFF),
    st.integers(0, 0xFFFFFFFF),
    st.binary(max_size=60) | st.just(b"\xa5" * LONGEST_PAYLOAD_COUNT),
)


def test_the_crc_is_the_catalogue_s() -> None:
    assert crc_by_bits(b"123456789") == 0x29B1


def test_a_frame_is_written_as_the_table_says() -> None:
    assert encode(Frame(3, 0xC0DE, 21)) == PING + crc_by_bits(PING[1:]).to_bytes(2, "little")


@pytest.mark.parametrize(("length_count", "check"), [(9, 0xF6), (0x100, 0xFE), (0x3FF, 0xFD), (0x400, 0xFB)])
def test_the_check_of_the_length(length_count: int, check: int) -> None:
    # 0x3FF: FF + 03 = 102, low byte 02, FF ^ 02 = FD
    assert length_check(length_count) == check


def test_a_payload_that_is_too_long_is_the_caller_s_mistake() -> None:
    longest = encode(Frame(1, 1, 1, bytes(LONGEST_PAYLOAD_COUNT)))
    assert len(longest) == LONGEST_FRAME_COUNT
    with pytest.raises(ValueError, match="1016 bytes"):
        encode(Frame(1, 1, 1, bytes(LONGEST_PAYLOAD_COUNT + 1)))


@given(st.lists(FRAMES, max_size=4))
def test_frames_come_out_as_they_went_in(frames: list[Frame]) -> None:
    data = b"".join(map(encode, frames))
    assert framer().feed(data) == frames
    bytewise = framer()
    assert [each for byte in data for each in bytewise.feed(bytes((byte,)))] == frames


@given(FRAMES, st.binary(max_size=30), st.binary(max_size=30))
def test_garbage_before_and_behind_costs_no_frame(frame: Frame, before: bytes, behind: bytes) -> None:
    found = framer()
    frames = found.feed(before + encode(frame) + behind)
    frames += found.drop()
    assert frame in frames


@given(FRAMES, st.data())
def test_a_frame_with_a_flipped_bit_is_passed_over(frame: Frame, data: st.DataObject) -> None:
    said = bytearray(encode(frame))
    place = data.draw(st.integers(0, len(said) - 1))
    said[place] ^= 1 << data.draw(st.integers(0, 7))
    found = framer()
    assert found.feed(bytes(said)) + found.drop() == []


@given(FRAMES, FRAMES, st.data())
def test_a_frame_behind_a_truncated_one_is_found(first: Frame, second: Frame, data: st.DataObject) -> None:
    kept_count = data.draw(st.integers(0, len(encode(first)) - 1))
    found = framer()
    frames = found.feed(encode(first)[:kept_count] + encode(second))
    assert second in frames + found.drop()


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_what_waits_is_bounded(pieces: list[bytes]) -> None:
    found = framer()
    for piece in pieces:
        found.feed(piece)
        assert found.pending_count < LONGEST_FRAME_COUNT
