"""The end of a line that takes its time: bytes come to the pump and to its client as a wire would bring them.

    a client -- pty or socket -- PacedEnd -- FaultyEnd, perhaps -- Emulator

To the port it is the end of a line, to what lies behind it a client. What happens on the line happens behind
it, so that what a fault says takes its time too.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from math import inf
from typing import Final

from drivers.between import Between
from drivers.emulator import Client, LineEnd
from drivers.pacing import Pace, Piece
from drivers.transport import LineSettings
from drivers.uart import byte_s

BACKLOG_BYTES_COUNT: Final = 65536
"""So much may wait for the line each way; what is sent on top of it is lost."""


def pace_of(line: LineSettings, baud: int) -> Pace:
    """Give the pace of a line that is set like `line` and runs at `baud`."""
    return Pace(byte_s(replace(line, baud=baud)))


class _Lane:
    """What is on its way, one way."""

    def __init__(self, through: Callable[[Piece], None]) -> None:
        self._through = through
        self._pieces: deque[Piece] = deque()
        self._waiting_count = 0

    def has_room(self, data: bytes) -> bool:
        return self._waiting_count + len(data) <= BACKLOG_BYTES_COUNT

    def put(self, pieces: list[Piece]) -> None:
        self._pieces += pieces
        self._waiting_count += sum(len(data) for _, data in pieces)

    def next_s(self) -> float:
        return self._pieces[0][0] if self._pieces else inf

    def carry(self, now_s: float) -> None:
        while self.next_s() <= now_s:
            piece = self._pieces.popleft()
            self._waiting_count -= len(piece[1])
            self._through(piece)

    def clear(self) -> None:
        self._pieces.clear()
        self._waiting_count = 0


class PacedEnd(Between):
    """The end of a line on which bytes take their time. All methods belong to the loop's own thread.

    Args:
        inner: What answers, at once.
        baud: Bits per second.
    """

    def __init__(self, inner: LineEnd, baud: int) -> None:
        super().__init__(inner)
        self._loop = asyncio.get_running_loop()
        self._pace = pace_of(inner.line, baud)
        self._to_pump = _Lane(self._reach_pump)
        self._to_client = _Lane(self._reach_client)
        self._here_s: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def close(self) -> None:
        """Carry nothing any more."""
        self._to_pump.clear()
        self._to_client.clear()
        self._arm()

    def disconnect(self, client: Client) -> None:
        """Take `client` off the line. What it sent still arrives; what was on its way to it is lost."""
        if self._client is client:
            self._to_client.clear()
        super().disconnect(client)

    # Bytes

    def receive(self, data: bytes) -> None:
        """Take in what the client sent just now."""
        if self._to_pump.has_room(data):
            self._to_pump.put(self._pace.heard(data, self._loop.time()))
            self._arm()

    def write(self, data: bytes) -> None:
        """Take in what the inner end says."""
        if self._to_client.has_room(data):
            ready_s = self._loop.time() if self._here_s is None else self._here_s
            self._to_client.put(self._pace.said(data, ready_s))
            self._arm()

    # Time

    def _reach_pump(self, piece: Piece) -> None:
        """Hand over; what is answered at once was ready when the piece was here, however late we are."""
        self._here_s, data = piece
        self._inner.receive(data)
        self._here_s = None

    def _reach_client(self, piece: Piece) -> None:
        if self._client is not None:
            self._client.write(piece[1])

    def _arm(self) -> None:
        """Keep one timer on the next piece."""
        due_s = min(self._to_pump.next_s(), self._to_client.next_s())
        if self._timer is not None:
            if self._timer.when() == due_s:
                return
            self._timer.cancel()
            self._timer = None
        if due_s < inf:
            self._timer = self._loop.call_at(due_s, self._ring)

    def _ring(self) -> None:
        self._timer = None
        now_s = self._loop.time()
        self._to_client.carry(now_s)
        self._to_pump.carry(now_s)
        self._arm()
