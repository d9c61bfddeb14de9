"""The trainee's page, in a browser: keys that are held, hands, the clock, the lesson and the diary."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.console.trainer.browsing import PHONE, Visit
from tests.console.trainer.training import (
    KINK,
    NOMINAL,
    answered,
    asked_count,
    begun,
    done,
    edges,
    hand,
    inject,
    key,
    line,
    steps,
    until,
    waiting,
)

# ---------------------------------------------------------------- keys


def test_a_key_is_held_as_long_as_the_mouse_holds_it(visit: Visit) -> None:
    page = begun(visit)
    key(page, "Stop").click()
    expect(line(page, 1)).to_have_text("STOPPED")
    key(page, "Run").hover()
    page.mouse.down()
    expect(key(page, "Run")).to_have_attribute("data-held", "")
    expect(line(page, 1)).to_have_text("RUNNING         0.6 mL/h")
    page.mouse.up()
    expect(key(page, "Run")).not_to_have_attribute("data-held", "")
    assert edges(visit, page) == [
        ("key_down", "stop"),
        ("key_up", "stop"),
        ("key_down", "run"),
        ("key_up", "run"),
    ]


def test_run_has_to_be_held(visit: Visit) -> None:
    page = begun(visit)
    key(page, "Stop").click()
    expect(line(page, 1)).to_have_text("STOPPED")
    key(page, "Run").click()
    key(page, "Info").click()
    expect(line(page, 2)).to_contain_text("Given")
    expect(line(page, 1)).to_have_text("STOPPED")


def test_a_finger_that_slides_off_a_key_lets_it_go(visit: Visit) -> None:
    page = begun(visit)
    key(page, "Info").hover()
    page.mouse.down()
    expect(key(page, "Info")).to_have_attribute("data-held", "")
    page.get_by_role("heading", level=1).hover()
    expect(key(page, "Info")).not_to_have_attribute("data-held", "")
    page.mouse.up()
    answered(page)
    assert edges(visit, page) == [("key_down", "info"), ("key_up", "info")]


def test_another_window_lets_every_key_go(visit: Visit) -> None:
    page = begun(visit)
    key(page, "Info").hover()
    page.mouse.down()
    expect(key(page, "Info")).to_have_attribute("data-held", "")
    page.evaluate("dispatchEvent(new Event('blur'))")
    expect(key(page, "Info")).not_to_have_attribute("data-held", "")


@pytest.mark.parametrize("pressed", ["Enter", " "])
def test_a_focused_key_is_held_with_the_keyboard_and_repeats_are_not_presses(
    visit: Visit, pressed: str
) -> None:
    page = begun(visit)
    key(page, "Stop").focus()
    page.keyboard.press(pressed)
    expect(line(page, 1)).to_have_text("STOPPED")
    key(page, "Run").focus()
    page.keyboard.down(pressed)
    page.keyboard.down(pressed)
    expect(line(page, 1)).to_have_text("RUNNING         0.6 mL/h")
    page.keyboard.up(pressed)
    expect(key(page, "Run")).not_to_have_attribute("data-held", "")
    answered(page)
    assert edges(visit, page) == [
        ("key_down", "stop"),
        ("key_up", "stop"),
        ("key_down", "run"),
        ("key_up", "run"),
    ]


def test_leaving_a_key_with_the_keyboard_lets_it_go(visit: Visit) -> None:
    page = begun(visit)
    key(page, "Info").focus()
    page.keyboard.down("Enter")
    expect(key(page, "Info")).to_have_attribute("data-held", "")
    page.keyboard.press("Tab")
    expect(key(page, "Info")).not_to_have_attribute("data-held", "")
    page.keyboard.up("Enter")


def test_letters_press_keys_unless_something_is_written_or_they_are_switched_off(visit: Visit) -> None:
    page = begun(visit)
    page.get_by_label("In your words").fill("s")
    page.get_by_label("In your words").press("s")
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("i")
    expect(line(page, 2)).to_contain_text("Given")
    page.keyboard.press("s")
    expect(line(page, 1)).to_have_text("STOPPED")
    page.keyboard.down("r")
    expect(line(page, 1)).to_have_text("RUNNING         0.6 mL/h")
    page.keyboard.up("r")
    page.locator("summary", has_text="Keys on your keyboard").click()
    page.get_by_label("Letters press keys").uncheck()
    page.keyboard.press("s")
    key(page, "Info").click()
    answered(page)
    assert [name for edge, name in edges(visit, page) if edge == "key_down"] == [
        "info",
        "stop",
        "run",
        "info",
    ]


def test_letters_press_keys_where_the_browser_keeps_nothing(visit: Visit) -> None:
    page = begun(visit)
    page.add_init_script(
        """Object.defineProperty(globalThis, "localStorage", {
            get() { throw new DOMException("not allowed", "SecurityError"); },
        });"""
    )
    page.reload()
    until(page, "globalThis.ambupump?.live.isOpen")
    page.keyboard.press("s")
    expect(line(page, 1)).to_have_text("STOPPED")
    page.locator("summary", has_text="Keys on your keyboard").click()
    page.get_by_label("Letters press keys").uncheck()
    page.keyboard.press("i")
    key(page, "Silence").click()
    answered(page)
    assert [name for edge, name in edges(visit, page) if edge == "key_down"] == ["stop", "silence"]


def test_a_finger_on_glass_presses_keys(visit: Visit) -> None:
    page = begun(visit, size=PHONE, has_touch=True)
    key(page, "Stop").tap()
    expect(line(page, 1)).to_have_text("STOPPED")
    assert edges(visit, page) == [("key_down", "stop"), ("key_up", "stop")]


def test_a_key_that_somebody_else_holds_is_shown_and_refused_in_words(visit: Visit) -> None:
    page = begun(visit)
    with visit.server.page("trainee", page.url.split("/")[4]) as other:
        assert other.ask("key", key="info", down=True)["type"] == "done"
        expect(key(page, "Info")).to_have_attribute("data-held", "")
        key(page, "Info").click()
        expect(page.locator("#key-refusal")).to_have_text("Info is held down already.")


# ---------------------------------------------------------------- hands


def test_a_clamp_is_closed_in_the_list_and_opened_on_the_picture(visit: Visit) -> None:
    page = begun(visit)
    hand(page, "Close the clamp between pump and patient").click()
    expect(hand(page, "Open the clamp between pump and patient")).to_be_visible()
    page.locator('[data-part="clamp-downstream"]').click()
    expect(hand(page, "Close the clamp between pump and patient")).to_be_visible()
    assert done(visit, page) == ["clamp", "unclamp"]
    assert {step["by"] for step in steps(visit, page)} == {"caregiver"}


def test_hands_are_used_with_the_keyboard_alone(visit: Visit) -> None:
    page = begun(visit)
    hand(page, "Unplug the pump").focus()
    page.keyboard.press("Enter")
    expect(hand(page, "Plug the pump in")).to_be_focused()
    page.keyboard.press("Enter")
    expect(hand(page, "Unplug the pump")).to_be_focused()
    assert done(visit, page) == ["unplug", "plug"]


def test_what_makes_no_sense_says_why_and_does_nothing(visit: Visit) -> None:
    page = begun(visit)
    straighten = hand(page, "Straighten the tubing between pump and patient")
    expect(straighten).to_have_attribute("aria-disabled", "true")
    expect(straighten).to_contain_text("It is not kinked.")
    straighten.click(force=True)
    inject(visit, page, "kink")
    expect(straighten).not_to_have_attribute("aria-disabled", "true")
    straighten.click()
    expect(straighten).to_have_attribute("aria-disabled", "true")
    assert [verb for verb in done(visit, page) if verb != "kink"] == ["unkink"]


def test_what_went_wrong_at_the_pump_is_put_right_by_hand(visit: Visit) -> None:
    page = begun(visit)
    for wrong, right in (
        ("detach_cassette", "Put the cassette on the pump"),
        ("open_door", "Shut the door"),
        ("disconnect", "Connect the line to the catheter"),
    ):
        inject(visit, page, wrong)
        expect(hand(page, right)).not_to_have_attribute("aria-disabled", "true")
        hand(page, right).click()
    expect(hand(page, "Disconnect the line from the catheter")).to_be_visible()
    expect(page.locator(".body-words")).to_have_text("plugged in · cassette on · door shut · battery in")
    assert done(visit, page)[-1] == "reconnect"


@pytest.mark.parametrize(
    ("answer", "connected"),
    [("Yes, I take it off first", False), ("No, it stays on the patient", True)],
)
def test_a_re_prime_asks_whether_the_line_is_off_the_patient(
    visit: Visit, answer: str, connected: bool
) -> None:
    page = begun(visit, NOMINAL + "&hand=nurse")
    hand(page, "Re-prime the line").click()
    dialog = page.get_by_role("dialog", name="Re-prime the line")
    question = dialog.get_by_role("group", name="Is the line disconnected from the patient?")
    expect(question.locator(":checked")).to_have_count(0)
    dialog.get_by_role("button", name="Prime", exact=True).click()
    expect(dialog).to_be_visible()
    question.get_by_label(answer).check()
    dialog.get_by_label("How much (mL)").fill("2.5")
    dialog.get_by_role("button", name="Prime", exact=True).click()
    expect(page.locator("#busy")).to_have_text("You are re-priming the line.")
    expect(page.locator("#barrier")).to_have_text("Your hands are busy: you are re-priming the line.")
    expect(hand(page, "Tap the line")).to_have_attribute("aria-disabled", "true")
    (step,) = (each for each in steps(visit, page) if each["do"] == "reprime")
    assert (step["volume"], step["connected"], step["by"]) == ("2.5 mL", connected, "nurse")


def test_a_dialog_that_is_left_does_nothing(visit: Visit) -> None:
    page = begun(visit)
    for leave in ("Escape", "Cancel"):
        hand(page, "Flush with saline").click()
        dialog = page.get_by_role("dialog")
        if leave == "Cancel":
            dialog.get_by_role("button", name="Cancel").click()
        else:
            page.keyboard.press(leave)
        expect(dialog).to_be_hidden()
        expect(hand(page, "Flush with saline")).to_be_focused()
    assert done(visit, page) == []


def test_a_volume_is_chosen_for_a_syringe(visit: Visit) -> None:
    page = begun(visit)
    hand(page, "Aspirate with a syringe").click()
    page.get_by_label("How much (mL)").fill("1.5")
    asks_count = asked_count(page)
    page.get_by_role("button", name="Draw back").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    answered(page, since_count=asks_count)
    (step,) = steps(visit, page)
    assert (step["do"], step["volume"], step["where"]) == ("aspirate", "1.5 mL", "catheter")


def test_a_refusal_stands_near_and_goes_with_the_next_thing_that_is_done(visit: Visit) -> None:
    page = begun(visit)
    hand(page, "Tap the line").click()
    expect(page.locator("#busy")).to_have_text("You are tapping the line.")
    page.evaluate(
        """() => {
            ambupump.acts.show(ambupump.live.state.scene, ambupump.live.state.panel, "");
            document.querySelector("[data-hand=mains]").click();
        }"""
    )
    expect(page.locator("#hand-refusal")).to_have_text("The caregiver is still busy: tap.")
    assert page.locator("#hand-refusal").get_attribute("role") == "status"
    page.get_by_role("button", name="10 min").click()
    hand(page, "Unplug the pump").click()
    expect(page.locator("#hand-refusal")).to_be_empty()


def test_a_nurse_has_more_hands_than_a_patient(visit: Visit) -> None:
    of_patient = begun(visit, NOMINAL + "&hand=patient")
    expect(hand(of_patient, "Call the nurse")).to_be_visible()
    expect(hand(of_patient, "Put in a thrombolytic")).to_have_count(0)
    expect(of_patient.locator("#code")).to_be_hidden()
    of_nurse = begun(visit, NOMINAL + "&hand=nurse")
    for name in (
        "Run saline beside it",
        "Put in a thrombolytic",
        "Change the set",
        "Weigh what is left in the bag",
    ):
        expect(hand(of_nurse, name)).to_be_visible()
    expect(of_nurse.locator("#code")).to_have_text("Your code for the keyboard is 2580.")


def test_every_verb_that_the_server_offers_has_its_hand(visit: Visit) -> None:
    page = waiting(visit, NOMINAL + "&hand=nurse")
    offered, covered = page.evaluate(
        """async () => {
            const {HANDS} = await import("/static/hands.js");
            const scene = (is) => ({supply: {clamped: is}, line: {clamped: is}, mains: is, connected: is});
            const verbs = HANDS.flatMap((row) => [row.verb(scene(true)), row.verb(scene(false))]);
            return [Object.keys(ambupump.live.hello.facts.hands), verbs];
        }"""
    )
    assert set(offered) - set(covered) == {"note"}, "what there is to note is written into the diary"
    assert set(covered) <= set(offered)


def test_every_hand_can_be_used_and_is_taken(visit: Visit) -> None:
    """No button leads to a refusal of the server's: what a form sends is what the verb reads."""
    page = begun(visit, NOMINAL + "&hand=nurse")
    names = page.locator("#hands button").evaluate_all("(all) => all.map((each) => each.dataset.hand)")
    for verb, params in (
        ("kink", {"where": "upstream"}),
        ("kink", {}),
        ("leak", {"where": "upstream", "fraction": "0.1"}),
        ("leak", {"where": "downstream", "fraction": "0.1"}),
        ("detach_cassette", {}),
        ("open_door", {}),
    ):
        inject(visit, page, verb, **params)
    for name in names:
        button = page.locator(f'#hands [data-hand="{name}"]')
        if name == "filter":
            expect(button).to_contain_text("This line has no filter.")
            continue
        if name == "purge":
            inject(visit, page, "air", volume="2 mL")
        expect(button).not_to_have_attribute("aria-disabled", "true")
        before_count, asks_count = len(done(visit, page)), asked_count(page)
        button.click()
        if page.get_by_role("dialog").is_visible():
            for group in page.get_by_role("dialog").locator("fieldset").all():
                group.locator("input").last.check()
            page.get_by_role("dialog").locator(".main").click()
        expect(page.get_by_role("dialog")).to_be_hidden()
        answered(page, since_count=asks_count)
        expect(page.locator("#hand-refusal")).to_be_empty()
        assert len(done(visit, page)) == before_count + 1, name
        while page.locator("#busy").inner_text():
            page.get_by_role("button", name="1 h", exact=True).click()
            expect(page.locator("#busy")).to_be_empty()


