"""What a report is made from: a scenario, what its run came to, and what was found of its expectations."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from console.signals import Sample, Signals
from pump.events import CommandAccepted
from scenarios.expectations import Found
from scenarios.loader import Scenario
from sim.plant.level import CLEARANCE_L_H
from sim.world.result import AlarmSpan, Result

CLOSE_UP_BEFORE_S: Final = 2.0 * 3600.0
CLOSE_UP_AFTER_S: Final = 3600.0
MOST_CLOSE_UPS_COUNT: Final = 3

OCCLUSIONS: Final = frozenset({"OCCLUSION_DOWNSTREAM", "OCCLUSION_UPSTREAM"})

RESETS: Final = frozenset({"new_bag", "clear_given"})
"""Commands that set the pump's given counter to nothing."""


@dataclass(frozen=True)
class Stretch:
    """Something that lasted from one time to another: a mode, an interruption, an alarm."""

    name: str
    begin_s: float
    end_s: float


@dataclass(frozen=True)
class Material:
    """Everything that figures and page draw from."""

    scenario: Scenario
    result: Result
    findings: tuple[Found, ...]
    signals: Signals

    @property
    def samples(self) -> Sequence[Sample]:
        """The signals, in the order of time; two samples at one time are just before and just after."""
        return self.signals.samples

    @property
    def passed(self) -> bool:
        """Whether every expectation was met."""
        return all(found.passed for found in self.findings)

    @property
    def times_s(self) -> list[float]:
        """When the samples stand."""
        return [sample.t_s for sample in self.samples]

    @cached_property
    def modes(self) -> tuple[Stretch, ...]:
        """What the pump was doing, stretch by stretch."""
        found: list[Stretch] = []
        begin_s = 0.0
        for before, after in zip(self.samples, self.samples[1:], strict=False):
            if before.mode != after.mode:
                found.append(Stretch(before.mode, begin_s, after.t_s))
                begin_s = after.t_s
        return (*found, Stretch(self.samples[-1].mode, begin_s, self.result.end_s))

    @cached_property
    def believed_ml(self) -> tuple[float, ...]:
        """What the pump has counted as given in all, by sample: its counter, summed over its resets."""
        resets_s = {
            event.t_s
            for event in self.result.events
            if isinstance(event, CommandAccepted) and event.command in RESETS
        }
        before_reset_ml = 0.0
        totals_ml = [self.samples[0].given_ml]
        for before, after in zip(self.samples, self.samples[1:], strict=False):
            if before.t_s == after.t_s and after.t_s in resets_s:
                before_reset_ml += before.given_ml - after.given_ml
            totals_ml.append(before_reset_ml + after.given_ml)
        return tuple(totals_ml)

    @property
    def gaps(self) -> tuple[Stretch, ...]:
        """The true interruptions, the last perhaps cut off by the end of the run."""
        end_s = self.result.end_s
        return tuple(
            Stretch(gap.cause, gap.start_s, end_s if gap.end_s is None else gap.end_s)
            for gap in self.result.interruptions
        )

    @property
    def alarm_codes(self) -> tuple[str, ...]:
        """The codes of the alarms that were raised, in the order of their first time."""
        return tuple(dict.fromkeys(alarm.code for alarm in self.result.alarms))

    def planned_so_far_ml(self, t_s: float) -> float:
        """What the order would have had delivered by `t_s`."""
        start_s, order = self.result.start_s, self.scenario.setup.order
        if start_s is None or t_s < start_s:
            return 0.0
        return min(order.planned_ml, order.rate_ml_h * (t_s - start_s) / 3600.0)

    @property
    def planned_level_pg_ml(self) -> float:
        """The level at which an uninterrupted infusion at the order's rate comes to rest."""
        order = self.scenario.setup.order
        return order.rate_ml_h * order.ug_per_ml * 1000.0 / CLEARANCE_L_H

    @property
    def close_ups(self) -> tuple[tuple[float, float, AlarmSpan], ...]:
        """Windows around the first occlusion alarms: from two hours before to one hour after each."""
        found: list[tuple[float, float, AlarmSpan]] = []
        for alarm in self.result.alarms:
            is_seen = any(begin_s <= alarm.raised_s <= end_s for begin_s, end_s, _ in found)
            if alarm.code in OCCLUSIONS and not is_seen and len(found) < MOST_CLOSE_UPS_COUNT:
                begin_s = max(0.0, alarm.raised_s - CLOSE_UP_BEFORE_S)
                end_s = min(self.result.end_s, alarm.raised_s + CLOSE_UP_AFTER_S)
                found.append((begin_s, end_s, alarm))
        return tuple(found)

    def between(self, begin_s: float, end_s: float) -> Sequence[Sample]:
        """The samples of a window, and one on each side so that lines reach its edges."""
        times_s = self.times_s
        first = max(0, bisect_right(times_s, begin_s) - 1)
        return self.samples[first : bisect_right(times_s, end_s) + 1]
