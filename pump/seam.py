"""The seam between the pump core and whatever physics it is fastened to.

Three values cross it, and nothing else:

- `Readings` go in: all that a pump can sense of the world, at one instant.
- `Watch` goes out: a level of one reading at which the core wants to be called. The core never polls.
- `Drive` goes out: what the mechanism is to do from now on.

The bench (`sim/bench.py`) carries them. A core fastened to real hardware would get the same three.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

ReadingName = Literal[
    "p_down_mmhg",
    "p_up_mmhg",
    "air_frac",
    "cassette_frac",
    "door_frac",
    "supply_frac",
    "mains_frac",
    "battery_present_frac",
    "battery_frac",
    "battery_sound_frac",
    "temperature_c",
    "flow_ml_h",
    "fault_count",
    "drug_flow_ml_h",
    "dry_frac",
]
"""Names a `Watch` may carry. The last two are truth: the pump has no sensor for them."""

BEYOND_HALF: Final = 0.5
"""The level between no (0.0) and yes (1.0) of a reading that is a switch."""


@dataclass(frozen=True, slots=True)
class Readings:
    """What the sensors of a pump say at one instant. Switches read 0.0 (no) or 1.0 (yes).

    Pressures are relative to the air around the pump. `air_frac` is the part of the detector's
    field that is air (0 = liquid). `battery_frac` is the charge left of a full battery.
    `supply_frac` says
    whether the electronics have power at all, from mains or a battery: without it the core is off at
    that instant. `flow_ml_h` is the flow sensor's, where the profile has one. `faults` are the hardware
    faults a self-test or a supervisor would find, by the names of `pump/selftest.py`.
    """

    p_down_mmhg: float = 0.0
    p_up_mmhg: float = 0.0
    air_frac: float = 0.0
    cassette_frac: float = 1.0
    door_frac: float = 1.0
    supply_frac: float = 1.0
    mains_frac: float = 1.0
    battery_present_frac: float = 1.0
    battery_frac: float = 1.0
    battery_sound_frac: float = 1.0
    temperature_c: float = 22.0
    flow_ml_h: float = 0.0
    faults: frozenset[str] = frozenset()

    @property
    def fault_count(self) -> float:
        """How many hardware faults stand, as a level that a watch can be set on."""
        return float(len(self.faults))


@dataclass(frozen=True, slots=True)
class Watch:
    """Call me when `reading` goes strictly above (or below) `level`.

    A level crossed by motion is found once until the plant's next event; a reading put beyond
    the level by a jump is found at once. After a call the core watches for the way back, at a
    level of its own (hysteresis), so that no condition can flicker on a rounding error.
    """

    reading: ReadingName
    above: bool
    level: float


@dataclass(frozen=True, slots=True)
class Drive:
    """What the mechanism is to do from now on.

    `rate_ml_h` is the nominal flow; the mechanism makes of it what its gain allows.
    `push_ml` is moved at once, on to the mark of the stroke that was begun.
    `reverse_to_ml`, where not None, turns the mechanism back at once until no more than this
    volume is stored downstream; how far it turned comes back by `PumpCore.turned_back`.
    `powered` says whether the electronics draw anything. `withdraws` turns the mechanism the other way.
    """

    rate_ml_h: float
    push_ml: float = 0.0
    reverse_to_ml: float | None = None
    powered: bool = True
    priming: bool = False
    withdraws: bool = False
