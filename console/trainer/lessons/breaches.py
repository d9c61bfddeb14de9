"""What shows that a rule was broken: one function a rule, each from the course of a run to its breaches.

The rules themselves, with reason and source, stand in `rules.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from console.trainer.lessons.course import Act, Course
from console.words import spaced, span
from pump.alarm_table import ALARM_BY_CODE
from pump.events import AlarmSilenced, CommandAccepted, Noted
from sim.events import InterruptionEnded, PlantActed, RestartLimitReached
from sim.plant.hands import OF_DRUG_AHEAD
from sim.world.work import ASKS_PHYSICIAN, GOES_TO_HOSPITAL

PAUSE_S: Final = 120.0
"""A stop that is over by then is no pause: until then the pump itself does not remind of it (X)."""

NOTHING_DONE_S: Final = 600.0
"""How long silence and nothing else may last: until then the alarm itself does not escalate (X)."""

AGAIN_S: Final = 86400.0
"""An alarm that comes again within a day is the second of its kind (X, as in the procedures)."""

COUNTERS: Final = frozenset({"new_bag", "clear_given", "reset_reservoir"})

SETTINGS: Final = COUNTERS | {
    *("program_change", "confirm_program", "rate_change", "confirm_rate", "lock", "lock_lower")
}
"""Commands that change what the pump will do, and their rows in the table of the lock."""

STAFFS_WORK: Final = frozenset(
    {
        *("aspirate", "flush", "infuse_saline", "thrombolytic", "use_lumen", "reconnect"),
        *("change_bag", "change_filter", "change_set", "purge_bag", "swap_pump"),
    }
)
"""What opens the way to the vein, or the bag."""

ASKED: Final = frozenset({GOES_TO_HOSPITAL, ASKS_PHYSICIAN})


class Breach(NamedTuple):
    """When a rule was broken, and by what."""

    at_s: float
    detail: str = ""


def _acts(course: Course, verbs: Iterable[str]) -> Iterator[Act]:
    wanted = frozenset(verbs)
    return (act for act in course.acts if act.verb in wanted)


def _commands(course: Course, names: Iterable[str]) -> Iterator[CommandAccepted]:
    """Every command of these that the pump took from the trainee."""
    wanted = frozenset(names)
    for event in course.events:
        if isinstance(event, CommandAccepted) and event.command in wanted and course.is_own(event):
            yield event


def _starts(course: Course) -> Iterator[CommandAccepted]:
    return _commands(course, ("start",))


def _ignored(course: Course, actions: Iterable[str]) -> Iterator[Noted]:
    """Every key of the trainee's that was ignored because it would have done one of `actions`."""
    wanted = frozenset(actions)
    for event in course.events:
        if isinstance(event, Noted) and event.detail in wanted and course.is_ignored_key(event):
            yield event


def flushes_drug(course: Course) -> Iterator[Breach]:
    """A flush that says that drug went ahead of it."""
    for act in _acts(course, ("flush",)):
        for event in act.came:
            if isinstance(event, PlantActed) and OF_DRUG_AHEAD in event.detail:
                yield Breach(act.at_s, event.detail)


def primes_connected(course: Course) -> Iterator[Breach]:
    """A prime while the line is on the catheter."""
    for prime in _commands(course, ("prime",)):
        if course.line_before(prime.seq).connected:
            yield Breach(prime.t_s, prime.detail)


def primes_at_home(course: Course) -> Iterator[Breach]:
    """A prime, or the attempt at one."""
    for act in _acts(course, ("reprime", "prime")):
        yield Breach(act.at_s, act.refused)
    for key in _ignored(course, ("prime",)):
        yield Breach(key.t_s, "the pump ignored it")


def pauses(course: Course) -> Iterator[Breach]:
    """A running pump is stopped by its key, and stands for a while."""
    for place, change in enumerate(course.changes):
        by_key = (change.mode_from, change.mode_to, change.cause) == ("running", "stopped", "stop")
        if not by_key or not course.is_trainees(change):
            continue
        goes_on_s = (later.t_s for later in course.changes[place + 1 :] if later.mode_to == "running")
        stood_s = next(goes_on_s, course.now_s) - change.t_s
        if stood_s > PAUSE_S:
            yield Breach(change.t_s + PAUSE_S, f"stopped for {span(stood_s)}")


def changes_settings(course: Course) -> Iterator[Breach]:
    """A command that changes what the pump will do, or the attempt at one."""
    for act in _acts(course, SETTINGS):
        yield Breach(act.at_s, spaced(act.verb))
    for key in _ignored(course, SETTINGS):
        yield Breach(key.t_s, f"{spaced(key.detail)}: the pump ignored it")


