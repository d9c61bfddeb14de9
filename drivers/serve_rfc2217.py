"""The emulator on RFC 2217: a serial port over Telnet, whose settings the client makes and the pump feels.

Clients open it as `rfc2217://HOST:PORT`. The protocol is pyserial's `PortManager`, which believes to have a
serial port before it (`FarPort`). What the client sets there is what its end of the line is set to: at the
wrong baud both hear garbage, as on a cable.
"""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from serial.rfc2217 import PortManager

from drivers.emulator import LineEnd
from drivers.serve_tcp import TcpClient, on_tcp
from drivers.transport import LineSettings
from drivers.uart import heard

ESCAPE: Final = b"\xff"
LONGEST_OPTION_COUNT: Final = 64
"""No option of RFC 2217 that a client sends is longer than six bytes, but a signature."""

HIGHEST_BAUD: Final = 4_000_000


class FarPort:
    """The serial port at the client's end, as far as a pump can tell: its settings, and lines that are on."""

    cts = dsr = cd = True
    ri = False

    def __init__(self, line: LineSettings) -> None:
        self._baud = line.baud
        self.bytesize: int = line.data_bits
        self.parity: str = line.parity
        self.stopbits: float = line.stop_bits
        self.xonxoff = False
        self.rtscts = False
        self.break_condition = False
        self.dtr = True
        self.rts = True

    @property
    def baudrate(self) -> int:
        """Bits per second."""
        return self._baud

    @baudrate.setter
    def baudrate(self, baud: int) -> None:
        if not 0 < baud <= HIGHEST_BAUD:
            raise ValueError(f"{baud} baud cannot be set")
        self._baud = baud

    @property
    def line(self) -> LineSettings:
        """The settings as they are now."""
        return LineSettings(
            baud=self._baud, data_bits=self.bytesize, parity=self.parity, stop_bits=self.stopbits
        )

    def reset_input_buffer(self) -> None:
        """Nothing waits here."""

    def reset_output_buffer(self) -> None:
        """Nothing waits here."""


class Rfc2217Client(TcpClient):
    """One connection of a client that speaks RFC 2217."""

    def begin(self) -> None:
        """Begin to negotiate."""
        self.port = FarPort(self.end.line)
        manager: Any = PortManager  # its stubs ask for a real port and a real socket
        self._manager = manager(self.port, _Sender(self))

    def data_received(self, data: bytes) -> None:
        """Take out what is Telnet's; hand over the rest. Who breaks the protocol is hung up on."""
        if not self.is_on_the_line:
            return
        try:
            plain = b"".join(self._manager.filter(data))
        except (LookupError, ValueError, TypeError, struct.error):
            self.hang_up()
            return
        option = self._manager.suboption
        if option is not None and len(option) > LONGEST_OPTION_COUNT:
            self.hang_up()
        elif plain and not self.port.break_condition:
            self.end.receive(heard(plain, self.port.line, self.end.line))

    def write(self, data: bytes) -> None:
        """Carry bytes of the line to the client, as its settings make it hear them."""
        received = heard(data, self.end.line, self.port.line)
        self.send(received.replace(ESCAPE, ESCAPE + ESCAPE))


class _Sender:
    """What the port manager takes for its connection."""

    def __init__(self, client: TcpClient) -> None:
        self._client = client

    def write(self, data: bytes) -> None:
        self._client.send(data)


@asynccontextmanager
async def on_rfc2217(end: LineEnd, host: str, port_no: int) -> AsyncIterator[tuple[str, int]]:
    """Serve on `host`, port `port_no` (0: any that is free); gives both as they came to be.

    Raises:
        OSError: the address cannot be had.
    """
    async with on_tcp(end, host, port_no, Rfc2217Client) as place:
        yield place
