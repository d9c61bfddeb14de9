"""A written setup reads back equal, whatever it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scenarios.fields import Pairs, TimeOfDay
from scenarios.loader import load, loads
from scenarios.tables import BAG, BATTERY, CATHETER, FILTER, LINE, SITE, Table
from scenarios.verbs import VERBS
from scenarios.writer import dump
from sim.plant.config import BagConfig, BatteryConfig, CatheterConfig, FilterConfig, SetConfig
from sim.world.setup import Setup, Step
from tests.scenarios.test_verbs import steps_of, values_of

PLAIN = load("day7-shortfall-after-two-reprimes").setup


def configs(table: Table, *without: str) -> st.SearchStrategy[dict[str, Any]]:
    kinds = {
        field.inner: values_of(field.kind)
        for field in table.fields
        if field.inner not in without and not isinstance(field.kind, Pairs | TimeOfDay)
    }
    return st.fixed_dictionaries(kinds)


STEPS = st.lists(st.sampled_from(sorted(VERBS)).flatmap(lambda name: steps_of(VERBS[name])), max_size=5).map(
    tuple
)


@settings(max_examples=60)
@given(
    configs(BAG, "fill_ml", "holdup_ml"),
    configs(LINE, "prime_ml", "supply_ml", "c_up_ml_mmhg"),
    configs(FILTER),
    configs(CATHETER),
    configs(BATTERY, "mains"),
    configs(SITE),
    st.booleans(),
    st.integers(0, 2**63 - 1),
)
def test_any_setup(  # noqa: PLR0917 - one table each
    bag: dict[str, Any],
    line: dict[str, Any],
    filter_: dict[str, Any],
    catheter: dict[str, Any],
    battery: dict[str, Any],
    site: dict[str, Any],
    mains: bool,
    seed: int,
) -> None:
    # The reader refuses tubes that do not yield and lines without resistance.
    assume(line["c_down_ml_mmhg"] > 0.0 and catheter["resistance_mmhg_h_ml"] > 0.0)
    rundown = {name: getattr(PLAIN.plant.battery, name) for name in ("running_per_h", "per_ml", "idle_per_h")}
    plant = replace(
        PLAIN.plant,
        bag=BagConfig(**bag),
        line=SetConfig(**line),
        filter=FilterConfig(**filter_),
        catheter=CatheterConfig(**catheter),
        battery=BatteryConfig(**battery, **rundown),
        mains=mains,
        **site,
    )
    setup = replace(PLAIN, plant=plant, seed=seed)
    assert loads(dump(setup, title="any")).setup == setup


@settings(max_examples=60)
@given(STEPS)
def test_any_steps(steps: tuple[Step, ...]) -> None:
    setup = replace(PLAIN, until_s=86400.0 * 3660, steps=steps)
    limit_ml = setup.plant.bag.fill_ml
    primes = [step for step in steps if step.verb in {"prime", "reprime"}]
    if all(float(step.get("volume_ml") or 0.0) <= limit_ml for step in primes):
        assert loads(dump(setup, title="any")).setup == setup


def test_recorded_steps_take_the_place_of_the_scripted_ones() -> None:
    recorded = (Step(at_s=600.0, verb="start", by="nurse"), Step(at_s=601.0, verb="wait"))
    read = loads(dump(PLAIN, title="A session", steps=recorded))
    assert read.setup == replace(PLAIN, steps=recorded)
    assert read.title == "A session"


RESPONSE = """schema = 1
id = "night"
title = "Somebody sleeps beside the pump"
[order]
rate = "0.6 mL/h"
duration = "7 d"
dose = "196 ug"
[response]
procedure = "home-may-tap"
tap_works = "90 %"
"""


def test_who_answers_is_kept_unless_what_was_done_is_written() -> None:
    setup = loads(RESPONSE).setup
    assert setup.response is not None
    assert loads(dump(setup, title="T")).setup == setup
    recorded = (Step(at_s=600.0, verb="start", by="nurse"),)
    read = loads(dump(setup, title="T", steps=recorded)).setup
    assert (read.response, read.steps) == (None, recorded)


def test_what_it_tells_people_is_kept() -> None:
    text = 'Two\nsentences, one "quoted" \\ one not. \u00b5\u2028'
    read = loads(dump(PLAIN, title="T", text=text, source="S", tags=("air", "night")))
    assert (read.title, read.text, read.source, read.tags) == ("T", text, "S", ("air", "night"))


def test_pump_settings_are_kept() -> None:
    pump = replace(PLAIN.pump, air_limit_ul=300.0, anti_bolus=False, maintenance_due_s=86400.0)
    setup: Setup = replace(PLAIN, pump=pump, until_s=100.5, clock_start_s=77400.0)
    setup = replace(setup, steps=())
    assert loads(dump(setup, title="T")).setup == setup
