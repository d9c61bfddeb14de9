"""What the faults of a line must know of the frames on it: where one ends, and how an alarm looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final

from drivers.faults.catalogue import Way
from drivers.framing import CutFunction

MOST_FRAME_BYTES: Final = 4096
"""What is longer than this without an end is passed on as it is, as one frame."""

QUIET_S: Final = 0.02
"""Where nobody says how frames end, a frame ends with a pause so long."""

QUIET_GAPS_COUNT: Final = 3
"""On a slow line, it takes a pause as long as so many of those that the line makes by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """How frames look on a line.

    Args:
        cuts: How to find the end of a frame, each way; where there is none, a frame ends with a pause.
        quiet_s: How long that pause is; with 0 everything that comes at once is a frame. A frame that does
            not go on for so long is passed on as it is, whatever its length says.
        alarm: Gives an alarm frame, as the pump sends it unasked just before the given reply; None: the
            dialect has none.
        readdress: Gives a frame another address, with a sound checksum; None: the dialect has no addresses.
    """

    cuts: Mapping[Way, CutFunction[Any]] = field(default_factory=dict)
    quiet_s: float = QUIET_S
    alarm: Callable[[bytes], bytes] | None = None
    readdress: Callable[[bytes], bytes] | None = None

    def on_a_line(self, gap_s: float) -> Frames:
        """The same on a line that brings what is sent at once in pieces up to `gap_s` apart."""
        return replace(self, quiet_s=max(self.quiet_s, QUIET_GAPS_COUNT * gap_s))


AS_WRITTEN: Final = Frames(quiet_s=0.0)
"""Each write is a frame: for tests, and for ends that write whole frames."""

BY_PAUSE: Final = Frames()
"""A frame ends with a pause: for lines of which nothing is known."""


MODULES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "alaris": "drivers.dialects.alaris.line_faults",
        "ambupump": "drivers.dialects.ambupump.line_faults",
        "miva": "drivers.dialects.miva.line_faults",
        "new-era": "drivers.dialects.new_era.line_faults",
    }
)
"""Where each dialect says what its frames look like. It is imported when it is asked for."""


def frames_of(dialect: str) -> Frames:
    """Give what is known of the frames of a dialect; where nothing is, they end with a pause."""
    if dialect not in MODULES:
        return BY_PAUSE
    frames: Frames = import_module(MODULES[dialect]).FRAMES
    return frames


class Cutter:
    """Cuts what comes one way into frames. Holds the beginning of one at most."""

    __slots__ = ("_buffer", "_cut", "_quiet_s")

    def __init__(self, cut: CutFunction[Any] | None, quiet_s: float) -> None:
        self._buffer = bytearray()
        self._cut = cut
        self._quiet_s = quiet_s

    @property
    def waits(self) -> bool:
        """Whether it holds the beginning of a frame."""
        return bool(self._buffer)

    def feed(self, data: bytes) -> Iterator[tuple[bytes, bool]]:
        """Take bytes in; gives what is whole, and whether it is a frame or what lay between frames."""
        self._buffer += data
        while self._buffer:
            if self._cut is not None:
                cut = self._cut(self._buffer)
                count, is_frame = (0, False) if cut is None else (cut.used_count, cut.frame is not None)
            else:
                count, is_frame = (0 if self._quiet_s > 0.0 else len(self._buffer)), True
            if count == 0 and len(self._buffer) < MOST_FRAME_BYTES:
                return
            yield self._take(count or MOST_FRAME_BYTES), is_frame

    def flush(self) -> tuple[bytes, bool]:
        """Give what there is; where nobody knows how frames end, it is one."""
        return self._take(len(self._buffer)), self._cut is None

    def _take(self, count: int) -> bytes:
        frame = bytes(self._buffer[:count])
        del self._buffer[:count]
        return frame
