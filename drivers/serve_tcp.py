"""The emulator on TCP: the bytes of the line, raw. Clients open it as `socket://HOST:PORT`."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from drivers.emulator import LineEnd
from drivers.transport import TURNED_AWAY

BACKLOG_BYTES_COUNT: Final = 65536
"""So much may wait for a client that does not read; what comes after it is lost, as on a line."""


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


class TcpPort:
    """A listening socket and everybody who came in by it.

    Not asyncio's own server: that one forgets a connection which comes in while it closes.
    """

    def __init__(self, listener: socket.socket, end: LineEnd, kind: type[TcpClient]) -> None:
        self._loop = asyncio.get_running_loop()
        self._listener = listener
        self._end = end
        self._kind = kind
        self._open_ones: set[TcpClient] = set()
        self._coming: set[asyncio.Task[object]] = set()
        listener.setblocking(False)
        self._loop.add_reader(listener, self._let_in)

    def _let_in(self) -> None:
        with suppress(OSError):  # it has gone again already
            link, _ = self._listener.accept()
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            coming: asyncio.Task[object] = self._loop.create_task(
                self._loop.connect_accepted_socket(lambda: self._kind(self._end, self._open_ones), link)
            )
            self._coming.add(coming)
            coming.add_done_callback(self._coming.discard)

    async def close(self) -> None:
        """Let nobody in any more, and hang up on everybody."""
        self._loop.remove_reader(self._listener)
        self._listener.close()
        await asyncio.gather(*self._coming, return_exceptions=True)
        for each in tuple(self._open_ones):
            each.hang_up()
        while self._open_ones:  # noqa: ASYNC110 - a turn or two
            await asyncio.sleep(0)


@asynccontextmanager
async def on_tcp(
    end: LineEnd, host: str, port_no: int, kind: type[TcpClient] = TcpClient
) -> AsyncIterator[tuple[str, int]]:
    """Serve on `host`, port `port_no` (0: any that is free); gives both as they came to be.

    Raises:
        OSError: the address cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port_no), family=family)
    address = listener.getsockname()
    port = TcpPort(listener, end, kind)
    try:
        yield address[0], address[1]
    finally:
        await port.close()
