"""`ambupump diff`: what is different between two traces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from scenarios.difference import Difference, Pair

MOST_EVENTS_COUNT: Final = 20
"""So many differing events are shown unless all are asked for."""


SMALL: Final = 1e-6
"""Changes below this are shown in powers of ten."""


@click.command("diff")
@click.argument("trace_a")
@click.argument("trace_b")
@click.option("--all", "show_all", is_flag=True, help="Show every differing event, not only the first.")
def command(trace_a: str, trace_b: str, show_all: bool) -> int:
    """Compare two traces that `replay --out` left: TRACE_A is taken as the first, TRACE_B as the second.

    The exit code is 0 if the same happened in both, and 1 if not.
    """
    from console.errors import UserError
    from console.timeline import show
    from scenarios.difference import diff
    from scenarios.trace import TraceError, read_trace

    try:
        difference = diff(read_trace(trace_a), read_trace(trace_b))
    except TraceError as error:
        raise UserError(str(error)) from error
    show(_lines(difference, show_all=show_all))
    return 0 if difference.is_none else 1


def _lines(difference: Difference, *, show_all: bool) -> Iterator[str]:
    if difference.header:
        yield "Runs"
        yield from _table(difference.header)
    if difference.first is None and difference.is_none:
        yield "The same happened in both, at the same times."
        return
    if difference.numbers:
        yield "Numbers"
        yield from _table(difference.numbers)
    if difference.alarms:
        yield "Alarms"
        yield from (f"  {_pair(pair)}" for pair in difference.alarms)
    if difference.events:
        shown_count = len(difference.events) if show_all else MOST_EVENTS_COUNT
        yield "Events, from where the two part"
        yield from (f"  {_pair(pair)}" for pair in difference.events[:shown_count])
        more_count = len(difference.events) - shown_count
        if more_count > 0:
            yield f"  and {more_count} more: --all shows them"


def _table(rows: tuple[tuple[str, object, object], ...]) -> Iterator[str]:
    for name, first, second in rows:
        yield f"  {name:<24} {_value(first):>16} -> {_value(second):<16}{_change(first, second)}".rstrip()


def _value(value: object) -> str:
    from console.words import plain

    match value:
        case None:
            return "none"
        case bool():
            return str(value).lower()
        case float():
            return plain(value, 6)
        case str():
            return value[:12] + "..." if len(value) > 40 else value
        case _:
            return str(value)


def _change(first: object, second: object) -> str:
    """Return how much more the second number is; nothing where they are not both numbers."""
    from console.words import plain

    match first, second:
        case (bool(), _) | (_, bool()):
            return ""
        case (float() | int(), float() | int()):
            change = second - first
            return (
                f"  ({change:+g})" if abs(change) < SMALL else f"  ({'+' * (change > 0)}{plain(change, 6)})"
            )
        case _:
            return ""


def _pair(pair: Pair) -> str:
    from console.words import moment, span

    match pair.a_s, pair.b_s:
        case float() | int() as first_s, None:
            return f"{moment(first_s):>13}  only in the first   {pair.what}"
        case None, float() | int() as second_s:
            return f"{moment(second_s):>13}  only in the second  {pair.what}"
        case _:
            shift_s = pair.shift_s or 0.0
            later = f"{span(abs(shift_s))} {'later' if shift_s > 0.0 else 'earlier'} in the second"
            return f"{moment(pair.a_s or 0.0):>13}  {later}  {pair.what}"
