"""The vectors: packets from manual and clients, and whole sessions of clients that others wrote."""

from __future__ import annotations

from typing import Any

import pytest

from drivers.dialects.new_era.frames import packet
from tests.drivers.dialects.feeding import vectors
from tests.drivers.dialects.new_era.made import CLOSED, Table

VECTORS = vectors("new-era")


@pytest.mark.parametrize("vector", VECTORS["packet"], ids=lambda vector: vector["data"])
def test_packets(vector: dict[str, str]) -> None:
    assert packet(vector["data"].encode()) == bytes.fromhex(vector["bytes"])


@pytest.mark.parametrize("bytewise", [False, True])
@pytest.mark.parametrize("session", VECTORS["session"], ids=lambda session: session["name"])
def test_sessions(session: dict[str, Any], bytewise: bool) -> None:
    table = Table(powered_up=True)
    said = b""
    for line in session["talk"]:
        at, mark, what = line.split(" ", 2)
        wall_s = float(at)
        table.bench.advance_to(wall_s * session["speed"])
        said += table.side.wake(wall_s) + table.side.on_change(wall_s)
        match mark:
            case ">":
                data = bytes.fromhex(what)
                for piece in (bytes((byte,)) for byte in data) if bytewise else (data,):
                    said += table.side.receive(piece, wall_s)
            case "<":
                assert said == bytes.fromhex(what), line
                said = b""
            case _:
                assert what == "clamp"
                table.bench.apply(CLOSED)
    assert said == b""
