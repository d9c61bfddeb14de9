"""Every lesson solved by a scripted trainee at the page, three of them without a mouse.

What is done, and when, is the lesson's model answer. Between two things the instructor lets time pass; keys
are held as long as a hand holds them.
"""

from __future__ import annotations

from typing import Any, Final, Protocol

import pytest
from playwright.sync_api import Locator, Page, expect

from console.trainer.lessons import Action, lesson, lesson_ids
from tests.console.trainer import served
from tests.console.trainer.browsing import Visit
from tests.console.trainer.training import answered, asked_count, key, until

KEYBOARD_ONLY: Final = ("first-bag", "kink-at-night", "cut-line")
MOST_TABS: Final = 200

FIND_HAND: Final = """async ([verb, where]) => {
    const {HANDS} = await import("/static/hands.js");
    const scene = ambupump.live.state.scene;
    return HANDS.find((row) => row.verb(scene) === verb && (!row.params || row.params.where === where)).id;
}"""
"""Gives the button of a verb, as the scene has it."""


class Way(Protocol):
    """How a person works a page."""

    page: Page

    def press(self, at: Locator) -> None:
        """Press a button."""

    def hold(self, at: Locator, held_s: float) -> None:
        """Hold a key of the pump down."""

    def choose(self, at: Locator) -> None:
        """Choose one of several."""

    def write(self, at: Locator, text: str) -> None:
        """Write into a field, over what was there."""

    def select(self, at: Locator, option: str) -> None:
        """Take an option of a list by its name."""


