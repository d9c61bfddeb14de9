"""The bag: what it holds, what it can give, and how it ends.

A flexible bag gives liquid down to the hold-up, then its own air, then collapses. Only a vented
container gives air without end. Air at its port goes before anything else.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.plant.fluids import AIR, SLUG_EPSILON_ML, Fluid, Parcel, Slug

GAS_FRAC_PER_C = 1.0 / 110.0 / 21.0
"""Gas given off on warming: up to 1 mL per 110 mL between 4 and 25 C (general knowledge, unverified)."""


@dataclass(slots=True)
class Bag:
    """The bag on the pole. `port_air_ml` is air that stands at its port and is drawn first."""

    drug_ml: float
    saline_ml: float
    ug: float
    holdup_ml: float
    air_ml: float = 0.0
    port_air_ml: float = 0.0
    vented: bool = False
    temperature_c: float = 22.0

    @property
    def liquid_ml(self) -> float:
        """Liquid in the bag, hold-up included."""
        return self.drug_ml + self.saline_ml

    @property
    def dry(self) -> bool:
        """Whether no liquid comes out any more: less than an edge above the hold-up."""
        return self.liquid_ml - self.holdup_ml < SLUG_EPSILON_ML

    @property
    def available_ml(self) -> float:
        """Liquid that still comes out."""
        return 0.0 if self.dry else self.liquid_ml - self.holdup_ml

    @property
    def fluid(self) -> Fluid:
        """The composition of its liquid."""
        liquid_ml = self.liquid_ml
        if liquid_ml <= 0.0:
            return AIR
        return Fluid(self.drug_ml / liquid_ml, self.saline_ml / liquid_ml, 0.0, self.ug / liquid_ml)

    def next_out(self) -> tuple[Fluid, float]:
        """What comes out next and how much of it: (fluid, mL); (AIR, 0) when it has collapsed."""
        if self.port_air_ml > 0.0:
            return AIR, self.port_air_ml
        if not self.dry:
            return self.fluid, self.available_ml
        if self.vented:
            return AIR, float("inf")
        return AIR, self.air_ml

    @property
    def gives(self) -> bool:
        """Whether anything comes out at all."""
        return self.next_out()[1] > 0.0

    def give(self, volume_ml: float) -> Slug:
        """Take `volume_ml` of what comes next; the caller never asks for more than that holds."""
        fluid, held_ml = self.next_out()
        if fluid != AIR:
            return self.give_liquid(volume_ml)
        rest_ml = held_ml - volume_ml
        if self.port_air_ml > 0.0:
            self.port_air_ml = 0.0 if rest_ml < SLUG_EPSILON_ML else rest_ml
        elif not self.vented:
            self.air_ml = 0.0 if rest_ml < SLUG_EPSILON_ML else rest_ml
        return Slug(volume_ml, AIR)

    def give_liquid(self, volume_ml: float) -> Slug:
        """Let liquid go past air at the port; the caller asks for no more than is available."""
        fluid = self.fluid
        self.drug_ml -= volume_ml * fluid.drug_frac
        self.saline_ml -= volume_ml * fluid.saline_frac
        self.ug -= volume_ml * fluid.ug_per_ml
        return Slug(volume_ml, fluid)

    def take_in(self, slugs: list[Slug]) -> None:
        """Let fluid come back from the line: liquid mixes, air joins the bag's air."""
        parcel = Parcel()
        parcel.add_slugs(slugs)
        self.drug_ml += parcel.drug_ml
        self.saline_ml += parcel.saline_ml
        self.ug += parcel.ug
        self.air_ml += parcel.air_ml

    def warm_to(self, temperature_c: float) -> float:
        """Bring the bag to a temperature; returns the gas it gives off, mL."""
        gas_ml = max(0.0, temperature_c - self.temperature_c) * GAS_FRAC_PER_C * self.liquid_ml
        self.temperature_c = temperature_c
        self.air_ml += gas_ml
        return gas_ml
