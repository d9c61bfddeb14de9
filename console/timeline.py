"""What a replay prints: verdict, timeline, numbers. Plain text; colour only at a terminal that wants it."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import click

from console.numbers import numbers
from console.story import Lane, timeline
from console.words import clock, moment
from scenarios.expectations import Found
from scenarios.loader import Scenario
from sim.world.result import Result

WIDTH_COUNT: Final = 100

COLOURS: Final = {"passed": "green", "FAILED": "red", "high": "red", "medium": "yellow", "low": "cyan"}


def report_lines(scenario: Scenario, result: Result, findings: Sequence[Found]) -> Iterator[str]:
    """Give the whole of it, line by line."""
    yield from _heading(scenario, result)
    yield ""
    yield from _verdict(findings)
    yield ""
    yield from _timeline(scenario, result)
    yield ""
    yield from _numbers(result)


def _heading(scenario: Scenario, result: Result) -> Iterator[str]:
    yield click.style(f"{scenario.id} (seed {result.seed})", bold=True)
    yield scenario.title
    if scenario.text:
        yield from textwrap.wrap(" ".join(scenario.text.split()), WIDTH_COUNT)


def _verdict(findings: Sequence[Found]) -> Iterator[str]:
    failed_count = sum(not found.passed for found in findings)
    if not findings:
        yield "NO VERDICT: the scenario expects nothing"
        return
    verdict = f"FAILED: {failed_count} of" if failed_count else "PASSED: all"
    yield click.style(
        f"{verdict} {len(findings)} expectations", bold=True, fg="red" if failed_count else "green"
    )
    for found in findings:
        word = "passed" if found.passed else "FAILED"
        yield f"  {click.style(word, fg=COLOURS[word])}  {found.limit}"
        yield from textwrap.wrap(
            f"found: {found.found}", WIDTH_COUNT, initial_indent=" " * 10, subsequent_indent=" " * 17
        )


def _timeline(scenario: Scenario, result: Result) -> Iterator[str]:
    start_s = scenario.setup.clock_start_s
    yield click.style("Timeline", bold=True) + "  time since the beginning, time of day, what happened"
    for entry in timeline(result):
        lane = f"{entry.lane:<6}"
        if entry.lane is Lane.ALARM and entry.mark in COLOURS:
            lane = click.style(lane, fg=COLOURS[entry.mark], bold=True)
        yield f"  {moment(entry.t_s):>13}  {clock(entry.t_s, start_s)}  {lane}  {entry.text}"
    yield f"  {moment(result.end_s):>13}  {clock(result.end_s, start_s)}  end"


def _numbers(result: Result) -> Iterator[str]:
    yield click.style("Numbers", bold=True)
    for number in numbers(result):
        yield f"  {number.label:<26} {number.text}"


def show(lines: Iterable[str]) -> None:
    """Print lines, in colour where that is wanted: at a terminal, and NO_COLOR is not set."""
    colour = False if os.environ.get("NO_COLOR") else None
    for line in lines:
        click.echo(line, color=colour)
