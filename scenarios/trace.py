"""What a run leaves behind: a trace of JSON lines, and the summary that `replay --json` prints.

State is never rounded, what is printed is: times to 1e-6 s, everything else to 1e-9 of its unit. So
the same file and seed print the same bytes on any machine. No path, host name or wall time in here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from enum import Enum
from math import isfinite
from pathlib import Path
from typing import Any, Final

from pump.events import AlarmCleared, AlarmRaised, CommandAccepted, CommandRefused, Event, ModeChanged
from scenarios.rounding import rounded
from scenarios.runner import Verdict
from sim.events import BagDry, InterruptionBegan, InterruptionEnded, PlantActed, PlantRefused
from sim.world.result import Result

TRACE_SCHEMA: Final = 1
MOST_BYTES: Final = 500_000_000

COUNTED: Final = (
    ModeChanged,
    AlarmRaised,
    AlarmCleared,
    CommandAccepted,
    CommandRefused,
    PlantActed,
    PlantRefused,
    BagDry,
    InterruptionBegan,
    InterruptionEnded,
)
"""What the summary counts as events: mode changes, alarm begins and ends, commands, refusals, plant
actions, edges of the truth."""

NUMBERS: Final = (
    "planned_ml",
    "delivered_ml",
    "believed_ml",
    "shortfall_ml",
    "excess_ml",
    "dry_s",
    "gap_s",
    "delivered_ug",
    "filled_ml",
    "wasted_ml",
    "bag_ml",
    "set_ml",
    "mass_balance_error_ml",
)
"""The numbers of the summary that every run has, in their order."""

MORE_NUMBERS: Final = (
    "saline_ml",
    "air_ul",
    "spilled_ml",
    "tissue_ml",
    "primed_out_ml",
    "aspirated_ml",
    "discarded_ml",
    "level_pg_ml",
    "peak_p_down_mmhg",
    "mass_balance_error_ug",
    "start_s",
    "planned_end_s",
)


class TraceError(Exception):
    """A file is no trace: file, line, what is wrong and the remedy."""

    def __init__(self, file: str, line: int, what: str, remedy: str) -> None:
        self.file, self.line, self.what, self.remedy = file, line, what, remedy
        super().__init__(file, line, what, remedy)

    def __str__(self) -> str:
        """Give it all on one line."""
        return f"{self.file}:{self.line}: {self.what}; {self.remedy}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A trace as read: what was run, every event as a dictionary, the summary."""

    header: Mapping[str, Any]
    events: tuple[Mapping[str, Any], ...]
    summary: Mapping[str, Any]


def summary(verdict: Verdict, outputs: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return what `replay --json` prints.

    Args:
        verdict: The run and what was found in it.
        outputs: What was written, as paths relative to the folder that was asked for.
    """
    result = verdict.result
    return {
        "scenario": result.scenario,
        "seed": result.seed,
        "passed": verdict.passed,
        "expectations": [
            {"passed": found.passed, "limit": found.limit, "found": found.found} for found in verdict.found
        ],
        **{name: printed(name, getattr(result, name)) for name in NUMBERS},
        "interruptions": [printed_fields(each) for each in result.interruptions],
        "alarms": [printed_fields(each) for each in result.alarms],
        "events": counted(result),
        "end_s": printed("end_s", result.end_s),
        "outputs": list(outputs),
        **{name: printed(name, getattr(result, name)) for name in MORE_NUMBERS},
        "belief_interruptions": [printed_fields(each) for each in result.belief_interruptions],
    }


def counted(result: Result) -> int:
    """Return how many of the result's events the summary counts."""
    return sum(isinstance(event, COUNTED) for event in result.events)


def trace_lines(verdict: Verdict, version: str) -> Iterator[str]:
    """Yield the lines of a trace, each with its end: header, one line for every event, summary."""
    scenario, result = verdict.scenario, verdict.result
    yield _line(
        {
            "type": "trace",
            "schema": TRACE_SCHEMA,
            "scenario": result.scenario,
            "seed": result.seed,
            "digest": scenario.digest,
            "version": version,
        }
    )
    for event in result.events:
        yield _line(event_record(event))
    yield _line({"type": "summary", **summary(verdict)})


def event_record(event: Event) -> dict[str, Any]:
    """Return an event as a dictionary of printed values, its type first."""
    return {"type": type(event).__name__, **printed_fields(event)}


def printed_fields(record: Any) -> dict[str, Any]:  # noqa: ANN401 - any data class
    """Return the fields of a data class as printed values."""
    return {field.name: printed(field.name, getattr(record, field.name)) for field in fields(record)}


def printed(name: str, value: object) -> Any:  # noqa: ANN401 - any JSON value
    """Return a value as it is printed: a number rounded by the unit that its name ends with."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float):
        return rounded(name, value) if isfinite(value) else None
    return value


def read_trace(path: str | Path) -> Trace:
    """Return the trace in a file.

    Raises:
        TraceError: it is none, or not whole.
    """
    shown, file = str(path), Path(path)
    remedy = "give a trace that `ambupump replay --out` wrote"
    try:
        if file.is_dir():
            raise TraceError(shown, 1, "is a folder", "give the path of the .jsonl file in it")
        if file.stat().st_size > MOST_BYTES:
            raise TraceError(shown, 1, "is larger than any trace", remedy)
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no UTF-8 text"
        raise TraceError(shown, 1, f"cannot be read: {reason}", remedy) from None
    records = [
        _record(shown, number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()
    ]
    if not records or records[0].get("type") != "trace":
        raise TraceError(shown, 1, "does not begin like a trace", remedy)
    if records[0].get("schema") != TRACE_SCHEMA:
        what = f"trace schema {records[0].get('schema')} is not known"
        raise TraceError(shown, 1, what, f"this program reads schema {TRACE_SCHEMA}")
    if records[-1].get("type") != "summary":
        raise TraceError(shown, len(records), "has no summary at its end", "it is not whole: replay again")
    return Trace(header=records[0], events=tuple(records[1:-1]), summary=records[-1])


def _record(file: str, line: int, text: str) -> dict[str, Any]:
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict) or not isinstance(record.get("type"), str):
        raise TraceError(file, line, "is no line of a trace", "each line is a JSON object with a type")
    if record["type"] not in {"trace", "summary"} and not isinstance(record.get("t_s"), int | float):
        raise TraceError(file, line, "is an event without a time", "each event has t_s, in seconds")
    return record


def _line(record: Mapping[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n"
