"""The diary: what the trainee noted, against what the log says.

Patients are asked to write every alarm down. A note belongs to the alarm of its name that stood then or not
long before; failing that to one of another name, which is then misnamed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from console.trainer.debrief.material import Material
from console.trainer.kept.record import Entry, Kind
from sim.world.result import AlarmSpan

LATER_S: Final = 3600.0
"""So long after an alarm has ended it may still be noted (X)."""


class Found(StrEnum):
    """How a line of the diary stands to the log."""

    NOTED = "noted"
    """An alarm that was noted by its name."""
    MISNAMED = "misnamed"
    """An alarm that was noted by another name."""
    MISSED = "missed"
    """An alarm that was not noted."""
    NOTHING = "not in the log"
    """A note of an alarm that there was none for."""
    REMARK = "remark"
    """A note of no alarm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: an alarm of the log, a note of the trainee's, or both.

    Attributes:
        found: How the two stand to each other.
        code: The alarm in the log; empty: none.
        priority: Its priority.
        raised_s: When it was raised.
        cleared_s: When it ended; None: it had not.
        noted_at_s: When the note was written; None: there is none.
        noted_as: The alarm that the note names; empty: none.
        text: What the note says.
    """

    found: Found
    code: str = ""
    priority: str = ""
    raised_s: float | None = None
    cleared_s: float | None = None
    noted_at_s: float | None = None
    noted_as: str = ""
    text: str = ""

    @property
    def at_s(self) -> float:
        """Where it stands in the order of time."""
        return self.raised_s if self.raised_s is not None else self.noted_at_s or 0.0


@dataclass(frozen=True, slots=True)
class Diary:
    """All lines, in the order of time."""

    lines: tuple[Line, ...] = ()

    def count(self, found: Found) -> int:
        """Give how many lines stand so to the log."""
        return sum(line.found is found for line in self.lines)


def diary_of(material: Material) -> Diary:
    """Hold the trainee's notes against the alarms that stood while somebody was there."""
    alarms = [
        alarm
        for alarm in material.result.alarms
        if alarm.cleared_s is None or alarm.cleared_s > material.begin_s
    ]
    notes = [entry for entry in material.trainees if entry.kind is Kind.NOTE]
    return Diary(tuple(sorted(held_against(alarms, notes), key=lambda line: line.at_s)))


def held_against(alarms: Sequence[AlarmSpan], notes: Sequence[Entry]) -> list[Line]:
    """Give every alarm and every note, those that belong together on one line."""
    left = list(alarms)
    lines: list[Line] = []
    others: list[Entry] = []
    # First what fits by its name, so that a misnamed note takes no alarm from one that is right.
    for note in notes:
        alarm = _fitting(note, [each for each in left if each.code == note.body.get("alarm", "")])
        if alarm is None:
            others.append(note)
        else:
            left.remove(alarm)
            lines.append(_line(Found.NOTED, alarm, note))
    for note in others:
        named = bool(note.body.get("alarm", ""))
        alarm = _fitting(note, left) if named else None
        if alarm is not None:
            left.remove(alarm)
            lines.append(_line(Found.MISNAMED, alarm, note))
        else:
            lines.append(_line(Found.NOTHING if named else Found.REMARK, None, note))
    return [*lines, *(_line(Found.MISSED, alarm, None) for alarm in left)]


def _fitting(note: Entry, alarms: Sequence[AlarmSpan]) -> AlarmSpan | None:
    """Give the latest of `alarms` that stood when the note was written, or not long before."""
    fitting = [
        alarm
        for alarm in alarms
        if alarm.raised_s <= note.at_s and (alarm.cleared_s is None or note.at_s <= alarm.cleared_s + LATER_S)
    ]
    return max(fitting, key=lambda alarm: alarm.raised_s, default=None)


def _line(found: Found, alarm: AlarmSpan | None, note: Entry | None) -> Line:
    line = Line(found=found)
    if alarm is not None:
        line = replace(
            line,
            code=alarm.code,
            priority=alarm.priority,
            raised_s=alarm.raised_s,
            cleared_s=alarm.cleared_s,
        )
    if note is not None:
        line = replace(
            line,
            noted_at_s=note.at_s,
            noted_as=note.body.get("alarm", ""),
            text=note.body.get("text", ""),
        )
    return line
