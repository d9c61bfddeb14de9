"""Strokes are marks of the given counter, computed from the events."""

from __future__ import annotations

import statistics
from itertools import pairwise

import pytest

from pump.profiles import load_profile
from pump.program import Program
from pump.settings import PumpSettings
from sim.plant.config import PlantConfig
from sim.strokes import strokes
from sim.world.result import Result
from sim.world.setup import Order, Setup, Step
from sim.world.world import World

PRIME = Step(at_s=0.0, verb="prime", params=(("volume_ml", 3.0),))
START = Step(at_s=600.0, verb="start")


def run(*steps: Step, until_s: float | None = None) -> Result:
    program = Program(rate_ml_h=0.6, vtbi_ml=100.8, reservoir_ml=110.0)
    pump = PumpSettings(profile=load_profile("generic-ambulatory"), program=program)
    setup = Setup(
        id="strokes", seed=1, pump=pump, plant=PlantConfig(), order=Order(), steps=steps, until_s=until_s
    )
    return World(setup).run()


def test_a_bag_is_2016_strokes_of_50_ul_one_every_five_minutes() -> None:
    result = run(PRIME, START)
    marks = list(strokes(result.events, stroke_ul=50.0, until_s=result.end_s))
    assert len(marks) == 2016  # 100.8 mL / 50 uL, not 2015
    assert marks[0].t_s == 900.0  # 50 uL at 0.6 mL/h is 300 s
    assert all(b.t_s - a.t_s == pytest.approx(300.0, abs=1e-6) for a, b in pairwise(marks))
    assert [mark.number for mark in marks] == list(range(1, 2017))


def test_a_stop_finishes_the_stroke_that_was_begun_at_once() -> None:
    result = run(PRIME, START, Step(at_s=1000.0, verb="stop"), until_s=2000.0)
    marks = list(strokes(result.events, stroke_ul=50.0, until_s=result.end_s))
    # 400 s are one stroke and a third; the second is finished at the stop
    assert [(mark.number, mark.t_s) for mark in marks] == [(1, 900.0), (2, 1000.0)]


def test_an_alarm_stops_in_the_middle_and_the_next_start_goes_on_there() -> None:
    air = Step(at_s=700.0, verb="air", params=(("volume_ml", 0.2), ("where", "detector")))
    # 200 uL take 1200 s: the alarm at 1900 s, after 4 strokes and a third
    again = (Step(at_s=3000.0, verb="acknowledge"), Step(at_s=3100.0, verb="start"))
    result = run(PRIME, START, air, *again, until_s=3400.0)
    marks = list(strokes(result.events, stroke_ul=50.0, until_s=result.end_s))
    assert [mark.number for mark in marks] == [1, 2, 3, 4, 5]
    assert marks[3].t_s == pytest.approx(1800.0)
    assert marks[4].t_s == pytest.approx(3100.0 + 200.0)  # the other two thirds of the stroke


def test_noise_is_the_same_for_the_same_seed_and_has_its_spread() -> None:
    events = run(PRIME, START).events
    volumes = [s.volume_ul for s in strokes(events, stroke_ul=50.0, until_s=604800.0, seed=7)]
    assert volumes == [s.volume_ul for s in strokes(events, stroke_ul=50.0, until_s=604800.0, seed=7)]
    assert volumes != [s.volume_ul for s in strokes(events, stroke_ul=50.0, until_s=604800.0, seed=8)]
    assert statistics.fmean(volumes) == pytest.approx(50.0, abs=0.1)  # 4 standard errors of 1 uL / sqrt(2014)
    assert statistics.stdev(volumes) == pytest.approx(1.0, abs=0.07)


def test_without_a_seed_every_stroke_is_nominal() -> None:
    events = run(PRIME, START, until_s=4000.0).events
    assert {s.volume_ul for s in strokes(events, stroke_ul=50.0, until_s=4000.0)} == {50.0}
