"""The pump's three counters and its prime counter: what the pump believes it has moved.

Volumes are kept in nanolitres as floats. A float holds every whole nanolitre up to 9,000 litres
exactly, so what is on a mark is exact and 100.8 mL are 2016 strokes of 50 uL, not 2015.

The counters are anchored at the last change of demand. In between they are a straight line from
the anchor; asking moves nothing, so no query and no do-nothing command changes a bit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

NL_PER_ML: Final = 1e6
S_PER_H: Final = 3600.0
MARK_NL: Final = 1.0
"""A volume this near to a mark is on it (1e-6 mL)."""


def whole_nl(volume_ml: float) -> float:
    """Return a programmed volume in whole nanolitres; also mL/h to nL/h."""
    return float(round(volume_ml * NL_PER_ML))


@dataclass(frozen=True, slots=True)
class Counters:
    """The counters as the panel shows them.

    `given_ml` counts delivery strokes, air and dry strokes included, primes never.
    `reservoir_ml` starts at what the hand entered. Both `_left` counters end at 0.
    """

    given_ml: float
    vtbi_left_ml: float
    reservoir_ml: float
    primed_ml: float


class Ledger:
    """The pump's own book-keeping, one anchor and a rate."""

    __slots__ = (
        "anchor_s",
        "debits_primes",
        "given_nl",
        "primed_nl",
        "priming",
        "rate_nl_h",
        "reservoir_nl",
        "stroke_nl",
        "vtbi_nl",
        "withdraws",
    )

    def __init__(
        self, t_s: float, *, vtbi_nl: float, reservoir_nl: float, stroke_nl: float, debits_primes: bool
    ) -> None:
        self.anchor_s = t_s
        self.rate_nl_h = 0.0
        self.priming = False
        self.withdraws = False
        self.given_nl = 0.0
        self.vtbi_nl = vtbi_nl
        self.reservoir_nl = reservoir_nl
        self.primed_nl = 0.0
        self.stroke_nl = stroke_nl
        self.debits_primes = debits_primes

    def at(self, t_s: float) -> Counters:
        """Return the counters at `t_s`, which is not before the anchor."""
        moved_nl = self._moved_nl(t_s)
        given_nl = self.given_nl if self.priming else self.given_nl + moved_nl
        return Counters(
            given_ml=given_nl / NL_PER_ML,
            vtbi_left_ml=max(0.0, self.vtbi_nl - given_nl) / NL_PER_ML,
            reservoir_ml=max(0.0, self.reservoir_nl - (moved_nl if self._debited else 0.0)) / NL_PER_ML,
            primed_ml=(self.primed_nl + moved_nl if self.priming else self.primed_nl) / NL_PER_ML,
        )

    @property
    def vtbi_left_nl(self) -> float:
        """What was left of the VTBI at the anchor."""
        return max(0.0, self.vtbi_nl - self.given_nl)

    def reservoir_nl_at(self, t_s: float) -> float:
        """Return the reservoir counter at `t_s` in nanolitres."""
        return max(0.0, self.reservoir_nl - (self._moved_nl(t_s) if self._debited else 0.0))

    def vtbi_left_nl_at(self, t_s: float) -> float:
        """Return what is left of the VTBI at `t_s` in nanolitres."""
        return max(0.0, self.vtbi_nl - self.given_nl - (0.0 if self.priming else self._moved_nl(t_s)))

    def after_s(self, volume_nl: float) -> float:
        """Return when `volume_nl` will have been moved since the anchor; inf when nothing moves."""
        if self.rate_nl_h == 0.0:
            return math.inf
        return self.anchor_s + volume_nl * S_PER_H / self.rate_nl_h

    def vtbi_s(self) -> float:
        """Return when the VTBI will have been given; inf while priming or standing."""
        return math.inf if self.priming else self.after_s(self.vtbi_left_nl)

    def reservoir_s(self, level_nl: float = 0.0) -> float:
        """Return when the reservoir counter will be down at `level_nl`."""
        return self.after_s(max(0.0, self.reservoir_nl - level_nl)) if self._debited else math.inf

    def anchor(self, t_s: float, moved_nl: float | None = None) -> None:
        """Write down what has been moved up to `t_s` and go on from there.

        `moved_nl` is given where a counter decided the instant: then it is exact.
        """
        moved_nl = self._moved_nl(t_s) if moved_nl is None else moved_nl
        if self.priming:
            self.primed_nl += moved_nl
        else:
            self.given_nl += moved_nl
        if self._debited:
            self.reservoir_nl = max(0.0, self.reservoir_nl - moved_nl)
        self.anchor_s = t_s

    def flow(self, rate_nl_h: float, *, priming: bool = False, withdraws: bool = False) -> None:
        """Go on from the anchor at another rate. What is withdrawn leaves the reservoir as it is."""
        self.rate_nl_h = rate_nl_h
        self.priming = priming
        self.withdraws = withdraws

    def push_nl(self) -> float:
        """Return what is missing to the mark of the stroke that was begun, at the anchor."""
        strokes_count = self.given_nl / self.stroke_nl
        nearest_nl = round(strokes_count) * self.stroke_nl
        if abs(self.given_nl - nearest_nl) <= MARK_NL:
            return 0.0
        return math.ceil(strokes_count) * self.stroke_nl - self.given_nl

    def push(self) -> float:
        """Finish the stroke that was begun; return the volume this takes, in nanolitres."""
        push_nl = self.push_nl()
        mark_nl = round((self.given_nl + push_nl) / self.stroke_nl) * self.stroke_nl
        if self._debited:
            self.reservoir_nl = max(0.0, self.reservoir_nl - (mark_nl - self.given_nl))
        self.given_nl = mark_nl
        return push_nl

    def turned_back(self, volume_nl: float, *, was_priming: bool) -> None:
        """Take off what the mechanism turned back: it is in the reservoir again."""
        if was_priming:
            self.primed_nl -= volume_nl
        else:
            self.given_nl -= volume_nl
        if self.debits_primes or not was_priming:
            self.reservoir_nl += volume_nl

    def snapshot(self) -> dict[str, float | bool]:
        """Return everything, as plain values."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def restore(cls, snapshot: dict[str, float | bool]) -> Ledger:
        """Return the ledger that `snapshot` was taken of."""
        ledger = cls.__new__(cls)
        for name in cls.__slots__:
            setattr(ledger, name, snapshot[name])
        return ledger

    @property
    def _debited(self) -> bool:
        return not self.withdraws and (self.debits_primes or not self.priming)

    def _moved_nl(self, t_s: float) -> float:
        return self.rate_nl_h * (t_s - self.anchor_s) / S_PER_H if self.rate_nl_h else 0.0
