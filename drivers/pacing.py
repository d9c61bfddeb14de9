"""When bytes are through a line: arithmetic on deadlines, without a clock.

A frame counts as arrived when its last byte would have. Each deadline starts from the one before, not from
the instant at which somebody woke up, so that late wake-ups do not add up: whoever answers within
`PROMPT_S` has answered at once. On the whole nothing is faster than the line.
"""

from __future__ import annotations

from math import inf
from typing import Final

PROMPT_S: Final = 0.002
"""So late may a process be woken [performance: asyncio's timers go by whole milliseconds]."""


class Pace:
    """The time that a line takes, each way on its own pair of wires.

    Args:
        byte_s: What one byte takes; 0 for a line that takes no time.
    """

    __slots__ = ("_byte_s", "_heard_s", "_said_s")

    def __init__(self, byte_s: float) -> None:
        self._byte_s = byte_s
        self._heard_s = -inf
        self._said_s = -inf

    def heard_s(self, count: int, now_s: float) -> float:
        """When the last of `count` bytes that the far end sends now is here."""
        ended_s = max(self._heard_s, self._said_s)
        begun_s = ended_s if ended_s <= now_s <= ended_s + PROMPT_S else max(now_s, self._heard_s)
        self._heard_s = begun_s + count * self._byte_s
        return self._heard_s

    def said_s(self, count: int, ready_s: float) -> float:
        """When the last of `count` bytes is at the far end, of an answer that was ready at `ready_s`."""
        self._said_s = max(ready_s, self._said_s) + count * self._byte_s
        return self._said_s
