"""The line between a page and its run: it breaks, the page says so, does nothing, and comes back."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.console.trainer.browsing import Visit
from tests.console.trainer.served import Served, serving
from tests.console.trainer.training import begun, done, edges, hand, key, line, until

LOST = "Connection lost. Trying again."


@pytest.fixture
def lonely(browser: Browser, tmp_path: Path) -> Iterator[Visit]:
    """A visit to a server of its own. What a browser says of what is not there is no complaint."""
    with serving(tmp_path) as served:
        visit = Visit(browser, served)
        yield visit
        visit.close()
        assert [each for each in visit.complaints if "net::ERR" not in each and "404" not in each] == []


def port_no(served: Served) -> int:
    return int(served.address.rpartition(":")[2])


def expect_lost(page: Page) -> None:
    """See that a page says that it is alone, and takes nothing."""
    expect(page.locator("#link")).to_have_text(LOST)
    expect(page.locator("#link")).to_have_attribute("role", "status")
    expect(key(page, "Stop")).to_have_attribute("aria-disabled", "true")
    expect(hand(page, "Tap the line")).to_have_attribute("aria-disabled", "true")
    expect(page.locator("#finish")).to_have_attribute("aria-disabled", "true")


def test_a_server_that_is_killed_and_begun_again_finds_its_pages(lonely: Visit, tmp_path: Path) -> None:
    page = begun(lonely)
    hand(page, "Close the clamp between pump and patient").click()
    expect(hand(page, "Open the clamp between pump and patient")).to_be_visible()
    lonely.server.kill()
    expect_lost(page)
    with serving(tmp_path, port_no=port_no(lonely.server)) as again:
        expect(page.locator("#link")).to_be_hidden()
        expect(page.locator("#standing")).to_have_text("Time stands still. Go on when you are ready.")
        expect(hand(page, "Open the clamp between pump and patient")).to_be_visible()
        page.get_by_role("button", name="Go on").click()
        expect(key(page, "Stop")).not_to_have_attribute("aria-disabled", "true")
        key(page, "Stop").click()
        expect(line(page, 1)).to_have_text("STOPPED")
        lonely.server = again
        assert done(lonely, page) == ["clamp", "key_down", "key_up"]


def test_a_run_that_is_gone_for_good_is_said_to_be(lonely: Visit, tmp_path: Path) -> None:
    page = begun(lonely)
    lonely.server.kill()
    expect_lost(page)
    with serving(tmp_path / "elsewhere", port_no=port_no(lonely.server)):
        expect(page.locator("#link")).to_have_text("This run is not kept here any more.")
        until(page, "ambupump.live.link === 'gone'")


def test_a_network_that_drops_is_noticed_at_once_and_joined_at_once(lonely: Visit) -> None:
    page = begun(lonely)
    key(page, "Info").hover()
    page.mouse.down()
    expect(key(page, "Info")).to_have_attribute("data-held", "")
    page.context.set_offline(True)
    expect_lost(page)
    expect(key(page, "Info")).not_to_have_attribute("data-held", "")
    page.mouse.up()
    page.context.set_offline(False)
    expect(page.locator("#link")).to_be_hidden()
    expect(key(page, "Stop")).not_to_have_attribute("aria-disabled", "true")
    assert edges(lonely, page) == [("key_down", "info"), ("key_up", "info")], "the server let the key go"


def test_what_was_asked_when_the_line_broke_is_said_to_be_unknown(lonely: Visit) -> None:
    page = begun(lonely)
    page.evaluate("ambupump.live.answerMs = 500")
    os.kill(lonely.server.process.pid, signal.SIGSTOP)
    try:
        hand(page, "Unplug the pump").click()
        expect(page.locator("#hand-refusal")).to_have_text(
            "The connection was lost while that was asked. Look at the pump before you do it again."
        )
        expect_lost(page)
    finally:
        os.kill(lonely.server.process.pid, signal.SIGCONT)
    expect(page.locator("#link")).to_be_hidden()
    expect(hand(page, "Plug the pump in")).to_be_visible()
    assert done(lonely, page) == ["unplug"], "it was done once, and not asked again"


def test_it_is_tried_less_and_less_often_but_never_given_up(lonely: Visit) -> None:
    page = begun(lonely)
    waits_ms = page.evaluate(
        """[...Array(8)].map(() => {
            ambupump.live.retry();
            return ambupump.live.waitMs;
        })"""
    )
    assert waits_ms[:4] == [800, 1600, 3200, 6400]
    assert set(waits_ms[4:]) == {8000}
    page.evaluate("ambupump.live.hurry()")
    expect(page.locator("#link")).to_be_hidden()
    assert page.evaluate("ambupump.live.waitMs") == 400


def test_an_attempt_that_ends_late_is_none(lonely: Visit) -> None:
    page = begun(lonely)
    page.evaluate(
        """() => {
            globalThis.sockets = 0;
            const Plain = WebSocket;
            globalThis.WebSocket = class extends Plain {
                constructor(...address) {
                    super(...address);
                    sockets += 1;
                }
            };
            ambupump.live.drop();
            ambupump.live.hurry();
            ambupump.live.hurry();
            ambupump.live.hurry();
        }"""
    )
    until(page, "ambupump.live.isOpen")
    assert page.evaluate("sockets") == 1
