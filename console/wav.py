"""What the sounder plays, as samples: the numbers of `pump/signals.py` and nothing of its own.

A tone is the sum of its harmonics at their levels, scaled so that no sum is louder than full scale. It rises
and falls in straight lines, each taking `RISE_FRAC` of its duration and centred on its beginning and its end:
a tone lasts from half rise to half fall. Half a rise therefore goes before the first tone. `static/sound.js`
of the trainer plays the same in a browser.
"""

from __future__ import annotations

import io
import sys
import wave
from array import array
from collections.abc import Sequence
from math import pi, sin
from typing import Final

from pump.signals import HARMONICS_DB, RISE_FRAC, Pulse

SAMPLES_HZ: Final = 44_100
FULL: Final = 32_767
"""The largest number of 16 bits."""

HARMONICS: Final = tuple(10.0 ** (level_db / 20.0) for level_db in HARMONICS_DB)
"""The amplitude of the 1st, 2nd, ... harmonic against the fundamental."""


def lead_s(pulses: Sequence[Pulse]) -> float:
    """Give how long before its beginning the first tone begins to rise."""
    return 0.5 * RISE_FRAC * pulses[0].duration_s


def length_s(pulses: Sequence[Pulse]) -> float:
    """Give how long tones last, from the first rise to the end of the last fall."""
    last = pulses[-1]
    return lead_s(pulses) + last.start_s + last.duration_s + 0.5 * RISE_FRAC * last.duration_s


def samples(pulses: Sequence[Pulse], lasts_s: float) -> array[int]:
    """Give the tones as 16-bit samples, with silence up to `lasts_s`."""
    found = array("h", bytes(2 * round(lasts_s * SAMPLES_HZ)))
    for pulse in pulses:
        _add(found, pulse, lead_s(pulses))
    return found


def _add(found: array[int], pulse: Pulse, lead_s: float) -> None:
    rise_s = RISE_FRAC * pulse.duration_s
    begins_s = lead_s + pulse.start_s - 0.5 * rise_s
    ends_s = begins_s + pulse.duration_s + rise_s
    loudest = FULL / sum(HARMONICS)
    for place in range(round(begins_s * SAMPLES_HZ), min(len(found), round(ends_s * SAMPLES_HZ))):
        t_s = place / SAMPLES_HZ
        shape_frac = max(0.0, min(1.0, (t_s - begins_s) / rise_s, (ends_s - t_s) / rise_s))
        turn = 2.0 * pi * pulse.frequency_hz * (t_s - begins_s)
        tone = sum(level * sin(number * turn) for number, level in enumerate(HARMONICS, start=1))
        found[place] = round(loudest * shape_frac * tone)


def wav(found: array[int]) -> bytes:
    """Give samples as a WAV file: one channel, 16 bits."""
    little = array("h", found)
    if sys.byteorder == "big":
        little.byteswap()
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(SAMPLES_HZ)
        written.writeframes(little.tobytes())
    return file.getvalue()
