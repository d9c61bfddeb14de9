"""The bags of a cycle: which, from when to when, and what the pharmacy prepares.

Bags are changed at the same time of day, whatever is left in them: the overfill is not infused and no
bag is emptied [F: QRG]. A delay moves no later change. Volumes are exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from sim.therapy.courses import Cycle, DoseSpan
from sim.therapy.labels import BagRow, DoseStep, Label, check_weight, labelled_ug_per_d

DAY_H: Final = 24

UNKNOWN_OVERFILL_ML: Final = Decimal("9.2")
"""Overfill of a bag whose fill no text gives: as the 7-day bag's 110 - 100.8 mL (X)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedBag:
    """One bag: hung at `hang_h` after the cycle's start, changed at `change_h`.

    `change_h` comes before the end of the bag's own duration where the dose changes or the cycle ends.
    """

    row: BagRow
    step: DoseStep
    dose_ug_per_d: Decimal
    hang_h: int
    change_h: int

    @property
    def infused_ml(self) -> Decimal:
        """What runs in until the change."""
        return self.row.rate_ml_h * (self.change_h - self.hang_h)

    @property
    def planned_ml(self) -> Decimal:
        """What the bag is made for: rate times its own duration."""
        return self.row.planned_ml

    @property
    def fill_ml(self) -> Decimal:
        """What is filled."""
        return self.planned_ml + UNKNOWN_OVERFILL_ML if self.row.fill_ml is None else self.row.fill_ml

    @property
    def overfill_ml(self) -> Decimal:
        """What is in the bag beyond `planned_ml`: for priming, never for infusing."""
        return self.fill_ml - self.planned_ml

    @property
    def dose_ug(self) -> Decimal:
        """Drug in `planned_ml`."""
        return self.dose_ug_per_d * self.row.duration_h / DAY_H

    @property
    def ug_per_ml(self) -> Decimal:
        """Concentration."""
        return self.dose_ug / self.planned_ml

    @property
    def filled_ug(self) -> Decimal:
        """Drug in the whole bag, the overfill included."""
        return self.dose_ug * self.fill_ml / self.planned_ml

    def hang_by_h(self, prepared_h: int) -> int:
        """Return the last hour to hang it: out of the refrigerator in time, and through before it expires.

        It leaves the refrigerator when it is hung; from then on it has `room_h`, the infusion included.

        Raises:
            ValueError: the infusion alone takes longer than the shelf life.
        """
        infused_h = self.change_h - self.hang_h
        if infused_h > self.row.room_h:
            raise ValueError(f"{infused_h} h of infusion exceed {self.row.room_h} h at room temperature")
        return prepared_h + self.row.refrigerated_h

    def expires_h(self, hung_h: int) -> int:
        """Return the hour at which a bag hung at `hung_h` must be off, whatever is left in it."""
        return hung_h + self.row.room_h


def plan_bags(
    cycle: Cycle,
    label: Label,
    *,
    home_bag_h: int,
    hospital_bag_h: int = 24,
    weight_kg: Decimal = Decimal(70),
    surface_m2: Decimal | None = None,
) -> tuple[PlannedBag, ...]:
    """Plan the bags of a cycle from its first hour to the end of its infusion days.

    In hospital bags of `hospital_bag_h` are hung, then bags of `home_bag_h`. No bag is hung beyond the
    hospital days, a change of dose or the cycle's end: the last one before is the longest that fits.

    Raises:
        LookupError: the label has no such bag.
        NotForThisWeightError: the bag holds a preservative that this weight must not get.
        ValueError: no body surface below 45 kg.
    """
    bags = []
    for span in cycle.spans:
        dose_ug_per_d = labelled_ug_per_d(span.step, weight_kg, surface_m2)
        for start_h, end_h, preferred_h in _stretches(
            span, cycle.hospital_days_count, hospital_bag_h, home_bag_h
        ):
            label.bag(preferred_h)
            hang_h = start_h
            while hang_h < end_h:
                row = _longest(label, min(preferred_h, end_h - hang_h))
                check_weight(label, row, weight_kg)
                bags.append(
                    PlannedBag(
                        row=row,
                        step=span.step,
                        dose_ug_per_d=dose_ug_per_d,
                        hang_h=hang_h,
                        change_h=min(hang_h + row.duration_h, end_h),
                    )
                )
                hang_h += row.duration_h
    return tuple(bags)


def _stretches(
    span: DoseSpan, hospital_days_count: int, hospital_bag_h: int, home_bag_h: int
) -> Iterator[tuple[int, int, int]]:
    """Give start, end and preferred bag of the span's hours in hospital and at home."""
    start_h, end_h = (span.first_day_no - 1) * DAY_H, span.last_day_no * DAY_H
    home_h = min(max(start_h, hospital_days_count * DAY_H), end_h)
    if start_h < home_h:
        yield start_h, home_h, hospital_bag_h
    if home_h < end_h:
        yield home_h, end_h, home_bag_h


def _longest(label: Label, at_most_h: int) -> BagRow:
    """The longest bag that fits, or the shortest where none does."""
    fitting = [row for row in label.bags if row.duration_h <= at_most_h]
    return max(fitting or [label.bags[0]], key=lambda row: row.duration_h)
