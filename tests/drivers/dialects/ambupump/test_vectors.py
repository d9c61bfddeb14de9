"""The session that the specification shows and the vectors hold, against the code, byte for byte."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

from drivers.dialects.ambupump import AMBUPUMP, tables
from drivers.dialects.ambupump.frames import framer
from drivers.dialects.ambupump.tables import CAPABILITY_BITS, Result, Type
from tests.drivers.dialects.ambupump.crc import crc_by_bits
from tests.drivers.line import RigPump
from tests.meta.repository import ROOT
from tests.pump.rig import Rig

VECTORS = ROOT / "tests/drivers/vectors/ambupump.toml"
PAGE = (ROOT / "docs/protocols/ambupump.md").read_text(encoding="utf-8")
EXCHANGES: list[dict[str, Any]] = tomllib.loads(VECTORS.read_text(encoding="utf-8"))["exchange"]


def whole(parts: list[str]) -> bytes:
    return bytes.fromhex(" ".join(parts))


def shown_session() -> list[tuple[str, bytes, bytes]]:
    """The exchanges of the page: name, what the host says, what the pump answers."""
    (block,) = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    found: list[tuple[str, bytes, bytes]] = []
    for text in block.splitlines():
        if text.startswith("# "):
            found.append((text[2:], b"", b""))
        elif text.startswith((">", "<")):
            name, host, pump = found[-1]
            data = bytes.fromhex(text[1:])
            found[-1] = (name, host + data, pump) if text[0] == ">" else (name, host, pump + data)
    return [each for each in found if each[1]]


@pytest.mark.parametrize("exchange", EXCHANGES, ids=lambda each: each["name"])
def test_the_vectors_are_frames_by_the_specification(exchange: dict[str, Any]) -> None:
    for parts in (exchange["host"], exchange["pump"]):
        data = whole(parts)
        length_count = int.from_bytes(data[1:3], "little")
        assert data[0] == 0xA5
        assert data[3] == 0xFF ^ (data[1] + data[2]) & 0xFF
        assert len(data) == 4 + length_count + 2
        assert int.from_bytes(data[-2:], "little") == crc_by_bits(data[1:-2])


@pytest.mark.parametrize("piece_count", [1, 7, 4096])
def test_the_pump_answers_as_the_vectors_say(piece_count: int) -> None:
    side = AMBUPUMP.pump(RigPump(Rig()))
    for exchange in EXCHANGES:
        said = whole(exchange["host"])
        pieces = [said[start : start + piece_count] for start in range(0, len(said), piece_count)]
        answer = b"".join(side.receive(piece, 0.0) for piece in pieces)
        assert answer.hex(" ") == whole(exchange["pump"]).hex(" "), exchange["name"]


def test_the_page_shows_the_vectors() -> None:
    assert shown_session() == [(each["name"], whole(each["host"]), whole(each["pump"])) for each in EXCHANGES]


def test_the_vectors_meet_every_result_and_every_question() -> None:
    types, results = set(), set()
    for exchange in EXCHANGES:
        (request,) = framer().feed(whole(exchange["host"]))
        (reply,) = framer().feed(whole(exchange["pump"]))
        types.add(request.type_code)
        results.add(reply.payload[0])
    assert results == set(Result) - {Result.OTHER_VERSION}
    assert types >= {each for each in Type if each < Type.POWER_ON} - {Type.PANEL}


@pytest.mark.parametrize(
    "table",
    [
        tables.MODES,
        tables.REASONS,
        tables.ALARMS,
        tables.PRIORITIES,
        tables.ALARM_STATES,
        tables.ACCESSES,
        tables.LOCK_LEVELS,
        tables.KEYS,
        tables.KEYBOARDS,
        tables.BATTERIES,
    ],
)
def test_the_page_shows_the_tables(table: tables.Names) -> None:
    said = ", ".join(f"{number} `{name}`" if name else f"{number} (none)" for name, number in table.items())
    assert said in " ".join(PAGE.split())


def test_the_page_names_every_type_result_and_capability() -> None:
    for kind in Type:
        assert re.search(
            rf"### {kind:02X} {kind.name}|\| {kind:02X} \| `{kind.name}`|type {kind:02X}\)", PAGE
        )
    for result in Result:
        assert f"| {result:02X} | `{result.name}` |" in PAGE
    for capability, bit in CAPABILITY_BITS.items():
        assert f"{bit} `{capability.value}`" in " ".join(PAGE.split())
