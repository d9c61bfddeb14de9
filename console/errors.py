"""What a user is told when something cannot be done: what, and what helps. Exit code 2, never a traceback."""

from __future__ import annotations

from typing import Final

import click

TRACEBACK_SWITCH: Final = "AMBUPUMP_TRACEBACK"
"""Set in the environment, it shows those who work on the program where an unexpected error came from."""


class UserError(click.ClickException):
    """Bad usage, a bad file, or a place that cannot be written to.

    Args:
        text: What is wrong and what helps; several lines where there are several faults.
    """

    exit_code = 2

    def show(self, file: object = None) -> None:
        """Say it on standard error."""
        del file
        for line in self.message.splitlines():
            click.echo(f"ambupump: {line}", err=True)


class LinkLostError(UserError):
    """A link did not carry to the end of what was to be done over it. Exit code 3."""

    exit_code = 3


def unexpected(error: BaseException, where: str = "") -> str:
    """Return what a user is told of an error that is nobody's but the program's, on one line."""
    what = " ".join(str(error).split()) or "no message"
    place = f" at {where}" if where else ""
    return (
        f"unexpected {type(error).__name__}{place}: {what}; this is a fault of the program: "
        f"report it with what was done, and with what {TRACEBACK_SWITCH}=1 shows"
    )
