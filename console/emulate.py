"""`ambupump emulate`: a pump on a port. It lives on the wall clock; a scenario and faults may happen to it.

What stands behind the port is made in `behind.py`, where it is served in `places.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from console.places import Place, at_a_place

if TYPE_CHECKING:
    from asyncio import Future

    from console.behind import Living
    from drivers.dialects import Dialect
    from drivers.emulator import Emulator
    from drivers.faults.script import Script
    from drivers.record import Tap


@click.command("emulate")
@click.argument("dialect_name", metavar="DIALECT")
@at_a_place
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
@click.option("--scenario", "scenario_name", metavar="NAME_OR_FILE", help="What happens to it, underneath.")
@click.option(
    "--pumps",
    "pumps_count",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="So many on one line, at addresses from 0 on, where the dialect has addresses.",
)
@click.option(
    "--faults",
    default="",
    metavar="FAULTS",
    help='What happens on its line: "drop reply 3; power_cycle at 1 min", or a file with that.',
)
@click.option("--seed", type=click.IntRange(min=0), metavar="N", help="The seed of chance on the line.")
@click.option(
    "--capture",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Take down in FILE what the pump hears and says.",
)
def command(
    *,
    dialect_name: str,
    place: Place,
    pace_baud: int | None,
    speed_frac: float,
    scenario_name: str | None,
    pumps_count: int,
    faults: str,
    seed: int | None,
    capture: Path | None,
) -> int:
    """Be a pump on a serial port that speaks DIALECT, until it is told to end.

    Give one of --pty, --tcp and --rfc2217. Unless a scenario says otherwise it is a primed, stopped pump with
    a 7-day bag; one that speaks new-era holds a 60 mL syringe, and of a scenario happens to it what can
    happen to its line and its plug. Simulated: not a medical device.
    """
    import asyncio

    from console import behind
    from console.dialects import dialect_of, sharing_a_line
    from console.errors import UserError
    from console.line_faults import script_of
    from console.places import tell
    from scenarios.faults import ScenarioError
    from scenarios.loader import load

    dialects = sharing_a_line(dialect_of(dialect_name), pumps_count)
    script = script_of(faults, seed)
    try:
        setup = None if scenario_name is None else load(scenario_name).setup
    except ScenarioError as error:
        raise UserError(str(error)) from error
    begin: Callable[[], Living]
    if dialect_name in behind.ON_A_TABLE:
        begin = partial(behind.on_a_table, setup, speed_frac)
        if setup is not None and (left_out := behind.unknown_on_a_table(setup)):
            tell(f"on a table there is nothing to do for {', '.join(left_out)}: left out")
    else:
        below, begin_s = behind.beneath(load(behind.NOMINAL).setup if setup is None else setup)
        begin = partial(behind.in_a_world, below, begin_s, speed_frac)
    with ExitStack() as stack:
        tap = None if capture is None else recorder(capture, dialects[0], stack)
        return asyncio.run(Serving(dialects, place, script, pace_baud, tap).run(begin))


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


@dataclass(frozen=True, slots=True)
class Serving:
    """One line, from the opening of its port to the signal that ends it.

    `dialects` has the dialect as each pump speaks it, at its own address.
    """

    dialects: tuple[Dialect, ...]
    place: Place
    script: Script
    pace_baud: int | None = None
    tap: Tap | None = None

    async def run(self, begin: Callable[[], Living]) -> int:
        """Serve the pumps that `begin` gives until SIGTERM; returns the exit code.

        Raises:
            UserError: the port or a fault cannot be had.
            KeyboardInterrupt: it was interrupted.
        """
        import asyncio
        import signal

        from console.places import tell, until_a_signal

        async with AsyncExitStack() as stack:
            ended = until_a_signal()
            pumps = [begin() for _ in self.dialects]
            lives = [asyncio.create_task(each.life) for each in pumps]
            for life in lives:
                stack.callback(life.cancel)
            url = await self._served(await self._emulator(pumps, stack), pumps, stack)
            click.echo(f"ready: {url}")
            tell(self._how_to_ask(url))
            any_of: set[Future[Any]] = {*lives, ended}
            await asyncio.wait(any_of, return_when=asyncio.FIRST_COMPLETED)
            for life in lives:
                if life.done():
                    life.result()
        if await ended is signal.SIGINT:
            raise KeyboardInterrupt
        return 0

    async def _emulator(self, pumps: Sequence[Living], stack: AsyncExitStack) -> Emulator:
        from console.places import tell
        from drivers.emulator import Emulator, Served

        served = [
            Served(pump.device, dialect.pump(pump.device))
            for pump, dialect in zip(pumps, self.dialects, strict=True)
        ]
        return await stack.enter_async_context(
            Emulator(served, line=self.dialects[0].line, tap=self.tap, told=tell)
        )

    async def _served(self, emulator: Emulator, pumps: Sequence[Living], stack: AsyncExitStack) -> str:
        """Open the port, with a line before it on which something may happen; gives what a client opens."""
        from console.line_faults import paced, serve_with_faults, wire_of
        from console.places import opened
        from drivers.faults.frames import frames_of

        if not self.script.rules and not any(each.asks_for_a_wire for each in pumps):
            outer = emulator if self.pace_baud is None else paced(emulator, self.pace_baud, stack)
            return await stack.enter_async_context(opened(self.place, outer))

        def power(on: bool) -> None:
            for each in pumps:
                each.power(on)

        url, end = await serve_with_faults(
            emulator,
            self.place,
            self.script,
            frames_of(self.dialects[0].name),
            stack,
            power=power,
            pace_baud=self.pace_baud,
        )
        for each in pumps:
            if each.world is not None:
                each.world.wire = wire_of(end, each.speed_frac)
        return url

    def _how_to_ask(self, url: str) -> str:
        """What to type in another terminal."""
        last_no = len(self.dialects) - 1
        which, note = (" --address 0", f" (addresses 0 to {last_no})") if last_no else ("", "")
        return f"ask it: ambupump pump --port {url} --dialect {self.dialects[0].name}{which} status{note}"
