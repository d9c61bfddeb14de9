"""The delivery machine: nine modes, and the table that says which trigger leads from where to where.

The table is the whitelist: what is not in it cannot happen. It is data, so that the diagram in the
documents comes from it. `MACHINE` is the table in `transitions`; `NEXT_MODE` is the same table
compiled for the pump core, which fires it thousands of times (a dict costs a hundredth of a
trigger). A test holds the two together on every cell.

Alarms, power and lock are machines of their own; `pump/core.py` couples the four.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from transitions import Machine


class Mode(StrEnum):
    """What the pump is doing about delivery."""

    OFF = "off"
    SELF_TEST = "self_test"
    STOPPED = "stopped"
    PRIMING = "priming"
    RUNNING = "running"
    KVO = "kvo"
    HALTED = "halted"
    COMPLETE = "complete"
    FAULT = "fault"


class Trigger(StrEnum):
    """What can change the mode, from the outside or from within."""

    POWER_ON = "power_on"
    POWER_OFF = "power_off"
    TEST_PASSED = "test_passed"
    START = "start"
    START_LATER = "start_later"
    PRIME = "prime"
    PRIME_END = "prime_end"
    STOP = "stop"
    FINISH = "finish"
    FINISH_TO_KVO = "finish_to_kvo"
    HALT = "halt"
    ALARMS_CLEARED = "alarms_cleared"
    REFILL = "refill"
    FAIL = "fail"


_POWERED: Final = tuple(mode for mode in Mode if mode is not Mode.OFF)

TRANSITIONS: Final[tuple[tuple[Trigger, tuple[Mode, ...], Mode], ...]] = (
    (Trigger.POWER_ON, (Mode.OFF,), Mode.SELF_TEST),
    (Trigger.POWER_OFF, _POWERED, Mode.OFF),
    (Trigger.TEST_PASSED, (Mode.SELF_TEST,), Mode.STOPPED),
    (Trigger.START, (Mode.STOPPED, Mode.KVO), Mode.RUNNING),
    (Trigger.START_LATER, (Mode.STOPPED,), Mode.KVO),
    (Trigger.PRIME, (Mode.STOPPED, Mode.COMPLETE), Mode.PRIMING),
    (Trigger.PRIME_END, (Mode.PRIMING,), Mode.STOPPED),
    (Trigger.STOP, (Mode.RUNNING, Mode.KVO, Mode.PRIMING, Mode.COMPLETE), Mode.STOPPED),
    (Trigger.FINISH, (Mode.RUNNING,), Mode.COMPLETE),
    (Trigger.FINISH_TO_KVO, (Mode.RUNNING,), Mode.KVO),
    (Trigger.HALT, (Mode.STOPPED, Mode.PRIMING, Mode.RUNNING, Mode.KVO), Mode.HALTED),
    (Trigger.ALARMS_CLEARED, (Mode.HALTED,), Mode.STOPPED),
    (Trigger.REFILL, (Mode.COMPLETE,), Mode.STOPPED),
    (Trigger.FAIL, _POWERED, Mode.FAULT),
)
"""(trigger, modes it is possible in, mode it leads to)."""

DELIVERING: Final = frozenset({Mode.PRIMING, Mode.RUNNING, Mode.KVO})
"""The modes in which the mechanism turns."""


def _machine() -> Machine:
    machine = Machine(model=None, states=list(Mode), initial=Mode.OFF, auto_transitions=False)
    for trigger, modes_from, mode_to in TRANSITIONS:
        machine.add_transition(trigger.value, list(modes_from), mode_to)
    return machine


MACHINE: Final = _machine()
"""Fire it with `MACHINE.events["start"].trigger(model)`; the model is any object with a `state`."""

NEXT_MODE: Final[dict[tuple[Mode, Trigger], Mode]] = {
    (mode_from, trigger): mode_to for trigger, modes_from, mode_to in TRANSITIONS for mode_from in modes_from
}
"""The table compiled: what `MACHINE` does, for one look-up."""
