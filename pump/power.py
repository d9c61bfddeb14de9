"""Power: what the electronics draw, and what the pump believes about its supply.

The law of the load is one pure function, `drain_per_h`, used here for what the pump expects and by the plant
for what happens. Charge is a fraction of a full battery.

What is left is told in time, so that the levels follow the rate:

- *depleted*: what the stopped pump draws in 3 min; it stops, sounds the alarm for these 3 min and goes flat;
- *low*: above that what the running pump draws in 30 min, so that low comes 30 min before delivery ends, or
  earlier [F: IEC 60601-2-24 49.2].

A battery put in the wrong way shows a full charge and gives no power: the pump cannot know before it is
unplugged [F: CADD-Solis manual p. 4, no alarm exists].
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import inf
from typing import Final, Self

from transitions import Machine

from pump.machine import compiled, fire
from pump.seam import BEYOND_HALF, Readings, Watch

RECOVERY_FRAC: Final = 0.02
"""A low battery is low until it has this much more than the level, so that no rate change flickers (X)."""

FULL_FRAC: Final = 0.99
"""A battery counts as full from here; it is charged again when it has lost `RECOVERY_FRAC` (X)."""

HOUR_S: Final = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryLoad:
    """What a pump draws from a full battery: 1/T = `electronics_per_h` + `motor_per_ml` * rate, T in hours.

    Attributes:
        electronics_per_h: Share of a full battery that the running electronics use in an hour [D: a fit to
            the B. Braun lives of 15, 12 and 5 h at 25, 100 and 1200 mL/h].
        motor_per_ml: Share of a full battery that moving a millilitre uses [D: the same fit].
        stopped_frac: What the pump draws while on and not running, as a part of `electronics_per_h` (X).
        low_left_s: Low this long before delivery ends [F: IEC 60601-2-24 49.2, BodyGuard 323].
        depleted_left_s: Depleted this long before flat [F: IEC 60601-2-24 49.2; S: B. Braun, a tone of
            3 min, then off].
    """

    electronics_per_h: float = 0.064
    motor_per_ml: float = 0.00011
    stopped_frac: float = 0.5
    low_left_s: float = 1800.0
    depleted_left_s: float = 180.0


def drain_per_h(load: BatteryLoad, rate_ml_h: float, *, running: bool) -> float:
    """Give the share of a full battery that goes in an hour, running at `rate_ml_h` or on and stopped."""
    if running:
        return load.electronics_per_h + load.motor_per_ml * rate_ml_h
    return load.electronics_per_h * load.stopped_frac


def depleted_frac(load: BatteryLoad) -> float:
    """Give the charge at which the pump stops: the stopped pump then lasts `depleted_left_s`."""
    return drain_per_h(load, 0.0, running=False) * load.depleted_left_s / HOUR_S


def low_frac(load: BatteryLoad, rate_ml_h: float) -> float:
    """Give the charge at which the battery is low: running at `rate_ml_h` it then lasts `low_left_s`."""
    return depleted_frac(load) + drain_per_h(load, rate_ml_h, running=True) * load.low_left_s / HOUR_S


def left_s(load: BatteryLoad, battery_frac: float, rate_ml_h: float, *, running: bool) -> float:
    """Give how long delivery (or standing by) can go on before the battery is depleted; never below 0."""
    usable_frac = max(0.0, battery_frac - depleted_frac(load))
    drain = drain_per_h(load, rate_ml_h, running=running)
    return usable_frac / drain * HOUR_S if drain > 0.0 else inf


class Supply(StrEnum):
    """What the pump runs on, as it believes."""

    EXTERNAL = "external"
    CHARGING = "charging"
    BATTERY = "battery"
    LOW = "low"
    DEPLETED = "depleted"
    FLAT = "flat"
    """Nothing to run on: no external power, and no battery that gives any."""


SUPPLY: Final = Machine(
    model=None,
    states=[supply.value for supply in Supply],
    initial=Supply.EXTERNAL.value,
    auto_transitions=False,
    transitions=[
        {"trigger": "sense", "source": "*", "dest": "flat", "unless": "has_power"},
        {"trigger": "sense", "source": "*", "dest": "charging", "conditions": ["is_plugged_in", "charges"]},
        {"trigger": "sense", "source": "*", "dest": "external", "conditions": "is_plugged_in"},
        {"trigger": "sense", "source": "*", "dest": "depleted", "conditions": "is_depleted"},
        {"trigger": "sense", "source": "*", "dest": "low", "conditions": "is_low"},
        {"trigger": "sense", "source": "*", "dest": "battery"},
    ],
)
"""The supply's machine, run on `PowerState` objects. The first row whose conditions hold decides."""

_SUPPLY: Final = compiled(SUPPLY)


