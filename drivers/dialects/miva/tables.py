"""The words and numbers of the `miva` dialect.

Marks: S read in the vendor's own open client, ? inferred or unverified, X a choice of this project. The
specification with the mark of each statement is `docs/protocols/miva.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Final

from drivers.dialects import Capability
from pump.commands import Key

NAME: Final = "miva"

CAPABILITIES: Final = frozenset(
    {
        Capability.STATUS,
        Capability.LOG,
        Capability.POWER,
        Capability.START,
        Capability.STOP,
        Capability.KEYS,
        Capability.SILENCE,
        Capability.ACKNOWLEDGE,
    }
)
"""What there are words for. `POWER` is switching off: a pump that is off does not listen."""

ERROR: Final = "ERROR"
"""Instead of an answer that there is not. Known of two commands [S]; of all others [?]."""

TRUE: Final = "TRUE"
FALSE: Final = "FALSE"

# ---------------------------------------------------------------- keys


class Press(IntEnum):
    """How long a key is pressed [S]."""

    SHORT = 0
    LONG = 1
    MID = 2


HOLD_S: Final[Mapping[Press, float]] = MappingProxyType({Press.SHORT: 0.0, Press.MID: 1.0, Press.LONG: 3.0})
"""How long each lasts on this panel (X): RUN and OK act when held for 1 s, POWER switches off after 3 s."""

KEYS: Final[Mapping[str, Key]] = MappingProxyType(
    {
        "1": Key.UP,
        "2": Key.DOWN,
        "3": Key.INFO,
        "4": Key.OK,
        "5": Key.POWER,
        "6": Key.RUN,
        "8": Key.STOP,
    }
)
"""The digit of each key [S]. 7 is the bolus key, which this panel does not have."""

MUTE: Final = "60"
"""The run key pressed shortly pauses the sound [S]; on this panel the key SILENCE does."""

PRESSES_COUNT: Final = 8
"""So many presses wait for the one under way at most; a further one is refused (X)."""

KEY_LIST_COUNT: Final = 100
"""So many presses does the list of keys show at most, the last ones (X)."""


def key_of(digits: str) -> tuple[Key, Press] | None:
    """Give the key and the press that two digits name; None: this panel has no such key."""
    if digits == MUTE:
        return Key.SILENCE, Press.SHORT
    if len(digits) != 2 or digits[0] not in KEYS or digits[1] not in "012":
        return None
    return KEYS[digits[0]], Press(int(digits[1]))


def digits_of(key: Key, press: Press) -> str:
    """Give the two digits that name a key and a press."""
    if key is Key.SILENCE:
        return MUTE
    digit = next(digit for digit, each in KEYS.items() if each is key)
    return f"{digit}{press.value}"


def press_of(held_s: float) -> Press:
    """Give what holding a key for `held_s` is called."""
    if held_s >= HOLD_S[Press.LONG]:
        return Press.LONG
    return Press.MID if held_s >= HOLD_S[Press.MID] else Press.SHORT


# ---------------------------------------------------------------- the event log

RING_COUNT: Final = 43264
"""How many records the log has room for: 169 pages of 256 [S]."""

LATEST_S: Final = 0x0FFFFFFF
"""The highest time that a record can bear: its uppermost digit is always F [S]."""


class RecordType(IntEnum):
    """What a record of the log is about [S]."""

    INFUSION_DATA = 0
    RUN_INFUSION = 1
    INFUSION_PAUSED = 2
    CASSETTE_EMPTY_ALARM = 3
    INFUSION_LIMIT_REACHED = 4
    AUTHENTICATION = 5
    DOSE_GRANTED = 6
    EXTRA_DOSE_DENIED = 7
    DOSE_CANCEL = 8
    OCCLUSION_ALARM = 9
    DELAY_END = 10
    PUMP_LIMIT_REACHED_ALARM = 11
    CLEAR_SHIFT_TOTAL = 12
    BATTERY = 13
    CASSETTE_DETACHED_ALARM = 14
    TIME_STAMP = 15
    POWER_OFF = 16
    FIRMWARE_ERROR_ALARM = 17
    SYSTEM_ERROR_ALARM = 18
    BATTERY_FAILURE = 19
    DEBUG = 20
    UNATTENDED_ALARM = 21
    SETTING_CHANGE = 22
    DOSE_FINISH = 23
    POWER_ON = 24
    STARTING_DOSE_SKIP = 25
    SYSTEM_ERROR2_ALARM = 26
    PUMP_HARD_LIMIT_REACHED_ALARM = 27
    BATTERY_DEPLETED_ALARM = 28
    PROGRAMMING_INCOMPLETE_ALARM = 29
    BATTERY_LOW_ALARM = 30
    BATTERY_CHECK_STATUS = 31


OCCLUSION_CLEARED: Final = 4
"""The sub-type of the record that ends an occlusion, whichever it was [S]."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Type and sub-type of a record."""

    type: RecordType
    subtype_code: int = 0


