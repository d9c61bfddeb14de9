"""Drug level in the patient: one compartment, linear, in closed form.

CL = 28e6 pg / 24 h / 616 pg/mL = 1.894 L/h and a half-life of 2.20 h give V = 6.01 L. The label's own
CL, V and half-life disagree with each other; at 9 mcg/day this gives 198 pg/mL against the label's 228.
"""

from __future__ import annotations

import math
from typing import Final

CLEARANCE_L_H: Final = 28e6 / 24.0 / 616.0 / 1000.0
HALF_LIFE_H: Final = 2.20
ELIMINATION_PER_H: Final = math.log(2.0) / HALF_LIFE_H
VOLUME_L: Final = CLEARANCE_L_H / ELIMINATION_PER_H


def amount_after_ug(
    amount_ug: float, tau_h: float, constant_ug_h: float, fading_ug_h: float, fade_per_h: float
) -> float:
    """Drug in the body after `tau_h` of an inflow `constant + fading * exp(-fade * tau)`."""
    k = ELIMINATION_PER_H
    gone = math.exp(-k * tau_h)
    amount = amount_ug * gone + constant_ug_h / k * -math.expm1(-k * tau_h)
    if fading_ug_h:
        # (exp(-fade tau) - exp(-k tau)) / (k - fade), written so that it stays exact where the two are near.
        apart_per_h = abs(fade_per_h - k)
        grown_h = -math.expm1(-apart_per_h * tau_h) / apart_per_h if apart_per_h else tau_h
        amount += fading_ug_h * math.exp(-min(k, fade_per_h) * tau_h) * grown_h
    return amount


def concentration_pg_ml(amount_ug: float) -> float:
    """Level of `amount_ug` in the body."""
    return amount_ug * 1000.0 / VOLUME_L
