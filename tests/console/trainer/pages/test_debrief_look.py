"""Debrief, diary, class and list in a browser: for all eyes and hands, on any screen, and on paper."""

from __future__ import annotations

from typing import Final

import pytest
from playwright.sync_api import Page, expect

from tests.console.trainer.asking import begun, finish
from tests.console.trainer.browsing import DESKTOP, PHONE, Scheme, Visit, violations
from tests.console.trainer.served import Served

PAGES: Final = ("debrief", "diary", "class", "runs")
UPRIGHT, LYING = (688, 1000), (1016, 700)
"""As large as a sheet of A4 between its margins of 14 mm, at 96 to the inch."""


@pytest.fixture(scope="module")
def runs(server: Served) -> tuple[str, str]:
    """Two runs of the same thing, one of them over."""
    first, second = begun(server, "Zoe"), begun(server, "Anna")
    finish(server, first)
    return first, second


def path_of(name: str, runs: tuple[str, str]) -> str:
    return {
        "debrief": f"/run/{runs[0]}/debrief",
        "diary": f"/run/{runs[0]}/diary",
        "class": f"/class?run={runs[0]}&run={runs[1]}",
        "runs": "/runs",
    }[name]


def sticks_out(page: Page) -> bool:
    """Whether a page is wider than its window."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_pages_are_for_everybody(
    visit: Visit, runs: tuple[str, str], name: str, scheme: Scheme, size: tuple[int, int]
) -> None:
    page = visit.window(path_of(name, runs), scheme=scheme, size=size)
    assert violations(page) == []
    assert not sticks_out(page)


@pytest.mark.parametrize(
    ("name", "sheet"),
    [("debrief", UPRIGHT), ("diary", UPRIGHT), ("class", LYING)],
)
def test_pages_fit_on_paper(visit: Visit, runs: tuple[str, str], name: str, sheet: tuple[int, int]) -> None:
    page = visit.window(path_of(name, runs), size=sheet, scheme="dark")
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation")).to_be_hidden()
    expect(page.get_by_role("link", name="Record (JSON)")).to_have_count(0)
    assert not sticks_out(page)
    cut = page.eval_on_selector_all(
        ".scroll", "all => all.filter(each => each.scrollWidth > each.clientWidth + 1).length"
    )
    assert cut == 0, "nothing can be scrolled on paper"
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(254, 254, 254)", "paper is light, whatever the screen likes"
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


def test_figures_have_their_looks_under_the_pages_policy(visit: Visit, runs: tuple[str, str]) -> None:
    page = visit.window(path_of("debrief", runs))
    strokes = page.locator(".chart .line-1").evaluate_all(
        "all => all.map(each => getComputedStyle(each).stroke)"
    )
    assert len(strokes) >= 2
    assert set(strokes) == {"rgb(0, 103, 165)"}


def test_a_class_is_chosen_by_keyboard_alone(visit: Visit, runs: tuple[str, str]) -> None:
    page = visit.window("/runs")
    for run_id in runs:
        box = page.locator(f'input[name=run][value="{run_id}"]')
        for _ in range(60):
            if box.evaluate("each => each === document.activeElement"):
                break
            page.keyboard.press("Tab")
        page.keyboard.press("Space")
        expect(box).to_be_checked()
        page.evaluate("document.activeElement.blur()")
    page.get_by_role("button", name="Debrief of those chosen").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Debrief of 2 runs")


@pytest.mark.usefixtures("runs")
def test_the_list_is_filtered_without_a_script(visit: Visit) -> None:
    page = visit.window("/runs", java_script_enabled=False)
    page.get_by_label("Trainee").fill("anna")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("input[name=run]")).to_have_count(1)
    page.get_by_role("link", name="debrief of Anna").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Debrief")
