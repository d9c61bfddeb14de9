"""State machines compiled to tables: what `transitions` would do, for one look-up and its conditions.

The machines stand as data in `transitions`, which draws them for the documents and holds their rules. The
pump fires them thousands of times in a study; `fire` on the compiled table costs a tenth of a trigger. A test
holds table and machine together on every cell.
"""

from __future__ import annotations

from typing import Any, Protocol

from transitions import Machine


class Model(Protocol):
    """What a machine is fired on: its conditions are properties of the model by their names."""

    state: str


Row = tuple[tuple[tuple[str, bool], ...], str]
"""The conditions of one transition, as (property, what it must be), and the state that it leads to."""

Table = dict[tuple[str, str], tuple[Row, ...]]
"""The transitions out of a state for a trigger, by (state, trigger), in the order in which they are tried."""


def compiled(machine: Machine) -> Table:
    """Return the table of a machine whose conditions are properties and that has no callbacks."""
    return {
        (state, trigger): tuple(_row(transition) for transition in transitions)
        for trigger, event in machine.events.items()
        for state, transitions in event.transitions.items()
    }


def _row(transition: Any) -> Row:  # noqa: ANN401  (the library's transition, which has no types)
    conditions = tuple((condition.func, condition.target) for condition in transition.conditions)
    return conditions, transition.source if transition.dest is None else transition.dest


def fire(table: Table, model: Model, trigger: str) -> bool:
    """Move `model` along the first transition whose conditions hold; False if none does.

    Raises:
        KeyError: nothing leads out of the model's state by that trigger.
    """
    for conditions, state_to in table[model.state, trigger]:
        if all(getattr(model, name) == wanted for name, wanted in conditions):
            model.state = state_to
            return True
    return False
