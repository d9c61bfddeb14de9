"""The frame of the `miva` dialect, the same both ways: a text and its sum between two marks.

    02  text  cc  03        cc: two capital hexadecimal digits, the low byte of the sum of the text

Marks never occur in a text, so that a frame is found by them. The sum is weak: two characters that change
places are not noticed, nor are two bits that flip the opposite way. On one platform it is an exclusive-or.
"""

from __future__ import annotations

from enum import Enum
from functools import partial, reduce
from operator import xor
from typing import Final

from drivers.framing import Cut, Framer

STX: Final = 0x02
ETX: Final = 0x03
CHECK_COUNT: Final = 2
LONGEST_TEXT_COUNT: Final = 252
"""The longest that is known, a block of a library, has 138 characters; no more is taken than this (X)."""

LONGEST_FRAME_COUNT: Final = 1 + LONGEST_TEXT_COUNT + CHECK_COUNT + 1
_PRINTABLE: Final = range(0x20, 0x7F)


class Checksum(Enum):
    """How the characters of a text are brought together [S]."""

    SUM = "+"
    XOR = "^"

    def of(self, text: bytes) -> bytes:
        """Give the two digits of `text`."""
        total = sum(text) & 0xFF if self is Checksum.SUM else reduce(xor, text, 0)
        return f"{total:02X}".encode("ascii")


def encode(text: str, checksum: Checksum = Checksum.SUM) -> bytes:
    """Put `text` into a frame.

    Raises:
        ValueError: it is too long, or has a character that no frame can carry.
    """
    data = text.encode("ascii")
    if len(data) > LONGEST_TEXT_COUNT or any(byte not in _PRINTABLE for byte in data):
        raise ValueError(f"{text!r} does not fit into a frame")
    return bytes((STX,)) + data + checksum.of(data) + bytes((ETX,))


def cut_by_marks(buffer: bytearray) -> Cut[bytes] | None:
    """Find what stands between two marks at the beginning of `buffer`, marks and all, whatever its sum."""
    if buffer[0] != STX:
        found = buffer.find(STX)
        return Cut(len(buffer) if found < 0 else found)
    end = next((place for place in range(1, len(buffer)) if buffer[place] not in _PRINTABLE), None)
    if end is None:
        return None
    return Cut(end + 1, bytes(buffer[: end + 1])) if buffer[end] == ETX else Cut(end)


def cut(checksum: Checksum, buffer: bytearray) -> Cut[str] | None:
    """Find the frame with which `buffer` begins."""
    found = cut_by_marks(buffer)
    if found is None or found.frame is None:
        return None if found is None else Cut(found.used_count)
    data, check = found.frame[1 : -1 - CHECK_COUNT], found.frame[-1 - CHECK_COUNT : -1]
    return Cut(found.used_count, data.decode("ascii") if check == checksum.of(data) else None)


def framer(checksum: Checksum = Checksum.SUM) -> Framer[str]:
    """Make what finds these frames in a stream."""
    return Framer(partial(cut, checksum), LONGEST_FRAME_COUNT)
