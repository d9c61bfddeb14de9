"""Re-prime, bag, set, battery, tap: what people do takes time, and the fluid goes where it must.

0.6 mL/h from a primed set of 3 mL (0.75 before the pump, 2.25 behind it), started at 10 min.
"""

from __future__ import annotations

from typing import Any

import pytest

from pump.events import CommandAccepted, CommandRefused, Event, ModeChanged
from sim.events import InterruptionEnded, PersonActed, PlantActed, StepNotDone
from sim.plant.config import CatheterConfig, MechanismConfig, SetConfig
from sim.world.setup import Step
from sim.world.world import World
from tests.sim.made import D, H, step, world

T = D + 600.0
"""When it is done: after 24 h at 0.6 mL/h, 14.4 mL, on a stroke's mark."""


def lived(*steps: Step, until_s: float = D + 8 * H, **more: Any) -> World:
    made = world(*steps, until_s=until_s, **more)
    made.run()
    return made


def modes(made: World) -> list[tuple[float, str]]:
    """When the mode changed after `T`, counted from there, and to what."""
    changes = [each for each in made.bench.journal.events if isinstance(each, ModeChanged)]
    return [(each.t_s - T, each.mode_to) for each in changes if each.t_s >= T]


def acts(made: World) -> list[tuple[float, str, str]]:
    """What was done to the plant after `T`, counted from there."""
    acted = [each for each in made.bench.journal.events if isinstance(each, PlantActed)]
    return [(each.t_s - T, each.action, each.detail) for each in acted if each.t_s >= T]


def accepted(made: World, command: str) -> list[Event]:
    events = [each for each in made.bench.journal.events if each.t_s >= T]
    return [each for each in events if isinstance(each, CommandAccepted) and each.command == command]


# --- re-prime


def test_a_reprime_stops_disconnects_primes_and_goes_on() -> None:
    made = lived(step(T, "reprime", volume_ml=3.0))
    # 3 mL at 600 mL/h are 18 s.
    assert modes(made) == [(0.0, "stopped"), (30.0, "priming"), (48.0, "stopped"), (300.0, "running")]
    assert acts(made) == [
        (30.0, "ClampCatheter", "catheter clamp closed"),
        (30.0, "Connect", "line disconnected"),
        (300.0, "Connect", "line connected"),
        (300.0, "ClampCatheter", "catheter clamp opened"),
    ]
    result = made.result()
    assert result.primed_out_ml == pytest.approx(3.0), "of drug: the set's own air came first, at the start"
    # 8 h less 10 min less 5 min of delivery after T - 600 s, all of it 14.4 mL + 7.75 h at 0.6 mL/h
    assert result.delivered_ml == pytest.approx(0.6 * (32.0 * H - 900.0) / H, abs=2e-4)


@pytest.mark.parametrize("takes_s", [60.0, 300.0, 900.0])
def test_a_reprime_takes_what_it_takes(takes_s: float) -> None:
    made = lived(step(T, "reprime", volume_ml=3.0, takes_s=takes_s))
    assert modes(made)[-1] == (takes_s, "running")


def test_going_on_is_at_that_second_to_the_last_bit() -> None:
    for at_s in (T + 0.1, T + 1.0 / 3.0, T + 1000.7):
        made = lived(step(at_s, "reprime", volume_ml=3.3, takes_s=300.0))
        on = [each for each in made.bench.journal.events if isinstance(each, ModeChanged)][-1]
        assert on.t_s == at_s + 300.0


def test_a_prime_longer_than_the_visit_is_waited_for() -> None:
    made = lived(step(T, "reprime", volume_ml=3.0, takes_s=40.0))
    assert modes(made)[-2:] == [(48.0, "stopped"), (48.0, "running")]


def test_a_reprime_costs_drug_and_the_pump_knows_by_its_reservoir_only() -> None:
    made = lived(step(T, "reprime", volume_ml=3.0))
    counters = made.bench.core.counters(T + 300.0)
    assert counters.given_ml == pytest.approx(14.4)
    assert counters.vtbi_left_ml == pytest.approx(100.8 - 14.4), "VTBI never knows"
    assert counters.reservoir_ml == pytest.approx(110.0 - 3.0 - 14.4 - 3.0)


def test_the_error_of_a_connected_reprime_goes_into_the_patient() -> None:
    right, wrong = (
        lived(step(T, "reprime", volume_ml=3.0, connected=connected)).result() for connected in (False, True)
    )
    assert wrong.primed_out_ml == 0.0
    # 3 mL more, and no release of R Q C at the disconnection
    assert wrong.delivered_ml - right.delivered_ml == pytest.approx(3.0, abs=2e-4)


