"""SimPy's environment with absolute times and the order of one instant."""

from __future__ import annotations

from enum import IntEnum
from heapq import heappop, heappush
from typing import Any

import simpy
from simpy.events import Event


class Order(IntEnum):
    """Who goes first at equal times. SimPy's own links of a chain (0, 1) come before all of them.

    Work under way goes on before a new step begins, whichever of the two was planned first: a step is
    planned when it is injected, but from the beginning when the session is replayed.
    """

    BENCH = 2
    WORK = 3
    STEP = 4
    PEOPLE = 5
    PLANNED_END = 6
    END = 7
    HOST = 8


class Moment(Event):
    """An event at an absolute time; `stale` when what it was for has moved."""

    stale = False


class WorldEnvironment(simpy.Environment):
    """A plain environment that can be told absolute times: `now + (t - now)` is not always `t`."""

    def at(self, t_s: float, order: Order = Order.STEP, value: object = None) -> Moment:
        """An event at `t_s`, in its place among those of the same instant.

        Raises:
            ValueError: `t_s` is past.
        """
        if t_s < self.now:
            raise ValueError(f"{t_s} s is past; it is {self.now} s")
        moment = Moment(self)
        moment._ok = True  # noqa: SLF001  (what simpy.Timeout does, at an absolute time)
        moment._value = value  # noqa: SLF001
        queue: list[Any] = self._queue
        heappush(queue, (t_s, order, next(self._eid), moment))
        return moment

    def next_s(self) -> float:
        """The time of the next event that is not stale; inf if there is none."""
        while self._queue and getattr(self._queue[0][3], "stale", False):
            heappop(self._queue)
        return self.peek()
