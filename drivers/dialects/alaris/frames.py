"""The frame of the `alaris` dialect, the same both ways: fields of text and their CRC.

    !  word^field^field  |  CRC  0D        CRC: of what stands between ! and |, four digits

An escape (1B) breaks a frame off [S]. The CRC is CRC-16/IBM-3740: polynomial 1021, from FFFF, nothing turned
round.
"""

from __future__ import annotations

import re
from binascii import crc_hqx
from typing import Final

from drivers.framing import Cut, Framer

BEGIN: Final = 0x21
END: Final = 0x0D
ESCAPE: Final = 0x1B
CRC_START: Final = 0xFFFF
LONGEST_TEXT_COUNT: Final = 249
"""The longest that is known, the status, has less than a hundred; no more is taken than this (X)."""

LONGEST_FRAME_COUNT: Final = 1 + LONGEST_TEXT_COUNT + 6
_TEXT: Final = re.compile(rb"[ -~]*")
_BREAK: Final = re.compile(rb"[^ \"-~]")
_WHOLE: Final = re.compile(rb"([^|]*)\|([0-9A-F]{4})")


def crc(text: str) -> str:
    """Give the four digits of the CRC of `text`."""
    return f"{crc_hqx(text.encode('ascii'), CRC_START):04X}"


def encode(text: str) -> bytes:
    """Put `text` into a frame.

    Raises:
        ValueError: it is too long, or has a character that no frame can carry.
    """
    data = text.encode("ascii")
    if len(data) > LONGEST_TEXT_COUNT or not _TEXT.fullmatch(data) or set(data) & set(b"!|"):
        raise ValueError(f"{text!r} does not fit into a frame")
    return b"!" + data + b"|" + crc(text).encode("ascii") + b"\r"


def cut_by_marks(buffer: bytearray) -> Cut[bytes] | None:
    """Find what goes from ! to CR at the beginning of `buffer`, both included, whatever its CRC."""
    if buffer[0] != BEGIN:
        found = buffer.find(BEGIN)
        return Cut(len(buffer) if found < 0 else found)
    end = _BREAK.search(buffer, 1)
    if end is None:
        return None
    whole = buffer[end.start()] == END
    return Cut(end.end(), bytes(buffer[: end.end()])) if whole else Cut(end.start())


def cut(buffer: bytearray) -> Cut[str] | None:
    """Find the frame with which `buffer` begins."""
    found = cut_by_marks(buffer)
    if found is None or found.frame is None:
        return None if found is None else Cut(found.used_count)
    whole = _WHOLE.fullmatch(found.frame, 1, len(found.frame) - 1)
    if whole is None:
        return Cut(found.used_count)
    text = whole[1].decode("ascii")
    return Cut(found.used_count, text if crc(text).encode("ascii") == whole[2] else None)


def framer() -> Framer[str]:
    """Make what finds these frames in a stream."""
    return Framer(cut, LONGEST_FRAME_COUNT)
