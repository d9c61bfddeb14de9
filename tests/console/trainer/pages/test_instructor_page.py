"""The instructor's page, in a browser, with the trainee's and the projector's beside it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from scenarios.verbs import VERBS
from tests.console.trainer.browsing import DESKTOP, PHONE, Scheme, Visit, settled, violations
from tests.console.trainer.served import PATIENCE_S

NOMINAL = "scenario=bag-7-day-nominal&script=faults"
"""A bag that runs from 08:10 on, and nothing that goes wrong."""

KINKED = "downstream line kinked"


def opened(visit: Visit, run_id: str, page: str = "instructor", **options: Any) -> Page:
    return settled(visit.window(f"/run/{run_id}/{page}", **options))


def rows(page: Page) -> Locator:
    return page.locator("#log [role=option]")


def press(page: Page, name: str) -> None:
    """Press a button, and wait until the server has done it."""
    page.get_by_role("button", name=name, exact=True).click()


def drawn(page: Page) -> None:
    """Wait until everything that was told so far has been drawn: times are drawn with the next picture."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def skip(page: Page, name: str) -> None:
    """Let time pass at once, and wait until it has."""
    before = page.locator("#moment").inner_text()
    press(page, name)
    expect(page.locator("#moment")).not_to_have_text(before)


def truth_of(visit: Visit, run_id: str) -> dict[str, Any]:
    """What is true in a run now, as a page is told."""
    with visit.server.page("instructor", run_id) as told:
        return {"truth": told.state["truth"], "clock": told.state["clock"], "panel": told.state["panel"]}


def story_of(page: Page) -> list[str]:
    return rows(page).all_inner_texts()


# ---------------------------------------------------------------- in step


def test_a_key_on_the_trainees_page_shows_on_all_three(visit: Visit) -> None:
    run_id = visit.begin(NOMINAL)
    instructor = opened(visit, run_id)
    trainee = visit.window(f"/run/{run_id}/trainee")
    projector = opened(visit, run_id, "projector")
    press(instructor, "Begin")
    expect(instructor.locator("#pace")).to_have_text("runs at 1x")
    trainee.locator("#device [data-key=stop]").click()
    for page in (instructor, trainee, projector):
        expect(page.locator("#device .lcd")).to_contain_text("STOPPED")
    expect(rows(instructor).filter(has_text="stopped").first).to_be_visible()


def test_a_key_can_be_pressed_at_the_instructors_page_too(visit: Visit) -> None:
    page = opened(visit, visit.begin(NOMINAL))
    press(page, "Begin")
    expect(page.locator("#pace")).to_have_text("runs at 1x")
    page.locator("#device [data-key=info]").press("Enter")
    expect(page.locator("#device .lcd")).to_contain_text("0.6")
    expect(page.locator("#keys-said")).to_be_empty()


def test_two_runs_do_not_disturb_each_other(visit: Visit) -> None:
    ids = [visit.begin(NOMINAL) for _ in range(2)]
    pages = [opened(visit, run_id) for run_id in ids]
    before = truth_of(visit, ids[1])
    story = story_of(pages[1])
    press(pages[0], "Kink below pump")
    skip(pages[0], "+1 h")
    expect(pages[0].locator("#alarm")).to_contain_text("occlusion")
    assert truth_of(visit, ids[1]) == before
    assert story_of(pages[1]) == story
    expect(pages[1].locator("#alarm")).to_be_empty()


# ---------------------------------------------------------------- making things happen