# ---------------------------------------------------------------- the clock


def test_nothing_can_be_done_before_the_beginning_and_after_the_end(visit: Visit) -> None:
    page = waiting(visit)
    expect(key(page, "Stop")).to_have_attribute("aria-disabled", "true")
    expect(page.locator("#barrier")).to_have_text("The run has not begun.")
    key(page, "Stop").click(force=True)
    page.get_by_role("button", name="Begin").click()
    expect(key(page, "Stop")).not_to_have_attribute("aria-disabled", "true")
    page.get_by_role("button", name="Finish").click()
    page.get_by_role("dialog").get_by_role("button", name="Finish").click()
    expect(page.get_by_role("link", name="Look back: the debrief")).to_be_visible()
    expect(page.get_by_role("link", name="Your diary")).to_be_visible()
    expect(key(page, "Stop")).to_have_attribute("aria-disabled", "true")
    expect(hand(page, "Tap the line")).to_have_attribute("aria-disabled", "true")
    assert done(visit, page) == []


def test_with_an_instructor_the_trainee_waits(visit: Visit) -> None:
    run_id = visit.begin(NOMINAL)
    page = visit.window(f"/run/{run_id}/trainee")
    expect(page.locator("#standing")).to_have_text("Waiting for the instructor to begin.")
    expect(page.get_by_role("button", name="Begin")).to_have_count(0)
    with visit.server.page("instructor", run_id) as instructor:
        assert instructor.ask("clock", what="resume")["type"] == "done"
        expect(page.locator("#standing")).to_be_hidden()
        expect(key(page, "Stop")).not_to_have_attribute("aria-disabled", "true")
        assert instructor.ask("clock", what="rate", rate_frac=60)["type"] == "done"
        expect(page.locator("#pace")).to_have_text("60×")
        assert instructor.ask("clock", what="pause")["type"] == "done"
        expect(page.locator("#standing")).to_have_text(
            "Time stands still: the instructor has stopped the clock."
        )
        expect(key(page, "Stop")).to_have_attribute("aria-disabled", "true")


