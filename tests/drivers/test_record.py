"""A session that was taken down is played again to the same result."""

from __future__ import annotations

import io
import json

import pytest

from drivers.dialects.ambupump import AMBUPUMP
from drivers.errors import LinkDown, UncertainDelivery
from drivers.record import Recorder, RecordingError, ReplayPort, TappedPort, read_recording
from drivers.serial_pump import SerialPump
from drivers.transport import Port
from pump.commands import Command, Prime, Start, Stop
from pump.port import Outcome
from tests.drivers.line import Drawn, Line

COMMANDS: tuple[Command, ...] = (
    Prime(volume_ml=2.0, disconnected_confirmed=True),
    Stop(),
    Start(),
    Start(),
    Stop(),
)


def ask_everything(pump: SerialPump) -> list[object]:
    """What comes of a little story."""
    told: list[object] = [pump.connect()]
    for command in COMMANDS:
        try:
            told.append(pump.send(command))
        except UncertainDelivery:
            told.append(pump.resolve())
    told += [pump.status(), pump.program(), pump.log(), pump.panel()]
    pump.close()
    return told


def recorded(*, losing: bool) -> tuple[str, list[object]]:
    """A session over a line in memory: the recording, and what came of it."""
    out = io.StringIO()
    line = Line()
    open_line = line.open

    def tapped() -> Port:
        recorder = Recorder(out, "ambupump", AMBUPUMP.line, lambda: line.wall_s)
        return TappedPort(open_line(), recorder)

    line.pump._opener = tapped
    if losing:
        place = [0]

        def lose(data: bytes) -> bytes:
            place[0] += 1
            return b"" if place[0] in (3, 5, 8) else data

        line.to_host = lose
    told = ask_everything(line.pump)
    assert any(isinstance(each, Outcome) for each in told)
    return out.getvalue(), told


@pytest.mark.parametrize("losing", [False, True])
def test_a_recording_replays_to_the_same_result(losing: bool) -> None:
    text, told = recorded(losing=losing)
    dialect, line, pieces = read_recording(text.splitlines())
    assert (dialect, line.baud) == ("ambupump", 115200)
    port = ReplayPort(pieces, line)
    replayed = SerialPump(lambda: port, AMBUPUMP, clock=port.now_s, chance=Drawn(0xC0DE))
    assert ask_everything(replayed) == told


def test_a_recording_says_when_whose_and_which() -> None:
    text, _ = recorded(losing=False)
    header, first, second, *_ = [json.loads(line) for line in text.splitlines()]
    assert header == {"schema": 1, "dialect": "ambupump", "baud": 115200}
    assert (first["t_s"], first["from"]) == (0.0, "host")
    assert first["hex"].startswith("A5 10 00 EF 01 DE C0 00 00")
    assert second["from"] == "pump"


def test_other_questions_than_then_are_noticed() -> None:
    text, _ = recorded(losing=False)
    _, line, pieces = read_recording(text.splitlines())
    port = ReplayPort(pieces, line)
    other = SerialPump(lambda: port, AMBUPUMP, clock=port.now_s, chance=Drawn(0xBEEF))
    with pytest.raises(RecordingError, match="same session number"):
        other.connect()


def test_a_recording_ends() -> None:
    text, _ = recorded(losing=False)
    _, line, pieces = read_recording(text.splitlines())
    port = ReplayPort(pieces[:1], line)
    port.write(pieces[0].data)
    with pytest.raises(LinkDown, match="over"):
        port.read_some(1.0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("nonsense", "line 1: no line of a recording"),
        ('{"schema": 2, "dialect": "x", "baud": 1}', "schema 2; this program reads 1"),
        ('{"schema": 1, "dialect": "x"}', "line 1"),
        ('{"schema": 1, "dialect": "x", "baud": 1}\n{"t_s": 0, "from": "nobody", "hex": ""}', "line 2"),
        ('{"schema": 1, "dialect": "x", "baud": 1}\n{"t_s": 0, "from": "host", "hex": "0"}', "line 2"),
        ('{"schema": 1, "dialect": "x", "baud": 1}\n[]', "line 2"),
    ],
)
def test_a_broken_recording_says_where(text: str, words: str) -> None:
    with pytest.raises(RecordingError, match=words):
        read_recording(text.splitlines())
