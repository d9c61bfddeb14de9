"""What a run comes to: ledgers and events. Expectations and reports read this only."""

from __future__ import annotations

from dataclasses import dataclass

from pump.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Interruption:
    """A stretch without drug at the tip (truth), or not running (belief). `end_s` None: it still lasts."""

    start_s: float
    end_s: float | None
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmSpan:
    """One alarm from raising to clearing; None: it never came to that."""

    code: str
    priority: str
    raised_s: float
    silenced_s: float | None
    acknowledged_s: float | None
    cleared_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The numbers of a run, unrounded.

    `delivered_ml` is drug solution through the catheter tip into the vein up to `end_s`; `shortfall_ml` and
    `excess_ml` compare it with `planned_ml` at the planned end. `believed_ml` is what the pump thinks it
    infused, without primes. `filled_ml` is all drug solution that was ever hung. `wasted_ml` is primed out +
    spilled + aspirated + discarded.
    """

    scenario: str
    seed: int
    planned_ml: float
    planned_ug: float
    delivered_ml: float
    believed_ml: float
    shortfall_ml: float
    excess_ml: float
    dry_s: float | None
    gap_s: float
    delivered_ug: float
    filled_ml: float
    wasted_ml: float
    bag_ml: float
    set_ml: float
    saline_ml: float
    air_ul: float
    spilled_ml: float
    tissue_ml: float
    primed_out_ml: float
    aspirated_ml: float
    discarded_ml: float
    level_pg_ml: float
    peak_p_down_mmhg: float
    mass_balance_error_ml: float
    mass_balance_error_ug: float
    interruptions: tuple[Interruption, ...]
    belief_interruptions: tuple[Interruption, ...]
    alarms: tuple[AlarmSpan, ...]
    events: tuple[Event, ...]
    start_s: float | None
    planned_end_s: float | None
    end_s: float
