"""A line with faults on an asyncio loop: for the emulator, and for the proxy between a host and a pump."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from math import inf
from typing import Protocol

from drivers.faults.catalogue import Way
from drivers.faults.frames import Frames
from drivers.faults.line import (
    Carried,
    FaultyLine,
    Happening,
    Plugged,
    PowerBack,
    PowerCut,
    Struck,
    Unplugged,
)
from drivers.faults.script import Rule, Script


class Ends(Protocol):
    """What is at the two ends of the line, and may suffer."""

    def carry(self, way: Way, data: bytes) -> None:
        """Hand over what arrives at the end to which `way` leads."""
        ...

    def unplug(self) -> None:
        """Take the port away from the host."""
        ...

    def plug(self, *, renamed: bool) -> None:
        """Give the host its port back, perhaps under another name."""
        ...

    def power(self, *, on: bool) -> None:
        """Take the pump's power away, or give it back."""
        ...


class LoopLine:
    """A faulty line that looks at itself when something is due. All methods belong to the loop's own thread.

    The script's times count from the moment at which this is made, in the loop's time.

    Raises:
        FaultScriptError: a fault cannot be had on this line.
    """

    def __init__(
        self,
        script: Script,
        frames: Frames,
        ends: Ends,
        *,
        noted: Callable[[Struck], None] = lambda _struck: None,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._line = FaultyLine(script, frames, begun_s=self._loop.time(), noted=noted)
        self._ends = ends
        self._timer: asyncio.TimerHandle | None = None
        self._timer_s = inf
        self._look_is_due = False
        self._look_soon()

    @property
    def is_plugged(self) -> bool:
        """Whether the host has a port."""
        return self._line.is_plugged

    def take(self, way: Way, data: bytes) -> None:
        """Take in bytes from the end at which `way` begins; what comes of them comes on a later turn."""
        self._line.take(way, data, self._loop.time())
        self._look_soon()

    def add(self, rule: Rule) -> None:
        """Let `rule` hold from now on.

        Raises:
            FaultScriptError: it cannot be had on this line.
        """
        self._line.add(rule, self._loop.time())
        self._look_soon()

    def close(self) -> None:
        """Carry nothing any more."""
        self._look_is_due = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look_soon(self) -> None:
        """Look in a moment, not now: an end that answers at once must not be called while it speaks."""
        if not self._look_is_due:
            self._look_is_due = True
            self._loop.call_soon(self._look)

    def _look(self) -> None:
        self._look_is_due = False
        for each in self._line.due(self._loop.time()):
            self._let_happen(each)
        self._arm()

    def _let_happen(self, happening: Happening) -> None:
        match happening:
            case Carried(_, way, data):
                self._ends.carry(way, data)
            case Unplugged():
                self._ends.unplug()
            case Plugged(_, renamed):
                self._ends.plug(renamed=renamed)
            case PowerCut():
                self._ends.power(on=False)
            case PowerBack():
                self._ends.power(on=True)

    def _arm(self) -> None:
        due_s = self._line.next_deadline_s()
        if due_s == self._timer_s and self._timer is not None:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._timer_s = due_s
        if due_s < inf:
            self._timer = self._loop.call_at(due_s, self._ring)

    def _ring(self) -> None:
        self._timer, self._timer_s = None, inf
        self._look_soon()
