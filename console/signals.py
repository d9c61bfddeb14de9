"""Signals of a run: what pump, line and patient were like, sampled over time.

They come from a second, independent run of the same setup. Asking in between changes no bit of a run,
so that the two agree. A sample stands at every point of an even grid, on both sides of every event
(just before and just after, at the same time), and a little after each, where pressures settle.
"""

from __future__ import annotations

import csv
import io
import math
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import Final

from sim.bench import Bench
from sim.plant.fluids import Parcel
from sim.plant.ledger import Ledger
from sim.world.result import Result
from sim.world.setup import Setup
from sim.world.world import World

GRID_COUNT: Final = 1100
"""So many even steps at most: more than a page has room for."""

GRID_STEPS_S: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200)

SETTLING_S: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 120.0, 300.0)
"""How long after an event samples stand too: a released pressure runs off in a second, a level in hours."""

PRINTED_DIGITS: Final = {"s": 6, "ml": 9, "h": 9, "mmhg": 6, "frac": 9, "ul": 6}
"""Decimal places of printed numbers by the last word of their names: times 1e-6 s, volumes 1e-9 mL."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One instant. `given_ml`, `vtbi_left_ml` and `reservoir_ml` are the pump's belief, the rest is true.

    Attributes:
        t_s: Seconds since the scenario began.
        mode: What the pump is doing.
        p_down_mmhg: Pressure behind the pump.
        p_up_mmhg: Pressure at the pump's inlet.
        given_ml: What the pump counts as infused.
        delivered_ml: Drug solution that has gone into the vein.
        vtbi_left_ml: What the pump counts as still to be infused.
        reservoir_ml: What the pump counts as left in the bag.
        bag_ml: Liquid in the bag.
        detector_air_frac: The part of the air detector's field that is air.
        air_ul: Air that has gone into the vein.
        battery_frac: Charge left.
        drug_flow_ml_h: Drug solution going into the vein.
        level_pg_ml: Drug level by the one-compartment model.
    """

    t_s: float
    mode: str
    p_down_mmhg: float
    p_up_mmhg: float
    given_ml: float
    delivered_ml: float
    vtbi_left_ml: float
    reservoir_ml: float
    bag_ml: float
    detector_air_frac: float
    air_ul: float
    battery_frac: float
    drug_flow_ml_h: float
    level_pg_ml: float


@dataclass(frozen=True, slots=True)
class Signals:
    """The samples of a run, and at its end the plant's books with what bag and tubes still held."""

    samples: tuple[Sample, ...]
    ledger: Ledger
    in_bag: Parcel
    in_tubes: Parcel


def sample_run(setup: Setup, result: Result, *, told: Callable[[float], None] | None = None) -> Signals:
    """Run `setup` once more and sample it where `result` had events, and in between.

    Args:
        setup: What the run was made from.
        result: What it came to.
        told: Called with the part that is done, now and then.
    """
    world = World(setup)
    event_times_s = sorted({event.t_s for event in result.events if event.t_s <= result.end_s})
    at_events_s = set(event_times_s)
    samples: list[Sample] = []
    times_s = sampling_times_s(event_times_s, result.end_s)
    for place, t_s in enumerate(times_s):
        if t_s in at_events_s and t_s > 0.0:
            # The closed forms still hold at the instant itself as long as its events have not been handled.
            world.advance_to(max(world.now_s, math.nextafter(t_s, -math.inf)))
            samples.append(_sample(world.bench, t_s))
        world.advance_to(t_s)
        samples.append(_sample(world.bench, t_s))
        if told is not None and place % 50 == 0:
            told(place / len(times_s))
    plant = world.bench.plant.as_of(result.end_s)
    in_bag, in_tubes = plant.held()
    return Signals(tuple(samples), plant.ledger, in_bag, in_tubes)


def sampling_times_s(event_times_s: list[float], end_s: float) -> list[float]:
    """Return when to sample: the grid, the events, and the time in which things settle after each."""
    step_s = grid_step_s(end_s)
    grid = {step_s * count for count in range(int(end_s // step_s) + 1)}
    settling: set[float] = set()
    for place, t_s in enumerate(event_times_s):
        until_s = event_times_s[place + 1] if place + 1 < len(event_times_s) else end_s
        after_s = [t_s + pause_s for pause_s in SETTLING_S]
        settling.update(after_s[: bisect_right(after_s, until_s)])
    return sorted(grid | settling | {*event_times_s, 0.0, end_s})


def grid_step_s(end_s: float) -> float:
    """Return the finest round step that gives at most `GRID_COUNT` of them; whole days beyond the table."""
    for step_s in GRID_STEPS_S:
        if end_s <= step_s * GRID_COUNT:
            return float(step_s)
    return 86400.0 * math.ceil(end_s / (86400.0 * GRID_COUNT))


def _sample(bench: Bench, t_s: float) -> Sample:
    """Ask everything at `t_s`, which lies before the next event or on it."""
    plant, core = bench.plant, bench.core
    counters = core.counters(t_s)
    readings = plant.readings(t_s)
    settled = plant.as_of(t_s)
    return Sample(
        t_s=t_s,
        mode=str(core.mode),
        p_down_mmhg=plant.p_down_mmhg(t_s),
        p_up_mmhg=plant.p_up_mmhg(t_s),
        given_ml=counters.given_ml,
        delivered_ml=plant.delivered_ml(t_s),
        vtbi_left_ml=counters.vtbi_left_ml,
        reservoir_ml=counters.reservoir_ml,
        bag_ml=settled.upstream.bag.liquid_ml,
        detector_air_frac=plant.upstream.inlet_air_frac,
        air_ul=settled.ledger.patient.air_ml * 1000.0,
        battery_frac=readings.battery_frac,
        drug_flow_ml_h=plant.drug_flow_ml_h(t_s),
        level_pg_ml=plant.level_pg_ml(t_s),
    )


def to_csv(samples: Iterable[Sample]) -> str:
    """Return the samples as CSV, the columns named with their units."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = [field.name for field in fields(Sample)]
    writer.writerow(names)
    writer.writerows([printed(name, getattr(sample, name)) for name in names] for sample in samples)
    return text.getvalue()


def printed(name: str, value: float | str) -> str:
    """Return a value as it is printed: rounded by what it is, without needless zeros, never `-0`."""
    if isinstance(value, str):
        return value
    digits_count = PRINTED_DIGITS[name.rsplit("_", 1)[-1]]
    text = f"{value:.{digits_count}f}".rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text
