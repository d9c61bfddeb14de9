"""A run told to people: which events matter, and each in a few words.

Every event has its words; a timeline shows those that matter, a full log shows all. A command and the
change of mode that it brings at the same instant are one thing that happened, and told as one.
Interruptions are told when they began and ended, not when they were found to have lasted a minute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Final

from console.words import plain, spaced, span
from pump.events import (
    AlarmAcknowledged,
    AlarmCauseGone,
    AlarmCleared,
    AlarmRaised,
    AlarmSilenced,
    AlarmSounded,
    CommandAccepted,
    CommandRefused,
    Event,
    ModeChanged,
    Noted,
    RateCommanded,
    TurnedBack,
)
from sim.events import (
    BagDry,
    InterruptionBegan,
    InterruptionEnded,
    LineDisturbed,
    PersonActed,
    PlantActed,
    PlantRefused,
    RestartLimitReached,
    StepNotDone,
    StepSkipped,
)
from sim.world.result import Result


class Lane(StrEnum):
    """Who or what an entry is about."""

    PUMP = "pump"
    ALARM = "alarm"
    ACTION = "action"
    TRUTH = "truth"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a timeline. `mark` is an alarm's priority, `refused`, or the mode or cause it is about."""

    t_s: float
    lane: Lane
    text: str
    mark: str = ""


def in_words(event: Event) -> str:
    """Return what an event says. One of a kind not known here says its fields."""
    tell = WORDS.get(type(event))
    if tell is not None:
        return tell(event)
    told = [f"{field.name} {getattr(event, field.name)}" for field in fields(event)[2:]]
    return ", ".join([spaced(type(event).__name__), *told])


def timeline(result: Result) -> list[Entry]:
    """Return what matters of a run, in the order of time."""
    entries = [*_of_events(result.events, MATTERS), *_of_interruptions(result)]
    return sorted(entries, key=lambda entry: entry.t_s)


def told(events: tuple[Event, ...]) -> list[Entry]:
    """Return what matters of events as they come, interruptions when they are found to be some."""
    return list(_of_events(events, MATTERS_NOW))


def _of_events(events: tuple[Event, ...], matters: Mapping[type[Event], tuple[Lane, str]]) -> Iterator[Entry]:
    brought = commands_of_changes(events)
    told_with_its_change = {command.seq for command in brought.values()}
    for event in events:
        if isinstance(event, ModeChanged):
            yield Entry(
                event.t_s, Lane.PUMP, mode_in_words(event, brought.get(event.seq)), str(event.mode_to)
            )
        elif isinstance(event, CommandAccepted):
            if event.seq not in told_with_its_change:
                yield Entry(event.t_s, Lane.ACTION, in_words(event))
        elif type(event) in matters:
            lane, mark = matters[type(event)]
            yield Entry(event.t_s, lane, in_words(event), mark or str(getattr(event, "priority", "")))


def commands_of_changes(events: tuple[Event, ...]) -> dict[int, CommandAccepted]:
    """Return, by the number of each change of mode that a command brought at its instant, that command."""
    found: dict[int, CommandAccepted] = {}
    last: CommandAccepted | None = None
    for event in events:
        if isinstance(event, CommandAccepted):
            last = event
        elif isinstance(event, ModeChanged) and last is not None:
            if (last.t_s, last.command) == (event.t_s, event.cause):
                found[event.seq] = last
            last = None
    return found


def _of_interruptions(result: Result) -> Iterator[Entry]:
    for gap in result.interruptions:
        lasting = "to the end" if gap.end_s is None else f"for {span(gap.end_s - gap.start_s)}"
        yield Entry(
            gap.start_s,
            Lane.TRUTH,
            f"no drug reaches the vein, {lasting}: {gap.cause}",
            f"no drug, {gap.cause}",
        )
        if gap.end_s is not None:
            yield Entry(gap.end_s, Lane.TRUTH, "drug reaches the vein again", "drug")


def mode_in_words(change: ModeChanged, command: CommandAccepted | None) -> str:
    """Return a change of mode with what brought it."""
    if command is None:
        return f"{spaced(change.mode_to)} ({change.cause})"
    detail = f", {command.detail}" if command.detail else ""
    return f"{spaced(change.mode_to)} ({spaced(command.command)} by the {command.access}{detail})"


