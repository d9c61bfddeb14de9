"""The syringe plant: a pusher on a plunger, a line, and what the line leads to. It turns both ways.

    pusher -> plunger | barrel -> line -> end (a vein, a beaker)

The pressure is that of `sim/plant/flow.py`'s node, with the barrel's and line's compliance. Withdrawing is
infusing seen in a mirror: there all pressures and flows change their sign, and the same closed form holds.

A syringe pump has no pressure sensor. What it feels is the force that its motor has to overcome, and only
while the motor turns: `p_down_mmhg` is that force as a pressure on the plunger of a syringe of 26.59 mm, and
0 at rest. So a stall is over as soon as the motor stands, and comes again with the next start if nothing
else has changed. At the end of its travel, and at the force that is too much for it, the motor stands still.

A pull of more than an atmosphere opens a void in the barrel: the pressure stays at the floor until the void
has closed again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pump.events import Journal
from pump.seam import Drive, Readings, Watch
from sim.events import PlantActed, PlantRefused
from sim.plant import actions as do
from sim.plant.actions import CannotActError, PlantAction
from sim.plant.flow import INF, NodeFlow
from sim.plant.keeping import fields_of

HOUR_S: Final = 3600.0
N_PER_MMHG_MM2: Final = 133.322e-6
"""The force of a mmHg on a square millimetre."""

REFERENCE_DIAMETER_MM: Final = 26.59
"""The inner diameter of the syringe whose pressure stands for the motor's load: a common one of 60 mL."""

FLOOR_MMHG: Final = -740.0
"""Below this a watery liquid leaves a void: an atmosphere less what water's own vapour gives at 22 °C."""

PLAIN_STATE: Final = (
    "anchor_s",
    "barrel_ml",
    "clamped",
    "delivered_at_anchor_ml",
    "epoch_count",
    "gain_frac",
    "is_jammed",
    "kinked",
    "mains",
    "obstruction_frac",
    "obstruction_mmhg_h_ml",
    "p_mmhg",
    "void_ml",
)
"""State that is JSON as it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyringeConfig:
    """A syringe in its pump. `capacity_ml` is the travel of the pusher, `fill_ml` where it stands.

    Figures without a source are (X): friction, compliance and what the line leads to. 155.7 N are the 35 lb
    that a bench-top pump of this kind pushes with at its slowest; that it is less when fast is left out (G).
    """

    diameter_mm: float = REFERENCE_DIAMETER_MM
    capacity_ml: float = 60.0
    fill_ml: float = 50.0
    friction_n: float = 5.0
    stall_n: float = 155.7
    c_ml_mmhg: float = 0.002
    resistance_mmhg_h_ml: float = 0.05
    p_end_mmhg: float = 0.0
    mains: bool = True

    @property
    def area_mm2(self) -> float:
        """The plunger's area."""
        return area_mm2(self.diameter_mm)


def area_mm2(diameter_mm: float) -> float:
    """Give the area of a circle."""
    return math.pi * diameter_mm**2 / 4.0


