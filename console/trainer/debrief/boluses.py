"""Boluses: what went into the vein in a burst, beyond what was due, whatever brought it.

They are read off the volume that truly went through the catheter's tip. A line that was closed gives what
pressure had stored in it when it is opened; a flush and a prime with the patient connected give all at once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from console.signals import Sample
from console.story import Entry as Told
from console.story import Lane, timeline
from console.trainer.debrief.material import Material
from console.trainer.debrief.telling import OF_KEYS
from pump.events import Event, ModeChanged, RateCommanded

ABOVE_FRAC: Final = 1.1
"""A flow of more than so many times what is due belongs to a burst (X)."""

WORTH_S: Final = 60.0
"""A burst that holds no more than the order gives in this time is not told (X)."""

NOTHING_ML: Final = 1e-9
"""What rounding alone can make."""

CAUSE_WITHIN_S: Final = 2.0
"""What was done so shortly before a burst brought it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bolus:
    """One burst.

    Attributes:
        begin_s: When it began.
        end_s: When flow was back at what is due.
        volume_ml: Drug solution into the vein beyond what was due meanwhile.
        drug_ug: The drug in it.
        worth_s: In how long the order gives as much.
        brought_by: What happened just then, in words; empty: nothing that is told.
    """

    begin_s: float
    end_s: float
    volume_ml: float
    drug_ug: float
    worth_s: float
    brought_by: str


def boluses(material: Material) -> tuple[Bolus, ...]:
    """Give every burst since somebody was there."""
    order = material.setup.order
    told = timeline(material.result)
    due = Due(order.rate_ml_h, material.result.events)
    return tuple(
        Bolus(
            begin_s=begin_s,
            end_s=end_s,
            volume_ml=volume_ml,
            drug_ug=volume_ml * order.ug_per_ml,
            worth_s=volume_ml / order.rate_ml_h * 3600.0,
            brought_by=_brought_by(told, begin_s),
        )
        for begin_s, end_s, volume_ml in bursts(material.samples, due)
        if begin_s >= material.begin_s and volume_ml > order.rate_ml_h * WORTH_S / 3600.0
    )


class Due:
    """What flow is due: the order's, or what the pump is set to where it runs faster than that.

    A pump that is set to a wrong rate is a wrong dose, and told as such; it is no burst.
    """

    def __init__(self, order_ml_h: float, events: Iterable[Event]) -> None:
        self._order_ml_h = order_ml_h
        self._times_s, self._rates_ml_h = [-1.0], [order_ml_h]
        runs = False
        for event in events:
            if isinstance(event, ModeChanged):
                runs = event.mode_to == "running"
            elif isinstance(event, RateCommanded):
                self._times_s.append(event.t_s)
                self._rates_ml_h.append(event.rate_ml_h if runs else 0.0)

    def rate_ml_h(self, t_s: float) -> float:
        """Give the flow that is due just after `t_s`."""
        return max(self._order_ml_h, self._rates_ml_h[bisect_right(self._times_s, t_s) - 1])


def bursts(samples: Sequence[Sample], due: Due) -> list[tuple[float, float, float]]:
    """Give begin, end and volume beyond what was due of every stretch of samples with more flow than that."""
    found: list[tuple[float, float, float]] = []
    open_place: int | None = None
    for place, (before, after) in enumerate(pairwise(samples)):
        length_h = (after.t_s - before.t_s) / 3600.0
        due_ml = due.rate_ml_h(before.t_s) * length_h
        given_ml = after.delivered_ml - before.delivered_ml
        if length_h == 0.0 and given_ml <= NOTHING_ML:
            continue  # an event in a burst, which says nothing of the flow, does not end it
        if given_ml <= ABOVE_FRAC * due_ml + NOTHING_ML:
            open_place = None
        elif open_place is None:
            open_place = place
            found.append((before.t_s, after.t_s, given_ml - due_ml))
        else:
            begin_s, _, volume_ml = found[-1]
            found[-1] = (begin_s, after.t_s, volume_ml + given_ml - due_ml)
    return found


def _brought_by(told: Iterable[Told], begin_s: float) -> str:
    """Give the last thing that was done before a burst, if that was just before it."""
    near = [
        entry.text
        for entry in told
        if begin_s - CAUSE_WITHIN_S <= entry.t_s <= begin_s
        and entry.lane in (Lane.ACTION, Lane.PUMP)
        and not entry.text.startswith(OF_KEYS)
    ]
    return near[-1] if near else ""
