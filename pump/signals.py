"""The alarm signal as numbers: what is heard and what flashes. A web panel and a WAV writer render the same.

Everything is modelled on IEC 60601-1-8, whose tables were read in secondary sources: the reproduction in the
Open PCA requirements (KSU) for colours and melodies [F], sound generator scripts for pulses and spacings [S];
what stands in neither is general knowledge [G]. The chosen numbers lie inside those ranges; which number
inside a range is a choice (X).

Notes are written as there: a capital is the octave of C5, a small letter the octave of C4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from pump.alarm_table import Certainty, Priority


@dataclass(frozen=True, slots=True)
class Pulse:
    """One tone of a signal: it begins `start_s` after the burst does."""

    start_s: float
    duration_s: float
    frequency_hz: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """How one priority sounds.

    Attributes:
        melody: The notes of one burst, a rest (`-`) before every longer gap.
        pulse_s: How long one tone lasts, from half rise to half fall.
        spacing_s: Silence between two tones of a group.
        group_gap_s: Silence where the melody has a rest.
        half_gap_s: Silence between the two halves of a burst; None where it has no halves.
        interburst_s: Silence from one burst to the next; None: no second burst.
        escalated_interburst_s: The same when nobody has answered for long.
        certainty: The weakest mark of the ranges that the numbers were chosen from.
        source: Where the ranges stand.
    """

    melody: str
    pulse_s: float
    spacing_s: float
    group_gap_s: float | None
    half_gap_s: float | None
    interburst_s: float | None
    escalated_interburst_s: float | None
    certainty: Certainty
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """How a lamp shines. `flash_hz` 0 is constant light; `duty_frac` is the lit part of a period."""

    colour: Literal["red", "yellow", "cyan", "green", "amber"]
    flash_hz: float
    duty_frac: float
    certainty: Certainty
    source: str


NOTE_HZ: Final[dict[str, float]] = {
    "c": 261.63,
    "d": 293.66,
    "e": 329.63,
    "g": 392.00,
    "C": 523.25,
}
"""Equal temperament, a' = 440 Hz."""

HARMONICS_DB: Final = (0.0, -3.0, -6.0, -9.0, -12.0, -15.0)
"""Level of the 1st, 2nd, ... harmonic against the fundamental: at least four of them lie in 300-4000 Hz and
within 15 dB of each other [S]; which levels (X)."""

RISE_FRAC: Final = 0.15
"""Rise time and fall time as a part of the pulse: 10-20 % [S]; 15 % (X)."""

_PULSES = "IEC 60601-1-8 tables 3 and 4 as used by sound generator scripts [S]"
_MELODY = "melody of drug and fluid delivery: KSU R6.4.3(3) [F]"
_LIGHTS = "KSU table 5 [F]"

SOUNDS: Final[dict[Priority, Sound]] = {
    Priority.HIGH: Sound(
        melody="Cdg-Cd",
        pulse_s=0.150,
        spacing_s=0.100,
        group_gap_s=0.350,  # 2 x spacing + pulse [G]
        half_gap_s=0.700,  # 0.35-1.3 s [S]
        interburst_s=5.0,  # 2.5-15 s [S]
        escalated_interburst_s=2.5,
        certainty="G",
        source=f"{_MELODY}; {_PULSES}; the longer gap inside a half [G]",
    ),
    Priority.MEDIUM: Sound(
        melody="Cdg",
        pulse_s=0.200,
        spacing_s=0.200,
        group_gap_s=None,
        half_gap_s=None,
        interburst_s=10.0,  # 2.5-30 s [G]
        escalated_interburst_s=2.5,
        certainty="G",
        source=f"{_MELODY}; {_PULSES}; the time between bursts [G]",
    ),
    Priority.LOW: Sound(
        melody="ec",
        pulse_s=0.200,
        spacing_s=0.200,
        group_gap_s=None,
        half_gap_s=None,
        interburst_s=None,  # at least 15 s, or no repetition [S]
        escalated_interburst_s=None,
        certainty="S",
        source=f"{_MELODY}; {_PULSES}",
    ),
}
"""What each priority sounds like."""

LIGHTS: Final[dict[Priority, Light]] = {
    Priority.HIGH: Light(colour="red", flash_hz=2.0, duty_frac=0.5, certainty="F", source=_LIGHTS),
    Priority.MEDIUM: Light(colour="yellow", flash_hz=0.6, duty_frac=0.4, certainty="F", source=_LIGHTS),
    Priority.LOW: Light(colour="cyan", flash_hz=0.0, duty_frac=1.0, certainty="F", source=_LIGHTS),
}
"""What each priority looks like."""

RUNNING_LIGHT: Final = Light(
    colour="green",
    flash_hz=0.33,
    duty_frac=0.1,
    certainty="X",
    source="green flash: CADD-Solis tips [F]; rate [X]",
)
"""The status lamp of a pump that delivers."""

STOPPED_LIGHT: Final = Light(
    colour="amber",
    flash_hz=0.33,
    duty_frac=0.1,
    certainty="X",
    source="amber flash: CADD-Solis tips [F]; rate [X]",
)
"""The status lamp of a pump that is on and does not deliver."""

FAULT_LIGHT: Final = Light(
    colour="amber", flash_hz=0.0, duty_frac=1.0, certainty="F", source="amber steady: CADD-Solis tips [F]"
)
"""The status lamp of a pump that cannot go on."""

KEY_BEEP: Final = (Pulse(0.0, 0.05, 1000.0),)
"""A key that is allowed beeps once (X)."""

DOUBLE_BEEP: Final = (Pulse(0.0, 0.1, 800.0), Pulse(0.2, 0.1, 800.0))
"""A cassette lost while stopped beeps twice before it is an alarm [F: CADD correction]; the tones (X)."""


def pulse_train(priority: Priority) -> tuple[Pulse, ...]:
    """Give the tones of one burst of `priority`; the first begins at 0 s."""
    sound = SOUNDS[priority]
    half, end_s = _melody_pulses(sound, 0.0)
    if sound.half_gap_s is None:
        return half
    second, _ = _melody_pulses(sound, end_s + sound.half_gap_s)
    return half + second


def burst_period_s(priority: Priority, *, escalated: bool = False) -> float | None:
    """Give the time from the start of one burst to the start of the next; None: there is no next."""
    sound = SOUNDS[priority]
    silence_s = sound.escalated_interburst_s if escalated else sound.interburst_s
    if silence_s is None:
        return None
    last = pulse_train(priority)[-1]
    return last.start_s + last.duration_s + silence_s


def _melody_pulses(sound: Sound, start_s: float) -> tuple[tuple[Pulse, ...], float]:
    """Play the melody once from `start_s`; give its tones and when the last one ends."""
    pulses: list[Pulse] = []
    at_s = start_s
    for group_number, group in enumerate(sound.melody.split("-")):
        if group_number:
            at_s += (sound.group_gap_s or 0.0) - sound.spacing_s
        for note in group:
            pulses.append(Pulse(at_s, sound.pulse_s, NOTE_HZ[note]))
            at_s += sound.pulse_s + sound.spacing_s
    return tuple(pulses), at_s - sound.spacing_s
