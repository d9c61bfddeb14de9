"""A served port that can be pulled out and put back while the program runs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from types import TracebackType
from typing import Generic, Self, TypeVar

NameT = TypeVar("NameT")

Serve = Callable[[], AbstractAsyncContextManager[NameT]]
"""Serves the port for as long as the context lasts, and gives its name."""


class Plug(Generic[NameT]):
    """Serves while it is in; what is asked for is done in order, one thing after the other.

    A pty that was closed is given out again under its old number. To come back under another name, the old
    number is kept busy meanwhile; a stable link to the pty then leads to a new one.

    Args:
        told: Is told in a line of text when the port goes, comes back, or cannot.
        errors: What serving may raise where the port cannot be had.
    """

    def __init__(
        self,
        *,
        told: Callable[[str], None] = lambda _text: None,
        errors: tuple[type[Exception], ...] = (OSError,),
    ) -> None:
        self._told = told
        self._errors = errors
        self._serve: Serve[NameT] | None = None
        self._served = AsyncExitStack()
        self._wishes: asyncio.Queue[tuple[bool, bool]] = asyncio.Queue()
        self._worker: asyncio.Task[None] | None = None

    async def serve(self, serve: Serve[NameT]) -> NameT:
        """Serve from now on; returns the port's name.

        Raises:
            OSError: the port cannot be had.
        """
        self._serve = serve
        name = await self._served.enter_async_context(serve())
        self._worker = asyncio.create_task(self._work())
        return name

    async def __aenter__(self) -> Self:
        """Begin; nothing is served yet."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Pull it out for good."""
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)
        await self._served.aclose()

    def unplug(self) -> None:
        """Pull it out."""
        self._wishes.put_nowait((False, False))

    def plug(self, *, renamed: bool) -> None:
        """Put it back."""
        self._wishes.put_nowait((True, renamed))

    async def _work(self) -> None:
        while True:
            wanted, renamed = await self._wishes.get()
            if wanted:
                await self._put_back(renamed=renamed)
            else:
                await self._served.aclose()
                self._told("the port is gone")

    async def _put_back(self, *, renamed: bool) -> None:
        if self._serve is None:
            return
        kept_busy = os.openpty() if renamed else ()
        try:
            name = await self._served.enter_async_context(self._serve())
            self._told(f"the port is back: {name}")
        except self._errors as error:
            self._told(f"the port cannot come back: {error}")
        finally:
            for fd in kept_busy:
                os.close(fd)