def test_a_plus_6_percent_pump_primes_3_18_ml() -> None:
    made = lived(step(T, "reprime", volume_ml=3.0), mechanism=MechanismConfig(gain_frac=1.06))
    # The first prime of 3.18 mL put 3 mL of air out and 0.18 mL of drug.
    assert made.result().primed_out_ml == pytest.approx(0.18 + 3.18)


def test_a_prime_stops_itself_at_10_ml() -> None:
    made = lived(step(T, "reprime", volume_ml=25.0))
    assert made.result().primed_out_ml == pytest.approx(10.0)


def test_reprime_unlocks_with_the_code_and_locks_again() -> None:
    made = lived(step(T, "reprime", volume_ml=3.0))
    assert [each.t_s - T for each in accepted(made, "unlock")] == [30.0]
    assert [each.t_s - T for each in accepted(made, "lock")] == [300.0]
    assert made.bench.core.lock.level == "LL2"


def test_a_patients_prime_at_ll2_is_refused_and_the_rest_goes_on() -> None:
    made = lived(step(T, "reprime", by="patient", volume_ml=3.0))
    refused = [each for each in made.bench.journal.events if isinstance(each, CommandRefused)]
    assert "prime" in [each.command for each in refused]
    assert made.result().primed_out_ml == 0.0
    assert modes(made) == [(0.0, "stopped"), (300.0, "running")]


def test_the_gap_of_a_reprime_is_five_minutes() -> None:
    made = lived(step(T, "reprime", volume_ml=3.0))
    (gap,) = [each for each in made.bench.journal.events if isinstance(each, InterruptionEnded)]
    # Stopped at T: the pressure falls to a tenth with R C = 0.864 s; on again within the first second.
    assert gap.start_s - T == pytest.approx(0.864 * 2.302585, abs=1e-3)
    assert gap.end_s - T == pytest.approx(300.0 + 0.864 * 0.105361, abs=1e-3)
    assert gap.cause == "stopped"


# --- bag and set


def test_a_change_of_bag_with_a_new_set() -> None:
    made = lived(step(T, "change_bag"))
    assert modes(made) == [(0.0, "stopped"), (30.0, "priming"), (48.0, "stopped"), (600.0, "running")]
    assert [(at_s, name) for at_s, name, _ in acts(made)] == [
        (30.0, "ClampCatheter"),
        (30.0, "Connect"),
        (30.0, "HangBag"),
        (30.0, "HangSet"),
        (600.0, "Connect"),
        (600.0, "ClampCatheter"),
    ]
    result = made.result()
    # The rest of the bag, 110 - 3 - 14.4 mL, and the old set's 3 mL are discarded; the new set is primed.
    assert result.discarded_ml == pytest.approx(92.6 + 3.0, abs=1e-3)
    assert result.primed_out_ml == pytest.approx(0.0, abs=1e-9), "the new set gave its air"
    assert result.filled_ml == pytest.approx(220.0)
    assert made.bench.core.counters(T + 600.0).given_ml == 0.0
    # The nurse's key comes before the prime, which the reservoir counter then debits.
    assert made.bench.core.counters(T + 600.0).reservoir_ml == pytest.approx(110.0 - 3.0)


def test_counters_are_kept_where_nobody_resets_them() -> None:
    made = lived(step(T, "change_bag", reset=False))
    assert made.bench.core.counters(T + 600.0).given_ml == pytest.approx(14.4)
    assert accepted(made, "new_bag") == []


def test_a_change_of_bag_with_the_old_set_delivers_what_stands_in_it() -> None:
    made = lived(
        step(T, "change_bag", new_set=False, ug_per_ml=0.117),
        until_s=T + 600.0 + 6 * H,
    )
    result = made.result()
    before_ug = 14.4 * 196.0 / 100.8
    # 5 h of the old 3 mL, then 1 h of the new solution.
    expected_ug = before_ug + 3.0 * 196.0 / 100.8 + 0.6 * 0.117
    assert result.delivered_ug == pytest.approx(expected_ug, rel=1e-4)
    assert result.primed_out_ml == 0.0


def test_a_bag_change_may_bring_another_programme() -> None:
    made = lived(step(T, "change_bag", rate_ml_h=10.0, vtbi_ml=240.0, fill_ml=270.0))
    assert made.bench.core.program.rate_ml_h == 10.0
    assert made.bench.core.program.vtbi_ml == 240.0
    assert made.bench.plant.drug_flow_ml_h(made.now_s) == pytest.approx(10.0)


