"""Hard and soft limits, and the pump's steps: what a profile allows to be programmed.

A hard fault refuses the value. A soft one needs a confirmation and stays visible afterwards.
Nothing is rounded: a value between two steps is refused with both neighbours shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from pump.profiles import Profile
from pump.program import Program


def hard_faults(program: Program, profile: Profile) -> tuple[str, ...]:
    """Return everything for which `program` cannot be run on a pump of `profile`, in words."""
    return (
        *_range("rate", program.rate_ml_h, profile.rate_min_ml_h, profile.rate_max_ml_h, "mL/h"),
        *_step("rate", program.rate_ml_h, profile.rate_step_ml_h, "mL/h"),
        *_range("VTBI", program.vtbi_ml, profile.volume_step_ml, profile.volume_max_ml, "mL"),
        *_step("VTBI", program.vtbi_ml, profile.volume_step_ml, "mL"),
        *reservoir_faults(program.reservoir_ml, profile),
        *_range("KVO", program.kvo_ml_h, 0.0, profile.kvo_max_ml_h, "mL/h"),
        *_step("KVO", program.kvo_ml_h, profile.rate_step_ml_h, "mL/h"),
        *_range("delay", program.delay_s, 0.0, profile.delay_max_s, "s"),
        *_direction(program, profile),
    )


def reservoir_faults(reservoir_ml: float, profile: Profile) -> tuple[str, ...]:
    """Return what is wrong with a reservoir volume, in words."""
    return (
        *_range("reservoir", reservoir_ml, profile.volume_step_ml, profile.volume_max_ml, "mL"),
        *_step("reservoir", reservoir_ml, profile.volume_step_ml, "mL"),
    )


def soft_faults(program: Program, profile: Profile) -> tuple[str, ...]:
    """Return everything in `program` that is unusual enough to need a second confirmation."""
    return (
        *_range("rate", program.rate_ml_h, profile.rate_soft_min_ml_h, profile.rate_soft_max_ml_h, "mL/h"),
        *_range("VTBI", program.vtbi_ml, profile.volume_step_ml, profile.volume_soft_max_ml, "mL"),
    )


def _direction(program: Program, profile: Profile) -> Iterator[str]:
    if program.withdraws and not profile.withdraws:
        yield "this pump cannot withdraw"
    if program.withdraws and program.kvo_ml_h:
        yield "KVO keeps a vein open by giving: not while withdrawing"


def _range(what: str, value: float, low: float, high: float, unit: str) -> Iterator[str]:
    if not low <= value <= high:
        yield f"{what} {value:g} {unit} is not between {low:g} and {high:g} {unit}"


def _step(what: str, value: float, step: float, unit: str) -> Iterator[str]:
    """Yield a fault where `value`, as it was written, is no multiple of `step`."""
    written, step_written = Decimal(repr(value)), Decimal(repr(step))
    if not written.is_finite():
        return
    steps_count = written / step_written
    below, above = (
        steps_count.to_integral_value(rounding) * step_written for rounding in (ROUND_FLOOR, ROUND_CEILING)
    )
    if below != above:
        nearest = f"nearest are {below} and {above} {unit}"
        yield f"{what} {written} {unit} is no multiple of {step_written} {unit}: {nearest}"
