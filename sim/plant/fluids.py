"""What flows: compositions, slugs and the queue of slugs in a tube.

A tube is a first-in-first-out queue in volume coordinates: what goes in at one end pushes what comes
out at the other, nothing mixes on the way. Stored volume (compliance) simply makes the queue longer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sim.plant.keeping import fields_of

SLUG_EPSILON_ML: Final = 1e-9
"""Less than this before a slug's edge counts as none: the rest goes with it."""


@dataclass(frozen=True, slots=True)
class Fluid:
    """A composition by volume. Drug solution, saline and air are parts of 1; the rest of it is blood.

    `ug_per_ml` is micrograms of drug per millilitre of *fluid*, so that mixtures stay additive.
    """

    drug_frac: float = 0.0
    saline_frac: float = 0.0
    air_frac: float = 0.0
    ug_per_ml: float = 0.0

    def with_air(self, air_frac: float) -> Fluid:
        """This fluid with `air_frac` of its volume replaced by air."""
        rest_frac = 1.0 - air_frac
        return Fluid(
            self.drug_frac * rest_frac,
            self.saline_frac * rest_frac,
            self.air_frac * rest_frac + air_frac,
            self.ug_per_ml * rest_frac,
        )

    def without_air(self) -> Fluid:
        """What is left of this fluid when its air is let out; not for pure air."""
        left_frac = 1.0 - self.air_frac
        return Fluid(
            self.drug_frac / left_frac, self.saline_frac / left_frac, 0.0, self.ug_per_ml / left_frac
        )

    def mixed(self, other: Fluid, other_frac: float) -> Fluid:
        """This fluid with `other_frac` of the whole being `other`."""
        own_frac = 1.0 - other_frac
        return Fluid(
            self.drug_frac * own_frac + other.drug_frac * other_frac,
            self.saline_frac * own_frac + other.saline_frac * other_frac,
            self.air_frac * own_frac + other.air_frac * other_frac,
            self.ug_per_ml * own_frac + other.ug_per_ml * other_frac,
        )


AIR: Final = Fluid(air_frac=1.0)
SALINE: Final = Fluid(saline_frac=1.0)
BLOOD: Final = Fluid()


@dataclass(slots=True)
class Slug:
    """A stretch of one fluid."""

    volume_ml: float
    fluid: Fluid


@dataclass(slots=True)
class Parcel:
    """An amount of mixed fluid outside any tube: what a ledger books."""

    drug_ml: float = 0.0
    saline_ml: float = 0.0
    air_ml: float = 0.0
    ug: float = 0.0
    blood_ml: float = 0.0

    def add(self, volume_ml: float, fluid: Fluid) -> None:
        """Add `volume_ml` of `fluid`."""
        self.drug_ml += volume_ml * fluid.drug_frac
        self.saline_ml += volume_ml * fluid.saline_frac
        self.air_ml += volume_ml * fluid.air_frac
        self.ug += volume_ml * fluid.ug_per_ml
        self.blood_ml += volume_ml * (1.0 - fluid.drug_frac - fluid.saline_frac - fluid.air_frac)

    def join(self, other: Parcel) -> None:
        """Add all of another parcel."""
        self.drug_ml += other.drug_ml
        self.saline_ml += other.saline_ml
        self.air_ml += other.air_ml
        self.ug += other.ug
        self.blood_ml += other.blood_ml

    def add_slugs(self, slugs: list[Slug]) -> None:
        """Add every slug."""
        for slug in slugs:
            self.add(slug.volume_ml, slug.fluid)


