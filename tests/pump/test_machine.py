from __future__ import annotations

from itertools import product
from types import SimpleNamespace

import pytest
from transitions import Machine, MachineError

from pump.alarms import LIFE_CYCLE
from pump.lock import KEYBOARD
from pump.machine import compiled, fire
from pump.power import SUPPLY

MACHINES = {"LIFE_CYCLE": LIFE_CYCLE, "KEYBOARD": KEYBOARD, "SUPPLY": SUPPLY}


def conditions_of(machine: Machine) -> list[str]:
    """The names of all its conditions."""
    return sorted(
        {
            str(condition.func)
            for event in machine.events.values()
            for transitions in event.transitions.values()
            for transition in transitions
            for condition in transition.conditions
        }
    )


@pytest.mark.parametrize("name", MACHINES)
def test_table_and_machine_agree_on_every_cell(name: str) -> None:
    machine = MACHINES[name]
    table, conditions = compiled(machine), conditions_of(machine)
    for state, trigger in product(machine.states, machine.events):
        for held in product((False, True), repeat=len(conditions)):
            by_machine = SimpleNamespace(state=state, **dict(zip(conditions, held, strict=True)))
            by_table = SimpleNamespace(state=state, **dict(zip(conditions, held, strict=True)))
            try:
                moved = machine.events[trigger].trigger(by_machine)
            except MachineError:
                with pytest.raises(KeyError):
                    fire(table, by_table, trigger)
            else:
                assert fire(table, by_table, trigger) == moved
            assert by_table == by_machine


def test_conditions_are_tried_in_order_and_either_way() -> None:
    machine = Machine(
        model=None,
        states=["a", "b", "c"],
        initial="a",
        auto_transitions=False,
        transitions=[
            {"trigger": "go", "source": "a", "dest": "b", "conditions": "open", "unless": "late"},
            {"trigger": "go", "source": "a", "dest": "c", "conditions": "late"},
        ],
    )
    table = compiled(machine)
    for is_open, late, state, moved in (
        (True, False, "b", True),
        (True, True, "c", True),
        (False, True, "c", True),
        (False, False, "a", False),
    ):
        model = SimpleNamespace(state="a", open=is_open, late=late)
        assert fire(table, model, "go") is moved
        assert model.state == state
