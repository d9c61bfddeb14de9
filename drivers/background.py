"""An asyncio loop in a thread of its own, for those who ask a pump synchronously and emulate one at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from types import TracebackType
from typing import Any, Final, Self, TypeVar

T = TypeVar("T")

PATIENCE_S: Final = 10.0
"""So long may the loop take for anything it is asked: it never waits for the outside."""


class BackgroundLoop:
    """A loop that runs while the context lasts; what was entered on it is left at the end, the last first."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._stack = AsyncExitStack()

    def __enter__(self) -> Self:
        """Start the thread."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave what was entered, and end the thread."""
        try:
            self.call(self._end())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(PATIENCE_S)
            self._loop.close()

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Have `work` done on the loop; returns or raises what came of it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)

    def enter(self, context: AbstractAsyncContextManager[T]) -> T:
        """Enter `context` on the loop, for as long as the loop runs."""
        return self.call(self._stack.enter_async_context(context))

    async def _end(self) -> None:
        await self._stack.aclose()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for each in others:
            each.cancel()
        await asyncio.gather(*others, return_exceptions=True)
