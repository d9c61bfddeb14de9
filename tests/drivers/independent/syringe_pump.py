"""The simulated syringe pump of labmcp-new-era on a port, with a clock that is moved by hand.

The program around it is not installed: all that the simulator takes from there is an empty base class.
"""

from __future__ import annotations

import socket
import sys
import threading
from importlib import import_module
from types import ModuleType

ETX = b"\x03"
CR = b"\r"


def theirs() -> ModuleType:
    """Give their module, without the program around it."""
    around = ModuleType("labmcp")
    around.LineSimulator = object  # type: ignore[attr-defined]  # all that the simulator asks of it
    sys.modules.setdefault("labmcp", around)
    return import_module("labmcp_new_era.simulator")


class OnAPort:
    """The pump, just switched on, on a TCP port for one host after the other.

    Attributes:
        pump: The simulator.
        clock_s: Its time, alone in a list.
        url: What a host opens.
    """

    def __init__(self) -> None:
        self.clock_s = [0.0]
        self.pump = theirs().NewEraSimulator(clock=lambda: self.clock_s[0])
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = "socket://{}:{}".format(*self._server.getsockname())
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            link, _ = self._server.accept()
            with link:
                self._answer(link)

    def _answer(self, link: socket.socket) -> None:
        line = b""
        while data := link.recv(4096):
            *lines, line = (line + data).split(CR)
            for each in lines:
                reply = self.pump.handle(each.decode("latin-1"))
                if reply is not None:
                    link.sendall(reply.encode("latin-1") + ETX)

    @property
    def pumped_ml(self) -> float:
        """What it has pumped either way."""
        return float(self.pump.dispensed["INF"] + self.pump.dispensed["WDR"])

    def stall_after(self, volume_ml: float | None) -> None:
        """Let the motor stall when so much more has been pumped; None: not any more."""
        self.pump.stall_after_ml = None if volume_ml is None else self.pumped_ml + volume_ml
