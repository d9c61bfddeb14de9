"""What `ambupump pump` shows of a pump: lines for people, JSON for scripts, big letters for a bench."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any, Final

import click

from console.big_letters import big, width_count
from console.words import moment, plain, span, volume
from pump.alarm_table import ALARM_BY_CODE
from pump.log import LogRow
from pump.port import AlarmView, Outcome, PumpStatus
from pump.program import Program

NOT_TOLD: Final = "not told"

COLOURS: Final = {"high": "red", "medium": "yellow", "low": "cyan"}
RUNNING: Final = ("running", "kvo", "priming")


def status_lines(status: PumpStatus) -> Iterator[str]:
    """Say how a pump is, a line for each thing."""
    yield _row("mode", status.mode)
    yield _row("rate", f"{plain(status.rate_ml_h, 6)} mL/h")
    yield _row("given", _volume(status.given_ml))
    yield _row("to give", _volume(status.vtbi_left_ml))
    yield _row("reservoir", _volume(status.reservoir_ml))
    yield _row("lock", status.lock_level or NOT_TOLD)
    yield _row("battery", NOT_TOLD if status.battery_frac is None else f"{status.battery_frac:.0%}")
    yield _row("external power", _yes_or_no(status.external_power))
    yield _row("pump's time", NOT_TOLD if status.t_s is None else moment(status.t_s))
    for alarm in status.alarms:
        yield click.style(_row("alarm", alarm_text(alarm)), fg=COLOURS.get(alarm.priority), bold=True)
    if not status.alarms:
        yield _row("alarms", "none")


def one_line(status: PumpStatus) -> str:
    """Say how a pump is on one line."""
    alarms = ", ".join(alarm.code for alarm in status.alarms) or "no alarm"
    line = f"{status.mode} at {plain(status.rate_ml_h, 6)} mL/h, given {_volume(status.given_ml)}, {alarms}"
    return line if status.t_s is None else f"{line}, at {moment(status.t_s)} of its time"


def program_lines(program: Program) -> Iterator[str]:
    """Say what a pump is programmed to do."""
    yield _row("rate", f"{plain(program.rate_ml_h, 6)} mL/h")
    yield _row("VTBI", volume(program.vtbi_ml))
    yield _row(
        "lasts", span(program.vtbi_ml / program.rate_ml_h * 3600.0) if program.rate_ml_h else "for ever"
    )
    yield _row("reservoir", volume(program.reservoir_ml))
    yield _row("KVO", f"{plain(program.kvo_ml_h, 6)} mL/h" if program.kvo_ml_h else "off")
    yield _row("delay", span(program.delay_s) if program.delay_s else "none")


def log_lines(rows: Iterable[LogRow]) -> Iterator[str]:
    """Give the rows of a log."""
    for row in rows:
        words = " ".join(filter(None, (f"{row.what:<18}", row.code, row.detail and f"({row.detail})")))
        yield f"{row.number:>6}  {moment(row.t_s):>13}  {words.rstrip()}"


def outcome_line(asked: str, outcome: Outcome) -> str:
    """Say what came of a command."""
    return f"{asked}: done" if outcome.accepted else f"{asked}: refused, {outcome.reason.replace('_', ' ')}"


def alarm_text(alarm: AlarmView) -> str:
    """Name an alarm with its state."""
    row = ALARM_BY_CODE.get(alarm.code)
    return f"{alarm.code if row is None else row.display} ({alarm.priority}, {alarm.state})"


def as_json(record: PumpStatus | Program | Outcome | tuple[LogRow, ...]) -> str:
    """Give a record as one line of JSON, with the names of its fields."""
    rows: Any = [asdict(row) for row in record] if isinstance(record, tuple) else asdict(record)
    return json.dumps(rows)


def bench_view(status: PumpStatus) -> Iterator[str]:
    """Show mode, rate and the first alarm as large as the terminal allows, and the rest below."""
    room_count = shutil.get_terminal_size().columns
    colour = "green" if status.mode in RUNNING else "white"
    if status.alarms:
        first = status.alarms[0]
        colour = COLOURS.get(first.priority, colour)
        yield from _large("ALARM", colour, room_count)
        yield click.style(f" {alarm_text(first)} ".upper(), fg=colour, bold=True, reverse=True)
        yield ""
    yield from _large(status.mode.replace("_", "-"), colour, room_count)
    yield ""
    yield from _large(f"{plain(status.rate_ml_h, 3)} mL/h", colour, room_count)
    yield ""
    yield from status_lines(status)


def no_link_view(why: str, last: PumpStatus | None) -> Iterator[str]:
    """Show that nothing is known any more but what was known last."""
    yield from _large("NO LINK", "red", shutil.get_terminal_size().columns)
    yield click.style(why, fg="red", bold=True)
    yield ""
    yield "" if last is None else f"last known: {one_line(last)}"


def _large(text: str, colour: str, room_count: int) -> Iterator[str]:
    lines = big(text) if width_count(text) <= room_count else (text.upper(),)
    return (click.style(line, fg=colour, bold=True) for line in lines)


def _row(label: str, text: str) -> str:
    return f"{label:<15} {text}"


def _volume(volume_ml: float | None) -> str:
    return NOT_TOLD if volume_ml is None else volume(volume_ml)


def _yes_or_no(flag: bool | None) -> str:
    return NOT_TOLD if flag is None else "yes" if flag else "no"
