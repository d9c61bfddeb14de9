"""Pumps on a line, without a transport and without waiting: who hears what, and when."""

from __future__ import annotations

import asyncio

import pytest

from drivers.emulator import Emulator
from tests.drivers.shouting import Client, Device, Shouting, emulator
from tests.drivers.virtual_loop import at_once

BEGIN = b"[change]"
"""What the pumps say when the emulator begins."""


async def connected(made: Emulator) -> Client:
    client = Client(asyncio.get_running_loop().time)
    await asyncio.sleep(1.0)  # what the pumps say first is over
    assert made.connect(client) is None
    return client


def test_a_client_hears_its_answer() -> None:
    async def story() -> bytes:
        async with emulator() as made:
            client = await connected(made)
            made.receive(b"hello")
            return client.bytes_

    assert at_once(story()) == b"HELLO"


def test_every_pump_on_the_line_hears_everything() -> None:
    async def story() -> bytes:
        async with emulator((Device(), Shouting("a")), (Device(), Shouting("b"))) as made:
            client = await connected(made)
            made.receive(b"x")
            return client.bytes_

    assert at_once(story()) == b"aXbX"


def test_a_second_client_is_told_who_is_there() -> None:
    told: list[str] = []

    async def story() -> None:
        async with emulator(told=told.append) as made:
            first = await connected(made)
            second = Client(asyncio.get_running_loop().time, "somebody else")
            assert made.connect(second) == (
                "busy: the test is connected, and the line has one client at a time"
            )
            made.disconnect(second)
            made.receive(b"still here")
            assert first.bytes_ == b"STILL HERE"
            assert second.bytes_ == b""
            made.disconnect(first)
            assert made.connect(second) is None

    at_once(story())
    assert told == [
        "the test connected",
        "somebody else turned away, busy: the test is connected, and the line has one client at a time",
        "the test gone",
        "somebody else connected",
    ]


def test_a_change_is_told_once_however_many_there_were() -> None:
    async def story() -> bytes:
        device = Device()
        async with emulator((device, Shouting())) as made:
            client = await connected(made)
            device.changed()
            device.changed()
            assert client.bytes_ == b""
            await asyncio.sleep(0.1)
            return client.bytes_

    assert at_once(story()) == BEGIN


def test_a_deadline_of_the_side_is_kept() -> None:
    async def story() -> list[tuple[float, bytes]]:
        side = Shouting()
        async with emulator((Device(), side)) as made:
            client = await connected(made)
            side.deadline_s = asyncio.get_running_loop().time() + 0.5
            made.receive(b"x")
            side.deadline_s += 2.0
            made.receive(b"y")
            begun_s = asyncio.get_running_loop().time()
            await asyncio.sleep(5.0)
            return [(at_s - begun_s, data) for at_s, data in client.came]

    assert at_once(story()) == [(0.0, b"X"), (0.0, b"Y"), (pytest.approx(2.5, abs=1e-3), b"[wake]")]


def test_a_pump_without_power_is_dumb_and_deaf_and_begins_anew() -> None:
    async def story() -> bytes:
        device, side = Device(), Shouting()
        async with emulator((device, side)) as made:
            client = await connected(made)
            device.supply_frac = 0.0
            device.changed()
            await asyncio.sleep(0.1)
            side.deadline_s = asyncio.get_running_loop().time() + 1.0
            made.receive(b"anybody there?")
            await asyncio.sleep(10.0)
            assert client.bytes_ == b""
            assert side.heard == []
            side.deadline_s = float("inf")
            device.supply_frac = 1.0
            device.changed()
            await asyncio.sleep(0.1)
            made.receive(b"now")
            return client.bytes_

    assert at_once(story()) == b"[restart]NOW"


def test_at_the_end_nobody_calls_any_more() -> None:
    async def story() -> None:
        device = Device()
        made = emulator((device, Shouting()))
        async with made:
            client = await connected(made)
            device.changed()
        assert device.listeners == []
        await asyncio.sleep(1.0)
        assert client.bytes_ == b""
        with pytest.raises(RuntimeError, match="not begun, or is over"):
            made.receive(b"too late")

    at_once(story())


def test_a_tap_takes_down_both_ways() -> None:
    class Taken:
        def __init__(self) -> None:
            self.lines: list[tuple[str, bytes]] = []

        def heard(self, data: bytes) -> None:
            self.lines.append(("heard", data))

        def said(self, data: bytes) -> None:
            self.lines.append(("said", data))

    async def story() -> list[tuple[str, bytes]]:
        tap = Taken()
        async with emulator(tap=tap) as made:
            await connected(made)
            made.receive(b"hello")
        return tap.lines

    assert at_once(story()) == [("heard", b"hello"), ("said", b"HELLO")]
