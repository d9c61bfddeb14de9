"""When bytes are through a line: arithmetic on deadlines, without a clock.

Bytes come in pieces of some milliseconds, each when its last byte would have, so that whoever listens for
silence hears none within a frame. Each deadline starts from the one before, not from the instant at which
somebody woke up, so that late wake-ups do not add up: whoever answers within `PROMPT_S` has answered at once.
On the whole nothing is faster than the line.
"""

from __future__ import annotations

from itertools import accumulate
from math import inf
from typing import Final

PROMPT_S: Final = 0.002
"""So late may a process be woken [performance: asyncio's timers go by whole milliseconds]."""

PIECE_S: Final = 0.004
"""So long does a piece take at most; a byte is never cut. The most impatient client known, of the MIVA, gives
up after 25 ms without a byte."""

Piece = tuple[float, bytes]
"""Bytes, and when the last of them is through."""


class Pace:
    """The time that a line takes, each way on its own pair of wires.

    Args:
        byte_s: What one byte takes.
    """

    __slots__ = ("_byte_s", "_heard_s", "_piece_count", "_said_s")

    def __init__(self, byte_s: float) -> None:
        self._byte_s = byte_s
        self._piece_count = max(1, int(PIECE_S / byte_s))
        self._heard_s = -inf
        self._said_s = -inf

    @property
    def piece_s(self) -> float:
        """What a whole piece takes: so long nothing comes within what is sent at once."""
        return self._piece_count * self._byte_s

    def heard(self, data: bytes, now_s: float) -> list[Piece]:
        """When the pump hears what a host sends now."""
        begun_s = self._begun_s(self._heard_s, now_s)
        self._heard_s = begun_s + len(data) * self._byte_s
        return self._pieces(data, begun_s)

    def said(self, data: bytes, now_s: float) -> list[Piece]:
        """When the host hears what a pump says now."""
        begun_s = self._begun_s(self._said_s, now_s)
        self._said_s = begun_s + len(data) * self._byte_s
        return self._pieces(data, begun_s)

    def _begun_s(self, own_s: float, now_s: float) -> float:
        """When the first bit goes out: at the end of what it answers, if it does so promptly."""
        ended_s = max(self._heard_s, self._said_s)
        return ended_s if ended_s <= now_s <= ended_s + PROMPT_S else max(now_s, own_s)

    def _pieces(self, data: bytes, begun_s: float) -> list[Piece]:
        parts = [data[begin : begin + self._piece_count] for begin in range(0, len(data), self._piece_count)]
        ends = accumulate(map(len, parts))
        return [(begun_s + end * self._byte_s, part) for end, part in zip(ends, parts, strict=True)]
