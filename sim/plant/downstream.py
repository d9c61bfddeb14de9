"""Downstream of the pump: the patient line with its compliance, filter, connector, catheter and vein.

The clamp acts at the connector, so that the whole compliance lies in front of it. Stored volume makes
the queue of slugs longer; it leaves through the end by `sim/plant/flow.py`'s closed form.
"""

from __future__ import annotations

from typing import Any, Final

from sim.plant.config import CatheterConfig, FilterConfig, SetConfig
from sim.plant.fluids import AIR, BLOOD, SALINE, Fluid, Slug, Tube, rows_of, slugs_from
from sim.plant.keeping import fields_of
from sim.plant.ledger import Ledger
from sim.plant.upstream import MMHG_PER_CM

INF: Final = float("inf")

AIR_ML_PER_ML_MMHG: Final = 1.0 / 760.0
"""What a millilitre of air adds to the compliance of an occluded line, mL/mmHg."""

REFLUX_SLACK_MMHG: Final = 1e-9

NOT_STATE: Final = frozenset({"ledger", "vein"})


class Downstream:
    """Line, filter, catheter and vein at the plant's anchor.

    `leak_frac` is lost at the pump's outlet, `filter_leak_frac` at the filter. `obstruction_*` narrow
    catheter and vein. `stairs` are the steps (time, resistance) of a growing clot.
    """

    __slots__ = (
        "above_cm",
        "c_ml_mmhg",
        "catheter",
        "catheter_clamped",
        "clamped",
        "connected",
        "filter",
        "filter_leak_frac",
        "kinked",
        "leak_frac",
        "ledger",
        "line",
        "needle_out",
        "obstruction_frac",
        "obstruction_mmhg_h_ml",
        "p_mmhg",
        "parked",
        "patient_side_ml",
        "saline_left_ml",
        "saline_ml_h",
        "stairs",
        "stiff_c_ml_mmhg",
        "vein",
        "was_closed",
    )

    def __init__(
        self,
        line: SetConfig,
        in_line: FilterConfig,
        catheter: CatheterConfig,
        above_cm: float,
        first: Fluid,
        ledger: Ledger,
    ) -> None:
        self.vein = catheter
        self.ledger = ledger
        self.filter = in_line
        self.above_cm = above_cm
        self.stiff_c_ml_mmhg = self.c_ml_mmhg = line.c_down_ml_mmhg
        self.patient_side_ml = line.patient_side_ml
        self.line = self._full_line(first)
        self.catheter = Tube([Slug(catheter.volume_ml, SALINE)] if catheter.volume_ml else [])
        self.parked: list[Slug] = []
        self.p_mmhg = self.end_mmhg
        self.connected = False
        self.clamped = False
        self.kinked = False
        self.catheter_clamped = False
        self.obstruction_frac = 0.0
        self.obstruction_mmhg_h_ml: float | None = None
        self.stairs: list[tuple[float, float]] = []
        self.leak_frac = 0.0
        self.filter_leak_frac = 0.0
        self.needle_out = False
        self.saline_ml_h = 0.0
        self.saline_left_ml = 0.0
        self.was_closed = False

    # What follows from the state

    @property
    def end_mmhg(self) -> float:
        """Pressure at the far end: the vein, and the height of the site above the pump."""
        return self.vein.p_vein_mmhg + MMHG_PER_CM * self.above_cm

    @property
    def catheter_mmhg_h_ml(self) -> float:
        """Resistance of catheter and vein with whatever obstructs them; inf closed."""
        if self.obstruction_mmhg_h_ml is not None:
            return self.obstruction_mmhg_h_ml
        if self.obstruction_frac >= 1.0:
            return INF
        return self.vein.resistance_mmhg_h_ml / (1.0 - self.obstruction_frac)

    @property
    def catheter_open(self) -> bool:
        """Whether anything can go through catheter and vein."""
        return not self.catheter_clamped and self.catheter_mmhg_h_ml < INF

    @property
    def closed(self) -> bool:
        """Whether the line's way out is shut altogether."""
        return self.clamped or self.kinked or (self.connected and not self.catheter_open)

    @property
    def below_end(self) -> bool:
        """Whether the line is below the far end's pressure: a check valve (X) lets nothing back."""
        return self.p_mmhg < self.end_mmhg - REFLUX_SLACK_MMHG

    @property
    def g_out_ml_h_mmhg(self) -> float:
        """Conductance of the way out; 0 closed, inf an open end."""
        if self.closed or self.below_end:
            return 0.0
        if self.connected:
            return 1.0 / (self.filter.resistance_mmhg_h_ml + self.catheter_mmhg_h_ml)
        return 1.0 / self.filter.resistance_mmhg_h_ml if self.filter.resistance_mmhg_h_ml else INF

    @property
    def line_ml(self) -> float:
        """What the line holds at the vein's pressure."""
        return self.patient_side_ml + self.filter.volume_ml

    @property
    def stored_ml(self) -> float:
        """Volume held by pressure, over what the line holds at the vein's pressure."""
        return self.line.volume_ml - self.line_ml

    @property
    def vents_air(self) -> bool:
        """Whether a filter lets the line's air out."""
        return self.filter.volume_ml > 0.0 and self.filter.vented

    @property
    def through_frac(self) -> float:
        """How much of what leaves the line goes on into the connector."""
        vented_frac = self.line.outlet.air_frac if self.vents_air else 0.0
        return (1.0 - vented_frac) * (1.0 - self.filter_leak_frac)

    @property
    def saline_runs(self) -> bool:
        """Whether a second source runs saline into the catheter."""
        return self.saline_ml_h > 0.0 and not self.connected and self.catheter_open

    @property
    def tip_fluid(self) -> Fluid:
        """What stands at the catheter tip."""
        if self.catheter.slugs:
            return self.catheter.outlet
        return self.entering_catheter if self.connected or self.saline_runs else BLOOD

    @property
    def entering_catheter(self) -> Fluid:
        """What comes through the connector while the line runs: a vent has let its air out."""
        if self.saline_runs:
            return SALINE
        outlet = self.line.outlet
        mixed = 0.0 < outlet.air_frac < 1.0
        return outlet.without_air() if mixed and self.vents_air else outlet

    # What happens to it

    def take_air_in_account(self) -> None:
        """At the onset of a full occlusion the air in the line makes it softer, until the next one."""
        if self.closed and not self.was_closed:
            self.c_ml_mmhg = self.stiff_c_ml_mmhg + self.line.air_ml * AIR_ML_PER_ML_MMHG
        self.was_closed = self.closed

    def let_go_at_open_end(self, *, priming: bool) -> None:
        """An open end has no resistance: what pressure had stored in front of it is gone at once."""
        if self.connected or self.closed or self.filter.resistance_mmhg_h_ml > 0.0:
            return
        excess_ml = (self.p_mmhg - self.end_mmhg) * self.c_ml_mmhg
        if excess_ml > 0.0:
            self.let_out(self.line.take(excess_ml), priming=priming)
        elif excess_ml < 0.0:
            self.line.put_back(-excess_ml, AIR)
        self.p_mmhg = self.end_mmhg

    def let_in(self, volume_ml: float, fluid: Fluid) -> float:
        """Let fluid in from the pump; returns how much did not leak away at the outlet."""
        self.ledger.spilled.add(volume_ml * self.leak_frac, fluid)
        kept_ml = volume_ml * (1.0 - self.leak_frac)
        self.line.put(kept_ml, fluid)
        return kept_ml

    def let_out(self, slugs: list[Slug], *, priming: bool) -> None:
        """Book what has left the line's end: through the filter, to the connector, and on."""
        for slug in slugs:
            volume_ml, fluid = slug.volume_ml, slug.fluid
            if self.vents_air and fluid.air_frac > 0.0:
                self.ledger.vented_air_ml += volume_ml * fluid.air_frac
                if fluid.air_frac >= 1.0:
                    continue
                volume_ml *= 1.0 - fluid.air_frac
                fluid = fluid.without_air()
            self.ledger.spilled.add(volume_ml * self.filter_leak_frac, fluid)
            volume_ml *= 1.0 - self.filter_leak_frac
            if self.connected:
                self.into_catheter(volume_ml, fluid)
            else:
                (self.ledger.primed_out if priming else self.ledger.spilled).add(volume_ml, fluid)

    def into_catheter(self, volume_ml: float, fluid: Fluid) -> None:
        """Push `volume_ml` into the catheter; the same volume leaves at its tip."""
        place = self.ledger.tissue if self.needle_out else self.ledger.patient
        if self.catheter.slugs:
            self.catheter.put(volume_ml, fluid)
            place.add_slugs(self.catheter.take(volume_ml))
        else:
            place.add(volume_ml, fluid)

    def run_saline(self, volume_ml: float) -> None:
        """Let saline from the second source into the catheter."""
        run_ml = min(volume_ml, self.saline_left_ml)
        self.ledger.filled.saline_ml += run_ml
        self.saline_left_ml -= run_ml
        self.into_catheter(run_ml, SALINE)

    def hang_set(self, line: SetConfig, fluid: Fluid) -> None:
        """Put in another patient line, open and tight; the filter stays."""
        self.patient_side_ml = line.patient_side_ml
        self.c_ml_mmhg = self.stiff_c_ml_mmhg
        self.p_mmhg = self.end_mmhg
        self.line = self._full_line(fluid)
        self.clamped = self.kinked = False
        self.leak_frac = 0.0

    def _full_line(self, fluid: Fluid) -> Tube:
        """A line full of one fluid, at the pressure of the far end."""
        head_ml = (self.end_mmhg - self.vein.p_vein_mmhg) * self.stiff_c_ml_mmhg
        return Tube([Slug(self.line_ml + head_ml, fluid)])

    def snapshot(self) -> dict[str, Any]:
        """All of the state but the books, JSON-able."""
        state = {name: getattr(self, name) for name in self.__slots__ if name not in NOT_STATE}
        return state | {
            "line": self.line.snapshot(),
            "catheter": self.catheter.snapshot(),
            "parked": rows_of(self.parked),
            "stairs": [list(stair) for stair in self.stairs],
            "filter": fields_of(self.filter),
        }

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Take over a state that `snapshot` gave."""
        for name, value in snapshot.items():
            setattr(self, name, value)
        self.line = Tube(slugs_from(snapshot["line"]))
        self.catheter = Tube(slugs_from(snapshot["catheter"]))
        self.parked = slugs_from(snapshot["parked"])
        self.stairs = [(stair[0], stair[1]) for stair in snapshot["stairs"]]
        self.filter = FilterConfig(**snapshot["filter"])
