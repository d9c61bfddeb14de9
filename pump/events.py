"""What happened, as the pump core tells it. Every event is numbered; nothing happens without one.

The journal is shared by everything behind one bench, so that one sequence orders pump, plant
and truth. The plant's and the truth's own events stand in `sim/events.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened at `t_s`, the `seq`-th of its journal."""

    t_s: float
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeChanged(Event):
    """The delivery mode changed. `cause` is a command's name, an alarm's code or a counter."""

    mode_from: str
    mode_to: str
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RateCommanded(Event):
    """The core asks the mechanism for another flow. Counters are anchored here, before any push.

    `given_ml` and `reservoir_ml` are what the core believes after `push_ml`.
    """

    rate_ml_h: float
    push_ml: float
    given_ml: float
    reservoir_ml: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnedBack(Event):
    """The mechanism turned back to let stored pressure go (anti-bolus)."""

    volume_ml: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandAccepted(Event):
    """A command was carried out. `detail` says with what, in a few words."""

    command: str
    access: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRefused(Event):
    """A command was not carried out. `reason` is a code of `pump/errors.py`; `text` is for people."""

    command: str
    access: str
    reason: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmEvent(Event):
    """Something in the life of the alarm `code`."""

    code: str
    priority: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRaised(AlarmEvent):
    """The condition became active. `detail` gives the reading and the limit."""

    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmCauseGone(AlarmEvent):
    """The condition is no longer there; a latching alarm goes on until it is acknowledged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmSilenced(AlarmEvent):
    """The sound is paused; the light is not."""

    until_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmAcknowledged(AlarmEvent):
    """Somebody has taken notice by a key or a command."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmSounded(AlarmEvent):
    """The signal came back or changed: the pause ended, a reminder, an escalation, its turn came."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmCleared(AlarmEvent):
    """The alarm ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted(Event):
    """Anything else that a log keeps: a key without access, a self-test step, a lock change, a warning."""

    what: str
    detail: str = ""


EventT = TypeVar("EventT", bound=Event)


class Journal:
    """The growing list of events behind one bench. Append-only; the sequence starts at 1."""

    __slots__ = ("events", "next_seq")

    def __init__(self, next_seq: int = 1) -> None:
        self.events: list[Event] = []
        self.next_seq = next_seq

    def add(self, kind: type[EventT], t_s: float, **fields: Any) -> EventT:
        """Append an event of `kind` at `t_s` with the next number and return it."""
        event = kind(t_s=t_s, seq=self.next_seq, **fields)
        self.next_seq += 1
        self.events.append(event)
        return event
