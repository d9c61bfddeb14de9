"""The projector's page, in a browser: a room reads it and touches nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from pump.alarm_table import ALARM_BY_CODE
from tests.console.trainer.browsing import LARGE_WALL, PHONE, WALL, Scheme, Visit, settled, violations
from tests.console.trainer.served import Page as Told

NOMINAL = "scenario=bag-7-day-nominal&script=faults"

READABLE_FRAC = 1 / 50
"""The least size of letters that a room has to read, as part of the picture's height: from six heights away
their capitals (0.7 of it) are 8 minutes of arc high. An eye with full sight needs 5."""

BOTH = pytest.mark.parametrize("size", [WALL, LARGE_WALL], ids=["720", "1080"])


@contextmanager
def kinked(visit: Visit, *, truth: bool) -> Iterator[tuple[str, Told]]:
    """A run whose line has been kinked for an hour, and its instructor."""
    run_id = visit.begin(NOMINAL)
    with visit.server.page("instructor", run_id) as instructor:
        instructor.ask("inject", verb="kink", params={})
        instructor.ask("clock", what="skip", span="1 h")
        instructor.ask("show", truth=truth)
        yield run_id, instructor


def opened(visit: Visit, run_id: str, size: tuple[int, int] = WALL, scheme: Scheme = "light") -> Page:
    return settled(visit.window(f"/run/{run_id}/projector", size=size, scheme=scheme))


def letters_px(page: Page, selector: str) -> float:
    """How high the letters of an element are."""
    size: str = page.locator(selector).first.evaluate("element => getComputedStyle(element).fontSize")
    return float(size.removesuffix("px"))


@BOTH
@pytest.mark.parametrize("truth", [False, True], ids=["without", "with-truth"])
def test_everything_is_in_one_picture(visit: Visit, size: tuple[int, int], truth: bool) -> None:
    with kinked(visit, truth=truth) as (run_id, _):
        page = opened(visit, run_id, size)
        expect(page.locator("#alarm")).to_contain_text("Downstream occlusion")
        width, height = size
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate("document.documentElement.scrollHeight") <= height
        boxes = [
            page.locator(name).bounding_box()
            for name in (
                ".wall-top",
                "#device",
                "#line",
                *(["#truth"] if truth else []),
                "#alarm",
                ".wall-foot",
            )
        ]
        for box in boxes:
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
            assert box["y"] >= 0
            assert box["y"] + box["height"] <= height
        top, foot = boxes[0], boxes[-2]
        assert top is not None
        assert foot is not None
        for box in boxes[1:-2]:
            assert box is not None
            assert box["y"] >= top["y"] + top["height"] - 1, "nothing stands over the time"
            assert box["y"] + box["height"] <= foot["y"] + 1, "nor under the alarm"


@BOTH
def test_a_room_can_read_it(visit: Visit, size: tuple[int, int]) -> None:
    with kinked(visit, truth=True) as (run_id, _):
        page = opened(visit, run_id, size)
        expect(page.locator("#alarm .what")).to_be_visible()
        height = size[1]
        for selector in ("#alarm .help", "#device .lcd-text", "#truth dd", "#pace", ".gap p"):
            assert letters_px(page, selector) >= READABLE_FRAC * height, selector
        assert letters_px(page, "#alarm .what") >= 2 * READABLE_FRAC * height
        assert letters_px(page, "#tod") >= 4 * READABLE_FRAC * height


def test_the_alarm_stands_in_large_letters_with_what_to_do(visit: Visit) -> None:
    run_id = visit.begin(NOMINAL)
    page = opened(visit, run_id)
    expect(page.locator("#alarm")).to_have_text("No alarm")
    with visit.server.page("instructor", run_id) as instructor:
        instructor.ask("inject", verb="detach_cassette", params={})
    alarm = page.locator("#alarm")
    expect(alarm).to_have_attribute("data-priority", "high")
    row = ALARM_BY_CODE["CASSETTE_DETACHED"]
    expect(alarm.locator(".what")).to_have_text(f"high{row.display}")
    expect(alarm.locator(".help")).to_have_text(row.help)


def test_the_truth_comes_and_goes_with_the_last_of_the_log(visit: Visit) -> None:
    with kinked(visit, truth=False) as (run_id, instructor):
        page = opened(visit, run_id)
        expect(page.locator("#truth-pane")).to_be_hidden()
        expect(page.locator("#log-pane")).to_be_hidden()
        instructor.ask("show", truth=True)
        expect(page.locator("#truth-pane")).to_be_visible()
        expect(page.locator(".ways")).to_contain_text("Kinked below the pump")
        expect(page.locator("#log li").first).to_contain_text("turned back")
        instructor.ask("show", truth=False)
        expect(page.locator("#truth-pane")).to_be_hidden()
        expect(page.locator("#log-pane")).to_be_hidden()


def test_nothing_can_be_touched_but_the_sound(visit: Visit) -> None:
    page = opened(visit, visit.begin(NOMINAL))
    assert page.locator("button, input, select, textarea, [tabindex='0']").count() == 1
    page.get_by_role("button", name="Sound is off").click()
    expect(page.locator("#sound")).to_have_text("Sound is on: press to mute")


def test_a_scenario_is_named_only_with_the_truth(visit: Visit) -> None:
    """Its title says what goes wrong in it."""
    run_id = visit.begin("scenario=kink-cleared-in-time&script=faults")
    page = opened(visit, run_id)
    expect(page.locator("h1")).to_have_text("A pump in somebody's care")
    with visit.server.page("instructor", run_id) as instructor:
        instructor.ask("inject", verb="kink", params={})
        expect(page.locator("#line svg text", has_text="kink")).to_have_count(0)
        instructor.ask("show", truth=True)
        expect(page.locator("h1")).to_contain_text("A kinked line")
        expect(page.locator("#line svg text", has_text="kink")).to_have_count(1)
        instructor.ask("show", truth=False)
        expect(page.locator("h1")).to_have_text("A pump in somebody's care")


def test_the_time_goes_as_the_run_does(visit: Visit) -> None:
    run_id = visit.begin(NOMINAL)
    page = opened(visit, run_id)
    expect(page.locator("#tod")).to_have_text("08:10:00")
    expect(page.locator("#pace")).to_have_text("not begun")
    with visit.server.page("instructor", run_id) as instructor:
        instructor.ask("clock", what="rate", rate_frac=600)
        instructor.ask("clock", what="resume")
        expect(page.locator("#pace")).to_have_text("600x")
        expect(page.locator("#tod")).not_to_have_text("08:10:00")
        instructor.ask("clock", what="pause")
    expect(page.locator("#pace")).to_have_text("stands still")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("truth", [False, True], ids=["without", "with-truth"])
@pytest.mark.parametrize("size", [WALL, PHONE], ids=["wall", "phone"])
def test_everyone_can_follow_it(visit: Visit, scheme: Scheme, truth: bool, size: tuple[int, int]) -> None:
    with kinked(visit, truth=truth) as (run_id, _):
        page = opened(visit, run_id, size, scheme)
        expect(page.locator("#alarm .what")).to_be_visible()
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
