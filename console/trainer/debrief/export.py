"""What leaves the trainer as a file: a run's record with what it came to as JSON, its timeline as CSV.

The same record gives the same bytes. Numbers are printed as everywhere: times to 1e-6 s, all else to 1e-9.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Final

from console.signals import printed
from console.trainer.debrief.debrief import Debrief
from console.trainer.kept.record import RunRecord
from console.words import clock, moment
from scenarios.rounding import rounded

RECORD_SCHEMA: Final = 1
"""The version of what is written; it grows by one when something is named otherwise or left out."""

FORMULA_SIGNS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""With one of these first, a table program takes a text for something to be computed."""

COLUMNS: Final = ("t_s", "moment", "clock", "who", "mark", "text", "came")


def record_json(record: RunRecord, debrief: Debrief) -> str:
    """Give all that is kept of a run, and what its debrief says, as JSON."""
    told = {
        "clock_start_s": debrief.clock_start_s,
        "over": debrief.over,
        "totals": debrief.totals,
        "to_notice": debrief.to_notice,
        "to_silence": debrief.to_silence,
        "to_cause": debrief.to_cause,
        "to_flow": debrief.to_flow,
        "alarms": debrief.alarms,
        "interruptions": debrief.gaps,
        "boluses": debrief.boluses,
        "judged": debrief.judged,
        "diary": debrief.diary.lines,
        "timeline": debrief.rows,
    }
    document = {
        "schema": RECORD_SCHEMA,
        "note": "Simulated: not a medical device.",
        # Unrounded, so that the run can be lived again from here as well.
        "origin": _plain("", record.origin, kept),
        "reached_s": record.reached_s,
        "entries": _plain("", record.entries, kept),
        "debrief": _plain("", told, rounded),
    }
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def kept(_name: str, number: float) -> float:
    """Leave a number as it is."""
    return number


def _plain(name: str, value: object, told_as: Callable[[str, float], float]) -> Any:  # noqa: ANN401 - any JSON value
    """Give a value as JSON has it; how a number is printed may depend on the unit that its name ends with."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float):
        return told_as(name, value)
    if is_dataclass(value):
        return {each.name: _plain(each.name, getattr(value, each.name), told_as) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(str(key), inner, told_as) for key, inner in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(name, inner, told_as) for inner in value]
    return value


def record_csv(debrief: Debrief) -> str:
    """Give the timeline of a run as CSV: one line for everything that was done or happened."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in debrief.rows:
        writer.writerow(
            (
                printed("t_s", row.t_s),
                moment(row.t_s),
                clock(row.t_s, debrief.clock_start_s),
                row.who,
                safe(row.mark),
                safe(row.text),
                safe("; ".join(row.came)),
            )
        )
    return text.getvalue()


def safe(text: str) -> str:
    """Give a text that no table program takes for a formula: an apostrophe goes before one that looks so."""
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_SIGNS) else text
