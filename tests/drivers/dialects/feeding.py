"""Ways to feed a reader of bytes."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from drivers.dialects import Talk
from drivers.framing import Framer
from tests.meta.repository import ROOT

T = TypeVar("T")

VECTORS = Path(ROOT, "tests", "drivers", "vectors")


def vectors(name: str) -> dict[str, list[dict[str, Any]]]:
    """The tables of a file of vectors."""
    return tomllib.loads((VECTORS / f"{name}.toml").read_text(encoding="utf-8"))


def byte_by_byte(framer: Framer[str], data: bytes) -> list[str]:
    """What is found when every byte comes alone."""
    return [text for place in range(len(data)) for text in framer.feed(data[place : place + 1])]


def answer_of(talk: Talk[T], reply_to: Callable[[bytes], bytes | None]) -> T:
    """Carry a talk on to its answer; `reply_to` gives what is said to each request."""
    try:
        request = next(talk)
        while True:
            reply = reply_to(request.data)
            assert reply is not None, f"no reply to {request.data!r}"
            request = talk.send(reply)
    except StopIteration as done:
        answer: T = done.value
        return answer
