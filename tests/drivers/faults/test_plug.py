"""A port that goes and comes back, on a real pty and a real socket."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import serial

from drivers.background import BackgroundLoop
from drivers.faults.plug import Plug
from drivers.serve_pty import on_pty
from drivers.serve_tcp import on_tcp
from tests.drivers.shouting import emulator

PATIENCE_S = 5.0


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not holds():  # noqa: ASYNC110 - of what is asked nobody tells
            await asyncio.sleep(0.001)


def told_of(told: list[str], count: int) -> Callable[[], bool]:
    return lambda: len(told) == count


def test_a_pty_comes_back_under_another_name_behind_the_same_link(tmp_path: Path) -> None:
    link = tmp_path / "pump0"
    told: list[str] = []
    with BackgroundLoop() as loop:
        made = loop.enter(emulator())
        plug = loop.enter(Plug[Path](told=told.append))
        loop.call(plug.serve(lambda: on_pty(made, link)))
        device = link.readlink()
        with serial.Serial(str(link), 9600, timeout=PATIENCE_S, exclusive=True) as port:
            port.write(b"x")
            assert port.read(1) == b"X"
            loop.call(asked(plug.unplug))
            loop.call(until(told_of(told, 1)))
            assert not link.is_symlink()
            with pytest.raises((serial.SerialException, OSError)):
                port.read(1)
        loop.call(asked(lambda: plug.plug(renamed=True)))
        loop.call(until(told_of(told, 2)))
        assert told == ["the port is gone", f"the port is back: {link}"]
        assert link.readlink() != device
        with serial.Serial(str(link), 9600, timeout=PATIENCE_S, exclusive=True) as port:
            port.write(b"z")
            assert port.read(1) == b"Z"
    assert not link.is_symlink()


def test_a_socket_comes_back_at_the_same_address() -> None:
    told: list[str] = []
    with BackgroundLoop() as loop:
        made = loop.enter(emulator())
        plug = loop.enter(Plug[tuple[str, int]](told=told.append))
        port_no = [0]
        place = loop.call(plug.serve(lambda: on_tcp(made, "127.0.0.1", port_no[0])))
        port_no[0] = place[1]
        for count in (2, 4):
            with serial.serial_for_url(f"socket://{place[0]}:{place[1]}", timeout=PATIENCE_S) as port:
                port.write(b"x")
                assert port.read(1) == b"X"
                loop.call(asked(plug.unplug))
                loop.call(asked(lambda: plug.plug(renamed=False)))
                with suppress(serial.SerialException):
                    assert port.read(1) == b""
            loop.call(until(told_of(told, count)))
        assert told[-1] == f"the port is back: {place}"


def test_a_port_that_cannot_come_back_is_told(tmp_path: Path) -> None:
    told: list[str] = []

    @asynccontextmanager
    async def serve() -> AsyncIterator[str]:
        if told:
            raise OSError(os.strerror(13))
        yield "here"

    with BackgroundLoop() as loop:
        plug = loop.enter(Plug[str](told=told.append))
        assert loop.call(plug.serve(serve)) == "here"
        loop.call(asked(plug.unplug))
        loop.call(asked(lambda: plug.plug(renamed=False)))
        loop.call(until(told_of(told, 2)))
    assert told == ["the port is gone", f"the port cannot come back: {os.strerror(13)}"]


async def asked(what: Callable[[], None]) -> None:
    what()
