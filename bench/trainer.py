"""The trainer: from a key to the changed display in a full room, a week in jumps, the server's share."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.table import Row

VIEWERS_COUNT: Final = 20
PRESSES_COUNT: Final = 60
PAUSE_S: Final = 0.1
"""Between two presses, so that the room is told at full speed in between."""

CPU_OVER_S: Final = 4.0
MS: Final = 1000.0
WEEK: Final = "day7-shortfall-after-two-reprimes"


@dataclass(frozen=True, slots=True)
class Served:
    """A trainer in a process of its own."""

    address: str
    run_id: str
    cookie: str
    process_no: int


@contextmanager
def serving(scenario: str) -> Iterator[Served]:
    """Serve a run of `scenario` for as long as the context lasts."""
    with tempfile.TemporaryDirectory() as folder:
        asked = [sys.executable, "-m", "console", "train", scenario, "--port", "0"]
        process = subprocess.Popen(
            [*asked, "--runs", str(Path(folder) / "runs.sqlite3")],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            assert process.stdout is not None  # noqa: S101 - asked for above
            found = re.match(r"ready: (http://[^/]+)/run/(\w+)/", process.stdout.readline())
            if found is None:
                raise RuntimeError("the trainer did not begin")
            with urllib.request.urlopen(found[1]) as answer:  # noqa: S310 - our own server
                cookie = answer.headers["set-cookie"].partition(";")[0]
            yield Served(found[1], found[2], cookie, process.pid)
        finally:
            process.terminate()
            process.wait()


class Socket:
    """One page's socket."""

    def __init__(self, connection: Any) -> None:  # noqa: ANN401 - a third party's
        self.connection = connection
        self.asked_count = 0

    async def ask(self, name: str, **body: object) -> int:
        """Ask, and give the number of it."""
        self.asked_count += 1
        await self.connection.send(json.dumps({"ask": name, "n": self.asked_count, **body}))
        return self.asked_count

    async def until(self, is_it: Any) -> dict[str, Any]:  # noqa: ANN401 - any test of a message
        """Take messages until one is it."""
        while True:
            message: dict[str, Any] = json.loads(await self.connection.recv())
            if is_it(message):
                return message

    async def done(self, number: int) -> None:
        """Wait until an ask is done."""
        await self.until(lambda message: message.get("n") == number)


def opened(served: Served, page: str) -> Any:  # noqa: ANN401 - a third party's
    """Give a connection of a page, to be entered."""
    from websockets.asyncio.client import connect

    address = served.address.replace("http", "ws", 1)
    return connect(
        f"{address}/run/{served.run_id}/live?page={page}",
        additional_headers={"Cookie": served.cookie},
        max_queue=None,
    )


def rows() -> Iterator[Row]:
    """The rows of this file."""
    took_s, cpu_frac = asyncio.run(_a_room())
    took_s.sort()
    yield Row(
        name=f"trainer at 3600x, {VIEWERS_COUNT} viewers: key to changed display, p95",
        found=took_s[int(0.95 * (len(took_s) - 1))] * MS,
        unit="ms",
        first=20,
        then=10,
    )
    yield Row(name="trainer at 3600x, as many viewers: share of one core", found=100.0 * cpu_frac, unit="%")
    jumps_s = asyncio.run(_a_week())
    yield Row(
        name="trainer: the longest jump to the next event in a week",
        found=max(jumps_s) * MS,
        unit="ms",
        first=100,
        then=50,
    )


async def _a_room() -> tuple[list[float], float]:
    """Press keys in a room full of viewers; (key to display, share of a core)."""
    with serving("bag-7-day-nominal") as served:
        pages = ["instructor", "trainee", *["trainee", "projector", "instructor"] * VIEWERS_COUNT][
            :VIEWERS_COUNT
        ]
        links = [opened(served, page) for page in pages]
        connections = [await link for link in links]
        instructor, trainee = Socket(connections[0]), Socket(connections[1])
        rest = [asyncio.create_task(_drained(each)) for each in connections[2:]]
        await instructor.done(await instructor.ask("clock", what="skip", span="1 h"))
        await instructor.done(await instructor.ask("clock", what="rate", rate_frac=3600.0))
        await instructor.done(await instructor.ask("clock", what="resume"))
        rest.append(asyncio.create_task(_drained(connections[0])))
        took_s = [await _pressed(trainee) for _ in range(PRESSES_COUNT)]
        begun_s, before_s = time.perf_counter(), _cpu_s(served.process_no)
        rest.append(asyncio.create_task(_drained(connections[1])))
        await asyncio.sleep(CPU_OVER_S)
        cpu_frac = (_cpu_s(served.process_no) - before_s) / (time.perf_counter() - begun_s)
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        for each in connections:
            await each.close()
        return took_s, cpu_frac


async def _pressed(trainee: Socket) -> float:
    """Press INFO, which turns a page; how long that takes to be seen."""
    begun_s = time.perf_counter()
    await trainee.ask("key", key="info", down=True)
    await trainee.until(lambda message: message.get("panel", {}).get("held") == ["info"])
    took_s = time.perf_counter() - begun_s
    await trainee.done(await trainee.ask("key", key="info", down=False))
    until_s = time.perf_counter() + PAUSE_S
    while time.perf_counter() < until_s:
        await trainee.connection.recv()
    return took_s


async def _drained(connection: Any) -> None:  # noqa: ANN401 - a third party's
    async for _ in connection:
        pass


def _cpu_s(process_no: int) -> float:
    """CPU seconds that a process has taken."""
    fields = Path(f"/proc/{process_no}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _a_week() -> list[float]:
    """Jump through a week, event by event; how long each jump takes."""
    with serving(WEEK) as served:
        async with opened(served, "instructor") as connection:
            instructor = Socket(connection)
            took_s: list[float] = []
            while True:
                begun_s = time.perf_counter()
                number = await instructor.ask("clock", what="next")
                message = await instructor.until(lambda message, number=number: message.get("n") == number)
                took_s.append(time.perf_counter() - begun_s)
                if message["type"] == "refused":
                    return took_s
