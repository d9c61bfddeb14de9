"""Every verb: written and read back equal, and its table row whole."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pump.commands import Access
from scenarios.faults import FaultList
from scenarios.fields import Flag, Integer, Text
from scenarios.quantities import TIME, Dimension
from scenarios.toml import toml_document
from scenarios.verbs import BY_HAND, VERBS, Verb, read_step, step, write_step
from sim.world.setup import Step
from sim.world.steps import STEPS

DESIGN_VERBS = """
    power_on power_off prime start stop press silence acknowledge unlock lock program reset_reservoir
    clamp unclamp kink unkink tap reprime change_bag change_set change_battery change_filter purge_bag
    plug unplug
    attach_cassette detach_cassette disconnect reconnect flush aspirate infuse_saline thrombolytic use_lumen
    dislodge_needle double_clamp move_pump swap_pump call_nurse go_to_hospital
    occlude clear_occlusion air leak seal_leak battery_level temperature fault
"""

ONLY_IN_FILES = ("dose_ug", "dose_in_ml")
"""Another way to write a concentration, which is what the step carries."""


ONE_OF_TWO = ({"fraction_frac", "resistance_mmhg_h_ml"},)
"""Parameters of one step that contradict each other."""


def values_of(kind: object) -> st.SearchStrategy[Any]:
    """Values that a kind reads."""
    match kind:
        case Dimension():
            return st.floats(kind.lowest, kind.highest).map(lambda number: number + 0.0)
        case Flag():
            return st.booleans()
        case Integer():
            return st.integers(kind.lowest, kind.highest)
        case Text(choices=choices) if choices:
            return st.sampled_from(choices)
        case Text():
            return st.text(st.characters(codec="utf-8"), min_size=1, max_size=kind.most_count).filter(
                str.strip
            )
        case _:
            raise AssertionError(kind)


def steps_of(verb: Verb) -> st.SearchStrategy[Step]:
    """Steps with this verb, with and without its optional parameters."""
    required = {field.inner: values_of(field.kind) for field in verb.parameters if field.required}
    optional = {
        field.inner: values_of(field.kind)
        for field in verb.parameters
        if not field.required and field.inner not in ONLY_IN_FILES
    }
    hands = st.sampled_from([None, *(hand.value for hand in Access)]) if verb.room in BY_HAND else st.none()
    return st.builds(
        lambda at_s, by, params: step(at_s, verb.name, by=by, **params),
        st.floats(0, TIME.highest).map(lambda number: number + 0.0),
        hands,
        st.fixed_dictionaries(required, optional=optional).filter(
            lambda params: not any(pair <= params.keys() for pair in ONE_OF_TWO)
        ),
    )


def read(text: str) -> tuple[Step | None, list[str]]:
    faults = FaultList(text)
    found = read_step(tomllib.loads(text)["step"][0], ("step", 0), faults)
    return found, [f"{fault.line}: {fault}" for fault in faults.faults]


@pytest.mark.parametrize("verb", VERBS.values(), ids=lambda verb: verb.name)
@settings(max_examples=15)
@given(st.data())
def test_a_written_step_reads_back_equal(verb: Verb, data: st.DataObject) -> None:
    before = data.draw(steps_of(verb))
    after, faults = read(toml_document({"step": [write_step(before)]}))
    assert not faults
    assert after == before


def test_every_step_of_the_world_has_a_verb_and_every_verb_but_the_wires_a_step() -> None:
    assert {verb.name for verb in VERBS.values() if verb.room != "wire"} == set(STEPS)


def test_a_dose_becomes_a_concentration() -> None:
    found, faults = read('[[step]]\nat = "1 d"\ndo = "change_bag"\ndose = "196 ug"\ndose_in = "100 mL"\n')
    assert not faults
    assert found == step(86400.0, "change_bag", ug_per_ml=1.96)


def test_the_verbs_of_the_design_are_there() -> None:
    assert set(DESIGN_VERBS.split()) <= set(VERBS)


@pytest.mark.parametrize("verb", VERBS.values(), ids=lambda verb: verb.name)
def test_a_row_is_whole(verb: Verb) -> None:
    assert verb.meaning
    keys = [field.key for field in verb.fields]
    inner = [field.inner for field in verb.fields]
    assert len(set(keys)) == len(keys)
    assert len(set(inner)) == len(inner)
    assert "do" not in keys
    for field in verb.fields:
        assert field.required != bool(field.default), field.key
        field.kind.read(tomllib.loads(f"value = {field.kind.sample}")["value"])
        if isinstance(field.kind, Dimension):
            assert field.inner.endswith(field.kind.ending)


def test_reads_a_step_with_inner_units() -> None:
    found, faults = read('[[step]]\nat = "2 d 3 h"\ndo = "reprime"\nvolume = "3 mL"\ntakes = "5 min"\n')
    assert not faults
    assert found == Step(at_s=183600.0, verb="reprime", params=(("takes_s", 300.0), ("volume_ml", 3.0)))


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ('at = "0 s"', ['1: do is missing; say what is done, such as do = "start"']),
        ('do = "start"', ['1: at is missing; write at = "6 d 20 h"']),
        ('at = "0 s"\ndo = "reprim"', ['3: "reprim" is no verb; did you mean reprime?']),
        ('at = "0 s"\ndo = 3', ['3: 3 is no verb; write such as do = "start"']),
        (
            'at = "0"\ndo = "primes"\nby = "doctor"',
            [
                '3: "primes" is no verb; did you mean prime?',
                '2: at: "0" has no unit; a time may be in d, h, min, s, ms, such as "6 d 20 h"',
                '4: by: "doctor" is not known here; known are patient, caregiver, nurse, supplier',
            ],
        ),
        ('at = "0 s"\ndo = "prime"\nvolum = "3 mL"', ['4: "volum" is not known here; did you mean volume?']),
        ('at = "0 s"\ndo = "flush"', ['1: volume is missing; write volume = "100.8 mL"']),
        (
            'at = "0 s"\ndo = "kink"\nwhere = "up"',
            ['4: where: "up" is not known here; did you mean upstream?'],
        ),
        (
            'at = "0 s"\ndo = "tap"\nworks = "yes"',
            ['4: works: "yes" is neither true nor false; write true or false, without quotes'],
        ),
        (
            'at = "0 s"\ndo = "occlude"\nby = "nurse"',
            ['4: "by" is not known here; known are at, where, fraction, resistance'],
        ),
    ],
)
def test_says_what_is_wrong_with_a_step(text: str, faults: list[str]) -> None:
    found, said = read(f"[[step]]\n{text}\n")
    assert sorted(said) == sorted(faults)
    assert found is None or len(faults) == 1


def test_refuses_to_write_what_would_not_read_back() -> None:
    with pytest.raises(ValueError, match="start has no parameter volume_ml"):
        write_step(step(0.0, "start", volume_ml=3.0))
    with pytest.raises(ValueError, match="occlude has no parameter by"):
        write_step(step(0.0, "occlude", by="nurse"))
