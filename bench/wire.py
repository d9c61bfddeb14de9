"""The wire: exchanges between the driver here and emulated pumps in another process.

An exchange is a status: asked by `SerialPump` or its host side, answered by a running pump, read back into a
`PumpStatus`. The floor is the same number of bytes each way between two processes that do nothing with them.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Final, TypeVar

from bench.beside import PATIENCE_S, READ_COUNT, Wanted, bare_exchange, emulated
from bench.live import MS, p99
from bench.table import Row
from bench.timing import Paired, paired

if TYPE_CHECKING:
    from drivers.dialects import Talk
    from drivers.serial_pump import SerialPump

T = TypeVar("T")

PLACES: Final = (("pty", 5_000, 10_000), ("tcp", None, None))
"""Where, and how many exchanges a second are aimed at."""

ROUNDS_COUNT: Final = 40

PACES: Final = ((9_600, 98), (19_200, 98), (115_200, 93))
"""Bits per second, and how much of the line's rate is aimed at, in percent."""

PACED_S: Final = 3.0
PERCENT: Final = 100.0

PUMPS_COUNT: Final = 50
POLLS_PER_S: Final = 10.0
POLLS_COUNT: Final = 60
"""Of each pump: six seconds."""


def rows() -> Iterator[Row]:
    """The rows of this file."""
    for place, first, then in PLACES:
        sizes, found = against_the_floor(place, ROUNDS_COUNT)
        yield Row(
            name=f"{place}: {sizes.heard_count} bytes there, {sizes.said_count} back, bare",
            found=1.0 / found.second_s,
            unit="a second",
        )
        yield Row(
            name=f"  status of a pump by SerialPump over {place}, unpaced",
            found=1.0 / found.first_s,
            unit="a second",
            first=first,
            then=then,
            more_is_better=True,
        )
        yield Row(name="  the same against the bare bytes", found=found.ratio_frac, unit="times")
    for baud, aim in PACES:
        yield Row(
            name=f"pty paced at {baud} baud: status after status, of the line's rate",
            found=PERCENT * line_rate_frac(baud, PACED_S),
            unit="%",
            first=aim,
            then=aim,
            more_is_better=True,
        )
    polled = polls(PUMPS_COUNT, POLLS_COUNT)
    yield Row(
        name=f"{PUMPS_COUNT} pumps in one process, {POLLS_PER_S:g} polls a second each: polls",
        found=polled.per_s,
        unit="a second",
    )
    yield Row(name="  the same: time to a whole reply, p99", found=MS * p99(polled.took_s), unit="ms")


# ---------------------------------------------------------------- one pump, one host


@dataclass(slots=True)
class Sizes:
    """A tap that counts bytes, named from the pump's end as every tap."""

    heard_count: int = 0
    said_count: int = 0

    def heard(self, data: bytes) -> None:
        """Count bytes to the pump."""
        self.heard_count += len(data)

    def said(self, data: bytes) -> None:
        """Count bytes from the pump."""
        self.said_count += len(data)

    @property
    def both_count(self) -> int:
        """Bytes of either way: host and pump speak by turns."""
        return self.said_count + self.heard_count


def pump_at(url: str, sizes: Sizes | None = None) -> SerialPump:
    """A pump that is not yet connected; `sizes` counts what goes over its line."""
    from drivers.dialects.ambupump import AMBUPUMP
    from drivers.record import TappedPort
    from drivers.serial_pump import SerialPump
    from drivers.transport import Port, open_port

    def opened() -> Port:
        port = open_port(url, AMBUPUMP.line)
        return port if sizes is None else TappedPort(port, sizes)

    return SerialPump(opened, AMBUPUMP)


def sizes_of_a_status(url: str) -> Sizes:
    """What one exchange takes, in bytes."""
    sizes = Sizes()
    with pump_at(url, sizes) as pump:
        sizes.heard_count = sizes.said_count = 0
        pump.status()
        return Sizes(sizes.heard_count, sizes.said_count)


