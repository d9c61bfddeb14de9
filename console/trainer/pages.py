"""Pages from their templates. Whatever comes from people is text in them, never markup."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from console.cli import DISCLAIMER
from console.words import clock, listed, moment, plain, span

STATIC: Final = Path(__file__).parent / "static"
"""The files that pages ask for beside themselves."""

ASSETS: Final = "/static"
"""Where a server has them, unless told."""


def day(wall_s: float) -> str:
    """Return a moment of the clock on the wall, where the server stands: `2026-09-21 14:13`."""
    return datetime.fromtimestamp(wall_s, tz=UTC).astimezone().strftime("%Y-%m-%d %H:%M")


WORDS: Final = {
    "clock": clock,
    "day": day,
    "listed": listed,
    "moment": moment,
    "plain": plain,
    "span": span,
}
"""Filters: how times and numbers are told, as everywhere else."""


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("console.trainer"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(WORDS)
    return environment


def render(template: str, *, here: str = "", assets: str = ASSETS, **facts: object) -> str:
    """Return a page.

    Args:
        template: The name of its file in `templates/`.
        here: The path that the page is at; the header marks it.
        assets: Where static files are.
        facts: What the template tells.
    """
    return (
        _environment().get_template(template).render(here=here, assets=assets, disclaimer=DISCLAIMER, **facts)
    )
