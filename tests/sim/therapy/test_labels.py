"""The label tables: every version by itself, nothing mixed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sim.therapy.labels import (
    LABELS,
    DoseStep,
    FilterRule,
    NotForThisWeightError,
    Solvent,
    check_weight,
    labelled_ug_per_d,
)


@pytest.mark.parametrize(
    ("version", "rates"),
    [
        ("canada-2026", {24: "10", 48: "5", 72: "3.3", 96: "2.5", 168: "0.6"}),
        ("us-current", {24: "10", 48: "5", 72: "1.8", 96: "1.8", 168: "0.6"}),
        ("us-older", {24: "10", 48: "5", 168: "0.6"}),
    ],
)
def test_each_version_has_its_own_rates(version: str, rates: dict[int, str]) -> None:
    assert {row.duration_h: str(row.rate_ml_h) for row in LABELS[version].bags} == rates


@pytest.mark.parametrize(
    ("version", "duration_h", "planned_ml"),
    [
        ("canada-2026", 24, "240"),
        ("canada-2026", 72, "237.6"),
        ("canada-2026", 96, "240.0"),
        ("canada-2026", 168, "100.8"),
        ("us-current", 72, "129.6"),
        ("us-current", 96, "172.8"),
    ],
)
def test_planned_volumes_are_exact(version: str, duration_h: int, planned_ml: str) -> None:
    assert LABELS[version].bag(duration_h).planned_ml == Decimal(planned_ml)


@pytest.mark.parametrize("version", LABELS)
def test_only_the_seven_day_bag_goes_without_a_filter(version: str) -> None:
    unfiltered = [row.duration_h for row in LABELS[version].bags if row.filter_rule is FilterRule.NONE]
    assert unfiltered == [168]


def test_canada_and_the_united_states_differ_in_the_solvent_of_three_and_four_days() -> None:
    for duration_h in (72, 96):
        assert LABELS["canada-2026"].bag(duration_h).solvent is Solvent.PRESERVATIVE_FREE
        assert LABELS["us-current"].bag(duration_h).solvent is Solvent.BACTERIOSTATIC


def test_no_row_outlives_its_shelf_life_on_the_pole() -> None:
    for label in LABELS.values():
        for row in label.bags:
            assert row.duration_h <= row.room_h, (label.version, row.duration_h)


def test_the_bag_of_2014_keeps_two_days_warm_and_eight_days_cold() -> None:
    row = LABELS["us-older"].bag(48)
    assert (row.room_h, row.refrigerated_h) == (48, 8 * 24)


def test_a_duration_the_version_lacks_is_named_with_those_it_has() -> None:
    with pytest.raises(LookupError, match="us-older has no bag of 96 h; it has 24 h, 48 h, 168 h"):
        LABELS["us-older"].bag(96)


@pytest.mark.parametrize(
    ("version", "weight_kg", "allowed"),
    [
        ("canada-2026", "5.3", False),
        ("canada-2026", "5.4", True),
        ("us-older", "21.9", False),
        ("us-older", "22", True),
    ],
)
def test_preserved_bags_are_not_for_the_smallest(version: str, weight_kg: str, *, allowed: bool) -> None:
    label = LABELS[version]
    check_weight(label, label.bag(24), Decimal(weight_kg))  # without preservative: for everyone
    if allowed:
        check_weight(label, label.bag(168), Decimal(weight_kg))
    else:
        with pytest.raises(NotForThisWeightError, match="benzyl alcohol"):
            check_weight(label, label.bag(168), Decimal(weight_kg))


@pytest.mark.parametrize(
    ("step", "weight_kg", "surface_m2", "ug_per_d"),
    [
        (DoseStep.STARTING, "45", None, "9"),
        (DoseStep.FULL, "45", None, "28"),
        (DoseStep.FULL, "80", "2.1", "28"),
        (DoseStep.STARTING, "20", "0.8", "4.0"),  # 5 x 0.8
        (DoseStep.FULL, "20", "0.8", "12.0"),  # 15 x 0.8
        (DoseStep.STARTING, "44.9", "1.9", "9"),  # 5 x 1.9 = 9.5, capped
        (DoseStep.FULL, "44.9", "1.9", "28"),  # 15 x 1.9 = 28.5, capped
        (DoseStep.FULL, "44.9", "1.8", "27.0"),
    ],
)
def test_the_dose_by_weight_and_surface(
    step: DoseStep, weight_kg: str, surface_m2: str | None, ug_per_d: str
) -> None:
    surface = None if surface_m2 is None else Decimal(surface_m2)
    assert labelled_ug_per_d(step, Decimal(weight_kg), surface) == Decimal(ug_per_d)


def test_a_light_patient_without_a_body_surface_has_no_labelled_dose() -> None:
    with pytest.raises(ValueError, match="body surface"):
        labelled_ug_per_d(DoseStep.FULL, Decimal("44.9"))
