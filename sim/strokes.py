"""Strokes, computed from the events when somebody wants to see them, and never simulated.

The plant pumps the stroke-averaged flow; a stroke is a mark at each multiple of the stroke volume of the
given counter. Noise per stroke exists only here, keyed by (seed, index), so that it is the same whoever
asks, in whatever order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import ceil, floor
from random import Random
from typing import Final

from pump.events import Event, ModeChanged, RateCommanded

NOISE_SD_FRAC: Final = 0.02
"""Standard deviation of a stroke's volume: 1 uL of 50 uL (derived from the CADD-Solis manual p. 75)."""

ON_MARK_ML: Final = 1e-6
"""A volume this near to a mark is on it."""

DELIVERING: Final = frozenset({"running", "kvo"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Stroke:
    """The `number`-th mark since the counter began, when it was reached, and what that stroke moved."""

    number: int
    t_s: float
    volume_ul: float


@dataclass(frozen=True, slots=True)
class _Leg:
    """A stretch of one commanded rate: what the given counter showed at its beginning, after any push."""

    t_s: float
    given_ml: float
    rate_ml_h: float
    push_ml: float


def strokes(
    events: Iterable[Event],
    *,
    stroke_ul: float,
    until_s: float,
    seed: int | None = None,
    noise_frac: float = NOISE_SD_FRAC,
) -> Iterator[Stroke]:
    """Every stroke of a run up to `until_s`, in order of time; primes have none.

    What an anti-bolus turned back is moved again, stroke by stroke, from where the counter fell back to.

    Args:
        events: The events of the run.
        stroke_ul: The profile's stroke volume.
        until_s: Where to end.
        seed: The run's seed for noise per stroke; None: every stroke is nominal.
        noise_frac: Standard deviation of a stroke's volume, as a part of it.
    """
    stroke_ml = stroke_ul / 1000.0
    index = 0
    legs = list(_legs(events))
    for leg, following in zip(legs, [*legs[1:], None], strict=True):
        end_s = until_s if following is None else min(following.t_s, until_s)
        for number, t_s in _marks(leg, following, end_s, stroke_ml):
            index += 1
            yield Stroke(number=number, t_s=t_s, volume_ul=stroke_ul * _noise(seed, index, noise_frac))


def _legs(events: Iterable[Event]) -> Iterator[_Leg]:
    mode = ""
    for event in events:
        match event:
            case ModeChanged():
                mode = event.mode_to
            case RateCommanded():
                rate_ml_h = event.rate_ml_h if mode in DELIVERING else 0.0
                yield _Leg(event.t_s, event.given_ml, rate_ml_h, event.push_ml)


def _marks(leg: _Leg, following: _Leg | None, end_s: float, stroke_ml: float) -> Iterator[tuple[int, float]]:
    """The marks that a leg reaches by its flow, and the one that it is pushed to at its end."""
    if leg.rate_ml_h <= 0.0 or end_s <= leg.t_s:
        return
    first = floor((leg.given_ml + ON_MARK_ML) / stroke_ml) + 1
    end_ml = leg.given_ml + leg.rate_ml_h * (end_s - leg.t_s) / 3600.0
    last = floor((end_ml + ON_MARK_ML) / stroke_ml)
    for number in range(first, last + 1):
        yield number, min(end_s, leg.t_s + (number * stroke_ml - leg.given_ml) * 3600.0 / leg.rate_ml_h)
    if following is not None and following.push_ml > ON_MARK_ML and following.t_s <= end_s:
        yield ceil((end_ml - ON_MARK_ML) / stroke_ml), end_s


def _noise(seed: int | None, index: int, noise_frac: float) -> float:
    """What one stroke moves of its nominal volume: a pure function of (seed, index)."""
    if seed is None or noise_frac == 0.0:
        return 1.0
    return max(0.0, Random(f"{seed}/stroke/{index}").gauss(1.0, noise_frac))
