"""Whatever is done to a plant, in whatever order, these things hold."""

from __future__ import annotations

import json
from itertools import pairwise
from math import inf, isfinite

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pump.events import Journal
from pump.seam import Drive, Readings, Watch
from sim.plant import actions as do
from sim.plant.actions import PlantAction
from sim.plant.config import PlantConfig
from sim.plant.infusion import InfusionPlant
from tests.sim.plant.drawn import ACTIONS, CONFIGS, GAPS_S, RATES_ML_H

EVENTS_PER_STEP_COUNT = 400
"""A clot is 60 stairs; a day of a pump is a handful of edges. More is a storm."""

DRIVES = st.one_of(
    st.builds(Drive, rate_ml_h=RATES_ML_H),
    st.builds(Drive, rate_ml_h=st.just(600.0), priming=st.just(value=True)),
    st.builds(Drive, rate_ml_h=st.just(0.0), push_ml=st.sampled_from([0.013, 0.05])),
    st.builds(Drive, rate_ml_h=st.just(0.0), reverse_to_ml=st.just(0.2)),
    st.builds(Drive, rate_ml_h=st.just(0.0), powered=st.just(value=False)),
)
STORY = st.lists(st.tuples(GAPS_S, st.one_of(DRIVES, ACTIONS)), max_size=14)
Story = list[tuple[float, Drive | PlantAction]]

MOVING = ("p_down_mmhg", "p_up_mmhg", "battery_frac", "flow_ml_h")


def do_one(plant: InfusionPlant, t_s: float, what: Drive | PlantAction) -> None:
    if isinstance(what, Drive):
        plant.drive(t_s, what)
    else:
        plant.act(t_s, what)


class Player:
    """Plays a story on one plant, and looks at it as it goes."""

    def __init__(self, config: PlantConfig) -> None:
        self.plant = InfusionPlant(config, Journal())
        self.t_s = 0.0

    def at_event(self) -> None:
        """Nothing to look at."""

    def go(self, for_s: float) -> None:
        until_s = self.t_s + for_s
        for _ in range(EVENTS_PER_STEP_COUNT):
            next_s = self.plant.next_event_s()
            if next_s > until_s:
                break
            self.before_event(next_s)
            self.plant.pass_event()
            self.t_s = next_s
            self.at_event()
        else:
            pytest.fail(f"no end of {self.plant._due[1]} at {self.t_s}")
        self.before_event(until_s)
        self.t_s = until_s

    def before_event(self, t_s: float) -> None:
        """Nothing to look at."""

    def play(self, story: Story) -> InfusionPlant:
        for gap_s, what in story:
            self.go(gap_s)
            do_one(self.plant, self.t_s, what)
            self.at_event()
        self.go(7200.0)
        self.plant.settle(self.t_s)
        return self.plant