class PowerState:
    """What the pump believes about its supply: `sense` takes the readings in, everything else is asked.

    `state` is one of `Supply`. Nothing here changes by itself: the levels at which something would are
    given as `watches`.
    """

    __slots__ = ("_watches", "load", "rate_ml_h", "readings", "state")

    def __init__(self, load: BatteryLoad, readings: Readings, rate_ml_h: float = 0.0) -> None:
        self.load = load
        self.readings = readings
        self.rate_ml_h = rate_ml_h
        self.state: str = Supply.BATTERY.value
        fire(_SUPPLY, self, "sense")
        self._watches = self._find_watches()

    @classmethod
    def restore(cls, load: BatteryLoad, readings: Readings, rate_ml_h: float, state: str) -> Self:
        """Build the state that stood at `state` when these were the readings."""
        power = cls(load, readings, rate_ml_h)
        power.state = state
        power._watches = power._find_watches()
        return power

    def sense(self, readings: Readings, rate_ml_h: float) -> bool:
        """Take in `readings` and the rate of the programme; True if the supply changed."""
        before = self.state
        self.readings = readings
        self.rate_ml_h = rate_ml_h
        fire(_SUPPLY, self, "sense")
        self._watches = self._find_watches()
        return self.state != before

    # ---------------------------------------------------------------- conditions of the table

    @property
    def is_plugged_in(self) -> bool:
        """Whether external power is there."""
        return self.readings.mains_frac > BEYOND_HALF

    @property
    def has_battery(self) -> bool:
        """Whether a battery is in the pump."""
        return self.readings.battery_present_frac > BEYOND_HALF

    @property
    def is_sound(self) -> bool:
        """Whether the battery that is in holds what it should."""
        return self.readings.battery_sound_frac > BEYOND_HALF

    @property
    def charges(self) -> bool:
        """Whether there is a battery that takes charge and is not full."""
        charge_frac = self.readings.battery_frac
        if self.state == Supply.EXTERNAL:
            not_full = charge_frac <= FULL_FRAC - RECOVERY_FRAC
        else:
            not_full = charge_frac < FULL_FRAC
        return self.has_battery and self.is_sound and not_full

    @property
    def has_power(self) -> bool:
        """Whether the electronics get any power at all."""
        return self.readings.supply_frac > BEYOND_HALF

    @property
    def is_depleted(self) -> bool:
        """Whether the pump has to stop: at or below the level, and until well above it."""
        return self._is_at_or_below(depleted_frac(self.load), stays=self.state == Supply.DEPLETED)

    @property
    def is_low(self) -> bool:
        """Whether the battery is low, or was and has not recovered."""
        was_low = self.state in {Supply.LOW, Supply.DEPLETED}
        return self._is_at_or_below(low_frac(self.load, self.rate_ml_h), stays=was_low)

    # ---------------------------------------------------------------- answers

    def causes(self) -> frozenset[str]:
        """Give the codes of the alarms whose cause is there now."""
        codes: set[str] = set()
        match self.state:
            case Supply.BATTERY:
                codes = {"MAINS_LOST"}
            case Supply.LOW:
                codes = {"MAINS_LOST", "BATTERY_LOW"}
            case Supply.DEPLETED | Supply.FLAT:
                codes = {"MAINS_LOST", "BATTERY_LOW", "BATTERY_DEPLETED"}
            case _:
                if not self.has_battery:
                    codes = {"BATTERY_MISSING"}
                elif not self.is_sound:
                    codes = {"BATTERY_DEFECTIVE"}
        return frozenset(codes)

    def watches(self) -> tuple[Watch, ...]:
        """Give the levels at which the supply would change; others only after `sense`."""
        return self._watches

    def _find_watches(self) -> tuple[Watch, ...]:
        switches = (
            Watch("supply_frac", above=not self.has_power, level=BEYOND_HALF),
            Watch("mains_frac", above=not self.is_plugged_in, level=BEYOND_HALF),
            Watch("battery_present_frac", above=not self.has_battery, level=BEYOND_HALF),
            Watch(
                "battery_sound_frac",
                above=not self.is_sound,
                level=BEYOND_HALF,
            ),
        )
        # A battery that is not sound takes and gives nothing: its charge would wait at a level for ever.
        counts = self.has_battery and self.is_sound
        return (*switches, *(self._charge_watches() if counts else ()))

    def left_s(self, *, running: bool) -> float:
        """Give how long the battery lasts until it is depleted; `inf` on external power."""
        if self.is_plugged_in:
            return inf
        return left_s(self.load, self.readings.battery_frac, self.rate_ml_h, running=running)

    def _charge_watches(self) -> tuple[Watch, ...]:
        low = low_frac(self.load, self.rate_ml_h)
        depleted = depleted_frac(self.load)
        match self.state:
            case Supply.CHARGING:
                levels = [(FULL_FRAC, True)]
            case Supply.EXTERNAL:
                levels = [(FULL_FRAC - RECOVERY_FRAC, False)]
            case Supply.BATTERY:
                levels = [(low, False)]
            case Supply.LOW:
                levels = [(depleted, False), (low + RECOVERY_FRAC, True)]
            case Supply.DEPLETED:
                levels = [(depleted + RECOVERY_FRAC, True)]
            case _:
                levels = []
        return tuple(Watch("battery_frac", above=above, level=level) for level, above in levels)

    def _is_at_or_below(self, level_frac: float, *, stays: bool) -> bool:
        charge_frac = self.readings.battery_frac
        return charge_frac < level_frac + RECOVERY_FRAC if stays else charge_frac <= level_frac
