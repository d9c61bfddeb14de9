"""Lines through a run for its figures, with no more points than it takes to draw them the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

from console.report.material import Stretch
from console.signals import Sample
from console.trainer.debrief.material import Material

Point = tuple[float, float]

FINE_FRAC: Final = 0.002
"""A line may be off by so much of its whole height: less than it is thick."""


def curve(material: Material, value: Callable[[Sample], float]) -> tuple[Point, ...]:
    """Give a line through the samples from where somebody was let at the run."""
    return thinned([(each.t_s, value(each)) for each in material.samples if each.t_s >= material.begin_s])


def thinned(points: Sequence[Point]) -> tuple[Point, ...]:
    """Leave out what a straight line tells as well (Douglas and Peucker, upright distances)."""
    if not points:
        return ()
    values = [value for _, value in points]
    slack = FINE_FRAC * (max(values) - min(values))
    kept = {0, len(points) - 1}
    todo = [(0, len(points) - 1)]
    while todo:
        first, last = todo.pop()
        off, place = max(
            ((_off(points, first, place, last), place) for place in range(first + 1, last)), default=(0.0, 0)
        )
        if off > slack:
            kept.add(place)
            todo += [(first, place), (place, last)]
    return tuple(points[place] for place in sorted(kept))


def _off(points: Sequence[Point], first: int, place: int, last: int) -> float:
    """Give how far a point lies off the line between two others."""
    (begin, from_value), (t, value), (end, to_value) = points[first], points[place], points[last]
    if end == begin:
        return abs(value - from_value)
    return abs(value - from_value - (to_value - from_value) * (t - begin) / (end - begin))


def modes(material: Material) -> tuple[Stretch, ...]:
    """Give what the pump was doing, stretch by stretch, from where somebody was let at the run."""
    samples = [each for each in material.samples if each.t_s >= material.begin_s]
    found: list[Stretch] = []
    begin_s = material.begin_s
    for before, after in pairwise(samples):
        if before.mode != after.mode:
            found.append(Stretch(before.mode, begin_s, after.t_s))
            begin_s = after.t_s
    if samples:
        found.append(Stretch(samples[-1].mode, begin_s, material.end_s))
    return tuple(found)