class Auditor(Player):
    """Looks at the books at every event."""

    delivered_ml = 0.0

    def at_event(self) -> None:
        plant = self.plant
        error_ml, error_ug = plant.ledger.error(plant.held())
        assert max(error_ml, error_ug) < 1e-9
        tubes = (plant.upstream.line, plant.downstream.line, plant.downstream.catheter)
        assert all(slug.volume_ml > 0.0 for tube in tubes for slug in tube.slugs)
        bag = plant.upstream.bag
        assert min(bag.drug_ml, bag.saline_ml, bag.ug, bag.air_ml, bag.port_air_ml) >= -1e-12
        delivered_ml = plant.delivered_ml(self.t_s)
        assert delivered_ml == plant.ledger.patient.drug_ml
        assert delivered_ml >= self.delivered_ml
        self.delivered_ml = delivered_ml
        assert isfinite(plant.downstream.p_mmhg)
        assert plant.upstream.p_mmhg >= plant.upstream.floor_mmhg - 1e-9
        assert plant.next_event_s() >= self.t_s

    def before_event(self, t_s: float) -> None:
        """Between events what is asked agrees with what will be booked, and no reading turns round."""
        plant, spans = self.plant, 4
        if t_s <= plant.anchor_s:
            return
        times_s = [plant.anchor_s + (t_s - plant.anchor_s) * step / spans for step in range(spans)]
        readings = [plant.readings(each_s) for each_s in times_s]
        for name in MOVING:
            assert_monotone([getattr(reading, name) for reading in readings])
        assert_monotone([plant.drug_flow_ml_h(each_s) for each_s in times_s])
        assert_jumps_stand_still(readings)
        middle_s = times_s[spans // 2]
        copy = plant.as_of(middle_s)
        assert plant.delivered_ml(middle_s) == pytest.approx(copy.ledger.patient.drug_ml, abs=1e-9)
        assert plant.delivered_ug(middle_s) == pytest.approx(copy.ledger.patient.ug, abs=1e-9)
        assert plant.level_pg_ml(middle_s) == copy.level_pg_ml(middle_s)


def assert_monotone(values: list[float]) -> None:
    slack = 1e-9 * max(1.0, *map(abs, values))
    rises = any(after > before + slack for before, after in pairwise(values))
    falls = any(after < before - slack for before, after in pairwise(values))
    assert not (rises and falls), values


def assert_jumps_stand_still(readings: list[Readings]) -> None:
    """Everything that is not a pressure, a flow or a charge changes at events only."""
    names = [name for name in Readings.__slots__ if name not in MOVING]
    for name in names:
        assert len({getattr(reading, name) for reading in readings}) == 1


class Asker(Player):
    """Asks for everything all the time, and is never to be told apart from one who does not."""

    def ask(self, t_s: float) -> None:
        plant = self.plant
        before = json.dumps(plant.snapshot())
        plant.readings(t_s)
        for watch in (
            Watch("p_down_mmhg", True, 525.0),
            Watch("p_up_mmhg", False, -100.0),
            Watch("drug_flow_ml_h", False, 0.06),
            Watch("battery_frac", False, 0.2),
            Watch("flow_ml_h", True, 1.0),
            Watch("air_frac", True, 0.5),
            Watch("dry_frac", True, 0.5),
        ):
            assert plant.when(watch) >= plant.anchor_s
        plant.delivered_ml(t_s)
        plant.level_pg_ml(t_s)
        plant.as_of(t_s)
        plant.obstacle()
        assert json.dumps(plant.snapshot()) == before

    def before_event(self, t_s: float) -> None:
        if self.plant.anchor_s <= t_s < inf:
            self.ask(t_s)

    def at_event(self) -> None:
        self.ask(self.t_s)


class Keeper(Player):
    """Puts the plant into a text and takes it out again at every event."""

    def at_event(self) -> None:
        kept = json.dumps(self.plant.snapshot(), allow_nan=False)
        other = InfusionPlant(self.plant.config, self.plant.journal)
        other.restore(json.loads(kept))
        assert json.dumps(other.snapshot()) == kept
        assert other._due == self.plant._due
        self.plant = other


class Splitter(Player):
    """Does nothing, on the record, in the middle of every wait."""

    def play(self, story: Story) -> InfusionPlant:
        halves: Story = []
        for gap_s, what in story:
            halves += [(gap_s * 0.37, do.Wait()), (gap_s - gap_s * 0.37, what)]
        return super().play(halves)


@settings(max_examples=60)
@given(config=CONFIGS, story=STORY)
def test_books_balance_and_readings_are_monotone(config: PlantConfig, story: Story) -> None:
    Auditor(config).play(story)


@settings(max_examples=30)
@given(config=CONFIGS, story=STORY)
def test_asking_changes_no_bit(config: PlantConfig, story: Story) -> None:
    asked, left_alone = Asker(config).play(story), Player(config).play(story)
    assert json.dumps(asked.snapshot()) == json.dumps(left_alone.snapshot())
    assert asked.journal.events == left_alone.journal.events


@settings(max_examples=30)
@given(config=CONFIGS, story=STORY)
def test_a_restored_plant_goes_on_to_the_last_bit(config: PlantConfig, story: Story) -> None:
    kept, left_alone = Keeper(config).play(story), Player(config).play(story)
    assert json.dumps(kept.snapshot()) == json.dumps(left_alone.snapshot())
    assert kept.journal.events == left_alone.journal.events


@settings(max_examples=30)
@given(config=CONFIGS, story=STORY)
def test_waits_in_between_move_next_to_nothing(config: PlantConfig, story: Story) -> None:
    split, whole = Splitter(config).play(story), Player(config).play(story)
    for name in ("drug_ml", "saline_ml", "air_ml", "ug"):
        for place in ("patient", "tissue", "spilled", "primed_out", "aspirated", "discarded"):
            found = getattr(getattr(split.ledger, place), name)
            assert found == pytest.approx(getattr(getattr(whole.ledger, place), name), abs=1e-9)
    assert split.downstream.p_mmhg == pytest.approx(whole.downstream.p_mmhg, rel=1e-9, abs=1e-6)
    assert split.next_event_s() == pytest.approx(whole.next_event_s(), abs=1e-5)
