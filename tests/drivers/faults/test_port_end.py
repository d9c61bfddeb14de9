"""A port as the end of a line: its two threads, and the loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from drivers.errors import LinkDown
from drivers.faults.port_end import BACKLOG_BYTES_COUNT, PortEnd
from drivers.transport import LineSettings, MemoryPair
from tests.drivers.shouting import Client

LINE = LineSettings(baud=9600)
PATIENCE_S = 5.0


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not holds():  # noqa: ASYNC110 - of what is asked nobody tells
            await asyncio.sleep(0.001)


def test_bytes_go_both_ways() -> None:
    async def story() -> None:
        pair = MemoryPair(LINE)
        async with PortEnd(pair.host) as end:
            client = Client(asyncio.get_running_loop().time)
            assert end.connect(client) is None
            assert end.line == LINE
            for text in (b"a", b"b", b"c"):
                end.receive(text)
            heard = bytearray()
            while len(heard) < 3:
                heard += await asyncio.to_thread(pair.pump.read_some, pair.pump.now_s() + PATIENCE_S)
            assert heard == b"abc"
            pair.pump.write(b"hello")
            await until(lambda: client.bytes_ == b"hello")
            end.disconnect(client)
            pair.pump.write(b"nobody hears this")
        assert client.bytes_ == b"hello"

    asyncio.run(story())


def test_one_client_at_a_time() -> None:
    async def story() -> None:
        async with PortEnd(MemoryPair(LINE).host) as end:
            one, other = (Client(asyncio.get_running_loop().time, name) for name in ("one", "other"))
            assert end.connect(one) is None
            assert end.connect(other) == "busy: one is connected, and the line has one client at a time"
            end.disconnect(other)
            end.disconnect(one)
            assert end.connect(other) is None

    asyncio.run(story())


def test_a_port_that_is_lost_is_told_and_everything_ends() -> None:
    async def story() -> None:
        pair = MemoryPair(LINE)
        async with PortEnd(pair.host) as end:
            pair.pump.close()
            error = await asyncio.wait_for(end.lost, PATIENCE_S)
            assert isinstance(error, LinkDown)
            end.receive(b"too late")
        assert threading.active_count() < 20

    asyncio.run(story())


def test_what_a_port_does_not_take_is_lost_and_not_kept() -> None:
    async def story() -> None:
        pair = MemoryPair(LINE)
        taken: list[bytes] = []
        gate = threading.Event()

        def stuck(data: bytes) -> None:
            gate.wait(PATIENCE_S)
            taken.append(data)

        pair.pump.heard = stuck
        async with PortEnd(pair.host) as end:
            for _ in range(3 * BACKLOG_BYTES_COUNT // 1024):
                end.receive(b"x" * 1024)
            gate.set()
            await until(lambda: len(taken) == BACKLOG_BYTES_COUNT // 1024)
            end.receive(b"and again")
            await until(lambda: taken[-1] == b"and again")

    asyncio.run(story())
