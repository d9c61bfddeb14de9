"""`ambupump emulate`: a pump on a port. It lives on the wall clock, and a scenario may happen to it.

The scenario runs underneath: what is not the pump's to do is carried out, and so is what was done to the pump
before its first start. From there on the pump belongs to whoever is at the port.

A bench-top syringe pump has no scenario: behind its dialect stands a syringe on a table.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

if TYPE_CHECKING:
    from asyncio import Future
    from signal import Signals

    from drivers.dialects import Dialect
    from drivers.emulator import LineEnd
    from drivers.record import Tap
    from pump.port import PumpDevice
    from sim.live import LiveSession
    from sim.world.setup import Setup, Step

    Living = tuple[PumpDevice, Coroutine[Any, Any, None]]

NOMINAL: Final = "bag-7-day-nominal"
"""What the pump is fastened to unless a scenario says otherwise: primed, stopped, on the catheter."""

ON_A_TABLE: Final = frozenset({"new-era"})
"""Dialects of bench-top syringe pumps: no bag, no patient, no scenario."""

LOOPBACK: Final = "127.0.0.1"
HIGHEST_PORT_NO: Final = 65535


class Address(NamedTuple):
    """Where to listen: a host's name or number, and a port (0: any that is free)."""

    host: str
    port_no: int

    def __str__(self) -> str:
        """Give both, as a URL has them."""
        return f"[{self.host}]:{self.port_no}" if ":" in self.host else f"{self.host}:{self.port_no}"


def address(text: str) -> Address:
    """Read HOST:PORT, or a port alone for the loopback.

    Raises:
        click.BadParameter: it is neither.
    """
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") if colon else LOOPBACK
    if not (port.isascii() and port.isdigit() and int(port) <= HIGHEST_PORT_NO):
        raise click.BadParameter(f"{text!r} is no HOST:PORT: give for instance 127.0.0.1:5000")
    return Address(host or LOOPBACK, int(port))


@dataclass(frozen=True, slots=True)
class Place:
    """Where the pump is served, one of three."""

    pty: Path | None
    tcp: Address | None
    rfc2217: Address | None


@click.command("emulate")
@click.argument("dialect_name", metavar="DIALECT")
@click.option("--pty", type=click.Path(path_type=Path), metavar="LINK", help="On a pty that LINK points to.")
@click.option("--tcp", type=address, metavar="HOST:PORT", help="On TCP, the bytes as they are.")
@click.option("--rfc2217", type=address, metavar="HOST:PORT", help="On Telnet with line settings.")
@click.option(
    "--pace",
    "pace_baud",
    type=click.IntRange(min=50, max=4_000_000),
    metavar="BAUD",
    help="Let bytes take as long as they would at BAUD.  [default: no time at all]",
)
@click.option(
    "--speed",
    "speed_frac",
    type=click.FloatRange(min=0.0, min_open=True),
    default=1.0,
    show_default=True,
    metavar="X",
    help="Simulated seconds per second. Protocol timers stay on wall time.",
)
@click.option(
    "--scenario", "scenario_name", metavar="NAME_OR_FILE", help="What happens to it; not to a syringe pump."
)
@click.option(
    "--capture", type=click.Path(path_type=Path), metavar="FILE", help="Take the wire down in FILE."
)
def command(
    *,
    dialect_name: str,
    pty: Path | None,
    tcp: Address | None,
    rfc2217: Address | None,
    pace_baud: int | None,
    speed_frac: float,
    scenario_name: str | None,
    capture: Path | None,
) -> int:
    """Be a pump on a serial port that speaks DIALECT, until it is told to end.

    Give one of --pty, --tcp and --rfc2217. Unless a scenario says otherwise it is a primed, stopped pump with
    a 7-day bag; one that speaks new-era holds a 60 mL syringe. Simulated: not a medical device.
    """
    import asyncio

    from console.errors import UserError
    from scenarios.faults import ScenarioError
    from scenarios.loader import load

    place = Place(pty, tcp, rfc2217)
    if sum(each is not None for each in (pty, tcp, rfc2217)) != 1:
        raise UserError("give one place: --pty LINK, --tcp HOST:PORT or --rfc2217 HOST:PORT")
    dialect = dialect_of(dialect_name)
    begin: Callable[[], Living]
    if dialect_name in ON_A_TABLE:
        if scenario_name is not None:
            raise UserError(f"no scenario happens to a pump that speaks {dialect_name}: leave --scenario out")
        begin = partial(on_a_table, speed_frac)
    else:
        try:
            setup, begin_s = beneath(load(scenario_name or NOMINAL).setup)
        except ScenarioError as error:
            raise UserError(str(error)) from error
        begin = partial(in_a_world, setup, begin_s, speed_frac)
    with ExitStack() as stack:
        tap = None if capture is None else recorder(capture, dialect, stack)
        return asyncio.run(Serving(dialect, place, pace_baud, tap).run(begin))