def test_time_passes_at_once_when_it_is_let(visit: Visit) -> None:
    page = begun(visit)
    expect(page.locator("#time")).to_contain_text("08:10:")
    page.get_by_role("button", name="10 min").click()
    expect(page.locator("#time")).to_contain_text("08:20:")
    expect(page.locator("#passed")).to_contain_text("10 min")
    page.get_by_role("button", name="1 h", exact=True).click()
    expect(page.locator("#time")).to_contain_text("09:20:")


def test_the_clock_goes_on_between_what_is_told(visit: Visit) -> None:
    page = begun(visit)
    first_s = page.evaluate("ambupump.live.nowS()")
    until(page, f"ambupump.live.nowS() > {first_s} + 0.2")
    paced = page.evaluate(
        """[0.5, 1, 60].map((rate_frac) => {
            ambupump.live.state.clock = {...ambupump.live.state.clock, rate_frac, holding: true};
            return ambupump.live.paceFrac();
        })"""
    )
    assert paced == [0.5, 1, 1], "while a key is held time goes at the hand's pace, or slower"


def test_a_rewind_takes_the_page_along(visit: Visit) -> None:
    run_id = visit.begin(NOMINAL)
    page = visit.window(f"/run/{run_id}/trainee")
    expect(page.locator("#standing")).to_be_visible()
    with visit.server.page("instructor", run_id) as instructor:
        assert instructor.ask("clock", what="resume")["type"] == "done"
        assert instructor.ask("clock", what="skip", span="1 h")["type"] == "done"
        assert instructor.ask("branch", at_s=1200.0)["type"] == "done"
    page.wait_for_url(lambda url: url.endswith("/trainee") and run_id not in url)
    expect(page.locator("#time")).to_contain_text("08:20:")


