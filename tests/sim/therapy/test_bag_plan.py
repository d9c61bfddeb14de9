"""Bag plans, counted by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sim.therapy.bag_plan import PlannedBag, plan_bags
from sim.therapy.courses import COURSES
from sim.therapy.labels import LABELS, DoseStep, NotForThisWeightError

CANADA = LABELS["canada-2026"]
LATER = COURSES["consolidation"].cycles[2]
"""28 days at 28 ug, none of them in hospital."""


def durations(bags: tuple[PlannedBag, ...]) -> list[int]:
    return [bag.row.duration_h for bag in bags]


def test_four_weeks_at_home_are_four_seven_day_bags() -> None:
    bags = plan_bags(LATER, CANADA, home_bag_h=168)
    assert [(bag.hang_h, bag.change_h) for bag in bags] == [(0, 168), (168, 336), (336, 504), (504, 672)]


def test_the_seven_day_bag_of_28_ug_a_day() -> None:
    bag = plan_bags(LATER, CANADA, home_bag_h=168)[0]
    assert (bag.planned_ml, bag.infused_ml, bag.fill_ml) == (Decimal("100.8"), Decimal("100.8"), Decimal(110))
    assert bag.overfill_ml == Decimal("9.2")
    assert bag.dose_ug == 196
    assert float(bag.ug_per_ml) == pytest.approx(1.9444, abs=5e-5)
    assert float(bag.filled_ug) == pytest.approx(213.89, abs=5e-3)  # 196 x 110 / 100.8


def test_the_same_rate_carries_either_dose() -> None:
    cycle = COURSES["relapsed"].cycles[0]
    bags = plan_bags(cycle, CANADA, home_bag_h=168)
    low, full = bags[0], next(bag for bag in bags if bag.step is DoseStep.FULL)
    assert low.row.rate_ml_h == full.row.rate_ml_h == 10
    assert float(low.ug_per_ml) == pytest.approx(9 / 240)
    assert float(full.ug_per_ml) == pytest.approx(28 / 240)


def test_hospital_days_have_short_bags_and_the_rest_the_longest_that_fit() -> None:
    # 3 days in hospital, then 25 days: three times seven and one of four.
    bags = plan_bags(COURSES["consolidation"].cycles[0], CANADA, home_bag_h=168)
    assert durations(bags) == [24, 24, 24, 168, 168, 168, 96]
    # 9 days in hospital across the step-up on day 8, then 19 days: 7 + 7 + 4 + 1.
    bags = plan_bags(COURSES["relapsed"].cycles[0], CANADA, home_bag_h=168)
    assert durations(bags) == [24] * 9 + [168, 168, 96, 24]


def test_no_bag_is_hung_across_a_change_of_dose() -> None:
    bags = plan_bags(COURSES["relapsed"].cycles[0], CANADA, home_bag_h=96, hospital_bag_h=96)
    # Day 1-7 is 168 h: 96 + 72. Day 8-9 in hospital is 48 h. 19 days at home are 456 h: 4 x 96 + 72.
    assert durations(bags) == [96, 72, 48, 96, 96, 96, 96, 72]
    assert next(bag.hang_h for bag in bags if bag.step is DoseStep.FULL) == 7 * 24


@pytest.mark.parametrize("version", LABELS)
@pytest.mark.parametrize("indication", COURSES)
@pytest.mark.parametrize("home_bag_h", [24, 48, 168])
def test_bags_follow_without_gap_and_change_at_one_time_of_day(
    version: str, indication: str, home_bag_h: int
) -> None:
    for cycle in COURSES[indication].cycles:
        bags = plan_bags(cycle, LABELS[version], home_bag_h=home_bag_h)
        assert (bags[0].hang_h, bags[-1].change_h) == (0, 28 * 24)
        assert [bag.change_h for bag in bags[:-1]] == [bag.hang_h for bag in bags[1:]]
        assert {bag.change_h % 24 for bag in bags} == {0}
        for bag in bags:
            assert cycle.dose_step(bag.hang_h // 24 + 1) is bag.step
            assert cycle.dose_step((bag.change_h - 1) // 24 + 1) is bag.step


def test_a_bag_without_a_published_fill_gets_the_overfill_of_the_seven_day_bag() -> None:
    bag = plan_bags(LATER, LABELS["us-current"], home_bag_h=96)[0]
    assert (bag.planned_ml, bag.fill_ml) == (Decimal("172.8"), Decimal("182.0"))
    assert bag.row.certainty == "X"


def test_shelf_life() -> None:
    bag = plan_bags(LATER, LABELS["us-older"], home_bag_h=48)[0]
    assert bag.hang_by_h(prepared_h=-24) == -24 + 192
    assert bag.expires_h(hung_h=10) == 58


def test_a_child_gets_a_dose_by_surface_and_no_preservative_too_early() -> None:
    bags = plan_bags(LATER, CANADA, home_bag_h=24, weight_kg=Decimal(5), surface_m2=Decimal("0.3"))
    assert {bag.dose_ug_per_d for bag in bags} == {Decimal("4.5")}  # 15 x 0.3
    with pytest.raises(NotForThisWeightError):
        plan_bags(LATER, CANADA, home_bag_h=168, weight_kg=Decimal(5), surface_m2=Decimal("0.3"))


def test_an_unknown_bag_is_named() -> None:
    with pytest.raises(LookupError, match="no bag of 100 h"):
        plan_bags(LATER, CANADA, home_bag_h=100)
