"""The start page, in a browser: what can be begun, and how."""

from __future__ import annotations

import re
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from console.trainer.lessons import lesson, lesson_ids
from scenarios.loader import library
from tests.console.trainer.browsing import DESKTOP, PHONE, Scheme, Visit, violations

INSTRUCTOR: Final = re.compile(r"/run/(\w+)/instructor$")


def run_at(page: Page) -> str:
    """The run whose instructor's page this is."""
    page.wait_for_url(INSTRUCTOR)
    found = INSTRUCTOR.search(page.url)
    assert found is not None
    return found[1]


def test_every_lesson_and_every_scenario_can_be_begun(visit: Visit) -> None:
    page = visit.window("/")
    for name in lesson_ids():
        card = page.locator(".lessons > li").filter(has=page.locator(f'button[name=lesson][value="{name}"]'))
        expect(card.locator("h3")).to_have_text(lesson(name).title)
        assert card.locator(".aims li").all_inner_texts() == list(lesson(name).aims)
    offered = page.locator("#scenarios button")
    assert [each.get_attribute("value") for each in offered.all()] == [each.id for each in library()]


def test_a_run_is_begun_without_a_script_as_the_form_says(visit: Visit) -> None:
    page = visit.window("/", java_script_enabled=False)
    page.get_by_label("Trainee's name").fill("  Mrs  Adeyemi ")
    page.get_by_label("May tap").check()
    page.get_by_label("The trainee's hand is the").select_option("nurse")
    page.locator('#scenarios button[value="bag-7-day-nominal"]').click()
    with visit.server.page("instructor", run_at(page)) as told:
        run = told.hello["run"]
    assert (run["trainee"], run["policy"], run["hand"], run["alone"]) == (
        "Mrs Adeyemi",
        "may-tap",
        "nurse",
        False,
    )
    assert (run["lesson"], run["mode"]) == ("", "free")
    assert run["begin_s"] == 600.0, (
        "only what goes wrong is the choice unless told: it begins at the first start"
    )


def test_a_lesson_is_begun_in_the_mode_that_is_chosen(visit: Visit) -> None:
    page = visit.window("/")
    page.get_by_label("Assessment").check()
    page.locator('button[name=lesson][value="first-bag"]').click()
    with visit.server.page("instructor", run_at(page)) as told:
        assert (told.hello["run"]["lesson"], told.hello["run"]["mode"]) == ("first-bag", "assessment")


def test_a_blank_pump_has_no_script(visit: Visit) -> None:
    page = visit.window("/")
    page.get_by_role("button", name="Begin with a blank pump").click()
    kept = visit.server.get(f"/run/{run_at(page)}/scenario.toml")[1]
    assert "[[step]]" not in kept
    assert 'id = "run-' in kept


def test_people_of_a_scenario_act_only_if_asked_for(visit: Visit) -> None:
    with_people = next(each for each in library() if each.setup.response is not None)
    for is_wanted in (False, True):
        page = visit.window("/")
        if is_wanted:
            page.get_by_label("People of the scenario act too").check()
        page.locator(f'#scenarios button[value="{with_people.id}"]').click()
        with visit.server.page("instructor", run_at(page)) as told:
            told.ask("clock", what="skip", span="3 d")
        done = visit.server.get(f"/run/{run_at(page)}/scenario.toml")[1]
        assert ('by = "caregiver"' in done) is is_wanted


def test_the_list_shows_what_is_looked_for(visit: Visit) -> None:
    page = visit.window("/")
    shown = page.locator("#scenarios > li:visible")
    page.get_by_role("searchbox").fill("KINK night")
    wanted = [
        each.id
        for each in library()
        if all(word in f"{each.id} {each.title} {' '.join(each.tags)}".lower() for word in ("kink", "night"))
    ]
    assert wanted
    expect(shown).to_have_count(len(wanted))
    expect(page.locator("#found")).to_have_text(f"{len(wanted)} of {len(library())} scenarios")
    page.get_by_role("searchbox").fill("")
    expect(shown).to_have_count(len(library()))


def test_enter_in_a_field_begins_nothing(visit: Visit) -> None:
    page = visit.window("/")
    page.get_by_label("Trainee's name").fill("A")
    page.get_by_label("Trainee's name").press("Enter")
    page.get_by_role("searchbox").press("Enter")
    assert page.url == f"{visit.server.address}/"
    expect(page.locator("h1")).to_have_text("Begin a run")


def test_the_last_runs_are_there_to_go_on_with(visit: Visit) -> None:
    run_id = visit.begin("scenario=bag-7-day-nominal&trainee=Ines+the+last")
    page = visit.window("/")
    row = page.locator("tbody tr").first
    expect(row).to_contain_text("Ines the last")
    row.locator("th a").click()
    assert run_at(page) == run_id


def test_a_form_that_cannot_be_carried_out_says_why(visit: Visit) -> None:
    page = visit.window("/")
    page.locator("#hand option").first.evaluate("option => option.value = 'surgeon'")
    page.get_by_label("The trainee's hand is the").select_option("surgeon")
    page.get_by_role("button", name="Begin with a blank pump").click()
    expect(page.locator(".says.bad")).to_contain_text("hand: 'surgeon' is not on offer")
    page.get_by_role("link", name="Choose again").click()
    expect(page.locator("h1")).to_have_text("Begin a run")
    assert any("400" in each for each in visit.complaints), "the browser notes the status"
    visit.complaints.clear()


def test_what_is_not_there_says_so_and_leads_back(visit: Visit) -> None:
    page = visit.window("/run/nobody/instructor")
    expect(page.locator("main")).to_contain_text("/run/nobody/instructor")
    page.get_by_role("link", name="To the start").click()
    expect(page.locator("h1")).to_have_text("Begin a run")
    visit.complaints.clear()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_everyone_can_use_it(visit: Visit, scheme: Scheme, size: tuple[int, int]) -> None:
    visit.begin("scenario=bag-7-day-nominal")
    page = visit.window("/", scheme=scheme, size=size)
    assert violations(page) == []
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= size[0], "nothing is wider than the window"
