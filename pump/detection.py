"""The air detector: the bubble that passes, and rolling sums.

`AirSum` adds up the air that passes the detector, by the pump's own flow, and finds the next alarm in
closed form. Levels on other readings stand in `senses.py`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pump.counters import S_PER_H

NL_PER_UL: Final = 1000.0


@dataclass(frozen=True, slots=True)
class AirLimits:
    """When air is too much. `windows` are (limit in uL, length in s) of rolling sums.

    A sum is kept while less than `gap_ul` of liquid passes in between; after an alarm the next one
    comes after `again_ul`.
    """

    single_ul: float
    gap_ul: float
    again_ul: float
    windows: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class AirPiece:
    """A stretch of time in which air passed at one rate."""

    from_s: float
    to_s: float
    air_nl_h: float


class AirSum:
    """The air that has passed the detector: the bubble that passes now, and rolling windows.

    Anchored when the detector's field or the flow changes, and at nothing else. Volumes in nL.
    """

    __slots__ = (
        "air_frac",
        "alarm_at_nl",
        "anchor_s",
        "bubble_nl",
        "gap_nl",
        "limits",
        "pieces",
        "rate_nl_h",
    )

    def __init__(self, t_s: float, limits: AirLimits, air_frac: float = 0.0) -> None:
        self.limits = limits
        self.anchor_s = t_s
        self.air_frac = air_frac
        self.rate_nl_h = 0.0
        self.bubble_nl = 0.0
        self.gap_nl = 0.0
        self.alarm_at_nl = limits.single_ul * NL_PER_UL
        self.pieces: list[AirPiece] = []

    @property
    def bubble_ul(self) -> float:
        """The sum of the present bubble at the anchor."""
        return self.bubble_nl / NL_PER_UL

    def change(self, t_s: float, *, air_frac: float | None = None, rate_nl_h: float | None = None) -> None:
        """Go on with another field or flow from `t_s`; what stays the same moves no anchor."""
        air_frac = self.air_frac if air_frac is None else air_frac
        rate_nl_h = self.rate_nl_h if rate_nl_h is None else rate_nl_h
        if (air_frac, rate_nl_h) == (self.air_frac, self.rate_nl_h):
            return
        self._anchor(t_s)
        self.air_frac = air_frac
        self.rate_nl_h = rate_nl_h

    def pushed(self, volume_nl: float) -> None:
        """Count what the end of a stroke moved at once, at the anchor."""
        self._count(volume_nl)

    def reset(self, t_s: float) -> None:
        """Begin a new bubble: a prime, or a new set. What the windows hold has passed and stays."""
        self._anchor(t_s)
        self._forget_bubble()

    def next_alarm_s(self) -> float:
        """Return when the bubble or a window will reach its limit as things are; inf for never."""
        air_nl_h = self.air_frac * self.rate_nl_h
        if air_nl_h == 0.0:
            return math.inf
        missing_nl = max(0.0, self.alarm_at_nl - self._bubble_now_nl)
        single_s = self.anchor_s + missing_nl * S_PER_H / air_nl_h
        return min(single_s, *(window_s for window_s, _, _ in self._windows(air_nl_h)))

    def alarm(self, t_s: float) -> str | None:
        """Note that the limit is reached at `t_s`; return what it was, None for the single bubble.

        The next alarm comes after `again_ul`; a window that alarmed starts afresh.
        """
        air_nl_h = self.air_frac * self.rate_nl_h
        over = [text for window_s, _, text in self._windows(air_nl_h) if window_s <= t_s] if air_nl_h else []
        self._anchor(t_s)
        single = self.bubble_nl >= self.alarm_at_nl - 1.0
        self.alarm_at_nl = (
            max(self.bubble_nl, self.alarm_at_nl if single else 0.0) + self.limits.again_ul * NL_PER_UL
        )
        if over:
            self.pieces.clear()
        return None if single or not over else over[0]

    def snapshot(self) -> dict[str, Any]:
        """Return everything but the limits, as plain values."""
        kept = {name: getattr(self, name) for name in self.__slots__ if name not in ("limits", "pieces")}
        return {**kept, "pieces": [[piece.from_s, piece.to_s, piece.air_nl_h] for piece in self.pieces]}

    @classmethod
    def restore(cls, limits: AirLimits, snapshot: dict[str, Any]) -> AirSum:
        """Return the sum that `snapshot` was taken of."""
        air = cls(0.0, limits)
        for name, value in snapshot.items():
            setattr(air, name, value)
        air.pieces = [AirPiece(*piece) for piece in snapshot["pieces"]]
        return air

    @property
    def _bubble_now_nl(self) -> float:
        """The sum that air arriving now would add to: nothing where the gap has been long enough."""
        return 0.0 if self.gap_nl >= self.limits.gap_ul * NL_PER_UL else self.bubble_nl

    def _anchor(self, t_s: float) -> None:
        self._count(self.rate_nl_h * (t_s - self.anchor_s) / S_PER_H)
        air_nl_h = self.air_frac * self.rate_nl_h
        if air_nl_h > 0.0 and t_s > self.anchor_s:
            self.pieces.append(AirPiece(self.anchor_s, t_s, air_nl_h))
        longest_s = max(length_s for _, length_s in self.limits.windows)
        while self.pieces and self.pieces[0].to_s <= t_s - longest_s:
            self.pieces.pop(0)
        self.anchor_s = t_s

    def _count(self, volume_nl: float) -> None:
        if self.air_frac > 0.0:
            self.bubble_nl += self.air_frac * volume_nl
            self.gap_nl = 0.0
            return
        self.gap_nl += volume_nl
        if self.gap_nl >= self.limits.gap_ul * NL_PER_UL:
            self._forget_bubble()

    def _forget_bubble(self) -> None:
        self.bubble_nl = 0.0
        self.gap_nl = 0.0
        self.alarm_at_nl = self.limits.single_ul * NL_PER_UL

    def _windows(self, air_nl_h: float) -> list[tuple[float, float, str]]:
        """Return (when it is full, limit, what it is) of each rolling window."""
        return [
            (
                window_full_s(self.pieces, self.anchor_s, air_nl_h, limit_ul * NL_PER_UL, length_s),
                limit_ul,
                f"{limit_ul:g} uL in {length_s / S_PER_H:g} h",
            )
            for limit_ul, length_s in self.limits.windows
        ]


def window_full_s(
    pieces: Sequence[AirPiece], now_s: float, air_nl_h: float, limit_nl: float, length_s: float
) -> float:
    """Return when a rolling sum over the last `length_s` reaches `limit_nl`; inf for never.

    Air goes on at `air_nl_h` from `now_s`. The sum is a broken line: it bends where an end of a past
    piece leaves the window, and is solved on each straight part.
    """
    begin_s = now_s - length_s
    past = [
        AirPiece(max(piece.from_s, begin_s), piece.to_s, piece.air_nl_h)
        for piece in pieces
        if piece.to_s > begin_s
    ]
    sum_nl = sum(piece.air_nl_h * (piece.to_s - piece.from_s) for piece in past) / S_PER_H
    if sum_nl >= limit_nl:
        return now_s
    bends_s = sorted(
        {edge + length_s for piece in past for edge in (piece.from_s, piece.to_s)} | {now_s + length_s}
    )
    t_s = now_s
    for bend_s in bends_s:
        middle_s = (t_s + bend_s) / 2 - length_s
        leaving_nl_h = sum(piece.air_nl_h for piece in past if piece.from_s <= middle_s < piece.to_s)
        slope_nl_s = (air_nl_h - leaving_nl_h) / S_PER_H
        if slope_nl_s > 0.0 and sum_nl + slope_nl_s * (bend_s - t_s) >= limit_nl:
            return t_s + (limit_nl - sum_nl) / slope_nl_s
        sum_nl += slope_nl_s * (bend_s - t_s)
        t_s = bend_s
    return math.inf
