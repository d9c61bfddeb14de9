"""Runs on a loop whose time passes at once, kept in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from console.trainer.kept.record import Entry, Origin, RunRecord
from console.trainer.live.origins import Wish, origin_of
from console.trainer.live.run import Run, begun


class Memory:
    """Keeps runs for a test."""

    def __init__(self) -> None:
        self.origins: dict[str, Origin] = {}
        self.entries: dict[str, list[Entry]] = {}
        self.reached_s: dict[str, float] = {}

    def add_run(self, origin: Origin) -> None:
        self.origins[origin.run_id] = origin
        self.entries[origin.run_id] = []

    def add_entry(self, run_id: str, entry: Entry) -> None:
        self.entries[run_id].append(entry)

    def reached(self, run_id: str, t_s: float) -> None:
        self.reached_s[run_id] = t_s

    def record(self, run_id: str) -> RunRecord:
        return RunRecord(
            origin=self.origins[run_id],
            entries=tuple(self.entries[run_id]),
            reached_s=self.reached_s[run_id],
        )


def origin(scenario: str = "", **wished: object) -> Origin:
    """What a run of a scenario is made from, under a name that a test can know."""
    return replace(origin_of(Wish(scenario=scenario, **wished)), run_id="r1")  # type: ignore[arg-type]


@asynccontextmanager
async def living(made_from: Origin, keeper: Memory) -> AsyncIterator[Run]:
    """A run that follows the loop's clock."""
    run = begun(made_from, keeper)
    life = asyncio.create_task(run.live())
    try:
        yield run
    finally:
        life.cancel()
        await asyncio.gather(life, return_exceptions=True)
