"""What hangs on the pole before anything happens: bag, set, filter, catheter, site, mechanism, battery."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class BagConfig:
    """A bag. `holdup_ml` is liquid that never comes out; `air_ml` lies above the liquid (0 = purged)."""

    fill_ml: float = 110.0
    holdup_ml: float = 2.0
    ug_per_ml: float = 0.0
    air_ml: float = 0.0
    vented: bool = False
    temperature_c: float = 22.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterConfig:
    """An in-line filter at the end of the patient line. Its vent lets air out."""

    volume_ml: float = 0.0
    resistance_mmhg_h_ml: float = 0.0
    vented: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SetConfig:
    """A set: `prime_ml` inner volume in all, `supply_ml` of it before the pump (None: 25 %, (X)).

    Compliances lie as a lump on either side of the pump (0.8 uL/mmHg downstream, derived from
    published times to alarm at 1 mL/h; upstream 0.8 (X)).
    """

    prime_ml: float = 3.0
    supply_ml: float | None = None
    c_down_ml_mmhg: float = 0.0008
    c_up_ml_mmhg: float = 0.0008
    p_floor_mmhg: float = -200.0
    filled_with: str = "air"

    @property
    def supply_side_ml(self) -> float:
        """Inner volume between bag and pump."""
        return 0.25 * self.prime_ml if self.supply_ml is None else self.supply_ml

    @property
    def patient_side_ml(self) -> float:
        """Inner volume between pump and connector."""
        return self.prime_ml - self.supply_side_ml


@dataclass(frozen=True, slots=True, kw_only=True)
class CatheterConfig:
    """Catheter and vein: inner volume (filled with saline), resistance of both, pressure of the vein."""

    volume_ml: float = 0.0
    resistance_mmhg_h_ml: float = 0.3
    p_vein_mmhg: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MechanismConfig:
    """What the mechanism makes of a demand. The nominal pump has gain 1 and no other effect."""

    gain_frac: float = 1.0
    back_pressure_per_mmhg: float = 0.0
    temperature_per_c: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryConfig:
    """Charge at the start, and how it runs down: 1/T = running_per_h + per_ml * Q; time to charge."""

    level_frac: float = 1.0
    present: bool = True
    running_per_h: float = 0.064
    per_ml: float = 0.00011
    idle_per_h: float = 0.032
    charge_h: float = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantConfig:
    """Everything the plant is built from. Frozen and picklable: its hash names a configuration."""

    bag: BagConfig = field(default_factory=BagConfig)
    line: SetConfig = field(default_factory=SetConfig)
    filter: FilterConfig = field(default_factory=FilterConfig)
    catheter: CatheterConfig = field(default_factory=CatheterConfig)
    mechanism: MechanismConfig = field(default_factory=MechanismConfig)
    battery: BatteryConfig = field(default_factory=BatteryConfig)
    mains: bool = True
    site_above_cm: float = 0.0
    bag_above_cm: float = 0.0
