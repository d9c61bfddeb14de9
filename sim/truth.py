"""The truth observer: what happened to the patient, apart from what the pump believes.

An interruption is flow of drug solution at the catheter tip, in mL, below a tenth of the order for
over 60 s; it ends only after 60 s at a tenth or more, so that a burst of relief flow does not split
it. Exactly four hours count as four hours.
"""

from __future__ import annotations

from math import nextafter
from typing import Any, Final, Protocol

from pump.events import CommandAccepted, Event, Journal
from pump.seam import Watch
from sim.events import InterruptionBegan, InterruptionEnded, RestartLimitReached
from sim.therapy.limits import RESTART_LIMIT_S

FLOW_FRAC: Final = 0.1 * (1.0 - 1e-9)
"""A tenth of the order, and a flow that falls short of it by a rounding error is still a tenth."""

DEBOUNCE_S: Final = 60.0
INF: Final = float("inf")

MODE_CAUSES: Final = {
    "off": "stopped",
    "self_test": "stopped",
    "stopped": "stopped",
    "priming": "stopped",
    "complete": "complete",
}
"""Modes that are the whole reason why nothing flows; in the others the line is asked first."""

NOT_STATE: Final = frozenset({"_journal", "_rise", "_fall"})

HALTED_MODES: Final = ("halted", "fault")


class Obstacle(Protocol):
    """Who can say why nothing flows: the plant."""

    def obstacle(self) -> str | None:
        """The line's reason, or None."""
        ...


def cause_of(mode: str, plant: Obstacle) -> str:
    """The word for an interruption that begins in `mode`."""
    if mode in MODE_CAUSES:
        return MODE_CAUSES[mode]
    return plant.obstacle() or ("halted" if mode in HALTED_MODES else "lag")


def is_start(event: Event) -> bool:
    """Whether somebody has started the pump; with a delay keyed it may deliver only later."""
    return isinstance(event, CommandAccepted) and event.command == "start"


class Truth:
    """Watches the flow of drug into the vein from the first start on."""

    __slots__ = (
        "_below",
        "_cause",
        "_fall",
        "_journal",
        "_level_ml_h",
        "_limit_s",
        "_limit_told",
        "_open_s",
        "_rise",
        "_since_s",
        "_turn_s",
        "start_s",
    )

    def __init__(self, order_ml_h: float, journal: Journal) -> None:
        self._journal = journal
        self.order(order_ml_h)
        self.start_s: float | None = None
        self._below = False
        self._since_s = 0.0
        self._turn_s = INF
        self._open_s: float | None = None
        self._limit_s = INF
        self._limit_told = False
        self._cause = ""

    def begin(self, t_s: float) -> None:
        """Start watching at the first start; nothing flows yet."""
        self.start_s = t_s
        self._go_below(t_s, "lag")

    def order(self, order_ml_h: float) -> None:
        """Measure against this order from now on; another one comes with another bag."""
        self._look_at(FLOW_FRAC * order_ml_h)

    def _look_at(self, level_ml_h: float) -> None:
        self._level_ml_h = level_ml_h
        self._rise = (Watch("drug_flow_ml_h", above=True, level=level_ml_h),)
        self._fall = (Watch("drug_flow_ml_h", above=False, level=level_ml_h),)

    def watches(self) -> tuple[Watch, ...]:
        """The one level that matters now."""
        if self.start_s is None:
            return ()
        return self._rise if self._below else self._fall

    def next_deadline_s(self) -> float:
        """When the next 60 s, or the four hours, are over."""
        return min(self._turn_s, self._limit_s)

    def sense(self, t_s: float, mode: str, plant: Obstacle) -> None:
        """The flow has crossed its level."""
        if self._below:
            self._below = False
            self._since_s = t_s
            self._turn_s = t_s + DEBOUNCE_S if self._open_s is not None else INF
        else:
            self._go_below(t_s, cause_of(mode, plant))

    def _go_below(self, t_s: float, cause: str) -> None:
        self._below = True
        if self._open_s is None:
            self._since_s = t_s
            self._cause = cause
            # Over 60 s: what comes back at the 60th second itself was no interruption.
            self._turn_s = nextafter(t_s + DEBOUNCE_S, INF)
        else:
            self._turn_s = INF
            if not self._limit_told and t_s >= self._open_s + RESTART_LIMIT_S:
                # The four hours passed during a short burst that did not end the interruption.
                self._limit_s = t_s

    def recheck_cause(self, mode: str, plant: Obstacle) -> None:
        """A start that never brought drug: its reason is known when the minute is over."""
        if self._cause == "lag":
            self._cause = cause_of(mode, plant)

    def wake(self, t_s: float, mode: str, plant: Obstacle) -> None:
        """One of the two timers is due."""
        if t_s >= self._limit_s and self._open_s is not None:
            self._limit_s = INF
            until_s = t_s if self._below else self._since_s
            # The same sum as the timer's: the difference of two floats can be an ulp short of four hours.
            if until_s >= self._open_s + RESTART_LIMIT_S:
                self._limit_told = True
                self._journal.add(RestartLimitReached, t_s, start_s=self._open_s)
            return
        self._turn_s = INF
        if self._below:
            self.recheck_cause(mode, plant)
            self._open_s = self._since_s
            self._limit_s = self._since_s + RESTART_LIMIT_S
            self._limit_told = False
            self._journal.add(InterruptionBegan, t_s, start_s=self._since_s, cause=self._cause)
        elif self._open_s is not None:
            self._journal.add(
                InterruptionEnded, t_s, start_s=self._open_s, end_s=self._since_s, cause=self._cause
            )
            self._open_s = None
            self._limit_s = INF

    def snapshot(self) -> dict[str, Any]:
        """All of the state, JSON-able."""
        return {
            name: None if value == INF else value
            for name in self.__slots__
            if name not in NOT_STATE
            for value in (getattr(self, name),)
        }

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Take over a state that `snapshot` gave."""
        for name, value in snapshot.items():
            endless = value is None and name in {"_turn_s", "_limit_s"}
            setattr(self, name, INF if endless else value)
        self._look_at(self._level_ml_h)