class Mouse:
    """With the mouse, and the keyboard to write."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, at: Locator) -> None:
        at.click()

    def hold(self, at: Locator, held_s: float) -> None:
        at.hover()
        self.page.mouse.down()
        self.page.wait_for_timeout(1000.0 * held_s)
        self.page.mouse.up()

    def choose(self, at: Locator) -> None:
        at.check()

    def write(self, at: Locator, text: str) -> None:
        at.fill(text)

    def select(self, at: Locator, option: str) -> None:
        at.select_option(label=option)


class Keyboard:
    """With the keyboard alone: from one thing to the next by Tab."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def go(self, at: Locator) -> None:
        for _ in range(MOST_TABS):
            if at.evaluate("(each) => each === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"no way by Tab to {at}")

    def press(self, at: Locator) -> None:
        self.go(at)
        self.page.keyboard.press("Enter")

    def hold(self, at: Locator, held_s: float) -> None:
        self.go(at)
        self.page.keyboard.down("Space")
        self.page.wait_for_timeout(1000.0 * held_s)
        self.page.keyboard.up("Space")

    def choose(self, at: Locator) -> None:
        """Tab comes to a group at its chosen button, or at its first; arrows go on from there."""
        group = at.locator("xpath=ancestor::fieldset").get_by_role("radio")
        for _ in range(MOST_TABS):
            if group.evaluate_all("(all) => all.includes(document.activeElement)"):
                break
            self.page.keyboard.press("Tab")
        self.page.keyboard.press("Space")
        for _ in range(group.count()):
            if at.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        assert at.is_checked()

    def write(self, at: Locator, text: str) -> None:
        self.go(at)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def select(self, at: Locator, option: str) -> None:
        self.go(at)
        self.page.keyboard.type(option)
        expect(at.locator("option:checked")).to_have_text(option)


class Trainee:
    """Does what a model answer says, at the page."""

    def __init__(self, way: Way, instructor: served.Page, begin_s: float) -> None:
        self.way = way
        self.page = way.page
        self.instructor = instructor
        self.begin_s = begin_s

    def do(self, action: Action) -> None:
        self._pass_until(self.begin_s + action.after_s)
        asks_count = asked_count(self.page)
        match action.ask:
            case "key":
                self.way.hold(key(self.page, _name(action.name)), action.hold_s)
            case "do":
                self._use_a_hand(action.name, dict(action.params))
            case "answer":
                box = self.page.locator(f'input[name="question-{action.name}"][value="{action.text}"]')
                self.way.choose(box)
                self.way.press(box.locator("xpath=ancestor::form").get_by_role("button"))
            case "note":
                self._note(action.name, action.text)
        answered(self.page, since_count=asks_count)
        for refusal in ("#hand-refusal", "#key-refusal", "#note .refusal"):
            expect(self.page.locator(refusal)).to_be_empty()

    def _pass_until(self, t_s: float) -> None:
        """Let time pass; a page that was slower than the model answer loses nothing by it."""
        self.instructor.ask("mark", text="now")
        left_s = t_s - self.instructor.see(lambda state: "clock" in state)["clock"]["now_s"]
        if left_s > 0.0:
            assert self.instructor.ask("clock", what="skip", span=f"{left_s:.3f} s")["type"] == "done"
            until(self.page, f"ambupump.live.state.clock.now_s >= {t_s - 0.001}")

    def _use_a_hand(self, verb: str, params: dict[str, Any]) -> None:
        hand = self.page.evaluate(FIND_HAND, [verb, params.get("where")])
        self.way.press(self.page.locator(f'#hands [data-hand="{hand}"]'))
        dialog = self.page.get_by_role("dialog")
        if dialog.is_visible():
            for name, value in params.items():
                self._fill(dialog, name, value)
            self.way.press(dialog.locator("button.main"))
            expect(dialog).to_be_hidden()

    def _fill(self, dialog: Locator, name: str, value: str | float | bool) -> None:
        key_of_field = name.removesuffix("_ml_h").removesuffix("_ml").removesuffix("_cm")
        if isinstance(value, float):
            self.way.write(dialog.locator(f'input[name="{key_of_field}"]'), f"{value:g}")
        else:
            word = str(value).lower() if isinstance(value, bool) else value
            self.way.choose(dialog.locator(f'input[name="{key_of_field}"][value="{word}"]'))

    def _note(self, alarm: str, text: str) -> None:
        chosen = self.page.locator("#note-alarm")
        named = chosen.locator(f'option[value="{alarm}"]').inner_text() if alarm else "Something else"
        if chosen.input_value() != alarm:
            self.way.select(chosen, named)
        self.way.write(self.page.locator("#note-text"), text)
        self.way.press(self.page.get_by_role("button", name="Write it down"))


def _name(pressed: str) -> str:
    return "OK" if pressed == "ok" else pressed.capitalize()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", lesson_ids())
def test_a_lesson_is_solved_at_the_page(visit: Visit, name: str) -> None:
    given = lesson(name)
    policy = "call-only"
    run_id = visit.begin(f"lesson={name}&policy={policy}&mode=assessment&alone=on")
    page = visit.window(f"/run/{run_id}/trainee")
    until(page, "globalThis.ambupump?.live.isOpen")
    way: Way = Keyboard(page) if name in KEYBOARD_ONLY else Mouse(page)
    with visit.server.page("instructor", run_id) as instructor:
        way.press(page.get_by_role("button", name="Begin"))
        expect(page.get_by_role("button", name="Begin")).to_be_hidden()
        trainee = Trainee(way, instructor, given.begin_s)
        for action in given.answer_for(policy):
            trainee.do(action)
        assert instructor.ask("clock", what="skip", span=f"{given.limit_s:.0f} s")["type"] == "done"
    until(page, "ambupump.live.state.clock.over")
    tasks = {each["id"]: each["state"] for each in page.evaluate("ambupump.live.state.tasks.tasks")}
    assert tasks == {task.id: "done" for task in given.tasks_for(policy)}
    assert page.evaluate("ambupump.live.state.tasks.wrongs") == []
    assert [each["right"] for each in page.evaluate("ambupump.live.state.tasks.questions")] == [True] * len(
        given.questions
    )
    expect(page.locator('.task[data-state="done"]')).to_have_count(len(tasks))