def against_the_floor(place: str, rounds_count: int) -> tuple[Sizes, Paired]:
    """Take turns: statuses of a pump, the same bytes bare. Timed by the wall."""
    with emulated(Wanted(place)) as (url,):
        sizes = sizes_of_a_status(url)
        with (
            bare_exchange(place, sizes.heard_count, sizes.said_count) as exchange,
            pump_at(url) as pump,
        ):
            return sizes, paired(pump.status, exchange, rounds_count, perf_counter)


def line_rate_frac(baud: int, for_s: float) -> float:
    """How much of a line at `baud` is used when one status follows the other for so long."""
    from drivers.dialects.ambupump import AMBUPUMP
    from drivers.uart import byte_s

    sizes = Sizes()
    with emulated(Wanted(pace_baud=baud)) as (url,), pump_at(url, sizes) as pump:
        pump.status()
        sizes.heard_count = sizes.said_count = 0
        begun_s = perf_counter()
        while (took_s := perf_counter() - begun_s) < for_s:
            pump.status()
        count = sizes.both_count  # before it says good-bye
    return count * byte_s(replace(AMBUPUMP.line, baud=baud)) / took_s


# ---------------------------------------------------------------- many pumps


@dataclass(frozen=True, slots=True)
class Polled:
    """What came of polling: the time to each whole reply, and how many came a second."""

    took_s: list[float]
    per_s: float


def polls(pumps_count: int, polls_count: int) -> Polled:
    """Poll so many pumps of one process, each so often."""
    with emulated(*[Wanted()] * pumps_count) as urls:
        return asyncio.run(_polls(urls, polls_count))


async def _polls(urls: Sequence[str], polls_count: int) -> Polled:
    hosts = [PollingHost(url) for url in urls]
    try:
        for host in hosts:
            await host.carry_on(host.side.hello())
        begin_s = asyncio.get_running_loop().time()
        apart_s = 1.0 / POLLS_PER_S / len(urls)
        found = await asyncio.gather(
            *(host.poll(polls_count, begin_s + no * apart_s) for no, host in enumerate(hosts))
        )
        span_s = asyncio.get_running_loop().time() - begin_s
    finally:
        for host in hosts:
            host.close()
    took_s = [each_s for of_one_s in found for each_s in of_one_s]
    return Polled(took_s, len(took_s) / span_s)


class PollingHost:
    """One host of many on a loop: the dialect's own side of the host, and a pty."""

    def __init__(self, url: str) -> None:
        from drivers.dialects.ambupump import AMBUPUMP

        self.side = AMBUPUMP.host(lambda: 1)
        self._fd = os.open(url, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self._arrived: asyncio.Queue[bytes] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._fd, self._read)

    def close(self) -> None:
        """Let go of the line."""
        self._loop.remove_reader(self._fd)
        os.close(self._fd)

    async def poll(self, polls_count: int, begin_s: float) -> list[float]:
        """Ask for the status at fixed times; returns the time to each reply.

        Where the reply before came too late to ask in time, the time counts from when it was to be asked.
        """
        took_s: list[float] = []
        replied_s = begin_s
        for count in range(polls_count):
            due_s = begin_s + count / POLLS_PER_S
            await asyncio.sleep(max(0.0, due_s - self._loop.time()))
            asked_s = due_s if replied_s > due_s else self._loop.time()
            status = await self.carry_on(self.side.status())
            if status.mode != "running":
                raise ValueError(f"a pump that runs says that it is {status.mode}")
            replied_s = self._loop.time()
            took_s.append(replied_s - asked_s)
        return took_s

    async def carry_on(self, talk: Talk[T]) -> T:
        """Carry one talk to its end."""
        request = next(talk)
        while True:
            os.write(self._fd, request.data)
            reply = None
            async with asyncio.timeout(PATIENCE_S):
                while reply is None:
                    reply = self.side.receive(await self._arrived.get())
            try:
                request = talk.send(reply)
            except StopIteration as done:
                answer: T = done.value
                return answer

    def _read(self) -> None:
        self._arrived.put_nowait(os.read(self._fd, READ_COUNT))
