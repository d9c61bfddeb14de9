"""The bag: what it holds, what it can give, and how it ends.

A flexible bag gives liquid down to the hold-up, then its own air, then collapses. Only a vented
container gives air without end. Air at its port goes before anything else.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.plant.fluids import AIR, SLUG_EPSILON_ML, Fluid, Slug

GAS_FRAC_PER_C = 1.0 / 110.0 / 21.0
"""Gas given off on warming: up to 1 mL per 110 mL between 4 and 25 C (general knowledge, unverified)."""


@dataclass(slots=True)
class Bag:
    """The bag on the pole. `port_air_ml` is air that stands at its port and is drawn first.

    `fluid` is what its liquid is made of, kept as such: it changes where something mixes in, and nowhere
    else, so that what is drawn early and late is one fluid to the last bit.
    """

    liquid_ml: float
    fluid: Fluid
    holdup_ml: float
    air_ml: float = 0.0
    port_air_ml: float = 0.0
    vented: bool = False
    warmest_c: float = 22.0

    @property
    def drug_ml(self) -> float:
        """Drug solution in it, hold-up included."""
        return self.liquid_ml * self.fluid.drug_frac

    @property
    def saline_ml(self) -> float:
        """Saline in it."""
        return self.liquid_ml * self.fluid.saline_frac

    @property
    def ug(self) -> float:
        """Drug in it."""
        return self.liquid_ml * self.fluid.ug_per_ml

    @property
    def dry(self) -> bool:
        """Whether no liquid comes out any more: less than an edge above the hold-up."""
        return self.liquid_ml - self.holdup_ml < SLUG_EPSILON_ML

    @property
    def available_ml(self) -> float:
        """Liquid that still comes out."""
        left_ml = self.liquid_ml - self.holdup_ml
        return 0.0 if left_ml < SLUG_EPSILON_ML else left_ml

    def next_out(self) -> tuple[Fluid, float]:
        """What comes out next and how much of it: (fluid, mL); (AIR, 0) when it has collapsed."""
        if self.port_air_ml > 0.0:
            return AIR, self.port_air_ml
        left_ml = self.available_ml
        if left_ml > 0.0:
            return self.fluid, left_ml
        if self.vented:
            return AIR, float("inf")
        return AIR, self.air_ml

    @property
    def gives(self) -> bool:
        """Whether anything comes out at all."""
        left_ml = self.liquid_ml - self.holdup_ml
        return left_ml >= SLUG_EPSILON_ML or self.vented or self.port_air_ml > 0.0 or self.air_ml > 0.0

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
        self.liquid_ml -= volume_ml
        return Slug(volume_ml, self.fluid)

    def take_in(self, slugs: list[Slug]) -> None:
        """Let fluid come back from the line: liquid mixes, air joins the bag's air."""
        for slug in slugs:
            air_frac = slug.fluid.air_frac
            self.air_ml += slug.volume_ml * air_frac
            if air_frac < 1.0:
                liquid = slug.fluid.without_air() if air_frac else slug.fluid
                self._mix(slug.volume_ml * (1.0 - air_frac), liquid)

    def _mix(self, volume_ml: float, fluid: Fluid) -> None:
        mixed_ml = self.liquid_ml + volume_ml
        if fluid != self.fluid and mixed_ml > 0.0:
            self.fluid = self.fluid.mixed(fluid, volume_ml / mixed_ml)
        self.liquid_ml = mixed_ml

    def warm_to(self, temperature_c: float) -> float:
        """Bring the bag to a temperature; returns the gas it gives off, mL.

        What is out does not dissolve again (X): only a new highest temperature drives out more.
        """
        gas_ml = max(0.0, temperature_c - self.warmest_c) * GAS_FRAC_PER_C * self.liquid_ml
        self.warmest_c = max(self.warmest_c, temperature_c)
        self.air_ml += gas_ml
        return gas_ml
