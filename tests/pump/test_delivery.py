"""The delivery machine: the compiled table does what the machine does, and nothing else is possible."""

import itertools

import pytest
from transitions import MachineError

from pump.delivery import DELIVERING, MACHINE, NEXT_MODE, TRANSITIONS, Mode, Trigger


class Model:
    __slots__ = ("state",)

    def __init__(self, state: Mode) -> None:
        self.state = state


@pytest.mark.parametrize(("mode", "trigger"), list(itertools.product(Mode, Trigger)))
def test_machine_and_compiled_table_agree_on_every_cell(mode: Mode, trigger: Trigger) -> None:
    model = Model(mode)
    if (mode, trigger) in NEXT_MODE:
        assert MACHINE.events[trigger.value].trigger(model)
        assert model.state is NEXT_MODE[mode, trigger]
    else:
        with pytest.raises(MachineError):
            MACHINE.events[trigger.value].trigger(model)


def test_there_are_no_back_doors() -> None:
    assert set(MACHINE.events) == {trigger.value for trigger in Trigger}


def test_every_trigger_has_one_row() -> None:
    assert sorted(trigger for trigger, _, _ in TRANSITIONS) == sorted(Trigger)


def test_a_pump_that_is_off_can_only_be_switched_on() -> None:
    assert [trigger for mode, trigger in NEXT_MODE if mode is Mode.OFF] == [Trigger.POWER_ON]


def test_nothing_leads_from_halt_or_fault_to_delivery() -> None:
    for mode in (Mode.HALTED, Mode.FAULT, Mode.SELF_TEST, Mode.OFF):
        assert not [to for (mode_from, _), to in NEXT_MODE.items() if mode_from is mode and to in DELIVERING]
