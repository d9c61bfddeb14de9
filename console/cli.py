"""The command line: which commands there are, and how whatever goes wrong ends.

Nothing but click is imported here; a command is imported when it is asked for, and imports the rest
inside its function. That keeps `--help` and a plain replay fast.

Exit codes: 0 as expected, 1 an expectation failed, 2 bad usage or a bad file, 3 link lost, 130 interrupted;
141 where the reader of a pipe went away before the end, as other programs have it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final, TextIO

import click

from console.errors import TRACEBACK_SWITCH, UserError, unexpected

COMMANDS: Final = MappingProxyType(
    {
        "list": "console.list",
        "check": "console.check",
        "replay": "console.replay",
        "diff": "console.diff",
        "emulate": "console.emulate",
        "proxy": "console.proxy",
        "pump": "console.pump",
        "train": "console.train",
        "profiles": "console.profiles",
        "sounds": "console.sounds",
        "schema": "console.schema",
    }
)
"""Every command and the module that holds it, as `command`."""

DISCLAIMER: Final = "It is not a medical device and must not be connected to a person."

OK, BAD_USE, INTERRUPTED, READER_GONE = 0, 2, 130, 141


class ReaderGoneError(Exception):
    """Whoever read our output has gone (`ambupump list | head`)."""


class CommandTable(click.Group):
    """A group that imports a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the table."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or None."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name]).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the arguments begin with."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            from difflib import get_close_matches

            close = get_close_matches(name, COMMANDS, 1)
            remedy = f"did you mean {close[0]}?" if close else f"there are {', '.join(COMMANDS)}"
            raise click.UsageError(f"there is no command {name!r}; {remedy}", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Carry out the command; click itself would call a reader that has gone a failed expectation."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise ReaderGoneError from error


def _say_version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted:
        from console.version import version

        click.echo(f"ambupump {version()}")
        ctx.exit()


@click.group(
    cls=CommandTable,
    help=f"A simulator and controller for home-infusion ambulatory pumps.\n\n{DISCLAIMER}",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_say_version,
    help="Show the version and exit.",
)
def cli() -> None:
    """Hold the commands together; what help says stands in the decorator."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Carry out the command line `arguments` (None: the process's own); returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        _survive_narrow_encodings(stream)
    try:
        outcome: Any = cli.main(args=arguments, prog_name="ambupump", standalone_mode=False)
        sys.stdout.flush()
    except (KeyboardInterrupt, click.Abort):
        click.echo("ambupump: interrupted", err=True)
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (ReaderGoneError, BrokenPipeError):
        _write_no_more()
        return READER_GONE
    except OSError as error:
        # What is written under a name says so itself; what is left is the standard output.
        if os.environ.get(TRACEBACK_SWITCH):
            raise
        _write_no_more()
        UserError(f"cannot write or read: {error.strerror or error}; make room, or write elsewhere").show()
        return BAD_USE
    except Exception as error:
        if os.environ.get(TRACEBACK_SWITCH):
            raise
        UserError(unexpected(error)).show()
        return BAD_USE
    return outcome if isinstance(outcome, int) else OK


def main() -> None:
    """Be the program `ambupump`."""
    sys.exit(run())


def _survive_narrow_encodings(stream: TextIO) -> None:
    """Let a terminal that knows no micro sign show an escape rather than end the program."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")


def _write_no_more() -> None:
    """Let what is still to be flushed vanish, without a word."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
