"""The far end of a line, in a process of its own: emulated pumps, and the bare floor they are measured by."""

from __future__ import annotations

import asyncio
import os
import socket
import tty
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from bench.workloads import START_S, one_bag

PATIENCE_S: Final = 30.0
"""So long may a process take to begin or to end, on a machine that is busy."""

BEGIN_S: Final = START_S + 100.0
"""The pumps' time when somebody first asks them: they run, and nothing happens to them for two days."""

READ_COUNT: Final = 4096
LOOPBACK: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One line with a pump on it: `place` is pty or tcp; `pace_baud` None: bytes take no time."""

    place: str = "pty"
    pace_baud: int | None = None


@contextmanager
def beside(work: Callable[..., None], *arguments: object) -> Iterator[Any]:
    """Run `work` in a process of its own, and give what it tells first; at the end it is ended."""
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=work, args=(there, *arguments), daemon=True)
    process.start()
    there.close()
    try:
        if not here.poll(PATIENCE_S):
            raise TimeoutError(f"no word from {work.__name__} within {PATIENCE_S:g} s")
        yield here.recv()
    finally:
        here.close()
        process.join(PATIENCE_S)
        if process.is_alive():
            process.kill()
            process.join()


@contextmanager
def emulated(*wanted: Wanted) -> Iterator[list[str]]:
    """Serve pumps in one process, each on a line of its own; gives the addresses of the lines."""
    with TemporaryDirectory() as folder, beside(serve, wanted, folder) as urls:
        yield urls


def serve(told: Connection, wanted: tuple[Wanted, ...], folder: str) -> None:
    """Serve until whoever was told the addresses lets go."""
    asyncio.run(_serve(told, wanted, Path(folder)))


async def _serve(told: Connection, wanted: tuple[Wanted, ...], folder: Path) -> None:
    over = asyncio.Event()
    asyncio.get_running_loop().add_reader(told.fileno(), over.set)
    async with AsyncExitStack() as stack:
        told.send([await _pump(stack, each, folder / f"pump{no}") for no, each in enumerate(wanted)])
        await over.wait()


async def _pump(stack: AsyncExitStack, wanted: Wanted, link: Path) -> str:
    """Put a running pump on a line, on the wall clock, as `ambupump emulate` does; returns its address."""
    from drivers.dialects.ambupump import AMBUPUMP
    from drivers.emulator import Emulator, LineEnd, Served
    from drivers.paced_end import PacedEnd
    from drivers.serve_pty import on_pty
    from drivers.serve_tcp import on_tcp
    from sim.clocks import PacedClock
    from sim.live import LiveSession
    from sim.local_pump import LivePump
    from sim.world.world import World

    wall = asyncio.get_running_loop().time
    world = World(one_bag())
    world.advance_to(BEGIN_S)
    session = LiveSession(world, PacedClock(wall(), rate_frac=1.0, sim_s=BEGIN_S), wall)
    device = LivePump(session)
    end: LineEnd = await stack.enter_async_context(
        Emulator([Served(device, AMBUPUMP.pump(device))], line=AMBUPUMP.line)
    )
    if wanted.pace_baud is not None:
        end = PacedEnd(end, wanted.pace_baud)
    living = asyncio.create_task(session.run())
    stack.callback(living.cancel)
    if wanted.place == "pty":
        return str(await stack.enter_async_context(on_pty(end, link)))
    host, port_no = await stack.enter_async_context(on_tcp(end, LOOPBACK, 0))
    return f"socket://{host}:{port_no}"


# ---------------------------------------------------------------- the floor


def answer_bare(told: Connection, place: str, asked_count: int, answer_count: int) -> None:
    """Answer every `asked_count` bytes with `answer_count` bytes, and do nothing else, until let go."""
    if place == "pty":
        fd, client_fd = os.openpty()
        tty.setraw(client_fd)
        told.send(os.ttyname(client_fd))
    else:
        with socket.create_server((LOOPBACK, 0)) as server:
            told.send(server.getsockname())
            far, _ = server.accept()
        far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        fd, client_fd = far.detach(), -1
    answer = bytes(answer_count)
    while True:
        here_count = 0
        while here_count < asked_count:
            try:
                data = os.read(fd, READ_COUNT)
            except OSError:  # so a pty says that nobody is there any more
                return
            if not data:
                return
            if client_fd >= 0:  # from now on the line ends when the client closes it
                os.close(client_fd)
                client_fd = -1
            here_count += len(data)
        os.write(fd, answer)


@contextmanager
def bare_exchange(place: str, asked_count: int, answer_count: int) -> Iterator[Callable[[], int]]:
    """Give what sends so many bytes and waits for so many; it returns how many came."""
    with beside(answer_bare, place, asked_count, answer_count) as where:
        if place == "pty":
            fd = os.open(where, os.O_RDWR | os.O_NOCTTY)
        else:
            near = socket.create_connection(where, PATIENCE_S)
            near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            near.settimeout(None)
            fd = near.detach()
        question = bytes(asked_count)

        def exchange() -> int:
            os.write(fd, question)
            here_count = 0
            while here_count < answer_count:
                data = os.read(fd, READ_COUNT)
                if not data:
                    raise EOFError("the far end is gone")
                here_count += len(data)
            return here_count

        try:
            yield exchange
        finally:
            os.close(fd)
