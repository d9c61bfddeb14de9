"""The pressure node downstream of the pump, in closed form.

One linear equation covers every state of the line:

    C dP/dt = inflow - outflow
    inflow  = q (1 - k P) + g_free (P_head - P)      pump, and gravity where nothing holds it back
    outflow = g_out (P - P_end)                      catheter and vein; g_out 0 closed, inf an open end

so that P is constant, linear or one exponential, and so are all flows and volumes. Times here are
hours since the anchor (`_h`), because rates are per hour.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

BRACKET_H: Final = 1e-9 / 3600.0
"""Crossings without an elementary inverse are bracketed to 1e-9 s."""

SETTLED: Final = 50.0
"""After this many time constants an exponential is below any rounding of what it is added to."""

INF: Final = math.inf


def first_reach_h(value_at: Callable[[float], float], target: float, guess_h: float) -> float:
    """When a function that never falls first reaches `target`, by bracketing; inf if it is not seen to.

    Args:
        value_at: the function of hours since the anchor, 0 at the anchor.
        target: the value to reach.
        guess_h: a positive scale of time to start the bracket from.
    """
    high_h = guess_h
    for _ in range(200):
        if value_at(high_h) >= target:
            break
        high_h *= 2.0
    else:
        return INF
    low_h = 0.0
    while high_h - low_h > BRACKET_H:
        middle_h = 0.5 * (low_h + high_h)
        if middle_h in (low_h, high_h):
            break
        if value_at(middle_h) >= target:
            high_h = middle_h
        else:
            low_h = middle_h
    return high_h


class NodeFlow:
    """Pressure and volumes at the node between two events, from the anchor on.

    `q_ml_h` is the pump's flow into the node at zero back-pressure, `loss_per_mmhg` what a mmHg takes of it,
    `g_free_ml_h_mmhg` the conductance of a line that gravity can run through from `p_head_mmhg`,
    `g_out_ml_h_mmhg` that of catheter and vein towards `p_end_mmhg`, `c_ml_mmhg` the compliance.
    `p_final_mmhg` is where the pressure goes (inf for a closed line that is pumped into), `lambda_per_h` the
    inverse time constant, 0 where the pressure is constant or a straight line of `slope_mmhg_h`.
    """

    __slots__ = (
        "c_ml_mmhg",
        "g_free_ml_h_mmhg",
        "g_out_ml_h_mmhg",
        "lambda_per_h",
        "loss_per_mmhg",
        "p0_mmhg",
        "p_end_mmhg",
        "p_final_mmhg",
        "p_head_mmhg",
        "q_ml_h",
        "slope_mmhg_h",
    )

    def __init__(
        self,
        *,
        p0_mmhg: float,
        q_ml_h: float,
        g_out_ml_h_mmhg: float,
        p_end_mmhg: float,
        c_ml_mmhg: float,
        loss_per_mmhg: float = 0.0,
        g_free_ml_h_mmhg: float = 0.0,
        p_head_mmhg: float = 0.0,
    ) -> None:
        self.p0_mmhg = p0_mmhg
        self.q_ml_h = q_ml_h
        self.g_out_ml_h_mmhg = g_out_ml_h_mmhg
        self.p_end_mmhg = p_end_mmhg
        self.c_ml_mmhg = c_ml_mmhg
        self.loss_per_mmhg = loss_per_mmhg
        self.g_free_ml_h_mmhg = g_free_ml_h_mmhg
        self.p_head_mmhg = p_head_mmhg
        self.lambda_per_h = 0.0
        self.slope_mmhg_h = 0.0
        if g_out_ml_h_mmhg == INF:
            self.p0_mmhg = self.p_final_mmhg = p_end_mmhg
            return
        stiffness = q_ml_h * loss_per_mmhg + g_free_ml_h_mmhg + g_out_ml_h_mmhg
        if q_ml_h == 0.0 and g_free_ml_h_mmhg == 0.0:
            # Said outright, so that no rounding leaves a trickle through a resting line.
            self.p_final_mmhg = p_end_mmhg if g_out_ml_h_mmhg else p0_mmhg
            self.lambda_per_h = stiffness / c_ml_mmhg
        elif stiffness == 0.0:
            self.p_final_mmhg = INF
            self.slope_mmhg_h = q_ml_h / c_ml_mmhg
        else:
            source_ml_h = q_ml_h + g_free_ml_h_mmhg * p_head_mmhg + g_out_ml_h_mmhg * p_end_mmhg
            self.p_final_mmhg = source_ml_h / stiffness
            self.lambda_per_h = stiffness / c_ml_mmhg

    @property
    def final_outflow_ml_h(self) -> float:
        """The flow out once the pressure has settled."""
        return self.g_out_ml_h_mmhg * (self.p_final_mmhg - self.p_end_mmhg)

    def p_mmhg(self, tau_h: float) -> float:
        """Pressure after `tau_h`."""
        if self.lambda_per_h:
            return self.p_final_mmhg + (self.p0_mmhg - self.p_final_mmhg) * math.exp(
                -self.lambda_per_h * tau_h
            )
        return self.p0_mmhg + self.slope_mmhg_h * tau_h

    def p_integral_mmhg_h(self, tau_h: float) -> float:
        """The integral of the pressure from the anchor to `tau_h`."""
        if self.lambda_per_h:
            decayed_h = -math.expm1(-self.lambda_per_h * tau_h) / self.lambda_per_h
            return self.p_final_mmhg * tau_h + (self.p0_mmhg - self.p_final_mmhg) * decayed_h
        return (self.p0_mmhg + 0.5 * self.slope_mmhg_h * tau_h) * tau_h

    def inflow_ml(self, tau_h: float) -> float:
        """All that has come into the node: by the pump, less what back-pressure takes, and by gravity."""
        moved_ml = self.q_ml_h * tau_h
        if self.loss_per_mmhg or self.g_free_ml_h_mmhg:
            integral = self.p_integral_mmhg_h(tau_h)
            moved_ml -= self.q_ml_h * self.loss_per_mmhg * integral
            moved_ml += self.g_free_ml_h_mmhg * (self.p_head_mmhg * tau_h - integral)
        return moved_ml

    def inflow_ml_h(self, tau_h: float) -> float:
        """Flow into the node after `tau_h`."""
        p_mmhg = self.p_mmhg(tau_h)
        by_pump_ml_h = self.q_ml_h * (1.0 - self.loss_per_mmhg * p_mmhg)
        return by_pump_ml_h + self.g_free_ml_h_mmhg * (self.p_head_mmhg - p_mmhg)

    def outflow_ml(self, tau_h: float) -> float:
        """All that has gone out at the end: what came in less what is stored, so that nothing is lost."""
        if self.g_out_ml_h_mmhg == 0.0:
            return 0.0
        return self.inflow_ml(tau_h) - self.c_ml_mmhg * (self.p_mmhg(tau_h) - self.p0_mmhg)

    def outflow_ml_h(self, tau_h: float) -> float:
        """Flow out of the end after `tau_h`."""
        if self.g_out_ml_h_mmhg == 0.0:
            return 0.0
        if self.g_out_ml_h_mmhg == INF:
            return self.inflow_ml_h(tau_h)
        return self.g_out_ml_h_mmhg * (self.p_mmhg(tau_h) - self.p_end_mmhg)

    def when_p_h(self, level_mmhg: float, *, above: bool) -> float:
        """When the pressure goes beyond a level that it is not beyond yet; inf if never."""
        if (self.p_final_mmhg <= level_mmhg) if above else (self.p_final_mmhg >= level_mmhg):
            return INF
        if not self.lambda_per_h:
            return (level_mmhg - self.p0_mmhg) / self.slope_mmhg_h
        far_mmhg, near_mmhg = self.p0_mmhg - self.p_final_mmhg, level_mmhg - self.p_final_mmhg
        return math.log(far_mmhg / near_mmhg) / self.lambda_per_h

    def when_outflow_h(self, level_ml_h: float, *, above: bool) -> float:
        """When the flow out goes beyond a level that it is not beyond yet; inf if never."""
        if self.g_out_ml_h_mmhg in {0.0, INF}:
            return INF
        return self.when_p_h(self.p_end_mmhg + level_ml_h / self.g_out_ml_h_mmhg, above=above)

    def when_inflow_h(self, level_ml_h: float, *, above: bool) -> float:
        """When the flow in, which falls as the pressure rises, goes beyond a level; inf if never."""
        per_mmhg = self.q_ml_h * self.loss_per_mmhg + self.g_free_ml_h_mmhg
        if per_mmhg == 0.0:
            return INF
        at_zero_ml_h = self.q_ml_h + self.g_free_ml_h_mmhg * self.p_head_mmhg
        return self.when_p_h((at_zero_ml_h - level_ml_h) / per_mmhg, above=not above)

    def when_inflow_ml_h(self, volume_ml: float) -> float:
        """Hours until `volume_ml` has come in; inf if never."""
        if volume_ml == INF:
            return INF
        if not (self.loss_per_mmhg or self.g_free_ml_h_mmhg):
            return volume_ml / self.q_ml_h if self.q_ml_h > 0.0 else INF
        if self.g_out_ml_h_mmhg == 0.0 and volume_ml >= self.c_ml_mmhg * (self.p_final_mmhg - self.p0_mmhg):
            return INF
        scale_ml_h = self.q_ml_h + self.g_free_ml_h_mmhg * max(0.0, self.p_head_mmhg - self.p0_mmhg)
        if scale_ml_h <= 0.0:
            return INF
        return first_reach_h(self.inflow_ml, volume_ml, max(volume_ml / scale_ml_h, BRACKET_H))

    def when_outflow_volume_h(self, volume_ml: float) -> float:
        """Hours until `volume_ml` has gone out; inf if never."""
        if self.g_out_ml_h_mmhg == 0.0 or volume_ml == INF:
            return INF
        if self.g_out_ml_h_mmhg == INF:
            return self.when_inflow_ml_h(volume_ml)
        rate_ml_h = self.final_outflow_ml_h
        burst_ml = self.c_ml_mmhg * (self.p0_mmhg - self.p_final_mmhg)
        if self.loss_per_mmhg or self.g_free_ml_h_mmhg:
            burst_ml = self.g_out_ml_h_mmhg * (self.p0_mmhg - self.p_final_mmhg) / self.lambda_per_h
        if rate_ml_h <= 0.0:
            return INF if volume_ml >= burst_ml else -math.log1p(-volume_ml / burst_ml) / self.lambda_per_h
        settled_h = (volume_ml - burst_ml) / rate_ml_h
        if settled_h * self.lambda_per_h > SETTLED:
            return settled_h
        return first_reach_h(self.outflow_ml, volume_ml, max(volume_ml / rate_ml_h, BRACKET_H))
