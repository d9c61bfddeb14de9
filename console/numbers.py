"""The key numbers of a run, each with its unit and what it means in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from console.words import listed, moment, plain, span, tiny, volume
from sim.world.result import Result


@dataclass(frozen=True, slots=True)
class Number:
    """A number as people read it. `key` is its name in traces and JSON."""

    key: str
    label: str
    text: str
    meaning: str


def _dry(result: Result) -> str:
    return "never" if result.dry_s is None else f"at {moment(result.dry_s)}"


def _gap(result: Result) -> str:
    count = len(result.interruptions)
    return f"{span(result.gap_s)} in {listed(count, 'interruption')}" if count else "none"


def _believed_gap(result: Result) -> str:
    stretches = result.belief_interruptions
    lasted_s = sum((result.end_s if gap.end_s is None else gap.end_s) - gap.start_s for gap in stretches)
    return f"{span(lasted_s)} in {listed(len(stretches), 'stretch', 'stretches')}" if stretches else "none"


NUMBERS: Final[tuple[tuple[str, str, Callable[[Result], str], str], ...]] = (
    (
        "planned_ml",
        "planned",
        lambda result: f"{volume(result.planned_ml)}, {plain(result.planned_ug, 1)} ug",
        "What was prescribed: the order's rate times its duration, and the drug in it.",
    ),
    (
        "delivered_ml",
        "delivered",
        lambda result: f"{volume(result.delivered_ml)}, {plain(result.delivered_ug, 1)} ug",
        "Drug solution that went through the catheter tip into the vein, and the drug in it.",
    ),
    (
        "believed_ml",
        "believed by the pump",
        lambda result: volume(result.believed_ml),
        "What the pump counts as infused: every delivery stroke, whatever it moved; primes never.",
    ),
    (
        "shortfall_ml",
        "shortfall",
        lambda result: volume(result.shortfall_ml),
        (
            "Planned less delivered, at the planned end: the order's duration after the first start. So far, "
            "where the run ends earlier."
        ),
    ),
    (
        "excess_ml",
        "excess",
        lambda result: volume(result.excess_ml),
        "Delivered beyond the plan, at the planned end.",
    ),
    (
        "dry_s",
        "bag dry",
        _dry,
        "When the bag first gave no more liquid.",
    ),
    (
        "gap_s",
        "without drug",
        _gap,
        (
            "The time up to the planned end in which less than a tenth of the ordered flow reached the vein "
            "for over a minute. Each such interruption ends when the flow has been back for a minute."
        ),
    ),
    (
        "belief_interruptions",
        "not running, by the pump",
        _believed_gap,
        "The time after the first start in which the pump itself was not running.",
    ),
    (
        "filled_ml",
        "hung in bags",
        lambda result: volume(result.filled_ml),
        "All drug solution that was ever hung.",
    ),
    (
        "wasted_ml",
        "wasted",
        lambda result: volume(result.wasted_ml),
        (
            "Drug solution primed out, spilled, aspirated or discarded. What is left in bag or set at the "
            "end is not wasted."
        ),
    ),
    (
        "bag_ml",
        "left in the bag",
        lambda result: volume(result.bag_ml),
        "Liquid in the bag at the end, the hold-up that never comes out included.",
    ),
    (
        "set_ml",
        "left in the set",
        lambda result: volume(result.set_ml),
        "Liquid in the set at the end, what pressure stores in it included.",
    ),
    (
        "air_ul",
        "air into the vein",
        lambda result: f"{plain(result.air_ul, 1)} uL",
        "Air that went through the catheter tip.",
    ),
    (
        "peak_p_down_mmhg",
        "highest pressure",
        lambda result: f"{plain(result.peak_p_down_mmhg, 1)} mmHg",
        "The highest pressure behind the pump, relative to the air around it.",
    ),
    (
        "level_pg_ml",
        "drug level at the end",
        lambda result: f"{plain(result.level_pg_ml, 0)} pg/mL",
        (
            "By a linear one-compartment model (clearance 1.894 L/h, half-life 2.20 h): an estimate from the "
            "label's figures, which do not agree with each other."
        ),
    ),
    (
        "mass_balance_error_ml",
        "balance error",
        lambda result: f"{tiny(result.mass_balance_error_ml)} mL, {tiny(result.mass_balance_error_ug)} ug",
        "The largest difference, at any event, between all that was filled in and where it all is.",
    ),
)
"""Key, label, how it is told, and what it means."""


def numbers(result: Result) -> Iterator[Number]:
    """Give the key numbers of a run, in the order of reading."""
    for key, label, tell, meaning in NUMBERS:
        yield Number(key, label, tell(result), meaning)
