"""The frame of the `ambupump` dialect: length first, guarded length, CRC at the end.

    0   1  A5
    1   2  length of the body, 9 ... 1024, least significant byte first
    3   1  check of the length: FF exclusive-or the low byte of (byte 1 + byte 2)
    4   n  body: type (1), session (4), number (4), payload (length - 9)
    4+n 2  CRC-16/IBM-3740 of everything from byte 1 on, least significant byte first

The length has a check of its own, so that a damaged one does not make the receiver wait for bytes that
never come.
"""

from __future__ import annotations

import struct
from binascii import crc_hqx
from dataclasses import dataclass
from typing import Final

from drivers.framing import Cut, Framer

SYNC: Final = 0xA5
HEAD_COUNT: Final = 4
CRC_COUNT: Final = 2
CRC_START: Final = 0xFFFF
SHORTEST_BODY_COUNT: Final = 9
LONGEST_BODY_COUNT: Final = 1024
LONGEST_PAYLOAD_COUNT: Final = LONGEST_BODY_COUNT - SHORTEST_BODY_COUNT
LONGEST_FRAME_COUNT: Final = HEAD_COUNT + LONGEST_BODY_COUNT + CRC_COUNT

_HEAD: Final = struct.Struct("<BHB")
_BODY: Final = struct.Struct("<BII")
_CRC: Final = struct.Struct("<H")


@dataclass(frozen=True, slots=True)
class Frame:
    """One message: its type, the session it belongs to, its number, and what it says."""

    type_code: int
    session_no: int
    number: int
    payload: bytes = b""


def encode(frame: Frame) -> bytes:
    """Write a frame.

    Raises:
        ValueError: the payload is too long.
    """
    if len(frame.payload) > LONGEST_PAYLOAD_COUNT:
        raise ValueError(f"a payload of {len(frame.payload)} bytes; {LONGEST_PAYLOAD_COUNT} are possible")
    length_count = SHORTEST_BODY_COUNT + len(frame.payload)
    head = _HEAD.pack(SYNC, length_count, length_check(length_count))
    whole = head + _BODY.pack(frame.type_code, frame.session_no, frame.number) + frame.payload
    return whole + _CRC.pack(crc_hqx(whole[1:], CRC_START))


def length_check(length_count: int) -> int:
    """The check byte of a length."""
    return 0xFF ^ ((length_count & 0xFF) + (length_count >> 8) & 0xFF)


def cut(buffer: bytearray) -> Cut[Frame] | None:
    """Find the frame with which `buffer` begins."""
    if buffer[0] != SYNC:
        found = buffer.find(SYNC)
        return Cut(len(buffer) if found < 0 else found)
    if len(buffer) < HEAD_COUNT:
        return None
    _, length_count, check = _HEAD.unpack_from(buffer)
    if check != length_check(length_count) or not SHORTEST_BODY_COUNT <= length_count <= LONGEST_BODY_COUNT:
        return Cut(1)
    end = HEAD_COUNT + length_count
    if len(buffer) < end + CRC_COUNT:
        return None
    (crc,) = _CRC.unpack_from(buffer, end)
    if crc != crc_hqx(buffer[1:end], CRC_START):
        return Cut(1)
    type_code, session_no, number = _BODY.unpack_from(buffer, HEAD_COUNT)
    payload = bytes(buffer[HEAD_COUNT + SHORTEST_BODY_COUNT : end])
    return Cut(end + CRC_COUNT, Frame(type_code, session_no, number, payload))


def framer() -> Framer[Frame]:
    """Make what finds these frames in a stream."""
    return Framer(cut, LONGEST_FRAME_COUNT)
