"""How simulated time follows a wall clock: rate, pause and jump, as arithmetic.

Nothing here reads a clock. Every method takes the wall's time (any monotonic seconds), so that tests
and hosts say what time it is.
"""

from __future__ import annotations

from math import inf


class PacedClock:
    """Simulated seconds as a straight line of wall seconds, anchored at the last change."""

    __slots__ = ("_anchor_sim_s", "_anchor_wall_s", "_rate_frac", "paused")

    def __init__(self, wall_s: float, *, rate_frac: float = 1.0, sim_s: float = 0.0) -> None:
        self._anchor_wall_s = wall_s
        self._anchor_sim_s = sim_s
        self._rate_frac = rate_frac
        self.paused = False

    @property
    def rate_frac(self) -> float:
        """Simulated seconds per wall second while it runs."""
        return self._rate_frac

    def sim_s(self, wall_s: float) -> float:
        """Simulated time at `wall_s`."""
        if self.paused:
            return self._anchor_sim_s
        return self._anchor_sim_s + (wall_s - self._anchor_wall_s) * self._rate_frac

    def wall_s(self, sim_s: float) -> float:
        """When the wall will show that simulated time; inf while paused."""
        if self.paused:
            return inf
        return self._anchor_wall_s + (sim_s - self._anchor_sim_s) / self._rate_frac

    def set_rate(self, wall_s: float, rate_frac: float) -> None:
        """Go on at another rate.

        Raises:
            ValueError: the rate is not above zero; to stand still, pause.
        """
        if not rate_frac > 0.0:
            raise ValueError(f"a rate of {rate_frac} does not run; pause instead")
        self._anchor(wall_s)
        self._rate_frac = rate_frac

    def pause(self, wall_s: float) -> None:
        """Stand still."""
        self._anchor(wall_s)
        self.paused = True

    def resume(self, wall_s: float) -> None:
        """Go on from where it stands."""
        self._anchor(wall_s)
        self.paused = False

    def jump_to(self, wall_s: float, sim_s: float) -> None:
        """Be at `sim_s` now; running or paused as before.

        Raises:
            ValueError: `sim_s` is past: time does not go back, a rewind is a new world.
        """
        if sim_s < self.sim_s(wall_s):
            raise ValueError(f"{sim_s} s is past; a rewind is a new world")
        self._anchor_wall_s = wall_s
        self._anchor_sim_s = sim_s

    def _anchor(self, wall_s: float) -> None:
        self._anchor_sim_s = self.sim_s(wall_s)
        self._anchor_wall_s = wall_s
