"""The process that writes debriefs: it says what the functions say, survives trouble, and outlives nobody."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import pytest

from console.trainer.debrief.debrief import debrief_of
from console.trainer.debrief.debrief_page import class_page, debrief_page
from console.trainer.debrief.desk import RIVALS_COUNT, Desk, Order, UntoldError, Writer, beside
from console.trainer.debrief.diary_page import diary_page
from console.trainer.debrief.export import record_csv, record_json
from console.trainer.kept.record import RunRecord
from console.trainer.kept.store import Kept
from tests.console.trainer.made import clumsy, swift

PATIENCE_S: Final = 30.0


@pytest.fixture
def desk() -> Iterator[Desk]:
    opened = Desk()
    yield opened
    opened.close()


def kept(record: RunRecord) -> Kept:
    return Kept(origin=record.origin, reached_s=record.reached_s, entries_count=1, is_over=True)


def test_what_is_written_is_what_the_functions_say(desk: Desk) -> None:
    bad, good = clumsy(), swift(policy="call-only")
    runs = {record.origin.run_id: record for record in (bad, good)}

    async def write() -> list[str]:
        return [
            await desk.debrief(bad, [kept(good), kept(bad)], runs.get),
            await desk.write(Order(sheet="diary", records=(bad,))),
            await desk.write(Order(sheet="json", records=(bad,))),
            await desk.write(Order(sheet="csv", records=(bad,))),
            await desk.class_debrief(["a1", "gone", "b2", "a1"], runs.get),
        ]

    told, other = debrief_of(bad), debrief_of(good)
    assert asyncio.run(write()) == [
        debrief_page(told, [told], [other, told]),
        diary_page(told),
        record_json(bad, told),
        record_csv(told),
        class_page([told, other], missing=["gone"]),
    ]


def test_a_run_that_cannot_be_told_is_said_in_one_line_and_the_next_is_written(desk: Desk) -> None:
    broken = clumsy(scenario_toml="schema = 99\n")

    async def write() -> str:
        with pytest.raises(UntoldError, match="schema") as raised:
            await desk.write(Order(sheet="csv", records=(broken,)))
        assert len(str(raised.value).splitlines()) == 1
        return await desk.write(Order(sheet="csv", records=(clumsy(),)))

    assert asyncio.run(write()).startswith("t_s,")


def test_a_writer_that_was_killed_is_replaced(desk: Desk) -> None:
    async def write() -> str:
        await desk.write(Order(sheet="csv", records=(clumsy(),)))
        first = desk._writer
        assert first is not None
        first.kill()
        first.join()
        text = await desk.write(Order(sheet="csv", records=(clumsy(),)))
        assert desk._writer is not first
        return text

    assert asyncio.run(write()).startswith("t_s,")


def test_nothing_is_written_any_more_once_it_is_closed(desk: Desk) -> None:
    async def write() -> None:
        await desk.write(Order(sheet="csv", records=(clumsy(),)))
        writer = desk._writer
        desk.close()
        assert writer is not None
        assert not writer.is_alive()

    asyncio.run(write())


def test_what_was_told_is_not_lived_again_until_it_has_gone_on(monkeypatch: pytest.MonkeyPatch) -> None:
    writer = Writer()
    record = clumsy()
    first = writer.told(record)
    assert writer.told(clumsy()) is first
    assert writer.told(replace(record, reached_s=record.reached_s + 1.0)) is not first
    monkeypatch.setattr("console.trainer.debrief.desk.REMEMBERED_COUNT", 1)
    writer.told(swift())
    assert writer.told(record) is not first


def test_a_run_is_shown_beside_its_family_and_the_newest_of_its_kind() -> None:
    bad = clumsy()
    newest_first = [
        kept(swift(run_id=f"s{place:02}", policy="call-only", wall_s=2e9 - place)) for place in range(40)
    ]
    child = kept(clumsy(run_id="child", parent_id="a1", wall_s=1.9e9))
    running = replace(kept(swift(run_id="running")), is_over=False)
    other = kept(swift(run_id="other", lesson_id="first-bag"))
    branches, rivals = beside(bad.origin, [running, other, *newest_first, child, kept(bad)])
    assert branches == ["a1", "child"]
    assert rivals == [f"s{place:02}" for place in range(RIVALS_COUNT)]


SERVER: Final = """
import asyncio, sys
from console.trainer.debrief.desk import Desk, Order
from tests.console.trainer.made import clumsy
async def serve():
    desk = Desk()
    await desk.write(Order(sheet="csv", records=(clumsy(),)))
    print(desk._writer.pid, flush=True)
    sys.stdin.read()
if __name__ == "__main__":
    asyncio.run(serve())
"""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs a way to wait for another's child")
def test_the_writer_ends_with_a_killed_server() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as server:
        assert server.stdout is not None
        writer = os.pidfd_open(int(server.stdout.readline()))
        try:
            server.send_signal(signal.SIGKILL)
            ready, _, _ = select.select([writer], [], [], PATIENCE_S)
        finally:
            os.close(writer)
    assert ready, "it is still there"
