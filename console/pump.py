"""`ambupump pump`: ask a pump at a serial port, real or emulated, and have it do things.

Exit codes: 0 done, 1 the pump refused, 2 bad usage or nobody answers as expected, 3 the link was lost in the
middle; what was known last is printed then.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

if TYPE_CHECKING:
    from drivers.serial_pump import SerialPump
    from pump.commands import Access, Command
    from pump.port import Outcome, PumpStatus

T = TypeVar("T")

OUR_DIALECT: Final = "ambupump"
EMULATED: Final = "emulated pump"
"""The model that our own emulator says it is."""

REFUSED: Final = 1
WORD: Final = "START"
HANDS: Final = ("patient", "caregiver", "nurse", "supplier")


@dataclass(frozen=True, slots=True)
class Link:
    """Where the pump is, and how it is spoken to."""

    url: str | None
    dialect_name: str
    baud: int | None
    allow_control: bool
    address_no: int | None = None

    @contextmanager
    def connected(self) -> Iterator[SerialPump]:
        """Give the pump, connected; whatever goes wrong with the link is said as what helps.

        Raises:
            UserError: nobody answers there as expected, or it may not be asked.
            LinkLostError: the link was lost after it had carried.
        """
        from console.dialects import at_address, dialect_of
        from console.errors import LinkLostError, UserError
        from console.pump_words import one_line
        from drivers.errors import DriverError, NotAllowed
        from drivers.serial_pump import pump_at

        if self.url is None:
            raise UserError(f"give --port URL; {_found_ports()}")
        dialect = at_address(dialect_of(self.dialect_name), self.address_no)
        line = dialect.line if self.baud is None else replace(dialect.line, baud=self.baud)
        pump = pump_at(self.url, dialect, line, allow_control=self.allow_control)
        try:
            pump.connect()
        except DriverError as error:
            raise UserError(str(error)) from error
        try:
            yield pump
        except NotAllowed as error:
            remedy = (
                "; add --allow-control" if dialect.read_only_by_default and not self.allow_control else ""
            )
            raise UserError(f"{error}{remedy}") from error
        except DriverError as error:
            last = pump.last_status
            known = "nothing" if last is None else one_line(last)
            raise LinkLostError(f"{error}\nlast known: {known}") from error
        finally:
            pump.close()


def _found_ports() -> str:
    from drivers.transport import discover

    found = [each.url for each in discover()]
    return f"there are {', '.join(found)}" if found else "no serial port is plugged in here"


JSON: Final = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
CODE: Final = click.option(
    "--code", metavar="CODE", help="Unlock with this code first, and lock again after."
)
HAND: Final = click.option(
    "--as", "hand", type=click.Choice(HANDS), default="nurse", show_default=True, help="Whose hand it is."
)


@click.group("pump")
@click.option("--port", "url", metavar="URL", help="A device, socket://HOST:PORT, rfc2217://HOST:PORT.")
@click.option(
    "--dialect", "dialect_name", metavar="D", default=OUR_DIALECT, show_default=True, help="What it speaks."
)
@click.option(
    "--baud", type=click.IntRange(min=50), metavar="N", help="Bits per second.  [default: the dialect's]"
)
@click.option(
    "--address", "address_no", type=click.IntRange(min=0), metavar="N", help="Which of the pumps on its line."
)
@click.option("--allow-control", is_flag=True, help="Send commands in a dialect of clinical pumps.")
@click.pass_context
def command(
    context: click.Context,
    url: str | None,
    dialect_name: str,
    baud: int | None,
    address_no: int | None,
    allow_control: bool,
) -> None:
    """Ask a pump at a serial port, real or emulated, and have it do things.

    Never with a person at the other end: this is not a medical device.
    """
    context.obj = Link(url, dialect_name, baud, allow_control, address_no)


@command.command("status")
@JSON
@click.pass_obj
def status(link: Link, as_json: bool) -> int:
    """Say how the pump is."""
    from console import pump_words
    from console.timeline import show

    with link.connected() as pump:
        found = pump.status()
    if as_json:
        click.echo(pump_words.as_json(found))
    else:
        show(pump_words.status_lines(found))
    return 0


def _quantity(dimension_name: str) -> Callable[[str], float]:
    """Make the reader of a quantity with its unit."""

    def quantity(text: str) -> float:
        from scenarios import quantities

        try:
            return quantities.parse_quantity(text, getattr(quantities, dimension_name))
        except quantities.QuantityError as error:
            raise click.BadParameter(str(error)) from error

    return quantity


@command.command("program")
@click.option("--rate", "rate_ml_h", type=_quantity("FLOW"), metavar="RATE", help='As "0.6 mL/h".')
@click.option("--vtbi", "vtbi_ml", type=_quantity("VOLUME"), metavar="VOLUME", help='As "100.8 mL".')
@click.option("--duration", "duration_s", type=_quantity("TIME"), metavar="TIME", help='As "7 d".')
@click.option("--reservoir", "reservoir_ml", type=_quantity("VOLUME"), metavar="VOLUME", help="In the bag.")
@click.option(
    "--kvo", "kvo_ml_h", type=_quantity("FLOW"), metavar="RATE", help='Keep-vein-open, "0 mL/h" for none.'
)
@click.option("--delay", "delay_s", type=_quantity("TIME"), metavar="TIME", help="Wait after start.")
@click.option("--override", is_flag=True, help="Accept values beyond soft limits.")
@CODE
@HAND
@JSON
@click.pass_obj
def program(link: Link, /, override: bool, code: str | None, hand: str, as_json: bool, **keyed: Any) -> int:
    """Say what the pump is programmed to do; with values, key them and confirm."""
    from console import pump_words
    from console.timeline import show
    from pump.commands import Access, CancelProgram, ConfirmProgram, ProgramChange

    access = Access(hand)
    with link.connected() as pump:

        def key() -> None:
            _carry_out(pump, ProgramChange(**keyed, access=access), "key the programme")
            try:
                _carry_out(pump, ConfirmProgram(soft_override=override, access=access), "confirm it")
            except RefusedError:
                pump.send(CancelProgram(access=access))
                raise

        if any(value is not None for value in keyed.values()):
            _with_code(pump, code, access, key)
        found = pump.program()
    if as_json:
        click.echo(pump_words.as_json(found))
    else:
        show(pump_words.program_lines(found))
    return 0


@command.command("start")
@click.option("--yes", is_flag=True, help="Do not ask, though it may be a real pump.")
@CODE
@HAND
@JSON
@click.pass_obj
def start(link: Link, yes: bool, code: str | None, hand: str, as_json: bool) -> int:
    """Start delivery. Asks first, unless the pump says that it is emulated."""
    from pump.commands import Access, Start

    access = Access(hand)
    with link.connected() as pump:
        if not yes:
            _guard(pump)
        outcome = _with_code(pump, code, access, lambda: _carry_out(pump, Start(access=access), "start"))
    return _say(outcome, "start", as_json=as_json)


@command.command("stop")
@JSON
@click.pass_obj
def stop(link: Link, as_json: bool) -> int:
    """Stop delivery, whatever it takes."""
    from pump.commands import Stop

    with link.connected() as pump:
        outcome = _carry_out(pump, Stop(), "stop")
    return _say(outcome, "stop", as_json=as_json)


@command.command("lock")
@click.argument("level", type=click.Choice(("LL0", "LL1", "LL2")))
@CODE
@HAND
@JSON
@click.pass_obj
def lock(link: Link, level: str, code: str | None, hand: str, as_json: bool) -> int:
    """Set the lock level; to lower it takes a code."""
    from pump.commands import Access, Lock, LockLevel, Unlock

    access = Access(hand)
    with link.connected() as pump:
        if code is not None:
            _carry_out(pump, Unlock(code=code, access=access), "unlock")
        outcome = _carry_out(pump, Lock(level=LockLevel(level), access=access), f"lock {level}")
    return _say(outcome, f"lock {level}", as_json=as_json)


@command.command("log")
@click.option(
    "--after", "after_number", type=click.IntRange(min=0), default=0, metavar="N", help="Rows above N."
)
@JSON
@click.pass_obj
def log(link: Link, after_number: int, as_json: bool) -> int:
    """Give the pump's own log."""
    from console import pump_words
    from console.timeline import show

    with link.connected() as pump:
        rows = pump.log(after_number)
    if as_json:
        click.echo(pump_words.as_json(rows))
    else:
        show(pump_words.log_lines(rows))
    return 0


