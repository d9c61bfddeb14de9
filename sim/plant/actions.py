"""All that hands, accidents and weather can do to the plant: one union, carried out at once.

An action carries its outcome (a tap *works*, a thrombolytic *opens* the catheter): chance is
drawn in the World, never here. Times are the World's business too: a re-prime is many actions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


class CannotActError(Exception):
    """The action has nothing to act on; the text says why. It becomes an event, never a traceback."""


Where = Literal["upstream", "downstream"]
"""Upstream: between bag and pump. Downstream: between pump and vein."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clamp:
    """Close or open a clamp of the set. `where` downstream acts at the connector."""

    where: Where
    closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Kink:
    """Kink the tubing or straighten it: closed like a clamp, but another hand finds it."""

    where: Where
    closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClampCatheter:
    """Close or open the clamp on the catheter, on the patient's side of the connector."""

    closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect:
    """Join the line to the catheter, or take it off. Moves no fluid; pressure at an open end runs off."""

    connected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Occlude:
    """Obstruct a path. `fraction_frac` 1 closes it; below 1 it scales the conductance of catheter and vein.

    Or `resistance_mmhg_h_ml` gives catheter and vein together. Upstream only the whole closure
    has a meaning (R = 0 there), a fraction is refused.
    """

    where: Where
    fraction_frac: float = 1.0
    resistance_mmhg_h_ml: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearOcclusion:
    """Take every obstruction of that side away, clots included; clamps and kinks stay."""

    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowClot:
    """Let downstream resistance grow to `resistance_mmhg_h_ml` over `over_s`, in log-equal stairs."""

    resistance_mmhg_h_ml: float
    over_s: float
    stairs_count: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class AddAir:
    """Air enters: at the bag's end of the supply line, right before the detector, or behind the pump.

    `clinging` air sits at the detector and does not travel until it is tapped away.
    """

    volume_ml: float
    where: Literal["bag", "detector", "patient"] = "bag"
    clinging: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TapLine:
    """Tap the line: if it `works`, air in the supply line rises into the bag, a clinging bubble lets go."""

    works: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLeak:
    """Open a leak, or seal it with 0: the part of the flow lost, or replaced by air on the suction side."""

    where: Literal["upstream", "downstream", "filter"]
    fraction_frac: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HangBag:
    """Hang another bag in place of the present one, which is discarded with its rest."""

    fill_ml: float
    holdup_ml: float
    ug_per_ml: float
    drug_frac: float = 1.0
    air_ml: float = 0.0
    vented: bool = False
    temperature_c: float = 22.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeBag:
    """Take the air out of the bag."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HangSet:
    """Put in a new set full of air; the old one is discarded with what it holds."""

    prime_ml: float
    supply_ml: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeFilter:
    """Put in a new filter, or take it out with volume 0: what the old one held is discarded."""

    volume_ml: float
    resistance_mmhg_h_ml: float = 0.0
    vented: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ClogFilter:
    """Set the filter's resistance."""

    resistance_mmhg_h_ml: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Flush:
    """Push saline through the line, or the catheter alone, at once: a bolus of what stands there."""

    volume_ml: float
    where: Literal["line", "catheter"] = "line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Aspirate:
    """Draw back from the catheter with a syringe: what stands there, then blood; nothing if closed."""

    volume_ml: float
    where: Literal["line", "catheter"] = "catheter"


@dataclass(frozen=True, slots=True, kw_only=True)
class InfuseSaline:
    """Run saline into the catheter from a second source until `volume_ml` is in; rate 0 stops it."""

    rate_ml_h: float
    volume_ml: float


@dataclass(frozen=True, slots=True, kw_only=True)
class UseLumen:
    """Go over to another lumen: its own saline, free of clots; the old one keeps what it holds."""

    volume_ml: float
    resistance_mmhg_h_ml: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DislodgeNeedle:
    """The needle leaves the vein (fluid goes into tissue), or is put back."""

    out: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MovePump:
    """Carry the pump: how far the infusion site, and the bag, are above it."""

    site_above_cm: float
    bag_above_cm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapPump:
    """Another pump mechanism: its gain, without the old one's faults. By `Bench.swap_pump`, with its core."""

    gain_frac: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlugMains:
    """Mains power present or lost."""

    present: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InsertBattery:
    """A battery goes in with `level_frac` of its charge, or comes out (`present` false).

    `reversed_poles` is the wrong way round: no power, and no alarm can tell.
    """

    present: bool
    level_frac: float = 1.0
    reversed_poles: bool = False
    sound: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SetBattery:
    """Set the charge of the battery that is in."""

    level_frac: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachCassette:
    """Cassette on or off. Off, the flow-stop closes the line, unless it has failed."""

    attached: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SetDoor:
    """The door of the pump."""

    closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTemperature:
    """Temperature of pump and bag. A bag warmed from the refrigerator gives off its gas."""

    temperature_c: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SetFault:
    """A fault appears or goes, by name: one of `HIDDEN_FAULTS`, or one that the pump can find."""

    kind: str
    present: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SetGain:
    """The mechanism moves `gain_frac` times what it is told."""

    gain_frac: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Do nothing, on the record: what a test splits time with."""


PlantAction = (
    Clamp
    | Kink
    | ClampCatheter
    | Connect
    | Occlude
    | ClearOcclusion
    | GrowClot
    | AddAir
    | TapLine
    | SetLeak
    | HangBag
    | PurgeBag
    | HangSet
    | ChangeFilter
    | ClogFilter
    | Flush
    | Aspirate
    | InfuseSaline
    | UseLumen
    | DislodgeNeedle
    | MovePump
    | SwapPump
    | PlugMains
    | InsertBattery
    | SetBattery
    | AttachCassette
    | SetDoor
    | SetTemperature
    | SetFault
    | SetGain
    | Wait
)
