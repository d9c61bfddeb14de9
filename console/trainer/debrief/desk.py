"""Where debriefs are written: a process of its own, so that no key press waits for one.

Living a run again takes a tenth of a second. In a thread of the server that time is taken from everyone who
is at a pump: an exchange over a socket then takes 6 ms and more in place of 0.04. The process starts with the
first debrief, remembers what it has told, and ends with the server, however that ends.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Final, Literal

from console.trainer.debrief.debrief import Debrief, debrief_of, same_thing
from console.trainer.debrief.debrief_page import class_page, debrief_page
from console.trainer.debrief.diary_page import diary_page
from console.trainer.debrief.export import record_csv, record_json
from console.trainer.kept.record import Origin, RunRecord
from console.trainer.kept.store import Kept, family

Sheet = Literal["debrief", "diary", "class", "json", "csv"]

REMEMBERED_COUNT: Final = 256
"""So many runs are remembered as told."""

RIVALS_COUNT: Final = 30
"""A run is compared with the best of so many of the newest of its kind that are over."""

BRANCHES_COUNT: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be written.

    Attributes:
        sheet: Which page or file.
        records: The runs that it is about.
        family: Runs of one family with the first of them.
        rivals: Runs that the first of them may be compared with.
        missing: Names of runs that were asked for and are not there.
        for_guest: Whether it is for somebody who sees no other run and takes nothing away.
    """

    sheet: Sheet
    records: tuple[RunRecord, ...]
    family: tuple[RunRecord, ...] = ()
    rivals: tuple[RunRecord, ...] = ()
    missing: tuple[str, ...] = ()
    for_guest: bool = False


class UntoldError(Exception):
    """A run cannot be told; the text says why, on one line."""


class Desk:
    """Writes what is ordered, one thing after the other, while the loop goes on."""

    def __init__(self) -> None:
        self._turns = ThreadPoolExecutor(max_workers=1, thread_name_prefix="desk")
        self._writer: BaseProcess | None = None
        self._line: Connection | None = None
        self._closed = False

    async def write(self, order: Order) -> str:
        """Give what was ordered.

        Raises:
            UntoldError: a run in it cannot be told.
        """
        return await asyncio.get_running_loop().run_in_executor(self._turns, self._ask, order)

    async def debrief(
        self, record: RunRecord, kept: Sequence[Kept], record_of: Callable[[str], RunRecord | None]
    ) -> str:
        """Give the debrief of a run, beside its branches and the best of its kind.

        Args:
            record: The run.
            kept: Every run that is kept.
            record_of: Gives a run by its name.
        """
        branches, rivals = beside(record.origin, kept)
        return await self.write(
            Order(
                sheet="debrief",
                records=(record,),
                family=_records(branches, record_of),
                rivals=_records(rivals, record_of),
            )
        )

    async def class_debrief(
        self, run_ids: Sequence[str], record_of: Callable[[str], RunRecord | None]
    ) -> str:
        """Give the debrief of several runs, in the order in which they are named."""
        wanted = tuple(dict.fromkeys(run_ids))
        found = {run_id: record_of(run_id) for run_id in wanted}
        return await self.write(
            Order(
                sheet="class",
                records=tuple(record for record in found.values() if record is not None),
                missing=tuple(run_id for run_id, record in found.items() if record is None),
            )
        )

    def close(self) -> None:
        """End the writer, whatever it is writing: it keeps nothing that is not kept elsewhere."""
        self._closed = True
        if self._writer is not None:
            self._writer.kill()
        self._turns.shutdown(cancel_futures=True)
        if self._writer is not None and self._line is not None:
            self._writer.join()
            self._line.close()

    def _ask(self, order: Order) -> str:
        for _ in range(2):
            if self._closed:
                break
            try:
                line = self._line_to_writer()
                line.send(order)
                text, fault = line.recv()
            except (EOFError, OSError):
                self._let_go()  # it has died: another one tries once more
                continue
            if fault:
                raise UntoldError(fault)
            return str(text)
        raise UntoldError("the process that writes debriefs does not stay alive; look at the memory left")

    def _let_go(self) -> None:
        if self._line is not None and not self._closed:
            self._line.close()
            self._line = None

    def _line_to_writer(self) -> Connection:
        if self._line is None:
            methods = multiprocessing.get_context("spawn")
            self._line, far_end = methods.Pipe()
            self._writer = methods.Process(target=_serve, args=(far_end,), daemon=True)
            self._writer.start()
            far_end.close()  # or the end of the server would not be seen at the other end
        return self._line


def beside(origin: Origin, kept: Iterable[Kept]) -> tuple[list[str], list[str]]:
    """Give the names of the runs that a run is shown beside: its family, and the newest of its kind.

    Args:
        origin: What the run was made from.
        kept: Every run, the newest first.
    """
    kept = list(kept)
    branches = [each.origin.run_id for each in family(kept, origin.run_id)]
    rivals = [each.origin.run_id for each in kept if each.is_over and same_thing(each.origin, origin)]
    return branches[-BRANCHES_COUNT:], rivals[:RIVALS_COUNT]


def _records(run_ids: Iterable[str], record_of: Callable[[str], RunRecord | None]) -> tuple[RunRecord, ...]:
    found = (record_of(run_id) for run_id in run_ids)
    return tuple(record for record in found if record is not None)


# -------------------------------------------------------------------- in the writer's process


class Writer:
    """Writes sheets, and remembers the runs that it has told."""

    def __init__(self) -> None:
        self._told: OrderedDict[tuple[str, int, float], Debrief] = OrderedDict()

    def write(self, order: Order) -> str:
        """Give what is ordered."""
        return SHEETS[order.sheet](self, order)

    def told(self, record: RunRecord) -> Debrief:
        """Give the debrief of a run; one that has not gone on since is not lived again."""
        key = (record.origin.run_id, len(record.entries), record.reached_s)
        if key not in self._told:
            self._told[key] = debrief_of(record)
            if len(self._told) > REMEMBERED_COUNT:
                self._told.popitem(last=False)
        self._told.move_to_end(key)
        return self._told[key]

    def all_told(self, records: Iterable[RunRecord]) -> list[Debrief]:
        """Give the debriefs of several runs."""
        return [self.told(record) for record in records]


SHEETS: Final[Mapping[str, Callable[[Writer, Order], str]]] = {
    "debrief": lambda writer, order: debrief_page(
        writer.told(order.records[0]),
        writer.all_told(order.family),
        writer.all_told(order.rivals),
        for_guest=order.for_guest,
    ),
    "diary": lambda writer, order: diary_page(writer.told(order.records[0]), for_guest=order.for_guest),
    "class": lambda writer, order: class_page(writer.all_told(order.records), missing=order.missing),
    "json": lambda writer, order: record_json(order.records[0], writer.told(order.records[0])),
    "csv": lambda writer, order: record_csv(writer.told(order.records[0])),
}
"""By its name, how each is written."""


def _serve(line: Connection) -> None:
    """Write what is ordered until nobody is at the other end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who ends the server ends it; this one goes with it
    writer = Writer()
    while True:
        try:
            order = line.recv()
        except EOFError:
            return
        line.send(_answer(writer, order))


def _answer(writer: Writer, order: Order) -> tuple[str, str]:
    try:
        return writer.write(order), ""
    except Exception as error:  # noqa: BLE001 - it is said at the other end, and the next order is written
        return "", " ".join(f"{type(error).__name__}: {error}".split())
