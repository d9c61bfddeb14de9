"""What stands between a port that is served and the end that answers.

    a client -- pty or socket -- Between -- Emulator, or another Between

To the port it is the end of a line, to what lies behind it a client. Who is between says what becomes of the
bytes; who is connected is here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from drivers.emulator import Client, LineEnd
from drivers.transport import LineSettings


class Between(ABC):
    """The end of a line before `inner`. All methods belong to the loop's own thread."""

    def __init__(self, inner: LineEnd) -> None:
        self._inner = inner
        self._client: Client | None = None

    @property
    def line(self) -> LineSettings:
        """What the inner end is set to."""
        return self._inner.line

    @property
    def name(self) -> str:
        """Who the client is, to the inner end."""
        return "nobody" if self._client is None else self._client.name

    def connect(self, client: Client) -> str | None:
        """Take `client` on the line; returns why not where the line is taken."""
        if self._client is not None:
            return self._inner.connect(client)
        self._client = client
        reason = self._inner.connect(self)
        if reason is not None:
            self._client = None
        return reason

    def disconnect(self, client: Client) -> None:
        """Take `client` off the line. What it sent still arrives; what is on its way to it is lost."""
        if self._client is client:
            self._inner.disconnect(self)
            self._client = None

    @abstractmethod
    def receive(self, data: bytes) -> None:
        """Take in what the client sent just now."""

    @abstractmethod
    def write(self, data: bytes) -> None:
        """Take in what the inner end says."""
