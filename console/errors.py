"""What a user is told when something cannot be done: what, and what helps. Exit code 2, never a traceback."""

from __future__ import annotations

import click


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
