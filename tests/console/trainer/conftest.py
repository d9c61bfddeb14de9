"""A real browser at a real server, for the tests of pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.console.trainer.browsing import CHROMIUM, Visit
from tests.console.trainer.served import Served, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A trainer with no run yet."""
    with serving(tmp_path_factory.mktemp("trainer")) as served:
        yield served


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window. It ends with its module: while it runs, asyncio is taken."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on the path: pages are not tried (apt-get install chromium)")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def visit(browser: Browser, server: Served) -> Iterator[Visit]:
    """A visit to the server. A page that complained or asked elsewhere fails the test."""
    visit = Visit(browser, server)
    yield visit
    visit.close()
    assert visit.complaints == []
