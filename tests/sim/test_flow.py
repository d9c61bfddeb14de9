"""The pressure node against integration, and every inverse against what it inverts.

The Runge-Kutta integration lives here only: the product has no time steps.
"""

from __future__ import annotations

from itertools import pairwise
from math import inf, log
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sim.plant.flow import BRACKET_H, NodeFlow, first_reach_h

C_ML_MMHG = 0.0008
CASES: dict[str, dict[str, Any]] = {
    "runs": {"p0_mmhg": 10.18, "q_ml_h": 0.6, "g_out_ml_h_mmhg": 1 / 0.3},
    "starts": {"p0_mmhg": 10.0, "q_ml_h": 125.0, "g_out_ml_h_mmhg": 1 / 0.3},
    "closed": {"p0_mmhg": 10.18, "q_ml_h": 0.6, "g_out_ml_h_mmhg": 0.0},
    "released": {"p0_mmhg": 525.0, "q_ml_h": 0.0, "g_out_ml_h_mmhg": 1 / 0.3},
    "released while it runs": {"p0_mmhg": 525.0, "q_ml_h": 0.6, "g_out_ml_h_mmhg": 1 / 0.3},
    "narrow": {"p0_mmhg": 10.18, "q_ml_h": 0.6, "g_out_ml_h_mmhg": 1 / 900.0},
    "back-pressure": {"p0_mmhg": 12.0, "q_ml_h": 5.0, "g_out_ml_h_mmhg": 1 / 30.0, "loss_per_mmhg": 3e-4},
    "back-pressure, closed": {"p0_mmhg": 12.0, "q_ml_h": 5.0, "g_out_ml_h_mmhg": 0.0, "loss_per_mmhg": 3e-4},
    "gravity": {
        "p0_mmhg": 10.0,
        "q_ml_h": 0.0,
        "g_out_ml_h_mmhg": 1 / 0.3,
        "g_free_ml_h_mmhg": 10.0,
        "p_head_mmhg": 36.75,
    },
    "gravity and pump": {
        "p0_mmhg": 10.0,
        "q_ml_h": 5.0,
        "g_out_ml_h_mmhg": 1 / 30.0,
        "g_free_ml_h_mmhg": 10.0,
        "p_head_mmhg": 36.75,
        "loss_per_mmhg": 3e-4,
    },
    "gravity, closed": {
        "p0_mmhg": 10.0,
        "q_ml_h": 5.0,
        "g_out_ml_h_mmhg": 0.0,
        "g_free_ml_h_mmhg": 10.0,
        "p_head_mmhg": 36.75,
    },
}


def node(**figures: float) -> NodeFlow:
    return NodeFlow(**({"p_end_mmhg": 10.0, "c_ml_mmhg": C_ML_MMHG} | figures))


def integrated(figures: dict[str, float], tau_h: float) -> tuple[float, float, float]:
    """(pressure, volume in, volume out) after `tau_h`, by Runge-Kutta on the law itself."""
    law = {"loss_per_mmhg": 0.0, "g_free_ml_h_mmhg": 0.0, "p_head_mmhg": 0.0} | figures

    def flows(p: float) -> tuple[float, float]:
        inflow = law["q_ml_h"] * (1.0 - law["loss_per_mmhg"] * p)
        inflow += law["g_free_ml_h_mmhg"] * (law["p_head_mmhg"] - p)
        return inflow, law["g_out_ml_h_mmhg"] * (p - 10.0)

    steps = 4000
    h = tau_h / steps
    p, came, went = law["p0_mmhg"], 0.0, 0.0
    for _ in range(steps):
        in1, out1 = flows(p)
        in2, out2 = flows(p + h / 2 * (in1 - out1) / C_ML_MMHG)
        in3, out3 = flows(p + h / 2 * (in2 - out2) / C_ML_MMHG)
        in4, out4 = flows(p + h * (in3 - out3) / C_ML_MMHG)
        d_in = h / 6 * (in1 + 2 * in2 + 2 * in3 + in4)
        d_out = h / 6 * (out1 + 2 * out2 + 2 * out3 + out4)
        came, went, p = came + d_in, went + d_out, p + (d_in - d_out) / C_ML_MMHG
    return p, came, went


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("constants_count", [0.3, 3.0])
def test_closed_form_against_integration(name: str, constants_count: float) -> None:
    figures = CASES[name]
    flow = node(**figures)
    tau_h = constants_count / flow.lambda_per_h if flow.lambda_per_h else constants_count
    p_mmhg, came_ml, went_ml = integrated(figures, tau_h)
    assert flow.p_mmhg(tau_h) == pytest.approx(p_mmhg, rel=1e-8)
    assert flow.inflow_ml(tau_h) == pytest.approx(came_ml, rel=1e-8, abs=1e-13)
    assert flow.outflow_ml(tau_h) == pytest.approx(went_ml, rel=1e-8, abs=1e-13)
    # What came in is stored or has gone out.
    stored_ml = C_ML_MMHG * (flow.p_mmhg(tau_h) - figures["p0_mmhg"])
    assert flow.inflow_ml(tau_h) == pytest.approx(stored_ml + flow.outflow_ml(tau_h), abs=1e-12)


