"""The phase table: what a pump runs through, one phase after the other."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Literal

from drivers.dialects.new_era.tables import (
    LARGEST_UL_DIAMETER_MM,
    LAST_PHASE,
    ML_H_PER_RATE_UNIT,
    ML_PER_VOLUME_UNIT,
)

Function = Literal["RAT", "STP", "CLD", "BEP"]
FUNCTIONS: Final[tuple[Function, ...]] = ("RAT", "STP", "CLD", "BEP")
"""Pump at a rate, stop, clear what was dispensed, beep. The family has more, of which too little is known."""


@dataclass(slots=True)
class Phase:
    """One phase. `keyed_volume` 0 has no end; its unit is the table's. `withdraws` turns the pusher back."""

    function: Function
    keyed_rate: Decimal = Decimal(0)
    rate_unit: str = "MH"
    keyed_volume: Decimal = Decimal(0)
    withdraws: bool = False

    @property
    def rate_ml_h(self) -> Decimal:
        """The rate in millilitres an hour."""
        return self.keyed_rate * ML_H_PER_RATE_UNIT[self.rate_unit]


def _fresh_phases() -> dict[int, Phase]:
    return {number: Phase("RAT" if number == 1 else "STP") for number in range(1, LAST_PHASE + 1)}


@dataclass(slots=True)
class PhaseTable:
    """What survives power-off: syringe, unit of volume, all phases and which one is being edited."""

    diameter_mm: Decimal = Decimal("26.59")
    volume_unit: str = "ML"
    edited_number: int = 1
    phases: dict[int, Phase] = field(default_factory=_fresh_phases)

    @property
    def edited(self) -> Phase:
        """The phase that commands read and change."""
        return self.phases[self.edited_number]

    def put_in(self, diameter_mm: Decimal) -> None:
        """Put in a syringe; its size decides the unit of volume until somebody names another."""
        self.diameter_mm = diameter_mm
        self.volume_unit = "UL" if diameter_mm <= LARGEST_UL_DIAMETER_MM else "ML"

    def volume_ml(self, phase: Phase) -> Decimal:
        """The target of `phase` in millilitres; 0: none."""
        return phase.keyed_volume * ML_PER_VOLUME_UNIT[self.volume_unit]
