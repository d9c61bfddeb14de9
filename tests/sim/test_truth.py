"""The truth observer alone: its rules of time, driven by a flow that is a staircase."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import pytest

from pump.events import Event, Journal
from sim.events import InterruptionBegan, InterruptionEnded, RestartLimitReached
from sim.truth import Truth, cause_of

ORDER_ML_H = 0.6
LIMIT_ML_H = 0.06
FOUR_HOURS_S = 4 * 3600.0


@dataclass
class Line:
    """Says why nothing flows, in place of a plant."""

    word: str | None = None

    def obstacle(self) -> str | None:
        return self.word


class Watcher:
    """A truth observer with a flow that is set by hand; crossings come before timers, as on the bench."""

    def __init__(self, t_s: float = 0.0) -> None:
        self.journal = Journal()
        self.truth = Truth(ORDER_ML_H, self.journal)
        self.flow_ml_h = 0.0
        self.mode = "running"
        self.line = Line()
        self.truth.begin(t_s)

    def to(self, t_s: float) -> None:
        while (due_s := self.truth.next_deadline_s()) <= t_s:
            self.truth.wake(due_s, self.mode, self.line)

    def flow(
        self, t_s: float, flow_ml_h: float, *, mode: str = "running", obstacle: str | None = None
    ) -> None:
        """Everything due before `t_s`, then the flow and its reason change."""
        while (due_s := self.truth.next_deadline_s()) < t_s:
            self.truth.wake(due_s, self.mode, self.line)
        self.flow_ml_h, self.mode, self.line.word = flow_ml_h, mode, obstacle
        for watch in self.truth.watches():
            beyond = flow_ml_h > watch.level if watch.above else flow_ml_h < watch.level
            if beyond:
                self.truth.sense(t_s, self.mode, self.line)
        self.to(t_s)

    @property
    def events(self) -> list[Event]:
        return self.journal.events


def running(t_s: float = 0.0) -> Watcher:
    """A watcher of a line that has run since `t_s`."""
    watcher = Watcher(t_s)
    watcher.flow(t_s + 1.0, ORDER_ML_H)
    return watcher


def spans(watcher: Watcher) -> list[tuple[float, float]]:
    return [(each.start_s, each.end_s) for each in watcher.events if isinstance(each, InterruptionEnded)]


def test_nothing_is_watched_before_the_first_start() -> None:
    truth = Truth(ORDER_ML_H, Journal())
    assert truth.watches() == ()
    assert truth.next_deadline_s() == float("inf")


@pytest.mark.parametrize(("gap_s", "counts"), [(59.9, False), (60.0, False), (60.1, True)])
def test_only_over_60_s_is_an_interruption(gap_s: float, counts: bool) -> None:
    watcher = running()
    watcher.flow(1000.0, 0.0)
    watcher.flow(1000.0 + gap_s, ORDER_ML_H)
    watcher.to(5000.0)
    assert spans(watcher) == ([(1000.0, 1000.0 + gap_s)] if counts else [])


def test_it_is_told_when_the_minute_is_over_with_its_true_beginning() -> None:
    watcher = running()
    watcher.flow(1000.0, 0.0, obstacle="occluded")
    watcher.to(1060.0)
    assert watcher.events == [], "60 s are not over 60 s"
    watcher.to(1061.0)
    began = watcher.events[-1]
    assert isinstance(began, InterruptionBegan)
    assert began.t_s == pytest.approx(1060.0, abs=1e-9)
    assert (began.start_s, began.cause) == (1000.0, "occluded")


@pytest.mark.parametrize(
    ("flow_ml_h", "counts"), [(0.0, True), (0.0599, True), (LIMIT_ML_H, False), (0.0601, False)]
)
def test_below_a_tenth_of_the_order_counts_as_nothing(flow_ml_h: float, counts: bool) -> None:
    watcher = running()
    watcher.flow(1000.0, flow_ml_h)
    watcher.flow(2000.0, ORDER_ML_H)
    watcher.to(5000.0)
    assert bool(spans(watcher)) == counts


@pytest.mark.parametrize(("burst_s", "splits"), [(1.0, False), (59.0, False), (60.5, True)])
def test_a_burst_does_not_split_an_interruption(burst_s: float, splits: bool) -> None:
    watcher = running()
    watcher.flow(1000.0, 0.0)
    watcher.flow(2000.0, 500.0)
    watcher.flow(2000.0 + burst_s, 0.0)
    watcher.flow(4000.0, ORDER_ML_H)
    watcher.to(9000.0)
    assert spans(watcher) == (
        [(1000.0, 2000.0), (2000.0 + burst_s, 4000.0)] if splits else [(1000.0, 4000.0)]
    )


def limits(watcher: Watcher) -> list[float]:
    return [each.t_s for each in watcher.events if isinstance(each, RestartLimitReached)]


@pytest.mark.parametrize(
    ("length_s", "told"), [(FOUR_HOURS_S - 1.0, False), (FOUR_HOURS_S, True), (FOUR_HOURS_S + 1.0, True)]
)
def test_exactly_four_hours_are_four_hours(length_s: float, told: bool) -> None:
    watcher = running()
    watcher.flow(1000.0, 0.0)
    watcher.flow(1000.0 + length_s, ORDER_ML_H)
    watcher.to(1e6)
    assert limits(watcher) == ([1000.0 + FOUR_HOURS_S] if told else [])


def test_four_hours_are_told_whatever_the_second_they_began() -> None:
    chance = Random("four hours")
    for _ in range(300):
        begun_s = chance.uniform(100.0, 6e5)
        watcher = running()
        watcher.flow(begun_s, 0.0)
        watcher.to(1e6)
        assert limits(watcher) == [begun_s + FOUR_HOURS_S]


def test_a_burst_at_the_fourth_hour_only_puts_it_off() -> None:
    watcher = running()
    watcher.flow(1000.0, 0.0)
    watcher.flow(1000.0 + FOUR_HOURS_S - 10.0, 500.0)
    watcher.flow(1000.0 + FOUR_HOURS_S + 10.0, 0.0)
    watcher.to(1e6)
    assert limits(watcher) == [1000.0 + FOUR_HOURS_S + 10.0]


def test_flow_that_stays_before_the_fourth_hour_saves_it() -> None:
    watcher = running()
    watcher.flow(1000.0, 0.0)
    watcher.flow(1000.0 + FOUR_HOURS_S - 10.0, ORDER_ML_H)
    watcher.to(1e6)
    assert limits(watcher) == []
    assert spans(watcher) == [(1000.0, 1000.0 + FOUR_HOURS_S - 10.0)]


def test_four_hours_are_told_once_for_each_interruption() -> None:
    watcher = running()
    for begun_s in (1000.0, 50000.0):
        watcher.flow(begun_s, 0.0)
        watcher.flow(begun_s + 20000.0, 500.0)
        watcher.flow(begun_s + 20001.0, 0.0)
        watcher.flow(begun_s + 30000.0, ORDER_ML_H)
    watcher.to(1e6)
    assert limits(watcher) == [1000.0 + FOUR_HOURS_S, 50000.0 + FOUR_HOURS_S]


@pytest.mark.parametrize(
    ("mode", "obstacle", "cause"),
    [
        ("stopped", "occluded", "stopped"),
        ("priming", None, "stopped"),
        ("off", None, "stopped"),
        ("complete", "dry", "complete"),
        ("running", "dry", "dry"),
        ("running", "air", "air"),
        ("running", "occluded", "occluded"),
        ("running", "disconnected", "disconnected"),
        ("running", None, "lag"),
        ("halted", "occluded", "occluded"),
        ("halted", None, "halted"),
        ("fault", None, "halted"),
    ],
)
def test_causes(mode: str, obstacle: str | None, cause: str) -> None:
    assert cause_of(mode, Line(obstacle)) == cause
    watcher = running()
    watcher.flow(1000.0, 0.0, mode=mode, obstacle=obstacle)
    watcher.to(2000.0)
    began = watcher.events[-1]
    assert isinstance(began, InterruptionBegan)
    assert began.cause == cause


def test_a_start_that_brings_nothing_gets_its_reason_after_the_minute() -> None:
    watcher = Watcher()
    watcher.line.word = "occluded"
    watcher.to(60.0)
    assert watcher.events == [], "60 s are not over 60 s"
    watcher.to(60.001)
    began = watcher.events[-1]
    assert isinstance(began, InterruptionBegan)
    assert (began.start_s, began.cause) == (0.0, "occluded")


def test_a_slow_start_within_the_minute_is_none() -> None:
    watcher = Watcher()
    watcher.flow(59.0, ORDER_ML_H)
    watcher.to(1e6)
    assert watcher.events == []


def test_snapshot_in_the_middle_goes_on_the_same() -> None:
    for cut_s in (500.0, 1030.0, 1100.0, 2030.0, 1000.0 + FOUR_HOURS_S):
        watcher = running()
        whole = running()
        for each, cuts in ((watcher, True), (whole, False)):
            for t_s, flow_ml_h in ((1000.0, 0.0), (2000.0, 9.0), (2030.0, 0.0), (40000.0, ORDER_ML_H)):
                if cuts and t_s > cut_s:
                    kept = each.truth.snapshot()
                    each.truth = Truth(ORDER_ML_H, each.journal)
                    each.truth.restore(kept)
                    assert each.truth.snapshot() == kept
                each.flow(t_s, flow_ml_h)
            each.to(1e6)
        assert watcher.events == whole.events
