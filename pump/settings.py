"""How one pump is set up: its profile, its programme, and what may be chosen per pump."""

from __future__ import annotations

from dataclasses import dataclass

from pump.alarms import AlarmTimings
from pump.commands import Access, LockLevel
from pump.detection import AirLimits
from pump.limits import hard_faults
from pump.power import BatteryLoad
from pump.profiles import Profile
from pump.program import Program


@dataclass(frozen=True, slots=True, kw_only=True)
class PumpSettings:
    """Everything that stays the same in the life of a pump. None: what the profile says.

    `lock_level` takes effect at the first start. `codes` are (hand, code); empty means the pump's
    preset ones. `maintenance_due_s` is the time at which the yearly service falls due.
    """

    profile: Profile
    program: Program
    lock_level: LockLevel = LockLevel.LL2
    codes: tuple[tuple[Access, str], ...] = ()
    occlusion_limit_mmhg: float | None = None
    upstream_limit_mmhg: float | None = None
    anti_bolus: bool | None = None
    air_detector_on: bool | None = None
    air_limit_ul: float | None = None
    high_volume_set: bool = False
    maintenance_due_s: float | None = None

    def faults(self) -> tuple[str, ...]:
        """Return everything for which no pump of the profile could be set up so, in words."""
        profile = self.profile
        faults = list(hard_faults(self.program, profile))
        low_mmhg, high_mmhg = profile.occlusion_limit_min_mmhg, profile.occlusion_limit_max_mmhg
        if not low_mmhg <= self.downstream_mmhg <= high_mmhg:
            faults.append(
                f"occlusion limit {self.downstream_mmhg:g} mmHg is not in {low_mmhg:g} to {high_mmhg:g} mmHg"
            )
        if not self.upstream_mmhg < 0.0:
            faults.append(f"upstream limit {self.upstream_mmhg:g} mmHg is not below zero")
        low_ul, high_ul = profile.air_limit_min_ul, profile.air_limit_max_ul
        if not low_ul <= self.air_limits.single_ul <= high_ul:
            faults.append(
                f"air limit {self.air_limits.single_ul:g} uL is not in {low_ul:g} to {high_ul:g} uL"
            )
        return tuple(faults)

    @property
    def downstream_mmhg(self) -> float:
        """The downstream occlusion limit in force."""
        chosen_mmhg = self.occlusion_limit_mmhg
        return self.profile.occlusion_limit_mmhg if chosen_mmhg is None else chosen_mmhg

    @property
    def upstream_mmhg(self) -> float:
        """The upstream occlusion limit in force."""
        chosen_mmhg = self.upstream_limit_mmhg
        return self.profile.upstream_limit_mmhg if chosen_mmhg is None else chosen_mmhg

    @property
    def reverses(self) -> bool:
        """Whether the pump turns back on a downstream occlusion."""
        return self.profile.anti_bolus if self.anti_bolus is None else self.anti_bolus

    @property
    def detects_air(self) -> bool:
        """Whether the air detector is switched on."""
        return self.profile.air_detector if self.air_detector_on is None else self.air_detector_on

    @property
    def prime_cap_ml(self) -> float:
        """The volume at which a prime stops itself."""
        profile = self.profile
        return profile.prime_cap_high_volume_ml if self.high_volume_set else profile.prime_cap_ml

    @property
    def code_of(self) -> dict[Access, str] | None:
        """The code of each hand; None: the pump's preset ones."""
        return dict(self.codes) or None

    @property
    def alarm_timings(self) -> AlarmTimings:
        """How the alarms of this pump sound and escalate."""
        return AlarmTimings(audio_pause_s=self.profile.audio_pause_s, escalates=self.profile.alarms_escalate)

    @property
    def battery_load(self) -> BatteryLoad:
        """What the pump draws from a full battery."""
        profile = self.profile
        return BatteryLoad(
            electronics_per_h=profile.battery_electronics_per_h,
            motor_per_ml=profile.battery_motor_per_ml,
            stopped_frac=profile.battery_stopped_frac,
            low_left_s=profile.battery_low_s,
            depleted_left_s=profile.battery_depleted_s,
        )

    @property
    def air_limits(self) -> AirLimits:
        """The limits of the air detector in force."""
        profile = self.profile
        return AirLimits(
            single_ul=profile.air_limit_ul if self.air_limit_ul is None else self.air_limit_ul,
            gap_ul=profile.air_gap_ul,
            again_ul=profile.air_again_ul,
            windows=(
                (profile.air_15_min_ul, 900.0),
                (profile.air_1_h_ul, 3600.0),
                (profile.air_24_h_ul, 86400.0),
            ),
        )
