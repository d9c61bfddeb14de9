"""Results made by hand, so that what is found can be worked out by reading."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pump.events import (
    AlarmCleared,
    AlarmRaised,
    AlarmSilenced,
    CommandAccepted,
    CommandRefused,
    Event,
    ModeChanged,
    Noted,
)
from sim.events import BagDry, InterruptionBegan, InterruptionEnded, PlantActed, RestartLimitReached
from sim.world.result import AlarmSpan, Interruption, Result

HOUR_S = 3600.0

EVENTS: tuple[Event, ...] = (
    ModeChanged(t_s=60.0, seq=1, mode_from="stopped", mode_to="running", cause="start"),
    CommandAccepted(t_s=60.0, seq=2, command="start", access="patient"),
    CommandRefused(t_s=90.0, seq=3, command="prime", access="patient", reason="locked", text="it is locked"),
    PlantActed(t_s=100.0, seq=4, action="Kink", detail="downstream"),
    AlarmRaised(t_s=3600.0, seq=5, code="OCCLUSION_DOWNSTREAM", priority="high"),
    ModeChanged(t_s=3600.0, seq=6, mode_from="running", mode_to="halted", cause="OCCLUSION_DOWNSTREAM"),
    AlarmSilenced(t_s=3700.0, seq=7, code="OCCLUSION_DOWNSTREAM", priority="high", until_s=3820.0),
    InterruptionBegan(t_s=3660.0, seq=8, start_s=3600.0, cause="occluded"),
    AlarmCleared(t_s=7200.0, seq=9, code="OCCLUSION_DOWNSTREAM", priority="high"),
    ModeChanged(t_s=7200.0, seq=10, mode_from="halted", mode_to="running", cause="start"),
    InterruptionEnded(t_s=7260.0, seq=11, start_s=3600.0, end_s=7200.0, cause="occluded"),
    BagDry(t_s=20000.0, seq=12),
    AlarmRaised(t_s=30000.0, seq=13, code="RESERVOIR_LOW", priority="low"),
    Noted(t_s=31000.0, seq=14, what="lock"),
    RestartLimitReached(t_s=32000.0, seq=15, start_s=17600.0),
)
"""An afternoon: start, a refused prime, a kink with its alarm, an hour's gap, and a dry bag."""

AFTERNOON = Result(
    scenario="afternoon",
    seed=7,
    planned_ml=6.0,
    planned_ug=12.0,
    delivered_ml=4.4,
    believed_ml=4.5,
    shortfall_ml=1.6,
    excess_ml=0.0,
    dry_s=20000.0,
    gap_s=3600.0,
    delivered_ug=8.8,
    filled_ml=10.0,
    wasted_ml=0.5,
    bag_ml=3.1,
    set_ml=2.0,
    saline_ml=0.0,
    air_ul=12.0,
    spilled_ml=0.0,
    tissue_ml=0.0,
    primed_out_ml=0.5,
    aspirated_ml=0.0,
    discarded_ml=0.0,
    level_pg_ml=616.0,
    peak_p_down_mmhg=525.0,
    mass_balance_error_ml=1e-15,
    mass_balance_error_ug=2e-15,
    interruptions=(Interruption(start_s=3600.0, end_s=7200.0, cause="occluded"),),
    belief_interruptions=(Interruption(start_s=3600.0, end_s=None, cause="halted"),),
    alarms=(
        AlarmSpan(
            code="OCCLUSION_DOWNSTREAM",
            priority="high",
            raised_s=3600.0,
            silenced_s=3700.0,
            acknowledged_s=None,
            cleared_s=7200.0,
        ),
        AlarmSpan(
            code="RESERVOIR_LOW",
            priority="low",
            raised_s=30000.0,
            silenced_s=None,
            acknowledged_s=None,
            cleared_s=None,
        ),
    ),
    events=EVENTS,
    start_s=60.0,
    planned_end_s=36060.0,
    end_s=36060.0,
)


def afternoon(**changes: Any) -> Result:
    """The afternoon, with some of its numbers different."""
    return replace(AFTERNOON, **changes)