def test_a_new_set_on_the_same_bag_is_primed_off_the_patient() -> None:
    made = lived(step(T, "change_set"))
    assert modes(made) == [(0.0, "stopped"), (30.0, "priming"), (48.0, "stopped"), (600.0, "running")]
    result = made.result()
    assert result.discarded_ml == pytest.approx(3.0, abs=1e-3)
    assert result.air_ul == 0.0
    assert result.bag_ml == pytest.approx(110.0 - 3.0 - 3.0 - 0.6 * (31.0 * H + 2400.0) / H, abs=1e-3)


def test_a_larger_set_takes_its_own_volume() -> None:
    made = lived(step(T, "change_set", prime_ml=5.0))
    assert made.bench.plant.downstream.patient_side_ml == pytest.approx(3.75)
    assert made.result().air_ul == 0.0


def test_a_saline_primed_line_delays_the_drug() -> None:
    primed = lived(line=SetConfig(filled_with="saline"))
    assert primed.result().saline_ml == 0.0, "the prime at the start put it out"
    unprimed = world(step(600.0, "start"), started=False, line=SetConfig(filled_with="saline"), until_s=D)
    result = unprimed.run()
    assert result.saline_ml == pytest.approx(3.0)
    (lag,) = result.interruptions
    assert (lag.start_s, lag.cause) == (600.0, "lag")
    assert lag.end_s == pytest.approx(600.0 + 3.000144 / 0.6 * H, abs=1.0)  # 5 h


def test_a_catheter_of_saline_delays_the_first_drug() -> None:
    result = lived(catheter=CatheterConfig(volume_ml=0.6)).result()
    assert result.interruptions[0].end_s == pytest.approx(600.0 + H, abs=1.0)  # 0.6 mL at 0.6 mL/h


# --- battery, tap, thrombolytic


def test_a_battery_is_changed_in_two_minutes() -> None:
    made = lived(step(T, "change_battery"))
    assert modes(made) == [(0.0, "stopped"), (120.0, "running")]


def test_without_mains_the_pump_goes_off_while_the_battery_is_out() -> None:
    made = lived(step(D, "unplug"), step(T, "change_battery", level_frac=0.9))
    assert (0.0, "off") in modes(made)
    assert made.bench.core.mode == "off", "nothing comes on by itself"


def test_a_tap_takes_a_minute() -> None:
    made = lived(step(T - 60.0, "air", volume_ml=0.1), step(T, "tap"))
    assert modes(made) == [(0.0, "stopped"), (60.0, "running")]
    assert made.result().air_ul == 0.0


def test_a_tap_in_vain_lets_the_air_go_on() -> None:
    made = lived(step(T - 60.0, "air", volume_ml=0.1), step(T, "tap", works=False), until_s=T + 6 * H)
    assert made.result().air_ul == pytest.approx(100.0)


def test_a_tap_on_no_air_is_on_record() -> None:
    made = lived(step(T, "tap"))
    refused = [each for each in made.bench.journal.events if type(each).__name__ == "PlantRefused"]
    assert [each.t_s - T for each in refused] == [60.0]
    assert modes(made)[-1] == (60.0, "running")


@pytest.mark.parametrize("works", [True, False])
def test_a_thrombolytic_dwells_half_an_hour(works: bool) -> None:
    made = lived(step(T, "occlude"), step(T + 1.0, "thrombolytic", works=works), until_s=T + H)
    assert made.bench.plant.downstream.closed is not works
    said = [each for each in made.bench.journal.events if isinstance(each, PersonActed)]
    assert said[0].t_s == T + 1.0
    if works:
        assert (1801.0, "ClearOcclusion", "catheter and vein open") in acts(made)


def test_a_step_without_its_figure_is_on_record() -> None:
    made = lived(step(T, "reprime"))
    refused = [each for each in made.bench.journal.events if isinstance(each, StepNotDone)]
    assert [(each.verb, "volume_ml" in each.text) for each in refused] == [("reprime", True)]


def test_starting_connects_unless_somebody_took_the_line_off() -> None:
    loose = lived(step(T, "stop"), step(T + 10.0, "disconnect"), step(T + 20.0, "start"))
    assert not loose.bench.plant.downstream.connected
    assert loose.result().spilled_ml > 4.0
    back = lived(
        step(T, "stop"), step(T + 10.0, "disconnect"), step(T + 20.0, "reconnect"), step(T + 30.0, "start")
    )
    assert back.bench.plant.downstream.connected
