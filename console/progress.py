"""Progress on anything that takes longer than a second: on standard error, at a terminal only."""

from __future__ import annotations

import sys
from threading import Event, Thread
from types import TracebackType
from typing import Final, Self

PATIENCE_S: Final = 1.0
"""So long nobody wonders."""

REFRESH_S: Final = 0.1


class Progress:
    """What is going on, shown once it has taken longer than a second. Elsewhere than at a terminal: nothing.

    The line is drawn from a thread of its own, because what takes long is often one long call.
    """

    def __init__(self) -> None:
        self._over = Event()
        self._text = ""
        self._done_frac: float | None = None
        self._painter: Thread | None = None

    def __enter__(self) -> Self:
        """Begin to wait."""
        if sys.stderr.isatty():
            self._painter = Thread(target=self._paint, name="progress", daemon=True)
            self._painter.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the terminal as it was."""
        self._over.set()
        if self._painter is not None:
            self._painter.join()

    def stage(self, text: str) -> None:
        """Say what is going on from now on."""
        self._text, self._done_frac = text, None

    def told(self, done_frac: float) -> None:
        """Say how much of it is done."""
        self._done_frac = done_frac

    def _line(self) -> str:
        return self._text if self._done_frac is None else f"{self._text} {100.0 * self._done_frac:3.0f} %"

    def _paint(self) -> None:
        if self._over.wait(PATIENCE_S):
            return
        from rich.console import Console

        with Console(stderr=True).status(self._line()) as status:
            while not self._over.wait(REFRESH_S):
                status.update(self._line())
