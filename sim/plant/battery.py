"""The battery's true charge: a straight line between events."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

from pump.seam import Drive
from sim.plant.config import BatteryConfig

PLAIN_STATE: Final = ("level_frac", "present", "sound", "reversed_poles")


@dataclass(slots=True)
class Battery:
    """Charge at the anchor and its slope. `reversed_poles` gives no power, and nothing can tell."""

    config: BatteryConfig
    level_frac: float
    present: bool
    sound: bool = True
    reversed_poles: bool = False
    slope_per_h: float = 0.0

    def usable(self) -> bool:
        """Whether it can feed the pump."""
        return self.present and self.sound and not self.reversed_poles and self.level_frac > 0.0

    def settle(self, tau_h: float) -> None:
        """Let `tau_h` pass."""
        self.level_frac = min(1.0, max(0.0, self.level_frac + self.slope_per_h * tau_h))

    def load(self, drive: Drive, *, mains: bool) -> None:
        """Take the slope from what the pump does and where its power comes from."""
        working = self.present and self.sound and not self.reversed_poles
        if not working:
            self.slope_per_h = 0.0
        elif mains:
            self.slope_per_h = 1.0 / self.config.charge_h if self.level_frac < 1.0 else 0.0
        elif not drive.powered or self.level_frac <= 0.0:
            self.slope_per_h = 0.0
        elif drive.rate_ml_h > 0.0:
            self.slope_per_h = -(self.config.running_per_h + self.config.per_ml * drive.rate_ml_h)
        else:
            self.slope_per_h = -self.config.idle_per_h

    def reading_frac(self, tau_h: float) -> float:
        """What the gauge shows after `tau_h`: a reversed battery shows full, a missing one empty."""
        if not self.present:
            return 0.0
        if self.reversed_poles:
            return 1.0
        if not self.slope_per_h:
            return self.level_frac
        return min(1.0, max(0.0, self.level_frac + self.slope_per_h * tau_h))

    def next_end_h(self) -> float:
        """Hours until it is full or flat."""
        if self.slope_per_h > 0.0:
            return (1.0 - self.level_frac) / self.slope_per_h
        if self.slope_per_h < 0.0:
            return self.level_frac / -self.slope_per_h
        return math.inf

    def snapshot(self) -> dict[str, Any]:
        """The state, JSON-able; the slope follows from what the pump does."""
        return {name: getattr(self, name) for name in PLAIN_STATE}

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Take over a state that `snapshot` gave."""
        for name in PLAIN_STATE:
            setattr(self, name, snapshot[name])
