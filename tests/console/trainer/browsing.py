"""Looking at pages as a person does, and noticing what a person would not."""

from __future__ import annotations

import shutil
from typing import Any, Final, Literal

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has no types
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect

from tests.console.trainer.served import Served

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser")

Scheme = Literal["light", "dark"]

DESKTOP: Final = (1440, 900)
PHONE: Final = (390, 844)
WALL: Final = (1280, 720)
LARGE_WALL: Final = (1920, 1080)

PATIENCE_MS: Final = 10_000

expect.set_options(timeout=PATIENCE_MS)


class Visit:
    """Windows of one browser at one server, and all that their pages complained of."""

    def __init__(self, browser: Browser, server: Served) -> None:
        self.server = server
        self.complaints: list[str] = []
        self._browser = browser
        self._contexts: list[BrowserContext] = []

    def window(
        self, path: str, *, size: tuple[int, int] = DESKTOP, scheme: Scheme = "light", **options: Any
    ) -> Page:
        """Open a page in a window of its own, as another person has it."""
        width, height = size
        context = self._browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, **options
        )
        self._contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("request", self._watch)
        page.goto(self.server.address + path)
        return page

    def begin(self, form: str) -> str:
        """Begin a run as the start page's form does; gives its id."""
        return self.server.begin(form)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.type}: {message.text}")

    def _watch(self, request: Request) -> None:
        if not request.url.startswith((self.server.address, "data:", "blob:")):
            self.complaints.append(f"asked elsewhere: {request.url}")

    def close(self) -> None:
        """Close every window."""
        for context in self._contexts:
            context.close()


def violations(page: Page) -> list[str]:
    """What axe finds wrong with a page: rule, and where."""
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {', '.join(' '.join(map(str, node['target'])) for node in each['nodes'])}"
        for each in found
    ]


def settled(page: Page) -> Page:
    """Wait until a page of a run is joined to it."""
    expect(page.locator("#pace")).not_to_have_text("joining")
    return page