def recorder(file: Path, dialect: Dialect, stack: ExitStack) -> Tap:
    """Give a tap that writes to `file` for as long as `stack` lasts.

    Raises:
        UserError: the file cannot be written.
    """
    from time import monotonic

    from console.errors import UserError
    from drivers.record import Recorder

    try:
        out = stack.enter_context(file.open("w", encoding="utf-8"))
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise UserError(
            f"cannot write {file}: {why}; give a file in a folder that you may write to"
        ) from error
    return Recorder(out, dialect.name, dialect.line, monotonic)


def dialect_of(name: str) -> Dialect:
    """Give the dialect called `name`.

    Raises:
        UserError: there is none; says which there are.
    """
    from console.errors import UserError
    from drivers.dialects.catalogue import DIALECTS, dialect_named
    from scenarios.faults import did_you_mean

    if name not in DIALECTS:
        raise UserError(f"there is no dialect {name!r}; {did_you_mean(name, sorted(DIALECTS))}")
    return dialect_named(name)


def beneath(setup: Setup) -> tuple[Setup, float]:
    """Give what happens to a pump whose keys are somebody else's from its first scripted start on, and when.

    That start is left to whoever is at the port; the line is put on the catheter then, as a start would,
    unless somebody took it off on purpose. What runs underneath has no end.
    """
    from scenarios.verbs import VERBS

    steps = sorted(setup.steps, key=lambda step: step.at_s)
    starts = [place for place, step in enumerate(steps) if step.verb == "start"]
    first = starts[0] if starts else len(steps)
    kept = [step for place, step in enumerate(steps) if place < first or VERBS[step.verb].room != "pump"]
    if not starts:
        return replace(setup, steps=tuple(kept), until_s=inf), 0.0
    is_off = _is_off_on_purpose(steps[:first])
    begin = () if is_off else (replace(steps[first], verb="reconnect", by=None, params=()),)
    return replace(setup, steps=(*kept[:first], *begin, *kept[first:]), until_s=inf), steps[first].at_s


def _is_off_on_purpose(steps: list[Step]) -> bool:
    last = [step.verb for step in steps if step.verb in ("disconnect", "reconnect")][-1:]
    return last == ["disconnect"]


@dataclass(frozen=True, slots=True)
class Serving:
    """One emulated pump, from the opening of its port to the signal that ends it."""

    dialect: Dialect
    place: Place
    pace_baud: int | None
    tap: Tap | None = None

    async def run(self, begin: Callable[[], Living]) -> int:
        """Serve what `begin` gives until SIGTERM; returns the exit code.

        Raises:
            UserError: the port cannot be had.
            KeyboardInterrupt: it was interrupted.
        """
        import asyncio
        import signal

        async with AsyncExitStack() as stack:
            ended = until_a_signal()
            device, life = begin()
            living = asyncio.create_task(life)
            stack.callback(living.cancel)
            url = await stack.enter_async_context(opened(self.place, await self._end(device, stack)))
            click.echo(f"ready: {url}")
            tell(f"ask it: ambupump pump --port {url} --dialect {self.dialect.name} status")
            either: set[Future[Any]] = {living, ended}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if living.done():
                living.result()
        if await ended is signal.SIGINT:
            raise KeyboardInterrupt
        return 0

    async def _end(self, device: PumpDevice, stack: AsyncExitStack) -> LineEnd:
        from drivers.emulator import Emulator, Served
        from drivers.paced_end import PacedEnd

        served = Served(device, self.dialect.pump(device))
        emulator = await stack.enter_async_context(
            Emulator([served], line=self.dialect.line, tap=self.tap, told=tell)
        )
        if self.pace_baud is None:
            return emulator
        paced = PacedEnd(emulator, self.pace_baud)
        stack.callback(paced.close)
        return paced


