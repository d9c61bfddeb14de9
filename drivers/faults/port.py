"""A port with faults on its line: for a driver that is to be tested, without anything served.

    wire = FaultyWire(opener, script, frames)
    pump = SerialPump(wire.open, dialect)

The faults go on from one opening of the port to the next, as those of a cable do.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from drivers.errors import LinkDown
from drivers.faults.catalogue import Way
from drivers.faults.frames import AS_WRITTEN, Frames
from drivers.faults.line import Carried, FaultyLine, Plugged, PowerBack, PowerCut, Struck, Unplugged
from drivers.faults.script import FaultScriptError, Mistake, Rule, Script
from drivers.transport import LineSettings, Port

INBOX_BYTES_COUNT: Final = 65536
"""So much may wait to be read; what comes on top of it is lost, as in a system's buffer."""


class FaultyWire:
    """The way to a port, with faults on it.

    Args:
        opener: Opens the port behind the faults.
        script: The faults; times count from now.
        frames: What is known of the dialect's frames; else each write and each read is one.
        clock: The time of the port.
        power: Takes the pump's power and gives it back; None: nobody here can.
        noted: Is told of everything that is done to anything.

    Raises:
        FaultScriptError: a fault cannot be had on this wire.
    """

    def __init__(
        self,
        opener: Callable[[], Port],
        script: Script,
        frames: Frames = AS_WRITTEN,
        *,
        clock: Callable[[], float] = time.monotonic,
        power: Callable[[bool], None] | None = None,
        noted: Callable[[Struck], None] = lambda _struck: None,
    ) -> None:
        self._opener = opener
        self._clock = clock
        self._power = power
        self._port: FaultyPort | None = None
        self._renamed_count = 0
        for rule in script.rules:
            self._check(rule)
        self._line = FaultyLine(script, frames, begun_s=clock(), noted=noted)

    def open(self) -> FaultyPort:
        """Open the port.

        Raises:
            LinkDown: there is none at the moment, or the port behind the faults cannot be opened.
        """
        self.look()
        if not self._line.is_plugged:
            raise LinkDown("faulty wire: there is no such port: look at the plug and the name")
        if self._port is not None:
            self._port.close()
        inner = self._opener()
        name = f"{inner.name} no. {self._renamed_count + 1}" if self._renamed_count else inner.name
        self._port = FaultyPort(self, inner, name)
        return self._port

    def add(self, rule: Rule) -> None:
        """Let `rule` hold from now on.

        Raises:
            FaultScriptError: it cannot be had on this wire.
        """
        self._check(rule)
        self._line.add(rule, self._clock())

    def next_deadline_s(self) -> float:
        """When something is to happen by itself."""
        return self._line.next_deadline_s()

    def take(self, way: Way, data: bytes) -> None:
        """Take in bytes from one of the ends, and let happen what comes of them at once."""
        self._line.take(way, data, self._clock())
        self.look()

    def look(self) -> None:
        """Let happen what is due."""
        for each in self._line.due(self._clock()):
            match each:
                case Carried(_, way, data) if self._port is not None:
                    self._port.carry(way, data)
                case Unplugged():
                    self._lose()
                case Plugged(_, renamed):
                    self._renamed_count += renamed
                case PowerCut() | PowerBack() if self._power is not None:
                    self._power(isinstance(each, PowerBack))

    def _lose(self) -> None:
        if self._port is not None:
            self._port.lose()
            self._port = None

    def _check(self, rule: Rule) -> None:
        if rule.kind.name == "power_cycle" and self._power is None:
            what = f"{rule}: nobody here can take the pump's power"
            raise FaultScriptError([Mistake(1, what, "use an emulated pump, or pull its plug by hand")])


class FaultyPort:
    """One opening of a faulty wire."""

    def __init__(self, wire: FaultyWire, inner: Port, name: str) -> None:
        self._wire = wire
        self._inner = inner
        self._name = name
        self._inbox = bytearray()
        self._is_lost = False

    @property
    def name(self) -> str:
        """What the port is called at present."""
        return self._name

    @property
    def line(self) -> LineSettings:
        """How the line is set."""
        return self._inner.line

    def now_s(self) -> float:
        """The clock of the port behind the faults."""
        return self._inner.now_s()

    def write(self, data: bytes) -> None:
        """Send bytes into the faults."""
        self._wire.look()
        self._check()
        self._wire.take(Way.REQUEST, data)

    def read_some(self, deadline_s: float) -> bytes:
        """Wait for bytes until `deadline_s`."""
        while True:
            self._wire.look()
            data = self._take()
            if data:
                return data
            self._check()
            is_over = self.now_s() >= deadline_s
            heard = self._inner.read_some(min(deadline_s, self._wire.next_deadline_s()))
            if heard:
                self._wire.take(Way.REPLY, heard)
            if is_over:
                return self._take()

    def drain(self) -> bytes:
        """Take what has arrived already."""
        heard = self._inner.drain()
        if heard:
            self._wire.take(Way.REPLY, heard)
        self._wire.look()
        self._check()
        return self._take()

    def close(self) -> None:
        """Let go of the port behind the faults."""
        self._is_lost = True
        self._inner.close()

    # To the wire

    def carry(self, way: Way, data: bytes) -> None:
        """Hand over what arrives at the end to which `way` leads."""
        if way is Way.REQUEST and not self._is_lost:
            self._inner.write(data)
        elif way is Way.REPLY:
            self._inbox += data[: INBOX_BYTES_COUNT - len(self._inbox)]

    def lose(self) -> None:
        """Be unplugged, for good: who wants to go on opens the port anew."""
        self.close()

    def _take(self) -> bytes:
        data = bytes(self._inbox)
        self._inbox.clear()
        return data

    def _check(self) -> None:
        if self._is_lost:
            raise LinkDown(f"{self._name}: the port was lost: look at the plug, then connect again")
