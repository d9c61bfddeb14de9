"""What the faults of a line must know of the frames on it: where one ends, and how an alarm looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from drivers.faults.catalogue import Way

MOST_FRAME_BYTES: Final = 4096
"""What is longer than this without an end is passed on as it is, as one frame."""

QUIET_S: Final = 0.02
"""Where nobody says how frames end, a frame ends with a pause so long."""

Cut = Callable[[bytes], int]
"""How many of these bytes are the frame (or the rubbish) that they begin with; 0: not known yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """How frames look on a line.

    Args:
        cuts: How to find the end of a frame, each way; where there is none, a frame ends with a pause.
        quiet_s: How long that pause is; with 0 everything that comes at once is a frame. A frame that does
            not go on for so long is passed on as it is, whatever its length says.
        alarm: Gives an alarm frame, as the pump sends it unasked; None: the dialect has none.
        readdress: Gives a frame another address, with a sound checksum; None: the dialect has no addresses.
    """

    cuts: Mapping[Way, Cut] = field(default_factory=dict)
    quiet_s: float = QUIET_S
    alarm: Callable[[], bytes] | None = None
    readdress: Callable[[bytes], bytes] | None = None


AS_WRITTEN: Final = Frames(quiet_s=0.0)
"""Each write is a frame: for tests, and for ends that write whole frames."""

BY_PAUSE: Final = Frames()
"""A frame ends with a pause: for lines of which nothing is known."""


class Cutter:
    """Cuts what comes one way into frames. Holds the beginning of one at most."""

    __slots__ = ("_buffer", "_cut", "_quiet_s")

    def __init__(self, cut: Cut | None, quiet_s: float) -> None:
        self._buffer = bytearray()
        self._cut = cut
        self._quiet_s = quiet_s

    @property
    def waits(self) -> bool:
        """Whether it holds the beginning of a frame."""
        return bool(self._buffer)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take bytes in, and give the frames that are whole."""
        self._buffer += data
        while self._buffer:
            count = self._end()
            if count == 0:
                return
            yield self._take(count)

    def flush(self) -> bytes:
        """Give what there is."""
        return self._take(len(self._buffer))

    def _end(self) -> int:
        if self._cut is not None:
            count = min(self._cut(bytes(self._buffer)), len(self._buffer))
        else:
            count = 0 if self._quiet_s > 0.0 else len(self._buffer)
        return count or (MOST_FRAME_BYTES if len(self._buffer) >= MOST_FRAME_BYTES else 0)

    def _take(self, count: int) -> bytes:
        frame = bytes(self._buffer[:count])
        del self._buffer[:count]
        return frame
