"""The floor: the same bag stepped a second at a time, as a simulator does that asks at every tick.

It is `one_bag` alone, written plainly: bag, supply line and its give, mechanism, air front, pressure
node, vein, drug level, the three counters, the alarms of that bag, the truth observer and the balance. It
has no keyboard, lock, power, queue of slugs or life of alarms, so that it is cheaper than the same model
stepped would be, and the ratio to it is a cautious one.

Every threshold is found up to a second late, and what is late moves what follows. A test holds it to the
exact model within `TIME_TOLERANCE_S` and `VOLUME_TOLERANCE_ML`.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import Final

import simpy

from bench.workloads import PRIME_ML, REPRIMES_S, START_S
from sim.plant.level import ELIMINATION_PER_H, concentration_pg_ml
from sim.truth import DEBOUNCE_S, FLOW_FRAC
from sim.world.setup import Setup

STEP_S: Final = 1.0
TIME_TOLERANCE_S: Final = 3.0
VOLUME_TOLERANCE_ML: Final = 0.002

PER_STEP: Final = STEP_S / 3600.0
"""Of what is given per hour, so much falls on one step."""

DISCONNECTED_AFTER_S: Final = 30.0
REPRIME_TAKES_S: Final = 300.0
MARK_ML: Final = 1e-6


class SteppedBag:
    """The bag of `setup`, one second after the other."""

    def __init__(self, setup: Setup) -> None:
        line, catheter, bag, profile = (
            setup.plant.line,
            setup.plant.catheter,
            setup.plant.bag,
            setup.pump.profile,
        )
        self.t_s = 0.0
        self.end_s = START_S + setup.order.duration_s
        self.log: list[tuple[float, str]] = []
        self.script = self._script()
        # the pump
        self.mode = "stopped"
        self.set_ml_h = setup.pump.program.rate_ml_h
        self.prime_ml_h = profile.prime_rate_ml_h
        self.pumped_ml_h = 0.0
        self.given_ml = 0.0
        self.vtbi_ml = setup.pump.program.vtbi_ml
        self.reservoir_ml = setup.pump.program.reservoir_ml
        self.prime_left_ml = 0.0
        self.stroke_ml = profile.stroke_volume_ul / 1000.0
        self.low_ml = max(
            profile.reservoir_low_volume_ml, self.set_ml_h * profile.reservoir_low_time_s / 3600.0
        )
        self.low_told = False
        self.reminder_s = math.inf
        self.reminds_after_s = profile.stopped_reminder_s
        self.downstream_limit_mmhg = setup.pump.downstream_mmhg
        self.upstream_limit_mmhg = setup.pump.upstream_mmhg
        self.air_limit_ml = profile.air_limit_ul / 1000.0
        self.bubble_ml = 0.0
        # the bag and the supply line
        self.bag_ml = bag.fill_ml
        self.fill_ml = bag.fill_ml
        self.holdup_ml = bag.holdup_ml
        self.ug_per_ml = bag.ug_per_ml
        self.dry = False
        self.p_up_mmhg = 0.0
        self.floor_mmhg = line.p_floor_mmhg
        self.c_up_ml_mmhg = line.c_up_ml_mmhg
        self.supply_air_ml = self.supply_ml = line.supply_side_ml
        self.supply_drug_ml = 0.0
        # the line to the patient
        self.p_end_mmhg = catheter.p_vein_mmhg
        self.p_down_mmhg = self.p_end_mmhg
        self.c_down_ml_mmhg = line.c_down_ml_mmhg
        self.g_out_ml_h_mmhg = 1.0 / catheter.resistance_mmhg_h_ml
        self.line_air_ml = line.patient_side_ml
        self.line_drug_ml = 0.0
        self.connected = False
        # where it went
        self.patient_ml = 0.0
        self.primed_out_ml = 0.0
        self.spilled_ml = 0.0
        self.body_ug = 0.0
        self.stays_frac = math.exp(-ELIMINATION_PER_H * PER_STEP)
        self.worst_error_ml = 0.0
        # what is true
        self.low_flow_ml = FLOW_FRAC * setup.order.rate_ml_h * PER_STEP
        self.below_since_s: float | None = None
        self.above_since_s: float | None = None
        self.interrupted = False

    @staticmethod
    def _script() -> list[tuple[float, str]]:
        """What hands do, last first."""
        script = [(0.0, "prime"), (START_S, "connect"), (START_S, "start")]
        for at_s in REPRIMES_S:
            script += [
                (at_s, "stop"),
                (at_s + DISCONNECTED_AFTER_S, "disconnect"),
                (at_s + DISCONNECTED_AFTER_S, "prime"),
                (at_s + REPRIME_TAKES_S, "connect"),
                (at_s + REPRIME_TAKES_S, "start"),
            ]
        return script[::-1]

    def run(self) -> None:
        """Step to the planned end."""
        env = simpy.Environment()
        env.process(self._ticks(env))
        env.run()

    def _ticks(self, env: simpy.Environment) -> Generator[simpy.Event, None, None]:
        timeout, step, steps_count = env.timeout, self.step, int(self.end_s / STEP_S)
        for _ in range(steps_count):
            step()
            yield timeout(STEP_S)

    def step(self) -> None:
        """Live through one second."""
        while self.script and self.script[-1][0] <= self.t_s:
            self._hand(self.script.pop()[1])
        moved_ml = self.pumped_ml_h * PER_STEP
        if moved_ml:
            self._count(moved_ml)
            moved_ml = self._draw(moved_ml)
        drug_out_ml = self._through_line(moved_ml)
        self.t_s += STEP_S
        self.body_ug = (self.body_ug + 0.5 * drug_out_ml * self.ug_per_ml) * self.stays_frac
        self.body_ug += 0.5 * drug_out_ml * self.ug_per_ml
        self._watch_truth(drug_out_ml)
        self._watch_limits()
        held_ml = self.bag_ml + self.supply_drug_ml + self.line_drug_ml
        error_ml = self.fill_ml - held_ml - self.patient_ml - self.primed_out_ml - self.spilled_ml
        self.worst_error_ml = max(self.worst_error_ml, abs(error_ml))

    def _hand(self, what: str) -> None:
        match what:
            case "prime":
                self.mode, self.pumped_ml_h, self.prime_left_ml = "priming", self.prime_ml_h, PRIME_ML
                self.bubble_ml = 0.0
            case "start":
                self.mode, self.pumped_ml_h, self.reminder_s = "running", self.set_ml_h, math.inf
                if self.below_since_s is None and not self.interrupted:
                    self.below_since_s = self.t_s
            case "stop":
                self._stand("stopped")
                begun_ml = math.remainder(self.given_ml, self.stroke_ml)
                if begun_ml < -MARK_ML:
                    self._count(-begun_ml)
                    self._through_line(self._draw(-begun_ml))
            case "connect":
                self.connected = True
            case "disconnect":
                self.connected = False

    def _stand(self, mode: str) -> None:
        self.mode, self.pumped_ml_h = mode, 0.0
        self.reminder_s = self.t_s + self.reminds_after_s if mode == "stopped" and self.given_ml else math.inf

    def _count(self, moved_ml: float) -> None:
        """Let the counters run, and stop at their ends."""
        self.reservoir_ml -= moved_ml
        if self.mode == "priming":
            self.prime_left_ml -= moved_ml
            if self.prime_left_ml <= MARK_ML:
                self._stand("stopped")
            return
        self.given_ml += moved_ml
        left_ml = min(self.vtbi_ml - self.given_ml, self.reservoir_ml)
        if left_ml <= self.low_ml and not self.low_told:
            self.low_told = True
            self.log.append((self.t_s, "RESERVOIR_LOW"))
        if left_ml <= MARK_ML:
            self.log.append((self.t_s, "RESERVOIR_EMPTY"))
            self._stand("complete")

    def _draw(self, wanted_ml: float) -> float:
        """Take from the bag, then from the line's give; returns what came of drug, air being let in too."""
        came_ml = min(wanted_ml, self.bag_ml - self.holdup_ml)
        if came_ml > 0.0:
            self.bag_ml -= came_ml
            self.supply_drug_ml += came_ml
            wanted_ml -= came_ml
        else:
            came_ml = 0.0
        if wanted_ml > 0.0:
            if not self.dry:
                self.dry = True
                self.log.append((self.t_s, "dry"))
            given_way_ml = min(wanted_ml, (self.p_up_mmhg - self.floor_mmhg) * self.c_up_ml_mmhg)
            self.p_up_mmhg -= given_way_ml / self.c_up_ml_mmhg
            came_ml += given_way_ml
        air_ml = min(came_ml, self.supply_air_ml)
        if air_ml > 0.0:
            self.supply_air_ml -= air_ml
            self.line_air_ml += air_ml
            came_ml -= air_ml
            self.bubble_ml += air_ml if self.mode == "running" else 0.0
        self.supply_drug_ml -= came_ml
        self.line_drug_ml += came_ml
        return came_ml + air_ml

    def _through_line(self, in_ml: float) -> float:
        """Move the pressure node by one implicit step and let out what leaves; returns drug into the vein."""
        p_before_mmhg = self.p_down_mmhg
        if self.connected:
            give_ml_mmhg = self.g_out_ml_h_mmhg * PER_STEP
            push_ml = in_ml + give_ml_mmhg * self.p_end_mmhg + self.c_down_ml_mmhg * p_before_mmhg
            self.p_down_mmhg = push_ml / (self.c_down_ml_mmhg + give_ml_mmhg)
        else:
            self.p_down_mmhg = self.p_end_mmhg
        out_ml = in_ml + self.c_down_ml_mmhg * (p_before_mmhg - self.p_down_mmhg)
        air_ml = min(out_ml, self.line_air_ml)
        if air_ml > 0.0:
            self.line_air_ml -= air_ml
            out_ml -= air_ml
        self.line_drug_ml -= out_ml
        if self.connected:
            self.patient_ml += out_ml
            return out_ml
        if self.prime_left_ml > 0.0:
            self.primed_out_ml += out_ml
        else:
            self.spilled_ml += out_ml
        return 0.0

    def _watch_truth(self, drug_out_ml: float) -> None:
        """Tell interruptions: 60 s below a tenth of the order, until 60 s at a tenth or more."""
        if drug_out_ml < self.low_flow_ml:
            self.above_since_s = None
            if self.below_since_s is None and self.given_ml:
                self.below_since_s = self.t_s
        else:
            if self.above_since_s is None:
                self.above_since_s = self.t_s
            if not self.interrupted:
                self.below_since_s = None
        if self.interrupted:
            if self.above_since_s is not None and self.t_s - self.above_since_s >= DEBOUNCE_S:
                self.log.append((self.t_s, "interruption ended"))
                self.interrupted, self.below_since_s = False, None
        elif self.below_since_s is not None and self.t_s - self.below_since_s >= DEBOUNCE_S:
            self.log.append((self.t_s, "interruption began"))
            self.interrupted = True

    def _watch_limits(self) -> None:
        """Raise what the pump would raise."""
        if self.t_s >= self.reminder_s:
            self.log.append((self.t_s, "PUMP_STOPPED"))
            self.reminder_s = math.inf
        if self.mode not in {"running", "priming"}:
            return
        if self.p_down_mmhg > self.downstream_limit_mmhg:
            self._halt("OCCLUSION_DOWNSTREAM")
        elif self.p_up_mmhg < self.upstream_limit_mmhg:
            self._halt("OCCLUSION_UPSTREAM")
        elif self.bubble_ml >= self.air_limit_ml:
            self._halt("AIR_IN_LINE")

    def _halt(self, code: str) -> None:
        self.log.append((self.t_s, code))
        self._stand("halted")

    @property
    def level_pg_ml(self) -> float:
        """Drug level at the last step."""
        return concentration_pg_ml(self.body_ug)
