"""The course of a run, for whoever judges it: what the trainee did, what came of it, how the line stood.

Everything is read off the run's events and entries, once; nothing is asked of a world. What keys made the
pump do is the trainee's if the trainee's finger was on a key just then.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import inf
from operator import attrgetter
from typing import Any, Final, NamedTuple

from console.trainer.kept.record import Entry, Kind, Origin, Who
from pump.events import (
    AlarmRaised,
    CommandAccepted,
    CommandRefused,
    Event,
    ModeChanged,
    Noted,
)
from pump.lock import NO_ACCESS_KEY
from scenarios.verbs import VERBS
from sim.events import PersonActed, PlantActed, PlantRefused, StepNotDone
from sim.world.result import AlarmSpan, Interruption
from sim.world.tally import alarm_spans, true_interruptions

OF_HANDS: Final = (PlantActed, PlantRefused, PersonActed, StepNotDone)
"""What tells of something done by hand."""

FLOWS_FOR_S: Final = 61.0
"""What flows so long after a start has been no interruption: truth tells one after 60 s."""

AIR_ALARMS: Final = frozenset({"AIR_IN_LINE", "AIR_ACCUMULATED"})


class Act(NamedTuple):
    """Something that the trainee did: a verb by hand, or a command that a key made.

    Attributes:
        at_s: When.
        seq: The number of the event that tells of it; what came before is below.
        verb: The verb of a hand, or the name of a command.
        params: A verb's parameters, by their inner names.
        refused: Why nothing came of it; empty: something did.
        came: What came of it at that instant.
        is_command: Whether it was done by a key.
    """

    at_s: float
    seq: int
    verb: str
    params: Mapping[str, Any]
    refused: str
    came: tuple[Event, ...]
    is_command: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """How bag, set and catheter stood at one moment.

    Attributes:
        connected: Whether the line is on the catheter.
        shut: What closes the way, by its name in `SHUTS`.
        leaking: Whether a leak is open.
        primed: Whether this set has been primed.
        air: Whether air that the pump found has not been taken away.
        fresh_bag: Whether nothing has been delivered from this bag yet.
        begun: Whether the pump has been started before.
    """

    connected: bool = False
    shut: frozenset[str] = frozenset()
    leaking: bool = False
    primed: bool = False
    air: bool = False
    fresh_bag: bool = True
    begun: bool = False


SHUTS: Final[Mapping[tuple[str, str], tuple[str, bool]]] = {
    ("Clamp", "downstream clamp closed"): ("downstream clamp", True),
    ("Clamp", "downstream clamp opened"): ("downstream clamp", False),
    ("Clamp", "upstream clamp closed"): ("upstream clamp", True),
    ("Clamp", "upstream clamp opened"): ("upstream clamp", False),
    ("Kink", "downstream line kinked"): ("downstream kink", True),
    ("Kink", "downstream line straightened"): ("downstream kink", False),
    ("Kink", "upstream line kinked"): ("upstream kink", True),
    ("Kink", "upstream line straightened"): ("upstream kink", False),
    ("ClampCatheter", "catheter clamp closed"): ("catheter clamp", True),
    ("ClampCatheter", "catheter clamp opened"): ("catheter clamp", False),
    ("ClearOcclusion", "catheter and vein open"): ("catheter", False),
    ("Occlude", "upstream closed"): ("supply", True),
    ("ClearOcclusion", "upstream open"): ("supply", False),
}
"""What the plant's words say about what is closed."""

OF_THE_SET: Final = frozenset({"downstream clamp", "downstream kink", "upstream clamp", "upstream kink"})
"""What is gone when another set is put in."""