# ---------------------------------------------------------------- lesson and diary


def test_a_lesson_shows_its_tasks_hints_and_questions(visit: Visit) -> None:
    page = begun(visit, "lesson=first-bag&mode=guided")
    lesson = page.get_by_role("region", name="Your first bag: check, prime, connect, start")
    expect(lesson).to_contain_text("Ward, 08:00, day 1.")
    first = lesson.locator(".task").first
    expect(first).to_contain_text("Compare the programme with the order")
    expect(first).to_contain_text("left")
    expect(first.locator(".task-hints li")).to_have_count(0)
    first.get_by_role("button", name="A hint").click()
    expect(first.locator(".task-hints")).to_have_text("The programme can be read without a code.")
    question = lesson.locator(".question").first
    question.get_by_role("radio").first.check()
    question.get_by_role("button", name="Answer").click()
    expect(question.locator(".verdict")).to_contain_text("ight")
    expect(question.get_by_role("button", name="Answer again")).to_be_visible()


def test_a_wrong_action_is_said_as_it_happens_in_guided_mode(visit: Visit) -> None:
    page = begun(visit, "lesson=first-bag&mode=guided")
    hand(page, "Connect the line to the catheter").click()
    hand(page, "Re-prime the line").click()
    page.get_by_label("No, it stays on the patient").check()
    page.get_by_role("dialog").get_by_role("button", name="Prime", exact=True).click()
    expect(page.locator("#busy")).not_to_be_empty()
    page.get_by_role("button", name="10 min").click()
    expect(page.get_by_role("list", name="What was wrong").locator("li").first).to_be_visible()


