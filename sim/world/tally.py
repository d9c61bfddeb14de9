"""Keeps the score of a run: first start, planned end, and what the events and the books come to."""

from __future__ import annotations

from pump.events import (
    AlarmAcknowledged,
    AlarmCleared,
    AlarmRaised,
    AlarmSilenced,
    CommandAccepted,
    Event,
    ModeChanged,
    RateCommanded,
    TurnedBack,
)
from sim.bench import Bench
from sim.events import BagDry, InterruptionBegan, InterruptionEnded, PlantActed
from sim.plant.level import concentration_pg_ml
from sim.world.result import AlarmSpan, Interruption, Result
from sim.world.setup import Order, Setup

BELIEVED_FLOW = ("running", "kvo")


class GivenBefore:
    """What the given counter had shown when it was reset, or when the pump was swapped: it is not lost."""

    def __init__(self) -> None:
        self.before_ml = 0.0
        self._mode = ""
        self._anchor_s = 0.0
        self._given_ml = 0.0
        self._rate_ml_h = 0.0

    def hear(self, event: Event) -> None:
        """Take in one event."""
        match event:
            case ModeChanged():
                self._mode = event.mode_to
            case RateCommanded():
                self._anchor_s, self._given_ml = event.t_s, event.given_ml
                self._rate_ml_h = event.rate_ml_h if self._mode in BELIEVED_FLOW else 0.0
            case TurnedBack():
                self._given_ml -= event.volume_ml
            case CommandAccepted(command="new_bag" | "clear_given") | PlantActed(action="SwapPump"):
                self.before_ml += self._given_ml + self._rate_ml_h * (event.t_s - self._anchor_s) / 3600.0
                self._anchor_s, self._given_ml = event.t_s, 0.0


