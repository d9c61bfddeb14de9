"""Upstream of the pump: the bag, the supply line, and the pressure at the inlet.

There is no resistance upstream: while the bag gives, the inlet is at the bag's head. Once nothing
comes, the line itself gives way (compliance) down to a floor; below that strokes move nothing.
"""

from __future__ import annotations

from typing import Any, Final

from sim.plant.bag import Bag
from sim.plant.config import BagConfig, SetConfig
from sim.plant.fluids import AIR, SLUG_EPSILON_ML, Fluid, Slug, Tube, slugs_from
from sim.plant.keeping import fields_of

MMHG_PER_CM: Final = 0.735
"""Weight of a column of water."""

INF: Final = float("inf")


class Upstream:
    """Bag, supply line and inlet pressure at the plant's anchor. `leak_frac` is air sucked in for liquid."""

    __slots__ = (
        "above_cm",
        "bag",
        "blocked",
        "c_ml_mmhg",
        "clamped",
        "floor_mmhg",
        "kinked",
        "leak_frac",
        "line",
        "p_mmhg",
    )

    def __init__(self, bag: BagConfig, line: SetConfig, above_cm: float, first: Fluid) -> None:
        self.bag = Bag(
            liquid_ml=bag.fill_ml,
            fluid=Fluid(drug_frac=1.0, ug_per_ml=bag.ug_per_ml),
            holdup_ml=bag.holdup_ml,
            air_ml=bag.air_ml,
            vented=bag.vented,
            warmest_c=bag.temperature_c,
        )
        self.line = Tube([Slug(line.supply_side_ml, first)])
        self.c_ml_mmhg = line.c_up_ml_mmhg
        self.floor_mmhg = line.p_floor_mmhg
        self.above_cm = above_cm
        self.p_mmhg = self.head_mmhg
        self.clamped = False
        self.kinked = False
        self.blocked = False
        self.leak_frac = 0.0

    @property
    def head_mmhg(self) -> float:
        """Pressure of an open bag at the inlet."""
        return MMHG_PER_CM * self.above_cm

    @property
    def closed(self) -> bool:
        """Whether the way from the bag is shut."""
        return self.clamped or self.kinked or self.blocked

    @property
    def feeds(self) -> bool:
        """Whether anything comes from the bag when the pump draws."""
        return not (self.clamped or self.kinked or self.blocked) and self.bag.gives

    @property
    def at_floor(self) -> bool:
        """Whether the emptied line gives nothing more: strokes move nothing, and still count."""
        return not self.feeds and self.p_mmhg <= self.floor_mmhg

    @property
    def entering(self) -> Fluid | None:
        """What comes into the supply line when the pump draws; None: nothing."""
        return self.bag.next_out()[0] if self.feeds else None

    @property
    def leaving(self) -> Fluid:
        """What goes into the pump, air that a leak sucks in included."""
        if self.leak_frac >= 1.0:
            return AIR
        outlet = self.line.outlet
        return outlet.with_air(self.leak_frac) if self.leak_frac else outlet

    @property
    def inlet_air_frac(self) -> float:
        """Air in what goes into the pump, what a leak sucks in included."""
        return self.leaving.air_frac

    def until_change_ml(self) -> float:
        """Volume drawn until the bag's present fluid is used up, or until the floor is reached."""
        if self.feeds:
            return self.bag.next_out()[1]
        return max(0.0, self.p_mmhg - self.floor_mmhg) * self.c_ml_mmhg or INF

    def until_level_ml(self, level_mmhg: float) -> float:
        """Volume drawn until the inlet is down at `level_mmhg`; inf if it never is."""
        if self.feeds or level_mmhg <= self.floor_mmhg:
            return INF
        return (self.p_mmhg - level_mmhg) * self.c_ml_mmhg

    def p_after_mmhg(self, drawn_ml: float) -> float:
        """Inlet pressure once `drawn_ml` more have been drawn."""
        if self.feeds:
            return self.p_mmhg
        return max(self.floor_mmhg, self.p_mmhg - drawn_ml / self.c_ml_mmhg)

    def draw(self, volume_ml: float) -> list[Slug]:
        """Take up to `volume_ml` towards the pump: the bag follows, then the line gives way."""
        missing_ml = volume_ml - self._follow(volume_ml)
        given_ml = volume_ml
        if missing_ml > 0.0:
            slack_ml = max(0.0, (self.p_mmhg - self.floor_mmhg) * self.c_ml_mmhg)
            yielded_ml = min(missing_ml, slack_ml)
            self.p_mmhg -= yielded_ml / self.c_ml_mmhg
            given_ml -= missing_ml - yielded_ml
        return self.line.take(given_ml)

    def _follow(self, volume_ml: float) -> float:
        """Let the bag give up to `volume_ml` into the line; returns how much came."""
        wanted_ml = volume_ml
        while wanted_ml > 0.0 and self.feeds:
            held_ml = self.bag.next_out()[1]
            part_ml = min(wanted_ml, held_ml)
            if held_ml - part_ml < SLUG_EPSILON_ML:
                part_ml = held_ml
            slug = self.bag.give(part_ml)
            self.line.put(slug.volume_ml, slug.fluid)
            wanted_ml -= part_ml
        return volume_ml - max(0.0, wanted_ml)

    def push_back(self, slugs: list[Slug]) -> None:
        """Let fluid come back from the pump; an open bag takes the surplus in `even_out`."""
        for slug in slugs:
            self.line.put_back(slug.volume_ml, slug.fluid)
            self.p_mmhg += slug.volume_ml / self.c_ml_mmhg

    def even_out(self) -> None:
        """An open bag brings the inlet to its head at once, by giving or taking."""
        if self.closed:
            return
        missing_ml = (self.head_mmhg - self.p_mmhg) * self.c_ml_mmhg
        if missing_ml > 0.0 and self.bag.gives:
            came_ml = self._follow(missing_ml)
            self.p_mmhg = self.head_mmhg - max(0.0, missing_ml - came_ml) / self.c_ml_mmhg
        elif missing_ml < 0.0:
            self.bag.take_in(self.line.take_back(-missing_ml))
            self.p_mmhg = self.head_mmhg

    def hang_set(self, line: SetConfig, fluid: Fluid) -> None:
        """Put in another supply line, open and tight."""
        self.line = Tube([Slug(line.supply_side_ml, fluid)])
        self.p_mmhg = self.head_mmhg
        self.clamped = self.kinked = self.blocked = False
        self.leak_frac = 0.0

    def snapshot(self) -> dict[str, Any]:
        """All of the state, JSON-able."""
        state = {name: getattr(self, name) for name in self.__slots__}
        bag = fields_of(self.bag) | {"fluid": fields_of(self.bag.fluid)}
        return state | {"bag": bag, "line": self.line.snapshot()}

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Take over a state that `snapshot` gave."""
        for name in self.__slots__:
            setattr(self, name, snapshot[name])
        self.bag = Bag(**snapshot["bag"] | {"fluid": Fluid(**snapshot["bag"]["fluid"])})
        self.line = Tube(slugs_from(snapshot["line"]))