def test_a_kink_is_made_and_the_alarm_comes_when_it_would(visit: Visit) -> None:
    page = opened(visit, visit.begin(NOMINAL))
    press(page, "Kink below pump")
    expect(page.locator("#acts-said")).to_have_text("Done: Kink below pump.")
    expect(page.locator(".ways")).to_contain_text("Kinked below the pump")
    skip(page, "+10 min")
    expect(page.locator(".gap")).to_contain_text("No drug for 10 min (occluded): 3 h 50 min left of 4 h.")
    for _ in range(2):
        skip(page, "Next event")
    # from the vein's 10 to 525 mmHg at 0.8 uL/mmHg and 0.6 mL/h are 41 min 12 s (docs/physics.md)
    expect(rows(page).filter(has_text="HIGH OCCLUSION_DOWNSTREAM")).to_contain_text("08:51:12")
    expect(page.locator("#alarm")).to_contain_text("high priority alarm: Downstream occlusion")
    press(page, "Kink below pump: Straight")
    expect(page.locator(".ways")).not_to_contain_text("Kinked")


def test_every_verb_has_a_form_with_all_its_parameters(visit: Visit) -> None:
    page = opened(visit, visit.begin(NOMINAL))
    offered = page.locator("#verb option")
    assert {each.get_attribute("value") for each in offered.all()} == set(VERBS)
    for verb in VERBS.values():
        page.locator("#verb").select_option(verb.name)
        fields = page.locator("#verb-fields [name]")
        hand = ["by"] if verb.room in ("pump", "people") else []
        names = [each.get_attribute("name") for each in fields.all()]
        assert names == [field.key for field in verb.parameters] + hand
        empty = page.locator("#verb-fields :required").evaluate_all("all => all.filter(each => !each.value)")
        assert empty == [], f"{verb.name}: what has to be filled in holds an example"


def test_a_verb_is_found_filled_in_and_done(visit: Visit) -> None:
    page = opened(visit, visit.begin(NOMINAL))
    page.locator("#verb-find").fill("LEAK opens")
    assert page.locator("#verb option").all_inner_texts() == ["leak: a leak opens"]
    page.locator("#verb-fields [name=fraction]").fill("0.25")
    page.locator("#verb-fields [name=where]").select_option("downstream")
    press(page, "Do it now")
    expect(page.locator("#verb-said")).to_have_text("Done: leak.")
    expect(rows(page).last).to_contain_text("downstream leak 25%")


def test_what_cannot_be_done_is_said_where_it_was_asked(visit: Visit) -> None:
    page = opened(visit, visit.begin(NOMINAL))
    story = story_of(page)
    page.locator("#verb-find").fill("leak opens")
    page.locator("#verb-fields [name=fraction]").fill("2")
    press(page, "Do it now")
    expect(page.locator("#verb-said")).to_contain_text("fraction")
    expect(page.locator("#verb-said")).to_have_attribute("data-look", "bad")
    assert story_of(page) == story


def test_a_host_gets_a_port_and_its_line_can_go_wrong(visit: Visit) -> None:
    page = opened(visit, visit.begin(NOMINAL))
    silent = page.get_by_role("button", name="Silent for 2 min", exact=True)
    expect(silent).to_be_hidden()
    page.locator("#dialect").select_option("ambupump")
    press(page, "Set")
    expect(page.locator("#port-url")).to_contain_text("socket://127.0.0.1:")
    silent.click()
    expect(rows(page).last).to_contain_text("on the line: silence for 120 s")
    page.locator("#dialect").select_option("")
    press(page, "Set")
    expect(silent).to_be_hidden()


# ---------------------------------------------------------------- the clock


def test_the_clock_goes_stands_and_jumps(visit: Visit) -> None:
    page = opened(visit, visit.begin(NOMINAL))
    expect(page.locator("#pace")).to_have_text("not begun")
    expect(page.locator("#tod")).to_have_text("08:10:00")
    press(page, "60x")
    expect(page.get_by_role("button", name="60x", exact=True)).to_have_attribute("aria-pressed", "true")
    press(page, "Begin")
    expect(page.locator("#pace")).to_have_text("runs at 60x")
    expect(page.locator("#tod")).not_to_have_text("08:10:00")
    press(page, "Pause")
    expect(page.locator("#pace")).to_have_text("stands still")
    drawn(page)
    day = page.locator("#moment").inner_text()
    skip(page, "+1 d")
    expect(page.locator("#moment")).to_have_text(day.replace("0 d", "1 d"))


