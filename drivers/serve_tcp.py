"""The emulator on TCP: the bytes of the line, raw. Clients open it as `socket://HOST:PORT`."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from drivers.emulator import LineEnd

BACKLOG_BYTES_COUNT: Final = 65536
"""So much may wait for a client that does not read; what comes after it is lost, as on a line."""

TURNED_AWAY: Final = b"ambupump: "
"""What the only line begins with that a client hears which is turned away."""


class TcpClient(asyncio.Protocol):
    """One connection. `receive` takes what comes after whatever the connection itself is about."""

    def __init__(self, end: LineEnd, open_ones: set[TcpClient]) -> None:
        self.end = end
        self._open_ones = open_ones
        self.name = "a client"
        self._transport: asyncio.Transport | None = None
        self.is_on_the_line = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the line; say why and hang up where it is taken."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what a stream server hands over
        self._transport = transport
        self._open_ones.add(self)
        self.name = _shown(transport.get_extra_info("peername"))
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        reason = self.end.connect(self)
        if reason is None:
            self.is_on_the_line = True
            self.begin()
        else:
            transport.write(TURNED_AWAY + reason.encode() + b"\r\n")
            transport.close()

    def begin(self) -> None:
        """Say what is to be said first: on plain TCP nothing."""

    def data_received(self, data: bytes) -> None:
        """Hand over what the client sent."""
        if self.is_on_the_line:
            self.end.receive(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let the next one on the line."""
        del exc
        self._open_ones.discard(self)
        self.is_on_the_line = False
        self.end.disconnect(self)

    def write(self, data: bytes) -> None:
        """Carry bytes of the line to the client."""
        self.send(data)

    def send(self, data: bytes) -> None:
        """Send bytes as they are, or lose them where the client does not read."""
        transport = self._transport
        if (
            transport is not None
            and transport.get_write_buffer_size() + len(data) <= BACKLOG_BYTES_COUNT
            and not transport.is_closing()
        ):
            transport.write(data)

    def hang_up(self) -> None:
        """End the connection at once."""
        if self._transport is not None:
            self._transport.abort()


def _shown(peer: tuple[str, int] | None) -> str:
    return "a client" if peer is None else f"{peer[0]}:{peer[1]}"


@asynccontextmanager
async def on_tcp(
    end: LineEnd, host: str, port_no: int, kind: type[TcpClient] = TcpClient
) -> AsyncIterator[tuple[str, int]]:
    """Serve on `host`, port `port_no` (0: any that is free); gives both as they came to be.

    Raises:
        OSError: the address cannot be had.
    """
    open_ones: set[TcpClient] = set()
    server = await asyncio.get_running_loop().create_server(lambda: kind(end, open_ones), host, port_no)
    try:
        yield server.sockets[0].getsockname()[:2]
    finally:
        server.close()
        for each in tuple(open_ones):
            each.hang_up()
        await server.wait_closed()
