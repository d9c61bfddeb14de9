"""`sounds`: what is written is what the table says, measured in the samples themselves."""

from __future__ import annotations

import cmath
import wave
from array import array
from itertools import pairwise
from math import cos, log10, pi
from pathlib import Path

import pytest

from console.cli import run
from console.wav import SAMPLES_HZ

NAMES = (
    "alarm-high.wav",
    "alarm-high-escalated.wav",
    "alarm-medium.wav",
    "alarm-medium-escalated.wav",
    "alarm-low.wav",
    "key-beep.wav",
    "double-beep.wav",
)

C4, D4, E4, G4, C5 = (440.0 * 2.0 ** (place / 12.0) for place in (-9, -7, -5, -2, 3))
"""Equal temperament, from a' = 440 Hz."""

MELODIES = {
    "alarm-high.wav": (C5, D4, G4, C5, D4) * 2,
    "alarm-medium.wav": (C5, D4, G4),
    "alarm-low.wav": (E4, C4),
    "key-beep.wav": (1000.0,),
    "double-beep.wav": (800.0, 800.0),
}

LASTS_S = {
    "alarm-high.wav": 0.15,
    "alarm-medium.wav": 0.2,
    "alarm-low.wav": 0.2,
    "key-beep.wav": 0.05,
    "double-beep.wav": 0.1,
}

GAPS_S = {
    # 3 + 2, twice: 2 x spacing + a tone before the fourth, between 0.35 s and 1.3 s between the halves
    "alarm-high.wav": (0.1, 0.1, 0.35, 0.1, 0.7, 0.1, 0.1, 0.35, 0.1),
    "alarm-medium.wav": (0.2, 0.2),
    "alarm-low.wav": (0.2,),
    "key-beep.wav": (),
    "double-beep.wav": (0.1,),
}

