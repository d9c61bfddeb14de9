"""How pages stay in step: every change of a run goes to all who look at it, each kind of page made once.

A page gets everything when it comes, and from then on only the sections that have changed. While the clock
runs, all are told again and again, since a bag empties and a bubble moves without anything happening.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, Final

from console.trainer.live.run import Run
from console.trainer.live.view import Page, knows_truth, log_rows, sections

SLOW_TICK_S: Final = 0.5
FAST_TICK_S: Final = 0.1
"""How often a running run is told again: at 1x, and faster or while a key is held."""

BACKLOG_COUNT: Final = 500
"""So many messages may wait for a page that does not take them; then it has to come anew."""


class Viewer:
    """One page of one run, wherever it is. `outbox` holds what is to be sent to it; None: it has to go."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.outbox: asyncio.Queue[str | None] = asyncio.Queue()
        self.is_lost = False

    def tell(self, message: str) -> None:
        """Put a message into the outbox."""
        if self.is_lost:
            return
        if self.outbox.qsize() >= BACKLOG_COUNT:
            self.is_lost = True
            self.outbox.put_nowait(None)
        else:
            self.outbox.put_nowait(message)

    def answer(self, **message: Any) -> None:
        """Put the answer to an ask into the outbox."""
        self.tell(encoded(message))


class Feed:
    """All who look at `run`. All methods belong to the loop's own thread.

    Args:
        run: What they look at.
        facts: Gives what a page of a kind is told once, when it comes.
    """

    def __init__(self, run: Run, facts: Callable[[Page], dict[str, Any]]) -> None:
        self._run = run
        self._facts = facts
        self._viewers: dict[Page, list[Viewer]] = {page: [] for page in Page}
        self._known: dict[Page, dict[str, str]] = {page: {} for page in Page}
        self._logged_count: dict[Page, int] = dict.fromkeys(Page, 0)
        self._take_off = run.watch(self.push)

    @property
    def is_looked_at(self) -> bool:
        """Whether anybody looks."""
        return any(self._viewers.values())

    def add(self, page: Page) -> Viewer:
        """Let a page look; it is told everything."""
        self.push()
        viewer = Viewer(page)
        viewer.tell(encoded({"type": "hello", "page": page.value, **self._facts(page)}))
        if not self._viewers[page]:
            self._known[page] = self._made(page)
        viewer.tell(_state(self._known[page]))
        if knows_truth(self._run, page):
            rows, self._logged_count[page] = log_rows(self._run, 0)
            viewer.tell(encoded({"type": "log", "rows": rows}))
        self._viewers[page].append(viewer)
        return viewer

    def remove(self, viewer: Viewer) -> None:
        """A page has gone."""
        if viewer in self._viewers[viewer.page]:
            self._viewers[viewer.page].remove(viewer)

    def push(self) -> None:
        """Tell everyone what has changed."""
        for page, viewers in self._viewers.items():
            if viewers:
                self._push(page)

    def _push(self, page: Page) -> None:
        known, fresh = self._known[page], self._made(page)
        changed = {name: text for name, text in fresh.items() if known.get(name) != text}
        gone = dict.fromkeys(known.keys() - fresh.keys(), "null")
        self._known[page] = fresh
        if changed or gone:
            self._tell(page, _state({**changed, **gone}))
        if knows_truth(self._run, page):
            rows, self._logged_count[page] = log_rows(self._run, self._logged_count[page])
            if rows:
                self._tell(page, encoded({"type": "log", "rows": rows}))

    def _made(self, page: Page) -> dict[str, str]:
        return {name: encoded(section) for name, section in sections(self._run, page).items()}

    def tell_all(self, **message: Any) -> None:
        """Tell every page something."""
        text = encoded(message)
        for page in Page:
            self._tell(page, text)

    def _tell(self, page: Page, text: str) -> None:
        for viewer in tuple(self._viewers[page]):
            viewer.tell(text)

    async def live(self) -> None:
        """Tell everyone again and again while time passes."""
        while True:
            run = self._run
            is_fast = run.rate_frac > 1.0 or bool(run.held)
            await asyncio.sleep(FAST_TICK_S if is_fast else SLOW_TICK_S)
            if not run.session.clock.paused and not run.over and self.is_looked_at:
                self.push()

    def close(self) -> None:
        """Look no more."""
        self._take_off()


def _state(texts: dict[str, str]) -> str:
    return '{"type":"state",' + ",".join(f'"{name}":{text}' for name, text in texts.items()) + "}"


def encoded(value: object) -> str:
    """Give a value as one line of JSON."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
