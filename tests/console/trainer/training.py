"""At a trainee's page: beginning, pressing, using hands, and what came of it."""

from __future__ import annotations

import tomllib
from typing import Any, Final

from playwright.sync_api import Locator, Page, expect

from tests.console.trainer.browsing import Visit

NOMINAL: Final = "scenario=bag-7-day-nominal&script=faults"
"""A pump that runs, and nothing goes wrong."""

KINK: Final = "scenario=kink-cleared-in-time&script=faults"
"""A pump that runs; on day 2 the line is kinked."""


def begun(visit: Visit, form: str = NOMINAL, **window: Any) -> Page:
    """The page of a trainee who works alone, and has begun."""
    page = waiting(visit, form, **window)
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("button", name="Begin")).to_be_hidden()
    expect(key(page, "Stop")).not_to_have_attribute("aria-disabled", "true")
    return page


def waiting(visit: Visit, form: str = NOMINAL, **window: Any) -> Page:
    """The page of a trainee who works alone, before the beginning."""
    page = visit.window(f"/run/{visit.begin(form + '&alone=on')}/trainee", **window)
    until(page, "globalThis.ambupump?.live.isOpen")
    return page


def key(page: Page, name: str) -> Locator:
    """A key of the pump."""
    return page.get_by_role("group", name="Keys of the pump").get_by_role("button", name=name, exact=True)


def line(page: Page, place: int) -> Locator:
    """A line of the display, from 1."""
    return page.locator(".lcd-line").nth(place - 1)


def steps(visit: Visit, page: Page) -> list[dict[str, Any]]:
    """What has been done in the world of the page's run since its beginning."""
    status, text = visit.server.get(
        page.url.removeprefix(visit.server.address).replace("/trainee", "/scenario.toml")
    )
    assert status == 200, text
    return [step for step in tomllib.loads(text)["step"] if step.get("by") is not None]


def done(visit: Visit, page: Page) -> list[str]:
    """The verbs that hands have carried out, in their order."""
    return [step["do"] for step in steps(visit, page)]


def edges(visit: Visit, page: Page) -> list[tuple[str, str]]:
    """The edges of keys, in their order."""
    return [(step["do"], step["key"]) for step in steps(visit, page) if step["do"].startswith("key_")]


def hand(page: Page, name: str) -> Locator:
    """A hand in the list."""
    return page.locator("#hands").get_by_role("button", name=name)


def inject(visit: Visit, page: Page, verb: str, **params: Any) -> None:
    """Have the instructor make something happen."""
    with visit.server.page("instructor", page.url.split("/")[4]) as instructor:
        assert instructor.ask("inject", verb=verb, params=params)["type"] == "done"


def until_the_pump_calls(page: Page) -> None:
    page.get_by_role("button", name="until the pump calls").click()
    expect(page.locator("#passed")).to_contain_text("passed")


def until(page: Page, holds: str) -> None:
    """Wait until a condition holds, as the page has it. (What Playwright waits with, the policy refuses.)"""
    page.evaluate(
        f"""() => new Promise((done) => {{
            const look = () => (({holds}) ? done() : setTimeout(look, 10));
            look();
        }})"""
    )


def asked_count(page: Page) -> int:
    """How often the page has asked for something so far."""
    count: int = page.evaluate("ambupump.live.number")
    return count


def answered(page: Page, *, since_count: int = 0) -> None:
    """Wait until everything that was asked has been answered, and more than `since_count` things were.

    What a dialog asks for goes out a moment after it has closed.
    """
    until(page, f"ambupump.live.number > {since_count} && ambupump.live.asked.size === 0")