WINDOW_S = 0.001


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all the sounds."""
    folder = tmp_path_factory.mktemp("sounds")
    assert run(["sounds", "--out", str(folder)]) == 0
    return folder


def read(path: Path) -> array[int]:
    """The samples of a file, which is one channel of 16 bits."""
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 44_100)
        return array("h", file.readframes(file.getnframes()))


def tones(found: array[int]) -> list[tuple[float, float]]:
    """From when to when there are tones: above half of the loudest, in windows of a millisecond."""
    size = round(WINDOW_S * SAMPLES_HZ)
    peaks = [max(map(abs, found[place : place + size])) for place in range(0, len(found), size)]
    # A window shorter than a period misses some peaks: a tone goes on over gaps of a few milliseconds.
    half = max(peaks) / 2
    loud = [place * size / SAMPLES_HZ for place, peak in enumerate(peaks) if peak > half]
    edges = [loud[0]]
    for before, after in pairwise(loud):
        if after - before > 0.02:
            edges += [before + WINDOW_S, after]
    edges.append(loud[-1] + WINDOW_S)
    return list(zip(edges[::2], edges[1::2], strict=True))


def level(found: array[int], begins_s: float, ends_s: float, frequency_hz: float) -> float:
    """The amplitude at a frequency, seen through a window that lets nothing of its neighbours in."""
    part = found[round(begins_s * SAMPLES_HZ) : round(ends_s * SAMPLES_HZ)]
    turn = -2j * pi * frequency_hz / SAMPLES_HZ
    shape = [0.5 - 0.5 * cos(2.0 * pi * place / len(part)) for place in range(len(part))]
    total = sum(
        weight * value * cmath.exp(turn * place)
        for place, (weight, value) in enumerate(zip(shape, part, strict=True))
    )
    return abs(total) / sum(shape)


def steady(tone: tuple[float, float]) -> tuple[float, float]:
    """The part of a tone that neither rises nor falls."""
    begins_s, ends_s = tone
    return begins_s + 0.15 * (ends_s - begins_s), ends_s - 0.15 * (ends_s - begins_s)


def test_every_sound_has_its_file_and_every_name_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["sounds", "--out", str(tmp_path / "new")]) == 0
    assert capsys.readouterr().out.splitlines() == [str(tmp_path / "new" / name) for name in NAMES]
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(NAMES)


def test_the_same_bytes_are_written_again(tmp_path: Path, folder: Path) -> None:
    assert run(["sounds", "--out", str(tmp_path)]) == 0
    assert all((tmp_path / name).read_bytes() == (folder / name).read_bytes() for name in NAMES)


@pytest.mark.parametrize("name", MELODIES)
def test_tones_last_and_follow_each_other_as_the_table_says(name: str, folder: Path) -> None:
    found = tones(read(folder / name))
    assert [ends_s - begins_s for begins_s, ends_s in found] == pytest.approx(
        [LASTS_S[name]] * len(MELODIES[name]), abs=0.008
    )
    gaps_s = [after[0] - before[1] for before, after in pairwise(found)]
    assert gaps_s == pytest.approx(GAPS_S[name], abs=0.01)


@pytest.mark.parametrize("name", MELODIES)
def test_the_melody_is_played(name: str, folder: Path) -> None:
    found = read(folder / name)
    for tone, note_hz in zip(tones(found), MELODIES[name], strict=True):
        begins_s, ends_s = steady(tone)
        near_hz = [note_hz * 2.0 ** (cents / 1200.0) for cents in (-100, -50, -25, 0, 25, 50, 100)]
        levels = {each_hz: level(found, begins_s, ends_s, each_hz) for each_hz in near_hz}
        assert max(levels, key=lambda each_hz: levels[each_hz]) == note_hz


@pytest.mark.parametrize("name", MELODIES)
def test_a_tone_has_harmonics_of_falling_level(name: str, folder: Path) -> None:
    found = read(folder / name)
    begins_s, ends_s = steady(tones(found)[0])
    levels = [level(found, begins_s, ends_s, number * MELODIES[name][0]) for number in range(1, 9)]
    in_db = [20.0 * log10(each / levels[0]) for each in levels]
    assert in_db[:6] == pytest.approx([0.0, -3.0, -6.0, -9.0, -12.0, -15.0], abs=0.5)
    assert max(in_db[6:]) < -45.0
    heard = [
        number
        for number, each in enumerate(in_db[:6], start=1)
        if 300.0 <= number * MELODIES[name][0] <= 4000.0 and each >= -15.5
    ]
    assert len(heard) >= 4, "IEC 60601-1-8 wants four harmonics between 300 and 4000 Hz within 15 dB"


@pytest.mark.parametrize(
    ("name", "silence_s"),
    [
        ("alarm-high.wav", 5.0),
        ("alarm-high-escalated.wav", 2.5),
        ("alarm-medium.wav", 10.0),
        ("alarm-medium-escalated.wav", 2.5),
    ],
)
def test_nothing_is_heard_from_one_burst_to_the_next(name: str, silence_s: float, folder: Path) -> None:
    found = read(folder / name)
    last_s = tones(found)[-1][1]
    assert len(found) / SAMPLES_HZ - last_s == pytest.approx(silence_s, abs=0.02)
    after_the_fall = round((last_s + 0.03) * SAMPLES_HZ)
    assert not any(found[after_the_fall:])


@pytest.mark.parametrize("priority", ["high", "medium"])
def test_an_escalated_alarm_is_the_same_burst_sooner_again(priority: str, folder: Path) -> None:
    once = read(folder / f"alarm-{priority}.wav")
    escalated = read(folder / f"alarm-{priority}-escalated.wav")
    assert len(escalated) < len(once)
    assert once[: len(escalated)] == escalated


@pytest.mark.parametrize("name", NAMES)
def test_it_is_loud_and_never_clipped(name: str, folder: Path) -> None:
    found = read(folder / name)
    assert 0.5 * 32_767 < max(map(abs, found)) < 32_767
    assert found[0] == 0, "a sound that begins with a step clicks"


@pytest.mark.parametrize("name", NAMES)
def test_rise_and_fall_take_a_tenth_to_a_fifth_of_a_tone(name: str, folder: Path) -> None:
    found = read(folder / name)
    begins_s, ends_s = tones(found)[0]
    loudest = max(map(abs, found))
    rising = [abs(value) for value in found[: round(begins_s * SAMPLES_HZ)]]
    assert max(rising) < 0.6 * loudest
    full_s = next(place for place, value in enumerate(found) if abs(value) > 0.97 * loudest) / SAMPLES_HZ
    assert 0.05 * (ends_s - begins_s) < full_s < 0.25 * (ends_s - begins_s) + 0.004


def test_a_folder_that_cannot_be_is_said_on_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert run(["sounds", "--out", str(tmp_path / "file")]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
    assert "it is a file" in said.err
