"""The engine that finds frames, with a little protocol of its own: `<`, one digit n, n letters, `>`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.framing import Cut, Framer

LONGEST_COUNT = 12


def cut(buffer: bytearray) -> Cut[str] | None:
    if buffer[:1] != b"<":
        return Cut(1)
    if len(buffer) < 2:
        return None
    if not b"0" <= buffer[1:2] <= b"9":
        return Cut(1)
    end = 2 + int(buffer[1:2])
    if len(buffer) <= end:
        return None
    if buffer[end : end + 1] != b">":
        return Cut(1)
    return Cut(end + 1, buffer[2:end].decode("latin-1"))


def framer() -> Framer[str]:
    return Framer(cut, LONGEST_COUNT)


@pytest.mark.parametrize(
    ("data", "frames", "garbled_count", "pending_count"),
    [
        (b"", [], 0, 0),
        (b"<3abc>", ["abc"], 0, 0),
        (b"<0><1a>", ["", "a"], 0, 0),
        (b"noise<3abc>noise", ["abc"], 10, 0),
        (b"<9ab<3abc>", [], 0, 10),  # the frame that seems to have begun may still go on
        (b"<9ab<3abc>xxx", ["abc"], 7, 0),  # it did not: the real one inside is found
        (b"<xy<1a>", ["a"], 3, 0),
        (b"<3ab", [], 0, 4),
    ],
)
def test_what_is_found_in_a_stream(
    data: bytes, frames: list[str], garbled_count: int, pending_count: int
) -> None:
    whole = framer()
    assert whole.feed(data) == frames
    assert (whole.garbled_count, whole.pending_count) == (garbled_count, pending_count)
    bytewise = framer()
    assert [each for byte in data for each in bytewise.feed(bytes((byte,)))] == frames
    assert (bytewise.garbled_count, bytewise.pending_count) == (garbled_count, pending_count)


def test_giving_up_a_frame_finds_what_hid_behind_its_beginning() -> None:
    found = framer()
    found.feed(b"<9ab<3abc>")
    assert found.drop() == ["abc"]
    assert (found.garbled_count, found.pending_count) == (4, 0)
    assert found.drop() == []


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_every_byte_is_a_frame_s_or_garbage_or_pending(pieces: list[bytes]) -> None:
    found = framer()
    framed_count = 0
    for piece in pieces:
        framed_count += sum(len(each) + 3 for each in found.feed(piece))
        assert found.pending_count < LONGEST_COUNT
    total_count = sum(map(len, pieces))
    assert framed_count + found.garbled_count + found.pending_count == total_count


def test_a_protocol_that_never_has_enough_is_bounded_too() -> None:
    found: Framer[str] = Framer(lambda _buffer: None, LONGEST_COUNT)
    assert found.feed(b"x" * 1000) == []
    assert (found.pending_count, found.garbled_count) == (LONGEST_COUNT - 1, 1001 - LONGEST_COUNT)


def test_a_flood_is_bounded() -> None:
    found = framer()
    found.feed(b"<9" * 100_000)
    assert found.pending_count < LONGEST_COUNT
