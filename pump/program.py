"""The programme: what was keyed, its checks and how it becomes the programme in force."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from math import isfinite
from typing import Any, Final

from pump.commands import ProgramChange

S_PER_H: Final = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A continuous infusion as keyed. Volumes are multiples of the pump's step.

    `reservoir_ml` is what the hand said the bag holds. `kvo_ml_h` 0 means off.
    `delay_s` postpones delivery after start. `withdraws` draws in what would be given: rate and VTBI are
    of what moves, whichever way; nothing of the reservoir is used.
    """

    rate_ml_h: float
    vtbi_ml: float
    reservoir_ml: float
    kvo_ml_h: float = 0.0
    delay_s: float = 0.0
    withdraws: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A programme that is being keyed. None: not keyed, the programme in force stands.

    Of rate, VTBI and duration two are enough. A duration with a VTBI makes the rate; a duration
    alone, or with a rate, makes the VTBI.
    """

    rate_ml_h: float | None = None
    vtbi_ml: float | None = None
    duration_s: float | None = None
    reservoir_ml: float | None = None
    kvo_ml_h: float | None = None
    delay_s: float | None = None
    withdraws: bool | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been keyed."""
        return self == Draft()

    def keyed(self, change: ProgramChange) -> Draft:
        """Return the draft with what `change` keys in on top."""
        new = {name: getattr(change, name) for name in _KEYED if getattr(change, name) is not None}
        return replace(self, **new)

    def faults(self) -> tuple[str, ...]:
        """Return what is wrong with the draft by itself: a duration of nothing, three that disagree."""
        values = {name: getattr(self, name) for name in _KEYED}
        endless = tuple(
            f"{name} is no number" for name, value in values.items() if value and not isfinite(value)
        )
        if endless or self.duration_s is None:
            return endless
        if self.duration_s <= 0.0:
            return (f"duration {self.duration_s:g} s is not above zero",)
        if self.rate_ml_h is None or self.vtbi_ml is None:
            return ()
        made_ml = _exact(self.rate_ml_h) * _exact(self.duration_s) / S_PER_H
        if made_ml == _exact(self.vtbi_ml):
            return ()
        made = f"{self.rate_ml_h:g} mL/h for {self.duration_s / S_PER_H:g} h is {float(made_ml):g} mL"
        return (f"rate, VTBI and duration disagree: {made}, not {self.vtbi_ml:g} mL",)

    def changes_rate(self, program: Program) -> bool:
        """Whether the rate would be another one than that of `program`."""
        return self.over(program).rate_ml_h != program.rate_ml_h

    def over(self, program: Program) -> Program:
        """Return `program` with what was keyed, and what follows from it, in its place."""
        rate_ml_h, vtbi_ml = self.rate_ml_h, self.vtbi_ml
        if self.duration_s is not None:
            if vtbi_ml is None:
                rate = _exact(program.rate_ml_h if rate_ml_h is None else rate_ml_h)
                vtbi_ml = float(rate * _exact(self.duration_s) / S_PER_H)
            elif rate_ml_h is None:
                rate_ml_h = float(_exact(vtbi_ml) * S_PER_H / _exact(self.duration_s))
        keyed: dict[str, Any] = {
            "rate_ml_h": rate_ml_h,
            "vtbi_ml": vtbi_ml,
            "reservoir_ml": self.reservoir_ml,
            "kvo_ml_h": self.kvo_ml_h,
            "delay_s": self.delay_s,
            "withdraws": self.withdraws,
        }
        return replace(program, **{name: value for name, value in keyed.items() if value is not None})


_KEYED: Final = ("rate_ml_h", "vtbi_ml", "duration_s", "reservoir_ml", "kvo_ml_h", "delay_s", "withdraws")


def _exact(value: float) -> Fraction:
    """Return the number that was written, not the binary one nearest to it: 0.6 is 3/5."""
    return Fraction(repr(value))
