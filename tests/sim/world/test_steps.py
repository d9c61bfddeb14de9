"""Every verb, carried out at least once, with what it changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from pump.events import CommandAccepted, CommandRefused, Event
from sim.events import PersonActed, PlantActed
from sim.plant.config import CatheterConfig, FilterConfig
from sim.world.setup import Step
from sim.world.steps import STEPS
from sim.world.world import World
from tests.sim.made import D, step, world

T = D + 600.0
"""When the verb is done: 14.4 mL are given."""


@dataclass(frozen=True)
class Case:
    """A verb with its parameters, what comes before it, how long one waits, and what is then so."""

    params: dict[str, Any]
    holds: Callable[[World], bool]
    before: tuple[Step, ...] = ()
    after_s: float = 0.0
    setup: dict[str, Any] = field(default_factory=dict)


def case(holds: Callable[[World], bool], *before: Step, after_s: float = 0.0, **params: Any) -> Case:
    return Case(params, holds, before, after_s, params.pop("setup", {}))


def said(made: World, text: str) -> bool:
    return any(isinstance(event, PersonActed) and text in event.what for event in made.bench.journal.events)


STOP = step(T - 60.0, "stop")
UNLOCK = step(T - 30.0, "unlock")
CATHETER = {"catheter": CatheterConfig(volume_ml=0.5)}
FILTER = {"filter": FilterConfig(volume_ml=0.5)}

CASES: dict[str, Case] = {
    "power_on": case(lambda w: w.bench.core.mode == "self_test", STOP, step(T - 30.0, "power_off")),
    "power_off": case(lambda w: w.bench.core.mode == "off", STOP),
    "prime": case(
        lambda w: abs(w.result().primed_out_ml - 1.0) < 1e-9,
        STOP,
        step(T - 20.0, "disconnect"),
        after_s=60.0,
        volume_ml=1.0,
    ),
    "start": case(lambda w: w.bench.core.mode == "running", STOP),
    "stop": case(lambda w: w.bench.core.mode == "stopped"),
    "press": case(lambda w: accepted(w, "press_key", 2), after_s=1.0, key="info", hold_s=0.5),
    "key_down": case(lambda w: w.bench.core.keypad.held_since_s.keys() == {"info"}, key="info"),
    "key_up": case(lambda w: accepted(w, "press_key", 2), step(T - 1.0, "key_down", key="info"), key="info"),
    "remote": case(lambda w: w.bench.core.mode == "stopped", ask="stop"),
    "silence": case(lambda w: accepted(w, "silence", 1), step(T - 10.0, "detach_cassette")),
    "acknowledge": case(lambda w: accepted(w, "acknowledge", 1), step(T - 10.0, "detach_cassette")),
    "unlock": case(lambda w: w.bench.core.lock.is_unlocked),
    "lock": case(lambda w: w.bench.core.lock.level == "LL1", STOP, UNLOCK, level="LL1"),
    "program": case(lambda w: w.bench.core.program.vtbi_ml == 50.0, STOP, vtbi_ml=50.0),
    "reset_reservoir": case(lambda w: w.bench.core.counters(T).reservoir_ml == 99.0, STOP, volume_ml=99.0),
    "clear_given": case(lambda w: w.bench.core.counters(T).given_ml == 0.0, STOP),
    "new_bag": case(
        lambda w: (w.bench.core.counters(T).given_ml, w.bench.core.counters(T).reservoir_ml) == (0.0, 80.0),
        STOP,
        volume_ml=80.0,
    ),
    "clamp": case(lambda w: w.bench.plant.upstream.clamped, where="upstream"),
    "unclamp": case(lambda w: not w.bench.plant.downstream.clamped, step(T - 9.0, "clamp")),
    "kink": case(lambda w: w.bench.plant.downstream.kinked),
    "unkink": case(lambda w: not w.bench.plant.downstream.kinked, step(T - 9.0, "kink")),
    "double_clamp": case(
        lambda w: w.bench.plant.downstream.catheter_clamped and w.bench.plant.upstream.clamped
    ),
    "disconnect": case(lambda w: not w.bench.plant.downstream.connected),
    "reconnect": case(lambda w: w.bench.plant.downstream.connected, step(T - 9.0, "disconnect")),
    "tap": case(
        lambda w: w.bench.plant.as_of(w.now_s).upstream.line.air_ml == 0.0,
        step(T - 60.0, "air", volume_ml=0.1),
        after_s=60.0,
    ),
    "reprime": case(lambda w: abs(w.result().primed_out_ml - 2.0) < 1e-9, after_s=300.0, volume_ml=2.0),
    "change_bag": case(lambda w: w.result().filled_ml == 220.0, after_s=600.0),
    "change_set": case(lambda w: abs(w.result().discarded_ml - 3.0) < 1e-3, after_s=600.0),
    "change_filter": case(lambda w: abs(w.result().discarded_ml - 0.5) < 1e-9, setup=FILTER, volume_ml=0.3),
    "clog_filter": case(
        lambda w: w.bench.plant.downstream.filter.resistance_mmhg_h_ml == 50.0,
        setup=FILTER,
        resistance_mmhg_h_ml=50.0,
    ),
    "purge_bag": case(
        lambda w: w.bench.plant.upstream.bag.port_air_ml == 0.0, step(T - 1.0, "air", volume_ml=0.3)
    ),
    "flush": case(lambda w: w.result().delivered_ml > 14.4 + 0.9, volume_ml=1.0),
    "aspirate": case(lambda w: abs(w.result().aspirated_ml - 0.2) < 1e-9, setup=CATHETER, volume_ml=0.2),
    "infuse_saline": case(
        lambda w: w.result().saline_ml > 0.05,
        STOP,
        step(T - 9.0, "disconnect"),
        after_s=600.0,
        volume_ml=1.0,
    ),
    "thrombolytic": case(
        lambda w: not w.bench.plant.downstream.closed, step(T - 9.0, "occlude"), after_s=1800.0
    ),
    "use_lumen": case(
        lambda w: not w.bench.plant.downstream.closed, step(T - 9.0, "occlude"), setup=CATHETER
    ),
    "dislodge_needle": case(lambda w: abs(w.result().tissue_ml - 0.1) < 1e-3, after_s=600.0),
    "plug": case(lambda w: w.bench.plant.mains, step(T - 9.0, "unplug")),
    "unplug": case(lambda w: not w.bench.plant.mains),
    "change_battery": case(lambda w: w.bench.plant.battery.reversed_poles, after_s=120.0, reversed=True),
    "battery_level": case(lambda w: abs(w.bench.plant.battery.level_frac - 0.4) < 1e-6, level_frac=0.4),
    "attach_cassette": case(lambda w: w.bench.plant.cassette, step(T - 9.0, "detach_cassette")),
    "detach_cassette": case(lambda w: w.bench.core.mode == "halted"),
    "open_door": case(lambda w: w.bench.core.mode == "halted"),
    "close_door": case(lambda w: w.bench.plant.door, step(T - 9.0, "open_door")),
    "move_pump": case(lambda w: w.bench.plant.downstream.end_mmhg == 10.0 + 7.35, site_above_cm=10.0),
    "swap_pump": case(lambda w: w.bench.plant.gain_frac == 0.97, after_s=300.0, gain_frac=0.97),
    "call_nurse": case(lambda w: said(w, "calls the nurse")),
    "go_to_hospital": case(lambda w: said(w, "goes to hospital")),
    "call_physician": case(lambda w: said(w, "asks the physician")),
    "check_residual": case(lambda w: said(w, "checks the residual")),
    "note": case(lambda w: said(w, "sees a wet pillow"), what="sees a wet pillow"),
    "occlude": case(
        lambda w: abs(w.bench.plant.downstream.catheter_mmhg_h_ml - 3.0) < 1e-9, fraction_frac=0.9
    ),
    "clear_occlusion": case(lambda w: not w.bench.plant.downstream.closed, step(T - 9.0, "occlude")),
    "grow_clot": case(
        lambda w: abs(w.bench.plant.downstream.catheter_mmhg_h_ml - 9.0) < 1e-9,
        after_s=600.0,
        resistance_mmhg_h_ml=9.0,
        over_s=600.0,
    ),
    "air": case(lambda w: w.bench.plant.clinging_ml == 0.1, volume_ml=0.1, kind="clinging"),
    "leak": case(lambda w: w.bench.plant.downstream.leak_frac == 0.2, fraction_frac=0.2),
    "seal_leak": case(
        lambda w: w.bench.plant.downstream.leak_frac == 0.0, step(T - 9.0, "leak", fraction_frac=0.2)
    ),
    "temperature": case(lambda w: w.bench.plant.temperature_c == 30.0, temperature_c=30.0),
    "fault": case(lambda w: "free_flow" in w.bench.plant.faults, kind="free_flow"),
    "gain": case(lambda w: w.bench.plant.gain_frac == 1.06, gain_frac=1.06),
    "wait": case(lambda w: True),
}


def accepted(made: World, command: str, count: int) -> bool:
    events = made.bench.journal.events
    return count == sum(isinstance(each, CommandAccepted) and each.command == command for each in events)


def test_every_verb_has_a_case() -> None:
    assert set(CASES) == set(STEPS)


@pytest.mark.parametrize("verb", sorted(STEPS))
def test_what_a_verb_does(verb: str) -> None:
    each = CASES[verb]
    at_once = world(*each.before, until_s=2 * D, **each.setup)
    at_once.advance_to(T)
    assert verb == "wait" or not each.holds(at_once), "it is not so before"
    made = world(*each.before, step(T, verb, **each.params), until_s=2 * D, **each.setup)
    made.advance_to(T)
    events = [event for event in made.bench.journal.events if event.t_s == T]
    assert any(isinstance(event, CommandAccepted | PlantActed | PersonActed) for event in events)
    made.advance_to(T + each.after_s)
    assert each.holds(made)
    refused: list[Event] = [
        event for event in made.bench.journal.events if isinstance(event, CommandRefused) and event.t_s >= T
    ]
    assert refused == []
    result = made.result()
    assert max(result.mass_balance_error_ml, result.mass_balance_error_ug) < 1e-9


@pytest.mark.parametrize("verb", sorted(name for name, row in STEPS.items() if row.by and not row.beside))
def test_a_verb_by_hand_waits_for_its_hand(verb: str) -> None:
    """The hand that a row names is the one that does it: busy with something else, it comes later."""
    hand = STEPS[verb].by
    each = CASES[verb]
    busy = step(T - 5.0, "press", by=hand, key="info", hold_s=25.0)
    made = world(*each.before, busy, step(T, verb, **each.params), until_s=2 * D, **each.setup)
    made.advance_to(T + 19.0)
    acted = [event for event in made.bench.journal.events if T <= event.t_s < T + 19.0]
    assert not any(isinstance(event, CommandAccepted | PlantActed | PersonActed) for event in acted)
    made.advance_to(T + 20.0)
    acted = [event for event in made.bench.journal.events if event.t_s == T + 20.0]
    assert any(
        isinstance(event, CommandAccepted | CommandRefused | PlantActed | PersonActed) for event in acted
    )


def test_a_busy_hand_has_a_finger_free_for_a_key() -> None:
    busy = step(T - 5.0, "press", by="nurse", key="info", hold_s=25.0)
    made = world(busy, step(T, "key_down", by="nurse", key="stop"), until_s=2 * D)
    made.advance_to(T)
    assert made.bench.core.mode == "stopped"
