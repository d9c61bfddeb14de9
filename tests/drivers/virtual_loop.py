"""An event loop whose time passes at once: it never waits, it goes to the next timer."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class VirtualLoop(asyncio.SelectorEventLoop):
    """Time starts at 1000 s and moves when nothing is left to do."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        super().__init__(_Hasty(self))

    def time(self) -> float:
        return self.now_s


class _Hasty(selectors.SelectSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._owner = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise RuntimeError("nothing will ever happen again: the test waits for something in vain")
            self._owner.now_s += max(timeout, 0.0)
        return ready


def at_once(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` on a loop of its own whose time passes at once."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)