class Tube:
    """A queue of slugs, oldest (nearest the outlet) first."""

    __slots__ = ("slugs",)

    def __init__(self, slugs: list[Slug]) -> None:
        self.slugs = slugs

    @property
    def volume_ml(self) -> float:
        """All that stands in the tube, air included."""
        return sum(slug.volume_ml for slug in self.slugs)

    @property
    def air_ml(self) -> float:
        """The air that stands in the tube."""
        return sum(slug.volume_ml * slug.fluid.air_frac for slug in self.slugs)

    @property
    def liquid_ml(self) -> float:
        """Drug solution and saline in the tube."""
        return sum(slug.volume_ml * (slug.fluid.drug_frac + slug.fluid.saline_frac) for slug in self.slugs)

    @property
    def outlet(self) -> Fluid:
        """What stands at the outlet; air if the tube holds nothing."""
        return self.slugs[0].fluid if self.slugs else AIR

    def to_next_edge_ml(self, entering: Fluid | None) -> float:
        """Volume until the fluid at the outlet changes; inf if it never does.

        What enters behind the last slug counts: an edge between the two is on its way from now on.
        """
        if not self.slugs:
            return float("inf")
        changes = len(self.slugs) > 1 or (entering is not None and entering != self.slugs[0].fluid)
        return self.slugs[0].volume_ml if changes else float("inf")

    def put(self, volume_ml: float, fluid: Fluid) -> None:
        """Let `volume_ml` in at the inlet."""
        if volume_ml <= 0.0:
            return
        last = self.slugs[-1] if self.slugs else None
        if last is not None and last.fluid == fluid:
            last.volume_ml += volume_ml
        else:
            self.slugs.append(Slug(volume_ml, fluid))

    def put_back(self, volume_ml: float, fluid: Fluid) -> None:
        """Let `volume_ml` in at the outlet, backwards."""
        if volume_ml <= 0.0:
            return
        first = self.slugs[0] if self.slugs else None
        if first is not None and first.fluid == fluid:
            first.volume_ml += volume_ml
        else:
            self.slugs.insert(0, Slug(volume_ml, fluid))

    def take(self, volume_ml: float) -> list[Slug]:
        """Take `volume_ml` out at the outlet, oldest first; a rest of less than an edge goes with it."""
        taken: list[Slug] = []
        left_ml = volume_ml
        while self.slugs and left_ml > 0.0:
            first = self.slugs[0]
            if first.volume_ml <= left_ml or self._leaves_crumb(first, left_ml):
                taken.append(first)
                left_ml -= first.volume_ml
                del self.slugs[0]
            else:
                first.volume_ml -= left_ml
                taken.append(Slug(left_ml, first.fluid))
                break
        return taken

    def take_back(self, volume_ml: float) -> list[Slug]:
        """Take `volume_ml` out at the inlet, youngest first."""
        taken: list[Slug] = []
        left_ml = volume_ml
        while self.slugs and left_ml > 0.0:
            last = self.slugs[-1]
            if last.volume_ml <= left_ml or self._leaves_crumb(last, left_ml):
                taken.append(last)
                left_ml -= last.volume_ml
                del self.slugs[-1]
            else:
                last.volume_ml -= left_ml
                taken.append(Slug(left_ml, last.fluid))
                break
        return taken

    def _leaves_crumb(self, slug: Slug, taken_ml: float) -> bool:
        """Whether less than an edge would be left of a slug that others follow."""
        return len(self.slugs) > 1 and slug.volume_ml - taken_ml < SLUG_EPSILON_ML

    def take_air(self) -> float:
        """Let every pure air slug go and return its volume, mL; the liquid closes up."""
        air_ml = sum(slug.volume_ml for slug in self.slugs if slug.fluid == AIR)
        kept: list[Slug] = []
        for slug in self.slugs:
            if slug.fluid == AIR:
                continue
            if kept and kept[-1].fluid == slug.fluid:
                kept[-1].volume_ml += slug.volume_ml
            else:
                kept.append(slug)
        self.slugs = kept
        return air_ml

    def snapshot(self) -> list[dict[str, Any]]:
        """The slugs, JSON-able."""
        return rows_of(self.slugs)


def rows_of(slugs: list[Slug]) -> list[dict[str, Any]]:
    """Slugs taken apart, JSON-able."""
    return [{"volume_ml": slug.volume_ml, "fluid": fields_of(slug.fluid)} for slug in slugs]


def slugs_from(rows: list[dict[str, Any]]) -> list[Slug]:
    """The slugs that `rows_of` took apart."""
    return [Slug(row["volume_ml"], Fluid(**row["fluid"])) for row in rows]
