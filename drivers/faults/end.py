"""A faulty line between a port that is served and the end that answers: an emulator, or a real pump's port.

    a client -- pty or socket -- FaultyEnd -- Emulator, or PortEnd (drivers/faults/port_end.py)

To the port it is the end of a line, to what lies behind it a client: neither knows of the faults.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from drivers.between import Between
from drivers.emulator import LineEnd
from drivers.faults.catalogue import Way
from drivers.faults.frames import Frames
from drivers.faults.line import Struck
from drivers.faults.on_loop import LoopLine
from drivers.faults.script import FaultScriptError, Mistake, Rule, Script


class Socket(Protocol):
    """Where the host's plug sits."""

    def unplug(self) -> None:
        """Take the port away."""
        ...

    def plug(self, *, renamed: bool) -> None:
        """Give it back, perhaps under another name."""
        ...


class FaultyEnd(Between):
    """The end of a line on which `script` happens. All methods belong to the loop's own thread.

    Args:
        inner: What answers.
        script: The faults; times count from now.
        frames: What is known of the dialect's frames.
        socket: Does what happens to the port.
        power: Takes the pump's power and gives it back; None: nobody here can.
        noted: Is told of everything that is done to anything.

    Raises:
        FaultScriptError: a fault cannot be had on this line.
    """

    def __init__(
        self,
        inner: LineEnd,
        script: Script,
        frames: Frames,
        *,
        socket: Socket,
        power: Callable[[bool], None] | None = None,
        noted: Callable[[Struck], None] = lambda _struck: None,
    ) -> None:
        super().__init__(inner)
        self._socket = socket
        self._power = power
        for rule in script.rules:
            self._check(rule)
        self._line = LoopLine(script, frames, self, noted=noted)

    def add(self, rule: Rule) -> None:
        """Let `rule` hold from now on.

        Raises:
            FaultScriptError: it cannot be had on this line.
        """
        self._check(rule)
        self._line.add(rule)

    def close(self) -> None:
        """Carry nothing any more."""
        self._line.close()

    def _check(self, rule: Rule) -> None:
        if rule.kind.name == "power_cycle" and self._power is None:
            what = f"{rule}: nobody here can take the pump's power"
            raise FaultScriptError([Mistake(1, what, "use an emulated pump, or pull its plug by hand")])

    # Bytes

    def receive(self, data: bytes) -> None:
        """Take in what the client sent just now."""
        self._line.take(Way.REQUEST, data)

    def write(self, data: bytes) -> None:
        """Take in what the inner end says."""
        self._line.take(Way.REPLY, data)

    # The two ends, to the line

    def carry(self, way: Way, data: bytes) -> None:
        """Hand over what arrives; to a client that has gone nothing does."""
        if way is Way.REQUEST:
            self._inner.receive(data)
        elif self._client is not None:
            self._client.write(data)

    def unplug(self) -> None:
        """Take the port away from the host."""
        self._socket.unplug()

    def plug(self, *, renamed: bool) -> None:
        """Give the host its port back."""
        self._socket.plug(renamed=renamed)

    def power(self, *, on: bool) -> None:
        """Take the pump's power away, or give it back."""
        if self._power is not None:
            self._power(on)
