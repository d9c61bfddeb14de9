"""All runs of a server: those that live, those that were kept, and who came from whom."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from console.errors import UserError
from console.trainer.kept.record import Origin, RunRecord
from console.trainer.kept.store import Kept, Store, family
from console.trainer.live.facts import facts
from console.trainer.live.faults import heard
from console.trainer.live.feed import Feed
from console.trainer.live.origins import branch_of
from console.trainer.live.port import open_port
from console.trainer.live.run import AskRefusedError, Port, Run, begun, taken_up


class Living:
    """A run that lives, and all who look at it: what is outside of it.

    Args:
        run: The run.
        runs: Where it is one of many.
    """

    def __init__(self, run: Run, runs: Runs) -> None:
        self.run = run
        self.feed = Feed(run, lambda page: facts(run, page, runs.family(run.origin.run_id)))
        self._runs = runs
        self._port: AsyncExitStack | None = None
        name = f"run {run.origin.run_id}"
        self._tasks = [asyncio.create_task(work, name=name) for work in (run.live(), self.feed.live())]
        for task in self._tasks:
            task.add_done_callback(heard)
        self._opening: asyncio.Task[None] | None = None
        run.outside = self

    def leave(self, at_s: float) -> None:
        """Go on from `at_s` in another run, and take everyone along; this one stands still."""
        self.run.session.pause()
        self.run.let_go_of_all()
        branch = self._runs.branch(self.run, at_s)
        self.feed.tell_all(type="moved", to=branch.run.origin.run_id)

    def open_port(self, dialect: str) -> None:
        """Serve the pump on a port, in place of the one before; an empty name closes it."""
        if self._opening is not None and not self._opening.done():
            raise AskRefusedError("a port is just being opened: wait a moment")
        self._opening = asyncio.create_task(
            self._open_port(dialect), name=f"port of {self.run.origin.run_id}"
        )
        self._opening.add_done_callback(heard)

    async def _open_port(self, dialect: str) -> None:
        await self._close_port()
        self.run.port = Port()
        if dialect:
            stack = AsyncExitStack()
            try:
                url = await open_port(self.run, dialect, stack)
            except UserError as error:
                await stack.aclose()
                self.run.port = Port(dialect=dialect, trouble=str(error))
            else:
                self._port = stack
                self.run.port = Port(dialect=dialect, url=url)
        self.run.changed()

    async def _close_port(self) -> None:
        stack, self._port = self._port, None
        if stack is not None:
            await stack.aclose()

    async def close(self) -> None:
        """End it; it is kept as far as it got."""
        self.feed.close()
        opening = [] if self._opening is None else [self._opening]
        for task in (*self._tasks, *opening):
            task.cancel()
        await asyncio.gather(*self._tasks, *opening, return_exceptions=True)
        await self._close_port()


class Runs:
    """Runs by their names. All methods belong to the loop's own thread."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._living: dict[str, Living] = {}

    def begin(self, origin: Origin) -> Living:
        """Begin a new run."""
        return self._let_live(begun(origin, self.store))

    def get(self, run_id: str) -> Living | None:
        """Give a run; one that was kept is taken up again, standing still. None: there is none."""
        if run_id not in self._living:
            record = self.store.record(run_id)
            if record is None:
                return None
            self._let_live(taken_up(record, self.store))
        return self._living[run_id]

    def record(self, run_id: str) -> RunRecord | None:
        """Give what is kept of a run, as of now."""
        living = self._living.get(run_id)
        return self.store.record(run_id) if living is None else living.run.record

    def family(self, run_id: str) -> list[Kept]:
        """Give the run and all that it branched from or that branched from the same, oldest first."""
        return family(self.store.origins(), run_id)

    def branch(self, run: Run, at_s: float) -> Living:
        """Let another run begin that is `run` up to `at_s`."""
        origin = branch_of(run.origin, at_s)
        entries = tuple(entry for entry in run.entries if entry.at_s <= at_s)
        self.store.add_run(origin)
        self.store.add_entries(origin.run_id, entries)
        self.store.reached(origin.run_id, at_s)
        record = RunRecord(origin=origin, entries=entries, reached_s=at_s)
        branch = self._let_live(taken_up(record, self.store))
        branch.run.shows_truth = run.shows_truth
        return branch

    def _let_live(self, run: Run) -> Living:
        living = Living(run, self)
        self._living[run.origin.run_id] = living
        return living

    async def close(self) -> None:
        """End them all."""
        for living in self._living.values():
            await living.close()
        self._living.clear()
