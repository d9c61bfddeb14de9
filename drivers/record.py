"""What went over a line: taken down as it goes, kept as JSON lines, played again as a port.

The first line of a recording says what it is; every other line is one piece: when, whose, which bytes.

    {"schema": 1, "dialect": "ambupump", "baud": 115200}
    {"t_s": 0.0, "from": "host", "hex": "A5 10 00 EF ..."}
    {"t_s": 0.004, "from": "pump", "hex": "A5 52 00 AD ..."}
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal, Protocol, TextIO

from drivers.errors import LinkDown, LinkError
from drivers.transport import LineSettings, Port

SCHEMA: Final = 1
Side = Literal["host", "pump"]


class RecordingError(LinkError):
    """A recording cannot be read, or what is sent now is not what was sent then."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes that went over the line at once, `t_s` after the recording began."""

    t_s: float
    side: Side
    data: bytes


class Tap(Protocol):
    """Takes down what goes over a line, as the pump knows it."""

    def heard(self, data: bytes) -> None:
        """Take bytes that the pump heard."""
        ...

    def said(self, data: bytes) -> None:
        """Take bytes that the pump said."""
        ...


class Recorder:
    """A tap that writes a recording, one line at a time, so that nothing is lost in a crash."""

    def __init__(self, out: TextIO, dialect: str, line: LineSettings, clock: Callable[[], float]) -> None:
        self._out = out
        self._clock = clock
        self._begun_s = clock()
        self._write({"schema": SCHEMA, "dialect": dialect, "baud": line.baud})

    def heard(self, data: bytes) -> None:
        """Take down what the host sent."""
        self._piece("host", data)

    def said(self, data: bytes) -> None:
        """Take down what the pump sent."""
        self._piece("pump", data)

    def _piece(self, side: Side, data: bytes) -> None:
        t_s = round(self._clock() - self._begun_s, 6)
        self._write({"t_s": t_s, "from": side, "hex": data.hex(" ").upper()})

    def _write(self, row: dict[str, object]) -> None:
        self._out.write(json.dumps(row) + "\n")
        self._out.flush()


def read_recording(lines: Iterable[str]) -> tuple[str, LineSettings, tuple[Piece, ...]]:
    """Read a recording: the dialect, the line's settings, and the pieces.

    Raises:
        RecordingError: a line is not what it should be; the text says which.
    """
    header: dict[str, object] | None = None
    pieces: list[Piece] = []
    for number, text in enumerate(lines, start=1):
        try:
            row = json.loads(text)
            if header is None:
                if row["schema"] != SCHEMA:
                    raise RecordingError(f"line 1: schema {row['schema']}; this program reads {SCHEMA}")
                header = {"dialect": str(row["dialect"]), "baud": int(row["baud"])}
            else:
                side: Side = {"host": "host", "pump": "pump"}[row["from"]]  # type: ignore[assignment]
                pieces.append(Piece(float(row["t_s"]), side, bytes.fromhex(row["hex"])))
        except (ValueError, KeyError, TypeError) as error:
            raise RecordingError(f"line {number}: no line of a recording: look at the file") from error
    if header is None:
        raise RecordingError("the recording is empty: look at the file")
    return str(header["dialect"]), LineSettings(baud=int(str(header["baud"]))), tuple(pieces)


class TappedPort:
    """A port whose traffic is taken down."""

    def __init__(self, port: Port, tap: Tap) -> None:
        self._port = port
        self._tap = tap

    @property
    def name(self) -> str:
        """The port's name."""
        return self._port.name

    @property
    def line(self) -> LineSettings:
        """The port's settings."""
        return self._port.line

    def now_s(self) -> float:
        """The port's clock."""
        return self._port.now_s()

    def write(self, data: bytes) -> None:
        """Send bytes."""
        self._tap.heard(data)
        self._port.write(data)

    def read_some(self, deadline_s: float) -> bytes:
        """Wait for bytes."""
        return self._said(self._port.read_some(deadline_s))

    def drain(self) -> bytes:
        """Take what has arrived already."""
        return self._said(self._port.drain())

    def close(self) -> None:
        """Let go of the line."""
        self._port.close()

    def _said(self, data: bytes) -> bytes:
        if data:
            self._tap.said(data)
        return data


class ReplayPort:
    """A port behind which a recording answers: the same bytes in, the same bytes out.

    Its clock stands still while there is something to read and jumps to the deadline when there is nothing.

    Args:
        pieces: The recording.
        line: The settings it was made with.
    """

    name = "recording"

    def __init__(self, pieces: Iterable[Piece], line: LineSettings) -> None:
        self._pieces = list(pieces)
        self._line = line
        self._place = 0
        self._expected = b""
        self._t_s = 0.0

    @property
    def line(self) -> LineSettings:
        """The recording's settings."""
        return self._line

    def now_s(self) -> float:
        """The recording's time."""
        return self._t_s

    def write(self, data: bytes) -> None:
        """Send bytes, which must be those that were sent then.

        Raises:
            RecordingError: they are others.
        """
        while len(self._expected) < len(data) and self._is_next("host"):
            self._expected += self._take()
        if not self._expected.startswith(data):
            wanted = self._expected[: len(data)].hex(" ").upper() or "nothing"
            raise RecordingError(
                f"sent {data.hex(' ').upper()}, the recording has {wanted}: "
                "replay with the same questions and the same session number"
            )
        self._expected = self._expected[len(data) :]

    def read_some(self, deadline_s: float) -> bytes:
        """Give what was answered then."""
        data = self.drain()
        if data:
            return data
        if self._place == len(self._pieces):
            raise LinkDown("the recording is over")
        self._t_s = max(self._t_s, deadline_s)
        return b""

    def drain(self) -> bytes:
        """Give what was there already."""
        data = b""
        while not self._expected and self._is_next("pump"):
            data += self._take()
        return data

    def close(self) -> None:
        """Put the recording away."""

    def _is_next(self, side: Side) -> bool:
        return self._place < len(self._pieces) and self._pieces[self._place].side == side

    def _take(self) -> bytes:
        piece = self._pieces[self._place]
        self._place += 1
        self._t_s = max(self._t_s, piece.t_s)
        return piece.data
