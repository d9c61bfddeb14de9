"""A faulty line between a client and an emulator, on a loop whose time passes at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from drivers.faults.end import FaultyEnd
from drivers.faults.frames import AS_WRITTEN
from drivers.faults.line import Struck
from drivers.faults.script import FaultScriptError, parse_rule, parse_script
from tests.drivers.shouting import Client, Device, Shouting, emulator
from tests.drivers.virtual_loop import at_once


@dataclass
class Hands:
    """What is done to the port and to the power, and when."""

    clock: Callable[[], float]
    done: list[tuple[float, str]] = field(default_factory=list)

    def note(self, text: str) -> None:
        self.done.append((round(self.clock(), 6), text))

    def unplug(self) -> None:
        self.note("unplug")

    def plug(self, *, renamed: bool) -> None:
        self.note("plug, renamed" if renamed else "plug")

    def power(self, on: bool) -> None:
        self.note("on" if on else "off")


@dataclass
class Rig:
    """An end with faults, a client on it, and hands."""

    end: FaultyEnd
    client: Client
    hands: Hands
    side: Shouting
    struck: list[Struck]

    async def say(self, text: bytes, then_s: float = 0.5) -> bytes:
        """Send, wait, and give what came by then."""
        before = len(self.client.bytes_)
        self.end.receive(text)
        await asyncio.sleep(then_s)
        return self.client.bytes_[before:]


@asynccontextmanager
async def rigged(text: str) -> AsyncIterator[Rig]:
    loop = asyncio.get_running_loop()
    side, struck = Shouting(), list[Struck]()
    async with emulator((Device(), side)) as made:
        await asyncio.sleep(1.0)  # what the pump says first is over
        hands = Hands(loop.time)
        end = FaultyEnd(
            made, parse_script(text), AS_WRITTEN, socket=hands, power=hands.power, noted=struck.append
        )
        client = Client(loop.time)
        assert end.connect(client) is None
        yield Rig(end, client, hands, side, struck)
        end.disconnect(client)
        end.close()


def test_without_faults_it_is_not_there() -> None:
    async def story() -> None:
        async with rigged("") as rig:
            assert await rig.say(b"hello") == b"HELLO"
            assert rig.end.line.baud == 9600
            assert rig.end.name == "the test"

    at_once(story())


def test_faults_each_way() -> None:
    async def story() -> None:
        async with rigged("drop request 1; garbage reply 1 after hex 7e") as rig:
            assert await rig.say(b"one") == b""
            assert await rig.say(b"two") == b"TWO~"
            assert await rig.say(b"three") == b"THREE"
            assert [each.rule.kind.name for each in rig.struck] == ["drop", "garbage"]

    at_once(story())


def test_what_is_late_comes_at_its_time() -> None:
    async def story() -> None:
        async with rigged("delay reply by 300 ms") as rig:
            begun_s = asyncio.get_running_loop().time()
            assert await rig.say(b"one") == b"ONE"
            ((came_s, _),) = rig.client.came
            assert came_s - begun_s == pytest.approx(0.3)

    at_once(story())


def test_a_late_reply_overlaps_with_the_next() -> None:
    async def story() -> None:
        async with rigged("late 1") as rig:
            assert await rig.say(b"one") == b""
            assert await rig.say(b"two") == b"ONETWO"

    at_once(story())


def test_port_and_power_are_pulled_and_put_back_at_their_times() -> None:
    async def story() -> None:
        async with rigged("replug at 1 s for 2 s; power_cycle at 5 s for 1 s; disconnect at 8 s") as rig:
            begun_s = asyncio.get_running_loop().time()
            await asyncio.sleep(20.0)
            assert [(at_s - begun_s, what) for at_s, what in rig.hands.done] == [
                (1.0, "unplug"),
                (3.0, "plug, renamed"),
                (5.0, "off"),
                (6.0, "on"),
                (8.0, "unplug"),
                (13.0, "plug"),
            ]

    at_once(story())


def test_while_the_pump_has_no_power_nothing_reaches_it() -> None:
    async def story() -> None:
        async with rigged("power_cycle request 1 for 1 s") as rig:
            assert await rig.say(b"one", 2.0) == b""
            assert await rig.say(b"two") == b"TWO"
            assert [data for _, data in rig.side.heard] == [b"two"]

    at_once(story())


def test_a_fault_can_be_added_while_it_runs() -> None:
    async def story() -> None:
        async with rigged("") as rig:
            await rig.say(b"one")
            rig.end.add(parse_rule("drop reply 1"))
            assert await rig.say(b"two") == b""
            assert await rig.say(b"three") == b"THREE"

    at_once(story())


def test_babble_goes_on_until_it_is_closed() -> None:
    async def story() -> None:
        async with rigged("babble rate 100") as rig:
            await asyncio.sleep(10.0)
            assert len(rig.client.bytes_) == pytest.approx(1000, abs=5)
            rig.end.close()
            said_count = len(rig.client.bytes_)
            await asyncio.sleep(10.0)
            assert len(rig.client.bytes_) == said_count

    at_once(story())


def test_one_client_at_a_time() -> None:
    async def story() -> None:
        async with rigged("") as rig:
            other = Client(asyncio.get_running_loop().time, "somebody else")
            refusal = rig.end.connect(other)
            assert refusal is not None
            assert "the test is connected" in refusal
            rig.end.disconnect(other)
            assert await rig.say(b"x") == b"X"
            rig.end.disconnect(rig.client)
            assert rig.end.connect(other) is None
            rig.end.receive(b"y")
            await asyncio.sleep(0.1)
            assert other.bytes_ == b"Y"
            rig.end.disconnect(other)

    at_once(story())


def test_what_is_on_its_way_to_a_client_that_left_is_lost() -> None:
    async def story() -> None:
        async with rigged("delay reply by 1 s") as rig:
            rig.end.receive(b"one")
            await asyncio.sleep(0.5)
            rig.end.disconnect(rig.client)
            await asyncio.sleep(2.0)
            assert rig.client.bytes_ == b""

    at_once(story())


def test_power_that_nobody_can_take_is_refused_at_once() -> None:
    async def story() -> None:
        async with emulator() as made:
            hands = Hands(asyncio.get_running_loop().time)
            with pytest.raises(FaultScriptError, match="power_cycle 2: nobody here can take"):
                FaultyEnd(made, parse_script("drop; power_cycle 2"), AS_WRITTEN, socket=hands)
            end = FaultyEnd(made, parse_script(""), AS_WRITTEN, socket=hands)
            with pytest.raises(FaultScriptError, match="nobody here can take"):
                end.add(parse_rule("power_cycle"))
            end.close()

    at_once(story())
