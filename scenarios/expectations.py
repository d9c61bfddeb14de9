"""What a scenario expects of its run, and what was found instead.

An expectation reads the `Result` and nothing else. It always says what was found, whether it passed
or not: the limit and the finding travel together, with units. A new kind of expectation is a class
with its fields, and a row of `KINDS`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, Protocol, get_args

import pump.events
import sim.events
from pump.alarm_table import ALARM_BY_CODE, Priority
from pump.commands import CommandName
from pump.delivery import Mode
from pump.errors import Reason
from pump.events import CommandRefused, Event, ModeChanged
from scenarios.faults import FaultList, did_you_mean
from scenarios.fields import FLAG, Field, Integer, ListOf, Pairs, Text, read_fields
from scenarios.locate import Path
from scenarios.quantities import TIME, Dimension, dimension_of, format_quantity, shorten
from scenarios.rounding import rounded
from sim.world.result import AlarmSpan, Interruption, Result

DEFAULT_TOLERANCE_S: Final = 1.0
"""How far from `at` a thing may happen, unless the file says."""

SHOWN_COUNT: Final = 5
"""So many findings are listed; of the others only the number is told."""


@dataclass(frozen=True, slots=True)
class Found:
    """Whether an expectation passed, what it asked for, and what was found."""

    passed: bool
    limit: str
    found: str


class Expectation(Protocol):
    """Something that a run can be held to."""

    def check(self, result: Result) -> Found:
        """Hold `result` to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """When something is expected, and how often. Without a count: at least once."""

    between_s: tuple[float, float] | None = None
    count: int | None = None

    def holds(self, t_s: float) -> bool:
        """Whether `t_s` lies in the time given, ends included."""
        return self.between_s is None or self.between_s[0] <= rounded("t_s", t_s) <= self.between_s[1]

    def satisfied_by(self, found_count: int) -> bool:
        """Whether so many are as many as expected."""
        return found_count > 0 if self.count is None else found_count == self.count

    def judge(self, what: str, times_s: Sequence[float], elsewhere_s: Sequence[float] = ()) -> Found:
        """Say whether `times_s`, those that hold, are as expected; `elsewhere_s` is for the finding only."""
        found = f"at {_listed([show_time(t_s) for t_s in times_s])}" if times_s else "never"
        if elsewhere_s and not times_s:
            found = f"only at {_listed([show_time(t_s) for t_s in elsewhere_s])}"
        return Found(self.satisfied_by(len(times_s)), f"{what}{self}", found)

    def __str__(self) -> str:
        """Give time and number in words, to stand behind what is expected."""
        often = {None: "", 0: " never", 1: " once"}.get(self.count, f" {self.count} times")
        if self.between_s is None:
            return often
        return f"{often} between {show_time(self.between_s[0])} and {show_time(self.between_s[1])}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmExpected:
    """The alarm `code` is raised; None as a condition: it does not matter."""

    code: str
    occasion: Occasion = Occasion()
    priority: str | None = None
    cleared: bool | None = None
    cleared_between_s: tuple[float, float] | None = None
    silenced: bool | None = None
    acknowledged: bool | None = None

    def check(self, result: Result) -> Found:
        """Look for alarms of the code that meet every condition."""
        spans = [span for span in result.alarms if span.code == self.code]
        meeting = [span for span in spans if self.occasion.holds(span.raised_s) and self._meets(span)]
        passed = self.occasion.satisfied_by(len(meeting))
        limit = f"{self.code}{self.occasion}{self._conditions()}"
        if spans:
            return Found(passed, limit, _listed([_tell(span) for span in spans]))
        others = sorted({span.code for span in result.alarms})
        return Found(
            passed, limit, f"never raised; alarms were {', '.join(others)}" if others else "no alarm at all"
        )

    def _meets(self, span: AlarmSpan) -> bool:
        cleared = Occasion(between_s=self.cleared_between_s)
        return (
            self.priority in (None, span.priority)
            and self.cleared in (None, span.cleared_s is not None)
            and self.silenced in (None, span.silenced_s is not None)
            and self.acknowledged in (None, span.acknowledged_s is not None)
            and (
                self.cleared_between_s is None
                or (span.cleared_s is not None and cleared.holds(span.cleared_s))
            )
        )

    def _conditions(self) -> str:
        parts = [f"{self.priority} priority"] if self.priority else []
        wanted = (("cleared", self.cleared), ("silenced", self.silenced), ("acknowledged", self.acknowledged))
        parts += [name if value else f"not {name}" for name, value in wanted if value is not None]
        if self.cleared_between_s is not None:
            parts.append(f"cleared{Occasion(between_s=self.cleared_between_s)}")
        return "".join(f", {part}" for part in parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAlarm:
    """No alarm at all, or none of a priority."""

    occasion: Occasion = Occasion(count=0)
    priority: str | None = None

    def check(self, result: Result) -> Found:
        """Look for alarms that should not be there."""
        spans = [
            span
            for span in result.alarms
            if self.priority in (None, span.priority) and self.occasion.holds(span.raised_s)
        ]
        limit = f"{self.priority} alarm" if self.priority else "alarm"
        found = _listed([f"{span.code} {_tell(span)}" for span in spans]) if spans else "none"
        return Found(not spans, f"{limit}{self.occasion}", found)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantityExpected:
    """A number of the result lies within limits, in the inner unit of its name. `never`: there is none."""

    name: str
    least_number: float | None = None
    most_number: float | None = None
    never: bool | None = None

    def check(self, result: Result) -> Found:
        """Compare the number with its limits."""
        number = QUANTITIES[self.name](result)
        found = "never" if number is None else show(self.name, number)
        if self.never is not None:
            limit = f"{self.name} {'never' if self.never else 'some time'}"
            return Found((number is None) == self.never, limit, found)
        if number is None:
            return Found(passed=False, limit=self._limit(), found=found)
        read_number = rounded(self.name, number)
        above = self.least_number is None or read_number >= self.least_number
        below = self.most_number is None or read_number <= self.most_number
        return Found(above and below, self._limit(), found)

    def _limit(self) -> str:
        least = None if self.least_number is None else show(self.name, self.least_number)
        most = None if self.most_number is None else show(self.name, self.most_number)
        if least is not None and most is not None:
            return f"{self.name} {least}" if least == most else f"{self.name} from {least} to {most}"
        return f"{self.name} at least {least}" if most is None else f"{self.name} at most {most}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventExpected:
    """An event of a kind, with the texts given, happens."""

    kind: str
    having: tuple[tuple[str, str], ...] = ()
    occasion: Occasion = Occasion()

    def check(self, result: Result) -> Found:
        """Look for such events."""
        kind = EVENT_KINDS[self.kind]
        times_s = [
            event.t_s
            for event in result.events
            if isinstance(event, kind)
            and all(str(getattr(event, name)) == text for name, text in self.having)
        ]
        having = "".join(f", {name} {text}" for name, text in self.having)
        what = f"{self.kind}{having}"
        return self.occasion.judge(what, [t_s for t_s in times_s if self.occasion.holds(t_s)], times_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalExpected:
    """The pump refuses a command, for a reason where one is given."""

    command: str
    reason: str | None = None
    occasion: Occasion = Occasion()

    def check(self, result: Result) -> Found:
        """Look for the refusal."""
        refusals = [
            event
            for event in result.events
            if isinstance(event, CommandRefused) and event.command == self.command
        ]
        meeting = [
            event
            for event in refusals
            if self.occasion.holds(event.t_s) and self.reason in (None, str(event.reason))
        ]
        because = f" because {self.reason}" if self.reason else ""
        told = [f"{event.reason} at {show_time(event.t_s)}" for event in refusals]
        return Found(
            self.occasion.satisfied_by(len(meeting)),
            f"{self.command} refused{because}{self.occasion}",
            _listed(told) if told else "never refused",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeExpected:
    """The pump is in a delivery mode at a time; what happens at that instant has happened."""

    mode: str
    at_s: float

    def check(self, result: Result) -> Found:
        """Find the mode at that time."""
        limit = f"{self.mode} at {show_time(self.at_s)}"
        changes = [event for event in result.events if isinstance(event, ModeChanged)]
        if not changes or self.at_s > result.end_s:
            return Found(passed=False, limit=limit, found=f"the run ended at {show_time(result.end_s)}")
        before = [event for event in changes if event.t_s <= self.at_s]
        mode, since = (before[-1].mode_to, before[-1].t_s) if before else (changes[0].mode_from, 0.0)
        return Found(str(mode) == self.mode, limit, f"{mode} since {show_time(since)}")


# --- what may be asked about


def _longest_s(interruptions: Sequence[Interruption], result: Result) -> float:
    ends_s = [result.end_s if gap.end_s is None else gap.end_s for gap in interruptions]
    return max((end_s - gap.start_s for gap, end_s in zip(interruptions, ends_s, strict=True)), default=0.0)


def _number_fields() -> dict[str, Callable[[Result], float | None]]:
    def getter(name: str) -> Callable[[Result], float | None]:
        return lambda result: getattr(result, name)

    return {field.name: getter(field.name) for field in fields(Result) if str(field.type).startswith("float")}


QUANTITIES: Final[Mapping[str, Callable[[Result], float | None]]] = {
    **_number_fields(),
    "interruption_s": lambda result: _longest_s(result.interruptions, result),
    "belief_interruption_s": lambda result: _longest_s(result.belief_interruptions, result),
    "interruptions_count": lambda result: float(len(result.interruptions)),
    "belief_interruptions_count": lambda result: float(len(result.belief_interruptions)),
    "alarms_count": lambda result: float(len(result.alarms)),
}
"""Every number that a quantity may name: those of `Result`, longest interruptions, and counts."""


def _snake(name: str) -> str:
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name).lstrip("_")


EVENT_KINDS: Final[Mapping[str, type[Event]]] = {
    _snake(name): kind
    for module in (pump.events, sim.events)
    for name, kind in inspect.getmembers(module, inspect.isclass)
    if issubclass(kind, Event) and kind is not Event
}
"""Every kind of event by the name that a file writes: `mode_changed`, `bag_dry`."""


# --- how they are written


_SPAN: Final = ListOf(TIME, least_count=2, most_count=2)
_PRIORITY: Final = Text('"high"', choices=tuple(priority.value for priority in Priority))
_COMMAND: Final = Text('"prime"', choices=get_args(CommandName))
_REASON: Final = Text('"locked"', choices=tuple(reason.value for reason in Reason))

WHEN: Final = (
    Field(key="between", inner="between_s", kind=_SPAN, default="at any time", meaning="from when to when"),
    Field(key="at", inner="at_s", kind=TIME, default="at any time", meaning="when, within the tolerance"),
    Field(key="tolerance", inner="tolerance_s", kind=TIME, default="1 s", meaning="how far from `at`"),
    Field(
        key="count",
        inner="count",
        kind=Integer("2", highest=1_000_000),
        default="at least once",
        meaning="how often",
    ),
    Field(key="never", inner="never", kind=FLAG, default="false", meaning="true: not once"),
)
"""When and how often."""

ALARM: Final = (
    Field(
        key="alarm",
        inner="alarm",
        kind=Text('"AIR_IN_LINE"', choices=tuple(ALARM_BY_CODE)),
        required=True,
        meaning="the code of an alarm that is raised",
    ),
    *WHEN,
    Field(key="priority", inner="priority", kind=_PRIORITY, default="any", meaning="its priority"),
    Field(key="cleared", inner="cleared", kind=FLAG, default="either", meaning="whether it ended"),
    Field(
        key="cleared_between", inner="cleared_between_s", kind=_SPAN, default="any", meaning="when it ended"
    ),
    Field(
        key="silenced", inner="silenced", kind=FLAG, default="either", meaning="whether its sound was paused"
    ),
    Field(
        key="acknowledged",
        inner="acknowledged",
        kind=FLAG,
        default="either",
        meaning="whether anybody took notice",
    ),
)
NO_ALARM: Final = (
    Field(key="no_alarm", inner="no_alarm", kind=FLAG, required=True, meaning="true: no alarm is raised"),
    Field(key="between", inner="between_s", kind=_SPAN, default="at any time", meaning="from when to when"),
    Field(
        key="priority",
        inner="priority",
        kind=_PRIORITY,
        default="any",
        meaning="only alarms of this priority",
    ),
)
EVENT: Final = (
    Field(
        key="event",
        inner="event",
        kind=Text('"bag_dry"', choices=tuple(EVENT_KINDS)),
        required=True,
        meaning="the kind of an event that happens",
    ),
    Field(
        key="having", inner="having", kind=Pairs('{ cause = "dry" }'), default="any", meaning="what it says"
    ),
    *WHEN,
)
REFUSED: Final = (
    Field(key="refused", inner="refused", kind=_COMMAND, required=True, meaning="a command that is refused"),
    Field(key="reason", inner="reason", kind=_REASON, default="any", meaning="the reason's code"),
    *WHEN,
)
MODE: Final = (
    Field(
        key="mode",
        inner="mode",
        kind=Text('"running"', choices=tuple(mode.value for mode in Mode)),
        required=True,
        meaning="a delivery mode",
    ),
    Field(key="at", inner="at_s", kind=TIME, required=True, meaning="when the pump is in it"),
)


def quantity_fields(limits: Dimension) -> tuple[Field, ...]:
    """Return the keys of an expectation about a number of the dimension `limits`."""
    return (
        Field(
            key="quantity",
            inner="quantity",
            kind=Text('"shortfall_ml"', choices=tuple(QUANTITIES)),
            required=True,
            meaning="a number of the result",
        ),
        Field(key="min", inner="least_number", kind=limits, default="no limit", meaning="at least so much"),
        Field(key="max", inner="most_number", kind=limits, default="no limit", meaning="at most so much"),
        Field(
            key="equals",
            inner="equals",
            kind=limits,
            default="no limit",
            meaning="so much, within the tolerance",
        ),
        Field(
            key="tolerance",
            inner="tolerance",
            kind=limits,
            default="exactly",
            meaning="how far from `equals`",
        ),
        Field(
            key="never", inner="never", kind=FLAG, default="not asked", meaning="true: a time that never came"
        ),
    )


def read_expectation(table: Mapping[str, object], path: Path, faults: FaultList) -> Expectation | None:
    """Return the expectation of an `[[expect]]` table, or None; what is wrong with it goes to `faults`."""
    kinds = [name for name in KINDS if name in table]
    if len(kinds) != 1:
        what = f"{' and '.join(kinds)} are two expectations" if kinds else "it does not say what is expected"
        faults.add(path, what, f"give one of {', '.join(KINDS)}")
        return None
    before = len(faults.faults)
    expectation = KINDS[kinds[0]](table, path, faults)
    return expectation if len(faults.faults) == before else None


def _read_alarm(table: Mapping[str, object], path: Path, faults: FaultList) -> Expectation:
    values = read_fields(table, ALARM, path, faults)
    occasion = _occasion(values, path, faults)
    return AlarmExpected(code=values.pop("alarm", ""), occasion=occasion, **values)


def _read_no_alarm(table: Mapping[str, object], path: Path, faults: FaultList) -> Expectation:
    values = read_fields(table, NO_ALARM, path, faults)
    if not values.pop("no_alarm", True):
        faults.add((*path, "no_alarm"), "no_alarm = false expects nothing", 'write alarm = "..." with a code')
    occasion = _occasion({"between_s": values.pop("between_s", None), "never": True}, path, faults)
    return NoAlarm(occasion=occasion, **values)


def _read_quantity(table: Mapping[str, object], path: Path, faults: FaultList) -> Expectation:
    name = table["quantity"]
    dimension = dimension_of(name) if isinstance(name, str) and name in QUANTITIES else None
    values = read_fields(table, quantity_fields(dimension), path, faults) if dimension is not None else {}
    if dimension is None:
        remedy = did_you_mean(name, tuple(QUANTITIES)) if isinstance(name, str) else 'write "shortfall_ml"'
        faults.add((*path, "quantity"), f"quantity: {shorten(name)} is no number of a result", remedy)
    elif not {"min", "max", "equals", "never"} & set(table):
        faults.add(path, "the quantity has no limit", f"write such as max = {dimension.sample}")
    if "equals" in values:
        tolerance = values.get("tolerance", 0.0)
        values |= {
            "least_number": rounded(str(name), values["equals"] - tolerance),
            "most_number": rounded(str(name), values["equals"] + tolerance),
        }
    if values.get("least_number", 0.0) > values.get("most_number", float("inf")):
        faults.add((*path, "min"), "min is above max", "exchange them")
    limits = {key: values[key] for key in ("least_number", "most_number", "never") if key in values}
    return QuantityExpected(name=str(name), **limits)


def _read_event(table: Mapping[str, object], path: Path, faults: FaultList) -> Expectation:
    values = read_fields(table, EVENT, path, faults)
    occasion = _occasion(values, path, faults)
    kind, having = values.get("event"), values.get("having", ())
    if kind is not None:
        known = tuple(field.name for field in fields(EVENT_KINDS[kind]) if field.name not in {"t_s", "seq"})
        for name, _ in having:
            if name not in known:
                faults.add(
                    (*path, "having", name), f'{kind} says nothing of "{name}"', did_you_mean(name, known)
                )
    return EventExpected(kind=kind or "", having=having, occasion=occasion)


def _read_refusal(table: Mapping[str, object], path: Path, faults: FaultList) -> Expectation:
    values = read_fields(table, REFUSED, path, faults)
    occasion = _occasion(values, path, faults)
    return RefusalExpected(command=values.get("refused", ""), reason=values.get("reason"), occasion=occasion)


def _read_mode(table: Mapping[str, object], path: Path, faults: FaultList) -> Expectation:
    values = read_fields(table, MODE, path, faults)
    return ModeExpected(mode=values.get("mode", ""), at_s=values.get("at_s", 0.0))


KINDS: Final[Mapping[str, Callable[[Mapping[str, object], Path, FaultList], Expectation]]] = {
    "alarm": _read_alarm,
    "no_alarm": _read_no_alarm,
    "quantity": _read_quantity,
    "event": _read_event,
    "refused": _read_refusal,
    "mode": _read_mode,
}
"""By the key that tells an expectation's kind: how it is read."""


def _occasion(values: dict[str, Any], path: Path, faults: FaultList) -> Occasion:
    """Take when and how often out of `values`."""
    between_s, at_s = values.pop("between_s", None), values.pop("at_s", None)
    tolerance_s = values.pop("tolerance_s", None)
    count, never = values.pop("count", None), values.pop("never", False)
    if between_s is not None and between_s[0] > between_s[1]:
        faults.add((*path, "between"), "between ends before it begins", "write the earlier time first")
    if between_s is not None and at_s is not None:
        faults.add((*path, "at"), "at and between say two times", "take one of them out")
    if tolerance_s is not None and at_s is None:
        faults.add((*path, "tolerance"), "tolerance without at", "write at, or take it out")
    if never and count:
        faults.add((*path, "count"), "never and count contradict each other", "take one of them out")
    if at_s is not None:
        around_s = DEFAULT_TOLERANCE_S if tolerance_s is None else tolerance_s
        between_s = (at_s - around_s, at_s + around_s)
    return Occasion(between_s=between_s, count=0 if never else count)


# --- how findings are told


def show_time(t_s: float) -> str:
    """Return a time for people, to the millisecond."""
    sign = "-" if t_s < 0.0 else ""
    return sign + format_quantity(round(abs(t_s), 3), TIME)


def show(name: str, number: float) -> str:
    """Return a number for people, with the unit that its name ends with."""
    dimension = dimension_of(name)
    if dimension is TIME:
        return show_time(number)
    rounded = float(f"{number:.9g}")
    return f"{rounded:g}" if dimension is None else format_quantity(rounded, dimension)


def _tell(span: AlarmSpan) -> str:
    parts = [f"{span.priority}, raised at {show_time(span.raised_s)}"]
    later = (
        ("silenced", span.silenced_s),
        ("acknowledged", span.acknowledged_s),
        ("cleared", span.cleared_s),
    )
    parts += [f"{what} at {show_time(t_s)}" for what, t_s in later if t_s is not None]
    return ", ".join(parts)


def _listed(texts: Sequence[str]) -> str:
    more = len(texts) - SHOWN_COUNT
    return "; ".join(texts[:SHOWN_COUNT]) + (f"; and {more} more" if more > 0 else "")
