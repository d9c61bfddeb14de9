"""A fault of the program: told in a line to whoever asked, and to whoever watches the server."""

from __future__ import annotations

import asyncio

import pytest
from starlette.types import Message, Receive, Scope, Send

from console.errors import TRACEBACK_SWITCH
from console.trainer.live.faults import heard
from console.trainer.web.calm import Calm


async def _broken(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise KeyError("a bug\nof ours")


def answer(kind: str) -> list[Message]:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(
        Calm(_broken)({"type": kind, "path": "/there", "method": "GET", "headers": []}, receive, send)
    )
    return sent


def test_who_asked_is_told_in_one_line_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    start, body = answer("http")
    assert start["status"] == 500
    text = body["body"].decode()
    assert text.startswith("unexpected KeyError at /there")
    assert text.count("\n") == 1
    said = capsys.readouterr().err
    assert said.strip() == f"ambupump: {text.strip()}"


def test_a_socket_is_closed(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer("websocket") == [{"type": "websocket.close", "code": 1011}]
    assert "unexpected KeyError" in capsys.readouterr().err


def test_those_who_work_on_the_program_see_where_it_came_from(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TRACEBACK_SWITCH, "1")
    answer("http")
    assert "in _broken" in capsys.readouterr().err


def test_a_task_that_fails_is_heard_of(capsys: pytest.CaptureFixture[str]) -> None:
    async def fails() -> None:
        raise RuntimeError("the end of a run")

    async def trying() -> None:
        task = asyncio.create_task(fails(), name="run r1")
        task.add_done_callback(heard)
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(trying())
    assert "unexpected RuntimeError at run r1: the end of a run" in capsys.readouterr().err
