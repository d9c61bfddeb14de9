"""A run that was kept is lived again: from its origin and its steps alone comes the same world."""

from __future__ import annotations

from console.trainer.kept.record import RunRecord, steps_of
from scenarios.loader import loads
from sim.world.setup import Setup
from sim.world.world import World


def setup_of(record: RunRecord) -> Setup:
    """Give what the run's world is made from.

    Raises:
        ScenarioError: the scenario in its origin is none that this program reads.
    """
    return loads(record.origin.scenario_toml, file=f"run {record.origin.run_id}").setup


def live_again(record: RunRecord) -> World:
    """Give the run's world as it stood where the run had got to.

    Raises:
        ScenarioError: the scenario in its origin is none that this program reads.
    """
    world = World(setup_of(record))
    live_on(world, record)
    return world


def live_on(world: World, record: RunRecord) -> None:
    """Let happen in a fresh `world` of the run all that happened in the run."""
    for step in steps_of(record):
        world.do(step)
    if world.now_s < record.reached_s:
        world.advance_to(record.reached_s)
