from __future__ import annotations

import pytest

from bench.engine import _balancing, _logging, running
from bench.stepped import TIME_TOLERANCE_S, VOLUME_TOLERANCE_ML, SteppedBag
from bench.timing import paired, timeouts
from bench.workloads import BAGS_COUNT, WEEK_S, course, one_bag, ticking
from pump.events import AlarmRaised, CommandAccepted, CommandRefused
from sim.events import BagDry, InterruptionBegan, InterruptionEnded, PlantActed, StepNotDone
from sim.world.result import Result
from sim.world.world import World


@pytest.fixture(scope="module")
def bag() -> Result:
    return World(one_bag()).run()


@pytest.fixture(scope="module")
def stepped() -> SteppedBag:
    bag = SteppedBag(one_bag())
    bag.run()
    return bag


def test_the_bag_is_the_hard_one(bag: Result) -> None:
    # 110 mL: 2 are held up, 3 fill the set, 6 are primed out; the line gives 0.8 uL/mmHg x 100 mmHg more.
    assert bag.delivered_ml == pytest.approx(110 - 2 - 3 - 6 + 0.08, abs=1e-9)
    assert bag.believed_ml == pytest.approx(bag.delivered_ml, abs=1e-9)
    assert bag.end_s == 600 + WEEK_S
    # 99 mL at 0.6 mL/h are 165 h; the two re-primes stand for 5 min each.
    assert bag.dry_s == pytest.approx(600 + 165 * 3600 + 600, abs=1e-6)


def test_nothing_in_a_workload_is_refused(bag: Result) -> None:
    for result in (bag, World(course()).run()):
        assert not [event for event in result.events if isinstance(event, CommandRefused | StepNotDone)]


def test_the_course_is_four_such_bags() -> None:
    result = World(course()).run()
    kinds = [event.action for event in result.events if isinstance(event, PlantActed)]
    assert kinds.count("HangBag") == BAGS_COUNT - 1
    assert result.filled_ml == pytest.approx(110 * BAGS_COUNT)
    assert [event.code for event in result.events if isinstance(event, AlarmRaised)] == BAGS_COUNT * [
        "PUMP_STOPPED",
        "PUMP_STOPPED",
        "RESERVOIR_LOW",
        "OCCLUSION_UPSTREAM",
    ]
    primes = [
        event for event in result.events if isinstance(event, CommandAccepted) and event.command == "prime"
    ]
    assert len(primes) == 3 * BAGS_COUNT


def told(result: Result) -> list[tuple[float, str]]:
    """What the floor tells too, in its words."""
    found: list[tuple[float, str]] = []
    for event in result.events:
        match event:
            case AlarmRaised():
                found.append((event.t_s, event.code))
            case BagDry():
                found.append((event.t_s, "dry"))
            case InterruptionBegan():
                found.append((event.t_s, "interruption began"))
            case InterruptionEnded():
                found.append((event.t_s, "interruption ended"))
    return found


@pytest.mark.slow
def test_the_floor_tells_what_the_exact_model_tells(bag: Result, stepped: SteppedBag) -> None:
    exact = sorted(told(bag))
    assert [what for _, what in sorted(stepped.log)] == [what for _, what in exact]
    for (stepped_s, _), (exact_s, _) in zip(sorted(stepped.log), exact, strict=True):
        assert stepped_s == pytest.approx(exact_s, abs=TIME_TOLERANCE_S)


@pytest.mark.slow
def test_the_floor_ends_where_the_exact_model_ends(bag: Result, stepped: SteppedBag) -> None:
    assert stepped.t_s == bag.end_s
    for stepped_ml, exact_ml in (
        (stepped.patient_ml, bag.delivered_ml),
        (stepped.given_ml, bag.believed_ml),
        (stepped.bag_ml, bag.bag_ml),
        (stepped.supply_drug_ml + stepped.line_drug_ml, bag.set_ml),
        (stepped.primed_out_ml, bag.primed_out_ml),
    ):
        assert stepped_ml == pytest.approx(exact_ml, abs=VOLUME_TOLERANCE_ML)
    assert stepped.level_pg_ml == pytest.approx(bag.level_pg_ml, rel=1e-3)
    assert stepped.worst_error_ml < 1e-6


def test_the_share_of_the_log_is_that_of_the_same_events(bag: Result) -> None:
    assert _logging(one_bag())() == list(bag.events)


def test_the_balance_that_is_timed_is_the_bags_own(bag: Result) -> None:
    world = World(one_bag())
    world.run()
    assert _balancing(one_bag())() == world.bench.plant.ledger.error(world.bench.plant.held())


@pytest.mark.parametrize("every_s", [1.0, 6.0])
def test_a_ticking_bag_has_something_due_every_so_often(every_s: float) -> None:
    world = World(ticking(for_s=60.0, every_s=every_s))
    due_s = set()
    while not world.finished:
        due_s.add(world.next_event_s())
        world.advance_to(world.next_event_s())
    assert due_s >= {every_s * count for count in range(int(60 / every_s))}


def test_a_run_is_the_products_own(bag: Result) -> None:
    assert running(one_bag())() == bag


def test_rounds_pair_two_workloads() -> None:
    ran: list[str] = []
    paired(lambda: ran.append("first"), lambda: ran.append("second"), rounds_count=2)
    turns = [name for place, name in enumerate(ran) if place == 0 or ran[place - 1] != name]
    assert turns == ["first", "second", "first", "second", "first", "second"]


def test_the_unit_of_measure_is_so_many_timeouts() -> None:
    timeouts(10)()  # a process that does not end would raise here
