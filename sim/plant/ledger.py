"""The books of the plant: what came in and where it went, in mL of drug solution, mL of saline and ug.

    fills = bag + set (stored volume included) + catheter + patient + tissue
            + spilled + primed out + aspirated + discarded

for drug solution, saline and ug each. Air has listed sources and is reported, not balanced.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from sim.plant.fluids import Parcel
from sim.plant.keeping import fields_of


@dataclass(slots=True)
class Ledger:
    """Cumulative amounts since the start. `patient.air_ml` is air that went into the vein."""

    filled: Parcel = field(default_factory=Parcel)
    patient: Parcel = field(default_factory=Parcel)
    tissue: Parcel = field(default_factory=Parcel)
    spilled: Parcel = field(default_factory=Parcel)
    primed_out: Parcel = field(default_factory=Parcel)
    aspirated: Parcel = field(default_factory=Parcel)
    discarded: Parcel = field(default_factory=Parcel)
    vented_air_ml: float = 0.0

    @property
    def wasted_ml(self) -> float:
        """Drug solution primed out, spilled, aspirated and discarded."""
        return (
            self.primed_out.drug_ml + self.spilled.drug_ml + self.aspirated.drug_ml + self.discarded.drug_ml
        )

    def gone(self) -> tuple[Parcel, ...]:
        """Every place that fluid goes to and never comes back from."""
        return (self.patient, self.tissue, self.spilled, self.primed_out, self.aspirated, self.discarded)

    def error(self, held: Iterable[Parcel]) -> tuple[float, float]:
        """The balance's error: (mL, the larger of drug solution and saline; ug)."""
        drug_ml, saline_ml, ug = self.filled.drug_ml, self.filled.saline_ml, self.filled.ug
        for parcel in (*self.gone(), *held):
            drug_ml -= parcel.drug_ml
            saline_ml -= parcel.saline_ml
            ug -= parcel.ug
        return max(abs(drug_ml), abs(saline_ml)), abs(ug)

    def snapshot(self) -> dict[str, Any]:
        """All of it, JSON-able."""
        places = {name: fields_of(getattr(self, name)) for name in PLACES}
        return {**places, "vented_air_ml": self.vented_air_ml}

    @classmethod
    def from_snapshot(cls, snapshot: dict[str, Any]) -> Ledger:
        """The ledger that `snapshot` was taken of."""
        places = dict(snapshot)
        vented_air_ml = places.pop("vented_air_ml")
        return cls(**{name: Parcel(**parcel) for name, parcel in places.items()}, vented_air_ml=vented_air_ml)


PLACES: Final = tuple(name for name in Ledger.__slots__ if name != "vented_air_ml")
"""The accounts that hold fluid."""
