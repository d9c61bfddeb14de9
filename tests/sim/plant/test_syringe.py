"""The syringe plant against hand-derived figures.

The 26.59 mm syringe has 555.3 mm² of plunger, so that 155.7 N less 5 N of friction are 2035.6 mmHg on it. The
pump's alarm stands at 280 kPa of load: 2100.17 mmHg x 555.3 mm² x 133.322e-6 N = 155.49 N, 2032.6 mmHg on it.
"""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pump.commands import Acknowledge, ConfirmProgram, NewBag, ProgramChange, Start, Stop
from pump.events import AlarmRaised, Journal
from pump.profiles import load_profile
from pump.program import Program
from pump.seam import Drive, Watch
from pump.settings import PumpSettings
from sim.bench import BenchOf
from sim.events import PlantRefused
from sim.plant import actions as do
from sim.plant.syringe import FLOOR_MMHG, SyringeConfig, SyringePlant

AREA_MM2 = math.pi * 26.59**2 / 4.0
P_ALARM_MMHG = (280.0 * 7.50062 * 133.322e-6 * AREA_MM2 - 5.0) / (133.322e-6 * AREA_MM2)
CLOSED = do.Clamp(where="downstream", closed=True)
OPEN = do.Clamp(where="downstream", closed=False)


def plant(**figures: float) -> SyringePlant:
    return SyringePlant(SyringeConfig(**figures), Journal())  # type: ignore[arg-type]


def bench(
    rate_ml_h: float = 100.0, *, withdraws: bool = False, config: SyringeConfig | None = None
) -> BenchOf[SyringePlant]:
    program = Program(rate_ml_h=rate_ml_h, vtbi_ml=9999.0, reservoir_ml=9999.0, withdraws=withdraws)
    pump = PumpSettings(profile=load_profile("lab-syringe"), program=program)
    return BenchOf(pump, config or SyringeConfig(), 1.0, 0.0, SyringePlant)


def run_to(made: SyringePlant, t_s: float) -> SyringePlant:
    for _ in range(100):
        if made.next_event_s() > t_s:
            break
        made.pass_event()
    made.settle(t_s)
    return made


def alarms(made: BenchOf[SyringePlant]) -> list[tuple[Any, str]]:
    return [(event.t_s, event.code) for event in made.journal.events if isinstance(event, AlarmRaised)]


def test_an_open_line_delivers_what_is_pushed_but_what_it_stores() -> None:
    made = plant()
    made.drive(0.0, Drive(rate_ml_h=100.0))
    # R Q = 5 mmHg, C = 0.002: 10 uL are stored, with a time constant of 0.36 s.
    assert made.delivered_ml(36.0) == pytest.approx(1.0 - 0.01, abs=1e-12)
    assert made.drug_flow_ml_h(36.0) == pytest.approx(100.0)


def test_withdrawing_is_the_mirror_of_infusing() -> None:
    there, back = plant(), plant()
    there.drive(0.0, Drive(rate_ml_h=100.0))
    back.drive(0.0, Drive(rate_ml_h=100.0, withdraws=True))
    for t_s in (0.1, 0.5, 3.0, 36.0):
        assert back.delivered_ml(t_s) == -there.delivered_ml(t_s)
        assert back.drug_flow_ml_h(t_s) == -there.drug_flow_ml_h(t_s)


def test_a_closed_line_stalls_the_motor_when_its_load_is_there() -> None:
    made = bench()
    made.apply(CLOSED)
    made.apply(Start())
    made.advance_to(1000.0)
    stall_s = 0.002 * P_ALARM_MMHG / 100.0 * 3600.0
    assert alarms(made) == [(pytest.approx(stall_s, abs=1e-6), "OCCLUSION_DOWNSTREAM")]
    assert made.core.mode == "halted"
    assert made.plant.p_mmhg == pytest.approx(P_ALARM_MMHG, rel=1e-9)


def test_at_rest_the_load_is_gone_and_the_next_start_stalls_again() -> None:
    made = bench()
    made.apply(CLOSED)
    made.apply(Start())
    made.advance_to(1000.0)
    assert made.plant.readings(made.t_s).p_down_mmhg == 0.0
    made.apply(Acknowledge())
    assert made.core.mode == "stopped"
    made.apply(Start())
    made.advance_to(1001.0)
    assert [code for _, code in alarms(made)] == ["OCCLUSION_DOWNSTREAM"] * 2
    made.apply(Acknowledge())
    made.apply(OPEN)
    made.advance_to(1010.0)
    made.apply(Start())
    made.advance_to(1100.0)
    assert made.core.mode == "running"