@command.command("watch")
@click.option(
    "--every",
    "every_s",
    type=click.FloatRange(min=0.05, max=3600.0),
    default=1.0,
    show_default=True,
    metavar="SECONDS",
    help="How often to ask.",
)
@click.option("--count", type=click.IntRange(min=1), metavar="N", help="End after N readings.")
@click.option("--keep-trying", is_flag=True, help="When the link is lost, wait until it is back.")
@JSON
@click.pass_obj
def watch(link: Link, every_s: float, count: int | None, keep_trying: bool, as_json: bool) -> int:
    """Show the pump until interrupted: in letters to be read from across a bench, or as JSON lines."""
    import time

    from console import pump_words
    from drivers.errors import LinkError

    is_drawn = not as_json and sys.stdout.isatty()
    with link.connected() as pump:
        shown_count = 0
        is_lost = False
        while True:
            due_s = time.monotonic() + every_s
            try:
                pump.poll()
                if pump.connected:
                    if is_lost and not is_drawn:
                        click.echo("ambupump: the link is back", err=True)
                    is_lost = False
                    _show_reading(pump.status(), as_json=as_json)
                    shown_count += 1
            except LinkError as error:
                if not keep_trying:
                    raise
                is_lost = True
                if is_drawn:
                    _draw(pump_words.no_link_view(str(error), pump.last_status))
                else:
                    click.echo(f"ambupump: {error}", err=True)
            if count is not None and shown_count >= count:
                return 0
            time.sleep(max(0.0, due_s - time.monotonic()))


