"""Frames of the miva dialect: vectors, every byte alone, garbage everywhere, floods."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.dialects.miva.frames import LONGEST_FRAME_COUNT, LONGEST_TEXT_COUNT, Checksum, encode, framer
from tests.drivers.dialects.feeding import byte_by_byte, vectors

FRAMES = [(row["text"], bytes.fromhex(row["bytes"])) for row in vectors("miva")["frame"]]
TEXTS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=LONGEST_TEXT_COUNT)
GARBAGE = st.binary(max_size=40).filter(lambda data: b"\x02" not in data)


@pytest.mark.parametrize(("text", "data"), FRAMES, ids=[text for text, _ in FRAMES])
def test_a_frame_is_as_printed_both_ways(text: str, data: bytes) -> None:
    total = sum(text.encode()) % 256
    assert data == b"\x02" + text.encode() + f"{total:02X}".encode() + b"\x03"
    assert encode(text) == data
    assert framer().feed(data) == [text]
    assert byte_by_byte(framer(), data) == [text]


def test_on_the_other_platform_the_characters_are_xored() -> None:
    # 52 xor 4E = 1C
    assert encode("RN", Checksum.XOR) == b"\x02RN1C\x03"
    assert framer(Checksum.XOR).feed(b"\x02RN1C\x03") == ["RN"]
    assert framer(Checksum.SUM).feed(b"\x02RN1C\x03") == []


@given(st.lists(TEXTS, max_size=5), st.sampled_from(Checksum), st.data())
def test_what_is_written_is_read_however_it_is_cut(
    texts: list[str], checksum: Checksum, data: st.DataObject
) -> None:
    stream = b"".join(encode(text, checksum) for text in texts)
    reader = framer(checksum)
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


@given(TEXTS.filter(bool), st.data())
def test_garbage_inside_a_frame_spoils_it_and_no_other(text: str, data: st.DataObject) -> None:
    frame = encode(text)
    place = data.draw(st.integers(1, len(frame) - 1))
    spoilt = frame[:place] + bytes((data.draw(st.sampled_from((0x00, 0x1B, 0x7F, 0xFF))),)) + frame[place:]
    assert framer().feed(spoilt + encode("RN")) == ["RN"]


@given(TEXTS, st.data())
def test_a_flipped_bit_that_makes_no_mark_never_makes_another_text(text: str, data: st.DataObject) -> None:
    # The bits above can turn a character into a mark, where the sum of the rest may be right by accident.
    frame = bytearray(encode(text))
    place = data.draw(st.integers(0, len(frame) - 1))
    frame[place] ^= 1 << data.draw(st.integers(0, 4))
    assert framer().feed(bytes(frame)) == []


@pytest.mark.parametrize(
    "data",
    [
        b"\x02RNa0\x03",  # digits are capitals
        b"\x02RNA1\x03",
        b"\x02A\x03",  # one digit is no sum
        b"\x02\x03",
        b"RNA0\x03",
        b"\x02RNA0\x00\x03",
    ],
)
def test_what_is_no_frame_is_none(data: bytes) -> None:
    assert framer().feed(data) == []
    assert framer().feed(data + encode("RN")) == ["RN"]


def test_a_frame_that_is_broken_off_gives_way_to_the_next() -> None:
    assert framer().feed(b"\x02RE0000" + encode("RN")) == ["RN"]


@pytest.mark.parametrize("byte", [b"\x02", b"\x03", b"A", b"\x00", b"\xff"])
def test_a_flood_does_not_fill_the_memory(byte: bytes) -> None:
    reader = framer()
    for _ in range(100):
        assert reader.feed(byte * 1000) == []
        assert reader.pending_count <= LONGEST_FRAME_COUNT
    assert reader.garbled_count > 99_000
    assert reader.feed(encode("RN")) == ["RN"]


@pytest.mark.parametrize("text", ["x" * (LONGEST_TEXT_COUNT + 1), "a\x03b", "µ"])
def test_what_no_frame_can_carry_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"does not fit|ascii"):
        encode(text)
