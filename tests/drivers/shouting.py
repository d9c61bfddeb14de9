"""A dialect that is no protocol: the pump shouts back what it hears."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

from drivers.emulator import Emulator, Served
from drivers.transport import LineSettings
from pump.seam import Readings

LINE = LineSettings(baud=9600)
BYTE_S = 10 / 9600


class Device:
    """A pump of which only its power and its listeners matter."""

    def __init__(self) -> None:
        self.supply_frac = 1.0
        self.listeners: list[Callable[[], None]] = []

    def on_change(self, listener: Callable[[], None]) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def changed(self) -> None:
        for listener in self.listeners:
            listener()

    def readings(self) -> Readings:
        return Readings(supply_frac=self.supply_frac)


class Shouting:
    """Answers in capitals; calls at a deadline, after a change and after power is back."""

    def __init__(self, called: str = "") -> None:
        self.called = called.encode()
        self.deadline_s = inf
        self.heard: list[tuple[float, bytes]] = []

    def receive(self, data: bytes, wall_s: float) -> bytes:
        self.heard.append((wall_s, data))
        return self.called + data.upper()

    def next_deadline_s(self) -> float:
        return self.deadline_s

    def wake(self, wall_s: float) -> bytes:
        assert wall_s >= self.deadline_s
        self.deadline_s = inf
        return b"[wake]"

    def on_change(self, wall_s: float) -> bytes:
        return b"[change]"

    def restart(self, wall_s: float) -> bytes:
        return b"[restart]"


class Client:
    """Somebody at the far end, who notes what comes when."""

    def __init__(self, clock: Callable[[], float], name: str = "the test") -> None:
        self.name = name
        self.clock = clock
        self.came: list[tuple[float, bytes]] = []

    def write(self, data: bytes) -> None:
        self.came.append((self.clock(), data))

    @property
    def bytes_(self) -> bytes:
        return b"".join(data for _, data in self.came)


def emulator(*pairs: tuple[Any, Any], **more: Any) -> Emulator:
    """An emulator of pumps that shout."""
    return Emulator([Served(*pair) for pair in pairs or ((Device(), Shouting()),)], **{"line": LINE} | more)
