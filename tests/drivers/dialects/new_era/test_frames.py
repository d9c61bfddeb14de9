"""Frames: by length in Safe mode, by marks in Basic mode, and with noise around and inside."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.dialects.new_era.frames import (
    LONGEST_DATA,
    LONGEST_LINE,
    BadPacket,
    Line,
    Packet,
    Reply,
    ReplyReader,
    Request,
    RequestReader,
    packet,
    reply_bytes,
    reply_of,
    request_bytes,
    requests_of,
)

NOISE = st.binary(max_size=40)
NO_MARK = st.binary(max_size=40).map(lambda data: data.replace(b"\x02", b"").replace(b"\r", b""))


def heard(data: bytes, *, safe: bool = False) -> list[Packet | BadPacket | Line]:
    """What a pump makes of it: the same, whole or byte by byte."""
    whole = list(RequestReader(safe=safe).feed(data))
    reader = RequestReader(safe=safe)
    assert [each for byte in data for each in reader.feed(bytes((byte,)))] == whole
    return whole


def replies(data: bytes, *, safe: bool | None = False) -> list[Reply]:
    """What a host makes of it: the same, whole or byte by byte."""
    whole = list(ReplyReader(safe=safe).feed(data))
    reader = ReplyReader(safe=safe)
    assert [each for byte in data for each in reader.feed(bytes((byte,)))] == whole
    return whole


def test_spaces_and_controls_are_nothing_and_letters_are_capitals() -> None:
    (line,) = heard(b"0 r\x07at \t5 \r")
    assert requests_of(line.data) == (Request(address_no=0, command="RAT5"),)


@pytest.mark.parametrize(
    ("data", "requests"),
    [
        (b"VER", [(0, "VER")]),
        (b"", [(0, "")]),
        (b"7", [(7, "")]),
        (b"99VER", [(99, "VER")]),
        (b"*ADR5", [(None, "ADR5")]),
        (b"0*ADR", [(None, "ADR")]),
        (b"1RUN*2STP*", [(1, "RUN"), (2, "STP")]),
        (b"1RUN*2STP", [(1, "RUN"), (2, "STP")]),
        (b"123VER", [(0, "123VER")]),
    ],
)
def test_addresses_and_bursts(data: bytes, requests: list[tuple[int | None, str]]) -> None:
    assert [(each.address_no, each.command) for each in requests_of(data)] == requests


@given(st.binary(max_size=LONGEST_DATA))
def test_a_packet_is_read_by_its_length_whatever_is_in_it(data: bytes) -> None:
    assert heard(packet(data)) == [Packet(data)]
    assert heard(packet(data), safe=True) == [Packet(data)]


def test_02_03_and_0d_inside_end_nothing() -> None:
    # The length of nine bytes of data is 0D; the data hold both marks; a CRC may hold them as well.
    for data in (b"0\x02\x03\r\x02\x03\r12", b"\x03" * 9, b"\x02" * 9, b"\r" * 9):
        assert packet(data)[1] == 0x0D
        assert heard(packet(data) * 2, safe=True) == [Packet(data)] * 2
    marked = [
        data for data in (bytes((a, b)) for a in range(256) for b in range(256)) if packet(data)[4] == 3
    ]
    assert marked
    for data in marked[:50]:
        assert heard(packet(data), safe=True) == [Packet(data)]


def test_too_long_for_a_length_byte_is_a_callers_bug() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        packet(bytes(LONGEST_DATA + 1))


@given(NO_MARK, st.binary(max_size=20))
def test_noise_before_a_packet_is_nothing_in_safe_mode(noise: bytes, data: bytes) -> None:
    assert heard(noise + packet(data), safe=True) == [Packet(data)]


@given(st.integers(0, 10), st.integers(0, 7))
def test_one_flipped_bit_is_never_heard_as_a_packet(place: int, bit: int) -> None:
    sent = bytearray(packet(b"0RUN"))
    sent[place % len(sent)] ^= 1 << bit
    assert Packet(b"0RUN") not in heard(bytes(sent) + packet(b"0STP"), safe=True)


def test_a_stray_mark_hides_no_packet() -> None:
    assert heard(b"\x02" + packet(b"0STP"), safe=True) == [Packet(b"0STP")]


def test_a_damaged_packet_is_told_from_none() -> None:
    sent = bytearray(packet(b"0RUN"))
    sent[3] ^= 1
    assert heard(bytes(sent)) == [BadPacket(bytes(sent[2:-3]))]


def test_lines_are_for_basic_mode_only() -> None:
    assert heard(b"0RUN\r", safe=True) == []


def test_what_is_too_long_is_dropped_up_to_its_end() -> None:
    assert heard(b"X" * 10_000 + b"\r0STP\r") == [Line(b"0STP")]
    reader = RequestReader()
    list(reader.feed(b"X" * 100_000))
    assert len(reader._line) <= LONGEST_LINE
    list(reader.feed(b"\x02\xff" + b"X" * 100_000))
    assert len(reader._packet._held) <= 256


@given(NOISE)
def test_noise_never_stops_a_pump_for_long(noise: bytes) -> None:
    reader = RequestReader(safe=True)
    list(reader.feed(noise))
    reader.give_up()
    assert list(reader.feed(packet(b"0STP"))) == [Packet(b"0STP")]


REPLIES = st.one_of(
    st.builds(
        Reply,
        address_no=st.integers(0, 99),
        prompt=st.sampled_from("IWSPTUX"),
        data=st.sampled_from(["", "?", "?NA", "26.59", "I0.100W0.000ML", "NE1000V3.923", "2000.UH"]),
    ),
    st.builds(Reply, address_no=st.integers(0, 99), alarm=st.sampled_from("RSTEO")),
)


@given(st.lists(REPLIES, max_size=4), st.booleans())
def test_replies_are_read_back(said: list[Reply], safe: bool) -> None:
    data = b"".join(reply_bytes(each, safe=safe) for each in said)
    assert replies(data, safe=safe) == said


@given(REPLIES, st.booleans())
def test_during_a_change_of_mode_either_framing_is_read(said: Reply, safe: bool) -> None:
    assert replies(reply_bytes(said, safe=safe), safe=None) == [said]


@given(NOISE, REPLIES, st.booleans())
def test_a_reply_behind_noise_is_found_at_the_latest_when_the_wait_is_over(
    noise: bytes, said: Reply, safe: bool
) -> None:
    reader = ReplyReader(safe=safe)
    data = reply_bytes(said, safe=safe)
    found = [*reader.feed(noise + data), *reader.give_up()]
    if safe:
        assert found[-1:] == [said]
    # Basic mode has no check: noise may spoil the reply that comes with it, and never the next one.
    assert list(reader.feed(data)) == [said]


def test_bytes_of_no_use_are_counted() -> None:
    reader = ReplyReader()
    assert list(reader.feed(b"abc\x02??\x03\x0200S\x03")) == [Reply(address_no=0, prompt="S")]
    assert reader.dropped_count == 5


def test_a_host_holds_no_flood() -> None:
    for safe in (False, True, None):
        reader = ReplyReader(safe=safe)
        for _ in range(100):
            assert list(reader.feed(b"\x02\xff" + b"\x00" * 1000)) == []
        assert len(reader._packet._held) <= 256
        assert reader._text is None or len(reader._text) <= LONGEST_LINE


@pytest.mark.parametrize("data", [b"", b"00", b"0S", b"00Q", b"00A?X", b"00A?", b"\xff0S", b"00A?S?"])
def test_what_is_no_reply_is_none(data: bytes) -> None:
    assert reply_of(data) is None


def test_requests_are_written_as_they_are_read() -> None:
    assert request_bytes(7, "DIA26.59", safe=False) == b"7DIA26.59\r"
    assert heard(request_bytes(7, "DIA26.59", safe=True)) == [Packet(b"7DIA26.59")]
