"""What the trainee's page plays: the numbers of the pump's table, and nothing after it is silenced."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

from console.wav import FULL, SAMPLES_HZ, samples
from pump.alarm_table import Priority
from pump.signals import KEY_BEEP, RISE_FRAC, burst_period_s, pulse_train
from tests.console.trainer.browsing import Visit
from tests.console.trainer.training import answered, begun, inject, key, until, until_the_pump_calls, waiting

AHEAD_S: Final = 30.0
"""So far ahead a sounder of a test schedules: several bursts at once."""

QUIET: Final = 0.001
"""A part of full scale that nobody hears."""


def heard(page: Page) -> Page:
    """The page with its sound on."""
    page.locator("#sound").click()
    expect(page.locator("#sound")).to_have_text("Sound is on: press to mute")
    return page


def sounding(page: Page, *shown: dict[str, Any] | None) -> list[dict[str, Any]]:
    """What a sounder has scheduled that far ahead which is shown these sounds, one after the other."""
    found: list[dict[str, Any]] = page.evaluate(
        """async ([shown, aheadS]) => {
            const {Sound} = await import("/static/sound.js");
            globalThis.tried?.show({sound: null, beeps: {key: 0, double: 0}});
            globalThis.tried = new Sound(ambupump.live.hello.facts, {aheadS});
            await tried.switchOn();
            for (const sound of shown) tried.show({sound, beeps: {key: 0, double: 0}});
            return tried.scheduled.map(({out, ...tone}) => tone);
        }""",
        [shown, AHEAD_S],
    )
    return found


def sound(
    priority: Priority, *, escalated: bool = False, is_heard: bool = True, code: str = "X"
) -> dict[str, Any]:
    """A sound as the panel tells it."""
    return {"code": code, "priority": priority.value, "escalated": escalated, "heard": is_heard}


def begins_s(tones: list[dict[str, Any]]) -> list[float]:
    """When the bursts begin."""
    return sorted({tone["begin_s"] for tone in tones})


def ahead(page: Page) -> list[str]:
    """Whose tones that sounder has still before it."""
    found: list[str] = page.evaluate(
        "tried.scheduled.filter((tone) => tone.at_s > tried.context.currentTime).map((tone) => tone.name)"
    )
    return found


# ---------------------------------------------------------------- what is scheduled


@pytest.mark.parametrize("priority", list(Priority))
def test_a_burst_has_the_tones_of_the_table(visit: Visit, priority: Priority) -> None:
    tones = sounding(waiting(visit), sound(priority))
    first = [tone for tone in tones if tone["begin_s"] == tones[0]["begin_s"]]
    pulses = pulse_train(priority)
    assert [(tone["start_s"], tone["duration_s"], tone["frequency_hz"]) for tone in first] == [
        (pytest.approx(pulse.start_s), pulse.duration_s, pulse.frequency_hz) for pulse in pulses
    ]
    lead_s = RISE_FRAC * pulses[0].duration_s / 2
    assert [tone["at_s"] - tone["begin_s"] for tone in first] == [
        pytest.approx(lead_s + pulse.start_s) for pulse in pulses
    ]
    assert {tone["name"] for tone in tones} == {priority.value}


@pytest.mark.parametrize("escalated", [False, True], ids=["at first", "escalated"])
@pytest.mark.parametrize("priority", [Priority.HIGH, Priority.MEDIUM])
def test_bursts_follow_each_other_by_the_period(visit: Visit, priority: Priority, escalated: bool) -> None:
    period_s = burst_period_s(priority, escalated=escalated)
    assert period_s is not None
    begun_s = begins_s(sounding(waiting(visit), sound(priority, escalated=escalated)))
    assert len(begun_s) == 1 + AHEAD_S // period_s
    assert [after - before for before, after in pairwise(begun_s)] == pytest.approx(
        [period_s] * (len(begun_s) - 1)
    )


def test_a_low_alarm_sounds_once(visit: Visit) -> None:
    assert len(begins_s(sounding(waiting(visit), sound(Priority.LOW)))) == 1


def test_the_same_alarm_told_again_is_no_new_burst(visit: Visit) -> None:
    page = waiting(visit)
    once = sounding(page, sound(Priority.HIGH))
    again = sounding(page, sound(Priority.HIGH), sound(Priority.HIGH), sound(Priority.HIGH))
    assert len(again) == len(once)


@pytest.mark.parametrize("silence", [None, sound(Priority.HIGH, is_heard=False)], ids=["over", "paused"])
def test_what_is_silenced_is_taken_back(visit: Visit, silence: dict[str, Any] | None) -> None:
    page = waiting(visit)
    sounding(page, sound(Priority.HIGH), silence)
    assert page.evaluate("tried.voice") is None
    assert (
        page.evaluate("tried.scheduled.filter((tone) => tone.at_s > tried.context.currentTime).length") == 0
    )


def test_another_alarm_begins_at_once_and_the_first_one_ends(visit: Visit) -> None:
    page = waiting(visit)
    sounding(page, sound(Priority.MEDIUM), sound(Priority.HIGH, code="Y"))
    assert set(ahead(page)) == {"high"}


def test_escalation_hastens_the_next_burst_and_does_not_begin_again(visit: Visit) -> None:
    found = waiting(visit).evaluate(
        """async () => {
            const {Sound} = await import("/static/sound.js");
            const tried = new Sound(ambupump.live.hello.facts, {aheadS: 0.1});
            await tried.switchOn();
            const show = (escalated) => {
                const sound = {code: "X", priority: "high", heard: true, escalated};
                tried.show({sound, beeps: {key: 0, double: 0}});
            };
            show(false);
            const slow_s = tried.voice.periodS;
            show(true);
            return [tried.scheduled.length, slow_s, tried.voice.periodS];
        }"""
    )
    assert found == [
        len(pulse_train(Priority.HIGH)),
        burst_period_s(Priority.HIGH),
        burst_period_s(Priority.HIGH, escalated=True),
    ]


# ---------------------------------------------------------------- what is heard


@pytest.mark.parametrize("priority", list(Priority))
def test_a_browser_plays_what_the_file_holds(visit: Visit, priority: Priority) -> None:
    """Sample by sample: the page and `ambupump sounds` render one table by one rule."""
    pulses = pulse_train(priority)[:2]
    lasts_s = pulses[1].start_s + 0.3
    played = waiting(visit).evaluate(
        """async ([pulses, lasts_s, rate_hz]) => {
            const {Sound} = await import("/static/sound.js");
            const context = new OfflineAudioContext(1, Math.round(lasts_s * rate_hz), rate_hz);
            const tried = new Sound(ambupump.live.hello.facts, {makeContext: () => context});
            tried.switchOn();
            tried.schedule(pulses, 0, context.destination, "tried");
            return [...(await context.startRendering()).getChannelData(0)];
        }""",
        [[[each.start_s, each.duration_s, each.frequency_hz] for each in pulses], lasts_s, SAMPLES_HZ],
    )
    written = [value / FULL for value in samples(pulses, lasts_s)]
    assert len(played) == len(written)
    whole = sum(value * value for value in written)
    off = sum((one - other) ** 2 for one, other in zip(played, written, strict=True))
    assert whole > 0.0
    assert off / whole < 0.01


def test_silence_is_there_at_once(visit: Visit) -> None:
    """Measured where the sound leaves the page: a burst of three seconds is cut off in its midst."""
    page = heard(waiting(visit))
    sounding(page, sound(Priority.HIGH))
    left_s = page.evaluate(
        """(quiet) => new Promise((done) => {
            const ear = new AnalyserNode(tried.context, {fftSize: 2048});
            tried.out.connect(ear);
            const data = new Float32Array(ear.fftSize);
            const loudest = () => {
                ear.getFloatTimeDomainData(data);
                return data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
            };
            let silenced = null;
            const listen = () => {
                const now_s = tried.context.currentTime;
                if (silenced === null && loudest() > 0.05) {
                    tried.show({sound: null, beeps: {key: 0, double: 0}});
                    silenced = now_s;
                } else if (silenced !== null && loudest() < quiet) {
                    done(now_s - silenced);
                    return;
                }
                setTimeout(listen, 5);
            };
            listen();
        })""",
        QUIET,
    )
    assert left_s < 0.5


# ---------------------------------------------------------------- the page


def test_the_page_says_that_it_is_not_heard_until_it_is_allowed(visit: Visit) -> None:
    page = waiting(visit)
    button = page.locator("#sound")
    expect(button).to_have_text("Sound is off: press to switch on")
    button.click()
    expect(button).to_have_text("Sound is on: press to mute")
    button.click()
    expect(button).to_have_text("Sound is muted: press to hear it")
    button.click()
    expect(button).to_have_text("Sound is on: press to mute")


def test_whoever_presses_anything_hears_the_pump(visit: Visit) -> None:
    page = begun(visit)
    expect(page.locator("#sound")).to_have_text("Sound is on: press to mute")


def test_an_alarm_is_heard_until_it_is_silenced_or_muted(visit: Visit) -> None:
    page = begun(visit)
    inject(visit, page, "kink")
    until_the_pump_calls(page)
    until(page, "ambupump.sound.voice?.id === 'OCCLUSION_DOWNSTREAM high'")
    page.locator("#sound").click()
    assert page.evaluate("ambupump.sound.voice") is None
    page.locator("#sound").click()
    assert page.evaluate("ambupump.sound.voice.priority") == "high"
    key(page, "Silence").click()
    until(page, "ambupump.sound.voice === null")
    expect(page.get_by_role("list", name="Signs").get_by_text("Audio paused")).to_be_attached()


def test_nothing_sounds_while_time_stands_still(visit: Visit) -> None:
    page = begun(visit)
    inject(visit, page, "kink")
    until_the_pump_calls(page)
    until(page, "ambupump.sound.voice !== null")
    with visit.server.page("instructor", page.url.split("/")[4]) as instructor:
        assert instructor.ask("clock", what="pause")["type"] == "done"
        until(page, "ambupump.sound.voice === null")
        assert instructor.ask("clock", what="resume")["type"] == "done"
        until(page, "ambupump.sound.voice !== null")


def beeps(page: Page) -> list[list[float]]:
    """The tones of the beeps that were scheduled for keys."""
    found: list[list[float]] = page.evaluate(
        """ambupump.sound.scheduled.filter((tone) => tone.name === "key beep")
            .map((tone) => [tone.start_s, tone.duration_s, tone.frequency_hz])"""
    )
    return found


def test_a_key_that_is_taken_beeps_and_one_that_is_not_does_not(visit: Visit) -> None:
    page = begun(visit)
    expect(page.locator("#sound")).to_have_text("Sound is on: press to mute")
    once = [[pulse.start_s, pulse.duration_s, pulse.frequency_hz] for pulse in KEY_BEEP]
    key(page, "Stop").click()
    until(page, "ambupump.live.state.panel.beeps.key === 1")
    assert beeps(page) == once
    for count, name in enumerate(("OK", "Down", "Down", "Down"), start=2):
        key(page, name).click()
        until(page, f"ambupump.live.state.panel.beeps.key === {count}")
    key(page, "OK").click()
    answered(page)
    assert beeps(page) == once * 5, "to prime needs the nurse's code, and the key is silent"


def test_who_comes_later_does_not_hear_old_beeps(visit: Visit) -> None:
    page = begun(visit)
    key(page, "Info").click()
    until(page, "ambupump.live.state.panel.beeps.key === 1")
    page.reload()
    until(page, "globalThis.ambupump?.live.isOpen")
    page.locator("#sound").click()
    expect(page.locator("#sound")).to_have_text("Sound is on: press to mute")
    assert beeps(page) == []