def test_a_smaller_plunger_takes_a_higher_pressure() -> None:
    made = bench(rate_ml_h=1.0, config=SyringeConfig(diameter_mm=4.61, capacity_ml=10.0, fill_ml=10.0))
    made.apply(CLOSED)
    made.apply(Start())
    made.advance_to(1e6)
    area_mm2 = math.pi * 4.61**2 / 4.0
    load_n = 280.0 * 7.50062 * 133.322e-6 * AREA_MM2
    # 2 uL/mmHg would store more than 10 mL below it: the pusher is at the end of its travel first.
    assert (load_n - 5.0) / (133.322e-6 * area_mm2) > 5000.0
    assert alarms(made) == [(pytest.approx(36_000.0, abs=1e-6), "OCCLUSION_DOWNSTREAM")]


def test_the_end_of_the_travel_stalls_both_ways() -> None:
    for withdraws, left_ml in ((False, 50.0), (True, 10.0)):
        made = bench(withdraws=withdraws)
        made.apply(Start())
        made.advance_to(1e5)
        assert alarms(made) == [(pytest.approx(left_ml * 36.0, abs=1e-6), "OCCLUSION_DOWNSTREAM")]
        assert made.plant.barrel_ml == (60.0 if withdraws else 0.0)


def test_pulling_at_a_closed_line_opens_a_void_that_closes_first() -> None:
    made = plant()
    made.act(0.0, CLOSED)
    made.drive(0.0, Drive(rate_ml_h=100.0, withdraws=True))
    floor_s = 0.002 * 740.0 / 100.0 * 3600.0
    assert made.next_event_s() == pytest.approx(floor_s)
    run_to(made, floor_s + 36.0)
    assert made.p_mmhg == FLOOR_MMHG
    assert made.void_ml == pytest.approx(1.0)
    made.drive(made.anchor_s, Drive(rate_ml_h=200.0))
    assert made.next_event_s() == pytest.approx(floor_s + 36.0 + 18.0)
    run_to(made, floor_s + 36.0 + 18.0 + 0.002 * 740.0 / 200.0 * 3600.0)
    assert made.void_ml == 0.0
    assert made.p_mmhg == pytest.approx(0.0, abs=1e-6)


def test_an_opened_line_fills_the_void() -> None:
    made = plant()
    made.act(0.0, CLOSED)
    made.drive(0.0, Drive(rate_ml_h=100.0, withdraws=True))
    run_to(made, 100.0)
    void_ml = made.void_ml
    made.drive(100.0, Drive(rate_ml_h=0.0))
    made.act(100.0, OPEN)
    # 740 mmHg through 0.05 mmHg h/mL: 14,800 mL/h into the void, then the compliance lets go.
    assert made.next_event_s() == pytest.approx(100.0 + void_ml / 14_800.0 * 3600.0)
    run_to(made, 200.0)
    assert made.delivered_ml(200.0) == pytest.approx(-100.0 / 36.0, abs=1e-9)


def test_a_stuck_motor_moves_nothing_and_is_felt() -> None:
    made = bench()
    made.apply(Start())
    made.advance_to(36.0)
    made.apply(do.SetFault(kind="motor_stall"))
    assert alarms(made) == [(36.0, "OCCLUSION_DOWNSTREAM")]
    made.advance_to(100.0)
    assert made.plant.delivered_ml(100.0) == pytest.approx(1.0, abs=1e-9)


def test_a_motor_that_nobody_stops_jams_at_its_own_strength() -> None:
    made = plant()
    p_stall_mmhg = (155.7 - 5.0) / (133.322e-6 * AREA_MM2)
    made.act(0.0, CLOSED)
    made.drive(0.0, Drive(rate_ml_h=100.0))
    jammed_s = made.next_event_s()
    assert jammed_s == pytest.approx(0.002 * p_stall_mmhg / 100.0 * 3600.0)
    run_to(made, jammed_s + 100.0)
    assert made.p_mmhg == pytest.approx(p_stall_mmhg)
    left_ml = made.barrel_ml
    made.drive(made.anchor_s, Drive(rate_ml_h=0.0))
    made.drive(made.anchor_s, Drive(rate_ml_h=50.0))
    assert made.next_event_s() == made.anchor_s, "the force is still there"
    run_to(made, made.anchor_s + 100.0)
    assert made.barrel_ml == left_ml
    made.drive(made.anchor_s, Drive(rate_ml_h=50.0, withdraws=True))
    assert made.is_stuck, "turning round takes a stop"
    made.drive(made.anchor_s, Drive(rate_ml_h=0.0))
    made.drive(made.anchor_s, Drive(rate_ml_h=50.0, withdraws=True))
    assert not made.is_stuck


