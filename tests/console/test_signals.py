"""Signals agree with the run, show both sides of every event, and are printed by their units."""

from __future__ import annotations

import csv
import io
from itertools import pairwise

import pytest

from console.signals import (
    GRID_COUNT,
    Sample,
    Signals,
    grid_step_s,
    printed,
    sample_run,
    sampling_times_s,
    to_csv,
)
from scenarios.loader import load, loads
from sim.world.result import Result
from sim.world.world import World
from tests.console.samples import DAY7, KINK, KINK_ALARM_S


def run_and_sample(text: str) -> tuple[Result, Signals]:
    setup = loads(text).setup
    result = World(setup).run()
    return result, sample_run(setup, result)


@pytest.fixture(scope="module")
def kink() -> tuple[Result, Signals]:
    return run_and_sample(KINK)


def test_sampling_is_a_run_that_asking_did_not_change() -> None:
    setup = load(DAY7).setup
    result = World(setup).run()
    signals = sample_run(setup, result)
    last = signals.samples[-1]
    assert last.t_s == result.end_s
    assert last.delivered_ml == result.delivered_ml
    assert last.given_ml == result.believed_ml
    assert last.bag_ml == result.bag_ml
    assert last.level_pg_ml == result.level_pg_ml
    assert signals.ledger.filled.drug_ml == result.filled_ml
    held_ml = signals.in_bag.drug_ml + signals.in_tubes.drug_ml
    assert held_ml == pytest.approx(result.bag_ml + result.set_ml, abs=1e-9)


def test_every_event_has_both_sides(kink: tuple[Result, Signals]) -> None:
    result, signals = kink
    times_s = [sample.t_s for sample in signals.samples]
    for event in result.events:
        if event.t_s > 0.0:
            assert times_s.count(event.t_s) >= 2


def test_time_goes_on_and_what_went_in_stays_in(kink: tuple[Result, Signals]) -> None:
    _, signals = kink
    for before, after in pairwise(signals.samples):
        assert after.t_s >= before.t_s
        assert after.delivered_ml >= before.delivered_ml
        assert after.air_ul >= before.air_ul


def test_an_occlusion_is_shown_as_it_is(kink: tuple[Result, Signals]) -> None:
    # Straight up from P0 = 10 + 0.3 x 0.6 by Q/C to 525 mmHg; the pump then turns back to 0.2 mL stored,
    # which is 10 + 0.2/0.0008 = 260 mmHg; it runs off within seconds when the kink is gone.
    _, signals = kink

    def just_before(t_s: float) -> Sample:
        return next(sample for sample in signals.samples if sample.t_s == pytest.approx(t_s, abs=1e-6))

    def just_after(t_s: float) -> Sample:
        return [sample for sample in signals.samples if sample.t_s == pytest.approx(t_s, abs=1e-6)][-1]

    half_s = 7200.0 + 1200.0
    assert just_before(half_s).p_down_mmhg == pytest.approx(10.18 + 0.6 / 0.0008 * 1200.0 / 3600.0, abs=1e-6)
    assert just_before(KINK_ALARM_S).p_down_mmhg == pytest.approx(525.0, abs=1e-6)
    assert just_before(KINK_ALARM_S).mode == "running"
    assert just_after(KINK_ALARM_S).p_down_mmhg == pytest.approx(260.0, abs=1e-6)
    assert just_after(KINK_ALARM_S).mode == "halted"
    assert just_before(10800.0).p_down_mmhg == pytest.approx(260.0, abs=1e-6)
    assert just_after(10800.0 + 30.0).p_down_mmhg == pytest.approx(10.0, abs=1e-6)
    assert just_before(7200.0).drug_flow_ml_h == pytest.approx(0.6)
    assert just_after(7200.0).drug_flow_ml_h == 0.0


def test_a_new_set_is_full_of_air_until_it_is_primed(kink: tuple[Result, Signals]) -> None:
    # A quarter of the set's 3 mL lies before the detector: 0.75 mL at 600 mL/h is 4.5 s.
    _, signals = kink
    for sample in signals.samples:
        if sample.t_s < 4.5 - 1e-6:
            assert sample.detector_air_frac == 1.0
        elif sample.t_s > 4.5 + 1e-6:
            assert sample.detector_air_frac == 0.0


@pytest.mark.parametrize(
    ("end_s", "step_s"),
    [
        (60.0, 1.0),
        (GRID_COUNT * 1.0, 1.0),
        (GRID_COUNT + 1.0, 2.0),
        (604800.0, 600.0),
        (28 * 86400.0, 3600.0),
        (43200.0 * GRID_COUNT, 43200.0),
        (10 * 86400.0 * GRID_COUNT, 10 * 86400.0),
    ],
)
def test_the_grid_is_round_and_bounded(end_s: float, step_s: float) -> None:
    assert grid_step_s(end_s) == step_s
    assert end_s / grid_step_s(end_s) <= GRID_COUNT


def test_times_hold_grid_events_and_settling_and_end_at_the_end() -> None:
    times_s = sampling_times_s([0.0, 10.25, 12.0], 20.0)
    assert times_s == sorted(set(times_s))
    assert {0.0, 10.25, 12.0, 20.0} <= set(times_s)
    assert {float(second) for second in range(21)} <= set(times_s)
    assert 10.25 + 1.0 in times_s
    assert 10.25 + 2.0 not in times_s  # after the next event it is that one's settling
    assert times_s[-1] == 20.0


def test_csv_has_units_in_its_headers_and_rounds_by_them(kink: tuple[Result, Signals]) -> None:
    _, signals = kink
    text = to_csv(signals.samples)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == len(signals.samples)
    assert list(rows[0])[:4] == ["t_s", "mode", "p_down_mmhg", "p_up_mmhg"]
    for row, sample in zip(rows, signals.samples, strict=True):
        assert row["mode"] == sample.mode
        assert float(row["t_s"]) == round(sample.t_s, 6)
        assert float(row["delivered_ml"]) == round(sample.delivered_ml, 9) + 0.0
    assert "\r" not in text
    assert text.endswith("\n")


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("t_s", 1.23456789, "1.234568"),
        ("given_ml", 0.1 + 0.2, "0.3"),
        ("given_ml", 1e-10, "0"),
        ("given_ml", -1e-12, "0"),
        ("p_up_mmhg", -100.0, "-100"),
        ("rate_ml_h", 10.0, "10"),
        ("mode", "running", "running"),
    ],
)
def test_numbers_are_printed_by_what_they_are(name: str, value: float | str, text: str) -> None:
    assert printed(name, value) == text
