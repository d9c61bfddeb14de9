"""Pages in step: everything when they come, and then what has changed."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from console.trainer.kept.record import Kind, Who
from console.trainer.live.asks import carry_out
from console.trainer.live.facts import facts
from console.trainer.live.feed import BACKLOG_COUNT, Feed, Viewer
from console.trainer.live.run import Run
from console.trainer.live.view import Page, sections
from tests.console.trainer.running import Memory, living, origin
from tests.drivers.virtual_loop import at_once


def _feed(run: Run) -> Feed:
    return Feed(run, lambda page: facts(run, page, ()))


def _taken(viewer: Viewer) -> list[dict[str, Any]]:
    """What has been told to a page since it was last asked."""
    found = []
    while not viewer.outbox.empty():
        text = viewer.outbox.get_nowait()
        assert text is not None
        found.append(json.loads(text))
    return found


async def _settled() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


def _merged(messages: list[dict[str, Any]]) -> dict[str, Any]:
    state: dict[str, Any] = {}
    for message in messages:
        if message["type"] == "state":
            state |= message
    return state


def test_a_page_is_told_everything_once_and_then_what_has_changed() -> None:
    async def trying() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        async with living(origin("bag-7-day-nominal", script="faults"), Memory()) as run:
            feed = _feed(run)
            viewer = feed.add(Page.TRAINEE)
            first = _taken(viewer)
            run.resume(Who.INSTRUCTOR)
            run.do("clamp", {"where": "downstream"}, Who.TRAINEE)
            await _settled()
            return first, _taken(viewer)

    first, later = at_once(trying())
    assert [message["type"] for message in first] == ["hello", "state"]
    assert {"clock", "panel", "scene", "show", "notes"} <= first[1].keys()
    assert first[1]["scene"]["line"]["clamped"] is False
    changed = _merged(later)
    assert changed["scene"]["line"]["clamped"] is True
    assert "notes" not in changed
    assert "show" not in changed


def test_pages_of_a_kind_know_the_same_whenever_they_came() -> None:
    async def trying() -> tuple[dict[str, Any], dict[str, Any]]:
        async with living(origin("bag-7-day-nominal", script="faults"), Memory()) as run:
            feed = _feed(run)
            early = feed.add(Page.INSTRUCTOR)
            run.resume(Who.INSTRUCTOR)
            run.do("kink", {}, Who.INSTRUCTOR)
            run.next_event(Who.INSTRUCTOR)
            await _settled()
            late = feed.add(Page.INSTRUCTOR)
            run.add(Kind.MARK, Who.INSTRUCTOR, {"text": "look here"})
            await _settled()
            told = _taken(early), _taken(late)
            logs = [[row for m in each if m["type"] == "log" for row in m["rows"]] for each in told]
            return _merged(told[0]) | {"log": logs[0]}, _merged(told[1]) | {"log": logs[1]}

    early, late = at_once(trying())
    assert early == late
    assert [mark["text"] for mark in early["marks"]] == ["look here"]
    assert [row["text"][:25] for row in early["log"] if row["lane"] == "alarm"] == [
        "HIGH OCCLUSION_DOWNSTREAM"
    ]


def test_the_trainee_is_told_nothing_that_only_the_truth_knows() -> None:
    async def trying() -> list[dict[str, Any]]:
        async with living(origin("saline-primed-line"), Memory()) as run:
            feed = _feed(run)
            viewer = feed.add(Page.TRAINEE)
            run.resume(Who.INSTRUCTOR)
            run.skip(3600.0, Who.INSTRUCTOR)
            await _settled()
            return _taken(viewer)

    messages = at_once(trying())
    assert all("truth" not in message and message["type"] != "log" for message in messages)
    seen = json.dumps(messages)
    assert '"saline"' not in seen
    assert '"drug"' not in seen
    assert '"verbs"' not in seen


def test_what_the_pump_believes_is_of_all_bags_as_what_it_gave_is() -> None:
    """Its counter begins anew with each bag; nothing goes wrong in this course."""

    async def trying() -> tuple[float, float]:
        async with living(origin("course-28-days"), Memory()) as run:
            run.skip(20.0 * 86400.0, Who.INSTRUCTOR)
            run.set_rate(3600.0, Who.INSTRUCTOR)
            run.resume(Who.INSTRUCTOR)
            await asyncio.sleep(0.9)
            truth = sections(run, Page.INSTRUCTOR)["truth"]
            assert isinstance(truth, dict)
            return truth["believed_ml"], truth["delivered_ml"]

    believed_ml, delivered_ml = at_once(trying())
    assert delivered_ml > 200.0
    assert believed_ml == pytest.approx(delivered_ml, abs=0.01)


def test_the_projector_knows_what_the_instructor_lets_it_show() -> None:
    async def trying() -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
        async with living(origin("bag-7-day-nominal"), Memory()) as run:
            feed = _feed(run)
            viewer = feed.add(Page.PROJECTOR)
            before = _taken(viewer)
            run.show(truth=True)
            await _settled()
            shown = _taken(viewer)
            run.show(truth=False)
            await _settled()
            return before, shown, _taken(viewer)

    before, shown, hidden = at_once(trying())
    assert "truth" not in _merged(before)
    assert _merged(shown)["truth"]["bag_available_ml"] == pytest.approx(108.0)
    assert any(message["type"] == "log" for message in shown)
    assert _merged(hidden)["truth"] is None


def test_a_page_that_takes_nothing_is_let_go() -> None:
    async def trying() -> tuple[bool, int, str | None]:
        async with living(origin("bag-7-day-nominal"), Memory()) as run:
            viewer = _feed(run).add(Page.TRAINEE)
            for number in range(BACKLOG_COUNT * 3):
                viewer.answer(type="done", n=number)
            last = None
            count = viewer.outbox.qsize()
            for _ in range(count):
                last = viewer.outbox.get_nowait()
            return viewer.is_lost, count, last

    is_lost, count, last = at_once(trying())
    assert is_lost
    assert count <= BACKLOG_COUNT + 1
    assert last is None


BAD_ASKS = [
    "",
    "no json",
    "[]",
    '"key"',
    "null",
    "{}",
    '{"ask":7}',
    '{"ask":"fly","n":1}',
    '{"ask":"key","n":1}',
    '{"ask":"key","n":1,"key":"bolus","down":true}',
    '{"ask":"key","n":1,"key":"run","down":1}',
    '{"ask":"key","n":-1,"key":"run","down":true}',
    '{"ask":"key","n":true,"key":"run","down":true}',
    '{"ask":"do","n":1,"verb":"kink","params":{}}',
    '{"ask":"do","n":1,"verb":"tap","params":{"works":true}}',
    '{"ask":"do","n":1,"verb":"clamp","params":[]}',
    '{"ask":"do","n":1,"verb":"clamp","params":{"where":{"a":1}}}',
    '{"ask":"do","n":1,"verb":"infuse_saline","params":{"volume":"1 mL"}}',
    '{"ask":"inject","n":1,"verb":"occlude"}',
    '{"ask":"clock","n":1,"what":"pause"}',
    '{"ask":"branch","n":1,"at_s":0}',
    '{"ask":"note","n":1}',
    '{"ask":"note","n":1,"alarm":"NO_SUCH_ALARM"}',
    '{"ask":"wait","n":1,"until":"1 h"}',
    '{"ask":"mark","n":1,"text":"x"}',
    '{"ask":"hint","n":1,"task":"t"}',
    '{"ask":"answer","n":1,"question":"q","choice":"c"}',
    '{"ask":"begin","n":1}',
    '{"ask":"key","n":1,"key":"run","down":true,"pad":"' + "x" * 5000 + '"}',
    "[" * 3000,
    r'{"ask":"note","n":1,"text":"half a pair: \ud83d"}',
    r'{"ask":"do","n":1,"verb":"clamp","params":{"\ud83d":1}}',
]


@pytest.mark.parametrize("message", BAD_ASKS, ids=range(len(BAD_ASKS)))
def test_a_bad_ask_is_refused_in_one_line_and_changes_nothing(message: str) -> None:
    async def trying() -> tuple[list[dict[str, Any]], bool]:
        async with living(origin("bag-7-day-nominal", script="faults"), Memory()) as run:
            run.resume(Who.INSTRUCTOR)
            viewer = Viewer(Page.TRAINEE)
            before = (run.record.entries, list(run.world.bench.journal.events), run.session.clock.paused)
            carry_out(run, viewer, message)
            after = (run.record.entries, list(run.world.bench.journal.events), run.session.clock.paused)
            return _taken(viewer), before == after

    answers, is_same = at_once(trying())
    assert is_same
    assert [answer["type"] for answer in answers] == ["refused"]
    assert answers[0]["text"]
    assert "\n" not in answers[0]["text"]
    assert answers[0]["text"].encode()


def test_a_lesson_says_how_its_tasks_stand_and_gives_hints_one_by_one() -> None:
    async def trying() -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]:
        async with living(origin(lesson="first-bag", alone=True), Memory()) as run:
            feed = _feed(run)
            viewer = feed.add(Page.TRAINEE)
            first = _taken(viewer)
            assert run.lesson is not None
            task = run.lesson.tasks[0]
            carry_out(run, viewer, json.dumps({"ask": "begin", "n": 1}))
            for number in range(len(task.hints) + 1):
                carry_out(run, viewer, json.dumps({"ask": "hint", "n": 2 + number, "task": task.id}))
            await _settled()
            later = _taken(viewer)
            return first[0], [each for each in later if "n" in each], _merged(later)

    hello, answers, state = at_once(trying())
    assert hello["facts"]["lesson"]["brief"]
    assert "for_trainer" not in hello["facts"]["lesson"]
    assert [each["type"] for each in answers] == ["done"] * (len(answers) - 1) + ["refused"]
    assert len(answers) >= 3
    assert len(state["tasks"]["tasks"][0]["hints_taken"]) == len(answers) - 2