def test_an_assessment_gives_neither_hints_nor_verdicts(visit: Visit) -> None:
    page = begun(visit, "lesson=first-bag&mode=assessment")
    lesson = page.get_by_role("region", name="Your first bag: check, prime, connect, start")
    expect(lesson.locator(".task").first).to_be_visible()
    expect(lesson.get_by_role("button", name="A hint")).to_have_count(0)
    question = lesson.locator(".question").first
    question.get_by_role("radio").first.check()
    question.get_by_role("button", name="Answer").click()
    expect(question.locator(".verdict")).to_have_text("Answered.")


def test_an_alarm_is_written_into_the_diary_by_its_name(visit: Visit) -> None:
    page = begun(visit)
    page.get_by_label("What did the pump tell you?").select_option("Air in line")
    page.get_by_role("button", name="Write it down").click()
    notes = page.get_by_role("list", name="What you have written down").locator("li")
    expect(notes.first).to_contain_text("Air in line")
    page.get_by_label("What did the pump tell you?").select_option("Something else")
    page.get_by_role("button", name="Write it down").click()
    expect(notes).to_have_count(1)  # nothing is not worth writing down
    page.get_by_label("In your words").fill("<b>it whirs</b>")
    page.get_by_role("button", name="Write it down").click()
    expect(notes.nth(1)).to_contain_text("<b>it whirs</b>")
    expect(page.get_by_label("In your words")).to_be_empty()


def test_a_library_scenario_does_not_say_what_goes_wrong_in_it(visit: Visit) -> None:
    page = waiting(visit, KINK)
    assert "kink" not in page.content().replace("kinked", "").replace("kink-cleared", "").lower() or (
        "kinked line" not in page.content()
    )
    expect(page.get_by_role("heading", level=1)).to_have_text("A pump in your care")
    assert "kink" not in page.title().lower()
