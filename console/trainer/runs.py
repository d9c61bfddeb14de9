"""All runs of a server: those that live, those that were kept, and who came from whom."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from console.trainer.facts import facts
from console.trainer.feed import Feed
from console.trainer.origins import branch_of
from console.trainer.record import Origin, RunRecord
from console.trainer.run import Run, begun, taken_up
from console.trainer.store import Kept, Store
from console.trainer.view import Page


@dataclass(slots=True)
class Living:
    """A run that lives, and all who look at it."""

    run: Run
    feed: Feed
    tasks: tuple[asyncio.Task[None], ...]


class Runs:
    """Runs by their names. All methods belong to the loop's own thread."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._living: dict[str, Living] = {}

    def begin(self, origin: Origin, *, alone: bool = False) -> Living:
        """Begin a new run."""
        return self._let_live(begun(origin, self.store, alone=alone))

    def get(self, run_id: str, *, alone: bool = False) -> Living | None:
        """Give a run; one that was kept is taken up again, standing still. None: there is none."""
        if run_id not in self._living:
            record = self.store.record(run_id)
            if record is None:
                return None
            self._let_live(taken_up(record, self.store, alone=alone))
        return self._living[run_id]

    def record(self, run_id: str) -> RunRecord | None:
        """Give what is kept of a run, as of now."""
        living = self._living.get(run_id)
        return self.store.record(run_id) if living is None else living.run.record

    def family(self, run_id: str) -> list[Kept]:
        """Give the run, what it branched from and what branched from either, oldest first."""
        kept = {each.origin.run_id: each for each in self.store.origins()}
        root = run_id
        while kept[root].origin.parent_id in kept:
            root = kept[root].origin.parent_id
        return sorted(
            (each for each in kept.values() if root in _line_of(each.origin.run_id, kept)),
            key=lambda each: each.origin.wall_s,
        )

    def _let_live(self, run: Run) -> Living:
        feed = Feed(run, partial(self._facts, run))
        tasks = (asyncio.create_task(run.live()), asyncio.create_task(feed.live()))
        living = Living(run, feed, tasks)
        run.leaves = partial(self._branch, living)
        self._living[run.origin.run_id] = living
        return living

    def _facts(self, run: Run, page: Page) -> dict[str, Any]:
        return facts(run, page, self.family(run.origin.run_id))

    def _branch(self, living: Living, at_s: float) -> None:
        """Let it go on from `at_s` under another name, and take everyone along; the old run stands still."""
        run = living.run
        run.session.pause()
        run.let_go_of_all()
        origin = branch_of(run.origin, at_s)
        entries = tuple(entry for entry in run.entries if entry.at_s <= at_s)
        self.store.add_run(origin)
        for entry in entries:
            self.store.add_entry(origin.run_id, entry)
        record = RunRecord(origin=origin, entries=entries, reached_s=at_s)
        branch = self._let_live(taken_up(record, self.store, alone=run.alone))
        branch.run.shows_truth = run.shows_truth
        self.store.reached(origin.run_id, at_s)
        living.feed.tell_all(type="moved", to=origin.run_id)

    async def close(self) -> None:
        """End them all; each is kept as far as it got."""
        for living in self._living.values():
            living.feed.close()
            for task in living.tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        self._living.clear()


def _line_of(run_id: str, kept: dict[str, Kept]) -> Iterator[str]:
    """Give a run and all that it comes from."""
    while run_id in kept:
        yield run_id
        run_id = kept[run_id].origin.parent_id
