"""The alarms' life: a set of standing alarms of which one is signalled at a time.

What alarms there are, and everything that is particular to one of them, stands in
`pump/alarm_table.py`. Here is what they have in common, modelled on IEC 60601-1-8:

- A *condition* is inactive, active or latched (`LIFE_CYCLE`). Latched: the cause is gone, and
  nobody has taken notice.
- A *signal* is on, silenced (sound off for at most two minutes, light on) or has stepped back:
  somebody acknowledged it while the cause persists, or the few seconds of a low message are over.
- *One* alarm is signalled: of those that have not stepped back the one with the highest priority,
  then the oldest, then the first of the table. The others wait; everything is logged.

Nothing keeps quiet for ever while its cause persists: a pause ends, an acknowledged alarm comes back,
a reminder repeats, and what nobody answers for ten minutes escalates. Every one of these is a deadline.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from enum import StrEnum
from math import inf
from typing import Any, Final, Self

from transitions import Machine

from pump.alarm_table import ALARM_BY_CODE, ALARMS, AlarmRow, Clears, Priority
from pump.events import (
    AlarmAcknowledged,
    AlarmCauseGone,
    AlarmCleared,
    AlarmRaised,
    AlarmSilenced,
    AlarmSounded,
    Journal,
    Noted,
)
from pump.machine import compiled, fire

__all__ = [
    "ALARMS",
    "ALARM_BY_CODE",
    "LIFE_CYCLE",
    "AlarmRow",
    "AlarmSet",
    "AlarmTimings",
    "Clears",
    "Priority",
    "Standing",
    "State",
    "Why",
]

MAX_AUDIO_PAUSE_S: Final = 120.0
"""No pause of the sound is longer [F: GIP 3.2.1]."""

_TABLE_PLACE: Final = {row.code: place for place, row in enumerate(ALARMS)}


class State(StrEnum):
    """The state of an alarm condition, in the words of IEC 60601-1-8 [F: IHE PCD TF-2 table B.8.5-3]."""

    INACTIVE = "inactive"
    ACTIVE = "active"
    LATCHED = "latched"


class Why(StrEnum):
    """Why a signal came back or changed: the `why` of `AlarmSounded`."""

    TURN = "turn"
    PAUSE_OVER = "pause_over"
    NEW_ALARM = "new_alarm"
    STILL_THERE = "still_there"
    REPEAT = "repeat"
    CAUSE_BACK = "cause_back"
    ESCALATED = "escalated"


LIFE_CYCLE: Final = Machine(
    model=None,
    states=[state.value for state in State],
    initial=State.INACTIVE.value,
    auto_transitions=False,
    transitions=[
        {"trigger": "begin", "source": "inactive", "dest": "active"},
        {"trigger": "begin", "source": "latched", "dest": "active"},
        {"trigger": "cause_gone", "source": "active", "dest": "latched", "conditions": "latches"},
        {"trigger": "cause_gone", "source": "active", "dest": "inactive"},
        {"trigger": "acknowledge", "source": "active", "dest": "active", "conditions": "outlives_notice"},
        {"trigger": "acknowledge", "source": "active", "dest": "inactive"},
        {"trigger": "acknowledge", "source": "latched", "dest": "latched", "conditions": "outlives_notice"},
        {"trigger": "acknowledge", "source": "latched", "dest": "inactive"},
        {"trigger": "reset", "source": ["active", "latched"], "dest": "inactive"},
    ],
)
"""The life cycle of one alarm condition, run on `Standing` objects."""

_LIFE_CYCLE: Final = compiled(LIFE_CYCLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmTimings:
    """What a profile may set about all alarms. `escalates` False keeps unanswered alarms as they are."""

    audio_pause_s: float = MAX_AUDIO_PAUSE_S
    escalates: bool = True

    def __post_init__(self) -> None:
        """Refuse a pause that would be none, or longer than two minutes."""
        if not 0.0 < self.audio_pause_s <= MAX_AUDIO_PAUSE_S:
            raise ValueError(f"audio_pause_s must be above 0 and at most 120, not {self.audio_pause_s}")


@dataclass(slots=True, kw_only=True)
class Standing:
    """One alarm that stands. It belongs to its `AlarmSet`; everybody else only reads it.

    Attributes:
        row: Its row of the table.
        priority: The row's, or the one it was raised with.
        raised_s: When it became an alarm.
        detail: The reading and the limit that raised it.
        state: Of the condition.
        acknowledged_s: When somebody took notice of it; None: nobody has.
        silenced_until_s: When the pause of its sound ends; None: no pause.
        sounded_s: When its signal last began; None while it waits for its turn or has stepped back.
        unanswered_s: Since when its signal has gone unanswered; None where no answer is awaited, or where
            another alarm is signalled meanwhile.
        stepped_back: Whether it lets the others pass: acknowledged, or its message is over.
        back_s: When a signal that has stepped back returns; None: never.
        escalated: Whether its signal has become more insistent.
    """

    row: AlarmRow
    priority: Priority
    raised_s: float
    detail: str = ""
    state: str = State.INACTIVE.value
    acknowledged_s: float | None = None
    silenced_until_s: float | None = None
    sounded_s: float | None = None
    unanswered_s: float | None = None
    stepped_back: bool = False
    back_s: float | None = None
    escalated: bool = False

    @property
    def code(self) -> str:
        """The alarm's code."""
        return self.row.code

    @property
    def is_active(self) -> bool:
        """Whether the cause is there now."""
        return self.state == State.ACTIVE

    @property
    def latches(self) -> bool:
        """Whether it goes on when its cause is gone."""
        if self.row.clears is Clears.POWER_CYCLE:
            return True
        return self.row.latching and self.acknowledged_s is None

    @property
    def outlives_notice(self) -> bool:
        """Whether it goes on when somebody takes notice of it."""
        if self.row.clears is Clears.POWER_CYCLE:
            return True
        return self.is_active and self.row.clears is not Clears.NOTICE

    @property
    def is_sounding(self) -> bool:
        """Whether its sound is on, given that it is the one signalled."""
        return not self.stepped_back and self.silenced_until_s is None

    @property
    def rank(self) -> tuple[bool, int, float, int]:
        """What orders the queue: the smallest is signalled."""
        return (self.stepped_back, self.priority.rank, self.raised_s, _TABLE_PLACE[self.code])

    @property
    def message_over_s(self) -> float:
        """When its signal steps back by itself; `inf` for never. An escalated one never does."""
        if self.sounded_s is None or self.escalated or not self.is_sounding:
            return inf
        return self.sounded_s + self.row.sounds_for_s

    @property
    def escalates_s(self) -> float:
        """When it escalates if nobody answers; `inf` for never."""
        if self.unanswered_s is None or self.escalated:
            return inf
        return self.unanswered_s + self.row.escalates_after_s


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pending:
    """A condition that has to last until `due_s` before it is an alarm."""

    due_s: float
    detail: str
    priority: Priority


