"""What a world is made from: one frozen, picklable value.

A scenario file becomes a `Setup`, a study varies one, a rewind uses one again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pump.settings import PumpSettings
from sim.plant.config import PlantConfig
from sim.world.procedure import Procedure

Value = str | float | bool
"""What a step's parameter may be, in inner units: mL, mL/h, s, mmHg, ug, fractions."""

DAY_S: Final = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What was prescribed: `dose_ug` of drug in `dose_in_ml` of solution, at a rate, for a time."""

    rate_ml_h: float = 0.6
    duration_s: float = 604800.0
    dose_ug: float = 196.0
    dose_in_ml: float | None = None

    @property
    def planned_ml(self) -> float:
        """Order rate times order duration."""
        return self.rate_ml_h * self.duration_s / 3600.0

    @property
    def ug_per_ml(self) -> float:
        """Concentration of the solution, by default over the order's own volume."""
        return self.dose_ug / (self.planned_ml if self.dose_in_ml is None else self.dose_in_ml)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing done at `at_s`: a verb, the hand (None: the verb's own), and parameters with outcomes.

    `params` is a tuple of pairs, sorted by name, so that a step can be compared, hashed and pickled.
    Names carry their units: `("volume_ml", 3.0)`.
    """

    at_s: float
    verb: str
    by: str | None = None
    params: tuple[tuple[str, Value], ...] = ()

    def get(self, name: str, default: Value | None = None) -> Value | None:
        """The parameter `name`, or `default`."""
        return dict(self.params).get(name, default)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A caregiver's written procedure attached in place of scripted steps, with its chances as overrides."""

    procedure: str
    overrides: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """A world before its first second.

    `clock_start_s` is the time of day at which it begins. `change_clock_s`, where the bag plan has one, is
    the time of day at which bags are changed, whatever is left in them.
    """

    id: str
    seed: int
    pump: PumpSettings
    plant: PlantConfig
    order: Order
    steps: tuple[Step, ...] = ()
    clock_start_s: float = 28800.0
    change_clock_s: float | None = None
    until_s: float | None = None
    response: Response | None = None
    procedures: Mapping[str, Procedure] = field(default_factory=dict)

    def planned_end_s(self, start_s: float) -> float:
        """When the bag that was started first at `start_s` is planned to end.

        That is the order's duration later, or the plan's hour that is nearest to it; delays do not move it.
        """
        end_s = start_s + self.order.duration_s
        if self.change_clock_s is None:
            return end_s
        early_s = (self.clock_start_s + end_s - self.change_clock_s) % DAY_S
        return end_s - early_s if early_s <= DAY_S / 2.0 else end_s - early_s + DAY_S
