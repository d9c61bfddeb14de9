"""How fast things were seen and put right: every alarm, and every stretch without drug.

Times are the run's. Whoever reads them must know how fast the run went just then, so that stands beside them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from console.trainer.debrief.material import Material
from console.trainer.kept.record import Entry, Kind
from pump.alarm_table import Priority
from pump.events import AlarmCauseGone
from sim.world.result import AlarmSpan, Interruption

ONSET_S: Final = 1.0
"""An alarm that comes so shortly before the drug stops belongs to the same thing: the flow takes a moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmStory:
    """One alarm, and what was done about it. None: it never came to that.

    Attributes:
        code: Its code.
        priority: Its priority.
        raised_s: When it was raised.
        noticed_s: When the trainee first did something, whatever that was, while it stood.
        silenced_s: When its sound was paused or it was acknowledged.
        cleared_s: When it ended.
        pace_frac: How fast the run went when it was raised.
    """

    code: str
    priority: str
    raised_s: float
    noticed_s: float | None
    silenced_s: float | None
    cleared_s: float | None
    pace_frac: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GapStory:
    """One stretch without drug, and how it came to an end. None: it never came to that.

    Attributes:
        begin_s: When the drug stopped.
        cause: Why, in a word.
        alarm: The alarm that told of it, the most urgent first; empty: none did.
        called_s: When that was raised; when the drug stopped, where none was.
        noticed_s: When the trainee first did something after that.
        silenced_s: When the alarm's sound was paused or it was acknowledged.
        freed_s: When the cause was gone in truth: the way was open, or what the alarm was about was over.
        flows_s: When drug reached the vein again.
        lasted_s: How long it lasted, to the end of the run where it did not end.
        pace_frac: How fast the run went when it was called.
    """

    begin_s: float
    cause: str
    alarm: str
    called_s: float
    noticed_s: float | None
    silenced_s: float | None
    freed_s: float | None
    flows_s: float | None
    lasted_s: float
    pace_frac: float


def alarm_stories(material: Material) -> tuple[AlarmStory, ...]:
    """Give every alarm that stood while somebody was there."""
    return tuple(
        AlarmStory(
            code=alarm.code,
            priority=alarm.priority,
            raised_s=alarm.raised_s,
            noticed_s=_first(_acts_s(material), _heard_s(alarm, material), _end_s(alarm, material)),
            silenced_s=_silenced_s(alarm),
            cleared_s=alarm.cleared_s,
            pace_frac=pace_frac(material.record.entries, alarm.raised_s),
        )
        for alarm in material.result.alarms
        if _end_s(alarm, material) > material.begin_s
    )


def gap_stories(material: Material) -> tuple[GapStory, ...]:
    """Give every stretch without drug that lasted while somebody was there."""
    return tuple(
        _gap_story(gap, material)
        for gap in material.result.interruptions
        if gap.end_s is None or gap.end_s > material.begin_s
    )


def _gap_story(gap: Interruption, material: Material) -> GapStory:
    end_s = material.end_s if gap.end_s is None else gap.end_s
    alarm = _alarm_of(gap.start_s, end_s, material.result.alarms)
    called_s = gap.start_s if alarm is None else max(gap.start_s, alarm.raised_s)
    return GapStory(
        begin_s=gap.start_s,
        cause=gap.cause,
        alarm="" if alarm is None else alarm.code,
        called_s=called_s,
        noticed_s=_first(_acts_s(material), max(called_s, material.begin_s), end_s),
        silenced_s=None if alarm is None else _silenced_s(alarm),
        freed_s=_freed_s(gap, alarm, end_s, material),
        flows_s=gap.end_s,
        lasted_s=end_s - gap.start_s,
        pace_frac=pace_frac(material.record.entries, called_s),
    )


def _alarm_of(begin_s: float, end_s: float, alarms: Iterable[AlarmSpan]) -> AlarmSpan | None:
    """Give the most urgent alarm that was raised in a stretch, of several the first; None: there was none."""
    inside = [alarm for alarm in alarms if begin_s - ONSET_S <= alarm.raised_s <= end_s]
    return min(inside, key=lambda alarm: (Priority(alarm.priority).rank, alarm.raised_s), default=None)


def _freed_s(gap: Interruption, alarm: AlarmSpan | None, end_s: float, material: Material) -> float | None:
    """Give when the cause was gone, which is never after the drug flows again.

    A line that was closed is free when it is open; the pump's own word for it is worth nothing here, since
    turning back ends its occlusion while the line is still closed.
    """
    inside = [(t_s, why) for t_s, why in material.ways if gap.start_s <= t_s <= end_s]
    blocked = [place for place, (_, why) in enumerate(inside) if why is not None]
    if blocked:
        after = inside[blocked[-1] + 1 :]
        return after[0][0] if after else gap.end_s
    if alarm is None:
        return gap.end_s
    return _first(
        (
            event.t_s
            for event in material.result.events
            if isinstance(event, AlarmCauseGone) and event.code == alarm.code
        ),
        alarm.raised_s,
        end_s,
    )


def _acts_s(material: Material) -> Iterator[float]:
    return (entry.at_s for entry in material.trainees)


def _first(times_s: Iterable[float], from_s: float, to_s: float) -> float | None:
    return next((t_s for t_s in times_s if from_s <= t_s <= to_s), None)


def _heard_s(alarm: AlarmSpan, material: Material) -> float:
    """Give when the trainee could hear an alarm: it may have stood before anybody was there."""
    return max(alarm.raised_s, material.begin_s)


def _silenced_s(alarm: AlarmSpan) -> float | None:
    given = [t_s for t_s in (alarm.silenced_s, alarm.acknowledged_s) if t_s is not None]
    return min(given, default=None)


def _end_s(alarm: AlarmSpan, material: Material) -> float:
    return material.end_s if alarm.cleared_s is None else alarm.cleared_s


def pace_frac(entries: Iterable[Entry], t_s: float) -> float:
    """Give how many of the run's seconds went in one of the clock on the wall, at `t_s`."""
    pace = 1.0
    for entry in entries:
        if entry.at_s > t_s:
            break
        if entry.kind is Kind.CLOCK:
            pace = float(entry.body.get("rate_frac", pace))
    return pace


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long something took, in all cases of a run.

    Attributes:
        longest_s: The longest of those in which it came to it; None: there were none.
        never_count: In how many cases it never came to it.
        cases_count: How many cases there were.
    """

    longest_s: float | None
    never_count: int
    cases_count: int


def paced(pairs: Iterable[tuple[float, float | None]]) -> Pace:
    """Sum up pairs of when something was due and when it came."""
    waits = [None if came_s is None else max(0.0, came_s - due_s) for due_s, came_s in pairs]
    known = [wait_s for wait_s in waits if wait_s is not None]
    return Pace(
        longest_s=max(known, default=None),
        never_count=len(waits) - len(known),
        cases_count=len(waits),
    )
