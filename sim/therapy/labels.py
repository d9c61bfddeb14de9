"""What the labels say of a bag: one table per version, because they disagree.

Rates, solvents, filters and shelf lives hang together: a row is taken whole, never mixed with another
version's. A row's `certainty` is the weakest mark of what it says; its `source` tells which is which.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from pump.alarm_table import Certainty


class Solvent(StrEnum):
    """What the drug is diluted in."""

    PRESERVATIVE_FREE = "preservative-free saline"
    BACTERIOSTATIC = "bacteriostatic saline (0.9 % benzyl alcohol)"


class FilterRule(StrEnum):
    """Whether the line has an in-line filter: 0.2 or 0.22 um, low protein binding (QRG)."""

    REQUIRED = "in-line filter of 0.2 or 0.22 um"
    NONE = "no in-line filter"


class DoseStep(StrEnum):
    """The two doses of the therapy."""

    STARTING = "starting"
    FULL = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class BagRow:
    """One bag of a label.

    Attributes:
        duration_h: How long it is infused.
        rate_ml_h: At which rate.
        solvent: What the drug is diluted in.
        filter_rule: Whether the line has a filter.
        fill_ml: What the pharmacy fills; None where no text gives it.
        room_h: Shelf life at room temperature, the infusion included.
        refrigerated_h: Shelf life between 2 and 8 C, before that.
        source: Where the row comes from, with the mark of each part where they differ.
        certainty: The weakest mark.
    """

    duration_h: int
    rate_ml_h: Decimal
    solvent: Solvent
    filter_rule: FilterRule
    fill_ml: Decimal | None
    room_h: int
    refrigerated_h: int
    source: str
    certainty: Certainty

    @property
    def planned_ml(self) -> Decimal:
        """What is to be infused: rate times duration, exactly."""
        return self.rate_ml_h * self.duration_h

    @property
    def is_preserved(self) -> bool:
        """Whether it holds benzyl alcohol, which the smallest children must not get."""
        return self.solvent is Solvent.BACTERIOSTATIC


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One version of the label. `preserved_from_kg` is the least weight for a bag with preservative."""

    version: str
    title: str
    bags: tuple[BagRow, ...]
    preserved_from_kg: Decimal
    preserved_source: str
    preserved_certainty: Certainty

    def bag(self, duration_h: int) -> BagRow:
        """Return the row of a duration.

        Raises:
            LookupError: this version has no such bag; the text names those that it has.
        """
        for row in self.bags:
            if row.duration_h == duration_h:
                return row
        known = ", ".join(f"{row.duration_h} h" for row in self.bags)
        raise LookupError(f"label {self.version} has no bag of {duration_h} h; it has {known}")


class NotForThisWeightError(ValueError):
    """The bag holds a preservative that a patient of this weight must not get."""


def check_weight(label: Label, row: BagRow, weight_kg: Decimal) -> None:
    """Refuse a preserved bag below the label's weight.

    Raises:
        NotForThisWeightError: with the weight from which it may be given.
    """
    if row.is_preserved and weight_kg < label.preserved_from_kg:
        raise NotForThisWeightError(
            f"the {row.duration_h} h bag holds benzyl alcohol: not below {label.preserved_from_kg} kg "
            f"({label.preserved_source}) [{label.preserved_certainty}]"
        )


FULL_WEIGHT_KG: Final = Decimal(45)
"""From this weight on the dose is fixed; below it goes by body surface [F: BLI-DC; QRG]."""

FIXED_UG_PER_D: Final = MappingProxyType({DoseStep.STARTING: Decimal(9), DoseStep.FULL: Decimal(28)})
"""From 45 kg on, and the caps below [F: BLI-DC; QRG]."""

SURFACE_UG_PER_M2_D: Final = MappingProxyType({DoseStep.STARTING: Decimal(5), DoseStep.FULL: Decimal(15)})
"""Below 45 kg, per square metre of body surface and day [F: BLI-DC; QRG]."""


def labelled_ug_per_d(step: DoseStep, weight_kg: Decimal, surface_m2: Decimal | None = None) -> Decimal:
    """Return the labelled dose: 9 or 28 ug/day from 45 kg on; below 5 or 15 ug/m2/day, never above those.

    Raises:
        ValueError: below 45 kg without a body surface.
    """
    if weight_kg >= FULL_WEIGHT_KG:
        return FIXED_UG_PER_D[step]
    if surface_m2 is None:
        raise ValueError(f"below {FULL_WEIGHT_KG} kg the dose goes by body surface, which is not given")
    return min(SURFACE_UG_PER_M2_D[step] * surface_m2, FIXED_UG_PER_D[step])


