"""The words of a payload: whole numbers of fixed size, least significant byte first, and short texts.

Scales: volumes in nanolitres, flows in nanolitres per hour, times in microseconds, fractions in millionths.
A text is one byte that says how many bytes follow, and these in UTF-8.
"""

from __future__ import annotations

import struct
from math import isfinite
from typing import Final

NL_PER_ML: Final = 1_000_000
US_PER_S: Final = 1_000_000
PPM: Final = 1_000_000
LONGEST_TEXT_COUNT: Final = 255
ELLIPSIS: Final = "…"

_U8: Final = struct.Struct("<B")
_U16: Final = struct.Struct("<H")
_U32: Final = struct.Struct("<I")
_U64: Final = struct.Struct("<Q")
_I64: Final = struct.Struct("<q")


class PayloadError(ValueError):
    """A payload is too short, too long, or holds a number that stands for nothing."""


class UnsayableError(ValueError):
    """A quantity that is no whole number of the scale's steps, or does not fit."""


class Writer:
    """Writes a payload, word by word."""

    __slots__ = ("_parts",)

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def u8(self, number: int) -> Writer:
        """Add a byte."""
        self._parts.append(_U8.pack(number))
        return self

    def u16(self, number: int) -> Writer:
        """Add two bytes."""
        self._parts.append(_U16.pack(number))
        return self

    def u32(self, number: int) -> Writer:
        """Add four bytes."""
        self._parts.append(_U32.pack(number))
        return self

    def u64(self, number: int) -> Writer:
        """Add eight bytes."""
        self._parts.append(_U64.pack(number))
        return self

    def i64(self, number: int) -> Writer:
        """Add eight bytes with a sign."""
        self._parts.append(_I64.pack(number))
        return self

    def text(self, text: str) -> Writer:
        """Add a text; what is too long is cut and ends in an ellipsis."""
        data = fitted(text)
        self._parts += (_U8.pack(len(data)), data)
        return self

    def words(self, layout: struct.Struct, *numbers: int) -> Writer:
        """Add several words at once."""
        self._parts.append(layout.pack(*numbers))
        return self

    def raw(self, data: bytes) -> Writer:
        """Add bytes as they are."""
        self._parts.append(data)
        return self

    def done(self) -> bytes:
        """Give the payload."""
        return b"".join(self._parts)


class Reader:
    """Reads a payload, word by word.

    Raises:
        PayloadError: from every method, where the payload has not so many bytes.
    """

    __slots__ = ("_data", "_place")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    def u8(self) -> int:
        """Take a byte."""
        return self._take(_U8)

    def u16(self) -> int:
        """Take two bytes."""
        return self._take(_U16)

    def u32(self) -> int:
        """Take four bytes."""
        return self._take(_U32)

    def u64(self) -> int:
        """Take eight bytes."""
        return self._take(_U64)

    def i64(self) -> int:
        """Take eight bytes with a sign."""
        return self._take(_I64)

    def text(self) -> str:
        """Take a text."""
        try:
            return self.raw(self.u8()).decode()
        except UnicodeDecodeError as error:
            raise PayloadError("a text that is not UTF-8") from error

    def words(self, layout: struct.Struct) -> tuple[int, ...]:
        """Take several words at once."""
        return layout.unpack(self.raw(layout.size))

    def raw(self, count: int) -> bytes:
        """Take bytes as they are."""
        end = self._place + count
        if end > len(self._data):
            raise PayloadError(f"{end} bytes are needed and {len(self._data)} are there")
        data = self._data[self._place : end]
        self._place = end
        return data

    def flag(self) -> bool:
        """Take a byte that is 0 or 1."""
        number = self.u8()
        if number > 1:
            raise PayloadError(f"{number} is neither 0 nor 1")
        return number == 1

    def end(self) -> None:
        """Make sure that nothing is left."""
        left_count = len(self._data) - self._place
        if left_count:
            raise PayloadError(f"{left_count} bytes too many")

    def _take(self, word: struct.Struct) -> int:
        number: int = word.unpack(self.raw(word.size))[0]
        return number


def fitted(text: str, longest_count: int = LONGEST_TEXT_COUNT) -> bytes:
    """Encode a text, cut where it does not fit into `longest_count` bytes."""
    data = text.encode(errors="replace")
    if len(data) <= longest_count:
        return data
    mark = ELLIPSIS.encode()
    return data[: longest_count - len(mark)].decode(errors="ignore").encode() + mark


def exact(quantity: float, scale_count: int) -> int:
    """Give a quantity in whole steps, `scale_count` to the unit.

    Raises:
        UnsayableError: it lies between two steps, is no number, or needs more than 63 bits.
    """
    if not isfinite(quantity):
        raise UnsayableError(f"{quantity} is no number")
    steps_count = round(quantity * scale_count)
    if steps_count / scale_count != quantity:
        raise UnsayableError(f"{quantity!r} is finer than 1/{scale_count}")
    if not -(2**63) < steps_count < 2**63:
        raise UnsayableError(f"{quantity:g} is too much")
    return steps_count


def nearest(quantity: float, scale_count: int) -> int:
    """Give a quantity in the nearest whole step, `scale_count` to the unit."""
    return round(quantity * scale_count)