def _alarm(what: str) -> Callable[[Any], str]:
    return lambda event: f"{event.code} {what}"


def _raised(event: AlarmRaised) -> str:
    return f"{event.priority.upper()} {event.code}" + (f": {event.detail}" if event.detail else "")


def _accepted(event: CommandAccepted) -> str:
    return f"{spaced(event.command)} by the {event.access}" + (f": {event.detail}" if event.detail else "")


def _refused(event: CommandRefused) -> str:
    return f"refused: {spaced(event.command)} by the {event.access}: {event.text}"


def _rate(event: RateCommanded) -> str:
    push = f", {plain(event.push_ml)} mL at once" if event.push_ml else ""
    return (
        f"flow {plain(event.rate_ml_h)} mL/h{push}; "
        f"given {plain(event.given_ml)} mL, reservoir {plain(event.reservoir_ml)} mL"
    )


WORDS: Final[dict[type[Event], Callable[[Any], str]]] = {
    ModeChanged: lambda event: f"{spaced(event.mode_from)} to {spaced(event.mode_to)} ({event.cause})",
    RateCommanded: _rate,
    TurnedBack: lambda event: f"turned back {plain(event.volume_ml)} mL to let stored pressure go",
    CommandAccepted: _accepted,
    CommandRefused: _refused,
    AlarmRaised: _raised,
    AlarmCauseGone: _alarm("has no cause any more"),
    AlarmSilenced: lambda event: f"{event.code} silenced for {span(event.until_s - event.t_s)}",
    AlarmAcknowledged: _alarm("acknowledged"),
    AlarmSounded: lambda event: f"{event.code} sounds: {event.why}",
    AlarmCleared: _alarm("cleared"),
    Noted: lambda event: spaced(event.what) + (f": {event.detail}" if event.detail else ""),
    PlantActed: lambda event: event.detail or spaced(event.action),
    PlantRefused: lambda event: f"could not {spaced(event.action)}: {event.text}",
    BagDry: lambda _event: "the bag gives no more liquid",
    InterruptionBegan: lambda event: f"no drug for a minute: {event.cause}",
    InterruptionEnded: lambda event: f"drug again for a minute, after {span(event.end_s - event.start_s)}",
    RestartLimitReached: lambda _event: "four hours without drug: the next start needs supervision",
    StepNotDone: lambda event: f"could not {spaced(event.verb)}: {event.text}",
    StepSkipped: lambda event: f"skipped {spaced(event.verb)}: this host has no wire",
    LineDisturbed: lambda event: f"on the line: {event.detail}",
    PersonActed: lambda event: f"{event.who} {event.what}" + (f": {event.detail}" if event.detail else ""),
}
"""By kind of event: its words."""

MATTERS: Final[dict[type[Event], tuple[Lane, str]]] = {
    CommandRefused: (Lane.ACTION, "refused"),
    PlantActed: (Lane.ACTION, ""),
    PlantRefused: (Lane.ACTION, "refused"),
    PersonActed: (Lane.ACTION, ""),
    StepNotDone: (Lane.ACTION, "refused"),
    StepSkipped: (Lane.ACTION, "skipped"),
    LineDisturbed: (Lane.ACTION, ""),
    AlarmRaised: (Lane.ALARM, ""),
    AlarmSilenced: (Lane.ALARM, "silenced"),
    AlarmAcknowledged: (Lane.ALARM, "acknowledged"),
    AlarmCleared: (Lane.ALARM, "cleared"),
    TurnedBack: (Lane.PUMP, "turned back"),
    BagDry: (Lane.TRUTH, "dry"),
    RestartLimitReached: (Lane.TRUTH, "limit"),
}
"""What a timeline shows besides commands and modes, and in which lane."""

MATTERS_NOW: Final[dict[type[Event], tuple[Lane, str]]] = {
    **MATTERS,
    InterruptionBegan: (Lane.TRUTH, "no drug"),
    InterruptionEnded: (Lane.TRUTH, "drug"),
}
"""What is told while it happens, when nobody knows yet how long an interruption will be."""
