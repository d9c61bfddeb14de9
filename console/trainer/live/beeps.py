"""The beeps beside the alarms, counted: a page sounds those that it has not sounded yet.

A key that the pump takes beeps. One that is off, tests itself, has a broken sounder, or has no access for the
hand is silent [F: keys without access are ignored silently, accessible ones beep: CADD-Legacy PLUS manual,
viewer page 19].
"""

from __future__ import annotations

from typing import Final

from pump.delivery import Mode
from pump.events import CommandAccepted, CommandRefused, Event, Noted
from pump.keypad import PanelView
from pump.lock import NO_ACCESS_KEY

MUTE: Final = frozenset({Mode.OFF, Mode.SELF_TEST})


class Beeps:
    """How often a pump has beeped; hears every event that follows from it."""

    def __init__(self) -> None:
        self.keys_count = 0
        self.doubles_count = 0
        self._pressed_s: float | None = None

    def hear(self, event: Event, core: PanelView) -> None:
        """Take in an event of the pump that has `core`."""
        if isinstance(event, CommandAccepted) and event.command == "press_key":
            self._pressed_s = None
            if event.detail.endswith(" down") and _can_beep(core):
                self._pressed_s = event.t_s
                self.keys_count += 1
        elif event.t_s == self._pressed_s and _is_denial(event):
            self._pressed_s = None
            self.keys_count -= 1
        elif isinstance(event, Noted) and event.what == "double_beep" and _can_beep(core):
            self.doubles_count += 1


def _can_beep(core: PanelView) -> bool:
    return core.mode not in MUTE and "tone" not in core.readings.faults


def _is_denial(event: Event) -> bool:
    """Whether an event says that the key before it was not taken."""
    return isinstance(event, CommandRefused) or (isinstance(event, Noted) and event.what == NO_ACCESS_KEY)