def test_an_open_end_gives_what_comes_in() -> None:
    flow = node(p0_mmhg=400.0, q_ml_h=600.0, g_out_ml_h_mmhg=inf)
    assert flow.p_mmhg(0.0) == flow.p_mmhg(5.0) == 10.0
    assert flow.outflow_ml(0.005) == flow.inflow_ml(0.005) == pytest.approx(3.0)
    assert flow.when_outflow_volume_h(3.0) == pytest.approx(0.005)


@pytest.mark.parametrize("name", CASES)
def test_volumes_are_inverted(name: str) -> None:
    flow = node(**CASES[name])
    for volume_ml in (1e-6, 1e-3, 0.05, 2.0, 100.0):
        for forward, inverse in (
            (flow.inflow_ml, flow.when_inflow_ml_h),
            (flow.outflow_ml, flow.when_outflow_volume_h),
        ):
            tau_h = inverse(volume_ml)
            if tau_h == inf:
                assert forward(1e6) < volume_ml + 1e-9, "it is never reached"
            else:
                assert forward(tau_h) == pytest.approx(volume_ml, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("above", [True, False])
def test_levels_are_inverted(name: str, above: bool) -> None:
    flow = node(**CASES[name])
    now, end = flow.p0_mmhg, flow.p_mmhg(1e6)
    for level_mmhg in (0.0, 9.0, 11.0, 20.0, 40.0, 300.0, 700.0, 3000.0, 4000.0):
        if level_mmhg == now or (now > level_mmhg) == above:
            continue  # it is there already
        tau_h = flow.when_p_h(level_mmhg, above=above)
        goes_there = end > level_mmhg if above else end < level_mmhg
        assert (tau_h < inf) == goes_there
        if goes_there:
            assert flow.p_mmhg(tau_h) == pytest.approx(level_mmhg, rel=1e-9)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("above", [True, False])
def test_flows_are_inverted(name: str, above: bool) -> None:
    flow = node(**CASES[name])
    for forward, inverse in (
        (flow.inflow_ml_h, flow.when_inflow_h),
        (flow.outflow_ml_h, flow.when_outflow_h),
    ):
        now, end = forward(0.0), forward(1e6)
        for share in (0.1, 0.5, 0.9):
            level = now + share * (end - now)
            if abs(end - now) < 1e-9 or (end > now) != above:
                continue
            assert forward(inverse(level, above=above)) == pytest.approx(level, rel=1e-8)
        beyond = end + (1.0 if above else -1.0)
        if (beyond > now) == above:
            assert inverse(beyond, above=above) == inf


def test_a_release_time_has_its_textbook_form() -> None:
    flow = node(**CASES["released"])
    # 10 + 515 exp(-t / (0.3 x 0.0008 h)) = 100
    assert flow.when_p_h(100.0, above=False) == pytest.approx(0.3 * C_ML_MMHG * log(515.0 / 90.0))
    assert flow.when_outflow_volume_h(0.4121) == inf, "no more than 0.412 mL was stored"


def test_resting_lines_have_no_trickle() -> None:
    flow = node(p0_mmhg=10.0, q_ml_h=0.0, g_out_ml_h_mmhg=1 / 0.3)
    assert flow.outflow_ml(1000.0) == flow.inflow_ml(1000.0) == 0.0
    assert flow.when_outflow_volume_h(1e-9) == inf


def test_first_reach_is_the_first_time_to_a_nanosecond() -> None:
    found_h = first_reach_h(lambda tau_h: tau_h**3, 5.0, 1e-6)
    assert found_h == pytest.approx(5.0 ** (1.0 / 3.0), abs=2 * BRACKET_H)
    assert found_h**3 >= 5.0, "at the crossing, not before it"
    assert first_reach_h(lambda tau_h: tau_h / (1.0 + tau_h), 2.0, 1.0) == inf


POSITIVE = st.floats(1e-3, 1e3)


@settings(max_examples=150)
@given(
    p0_mmhg=st.floats(10.0, 1500.0),
    q_ml_h=st.one_of(st.just(0.0), st.floats(0.1, 600.0)),
    resistance=st.one_of(st.just(inf), st.floats(0.05, 1e5)),
    loss_per_mmhg=st.sampled_from([0.0, 3e-4]),
    volume_ml=POSITIVE,
)
def test_any_line_is_monotone_and_inverted(
    p0_mmhg: float, q_ml_h: float, resistance: float, loss_per_mmhg: float, volume_ml: float
) -> None:
    flow = node(
        p0_mmhg=p0_mmhg,
        q_ml_h=q_ml_h,
        g_out_ml_h_mmhg=0.0 if resistance == inf else 1.0 / resistance,
        loss_per_mmhg=loss_per_mmhg,
    )
    tau_h = flow.when_outflow_volume_h(volume_ml)
    assume(tau_h < 1e6)
    assert flow.outflow_ml(tau_h) == pytest.approx(volume_ml, rel=1e-8, abs=1e-8)
    marks = [flow.outflow_ml(tau_h * step / 8) for step in range(9)]
    assert all(after >= before - 1e-12 for before, after in pairwise(marks))
