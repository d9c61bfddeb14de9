"""Runs as they are kept, made by hand for tests: who did what, and when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from console.trainer.kept.record import Entry, Kind, Origin, RunRecord, Who
from tests.console.samples import KINK, KINK_ALARM_S

BEGIN_S: Final = 3600.0
WALL_S: Final = 1_790_000_000.0

Doing = tuple[float, Kind, Who, dict[str, Any]]


LEFT_KINKED: Final = KINK[: KINK.rindex("[[step]]")]
"""The kink at two hours, and nobody in the script who straightens the line."""

CALL_S: Final = KINK_ALARM_S
"""When the pump calls."""


def hand(
    at_s: float, verb: str, *, by: str | None = "caregiver", who: Who = Who.TRAINEE, **params: Any
) -> Doing:
    return at_s, Kind.STEP, who, {"verb": verb, "by": by, "params": params}


def press(at_s: float, key: str, hold_s: float = 0.2, *, by: str = "caregiver") -> tuple[Doing, Doing]:
    """A key pressed and let go."""
    return hand(at_s, "key_down", by=by, key=key), hand(at_s + hold_s, "key_up", by=by, key=key)


def note(at_s: float, alarm: str = "", text: str = "") -> Doing:
    return at_s, Kind.NOTE, Who.TRAINEE, {"alarm": alarm, "text": text}


def clock(at_s: float, what: str, **body: Any) -> Doing:
    return at_s, Kind.CLOCK, Who.INSTRUCTOR, {"what": what, **body}


def end(at_s: float) -> Doing:
    return at_s, Kind.END, Who.INSTRUCTOR, {}


def kept(
    doings: Iterable[Doing], reached_s: float, *, text: str = KINK, begin_s: float = BEGIN_S, **origin: Any
) -> RunRecord:
    """A run of a scenario with these entries, in the order of time."""
    entries = tuple(
        Entry(number=number, at_s=at_s, wall_s=WALL_S + at_s, kind=kind, who=who, body=body)
        for number, (at_s, kind, who, body) in enumerate(sorted(doings, key=lambda each: each[0]), start=1)
    )
    made = Origin(run_id="a1", title="A kink", scenario_toml=text, begin_s=begin_s, wall_s=WALL_S)
    return RunRecord(origin=replace(made, **origin), entries=entries, reached_s=reached_s)


def clumsy(**origin: Any) -> RunRecord:
    """Silenced after 40 s, freed after 90, running after 111, and then a flush of a line that holds drug."""
    doings = [
        clock(BEGIN_S, "resume", rate_frac=1.0),
        clock(BEGIN_S + 100.0, "rate", rate_frac=60.0),
        *press(CALL_S + 40.0, "silence"),
        note(CALL_S + 60.0, "OCCLUSION_DOWNSTREAM", "tutet"),
        hand(CALL_S + 90.0, "unkink", where="downstream"),
        *press(CALL_S + 100.0, "ok"),
        *press(CALL_S + 110.0, "run", 1.3),
        *press(CALL_S + 500.0, "run", 1.3),
        hand(CALL_S + 700.0, "flush", volume_ml=1.0),
        note(CALL_S + 900.0, "AIR_IN_LINE", "?"),
        (CALL_S + 950.0, Kind.MARK, Who.INSTRUCTOR, {"text": "ask why"}),
        end(CALL_S + 3000.0),
    ]
    return kept(doings, CALL_S + 3000.0, text=LEFT_KINKED, **{"trainee": "Zoë", **origin})


def swift(**origin: Any) -> RunRecord:
    """Silenced after 8 s, freed after 30, running after 41, and nothing wrong where restarting is allowed."""
    doings = [
        clock(BEGIN_S, "resume", rate_frac=1.0),
        *press(CALL_S + 8.0, "silence"),
        hand(CALL_S + 30.0, "unkink", where="downstream"),
        *press(CALL_S + 35.0, "ok"),
        *press(CALL_S + 40.0, "run", 1.3),
        end(CALL_S + 3000.0),
    ]
    made = {"run_id": "b2", "trainee": "Anna", "policy": "may-tap", "wall_s": WALL_S + 600.0}
    return kept(doings, CALL_S + 3000.0, text=LEFT_KINKED, **{**made, **origin})
