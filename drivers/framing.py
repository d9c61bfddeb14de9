"""Finding frames in a stream of bytes: one engine for all dialects, which only say what a frame looks like.

A dialect gives a `Cut` function. It looks at the beginning of the buffer and says either that more bytes
are needed, or how many bytes to take away, and whether they were a frame. The engine keeps the buffer
bounded, goes on after garbage at the next place where a frame may begin, and counts what was of no use. It
never answers anything: what is damaged is passed over in silence, so that two ends cannot set each other off.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

FrameT = TypeVar("FrameT")


@dataclass(frozen=True, slots=True)
class Cut(Generic[FrameT]):
    """Take `used_count` bytes away. Without a `frame` they were garbage."""

    used_count: int
    frame: FrameT | None = None


CutFunction = Callable[[bytearray], Cut[FrameT] | None]
"""Looks at a buffer that is not empty; None: a frame may have begun, and is not whole yet."""


class Framer(Generic[FrameT]):
    """Cuts a stream into frames.

    Args:
        cut: What a frame looks like.
        longest_count: No frame is longer; what is, is garbage.

    Attributes:
        garbled_count: How many bytes were no part of a whole frame, ever.
    """

    __slots__ = ("_buffer", "_cut", "_longest_count", "garbled_count")

    def __init__(self, cut: CutFunction[FrameT], longest_count: int) -> None:
        self._cut = cut
        self._longest_count = longest_count
        self._buffer = bytearray()
        self.garbled_count = 0

    @property
    def pending_count(self) -> int:
        """How many bytes wait for the rest of their frame; never more than the longest frame has."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[FrameT]:
        """Take in what arrived; returns the frames that are whole now."""
        frames: list[FrameT] = []
        for start in range(0, len(data), self._longest_count):
            self._buffer += data[start : start + self._longest_count]
            self._take(frames)
        return frames

    def _take(self, frames: list[FrameT]) -> None:
        while self._buffer:
            cut = self._cut(self._buffer)
            if cut is None:
                if len(self._buffer) < self._longest_count:
                    return
                cut = Cut(1)
            del self._buffer[: cut.used_count]
            if cut.frame is None:
                self.garbled_count += cut.used_count
            else:
                frames.append(cut.frame)

    def drop(self) -> list[FrameT]:
        """Give up the frame that was begun; returns the whole ones that were hidden behind its beginning."""
        frames: list[FrameT] = []
        while self._buffer:
            del self._buffer[:1]
            self.garbled_count += 1
            self._take(frames)
        return frames