@dataclass(frozen=True, kw_only=True)
class Course:
    """A run up to `now_s`, as events and entries tell it.

    Attributes:
        origin: What the run was made from.
        entries: What was done at its pages.
        events: What happened, from the world's first second on.
        now_s: The world's time.
        over: Whether the run is over.
    """

    origin: Origin
    entries: Sequence[Entry]
    events: Sequence[Event]
    now_s: float
    over: bool = False

    # ---------------------------------------------------------------- what happened

    @cached_property
    def alarms(self) -> tuple[AlarmSpan, ...]:
        """Every alarm, in the order of raising."""
        return alarm_spans(tuple(self.events))

    @cached_property
    def gaps(self) -> tuple[Interruption, ...]:
        """Every stretch without drug at the vein."""
        return true_interruptions(tuple(self.events))

    @cached_property
    def changes(self) -> tuple[ModeChanged, ...]:
        """Every change of the pump's mode."""
        return tuple(event for event in self.events if isinstance(event, ModeChanged))

    @cached_property
    def notices(self) -> tuple[PersonActed, ...]:
        """What people did or noticed that touches neither pump nor plant."""
        return tuple(event for event in self.events if isinstance(event, PersonActed))

    def raised(self, code: str, from_s: float) -> AlarmSpan | None:
        """Give the first alarm of `code` that stands at `from_s` or is raised later."""
        for span in self.alarms:
            stands = span.cleared_s is None or span.cleared_s > from_s
            if span.code == code and (span.raised_s >= from_s or stands):
                return span
        return None

    def flows_s(self, from_s: float) -> float | None:
        """Give when drug reached the vein again after `from_s`; None: it has not yet, as far as is known."""
        found = [gap.end_s for gap in self.gaps if gap.end_s is not None and gap.end_s >= from_s]
        for change in self.changes:
            start_s = change.t_s
            if start_s < from_s or change.mode_to != "running" or self.now_s < start_s + FLOWS_FOR_S:
                continue
            ends_s = [
                inf if gap.end_s is None else gap.end_s for gap in self.gaps if gap.start_s <= start_s + 1.0
            ]
            if all(end_s <= start_s for end_s in ends_s):
                found.append(start_s)
        return min(found, default=None)

    # ---------------------------------------------------------------- how the line stood

    def line_before(self, seq: int) -> Line:
        """Give how the line stood before the event of that number."""
        numbers, lines = self._lines
        return lines[bisect_right(numbers, seq - 1) - 1]

    @cached_property
    def _lines(self) -> tuple[list[int], list[Line]]:
        numbers, lines = [0], [Line()]
        for event in self.events:
            line = _after(lines[-1], event)
            if line is not lines[-1]:
                numbers.append(event.seq)
                lines.append(line)
        return numbers, lines

    # ---------------------------------------------------------------- what the trainee did

    @cached_property
    def done(self) -> tuple[Entry, ...]:
        """The trainee's entries, in their order."""
        return tuple(entry for entry in self.entries if entry.who is Who.TRAINEE)

    def of_kind(self, kind: Kind) -> tuple[Entry, ...]:
        """Give the trainee's entries of a kind."""
        return tuple(entry for entry in self.done if entry.kind is kind)

    @cached_property
    def acts(self) -> tuple[Act, ...]:
        """All that the trainee did, by hand and by keys, in the order of time."""
        return tuple(sorted((*self._by_hand(), *self._by_keys()), key=attrgetter("at_s", "seq")))

    def _by_hand(self) -> Iterable[Act]:
        for entry in self.of_kind(Kind.STEP):
            verb = entry.body["verb"]
            if verb in VERBS and VERBS[verb].room == "pump":
                continue
            came = self._came(entry.at_s)
            why = next((event.text for event in came if isinstance(event, StepNotDone | PlantRefused)), "")
            seq = came[0].seq if came else self._seq_at(entry.at_s)
            yield Act(entry.at_s, seq, verb, entry.body["params"], why, came, is_command=False)

    def _by_keys(self) -> Iterable[Act]:
        for event in self.events:
            if not isinstance(event, CommandAccepted | CommandRefused) or event.command == "press_key":
                continue
            if self.is_trainees(event):
                why = event.text if isinstance(event, CommandRefused) else ""
                yield Act(event.t_s, event.seq, event.command, {}, why, (event,), is_command=True)

    def is_trainees(self, event: Event) -> bool:
        """Whether the trainee made this event: a finger was on a key, or a step was done, at that moment."""
        starts_s, ends_s = self._fingers
        place = bisect_right(starts_s, event.t_s) - 1
        return place >= 0 and event.t_s <= ends_s[place]

    def is_own(self, event: CommandAccepted | CommandRefused) -> bool:
        """Whether a command is the trainee's: made by a key, or by the trainee's hand in a piece of work."""
        return event.t_s >= self.origin.begin_s and (
            self.is_trainees(event) or (event.access == self.origin.hand and not self._is_anothers(event))
        )

    @cached_property
    def noticed_s(self) -> frozenset[float]:
        """When the trainee paused a sound or took notice of an alarm."""
        return frozenset(
            event.t_s
            for event in self.events
            if isinstance(event, CommandAccepted)
            and event.command in ("silence", "acknowledge")
            and self.is_own(event)
        )

    def is_ignored_key(self, event: Event) -> bool:
        """Whether the pump ignored a key of the trainee's for want of a code."""
        return isinstance(event, Noted) and event.what == NO_ACCESS_KEY and self.is_trainees(event)

    @cached_property
    def _fingers(self) -> tuple[list[float], list[float]]:
        """From when to when the trainee's finger was on a key, or a step on the pump was done."""
        return _fingers(self.done)

    @cached_property
    def _others(self) -> tuple[list[float], list[float]]:
        return _fingers(entry for entry in self.entries if entry.who is not Who.TRAINEE)

    def _is_anothers(self, event: Event) -> bool:
        starts_s, ends_s = self._others
        place = bisect_right(starts_s, event.t_s) - 1
        return place >= 0 and event.t_s <= ends_s[place]

    def _came(self, at_s: float) -> tuple[Event, ...]:
        """Give what hands and plant did at one instant."""
        first = bisect_left(self._times_s, at_s)
        end = bisect_right(self._times_s, at_s)
        return tuple(event for event in self.events[first:end] if isinstance(event, OF_HANDS))

    def _seq_at(self, at_s: float) -> int:
        """Give the number that the first event from `at_s` on has or would have."""
        place = bisect_left(self._times_s, at_s)
        return self.events[place].seq if place < len(self.events) else len(self.events) + 1

    @cached_property
    def _times_s(self) -> list[float]:
        return [event.t_s for event in self.events]


