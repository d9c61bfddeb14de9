"""How the trainee's page looks: display, lamps, bag and bubbles, and whether everybody can use it."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

from tests.console.trainer.browsing import DESKTOP, PHONE, Scheme, Visit, violations
from tests.console.trainer.training import (
    KINK,
    begun,
    hand,
    inject,
    key,
    line,
    until_the_pump_calls,
    waiting,
)

LEAST_TARGET_PX: Final = 44


# ---------------------------------------------------------------- the pump as it is shown


@pytest.mark.parametrize("size", [(320, 640), PHONE, DESKTOP], ids=["small phone", "phone", "desk"])
def test_the_display_has_room_for_its_24_characters(visit: Visit, size: tuple[int, int]) -> None:
    page = waiting(visit, size=size)
    page.evaluate(
        """() => {
            const panel = structuredClone(ambupump.live.state.panel);
            panel.lines = Array(6).fill("WWWWWWWWWWWWWWWWWWWWWWWW");
            ambupump.device.show(panel);
        }"""
    )
    assert page.evaluate(
        "[...document.querySelectorAll('.lcd-line')].every((each) => each.scrollWidth <= each.clientWidth)"
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
        "nothing sticks out of the page"
    )


def lamp(page: Page, name: str, light: dict[str, Any] | None) -> dict[str, Any]:
    """How a lamp shines that is told `light`."""
    found: dict[str, Any] = page.evaluate(
        """([name, light]) => {
            const panel = structuredClone(ambupump.live.state.panel);
            panel[`${name}_light`] = light;
            ambupump.device.show(panel);
            const bulb = ambupump.device[name].root.querySelector(".bulb");
            const [flashing] = bulb.getAnimations();
            return {
                says: ambupump.device[name].root.getAttribute("aria-label"),
                period_ms: flashing?.effect.getTiming().duration ?? null,
                dim_from: flashing?.effect.getKeyframes()[1].offset ?? null,
                has_stripes: getComputedStyle(bulb, "::after").content !== "none",
            };
        }""",
        [name, light],
    )
    return found


def test_lamps_flash_as_the_numbers_say_and_never_too_fast_to_look_at(visit: Visit) -> None:
    page = waiting(visit)
    high = lamp(page, "alarm", {"colour": "red", "flash_hz": 2.0, "duty_frac": 0.5})
    assert high == {
        "says": "Alarm lamp: red, flashing",
        "period_ms": 500,
        "dim_from": 0.5,
        "has_stripes": False,
    }
    slow = lamp(page, "status", {"colour": "green", "flash_hz": 0.4, "duty_frac": 0.1})
    assert (slow["period_ms"], slow["dim_from"]) == (pytest.approx(2500.0), 0.1)
    steady = lamp(page, "alarm", {"colour": "cyan", "flash_hz": 0.0, "duty_frac": 1.0})
    assert (steady["says"], steady["period_ms"]) == ("Alarm lamp: cyan, steady", None)
    assert lamp(page, "alarm", {"colour": "red", "flash_hz": 25.0, "duty_frac": 0.5})["period_ms"] >= 1000 / 3
    assert lamp(page, "alarm", None)["says"] == "Alarm lamp: off"


def test_where_nothing_may_move_a_lamp_is_steady_and_striped(visit: Visit) -> None:
    page = waiting(visit, reduced_motion="reduce")
    high = lamp(page, "alarm", {"colour": "red", "flash_hz": 2.0, "duty_frac": 0.5})
    assert (high["says"], high["period_ms"], high["has_stripes"]) == ("Alarm lamp: red, flashing", None, True)


def test_an_alarm_is_said_once_to_who_cannot_see(visit: Visit) -> None:
    page = begun(visit, KINK)
    page.evaluate(
        """() => {
            globalThis.said = [];
            const place = document.querySelector("[role=alert]");
            const watched = {childList: true, characterData: true, subtree: true};
            new MutationObserver(() => said.push(place.textContent)).observe(place, watched);
        }"""
    )
    inject(visit, page, "kink")
    until_the_pump_calls(page)
    text = (
        "high priority alarm: Downstream occlusion. "
        "Check clamps, kinks and the catheter between pump and patient, then restart."
    )
    expect(page.get_by_role("alert")).to_have_text(text)
    expect(page.locator(".lcd-line").nth(1)).to_have_text("!!! Downstream occlusion")
    key(page, "Info").click()
    expect(line(page, 2)).to_contain_text("Given")
    assert page.evaluate("said") == [text], "what is said again is not heard as news"


# ---------------------------------------------------------------- what is around it


def drawn(page: Page, tube: str) -> list[list[Any]]:
    """The stretches of a tube that are drawn: kind, from, length, in thousandths of the tube."""
    found: list[list[Any]] = page.evaluate(
        """(tube) => [...ambupump.line.tubes[tube].stretches.children].map((each) => {
            const outline = each.querySelector(each.matches(".air, .froth") ? ".rim" : ".inside");
            return [
                each.getAttribute("class").split(" ")[1],
                -Number(outline.getAttribute("stroke-dashoffset")),
                Number(outline.getAttribute("stroke-dasharray").split(" ")[0]),
            ];
        })""",
        tube,
    )
    return found


def show_line(page: Page, *stretches: tuple[float, float, str]) -> None:
    """Show a scene with these stretches in the line."""
    page.evaluate(
        """(stretches) => {
            const scene = structuredClone(ambupump.live.state.scene);
            const part = ([from_frac, to_frac, kind]) => ({from_frac, to_frac, kind});
            scene.line.stretches = stretches.map(part);
            ambupump.line.show(scene);
        }""",
        stretches,
    )


def test_a_bubble_is_drawn_where_it_is_and_small_ones_are_not_lost(visit: Visit) -> None:
    page = waiting(visit, reduced_motion="reduce")
    show_line(
        page,
        (0.0, 0.2, "liquid"),
        (0.2, 0.5, "air"),
        (0.5, 0.9, "liquid"),
        (0.9, 0.902, "air"),
        (0.902, 1.0, "liquid"),
    )
    found = drawn(page, "line")
    assert [kind for kind, _, _ in found] == ["liquid", "air", "liquid", "air", "liquid"]
    assert found[1][1:] == pytest.approx([200.0, 300.0])
    _, begins, length = found[3]
    assert begins + length / 2 == pytest.approx(901.0)
    whole = page.evaluate("ambupump.line.tubes.line.length")
    assert length / 1000.0 * whole == pytest.approx(12.0)


def test_a_bubble_glides_to_where_it_is_told_next(visit: Visit) -> None:
    page = waiting(visit)
    found = page.evaluate(
        """() => {
            // Clock and frames by hand: a machine that is busy draws none while the bubble is on its way.
            let nowMs = 0;
            const frames = [];
            performance.now = () => nowMs;
            window.requestAnimationFrame = (step) => frames.push(step);
            const part = (from_frac, to_frac, kind) => ({from_frac, to_frac, kind});
            const tell = (atMs, place) => {
                nowMs = atMs;
                const scene = structuredClone(ambupump.live.state.scene);
                const end = place + 0.125;
                scene.line.stretches = [
                    part(0, place, "liquid"), part(place, end, "air"), part(end, 1, "liquid"),
                ];
                ambupump.line.show(scene);
            };
            const placeAt = (atMs) => {
                for (const step of frames.splice(0)) step(atMs);
                return ambupump.line.tubes.line.drawn[1].from_frac;
            };
            tell(1e6, 0.25);
            placeAt(2e6);
            tell(1e6 + 400, 0.75);
            return {
                places: [0, 100, 200, 300, 400].map((afterMs) => placeAt(1e6 + 400 + afterMs)),
                frames_left: frames.length,
            };
        }"""
    )
    assert found["places"] == pytest.approx([0.25, 0.375, 0.5, 0.625, 0.75])
    assert found["frames_left"] == 0, "it has arrived"


@pytest.mark.parametrize(
    ("before", "now", "came_from"),
    [
        (["liquid"], ["air", "liquid"], [[0, 0], [0, 0.1]]),
        (["liquid", "air", "liquid"], ["liquid", "air"], [[0, 0.1], [0.1, 0.2]]),
        (["air", "liquid"], ["liquid", "air", "liquid"], [[0, 0], [0, 0.1], [0.1, 0.2]]),
        (["liquid"], ["blood"], [[0, 0]]),
    ],
    ids=["a bubble comes in", "liquid leaves", "liquid follows a bubble", "another thing altogether"],
)
def test_what_comes_in_comes_from_the_inlet(
    visit: Visit, before: list[str], now: list[str], came_from: list[list[float]]
) -> None:
    page = waiting(visit)
    found = page.evaluate(
        """async ([before, now]) => {
            const {matched} = await import("/static/line.js");
            const at = (kind, place) => ({kind, from_frac: place / 10, to_frac: (place + 1) / 10});
            const placed = (kinds) => kinds.map(at);
            return matched(placed(before), placed(now)).map((each) => [each.from_frac, each.to_frac]);
        }""",
        [before, now],
    )
    assert found == came_from


def test_the_bag_empties_as_it_does(visit: Visit) -> None:
    page = waiting(visit)

    def top_of_liquid(liquid_ml: float) -> float:
        path: str = page.evaluate(
            """(liquid_ml) => {
                const scene = structuredClone(ambupump.live.state.scene);
                scene.bag = {liquid_ml, hung_ml: 100, air_ml: 0, dry: liquid_ml === 0};
                ambupump.line.show(scene);
                return document.querySelector(".bag-liquid").getAttribute("d");
            }""",
            liquid_ml,
        )
        return float(path.split("H", maxsplit=1)[0].split(" ")[1]) if path else float("inf")

    full, half, low = (top_of_liquid(each) for each in (100.0, 50.0, 25.0))
    bottom = half + (half - full)
    assert low == pytest.approx(bottom - (bottom - full) / 4)
    assert top_of_liquid(0.0) == float("inf")
    expect(page.locator(".bag text", has_text="empty")).to_be_visible()


def test_what_is_seen_stands_in_words_too(visit: Visit) -> None:
    page = begun(visit)
    words = page.get_by_role("list", name="What there is to see")
    expect(words).to_contain_text("The bag holds about 105 of 110 mL.")
    expect(words).to_contain_text("The clamp between pump and patient is open.")
    inject(visit, page, "kink")
    inject(visit, page, "detach_cassette")
    expect(words).to_contain_text("The tubing between pump and patient is kinked.")
    expect(words).to_contain_text("The cassette is off the pump.")


# ---------------------------------------------------------------- everybody


def alarm_panel(page: Page) -> None:
    """Show everything that the front can show at once."""
    page.evaluate(
        """() => {
            const panel = structuredClone(ambupump.live.state.panel);
            Object.assign(panel.icons, {link_lost: true, audio_paused: true, soft_limit: true});
            Object.assign(panel.icons, {waiting_count: 2, battery: "low", battery_frac: 0.1});
            panel.alarm_light = {colour: "yellow", flash_hz: 0.6, duty_frac: 0.4};
            ambupump.device.show(panel, ambupump.live.state.scene);
        }"""
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, (820, 1180), DESKTOP], ids=["phone", "tablet", "desk"])
def test_axe_finds_nothing(visit: Visit, scheme: Scheme, size: tuple[int, int]) -> None:
    page = begun(visit, "lesson=first-bag&mode=guided", scheme=scheme, size=size)
    page.locator(".task").first.get_by_role("button", name="A hint").click()
    expect(page.locator(".task-hints li").first).to_be_visible()
    alarm_panel(page)
    assert violations(page) == []
    hand(page, "Change the bag").click()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Finish").click()
    page.get_by_role("dialog").get_by_role("button", name="Finish").click()
    expect(page.get_by_role("link", name="Your diary")).to_be_visible()
    assert violations(page) == []


def test_axe_finds_nothing_before_the_beginning(visit: Visit) -> None:
    assert violations(waiting(visit)) == []


def test_everything_is_large_enough_for_a_finger(visit: Visit) -> None:
    page = begun(visit, "lesson=first-bag&mode=guided", size=PHONE)
    page.locator("summary", has_text="Keys on your keyboard").click()
    small = page.evaluate(
        """(least) => [...document.querySelectorAll("button, select, input, summary, .touch[data-live]")]
            .filter((each) => each.getClientRects().length)
            .map((each) => each.closest("label") ?? each)
            .map((each) => [each.dataset.part ?? each.textContent.trim(), each.getBoundingClientRect()])
            .filter(([, box]) => Math.min(box.width, box.height) < least)
            .map(([name, box]) => `${name} ${box.width} x ${box.height}`)""",
        LEAST_TARGET_PX,
    )
    assert small == []


def test_the_page_is_of_use_where_colours_are_forced(visit: Visit) -> None:
    page = begun(visit, forced_colors="active")
    for name in (".lcd", ".key", ".hand"):
        ground, ink = page.locator(name).first.evaluate(
            "(each) => [getComputedStyle(each).backgroundColor, getComputedStyle(each).color]"
        )
        assert ground != ink


def test_the_whole_way_is_there_by_tab(visit: Visit) -> None:
    """Whatever can be pressed is reached with Tab, and shows that it is reached."""
    page = begun(visit)
    page.get_by_role("link", name="To the content").focus()
    wanted = set(
        page.locator("main button:visible, main select, main summary").evaluate_all(
            "(all) => all.map((each) => each.textContent.trim())"
        )
    )
    reached = set()
    for _ in range(80):
        page.keyboard.press("Tab")
        text, outline = page.evaluate(
            """() => {
                const at = document.activeElement;
                return [at.textContent.trim(), getComputedStyle(at).outlineStyle];
            }"""
        )
        reached.add(text)
        if text in wanted:
            assert outline != "none", text
        if wanted <= reached:
            break
    assert wanted <= reached


def test_the_trainee_is_told_no_truth(visit: Visit) -> None:
    page = begun(visit)
    told = page.evaluate("JSON.stringify([ambupump.live.state, ambupump.live.hello])")
    state = json.loads(told)[0]
    assert "truth" not in state
    assert "frac" not in state["scene"]["battery"]
    assert "drug" not in {each["kind"] for each in state["scene"]["line"]["stretches"]}


def test_a_phone_says_what_is_next_and_leads_to_every_part(visit: Visit) -> None:
    page = begun(visit, "lesson=first-bag&mode=guided", size=PHONE)
    expect(page.locator("#now")).to_contain_text("Compare the programme with the order: ")
    parts = page.get_by_role("navigation", name="On this page")
    assert parts.get_by_role("link").all_inner_texts() == ["Pump", "Line", "Hands", "Lesson", "Diary"]
    parts.get_by_role("link", name="Hands").click()
    expect(page.get_by_role("heading", name="Your hands")).to_be_in_viewport()


def test_a_phone_says_that_the_pump_calls_wherever_one_is(visit: Visit) -> None:
    page = begun(visit, size=PHONE)
    parts = page.get_by_role("navigation", name="On this page")
    assert parts.get_by_role("link").all_inner_texts() == ["Pump", "Line", "Hands", "Diary"]
    inject(visit, page, "open_door")
    expect(parts.get_by_role("link", name="Pump: alarm")).to_be_visible()
    hand(page, "Shut the door").click()
    key(page, "OK").click()
    expect(parts.get_by_role("link", name="Pump", exact=True)).to_be_visible()