class AlarmSet:
    """Every alarm that stands or is about to, and the one that is signalled.

    Times are absolute, in seconds, and never go back. What happens is added to `journal`.
    """

    __slots__ = ("_calling", "_pending", "_standing", "journal", "timings")

    def __init__(self, journal: Journal, timings: AlarmTimings | None = None) -> None:
        self.journal = journal
        self.timings = timings or AlarmTimings()
        self._standing: dict[str, Standing] = {}
        self._pending: dict[str, _Pending] = {}
        self._calling: str | None = None
        """Whose signal is on: the first of the queue, unless all have stepped back."""

    # ---------------------------------------------------------------- conditions come and go

    def begin(
        self,
        t_s: float,
        code: str,
        detail: str = "",
        priority: str | None = None,
        debounce_s: float | None = None,
    ) -> None:
        """Report that the condition of alarm `code` is there; it is raised when its debounce is over.

        Reporting again what is there already changes nothing. `priority` and `debounce_s` stand in for the
        table's, where the same condition weighs differently (a cassette lost while stopped).

        Raises:
            KeyError: `code` is in no row of the table.
        """
        row = ALARM_BY_CODE[code]
        standing = self._standing.get(code)
        if standing is not None:
            if standing.state == State.LATCHED:
                self._cause_back(t_s, standing)
            return
        pending = _Pending(
            due_s=t_s + (row.debounce_s if debounce_s is None else debounce_s),
            detail=detail,
            priority=row.priority if priority is None else Priority(priority),
        )
        if pending.due_s <= t_s:
            self._raise(t_s, row, pending)
        elif code not in self._pending or pending.due_s < self._pending[code].due_s:
            self._pending[code] = pending

    def end(self, t_s: float, code: str) -> None:
        """Report that the cause of alarm `code` is gone. What was not there changes nothing."""
        if self._pending.pop(code, None) is not None:
            self.journal.add(Noted, t_s, what="alarm_too_brief", detail=code)
            return
        standing = self._standing.get(code)
        if standing is None or not standing.is_active:
            return
        fire(_LIFE_CYCLE, standing, "cause_gone")
        self.journal.add(AlarmCauseGone, t_s, code=code, priority=standing.priority.value)
        self._settle(t_s, standing)

    def cancel(self, code: str) -> None:
        """Forget without a word a condition that is still being debounced: it was no trouble."""
        self._pending.pop(code, None)

    def clear_all(self, t_s: float) -> None:
        """End every alarm, as a power cycle does."""
        self._pending.clear()
        self._calling = None
        for standing in sorted(self._standing.values(), key=_table_place):
            fire(_LIFE_CYCLE, standing, "reset")
            self.journal.add(AlarmCleared, t_s, code=standing.code, priority=standing.priority.value)
        self._standing.clear()

    # ---------------------------------------------------------------- hands

    def acknowledge(self, t_s: float) -> tuple[str, ...]:
        """Take notice of the alarm that is signalled, or else of the first whose message is over.

        It ends if its cause is gone. If not it steps back behind the others and returns after a while,
        so that acknowledging again and again walks through all that stands.

        Returns:
            The code of the alarm; nothing where no alarm waits for notice.
        """
        standing = self._awaiting_notice()
        if standing is None:
            return ()
        self.journal.add(AlarmAcknowledged, t_s, code=standing.code, priority=standing.priority.value)
        fire(_LIFE_CYCLE, standing, "acknowledge")
        standing.acknowledged_s = t_s
        standing.silenced_until_s = None
        standing.unanswered_s = None
        standing.escalated = False
        self._step_back(standing, t_s)
        self._settle(t_s, standing)
        return (standing.code,)

    def silence(self, t_s: float) -> bool:
        """Pause the sound of the alarm that is signalled; False where nothing sounds."""
        standing = self.signalled()
        if standing is None or not standing.is_sounding:
            return False
        until_s = t_s + self.timings.audio_pause_s
        standing.silenced_until_s = until_s
        standing.unanswered_s = None
        standing.escalated = False
        self.journal.add(
            AlarmSilenced, t_s, code=standing.code, priority=standing.priority.value, until_s=until_s
        )
        return True

    # ---------------------------------------------------------------- time

    def next_deadline_s(self) -> float:
        """When something here changes by itself; `inf` if nothing does."""
        due_s = inf
        for pending in self._pending.values():
            due_s = min(due_s, pending.due_s)
        for standing in self._standing.values():
            due_s = min(due_s, self._signal_due_s(standing))
        return due_s

    def wake(self, t_s: float) -> None:
        """Do everything that is due at `t_s`, in the order of the table."""
        while True:
            due = min(self._due(t_s), default=None)
            if due is None:
                return
            _, _, code = due
            pending = self._pending.pop(code, None)
            if pending is not None:
                self._raise(t_s, ALARM_BY_CODE[code], pending)
            else:
                self._change_signal(t_s, self._standing[code])

    # ---------------------------------------------------------------- questions

    def signalled(self) -> Standing | None:
        """The one alarm that is signalled; None where none stands, or only the icons of low ones."""
        first = min(self._standing.values(), key=_rank, default=None)
        if first is not None and first.stepped_back and first.priority is Priority.LOW:
            return None
        return first

    def standing(self) -> tuple[Standing, ...]:
        """Every alarm that stands, in the order of the queue."""
        return tuple(sorted(self._standing.values(), key=_rank))

    def pending_codes(self) -> tuple[str, ...]:
        """Conditions that are there and still being debounced, in table order."""
        return tuple(sorted(self._pending, key=_TABLE_PLACE.__getitem__))

    def is_standing(self, code: str) -> bool:
        """Whether alarm `code` is active or latched."""
        return code in self._standing

    def is_active(self, code: str) -> bool:
        """Whether alarm `code` stands and its cause is there."""
        standing = self._standing.get(code)
        return standing is not None and standing.is_active

    def halts(self) -> bool:
        """Whether an alarm stands that stops delivery."""
        return bool(self._standing) and any(each.row.stops_delivery for each in self._standing.values())

    def start_blockers(self) -> tuple[str, ...]:
        """Alarms that keep the pump from starting, in table order: those that stop it."""
        blockers = (each for each in self._standing.values() if each.row.stops_delivery)
        return tuple(standing.code for standing in sorted(blockers, key=_table_place))

    # ---------------------------------------------------------------- keeping

    def snapshot(self) -> dict[str, Any]:
        """Give everything that is needed to go on, as plain JSON values."""
        return {
            "calling": self._calling,
            "pending": [
                {"code": code, "due_s": each.due_s, "detail": each.detail, "priority": each.priority.value}
                for code, each in self._pending.items()
            ],
            "standing": [
                {"code": each.code, "priority": each.priority.value}
                | {name: getattr(each, name) for name in _KEPT_AS_THEY_ARE}
                for each in self._standing.values()
            ],
        }

    @classmethod
    def restore(cls, journal: Journal, timings: AlarmTimings, snapshot: dict[str, Any]) -> Self:
        """Build the set that `snapshot` was taken of."""
        alarms = cls(journal, timings)
        alarms._calling = snapshot["calling"]
        for each in snapshot["pending"]:
            alarms._pending[each["code"]] = _Pending(
                due_s=each["due_s"], detail=each["detail"], priority=Priority(each["priority"])
            )
        for each in snapshot["standing"]:
            alarms._standing[each["code"]] = Standing(
                row=ALARM_BY_CODE[each["code"]],
                priority=Priority(each["priority"]),
                **{name: each[name] for name in _KEPT_AS_THEY_ARE},
            )
        return alarms

    # ---------------------------------------------------------------- inside

    def _raise(self, t_s: float, row: AlarmRow, pending: _Pending) -> None:
        self._pending.pop(row.code, None)
        standing = Standing(row=row, priority=pending.priority, raised_s=t_s, detail=pending.detail)
        fire(_LIFE_CYCLE, standing, "begin")
        self._standing[row.code] = standing
        self.journal.add(
            AlarmRaised, t_s, code=row.code, priority=standing.priority.value, detail=pending.detail
        )
        self._give_turn(t_s, newcomer=standing)
        self._end_pause_for(t_s, standing)

    def _end_pause_for(self, t_s: float, newcomer: Standing) -> None:
        """Sound the silenced alarm again that keeps an equally urgent newcomer waiting.

        Somebody has silenced what they know; what they do not know yet must not be silent with it.
        """
        calling = self._calling_alarm()
        if calling is None or calling is newcomer or calling.silenced_until_s is None:
            return
        if newcomer.priority is calling.priority:
            calling.silenced_until_s = None
            self._sound(t_s, calling, Why.NEW_ALARM)

    def _cause_back(self, t_s: float, standing: Standing) -> None:
        fire(_LIFE_CYCLE, standing, "begin")
        self.journal.add(Noted, t_s, what="alarm_cause_back", detail=standing.code)
        standing.acknowledged_s = None
        standing.silenced_until_s = None
        self._step_forward(t_s, standing, Why.CAUSE_BACK)

    def _settle(self, t_s: float, standing: Standing) -> None:
        """Take a condition off the set that has become inactive, and let the next one have its turn."""
        if standing.state == State.INACTIVE:
            if standing is self._calling_alarm():
                self._calling = None
            del self._standing[standing.code]
            self.journal.add(AlarmCleared, t_s, code=standing.code, priority=standing.priority.value)
        if self._standing:
            self._give_turn(t_s)

    def _awaiting_notice(self) -> Standing | None:
        calling = self._calling_alarm()
        if calling is not None:
            return calling
        unnoticed = (each for each in self._standing.values() if each.acknowledged_s is None)
        return min(unnoticed, key=_rank, default=None)

    def _calling_alarm(self) -> Standing | None:
        return None if self._calling is None else self._standing.get(self._calling)

    def _due(self, t_s: float) -> Iterator[tuple[float, int, str]]:
        """Everything that is due, with what orders it: time, then the place in the table."""
        for code, pending in self._pending.items():
            if pending.due_s <= t_s:
                yield pending.due_s, _TABLE_PLACE[code], code
        for code, standing in self._standing.items():
            due_s = self._signal_due_s(standing)
            if due_s <= t_s:
                yield due_s, _TABLE_PLACE[code], code

    def _signal_due_s(self, standing: Standing) -> float:
        return min(
            inf if standing.silenced_until_s is None else standing.silenced_until_s,
            inf if standing.back_s is None else standing.back_s,
            standing.message_over_s,
            standing.escalates_s if self.timings.escalates else inf,
        )

    def _change_signal(self, t_s: float, standing: Standing) -> None:
        """Let the earliest deadline of one alarm's signal take effect."""
        due_s = self._signal_due_s(standing)
        if standing.silenced_until_s == due_s:
            standing.silenced_until_s = None
            if standing is self._calling_alarm():
                self._sound(t_s, standing, Why.PAUSE_OVER)
        elif standing.escalates_s == due_s and self.timings.escalates:
            standing.escalated = True
            self._step_forward(t_s, standing, Why.ESCALATED)
        elif standing.back_s == due_s:
            noticed = standing.acknowledged_s is not None
            self._step_forward(t_s, standing, Why.STILL_THERE if noticed else Why.REPEAT)
        else:
            self.journal.add(Noted, t_s, what="alarm_message_over", detail=standing.code)
            self._step_back(standing, t_s)
            self._give_turn(t_s)

    def _step_back(self, standing: Standing, t_s: float) -> None:
        standing.stepped_back = True
        standing.sounded_s = None
        standing.back_s = None if standing.row.repeat_s == inf else t_s + standing.row.repeat_s
        if standing is self._calling_alarm():
            self._calling = None

    def _step_forward(self, t_s: float, standing: Standing, why: Why) -> None:
        standing.stepped_back = False
        standing.back_s = None
        if standing is self._calling_alarm():
            self._sound(t_s, standing, why)
        else:
            self._give_turn(t_s, newcomer=standing, why=why)

    def _give_turn(self, t_s: float, newcomer: Standing | None = None, why: Why | None = None) -> None:
        """Signal the first of the queue. A newcomer that is first says `why`, or nothing when just raised."""
        first = min(self._standing.values(), key=_rank)
        before = self._calling_alarm()
        if first.stepped_back:
            return
        for other in self._standing.values():
            if other is not first:
                other.sounded_s = None
                other.unanswered_s = None
        if first is before:
            return
        self._calling = first.code
        if first is newcomer and why is None:
            first.sounded_s = t_s
            first.unanswered_s = t_s
        elif first.silenced_until_s is None:
            self._sound(t_s, first, Why.TURN if first is not newcomer or why is None else why)

    def _sound(self, t_s: float, standing: Standing, why: Why) -> None:
        standing.sounded_s = t_s
        if standing.unanswered_s is None:
            standing.unanswered_s = t_s
        self.journal.add(
            AlarmSounded, t_s, code=standing.code, priority=standing.priority.value, why=why.value
        )


_KEPT_AS_THEY_ARE: Final = tuple(
    field.name for field in fields(Standing) if field.name not in {"row", "priority"}
)


def _rank(standing: Standing) -> tuple[bool, int, float, int]:
    return standing.rank


def _table_place(standing: Standing) -> int:
    return _TABLE_PLACE[standing.code]
