"""Commands of a remote controller as steps: every one of them, there and back, and through a file."""

from __future__ import annotations

from dataclasses import MISSING, fields, replace
from typing import Any

import pytest

from pump.commands import Access, Command, Key, LockLevel, ProgramChange, Start, Stop
from pump.events import CommandAccepted, CommandRefused
from pump.hands import COMMAND_NAMES
from scenarios.loader import loads
from scenarios.writer import dump
from sim.clocks import PacedClock
from sim.events import StepNotDone
from sim.live import LiveSession
from sim.local_pump import LivePump
from sim.world.remote import command_of, remote_step
from sim.world.world import World
from tests.sim.made import STARTED, H, setup, step

FULL: dict[str, Any] = {
    "volume_ml": 1.5,
    "disconnected_confirmed": True,
    "key": Key.INFO,
    "down": True,
    "code": "2580",
    "level": LockLevel.LL1,
    "rate_ml_h": 0.6,
    "vtbi_ml": 50.0,
    "duration_s": 3600.0,
    "reservoir_ml": 99.5,
    "kvo_ml_h": 0.1,
    "delay_s": 60.0,
    "withdraws": False,
    "soft_override": True,
}
"""A value for every field that any command has."""


def every(access: Access) -> list[Command]:
    """Every command twice: with what it needs alone, and with all that it takes."""
    made: list[Command] = []
    for kind in COMMAND_NAMES:
        own = [field for field in fields(kind) if field.name != "access"]
        needed = {field.name: FULL[field.name] for field in own if field.default is MISSING}
        made += [
            kind(access=access, **given) for given in (needed, {each.name: FULL[each.name] for each in own})
        ]
    return made


@pytest.mark.parametrize("command", every(Access.NURSE), ids=repr)
def test_a_command_is_a_step_and_back(command: Command) -> None:
    assert command_of(remote_step(command), "nurse") == command


def test_every_command_survives_a_scenario_file() -> None:
    steps = tuple(
        replace(remote_step(command), at_s=700.0 + number)
        for number, command in enumerate(every(Access.NURSE))
    )
    made = setup(*STARTED, *steps)
    assert loads(dump(made, title="commands of a wire")).setup.steps == made.steps


@pytest.mark.parametrize(
    "params", [{"ask": "stop", "code": "2580"}, {"ask": "unlock"}, {"ask": "press_key", "key": "ok"}]
)
def test_a_command_takes_its_own_fields_and_needs_them(params: dict[str, str]) -> None:
    world = World(setup(*STARTED, step(2 * H, "remote", by="nurse", **params)))
    world.advance_to(2 * H)
    refused = [event for event in world.bench.journal.events if isinstance(event, StepNotDone)]
    assert [(event.t_s, event.verb) for event in refused] == [(2 * H, "remote")]
    assert params["ask"] in refused[0].text


def test_what_comes_over_a_wire_is_recorded_and_replays_to_the_same_events() -> None:
    wall_s = [0.0]
    world = World(setup(*STARTED))
    session = LiveSession(world, PacedClock(0.0, rate_frac=60.0), lambda: wall_s[0])
    pump = LivePump(session)
    for command in (Stop(), ProgramChange(vtbi_ml=50.0, access=Access.PATIENT), Start(), Start()):
        wall_s[0] += 30.0
        pump.send(command)
    world.advance_to(3 * H)
    kept = replace(world.setup, steps=tuple(world.recorded), until_s=3 * H)
    assert list(World(kept).run().events) == world.bench.journal.events


def test_the_answer_to_a_command_is_its_own() -> None:
    """A scripted start a moment before it is no answer to the start that came over the wire."""
    wall_s = [0.0]
    session = LiveSession(World(setup(*STARTED)), PacedClock(0.0, sim_s=0.0), lambda: wall_s[0])
    wall_s[0] = 599.9995
    events = session.command(Start(access=Access.CAREGIVER))
    told = [event for event in events if isinstance(event, CommandAccepted | CommandRefused)]
    assert [(event.command, event.access) for event in told][-1:] == [("start", "caregiver")]