ALARM_KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "RESERVOIR_EMPTY": Kind(RecordType.CASSETTE_EMPTY_ALARM),
        "OCCLUSION_UPSTREAM": Kind(RecordType.OCCLUSION_ALARM, 1),
        "OCCLUSION_DOWNSTREAM": Kind(RecordType.OCCLUSION_ALARM, 2),
        "MAINTENANCE_DUE": Kind(RecordType.PUMP_LIMIT_REACHED_ALARM, 2),
        "CASSETTE_DETACHED": Kind(RecordType.CASSETTE_DETACHED_ALARM),
        "SELFTEST_ROM": Kind(RecordType.FIRMWARE_ERROR_ALARM, 1),
        "MOTOR_FAULT": Kind(RecordType.SYSTEM_ERROR_ALARM, 8),
        "SELFTEST_CLOCK": Kind(RecordType.SYSTEM_ERROR_ALARM, 128),
        "SELFTEST_CPU": Kind(RecordType.SYSTEM_ERROR_ALARM, 256),
        "SENSOR_FAULT": Kind(RecordType.SYSTEM_ERROR_ALARM, 2048),
        "SELFTEST_TONE": Kind(RecordType.SYSTEM_ERROR_ALARM, 8192),
        "SELFTEST_WATCHDOG": Kind(RecordType.SYSTEM_ERROR_ALARM, 32768),
        "BATTERY_DEFECTIVE": Kind(RecordType.BATTERY_FAILURE, 2),
        "STANDBY_LONG": Kind(RecordType.UNATTENDED_ALARM),
        "BATTERY_DEPLETED": Kind(RecordType.BATTERY_DEPLETED_ALARM),
        "PROGRAM_INCOMPLETE": Kind(RecordType.PROGRAMMING_INCOMPLETE_ALARM),
        "BATTERY_LOW": Kind(RecordType.BATTERY_LOW_ALARM),
    }
)
"""The record that each alarm begins with: types and sub-types [S], which of them fits which alarm (X)."""

MODE_KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "running": Kind(RecordType.RUN_INFUSION),
        "stopped": Kind(RecordType.INFUSION_PAUSED),
        "halted": Kind(RecordType.INFUSION_PAUSED),
        "complete": Kind(RecordType.INFUSION_PAUSED),
        "off": Kind(RecordType.POWER_OFF),
        "self_test": Kind(RecordType.POWER_ON),
    }
)
"""The record of each mode that is entered (X); to stop without having run is nothing that this log knows."""

COMMAND_KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "unlock": Kind(RecordType.AUTHENTICATION),
        "new_bag": Kind(RecordType.CLEAR_SHIFT_TOTAL),
        "clear_given": Kind(RecordType.CLEAR_SHIFT_TOTAL),
    }
)
"""The record of each command that this log knows (X). Codes are not logged: the sub-type is 0."""

# ---------------------------------------------------------------- words of the text queries

LONG_FORMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "BOL": "BOLUS",
        "DEM": "DEMAND",
        "INFU": "INFUSION",
        "LOCK": "LOCKOUT",
        "PROT": "PROTOCOL",
        "RUN": "RUNNING",
        "SER": "SERIAL",
        "SERV": "SERVICE",
    }
)
"""The short forms of words that have one [S]. Each word may be given in either form."""


def long_form(query: str) -> str:
    """Write a text query in capitals with every word in its long form."""
    mark = "?" if query.endswith("?") else ""
    words = query.upper().removesuffix("?").split(":")
    return ":".join(LONG_FORMS.get(word, word) for word in words) + mark


# ---------------------------------------------------------------- figures that the wire tells raw

MOTOR_CALIBRATION: Final = 4600
"""The motor's calibration factor as delivered [S]."""

ML_PER_ROTATION: Final = MOTOR_CALIBRATION * 0.000005
"""A calibration of one is 5 nL a rotation [S]."""

BASE_YEAR: Final = 2000
"""Where the clock begins [S]."""

RATE_UNIT: Final = "mL/hr"
TIME_UNIT: Final = "hr"
MODE: Final = "CONT"
"""Continuous infusion is what this pump does [S: the word]."""

SENSOR_ZERO: Final = 512
SENSOR_MAX: Final = 1023
"""A pressure sensor's reading: ten bits [S], one to the mmHg, 512 at rest (X)."""

EMPTY_V: Final = 2.0
FULL_V: Final = 3.2
"""Two cells, empty and full (X); in between in proportion to the charge."""
