"""What a bench needs of any plant: an infusion line, a syringe, or a rig of another make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from pump.events import Journal
from pump.seam import Drive, Readings, Watch
from sim.plant.actions import PlantAction


class Plant(Protocol):
    """Physics in closed form between events. `epoch_count` grows whenever the closed forms change."""

    epoch_count: int
    journal: Journal

    def next_event_s(self) -> float:
        """When the plant itself changes its closed forms next; inf if never."""
        ...

    def pass_event(self) -> None:
        """Go through that event."""
        ...

    def whens(self, watches: Sequence[Watch], from_s: float) -> list[float]:
        """When each watched reading is beyond its level, `from_s` at the earliest; inf if never."""
        ...

    def readings(self, t_s: float) -> Readings:
        """What the sensors say at `t_s`. Changes nothing."""
        ...

    def act(self, t_s: float, action: PlantAction) -> None:
        """Carry out an action and leave an event."""
        ...

    def drive(self, t_s: float, drive: Drive) -> float:
        """Obey the pump core. Returns how far the mechanism turned back, in mL as it counts."""
        ...

    def obstacle(self) -> str | None:
        """Why no drug flows, as far as the line is to blame; None: it is not."""
        ...

    def snapshot(self) -> dict[str, Any]:
        """All of the state, JSON-able."""
        ...

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Take over a state that `snapshot` gave."""
        ...
