"""What happened in a run, as a scenario file that replays to the same events."""

from __future__ import annotations

from dataclasses import replace

from console.trainer.kept.lived import live_again
from console.trainer.kept.record import RunRecord
from scenarios.writer import dump


def scenario_of(record: RunRecord) -> str:
    """Give the scenario of everything that was done, up to where the run had got."""
    world = live_again(record)
    origin = record.origin
    setup = replace(world.setup, id=f"run-{origin.run_id}", until_s=world.now_s)
    return dump(
        setup,
        title=origin.title,
        text=f"Recorded in the trainer; the trainee was the {origin.hand}.",
        tags=("recorded",),
        steps=world.recorded,
    )