def in_a_world(setup: Setup, begin_s: float, speed_frac: float) -> Living:
    """Give the pump of a world, and the world's life."""
    from sim.local_pump import LivePump

    session = begun(setup, begin_s, speed_frac)
    return LivePump(session), session.run()


def on_a_table(speed_frac: float) -> Living:
    """Give a syringe pump on a table, switched on and stopped, with 50 mL in its syringe; and its life."""
    import asyncio

    from sim.clocks import PacedClock
    from sim.live_bench import syringe_on_a_table

    wall = asyncio.get_running_loop().time
    pump = syringe_on_a_table(PacedClock(wall(), rate_frac=speed_frac), wall)
    return pump, pump.run()


def begun(setup: Setup, begin_s: float, speed_frac: float) -> LiveSession:
    """Give a session on the running loop's clock whose world has lived up to `begin_s` at once."""
    import asyncio

    from sim.clocks import PacedClock
    from sim.live import LiveSession
    from sim.world.world import World

    world = World(setup)
    world.advance_to(begin_s)
    wall = asyncio.get_running_loop().time
    return LiveSession(world, PacedClock(wall(), rate_frac=speed_frac, sim_s=begin_s), wall)


def until_a_signal() -> Future[Signals]:
    """Give what is done when SIGTERM or SIGINT comes, or an error that nobody else would hear of."""
    import asyncio
    from signal import SIGINT, SIGTERM

    loop = asyncio.get_running_loop()
    ended: Future[Signals] = loop.create_future()

    def end(signal: Signals) -> None:
        if not ended.done():
            ended.set_result(signal)

    def fail(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if not ended.done():
            ended.set_exception(context.get("exception") or RuntimeError(context["message"]))

    for each in (SIGTERM, SIGINT):
        loop.add_signal_handler(each, end, each)
    loop.set_exception_handler(fail)
    return ended


@asynccontextmanager
async def opened(place: Place, end: LineEnd) -> AsyncIterator[str]:
    """Serve `end` at `place`; gives what a client opens.

    Raises:
        UserError: the place cannot be had; says why and what helps.
    """
    from console.errors import UserError
    from drivers.serve_pty import on_pty
    from drivers.serve_rfc2217 import on_rfc2217
    from drivers.serve_tcp import on_tcp

    async with AsyncExitStack() as stack:
        try:
            if place.pty is not None:
                url = str(await stack.enter_async_context(on_pty(end, place.pty)))
            elif place.tcp is not None:
                url = f"socket://{_at(*await stack.enter_async_context(on_tcp(end, *place.tcp)))}"
            elif place.rfc2217 is not None:
                url = f"rfc2217://{_at(*await stack.enter_async_context(on_rfc2217(end, *place.rfc2217)))}"
        except OSError as error:
            raise UserError(_no_place(place, error)) from error
        yield url


def _at(host: str, port_no: int) -> str:
    return str(Address(host, port_no))


def _no_place(place: Place, error: OSError) -> str:
    import errno

    why = (error.strerror or str(error)).lower()
    if place.pty is not None:
        if error.errno == errno.EEXIST:
            return f"{place.pty} is there already, and not ours: remove it, or give another name"
        return f"cannot make {place.pty}: {why}; give the name of a link in a folder that you may write to"
    where = place.tcp or place.rfc2217
    return f"cannot listen on {where}: {why}; give another host or port (0: any that is free)"


def tell(text: str) -> None:
    """Say a line to whoever watches, apart from what scripts read."""
    click.echo(f"ambupump: {text}", err=True)
