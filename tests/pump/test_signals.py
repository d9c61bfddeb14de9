"""The signal's numbers inside the ranges of IEC 60601-1-8, as the references give them."""

from __future__ import annotations

import pytest

from pump.alarm_table import Priority
from pump.signals import (
    HARMONICS_DB,
    LIGHTS,
    NOTE_HZ,
    RISE_FRAC,
    SOUNDS,
    Pulse,
    burst_period_s,
    pulse_train,
)

HIGH, MEDIUM, LOW = Priority.HIGH, Priority.MEDIUM, Priority.LOW


def gaps_s(pulses: tuple[Pulse, ...]) -> list[float]:
    """Silence between each tone and the next."""
    return [
        after.start_s - before.start_s - before.duration_s
        for before, after in zip(pulses, pulses[1:], strict=False)  # noqa: RUF007 - reads as before and after
    ]


@pytest.mark.parametrize(("priority", "pulses_count"), [(HIGH, 10), (MEDIUM, 3), (LOW, 2)])
def test_pulses_per_burst(priority: Priority, pulses_count: int) -> None:
    pulses = pulse_train(priority)
    assert len(pulses) == pulses_count
    assert pulses[0].start_s == 0.0


@pytest.mark.parametrize(
    ("priority", "shortest_s", "longest_s"),
    [(HIGH, 0.075, 0.200), (MEDIUM, 0.125, 0.250), (LOW, 0.125, 0.250)],
)
def test_pulse_duration(priority: Priority, shortest_s: float, longest_s: float) -> None:
    assert all(shortest_s <= pulse.duration_s <= longest_s for pulse in pulse_train(priority))


@pytest.mark.parametrize("priority", [MEDIUM, LOW])
def test_spacing_of_medium_and_low(priority: Priority) -> None:
    assert all(0.125 <= gap_s <= 0.250 for gap_s in gaps_s(pulse_train(priority)))


def test_spacing_of_high_is_three_and_two_twice() -> None:
    pulses = pulse_train(HIGH)
    gap = gaps_s(pulses)
    close = [gap[place] for place in (0, 1, 3, 5, 6, 8)]
    assert all(0.050 <= each <= 0.125 for each in close)
    assert max(close) - min(close) < 1e-12
    for place in (2, 7):
        assert gap[place] == pytest.approx(2.0 * close[0] + pulses[0].duration_s)
    assert 0.350 <= gap[4] <= 1.300


def test_melodies() -> None:
    c_low, d_low, e_low, g_low, c_high = (NOTE_HZ[note] for note in "cdegC")
    assert [pulse.frequency_hz for pulse in pulse_train(HIGH)] == [c_high, d_low, g_low, c_high, d_low] * 2
    assert [pulse.frequency_hz for pulse in pulse_train(MEDIUM)] == [c_high, d_low, g_low]
    assert [pulse.frequency_hz for pulse in pulse_train(LOW)] == [e_low, c_low]


@pytest.mark.parametrize(("note", "semitones_from_a"), [("C", 3), ("g", -2), ("e", -5), ("d", -7), ("c", -9)])
def test_notes_are_equally_tempered(note: str, semitones_from_a: int) -> None:
    assert NOTE_HZ[note] == pytest.approx(440.0 * 2.0 ** (semitones_from_a / 12.0), abs=0.005)


@pytest.mark.parametrize("frequency_hz", NOTE_HZ.values())
def test_fundamental_and_harmonics(frequency_hz: float) -> None:
    assert 150.0 <= frequency_hz <= 1000.0
    heard_db = [
        level_db
        for number, level_db in enumerate(HARMONICS_DB, start=1)
        if 300.0 <= number * frequency_hz <= 4000.0
    ]
    assert len(heard_db) >= 4
    assert max(heard_db) - min(heard_db) <= 15.0


@pytest.mark.parametrize("priority", Priority)
def test_rise_and_fall(priority: Priority) -> None:
    sound = SOUNDS[priority]
    assert 0.10 <= RISE_FRAC <= 0.20
    assert 2.0 * RISE_FRAC * sound.pulse_s <= sound.spacing_s


def test_interburst() -> None:
    for priority, shortest_s, longest_s in ((HIGH, 2.5, 15.0), (MEDIUM, 2.5, 30.0)):
        last = pulse_train(priority)[-1]
        for escalated in (False, True):
            period_s = burst_period_s(priority, escalated=escalated)
            assert period_s is not None
            assert shortest_s <= period_s - last.start_s - last.duration_s <= longest_s
        calm_s, insistent_s = burst_period_s(priority), burst_period_s(priority, escalated=True)
        assert calm_s is not None
        assert insistent_s is not None
        assert insistent_s < calm_s
    assert burst_period_s(LOW) is None, "a low message is not repeated by itself"


@pytest.mark.parametrize(
    ("priority", "colour", "flash_hz", "duty_frac"),
    [
        (HIGH, "red", (1.4, 2.8), (0.2, 0.8)),
        (MEDIUM, "yellow", (0.4, 0.8), (0.2, 0.6)),
        (LOW, "cyan", (0.0, 0.0), (1.0, 1.0)),
    ],
)
def test_lights(
    priority: Priority, colour: str, flash_hz: tuple[float, float], duty_frac: tuple[float, float]
) -> None:
    light = LIGHTS[priority]
    assert light.colour == colour
    assert flash_hz[0] <= light.flash_hz <= flash_hz[1]
    assert duty_frac[0] <= light.duty_frac <= duty_frac[1]
