"""The pump's own log: bounded, numbered, kept through power-off, made of nothing but its events.

Two thousand rows, the oldest overwritten, a running number that never starts again [F: BodyGuard 323]. Every
alarm has a row where it begins and one where it ends [F: CADD-Legacy PLUS manual p. 57]. The plant's events
are not the pump's to know and leave no row.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass
from typing import Any, Final, Self

from pump.alarm_table import ALARM_BY_CODE
from pump.events import (
    AlarmAcknowledged,
    AlarmCauseGone,
    AlarmCleared,
    AlarmEvent,
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

MAX_ROWS_COUNT: Final = 2000
"""How many rows are kept [F: BodyGuard 323]."""

MDC_DELIVERY_START: Final = 197288
MDC_DELIVERY_COMPLETE: Final = 197292
"""ISO/IEEE 11073 event codes [F: IHE IPEC]; for a stop only the name is known, MDC_EVT_PUMP_DELIV_STOP."""


@dataclass(frozen=True, slots=True)
class LogRow:
    """One row: `what` kind of entry, `code` of its subject (alarm, command, mode); `mdc_code` None: none."""

    number: int
    t_s: float
    what: str
    code: str
    mdc_code: int | None
    detail: str


Entry = tuple[str, str, int | None, str]
"""What, code, MDC code and detail of a row."""


class PumpLog:
    """The last rows of what the pump did and met. `note` takes every event, and drops the plant's."""

    __slots__ = ("_next_number", "_rows")

    def __init__(self, rows: Iterable[LogRow] = (), next_number: int = 1) -> None:
        self._rows: deque[LogRow] = deque(rows, maxlen=MAX_ROWS_COUNT)
        self._next_number = next_number

    def note(self, event: Event) -> None:
        """Add the row of `event`, if it is one of the pump's own."""
        writer = _WRITERS.get(type(event))
        if writer is None:
            return
        what, code, mdc_code, detail = writer(event)
        self._rows.append(LogRow(self._next_number, event.t_s, what, code, mdc_code, detail))
        self._next_number += 1

    @property
    def next_number(self) -> int:
        """The number that the next row will bear."""
        return self._next_number

    def rows(self, after_number: int = 0) -> tuple[LogRow, ...]:
        """Give the rows still kept whose number is above `after_number`, oldest first."""
        return tuple(row for row in self._rows if row.number > after_number)

    def snapshot(self) -> dict[str, Any]:
        """Give the log as plain JSON values."""
        return {"next_number": self._next_number, "rows": [list(astuple(row)) for row in self._rows]}

    @classmethod
    def restore(cls, snapshot: dict[str, Any]) -> Self:
        """Build the log that `snapshot` was taken of."""
        return cls((LogRow(*row) for row in snapshot["rows"]), snapshot["next_number"])


def _alarm(what: str) -> Callable[[Any], Entry]:
    """Make the writer of an alarm's rows."""

    def write(event: AlarmEvent) -> Entry:
        return what, event.code, ALARM_BY_CODE[event.code].mdc_code, _alarm_detail(event)

    return write


def _alarm_detail(event: AlarmEvent) -> str:
    match event:
        case AlarmRaised():
            return f"{event.priority}: {event.detail}" if event.detail else event.priority
        case AlarmSounded():
            return event.why
        case AlarmSilenced():
            return f"for {event.until_s - event.t_s:g} s"
        case _:
            return ""


def _mode(event: ModeChanged) -> Entry:
    mdc_code = None
    if event.mode_to == "running":
        mdc_code = MDC_DELIVERY_START
    elif event.mode_to == "complete":
        mdc_code = MDC_DELIVERY_COMPLETE
    return "mode", event.mode_to, mdc_code, f"from {event.mode_from}: {event.cause}"


def _rate(event: RateCommanded) -> Entry:
    return "rate", f"{event.rate_ml_h:g} mL/h", None, f"given {event.given_ml:.3f} mL"


def _turned_back(event: TurnedBack) -> Entry:
    return "turned_back", "", None, f"{event.volume_ml:.3f} mL"


def _accepted(event: CommandAccepted) -> Entry:
    return "command", event.command, None, " ".join(filter(None, (f"by {event.access}", event.detail)))


def _refused(event: CommandRefused) -> Entry:
    return "refused", event.command, None, f"by {event.access}: {event.reason}"


def _noted(event: Noted) -> Entry:
    return "note", event.what, None, event.detail


_WRITERS: Final[dict[type[Event], Callable[[Any], Entry]]] = {
    AlarmRaised: _alarm("alarm_begin"),
    AlarmCauseGone: _alarm("alarm_cause_gone"),
    AlarmSilenced: _alarm("alarm_silenced"),
    AlarmAcknowledged: _alarm("alarm_acknowledged"),
    AlarmSounded: _alarm("alarm_sounded"),
    AlarmCleared: _alarm("alarm_end"),
    ModeChanged: _mode,
    RateCommanded: _rate,
    TurnedBack: _turned_back,
    CommandAccepted: _accepted,
    CommandRefused: _refused,
    Noted: _noted,
}
