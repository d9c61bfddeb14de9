"""The queue of slugs: what goes in pushes out what came first, and nothing is lost on the way."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.plant.fluids import AIR, SALINE, SLUG_EPSILON_ML, Fluid, Parcel, Slug, Tube

DRUG = Fluid(drug_frac=1.0, ug_per_ml=2.0)
FLUIDS = st.sampled_from([AIR, SALINE, DRUG, DRUG.with_air(0.25)])
VOLUMES_ML = st.one_of(st.sampled_from([0.0, 1e-10, 0.5, 1.0]), st.floats(0.0, 3.0))


def tube(*slugs: tuple[float, Fluid]) -> Tube:
    return Tube([Slug(volume_ml, fluid) for volume_ml, fluid in slugs])


def test_first_in_first_out() -> None:
    line = tube((1.0, AIR))
    line.put(2.0, DRUG)
    assert [(slug.volume_ml, slug.fluid) for slug in line.take(1.5)] == [(1.0, AIR), (0.5, DRUG)]
    assert line.volume_ml == 1.5
    line.put_back(0.5, SALINE)
    assert [(slug.volume_ml, slug.fluid) for slug in line.take_back(1.75)] == [(1.5, DRUG), (0.25, SALINE)]
    assert line.outlet == SALINE


def test_like_joins_like() -> None:
    line = tube((1.0, DRUG))
    line.put(0.5, DRUG)
    line.put_back(0.5, Fluid(drug_frac=1.0, ug_per_ml=2.0))
    assert [slug.volume_ml for slug in line.slugs] == [2.0]


def test_an_edge_is_on_its_way_as_soon_as_another_fluid_enters() -> None:
    line = tube((1.0, DRUG))
    assert line.to_next_edge_ml(DRUG) == line.to_next_edge_ml(None) == float("inf")
    assert line.to_next_edge_ml(AIR) == 1.0
    line.put(0.5, AIR)
    assert line.to_next_edge_ml(AIR) == 1.0


def test_a_crumb_goes_with_the_slug_it_is_left_of() -> None:
    line = tube((1.0, AIR), (1.0, DRUG))
    taken = line.take(1.0 - SLUG_EPSILON_ML / 2)
    assert [slug.volume_ml for slug in taken] == [1.0]
    assert line.outlet == DRUG


def test_a_tube_can_be_emptied() -> None:
    line = tube((1.0, AIR), (1.0, DRUG))
    assert sum(slug.volume_ml for slug in line.take(5.0)) == 2.0
    assert line.slugs == []
    assert line.outlet == AIR
    assert line.to_next_edge_ml(DRUG) == float("inf")


def test_air_rises_and_the_liquid_closes_up() -> None:
    line = tube((0.5, DRUG), (0.2, AIR), (0.5, DRUG), (0.1, AIR))
    assert line.take_air() == pytest.approx(0.3)
    assert [(slug.volume_ml, slug.fluid) for slug in line.slugs] == [(1.0, DRUG)]


def test_mixtures() -> None:
    quarter = DRUG.with_air(0.25)
    assert (quarter.drug_frac, quarter.air_frac, quarter.ug_per_ml) == (0.75, 0.25, 1.5)
    assert quarter.without_air() == DRUG
    half = DRUG.mixed(SALINE, 0.5)
    assert (half.drug_frac, half.saline_frac, half.ug_per_ml) == (0.5, 0.5, 1.0)
    parcel = Parcel()
    parcel.add(2.0, Fluid(0.5, 0.25, 0.125, 1.0))
    assert (parcel.drug_ml, parcel.saline_ml, parcel.air_ml, parcel.ug) == (1.0, 0.5, 0.25, 2.0)
    assert parcel.blood_ml == 0.25


@settings(max_examples=150)
@given(
    begin=st.lists(st.tuples(st.floats(0.01, 2.0), FLUIDS), max_size=5),
    moves=st.lists(st.tuples(st.sampled_from(["put", "put_back", "take", "take_back"]), VOLUMES_ML, FLUIDS)),
)
def test_nothing_is_lost_on_the_way(
    begin: list[tuple[float, Fluid]], moves: list[tuple[str, float, Fluid]]
) -> None:
    line = tube(*begin)
    came, went = Parcel(), Parcel()
    came.add_slugs(line.slugs)
    for name, volume_ml, fluid in moves:
        if name.startswith("put"):
            getattr(line, name)(volume_ml, fluid)
            came.add(volume_ml, fluid)
        else:
            held_ml = line.volume_ml
            taken = getattr(line, name)(volume_ml)
            moved_ml = sum(slug.volume_ml for slug in taken)
            assert moved_ml == pytest.approx(min(volume_ml, held_ml), abs=SLUG_EPSILON_ML)
            went.add_slugs(taken)
        assert all(slug.volume_ml > 0.0 for slug in line.slugs)
    went.add_slugs(line.slugs)
    for name in Parcel.__slots__:
        assert getattr(went, name) == pytest.approx(getattr(came, name), abs=1e-11)
