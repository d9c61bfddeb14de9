"""A line that takes its time, on a loop whose time passes at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise

import pytest

from drivers.faults.end import FaultyEnd
from drivers.faults.frames import Frames
from drivers.faults.script import parse_script
from drivers.paced_end import BACKLOG_BYTES_COUNT, PacedEnd
from tests.drivers.shouting import BYTE_S, Client, Device, Shouting, emulator
from tests.drivers.virtual_loop import VirtualLoop, at_once

BAUD = 9600


@dataclass
class Rig:
    """A paced end with a client on it, and when it was begun."""

    end: PacedEnd
    client: Client
    side: Shouting
    begun_s: float

    @property
    def heard(self) -> list[tuple[float, bytes]]:
        return [(at_s - self.begun_s, data) for at_s, data in self.side.heard]

    @property
    def came(self) -> list[tuple[float, bytes]]:
        return [(at_s - self.begun_s, data) for at_s, data in self.client.came]


class Thinking(Shouting):
    """Answers with all that it heard, when the line ends."""

    def receive(self, data: bytes, wall_s: float) -> bytes:
        super().receive(data, wall_s)
        return b"".join(each for _, each in self.heard).upper() if data.endswith(b"\r") else b""


@asynccontextmanager
async def rigged(side: Shouting | None = None) -> AsyncIterator[Rig]:
    side = side or Thinking()
    async with emulator((Device(), side)) as made:
        end = PacedEnd(made, BAUD)
        client = Client(asyncio.get_running_loop().time)
        await asyncio.sleep(1.0)  # what the pump says first is over
        assert end.connect(client) is None
        yield Rig(end, client, side, asyncio.get_running_loop().time())
        end.close()


def test_request_and_answer_come_in_pieces_as_the_line_brings_them() -> None:
    async def story() -> None:
        async with rigged() as rig:
            rig.end.receive(b"hello\r")
            await asyncio.sleep(1.0)
            pieces = rig.heard + rig.came
            assert [data for _, data in pieces] == [b"hel", b"lo\r", b"HEL", b"LO\r"]
            assert [at_s for at_s, _ in pieces] == pytest.approx(
                [count * BYTE_S for count in (3, 6, 9, 12)], abs=1e-6
            )
            assert rig.end.line.baud == BAUD

    at_once(story())


def test_within_what_is_said_there_is_no_gap_that_an_impatient_client_takes_for_the_end() -> None:
    async def story() -> None:
        async with rigged(Shouting("x" * 200)) as rig:
            rig.end.receive(b"?")
            await asyncio.sleep(1.0)
            times_s = [at_s for at_s, _ in rig.came]
            assert max(b - a for a, b in pairwise(times_s)) < 0.005
            assert times_s[-1] == pytest.approx(202 * BYTE_S, abs=1e-6)

    at_once(story())


def test_an_answer_loses_nothing_by_a_machine_that_is_late() -> None:
    async def story() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)

        def be_busy() -> None:
            loop.now_s += 0.020

        async with rigged(Shouting()) as rig:
            rig.end.receive(b"ab")
            loop.call_at(rig.begun_s + 1.9 * BYTE_S, be_busy)
            await asyncio.sleep(1.0)
            # On the line it is asked and answered within 4.2 ms; the machine comes to it after 22 ms.
            ((came_s, data),) = rig.came
            assert came_s == pytest.approx(1.9 * BYTE_S + 0.020, abs=1e-6)
            assert data == b"AB"

    at_once(story())


def test_requests_wait_for_each_other() -> None:
    async def story() -> None:
        async with rigged(Shouting()) as rig:
            for _ in range(3):
                rig.end.receive(b"ab")
            await asyncio.sleep(1.0)
            assert [at_s for at_s, _ in rig.heard] == pytest.approx(
                [2 * BYTE_S, 4 * BYTE_S, 6 * BYTE_S], abs=1e-6
            )

    at_once(story())


def test_what_is_on_its_way_to_a_client_that_left_is_lost_and_what_it_sent_arrives() -> None:
    async def story() -> None:
        async with rigged() as rig:
            rig.end.receive(b"one\r")
            await asyncio.sleep(6 * BYTE_S)
            rig.end.receive(b"two\r")
            rig.end.disconnect(rig.client)
            await asyncio.sleep(1.0)
            assert rig.came == []
            assert b"".join(data for _, data in rig.heard) == b"one\rtwo\r"
            assert rig.end.name == "nobody"
            assert rig.end.connect(rig.client) is None
            rig.end.receive(b"x\r")
            await asyncio.sleep(1.0)
            assert rig.client.bytes_.endswith(b"X\r")

    at_once(story())


def test_one_client_at_a_time_and_the_second_is_told_who_is_there() -> None:
    async def story() -> None:
        async with rigged() as rig:
            other = Client(asyncio.get_running_loop().time, "somebody else")
            assert rig.end.connect(other) == (
                "busy: the test is connected, and the line has one client at a time"
            )
            rig.end.disconnect(other)
            rig.end.receive(b"x\r")
            await asyncio.sleep(1.0)
            assert (rig.client.bytes_, other.bytes_) == (b"X\r", b"")

    at_once(story())


def test_a_line_that_is_taken_behind_it_is_taken() -> None:
    async def story() -> None:
        async with emulator() as made:
            clock = asyncio.get_running_loop().time
            made.connect(Client(clock, "the first"))
            end = PacedEnd(made, BAUD)
            client = Client(clock)
            assert "the first is connected" in str(end.connect(client))
            assert end.name == "nobody"
            end.close()

    at_once(story())


def test_a_flood_costs_no_more_than_so_much_each_way() -> None:
    async def story() -> None:
        async with rigged(Shouting("x" * 1000)) as rig:
            for _ in range(100):
                rig.end.receive(b"y" * 4096)
            await asyncio.sleep(10_000.0)
            heard_count = sum(len(data) for _, data in rig.heard)
            assert BACKLOG_BYTES_COUNT - 4096 < heard_count <= BACKLOG_BYTES_COUNT
            # Every piece was answered with a thousand bytes, far more than the line takes meanwhile.
            said_count = len(rig.client.bytes_)
            line_count = (heard_count + BACKLOG_BYTES_COUNT) * 1.01
            assert BACKLOG_BYTES_COUNT <= said_count <= line_count
            rig.end.receive(b"z")
            await asyncio.sleep(10.0)
            assert rig.client.bytes_.endswith(b"Z")

    at_once(story())


def test_when_it_is_closed_nothing_comes_any_more() -> None:
    async def story() -> None:
        async with rigged() as rig:
            rig.end.receive(b"one\r")
            await asyncio.sleep(5 * BYTE_S)
            rig.end.close()
            await asyncio.sleep(1.0)
            assert rig.client.bytes_ == b""

    at_once(story())


def test_what_a_fault_says_takes_its_time_too() -> None:
    async def story() -> None:
        async with emulator() as made:
            clock = asyncio.get_running_loop().time
            await asyncio.sleep(1.0)
            faulty = FaultyEnd(
                made, parse_script("garbage reply 1 hex 7e7e7e7e7e7e"), Frames(quiet_s=0.0), socket=Unused()
            )
            end = PacedEnd(faulty, BAUD)
            client = Client(clock)
            assert end.connect(client) is None
            begun_s = clock()
            end.receive(b"abc")
            await asyncio.sleep(1.0)
            assert client.bytes_ == b"~~~~~~ABC"
            assert client.came[-1][0] - begun_s == pytest.approx(12 * BYTE_S, abs=1e-6)
            end.close()
            faulty.close()

    at_once(story())


class Unused:
    """A plug that nobody pulls."""

    def unplug(self) -> None:
        raise AssertionError

    def plug(self, *, renamed: bool) -> None:
        raise AssertionError
