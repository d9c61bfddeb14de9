"""What there is to see: checked against what was done, in volumes that a hand can count."""

from __future__ import annotations

import pytest

from sim.plant.actions import AddAir, Clamp, Connect, Kink, Occlude, PlugMains
from sim.plant.config import BagConfig, CatheterConfig, PlantConfig
from sim.plant.fluids import AIR, BLOOD, SALINE, Fluid, Slug
from sim.scene import scene, stretches, truth
from tests.sim.made import ORDER, H, bench, primed, running


def test_a_new_set_is_full_of_air_and_a_primed_one_of_drug() -> None:
    new = scene(bench(), 0.0)
    assert [each.kind for each in (*new.supply.stretches, *new.line.stretches)] == ["air", "air"]
    made = primed()
    after = scene(made, made.t_s)
    assert [each.kind for each in (*after.supply.stretches, *after.line.stretches)] == ["drug", "drug"]


def test_a_bubble_travels_from_the_bag_to_the_pump_at_the_pumps_rate() -> None:
    # 0.3 mL of air at the bag's end of a supply line of 0.75 mL; after half an hour 0.3 mL have been drawn.
    made = running()
    made.apply(AddAir(volume_ml=0.3, where="bag"))
    made.advance_to(made.t_s + 0.75 * H)
    shown = scene(made, made.t_s).supply.stretches
    # 0.45 mL drawn: the bubble's 0.3 mL, then 0.15 mL of drug behind it, and 0.3 mL still before it.
    assert [each.kind for each in shown] == ["drug", "air", "drug"]
    assert shown[1].from_frac == pytest.approx(0.15 / 0.75, abs=1e-9)
    assert shown[1].to_frac == pytest.approx(0.45 / 0.75, abs=1e-9)


def test_looking_changes_nothing() -> None:
    looked, alone = running(), running()
    for made in (looked, alone):
        made.apply(Clamp(where="downstream", closed=True))
    for count in range(1, 40):
        scene(looked, looked.t_s + count)
        truth(looked, looked.t_s + count)
    looked.advance_to(4000.0)
    alone.advance_to(4000.0)
    assert looked.journal.events == alone.journal.events
    assert looked.snapshot() == alone.snapshot()


def test_what_hands_did_is_seen() -> None:
    made = primed(
        PlantConfig(bag=BagConfig(ug_per_ml=ORDER.ug_per_ml), catheter=CatheterConfig(volume_ml=0.5))
    )
    before = scene(made, made.t_s)
    assert (before.line.clamped, before.supply.kinked, before.connected, before.mains) == (
        False,
        False,
        True,
        True,
    )
    assert [each.kind for each in before.catheter.stretches] == ["saline"]
    for action in (
        Clamp(where="downstream", closed=True),
        Kink(where="upstream", closed=True),
        Connect(connected=False),
        PlugMains(present=False),
    ):
        made.apply(action)
    after = scene(made, made.t_s)
    assert (after.line.clamped, after.supply.kinked, after.connected, after.mains) == (
        True,
        True,
        False,
        False,
    )


def test_the_truth_knows_what_the_line_has_stored() -> None:
    made = running()
    made.apply(Clamp(where="downstream", closed=True))
    made.advance_to(made.t_s + 1000.0)
    seen = truth(made, made.t_s)
    # clamped in the second of the start: 0.6 mL/h for 1000 s into 0.8 uL/mmHg, from the vein's 10 mmHg on
    assert seen.stored_ml == pytest.approx(0.8e-3 * (seen.p_down_mmhg - 10.0), abs=1e-9)
    assert seen.p_down_mmhg == pytest.approx(10.0 + (0.6 * 1000.0 / 3600.0) / 0.8e-3, abs=1e-6)
    assert seen.drug_flow_ml_h == 0.0


@pytest.mark.parametrize(("fraction_frac", "seen_frac"), [(0.0, 0.0), (0.9, 0.9), (1.0, 1.0)])
def test_an_obstruction_is_the_part_of_the_conductance_that_is_lost(
    fraction_frac: float, seen_frac: float
) -> None:
    made = running()
    made.apply(Occlude(where="downstream", fraction_frac=fraction_frac))
    assert truth(made, made.t_s).obstruction_frac == pytest.approx(seen_frac)


def test_stretches_run_from_the_inlet_to_the_outlet_and_like_fluids_are_one() -> None:
    drug, froth = Fluid(drug_frac=1.0, ug_per_ml=2.0), Fluid(drug_frac=0.9, air_frac=0.1)
    oldest_first = [
        Slug(1.0, BLOOD),
        Slug(1.0, SALINE),
        Slug(0.0, AIR),
        Slug(0.5, drug),
        Slug(0.5, Fluid(drug_frac=1.0)),
        Slug(1.0, froth),
    ]
    assert [(each.kind, each.from_frac, each.to_frac) for each in stretches(oldest_first)] == [
        ("froth", 0.0, 0.25),
        ("drug", 0.25, 0.5),
        ("saline", 0.5, 0.75),
        ("blood", 0.75, 1.0),
    ]


def test_an_empty_tube_has_nothing_to_show() -> None:
    assert stretches([]) == ()
