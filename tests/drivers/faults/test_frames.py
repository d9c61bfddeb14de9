"""What the faults of a line know of each dialect's frames."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.dialects.ambupump.frames import Frame, encode, framer
from drivers.dialects.ambupump.messages import read_row
from drivers.dialects.ambupump.payload import Reader
from drivers.dialects.ambupump.tables import Type
from drivers.dialects.catalogue import DIALECTS
from drivers.faults.catalogue import Way
from drivers.faults.frames import BY_PAUSE, MODULES, Cutter, frames_of

TO, FRO = Way.REQUEST, Way.REPLY

PING = encode(Frame(Type.PING, 7, 1))
PONG = encode(Frame(Type.PING + 0x80, 7, 1, b"\x00"))

SAFE_VER = bytes.fromhex("02 08 30 56 45 52 48 09 03")  # the packets of the maker's manual and of a client
SAFE_STALL = bytes.fromhex("02 09 30 30 41 3F 52 65 86 03")
SAFE_STATUS = bytes.fromhex("02 07 30 30 49 19 DD 03")

STREAMS = {
    "alaris": {
        TO: [b"!INF|4961\r", b"!INF_VTBI|8456\r", b"!REMOTE_CTRL^DISABLED|EF95\r"],
        FRO: [b"!INF_VTBI^ACTIV^11.000^ml^STOP|4433\r", b"!INF_VTBI^DEACT|D8C5\r", b"!ALARM|0000\r"],
    },
    "ambupump": {TO: [PING, encode(Frame(Type.STOP, 7, 2, b"\x02"))], FRO: [PONG, PONG]},
    "miva": {
        TO: [b"\x02*IDN?44\x03", b"\x02RNA0\x03", b"\x02RE0000000219\x03", b"\x02KE61F7\x03"],
        FRO: [b"\x02RNSN80000871\x03", b"\x02R7012C5F\x03", b"\x02Q500C800\x03"],
    },
    "new-era": {
        TO: [b"0VER\r", SAFE_VER, b"0RAT 5 \r", b"\r", b"*ADR\r"],
        FRO: [b"\x0200SNE1000V3.923\x03", SAFE_STATUS, b"\x0200I\x03", SAFE_STALL],
    },
}


CASES = [(name, way) for name in STREAMS for way in Way]
ADDRESSED = ("ambupump", "new-era")
"""The others have one pump on a line, and it speaks when it is asked."""


def test_every_dialect_that_says_something_is_tested() -> None:
    assert set(STREAMS) == set(MODULES) == set(DIALECTS)


def test_of_other_dialects_nothing_is_known() -> None:
    assert frames_of("morse") is BY_PAUSE


def test_on_a_slow_line_a_frame_may_have_the_lines_own_gaps() -> None:
    assert BY_PAUSE.on_a_line(0.001) == BY_PAUSE
    assert BY_PAUSE.on_a_line(0.2).quiet_s == pytest.approx(0.6)


@pytest.mark.parametrize(("name", "way"), CASES)
@pytest.mark.parametrize("size", [1, 2, 5, 1000])
def test_frames_are_cut_however_they_come(name: str, way: Way, size: int) -> None:
    cutter = Cutter(frames_of(name).cuts[way], 1.0)
    stream = b"".join(STREAMS[name][way])
    found = [part for at in range(0, len(stream), size) for part in cutter.feed(stream[at : at + size])]
    assert found == [(frame, True) for frame in STREAMS[name][way]]
    assert not cutter.waits


@given(st.sampled_from(CASES), st.lists(st.binary(max_size=40), max_size=20))
def test_nothing_is_lost_or_made_up_by_cutting(case: tuple[str, Way], chunks: list[bytes]) -> None:
    name, way = case
    cutter = Cutter(frames_of(name).cuts[way], 1.0)
    found = b"".join(part for chunk in chunks for part, _ in cutter.feed(chunk))
    assert found + cutter.flush()[0] == b"".join(chunks)


GARBAGE = b"\x00\xffnoise\x7f"


@pytest.mark.parametrize(("name", "way"), [case for case in CASES if case != ("new-era", TO)])
@pytest.mark.parametrize("size", [1, 1000])
def test_between_garbage_frames_are_found_and_garbage_is_none(name: str, way: Way, size: int) -> None:
    """In a request of the New Era line garbage is part of the line that it stands on."""
    cutter = Cutter(frames_of(name).cuts[way], 1.0)
    stream = GARBAGE + GARBAGE.join(STREAMS[name][way]) + GARBAGE
    found = [part for at in range(0, len(stream), size) for part in cutter.feed(stream[at : at + size])]
    found.append(cutter.flush())
    assert [part for part, is_frame in found if is_frame] == STREAMS[name][way]
    assert b"".join(part for part, _ in found) == stream


@pytest.mark.parametrize(
    ("name", "broken_off", "whole"),
    [
        ("miva", b"\x02Q5", b"\x02Q500C861\x03"),
        ("miva", b"\x02Q5\x00\x7f", b"\x02Q500C861\x03"),
        ("alaris", b"!INF_RA\x1b", b"!INF|4961\r"),
        ("alaris", b"!INF_RA", b"!INF|4961\r"),
    ],
)
def test_a_frame_that_is_broken_off_gives_way_to_the_next(name: str, broken_off: bytes, whole: bytes) -> None:
    for way in Way:
        cutter = Cutter(frames_of(name).cuts[way], 1.0)
        assert [part for part, is_frame in cutter.feed(broken_off + whole) if is_frame] == [whole]


@pytest.mark.parametrize(
    ("name", "damaged"),
    [
        ("miva", b"\x02Q500C900\x03"),  # another sum
        ("miva", b"\x02Q500C81F\x03"),  # the sum of the other platform, an exclusive-or
        ("alaris", b"!INF|4962\r"),
        ("alaris", b"!INF\r"),
    ],
)
def test_a_damaged_frame_counts_as_one(name: str, damaged: bytes) -> None:
    assert list(Cutter(frames_of(name).cuts[TO], 1.0).feed(damaged)) == [(damaged, True)]


def test_only_some_have_another_address_and_an_alarm_that_is_said_unasked() -> None:
    assert tuple(name for name in sorted(STREAMS) if frames_of(name).readdress is not None) == ADDRESSED
    assert tuple(name for name in sorted(STREAMS) if frames_of(name).alarm is not None) == ADDRESSED


@pytest.mark.parametrize(("name", "way"), [case for case in CASES if case[0] in ADDRESSED])
def test_another_address_is_sound_and_another(name: str, way: Way) -> None:
    frames = frames_of(name)
    assert frames.readdress is not None
    for frame in STREAMS[name][way]:
        other = frames.readdress(frame)
        assert other != frame
        assert list(Cutter(frames.cuts[way], 1.0).feed(other)) == [(other, True)]


@given(st.sampled_from(ADDRESSED), st.binary(max_size=40))
def test_what_is_no_frame_hurts_nobody(name: str, data: bytes) -> None:
    frames = frames_of(name)
    assert frames.readdress is not None
    assert frames.alarm is not None
    frames.readdress(data)
    frames.alarm(data)


def test_another_session_is_this_dialects_other_address() -> None:
    frames = frames_of("ambupump")
    assert frames.readdress is not None
    (other,) = framer().feed(frames.readdress(PONG))
    assert (other.type_code, other.number, other.payload) == (Type.PING + 0x80, 1, b"\x00")
    assert other.session_no == 7 ^ 0x5A5A5A5A


def test_an_alarm_on_the_ambupump_line_is_a_row_of_the_log_in_the_hosts_session() -> None:
    frames = frames_of("ambupump")
    assert frames.alarm is not None
    (event,) = framer().feed(frames.alarm(PONG))
    assert (event.type_code, event.session_no) == (Type.EVENT, 7)
    assert read_row(Reader(event.payload)).code == "AIR_IN_LINE"


def test_an_alarm_on_the_new_era_line_is_the_stall_of_the_same_pump_in_the_same_mode() -> None:
    frames = frames_of("new-era")
    assert frames.alarm is not None
    assert frames.readdress is not None
    assert frames.alarm(b"\x0200I\x03") == b"\x0200A?S\x03"
    assert frames.alarm(SAFE_STATUS)[2:7] == b"00A?S"
    assert frames.readdress(b"\x0200I\x03") == b"\x0205I\x03"
    assert frames.readdress(b"0RAT 5\r") == b"5RAT 5\r"
    assert frames.readdress(b"VER\r") == b"9VER\r"
