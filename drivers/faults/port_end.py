"""A real port as the end of a line: what a client sends goes out there, and what comes in goes to the client.

The port blocks, and so a thread waits at it; everything else happens on the loop's own thread.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from types import TracebackType
from typing import Final, Self

from drivers.emulator import Client
from drivers.errors import LinkError
from drivers.transport import LineSettings, Port

LOOK_EVERY_S: Final = 0.1
"""So long may the end take to notice that it is over."""

BACKLOG_BYTES_COUNT: Final = 65536
"""So much may wait for a port that does not take it; what comes after it is lost, as on a line."""


class PortEnd:
    """The far end of `port`, for one client at a time.

    Attributes:
        lost: Is done with the error when the port is lost.
    """

    def __init__(self, port: Port) -> None:
        self._port = port
        self._loop = asyncio.get_running_loop()
        self._client: Client | None = None
        self._ended = threading.Event()
        self._to_send: deque[bytes] = deque()
        self._waiting_bytes_count = 0
        self._may_send = threading.Semaphore(0)
        self._threads = [
            threading.Thread(target=work, daemon=True) for work in (self._read_on, self._write_on)
        ]
        self.lost: asyncio.Future[LinkError] = self._loop.create_future()

    @property
    def line(self) -> LineSettings:
        """What the port is set to."""
        return self._port.line

    async def __aenter__(self) -> Self:
        """Begin to listen at the port."""
        for each in self._threads:
            each.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the port."""
        self._ended.set()
        self._may_send.release()
        for each in self._threads:
            await asyncio.to_thread(each.join)
        self._port.close()

    def connect(self, client: Client) -> str | None:
        """Take `client` on the line; returns why not where the line is taken."""
        if self._client is not None:
            return f"busy: {self._client.name} is connected, and the line has one client at a time"
        self._client = client
        return None

    def disconnect(self, client: Client) -> None:
        """Take `client` off the line."""
        if self._client is client:
            self._client = None

    def receive(self, data: bytes) -> None:
        """Send out what the client sent."""
        if self._waiting_bytes_count + len(data) <= BACKLOG_BYTES_COUNT:
            self._waiting_bytes_count += len(data)
            self._to_send.append(data)
            self._may_send.release()

    def _arrived(self, data: bytes) -> None:
        if self._client is not None:
            self._client.write(data)

    def _sent(self, count: int) -> None:
        self._waiting_bytes_count -= count

    def _is_lost(self, error: LinkError) -> None:
        if not self.lost.done():
            self.lost.set_result(error)

    # In the threads

    def _read_on(self) -> None:
        try:
            while not self._ended.is_set():
                data = self._port.read_some(self._port.now_s() + LOOK_EVERY_S)
                if data:
                    self._loop.call_soon_threadsafe(self._arrived, data)
        except LinkError as error:
            self._loop.call_soon_threadsafe(self._is_lost, error)

    def _write_on(self) -> None:
        try:
            while True:
                self._may_send.acquire()
                if self._ended.is_set():
                    return
                data = self._to_send.popleft()
                self._port.write(data)
                self._loop.call_soon_threadsafe(self._sent, len(data))
        except LinkError as error:
            self._loop.call_soon_threadsafe(self._is_lost, error)
