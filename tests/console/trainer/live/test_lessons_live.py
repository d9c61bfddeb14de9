"""Every lesson solved as its page would: by asks, at a run that lives on the clock."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from console.trainer.kept.record import Mode
from console.trainer.lessons import Action, lesson
from console.trainer.lessons.assessment import Assessment, assess
from console.trainer.live.asks import carry_out
from console.trainer.live.feed import Viewer
from console.trainer.live.origins import Wish, origin_of
from console.trainer.live.run import Run
from console.trainer.live.view import Page
from tests.console.trainer.lessons.test_lessons import CASES
from tests.console.trainer.running import Memory, living
from tests.drivers.virtual_loop import at_once


class Trainee:
    """Somebody at the trainee's page of a run, with no instructor."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.viewer = Viewer(Page.TRAINEE)
        self.refused: list[str] = []

    def ask(self, name: str, **more: Any) -> None:
        carry_out(self.run, self.viewer, json.dumps({"ask": name, "n": 1, **more}))
        answer = json.loads(self.viewer.outbox.get_nowait() or "{}")
        if answer["type"] != "done":
            self.refused.append(f"{name} {more}: {answer['text']}")

    async def do(self, action: Action) -> None:
        waits_s = self.run.origin.begin_s + action.after_s - self.run.now_s
        if waits_s > 0.0:
            self.ask("wait", until=f"{waits_s:.3f} s")
        match action.ask:
            case "key":
                self.ask("key", key=action.name, down=True)
                await asyncio.sleep(action.hold_s)
                self.ask("key", key=action.name, down=False)
            case "do":
                self.ask("do", verb=action.name, params=action.written)
            case "answer":
                self.ask("answer", question=action.name, choice=action.text)
            case "note":
                self.ask("note", alarm=action.name, text=action.text)


@pytest.mark.parametrize(("name", "policy"), CASES)
def test_the_model_answer_solves_the_lesson_through_what_a_page_may_ask(name: str, policy: str) -> None:
    given = lesson(name)

    async def trying() -> tuple[list[str], Assessment]:
        wish = Wish(lesson=name, policy=policy, mode=Mode.ASSESSMENT, alone=True)
        async with living(origin_of(wish), Memory()) as run:
            trainee = Trainee(run)
            trainee.ask("begin")
            for action in given.answer_for(policy):
                await trainee.do(action)
            while not run.world.finished:
                trainee.ask("wait", until="1 h")
            events = tuple(run.world.bench.journal.events)
            found = assess(given, run.origin, run.entries, events, run.now_s, run.over)
            return trainee.refused, found

    refused, found = at_once(trying())
    assert refused == []
    assert {outcome.task.id: outcome.state.value for outcome in found.tasks} == {
        task.id: "done" for task in given.tasks_for(policy)
    }
    assert found.is_passed