def tries_codes(course: Course) -> Iterator[Breach]:
    """A code, right or wrong."""
    for act in _acts(course, ("unlock",)):
        yield Breach(act.at_s, act.refused)


def ignores_four_hours(course: Course) -> Iterator[Breach]:
    """A start after four hours without drug, with neither hospital nor physician before it."""
    limits = [event for event in course.events if isinstance(event, RestartLimitReached)]
    ends = [event for event in course.events if isinstance(event, InterruptionEnded)]
    for start in _starts(course):
        limit = next((each for each in reversed(limits) if each.seq < start.seq), None)
        if limit is None or any(limit.seq < end.seq < start.seq for end in ends):
            continue
        asked = any(
            notice.what in ASKED and limit.start_s <= notice.t_s and notice.seq < start.seq
            for notice in course.notices
        )
        if not asked:
            yield Breach(start.t_s, f"{span(start.t_s - limit.start_s)} without drug")


def starts_on_closed_line(course: Course) -> Iterator[Breach]:
    """A start while something closes the way."""
    for start in _starts(course):
        if shut := course.line_before(start.seq).shut:
            yield Breach(start.t_s, f"closed: {', '.join(sorted(shut))}")


def starts_on_air(course: Course) -> Iterator[Breach]:
    """A start after an air alarm, with nothing done about the air."""
    return (Breach(start.t_s) for start in _starts(course) if course.line_before(start.seq).air)


def starts_on_leak(course: Course) -> Iterator[Breach]:
    """A start while a leak is open."""
    return (Breach(start.t_s) for start in _starts(course) if course.line_before(start.seq).leaking)


def starts_unprimed(course: Course) -> Iterator[Breach]:
    """A start of a set that was never primed."""
    return (Breach(start.t_s) for start in _starts(course) if not course.line_before(start.seq).primed)


def repairs_against_policy(course: Course) -> Iterator[Breach]:
    """A tap, or a start that is not the first one."""
    for act in _acts(course, ("tap",)):
        yield Breach(act.at_s, "tapped")
    for start in _starts(course):
        if course.line_before(start.seq).begun:
            yield Breach(start.t_s, "restarted")


def restarts_again(course: Course) -> Iterator[Breach]:
    """A start after an alarm that had stopped the pump earlier that day as well."""
    for start in _starts(course):
        stops = [
            alarm
            for alarm in course.alarms
            if alarm.raised_s < start.t_s and ALARM_BY_CODE[alarm.code].stops_delivery
        ]
        runs_s = [each.t_s for each in course.changes if each.mode_to == "running" and each.seq < start.seq]
        if not stops or (runs_s and stops[-1].raised_s < runs_s[-1]):
            continue
        code, since_s = stops[-1].code, stops[-1].raised_s - AGAIN_S
        count = sum(alarm.code == code and alarm.raised_s >= since_s for alarm in stops)
        if count > 1:
            yield Breach(start.t_s, f"{code}, {count} times in a day")


def silences_only(course: Course) -> Iterator[Breach]:
    """The sound is paused, and neither hand nor key does anything else for a while."""
    told_s: set[float] = set()
    for event in course.events:
        if not isinstance(event, AlarmSilenced) or not course.is_trainees(event):
            continue
        alarm = next(
            each for each in reversed(course.alarms) if each.code == event.code and each.raised_s <= event.t_s
        )
        due_s = event.t_s + NOTHING_DONE_S
        ended = alarm.cleared_s is not None and alarm.cleared_s <= due_s
        acted = any(alarm.raised_s <= act.at_s <= due_s and act.verb != "silence" for act in course.acts)
        if course.now_s < due_s or ended or acted or alarm.raised_s in told_s:
            continue
        told_s.add(alarm.raised_s)
        yield Breach(due_s, event.code)


def disconnects_unclamped(course: Course) -> Iterator[Breach]:
    """The line comes off the catheter with neither of their clamps closed."""
    for act in _acts(course, ("disconnect",)):
        line = course.line_before(act.seq)
        if line.connected and not line.shut & {"downstream clamp", "catheter clamp"}:
            yield Breach(act.at_s)


def opens_the_way(course: Course) -> Iterator[Breach]:
    """Work at bag, set or catheter that is trained staff's."""
    return (Breach(act.at_s, spaced(act.verb)) for act in _acts(course, STAFFS_WORK))


def goes_on_with_old_bag(course: Course) -> Iterator[Breach]:
    """The counters are restored while the bag hangs that has been infused from."""
    for command in _commands(course, COUNTERS):
        if not course.line_before(command.seq).fresh_bag:
            yield Breach(command.t_s, spaced(command.command))
