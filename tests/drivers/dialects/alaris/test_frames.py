"""Frames of the alaris dialect: vectors, every byte alone, garbage everywhere, floods."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.dialects.alaris.frames import LONGEST_FRAME_COUNT, LONGEST_TEXT_COUNT, crc, encode, framer
from tests.drivers.dialects.feeding import byte_by_byte, vectors

FRAMES: list[str] = list(vectors("alaris")["frames"])  # type: ignore[arg-type]
TEXTS = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x7E, exclude_characters="!|"),
    max_size=LONGEST_TEXT_COUNT,
)
GARBAGE = st.binary(max_size=40).filter(lambda data: b"!" not in data)


def ccitt_false(data: bytes) -> int:
    """CRC-16/IBM-3740, bit by bit: from FFFF, the highest bit first, 1021 wherever one falls out."""
    register = 0xFFFF
    for byte in data:
        register ^= byte << 8
        for _ in range(8):
            register = register << 1 ^ (0x11021 if register & 0x8000 else 0)
    return register


def test_the_crc_is_the_one_that_catalogues_list() -> None:
    assert crc("123456789") == "29B1"


@pytest.mark.parametrize("frame", FRAMES)
def test_a_frame_is_as_recorded_both_ways(frame: str) -> None:
    text, digits = frame[1:].split("|")
    assert f"{ccitt_false(text.encode()):04X}" == digits
    data = frame.encode() + b"\r"
    assert encode(text) == data
    assert framer().feed(data) == [text]
    assert byte_by_byte(framer(), data) == [text]


@given(st.lists(TEXTS, max_size=5), st.data())
def test_what_is_written_is_read_however_it_is_cut(texts: list[str], data: st.DataObject) -> None:
    stream = b"".join(encode(text) for text in texts)
    reader = framer()
    found: list[str] = []
    while stream:
        count = data.draw(st.integers(1, len(stream)))
        found += reader.feed(stream[:count])
        stream = stream[count:]
    assert found == texts
    assert reader.garbled_count == 0


@given(GARBAGE, TEXTS, GARBAGE)
def test_garbage_before_and_behind_a_frame_is_passed_over_and_counted(
    before: bytes, text: str, behind: bytes
) -> None:
    reader = framer()
    assert reader.feed(before + encode(text) + behind) == [text]
    assert reader.garbled_count == len(before) + len(behind)


@given(TEXTS, st.data())
def test_garbage_inside_a_frame_spoils_it_and_no_other(text: str, data: st.DataObject) -> None:
    frame = encode(text)
    place = data.draw(st.integers(1, len(frame) - 1))
    spoilt = frame[:place] + bytes((data.draw(st.sampled_from((0x00, 0x0A, 0x1B, 0xFF))),)) + frame[place:]
    assert framer().feed(spoilt + encode("INF")) == ["INF"]


@given(TEXTS, st.data())
def test_a_flipped_bit_spoils_a_frame(text: str, data: st.DataObject) -> None:
    frame = bytearray(encode(text))
    frame[data.draw(st.integers(0, len(frame) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert framer().feed(bytes(frame)) == []


@pytest.mark.parametrize(
    "data",
    [
        b"!INF|4962\r",
        b"!INF|496\r",
        b"!INF4961\r",
        b"!INF|4961|\r",
        b"!INST_SERIALNO|457d\r",  # digits are capitals
        b"!INF|49\x1b61\r",  # an escape breaks it off
        b"INF|4961\r",
        b"!|\r",
        b"!\r",
    ],
)
def test_what_is_no_frame_is_none(data: bytes) -> None:
    assert framer().feed(data) == []
    assert framer().feed(data + encode("INF")) == ["INF"]


def test_an_escape_breaks_a_frame_off_and_the_next_one_is_found() -> None:
    assert framer().feed(b"!INST_SER\x1b" + encode("INF")) == ["INF"]
    assert framer().feed(b"!INST_SER" + encode("INF")) == ["INF"]


@pytest.mark.parametrize("byte", [b"!", b"|", b"\r", b"A", b"\x1b"])
def test_a_flood_does_not_fill_the_memory(byte: bytes) -> None:
    reader = framer()
    for _ in range(100):
        assert reader.feed(b"!" + byte * 1000) == []
        assert reader.pending_count <= LONGEST_FRAME_COUNT
    assert reader.garbled_count > 99_000
    assert reader.feed(encode("INF")) == ["INF"]


@pytest.mark.parametrize("text", ["x" * (LONGEST_TEXT_COUNT + 1), "a|b", "a!b", "a\rb", "µ"])
def test_what_no_frame_can_carry_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"does not fit|ascii"):
        encode(text)