class Tally:
    """Hears every event once and adds up when asked."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._dry_s: float | None = None
        self._at_planned_end_ml: float | None = None
        self._given = GivenBefore()
        self.start_s: float | None = None
        self.planned_end_s: float | None = None

    def hear(self, event: Event) -> None:
        """Take in one event."""
        self._given.hear(event)
        if isinstance(event, BagDry) and self._dry_s is None:
            self._dry_s = event.t_s

    def begin(self, start_s: float, planned_end_s: float) -> None:
        """Delivery has started for the first time."""
        self.start_s = start_s
        self.planned_end_s = planned_end_s

    def reach_planned_end(self, bench: Bench) -> None:
        """The planned end is now: what has been delivered counts against the plan."""
        self._at_planned_end_ml = bench.plant.delivered_ml(bench.t_s)

    def result(self, setup: Setup, bench: Bench) -> Result:
        """The numbers of the run so far."""
        end_s = bench.t_s
        events = tuple(bench.journal.events)
        plant = bench.plant.as_of(end_s)
        books = plant.ledger
        interruptions = true_interruptions(events)
        planned_ml = self._order.planned_ml
        delivered_ml = books.patient.drug_ml
        compared_ml, due_ml = self._against_plan(delivered_ml, end_s)
        gap_end_s = end_s if self.planned_end_s is None else min(end_s, self.planned_end_s)
        error_ml, error_ug = books.error(plant.held())
        return Result(
            scenario=setup.id,
            seed=setup.seed,
            planned_ml=planned_ml,
            planned_ug=planned_ml * self._order.ug_per_ml,
            delivered_ml=delivered_ml,
            believed_ml=self._given.before_ml + bench.core.counters(end_s).given_ml,
            shortfall_ml=max(0.0, due_ml - compared_ml),
            excess_ml=max(0.0, compared_ml - due_ml),
            dry_s=self._dry_s,
            gap_s=sum((covered_s(gap, gap_end_s) for gap in interruptions), 0.0),
            delivered_ug=books.patient.ug,
            filled_ml=books.filled.drug_ml,
            wasted_ml=books.wasted_ml,
            bag_ml=plant.upstream.bag.liquid_ml,
            set_ml=plant.upstream.line.liquid_ml + plant.downstream.line.liquid_ml,
            saline_ml=books.patient.saline_ml,
            air_ul=books.patient.air_ml * 1000.0,
            spilled_ml=books.spilled.drug_ml,
            tissue_ml=books.tissue.drug_ml,
            primed_out_ml=books.primed_out.drug_ml,
            aspirated_ml=books.aspirated.drug_ml,
            discarded_ml=books.discarded.drug_ml,
            level_pg_ml=concentration_pg_ml(plant.body_ug),
            peak_p_down_mmhg=max(plant.peak_p_down_mmhg, plant.downstream.p_mmhg),
            mass_balance_error_ml=max(error_ml, plant.max_error_ml),
            mass_balance_error_ug=max(error_ug, plant.max_error_ug),
            interruptions=interruptions,
            belief_interruptions=believed_interruptions(events),
            alarms=alarm_spans(events),
            events=events,
            start_s=self.start_s,
            planned_end_s=self.planned_end_s,
            end_s=end_s,
        )

    def _against_plan(self, delivered_ml: float, end_s: float) -> tuple[float, float]:
        """(delivered, due) at the planned end, or so far; all is due where nothing was ever started."""
        if self._at_planned_end_ml is not None:
            return self._at_planned_end_ml, self._order.planned_ml
        if self.start_s is None:
            return delivered_ml, self._order.planned_ml
        return delivered_ml, self._order.rate_ml_h * (end_s - self.start_s) / 3600.0


def true_interruptions(events: tuple[Event, ...]) -> tuple[Interruption, ...]:
    """The interruptions of drug flow into the vein."""
    found: list[Interruption] = []
    for event in events:
        if isinstance(event, InterruptionBegan):
            found.append(Interruption(start_s=event.start_s, end_s=None, cause=event.cause))
        elif isinstance(event, InterruptionEnded):
            found[-1] = Interruption(start_s=event.start_s, end_s=event.end_s, cause=event.cause)
    return tuple(found)


def believed_interruptions(events: tuple[Event, ...]) -> tuple[Interruption, ...]:
    """The stretches after the first start in which the pump itself was not running."""
    found: list[Interruption] = []
    started = False
    for event in events:
        if not isinstance(event, ModeChanged):
            continue
        if event.mode_to in BELIEVED_FLOW:
            if found and found[-1].end_s is None:
                found[-1] = Interruption(start_s=found[-1].start_s, end_s=event.t_s, cause=found[-1].cause)
            started = True
        elif started and event.mode_from in BELIEVED_FLOW:
            found.append(Interruption(start_s=event.t_s, end_s=None, cause=event.mode_to))
    return tuple(found)


def covered_s(gap: Interruption, until_s: float) -> float:
    """How much of an interruption lies before `until_s`."""
    end_s = until_s if gap.end_s is None else min(gap.end_s, until_s)
    return max(0.0, end_s - gap.start_s)


def alarm_spans(events: tuple[Event, ...]) -> tuple[AlarmSpan, ...]:
    """Every alarm of the run, in the order of raising."""
    rows: list[dict[str, object]] = []
    open_rows: dict[str, dict[str, object]] = {}
    for event in events:
        if isinstance(event, AlarmRaised):
            row: dict[str, object] = {
                "code": event.code,
                "priority": event.priority,
                "raised_s": event.t_s,
                "silenced_s": None,
                "acknowledged_s": None,
                "cleared_s": None,
            }
            rows.append(row)
            open_rows[event.code] = row
        elif isinstance(event, AlarmSilenced | AlarmAcknowledged | AlarmCleared) and event.code in open_rows:
            row = open_rows[event.code]
            name = {
                AlarmSilenced: "silenced_s",
                AlarmAcknowledged: "acknowledged_s",
                AlarmCleared: "cleared_s",
            }[type(event)]
            if row[name] is None:
                row[name] = event.t_s
            if isinstance(event, AlarmCleared):
                del open_rows[event.code]
    return tuple(AlarmSpan(**row) for row in rows)  # type: ignore[arg-type]