def test_what_a_syringe_has_not_is_refused() -> None:
    made = bench()
    (event,) = made.apply(do.PurgeBag())
    assert isinstance(event, PlantRefused)
    (event,) = made.apply(CLOSED.__class__(where="upstream", closed=True))
    assert isinstance(event, PlantRefused)


def test_without_mains_it_is_off() -> None:
    made = bench()
    made.apply(Start())
    made.advance_to(36.0)
    made.apply(do.PlugMains(present=False))
    assert made.core.mode == "off"
    made.advance_to(100.0)
    assert made.plant.delivered_ml(100.0) == pytest.approx(1.0)


def test_the_direction_can_change_between_two_runs() -> None:
    made = bench(rate_ml_h=100.0)
    made.apply(Start())
    made.advance_to(36.0)
    made.apply(Stop())
    made.apply(NewBag())
    made.apply(ProgramChange(withdraws=True))
    made.apply(ConfirmProgram(soft_override=True))
    made.apply(Start())
    made.advance_to(72.0)
    made.apply(Stop())
    made.advance_to(100.0)
    assert made.plant.barrel_ml == pytest.approx(50.0, abs=1e-12)
    assert made.plant.delivered_ml(100.0) == pytest.approx(0.0, abs=1e-9)


STEPS = st.lists(
    st.tuples(
        st.floats(0.0, 2000.0),
        st.one_of(
            st.builds(
                Drive,
                rate_ml_h=st.sampled_from([0.0, 0.5, 60.0, 1500.0]),
                withdraws=st.booleans(),
            ),
            st.sampled_from([CLOSED, OPEN]),
            st.builds(
                do.Occlude, where=st.just("downstream"), fraction_frac=st.sampled_from([0.5, 0.9999, 1.0])
            ),
            st.just(do.ClearOcclusion(where="downstream")),
        ),
    ),
    max_size=12,
)


@settings(max_examples=150)
@given(steps=STEPS)
def test_nothing_is_lost_whatever_is_done(steps: list[tuple[float, Drive | do.PlantAction]]) -> None:
    """What leaves the barrel is at the end of the line, in the compliance, or was a void."""
    made = plant()
    t_s = 0.0
    for wait_s, what in steps:
        t_s += wait_s
        run_to(made, t_s)
        if isinstance(what, Drive):
            made.drive(t_s, what)
        else:
            made.act(t_s, what)
        left_barrel_ml = 50.0 - made.barrel_ml
        found_ml = made.delivered_ml(t_s) + 0.002 * made.p_mmhg - made.void_ml
        assert left_barrel_ml == pytest.approx(found_ml, abs=1e-8)
        assert 0.0 <= made.barrel_ml <= 60.0
        assert made.p_mmhg >= FLOOR_MMHG - 1e-9
        assert made.void_ml >= 0.0
        twin = SyringePlant(made.config, Journal())
        twin.restore(json.loads(json.dumps(made.snapshot())))
        assert twin.next_event_s() == made.next_event_s()
        assert twin.readings(t_s + 1.0) == made.readings(t_s + 1.0)


@settings(max_examples=100)
@given(
    closed_frac=st.sampled_from([0.0, 0.5, 0.999, 1.0]),
    withdraws=st.booleans(),
    level_frac=st.floats(0.01, 1.5),
)
def test_a_watch_is_crossed_where_the_reading_is(
    closed_frac: float, withdraws: bool, level_frac: float
) -> None:
    made = plant()
    made.act(0.0, do.Occlude(where="downstream", fraction_frac=closed_frac))
    made.drive(0.0, Drive(rate_ml_h=600.0, withdraws=withdraws))
    now_mmhg = made.readings(0.0).p_down_mmhg
    watch = Watch("p_down_mmhg", above=True, level=now_mmhg + level_frac * 500.0)
    (when_s,) = made.whens([watch], 0.0)
    if when_s < made.next_event_s():
        assert made.readings(when_s).p_down_mmhg == pytest.approx(watch.level, rel=1e-9)
    else:
        assert made.readings(min(made.next_event_s(), 1e4) * 0.999).p_down_mmhg <= watch.level + 1e-6