class SyringePlant:
    """One syringe on its pump, in closed form between events.

    `mirror` is -1.0 while the pump withdraws, 1.0 otherwise; `flow` is the node in the mirror, and it stands
    still at the floor while there is a void.
    """

    __slots__ = (*PLAIN_STATE, "_due", "config", "drive_now", "faults", "flow", "journal", "mirror")

    def __init__(self, config: SyringeConfig, journal: Journal, t_s: float = 0.0) -> None:
        self.config = config
        self.journal = journal
        self.barrel_ml = config.fill_ml
        self.p_mmhg = config.p_end_mmhg
        self.void_ml = 0.0
        self.delivered_at_anchor_ml = 0.0
        self.gain_frac = 1.0
        self.is_jammed = False
        self.clamped = False
        self.kinked = False
        self.obstruction_frac = 0.0
        self.obstruction_mmhg_h_ml: float | None = None
        self.mains = config.mains
        self.faults: set[str] = set()
        self.drive_now = Drive(rate_ml_h=0.0)
        self.epoch_count = 0
        self.anchor_s = t_s
        self._anchor()

    # What follows from the state, at the anchor

    @property
    def conductance_ml_h_mmhg(self) -> float:
        """How easily the line lets go; 0 where it is closed."""
        if self.clamped or self.kinked or self.obstruction_frac >= 1.0:
            return 0.0
        if self.obstruction_mmhg_h_ml is not None:
            return 1.0 / self.obstruction_mmhg_h_ml
        return (1.0 - self.obstruction_frac) / self.config.resistance_mmhg_h_ml

    @property
    def is_stuck(self) -> bool:
        """Whether the motor is asked to turn and cannot: jammed, broken, or at the end of its travel."""
        if self.drive_now.rate_ml_h == 0.0:
            return False
        end_ml = self.config.capacity_ml if self.drive_now.withdraws else 0.0
        return self.is_jammed or self.barrel_ml == end_ml or "motor_stall" in self.faults

    @property
    def pushed_ml_h(self) -> float:
        """The flow that the plunger makes in the direction of the drive, before any line answers."""
        return 0.0 if self.is_stuck else self.drive_now.rate_ml_h * self.gain_frac

    @property
    def _void_slope_ml_h(self) -> float:
        """How fast the void grows."""
        into_line_ml_h = self.conductance_ml_h_mmhg * (FLOOR_MMHG - self.config.p_end_mmhg)
        return into_line_ml_h - self.mirror * self.pushed_ml_h

    @property
    def _has_void(self) -> bool:
        """Whether the pressure is held at the floor: a void is there, or begins to grow."""
        return self.void_ml > 0.0 or (self.p_mmhg <= FLOOR_MMHG and self._void_slope_ml_h > 0.0)

    def _load_n(self, p_in_mirror_mmhg: float) -> float:
        """The force that the motor has to overcome at a pressure; at rest none."""
        if self.drive_now.rate_ml_h == 0.0:
            return 0.0
        if self.is_stuck:
            return self.config.stall_n
        on_plunger_n = p_in_mirror_mmhg * N_PER_MMHG_MM2 * self.config.area_mm2
        return max(0.0, on_plunger_n + self.config.friction_n)

    def _p_of_load_mmhg(self, load_n: float) -> float:
        """The pressure in the mirror at which the motor has this load."""
        return (load_n - self.config.friction_n) / (N_PER_MMHG_MM2 * self.config.area_mm2)

    # Events

    def _anchor(self) -> None:
        """Take the closed forms anew."""
        self.epoch_count += 1
        self._take_closed_forms()

    def _take_closed_forms(self) -> None:
        self.mirror = -1.0 if self.drive_now.withdraws else 1.0
        held = self._has_void
        self.flow = NodeFlow(
            p0_mmhg=self.mirror * self.p_mmhg,
            q_ml_h=0.0 if held else self.pushed_ml_h,
            g_out_ml_h_mmhg=0.0 if held else self.conductance_ml_h_mmhg,
            p_end_mmhg=self.mirror * self.config.p_end_mmhg,
            c_ml_mmhg=self.config.c_ml_mmhg,
        )
        self._due = self._find_due(held=held)

    def _find_due(self, *, held: bool) -> tuple[float, str]:
        """The plant's own next event: (hours after the anchor, kind). Ties go to the earlier row."""
        rows = [(INF, "never")]
        if self.pushed_ml_h > 0.0:
            to_go_ml = self.config.capacity_ml - self.barrel_ml if self.mirror < 0.0 else self.barrel_ml
            rows.append((to_go_ml / self.pushed_ml_h, "end"))
            stall_mmhg = self._p_of_load_mmhg(self.config.stall_n)
            if self.flow.p0_mmhg >= stall_mmhg:
                rows.append((0.0, "stall"))
            elif not held:
                rows.append((self.flow.when_p_h(stall_mmhg, above=True), "stall"))
            if self.mirror < 0.0 and not held:
                rows.append((self.flow.when_p_h(-FLOOR_MMHG, above=True), "floor"))
        if held and self._void_slope_ml_h < 0.0:
            rows.append((self.void_ml / -self._void_slope_ml_h, "void closed"))
        return min(rows, key=lambda row: row[0])

    def next_event_s(self) -> float:
        """When the plant changes its closed forms by itself; inf if never."""
        return self.anchor_s + self._due[0] * HOUR_S

    def pass_event(self) -> None:
        """Go through the plant's own next event, snapped to its threshold by its kind."""
        kind = self._due[1]
        self.settle(self.next_event_s())
        match kind:
            case "end":
                self.barrel_ml = self.config.capacity_ml if self.mirror < 0.0 else 0.0
            case "stall":
                self.is_jammed = True
            case "floor":
                self.p_mmhg = FLOOR_MMHG
            case "void closed":
                self.void_ml = 0.0
        self._anchor()

    def settle(self, t_s: float) -> None:
        """Move the anchor to `t_s`: book what has flowed since the last one."""
        tau_h = (t_s - self.anchor_s) / HOUR_S
        if tau_h > 0.0:
            self.delivered_at_anchor_ml = self.delivered_ml(t_s)
            if self._has_void:
                self.void_ml = max(0.0, self.void_ml + self._void_slope_ml_h * tau_h)
                self.p_mmhg = FLOOR_MMHG
            else:
                self.p_mmhg = self.mirror * self.flow.p_mmhg(tau_h)
            moved_ml = self.mirror * self.pushed_ml_h * tau_h
            self.barrel_ml = min(self.config.capacity_ml, max(0.0, self.barrel_ml - moved_ml))
        self.anchor_s = t_s

    # What is done to it

    def act(self, t_s: float, action: PlantAction) -> None:
        """Carry out an action at `t_s` and leave an event: what came of it, or why it could not be."""
        self.settle(t_s)
        name = type(action).__name__
        try:
            detail = self._carry_out(action)
        except CannotActError as refusal:
            self._anchor()
            self.journal.add(PlantRefused, t_s, action=name, text=str(refusal))
            return
        self._anchor()
        self.journal.add(PlantActed, t_s, action=name, detail=detail)

    def _carry_out(self, action: PlantAction) -> str:
        match action:
            case do.Clamp(where="downstream", closed=closed):
                self.clamped = closed
                return "clamp closed" if closed else "clamp open"
            case do.Kink(where="downstream", closed=closed):
                self.kinked = closed
                return "line kinked" if closed else "line straight"
            case do.Occlude(where="downstream", fraction_frac=fraction_frac, resistance_mmhg_h_ml=resistance):
                return self._occlude(fraction_frac, resistance)
            case do.ClearOcclusion(where="downstream"):
                self.obstruction_frac, self.obstruction_mmhg_h_ml = 0.0, None
                return "line open"
            case do.PlugMains(present=present):
                self.mains = present
                return "mains on" if present else "mains off"
            case do.SetFault(kind="motor_stall", present=present):
                (self.faults.add if present else self.faults.discard)("motor_stall")
                return "the motor is stuck" if present else "the motor turns again"
            case do.SetGain(gain_frac=gain_frac):
                self.gain_frac = gain_frac
                return f"mechanism moves {gain_frac:g} of what it is told"
            case do.SwapPump(gain_frac=gain_frac):
                self.gain_frac = gain_frac
                self.faults.clear()
                self.is_jammed = False
                return f"another mechanism, gain {gain_frac:g}"
            case do.Wait():
                return ""
            case _:
                raise CannotActError("a syringe on its pump has nothing for that")

    def _occlude(self, fraction_frac: float, resistance_mmhg_h_ml: float | None) -> str:
        if resistance_mmhg_h_ml is None:
            self.obstruction_frac, self.obstruction_mmhg_h_ml = fraction_frac, None
            return f"line closed to {fraction_frac:.0%}"
        if resistance_mmhg_h_ml <= 0.0:
            raise CannotActError("a resistance is above zero")
        self.obstruction_frac, self.obstruction_mmhg_h_ml = 0.0, resistance_mmhg_h_ml
        return f"line at {resistance_mmhg_h_ml:g} mmHg h/mL"

    def drive(self, t_s: float, drive: Drive) -> float:
        """Obey the pump core from `t_s` on. Returns how far the pusher turned back, mL as it counts."""
        self.settle(t_s)
        self.drive_now = drive
        if drive.rate_ml_h == 0.0:
            self.is_jammed = False
        turned_ml = 0.0
        if drive.reverse_to_ml is not None and self.gain_frac > 0.0:
            stored_ml = self.config.c_ml_mmhg * (self.p_mmhg - self.config.p_end_mmhg)
            room_ml = self.config.capacity_ml - self.barrel_ml
            turned_ml = min(max(0.0, stored_ml - drive.reverse_to_ml), room_ml)
        self._shift(min(drive.push_ml * self.gain_frac, self.barrel_ml) - turned_ml)
        self._anchor()
        return turned_ml / self.gain_frac if turned_ml else 0.0

    def _shift(self, volume_ml: float) -> None:
        """Move the plunger at once; what it moves is stored."""
        self.barrel_ml -= volume_ml
        self.p_mmhg += volume_ml / self.config.c_ml_mmhg

    # Truth

    def delivered_ml(self, t_s: float) -> float:
        """What has gone out at the end of the line by `t_s`, less what was drawn in. Changes nothing."""
        tau_h = (t_s - self.anchor_s) / HOUR_S
        if self._has_void:
            out_ml = self.conductance_ml_h_mmhg * (FLOOR_MMHG - self.config.p_end_mmhg) * tau_h
        else:
            out_ml = self.mirror * self.flow.outflow_ml(tau_h)
        return self.delivered_at_anchor_ml + out_ml

    def drug_flow_ml_h(self, t_s: float) -> float:
        """What goes out at the end of the line at `t_s`; below zero it is drawn in."""
        if self._has_void:
            return self.conductance_ml_h_mmhg * (FLOOR_MMHG - self.config.p_end_mmhg)
        return self.mirror * self.flow.outflow_ml_h((t_s - self.anchor_s) / HOUR_S)

    def obstacle(self) -> str | None:
        """Why nothing flows, as far as syringe and line are to blame."""
        if self.conductance_ml_h_mmhg == 0.0:
            return "occluded"
        return "dry" if self.barrel_ml == 0.0 else None

    # What the pump senses

    def readings(self, t_s: float) -> Readings:
        """What the sensors say at `t_s`. It has no battery: that reads as one that is full."""
        load_n = self._load_n(self.flow.p_mmhg((t_s - self.anchor_s) / HOUR_S))
        return Readings(
            p_down_mmhg=load_n / (N_PER_MMHG_MM2 * area_mm2(REFERENCE_DIAMETER_MM)),
            supply_frac=float(self.mains),
            mains_frac=float(self.mains),
        )

    def whens(self, watches: Sequence[Watch], from_s: float) -> list[float]:
        """When each watched reading is strictly beyond its level, `from_s` at the earliest; inf if never."""
        readings = self.readings(from_s)
        whens_s: list[float] = []
        for watch in watches:
            match watch.reading:
                case "drug_flow_ml_h":
                    now = self.drug_flow_ml_h(from_s)
                case "dry_frac":
                    now = float(self.barrel_ml == 0.0)
                case name:
                    now = getattr(readings, name)
            if (now > watch.level) if watch.above else (now < watch.level):
                whens_s.append(from_s)
            else:
                whens_s.append(self.anchor_s + self._crossing_h(watch) * HOUR_S)
        return whens_s

    def _crossing_h(self, watch: Watch) -> float:
        """Hours from the anchor until a moving reading goes beyond the level; inf if it never does."""
        if watch.reading == "drug_flow_ml_h":
            if self._has_void:
                return INF
            above = watch.above == (self.mirror > 0.0)
            return self.flow.when_outflow_h(self.mirror * watch.level, above=above)
        if watch.reading == "p_down_mmhg" and self.drive_now.rate_ml_h > 0.0 and not self.is_stuck:
            load_n = watch.level * N_PER_MMHG_MM2 * area_mm2(REFERENCE_DIAMETER_MM)
            return self.flow.when_p_h(self._p_of_load_mmhg(load_n), above=watch.above)
        return INF

    # Persistence

    def snapshot(self) -> dict[str, Any]:
        """All of the state, JSON-able."""
        state: dict[str, Any] = {name: getattr(self, name) for name in PLAIN_STATE}
        return state | {"drive_now": fields_of(self.drive_now), "faults": sorted(self.faults)}

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Take over a state that `snapshot` gave."""
        for name in PLAIN_STATE:
            setattr(self, name, snapshot[name])
        self.drive_now = Drive(**snapshot["drive_now"])
        self.faults = set(snapshot["faults"])
        self._take_closed_forms()