# ---------------------------------------------------------------- doing


class RefusedError(click.ClickException):
    """The pump said no. Exit code 1."""

    exit_code = REFUSED

    def show(self, file: object = None) -> None:
        """Say it on standard error."""
        del file
        click.echo(f"ambupump: {self.message}", err=True)


def _carry_out(pump: SerialPump, asked: Command, words: str) -> Outcome:
    """Have a command carried out, and find out about it where nobody is sure.

    Raises:
        RefusedError: the pump refused.
        LinkLostError: it did not arrive, or only the state can tell.
    """
    from console.errors import LinkLostError
    from console.pump_words import one_line, outcome_line
    from drivers.dialects import Verdict
    from drivers.errors import UncertainDelivery

    try:
        outcome = pump.send(asked)
    except UncertainDelivery as error:
        found = pump.resolve()
        state = f"the pump is now: {one_line(found.status)}"
        if found.verdict is Verdict.NOT_DONE:
            raise LinkLostError(f"{words}: it did not reach the pump, and was not done\n{state}") from error
        if found.outcome is None:
            raise LinkLostError(
                f"{words}: nobody can tell whether it was done; look at its state\n{state}"
            ) from error
        outcome = found.outcome
    if not outcome.accepted:
        raise RefusedError(outcome_line(words, outcome))
    return outcome


def _with_code(pump: SerialPump, code: str | None, access: Access, work: Callable[[], T]) -> T:
    """Unlock with `code`, if there is one, do the work, and lock again at the level that holds then."""
    from pump.commands import Lock, LockLevel, Unlock

    if code is None:
        return work()
    _carry_out(pump, Unlock(code=code, access=access), "unlock")
    try:
        return work()
    finally:
        if pump.connected and pump.uncertain is None:
            level = pump.status().lock_level
            if level is not None:
                pump.send(Lock(level=LockLevel(level), access=access))


def _guard(pump: SerialPump) -> None:
    """Ask before a pump is started that may be a real one.

    Raises:
        UserError: nobody is there to be asked, or the answer was no.
    """
    from console.errors import UserError

    who = pump.identity
    if who is not None and who.model == EMULATED:
        return
    name = "a pump that does not say what it is" if who is None else f"{who.maker} {who.model}, {who.serial}"
    if not sys.stdin.isatty():
        raise UserError(f"this may be a real pump ({name}): start it from a terminal, or add --yes")
    click.echo(f"This may be a real pump: {name}.\nIt must not be connected to a person.", err=True)
    if click.prompt(f"Type {WORD} to start it", default="", show_default=False, err=True).strip() != WORD:
        raise UserError("not started")


def _say(outcome: Outcome, words: str, *, as_json: bool) -> int:
    from console import pump_words

    click.echo(pump_words.as_json(outcome) if as_json else pump_words.outcome_line(words, outcome))
    return 0


def _show_reading(found: PumpStatus, *, as_json: bool) -> None:
    from console import pump_words

    if as_json:
        click.echo(pump_words.as_json(found))
    elif sys.stdout.isatty():
        _draw(pump_words.bench_view(found))
    else:
        click.echo(pump_words.one_line(found))


def _draw(lines: Iterator[str]) -> None:
    """Show lines in place of what was shown before."""
    from console.timeline import show

    if sys.stdout.isatty():
        click.clear()
    show(lines)