def test_letters_act_unless_something_is_typed_or_they_are_switched_off(visit: Visit) -> None:
    page = opened(visit, visit.begin(NOMINAL))
    page.keyboard.press("3")
    expect(page.get_by_role("button", name="60x", exact=True)).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("m")
    page.keyboard.type("p1n")
    expect(page.locator("#mark-text")).to_have_value("p1n")
    expect(page.locator("#pace")).to_have_text("not begun")
    page.locator("#mark-text").evaluate("field => field.blur()")
    page.get_by_text("Keys of this page").click()
    page.get_by_label("Letters act").uncheck()
    page.keyboard.press("1")
    page.get_by_label("Letters act").check()
    page.keyboard.press("p")
    expect(page.locator("#pace")).to_have_text("runs at 60x")


# ---------------------------------------------------------------- back, and on from there


def test_a_rewind_equals_never_having_gone_on(visit: Visit) -> None:
    """One run is kinked, goes on, and is gone back in; another has never been kinked. Both end alike."""
    gone, straight = visit.begin(NOMINAL), visit.begin(NOMINAL)
    page, other = opened(visit, gone), opened(visit, straight)
    for each in (page, other):
        skip(each, "+10 min")
    press(page, "Kink below pump")
    expect(rows(page).last).to_contain_text(KINKED)
    skip(page, "+1 h")
    rows(page).filter(has_text=KINKED).click()
    expect(page.locator("#at-words")).to_contain_text(f"just before: {KINKED}")
    press(page, "Go back and go on from there")
    page.wait_for_url(re.compile(rf"/run/(?!{gone})\w+/instructor$"))
    branch = page.url.split("/")[4]
    settled(page)
    assert KINKED not in " ".join(story_of(page))
    for each in (page, other):
        skip(each, "+10 min")
    assert truth_of(visit, branch) == truth_of(visit, straight)
    assert story_of(page) == story_of(other)


def test_all_pages_go_along_and_the_branches_are_listed(visit: Visit) -> None:
    run_id = visit.begin(NOMINAL)
    page = opened(visit, run_id)
    projector = opened(visit, run_id, "projector")
    press(page, "Kink below pump")
    skip(page, "+10 min")
    page.locator("#at").focus()
    page.keyboard.press("Home")
    press(page, "Go back and go on from there")
    page.wait_for_url(re.compile(rf"/run/(?!{run_id})\w+/instructor$"))
    projector.wait_for_url(page.url.replace("instructor", "projector"))
    expect(page.locator("#tod")).to_have_text("08:10:00")
    family = page.locator(".family a")
    assert family.all_inner_texts() == ["The first", "From 0 d 00:10:00"]
    expect(family.nth(1)).to_have_attribute("aria-current", "page")
    family.nth(0).click()
    page.wait_for_url(f"**/run/{run_id}/instructor")
    expect(rows(page).last).to_be_visible()
    assert KINKED in " ".join(story_of(page)), "the first is kept as it was"


def test_a_branch_goes_on_with_what_its_pages_have_seen(visit: Visit) -> None:
    run_id = visit.begin(NOMINAL)
    page = opened(visit, run_id)
    for _ in range(2):
        skip(page, "+10 min")
    begins = page.locator(".charts .tick:not(.y, .end)")
    expect(begins).to_have_text(["08:10:00"] * 4)
    page.locator("#at").fill("1200")
    press(page, "Go back and go on from there")
    page.wait_for_url(re.compile(rf"/run/(?!{run_id})\w+/instructor$"))
    expect(page.locator("#tod")).to_have_text("08:20:00")
    expect(begins).to_have_text(["08:10:00"] * 4)
    expect(page.locator(".charts .tick.end")).to_have_text(["08:20:00"] * 4)