def _fingers(entries: Iterable[Entry]) -> tuple[list[float], list[float]]:
    """Give when whoever made these entries had a hand at the pump: the beginnings, and the ends."""
    starts_s: list[float] = []
    ends_s: list[float] = []
    held: dict[str, int] = {}
    for entry in entries:
        if entry.kind is not Kind.STEP:
            continue
        verb, key = entry.body["verb"], entry.body["params"].get("key", "")
        if verb == "key_up":
            if key in held:
                ends_s[held.pop(key)] = entry.at_s
            continue
        if verb == "key_down":
            held[key] = len(ends_s)
        starts_s.append(entry.at_s)
        ends_s.append(inf if verb == "key_down" else entry.at_s)
    for place in range(1, len(ends_s)):
        ends_s[place] = max(ends_s[place - 1], ends_s[place])
    return starts_s, ends_s


def _after(line: Line, event: Event) -> Line:
    """Give how the line stands after `event`."""
    match event:
        case PlantActed():
            return _after_hands(line, event)
        case ModeChanged(mode_to="priming"):
            return replace(line, primed=True, air=False)
        case ModeChanged(mode_to="running"):
            return replace(line, fresh_bag=False, begun=True)
        case AlarmRaised() if event.code in AIR_ALARMS:
            return replace(line, air=True)
        case _:
            return line


def _after_hands(line: Line, event: PlantActed) -> Line:
    """Give how the line stands after something was done to it."""
    detail = event.detail
    match event.action:
        case "Connect":
            return replace(line, connected=detail == "line connected")
        case "SetLeak":
            return replace(line, leaking=not detail.endswith(" 0%"))
        case "HangBag":
            return replace(line, fresh_bag=True)
        case "HangSet":
            return replace(line, primed=False, air=False, leaking=False, shut=line.shut - OF_THE_SET)
        case "Occlude" if detail.startswith("catheter"):
            return _shut(line, "catheter", closes=detail.endswith("100%"))
        case "UseLumen":
            return replace(line, shut=line.shut - {"catheter", "catheter clamp"})
        case "TapLine":
            return replace(line, air=line.air and not detail.endswith("back to the bag"))
    what, closes = SHUTS.get((event.action, detail), ("", False))
    return _shut(line, what, closes=closes) if what else line


def _shut(line: Line, what: str, *, closes: bool) -> Line:
    return replace(line, shut=line.shut | {what} if closes else line.shut - {what})