_FREE, _PRESERVED = Solvent.PRESERVATIVE_FREE, Solvent.BACTERIOSTATIC
_FILTER, _NO_FILTER = FilterRule.REQUIRED, FilterRule.NONE
_SHELF: Final = "shelf life is general knowledge of the current labels [G]"
_FILL_240: Final = "270 mL of saline, stabiliser and drug not counted: BLI-prep [F]"
_FILL_110: Final = "fill 110 mL [G], which leaves the 9 mL of excess of HK [F]"


def _week(source: str) -> BagRow:
    """The 7-day bag, which every version has alike."""
    return BagRow(
        duration_h=168,
        rate_ml_h=Decimal("0.6"),
        solvent=_PRESERVED,
        filter_rule=_NO_FILTER,
        fill_ml=Decimal(110),
        room_h=168,
        refrigerated_h=336,
        source=f"{source}; {_FILL_110}; {_SHELF}",
        certainty="G",
    )


def _free(
    duration_h: int, rate_ml_h: str, source: str, *, room_h: int = 96, refrigerated_h: int = 240
) -> BagRow:
    """A bag of the scheme without preservative, in which 240 mL or nearly are infused."""
    return BagRow(
        duration_h=duration_h,
        rate_ml_h=Decimal(rate_ml_h),
        solvent=_FREE,
        filter_rule=_FILTER,
        fill_ml=Decimal(270),
        room_h=room_h,
        refrigerated_h=refrigerated_h,
        source=source,
        certainty="F" if room_h == 48 else "G",
    )


def _us_preserved(duration_h: int) -> BagRow:
    """The 72 h and 96 h bags of the current US page."""
    return BagRow(
        duration_h=duration_h,
        rate_ml_h=Decimal("1.8"),
        solvent=_PRESERVED,
        filter_rule=_FILTER,
        fill_ml=None,
        room_h=168,
        refrigerated_h=336,
        source=f"rate: BLI-RR [F]; preserved: QRG's comparison [F]; filter as QRG for this duration [X]; "
        f"no text with the fill; {_SHELF}, as the 7-day bag [X]",
        certainty="X",
    )


_QRG_FREE: Final = f"rate, solvent, filter: QRG [F]; fill: {_FILL_240}; {_SHELF}"
_RR_FREE: Final = f"rate: BLI-RR [F]; filter: BLI-MRD [F]; fill: {_FILL_240}; {_SHELF}"
_MRD_FREE: Final = f"rate and filter: BLI-MRD [F]; fill: {_FILL_240}; shelf life: BLI-14 [F]"

LABELS: Final = MappingProxyType(
    {
        label.version: label
        for label in (
            Label(
                version="canada-2026",
                title="Canada, product monograph of 27 February 2026, as the QRG gives it",
                bags=(
                    _free(24, "10", _QRG_FREE),
                    _free(48, "5", _QRG_FREE),
                    _free(72, "3.3", _QRG_FREE),
                    _free(96, "2.5", _QRG_FREE),
                    _week("rate, solvent, no filter: QRG [F]"),
                ),
                preserved_from_kg=Decimal("5.4"),
                preserved_source="GEN",
                preserved_certainty="S",
            ),
            Label(
                version="us-current",
                title="United States, the maker's current page",
                bags=(
                    _free(24, "10", _RR_FREE),
                    _free(48, "5", _RR_FREE),
                    _us_preserved(72),
                    _us_preserved(96),
                    _week("rate: BLI-RR [F]; solvent, no filter: QRG [F]"),
                ),
                preserved_from_kg=Decimal("5.4"),
                preserved_source="BLI-DC monograph",
                preserved_certainty="F",
            ),
            Label(
                version="us-older",
                title="United States, the older page and the label of 2014",
                bags=(
                    _free(24, "10", _MRD_FREE, room_h=48, refrigerated_h=192),
                    _free(48, "5", _MRD_FREE, room_h=48, refrigerated_h=192),
                    _week("rate: BLI-MRD [F]; solvent, no filter: QRG [F]"),
                ),
                preserved_from_kg=Decimal(22),
                preserved_source="older 7-day text",
                preserved_certainty="G",
            ),
        )
    }
)
"""Every version by its name."""