def test_rows_are_chosen_with_the_arrow_keys(visit: Visit) -> None:
    page = opened(visit, visit.begin(NOMINAL))
    press(page, "Kink below pump")
    expect(rows(page).last).to_contain_text(KINKED)
    page.keyboard.press("l")
    expect(page.locator("#log")).to_be_focused()
    page.keyboard.press("End")
    expect(rows(page).last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    expect(rows(page).nth(-2)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("b")
    expect(page.locator("#at")).to_be_focused()


def test_a_mark_stands_in_the_log_at_its_moment(visit: Visit) -> None:
    page = opened(visit, visit.begin(NOMINAL))
    skip(page, "+10 min")
    page.get_by_label("A mark on this moment").fill("looked at the <b>line</b>")
    press(page, "Mark")
    mark = page.locator("#log [data-lane=mark]")
    expect(mark).to_contain_text("looked at the <b>line</b>")
    expect(mark).to_contain_text("08:20:00")
    mark.click()
    expect(page.locator("#at-words")).to_contain_text("08:20:00, 0 d 00:20:00, at: looked")


# ---------------------------------------------------------------- the truth


def test_the_truth_is_shown_to_the_room_and_hidden_again(visit: Visit) -> None:
    run_id = visit.begin(NOMINAL)
    page, projector = opened(visit, run_id), opened(visit, run_id, "projector")
    expect(projector.locator("#truth-pane")).to_be_hidden()
    show = page.get_by_role("button", name="Show on the projector")
    show.click()
    expect(show).to_have_attribute("aria-pressed", "true")
    expect(projector.locator("#truth-pane")).to_be_visible()
    show.click()
    expect(show).to_have_attribute("aria-pressed", "false")
    expect(projector.locator("#truth-pane")).to_be_hidden()


def test_gauges_and_figures_are_those_of_the_truth(visit: Visit) -> None:
    run_id = visit.begin(NOMINAL)
    page = opened(visit, run_id)
    press(page, "Kink below pump")
    skip(page, "+10 min")
    truth = truth_of(visit, run_id)["truth"]
    # 0.1 mL into 0.8 uL/mmHg on top of the 10 mmHg of the vein (docs/physics.md)
    assert truth["p_down_mmhg"] == pytest.approx(10.18 + 0.1 / 0.0008, abs=0.5)
    below = page.get_by_role("meter", name="Pressure below")
    expect(below).to_have_attribute("aria-valuenow", f"{truth['p_down_mmhg']:.1f}".removesuffix(".0"))
    expect(below).to_have_attribute("aria-valuetext", re.compile("alarm at 525 mmHg"))
    expect(page.locator(".figures div").filter(has_text="Believed")).to_contain_text("0.1 mL")
    expect(
        page.get_by_role("img", name=re.compile("^Volume: now delivered 0 mL, believed 0.1 mL"))
    ).to_be_visible()


# ---------------------------------------------------------------- lessons


def test_a_lesson_is_followed_with_its_tasks_and_its_answer(visit: Visit) -> None:
    page = opened(visit, visit.begin("lesson=first-bag"))
    lesson = page.locator("#lesson")
    expect(lesson.locator(".tasks li").first).to_be_visible()
    expect(lesson.get_by_text("Model answer")).to_be_visible()
    with visit.server.page("instructor", page.url.split("/")[4]) as told:
        tasks, facts = told.state["tasks"]["tasks"], told.hello["facts"]["lesson"]
    for task in tasks:
        expect(lesson).to_contain_text(task["text"])
    for_trainer = lesson.locator("details").filter(has_text="For the trainer")
    expect(for_trainer.locator("p").first).to_be_hidden()
    for_trainer.locator("summary").click()
    expect(for_trainer.locator("p").first).to_be_visible()
    assert facts["for_trainer"].split()[0] in for_trainer.inner_text()


def test_what_a_trainee_does_wrong_is_said_to_the_instructor_as_it_happens(visit: Visit) -> None:
    page = opened(visit, visit.begin("lesson=silent-clot"))
    press(page, "Begin")
    expect(page.locator("#pace")).to_have_text("runs at 1x")
    with visit.server.page("trainee", page.url.split("/")[4]) as trainee:
        assert trainee.ask("do", verb="flush", params={"volume": "5 mL"})["type"] == "done"
        wrongs = trainee.see(lambda state: bool(state["tasks"]["wrongs"]))["tasks"]["wrongs"]
    expect(page.locator(".wrongs li").first).to_contain_text(wrongs[0]["text"])


def test_a_run_without_a_lesson_has_no_pane_for_one(visit: Visit) -> None:
    expect(opened(visit, visit.begin(NOMINAL)).locator("#lesson")).to_be_hidden()


# ---------------------------------------------------------------- afterwards


def test_what_happened_is_saved_as_a_scenario_that_replays_to_the_same(visit: Visit, tmp_path: Path) -> None:
    run_id = visit.begin(NOMINAL)
    page = opened(visit, run_id)
    press(page, "Kink below pump")
    skip(page, "+1 h")
    press(page, "Kink below pump: Straight")
    expect(rows(page).last).to_contain_text("straightened")
    skip(page, "+10 min")
    with page.expect_download() as saving:
        page.get_by_role("link", name="Save as a scenario").click()
    file = tmp_path / "saved.toml"
    saving.value.save_as(file)
    told = truth_of(visit, run_id)
    replayed = subprocess.run(
        [sys.executable, "-m", "console", "replay", str(file), "--json"],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=True,
    )
    result = json.loads(replayed.stdout)
    assert result["end_s"] == pytest.approx(told["clock"]["now_s"], abs=1e-3)
    for name in ("delivered_ml", "believed_ml", "shortfall_ml"):
        assert result[name] == pytest.approx(told["truth"][name], abs=1e-4), name
    assert [alarm["code"] for alarm in result["alarms"]] == ["OCCLUSION_DOWNSTREAM"]
    raised = rows(page).filter(has_text="HIGH OCCLUSION_DOWNSTREAM")
    assert raised.count() == 1
    # kinked at the start, at 600 s: from the vein's 10 to 525 mmHg at 0.8 uL/mmHg and 0.6 mL/h are 2472 s
    assert result["alarms"][0]["raised_s"] == pytest.approx(600.0 + 2472.0, abs=0.1)


def test_a_run_is_finished_only_when_asked_twice(visit: Visit) -> None:
    page = opened(visit, visit.begin(NOMINAL))
    press(page, "Finish the run")
    press(page, "Go on")
    expect(page.locator("#pace")).to_have_text("not begun")
    press(page, "Finish the run")
    press(page, "Finish it for good")
    expect(page.locator("#pace")).to_have_text("over")
    expect(page.get_by_role("button", name="Next event")).to_be_disabled()


# ---------------------------------------------------------------- for everyone


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_everyone_can_use_it(visit: Visit, scheme: Scheme, size: tuple[int, int]) -> None:
    page = opened(visit, visit.begin("lesson=first-bag"), scheme=scheme, size=size)
    press(page, "Kink below pump")
    skip(page, "+1 h")
    page.get_by_label("A mark on this moment").fill("seen")
    press(page, "Mark")
    expect(page.locator("#log [data-lane=mark]")).to_be_visible()
    press(page, "Show on the projector")
    for summary in page.locator("summary").all():
        summary.click()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_the_page_says_when_its_connection_is_lost_and_comes_back(visit: Visit) -> None:
    page = opened(visit, visit.begin(NOMINAL))
    page.context.set_offline(True)
    expect(page.locator("#pace")).to_contain_text("Connection lost")
    page.context.set_offline(False)
    expect(page.locator("#pace")).to_have_text("not begun")
    visit.complaints.clear()
